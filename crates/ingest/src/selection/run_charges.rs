//! The charges of one run: its files joined, each by the column that holds the metric.
//!
//! What decides which charges count is taken out of the table here, once a key: whose a charge is, the billing
//! account and period, whether it is usage, and the parts of scopes that it belongs to.

use crate::{
    Result,
    charges::{
        charge_table::{ChargeTable, values},
        file_charges::FileCharges,
    },
    exports::{runs::Run, scope::ExportScope},
    selection::cycles::with_cycles,
};
use billing::{Agreement, CycleDay};
use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// The charges of one run, the metric in `cost`.
pub(crate) struct RunCharges {
    /// How messages name the run.
    pub name: String,
    /// Keys as in [`FileCharges::table`], with `calendar` and `run`; days with `cost`.
    pub table: ChargeTable,
    /// What each key says of who is charged, for what and when.
    pub keys: Vec<KeyFacts>,
    /// First and last day of the charges of each key inside their billing period, counted from the epoch.
    pub spans: Vec<Option<(i32, i32)>>,
    /// Whose charges the run's export holds, where it states that.
    pub scope: Option<ExportScope>,
    /// Which export made it, where a manifest names it.
    pub export: Option<String>,
    /// What a run without a scope was given with.
    pub group: String,
    /// When it was submitted.
    pub time: Option<DateTime<Utc>>,
    /// As of which day its charges were known.
    pub made: Option<NaiveDate>,
    /// The days that it claims, counted from the epoch: its range, or those of its usage.
    pub claim: Option<(i32, i32)>,
    /// The days that are covered, where the manifest states them.
    pub covered: Option<(NaiveDate, NaiveDate)>,
    /// Whether its costs are estimates of this program: usage priced by a rate card.
    pub is_estimate: bool,
    /// The agreements whose charges are in it.
    pub agreements: BTreeSet<Agreement>,
    /// Which run of the plan it is.
    pub number: usize,
}

/// What a key says of its charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    /// Whose they are: the subscription or, without one, the billing account.
    pub owner: u32,
    /// The billing account; `None` where no column names it.
    pub account: Option<u32>,
    /// The billing period, half-open, counted from the epoch.
    pub period: (i32, i32),
    /// Whether they are usage.
    pub is_usage: bool,
    /// What one invoice covers.
    pub unit: u32,
    /// The values of the columns that tell the parts of scopes, in the order of the query.
    pub parts: Vec<Option<u32>>,
}

/// Texts as numbers, over all runs.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    numbers: PlHashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number = self.texts.len() as u32;
                self.texts.push(text.to_owned());
                self.numbers.insert(text.to_owned(), number);
                number
            }
        }
    }

    /// The number of a text that is there already.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// As people read it: a subscription without the path.
    pub(crate) fn shown(&self, number: u32) -> &str {
        self.text(number).trim_start_matches("/subscriptions/")
    }
}

impl RunCharges {
    /// Joins the files of a run; `columns` names for each which of its columns counts, if any.
    ///
    /// # Errors
    /// A fault of the data frame engine.
    pub(crate) fn new(
        (number, run): (usize, &Run),
        files: Vec<FileCharges>,
        columns: &[Option<String>],
        cycle_day: CycleDay,
        parts: usize,
        names: &mut Names,
    ) -> Result<Self> {
        let mut tables: Vec<ChargeTable> = Vec::with_capacity(files.len());
        let mut agreements = BTreeSet::new();
        for ((sums, column), (file, _)) in files.into_iter().zip(columns).zip(&run.files) {
            let Some(column) = column else { continue };
            agreements.insert(file.family.agreement);
            tables.push(of_metric(sums.table, column, &sums.metrics, file.family.agreement, number)?);
        }
        let table = with_cycles(ChargeTable::concat(tables)?, cycle_day)?;
        let keys = key_facts(&table.keys, parts, names)?;
        let mut own = Self {
            name: run.name.clone(),
            keys,
            spans: Vec::new(),
            table,
            scope: run.scope.clone().filter(|_| run.is_scoped()),
            export: run.export.clone(),
            group: run.group.clone(),
            time: run.time,
            made: run.known_at.map(|time| time.date_naive()),
            claim: run.range.map(|(first, last)| (first.to_epoch_days(), last.to_epoch_days())),
            covered: run.covered(),
            is_estimate: run.is_estimate(),
            agreements,
            number,
        };
        own.spans = own.spans_of(None)?;
        let usage = own.usage_days();
        own.claim = own.claim.or(usage);
        if !run.has_manifest && own.is_before(usage) {
            // A name that states a moment before its own last usage states something else.
            (own.time, own.made) = (None, None);
        }
        Ok(own)
    }

    /// Drops what was charged on `day` or later.
    pub(crate) fn keep_before(&mut self, day: NaiveDate) -> Result<()> {
        self.table = std::mem::take(&mut self.table).filtered(&[], col("day").lt(lit(day)))?;
        self.spans = self.spans_of(None)?;
        Ok(())
    }

    fn is_before(&self, usage: Option<(i32, i32)>) -> bool {
        let time = self.time.map(|time| time.date_naive().to_epoch_days());
        time.zip(usage).is_some_and(|(time, (_, last))| time < last)
    }

    /// First and last day of usage inside its billing period; of all rows where there is no usage.
    pub(crate) fn usage_days(&self) -> Option<(i32, i32)> {
        let spans = || self.keys.iter().zip(&self.spans).filter_map(|(facts, span)| Some((facts, (*span)?)));
        let joined = |(first, last): (i32, i32), (from, to): (i32, i32)| (first.min(from), last.max(to));
        let usage = spans().filter(|(facts, _)| facts.is_usage).map(|(_, span)| span).reduce(joined);
        usage.or_else(|| spans().map(|(_, span)| span).reduce(joined))
    }

    /// [`RunCharges::spans`], of the entries for which `mask` holds.
    pub(crate) fn spans_of(&self, mask: Option<&[bool]>) -> Result<Vec<Option<(i32, i32)>>> {
        let mut spans: Vec<Option<(i32, i32)>> = vec![None; self.keys.len()];
        self.each_row(|key, day, row| {
            if self.keys[key].is_inside(day) && mask.is_none_or(|mask| mask[row]) {
                let (first, last) = spans[key].get_or_insert((day, day));
                (*first, *last) = (day.min(*first), day.max(*last));
            }
        })?;
        Ok(spans)
    }

    /// Calls `visit` with the key, the day and the row of each entry of the table.
    pub(crate) fn each_row(&self, mut visit: impl FnMut(usize, i32, usize)) -> Result<()> {
        let (key, day) = (self.table.days.column("key")?.idx()?, self.table.days.column("day")?.date()?);
        for (row, (key, day)) in values(key).zip(values(day.physical())).enumerate() {
            visit(key as usize, day, row);
        }
        Ok(())
    }

    /// The same with the facts of the key.
    pub(crate) fn each_day(&self, mut visit: impl FnMut(&KeyFacts, i32, usize)) -> Result<()> {
        self.each_row(|key, day, row| visit(&self.keys[key], day, row))
    }

    /// The costs of the entries, in the order of the table.
    pub(crate) fn costs(&self) -> Result<Vec<i128>> {
        Ok(values(self.table.days.column("cost")?.decimal()?.physical()).collect())
    }

    /// The billing accounts that each owner's rows name.
    pub(crate) fn accounts(&self) -> HashMap<u32, BTreeSet<u32>> {
        let mut accounts: HashMap<u32, BTreeSet<u32>> = HashMap::new();
        for facts in &self.keys {
            accounts.entry(facts.owner).or_default().extend(facts.account);
        }
        accounts
    }
}

impl KeyFacts {
    /// Whether a day lies in the billing period.
    pub(crate) fn is_inside(&self, day: i32) -> bool {
        (self.period.0..self.period.1).contains(&day)
    }
}

/// The table of a file with its metric as `cost`, without its other `metrics`.
pub(crate) fn of_metric(
    table: ChargeTable,
    column: &str,
    metrics: &[String],
    agreement: Agreement,
    run: usize,
) -> Result<ChargeTable> {
    let ChargeTable { mut keys, mut days } = table;
    let height = keys.height();
    let calendar = BooleanChunked::full("calendar".into(), agreement.bills_by_calendar_month(), height);
    keys.with_column(calendar.into_column())?;
    keys.with_column(UInt32Chunked::full("run".into(), run as u32, height).into_column())?;
    days.rename(column, "cost".into())?;
    for metric in metrics.iter().filter(|name| *name != column) {
        days.drop_in_place(metric)?;
    }
    Ok(ChargeTable { keys, days })
}

/// What each key of a table says.
pub(crate) fn key_facts(keys: &DataFrame, parts: usize, names: &mut Names) -> Result<Vec<KeyFacts>> {
    let text = |name: &str| -> Result<StringChunked> { Ok(keys.column(name)?.str()?.clone()) };
    let day = |name: &str| -> Result<Vec<i32>> {
        Ok(keys.column(name)?.date()?.physical().iter().map(|day| day.unwrap_or(0)).collect())
    };
    let (owners, accounts, kinds, units) = (text("owner")?, text("account")?, text("kind")?, text("unit")?);
    let (starts, ends) = (day("period_start")?, day("period_end")?);
    let columns: Vec<StringChunked> =
        (0..parts).map(|part| text(&format!("p{part}"))).collect::<Result<_>>()?;
    let facts = (0..keys.height()).map(|row| KeyFacts {
        owner: names.number(owners.get(row).unwrap_or_default()),
        account: accounts.get(row).map(|account| names.number(account)),
        period: (starts[row], ends[row]),
        is_usage: kinds.get(row).is_some_and(|kind| kind == "usage" || kind == "unused"),
        unit: names.number(units.get(row).unwrap_or_default()),
        parts: columns.iter().map(|column| column.get(row).map(|value| names.number(value))).collect(),
    });
    Ok(facts.collect())
}
