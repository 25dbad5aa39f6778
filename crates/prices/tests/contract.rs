//! Official payloads: every price of them is read and prices a quantity; units and regions as they are spelled.
//!
//! They are in a folder outside this project (`FORECAST_SHARED`); without it these tests are skipped.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests: a failure is to be seen where it happens, and what was read is a measurement"
)]

use billing::{Amount, PriceCard, PricingUnit};
use prices::{read_card, same_region};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The bodies of a folder's files that hold prices, an example's answer taken out of its file.
fn bodies(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter(|path| !path.ends_with("INDEX.json"))
        .map(|path| {
            let text = fs::read(&path).unwrap();
            let whole: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let body = whole.pointer("/responses/200/body").map(|body| body.to_string().into_bytes());
            (path.file_name().unwrap().to_string_lossy().into_owned(), body.unwrap_or(text))
        })
        .collect()
}

/// Every price of a card prices a quantity in each of its tiers.
fn priced(card: &PriceCard) -> (usize, usize) {
    let mut tiers = 0;
    for price in card.prices() {
        for bound in price.tiers.bounds() {
            let cost = price.tiers.cost(bound.checked_add(Amount::ONE).unwrap()).unwrap();
            assert!(!cost.is_negative(), "{}: {cost}", price.meter);
            tiers += 1;
        }
    }
    (card.meters(), tiers)
}

#[test]
fn every_official_price_prices() {
    let Some(folder) = testing::shared("azure/fixtures") else { return };
    let mut found = Vec::new();
    for kind in ["commerce-ratecard", "retail-prices", "consumption-pricesheet"] {
        for (name, body) in bodies(&folder.join(kind)) {
            if name.starts_with("error_") {
                continue;
            }
            match read_card(&body, &name, Some("USD")) {
                Ok(card) => {
                    let (meters, tiers) = priced(&card);
                    println!("{kind}/{name}: {meters} meters, {} prices, {tiers} tiers", card.prices().len());
                    found.push((name, meters, tiers));
                }
                // A reply without prices, and one that tells where the sheet can be fetched.
                Err(error) => {
                    let without =
                        ["empty_items.json", "official_2023-11-01_EAPriceSheetForBillingPeriod.json"];
                    assert!(without.contains(&name.as_str()), "{kind}/{name}: {error}");
                }
            }
        }
    }
    let of = |name: &str| {
        found.iter().find(|(own, ..)| own.starts_with(name)).map(|(_, meters, tiers)| (*meters, *tiers))
    };
    assert_eq!(of("ratecard_MS-AZR-0062P").unwrap().0, 847);
    assert!(found.len() >= 8, "{found:?}");
}

#[test]
fn every_spelling_of_a_unit_has_the_block_that_is_known_of_it() {
    let Some(folder) = testing::shared("azure/fixtures") else { return };
    let text = fs::read_to_string(folder.join("reference-data/PricingUnits.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut others = Vec::new();
    let mut count = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let unit: PricingUnit = record[0].parse().unwrap();
        count += 1;
        if unit.block() != record[2].parse().unwrap() {
            others.push(format!("`{}` is {} here, {} there", &record[0], unit.block(), &record[2]));
        }
    }
    assert!(count > 300 && others.is_empty(), "{count}: {others:#?}");
}

#[test]
fn regions_of_old_price_lists_are_found_by_their_new_names() {
    let Some(folder) = testing::shared("azure/fixtures") else { return };
    let text = fs::read_to_string(folder.join("reference-data/Regions.csv")).unwrap();
    let ids: BTreeSet<String> = csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap()[1].to_owned())
        .collect();
    let card =
        fs::read(folder.join("commerce-ratecard/ratecard_MS-AZR-0062P_USD_en-US_US_subset.json")).unwrap();
    let card = read_card(&card, "card.json", None).unwrap();
    let named: BTreeSet<&str> = card.prices().iter().map(|price| price.region.as_str()).collect();
    for name in named.into_iter().filter(|name| !name.is_empty() && !name.starts_with("Zone")) {
        let meant: Vec<&String> = ids.iter().filter(|id| same_region(name, id)).collect();
        // One region of that time is no more; some have two spellings of the same letters.
        let letters = |id: &str| id.bytes().collect::<BTreeSet<u8>>();
        let alike = meant.iter().all(|id| letters(id) == letters(meant[0]));
        assert!(alike && (!meant.is_empty() || name == "US Northwest"), "{name}: {meant:?}");
    }
}
