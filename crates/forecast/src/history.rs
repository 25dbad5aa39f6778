//! What is known at an origin: the values up to a day, and what all candidates ask of them.
//!
//! Weekday profiles and typical sizes are computed once an origin and shared. Nothing after the
//! origin can be reached from here, which is what keeps rolling origins free of leakage.

use crate::{
    Error, Result,
    calendar::{WEEK, day_of_cycle, weekday},
    profile::{WeekdayProfile, median},
};
use billing::{CostSeries, CycleDay};
use chrono::{Days, NaiveDate};

/// Windows, in days, of the profiles and of the recent level.
const ROBUST_WINDOW: usize = 84;
const MEAN_WINDOW: usize = 56;
const LEVEL_WINDOW: usize = 28;
/// Least deviation as a share of a typical day.
const LEAST_DEVIATION: f64 = 0.01;
/// With fewer days than this the robust profile is replaced by the mean one.
const ROBUST_NEEDS: usize = 21;

/// Values of a series up to an origin, its last day.
///
/// Wrong when the last days are not settled: the origin must lie before them.
#[derive(Clone, Debug)]
pub struct History<'a> {
    values: &'a [f64],
    start: NaiveDate,
    rule: CycleDay,
    first_weekday: usize,
    robust: WeekdayProfile,
    mean: WeekdayProfile,
    recent_mean: f64,
    typical_size: f64,
}

impl<'a> History<'a> {
    /// The history that ends with the last value of `series`.
    ///
    /// # Errors
    /// [`Error::NoValues`] when every day is missing.
    pub fn new(series: CostSeries<'a>, rule: CycleDay) -> Result<Self> {
        // Leading missing days teach nothing and would count as history.
        let first = series.values.iter().position(|value| !value.is_nan()).ok_or(Error::NoValues {
            cutoff: series.start + Days::new(series.values.len().saturating_sub(1) as u64),
        })?;
        let (values, start) = (&series.values[first..], series.start + Days::new(first as u64));
        let first_weekday = weekday(start);
        let from = |days: usize| {
            let skipped = values.len().saturating_sub(days);
            (&values[skipped..], (first_weekday + skipped) % WEEK)
        };
        let (recent, recent_weekday) = from(MEAN_WINDOW);
        let mean = WeekdayProfile::of_means(recent, recent_weekday, 2.0);
        let robust = if values.len() < ROBUST_NEEDS {
            mean
        } else {
            let (window, window_weekday) = from(ROBUST_WINDOW);
            WeekdayProfile::of_medians(window, window_weekday)
        };
        let all_mean = mean_of(values).unwrap_or(0.0);
        let last = from(LEVEL_WINDOW).0;
        let recent_mean = mean_of(last).unwrap_or(all_mean);
        let size = |values: &[f64]| mean_of_sizes(values).filter(|&size| size > 0.0);
        let typical_size = size(last).or_else(|| size(values)).unwrap_or(0.0);
        Ok(Self { values, start, rule, first_weekday, robust, mean, recent_mean, typical_size })
    }

    /// The last day that is known.
    #[must_use]
    pub fn origin(&self) -> NaiveDate {
        self.start + Days::new(self.values.len() as u64 - 1)
    }

    /// The first day with a value.
    #[must_use]
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// On which day cycles begin.
    #[must_use]
    pub fn rule(&self) -> CycleDay {
        self.rule
    }

    /// All values, `NaN` where missing.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The last `days` values, or what there is of them.
    #[must_use]
    pub fn last(&self, days: usize) -> &'a [f64] {
        &self.values[self.values.len().saturating_sub(days)..]
    }

    /// Weekday of the value at `index`.
    #[must_use]
    pub fn weekday_at(&self, index: usize) -> usize {
        (self.first_weekday + index) % WEEK
    }

    /// Value of `day`, `None` where it is missing or outside.
    #[must_use]
    pub fn value_on(&self, day: NaiveDate) -> Option<f64> {
        let index = usize::try_from((day - self.start).num_days()).ok()?;
        self.values.get(index).copied().filter(|value| !value.is_nan())
    }

    /// The part from `first` up to, and without, `end`.
    #[must_use]
    pub fn between(&self, first: NaiveDate, end: NaiveDate) -> &'a [f64] {
        let place =
            |day: NaiveDate| (day - self.start).num_days().clamp(0, self.values.len() as i64) as usize;
        &self.values[place(first)..place(end).max(place(first))]
    }

    /// Days of the open cycle that are known, 0 when the origin ends a cycle.
    #[must_use]
    pub fn days_into_cycle(&self) -> usize {
        day_of_cycle(self.origin() + Days::new(1), self.rule) - 1
    }

    /// The robust weekday profile (of means while there are fewer than three weeks).
    #[must_use]
    pub fn robust_profile(&self) -> &WeekdayProfile {
        &self.robust
    }

    /// The weekday profile of means over eight weeks.
    #[must_use]
    pub fn mean_profile(&self) -> &WeekdayProfile {
        &self.mean
    }

    /// Mean of the last four weeks, or of everything when they are missing.
    #[must_use]
    pub fn recent_mean(&self) -> f64 {
        self.recent_mean
    }

    /// Mean size of a day in the last four weeks that cost something; the unit of errors. 0 only
    /// where every value is 0.
    #[must_use]
    pub fn typical_size(&self) -> f64 {
        self.typical_size
    }

    /// The unit of ranges: the geometric mean of a typical day and of a day's deviation from its
    /// weekday's level over eight weeks, which is at least a hundredth of a typical day, and at least
    /// half of one over the number of days, since a few equal days prove little.
    ///
    /// Errors of a rest come from noise and from moves of the level; the first go with the deviation,
    /// the second with the size, so that either alone fits half of all bills.
    #[must_use]
    pub fn range_unit(&self) -> f64 {
        let mut levels: Vec<f64> = self.levelled(self.robust, MEAN_WINDOW).collect();
        let middle = median(&mut levels).unwrap_or(0.0);
        levels.iter_mut().for_each(|level| *level = (*level - middle).abs());
        let least = LEAST_DEVIATION.max(0.5 / levels.len().max(1) as f64);
        let deviation = mean_of(&levels).unwrap_or(0.0).max(least * self.typical_size);
        (deviation * self.typical_size).sqrt()
    }

    /// The last `days` values without their weekday, newest first, missing days left out.
    pub fn levelled(&self, profile: WeekdayProfile, days: usize) -> impl Iterator<Item = f64> {
        let length = self.values.len();
        (length.saturating_sub(days)..length)
            .rev()
            .filter(|&index| !self.values[index].is_nan())
            .map(move |index| self.values[index] / profile.divisor(self.weekday_at(index)))
    }

    /// Mean of the last `days` values over the mean factor of their weekdays.
    #[must_use]
    pub fn mean_level(&self, days: usize) -> f64 {
        let length = self.values.len();
        let (mut sum, mut factors) = (0.0, 0.0);
        for index in length.saturating_sub(days)..length {
            if !self.values[index].is_nan() {
                sum += self.values[index];
                factors += self.robust.factor(self.weekday_at(index));
            }
        }
        if factors > 0.0 { sum / factors } else { self.recent_mean }
    }

    /// Median of the last `days` values without their weekday.
    #[must_use]
    pub fn median_level(&self, days: usize) -> f64 {
        let mut levels: Vec<f64> = self.levelled(self.robust, days).collect();
        median(&mut levels).unwrap_or(self.recent_mean)
    }

    /// Exponential mean of values without their weekday; the newest day has weight `newest`.
    #[must_use]
    pub fn smooth_level(&self, profile: WeekdayProfile, newest: f64) -> f64 {
        let (mut weight, mut sum, mut total) = (1.0, 0.0, 0.0);
        // After 150 days at a weight of 0.07 less than 0.002 % of it is left.
        for level in self.levelled(profile, 150) {
            sum += weight * level;
            total += weight;
            weight *= 1.0 - newest;
        }
        if total > 0.0 { sum / total } else { self.recent_mean }
    }
}

/// Mean of the values that are not missing.
pub(crate) fn mean_of(values: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values.iter().filter(|value| !value.is_nan()) {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

fn mean_of_sizes(values: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values.iter().filter(|value| !value.is_nan()) {
        sum += value.abs();
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};

    #[test]
    fn missing_days_are_left_out_and_never_zero() {
        let nan = f64::NAN;
        let set = set_of(&[("a", "2026-01-01", &[nan, 4.0, nan, 8.0])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        assert_eq!((history.start(), history.origin()), (date("2026-01-02"), date("2026-01-04")));
        assert_eq!((history.recent_mean(), history.typical_size()), (6.0, 6.0));
        assert_eq!(history.levelled(WeekdayProfile::FLAT, 9).collect::<Vec<_>>(), [8.0, 4.0]);
        assert_eq!(history.days_into_cycle(), 4);
        assert_eq!(history.between(date("2025-12-01"), date("2026-01-03")), [4.0]);
    }

    #[test]
    fn the_unit_of_errors_survives_a_month_of_nothing() {
        let mut values = vec![10.0; 28];
        values.extend([0.0; 28]);
        let set = set_of(&[("a", "2026-01-01", &values), ("none", "2026-01-01", &[f64::NAN; 3])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        assert_eq!((history.recent_mean(), history.typical_size()), (0.0, 5.0));
        assert!(matches!(History::new(set.get(1), CycleDay::FIRST), Err(Error::NoValues { .. })));
    }

    #[test]
    fn a_few_equal_days_are_not_taken_for_certainty() {
        let set = set_of(&[("one", "2026-01-01", &[2.0]), ("many", "2026-01-01", &[2.0; 60])]);
        let unit = |index| History::new(set.get(index), CycleDay::FIRST).unwrap().range_unit();
        // Geometric means of 2 and of half of it, and of 2 and of a hundredth of it.
        assert!((unit(0) - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!((unit(1) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn an_exponential_mean_weighs_the_newest_day_most() {
        // Weights 1 and ½: (6 + ½ · 3) / 1½ = 5.
        let set = set_of(&[("a", "2026-01-01", &[3.0, 6.0])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        assert!((history.smooth_level(WeekdayProfile::FLAT, 0.5) - 5.0).abs() < 1e-12);
    }
}
