//! One bill in one cycle: what is charged day by day and what the offer's terms make of it.

use super::{
    bill::{LEVELS, LOWER_80, POINT, PricedBill, PricedMeter, Terms, UPPER_80, unpriced},
    by_price::{By, one_price},
    factors::Off,
    rest::Rest,
};
use crate::{
    bill::Bill,
    error::Result,
    price_difference::{Differences, PriceDifference},
    used_up::UsedUp,
};
use billing::{
    Amount, BillingCycle, CycleTerms, DayUse, MeterCharge, Price, Settlement, in_force, price_rows,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Which of low, likely and high plans goes with each level.
const PLANNED: [usize; LEVELS] = [0, 0, 1, 2, 2];

/// Costs by day.
type ByDay = BTreeMap<NaiveDate, Amount>;

/// A bill in a cycle, as the forecast of all costs has it.
#[derive(Clone, Copy)]
pub(super) struct Charged<'a> {
    pub cycle: BillingCycle,
    /// The last day that is final.
    pub cutoff: NaiveDate,
    /// What is charged so far.
    pub actual: Amount,
    /// The costs of everything, and the units that are this bill.
    pub all: &'a Bill,
    pub units: &'a [usize],
}

/// What is charged in a cycle, and what of it is known.
pub(super) struct PricedCycle<'a> {
    bill: &'a PricedBill<'a>,
    by: &'a [By],
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
        by: &'a [By],
        rest: &'a Rest,
        charged: Charged<'a>,
    ) -> Result<Self> {
        let Charged { cycle, cutoff, actual, all, units } = charged;
        let seen = bill
            .meters
            .iter()
            .map(|meter| {
                let used: Vec<DayUse> =
                    meter.used.iter().filter(|own| cycle.contains(own.day)).copied().collect();
                let costs = by_day(&meter.meter, &meter.prices, cycle, &used)?;
                Ok((used, costs))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut other = ByDay::new();
        for day in cycle.days() {
            let series = units.iter().map(|unit| all.series.get(all.units[*unit].series));
            let all: f64 = series.filter_map(|own| own.charged_on(day)).sum();
            let metered: Amount =
                bill.meters.iter().filter_map(|meter| meter.charged.get(&day)).copied().sum();
            let own = Amount::from_estimate(all).unwrap_or_default() - metered;
            other.insert(day, own.rounded(6));
        }
        // Late and corrected charges have no day of the cycle: they count from its first.
        let metered: Amount = bill.meters.iter().map(|meter| charged_in(meter, cycle)).sum();
        let known: Amount = other.values().copied().sum();
        *other.entry(cycle.start()).or_default() += actual - metered - known;
        Ok(Self { bill, by, rest, cycle, cutoff, seen, other })
    }

    /// What is to pay when the rest of the cycle's use lies off by each of these.
    pub(super) fn outcomes(&self, off: [Off; LEVELS], terms: Terms<'_>) -> Result<[Outcome; LEVELS]> {
        let offer = terms.offer.in_cycle(self.cycle);
        let outcome = |level: usize| self.outcome(off[level], PLANNED[level], &offer, terms.committed);
        Ok([outcome(0)?, outcome(1)?, outcome(2)?, outcome(3)?, outcome(4)?])
    }

    /// The use of a meter in the cycle, in the order of days: so far, a multiple of the rest, and a plan.
    fn use_of(&self, place: usize, factor: f64, planned: Option<usize>) -> Result<Vec<DayUse>> {
        let mut all = self.seen[place].0.clone();
        if let By::Quantities(_) = self.by[place] {
            for (day, quantity) in &self.rest.meters[place] {
                all.push(DayUse { day: *day, quantity: estimate(factor * quantity)? });
            }
        }
        if let Some(planned) = planned {
            let to_come = |own: &&DayUse| own.day > self.cutoff && self.cycle.contains(own.day);
            all.extend(self.bill.meters[place].planned[planned].iter().filter(to_come));
        }
        // Expected use of missing days lies before the cutoff: prices take use in the order of days.
        all.sort_by_key(|own| own.day);
        Ok(all)
    }

    /// What a meter is charged by day: what the data charged stays; prices say what the rest adds to it.
    fn charges_of(&self, place: usize, factor: f64, planned: Option<usize>) -> Result<ByDay> {
        let meter = &self.bill.meters[place];
        let charged = meter.charged.range(self.cycle.start()..self.cycle.end());
        let mut own: ByDay = charged.map(|(day, cost)| (*day, *cost)).collect();
        let by_price = &self.seen[place].1;
        let used = self.use_of(place, factor, planned)?;
        for (day, cost) in by_day(&meter.meter, &meter.prices, self.cycle, &used)? {
            *own.entry(day).or_default() += cost - by_price.get(&day).copied().unwrap_or_default();
        }
        if let By::Costs(times) = self.by[place] {
            for (day, cost) in &self.rest.meters[place] {
                *own.entry(*day).or_default() += estimate(factor * times * cost)?;
            }
        }
        Ok(own)
    }

    fn outcome(&self, off: Off, planned: usize, offer: &CycleTerms, committed: Amount) -> Result<Outcome> {
        let (factor, corrected) = match off {
            Off::Share(share) => ((1.0 + share).max(0.0), 0.0),
            Off::Amount(amount) => (1.0, amount),
        };
        let charges: Vec<ByDay> = (0..self.bill.meters.len())
            .map(|place| self.charges_of(place, factor, Some(planned)))
            .collect::<Result<_>>()?;
        let mut other = self.other.clone();
        for (days, factor) in [(&self.rest.unpriced, factor), (&self.rest.purchases, 1.0)] {
            for (day, cost) in days {
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

    /// Why these charges differ from the forecast of costs, as far as single meters say; the rest of the difference is that
    /// quantities are forecast and priced.
    pub(super) fn differences(&self) -> Result<Differences> {
        let mut all = Differences::new();
        let mut add = |why: PriceDifference, amount: Amount| *all.entry(why).or_default() += amount;
        let sum = |days: &ByDay| days.values().copied().sum::<Amount>();
        for (place, meter) in self.bill.meters.iter().enumerate() {
            if meter.planned.iter().any(|days| !days.is_empty()) {
                let [with, without] = [Some(1), None].map(|planned| self.charges_of(place, 1.0, planned));
                add(PriceDifference::Plan, sum(&with?) - sum(&without?));
            }
            match self.by[place] {
                By::Costs(times) => {
                    let costs: f64 = self.rest.meters[place].values().sum();
                    add(PriceDifference::OtherPrices, estimate((times - 1.0) * costs)?);
                }
                By::Quantities(_) => {
                    let (why, amount) = self.price_change(place, meter)?;
                    add(why, amount);
                }
            }
        }
        Ok(all)
    }

    /// What a price that changes after the cutoff does to the rest of the cycle. Of a meter whose price has changed before, and
    /// that has no tiers, the quantities make the difference.
    fn price_change(&self, place: usize, meter: &PricedMeter<'_>) -> Result<(PriceDifference, Amount)> {
        let now = in_force(&meter.prices, self.cutoff.max(self.cycle.start()))
            .map_err(|why| unpriced(&meter.meter, why))?;
        let changes = meter.prices.iter().filter_map(|price| price.from);
        let later = changes.clone().filter(|from| *from > self.cutoff && self.cycle.contains(*from)).min();
        let has_tiers = meter.prices.iter().any(|price| one_price(&[*price]).is_none());
        if let Some(from) = later {
            let constant = Price { from: None, until: None, ..now.clone() };
            let used = self.use_of(place, 1.0, None)?;
            let [new, old] = [&meter.prices[..], &[&constant]]
                .map(|prices| by_day(&meter.meter, prices, self.cycle, &used));
            let rest = |days: ByDay| days.range(self.cutoff..).map(|(_, cost)| *cost).sum::<Amount>();
            return Ok((PriceDifference::PriceChange(from), rest(new?) - rest(old?)));
        }
        match changes.filter(|from| *from <= self.cutoff).max() {
            Some(from) if !has_tiers => Ok((PriceDifference::PriceChange(from), Amount::ZERO)),
            _ => Ok((PriceDifference::Tiers, Amount::ZERO)),
        }
    }
}

fn estimate(value: f64) -> Result<Amount> {
    Ok(Amount::from_estimate(value).ok_or(billing::Error::TooLarge)?)
}

/// What a meter's use costs by its prices, by day.
fn by_day(meter: &str, prices: &[&Price], cycle: BillingCycle, used: &[DayUse]) -> Result<ByDay> {
    let mut costs = ByDay::new();
    for (own, cost) in used.iter().zip(price_rows(prices, cycle, used)?) {
        *costs.entry(own.day).or_default() += cost.map_err(|why| unpriced(meter, why))?;
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
