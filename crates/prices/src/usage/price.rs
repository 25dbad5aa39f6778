//! The cost of recorded usage by a price list, meter by meter: an estimate to compare with the bill.
//!
//! Tiers and free amounts are counted per subscription and meter over the billing period that the data states, else over
//! the cycle of `cycle_day`. Quantities are in the unit of their rows and are converted to the unit of the price.

use crate::{
    Error, Result,
    lookup::{one_price, usage_prices},
    usage::meter::{in_unit_of, one_unit},
};
use billing::{
    Amount, BillingCycle, CycleDay, DayUse, PriceCard, PricingUnit, Unpriced, UsedDay, price_rows,
};
use std::collections::{BTreeMap, BTreeSet};

/// Usage of a meter of a subscription in a billing cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedMeter {
    /// The subscription; empty where the data names none.
    pub subscription: String,
    /// The meter's id, in lower case.
    pub meter: String,
    /// Its name by the data, or by the price.
    pub name: String,
    /// The billing period that the data states, else the cycle by the cycle day.
    pub cycle: BillingCycle,
    /// The quantity, in `unit`.
    pub quantity: Amount,
    /// The unit of the price, or that of the data where there is none.
    pub unit: String,
    /// The price of a unit, where one price applies to every quantity and day.
    pub unit_price: Option<Amount>,
    /// The cost by the price list, or why there is none.
    pub cost: std::result::Result<Amount, Unpriced>,
    /// The cost that the data states.
    pub charged: Amount,
    /// Whether every tier of its prices is 0: it is free, or the price list lacks its price.
    pub is_zero_price: bool,
}

/// Prices usage by subscription, meter and billing cycle. `cycle_day` decides the cycle of rows whose data states no
/// billing period.
///
/// # Errors
/// [`Error::Line`] with the meter for quantities and costs that cannot be held.
pub fn price_usage(rows: &[UsedDay], card: &PriceCard, cycle_day: CycleDay) -> Result<Vec<UsedMeter>> {
    let periods = stated_periods(rows);
    let mut groups: BTreeMap<(&str, &str, BillingCycle), Vec<&UsedDay>> = BTreeMap::new();
    for row in rows {
        let cycle = cycle_of(row, &periods, cycle_day);
        groups.entry((subscription_of(row), row.meter.as_str(), cycle)).or_default().push(row);
    }
    let mut out = Vec::with_capacity(groups.len());
    for ((subscription, meter, cycle), rows) in groups {
        let found = usage_prices(card, meter);
        let prices = found.clone().unwrap_or_default();
        let fault = |source| Error::Line { line: format!("meter {meter} in {}", cycle.start()), source };
        let sum = |get: fn(&UsedDay) -> Amount| {
            let add = |sum: Amount, row: &&UsedDay| sum.checked_add(get(row)).ok_or(billing::Error::TooLarge);
            rows.iter().try_fold(Amount::ZERO, add).map_err(fault)
        };
        let unit = found.and_then(|prices| one_unit(&prices));
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
            is_zero_price: !prices.is_empty() && prices.iter().all(|price| price.is_zero()),
            meter: meter.to_owned(),
        });
    }
    Ok(out)
}

fn subscription_of(row: &UsedDay) -> &str {
    row.subscription.as_deref().unwrap_or_default()
}

/// The billing periods that the data states for each subscription.
fn stated_periods(rows: &[UsedDay]) -> BTreeMap<&str, BTreeSet<BillingCycle>> {
    let mut periods: BTreeMap<&str, BTreeSet<BillingCycle>> = BTreeMap::new();
    for row in rows {
        if let Some(period) = row.billing_period {
            periods.entry(subscription_of(row)).or_default().insert(period);
        }
    }
    periods
}

/// The billing cycle of a row: the period that it states; without one the period of its day that other rows of the
/// subscription state; else the cycle by `cycle_day`.
fn cycle_of(
    row: &UsedDay,
    periods: &BTreeMap<&str, BTreeSet<BillingCycle>>,
    cycle_day: CycleDay,
) -> BillingCycle {
    let of_others = || {
        let periods = periods.get(subscription_of(row)).into_iter().flatten();
        periods.copied().find(|period| period.contains(row.day))
    };
    let stated = row.billing_period.or_else(of_others);
    stated.unwrap_or_else(|| BillingCycle::containing(row.day, cycle_day))
}

/// Quantities in the unit of a price; [`Unpriced::UnknownUnit`] where a row counts something else.
fn in_unit(
    rows: &[&UsedDay],
    unit: &PricingUnit,
    cycle: BillingCycle,
) -> billing::Result<std::result::Result<Vec<DayUse>, Unpriced>> {
    let mut days = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(quantity) = in_unit_of(row, unit)? else { return Ok(Err(Unpriced::UnknownUnit)) };
        // Late usage counts on the first day of the cycle that bills it, usage billed ahead on the last.
        days.push(DayUse { day: row.day.clamp(cycle.start(), cycle.last_day()), quantity });
    }
    Ok(Ok(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_private_toml;
    use billing::{OfferTerms, Price, PriceKind};

    const CARD: &str = "currency = \"EUR\"\n[[price]]\nmeter = \"vm\"\nunit = \"100 Hours\"\n\
        tiers = [{ from = 0, price = 0 }, { from = 5, price = 8 }]\n";

    fn used(subscription: &str, meter: &str, day: &str, quantity: &str, unit: &str) -> UsedDay {
        UsedDay {
            subscription: Some(subscription.to_owned()),
            meter: meter.to_owned(),
            name: None,
            unit: unit.to_owned(),
            day: day.parse().unwrap(),
            billing_period: None,
            quantity: quantity.parse().unwrap(),
            cost: Amount::ONE,
            currency: None,
            invoice_unit: String::new(),
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

    fn in_period(row: UsedDay, start: &str, end: &str) -> UsedDay {
        let period = BillingCycle::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
        UsedDay { billing_period: Some(period), ..row }
    }

    #[test]
    fn a_free_amount_is_counted_in_the_billing_period_that_the_data_states() {
        // Periods from the 10th on: 3 + 4 blocks in the first, of which 5 are free; 6 in the second.
        let first = |row| in_period(row, "2026-10-10", "2026-11-10");
        let rows = [
            first(used("a", "vm", "2026-10-31", "300", "1 Hour")),
            first(used("a", "vm", "2026-11-09", "400", "1 Hour")),
            in_period(used("a", "vm", "2026-11-10", "600", "1 Hour"), "2026-11-10", "2026-12-10"),
            // States none: the period of its day that others state, and the month of a day that has none.
            used("a", "vm", "2026-11-11", "100", "1 Hour"),
            used("a", "vm", "2027-01-11", "600", "1 Hour"),
        ];
        assert_eq!(priced(&rows), ["a 2026-10-10 7 16", "a 2026-11-10 7 16", "a 2027-01-01 6 8"]);
    }

    #[test]
    fn usage_outside_its_period_counts_in_the_period_that_bills_it() {
        let period = |row| in_period(row, "2026-11-01", "2026-12-01");
        // Late, in time, and billed ahead: 7 blocks in November.
        let rows = [
            period(used("a", "vm", "2026-10-30", "300", "1 Hour")),
            period(used("a", "vm", "2026-11-30", "200", "1 Hour")),
            period(used("a", "vm", "2026-12-01", "200", "1 Hour")),
        ];
        assert_eq!(priced(&rows), ["a 2026-11-01 7 16"]);
    }

    #[test]
    fn a_meter_of_one_kind_of_price_is_priced_by_it_and_one_of_several_is_not() {
        let card = read_private_toml(&CARD.replace("tiers", "price = 2\n#"), "the card").unwrap();
        let of = |kinds: &[PriceKind]| {
            let prices = kinds.iter().map(|kind| Price { kind: *kind, ..card.prices()[0].clone() }).collect();
            let card = PriceCard::new(card.currency.clone(), OfferTerms::default(), prices);
            let rows = [used("a", "vm", "2026-10-01", "3", "100 Hours")];
            let found = price_usage(&rows, &card, CycleDay::FIRST).unwrap().remove(0);
            found.cost.map_or_else(|why| why.name().to_owned(), |cost| cost.to_string())
        };
        assert_eq!(of(&[PriceKind::Spot]), "6");
        assert_eq!(of(&[PriceKind::DevTest]), "6");
        assert_eq!(of(&[PriceKind::Spot, PriceKind::DevTest]), "ambiguous");
        assert_eq!(of(&[PriceKind::Consumption, PriceKind::Spot]), "6");
        // The price of a whole term prices no hour.
        assert_eq!(of(&[PriceKind::Reservation { years: 1 }]), "no_rate");
        assert_eq!(of(&[PriceKind::SavingsPlan { years: 1 }]), "no_rate");
    }

    #[test]
    fn a_meter_whose_price_is_unusable_or_zero_is_marked() {
        let card = format!(
            "{CARD}[[price]]\nmeter = \"free\"\nunit = \"1\"\nprice = 0\n[[price]]\nmeter = \"odd\"\nunit = \"1\"\nprice = -1\n"
        );
        let card = read_private_toml(&card, "the card").unwrap();
        let rows = ["vm", "free", "odd"].map(|meter| used("a", meter, "2026-10-01", "3", "1"));
        let found = price_usage(&rows, &card, CycleDay::FIRST).unwrap();
        let of = |meter: &str| found.iter().find(|own| own.meter == meter).unwrap();
        assert!(of("free").is_zero_price && of("free").cost == Ok(Amount::ZERO));
        assert!(!of("vm").is_zero_price && of("odd").cost == Err(Unpriced::UnusableRate));
    }
}
