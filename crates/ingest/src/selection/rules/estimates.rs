//! Estimates and charges: an estimate never counts beside a charge of the same owner and day.

use crate::{
    Result,
    selection::{
        day_set::DaySet,
        excluded_charges::{Cause, Decisions, Loss},
        run_charges::RunCharges,
    },
};
use std::collections::{BTreeSet, HashMap};

/// Takes from estimates the days of owners on which other runs have charges that count: those for which `masks` hold.
///
/// # Errors
/// A fault of the data frame engine.
pub(crate) fn estimates_give_way(
    decisions: &mut Decisions,
    runs: &[RunCharges],
    masks: &[Option<Vec<bool>>],
) -> Result<()> {
    let mut charged: HashMap<u32, BTreeSet<i32>> = HashMap::new();
    for (run, mask) in runs.iter().zip(masks).filter(|(run, _)| !run.is_estimate) {
        run.each_day(|facts, day, row| {
            if mask.as_ref().is_none_or(|mask| mask[row]) {
                charged.entry(facts.owner).or_default().insert(day);
            }
        })?;
    }
    for (number, run) in runs.iter().enumerate().filter(|(_, run)| run.is_estimate) {
        let owners: BTreeSet<u32> = run.keys.iter().map(|facts| facts.owner).collect();
        for owner in owners {
            let Some(days) = charged.get(&owner) else { continue };
            let loss = Loss {
                owner: Some(owner),
                part: None,
                period: None,
                accounts: BTreeSet::new(),
                days: days.iter().copied().collect::<DaySet>(),
                late: BTreeSet::new(),
                cause: Cause::Estimate,
            };
            decisions.add(number, loss);
        }
    }
    Ok(())
}
