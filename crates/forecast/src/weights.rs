//! Weights from own past errors at this day of the cycle, shrunk to the prior.
//!
//! The error of an estimate is `|estimate − truth| ÷ typical day` (at most 1), averaged over cuts
//! within a few days of today's day of the cycle, fading with each cycle. Divided by the mean error of
//! all it is a *relative* error, which is shrunk to the pooled one; the −8th power of its quotient by
//! the pooled one multiplies the weight of the prior. Candidates are mixed in this way, and then
//! layers. Wrong just after a bill has changed its nature: the past then prefers the wrong ones.

use crate::settings::WeightSettings;
use serde::{Deserialize, Serialize};

/// Errors of some estimators in the series' own past, at a day of the cycle.
///
/// Wrong when the past cycles are no guide to this one.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnErrors {
    /// Error of each relative to their mean; 1 is as good as the average one.
    pub relative: Vec<f64>,
    /// Pseudo-observations behind it.
    pub weight: f64,
}

impl OwnErrors {
    /// From cycles, newest first, of which each gives the estimates, the truth and the unit at its cuts
    /// near the day; a cycle without any is empty. `None` without any at all.
    #[must_use]
    pub fn of<'a, I>(cycles: impl Iterator<Item = I>, rules: &WeightSettings) -> Option<Self>
    where
        I: Iterator<Item = (&'a [f64], f64, f64)>,
    {
        let mut sums: Vec<f64> = Vec::new();
        let mut of_cycle: Vec<f64> = Vec::new();
        let (mut total, mut decay) = (0.0, rules.cycle_weight);
        for cycle in cycles {
            let mut count = 0.0;
            for (estimates, actual, unit) in cycle {
                sums.resize(estimates.len(), 0.0);
                of_cycle.resize(estimates.len(), 0.0);
                for (sum, estimate) in of_cycle.iter_mut().zip(estimates) {
                    // A failed fit is as bad as the worst.
                    *sum += ((estimate - actual) / unit).abs().min(rules.largest_error);
                }
                count += 1.0;
            }
            if count > 0.0 {
                for (sum, own) in sums.iter_mut().zip(&mut of_cycle) {
                    *sum += decay * *own / count;
                    *own = 0.0;
                }
                total += decay;
            }
            decay *= rules.fade_per_cycle;
        }
        let mean = sums.iter().sum::<f64>() / sums.len().max(1) as f64;
        (total > 0.0).then(|| Self {
            relative: sums.iter().map(|sum| if mean > 0.0 { sum / mean } else { 1.0 }).collect(),
            weight: total,
        })
    }
}

/// Errors and weights of some estimators at a day of the cycle, trained on many series.
///
/// Wrong for a series that is unlike them, until its own past says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PooledErrors {
    /// Error of each relative to their mean.
    pub errors: Vec<f64>,
    /// Weights with which a mix of them erred least.
    pub weights: Vec<f64>,
}

impl PooledErrors {
    /// A prior without training: all of this many estimators are alike.
    #[must_use]
    pub fn uniform(count: usize) -> Self {
        Self { errors: vec![1.0; count], weights: vec![1.0 / count.max(1) as f64; count] }
    }
}

/// Weights that sum to 1: those of the pool, times `(own error ÷ error in the pool)^-power`, own errors
/// being shrunk to the pool's.
#[must_use]
pub fn weights(own: Option<&OwnErrors>, pool: &PooledErrors, pool_weight: f64, power: f64) -> Vec<f64> {
    let score = |(index, pooled): (usize, &f64)| {
        let (mut sum, mut total) = (pool_weight * pooled, pool_weight);
        if let Some(own) = own {
            sum += own.weight * own.relative[index];
            total += own.weight;
        }
        (sum / total.max(f64::MIN_POSITIVE)).max(1e-6) / pooled.max(1e-6)
    };
    let scores: Vec<f64> = pool.errors.iter().enumerate().map(score).collect();
    let best = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let mut weights: Vec<f64> =
        pool.weights.iter().zip(&scores).map(|(weight, score)| weight * (best / score).powf(power)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// The weighted mean of estimates; failed ones (`NaN`) are left out.
#[must_use]
pub fn mix(estimates: &[f64], weights: &[f64]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (estimate, weight) in estimates.iter().zip(weights).filter(|(estimate, _)| estimate.is_finite()) {
        sum += estimate * weight;
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_file::Model;

    #[test]
    fn the_better_candidate_gets_the_weight() {
        let own = OwnErrors { relative: vec![0.5, 1.5], weight: 3.0 };
        // Shrunk halfway to 1: 0.75 against 1.25, so the odds are (1.25 / 0.75)^8.
        let found = weights(Some(&own), &PooledErrors::uniform(2), 3.0, 8.0);
        let odds = (1.25_f64 / 0.75).powi(8);
        assert!((found[0] / found[1] - odds).abs() < 1e-6 * odds);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_a_past_the_prior_decides_and_without_a_prior_all_are_alike() {
        assert_eq!(weights(None, &PooledErrors::uniform(4), 3.0, 8.0), [0.25; 4]);
        let pool = PooledErrors { errors: vec![0.9, 1.1], weights: vec![0.3, 0.7] };
        let found = weights(None, &pool, 3.0, 8.0);
        assert!((found[0] - 0.3).abs() < 1e-12 && (found[1] - 0.7).abs() < 1e-12);
        // As good as in the pool each: the odds stay.
        let own = OwnErrors { relative: vec![0.9, 1.1], weight: 9.0 };
        assert!((weights(Some(&own), &pool, 3.0, 8.0)[0] - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_failed_estimate_is_left_out_of_the_mix() {
        assert_eq!(mix(&[2.0, f64::NAN, 4.0], &[0.25, 0.5, 0.25]), 3.0);
    }

    #[test]
    fn errors_fade_with_each_cycle_and_cuts_of_one_cycle_share_its_weight() {
        let rules = WeightSettings { largest_error: 3.0, ..Model::shipped().weights };
        // The newest cycle has two cuts, with errors (0, 2) and (2, 2); the one before (1, 0).
        let newest = vec![([5.0, 7.0], 5.0, 1.0), ([7.0, 7.0], 5.0, 1.0)];
        let older = vec![([6.0, 5.0], 5.0, 1.0)];
        let cycles = [newest, older];
        let cycles =
            cycles.iter().map(|cycle| cycle.iter().map(|(all, actual, unit)| (&all[..], *actual, *unit)));
        let own = OwnErrors::of(cycles, &rules).unwrap();
        let (new, old) = (rules.cycle_weight, rules.cycle_weight * rules.fade_per_cycle);
        assert!((own.weight - (new + old)).abs() < 1e-12);
        let (one, other) = (new * 1.0 + old * 1.0, new * 2.0);
        assert!((own.relative[0] - one / ((one + other) / 2.0)).abs() < 1e-12);
        assert!(OwnErrors::of(std::iter::empty::<std::iter::Empty<(&[f64], f64, f64)>>(), &rules).is_none());
    }
}
