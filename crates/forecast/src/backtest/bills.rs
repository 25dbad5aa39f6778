//! Backtests of bills: the totals of groups as `predict` would have made them on each cut day.

use super::series::{BacktestOptions, BacktestRow, Baselines, Task, Truth, error_days_near, plan, sum_of};
use crate::{
    bill::{Bill, Part, SeriesPasts, UnitForecast, View, sum, summed_parts, unit_forecast},
    components::Components,
    cycle_total::Status,
    engine::Engine,
    ensemble::Past,
    error::Result,
    incomplete_days::evident_cutoff,
    series_view::SeriesView,
    settling::last_seen,
};
use billing::{BillingCycle, CostSeries, Currency, CycleDay, SeriesSet, SeriesSetBuilder};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// A group whose totals are tested.
#[derive(Clone, Debug, PartialEq)]
pub struct BillGroup {
    /// Its values at each shown level.
    pub keys: Vec<Option<String>>,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// The units that it holds, or the rows of units.
    members: Vec<Member>,
}

/// Shown keys and currency.
type GroupKey = (Vec<Option<String>>, Option<Currency>);

/// A unit, or one of its rows.
type Member = (usize, Option<usize>);

impl BillGroup {
    /// The groups of the last shown level of a bill, by keys and currency.
    #[must_use]
    pub fn of(bill: &Bill, depth: usize) -> Vec<Self> {
        let mut groups: BTreeMap<GroupKey, Vec<Member>> = BTreeMap::new();
        let level = bill.hidden + depth;
        if level == 0 {
            for (place, unit) in bill.units.iter().enumerate() {
                groups.entry((Vec::new(), unit.facts.currency.clone())).or_default().push((place, None));
            }
        }
        for (place, row) in bill.rows.iter().enumerate() {
            if row.level() == level && row.is_shown {
                let key = (row.facts.keys[bill.hidden..].to_vec(), row.facts.currency.clone());
                groups.entry(key).or_default().push((row.unit, Some(place)));
            }
        }
        groups.into_iter().map(|((keys, currency), members)| Self { keys, currency, members }).collect()
    }

    /// The daily level of every group.
    ///
    /// # Errors
    /// Sums that cannot stand in a series.
    pub fn levels(bill: &Bill, groups: &[Self]) -> Result<SeriesSet> {
        Ok(sums_of(bill, groups)?.level().clone())
    }

    fn series(&self, bill: &Bill) -> Vec<usize> {
        let series = |(unit, row): &Member| match row {
            Some(row) => bill.rows[*row].series,
            None => bill.units[*unit].series,
        };
        self.members.iter().map(series).collect()
    }
}

/// Runs a backtest of groups; the series of tasks and rows are groups. `step` is called once a unit.
///
/// # Errors
/// Sums that cannot stand in a series.
pub fn backtest_bill(
    bill: &Bill,
    groups: &[BillGroup],
    options: &BacktestOptions,
    step: &(dyn Fn() + Sync),
) -> Result<Vec<BacktestRow>> {
    let truths = sums_of(bill, groups)?;
    let plans = plan(&truths, options);
    let mut asked: Vec<BTreeSet<(BillingCycle, u32)>> = vec![BTreeSet::new(); bill.units.len()];
    for (group, tasks) in groups.iter().zip(&plans) {
        for (unit, _) in &group.members {
            asked[*unit].extend(tasks.iter().map(|task| (task.cycle, task.cut_day)));
        }
    }
    type Forecasts = HashMap<(BillingCycle, u32), (NaiveDate, UnitForecast)>;
    let forecasts: Vec<Forecasts> = asked
        .par_iter()
        .enumerate()
        .map(|(unit, tasks)| {
            let pasts = SharedPasts::of(bill, unit, tasks, options);
            let run = |&(cycle, cut_day): &(BillingCycle, u32)| {
                let as_of = last_seen(cycle, cut_day).min(cycle.last_day());
                let level = bill.series.level().get(bill.units[unit].series).up_to(as_of);
                let cutoff = evident_cutoff(level, as_of, &options.engine.model().settling);
                let view = View { cutoff, last_seen: Some(as_of), rule: options.cycle_day };
                (
                    (cycle, cut_day),
                    (cutoff, unit_forecast(&options.engine, bill, unit, view, &[cycle], &pasts)),
                )
            };
            let all = tasks.par_iter().map(run).collect();
            step();
            all
        })
        .collect();
    let baselines = Baselines::new(&options.engine);
    let rows: Vec<Vec<BacktestRow>> = groups
        .par_iter()
        .zip(&plans)
        .enumerate()
        .map(|(place, (group, tasks))| {
            let row = |task: &Task| {
                let members: Vec<Cut<'_>> = group
                    .members
                    .iter()
                    .filter_map(|(unit, row)| {
                        let (cutoff, forecast) = forecasts[*unit].get(&(task.cycle, task.cut_day))?;
                        Some(Cut::of(bill, *unit, *row, *cutoff, forecast))
                    })
                    .collect();
                run_task(bill, &truths, place, task, &members, options, &baselines)
            };
            tasks.iter().filter_map(row).collect()
        })
        .collect();
    Ok(rows.into_iter().flatten().collect())
}

/// A unit or a row at a cut.
struct Cut<'a> {
    series: usize,
    cutoff: NaiveDate,
    part: Option<&'a Part>,
    model: &'a str,
    status: Status,
}

impl<'a> Cut<'a> {
    fn of(bill: &Bill, unit: usize, row: Option<usize>, cutoff: NaiveDate, of: &'a UnitForecast) -> Self {
        let (series, own, parts) = match row {
            None => (bill.units[unit].series, &of.own, &of.cycles),
            Some(row) => {
                let (own, parts) = &of.rows[row - bill.rows_of(unit).start];
                (bill.rows[row].series, own, parts)
            }
        };
        let part = parts.first().and_then(Option::as_ref);
        Self { series, cutoff, part, model: &own.model, status: own.status }
    }
}

fn run_task(
    bill: &Bill,
    truths: &Components,
    group: usize,
    task: &Task,
    members: &[Cut<'_>],
    options: &BacktestOptions,
    baselines: &Baselines,
) -> Option<BacktestRow> {
    let all = truths.get(group);
    let actual = sum_of(&all, task.cycle)?;
    let as_of = last_seen(task.cycle, task.cut_day).min(task.cycle.last_day());
    let cutoff = members.iter().map(|member| member.cutoff).min().unwrap_or(as_of);
    let seen = View { cutoff, last_seen: Some(as_of), rule: options.cycle_day }.of(all);
    let view = SeriesView { components: seen, believed: seen.level, cutoff, rule: options.cycle_day };
    let truth = Truth { components: all, cycle: task.cycle };
    let with_part: Vec<&Cut<'_>> = members.iter().filter(|member| member.part.is_some()).collect();
    let parts: Vec<&Part> = with_part.iter().filter_map(|member| member.part).collect();
    let known = |place: usize, date: NaiveDate| {
        let member = with_part[place];
        if date > member.cutoff {
            return 0.0;
        }
        bill.series.get(member.series).charged_on(date).unwrap_or(0.0)
    };
    let forecast = sum(&parts, options.engine.model(), known);
    let status = match (&forecast, members) {
        (_, [only]) => only.part.map_or(only.status, |part| part.forecast.status),
        (Some(forecast), _) => forecast.status,
        (None, _) => Status::Insufficient,
    };
    let first = members.first()?;
    let is_one_model = members.iter().all(|member| member.model == first.model);
    Some(BacktestRow {
        series: group,
        cycle: task.cycle,
        cut_day: task.cut_day,
        total: forecast.and_then(|forecast| truth.total_of(&forecast, &view)),
        actual,
        run_rate: baselines.total(&baselines.run_rate, &view, &truth),
        seasonal_naive: baselines.total(&baselines.seasonal_naive, &view, &truth),
        status,
        model: if is_one_model { first.model.to_owned() } else { "mixed".to_owned() },
    })
}

/// The series of groups. A part that has ended costs nothing while others continue.
fn sums_of(bill: &Bill, groups: &[BillGroup]) -> Result<Components> {
    let mut builders: [SeriesSetBuilder; 3] = Default::default();
    for group in groups {
        let members = group.series(bill);
        let kinds = [Some(bill.series.level()), bill.series.recurring(), bill.series.irregular()];
        for (builder, set) in builders.iter_mut().zip(kinds) {
            let (start, mut values) = summed_parts(set.unwrap_or(bill.series.level()), &members);
            if set.is_none() {
                values.fill(0.0);
            }
            let name = group.keys.iter().flatten().cloned().collect::<Vec<_>>().join(" / ");
            builder.push(name, start, &values)?;
        }
    }
    let [level, recurring, irregular] = builders.map(SeriesSetBuilder::build);
    Components::new(level, Some(recurring), Some(irregular))
}

/// The pasts of a unit's series, made once for all cuts.
struct SharedPasts<'a> {
    engine: &'a Engine,
    rule: CycleDay,
    /// Cycles that end on or before this day are looked at.
    end: NaiveDate,
    /// The number of cycles further back than the model says.
    more: usize,
    days: Vec<usize>,
    made: Mutex<HashMap<Vec<usize>, Arc<Past>>>,
}

impl<'a> SharedPasts<'a> {
    fn of(
        bill: &Bill,
        unit: usize,
        tasks: &BTreeSet<(BillingCycle, u32)>,
        options: &'a BacktestOptions,
    ) -> Self {
        let components = bill.series.get(bill.units[unit].series);
        let task = |&(cycle, cut_day): &(BillingCycle, u32)| Task { series: unit, cycle, cut_day };
        let days = tasks.iter().flat_map(|own| error_days_near(&task(own), &components, &[])).collect();
        let starts = || tasks.iter().map(|(cycle, _)| cycle.start());
        let (first, end) = (starts().min().unwrap_or_default(), starts().max().unwrap_or_default());
        let more = (end - first).num_days().max(0) as usize / 28;
        Self { engine: &options.engine, rule: options.cycle_day, end, more, days, made: Mutex::default() }
    }
}

impl SeriesPasts for SharedPasts<'_> {
    fn past(&self, members: &[usize], level: CostSeries<'_>) -> Arc<Past> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made().get(members) {
            return Arc::clone(known);
        }
        let past = Arc::new(self.engine.past(level, self.rule, self.end, self.more, &self.days));
        made().insert(members.to_vec(), Arc::clone(&past));
        past
    }
}
