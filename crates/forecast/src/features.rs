//! The named columns of the daily design: weekday, trend, and the days near a cycle's borders.
//!
//! A row describes one day and is known for every day ahead. The trend saturates in both directions:
//! at lead `h` after the origin it is `(1 − 0.95^h)`, at age `a` before it `−(1 − 0.95^a)`. Wrong
//! where costs follow something else: holidays, releases, prices.

use crate::calendar::Place;

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
    fn the_trend_is_zero_at_the_origin_and_saturates_both_ways() {
        assert_eq!(trend(0), 0.0);
        assert!((trend(1) - 0.05).abs() < 1e-12 && (trend(-1) + 0.05).abs() < 1e-12);
        assert!(trend(300) > 0.999 && trend(-300) < -0.999);
        assert_eq!(kind_of(TREND), ColumnKind::Trend);
    }
}
