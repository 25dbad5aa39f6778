//! From runs to covered days: what each export scope, and the files without one, cover of each owner.
//!
//! With a manifest a run covers its stated days, up to the one before it was submitted. Without one, the days of
//! usage are all there is: each file covers its own days, so that a month that was not given stays missing, and
//! a file of one subscription does not cover another. Purchases, credits and tax may be dated ahead; only
//! without any usage do their days count.

use crate::{
    Result,
    charges::findings::{Controls, Finding},
    exports::scope::{Relation, ScopeKind},
    selection::{
        coverage::{Coverage, Feed, coverage_of},
        day_set::DaySet,
        excluded_charges::Decisions,
        rules::newest_run::Period,
        run_charges::{Names, RunCharges},
    },
};
use chrono::NaiveDate;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// A unit whose charges begin within this number of days after the end of another unit's follows it.
const FOLLOW_DAYS: i32 = 3;

/// The coverage of each owner and invoice unit.
pub(crate) struct Coverages {
    pub all: Vec<Coverage>,
    /// The number of the coverage of each owner and unit, in words.
    pub of: HashMap<(String, String), u32>,
}

/// The days of one billing period of which a file without manifest has usage.
#[derive(Debug, Clone)]
struct FilePeriod {
    run: usize,
    period: Period,
    first: i32,
    last: i32,
    owners: BTreeSet<u32>,
}

/// Where charges come from: an export scope, or files that are read together.
struct Source {
    scope: Option<usize>,
    runs: Vec<usize>,
    account: Option<u32>,
}

/// Finds the covered days of each owner and unit.
pub(crate) fn coverages(
    runs: &[RunCharges],
    masks: &[Option<Vec<bool>>],
    decisions: &Decisions,
    names: &Names,
    as_of: Option<NaiveDate>,
    controls: &mut Controls,
) -> Result<Coverages> {
    let sources = sources(runs, decisions);
    let periods: Vec<Vec<FilePeriod>> =
        runs.iter().enumerate().map(|(number, run)| file_periods(number, run)).collect();
    let charged = charged_days(runs, masks)?;
    let mut owners: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for (number, source) in sources.iter().enumerate() {
        for run in &source.runs {
            for facts in &runs[*run].keys {
                owners.entry(facts.owner).or_default().insert(number);
            }
        }
        let id = source.scope.and_then(|scope| decisions.scopes[scope].scope.subscription.as_deref());
        if let Some(owner) = id.and_then(|id| names.find(id)) {
            owners.entry(owner).or_default().insert(number);
        }
    }
    let last_seen = as_of.map(|day| day.to_epoch_days() - 1);
    let mut out = Coverages { all: Vec::new(), of: HashMap::new() };
    let mut numbers: HashMap<Coverage, u32> = HashMap::new();
    let mut shared: HashMap<usize, (Coverage, Vec<usize>)> = HashMap::new();
    for (owner, own) in owners {
        let own: Vec<usize> = own.into_iter().collect();
        let feeds: Vec<Feed> = own
            .iter()
            .map(|source| feed(owner, &sources, *source, &own, runs, &periods, &charged, decisions))
            .collect();
        // Owners of one scope with stated ranges have the same days.
        let is_alike = own.len() == 1 && sources[own[0]].scope.is_some();
        let (coverage, silent) = match shared.get(&own[0]).filter(|_| is_alike) {
            Some(known) => known.clone(),
            None => coverage_of(&feeds, last_seen),
        };
        if is_alike && sources[own[0]].runs.iter().all(|run| runs[*run].covered.is_some()) {
            shared.entry(own[0]).or_insert_with(|| (coverage.clone(), silent.clone()));
        }
        for place in silent {
            let last =
                feeds[place].covered().intervals().last().and_then(|own| NaiveDate::from_epoch_days(own.1));
            if let Some(last) = last {
                controls.add(Finding::SilentScope {
                    subscription: names.shown(owner).to_owned(),
                    name: feeds[place].name.clone(),
                    last,
                });
            }
        }
        let units: BTreeMap<u32, &DaySet> =
            charged.by_unit.get(&owner).into_iter().flatten().map(|(unit, days)| (*unit, days)).collect();
        let all_units: BTreeSet<u32> = charged.units.get(&owner).cloned().unwrap_or_default();
        for unit in all_units {
            let own = Coverage { moved: has_moved(unit, &units), ..coverage.clone() };
            let next = out.all.len() as u32;
            let number = *numbers.entry(own.clone()).or_insert(next);
            if number == next {
                out.all.push(own);
            }
            out.of.insert((names.text(owner).to_owned(), names.text(unit).to_owned()), number);
        }
    }
    Ok(out)
}

/// Whether the charges of an owner continue under another unit.
fn has_moved(unit: u32, units: &BTreeMap<u32, &DaySet>) -> bool {
    let ends = |days: &DaySet| Some((days.intervals().first()?.0, days.intervals().last()?.1));
    let Some((_, last)) = units.get(&unit).and_then(|days| ends(days)) else { return false };
    units.iter().filter(|(other, _)| **other != unit).any(|(_, days)| {
        ends(days).is_some_and(|(first, end)| (first - last).abs() <= FOLLOW_DAYS && end > last)
    })
}

/// The export scopes, and the files without one by billing account or folder.
fn sources(runs: &[RunCharges], decisions: &Decisions) -> Vec<Source> {
    let mut sources: Vec<Source> = decisions
        .scopes
        .iter()
        .enumerate()
        .map(|(number, scope)| {
            let runs_of: Vec<usize> = scope.runs.iter().map(|claim| claim.run).collect();
            let account =
                runs_of.iter().find_map(|run| runs[*run].keys.iter().find_map(|facts| facts.account));
            Source { scope: Some(number), runs: runs_of, account }
        })
        .collect();
    let mut loose: BTreeMap<(bool, Option<u32>, &str), Vec<usize>> = BTreeMap::new();
    for (number, run) in runs.iter().enumerate().filter(|(number, _)| decisions.claim_of(*number).is_none()) {
        let account = run.keys.iter().filter_map(|facts| facts.account).min();
        let group = if account.is_some() { "" } else { run.group.as_str() };
        loose.entry((run.is_estimate, account, group)).or_default().push(number);
    }
    sources.extend(loose.into_iter().map(|((_, account, _), runs)| Source { scope: None, runs, account }));
    sources
}

/// The days with charges that count.
#[derive(Default)]
struct Charged {
    /// By owner and run.
    by_run: HashMap<(u32, usize), DaySet>,
    /// Usage by owner and invoice unit; of all charges without usage.
    by_unit: HashMap<u32, BTreeMap<u32, DaySet>>,
    units: HashMap<u32, BTreeSet<u32>>,
}

fn charged_days(runs: &[RunCharges], masks: &[Option<Vec<bool>>]) -> Result<Charged> {
    type Ends = (i32, i32);
    let mut out = Charged::default();
    let mut by_unit: HashMap<(u32, u32, bool), Ends> = HashMap::new();
    for (number, (run, mask)) in runs.iter().zip(masks).enumerate() {
        let spans = match mask {
            Some(mask) => Cow::Owned(run.spans_of(Some(mask))?),
            None => Cow::Borrowed(&run.spans),
        };
        let mut own: HashMap<u32, Vec<Ends>> = HashMap::new();
        for (facts, ends) in run.keys.iter().zip(spans.iter().copied()) {
            out.units.entry(facts.owner).or_default().insert(facts.unit);
            let Some((first, last)) = ends else { continue };
            own.entry(facts.owner).or_default().push((first, last));
            let known = by_unit.entry((facts.owner, facts.unit, facts.is_usage)).or_insert((first, last));
            *known = (first.min(known.0), last.max(known.1));
        }
        out.by_run.extend(own.into_iter().map(|(owner, ends)| ((owner, number), DaySet::of(ends))));
    }
    for ((owner, unit, is_usage), ends) in &by_unit {
        if *is_usage || !by_unit.contains_key(&(*owner, *unit, true)) {
            out.by_unit.entry(*owner).or_default().insert(*unit, DaySet::of([*ends]));
        }
    }
    Ok(out)
}

#[expect(
    clippy::too_many_arguments,
    reason = "what is known of all runs, looked at for one owner and source"
)]
fn feed(
    owner: u32,
    sources: &[Source],
    number: usize,
    own: &[usize],
    runs: &[RunCharges],
    periods: &[Vec<FilePeriod>],
    charged: &Charged,
    decisions: &Decisions,
) -> Feed {
    let source = &sources[number];
    let mut feed = Feed::default();
    let stated = |run: usize| source.scope.and(runs[run].covered);
    for &run in &source.runs {
        let days = stated(run).map(|(first, last)| (first.to_epoch_days(), last.to_epoch_days()));
        feed.runs.push((days.filter(|(first, last)| first <= last), runs[run].made));
    }
    let told: Vec<&FilePeriod> =
        source.runs.iter().filter(|run| stated(**run).is_none()).flat_map(|run| &periods[*run]).collect();
    for (run, first, last) in days_of(owner, &told) {
        let made = runs[run].made;
        let last = made.map_or(last, |made| last.min(made.to_epoch_days() - 1));
        if first <= last {
            feed.runs.push((Some((first, last)), made));
        }
    }
    for run in &source.runs {
        if let Some(days) = charged.by_run.get(&(owner, *run)) {
            feed.charged = feed.charged.union(days);
        }
    }
    feed.name = source.runs.last().map(|run| runs[*run].name.clone()).unwrap_or_default();
    for (place, other) in own.iter().enumerate().filter(|(_, other)| **other != number) {
        let other = &sources[*other];
        let is_other_agreement =
            source.account.is_some() && other.account.is_some() && source.account != other.account;
        let relation = source
            .scope
            .zip(other.scope)
            .map(|(one, two)| decisions.scopes[one].scope.relation(&decisions.scopes[two].scope));
        match relation {
            Some(Relation::Siblings) => feed.apart.push(place),
            _ if is_other_agreement => feed.apart.push(place),
            Some(Relation::Inside) => feed.inside.push(place),
            // What both list the other holds whole, unless it is a resource group's.
            Some(Relation::BySubscription) if !is_group(other, decisions) => feed.inside.push(place),
            _ => {}
        }
    }
    feed
}

fn is_group(source: &Source, decisions: &Decisions) -> bool {
    source.scope.is_some_and(|scope| decisions.scopes[scope].scope.kind == ScopeKind::ResourceGroup)
}

/// The days that files without manifests cover of an owner, with the file: those of the files that list it, and
/// those of files whose days none of the former has (the month in which it cost nothing). Neighbouring periods join.
fn days_of(owner: u32, periods: &[&FilePeriod]) -> Vec<(usize, i32, i32)> {
    let overlap = |a: &FilePeriod, b: &FilePeriod| a.first <= b.last && b.first <= a.last;
    let (listing, silent): (Vec<&FilePeriod>, Vec<&FilePeriod>) =
        periods.iter().partition(|own| own.owners.contains(&owner));
    let beside = silent.into_iter().filter(|own| !listing.iter().any(|other| overlap(own, other)));
    let mut all: Vec<(Period, i32, i32, usize)> =
        beside.chain(listing.iter().copied()).map(|own| (own.period, own.first, own.last, own.run)).collect();
    all.sort_unstable();
    for place in 1..all.len() {
        let ((_, end), ..) = all[place - 1];
        if all[place].0.0 == end {
            all[place - 1].2 = end - 1;
            all[place].1 = end;
        }
    }
    all.into_iter().map(|(_, first, last, run)| (run, first, last)).collect()
}

/// The days of a run's usage by billing period. Late rows say nothing about their day.
fn file_periods(number: usize, run: &RunCharges) -> Vec<FilePeriod> {
    let has_usage = run.keys.iter().zip(&run.spans).any(|(facts, span)| facts.is_usage && span.is_some());
    let mut periods: BTreeMap<Period, FilePeriod> = BTreeMap::new();
    for (facts, span) in run.keys.iter().zip(&run.spans) {
        let Some((first, last)) = span.filter(|_| facts.is_usage || !has_usage) else { continue };
        let own = periods.entry(facts.period).or_insert_with(|| FilePeriod {
            run: number,
            period: facts.period,
            first,
            last,
            owners: BTreeSet::new(),
        });
        (own.first, own.last) = (first.min(own.first), last.max(own.last));
        own.owners.insert(facts.owner);
    }
    // Charges without usage are known where the period is.
    for facts in &run.keys {
        if let Some(own) = periods.get_mut(&facts.period) {
            own.owners.insert(facts.owner);
        }
    }
    periods.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(month: u32, first: u32, last: u32, owners: &[u32]) -> FilePeriod {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap().to_epoch_days();
        FilePeriod {
            run: 0,
            period: (day(month, 1), day(month + 1, 1)),
            first: day(month, first),
            last: day(month, last),
            owners: owners.iter().copied().collect(),
        }
    }

    fn days(owner: u32, files: &[FilePeriod]) -> Vec<String> {
        let all: Vec<&FilePeriod> = files.iter().collect();
        let shown = |day: i32| NaiveDate::from_epoch_days(day).unwrap();
        days_of(owner, &all)
            .iter()
            .map(|(_, first, last)| format!("{} {}", shown(*first), shown(*last)))
            .collect()
    }

    #[test]
    fn a_month_that_was_not_given_is_missing_and_neighbours_join() {
        let files = [file(6, 1, 29, &[1]), file(7, 2, 31, &[1]), file(9, 1, 17, &[1])];
        assert_eq!(
            days(1, &files),
            ["2026-06-01 2026-06-30", "2026-07-01 2026-07-31", "2026-09-01 2026-09-17"]
        );
    }

    #[test]
    fn a_file_beside_does_not_cover_a_subscription_that_has_its_own() {
        let files = [file(9, 1, 17, &[1]), file(9, 1, 5, &[2])];
        assert_eq!(days(2, &files), ["2026-09-01 2026-09-05"]);
    }

    #[test]
    fn a_month_in_which_nothing_was_charged_is_covered() {
        let files = [file(7, 1, 31, &[1, 2]), file(8, 1, 31, &[1]), file(9, 1, 17, &[1, 2])];
        assert_eq!(days(2, &files)[1], "2026-08-01 2026-08-31");
    }
}
