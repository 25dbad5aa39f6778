//! The rows that the boosters are grown on, and predictions of rows by boosters that never saw them.

use super::{TrainOptions, cuts::Taught};
use crate::{
    booster::{Booster, BoosterOptions, Rows},
    candidates::{Candidate, ModelSpec},
    layers::Past,
    model::Model,
    origins::Origin,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Days that must lie before a cut that teaches the pooled model.
const LEAST_HISTORY: f64 = 45.0;
/// What a row of a shortened history counts.
pub const SHORT_WEIGHT: f64 = 0.3;
/// A target beyond this many scales counts as so far.
const LARGEST_TARGET: f64 = 6.0;

/// A row of the pooled model: where it comes from.
#[derive(Clone, Copy)]
pub struct RowOf {
    /// Its series.
    pub series: usize,
    /// Place of the cut in the series' table, or of the shortened one after these.
    pub place: usize,
}

/// Place of a cut, its features, the origin, the true mean and the days that were left.
type CutRow<'a> = (usize, Vec<f32>, &'a Origin, f64, f64);

/// The rows of the pooled model: how far the truth lay from the base, in scales.
///
/// A row counts the square root of what its error counts in money, in days of its series, against
/// the errors that the run rate makes in its group at this day of the cycle.
pub fn rows(taught: &[Taught], features: &[String], model: &Model) -> (Rows, Vec<RowOf>) {
    let candidates = model.candidates();
    let run_rate = candidates.iter().position(|candidate| *candidate == Candidate::RunRate);
    let least = LEAST_HISTORY.ln() as f32;
    let history_days = features.iter().position(|name| name == "history_days").unwrap_or(0);
    let of_series: Vec<Vec<CutRow<'_>>> = taught
        .par_iter()
        .map(|series| {
            let past = Past::with_pooled(
                series.table.clone(),
                candidates.len(),
                ModelSpec::Default,
                model,
                &|_, _| 0.0,
            );
            let cuts = series.table.iter().zip(past.forecasts()).enumerate();
            let mut rows: Vec<_> = cuts
                .filter(|(_, (_, made))| {
                    made.layered.features.get(history_days).is_some_and(|days| *days >= least)
                })
                .map(|(place, (cut, made))| {
                    let days = (cut.known_from - cut.origin.made_on).num_days() as f64;
                    (place, made.layered.features.clone(), &cut.origin, cut.actual, days)
                })
                .collect();
            let cuts = series.cuts();
            for (place, short) in series.short.iter().enumerate() {
                let layered =
                    Past::default().layered(&short.origin, candidates.len(), ModelSpec::Default, model);
                if !layered.features.is_empty() {
                    rows.push((cuts + place, layered.features, &short.origin, short.actual, short.days));
                }
            }
            rows
        })
        .collect();
    // Errors of the run rate by group and day, in days of each series.
    let mut usual: BTreeMap<(Option<usize>, usize), (f64, f64)> = BTreeMap::new();
    let money = |series: &Taught, error: f64, days: f64| error.abs() * days / series.size;
    for (series, rows) in taught.iter().zip(&of_series) {
        for (_, _, origin, actual, days) in rows {
            let said = run_rate.map_or(origin.estimates.base, |place| origin.estimates.means[place]);
            let error = money(series, said - actual, *days);
            if error.is_finite() {
                let sum = usual.entry((series.group, origin.day)).or_default();
                *sum = (sum.0 + error, sum.1 + 1.0);
            }
        }
    }
    let mut all = Rows { features: features.to_vec(), ..Rows::default() };
    let mut origin_of = Vec::new();
    for (number, (series, rows)) in taught.iter().zip(&of_series).enumerate() {
        let cuts = series.cuts();
        for (place, cells, origin, actual, days) in rows {
            let (sum, count) = usual.get(&(series.group, origin.day)).copied().unwrap_or((1.0, 1.0));
            let weight = (money(series, origin.scale, *days) / (sum / count).max(1e-9)).sqrt();
            let kind = if *place >= cuts { SHORT_WEIGHT } else { 1.0 } * series.weight();
            all.cells.extend_from_slice(cells);
            let target = (actual - origin.estimates.base) / origin.scale;
            all.targets.push(target.clamp(-LARGEST_TARGET, LARGEST_TARGET) as f32);
            all.weights.push((weight * kind).clamp(1e-6, 1e6) as f32);
            origin_of.push(RowOf { series: number, place: *place });
        }
    }
    let mean = all.weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() / all.len().max(1) as f64;
    all.weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) / mean) as f32);
    (all, origin_of)
}

/// Predictions of each row by a booster that never saw its series.
pub fn predict_folds(
    rows: &Rows,
    origin_of: &[RowOf],
    taught: &[Taught],
    options: &TrainOptions,
    boosting: &BoosterOptions,
    what: &str,
    step: &dyn Fn(&str),
) -> Vec<f64> {
    let mut predicted = vec![0.0; rows.len()];
    let fold_of = |row: usize| taught[origin_of[row].series].fold;
    for fold in 0..options.folds.max(2) {
        step(&format!("growing {what} without part {} of {}", fold + 1, options.folds.max(2)));
        let others = rows.kept(|row| fold_of(row) != fold);
        if others.len() == 0 {
            continue;
        }
        let grown = Booster::grow(&others, boosting);
        let own: Vec<usize> = (0..rows.len()).filter(|row| fold_of(*row) == fold).collect();
        let values: Vec<f64> = own.par_iter().map(|row| grown.predict(rows.row(*row))).collect();
        own.into_iter().zip(values).for_each(|(row, value)| predicted[row] = value);
    }
    predicted
}
