//! The weights of ways to forecast one unit, from their past errors.

use super::known::PastMean;

/// Cycles whose errors count.
const CYCLES: usize = 9;
/// Pseudo-cycles in which all ways are alike.
const ALIKE: f64 = 1.0;
/// How strictly the best way is preferred.
const POWER: i32 = 4;

/// One earlier forecast of a unit in every way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PastMix {
    /// When and how far.
    pub cut: PastMean,
    /// The means that the ways forecast.
    pub ways: Vec<f64>,
    /// Their mix, by errors that were known then.
    pub mixed: f64,
}

/// The weights of `ways` ways, which add up to 1: `((Σ E + 1) ÷ (n + 1))⁻⁴`, where `E` is the absolute error of a
/// way over the mean of all ways', in at most nine cycles, the newest. `past` is in the order of time.
pub(super) fn weights(past: &[PastMix], ways: usize) -> Vec<f64> {
    let (mut sums, mut count) = (vec![0.0; ways], 0.0);
    for one in past.iter().rev().take(CYCLES) {
        let errors: Vec<f64> = one.ways.iter().map(|mean| (one.cut.actual - mean).abs()).collect();
        let usual = errors.iter().sum::<f64>() / ways as f64;
        count += 1.0;
        for (sum, error) in sums.iter_mut().zip(errors) {
            *sum += if usual > 0.0 { error / usual } else { 1.0 };
        }
    }
    let mut weights: Vec<f64> =
        sums.iter().map(|sum| ((sum + ALIKE) / (count + ALIKE)).powi(-POWER)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

/// The mean of what the ways say.
pub(super) fn mixed(ways: &[f64], weights: &[f64]) -> f64 {
    ways.iter().zip(weights).map(|(way, weight)| way * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::date;

    fn past(actual: f64, ways: &[f64]) -> PastMix {
        let cut = PastMean {
            day: 10,
            made_on: date("2026-01-11"),
            known_from: date("2026-02-01"),
            mean: ways[0],
            actual,
            unit: 1.0,
            range_unit: 1.0,
        };
        PastMix { cut, ways: ways.to_vec(), mixed: 0.0 }
    }

    #[test]
    fn the_way_that_erred_least_weighs_most() {
        assert_eq!(weights(&[], 3), [1.0 / 3.0; 3]);
        // Errors 1, 2 and 3 are 0.5, 1 and 1.5 of their mean; with the pseudo-cycle 0.75, 1 and 1.25.
        let found = weights(&[past(10.0, &[9.0, 12.0, 7.0])], 3);
        let expected = [0.75_f64, 1.0, 1.25].map(|error| error.powi(-4));
        let total: f64 = expected.iter().sum();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected / total).abs() < 1e-12);
        }
        assert!((mixed(&[1.0, 2.0], &[0.25, 0.75]) - 1.75).abs() < 1e-12);
    }

    #[test]
    fn only_the_newest_nine_cycles_count_and_none_errs_is_alike() {
        let mut all = vec![past(10.0, &[0.0, 10.0])];
        all.extend((0..9).map(|_| past(10.0, &[10.0, 10.0])));
        assert_eq!(weights(&all, 2), [0.5, 0.5]);
    }
}
