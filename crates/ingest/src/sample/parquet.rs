//! A Parquet data file, written some ten thousand rows at a time. Numbers are `Decimal(38, 18)`, days
//! are timestamps of their midnight in milliseconds, empty text is null.

use super::{
    charge::Charge,
    family::{Layout, Value},
};
use crate::files::parquet_write::parquet_writer;
use chrono::NaiveDate;
use polars::{
    io::parquet::write::BatchedWriter,
    prelude::{
        Column, DataFrame, DataType, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries, NewChunkedArray,
        PolarsError, Schema, StringChunked, TimeUnit,
    },
};
use std::{fs::File, io};

/// A Parquet file that is being written.
pub struct ParquetPart {
    writer: BatchedWriter<File>,
    columns: Vec<Values>,
    rows: usize,
}

/// Values of a column that wait to be written.
enum Values {
    Text(Vec<Option<String>>),
    Number(Vec<i128>),
    Day(Vec<i64>),
}

/// Rows that are written together.
const BATCH_ROWS: usize = 65_536;
const PRECISION: usize = 38;
const SCALE: usize = billing::AMOUNT_SCALE as usize;

impl ParquetPart {
    /// Begins a file with the columns of the layout.
    pub fn new(file: File, layout: &Layout) -> io::Result<Self> {
        let columns: Vec<Values> = layout.columns.iter().map(|(_, value)| Values::of(value)).collect();
        let types = layout.columns.iter().zip(&columns);
        let schema: Schema = types.map(|(&(name, _), values)| (name.into(), values.data_type())).collect();
        let writer = parquet_writer(file)
            // Runs are written side by side already.
            .set_parallel(false)
            .batched(&schema)
            .map_err(as_io_error)?;
        Ok(Self { writer, columns, rows: 0 })
    }

    /// Adds a row.
    pub fn write(&mut self, charge: &Charge<'_>, layout: &Layout) -> io::Result<()> {
        for ((_, value), values) in layout.columns.iter().zip(&mut self.columns) {
            values.push(value, charge);
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.flush(layout_names(layout)) } else { Ok(()) }
    }

    /// Writes what waits and ends the file.
    pub fn finish(mut self, layout: &Layout) -> io::Result<()> {
        self.flush(layout_names(layout))?;
        self.writer.finish().map(drop).map_err(as_io_error)
    }

    fn flush<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let columns =
            names.zip(&mut self.columns).map(|(name, values)| values.take(name)).collect::<Result<_, _>>();
        let frame = columns.and_then(|columns| DataFrame::new(self.rows, columns)).map_err(as_io_error)?;
        self.rows = 0;
        self.writer.write_batch(&frame).map_err(as_io_error)
    }
}

fn layout_names(layout: &Layout) -> impl Iterator<Item = &'static str> {
    layout.columns.iter().map(|&(name, _)| name)
}

impl Values {
    fn of(value: &Value) -> Self {
        match value {
            Value::Empty | Value::Fixed(_) | Value::Text(_) => Self::Text(Vec::new()),
            Value::Number(_) => Self::Number(Vec::new()),
            Value::Day(_) => Self::Day(Vec::new()),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::String,
            Self::Number(_) => DataType::Decimal(PRECISION, SCALE),
            Self::Day(_) => DataType::Datetime(TimeUnit::Milliseconds, None),
        }
    }

    fn push(&mut self, value: &Value, charge: &Charge<'_>) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match (self, value) {
            (Self::Text(values), Value::Fixed(fixed)) => values.push(text(fixed)),
            (Self::Text(values), Value::Text(of)) => values.push(text(of(charge))),
            (Self::Number(values), Value::Number(of)) => values.push(of(charge).units()),
            (Self::Day(values), Value::Day(of)) => values.push(milliseconds(of(charge))),
            (Self::Text(values), _) => values.push(None),
            // A column's values are made from its layout: no other pair occurs.
            (Self::Number(values), _) => values.push(0),
            (Self::Day(values), _) => values.push(0),
        }
    }

    /// The column of what waits; nothing waits after it.
    fn take(&mut self, name: &str) -> Result<Column, PolarsError> {
        Ok(match self {
            Self::Text(values) => {
                StringChunked::from_iter_options(name.into(), values.drain(..)).into_column()
            }
            Self::Number(values) => {
                let numbers = Int128Chunked::from_vec(name.into(), std::mem::take(values));
                numbers.into_decimal(PRECISION, SCALE)?.into_series().into_column()
            }
            Self::Day(values) => {
                let times = Int64Chunked::from_vec(name.into(), std::mem::take(values));
                times.into_datetime(TimeUnit::Milliseconds, None).into_series().into_column()
            }
        })
    }
}

fn milliseconds(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_milliseconds()
}

fn as_io_error(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}
