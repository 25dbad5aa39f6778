//! Usage of one meter, ready to be priced: its prices, and its quantities in their unit.

use crate::lookup::{identity, usage_prices};
use billing::{Amount, BillingCycle, DayUse, Price, PriceCard, PricingUnit, Unpriced, UsedDay, in_force};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Usage of one meter of a subscription that has prices.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterUsage<'c> {
    /// Its prices, all of one unit.
    pub prices: Vec<&'c Price>,
    /// Quantity of each day, in that unit; days ascend, each once.
    pub used: Vec<DayUse>,
    /// The cost that the data states, by day.
    pub charged: BTreeMap<NaiveDate, Amount>,
}

/// The prices of a meter and its usage in their unit, or why there is no price. Late usage, which a later cycle bills, is
/// left out: it belongs neither to the level of its day nor to the tiers of its cycle.
///
/// # Errors
/// [`billing::Error::TooLarge`] when a quantity cannot be held.
pub fn meter_usage<'c>(
    rows: &[&UsedDay],
    card: &'c PriceCard,
    meter: &str,
    cycles: &[BillingCycle],
) -> billing::Result<Result<MeterUsage<'c>, Unpriced>> {
    let found = usage_prices(card, meter).and_then(|prices| one_unit(&prices).map(|unit| (prices, unit)));
    let (prices, unit) = match found {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    for day in cycles.iter().flat_map(|cycle| cycle.days()) {
        if let Err(why) = in_force(&prices, day) {
            return Ok(Err(why));
        }
    }
    let (mut used, mut charged): (BTreeMap<NaiveDate, Amount>, BTreeMap<NaiveDate, Amount>) =
        Default::default();
    for row in rows.iter().filter(|row| !row.is_late()) {
        let Some(quantity) = in_unit_of(row, unit)? else { return Ok(Err(Unpriced::UnknownUnit)) };
        for (sums, more) in [(&mut used, quantity), (&mut charged, row.cost)] {
            let sum = sums.entry(row.day).or_default();
            *sum = sum.checked_add(more).ok_or(billing::Error::TooLarge)?;
        }
    }
    let used = used.into_iter().map(|(day, quantity)| DayUse { day, quantity }).collect();
    Ok(Ok(MeterUsage { prices, used, charged }))
}

/// The unit of prices of one thing.
///
/// # Errors
/// Why usage has no price: there is none, or there are several things or units.
pub(crate) fn one_unit<'c>(prices: &[&'c Price]) -> Result<&'c PricingUnit, Unpriced> {
    let first = *prices.first().ok_or(Unpriced::NoRate)?;
    if prices.iter().any(|price| identity(price) != identity(first)) {
        return Err(Unpriced::Ambiguous);
    }
    if prices.iter().any(|price| price.unit != first.unit) {
        return Err(Unpriced::UnknownUnit);
    }
    Ok(&first.unit)
}

/// A row's quantity in the unit of a price; `None` where it counts something else.
///
/// # Errors
/// [`billing::Error::TooLarge`] when it cannot be held.
pub(crate) fn in_unit_of(row: &UsedDay, unit: &PricingUnit) -> billing::Result<Option<Amount>> {
    let Some(own) = row.unit.parse::<PricingUnit>().ok().filter(|own| own.counts_like(unit)) else {
        return Ok(None);
    };
    if own.block() == unit.block() {
        return Ok(Some(row.quantity));
    }
    let things = row.quantity.times(own.block()).ok_or(billing::Error::TooLarge)?;
    Ok(Some(unit.in_blocks(things)))
}
