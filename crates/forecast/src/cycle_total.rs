//! A cycle's total: what was seen so far, and what remains.
//!
//! `total = actual to date + remaining`. What remains is the expected cost of every day after the cutoff
//! and of every missing day before it, less what unsettled and partly covered days already show
//! (`max(seen, expected) − seen`, where no value is negative), plus the recurring charges still to come.
//! Wrong where a cost is neither level nor recurring.

use crate::quantiles::Quantiles;
use billing::BillingCycle;
use chrono::NaiveDate;

/// How reliable a forecast is; the values of `x_Status`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// A forecast.
    Ok,
    /// A forecast from a short, incomplete or unsettled history, with a range to match.
    Wide,
    /// The cycle is over and settled.
    Closed,
    /// No forecast: there is no usable value.
    Insufficient,
    /// The series stopped.
    Stale,
    /// Every model failed.
    Failed,
}

impl Status {
    /// The value in `x_Status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wide => "wide",
            Self::Closed => "closed",
            Self::Insufficient => "insufficient",
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The forecast of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesForecast {
    /// Status of the first asked cycle.
    pub status: Status,
    /// Why the status is not `ok` or `closed`.
    pub reason: Option<String>,
    /// Name of the model.
    pub model: String,
    /// Candidates that count for the open cycle with their weights, the heaviest first.
    pub members: Vec<(String, f64)>,
    /// Days up to the cutoff that have a value.
    pub history_days: usize,
    /// Days up to the cutoff that have none.
    pub missing_days: usize,
    /// A forecast for each asked cycle.
    pub cycles: Vec<CycleForecast>,
}

/// The forecast of one cycle of a series.
///
/// Wrong when the rest of the cycle is unlike anything in the history.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleForecast {
    /// The cycle.
    pub cycle: BillingCycle,
    /// Status of this cycle.
    pub status: Status,
    /// What is still expected beyond all values in the series, in their unit; `None` without a forecast.
    /// Its floor is 0, or none where credits or refunds occur.
    pub remaining: Option<Quantiles>,
    /// The part of `remaining` that is recurring charges.
    pub recurring: f64,
    /// The part of `remaining` that missing days are expected to cost.
    pub missing: f64,
    /// Days of the cycle that are expected: missing ones, and those after the cutoff, in order.
    pub daily: Vec<DayForecast>,
    /// How its level's range came about; `None` where none was made from past errors.
    pub(crate) spread: Option<Spread>,
    /// Of a cycle after the open one: the errors that its forecast would have had before.
    pub(crate) errors: Vec<PartError>,
}

/// An error of a forecast in an earlier cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PartError {
    /// The day after the cycle.
    pub known_from: NaiveDate,
    /// Truth less forecast of the rest's sum.
    pub error: f64,
    /// The absolute error that was to be expected.
    pub scale: f64,
}

/// How the range of a cycle's level came about: the bounds are `level + shape · size · unit · days`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The day of the cycle whose past errors count.
    pub day: usize,
    /// The bounds in expected errors, lowest first.
    pub shape: [f64; 4],
    /// The expected error of the mean rest, in range units.
    pub size: f64,
    /// The range unit, as much larger as the cycle lies ahead and the history is short.
    pub unit: f64,
    /// Days of the rest, missing ones included.
    pub days: f64,
    /// Below which the level cannot fall.
    pub floor: Option<f64>,
    /// How probable it is that the series has stopped, so that nothing comes.
    pub stopped: f64,
    /// The level when it has not.
    pub usual: f64,
    /// Whether it comes from errors of cycles as far ahead, and not from those at a day of the open cycle.
    pub is_later: bool,
}

/// Why a day is expected and not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DayState {
    /// It lies after the data.
    ToCome,
    /// A part of it is in the data and not final.
    Settling,
    /// It lies before the cutoff, and no file covers it, or not whole.
    Missing,
}

/// The expected cost of one day.
///
/// Wrong to add up: quantiles of days do not sum to those of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct DayForecast {
    /// The day.
    pub date: NaiveDate,
    /// Why it is expected.
    pub state: DayState,
    /// Its cost when everything of it is known.
    pub cost: Quantiles,
}

impl DayForecast {
    /// The expected cost.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.cost.point()
    }
}

impl CycleForecast {
    /// A cycle that has no forecast, for the reason that its status names.
    #[must_use]
    pub fn without(cycle: BillingCycle, status: Status) -> Self {
        Self {
            cycle,
            status,
            remaining: None,
            recurring: 0.0,
            missing: 0.0,
            daily: Vec::new(),
            spread: None,
            errors: Vec::new(),
        }
    }

    /// A cycle of which nothing is left.
    #[must_use]
    pub fn closed(cycle: BillingCycle) -> Self {
        Self { remaining: Some(Quantiles::exactly(0.0)), ..Self::without(cycle, Status::Closed) }
    }

    /// The expected remaining cost; `None` without a forecast.
    #[must_use]
    pub fn point(&self) -> Option<f64> {
        self.remaining.as_ref().map(Quantiles::point)
    }

    /// The expected day `date`, if it is one of [`daily`](Self::daily).
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<&DayForecast> {
        self.daily.binary_search_by_key(&date, |day| day.date).ok().map(|index| &self.daily[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::month;

    #[test]
    fn a_closed_cycle_leaves_nothing() {
        let closed = CycleForecast::closed(month("2026-10-01"));
        assert_eq!(closed.remaining, Some(Quantiles::exactly(0.0)));
        assert_eq!(Status::Insufficient.to_string(), "insufficient");
    }
}
