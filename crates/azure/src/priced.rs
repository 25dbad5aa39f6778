//! Usage priced by a rate card: an estimate, never the bill.
//!
//! Tiers and included quantities count over a billing cycle, per subscription and meter. What a day
//! costs is the difference of the cumulative price before and after it, shared among the day's records
//! by quantity; so the order of records changes nothing, and a cycle that is read from its middle on is
//! priced too low: the caller reads it from its start.

use crate::{Error, Meter, RateCard, Result, UsageRecord, usage_details::group_of};
use billing::{Amount, BillingCycle, CycleDay, ServiceCharge, share_out};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What a record costs by the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// So much, before credit and tax.
    Cost(Amount),
    /// The card has no such meter: nothing is known, which is not nothing.
    NoRate,
}

/// Prices records, in their order. Cycles begin on `cycle_day`; a record belongs to the UTC day on which
/// its use began.
///
/// # Errors
/// [`Error::BadReply`] for quantities or prices too large to be held, with the meter.
pub fn price(records: &[UsageRecord], card: &RateCard, cycle_day: CycleDay) -> Result<Vec<Price>> {
    let mut by_meter: BTreeMap<(&str, &str, BillingCycle), BTreeMap<NaiveDate, Vec<usize>>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let day = record.start.date_naive();
        let cycle = BillingCycle::containing(day, cycle_day);
        let key = (record.subscription.as_str(), record.meter_id.as_str(), cycle);
        by_meter.entry(key).or_default().entry(day).or_default().push(place);
    }
    let mut prices = vec![Price::NoRate; records.len()];
    for ((_, meter_id, cycle), days) in by_meter {
        let Some(meter) = card.meters.get(meter_id) else { continue };
        let too_large = |_| {
            Error::bad_reply(
                "the rate card",
                format!("meter {meter_id} in {}: too large a cost", cycle.start()),
            )
        };
        let quantity =
            |places: &Vec<usize>| places.iter().map(|place| records[*place].quantity).sum::<Amount>();
        let used: Vec<Amount> = days.values().map(quantity).collect();
        let costs = meter.tiers.costs(&used).map_err(too_large)?;
        for (places, cost) in days.values().zip(costs) {
            let weights: Vec<Amount> = places.iter().map(|place| records[*place].quantity).collect();
            for (place, share) in places.iter().zip(share_out(cost, &weights)) {
                prices[*place] = Price::Cost(share);
            }
        }
    }
    Ok(prices)
}

/// The records as charges: estimates, with what the card says of each meter.
///
/// # Errors
/// As [`price`].
pub fn priced_charges(
    records: &[UsageRecord],
    card: &RateCard,
    cycle_day: CycleDay,
) -> Result<Vec<ServiceCharge>> {
    let prices = price(records, card, cycle_day)?;
    let charge = |(record, price): (&UsageRecord, Price)| {
        let meter = card.meters.get(&record.meter_id);
        let cycle = BillingCycle::containing(record.start.date_naive(), cycle_day);
        let named = |own: &Option<String>, of_card: fn(&Meter) -> &String| {
            own.clone().or_else(|| meter.map(of_card).filter(|text| !text.is_empty()).cloned())
        };
        let uri = record.resource.as_ref().map(|resource| resource.uri.clone());
        let (cost, status) = match price {
            Price::Cost(cost) => (Some(cost), "priced"),
            Price::NoRate => (None, "no_rate"),
        };
        ServiceCharge {
            billed_cost: cost,
            effective_cost: cost,
            currency: card.currency.clone(),
            start: record.start,
            end: record.end,
            billing_period: Some((cycle.start(), cycle.end())),
            category: Some("Usage".to_owned()),
            frequency: Some("Usage-Based".to_owned()),
            quantity: Some(record.quantity),
            unit: Some(record.unit.clone()).filter(|unit| !unit.is_empty()),
            meter_category: named(&record.category, |meter| &meter.category),
            meter_subcategory: named(&record.subcategory, |meter| &meter.subcategory),
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
    use crate::{Meter, OfferTerms};
    use billing::Tiers;
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

    fn card(tiers: &[(&str, &str)]) -> RateCard {
        let tiers = tiers.iter().map(|(bound, price)| (amount(bound), amount(price)));
        let meter = Meter {
            name: "m".into(),
            category: String::new(),
            subcategory: String::new(),
            region: String::new(),
            unit: "GB".into(),
            tiers: Tiers::new(tiers, Amount::ZERO).unwrap(),
            effective: None,
            is_third_party: false,
        };
        RateCard {
            currency: "USD".into(),
            meters: [("m".into(), meter)].into(),
            terms: OfferTerms::default(),
        }
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
        let cost = |text: &str| Price::Cost(amount(text));
        assert_eq!(prices, [cost("0"), cost("6"), cost("0"), Price::NoRate]);
    }

    #[test]
    fn a_day_s_cost_is_shared_by_quantity() {
        let records = [record("2026-10-30", "m", "1"), record("2026-10-30", "m", "3")];
        let prices = price(&records, &card(&[("0", "0.5")]), CycleDay::FIRST).unwrap();
        assert_eq!(prices, [Price::Cost(amount("0.5")), Price::Cost(amount("1.5"))]);
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
