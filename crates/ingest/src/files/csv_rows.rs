//! The rows of a CSV file, batch by batch.
//!
//! The `csv` crate tells where fields and rows end; what it finds too long or too short is flagged, not
//! guessed at. Texts become numbers of texts at once, so that memory holds each of them once.

use crate::{
    Error, Result,
    files::csv_text::{open, read_fault},
    files::data_file::DataFile,
    files::row_sums::{LONG, RowSums, Rows, SHORT, amounts_of},
};
use polars::prelude::*;
use std::io::Read;

/// Rows in a batch.
const BATCH_ROWS: usize = 1 << 17;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 17;

/// Reads the rows of a CSV file into `sums`.
///
/// # Errors
/// A file that is damaged: cut, not UTF-8, or with a quote that is never closed.
pub(crate) fn read_csv(file: &DataFile, sums: &mut RowSums<'_>) -> Result<()> {
    let place = |column: &&str| file.layout.place(column).unwrap_or_default();
    let text_places: Vec<usize> = sums.texts.iter().map(place).collect();
    let amount_places: Vec<usize> = sums.amounts.iter().map(place).collect();
    let day_place = file.layout.place(sums.day);
    let width = file.layout.width();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(Quotes { inner: open(&file.path, file.encoding)?, seen: 0 });
    let mut record = csv::ByteRecord::new();
    let fault = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => read_fault(&file.path, file.encoding, source),
        other => Error::damaged(&file.path, format!("{other:?}")),
    };
    reader.read_byte_record(&mut record).map_err(fault)?;
    let mut batch = Batch::new(text_places.len(), amount_places.len());
    let mut line_breaks_in = None;
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(fault)? {
        let begun = record.position().map_or(0, csv::Position::line);
        // One line is its own; the others are empty lines before it, or are inside its fields.
        let more_lines = (reader.position().line() - begun).saturating_sub(1);
        if more_lines > 0 {
            let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            let empty = more_lines.saturating_sub(inside);
            sums.empty_lines += empty;
            row += empty;
            if inside > 0 {
                line_breaks_in.get_or_insert(begun + empty);
            }
        }
        row += 1;
        let not_text = |_| {
            let line = record.position().map_or(0, csv::Position::line);
            Error::damaged(
                &file.path,
                format!("line {line} is not UTF-8 text; export it again, or convert it"),
            )
        };
        let field = |place: usize| record.get(place).unwrap_or_default();
        for ((numbers, texts), place) in batch.texts.iter_mut().zip(&mut sums.lines.texts).zip(&text_places) {
            numbers.push(texts.number(field(*place)).map_err(not_text)?);
        }
        let day = day_place.map(field).unwrap_or_default();
        batch.days.push(sums.days.number(day).map_err(not_text)?);
        for (amounts, place) in batch.amounts.iter_mut().zip(&amount_places) {
            let text = std::str::from_utf8(field(*place)).map_err(not_text)?;
            amounts.append_option(Some(text).filter(|text| !text.is_empty()));
        }
        batch.numbers.push(row);
        batch.shapes.push(match record.len() {
            fields if fields > width => LONG,
            fields if fields < width => SHORT,
            _ => 0,
        });
        if batch.days.len() == BATCH_ROWS {
            let full = std::mem::replace(&mut batch, Batch::new(text_places.len(), amount_places.len()));
            sums.add(full.rows(file, &sums.amounts)?)?;
        }
    }
    // A quote that is never closed takes the rows up to the next quote, or all to the end, for one field.
    if let Some(line) = line_breaks_in.filter(|_| !reader.get_ref().seen.is_multiple_of(2)) {
        let what = format!(
            "a quote is opened and never closed (look from line {line} on); it was probably cut while it was written"
        );
        return Err(Error::damaged(&file.path, what));
    }
    sums.add(batch.rows(file, &sums.amounts)?)
}

/// Counts the quotes that are read: where every quote is closed they are even.
struct Quotes<R> {
    inner: R,
    seen: usize,
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.seen += buffer[..read].iter().filter(|byte| **byte == b'"').count();
        Ok(read)
    }
}

/// Rows that wait for their batch to be full.
struct Batch {
    texts: Vec<Vec<u32>>,
    days: Vec<u32>,
    amounts: Vec<StringChunkedBuilder>,
    /// The number of each row after the header, empty lines counted.
    numbers: Vec<u64>,
    /// Whether each row is too long or too short.
    shapes: Vec<u8>,
}

impl Batch {
    fn new(texts: usize, amounts: usize) -> Self {
        let builder = |_| StringChunkedBuilder::new(PlSmallStr::EMPTY, BATCH_ROWS);
        Self {
            texts: vec![Vec::with_capacity(BATCH_ROWS); texts],
            days: Vec::with_capacity(BATCH_ROWS),
            amounts: (0..amounts).map(builder).collect(),
            numbers: Vec::with_capacity(BATCH_ROWS),
            shapes: Vec::with_capacity(BATCH_ROWS),
        }
    }

    fn rows(self, file: &DataFile, names: &[&str]) -> Result<Rows> {
        let shown = names.iter().zip(self.amounts);
        let columns =
            shown.map(|(name, shown)| shown.finish().with_name((*name).into()).into_column()).collect();
        let (amounts, mut flags, filled) =
            amounts_of(file, names, DataFrame::new(self.days.len(), columns)?)?;
        for (flags, shape) in flags.iter_mut().zip(self.shapes) {
            *flags |= shape;
        }
        Ok(Rows { texts: self.texts, days: self.days, numbers: self.numbers, amounts, flags, filled })
    }
}
