//! What must be said beside a priced forecast.

use super::Pricing;
use super::bills::NoPrice;
use crate::{Finding, Result, predict::without_forecast};
use billing::{Amount, BillingCycle, CycleDay, PriceCard, Unpriced, UsedDay};
use chrono::Datelike;
use forecast::{GroupTotal, PricedTotals, UsedUp};
use ingest::{DailyCosts, Usage};
use prices::price_usage;
use report::{cycle_name, grouped};

/// Share by which prices may miss what was charged before that is a warning.
const MISSED_SHARE: f64 = 0.01;

/// Share of charges for use below which it is said that prices explain a part only.
const EXPLAINED_SHARE: f64 = 0.99;

/// How far the prices explain what was charged before the cycle `first`, and what they do not.
///
/// # Errors
/// What cannot be held.
pub(super) fn price_notes(
    daily: &DailyCosts,
    usage: &Usage,
    card: &PriceCard,
    unpriced: &NoPrice,
    first: BillingCycle,
    findings: &mut Vec<Finding>,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let before = daily.cycle_before(first);
    let rows: Vec<UsedDay> = usage
        .days
        .iter()
        .filter(|own| before.contains(own.billing_period.map_or(own.day, |period| period.start())))
        .cloned()
        .collect();
    let rule = CycleDay::new(before.start().day())?;
    let known = price_usage(&rows, card, rule)?;
    let sums = known.iter().filter_map(|own| Some((own.cost.ok()?, own.charged)));
    let (cost, charged) = sums.fold((Amount::ZERO, Amount::ZERO), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    let charged_by_data = charged;
    // What was charged at another rate than the prices are taken at is set beside them at theirs.
    let effect = daily.rate_effects(before).into_iter().find(|effect| effect.currency == card.currency);
    let rate = effect.as_ref().map_or(1.0, |effect| effect.restated.to_f64() / effect.billed.to_f64());
    let charged = if effect.is_some() {
        Amount::from_estimate(charged.to_f64() * rate).unwrap_or(charged)
    } else {
        charged
    };
    if charged != Amount::ZERO {
        let figure = |amount: Amount| grouped(amount, card.currency.minor_digits());
        let text = format!(
            "the use of {} cost {} {}{}, by these prices {}",
            cycle_name(before),
            figure(charged),
            card.currency,
            if effect.is_some() { " at the newest rate" } else { "" },
            figure(cost)
        );
        let missed = (cost.to_f64() - charged.to_f64()).abs() / charged.to_f64().abs().max(f64::MIN_POSITIVE);
        if missed > MISSED_SHARE {
            findings.push(Finding::warning(format!("{text}: these may not be the prices of this bill")));
        }
        notes.push(text);
    }
    // A card of a few meters may explain these to the cent, and the bill not at all.
    let all: Amount = known.iter().map(|own| own.charged).sum();
    let share = charged_by_data.to_f64() / all.to_f64();
    if share < EXPLAINED_SHARE {
        let percent = (share * 100.0).floor();
        let text = format!("the prices are those of {percent:.0} % of that cycle's charges for use");
        findings.push(Finding::warning(format!("{text}: the rest is forecast from its costs")));
        notes.push(text);
    }
    let zero: Vec<&str> = known
        .iter()
        .filter(|own| own.is_zero_price && own.charged.is_positive())
        .map(|own| own.meter.as_str())
        .collect();
    if let [first, ..] = zero.as_slice() {
        let text = format!(
            "the price of {} charged meters is zero in every tier, such as `{first}`: their usage is forecast at 0",
            zero.len()
        );
        findings.push(Finding::warning(text.clone()));
        notes.push(text);
    }
    if !unpriced.is_empty() {
        notes.push(format!(
            "without a price, forecast from their costs, and paid for by no credit: {}",
            in_words(unpriced)
        ));
    }
    if usage.covered_rows > 0 {
        notes.push(format!(
            "{} charges for use are paid for by reservations or savings plans",
            usage.covered_rows
        ));
    }
    Ok(notes)
}

/// Meters without a price, by reason.
pub(super) fn in_words(unpriced: &NoPrice) -> String {
    let one = |(why, (meters, cost)): (&Unpriced, &(usize, Amount))| {
        let noun = if *meters == 1 { "meter" } else { "meters" };
        format!("{meters} {noun} ({}, {} so far)", why.name(), grouped(*cost, 2))
    };
    unpriced.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// When what was promised is used up, and what is not known.
pub(super) fn terms_notes(totals: &PricedTotals, card: &PriceCard, pricing: &Pricing) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(left), Some(days)) = (pricing.commitment_left, totals.balance_used_up) {
        let left = grouped(left, card.currency.minor_digits());
        notes.push(format!(
            "the commitment of which {left} {} were left is used up {}",
            card.currency,
            when(days)
        ));
    }
    if totals.rows.iter().any(|row| used_up(row).is_some_and(|days| days.earliest.is_some())) {
        notes.push(
            "where a spending limit is on, a subscription stops on the day its credit is used up".to_owned(),
        );
    }
    let is_left_over = |row: &GroupTotal| {
        row.level == 1
            && row.net.as_ref().is_some_and(|net| net.due.point().is_positive())
            && used_up(row).is_some_and(|days| days.expected.is_none())
    };
    if totals.rows.iter().any(is_left_over) {
        notes.push(
            "what is to pay beside a credit that lasts is what no credit pays for: purchases, what others sell, excluded meters, \
             use without a price"
                .to_owned(),
        );
    }
    if !card.terms.commitments.is_empty() && pricing.committed.is_none() {
        notes.push(
            "the offer discounts what is committed to; `--committed AMOUNT` says how much that is".to_owned(),
        );
    }
    notes.extend(without_forecast(&totals.rows, "groups"));
    notes
}

fn used_up(row: &GroupTotal) -> Option<UsedUp> {
    row.net.as_ref()?.credit_used_up
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
        (Some(earliest), None) => {
            format!("after these cycles, as expected; with more use (80 %) from {earliest} on")
        }
    }
}
