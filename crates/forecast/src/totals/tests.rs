//! Totals of a tree by hand, and that every level adds up.

use super::*;
use crate::{Components, ModelSpec, Status, test_series::month};
use billing::{Amount, CycleFacts, LineSums, SeriesSetBuilder};
use chrono::NaiveDate;
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
        covered_from: None,
        stopped: false,
        lines: LineSums::default(),
    }
}

fn flat(levels: &[f64]) -> Components {
    flat_days(levels, 60)
}

/// Series of equal days from 1 September on.
fn flat_days(levels: &[f64], days: usize) -> Components {
    let mut set = SeriesSetBuilder::new();
    for (place, level) in levels.iter().enumerate() {
        set.push(format!("s{place}"), day("2026-09-01"), &vec![*level; days]).unwrap();
    }
    Components::level_only(set.build())
}

fn totals(levels: &[f64], leaves: &[Leaf], depth: usize) -> Vec<GroupTotal> {
    forecast_totals(
        &Engine::new(ModelSpec::RUN_RATE),
        Bill::of_series(flat(levels), leaves.to_vec()),
        depth,
        None,
    )
    .unwrap()
}

#[test]
fn a_total_is_the_sum_of_its_rounded_units() {
    let third = 1.0 / 3.0;
    let leaves = ["a", "b", "c"].map(|key| leaf(&[key], "EUR", "10.001"));
    let rows = totals(&[third; 3], &leaves, 1);
    let cents = |row: &GroupTotal| row.point().unwrap().to_fixed(2);
    assert_eq!(rows.iter().map(cents).collect::<Vec<_>>(), ["30.99", "10.33", "10.33", "10.33"]);
    let left = |row: &GroupTotal| (row.point().unwrap() - row.actual).to_fixed(2);
    assert_eq!(rows.iter().map(left).collect::<Vec<_>>(), ["0.99", "0.33", "0.33", "0.33"]);
    assert_eq!(rows[0].actual.to_fixed(2), "30.00");
    assert!(
        rows[1..].iter().all(|row| row.actual == amount("10.00")),
        "no cent of an actual amount is moved"
    );
    assert_eq!(rows[0].previous, Some(amount("90")));
}

#[test]
fn a_day_that_is_final_in_one_part_and_expected_in_another_is_the_sum_of_both() {
    let mut leaves = ["a", "b"].map(|key| leaf(&[key], "EUR", "300"));
    leaves[1].cutoff = day("2026-10-28");
    let rows = totals(&[2.0, 5.0], &leaves, 1);
    let days: Vec<(String, f64)> =
        rows[0].expected_days.iter().map(|day| (day.date.to_string(), day.expected())).collect();
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
    let rows = forecast_totals(
        &engine,
        Bill::of_series(Components::level_only(set.build()), leaves.to_vec()),
        1,
        None,
    )
    .unwrap();
    let cutoffs: Vec<String> = rows.iter().map(|row| row.cutoff.to_string()).collect();
    assert_eq!(cutoffs, ["2026-10-27", "2026-10-29", "2026-10-27"]);
    let expected = |row: usize| rows[row].point().unwrap().to_f64() - 290.0;
    assert!((expected(1) - 20.2).abs() < 1.0, "two more days: {}", expected(1));
    assert!((expected(2) - 29.4).abs() < 1.5, "and what two days still lack: {}", expected(2));
}

#[test]
fn currencies_are_never_added() {
    let leaves = [leaf(&["a"], "EUR", "1"), leaf(&["a"], "JPY", "1")];
    let rows = totals(&[1.0, 1.0], &leaves, 0);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.currency.as_ref().unwrap().code(), row.point().unwrap().to_string()))
        .collect();
    assert_eq!(shown, [("EUR", "2".to_owned()), ("JPY", "2".to_owned())]);
}

#[test]
fn a_leaf_without_forecast_leaves_its_cost_in_the_total_and_says_so() {
    let mut none = leaf(&["b"], "EUR", "5");
    none.cutoff = day("2026-08-01");
    let rows = totals(&[1.0, 1.0], &[leaf(&["a"], "EUR", "30"), none], 1);
    assert_eq!((rows[0].without_forecast, rows[0].status), (1, Status::Wide));
    assert_eq!(rows[0].point().unwrap(), amount("36"));
    assert_eq!((rows[2].status, rows[2].point()), (Status::Insufficient, None));
    let known: Vec<Option<Amount>> = rows.iter().map(GroupTotal::actual_to_date).collect();
    assert_eq!(
        known,
        [Some(amount("35")), Some(amount("30")), Some(amount("5"))],
        "what was charged is known"
    );
}

#[test]
fn a_cycle_that_is_over_and_not_closed_may_still_change() {
    let mut leaf = leaf(&["a"], "EUR", "310");
    leaf.cutoff = day("2026-10-31");
    let of = |leaf: &Leaf| {
        let bill = Bill::of_series(flat_days(&[10.0], 61), vec![leaf.clone()]);
        forecast_totals(&Engine::new(ModelSpec::RUN_RATE), bill, 0, None).unwrap().remove(0)
    };
    let open = of(&leaf);
    let forecast = open.total.clone().unwrap().values().to_vec();
    assert_eq!((open.status, forecast[2]), (Status::Wide, amount("310")));
    // Never below what is spent; a day's worth of cost above it.
    assert_eq!((forecast[0], forecast[3], forecast[4]), (amount("310"), amount("315"), amount("320")));
    leaf.cycles[0].closed = true;
    let closed = of(&leaf);
    assert_eq!((closed.status, closed.total.as_ref().unwrap().values()[4]), (Status::Closed, amount("310")));
}

#[test]
fn a_closed_cycle_is_what_it_cost() {
    let mut closed = leaf(&["a"], "EUR", "12.345");
    closed.cycles[0].closed = true;
    let rows = totals(&[1.0], &[closed], 1);
    assert_eq!(rows[1].status, Status::Closed);
    assert_eq!(rows[1].total.as_ref().unwrap().values(), [amount("12.35"); 5]);
}

#[test]
fn a_sum_is_missing_where_a_part_is_and_zero_before_a_part_began() {
    let mut set = SeriesSetBuilder::new();
    set.push("a", day("2026-09-01"), &[1.0, 1.0, 1.0, 1.0]).unwrap();
    set.push("b", day("2026-09-02"), &[2.0, f64::NAN]).unwrap();
    let recent = recent(&Components::level_only(set.build()), &[0, 1], 10);
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
            let above = &parent.keys[..parent.level];
            let children = || rows.iter().filter(|row| row.level == parent.level + 1 && row.keys.starts_with(above));
            prop_assert_eq!(children().map(|row| row.point().unwrap()).sum::<Amount>(), parent.point().unwrap());
        }
        for row in &rows {
            let total = row.total.as_ref().unwrap();
            prop_assert!(total.values().is_sorted());
            prop_assert_eq!(row.remaining().unwrap(), total.point() - row.actual);
            // An actual amount is rounded from the exact sum of its leaves, whatever stands beside it.
            let exact: Amount = row.units.iter().map(|leaf| leaves[*leaf].cycles[0].actual).sum();
            prop_assert_eq!(row.actual, exact.rounded(2));
        }
        for top in 0..3 {
            let folded = forecast_totals(&Engine::new(ModelSpec::RUN_RATE), Bill::of_series(flat(&levels), leaves.to_vec()), 2, Some(top)).unwrap();
            let is_kept = |row: &&GroupTotal| row.keys[1].as_deref() != Some(OTHERS);
            for row in folded.iter().filter(is_kept) {
                prop_assert!(rows.contains(row));
            }
            for parent in folded.iter().filter(|row| row.level == 1) {
                let children = || folded.iter().filter(|row| row.level == 2 && row.keys[0] == parent.keys[0]);
                prop_assert_eq!(children().map(|row| row.point().unwrap()).sum::<Amount>(), parent.point().unwrap());
                prop_assert!(children().count() <= top + 1);
            }
        }
    }
}

#[test]
fn top_folds_the_last_level_inside_each_parent() {
    let leaves =
        [["a", "x"], ["a", "y"], ["a", "z"], ["b", "x"], ["b", "y"]].map(|keys| leaf(&keys, "EUR", "30"));
    let components = flat(&[1.0, 3.0, 2.0, 5.0, 5.0]);
    let rows = |top| {
        forecast_totals(
            &Engine::new(ModelSpec::RUN_RATE),
            Bill::of_series(components.clone(), leaves.to_vec()),
            2,
            top,
        )
        .unwrap()
    };
    let shown = |rows: &[GroupTotal]| -> Vec<(String, String, usize)> {
        let path = |row: &GroupTotal| row.keys.iter().flatten().cloned().collect::<Vec<_>>().join("/");
        rows.iter().map(|row| (path(row), row.point().unwrap().to_string(), row.units.len())).collect()
    };
    let of = |path: &str, total: &str, leaves| (path.to_owned(), total.to_owned(), leaves);
    // Equal totals of b are ranked by key. Every parent is what it is without `top`.
    let expected = [
        of("", "166", 5),
        of("a", "96", 3),
        of("a/Others", "63", 2),
        of("a/y", "33", 1),
        of("b", "70", 2),
        of("b/Others", "35", 1),
        of("b/x", "35", 1),
    ];
    assert_eq!(shown(&rows(Some(1))), expected);
    let (all, folded) = (rows(None), rows(Some(1)));
    let parents = |rows: &[GroupTotal]| rows.iter().filter(|row| row.level < 2).cloned().collect::<Vec<_>>();
    assert_eq!(parents(&all), parents(&folded));
    // The range of the rest is that of its own sum, and not of added ends.
    let ends = |row: &GroupTotal| row.total.as_ref().unwrap().interval(0.8);
    let rest = folded.iter().find(|row| row.name == OTHERS && row.units.len() == 2).unwrap();
    assert!(ends(rest)[0] <= rest.point().unwrap() && rest.point().unwrap() <= ends(rest)[1]);
    assert_eq!(rows(Some(9)), all);
}

#[test]
fn a_group_expects_the_missing_days_of_its_parts() {
    // One part lacks 6 to 8 October, the other 20 October. October has 30 known days less three and one.
    let mut set = SeriesSetBuilder::new();
    let (mut one, mut other) = ([2.0; 60], [5.0; 60]);
    one[35..38].fill(f64::NAN);
    other[49] = f64::NAN;
    set.push("a", day("2026-09-01"), &one).unwrap();
    set.push("b", day("2026-09-01"), &other).unwrap();
    let leaves = [leaf(&["a"], "EUR", "54"), leaf(&["b"], "EUR", "145")];
    let components = Components::level_only(set.build());
    let rows = forecast_totals(
        &Engine::new(ModelSpec::RUN_RATE),
        Bill::of_series(components.clone(), leaves.to_vec()),
        1,
        None,
    )
    .unwrap();
    let total = &rows[0];
    assert_eq!(total.status, Status::Wide);
    // 31 days of 2 and of 5: 62 and 155.
    let points: Vec<String> = rows.iter().map(|row| row.point().unwrap().to_fixed(2)).collect();
    assert_eq!(points, ["217.00", "62.00", "155.00"]);
    assert_eq!((total.missing.days, total.missing.expected), (4, amount("11")));
    assert_eq!((rows[1].missing.days, rows[1].missing.expected), (3, amount("6")));
    // A day that one part lacks is 7 in the path of the total, like every other.
    assert_eq!(total.expected_days.len(), 5);
    assert!(total.expected_days.iter().all(|day| (day.expected() - 7.0).abs() < 1e-9));
    assert_eq!((total.known_days.len(), total.known_days[0].1), (26, Some(7.0)));
    let [low, high] = total.total.as_ref().unwrap().interval(0.95);
    assert!(low < amount("217") && amount("217") < high);
    // A closed cycle is what was charged.
    let closed = leaves.map(|mut leaf| {
        leaf.cycles[0].closed = true;
        leaf
    });
    let rows = forecast_totals(
        &Engine::new(ModelSpec::RUN_RATE),
        Bill::of_series(components, closed.to_vec()),
        1,
        None,
    )
    .unwrap();
    assert_eq!((rows[0].status, rows[0].point()), (Status::Closed, Some(amount("199"))));
}
