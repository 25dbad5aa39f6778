//! A level times a weekday profile: the workhorse of most bills.
//!
//! `mean rest = level · mean profile of its weekdays`. The level is a mean, a median, an exponential
//! mean or a mean of cut values over a window. Wrong when the level moves inside the window (short
//! windows follow faster and are noisier) and for anything that depends on the day of the cycle.

use crate::{
    history::{History, exponential_mean, mean_of},
    horizon::Horizon,
    profile::{WeekdayProfile, quantile},
};

/// Mean of the last `days`, corrected for their weekdays.
pub fn of_mean(history: &History<'_>, horizon: &Horizon, days: usize) -> f64 {
    history.mean_level(days) * horizon.mean_factor(history.robust_profile())
}

/// Median of the last `days` without their weekdays.
pub fn of_median(history: &History<'_>, horizon: &Horizon, days: usize) -> f64 {
    history.median_level(days) * horizon.mean_factor(history.robust_profile())
}

/// Exponential mean of levels on the profile that they are without; the newest day has weight `newest`.
pub fn of_smoothing(
    history: &History<'_>,
    horizon: &Horizon,
    levels: &[f64],
    profile: &WeekdayProfile,
    newest: f64,
) -> f64 {
    let level = exponential_mean(levels, newest).unwrap_or(history.recent_mean());
    level * horizon.mean_factor(profile)
}

/// Mean of the last four weeks, each day cut at the 95 % quantile of the last eight.
pub fn of_cut_values(history: &History<'_>, horizon: &Horizon) -> f64 {
    let levels = history.robust_levels();
    let newest = |days: usize| {
        let count = history.track().known(history.end().saturating_sub(days), history.end());
        &levels[..count.min(levels.len())]
    };
    let cut = quantile(newest(56), 0.95).unwrap_or(f64::INFINITY);
    let kept: Vec<f64> = newest(28).iter().map(|level| level.min(cut)).collect();
    mean_of(&kept).unwrap_or(history.recent_mean()) * horizon.mean_factor(history.robust_profile())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    fn rest_of<'a>(history: &History<'a>, days: usize) -> Horizon {
        Horizon::new(history.track(), history.end(), history.end() + days)
    }

    #[test]
    fn a_spike_moves_the_mean_and_leaves_the_median() {
        let mut values = vec![10.0; 84];
        values[80] = 290.0;
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        let rest = rest_of(&history, 7);
        // 28 days: 27 of 10 and one of 290 have the mean 20.
        assert!((of_mean(&history, &rest, 28) - 20.0).abs() < 1.0);
        assert!((of_median(&history, &rest, 28) - 10.0).abs() < 0.5);
        assert!(of_cut_values(&history, &rest) < 11.0);
    }

    #[test]
    fn weekends_stay_low() {
        let office: Vec<f64> = (0..84).map(|day| if day % 7 < 5 { 10.0 } else { 3.0 }).collect();
        // 2026-01-05 is a Monday, so the next day is one too.
        let track = tracked("2026-01-05", &office);
        let history = History::at(&track, 0);
        assert!((of_mean(&history, &rest_of(&history, 5), 28) - 10.0).abs() < 0.2);
        let weekend = Horizon::new(&track, history.end() + 5, history.end() + 7);
        assert!((of_mean(&history, &weekend, 28) - 3.0).abs() < 0.5);
    }
}
