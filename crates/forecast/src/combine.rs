//! Selection and combination: candidates weighted by their own past errors at this day of the cycle.
//!
//! A candidate's error is `|estimate − truth| ÷ typical day` (at most 3), averaged over cuts within a
//! few days of today's day of the cycle, fading with each cycle. Divided by the candidates' mean
//! error it is a *relative* error, which is shrunk to the mean of all series at hand; the weight is
//! its −8th power. Wrong just after a bill has changed its nature: the past then prefers the wrong ones.

use crate::{
    origins::{Origin, OriginTable},
    settings::Settings,
};
use chrono::NaiveDate;

/// How much a series' own past says about the candidates at a day of the cycle.
///
/// Wrong when the past cycles are no guide to this one.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnErrors {
    /// Error of each candidate relative to their mean; 1 is as good as the average one.
    pub relative: Vec<f64>,
    /// Pseudo-observations behind it.
    pub weight: f64,
}

impl OwnErrors {
    /// Errors at cuts near `day`, of cycles whose truth was known on `known_on`; `None` without any.
    #[must_use]
    pub fn of(table: &OriginTable, day: usize, known_on: NaiveDate, settings: &Settings) -> Option<Self> {
        let rules = &settings.weights;
        let mut sums: Vec<f64> = Vec::new();
        let (mut total, mut worth) = (0.0, rules.cycle_weight);
        for cycle in table.known_on(known_on).take(settings.origins.cycles) {
            let near: Vec<&Origin> =
                cycle.iter().filter(|origin| is_near(origin.day, day, settings)).collect();
            if let Some(first) = near.first() {
                sums.resize(first.estimates.len(), 0.0);
                let share = worth / near.len() as f64;
                for origin in &near {
                    for (sum, estimate) in sums.iter_mut().zip(&origin.estimates) {
                        // A failed fit is as bad as the worst.
                        let error = ((estimate - origin.actual) / origin.unit).abs();
                        *sum += share * error.min(rules.largest_error);
                    }
                }
                total += worth;
            }
            worth *= rules.fade_per_cycle;
        }
        let mean = sums.iter().sum::<f64>() / sums.len().max(1) as f64;
        (total > 0.0).then(|| Self {
            relative: sums.iter().map(|sum| if mean > 0.0 { sum / mean } else { 1.0 }).collect(),
            weight: total,
        })
    }
}

/// Weights that sum to 1, from own and pooled relative errors; alike where nothing is known.
#[must_use]
pub fn weights(
    count: usize,
    own: Option<&OwnErrors>,
    pooled: Option<&[f64]>,
    settings: &Settings,
) -> Vec<f64> {
    let rules = &settings.weights;
    let score = |index: usize| {
        let (mut sum, mut total) = (0.0, 0.0);
        if let Some(own) = own {
            sum += own.weight * own.relative[index];
            total += own.weight;
        }
        let pool = pooled.map_or(1.0, |pooled| pooled[index]);
        ((sum + rules.pool_weight * pool) / (total + rules.pool_weight).max(f64::MIN_POSITIVE)).max(1e-6)
    };
    let scores: Vec<f64> = (0..count).map(score).collect();
    let best = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let mut weights: Vec<f64> = scores.iter().map(|score| (best / score).powf(rules.power)).collect();
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

/// Whether a cut counts for a day of the cycle.
#[must_use]
pub fn is_near(cut: usize, day: usize, settings: &Settings) -> bool {
    cut.abs_diff(day) <= settings.origins.near_days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        candidates::Candidate,
        test_series::{date, set_of},
    };
    use billing::CycleDay;

    #[test]
    fn the_better_candidate_gets_the_weight() {
        let settings = Settings::shipped();
        let own = OwnErrors { relative: vec![0.5, 1.5], weight: 3.0 };
        // Shrunk halfway to 1: 0.75 against 1.25, so the odds are (1.25 / 0.75)^8.
        let found = weights(2, Some(&own), None, &settings);
        let odds = (1.25_f64 / 0.75).powi(8);
        assert!((found[0] / found[1] - odds).abs() < 1e-6 * odds);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_a_past_the_pool_speaks_and_without_a_pool_all_are_alike() {
        let settings = Settings::shipped();
        assert_eq!(weights(4, None, None, &settings), [0.25; 4]);
        assert!(weights(2, None, Some(&[0.9, 1.1]), &settings)[0] > 0.8);
    }

    #[test]
    fn a_failed_estimate_is_left_out_of_the_mix() {
        assert_eq!(mix(&[2.0, f64::NAN, 4.0], &[0.25, 0.5, 0.25]), 3.0);
    }

    #[test]
    fn errors_are_those_of_known_cycles_near_the_day() {
        // From February on: 1 a day for ten days, 3 after. The last cycle knows, the run rate does not.
        let settings = Settings::shipped();
        let month = |days: usize| (1..=days).map(|day| if day <= 10 { 1.0 } else { 3.0 });
        let values: Vec<f64> = month(31).chain(month(28)).chain(month(31)).chain(month(30)).collect();
        let set = set_of(&[("a", "2026-01-01", &values)]);
        let table = OriginTable::build(
            set.get(0),
            CycleDay::FIRST,
            date("2026-05-01"),
            &[Candidate::RunRate, Candidate::LastCycle],
            &settings.origins,
            9,
            |_| true,
        );
        let own = OwnErrors::of(&table, 10, date("2026-05-01"), &settings).unwrap();
        assert!(own.relative[1] < 0.1 && own.relative[0] > 1.9, "{own:?}");
        assert!(OwnErrors::of(&table, 10, date("2026-01-20"), &settings).is_none());
    }
}
