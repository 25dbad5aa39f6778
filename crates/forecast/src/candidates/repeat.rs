//! Repeats: each weekday as last week, or as the mean of the last four.
//!
//! `expected(d) = mean of the last n values on weekday(d)`. One week is the seasonal naive forecast,
//! the baseline of every other. Wrong after a one-off in the weeks that are repeated, and when the
//! level moves.

use crate::{
    calendar::{WEEK, weekday},
    history::{History, mean_of},
};
use chrono::NaiveDate;

/// A cost for each weekday, Monday first.
///
/// Wrong when last week was not like the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weekdays([f64; WEEK]);

impl Weekdays {
    /// Mean of the last `count` known values of each weekday, looking back at most `count + 2` weeks;
    /// the recent mean for a weekday without any.
    #[must_use]
    pub fn of_last(history: &History<'_>, count: usize) -> Self {
        let values = history.values();
        let mut found: [Vec<f64>; WEEK] = Default::default();
        for index in (values.len().saturating_sub((count + 2) * WEEK)..values.len()).rev() {
            let of_weekday = &mut found[history.weekday_at(index)];
            if of_weekday.len() < count && !values[index].is_nan() {
                of_weekday.push(values[index]);
            }
        }
        Self(found.map(|values| mean_of(&values).unwrap_or(history.recent_mean())))
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        self.0[weekday(day)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};
    use billing::CycleDay;

    #[test]
    fn last_week_comes_again() {
        // Two weeks from Monday: 1 to 7, then 11 to 17.
        let values: Vec<f64> = (1..=7).chain(11..=17).map(f64::from).collect();
        let set = set_of(&[("a", "2026-01-05", &values)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let naive = Weekdays::of_last(&history, 1);
        assert_eq!(naive.expected_on(date("2026-01-19")), 11.0);
        assert_eq!(naive.expected_on(date("2026-02-01")), 17.0);
        assert_eq!(Weekdays::of_last(&history, 4).expected_on(date("2026-01-20")), 7.0);
    }

    #[test]
    fn a_missing_day_is_taken_from_the_week_before() {
        let mut values: Vec<f64> = (1..=14).map(f64::from).collect();
        values[7] = f64::NAN;
        let set = set_of(&[("a", "2026-01-05", &values)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        assert_eq!(Weekdays::of_last(&history, 1).expected_on(date("2026-01-19")), 1.0);
    }
}
