//! Trailing days that look incomplete by their amounts alone.
//!
//! A day is compared with the median of its last four weekdays. Days whose charges still come in have less
//! and less cost towards the last one ([`evident_cutoff`]). Wrong while a bill fades away day by day for the
//! first time, until it has been as low for a while, and blind to a delay that leaves no such ramp. The
//! year's end looks the same where it is a holiday: there every day is believed.

use crate::{
    calendar::{WEEK, days_before},
    profile::median,
    settings::SettlingSettings,
};
use billing::CostSeries;
use chrono::{Datelike, NaiveDate};

/// Earlier values of a weekday whose median is its usual cost.
const SAME_WEEKDAYS: usize = 4;
/// Days that show how low a day can be, and how many of them must be known.
const WITNESSES: usize = 56;
const FEWEST_WITNESSES: usize = 28;
/// At least two consecutive days must look incomplete: a single low day is as likely a holiday.
const FEWEST_SUSPECTS: usize = 2;

/// The last day that can be used as final where no row says how days fill up: before the last two or
/// more that are each emptier than the day before, the last of them lower than any in eight weeks.
///
/// Only a bill that is steady enough is suspected: one that had days of less than `steady_share` of
/// their weekday may have another. A last day of nothing is believed too.
pub(crate) fn evident_cutoff(
    level: CostSeries<'_>,
    cutoff: NaiveDate,
    settings: &SettlingSettings,
) -> NaiveDate {
    let values = level.up_to(cutoff).values;
    let most = settings.most_suspect_days;
    let ends_at_cutoff = values.len() as i64 == (cutoff - level.start).num_days() + 1;
    if most < FEWEST_SUSPECTS
        || !ends_at_cutoff
        || values.len() < FEWEST_WITNESSES + most + SAME_WEEKDAYS * WEEK
    {
        return cutoff;
    }
    let last = values.len() - 1;
    let share = |back: usize| share_of_usual(values, last - back).unwrap_or(f64::INFINITY);
    // Most bills end here, after a look at two days.
    if is_years_end(cutoff) || share(0) <= 0.0 || share(1) >= 1.0 || !is_emptier(share(0), share(1), settings)
    {
        return cutoff;
    }
    let witnesses: Vec<f64> = ((last + 1 - most).saturating_sub(WITNESSES)..(last + 1 - most))
        .filter_map(|day| share_of_usual(values, day))
        .collect();
    let lowest = witnesses.iter().copied().fold(f64::INFINITY, f64::min);
    let is_steady = witnesses.len() >= FEWEST_WITNESSES && lowest >= settings.steady_share;
    if !is_steady || share(0) >= settings.suspect_share * lowest {
        return cutoff;
    }
    let suspects = (0..most).take_while(|&back| is_emptier(share(back), share(back + 1), settings)).count();
    if suspects < FEWEST_SUSPECTS { cutoff } else { days_before(cutoff, suspects) }
}

/// From Christmas Eve to the day after New Year.
fn is_years_end(day: NaiveDate) -> bool {
    matches!((day.month(), day.day()), (12, 24..) | (1, ..=2))
}

fn is_emptier(share: f64, day_before: f64, settings: &SettlingSettings) -> bool {
    share < settings.emptier_share * day_before
}

/// A day over the median of the same weekday in the four weeks before; `None` where that is not above 0.
fn share_of_usual(values: &[f64], day: usize) -> Option<f64> {
    let mut same = [0.0; SAME_WEEKDAYS];
    let mut count = 0;
    for weeks in 1..=SAME_WEEKDAYS {
        let value = *values.get(day.checked_sub(weeks * WEEK)?)?;
        if !value.is_nan() {
            same[count] = value;
            count += 1;
        }
    }
    let usual = median(&same[..count]).filter(|usual| *usual > 0.0)?;
    Some(values[day] / usual).filter(|share| share.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model_file::Model, test_series::set_of};

    /// How many days the cutoff moves after a hundred days around 10 (6 on weekends) and then these:
    /// 15 to 19 April 2026, a Wednesday to a Sunday.
    fn moved_by(last: &[f64]) -> i64 {
        let usual = (0..100).map(|day| {
            let noise = 1.0 + 0.05 * f64::from((day * 7 % 11) - 5) / 5.0;
            noise * if day % 7 < 5 { 10.0 } else { 6.0 }
        });
        let values: Vec<f64> = usual.chain(last.iter().copied()).collect();
        let set = set_of(&[("a", "2026-01-05", &values)]);
        let end = days_before(set.get(0).end(), 1);
        (end - evident_cutoff(set.get(0), end, &Model::shipped().settling)).num_days()
    }

    #[test]
    fn last_days_that_get_emptier_are_not_believed_yet() {
        assert_eq!(moved_by(&[10.0, 10.0, 10.0, 6.0, 6.0]), 0);
        assert_eq!(moved_by(&[10.0, 10.0, 10.0, 4.8, 2.5]), 2);
        assert_eq!(moved_by(&[10.0, 10.0, 8.5, 4.0, 2.0]), 3);
    }

    #[test]
    fn a_single_cheap_day_and_a_day_of_nothing_are_believed() {
        assert_eq!(moved_by(&[10.0, 10.0, 10.0, 6.0, 2.5]), 0);
        assert_eq!(moved_by(&[10.0, 10.0, 10.0, 2.5, 6.0]), 0, "not the last day");
        assert_eq!(moved_by(&[10.0, 10.0, 10.0, 3.0, 0.0]), 0);
    }

    #[test]
    fn a_holiday_at_the_end_of_the_year_is_believed() {
        let cutoff_of = |start: &str| {
            let values: Vec<f64> = std::iter::repeat_n(10.0, 100).chain([6.0, 3.0]).collect();
            let set = set_of(&[("a", start, &values)]);
            let end = days_before(set.get(0).end(), 1);
            (end, evident_cutoff(set.get(0), end, &Model::shipped().settling))
        };
        // The last two days are 24 and 25 December, and three weeks later 14 and 15 January.
        let (christmas, believed) = cutoff_of("2025-09-15");
        assert_eq!((christmas.to_string(), believed), ("2025-12-25".to_owned(), christmas));
        let (january, moved) = cutoff_of("2025-10-06");
        assert_eq!((january - moved).num_days(), 2);
    }

    #[test]
    fn a_bill_that_drops_is_believed_at_once() {
        assert_eq!(moved_by(&[10.0, 10.0, 2.0, 1.2, 1.2]), 0);
    }

    #[test]
    fn a_bill_with_cheap_days_of_its_own_is_believed() {
        let mut values: Vec<f64> = vec![10.0; 100];
        values[70] = 3.0;
        values.extend([8.0, 2.0]);
        let set = set_of(&[("a", "2026-01-05", &values)]);
        let end = days_before(set.get(0).end(), 1);
        assert_eq!(evident_cutoff(set.get(0), end, &Model::shipped().settling), end);
    }
}
