//! What can be wrong with input, told so that the reader of the message knows where to look.

use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why input could not be used. [`Error::has_no_costs`] tells "nothing to forecast" from "broken".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be opened or listed.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's word.
        #[source]
        source: std::io::Error,
    },
    /// A file is broken: cut, not text, not what its name says.
    #[error("`{path}` is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file without a single byte.
    #[error("`{0}` is empty: not even a header")]
    EmptyFile(PathBuf),
    /// A needed column that cannot be read; others of its file can.
    #[error("the column `{column}` of `{path}` {what}")]
    UnreadableColumn {
        /// The file.
        path: PathBuf,
        /// The column, as the file names it.
        column: String,
        /// What is wrong with it and what to do.
        what: String,
    },
    /// A file of a format that holds no charges, or holds them packed.
    #[error("`{path}` is {format}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What it is and what to do.
        format: String,
    },
    /// A cost file without a column of costs.
    #[error(
        "`{0}` holds none of the costs: it has no column `BilledCost`, `EffectiveCost`, `ContractedCost` or `ListCost`"
    )]
    NoCostColumn(PathBuf),
    /// A header that no family knows.
    #[error(
        "`{path}` is no cost file that is known here: the nearest kind is {nearest}, for which it lacks {missing}"
    )]
    UnknownHeader {
        /// The file.
        path: PathBuf,
        /// The family that fits best.
        nearest: String,
        /// The columns that this family needs and the file lacks.
        missing: String,
        /// Whether the header could be one of charges all the same.
        like_charges: bool,
    },
    /// A column that stands twice in a header.
    #[error("`{path}` has the column `{column}` twice; which one counts cannot be told")]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name that occurs twice.
        column: String,
    },
    /// Rows that cannot be used, where every row has to be.
    #[error("{count} malformed rows; the first: {first}")]
    Malformed {
        /// How many.
        count: u64,
        /// Where the first one is and what is wrong with it.
        first: String,
    },
    /// A file that names no currency.
    #[error("`{0}` names no currency; say which one it is in with `--currency CODE`")]
    NoCurrency(PathBuf),
    /// Input that repeats itself in a way that leaves open which part counts.
    #[error("{0}")]
    Ambiguous(String),
    /// Columns that distinguish charges cannot be read: a copy may lack them.
    #[error("{0}")]
    ColumnsNotCopied(Box<Error>),
    /// Amounts whose sum is larger than any bill.
    #[error("the charges sum to more than 20 digits before the point; a file holds amounts that no bill has")]
    SumTooLarge,
    /// A metric that the files do not hold.
    #[error("no file holds the metric `{asked}`; the files hold: {held}")]
    NoSuchMetric {
        /// What was asked for.
        asked: billing::Metric,
        /// What there is.
        held: String,
    },
    /// A dimension that no file holds.
    #[error("no file holds the dimension `{0}`; use a FOCUS column name, `tag:KEY` or one of {known}", known = crate::dimension_names::SHORT_NAMES)]
    NoSuchDimension(String),
    /// A filter that is not of the form `DIM=VALUE`.
    #[error("a filter is written `DIM=VALUE`, not `{0}`")]
    BadFilter(String),
    /// A tag of a filter that has no key.
    #[error("cannot filter by `{0}`: a tag is written `tag:KEY`")]
    TagWithoutKey(String),
    /// Every run was incomplete.
    #[error("no export run is complete: {0}")]
    OnlyIncompleteRuns(String),
    /// Readable input that holds no costs.
    #[error("no costs found: {0}")]
    NoCosts(String),
    /// Charges of whole days only, where hours were asked for.
    #[error(
        "the input has no hours: its charges are of whole days; `ingest azure usage --granularity hourly` reads hours"
    )]
    NoHours,
    /// A pattern or address that is not understood.
    #[error("cannot use the input `{input}`: {why}")]
    BadInput {
        /// What was given.
        input: String,
        /// What is wrong with it.
        why: String,
    },
    /// A value of the domain that was refused.
    #[error(transparent)]
    Value(#[from] billing::Error),
    /// A fault inside the data frame engine that has no better name.
    #[error("reading failed: {0}")]
    Engine(#[from] polars::error::PolarsError),
}

impl Error {
    /// Whether the input is fine but holds nothing to forecast.
    #[must_use]
    pub fn has_no_costs(&self) -> bool {
        matches!(self, Self::NoCosts(_))
    }

    /// Whether the call, not the input, is to blame.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::BadFilter(_) | Self::TagWithoutKey(_) | Self::NoSuchDimension(_) | Self::NoHours)
    }

    /// Whether a file is not one of charges, by its header.
    pub(crate) fn is_foreign_file(&self) -> bool {
        matches!(self, Self::UnknownHeader { like_charges: false, .. })
    }

    /// Whether a file is broken, which makes the run it belongs to incomplete.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::EmptyFile(_))
    }

    pub(crate) fn unreadable(path: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}
