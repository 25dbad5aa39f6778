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
    lines::Texts,
    parquet_rows::read_parquet,
    row_sums::{Fault, RowSums},
    source::Encoding,
    typed_lines::{TELL_KINDS, TELL_OWNERS, source_column, typed_lines, uses_commitment_id},
};
use billing::{AMOUNT_SCALE, Metric};
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

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
#[derive(Debug, Default)]
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
pub(crate) const DAY: &str = "ChargePeriodStart";

/// Sums the costs of `file`.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn sum_file(file: &DataFile, wanted: &Wanted) -> Result<FileSums> {
    let costs = cost_columns(file, wanted);
    let check = price_check(file, &costs);
    let texts = text_columns(file, wanted, &costs, check);
    let mut sums = RowSums::new(file, texts, DAY, &costs, check);
    read_rows(file, &mut sums)?;
    let lines = typed_lines(file, wanted, &sums)?;
    let days = typed_days(&sums.days)?;
    collect_sums(file, lines, &days, &sums, &costs)
}

/// Reads the rows of a file into `sums`.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn read_rows(file: &DataFile, sums: &mut RowSums<'_>) -> Result<()> {
    match file.encoding {
        Encoding::Parquet => read_parquet(file, sums),
        _ => read_csv(file, sums),
    }
}

/// The columns that summing a file reads.
pub(crate) fn needed_columns(file: &DataFile, wanted: &Wanted) -> BTreeSet<String> {
    let costs = cost_columns(file, wanted);
    let check = price_check(file, &costs);
    let texts = text_columns(file, wanted, &costs, check);
    let others = check.into_iter().flat_map(|(paid, asked)| [paid, asked]).chain([DAY]);
    let all = texts.into_iter().chain(others).map(str::to_owned).chain(costs.iter().cloned());
    all.filter(|column| file.layout.has(column)).collect()
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
    let asked: Vec<String> = wanted
        .metrics
        .iter()
        .filter(|m| file.layout.has(m.column()))
        .map(|m| m.column().to_owned())
        .collect();
    // A file without the metric is read all the same, so that what it lacks can be told.
    if asked.is_empty() {
        file.layout.metrics().take(1).map(|m| m.column().to_owned()).collect()
    } else {
        asked
    }
}

/// The column that tells whether a row costs something, where list or contracted cost is asked for:
/// the service leaves these at 0 in some rows.
fn price_check<'a>(file: &DataFile, costs: &'a [String]) -> Option<(&'a str, &'a str)> {
    let asked = costs.last().filter(|name| matches!(name.as_str(), "ListCost" | "ContractedCost"))?;
    let paid =
        [CLASSIC_COST, "EffectiveCost", "BilledCost"].into_iter().find(|name| file.layout.has(name))?;
    Some((paid, asked))
}

/// The day of each text of a day, counted from the epoch; `None` where it is no day of a bill.
pub(crate) fn typed_days(texts: &Texts) -> Result<Vec<Option<i32>>> {
    let texts = texts.column().with_name("text".into());
    let table = DataFrame::new(texts.len(), vec![texts.into_column()])?;
    let days = table.lazy().select([charges::day(col("text")).alias("day")]).collect()?;
    let plausible = |day: &NaiveDate| (1990..2200).contains(&day.year());
    let days =
        days.column("day")?.date()?.as_date_iter().map(|day| Some(day.filter(plausible)?.to_epoch_days()));
    Ok(days.collect())
}

/// Counts what must be left out and keeps the sums of what remains.
fn collect_sums(
    file: &DataFile,
    lines: DataFrame,
    days: &[Option<i32>],
    sums: &RowSums<'_>,
    metrics: &[String],
) -> Result<FileSums> {
    let flags = |name: &str| -> Result<Vec<bool>> {
        Ok(lines.column(name)?.bool()?.iter().map(|flag| flag == Some(true)).collect())
    };
    let blank = flags("blank")?;
    let no_currency = lines.column("currency")?.is_null();
    let no_currency: Vec<bool> = no_currency.iter().map(|none| none == Some(true)).collect();
    let mut out = FileSums { metrics: metrics.to_vec(), ..FileSums::default() };
    let mut bad: BTreeMap<Fault, (u64, u64)> = BTreeMap::new();
    let mut nonzero: Vec<Option<bool>> = vec![None; lines.height()];
    // A day has many texts where files have hours.
    let mut places: PlHashMap<(u32, i32), usize> = PlHashMap::default();
    let (mut kept, mut rows): (Vec<(u32, i32)>, Vec<u64>) = (Vec::new(), Vec::new());
    let mut costs: Vec<Vec<i128>> = vec![Vec::new(); metrics.len()];
    for (sum, own) in sums.sums() {
        let line = sum.line as usize;
        let fault = match (sum.fault, days[sum.day as usize]) {
            (Some(Fault::NoAmount), None) if sum.is_empty && blank[line] && sum.day == 0 => Err(Fault::Blank),
            (Some(fault), _) => Err(fault),
            (None, None) => Err(Fault::NoDay),
            (None, Some(_)) if no_currency[line] => Err(Fault::NoCurrency),
            (None, Some(day)) => Ok(day),
        };
        out.rows += sum.rows;
        let day = match fault {
            Ok(day) => day,
            Err(fault) => {
                let (rows, first) = bad.entry(fault).or_insert((0, u64::MAX));
                (*rows, *first) = (*rows + sum.rows, sum.first_row.min(*first));
                continue;
            }
        };
        out.cut_amounts += sum.excess;
        out.unpriced_rows += sum.unpriced;
        *nonzero[line].get_or_insert(false) |= sum.nonzero;
        let place = *places.entry((sum.line, day)).or_insert(kept.len());
        if place == kept.len() {
            kept.push((sum.line, day));
            rows.push(0);
            costs.iter_mut().for_each(|costs| costs.push(0));
        }
        rows[place] += sum.rows;
        for (costs, own) in costs.iter_mut().zip(own) {
            costs[place] += own;
        }
    }
    let blank_rows = bad.remove(&Fault::Blank).map_or(0, |(rows, _)| rows);
    out.rows -= blank_rows;
    out.blank = blank_rows + sums.empty_lines;
    out.names_no_currency =
        out.rows > 0 && bad.get(&Fault::NoCurrency).is_some_and(|(rows, _)| *rows == out.rows);
    out.bad =
        bad.into_iter().map(|(fault, (rows, row))| bad_row(file, fault, rows, row, &metrics[0])).collect();
    tell_lines(&mut out, &lines, nonzero)?;
    let (line, day): (Vec<u32>, Vec<i32>) = kept.into_iter().unzip();
    let mut columns = vec![
        IdxCa::from_vec("line".into(), line).into_column(),
        Int32Chunked::from_vec("day".into(), day).into_date().into_column(),
        UInt64Chunked::from_vec("rows".into(), rows).into_column(),
    ];
    for (name, costs) in metrics.iter().zip(costs) {
        let costs = Int128Chunked::from_vec(name.as_str().into(), costs);
        columns.push(costs.into_decimal_unchecked(38, AMOUNT_SCALE as usize).into_column());
    }
    let days = DataFrame::new(columns[0].len(), columns)?;
    out.costs = Costs { lines: lines.drop_many(["category", "blank"]), days }.pruned()?;
    Ok(out)
}

/// What the lines tell of their file: whether it is actual or amortized, kinds not known. Given is for
/// each line whether it costs something, `None` where it has no usable rows.
fn tell_lines(sums: &mut FileSums, lines: &DataFrame, nonzero: Vec<Option<bool>>) -> Result<()> {
    let nonzero: BooleanChunked = nonzero.into_iter().collect();
    let mut told = lines.select(["kind", "committed", "category"])?;
    told.with_column(nonzero.with_name("nonzero".into()).into_column())?;
    let told = told
        .lazy()
        .filter(col("nonzero").is_not_null())
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
        .collect()?;
    let flag = |name: &str| -> Result<bool> { Ok(told.column(name)?.bool()?.get(0).unwrap_or(false)) };
    (sums.looks_amortized, sums.looks_actual) = (flag("amortized")?, flag("actual")?);
    if let AnyValue::List(names) = told["unknown"].get(0)? {
        sums.unknown_kinds = names.str()?.iter().flatten().map(str::to_owned).collect();
    }
    Ok(())
}

fn bad_row(file: &DataFile, fault: Fault, rows: u64, row: u64, cost: &str) -> BadRow {
    let column = |name: &str| file.header_of(name).unwrap_or(name).to_owned();
    let what = match fault {
        // Usage that landed without a price.
        Fault::NoAmount if file.layout.has("x_IsEstimate") => {
            format!("`{}` is empty: the rate card has no price for its meter", column(cost))
        }
        Fault::NoAmount => format!("`{}` is no amount", column(cost)),
        Fault::TooLarge => format!("`{}` has more than 20 digits before the point", column(cost)),
        Fault::TooLong => "it has more fields than the header".to_owned(),
        Fault::TooShort => "it has fewer fields than the header".to_owned(),
        Fault::NoDay => format!("`{}` is not a day of the calendar", column(DAY)),
        Fault::NoCurrency => "it names no currency".to_owned(),
        Fault::Blank => "there is nothing in it".to_owned(),
    };
    BadRow { file: file.path.clone(), row, what, rows }
}
