//! Input and calls that are broken: each gets a message with its place and the exit code that scripts
//! rely on, and what can be read is still read.

#![expect(clippy::unwrap_used, reason = "what a test needs and does not find is its failure")]

mod calls;
mod damaged;
mod output;
mod rows;
mod series;

use crate::support::{Run, run};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::path::Path;

/// Header of a small Enterprise Agreement file.
const HEADER: &str = "SubscriptionId,SubscriptionName,Date,Cost,BillingCurrency,AccountName,\
                      BillingPeriodStartDate,BillingPeriodEndDate,MeterCategory,ChargeType,Tags\n";

/// Days of the file: from 2026-07-01 to 2026-09-18.
const DAYS: u64 = 80;

/// The row of a day, counted from 0.
fn row(place: u64, cost: &str) -> String {
    let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap() + Days::new(place);
    let first = day.with_day(1).unwrap();
    let last = first + Months::new(1) - Days::new(1);
    let [day, first, last] = [day, first, last].map(|day| day.format("%m/%d/%Y").to_string());
    format!("11111111-1111-1111-1111-111111111111,Shop,{day},{cost},EUR,a,{first},{last},Storage,Usage,\n")
}

/// The header and a row a day, each of 10.5 euro.
fn export() -> String {
    (0..DAYS).fold(HEADER.to_owned(), |text, place| text + &row(place, "10.5"))
}

/// The daily series of a file, or how the attempt ended.
fn series(folder: &Path, name: &str) -> Run {
    run(folder, &["series", name, "-o", "csv"])
}

/// What the forecast says as JSON.
fn envelope(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
}

/// Asserts how a run ended and that its messages hold each of these texts.
#[track_caller]
fn assert_says(what: &str, run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{what}: {}", run.stderr);
    for text in texts {
        assert!(run.stderr.contains(text), "{what}: `{text}` is not in: {}", run.stderr);
    }
    assert!(!run.stderr.contains("internal fault"), "{what}: {}", run.stderr);
}
