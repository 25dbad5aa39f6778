//! Reading the files of runs, as many at a time as there are threads. A run that a newer one repeats is read only
//! when that newer one proves incomplete.

use crate::{
    Result,
    charges::{
        file_charges::{FileCharges, sum_file},
        query::ReadQuery,
    },
    exports::runs::{Plan, Run, RunFacts, superseded},
    files::data_file::DataFile,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The sums of the files of each run that is read, by its place in the plan.
pub(crate) type ReadRuns = BTreeMap<usize, Vec<FileCharges>>;

/// Reads the runs that count, and says which proved incomplete. A run that a newer one repeats is
/// read only when that newer one is broken.
pub(crate) fn read_runs(
    plan: &Plan,
    query: &ReadQuery,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(ReadRuns, BTreeMap<usize, String>)> {
    let mut read: ReadRuns = BTreeMap::new();
    let mut broken: BTreeMap<usize, String> = BTreeMap::new();
    let facts: Vec<RunFacts> = plan.runs.iter().map(Run::facts).collect();
    loop {
        let repeated = superseded(&facts, &broken.keys().copied().collect::<BTreeSet<_>>());
        let due: Vec<(usize, usize)> = (0..plan.runs.len())
            .filter(|run| !repeated.contains_key(run) && !read.contains_key(run) && !broken.contains_key(run))
            .flat_map(|run| (0..plan.runs[run].files.len()).map(move |file| (run, file)))
            .collect();
        if due.is_empty() {
            return Ok((read, broken));
        }
        // What reading files side by side leaves idle is for each of them.
        let threads = rayon::current_num_threads().div_ceil(due.len());
        let sums = side_by_side(&due, |&(run, file)| {
            let (file, _) = &plan.runs[run].files[file];
            let sums = read_file(file, query, threads);
            progress(file.bytes());
            sums
        });
        for ((run, file), sums) in due.into_iter().zip(sums) {
            let (data, stated) = &plan.runs[run].files[file];
            let sums = match sums {
                Err(error) if error.is_damage() && plan.runs[run].has_manifest => {
                    broken.insert(run, error.to_string());
                    continue;
                }
                other => other?,
            };
            if let Some(stated) = stated.filter(|stated| *stated != sums.rows) {
                let name = data.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                broken.insert(run, format!("`{name}` has {} rows of {stated}", sums.rows));
            }
            read.entry(run).or_default().push(sums);
        }
        read.retain(|run, _| !broken.contains_key(run));
    }
}

/// What `work` gives for each item, as many at a time as there are threads.
///
/// Plain threads: one of a pool would begin with the next item while it waits for the engine's pool,
/// and hold the sums of many files half made.
pub(crate) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(items.len()) {
            scope.spawn(|| {
                while let Some((place, item)) =
                    items.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed))
                {
                    let result = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

fn read_file(file: &DataFile, query: &ReadQuery, threads: usize) -> Result<FileCharges> {
    tracing::debug!(file = %file.path.display(), family = file.family.name, "reading");
    sum_file(file, query, threads)
}
