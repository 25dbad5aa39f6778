//! `sample`: a made-up export.

use crate::{options::Sample, output, output::DONE};
use ingest::sample::{SampleError, SampleOptions, write_sample};
use operations::{Error, ErrorKind, Result};
use std::str::FromStr;

pub fn run(options: &Sample) -> Result<u8> {
    let usual = SampleOptions::default();
    let wanted = SampleOptions {
        seed: options.seed.unwrap_or(usual.seed),
        months: options.months.unwrap_or(usual.months),
        subscriptions: options.subscriptions.unwrap_or(usual.subscriptions),
        rows_per_day: options.rows_per_day.unwrap_or(usual.rows_per_day),
        family: named(options.family.as_deref())?.unwrap_or(usual.family),
        format: named(options.format.as_deref())?.unwrap_or(usual.format),
        snapshots: named(options.snapshots.as_deref())?.unwrap_or(usual.snapshots),
        through: options.through.unwrap_or(usual.through),
    };
    let summary = write_sample(&options.out, &wanted).map_err(|error| match error {
        SampleError::Option { .. } => Error::usage(error.to_string()),
        other => Error::caused(ErrorKind::Failed, other),
    })?;
    let mut text = format!(
        "made-up export `{}` in `{}`: {} rows, {} runs, {} files\n",
        summary.export,
        options.out.display(),
        summary.rows,
        summary.runs,
        summary.files
    );
    for (currency, total) in &summary.totals {
        text.push_str(&format!("cost in the newest run of each month: {total} {currency}\n"));
    }
    output::print(&text)?;
    Ok(DONE)
}

fn named<T: FromStr<Err = billing::Error>>(name: Option<&str>) -> Result<Option<T>> {
    name.map(str::parse).transpose().map_err(|error: billing::Error| Error::usage(error.to_string()))
}
