//! What a series' own forecasts missed by in cycle after cycle.
//!
//! A pattern that only this series has (growth, a batch at the end of each month) makes its forecasts miss by the
//! same amount again and again. The mean of these errors is added to the next forecast, the less the more they
//! differ: `max(0, 1 − C ÷ t²)` of it, where `t` is the mean over its standard error. Errors of no pattern change
//! sign and add nothing. Wrong in the first cycles after a pattern has ended.

use crate::{model_file::Model, ranges::PastError};
use chrono::NaiveDate;

/// The newest cycles whose errors count.
const CYCLES: usize = 12;
/// Fewer cycles show no pattern.
const FEWEST: usize = 4;
/// How far beyond chance a mean error must lie.
const CHANCE: f64 = 10.0;

/// What to add to the forecast after `day` days of a cycle, in range units, by what was known on a day. `errors` are in
/// the order of time.
pub(crate) fn own_bias(errors: &[PastError], day: usize, known_on: NaiveDate, model: &Model) -> f64 {
    let known = errors.partition_point(|error| error.known_from <= known_on);
    let near = |error: &&PastError| error.day.abs_diff(day) <= model.origins.near_days;
    let cycles = errors[..known].chunk_by(|one, next| one.known_from == next.known_from).rev();
    let mean_of = |cycle: &[PastError]| {
        let (mut sum, mut count) = (0.0, 0.0);
        for error in cycle.iter().filter(near) {
            sum += error.uncorrected;
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    };
    let means: Vec<f64> = cycles.filter_map(mean_of).take(CYCLES).collect();
    if means.len() < FEWEST {
        return 0.0;
    }
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let beyond_chance = count * mean * mean;
    if beyond_chance <= 0.0 {
        return 0.0;
    }
    mean * (1.0 - CHANCE * variance / beyond_chance).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::date;

    fn errors(of_months: &[f64]) -> Vec<PastError> {
        let at = |(month, error): (usize, &f64)| PastError {
            day: 10,
            made_on: date(&format!("2026-{:02}-11", month + 1)),
            known_from: date(&format!("2026-{:02}-01", month + 2)),
            error: *error,
            uncorrected: *error,
            size: error.abs(),
        };
        of_months.iter().enumerate().map(at).collect()
    }

    fn bias(of_months: &[f64], day: usize, known_on: &str) -> f64 {
        own_bias(&errors(of_months), day, date(known_on), &Model::shipped())
    }

    #[test]
    fn the_same_error_each_month_is_added_and_one_that_changes_sign_is_not() {
        assert!((bias(&[1.0; 6], 10, "2026-12-01") - 1.0).abs() < 1e-12);
        assert_eq!(bias(&[1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 10, "2026-12-01"), 0.0);
        // Mean 1, variance 0.08 ÷ 3, t² 150: all but a fifteenth of the mean.
        let found = bias(&[0.8, 1.2, 1.0, 1.0], 10, "2026-12-01");
        assert!((found - (1.0 - 10.0 * 0.08 / 3.0 / 4.0)).abs() < 1e-12, "{found}");
    }

    #[test]
    fn three_months_other_days_and_errors_not_yet_known_show_nothing() {
        assert_eq!(bias(&[1.0; 3], 10, "2026-12-01"), 0.0);
        assert_eq!(bias(&[1.0; 6], 20, "2026-12-01"), 0.0);
        assert_eq!(bias(&[1.0; 6], 10, "2026-04-05"), 0.0);
        assert!(bias(&[1.0; 6], 10, "2026-05-01") > 0.9);
    }
}
