//! Levels that move: half a trend, or a way back to the mean.
//!
//! - trend: `(level + ½ · slope · h) · profile`, slope by least squares over 90 days (the Theta
//!   method's mix of a line and an exponential mean);
//! - reversion: `(m + φ^{h/7} (last week − m)) · profile`, `m` the mean of 13 weeks, φ their
//!   autoregression shrunk to 0.7.
//!
//! Wrong when a trend breaks, or when a new level is here to stay.

use crate::{
    calendar::{WEEK, weekday},
    history::{History, mean_of},
    profile::WeekdayProfile,
};
use chrono::NaiveDate;

/// A level, its change with the lead, and a weekday profile.
///
/// Wrong far ahead: the trend stops growing after 45 days for that reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovingLevel {
    origin: NaiveDate,
    profile: WeekdayProfile,
    motion: Motion,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Motion {
    Line { level: f64, slope: f64 },
    Back { mean: f64, distance: f64, memory: f64 },
}

const SLOPE_WINDOW: usize = 90;
const LONGEST_TREND: f64 = 45.0;
const WEEKS: usize = 13;
/// Where the memory of a week is pulled to, and how many weeks' worth of evidence that is.
const USUAL_MEMORY: f64 = 0.7;
const MEMORY_EVIDENCE: f64 = 8.0;

impl MovingLevel {
    /// An exponential level with half of the slope of the last 90 days; no slope under four weeks.
    #[must_use]
    pub fn trend(history: &History<'_>) -> Self {
        let profile = *history.mean_profile();
        // Newest first, so the place is an age and a rising series has a falling line.
        let levels: Vec<f64> = history.levelled(profile, SLOPE_WINDOW).collect();
        let slope = if levels.len() < 4 * WEEK { 0.0 } else { -least_squares_slope(&levels) };
        let level = history.smooth_level(profile, 0.15);
        Self { origin: history.origin(), profile, motion: Motion::Line { level, slope: slope / 2.0 } }
    }

    /// From the level of the last week back to the mean of 13; stays there under four weeks.
    #[must_use]
    pub fn reversion(history: &History<'_>) -> Self {
        let profile = *history.robust_profile();
        let levels: Vec<f64> = history.levelled(profile, WEEKS * WEEK).collect();
        let weeks: Vec<f64> = levels.chunks(WEEK).filter_map(mean_of).collect();
        let mean = mean_of(&weeks).unwrap_or(history.recent_mean());
        let distance = if weeks.len() < 4 { 0.0 } else { weeks[0] - mean };
        let (mut product, mut square) = (0.0, 0.0);
        for pair in weeks.windows(2) {
            product += (pair[0] - mean) * (pair[1] - mean);
            square += (pair[1] - mean).powi(2);
        }
        let evidence = MEMORY_EVIDENCE * square / weeks.len().max(1) as f64;
        let memory = if square > 0.0 {
            ((product + USUAL_MEMORY * evidence) / (square + evidence)).clamp(0.0, 1.0)
        } else {
            USUAL_MEMORY
        };
        Self { origin: history.origin(), profile, motion: Motion::Back { mean, distance, memory } }
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        let lead = (day - self.origin).num_days() as f64;
        let level = match self.motion {
            Motion::Line { level, slope } => level + slope * lead.min(LONGEST_TREND),
            Motion::Back { mean, distance, memory } => mean + distance * memory.powf(lead / WEEK as f64),
        };
        level * self.profile.factor(weekday(day))
    }
}

/// Slope of the values over their places.
fn least_squares_slope(values: &[f64]) -> f64 {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let (mut product, mut square) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        product += (place as f64 - middle) * value;
        square += (place as f64 - middle).powi(2);
    }
    if square > 0.0 { product / square } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};
    use billing::CycleDay;

    #[test]
    fn a_line_has_its_slope() {
        assert!((least_squares_slope(&[1.0, 3.0, 5.0]) - 2.0).abs() < 1e-12);
        assert_eq!(least_squares_slope(&[1.0]), 0.0);
    }

    #[test]
    fn half_of_a_steady_rise_goes_on() {
        let values: Vec<f64> = (0..120).map(|day| 100.0 + f64::from(day)).collect();
        let set = set_of(&[("a", "2026-01-01", &values)]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let trend = MovingLevel::trend(&history);
        // Four weeks apart, the same weekday: ½ · 1 · 28, within the weekday profile's error.
        let rise = trend.expected_on(date("2026-06-03")) - trend.expected_on(date("2026-05-06"));
        assert!((rise - 14.0).abs() < 1.0, "{rise}");
    }

    #[test]
    fn a_week_off_the_mean_goes_back_to_it() {
        let mut values = vec![10.0; 84];
        values.extend([23.0; 7]);
        let set = set_of(&[("a", "2026-01-01", &values)]);
        let fitted = MovingLevel::reversion(&History::new(set.get(0), CycleDay::FIRST).unwrap());
        // The mean of 13 weeks is (12 · 10 + 23) / 13 = 11.
        let soon = fitted.expected_on(date("2026-04-02"));
        let late = fitted.expected_on(date("2026-12-02"));
        assert!(soon > 15.0 && (late - 11.0).abs() < 1.0, "{soon} {late}");
    }
}
