//! What the rest of each cycle uses: quantities of meters, and costs of what has no price.

use super::bill::{NO_REST, PricedBill, PricedMeter, unpriced};
use crate::{
    components::{Components, SeriesComponents},
    cycle_total::{CycleForecast, DayForecast, SeriesForecast},
    engine::{Engine, Question},
    error::Result,
    totals::{Leaf, known_parts, summed},
};
use billing::{Amount, BillingCycle, CostSeries, SeriesSetBuilder};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Expected beyond what is seen, by day.
type Days = Vec<(NaiveDate, f64)>;

/// What a bill is expected to use and to be charged beyond what is in its data.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    /// Quantities of each meter, by cycle; a meter without a forecast has none.
    pub meters: Vec<BTreeMap<BillingCycle, Days>>,
    /// Costs of use without a price.
    pub unpriced: BTreeMap<BillingCycle, Days>,
    /// Purchases and other charges that are no use.
    pub purchases: BTreeMap<BillingCycle, Days>,
    /// Cycles in which a meter has no forecast, and of how many.
    missing: BTreeMap<BillingCycle, usize>,
    /// What a unit of each meter costs on average in the rests.
    pub unit_values: Vec<f64>,
}

impl Rest {
    /// How many meters have no forecast of a cycle.
    pub(super) fn without_forecast(&self, cycle: BillingCycle) -> usize {
        self.missing.get(&cycle).copied().unwrap_or(0)
    }

    /// What is expected of the rest's use in a cycle, each unit at its value.
    pub(super) fn value(&self, cycle: BillingCycle) -> f64 {
        let sum = |days: Option<&Days>| days.into_iter().flatten().map(|(_, own)| own).sum::<f64>();
        let meters = self.meters.iter().zip(&self.unit_values);
        meters.map(|(days, value)| value * sum(days.get(&cycle))).sum::<f64>()
            + sum(self.unpriced.get(&cycle))
    }

    /// Missing days of a cycle that are expected, and their expected cost, each unit at its value.
    pub(super) fn before(&self, cycle: BillingCycle, cutoff: NaiveDate) -> (Vec<NaiveDate>, f64) {
        let (mut dates, mut sum) = (Vec::new(), 0.0);
        let mut add = |days: Option<&Days>, value: f64| {
            for (date, amount) in days.into_iter().flatten().filter(|(date, _)| *date <= cutoff) {
                dates.push(*date);
                sum += value * amount;
            }
        };
        for (days, value) in self.meters.iter().zip(&self.unit_values) {
            add(days.get(&cycle), *value);
        }
        add(self.unpriced.get(&cycle), 1.0);
        add(self.purchases.get(&cycle), 1.0);
        (dates, sum)
    }

    /// What purchases of a cycle are still expected.
    pub(super) fn of_purchases(&self, cycle: BillingCycle) -> f64 {
        self.purchases.get(&cycle).into_iter().flatten().map(|(_, amount)| amount).sum()
    }

    /// The bill's use day by day, each unit at its value.
    pub(super) fn value_of_use(
        &self,
        bill: &PricedBill<'_>,
        bills: &Components,
    ) -> Result<(NaiveDate, Vec<f64>)> {
        let mut parts = SeriesSetBuilder::new();
        for (meter, value) in bill.meters.iter().zip(&self.unit_values) {
            let Some(leaf) = meter.leaf else { continue };
            let frame = bills.level().get(leaf);
            let worth: Vec<f64> = quantities(meter, frame).iter().map(|quantity| value * quantity).collect();
            parts.push("", frame.start, &worth)?;
        }
        let (start, unpriced) = unpriced_level(bill, bills);
        parts.push("", start, &unpriced)?;
        let parts = parts.build();
        let places: Vec<usize> = (0..parts.len()).collect();
        Ok(summed(&parts, Some(&parts), &places))
    }
}

/// Forecasts the rests of all bills, every meter from its own past.
pub(super) fn rests(
    engine: &Engine,
    bills: &Components,
    priced: &[PricedBill<'_>],
    facts: &[Leaf],
) -> Result<Vec<Rest>> {
    let mut sets: [SeriesSetBuilder; 4] = Default::default();
    let (mut cutoffs, mut cycles) = (Vec::new(), Vec::new());
    for (bill, own) in priced.iter().zip(facts) {
        let mut push = |start: NaiveDate, values: [&[f64]; 4]| -> Result<()> {
            for (set, values) in sets.iter_mut().zip(values) {
                set.push("", start, values)?;
            }
            cutoffs.push(own.cutoff);
            cycles.push(own.cycles.iter().map(|own| own.cycle).collect::<Vec<_>>());
            Ok(())
        };
        for (meter, leaf) in bill.meters.iter().filter_map(|meter| Some((meter, meter.leaf?))) {
            let frame = bills.level().get(leaf);
            let nothing = vec![0.0; frame.values.len()];
            let (known, all) = (quantities(meter, frame), used_on(meter, frame));
            push(frame.start, [&known, &nothing, &nothing, &all])?;
        }
        let (start, unpriced) = unpriced_level(bill, bills);
        let nothing = vec![0.0; unpriced.len()];
        push(start, [&unpriced, &nothing, &nothing, &known_unpriced(bill, bills)])?;
        let (start, recurring) = summed(bills.level(), bills.recurring(), &bill.leaves);
        let (_, irregular) = summed(bills.level(), bills.irregular(), &bill.leaves);
        let nothing = vec![0.0; recurring.len()];
        push(start, [&nothing, &recurring, &irregular, &nothing])?;
    }
    let [level, recurring, irregular, partial] = sets.map(SeriesSetBuilder::build);
    let all = Components::new(level, Some(recurring), Some(irregular))?.with_partial_days(partial)?;
    let found = engine.forecast(&Question::new(&all, &cutoffs, &cycles)?);
    let mut next = found.into_iter().enumerate();
    let mut take = || next.next();
    priced
        .iter()
        .map(|bill| {
            let mut rest = Rest::default();
            for meter in &bill.meters {
                let Some((place, own)) = meter.leaf.and_then(|_| take()) else {
                    rest.unit_values.push(0.0);
                    rest.meters.push(BTreeMap::new());
                    continue;
                };
                for cycle in own.cycles.iter().filter(|cycle| cycle.remaining.is_none()) {
                    *rest.missing.entry(cycle.cycle).or_default() += 1;
                }
                let days = days_of(&own, all.get(place));
                rest.unit_values.push(unit_value(meter, &days)?);
                rest.meters.push(days);
            }
            rest.unpriced = take().map(|(place, own)| days_of(&own, all.get(place))).unwrap_or_default();
            rest.purchases = take().map(|(place, own)| days_of(&own, all.get(place))).unwrap_or_default();
            Ok(rest)
        })
        .collect()
}

/// What each cycle's days hold beyond what is seen of them.
fn days_of(forecast: &SeriesForecast, seen: SeriesComponents<'_>) -> BTreeMap<BillingCycle, Days> {
    let own = |cycle: &CycleForecast| {
        let known = |day: NaiveDate| seen.level.value_on(day).or_else(|| seen.known_part_of(day));
        let beyond = |day: &DayForecast| (day.date, day.expected() - known(day.date).unwrap_or(0.0));
        (cycle.cycle, cycle.daily.iter().map(beyond).collect())
    };
    forecast.cycles.iter().filter(|cycle| cycle.remaining.is_some()).map(own).collect()
}

/// How much of a meter was used on each day of its costs; a day that is not known is not known here either.
fn quantities(meter: &PricedMeter<'_>, frame: CostSeries<'_>) -> Vec<f64> {
    let mut values: Vec<f64> = frame.values.iter().map(|cost| cost * 0.0).collect();
    for used in &meter.used {
        if let Some(place) = frame.index_of(used.day).filter(|place| !values[*place].is_nan()) {
            values[place] += used.quantity.to_f64();
        }
    }
    values
}

/// The same with the days that are not covered whole, as far as their use is known.
fn used_on(meter: &PricedMeter<'_>, frame: CostSeries<'_>) -> Vec<f64> {
    let mut values = vec![0.0; frame.values.len()];
    for used in &meter.used {
        if let Some(place) = frame.index_of(used.day) {
            values[place] += used.quantity.to_f64();
        }
    }
    values
}

/// The costs of use without a price that are known, days that are not covered whole included.
fn known_unpriced(bill: &PricedBill<'_>, bills: &Components) -> Vec<f64> {
    let unpriced = unpriced_leaves(bill);
    match unpriced.is_empty() {
        true => vec![0.0; summed(bills.level(), None, &bill.leaves).1.len()],
        false => known_parts(bills, &unpriced).1,
    }
}

fn unpriced_leaves(bill: &PricedBill<'_>) -> Vec<usize> {
    let is_priced = |leaf: &usize| bill.meters.iter().any(|meter| meter.leaf == Some(*leaf));
    bill.leaves.iter().copied().filter(|leaf| !is_priced(leaf)).collect()
}

/// The costs of use without a price; zeros over the days of the whole bill where there is none.
fn unpriced_level(bill: &PricedBill<'_>, bills: &Components) -> (NaiveDate, Vec<f64>) {
    let unpriced = unpriced_leaves(bill);
    if unpriced.is_empty() {
        let (start, whole) = summed(bills.level(), Some(bills.level()), &bill.leaves);
        return (start, whole.iter().map(|day| day * 0.0).collect());
    }
    summed(bills.level(), Some(bills.level()), &unpriced)
}

/// What a unit of the rests costs on average, over all cycles, if twice as many come as expected: what is free now may
/// not stay so. Where nothing is to come, what it cost so far.
fn unit_value(meter: &PricedMeter<'_>, rest: &BTreeMap<BillingCycle, Days>) -> Result<f64> {
    let (mut cost, mut units) = (0.0, 0.0);
    for (cycle, days) in rest {
        let more: f64 = 2.0 * days.iter().map(|(_, own)| own.max(0.0)).sum::<f64>();
        let used: Amount =
            meter.used.iter().filter(|own| cycle.contains(own.day)).map(|own| own.quantity).sum();
        let more_units = Amount::from_estimate(more).ok_or(billing::Error::TooLarge)?;
        let price =
            billing::in_force(&meter.prices, cycle.last_day()).map_err(|why| unpriced(&meter.meter, why))?;
        cost += price.tiers.cost(used + more_units)?.to_f64() - price.tiers.cost(used)?.to_f64();
        units += more;
    }
    if units > NO_REST {
        return Ok(cost / units);
    }
    let used: f64 = meter.used.iter().map(|own| own.quantity.to_f64()).sum();
    let charged: f64 = meter.charged.values().map(|cost| cost.to_f64()).sum();
    Ok(if used > NO_REST { (charged / used).max(0.0) } else { 0.0 })
}
