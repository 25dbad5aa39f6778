//! The door: inputs in, daily costs out.
//!
//! Files are found and grouped into runs; runs that a newer one repeats are not read; the rest is
//! read in parallel, file by file, so that memory holds groups and never rows. Then the metric is
//! settled, each day of a subscription is taken from one run, and the costs go to [`DailyCosts`].

use crate::{
    Controls, DailyCosts, Dimension, Error, Family, Filter, Result,
    data_file::DataFile,
    file_sums::{FileSums, Wanted, sum_file},
    runs::{Plan, Run, plan, superseded},
    select,
    settled_metric::settle_metrics,
    source::find,
};
use billing::{Agreement, Currency, CycleDay, Metric};
use chrono::NaiveDate;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How inputs are to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What to group by, in order.
    pub group_by: Vec<Dimension>,
    /// Which charges to keep.
    pub filters: Vec<Filter>,
    /// The metric; `None` takes `billed` where a file has it, otherwise the only one there is.
    pub metric: Option<Metric>,
    /// Keep this many groups and sum the rest as `Others`.
    pub top: Option<usize>,
    /// Nothing charged on this day or later is seen, and no run submitted then.
    pub as_of: Option<NaiveDate>,
    /// Days before the newest run that are not final; `None` is the default of two.
    pub settle_days: Option<u32>,
    /// Day on which cycles begin where the files do not say.
    pub cycle_day: CycleDay,
    /// Currency of files that name none.
    pub currency: Option<Currency>,
    /// The kind of file, where it shall not be told by the header.
    pub family: Option<ForcedFamily>,
    /// Whether a malformed row is fatal.
    pub strict: bool,
}

/// A family given by name, with the metric of a classic file where the name says it.
#[derive(Debug, Clone, Copy)]
pub struct ForcedFamily {
    /// The family.
    pub family: &'static Family,
    /// The metric, of names such as `ea-amortized`.
    pub metric: Option<Metric>,
}

impl ForcedFamily {
    /// Reads a name such as `mca`, `ea-amortized` or `focus-1.2`.
    ///
    /// # Errors
    /// A name that is not known.
    pub fn named(name: &str) -> Result<Self> {
        let metric = match name.to_ascii_lowercase().rsplit_once('-') {
            Some((_, "actual")) => Some(Metric::Billed),
            Some((_, "amortized")) => Some(Metric::Effective),
            _ => None,
        };
        Ok(Self { family: Family::named(name)?, metric })
    }
}

/// Reads the daily costs behind `inputs`. `progress` is told the bytes of each file that was read.
///
/// # Errors
/// Everything that makes the input unusable; see [`Error`].
pub fn read(inputs: &[String], options: &ReadOptions, progress: &(dyn Fn(u64) + Sync)) -> Result<DailyCosts> {
    let found = find(inputs)?;
    let mut plan = plan(&found, options.family.map(|forced| forced.family), options.as_of)?;
    let mut controls = Controls { skipped_files: found.skipped as u64, ..Controls::default() };
    let wanted = wanted(&plan, options)?;
    let (read, broken) = read_runs(&plan, &wanted, progress)?;
    for (run, lacks) in &broken {
        plan.incomplete.push((plan.runs[*run].name.clone(), lacks.clone()));
    }
    for (older, newer) in superseded(&plan.runs, &broken.keys().copied().collect()) {
        let why = format!("the newer run `{}` repeats it", plan.runs[newer].name);
        plan.passed_over.push((plan.runs[older].name.clone(), why));
    }
    plan.passed_over.sort();
    controls.passed_over = std::mem::take(&mut plan.passed_over);
    controls.incomplete = std::mem::take(&mut plan.incomplete);
    for (name, lacks) in &controls.incomplete {
        controls.warnings.push(format!("the run `{name}` is incomplete and does not count: {lacks}"));
    }
    count_rows(&plan, &read, options, &mut controls)?;
    if read.is_empty() {
        return Err(match controls.incomplete.first() {
            Some((name, lacks)) => Error::OnlyIncompleteRuns(format!("`{name}`: {lacks}")),
            None => Error::NoCosts(match controls.passed_over.first() {
                Some((name, why)) => format!("`{name}`: {why}"),
                None => "no data files in the input".to_owned(),
            }),
        });
    }
    remark(&plan, &read, &wanted, &mut controls);
    let metric = settle_metrics(&plan, &read, options, &mut controls)?;
    let runs = metric.runs(&plan, read, &mut controls)?;
    if runs.iter().all(|run| run.costs.is_empty()) {
        return Err(no_rows(&plan, &controls));
    }
    let selected = select::select(runs, &wanted, options, metric.metric, &mut controls)?;
    if selected.costs.is_empty() {
        return Err(no_rows(&plan, &controls));
    }
    DailyCosts::build(selected, options, metric.metric, controls)
}

/// What the files do not hold, or hold under another name, in words for whoever reads the number.
fn remark(plan: &Plan, read: &ReadRuns, wanted: &Wanted, controls: &mut Controls) {
    let mut files = read.keys().flat_map(|run| &plan.runs[*run].files);
    if files.any(|(file, _)| file.family.agreement == Agreement::PayAsYouGo) {
        controls.remarks.push(
            "pay-as-you-go exports list usage only: purchases and refunds are not in this total".to_owned(),
        );
    }
    let estimates = read.keys().filter(|run| plan.runs[**run].is_estimate()).count();
    if estimates > 0 {
        controls.remarks.push(
            "costs are estimates: usage priced by a rate card, before credit and tax; the bill will differ"
                .to_owned(),
        );
    }
    let by_service = wanted.dimensions.iter().any(|dimension| dimension.column() == "ServiceName");
    if by_service && wanted.service_is_meter_category {
        controls.remarks.push(
            "service is the meter category throughout, since FOCUS and classic files are read together"
                .to_owned(),
        );
    }
}

fn no_rows(plan: &Plan, controls: &Controls) -> Error {
    let files: Vec<String> = plan
        .runs
        .iter()
        .flat_map(|run| &run.files)
        .take(3)
        .map(|(file, _)| format!("`{}`", file.path.display()))
        .collect();
    let malformed = match controls.malformed.first() {
        Some(first) => format!("; {} rows are malformed, the first: {first}", controls.malformed_rows()),
        None => String::new(),
    };
    let dropped =
        controls.dropped.first().map(|(why, rows)| format!("; {rows} rows: {why}")).unwrap_or_default();
    Error::NoCosts(format!("no cost rows in {}{malformed}{dropped}", files.join(", ")))
}

/// What every file is asked for.
pub(crate) fn wanted(plan: &Plan, options: &ReadOptions) -> Result<Wanted> {
    let files = || plan.runs.iter().flat_map(|run| &run.files).map(|(file, _)| file);
    let mut dimensions: Vec<Dimension> = Vec::new();
    for dimension in options.group_by.iter().chain(options.filters.iter().map(|filter| &filter.dimension)) {
        let known = dimension.is_derived()
            || files().any(|file| match dimension {
                Dimension::Tag(_) => file.layout.has("Tags"),
                Dimension::Column(name) if name == "ServiceName" => {
                    file.layout.has(name) || file.layout.has("x_SkuMeterCategory")
                }
                Dimension::Column(name) => file.layout.has(name),
            });
        if !known && files().next().is_some() {
            return Err(Error::NoSuchDimension(dimension.column()));
        }
        if !dimensions.contains(dimension) {
            dimensions.push(dimension.clone());
        }
    }
    let classic = files().any(|file| file.family.agreement != Agreement::Focus);
    let focus = files().any(|file| file.family.agreement == Agreement::Focus);
    Ok(Wanted {
        dimensions,
        metrics: vec![options.metric.unwrap_or(Metric::Billed)],
        currency: options.currency.as_ref().map(|currency| currency.code().to_owned()),
        service_is_meter_category: classic && focus,
    })
}

/// The sums of the files of each run that is read, by its place in the plan.
pub(crate) type ReadRuns = BTreeMap<usize, Vec<FileSums>>;

/// Reads the runs that count, and says which proved incomplete. A run that a newer one repeats is
/// read only when that newer one is broken.
pub(crate) fn read_runs(
    plan: &Plan,
    wanted: &Wanted,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(ReadRuns, BTreeMap<usize, String>)> {
    let mut read: ReadRuns = BTreeMap::new();
    let mut broken: BTreeMap<usize, String> = BTreeMap::new();
    loop {
        let repeated = superseded(&plan.runs, &broken.keys().copied().collect::<BTreeSet<_>>());
        let due: Vec<(usize, usize)> = (0..plan.runs.len())
            .filter(|run| !repeated.contains_key(run) && !read.contains_key(run) && !broken.contains_key(run))
            .flat_map(|run| (0..plan.runs[run].files.len()).map(move |file| (run, file)))
            .collect();
        if due.is_empty() {
            return Ok((read, broken));
        }
        let sums = side_by_side(&due, |&(run, file)| {
            let (file, _) = &plan.runs[run].files[file];
            let sums = read_file(file, wanted);
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

fn read_file(file: &DataFile, wanted: &Wanted) -> Result<FileSums> {
    tracing::debug!(file = %file.path.display(), family = file.family.name, "reading");
    sum_file(file, wanted)
}

/// What tells the time of a run that has no manifest.
fn time_told_by(run: &Run) -> Option<String> {
    let by = if run.stated.is_some() { "its folder's name" } else { "the newest time of its files" };
    (!run.has_manifest).then(|| format!("`{}` has no manifest; when it was made is told by {by}", run.name))
}

/// One row in so many without a list or contracted price is worth a warning.
const UNPRICED_SHARE: u64 = 20;

pub(crate) fn count_rows(
    plan: &Plan,
    read: &ReadRuns,
    options: &ReadOptions,
    controls: &mut Controls,
) -> Result<()> {
    for (run, files) in read {
        for ((file, _), sums) in plan.runs[*run].files.iter().zip(files) {
            if sums.names_no_currency
                || (!file.layout.has("BillingCurrency") && options.currency.is_none() && sums.rows > 0)
            {
                return Err(Error::NoCurrency(file.path.clone()));
            }
            controls.files += 1;
            controls.rows += sums.rows;
            controls.blank_lines += sums.blank;
            controls.cut_amounts += sums.cut_amounts;
            controls.malformed.extend(sums.bad.iter().cloned());
            for kind in &sums.unknown_kinds {
                let warning = format!("the charge type `{kind}` is not known here; its charges count");
                if !controls.warnings.contains(&warning) {
                    controls.warnings.push(warning);
                }
            }
        }
        controls.runs.push(plan.runs[*run].name.clone());
        controls.notes.extend(time_told_by(&plan.runs[*run]));
    }
    let unpriced: u64 = read.values().flatten().map(|sums| sums.unpriced_rows).sum();
    if let Some(metric) = options.metric.filter(|_| unpriced * UNPRICED_SHARE > controls.rows) {
        controls.warnings.push(format!(
            "{unpriced} of {} rows cost something and have 0 as {}: the service does not fill it everywhere, so this total is too low",
            controls.rows,
            metric.column()
        ));
    }
    controls.malformed.sort();
    if let Some(first) = controls.malformed.first().filter(|_| options.strict) {
        return Err(Error::Malformed { count: controls.malformed_rows(), first: first.to_string() });
    }
    Ok(())
}
