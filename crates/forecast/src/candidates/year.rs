//! The same days a year ago, relative to the weeks before them.
//!
//! - last year: `level of 28 days · clip(these days of last year ÷ the 28 before them, 0.2, 5)`;
//! - yearly level: exponential level · the square root of the same ratio of levels without weekdays.
//!
//! Wrong when last year had an event of its own, and no more than a plain level with less than 392
//! days of history.

use crate::{candidates::level, history::History, horizon::Horizon};

/// 52 weeks, so that weekdays fall on weekdays.
const YEAR: i64 = 364;
const BEFORE: i64 = 28;
/// Weight of the newest day in exponential levels.
const NEWEST: f64 = 0.15;
/// How many days ahead last year's course is used.
const LONGEST: i64 = 70;
const RATIO_BOUNDS: (f64, f64) = (0.2, 5.0);

/// How the asked days compared with the four weeks before the origin, a year ago. `None` without a
/// year, or where the weeks before cost next to nothing.
pub fn ratio(history: &History<'_>, horizon: &Horizon) -> Option<f64> {
    let origin = history.end() as i64 - YEAR;
    if origin - BEFORE < 0 || horizon.first as i64 - history.end() as i64 > LONGEST {
        return None;
    }
    let before = history.mean_between(origin - BEFORE, origin)?;
    if before.abs() <= 0.1 * history.typical_size() {
        return None;
    }
    // A few days more on both sides, so that a single day counts as its week.
    let (mut first, mut end) = (horizon.first as i64 - YEAR, horizon.end as i64 - YEAR);
    if end - first < 7 {
        (first, end) = (first - 3, end + 3);
    }
    let then = history.mean_between(first, end)?;
    Some((then / before).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1))
}

/// How the asked days compared with the exponential level at the origin, a year ago or, where there
/// are two, by the geometric mean of both years. `None` without a year.
pub fn smooth_ratio(history: &History<'_>, horizon: &Horizon) -> Option<f64> {
    let (mut logs, mut count) = (0.0, 0.0);
    for years in 1..=2 {
        let origin = history.end() as i64 - years * YEAR;
        if origin < BEFORE || horizon.first as i64 - history.end() as i64 > LONGEST {
            break;
        }
        let (mut weight, mut sum, mut total) = (1.0, 0.0, 0.0);
        for day in (origin - BEFORE..origin).rev() {
            let value = history.values()[day as usize];
            if !value.is_nan() {
                sum += weight * value / history.long_profile().divisor(history.weekday(day as usize));
                total += weight;
            }
            weight *= 1.0 - NEWEST;
        }
        let (mut first, mut end) = (horizon.first as i64 - years * YEAR, horizon.end as i64 - years * YEAR);
        if end - first < 7 {
            (first, end) = (first - (7 - (end - first)) / 2, end + (8 - (end - first)) / 2);
        }
        let (mut then, mut known) = (0.0, 0.0);
        for day in first.max(0)..end.min(history.end() as i64) {
            let value = history.values()[day as usize];
            if !value.is_nan() {
                then += value;
                known += history.long_profile().factor(history.weekday(day as usize));
            }
        }
        if total <= 0.0 || known <= 0.0 {
            continue;
        }
        let ratio = (then / known) / (sum / total);
        if ratio.is_finite() && ratio > 0.0 {
            logs += ratio.clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1).ln();
            count += 1.0;
        }
    }
    (count > 0.0).then(|| (logs / count).exp())
}

/// An exponential level with the course that the years before took from theirs.
pub fn yearly_course(history: &History<'_>, horizon: &Horizon) -> f64 {
    let profile = history.mean_profile();
    let level = level::of_smoothing(history, horizon, history.mean_levels(), profile, NEWEST);
    level * smooth_ratio(history, horizon).unwrap_or(1.0)
}

/// A level with last year's course.
pub fn last_year(history: &History<'_>, horizon: &Horizon) -> f64 {
    level::of_mean(history, horizon, 28) * ratio(history, horizon).unwrap_or(1.0)
}

/// An exponential level with half of last year's course.
pub fn yearly_level(history: &History<'_>, horizon: &Horizon) -> f64 {
    let profile = history.mean_profile();
    let level = level::of_smoothing(history, horizon, history.mean_levels(), profile, NEWEST);
    level * smooth_ratio(history, horizon).map_or(1.0, f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    #[test]
    fn a_peak_of_last_year_comes_again_in_proportion() {
        // 10 a day; last year the 20 days from the origin's day on cost 30.
        let mut values = vec![10.0; 400];
        values[36..56].fill(30.0);
        let track = tracked("2025-01-01", &values);
        let history = History::at(&track, 0);
        let rest = Horizon::new(&track, 402, 418);
        assert!((last_year(&history, &rest) - 30.0).abs() < 1e-6);
        assert!((yearly_level(&history, &rest) - 10.0 * 3.0_f64.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn without_a_year_it_is_the_level() {
        let track = tracked("2025-01-01", &[10.0; 100]);
        let history = History::at(&track, 0);
        assert!((last_year(&history, &Horizon::new(&track, 100, 120)) - 10.0).abs() < 1e-9);
    }
}
