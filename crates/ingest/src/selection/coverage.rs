//! Which days each subscription's costs are known for.
//!
//! A covered day without a row is zero; a day that is not covered is missing; neither is ever turned
//! into the other. A series lies inside one coverage, so that a subscription whose export stopped differs from one
//! that costs nothing. A day that several export scopes feed is covered when every scope that recently held
//! charges covers it.

use crate::selection::day_set::DaySet;
use chrono::{Days, NaiveDate};

/// First and last day.
type Ends = (i32, i32);

/// The covered days of some subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coverage {
    /// Covered days as closed intervals, in order, not touching.
    pub covered: Vec<(NaiveDate, NaiveDate)>,
    /// The day on which the newest run was made, where a run states its time.
    pub newest_run: Option<NaiveDate>,
    /// The same of the newest run that knows the last covered day: how old that day was then tells
    /// whether it is final. A later run of an earlier month tells nothing of it.
    pub last_run: Option<NaiveDate>,
    /// First and last day that a run covers, and the day on which it was made; each once, in order.
    pub runs: Vec<(NaiveDate, NaiveDate, NaiveDate)>,
    /// Whether its charges continue under another invoice unit: nothing more is charged here.
    pub moved: bool,
}

impl Coverage {
    /// First covered day.
    #[must_use]
    pub fn first(&self) -> Option<NaiveDate> {
        self.covered.first().map(|(first, _)| *first)
    }

    /// Last covered day.
    #[must_use]
    pub fn last(&self) -> Option<NaiveDate> {
        self.covered.last().map(|(_, last)| *last)
    }

    /// The day on which the newest run was made that covers `day`.
    #[must_use]
    pub fn run_of(&self, day: NaiveDate) -> Option<NaiveDate> {
        let covering = self.runs.iter().filter(|(first, last, _)| (*first..=*last).contains(&day));
        covering.map(|(_, _, made)| *made).max()
    }

    /// Whether `day` is covered.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        let next = self.covered.partition_point(|(first, _)| *first <= day);
        next > 0 && day <= self.covered[next - 1].1
    }

    /// Whether each day of `[start, end)` is covered.
    #[must_use]
    pub fn covers_all(&self, start: NaiveDate, end: NaiveDate) -> bool {
        self.covered.iter().any(|(first, last)| *first <= start && end <= *last + Days::new(1))
    }
}

/// A scope whose data ended longer ago than this holds no day of others back.
const SILENT_DAYS: i32 = 35;
/// A scope that held charges within so many days before a day must cover it.
const HELD_DAYS: i32 = 60;
/// Charges that begin within so many days of the end of another scope follow it.
const FOLLOW_DAYS: i32 = 3;

/// What one export scope, or files without one, gives of an owner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Feed {
    /// First and last covered day and the day on which it was known; no days where a run only knows the owner.
    pub runs: Vec<(Option<Ends>, Option<NaiveDate>)>,
    /// The days with charges of the owner.
    pub charged: DaySet,
    /// The places of feeds that hold all of this one.
    pub inside: Vec<usize>,
    /// The places of feeds that may follow this one: another agreement or a sibling scope.
    pub apart: Vec<usize>,
    /// How messages name its newest run.
    pub name: String,
}

impl Feed {
    pub(crate) fn covered(&self) -> DaySet {
        DaySet::of(self.runs.iter().filter_map(|(days, _)| *days))
    }

    /// Whether the charges of another feed follow on the end of this one.
    fn is_followed(&self, last: i32, feeds: &[Self]) -> bool {
        self.apart.iter().any(|other| {
            let begin = feeds[*other].charged.intervals().first().map(|(first, _)| *first);
            begin.is_some_and(|begin| (begin - last).abs() <= FOLLOW_DAYS)
        })
    }
}

/// The coverage of an owner from its feeds, and the places of feeds that have been silent for long. Days after
/// `last_seen` are cut off.
pub(crate) fn coverage_of(feeds: &[Feed], last_seen: Option<i32>) -> (Coverage, Vec<usize>) {
    let covered: Vec<DaySet> = feeds.iter().map(Feed::covered).collect();
    let ends: Vec<Option<i32>> =
        covered.iter().map(|days| days.intervals().last().map(|(_, last)| *last)).collect();
    let newest = ends.iter().flatten().max().copied();
    let is_silent = |place: usize| {
        let behind = newest.zip(ends[place]).is_some_and(|(newest, end)| newest - end > SILENT_DAYS);
        behind && !feeds[place].is_followed(ends[place].unwrap_or(i32::MIN), feeds)
    };
    let silent: Vec<usize> = (0..feeds.len()).filter(|place| is_silent(*place)).collect();
    let days = match covered.as_slice() {
        [only] => only.clone(),
        _ => covered_by_all(feeds, &covered, &ends, &silent),
    };
    let seen = last_seen.map_or(days.clone(), |seen| days.intersection(&DaySet::of([(i32::MIN, seen)])));
    let dates = |(first, last): (i32, i32)| {
        Some((NaiveDate::from_epoch_days(first)?, NaiveDate::from_epoch_days(last)?))
    };
    let intervals: Vec<(NaiveDate, NaiveDate)> =
        seen.intervals().iter().filter_map(|own| dates(*own)).collect();
    let last = seen.intervals().last().map(|(_, last)| *last);
    let knows_last = |days: &Option<(i32, i32)>| days.is_some_and(|(_, end)| Some(end) >= last);
    // Of several scopes the one whose newest run is oldest holds the last day back.
    let last_runs = feeds.iter().filter_map(|feed| {
        feed.runs.iter().filter(|(days, _)| knows_last(days)).filter_map(|(_, made)| *made).max()
    });
    let all = || feeds.iter().flat_map(|feed| &feed.runs);
    let mut runs: Vec<(NaiveDate, NaiveDate, NaiveDate)> = all()
        .filter_map(|(days, made)| days.zip(*made))
        .filter_map(|(days, made)| dates(days).map(|(first, last)| (first, last, made)))
        .collect();
    runs.sort_unstable();
    runs.dedup();
    let coverage = Coverage {
        covered: intervals,
        newest_run: all().filter_map(|(_, made)| *made).max(),
        last_run: last_runs.min(),
        runs,
        moved: false,
    };
    (coverage, silent)
}

/// The days that every feed covers that held charges in the days before.
fn covered_by_all(feeds: &[Feed], covered: &[DaySet], ends: &[Option<i32>], silent: &[usize]) -> DaySet {
    let all = covered.iter().fold(DaySet::default(), |all, own| all.union(own));
    let holds_back = |place: usize, day: i32| {
        let feed = &feeds[place];
        let recent = DaySet::of([(day - HELD_DAYS, day)]);
        if covered[place].contains(day) || feed.charged.intersection(&recent).is_empty() {
            return false;
        }
        let is_after = ends[place].is_some_and(|end| day > end);
        let is_inside = feed.inside.iter().any(|other| covered[*other].contains(day));
        let has_moved = is_after && ends[place].is_some_and(|end| feed.is_followed(end, feeds));
        !(is_inside || has_moved || is_after && silent.contains(&place))
    };
    let days = all.intervals().iter().flat_map(|(first, last)| *first..=*last);
    days.filter(|day| !(0..feeds.len()).any(|place| holds_back(place, *day))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> i32 {
        day(text).to_epoch_days()
    }

    fn feed(runs: &[(&str, &str, &str)], charged: (&str, &str)) -> Feed {
        let run = |(first, last, made): &(&str, &str, &str)| {
            (Some((at(first), at(last))), (!made.is_empty()).then(|| day(made)))
        };
        Feed {
            runs: runs.iter().map(run).collect(),
            charged: DaySet::of([(at(charged.0), at(charged.1))]),
            ..Feed::default()
        }
    }

    fn shown(feeds: &[Feed]) -> Vec<String> {
        coverage_of(feeds, None).0.covered.iter().map(|(first, last)| format!("{first} {last}")).collect()
    }

    #[test]
    fn touching_runs_are_one_interval_and_a_gap_is_missing() {
        let runs = [("2026-10-01", "2026-10-17", "2026-10-18"), ("2026-09-01", "2026-09-30", "2026-10-06")];
        let (own, _) = coverage_of(&[feed(&runs, ("2026-09-01", "2026-10-17"))], None);
        assert_eq!(own.run_of(day("2026-09-30")), Some(day("2026-10-06")));
        assert_eq!(own.covered, [(day("2026-09-01"), day("2026-10-17"))]);
        assert!(own.covers_all(day("2026-09-01"), day("2026-10-01")));
        let short = feed(&[("2026-09-01", "2026-09-05", "")], ("2026-09-01", "2026-09-05"));
        let (short, _) = coverage_of(&[short], Some(at("2026-09-03")));
        assert_eq!(short.covered, [(day("2026-09-01"), day("2026-09-03"))]);
        assert!(!short.covers_all(day("2026-09-01"), day("2026-10-01")));
    }

    #[test]
    fn a_later_run_of_an_earlier_month_does_not_make_the_last_days_final() {
        let runs = [("2026-09-01", "2026-09-30", "2026-10-06"), ("2026-10-01", "2026-10-03", "2026-10-04")];
        let mut own = feed(&runs, ("2026-09-01", "2026-10-03"));
        own.runs.push((None, Some(day("2026-10-07"))));
        let (own, _) = coverage_of(&[own], None);
        assert_eq!((own.last_run, own.newest_run), (Some(day("2026-10-04")), Some(day("2026-10-07"))));
    }

    /// Two sibling scopes: the day that one of them lacks is not covered, unless it has long been silent.
    #[test]
    fn every_scope_that_held_charges_must_cover_a_day() {
        let one = feed(&[("2026-06-01", "2026-06-20", "2026-06-21")], ("2026-06-01", "2026-06-20"));
        let other = feed(&[("2026-06-01", "2026-06-10", "2026-06-11")], ("2026-06-01", "2026-06-10"));
        assert_eq!(shown(&[one.clone(), other.clone()]), ["2026-06-01 2026-06-10"]);
        let old = feed(&[("2026-05-01", "2026-05-10", "2026-05-11")], ("2026-05-01", "2026-05-10"));
        assert_eq!(shown(&[one.clone(), old]), ["2026-05-01 2026-05-10", "2026-06-01 2026-06-20"]);
        let silent = Feed { inside: vec![0], ..other };
        assert_eq!(shown(&[one, silent]), ["2026-06-01 2026-06-20"]);
    }

    #[test]
    fn a_scope_that_another_follows_lacks_nothing_afterwards() {
        let mut old = feed(&[("2026-06-01", "2026-06-11", "2026-06-12")], ("2026-06-01", "2026-06-11"));
        let new = feed(&[("2026-06-01", "2026-06-19", "2026-06-20")], ("2026-06-12", "2026-06-19"));
        assert_eq!(shown(&[old.clone(), new.clone()]), ["2026-06-01 2026-06-11"]);
        old.apart = vec![1];
        assert_eq!(shown(&[old, new]), ["2026-06-01 2026-06-19"]);
    }
}
