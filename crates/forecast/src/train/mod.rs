//! Training: what many series teach, written into a model's prior.
//!
//! Every complete cycle of every series is cut after many of its days; at each cut the candidates are
//! asked and the truth is known. Rows of one series never predict that series: folds over series keep
//! the errors honest from which layers are weighed and ranges are made. Shortened copies teach what a
//! cold start is like. Wrong when the series to come are unlike all of these.

mod cuts;
mod errors;
mod options;
mod rows;
mod stack;
mod worth;

pub use options::TrainOptions;

use crate::{
    Components, Error, Result,
    booster::{Booster, BoosterOptions, Rows},
    candidates::ModelSpec,
    ensemble::Past,
    layer_names::{LAYERS, feature_names},
    model_file::{DAYS, Model, Prior, PriorDay},
    quantiles::{LAPLACE, SHARES},
    ranges::{OwnScale, blended_quantiles},
    synthetic::synthetic_series,
    weights::PooledErrors,
};
use cuts::{Taught, cuts};
use errors::{Scaled, bound_factor, mean_error, scaled_errors};
use rayon::prelude::*;
use rows::{SHORT_WEIGHT, predict_folds, rows};
use stack::{candidate_rows, layer_rows, stack_days};
use std::collections::BTreeMap;
use worth::Worth;

/// Powers that are tried for the weights of layers.
const LAYER_POWERS: [f64; 4] = [2.0, 4.0, 8.0, 16.0];
/// Rows without which nothing is learnt.
const LEAST_ROWS: usize = 100;
/// Bounds are so much wider than errors of unseen series ask for: those were made by a model that knows
/// the months of the others, and the months to come are known to none.
const TIME_MARGIN: f64 = 1.06;
/// An error beyond this many expected ones counts as so far.
const LARGEST_ERROR: f64 = 20.0;

/// Trains a model on the levels of `bills`, of which each belongs to one of `groups` (series of one
/// source, which count alike as a whole). Settings are those of `start`.
///
/// `step` is called with a word before each part of the work.
///
/// # Errors
/// [`Error::Shape`] when there is not one group for each bill, [`Error::TooFewCuts`] when the series
/// hold too few complete cycles to learn from.
pub fn train(
    bills: &Components,
    groups: &[String],
    start: &Model,
    options: &TrainOptions,
    step: &dyn Fn(&str),
) -> Result<Model> {
    if groups.len() != bills.len() {
        return Err(Error::Shape { what: "groups", needed: bills.len(), got: groups.len() });
    }
    let features = feature_names(start.candidates());
    step("asking the candidates");
    let made_up = synthetic_series(options.made_up, options.seed)?;
    let mut model = start.with_prior(None);
    let taught = cuts(bills.level(), &made_up, groups, &model, options);
    let mut days = untaught_days(&model);
    let own = |series: &Taught, _: usize, day| {
        Some(Past::of_candidates(&series.table, day, series.end, &model)?.relative)
    };
    fill_days(&mut days, &taught, own, |day| &mut day.candidates.errors);
    step("stacking the candidates");
    let worth = Worth::new(&taught, &model);
    stack_days(&mut days, &candidate_rows(&taught, &worth), &model, |day| &mut day.candidates.weights);
    let with_days = |days: &[PriorDay]| start.with_prior(Some(Prior::of_days(days, &features)));
    model = with_days(&days);

    step("gathering rows");
    let (rows, origin_of) = rows(&taught, &worth, &features, &model);
    if rows.len() < LEAST_ROWS {
        return Err(Error::TooFewCuts { found: rows.len(), needed: LEAST_ROWS });
    }
    let boosting = BoosterOptions {
        quantile: 0.5,
        trees: options.trees,
        leaves: 15,
        rows_in_leaf: rows_in_leaf(rows.len(), 400),
        rate: 0.03,
        feature_share: 0.5,
        row_share: 0.6,
        penalty: 5.0,
        seed: options.seed,
    };
    let unseen = predict_folds(&rows, &origin_of, &taught, options, &boosting, "the pooled model", step);
    step("growing the pooled model");
    let pooled = Booster::grow(&rows, &boosting);
    let mut by_cut: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); taught.len()];
    for (of, unseen) in origin_of.iter().zip(unseen) {
        by_cut[of.series].insert(of.place, unseen);
    }

    step("weighing the layers");
    let first = pasts(&taught, &by_cut, &model);
    let own =
        |series: &Taught, place: usize, day| Some(first[place].of_layers(day, series.end, &model)?.relative);
    fill_days(&mut days, &taught, own, |day| &mut day.layers.errors);
    let said = layer_rows(&origin_of, &taught, &first, &worth);
    stack_days(&mut days, &said, &model, |day| &mut day.layers.weights);
    // How strictly the better layer is preferred: what errs least on cuts that no layer was grown on.
    let tried = LAYER_POWERS.map(|power| {
        let model = with_days(&days).with_layer_power(power);
        let pasts = pasts(&taught, &by_cut, &model);
        (mean_error(&origin_of, &taught, &pasts), model, pasts)
    });
    let best = tried.into_iter().min_by(|(one, ..), (other, ..)| one.total_cmp(other));
    let Some((_, model, pasts)) = best else { return Err(Error::Model("no power was tried".to_owned())) };

    step("measuring errors");
    fill_error_sizes(&mut days, &taught, &pasts, &model);
    let scaled = scaled_errors(&origin_of, &taught, &pasts, &days, &by_cut, &model);
    for (day, pooled) in days.iter_mut().enumerate() {
        let near = |one: &&Scaled| one.day.abs_diff(day) <= stack::POOLED_DAYS;
        let own = scaled.iter().filter(|one| !one.is_short && !one.is_made_up).filter(near);
        let mut errors: Vec<f64> = own.map(|one| one.error).collect();
        errors.sort_unstable_by(f64::total_cmp);
        pooled.quantiles = blended_quantiles(&errors, &model);
    }
    let of_errors = Rows {
        targets: scaled.iter().map(|one| one.error.clamp(-LARGEST_ERROR, LARGEST_ERROR) as f32).collect(),
        weights: scaled.iter().map(|one| if one.is_short { SHORT_WEIGHT as f32 } else { 1.0 }).collect(),
        ..rows
    };
    let mut done = Prior { pooled, ..Prior::of_days(&days, &features) };
    for (place, share) in SHARES.into_iter().enumerate() {
        let boosting = BoosterOptions {
            quantile: share,
            trees: options.bound_trees,
            leaves: 8,
            rows_in_leaf: rows_in_leaf(of_errors.len(), 300),
            ..boosting
        };
        let what = format!("the {} % bound", share * 100.0);
        let unseen = predict_folds(&of_errors, &origin_of, &taught, options, &boosting, &what, step);
        done.bounds.push(Booster::grow(&of_errors, &boosting));
        let quantile_on = |day: usize| days[day.min(DAYS - 1)].quantiles[place];
        let factor = |is_short| {
            bound_factor(&scaled, &unseen, quantile_on, share, is_short).map(|factor| TIME_MARGIN * factor)
        };
        let usual = factor(false).unwrap_or(1.0);
        done.bound_factors[place] = usual;
        done.short_factors[place] = factor(true).unwrap_or(usual).max(usual);
    }
    Ok(model.with_prior(Some(done)))
}

/// What holds after each day of a cycle before anything is taught.
fn untaught_days(model: &Model) -> Vec<PriorDay> {
    let day = PriorDay {
        candidates: PooledErrors::uniform(model.candidates().len()),
        layers: PooledErrors::uniform(LAYERS.len()),
        error_size: 0.0,
        quantiles: LAPLACE,
    };
    vec![day; DAYS]
}

/// Means over series of their own relative errors, day by day; after days on which no cycle is cut,
/// what held after the last that is.
fn fill_days(
    days: &mut [PriorDay],
    taught: &[Taught],
    own: impl Fn(&Taught, usize, usize) -> Option<Vec<f64>> + Sync,
    errors: impl Fn(&mut PriorDay) -> &mut Vec<f64>,
) {
    let mut last: Option<Vec<f64>> = None;
    for (day, pooled) in days.iter_mut().enumerate() {
        let rows: Vec<Option<(f64, Vec<f64>)>> = taught
            .par_iter()
            .enumerate()
            .map(|(place, series)| Some((series.weight(), own(series, place, day)?)))
            .collect();
        let (mut sums, mut total) = (Vec::new(), 0.0);
        for (weight, row) in rows.into_iter().flatten() {
            sums.resize(row.len(), 0.0);
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            total += weight;
        }
        if total > 0.0 {
            last = Some(sums.into_iter().map(|sum| sum / total).collect());
        }
        if let Some(last) = &last {
            errors(pooled).clone_from(last);
        }
    }
}

/// Mean size of errors of the series that are not made up, day by day.
fn fill_error_sizes(days: &mut [PriorDay], taught: &[Taught], pasts: &[Past], model: &Model) {
    let mut last = model.ranges.unknown_error;
    for (day, pooled) in days.iter_mut().enumerate() {
        let given = taught.iter().zip(pasts).filter(|(series, _)| series.group.is_some());
        let sizes: Vec<f64> = given
            .filter_map(|(series, past)| OwnScale::of(&past.errors, day, series.end, model))
            .map(|own| own.size)
            .collect();
        if !sizes.is_empty() {
            last = sizes.iter().sum::<f64>() / sizes.len() as f64;
        }
        pooled.error_size = last;
    }
}

/// The past of each series, with what a pooled model that never saw it says at its cuts.
fn pasts(taught: &[Taught], unseen: &[BTreeMap<usize, f64>], model: &Model) -> Vec<Past> {
    taught
        .par_iter()
        .zip(unseen)
        .map(|(series, unseen)| {
            let said = |place: usize, _: &[f32]| unseen.get(&place).copied().unwrap_or(0.0);
            let count = model.candidates().len();
            Past::with_pooled(series.table.clone(), count, ModelSpec::Default, model, &said)
        })
        .collect()
}

/// A leaf's rows where all rows are few.
fn rows_in_leaf(rows: usize, most: u32) -> u32 {
    (rows as u32 / 50).clamp(5, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::SeriesSet;

    #[test]
    fn two_trainings_give_the_same_file_and_it_is_read_back() {
        let bills = Components::level_only(synthetic_series(12, 3).unwrap());
        let groups: Vec<String> = (0..12).map(|index| format!("group {}", index % 2)).collect();
        let options =
            TrainOptions { made_up: 4, trees: 6, bound_trees: 3, folds: 2, ..TrainOptions::default() };
        let run = || train(&bills, &groups, &Model::shipped(), &options, &|_| ()).unwrap();
        let (one, other) = (run(), run());
        let text = one.to_json().unwrap();
        assert_eq!(text, other.to_json().unwrap());
        assert!(Model::from_json(&text).unwrap() == one, "what is written must be read back");
    }

    #[test]
    fn too_little_to_learn_from_is_refused_in_words() {
        let bills = Components::level_only(SeriesSet::default());
        let options = TrainOptions { made_up: 0, ..TrainOptions::default() };
        let refused = train(&bills, &[], &Model::shipped(), &options, &|_| ()).unwrap_err().to_string();
        assert!(refused.contains("0 past cuts"), "{refused}");
    }
}
