//! Levels that move: half a trend, or a way back to the mean.
//!
//! - trend: `(level + ½ · slope · h) · profile`, slope by least squares over 90 days (the Theta
//!   method's mix of a line and an exponential mean), `h` the mean lead, at most 45 days;
//! - reversion: `(m + φ^{h/7} (last week − m)) · profile`, `m` the mean of 13 weeks, φ their
//!   autoregression shrunk to 0.7.
//!
//! Wrong when a trend breaks, or when a new level is here to stay.

use crate::{
    calendar::WEEK,
    history::{History, exponential_mean, mean_of},
    horizon::Horizon,
};

const SLOPE_WINDOW: usize = 90;
const LONGEST_TREND: f64 = 45.0;
const WEEKS: usize = 13;
/// Where the memory of a week is pulled to, and how many weeks' worth of evidence that is.
const USUAL_MEMORY: f64 = 0.7;
const MEMORY_EVIDENCE: f64 = 8.0;

/// An exponential level with half of the slope of the last 90 days; no slope under four weeks.
pub fn trend(history: &History<'_>, horizon: &Horizon) -> f64 {
    let levels = history.mean_levels();
    // Newest first, so the place is an age and a rising series has a falling line.
    let window = &levels[..levels.len().min(SLOPE_WINDOW)];
    let slope = if window.len() < 4 * WEEK { 0.0 } else { -least_squares_slope(window) };
    let level = exponential_mean(levels, 0.15).unwrap_or(history.recent_mean());
    (level + slope / 2.0 * mean_lead(history, horizon).min(LONGEST_TREND))
        * horizon.mean_factor(history.mean_profile())
}

/// From the level of the last week back to the mean of 13; stays there under four weeks.
pub fn reversion(history: &History<'_>, horizon: &Horizon) -> f64 {
    let levels = history.robust_levels();
    let weeks: Vec<f64> = levels[..levels.len().min(WEEKS * WEEK)].chunks(WEEK).filter_map(mean_of).collect();
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
    let level = mean + distance * memory.powf(mean_lead(history, horizon) / WEEK as f64);
    level * horizon.mean_factor(history.robust_profile())
}

/// How many days the asked days lie after the origin, on average.
pub fn mean_lead(history: &History<'_>, horizon: &Horizon) -> f64 {
    (horizon.first - history.end()) as f64 + (horizon.days() as f64 + 1.0) / 2.0
}

/// Slope of the values over their places.
pub fn least_squares_slope(values: &[f64]) -> f64 {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let (mut product, mut square) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let distance = place as f64 - middle;
        product += distance * value;
        square += distance * distance;
    }
    if square > 0.0 { product / square } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    #[test]
    fn a_line_has_its_slope() {
        assert!((least_squares_slope(&[1.0, 3.0, 5.0]) - 2.0).abs() < 1e-12);
        assert_eq!(least_squares_slope(&[1.0]), 0.0);
    }

    #[test]
    fn half_of_a_steady_rise_goes_on() {
        let values: Vec<f64> = (0..120).map(|day| 100.0 + f64::from(day)).collect();
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        // Four weeks apart, the same weekday: ½ · 1 · 28, within the weekday profile's error.
        let at = |lead: usize| trend(&history, &Horizon::new(&track, 120 + lead, 121 + lead));
        assert!((at(30) - at(2) - 14.0).abs() < 1.0, "{}", at(30) - at(2));
    }

    #[test]
    fn a_week_off_the_mean_goes_back_to_it() {
        let mut values = vec![10.0; 84];
        values.extend([23.0; 7]);
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        // The mean of 13 weeks is (12 · 10 + 23) / 13 = 11.
        let at = |lead: usize| reversion(&history, &Horizon::new(&track, 91 + lead, 92 + lead));
        assert!(at(0) > 15.0 && (at(244) - 11.0).abs() < 1.0, "{} {}", at(0), at(244));
    }
}
