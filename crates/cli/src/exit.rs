//! Exit codes: what each means is promised to scripts.

use crate::failure::Failure;
use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Everything asked for was done.
    Done,
    /// Unreadable, malformed or unknown input; or nothing of a batch worked.
    Failed,
    /// The call was wrong.
    Usage,
    /// Nothing to forecast: too little data, or none with costs.
    NotEnough,
    /// Not signed in, or not allowed.
    #[cfg(feature = "azure")]
    NotAllowed,
    /// A service was throttled, not ready or out of order for too long.
    #[cfg(feature = "azure")]
    Unavailable,
    /// Some jobs of a batch failed, the others are written.
    Partly,
}

impl Exit {
    /// The number that scripts see.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotEnough => 4,
            #[cfg(feature = "azure")]
            Self::NotAllowed => 5,
            #[cfg(feature = "azure")]
            Self::Unavailable => 6,
            Self::Partly => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The exit code of an error, by its cause.
pub fn of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.exit();
        }
        if let Some(input) = cause.downcast_ref::<ingest::Error>() {
            return match input {
                input if input.has_no_costs() => Exit::NotEnough,
                input if input.is_usage() => Exit::Usage,
                _ => Exit::Failed,
            };
        }
        #[cfg(feature = "azure")]
        if let Some(error) = cause.downcast_ref::<azure::Error>() {
            return crate::azure::ingest::exit_of(error);
        }
        // Columns are there twice where an id or a group has the name of a column of results.
        if let Some(
            report::Error::UnknownFormat { .. }
            | report::Error::FormatNotYet { .. }
            | report::Error::DuplicateColumn(_),
        ) = cause.downcast_ref()
        {
            return Exit::Usage;
        }
    }
    Exit::Failed
}
