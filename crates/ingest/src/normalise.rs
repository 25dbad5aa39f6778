//! Files of exports landed as FOCUS-shaped Parquet: each run that counts becomes one run there.

use crate::{
    Controls, Landed, Landing, ReadOptions, Result,
    file_sums::FileSums,
    reader::{count_rows, read_runs, wanted},
    runs::{Run, plan, superseded},
    settled_metric::classic_metrics,
    source::find,
};
use billing::Metric;
use chrono::{Days, NaiveDate, NaiveTime};
use std::{collections::BTreeMap, path::PathBuf};

/// The name under which runs of files land.
const SOURCE: &str = "files";

/// Lands the runs behind `inputs` under `out`. Runs that a newer one of the same export repeats, or that
/// are incomplete, do not land; what was passed over, and why, is in the controls.
///
/// # Errors
/// As [`crate::read`]; a folder that cannot be written.
pub fn normalise(
    inputs: &[String],
    options: &ReadOptions,
    out: PathBuf,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Vec<Landed>, Controls)> {
    let found = find(inputs)?;
    let mut plan = plan(&found, options.family.map(|forced| forced.family), options.as_of)?;
    let mut controls = Controls { skipped_files: found.skipped as u64, ..Controls::default() };
    let (read, broken) = read_runs(&plan, &wanted(&plan, options)?, progress)?;
    for (run, lacks) in &broken {
        plan.incomplete.push((plan.runs[*run].name.clone(), lacks.clone()));
    }
    for (older, newer) in superseded(&plan.runs, &broken.keys().copied().collect()) {
        let why = format!("the newer run `{}` repeats it", plan.runs[newer].name);
        plan.passed_over.push((plan.runs[older].name.clone(), why));
    }
    controls.passed_over = std::mem::take(&mut plan.passed_over);
    controls.incomplete = std::mem::take(&mut plan.incomplete);
    for (name, lacks) in &controls.incomplete {
        controls.warnings.push(format!("the run `{name}` is incomplete and does not land: {lacks}"));
    }
    count_rows(&plan, &read, options, &mut controls)?;
    let mut landed = Vec::new();
    let mut places: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (place, sums) in &read {
        let run = &plan.runs[*place];
        let Some((first, last)) = days(run, sums)? else { continue };
        let metrics = classic_metrics(run, sums, options, &mut controls);
        let files: Vec<(PathBuf, Metric)> = run
            .files
            .iter()
            .zip(&metrics)
            .map(|((file, _), metric)| (file.path.clone(), metric.unwrap_or(Metric::Billed)))
            .collect();
        let mut landing = Landing {
            out: out.clone(),
            source: SOURCE.to_owned(),
            scope: run.export.clone().unwrap_or_else(|| run.name.clone()),
            first,
            last,
            // Files that do not tell when they were made are known for their own days.
            known_at: run.stated.unwrap_or((last + Days::new(1)).and_time(NaiveTime::MIN).and_utc()),
            read_at: run.time,
        };
        // Two runs of one export and moment are told apart by their place.
        let times = places.entry(landing.folder()).or_default();
        *times += 1;
        if *times > 1 {
            landing.scope = format!("{}-{times}", landing.scope);
        }
        let own = landing.files(&files, options.strict)?;
        landed.extend(Some(own).filter(|own| own.rows > 0));
    }
    Ok((landed, controls))
}

/// First and last day of a run: its manifest's word, or those of its charges.
fn days(run: &Run, sums: &[FileSums]) -> Result<Option<(NaiveDate, NaiveDate)>> {
    if run.range.is_some() {
        return Ok(run.range);
    }
    let mut ends: Option<(NaiveDate, NaiveDate)> = None;
    for file in sums {
        for day in file.costs.days.column("day")?.date()?.as_date_iter().flatten() {
            let (first, last) = ends.unwrap_or((day, day));
            ends = Some((first.min(day), last.max(day)));
        }
    }
    Ok(ends)
}
