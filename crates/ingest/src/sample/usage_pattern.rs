//! How a resource is used over days.

use super::calendar::days_left_in_month;
use chrono::{Datelike, NaiveDate, Weekday};

/// How a line is used, with the quantity of a full day (of a month, where the meter counts months).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Use {
    /// The same each day, by the clock.
    Always(f64),
    /// About the same each day.
    Varying(f64),
    /// Full on workdays, a part of it (the second number) on weekends.
    Workdays(f64, f64),
    /// A stock that grows faster than its workload.
    Growing(f64),
    /// On the last three days of a month only.
    MonthEnd(f64),
}

/// A stock grows by this part of its first level a day.
const STOCK_GROWTH_PER_DAY: f64 = 0.002;
/// Days at the end of a month on which month-end work runs.
const MONTH_END_DAYS: i64 = 3;

impl Use {
    /// The same use for a workload of another size; what runs by the clock keeps its size.
    pub fn sized(self, size: f64) -> Self {
        match self {
            Self::Varying(level) => Self::Varying(level * size),
            Self::Workdays(level, weekend) if level != 24.0 => Self::Workdays(level * size, weekend),
            Self::Growing(level) => Self::Growing(level * size),
            Self::MonthEnd(level) => Self::MonthEnd(level * size),
            Self::Always(_) | Self::Workdays(..) => self,
        }
    }

    /// Level of the day before growth and shifts, and how far chance moves it to either side.
    pub(super) fn level(self, day: NaiveDate, days_from_start: f64) -> (f64, f64) {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        match self {
            Self::Always(level) => (level, 0.0),
            Self::Varying(level) => (level, 0.35),
            Self::Workdays(level, share) if weekend => (level * share, 0.15),
            Self::Workdays(level, _) => (level, 0.1),
            Self::Growing(level) => (level * (1.0 + STOCK_GROWTH_PER_DAY * days_from_start), 0.01),
            Self::MonthEnd(level) if days_left_in_month(day) < MONTH_END_DAYS => (level, 0.2),
            Self::MonthEnd(_) => (0.0, 0.0),
        }
    }
}
