//! Synthetic series: daily costs after the mechanics of real bills.
//!
//! Usage with weekdays, growth, a wandering level, jumps and spikes; charges on a day of the month;
//! fees that are shared out over the days of a month; monthly tiers with a free quantity; batches at
//! the end of a month; commitments with overage; starts, ends and days without use. They teach the
//! pooled model what public series hardly show. Wrong as evidence of accuracy: their mechanics
//! are known to whoever made them.

use crate::Result;
use billing::{BillingCycle, CycleDay, SeriesSet, SeriesSetBuilder};
use chrono::{Days, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Days of the longest and the shortest bill.
const LONGEST: u64 = 912;
const SHORTEST: u64 = 400;

/// This many series of whole calendar months, the same for the same seed.
///
/// # Errors
/// None that a caller could cause.
pub fn synthetic_series(count: usize, seed: u64) -> Result<SeriesSet> {
    let mut set = SeriesSetBuilder::new();
    for number in 0..count {
        let mut random =
            ChaCha8Rng::seed_from_u64(seed ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let year = 2019 + random.random_range(0..5);
        let start = NaiveDate::from_ymd_opt(year, random.random_range(1..13), 1).unwrap_or_default();
        let length = random.random_range(SHORTEST..LONGEST);
        let end = BillingCycle::containing(start + Days::new(length), CycleDay::FIRST).end();
        let days: Vec<NaiveDate> = start.iter_days().take_while(|day| *day < end).collect();
        set.push(format!("made-up {number}"), start, &Bill::drawn(&mut random).costs(&days, &mut random))?;
    }
    Ok(set.build())
}

/// The mechanics of one bill; a share of 0 switches one off. Amounts are in days of usual usage.
struct Bill {
    size: f64,
    weekend: f64,
    growth_a_day: f64,
    noise: f64,
    wander: f64,
    jumps_a_day: f64,
    spikes_a_day: f64,
    monthly_charge: f64,
    charge_day: u32,
    monthly_fee: f64,
    free_quantity: f64,
    tier_price: f64,
    batch: f64,
    batch_days: i64,
    commitment: f64,
    idle_share: f64,
    starts: f64,
    ends: f64,
}

impl Bill {
    fn drawn(random: &mut ChaCha8Rng) -> Self {
        let mut sometimes = |share: f64, low: f64, high: f64| {
            let (is_on, value) = (random.random::<f64>() < share, random.random::<f64>());
            if is_on { low + (high - low) * value } else { 0.0 }
        };
        Self {
            size: 10.0_f64.powf(sometimes(1.0, 0.0, 4.0)),
            weekend: sometimes(1.0, 0.3, 1.05),
            growth_a_day: sometimes(0.6, -0.001, 0.003),
            noise: sometimes(1.0, 0.01, 0.15) + sometimes(0.2, 0.0, 0.4),
            wander: sometimes(0.7, 0.002, 0.03),
            jumps_a_day: sometimes(0.6, 0.002, 0.015),
            spikes_a_day: sometimes(0.3, 0.003, 0.02),
            monthly_charge: sometimes(0.4, 2.0, 40.0),
            charge_day: if sometimes(0.6, 1.0, 2.0) > 0.0 { 1 } else { 1 + sometimes(1.0, 0.0, 27.9) as u32 },
            monthly_fee: sometimes(0.3, 3.0, 40.0),
            free_quantity: sometimes(0.2, 2.0, 20.0),
            tier_price: sometimes(0.25, 0.3, 0.9),
            batch: sometimes(0.2, 0.5, 5.0),
            batch_days: 1 + sometimes(1.0, 0.0, 3.0) as i64,
            commitment: sometimes(0.2, 0.4, 1.1),
            idle_share: sometimes(0.12, 0.2, 0.8),
            starts: sometimes(0.15, 0.05, 0.6),
            ends: sometimes(0.08, 0.7, 0.98),
        }
    }

    fn costs(&self, days: &[NaiveDate], random: &mut ChaCha8Rng) -> Vec<f64> {
        let (mut level, mut short, mut used) = (1.0_f64, 0.0_f64, 0.0);
        let count = days.len() as f64;
        let mut costs = Vec::with_capacity(days.len());
        for (number, &day) in days.iter().enumerate() {
            let cycle = BillingCycle::containing(day, CycleDay::FIRST);
            let (place, to_end) = ((day - cycle.start()).num_days(), (cycle.end() - day).num_days());
            let weekday = crate::calendar::weekday(day);
            level *= (self.growth_a_day + self.wander * normal(random)).exp();
            if random.random::<f64>() < self.jumps_a_day {
                level *= (0.35 * normal(random)).exp();
            }
            short = 0.6 * short + self.noise * normal(random);
            let spike = if random.random::<f64>() < self.spikes_a_day {
                1.0 + 6.0 * random.random::<f64>()
            } else {
                1.0
            };
            let is_idle = random.random::<f64>() < self.idle_share;
            let is_running = (self.starts..=if self.ends > 0.0 { self.ends } else { 1.0 })
                .contains(&(number as f64 / count));
            let mut quantity = level * short.exp() * spike * if weekday < 5 { 1.0 } else { self.weekend };
            if to_end <= self.batch_days {
                quantity *= 1.0 + self.batch;
            }
            if is_idle || !is_running {
                quantity = 0.0;
            }
            if place == 0 {
                used = 0.0;
            }
            let before: f64 = used;
            used += quantity;
            // A free quantity a month; beyond ten days' worth a lower price.
            let mut usage = (used - self.free_quantity).max(0.0) - (before - self.free_quantity).max(0.0);
            if self.tier_price > 0.0 && used > 10.0 {
                usage *= self.tier_price;
            }
            if self.commitment > 0.0 && is_running {
                usage = usage.max(self.commitment);
            }
            let fixed = if is_running {
                let charge = if place + 1 == i64::from(self.charge_day) { self.monthly_charge } else { 0.0 };
                charge + self.monthly_fee / cycle.len_days() as f64
            } else {
                0.0
            };
            costs.push(self.size * (usage + fixed));
        }
        costs
    }
}

/// A number of the normal law, near enough: twelve uniform ones less six.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_bills_and_each_ends_a_month() {
        let (one, other) = (synthetic_series(5, 7).unwrap(), synthetic_series(5, 7).unwrap());
        assert_eq!(one, other);
        assert_ne!(one, synthetic_series(5, 8).unwrap());
        for series in one.iter() {
            assert_eq!(BillingCycle::containing(series.end(), CycleDay::FIRST).start(), series.end());
            assert!(series.values.len() >= 400 && series.values.iter().all(|value| *value >= 0.0));
            assert!(series.values.iter().any(|value| *value > 0.0));
        }
    }
}
