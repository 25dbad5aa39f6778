//! One bill in one cycle: what is charged day by day and what the offer's terms make of it.

use super::{
    bill::{LEVELS, LOWER_80, POINT, PricedBill, PricedMeter, Terms, UPPER_80, unpriced},
    factors::Off,
    rest::Rest,
};
use crate::{components::Components, error::Result, totals::Leaf, used_up::UsedUp};
use billing::{Amount, BillingCycle, CycleTerms, DayUse, MeterCharge, Settlement, price_rows};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Which of low, likely and high plans goes with each level.
const PLANNED: [usize; LEVELS] = [0, 0, 1, 2, 2];

/// Costs by day.
type ByDay = BTreeMap<NaiveDate, Amount>;

/// What is charged in a cycle, and what of it is known.
pub(super) struct PricedCycle<'a> {
    bill: &'a PricedBill<'a>,
    rest: &'a Rest,
    cycle: BillingCycle,
    cutoff: NaiveDate,
    /// Use so far and what it costs by the prices, of each meter.
    seen: Vec<(Vec<DayUse>, ByDay)>,
    /// What the data charged besides the meters, by day.
    other: ByDay,
}

/// What is to pay as the days of a cycle go by.
pub(super) struct Outcome {
    days: Vec<(NaiveDate, Settlement)>,
}

impl Outcome {
    /// What is to pay in the end.
    pub(super) fn end(&self) -> Settlement {
        self.days.last().map(|(_, settled)| *settled).unwrap_or_default()
    }

    /// What each day adds to what is to pay.
    pub(super) fn spent(&self) -> impl Iterator<Item = (NaiveDate, Amount)> + '_ {
        let before = std::iter::once(Amount::ZERO).chain(self.days.iter().map(|(_, settled)| settled.net()));
        self.days.iter().zip(before).map(|((day, settled), before)| (*day, settled.net() - before))
    }
}

impl<'a> PricedCycle<'a> {
    pub(super) fn new(
        bill: &'a PricedBill<'a>,
        facts: &Leaf,
        bills: &Components,
        rest: &'a Rest,
        cycle: BillingCycle,
    ) -> Result<Self> {
        let seen = bill
            .meters
            .iter()
            .map(|meter| {
                let used: Vec<DayUse> =
                    meter.used.iter().filter(|own| cycle.contains(own.day)).copied().collect();
                let costs = by_day(meter, cycle, &used)?;
                Ok((used, costs))
            })
            .collect::<Result<Vec<_>>>()?;
        let actual =
            facts.cycles.iter().find(|own| own.cycle == cycle).map_or(Amount::ZERO, |own| own.actual);
        let mut other = ByDay::new();
        for day in cycle.days() {
            let all: f64 = bill.leaves.iter().filter_map(|leaf| bills.get(*leaf).charged_on(day)).sum();
            let metered: Amount =
                bill.meters.iter().filter_map(|meter| meter.charged.get(&day)).copied().sum();
            let own = Amount::from_estimate(all).unwrap_or_default() - metered;
            other.insert(day, own.rounded(6));
        }
        // Late and corrected charges have no day of the cycle: they count from its first.
        let metered: Amount = bill.meters.iter().map(|meter| charged_in(meter, cycle)).sum();
        let known: Amount = other.values().copied().sum();
        *other.entry(cycle.start()).or_default() += actual - metered - known;
        Ok(Self { bill, rest, cycle, cutoff: facts.cutoff, seen, other })
    }

    /// What is to pay when the rest of the cycle's use lies off by each of these.
    pub(super) fn outcomes(&self, off: [Off; LEVELS], terms: Terms<'_>) -> Result<[Outcome; LEVELS]> {
        let offer = terms.offer.in_cycle(self.cycle);
        let outcome = |level: usize| self.outcome(off[level], PLANNED[level], &offer, terms.committed);
        Ok([outcome(0)?, outcome(1)?, outcome(2)?, outcome(3)?, outcome(4)?])
    }

    fn outcome(&self, off: Off, planned: usize, offer: &CycleTerms, committed: Amount) -> Result<Outcome> {
        let (factor, corrected) = match off {
            Off::Share(share) => ((1.0 + share).max(0.0), 0.0),
            Off::Amount(amount) => (1.0, amount),
        };
        let estimate = |value: f64| Amount::from_estimate(value).ok_or(billing::Error::TooLarge);
        let mut charges: Vec<ByDay> = Vec::with_capacity(self.bill.meters.len());
        for (place, meter) in self.bill.meters.iter().enumerate() {
            let (used, by_price) = &self.seen[place];
            let mut all = used.clone();
            for (day, quantity) in self.rest.meters[place].get(&self.cycle).into_iter().flatten() {
                all.push(DayUse { day: *day, quantity: estimate(factor * quantity)? });
            }
            let to_come = |own: &&DayUse| own.day > self.cutoff && self.cycle.contains(own.day);
            all.extend(meter.planned[planned].iter().filter(to_come));
            // Expected use of missing days lies before the cutoff: prices take use in the order of days.
            all.sort_by_key(|own| own.day);
            // What the data charged stays; prices say what the rest adds to it.
            let mut own: ByDay = meter
                .charged
                .range(self.cycle.start()..self.cycle.end())
                .map(|(day, cost)| (*day, *cost))
                .collect();
            for (day, cost) in by_day(meter, self.cycle, &all)? {
                *own.entry(day).or_default() += cost - by_price.get(&day).copied().unwrap_or_default();
            }
            charges.push(own);
        }
        let mut other = self.other.clone();
        for (days, factor) in [(&self.rest.unpriced, factor), (&self.rest.purchases, 1.0)] {
            for (day, cost) in days.get(&self.cycle).into_iter().flatten() {
                *other.entry(*day).or_default() += estimate(factor * cost)?;
            }
        }
        // Nothing is left of a cycle that is over, but it may still be corrected.
        let corrected = estimate(corrected)?;
        let mut sums = vec![Amount::ZERO; charges.len()];
        let mut others = Amount::ZERO;
        let mut days = Vec::with_capacity(self.cycle.len_days());
        for day in self.cycle.days() {
            for (sum, own) in sums.iter_mut().zip(&charges) {
                *sum += own.get(&day).copied().unwrap_or_default();
            }
            others += other.get(&day).copied().unwrap_or_default();
            let metered = self.bill.meters.iter().zip(&sums).map(|(meter, cost)| MeterCharge {
                meter: &meter.meter,
                cost: *cost,
                is_third_party: meter.is_third_party,
            });
            let is_last = day == self.cycle.last_day();
            let beside = [
                MeterCharge { meter: "", cost: others, is_third_party: true },
                MeterCharge {
                    meter: "",
                    cost: if is_last { corrected } else { Amount::ZERO },
                    is_third_party: false,
                },
            ];
            days.push((day, offer.settle(metered.chain(beside), committed)?));
        }
        Ok(Outcome { days })
    }
}

/// What a meter's use costs by its prices, by day.
fn by_day(meter: &PricedMeter<'_>, cycle: BillingCycle, used: &[DayUse]) -> Result<ByDay> {
    let mut costs = ByDay::new();
    for (own, cost) in used.iter().zip(price_rows(&meter.prices, cycle, used)?) {
        *costs.entry(own.day).or_default() += cost.map_err(|why| unpriced(&meter.meter, why))?;
    }
    Ok(costs)
}

fn charged_in(meter: &PricedMeter<'_>, cycle: BillingCycle) -> Amount {
    meter.charged.range(cycle.start()..cycle.end()).map(|(_, cost)| *cost).sum()
}

/// When a bill's credit is used up; `None` where it has none.
pub(super) fn credit_used_up(
    levels: &[Outcome; LEVELS],
    cycle: BillingCycle,
    terms: Terms<'_>,
) -> Option<UsedUp> {
    let granted = terms
        .offer
        .in_cycle(cycle)
        .credit
        .map(|credit| credit.amount)
        .filter(|granted| granted.is_positive())?;
    let first = |level: usize| {
        levels[level].days.iter().find(|(_, settled)| settled.credit >= granted).map(|(day, _)| *day)
    };
    Some(UsedUp::of([LOWER_80, POINT, UPPER_80].map(first)))
}

/// The first day on which as much is spent.
pub(super) fn day_when(mut days: Vec<(NaiveDate, Amount)>, amount: Amount) -> Option<NaiveDate> {
    days.sort_by_key(|(day, _)| *day);
    let mut sum = Amount::ZERO;
    days.chunk_by(|one, other| one.0 == other.0).find_map(|same| {
        sum += same.iter().map(|(_, spent)| *spent).sum();
        (sum >= amount).then_some(same[0].0)
    })
}
