//! Days on the command line.

use chrono::{Datelike, NaiveDate};

/// A day on which there can have been charges.
pub fn plausible_day(text: &str) -> Result<NaiveDate, String> {
    text.parse::<NaiveDate>()
        .ok()
        .filter(|day| (1990..=2199).contains(&day.year()))
        .ok_or_else(|| "a day is written 2026-10-18 and lies between 1990 and 2199".to_owned())
}
