//! The sample as a reader meets it: files on disk, read back with nothing but a CSV reader.

use super::{
    SampleError, SampleFamily, SampleFormat, SampleOptions, Snapshots,
    bill::{Bill, Carries},
    charge::Form,
    meters::METERS,
    pricing::Quantity,
    write_in_parts, write_sample,
};
use billing::Amount;
use chrono::NaiveDate;
use polars::prelude::{ParquetReader, SerReader};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

fn small(family: SampleFamily) -> SampleOptions {
    SampleOptions { months: 3, subscriptions: 2, rows_per_day: 60, family, ..SampleOptions::default() }
}

fn write(options: &SampleOptions) -> (tempfile::TempDir, super::SampleSummary) {
    let folder = tempfile::tempdir().unwrap();
    let summary = write_sample(folder.path(), options).unwrap();
    (folder, summary)
}

/// Every file below a folder, by its path there, in order.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

type Row = BTreeMap<String, String>;

fn csv_rows(bytes: &[u8]) -> Vec<Row> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(text);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The rows of every CSV file of a sample.
fn rows_of(options: &SampleOptions) -> Vec<Row> {
    let (folder, _) = write(options);
    let is_csv = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "csv");
    files(folder.path())
        .into_iter()
        .filter(|(path, _)| is_csv(path))
        .flat_map(|(_, bytes)| csv_rows(&bytes))
        .collect()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn millionths(text: &str) -> i64 {
    i64::try_from(amount(text).units() / 10_i128.pow(12)).unwrap()
}

fn sum<'a>(rows: impl IntoIterator<Item = &'a Row>, column: &str) -> Amount {
    rows.into_iter().map(|row| amount(&row[column])).sum()
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_others() {
    for &format in SampleFormat::ALL {
        let options = SampleOptions { format, ..small(SampleFamily::Focus12) };
        let (once, again) = (write(&options), write(&options));
        assert_eq!(once.1, again.1);
        assert_eq!(files(once.0.path()), files(again.0.path()), "{format}");
        let other = write(&SampleOptions { seed: 2, ..options });
        assert_ne!(once.1.totals, other.1.totals);
    }
}

#[test]
fn usage_on_demand_prices_back_from_the_rate_card_to_the_last_digit() {
    let mut crossed = 0;
    for (seed, rows_per_day) in [(1, 30), (2, 30), (3, 90), (4, 300)] {
        let options = SampleOptions { seed, rows_per_day, ..small(SampleFamily::EaActual) };
        let mut cycles: BTreeMap<[String; 3], (Quantity, Amount)> = BTreeMap::new();
        for row in rows_of(&options) {
            if row["ChargeType"] == "Usage" && row["PricingModel"] == "OnDemand" {
                let key =
                    ["SubscriptionId", "BillingPeriodStartDate", "MeterId"].map(|name| row[name].clone());
                let cycle = cycles.entry(key).or_default();
                cycle.0 += Quantity(millionths(&row["Quantity"]));
                cycle.1 += amount(&row["CostInBillingCurrency"]);
            }
        }
        for ([_, _, meter], (quantity, cost)) in &cycles {
            let rates = METERS.iter().find(|product| product.meter_id == meter).unwrap().rates;
            assert_eq!(rates.cost_of(*quantity), *cost, "{meter} of seed {seed}");
            crossed += usize::from(rates.single_price(Quantity::ZERO, *quantity).is_none());
        }
    }
    assert!(crossed > 30, "few cycles went beyond their free amount or first tier: {crossed}");
}

#[test]
fn quantity_times_price_is_the_cost_of_a_row_unless_its_day_crosses_a_bound() {
    let rows = rows_of(&small(SampleFamily::McaActual));
    let off = rows.iter().filter(|row| {
        let quantity = i128::from(millionths(&row["quantity"]));
        let product = amount(&row["effectivePrice"]).units() / 10_i128.pow(6) * quantity;
        Amount::from_units(product) != amount(&row["costInBillingCurrency"])
    });
    let (count, total) = (off.clone().count(), rows.len());
    assert!(count * 50 < total, "{count} of {total}");
    let tiered = ["GB", "1 GB Second", "10"];
    assert!(off.clone().all(|row| tiered.contains(&row["unitOfMeasure"].as_str())));
}

#[test]
fn manifests_agree_with_their_files() {
    for &format in SampleFormat::ALL {
        let (folder, summary) = write(&SampleOptions { format, ..small(SampleFamily::McaAmortized) });
        let all = files(folder.path());
        let (mut rows, mut runs) = (0, 0);
        for (path, bytes) in all.iter().filter(|(path, _)| path.ends_with("manifest.json")) {
            let manifest: Json = serde_json::from_slice(bytes).unwrap();
            runs += 1;
            assert_eq!(manifest["exportConfig"]["type"], "AmortizedCost");
            assert_eq!(manifest["blobCount"], 1);
            for blob in manifest["blobs"].as_array().unwrap() {
                let name = Path::new(blob["blobName"].as_str().unwrap());
                assert_eq!(name.parent(), path.parent());
                let data = &all[name];
                assert_eq!(blob["byteCount"], data.len());
                let count = match format {
                    SampleFormat::Csv => csv_rows(data).len(),
                    SampleFormat::CsvGz => {
                        let mut text = Vec::new();
                        flate2::read::GzDecoder::new(&data[..]).read_to_end(&mut text).unwrap();
                        csv_rows(&text).len()
                    }
                    SampleFormat::Parquet => {
                        let frame =
                            ParquetReader::new(File::open(folder.path().join(name)).unwrap()).finish();
                        let frame = frame.unwrap();
                        assert_eq!(frame.width(), 65);
                        frame.height()
                    }
                };
                assert_eq!(blob["dataRowCount"], count);
                rows += count as u64;
            }
        }
        assert_eq!((rows, runs), (summary.rows, summary.runs));
        assert_eq!(all.len() as u64, summary.files);
    }
}

#[test]
fn pay_as_you_go_holds_usage_only_and_nothing_of_the_marketplace() {
    let options = small(SampleFamily::Payg);
    let layout = options.family.layout();
    let bill = Bill::new(&options, layout.carries);
    let mut days = Vec::new();
    bill.month::<()>(options.first_day(), NaiveDate::MAX, |charge| {
        assert_eq!(charge.form, Form::Usage);
        assert!(charge.commitment.is_none() && !charge.product.is_marketplace() && !charge.corrects);
        days.push(charge.day);
        Ok(())
    })
    .unwrap();
    assert!(days.is_sorted());
    let rows = rows_of(&options);
    assert_eq!(rows[0].len(), 24);
    assert!(rows.iter().all(|row| row["UsageDateTime"].len() == 10 && row["Tags"].starts_with('{')));
}

#[test]
fn amortized_cost_differs_from_actual_cost_by_commitments_alone() {
    let (actual, amortized) =
        (rows_of(&small(SampleFamily::EaActual)), rows_of(&small(SampleFamily::EaAmortized)));
    let cost = "CostInBillingCurrency";
    assert_ne!(sum(&actual, cost), sum(&amortized, cost));
    let elsewhere = |rows: &[Row]| -> Vec<Row> {
        rows.iter().filter(|row| row["PricingModel"] != "Reservation").cloned().collect()
    };
    assert_eq!(elsewhere(&actual), elsewhere(&amortized));
    let kinds = |rows: &[Row]| -> Vec<String> {
        let covered = rows.iter().filter(|row| row["PricingModel"] == "Reservation");
        let mut kinds: Vec<_> = covered.map(|row| row["ChargeType"].clone()).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(&actual), ["Purchase", "Usage"]);
    assert_eq!(kinds(&amortized), ["UnusedReservation", "Usage"]);
    let covered =
        actual.iter().filter(|row| row["PricingModel"] == "Reservation" && row["ChargeType"] == "Usage");
    assert_eq!(sum(covered, cost), Amount::ZERO);
}

#[test]
fn a_focus_file_holds_the_totals_of_both_customer_agreement_files() {
    let focus = rows_of(&small(SampleFamily::Focus10));
    let actual = rows_of(&small(SampleFamily::McaActual));
    let amortized = rows_of(&small(SampleFamily::McaAmortized));
    assert_eq!(sum(&focus, "BilledCost"), sum(&actual, "costInBillingCurrency"));
    assert_eq!(sum(&focus, "EffectiveCost"), sum(&amortized, "costInBillingCurrency"));
    let categories = |name: &str| focus.iter().filter(|row| row["ChargeCategory"] == name).count();
    assert!(categories("Purchase") > 4 && categories("Adjustment") == 2);
    assert_eq!(categories("Usage") + categories("Purchase") + categories("Adjustment"), focus.len());
}

#[test]
fn closed_months_come_to_whole_cents_and_have_their_corrections_and_refunds() {
    let rows = rows_of(&small(SampleFamily::McaActual));
    let of_period =
        |start: &str| rows.iter().filter(|row| row["billingPeriodStartDate"] == start).collect::<Vec<_>>();
    let september = sum(of_period("09/01/2026"), "costInBillingCurrency");
    assert_eq!(september, september.rounded(2));
    assert!(of_period("09/01/2026").iter().all(|row| row["invoiceId"] == "SAMPLE-202609"));
    assert!(of_period("10/01/2026").iter().all(|row| row["invoiceId"].is_empty()));
    let late: Vec<_> =
        of_period("09/01/2026").into_iter().filter(|row| row["date"].starts_with("08/")).collect();
    assert!(!late.is_empty() && late.iter().all(|row| row["date"].as_str() >= "08/28/2026"));
    assert_eq!(rows.iter().filter(|row| row["chargeType"] == "Refund").count(), 1);
    let enterprise = rows_of(&small(SampleFamily::EaActual));
    assert!(enterprise.iter().all(|row| row["ChargeType"] != "Refund"));
    assert!(
        enterprise.iter().any(|row| row["PublisherType"] == "Marketplace" && row["ChargeType"] == "Usage")
    );
    assert!(
        enterprise.iter().filter(|row| row["ChargeType"] == "Usage").all(|row| row["Tags"].starts_with('"'))
    );
}

#[test]
fn a_later_snapshot_keeps_settled_days_and_completes_the_last_one() {
    let options = SampleOptions { snapshots: Snapshots::Daily, months: 1, ..small(SampleFamily::EaActual) };
    let bill = Bill::new(&options, Carries { more_than_usage: true, refunds: true });
    let seen = |known: &str| {
        let mut days: BTreeMap<NaiveDate, (usize, Amount)> = BTreeMap::new();
        bill.month::<()>(options.first_day(), known.parse().unwrap(), |charge| {
            let day = days.entry(charge.day).or_default();
            day.0 += 1;
            day.1 += charge.list;
            Ok(())
        })
        .unwrap();
        days
    };
    let (early, later) = (seen("2026-10-11"), seen("2026-10-18"));
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(early.last_key_value().unwrap().0, &day("2026-10-10"));
    assert!(early[&day("2026-10-10")].1 < later[&day("2026-10-10")].1);
    assert_eq!(early[&day("2026-10-05")], later[&day("2026-10-05")]);
    let (_, summary) = write(&options);
    assert_eq!(summary.runs, 17);
}

#[test]
fn rows_beyond_a_part_go_into_the_next_and_order_is_by_day() {
    let options = SampleOptions { months: 1, ..small(SampleFamily::Payg) };
    let folder = tempfile::tempdir().unwrap();
    let summary = write_in_parts(folder.path(), &options, 300).unwrap();
    let parts: Vec<_> = files(folder.path())
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("part_0_"))
        .collect();
    let rows: Vec<Vec<Row>> = parts.iter().map(|(_, bytes)| csv_rows(bytes)).collect();
    assert_eq!(rows.iter().map(Vec::len).sum::<usize>() as u64, summary.rows);
    assert_eq!(rows.len() as u64, summary.rows.div_ceil(300));
    assert!(rows[..rows.len() - 1].iter().all(|part| part.len() == 300));
    let days: Vec<_> = rows.iter().flatten().map(|row| &row["UsageDateTime"]).collect();
    assert!(days.is_sorted());
}

#[test]
fn a_folder_with_runs_of_another_sample_is_refused_and_the_same_one_is_replaced() {
    let options = small(SampleFamily::EaActual);
    let (folder, summary) = write(&options);
    assert_eq!(write_sample(folder.path(), &options).unwrap(), summary);
    let other = SampleOptions { through: "2026-11-09".parse().unwrap(), ..options };
    assert!(matches!(write_sample(folder.path(), &other), Err(SampleError::Occupied { .. })));
    let file = folder.path().join("README.txt");
    let failed = write_sample(&file, &SampleOptions::default()).unwrap_err();
    assert!(matches!(failed, SampleError::Write { .. }), "{failed}");
}
