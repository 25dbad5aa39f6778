//! Rolling origins: what each candidate would have said in earlier cycles, and what came.
//!
//! An earlier cycle is cut after some of its days; every candidate is fitted to what lay before the
//! cut and its mean for the rest of the cycle is held against the true mean. An estimate knows
//! nothing after its cut, so one table of a series serves every later question about it. Wrong where
//! late days were not final at the time: earlier cuts are taken as if they had been.

use crate::{
    calendar::{cycles_before, days_before},
    candidates::{Candidate, FittedModel},
    history::{History, mean_of},
    profile::median,
    settings::OriginSettings,
};
use billing::{CostSeries, CycleDay};
use chrono::{Days, NaiveDate};

/// An estimate further from the candidates' median than this many typical days is drawn to there.
const LARGEST_DISTANCE: f64 = 3.0;

/// The candidates fitted at one origin; a day is their weighted mean, `Σ w_i f_i(d) ÷ Σ w_i`.
///
/// Wrong when all candidates err alike.
#[derive(Clone, Debug)]
pub struct Fits {
    /// A model each, `None` where the fit failed, and what is added to each of its days.
    models: Vec<Option<(FittedModel, f64)>>,
    /// Mean of the asked days each, `NaN` where the fit failed.
    pub means: Vec<f64>,
    not_negative: bool,
}

impl Fits {
    /// Fits the candidates and takes their means over the days from `first` to `last`.
    ///
    /// A day is never below zero where the history is not, and an estimate far from all others is
    /// drawn to within three typical days of their median.
    #[must_use]
    pub fn at(history: &History<'_>, candidates: &[Candidate], first: NaiveDate, last: NaiveDate) -> Self {
        let not_negative = !history.values().iter().any(|&value| value < 0.0);
        let days: Vec<NaiveDate> = first.iter_days().take_while(|&day| day <= last).collect();
        let mut models: Vec<_> = candidates
            .iter()
            .map(|candidate| candidate.fit_to(history).ok().map(|model| (model, 0.0)))
            .collect();
        let mean_over_days = |model: &FittedModel| {
            let sum: f64 = days.iter().map(|&day| floored(model.expected_on(day), not_negative)).sum();
            sum / days.len().max(1) as f64
        };
        let mut means: Vec<f64> = models
            .iter()
            .map(|model| model.as_ref().map_or(f64::NAN, |(model, _)| mean_over_days(model)))
            .collect();
        let mut known: Vec<f64> = means.iter().copied().filter(|mean| mean.is_finite()).collect();
        if let Some(middle) = median(&mut known) {
            let reach = LARGEST_DISTANCE * history.typical_size();
            for (mean, model) in means.iter_mut().zip(&mut models) {
                if let Some((_, shift)) = model {
                    let drawn = mean.clamp(middle - reach, middle + reach);
                    *shift = drawn - *mean;
                    *mean = drawn;
                }
            }
        }
        Self { models, means, not_negative }
    }

    /// Whether every fit failed.
    #[must_use]
    pub fn all_failed(&self) -> bool {
        self.models.iter().all(Option::is_none)
    }

    /// The weighted expectation for a day; failed fits are left out.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate, weights: &[f64]) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (model, &weight) in self.models.iter().zip(weights) {
            if let Some((model, shift)) = model
                && weight > 0.0
            {
                let drawn = floored(model.expected_on(day), self.not_negative) + shift;
                sum += weight * floored(drawn, self.not_negative);
                total += weight;
            }
        }
        let mixed = if total > 0.0 { sum / total } else { 0.0 };
        floored(mixed, self.not_negative)
    }
}

fn floored(value: f64, not_negative: bool) -> f64 {
    if not_negative { value.max(0.0) } else { value }
}

/// One cut of an earlier cycle.
///
/// Wrong when late days of that cycle were not final at its cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The day after the cut, on which the estimates could have been made.
    pub made_on: NaiveDate,
    /// Day after the cycle's last: from here on the truth was known.
    pub known_from: NaiveDate,
    /// After which day of the cycle it was cut.
    pub day: usize,
    /// Size of a typical day, the unit of errors.
    pub unit: f64,
    /// The unit of ranges.
    pub range_unit: f64,
    /// True mean of the rest.
    pub actual: f64,
    /// Each candidate's mean of the rest.
    pub estimates: Vec<f64>,
}

/// The cuts of a series' earlier cycles, oldest cycle first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OriginTable {
    cycles: Vec<Vec<Origin>>,
}

impl OriginTable {
    /// Cuts the complete cycles that end on or before `end`, after those days of the cycle that
    /// `wanted` holds for.
    #[must_use]
    pub fn build(
        series: CostSeries<'_>,
        rule: CycleDay,
        end: NaiveDate,
        candidates: &[Candidate],
        settings: &OriginSettings,
        cycles: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let first = days_before(series.start, 0);
        let mut table: Vec<Vec<Origin>> = cycles_before(end, first, rule, cycles)
            .map(|cycle| {
                let cut_at = |&day: &usize| {
                    let next = cycle.start() + Days::new(day as u64);
                    let known = series.up_to(days_before(next, 1));
                    if next >= cycle.end() || known.values.len() < settings.history_days {
                        return None;
                    }
                    let rest = series.up_to(cycle.last_day()).values.get(known.values.len()..)?;
                    let present = rest.iter().filter(|value| !value.is_nan()).count();
                    if 2 * present < (cycle.end() - next).num_days() as usize {
                        return None;
                    }
                    let history = History::new(known, rule).ok()?;
                    let unit = history.typical_size();
                    (unit > 0.0).then_some(())?;
                    let fits = Fits::at(&history, candidates, next, cycle.last_day());
                    Some(Origin {
                        made_on: next,
                        known_from: cycle.end(),
                        day,
                        unit,
                        range_unit: history.range_unit(),
                        actual: mean_of(rest)?,
                        estimates: fits.means,
                    })
                };
                settings.days_of_cycle.iter().filter(|&&day| wanted(day)).filter_map(cut_at).collect()
            })
            .collect();
        table.reverse();
        Self { cycles: table }
    }

    /// The cuts of cycles whose truth was known on `day`, newest cycle first.
    pub fn known_on(&self, day: NaiveDate) -> impl Iterator<Item = &[Origin]> {
        self.cycles
            .iter()
            .rev()
            .filter(move |cycle| cycle.first().is_some_and(|origin| origin.known_from <= day))
            .map(Vec::as_slice)
    }

    /// Every cut, oldest cycle first.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.cycles.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        settings::Settings,
        test_series::{date, set_of},
    };

    fn table_of(values: &[f64], candidates: &[Candidate]) -> OriginTable {
        let set = set_of(&[("a", "2026-01-01", values)]);
        let end = set.get(0).end();
        let settings = Settings::shipped().origins;
        OriginTable::build(set.get(0), CycleDay::FIRST, end, candidates, &settings, 9, |day| day == 10)
    }

    #[test]
    fn an_estimate_is_held_against_the_mean_of_the_rest() {
        // March: ten days at 1, the other 21 at 3. The run rate says 1.
        let values: Vec<f64> = [1.0; 69].into_iter().chain([3.0; 21]).collect();
        let table = table_of(&values, &[Candidate::RunRate]);
        let march = table.iter().last().unwrap();
        assert_eq!((march.known_from, march.day), (date("2026-04-01"), 10));
        assert_eq!((march.actual, march.estimates[0], march.unit), (3.0, 1.0, 1.0));
        // January's cut has ten days before it, too few; April is not complete.
        assert_eq!(table.iter().count(), 2);
        assert_eq!(table.known_on(date("2026-03-31")).count(), 1);
    }

    #[test]
    fn later_values_do_not_change_an_earlier_estimate() {
        let long: Vec<f64> = (0..120).map(|day| f64::from(day % 11)).collect();
        let mut changed = long.clone();
        changed[70..].fill(99.0);
        let before = table_of(&long, &Candidate::ALL);
        let after = table_of(&changed, &Candidate::ALL);
        let (one, other) = (before.iter().next().unwrap(), after.iter().next().unwrap());
        assert_eq!((one.known_from, one), (date("2026-03-01"), other));
    }

    #[test]
    fn a_wild_estimate_is_drawn_to_the_others() {
        // Four days at 1, then a day of 2: one candidate far off cannot leave three typical days.
        let set = set_of(&[("a", "2026-01-01", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 100.0])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let fits = Fits::at(&history, &Candidate::ALL, date("2026-01-09"), date("2026-01-31"));
        let mut means = fits.means.clone();
        let middle = median(&mut means).unwrap();
        let reach = 3.0 * history.typical_size() + 1e-9;
        assert!(fits.means.iter().all(|mean| (mean - middle).abs() <= reach));
    }
}
