//! Which run of one export scope each day is taken from.
//!
//! Exports are cumulative: every run repeats the period so far. Per scope a day is taken from the newest run whose
//! range contains it. Rows outside their own run's range (late or corrected) go with the newest run of their
//! billing period that begins where the period does and covers at least as far as every older such run:
//! a newer run over fewer days withdraws nothing.

use crate::{
    Error, Result,
    exports::scope::ExportScope,
    selection::{
        day_set::DaySet,
        run_charges::{Names, RunCharges},
    },
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A billing period, half-open, counted from the epoch.
pub(crate) type Period = (i32, i32);

/// The runs of one scope, and what each of them gives.
pub(crate) struct ScopeClaims {
    pub scope: ExportScope,
    pub is_estimate: bool,
    /// The runs, oldest first.
    pub runs: Vec<RunClaim>,
    /// The run that takes the late rows of each billing period.
    late_takers: BTreeMap<Period, usize>,
    /// First and last day on which the runs that count list an owner in a billing period.
    pub listed: HashMap<u32, BTreeMap<Period, (i32, i32)>>,
    /// The billing accounts that the runs name for each owner.
    pub accounts: HashMap<u32, BTreeSet<u32>>,
}

/// What one run of a scope gives.
#[derive(Debug, Clone)]
pub(crate) struct RunClaim {
    /// Its place among all runs.
    pub run: usize,
    pub time: DateTime<Utc>,
    /// The days of its range.
    pub range: (i32, i32),
    /// The days of its range for which it is the newest run.
    pub taken: DaySet,
}

impl ScopeClaims {
    /// Groups the runs that state a scope.
    ///
    /// # Errors
    /// Two runs of one scope and time that differ on a day that both hold.
    pub(crate) fn all(runs: &[RunCharges], names: &Names) -> Result<Vec<Self>> {
        let mut by_scope: BTreeMap<(bool, &ExportScope), Vec<usize>> = BTreeMap::new();
        for (number, run) in runs.iter().enumerate() {
            if let (Some(scope), Some(_), Some(_)) = (&run.scope, run.time, run.claim) {
                by_scope.entry((run.is_estimate, scope)).or_default().push(number);
            }
        }
        by_scope
            .into_iter()
            .flat_map(|(key, numbers)| by_agreement(runs, numbers).into_iter().map(move |own| (key, own)))
            .map(|((is_estimate, scope), mut numbers)| {
                numbers.sort_by_key(|number| (runs[*number].time, *number));
                refuse_equal_times(runs, &numbers, names)?;
                Self::of(scope.clone(), is_estimate, runs, &numbers)
            })
            .collect()
    }

    fn of(scope: ExportScope, is_estimate: bool, runs: &[RunCharges], numbers: &[usize]) -> Result<Self> {
        let mut newer = DaySet::default();
        let mut claims = Vec::with_capacity(numbers.len());
        for &run in numbers.iter().rev() {
            let (Some(time), Some(range)) = (runs[run].time, runs[run].claim) else { continue };
            let own = DaySet::of([range]);
            claims.push(RunClaim { run, time, range, taken: without(range, &newer) });
            newer = newer.union(&own);
        }
        claims.reverse();
        let mut scope = Self {
            scope,
            is_estimate,
            runs: claims,
            late_takers: BTreeMap::new(),
            listed: HashMap::new(),
            accounts: HashMap::new(),
        };
        scope.find_late_takers(runs)?;
        Ok(scope)
    }

    /// Whether a row of a run counts among the runs of this scope.
    pub(crate) fn takes(&self, claim: &RunClaim, period: Period, day: i32) -> bool {
        if (claim.range.0..=claim.range.1).contains(&day) {
            claim.taken.contains(day)
        } else {
            self.late_takers.get(&period) == Some(&claim.run)
        }
    }

    /// When the run was submitted that takes the late rows of a billing period; the newest that holds any day of it
    /// where no run has late rows.
    pub(crate) fn late_time(&self, runs: &[RunCharges], period: Period) -> Option<DateTime<Utc>> {
        match self.late_takers.get(&period) {
            Some(run) => runs[*run].time,
            None => self.late_taker(runs, period, &BTreeSet::new()).and_then(|run| runs[run].time),
        }
    }

    /// The days on which a run submitted after `time` holds the scope; of runs of the same time where `wins_ties`.
    pub(crate) fn days_after(&self, time: DateTime<Utc>, wins_ties: bool) -> DaySet {
        let is_newer = |claim: &&RunClaim| claim.time > time || claim.time == time && wins_ties;
        let newer = self.runs.iter().filter(is_newer);
        DaySet::of(newer.flat_map(|claim| claim.taken.intervals().iter().copied()))
    }

    /// The newest run of the scope.
    pub(crate) fn newest(&self) -> Option<usize> {
        self.runs.last().map(|claim| claim.run)
    }

    fn find_late_takers(&mut self, runs: &[RunCharges]) -> Result<()> {
        let mut holders: BTreeMap<Period, BTreeSet<usize>> = BTreeMap::new();
        for claim in &self.runs {
            runs[claim.run].each_day(|facts, day, _| {
                if !(claim.range.0..=claim.range.1).contains(&day) {
                    holders.entry(facts.period).or_default().insert(claim.run);
                }
            })?;
        }
        for (period, holders) in holders {
            let taker = self.late_taker(runs, period, &holders);
            self.late_takers.extend(taker.map(|run| (period, run)));
        }
        Ok(())
    }

    fn late_taker(&self, runs: &[RunCharges], period: Period, holders: &BTreeSet<usize>) -> Option<usize> {
        let (start, end) = period;
        let mut farthest = i32::MIN;
        let mut taker = None;
        for claim in &self.runs {
            let (first, last) = claim.range;
            if first > start || last < start {
                continue;
            }
            let known = runs[claim.run].covered.map_or(last, |(_, last)| last.to_epoch_days());
            let reaches = known.min(end - 1);
            if reaches >= farthest {
                (farthest, taker) = (reaches, Some(claim.run));
            }
        }
        let newest_holder =
            || self.runs.iter().rev().map(|claim| claim.run).find(|run| holders.contains(run));
        taker.or_else(newest_holder)
    }

    /// Finds what the runs that count list. Only scopes that share charges with others need it.
    pub(crate) fn find_listed(&mut self, runs: &[RunCharges]) -> Result<()> {
        let mut listed: HashMap<u32, BTreeMap<Period, (i32, i32)>> = HashMap::new();
        for claim in &self.runs {
            let run = &runs[claim.run];
            let mut ends: Vec<Option<(i32, i32)>> = vec![None; run.keys.len()];
            run.each_row(|key, day, _| {
                let facts = &run.keys[key];
                if facts.is_inside(day) && self.takes(claim, facts.period, day) {
                    let (first, last) = ends[key].get_or_insert((day, day));
                    (*first, *last) = (day.min(*first), day.max(*last));
                }
            })?;
            for (facts, own) in run.keys.iter().zip(ends) {
                let Some((first, last)) = own else { continue };
                let ends =
                    listed.entry(facts.owner).or_default().entry(facts.period).or_insert((first, last));
                *ends = (first.min(ends.0), last.max(ends.1));
            }
            for (owner, accounts) in run.accounts() {
                self.accounts.entry(owner).or_default().extend(accounts);
            }
        }
        self.listed = listed;
        Ok(())
    }
}

/// Runs of one scope by billing account: exports that have no account in common never replace each other.
fn by_agreement(runs: &[RunCharges], numbers: Vec<usize>) -> Vec<Vec<usize>> {
    let mut accounts: BTreeMap<Option<&str>, BTreeSet<u32>> = BTreeMap::new();
    for number in &numbers {
        let own = runs[*number].keys.iter().filter_map(|facts| facts.account);
        accounts.entry(runs[*number].export.as_deref()).or_default().extend(own);
    }
    // Groups of exports that share accounts; exports that name none belong to the first group, whatever their name.
    let (named, nameless): (Vec<_>, Vec<_>) = accounts.into_iter().partition(|(_, own)| !own.is_empty());
    let mut groups: Vec<(BTreeSet<u32>, BTreeSet<Option<&str>>)> = Vec::new();
    for (export, own) in named {
        let mut joined = (own, BTreeSet::from([export]));
        let is_apart = |group: &(BTreeSet<u32>, _)| group.0.is_disjoint(&joined.0);
        let (apart, same): (Vec<_>, Vec<_>) = groups.drain(..).partition(is_apart);
        for (accounts, exports) in same {
            joined.0.extend(accounts);
            joined.1.extend(exports);
        }
        groups = apart;
        groups.push(joined);
    }
    if !nameless.is_empty() {
        let exports = nameless.into_iter().map(|(export, _)| export);
        match groups.first_mut() {
            Some(first) => first.1.extend(exports),
            None => groups.push((BTreeSet::new(), exports.collect())),
        }
    }
    let of = |group: &BTreeSet<Option<&str>>| {
        numbers.iter().copied().filter(|run| group.contains(&runs[*run].export.as_deref())).collect()
    };
    groups.iter().map(|(_, exports)| of(exports)).collect()
}

/// The days of an interval that are not in a set.
fn without((first, last): (i32, i32), days: &DaySet) -> DaySet {
    let mut out = Vec::new();
    let mut next = first;
    for &(from, to) in days.intervals() {
        if from > last {
            break;
        }
        if to >= next {
            out.push((next, (from - 1).min(last)));
            next = to + 1;
        }
    }
    out.push((next, last));
    DaySet::of(out)
}

/// Two runs of one scope and moment that hold different costs for the same days are ambiguous.
fn refuse_equal_times(runs: &[RunCharges], numbers: &[usize], names: &Names) -> Result<()> {
    let of_one_time = numbers.chunk_by(|one, other| runs[*one].time == runs[*other].time);
    let pairs = of_one_time.flat_map(|same| {
        same.iter().enumerate().flat_map(|(at, one)| same[at + 1..].iter().map(move |other| (*one, *other)))
    });
    for (one, other) in pairs {
        let (one, other) = (&runs[one], &runs[other]);
        let (Some(a), Some(b)) = (one.claim, other.claim) else { continue };
        let both = (a.0.max(b.0), a.1.min(b.1));
        if both.0 > both.1 {
            continue;
        }
        let (sums, others) = (daily_sums(one, both)?, daily_sums(other, both)?);
        let keys: BTreeSet<&(u32, i32)> = sums.keys().chain(others.keys()).collect();
        let differs = |key: &&&(u32, i32)| sums.get(key).unwrap_or(&0) != others.get(key).unwrap_or(&0);
        if let Some((owner, _)) = keys.iter().find(differs) {
            return Err(Error::Ambiguous(format!(
                "`{}` and `{}` hold different costs for the same days of {} and were made at the same moment; which of \
                 them counts is unknown: give only one of them",
                one.name,
                other.name,
                names.text(*owner)
            )));
        }
    }
    Ok(())
}

fn daily_sums(run: &RunCharges, (first, last): (i32, i32)) -> Result<BTreeMap<(u32, i32), i128>> {
    let costs = run.costs()?;
    let mut sums = BTreeMap::new();
    run.each_day(|facts, day, row| {
        if (first..=last).contains(&day) {
            *sums.entry((facts.owner, day)).or_insert(0) += costs[row];
        }
    })?;
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_run_holds_is_taken_out_of_a_range() {
        let newer = DaySet::of([(3, 4), (8, 20)]);
        assert_eq!(without((1, 10), &newer).intervals(), [(1, 2), (5, 7)]);
        assert_eq!(without((3, 4), &newer).intervals(), []);
        assert_eq!(without((1, 2), &newer).intervals(), [(1, 2)]);
    }
}
