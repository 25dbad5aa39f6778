//! `train`, and what `backtest` does with models that never saw a series.

use crate::support::{TestContext, write};
use std::path::Path;

/// A table of so many series of `days` days from 2025-01-01, under two sources.
fn table(at: &Path, series: usize, days: u64) {
    let start: chrono::NaiveDate = "2025-01-01".parse().unwrap();
    let mut text = "dataset,series_id,date,value\n".to_owned();
    for number in 0..series {
        for day in 0..days {
            let value =
                20.0 + number as f64 + (day % 7) as f64 + ((day * 7919 + number as u64 * 31) % 13) as f64;
            let date = start + chrono::Days::new(day);
            text.push_str(&format!("source {},s{number},{date},{value}\n", number % 2));
        }
    }
    write(at, "s.csv", text);
}

const COLUMNS: [&str; 8] = [
    "--id-column",
    "dataset",
    "--id-column",
    "series_id",
    "--date-column",
    "date",
    "--value-column",
    "value",
];

#[test]
fn too_few_cycles_to_learn_from_are_refused_in_words() {
    let at = TestContext::new();
    table(at.path(), 1, 40);
    let run = at.fails(4, &[&["train", "--series", "s.csv", "--made-up", "0"], &COLUMNS[..]].concat());
    assert!(run.stderr.contains("hold 0 past cuts to learn from; 100 are needed"), "{}", run.stderr);
    assert!(!at.path().join("models").exists());
}

#[test]
fn a_trained_model_says_where_it_comes_from_and_forecasts() {
    let at = TestContext::new();
    table(at.path(), 4, 300);
    let train = ["train", "--series", "s.csv", "--made-up", "0", "--name", "ours", "--out", "m.json"];
    let trained = at.good(&[&train, &COLUMNS[..]].concat());
    assert!(trained.stdout.contains("4 series of 2 sources and 0 made-up bills"), "{}", trained.stdout);
    let text = std::fs::read_to_string(at.path().join("m.json")).unwrap();
    let model: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(model["provenance"]["trained_on"], serde_json::json!(["source 0", "source 1"]));
    assert_eq!(model["provenance"]["through"], "2025-05-31");
    let predict = ["predict", "--series", "s.csv", "--model", "m.json", "-o", "csv"];
    let forecast = at.good(&[&predict, &COLUMNS[..]].concat());
    assert!(forecast.stdout.contains(",ours,"), "{}", forecast.stdout);
}

#[test]
fn two_forecasters_are_compared_on_the_same_totals() {
    let at = TestContext::new();
    table(at.path(), 3, 365);
    let backtest =
        ["backtest", "--series", "s.csv", "--model", "weights", "--compare-model", "run_rate", "-o", "json"];
    let run = at.good(&[&backtest, &COLUMNS[..]].concat());
    let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let comparison = &said["comparison"];
    assert_eq!((&comparison["model"], &comparison["series"]), (&"run_rate".into(), &3.into()));
    let bounds = ["lower95", "ratio", "upper95"].map(|name| comparison[name].as_f64().unwrap());
    assert!(bounds.is_sorted() && bounds[2] < 1.0, "{bounds:?}");
    let table = &backtest[..backtest.len() - 2];
    let told = at.run(&[table, &COLUMNS[..]].concat());
    assert!(told.stdout.contains("times those of `run_rate`"), "{}", told.stdout);
}
