//! The shipped settings of the default model, read from `models/default.json`.
//!
//! Which candidates are mixed, and how past errors turn into weights and ranges. Each number lives
//! in that file only. Wrong for bills unlike any other: weights adapt to them, these numbers do not.

use crate::{Error, Result, candidates::Candidate};
use serde::Deserialize;

/// The file, as it is built in.
const DEFAULT_JSON: &str = include_str!("../../../models/default.json");
/// The version of the file's format that this engine reads.
const FORMAT_VERSION: u32 = 1;

/// A model's settings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
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
    /// When late days can be made whole.
    pub settling: SettlingSettings,
    /// When a forecast is called by another status than `ok`.
    pub status: StatusSettings,
}

/// Where the numbers come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// `hand-set` or `trained`.
    pub kind: String,
    /// Names of the data it was trained on.
    pub trained_on: Vec<String>,
    /// In a sentence.
    pub source: String,
}

/// Where past errors are measured.
///
/// | field | purpose | range |
/// |---|---|---|
/// | `days_of_cycle` | days after which earlier cycles are cut | 0 to 30, ascending |
/// | `near_days` | cuts that far from today's day count for today | ≥ 1 |
/// | `cycles` | how many earlier cycles | ≥ 1 |
/// | `history_days` | days that must lie before a cut | ≥ 1 |
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginSettings {
    /// Days after which earlier cycles are cut; 0 is before the first.
    pub days_of_cycle: Vec<usize>,
    /// Cuts that far from today's day count for today.
    pub near_days: usize,
    /// How many earlier cycles are looked at.
    pub cycles: usize,
    /// Days that must lie before a cut.
    pub history_days: usize,
}

/// How past errors become weights: `score = (n · own + pool_weight · pooled) / (n + pool_weight)`
/// and `weight ∝ score^−power`, where `n = Σ cycle_weight · fade^age`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightSettings {
    /// What a cycle's errors are worth after each further cycle, 0 to 1.
    pub fade_per_cycle: f64,
    /// Pseudo-observations that a cycle counts.
    pub cycle_weight: f64,
    /// Pseudo-observations of the pool.
    pub pool_weight: f64,
    /// How strictly the best are preferred, ≥ 0; 0 weighs all alike.
    pub power: f64,
    /// An error counts at most so many typical days, a day.
    pub largest_error: f64,
}

/// How past errors become ranges.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeSettings {
    /// Pseudo-observations of the pooled error size against a series' own.
    pub pool_weight: f64,
    /// Pseudo-observations of the Laplace law against the pooled scaled errors.
    pub law_weight: f64,
    /// With fewer scaled errors than this a forecast is `wide`.
    pub fewest_errors: usize,
    /// Error of a mean day, in range units, where nothing at all is known of errors.
    pub unknown_error: f64,
    /// Ranges of series without errors of their own are this much wider.
    pub short_factor: f64,
    /// Growth of the error's variance for each cycle between the cutoff and the asked cycle.
    pub widening_per_cycle: f64,
}

/// When a late day's value may be divided by its usual completeness.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlingSettings {
    /// A day is complete from this share of its final value on.
    pub complete_share: f64,
    /// So many earlier cutoffs must have shown it.
    pub fewest_observations: usize,
    /// The mean deviation of the share must stay below this part of it.
    pub largest_spread: f64,
}

/// When a forecast is called by another status than `ok`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusSettings {
    /// Fewer known days are a short history.
    pub short_days: usize,
    /// So many days without cost, or without value, may mean that a series stopped.
    pub silent_days: usize,
    /// Largest share of missing days in the last eight weeks of a history that is not called broken.
    pub missing_share: f64,
}

impl Settings {
    /// Reads settings from JSON.
    ///
    /// # Errors
    /// [`Error::Settings`] for unknown keys, another format, values outside their range;
    /// [`Error::UnknownModel`] for a candidate that is not known.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut settings: Self =
            serde_json::from_str(text).map_err(|cause| Error::Settings(cause.to_string()))?;
        let refused = |why: &str| Err(Error::Settings(why.to_owned()));
        if settings.format_version != FORMAT_VERSION {
            return refused(&format!("format {} is not {FORMAT_VERSION}", settings.format_version));
        }
        let (origins, weights, ranges) = (&settings.origins, &settings.weights, &settings.ranges);
        if settings.names.is_empty() {
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
            weights.pool_weight,
            weights.cycle_weight,
            weights.largest_error,
            ranges.pool_weight,
            ranges.law_weight,
            ranges.unknown_error,
            ranges.short_factor,
            ranges.widening_per_cycle,
        ];
        if not_negative.iter().any(|value| *value < 0.0) || !(0.0..=1.0).contains(&weights.fade_per_cycle) {
            return refused("weights, factors and errors must not be negative, a fade lies in 0 to 1");
        }
        settings.candidates = settings
            .names
            .iter()
            .map(|name| {
                Candidate::ALL.into_iter().find(|candidate| candidate.name() == name).ok_or_else(|| {
                    Error::UnknownModel {
                        given: name.clone(),
                        known: Candidate::ALL.map(Candidate::name).join(", "),
                    }
                })
            })
            .collect::<Result<_>>()?;
        Ok(settings)
    }

    /// The settings that are built in.
    ///
    /// # Panics
    /// Never in a build that passes the tests: they read the file.
    #[must_use]
    pub fn shipped() -> Self {
        Self::from_json(DEFAULT_JSON).expect("the built-in settings are valid")
    }

    /// The candidates that are mixed.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_is_valid_and_honest() {
        let settings = Settings::shipped();
        assert_eq!((settings.name.as_str(), settings.provenance.kind.as_str()), ("default", "hand-set"));
        assert!(settings.provenance.trained_on.is_empty() && settings.candidates().len() > 8);
    }

    #[test]
    fn unknown_keys_candidates_and_bad_numbers_are_refused() {
        let with = |from: &str, to: &str| Settings::from_json(&DEFAULT_JSON.replace(from, to)).unwrap_err();
        assert!(with("\"near_days\"", "\"nearby\"").to_string().contains("nearby"));
        assert!(matches!(with("\"ridge_7\"", "\"magic\""), Error::UnknownModel { .. }));
        assert!(with("\"format_version\": 1", "\"format_version\": 9").to_string().contains("format 9"));
        assert!(matches!(with("\"power\": 8.0", "\"power\": -8.0"), Error::Settings(_)));
        assert!(matches!(with("[0, 2, 3", "[3, 2, 0"), Error::Settings(_)));
    }
}
