//! The named columns of the daily design: weekday, trend, and the days near a cycle's borders.
//!
//! A row describes one day and is known for every day ahead. The trend saturates in both directions:
//! at lead `h` after the origin it is `(1 − 0.95^h)`, at age `a` before it `−(1 − 0.95^a)`. Wrong
//! where costs follow something else: holidays, releases, prices.

use crate::{
    calendar::{Place, WEEK},
    linear::NormalEquations,
};

/// The columns, in order.
pub const COLUMNS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "trend",
    "first_day_of_cycle",
    "days_2_and_3_of_cycle",
    "last_day_of_cycle",
    "three_days_before_the_last",
];

/// How fast the trend column saturates, a day.
const TREND_MEMORY: f64 = 0.95;
const TREND: usize = 7;

/// The kind of a column, which decides how hard it is penalised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnKind {
    /// A day of the week.
    Weekday,
    /// The damped trend.
    Trend,
    /// A place in the cycle.
    Cycle,
}

/// The kind of the column at `index`.
#[must_use]
pub fn kind_of(index: usize) -> ColumnKind {
    match index {
        0..TREND => ColumnKind::Weekday,
        TREND => ColumnKind::Trend,
        _ => ColumnKind::Cycle,
    }
}

/// The damped trend `lead` days after the origin, negative before it.
#[must_use]
pub fn trend(lead: i64) -> f64 {
    let saturation = 1.0 - TREND_MEMORY.powi(lead.unsigned_abs().min(1000) as i32);
    if lead < 0 { -saturation } else { saturation }
}

/// The cells of a day that are not 0, ascending by column, and how many they are: its weekday, the
/// trend, and its place in the cycle where that has a column.
#[must_use]
pub fn cells(place: Place, trend: f64) -> ([(usize, f64); 3], usize) {
    let special = match (place.day, place.to_end) {
        (1, _) => Some(8),
        (2 | 3, _) => Some(9),
        (_, 0) => Some(10),
        (_, 1..=3) => Some(11),
        _ => None,
    };
    let weekday = (usize::from(place.weekday), 1.0);
    match special {
        Some(column) => ([weekday, (TREND, trend), (column, 1.0)], 3),
        None => ([weekday, (TREND, trend), (0, 0.0)], 2),
    }
}

/// What the days add up to in the equations of a ridge on these columns: the same sums as row by row in
/// [`NormalEquations::add`], but what every day adds to stays out of memory.
#[derive(Default)]
pub struct DaySums {
    /// By weekday: `Σ w`, `Σ w t`, `Σ w y`, `t` being the trend.
    weekdays: [[f64; 3]; WEEK],
    /// By place in the cycle the same, and `Σ w` by weekday.
    places: [[f64; 3]; PLACES],
    pairs: [[f64; PLACES]; WEEK],
}

/// Columns of places in the cycle.
const PLACES: usize = COLUMNS.len() - TREND - 1;

impl DaySums {
    /// Writes the sums of days (their cells, target and weight) into the equations.
    pub(crate) fn fill<'a>(
        mut self,
        equations: &mut NormalEquations,
        days: impl Iterator<Item = (&'a ([(usize, f64); 3], usize), f64, f64)>,
    ) {
        let (mut weights, mut targets, mut trends) = (0.0, 0.0, 0.0);
        let (mut trend_squares, mut trend_targets) = (0.0, 0.0);
        for ((cells, count), y, weight) in days {
            let (weekday, trend) = (cells[0].0 % WEEK, cells[1].1);
            let with_trend = weight * trend;
            weights += weight;
            targets += weight * y;
            trends += with_trend;
            trend_squares += with_trend * trend;
            trend_targets += with_trend * y;
            let own = &mut self.weekdays[weekday];
            own[0] += weight;
            own[1] += with_trend;
            own[2] += weight * y;
            if *count == 3 {
                let place = (cells[2].0 - TREND - 1) % PLACES;
                let own = &mut self.places[place];
                own[0] += weight;
                own[1] += with_trend;
                own[2] += weight * y;
                self.pairs[weekday][place] += weight;
            }
        }
        equations.set_totals(targets, weights);
        equations.set_column(TREND, trend_targets, trends);
        equations.set_pair(TREND, TREND, trend_squares);
        for (weekday, [weight, trend, target]) in self.weekdays.into_iter().enumerate() {
            equations.set_column(weekday, target, weight);
            equations.set_pair(weekday, weekday, weight);
            equations.set_pair(weekday, TREND, trend);
            for (place, weight) in self.pairs[weekday].into_iter().enumerate() {
                equations.set_pair(weekday, TREND + 1 + place, weight);
            }
        }
        for (place, [weight, trend, target]) in self.places.into_iter().enumerate() {
            let column = TREND + 1 + place;
            equations.set_column(column, target, weight);
            equations.set_pair(column, column, weight);
            equations.set_pair(TREND, column, trend);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::Timeline, test_series::date};
    use billing::CycleDay;

    fn named(day: &str) -> Vec<&'static str> {
        let (cells, count) = cells(Timeline::new(date(day), 1, CycleDay::FIRST).at(0), 0.5);
        cells[..count]
            .iter()
            .filter(|(column, _)| *column != TREND)
            .map(|(column, _)| COLUMNS[*column])
            .collect()
    }

    #[test]
    fn borders_of_a_short_month_are_found() {
        assert_eq!(named("2026-02-28"), ["saturday", "last_day_of_cycle"]);
        assert_eq!(named("2026-02-25"), ["wednesday", "three_days_before_the_last"]);
        assert_eq!(named("2026-03-01"), ["sunday", "first_day_of_cycle"]);
        assert_eq!(named("2026-03-03"), ["tuesday", "days_2_and_3_of_cycle"]);
        assert_eq!(named("2026-03-10"), ["tuesday"]);
    }

    #[test]
    fn sums_of_days_are_those_of_their_rows() {
        let timeline = Timeline::new(date("2026-01-28"), 40, CycleDay::FIRST);
        let days: Vec<_> = (0..40)
            .map(|day| {
                (cells(timeline.at(day), trend(day as i64 - 40)), (day % 7) as f64, 0.97_f64.powi(day as i32))
            })
            .collect();
        let (mut by_row, mut by_sum) = (NormalEquations::new(COLUMNS), NormalEquations::new(COLUMNS));
        days.iter().for_each(|((cells, count), y, weight)| by_row.add(&cells[..*count], *y, *weight));
        DaySums::default().fill(&mut by_sum, days.iter().map(|(cells, y, weight)| (cells, *y, *weight)));
        let penalties = [1.0; COLUMNS.len()];
        assert_eq!(by_row.solve_step(&penalties).unwrap(), by_sum.solve_step(&penalties).unwrap());
    }

    #[test]
    fn the_trend_is_zero_at_the_origin_and_saturates_both_ways() {
        assert_eq!(trend(0), 0.0);
        assert!((trend(1) - 0.05).abs() < 1e-12 && (trend(-1) + 0.05).abs() < 1e-12);
        assert!(trend(300) > 0.999 && trend(-300) < -0.999);
        assert_eq!(kind_of(TREND), ColumnKind::Trend);
    }
}
