//! Runs the jobs of a nightly run one after the other and writes their forecasts and a summary.

use super::request::{BatchRequest, DEFAULT_MAX_AGE_DAYS, JobRequest, SUMMARY};
use crate::{
    Error, ErrorKind, Finding, Forecasted, Host, PredictRequest, PricedRequest, Progress, Result, ResultExt,
    check_not_an_input, predict, predict_priced, write_file,
};
use billing::{Amount, Currency};
use chrono::NaiveDate;
use forecast::GroupTotal;
use report::{Format, TableStyle, predict_table};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The reason of a job whose data is too old.
const STALE: &str = "stale";

/// What became of a run: the content of `summary.json`.
#[derive(Debug, Serialize)]
pub struct BatchSummary {
    x_schema: &'static str,
    x_schema_version: u32,
    /// The day of the run.
    pub date: NaiveDate,
    /// Its jobs, in order.
    pub jobs: Vec<JobSummary>,
    /// Where the summary was written.
    #[serde(skip)]
    pub path: PathBuf,
    /// What was found on the way, in order.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// What became of one job.
#[derive(Debug, Default, Serialize)]
pub struct JobSummary {
    /// Its name.
    pub name: String,
    /// `done` or `failed`.
    pub status: &'static str,
    /// Why it counts as failed although it is written: `stale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The exit code that it would have had alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<u8>,
    /// The id of its run.
    pub x_run_id: Option<String>,
    /// Rows that it wrote.
    pub rows: usize,
    /// Rows that could not be read.
    pub malformed_rows: u64,
    /// What may be wrong with its numbers.
    pub warnings: Vec<String>,
    /// The files that it wrote.
    pub files: Vec<String>,
    /// Its totals.
    pub totals: Vec<TotalSummary>,
}

/// The total of a currency and cycle; amounts as plain digits.
#[derive(Debug, Serialize)]
pub struct TotalSummary {
    /// The currency.
    pub currency: Option<String>,
    /// First day of the cycle.
    pub billing_period_start: NaiveDate,
    /// The day after its last.
    pub billing_period_end: NaiveDate,
    /// How far it is to be trusted.
    pub status: String,
    /// The forecast.
    pub forecast_total: Option<String>,
    /// Lower end of its 80 % range.
    pub lower80: Option<String>,
    /// Upper end of its 80 % range.
    pub upper80: Option<String>,
    /// What is due, where prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_pay: Option<String>,
    /// Lower end of its 80 % range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_pay_lower80: Option<String>,
    /// Upper end of its 80 % range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_pay_upper80: Option<String>,
}

impl BatchSummary {
    /// `None` where every job is done; otherwise whether all failed, or a part.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorKind> {
        match self.jobs.iter().filter(|job| job.error.is_some()).count() {
            0 => None,
            all if all == self.jobs.len() => Some(ErrorKind::Failed),
            _ => Some(ErrorKind::Partial),
        }
    }
}

/// Runs the jobs.
///
/// # Errors
/// A folder or summary that cannot be written. What is wrong with a job is in its summary.
pub fn batch(request: &BatchRequest, host: &Host<'_>) -> Result<BatchSummary> {
    let folder = request.out.join(request.date.to_string());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    (host.progress)(Progress::Steps(request.jobs.len()));
    let mut summary = BatchSummary {
        x_schema: "batch_summary",
        x_schema_version: 1,
        date: request.date,
        jobs: Vec::with_capacity(request.jobs.len()),
        path: folder.join(SUMMARY),
        findings: Vec::new(),
    };
    for job in &request.jobs {
        (host.progress)(Progress::Doing(&job.name));
        let done = run_job(job, request.date, &folder, &host.silent(), &mut summary.findings);
        let done = done.unwrap_or_else(|error| {
            summary.findings.extend(error.findings().into_iter().cloned());
            failed(job, &error)
        });
        if let Some(error) = &done.error {
            summary.findings.push(Finding::error(format!("job `{}` failed: {error}", job.name)));
        }
        summary.jobs.push(done);
        (host.progress)(Progress::Step);
    }
    (host.progress)(Progress::Finished);
    write_file(&summary.path, |out| {
        serde_json::to_writer_pretty(&mut *out, &summary)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok(summary)
}

fn run_job(
    job: &JobRequest,
    date: NaiveDate,
    folder: &Path,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<JobSummary> {
    let files = job.files()?;
    for (_, name) in &files {
        check_not_an_input(&folder.join(name), &job.read_paths())?;
    }
    let mut done = forecast(job, host)?;
    if let Some(sums) = job.sums {
        done.report.sum_cycles(sums);
    }
    findings.append(&mut done.findings);
    for (format, name) in &files {
        let path = folder.join(name);
        if *format == Format::Table {
            let table = predict_table(&done.report, TableStyle::PLAIN);
            write_file(&path, |out| Ok(out.write_all(table.as_bytes())?))?;
        } else {
            let dataset = done.report.dataset(job.totals)?;
            write_file(&path, |out| Ok(format.write(&dataset, out)?))?;
        }
    }
    let report = &done.report;
    let deepest = report.deepest_level();
    let stale = stale(job, &done, date);
    Ok(JobSummary {
        name: job.name.clone(),
        status: if stale.is_some() { "failed" } else { "done" },
        reason: stale.as_ref().map(|_| STALE),
        exit_code: stale.as_ref().map(|_| ErrorKind::NotEnough.exit_code()),
        error: stale,
        x_run_id: Some(report.run_id.clone()),
        rows: report.rows.iter().filter(|row| job.totals || row.level == deepest as usize).count(),
        malformed_rows: report.control.malformed_rows,
        warnings: report
            .all_findings()
            .into_iter()
            .filter(report::Finding::is_warning)
            .map(|own| own.text)
            .collect(),
        files: files.into_iter().map(|(_, name)| name).collect(),
        totals: report.rows.iter().filter(|row| row.level == 0).map(total).collect(),
    })
}

fn forecast(job: &JobRequest, host: &Host<'_>) -> Result<Forecasted> {
    match &job.pricing {
        Some(pricing) => {
            let request = PricedRequest {
                charges: job.charges.clone(),
                model: job.model.clone(),
                cycles: job.cycles,
                pricing: pricing.clone(),
            };
            predict_priced(&request, None, host)
        }
        None => {
            let request = PredictRequest {
                charges: job.charges.clone(),
                model: job.model.clone(),
                cycles: job.cycles,
                ..PredictRequest::default()
            };
            predict(&request, host)
        }
    }
}

/// What to say of data that ends too long before the date of the run: an export may have stopped.
fn stale(job: &JobRequest, done: &Forecasted, date: NaiveDate) -> Option<String> {
    let most = job.max_age_days.unwrap_or(DEFAULT_MAX_AGE_DAYS);
    done.age.as_ref().filter(|_| most > 0)?.older_than(most, date)
}

fn total(row: &GroupTotal) -> TotalSummary {
    let digits = row.currency.as_ref().map_or(6, Currency::minor_digits);
    let amount = |value: Option<Amount>| value.map(|amount| amount.to_fixed(digits));
    TotalSummary {
        currency: row.currency.as_ref().map(|currency| currency.code().to_owned()),
        billing_period_start: row.cycle.start(),
        billing_period_end: row.cycle.end(),
        status: row.status.to_string(),
        forecast_total: amount(row.point()),
        lower80: amount(row.total.as_ref().map(|total| total.interval(0.8)[0])),
        upper80: amount(row.total.as_ref().map(|total| total.interval(0.8)[1])),
        to_pay: amount(row.net.as_ref().map(|net| net.due.point())),
        to_pay_lower80: amount(row.net.as_ref().map(|net| net.due.interval(0.8)[0])),
        to_pay_upper80: amount(row.net.as_ref().map(|net| net.due.interval(0.8)[1])),
    }
}

fn failed(job: &JobRequest, error: &Error) -> JobSummary {
    JobSummary {
        name: job.name.clone(),
        status: "failed",
        error: Some(error.one_line()),
        exit_code: Some(error.kind().exit_code()),
        ..JobSummary::default()
    }
}
