//! Series of groups: the daily sums of several series.

use crate::components::Components;
use billing::SeriesSet;
use chrono::{Days, NaiveDate};

/// The sum of some series of `set` over the days of the same series of `frame`: a day before a series
/// began counts as zero, a missing day inside it makes the sum missing.
pub(crate) fn summed(frame: &SeriesSet, set: Option<&SeriesSet>, members: &[usize]) -> (NaiveDate, Vec<f64>) {
    let (start, days) = span(frame, members);
    let mut sums = vec![0.0; days];
    for leaf in members {
        let series = frame.get(*leaf);
        let values = set.map(|set| set.get(*leaf));
        for (place, sum) in sums.iter_mut().enumerate() {
            let day = start + Days::new(place as u64);
            *sum += match series.index_of(day) {
                Some(index) => values.map_or(0.0, |series| series.values[index]),
                None if day < series.start => 0.0,
                None => f64::NAN,
            };
        }
    }
    (start, sums)
}

/// What some series cost together on each of the last `days` days of the data; `None` is a day on which
/// one of them has no value.
#[must_use]
pub fn recent(components: &Components, members: &[usize], days: usize) -> Vec<Option<f64>> {
    let sets = [Some(components.level()), components.recurring(), components.irregular()];
    let mut sums: Vec<f64> = Vec::new();
    for set in sets.into_iter().flatten() {
        let (_, values) = summed(components.level(), Some(set), members);
        sums.resize(values.len(), 0.0);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let first = sums.len().saturating_sub(days);
    sums[first..].iter().map(|sum| Some(*sum).filter(|sum| !sum.is_nan())).collect()
}

/// First day and number of days of a sum.
fn span(frame: &SeriesSet, members: &[usize]) -> (NaiveDate, usize) {
    let series = || members.iter().map(|leaf| frame.get(*leaf));
    let start = series().map(|series| series.start).min().unwrap_or_default();
    let end = series().map(|series| series.end()).max().unwrap_or(start);
    (start, (end - start).num_days().max(0) as usize)
}
