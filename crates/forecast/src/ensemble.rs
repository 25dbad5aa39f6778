//! The ensemble: candidates weighted by past error, a pooled model, and the mix of both.
//!
//! 1. *weights*: the candidates, mixed by the prior and by their own past errors at this day of the
//!    cycle;
//! 2. *pooled*: `base + s · booster(features)`, the base lying a third of the way from the median of
//!    robust candidates to the first layer, the features being how all of them lie to it, and the
//!    features of the origin;
//! 3. the mix of both, of their mean and of the base, by the rule of the first layer, with a power that
//!    the training chose.
//!
//! A layer's estimate at an origin depends only on what was known there, so that the past of a series is
//! processed once, in the order of time. Wrong where all layers err alike.

use crate::{
    candidates::ModelSpec,
    layer_names::LAYERS,
    model_file::Model,
    origins::{Origin, OriginTable, PastOrigin},
    own_bias::own_bias,
    ranges::PastError,
    weights::{OwnErrors, PooledErrors, mix, weights},
};
use chrono::NaiveDate;

/// Distances of candidates from the base are limited to this many scales.
const LARGEST_FEATURE: f64 = 3.0;
/// The base lies so far from the median of robust candidates to the weighted ones.
pub const WEIGHTS_SHARE: f64 = 1.0 / 3.0;
/// Candidates that differ by less than this share of a scale say the same.
const AGREEMENT: f64 = 1e-9;
/// Cycles' worth of a usual error, which the own errors are pulled to.
const ERROR_EVIDENCE: f64 = 2.0;
const USUAL_ERROR: f64 = 0.25;

/// Estimates of the layers at an origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Layered {
    /// Weights of the candidates.
    pub weights: Vec<f64>,
    /// What the pooled model corrects.
    pub base: f64,
    /// Each layer's mean of the days asked for.
    pub layers: [f64; LAYERS.len()],
    /// Weights of the layers.
    pub layer_weights: Vec<f64>,
    /// Features of the pooled model.
    pub features: Vec<f32>,
    /// The forecast: mean of the days asked for.
    pub mean: f64,
}

/// An origin in an earlier cycle with the estimates of the layers there.
#[derive(Clone, Debug, PartialEq)]
pub struct PastForecast {
    day: usize,
    unit: f64,
    scale: f64,
    actual: f64,
    /// Their estimates.
    pub layered: Layered,
}

impl PastForecast {
    /// Estimates of the layers and the actual mean, in scales from the base.
    pub(crate) fn in_scales(&self) -> ([f64; LAYERS.len()], f64) {
        let relative = |value: f64| (value - self.layered.base) / self.scale;
        (self.layered.layers.map(relative), relative(self.actual))
    }

    /// Absolute error of the forecast, in scales.
    pub(crate) fn error_in_scales(&self) -> f64 {
        (self.actual - self.layered.mean).abs() / self.scale
    }
}

/// The past of a series: its origins, oldest cycle first, with the estimates of the layers there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The cuts.
    pub table: OriginTable,
    /// Forecasts at the cuts, cycle by cycle, with the day from which their truth was known.
    cycles: Vec<(NaiveDate, Vec<PastForecast>)>,
    /// Errors of the forecasts, in the order of time.
    pub errors: Vec<PastError>,
}

/// The pooled model: from features to the distance of the mean from the base, in scales.
pub type Pooled<'a> = &'a dyn Fn(&[f32]) -> f64;

/// The correction by the prior's pooled model, in scales; 0 without a prior.
fn pooled_correction(model: &Model, features: &[f32]) -> f64 {
    model.prior.as_ref().map_or(0.0, |prior| prior.pooled.predict(features))
}

impl Past {
    /// Goes through the cuts of a table in the order of time.
    #[must_use]
    pub fn new(table: OriginTable, candidates: usize, spec: ModelSpec, model: &Model) -> Self {
        Self::with_pooled(table, candidates, spec, model, &|_, features| pooled_correction(model, features))
    }

    /// The same with a pooled model of its own at each cut, by the cut's place in the table.
    pub(crate) fn with_pooled(
        table: OriginTable,
        candidates: usize,
        spec: ModelSpec,
        model: &Model,
        pooled: &dyn Fn(usize, &[f32]) -> f64,
    ) -> Self {
        let mut past = Self { table: OriginTable::default(), cycles: Vec::new(), errors: Vec::new() };
        for (place, PastOrigin { origin, known_from, actual }) in table.iter().enumerate() {
            let mut layered =
                past.layers(&table, origin, candidates, spec, model, &|features| pooled(place, features));
            let uncorrected = (actual - layered.mean) / origin.range_unit;
            past.correct(&mut layered, origin, spec, model);
            // One spike after a quiet month must not widen every later range without limit.
            let largest = model.ranges.largest_error * origin.unit;
            let error = actual - layered.mean;
            past.errors.push(PastError {
                day: origin.day,
                made_on: origin.made_on,
                known_from: *known_from,
                error: error / origin.range_unit,
                uncorrected,
                size: error.abs().min(largest) / origin.range_unit,
            });
            let made = PastForecast {
                day: origin.day,
                unit: origin.unit,
                scale: origin.scale,
                actual: *actual,
                layered,
            };
            match past.cycles.last_mut() {
                Some((known, cycle)) if known == known_from => cycle.push(made),
                _ => past.cycles.push((*known_from, vec![made])),
            }
        }
        past.table = table;
        past
    }

    /// The forecasts at the cuts, in the order of the table.
    pub fn forecasts(&self) -> impl Iterator<Item = &PastForecast> {
        self.cycles.iter().flat_map(|(_, cycle)| cycle)
    }

    /// What the layers say at an origin after all that was known on its day.
    #[must_use]
    pub fn layered(&self, origin: &Origin, candidates: usize, spec: ModelSpec, model: &Model) -> Layered {
        self.layered_with(origin, candidates, spec, model, &|features| pooled_correction(model, features))
    }

    /// The same with another pooled model.
    pub(crate) fn layered_with(
        &self,
        origin: &Origin,
        candidates: usize,
        spec: ModelSpec,
        model: &Model,
        pooled: Pooled<'_>,
    ) -> Layered {
        let mut layered = self.layers(&self.table, origin, candidates, spec, model, pooled);
        self.correct(&mut layered, origin, spec, model);
        layered
    }

    /// Follows a clean step of the level, and adds what the series' own forecasts missed by in cycle after cycle.
    fn correct(&self, layered: &mut Layered, origin: &Origin, spec: ModelSpec, model: &Model) {
        if !matches!(spec, ModelSpec::Single(_)) {
            if let Some(step) = origin.step {
                layered.mean += step.weight * (step.mean - layered.mean);
            }
            let bias = own_bias(&self.errors, origin.day, origin.made_on, model) * origin.range_unit;
            layered.mean = (layered.mean + bias).max(origin.floor.min(layered.mean));
        }
    }

    /// Own relative errors of the candidates near a day of the cycle, as known on a day.
    pub(crate) fn of_candidates(
        table: &OriginTable,
        day: usize,
        known_on: NaiveDate,
        model: &Model,
    ) -> Option<OwnErrors> {
        let near = |cut: &&PastOrigin| cut.origin.day.abs_diff(day) <= model.origins.near_days;
        let cycles = table.known_on(known_on).take(model.origins.cycles).map(|cycle| {
            cycle
                .iter()
                .filter(near)
                .map(|cut| (&cut.origin.estimates.means[..], cut.actual, cut.origin.unit))
        });
        OwnErrors::of(cycles, &model.weights)
    }

    /// The same of the layers.
    pub(crate) fn of_layers(&self, day: usize, known_on: NaiveDate, model: &Model) -> Option<OwnErrors> {
        let near = |cut: &&PastForecast| cut.day.abs_diff(day) <= model.origins.near_days;
        let cycles = self.known(known_on, model).map(|cycle| {
            cycle.iter().filter(near).map(|cut| (&cut.layered.layers[..], cut.actual, cut.unit))
        });
        OwnErrors::of(cycles, &model.weights)
    }

    fn known(&self, on: NaiveDate, model: &Model) -> impl Iterator<Item = &[PastForecast]> {
        let count = self.cycles.partition_point(|(known_from, _)| *known_from <= on);
        self.cycles[..count].iter().rev().take(model.origins.cycles).map(|(_, cycle)| cycle.as_slice())
    }

    fn layers(
        &self,
        table: &OriginTable,
        origin: &Origin,
        candidates: usize,
        spec: ModelSpec,
        model: &Model,
        pooled: Pooled<'_>,
    ) -> Layered {
        let rules = &model.weights;
        let prior = model.prior.as_ref().map(|prior| prior.on(origin.day));
        if let ModelSpec::Single(_) = spec {
            let mean = mix(&origin.estimates.means, &[1.0]);
            return Layered {
                weights: vec![1.0],
                base: mean,
                layers: [mean; LAYERS.len()],
                layer_weights: Vec::new(),
                features: Vec::new(),
                mean,
            };
        }
        let own = Self::of_candidates(table, origin.day, origin.made_on, model);
        let uniform = PooledErrors::uniform(candidates);
        let pool = prior.map_or(&uniform, |prior| &prior.candidates);
        let weights_of = weights(own.as_ref(), pool, rules.pool_weight, rules.power);
        let mixed = mix(&origin.estimates.means, &weights_of);
        let base = origin.estimates.base + WEIGHTS_SHARE * (mixed - origin.estimates.base);
        let mut layered = Layered {
            weights: weights_of,
            base,
            layers: [mixed, mixed, mixed, base],
            layer_weights: Vec::new(),
            features: Vec::new(),
            mean: mixed,
        };
        if spec == ModelSpec::Weights || origin.scale <= 0.0 || !base.is_finite() {
            return layered;
        }
        layered.features = self.features(origin, base, model);
        // Where all candidates agree there is nothing to correct.
        let agree = |mean: &f64| (mean - base).abs() <= AGREEMENT * origin.scale || mean.is_nan();
        let correction = if origin.estimates.means.iter().all(agree) {
            0.0
        } else {
            origin.scale * pooled(&layered.features)
        };
        let learnt = (base + correction).max(origin.floor);
        layered.layers = [learnt, mixed, (learnt + mixed) / 2.0, base];
        if spec == ModelSpec::Pooled {
            layered.mean = learnt;
            return layered;
        }
        let own = self.of_layers(origin.day, origin.made_on, model);
        let uniform = PooledErrors::uniform(LAYERS.len());
        let pool = prior.map_or(&uniform, |prior| &prior.layers);
        layered.layer_weights = weights(own.as_ref(), pool, rules.layer_pool_weight, rules.layer_power);
        layered.mean = mix(&layered.layers, &layered.layer_weights);
        layered
    }

    fn features(&self, origin: &Origin, base: f64, model: &Model) -> Vec<f32> {
        let relative = |value: f64| ((value - base) / origin.scale).clamp(-LARGEST_FEATURE, LARGEST_FEATURE);
        let (mut size, mut bias, mut total, mut decay) = (0.0, 0.0, 0.0, 1.0);
        for cycle in self.known(origin.made_on, model) {
            let (mut sizes, mut biases, mut count) = (0.0, 0.0, 0.0);
            for cut in cycle.iter().filter(|cut| cut.day.abs_diff(origin.day) <= model.origins.near_days) {
                let limited = |value: f64| (value / cut.scale).clamp(-LARGEST_FEATURE, LARGEST_FEATURE);
                sizes += limited(cut.actual - cut.layered.layers[1]).abs();
                biases += limited(cut.actual - cut.layered.base);
                count += 1.0;
            }
            if count > 0.0 {
                size += decay * sizes / count;
                bias += decay * biases / count;
                total += decay;
            }
            decay *= model.weights.fade_per_cycle;
        }
        let own_past = [
            (base / origin.scale).clamp(-2.0 * LARGEST_FEATURE, 2.0 * LARGEST_FEATURE),
            relative(origin.estimates.base),
            (size + ERROR_EVIDENCE * USUAL_ERROR) / (total + ERROR_EVIDENCE),
            bias / (total + ERROR_EVIDENCE),
            total,
        ];
        let of_candidate = |mean: &f64| if mean.is_finite() { relative(*mean) } else { 0.0 };
        let numbers = origin.estimates.means.iter().map(of_candidate).chain(own_past);
        numbers.map(|value| value as f32).chain(origin.features).collect()
    }
}
