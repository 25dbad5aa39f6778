//! Reading charges for a command: progress, control totals, warnings.

use crate::{
    failure::Failure,
    options::{Charges, Global},
    talk,
};
use anyhow::Result;
use ingest::{Controls, DailyCosts, ReadOptions};

/// How many malformed rows are shown.
const SHOWN: usize = 5;

/// Reads the inputs and says what was found.
///
/// # Errors
/// Unusable input, or none.
pub fn read(global: &Global, charges: &Charges, options: &ReadOptions) -> Result<DailyCosts> {
    if charges.inputs.is_empty() {
        let text =
            "name the cost exports to read: files, folders or patterns (there is no ledger to read from yet)";
        return Err(Failure::Usage(text.to_owned()).into());
    }
    let bar = talk::reading_bar(global, &charges.inputs);
    let daily = ingest::read(&charges.inputs, options, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let daily = daily?;
    say(&daily.controls);
    if options.cycle_day.is_assumed() {
        tracing::warn!(
            "cycles that begin on day {} are taken to begin on the last day of shorter months; Azure does not document it",
            options.cycle_day.get()
        );
    }
    Ok(daily)
}

fn say(controls: &Controls) {
    for line in controls.lines() {
        tracing::info!("{line}");
    }
    for warning in &controls.warnings {
        tracing::warn!("{warning}");
    }
    if controls.malformed_rows() > 0 {
        let rows = match controls.malformed_rows() {
            1 => "1 malformed row is".to_owned(),
            more => format!("{more} malformed rows are"),
        };
        tracing::warn!(target: talk::ALWAYS, "{rows} left out:");
        for line in controls.malformed_lines(SHOWN) {
            tracing::warn!(target: talk::ALWAYS, "{line}");
        }
    }
}
