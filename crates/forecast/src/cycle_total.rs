//! A cycle's total: what was seen so far, and what remains.
//!
//! `total = actual to date + remaining`. What remains is the expected cost of every day after the
//! cutoff, less what unsettled days already show (`max(seen, expected) − seen`, where no value is
//! negative), plus the recurring charges still to come. Wrong where a cost is neither level nor recurring.

use crate::ranges::Ranges;
use billing::BillingCycle;
use chrono::NaiveDate;

/// How far a forecast is to be trusted; the words of `x_Status`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// A forecast.
    Ok,
    /// A forecast from little, broken or unsettled history: its range says so.
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
    /// The word in `x_Status`.
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
    /// What is still to come beyond all values in the series; `None` without a forecast.
    pub remaining: Option<f64>,
    /// Ranges of `remaining`.
    pub ranges: Option<Ranges>,
    /// Days of the cycle after the cutoff.
    pub daily: Vec<DayForecast>,
    /// No bound lies below this: 0, or minus infinity where credits or refunds occur.
    pub floor: f64,
}

/// The expected cost of one day.
///
/// Wrong to add up: ranges of days do not sum to that of a cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayForecast {
    /// The day.
    pub date: NaiveDate,
    /// Its expected cost; for an unsettled day what it will be when settled.
    pub expected: f64,
    /// Whether a part of it was already seen.
    pub is_settling: bool,
    /// Ranges of the day's cost.
    pub ranges: Ranges,
}

impl CycleForecast {
    /// A cycle that has no forecast, for the reason that its status names.
    #[must_use]
    pub fn without(cycle: BillingCycle, status: Status) -> Self {
        Self { cycle, status, remaining: None, ranges: None, daily: Vec::new(), floor: 0.0 }
    }

    /// A cycle of which nothing is left.
    #[must_use]
    pub fn closed(cycle: BillingCycle) -> Self {
        Self {
            remaining: Some(0.0),
            ranges: Some(Ranges::exactly(0.0)),
            ..Self::without(cycle, Status::Closed)
        }
    }

    /// The same range around another point: for a parent, whose point is the sum of its children.
    ///
    /// Bounds move along with the point, stay nested around it and do not fall below the floor.
    ///
    /// ```
    /// # use forecast::{CycleForecast, Ranges, Status};
    /// # use billing::{BillingCycle, CycleDay};
    /// # let cycle = BillingCycle::containing("2026-11-10".parse().unwrap(), CycleDay::FIRST);
    /// let ranges = Ranges { lower80: 8.0, upper80: 13.0, lower95: 2.0, upper95: 20.0 };
    /// let mut parent = CycleForecast::without(cycle, Status::Ok);
    /// (parent.remaining, parent.ranges) = (Some(10.0), Some(ranges));
    /// let shifted = parent.recentred(5.0).ranges.unwrap();
    /// assert_eq!(shifted.ascending(), [0.0, 3.0, 8.0, 15.0]);
    /// ```
    #[must_use]
    pub fn recentred(&self, remaining: f64) -> Self {
        let shift = remaining - self.remaining.unwrap_or(remaining);
        let floor = self.floor.min(remaining);
        let ranges =
            self.ranges.map(|ranges| Ranges::around(remaining, ranges.ascending().map(|b| b + shift), floor));
        Self { remaining: Some(remaining), ranges, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::month;

    #[test]
    fn a_closed_cycle_leaves_nothing() {
        let closed = CycleForecast::closed(month("2026-10-01"));
        assert_eq!((closed.remaining, closed.ranges), (Some(0.0), Some(Ranges::exactly(0.0))));
        assert_eq!(Status::Insufficient.to_string(), "insufficient");
    }

    #[test]
    fn a_point_below_the_floor_keeps_its_range() {
        let moved = CycleForecast::closed(month("2026-10-01")).recentred(-3.0);
        assert_eq!(moved.ranges.unwrap().ascending(), [-3.0; 4]);
    }
}
