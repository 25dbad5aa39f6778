//! The same plan, or the use of the last whole cycle, elsewhere: other regions, sizes, offers, commitments.

use super::{
    estimate::zero_prices,
    load_card::{Needed, load_card, unusable_prices},
    plan::{check_currency, is_plan, line_row, needed_by, plan},
    subject::Subject,
    usage,
};
use crate::{Error, Finding, Host, Result};
use billing::{Amount, BillingCycle, PriceCard, PriceKind};
use prices::{Alternative, Change, Comparison, Offer, Plan, UsedMeter, usage_as_plans};
use report::{AlternativeRow, ComparisonReport, listed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What to compare with what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareRequest {
    /// The plan or the use.
    pub subject: Subject,
    /// Everything in these regions.
    pub regions: Vec<String>,
    /// Every machine in these sizes.
    pub sizes: Vec<String>,
    /// Under these offers.
    pub offers: Vec<String>,
    /// Reserved, and under a savings plan, for so many years.
    pub commitment_years: Vec<u32>,
}

/// A comparison.
pub struct Compared {
    /// The plan and its alternatives.
    pub report: ComparisonReport,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Compares a plan, or the use of the last whole cycle in cost exports, with alternatives.
///
/// # Errors
/// Unusable input or prices; no alternative, or none that has a price.
pub fn compare(request: &CompareRequest, host: &Host<'_>) -> Result<Compared> {
    let mut findings = Vec::new();
    match compared(request, host, &mut findings) {
        Ok(report) => Ok(Compared { report, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn compared(
    request: &CompareRequest,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<ComparisonReport> {
    let subject = &request.subject;
    let mut changes = changes(request)?;
    let (name, plans, card) = match is_plan(&subject.inputs)? {
        true => planned(request, host)?,
        false => used(request, host, findings)?,
    };
    changes.iter_mut().for_each(|change| spell_out(change, &card));
    let (as_of, rule) = (subject.prices_of(), subject.cycle_rule()?);
    let compared = plans.iter().map(|plan| prices::compare(plan, &card, &changes, as_of, rule));
    let found = Comparison::joined(compared.collect::<prices::Result<Vec<_>>>()?)
        .ok_or_else(|| Error::not_enough("the cycle has no use that could be compared"))?;
    if found.planned.lines.iter().all(|line| line.cost.is_err()) {
        return Err(Error::not_enough("no line of the plan has a price"));
    }
    if found.alternatives.iter().all(|other| other.lines.iter().all(|line| line.cost.is_err())) {
        return Err(Error::not_enough("no alternative has a price for any line of the plan"));
    }
    for line in found.planned.lines.iter().filter(|line| line.cost.is_err()) {
        let text = format!("`{}` has no price as planned, and is in no alternative", line.name);
        findings.push(Finding::warning(text));
    }
    findings.extend(unusable_prices(&card));
    findings.extend(zero_prices(&found.planned.lines));
    for other in &found.alternatives {
        let is_new = |line: &&prices::EstimateLine| {
            let planned = found.planned.lines.iter().find(|other| other.name == line.name);
            line.is_zero_price && !planned.is_some_and(|planned| planned.is_zero_price)
        };
        let names: BTreeSet<&str> =
            other.lines.iter().filter(is_new).map(|line| line.name.as_str()).collect();
        let text = |name| format!("{}: the price of `{name}` is zero in every tier", other.change);
        findings.extend(names.into_iter().map(|name| Finding::warning(text(name))));
    }
    Ok(ComparisonReport {
        subject: name,
        currency: card.currency.clone(),
        planned: found.planned.lines.iter().map(line_row).collect(),
        alternatives: found.alternatives.iter().map(alternative).collect(),
        notes: notes(&found.alternatives, &card),
    })
}

/// A size as resources name it, where only its short form was given: `D3_v2` is `Standard_D3_v2`.
fn spell_out(change: &mut Change, card: &PriceCard) {
    let Change::Size(size) = change else { return };
    let long = format!("Standard_{size}");
    let has = |name: &str| card.prices().iter().any(|price| price.sku.eq_ignore_ascii_case(name));
    if !has(size) && has(&long) {
        *size = long;
    }
}

/// What is compared: in words, as plans, one a subscription, and with its prices.
type Plans = (String, Vec<Plan>, PriceCard);

/// A plan, and the prices that it needs.
fn planned(request: &CompareRequest, host: &Host<'_>) -> Result<Plans> {
    let subject = &request.subject;
    let plan = plan(&subject.inputs[0], subject.committed)?;
    let needed: Vec<Needed> = needed_by(&plan).into_iter().chain(elsewhere(&plan, request)).collect();
    let card = load_card(&subject.source, &needed, Some(&plan.currency), host)?;
    check_currency(&plan, &card)?;
    Ok(("the plan".to_owned(), vec![plan], card))
}

/// The use of the last whole cycle in cost exports.
fn used(request: &CompareRequest, host: &Host<'_>, findings: &mut Vec<Finding>) -> Result<Plans> {
    let subject = &request.subject;
    let (usage, needed) = usage::read(subject, host, findings)?;
    let mut card = load_card(&subject.source, &needed, None, host)?;
    let cycle_day = subject.cycle_rule()?;
    let days = || usage.days.iter().map(|own| own.day);
    let (first, last) = (days().min().unwrap_or_default(), days().max().unwrap_or_default());
    let whole = |card: &PriceCard| -> Result<Option<(BillingCycle, Vec<UsedMeter>)>> {
        let found = prices::price_usage(&usage.days, card, cycle_day)?;
        let cycles: BTreeSet<BillingCycle> = found.iter().map(|own| own.cycle).collect();
        let is_whole = |cycle: &&BillingCycle| first <= cycle.start() && cycle.last_day() <= last;
        let chosen = cycles.iter().rev().find(is_whole).or(cycles.last());
        Ok(chosen.copied().map(|cycle| (cycle, found)))
    };
    let none = || Error::not_enough("no charge in the input names a meter and its quantity");
    let (cycle, found) = whole(&card)?.ok_or_else(none)?;
    let known = (cycle.start().max(first), cycle.last_day().min(last));
    let span = (known.0, known.1.succ_opt().unwrap_or(known.1));
    let mut plans = usage_as_plans(&found, &card, cycle, span);
    if subject.source.is_service() {
        // Only with the prices of what is used it is known which machines they are, to be asked for elsewhere.
        let more = plans.iter().flat_map(|plan| needed_by(plan).into_iter().chain(elsewhere(plan, request)));
        let needed: Vec<Needed> = needed.into_iter().chain(more).collect();
        card = load_card(&subject.source, &needed, None, host)?;
        plans = usage_as_plans(&whole(&card)?.ok_or_else(none)?.1, &card, cycle, span);
    }
    for plan in &mut plans {
        plan.committed = subject.committed.unwrap_or_default();
    }
    let is_whole = known == (cycle.start(), cycle.last_day());
    let part = if is_whole { String::new() } else { format!(" ({} to {} only)", known.0, known.1) };
    let name = format!("the use of {}{part} that no commitment pays for,", report::cycle_name(cycle));
    Ok((name, plans, card))
}

fn changes(request: &CompareRequest) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = request.regions.iter().cloned().map(Change::Region).collect();
    changes.extend(request.sizes.iter().cloned().map(Change::Size));
    for offer in &request.offers {
        changes.push(Change::Offer(Offer::named(offer).map_err(Error::usage)?));
    }
    for years in &request.commitment_years {
        changes.extend([Change::Reservation(*years), Change::SavingsPlan(*years)]);
    }
    if changes.is_empty() {
        let text = "name what to compare with: `--region`, `--size`, `--offer` or `--commitment`";
        return Err(Error::usage(text));
    }
    Ok(changes)
}

/// What a service must be asked for besides the plan: its machines in other regions, and other machines.
fn elsewhere(plan: &Plan, request: &CompareRequest) -> Vec<Needed> {
    let mut more = Vec::new();
    for own in needed_by(plan).into_iter().filter(|own| own.sku.is_some()) {
        let regions = request.regions.iter().map(|region| (own.sku.clone(), Some(region.clone())));
        let sizes = request.sizes.iter().map(|size| (Some(size.clone()), own.region.clone()));
        more.extend(regions.chain(sizes).map(|(sku, region)| Needed { sku, region, ..Needed::default() }));
    }
    more
}

fn alternative(own: &Alternative) -> AlternativeRow {
    AlternativeRow {
        name: own.change.to_string(),
        lines: own.lines.iter().map(line_row).collect(),
        as_planned: own.as_planned,
        cost: own.cost,
        covered: own.covered,
    }
}

/// When commitments pay, and what must be said of credits.
fn notes(alternatives: &[Alternative], card: &PriceCard) -> Vec<String> {
    let currency = &card.currency;
    let has_dev_test = card.prices().iter().any(|price| price.kind == PriceKind::DevTest);
    let mut notes = Vec::new();
    for own in alternatives {
        let mut left_out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for line in &own.lines {
            if let Err(why) = line.cost {
                left_out.entry(why.name()).or_default().insert(&line.name);
            }
        }
        for (why, lines) in left_out {
            let names = listed(lines.iter().map(|name| format!("`{name}`")));
            notes.push(format!("{} leaves out {names}: {why}", own.change));
        }
        for line in &own.break_even {
            let advance = line.day.map_or_else(String::new, |day| {
                format!("; around the clock a payment in advance has paid after {day} days")
            });
            let share = Amount::from_estimate(line.utilisation * 100.0)
                .map_or_else(|| "no share".to_owned(), |share| format!("{} %", share.to_fixed(0)));
            notes.push(format!(
                "{} of `{}` pays from {share} of all hours on{advance}",
                own.change, line.line
            ));
        }
        if let Change::Offer(offer) = own.change {
            notes.push(format!("{}: both sides are what is to pay after credit and discount", own.change));
            if offer.has_own_prices() && !has_dev_test {
                notes.push(format!(
                    "{}: these prices have none for development and test, so its own are not in it",
                    own.change
                ));
            }
        }
        if matches!(own.change, Change::Offer(_)) && currency.code() != "USD" {
            notes.push(format!(
                "{}: its credit is one of US dollars and is left out in {currency}",
                own.change
            ));
        }
    }
    notes
}
