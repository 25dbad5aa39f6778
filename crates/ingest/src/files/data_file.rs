//! One data file: how it is written, which family it is of, and its columns as a lazy frame.
//!
//! Of CSV every column is read as text: what a number or a day is, is decided later, so that what is
//! malformed can be counted instead of breaking the read. A column beyond the header catches rows
//! with too many fields, which a reader of some columns only would take for good ones.

use crate::{
    Error, Result,
    exports::source::{Encoding, encoding},
    files::csv_text::{Head, engine_fault, head},
    files::family::{Family, Layout, normalised},
};
use polars::prelude::*;
use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

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
