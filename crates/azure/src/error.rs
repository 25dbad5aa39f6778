//! What can go wrong with a call. Each variant is one kind of reaction of the caller.

use crate::ServiceError;
use std::time::Duration;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call gave no answer. Addresses are shown without their query, which may hold signatures.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call itself is wrong: an unknown name, a scope in the wrong form.
    #[error("{0}")]
    Usage(String),
    /// No sign-in method worked.
    #[error("not signed in: {why}")]
    NotSignedIn {
        /// What was tried and what to do.
        why: String,
    },
    /// The sign-in expired, or a permission is missing (401, 403).
    #[error("not allowed to read {scope} ({fault}); {remedy}")]
    NotAllowed {
        /// The scope of the request.
        scope: String,
        /// The service's error.
        #[source]
        fault: ServiceError,
        /// The role that is missing, or what to do.
        remedy: String,
    },
    /// The service did not answer within the limits of the retry policy: throttled, not ready, out of order.
    #[error("{what} is not available after {tries} tries in {} s: {last}", waited.as_secs())]
    Unavailable {
        /// The request, without its query.
        what: String,
        /// Number of requests.
        tries: u32,
        /// Total wait between them.
        waited: Duration,
        /// Why the last request gave no answer.
        #[source]
        last: LastFailure,
    },
    /// The service refused the request.
    #[error("{what} was refused: {fault}")]
    Refused {
        /// The request, without its query.
        what: String,
        /// The service's error.
        #[source]
        fault: ServiceError,
    },
    /// A reply that cannot be understood, or that leads where it must not.
    #[error("the reply of {what} cannot be used: {why}")]
    BadReply {
        /// The request, without its query.
        what: String,
        /// What is wrong, with its place.
        why: String,
    },
}

/// Why the last of several requests gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LastFailure {
    /// The service replied with an error that may pass.
    #[error(transparent)]
    Service(ServiceError),
    /// The service accepted the request and is still preparing the data (202).
    #[error("the data is not ready yet ({0})")]
    NotReady(#[source] ServiceError),
    /// A long-running operation did not finish in time.
    #[error("it is still running")]
    StillRunning,
    /// No connection, a reset, a time-out, a reply that was cut off.
    #[error("{0}")]
    Connection(String),
    /// A link to a file is past its time.
    #[error("its link expired at {0}")]
    LinkExpired(String),
    /// Blob Storage gave up after its own retries.
    #[error("{0}")]
    Storage(String),
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
