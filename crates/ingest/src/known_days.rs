//! From runs to covered days: what each run says about each owner's days.
//!
//! With a manifest a run covers its stated days, up to the one before it was made. Without one, the
//! days of the rows are all there is: each file speaks for its own days, so that a month that was not
//! given stays missing, and a file of one subscription does not speak for another.

use crate::{
    ReadOptions, Result,
    coverage::{CoverageBuilder, Scope},
    run_costs::RunCosts,
    spans::Spans,
};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A billing period, half-open.
type Period = (NaiveDate, NaiveDate);

/// The days of one billing period of which a file without manifest has rows.
struct Stretch {
    run: usize,
    period: Period,
    first: NaiveDate,
    last: NaiveDate,
    owners: BTreeSet<String>,
}

/// The covered days of each owner: those of every run that knows it. A run knows the owners that it
/// lists and those that another run of the same export lists.
pub(crate) fn known_days(
    lines: &DataFrame,
    spans: &Spans,
    runs: &[RunCosts],
    options: &ReadOptions,
) -> Result<(Vec<Scope>, BTreeMap<String, u32>)> {
    let listed = spans.owners();
    let mut by_export: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for (run, owners) in &listed {
        if let Some(export) = &runs[*run].export {
            by_export.entry(export).or_default().extend(owners);
        }
    }
    let stretches = stretches(lines)?;
    let mut builder = CoverageBuilder::default();
    for (number, run) in runs.iter().enumerate() {
        let shared = run.export.as_deref().and_then(|export| by_export.get(export));
        let owners: BTreeSet<&String> =
            shared.into_iter().flatten().copied().chain(listed.get(&number).into_iter().flatten()).collect();
        let own: Vec<&Stretch> = stretches.iter().filter(|stretch| stretch.run == number).collect();
        let made = run.stated.map(|time| time.date_naive());
        for owner in owners {
            builder.add(owner, run.covered, made);
            if run.covered.is_some() {
                continue;
            }
            for (first, last) in days_of(owner, &own) {
                let last = made.map_or(last, |made| last.min(made - Days::new(1)));
                builder.add(owner, Some((first, last)), made);
            }
        }
    }
    Ok(builder.build(options.as_of.map(|day| day - Days::new(1))))
}

/// The days that files of one run without manifest know of an owner: those of the files that list
/// it, and those of files whose days none of the former has (the month in which it cost nothing).
/// Stretches of neighbouring periods join.
fn days_of(owner: &str, stretches: &[&Stretch]) -> Vec<(NaiveDate, NaiveDate)> {
    let overlap = |a: &Stretch, b: &Stretch| a.first <= b.last && b.first <= a.last;
    let (listing, silent): (Vec<&Stretch>, Vec<&Stretch>) =
        stretches.iter().partition(|stretch| stretch.owners.contains(owner));
    let beside = silent.into_iter().filter(|stretch| !listing.iter().any(|other| overlap(stretch, other)));
    let mut speaking: Vec<(Period, NaiveDate, NaiveDate)> = beside
        .chain(listing.iter().copied())
        .map(|stretch| (stretch.period, stretch.first, stretch.last))
        .collect();
    speaking.sort_unstable();
    for place in 1..speaking.len() {
        let ((_, end), ..) = speaking[place - 1];
        if speaking[place].0.0 == end {
            speaking[place - 1].2 = end - Days::new(1);
            speaking[place].1 = end;
        }
    }
    speaking.into_iter().map(|(_, first, last)| (first, last)).collect()
}

/// The days of the lines of each run, file and billing period, as [`Costs::line_spans`] gives them.
/// Late rows tell nothing of their day.
///
/// [`Costs::line_spans`]: crate::costs::Costs::line_spans
fn stretches(lines: &DataFrame) -> Result<Vec<Stretch>> {
    let by = ["run", "part", "period_start", "period_end"];
    let table = lines
        .clone()
        .lazy()
        .filter(col("first").is_not_null())
        .group_by(by.map(col))
        .agg([col("first").min(), col("last").max(), col("owner").unique().implode(true).alias("owners")])
        .sort(by, SortMultipleOptions::default())
        .collect()?;
    let dates = |name: &str| -> Result<Vec<Option<NaiveDate>>> {
        Ok(table.column(name)?.date()?.as_date_iter().collect())
    };
    let (starts, ends, firsts, lasts) =
        (dates("period_start")?, dates("period_end")?, dates("first")?, dates("last")?);
    let runs = table.column("run")?.u32()?;
    let mut out = Vec::with_capacity(table.height());
    for row in 0..table.height() {
        let (Some(run), Some(start), Some(end), Some(first), Some(last)) =
            (runs.get(row), starts[row], ends[row], firsts[row], lasts[row])
        else {
            continue;
        };
        let owners = match table.column("owners")?.get(row)? {
            AnyValue::List(names) => {
                names.str()?.iter().map(|name| name.unwrap_or_default().to_owned()).collect()
            }
            _ => BTreeSet::new(),
        };
        out.push(Stretch { run: run as usize, period: (start, end), first, last, owners });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(month: u32, first: u32, last: u32, owners: &[&str]) -> Stretch {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
        Stretch {
            run: 0,
            period: (day(month, 1), day(month + 1, 1)),
            first: day(month, first),
            last: day(month, last),
            owners: owners.iter().map(|&owner| owner.to_owned()).collect(),
        }
    }

    fn days(owner: &str, stretches: &[Stretch]) -> Vec<String> {
        let all: Vec<&Stretch> = stretches.iter().collect();
        days_of(owner, &all).iter().map(|(first, last)| format!("{first} {last}")).collect()
    }

    #[test]
    fn a_month_that_was_not_given_is_missing_and_neighbours_join() {
        let files = [stretch(6, 1, 29, &["a"]), stretch(7, 2, 31, &["a"]), stretch(9, 1, 17, &["a"])];
        assert_eq!(
            days("a", &files),
            ["2026-06-01 2026-06-30", "2026-07-01 2026-07-31", "2026-09-01 2026-09-17"]
        );
    }

    #[test]
    fn a_file_beside_does_not_speak_for_a_subscription_that_has_its_own() {
        let files = [stretch(9, 1, 17, &["a"]), stretch(9, 1, 5, &["b"])];
        assert_eq!(days("b", &files), ["2026-09-01 2026-09-05"]);
    }

    #[test]
    fn a_month_in_which_nothing_was_charged_is_known() {
        let files =
            [stretch(7, 1, 31, &["a", "b"]), stretch(8, 1, 31, &["a"]), stretch(9, 1, 17, &["a", "b"])];
        assert_eq!(days("b", &files)[1], "2026-08-01 2026-08-31");
    }
}
