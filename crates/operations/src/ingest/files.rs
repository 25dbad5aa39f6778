//! Charges of files as FOCUS-shaped Parquet.

use crate::{Error, Finding, Host, Progress, Result, inputs::localised};
use chrono::NaiveDate;
use ingest::{ForcedFamily, Landed, ReadOptions, land_files};
use report::{Column, ColumnValues, Dataset};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What to normalise, and where to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestRequest {
    /// Files, folders, patterns, addresses of storage.
    pub inputs: Vec<String>,
    /// The folder to write to.
    pub out: PathBuf,
    /// The kind of file, where the header is not to decide.
    pub family: Option<String>,
    /// Runs that were submitted on this day or later are not seen.
    pub as_of: Option<NaiveDate>,
    /// Whether a malformed row is an error.
    pub strict: bool,
}

/// What landed.
pub struct Ingested {
    /// One row a run, currency and cost.
    pub dataset: Dataset,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Writes the charges of files.
///
/// # Errors
/// Unusable input; a folder that cannot be written; no charges.
pub fn ingest_files(request: &IngestRequest, host: &Host<'_>) -> Result<Ingested> {
    let options = ReadOptions {
        family: request.family.as_deref().map(ForcedFamily::named).transpose()?,
        as_of: request.as_of,
        strict: request.strict,
        ..ReadOptions::default()
    };
    // Every column lands, so files in storage are copied whole.
    let (inputs, mut findings) = localised(&request.inputs, None, host)?;
    (host.progress)(Progress::Reading(&inputs));
    let done = land_files(&inputs, &options, &request.out, &|bytes| (host.progress)(Progress::Read(bytes)));
    (host.progress)(Progress::Finished);
    let (landed, controls) = done?;
    findings.extend(Finding::of_controls(&controls));
    if landed.is_empty() {
        return Err(Error::not_enough("no charges in the input").after(findings));
    }
    Ok(Ingested { dataset: summary(&landed)?, findings })
}

/// One row for each run, currency and cost that landed.
fn summary(landed: &[Landed]) -> Result<Dataset> {
    let rows: Vec<_> =
        landed.iter().flat_map(|run| run.totals.iter().map(move |total| (run, total))).collect();
    let text = |get: &dyn Fn(usize) -> String| {
        ColumnValues::Text((0..rows.len()).map(|row| Some(get(row))).collect())
    };
    let columns = vec![
        Column::new("x_Folder", text(&|row| rows[row].0.folder.display().to_string())),
        Column::new("BillingCurrency", text(&|row| rows[row].1.0.0.clone())),
        Column::new("x_Metric", text(&|row| rows[row].1.0.1.to_owned())),
        Column::new(
            "x_Cost",
            ColumnValues::Amount {
                values: rows.iter().map(|(_, (_, total))| Some(**total)).collect(),
                least_digits: 2,
            },
        ),
        Column::new(
            "x_Rows",
            ColumnValues::Integer(rows.iter().map(|(run, _)| i64::try_from(run.rows).ok()).collect()),
        ),
    ];
    Ok(Dataset::new("normalised_runs", 1, columns)?)
}
