//! Features of an origin: numbers without a unit from which the pooled model learns which estimate to prefer.
//!
//! All are shares of the scale `s`, the larger of the mean size of 28 days and three tenths of that of
//! the open cycle so far, or counts of days. Wrong for series of a kind that was never trained on.

use crate::{
    calendar::WEEK,
    candidates::{trend::least_squares_slope, trend::mean_lead, year},
    history::{History, mean_of, mean_of_sizes},
    horizon::Horizon,
    profile::{median, quantile},
};
use chrono::Datelike;

/// Names of the features, in order.
pub const ORIGIN_FEATURES: [&str; 25] = [
    "weekdays_ahead",
    "week_strength",
    "variation_28",
    "variation_56",
    "weekly_variation",
    "persistence_1",
    "persistence_7",
    "zero_share",
    "history_days",
    "days_left",
    "day_of_cycle",
    "mean_lead",
    "complete_cycles",
    "first_day_of_cycle",
    "last_day",
    "last_two_days",
    "largest_of_week",
    "slope",
    "year_ratio",
    "quantile_90",
    "robust_spread",
    "last_cycle_start",
    "bank_spread",
    "bank_speed",
    "christmas_share",
];

/// The place of the logarithm of the number of days.
pub const HISTORY_DAYS: usize = 8;

/// Values are limited to this many scales.
const LARGEST: f64 = 6.0;
/// A month-to-date mean counts this share for the scale.
const OPEN_CYCLE_SHARE: f64 = 0.3;

/// The unit of the pooled model's features and target; 0 only where every value is 0.
#[must_use]
pub fn scale(history: &History<'_>) -> f64 {
    let so_far = mean_of_sizes(history.last(history.days_into_cycle())).unwrap_or(0.0);
    let scale = history.typical_size().max(OPEN_CYCLE_SHARE * so_far);
    if history.typical_size() > 0.0 { scale } else { 0.0 }
}

/// The features of an origin for the days asked for, in units of `scale`, which is above 0.
#[must_use]
pub fn origin_features(history: &History<'_>, horizon: &Horizon, scale: f64) -> [f32; ORIGIN_FEATURES.len()] {
    let levels = history.robust_levels();
    let newest = |days: usize| &levels[..levels.len().min(days)];
    let relative =
        |value: f64| if value.is_finite() { (value / scale).clamp(-LARGEST, LARGEST) } else { 0.0 };
    let (mean_28, deviation_28) = spread(newest(28));
    let (_, deviation_56) = spread(newest(56));
    let weeks: Vec<f64> = newest(8 * WEEK).chunks(WEEK).filter_map(mean_of).collect();
    let (_, weekly) = spread(&weeks);
    let profile = history.robust_profile();
    let strength =
        ((0..WEEK).map(|day| (profile.factor(day) - 1.0).powi(2)).sum::<f64>() / WEEK as f64).sqrt();
    let recent = history.last(56);
    let known = recent.iter().filter(|value| !value.is_nan()).count().max(1);
    let zeros = recent.iter().filter(|value| **value == 0.0).count() as f64 / known as f64;
    let window = newest(90);
    let slope = if window.len() < 2 * WEEK { 0.0 } else { -least_squares_slope(window) };
    let mut sorted = newest(28).to_vec();
    let high = quantile(&sorted, 0.9).unwrap_or(mean_28);
    let middle = median(&sorted).unwrap_or(mean_28);
    sorted.iter_mut().for_each(|level| *level = (*level - middle).abs());
    let mad = median(&sorted).unwrap_or(0.0);
    let largest = newest(WEEK).iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let into = history.days_into_cycle();
    let open = history.open_cycle();
    let first_day = match (into, history.earlier_cycles(1).next()) {
        (0, Some((first, _))) => history.mean_between(first, first + 1),
        (0, None) => None,
        _ => history.mean_between(open.0, open.0 + 1),
    };
    let start_ratio = history.earlier_cycles(1).next().and_then(|(first, end)| {
        let then = history.mean_between(first, (first + into as i64).min(end))?;
        let now = mean_of(history.last(into))?;
        (then * now > 0.0).then(|| (then / now).clamp(0.2, 5.0).ln())
    });
    let (bank_spread, bank_speed) = {
        let bank = history.bank();
        (bank.mean_ahead(horizon.first - history.end(), horizon.days()).1, bank.speed())
    };
    let mean_of_first = |count: usize| mean_of(newest(count)).unwrap_or(mean_28);
    [
        horizon.mean_factor(profile),
        strength,
        relative(deviation_28),
        relative(deviation_56),
        relative(weekly),
        persistence(newest(56), 1),
        persistence(newest(56), WEEK),
        zeros,
        (history.end() as f64).ln(),
        horizon.days() as f64,
        into as f64,
        mean_lead(history, horizon),
        history.earlier_cycles(24).filter(|(first, _)| *first >= 0).count() as f64,
        relative(first_day.unwrap_or(mean_28)),
        relative(mean_of_first(1)),
        relative(mean_of_first(2)),
        relative(largest),
        relative(28.0 * slope),
        year::smooth_ratio(history, horizon).map_or(0.0, f64::ln),
        relative(high),
        relative(mad),
        start_ratio.unwrap_or(0.0),
        relative(bank_spread),
        bank_speed,
        christmas_share(history, horizon),
    ]
    .map(|value| value as f32)
}

/// Mean and standard deviation.
fn spread(values: &[f64]) -> (f64, f64) {
    let mean = mean_of(values).unwrap_or(0.0);
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    (mean, mean_of(&squares).unwrap_or(0.0).sqrt())
}

/// Autocorrelation at a lag, pulled to 0 by two observations' worth.
fn persistence(values: &[f64], lag: usize) -> f64 {
    let (mean, deviation) = spread(values);
    if deviation <= 0.0 || values.len() <= lag + 2 {
        return 0.0;
    }
    let sum: f64 = values.iter().zip(&values[lag..]).map(|(one, other)| (one - mean) * (other - mean)).sum();
    sum / (deviation * deviation * (values.len() as f64 + 2.0))
}

/// Share of the days asked for that lie between 21 December and 2 January.
fn christmas_share(history: &History<'_>, horizon: &Horizon) -> f64 {
    let date = |day: usize| history.track().timeline().date(day);
    let is_near = |day: usize| matches!((date(day).month(), date(day).day()), (12, 21..) | (1, ..=2));
    // Only these two months can hold any.
    if !matches!(date(horizon.first).month(), 12 | 1) && !matches!(date(horizon.end - 1).month(), 12 | 1) {
        return 0.0;
    }
    (horizon.first..horizon.end).filter(|day| is_near(*day)).count() as f64 / horizon.days() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    fn of(start: &str, values: &[f64], name: &str) -> f32 {
        let track = tracked(start, values);
        let history = History::at(&track, 0);
        let end = values.len();
        let open_end = history.open_cycle().1 as usize;
        let found = origin_features(&history, &Horizon::new(&track, end, open_end), scale(&history));
        found[ORIGIN_FEATURES.iter().position(|known| *known == name).unwrap()]
    }

    #[test]
    fn a_flat_bill_has_no_spread_and_a_line_its_slope() {
        let flat = vec![4.0; 100];
        for name in
            ["variation_28", "weekly_variation", "robust_spread", "slope", "persistence_1", "zero_share"]
        {
            assert_eq!(of("2026-01-01", &flat, name), 0.0, "{name}");
        }
        assert_eq!(of("2026-01-01", &flat, "last_day"), 1.0);
        // From 1 to 100, one a day: 28 of them over the mean of 73 to 100.
        let line: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!((of("2026-01-01", &line, "slope") - 28.0 / 86.5).abs() < 0.03);
    }

    #[test]
    fn christmas_and_the_place_in_the_cycle_are_told() {
        // 2025-01-01 on 349 days ends with 15 December: 11 of the 16 days that are left.
        let flat = vec![4.0; 349];
        assert!((of("2025-01-01", &flat, "christmas_share") - 11.0 / 16.0).abs() < 1e-6);
        assert_eq!(of("2025-01-01", &flat, "days_left"), 16.0);
        assert_eq!(of("2025-01-01", &flat, "day_of_cycle"), 15.0);
        assert_eq!(of("2025-01-01", &flat, "complete_cycles"), 11.0);
        assert_eq!(of("2025-01-01", &flat[..100], "christmas_share"), 0.0);
    }
}
