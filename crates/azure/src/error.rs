//! What can go wrong with a call, told apart by what a caller does about it.

use crate::Fault;
use std::time::Duration;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no answer. Addresses are shown without their query, which may hold signatures.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call itself is wrong: an unknown name, a scope in the wrong form.
    #[error("{0}")]
    Usage(String),
    /// There is no way to sign in.
    #[error("not signed in: {why}")]
    NotSignedIn {
        /// What was tried and what to do.
        why: String,
    },
    /// Not signed in any more, or without the right (401, 403).
    #[error("not allowed to read {scope} ({fault}); {remedy}")]
    NotAllowed {
        /// What was to be read.
        scope: String,
        /// What the service said.
        fault: Fault,
        /// The role that is missing, or what to do.
        remedy: String,
    },
    /// The service did not answer in time: throttled, not ready, out of order.
    #[error("{what} is not available after {tries} tries in {} s: {last}", waited.as_secs())]
    Unavailable {
        /// What was asked, without its query.
        what: String,
        /// How often it was asked.
        tries: u32,
        /// How long that took.
        waited: Duration,
        /// What the last reply said.
        last: String,
    },
    /// The service refused the request.
    #[error("{what} was refused: {fault}")]
    Refused {
        /// What was asked, without its query.
        what: String,
        /// What the service said.
        fault: Fault,
    },
    /// A reply that cannot be understood, or that leads where it must not.
    #[error("the reply of {what} cannot be used: {why}")]
    BadReply {
        /// What was asked, without its query.
        what: String,
        /// What is wrong, with its place.
        why: String,
    },
}

impl From<prices::Error> for Error {
    /// A reply of prices that cannot be used; another currency than asked for is the question's fault.
    fn from(error: prices::Error) -> Self {
        match error {
            prices::Error::Unreadable { what, why } => Self::BadReply { what, why },
            other => Self::Usage(other.to_string()),
        }
    }
}

impl Error {
    pub(crate) fn bad_reply(what: &str, why: impl Into<String>) -> Self {
        Self::BadReply { what: what.to_owned(), why: why.into() }
    }
}
