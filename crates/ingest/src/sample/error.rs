//! What can go wrong when a sample is written: options out of range, a folder that holds another
//! sample, and files that can't be written.

use std::{io, path::PathBuf};

/// Why a sample was not written, or not written whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// An option outside of what it may be.
    #[error("{option} must be {allowed}, not {given}")]
    Option {
        /// The option, as it is called on the command line.
        option: &'static str,
        /// What was given.
        given: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The export's folder holds runs that this sample would not replace; read together with the
    /// new ones they would make a bill that nobody asked for.
    #[error("`{}` holds a run of another sample; remove it or choose another folder", .path.display())]
    Occupied {
        /// The run that would be left.
        path: PathBuf,
    },
    /// A file or folder that can't be written.
    #[error("can't write `{}`", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl SampleError {
    /// For `map_err`: the failed path beside the cause.
    pub(super) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}
