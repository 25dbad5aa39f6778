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
/// day, so the later of the two borders shows it.
#[must_use]
pub fn rule_of(cycle: BillingCycle) -> CycleDay {
    CycleDay::new(cycle.start().day().max(cycle.end().day())).unwrap_or(CycleDay::FIRST)
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

/// Days of the cycle that lie before `next`, 0 when it has not begun.
#[must_use]
pub fn days_into(cycle: BillingCycle, next: NaiveDate) -> usize {
    (next - cycle.start()).num_days().max(0) as usize
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

/// Where one day of a [`Timeline`] lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Day of the week, Monday 0.
    pub weekday: u8,
    /// Place in the cycle, 1 for its first day.
    pub day: u8,
    /// Days of the cycle that follow it, 0 for its last day.
    pub to_end: u8,
    /// Which of the timeline's cycles it lies in.
    pub cycle: u16,
}

/// The places of consecutive days, worked out once and looked up by the number of the day.
///
/// Days are counted from 0 for the first; the first cycle may begin before it, at a negative number.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: NaiveDate,
    places: Vec<Place>,
    /// Numbers of the first day of each cycle, and of the day after its last.
    cycles: Vec<(i64, i64)>,
}

impl Timeline {
    /// The places of `days` days from `start` on, in cycles after `rule`.
    #[must_use]
    pub fn new(start: NaiveDate, days: usize, rule: CycleDay) -> Self {
        let mut cycle = BillingCycle::containing(start, rule);
        let mut first = (cycle.start() - start).num_days();
        let mut end = first + cycle.len_days() as i64;
        let mut cycles = vec![(first, end)];
        let mut places = Vec::with_capacity(days);
        let mut of_week = weekday(start);
        for number in 0..days as i64 {
            if number == end {
                cycle = cycle.next(rule);
                (first, end) = (end, end + cycle.len_days() as i64);
                cycles.push((first, end));
            }
            places.push(Place {
                weekday: of_week as u8,
                day: (number - first + 1) as u8,
                to_end: (end - number - 1) as u8,
                cycle: (cycles.len() - 1) as u16,
            });
            of_week = (of_week + 1) % WEEK;
        }
        Self { start, places, cycles }
    }

    /// The day that is number 0.
    #[must_use]
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// Where day `number` lies.
    ///
    /// # Panics
    /// When it is not covered.
    #[must_use]
    pub fn at(&self, number: usize) -> Place {
        self.places[number]
    }

    /// First day and day after the last of a cycle, as numbers.
    #[must_use]
    pub fn cycle(&self, index: usize) -> (i64, i64) {
        self.cycles[index]
    }

    /// How many cycles it touches.
    #[must_use]
    pub fn cycles(&self) -> usize {
        self.cycles.len()
    }

    /// The date of day `number`.
    #[must_use]
    pub fn date(&self, number: usize) -> NaiveDate {
        self.start + Days::new(number as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month};

    #[test]
    fn a_timeline_knows_each_days_place() {
        let line = Timeline::new(date("2026-02-25"), 10, CycleDay::FIRST);
        assert_eq!(line.at(0), Place { weekday: 2, day: 25, to_end: 3, cycle: 0 });
        assert_eq!(line.at(4), Place { weekday: 6, day: 1, to_end: 30, cycle: 1 });
        assert_eq!((line.cycle(0), line.cycle(1), line.cycles()), ((-24, 4), (4, 35), 2));
        assert_eq!(line.date(4), date("2026-03-01"));
    }

    #[test]
    fn the_rule_is_told_by_the_later_border() {
        assert_eq!(rule_of(month("2026-02-10")), CycleDay::FIRST);
        let clipped = BillingCycle::new(date("2026-02-28"), date("2026-03-31")).unwrap();
        assert_eq!(rule_of(clipped).get(), 31);
    }

    #[test]
    fn places_and_cycles_are_counted_from_the_border() {
        assert_eq!(weekday(date("2026-11-23")), 0);
        let before: Vec<_> =
            cycles_before(date("2026-03-01"), date("2025-12-15"), CycleDay::FIRST, 9).collect();
        assert_eq!(before, [month("2026-02-01"), month("2026-01-01"), month("2025-12-01")]);
        assert_eq!(cycles_before(date("2026-03-15"), date("2025-12-15"), CycleDay::FIRST, 1).count(), 1);
    }
}
