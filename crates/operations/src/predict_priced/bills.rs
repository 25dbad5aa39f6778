//! The bills of subscriptions from what was read: costs, and use with its prices.

use crate::{Result, bill::leaf_of};
use billing::{Amount, BillingCycle, CycleFacts, PriceCard, Unpriced, UsedDay};
use chrono::NaiveDate;
use forecast::{Leaf, PricedBill, PricedMeter};
use ingest::{DailyCosts, Outlook, Usage};
use prices::{MeterUsage, meter_usage};
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
    let mut used: HashMap<(String, &str, &str), Vec<&UsedDay>> = HashMap::new();
    for own in &usage.days {
        let key = (lower(own.subscription.as_deref()), own.meter.as_str(), own.invoice_unit.as_str());
        used.entry(key).or_default().push(own);
    }
    // Quantities are those of one subscription, meter and invoice unit; leaves that share these share them.
    let mut shares: HashMap<(String, String, &str), Vec<usize>> = HashMap::new();
    for (place, leaf) in daily.leaves.iter().enumerate() {
        shares.entry(meter_key(leaf)).or_default().push(place);
    }
    for leaves in shares.values_mut() {
        let is_charged =
            |place: &usize| outlook.leaves[*place].cycles.iter().any(|own| own.actual != Amount::ZERO);
        let charged: Vec<usize> = leaves.iter().copied().filter(is_charged).collect();
        match charged.len() {
            0 => *leaves = leaves.pop().into_iter().collect(),
            _ => *leaves = charged,
        }
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut priced: Vec<PricedBill<'c>> = Vec::new();
    let mut unpriced = NoPrice::new();
    let lines = daily.line_sums();
    for (place, (leaf, facts)) in daily.leaves.iter().zip(&outlook.leaves).enumerate() {
        let subscription = lower(leaf.keys[0].as_deref());
        let at = *places.entry(subscription.clone()).or_insert_with(|| {
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
        bill.facts.lines.add(&lines[place]);
        let meter = lower(leaf.keys[1].as_deref());
        let Some(rows) = used.get(&(subscription, meter.as_str(), leaf.unit.as_str())) else { continue };
        let cycles: Vec<BillingCycle> = facts.cycles.iter().map(|own| own.cycle).collect();
        let found = match shares.get(&meter_key(leaf)).map(Vec::as_slice) {
            Some([only]) if *only == place => meter_usage(rows, card, &meter, &cycles)?,
            // Its use is that of the leaf that goes on.
            Some([_]) => continue,
            _ => Err(Unpriced::Ambiguous),
        };
        // Less than nothing has no price: what was taken back is in the costs.
        let is_negative = |own: &MeterUsage<'_>| {
            cycles.iter().any(|cycle| {
                let used = own.used.iter().filter(|used| cycle.contains(used.day));
                used.map(|used| used.quantity).sum::<Amount>().is_negative()
            })
        };
        match found.and_then(|own| if is_negative(&own) { Err(Unpriced::TakenBack) } else { Ok(own) }) {
            Ok(own) => bill.meters.push(PricedMeter {
                is_third_party: own.prices.iter().any(|price| price.is_third_party)
                    || daily.is_marketplace(leaf),
                meter,
                leaf: Some(place),
                charged: with_the_rest(own.charged, facts),
                prices: own.prices,
                used: own.used,
                planned: Default::default(),
            }),
            Err(why) => {
                let (meters, cost) = unpriced.entry(why).or_default();
                *meters += 1;
                *cost += facts.cycles.iter().map(|own| own.actual).sum();
            }
        }
    }
    for bill in &mut priced {
        // Charges without a subscription may be of several accounts: the silence of one that stopped would make the
        // sums of the others unknown.
        let is_live = |place: &usize| !outlook.leaves[*place].stopped;
        if bill.leaves.iter().any(is_live) {
            bill.leaves.retain(is_live);
        }
        bill.facts.cycles.sort_by_key(|own| own.cycle);
    }
    Ok((priced, unpriced))
}

/// What was charged for a meter by day, with its late and corrected charges and its refunds on the first day of their
/// cycle: a credit pays for them, or is paid back, like for the use that they are of.
fn with_the_rest(
    mut charged: BTreeMap<NaiveDate, Amount>,
    facts: &ingest::LeafOutlook,
) -> BTreeMap<NaiveDate, Amount> {
    for own in &facts.cycles {
        let known: Amount = charged.range(own.cycle.start()..own.cycle.end()).map(|(_, cost)| *cost).sum();
        *charged.entry(own.cycle.start()).or_default() += own.actual - known;
    }
    charged
}

/// Subscription, meter and invoice unit of a leaf.
fn meter_key(leaf: &ingest::Leaf) -> (String, String, &str) {
    let [subscription, meter] = [0, 1].map(|place| lower(leaf.keys[place].as_deref()));
    (subscription, meter, &leaf.unit)
}

/// Ids are compared without case.
pub fn lower(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase()
}

/// Joins what is known of a bill's parts.
fn add_facts(bill: &mut Leaf, part: &Leaf) {
    // Parts of several accounts: one that has stopped says nothing of when the others are final.
    bill.cutoff = match (bill.stopped, part.stopped) {
        (true, false) => part.cutoff,
        (false, true) => bill.cutoff,
        _ => bill.cutoff.min(part.cutoff),
    };
    bill.history_days = bill.history_days.max(part.history_days);
    bill.missing_days = bill.missing_days.max(part.missing_days);
    bill.covered_from = bill.covered_from.min(part.covered_from);
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
