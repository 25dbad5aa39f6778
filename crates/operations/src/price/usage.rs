//! What the use in cost exports costs by a price list.

use super::{
    load_card::{Needed, load_card, unusable_prices},
    plan::reason,
    subject::Subject,
};
use crate::{
    ChargesRequest, Error, Finding, Host, Result,
    charges::{check_cycle_day, select},
};
use billing::{Amount, BillingCycle, MeterCharge, PriceCard, Settlement, Unpriced, UsedDay};
use ingest::{Needs, Usage};
use prices::{UsedMeter, price_usage};
use report::{EstimateBill, EstimateReport, EstimateRow, grouped};
use std::collections::{BTreeMap, BTreeSet};

/// Meters that a finding lists.
const MOST_METERS: usize = 3;

/// The use in cost exports, and what a service must be asked for to price it.
///
/// # Errors
/// Unusable input, or none that names meters and quantities.
pub(super) fn read(
    subject: &Subject,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(Usage, Vec<Needed>)> {
    let charges = ChargesRequest {
        as_of: subject.as_of,
        cycle_day: subject.cycle_day,
        currency: subject.source.currency.clone(),
        ..ChargesRequest::default()
    };
    let charges = ChargesRequest { inputs: subject.inputs.clone(), ..charges };
    let selected = select(&charges, &charges.read_options()?, Needs::Usage, host)?;
    check_cycle_day(subject.cycle_day, &selected)?;
    findings.extend(selected.findings);
    let usage = Usage::of(&selected.charges)?;
    if usage.days.is_empty() {
        return Err(Error::not_enough("no charge in the input has a meter and its quantity"));
    }
    let meters: BTreeSet<&str> = usage.days.iter().map(|used| used.meter.as_str()).collect();
    let of_meter = |meter: &str| Needed { meter: Some(meter.to_owned()), ..Needed::default() };
    let needed = meters.into_iter().map(of_meter).collect();
    Ok((usage, needed))
}

pub(super) fn estimate_usage(
    subject: &Subject,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<EstimateReport> {
    let (usage, needed) = read(subject, host, findings)?;
    let card = load_card(&subject.source, &needed, None, host)?;
    findings.extend(unusable_prices(&card));
    let found = price_usage(&usage.days, &card, subject.cycle_rule()?)?;
    findings.extend(unpriced_findings(&found));
    findings.extend(zero_prices(&found));
    if found.iter().all(|meter| meter.cost.is_err()) {
        return Err(Error::not_enough("no meter of the usage has a price"));
    }
    let mut notes = vec![
        "estimates before tax, of the usage in these files without reservations and savings plans".to_owned(),
    ];
    if usage.covered_rows > 0 {
        notes.push(format!("reservations or savings plans pay for {} usage charges", usage.covered_rows));
    }
    if usage.unknown_rows > 0 {
        notes
            .push(format!("{} usage charges without a meter or a quantity are left out", usage.unknown_rows));
    }
    let last = usage.days.iter().map(|own| own.day).max();
    if let Some(last) =
        last.filter(|last| found.iter().any(|own| own.cycle.contains(*last) && own.cycle.last_day() > *last))
    {
        notes.push(format!("usage ends on {last}: its billing cycle is incomplete"));
    }
    notes.extend(beside_the_bill(&usage.days, &found, &card.currency));
    Ok(EstimateReport {
        currency: card.currency.clone(),
        rows: found.iter().map(row).collect(),
        bills: bills(&found, &card, subject.committed.unwrap_or_default())?,
        notes,
    })
}

/// Characters of a subscription's id that a table shows.
const SHOWN_OF_ID: usize = 4;

fn row(own: &UsedMeter) -> EstimateRow {
    // The last part of a subscription's path is what tells it from others, and of that the end.
    let subscription = own.subscription.rsplit('/').next().unwrap_or_default();
    let end = subscription.len().saturating_sub(SHOWN_OF_ID);
    EstimateRow {
        line: [subscription, own.meter.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/"),
        label: subscription.get(end..).map(|end| format!("…{end}")),
        cycle: Some(own.cycle),
        meter: Some(own.meter.clone()),
        priced_as: Some(own.name.clone()).filter(|name| !name.is_empty()),
        quantity: own.quantity,
        unit: Some(own.unit.clone()).filter(|unit| !unit.is_empty()),
        unit_price: own.unit_price,
        cost: own.cost.ok().map(|cost| [cost; 3]),
        status: own.cost.map_or_else(Unpriced::name, |_| "priced").to_owned(),
    }
}

/// What is to pay in each cycle. Terms of an offer are those of a subscription, so each is settled alone.
fn bills(found: &[UsedMeter], card: &PriceCard, committed: Amount) -> Result<Vec<EstimateBill>> {
    let mut by_subscription: BTreeMap<(BillingCycle, &str), Vec<MeterCharge<'_>>> = BTreeMap::new();
    for own in found {
        let charges = by_subscription.entry((own.cycle, &own.subscription)).or_default();
        if let Ok(cost) = own.cost {
            let is_third_party = card.of_meter(&own.meter).any(|price| price.is_third_party);
            charges.push(MeterCharge { meter: &own.meter, cost, is_third_party });
        }
    }
    let mut bills: BTreeMap<BillingCycle, [Amount; 5]> = BTreeMap::new();
    for ((cycle, _), charges) in by_subscription {
        let own: Settlement = card.terms.in_cycle(cycle).settle(charges, committed)?;
        let sums = bills.entry(cycle).or_default();
        for (sum, part) in
            sums.iter_mut().zip([own.gross, own.credit, own.discount, own.recurring, own.net()])
        {
            *sum += part;
        }
    }
    Ok(bills
        .into_iter()
        .map(|(cycle, sums)| {
            let [gross, credit, discount, recurring, net] = sums.map(|sum| [sum; 3]);
            EstimateBill { cycle: Some(cycle), gross, credit, discount, recurring, net }
        })
        .collect())
}

/// Meters that cost nothing because every tier of their price is 0.
fn zero_prices(found: &[UsedMeter]) -> Option<Finding> {
    let is_zero = |own: &&UsedMeter| own.is_zero_price && own.quantity.is_positive();
    let name = |own: &UsedMeter| format!("`{}` {}", own.meter, own.name).trim().to_owned();
    let names: BTreeSet<String> = found.iter().filter(is_zero).map(name).collect();
    let shown: Vec<&str> = names.iter().take(MOST_METERS).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    let text =
        format!("the price is zero in every tier of {} meters: {}{more}", names.len(), shown.join(", "));
    (!names.is_empty()).then(|| Finding::warning(text))
}

fn unpriced_findings(found: &[UsedMeter]) -> Vec<Finding> {
    let mut whys: BTreeMap<Unpriced, BTreeSet<&str>> = BTreeMap::new();
    for used in found {
        if let Err(why) = used.cost {
            whys.entry(why).or_default().insert(&used.meter);
        }
    }
    let finding = |(why, meters): (Unpriced, BTreeSet<&str>)| {
        let shown: Vec<&str> = meters.iter().copied().take(MOST_METERS).collect();
        let more = if meters.len() > shown.len() { ", …" } else { "" };
        let names = shown.join(", ");
        Finding::warning(format!("{} meters have no cost: {} ({names}{more})", meters.len(), reason(why)))
    };
    whys.into_iter().map(finding).collect()
}

/// How the estimate compares with what the same use cost by the data, where both are in one currency.
fn beside_the_bill(days: &[UsedDay], found: &[UsedMeter], currency: &billing::Currency) -> Option<String> {
    if days.iter().any(|own| own.currency.as_deref() != Some(currency.code())) {
        return None;
    }
    let priced = || found.iter().filter_map(|own| Some((own.cost.ok()?, own.charged)));
    let (estimate, charged) = priced()
        .fold((Amount::ZERO, Amount::ZERO), |(one, other), (cost, charged)| (one + cost, other + charged));
    let digits = currency.minor_digits();
    let figure = |amount| grouped(amount, digits);
    Some(format!(
        "the same usage was charged {} {currency}; these prices give {}, a difference of {}",
        figure(charged),
        figure(estimate),
        grouped(estimate.rounded(digits) - charged.rounded(digits), digits)
    ))
}
