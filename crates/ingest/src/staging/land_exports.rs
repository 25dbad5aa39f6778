//! Files of exports landed as FOCUS-shaped Parquet: the charges that count, as one run for each source run that any of
//! them came from, with its scope, range and time. States that lost do not land.

use crate::{
    Controls, Finding, Landed, ReadOptions, Result,
    exports::runs::Run,
    selection::decide::{Decided, Needs, decide},
    staging::{
        focus_rows::focus_rows,
        staged_run::{Origin, StagedRun, home, named_home, range_name},
    },
};
use billing::Metric;
use polars::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The name under which runs of files land.
const SOURCE: &str = "files";

/// Lands the charges behind `inputs` that count under `out`. What does not count, and why, is in the controls.
///
/// # Errors
/// As [`crate::read`]; a folder that cannot be written.
pub fn land_files(
    inputs: &[String],
    options: &ReadOptions,
    out: &Path,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Vec<Landed>, Controls)> {
    let first = decide(inputs, options, Needs::Costs, progress)?;
    let others: Vec<Metric> = [Metric::Billed, Metric::Effective]
        .into_iter()
        .filter(|metric| *metric != first.metric.metric && first.metric.held.contains(metric))
        .collect();
    let mut controls = first.controls.clone();
    let mut all = vec![first];
    for metric in others {
        let options = ReadOptions { metric: Some(metric), ..options.clone() };
        let decided = decide(inputs, &options, Needs::Costs, &|_| ())?;
        let numbers = |own: &Decided| own.runs.iter().map(|run| run.number).collect::<Vec<_>>();
        controls.add_reading(decided.controls.clone(), numbers(&decided) == numbers(&all[0]));
        all.push(decided);
    }
    // What one metric does not count another may.
    let counted: BTreeSet<String> = controls.runs.iter().cloned().collect();
    controls.findings.retain(|finding| match finding {
        Finding::PassedOver { name, .. } => !counted.contains(name),
        _ => true,
    });
    let numbers: BTreeSet<usize> = all.iter().flat_map(|own| own.runs.iter().map(|run| run.number)).collect();
    let mut landed = Vec::new();
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for number in numbers {
        let run = all[0].plan.runs[number].clone();
        let mut staged = staged(&run, out);
        // Two runs of one scope and moment are told apart by their place.
        let times = folders.entry(staged.folder.clone()).or_default();
        *times += 1;
        if *times > 1 {
            staged
                .folder
                .set_file_name(format!("{}-{times}", crate::files::encoding::file_name(&staged.folder)));
        }
        // A file at a time, so that memory does not grow with the run.
        let own = staged.write(&mut (0..run.files.len()).flat_map(|file| {
            match frames_of(&mut all, (number, file), options) {
                Ok(frames) => frames.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        }))?;
        landed.extend(Some(own).filter(|own| own.rows > 0));
    }
    Ok((landed, controls))
}

fn staged(run: &Run, out: &Path) -> StagedRun {
    let scope = run.scope.as_ref().filter(|_| run.is_scoped());
    let origin = match scope {
        // Runs of different exports never replace each other where they land.
        Some(scope) => {
            let export = blake3::hash(run.export.as_deref().unwrap_or_default().as_bytes()).to_hex();
            Origin::Scope { scope: scope.key.clone(), export: Some(export[..8].to_owned()) }
        }
        None => {
            let digest = blake3::hash(run.group.as_bytes()).to_hex();
            let name = Path::new(&run.group).file_name().unwrap_or_default().to_string_lossy();
            Origin::Files(if run.group.contains('/') {
                format!("{name}-{}", &digest[..8])
            } else {
                run.group.clone()
            })
        }
    };
    let home = match scope {
        Some(scope) => home(out, SOURCE, &scope.key),
        // Folders elsewhere may hold a file of the same name: theirs is another home.
        None => named_home(out, SOURCE, &run.name, &format!("{}\n{}", run.group, run.name)),
    };
    let moment = run.time.map_or("undated".to_owned(), |time| time.format("%Y%m%dT%H%M%S%3fZ").to_string());
    StagedRun {
        folder: home.join(range_name(run.range)).join(moment),
        export: SOURCE.to_owned(),
        origin,
        submitted: run.time,
        known_at: run.known_at,
        range: run.range,
    }
}

/// The rows of a file that land: those of all metrics, and those of one metric only without the other's column.
fn frames_of(
    all: &mut [Decided],
    (number, file): (usize, usize),
    options: &ReadOptions,
) -> Result<Vec<DataFrame>> {
    let mut read = None;
    let mut masks: Vec<(Metric, Vec<bool>)> = Vec::new();
    for decided in all.iter_mut() {
        let metric = decided.metric.metric;
        let Some((sums, mask)) = decided.rows_of_file((number, file), read.take(), options)? else {
            continue;
        };
        masks.push((metric, mask));
        read = Some(sums);
    }
    let Some(sums) = read else { return Ok(Vec::new()) };
    let (data, _) = &all[0].plan.runs[number].files[file];
    let height = sums.table.days.height();
    // The metrics that count a row, a bit each.
    let takers: Vec<u8> = (0..height)
        .map(|row| masks.iter().enumerate().fold(0, |all, (bit, (_, mask))| all | u8::from(mask[row]) << bit))
        .collect();
    let groups: BTreeSet<u8> = takers.iter().copied().filter(|own| *own != 0).collect();
    let held = &all[0].metric.held;
    let mut frames = Vec::new();
    for bits in groups {
        let mask: Vec<bool> = takers.iter().map(|own| *own == bits).collect();
        let of_bits = masks.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        let group: Vec<Metric> = of_bits.map(|(_, (metric, _))| *metric).collect();
        let is_written = |metric: &Metric| {
            !matches!(metric, Metric::Billed | Metric::Effective)
                || group.contains(metric)
                || !held.contains(metric)
        };
        let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(is_written).collect();
        frames.push(focus_rows(data, &sums, &mask, group[0], &metrics)?);
    }
    Ok(frames)
}
