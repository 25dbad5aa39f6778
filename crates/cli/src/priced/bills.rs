//! The bills of subscriptions from what was read: costs, and use with its prices.

use crate::forecasting::leaf_of;
use anyhow::Result;
use billing::{Amount, BillingCycle, CycleFacts, PriceCard, Unpriced, UsedDay};
use forecast::{Leaf, PricedBill, PricedMeter};
use ingest::{DailyCosts, Outlook, Usage};
use prices::metered;
use std::collections::{BTreeMap, HashMap};

/// Meters without a price, and what they cost in the open cycles so far.
pub type NoPrice = BTreeMap<Unpriced, (usize, Amount)>;

/// The bills of subscriptions, with the prices of their meters. `daily` is grouped by subscription and meter.
///
/// # Errors
/// A quantity that cannot be held.
pub fn priced_bills<'c>(
    daily: &DailyCosts,
    outlook: &Outlook,
    usage: &Usage,
    card: &'c PriceCard,
) -> Result<(Vec<PricedBill<'c>>, NoPrice)> {
    let mut used: HashMap<(String, &str), Vec<&UsedDay>> = HashMap::new();
    for own in &usage.days {
        used.entry((lower(own.subscription.as_deref()), &own.meter)).or_default().push(own);
    }
    // What two invoices share cannot be told apart in quantities, which are one subscription's.
    let mut shares: HashMap<(String, String), usize> = HashMap::new();
    let key = |leaf: &ingest::Leaf| [0, 1].map(|place| lower(leaf.keys[place].as_deref())).into();
    for leaf in &daily.leaves {
        *shares.entry(key(leaf)).or_default() += 1;
    }
    let mut places: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut priced: Vec<PricedBill<'c>> = Vec::new();
    let mut unpriced = NoPrice::new();
    for (place, (leaf, facts)) in daily.leaves.iter().zip(&outlook.leaves).enumerate() {
        let subscription = lower(leaf.keys[0].as_deref());
        let at = *places.entry((subscription.clone(), &leaf.unit)).or_insert_with(|| {
            let facts = Leaf {
                keys: leaf.keys[..1].to_vec(),
                names: leaf.names[..1].to_vec(),
                currency: Some(leaf.currency.clone()),
                cycles: Vec::new(),
                ..leaf_of(facts)
            };
            priced.push(PricedBill { facts, leaves: Vec::new(), meters: Vec::new() });
            priced.len() - 1
        });
        let bill = &mut priced[at];
        bill.leaves.push(place);
        add_facts(&mut bill.facts, &leaf_of(facts));
        let meter = lower(leaf.keys[1].as_deref());
        let Some(rows) = used.get(&(subscription, meter.as_str())) else { continue };
        let cycles: Vec<BillingCycle> = facts.cycles.iter().map(|own| own.cycle).collect();
        let found = match shares.get(&key(leaf)) {
            Some(1) => metered(rows, card, &meter, &cycles)?,
            _ => Err(Unpriced::Ambiguous),
        };
        match found {
            Ok(own) => bill.meters.push(PricedMeter {
                meter,
                leaf: Some(place),
                planned: Default::default(),
                prices: own.prices,
                used: own.used,
                charged: own.charged,
            }),
            Err(why) => {
                let (meters, cost) = unpriced.entry(why).or_default();
                *meters += 1;
                *cost += facts.cycles.iter().map(|own| own.actual).sum();
            }
        }
    }
    for bill in &mut priced {
        bill.facts.cycles.sort_by_key(|own| own.cycle);
    }
    Ok((priced, unpriced))
}

fn lower(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase()
}

/// Joins what is known of a bill's parts.
fn add_facts(bill: &mut Leaf, part: &Leaf) {
    bill.cutoff = bill.cutoff.min(part.cutoff);
    bill.history_days = bill.history_days.max(part.history_days);
    bill.missing_days = bill.missing_days.max(part.missing_days);
    bill.stopped &= part.stopped;
    for own in &part.cycles {
        match bill.cycles.iter_mut().find(|known| known.cycle == own.cycle) {
            None => bill.cycles.push(*own),
            Some(known) => {
                *known = CycleFacts {
                    cycle: own.cycle,
                    actual: known.actual + own.actual,
                    previous: known.previous.zip(own.previous).map(|(one, other)| one + other),
                    closed: known.closed && own.closed,
                }
            }
        }
    }
}
