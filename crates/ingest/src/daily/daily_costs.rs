//! Daily costs: per group, currency and scope, by kind of charge, exact to the last digit.
//!
//! A *leaf* is a group inside one invoice unit and one scope of coverage, so that all its days are
//! known for the same time. What users see are sums of leaves. Kinds of charge stay apart, since they
//! follow different laws; late and corrected charges stay apart too, since they tell no level.

use crate::{
    Controls, ReadOptions, Result,
    charges::charge_table::ChargeTable,
    daily::exchange::Exchange,
    selection::{coverage::Coverage, selected_charges::SelectedCharges},
};
use billing::{Agreement, Amount, BillingCycle, ChargeKind, Currency, Metric};
use chrono::NaiveDate;
use polars::prelude::*;
use polars_arrow::array::PrimitiveArray;
use rayon::{iter::repeat_n, prelude::*};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
};

/// The column of forecast units: subscriptions, or else billing accounts.
pub(crate) const OWNER: &str = "forecast_unit";

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
    /// Covered days, by the coverage number of leaves.
    pub coverages: Vec<Coverage>,
    /// The agreements whose charges are in it.
    pub agreements: BTreeSet<Agreement>,
    /// What was read and left out.
    pub controls: Controls,
    pub(crate) exchanges: Vec<Exchange>,
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
    /// Which of the coverages its subscriptions have.
    pub coverage: usize,
    /// Whose charges they are, a subscription or else a billing account, where leaves differ in it.
    pub(crate) owner: String,
    /// Whether a filter asks for any of its charges, where all are read.
    pub(crate) is_asked: bool,
    pub(crate) cells: Vec<Cell>,
}

impl Leaf {
    /// Whether anything is charged in a cycle.
    pub(crate) fn has_charges(&self, cycle: BillingCycle) -> bool {
        self.cells.iter().any(|cell| cell.cycle == cycle)
    }
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
    /// Where prices are in another currency: which of [`DailyCosts::exchanges`] it was billed at.
    pub exchange: Option<u32>,
    pub cost: Amount,
}

/// The daily series column by column; each column has a value for each row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DailyColumns {
    /// The group's place among [`DailyCosts::groups`].
    pub groups: Vec<u32>,
    /// The day.
    pub days: Vec<NaiveDate>,
    /// The cost, unrounded; `None` where no file covers the day.
    pub costs: Vec<Option<Amount>>,
}

/// One row of the daily series: the cost of a day, or `None` where the day is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyRow<'a> {
    /// The group's place among [`DailyCosts::groups`].
    pub group: usize,
    /// The group's values.
    pub keys: &'a [Option<String>],
    /// The currency.
    pub currency: &'a Currency,
    /// The day.
    pub day: NaiveDate,
    /// The cost, unrounded.
    pub cost: Option<Amount>,
}

impl DailyCosts {
    /// The daily costs in the charges that count.
    ///
    /// # Errors
    /// A fault of the data frame engine.
    pub fn of(mut selected: SelectedCharges) -> Result<Self> {
        let keys: Vec<String> =
            (0..selected.options.group_by.len()).map(|place| format!("k{place}")).collect();
        if let Some(most) = selected.options.top {
            selected.table.keys = keep_top(&selected.table, &keys, most)?;
        }
        let columns = selected.options.group_by.iter().map(crate::Dimension::column).collect();
        Self::grouped(&selected, columns, &keys, false)
    }

    /// The daily costs in charges by these columns of their keys, shown as `group_columns`; also by whose they are.
    pub(crate) fn grouped(
        selected: &SelectedCharges,
        group_columns: Vec<String>,
        keys: &[String],
        by_owner: bool,
    ) -> Result<Self> {
        let table = &selected.table;
        let names = subscription_names(&table.keys)?;
        let mut daily = Self {
            metric: selected.metric,
            leaves: Vec::new(),
            coverages: selected.coverages.clone(),
            agreements: selected.agreements.clone(),
            controls: selected.controls.clone(),
            exchanges: Vec::new(),
            known_cycles: BTreeMap::new(),
            options: selected.options.clone(),
            group_columns,
        };
        let leaf_of = daily.add_leaves(&table.keys, keys, &names, by_owner)?;
        daily.add_cells(table, &leaf_of)?;
        Ok(daily)
    }

    /// Makes the leaves, sorted, and returns the one of each line.
    fn add_leaves(
        &mut self,
        lines: &DataFrame,
        keys: &[String],
        names: &HashMap<String, String>,
        by_owner: bool,
    ) -> Result<Vec<u32>> {
        let owner = by_owner.then_some(OWNER);
        let by = owner.into_iter().chain(keys.iter().map(String::as_str));
        let mut by: Vec<&str> = by.chain(["currency", "unit", "scope"]).collect();
        // What is filtered by may be grouped by too.
        let mut seen = HashSet::new();
        by.retain(|column| seen.insert(*column));
        let (table, leaf_of) = ranked(lines, &by)?;
        let texts = |name: &str| table.column(name).and_then(|column| column.str().cloned());
        let key_columns: Vec<StringChunked> =
            keys.iter().map(|key| texts(key)).collect::<PolarsResult<_>>()?;
        let (currencies, units, scopes) = (texts("currency")?, texts("unit")?, table.column("scope")?.u32()?);
        let owners = owner.map(texts).transpose()?;
        let asked = lines.column("asked").ok().map(Column::bool).transpose()?;
        let owner_of = |row: usize| owners.as_ref().and_then(|owners| owners.get(row)).unwrap_or_default();
        for row in 0..table.height() {
            let values: Vec<Option<String>> =
                key_columns.iter().map(|column| column.get(row).map(str::to_owned)).collect();
            self.leaves.push(Leaf {
                names: shown(&values, names),
                keys: values,
                currency: currencies.get(row).unwrap_or_default().parse()?,
                unit: units.get(row).unwrap_or_default().to_owned(),
                coverage: scopes.get(row).unwrap_or_default() as usize,
                owner: owner_of(row).to_owned(),
                is_asked: asked.is_none(),
                cells: Vec::new(),
            });
        }
        for (line, _) in
            asked.iter().flat_map(|asked| asked.iter().enumerate().filter(|own| own.1 == Some(true)))
        {
            self.leaves[leaf_of[line] as usize].is_asked = true;
        }
        Ok(leaf_of)
    }

    /// Sums the costs of each leaf by day and by what a cell tells apart besides; the control totals
    /// by currency and billing period are sums of these.
    fn add_cells(&mut self, costs: &ChargeTable, leaf_of: &[u32]) -> Result<()> {
        let (classes, class_of) = self.cell_classes(&costs.keys)?;
        let corrected = costs.keys.column("corrected")?.bool()?;
        let corrected: Vec<bool> = corrected.iter().map(|corrected| corrected == Some(true)).collect();
        let mut days = costs.days.clone();
        days.align_chunks_par();
        let charges = Charges::of(&days)?;
        // Rows are laid out leaf by leaf, then each leaf's are sorted: far less to compare than in all.
        let mut ends = vec![0; self.leaves.len()];
        for line in charges.lines() {
            ends[leaf_of[line as usize] as usize] += 1;
        }
        let mut next = 0;
        for end in &mut ends {
            (*end, next) = (next, next + *end);
        }
        let mut rows: Vec<u32> = vec![0; days.height()];
        for (row, line) in (0..).zip(charges.lines()) {
            let end = &mut ends[leaf_of[line as usize] as usize];
            rows[*end] = row;
            *end += 1;
        }
        let mut rest = rows.as_slice();
        let mut own = Vec::with_capacity(self.leaves.len());
        let mut start = 0;
        for end in ends {
            let (head, tail) = rest.split_at(end - start);
            own.push(head);
            (rest, start) = (tail, end);
        }
        let cost_of = |(line, day, cost): (u32, i32, i128)| {
            let class = class_of[line as usize];
            let late = corrected[line as usize] || !classes[class as usize].days.contains(&day);
            (day, class << 1 | u32::from(late), cost)
        };
        let summed: Vec<(Vec<Cell>, BTreeMap<BillingCycle, Amount>)> = own
            .into_par_iter()
            .map_init(Vec::new, |costs, rows| {
                costs.clear();
                costs.extend(charges.at(rows).map(cost_of));
                leaf_cells(costs, &classes)
            })
            .collect();
        let mut sums: BTreeMap<(Currency, BillingCycle), Amount> = BTreeMap::new();
        for (leaf, (cells, by_cycle)) in self.leaves.iter_mut().zip(summed) {
            leaf.cells = cells;
            let known = self.known_cycles.entry(leaf.unit.clone()).or_default();
            for (cycle, sum) in by_cycle {
                known.insert(cycle.start(), cycle.end());
                *sums.entry((leaf.currency.clone(), cycle)).or_default() += sum;
            }
        }
        self.controls.sums =
            sums.into_iter().map(|((currency, cycle), sum)| (currency, self.metric, cycle, sum)).collect();
        Ok(())
    }

    /// The classes of cells, sorted, and the one of each line; exchanges are numbered on the way.
    fn cell_classes(&mut self, lines: &DataFrame) -> Result<(Vec<CellClass>, Vec<u32>)> {
        let by = ["period_start", "period_end", "kind", "marketplace", "currency", "pricing", "rate"];
        let (table, class_of) = ranked(lines, &by)?;
        let (starts, ends) = (table.column("period_start")?.date()?, table.column("period_end")?.date()?);
        let (kinds, marketplace) = (table.column("kind")?.str()?, table.column("marketplace")?.bool()?);
        let mut classes = Vec::with_capacity(table.height());
        let exchanges = Exchange::column(&table)?;
        for (row, (start, end)) in starts.as_date_iter().zip(ends.as_date_iter()).enumerate() {
            let cycle = BillingCycle::new(start.unwrap_or_default(), end.unwrap_or_default())?;
            let exchange = exchanges[row].as_ref().map(|own| self.exchange_number(own));
            classes.push(CellClass {
                cycle,
                days: cycle.start().to_epoch_days()..cycle.end().to_epoch_days(),
                kind: kinds.get(row).unwrap_or_default().parse()?,
                marketplace: marketplace.get(row).unwrap_or(false),
                exchange,
            });
        }
        Ok((classes, class_of))
    }

    fn exchange_number(&mut self, own: &Exchange) -> u32 {
        let known = self.exchanges.iter().position(|known| known == own);
        let place = known.unwrap_or_else(|| {
            self.exchanges.push(own.clone());
            self.exchanges.len() - 1
        });
        place as u32
    }

    /// The same costs with one leaf for each group and currency, whatever invoice units its charges are on: what is
    /// tested and learnt from is the total of a group. Its coverage is the one that reaches the latest day.
    #[must_use]
    pub fn by_group(mut self) -> Self {
        let mut joined: Vec<Leaf> = Vec::with_capacity(self.leaves.len());
        let last = |leaf: &Leaf, coverages: &[Coverage]| (coverages[leaf.coverage].last(), leaf.cells.len());
        for leaf in std::mem::take(&mut self.leaves) {
            match joined.last_mut() {
                Some(group) if group.keys == leaf.keys && group.currency == leaf.currency => {
                    if last(&leaf, &self.coverages) > last(group, &self.coverages) {
                        (group.coverage, group.unit) = (leaf.coverage, leaf.unit);
                    }
                    group.cells.extend(leaf.cells);
                    group.cells.sort_by_key(|cell| (cell.day, cell.cycle));
                }
                _ => joined.push(leaf),
            }
        }
        self.leaves = joined;
        self
    }

    /// A digest of everything that counts, for the id of a forecast: equal costs, equal digest.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for leaf in &self.leaves {
            let name = (&leaf.keys, leaf.currency.code(), &leaf.unit, &self.coverages[leaf.coverage]);
            hasher.update(format!("{name:?}").as_bytes());
            for cell in &leaf.cells {
                hasher.update(&cell.cost.units().to_le_bytes());
                hasher.update(format!("{} {} {} {}", cell.day, cell.cycle, cell.kind, cell.late).as_bytes());
                if let Some(exchange) = cell.exchange.and_then(|place| self.exchanges.get(place as usize)) {
                    hasher.update(format!("{exchange:?}").as_bytes());
                }
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The first day of which nothing is known: what is seen is seen as of that day.
    #[must_use]
    pub fn as_of(&self) -> Option<NaiveDate> {
        let after_last = |scope: &Coverage| scope.newest_run.max(scope.last().and_then(|day| day.succ_opt()));
        self.options.as_of.or_else(|| self.coverages.iter().filter_map(after_last).max())
    }

    /// The last day that any scope covers.
    #[must_use]
    pub fn last_covered(&self) -> Option<NaiveDate> {
        self.coverages.iter().filter_map(Coverage::last).max()
    }

    /// The daily series of each group over its covered days, sorted by keys, currency and day. All
    /// kinds are in it, credit and tax too. A day that no file covers has a row without a cost.
    pub fn rows(&self) -> impl Iterator<Item = DailyRow<'_>> {
        self.groups().enumerate().flat_map(|(group, leaves)| {
            let (start, days) = self.days_of(leaves);
            let mut costs = vec![None; days];
            self.fill_costs(leaves, start, &mut costs);
            let (keys, currency) = (&leaves[0].keys, &leaves[0].currency);
            start.iter_days().zip(costs).map(move |(day, cost)| DailyRow { group, keys, currency, day, cost })
        })
    }

    /// The leaves of each group: those of equal keys and currency.
    pub fn groups(&self) -> impl Iterator<Item = &[Leaf]> {
        self.leaves.chunk_by(|a, b| a.keys == b.keys && a.currency == b.currency)
    }

    /// The rows of [`DailyCosts::rows`], column by column.
    #[must_use]
    pub fn columns(&self) -> DailyColumns {
        let groups: Vec<&[Leaf]> = self.groups().collect();
        let spans: Vec<(NaiveDate, usize)> = groups.par_iter().map(|leaves| self.days_of(leaves)).collect();
        let rows = spans.iter().map(|(_, days)| days).sum();
        // Made by all threads: most of the time goes into memory that is touched for the first time.
        let mut columns = DailyColumns {
            groups: repeat_n(0, rows).collect(),
            days: repeat_n(NaiveDate::MIN, rows).collect(),
            costs: repeat_n(None, rows).collect(),
        };
        let mut rest = (&mut columns.groups[..], &mut columns.days[..], &mut columns.costs[..]);
        let mut parts = Vec::with_capacity(groups.len());
        for ((start, count), leaves) in spans.into_iter().zip(groups) {
            let (groups, days, costs) =
                (rest.0.split_at_mut(count), rest.1.split_at_mut(count), rest.2.split_at_mut(count));
            parts.push((leaves, start, (groups.0, days.0, costs.0)));
            rest = (groups.1, days.1, costs.1);
        }
        parts.into_par_iter().enumerate().for_each(|(group, (leaves, start, (groups, days, costs)))| {
            groups.fill(group as u32);
            days.iter_mut().zip(start.iter_days()).for_each(|(own, day)| *own = day);
            self.fill_costs(leaves, start, costs);
        });
        columns
    }

    /// The first day of a group's rows, and how many there are.
    fn days_of(&self, leaves: &[Leaf]) -> (NaiveDate, usize) {
        // Cells are sorted by day.
        let ends = leaves.iter().flat_map(|leaf| leaf.cells.first().into_iter().chain(leaf.cells.last()));
        let scopes = leaves.iter().map(|leaf| &self.coverages[leaf.coverage]);
        let covered = scopes.flat_map(|scope| scope.first().into_iter().chain(scope.last()));
        let days = ends.map(|cell| cell.day).chain(covered);
        let (first, last) =
            days.fold((NaiveDate::MAX, NaiveDate::MIN), |(first, last), day| (first.min(day), last.max(day)));
        (first, ((last - first).num_days() + 1).max(0) as usize)
    }

    /// Fills in what a group costs on each day from `start` on.
    fn fill_costs(&self, leaves: &[Leaf], start: NaiveDate, costs: &mut [Option<Amount>]) {
        let first = start.to_epoch_days();
        for cell in leaves.iter().flat_map(|leaf| &leaf.cells) {
            *costs[(cell.day.to_epoch_days() - first) as usize].get_or_insert_default() += cell.cost;
        }
        let scopes: BTreeSet<usize> = leaves.iter().map(|leaf| leaf.coverage).collect();
        let is_covered = |day: NaiveDate| scopes.iter().any(|scope| self.coverages[*scope].covers(day));
        for (day, cost) in start.iter_days().zip(costs).filter(|(_, cost)| cost.is_none()) {
            *cost = is_covered(day).then_some(Amount::ZERO);
        }
    }
}

/// The columns of charges in pieces: lines, days and costs, equally many in each.
struct Charges<'a>(Vec<(&'a [IdxSize], &'a [i32], &'a [i128])>);

impl<'a> Charges<'a> {
    /// The columns of `days`, whose chunks are aligned.
    fn of(days: &'a DataFrame) -> Result<Self> {
        let lines = days.column("key")?.idx()?.downcast_iter();
        let dates = days.column("day")?.date()?.physical().downcast_iter();
        let costs = days.column("cost")?.decimal()?.physical().downcast_iter();
        let piece =
            |((lines, days), costs): ((&'a IdxArr, &'a PrimitiveArray<i32>), &'a PrimitiveArray<i128>)| {
                (lines.values().as_slice(), days.values().as_slice(), costs.values().as_slice())
            };
        Ok(Self(lines.zip(dates).zip(costs).map(piece).collect()))
    }

    fn lines(&self) -> impl Iterator<Item = IdxSize> {
        self.0.iter().flat_map(|(lines, ..)| lines.iter().copied())
    }

    /// Line, day and cost of some rows, which are in order.
    fn at(&self, rows: &[u32]) -> impl Iterator<Item = (IdxSize, i32, i128)> {
        let (mut piece, mut first) = (0, 0);
        rows.iter().map(move |row| {
            let row = *row as usize;
            while row - first >= self.0[piece].0.len() {
                first += self.0[piece].0.len();
                piece += 1;
            }
            let (lines, days, costs) = self.0[piece];
            (lines[row - first], days[row - first], costs[row - first])
        })
    }
}

/// The cells of one leaf, sorted, from its costs by day and by class and lateness; and its cycles' sums.
fn leaf_cells(
    costs: &mut [(i32, u32, i128)],
    classes: &[CellClass],
) -> (Vec<Cell>, BTreeMap<BillingCycle, Amount>) {
    costs.sort_unstable_by_key(|(day, class_late, _)| (*day, *class_late));
    let mut by_cycle: BTreeMap<BillingCycle, Amount> = BTreeMap::new();
    // A leaf has many cells: room for each is made once.
    let equal = |a: &(i32, u32, i128), b: &(i32, u32, i128)| (a.0, a.1) == (b.0, b.1);
    let mut cells = Vec::with_capacity(costs.chunk_by(equal).count());
    let cell = |same: &[(i32, u32, i128)]| {
        let (day, class_late, _) = same[0];
        let class = &classes[(class_late >> 1) as usize];
        let cost: Amount = same.iter().map(|(.., cost)| Amount::from_units(*cost)).sum();
        *by_cycle.entry(class.cycle).or_default() += cost;
        Cell {
            day: NaiveDate::from_epoch_days(day).unwrap_or_default(),
            cycle: class.cycle,
            kind: class.kind,
            marketplace: class.marketplace,
            late: class_late & 1 == 1,
            exchange: class.exchange,
            cost,
        }
    };
    cells.extend(costs.chunk_by(equal).map(cell));
    (cells, by_cycle)
}

/// What tells the cells of a leaf apart but for their day.
struct CellClass {
    cycle: BillingCycle,
    /// The days of the cycle, counted from the epoch.
    days: Range<i32>,
    kind: ChargeKind,
    marketplace: bool,
    exchange: Option<u32>,
}

/// The distinct values of these columns, sorted with nulls first, and for each row which it has.
fn ranked(frame: &DataFrame, by: &[&str]) -> Result<(DataFrame, Vec<u32>)> {
    let columns: Vec<Expr> = by.iter().copied().map(col).collect();
    let table = frame
        .clone()
        .lazy()
        .select(columns.clone())
        .with_row_index("row", None)
        .group_by(columns)
        .agg([col("row")])
        .sort(by.iter().copied(), SortMultipleOptions::default().with_nulls_last(false))
        .collect()?;
    let mut rank_of = vec![0; frame.height()];
    for (rank, rows) in (0..).zip(table.column("row")?.list()?.amortized_iter()) {
        let Some(rows) = rows else { continue };
        for row in rows.as_ref().idx()?.iter().flatten() {
            rank_of[row as usize] = rank;
        }
    }
    Ok((table, rank_of))
}

/// The latest name of each subscription.
fn subscription_names(frame: &DataFrame) -> Result<HashMap<String, String>> {
    let named = frame
        .clone()
        .lazy()
        .filter(col("sub_name").is_not_null().and(col("sub").is_not_null()))
        .group_by([col("sub")])
        .agg([col("sub_name").sort_by([col("run"), col("sub_name")], SortMultipleOptions::default()).last()])
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

/// Sums all but the `most` most expensive groups of each parent and currency as [`OTHERS`]. A parent is a group of
/// all columns but the last; it stays whole.
pub(crate) fn keep_top(table: &ChargeTable, keys: &[String], most: usize) -> Result<DataFrame> {
    let mut frame = table.keys.clone();
    let Some((last, parents)) = keys.split_last() else { return Ok(frame) };
    let names: Vec<&str> = parents.iter().map(String::as_str).chain(["currency", last.as_str()]).collect();
    let by: Vec<Expr> = names.iter().copied().map(col).collect();
    let totals = table.with(&names)?.lazy().group_by(by).agg([col("cost").sum()]).collect()?;
    let texts = |frame: &DataFrame| -> Result<Vec<StringChunked>> {
        names.iter().map(|name| Ok(frame.column(name)?.str()?.clone())).collect()
    };
    let group = |columns: &[StringChunked], row: usize| -> Vec<Option<String>> {
        columns.iter().map(|column| column.get(row).map(str::to_owned)).collect()
    };
    let columns = texts(&totals)?;
    let costs = totals.column("cost")?.decimal()?;
    let mut ranked: Vec<(std::cmp::Reverse<i128>, Vec<Option<String>>)> = (0..totals.height())
        .map(|row| (std::cmp::Reverse(costs.physical().get(row).unwrap_or(0)), group(&columns, row)))
        .collect();
    ranked.sort();
    let mut taken: HashMap<Vec<Option<String>>, usize> = HashMap::new();
    let mut kept: HashSet<Vec<Option<String>>> = HashSet::new();
    for (_, group) in ranked {
        let count = taken.entry(group[..names.len() - 1].to_vec()).or_default();
        if *count < most {
            *count += 1;
            kept.insert(group);
        }
    }
    let own = texts(&frame)?;
    let stays: BooleanChunked =
        (0..frame.height()).map(|row| Some(kept.contains(&group(&own, row)))).collect();
    frame.with_column(stays.with_name("stays".into()).into_column())?;
    let renamed = when(col("stays")).then(col(last.as_str())).otherwise(lit(OTHERS)).alias(last.as_str());
    Ok(frame.lazy().with_column(renamed).drop(cols(["stays"])).collect()?)
}
