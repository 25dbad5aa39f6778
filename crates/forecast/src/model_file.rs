//! A model: what `models/default.json` holds, or a file that `forecast train` wrote.
//!
//! Settings name the candidates that are mixed, and how past errors become weights and quantiles; the
//! prior holds what was trained on many series. Each number is in that file only. Wrong for series unlike
//! all that it was trained on: weights adapt to them, the prior does not.

use crate::{
    Error, Result,
    booster::Booster,
    candidates::Candidate,
    layer_names::{LAYERS, feature_names},
    quantiles::SHARES,
    settings::{
        LaterSettings, OriginSettings, RangeSettings, SettlingSettings, StatusSettings, WeightSettings,
    },
    weights::PooledErrors,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// The file, as it is built in.
const DEFAULT_JSON: &str = include_str!("../../../models/default.json");
/// The version of the file's format that this engine reads.
const FORMAT_VERSION: u32 = 3;

/// A model: its settings and its prior.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    format_version: u32,
    /// Name of the model.
    pub name: String,
    /// Where the numbers come from.
    pub provenance: Provenance,
    #[serde(rename = "candidates")]
    names: Vec<String>,
    #[serde(skip)]
    candidates: Vec<Candidate>,
    /// Where past errors are measured.
    pub origins: OriginSettings,
    /// How they become weights.
    pub weights: WeightSettings,
    /// How they become ranges.
    pub ranges: RangeSettings,
    /// How cycles after the open one are forecast; those of the built-in model where a file does not say.
    #[serde(default = "built_in_later")]
    pub later: LaterSettings,
    /// When late days can be made whole.
    pub settling: SettlingSettings,
    /// When a forecast is called by another status than `ok`.
    pub status: StatusSettings,
    /// Trained on many series; without it candidates are weighed by a series' own past alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
}

/// The prior: errors, weights and trees that were trained on many series.
///
/// Wrong for series of a kind that was not among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// What holds after each day of a cycle, 0 to 31.
    pub days: Vec<PriorDay>,
    /// The pooled model of (mean rest − base) ÷ scale.
    pub pooled: Booster,
    /// Models of the bounds of (mean rest − forecast) ÷ expected error, lowest first.
    pub bounds: Vec<Booster>,
    /// What the bounds, made of both kinds, are multiplied by so that they hold as often as they say.
    pub bound_factors: [f64; 4],
    /// The same for series without a past of their own.
    pub short_factors: [f64; 4],
}

/// What holds after one day of a cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorDay {
    /// Of the candidates, by past origins of many series.
    pub candidates: PooledErrors,
    /// Of the layers.
    pub layers: PooledErrors,
    /// Mean absolute error of the forecast, in range units.
    pub error_size: f64,
    /// Quantiles of errors divided by their expected size, at 2.5, 10, 90 and 97.5 %.
    pub quantiles: [f64; 4],
}

/// Days of a cycle after which something is known, 0 for none.
pub(crate) const DAYS: usize = 32;

/// Where the numbers come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// `hand-set` or `trained`.
    pub kind: String,
    /// Names of the data it was trained on.
    pub trained_on: Vec<String>,
    /// In a sentence.
    pub source: String,
    /// The last day of the data that was looked at; nothing later is in the prior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<NaiveDate>,
    /// Name and version of the program that trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The options that it was trained with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

fn built_in_later() -> LaterSettings {
    Model::shipped().later.clone()
}

/// A key and its value on one line.
fn line(key: &str, value: &impl Serialize) -> Result<String> {
    let value = serde_json::to_string(value).map_err(|cause| Error::Model(cause.to_string()))?;
    Ok(format!("  \"{key}\": {value}"))
}

impl Model {
    /// Reads settings from JSON.
    ///
    /// # Errors
    /// [`Error::Model`] for unknown keys, another format, values outside their range;
    /// [`Error::UnknownModel`] for a candidate that is not known.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut model: Self = serde_json::from_str(text).map_err(|cause| Error::Model(cause.to_string()))?;
        let refused = |why: &str| Err(Error::Model(why.to_owned()));
        if model.format_version != FORMAT_VERSION {
            return refused(&format!("format {} is not {FORMAT_VERSION}", model.format_version));
        }
        let (origins, weights, ranges) = (&model.origins, &model.weights, &model.ranges);
        if model.names.is_empty() {
            return refused("no candidate is named");
        }
        let days = &origins.days_of_cycle;
        if days.is_empty() || !days.is_sorted_by(|one, next| one < next) || days.iter().any(|&day| day > 30) {
            return refused("`days_of_cycle` must ascend from 0 to at most 30");
        }
        if origins.cycles == 0 || origins.history_days == 0 {
            return refused("`cycles` and `history_days` must be at least 1");
        }
        let not_negative = [
            weights.power,
            weights.layer_power,
            weights.pool_weight,
            weights.layer_pool_weight,
            weights.cycle_weight,
            weights.largest_error,
            ranges.pool_weight,
            ranges.law_weight,
            ranges.unknown_error,
            ranges.largest_error,
            ranges.short_factor,
            ranges.widening_per_cycle,
            model.later.power,
            model.later.alike_cycles,
        ];
        if not_negative.iter().any(|value| *value < 0.0) || !(0.0..=1.0).contains(&weights.fade_per_cycle) {
            return refused("weights, factors and errors must not be negative, a fade is in 0 to 1");
        }
        let later = &model.later.distances;
        let is_weight = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if !later.is_sorted_by(|one, next| one.through < next.through)
            || later.iter().any(|own| !own.weights.iter().all(is_weight) || !own.quantiles.is_sorted())
        {
            return refused(
                "`later.distances` must ascend, with weights that are not negative and ascending quantiles",
            );
        }
        model.candidates = model
            .names
            .iter()
            .map(|name| {
                Candidate::named(name).ok_or_else(|| Error::UnknownModel {
                    given: name.clone(),
                    known: Candidate::ALL.map(Candidate::name).join(", "),
                })
            })
            .collect::<Result<_>>()?;
        if let Some(prior) = &model.prior {
            prior.check(&model.candidates)?;
        }
        Ok(model)
    }

    /// The file's text: one top-level key a line.
    ///
    /// # Errors
    /// [`Error::Model`] when a number is not finite.
    pub fn to_json(&self) -> Result<String> {
        let mut lines = vec![
            line("format_version", &self.format_version)?,
            line("name", &self.name)?,
            line("provenance", &self.provenance)?,
            line("candidates", &self.names)?,
            line("origins", &self.origins)?,
            line("weights", &self.weights)?,
            line("ranges", &self.ranges)?,
            line("later", &self.later)?,
            line("settling", &self.settling)?,
            line("status", &self.status)?,
        ];
        if let Some(prior) = &self.prior {
            lines.push(line("prior", prior)?);
        }
        Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
    }

    /// The same model under another name, with where it comes from.
    #[must_use]
    pub fn named(&self, name: &str, provenance: Provenance) -> Self {
        Self { name: name.to_owned(), provenance, ..self.clone() }
    }

    /// The model that is built in, parsed once a process and shared.
    ///
    /// # Panics
    /// Never in a build that passes the tests: they read the file.
    #[must_use]
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<Model>> = LazyLock::new(|| {
            Arc::new(Model::from_json(DEFAULT_JSON).expect("the built-in settings are valid"))
        });
        Arc::clone(&SHIPPED)
    }

    /// The same settings with another prior.
    #[must_use]
    pub fn with_prior(&self, prior: Option<Prior>) -> Self {
        Self { prior, ..self.clone() }
    }

    /// The same with another power for the weights of layers.
    pub(crate) fn with_layer_power(&self, layer_power: f64) -> Self {
        Self { weights: WeightSettings { layer_power, ..self.weights.clone() }, ..self.clone() }
    }

    /// The candidates that are mixed.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
}

impl Prior {
    /// What holds on each day, with a pooled model that says nothing yet and without bounds.
    pub(crate) fn of_days(days: &[PriorDay], features: &[String]) -> Self {
        Self {
            days: days.to_vec(),
            pooled: Booster::nothing(features),
            bounds: Vec::new(),
            bound_factors: [1.0; 4],
            short_factors: [1.0; 4],
        }
    }

    fn check(&self, candidates: &[Candidate]) -> Result<()> {
        let refused = |why: &str| Err(Error::Model(why.to_owned()));
        let is_size = |value: &f64| value.is_finite() && *value >= 0.0;
        if self.days.len() != DAYS {
            return refused("`prior.days` must hold an entry for each of 0 to 31 days");
        }
        for day in &self.days {
            let fits = |pool: &PooledErrors, count| pool.errors.len() == count && pool.weights.len() == count;
            if !fits(&day.candidates, candidates.len()) || !fits(&day.layers, LAYERS.len()) {
                return refused("`prior.days` does not hold one number for each candidate and layer");
            }
            let pools = [&day.candidates, &day.layers];
            let numbers = pools.iter().flat_map(|pool| pool.errors.iter().chain(&pool.weights));
            let sizes = numbers.chain([&day.error_size]);
            if !sizes.into_iter().all(is_size)
                || !day.quantiles.is_sorted()
                || day.quantiles.iter().any(|q| !q.is_finite())
            {
                return refused("`prior.days` holds a number that is negative, not finite or out of order");
            }
        }
        if !self.bound_factors.iter().chain(&self.short_factors).all(is_size) {
            return refused("`bound_factors` must be finite and not negative");
        }
        if self.bounds.len() != SHARES.len() {
            return refused("`prior.bounds` must hold four models");
        }
        let features = feature_names(candidates);
        self.pooled.check(&features)?;
        self.bounds.iter().try_for_each(|bound| bound.check(&features))
    }

    /// What holds after a day of the cycle.
    #[must_use]
    pub fn on(&self, day: usize) -> &PriorDay {
        &self.days[day.min(DAYS - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_is_valid_and_honest() {
        let settings = Model::shipped();
        assert_eq!((settings.name.as_str(), settings.provenance.kind.as_str()), ("default", "trained"));
        assert!(settings.provenance.trained_on.contains(&"made-up bills".to_owned()));
        assert!(settings.prior.is_some() && settings.candidates().len() > 8);
    }

    #[test]
    fn the_built_in_file_is_what_the_model_writes() {
        assert!(
            Model::shipped().to_json().unwrap() == DEFAULT_JSON,
            "`models/default.json` has another layout"
        );
    }

    #[test]
    fn a_file_from_before_later_cycles_has_the_built_in_settings() {
        let lines: Vec<&str> = DEFAULT_JSON.lines().filter(|line| !line.starts_with("  \"later\"")).collect();
        assert!(lines.len() + 1 == DEFAULT_JSON.lines().count());
        assert_eq!(Model::from_json(&lines.join("\n")).unwrap().later, Model::shipped().later);
        let bad = DEFAULT_JSON.replace("\"through\":2,", "\"through\":1,");
        assert!(Model::from_json(&bad).unwrap_err().to_string().contains("later.distances"));
    }

    #[test]
    fn unknown_keys_candidates_and_bad_numbers_are_refused() {
        let with = |from: &str, to: &str| Model::from_json(&DEFAULT_JSON.replace(from, to)).unwrap_err();
        assert!(with("\"near_days\"", "\"nearby\"").to_string().contains("nearby"));
        assert!(matches!(with("\"ridge_7\"", "\"magic\""), Error::UnknownModel { .. }));
        assert!(with("\"format_version\": 3", "\"format_version\": 9").to_string().contains("format 9"));
        assert!(matches!(with("\"power\":10.0", "\"power\":-10.0"), Error::Model(_)));
        assert!(matches!(with("[0,2,", "[2,0,"), Error::Model(_)));
    }
}
