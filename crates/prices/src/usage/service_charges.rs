//! Usage records of a service, priced by a rate card: estimates, never the bill.
//!
//! Tiers and included quantities are counted over a billing cycle, per subscription and meter. The cost of a day is the
//! difference of the cumulative price before and after it, shared among the day's records by quantity, so the order of
//! records changes nothing. A cycle that is read from its middle on is priced too low: callers read it from its start.

use crate::{Error, Result};
use billing::{
    Amount, BillingCycle, CycleDay, DayUse, Price, PriceCard, ServiceCharge, Unpriced, price_rows,
};
use std::collections::BTreeMap;

/// The cost of a charge before credit and tax, or why there is none.
type Priced = std::result::Result<Amount, Unpriced>;

/// The billing cycle of a charge: the period that it states, else the cycle of the UTC day on which its usage starts.
fn cycle_of(charge: &ServiceCharge, cycle_day: CycleDay) -> BillingCycle {
    let stated = charge.billing_period.and_then(|(start, end)| BillingCycle::new(start, end).ok());
    stated.unwrap_or_else(|| BillingCycle::containing(charge.start.date_naive(), cycle_day))
}

/// The prices of a meter, of which the oldest holds from the beginning: a card states what holds now, and earlier usage
/// has the oldest price that is known.
fn backdated(card: &PriceCard, meter: &str) -> Vec<Price> {
    let mut prices: Vec<Price> = card.of_meter(meter).cloned().collect();
    let oldest = prices.iter().map(|price| price.from).min();
    for price in prices.iter_mut().filter(|price| Some(price.from) == oldest) {
        price.from = None;
    }
    prices
}

/// The cost of each charge. Quantities are in the card's own units.
fn costs(charges: &[ServiceCharge], card: &PriceCard, cycle_day: CycleDay) -> Result<Vec<Priced>> {
    let mut by_meter: BTreeMap<(&str, &str, BillingCycle), Vec<usize>> = BTreeMap::new();
    for (index, charge) in charges.iter().enumerate() {
        let subscription = charge.subscription_id.as_deref().unwrap_or_default();
        let meter = charge.meter_id.as_deref().unwrap_or_default();
        by_meter.entry((subscription, meter, cycle_of(charge, cycle_day))).or_default().push(index);
    }
    let mut costs = vec![Err(Unpriced::NoRate); charges.len()];
    for ((_, meter, cycle), indexes) in by_meter {
        let known = backdated(card, meter);
        let prices: Vec<&Price> = known.iter().collect();
        let usage = |index: &usize| {
            let day = charges[*index].start.date_naive().clamp(cycle.start(), cycle.last_day());
            DayUse { day, quantity: charges[*index].quantity.unwrap_or_default() }
        };
        let rows: Vec<DayUse> = indexes.iter().map(usage).collect();
        let priced = price_rows(&prices, cycle, &rows)
            .map_err(|source| Error::Line { line: format!("meter {meter} in {}", cycle.start()), source })?;
        for (index, cost) in indexes.into_iter().zip(priced) {
            costs[index] = match cost {
                Err(Unpriced::NoRate) => Err(card.why_unpriced(meter)),
                cost => cost,
            };
        }
    }
    Ok(costs)
}

/// Prices charges of usage: fills their costs, currency, billing period and status, and names that the service leaves out.
/// `cycle_day` decides the cycle of charges without a billing period. They become estimates.
///
/// # Errors
/// [`Error::Line`] for quantities or costs too large to be held, with the meter.
pub fn price_charges(
    mut charges: Vec<ServiceCharge>,
    card: &PriceCard,
    cycle_day: CycleDay,
) -> Result<Vec<ServiceCharge>> {
    let costs = costs(&charges, card, cycle_day)?;
    let mut older = 0_u64;
    for (charge, cost) in charges.iter_mut().zip(costs) {
        let meter = charge.meter_id.as_deref().unwrap_or_default();
        let day = charge.start.date_naive();
        let is_older = |price: &Price| price.from.is_some_and(|from| day < from);
        older += u64::from(cost.is_ok() && card.of_meter(meter).all(is_older));
        let price = card.of_meter(meter).next();
        let named = |own: Option<String>, of_card: fn(&Price) -> &String| {
            own.or_else(|| price.map(of_card).filter(|text| !text.is_empty()).cloned())
        };
        let cycle = cycle_of(charge, cycle_day);
        charge.billed_cost = cost.ok();
        charge.effective_cost = cost.ok();
        card.currency.code().clone_into(&mut charge.currency);
        charge.billing_period = Some((cycle.start(), cycle.end()));
        charge.meter_category = named(charge.meter_category.take(), |price| &price.category);
        charge.meter_subcategory = named(charge.meter_subcategory.take(), |price| &price.product);
        charge.meter_name = named(charge.meter_name.take(), |price| &price.name);
        charge.publisher_type =
            price.map(|price| if price.is_third_party { "Marketplace" } else { "Azure" }.to_owned());
        charge.is_estimate = true;
        charge.price_status = Some(cost.map_or_else(Unpriced::name, |_| "priced"));
    }
    if older > 0 {
        tracing::warn!("{older} records are older than the first price of their meter, and priced by it");
    }
    Ok(charges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::{OfferTerms, PriceKind, Tiers};
    use chrono::{TimeDelta, TimeZone, Utc};
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn record(day: &str, meter: &str, quantity: &str) -> ServiceCharge {
        let start = Utc.from_utc_datetime(&format!("{day}T00:00:00").parse().unwrap());
        ServiceCharge {
            subscription_id: Some("s".into()),
            meter_id: Some(meter.into()),
            start,
            end: start + TimeDelta::days(1),
            quantity: Some(amount(quantity)),
            ..ServiceCharge::default()
        }
    }

    fn price_of(tiers: &[(&str, &str)]) -> Price {
        let tiers = tiers.iter().map(|(bound, price)| (amount(bound), amount(price)));
        Price {
            meter: "m".into(),
            name: "Meter".into(),
            category: "Service".into(),
            product: String::new(),
            sku: String::new(),
            region: String::new(),
            kind: PriceKind::Consumption,
            unit: "GB".parse().unwrap(),
            tiers: Tiers::new(tiers, Amount::ZERO).unwrap(),
            from: None,
            until: None,
            is_third_party: false,
        }
    }

    fn card(tiers: &[(&str, &str)]) -> PriceCard {
        PriceCard::new("USD".parse().unwrap(), OfferTerms::default(), vec![price_of(tiers)])
    }

    #[test]
    fn the_first_units_of_a_cycle_are_free_once_and_the_next_cycle_starts_anew() {
        let card = card(&[("0", "0"), ("5", "2")]);
        let records = [
            record("2026-10-30", "m", "4"),
            record("2026-10-31", "m", "4"),
            record("2026-11-01", "m", "4"),
            record("2026-10-31", "other", "4"),
        ];
        let cost = |text: &str| Ok(amount(text));
        let found = costs(&records, &card, CycleDay::FIRST).unwrap();
        assert_eq!(found, [cost("0"), cost("6"), cost("0"), Err(Unpriced::NoRate)]);
        let found = price_charges(records.to_vec(), &card, CycleDay::FIRST).unwrap();
        let shown: Vec<_> = found.iter().map(|own| (own.price_status, own.meter_name.as_deref())).collect();
        assert_eq!(shown[1], (Some("priced"), Some("Meter")));
        assert_eq!(shown[3], (Some("no_rate"), None));
        let period = |start: &str, end: &str| Some((start.parse().unwrap(), end.parse().unwrap()));
        assert_eq!(found[2].billing_period, period("2026-11-01", "2026-12-01"));
    }

    #[test]
    fn a_stated_billing_period_counts_before_the_cycle_day() {
        // 10 October to 9 November: 8 units, of which 5 are free.
        let period = Some(("2026-10-10".parse().unwrap(), "2026-11-10".parse().unwrap()));
        let records = ["2026-10-30", "2026-11-01"]
            .map(|day| ServiceCharge { billing_period: period, ..record(day, "m", "4") });
        let found = costs(&records, &card(&[("0", "0"), ("5", "2")]), CycleDay::FIRST).unwrap();
        assert_eq!(found, [Ok(Amount::ZERO), Ok(amount("6"))]);
    }

    #[test]
    fn a_cost_of_a_day_is_shared_by_quantity() {
        let records = [record("2026-10-30", "m", "1"), record("2026-10-30", "m", "3")];
        let found = costs(&records, &card(&[("0", "0.5")]), CycleDay::FIRST).unwrap();
        assert_eq!(found, [Ok(amount("0.5")), Ok(amount("1.5"))]);
    }

    #[test]
    fn usage_before_the_oldest_price_has_that_price_and_later_usage_its_own() {
        let dated = |each: &str, from: &str| Price { from: from.parse().ok(), ..price_of(&[("0", each)]) };
        let prices = vec![dated("3", "2026-11-01"), dated("2", "2026-10-15")];
        let card = PriceCard::new("USD".parse().unwrap(), OfferTerms::default(), prices);
        let records = ["2026-10-01", "2026-10-20", "2026-11-02"].map(|day| record(day, "m", "1"));
        let found = costs(&records, &card, CycleDay::FIRST).unwrap();
        assert_eq!(found, [Ok(amount("2")), Ok(amount("2")), Ok(amount("3"))]);
    }

    proptest! {
        #[test]
        fn the_order_of_records_changes_nothing(quantities in proptest::collection::vec((1_u32..40, 0_u32..3), 1..12), seed in any::<u64>()) {
            let days = ["2026-10-01", "2026-10-02", "2026-11-01"];
            // Quantities that differ, so that no two shares are alike by chance.
            let records: Vec<ServiceCharge> = quantities.iter().enumerate()
                .map(|(index, (quantity, day))| record(days[*day as usize], "m", &format!("{quantity}.{index:03}"))).collect();
            let card = card(&[("0", "0"), ("7", "0.3"), ("50.5", "0.123456789")]);
            let prices = costs(&records, &card, CycleDay::FIRST).unwrap();
            let mut order: Vec<usize> = (0..records.len()).collect();
            order.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(seed | 1));
            let shuffled: Vec<ServiceCharge> = order.iter().map(|index| records[*index].clone()).collect();
            for (price, index) in costs(&shuffled, &card, CycleDay::FIRST).unwrap().iter().zip(order) {
                prop_assert_eq!(price, &prices[index]);
            }
        }
    }
}
