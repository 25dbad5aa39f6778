//! The nightly run: many forecasts, each with files of its own. One that fails does not stop the others.

mod request;
mod run;

pub use request::{BatchRequest, JobRequest};
pub use run::{BatchSummary, JobSummary, TotalSummary, batch};
