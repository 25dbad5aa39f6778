//! Stacking: the fixed weights with which a mix of estimators would have erred least on many series.
//!
//! Minimises `Σ v_i |y_i − Σ_c w_c x_ic|` over weights that are not negative and sum to 1, by
//! exponentiated gradients with averaging (Kivinen and Warmuth, 1997; stacking: Breiman, *Stacked
//! Regressions*, 1996). Like estimators share one weight between them, which past errors alone do not
//! see. Wrong where the series to come prefer others: a small share is dealt to all alike.

use super::{
    cuts::Taught,
    rows::RowOf,
    worth::{Worth, has_history},
};
use crate::{
    ensemble::Past,
    model_file::{Model, PriorDay},
};
use rayon::prelude::*;

/// What holds after a day of the cycle is learnt from cuts of many series at most this many days from it.
pub(crate) const POOLED_DAYS: usize = 2;

/// What several estimators said of one rest, what came, and how much that counts.
pub struct StackRow {
    /// After which day of its cycle.
    pub day: usize,
    /// What each said.
    pub said: Vec<f64>,
    /// What came.
    pub actual: f64,
    /// How much it counts.
    pub weight: f64,
}

/// Share that is dealt to all alike.
const DEALT: f64 = 0.1;
/// Steps, and how far the first ones go.
const STEPS: usize = 600;
const RATE: f64 = 1.5;
const SLOWER_AFTER: f64 = 50.0;
/// No weight changes by more than this factor's logarithm in one step.
const LONGEST: f64 = 20.0;
/// A step was too long if it made the error this many times the least one.
const OVERSHOT: f64 = 1.5;
/// A mix that errs by this share of what came does not err.
const EXACT: f64 = 1e-12;
/// Rows that one thread sums at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4096;

/// What the candidates said at cuts with enough history, and what came, in scales from their median.
pub fn candidate_rows(taught: &[Taught], worth: &Worth) -> Vec<StackRow> {
    let cuts = taught.iter().flat_map(|series| series.table.iter().map(move |cut| (series, cut)));
    cuts.filter(|(_, cut)| has_history(&cut.origin))
        .map(|(series, cut)| {
            let origin = &cut.origin;
            let relative = |value: f64| (value - origin.estimates.base) / origin.scale;
            // A failed fit says what most say.
            let said = |mean: &f64| if mean.is_finite() { relative(*mean) } else { 0.0 };
            StackRow {
                day: origin.day,
                said: origin.estimates.means.iter().map(said).collect(),
                actual: relative(cut.actual),
                weight: series.weight() * worth.share(series, origin, cut.days()),
            }
        })
        .collect()
}

/// The same of the layers, as said by a pooled model that never saw the series, in scales from the base.
pub fn layer_rows(origin_of: &[RowOf], taught: &[Taught], pasts: &[Past], worth: &Worth) -> Vec<StackRow> {
    let made: Vec<Vec<_>> = pasts.iter().map(|past| past.forecasts().collect()).collect();
    let cuts: Vec<Vec<_>> = taught.iter().map(|series| series.table.iter().collect()).collect();
    let row = |of: &RowOf| {
        let (made, cut) = (made[of.series].get(of.place)?, cuts[of.series].get(of.place)?);
        let (said, actual) = made.in_scales();
        let series = &taught[of.series];
        let weight = series.weight() * worth.share(series, &cut.origin, cut.days());
        Some(StackRow { day: cut.origin.day, said: said.to_vec(), actual, weight })
    };
    origin_of.iter().filter_map(row).collect()
}

/// Stacks estimators day by day, on cuts near the day; first on all of them, where each day begins.
pub fn stack_days(
    days: &mut [PriorDay],
    rows: &[StackRow],
    model: &Model,
    weights: impl Fn(&mut PriorDay) -> &mut Vec<f64>,
) {
    let Some(count) = rows.first().map(|row| row.said.len()) else { return };
    let of_all = stack(&rows.iter().collect::<Vec<_>>(), &vec![1.0 / count as f64; count]);
    let mut last = of_all.clone();
    for (day, pooled) in days.iter_mut().enumerate() {
        let near: Vec<&StackRow> = rows.iter().filter(|row| row.day.abs_diff(day) <= POOLED_DAYS).collect();
        if model.origins.days_of_cycle.contains(&day) && !near.is_empty() {
            last = stack(&near, &dealt(&of_all));
        }
        *weights(pooled) = dealt(&last);
    }
}

/// The weights of the estimators, beginning at `start`.
fn stack(rows: &[&StackRow], start: &[f64]) -> Vec<f64> {
    let mut weights = start.to_vec();
    let mut sums = vec![0.0; start.len()];
    let size: f64 = rows.iter().map(|row| row.weight * row.actual.abs()).sum();
    let (mut best, mut least_error, mut share) = (weights.clone(), f64::INFINITY, 1.0);
    for step in 0..STEPS {
        let (slope, error) = slope(rows, &weights);
        if error <= EXACT * size {
            return weights;
        }
        if error < least_error {
            (least_error, best) = (error, weights.clone());
        } else if error > OVERSHOT * least_error {
            // Near an exact answer steps are too long: back to the best one, in shorter steps.
            share /= 2.0;
            weights.clone_from(&best);
            continue;
        }
        let rate = share * RATE / (1.0 + step as f64 / SLOWER_AFTER).sqrt();
        for (weight, slope) in weights.iter_mut().zip(slope) {
            *weight *= (-rate * slope / error).clamp(-LONGEST, LONGEST).exp();
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        if step >= STEPS / 2 {
            sums.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum += weight);
        }
    }
    let total: f64 = sums.iter().sum();
    if total > 0.0 { sums.iter().map(|sum| sum / total).collect() } else { best }
}

/// The same with a share dealt to all alike.
fn dealt(weights: &[f64]) -> Vec<f64> {
    weights.iter().map(|weight| (1.0 - DEALT) * weight + DEALT / weights.len() as f64).collect()
}

/// Slope of the sum of errors by weight, and that sum.
fn slope(rows: &[&StackRow], weights: &[f64]) -> (Vec<f64>, f64) {
    let of_chunk = |rows: &[&StackRow]| {
        let (mut slope, mut error) = (vec![0.0; weights.len()], 0.0);
        for row in rows {
            let mixed: f64 = row.said.iter().zip(weights).map(|(said, weight)| said * weight).sum();
            let lies = mixed - row.actual;
            let sign = row.weight * lies.signum();
            slope.iter_mut().zip(&row.said).for_each(|(slope, said)| *slope += sign * said);
            error += row.weight * lies.abs();
        }
        (slope, error)
    };
    let parts: Vec<(Vec<f64>, f64)> = rows.par_chunks(CHUNK).map(of_chunk).collect();
    let (mut sum, mut error) = (vec![0.0; weights.len()], 0.0);
    for (slope, own) in parts {
        sum.iter_mut().zip(slope).for_each(|(sum, slope)| *sum += slope);
        error += own;
    }
    (sum, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_mix_is_found_and_copies_share_a_weight() {
        // The truth lies a third of the way from the first to the second; the third is a copy of the first.
        let rows: Vec<StackRow> = (0..200)
            .map(|place| {
                let (one, other) = (f64::from(place % 7), f64::from(place % 5));
                StackRow {
                    day: 3,
                    said: vec![one, other, one],
                    actual: one + (other - one) / 3.0,
                    weight: 1.0,
                }
            })
            .collect();
        let found = stack(&rows.iter().collect::<Vec<_>>(), &[0.3, 0.4, 0.3]);
        assert!((found[1] - 1.0 / 3.0).abs() < 0.02, "{found:?}");
        assert!((found[0] - found[2]).abs() < 1e-9);
        assert!((dealt(&found).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
