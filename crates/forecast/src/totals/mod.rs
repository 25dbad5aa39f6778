//! Totals of a tree of groups: every level adds up to the one above it, to the minor unit.
//!
//! A total is the sum of its units, whatever the groups below it. Rows below a unit are drawn to it. Quantiles
//! of a group come from past errors of its sum; quantiles of parts never add up to those of a whole.

mod cycle_sums;
mod group_total;
mod lines;
mod rounding;
mod sums;
#[cfg(test)]
mod tests;
mod tree;

pub use cycle_sums::{CycleSums, SumSpan};
pub use group_total::{ExpectedMissing, GroupTotal, Leaf, LineTotal, NetTotal, OTHERS};
pub use sums::recent;

pub(crate) use rounding::digits;
pub(crate) use sums::summed;

use crate::{
    bill::{Bill, PastsUntil, UnitForecast, View, unit_forecast},
    calendar::rule_of,
    engine::Engine,
    error::{Error, Result},
    incomplete_days::evident_cutoff,
};
use billing::{BillingCycle, CycleDay};
use rayon::prelude::*;
use tree::Tree;

/// Forecasts every unit of a bill, and every group above its rows, by `depth` shown levels of keys.
///
/// `top` is the number of groups of the last level that are shown inside each parent: those with the
/// largest forecast of the first cycle (equal ones by key). The others are one row, [`OTHERS`]. They are folded
/// after the forecast: parents, totals and the rows that stay are the same with and without it.
///
/// Rows are sorted by currency, cycle and keys, a group before its parts.
///
/// # Errors
/// When the bill names a series that it does not hold.
pub fn forecast_totals(
    engine: &Engine,
    bill: Bill,
    depth: usize,
    top: Option<usize>,
) -> Result<Vec<GroupTotal>> {
    let totals = Totals::of(engine, bill)?;
    let mut tree = totals.tree(engine, depth);
    if let Some(top) = top {
        tree.fold(top);
    }
    Ok(tree.totals())
}

/// The rows of the last level alone, without their days, recent costs and members: what a long table holds.
///
/// # Errors
/// As for [`forecast_totals`].
pub fn forecast_rows(engine: &Engine, bill: Bill, depth: usize) -> Result<Vec<GroupTotal>> {
    let totals = Totals::of(engine, bill)?;
    Ok(Tree::of_rows(&totals.bill, &totals.forecasts, engine.model(), depth).totals())
}

/// A bill with the forecast of each of its units.
pub(crate) struct Totals {
    /// The bill, with cutoffs before days that look incomplete.
    pub(crate) bill: Bill,
    /// The forecast of each unit.
    pub(crate) forecasts: Vec<UnitForecast>,
}

impl Totals {
    /// Forecasts every unit.
    pub(crate) fn of(engine: &Engine, mut bill: Bill) -> Result<Self> {
        check(&bill)?;
        believe_evident_cutoffs(engine, &mut bill);
        let units = (0..bill.units.len()).into_par_iter();
        let forecasts = units.map(|unit| forecast_unit(engine, &bill, unit)).collect();
        Ok(Self { bill, forecasts })
    }

    /// The groups down to a depth.
    pub(crate) fn tree<'a>(&'a self, engine: &'a Engine, depth: usize) -> Tree<'a> {
        Tree::new(&self.bill, &self.forecasts, engine.model(), depth)
    }
}

/// Refuses a bill that names a series that it does not hold.
fn check(bill: &Bill) -> Result<()> {
    let used = bill.units.iter().map(|unit| unit.series).chain(bill.rows.iter().map(|row| row.series));
    match used.max().is_some_and(|last| last >= bill.series.len()) {
        true => {
            let (series, units) = (bill.series.len(), bill.units.len());
            Err(Error::UnequalQuestion { series, cutoffs: units, cycles: units })
        }
        false => Ok(()),
    }
}

/// The forecast of one unit as it is known now.
pub(crate) fn forecast_unit(engine: &Engine, bill: &Bill, unit: usize) -> UnitForecast {
    let facts = &bill.units[unit].facts;
    let cycles: Vec<BillingCycle> = facts.cycles.iter().map(|facts| facts.cycle).collect();
    let rule = cycles.first().map_or(CycleDay::FIRST, |cycle| rule_of(*cycle));
    let view = View { cutoff: facts.cutoff, last_seen: None, rule };
    let pasts = PastsUntil::of(engine, bill, unit, view, &cycles);
    unit_forecast(engine, bill, unit, view, &cycles, &pasts)
}

/// Moves cutoffs before last days that look incomplete.
fn believe_evident_cutoffs(engine: &Engine, bill: &mut Bill) {
    let settings = &engine.model().settling;
    for unit in &mut bill.units {
        let level = bill.series.level().get(unit.series);
        unit.facts.cutoff = evident_cutoff(level, unit.facts.cutoff, settings);
    }
    for row in &mut bill.rows {
        row.facts.cutoff = bill.units[row.unit].facts.cutoff;
    }
}
