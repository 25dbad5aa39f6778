//! One number: the total of a bill is the same whatever is asked about it.

use crate::support::TestContext;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Rows as maps from column to value.
type Rows = Vec<BTreeMap<String, String>>;

/// What a row says of its total.
const SAID: [&str; 7] = [
    "x_ActualToDate",
    "x_ForecastRemaining",
    "x_ForecastTotal",
    "x_Lower80",
    "x_Upper80",
    "x_Lower95",
    "x_Upper95",
];

fn rows(folder: &TestContext, more: &[&str]) -> Rows {
    let text = folder.good(&[&["predict", "s", "--totals", "-o", "csv", "-q"], more].concat()).stdout;
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
}

fn said(row: &BTreeMap<String, String>) -> Vec<String> {
    SAID.iter().map(|column| row[*column].clone()).collect()
}

/// What rows of a level say, by the value of a column and cycle.
fn by(rows: &Rows, level: &str, column: &str) -> BTreeMap<(String, String), Vec<String>> {
    let own = rows.iter().filter(|row| row["x_GroupLevel"] == level);
    let key = |row: &BTreeMap<String, String>| {
        (row.get(column).cloned().unwrap_or_default(), row["BillingPeriodStart"].clone())
    };
    own.map(|row| (key(row), said(row))).collect()
}

/// The totals of the cycles.
fn totals(rows: &Rows) -> Vec<Vec<String>> {
    let found: Vec<Vec<String>> = rows.iter().filter(|row| row["x_GroupLevel"] == "0").map(said).collect();
    assert!(!found.is_empty());
    found
}

fn sample(seed: &str, family: &str, through: &str) -> TestContext {
    let folder = TestContext::new();
    folder.good(&[
        "sample",
        "--out",
        "s",
        "--seed",
        seed,
        "--family",
        family,
        "--months",
        "9",
        "--subscriptions",
        "3",
        "--rows-per-day",
        "120",
        "--through",
        through,
    ]);
    folder
}

#[test]
fn the_total_and_its_subscriptions_are_the_same_whatever_is_asked() {
    for (seed, family, through) in [
        ("1", "ea-actual", "2026-10-03"),
        ("2", "mca-actual", "2026-10-16"),
        ("3", "focus-1.0", "2026-10-25"),
    ] {
        let folder = sample(seed, family, through);
        let plain = rows(&folder, &[]);
        for group in [
            &["-g", "service"][..],
            &["-g", "resource-group"],
            &["-g", "x_SkuMeterId"],
            &["-g", "x_ChargeKind"],
            &["-g", "region", "-g", "service"],
            &["-g", "service", "-g", "subscription"],
            &["-g", "subscription", "-g", "resource-group"],
            &["-g", "service", "--top", "2"],
            &["-g", "service", "--threads", "1"],
        ] {
            let asked = rows(&folder, group);
            assert_eq!(totals(&asked), totals(&plain), "{family} by {group:?}");
        }
        let nested = rows(&folder, &["-g", "subscription", "-g", "service"]);
        assert_eq!(by(&nested, "1", "SubAccountId"), by(&plain, "1", "SubAccountId"), "{family}");
        let services = by(&rows(&folder, &["-g", "service"]), "1", "ServiceName");
        let below = rows(&folder, &["-g", "service", "-g", "resource-group"]);
        assert_eq!(by(&below, "1", "ServiceName"), services, "{family}");
        // A filter shows a row of the whole bill.
        let (name, _) = services.keys().find(|(name, _)| !name.is_empty()).unwrap();
        let of_service: Vec<Vec<String>> =
            services.iter().filter(|((own, _), _)| own == name).map(|(_, said)| said.clone()).collect();
        let filtered = rows(&folder, &["-g", "resource-group", "--filter", &format!("service={name}")]);
        assert_eq!(totals(&filtered), of_service, "{family} {name}");
    }
}

#[test]
fn rows_of_every_level_add_up_to_the_cent() {
    let folder = sample("4", "mca-actual", "2026-10-12");
    let cents =
        |row: &BTreeMap<String, String>| row["x_ForecastTotal"].replace('.', "").parse::<i64>().unwrap();
    let all = rows(&folder, &["-g", "service", "-g", "subscription", "--top", "1"]);
    let sum = |level: &str| all.iter().filter(|row| row["x_GroupLevel"] == level).map(cents).sum::<i64>();
    assert_eq!((sum("1"), sum("2")), (sum("0"), sum("0")));
}

#[test]
fn a_backtest_tests_the_total_that_was_forecast_then() {
    // Files without a manifest are cut by their days: after 12 October both know the same.
    let folder = sample("5", "ea-actual", "2026-10-31");
    for (place, file) in csv_files(&folder.path().join("s")).into_iter().enumerate() {
        folder.write(&format!("flat/{place}.csv"), std::fs::read_to_string(file).unwrap());
    }
    let asked = ["--as-of", "2026-10-13", "--settle-days", "0", "--totals", "-o", "csv", "-q"];
    let expected = value(&folder.run(&[&["predict", "flat"][..], &asked].concat()).stdout, "x_ForecastTotal");
    let tested = folder.run(&["backtest", "flat", "--cycles", "1", "--cut-days", "12", "-o", "csv", "-q"]);
    let found = value(&tested.stdout, "total");
    // Units are rounded to the cent where a forecast is shown.
    assert!((found - expected).abs() < 0.02, "{found} {expected}");
}

/// The value of a column in the first row.
fn value(csv: &str, column: &str) -> f64 {
    let mut lines = csv.lines();
    let mut header = lines.next().expect("a header").split(',');
    let place = header.position(|name| name == column).expect("the column");
    lines.next().and_then(|row| row.split(',').nth(place)?.parse().ok()).expect("a number")
}

fn csv_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(|entry| Some(entry.ok()?.path())) {
        match entry.is_dir() {
            true => found.extend(csv_files(&entry)),
            false if entry.extension().is_some_and(|own| own == "csv") => found.push(entry),
            false => {}
        }
    }
    found.sort();
    found
}
