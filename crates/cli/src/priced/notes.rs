//! What must be said beside a priced forecast.

use super::bills::NoPrice;
use crate::price_options::Pricing;
use anyhow::Result;
use billing::{Amount, BillingCycle, CycleDay, PriceCard, Unpriced};
use forecast::{PricedTotals, UsedUp};
use ingest::Usage;
use prices::price_usage;
use report::{cycle_name, grouped};
use std::collections::BTreeMap;

/// Share by which prices may miss what was charged before that is a warning.
const MISSED_SHARE: f64 = 0.01;

/// How far the prices explain what was charged, and what they do not.
///
/// # Errors
/// What cannot be held.
pub fn said_of_prices(
    usage: &Usage,
    card: &PriceCard,
    unpriced: &NoPrice,
    first: Option<BillingCycle>,
    cycle_day: CycleDay,
) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let figure = |amount: Amount| grouped(amount, card.currency.minor_digits());
    let known = price_usage(&usage.days, card, cycle_day)?;
    let before = known.iter().filter_map(|own| Some((own.cycle, own.cost.ok()?, own.charged)));
    let mut by_cycle: BTreeMap<BillingCycle, (Amount, Amount)> = BTreeMap::new();
    for (cycle, cost, charged) in
        before.filter(|(cycle, ..)| first.is_some_and(|first| cycle.end() <= first.start()))
    {
        let sums = by_cycle.entry(cycle).or_default();
        *sums = (sums.0 + cost, sums.1 + charged);
    }
    if let Some((cycle, (cost, charged))) = by_cycle.pop_last() {
        let text = format!(
            "the use of {} cost {} {}, by these prices {}",
            cycle_name(cycle),
            figure(charged),
            card.currency,
            figure(cost)
        );
        let missed = (cost.to_f64() - charged.to_f64()).abs() / charged.to_f64().abs().max(f64::MIN_POSITIVE);
        if missed > MISSED_SHARE {
            tracing::warn!("{text}: these may not be the prices of this bill");
        }
        said.push(text);
    }
    if !unpriced.is_empty() {
        said.push(format!(
            "without a price, forecast from their costs, and paid for by no credit: {}",
            in_words(unpriced)
        ));
    }
    if usage.covered_rows > 0 {
        said.push(format!(
            "{} charges for use are paid for by reservations or savings plans",
            usage.covered_rows
        ));
    }
    Ok(said)
}

/// Meters without a price, by reason.
pub fn in_words(unpriced: &NoPrice) -> String {
    let one = |(why, (meters, cost)): (&Unpriced, &(usize, Amount))| {
        let noun = if *meters == 1 { "meter" } else { "meters" };
        format!("{meters} {noun} ({}, {} so far)", why.name(), grouped(*cost, 2))
    };
    unpriced.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// When what was promised is used up, and what is not known.
pub fn said_of_terms(totals: &PricedTotals, card: &PriceCard, pricing: &Pricing) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(left), Some(days)) = (pricing.commitment_left, totals.balance_used_up) {
        let left = grouped(left, card.currency.minor_digits());
        said.push(format!(
            "the commitment of which {left} {} were left is used up {}",
            card.currency,
            when(days)
        ));
    }
    if card.terms.commitment.is_some() && pricing.committed.is_none() {
        said.push(
            "the offer discounts what is committed to; `--committed AMOUNT` says how much that is".to_owned(),
        );
    }
    let missing: usize =
        totals.rows.iter().filter(|row| row.bill.is_none()).map(|row| row.without_forecast).sum();
    if missing > 0 {
        said.push(format!("{missing} meters have no forecast; the total holds only what they cost so far"));
    }
    said
}

/// A day with its range, in words.
fn when(days: UsedUp) -> String {
    let text = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "later".to_owned(), |day| day.to_string());
    match (days.earliest, days.expected) {
        (None, _) => "in none of these cycles".to_owned(),
        (Some(earliest), expected) if expected == Some(earliest) && days.latest == expected => {
            format!("on {earliest}")
        }
        (Some(earliest), Some(expected)) => {
            format!("on {expected} (80 %: {earliest} to {})", text(days.latest))
        }
        (Some(earliest), None) => format!("after these cycles, at the earliest (80 %) on {earliest}"),
    }
}
