//! Repeats: each weekday as last week, or as the mean of the last four.
//!
//! `cost of a day = mean of the last n values on its weekday`. One week is the seasonal naive
//! forecast, the baseline of every other. Wrong after a one-off in the weeks that are repeated, and
//! when the level moves.

use crate::{calendar::WEEK, history::History, horizon::Horizon};

/// Mean of the last `count` known values of each weekday, looking back at most `count + 2` weeks; the
/// recent mean for a weekday without any.
pub fn of_last(history: &History<'_>, horizon: &Horizon, count: usize) -> f64 {
    let values = history.values();
    let (mut sums, mut counts) = ([0.0; WEEK], [0_usize; WEEK]);
    for day in (history.end().saturating_sub((count + 2) * WEEK)..history.end()).rev() {
        let weekday = history.weekday(day);
        if counts[weekday] < count && !values[day].is_nan() {
            sums[weekday] += values[day];
            counts[weekday] += 1;
        }
    }
    horizon.mean_by_weekday(|weekday| match counts[weekday] {
        0 => history.recent_mean(),
        known => sums[weekday] / known as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    #[test]
    fn last_week_comes_again() {
        // Two weeks from Monday: 1 to 7, then 11 to 17.
        let values: Vec<f64> = (1..=7).chain(11..=17).map(f64::from).collect();
        let track = tracked("2026-01-05", &values);
        let history = History::at(&track, 0);
        let day = |lead: usize| Horizon::new(&track, history.end() + lead, history.end() + lead + 1);
        assert_eq!(of_last(&history, &day(0), 1), 11.0);
        assert_eq!(of_last(&history, &day(13), 1), 17.0);
        assert_eq!(of_last(&history, &day(1), 4), 7.0);
    }

    #[test]
    fn a_missing_day_is_taken_from_the_week_before() {
        let mut values: Vec<f64> = (1..=14).map(f64::from).collect();
        values[7] = f64::NAN;
        let track = tracked("2026-01-05", &values);
        let history = History::at(&track, 0);
        assert_eq!(of_last(&history, &Horizon::new(&track, 14, 15), 1), 1.0);
    }
}
