//! What an operation may use of its surroundings: a callback for progress, the clock and the environment's
//! variables. Clock and variables serve Azure's services alone; no cost depends on them.

use chrono::{DateTime, Utc};

/// How far an operation is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Files will be read: of these inputs.
    Reading(&'a [String]),
    /// So many bytes more are read.
    Read(u64),
    /// So many steps will be counted.
    Steps(usize),
    /// What is being done now.
    Doing(&'a str),
    /// One step is done.
    Step,
    /// What was announced is finished.
    Finished,
}

/// The surroundings of an operation.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    /// Called while the operation runs, from any thread.
    pub progress: &'a (dyn Fn(Progress<'_>) + Sync),
    /// The clock, for tokens and waits of Azure's services.
    pub now: fn() -> DateTime<Utc>,
    /// A variable of the environment; blank ones count as absent.
    pub variable: fn(&str) -> Option<String>,
}

impl Default for Host<'_> {
    /// No progress, no variables, and a clock that stands still: enough for files on this machine.
    fn default() -> Self {
        Self { progress: &|_| (), now: || DateTime::UNIX_EPOCH, variable: |_| None }
    }
}

impl<'a> Host<'a> {
    /// The same without progress.
    #[must_use]
    pub fn silent(self) -> Host<'a> {
        Host { progress: &|_| (), ..self }
    }
}
