//! What the series at hand teach each other: how good the candidates are, how large errors are.
//!
//! For each day of the cycle: the mean over series of the candidates' relative errors, the mean of
//! the mix's absolute error, and the quantiles of scaled errors. Each series gives only what was
//! known on its own day, so that a test never sees its future. Wrong when the series have nothing in
//! common; then their own errors outweigh the pool as cycles go by.

use crate::{
    combine::{OwnErrors, mix, weights},
    origins::OriginTable,
    ranges::{LAPLACE, OwnScale, PastError, blended_quantiles},
    settings::Settings,
};
use chrono::NaiveDate;
use rayon::prelude::*;

/// Days of the cycle, 0 for none seen.
const DAYS: usize = 32;

/// What is pooled for a day of the cycle.
///
/// Wrong for a series unlike the others.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolDay {
    /// Mean relative error of each candidate.
    pub relative: Option<Vec<f64>>,
    /// Mean absolute error of the mix, in units of ranges.
    pub error_size: Option<f64>,
    /// How many scaled errors there are.
    pub scaled_errors: usize,
    /// Their quantiles.
    pub quantiles: [f64; 4],
}

/// What is pooled, for every day of the cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool(Vec<PoolDay>);

/// A series' past: its cuts, and the errors of the mix at them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The cuts.
    pub table: OriginTable,
    /// Errors of the mix, in the order of time.
    pub errors: Vec<PastError>,
}

impl Pool {
    /// Learns from the tables what was known on the day of each, and fills in every series' past.
    #[must_use]
    pub fn learn(
        tables: Vec<OriginTable>,
        known_on: &[NaiveDate],
        candidates: usize,
        settings: &Settings,
    ) -> (Self, Vec<Past>) {
        let relative = pooled_relative_errors(&tables, known_on, candidates, settings);
        let pasts: Vec<Past> = tables
            .into_par_iter()
            .map(|table| {
                let errors = errors_of_mix(&table, candidates, &relative, settings);
                Past { table, errors }
            })
            .collect();
        let sizes = pooled_error_sizes(&pasts, known_on, settings);
        let scaled = scaled_errors(&pasts, known_on, &sizes, settings);
        let days = relative.into_iter().zip(sizes).enumerate().map(|(day, (relative, error_size))| {
            let mut near: Vec<f64> = scaled
                .iter()
                .filter(|(cut, _)| cut.abs_diff(day) <= settings.origins.near_days)
                .map(|(_, error)| *error)
                .collect();
            near.sort_unstable_by(f64::total_cmp);
            let quantiles = blended_quantiles(&near, settings);
            PoolDay { relative, error_size, scaled_errors: near.len(), quantiles }
        });
        (Self(days.collect()), pasts)
    }

    /// What is pooled for a day of the cycle.
    #[must_use]
    pub fn on(&self, day: usize) -> &PoolDay {
        const NOTHING: &PoolDay =
            &PoolDay { relative: None, error_size: None, scaled_errors: 0, quantiles: LAPLACE };
        self.0.get(day.min(DAYS - 1)).unwrap_or(NOTHING)
    }
}

fn pooled_relative_errors(
    tables: &[OriginTable],
    known_on: &[NaiveDate],
    candidates: usize,
    settings: &Settings,
) -> Vec<Option<Vec<f64>>> {
    let by_day = |day: usize| {
        let (mut sums, mut count) = (vec![0.0; candidates], 0_usize);
        for (table, &known_on) in tables.iter().zip(known_on) {
            if let Some(own) = OwnErrors::of(table, day, known_on, settings) {
                sums.iter_mut().zip(&own.relative).for_each(|(sum, relative)| *sum += relative);
                count += 1;
            }
        }
        (count > 0).then(|| sums.iter().map(|sum| sum / count as f64).collect())
    };
    (0..DAYS).into_par_iter().map(by_day).collect()
}

fn errors_of_mix(
    table: &OriginTable,
    candidates: usize,
    relative: &[Option<Vec<f64>>],
    settings: &Settings,
) -> Vec<PastError> {
    table
        .iter()
        .map(|origin| {
            let own = OwnErrors::of(table, origin.day, origin.made_on, settings);
            let pooled = relative[origin.day.min(DAYS - 1)].as_deref();
            let mixed = mix(&origin.estimates, &weights(candidates, own.as_ref(), pooled, settings));
            // One spike after a quiet month must not widen every later range without limit.
            let largest = settings.weights.largest_error * origin.unit;
            PastError {
                day: origin.day,
                made_on: origin.made_on,
                known_from: origin.known_from,
                error: (origin.actual - mixed) / origin.range_unit,
                size: (origin.actual - mixed).abs().min(largest) / origin.range_unit,
            }
        })
        .collect()
}

fn pooled_error_sizes(pasts: &[Past], known_on: &[NaiveDate], settings: &Settings) -> Vec<Option<f64>> {
    let by_day = |day: usize| {
        let sizes: Vec<f64> = pasts
            .iter()
            .zip(known_on)
            .filter_map(|(past, &known_on)| OwnScale::of(&past.errors, day, known_on, settings))
            .map(|own| own.size)
            .collect();
        (!sizes.is_empty()).then(|| sizes.iter().sum::<f64>() / sizes.len() as f64)
    };
    (0..DAYS).into_par_iter().map(by_day).collect()
}

/// Past errors over the scale that was known when they were made, with the day of their cut.
fn scaled_errors(
    pasts: &[Past],
    known_on: &[NaiveDate],
    sizes: &[Option<f64>],
    settings: &Settings,
) -> Vec<(usize, f64)> {
    let of_series = |(past, known_on): (&Past, &NaiveDate)| -> Vec<(usize, f64)> {
        past.errors
            .iter()
            .filter(|error| error.known_from <= *known_on)
            .filter_map(|error| {
                let own = OwnScale::of(&past.errors, error.day, error.made_on, settings)?;
                let scale = OwnScale::shrunk(Some(own), sizes[error.day.min(DAYS - 1)], settings);
                (scale > 0.0).then(|| (error.day, error.error / scale))
            })
            .collect()
    };
    let by_series: Vec<Vec<(usize, f64)>> = pasts.par_iter().zip(known_on).map(of_series).collect();
    by_series.into_iter().flatten().collect()
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
    fn a_series_teaches_only_what_was_known_on_its_day() {
        let settings = Settings::shipped();
        let early: Vec<f64> = (0..151).map(|day| 10.0 + f64::from(day % 7)).collect();
        let mut late = early.clone();
        late[120..].fill(90.0);
        let learn = |values: &[f64], known_on: &str| {
            let set = set_of(&[("a", "2026-01-01", values)]);
            let candidates = [Candidate::RunRate, Candidate::WeekdayLevel];
            let rules = &settings.origins;
            let table = OriginTable::build(
                set.get(0),
                CycleDay::FIRST,
                set.get(0).end(),
                &candidates,
                rules,
                9,
                |_| true,
            );
            Pool::learn(vec![table], &[date(known_on)], 2, &settings).0
        };
        assert_eq!(learn(&early, "2026-05-01"), learn(&late, "2026-05-01"));
        assert_ne!(learn(&early, "2026-06-01"), learn(&late, "2026-06-01"));
        assert!(learn(&early, "2026-05-01").on(10).scaled_errors > 0);
    }

    #[test]
    fn an_empty_pool_knows_the_law_only() {
        let (pool, pasts) = Pool::learn(Vec::new(), &[], 3, &Settings::shipped());
        assert!(pasts.is_empty() && pool.on(99).relative.is_none());
        assert_eq!(pool.on(5).quantiles, LAPLACE);
    }
}
