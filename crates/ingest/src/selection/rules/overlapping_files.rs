//! Files without manifests that hold the same days: two states of the same charges, or parts of one bill.
//!
//! Files of one billing account that have common days of an owner and billing period are compared as wholes. If any
//! key of a common day (resource and meter; resource group and meter without a resource) stands in both, they are
//! two states: whole days come from the newer one. Otherwise they are parts of one bill and add up.

use crate::{
    Error, Result,
    charges::findings::{Controls, Finding},
    selection::{
        day_set::DaySet,
        excluded_charges::{Cause, Decisions, Loss},
        rules::newest_run::Period,
        run_charges::{Names, RunCharges},
    },
};
use billing::Amount;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Owner, billing period and day of charges.
pub(crate) type OwnerDay = (u32, Period, i32);

/// What a run charges on each day, by resource and meter.
pub(crate) type DayKeys = HashMap<OwnerDay, BTreeMap<String, i128>>;

/// The keys of runs, each read once, again with its resources and meters, when it is first needed.
pub(crate) struct KeysOfRuns<'a> {
    read: HashMap<usize, DayKeys>,
    read_run: Box<dyn FnMut(usize) -> Result<DayKeys> + 'a>,
}

impl<'a> KeysOfRuns<'a> {
    pub(crate) fn new(read_run: impl FnMut(usize) -> Result<DayKeys> + 'a) -> Self {
        Self { read: HashMap::new(), read_run: Box::new(read_run) }
    }

    /// Reads the keys of a run, if they are not there yet.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub(crate) fn need(&mut self, run: usize) -> Result<()> {
        if !self.read.contains_key(&run) {
            let keys = (self.read_run)(run)?;
            self.read.insert(run, keys);
        }
        Ok(())
    }

    /// The keys of a run that were needed.
    pub(crate) fn of(&self, run: usize) -> &DayKeys {
        &self.read[&run]
    }
}

/// What a run holds of one owner and billing period.
#[derive(Debug, Default, Clone)]
struct Held {
    /// Sum and whether there is usage, by day.
    days: BTreeMap<i32, (i128, bool)>,
    accounts: BTreeSet<u32>,
}

/// Adds to the decisions what files lose to newer states of the same charges.
///
/// # Errors
/// Two states of which neither is newer.
pub(crate) fn decide_file_states(
    decisions: &mut Decisions,
    runs: &[RunCharges],
    names: &Names,
    keys: &mut KeysOfRuns<'_>,
    controls: &mut Controls,
) -> Result<()> {
    let loose: Vec<bool> = (0..runs.len()).map(|run| decisions.claim_of(run).is_none()).collect();
    let is_loose = |run: usize| loose[run];
    if !loose.contains(&true) || runs.len() < 2 {
        return Ok(());
    }
    let held: Vec<BTreeMap<(u32, Period), Held>> =
        (0..runs.len()).map(|run| held_by(decisions, runs, run)).collect::<Result<_>>()?;
    let mut pairs: BTreeMap<(usize, usize), Vec<OwnerDay>> = BTreeMap::new();
    let mut holders: BTreeMap<(u32, Period), Vec<usize>> = BTreeMap::new();
    for (run, own) in held.iter().enumerate() {
        for key in own.keys() {
            holders.entry(*key).or_default().push(run);
        }
    }
    for (key, holders) in &holders {
        for (at, one) in holders.iter().enumerate() {
            for other in &holders[at + 1..] {
                let comparable = (is_loose(*one) || is_loose(*other))
                    && runs[*one].is_estimate == runs[*other].is_estimate
                    && may_be_one_account(&held[*one][key], &held[*other][key]);
                if comparable {
                    let common = common_days(&held[*one][key], &held[*other][key]);
                    let common = common.map(|day| (key.0, key.1, day));
                    pairs.entry((*one, *other)).or_default().extend(common);
                }
            }
        }
    }
    pairs.retain(|_, days| !days.is_empty());
    for ((one, other), common) in pairs {
        keys.need(one)?;
        keys.need(other)?;
        let share_key = common.iter().any(|day| match (keys.of(one).get(day), keys.of(other).get(day)) {
            (Some(a), Some(b)) => a.keys().any(|key| b.contains_key(key)),
            _ => false,
        });
        let sum = |run: usize| -> Amount {
            let sums = common.iter().map(|(owner, period, day)| held[run][&(*owner, *period)].days[day].0);
            sums.map(Amount::from_units).sum()
        };
        if !share_key {
            controls.add(Finding::AddedUp {
                one: runs[one].name.clone(),
                one_sum: sum(one),
                other: runs[other].name.clone(),
                other_sum: sum(other),
            });
            continue;
        }
        let is_equal = common.iter().all(|(owner, period, day)| {
            let of = |run: usize| held[run][&(*owner, *period)].days[day].0;
            of(one) == of(other)
        });
        let (newer, older, by, is_newer) = match newer_of(runs, one, other)? {
            Some((newer, by)) => (newer, if newer == one { other } else { one }, by, true),
            None if is_equal => (one, other, "which is equal to it", false),
            None => return Err(undecided(runs, names, (one, other), common[0].0)),
        };
        let by_owner: BTreeSet<(u32, Period)> =
            common.iter().map(|(owner, period, _)| (*owner, *period)).collect();
        for (owner, period) in by_owner {
            let days = &held[newer][&(owner, period)].days;
            let inside = |day: &i32| (period.0..period.1).contains(day);
            let usage = || days.iter().filter(|(day, (_, usage))| *usage && inside(day)).map(|(day, _)| *day);
            let spans = usage().min().zip(usage().max());
            let lost = if is_newer {
                DaySet::of(spans).union(&days.keys().copied().collect())
            } else {
                // Only what was compared is known to be the same.
                let compared = common.iter().filter(|(whose, when, _)| (*whose, *when) == (owner, period));
                compared.map(|(.., day)| *day).collect()
            };
            let late = if is_loose(older) { BTreeSet::new() } else { BTreeSet::from([period]) };
            decisions.add(
                older,
                Loss {
                    owner: Some(owner),
                    part: None,
                    period: Some(period),
                    accounts: BTreeSet::new(),
                    days: lost,
                    late,
                    cause: Cause::OlderState(newer, by),
                },
            );
        }
    }
    Ok(())
}

fn held_by(
    decisions: &Decisions,
    runs: &[RunCharges],
    number: usize,
) -> Result<BTreeMap<(u32, Period), Held>> {
    let run = &runs[number];
    let claim = decisions.claim_of(number);
    let costs = run.costs()?;
    let mut held: BTreeMap<(u32, Period), Held> = BTreeMap::new();
    run.each_day(|facts, day, row| {
        if claim.is_some_and(|(scope, claim)| !scope.takes(claim, facts.period, day)) {
            return;
        }
        let own = held.entry((facts.owner, facts.period)).or_default();
        own.accounts.extend(facts.account);
        let (sum, usage) = own.days.entry(day).or_insert((0, false));
        *sum += costs[row];
        *usage |= facts.is_usage;
    })?;
    Ok(held)
}

fn may_be_one_account(one: &Held, other: &Held) -> bool {
    one.accounts.is_empty() || other.accounts.is_empty() || !one.accounts.is_disjoint(&other.accounts)
}

fn common_days<'a>(one: &'a Held, other: &'a Held) -> impl Iterator<Item = i32> + use<'a> {
    one.days.keys().copied().filter(|day| other.days.contains_key(day))
}

/// Which of two states is newer, and what says so; `None` where nothing does.
fn newer_of(runs: &[RunCharges], one: usize, other: usize) -> Result<Option<(usize, &'static str)>> {
    if let (Some(a), Some(b)) = (runs[one].time, runs[other].time)
        && a != b
    {
        return Ok(Some((if a > b { one } else { other }, "whose stated time is later")));
    }
    let reach = |run: usize| runs[run].usage_days().map(|(_, last)| last);
    let (a, b) = (reach(one), reach(other));
    Ok((a != b).then(|| (if a > b { one } else { other }, "whose usage reaches a later day")))
}

fn undecided(runs: &[RunCharges], names: &Names, (one, other): (usize, usize), owner: u32) -> Error {
    Error::Ambiguous(format!(
        "`{}` and `{}` hold the same charges of {} with different costs, and neither states when it was made; give only \
         the newer file, or put the time of the download into each name, such as `cost-20260618-0600.csv`",
        runs[one].name,
        runs[other].name,
        names.shown(owner)
    ))
}
