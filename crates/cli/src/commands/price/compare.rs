//! `price compare`: the same plan elsewhere.

use super::{
    estimate::{asked, is_plan, plan, refuse_other_currency, row, warn_zero_prices},
    rates::{self, Asked},
};
use crate::{exit::Exit, failure::Failure, options::Global, output, price_options::Compare};
use anyhow::Result;
use billing::{Amount, BillingCycle, CycleDay, PriceCard, PriceKind};
use chrono::Utc;
use prices::{Alternative, Change, Comparison, Offer, Plan, UsedMeter, usage_as_plans};
use report::{AlternativeRow, ComparisonReport};
use std::collections::{BTreeMap, BTreeSet};

/// Names that a note lists.
const MOST_NAMES: usize = 3;

pub fn run(global: &Global, options: &Compare) -> Result<Exit> {
    let mut changes = changes(options)?;
    let (subject, plans, card) =
        if is_plan(&options.what.inputs)? { planned(options)? } else { used(options)? };
    changes.iter_mut().for_each(|change| spell_out(change, &card));
    let as_of = options.what.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let cycle_day = CycleDay::new(options.what.cycle_day)?;
    let compared = plans.iter().map(|plan| prices::compare(plan, &card, &changes, as_of, cycle_day));
    let found = Comparison::joined(compared.collect::<prices::Result<Vec<_>>>()?)
        .ok_or_else(|| Failure::NotEnough("the cycle has no use that could be compared".to_owned()))?;
    if found.planned.lines.iter().all(|line| line.cost.is_err()) {
        return Err(Failure::NotEnough("no line of the plan has a price".to_owned()).into());
    }
    if found.alternatives.iter().all(|own| own.lines.iter().all(|line| line.cost.is_err())) {
        let text = "no alternative has a price for any line of the plan";
        return Err(Failure::NotEnough(text.to_owned()).into());
    }
    for line in found.planned.lines.iter().filter(|line| line.cost.is_err()) {
        tracing::warn!("`{}` has no price as planned, and is in no alternative", line.name);
    }
    warn_zero_prices(&found.planned.lines);
    for own in &found.alternatives {
        let is_new = |line: &&prices::EstimateLine| {
            let planned = found.planned.lines.iter().find(|other| other.name == line.name);
            line.is_zero_price && !planned.is_some_and(|planned| planned.is_zero_price)
        };
        let names: BTreeSet<&str> = own.lines.iter().filter(is_new).map(|line| line.name.as_str()).collect();
        for name in names {
            tracing::warn!("{}: the price of `{name}` is zero in every tier", own.change);
        }
    }
    let report = ComparisonReport {
        subject,
        currency: card.currency.clone(),
        planned: found.planned.lines.iter().map(row).collect(),
        alternatives: found.alternatives.iter().map(alternative).collect(),
        notes: notes(&found.alternatives, &card),
    };
    output::write_result(global, |style| report.table(style), || report.dataset())?;
    Ok(Exit::Done)
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
type Compared = (String, Vec<Plan>, PriceCard);

/// A plan, and the prices that it needs.
fn planned(options: &Compare) -> Result<Compared> {
    let plan = plan(&options.what)?;
    let asked: Vec<Asked> = asked(&plan).into_iter().chain(elsewhere(&plan, options)).collect();
    let card = rates::card(&options.what.rates, &asked, Some(&plan.currency))?;
    refuse_other_currency(&plan, &card)?;
    Ok(("the plan".to_owned(), vec![plan], card))
}

/// The use of the last whole cycle in cost exports.
fn used(options: &Compare) -> Result<Compared> {
    let (usage, asked) = super::usage::read(&options.what)?;
    let mut card = rates::card(&options.what.rates, &asked, None)?;
    let cycle_day = CycleDay::new(options.what.cycle_day)?;
    let days = || usage.days.iter().map(|own| own.day);
    let (first, last) = (days().min().unwrap_or_default(), days().max().unwrap_or_default());
    let whole = |card: &PriceCard| -> Result<Option<(BillingCycle, Vec<UsedMeter>)>> {
        let found = prices::price_usage(&usage.days, card, cycle_day)?;
        let cycles: BTreeSet<BillingCycle> = found.iter().map(|own| own.cycle).collect();
        let is_whole = |cycle: &&BillingCycle| first <= cycle.start() && cycle.last_day() <= last;
        let chosen = cycles.iter().rev().find(is_whole).or(cycles.last());
        Ok(chosen.copied().map(|cycle| (cycle, found)))
    };
    let none = || Failure::NotEnough("no charge in the input has a meter and a quantity".to_owned());
    let (cycle, found) = whole(&card)?.ok_or_else(none)?;
    let known = (cycle.start().max(first), cycle.last_day().min(last));
    let span = (known.0, known.1.succ_opt().unwrap_or(known.1));
    let mut plans = usage_as_plans(&found, &card, cycle, span);
    if matches!(options.what.rates.rates.as_str(), "retail" | "azure") {
        // Only with the prices of what is used it is known which machines they are, to be asked for elsewhere.
        let more = plans
            .iter()
            .flat_map(|plan| super::estimate::asked(plan).into_iter().chain(elsewhere(plan, options)));
        card = rates::card(&options.what.rates, &asked.into_iter().chain(more).collect::<Vec<_>>(), None)?;
        plans = usage_as_plans(&whole(&card)?.ok_or_else(none)?.1, &card, cycle, span);
    }
    for plan in &mut plans {
        plan.committed = options.what.committed.unwrap_or_default();
    }
    let is_whole = known == (cycle.start(), cycle.last_day());
    let part = if is_whole { String::new() } else { format!(" ({} to {} only)", known.0, known.1) };
    let subject = format!("the usage of {}{part} without commitments", report::cycle_name(cycle));
    Ok((subject, plans, card))
}

fn changes(options: &Compare) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = options.region.iter().cloned().map(Change::Region).collect();
    changes.extend(options.size.iter().cloned().map(Change::Size));
    for offer in &options.offer {
        changes.push(Change::Offer(Offer::named(offer).map_err(Failure::Usage)?));
    }
    for term in &options.commitment {
        changes.extend([Change::Reservation(term.years()), Change::SavingsPlan(term.years())]);
    }
    if changes.is_empty() {
        let text = "name what to compare with: `--region`, `--size`, `--offer` or `--commitment`";
        return Err(Failure::Usage(text.to_owned()).into());
    }
    Ok(changes)
}

/// What a service must be asked for besides the plan: its machines in other regions, and other machines.
fn elsewhere(plan: &Plan, options: &Compare) -> Vec<Asked> {
    let mut more = Vec::new();
    for own in asked(plan).into_iter().filter(|own| own.sku.is_some()) {
        let regions = options.region.iter().map(|region| (own.sku.clone(), Some(region.clone())));
        let sizes = options.size.iter().map(|size| (Some(size.clone()), own.region.clone()));
        more.extend(regions.chain(sizes).map(|(sku, region)| Asked { sku, region, ..Asked::default() }));
    }
    more
}

fn alternative(own: &Alternative) -> AlternativeRow {
    AlternativeRow {
        name: own.change.to_string(),
        lines: own.lines.iter().map(row).collect(),
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
            let names: Vec<String> = lines.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
            let more = if lines.len() > MOST_NAMES { ", …" } else { "" };
            notes.push(format!("{} leaves out {}{more}: {why}", own.change, names.join(", ")));
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
