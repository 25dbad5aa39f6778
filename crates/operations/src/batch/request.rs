//! What a nightly run does: its jobs, where they write, and how old their data may be.

use crate::{ChargesRequest, Error, Pricing, is_model_file};
use chrono::NaiveDate;
use forecast::CycleSums;
use report::Format;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Days that a job's data may be old, where nothing else is asked for.
pub(super) const DEFAULT_MAX_AGE_DAYS: u32 = 5;

/// The file of a run that says what became of its jobs.
pub(super) const SUMMARY: &str = "summary.json";

/// A nightly run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The day of the run: the folder of its files, and the day that the age of data counts from.
    pub date: NaiveDate,
    /// The folder of the dated folders.
    pub out: PathBuf,
    /// Its jobs, with distinct names.
    pub jobs: Vec<JobRequest>,
}

/// One job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobRequest {
    /// Its name, which is the name of its files.
    pub name: String,
    /// Which charges.
    pub charges: ChargesRequest,
    /// The forecaster.
    pub model: Option<String>,
    /// How many cycles, the open one included.
    pub cycles: Option<u32>,
    /// Which cycles are summed, in rows of their own.
    pub sums: Option<CycleSums>,
    /// Prices of its use, where it is to be priced.
    pub pricing: Option<Pricing>,
    /// The formats that it is written in, by name.
    pub formats: Vec<String>,
    /// Whether the levels above the grouping are written too.
    pub totals: bool,
    /// Days before the date of the run that its data may end; 5 where none are named, and 0 sets no limit.
    pub max_age_days: Option<u32>,
}

impl JobRequest {
    /// The names of the files that it writes.
    ///
    /// # Errors
    /// An unknown format; a file that is the run's own.
    pub fn files(&self) -> crate::Result<Vec<(Format, String)>> {
        let file = |name: &String| {
            let format: Format = name.parse()?;
            let file = format!("{}.{}", self.name, format.extension());
            if file.eq_ignore_ascii_case(SUMMARY) {
                let text =
                    format!("it would write `{SUMMARY}`, which is the run's own file; give it another name");
                return Err(Error::usage(text));
            }
            Ok((format, file))
        };
        self.formats.iter().map(file).collect()
    }

    /// Every file that it reads, and every name of one.
    pub(super) fn read_paths(&self) -> Vec<String> {
        let model = self.model.iter().filter(|name| is_model_file(name));
        let sources = self.pricing.iter().map(|pricing| &pricing.source);
        let rates = sources.filter(|source| !source.is_service()).map(|source| &source.rates);
        self.charges.inputs.iter().chain(model).chain(rates).cloned().collect()
    }
}
