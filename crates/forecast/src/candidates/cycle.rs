//! What earlier cycles say about the rest of this one.
//!
//! - run rate: mean of the open cycle so far;
//! - last cycle: the same day of the cycle before;
//! - shape: run rate × geometric mean over six cycles of (mean rest ÷ mean so far), each in 0.2 to 5;
//! - addition: run rate + median over six cycles of (mean rest − mean so far);
//! - cycle days: level × weekday, plus what single days of the cycle cost beyond it.
//!
//! Wrong in a cycle unlike the earlier ones, and the first days of a cycle make a poor "so far".

use crate::{
    calendar::{cycles_before, day_of_cycle, days_before, weekday},
    candidates::level::Level,
    history::{History, mean_of},
    profile::median,
};
use billing::{BillingCycle, CycleDay};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// How many earlier cycles are compared.
const CYCLES: usize = 6;
/// Bounds of a ratio between the rest and the part so far.
const RATIO_BOUNDS: (f64, f64) = (0.2, 5.0);

/// One value a day for the rest of the open cycle, a plain level after it.
///
/// Wrong when the rest of the cycle is uneven: only its sum is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestOfCycle {
    value: f64,
    end: NaiveDate,
    beyond: Level,
}

impl RestOfCycle {
    /// Mean of the open cycle so far; of the last four weeks on its first day.
    #[must_use]
    pub fn run_rate(history: &History<'_>) -> Self {
        Self::new(history, run_rate_of(history).unwrap_or(history.recent_mean()))
    }

    /// The run rate times how earlier cycles went on after this day.
    #[must_use]
    pub fn shape(history: &History<'_>) -> Self {
        let Some(run_rate) = run_rate_of(history) else { return Self::plain(history) };
        let logs: Vec<f64> = earlier_parts(history)
            .filter(|(so_far, rest)| so_far * rest > 0.0)
            .map(|(so_far, rest)| (rest / so_far).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1).ln())
            .collect();
        Self::new(history, run_rate * mean_of(&logs).unwrap_or(0.0).exp())
    }

    /// The run rate plus how much more earlier cycles cost a day after this day.
    #[must_use]
    pub fn addition(history: &History<'_>) -> Self {
        let Some(run_rate) = run_rate_of(history) else { return Self::plain(history) };
        let mut more: Vec<f64> = earlier_parts(history).map(|(so_far, rest)| rest - so_far).collect();
        Self::new(history, run_rate + median(&mut more).unwrap_or(0.0))
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        if day < self.end { self.value } else { self.beyond.expected_on(day) }
    }

    fn new(history: &History<'_>, value: f64) -> Self {
        Self { value, end: open_cycle(history).end(), beyond: Level::of_mean(history, 28) }
    }

    /// Without a part so far there is nothing to compare.
    fn plain(history: &History<'_>) -> Self {
        Self::new(history, history.mean_level(28))
    }
}

/// The days of the last complete cycle, repeated by their place; a level where there is none.
///
/// Wrong when the level has moved since.
#[derive(Clone, Debug, PartialEq)]
pub struct LastCycle {
    days: Vec<f64>,
    rule: CycleDay,
    otherwise: Level,
}

impl LastCycle {
    /// Remembers the last complete cycle.
    #[must_use]
    pub fn fit(history: &History<'_>) -> Self {
        let last = open_cycle(history).previous(history.rule());
        let days = last.days().map(|day| history.value_on(day).unwrap_or(f64::NAN)).collect();
        Self { days, rule: history.rule(), otherwise: Level::of_mean(history, 28) }
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        let place = day_of_cycle(day, self.rule).min(self.days.len());
        let value = self.days[place - 1];
        if value.is_nan() { self.otherwise.expected_on(day) } else { value }
    }
}

/// A level with weekdays, plus the extra cost of single days of the cycle.
///
/// For each place in the cycle the median over six cycles of `cost − level · profile`; places count
/// from the end in the last three days. Kept where it is more than four times the usual deviation
/// and known from three cycles. Wrong when a charge moves to another day.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleDays {
    base: Level,
    extra: BTreeMap<i64, f64>,
    rule: CycleDay,
}

/// An extra cost must be this many times the usual deviation.
const EXTRA_FACTOR: f64 = 4.0;
/// And it must be known from so many cycles.
const EXTRA_CYCLES: usize = 3;

impl CycleDays {
    /// Finds the days that cost more, or less, than their weekday.
    #[must_use]
    pub fn fit(history: &History<'_>) -> Self {
        let profile = *history.robust_profile();
        let base = Level::of_median(history, 28);
        let mut deviations: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        let end = open_cycle(history).start();
        for cycle in cycles_before(end, history.start(), history.rule(), CYCLES) {
            let known = || cycle.days().filter_map(|day| history.value_on(day).map(|value| (day, value)));
            let mut levels: Vec<f64> =
                known().map(|(day, value)| value / profile.divisor(weekday(day))).collect();
            let Some(level) = median(&mut levels) else { continue };
            for (day, value) in known() {
                deviations
                    .entry(place_of(day, cycle))
                    .or_default()
                    .push(value - level * profile.factor(weekday(day)));
            }
        }
        let mut sizes: Vec<f64> = deviations.values().flatten().map(|value| value.abs()).collect();
        let usual = median(&mut sizes).unwrap_or(0.0).max(1e-9 * history.typical_size());
        let extra = deviations
            .into_iter()
            .filter(|(_, values)| values.len() >= EXTRA_CYCLES)
            .filter_map(|(place, mut values)| Some((place, median(&mut values)?)))
            .filter(|(_, extra)| extra.abs() > EXTRA_FACTOR * usual)
            .collect();
        Self { base, extra, rule: history.rule() }
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        let place = place_of(day, BillingCycle::containing(day, self.rule));
        self.base.expected_on(day) + self.extra.get(&place).copied().unwrap_or(0.0)
    }
}

/// Place from the start, or negative from the end for the last three days.
fn place_of(day: NaiveDate, cycle: BillingCycle) -> i64 {
    let to_end = (cycle.end() - day).num_days();
    if to_end <= 3 { -to_end } else { (day - cycle.start()).num_days() }
}

/// The cycle of the day after the origin.
fn open_cycle(history: &History<'_>) -> BillingCycle {
    BillingCycle::containing(history.origin() + Days::new(1), history.rule())
}

fn run_rate_of(history: &History<'_>) -> Option<f64> {
    mean_of(history.last(history.days_into_cycle()))
}

/// Means of the part so far and of the rest in earlier cycles, cut at the same day of the cycle.
fn earlier_parts<'a>(history: &'a History<'_>) -> impl Iterator<Item = (f64, f64)> + 'a {
    let days = history.days_into_cycle();
    cycles_before(open_cycle(history).start(), history.start(), history.rule(), CYCLES).filter_map(
        move |cycle| {
            let cut = days_before(cycle.start() + Days::new(days as u64), 0).min(cycle.last_day());
            let so_far = mean_of(history.between(cycle.start(), cut))?;
            Some((so_far, mean_of(history.between(cut, cycle.end()))?))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};

    /// January to March 2026, 1 a day in the first ten days of a month and 3 after, then ten days of
    /// April at 2.
    fn uneven() -> Vec<f64> {
        let month = |days: usize| (1..=days).map(|day| if day <= 10 { 1.0 } else { 3.0 });
        month(31).chain(month(28)).chain(month(31)).chain([2.0; 10]).collect()
    }

    #[test]
    fn the_rest_follows_the_shape_of_earlier_cycles() {
        let set = set_of(&[("a", "2026-01-01", &uneven())]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        let day = date("2026-04-20");
        assert_eq!(RestOfCycle::run_rate(&history).expected_on(day), 2.0);
        assert!((RestOfCycle::shape(&history).expected_on(day) - 6.0).abs() < 1e-9);
        assert!((RestOfCycle::addition(&history).expected_on(day) - 4.0).abs() < 1e-9);
        assert_eq!(LastCycle::fit(&history).expected_on(day), 3.0);
        assert_eq!(LastCycle::fit(&history).expected_on(date("2026-05-03")), 1.0);
    }

    #[test]
    fn without_a_day_of_the_open_cycle_the_last_weeks_speak() {
        let set = set_of(&[("a", "2026-03-01", &[5.0; 31])]);
        let history = History::new(set.get(0), CycleDay::FIRST).unwrap();
        for rest in
            [RestOfCycle::run_rate(&history), RestOfCycle::shape(&history), RestOfCycle::addition(&history)]
        {
            assert!((rest.expected_on(date("2026-04-20")) - 5.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_charge_on_a_day_of_the_cycle_comes_again_on_it() {
        // January to April 2026, 10 a day and 100 more on the 5th and on each last day.
        let start = date("2026-01-01");
        let values: Vec<f64> = start
            .iter_days()
            .take(120)
            .map(|day| {
                let cycle = BillingCycle::containing(day, CycleDay::FIRST);
                let special = day == cycle.last_day() || day_of_cycle(day, CycleDay::FIRST) == 5;
                if special { 110.0 } else { 10.0 }
            })
            .collect();
        let set = set_of(&[("a", "2026-01-01", &values)]);
        let fitted = CycleDays::fit(&History::new(set.get(0), CycleDay::FIRST).unwrap());
        assert!((fitted.expected_on(date("2026-05-05")) - 110.0).abs() < 1.0);
        assert!((fitted.expected_on(date("2026-05-31")) - 110.0).abs() < 1.0);
        assert!((fitted.expected_on(date("2026-05-20")) - 10.0).abs() < 1.0);
    }
}
