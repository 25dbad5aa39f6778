//! The engine: features, candidates, selection and ranges behind one seam.
//!
//! A better way to forecast replaces what is called from here; the question and the answer stay. The
//! question holds many series at once, since series teach each other; work is parallel by series and
//! every sum has a fixed order, so that any number of threads gives the same answer.

use crate::{
    Bills, Error, Result,
    bills::Bill,
    calendar::{day_after, days_before, rule_of, weekday},
    candidates::{Candidate, ModelSpec},
    combine::{OwnErrors, weights},
    cycle_total::{CycleForecast, DayForecast, SeriesForecast, Status},
    history::History,
    origins::{Fits, OriginTable},
    pool::{Past, Pool},
    profile::shaped_by_weekday,
    ranges::{LAPLACE, OwnScale, Ranges},
    recurring::expected_charges,
    settings::Settings,
};
use billing::{BillingCycle, CostSeries, CycleDay};
use chrono::NaiveDate;
use rayon::prelude::*;

/// A question about many series.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    bills: &'a Bills,
    cutoffs: &'a [NaiveDate],
    cycles: &'a [Vec<BillingCycle>],
}

impl<'a> Question<'a> {
    /// For each series: the last day that is final, and the cycles asked for, the open one first.
    ///
    /// # Errors
    /// [`Error::UnequalQuestion`] when there is not one of each for every series.
    pub fn new(bills: &'a Bills, cutoffs: &'a [NaiveDate], cycles: &'a [Vec<BillingCycle>]) -> Result<Self> {
        if bills.len() != cutoffs.len() || bills.len() != cycles.len() {
            return Err(Error::UnequalQuestion {
                series: bills.len(),
                cutoffs: cutoffs.len(),
                cycles: cycles.len(),
            });
        }
        Ok(Self { bills, cutoffs, cycles })
    }
}

/// Forecasts the rest of cycles with one model.
///
/// Wrong when the coming days are unlike all earlier ones; see the candidates for how each fails.
#[derive(Clone, Debug)]
pub struct Engine {
    spec: ModelSpec,
    settings: Settings,
    candidates: Vec<Candidate>,
}

/// What is known about one bill on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// The bill as it was seen.
    pub bill: Bill<'a>,
    /// The level that is learnt from; differs from the seen one where late days were made whole.
    pub believed: CostSeries<'a>,
    /// The last day that is used as final.
    pub cutoff: NaiveDate,
    /// On which day cycles begin.
    pub rule: CycleDay,
}

/// Days between cycles are counted in such months when ranges widen.
const MONTH_DAYS: f64 = 30.0;
/// A range narrower than this share of its point has no width.
const NO_WIDTH: f64 = 1e-9;
/// Days of the short and of the long memory whose means tell how far a series has moved.
const MEMORIES: (usize, usize) = (7, 28);
/// Members below this weight are not listed.
const LEAST_LISTED_WEIGHT: f64 = 0.005;
/// Days in which missing ones are counted as a broken history.
const RECENT_DAYS: usize = 56;
/// A silence must be so much longer than every earlier one.
const SILENCE_FACTOR: f64 = 1.5;

/// How far a sum of `days` days may lie off where a series has moved of late: the difference of its
/// short and long means a day, and its scatter, which cancels as days add up.
fn unrest(values: &[f64], days: usize) -> f64 {
    let recent = |count: usize| -> Vec<f64> {
        values[values.len().saturating_sub(count)..].iter().copied().filter(|value| !value.is_nan()).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (short, long) = (recent(MEMORIES.0), recent(MEMORIES.1));
    let usual = mean(&long);
    let scatter = mean(&long.iter().map(|value| (value - usual).powi(2)).collect::<Vec<_>>()).sqrt();
    let days = days as f64;
    days * (mean(&short) - usual).abs() + days.sqrt() * scatter
}

impl Engine {
    /// An engine with the shipped settings.
    #[must_use]
    pub fn new(spec: ModelSpec) -> Self {
        Self::with_settings(spec, Settings::shipped())
    }

    /// An engine with settings of your own.
    #[must_use]
    pub fn with_settings(spec: ModelSpec, settings: Settings) -> Self {
        let candidates = match spec {
            ModelSpec::Default => settings.candidates().to_vec(),
            ModelSpec::Single(candidate) => vec![candidate],
        };
        Self { spec, settings, candidates }
    }

    /// What it forecasts with.
    #[must_use]
    pub fn spec(&self) -> ModelSpec {
        self.spec
    }

    /// The settings it reads.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A forecast for every series, in their order; the same on any number of threads.
    #[must_use]
    pub fn forecast(&self, question: &Question<'_>) -> Vec<SeriesForecast> {
        let knowns: Vec<Known<'_>> = (0..question.bills.len())
            .map(|index| {
                let bill = question.bills.get(index);
                let rule = question.cycles[index].first().map_or(CycleDay::FIRST, |cycle| rule_of(*cycle));
                Known { bill, believed: bill.level, cutoff: question.cutoffs[index], rule }
            })
            .collect();
        let tables: Vec<OriginTable> = knowns
            .par_iter()
            .zip(question.cycles)
            .map(|(known, cycles)| {
                let next = day_after(known.cutoff);
                let days: Vec<usize> = cycles
                    .iter()
                    .filter(|cycle| cycle.end() > next)
                    .map(|cycle| days_into(*cycle, next))
                    .collect();
                self.origins(known.believed.up_to(known.cutoff), known.rule, next, 0, &days)
            })
            .collect();
        let known_on: Vec<NaiveDate> = knowns.iter().map(|known| day_after(known.cutoff)).collect();
        let (pool, pasts) = self.learn(tables, &known_on);
        knowns
            .par_iter()
            .zip(question.cycles)
            .zip(&pasts)
            .map(|((known, cycles), past)| self.forecast_one(known, cycles, past, &pool))
            .collect()
    }

    /// The cuts of a series' cycles that end on or before `end`, at days near those asked for;
    /// `more_cycles` further back than the settings say.
    pub(crate) fn origins(
        &self,
        level: CostSeries<'_>,
        rule: CycleDay,
        end: NaiveDate,
        more_cycles: usize,
        days: &[usize],
    ) -> OriginTable {
        let near = |cut: usize| days.iter().any(|&day| cut.abs_diff(day) <= self.settings.origins.near_days);
        let cycles = self.settings.origins.cycles + more_cycles;
        OriginTable::build(level, rule, end, &self.candidates, &self.settings.origins, cycles, near)
    }

    /// Pools what was known on the day of each series.
    pub(crate) fn learn(&self, tables: Vec<OriginTable>, known_on: &[NaiveDate]) -> (Pool, Vec<Past>) {
        Pool::learn(tables, known_on, self.candidates.len(), &self.settings)
    }

    /// The forecast of one series, given its past and the pool.
    pub(crate) fn forecast_one(
        &self,
        known: &Known<'_>,
        cycles: &[BillingCycle],
        past: &Past,
        pool: &Pool,
    ) -> SeriesForecast {
        let believed = known.believed.up_to(known.cutoff);
        let history_days = believed.values.len() - believed.missing_days();
        let after_end = (known.cutoff - days_before(believed.end(), 1)).num_days().max(0) as usize;
        let missing_days = believed.missing_days() + if believed.values.is_empty() { 0 } else { after_end };
        let mut answer = SeriesForecast {
            status: Status::Ok,
            reason: None,
            model: self.spec.name().to_owned(),
            members: Vec::new(),
            history_days,
            missing_days,
            cycles: Vec::with_capacity(cycles.len()),
        };
        let history = History::new(believed, known.rule);
        let silence = silence_of(&believed, after_end, self.settings.status.silent_days);
        for &cycle in cycles {
            let forecast = if cycle.end() <= day_after(known.cutoff) {
                ended(known, cycle)
            } else {
                match (&history, silence) {
                    (Err(cause), _) => {
                        answer.reason = Some(cause.to_string());
                        CycleForecast::without(cycle, Status::Insufficient)
                    }
                    (_, Silence::Missing) => {
                        answer.reason = Some("no values of late: the series may have stopped".to_owned());
                        CycleForecast::without(cycle, Status::Stale)
                    }
                    (_, Silence::Zero) => {
                        answer.reason = Some("no cost for longer than ever before".to_owned());
                        stopped(known, cycle)
                    }
                    (Ok(history), Silence::None) => {
                        self.forecast_cycle(known, history, cycle, past, pool, &mut answer)
                    }
                }
            };
            answer.cycles.push(forecast);
        }
        answer.status = answer.cycles.first().map_or(Status::Closed, |cycle| cycle.status);
        answer
    }

    fn forecast_cycle(
        &self,
        known: &Known<'_>,
        history: &History<'_>,
        cycle: BillingCycle,
        past: &Past,
        pool: &Pool,
        answer: &mut SeriesForecast,
    ) -> CycleForecast {
        let settings = &self.settings;
        let next = day_after(known.cutoff);
        let first = next.max(cycle.start());
        let day = days_into(cycle, next);
        let pooled = pool.on(day);
        let own = OwnErrors::of(&past.table, day, next, settings);
        let weights = weights(self.candidates.len(), own.as_ref(), pooled.relative.as_deref(), settings);
        let fits = Fits::at(history, &self.candidates, first, cycle.last_day());
        if fits.all_failed() {
            answer.reason = Some("every candidate failed to fit".to_owned());
            return CycleForecast::without(cycle, Status::Failed);
        }
        if answer.members.is_empty() {
            answer.members = listed(&self.candidates, &weights);
        }

        // The scale of a mean day's error, wider the longer the gap before the cycle.
        let own_scale = OwnScale::of(&past.errors, day, next, settings);
        let gap_months = (cycle.start() - next).num_days().max(0) as f64 / MONTH_DAYS;
        let widening = (1.0 + settings.ranges.widening_per_cycle * gap_months).sqrt();
        let unit = history.range_unit();
        let scale = OwnScale::shrunk(own_scale, pooled.error_size, settings) * unit * widening;
        let errors = pooled.scaled_errors.max(own_scale.map_or(0, |own| own.count));
        let floor = if known.bill.has_negative(known.cutoff) { f64::NEG_INFINITY } else { 0.0 };
        let day_scale = scale.hypot(unit);

        let charges = expected_charges_of(known, cycle);
        let negative_level = known.bill.level.values.iter().any(|&value| value < 0.0);
        let mut level = made_whole(known, cycle);
        let days: Vec<NaiveDate> = first.iter_days().take_while(|&date| cycle.contains(date)).collect();
        let usual: Vec<f64> = days.iter().map(|date| fits.expected_on(*date, &weights)).collect();
        let shaped = shaped_by_weekday(&usual, weekday(first), history.robust_profile());
        let mut daily = Vec::with_capacity(days.len());
        for ((&date, usual), shaped) in days.iter().zip(usual).zip(shaped) {
            let seen = known.bill.level.value_on(date);
            let settled = |expected: f64| match seen {
                Some(seen) if !negative_level => expected.max(seen),
                _ => expected,
            };
            level += settled(usual) - seen.unwrap_or(0.0);
            let with_charges =
                settled(shaped) + charges.iter().filter(|(on, _)| *on == date).map(|(_, a)| a).sum::<f64>();
            // A weekday that costs less errs less.
            let size = history.robust_profile().divisor(weekday(date));
            let bounds = LAPLACE.map(|quantile| with_charges + quantile * day_scale * size);
            daily.push(DayForecast {
                date,
                expected: with_charges,
                is_settling: seen.is_some(),
                ranges: Ranges::around(with_charges, bounds, floor.min(with_charges)),
            });
        }
        let mut bounds = pooled.quantiles.map(|quantile| level + quantile * scale * daily.len() as f64);
        let mut errors = errors;
        let unrest = unrest(known.believed.up_to(known.cutoff).values, daily.len());
        if bounds[3] - bounds[0] < NO_WIDTH * level.abs() && unrest > NO_WIDTH * level.abs() {
            // A series that never erred and has just moved: past errors tell nothing of it.
            bounds = [-2.0, -1.0, 1.0, 2.0].map(|times| level + times * unrest);
            errors = 0;
        }
        let ranges = Ranges::around(level, bounds, floor.min(level));
        let charged: f64 = charges.iter().map(|(_, amount)| amount).sum();
        let forecast = CycleForecast {
            cycle,
            status: Status::Ok,
            remaining: Some(level),
            ranges: Some(ranges),
            daily,
            floor,
        };
        let mut forecast = forecast.recentred(level + charged);
        if let Some(why) = self.why_wide(known, cycle, answer, errors, history.typical_size()) {
            forecast.status = Status::Wide;
            answer.reason.get_or_insert(why);
        }
        forecast
    }

    fn why_wide(
        &self,
        known: &Known<'_>,
        cycle: BillingCycle,
        answer: &SeriesForecast,
        errors: usize,
        typical_size: f64,
    ) -> Option<String> {
        let rules = &self.settings.status;
        let values = known.believed.up_to(known.cutoff).values;
        let recent = &values[values.len().saturating_sub(RECENT_DAYS)..];
        let missing = recent.iter().filter(|value| value.is_nan()).count();
        let missing_here = cycle
            .days()
            .take_while(|&day| day <= known.cutoff)
            .filter(|&day| day >= known.believed.start && known.believed.value_on(day).is_none())
            .count();
        if answer.history_days < rules.short_days {
            Some(format!("{} days of history", answer.history_days))
        } else if missing_here > 0 {
            Some(format!("{missing_here} days of the cycle are missing"))
        } else if missing as f64 > rules.missing_share * recent.len() as f64 {
            Some(format!("{missing} of the last {} days are missing", recent.len()))
        } else if errors < self.settings.ranges.fewest_errors && typical_size > 0.0 {
            Some(format!("ranges from {errors} past errors"))
        } else {
            None
        }
    }
}

/// Whether, and how, a series fell silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Silence {
    None,
    /// It costs nothing any more.
    Zero,
    /// It has no values any more.
    Missing,
}

fn silence_of(series: &CostSeries<'_>, missing_at_end: usize, silent_days: usize) -> Silence {
    let values = series.values;
    let missing = missing_at_end + values.iter().rev().take_while(|value| value.is_nan()).count();
    if missing >= silent_days {
        return Silence::Missing;
    }
    let costs = |value: &f64| !value.is_nan() && *value != 0.0;
    let Some(last) = values.iter().rposition(costs) else { return Silence::None };
    let mut longest = 0;
    let mut gap = 0;
    for value in values[..last].iter().skip_while(|value| !costs(value)) {
        gap = if costs(value) { 0 } else { gap + 1 };
        longest = longest.max(gap);
    }
    let silent = values.len() - 1 - last;
    let is_new = silent as f64 > SILENCE_FACTOR * longest as f64;
    if silent >= silent_days && is_new { Silence::Zero } else { Silence::None }
}

/// Days' worth of cost by which a cycle that is over may still change until it is closed: corrections
/// and refunds of it come with later data, and what came so in the past cannot be told from the series.
const OPEN_DAYS: [f64; 4] = [-1.0, -0.5, 0.5, 1.0];

/// A cycle of which every day is final, though it may not be closed.
fn ended(known: &Known<'_>, cycle: BillingCycle) -> CycleForecast {
    let sizes: Vec<f64> = cycle.days().filter_map(|day| known.believed.value_on(day)).map(f64::abs).collect();
    let day = if sizes.is_empty() { 0.0 } else { sizes.iter().sum::<f64>() / sizes.len() as f64 };
    let floor = if known.bill.has_negative(known.cutoff) { f64::NEG_INFINITY } else { 0.0 };
    let ranges = Ranges::around(0.0, OPEN_DAYS.map(|days| days * day), floor);
    CycleForecast { ranges: Some(ranges), floor, ..CycleForecast::closed(cycle) }
}

/// A stopped series: nothing but its recurring charges is left.
fn stopped(known: &Known<'_>, cycle: BillingCycle) -> CycleForecast {
    let charged: f64 = expected_charges_of(known, cycle).iter().map(|(_, amount)| amount).sum();
    CycleForecast {
        remaining: Some(charged),
        ranges: Some(Ranges::exactly(charged)),
        ..CycleForecast::without(cycle, Status::Stale)
    }
}

fn expected_charges_of(known: &Known<'_>, cycle: BillingCycle) -> Vec<(NaiveDate, f64)> {
    known
        .bill
        .recurring
        .map(|recurring| expected_charges(&recurring, cycle, known.cutoff, known.rule))
        .unwrap_or_default()
}

/// What late days up to the cutoff still lack.
fn made_whole(known: &Known<'_>, cycle: BillingCycle) -> f64 {
    cycle
        .days()
        .take_while(|&day| day <= known.cutoff)
        .filter_map(|day| Some(known.believed.value_on(day)? - known.bill.level.value_on(day)?))
        .sum()
}

/// Days of the cycle that lie before `next`, 0 when it has not begun.
pub(crate) fn days_into(cycle: BillingCycle, next: NaiveDate) -> usize {
    (next - cycle.start()).num_days().max(0) as usize
}

fn listed(candidates: &[Candidate], weights: &[f64]) -> Vec<(String, f64)> {
    let mut members: Vec<(String, f64)> = candidates
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight >= LEAST_LISTED_WEIGHT)
        .map(|(candidate, weight)| (candidate.name().to_owned(), *weight))
        .collect();
    members.sort_by(|one, other| other.1.total_cmp(&one.1));
    members
}
