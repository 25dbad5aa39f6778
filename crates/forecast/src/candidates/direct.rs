//! An exponential level whose memory is the one that told the next days best so far.
//!
//! For each of seven memories the error of `level · h` against the sum of the next `h` days, at
//! earlier days of the last 150, where `h` is the number of days asked for; the level of the best is
//! taken, each weighed by its error to the power −4. Wrong when the best memory of the past is not
//! that of today, as after a jump.

use crate::{history::History, horizon::Horizon};

/// Weights of the newest day.
const NEWEST: [f64; 7] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0];
/// Days in which earlier forecasts are tried, and from one to the next.
const WINDOW: usize = 150;
const STEP: usize = 3;
/// Days before the first that is tried.
const FIRST_DAYS: usize = 7;
/// Earlier forecasts that must have been tried.
const FEWEST: f64 = 5.0;
/// Pseudo-observations, alike for all memories, beside those tried.
const EVIDENCE: f64 = 2.0;
const POWER: i32 = 4;

/// The level that fits sums of this many days, from levels newest first.
pub fn level(levels: &[f64], days: usize) -> f64 {
    let oldest_first: Vec<f64> = levels[..levels.len().min(WINDOW)].iter().rev().copied().collect();
    let mut sums = Vec::with_capacity(oldest_first.len() + 1);
    let mut after: Vec<[f64; NEWEST.len()]> = Vec::with_capacity(oldest_first.len());
    let (mut sum, mut now) = (0.0, [0.0; NEWEST.len()]);
    sums.push(sum);
    for (place, value) in oldest_first.iter().enumerate() {
        sum += value;
        sums.push(sum);
        let first = 1.0 / (place + 1) as f64;
        for (level, newest) in now.iter_mut().zip(NEWEST) {
            *level += (value - *level) * newest.max(first);
        }
        after.push(now);
    }
    let (mut errors, mut tried) = ([0.0; NEWEST.len()], 0.0);
    for from in (FIRST_DAYS..(oldest_first.len() + 1).saturating_sub(days)).step_by(STEP) {
        let actual = (sums[from + days] - sums[from]) / days as f64;
        for (error, level) in errors.iter_mut().zip(&after[from - 1]) {
            *error += (level - actual).abs();
        }
        tried += 1.0;
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    if tried < FEWEST || mean <= 0.0 {
        return now[3];
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (error, level) in errors.iter().zip(now) {
        let error = (error / mean * tried + EVIDENCE) / (tried + EVIDENCE);
        let weight = error.max(1e-3).powi(-POWER);
        sum += weight * level;
        total += weight;
    }
    sum / total
}

/// Mean of the asked days.
pub fn direct(history: &History<'_>, horizon: &Horizon) -> f64 {
    level(history.robust_levels(), horizon.days()) * horizon.mean_factor(history.robust_profile())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_gets_a_long_memory_and_a_walk_a_short_one() {
        // Steps of ten every fourth week and no noise: only the newest days tell. Newest first.
        let steps: Vec<f64> = (0..150).map(|age| 60.0 - 10.0 * f64::from((age / 28) % 2)).collect();
        assert!((level(&steps, 5) - 60.0).abs() < 1.0, "{}", level(&steps, 5));
        // High on even days and low on odd ones: the mean of many is best.
        let noise: Vec<f64> = (0..150).map(|age| if age % 2 == 0 { 60.0 } else { 40.0 }).collect();
        assert!((level(&noise, 10) - 50.0).abs() < 2.5, "{}", level(&noise, 10));
    }

    #[test]
    fn a_short_history_has_a_usual_memory() {
        assert_eq!(level(&[4.0; 5], 10), 4.0);
    }
}
