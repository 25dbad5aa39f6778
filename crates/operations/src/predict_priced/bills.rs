//! The use of subscriptions that has prices, from what was read.

use crate::Result;
use billing::{Amount, BillingCycle, CycleFacts, PriceCard, Unpriced, UsedDay};
use chrono::NaiveDate;
use forecast::{Bill, PricedBill, PricedMeter, Row};
use ingest::{BillOutlook, Usage};
use prices::{MeterUsage, meter_usage};
use std::collections::{BTreeMap, HashMap};

/// Meters without a price, and what they cost in the open cycles so far.
pub type NoPrice = BTreeMap<Unpriced, (usize, Amount)>;

/// Subscription, meter and invoice unit, in lower case but for the last.
type MeterKey<'a> = (String, String, &'a str);

/// The subscriptions of a bill, with the prices of their meters. Rows are subscriptions, and meters below them.
///
/// # Errors
/// A quantity that cannot be held.
pub fn priced_bills<'c>(
    bill: &Bill,
    outlook: &BillOutlook,
    usage: &Usage,
    card: &'c PriceCard,
) -> Result<(Vec<PricedBill<'c>>, NoPrice)> {
    let mut used: HashMap<MeterKey<'_>, Vec<&UsedDay>> = HashMap::new();
    for own in &usage.days {
        let meter = own.meter.to_lowercase();
        let key = (lower(own.subscription.as_deref()), meter, own.invoice_unit.as_str());
        used.entry(key).or_default().push(own);
    }
    let key_of = |row: &Row| -> MeterKey<'_> {
        let [subscription, meter] = [0, 1].map(|place| lower(row.facts.keys[bill.hidden + place].as_deref()));
        (subscription, meter, outlook.facts[row.unit].1.as_str())
    };
    let meters = || {
        let rows = bill.rows.iter().enumerate();
        rows.filter(|(_, row)| row.is_shown && row.level() == bill.hidden + 2)
    };
    // Quantities are those of one subscription, meter and invoice unit; rows that share these share them.
    let mut shares: HashMap<MeterKey<'_>, Vec<usize>> = HashMap::new();
    for (place, row) in meters() {
        shares.entry(key_of(row)).or_default().push(place);
    }
    for rows in shares.values_mut() {
        let is_charged =
            |place: &usize| bill.rows[*place].facts.cycles.iter().any(|own| own.actual != Amount::ZERO);
        let charged: Vec<usize> = rows.iter().copied().filter(is_charged).collect();
        match charged.len() {
            0 => *rows = rows.pop().into_iter().collect(),
            _ => *rows = charged,
        }
    }
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    let mut priced: Vec<PricedBill<'c>> = Vec::new();
    let mut unpriced = NoPrice::new();
    for row in bill.rows.iter().filter(|row| row.is_shown && row.level() == bill.hidden + 1) {
        let key = row.facts.keys[bill.hidden].as_deref();
        places.entry(key).or_insert_with(|| {
            let name = row.facts.names.last().cloned().unwrap_or_default();
            priced.push(PricedBill { key: key.map(str::to_owned), name, meters: Vec::new() });
            priced.len() - 1
        });
    }
    for (place, row) in meters() {
        let Some(own) = places.get(&row.facts.keys[bill.hidden].as_deref()) else { continue };
        let key = key_of(row);
        let Some(rows) = used.get(&key) else { continue };
        let cycles: Vec<BillingCycle> =
            bill.units[row.unit].facts.cycles.iter().map(|own| own.cycle).collect();
        let found = match shares.get(&key).map(Vec::as_slice) {
            Some([only]) if *only == place => meter_usage(rows, card, &key.1, &cycles)?,
            // Its use is that of the row that goes on.
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
            Ok(found) => priced[*own].meters.push(PricedMeter {
                is_third_party: found.prices.iter().any(|price| price.is_third_party)
                    || row.facts.lines.has_marketplace(),
                meter: key.1,
                row: Some(place),
                charged: with_the_rest(found.charged, &row.facts.cycles),
                prices: found.prices,
                used: found.used,
                planned: Default::default(),
            }),
            Err(why) => {
                let (meters, cost) = unpriced.entry(why).or_default();
                *meters += 1;
                *cost += row.facts.cycles.iter().map(|own| own.actual).sum();
            }
        }
    }
    Ok((priced, unpriced))
}

/// What was charged for a meter by day, with its late and corrected charges and its refunds on the first day of their
/// cycle: a credit pays for them, or is paid back, like for the use that they are of.
fn with_the_rest(
    mut charged: BTreeMap<NaiveDate, Amount>,
    cycles: &[CycleFacts],
) -> BTreeMap<NaiveDate, Amount> {
    for own in cycles {
        let known: Amount = charged.range(own.cycle.start()..own.cycle.end()).map(|(_, cost)| *cost).sum();
        *charged.entry(own.cycle.start()).or_default() += own.actual - known;
    }
    charged
}

/// Ids are compared without case.
pub fn lower(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase()
}
