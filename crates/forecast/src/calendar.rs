//! Where a day lies: its weekday, its place in its billing cycle, and the cycles before it.
//!
//! Wrong when cycles have no fixed day of the month: then the places of days in earlier cycles are
//! those of the rule told by the asked cycle's borders.

use billing::{BillingCycle, CycleDay};
use chrono::{Datelike, Days, NaiveDate};

/// Days of the week.
pub const WEEK: usize = 7;

/// The day of the week, Monday 0.
#[must_use]
pub fn weekday(day: NaiveDate) -> usize {
    day.weekday().num_days_from_monday() as usize
}

/// The rule that a cycle belongs to: a border that falls on the end of a short month hides a later
/// day, so the later of the two borders tells it.
#[must_use]
pub fn rule_of(cycle: BillingCycle) -> CycleDay {
    CycleDay::new(cycle.start().day().max(cycle.end().day())).unwrap_or(CycleDay::FIRST)
}

/// Place of `day` in the cycle that contains it, 1 for the first day.
#[must_use]
pub fn day_of_cycle(day: NaiveDate, rule: CycleDay) -> usize {
    (day - BillingCycle::containing(day, rule).start()).num_days() as usize + 1
}

/// The day after `day` (the calendar's last day stays).
#[must_use]
pub fn day_after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// `count` days before `day` (the calendar's first day stays).
#[must_use]
pub fn days_before(day: NaiveDate, count: usize) -> NaiveDate {
    day.checked_sub_days(Days::new(count as u64)).unwrap_or(NaiveDate::MIN)
}

/// The complete cycles that end on or before `end`, newest first, at most `count`, back to `first`.
pub fn cycles_before(
    end: NaiveDate,
    first: NaiveDate,
    rule: CycleDay,
    count: usize,
) -> impl Iterator<Item = BillingCycle> {
    let open = BillingCycle::containing(end, rule);
    std::iter::successors(Some(open.previous(rule)), move |cycle| Some(cycle.previous(rule)))
        .take_while(move |cycle| cycle.end() > first)
        .take(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month};

    #[test]
    fn the_rule_is_told_by_the_later_border() {
        assert_eq!(rule_of(month("2026-02-10")), CycleDay::FIRST);
        let clipped = BillingCycle::new(date("2026-02-28"), date("2026-03-31")).unwrap();
        assert_eq!(rule_of(clipped).get(), 31);
    }

    #[test]
    fn places_and_cycles_are_counted_from_the_border() {
        assert_eq!(weekday(date("2026-11-23")), 0);
        assert_eq!(day_of_cycle(date("2026-11-23"), CycleDay::new(10).unwrap()), 14);
        let before: Vec<_> =
            cycles_before(date("2026-03-01"), date("2025-12-15"), CycleDay::FIRST, 9).collect();
        assert_eq!(before, [month("2026-02-01"), month("2026-01-01"), month("2025-12-01")]);
        assert_eq!(cycles_before(date("2026-03-15"), date("2025-12-15"), CycleDay::FIRST, 1).count(), 1);
    }
}
