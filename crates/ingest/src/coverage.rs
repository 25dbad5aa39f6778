//! Which days each subscription's costs are known for.
//!
//! A covered day without a row is zero; a day that is not covered is missing; neither is ever turned
//! into the other. Subscriptions with the same days covered by the same runs form a *scope*:
//! a series lies inside one scope, so that a subscription whose export stopped is told from one that
//! costs nothing.

use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// The covered days of some subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Covered days as closed intervals, in order, not touching.
    pub covered: Vec<(NaiveDate, NaiveDate)>,
    /// The day on which the newest run was made, where a run states its time.
    pub newest_run: Option<NaiveDate>,
    /// The same of the newest run that knows the last covered day: how old that day was then tells
    /// whether it is final. A later run of an earlier month tells nothing of it.
    pub last_run: Option<NaiveDate>,
    /// First and last day that a run covers, and the day on which it was made; each once, in order.
    pub runs: Vec<(NaiveDate, NaiveDate, NaiveDate)>,
}

impl Scope {
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

/// Builds scopes from what each run covers.
#[derive(Debug, Default)]
pub(crate) struct CoverageBuilder {
    by_subscription: BTreeMap<String, Vec<Span>>,
}

/// The days that a run covers, none where it only knows the subscription, and the day it was made.
type Span = (Option<(NaiveDate, NaiveDate)>, Option<NaiveDate>);

impl CoverageBuilder {
    /// Adds that a run made on `run_day` knows `subscription`, and covers these days of it.
    pub(crate) fn add(
        &mut self,
        subscription: &str,
        days: Option<(NaiveDate, NaiveDate)>,
        run_day: Option<NaiveDate>,
    ) {
        let days = days.filter(|(first, last)| first <= last);
        self.by_subscription.entry(subscription.to_owned()).or_default().push((days, run_day));
    }

    /// The scopes, and the scope of each subscription. Days after `last_seen` are cut off.
    pub(crate) fn build(self, last_seen: Option<NaiveDate>) -> (Vec<Scope>, BTreeMap<String, u32>) {
        let mut numbers: BTreeMap<Scope, u32> = BTreeMap::new();
        let mut scopes = Vec::new();
        let mut of = BTreeMap::new();
        for (subscription, spans) in self.by_subscription {
            let scope = scope(&spans, last_seen);
            let next = numbers.len() as u32;
            let number = *numbers.entry(scope.clone()).or_insert(next);
            if number == next {
                scopes.push(scope);
            }
            of.insert(subscription, number);
        }
        (scopes, of)
    }
}

fn scope(spans: &[Span], last_seen: Option<NaiveDate>) -> Scope {
    let covered = merged(spans.iter().filter_map(|(days, _)| *days).collect(), last_seen);
    let last = covered.last().map(|(_, last)| *last);
    let knows_last = |days: &Option<(NaiveDate, NaiveDate)>| days.is_some_and(|(_, end)| Some(end) >= last);
    let mut runs: Vec<(NaiveDate, NaiveDate, NaiveDate)> = spans
        .iter()
        .filter_map(|(days, made)| days.zip(*made).map(|((first, last), made)| (first, last, made)))
        .collect();
    runs.sort_unstable();
    runs.dedup();
    Scope {
        runs,
        last_run: spans.iter().filter(|(days, _)| knows_last(days)).filter_map(|(_, made)| *made).max(),
        newest_run: spans.iter().filter_map(|(_, made)| *made).max(),
        covered,
    }
}

fn merged(
    mut spans: Vec<(NaiveDate, NaiveDate)>,
    last_seen: Option<NaiveDate>,
) -> Vec<(NaiveDate, NaiveDate)> {
    spans.sort_unstable();
    let mut out: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for (first, last) in spans {
        let last = last_seen.map_or(last, |seen| last.min(seen));
        match out.last_mut() {
            _ if first > last => {}
            Some((_, end)) if first <= *end + Days::new(1) => *end = last.max(*end),
            _ => out.push((first, last)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn touching_spans_are_one_and_a_gap_is_missing() {
        let mut builder = CoverageBuilder::default();
        builder.add("a", Some((day("2026-10-01"), day("2026-10-17"))), Some(day("2026-10-18")));
        builder.add("a", Some((day("2026-09-01"), day("2026-09-30"))), Some(day("2026-10-06")));
        builder.add("b", Some((day("2026-09-01"), day("2026-09-05"))), None);
        builder.add("c", Some((day("2026-09-01"), day("2026-10-17"))), Some(day("2026-10-18")));
        let (scopes, of) = builder.build(None);
        assert_eq!((of["a"], of["b"], of["c"], scopes.len()), (0, 1, 2, 3));
        assert_eq!(scopes[0].run_of(day("2026-09-30")), Some(day("2026-10-06")));
        assert_eq!(scopes[0].covered, [(day("2026-09-01"), day("2026-10-17"))]);
        assert!(scopes[0].covers(day("2026-10-01")) && !scopes[1].covers(day("2026-09-06")));
        assert!(scopes[0].covers_all(day("2026-09-01"), day("2026-10-01")));
        assert!(!scopes[1].covers_all(day("2026-09-01"), day("2026-10-01")));
    }

    #[test]
    fn nothing_after_the_last_seen_day_is_covered() {
        let mut builder = CoverageBuilder::default();
        builder.add("a", Some((day("2026-09-01"), day("2026-09-30"))), None);
        builder.add("a", Some((day("2026-10-01"), day("2026-10-17"))), None);
        let (scopes, _) = builder.build(Some(day("2026-09-20")));
        assert_eq!(scopes[0].covered, [(day("2026-09-01"), day("2026-09-20"))]);
    }

    #[test]
    fn a_later_run_of_an_earlier_month_does_not_make_the_last_days_final() {
        let mut builder = CoverageBuilder::default();
        builder.add("a", Some((day("2026-09-01"), day("2026-09-30"))), Some(day("2026-10-06")));
        builder.add("a", Some((day("2026-10-01"), day("2026-10-03"))), Some(day("2026-10-04")));
        builder.add("a", None, Some(day("2026-10-07")));
        let (scopes, _) = builder.build(None);
        assert_eq!(scopes[0].last_run, Some(day("2026-10-04")));
        assert_eq!(scopes[0].newest_run, Some(day("2026-10-07")));
    }
}
