//! Ridge regression of daily costs on named columns, with memory that fades and little regard for
//! outliers.
//!
//! Over at most 200 days, row weights `½^(age / half-life)`, three rounds in which a residual beyond 1.5
//! robust deviations counts less (Huber). Knows the first and last days of a cycle. Wrong when the
//! level jumps, until the half-life has passed.

use crate::{
    Result,
    features::{self, COLUMNS, ColumnKind, DaySums},
    history::History,
    horizon::Horizon,
    linear::{FittedRidge, NormalEquations},
    profile::median,
};

/// Penalties by kind of column, and how fast the past fades.
///
/// | parameter | purpose | range |
/// |---|---|---|
/// | `half_life_days` | age at which a day counts half | > 0 |
/// | `weekday`, `trend`, `cycle` | λ of these columns, against rows of weight 1 | > 0 |
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

impl RidgeParameters {
    /// One that follows quickly.
    #[must_use]
    pub const fn quick(half_life_days: f64) -> Self {
        Self { half_life_days, weekday: 0.3, trend: 6.0, cycle: 8.0 }
    }

    /// One that remembers long, and knows days of the cycle best.
    pub const SLOW: Self = Self { half_life_days: 90.0, weekday: 1.0, trend: 6.0, cycle: 2.0 };
}

/// Days that are learnt from: these, or ten half-lives, after which a day counts a thousandth.
const WINDOW: usize = 200;
const HALF_LIVES: f64 = 10.0;
const ROUNDS: usize = 3;
/// Robust deviations beyond which a residual counts less.
const HUBER: f64 = 1.5;
/// A median absolute deviation is this many standard deviations of a normal law, inverted.
const MAD_TO_DEVIATION: f64 = 1.4826;

/// A known day: its cells, its cost in typical days, and its age.
type Row = (([(usize, f64); 3], usize), f64, usize);

/// The rows that several ridges are fitted to, newest first.
#[derive(Clone, Debug)]
pub struct Rows {
    rows: Vec<Row>,
    unit: f64,
    /// Whether the days after are asked for in earnest, and not as one of many past origins.
    is_last: bool,
}

/// A fitted regression of the daily cost.
///
/// Wrong far from the days it was learnt on.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyRegression {
    unit: f64,
    ridge: FittedRidge,
}

impl Rows {
    /// The last 200 days that are known.
    #[must_use]
    pub fn new(history: &History<'_>) -> Self {
        let unit = if history.typical_size() > 0.0 { history.typical_size() } else { 1.0 };
        let (values, end) = (history.values(), history.end());
        let rows = (0..WINDOW.min(end)).filter(|age| !values[end - 1 - age].is_nan()).map(|age| {
            let day = end - 1 - age;
            (features::cells(history.place(day), features::trend(-(age as i64))), values[day] / unit, age)
        });
        let is_last = end == history.track().values().len();
        Self { rows: rows.collect(), unit, is_last }
    }

    /// Fits to the last 200 days, or the last ten half-lives.
    ///
    /// # Errors
    /// [`crate::Error::TooFewRows`], [`crate::Error::Unstable`], [`crate::Error::Solver`].
    pub fn fit(&self, parameters: &RidgeParameters) -> Result<DailyRegression> {
        let window = (HALF_LIVES * parameters.half_life_days).ceil() as usize;
        let rows = &self.rows[..self.rows.partition_point(|(.., age)| *age < window)];
        let penalties: [f64; COLUMNS.len()] = std::array::from_fn(|column| match features::kind_of(column) {
            ColumnKind::Weekday => parameters.weekday,
            ColumnKind::Trend => parameters.trend,
            ColumnKind::Cycle => parameters.cycle,
        });
        let daily = 0.5_f64.powf(1.0 / parameters.half_life_days);
        let mut fading = Vec::with_capacity(rows.len());
        let (mut worth, mut next) = (1.0, 0);
        for (.., age) in rows {
            while next < *age {
                worth *= daily;
                next += 1;
            }
            fading.push(worth);
        }
        let mut equations = NormalEquations::new(COLUMNS);
        let add_all = |equations: &mut NormalEquations, weights: &[f64]| {
            let days = rows.iter().zip(weights).map(|((cells, y, _), weight)| (cells, *y, *weight));
            DaySums::default().fill(equations, days);
        };
        let mut weights = fading.clone();
        let mut residuals = Vec::with_capacity(rows.len());
        add_all(&mut equations, &weights);
        for _ in 1..ROUNDS {
            let ridge = equations.solve_step(&penalties)?;
            residuals.clear();
            residuals.extend(
                rows.iter().map(|((cells, count), y, _)| (y - ridge.predict_cells(&cells[..*count])).abs()),
            );
            let deviation = MAD_TO_DEVIATION * median(&residuals).unwrap_or(0.0);
            if deviation <= 0.0 {
                break;
            }
            for ((weight, fading), residual) in weights.iter_mut().zip(&fading).zip(&residuals) {
                *weight = fading * (HUBER * deviation / residual.max(1e-12)).min(1.0);
            }
            add_all(&mut equations, &weights);
        }
        // Both give the same answer; linfa guards the one that is shown.
        let ridge =
            if self.is_last { equations.solve(&penalties)? } else { equations.solve_step(&penalties)? };
        Ok(DailyRegression { unit: self.unit, ridge })
    }
}

impl DailyRegression {
    /// The cost of a day, known or ahead.
    #[must_use]
    pub fn expected_on(&self, history: &History<'_>, day: usize) -> f64 {
        let lead = day as i64 + 1 - history.end() as i64;
        let (cells, count) = features::cells(history.place(day), features::trend(lead));
        self.unit * self.ridge.predict_cells(&cells[..count])
    }

    /// Mean of the asked days.
    #[must_use]
    pub fn estimate(&self, history: &History<'_>, horizon: &Horizon) -> f64 {
        (horizon.first..horizon.end).map(|day| self.expected_on(history, day)).sum::<f64>()
            / horizon.days() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month, tracked};
    use chrono::Datelike;

    const PLAIN: RidgeParameters =
        RidgeParameters { half_life_days: 90.0, weekday: 0.01, trend: 1.0, cycle: 0.01 };

    #[test]
    fn weekends_and_the_first_day_of_a_cycle_are_learnt() {
        // 2025-06-02 is a Monday; 10 on workdays, 4 at weekends, 50 more on the first of a month.
        let cost = |day: chrono::NaiveDate| {
            let base = if day.weekday().num_days_from_monday() < 5 { 10.0 } else { 4.0 };
            base + if month(&day.to_string()).start() == day { 50.0 } else { 0.0 }
        };
        let values: Vec<f64> = date("2025-06-02").iter_days().take(200).map(cost).collect();
        let track = tracked("2025-06-02", &values);
        let history = History::at(&track, 0);
        let fitted = Rows::new(&history).fit(&PLAIN).unwrap();
        // Monday 22 and Saturday 27 December.
        for (day, expected) in [(203, 10.0), (208, 4.0)] {
            let found = fitted.expected_on(&history, day);
            assert!((found - expected).abs() < 0.6, "{found}");
        }
        // Six outliers count less than others, so the first day is known, but not in full.
        let first_day = fitted.expected_on(&history, 213);
        assert!((20.0..=60.0).contains(&first_day), "{first_day}");
    }

    #[test]
    fn one_value_is_enough_for_a_level() {
        let track = tracked("2026-01-01", &[7.0]);
        let history = History::at(&track, 0);
        let fitted = Rows::new(&history).fit(&PLAIN).unwrap();
        assert!((fitted.estimate(&history, &Horizon::new(&track, 5, 9)) - 7.0).abs() < 1e-9);
    }
}
