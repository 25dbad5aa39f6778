//! Ridge regression of daily costs on named columns, with memory that fades and little regard for
//! outliers.
//!
//! Over at most 200 days, row weights `½^(age / half-life)`, three rounds in which a residual beyond 1.5
//! robust deviations counts less (Huber). Knows the first and last days of a cycle. Wrong when the
//! level jumps, until the half-life has passed.

use crate::{
    Result,
    features::{self, COLUMNS, ColumnKind},
    history::History,
    linear::{Design, FittedRidge},
    profile::median,
};
use billing::CycleDay;
use chrono::{Days, NaiveDate};

/// Penalties by kind of column, and how fast the past fades.
///
/// | parameter | purpose | range |
/// |---|---|---|
/// | `half_life_days` | age at which a day counts half | > 0 |
/// | `weekday`, `trend`, `cycle` | λ of these columns, against rows of weight 1 | ≥ 0 |
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RidgeParameters {
    /// Age at which a day counts half.
    pub half_life_days: f64,
    /// λ of the weekdays.
    pub weekday: f64,
    /// λ of the damped trend.
    pub trend: f64,
    /// λ of the places in the cycle.
    pub cycle: f64,
}

/// A fitted regression of the daily cost.
///
/// Wrong far from the days it was learnt on.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyRegression {
    origin: NaiveDate,
    rule: CycleDay,
    unit: f64,
    ridge: FittedRidge,
}

/// Days that are learnt from: these, or ten half-lives, after which a day counts a thousandth.
const WINDOW: usize = 200;
const HALF_LIVES: f64 = 10.0;
const ROUNDS: usize = 3;
/// Robust deviations beyond which a residual counts less.
const HUBER: f64 = 1.5;
/// A median absolute deviation is this many standard deviations of a normal law, inverted.
const MAD_TO_DEVIATION: f64 = 1.4826;

impl DailyRegression {
    /// Fits to the last 200 days, or the last ten half-lives.
    ///
    /// # Errors
    /// Those of [`Design::fit_ridge`].
    pub fn fit(history: &History<'_>, parameters: &RidgeParameters) -> Result<Self> {
        let (origin, rule) = (history.origin(), history.rule());
        let unit = if history.typical_size() > 0.0 { history.typical_size() } else { 1.0 };
        let values = history.last(WINDOW.min((HALF_LIVES * parameters.half_life_days).ceil() as usize));
        let (mut x, mut y, mut fading) = (Vec::new(), Vec::new(), Vec::new());
        for (index, value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let age = values.len() - 1 - index;
            x.extend(features::row(origin - Days::new(age as u64), origin, rule));
            y.push(value / unit);
            fading.push(0.5_f64.powf(age as f64 / parameters.half_life_days));
        }
        let design = Design::new(COLUMNS, x, y)?;
        let penalties: Vec<f64> = (0..COLUMNS.len())
            .map(|column| match features::kind_of(column) {
                ColumnKind::Weekday => parameters.weekday,
                ColumnKind::Trend => parameters.trend,
                ColumnKind::Cycle => parameters.cycle,
            })
            .collect();
        let mut ridge = design.fit_ridge(&fading, &penalties)?;
        for _ in 1..ROUNDS {
            let residuals: Vec<f64> = (0..design.rows())
                .map(|row| (design.target(row) - ridge.predict(design.row(row))).abs())
                .collect();
            let deviation = MAD_TO_DEVIATION * median(&mut residuals.clone()).unwrap_or(0.0);
            if deviation <= 0.0 {
                break;
            }
            let weights: Vec<f64> = fading
                .iter()
                .zip(&residuals)
                .map(|(weight, residual)| weight * (HUBER * deviation / residual.max(1e-12)).min(1.0))
                .collect();
            ridge = design.fit_ridge(&weights, &penalties)?;
        }
        Ok(Self { origin, rule, unit, ridge })
    }

    /// The cost of a day.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        self.unit * self.ridge.predict(&features::row(day, self.origin, self.rule))
    }

    /// The regression itself, in units of the typical day.
    #[must_use]
    pub fn ridge(&self) -> &FittedRidge {
        &self.ridge
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};

    const PLAIN: RidgeParameters =
        RidgeParameters { half_life_days: 90.0, weekday: 0.01, trend: 1.0, cycle: 0.01 };

    #[test]
    fn weekends_and_the_first_day_of_a_cycle_are_learnt() {
        // 2025-06-02 is a Monday; 10 on workdays, 4 at weekends, 50 more on the first of a month.
        let start = date("2025-06-02");
        let cost = |day: NaiveDate| {
            let base = if crate::calendar::weekday(day) < 5 { 10.0 } else { 4.0 };
            base + if crate::calendar::day_of_cycle(day, CycleDay::FIRST) == 1 { 50.0 } else { 0.0 }
        };
        let values: Vec<f64> = start.iter_days().take(200).map(cost).collect();
        let set = set_of(&[("a", "2025-06-02", &values)]);
        let fitted =
            DailyRegression::fit(&History::new(set.get(0), CycleDay::FIRST).unwrap(), &PLAIN).unwrap();
        for day in ["2025-12-22", "2025-12-27"] {
            assert!((fitted.expected_on(date(day)) - cost(date(day))).abs() < 0.6, "{day}");
        }
        // Six outliers count less than others, so the first day is known, but not in full.
        let first_day = fitted.expected_on(date("2026-01-01"));
        assert!((20.0..=60.0).contains(&first_day), "{first_day}");
        assert_eq!(fitted.ridge().names()[8], "first_day_of_cycle");
    }

    #[test]
    fn one_value_is_enough_for_a_level() {
        let set = set_of(&[("a", "2026-01-01", &[7.0])]);
        let fitted =
            DailyRegression::fit(&History::new(set.get(0), CycleDay::FIRST).unwrap(), &PLAIN).unwrap();
        assert!((fitted.expected_on(date("2026-01-09")) - 7.0).abs() < 1e-9);
    }
}
