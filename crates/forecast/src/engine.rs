//! The engine: candidates, ensemble and quantiles behind one interface.
//!
//! A better method replaces what is called from here; the question and the answer stay. The question
//! holds many series at once. Each is answered from its own past and from the model's prior alone, so
//! that neither the other series nor the number of threads change an answer.

use crate::{
    Components, Error, Result,
    calendar::{day_after, days_before, days_into, rule_of},
    candidates::{Candidate, ModelSpec},
    cycle_forecast::{CycleQuestion, DAYS_AFTER, forecast_cycle, over, stopped},
    cycle_total::{CycleForecast, SeriesForecast, Status},
    ensemble::{Layered, Past, WEIGHTS_SHARE},
    history::History,
    layer_names::LAYERS,
    missing_days::MissingDays,
    model_file::Model,
    origins::OriginTable,
    reliability::{Silence, silence_of},
    series_cache::SeriesCache,
    series_view::SeriesView,
};
use billing::{BillingCycle, CostSeries, CycleDay};
use chrono::{Days, NaiveDate};
use rayon::prelude::*;
use std::sync::Arc;

/// A question about many series.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    series: &'a Components,
    cutoffs: &'a [NaiveDate],
    cycles: &'a [Vec<BillingCycle>],
}

impl<'a> Question<'a> {
    /// For each series: the last day that is final (all days up to it are believed), and the cycles
    /// asked for, the open one first.
    ///
    /// # Errors
    /// [`Error::UnequalQuestion`] when there is not one of each for every series.
    pub fn new(
        series: &'a Components,
        cutoffs: &'a [NaiveDate],
        cycles: &'a [Vec<BillingCycle>],
    ) -> Result<Self> {
        if series.len() != cutoffs.len() || series.len() != cycles.len() {
            return Err(Error::UnequalQuestion {
                series: series.len(),
                cutoffs: cutoffs.len(),
                cycles: cycles.len(),
            });
        }
        Ok(Self { series, cutoffs, cycles })
    }
}

/// Forecasts the rest of cycles with one model.
///
/// Wrong when the coming days are unlike all earlier ones; see the candidates for how each fails.
#[derive(Clone, Debug)]
pub struct Engine {
    spec: ModelSpec,
    model: Arc<Model>,
    candidates: Vec<Candidate>,
}

/// Members below this weight are not listed.
const LEAST_LISTED_WEIGHT: f64 = 0.005;

impl Engine {
    /// An engine with the shipped model.
    #[must_use]
    pub fn new(spec: ModelSpec) -> Self {
        Self::with_model(spec, Model::shipped())
    }

    /// An engine with a model of your own.
    #[must_use]
    pub fn with_model(spec: ModelSpec, model: impl Into<Arc<Model>>) -> Self {
        let model = model.into();
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
        (0..question.series.len())
            .into_par_iter()
            .map(|index| {
                let (components, cycles) = (question.series.get(index), &question.cycles[index]);
                let rule = cycles.first().map_or(CycleDay::FIRST, |cycle| rule_of(*cycle));
                let cutoff = question.cutoffs[index];
                let view = SeriesView { components, believed: components.level, cutoff, rule };
                let days: Vec<usize> = cycles.iter().flat_map(|cycle| error_days(&view, *cycle)).collect();
                let past = self.past(view.believed.up_to(cutoff), rule, day_after(cutoff), 0, &days);
                self.forecast_one(&view, cycles, &past)
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
        view: &SeriesView<'_>,
        cycles: &[BillingCycle],
        past: &Past,
    ) -> SeriesForecast {
        let believed = view.believed.up_to(view.cutoff);
        let history_days = believed.values.len() - believed.missing_days();
        let after_end = (view.cutoff - days_before(believed.end(), 1)).num_days().max(0) as usize;
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
        let next = day_after(view.cutoff);
        let last = cycles.iter().map(|cycle| cycle.end()).max().unwrap_or(view.cutoff);
        let last = last.max(next + Days::new(DAYS_AFTER as u64));
        let ahead = (last - believed.end()).num_days().max(0) as usize + 1;
        let cache = SeriesCache::new(believed, view.rule, ahead, |_, days| vec![days - 1]);
        let history = cache.as_ref().map(|cache| History::at(cache, 0));
        let silence = silence_of(&believed, after_end, self.model.status.silent_days);
        for &cycle in cycles {
            let is_over = cycle.end() <= next;
            let forecast = match (&history, silence) {
                (Some(history), Silence::None)
                    if !is_over
                        || !MissingDays::of(&view.components, view.believed, cycle, view.cutoff)
                            .is_empty() =>
                {
                    let question = CycleQuestion {
                        view,
                        history,
                        past,
                        spec: self.spec,
                        model: &self.model,
                        candidates: &self.candidates,
                    };
                    let found = forecast_cycle(&question, cycle);
                    if let Some(layered) = found.layered.filter(|_| answer.members.is_empty()) {
                        answer.members = self.listed(&layered);
                    }
                    answer.reason = match found.forecast.status {
                        Status::Failed => found.reason,
                        _ => answer.reason.or(found.reason),
                    };
                    found.forecast
                }
                _ if is_over => over(view, cycle),
                (None, _) => {
                    let cutoff = days_before(believed.end(), 1).max(view.cutoff);
                    answer.reason = Some(Error::NoValues { cutoff }.to_string());
                    CycleForecast::without(cycle, Status::Insufficient)
                }
                (_, Silence::Missing) => {
                    answer.reason = Some("no recent values: the series may have stopped".to_owned());
                    CycleForecast::without(cycle, Status::Stale)
                }
                (_, Silence::Zero | Silence::None) => {
                    answer.reason = Some("no cost for longer than ever before".to_owned());
                    stopped(view, cycle)
                }
            };
            answer.cycles.push(forecast);
        }
        answer.status = answer.cycles.first().map_or(Status::Closed, |cycle| cycle.status);
        answer
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
}

/// After which days of a cycle past errors are needed to forecast it; none where every day of it is known.
pub(crate) fn error_days(view: &SeriesView<'_>, cycle: BillingCycle) -> Vec<usize> {
    let next = day_after(view.cutoff);
    let missing = MissingDays::of(&view.components, view.believed, cycle, view.cutoff);
    let is_over = cycle.end() <= next;
    let left = (cycle.end() - next.max(cycle.start())).num_days().max(0) as usize;
    let day = days_into(cycle, next).min(cycle.len_days());
    match (missing.is_empty(), is_over) {
        (true, true) => Vec::new(),
        (true, false) => vec![day],
        (false, true) => vec![missing.equivalent_day(cycle, 0)],
        (false, false) => vec![day, missing.equivalent_day(cycle, left)],
    }
}
