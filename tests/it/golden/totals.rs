//! What holds for the figures of every kind of export, whatever the forecaster.

use super::sample;
use crate::support::TestContext;
use serde_json::Value;
use std::collections::BTreeMap;

/// An amount of a row in cents.
fn cents(row: &Value, column: &str) -> i64 {
    let amount = row[column].as_f64().unwrap_or_else(|| panic!("{column} of {row}"));
    (amount * 100.0).round() as i64
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// What tells the row of a level apart: its cycle, currency and first `level` keys.
fn path(row: &Value, level: u64) -> Vec<String> {
    let keys = ["SubAccountId", "ServiceName"];
    let own = keys.iter().take(level as usize).map(|key| row[*key].to_string());
    own.chain([row["BillingPeriodStart"].to_string(), row["BillingCurrency"].to_string()]).collect()
}

#[test]
fn totals_are_sums_of_their_parts_in_every_kind_of_export() {
    let kinds = [
        ("ea-actual", "csv"),
        ("ea-amortized", "csv.gz"),
        ("mca-actual", "parquet"),
        ("mca-amortized", "csv"),
        ("payg", "csv"),
        ("focus-1.0", "csv.gz"),
        ("focus-1.2", "parquet"),
    ];
    for (family, format) in kinds {
        let at = TestContext::new();
        let size = "--seed 7 --months 2 --subscriptions 2 --rows-per-day 30";
        at.sample("s", &format!("{size} --family {family} --format {format}"));
        let groups = ["-g", "subscription", "-g", "service", "--totals", "--cycles", "2", "-o", "jsonl"];
        let run = at.good(&[&["predict", "s"], &groups[..]].concat());
        check(family, &rows(&run.stdout));
    }
}

fn check(family: &str, rows: &[Value]) {
    let mut parts: BTreeMap<(Vec<String>, &str), i64> = BTreeMap::new();
    let sums = ["x_ActualToDate", "x_ForecastRemaining", "x_ForecastTotal"];
    for row in rows {
        let [actual, remaining, total] = sums.map(|column| cents(row, column));
        assert_eq!(total, actual + remaining, "{family}: {row}");
        let bounds = ["x_Lower95", "x_Lower80", "x_Upper80", "x_Upper95"].map(|column| cents(row, column));
        assert!(bounds.is_sorted(), "{family}: {row}");
        assert!((bounds[0]..=bounds[3]).contains(&total), "{family}: {row}");
        let level = row["x_GroupLevel"].as_u64().unwrap();
        if level > 0 {
            for (column, amount) in sums.into_iter().zip([actual, remaining, total]) {
                *parts.entry((path(row, level - 1), column)).or_default() += amount;
            }
        }
    }
    let mut wholes = 0;
    for row in rows.iter().filter(|row| row["x_GroupLevel"] != 2) {
        let level = row["x_GroupLevel"].as_u64().unwrap();
        let of_parts = |column| parts[&(path(row, level), column)];
        let total = "x_ForecastTotal";
        assert_eq!(cents(row, total), of_parts(total), "{family}: {row}");
        // Each actual amount is rounded by itself, since it is a fact: parts are half a cent off at most, each.
        let count = rows
            .iter()
            .filter(|part| part["x_GroupLevel"] == level + 1 && path(part, level) == path(row, level))
            .count();
        let apart = (cents(row, "x_ActualToDate") - of_parts("x_ActualToDate")).unsigned_abs() as usize;
        assert!(2 * apart <= count + 1, "{family}: {apart} of {count}: {row}");
        wholes += 1;
    }
    // Two cycles, each with a total and two subscriptions.
    assert_eq!(wholes, 6, "{family}");
}

#[test]
fn the_same_run_has_the_same_bytes_on_any_number_of_threads() {
    let sample = sample();
    for args in [&["predict", "s", "-g", "service", "-o", "json"][..], &["backtest", "s", "-o", "csv"]] {
        let outputs =
            ["1", "2", "7"].map(|threads| sample.run(&[args, &["--threads", threads]].concat()).stdout);
        assert!(!outputs[0].is_empty());
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{args:?}");
    }
}

#[test]
fn a_run_is_known_by_its_inputs_and_options() {
    let sample = sample();
    let id = |more: &[&str]| {
        let run = sample.run(&[&["predict", "s", "-o", "jsonl"], more].concat());
        rows(&run.stdout)[0]["x_RunId"].as_str().unwrap().to_owned()
    };
    let plain = id(&[]);
    assert_eq!(plain.len(), 16);
    assert_eq!(id(&["--threads", "1"]), plain);
    for options in [["--settle-days", "3"], ["--model", "run_rate"], ["-g", "service"], ["--cycles", "2"]] {
        assert_ne!(id(&options), plain, "{options:?}");
    }
    let newest = "s/sample-ea-actual/20260701-20260731";
    std::fs::remove_dir_all(sample.path().join(newest)).unwrap();
    assert_ne!(id(&[]), plain, "without a month");
}

#[test]
fn a_forecast_names_its_members_and_their_weights() {
    let folder = sample();
    let said = folder.run(&["predict", "s", "-v"]).stderr;
    assert_eq!(said.matches("is made of own ").count(), 2, "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&["predict", "s", "-o", "json"]).stdout).unwrap();
    for of in json["members"].as_array().unwrap() {
        let weights = of["weights"].as_object().unwrap();
        let sum: f64 = weights.values().map(|weight| weight.as_f64().unwrap()).sum();
        assert!(weights.len() > 1 && (0.9..1.01).contains(&sum), "{of}");
    }
    let alone = folder.run(&["predict", "s", "--model", "run_rate", "-v"]).stderr;
    assert!(alone.contains("is made of run_rate 100 %"), "{alone}");
}
