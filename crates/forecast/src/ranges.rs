//! Ranges of a cycle's rest, from the errors of past rests.
//!
//! A past error is that of the *mean of the rest* at an earlier cut of the same day, in range units;
//! never a sum of daily quantiles. A series' own mean error `u` (shrunk to the pool's) is its scale,
//! errors divided by it are pooled over all series at hand, and their quantiles, blended with those
//! of a Laplace law, times `u` are the range. So a dozen cycles do not make a largest error a 95 %
//! bound. Wrong when something happens that happened to none of the series.

use crate::model::Model;
use chrono::NaiveDate;

/// Bounds of an amount; the 80 % range lies inside that of 95 %, and both contain the point.
///
/// Wrong to add up over series or days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranges {
    /// 10 of 100 lie below.
    pub lower80: f64,
    /// 10 of 100 lie above.
    pub upper80: f64,
    /// 2.5 of 100 lie below.
    pub lower95: f64,
    /// 2.5 of 100 lie above.
    pub upper95: f64,
}

impl Ranges {
    /// Bounds around `point`, none below `floor`, brought into order.
    #[must_use]
    pub fn around(point: f64, bounds: [f64; 4], floor: f64) -> Self {
        let [lower95, lower80, upper80, upper95] = bounds.map(|bound| bound.max(floor));
        let (lower80, upper80) = (lower80.min(point), upper80.max(point));
        Self { lower80, upper80, lower95: lower95.min(lower80), upper95: upper95.max(upper80) }
    }

    /// All bounds are the point: nothing is left open.
    #[must_use]
    pub fn exactly(point: f64) -> Self {
        Self { lower80: point, upper80: point, lower95: point, upper95: point }
    }

    /// The bounds from the lowest to the highest.
    #[must_use]
    pub fn ascending(&self) -> [f64; 4] {
        [self.lower95, self.lower80, self.upper80, self.upper95]
    }
}

/// The shares of cases below the four bounds, lowest first.
pub const SHARES: [f64; 4] = [0.025, 0.1, 0.9, 0.975];

/// Quantiles of a Laplace law with mean absolute value 1 at [`SHARES`]: `± ln(2 · tail)`.
pub const LAPLACE: [f64; 4] =
    [-2.995_732_273_553_991, -1.609_437_912_434_100_3, 1.609_437_912_434_100_3, 2.995_732_273_553_991];

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
        let (mut worth, mut sum, mut total, mut count) = (1.0, 0.0, 0.0, 0);
        for cycle in errors[..known].chunk_by(|one, next| one.known_from == next.known_from).rev() {
            let near: Vec<f64> = cycle
                .iter()
                .filter(|error| error.day.abs_diff(day) <= settings.origins.near_days)
                .map(|error| error.size)
                .collect();
            if !near.is_empty() {
                sum += worth * near.iter().sum::<f64>() / near.len() as f64;
                total += worth;
                count += near.len();
            }
            worth *= rules.fade_per_cycle;
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
    fn bounds_are_brought_into_order_around_the_point() {
        let ranges = Ranges::around(10.0, [-5.0, 11.0, 9.0, 8.0], 0.0);
        assert_eq!(ranges.ascending(), [0.0, 10.0, 10.0, 10.0]);
        assert_eq!(Ranges::exactly(2.0).ascending(), [2.0; 4]);
    }

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
            size: error.abs(),
        };
        let errors = [at(1, 1.0), at(2, -2.0)];
        let own = OwnScale::of(&errors, 12, date("2026-03-05"), &settings).unwrap();
        assert!((own.size - (2.0 + 0.9) / 1.9).abs() < 1e-12);
        assert!(OwnScale::of(&errors, 20, date("2026-03-05"), &settings).is_none());
        assert_eq!(OwnScale::of(&errors, 12, date("2026-02-05"), &settings).unwrap().size, 1.0);
        let equal = OwnScale { weight: settings.ranges.pool_weight, ..own };
        assert!((OwnScale::shrunk(Some(equal), Some(0.0), &settings) - own.size / 2.0).abs() < 1e-12);
        assert_eq!(OwnScale::shrunk(None, Some(1.0), &settings), 1.0);
    }
}
