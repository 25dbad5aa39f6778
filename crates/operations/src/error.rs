//! Why an operation failed. Every error has one *kind*; the table [`ErrorKind::TABLE`] says once for each
//! kind which exit code a command line gives and which exception a library raises.
//!
//! Texts name the cause and what to do. Errors of the crates below are classified where they are
//! converted; a new variant there counts as [`ErrorKind::Failed`] until it is listed here.

use crate::Finding;
use std::{error::Error as StdError, fmt};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can do about an error.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// Unreadable, malformed or unknown input; or everything of a batch failed.
    Failed,
    /// The request is wrong.
    Usage,
    /// Too little data, or data that is too old; readable input without cost rows.
    NotEnough,
    /// Not signed in, or without the permission.
    NotAllowed,
    /// A service was throttled, not ready or out of order for too long.
    Unavailable,
    /// A part failed; the rest is written.
    Partial,
}

impl ErrorKind {
    /// Kind, exit code, and the name of the exception.
    pub const TABLE: [(Self, u8, &'static str); 6] = [
        (Self::Failed, 1, "InputError"),
        (Self::Usage, 2, "ValueError"),
        (Self::NotEnough, 4, "NotEnoughDataError"),
        (Self::NotAllowed, 5, "PermissionError"),
        (Self::Unavailable, 6, "ServiceUnavailableError"),
        (Self::Partial, 7, "PartialFailureError"),
    ];

    /// The exit code of a command that ends with this kind.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        Self::TABLE.iter().find(|(kind, ..)| *kind == self).map_or(1, |(_, code, _)| *code)
    }
}

/// An error with its kind, its causes, a hint, and what was found before it happened.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    text: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    findings: Vec<Finding>,
}

impl Error {
    /// An error of `kind` that `text` explains.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, text: text.into(), hint: None, source: None, findings: Vec::new() }))
    }

    /// The request is wrong; `text` says what would be right.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, text)
    }

    /// There is not enough data for a forecast.
    pub fn not_enough(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotEnough, text)
    }

    /// Input or output that cannot be used.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, text)
    }

    /// An error of `kind` with the error that caused it.
    pub fn caused(kind: ErrorKind, source: impl StdError + Send + Sync + 'static) -> Self {
        let mut error = Self::new(kind, source.to_string());
        error.0.source = Some(Box::new(source));
        error
    }

    /// The same with what was being done in front.
    #[must_use]
    pub fn context(self, text: impl Into<String>) -> Self {
        let kind = self.kind();
        let mut outer = Self::new(kind, text);
        outer.0.source = Some(Box::new(self));
        outer
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same with what was found before it happened.
    #[must_use]
    pub fn after(mut self, findings: Vec<Finding>) -> Self {
        self.0.findings.splice(0..0, findings);
        self
    }

    /// What a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// A sentence that helps, of this error or of its causes.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        let inner = self.0.source.as_deref().and_then(|source| source.downcast_ref::<Self>());
        self.0.hint.as_deref().or_else(|| inner.and_then(Self::hint))
    }

    /// What was found before it happened, in order.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        let inner = self.0.source.as_deref().and_then(|source| source.downcast_ref::<Self>());
        self.0.findings.iter().chain(inner.map(Self::findings).unwrap_or_default()).collect()
    }

    /// The error and its causes in one line; a cause that repeats what stands before it is left out.
    #[must_use]
    pub fn one_line(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&dyn StdError> = Some(self);
        while let Some(error) = next {
            let own = error.to_string();
            let own = own.trim();
            if !text.contains(own) {
                text = if text.is_empty() { own.to_owned() } else { format!("{text}: {own}") };
            }
            next = error.source();
        }
        text
    }

    /// Whether no file holds a dimension that was asked for.
    pub(crate) fn is_unknown_dimension(&self) -> bool {
        let source = self.0.source.as_deref();
        let is_it = |own: &ingest::Error| matches!(own, ingest::Error::NoSuchDimension(_));
        source.and_then(|source| source.downcast_ref::<ingest::Error>()).is_some_and(is_it)
    }

    /// Whether this error or one of its causes is an error of the system of this kind.
    #[must_use]
    pub fn is_io(&self, kind: std::io::ErrorKind) -> bool {
        let mut next: Option<&dyn StdError> = Some(self);
        while let Some(error) = next {
            if error.downcast_ref::<std::io::Error>().is_some_and(|own| own.kind() == kind) {
                return true;
            }
            next = error.source();
        }
        false
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind(), self.one_line())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ingest::Error> for Error {
    fn from(error: ingest::Error) -> Self {
        let kind = match &error {
            input if input.has_no_costs() => ErrorKind::NotEnough,
            input if input.is_usage() => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        let hint = match &error {
            ingest::Error::UnknownHeader { .. } => {
                Some("read it as a kind you know with `--family NAME`, if you know better")
            }
            ingest::Error::Malformed { .. } => {
                Some("without `--strict` malformed rows are counted and left out")
            }
            ingest::Error::OnlyIncompleteRuns(_) => {
                Some("copy the export again, with every file that its manifest names")
            }
            ingest::Error::NoCosts(_) => {
                Some("`forecast sample --out DIR` writes made-up costs to try things on")
            }
            _ => None,
        };
        let own = Self::caused(kind, error);
        match hint {
            Some(hint) => own.with_hint(hint),
            None => own,
        }
    }
}

impl From<report::Error> for Error {
    fn from(error: report::Error) -> Self {
        let kind = match &error {
            // Columns are there twice where an id or a group has the name of a column of results.
            report::Error::UnknownFormat { .. }
            | report::Error::FormatNotYet { .. }
            | report::Error::DuplicateColumn(_) => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        Self::caused(kind, error)
    }
}

impl From<forecast::Error> for Error {
    fn from(error: forecast::Error) -> Self {
        let kind = match &error {
            forecast::Error::TooFewCuts { .. } => ErrorKind::NotEnough,
            forecast::Error::UnknownModel { .. } => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        Self::caused(kind, error)
    }
}

#[cfg(feature = "azure")]
impl From<azure::Error> for Error {
    fn from(error: azure::Error) -> Self {
        let kind = match &error {
            azure::Error::Usage(_) => ErrorKind::Usage,
            azure::Error::NotSignedIn { .. } | azure::Error::NotAllowed { .. } => ErrorKind::NotAllowed,
            azure::Error::Unavailable { .. } => ErrorKind::Unavailable,
            _ => ErrorKind::Failed,
        };
        Self::caused(kind, error)
    }
}

macro_rules! failed_from {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::caused(ErrorKind::Failed, error)
            }
        }
    )*};
}

failed_from!(billing::Error, prices::Error, std::io::Error, serde_json::Error);
#[cfg(feature = "azure")]
failed_from!(tokio::task::JoinError);

/// Adds what was being done to an error.
pub trait ResultExt<T> {
    /// The error with `text` in front.
    ///
    /// # Errors
    /// The error, where there is one.
    fn context(self, text: impl Into<String>) -> Result<T>;

    /// The error with a text in front that is only made where there is an error.
    ///
    /// # Errors
    /// The error, where there is one.
    fn with_context(self, text: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context(self, text: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().context(text))
    }

    fn with_context(self, text: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.into().context(text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_row_and_no_two_share_a_code() {
        let codes: std::collections::BTreeSet<u8> =
            ErrorKind::TABLE.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7]);
        for (kind, code, _) in ErrorKind::TABLE {
            assert_eq!(kind.exit_code(), code);
        }
    }

    #[test]
    fn a_context_keeps_kind_hint_and_findings_of_its_cause() {
        let cause = Error::not_enough("one day").with_hint("wait").after(vec![Finding::warning("w")]);
        let error = cause.context("reading").context("one day");
        assert_eq!((error.kind(), error.hint()), (ErrorKind::NotEnough, Some("wait")));
        assert_eq!(error.findings(), [&Finding::warning("w")]);
        // Texts that are there already are left out.
        assert_eq!(error.one_line(), "one day: reading");
    }

    #[test]
    fn a_broken_pipe_is_found_behind_contexts() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(Error::from(pipe).context("writing").is_io(std::io::ErrorKind::BrokenPipe));
        assert!(!Error::usage("x").is_io(std::io::ErrorKind::BrokenPipe));
    }
}
