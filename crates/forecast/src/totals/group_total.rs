//! The total of a group: the one form of a total from the engine to the renderers.

use crate::{
    cycle_total::{DayForecast, Status},
    price_difference::PriceDifference,
    quantiles::Quantiles,
    used_up::UsedUp,
};
use billing::{Amount, BillingCycle, Currency, CycleFacts, LineSums, Settlement, TotalLine};
use chrono::NaiveDate;

/// What the rest of `top` is called, as key and as name.
pub const OTHERS: &str = "Others";

/// Days of [`GroupTotal::trend`].
pub(crate) const TREND_DAYS: usize = 30;

/// A series at the bottom of the tree, with the facts that its values do not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Its value at each level of the tree.
    pub keys: Vec<Option<String>>,
    /// What people call it, one name a level.
    pub names: Vec<String>,
    /// Currency of its amounts; `None` for plain numbers. Leaves of different currencies never add up.
    pub currency: Option<Currency>,
    /// The last day whose cost is final.
    pub cutoff: NaiveDate,
    /// What is charged in each cycle that is asked for.
    pub cycles: Vec<CycleFacts>,
    /// Days of history up to the cutoff.
    pub history_days: u64,
    /// Days for which the data has no costs although it should.
    pub missing_days: u64,
    /// The first day for which the data has its costs. Earlier days of a cycle are not missing and never
    /// expected.
    pub covered_from: Option<NaiveDate>,
    /// Whether its data ended long before that of the other leaves.
    pub stopped: bool,
    /// What it is charged by line of a total; empty where that is not known.
    pub lines: LineSums,
}

/// The total of one group in one cycle: the one form from the engine to the renderers.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTotal {
    /// Depth in the tree; 0 is the total of a currency.
    pub level: usize,
    /// One value for each level of the tree; `None` beyond the group's level, and where the data has none.
    pub keys: Vec<Option<String>>,
    /// What people call it.
    pub name: String,
    /// Currency of its amounts; `None` for plain numbers.
    pub currency: Option<Currency>,
    /// The cycle; of a sum of cycles, from the first day to the last.
    pub cycle: BillingCycle,
    /// How many cycles it is the total of.
    pub cycles: usize,
    /// The earliest cutoff of its leaves.
    pub cutoff: NaiveDate,
    /// How reliable the forecast is.
    pub status: Status,
    /// Why it is not `ok`.
    pub reason: Option<String>,
    /// How probable it is that it has stopped, where it cost nothing on its last days; 0 for a sum.
    pub stop_probability: f64,
    /// The name of the model; `mixed` where leaves have different ones.
    pub model: String,
    /// Members of the model with their weights, the heaviest first; none for a sum.
    pub members: Vec<(String, f64)>,
    /// Every charge of the cycle in the data, rounded from the exact sum.
    pub actual: Amount,
    /// The total of the cycle, rounded; its point is the forecast. `None` without a forecast.
    pub total: Option<Quantiles<Amount>>,
    /// The part of what is still expected that is recurring charges; not rounded.
    pub recurring: Amount,
    /// Missing days of the cycle, which the total expects.
    pub missing: ExpectedMissing,
    /// The total of the cycle before, where that is covered whole.
    pub previous: Option<Amount>,
    /// Days of history of the longest leaf.
    pub history_days: u64,
    /// Missing days of the leaf that misses most, over its whole history.
    pub missing_days: u64,
    /// The first day for which the data has costs of it.
    pub covered_from: Option<NaiveDate>,
    /// Leaves in it that have no forecast, so that the total holds only their actual cost.
    pub without_forecast: usize,
    /// Daily cost of the last 30 days of the data; `None` is a missing day.
    pub trend: Vec<Option<f64>>,
    /// Days of the cycle up to the cutoff that are not expected, with their cost.
    pub known_days: Vec<(NaiveDate, Option<f64>)>,
    /// Days of the cycle that are expected: missing ones, and those after the cutoff.
    pub expected_days: Vec<DayForecast>,
    /// Exclusive lines that add up to the actual cost and to the total; of level 0, where they are known.
    pub lines: Vec<LineTotal>,
    /// The forecast units that it holds, or parts of, by their places.
    pub units: Vec<usize>,
    /// The amount due when the terms of an offer apply; `None` where prices are not known.
    pub net: Option<NetTotal>,
}

/// Missing days of a cycle that a total expects.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExpectedMissing {
    /// Days that are missing for any part of the group.
    pub days: u64,
    /// What they are expected to add to the actual cost; rounded.
    pub expected: Amount,
}

/// One line of a total.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineTotal {
    /// Which charges.
    pub line: TotalLine,
    /// Charged so far; lines add up to the rounded actual cost.
    pub actual: Amount,
    /// The forecast; lines add up to that of the total.
    pub total: Amount,
}

/// The amount due of a total: `total − credit − discount + recurring`, before tax.
#[derive(Clone, Debug, PartialEq)]
pub struct NetTotal {
    /// The parts: charges, credit, discount, and the offer's charge of the cycle.
    pub settled: Settlement,
    /// The total as costs alone are forecast; rounded.
    pub by_costs: Amount,
    /// Why charges differ from that; rounded, and adding up to the difference.
    pub differences: Vec<(PriceDifference, Amount)>,
    /// The amount due; its point is the forecast.
    pub due: Quantiles<Amount>,
    /// When the credit is used up; `None` where there is none, or that of several series.
    pub credit_used_up: Option<UsedUp>,
}

impl NetTotal {
    /// What some reasons add to the forecast of costs.
    #[must_use]
    pub fn difference(&self, is_meant: impl Fn(&PriceDifference) -> bool) -> Amount {
        self.differences.iter().filter(|(why, _)| is_meant(why)).map(|(_, amount)| *amount).sum()
    }
}

impl GroupTotal {
    /// The forecast of the total; `None` without one.
    #[must_use]
    pub fn point(&self) -> Option<Amount> {
        self.total.as_ref().map(Quantiles::point)
    }

    /// What is still expected: total less actual; `None` without a forecast.
    #[must_use]
    pub fn remaining(&self) -> Option<Amount> {
        self.point().map(|total| total - self.actual)
    }

    /// What was charged so far; `None` where there is neither a charge nor a forecast.
    #[must_use]
    pub fn actual_to_date(&self) -> Option<Amount> {
        Some(self.actual).filter(|actual| self.total.is_some() || *actual != Amount::ZERO)
    }
}
