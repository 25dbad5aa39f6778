//! Which metric each file holds, and which one the result is of.
//!
//! A FOCUS file names its metrics; the one cost of a classic file is actual or amortized, which its
//! header does not say. They are never added to each other.

use crate::{
    Controls, Error, ReadOptions, Result,
    charges::{file_charges::FileCharges, findings::Finding, text_meanings::CLASSIC_COST},
    exports::runs::{Plan, Run, short},
    files::data_file::DataFile,
    selection::{
        read_runs::ReadRuns,
        run_charges::{Names, RunCharges},
    },
};
use billing::{Agreement, CycleDay, Metric};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The metric of the result, and which column of each file holds it.
pub(crate) struct SettledMetric {
    pub metric: Metric,
    /// The metrics that the files hold.
    pub held: BTreeSet<Metric>,
    columns: BTreeMap<usize, Vec<Option<String>>>,
}

/// Decides which metric each file holds and which one is used.
pub(crate) fn settle_metrics(
    plan: &Plan,
    read: &ReadRuns,
    options: &ReadOptions,
    controls: &mut Controls,
) -> Result<SettledMetric> {
    let mut held: BTreeSet<Metric> = BTreeSet::new();
    let evident: BTreeMap<usize, Option<Metric>> =
        read.iter().map(|(run, files)| (*run, evident_metric(&plan.runs[*run], files, options))).collect();
    let amortized: BTreeSet<&str> = evident
        .iter()
        .filter(|(_, metric)| **metric == Some(Metric::Effective))
        .map(|(run, _)| plan.runs[*run].group.as_str())
        .collect();
    let mut classic: BTreeMap<usize, Vec<Option<Metric>>> = BTreeMap::new();
    for index in read.keys() {
        let run = &plan.runs[*index];
        held.extend(run.files.iter().flat_map(|(file, _)| file.layout.metrics()));
        let beside = amortized.contains(run.group.as_str());
        let own: Vec<Option<Metric>> = run
            .files
            .iter()
            .map(|(file, _)| classic_metric(file, evident[index], beside, controls))
            .collect();
        held.extend(own.iter().flatten());
        classic.insert(*index, own);
    }
    let metric = match options.metric {
        Some(asked) => asked,
        None => held.iter().next().copied().unwrap_or(Metric::Billed),
    };
    if !held.contains(&metric) {
        let names: Vec<_> = held.iter().map(|metric| metric.name()).collect();
        return Err(Error::NoSuchMetric { asked: metric, held: names.join(", ") });
    }
    let column = |file: &FileCharges, classic: &Option<Metric>| match classic {
        Some(own) if *own == metric => Some(CLASSIC_COST.to_owned()),
        _ => file.metrics.iter().find(|name| *name == metric.column()).cloned(),
    };
    let columns = read.iter().map(|(index, files)| {
        (*index, files.iter().zip(&classic[index]).map(|(file, own)| column(file, own)).collect())
    });
    Ok(SettledMetric { metric, columns: columns.collect(), held })
}

/// What the one cost column of a run's classic files holds, as far as anything shows it: what the manifest
/// declares, then what only one of them can hold, then `--family`.
fn evident_metric(run: &Run, files: &[FileCharges], options: &ReadOptions) -> Option<Metric> {
    let classic = || files.iter().zip(&run.files).filter(|(_, (file, _))| file.layout.has(CLASSIC_COST));
    if run.declared.is_some() {
        run.declared
    } else if classic().any(|(sums, _)| sums.looks_amortized) {
        Some(Metric::Effective)
    } else if classic().any(|(sums, _)| sums.looks_actual) {
        Some(Metric::Billed)
    } else {
        options.family.and_then(|forced| forced.metric)
    }
}

/// What the one cost column of a classic file holds: actual where nothing shows it.
fn classic_metric(
    file: &DataFile,
    evident: Option<Metric>,
    beside_amortized: bool,
    controls: &mut Controls,
) -> Option<Metric> {
    if !file.layout.has(CLASSIC_COST) {
        return None;
    }
    if evident.is_none() && (beside_amortized || file.family.agreement != Agreement::PayAsYouGo) {
        controls.add(Finding::AssumedActual { name: short(&file.path), beside_amortized });
    }
    Some(evident.unwrap_or(Metric::Billed))
}

impl SettledMetric {
    /// The column of each file of a run that holds the metric.
    pub(crate) fn columns(&self, run: usize) -> &[Option<String>] {
        self.columns.get(&run).map_or(&[], Vec::as_slice)
    }

    /// The column of one file of a run that holds the metric.
    pub(crate) fn column(&self, run: usize, file: usize) -> Option<String> {
        self.columns(run).get(file).cloned().flatten()
    }

    /// The charges of the runs that hold the metric. That a file does not hold it is as it should be
    /// where another has its subscriptions' costs; otherwise they lack in the total, which is a finding.
    pub(crate) fn runs(
        &self,
        plan: &Plan,
        read: ReadRuns,
        cycle_day: CycleDay,
        parts: usize,
        names: &mut Names,
        controls: &mut Controls,
    ) -> Result<Vec<RunCharges>> {
        let mut out = Vec::new();
        let mut left_out: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (index, files) in read {
            let run = &plan.runs[index];
            let columns = &self.columns[&index];
            for ((sums, column), (file, _)) in files.iter().zip(columns).zip(&run.files) {
                if column.is_none() {
                    let name = if run.has_manifest { run.name.clone() } else { short(&file.path) };
                    left_out.push((name, owners(&sums.table.keys)?));
                }
            }
            if columns.iter().all(Option::is_none) {
                controls.runs.retain(|name| *name != run.name);
            } else {
                out.push(RunCharges::new((index, run), files, columns, cycle_day, parts, names)?);
            }
        }
        let mut counted = BTreeSet::new();
        for run in &out {
            counted.extend(owners(&run.table.keys)?);
        }
        left_out.dedup_by(|part, first| {
            let same = part.0 == first.0;
            if same {
                first.1.append(&mut part.1);
            }
            same
        });
        for (name, held) in left_out {
            if let Some(lacking) = held.difference(&counted).next() {
                controls.add(Finding::MetricMissing {
                    name: name.clone(),
                    metric: self.metric,
                    count: held.difference(&counted).count(),
                    example: lacking.trim_start_matches("/subscriptions/").to_owned(),
                });
            }
            controls.add(Finding::passed_over(name, format!("it does not hold the metric {}", self.metric)));
        }
        Ok(out)
    }
}

/// Whose charges are among these keys.
fn owners(keys: &DataFrame) -> Result<BTreeSet<String>> {
    let column = keys.column("owner")?.str()?.unique()?;
    Ok(column.iter().map(|owner| owner.unwrap_or_default().to_owned()).collect())
}
