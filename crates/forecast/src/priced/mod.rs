//! Bills whose use has prices: the forecast of all costs, and what prices and terms change in it.
//!
//! A free amount, a tier or a credit makes early-cycle cost a poor predictor of the total, while *usage*
//! continues as before. So a meter with several prices is forecast by its quantities, which are added to the usage of the
//! cycle so far and priced as a whole. What is always charged at one price is forecast by its costs, as is what has no
//! price. Credit and other terms apply to the sum. The total differs from the forecast of costs only by named amounts.
//!
//! One factor scales all remaining use. Its quantiles come from past errors of the bill's whole use,
//! each meter valued at what its coming units cost. So charges and amount due have quantiles of their own
//! shapes: an amount due below the credit is certain.
//! Wrong where one meter runs away while others stay, and that meter alone has costly tiers.

mod bill;
mod by_price;
mod cycle;
mod factors;
mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use bill::{PricedBill, PricedMeter, Terms};

use crate::{
    bill::{Bill, UnitForecast, sum},
    engine::Engine,
    error::Result,
    price_difference::rounded_differences,
    totals::{GroupTotal, Totals},
    used_up::UsedUp,
};
use bill::{LEVELS, LOWER_80, POINT, UPPER_80};
use billing::{Amount, BillingCycle};
use by_price::{By, with_worth};
use chrono::NaiveDate;
use cycle::{Charged, Outcome, PricedCycle};
use factors::Off;
use rayon::prelude::*;
use rest::{Expected, Rest};
use rows::{OfBill, priced_rows};

/// The totals of [`forecast_priced`].
#[derive(Clone, Debug, PartialEq)]
pub struct PricedTotals {
    /// Of each cycle first the total (level 0), then the bills (level 1) in their order; each with its net.
    pub rows: Vec<GroupTotal>,
    /// When what is left of a commitment is used up, where there is one.
    pub balance_used_up: Option<UsedUp>,
}

/// Forecasts what bills will cost by their prices, in every cycle that their facts ask for.
///
/// `all` holds the costs of everything, with rows of two shown levels: bills, and meters inside them. Bills are of one
/// currency.
///
/// # Errors
/// A price that does not hold on a day; what cannot be held; a bill that names a series that it does not hold.
pub fn forecast_priced(
    engine: &Engine,
    all: Bill,
    priced: &[PricedBill<'_>],
    terms: Terms<'_>,
) -> Result<PricedTotals> {
    let totals = Totals::of(engine, all)?;
    let by = priced.iter().map(|bill| ways(&totals.bill, bill)).collect::<Result<Vec<_>>>()?;
    let of_use = forecast_of_use(engine, &totals, priced, &by)?;
    let of_use = of_use.as_ref().unwrap_or(&totals);
    let expected = Expected { bill: &of_use.bill, forecasts: &of_use.forecasts };
    let of_costs = Expected { bill: &totals.bill, forecasts: &totals.forecasts };

    let (mut rows, mut spent) = (Vec::new(), <[Vec<(NaiveDate, Amount)>; 3]>::default());
    let by_costs = totals.tree(engine, 1).totals();
    for same in by_costs.chunk_by(|one, other| one.cycle == other.cycle && one.currency == other.currency) {
        let (total, parts) = same.split_at(usize::from(same[0].level == 0));
        let cycle = same[0].cycle;
        let of = |row: &GroupTotal| priced.iter().position(|bill| row.keys.first() == Some(&bill.key));
        let asked: Vec<(&GroupTotal, usize)> = parts.iter().filter_map(|row| Some((row, of(row)?))).collect();
        let rests: Vec<Rest> = asked
            .iter()
            .map(|(row, bill)| expected.rest(&priced[*bill], &by[*bill], &row.units, cycle))
            .collect();
        let joint_units: Vec<usize> = asked.iter().flat_map(|(row, _)| row.units.iter().copied()).collect();
        let range = |units: &[usize], level: f64| {
            let parts: Vec<_> = units.iter().filter_map(|unit| expected.unit(*unit, cycle)).collect();
            Off::of(sum(&parts, engine.model(), |_, _| 0.0).as_ref(), level)
        };
        let level: f64 = rests.iter().map(|rest| rest.level).sum();
        let joint = range(&joint_units, level).map(|off| off.part(asked.len()));
        let bills: Vec<(OfBill<'_>, [Outcome; LEVELS])> = asked
            .par_iter()
            .zip(&rests)
            .map(|((row, place), rest)| {
                let exact = exact_of(&of_costs, &row.units, cycle);
                let charged = Charged {
                    cycle,
                    cutoff: row.cutoff,
                    actual: exact.0,
                    all: &totals.bill,
                    units: &row.units,
                };
                let own = PricedCycle::new(&priced[*place], &by[*place], rest, charged)?;
                let outcomes = own.outcomes(range(&row.units, rest.level), terms)?;
                let digits = crate::totals::digits(row.currency.as_ref());
                let all = outcomes[POINT].end().gross - exact.1;
                let differences = rounded_differences(own.differences()?, all, digits);
                let joint = own.outcomes(joint, terms)?;
                Ok((OfBill { by_costs: row, outcomes, differences }, joint))
            })
            .collect::<Result<_>>()?;
        let (own, joint): (Vec<OfBill<'_>>, Vec<[Outcome; LEVELS]>) = bills.into_iter().unzip();
        for (place, level) in [LOWER_80, POINT, UPPER_80].into_iter().enumerate() {
            spent[place].extend(joint.iter().flat_map(|bill| bill[level].spent()));
        }
        rows.extend(priced_rows(total.first(), &own, &joint, terms));
    }
    let balance_used_up =
        terms.balance.map(|balance| UsedUp::of(spent.map(|days| cycle::day_when(days, balance))));
    Ok(PricedTotals { rows, balance_used_up })
}

/// How each meter of a bill is forecast.
fn ways(all: &Bill, bill: &PricedBill<'_>) -> Result<Vec<By>> {
    let way = |meter: &PricedMeter<'_>| {
        let Some(row) = meter.row.map(|row| &all.rows[row]) else { return Ok(By::Costs(1.0)) };
        let facts = &all.units[row.unit].facts;
        let cycles: Vec<BillingCycle> = facts.cycles.iter().map(|own| own.cycle).collect();
        By::of(meter, all.series.level().get(row.series), facts.cutoff, &cycles)
    };
    bill.meters.iter().map(way).collect()
}

/// The forecast of the bill's use, each unit at its value; `None` where no meter is forecast by its quantities.
fn forecast_of_use(
    engine: &Engine,
    totals: &Totals,
    priced: &[PricedBill<'_>],
    by: &[Vec<By>],
) -> Result<Option<Totals>> {
    let mut worth: Vec<(usize, &PricedMeter<'_>, f64)> = Vec::new();
    for (bill, by) in priced.iter().zip(by) {
        for (meter, by) in bill.meters.iter().zip(by) {
            if let (Some(row), By::Quantities(value)) = (meter.row, by) {
                worth.push((row, meter, *value));
            }
        }
    }
    if worth.is_empty() {
        return Ok(None);
    }
    let bill = with_worth(&totals.bill, &worth)?;
    let has_worth = |unit: &usize| worth.iter().any(|(row, ..)| bill.rows[*row].unit == *unit);
    let forecasts: Vec<UnitForecast> = (0..bill.units.len())
        .into_par_iter()
        .map(|unit| match has_worth(&unit) {
            true => crate::totals::forecast_unit(engine, &bill, unit),
            false => totals.forecasts[unit].clone(),
        })
        .collect();
    Ok(Some(Totals { bill, forecasts }))
}

/// What is charged so far in some units, and the whole cycle by the forecast of costs; not rounded.
fn exact_of(of_costs: &Expected<'_>, units: &[usize], cycle: BillingCycle) -> (Amount, Amount) {
    let (mut actual, mut rest) = (Amount::ZERO, 0.0);
    for unit in units {
        let facts = &of_costs.bill.units[*unit].facts;
        actual += facts.cycles.iter().filter(|own| own.cycle == cycle).map(|own| own.actual).sum();
        if let Some(part) = of_costs.unit(*unit, cycle) {
            rest += part.level + part.forecast.recurring;
        }
    }
    (actual, actual + Amount::from_estimate(rest).unwrap_or_default())
}
