//! A plan on top of what goes on: it shares the tiers, free amounts and credit of a subscription.

use super::Added;
use crate::{Error, Finding, Result, price::reason};
use billing::{BillingCycle, Currency, CycleDay, PriceCard};
use forecast::{Bill, PricedBill, PricedMeter, PricedTotals, Row};
use ingest::DailyCosts;
use prices::{Plan, PlannedUsage, planned_usage};
use report::{cycle_name, grouped};
use std::collections::{BTreeMap, BTreeSet};

/// Cycles that are forecast at most, however long a plan goes on.
const MOST_CYCLES: usize = 24;

/// How many cycles there are from the open one to the last that a plan has days in.
pub(super) fn cycles_until_its_end(
    plan: &Plan,
    daily: &DailyCosts,
    rule: CycleDay,
    findings: &mut Vec<Finding>,
) -> usize {
    let end = plan.lines.iter().filter_map(|line| line.span).map(|(_, end)| end).max();
    let (Some(end), Some(as_of)) = (end, daily.as_of()) else { return 1 };
    let mut cycle = BillingCycle::containing(as_of, rule);
    let mut cycles = 1;
    while cycle.end() < end && cycles < MOST_CYCLES {
        cycle = cycle.next(rule);
        cycles += 1;
    }
    if cycle.end() < end {
        let text = format!("the plan goes on until {end}; {MOST_CYCLES} cycles of it are in the forecast");
        findings.push(Finding::warning(text));
    }
    cycles
}

/// Adds the use of a plan to the bill of its subscription.
///
/// # Errors
/// A subscription that the data does not have or that must be named; no line that has dates and a price.
pub(super) fn add<'c>(
    priced: &mut [PricedBill<'c>],
    whole: &Bill,
    added: Added<'_>,
    given: &Currency,
    card: &'c PriceCard,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut warn = |text: String| findings.push(Finding::warning(text));
    // A plan in the currency that the prices were given in is one in that of the charges.
    let mut plan = added.plan.clone();
    if plan.currency.eq_ignore_ascii_case(given.code()) {
        plan.currency = card.currency.code().to_owned();
    }
    let place = place_of(priced, added.subscription)?;
    let bill = &mut priced[place];
    let is_its = |row: &&Row| row.level() == whole.hidden + 1 && row.facts.keys[whole.hidden] == bill.key;
    let units = || whole.rows.iter().filter(is_its).map(|row| &whole.units[row.unit].facts);
    let cycles: BTreeSet<BillingCycle> = units().flat_map(|own| &own.cycles).map(|own| own.cycle).collect();
    let cycles: Vec<BillingCycle> = cycles.into_iter().collect();
    for line in added.plan.lines.iter().filter(|line| line.span.is_none()) {
        warn(format!("`{}` has no `from` and `to`: it is in no cycle of the forecast", line.name));
    }
    let live = units().filter(|own| !own.stopped).map(|own| own.cutoff).min();
    let cutoff = live.or_else(|| units().map(|own| own.cutoff).min()).unwrap_or_default();
    let spans = || added.plan.lines.iter().filter_map(|line| line.span);
    if spans().any(|(from, _)| from <= cutoff) {
        warn(format!("days of the plan up to {cutoff} are taken to be in the charges already"));
    }
    if spans().all(|(_, end)| end <= cutoff.succ_opt().unwrap_or(cutoff)) && spans().next().is_some() {
        let text =
            format!("the plan ends before {cutoff}, the last day that is final: nothing of it is to come");
        return Err(Error::not_enough(text));
    }
    let mut count = 0;
    for (name, found) in planned_usage(&plan, card, &cycles)? {
        match found {
            Ok(own) => {
                add_use(bill, own);
                count += 1;
            }
            Err(why) => warn(format!("`{name}` has no price and is not in the forecast: {}", reason(why))),
        }
    }
    if count == 0 {
        let text = "no line of the plan has both dates and a price";
        return Err(Error::not_enough(text));
    }
    Ok(())
}

fn place_of(priced: &[PricedBill<'_>], subscription: Option<&str>) -> Result<usize> {
    let names = || priced.iter().map(|bill| bill.name.as_str()).collect::<Vec<_>>().join(", ");
    let id = |bill: &PricedBill<'_>| bill.key.clone().unwrap_or_default().to_lowercase();
    match subscription.map(str::to_lowercase) {
        Some(wanted) => {
            let is_meant = |bill: &PricedBill<'_>| {
                let id = id(bill);
                id == wanted || id.rsplit('/').next() == Some(&wanted) || bill.name.to_lowercase() == wanted
            };
            priced.iter().position(is_meant).ok_or_else(|| {
                Error::usage(format!("there is no subscription `{wanted}` in the data; it has {}", names()))
            })
        }
        None if priced.len() == 1 => Ok(0),
        None => {
            let text = format!("say with `--subscription` on which of these the plan is used: {}", names());
            Err(Error::usage(text))
        }
    }
}

/// Adds use to the meter that has the same prices, or as a meter of its own.
fn add_use<'c>(bill: &mut PricedBill<'c>, own: PlannedUsage<'c>) {
    let same = bill.meters.iter_mut().find(|meter| meter.prices.first() == own.prices.first());
    if let Some(meter) = same {
        for (all, more) in meter.planned.iter_mut().zip(own.days) {
            all.extend(more);
        }
        return;
    }
    let is_third_party = own.prices.iter().any(|price| price.is_third_party);
    bill.meters.push(PricedMeter {
        meter: own.prices.first().map(|price| price.meter.clone()).unwrap_or_default(),
        row: None,
        prices: own.prices,
        used: Vec::new(),
        charged: BTreeMap::new(),
        planned: own.days,
        is_third_party,
    });
}

/// What the plan adds to each cycle.
pub(super) fn difference_notes(
    without: &PricedTotals,
    with: &PricedTotals,
    currency: &Currency,
) -> Vec<String> {
    let figure = |amount| grouped(amount, currency.minor_digits());
    let cycles: BTreeSet<BillingCycle> = with.rows.iter().map(|row| row.cycle).collect();
    let of = |totals: &PricedTotals, cycle: BillingCycle| {
        totals.rows.iter().find(|row| row.level == 0 && row.cycle == cycle).cloned()
    };
    let line = |cycle: BillingCycle| {
        let (before, after) = (of(without, cycle)?, of(with, cycle)?);
        let (net_before, net_after) = (before.net.as_ref()?.due.point(), after.net.as_ref()?.due.point());
        Some(format!(
            "the plan adds {} {currency} to the charges of {} and {} to what is to pay",
            figure(after.point()? - before.point()?),
            cycle_name(cycle),
            figure(net_after - net_before)
        ))
    };
    cycles.into_iter().filter_map(line).collect()
}
