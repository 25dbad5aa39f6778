//! What use costs by a price list, meter by meter: an estimate to set beside the bill.
//!
//! Tiers and free amounts count per subscription and meter over a billing cycle. Quantities are those of the unit that
//! their rows name, and are brought to the unit of the price.

use crate::{
    Error, Result,
    lookup::one_price,
    usage::meter::{in_unit_of, one_unit},
};
use billing::{
    Amount, BillingCycle, CycleDay, DayUse, Price, PriceCard, PriceKind, PricingUnit, Unpriced, UsedDay,
    price_rows,
};
use std::collections::BTreeMap;

/// A meter of a subscription in a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedMeter {
    /// The subscription; empty where the data names none.
    pub subscription: String,
    /// The meter's id, in lower case.
    pub meter: String,
    /// Its name by the data, or by the price.
    pub name: String,
    /// The cycle.
    pub cycle: BillingCycle,
    /// How much was used, in `unit`.
    pub quantity: Amount,
    /// The unit of the price, or that of the data where there is none.
    pub unit: String,
    /// The price of a unit, where it is one whatever the quantity and the day.
    pub unit_price: Option<Amount>,
    /// What it costs by the price list, or why that is not known.
    pub cost: std::result::Result<Amount, Unpriced>,
    /// What it cost by the data.
    pub charged: Amount,
}

/// Prices use, by subscription, meter and cycle.
///
/// # Errors
/// [`Error::Line`] with the meter for what cannot be held.
pub fn price_usage(rows: &[UsedDay], card: &PriceCard, cycle_day: CycleDay) -> Result<Vec<UsedMeter>> {
    let mut groups: BTreeMap<(&str, &str, BillingCycle), Vec<&UsedDay>> = BTreeMap::new();
    for row in rows {
        let late = row.billed_from.filter(|start| *start > row.day);
        let cycle = BillingCycle::containing(late.unwrap_or(row.day), cycle_day);
        groups
            .entry((row.subscription.as_deref().unwrap_or_default(), row.meter.as_str(), cycle))
            .or_default()
            .push(row);
    }
    let mut out = Vec::with_capacity(groups.len());
    for ((subscription, meter, cycle), rows) in groups {
        let prices: Vec<&Price> =
            card.of_meter(meter).filter(|price| price.kind == PriceKind::Consumption).collect();
        let fault = |source| Error::Line { line: format!("meter {meter} in {}", cycle.start()), source };
        let sum = |get: fn(&UsedDay) -> Amount| {
            let add = |sum: Amount, row: &&UsedDay| sum.checked_add(get(row)).ok_or(billing::Error::TooLarge);
            rows.iter().try_fold(Amount::ZERO, add).map_err(fault)
        };
        let unit = one_unit(&prices);
        let used = match unit {
            Err(why) => Err(why),
            Ok(unit) => in_unit(&rows, unit, cycle).map_err(fault)?,
        };
        let (quantity, cost) = match &used {
            Err(why) => (sum(|row| row.quantity)?, Err(*why)),
            Ok(days) => {
                let quantity = days.iter().map(|row| row.quantity).sum();
                let costs = price_rows(&prices, cycle, days).map_err(fault)?;
                (quantity, costs.into_iter().sum::<std::result::Result<Amount, Unpriced>>())
            }
        };
        out.push(UsedMeter {
            subscription: subscription.to_owned(),
            name: rows[0]
                .name
                .clone()
                .unwrap_or_else(|| prices.first().map(|price| price.full_name()).unwrap_or_default()),
            cycle,
            quantity,
            unit: unit.map_or_else(|_| rows[0].unit.clone(), ToString::to_string),
            unit_price: one_price(&prices),
            cost,
            charged: sum(|row| row.cost)?,
            meter: meter.to_owned(),
        });
    }
    Ok(out)
}

/// Quantities in the unit of a price; [`Unpriced::UnknownUnit`] where one counts something else.
fn in_unit(
    rows: &[&UsedDay],
    unit: &PricingUnit,
    cycle: BillingCycle,
) -> billing::Result<std::result::Result<Vec<DayUse>, Unpriced>> {
    let mut days = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(quantity) = in_unit_of(row, unit)? else { return Ok(Err(Unpriced::UnknownUnit)) };
        // Late use counts with the first day of the cycle that bills it.
        days.push(DayUse { day: row.day.max(cycle.start()), quantity });
    }
    Ok(Ok(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_private_toml;

    const CARD: &str = "currency = \"EUR\"\n[[price]]\nmeter = \"vm\"\nunit = \"100 Hours\"\n\
        tiers = [{ from = 0, price = 0 }, { from = 5, price = 8 }]\n";

    fn used(subscription: &str, meter: &str, day: &str, quantity: &str, unit: &str) -> UsedDay {
        UsedDay {
            subscription: Some(subscription.to_owned()),
            meter: meter.to_owned(),
            name: None,
            unit: unit.to_owned(),
            day: day.parse().unwrap(),
            billed_from: None,
            quantity: quantity.parse().unwrap(),
            cost: Amount::ONE,
            currency: None,
        }
    }

    fn priced(rows: &[UsedDay]) -> Vec<String> {
        let card = read_private_toml(CARD, "the card").unwrap();
        let text = |own: UsedMeter| match own.cost {
            Ok(cost) => format!("{} {} {} {cost}", own.subscription, own.cycle.start(), own.quantity),
            Err(why) => format!("{} {} {} {}", own.subscription, own.cycle.start(), own.quantity, why.name()),
        };
        price_usage(rows, &card, CycleDay::FIRST).unwrap().into_iter().map(text).collect()
    }

    #[test]
    fn a_free_amount_is_one_of_the_subscription_and_of_each_cycle() {
        // 5 blocks of 100 hours are free to each subscription, every month; 8 for each more.
        let rows = [
            used("a", "vm", "2026-10-01", "400", "1 Hour"),
            used("a", "vm", "2026-10-02", "30", "10 Hours"),
            used("b", "vm", "2026-10-02", "5", "100 Hours"),
            used("a", "vm", "2026-11-01", "600", "Hours"),
        ];
        assert_eq!(priced(&rows), ["a 2026-10-01 7 16", "a 2026-11-01 6 8", "b 2026-10-01 5 0"]);
    }

    #[test]
    fn what_is_counted_otherwise_or_has_no_price_is_not_nothing() {
        let rows = [used("a", "vm", "2026-10-01", "1", "1 GB"), used("a", "disk", "2026-10-01", "2", "1 GB")];
        assert_eq!(priced(&rows), ["a 2026-10-01 2 no_rate", "a 2026-10-01 1 unknown_unit"]);
    }
}
