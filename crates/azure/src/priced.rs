//! Usage priced by a rate card: an estimate, never the bill.
//!
//! Tiers and included quantities count over a billing cycle, per subscription and meter. What a day
//! costs is the difference of the cumulative price before and after it, shared among the day's records
//! by quantity; so the order of records changes nothing, and a cycle that is read from its middle on is
//! priced too low: the caller reads it from its start.

use crate::{Error, Result, UsageRecord, usage_details::group_of};
use billing::{
    Amount, BillingCycle, CycleDay, DayUse, Price, PriceCard, ServiceCharge, Unpriced, price_rows,
};
use std::collections::BTreeMap;

/// What a record costs before credit and tax, or why nothing is known of it.
type Priced = std::result::Result<Amount, Unpriced>;

/// Prices records, in their order. Cycles begin on `cycle_day`; a record belongs to the UTC day on which
/// its use began. The service counts in the card's own units.
fn price(records: &[UsageRecord], card: &PriceCard, cycle_day: CycleDay) -> Result<Vec<Priced>> {
    let mut by_meter: BTreeMap<(&str, &str, BillingCycle), Vec<usize>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let cycle = BillingCycle::containing(record.start.date_naive(), cycle_day);
        let key = (record.subscription.as_str(), record.meter_id.as_str(), cycle);
        by_meter.entry(key).or_default().push(place);
    }
    let mut costs = vec![Err(Unpriced::NoRate); records.len()];
    for ((_, meter, cycle), places) in by_meter {
        // A card tells what holds now; use before that has the price that is known, which is said.
        let known: Vec<Price> =
            card.of_meter(meter).map(|price| Price { from: None, ..price.clone() }).collect();
        let prices: Vec<&Price> = known.iter().collect();
        let used = |place: &usize| {
            let UsageRecord { start, quantity, .. } = &records[*place];
            DayUse { day: start.date_naive(), quantity: *quantity }
        };
        let rows: Vec<DayUse> = places.iter().map(used).collect();
        let priced = price_rows(&prices, cycle, &rows).map_err(|_| {
            Error::bad_reply("the rate card", format!("meter {meter} in {}: too large a cost", cycle.start()))
        })?;
        for (place, cost) in places.into_iter().zip(priced) {
            costs[place] = cost;
        }
    }
    Ok(costs)
}

/// The records as charges: estimates, with what the card says of each meter.
///
/// # Errors
/// [`Error::BadReply`] for quantities or prices too large to be held, with the meter.
pub fn priced_charges(
    records: &[UsageRecord],
    card: &PriceCard,
    cycle_day: CycleDay,
) -> Result<Vec<ServiceCharge>> {
    let prices = price(records, card, cycle_day)?;
    let is_older = |record: &&UsageRecord| {
        let holds = |price: &Price| price.from.is_none_or(|from| from <= record.start.date_naive());
        card.of_meter(&record.meter_id).next().is_some_and(|price| !holds(price))
    };
    let older = records.iter().filter(is_older).count();
    if older > 0 {
        tracing::warn!(
            "{older} records are older than the price of their meter, and priced by it all the same"
        );
    }
    let charge = |(record, cost): (&UsageRecord, Priced)| {
        let meter = card.of_meter(&record.meter_id).next();
        let cycle = BillingCycle::containing(record.start.date_naive(), cycle_day);
        let named = |own: &Option<String>, of_card: fn(&Price) -> &String| {
            own.clone().or_else(|| meter.map(of_card).filter(|text| !text.is_empty()).cloned())
        };
        let uri = record.resource.as_ref().map(|resource| resource.uri.clone());
        let status = cost.map_or_else(Unpriced::name, |_| "priced");
        let cost = cost.ok();
        ServiceCharge {
            billed_cost: cost,
            effective_cost: cost,
            currency: card.currency.code().to_owned(),
            start: record.start,
            end: record.end,
            billing_period: Some((cycle.start(), cycle.end())),
            category: Some("Usage".to_owned()),
            frequency: Some("Usage-Based".to_owned()),
            quantity: Some(record.quantity),
            unit: Some(record.unit.clone()).filter(|unit| !unit.is_empty()),
            meter_category: named(&record.category, |meter| &meter.category),
            meter_subcategory: named(&record.subcategory, |meter| &meter.product),
            meter_name: named(&record.meter_name, |meter| &meter.name),
            meter_id: Some(record.meter_id.clone()),
            subscription_id: Some(record.subscription.clone()),
            resource_group: group_of(uri.as_deref()),
            resource_id: uri,
            region: record
                .resource
                .as_ref()
                .and_then(|resource| resource.location.clone())
                .or_else(|| record.region.clone()),
            tags: record.resource.as_ref().map(|resource| resource.tags.clone()).unwrap_or_default(),
            publisher_type: meter
                .map(|meter| if meter.is_third_party { "Marketplace" } else { "Azure" }.to_owned()),
            is_estimate: true,
            price_status: Some(status),
            ..ServiceCharge::default()
        }
    };
    Ok(records.iter().zip(prices).map(charge).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::{OfferTerms, PriceKind, Tiers};
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn record(day: &str, meter: &str, quantity: &str) -> UsageRecord {
        let start = format!("{day}T00:00:00Z").parse().unwrap();
        UsageRecord {
            subscription: "s".into(),
            meter_id: meter.into(),
            start,
            end: start + chrono::Duration::days(1),
            quantity: amount(quantity),
            unit: "GB".into(),
            meter_name: None,
            category: None,
            subcategory: None,
            region: None,
            resource: None,
        }
    }

    fn card(tiers: &[(&str, &str)]) -> PriceCard {
        let tiers = tiers.iter().map(|(bound, price)| (amount(bound), amount(price)));
        let meter = Price {
            meter: "m".into(),
            name: "m".into(),
            category: String::new(),
            product: String::new(),
            sku: String::new(),
            region: String::new(),
            kind: PriceKind::Consumption,
            unit: "GB".parse().unwrap(),
            tiers: Tiers::new(tiers, Amount::ZERO).unwrap(),
            from: None,
            until: None,
            is_third_party: false,
        };
        PriceCard::new("USD".parse().unwrap(), OfferTerms::default(), vec![meter])
    }

    #[test]
    fn the_first_units_of_a_cycle_are_free_once_and_the_next_cycle_begins_anew() {
        let card = card(&[("0", "0"), ("5", "2")]);
        let records = [
            record("2026-10-30", "m", "4"),
            record("2026-10-31", "m", "4"),
            record("2026-11-01", "m", "4"),
            record("2026-10-31", "other", "4"),
        ];
        let prices = price(&records, &card, CycleDay::FIRST).unwrap();
        let cost = |text: &str| Ok(amount(text));
        assert_eq!(prices, [cost("0"), cost("6"), cost("0"), Err(Unpriced::NoRate)]);
    }

    #[test]
    fn a_day_s_cost_is_shared_by_quantity() {
        let records = [record("2026-10-30", "m", "1"), record("2026-10-30", "m", "3")];
        let prices = price(&records, &card(&[("0", "0.5")]), CycleDay::FIRST).unwrap();
        assert_eq!(prices, [Ok(amount("0.5")), Ok(amount("1.5"))]);
    }

    proptest! {
        #[test]
        fn the_order_of_records_changes_nothing(quantities in proptest::collection::vec((1_u32..40, 0_u32..3), 1..12), seed in any::<u64>()) {
            let days = ["2026-10-01", "2026-10-02", "2026-11-01"];
            // Quantities that differ, so that no two shares are alike by chance.
            let records: Vec<UsageRecord> = quantities.iter().enumerate()
                .map(|(place, (quantity, day))| record(days[*day as usize], "m", &format!("{quantity}.{place:03}"))).collect();
            let card = card(&[("0", "0"), ("7", "0.3"), ("50.5", "0.123456789")]);
            let prices = price(&records, &card, CycleDay::FIRST).unwrap();
            let mut order: Vec<usize> = (0..records.len()).collect();
            order.sort_by_key(|place| (*place as u64 + 1).wrapping_mul(seed | 1));
            let shuffled: Vec<UsageRecord> = order.iter().map(|place| records[*place].clone()).collect();
            for (price, place) in super::price(&shuffled, &card, CycleDay::FIRST).unwrap().iter().zip(order) {
                prop_assert_eq!(price, &prices[place]);
            }
        }
    }
}
