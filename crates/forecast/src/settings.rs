//! Settings of a model: where past errors are measured, and how they become weights, quantiles and statuses.

use serde::{Deserialize, Serialize};

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
    /// Errors are limited to this many typical days, a day.
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
    /// Errors are limited to this many typical days, a day.
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
    /// At most this many last days are treated as incomplete; 0 uses all as they are.
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

/// How many means later cycles are mixed from.
pub(crate) const MEANS: usize = 5;

/// How cycles after the open one are forecast where there is a year before them: see `later_cycles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterSettings {
    /// How strictly the best are preferred, ≥ 0.
    pub power: f64,
    /// Pseudo-cycles in which all are alike.
    pub alike_cycles: f64,
    /// What holds by how many cycles lie ahead, ascending; the last one holds for all beyond it.
    pub distances: Vec<LaterDistance>,
}

/// What holds for cycles at one distance from the open one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterDistance {
    /// The last of them; 1 is the cycle after the open one.
    pub through: usize,
    /// Prior weights of today's forecast, the cycle a year before, the same with growth, the mean of twelve months
    /// and that of eight weeks.
    pub weights: [f64; MEANS],
    /// Quantiles of errors divided by their expected size, at 2.5, 10, 90 and 97.5 %.
    pub quantiles: [f64; 4],
}

impl LaterSettings {
    /// What holds at this distance, in cycles; `None` where nothing is set.
    pub(crate) fn at(&self, ahead: usize) -> Option<&LaterDistance> {
        self.distances.iter().find(|own| ahead <= own.through).or(self.distances.last())
    }
}
