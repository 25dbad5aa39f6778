//! From inputs to decisions: what was found, which runs were read, and which of their charges count.

use crate::{
    Controls, Dimension, Error, ReadOptions, Result,
    charges::{
        file_charges::{FileCharges, sum_file},
        findings::Finding,
        query::{Grain, QUANTITY, ReadQuery},
    },
    exports::{
        runs::{Plan, Run, RunFacts, plan, superseded},
        scope::ScopeKind,
        source::find,
    },
    files::amounts::TOO_LARGE_UNITS,
    selection::{
        cycles::with_cycles,
        excluded_charges::{Decisions, Kept, LeftOut},
        read_runs::{ReadRuns, read_runs, side_by_side},
        rules::estimates::estimates_give_way,
        rules::metric::{SettledMetric, settle_metrics},
        rules::newest_run::ScopeClaims,
        rules::overlapping_files::{DayKeys, KeysOfRuns, decide_file_states},
        rules::scope_overlap::{contest_scopes, part_columns},
        rules::two_accounts::check_agreements,
        run_charges::{Names, RunCharges, key_facts, of_metric},
    },
};
use billing::{Agreement, Metric};
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What the selected charges are to be read as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Needs {
    /// Costs by day.
    #[default]
    Costs,
    /// Meters and their quantities by day, beside costs.
    Usage,
    /// Costs by the moments at which charges begin and end.
    Hours,
    /// Costs by day of whole bills: services, meters and purchases beside the groups that are asked for, and what
    /// a filter leaves out.
    Bills,
    /// The same with the quantities of meters.
    PricedBills,
}

impl Needs {
    /// Whether whole bills are needed.
    pub(crate) fn bills(self) -> bool {
        matches!(self, Self::Bills | Self::PricedBills)
    }

    /// Whether quantities are needed.
    pub(crate) fn usage(self) -> bool {
        matches!(self, Self::Usage | Self::PricedBills)
    }
}

/// Which charges count, before they are put together.
pub(crate) struct Decided {
    pub plan: Plan,
    pub query: ReadQuery,
    pub metric: SettledMetric,
    pub runs: Vec<RunCharges>,
    pub decisions: Decisions,
    /// Which rows of each run's table count; all where there is none.
    pub masks: Vec<Option<Vec<bool>>>,
    /// What is left out of each run.
    pub left_out: Vec<Option<LeftOut>>,
    pub names: Names,
    pub controls: Controls,
}

/// Finds, reads and decides.
///
/// # Errors
/// Everything that makes the input unusable; see [`Error`].
pub(crate) fn decide(
    inputs: &[String],
    options: &ReadOptions,
    needs: Needs,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Decided> {
    let found = find(inputs)?;
    let mut plan = plan(&found, options.family.map(|forced| forced.family), options.as_of)?;
    let mut controls = Controls { skipped_files: found.skipped as u64, ..Controls::default() };
    let query = query(&plan, options, needs)?;
    let (read, broken) = read_runs(&plan, &query, progress)?;
    let facts: Vec<RunFacts> = plan.runs.iter().map(Run::facts).collect();
    for (run, lacks) in &broken {
        let name = plan.runs[*run].name.clone();
        plan.findings.push(Finding::Incomplete { name, lacks: lacks.clone() });
    }
    for (older, newer) in
        superseded(&facts, &broken.keys().copied().collect()).into_iter().collect::<BTreeMap<_, _>>()
    {
        let why = format!("the newer run `{}` repeats it", plan.runs[newer].name);
        plan.findings.push(Finding::passed_over(plan.runs[older].name.clone(), why));
    }
    for finding in std::mem::take(&mut plan.findings) {
        controls.add(finding);
    }
    count_rows(&plan, &read, options, &mut controls)?;
    if read.is_empty() {
        return Err(nothing_read(&controls));
    }
    remark(&plan, &read, &query, options, &mut controls);
    let metric = settle_metrics(&plan, &read, options, &mut controls)?;
    let mut names = Names::default();
    let runs = metric.runs(&plan, read, options.cycle_day, query.parts.len(), &mut names, &mut controls)?;
    if runs.iter().all(|run| run.table.is_empty()) {
        return Err(no_rows(&plan, &controls));
    }
    check_size(&runs)?;
    let runs = up_to(runs, options, &mut controls)?;
    let mut decided = Decided {
        decisions: Decisions::new(ScopeClaims::all(&runs, &names)?, runs.len()),
        masks: vec![None; runs.len()],
        left_out: vec![None; runs.len()],
        plan,
        query,
        metric,
        runs,
        names,
        controls,
    };
    decided.decide(options)?;
    Ok(decided)
}

impl Decided {
    fn decide(&mut self, options: &ReadOptions) -> Result<()> {
        let share = self.decisions.scopes.iter().any(|own| own.scope.kind != ScopeKind::Subscription);
        if self.decisions.scopes.len() > 1 && share {
            for scope in &mut self.decisions.scopes {
                scope.find_listed(&self.runs)?;
            }
            contest_scopes(&mut self.decisions, &self.runs, &self.query.parts, &self.names);
        }
        let (plan, metric, names) = (&self.plan, &self.metric, self.names.clone());
        let numbers: Vec<usize> = self.runs.iter().map(|run| run.number).collect();
        let mut known = names.clone();
        let mut keys = KeysOfRuns::new(|run| day_keys(plan, metric, numbers[run], options, &mut known));
        decide_file_states(&mut self.decisions, &self.runs, &names, &mut keys, &mut self.controls)?;
        for (run, kept) in kept_of(&self.decisions, &self.runs, |run| !run.is_estimate)? {
            (self.masks[run], self.left_out[run]) = (Some(kept.mask), Some(kept.left_out));
        }
        check_agreements(&self.runs, &self.masks, &names, &mut keys, &mut self.controls)?;
        drop(keys);
        if self.runs.iter().any(|run| run.is_estimate) {
            estimates_give_way(&mut self.decisions, &self.runs, &self.masks)?;
            for (run, kept) in kept_of(&self.decisions, &self.runs, |run| run.is_estimate)? {
                (self.masks[run], self.left_out[run]) = (Some(kept.mask), Some(kept.left_out));
            }
        }
        self.report();
        Ok(())
    }

    /// Says what does not count, and why.
    fn report(&mut self) {
        let names: Vec<String> = self.runs.iter().map(|run| run.name.clone()).collect();
        for (name, left_out) in names.iter().zip(&self.left_out) {
            if let Some(left_out) = left_out {
                left_out.report(name, &names, &mut self.controls);
            }
        }
    }

    /// The charges of a file of the plan, row by row, and which of them count. What was `read` before is used again.
    ///
    /// # Errors
    /// When the file is damaged.
    pub(crate) fn rows_of_file(
        &mut self,
        (number, file): (usize, usize),
        read: Option<FileCharges>,
        options: &ReadOptions,
    ) -> Result<Option<(FileCharges, Vec<bool>)>> {
        let Some(run) = self.runs.iter().position(|run| run.number == number) else {
            return Ok(read.map(|own| {
                let none = vec![false; own.table.days.height()];
                (own, none)
            }));
        };
        let (data, _) = &self.plan.runs[number].files[file];
        let sums = match read {
            Some(sums) => sums,
            None => {
                let all =
                    ReadQuery { grain: Grain::Row, metrics: Metric::ALL.to_vec(), ..self.query.clone() };
                sum_file(data, &all, 1)?
            }
        };
        let Some(column) = self.metric.column(number, file) else {
            let none = vec![false; sums.table.days.height()];
            return Ok(Some((sums, none)));
        };
        let own = of_metric(sums.table.clone(), &column, &[], data.family.agreement, number)?;
        let own = with_cycles(own, options.cycle_day)?;
        let keys = key_facts(&own.keys, self.query.parts.len(), &mut self.names)?;
        let mut mask = match self.decisions.kept(run, &keys, &own)? {
            Some(kept) => kept.mask,
            None => vec![true; own.days.height()],
        };
        for (keep, has_cost) in mask.iter_mut().zip(own.days.column("cost")?.is_not_null().iter()) {
            *keep &= has_cost == Some(true);
        }
        if let Some(as_of) = options.as_of {
            for (keep, day) in mask.iter_mut().zip(own.days.column("day")?.date()?.physical().iter()) {
                *keep &= day.is_some_and(|day| day < as_of.to_epoch_days());
            }
        }
        Ok(Some((sums, mask)))
    }
}

/// What counts of those runs that `is_wanted` holds for, where not all of them does.
fn kept_of(
    decisions: &Decisions,
    runs: &[RunCharges],
    is_wanted: impl Fn(&RunCharges) -> bool + Sync,
) -> Result<Vec<(usize, Kept)>> {
    let kept = |(number, run): (usize, &RunCharges)| {
        let kept = decisions.kept(number, &run.keys, &run.table).transpose()?;
        Some(kept.map(|kept| (number, kept)))
    };
    runs.par_iter().enumerate().filter(|(_, run)| is_wanted(run)).filter_map(kept).collect()
}

/// Refuses amounts whose sums, of whatever part of them, could be more than a column of amounts holds.
fn check_size(runs: &[RunCharges]) -> Result<()> {
    for name in ["cost", QUANTITY] {
        let columns: Vec<&Column> = runs.iter().filter_map(|run| run.table.days.column(name).ok()).collect();
        let size = |column: &&Column| -> Result<u128> {
            let units = column.decimal()?.physical();
            Ok(units.iter().flatten().fold(0, |sum: u128, units| sum.saturating_add(units.unsigned_abs())))
        };
        let sizes: Vec<u128> = columns.par_iter().map(size).collect::<Result<_>>()?;
        if sizes.into_iter().fold(0, u128::saturating_add) >= TOO_LARGE_UNITS.unsigned_abs() {
            return Err(Error::SumTooLarge);
        }
    }
    Ok(())
}

/// Only what was charged before the day that is asked about.
fn up_to(runs: Vec<RunCharges>, options: &ReadOptions, controls: &mut Controls) -> Result<Vec<RunCharges>> {
    let Some(as_of) = options.as_of else { return Ok(runs) };
    let mut out = Vec::with_capacity(runs.len());
    for mut run in runs {
        let before = run.table.rows()?;
        // The keys stay as they are, since what they say was taken out of them.
        run.keep_before(as_of)?;
        controls.drop_rows(before - run.table.rows()?, format!("charged on {as_of} or later"));
        out.push(run);
    }
    Ok(out)
}

/// The keys of a run by day, read with resources and meters.
fn day_keys(
    plan: &Plan,
    metric: &SettledMetric,
    number: usize,
    options: &ReadOptions,
    names: &mut Names,
) -> Result<DayKeys> {
    let dimensions = ["ResourceId", "x_ResourceGroupName", "x_SkuMeterId"];
    let query = ReadQuery {
        dimensions: dimensions.map(|name| Dimension::Column(name.to_owned())).to_vec(),
        metrics: vec![metric.metric],
        currency: options.currency.as_ref().map(|currency| currency.code().to_owned()),
        ..ReadQuery::default()
    };
    let run = &plan.runs[number];
    let files = side_by_side(&run.files, |(file, _)| {
        // It was read before: what is damaged now are columns that its copy does not hold.
        sum_file(file, &query, 1).map_err(|error| match error.is_damage() {
            true => Error::ColumnsNotCopied(Box::new(error)),
            false => error,
        })
    });
    let files = files.into_iter().collect::<Result<Vec<_>>>()?;
    let own = RunCharges::new((number, run), files, metric.columns(number), options.cycle_day, 0, names)?;
    let text = |name: &str| -> Result<StringChunked> { Ok(own.table.keys.column(name)?.str()?.clone()) };
    let (resources, groups, meters) = (text("k0")?, text("k1")?, text("k2")?);
    let costs = own.costs()?;
    let mut keys = DayKeys::new();
    own.each_row(|key, day, row| {
        let lower = |text: Option<&str>| text.unwrap_or_default().to_lowercase();
        let resource = match resources.get(key) {
            Some(resource) => lower(Some(resource)),
            None => format!("group {}", lower(groups.get(key))),
        };
        let facts = &own.keys[key];
        let name = format!("{resource}\n{}", lower(meters.get(key)));
        *keys.entry((facts.owner, facts.period, day)).or_default().entry(name).or_insert(0) += costs[row];
    })?;
    Ok(keys)
}

/// What every file is asked for.
fn query(plan: &Plan, options: &ReadOptions, needs: Needs) -> Result<ReadQuery> {
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
    if needs.bills() {
        let is_known = |own: &Dimension| {
            let column = own.column();
            let has = |name: &str| files().any(|file| file.layout.has(name));
            has(&column) || column == "ServiceName" && has("x_SkuMeterCategory")
        };
        let more = Dimension::of_bills().into_iter().filter(|own| is_known(own) && !dimensions.contains(own));
        dimensions.extend(more.collect::<Vec<_>>());
    }
    let classic = files().any(|file| file.family.agreement != Agreement::Focus);
    let focus = files().any(|file| file.family.agreement == Agreement::Focus);
    Ok(ReadQuery {
        dimensions,
        metrics: vec![options.metric.unwrap_or(Metric::Billed)],
        currency: options.currency.as_ref().map(|currency| currency.code().to_owned()),
        service_is_meter_category: classic && focus,
        parts: part_columns(
            plan.runs.iter().filter(|run| run.is_scoped()).filter_map(|run| run.scope.as_ref()),
        ),
        usage: needs.usage(),
        grain: if needs == Needs::Hours { Grain::Moment } else { Grain::Day },
    })
}

/// What the files do not hold, or hold under another name.
fn remark(plan: &Plan, read: &ReadRuns, query: &ReadQuery, options: &ReadOptions, controls: &mut Controls) {
    let mut files = read.keys().flat_map(|run| &plan.runs[*run].files);
    if files.any(|(file, _)| file.family.agreement == Agreement::PayAsYouGo) {
        controls.add(Finding::UsageOnly);
    }
    if read.keys().any(|run| plan.runs[*run].is_estimate()) {
        controls.add(Finding::Estimates);
    }
    let asked = options.group_by.iter().chain(options.filters.iter().map(|filter| &filter.dimension));
    let by_service = asked.into_iter().any(|dimension| dimension.column() == "ServiceName");
    if by_service && query.service_is_meter_category {
        controls.add(Finding::ServiceIsMeterCategory);
    }
}

fn nothing_read(controls: &Controls) -> Error {
    let incomplete = controls.findings.iter().find_map(|finding| match finding {
        Finding::Incomplete { name, lacks } => Some(format!("`{name}`: {lacks}")),
        _ => None,
    });
    let other = controls.findings.first().map(ToString::to_string);
    match incomplete {
        Some(text) => Error::OnlyIncompleteRuns(text),
        None => Error::NoCosts(other.unwrap_or_else(|| "no data files in the input".to_owned())),
    }
}

/// Why no row counts.
pub(crate) fn no_rows(plan: &Plan, controls: &Controls) -> Error {
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

/// One row in so many without a list or contracted price is worth a warning.
const UNPRICED_SHARE: u64 = 20;

fn count_rows(plan: &Plan, read: &ReadRuns, options: &ReadOptions, controls: &mut Controls) -> Result<()> {
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
                controls.add(Finding::UnknownKind { kind: kind.clone() });
            }
        }
        controls.runs.push(plan.runs[*run].name.clone());
    }
    let unpriced: u64 = read.values().flatten().map(|sums| sums.unpriced_rows).sum();
    if let Some(metric) = options.metric.filter(|_| unpriced * UNPRICED_SHARE > controls.rows) {
        controls.add(Finding::UnfilledMetric { rows: unpriced, of: controls.rows, metric });
    }
    controls.malformed.sort();
    if let Some(first) = controls.malformed.first().filter(|_| options.strict) {
        return Err(Error::Malformed { count: controls.malformed_rows(), first: first.to_string() });
    }
    Ok(())
}
