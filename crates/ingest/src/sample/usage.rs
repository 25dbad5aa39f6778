//! How much a line of use takes on a day, and how much of that is known when an export runs.
//!
//! Each line has a random stream of its own that is read at the day's place, so any run of the
//! export can be made without the others, on any thread, and agrees with them. Only the four basic
//! operations are used on floats: they give the same bits on every machine.

use super::{
    calendar::days_in_month,
    estate::{Line, Workload, unit_draw},
    pricing::Quantity,
    usage_pattern::Use,
};
use chrono::NaiveDate;
use rand_chacha::ChaCha8Rng;

/// Random numbers that a line may use on a day, in the generator's words of 32 bits.
const WORDS_PER_DAY: u128 = 8;
/// The moment from which a bill is seen: the day on which the export ran, early in the morning.
#[derive(Clone, Copy, Debug)]
pub struct KnownOn(pub NaiveDate);

impl KnownOn {
    /// Whether anything of `day` has been booked.
    pub fn has_begun_to_book(self, day: NaiveDate) -> bool {
        day < self.0
    }

    /// How many days have passed since `day`.
    fn age_days(self, day: NaiveDate) -> i64 {
        (self.0 - day).num_days()
    }

    /// Whether the day before yesterday or earlier: booked whole, but for late lines.
    pub fn has_settled(self, day: NaiveDate) -> bool {
        self.age_days(day) >= 2
    }
}

/// What a line uses on a day, as known; the generator is that of the sample's seed.
pub fn quantity(
    (place, line): (usize, &Line),
    workload: &Workload,
    (first_day, day): (NaiveDate, NaiveDate),
    known: KnownOn,
    rng: &mut ChaCha8Rng,
) -> Quantity {
    let days_from_start = (day - first_day).num_days();
    if known.age_days(day) <= line.report_lag_days {
        return Quantity::ZERO;
    }
    let (level, spread) = line.usage.level(day, days_from_start as f64);
    if level == 0.0 {
        return Quantity::ZERO;
    }
    rng.set_stream(place as u64);
    rng.set_word_pos(days_from_start.unsigned_abs() as u128 * WORDS_PER_DAY);
    let noise = 1.0 + spread * (unit_draw(rng) + unit_draw(rng) - 1.0);
    let booked = if known.has_settled(day) { 1.0 } else { 0.7 + 0.25 * unit_draw(rng) };
    let month_part = if line.meter.product().by_month { 1.0 / days_in_month(day) as f64 } else { 1.0 };
    let full_day = match line.commitment {
        // What a commitment covers stays below what it covers.
        Some(_) => level * noise.min(1.0),
        None => level * noise * workload_level(workload, line.usage, days_from_start),
    };
    Quantity::from_estimate(full_day * month_part * booked)
}

/// Growth and shift of a workload; what runs by the clock shifts by whole machines only.
fn workload_level(workload: &Workload, usage: Use, days_from_start: i64) -> f64 {
    let shifted = days_from_start >= workload.shift_day;
    match usage {
        Use::Always(_) if shifted && workload.shift_factor > 1.5 => 2.0,
        Use::Always(_) => 1.0,
        _ => {
            let shift = if shifted { workload.shift_factor } else { 1.0 };
            shift * (1.0 + workload.growth_per_day * days_from_start as f64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::meters::Meter;
    use rand::SeedableRng;

    const STILL: Workload = Workload { growth_per_day: 0.0, shift_day: i64::MAX, shift_factor: 1.0 };

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn used(meter: Meter, usage: Use, day: &str, known: &str) -> Quantity {
        let line = Line {
            subscription: 0,
            resource: 0,
            workload: 0,
            meter,
            usage,
            report_lag_days: 0,
            commitment: None,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        quantity((3, &line), &STILL, (date("2024-01-01"), date(day)), KnownOn(date(known)), &mut rng)
    }

    #[test]
    fn a_machine_that_always_runs_has_24_hours_and_a_monthly_unit_its_part() {
        assert_eq!(used(Meter::VmD3, Use::Always(24.0), "2024-01-05", "2024-02-05"), Quantity::whole(24));
        assert_eq!(used(Meter::DiskP30, Use::Always(1.0), "2024-02-10", "2024-03-05"), Quantity(34_483)); // 1/29
    }

    #[test]
    fn yesterday_is_booked_in_part_and_today_not_at_all() {
        let hours = |known| used(Meter::VmD3, Use::Always(24.0), "2024-01-05", known).0 as f64 / 24e6;
        assert!((0.7..0.95).contains(&hours("2024-01-06")));
        assert_eq!(hours("2024-01-07"), 1.0);
        assert!(!KnownOn(date("2024-01-05")).has_begun_to_book(date("2024-01-05")));
    }

    #[test]
    fn month_end_work_runs_on_the_last_three_days_of_february_in_a_leap_year() {
        let on = |day| used(Meter::ClusterG1, Use::MonthEnd(40.0), day, "2024-03-09") > Quantity::ZERO;
        assert!(!on("2024-02-26"));
        assert!(on("2024-02-27") && on("2024-02-29"));
    }

    #[test]
    fn a_day_does_not_depend_on_which_days_were_asked_for_before() {
        let usage = Use::Varying(5.0);
        let once = used(Meter::VmD1, usage, "2024-01-20", "2024-02-05");
        assert_eq!(once, used(Meter::VmD1, usage, "2024-01-20", "2024-01-23"));
        assert_ne!(once, used(Meter::VmD1, usage, "2024-01-21", "2024-02-05"));
    }
}
