//! Billing cycles: half-open spans of days, `[start, end)`, as FOCUS defines a billing period.
//!
//! EA and MCA bill by calendar month (UTC); pay-as-you-go from the day of the month on which the
//! subscription began. Which day a cycle that begins on the 29th to 31st starts on in a short month
//! is not documented by Azure: the last day of that month is taken, and callers say so.

use crate::{Amount, Error, Result};
use chrono::{Datelike, Days, NaiveDate};
use std::{fmt, iter};

/// The day of the month on which cycles begin, 1 to 31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CycleDay(u32);

impl CycleDay {
    /// Cycles that are calendar months.
    pub const FIRST: CycleDay = CycleDay(1);

    /// Refuses days outside 1 to 31.
    ///
    /// # Errors
    /// [`Error::CycleDay`].
    pub fn new(day: u32) -> Result<Self> {
        if (1..=31).contains(&day) { Ok(Self(day)) } else { Err(Error::CycleDay(day)) }
    }

    /// The day of the month.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether some months are too short for this day, so that the start is an assumption.
    #[must_use]
    pub const fn is_assumed(self) -> bool {
        self.0 > 28
    }

    /// Where the cycle begins that begins in this month.
    fn start_in(self, year: i32, month: u32) -> NaiveDate {
        (28..=self.0)
            .rev()
            .chain(iter::once(self.0))
            .find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
            .unwrap_or(NaiveDate::MIN)
    }
}

impl Default for CycleDay {
    fn default() -> Self {
        Self::FIRST
    }
}

/// A billing cycle `[start, end)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BillingCycle {
    start: NaiveDate,
    end: NaiveDate,
}

impl BillingCycle {
    /// The cycle from `start` up to, and without, `end`.
    ///
    /// # Errors
    /// [`Error::EmptyCycle`] when `end` is not after `start`.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Result<Self> {
        if start < end { Ok(Self { start, end }) } else { Err(Error::EmptyCycle { start, end }) }
    }

    /// The cycle that contains `day`.
    ///
    /// ```
    /// use billing::{BillingCycle, CycleDay};
    /// use chrono::NaiveDate;
    /// let day = NaiveDate::from_ymd_opt(2026, 1, 9).unwrap();
    /// let cycle = BillingCycle::containing(day, CycleDay::new(10).unwrap());
    /// assert_eq!(cycle.to_string(), "2025-12-10 to 2026-01-09");
    /// ```
    #[must_use]
    pub fn containing(day: NaiveDate, cycle_day: CycleDay) -> Self {
        let this_month = cycle_day.start_in(day.year(), day.month());
        let (year, month) =
            if day >= this_month { (day.year(), day.month()) } else { month_before(day.year(), day.month()) };
        let (next_year, next_month) = month_after(year, month);
        Self { start: cycle_day.start_in(year, month), end: cycle_day.start_in(next_year, next_month) }
    }

    /// First day.
    #[must_use]
    pub const fn start(self) -> NaiveDate {
        self.start
    }

    /// Day after the last.
    #[must_use]
    pub const fn end(self) -> NaiveDate {
        self.end
    }

    /// Last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.end - Days::new(1)
    }

    /// Number of days.
    #[must_use]
    pub fn len_days(self) -> usize {
        (self.end - self.start).num_days() as usize
    }

    /// Whether `day` lies in the cycle.
    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        (self.start..self.end).contains(&day)
    }

    /// The days of the cycle, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.start.iter_days().take(self.len_days())
    }

    /// The cycle that follows, of the same rule.
    #[must_use]
    pub fn next(self, cycle_day: CycleDay) -> Self {
        let after = Self::containing(self.end, cycle_day);
        Self { start: self.end, end: after.end }
    }

    /// The cycle that precedes, of the same rule.
    #[must_use]
    pub fn previous(self, cycle_day: CycleDay) -> Self {
        let before = Self::containing(self.start - Days::new(1), cycle_day);
        Self { start: before.start, end: self.start }
    }
}

impl fmt::Display for BillingCycle {
    /// First and last day, as people name a period.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.last_day())
    }
}

fn month_after(year: i32, month: u32) -> (i32, u32) {
    if month == 12 { (year + 1, 1) } else { (year, month + 1) }
}

fn month_before(year: i32, month: u32) -> (i32, u32) {
    if month == 1 { (year - 1, 12) } else { (year, month - 1) }
}

/// What is charged in a cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleFacts {
    /// The cycle.
    pub cycle: BillingCycle,
    /// Every charge of the cycle so far, to the last digit; unsettled days included, credit and tax not.
    pub actual: Amount,
    /// The total of the cycle before, where that is covered whole.
    pub previous: Option<Amount>,
    /// Whether the cycle is over and settled.
    pub closed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn calendar_months_know_leap_years() {
        let february = BillingCycle::containing(date("2024-02-10"), CycleDay::FIRST);
        assert_eq!((february.len_days(), february.end()), (29, date("2024-03-01")));
        assert_eq!(february.next(CycleDay::FIRST).last_day(), date("2024-03-31"));
        assert_eq!(february.previous(CycleDay::FIRST).start(), date("2024-01-01"));
    }

    #[test]
    fn the_thirty_first_falls_on_the_last_day_of_a_short_month() {
        let day = CycleDay::new(31).unwrap();
        let cycle = BillingCycle::containing(date("2025-02-27"), day);
        assert_eq!((cycle.start(), cycle.end()), (date("2025-01-31"), date("2025-02-28")));
        assert_eq!(cycle.next(day).end(), date("2025-03-31"));
    }

    #[test]
    fn an_empty_cycle_is_refused() {
        assert!(BillingCycle::new(date("2025-01-01"), date("2025-01-01")).is_err());
        assert!(CycleDay::new(0).is_err() && CycleDay::new(32).is_err());
    }

    proptest! {
        #[test]
        fn cycles_tile_the_calendar(offset in 0_u64..20_000, day in 1_u32..=31) {
            let at = date("1990-01-01") + Days::new(offset);
            let rule = CycleDay::new(day).unwrap();
            let cycle = BillingCycle::containing(at, rule);
            prop_assert!(cycle.contains(at));
            prop_assert_eq!(BillingCycle::containing(cycle.end(), rule).start(), cycle.end());
            prop_assert_eq!(cycle.next(rule).previous(rule), cycle);
            prop_assert!((28..=31).contains(&cycle.len_days()));
        }
    }
}
