//! The export around the bill: which runs there are, their folders as Azure lays them out, their
//! parts and their manifests.

use super::{
    SampleError, SampleFormat, SampleOptions, Snapshots,
    bill::Bill,
    calendar::{closed_on, next_month},
    family::Layout,
    part::{FinishedPart, Part, write_whole},
};
use billing::Amount;
use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Value as Json, json};
use std::{fs, path::Path};

/// One run of the export: a month, as known on a morning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// First day of the month.
    pub month: NaiveDate,
    /// The day on which it ran, early in the morning.
    pub submitted: NaiveDate,
}

/// What the runs of an export have in common.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The folder that it is written below.
    pub out: &'a Path,
    /// Its name.
    pub name: &'a str,
    /// What is exported.
    pub bill: &'a Bill,
    /// In which columns.
    pub layout: &'a Layout,
    /// In which format, and for which family.
    pub options: &'a SampleOptions,
    /// A part holds as many rows; more go into the next one.
    pub rows_a_part: u64,
}

/// What a run wrote.
#[derive(Clone, Copy, Debug)]
pub struct RunSummary {
    /// Data rows.
    pub rows: u64,
    /// Files, the manifest included.
    pub files: u64,
    /// Sum of the file's cost.
    pub total: Amount,
}

/// Rows of a part, about as many as Azure puts into one.
pub const ROWS_A_PART: u64 = 250_000;
/// Time of day of every run.
const SUBMITTED_AT: &str = "06:12:31.0000000Z";
const SUBMITTED_MINUTE: &str = "0612";

/// Every run, in the order of months and days.
///
/// Yesterday is the last day that a run can see. A closed month is exported once more on the fifth
/// of the next, or on the last morning of the sample if that comes first.
pub fn runs(options: &SampleOptions) -> Vec<Run> {
    let last_morning = options.through + Days::new(1);
    let mut runs = Vec::new();
    let mut month = options.first_day();
    while month <= options.through {
        let end = next_month(month);
        let final_run = closed_on(month).min(last_morning);
        if options.snapshots == Snapshots::Daily {
            let mornings = month.iter_days().skip(1).take_while(|&day| day <= end && day < final_run);
            runs.extend(mornings.map(|submitted| Run { month, submitted }));
        }
        runs.push(Run { month, submitted: final_run });
        month = end;
    }
    runs
}

impl Run {
    /// The run's folder, below the folder that holds the export.
    pub fn folder(&self, export: &str) -> String {
        let (first, last) = (self.month.format("%Y%m%d"), self.last_day_of_month().format("%Y%m%d"));
        let submitted = self.submitted.format("%Y%m%d");
        format!("{export}/{first}-{last}/{submitted}{SUBMITTED_MINUTE}/{}", self.id())
    }

    fn last_day_of_month(&self) -> NaiveDate {
        next_month(self.month) - Days::new(1)
    }

    /// An id of the pattern of all made-up ids, told by its days.
    fn id(&self) -> String {
        let (month, day) = (self.month, self.submitted);
        let months = month.year().unsigned_abs() * 100 + month.month();
        let days = (day.year().unsigned_abs() * 100 + day.month()) * 100 + day.day();
        format!("5a3b1e00-0000-4000-9000-{months:06}{:06}", days % 1_000_000)
    }
}

impl Export<'_> {
    /// Writes the run's parts and, when these are whole, its manifest. An earlier form of the same
    /// run is replaced; of a run that can't be written whole nothing is left.
    pub fn write(&self, run: &Run) -> Result<RunSummary, SampleError> {
        let folder = self.out.join(run.folder(self.name));
        if folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(SampleError::write(&folder))?;
        }
        fs::create_dir_all(&folder).map_err(SampleError::write(&folder))?;
        self.fill(run, &folder).inspect_err(|_| {
            // The error that is told is the first one, whether or not this works.
            let _ = fs::remove_dir_all(&folder);
        })
    }

    fn fill(&self, run: &Run, folder: &Path) -> Result<RunSummary, SampleError> {
        let Self { layout, options, .. } = self;
        let mut finished: Vec<FinishedPart> = Vec::new();
        let mut part = Part::create(folder, 1, options.format, layout)?;
        let mut total = Amount::ZERO;
        self.bill.month(run.month, run.submitted, |charge| {
            if !options.family.has(charge) {
                return Ok(());
            }
            if part.rows() == self.rows_a_part {
                let next = Part::create(folder, finished.len() + 2, options.format, layout)?;
                finished.push(std::mem::replace(&mut part, next).finish(layout)?);
            }
            let mut charge = *charge;
            charge.cost = options.family.cost_of(&charge);
            total += charge.cost;
            part.write(&charge, layout)
        })?;
        finished.push(part.finish(layout)?);
        let manifest = self.manifest(run, &finished);
        write_whole(&folder.join("manifest.json"), &format!("{manifest:#}\n"))?;
        let rows = finished.iter().map(|part| part.rows).sum();
        Ok(RunSummary { rows, files: finished.len() as u64 + 1, total })
    }

    fn manifest(&self, run: &Run, parts: &[FinishedPart]) -> Json {
        let Self { name, layout, options, .. } = self;
        let relative = run.folder(name);
        let (file_format, compression) = match options.format {
            SampleFormat::Csv => ("Csv", "None"),
            SampleFormat::CsvGz => ("Csv", "Gzip"),
            SampleFormat::Parquet => ("Parquet", "Snappy"),
        };
        let last = run.submitted.min(run.last_day_of_month());
        let blobs: Vec<Json> = parts
            .iter()
            .map(|part| {
                json!({
                    "blobName": format!("{relative}/{}", part.name),
                    "byteCount": part.bytes,
                    "dataRowCount": part.rows,
                })
            })
            .collect();
        json!({
            "manifestVersion": "2024-04-01",
            "byteCount": parts.iter().map(|part| part.bytes).sum::<u64>(),
            "blobCount": parts.len(),
            "dataRowCount": parts.iter().map(|part| part.rows).sum::<u64>(),
            "exportConfig": {
                "exportName": name,
                "resourceId": format!("{}/providers/Microsoft.CostManagement/exports/{name}", layout.scope),
                "dataVersion": layout.data_version,
                "apiVersion": "2023-07-01-preview",
                "type": layout.export_type,
                "timeFrame": if last < run.last_day_of_month() { "MonthToDate" } else { "TheLastMonth" },
                "granularity": "Daily",
            },
            "deliveryConfig": {
                "partitionData": true,
                "dataOverwriteBehavior": "CreateNewReport",
                "fileFormat": file_format,
                "compressionMode": compression,
                "containerUri": "/subscriptions/5a3b1e00-0000-4000-8000-000000000001/resourceGroups/made-up-sample\
                                 /providers/Microsoft.Storage/storageAccounts/madeupsample",
                "rootFolderPath": "",
            },
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": format!("{}T{SUBMITTED_AT}", run.submitted),
                "runId": run.id(),
                "startDate": format!("{}T00:00:00", run.month),
                "endDate": format!("{last}T00:00:00Z"),
            },
            "blobs": blobs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(snapshots: Snapshots, through: &str) -> SampleOptions {
        let through = through.parse().expect("a date");
        SampleOptions { months: 2, snapshots, through, ..SampleOptions::default() }
    }

    fn submitted(options: &SampleOptions) -> Vec<String> {
        runs(options).iter().map(|run| run.submitted.to_string()).collect()
    }

    #[test]
    fn a_closed_month_runs_on_the_fifth_and_the_running_one_the_morning_after() {
        assert_eq!(submitted(&options(Snapshots::Month, "2026-10-17")), ["2026-10-05", "2026-10-18"]);
        assert_eq!(submitted(&options(Snapshots::Month, "2026-10-02")), ["2026-10-03", "2026-10-03"]);
        assert_eq!(submitted(&options(Snapshots::Month, "2026-10-31")), ["2026-10-05", "2026-11-01"]);
    }

    #[test]
    fn a_daily_export_runs_each_morning_and_once_more_when_the_month_is_closed() {
        let all = submitted(&options(Snapshots::Daily, "2026-10-17"));
        assert_eq!(all.len(), 30 + 1 + 17);
        assert_eq!(all[..2], ["2026-09-02", "2026-09-03"]);
        assert_eq!(all[29..32], ["2026-10-01", "2026-10-05", "2026-10-02"]);
        assert_eq!(all[47], "2026-10-18");
    }

    #[test]
    fn a_folder_is_dated_to_the_end_of_the_month_whatever_the_run_saw() {
        let all = runs(&options(Snapshots::Month, "2026-10-17"));
        assert_eq!(
            all[1].folder("sample-ea-actual"),
            "sample-ea-actual/20261001-20261031/202610180612/5a3b1e00-0000-4000-9000-202610261018"
        );
    }
}
