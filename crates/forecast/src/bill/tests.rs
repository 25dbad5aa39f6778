//! Units by hand: what they are mixed from, what is drawn to them, and what is carried.

use super::*;
use crate::{
    BacktestOptions, BillGroup, Engine, ModelSpec, backtest_bill, forecast_totals,
    test_series::{date, month},
    totals::GroupTotal,
};
use billing::{Amount, CycleFacts, LineSums, SeriesSetBuilder};

/// A unit or row that is final up to 2026-07-20, of which so much is charged in July.
fn facts(keys: &[&str], actual: f64) -> Leaf {
    Leaf {
        keys: keys.iter().map(|key| Some((*key).to_owned())).collect(),
        names: keys.iter().map(|key| (*key).to_owned()).collect(),
        currency: "EUR".parse().ok(),
        cutoff: date("2026-07-20"),
        cycles: vec![CycleFacts {
            cycle: month("2026-07-01"),
            actual: Amount::from_estimate(actual).unwrap(),
            previous: None,
            closed: false,
        }],
        history_days: 201,
        missing_days: 0,
        covered_from: None,
        stopped: false,
        lines: LineSums::default(),
    }
}

/// Daily values from 2026-01-01 to 2026-07-20.
fn days(value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..201).map(value).collect()
}

fn steady(day: usize) -> f64 {
    10.0 + (day % 3) as f64
}

fn weekly(day: usize) -> f64 {
    if day % 7 < 5 { 30.0 + (day % 5) as f64 } else { 4.0 }
}

/// Two services in one unit, shown by service.
fn bill(one: &[f64], other: &[f64]) -> Bill {
    let both: Vec<f64> = one.iter().zip(other).map(|(one, other)| one + other).collect();
    let mut level = SeriesSetBuilder::new();
    for values in [&both[..], one, other] {
        level.push("a", date("2026-01-01"), values).unwrap();
    }
    let july = |values: &[f64]| values[181..].iter().sum::<f64>();
    let row = |name: &str, series: usize, values: &[f64]| Row {
        facts: facts(&[name], july(values)),
        unit: 0,
        parent: None,
        series,
        is_shown: true,
    };
    let services = Partition { name: "services".to_owned(), series: vec![1, 2], only_largest: false };
    Bill {
        series: Components::level_only(level.build()),
        purchases: SeriesSet::default(),
        units: vec![Unit {
            facts: facts(&[], july(&both)),
            series: 0,
            partitions: vec![services],
            purchases: Vec::new(),
        }],
        rows: vec![row("one", 1, one), row("other", 2, other)],
        hidden: 0,
    }
}

fn totals(bill: Bill, depth: usize) -> Vec<GroupTotal> {
    forecast_totals(&Engine::new(ModelSpec::Default), bill, depth, None).unwrap()
}

#[test]
fn a_unit_is_the_same_with_and_without_its_rows_which_add_up_to_it() {
    let whole = bill(&days(steady), &days(weekly));
    let (alone, by_service) = (totals(whole.clone(), 0), totals(whole, 1));
    assert_eq!((&alone[0].total, by_service.len()), (&by_service[0].total, 3));
    let sum: Amount = by_service[1..].iter().map(|row| row.point().unwrap()).sum();
    assert_eq!(sum, alone[0].point().unwrap());
    let weights: f64 = alone[0].members.iter().map(|(_, weight)| weight).sum();
    let names: Vec<&str> = alone[0].members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["own", "services"]);
    assert!((weights - 1.0).abs() < 1e-9);
    // Days add up to the total.
    let expected: f64 = by_service[1].expected_days.iter().map(crate::DayForecast::expected).sum();
    assert!((by_service[1].remaining().unwrap().to_f64() - expected).abs() < 0.02);
}

#[test]
fn nothing_after_the_cut_changes_what_a_unit_and_its_rows_would_have_been_forecast_as() {
    let run = |one: &[f64], other: &[f64]| {
        let bill = bill(one, other);
        let groups: Vec<BillGroup> = (0..2).flat_map(|depth| BillGroup::of(&bill, depth)).collect();
        let options = BacktestOptions { cycles: 2, ..BacktestOptions::default() };
        backtest_bill(&bill, &groups, &options, &|| ()).unwrap()
    };
    let honest = run(&days(steady), &days(weekly));
    // From 13 June on the second service costs ten times as much: forecasts of cuts up to 12 June stay.
    let changed = run(&days(steady), &days(|day| if day < 163 { weekly(day) } else { 400.0 }));
    assert_eq!(honest.len(), 3 * 2 * 6);
    let mut same = 0;
    for (one, other) in honest.iter().zip(&changed) {
        if one.cycle == month("2026-05-01") || one.cut_day <= 10 {
            // The actual cost so far is the same too, so that totals are.
            assert_eq!(one.total, other.total, "{} {}", one.cycle, one.cut_day);
            same += 1;
        } else if one.series != 1 {
            assert_ne!(one.total, other.total);
        }
    }
    assert_eq!(same, 3 * (6 + 3));
}

#[test]
fn a_purchase_does_not_hide_one_that_comes_near_its_day() {
    // On 10 of each month 100, and on 12 of each month 30; in July the first came on the 11th, the other did not yet.
    let on = |amount: f64, day: u32, late: u32| -> Vec<f64> {
        use chrono::Datelike;
        let of = |date: chrono::NaiveDate| {
            let due = if date.month() == 7 { late } else { day };
            if date.day() == due { amount } else { 0.0 }
        };
        date("2026-01-01").iter_days().take(193).map(of).collect()
    };
    let (first, second) = (on(100.0, 10, 11), on(30.0, 12, 31));
    let mut level = SeriesSetBuilder::new();
    let mut recurring = SeriesSetBuilder::new();
    let mut purchases = SeriesSetBuilder::new();
    let sum: Vec<f64> = first.iter().zip(&second).map(|(one, other)| one + other).collect();
    level.push("a", date("2026-01-01"), &[0.0; 193]).unwrap();
    recurring.push("a", date("2026-01-01"), &sum).unwrap();
    for values in [&first, &second] {
        purchases.push("p", date("2026-01-01"), values).unwrap();
    }
    let purchase = |charges: usize| Purchase { charges, payments: None, rows: Vec::new() };
    let apart = totals(
        Bill {
            series: Components::new(level.build(), Some(recurring.build()), None).unwrap(),
            purchases: purchases.build(),
            units: vec![Unit {
                facts: Leaf { cutoff: date("2026-07-11"), ..facts(&[], 100.0) },
                series: 0,
                partitions: Vec::new(),
                purchases: vec![purchase(0), purchase(1)],
            }],
            rows: Vec::new(),
            hidden: 0,
        },
        0,
    );
    assert_eq!(apart[0].point().unwrap().to_fixed(2), "130.00");
    assert_eq!(apart[0].recurring.to_fixed(2), "30.00");
}

#[test]
fn a_tree_draws_its_leaves_to_the_root() {
    let mut level = SeriesSetBuilder::new();
    for values in [days(steady), days(weekly)] {
        level.push("a", date("2026-01-01"), &values).unwrap();
    }
    let level = level.build();
    let leaves = [facts(&["x", "one"], 0.0), facts(&["x", "other"], 0.0)];
    let rows = totals(Bill::of_tree(&level, &leaves).unwrap(), 2);
    let keys: Vec<usize> = rows.iter().map(|row| row.level).collect();
    assert_eq!(keys, [0, 1, 2, 2]);
    assert_eq!(rows[0].total, rows[1].total, "the only child is its parent");
    assert_eq!(rows[2].point().unwrap() + rows[3].point().unwrap(), rows[0].point().unwrap());
}

#[test]
fn a_sum_of_an_uncertain_and_a_certain_part_is_as_uncertain_as_the_first() {
    let mut level = SeriesSetBuilder::new();
    for values in [days(weekly), days(|_| 0.0)] {
        level.push("a", date("2026-01-01"), &values).unwrap();
    }
    let unit = |series: usize| Unit {
        facts: facts(&[], 0.0),
        series,
        partitions: Vec::new(),
        purchases: Vec::new(),
    };
    let series = Components::level_only(level.build());
    let of = |units: Vec<Unit>| {
        let bill = Bill {
            series: series.clone(),
            purchases: SeriesSet::default(),
            units,
            rows: Vec::new(),
            hidden: 0,
        };
        let total = totals(bill, 0).swap_remove(0);
        let [_, low, high, _] = total.total.unwrap().bounds();
        (high - low).to_f64()
    };
    let (uncertain, certain, both) = (of(vec![unit(0)]), of(vec![unit(1)]), of(vec![unit(0), unit(1)]));
    assert!(certain < 0.01 && uncertain > 1.0, "{certain} {uncertain}");
    assert!((both - uncertain).abs() < 0.03, "{both} {uncertain}");
}
