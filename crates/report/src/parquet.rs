//! Parquet through Polars: amounts as `Decimal(38, 12)`, period bounds as UTC timestamps, and the
//! schema's name and version in the file's key-value metadata.
//!
//! Amounts have 18 digits after the point; those beyond the twelfth are rounded here, half away from
//! zero, which is what the interface promises of this format.

use crate::{Column as OurColumn, ColumnValues, Dataset, Result, columns};
use billing::{AMOUNT_SCALE, Amount};
use polars::prelude::{
    ArrowDataType, ArrowSchema, CompatLevel, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoSeries, NewChunkedArray, PolarsResult, Series, StringChunked, TimeUnit, TimeZone,
};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use polars_parquet::read::fallible_streaming_iterator::convert;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter, KeyValue, Page,
    ParquetType, StatisticsOptions, Version, WriteOptions, array_to_columns, compress, get_dtype_encoding,
    schema_to_metadata_key,
};
use rayon::prelude::*;
use std::{collections::HashMap, io::Write, ops::Range};

/// Digits before and after the point of an amount in Parquet.
const PRECISION: usize = 38;
const SCALE: u32 = 12;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// Rows of a row group; they are made, encoded and compressed side by side, some at a time, so that a
/// long table is never there twice.
const ROW_GROUP: usize = 1 << 17;

/// The amounts of a row group are one page. The writer would compare the bounds of pages byte by byte and take a negative
/// amount for the largest, so that a filter of a reader would pass over it (Polars issue 29347).
const OPTIONS: WriteOptions = WriteOptions {
    statistics: StatisticsOptions {
        min_value: true,
        max_value: true,
        distinct_count: false,
        null_count: true,
        binary_statistics_truncate_length: None,
    },
    version: Version::V1,
    compression: CompressionOptions::Snappy,
    // More than the amounts of a row group take.
    data_page_size: Some(8 << 20),
};

/// The compressed pages of each column of a row group.
type EncodedColumns = Vec<Vec<CompressedPage>>;

/// Writes the table as one Parquet file.
pub(crate) fn write(dataset: &Dataset, out: &mut dyn Write) -> Result<()> {
    let schema = arrow_schema(dataset)?;
    let encodings: Vec<Vec<Encoding>> =
        schema.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
    let mut writer = FileWriter::try_new(out, schema, OPTIONS)?;
    let types = writer.parquet_schema().fields().to_vec();
    let starts: Vec<usize> = (0..dataset.len()).step_by(ROW_GROUP).collect();
    for some in starts.chunks(rayon::current_num_threads()) {
        let groups: Vec<(usize, EncodedColumns)> = some
            .par_iter()
            .map(|&start| {
                let rows = start..dataset.len().min(start + ROW_GROUP);
                Ok((rows.len(), encoded(dataset, &rows, &types, &encodings)?))
            })
            .collect::<Result<_>>()?;
        for (rows, columns) in groups {
            let pages = columns
                .iter()
                .map(|pages| Ok(DynStreamingIterator::new(convert(pages.iter().map(PolarsResult::Ok)))));
            writer.write(rows as u64, DynIter::new(pages))?;
        }
    }
    let pair = |key: &str, value: &str| KeyValue { key: key.to_owned(), value: Some(value.to_owned()) };
    writer.end(Some(vec![
        schema_to_metadata_key(writer.schema()),
        pair(columns::SCHEMA, dataset.schema()),
        pair(columns::SCHEMA_VERSION, &dataset.version().to_string()),
    ]))?;
    Ok(())
}

/// The columns as readers see them: repeated texts are plain text.
fn arrow_schema(dataset: &Dataset) -> Result<ArrowSchema> {
    let field = |column: &OurColumn| series(column, 0..0).field().to_arrow(CompatLevel::newest());
    Ok(dataset.columns().iter().map(field).map(|field| (field.name.clone(), field)).collect())
}

/// The compressed pages of some rows.
fn encoded(
    dataset: &Dataset,
    rows: &Range<usize>,
    types: &[ParquetType],
    encodings: &[Vec<Encoding>],
) -> Result<EncodedColumns> {
    let mut all = Vec::with_capacity(types.len());
    for ((column, own), encoding) in dataset.columns().iter().zip(types).zip(encodings) {
        let array = array(column, rows.clone())?;
        for pages in array_to_columns(array, own.clone(), OPTIONS, encoding)? {
            let compressed = |page: PolarsResult<Page>| Ok(compress(page?, Vec::new(), OPTIONS.compression)?);
            all.push(pages.map(compressed).collect::<PolarsResult<_>>()?);
        }
    }
    Ok(all)
}

/// Some values of a column; repeated texts as a dictionary, which Parquet holds as it is.
fn array(column: &OurColumn, part: Range<usize>) -> Result<Box<dyn Array>> {
    let ColumnValues::Repeated { values, rows } = &column.values else {
        return Ok(series(column, part).rechunk().to_arrow(0, CompatLevel::newest()));
    };
    // Only texts of this part, each once, in the order in which they come.
    let mut texts: Vec<&str> = Vec::new();
    let mut number_of: HashMap<&str, u32> = HashMap::new();
    let mut numbers: Vec<Option<Option<u32>>> = vec![None; values.len()];
    let keys: PrimitiveArray<u32> = rows[part]
        .iter()
        .map(|place| {
            let place = *place as usize;
            *numbers[place].get_or_insert_with(|| {
                values[place].as_deref().map(|text| {
                    *number_of.entry(text).or_insert_with(|| {
                        texts.push(text);
                        texts.len() as u32 - 1
                    })
                })
            })
        })
        .collect();
    if texts.is_empty() {
        return Ok(Utf8ViewArray::new_null(ArrowDataType::Utf8View, keys.len()).boxed());
    }
    let texts = Utf8ViewArray::from_slice_values(&texts);
    Ok(DictionaryArray::try_from_keys(keys, Box::new(texts), false)?.boxed())
}

fn texts<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Series {
    StringChunked::from_iter_options(name.into(), values).into_series()
}

/// Some values of a column.
fn series(column: &OurColumn, part: Range<usize>) -> Series {
    let name = column.name.as_str().into();
    match &column.values {
        ColumnValues::Text(values) => {
            texts(column.name.as_str(), values[part].iter().map(|text| text.as_deref()))
        }
        ColumnValues::Repeated { values, rows } => {
            let value = |place: &u32| values[*place as usize].as_deref();
            texts(column.name.as_str(), rows[part].iter().map(value))
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
    }
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
    fn the_least_amount_of_a_row_group_is_the_negative_one() {
        // Pages of the usual size would be two.
        let values = (0..ROW_GROUP).map(|row| {
            Some(Amount::from_units(if row < 1_000 { -2 } else { 3 } * 10_i128.pow(AMOUNT_SCALE - SCALE)))
        });
        let values = ColumnValues::Amount { values: values.collect(), least_digits: 2 };
        let dataset = Dataset::new("daily_series", 1, vec![OurColumn::new("a", values)]).unwrap();
        let metadata = polars_parquet::read::read_metadata(&mut Cursor::new(file(&dataset))).unwrap();
        assert_eq!(metadata.row_groups.len(), 1);
        let bounds =
            metadata.row_groups[0].parquet_columns()[0].statistics(&metadata.footer_buf).unwrap().unwrap();
        let bounds = bounds.expect_fixedlen();
        let amount =
            |bytes: &Option<Vec<u8>>| i128::from_be_bytes(bytes.clone().unwrap().try_into().unwrap());
        assert_eq!((amount(&bounds.min_value), amount(&bounds.max_value)), (-2, 3));
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
