//! A made-up Azure cost export, to try things on: realistic in its laws, plain in being no real one.
//!
//! The walk: options → `estate` (what is used) → `usage` (how much on a day, as known) → `bill`
//! (what that costs) → `family` (in which columns) → `part` (in which format) → `export` (in which
//! folders, with manifests). Meters and prices are real and lie beside the export as a rate card;
//! everything else is made up from the seed. Same options, same bytes, on any number of threads.
//!
//! What such a file does not hold in reality is not in its sample either: tax, credits and support
//! in none, refunds not under an Enterprise Agreement, purchases not in pay-as-you-go.

mod bill;
mod calendar;
mod charge;
mod commitments;
mod error;
mod estate;
mod export;
mod family;
mod meters;
mod options;
mod parquet;
mod part;
mod pricing;
mod purchases;
mod rate_card;
mod resource;
mod usage;
mod usage_pattern;

#[cfg(test)]
mod tests;

pub use error::SampleError;
pub use options::{SampleFamily, SampleFormat, SampleOptions, Snapshots};

use bill::Bill;
use billing::{Amount, Currency};
use export::{Export, Run, RunSummary};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use std::{collections::BTreeSet, fs, path::Path};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSummary {
    /// Folder of the export, below the one that was given.
    pub export: String,
    /// Data rows in all files.
    pub rows: u64,
    /// Runs of the export.
    pub runs: u64,
    /// Files: parts, manifests, the rate card and the note beside it.
    pub files: u64,
    /// Per currency, the cost in the newest run of each month: actual cost, or amortized cost for a
    /// family that holds only that.
    pub totals: Vec<(Currency, Amount)>,
}

/// Writes a sample below `out`: one export, `ratecard.json`, and a `README.txt`.
///
/// Runs of the same sample are replaced file by file, each whole or not at all; a manifest is
/// written after the parts that it names.
///
/// ```
/// use ingest::sample::{SampleOptions, write_sample};
/// let folder = tempfile::tempdir().unwrap();
/// let options = SampleOptions { months: 1, rows_per_day: 3, ..SampleOptions::default() };
/// let summary = write_sample(folder.path(), &options).unwrap();
/// assert_eq!((summary.runs, summary.files), (1, 4));
/// assert!(folder.path().join("sample-ea-actual/20261001-20261031").is_dir());
/// ```
///
/// # Errors
/// [`SampleError::Option`] for options out of range, [`SampleError::Occupied`] where the export's
/// folder holds other runs, [`SampleError::Write`] where a file can't be written.
pub fn write_sample(out: &Path, options: &SampleOptions) -> Result<SampleSummary, SampleError> {
    write_in_parts(out, options, export::ROWS_A_PART)
}

fn write_in_parts(
    out: &Path,
    options: &SampleOptions,
    rows_a_part: u64,
) -> Result<SampleSummary, SampleError> {
    options.check()?;
    let layout = options.family.layout();
    let name = format!("sample-{}", options.family);
    let runs = export::runs(options);
    refuse_other_runs(out, &name, &runs)?;
    let bill = Bill::new(options, layout.carries);
    let export = Export { out, name: &name, bill: &bill, layout: &layout, options, rows_a_part };
    let written: Vec<RunSummary> = runs.par_iter().map(|run| export.write(run)).collect::<Result<_, _>>()?;
    part::write_whole(&out.join("ratecard.json"), &rate_card::rate_card())?;
    part::write_whole(&out.join("README.txt"), &note(options, &name))?;

    // Runs of a month follow each other: the last of them is the newest.
    let is_newest = |i: &usize| runs.get(i + 1).is_none_or(|next| next.month != runs[*i].month);
    let total = (0..runs.len()).filter(is_newest).map(|i| written[i].total).sum();
    Ok(SampleSummary {
        rows: written.iter().map(|run| run.rows).sum(),
        runs: runs.len() as u64,
        files: written.iter().map(|run| run.files).sum::<u64>() + 2,
        totals: "USD".parse().map(|currency| vec![(currency, total)]).unwrap_or_default(),
        export: name,
    })
}

/// Refuses a folder with runs that would stay beside the new ones.
fn refuse_other_runs(out: &Path, export: &str, runs: &[Run]) -> Result<(), SampleError> {
    let planned: BTreeSet<_> = runs.iter().map(|run| out.join(run.folder(export))).collect();
    let mut folders = vec![out.join(export)];
    // Below the export lie a folder for the month, one for the time, and one for the run.
    for _ in 0..3 {
        let mut below = Vec::new();
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(folder).map_err(SampleError::write(folder))? {
                below.push(entry.map_err(SampleError::write(folder))?.path());
            }
        }
        folders = below;
    }
    match folders.into_iter().find(|folder| folder.is_dir() && !planned.contains(folder)) {
        Some(path) => Err(SampleError::Occupied { path }),
        None => Ok(()),
    }
}

fn note(options: &SampleOptions, export: &str) -> String {
    format!(
        "This is a made-up sample of an Azure cost export. No one was ever billed for it.\n\n\
         Made by\n    {} --out .\n\n\
         {export}/  the export, laid out as Azure does, with a manifest for each run\n\
         ratecard.json  the prices it was made from\n\n\
         Meters and their prices are real: those of the rate card of offer MS-AZR-0062P (USD) as recorded\n\
         on 2016-05-25, and for Functions those of the public retail prices of 2026. They are not today's\n\
         prices of any offer. The 5 GB of free data transfer are added to the card as included quantity.\n\
         Purchases, reservations and their prices are made up, like all names, ids and quantities.\n\n\
         Tiers and free amounts count by subscription, meter and calendar month, under pay-as-you-go too.\n\
         Usage on demand prices back from the card to the last digit. The last day is booked in part only,\n\
         and few lines are reported days late, as in real exports.\n",
        options.command()
    )
}
