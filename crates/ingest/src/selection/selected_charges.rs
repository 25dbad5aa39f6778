//! From decisions to one table: the charges that count, with the coverage of each, in one spelling, filtered. In this
//! order, since a filter must not change which run counts.

use crate::{
    Controls, Dimension, ReadOptions, Result,
    charges::{charge_table::ChargeTable, findings::Finding, query::ReadQuery},
    selection::{
        coverage::Coverage,
        coverage_from_runs::{Coverages, coverages},
        decide::{Decided, Needs, decide, no_rows},
        excluded_charges::masked,
    },
};
use billing::{Agreement, Amount, BillingCycle, Metric};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A coverage that ends this many days before the newest of all has stopped.
pub(crate) const STOPPED_DAYS: u64 = 7;

/// The charges that count: the one table that costs, usage, hours and everything else is read from.
#[derive(Debug)]
pub struct SelectedCharges {
    /// Keys as in [`FileCharges::table`](crate::charges::file_charges::FileCharges::table), with `run`, `scope` and
    /// `stated`; each has a billing period.
    pub(crate) table: ChargeTable,
    /// Covered days, by the number in the column `scope`.
    pub(crate) coverages: Vec<Coverage>,
    /// The agreements whose charges are in it.
    pub(crate) agreements: BTreeSet<Agreement>,
    /// The metric of its costs.
    pub metric: Metric,
    /// What was read and decided.
    pub controls: Controls,
    pub(crate) options: ReadOptions,
    /// The dimensions whose values the columns `k0`, `k1`, … hold.
    pub(crate) dimensions: Vec<Dimension>,
}

impl SelectedCharges {
    /// The charges, each once.
    #[must_use]
    pub fn charges(&self) -> &ChargeTable {
        &self.table
    }

    /// The codes of their currencies.
    ///
    /// # Errors
    /// A fault of the data frame engine.
    pub fn currencies(&self) -> Result<BTreeSet<String>> {
        let currencies = self.table.keys.column("currency")?.str()?.unique()?;
        Ok(currencies.iter().flatten().map(str::to_owned).collect())
    }

    /// Their billing periods.
    ///
    /// # Errors
    /// A fault of the data frame engine.
    pub fn billing_periods(&self) -> Result<BTreeSet<BillingCycle>> {
        let ends = ["period_start", "period_end"];
        let periods = self.table.keys.select(ends)?.unique_stable(None, UniqueKeepStrategy::Any, None)?;
        let [starts, ends] = ends.map(|name| periods.column(name).and_then(|days| days.date().cloned()));
        let (starts, ends) = (starts?, ends?);
        let periods = starts.as_date_iter().zip(ends.as_date_iter());
        let cycles = periods.filter_map(|(start, end)| Some(BillingCycle::new(start?, end?)));
        Ok(cycles.collect::<billing::Result<_>>()?)
    }
}

/// Reads the charges behind `inputs` and selects those that count. `progress` is called with the bytes of each file
/// that was read.
///
/// # Errors
/// Everything that makes the input unusable; see [`Error`](crate::Error).
pub fn select_charges(
    inputs: &[String],
    options: &ReadOptions,
    needs: Needs,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<SelectedCharges> {
    let decided = decide(inputs, options, needs, progress)?;
    let Decided { plan, query, metric, runs, decisions, masks, names, mut controls, .. } = decided;
    let metric = metric.metric;
    let coverages = coverages(&runs, &masks, &decisions, &names, options.as_of, &mut controls)?;
    let agreements = runs.iter().flat_map(|run| run.agreements.iter().copied()).collect();
    let mut tables = Vec::with_capacity(runs.len());
    for (run, mask) in runs.into_iter().zip(masks) {
        tables.push(match mask {
            Some(mask) => masked(run.table, mask)?,
            None => run.table,
        });
    }
    let mut table = ChargeTable::concat(tables)?.pruned()?;
    if metric == Metric::Effective {
        table = without_commitment_purchases(table, &mut controls)?;
    }
    table.keys = with_coverage(table.keys, &coverages)?;
    table.keys = one_spelling(table.keys, &query)?;
    let mut shown = None;
    if let Some(asked) = asked_for(&query, options) {
        table.keys = table.keys.lazy().with_column(asked.alias("asked")).collect()?;
        if needs.bills() {
            table.keys = asked_by_value(table.keys, &query, options)?;
            shown = Some(table.clone());
        }
        table = kept(table, &["asked"], col("asked"), "outside the filter", &mut controls)?;
    }
    if table.is_empty() {
        return Err(no_rows(&plan, &controls));
    }
    name_stopped(&table.keys, &coverages.all, &mut controls)?;
    let (options, dimensions) = (options.clone(), query.dimensions);
    let table = shown.unwrap_or(table);
    Ok(SelectedCharges { table, coverages: coverages.all, agreements, metric, controls, options, dimensions })
}

/// A value of the dimensions that are filtered by is asked for as a whole: also where a subscription had another name.
fn asked_by_value(keys: DataFrame, query: &ReadQuery, options: &ReadOptions) -> Result<DataFrame> {
    let of_filter =
        |dimension: &Dimension| options.filters.iter().any(|filter| filter.dimension == *dimension);
    let by = query.dimensions.iter().enumerate().filter(|(_, dimension)| of_filter(dimension));
    let columns: Vec<StringChunked> =
        by.map(|(place, _)| Ok(keys.column(&format!("k{place}"))?.str()?.clone())).collect::<Result<_>>()?;
    let values = |row: usize| columns.iter().map(|column| column.get(row)).collect::<Vec<_>>();
    let asked = keys.column("asked")?.bool()?;
    let is_asked = |row: &usize| asked.get(*row) == Some(true);
    let all: BTreeSet<Vec<Option<&str>>> = (0..keys.height()).filter(is_asked).map(values).collect();
    let asked: BooleanChunked = (0..keys.height()).map(|row| Some(all.contains(&values(row)))).collect();
    let mut with = keys.clone();
    with.with_column(asked.with_name("asked".into()).into_column())?;
    Ok(with)
}

/// The charges for which a condition on days and on these columns of keys holds; the others are counted.
fn kept(
    table: ChargeTable,
    columns: &[&str],
    condition: Expr,
    why: &str,
    controls: &mut Controls,
) -> Result<ChargeTable> {
    let before = table.rows()?;
    let kept = table.filtered(columns, condition)?.pruned()?;
    controls.drop_rows(before - kept.rows()?, why);
    Ok(kept)
}

/// In amortized cost the purchase of a commitment that carries a cost would count twice.
fn without_commitment_purchases(table: ChargeTable, controls: &mut Controls) -> Result<ChargeTable> {
    let purchase = col("committed").and(col("kind").str().starts_with(lit("purchase")));
    let keys = table.keys.lazy().with_column(purchase.alias("commitment_purchase")).collect()?;
    let table = ChargeTable { keys, days: table.days };
    let twice = col("commitment_purchase").and(col("cost").neq(lit(0)));
    let left_out = table
        .with(&["commitment_purchase", "currency"])?
        .lazy()
        .filter(twice.clone())
        .group_by([col("currency")])
        .agg([col("cost").sum()])
        .sort(["currency"], SortMultipleOptions::default())
        .collect()?;
    for (currency, cost) in
        left_out["currency"].str()?.iter().zip(left_out["cost"].decimal()?.physical().iter())
    {
        controls.add(Finding::CommitmentPurchases {
            amount: Amount::from_units(cost.unwrap_or(0)),
            currency: currency.unwrap_or_default().to_owned(),
        });
    }
    let why = "purchases of commitments in amortized cost";
    kept(table, &["commitment_purchase"], twice.not(), why, controls)
}

fn with_coverage(keys: DataFrame, coverages: &Coverages) -> Result<DataFrame> {
    let (owners, units) = (keys.column("owner")?.str()?, keys.column("unit")?.str()?);
    // Keys of one owner mostly follow each other.
    type Texts<'a> = (Option<&'a str>, Option<&'a str>);
    let mut last: Option<(Texts<'_>, Option<u32>)> = None;
    let numbers: UInt32Chunked = owners
        .iter()
        .zip(units.iter())
        .map(|pair| match last {
            Some((before, number)) if before == pair => number,
            _ => {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                let number = coverages.of.get(&(text(pair.0), text(pair.1))).copied();
                last = Some((pair, number));
                number
            }
        })
        .collect();
    let mut keys = keys;
    keys.with_column(numbers.with_name("scope".into()).into_column())?;
    Ok(keys)
}

/// Names subscriptions whose costs end long before the rest: what follows is unknown, not zero.
fn name_stopped(keys: &DataFrame, coverages: &[Coverage], controls: &mut Controls) -> Result<()> {
    let newest = coverages.iter().filter_map(Coverage::last).max();
    let (owners, numbers) = (keys.column("owner")?.str()?, keys.column("scope")?.u32()?);
    let mut ended: BTreeMap<NaiveDate, BTreeSet<&str>> = BTreeMap::new();
    for (owner, number) in owners.iter().zip(numbers.iter()) {
        let last = number.and_then(|number| coverages.get(number as usize)).and_then(Coverage::last);
        if let Some(last) =
            last.filter(|last| newest.is_some_and(|newest| *last + Days::new(STOPPED_DAYS) < newest))
        {
            ended.entry(last).or_default().insert(owner.unwrap_or_default());
        }
    }
    for (last, owners) in ended {
        let example = owners.first().map(|owner| owner.trim_start_matches("/subscriptions/"));
        controls.add(Finding::Stopped {
            example: example.unwrap_or_default().to_owned(),
            more: owners.len() - 1,
            last,
        });
    }
    Ok(())
}

/// Shows values that differ in case only under their latest spelling.
fn one_spelling(keys: DataFrame, query: &ReadQuery) -> Result<DataFrame> {
    let mut keys = keys;
    let dimensions = query.dimensions.iter().enumerate().filter(|(_, dimension)| dimension.ignores_case());
    let names = dimensions.map(|(place, _)| format!("k{place}")).chain(["unit".to_owned()]);
    for name in names {
        // Each spelling is looked at once. Runs stand oldest first; within one
        // run the spelling that sorts last is taken.
        let order = SortMultipleOptions::default();
        let spellings = keys
            .clone()
            .lazy()
            .group_by([col(name.as_str())])
            .agg([col("run").max()])
            .sort(["run", name.as_str()], order)
            .collect()?;
        let spelled = spellings.column(&name)?.str()?;
        let latest: HashMap<String, &str> =
            spelled.iter().flatten().map(|value| (value.to_lowercase(), value)).collect();
        if latest.len() == spelled.len() - spelled.null_count() {
            continue;
        }
        let shown: HashMap<&str, &str> =
            spelled.iter().flatten().map(|value| (value, latest[&value.to_lowercase()])).collect();
        let shown: StringChunked =
            keys.column(&name)?.str()?.iter().map(|value| value.map(|text| shown[text])).collect();
        keys.with_column(shown.with_name(name.as_str().into()).into_column())?;
    }
    Ok(keys)
}

/// Which keys the filters keep.
fn asked_for(query: &ReadQuery, options: &ReadOptions) -> Option<Expr> {
    let mut by_dimension: Vec<(&Dimension, Expr)> = Vec::new();
    for filter in &options.filters {
        let place =
            query.dimensions.iter().position(|dimension| *dimension == filter.dimension).unwrap_or_default();
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
