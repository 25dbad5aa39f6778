//! From the costs of every run to the costs that count.
//!
//! Billing periods are filled in, each day is taken from one run, covered days are found, spellings
//! are made one, and filters applied: in this order, since a filter must not change which run counts.

use crate::{
    Controls, Dimension, ReadOptions, Result, coverage::Scope, file_sums::Wanted, known_days::known_days,
    outlook::STOPPED_DAYS, run_costs::RunCosts, spans::Spans,
};
use billing::{Agreement, Amount, BillingCycle, CycleDay, Metric};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The costs that count.
pub(crate) struct Selected {
    /// `KEYS`, `k…`, `unit`, `scope`, `late`, `cost`, `rows`.
    pub frame: DataFrame,
    /// Covered days by scope number.
    pub scopes: Vec<Scope>,
    /// The agreements whose charges are in the frame.
    pub agreements: BTreeSet<Agreement>,
}

/// Takes each day of a subscription from one run and finds out which days are covered.
pub(crate) fn select(
    runs: &[RunCosts],
    wanted: &Wanted,
    options: &ReadOptions,
    metric: Metric,
    controls: &mut Controls,
) -> Result<Selected> {
    let mut parts = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        parts.push(
            run.frame.clone().lazy().with_column(lit(number as u32).cast(DataType::UInt32).alias("run")),
        );
    }
    let mut frame = concat(parts, UnionArgs::default())?.collect()?;
    frame = with_cycles(frame, options.cycle_day)?;
    if let Some(as_of) = options.as_of {
        let before = rows_of(&frame)?;
        frame = frame.lazy().filter(col("day").lt(lit(as_of))).collect()?;
        drop_count(controls, before, rows_of(&frame)?, format!("charged on {as_of} or later"));
    }
    let spans = Spans::of(&frame, runs)?;
    let (scopes, scope_of) = known_days(&frame, &spans, runs, options)?;
    frame = spans.take_each_day_once(frame, runs, controls)?;
    if metric == Metric::Effective {
        frame = without_commitment_purchases(frame, controls)?;
    }
    frame = with_scope(frame, &scope_of)?;
    frame = one_spelling(frame, wanted)?;
    let before = rows_of(&frame)?;
    frame = filtered(frame, wanted, options)?;
    drop_count(controls, before, rows_of(&frame)?, "outside the filter".to_owned());
    name_stopped(&frame, &scopes, controls)?;
    let late =
        col("day").lt(col("period_start")).or(col("day").gt_eq(col("period_end"))).or(col("corrected"));
    let frame = frame.lazy().with_column(late.alias("late")).collect()?;
    Ok(Selected {
        frame,
        scopes,
        agreements: runs.iter().flat_map(|run| run.agreements.iter().copied()).collect(),
    })
}

pub(crate) fn rows_of(frame: &DataFrame) -> Result<u64> {
    Ok(frame.column("rows")?.u64()?.sum().unwrap_or(0))
}

pub(crate) fn drop_count(controls: &mut Controls, before: u64, after: u64, why: String) {
    if before > after {
        controls.dropped.push((why, before - after));
    }
}

/// Fills in the billing period by the cycle's rule where a file has no usable one.
fn with_cycles(frame: DataFrame, cycle_day: CycleDay) -> Result<DataFrame> {
    let days = frame.column("day")?.date()?;
    let calendar = frame.column("calendar")?.bool()?;
    let mut starts = Vec::with_capacity(frame.height());
    let mut ends = Vec::with_capacity(frame.height());
    let periods = frame
        .column("period_start")?
        .date()?
        .as_date_iter()
        .zip(frame.column("period_end")?.date()?.as_date_iter());
    for ((day, calendar), (start, end)) in days.as_date_iter().zip(calendar.iter()).zip(periods) {
        let rule = if calendar == Some(true) { CycleDay::FIRST } else { cycle_day };
        let cycle = match (start, end, day) {
            (Some(start), Some(end), _) => Some((start, end)),
            (_, _, Some(day)) => {
                let cycle = BillingCycle::containing(day, rule);
                Some((cycle.start(), cycle.end()))
            }
            _ => None,
        };
        starts.push(cycle.map(|(start, _)| start));
        ends.push(cycle.map(|(_, end)| end));
    }
    let column = |name: &str, days: Vec<Option<NaiveDate>>| {
        DateChunked::from_naive_date_options(name.into(), days).into_column()
    };
    let mut frame = frame;
    frame.with_column(column("period_start", starts))?;
    frame.with_column(column("period_end", ends))?;
    Ok(frame)
}

/// In amortized cost the purchase of a commitment that carries a cost would count twice.
fn without_commitment_purchases(frame: DataFrame, controls: &mut Controls) -> Result<DataFrame> {
    let twice =
        col("committed").and(col("kind").str().starts_with(lit("purchase"))).and(col("cost").neq(lit(0)));
    let left_out = frame
        .clone()
        .lazy()
        .filter(twice.clone())
        .group_by([col("currency")])
        .agg([col("cost").sum(), col("rows").sum()])
        .collect()?;
    for (currency, cost) in
        left_out["currency"].str()?.iter().zip(left_out["cost"].decimal()?.physical().iter())
    {
        let amount = Amount::from_units(cost.unwrap_or(0));
        controls.warnings.push(format!(
            "purchases of commitments carry {amount} {} of effective cost, which their usage carries too; they are left out",
            currency.unwrap_or("")
        ));
    }
    let before = rows_of(&frame)?;
    let kept = frame.lazy().filter(twice.not()).collect()?;
    drop_count(controls, before, rows_of(&kept)?, "purchases of commitments in amortized cost".to_owned());
    Ok(kept)
}

fn with_scope(frame: DataFrame, scope_of: &BTreeMap<String, u32>) -> Result<DataFrame> {
    let scopes: UInt32Chunked = frame
        .column("owner")?
        .str()?
        .iter()
        .map(|owner| scope_of.get(owner.unwrap_or_default()).copied())
        .collect();
    let mut frame = frame;
    frame.with_column(scopes.with_name("scope".into()).into_column())?;
    Ok(frame)
}

/// Shows values that differ in case only under their latest spelling.
fn one_spelling(frame: DataFrame, wanted: &Wanted) -> Result<DataFrame> {
    let mut frame = frame;
    let dimensions = wanted.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.ignores_case());
    let names = dimensions.map(|(place, _)| format!("k{place}")).chain(["unit".to_owned()]);
    for name in names {
        // Few spellings stand in many rows: each is looked at once. Runs stand oldest first; within one
        // run the spelling that sorts last is taken.
        let order = SortMultipleOptions::default();
        let spellings = frame
            .clone()
            .lazy()
            .group_by([col(name.as_str())])
            .agg([col("run").max()])
            .sort(["run", name.as_str()], order)
            .collect()?;
        let spelled = spellings.column(&name)?.str()?;
        let latest: HashMap<String, &str> =
            spelled.iter().flatten().map(|value| (value.to_lowercase(), value)).collect();
        let shown: HashMap<&str, &str> =
            spelled.iter().flatten().map(|value| (value, latest[&value.to_lowercase()])).collect();
        let shown: StringChunked =
            frame.column(&name)?.str()?.iter().map(|value| value.map(|text| shown[text])).collect();
        frame.with_column(shown.with_name(name.as_str().into()).into_column())?;
    }
    Ok(frame)
}

/// Names subscriptions whose costs end long before the rest: what follows is unknown, not zero.
fn name_stopped(frame: &DataFrame, scopes: &[Scope], controls: &mut Controls) -> Result<()> {
    let newest = scopes.iter().filter_map(Scope::last).max();
    let (owners, numbers) = (frame.column("owner")?.str()?, frame.column("scope")?.u32()?);
    let mut ended: BTreeMap<NaiveDate, BTreeSet<&str>> = BTreeMap::new();
    for (owner, scope) in owners.iter().zip(numbers.iter()) {
        let last = scope.and_then(|scope| scopes.get(scope as usize)).and_then(Scope::last);
        if let Some(last) =
            last.filter(|last| newest.is_some_and(|newest| *last + Days::new(STOPPED_DAYS) < newest))
        {
            ended.entry(last).or_default().insert(owner.unwrap_or_default());
        }
    }
    for (last, owners) in ended {
        let first =
            owners.first().map(|owner| owner.trim_start_matches("/subscriptions/")).unwrap_or_default();
        let more = match owners.len() {
            1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        controls.warnings.push(format!(
            "the data of `{first}`{more} ends on {last}; later days are missing there, not zero"
        ));
    }
    Ok(())
}

fn filtered(frame: DataFrame, wanted: &Wanted, options: &ReadOptions) -> Result<DataFrame> {
    let mut by_dimension: Vec<(&Dimension, Expr)> = Vec::new();
    for filter in &options.filters {
        let place =
            wanted.dimensions.iter().position(|dimension| *dimension == filter.dimension).unwrap_or_default();
        let value = col(format!("k{place}")).fill_null(lit("")).str().to_lowercase();
        let lower = filter.value.to_lowercase();
        let mut same = value.clone().eq(lit(lower.clone()));
        if filter.dimension.column() == "SubAccountId" {
            same = same.or(value.eq(lit(format!("/subscriptions/{lower}")))).or(col("sub_name")
                .fill_null(lit(""))
                .str()
                .to_lowercase()
                .eq(lit(lower)));
        }
        match by_dimension.iter_mut().find(|(dimension, _)| *dimension == &filter.dimension) {
            Some((_, expr)) => *expr = expr.clone().or(same),
            None => by_dimension.push((&filter.dimension, same)),
        }
    }
    match by_dimension.into_iter().map(|(_, expr)| expr).reduce(Expr::and) {
        Some(keep) => Ok(frame.lazy().filter(keep).collect()?),
        None => Ok(frame),
    }
}
