//! Recurring purchases: each is expected on its day of the cycle with its last amount.
//!
//! A charge of the cycle before is expected again on the same day (clipped to short months) unless
//! it was already seen in this cycle, on that day or at most three days off it. What was absent from the last
//! complete cycle is not carried, nor is a charge that was absent the cycle before but there a year
//! ago. Wrong on the day a purchase is cancelled, and for the first time of a yearly one.

use billing::{BillingCycle, CostSeries, CycleDay};
use chrono::{Days, NaiveDate};

/// A charge may come that many days off its day.
const DRIFT_DAYS: i64 = 3;
/// Cycles that are looked back at for the true day of a clipped charge, and for a yearly one.
const YEAR_OF_CYCLES: usize = 12;

/// The charges that are still expected in `cycle`, in order of days: on days after `cutoff`, and on days
/// before it that no file covers.
#[must_use]
pub fn expected_charges(
    recurring: &CostSeries<'_>,
    cycle: BillingCycle,
    cutoff: NaiveDate,
    rule: CycleDay,
) -> Vec<(NaiveDate, f64)> {
    let is_known = || cycle.end() <= cutoff && !cycle.days().any(|day| is_missing(recurring, day));
    if recurring.values.is_empty() || cycle.start() <= recurring.start || is_known() {
        return Vec::new();
    }
    let before = cycle.previous(rule);
    let mut carried: Vec<(usize, f64)> = charges_in(recurring, before)
        .filter(|&(place, _)| !is_yearly(recurring, before, place, rule))
        .map(|(place, amount)| (true_place(recurring, before, place, rule), amount))
        .collect();
    // A cycle that is not over, or not covered whole, passes on what it still expects itself.
    if before.end() > cutoff || before.days().any(|day| is_missing(recurring, day)) {
        let waiting = expected_charges(recurring, before, cutoff, rule);
        carried.extend(
            waiting.into_iter().map(|(day, amount)| ((day - before.start()).num_days() as usize, amount)),
        );
    }
    let mut seen: Vec<i64> = charges_in(recurring, cycle).map(|(place, _)| place as i64).collect();
    let mut expected: Vec<(NaiveDate, f64)> = carried
        .into_iter()
        .map(|(place, amount)| (place.min(cycle.len_days() - 1), amount))
        .filter(|&(place, _)| {
            let nearest = (0..seen.len())
                .filter(|&index| (seen[index] - place as i64).abs() <= DRIFT_DAYS)
                .min_by_key(|&index| (seen[index] - place as i64).abs());
            match nearest {
                Some(index) => {
                    seen.swap_remove(index);
                    false
                }
                None => true,
            }
        })
        .map(|(place, amount)| (cycle.start() + Days::new(place as u64), amount))
        .filter(|&(day, _)| day > cutoff || is_missing(recurring, day))
        .collect();
    expected.sort_by_key(|&(day, _)| day);
    expected
}

/// The day of the last of some `payments`, one a cycle, of which one is due or was charged on `day`; `None` where the
/// first may lie before `covered_from`, where the data begins, so that nobody knows how many there were.
///
/// Cycles that are not known are taken as paid. What was paid beyond its term was renewed for another one.
#[must_use]
pub fn last_payment(
    recurring: &CostSeries<'_>,
    covered_from: NaiveDate,
    day: NaiveDate,
    payments: usize,
    rule: CycleDay,
) -> Option<NaiveDate> {
    let mut first = BillingCycle::containing(day, rule);
    let place = (day - first.start()).num_days() as usize;
    let is_paid = |cycle: BillingCycle| has_charge_near(recurring, cycle, place);
    // The newest payment that is known.
    let mut newest = Some(first).filter(|cycle| is_paid(*cycle));
    loop {
        let before = first.previous(rule);
        if before.start() < covered_from {
            return None;
        }
        let due = before.start() + Days::new(place.min(before.len_days() - 1) as u64);
        let is_known = due < recurring.start || recurring.value_on(due).is_some();
        if is_known && !is_paid(before) {
            break;
        }
        newest = newest.or(Some(before).filter(|cycle| is_paid(*cycle)));
        first = before;
    }
    let known = std::iter::successors(Some(first), |cycle| Some(cycle.next(rule)))
        .take_while(|cycle| newest.is_some_and(|newest| *cycle <= newest))
        .count();
    let all = payments * known.div_ceil(payments.max(1)).max(1);
    let last = (1..all).fold(first, |cycle, _| cycle.next(rule));
    Some(last.start() + Days::new(place.min(last.len_days() - 1) as u64))
}

/// Whether a day after the first has no value.
fn is_missing(recurring: &CostSeries<'_>, day: NaiveDate) -> bool {
    day >= recurring.start && recurring.value_on(day).is_none()
}

/// Charges of a cycle as place (0 for the first day) and amount.
fn charges_in<'a>(
    recurring: &'a CostSeries<'_>,
    cycle: BillingCycle,
) -> impl Iterator<Item = (usize, f64)> + 'a {
    cycle
        .days()
        .enumerate()
        .filter_map(|(place, day)| recurring.value_on(day).map(|amount| (place, amount)))
        .filter(|(_, amount)| *amount != 0.0)
}

fn has_charge_near(recurring: &CostSeries<'_>, cycle: BillingCycle, place: usize) -> bool {
    charges_in(recurring, cycle).any(|(other, _)| (other as i64 - place as i64).abs() <= DRIFT_DAYS)
}

/// Absent a cycle earlier, where that is known, and present a year earlier.
fn is_yearly(recurring: &CostSeries<'_>, cycle: BillingCycle, place: usize, rule: CycleDay) -> bool {
    let earlier = cycle.previous(rule);
    let year_ago = (0..YEAR_OF_CYCLES).fold(cycle, |cycle, _| cycle.previous(rule));
    !has_charge_near(recurring, earlier, place) && has_charge_near(recurring, year_ago, place)
}

/// A charge on the last day of a short cycle may have been clipped: the cycle before shows its day.
fn true_place(recurring: &CostSeries<'_>, cycle: BillingCycle, place: usize, rule: CycleDay) -> usize {
    if place + 1 < cycle.len_days() {
        return place;
    }
    charges_in(recurring, cycle.previous(rule))
        .map(|(other, _)| other)
        .filter(|&other| other > place && other as i64 - place as i64 <= DRIFT_DAYS)
        .max()
        .unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month, set_of};

    /// Charges on days, from 2025-01-01 up to and with `last`.
    fn expected_in(charges: &[(&str, f64)], last: &str, cycle: &str, cutoff: &str) -> Vec<(String, f64)> {
        let start = date("2025-01-01");
        let values: Vec<f64> = start
            .iter_days()
            .take_while(|day| *day <= date(last))
            .map(|day| charges.iter().filter(|(on, _)| date(on) == day).map(|(_, amount)| amount).sum())
            .collect();
        let set = set_of(&[("a", "2025-01-01", &values)]);
        expected_charges(&set.get(0), month(cycle), date(cutoff), CycleDay::FIRST)
            .into_iter()
            .map(|(day, amount)| (day.to_string(), amount))
            .collect()
    }

    #[test]
    fn a_charge_comes_again_on_its_day_with_its_last_amount() {
        let charges = [("2025-03-15", 90.0), ("2025-04-15", 100.0)];
        let found = expected_in(&charges, "2025-05-10", "2025-05-01", "2025-05-08");
        assert_eq!(found, [("2025-05-15".to_owned(), 100.0)]);
        assert_eq!(expected_in(&charges, "2025-05-10", "2025-06-01", "2025-05-08").len(), 1);
    }

    #[test]
    fn a_charge_already_seen_comes_no_more_even_a_day_early_and_unsettled() {
        let charges = [("2025-04-15", 100.0), ("2025-05-14", 100.0)];
        assert!(expected_in(&charges, "2025-05-14", "2025-05-01", "2025-05-12").is_empty());
    }

    #[test]
    fn a_charge_whose_day_is_missing_is_still_expected_in_this_cycle_and_in_the_next() {
        let days = |missing: std::ops::Range<usize>| {
            let start = date("2025-03-01");
            let mut values: Vec<f64> = start
                .iter_days()
                .take(80)
                .map(|day| if day == date("2025-03-15") || day == date("2025-04-15") { 9.0 } else { 0.0 })
                .collect();
            values[missing].fill(f64::NAN);
            set_of(&[("a", "2025-03-01", &values)])
        };
        // 2025-03-01 on 80 days ends with 19 May. Days 73 to 77 are 13 to 17 May, 43 to 47 13 to 17 April.
        let of = |missing, cycle| {
            expected_charges(&days(missing).get(0), month(cycle), date("2025-05-19"), CycleDay::FIRST)
        };
        assert_eq!(of(73..78, "2025-05-01"), [(date("2025-05-15"), 9.0)]);
        assert_eq!(of(0..0, "2025-05-01"), []);
        assert_eq!(of(43..48, "2025-04-01"), [(date("2025-04-15"), 9.0)]);
        assert_eq!(of(73..78, "2025-06-01"), [(date("2025-06-15"), 9.0)]);
    }

    #[test]
    fn a_charge_whose_day_passed_without_it_is_not_carried() {
        assert!(expected_in(&[("2025-04-05", 9.0)], "2025-05-20", "2025-05-01", "2025-05-18").is_empty());
    }

    #[test]
    fn what_was_absent_from_the_last_cycle_is_stopped() {
        assert!(expected_in(&[("2025-03-15", 9.0)], "2025-05-10", "2025-05-01", "2025-05-10").is_empty());
    }

    #[test]
    fn the_last_payment_of_a_term_is_counted_from_the_first_that_is_seen() {
        let start = date("2025-01-01");
        let paid = |day: NaiveDate| day >= date("2025-03-15") && day.to_string().ends_with("-15");
        let values: Vec<f64> =
            start.iter_days().take(190).map(|day| if paid(day) { 9.0 } else { 0.0 }).collect();
        let set = set_of(&[("a", "2025-01-01", &values)]);
        let last =
            |day: &str, payments| last_payment(&set.get(0), start, date(day), payments, CycleDay::FIRST);
        // March, April, …: the twelfth comes in February, whichever of them is looked from.
        for day in ["2025-03-15", "2025-06-15", "2025-12-15", "2026-05-15"] {
            assert_eq!(last(day, 12), Some(date("2026-02-15")), "{day}");
        }
        // The fourth payment, in June, is of a second term of three.
        assert_eq!(last("2025-06-15", 3), Some(date("2025-08-15")));
        assert_eq!(last("2025-12-15", 4), Some(date("2025-06-15")));
        // A purchase that is there from the first day on may be older.
        let always = set_of(&[("a", "2025-03-01", &values[59..])]);
        let last =
            |from: &str| last_payment(&always.get(0), date(from), date("2025-06-15"), 12, CycleDay::FIRST);
        assert_eq!((last("2025-03-01"), last("2025-01-01")), (None, Some(date("2026-02-15"))));
    }

    #[test]
    fn a_yearly_charge_is_not_carried_to_the_next_month() {
        let charges = [("2025-04-15", 900.0), ("2026-04-15", 900.0)];
        assert!(expected_in(&charges, "2026-05-10", "2026-05-01", "2026-05-10").is_empty());
    }

    #[test]
    fn the_thirty_first_is_clipped_in_february_and_back_in_march() {
        let charges = [("2025-01-31", 5.0), ("2025-02-28", 5.0)];
        let february = expected_in(&charges[..1], "2025-02-10", "2025-02-01", "2025-02-10");
        assert_eq!(february, [("2025-02-28".to_owned(), 5.0)]);
        let march = expected_in(&charges, "2025-03-10", "2025-03-01", "2025-03-10");
        assert_eq!(march, [("2025-03-31".to_owned(), 5.0)]);
    }
}
