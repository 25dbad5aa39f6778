//! The forecast of one cycle of one series: the days to come, the missing ones, and their quantiles.
//!
//! The mean of the days to come is the ensemble's. Missing days before the cutoff are expected like days
//! to come of their weekday. Quantiles are those of past errors at the day of the cycle after which as
//! many days were left as are left now, missing ones included. Wrong where the missing days cost
//! something else than the days around them.

use crate::{
    calendar::{day_after, days_into},
    candidates::{Candidate, ModelSpec},
    cycle_total::{CycleForecast, DayForecast, DayState, Spread, Status},
    daily_path::DailyPath,
    day_ranges::DayRanges,
    ensemble::{Layered, Past},
    history::History,
    horizon::Horizon,
    later_cycles::later_cycle,
    missing_days::MissingDays,
    model_file::Model,
    origins::Origin,
    quantiles::{LAPLACE, Quantiles, SHARES},
    ranges::{OwnScale, bounds},
    recurring::expected_charges,
    reliability::{stop_probability, why_wide},
    series_view::SeriesView,
};
use billing::BillingCycle;
use chrono::{Days, NaiveDate};

/// Months are this long where they measure how far ahead a cycle lies.
const MONTH_DAYS: f64 = 30.0;
/// A range narrower than this share of its point has no width.
const NO_WIDTH: f64 = 1e-9;
/// Days of the short and of the long window whose means show how far a series has moved.
const WINDOWS: (usize, usize) = (7, 28);
/// Days after the cutoff whose forecast mean missing days of a past cycle are drawn to.
pub(crate) const DAYS_AFTER: usize = 28;
/// From this probability of a stop on it is stated.
const LIKELY_STOPPED: f64 = 0.3;
/// Days' worth of cost by which a cycle that is over may still change until it is closed: later
/// corrections and refunds, which the series does not show.
const CORRECTION_DAYS: [f64; 4] = [-1.0, -0.5, 0.5, 1.0];

/// One cycle of one series, and what it is forecast with.
#[derive(Clone, Copy)]
pub(crate) struct CycleQuestion<'a> {
    /// The series as known.
    pub view: &'a SeriesView<'a>,
    /// The same, as the candidates read it.
    pub history: &'a History<'a>,
    /// Past forecasts of the series.
    pub past: &'a Past,
    /// What is mixed.
    pub spec: ModelSpec,
    /// Settings and prior.
    pub model: &'a Model,
    /// The candidates, in the order of the model.
    pub candidates: &'a [Candidate],
}

/// The forecast of a cycle, and how it came about.
pub(crate) struct CycleAnswer {
    /// The forecast.
    pub forecast: CycleForecast,
    /// The layers it was mixed from; `None` where nothing was mixed.
    pub layered: Option<Layered>,
    /// Why the status is not `ok`.
    pub reason: Option<String>,
}

/// Days to come and missing days of a cycle, added up.
struct Rest {
    daily: Vec<DayForecast>,
    /// Expected level beyond what is seen.
    level: f64,
    /// The part of it on missing days, with the recurring charges of these days.
    missing: f64,
    /// How many days it is the cost of; of a day that is known in part, the part that is missing.
    days: f64,
}

/// The size of errors for one cycle.
struct ErrorScale {
    /// Expected error of a mean day, in `unit`.
    size: f64,
    /// The range unit, as much larger as the cycle lies ahead and the history is short.
    unit: f64,
    /// Expected error of a mean day, in the unit of the series.
    mean_day: f64,
    /// Expected error of a single day.
    single_day: f64,
    /// Whether past errors of the series are part of it.
    has_past: bool,
}

/// Forecasts a cycle that has days to come, or missing days.
pub(crate) fn forecast_cycle(question: &CycleQuestion<'_>, cycle: BillingCycle) -> CycleAnswer {
    let CycleQuestion { view, history, past, model, candidates, .. } = *question;
    let next = day_after(view.cutoff);
    let is_over = cycle.end() <= next;
    // The pooled model was trained on the rest of the open cycle only.
    let is_open = !is_over && cycle.start() <= next;
    let spec = match question.spec {
        single @ ModelSpec::Single(_) => single,
        spec if is_open => spec,
        _ => ModelSpec::Weights,
    };
    let (first, end) = if is_over {
        (next, next + Days::new(DAYS_AFTER as u64))
    } else {
        (next.max(cycle.start()), cycle.end())
    };
    let number = |date: NaiveDate| day_number(history, date);
    let horizon = Horizon::new(history.track(), number(first), number(end));
    let mut origin = Origin::at(history, &horizon, candidates);
    let around = if is_over { BillingCycle::containing(next, view.rule) } else { cycle };
    let day = days_into(around, next);
    (origin.day, origin.made_on) = (day, next);
    if origin.estimates.means.iter().all(|mean| mean.is_nan()) {
        return CycleAnswer {
            forecast: CycleForecast::without(cycle, Status::Failed),
            layered: None,
            reason: Some("every candidate failed to fit".to_owned()),
        };
    }
    let mut layered = past.layered(&origin, candidates.len(), spec, model);
    let is_single = matches!(question.spec, ModelSpec::Single(_));
    // A level that has just stepped is followed: the year before it says nothing.
    let is_later = !is_over && !is_open && !is_single && origin.step.is_none();
    let later = is_later.then(|| later_cycle(history, number(first), layered.mean, &model.later)).flatten();
    if let Some(later) = &later {
        layered.mean = later.mean;
    }

    let missing = MissingDays::of(&view.components, view.believed, cycle, view.cutoff);
    let left = if is_over { 0 } else { horizon.days() };
    let error_day = if missing.is_empty() { day } else { missing.equivalent_day(cycle, left) };
    let mut scale = error_scale(question, cycle, error_day, origin.range_unit);
    if let Some(later) = &later {
        scale = scale.of_mean_day(later.scale);
    }
    let floor = (!view.has_negative()).then_some(0.0);
    let path = DailyPath::new(history, &horizon, layered.mean);
    let charges = charges_of(view, cycle);
    let mut rest =
        Rest { daily: Vec::new(), level: completion(view, cycle), missing: 0.0, days: left as f64 };
    let of_days = DayRanges::of(view.believed.up_to(view.cutoff).values);
    let single_day = |date: NaiveDate, expected: f64| match of_days {
        Some(ranges) => ranges.bounds((date - view.cutoff).num_days().max(1) as usize, expected),
        None => {
            // A weekday that costs less errs less.
            let size = scale.single_day * history.robust_profile().divisor(history.weekday(number(date)));
            LAPLACE.map(|quantile| quantile * size)
        }
    };
    rest.add_missing(&missing, |date| path.of_missing(number(date)), view, &charges, floor, single_day);
    if !is_over {
        rest.add_days(first, &path.of_horizon(&horizon, layered.mean), view, &charges, floor, single_day);
    }

    let shape = match &later {
        Some(later) => later.shape,
        None => bounds(model, error_day, !scale.has_past, &layered.features),
    };
    let mut spread = Spread {
        day: error_day,
        shape,
        size: scale.size,
        unit: scale.unit,
        days: rest.days,
        floor,
        stopped: 0.0,
        usual: rest.level,
        is_later: later.is_some(),
    };
    let volatility = recent_volatility(view.believed.up_to(view.cutoff).values, rest.days);
    let size = rest.level.abs();
    let width = (shape[3] - shape[0]) * scale.mean_day * rest.days;
    if width < NO_WIDTH * size && volatility > NO_WIDTH * size {
        // A series that never erred and has just moved: past errors say nothing about it.
        let unit = volatility / rest.days;
        spread = Spread { shape: [-2.0, -1.0, 1.0, 2.0], size: 1.0, unit, ..spread };
        scale.has_past = false;
    }
    let recurring: f64 = charges.iter().map(|(_, amount)| amount).sum();
    let (silent, stopped) = stop_probability(&view.believed.up_to(view.cutoff), history.typical_size());
    if !is_over && !is_single && rest.level > 0.0 && missing.is_empty() {
        spread.stopped = stopped;
        spread.usual = rest.level;
        rest.scale_to(spread.expected(), view);
    }
    let level = spread.around(rest.level);
    let mut remaining = level.moved_to(rest.level + recurring);
    if is_over {
        // Missing days and later corrections: one late file can bring both.
        remaining = remaining.add_comonotone(&corrections(view, cycle));
    }
    let reason = why_wide(view, &model.status, missing.days.len(), scale.has_past, history.typical_size());
    let reason = match spread.stopped {
        stopped if stopped >= LIKELY_STOPPED => Some(format!(
            "no cost for {silent} days: with a probability of {:.0} % it has stopped",
            100.0 * stopped
        )),
        _ => reason,
    };
    let forecast = CycleForecast {
        cycle,
        status: if reason.is_some() { Status::Wide } else { Status::Ok },
        remaining: Some(remaining),
        recurring,
        missing: rest.missing,
        daily: rest.daily,
        spread: Some(spread),
        errors: later.map_or_else(Vec::new, |later| later.errors),
    };
    CycleAnswer { forecast, layered: Some(layered), reason }
}

/// A cycle of which every day is final, though it may not be closed.
pub(crate) fn over(view: &SeriesView<'_>, cycle: BillingCycle) -> CycleForecast {
    CycleForecast { remaining: Some(corrections(view, cycle)), ..CycleForecast::closed(cycle) }
}

/// A stopped series: only its recurring charges are left.
pub(crate) fn stopped(view: &SeriesView<'_>, cycle: BillingCycle) -> CycleForecast {
    let recurring: f64 = charges_of(view, cycle).iter().map(|(_, amount)| amount).sum();
    CycleForecast {
        remaining: Some(Quantiles::exactly(recurring)),
        recurring,
        ..CycleForecast::without(cycle, Status::Stale)
    }
}

/// What a cycle that is over may still change by.
fn corrections(view: &SeriesView<'_>, cycle: BillingCycle) -> Quantiles {
    let sizes: Vec<f64> = cycle.days().filter_map(|day| view.believed.value_on(day)).map(f64::abs).collect();
    let day = if sizes.is_empty() { 0.0 } else { sizes.iter().sum::<f64>() / sizes.len() as f64 };
    let floor = (!view.components.has_negative(view.cutoff)).then_some(0.0);
    Quantiles::around(0.0, CORRECTION_DAYS.map(|days| days * day), floor)
}

/// The scale of errors after `day` days of the cycle, wider the further the cycle lies ahead.
fn error_scale(question: &CycleQuestion<'_>, cycle: BillingCycle, day: usize, unit: f64) -> ErrorScale {
    let CycleQuestion { view, past, model, .. } = *question;
    let next = day_after(view.cutoff);
    let own = OwnScale::of(&past.errors, day, next, model);
    let gap_months = (cycle.start() - next).num_days().max(0) as f64 / MONTH_DAYS;
    let widening = (1.0 + model.ranges.widening_per_cycle * gap_months).sqrt();
    let pooled = model.prior.as_ref().map(|prior| prior.on(day).error_size);
    // The prior's short histories have ten days and more.
    let known = view.believed.up_to(view.cutoff);
    let known_days = (known.values.len() - known.missing_days()).max(1) as f64;
    let sparse =
        if own.is_some() { 1.0 } else { (model.status.short_days as f64 / known_days).sqrt().max(1.0) };
    let size = OwnScale::shrunk(own, pooled, model);
    let mean_day = size * unit * widening * sparse;
    let single_day = mean_day.hypot(unit);
    ErrorScale { size, unit: unit * widening * sparse, mean_day, single_day, has_past: own.is_some() }
}

impl ErrorScale {
    /// With another expected error of a mean day, which is its own unit: days of late may all have been alike.
    fn of_mean_day(self, mean_day: f64) -> Self {
        let single_day = mean_day.hypot(self.unit);
        Self { size: 1.0, unit: mean_day, mean_day, single_day, has_past: true }
    }
}

impl Spread {
    /// The expected absolute error of the level, in the unit of the series.
    pub(crate) fn scale(&self) -> f64 {
        self.size * self.unit * self.days
    }

    /// Its quantiles around a level: where it may have stopped, those of "nothing" and of what is usual, as
    /// probable as they are.
    pub(crate) fn around(&self, level: f64) -> Quantiles {
        let scale = self.scale();
        let around =
            |point: f64| Quantiles::around(point, self.shape.map(|bound| point + bound * scale), self.floor);
        if self.stopped <= 0.0 {
            return around(level);
        }
        let usual = around(if self.stopped < 0.5 { self.usual.max(level) } else { self.usual });
        let bounds = SHARES.map(|share| self.quantile(&usual, share));
        Quantiles::around(level, bounds, self.floor)
    }

    /// The expected level: the median of what comes.
    fn expected(&self) -> f64 {
        let scale = self.scale();
        let bounds = self.shape.map(|bound| self.usual + bound * scale);
        self.quantile(&Quantiles::around(self.usual, bounds, self.floor), 0.5)
    }

    /// A quantile of "nothing" with the probability of a stop, and of `usual` otherwise.
    fn quantile(&self, usual: &Quantiles, share: f64) -> f64 {
        if share <= self.stopped {
            0.0
        } else {
            usual.quantile((share - self.stopped) / (1.0 - self.stopped))
        }
    }
}

impl Rest {
    /// Adds the missing days, each expected at `cost_of` it.
    fn add_missing(
        &mut self,
        missing: &MissingDays,
        cost_of: impl Fn(NaiveDate) -> f64,
        view: &SeriesView<'_>,
        charges: &[(NaiveDate, f64)],
        floor: Option<f64>,
        bounds: impl Fn(NaiveDate, f64) -> [f64; 4],
    ) {
        let can_fall = view.has_negative_level();
        for &(date, known) in &missing.days {
            let expected = cost_of(date);
            let whole = if can_fall { expected } else { expected.max(known) };
            let lacking = whole - known;
            self.days += if expected > 0.0 { (lacking / expected).clamp(0.0, 1.0) } else { 1.0 };
            let recurring = charged_on(charges, date);
            self.level += lacking;
            self.missing += lacking + recurring;
            self.push(date, DayState::Missing, whole + recurring, floor, bounds(date, whole));
        }
    }

    /// Adds the days after the cutoff, from `first` on.
    fn add_days(
        &mut self,
        first: NaiveDate,
        path: &[f64],
        view: &SeriesView<'_>,
        charges: &[(NaiveDate, f64)],
        floor: Option<f64>,
        bounds: impl Fn(NaiveDate, f64) -> [f64; 4],
    ) {
        let can_fall = view.has_negative_level();
        for (date, &expected) in first.iter_days().zip(path) {
            let seen = view.components.level.value_on(date).or_else(|| view.components.known_part_of(date));
            let settled = match seen {
                Some(seen) if !can_fall => expected.max(seen),
                _ => expected,
            };
            self.level += settled - seen.unwrap_or(0.0);
            let state = if seen.is_some() { DayState::Settling } else { DayState::ToCome };
            self.push(date, state, settled + charged_on(charges, date), floor, bounds(date, settled));
        }
    }

    /// Changes the expected level; each day keeps its share of it.
    fn scale_to(&mut self, level: f64, view: &SeriesView<'_>) {
        let factor = level / self.level;
        for day in self.daily.iter_mut().filter(|_| factor < 1.0) {
            let components = &view.components;
            let seen = components.level.value_on(day.date).or_else(|| components.known_part_of(day.date));
            let seen = seen.unwrap_or(0.0);
            day.cost = day.cost.moved_to(seen + (day.expected() - seen).max(0.0) * factor);
        }
        self.level = level;
    }

    fn push(&mut self, date: NaiveDate, state: DayState, cost: f64, floor: Option<f64>, bounds: [f64; 4]) {
        let ends = bounds.map(|bound| cost + bound);
        self.daily.push(DayForecast { date, state, cost: Quantiles::around(cost, ends, floor) });
    }
}

fn charged_on(charges: &[(NaiveDate, f64)], date: NaiveDate) -> f64 {
    charges.iter().filter(|(on, _)| *on == date).map(|(_, amount)| amount).sum()
}

fn charges_of(view: &SeriesView<'_>, cycle: BillingCycle) -> Vec<(NaiveDate, f64)> {
    view.components
        .recurring
        .map(|recurring| expected_charges(&recurring, cycle, view.cutoff, view.rule))
        .unwrap_or_default()
}

/// What late days up to the cutoff are believed to lack.
fn completion(view: &SeriesView<'_>, cycle: BillingCycle) -> f64 {
    cycle
        .days()
        .take_while(|&day| day <= view.cutoff)
        .filter_map(|day| Some(view.believed.value_on(day)? - view.components.level.value_on(day)?))
        .sum()
}

/// The number of a date in the history, 0 before it.
fn day_number(history: &History<'_>, date: NaiveDate) -> usize {
    (date - history.track().timeline().start()).num_days().max(0) as usize
}

/// How far a sum of `days` days may lie off where a series has moved recently: the difference of its
/// short and long means a day, and its scatter, which cancels as days add up.
fn recent_volatility(values: &[f64], days: f64) -> f64 {
    let recent = |count: usize| -> Vec<f64> {
        values[values.len().saturating_sub(count)..].iter().copied().filter(|value| !value.is_nan()).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (short, long) = (recent(WINDOWS.0), recent(WINDOWS.1));
    let usual = mean(&long);
    let scatter = mean(&long.iter().map(|value| (value - usual).powi(2)).collect::<Vec<_>>()).sqrt();
    days * (mean(&short) - usual).abs() + days.sqrt() * scatter
}
