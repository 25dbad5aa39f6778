//! Reading charges for a command: progress, control totals, warnings.

use crate::{
    failure::Failure,
    options::{Charges, Global},
    talk,
};
use anyhow::Result;
use ingest::{Controls, DailyCosts, ReadOptions, SelectedCharges};
use report::columns;
use serde_json::{Map, Value, json};
use std::path::Path;

/// How many malformed rows are shown.
const SHOWN: usize = 5;

/// Refuses a ledger: a path that is taken and not read would be a silent wrong answer.
///
/// # Errors
/// When a ledger is named.
pub fn refuse_ledger(ledger: Option<&Path>) -> Result<()> {
    match ledger {
        Some(_) => {
            Err(Failure::Usage("there is no ledger yet; name the cost exports to read".to_owned()).into())
        }
        None => Ok(()),
    }
}

/// The inputs as paths on this machine.
///
/// # Errors
/// None are named; storage that cannot be read.
pub fn inputs(charges: &Charges, options: &ReadOptions) -> Result<Vec<String>> {
    refuse_none(charges)?;
    #[cfg(feature = "azure")]
    return crate::azure::storage::localised(&charges.inputs, Some(options));
    #[cfg(not(feature = "azure"))]
    {
        let _ = options;
        Ok(charges.inputs.clone())
    }
}

/// The same, every file whole: quantities and meters are in columns that costs alone do not need.
///
/// # Errors
/// None are named; storage that cannot be read.
pub fn whole_inputs(charges: &Charges) -> Result<Vec<String>> {
    refuse_none(charges)?;
    #[cfg(feature = "azure")]
    return crate::azure::storage::localised(&charges.inputs, None);
    #[cfg(not(feature = "azure"))]
    Ok(charges.inputs.clone())
}

fn refuse_none(charges: &Charges) -> Result<()> {
    if charges.inputs.is_empty() {
        let text =
            "name the cost exports to read: files, folders or patterns (there is no ledger to read from yet)";
        return Err(Failure::Usage(text.to_owned()).into());
    }
    Ok(())
}

/// Reads the inputs and says what was found.
///
/// # Errors
/// Unusable input, or none.
pub fn read(global: &Global, charges: &Charges, options: &ReadOptions) -> Result<DailyCosts> {
    Ok(DailyCosts::of(select(global, inputs(charges, options)?, options, false)?)?)
}

/// Reads the charges that count, with meters and quantities where `usage` is asked for, and says what was found.
///
/// # Errors
/// Unusable input.
pub fn select(
    global: &Global,
    inputs: Vec<String>,
    options: &ReadOptions,
    usage: bool,
) -> Result<SelectedCharges> {
    let bar = talk::reading_bar(global, &inputs);
    let selected = ingest::select_charges(&inputs, options, usage, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let selected = selected?;
    say(&selected.controls);
    if options.cycle_day.is_assumed() {
        tracing::warn!(
            "cycles that begin on day {} are taken to begin on the last day of shorter months; Azure does not document it",
            options.cycle_day.get()
        );
    }
    Ok(selected)
}

/// What the JSON envelope of a command says of the charges that were read.
pub fn meta(command: &str, daily: &DailyCosts) -> Map<String, Value> {
    let controls = &daily.controls;
    let pairs = [
        ("command", json!(command)),
        (columns::METRIC, json!(daily.metric.column())),
        ("files", json!(controls.files)),
        ("rows_read", json!(controls.rows)),
        ("malformed_rows", json!(controls.malformed_rows())),
        ("notes", json!(controls.notes())),
        ("warnings", json!(controls.warnings())),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

pub fn say(controls: &Controls) {
    for line in controls.lines() {
        tracing::info!("{line}");
    }
    for warning in controls.warnings() {
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
