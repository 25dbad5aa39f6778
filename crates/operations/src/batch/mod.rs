//! The nightly run: many forecasts, each with files of its own. One that fails does not stop the others.

mod plan;
mod run;

pub use plan::{BatchRequest, JobRequest};
pub use run::{BatchSummary, JobSummary, TotalSummary, batch};
