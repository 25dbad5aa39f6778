//! What can be wrong with a price list or a plan.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A text that cannot be used, with its place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or reply that is not what it should be.
    #[error("{what} cannot be used: {why}")]
    Unreadable {
        /// The file or reply.
        what: String,
        /// What is wrong, with its place.
        why: String,
    },
    /// Prices in another currency than was asked for.
    #[error(
        "{what} has prices in {own}, not in {asked}: the offer lacks that currency; ask for `--currency {own}`"
    )]
    OtherCurrency {
        /// The file or reply.
        what: String,
        /// The currency of its prices.
        own: String,
        /// The currency that was asked for.
        asked: String,
    },
    /// A sum that cannot be held.
    #[error("`{line}`: {source}")]
    Line {
        /// The plan's line.
        line: String,
        /// What is wrong.
        source: billing::Error,
    },
}

impl Error {
    pub(crate) fn unreadable(what: &str, why: impl ToString) -> Self {
        Self::Unreadable { what: what.to_owned(), why: why.to_string() }
    }
}
