//! Training: what many series teach, written into a model's prior.
//!
//! Every complete cycle of every series is cut after many of its days; at each cut the candidates are
//! asked and the truth is known. Rows of one series never predict that series: folds over series keep
//! the errors honest from which layers are weighed and ranges are made. Shortened copies teach what a
//! cold start is like. Wrong when the series to come are unlike all of these.

use crate::{
    Bills, Error, Result,
    booster::{Booster, BoosterOptions, Rows},
    candidates::{Candidate, ModelSpec},
    history::{History, Rest, mean_of_sizes},
    layers::{LAYERS, Past, feature_names},
    made_up::made_up_bills,
    model::{DAYS, Model, Prior, PriorDay},
    origins::{Origin, OriginTable, PastOrigin},
    ranges::{LAPLACE, OwnScale, SHARES, blended_quantiles},
    track::Track,
};
use billing::{CostSeries, CycleDay, SeriesSet};
use chrono::NaiveDate;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What to train on, and how.
///
/// | option | purpose | range |
/// |---|---|---|
/// | `held_out_cycles` | complete cycles at the end of each series that are not looked at | ≥ 0 |
/// | `made_up` | made-up bills beside the series given | ≥ 0 |
/// | `folds` | parts that are predicted by a model that never saw them | ≥ 2 |
/// | `trees` | trees of the pooled model | ≥ 0 |
/// | `bound_trees` | trees of each model of a bound | ≥ 0 |
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// Complete cycles at the end of each series that are not looked at.
    pub held_out_cycles: usize,
    /// Made-up bills beside the series given.
    pub made_up: usize,
    /// Parts that are predicted by a model that never saw them.
    pub folds: usize,
    /// Trees of the pooled model.
    pub trees: usize,
    /// Trees of each model of a bound.
    pub bound_trees: usize,
    /// On which day cycles begin.
    pub cycle_day: CycleDay,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            held_out_cycles: 4,
            made_up: 120,
            folds: 5,
            trees: 500,
            bound_trees: 250,
            cycle_day: CycleDay::FIRST,
            seed: 1,
        }
    }
}

/// Powers that are tried for the weights of layers.
const LAYER_POWERS: [f64; 4] = [8.0, 16.0, 32.0, 64.0];
/// Rows without which nothing is learnt.
const LEAST_ROWS: usize = 100;
/// Days that must lie before a cut that teaches the pooled model.
const LEAST_HISTORY: f64 = 45.0;
/// Share of cuts that are taught again with a shortened history, of so many days.
const SHORT_SHARE: f64 = 0.12;
const SHORT_DAYS: std::ops::Range<usize> = 10..41;
/// What such rows, and those of made-up bills, count.
const SHORT_WEIGHT: f64 = 0.3;
const MADE_UP_WEIGHT: f64 = 0.5;
/// A target beyond this many scales counts as so far; an error beyond so many expected ones too.
const LARGEST_TARGET: f64 = 6.0;
const LARGEST_ERROR: f64 = 20.0;

/// A series with its cuts.
struct Taught {
    /// Which group it belongs to; `None` for a made-up bill.
    group: Option<usize>,
    fold: usize,
    table: OriginTable,
    /// Mean size of a day.
    size: f64,
    /// From when on nothing is looked at.
    end: NaiveDate,
    /// Cuts with a shortened history.
    short: Vec<Short>,
}

/// A cut with a history that was shortened, and the truth.
struct Short {
    origin: Origin,
    actual: f64,
    days: f64,
}

/// A row of the pooled model: where it comes from.
#[derive(Clone, Copy)]
struct RowOf {
    series: usize,
    /// Place of the cut in the series' table, or of the shortened one after these.
    place: usize,
}

/// Trains a model on the levels of `bills`, of which each belongs to one of `groups` (series of one
/// source, which count alike as a whole). Settings are those of `start`.
///
/// `step` is called with a word before each part of the work.
///
/// # Errors
/// [`Error::TooFewCuts`] when the series hold too few complete cycles to learn from.
pub fn train(
    bills: &Bills,
    groups: &[String],
    start: &Model,
    options: &TrainOptions,
    step: &dyn Fn(&str),
) -> Result<Model> {
    let candidates = start.candidates().to_vec();
    let features = feature_names(&candidates);
    step("asking the candidates");
    let made_up = made_up_bills(options.made_up, options.seed)?;
    let mut model = start.with_prior(None);
    let mut taught = cuts(bills.level(), &made_up, groups, &model, options);
    assign_folds(&mut taught, options);
    let mut days = vec![
        PriorDay {
            candidates: vec![1.0; candidates.len()],
            layers: vec![1.0; LAYERS.len()],
            error_size: 0.0,
            quantiles: LAPLACE,
        };
        DAYS
    ];
    let mut last = vec![1.0; candidates.len()];
    for (day, pooled) in days.iter_mut().enumerate() {
        let own =
            |series: &Taught| Some(Past::of_candidates(&series.table, day, series.end, &model)?.relative);
        last = mean_over(&taught, own).unwrap_or(last);
        pooled.candidates.clone_from(&last);
    }
    let prior = |days: &[PriorDay], pooled: Booster, bounds: Vec<Booster>| Prior {
        days: days.to_vec(),
        pooled,
        bounds,
        bound_factors: [1.0; 4],
        short_factors: [1.0; 4],
    };
    model = start.with_prior(Some(prior(&days, Booster::nothing(&features), Vec::new())));

    step("gathering rows");
    let (rows, origin_of) = rows(&taught, &candidates, &features, &model);
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

    step("weighing the layers");
    let mut by_cut: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); taught.len()];
    for (row, of) in origin_of.iter().enumerate() {
        by_cut[of.series].insert(of.place, unseen[row]);
    }
    let pasts = |model: &Model| -> Vec<Past> {
        taught
            .par_iter()
            .zip(&by_cut)
            .map(|(series, unseen)| {
                let known = |place: usize| unseen.get(&place).copied().unwrap_or(0.0);
                Past::with_pooled(
                    series.table.clone(),
                    candidates.len(),
                    ModelSpec::Default,
                    model,
                    &|place, _| known(place),
                )
            })
            .collect()
    };
    let first = pasts(&model);
    let mut last = vec![1.0; LAYERS.len()];
    for (day, pooled) in days.iter_mut().enumerate() {
        let own = |(series, past): &(&Taught, &Past)| Some(past.of_layers(day, series.end, &model)?.relative);
        let all: Vec<(&Taught, &Past)> = taught.iter().zip(&first).collect();
        last = mean_over_pairs(&all, own).unwrap_or(last);
        pooled.layers.clone_from(&last);
    }
    model = start.with_prior(Some(prior(&days, Booster::nothing(&features), Vec::new())));
    // How strictly the better layer is preferred: what errs least on cuts that no layer was grown on.
    let mut best: Option<(f64, Model, Vec<Past>)> = None;
    for power in LAYER_POWERS {
        let tried = model.with_layer_power(power);
        let made = pasts(&tried);
        let error = mean_error(&rows, &origin_of, &taught, &made);
        if best.as_ref().is_none_or(|(least, ..)| error < *least) {
            best = Some((error, tried, made));
        }
    }
    let Some((_, found, pasts)) = best else {
        return Err(Error::Model("no error can be measured".to_owned()));
    };
    model = found;

    step("measuring errors");
    let mut last_size = model.ranges.unknown_error;
    for (day, pooled) in days.iter_mut().enumerate() {
        let sizes: Vec<f64> = pasts
            .iter()
            .zip(&taught)
            .filter(|(_, series)| series.group.is_some() || bills.is_empty())
            .filter_map(|(past, series)| OwnScale::of(&past.errors, day, series.end, &model))
            .map(|own| own.size)
            .collect();
        // After days on which no cycle is cut, what held after the last that is.
        pooled.error_size =
            if sizes.is_empty() { last_size } else { sizes.iter().sum::<f64>() / sizes.len() as f64 };
        last_size = pooled.error_size;
    }
    let scaled = scaled_errors(&rows, &origin_of, &taught, &pasts, &days, &by_cut, candidates.len(), &model);
    for (day, pooled) in days.iter_mut().enumerate() {
        let mut near: Vec<f64> = (0..rows.len())
            .filter(|row| !scaled[*row].is_short && !scaled[*row].is_made_up)
            .filter(|row| scaled[*row].day.abs_diff(day) <= model.origins.near_days)
            .map(|row| scaled[row].error)
            .collect();
        near.sort_unstable_by(f64::total_cmp);
        pooled.quantiles = blended_quantiles(&near, &model);
    }
    let of_errors = Rows {
        targets: scaled.iter().map(|one| one.error.clamp(-LARGEST_ERROR, LARGEST_ERROR) as f32).collect(),
        weights: scaled.iter().map(|one| if one.is_short { SHORT_WEIGHT as f32 } else { 1.0 }).collect(),
        ..rows
    };
    let mut bounds = Vec::with_capacity(SHARES.len());
    let mut unseen_bounds = Vec::with_capacity(SHARES.len());
    for share in SHARES {
        let boosting = BoosterOptions {
            quantile: share,
            trees: options.bound_trees,
            leaves: 8,
            rows_in_leaf: rows_in_leaf(of_errors.len(), 300),
            ..boosting
        };
        let what = format!("the {} % bound", share * 100.0);
        unseen_bounds.push(predict_folds(&of_errors, &origin_of, &taught, options, &boosting, &what, step));
        bounds.push(Booster::grow(&of_errors, &boosting));
    }
    let mut done = prior(&days, pooled, bounds);
    for (place, share) in SHARES.into_iter().enumerate() {
        let factor = |short: bool| {
            let ratios = scaled
                .iter()
                .zip(&unseen_bounds[place])
                .filter(|(one, _)| one.is_short == short && !one.is_made_up);
            let ratios = ratios.map(|(one, unseen)| {
                let bound = (unseen + days[one.day.min(DAYS - 1)].quantiles[place]) / 2.0;
                (one.error / bound, one.weight)
            });
            weighted_quantile(ratios.filter(|(ratio, _)| ratio.is_finite()).collect(), share.max(1.0 - share))
        };
        done.bound_factors[place] = factor(false).unwrap_or(1.0);
        done.short_factors[place] =
            factor(true).unwrap_or(done.bound_factors[place]).max(done.bound_factors[place]);
    }
    Ok(model.with_prior(Some(done)))
}

/// A leaf's rows where all rows are few.
fn rows_in_leaf(rows: usize, most: u32) -> u32 {
    (rows as u32 / 50).clamp(5, most)
}

/// Asks the candidates at all cuts of all series.
fn cuts(
    given: &SeriesSet,
    made_up: &SeriesSet,
    groups: &[String],
    model: &Model,
    options: &TrainOptions,
) -> Vec<Taught> {
    let mut names: Vec<&String> = groups.iter().collect();
    names.sort();
    names.dedup();
    let of_given =
        |index: usize| groups.get(index).and_then(|group| names.iter().position(|name| *name == group));
    let all: Vec<(CostSeries<'_>, Option<usize>, usize)> = given
        .iter()
        .enumerate()
        .map(|(index, series)| (series, Some(of_given(index).unwrap_or(0)), options.held_out_cycles))
        .chain(made_up.iter().map(|series| (series, None, 0)))
        .collect();
    all.into_par_iter()
        .enumerate()
        .filter_map(|(number, (series, group, held_out))| {
            let complete = crate::calendar::cycles_before(
                series.end(),
                series.start,
                options.cycle_day,
                held_out.max(1),
            );
            let end = match held_out {
                0 => series.end(),
                _ => complete.last().map_or(series.start, |cycle| cycle.start()),
            };
            let known = series.up_to(crate::calendar::days_before(end, 1));
            let size = mean_of_sizes(known.values).filter(|size| *size > 0.0)?;
            let rules = &model.origins;
            let table = OriginTable::build(
                known,
                options.cycle_day,
                end,
                model.candidates(),
                rules,
                usize::MAX,
                |_| true,
            );
            table.iter().next()?;
            let mut random = ChaCha8Rng::seed_from_u64(options.seed.wrapping_add(number as u64));
            let short = table
                .iter()
                .filter_map(|cut| {
                    let is_drawn = random.random::<f64>() < SHORT_SHARE;
                    let days = random.random_range(SHORT_DAYS);
                    is_drawn.then(|| shortened(known, cut, days, model, options)).flatten()
                })
                .collect();
            Some(Taught { group, fold: 0, table, size, end, short })
        })
        .collect()
}

/// The same cut with only the last days of its history.
fn shortened(
    series: CostSeries<'_>,
    cut: &PastOrigin,
    days: usize,
    model: &Model,
    options: &TrainOptions,
) -> Option<Short> {
    let made_on = (cut.origin.made_on - series.start).num_days() as usize;
    let first = made_on.checked_sub(days)?;
    let short = CostSeries {
        start: series.start + chrono::Days::new(first as u64),
        values: &series.values[first..made_on],
        ..series
    };
    let left = (cut.known_from - cut.origin.made_on).num_days() as usize;
    let track = Track::new(short, options.cycle_day, left, |_, days| vec![days - 1])?;
    let history = History::at(&track, 0);
    if history.typical_size() <= 0.0 {
        return None;
    }
    let rest = Rest::new(&track, history.end(), history.end() + left);
    let origin = Origin::at(&history, &rest, model.candidates());
    Some(Short { origin, actual: cut.actual, days: left as f64 })
}

/// Deals the series out to the folds, each group by itself.
fn assign_folds(taught: &mut [Taught], options: &TrainOptions) {
    let mut by_group: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, series) in taught.iter().enumerate() {
        by_group.entry(series.group).or_default().push(index);
    }
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    for members in by_group.values_mut() {
        members.shuffle(&mut random);
        for (place, index) in members.iter().enumerate() {
            taught[*index].fold = place % options.folds.max(2);
        }
    }
}

fn mean_over(taught: &[Taught], own: impl Fn(&Taught) -> Option<Vec<f64>> + Sync) -> Option<Vec<f64>> {
    let all: Vec<&Taught> = taught.iter().collect();
    mean_of_rows(all.par_iter().map(|series| Some((weight_of(series), own(series)?))).collect())
}

fn mean_over_pairs(
    all: &[(&Taught, &Past)],
    own: impl Fn(&(&Taught, &Past)) -> Option<Vec<f64>> + Sync,
) -> Option<Vec<f64>> {
    mean_of_rows(all.par_iter().map(|pair| Some((weight_of(pair.0), own(pair)?))).collect())
}

fn weight_of(series: &Taught) -> f64 {
    if series.group.is_some() { 1.0 } else { MADE_UP_WEIGHT }
}

fn mean_of_rows(rows: Vec<Option<(f64, Vec<f64>)>>) -> Option<Vec<f64>> {
    let (mut sums, mut total) = (Vec::new(), 0.0);
    for (weight, row) in rows.into_iter().flatten() {
        sums.resize(row.len(), 0.0);
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        total += weight;
    }
    (total > 0.0).then(|| sums.into_iter().map(|sum| sum / total).collect())
}

/// Place of a cut, its features, the origin, the true mean and the days that were left.
type CutRow<'a> = (usize, Vec<f32>, &'a Origin, f64, f64);

/// The rows of the pooled model: how far the truth lay from the base, in scales.
///
/// A row counts the square root of what its error counts in money, in days of its series, against
/// the errors that the run rate makes in its group at this day of the cycle.
fn rows(
    taught: &[Taught],
    candidates: &[Candidate],
    features: &[String],
    model: &Model,
) -> (Rows, Vec<RowOf>) {
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
            let cuts = series.table.iter().count();
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
        let cuts = series.table.iter().count();
        for (place, cells, origin, actual, days) in rows {
            let (sum, count) = usual.get(&(series.group, origin.day)).copied().unwrap_or((1.0, 1.0));
            let weight = (money(series, origin.scale, *days) / (sum / count).max(1e-9)).sqrt();
            let kind = if *place >= cuts { SHORT_WEIGHT } else { 1.0 } * weight_of(series);
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
fn predict_folds(
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

/// Mean error of the mix of layers in scales, rows by their weights and groups alike; made-up bills
/// and shortened histories are left out.
fn mean_error(rows: &Rows, origin_of: &[RowOf], taught: &[Taught], pasts: &[Past]) -> f64 {
    let made: Vec<Vec<f64>> =
        pasts.iter().map(|past| past.forecasts().map(|made| made.error_in_scales()).collect()).collect();
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (row, of) in origin_of.iter().enumerate() {
        if let (Some(group), Some(error)) = (taught[of.series].group, made[of.series].get(of.place)) {
            // The square root in a row's weight is for growing; here errors count as money.
            let weight = f64::from(rows.weights[row]).powi(2);
            let sum = sums.entry(group).or_default();
            *sum = (sum.0 + weight * error, sum.1 + weight);
        }
    }
    // Groups differ in how hard they are: their mean is that of logarithms.
    sums.values().map(|(sum, total)| (sum / total).max(1e-12).ln()).sum::<f64>() / sums.len().max(1) as f64
}

/// The error of an unseen forecast over its expected size.
#[derive(Clone, Copy)]
struct Scaled {
    day: usize,
    error: f64,
    is_short: bool,
    is_made_up: bool,
    /// Each group counts alike.
    weight: f64,
}

#[expect(clippy::too_many_arguments, reason = "one step of the training, cut out to be read")]
fn scaled_errors(
    rows: &Rows,
    origin_of: &[RowOf],
    taught: &[Taught],
    pasts: &[Past],
    days: &[PriorDay],
    unseen: &[BTreeMap<usize, f64>],
    candidates: usize,
    model: &Model,
) -> Vec<Scaled> {
    let mut of_group: BTreeMap<Option<usize>, f64> = BTreeMap::new();
    for of in origin_of {
        *of_group.entry(taught[of.series].group).or_default() += 1.0;
    }
    let cuts: Vec<usize> = taught.iter().map(|series| series.table.iter().count()).collect();
    (0..rows.len())
        .into_par_iter()
        .map(|row| {
            let RowOf { series, place } = origin_of[row];
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

    #[test]
    fn two_trainings_give_the_same_file_and_it_is_read_back() {
        let bills = Bills::bare(made_up_bills(12, 3).unwrap());
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
        let bills = Bills::bare(SeriesSet::default());
        let options = TrainOptions { made_up: 0, ..TrainOptions::default() };
        let refused = train(&bills, &[], &Model::shipped(), &options, &|_| ()).unwrap_err().to_string();
        assert!(refused.contains("0 past cuts"), "{refused}");
    }
}
