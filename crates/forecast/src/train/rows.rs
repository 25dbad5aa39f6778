//! The rows that the boosters are grown on, and predictions of rows by boosters that never saw them.

use super::{cuts::Taught, options::TrainOptions, worth::Worth, worth::has_history};
use crate::{
    booster::{Booster, BoosterOptions, Rows},
    candidates::ModelSpec,
    ensemble::{Layered, Past},
    model_file::Model,
    origins::Origin,
};
use rayon::prelude::*;

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
    /// What an error of one scale counts there.
    pub worth: f64,
}

/// A cut, and what the layers below the pooled model said at it.
struct CutRow<'a> {
    place: usize,
    origin: &'a Origin,
    layered: Layered,
    actual: f64,
    days: f64,
}

/// The rows of the pooled model: how far the truth lay from the base, in scales. A row counts the
/// square root of what its errors count.
pub fn rows(taught: &[Taught], worth: &Worth, features: &[String], model: &Model) -> (Rows, Vec<RowOf>) {
    let of_series: Vec<Vec<CutRow<'_>>> = taught.par_iter().map(|series| cut_rows(series, model)).collect();
    let mut all = Rows { features: features.to_vec(), ..Rows::default() };
    let mut origin_of = Vec::new();
    for (number, (series, rows)) in taught.iter().zip(&of_series).enumerate() {
        let cuts = series.cuts();
        for row in rows {
            let worth = worth.of(series, row.origin, row.days);
            let kind = if row.place >= cuts { SHORT_WEIGHT } else { 1.0 } * series.weight();
            let target = (row.actual - row.layered.base) / row.origin.scale;
            all.cells.extend_from_slice(&row.layered.features);
            all.targets.push(target.clamp(-LARGEST_TARGET, LARGEST_TARGET) as f32);
            all.weights.push((worth.sqrt() * kind).clamp(1e-6, 1e6) as f32);
            origin_of.push(RowOf { series: number, place: row.place, worth });
        }
    }
    let mean = all.weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() / all.len().max(1) as f64;
    all.weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) / mean) as f32);
    (all, origin_of)
}

/// The cuts of a series with enough history, then the shortened ones.
fn cut_rows<'a>(series: &'a Taught, model: &Model) -> Vec<CutRow<'a>> {
    let (table, count) = (series.table.clone(), model.candidates().len());
    let past = Past::with_pooled(table, count, ModelSpec::Default, model, &|_, _| 0.0);
    let cuts = series.table.iter().zip(past.forecasts()).enumerate();
    let long = cuts.filter(|(_, (cut, _))| has_history(&cut.origin)).map(|(place, (cut, made))| CutRow {
        place,
        origin: &cut.origin,
        layered: made.layered.clone(),
        actual: cut.actual,
        days: cut.days(),
    });
    let short = series.short.iter().enumerate().map(|(place, short)| CutRow {
        place: series.cuts() + place,
        origin: &short.origin,
        layered: Past::default().layered(&short.origin, count, ModelSpec::Default, model),
        actual: short.actual,
        days: short.days,
    });
    long.chain(short).filter(|row| !row.layered.features.is_empty()).collect()
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
