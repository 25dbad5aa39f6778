//! How a meter is forecast: by its costs where they are its use at one price, otherwise by its quantities.

use super::bill::{NO_REST, PricedMeter, unpriced};
use crate::{bill::Bill, error::Result};
use billing::{Amount, BillingCycle, CostSeries, Price, SeriesSetBuilder, in_force};
use chrono::{Days, NaiveDate};

/// How far what was charged on a day may lie off its use at the price: a share, and an amount.
const SAME_SHARE: f64 = 0.01;
const SAME_AMOUNT: f64 = 0.01;
/// A meter is charged by its price where days with this share of its costs are.
const EXPLAINED: f64 = 0.9;
/// Days whose costs and use show at which price a meter is charged that is not the one given.
const RECENT_DAYS: u64 = 60;
/// Days whose use shows what a coming unit costs.
const MONTH_DAYS: u64 = 30;
/// More than any use of a cycle.
const MOST: Amount = Amount::whole(10_u64.pow(18));
/// The value of a unit that is free however much is used: it counts for nothing in the bill's use.
const FREE_VALUE: f64 = 1e-6;

/// How a meter is forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum By {
    /// By its costs, times the price given over the price that is charged.
    Costs(f64),
    /// By its quantities, each unit worth this much in the use of the whole bill.
    Quantities(f64),
}

/// The one price of a meter whatever is used and whenever; `None` where there are several.
pub(super) fn one_price(prices: &[&Price]) -> Option<Amount> {
    let whole = |price: &&Price| price.tiers.one_price(Amount::ZERO, MOST);
    let first = prices.first().and_then(whole)?;
    prices.iter().all(|price| whole(price) == Some(first)).then_some(first)
}

impl By {
    /// How a meter is forecast, whose daily costs are `costs`, final until the cutoff.
    pub(super) fn of(
        meter: &PricedMeter<'_>,
        costs: CostSeries<'_>,
        cutoff: NaiveDate,
        cycles: &[BillingCycle],
    ) -> Result<Self> {
        for day in cycles.iter().flat_map(|cycle| cycle.days()) {
            in_force(&meter.prices, day).map_err(|why| unpriced(&meter.meter, why))?;
        }
        let Some(first) = cycles.first() else { return Ok(Self::Costs(1.0)) };
        match one_price(&meter.prices).and_then(|price| times_charged(meter, costs, cutoff, price.to_f64())) {
            Some(times) => Ok(Self::Costs(times)),
            None => Ok(Self::Quantities(unit_value(meter, cutoff, *first)?)),
        }
    }
}

/// The price as a multiple of what is charged for a unit; `None` where nothing is charged although it has a price.
fn times_charged(
    meter: &PricedMeter<'_>,
    costs: CostSeries<'_>,
    cutoff: NaiveDate,
    price: f64,
) -> Option<f64> {
    let days = || {
        let known = meter
            .used
            .iter()
            .filter_map(|own| Some((own.day, own.quantity.to_f64(), costs.value_on(own.day)?)));
        known.filter(|(day, ..)| *day <= cutoff)
    };
    let sum = |days: &mut dyn Iterator<Item = (NaiveDate, f64, f64)>| {
        days.fold((0.0, 0.0), |sum, (_, used, cost)| (sum.0 + price * used, sum.1 + cost.abs()))
    };
    let (_, all) = sum(&mut days());
    let is_same = |(_, used, cost): &(NaiveDate, f64, f64)| {
        (cost - price * used).abs() <= SAME_AMOUNT.max(SAME_SHARE * cost.abs())
    };
    let (_, explained) = sum(&mut days().filter(is_same));
    if explained >= EXPLAINED * all {
        return Some(1.0);
    }
    let (priced, charged) = sum(&mut days().filter(|(day, ..)| *day + Days::new(RECENT_DAYS) > cutoff));
    (charged > NO_REST).then(|| priced / charged)
}

/// What a unit costs on average if in a month twice as many come as in the last: what is free now may not stay so.
fn unit_value(meter: &PricedMeter<'_>, cutoff: NaiveDate, first: BillingCycle) -> Result<f64> {
    let recent =
        meter.used.iter().filter(|own| own.day <= cutoff && own.day + Days::new(MONTH_DAYS) > cutoff);
    let used: Amount = recent.map(|own| own.quantity).sum();
    let twice = used + used;
    if !twice.is_positive() {
        return Ok(FREE_VALUE);
    }
    let price = in_force(&meter.prices, first.last_day()).map_err(|why| unpriced(&meter.meter, why))?;
    Ok((price.tiers.cost(twice)?.to_f64() / twice.to_f64()).max(FREE_VALUE))
}

/// The bill with the use of some rows in the place of their costs: `worth` says of a row how much was used, each unit
/// at its value. What the rows are parts of changes with them.
///
/// # Errors
/// A value that is not finite.
pub(super) fn with_worth(bill: &Bill, worth: &[(usize, &PricedMeter<'_>, f64)]) -> Result<Bill> {
    let level = bill.series.level();
    let mut values: Vec<Vec<f64>> = level.iter().map(|own| own.values.to_vec()).collect();
    for (place, meter, value) in worth {
        let row = &bill.rows[*place];
        let costs = level.get(row.series);
        let mut used = vec![0.0; costs.values.len()];
        for own in &meter.used {
            if let Some(day) = costs.index_of(own.day) {
                used[day] += value * own.quantity.to_f64();
            }
        }
        let mut holders = vec![row.series, bill.units[row.unit].series];
        let mut above = row.parent;
        while let Some(parent) = above {
            holders.push(bill.rows[parent].series);
            above = bill.rows[parent].parent;
        }
        holders.sort_unstable();
        holders.dedup();
        for holder in holders {
            let offset = (costs.start - level.get(holder).start).num_days();
            for (day, (used, cost)) in used.iter().zip(costs.values).enumerate() {
                let at = usize::try_from(offset + day as i64).ok();
                if let Some(own) = at.and_then(|at| values[holder].get_mut(at)).filter(|_| !cost.is_nan()) {
                    *own += used - cost;
                }
            }
        }
    }
    let mut set = SeriesSetBuilder::new();
    for (own, values) in level.iter().zip(&values) {
        set.push(own.id, own.start, values)?;
    }
    let mut out = bill.clone();
    out.series = bill.series.clone().with_level(set.build())?;
    // Services still hold the costs of these meters: units are cut into their last rows.
    for (place, unit) in out.units.iter_mut().enumerate() {
        if worth.iter().any(|(row, ..)| bill.rows[*row].unit == place) {
            unit.partitions.retain(|partition| partition.only_largest);
            if let Some(meters) = unit.partitions.first_mut() {
                let rows = bill.rows_of(place);
                let deepest = bill.rows[rows.clone()].iter().map(crate::bill::Row::level).max();
                let last = bill.rows[rows].iter().filter(|row| Some(row.level()) == deepest);
                meters.series = last.map(|row| row.series).collect();
            }
        }
    }
    Ok(out)
}
