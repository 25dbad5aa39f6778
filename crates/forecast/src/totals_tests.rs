//! Totals of a tree by hand, and that every level adds up.

use super::*;
use crate::{ModelSpec, test_series::month};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// A leaf of 60 flat days from 1 September, seen until 30 October; one day of October is left.
fn leaf(keys: &[&str], currency: &str, actual: &str) -> Leaf {
    Leaf {
        keys: keys.iter().map(|key| Some((*key).to_owned())).collect(),
        names: keys.iter().map(|key| (*key).to_owned()).collect(),
        currency: currency.parse().ok(),
        cutoff: day("2026-10-30"),
        cycles: vec![CycleFacts {
            cycle: month("2026-10-01"),
            actual: amount(actual),
            previous: Some(amount("30")),
            closed: false,
        }],
        history_days: 60,
        missing_days: 0,
        stopped: false,
    }
}

fn flat(levels: &[f64]) -> Bills {
    let mut set = SeriesSetBuilder::new();
    for (place, level) in levels.iter().enumerate() {
        set.push(format!("s{place}"), day("2026-09-01"), &[*level; 60]).unwrap();
    }
    Bills::bare(set.build())
}

fn totals(levels: &[f64], leaves: &[Leaf], depth: usize) -> Vec<GroupTotal> {
    forecast_totals(&Engine::new(ModelSpec::RUN_RATE), &flat(levels), leaves, depth).unwrap()
}

#[test]
fn thirds_of_a_cent_are_shared_out_so_that_parts_add_up() {
    let third = 1.0 / 3.0;
    let leaves = ["a", "b", "c"].map(|key| leaf(&[key], "EUR", "10.001"));
    let rows = totals(&[third; 3], &leaves, 1);
    let cents = |row: &GroupTotal| row.forecast.unwrap().total.to_fixed(2);
    assert_eq!(rows.iter().map(cents).collect::<Vec<_>>(), ["31.00", "10.34", "10.33", "10.33"]);
    let left = |row: &GroupTotal| (row.forecast.unwrap().total - row.actual).to_fixed(2);
    assert_eq!(rows.iter().map(left).collect::<Vec<_>>(), ["1.00", "0.34", "0.33", "0.33"]);
    assert_eq!(rows[0].actual.to_fixed(2), "30.00");
    assert_eq!(rows[0].previous, Some(amount("90")));
}

#[test]
fn a_day_that_is_final_in_one_part_and_expected_in_another_is_the_sum_of_both() {
    let mut leaves = ["a", "b"].map(|key| leaf(&[key], "EUR", "300"));
    leaves[1].cutoff = day("2026-10-28");
    let rows = totals(&[2.0, 5.0], &leaves, 1);
    let days: Vec<(String, f64)> =
        rows[0].daily.iter().map(|own| (own.date.to_string(), own.expected)).collect();
    // The run rate expects what is charged: every day costs 7, whoever knows it already.
    let of = |date: &str| (date.to_owned(), 7.0);
    assert_eq!(days, [of("2026-10-29"), of("2026-10-30"), of("2026-10-31")]);
}

#[test]
fn last_days_that_look_unfinished_move_the_cutoff_of_the_part_and_of_the_total() {
    let usual: Vec<f64> = (0..110).map(|day| 10.0 + f64::from(day % 3) / 10.0).collect();
    let mut late = usual.clone();
    late[108..].copy_from_slice(&[8.0, 3.0]);
    let mut set = SeriesSetBuilder::new();
    for (id, values) in [("a", &usual), ("b", &late)] {
        set.push(id, day("2026-07-12"), values).unwrap();
    }
    let leaves = ["a", "b"].map(|key| Leaf { cutoff: day("2026-10-29"), ..leaf(&[key], "EUR", "290") });
    let engine = Engine::new(ModelSpec::Default);
    let rows = forecast_totals(&engine, &Bills::bare(set.build()), &leaves, 1).unwrap();
    let cutoffs: Vec<String> = rows.iter().map(|row| row.cutoff.to_string()).collect();
    assert_eq!(cutoffs, ["2026-10-27", "2026-10-29", "2026-10-27"]);
    let expected = |row: usize| rows[row].forecast.unwrap().total.to_f64() - 290.0;
    assert!((expected(1) - 20.2).abs() < 1.0, "two more days: {}", expected(1));
    assert!((expected(2) - 29.4).abs() < 1.5, "and what two days still lack: {}", expected(2));
}

#[test]
fn currencies_are_never_added() {
    let leaves = [leaf(&["a"], "EUR", "1"), leaf(&["a"], "JPY", "1")];
    let rows = totals(&[1.0, 1.0], &leaves, 0);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.currency.as_ref().unwrap().code(), row.forecast.unwrap().total.to_string()))
        .collect();
    assert_eq!(shown, [("EUR", "2".to_owned()), ("JPY", "2".to_owned())]);
}

#[test]
fn a_leaf_without_forecast_leaves_its_cost_in_the_total_and_says_so() {
    let mut none = leaf(&["b"], "EUR", "5");
    none.cutoff = day("2026-08-01");
    let rows = totals(&[1.0, 1.0], &[leaf(&["a"], "EUR", "30"), none], 1);
    assert_eq!((rows[0].without_forecast, rows[0].status), (1, Status::Wide));
    assert_eq!(rows[0].forecast.unwrap().total, amount("36"));
    assert_eq!((rows[2].status, rows[2].forecast), (Status::Insufficient, None));
}

#[test]
fn a_cycle_that_is_over_and_not_closed_may_still_change() {
    let mut leaf = leaf(&["a"], "EUR", "310");
    leaf.cutoff = day("2026-10-31");
    let open = &totals(&[10.0], &[leaf.clone()], 0)[0];
    let forecast = open.forecast.unwrap();
    assert_eq!((open.status, forecast.total), (Status::Wide, amount("310")));
    // Never below what is spent; a day's worth of cost above it.
    assert_eq!(
        (forecast.lower95, forecast.upper80, forecast.upper95),
        (amount("310"), amount("315"), amount("320"))
    );
    leaf.cycles[0].closed = true;
    let closed = &totals(&[10.0], &[leaf], 0)[0];
    assert_eq!((closed.status, closed.forecast.unwrap().upper95), (Status::Closed, amount("310")));
}

#[test]
fn a_closed_cycle_is_what_it_cost() {
    let mut closed = leaf(&["a"], "EUR", "12.345");
    closed.cycles[0].closed = true;
    let rows = totals(&[1.0], &[closed], 1);
    let range = rows[1].forecast.unwrap();
    assert_eq!(
        (rows[1].status, range.total, range.upper95),
        (Status::Closed, amount("12.35"), amount("12.35"))
    );
}

#[test]
fn a_sum_is_missing_where_a_part_is_and_zero_before_a_part_began() {
    let mut set = SeriesSetBuilder::new();
    set.push("a", day("2026-09-01"), &[1.0, 1.0, 1.0, 1.0]).unwrap();
    set.push("b", day("2026-09-02"), &[2.0, f64::NAN]).unwrap();
    let recent = recent(&Bills::bare(set.build()), &[0, 1], 10);
    assert_eq!(recent, [Some(1.0), Some(3.0), None, None]);
}

proptest! {
    #[test]
    fn every_level_adds_up_to_the_cent(
        leaves in prop::collection::vec((0.0..50.0_f64, 0..3_u8, 0..2_u8, 0..1_000_000_i64), 1..8),
    ) {
        let levels: Vec<f64> = leaves.iter().map(|(level, ..)| *level).collect();
        let leaves: Vec<Leaf> = leaves
            .iter()
            .map(|(_, outer, inner, units)| leaf(&[&outer.to_string(), &inner.to_string()], "EUR", &format!("{}.{:04}", units / 10_000, units % 10_000)))
            .collect();
        let rows = totals(&levels, &leaves, 2);
        for parent in rows.iter().filter(|row| row.level < 2) {
            let children = || rows.iter().filter(|row| row.level == parent.level + 1 && row.keys.starts_with(&parent.keys));
            prop_assert_eq!(children().map(|row| row.forecast.unwrap().total).sum::<Amount>(), parent.forecast.unwrap().total);
            prop_assert_eq!(children().map(|row| row.actual).sum::<Amount>(), parent.actual);
        }
        for range in rows.iter().map(|row| row.forecast.unwrap()) {
            prop_assert!(range.lower95 <= range.lower80 && range.lower80 <= range.total);
            prop_assert!(range.total <= range.upper80 && range.upper80 <= range.upper95);
        }
    }
}
