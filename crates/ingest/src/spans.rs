//! Which run each day of a subscription is taken from, so that nothing is counted twice.
//!
//! Runs are compared per owner (subscription, or billing account of charges without one) and billing
//! period: a day is taken from the newest run whose days contain it; rows outside their run's own days
//! (late, corrected) go with the newest run of their billing period.

use crate::{Controls, Error, Result, costs::Costs, run_costs::RunCosts, select::drop_count};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Owner and start of the billing period: what runs are compared within.
type Contest = (String, NaiveDate);

/// The days that a run has of an owner in a billing period.
#[derive(Clone, Copy)]
struct Span {
    run: usize,
    first: NaiveDate,
    last: NaiveDate,
    /// Whether the run lists the owner in that period; otherwise it says that nothing was charged.
    lists: bool,
}

/// Every run's days, by what they are compared within; oldest run first.
pub(crate) struct Spans(BTreeMap<Contest, Vec<Span>>);

impl Spans {
    /// Finds the days of each run: its manifest's range, or those of its lines, as
    /// [`Costs::line_spans`] gives them.
    pub(crate) fn of(lines: &DataFrame, runs: &[RunCosts]) -> Result<Self> {
        let table = lines
            .clone()
            .lazy()
            .group_by([col("owner"), col("period_start"), col("run")])
            .agg([col("first").min(), col("last").max(), col("period_end").max()])
            .collect()?;
        let dates = |name: &str| -> Result<Vec<Option<NaiveDate>>> {
            Ok(table.column(name)?.date()?.as_date_iter().collect())
        };
        let (starts, ends, firsts, lasts) =
            (dates("period_start")?, dates("period_end")?, dates("first")?, dates("last")?);
        let (owners, numbers) = (table.column("owner")?.str()?, table.column("run")?.u32()?);
        let mut spans: BTreeMap<Contest, Vec<Span>> = BTreeMap::new();
        let mut period_ends: BTreeMap<NaiveDate, NaiveDate> = BTreeMap::new();
        for row in 0..table.height() {
            let (Some(start), Some(end), Some(run)) = (starts[row], ends[row], numbers.get(row)) else {
                continue;
            };
            let run = run as usize;
            let last_inside = end - Days::new(1);
            let (first, last) = match runs[run].range {
                Some((first, last)) => (first.max(start), last.min(last_inside)),
                // A run with late rows of the period only: an empty span.
                None => (firsts[row].unwrap_or(end), lasts[row].unwrap_or(last_inside)),
            };
            let known = period_ends.entry(start).or_insert(end);
            *known = end.max(*known);
            let owner = owners.get(row).unwrap_or_default().to_owned();
            spans.entry((owner, start)).or_default().push(Span { run, first, last, lists: true });
        }
        for ((_, start), list) in &mut spans {
            add_silent_runs(list, runs, *start, period_ends[start] - Days::new(1));
            // Estimates give way to charges of the service, however new they are.
            list.sort_by_key(|span| (!runs[span.run].is_estimate, runs[span.run].time, span.run));
        }
        Ok(Self(spans))
    }

    /// The owners that each run lists.
    pub(crate) fn owners(&self) -> BTreeMap<usize, BTreeSet<String>> {
        let mut owners: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for ((owner, _), list) in &self.0 {
            for span in list.iter().filter(|span| span.lists) {
                owners.entry(span.run).or_default().insert(owner.clone());
            }
        }
        owners
    }

    /// Keeps, of each contested owner and period, one run a day.
    pub(crate) fn take_each_day_once(
        &self,
        costs: Costs,
        runs: &[RunCosts],
        controls: &mut Controls,
    ) -> Result<Costs> {
        let (mut contests, mut days, mut winners) = (vec![], vec![], vec![]);
        let mut own = OwnDays::default();
        let mut overlaps: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let contested = self.0.iter().filter(|(_, list)| list.len() > 1);
        for (contest, ((owner, start), list)) in (0_u32..).zip(contested) {
            refuse_equal_times(&costs, runs, owner, *start, list)?;
            own.add(contest, owner, *start, list);
            let first = list.iter().map(|span| span.first).min().unwrap_or(*start);
            let last = list.iter().map(|span| span.last).max().unwrap_or(*start);
            for day in first.iter_days().take_while(|day| *day <= last) {
                let mut containing = list.iter().rev().filter(|span| (span.first..=span.last).contains(&day));
                let Some(winner) = containing.next() else { continue };
                if let Some(loser) = containing.find(|span| span.lists) {
                    *overlaps.entry((winner.run, loser.run)).or_default() += 1;
                }
                contests.push(contest);
                days.push(day);
                winners.push(winner.run as u32);
            }
        }
        if own.runs.is_empty() {
            return Ok(costs);
        }
        name_overlaps(overlaps, runs, controls);
        let winners = df!("contest" => contests, "day" => days, "winner" => winners)?;
        let before = costs.rows()?;
        let options = || JoinArgs {
            how: JoinType::Left,
            nulls_equal: true,
            maintain_order: MaintainOrderJoin::Left,
            ..Default::default()
        };
        let by_run = ["owner", "period_start", "run"].map(col);
        let by_day = ["contest", "day"].map(col);
        let table = own.table()?;
        let own = ["run", "contest", "own_first", "own_last", "takes_late"];
        let inside = col("day").gt_eq(col("own_first")).and(col("day").lt_eq(col("own_last")));
        let keep = when(col("own_first").is_null())
            .then(lit(true))
            .when(inside)
            .then(col("run").eq(col("winner")))
            .otherwise(col("takes_late"));
        let lines = costs.lines.lazy().join(table.lazy(), by_run.clone(), by_run, options()).collect()?;
        let costs = Costs { lines, days: costs.days };
        let days = costs
            .with(&own)?
            .lazy()
            .join(winners.lazy(), by_day.clone(), by_day, options())
            .filter(keep)
            .select(["line", "day", "cost", "rows"].map(col))
            .collect()?;
        let kept = Costs { lines: costs.lines.drop_many(own[1..].iter().copied()), days };
        drop_count(controls, before, kept.rows()?, "repeated by a newer run or another export".to_owned());
        kept.pruned()
    }
}

/// The days of each contested run, and whether rows outside their run's days are taken from it.
#[derive(Default)]
struct OwnDays {
    contests: Vec<u32>,
    owners: Vec<String>,
    starts: Vec<NaiveDate>,
    runs: Vec<u32>,
    days: Vec<(NaiveDate, NaiveDate)>,
    takes_late: Vec<bool>,
}

impl OwnDays {
    /// Late rows are taken from the newest run that no other surpasses: one over fewer days does not
    /// list the late rows of the whole period.
    fn add(&mut self, contest: u32, owner: &str, start: NaiveDate, list: &[Span]) {
        let surpasses = |other: &Span, span: &Span| {
            other.lists
                && other.first <= span.first
                && span.last <= other.last
                && (other.first, other.last) != (span.first, span.last)
        };
        let widest = |span: &Span| span.lists && !list.iter().any(|other| surpasses(other, span));
        let newest = list.iter().rposition(widest);
        for (place, span) in list.iter().enumerate() {
            self.contests.push(contest);
            self.owners.push(owner.to_owned());
            self.starts.push(start);
            self.runs.push(span.run as u32);
            self.days.push((span.first, span.last));
            self.takes_late.push(Some(place) == newest);
        }
    }

    fn table(self) -> Result<DataFrame> {
        let (firsts, lasts): (Vec<NaiveDate>, Vec<NaiveDate>) = self.days.into_iter().unzip();
        Ok(df!(
            "contest" => self.contests,
            "owner" => self.owners,
            "period_start" => self.starts,
            "run" => self.runs,
            "own_first" => firsts,
            "own_last" => lasts,
            "takes_late" => self.takes_late
        )?)
    }
}

/// Adds the runs of the same exports that hold days of the period and do not list the owner: a
/// charge that a newer run of its export no longer lists is gone.
fn add_silent_runs(list: &mut Vec<Span>, runs: &[RunCosts], start: NaiveDate, end: NaiveDate) {
    let exports: BTreeSet<&str> = list.iter().filter_map(|span| runs[span.run].export.as_deref()).collect();
    for (run, costs) in runs.iter().enumerate() {
        let (Some(export), Some((first, last))) = (costs.export.as_deref(), costs.range) else { continue };
        let listed = list.iter().any(|span| span.run == run);
        if !listed && exports.contains(export) && first <= end && start <= last {
            list.push(Span { run, first: first.max(start), last: last.min(end), lists: false });
        }
    }
}

/// Two exports that hold the same days are a warning; two runs of one export are as it should be.
fn name_overlaps(overlaps: BTreeMap<(usize, usize), usize>, runs: &[RunCosts], controls: &mut Controls) {
    for ((winner, loser), days) in overlaps {
        let overlap = format!(
            "days of subscriptions also in `{}`: {days}; they are taken from `{}`",
            runs[loser].name, runs[winner].name
        );
        if runs[loser].is_estimate && !runs[winner].is_estimate {
            controls.notes.push(format!("{overlap}, since the other holds estimates"));
        } else if runs[winner].export.is_some() && runs[winner].export == runs[loser].export {
            controls.notes.push(overlap);
        } else {
            controls.warnings.push(format!("two exports overlap: {overlap}"));
        }
    }
}

/// Two runs of the same moment that hold different costs for the same days cannot be told apart.
fn refuse_equal_times(
    costs: &Costs,
    runs: &[RunCosts],
    owner: &str,
    start: NaiveDate,
    list: &[Span],
) -> Result<()> {
    for pair in list.windows(2) {
        let (Span { run: a, .. }, Span { run: b, .. }) = (pair[0], pair[1]);
        let overlap = pair[0].first <= pair[1].last && pair[1].first <= pair[0].last;
        if !overlap || runs[a].is_estimate != runs[b].is_estimate || runs[a].time != runs[b].time {
            continue;
        }
        let sums = costs
            .with(&["owner", "period_start", "run"])?
            .lazy()
            .filter(col("owner").eq(lit(owner.to_owned())).and(col("period_start").eq(lit(start))))
            .group_by([col("run")])
            .agg([col("cost").sum(), col("rows").sum()])
            .collect()?;
        let numbers = sums.column("run")?.u32()?;
        let place = |run: usize| numbers.iter().position(|number| number == Some(run as u32));
        let (Some(a_row), Some(b_row)) = (place(a), place(b)) else { continue };
        let sums = sums.column("cost")?.decimal()?;
        if sums.physical().get(a_row) != sums.physical().get(b_row) {
            return Err(Error::Ambiguous(format!(
                "`{}` and `{}` hold different costs for the same days of {} and were made at the same moment; which of them \
                 counts cannot be told: give only one of them",
                runs[a].name, runs[b].name, owner
            )));
        }
    }
    Ok(())
}
