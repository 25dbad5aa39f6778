//! The named columns of the daily design: weekday, trend, and the days near a cycle's borders.
//!
//! A row describes one day and is known for every day ahead. The trend saturates in both directions:
//! at lead `h` after the origin it is `(1 − 0.95^h)`, at age `a` before it `−(1 − 0.95^a)`. Wrong
//! where costs follow something else: holidays, releases, prices.

use crate::calendar::weekday;
use billing::{BillingCycle, CycleDay};
use chrono::NaiveDate;

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

/// The cells of `day` as seen from `origin`.
#[must_use]
pub fn row(day: NaiveDate, origin: NaiveDate, rule: CycleDay) -> [f64; COLUMNS.len()] {
    let mut cells = [0.0; COLUMNS.len()];
    cells[weekday(day)] = 1.0;
    let lead = (day - origin).num_days();
    let saturation = 1.0 - TREND_MEMORY.powi(lead.unsigned_abs().min(1000) as i32);
    cells[TREND] = if lead < 0 { -saturation } else { saturation };
    let cycle = BillingCycle::containing(day, rule);
    let place = (day - cycle.start()).num_days() + 1;
    let to_end = (cycle.end() - day).num_days() - 1;
    match (place, to_end) {
        (1, _) => cells[8] = 1.0,
        (2 | 3, _) => cells[9] = 1.0,
        (_, 0) => cells[10] = 1.0,
        (_, 1..=3) => cells[11] = 1.0,
        _ => {}
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::date;

    fn named(day: &str, origin: &str) -> Vec<&'static str> {
        let cells = row(date(day), date(origin), CycleDay::FIRST);
        COLUMNS.iter().zip(cells).filter(|(_, cell)| *cell == 1.0).map(|(name, _)| *name).collect()
    }

    #[test]
    fn borders_of_a_short_month_are_found() {
        let origin = "2026-02-10";
        assert_eq!(named("2026-02-28", origin), ["saturday", "last_day_of_cycle"]);
        assert_eq!(named("2026-02-25", origin), ["wednesday", "three_days_before_the_last"]);
        assert_eq!(named("2026-03-01", origin), ["sunday", "first_day_of_cycle"]);
        assert_eq!(named("2026-03-03", origin), ["tuesday", "days_2_and_3_of_cycle"]);
    }

    #[test]
    fn the_trend_is_zero_at_the_origin_and_saturates_both_ways() {
        let origin = date("2026-02-10");
        let trend = |day: &str| row(date(day), origin, CycleDay::FIRST)[TREND];
        assert_eq!(trend("2026-02-10"), 0.0);
        assert!((trend("2026-02-11") - 0.05).abs() < 1e-12);
        assert!((trend("2026-02-09") + 0.05).abs() < 1e-12);
        assert!(trend("2027-02-10") > 0.999 && trend("2025-02-10") < -0.999);
        assert_eq!(kind_of(TREND), ColumnKind::Trend);
    }
}
