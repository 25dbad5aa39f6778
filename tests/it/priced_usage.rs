//! The sample's usage, priced by the rate card that it was made from, costs what its files say.

use billing::{Amount, BillingCycle, CycleDay, DayUse, Price, price_rows};
use chrono::NaiveDate;
use ingest::{Needs, ReadOptions, Usage, select_charges};
use prices::{price_usage, read_card};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample")
}

fn card() -> billing::PriceCard {
    let path = sample().join("ratecard.json");
    read_card(&fs::read(&path).expect("the card"), "ratecard.json", None).expect("a card")
}

#[test]
fn every_meter_costs_what_the_files_say_to_the_last_digit() {
    let input = sample().to_string_lossy().into_owned();
    let selected = select_charges(&[input], &ReadOptions::default(), Needs::Usage, &|_| ()).expect("charges");
    let usage = Usage::of(&selected).expect("usage");
    let found = price_usage(&usage.days, &card(), CycleDay::FIRST).expect("costs");
    assert!(found.len() > 100, "{}", found.len());
    for own in found {
        assert_eq!(own.cost, Ok(own.charged), "{} {} {}", own.subscription, own.meter, own.cycle.start());
    }
}

/// The newest file of each month, row by row.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.to_string_lossy().ends_with(".csv.gz") {
            found.push(path);
        }
    }
}

#[test]
fn every_row_costs_what_its_file_says_to_the_cent() {
    let mut paths = Vec::new();
    files(&sample(), &mut paths);
    assert_eq!(paths.len(), 6, "one run a month");
    let card = card();
    let mut checked = 0;
    for path in paths {
        let file = flate2::read::GzDecoder::new(fs::File::open(&path).expect("a file"));
        let mut reader = csv::Reader::from_reader(file);
        let headers = reader.headers().expect("a header").clone();
        let column = |name: &str| headers.iter().position(|own| own == name).expect("a column");
        let [kind, benefit, sub, meter, date, from, quantity, cost] = [
            "chargeType",
            "benefitId",
            "SubscriptionId",
            "meterId",
            "date",
            "billingPeriodStartDate",
            "quantity",
            "costInBillingCurrency",
        ]
        .map(column);
        let day = |text: &str| NaiveDate::parse_from_str(text, "%m/%d/%Y").expect("a day");
        let mut groups: BTreeMap<(String, String), Vec<(DayUse, Amount)>> = BTreeMap::new();
        let mut cycle = None;
        for record in reader.records() {
            let record = record.expect("a row");
            if &record[kind] != "Usage" || !record[benefit].is_empty() {
                continue;
            }
            let start = day(&record[from]);
            cycle = Some(BillingCycle::containing(start, CycleDay::FIRST));
            let used = DayUse {
                day: day(&record[date]).max(start),
                quantity: record[quantity].parse().expect("a number"),
            };
            let own = groups.entry((record[sub].to_owned(), record[meter].to_owned())).or_default();
            own.push((used, record[cost].parse().expect("a number")));
        }
        for ((_, meter), rows) in groups {
            let prices: Vec<&Price> = card.of_meter(&meter).collect();
            let used: Vec<DayUse> = rows.iter().map(|(used, _)| *used).collect();
            let costs = price_rows(&prices, cycle.expect("a cycle"), &used).expect("costs");
            for (found, (used, stated)) in costs.into_iter().zip(&rows) {
                let found = found.expect("a price");
                assert_eq!(found.rounded(2), stated.rounded(2), "{meter} on {}", used.day);
                checked += 1;
            }
        }
    }
    assert!(checked > 3_000, "{checked}");
}
