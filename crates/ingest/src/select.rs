//! From the costs of every run to the costs that count.
//!
//! Billing periods are filled in, each day is taken from one run, covered days are found, spellings
//! are made one, and filters applied: in this order, since a filter must not change which run counts.

use crate::{
    Controls, Dimension, ReadOptions, Result, costs::Costs, coverage::Scope, file_sums::Wanted,
    known_days::known_days, outlook::STOPPED_DAYS, run_costs::RunCosts, spans::Spans,
};
use billing::{Agreement, Amount, BillingCycle, CycleDay, Metric};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The costs that count.
pub(crate) struct Selected {
    /// Lines as in [`RunCosts`], with `run` and `scope`; each has a billing period.
    pub costs: Costs,
    /// Covered days by scope number.
    pub scopes: Vec<Scope>,
    /// The agreements whose charges are in the frame.
    pub agreements: BTreeSet<Agreement>,
}

/// Takes each day of a subscription from one run and finds out which days are covered.
pub(crate) fn select(
    mut runs: Vec<RunCosts>,
    wanted: &Wanted,
    options: &ReadOptions,
    metric: Metric,
    controls: &mut Controls,
) -> Result<Selected> {
    let mut parts = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter_mut().enumerate() {
        let own = std::mem::take(&mut run.costs);
        let number = lit(number as u32).cast(DataType::UInt32).alias("run");
        let lines = own.lines.lazy().with_column(number).collect()?;
        parts.push(Costs { lines, days: own.days });
    }
    let runs = runs.as_slice();
    let mut costs = with_cycles(Costs::concat(parts)?, options.cycle_day)?;
    if let Some(as_of) = options.as_of {
        let why = format!("charged on {as_of} or later");
        costs = kept(costs, &[], col("day").lt(lit(as_of)), why, controls)?;
    }
    let lines = costs.line_spans()?;
    let spans = Spans::of(&lines, runs)?;
    let (scopes, scope_of) = known_days(&lines, &spans, runs, options)?;
    costs = spans.take_each_day_once(costs, runs, controls)?;
    if metric == Metric::Effective {
        costs = without_commitment_purchases(costs, controls)?;
    }
    costs.lines = with_scope(costs.lines, &scope_of)?;
    costs.lines = one_spelling(costs.lines, wanted)?;
    if let Some(asked) = asked_for(wanted, options) {
        costs.lines = costs.lines.lazy().with_column(asked.alias("asked")).collect()?;
        costs = kept(costs, &["asked"], col("asked"), "outside the filter".to_owned(), controls)?;
    }
    name_stopped(&costs.lines, &scopes, controls)?;
    Ok(Selected {
        costs,
        scopes,
        agreements: runs.iter().flat_map(|run| run.agreements.iter().copied()).collect(),
    })
}

/// Costs for which a condition on days and on these columns of lines holds; the others are counted.
fn kept(
    costs: Costs,
    columns: &[&str],
    condition: Expr,
    why: String,
    controls: &mut Controls,
) -> Result<Costs> {
    let before = costs.rows()?;
    let kept = costs.filtered(columns, condition)?.pruned()?;
    drop_count(controls, before, kept.rows()?, why);
    Ok(kept)
}

pub(crate) fn drop_count(controls: &mut Controls, before: u64, after: u64, why: String) {
    if before > after {
        controls.dropped.push((why, before - after));
    }
}

/// Gives each line one billing period: a line without a usable one of its own is split by the cycles,
/// after the cycle's rule, that its days lie in.
fn with_cycles(costs: Costs, cycle_day: CycleDay) -> Result<Costs> {
    let starts = costs.lines.column("period_start")?;
    if starts.null_count() == 0 {
        return Ok(costs);
    }
    let beside = costs.with(&["period_start", "period_end", "calendar"])?;
    let height = beside.height();
    let (lines, days) = (beside.column("line")?.idx()?, beside.column("day")?.date()?);
    let calendar = beside.column("calendar")?.bool()?;
    let own = beside
        .column("period_start")?
        .date()?
        .as_date_iter()
        .zip(beside.column("period_end")?.date()?.as_date_iter());
    let mut numbers: BTreeMap<(IdxSize, NaiveDate, NaiveDate), IdxSize> = BTreeMap::new();
    let mut keys = Vec::with_capacity(height);
    for (((line, day), calendar), own) in lines.iter().zip(days.as_date_iter()).zip(calendar.iter()).zip(own)
    {
        let rule = if calendar == Some(true) { CycleDay::FIRST } else { cycle_day };
        let (start, end) = match own {
            (Some(start), Some(end)) => (start, end),
            _ => {
                // Sums without a day are not kept by any file.
                let cycle = BillingCycle::containing(day.unwrap_or_default(), rule);
                (cycle.start(), cycle.end())
            }
        };
        let key = (line.unwrap_or_default(), start, end);
        numbers.insert(key, 0);
        keys.push(key);
    }
    for (next, number) in numbers.values_mut().enumerate() {
        *number = next as IdxSize;
    }
    let origin = IdxCa::from_vec("line".into(), numbers.keys().map(|(line, ..)| *line).collect());
    let mut split = costs.lines.take(&origin)?;
    let dates = |name: &str, of: &dyn Fn(&(IdxSize, NaiveDate, NaiveDate)) -> NaiveDate| {
        DateChunked::from_naive_date(name.into(), numbers.keys().map(of)).into_column()
    };
    split.with_column(dates("period_start", &|(_, start, _)| *start))?;
    split.with_column(dates("period_end", &|(.., end)| *end))?;
    let line = IdxCa::from_vec("line".into(), keys.iter().map(|key| numbers[key]).collect());
    let mut days = costs.days;
    days.with_column(line.into_column())?;
    Ok(Costs { lines: split, days })
}

/// In amortized cost the purchase of a commitment that carries a cost would count twice.
fn without_commitment_purchases(costs: Costs, controls: &mut Controls) -> Result<Costs> {
    let purchase = col("committed").and(col("kind").str().starts_with(lit("purchase")));
    let lines = costs.lines.lazy().with_column(purchase.alias("commitment_purchase")).collect()?;
    let costs = Costs { lines, days: costs.days };
    let twice = col("commitment_purchase").and(col("cost").neq(lit(0)));
    let left_out = costs
        .with(&["commitment_purchase", "currency"])?
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
    let why = "purchases of commitments in amortized cost".to_owned();
    kept(costs, &["commitment_purchase"], twice.not(), why, controls)
}

fn with_scope(lines: DataFrame, scope_of: &BTreeMap<String, u32>) -> Result<DataFrame> {
    let scopes: UInt32Chunked = lines
        .column("owner")?
        .str()?
        .iter()
        .map(|owner| scope_of.get(owner.unwrap_or_default()).copied())
        .collect();
    let mut lines = lines;
    lines.with_column(scopes.with_name("scope".into()).into_column())?;
    Ok(lines)
}

/// Shows values that differ in case only under their latest spelling.
fn one_spelling(lines: DataFrame, wanted: &Wanted) -> Result<DataFrame> {
    let mut lines = lines;
    let dimensions = wanted.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.ignores_case());
    let names = dimensions.map(|(place, _)| format!("k{place}")).chain(["unit".to_owned()]);
    for name in names {
        // Each spelling is looked at once. Runs stand oldest first; within one
        // run the spelling that sorts last is taken.
        let order = SortMultipleOptions::default();
        let spellings = lines
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
            lines.column(&name)?.str()?.iter().map(|value| value.map(|text| shown[text])).collect();
        lines.with_column(shown.with_name(name.as_str().into()).into_column())?;
    }
    Ok(lines)
}

/// Names subscriptions whose costs end long before the rest: what follows is unknown, not zero.
fn name_stopped(lines: &DataFrame, scopes: &[Scope], controls: &mut Controls) -> Result<()> {
    let newest = scopes.iter().filter_map(Scope::last).max();
    let (owners, numbers) = (lines.column("owner")?.str()?, lines.column("scope")?.u32()?);
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

/// Which lines the filters keep.
fn asked_for(wanted: &Wanted, options: &ReadOptions) -> Option<Expr> {
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
    by_dimension.into_iter().map(|(_, expr)| expr).reduce(Expr::and)
}
