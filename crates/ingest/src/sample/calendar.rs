//! Months: how long they are, where a day lies in one, and when one counts as closed.

use chrono::{Datelike, Days, Months, NaiveDate};

/// First day of the month after that of `day`.
pub fn next_month(day: NaiveDate) -> NaiveDate {
    let first = day - Days::new(u64::from(day.day0()));
    first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
}

/// Days of the month that come after `day`.
pub fn days_left_in_month(day: NaiveDate) -> i64 {
    (next_month(day) - day).num_days() - 1
}

/// Days of the month of `day`.
pub fn days_in_month(day: NaiveDate) -> i64 {
    days_left_in_month(day) + i64::from(day.day())
}

/// Which month of the sample a day lies in, 0 being that of its first day.
pub fn month_number(first_day: NaiveDate, day: NaiveDate) -> u32 {
    let months = (day.year() - first_day.year()) * 12 + day.month0() as i32 - first_day.month0() as i32;
    months.unsigned_abs()
}

/// From when on a month counts as closed: the fifth of the next one.
pub fn closed_on(month: NaiveDate) -> NaiveDate {
    next_month(month) + Days::new(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn the_last_day_of_a_leap_february_has_none_after_it() {
        assert_eq!((days_left_in_month(date("2024-02-29")), days_in_month(date("2024-02-29"))), (0, 29));
        assert_eq!(next_month(date("2024-12-31")), date("2025-01-01"));
    }

    #[test]
    fn months_are_counted_from_the_first_and_closed_on_the_fifth_of_the_next() {
        assert_eq!(month_number(date("2025-11-01"), date("2026-02-28")), 3);
        assert_eq!(closed_on(date("2025-12-01")), date("2026-01-05"));
    }
}
