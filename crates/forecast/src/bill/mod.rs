//! Bills: forecast units, the ways in which each is forecast, and the rows that are drawn to them.
//!
//! A *unit* is one currency's subscription (or billing account, for charges without one). Its level is
//! forecast in several *ways*: whole, and as the sum over each of its *partitions*, such as services and
//! meters. The ways are mixed by their past errors at this day of the cycle. So a unit has one forecast,
//! whatever is asked. Rows below a unit have forecasts of their own; the gap to their parent is shared out
//! by the size of their past errors. Recurring purchases are carried one by one, never as a sum.
//!
//! Wrong where the parts of a unit change together in a way that they never did before.

mod draw;
mod known;
mod mix;
mod parts;
mod purchases;
mod series;
mod stops;
mod sum;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use known::View;
pub(crate) use parts::{Part, UnitForecast};
pub(crate) use purchases::carried;
pub(crate) use series::{PastsUntil, SeriesPasts, unit_forecast};
pub(crate) use sum::sum;
pub(crate) use tree::summed_parts;

use crate::{components::Components, totals::Leaf};
use billing::SeriesSet;

/// A bill: what is forecast, and what is shown of it.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// Daily costs of every unit, part and row, by kind.
    pub series: Components,
    /// Daily charges of recurring purchases: of each purchase of a unit, and of its parts in rows.
    pub purchases: SeriesSet,
    /// The forecast units.
    pub units: Vec<Unit>,
    /// What stands below units: a row before its parts, rows of one unit one after the other.
    pub rows: Vec<Row>,
    /// How many of the first keys of rows are not shown: those of a filter.
    pub hidden: usize,
}

/// A forecast unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What is known of it; its keys are not shown.
    pub facts: Leaf,
    /// Its own series.
    pub series: usize,
    /// Ways to cut it into parts.
    pub partitions: Vec<Partition>,
    /// Its recurring purchases.
    pub purchases: Vec<Purchase>,
}

/// Parts that add up to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// What the parts are, in the plural: `services`.
    pub name: String,
    /// Their series.
    pub series: Vec<usize>,
    /// Whether only those that make most of the cost are forecast apart, the others as one.
    pub only_largest: bool,
}

/// A recurring purchase of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Its charges, in [`Bill::purchases`].
    pub charges: usize,
    /// How many payments its term has, one a cycle, where that is known.
    pub payments: Option<usize>,
    /// The rows without parts of their own that it is charged in, with its charges there.
    pub rows: Vec<(usize, usize)>,
}

/// A group inside one unit.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is known of it; as many keys as its level.
    pub facts: Leaf,
    /// Its unit.
    pub unit: usize,
    /// The row that it is a part of; `None` for a part of the unit.
    pub parent: Option<usize>,
    /// Its series.
    pub series: usize,
    /// Whether it is shown: no filter leaves it out.
    pub is_shown: bool,
}

impl Row {
    /// Its depth below the unit, 1 for a part of the unit itself.
    #[must_use]
    pub fn level(&self) -> usize {
        self.facts.keys.len()
    }
}

impl Bill {
    /// The places of the rows of a unit.
    pub(crate) fn rows_of(&self, unit: usize) -> std::ops::Range<usize> {
        let first = self.rows.partition_point(|row| row.unit < unit);
        first..self.rows.partition_point(|row| row.unit <= unit)
    }
}
