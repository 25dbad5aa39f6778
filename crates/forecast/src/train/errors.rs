//! Errors of forecasts by models that never saw the series: from them layers are weighed and bounds made.

use super::{cuts::Taught, rows::RowOf};
use crate::{
    candidates::ModelSpec,
    ensemble::Past,
    model_file::{DAYS, Model, PriorDay},
    ranges::OwnScale,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Mean error of the mix of layers in scales, by what it counts and groups alike; made-up bills and
/// shortened histories are left out.
pub fn mean_error(origin_of: &[RowOf], taught: &[Taught], pasts: &[Past]) -> f64 {
    let made: Vec<Vec<f64>> =
        pasts.iter().map(|past| past.forecasts().map(|made| made.error_in_scales()).collect()).collect();
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for of in origin_of {
        if let (Some(group), Some(error)) = (taught[of.series].group, made[of.series].get(of.place)) {
            let sum = sums.entry(group).or_default();
            *sum = (sum.0 + of.worth * error, sum.1 + of.worth);
        }
    }
    // Groups differ in how hard they are: their mean is that of logarithms.
    sums.values().map(|(sum, total)| (sum / total).max(1e-12).ln()).sum::<f64>() / sums.len().max(1) as f64
}

/// The error of an unseen forecast over its expected size.
#[derive(Clone, Copy)]
pub struct Scaled {
    /// After which day of its cycle it was made.
    pub day: usize,
    /// The error.
    pub error: f64,
    /// Whether the series had no past of its own.
    pub is_short: bool,
    /// Whether the bill is made up.
    pub is_made_up: bool,
    /// Each group counts alike.
    pub weight: f64,
}

/// The errors of all rows, given the predictions of the pooled model by series and place.
pub fn scaled_errors(
    origin_of: &[RowOf],
    taught: &[Taught],
    pasts: &[Past],
    days: &[PriorDay],
    unseen: &[BTreeMap<usize, f64>],
    model: &Model,
) -> Vec<Scaled> {
    let mut of_group: BTreeMap<Option<usize>, f64> = BTreeMap::new();
    for of in origin_of {
        *of_group.entry(taught[of.series].group).or_default() += 1.0;
    }
    let cuts: Vec<usize> = taught.iter().map(Taught::cuts).collect();
    let candidates = model.candidates().len();
    origin_of
        .par_iter()
        .map(|&RowOf { series, place, .. }| {
            let (own, past) = (&taught[series], &pasts[series]);
            let is_made_up = own.group.is_none();
            let weight = 1.0 / of_group[&own.group];
            if place < cuts[series] {
                let error = past.errors[place];
                let scale = OwnScale::of(&past.errors, error.day, error.made_on, model);
                let size = OwnScale::shrunk(scale, Some(days[error.day.min(DAYS - 1)].error_size), model);
                return Scaled {
                    day: error.day,
                    error: error.error / size,
                    is_short: scale.is_none(),
                    is_made_up,
                    weight,
                };
            }
            let short = &own.short[place - cuts[series]];
            let pooled = unseen[series].get(&place).copied().unwrap_or(0.0);
            let layered =
                Past::default()
                    .layered_with(&short.origin, candidates, ModelSpec::Default, model, &|_| pooled);
            let size = days[short.origin.day.min(DAYS - 1)].error_size;
            let error = (short.actual - layered.mean) / short.origin.range_unit / size;
            Scaled { day: short.origin.day, error, is_short: true, is_made_up, weight }
        })
        .collect()
}

/// What a bound must be multiplied by so that it holds as often as it says: of unseen predictions of
/// the bound, each with the pooled quantile mixed in. `None` without errors of that kind.
pub fn bound_factor(
    scaled: &[Scaled],
    unseen: &[f64],
    quantile_on: impl Fn(usize) -> f64,
    share: f64,
    is_short: bool,
) -> Option<f64> {
    let ratios = scaled
        .iter()
        .zip(unseen)
        .filter(|(one, _)| one.is_short == is_short && !one.is_made_up)
        .map(|(one, unseen)| (one.error / ((unseen + quantile_on(one.day)) / 2.0), one.weight))
        .filter(|(ratio, _)| ratio.is_finite())
        .collect();
    weighted_quantile(ratios, share.max(1.0 - share))
}

/// The value up to which that share of the weights lies; `None` of nothing.
fn weighted_quantile(mut values: Vec<(f64, f64)>, share: f64) -> Option<f64> {
    values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mut reached = 0.0;
    values
        .iter()
        .find(|(_, weight)| {
            reached += weight;
            reached >= share * total
        })
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weighted_quantile_is_the_first_to_reach_its_share() {
        let values = vec![(3.0, 1.0), (1.0, 1.0), (2.0, 2.0)];
        assert_eq!(weighted_quantile(values.clone(), 0.5), Some(2.0));
        assert_eq!(weighted_quantile(values, 0.9), Some(3.0));
        assert_eq!(weighted_quantile(Vec::new(), 0.9), None);
    }
}
