//! Parquet through Polars: amounts as `Decimal(38, 12)`, period bounds as UTC timestamps, and the
//! schema's name and version in the file's key-value metadata.
//!
//! Amounts have 18 digits after the point; those beyond the twelfth are rounded here, half away from
//! zero, which is what the interface promises of this format.

use crate::{Column as OurColumn, ColumnValues, Dataset, Result, columns};
use billing::{AMOUNT_SCALE, Amount};
use polars::prelude::{
    ChunkTake, Column, DataFrame, Float64Chunked, IdxCa, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoColumn, IntoSeries, KeyValueMetadata, NewChunkedArray, ParquetCompression, ParquetWriter,
    PolarsResult, StringChunked, TimeUnit, TimeZone,
};
use rayon::prelude::*;
use std::{
    io::{self, Write},
    ops::Range,
};

/// Digits before and after the point of an amount in Parquet.
const PRECISION: usize = 38;
const SCALE: u32 = 12;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// Rows of a row group; they are made, encoded and compressed side by side, some at a time, so that a
/// long table is never there twice.
const ROW_GROUP: usize = 1 << 17;

/// Writes the table as one Parquet file.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    let metadata = KeyValueMetadata::from_static(vec![
        (columns::SCHEMA.to_owned(), dataset.schema().to_owned()),
        (columns::SCHEMA_VERSION.to_owned(), dataset.version().to_string()),
    ]);
    let empty = frame(dataset, 0..0)?;
    // One only encodes, on all threads; the other writes what comes out, in order.
    let encoder = parquet_writer(io::sink()).batched(empty.schema())?;
    let writer = parquet_writer(out).with_key_value_metadata(Some(metadata)).batched(empty.schema())?;
    let starts: Vec<usize> = (0..dataset.len()).step_by(ROW_GROUP).collect();
    for some in starts.chunks(rayon::current_num_threads()) {
        let groups: Vec<Vec<_>> = some
            .par_iter()
            .map(|&start| {
                let frame = frame(dataset, start..dataset.len().min(start + ROW_GROUP))?;
                Ok(encoder.encode_and_compress(&frame).collect::<PolarsResult<_>>()?)
            })
            .collect::<Result<_>>()?;
        writer.write_row_groups(groups.into_iter().flatten().collect())?;
    }
    writer.finish()?;
    Ok(())
}

fn parquet_writer<W: Write>(out: W) -> ParquetWriter<W> {
    ParquetWriter::new(out).with_compression(ParquetCompression::Snappy)
}

/// These rows of the table.
fn frame(dataset: &Dataset, rows: Range<usize>) -> Result<DataFrame> {
    let columns =
        dataset.columns().iter().map(|column| polars_column(column, rows.clone())).collect::<Result<_>>()?;
    Ok(DataFrame::new(rows.len(), columns)?)
}

fn polars_column(column: &OurColumn, part: Range<usize>) -> Result<Column> {
    let name = column.name.as_str().into();
    let series = match &column.values {
        ColumnValues::Text(values) => {
            let texts = values[part].iter().map(|text| text.as_deref());
            StringChunked::from_iter_options(name, texts).into_series()
        }
        ColumnValues::Repeated { values, rows } => {
            let values: StringChunked = values.iter().map(|text| text.as_deref()).collect();
            let rows: IdxCa = rows[part].iter().map(|place| Some(*place)).collect();
            values.take(&rows)?.with_name(name).into_series()
        }
        ColumnValues::Date(values) => {
            let days = values[part].iter().map(|day| day.map(|day| day.to_epoch_days()));
            Int32Chunked::from_iter_options(name, days).into_date().into_series()
        }
        ColumnValues::Timestamp(values) => {
            let instants = values[part]
                .iter()
                .map(|day| day.map(|day| i64::from(day.to_epoch_days()) * MICROSECONDS_A_DAY));
            Int64Chunked::from_iter_options(name, instants)
                .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                .into_series()
        }
        ColumnValues::Moment(values) => {
            let instants = values[part].iter().map(|time| time.map(|time| time.timestamp_micros()));
            Int64Chunked::from_iter_options(name, instants)
                .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                .into_series()
        }
        ColumnValues::Amount { values, .. } => {
            let units = values[part].iter().map(|amount| amount.map(units_at_scale));
            Int128Chunked::from_iter_options(name, units)
                .into_decimal_unchecked(PRECISION, SCALE as usize)
                .into_series()
        }
        ColumnValues::Float(values) => {
            Float64Chunked::from_iter_options(name, values[part].iter().copied()).into_series()
        }
        ColumnValues::Integer(values) => {
            Int64Chunked::from_iter_options(name, values[part].iter().copied()).into_series()
        }
    };
    Ok(series.into_column())
}

/// The stored integer of `Decimal(38, 12)`, rounded half away from zero.
fn units_at_scale(amount: Amount) -> i128 {
    amount.rounded(SCALE).units() / 10_i128.pow(AMOUNT_SCALE - SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{DataType, ParquetReader, SerReader};
    use std::io::Cursor;

    fn every_type() -> Dataset {
        let day = "2026-10-01".parse().ok();
        let amounts = ["12345678901234567.12", "0.0000000000005", "-0.0000000000005"]
            .map(|text| text.parse().ok())
            .into_iter()
            .chain([None])
            .collect();
        Dataset::new(
            "cycle_totals",
            7,
            vec![
                OurColumn::new(
                    "t",
                    ColumnValues::Text(vec![Some("Größe".into()), None, Some(String::new()), None]),
                ),
                OurColumn::new(
                    "r",
                    ColumnValues::Repeated {
                        values: vec![None, Some("x".into())],
                        rows: [1, 0, 1, 1].into(),
                    },
                ),
                OurColumn::new("d", ColumnValues::Date(vec![day, None, day, None])),
                OurColumn::new("s", ColumnValues::Timestamp(vec![day, None, day, None])),
                OurColumn::new("a", ColumnValues::Amount { values: amounts, least_digits: 2 }),
                OurColumn::new("f", ColumnValues::floats(&[0.5, f64::NAN, 1.0, 2.0])),
                OurColumn::new("i", ColumnValues::Integer(vec![Some(1), None, Some(3), Some(4)])),
            ],
        )
        .unwrap()
    }

    fn file(dataset: &Dataset) -> Vec<u8> {
        let mut out = Vec::new();
        write(dataset, &mut out).unwrap();
        out
    }

    #[test]
    fn types_and_values_are_read_back() {
        let frame = ParquetReader::new(Cursor::new(file(&every_type()))).finish().unwrap();
        let types: Vec<DataType> = frame.columns().iter().map(|column| column.dtype().clone()).collect();
        assert_eq!(
            types,
            [
                DataType::String,
                DataType::String,
                DataType::Date,
                DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
                DataType::Decimal(PRECISION, SCALE as usize),
                DataType::Float64,
                DataType::Int64,
            ]
        );
        let text = |name: &str, row: usize| frame.column(name).unwrap().get(row).unwrap().to_string();
        assert_eq!(text("a", 0), "12345678901234567.120000000000");
        assert_eq!(text("a", 1), "0.000000000001");
        assert_eq!(text("a", 2), "-0.000000000001");
        assert_eq!(text("s", 0), "2026-10-01 00:00:00 UTC");
        assert_eq!(text("t", 2), "\"\"");
        assert_eq!(text("r", 3), "\"x\"");
        for name in ["t", "r", "d", "s", "f", "i"] {
            assert!(frame.column(name).unwrap().get(1).unwrap().is_null(), "{name}");
        }
        assert!(frame.column("a").unwrap().get(3).unwrap().is_null());
    }

    #[test]
    fn schema_name_and_version_are_in_the_metadata() {
        let mut reader = ParquetReader::new(Cursor::new(file(&every_type())));
        let metadata = reader.get_metadata().unwrap();
        let pairs = metadata.key_value_metadata().as_ref().unwrap();
        let value = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
        assert_eq!(value("x_schema").as_deref(), Some("cycle_totals"));
        assert_eq!(value("x_schema_version").as_deref(), Some("7"));
    }

    #[test]
    fn a_table_without_rows_keeps_its_types() {
        let amount = ColumnValues::Amount { values: vec![], least_digits: 0 };
        let empty = Dataset::new("t", 1, vec![OurColumn::new("a", amount)]).unwrap();
        let frame = ParquetReader::new(Cursor::new(file(&empty))).finish().unwrap();
        assert_eq!(frame.shape(), (0, 1));
        assert_eq!(frame.columns()[0].dtype(), &DataType::Decimal(PRECISION, SCALE as usize));
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        assert_eq!(file(&every_type()), file(&every_type()));
    }
}
