//! `batch`: the nightly run.

use crate::{clock, messages, options::Batch, output, output::DONE, session::Session};
use operations::{BatchSummary, JobSummary, Result, batch};

pub fn run(session: &Session, options: &Batch) -> Result<u8> {
    let request = session.config.batch_request(options, clock::today()?)?;
    let summary = session.run(|host| batch(&request, host))?;
    messages::report(&summary.findings);
    output::print(&text(&summary))?;
    Ok(summary.failure().map_or(DONE, operations::ErrorKind::exit_code))
}

/// One line a job, and where the summary is.
fn text(summary: &BatchSummary) -> String {
    let mut text: String = summary.jobs.iter().map(line).collect();
    text.push_str(&format!("summary: {}\n", summary.path.display()));
    text
}

fn line(job: &JobSummary) -> String {
    let failed = job.error.as_ref().map_or_else(String::new, |error| format!("failed: {error}"));
    if job.files.is_empty() {
        return format!("{}: {failed}\n", job.name);
    }
    let totals: Vec<String> = job
        .totals
        .iter()
        .map(|total| {
            let amount = total.forecast_total.as_deref().unwrap_or("no forecast");
            let month = total.billing_period_start.format("%Y-%m");
            format!("{month} {amount} {}", total.currency.as_deref().unwrap_or(""))
        })
        .collect();
    let written = format!("{}: {}", totals.join(", "), job.files.join(", "));
    match failed.is_empty() {
        true => format!("{}: {written}\n", job.name),
        false => format!("{}: {written}: {failed}\n", job.name),
    }
}
