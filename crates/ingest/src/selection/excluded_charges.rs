//! What does not count of each run, as data: days and late rows that are taken from elsewhere. The same decisions are
//! applied to costs, usage, hours and to the rows that land.

use crate::{
    Result,
    charges::{
        charge_table::{ChargeTable, values},
        findings::{Controls, Finding},
    },
    selection::{
        day_set::DaySet,
        rules::newest_run::{Period, RunClaim, ScopeClaims},
        run_charges::KeyFacts,
    },
};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Why charges of a run do not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    /// Another scope's newer run holds them; the run's place.
    OtherScope(usize),
    /// They are an older state of what another file holds; the file's place, and what makes that one newer.
    OlderState(usize, &'static str),
    /// They are estimates beside charges.
    Estimate,
}

/// Charges of a run that do not count.
#[derive(Debug, Clone)]
pub(crate) struct Loss {
    /// Whose charges; all where none is named.
    pub owner: Option<u32>,
    /// Only charges with this value in this part column.
    pub part: Option<(usize, u32)>,
    /// Only charges of this billing period.
    pub period: Option<Period>,
    /// Only charges of these billing accounts, or of none; all where empty.
    pub accounts: BTreeSet<u32>,
    /// The days.
    pub days: DaySet,
    /// The billing periods whose late rows do not count.
    pub late: BTreeSet<Period>,
    pub cause: Cause,
}

/// What does not count of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunDecision {
    /// The scope and the place in it, of a run that states its scope.
    pub claim: Option<(usize, usize)>,
    general: Vec<Loss>,
    by_owner: HashMap<u32, Vec<Loss>>,
}

/// The decisions about all runs.
pub(crate) struct Decisions {
    pub scopes: Vec<ScopeClaims>,
    pub runs: Vec<RunDecision>,
}

/// The rows of a table that count, and what does not.
pub(crate) struct Kept {
    pub mask: Vec<bool>,
    pub left_out: LeftOut,
}

/// How many rows of a run do not count, by cause.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeftOut {
    /// Rows of an older run of the same scope.
    pub repeated_rows: u64,
    /// Days of owners, by cause.
    pub lost: BTreeMap<Cause, usize>,
    /// Rows lost to other scopes, states or charges.
    pub lost_rows: u64,
}

impl Decisions {
    pub(crate) fn new(scopes: Vec<ScopeClaims>, runs: usize) -> Self {
        let mut decisions = vec![RunDecision::default(); runs];
        for (scope, claims) in scopes.iter().enumerate() {
            for (place, claim) in claims.runs.iter().enumerate() {
                decisions[claim.run].claim = Some((scope, place));
            }
        }
        Self { scopes, runs: decisions }
    }

    pub(crate) fn add(&mut self, run: usize, loss: Loss) {
        if loss.days.is_empty() && loss.late.is_empty() {
            return;
        }
        match loss.owner {
            Some(owner) => self.runs[run].by_owner.entry(owner).or_default().push(loss),
            None => self.runs[run].general.push(loss),
        }
    }

    /// The scope and claim of a run that states its scope.
    pub(crate) fn claim_of(&self, run: usize) -> Option<(&ScopeClaims, &RunClaim)> {
        let (scope, place) = self.runs[run].claim?;
        Some((&self.scopes[scope], &self.scopes[scope].runs[place]))
    }

    /// Which rows of a run's table count; `None` where all do.
    pub(crate) fn kept(&self, run: usize, keys: &[KeyFacts], table: &ChargeTable) -> Result<Option<Kept>> {
        let decision = &self.runs[run];
        let has_losses = !decision.general.is_empty() || !decision.by_owner.is_empty();
        let claim = self.claim_of(run);
        // The only run of its scope keeps its late rows too.
        let claim = claim.filter(|(scope, _)| scope.runs.len() > 1);
        if claim.is_none() && !has_losses {
            return Ok(None);
        }
        let losses: Vec<Vec<&Loss>> = keys.iter().map(|facts| decision.losses_of(facts)).collect();
        let range = self.claim_of(run).map(|(_, claim)| claim.range);
        let (key, day) = (table.days.column("key")?.idx()?, table.days.column("day")?.date()?);
        let rows = table.days.column("rows")?.u64()?;
        let mut mask = Vec::with_capacity(table.days.height());
        let mut left_out = LeftOut::default();
        let mut lost_days: HashSet<(u32, i32, &Cause)> = HashSet::new();
        for ((key, day), rows) in values(key).zip(values(day.physical())).zip(values(rows)) {
            let facts = &keys[key as usize];
            if let Some((scope, claim)) = claim
                && !scope.takes(claim, facts.period, day)
            {
                left_out.repeated_rows += rows;
                mask.push(false);
                continue;
            }
            let is_late = match range {
                Some((first, last)) => !(first..=last).contains(&day),
                None => !facts.is_inside(day),
            };
            let is_lost = |loss: &&&Loss| {
                loss.days.contains(day) && (!is_late || range.is_none() || loss.cause == Cause::Estimate)
                    || is_late && loss.late.contains(&facts.period)
            };
            let loss = losses[key as usize].iter().find(is_lost);
            if let Some(loss) = loss {
                left_out.lost_rows += rows;
                lost_days.insert((facts.owner, day, &loss.cause));
            }
            mask.push(loss.is_none());
        }
        for (.., cause) in lost_days {
            *left_out.lost.entry(cause.clone()).or_default() += 1;
        }
        Ok(Some(Kept { mask, left_out }))
    }
}

impl RunDecision {
    fn losses_of(&self, facts: &KeyFacts) -> Vec<&Loss> {
        let own = self.by_owner.get(&facts.owner);
        self.general.iter().chain(own.into_iter().flatten()).filter(|loss| loss.is_of(facts)).collect()
    }
}

impl Loss {
    fn is_of(&self, facts: &KeyFacts) -> bool {
        let of_part = self.part.is_none_or(|(column, value)| facts.parts.get(column) == Some(&Some(value)));
        let of_account =
            self.accounts.is_empty() || facts.account.is_none_or(|account| self.accounts.contains(&account));
        let of_period = self.period.is_none_or(|period| period == facts.period);
        of_part && of_account && of_period
    }
}

impl LeftOut {
    /// Says what of a run does not count, and why.
    pub(crate) fn report(&self, run: &str, names_of_runs: &[String], controls: &mut Controls) {
        controls.drop_rows(self.repeated_rows, "repeated by a newer run");
        controls.drop_rows(self.lost_rows, "held by another export, file or charge too");
        for (cause, days) in &self.lost {
            let days = *days;
            controls.add(match cause {
                Cause::OtherScope(winner) => Finding::ScopeOverlap {
                    counts: names_of_runs[*winner].clone(),
                    replaced: run.to_owned(),
                    days,
                },
                Cause::OlderState(newer, by) => Finding::Restated {
                    newer: names_of_runs[*newer].clone(),
                    older: run.to_owned(),
                    days,
                    by,
                },
                Cause::Estimate => Finding::EstimateReplaced { name: run.to_owned(), days },
            });
        }
    }
}

/// The rows of a table for which the mask is true.
pub(crate) fn masked(table: ChargeTable, mask: Vec<bool>) -> Result<ChargeTable> {
    let mask: BooleanChunked = mask.into_iter().map(Some).collect();
    let days = table.days.filter(&mask)?;
    ChargeTable { keys: table.keys, days }.pruned()
}
