//! Which metric each file holds, and which one the result is of.
//!
//! A FOCUS file names its metrics; the one cost of a classic file is actual or amortized, which its
//! header does not tell. They are never added to each other.

use crate::{
    Controls, Error, ReadOptions, Result,
    charges::CLASSIC_COST,
    file_sums::FileSums,
    reader::ReadRuns,
    run_costs::{RunCosts, owners},
    runs::{Plan, Run, short},
};
use billing::{Agreement, Metric};
use std::collections::{BTreeMap, BTreeSet};

/// The metric of the result, and which column of each file holds it.
pub(crate) struct SettledMetric {
    pub metric: Metric,
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
    let mut classic: BTreeMap<usize, Vec<Option<Metric>>> = BTreeMap::new();
    for (index, files) in read {
        let run = &plan.runs[*index];
        held.extend(run.files.iter().flat_map(|(file, _)| file.layout.metrics()));
        let own = classic_metrics(run, files, options, controls);
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
    let column = |file: &FileSums, classic: &Option<Metric>| match classic {
        Some(own) if *own == metric => Some(CLASSIC_COST.to_owned()),
        _ => file.metrics.iter().find(|name| *name == metric.column()).cloned(),
    };
    let columns = read.iter().map(|(index, files)| {
        (*index, files.iter().zip(&classic[index]).map(|(file, own)| column(file, own)).collect())
    });
    Ok(SettledMetric { metric, columns: columns.collect() })
}

/// What the one cost column of each classic file of a run holds: the manifest's word, then what only
/// one of them can hold, then `--family`, then actual. Files that speak together are told together.
pub(crate) fn classic_metrics(
    run: &Run,
    files: &[FileSums],
    options: &ReadOptions,
    controls: &mut Controls,
) -> Vec<Option<Metric>> {
    let is_classic = |place: usize| run.files[place].0.layout.has(CLASSIC_COST);
    let told = |place: usize| {
        let together = || {
            let part = run.part_of(place);
            (0..files.len()).filter(move |other| is_classic(*other) && run.part_of(*other) == part)
        };
        if run.declared.is_some() {
            run.declared
        } else if together().any(|other| files[other].looks_amortized) {
            Some(Metric::Effective)
        } else if together().any(|other| files[other].looks_actual) {
            Some(Metric::Billed)
        } else {
            options.family.and_then(|forced| forced.metric)
        }
    };
    let metrics: Vec<Option<Metric>> =
        (0..files.len()).map(|place| is_classic(place).then(|| told(place)).flatten()).collect();
    let amortized_beside = metrics.contains(&Some(Metric::Effective));
    let settled = metrics.into_iter().enumerate().map(|(place, metric)| {
        let (file, _) = &run.files[place];
        if !is_classic(place) || metric.is_some() {
            return metric;
        }
        let name = short(&file.path);
        if amortized_beside {
            controls.warnings.push(format!(
                "`{name}` does not tell actual from amortized cost and an amortized file lies beside it; actual is assumed"
            ));
        } else if file.family.agreement != Agreement::PayAsYouGo {
            controls.notes.push(format!("`{name}` does not tell actual from amortized cost; actual is assumed"));
        }
        Some(Metric::Billed)
    });
    settled.collect()
}

impl SettledMetric {
    /// The costs of the files that hold the metric. That a file does not hold it is as it should be
    /// where another has its subscriptions' costs; otherwise they lack in the total, which is said.
    pub(crate) fn runs(&self, plan: &Plan, read: ReadRuns, controls: &mut Controls) -> Result<Vec<RunCosts>> {
        let mut out = Vec::new();
        let mut left_out: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (index, files) in read {
            let run = &plan.runs[index];
            let columns = &self.columns[&index];
            for ((sums, column), (file, _)) in files.iter().zip(columns).zip(&run.files) {
                if column.is_none() {
                    let name = if run.has_manifest { run.name.clone() } else { short(&file.path) };
                    left_out.push((name, owners(&sums.costs.lines)?));
                }
            }
            if columns.iter().all(Option::is_none) {
                controls.runs.retain(|name| *name != run.name);
            } else {
                out.push(RunCosts::new(run, &files, columns)?);
            }
        }
        let mut counted = BTreeSet::new();
        for run in &out {
            counted.extend(owners(&run.costs.lines)?);
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
                controls.warnings.push(format!(
                    "`{name}` does not hold {} cost: {} of its subscriptions, such as `{}`, are in no other file and not in this total",
                    self.metric,
                    held.difference(&counted).count(),
                    lacking.trim_start_matches("/subscriptions/")
                ));
            }
            controls.passed_over.push((name, format!("it does not hold the metric {}", self.metric)));
        }
        Ok(out)
    }
}
