//! Failures that only the command line knows: wrong calls, nothing to forecast.

use crate::exit::Exit;

/// A failure with an exit code of its own.
#[derive(Debug)]
pub enum Failure {
    /// The call was wrong; the text says what to do.
    Usage(String),
    /// There is nothing to forecast.
    NotEnough(String),
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::NotEnough(_) => Exit::NotEnough,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(text) | Self::NotEnough(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// Hints that help with an error, shown below it.
pub fn hints(error: &anyhow::Error) -> Vec<String> {
    let mut hints = Vec::new();
    for cause in error.chain() {
        match cause.downcast_ref::<ingest::Error>() {
            Some(ingest::Error::UnknownHeader { .. }) => {
                hints.push("read it as a kind you know with `--family NAME`, if you know better".to_owned());
            }
            Some(ingest::Error::Malformed { .. }) => {
                hints.push("without `--strict` malformed rows are counted and left out".to_owned());
            }
            Some(ingest::Error::OnlyIncompleteRuns(_)) => {
                hints.push("copy the export again, with every file that its manifest names".to_owned());
            }
            Some(ingest::Error::NoCosts(_)) => {
                hints.push("`forecast sample --out DIR` writes made-up costs to try things on".to_owned());
            }
            _ => {}
        }
    }
    hints
}
