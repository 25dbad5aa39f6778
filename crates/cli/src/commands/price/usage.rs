//! `price estimate INPUT`: the cost of the usage in cost exports by a price list.

use super::{
    estimate::reason,
    rates::{self, Asked},
};
use crate::{
    charges,
    exit::Exit,
    failure::Failure,
    options::{Charges, Global},
    output,
    price_options::Subject,
};
use anyhow::Result;
use billing::{Amount, BillingCycle, CycleDay, MeterCharge, Settlement, Unpriced, UsedDay};
use ingest::Usage;
use prices::{UsedMeter, price_usage};
use report::{EstimateBill, EstimateReport, EstimateRow, grouped};
use std::collections::{BTreeMap, BTreeSet};

/// The usage in cost exports, and the prices that it needs.
///
/// # Errors
/// Unusable input, or input without meters and quantities.
pub fn read(options: &Subject) -> Result<(Usage, Vec<Asked>)> {
    let wanted = Charges {
        inputs: options.inputs.clone(),
        as_of: options.as_of,
        currency: options.rates.currency.clone(),
        ..Charges::default()
    };
    let read = wanted.read_options()?;
    let selected = ingest::select_charges(&charges::whole_inputs(&wanted)?, &read, true, &|_| ())?;
    charges::say(&selected.controls);
    let usage = Usage::of(&selected)?;
    if usage.days.is_empty() {
        return Err(
            Failure::NotEnough("no charge in the input has a meter and its quantity".to_owned()).into()
        );
    }
    let meters: BTreeSet<&str> = usage.days.iter().map(|own| own.meter.as_str()).collect();
    let asked: Vec<Asked> =
        meters.iter().map(|meter| Asked { meter: Some((*meter).to_owned()), ..Asked::default() }).collect();
    Ok((usage, asked))
}

pub fn run(global: &Global, options: &Subject) -> Result<Exit> {
    let (usage, asked) = read(options)?;
    let card = rates::card(&options.rates, &asked, None)?;
    let found = price_usage(&usage.days, &card, CycleDay::new(options.cycle_day)?)?;
    say_unpriced(&found);
    warn_zero_prices(&found);
    if found.iter().all(|meter| meter.cost.is_err()) {
        return Err(Failure::NotEnough("no meter of the usage has a price".to_owned()).into());
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
    let report = EstimateReport {
        currency: card.currency.clone(),
        rows: found.iter().map(row).collect(),
        bills: bills(&found, &card, options.committed.unwrap_or_default())?,
        notes,
    };
    output::write_result(global, |style| report.table(style), || report.dataset())?;
    Ok(Exit::Done)
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

/// The amount due in each cycle. An offer's terms apply to each subscription alone.
fn bills(found: &[UsedMeter], card: &billing::PriceCard, committed: Amount) -> Result<Vec<EstimateBill>> {
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

/// Warns of meters that cost nothing because every tier of their price is 0.
fn warn_zero_prices(found: &[UsedMeter]) {
    let zero = |own: &&UsedMeter| own.is_zero_price && own.quantity.is_positive();
    let names: BTreeSet<String> = found
        .iter()
        .filter(zero)
        .map(|own| format!("`{}` {}", own.meter, own.name).trim().to_owned())
        .collect();
    if !names.is_empty() {
        let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        tracing::warn!(
            "the price is zero in every tier of {} meters: {}{more}",
            names.len(),
            shown.join(", ")
        );
    }
}

fn say_unpriced(found: &[UsedMeter]) {
    let mut whys: BTreeMap<Unpriced, BTreeSet<&str>> = BTreeMap::new();
    for own in found {
        if let Err(why) = own.cost {
            whys.entry(why).or_default().insert(&own.meter);
        }
    }
    for (why, meters) in whys {
        let shown: Vec<&str> = meters.iter().copied().take(3).collect();
        let more = if meters.len() > shown.len() { ", …" } else { "" };
        tracing::warn!("{} meters have no cost: {} ({}{more})", meters.len(), reason(why), shown.join(", "));
    }
}

/// The estimate beside the charges of the same usage, where both are in one currency.
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
