//! A model: what `models/default.json` holds, or a file that `forecast train` wrote.
//!
//! Settings say which candidates are mixed and how past errors turn into weights and ranges; the prior
//! is what many series taught. Each number lives in that file only. Wrong for bills unlike all that it
//! was trained on: weights adapt to them, the prior does not.

use crate::{
    Error, Result,
    booster::Booster,
    candidates::Candidate,
    combine::Pool,
    layers::{LAYERS, feature_names},
    ranges::SHARES,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// The file, as it is built in.
const DEFAULT_JSON: &str = include_str!("../../../models/default.json");
/// The version of the file's format that this engine reads.
const FORMAT_VERSION: u32 = 3;

/// A model's settings, and what it was taught.
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
    /// When late days can be made whole.
    pub settling: SettlingSettings,
    /// When a forecast is called by another status than `ok`.
    pub status: StatusSettings,
    /// What many series taught; without it candidates are weighed by a series' own past alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
}

/// What many series taught.
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
    pub candidates: Pool,
    /// Of the layers.
    pub layers: Pool,
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
    /// The last day of the data that was looked at; nothing later has taught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<NaiveDate>,
    /// Name and version of the program that trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The options that it was trained with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Where past errors are measured.
///
/// | field | purpose | range |
/// |---|---|---|
/// | `days_of_cycle` | days after which earlier cycles are cut | 0 to 30, ascending |
/// | `near_days` | cuts that far from today's day count for today | ≥ 1 |
/// | `cycles` | how many earlier cycles | ≥ 1 |
/// | `history_days` | days that must lie before a cut | ≥ 1 |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightSettings {
    /// What a cycle's errors are worth after each further cycle, 0 to 1.
    pub fade_per_cycle: f64,
    /// Pseudo-observations that a cycle counts.
    pub cycle_weight: f64,
    /// Pseudo-observations of the pool for candidates.
    pub pool_weight: f64,
    /// The same for layers.
    pub layer_pool_weight: f64,
    /// How strictly the best are preferred, ≥ 0; 0 weighs all alike.
    pub power: f64,
    /// The same for layers.
    pub layer_power: f64,
    /// An error counts at most so many typical days, a day.
    pub largest_error: f64,
}

/// How past errors become ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeSettings {
    /// Pseudo-observations of the pooled error size against a series' own.
    pub pool_weight: f64,
    /// Pseudo-observations of the Laplace law against the pooled scaled errors.
    pub law_weight: f64,
    /// Error of a mean day, in range units, where nothing at all is known of errors.
    pub unknown_error: f64,
    /// An error counts at most so many typical days, a day.
    pub largest_error: f64,
    /// Ranges are this much wider where nothing at all is known of errors.
    pub short_factor: f64,
    /// Growth of the error's variance for each cycle between the cutoff and the asked cycle.
    pub widening_per_cycle: f64,
}

/// When a late day's value may be divided by its usual completeness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlingSettings {
    /// A day is complete from this share of its final value on.
    pub complete_share: f64,
    /// So many earlier cutoffs must have shown it.
    pub fewest_observations: usize,
    /// The mean deviation of the share must stay below this part of it.
    pub largest_spread: f64,
    /// A last day is suspect below this part of the lowest share of eight weeks, 0 to 1; a day's share is
    /// its cost over the usual cost of its weekday.
    pub suspect_share: f64,
    /// Suspect days are each below this part of the day before, both as shares, 0 to 1.
    pub emptier_share: f64,
    /// A bill is steady enough to be suspected when no share of eight weeks was below this, 0 to 1.
    pub steady_share: f64,
    /// At most so many last days are not believed; 0 believes all.
    pub most_suspect_days: usize,
}

/// When a forecast is called by another status than `ok`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusSettings {
    /// Fewer known days are a short history.
    pub short_days: usize,
    /// So many days without cost, or without value, may mean that a series stopped.
    pub silent_days: usize,
    /// Largest share of missing days in the last eight weeks of a history that is not called broken.
    pub missing_share: f64,
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
        ];
        if not_negative.iter().any(|value| *value < 0.0) || !(0.0..=1.0).contains(&weights.fade_per_cycle) {
            return refused("weights, factors and errors must not be negative, a fade lies in 0 to 1");
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

    /// The file's text: indented, a tree and the list of a day on a line.
    ///
    /// # Errors
    /// [`Error::Model`] when a number is not finite.
    pub fn to_json(&self) -> Result<String> {
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(&mut text, Lines::default());
        self.serialize(&mut writer).map_err(|cause| Error::Model(cause.to_string()))?;
        text.push(b'\n');
        String::from_utf8(text).map_err(|cause| Error::Model(cause.to_string()))
    }

    /// The same model under another name, with where it comes from.
    #[must_use]
    pub fn named(&self, name: &str, provenance: Provenance) -> Self {
        Self { name: name.to_owned(), provenance, ..self.clone() }
    }

    /// The settings that are built in.
    ///
    /// # Panics
    /// Never in a build that passes the tests: they read the file.
    #[must_use]
    pub fn shipped() -> Self {
        Self::from_json(DEFAULT_JSON).expect("the built-in settings are valid")
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
            let fits = |pool: &Pool, count| pool.errors.len() == count && pool.weights.len() == count;
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

/// Depth from which on everything stands on one line.
const PACKED_DEPTH: usize = 4;

/// Writes JSON with line ends and indentation down to [`PACKED_DEPTH`].
#[derive(Default)]
struct Lines {
    depth: usize,
    is_filled: bool,
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, mark: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_filled = false;
        writer.write_all(mark)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, mark: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.is_filled && self.depth < PACKED_DEPTH {
            self.next_line(writer)?;
        }
        self.is_filled = true;
        writer.write_all(mark)
    }

    fn next<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            writer.write_all(b",")?;
        }
        if self.depth <= PACKED_DEPTH { self.next_line(writer) } else { Ok(()) }
    }

    fn next_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.next(writer, is_first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.next(writer, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
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
    fn unknown_keys_candidates_and_bad_numbers_are_refused() {
        let with = |from: &str, to: &str| Model::from_json(&DEFAULT_JSON.replace(from, to)).unwrap_err();
        assert!(with("\"near_days\"", "\"nearby\"").to_string().contains("nearby"));
        assert!(matches!(with("\"ridge_7\"", "\"magic\""), Error::UnknownModel { .. }));
        assert!(with("\"format_version\": 3", "\"format_version\": 9").to_string().contains("format 9"));
        assert!(matches!(with("\"power\": 8.0", "\"power\": -8.0"), Error::Model(_)));
        assert!(matches!(with("      0,\n      2,", "      2,\n      0,"), Error::Model(_)));
    }
}
