//! Reading one file: its costs summed by all columns in which charges differ.
//!
//! Rows are summed by day and *line* (their raw texts) first, in one pass over the few columns needed;
//! kinds and names are made of the lines afterwards. Malformed rows are counted with the number of
//! their first, digits beyond the scale are counted, blank lines are neither.

use crate::{
    Error, Result,
    charges::charge_table::ChargeTable,
    charges::key_columns::{
        TELL_KINDS, TELL_METERS, TELL_OWNERS, source_column, typed_lines, unit_column, uses_commitment_id,
    },
    charges::query::{Grain, QUANTITIES, QUANTITY, ReadQuery},
    charges::text_meanings::{self as charges, CLASSIC_COST},
    files::csv_rows::read_csv,
    files::data_file::DataFile,
    files::encoding::Encoding,
    files::parquet_rows::read_parquet,
    files::repeated_texts::Texts,
    files::row_sums::{Fault, RowSums, Sum},
};
use billing::{AMOUNT_SCALE, Metric};
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

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
pub(crate) struct FileCharges {
    /// Lines of `currency`, `period_start`, `period_end`, `unit` (what one invoice covers), `owner`,
    /// `sub`, `sub_name`, `kind`, `marketplace`, `corrected`, `committed` and the dimensions `k…`; days
    /// with sums of the file's metrics.
    pub table: ChargeTable,
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

/// The column in which the period of a charge ends.
const PERIOD_END: &str = "ChargePeriodEnd";

/// Sums the charges of `file` with at most `threads` threads.
///
/// # Errors
/// When the file is damaged, or holds none of the costs.
pub(crate) fn sum_file(file: &DataFile, query: &ReadQuery, threads: usize) -> Result<FileCharges> {
    let metrics = cost_columns(file, query);
    if metrics.is_empty() {
        return Err(Error::NoCostColumn(file.path.clone()));
    }
    let amounts = amount_columns(file, query, &metrics);
    let check = price_check(file, &metrics).filter(|_| query.grain != Grain::Row);
    let others = if query.grain == Grain::Row { file.other_columns() } else { Vec::new() };
    let texts = text_columns(file, query, &others, &amounts, check);
    let mut sums = RowSums::new(file, texts, DAY, &amounts, check);
    sums = match query.grain {
        Grain::Day => sums,
        Grain::Moment => sums.by_period(),
        Grain::Row => {
            // What is paid comes first; a price alone is not a cost.
            sums.by_row(metrics.iter().take_while(|name| !is_of_prices(name)).count().max(1))
        }
    };
    match file.encoding {
        Encoding::Parquet => read_parquet(file, &mut sums, threads)?,
        _ => read_csv(file, &mut sums)?,
    }
    sums.finish();
    let mut keys = typed_lines(file, query, &sums)?;
    if query.grain == Grain::Row {
        keys = keys.hstack(raw_columns(&sums)?.as_slice())?;
    }
    let days = Moments::of(&sums, query.grain);
    collect_sums(file, query, keys, &days, &sums, (&metrics, &amounts))
}

/// The columns that summing a file reads.
pub(crate) fn needed_columns(file: &DataFile, query: &ReadQuery) -> BTreeSet<String> {
    let metrics = cost_columns(file, query);
    let amounts = amount_columns(file, query, &metrics);
    let check = price_check(file, &metrics);
    let texts = text_columns(file, query, &[], &amounts, check);
    let others = check.into_iter().flat_map(|(paid, asked)| [paid, asked]).chain([DAY]);
    let all = texts.into_iter().chain(others).map(str::to_owned).chain(amounts.iter().cloned());
    all.filter(|column| file.layout.has(column)).collect()
}

/// The amounts that are summed: the metrics first, then quantities where they are asked for.
fn amount_columns(file: &DataFile, query: &ReadQuery, metrics: &[String]) -> Vec<String> {
    let has = |name: &&&str| file.layout.has(name);
    let quantities: Vec<&str> = match query.grain {
        // The quantity that a price is for comes before the one that was consumed.
        Grain::Row => QUANTITIES.iter().chain(&["x_CostInPricingCurrency"]).filter(has).copied().collect(),
        _ if query.usage && file.layout.has("x_SkuMeterId") => {
            QUANTITIES.iter().find(has).copied().into_iter().collect()
        }
        _ => Vec::new(),
    };
    metrics.iter().cloned().chain(quantities.into_iter().map(str::to_owned)).collect()
}

/// The texts of every key as the file has them, under their FOCUS names with the mark [`RAW`].
fn raw_columns(sums: &RowSums<'_>) -> Result<Vec<Column>> {
    let last = sums.texts.len() - 1;
    let column = |(place, name): (usize, &&str)| -> Result<Column> {
        Ok(sums.lines.column(place)?.with_name(format!("{RAW}{name}").into()).into_column())
    };
    sums.texts[..last].iter().enumerate().map(column).collect()
}

/// Marks columns of a charge table that hold the texts of a file.
pub(crate) const RAW: &str = "raw:";

/// What the texts of days and of periods mean.
struct Moments {
    /// The day of each sum's number, counted from the epoch; `None` where it is not a day of a bill.
    days: Vec<Option<i32>>,
    /// The minute at which the period begins and the one at which it ends, counted from the epoch.
    minutes: Option<Vec<(i64, Option<i64>)>>,
}

impl Moments {
    fn of(sums: &RowSums<'_>, grain: Grain) -> Self {
        let days = typed_days(&sums.days);
        if grain == Grain::Day {
            return Self { days, minutes: None };
        }
        let minutes = typed_minutes(&sums.days);
        let ends = sums.lines.texts.last().unwrap_or(&sums.days);
        let (end_days, end_minutes) = (typed_days(ends), typed_minutes(ends));
        let minute = |day: i32, minute: i32| i64::from(day) * 1440 + i64::from(minute);
        let of = |&(day, end): &(u32, u32)| {
            let (day, end) = (day as usize, end as usize);
            let begin = minute(days[day].unwrap_or_default(), minutes[day]);
            (begin, end_days[end].map(|own| minute(own, end_minutes[end])))
        };
        Self {
            minutes: Some(sums.periods.iter().map(of).collect()),
            days: sums.periods.iter().map(|(day, _)| days[*day as usize]).collect(),
        }
    }
}

/// The columns in which the keys of a file differ; where periods are kept apart, their end comes last.
fn text_columns<'a>(
    file: &'a DataFile,
    query: &'a ReadQuery,
    others: &'a [String],
    amounts: &[String],
    check: Option<(&str, &str)>,
) -> Vec<&'a str> {
    let mut texts = [&TELL_OWNERS[..], &TELL_KINDS[..], &query.parts].concat();
    if !uses_commitment_id(file) {
        texts.retain(|column| *column != "CommitmentDiscountId");
    }
    texts.extend(query.dimensions.iter().filter(|d| !d.is_derived()).map(|d| source_column(d, file, query)));
    if query.usage {
        texts.extend(TELL_METERS.into_iter().chain(unit_column(file)));
    }
    if query.grain == Grain::Row {
        texts.extend(file.layout.columns().chain(others.iter().map(String::as_str)));
    }
    texts.sort_unstable();
    texts.dedup();
    let is_amount =
        |name: &str| amounts.iter().any(|own| own == name) || check.is_some_and(|(paid, _)| paid == name);
    let is_period = |name: &str| query.grain != Grain::Day && [DAY, PERIOD_END].contains(&name);
    texts.retain(|column| file.layout.has(column) && !is_amount(column) && !is_period(column));
    // Two columns of ours may be one of the file's, which is read once.
    let mut places = BTreeSet::new();
    texts.retain(|column| file.layout.place(column).is_some_and(|place| places.insert(place)));
    if query.grain != Grain::Day {
        texts.push(if file.layout.has(PERIOD_END) { PERIOD_END } else { DAY });
    }
    texts
}

/// The cost columns of a file that are summed. Empty where the file holds none of the costs.
fn cost_columns(file: &DataFile, query: &ReadQuery) -> Vec<String> {
    let has = |metric: &&Metric| file.layout.has(metric.column());
    if query.metrics == [Metric::List] && file.layout.has("ListCost") {
        return vec!["ListCost".to_owned()];
    }
    if file.layout.has(CLASSIC_COST) {
        let list = query.metrics.contains(&Metric::List) && file.layout.has("ListCost");
        let list = list.then_some("ListCost");
        return [Some(CLASSIC_COST), list].into_iter().flatten().map(str::to_owned).collect();
    }
    let asked: Vec<String> =
        query.metrics.iter().filter(has).map(|metric| metric.column().to_owned()).collect();
    // A file without the metric is read all the same, so that what it lacks can be named.
    if asked.is_empty() {
        file.layout.metrics().take(1).map(|metric| metric.column().to_owned()).collect()
    } else {
        asked
    }
}

/// Whether a cost is use at some prices, and not what is paid.
fn is_of_prices(cost: &str) -> bool {
    [Metric::List, Metric::Contracted].into_iter().any(|metric| metric.column() == cost)
}

/// The column that shows whether a row costs something, where list or contracted cost is asked for:
/// the service leaves these at 0 in some rows.
fn price_check<'a>(file: &DataFile, costs: &'a [String]) -> Option<(&'a str, &'a str)> {
    let asked = costs.last().filter(|name| is_of_prices(name))?;
    let paid =
        [CLASSIC_COST, "EffectiveCost", "BilledCost"].into_iter().find(|name| file.layout.has(name))?;
    Some((paid, asked))
}

/// The day of each text of a day, counted from the epoch; `None` where a text is outside the days of a bill.
pub(crate) fn typed_days(texts: &Texts) -> Vec<Option<i32>> {
    let plausible = |day: &NaiveDate| (1990..2200).contains(&day.year());
    let day = |text: &str| charges::day(text).filter(plausible).map(|day| day.to_epoch_days());
    texts.iter().map(|text| text.and_then(day)).collect()
}

/// The minute of its day of each text of a moment.
fn typed_minutes(texts: &Texts) -> Vec<i32> {
    texts.iter().map(|text| text.map_or(0, charges::minute_of_day)).collect()
}

/// Counts what must be left out and keeps the sums of what remains.
fn collect_sums(
    file: &DataFile,
    query: &ReadQuery,
    keys: DataFrame,
    moments: &Moments,
    sums: &RowSums<'_>,
    (metrics, amounts): (&[String], &[String]),
) -> Result<FileCharges> {
    let flags = |name: &str| -> Result<Vec<bool>> {
        Ok(keys.column(name)?.bool()?.iter().map(|flag| flag == Some(true)).collect())
    };
    let blank = flags("blank")?;
    let no_currency = keys.column("currency")?.is_null();
    let no_currency: Vec<bool> = no_currency.iter().map(|none| none == Some(true)).collect();
    let mut out = FileCharges { metrics: metrics.to_vec(), ..FileCharges::default() };
    let mut bad: BTreeMap<Fault, (u64, u64)> = BTreeMap::new();
    let mut nonzero: Vec<Option<bool>> = vec![None; keys.height()];
    let mut kept = KeptSums::of(query, moments, sums, amounts.len());
    for (sum, own, marks) in sums.sums() {
        let key = sum.line as usize;
        let day = moments.days.get(sum.day as usize).copied().flatten();
        let is_nothing = sum.is_empty && blank[key] && sums.is_without_day(sum);
        let fault = match (sum.fault, day) {
            (Some(Fault::NoAmount), None) if is_nothing => Err(Fault::Blank),
            (Some(fault), _) => Err(fault),
            (None, None) => Err(Fault::NoDay),
            (None, Some(_)) if no_currency[key] => Err(Fault::NoCurrency),
            (None, Some(day)) => Ok(day),
        };
        out.rows += u64::from(sum.rows);
        let day = match fault {
            Ok(day) => day,
            Err(fault) => {
                let (rows, first) = bad.entry(fault).or_insert((0, u64::MAX));
                (*rows, *first) = (*rows + u64::from(sum.rows), sum.first_row.min(*first));
                continue;
            }
        };
        out.cut_amounts += marks.excess;
        out.unpriced_rows += marks.unpriced;
        *nonzero[key].get_or_insert(false) |= sum.nonzero;
        kept.add(sum, day, own)?;
    }
    let blank_rows = bad.remove(&Fault::Blank).map_or(0, |(rows, _)| rows);
    out.rows -= blank_rows;
    out.blank = blank_rows + sums.empty_lines;
    out.names_no_currency =
        out.rows > 0 && bad.get(&Fault::NoCurrency).is_some_and(|(rows, _)| *rows == out.rows);
    out.bad =
        bad.into_iter().map(|(fault, (rows, row))| bad_row(file, fault, rows, row, &metrics[0])).collect();
    for ((rows, row), column) in sums.refused.iter().zip(metrics).filter(|((rows, _), _)| *rows > 0) {
        out.bad.push(bad_row(file, Fault::NoAmount, *rows, *row, column));
    }
    tell_lines(&mut out, &keys, &nonzero)?;
    let days = kept.table(query, moments, amounts, metrics.len())?;
    out.table = ChargeTable { keys: keys.drop_many(["category", "blank"]), days }.pruned()?;
    Ok(out)
}

/// The sums that are kept, column by column.
#[derive(Default)]
struct KeptSums {
    keys: Vec<IdxSize>,
    days: Vec<i32>,
    periods: Vec<u32>,
    filled: Vec<u8>,
    rows: Vec<u64>,
    amounts: Vec<Vec<i128>>,
    /// Where the sum of a line, day and filled amounts is, where several texts are one day.
    places: Option<PlHashMap<(u32, i32, u8), usize>>,
}

impl KeptSums {
    fn of(query: &ReadQuery, moments: &Moments, sums: &RowSums<'_>, amounts: usize) -> Self {
        // A day has many texts where files have hours.
        let mut distinct = BTreeSet::new();
        let is_repeated =
            query.grain == Grain::Day && moments.days.iter().flatten().any(|day| !distinct.insert(*day));
        let places = is_repeated.then(PlHashMap::default);
        let most = if places.is_some() { 0 } else { sums.len() };
        Self {
            keys: Vec::with_capacity(most),
            days: Vec::with_capacity(most),
            rows: Vec::with_capacity(most),
            amounts: (0..amounts).map(|_| Vec::with_capacity(most)).collect(),
            places,
            ..Self::default()
        }
    }

    fn add(&mut self, sum: &Sum, day: i32, amounts: &[i128]) -> Result<()> {
        let next = self.keys.len();
        let place = match &mut self.places {
            Some(places) => *places.entry((sum.line, day, sum.filled)).or_insert(next),
            None => next,
        };
        if place == next {
            self.keys.push(sum.line);
            self.days.push(day);
            self.periods.push(sum.day);
            self.filled.push(sum.filled);
            self.rows.push(0);
            self.amounts.iter_mut().for_each(|column| column.push(0));
        }
        self.rows[place] += u64::from(sum.rows);
        for (column, own) in self.amounts.iter_mut().zip(amounts) {
            column[place] = column[place].checked_add(*own).ok_or(Error::SumTooLarge)?;
        }
        Ok(())
    }

    /// The days of a table: `key`, `day`, `rows`, the metrics, the quantity where usage is asked for, and begin and
    /// end of the period where these are kept apart.
    fn table(
        self,
        query: &ReadQuery,
        moments: &Moments,
        amounts: &[String],
        metrics: usize,
    ) -> Result<DataFrame> {
        let height = self.keys.len();
        let mut all = vec![
            IdxCa::from_vec("key".into(), self.keys).into_column(),
            Int32Chunked::from_vec("day".into(), self.days).into_date().into_column(),
            UInt64Chunked::from_vec("rows".into(), self.rows).into_column(),
        ];
        let mut has_quantity = false;
        for (place, (name, values)) in amounts.iter().zip(self.amounts).enumerate() {
            // A sum has a cost; a row has one of its costs, and what it lacks is not zero.
            let is_quantity = place >= metrics && query.usage;
            let name = if is_quantity { QUANTITY } else { name.as_str() };
            has_quantity |= is_quantity;
            let units = if place < metrics && query.grain != Grain::Row {
                Int128Chunked::from_vec(name.into(), values)
            } else {
                let filled = self.filled.iter().map(|filled| filled >> place & 1 == 1);
                let some = values.into_iter().zip(filled).map(|(value, filled)| filled.then_some(value));
                Int128Chunked::from_iter_options(name.into(), some)
            };
            all.push(units.into_decimal_unchecked(38, AMOUNT_SCALE as usize).into_column());
        }
        if query.usage && !has_quantity {
            let none = Int128Chunked::full_null(QUANTITY.into(), height);
            all.push(none.into_decimal_unchecked(38, AMOUNT_SCALE as usize).into_column());
        }
        if let Some(minutes) = &moments.minutes {
            let begin = self.periods.iter().map(|period| minutes[*period as usize].0).collect();
            all.push(Int64Chunked::from_vec("begin".into(), begin).into_column());
            let ends = self.periods.iter().map(|period| minutes[*period as usize].1);
            all.push(Int64Chunked::from_iter_options("end".into(), ends).into_column());
        }
        Ok(DataFrame::new(height, all)?)
    }
}

/// What the lines show of their file: whether it is actual or amortized, kinds not known. Given is for
/// each line whether it costs something, `None` where it has no usable rows.
fn tell_lines(sums: &mut FileCharges, lines: &DataFrame, nonzero: &[Option<bool>]) -> Result<()> {
    let (kinds, categories) = (lines.column("kind")?.str()?, lines.column("category")?.str()?);
    let committed = lines.column("committed")?.bool()?;
    let mut unknown = BTreeSet::new();
    let lines = nonzero.iter().zip(kinds.iter()).zip(committed.iter()).zip(categories.iter());
    for (((nonzero, kind), committed), category) in lines {
        let Some(nonzero) = *nonzero else { continue };
        let kind = kind.unwrap_or_default();
        let has_committed_cost = committed == Some(true) && nonzero;
        // Unused commitments, and usage under one that costs something, stand in amortized files only; the
        // purchase of a commitment, at a price, in actual ones only.
        sums.looks_amortized |= kind == "unused" || kind == "usage" && has_committed_cost;
        sums.looks_actual |= kind.starts_with("purchase") && has_committed_cost;
        if kind == "other" {
            unknown.extend(category);
        }
    }
    sums.unknown_kinds = unknown.into_iter().map(str::to_owned).collect();
    Ok(())
}

fn bad_row(file: &DataFile, fault: Fault, rows: u64, row: u64, cost: &str) -> BadRow {
    let column = |name: &str| file.header_of(name).unwrap_or(name).to_owned();
    let what = match fault {
        // Usage that landed without a price.
        Fault::NoAmount if file.layout.has("x_IsEstimate") => {
            format!("`{}` is empty: the rate card has no price for its meter", column(cost))
        }
        Fault::NoAmount => format!("`{}` is not an amount", column(cost)),
        Fault::TooLarge => format!("`{}` has more than 20 digits before the point", column(cost)),
        Fault::TooLong => "it has more fields than the header".to_owned(),
        Fault::TooShort => "it has fewer fields than the header".to_owned(),
        Fault::NoDay => format!("`{}` is not a day of the calendar", column(DAY)),
        Fault::NoCurrency => "it names no currency".to_owned(),
        Fault::Blank => "there is nothing in it".to_owned(),
    };
    BadRow { file: file.path.clone(), row, what, rows }
}
