//! Backtests of series, each by itself.

use crate::{
    Components,
    calendar::cycles_before,
    candidates::ModelSpec,
    components::SeriesComponents,
    cycle_total::{CycleForecast, Status},
    engine::Engine,
    ensemble::Past,
    incomplete_days::evident_cutoff,
    missing_days::MissingDays,
    quantiles::Quantiles,
    series_view::SeriesView,
    settling::{Seen, as_known, last_seen},
};
use billing::{BillingCycle, CostSeries, CycleDay};
use rayon::prelude::*;

/// One forecast to make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Task {
    /// Index of the series.
    pub series: usize,
    /// The tested cycle.
    pub cycle: BillingCycle,
    /// After which of its days it is cut.
    pub cut_day: u32,
}

/// What to test, and how.
#[derive(Clone, Debug)]
pub struct BacktestOptions {
    /// The engine under test.
    pub engine: Engine,
    /// After which days of a cycle it is cut.
    pub cut_days: Vec<u32>,
    /// How many complete cycles at the end of each series are tested.
    pub cycles: usize,
    /// On which day cycles begin.
    pub cycle_day: CycleDay,
    /// Only these forecasts; `None` for every cut of every tested cycle.
    pub tasks: Option<Vec<Task>>,
    /// Only these series; `None` for all.
    pub series: Option<Vec<usize>>,
    /// Late days as they were known.
    pub seen: Vec<Seen>,
}

impl Default for BacktestOptions {
    fn default() -> Self {
        Self {
            engine: Engine::new(ModelSpec::Default),
            cut_days: vec![3, 7, 10, 15, 20, 25],
            cycles: 4,
            cycle_day: CycleDay::FIRST,
            tasks: None,
            series: None,
            seen: Vec::new(),
        }
    }
}

/// One forecast of a backtest, beside the truth and two baselines.
///
/// Wrong as a truth where the cycle itself was not final in the data.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestRow {
    /// Index of the series.
    pub series: usize,
    /// The tested cycle.
    pub cycle: BillingCycle,
    /// After which of its days it was cut.
    pub cut_day: u32,
    /// Forecast of the cycle's total; `None` without a forecast.
    pub total: Option<Quantiles>,
    /// The total as it came. Days that the data never holds are neither in it nor in the forecasts.
    pub actual: f64,
    /// Total by the run rate.
    pub run_rate: Option<f64>,
    /// Total by last week repeated.
    pub seasonal_naive: Option<f64>,
    /// Status of the forecast.
    pub status: Status,
    /// Name of the model.
    pub model: String,
}

/// Runs a backtest; rows are sorted by series, cycle and cut day.
///
/// A task whose series does not exist, or holds no day of its cycle, has no row.
///
/// ```
/// use forecast::{BacktestOptions, Components, backtest, summarize};
/// # let start = "2026-01-01".parse().unwrap();
/// # let values: Vec<f64> = (0..181).map(|day| if day % 7 < 2 { 4.0 } else { 10.0 }).collect();
/// let mut series = billing::SeriesSetBuilder::new();
/// series.push("web", start, &values).unwrap();
/// let rows = backtest(&Components::level_only(series.build()), &BacktestOptions { cycles: 1, ..Default::default() });
/// assert_eq!(rows.len(), 6);
/// assert!(summarize(&rows)[0].wape.unwrap() < 0.05);
/// ```
#[must_use]
pub fn backtest(bills: &Components, options: &BacktestOptions) -> Vec<BacktestRow> {
    backtest_watched(bills, options, &|| ())
}

/// The same as [`backtest`]; `step` is called once a series, for a bar of progress.
#[must_use]
pub fn backtest_watched(
    bills: &Components,
    options: &BacktestOptions,
    step: &(dyn Fn() + Sync),
) -> Vec<BacktestRow> {
    let plans = plan(bills, options);
    let mut late: Vec<Vec<Seen>> = vec![Vec::new(); bills.len()];
    for row in &options.seen {
        if let Some(of_series) = late.get_mut(row.series) {
            of_series.push(*row);
        }
    }
    let baselines = Baselines::new(&options.engine);
    let rows: Vec<Vec<BacktestRow>> = plans
        .par_iter()
        .zip(&late)
        .enumerate()
        .map(|(index, (tasks, late))| {
            let days: Vec<usize> =
                tasks.iter().flat_map(|task| error_days_near(task, &bills.get(index), late)).collect();
            let (first, last) = (tasks.first(), tasks.iter().map(|task| task.cycle.start()).max());
            let rows = match first.zip(last) {
                Some((first, last)) => {
                    let spread = (last - first.cycle.start()).num_days().max(0) as usize / 28;
                    let level = bills.get(index).level;
                    let past = options.engine.past(level, options.cycle_day, last, spread, &days);
                    let run =
                        |task: &Task| run_task(task, bills.get(index), options, &past, late, &baselines);
                    tasks.iter().filter_map(run).collect()
                }
                None => Vec::new(),
            };
            step();
            rows
        })
        .collect();
    rows.into_iter().flatten().collect()
}

/// The forecasts to make of each series, in order.
pub(super) fn plan(bills: &Components, options: &BacktestOptions) -> Vec<Vec<Task>> {
    let mut given: Vec<Vec<Task>> = vec![Vec::new(); bills.len()];
    for task in options.tasks.iter().flatten() {
        if let Some(of_series) = given.get_mut(task.series) {
            of_series.push(*task);
        }
    }
    let of_series = |(index, mut tasks): (usize, Vec<Task>)| {
        if options.tasks.is_none() {
            let level = bills.get(index).level;
            for cycle in cycles_before(level.end(), level.start, options.cycle_day, options.cycles) {
                let cuts = options.cut_days.iter().filter(|&&cut| (cut as usize) < cycle.len_days());
                tasks.extend(cuts.map(|&cut_day| Task { series: index, cycle, cut_day }));
            }
        }
        tasks.sort();
        tasks.dedup();
        if options.series.as_ref().is_some_and(|only| !only.contains(&index)) {
            tasks.clear();
        }
        tasks
    };
    given.into_iter().enumerate().map(of_series).collect()
}

/// The days of the cycle whose past errors a task needs: the cut day, those it moves back to where late days
/// may be unusable, and the day with as much left as with the missing days.
pub(super) fn error_days_near(task: &Task, components: &SeriesComponents<'_>, late: &[Seen]) -> Vec<usize> {
    let cut = task.cut_day as usize;
    let moved: &[usize] = if late.is_empty() { &[0] } else { &[0, 1, 3] };
    let missing =
        MissingDays::of(components, components.level, task.cycle, last_seen(task.cycle, task.cut_day));
    let all = moved.iter().map(|days| cut.saturating_sub(*days));
    match missing.is_empty() {
        true => all.collect(),
        false => {
            let left = task.cycle.len_days().saturating_sub(cut);
            all.chain([missing.equivalent_day(task.cycle, left)]).collect()
        }
    }
}

/// The two baselines, which need no past.
pub(super) struct Baselines {
    pub run_rate: Engine,
    pub seasonal_naive: Engine,
}

impl Baselines {
    pub(super) fn new(engine: &Engine) -> Self {
        let single = |spec| Engine::with_model(spec, engine.model().with_prior(None));
        Self { run_rate: single(ModelSpec::RUN_RATE), seasonal_naive: single(ModelSpec::SEASONAL_NAIVE) }
    }

    pub(super) fn total(&self, engine: &Engine, view: &SeriesView<'_>, truth: &Truth<'_>) -> Option<f64> {
        let forecast = engine.forecast_one(view, &[truth.cycle], &Past::default());
        truth.total_of(forecast.cycles.first()?, view).map(|total| total.point())
    }
}

/// What a cycle came to, and which of its days the data holds.
pub(super) struct Truth<'a> {
    pub components: SeriesComponents<'a>,
    pub cycle: BillingCycle,
}

impl Truth<'_> {
    /// The forecast of the total of the days that the data holds.
    pub(super) fn total_of(&self, forecast: &CycleForecast, view: &SeriesView<'_>) -> Option<Quantiles> {
        let so_far = sum_of(&view.components, self.cycle).unwrap_or(0.0);
        let never_known =
            forecast.daily.iter().filter(|day| self.components.level.value_on(day.date).is_none());
        let absent: f64 =
            never_known.map(|day| day.expected() - view.components.charged_on(day.date).unwrap_or(0.0)).sum();
        Some(forecast.remaining.as_ref()?.shift(so_far - absent))
    }
}

fn run_task(
    task: &Task,
    bill: SeriesComponents<'_>,
    options: &BacktestOptions,
    past: &Past,
    late: &[Seen],
    baselines: &Baselines,
) -> Option<BacktestRow> {
    let Task { series, cycle, cut_day } = *task;
    let actual = sum_of(&bill, cycle)?;
    let as_of = last_seen(cycle, cut_day).min(cycle.last_day());
    let of_task: Vec<Seen> =
        late.iter().filter(|row| row.cycle == cycle && row.cut_day == cut_day).copied().collect();
    let as_known = as_known(bill.level, as_of, &of_task, late, &options.engine.model().settling);
    let level = CostSeries { values: &as_known.seen, ..bill.level };
    let cut = |kind: Option<CostSeries<'_>>| -> Option<Vec<f64>> { Some(kind?.up_to(as_of).values.to_vec()) };
    let (recurring, irregular, partial) = (cut(bill.recurring), cut(bill.irregular), cut(bill.partial));
    let seen = SeriesComponents {
        level,
        recurring: recurring.as_deref().map(|values| CostSeries { values, ..level }),
        irregular: irregular.as_deref().map(|values| CostSeries { values, ..level }),
        partial: partial.as_deref().map(|values| CostSeries { values, ..level }),
    };
    let believed = CostSeries { values: &as_known.believed, ..level };
    // Rows that say how days fill up say more than a guess.
    let cutoff = match of_task.is_empty() {
        true => evident_cutoff(believed, as_known.cutoff, &options.engine.model().settling),
        false => as_known.cutoff,
    };
    let view = SeriesView { components: seen, believed, cutoff, rule: options.cycle_day };
    let truth = Truth { components: bill, cycle };
    let forecast = options.engine.forecast_one(&view, &[cycle], past);
    let of_cycle = forecast.cycles.first()?;
    Some(BacktestRow {
        series,
        cycle,
        cut_day,
        total: truth.total_of(of_cycle, &view),
        actual,
        run_rate: baselines.total(&baselines.run_rate, &view, &truth),
        seasonal_naive: baselines.total(&baselines.seasonal_naive, &view, &truth),
        status: of_cycle.status,
        model: forecast.model,
    })
}

/// Everything charged in the days of the cycle that have a value; `None` without such a day.
pub(super) fn sum_of(bill: &SeriesComponents<'_>, cycle: BillingCycle) -> Option<f64> {
    let mut days = cycle.days().filter_map(|day| bill.charged_on(day)).peekable();
    days.peek()?;
    Some(days.sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month, set_of};
    use chrono::Datelike;

    fn wavy(days: usize) -> Vec<f64> {
        (0..days).map(|day| 20.0 + ((day * 37) % 11) as f64 + if day % 7 < 5 { 8.0 } else { 0.0 }).collect()
    }

    #[test]
    fn a_flat_bill_is_forecast_exactly() {
        let bills = Components::level_only(set_of(&[("a", "2025-09-01", &[2.0; 242])]));
        let rows = backtest(&bills, &BacktestOptions::default());
        assert_eq!(rows.len(), 4 * 6);
        for row in rows {
            let days = row.cycle.len_days() as f64;
            assert!((row.actual - 2.0 * days).abs() < 1e-9);
            assert!((row.total.as_ref().unwrap().point() - row.actual).abs() < 1e-6, "{row:?}");
            assert!((row.run_rate.unwrap() - row.actual).abs() < 1e-6);
        }
    }

    #[test]
    fn nothing_after_the_cut_changes_a_forecast() {
        let honest = wavy(212);
        let mut altered = honest.clone();
        // 2026-01-01 on 212 days ends with July; the tested months are April to July.
        altered[192..].fill(500.0);
        let run = |values: &[f64]| {
            let bills =
                Components::level_only(set_of(&[("a", "2026-01-01", values), ("b", "2026-01-01", &honest)]));
            backtest(&bills, &BacktestOptions::default())
        };
        let (before, after) = (run(&honest), run(&altered));
        for (one, other) in before.iter().zip(&after) {
            if last_seen(one.cycle, one.cut_day) < date("2026-07-12") || one.series == 1 {
                assert_eq!(&one.total, &other.total);
            }
        }
        assert_ne!(before.last().unwrap().actual, 0.0);
    }

    #[test]
    fn a_history_that_starts_inside_the_month_is_totalled_from_its_start() {
        let bills = Components::level_only(set_of(&[("new", "2026-03-11", &[1.0; 21])]));
        let task = Task { series: 0, cycle: month("2026-03-01"), cut_day: 20 };
        let early = Task { cut_day: 3, ..task };
        let missing = Task { series: 7, ..task };
        let options =
            BacktestOptions { tasks: Some(vec![task, early, missing]), ..BacktestOptions::default() };
        let rows = backtest(&bills, &options);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].status, &rows[0].total), (Status::Insufficient, &None));
        assert_eq!((rows[1].status, rows[1].actual), (Status::Wide, 21.0));
        assert!((rows[1].total.as_ref().unwrap().point() - 21.0).abs() < 1e-9);
    }

    #[test]
    fn a_late_day_counts_as_it_was_seen_and_is_made_up_for() {
        let bills = Components::level_only(set_of(&[("a", "2026-01-01", &[10.0; 212])]));
        let cycle = month("2026-07-01");
        let seen = Seen { series: 0, cycle, cut_day: 10, date: date("2026-07-10"), value: 3.0 };
        let task = Task { series: 0, cycle, cut_day: 10 };
        let options =
            BacktestOptions { tasks: Some(vec![task]), seen: vec![seen], ..BacktestOptions::default() };
        let row = &backtest(&bills, &options)[0];
        assert!((row.total.as_ref().unwrap().point() - 310.0).abs() < 1e-6, "{row:?}");
    }

    #[test]
    fn days_that_the_data_never_holds_are_in_neither_total() {
        // Every seventh day is missing, before and after the cut: 26 or 27 days of 10 in July.
        let values: Vec<f64> = (0..212).map(|day| if day % 7 == 3 { f64::NAN } else { 10.0 }).collect();
        let components = Components::level_only(set_of(&[("a", "2026-01-01", &values)]));
        let rows = backtest(&components, &BacktestOptions::default());
        assert_eq!(rows.len(), 24);
        for row in rows {
            let total = row.total.as_ref().unwrap();
            assert!((total.point() - row.actual).abs() < 1e-6, "{row:?}");
            assert!((row.run_rate.unwrap() - row.actual).abs() < 1e-6, "{row:?}");
            assert!(row.actual < 10.0 * row.cycle.len_days() as f64 - 30.0);
        }
    }

    #[test]
    fn recurring_and_irregular_costs_follow_their_own_laws() {
        let days = 181;
        let mut monthly = vec![0.0; days];
        let mut once = vec![0.0; days];
        for (index, day) in date("2026-01-01").iter_days().take(days).enumerate() {
            if day.day() == 20 {
                monthly[index] = 100.0;
            }
        }
        once[151 + 4] = 50.0;
        let sets = [vec![1.0; days], monthly, once].map(|values| set_of(&[("a", "2026-01-01", &values)]));
        let [level, monthly, once] = sets;
        let bills = Components::new(level, Some(monthly), Some(once)).unwrap();
        let options = BacktestOptions { cycles: 1, ..BacktestOptions::default() };
        for row in backtest(&bills, &options) {
            assert_eq!(row.actual, 30.0 + 100.0 + 50.0);
            let unknown = if row.cut_day < 5 { 50.0 } else { 0.0 };
            assert!((row.total.as_ref().unwrap().point() - (180.0 - unknown)).abs() < 1e-6, "{row:?}");
        }
    }
}
