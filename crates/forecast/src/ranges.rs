//! Quantiles of a cycle's remaining cost, from past errors.
//!
//! A past error is that of the *mean rest* at an earlier origin after the same day of the cycle, in range
//! units; never a sum of daily quantiles. A series' own mean error `u`, shrunk to the prior's, is its
//! scale. The bounds are quantiles of errors divided by it, as trained on many series and blended with
//! those of a Laplace law, times `u`. So a dozen cycles do not make a largest error a 95 % bound. Wrong
//! when something happens that happened to none of the training series.

use crate::{
    model_file::Model,
    quantiles::{LAPLACE, SHARES},
};
use chrono::NaiveDate;

/// The bounds of (mean rest − forecast) ÷ expected error after a day of the cycle, lowest first: the mean
/// of the pooled quantiles and of the models of bounds, times what makes them hold as often as they
/// say. Quantiles alone where there are no features, the law alone without a prior.
#[must_use]
pub fn bounds(model: &Model, day: usize, is_short: bool, features: &[f32]) -> [f64; 4] {
    let Some(prior) = &model.prior else { return LAPLACE };
    let factors = if is_short { prior.short_factors } else { prior.bound_factors };
    let quantiles = prior.on(day).quantiles;
    std::array::from_fn(|place| {
        let bound = match prior.bounds.get(place) {
            Some(bound) if !features.is_empty() => (bound.predict(features) + quantiles[place]) / 2.0,
            _ => quantiles[place],
        };
        factors[place] * bound
    })
}

/// Quantiles of scaled errors, the empirical ones blended with those of the law by their numbers.
#[must_use]
pub fn blended_quantiles(sorted: &[f64], settings: &Model) -> [f64; 4] {
    let (count, law) = (sorted.len() as f64, settings.ranges.law_weight);
    let mut blended = LAPLACE;
    if sorted.is_empty() || count + law <= 0.0 {
        return blended;
    }
    for (quantile, share) in blended.iter_mut().zip(SHARES) {
        let place = share * (count - 1.0);
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        let seen = sorted[low] + (sorted[high] - sorted[low]) * place.fract();
        *quantile = (count * seen + law * *quantile) / (count + law);
    }
    blended
}

/// An error of the mix at an earlier cut: truth less forecast of the mean rest, in range units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastError {
    /// After which day of its cycle the cut was.
    pub day: usize,
    /// When the forecast could have been made.
    pub made_on: NaiveDate,
    /// When the truth was known.
    pub known_from: NaiveDate,
    /// The error.
    pub error: f64,
    /// The error without what was added for earlier ones.
    pub uncorrected: f64,
    /// Its size as it counts for the scale of later ones: not without limit.
    pub size: f64,
}

/// A series' own mean absolute error at a day of the cycle, `Σ fade^age |e| ÷ Σ fade^age`.
///
/// Wrong just after the series became calmer or wilder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnScale {
    /// Mean absolute error, in range units.
    pub size: f64,
    /// Pseudo-observations behind it.
    pub weight: f64,
    /// How many cuts it was seen at.
    pub count: usize,
}

impl OwnScale {
    /// From the past errors near `day` that were known on `known_on`, fading with each cycle; `None`
    /// without any. `errors` are in the order of time.
    #[must_use]
    pub fn of(errors: &[PastError], day: usize, known_on: NaiveDate, settings: &Model) -> Option<Self> {
        let rules = &settings.weights;
        let known = errors.partition_point(|error| error.known_from <= known_on);
        let (mut decay, mut sum, mut total, mut count) = (1.0, 0.0, 0.0, 0);
        for cycle in errors[..known].chunk_by(|one, next| one.known_from == next.known_from).rev() {
            let near: Vec<f64> = cycle
                .iter()
                .filter(|error| error.day.abs_diff(day) <= settings.origins.near_days)
                .map(|error| error.size)
                .collect();
            if !near.is_empty() {
                sum += decay * near.iter().sum::<f64>() / near.len() as f64;
                total += decay;
                count += near.len();
            }
            decay *= rules.fade_per_cycle;
        }
        (total > 0.0).then(|| Self { size: sum / total, weight: rules.cycle_weight * total, count })
    }

    /// The scale of the next error: the own one shrunk to the pool's.
    #[must_use]
    pub fn shrunk(own: Option<Self>, pooled: Option<f64>, settings: &Model) -> f64 {
        let rules = &settings.ranges;
        match (own, pooled) {
            (Some(own), Some(pooled)) => {
                (own.weight * own.size + rules.pool_weight * pooled)
                    / (own.weight + rules.pool_weight).max(f64::MIN_POSITIVE)
            }
            (Some(own), None) => own.size,
            (None, Some(pooled)) => pooled,
            (None, None) => rules.short_factor * rules.unknown_error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::date;

    #[test]
    fn few_errors_leave_the_law_in_charge() {
        let settings = Model::shipped();
        assert_eq!(blended_quantiles(&[], &settings), LAPLACE);
        // 30 errors of 0 and 30 pseudo-observations of the law: half of it.
        let half = blended_quantiles(&[0.0; 30], &settings);
        assert!((half[3] - LAPLACE[3] / 2.0).abs() < 1e-12);
        assert!((LAPLACE[3] - (0.05_f64).ln().abs()).abs() < 1e-12);
        assert!((LAPLACE[2] - (0.2_f64).ln().abs()).abs() < 1e-12);
    }

    #[test]
    fn the_own_scale_fades_and_is_shrunk() {
        let settings = Model::shipped();
        let at = |month: u32, error: f64| PastError {
            day: 10,
            made_on: date(&format!("2026-{month:02}-11")),
            known_from: date(&format!("2026-{:02}-01", month + 1)),
            error,
            uncorrected: error,
            size: error.abs(),
        };
        let errors = [at(1, 1.0), at(2, -2.0)];
        let own = OwnScale::of(&errors, 11, date("2026-03-05"), &settings).unwrap();
        assert!((own.size - (2.0 + 0.9) / 1.9).abs() < 1e-12);
        assert!(OwnScale::of(&errors, 20, date("2026-03-05"), &settings).is_none());
        assert_eq!(OwnScale::of(&errors, 11, date("2026-02-05"), &settings).unwrap().size, 1.0);
        let equal = OwnScale { weight: settings.ranges.pool_weight, ..own };
        assert!((OwnScale::shrunk(Some(equal), Some(0.0), &settings) - own.size / 2.0).abs() < 1e-12);
        assert_eq!(OwnScale::shrunk(None, Some(1.0), &settings), 1.0);
    }
}
