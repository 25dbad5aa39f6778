//! What can go wrong while a result is put together or written.

use std::io::ErrorKind;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A result that does not fit together, or an output that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name of an unknown output format.
    #[error("unknown output format: `{given}`; one of {known}")]
    UnknownFormat {
        /// What was given.
        given: String,
        /// The formats that are known.
        known: String,
    },
    /// A format that this version does not write.
    #[error("output format `{given}` is not there yet; one of {known}")]
    FormatNotYet {
        /// What was given.
        given: String,
        /// The formats that are there.
        known: String,
    },
    /// A column that is shorter or longer than the first one.
    #[error("column `{column}` has {got} values, the first column has {expected}")]
    ColumnLength {
        /// The column.
        column: String,
        /// How many values it has.
        got: usize,
        /// How many it should have.
        expected: usize,
    },
    /// Two columns of one name.
    #[error("column `{0}` would be there twice")]
    DuplicateColumn(String),
    /// A float that is infinite or not a number, where a missing value is meant to be null.
    #[error("column `{column}` holds a value in row {row} that is not finite")]
    NotFinite {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
    },
    /// A key of the envelope that the format itself uses.
    #[error("`{0}` is a key of the JSON envelope itself")]
    ReservedKey(String),
    /// A row whose keys are not one for each grouping column.
    #[error("row `{label}` has {got} keys for {expected} grouping columns")]
    KeyCount {
        /// What the row is called.
        label: String,
        /// How many keys it has.
        got: usize,
        /// How many it should have.
        expected: usize,
    },
    /// The output could not be written.
    #[error("could not write the output")]
    Io(#[from] std::io::Error),
    /// The output could not be written as CSV.
    #[error("could not write the output as CSV")]
    Csv(#[from] ::csv::Error),
    /// The output could not be written as JSON.
    #[error("could not write the output as JSON")]
    Json(#[from] serde_json::Error),
    /// A format that this build leaves out.
    #[error("this build does not write {0}")]
    FormatLeftOut(&'static str),
    /// The output could not be written as Parquet.
    #[cfg(feature = "parquet")]
    #[error("could not write the output as Parquet")]
    Parquet(#[from] polars::error::PolarsError),
}

impl Error {
    /// Whether the output was a pipe whose reader went away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        let kind = match self {
            Self::Io(error) => Some(error.kind()),
            Self::Csv(error) => match error.kind() {
                ::csv::ErrorKind::Io(error) => Some(error.kind()),
                _ => None,
            },
            Self::Json(error) => error.io_error_kind(),
            // The Parquet writer passes the cause on as text only.
            #[cfg(feature = "parquet")]
            Self::Parquet(error) if error.to_string().contains("Broken pipe") => Some(ErrorKind::BrokenPipe),
            _ => None,
        };
        kind == Some(ErrorKind::BrokenPipe)
    }
}
