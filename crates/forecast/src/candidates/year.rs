//! The same days a year ago, relative to the four weeks before them.
//!
//! `expected(d) = level · profile · clip(mean of the 7 days around d − 364 ÷ mean of the 28 days
//! before last year's origin, 0.2, 5)`. Wrong when last year had an event of its own, and no more
//! than a plain level with less than 392 days of history.

use crate::{
    calendar::days_before,
    candidates::level::Level,
    history::{History, mean_of},
};
use chrono::{Days, NaiveDate};

/// A level and last year's course relative to its own level.
///
/// Wrong when last year is no guide.
#[derive(Clone, Debug, PartialEq)]
pub struct LastYear {
    level: Level,
    origin: NaiveDate,
    ratios: Vec<f64>,
}

/// 52 weeks, so that weekdays fall on weekdays.
const YEAR: usize = 364;
/// How many days ahead last year's course is used.
const LONGEST: usize = 70;
const RATIO_BOUNDS: (f64, f64) = (0.2, 5.0);

impl LastYear {
    /// Compares the days after last year's origin with the four weeks before it.
    #[must_use]
    pub fn fit(history: &History<'_>) -> Self {
        let origin = history.origin();
        let then = days_before(origin, YEAR);
        let next = then + Days::new(1);
        let before = mean_of(history.between(days_before(next, 28), next))
            .filter(|_| days_before(next, 28) >= history.start());
        let ratios = match before {
            Some(before) if before.abs() > 0.1 * history.typical_size() => (1..=LONGEST)
                .map_while(|lead| {
                    let middle = then + Days::new(lead as u64);
                    let week = history.between(days_before(middle, 3), middle + Days::new(4));
                    mean_of(week).map(|mean| (mean / before).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1))
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { level: Level::of_mean(history, 28), origin, ratios }
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        let lead = (day - self.origin).num_days();
        let ratio = usize::try_from(lead - 1).ok().and_then(|place| self.ratios.get(place));
        self.level.expected_on(day) * ratio.copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::set_of;
    use billing::CycleDay;

    #[test]
    fn a_peak_of_last_year_comes_again_in_proportion() {
        // 10 a day; last year the 20 days from the origin's day on cost 30.
        let mut values = vec![10.0; 400];
        values[36..56].fill(30.0);
        let set = set_of(&[("a", "2025-01-01", &values)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let fitted = LastYear::fit(&history);
        let ten_days_ahead = history.origin() + Days::new(10);
        assert!((fitted.expected_on(ten_days_ahead) - 30.0).abs() < 1e-6);
    }

    #[test]
    fn without_a_year_it_is_the_level() {
        let set = set_of(&[("a", "2025-01-01", &[10.0; 100])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let fitted = LastYear::fit(&history);
        assert!((fitted.expected_on(history.origin() + Days::new(10)) - 10.0).abs() < 1e-9);
    }
}
