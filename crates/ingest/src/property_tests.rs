//! What holds for any input: parsers answer without a panic and say the same as the exact types, any
//! bytes can be read or refused, and the days of a series sum to its charges.

use crate::{
    Dimension, Error, Family, ReadOptions,
    charges::text_meanings::day,
    files::amounts::{NOT_AMOUNT, parsed},
    files::family::normalised,
    files::tags::value_of,
    read,
};
use billing::Amount;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use std::{collections::BTreeMap, path::Path};

const HEADER: &str = "SubscriptionId,Date,Cost,BillingCurrency,AccountName,MeterCategory,Tags\n";

/// Reads these bytes as a file, by service and a tag.
fn read_bytes(bytes: &[u8]) -> Result<crate::DailyCosts, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, bytes).unwrap();
    let group_by = ["service", "tag:env"].map(Dimension::parse).into();
    let options = ReadOptions { group_by, ..ReadOptions::default() };
    read(&[path.to_string_lossy().into_owned()], &options, &|_| {})
}

/// A field as exports have it, or not.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("09/05/2026".to_owned()),
        Just("2026-09-05".to_owned()),
        Just("EUR".to_owned()),
        Just("\"{\"\"env\"\": \"\"a\"\"}\"".to_owned()),
        "-?[0-9]{0,22}\\.?[0-9]{0,22}(e-?[0-9]{1,3})?",
        "[ -~]{0,12}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_read_or_refused(
        fields in proptest::collection::vec(proptest::collection::vec(field(), 0..9), 0..6),
        has_header in any::<bool>(),
        tail in proptest::collection::vec(any::<u8>(), 0..12),
    ) {
        let mut bytes = if has_header { HEADER.as_bytes().to_vec() } else { Vec::new() };
        for row in &fields {
            bytes.extend(row.join(",").bytes().chain([b'\n']));
        }
        bytes.extend(tail);
        if let Ok(daily) = read_bytes(&bytes) {
            let _ = (daily.rows(), daily.outlook(3));
        }
    }

    #[test]
    fn a_day_is_one_of_the_calendar_or_none(
        text in prop_oneof!["[0-9]{1,5}[-/.][0-9]{1,3}[-/.][0-9]{1,5}", "[0-9TZ:+./ -]{0,30}", any::<String>()],
    ) {
        let found = day(&text);
        let written = ["%Y-%m-%d", "%m/%d/%Y"].iter().find_map(|form| NaiveDate::parse_from_str(&text, form).ok());
        if let (Some(found), Some(written)) = (found, written) {
            prop_assert_eq!(found, written);
        }
    }

    #[test]
    fn an_amount_is_the_exact_one_or_none(text in prop_oneof!["-?[0-9]{0,16}\\.?[0-9]{0,12}", any::<String>()]) {
        let (units, flags) = parsed(text.as_bytes());
        let units = (flags & NOT_AMOUNT == 0).then_some(units);
        if let (Some(units), Ok(exact)) = (units, text.trim().parse::<Amount>()) {
            prop_assert_eq!(Amount::from_units(units), exact);
        }
    }

    #[test]
    fn any_tags_and_any_key_give_a_value_or_none(tags in any::<String>(), key in any::<String>()) {
        let _ = value_of(&tags, &key.to_lowercase());
    }

    #[test]
    fn a_tag_is_found_whatever_its_key(key in "[a-z][ -!#-\\[\\]-~]{0,8}", value in "[ -!#-\\[\\]-~]{0,8}") {
        prop_assume!(key.trim() == key);
        let tags = format!("{{\"other\": \"1\", \"{key}\": \"{value}\"}}");
        prop_assert_eq!(value_of(&tags, &key.to_lowercase()), Some(value));
    }

    #[test]
    fn any_header_is_recognised_or_refused(names in proptest::collection::vec(any::<String>(), 0..8)) {
        let header: Vec<String> = names.iter().map(|name| normalised(name)).collect();
        if let Ok(family) = Family::recognise(Path::new("a.csv"), &header) {
            let _ = family.layout(header).duplicate();
        }
    }

    #[test]
    fn the_days_of_a_series_sum_to_its_charges(
        charges in proptest::collection::vec((0_u64..70, -1_000_000_000_000_i64..1_000_000_000_000, 0_u32..9, 0_usize..3, 0_usize..2), 1..40),
    ) {
        let (services, currencies) = (["Storage", "", "Virtual, \"\"Machines\"\""], ["EUR", "JPY"]);
        let mut text = HEADER.to_owned();
        let mut expected: BTreeMap<(NaiveDate, &str, &str), Amount> = BTreeMap::new();
        for (offset, units, digits, service, currency) in charges {
            let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap() + Days::new(offset);
            let cost = format!("{units}e-{digits}");
            text += &format!("s,{day},{cost},{},a,\"{}\",\n", currencies[currency], services[service]);
            *expected.entry((day, currencies[currency], services[service])).or_default() += cost.parse::<Amount>().unwrap();
        }
        let daily = read_bytes(text.as_bytes()).unwrap();
        let mut found: BTreeMap<(NaiveDate, String, String), Amount> = BTreeMap::new();
        for row in daily.rows() {
            let service = row.keys[0].clone().unwrap_or_default().replace('"', "\"\"");
            *found.entry((row.day, row.currency.code().to_owned(), service)).or_default() += row.cost.unwrap_or_default();
        }
        for ((day, currency, service), sum) in expected {
            prop_assert_eq!(found.remove(&(day, currency.to_owned(), service.to_owned())), Some(sum));
        }
        prop_assert!(found.into_values().all(|sum| sum == Amount::ZERO));
    }
}
