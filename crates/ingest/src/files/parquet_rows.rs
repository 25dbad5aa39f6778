//! The rows of a Parquet file, some row groups at a time, so that memory does not grow with the file.

use crate::{
    Error, Result,
    charges::expressions as charges,
    files::data_file::DataFile,
    files::dictionary::Texts,
    files::row_sums::{RowSums, Rows, amounts_of},
};
use polars::prelude::*;
use std::{fs::File, sync::Arc};

/// Row groups are read together until they have so many rows.
const BATCH_ROWS: usize = 1 << 16;

/// Reads the rows of a Parquet file into `sums`.
///
/// # Errors
/// A file that is damaged.
pub(crate) fn read_parquet(file: &DataFile, sums: &mut RowSums<'_>) -> Result<()> {
    let damaged = |error: PolarsError| file.fault(&error);
    let open = || File::open(&file.path).map_err(|source| Error::unreadable(&file.path, source));
    let whole = ParquetReader::new(open()?).get_metadata().map_err(damaged)?.clone();
    let day = Some(sums.day).filter(|day| file.layout.has(day));
    let day_beside = day.filter(|day| !sums.texts.contains(day));
    let needed: Vec<&str> = sums.texts.iter().chain(&sums.amounts).copied().chain(day_beside).collect();
    let places: Vec<usize> = needed.iter().filter_map(|column| file.layout.place(column)).collect();
    let (mut next, mut row) = (0, 1);
    loop {
        let mut some = (*whole).clone();
        some.row_groups = Vec::new();
        some.num_rows = 0;
        for group in &whole.row_groups[next..] {
            some.row_groups.push(group.clone());
            some.num_rows += group.num_rows();
            if some.num_rows >= BATCH_ROWS {
                break;
            }
        }
        next += some.row_groups.len();
        let mut reader = ParquetReader::new(open()?)
            // Files are read side by side already.
            .read_parallel(ParallelStrategy::None)
            .with_projection(Some(places.clone()));
        reader.set_metadata(Arc::new(some));
        let mut frame = reader.finish().map_err(damaged)?;
        frame.set_column_names(&needed)?;
        let height = frame.height();
        let names = sums.texts.iter().zip(&mut sums.lines.texts);
        let texts =
            names.map(|(name, texts)| numbers(file, frame.column(name)?, texts)).collect::<Result<_>>()?;
        let days = match day {
            Some(day) => numbers(file, frame.column(day)?, &mut sums.days)?,
            None => vec![0; height],
        };
        let (amounts, flags, filled) =
            amounts_of(file, &sums.amounts, frame.select(sums.amounts.iter().copied())?)?;
        let numbers = (row..row + height as u64).collect();
        row += height as u64;
        sums.add(Rows { texts, days, numbers, amounts, flags, filled })?;
        if next == whole.row_groups.len() {
            return Ok(());
        }
    }
}

/// The values of a column as numbers of texts. Of days and whole numbers, each is turned into text once.
fn numbers(file: &DataFile, column: &Column, texts: &mut Texts) -> Result<Vec<u32>> {
    let series = column.as_materialized_series();
    if series.dtype().is_nested() {
        let what =
            format!("its column `{}` is nested ({}); write it as JSON text", series.name(), series.dtype());
        return Err(Error::damaged(&file.path, what));
    }
    let shown = |series: &Series| -> Result<Series> {
        let text = charges::text(col("v"), series.dtype());
        let frame = DataFrame::new(series.len(), vec![series.clone().with_name("v".into()).into_column()])?;
        let shown = frame.lazy().select([text]).collect();
        Ok(shown.map_err(|error| file.fault(&error))?["v"].as_materialized_series().clone())
    };
    if series.dtype().to_physical().is_integer() && !series.dtype().is_decimal() {
        let (places, first_rows) = distinct(series.to_physical_repr().cast(&DataType::Int64)?.i64()?);
        let values = shown(&series.take(&IdxCa::from_vec("row".into(), first_rows))?)?;
        let numbers: Vec<u32> = values.str()?.iter().map(|text| text_number(texts, text)).collect();
        return Ok(places.into_iter().map(|place| numbers[place]).collect());
    }
    let series = if *series.dtype() == DataType::String { series.clone() } else { shown(series)? };
    match series.null_count() {
        0 => {}
        all if all == series.len() => return Ok(vec![0; all]),
        _ => return Ok(series.str()?.iter().map(|text| text_number(texts, text)).collect()),
    }
    let mut numbers = Vec::with_capacity(series.len());
    for array in series.str()?.downcast_iter() {
        // A text that stands in a file's dictionary is the same view wherever it occurs in the array.
        let mut known: PlHashMap<u128, u32> = PlHashMap::default();
        let mut last = (0, 0);
        for (row, view) in array.views().iter().enumerate() {
            let view = view.as_u128();
            if view != last.0 || row == 0 {
                let number = || text_number(texts, Some(array.value(row)));
                last = (view, *known.entry(view).or_insert_with(number));
            }
            numbers.push(last.1);
        }
    }
    Ok(numbers)
}

/// The place of each value among the distinct ones, and the row in which each of these comes first.
fn distinct(values: &Int64Chunked) -> (Vec<usize>, Vec<IdxSize>) {
    let mut known: PlHashMap<Option<i64>, usize> = PlHashMap::default();
    let mut first_rows = Vec::new();
    let mut places: Vec<usize> = Vec::with_capacity(values.len());
    let mut before = None;
    for (row, value) in (0..).zip(values.iter()) {
        let place = match places.last() {
            Some(place) if before == value => *place,
            _ => *known.entry(value).or_insert_with(|| {
                first_rows.push(row);
                first_rows.len() - 1
            }),
        };
        before = value;
        places.push(place);
    }
    (places, first_rows)
}

fn text_number(texts: &mut Texts, text: Option<&str>) -> u32 {
    // A text is UTF-8: it always has a number.
    texts.number(text.unwrap_or_default().as_bytes()).unwrap_or(0)
}
