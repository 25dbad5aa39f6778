//! The engine: candidates, layers and ranges behind one seam.
//!
//! A better way to forecast replaces what is called from here; the question and the answer stay. The
//! question holds many series at once; each is answered from its own past and from the model's prior
//! alone, so that neither the others nor the number of threads change an answer.

use crate::{
    Bills, Error, Result,
    bills::Bill,
    calendar::{day_after, days_before, rule_of},
    candidates::{Candidate, ModelSpec, cycle::ExtraDays},
    cycle_total::{CycleForecast, DayForecast, SeriesForecast, Status},
    history::{History, Rest},
    layers::{LAYERS, Layered, Past, WEIGHTS_SHARE},
    model::Model,
    origins::{Origin, OriginTable},
    ranges::{LAPLACE, OwnScale, Ranges, bounds},
    recurring::expected_charges,
    track::Track,
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
    /// For each series: the last day that is final (all days up to it are believed), and the cycles
    /// asked for, the open one first.
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
    model: Model,
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
/// Days whose median is the level of a daily path.
const PATH_DAYS: usize = 28;
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
    /// An engine with the shipped model.
    #[must_use]
    pub fn new(spec: ModelSpec) -> Self {
        Self::with_model(spec, Model::shipped())
    }

    /// An engine with a model of your own.
    #[must_use]
    pub fn with_model(spec: ModelSpec, model: Model) -> Self {
        let candidates = match spec {
            ModelSpec::Default | ModelSpec::Pooled | ModelSpec::Weights => model.candidates().to_vec(),
            ModelSpec::Single(candidate) => vec![candidate],
        };
        Self { spec, model, candidates }
    }

    /// What it forecasts with.
    #[must_use]
    pub fn spec(&self) -> ModelSpec {
        self.spec
    }

    /// The model it reads.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The name that forecasts bear: the model's own where all its layers are mixed.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.spec == ModelSpec::Default { &self.model.name } else { self.spec.name() }
    }

    /// A forecast for every series, in their order; the same on any number of threads.
    #[must_use]
    pub fn forecast(&self, question: &Question<'_>) -> Vec<SeriesForecast> {
        (0..question.bills.len())
            .into_par_iter()
            .map(|index| {
                let (bill, cycles) = (question.bills.get(index), &question.cycles[index]);
                let rule = cycles.first().map_or(CycleDay::FIRST, |cycle| rule_of(*cycle));
                let known = Known { bill, believed: bill.level, cutoff: question.cutoffs[index], rule };
                let next = day_after(known.cutoff);
                let days: Vec<usize> = cycles
                    .iter()
                    .filter(|cycle| cycle.end() > next)
                    .map(|cycle| days_into(*cycle, next))
                    .collect();
                let past = self.past(known.believed.up_to(known.cutoff), rule, next, 0, &days);
                self.forecast_one(&known, cycles, &past)
            })
            .collect()
    }

    /// What the layers would have said in a series' cycles that end on or before `end`, cut at days
    /// near those asked for; `more_cycles` further back than the model says.
    pub(crate) fn past(
        &self,
        level: CostSeries<'_>,
        rule: CycleDay,
        end: NaiveDate,
        more_cycles: usize,
        days: &[usize],
    ) -> Past {
        if days.is_empty() {
            return Past::default();
        }
        let rules = &self.model.origins;
        let near = |cut: usize| days.iter().any(|&day| cut.abs_diff(day) <= rules.near_days);
        let cycles = rules.cycles + more_cycles;
        let table = OriginTable::build(level, rule, end, &self.candidates, rules, cycles, near);
        Past::new(table, self.candidates.len(), self.spec, &self.model)
    }

    /// The forecast of one series, given its past.
    pub(crate) fn forecast_one(
        &self,
        known: &Known<'_>,
        cycles: &[BillingCycle],
        past: &Past,
    ) -> SeriesForecast {
        let believed = known.believed.up_to(known.cutoff);
        let history_days = believed.values.len() - believed.missing_days();
        let after_end = (known.cutoff - days_before(believed.end(), 1)).num_days().max(0) as usize;
        let missing_days = believed.missing_days() + if believed.values.is_empty() { 0 } else { after_end };
        let mut answer = SeriesForecast {
            status: Status::Ok,
            reason: None,
            model: self.name().to_owned(),
            members: Vec::new(),
            history_days,
            missing_days,
            cycles: Vec::with_capacity(cycles.len()),
        };
        let last = cycles.iter().map(|cycle| cycle.end()).max().unwrap_or(known.cutoff);
        let ahead = (last - believed.end()).num_days().max(0) as usize + 1;
        let track = Track::new(believed, known.rule, ahead, |_, days| vec![days - 1]);
        let history = track.as_ref().map(|track| History::at(track, 0));
        let silence = silence_of(&believed, after_end, self.model.status.silent_days);
        for &cycle in cycles {
            let forecast = if cycle.end() <= day_after(known.cutoff) {
                ended(known, cycle)
            } else {
                match (&history, silence) {
                    (None, _) => {
                        let cutoff = days_before(believed.end(), 1).max(known.cutoff);
                        answer.reason = Some(Error::NoValues { cutoff }.to_string());
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
                    (Some(history), Silence::None) => {
                        self.forecast_cycle(known, history, cycle, past, &mut answer)
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
        answer: &mut SeriesForecast,
    ) -> CycleForecast {
        let model = &self.model;
        let next = day_after(known.cutoff);
        let first = next.max(cycle.start());
        let day = days_into(cycle, next);
        let number = |date: NaiveDate| (date - history.track().timeline().start()).num_days().max(0) as usize;
        let rest = Rest::new(history.track(), number(first), number(cycle.end()));
        let mut origin = Origin::at(history, &rest, &self.candidates);
        (origin.day, origin.made_on) = (day, next);
        if origin.estimates.means.iter().all(|mean| mean.is_nan()) {
            answer.reason = Some("every candidate failed to fit".to_owned());
            return CycleForecast::without(cycle, Status::Failed);
        }
        // The pooled model was taught the rest of the open cycle only.
        let is_later = cycle.start() > next;
        let spec = if is_later && !matches!(self.spec, ModelSpec::Single(_)) {
            ModelSpec::Weights
        } else {
            self.spec
        };
        let layered = past.layered(&origin, self.candidates.len(), spec, model);
        if answer.members.is_empty() {
            answer.members = self.listed(&layered);
        }

        // The scale of a mean day's error, wider the longer the gap before the cycle.
        let own_scale = OwnScale::of(&past.errors, day, next, model);
        let gap_months = (cycle.start() - next).num_days().max(0) as f64 / MONTH_DAYS;
        let widening = (1.0 + model.ranges.widening_per_cycle * gap_months).sqrt();
        let unit = origin.range_unit;
        let taught = model.prior.as_ref().map(|prior| prior.on(day).error_size);
        // What was taught of short histories is of ten days and more.
        let known_days = answer.history_days.max(1) as f64;
        let sparse = if own_scale.is_some() {
            1.0
        } else {
            (model.status.short_days as f64 / known_days).sqrt().max(1.0)
        };
        let scale = OwnScale::shrunk(own_scale, taught, model) * unit * widening * sparse;
        // A credit among the days that are not settled yet counts too.
        let negative_level = known.bill.level.values.iter().any(|&value| value < 0.0);
        let has_negative = negative_level || known.bill.has_negative(known.cutoff);
        let floor = if has_negative { f64::NEG_INFINITY } else { 0.0 };
        let day_scale = scale.hypot(unit);

        let charges = expected_charges_of(known, cycle);
        let mut level = made_whole(known, cycle);
        let path = day_path(history, &rest, layered.mean);
        let mut daily = Vec::with_capacity(path.len());
        for (date, expected) in first.iter_days().zip(path) {
            let seen = known.bill.level.value_on(date);
            let settled = match seen {
                Some(seen) if !negative_level => expected.max(seen),
                _ => expected,
            };
            level += settled - seen.unwrap_or(0.0);
            let with_charges =
                settled + charges.iter().filter(|(on, _)| *on == date).map(|(_, amount)| amount).sum::<f64>();
            // A weekday that costs less errs less.
            let size = history.robust_profile().divisor(history.weekday(number(date)));
            let bounds = LAPLACE.map(|quantile| with_charges + quantile * day_scale * size);
            daily.push(DayForecast {
                date,
                expected: with_charges,
                is_settling: seen.is_some(),
                ranges: Ranges::around(with_charges, bounds, floor.min(with_charges)),
            });
        }
        let quantiles = bounds(model, day, own_scale.is_none(), &layered.features);
        let mut bounds = quantiles.map(|quantile| level + quantile * scale * daily.len() as f64);
        let mut has_past = own_scale.is_some();
        let unrest = unrest(known.believed.up_to(known.cutoff).values, daily.len());
        if bounds[3] - bounds[0] < NO_WIDTH * level.abs() && unrest > NO_WIDTH * level.abs() {
            // A series that never erred and has just moved: past errors tell nothing of it.
            bounds = [-2.0, -1.0, 1.0, 2.0].map(|times| level + times * unrest);
            has_past = false;
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
        if let Some(why) = self.why_wide(known, cycle, answer, has_past, history.typical_size()) {
            forecast.status = Status::Wide;
            answer.reason.get_or_insert(why);
        }
        forecast
    }

    /// Candidates and other layers that count, with their weights.
    fn listed(&self, layered: &Layered) -> Vec<(String, f64)> {
        let layer = |name: &str| {
            let place = LAYERS.iter().position(|layer| *layer == name);
            place.and_then(|place| layered.layer_weights.get(place)).copied()
        };
        let (pooled, own, both, base) = match (self.spec, layer("pooled_and_weights")) {
            (ModelSpec::Pooled, _) if !layered.features.is_empty() => (1.0, 0.0, 0.0, 0.0),
            (ModelSpec::Default, Some(both)) => (
                layer("pooled").unwrap_or(0.0),
                layer("weights").unwrap_or(0.0),
                both,
                layer("base").unwrap_or(0.0),
            ),
            _ => (0.0, 1.0, 0.0, 0.0),
        };
        let mut members = vec![
            ("pooled".to_owned(), pooled + both / 2.0),
            ("median".to_owned(), (1.0 - WEIGHTS_SHARE) * base),
        ];
        let of_candidates = own + both / 2.0 + WEIGHTS_SHARE * base;
        members.extend(
            self.candidates
                .iter()
                .zip(&layered.weights)
                .map(|(candidate, weight)| (candidate.name().to_owned(), weight * of_candidates)),
        );
        members.retain(|(_, weight)| *weight >= LEAST_LISTED_WEIGHT);
        members.sort_by(|one, other| other.1.total_cmp(&one.1));
        members
    }

    fn why_wide(
        &self,
        known: &Known<'_>,
        cycle: BillingCycle,
        answer: &SeriesForecast,
        has_past: bool,
        typical_size: f64,
    ) -> Option<String> {
        let rules = &self.model.status;
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
        } else if !has_past && typical_size > 0.0 {
            Some("no complete cycle to learn errors from".to_owned())
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

/// The days of the rest with this mean: level, weekday and the extra cost of single days of the cycle,
/// drawn to the mean in proportion, or by the same amount a day where that has no meaning.
fn day_path(history: &History<'_>, rest: &Rest, mean: f64) -> Vec<f64> {
    let (level, profile) = (history.median_level(PATH_DAYS), history.robust_profile());
    let extra = ExtraDays::find(history);
    // A day costs nothing at least, where none ever cost less.
    let floor = if history.track().has_negative(history.end()) { f64::NEG_INFINITY } else { 0.0 };
    let mut path: Vec<f64> = (rest.first..rest.end)
        .map(|day| (level * profile.factor(history.weekday(day)) + extra.on(history, day)).max(floor))
        .collect();
    let days = path.len().max(1) as f64;
    let own_mean = path.iter().sum::<f64>() / days;
    let has_shape = own_mean > NO_WIDTH * mean.abs().max(f64::MIN_POSITIVE / f64::EPSILON);
    if has_shape && mean >= 0.0 && path.iter().all(|day| *day >= 0.0) {
        path.iter_mut().for_each(|day| *day *= mean / own_mean);
    } else if floor < 0.0 {
        path.iter_mut().for_each(|day| *day += mean - own_mean);
    } else {
        path.fill(mean);
    }
    // Rounding in the proportion must not cost a cent of a large sum.
    let off = mean - path.iter().sum::<f64>() / days;
    path.iter_mut().for_each(|day| *day = (*day + off).max(floor));
    path
}
