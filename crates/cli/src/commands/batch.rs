//! `batch`: the nightly run. Every job is a forecast with files of its own; one that fails does not
//! stop the others.

use crate::{
    config::{Config, Job},
    exit::{self, Exit},
    failure::Failure,
    forecasting::{Wanted, forecast_charges},
    options::{Batch, Global},
    output,
    price_options::Pricing,
    priced, talk,
};
use anyhow::{Context, Result};
use chrono::NaiveDate;
use report::{Format, predict_table};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What `summary.json` says of the run.
#[derive(Debug, Serialize)]
struct Summary {
    x_schema: &'static str,
    x_schema_version: u32,
    date: NaiveDate,
    jobs: Vec<JobSummary>,
}

/// What it says of one job.
#[derive(Debug, Serialize)]
struct JobSummary {
    name: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    x_run_id: Option<String>,
    rows: usize,
    malformed_rows: u64,
    warnings: Vec<String>,
    files: Vec<String>,
    totals: Vec<TotalSummary>,
}

/// The total of a currency and cycle.
#[derive(Debug, Serialize)]
struct TotalSummary {
    currency: Option<String>,
    billing_period_start: NaiveDate,
    billing_period_end: NaiveDate,
    status: String,
    forecast_total: Option<String>,
    lower80: Option<String>,
    upper80: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_pay: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_pay_lower80: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_pay_upper80: Option<String>,
}

pub fn run(global: &Global, config: &Config, options: &Batch) -> Result<Exit> {
    let jobs = chosen(config, options)?;
    let date = options.as_of.unwrap_or_else(|| chrono::Utc::now().date_naive());
    let out =
        config.resolve(&config.batch.out.clone().unwrap_or_else(|| "forecasts".into()).to_string_lossy());
    let folder = Path::new(&out).join(date.to_string());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let bar = talk::counting_bar(global, jobs.len());
    let mut summaries = Vec::with_capacity(jobs.len());
    for job in jobs {
        bar.set_message(job.name.clone());
        let summary =
            run_job(global, options, config, job, &folder, date).unwrap_or_else(|error| failed(job, &error));
        if let Some(error) = &summary.error {
            tracing::error!("job `{}` failed: {error}", job.name);
        }
        summaries.push(summary);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let summary = Summary { x_schema: "batch_summary", x_schema_version: 1, date, jobs: summaries };
    let path = folder.join("summary.json");
    output::write_file(&path, |out| {
        serde_json::to_writer_pretty(&mut *out, &summary)?;
        Ok(out.write_all(b"\n")?)
    })?;
    output::write_text(global, &text(&summary, &path))?;
    let failures = summary.jobs.iter().filter(|job| job.error.is_some()).count();
    Ok(match failures {
        0 => Exit::Done,
        some if some == summary.jobs.len() => Exit::Failed,
        _ => Exit::Partly,
    })
}

fn chosen<'a>(config: &'a Config, options: &Batch) -> Result<Vec<&'a Job>> {
    if config.job.is_empty() {
        let text = "no jobs: name a configuration with `--config FILE` that has a `[[job]]`";
        return Err(Failure::Usage(text.to_owned()).into());
    }
    for name in &options.job {
        if !config.job.iter().any(|job| job.name == *name) {
            return Err(Failure::Usage(format!("the configuration has no job `{name}`")).into());
        }
    }
    Ok(config.job.iter().filter(|job| options.job.is_empty() || options.job.contains(&job.name)).collect())
}

fn run_job(
    global: &Global,
    options: &Batch,
    config: &Config,
    job: &Job,
    folder: &Path,
    today: NaiveDate,
) -> Result<JobSummary> {
    let mut run = config.charges(job)?;
    run.charges.as_of = run.charges.as_of.or(options.as_of);
    let silent = Global { no_progress: true, ..global.clone() };
    let wanted = Wanted { model: run.model.as_deref(), cycles: run.cycles, for_people: false };
    let done = match &job.pricing {
        Some(source) => {
            let is_service = matches!(source.as_str(), "azure" | "retail");
            let source = if is_service { source.clone() } else { config.resolve(source) };
            priced::forecast(&silent, &run.charges, &Pricing::from_source(source), &wanted, None)?
        }
        None => forecast_charges(&silent, &run.charges, &wanted)?,
    };
    let mut files = Vec::new();
    for name in config.formats(job) {
        let format: Format = name.parse()?;
        let path: PathBuf = folder.join(format!("{}.{}", job.name, format.extension()));
        if format == Format::Table {
            let table = predict_table(&done.report, report::TableStyle::PLAIN);
            output::write_file(&path, |out| Ok(out.write_all(table.as_bytes())?))?;
        } else {
            let dataset = done.report.dataset(job.totals)?;
            output::write_file(&path, |out| Ok(format.write(&dataset, out)?))?;
        }
        files.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    let totals = done.report.rows.iter().filter(|row| row.level == 0).map(|row| {
        let digits = row.currency.as_ref().map_or(6, billing::Currency::minor_digits);
        let amount = |value: Option<billing::Amount>| value.map(|amount| amount.to_fixed(digits));
        TotalSummary {
            currency: row.currency.as_ref().map(|currency| currency.code().to_owned()),
            billing_period_start: row.cycle.start(),
            billing_period_end: row.cycle.end(),
            status: row.status.clone(),
            forecast_total: amount(row.total),
            lower80: amount(row.lower80),
            upper80: amount(row.upper80),
            to_pay: amount(row.to_pay.map(|own| own.net)),
            to_pay_lower80: amount(row.to_pay.map(|own| own.lower80)),
            to_pay_upper80: amount(row.to_pay.map(|own| own.upper80)),
        }
    });
    let mut warnings = done.report.warnings.clone();
    if let Some(old) = age(done.report.as_of, today) {
        tracing::warn!("job `{}`: {old}", job.name);
        warnings.push(old);
    }
    Ok(JobSummary {
        name: job.name.clone(),
        status: "done",
        error: None,
        exit_code: None,
        x_run_id: Some(done.report.run_id.clone()),
        rows: done
            .report
            .rows
            .iter()
            .filter(|row| job.totals || row.level == done.report.deepest_level())
            .count(),
        malformed_rows: done.report.control.malformed_rows,
        warnings,
        files,
        totals: totals.collect(),
    })
}

/// Data of which more than so many days are not there yet is worth a warning.
const OLD_DAYS: i64 = 7;

/// What to say of data that is old on the day of the run: an export may have stopped.
fn age(seen: Option<NaiveDate>, today: NaiveDate) -> Option<String> {
    let seen = seen?;
    let days = (today - seen).num_days();
    let text = format!(
        "the newest data was there on {seen}, {days} days before {today}; is the export still running?"
    );
    (days > OLD_DAYS).then_some(text)
}

fn failed(job: &Job, error: &anyhow::Error) -> JobSummary {
    JobSummary {
        name: job.name.clone(),
        status: "failed",
        error: Some(crate::one_line(error)),
        exit_code: Some(exit::of(error).code()),
        x_run_id: None,
        rows: 0,
        malformed_rows: 0,
        warnings: Vec::new(),
        files: Vec::new(),
        totals: Vec::new(),
    }
}

fn text(summary: &Summary, path: &Path) -> String {
    let mut text = String::new();
    for job in &summary.jobs {
        match &job.error {
            Some(error) => text.push_str(&format!("{}: failed: {error}\n", job.name)),
            None => {
                let totals: Vec<String> = job
                    .totals
                    .iter()
                    .map(|total| {
                        let amount = total.forecast_total.as_deref().unwrap_or("no forecast");
                        format!(
                            "{} {amount} {}",
                            total.billing_period_start.format("%Y-%m"),
                            total.currency.as_deref().unwrap_or("")
                        )
                    })
                    .collect();
                text.push_str(&format!("{}: {}: {}\n", job.name, totals.join(", "), job.files.join(", ")));
            }
        }
    }
    text.push_str(&format!("summary: {}\n", path.display()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_more_than_a_week_ago_is_worth_a_warning() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(age(Some(day("2026-10-18")), day("2026-10-25")), None);
        let old = age(Some(day("2026-10-18")), day("2026-10-26")).unwrap();
        assert!(old.contains("8 days before 2026-10-26"), "{old}");
        assert_eq!(age(None, day("2026-10-26")), None);
    }
}
