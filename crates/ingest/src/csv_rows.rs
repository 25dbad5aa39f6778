//! The rows of a CSV file as frames, batch by batch: texts as numbers of texts, costs as text.
//!
//! Columns of a cost file hold few texts, many times each. Each text is kept once a file and rows hold
//! its number, so that grouping compares numbers and a text is looked at once. The `csv` crate tells
//! where fields and rows end; what it finds too long or too short is flagged, not guessed at.

use crate::{
    Error, Result,
    csv_text::{open, read_fault},
    data_file::{DataFile, OVERLONG, ROW},
};
use polars::prelude::*;
use std::collections::HashMap;

/// Rows in a batch.
const BATCH_ROWS: usize = 1 << 17;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 20;
/// Name of the flag of rows that have fewer fields than the header.
pub(crate) const TOO_SHORT: &str = "x_TooShort";

/// The texts of one column, each once. Number 0 is "no text".
#[derive(Default)]
struct Texts {
    known: HashMap<Box<[u8]>, u32>,
    texts: Vec<Option<String>>,
    numbers: Vec<u32>,
    /// The text of the row before, which is often that of this row too.
    last: (Vec<u8>, u32),
}

impl Texts {
    fn push(&mut self, field: &[u8]) -> std::result::Result<(), std::str::Utf8Error> {
        if self.texts.is_empty() {
            self.texts.push(None);
        }
        if field.is_empty() {
            self.numbers.push(0);
            return Ok(());
        }
        if self.last.0 != field {
            let number = match self.known.get(field) {
                Some(number) => *number,
                None => {
                    let number = self.texts.len() as u32;
                    self.texts.push(Some(std::str::from_utf8(field)?.to_owned()));
                    self.known.insert(field.into(), number);
                    number
                }
            };
            self.last.0.clear();
            self.last.0.extend_from_slice(field);
            self.last.1 = number;
        }
        self.numbers.push(self.last.1);
        Ok(())
    }
}

/// Groups the rows of a CSV file by the texts of `keys` and whatever `plan` adds to them.
///
/// `plan` turns a frame of rows (numbers of texts, `costs` as text, [`ROW`], [`OVERLONG`],
/// [`TOO_SHORT`]) into one of groups, and `merge` joins such frames. The result has texts again.
pub(crate) fn group_rows(
    file: &DataFile,
    keys: &[&str],
    costs: &[&str],
    plan: &dyn Fn(LazyFrame) -> LazyFrame,
    merge: &dyn Fn(LazyFrame) -> LazyFrame,
) -> Result<DataFrame> {
    let place = |column: &&str| file.layout.place(column).unwrap_or_default();
    let (key_places, cost_places): (Vec<usize>, Vec<usize>) =
        (keys.iter().map(place).collect(), costs.iter().map(place).collect());
    let width = file.layout.width();
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(open(&file.path, file.encoding)?);
    let mut record = csv::ByteRecord::new();
    let fault = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => read_fault(&file.path, file.encoding, source),
        other => Error::damaged(&file.path, format!("{other:?}")),
    };
    rows.read_byte_record(&mut record).map_err(fault)?;
    let mut texts: Vec<Texts> = keys.iter().map(|_| Texts::default()).collect();
    let mut groups: Vec<DataFrame> = Vec::new();
    let mut row = 0;
    let mut swallowed = false;
    let mut batch = Batch::new(costs.len());
    loop {
        let more = rows.read_byte_record(&mut record).map_err(fault)?;
        if more {
            row += 1;
            swallowed =
                record.len() < width && record.iter().next_back().is_some_and(|field| field.contains(&b'\n'));
            let not_text = |_| {
                let line = record.position().map_or(0, csv::Position::line);
                Error::damaged(
                    &file.path,
                    format!("line {line} is not UTF-8 text; export it again, or convert it"),
                )
            };
            for (texts, place) in texts.iter_mut().zip(&key_places) {
                texts.push(record.get(*place).unwrap_or_default()).map_err(not_text)?;
            }
            for (cost, place) in batch.costs.iter_mut().zip(&cost_places) {
                let text = std::str::from_utf8(record.get(*place).unwrap_or_default()).map_err(not_text)?;
                cost.append_option(Some(text).filter(|text| !text.is_empty()));
            }
            batch.rows.push(row);
            batch.overlong.push(record.len() > width);
            batch.short.push(record.len() < width);
        }
        if batch.rows.len() == BATCH_ROWS || !more && (!batch.rows.is_empty() || groups.is_empty()) {
            let full = std::mem::replace(&mut batch, Batch::new(costs.len()));
            groups.push(plan(full.frame(keys, costs, &mut texts)?.lazy()).collect()?);
            if groups.iter().skip(1).map(DataFrame::height).sum::<usize>() > groups[0].height() {
                groups = vec![merged(std::mem::take(&mut groups), merge)?];
            }
        }
        if !more {
            break;
        }
    }
    if swallowed {
        // A quote that is never closed takes all rows to the end of the file for one field.
        let what = "a quote is opened and never closed; it was probably cut while it was written";
        return Err(Error::damaged(&file.path, what));
    }
    with_texts(merged(groups, merge)?, keys, texts)
}

/// Rows that wait for their batch to be full.
struct Batch {
    costs: Vec<StringChunkedBuilder>,
    rows: Vec<IdxSize>,
    overlong: Vec<bool>,
    short: Vec<bool>,
}

impl Batch {
    fn new(costs: usize) -> Self {
        let builder = |_| StringChunkedBuilder::new(PlSmallStr::EMPTY, BATCH_ROWS);
        Self {
            costs: (0..costs).map(builder).collect(),
            rows: Vec::new(),
            overlong: Vec::new(),
            short: Vec::new(),
        }
    }

    fn frame(self, keys: &[&str], costs: &[&str], texts: &mut [Texts]) -> Result<DataFrame> {
        let mut columns: Vec<Column> = Vec::with_capacity(keys.len() + costs.len() + 3);
        for (name, texts) in keys.iter().zip(texts) {
            columns.push(Column::new((*name).into(), std::mem::take(&mut texts.numbers)));
        }
        for (name, cost) in costs.iter().zip(self.costs) {
            columns.push(cost.finish().with_name((*name).into()).into_column());
        }
        columns.push(Column::new(ROW.into(), self.rows));
        columns.push(Column::new(OVERLONG.into(), self.overlong));
        columns.push(Column::new(TOO_SHORT.into(), self.short));
        let height = columns.first().map_or(0, Column::len);
        Ok(DataFrame::new(height, columns)?)
    }
}

fn merged(groups: Vec<DataFrame>, merge: &dyn Fn(LazyFrame) -> LazyFrame) -> Result<DataFrame> {
    let frames: Vec<LazyFrame> = groups.into_iter().map(IntoLazy::lazy).collect();
    Ok(merge(concat(frames, UnionArgs::default())?).collect()?)
}

/// Puts texts back in the place of their numbers.
fn with_texts(mut frame: DataFrame, keys: &[&str], texts: Vec<Texts>) -> Result<DataFrame> {
    for (name, texts) in keys.iter().zip(texts) {
        let dictionary: StringChunked = texts.texts.iter().map(Option::as_deref).collect();
        let numbers = frame.column(name)?.u32()?.clone();
        let shown = dictionary.into_series().take(&numbers.cast(&IDX_DTYPE)?.idx()?.clone())?;
        frame.with_column(shown.with_name((*name).into()).into_column())?;
    }
    Ok(frame)
}
