//! The clock, read in one place. No row, title or exit code of a forecast depends on it unless a day is left
//! out that the command takes for today.

use chrono::{DateTime, NaiveDate, Utc};
use operations::{Error, Result};

/// Replaces the clock's day as today.
const TODAY: &str = "FORECAST_TODAY";

/// The moment, for logs and for tokens of services.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Today in UTC, or the day that `FORECAST_TODAY` names.
///
/// # Errors
/// A value that is not a day.
pub fn today() -> Result<NaiveDate> {
    match crate::environment::variable(TODAY) {
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::usage(format!("{TODAY} is a day such as 2026-10-18, not `{text}`"))),
        None => Ok(now().date_naive()),
    }
}
