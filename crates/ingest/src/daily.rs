//! Daily costs: per group, currency and scope, by kind of charge, exact to the last digit.
//!
//! A *leaf* is a group inside one invoice unit and one scope of coverage, so that all its days are
//! known for the same time. What users see are sums of leaves. Kinds of charge stay apart, since they
//! follow different laws; late and corrected charges stay apart too, since they tell no level.

use crate::{Controls, ReadOptions, Result, coverage::Scope, select::Selected};
use billing::{Agreement, Amount, BillingCycle, ChargeKind, Currency, Metric};
use chrono::NaiveDate;
use polars::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
};

/// The name of the row that sums what `--top` leaves out.
pub const OTHERS: &str = "Others";

/// Daily costs of one metric, ready to become series.
#[derive(Debug)]
pub struct DailyCosts {
    /// The metric.
    pub metric: Metric,
    /// The columns of the groups, under their FOCUS names.
    pub group_columns: Vec<String>,
    /// Groups within one invoice unit and scope, sorted by keys.
    pub leaves: Vec<Leaf>,
    /// Covered days, by the scope number of leaves.
    pub scopes: Vec<Scope>,
    /// The agreements whose charges are in it.
    pub agreements: BTreeSet<Agreement>,
    /// What was read and left out.
    pub controls: Controls,
    pub(crate) cells: Vec<Cell>,
    pub(crate) known_cycles: BTreeMap<String, BTreeMap<NaiveDate, NaiveDate>>,
    pub(crate) options: ReadOptions,
}

/// A group within one invoice unit and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The group's values, as many as there are group columns; `None` is "no value".
    pub keys: Vec<Option<String>>,
    /// What people call each value: subscriptions by name.
    pub names: Vec<String>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What one invoice covers, in words with its id.
    pub unit: String,
    /// Which of the scopes its subscriptions belong to.
    pub scope: usize,
    pub(crate) cells: Range<usize>,
}

/// The cost of one leaf, day, billing period and kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub day: NaiveDate,
    pub cycle: BillingCycle,
    pub kind: ChargeKind,
    pub marketplace: bool,
    /// Used before its cycle began, or corrected: part of the cycle, not of the daily level.
    pub late: bool,
    pub cost: Amount,
}

/// One row of the daily series: the cost of a day, or `None` where the day is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyRow {
    /// The group's values.
    pub keys: Vec<Option<String>>,
    /// The currency.
    pub currency: Currency,
    /// The day.
    pub day: NaiveDate,
    /// The cost, unrounded.
    pub cost: Option<Amount>,
}

impl DailyCosts {
    pub(crate) fn build(
        selected: Selected,
        options: &ReadOptions,
        metric: Metric,
        controls: Controls,
    ) -> Result<Self> {
        let groups = options.group_by.len();
        let keys: Vec<String> = (0..groups).map(|place| format!("k{place}")).collect();
        let names = subscription_names(&selected.frame)?;
        let frame = match options.top {
            Some(most) => keep_top(selected.frame, &keys, most)?,
            None => selected.frame,
        };
        let fixed =
            ["currency", "unit", "scope", "day", "period_start", "period_end", "kind", "marketplace", "late"];
        let by: Vec<Expr> = keys.iter().map(String::as_str).chain(fixed).map(col).collect();
        let order: Vec<PlSmallStr> = keys.iter().map(String::as_str).chain(fixed).map(Into::into).collect();
        let frame = frame
            .lazy()
            .group_by(by)
            .agg([col("cost").sum()])
            .sort(order, SortMultipleOptions::default().with_nulls_last(false))
            .collect()?;
        let group_columns: Vec<String> = options.group_by.iter().map(crate::Dimension::column).collect();
        let mut daily = Self {
            metric,
            leaves: Vec::new(),
            scopes: selected.scopes,
            agreements: selected.agreements,
            controls,
            cells: Vec::with_capacity(frame.height()),
            known_cycles: BTreeMap::new(),
            options: options.clone(),
            group_columns,
        };
        daily.fill(&frame, &keys, &names)?;
        daily.sum_up();
        Ok(daily)
    }

    fn fill(&mut self, frame: &DataFrame, keys: &[String], names: &HashMap<String, String>) -> Result<()> {
        let texts = |name: &str| frame.column(name).and_then(|column| column.str().cloned());
        let dates = |name: &str| -> PolarsResult<Vec<Option<NaiveDate>>> {
            Ok(frame.column(name)?.date()?.as_date_iter().collect())
        };
        let key_columns: Vec<StringChunked> =
            keys.iter().map(|key| texts(key)).collect::<PolarsResult<_>>()?;
        let (currencies, units, kinds) = (texts("currency")?, texts("unit")?, texts("kind")?);
        let scopes = frame.column("scope")?.u32()?;
        let (days, starts, ends) = (dates("day")?, dates("period_start")?, dates("period_end")?);
        let (marketplace, late) = (frame.column("marketplace")?.bool()?, frame.column("late")?.bool()?);
        let costs = frame.column("cost")?.decimal()?;
        for row in 0..frame.height() {
            let (Some(day), Some(start), Some(end), Some(currency)) =
                (days[row], starts[row], ends[row], currencies.get(row))
            else {
                continue;
            };
            let same = |leaf: &Leaf| {
                leaf.currency.code() == currency
                    && leaf.unit == units.get(row).unwrap_or_default()
                    && leaf.scope == scopes.get(row).unwrap_or_default() as usize
                    && key_columns
                        .iter()
                        .zip(&leaf.keys)
                        .all(|(column, key)| column.get(row) == key.as_deref())
            };
            if !self.leaves.last().is_some_and(same) {
                let values: Vec<Option<String>> =
                    key_columns.iter().map(|column| column.get(row).map(str::to_owned)).collect();
                self.leaves.push(Leaf {
                    names: shown(&values, names),
                    keys: values,
                    currency: currency.parse()?,
                    unit: units.get(row).unwrap_or_default().to_owned(),
                    scope: scopes.get(row).unwrap_or_default() as usize,
                    cells: self.cells.len()..self.cells.len(),
                });
            }
            let cycle = BillingCycle::new(start, end)?;
            self.cells.push(Cell {
                day,
                cycle,
                kind: kinds.get(row).unwrap_or_default().parse()?,
                marketplace: marketplace.get(row).unwrap_or(false),
                late: late.get(row).unwrap_or(false),
                cost: Amount::from_units(costs.physical().get(row).unwrap_or(0)),
            });
            if let Some(leaf) = self.leaves.last_mut() {
                leaf.cells.end = self.cells.len();
                self.known_cycles.entry(leaf.unit.clone()).or_default().insert(start, end);
            }
        }
        Ok(())
    }

    /// Control totals by currency and billing period.
    fn sum_up(&mut self) {
        let mut sums: BTreeMap<(Currency, BillingCycle), Amount> = BTreeMap::new();
        for leaf in &self.leaves {
            for cell in &self.cells[leaf.cells.clone()] {
                *sums.entry((leaf.currency.clone(), cell.cycle)).or_default() += cell.cost;
            }
        }
        self.controls.sums =
            sums.into_iter().map(|((currency, cycle), sum)| (currency, self.metric, cycle, sum)).collect();
    }

    /// A digest of everything that counts, for the id of a forecast: equal costs, equal digest.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for leaf in &self.leaves {
            let name = (&leaf.keys, leaf.currency.code(), &leaf.unit, &self.scopes[leaf.scope]);
            hasher.update(format!("{name:?}").as_bytes());
            for cell in &self.cells[leaf.cells.clone()] {
                hasher.update(&cell.cost.units().to_le_bytes());
                hasher.update(format!("{} {} {} {}", cell.day, cell.cycle, cell.kind, cell.late).as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The first day of which nothing is known: what is seen is seen as of that day.
    #[must_use]
    pub fn as_of(&self) -> Option<NaiveDate> {
        let after_last = |scope: &Scope| scope.newest_run.max(scope.last().and_then(|day| day.succ_opt()));
        self.options.as_of.or_else(|| self.scopes.iter().filter_map(after_last).max())
    }

    /// The last day that any scope covers.
    #[must_use]
    pub fn last_covered(&self) -> Option<NaiveDate> {
        self.scopes.iter().filter_map(Scope::last).max()
    }

    /// The daily series of each group over its covered days, sorted by keys, currency and day. All
    /// kinds are in it, credit and tax too. A day that no file covers has a row without a cost.
    #[must_use]
    pub fn rows(&self) -> Vec<DailyRow> {
        let mut rows = Vec::new();
        let mut first = 0;
        while first < self.leaves.len() {
            let same = |leaf: &Leaf| {
                leaf.keys == self.leaves[first].keys && leaf.currency == self.leaves[first].currency
            };
            let end = first + self.leaves[first..].iter().take_while(|leaf| same(leaf)).count();
            self.group_rows(&self.leaves[first..end], &mut rows);
            first = end;
        }
        rows
    }

    fn group_rows(&self, leaves: &[Leaf], rows: &mut Vec<DailyRow>) {
        let mut costs: BTreeMap<NaiveDate, Amount> = BTreeMap::new();
        for leaf in leaves {
            for cell in &self.cells[leaf.cells.clone()] {
                *costs.entry(cell.day).or_default() += cell.cost;
            }
        }
        let scopes: BTreeSet<usize> = leaves.iter().map(|leaf| leaf.scope).collect();
        let scopes: Vec<&Scope> = scopes.into_iter().map(|scope| &self.scopes[scope]).collect();
        let seen = costs.keys().next().copied().into_iter().chain(costs.keys().next_back().copied());
        let spans: Vec<NaiveDate> = scopes
            .iter()
            .flat_map(|scope| scope.first().into_iter().chain(scope.last()))
            .chain(seen)
            .collect();
        let (Some(start), Some(last)) = (spans.iter().min(), spans.iter().max()) else { return };
        for day in start.iter_days().take_while(|day| day <= last) {
            let cost = costs
                .get(&day)
                .copied()
                .or_else(|| scopes.iter().any(|scope| scope.covers(day)).then_some(Amount::ZERO));
            rows.push(DailyRow {
                keys: leaves[0].keys.clone(),
                currency: leaves[0].currency.clone(),
                day,
                cost,
            });
        }
    }
}

/// The latest name of each subscription.
fn subscription_names(frame: &DataFrame) -> Result<HashMap<String, String>> {
    let named = frame
        .clone()
        .lazy()
        .filter(col("sub_name").is_not_null().and(col("sub").is_not_null()))
        .group_by([col("sub")])
        .agg([col("sub_name").sort_by([col("run")], SortMultipleOptions::default()).last()])
        .collect()?;
    let (subs, names) = (named["sub"].str()?, named["sub_name"].str()?);
    Ok(subs
        .iter()
        .zip(names.iter())
        .filter_map(|(sub, name)| Some((sub?.to_owned(), name?.to_owned())))
        .collect())
}

/// What people call the values of a group: subscriptions by name.
fn shown(values: &[Option<String>], names: &HashMap<String, String>) -> Vec<String> {
    let name = |value: &Option<String>| match value {
        Some(id) => names
            .get(id)
            .map_or_else(|| id.strip_prefix("/subscriptions/").unwrap_or(id), String::as_str)
            .to_owned(),
        None => "(none)".to_owned(),
    };
    values.iter().map(name).collect()
}

/// Sums all but the `most` most expensive groups of each currency as [`OTHERS`].
fn keep_top(frame: DataFrame, keys: &[String], most: usize) -> Result<DataFrame> {
    if keys.is_empty() {
        return Ok(frame);
    }
    let by: Vec<Expr> = keys.iter().map(String::as_str).chain(["currency"]).map(col).collect();
    let totals = frame.clone().lazy().group_by(by).agg([col("cost").sum()]).collect()?;
    let columns: Vec<&StringChunked> = keys
        .iter()
        .map(String::as_str)
        .chain(["currency"])
        .map(|key| totals.column(key)?.str())
        .collect::<PolarsResult<_>>()?;
    let costs = totals.column("cost")?.decimal()?;
    let group = |columns: &[&StringChunked], row: usize| -> Vec<Option<String>> {
        columns.iter().map(|column| column.get(row).map(str::to_owned)).collect()
    };
    let mut ranked: Vec<(std::cmp::Reverse<i128>, Vec<Option<String>>)> = (0..totals.height())
        .map(|row| (std::cmp::Reverse(costs.physical().get(row).unwrap_or(0)), group(&columns, row)))
        .collect();
    ranked.sort();
    let mut taken: HashMap<Option<String>, usize> = HashMap::new();
    let mut kept: HashSet<Vec<Option<String>>> = HashSet::new();
    for (_, group) in ranked {
        let count = taken.entry(group.last().cloned().flatten()).or_default();
        if *count < most {
            *count += 1;
            kept.insert(group);
        }
    }
    let own: Vec<&StringChunked> = keys
        .iter()
        .map(String::as_str)
        .chain(["currency"])
        .map(|key| frame.column(key)?.str())
        .collect::<PolarsResult<_>>()?;
    let stays: BooleanChunked =
        (0..frame.height()).map(|row| Some(kept.contains(&group(&own, row)))).collect();
    let mut frame = frame.clone();
    frame.with_column(stays.with_name("stays".into()).into_column())?;
    let renamed: Vec<Expr> = keys
        .iter()
        .map(|key| when(col("stays")).then(col(key.as_str())).otherwise(lit(OTHERS)).alias(key.as_str()))
        .collect();
    Ok(frame.lazy().with_columns(renamed).drop(cols(["stays"])).collect()?)
}
