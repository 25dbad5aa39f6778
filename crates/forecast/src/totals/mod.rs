//! Totals of a tree of groups: every level adds up to the one above it, to the minor unit.
//!
//! The point of a group is the sum of its leaves' points (bottom-up). Its quantiles are its own: they come
//! from past errors of the *summed* series, moved to that point; quantiles of parts never add up to those
//! of a whole. Wrong where leaves move together in a way that their sum never showed before.

mod group_total;
mod groups;
mod lines;
mod nodes;
mod rounding;
mod sums;
#[cfg(test)]
mod tests;

pub use group_total::{ExpectedMissing, GroupTotal, Leaf, LineTotal, NetTotal, OTHERS};
pub use sums::recent;

pub(crate) use group_total::TREND_DAYS;
pub(crate) use lines::{LeafLines, line_totals};
pub(crate) use rounding::{Exact, digits, rounded};
pub(crate) use sums::{known_parts, summed};

use crate::{
    components::Components,
    engine::{Engine, Question},
    error::Result,
    incomplete_days::evident_cutoff,
};
use billing::BillingCycle;
use chrono::NaiveDate;
use groups::Groups;
use nodes::Tree;
use sums::Sums;

/// Forecasts every leaf and every group above it, by `depth` levels of keys.
///
/// `top` is the number of groups of the last level that are shown inside each parent: those with the
/// largest forecast of the first cycle (equal ones by key). The others are one row, [`OTHERS`]. They are folded
/// after the forecast: parents, totals and the rows that stay are the same with and without it.
///
/// Rows are sorted by currency, cycle and keys, a group before its parts.
///
/// # Errors
/// When series and leaves are not equally many.
pub fn forecast_totals(
    engine: &Engine,
    components: &Components,
    leaves: &[Leaf],
    depth: usize,
    top: Option<usize>,
) -> Result<Vec<GroupTotal>> {
    let leaves = &with_evident_cutoffs(engine, components, leaves);
    let cutoffs: Vec<NaiveDate> = leaves.iter().map(|leaf| leaf.cutoff).collect();
    let cycles: Vec<Vec<BillingCycle>> =
        leaves.iter().map(|leaf| leaf.cycles.iter().map(|facts| facts.cycle).collect()).collect();
    let forecasts = engine.forecast(&Question::new(components, &cutoffs, &cycles)?);
    let groups = Groups::of(leaves, depth);
    let mut tree = Tree::new(components, leaves, &forecasts, depth, groups);
    let rest = top.map(|top| tree.fold(top)).unwrap_or_default();
    let sums = Sums::of(components, leaves, tree.shown().chain(rest.iter().map(|rest| rest.group())));
    let sums = sums.forecast(engine)?;
    Ok(tree.totals(&rest, &sums))
}

/// The leaves, with cutoffs before last days that look incomplete.
fn with_evident_cutoffs(engine: &Engine, components: &Components, leaves: &[Leaf]) -> Vec<Leaf> {
    let settings = &engine.model().settling;
    let series = |index: usize| (index < components.len()).then(|| components.level().get(index));
    let cutoff = |(index, leaf): (usize, &Leaf)| Leaf {
        cutoff: series(index).map_or(leaf.cutoff, |level| evident_cutoff(level, leaf.cutoff, settings)),
        ..leaf.clone()
    };
    leaves.iter().enumerate().map(cutoff).collect()
}
