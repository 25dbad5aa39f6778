//! One data file: how it is written, which family it is of, and its columns as a lazy frame.
//!
//! Of CSV every column is read as text: what a number or a day is, is decided later, so that what is
//! malformed can be counted instead of breaking the read. A column beyond the header catches rows
//! with too many fields, which a reader of some columns only would take for good ones.

use crate::{
    Error, Result,
    csv_text::{Head, engine_fault, head},
    family::{Family, Layout, normalised},
    source::{Encoding, encoding},
};
use polars::prelude::*;
use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Name of the row number, counted from 1 after the header.
pub(crate) const ROW: &str = "x_Row";
/// Name of the flag of rows that have more fields than the header.
pub(crate) const OVERLONG: &str = "x_Overlong";

/// A file of charges, recognised by its header.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub encoding: Encoding,
    /// What kind of cost file it is.
    pub family: &'static Family,
    /// Which of its columns is which.
    pub layout: Layout,
    /// Column names as written.
    names: Vec<String>,
    /// Types of the columns (Parquet), or nothing where all is text.
    types: Option<Vec<DataType>>,
    /// Whether there is anything behind the header.
    pub has_rows: bool,
    /// Rows that have more fields than the header, where its beginning has one.
    overlong: Vec<u32>,
}

impl DataFile {
    /// Opens a file and recognises its header, as `forced` family where one is given.
    ///
    /// # Errors
    /// What makes a file unusable as a whole: unreadable, empty, damaged, unknown header, a used
    /// column twice.
    pub fn open(path: &Path, forced: Option<&'static Family>) -> Result<Self> {
        let encoding = encoding(path)?;
        let (Head { names, has_rows, overlong }, types) = match encoding {
            Encoding::Parquet => parquet_header(path)?,
            _ => (head(path, encoding)?, None),
        };
        let header: Vec<String> = names.iter().map(|name| normalised(name)).collect();
        let family = match forced {
            Some(family) => family.check(path, &header).map(|()| family)?,
            None => Family::recognise(path, &header)?,
        };
        let layout = family.layout(header);
        if let Some(column) = layout.duplicate() {
            return Err(Error::DuplicateColumn { path: path.to_owned(), column: column.to_owned() });
        }
        Ok(Self { path: path.to_owned(), encoding, family, layout, names, types, has_rows, overlong })
    }

    /// Size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.path.metadata().map_or(0, |meta| meta.len())
    }

    /// The file as a lazy frame of columns under their FOCUS names, as text (or as the Parquet file
    /// types them), with [`ROW`] and [`OVERLONG`]. Columns the file lacks are left out.
    pub(crate) fn scan(&self, columns: &[&str]) -> Result<LazyFrame> {
        let present: Vec<(&str, usize)> = columns
            .iter()
            .filter_map(|column| self.layout.place(column).map(|place| (*column, place)))
            .collect();
        let row = Some(RowIndex { name: ROW.into(), offset: 1 });
        if self.encoding == Encoding::Parquet {
            let file = File::open(&self.path).map_err(|source| Error::unreadable(&self.path, source))?;
            // Two columns of ours may be one of the file's, which is read once.
            let mut names: BTreeSet<String> =
                present.iter().map(|(_, place)| self.names[*place].clone()).collect();
            if names.is_empty() {
                // The reader cannot count the rows of no columns.
                names.extend(self.names.first().cloned());
            }
            let names = names.into_iter().collect();
            let reader = ParquetReader::new(file).with_row_index(row).with_columns(Some(names));
            let mut chosen: Vec<Expr> = present
                .iter()
                .map(|(column, place)| col(self.names[*place].as_str()).alias(*column))
                .collect();
            chosen.extend([col(ROW), lit(false).alias(OVERLONG)]);
            let frame = reader.finish().map_err(|error| self.fault(&error))?;
            return Ok(frame.lazy().select(chosen));
        }
        if !self.has_rows {
            let text = |column: &str| Field::new(column.into(), DataType::String);
            let mut schema: Schema = present.iter().map(|(column, _)| text(column)).collect();
            schema.with_column(ROW.into(), IDX_DTYPE);
            schema.with_column(OVERLONG.into(), DataType::Boolean);
            return Ok(DataFrame::empty_with_schema(&schema).lazy());
        }
        // Columns go by their place: a header may hold a name twice.
        let width = self.layout.width();
        let place_name = |place: usize| format!("c{place}");
        let schema: Schema =
            (0..=width).map(|place| Field::new(place_name(place).into(), DataType::String)).collect();
        let mut chosen: Vec<Expr> =
            present.iter().map(|(column, place)| col(place_name(*place)).alias(*column)).collect();
        let mut overlong = col(place_name(width)).is_not_null();
        if !self.overlong.is_empty() {
            let rows = Series::new(ROW.into(), &self.overlong).cast(&IDX_DTYPE)?;
            overlong = overlong.or(col(ROW).is_in(lit(rows).implode(true), false));
        }
        chosen.extend([col(ROW), overlong.alias(OVERLONG)]);
        let frame = CsvReadOptions::default()
            .with_has_header(false)
            .with_skip_lines(1)
            .with_schema(Some(Arc::new(schema)))
            .map_parse_options(|options| options.with_truncate_ragged_lines(true))
            .with_raise_if_empty(false)
            .with_row_index(row)
            .try_into_reader_with_file_path(Some(self.path.clone()))
            .and_then(CsvReader::finish)
            .map_err(|error| self.fault(&error))?;
        Ok(frame.lazy().select(chosen))
    }

    /// Names of columns, as the file writes them, that are none of the family's.
    pub(crate) fn other_columns(&self) -> Vec<String> {
        let known: Vec<usize> =
            self.layout.columns().filter_map(|column| self.layout.place(column)).collect();
        let is_other = |place: &usize| {
            // A name that stands twice tells nothing; one of ours must not come a second time.
            let name = normalised(&self.names[*place]);
            !known.contains(place)
                && self.layout.place(&name) == Some(*place)
                && self.names.iter().filter(|other| normalised(other) == name).count() == 1
        };
        (0..self.names.len())
            .filter(is_other)
            .map(|place| self.names[place].trim_start_matches('\u{feff}').trim().to_owned())
            .collect()
    }

    /// The name of a column as the file writes it. `None` where the file lacks it.
    pub(crate) fn header_of(&self, column: &str) -> Option<&str> {
        let name = self.names.get(self.layout.place(column)?)?;
        Some(name.trim_start_matches('\u{feff}').trim())
    }

    /// The type of a column as the file has it; text in CSV. `None` where the file lacks it.
    pub(crate) fn type_of(&self, column: &str) -> Option<DataType> {
        let place = self.layout.place(column)?;
        Some(self.types.as_ref().map_or(DataType::String, |types| types[place].clone()))
    }

    /// Turns a fault of the reading engine into one that names this file and what to do.
    pub(crate) fn fault(&self, error: &PolarsError) -> Error {
        engine_fault(&self.path, self.encoding, error)
    }
}

fn parquet_header(path: &Path) -> Result<(Head, Option<Vec<DataType>>)> {
    let damaged = |error: PolarsError| {
        let text = error.to_string();
        Error::damaged(
            path,
            format!(
                "its Parquet footer cannot be read ({}); it was probably cut, so copy it again",
                text.lines().next().unwrap_or_default()
            ),
        )
    };
    let file = File::open(path).map_err(|source| Error::unreadable(path, source))?;
    let mut reader = ParquetReader::new(file);
    let schema = reader.schema().map_err(damaged)?;
    let rows = reader.num_rows().map_err(damaged)?;
    let schema = Schema::from_arrow_schema(schema.as_ref());
    let names = schema.iter_names().map(ToString::to_string).collect();
    let types = schema.iter_values().cloned().collect();
    Ok((Head { names, has_rows: rows > 0, overlong: Vec::new() }, Some(types)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::Metric;

    /// An Enterprise Agreement's invoice section is its department too.
    #[test]
    fn a_parquet_column_that_two_of_ours_are_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut table = df!(
            "SubscriptionId" => ["s"], "Date" => ["2026-10-01"], "CostInBillingCurrency" => ["1.5"],
            "BillingCurrencyCode" => ["EUR"], "AccountName" => ["a"], "InvoiceSection" => ["d"],
        )
        .unwrap();
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut table).unwrap();
        let file = DataFile::open(&path, None).unwrap();
        let charges = crate::charges(&file, Metric::Billed).unwrap().collect().unwrap();
        for column in ["x_InvoiceSectionName", "x_DepartmentName"] {
            assert_eq!(charges[column].str().unwrap().get(0), Some("d"), "{column}");
        }
    }

    #[test]
    fn a_parquet_file_has_rows_whatever_columns_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut table =
            df!("SubscriptionId" => ["s", "s"], "Date" => ["2026-10-01", "2026-10-02"], "Cost" => ["1", "2"])
                .unwrap();
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut table).unwrap();
        let file = DataFile::open(&path, Family::named("ea").ok()).unwrap();
        let rows = file.scan(&[]).unwrap().collect().unwrap();
        assert_eq!(rows[OVERLONG].bool().unwrap().iter().collect::<Vec<_>>(), [Some(false); 2]);
    }
}
