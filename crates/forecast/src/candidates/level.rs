//! A level times a weekday profile: the workhorse of most bills.
//!
//! `expected(d) = level · profile(weekday(d))`. The level is a mean, a median, an exponential mean or
//! a mean of cut values over a window. Wrong when the level moves inside the window (short windows
//! follow faster and are noisier) and for anything that depends on the day of the cycle.

use crate::{
    calendar::weekday,
    history::History,
    profile::{WeekdayProfile, quantile},
};
use chrono::NaiveDate;

/// A level and the weekday profile it is spread by.
///
/// Wrong when the level moves after the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Cost of an average day.
    pub level: f64,
    /// Factors of the weekdays.
    pub profile: WeekdayProfile,
}

impl Level {
    /// Every day alike.
    #[must_use]
    pub fn flat(level: f64) -> Self {
        Self { level, profile: WeekdayProfile::FLAT }
    }

    /// Mean of the last `days`, corrected for their weekdays.
    #[must_use]
    pub fn of_mean(history: &History<'_>, days: usize) -> Self {
        Self { level: history.mean_level(days), profile: *history.robust_profile() }
    }

    /// Median of the last `days` without their weekdays.
    #[must_use]
    pub fn of_median(history: &History<'_>, days: usize) -> Self {
        Self { level: history.median_level(days), profile: *history.robust_profile() }
    }

    /// Exponential mean on a profile; the newest day has weight `newest`.
    #[must_use]
    pub fn of_smoothing(history: &History<'_>, profile: WeekdayProfile, newest: f64) -> Self {
        Self { level: history.smooth_level(profile, newest), profile }
    }

    /// Mean of the last four weeks, each day cut at the 95 % quantile of the last eight.
    #[must_use]
    pub fn of_cut_values(history: &History<'_>) -> Self {
        let profile = *history.robust_profile();
        let mut wide: Vec<f64> = history.levelled(profile, 56).collect();
        let cut = quantile(&mut wide, 0.95).unwrap_or(f64::INFINITY);
        let (mut sum, mut count) = (0.0, 0_usize);
        for level in history.levelled(profile, 28) {
            sum += level.min(cut);
            count += 1;
        }
        let level = if count > 0 { sum / count as f64 } else { history.recent_mean() };
        Self { level, profile }
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        self.level * self.profile.factor(weekday(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};
    use billing::CycleDay;

    #[test]
    fn a_constant_bill_is_continued_by_every_level() {
        let set = set_of(&[("a", "2026-01-01", &[4.0; 60])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let profile = *history.robust_profile();
        for level in [
            Level::of_mean(&history, 28),
            Level::of_median(&history, 7),
            Level::of_smoothing(&history, profile, 0.15),
            Level::of_cut_values(&history),
        ] {
            assert!((level.expected_on(date("2026-03-10")) - 4.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_spike_moves_the_mean_and_leaves_the_median() {
        let mut values = vec![10.0; 84];
        values[80] = 290.0;
        let set = set_of(&[("a", "2026-01-01", &values)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        // 28 days: 27 of 10 and one of 290 have the mean 20.
        assert!((Level::of_mean(&history, 28).level - 20.0).abs() < 1.0);
        assert!((Level::of_median(&history, 28).level - 10.0).abs() < 0.5);
        assert!(Level::of_cut_values(&history).level < 11.0);
    }

    #[test]
    fn weekends_stay_low() {
        let office: Vec<f64> = (0..84).map(|day| if day % 7 < 5 { 10.0 } else { 3.0 }).collect();
        // 2026-01-05 is a Monday.
        let set = set_of(&[("a", "2026-01-05", &office)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let level = Level::of_mean(&history, 28);
        assert!((level.expected_on(date("2026-03-30")) - 10.0).abs() < 0.2);
        assert!((level.expected_on(date("2026-04-04")) - 3.0).abs() < 0.5);
    }
}
