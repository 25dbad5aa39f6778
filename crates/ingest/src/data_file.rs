//! One data file: how it is written, which family it is of, and its columns as a lazy frame.
//!
//! Every column is read as text: what a number or a day is, is decided later, so that what is malformed can
//! be counted instead of breaking the read.

use crate::{
    Error, Result,
    csv_rows::csv_columns,
    csv_text::header,
    family::{Family, Layout, normalised},
    guard::guarded,
    parquet_file::ParquetFile,
    parquet_footer::first_line,
    row_sums::LONG,
    source::{Encoding, encoding},
};
use polars::prelude::*;
use std::path::{Path, PathBuf};

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
}

impl DataFile {
    /// Opens a file and recognises its header, as `forced` family where one is given.
    ///
    /// # Errors
    /// What makes a file unusable as a whole: unreadable, empty, damaged, unknown header, a used
    /// column twice.
    pub fn open(path: &Path, forced: Option<&'static Family>) -> Result<Self> {
        let encoding = encoding(path)?;
        let names = match encoding {
            Encoding::Parquet => ParquetFile::open(path)?.names().map(str::to_owned).collect(),
            _ => header(path, encoding)?,
        };
        let normal: Vec<String> = names.iter().map(|name| normalised(name)).collect();
        let family = match forced {
            Some(family) => family.check(path, &normal).map(|()| family)?,
            None => Family::recognise(path, &normal)?,
        };
        let layout = family.layout(normal);
        if let Some(column) = layout.duplicate() {
            return Err(Error::DuplicateColumn { path: path.to_owned(), column: column.to_owned() });
        }
        Ok(Self { path: path.to_owned(), encoding, family, layout, names })
    }

    /// Size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.path.metadata().map_or(0, |meta| meta.len())
    }

    /// The file as a lazy frame of columns under their FOCUS names, as text, with [`ROW`] and [`OVERLONG`].
    /// Columns the file lacks are left out.
    pub(crate) fn scan(&self, columns: &[&str]) -> Result<LazyFrame> {
        let present: Vec<(&str, usize)> = columns
            .iter()
            .filter_map(|column| self.layout.place(column).map(|place| (*column, place)))
            .collect();
        let places: Vec<usize> = present.iter().map(|(_, place)| *place).collect();
        let (texts, numbers, overlong) = match self.encoding {
            Encoding::Parquet => guarded(&self.path, || {
                let parquet = ParquetFile::open(&self.path)?;
                let groups = parquet.batches(usize::MAX).pop().unwrap_or_default();
                let rows = parquet.rows();
                let texts = places.iter().map(|place| parquet.values(*place, groups.clone())?.texts());
                Ok((texts.collect::<Result<Vec<_>>>()?, (1..=rows as u64).collect(), vec![false; rows]))
            })?,
            _ => {
                let rows = csv_columns(&self.path, self.encoding, self.layout.width(), &places)?;
                let overlong = rows.shapes.iter().map(|shape| *shape == LONG).collect();
                (rows.columns, rows.numbers, overlong)
            }
        };
        let height = numbers.len();
        let mut frame: Vec<Column> = present
            .iter()
            .zip(texts)
            .map(|((name, _), texts)| texts.with_name((*name).into()).into_column())
            .collect();
        frame.push(UInt64Chunked::from_vec(ROW.into(), numbers).into_column());
        frame.push(BooleanChunked::from_slice(OVERLONG.into(), &overlong).into_column());
        Ok(DataFrame::new(height, frame)?.lazy())
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

    /// The type of a column in [`DataFile::scan`]. `None` where the file lacks it.
    pub(crate) fn type_of(&self, column: &str) -> Option<DataType> {
        self.layout.place(column).map(|_| DataType::String)
    }

    /// Turns a fault of the data frame engine into one that names this file.
    pub(crate) fn fault(&self, error: &PolarsError) -> Error {
        Error::damaged(&self.path, first_line(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::Metric;
    use std::fs::File;

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
