//! Small series for the tests of this crate.

use crate::series_cache::SeriesCache;
use billing::{BillingCycle, CostSeries, CycleDay, SeriesSet, SeriesSetBuilder};
use chrono::NaiveDate;

/// The day that the text names.
pub fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A set of the series given as id, first day and values.
pub fn set_of(series: &[(&str, &str, &[f64])]) -> SeriesSet {
    let mut builder = SeriesSetBuilder::new();
    for (id, start, values) in series {
        builder.push(*id, date(start), values).expect("finite values");
    }
    builder.build()
}

/// The calendar month that contains the day.
pub fn month(text: &str) -> BillingCycle {
    BillingCycle::containing(date(text), CycleDay::FIRST)
}

/// The track of one series, with its last day as the only origin and a year ahead.
pub fn tracked<'a>(start: &str, values: &'a [f64]) -> SeriesCache<'a> {
    let series = CostSeries { id: "a", start: date(start), values };
    SeriesCache::new(series, CycleDay::FIRST, 400, |_, days| vec![days - 1]).expect("a known day")
}
