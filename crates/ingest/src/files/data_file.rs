//! One data file: how it is written, which family it is of, and its columns as a lazy frame.
//!
//! Every column is read as text: what a number or a day is, is decided later, so that what is malformed can
//! be counted instead of breaking the read.

use crate::{
    Error, Result,
    files::csv_text::header,
    files::encoding::{Encoding, encoding},
    files::family::{Family, Layout, normalised},
    files::parquet_file::ParquetFile,
};
use std::path::{Path, PathBuf};

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
}
