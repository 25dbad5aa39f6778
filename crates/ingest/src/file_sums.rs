//! Reading one file: its costs summed by everything that tells charges apart.
//!
//! Rows are summed by day and *line* (their raw texts) first, in one pass over the few columns needed;
//! kinds and names are made of the lines afterwards. Malformed rows are counted with the number of
//! their first, digits beyond the scale are counted, blank lines are told from both.

use crate::{
    Dimension, Result,
    charges::{self, CLASSIC_COST},
    costs::Costs,
    csv_rows::read_csv,
    data_file::DataFile,
    parquet_rows::read_parquet,
    row_sums::{BAD, Fault, NO_TEXT, RowSums},
    source::Encoding,
    typed_lines::{TELL_KINDS, TELL_OWNERS, source_column, typed_lines, uses_commitment_id},
};
use billing::Metric;
use polars::prelude::*;
use std::{collections::BTreeMap, path::PathBuf};

/// What is asked of every file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Dimensions of groups and filters, each once; they become the columns `k0`, `k1`, ….
    pub dimensions: Vec<Dimension>,
    /// Metrics of FOCUS files to sum.
    pub metrics: Vec<Metric>,
    /// The currency of files that name none.
    pub currency: Option<String>,
    /// Whether `service` is the meter category in FOCUS files too, since classic ones are read beside.
    pub service_is_meter_category: bool,
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadRow {
    /// The file.
    pub file: PathBuf,
    /// Its number, counted from 1 after the header.
    pub row: u64,
    /// What is wrong with it, and in which column.
    pub what: String,
    /// How many rows of the file are malformed in this way and alike otherwise.
    pub rows: u64,
}

/// The sums of one file.
#[derive(Debug)]
pub(crate) struct FileSums {
    /// Lines of `currency`, `period_start`, `period_end`, `unit` (what one invoice covers), `owner`,
    /// `sub`, `sub_name`, `kind`, `marketplace`, `corrected`, `committed` and the dimensions `k…`; days
    /// with sums of the file's metrics.
    pub costs: Costs,
    /// The metrics that are summed; a classic file's is [`CLASSIC_COST`] until settled.
    pub metrics: Vec<String>,
    /// All rows of the file, malformed ones included and blank lines not.
    pub rows: u64,
    /// Lines with nothing in them.
    pub blank: u64,
    /// Rows that could not be used.
    pub bad: Vec<BadRow>,
    /// Amounts with more digits than are kept.
    pub cut_amounts: u64,
    /// Rows that cost something and are 0 in the asked-for metric (list and contracted cost only).
    pub unpriced_rows: u64,
    /// Whether only an amortized file can hold what this one holds.
    pub looks_amortized: bool,
    /// Whether only an actual file can hold what this one holds.
    pub looks_actual: bool,
    /// Kinds of charge that this version does not know, as written.
    pub unknown_kinds: Vec<String>,
    /// Whether every amount lacked a currency.
    pub names_no_currency: bool,
}

/// The column of days.
const DAY: &str = "ChargePeriodStart";

/// Sums the costs of `file`.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn sum_file(file: &DataFile, wanted: &Wanted) -> Result<FileSums> {
    let costs = cost_columns(file, wanted);
    let check = price_check(file, &costs);
    let texts = text_columns(file, wanted, &costs, check);
    let mut sums = RowSums::new(file, texts, DAY, &costs, check);
    match file.encoding {
        Encoding::Parquet => read_parquet(file, &mut sums)?,
        _ => read_csv(file, &mut sums)?,
    }
    let lines = typed_lines(file, wanted, &sums)?;
    let texts_of_days = sums.days.column();
    let days = typed_days(sums.finish()?, &lines, &texts_of_days)?;
    collect_sums(file, lines, days, &costs)
}

/// The columns by which the lines of a file are told apart.
fn text_columns<'a>(
    file: &DataFile,
    wanted: &'a Wanted,
    costs: &[String],
    check: Option<(&str, &str)>,
) -> Vec<&'a str> {
    let mut texts = [&TELL_OWNERS[..], &TELL_KINDS[..]].concat();
    if !uses_commitment_id(file) {
        texts.retain(|column| *column != "CommitmentDiscountId");
    }
    texts
        .extend(wanted.dimensions.iter().filter(|d| !d.is_derived()).map(|d| source_column(d, file, wanted)));
    texts.sort_unstable();
    texts.dedup();
    let is_amount =
        |name: &str| costs.iter().any(|cost| cost == name) || check.is_some_and(|(paid, _)| paid == name);
    texts.retain(|column| file.layout.has(column) && !is_amount(column));
    texts
}

/// The cost columns of a file that are summed.
fn cost_columns(file: &DataFile, wanted: &Wanted) -> Vec<String> {
    if file.layout.has(CLASSIC_COST) {
        let list = wanted.metrics.contains(&Metric::List) && file.layout.has("ListCost");
        return [Some(CLASSIC_COST), list.then_some("ListCost")]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect();
    }
    wanted.metrics.iter().filter(|m| file.layout.has(m.column())).map(|m| m.column().to_owned()).collect()
}

/// The column that tells whether a row costs something, where list or contracted cost is asked for:
/// the service leaves these at 0 in some rows.
fn price_check<'a>(file: &DataFile, costs: &'a [String]) -> Option<(&'a str, &'a str)> {
    let asked = costs.last().filter(|name| matches!(name.as_str(), "ListCost" | "ContractedCost"))?;
    let paid =
        [CLASSIC_COST, "EffectiveCost", "BilledCost"].into_iter().find(|name| file.layout.has(name))?;
    Some((paid, asked))
}

/// Sums with their days as days, and the reason why they cannot be used, if any.
fn typed_days(sums: DataFrame, lines: &DataFrame, days: &StringChunked) -> Result<DataFrame> {
    let named = days.clone().with_name("text".into()).into_column();
    let known = DataFrame::new(days.len(), vec![named])?
        .lazy()
        .select([charges::day(col("text")).alias("day"), col("text").is_null().alias("no_day")])
        .collect()?;
    let (line, number) = (sums.column("line")?.idx()?.clone(), sums.column("day")?.idx()?.clone());
    let mut sums = sums;
    sums.with_column(known["no_day"].take(&number)?)?;
    sums.with_column(known["day"].take(&number)?)?;
    sums.with_column(lines["blank"].take(&line)?)?;
    sums.with_column(lines["currency"].is_null().with_name("no_currency".into()).take(&line)?.into_column())?;
    let year = col("day").dt().year();
    let implausible = col("day").is_null().or(year.clone().lt(lit(1990))).or(year.gt(lit(2199)));
    let bad = col(BAD);
    let nothing = col(NO_TEXT).and(col("blank")).and(col("no_day"));
    let reason = when(bad.clone().eq(Fault::NoAmount.number()).and(nothing))
        .then(Fault::Blank.number())
        .when(bad.clone().neq(lit(0)))
        .then(bad)
        .when(implausible)
        .then(Fault::NoDay.number())
        .when(col("no_currency"))
        .then(Fault::NoCurrency.number())
        .otherwise(lit(0));
    Ok(sums.lazy().with_columns([reason.alias(BAD)]).collect()?)
}

/// Counts what was left out and keeps the sums of what remains.
fn collect_sums(file: &DataFile, lines: DataFrame, days: DataFrame, metrics: &[String]) -> Result<FileSums> {
    let (bad, rows) = bad_rows(file, &days, &metrics[0])?;
    let blank = bad.get(&(Fault::Blank as i32)).map_or(0, |found| found.rows);
    let total = rows - blank;
    let without_currency = bad.get(&(Fault::NoCurrency as i32)).map_or(0, |found| found.rows);
    let good = days.lazy().filter(col(BAD).eq(lit(0))).collect()?;
    let count = |name: &str| -> Result<u64> { Ok(good.column(name)?.u64()?.sum().unwrap_or(0)) };
    let told = told_by_lines(&lines, &good)?;
    let flag = |name: &str| -> Result<bool> { Ok(told.column(name)?.bool()?.get(0).unwrap_or(false)) };
    let unknown_kinds = match told["unknown"].get(0)? {
        AnyValue::List(names) => names.str()?.iter().flatten().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let mut sums: Vec<Expr> = metrics.iter().map(|metric| col(metric.as_str()).sum()).collect();
    sums.push(col("rows").sum());
    Ok(FileSums {
        metrics: metrics.to_vec(),
        rows: total,
        blank,
        cut_amounts: count("excess")?,
        unpriced_rows: count("unpriced")?,
        looks_amortized: flag("amortized")?,
        looks_actual: flag("actual")?,
        unknown_kinds,
        names_no_currency: total > 0 && without_currency == total,
        // A day has many texts where files have hours.
        costs: Costs {
            lines: lines.drop_many(["category", "blank"]),
            days: good.lazy().group_by([col("line"), col("day")]).agg(sums).collect()?,
        }
        .pruned()?,
        bad: bad.into_values().filter(|found| !found.what.is_empty()).collect(),
    })
}

/// What the used lines tell of their file: whether it is actual or amortized, kinds not known.
fn told_by_lines(lines: &DataFrame, good: &DataFrame) -> Result<DataFrame> {
    let used = good.clone().lazy().group_by([col("line")]).agg([col("nonzero").any(true)]).collect()?;
    let mut told = lines.take(used.column("line")?.idx()?)?;
    told.with_column(used.column("nonzero")?.clone())?;
    Ok(told
        .lazy()
        .select([
            charges::amortized_only().any(true).alias("amortized"),
            charges::actual_only().any(true).alias("actual"),
            col("category")
                .filter(col("kind").eq(lit("other")))
                .unique()
                .sort(SortOptions::default())
                .implode(true)
                .alias("unknown"),
        ])
        .collect()?)
}

/// The rows that cannot be used, by reason, and how many rows there are. Blank lines have no words.
fn bad_rows(file: &DataFile, days: &DataFrame, cost: &str) -> Result<(BTreeMap<i32, BadRow>, u64)> {
    let column = |name: &str| file.header_of(name).unwrap_or(name).to_owned();
    let words = |reason: i32| match reason {
        reason if reason == Fault::NoAmount as i32 => format!("`{}` is no amount", column(cost)),
        reason if reason == Fault::TooLong as i32 => "it has more fields than the header".to_owned(),
        reason if reason == Fault::TooShort as i32 => "it has fewer fields than the header".to_owned(),
        reason if reason == Fault::NoDay as i32 => format!("`{}` is not a day of the calendar", column(DAY)),
        reason if reason == Fault::NoCurrency as i32 => "it names no currency".to_owned(),
        _ => String::new(),
    };
    let by_reason = days
        .clone()
        .lazy()
        .group_by([col(BAD)])
        .agg([col("rows").sum(), col("first_row").min()])
        .collect()?;
    let (reasons, rows, first) = (
        by_reason.column(BAD)?.i32()?,
        by_reason.column("rows")?.u64()?,
        by_reason.column("first_row")?.u64()?,
    );
    let mut bad = BTreeMap::new();
    for ((reason, rows), row) in reasons.iter().zip(rows.iter()).zip(first.iter()) {
        let (Some(reason), Some(rows), Some(row)) = (reason, rows, row) else { continue };
        if reason != 0 {
            bad.insert(reason, BadRow { file: file.path.clone(), row, what: words(reason), rows });
        }
    }
    Ok((bad, rows.sum().unwrap_or(0)))
}
