//! What a plan, or the use in cost exports, costs by a price list.

use super::{
    load_card::{load_card, unusable_prices},
    plan::{check_currency, is_plan, line_row, needed_by, plan, reason},
    subject::Subject,
    usage::estimate_usage,
};
use crate::{Error, Finding, Host, Result};
use billing::{Amount, PriceCard, PricingUnit, Settlement, Unpriced};
use prices::{EstimateLine, Plan};
use report::{EstimateBill, EstimateReport};
use std::collections::BTreeSet;

/// An estimate.
pub struct Estimated {
    /// Its lines and bills.
    pub report: EstimateReport,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Prices a plan, or the use in cost exports.
///
/// # Errors
/// Unusable input or prices; nothing that has a price.
pub fn estimate(subject: &Subject, host: &Host<'_>) -> Result<Estimated> {
    let mut findings = Vec::new();
    let report = match is_plan(&subject.inputs)? {
        true => estimate_plan(subject, host, &mut findings),
        false => estimate_usage(subject, host, &mut findings),
    };
    match report {
        Ok(report) => Ok(Estimated { report, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn estimate_plan(subject: &Subject, host: &Host<'_>, findings: &mut Vec<Finding>) -> Result<EstimateReport> {
    let plan = plan(&subject.inputs[0], subject.committed)?;
    let card = load_card(&subject.source, &needed_by(&plan), Some(&plan.currency), host)?;
    check_currency(&plan, &card)?;
    findings.extend(unusable_prices(&card));
    let found = prices::estimate(&plan, &card, subject.prices_of(), subject.cycle_rule()?)?;
    let report = EstimateReport {
        currency: plan.currency.parse()?,
        rows: found.lines.iter().map(line_row).collect(),
        bills: found.bills.iter().map(|bill| to_pay(bill.cycle, &bill.settled)).collect(),
        notes: notes(&card, &plan),
    };
    let unpriced: BTreeSet<(&str, Unpriced)> =
        found.lines.iter().filter_map(|line| Some((line.name.as_str(), line.cost.err()?))).collect();
    let no_price = |(name, why)| Finding::warning(format!("`{name}` has no price: {}", reason(why)));
    findings.extend(unpriced.into_iter().map(no_price));
    findings.extend(zero_prices(&found.lines));
    findings.extend(block_findings(&plan, &found.lines));
    if found.lines.iter().all(|line| line.cost.is_err()) {
        return Err(Error::not_enough("no line of the plan has a price"));
    }
    Ok(report)
}

fn to_pay(cycle: Option<billing::BillingCycle>, settled: &[Settlement; 3]) -> EstimateBill {
    let each = |get: fn(&Settlement) -> Amount| [0, 1, 2].map(|end| get(&settled[end]));
    EstimateBill {
        cycle,
        gross: each(|settled| settled.gross),
        credit: each(|settled| settled.credit),
        discount: each(|settled| settled.discount),
        recurring: each(|settled| settled.recurring),
        net: each(Settlement::net),
    }
}

/// Lines that cost nothing because every tier of their price is 0.
pub(super) fn zero_prices(lines: &[EstimateLine]) -> Vec<Finding> {
    let names: BTreeSet<&str> =
        lines.iter().filter(|line| line.is_zero_price).map(|line| line.name.as_str()).collect();
    let finding = |name: &str| {
        Finding::warning(format!(
            "`{name}` costs 0: its price is zero in every tier, as lists write it of free meters and of prices that they lack"
        ))
    };
    names.into_iter().map(finding).collect()
}

/// Lines without a unit count the blocks that their price is for, which may not be meant.
fn block_findings(plan: &Plan, lines: &[EstimateLine]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in plan.lines.iter().filter(|line| line.unit.is_none()) {
        let found = lines.iter().find(|own| own.name == line.name && own.cost.is_ok());
        let Some(unit) = found.and_then(|own| own.unit.as_deref()) else { continue };
        if unit.parse::<PricingUnit>().is_ok_and(|unit| unit.block() != Amount::ONE) {
            findings.push(Finding::warning(format!(
                "`{}` names no unit: its quantity counts times `{unit}`, as its price does",
                line.name
            )));
        }
    }
    findings
}

/// What must be said of the prices.
fn notes(card: &PriceCard, plan: &Plan) -> Vec<String> {
    let mut notes = vec!["estimates before tax, of the planned usage".to_owned()];
    if !card.terms.credits.is_empty() {
        let text = "as if nothing else used the credit and free amounts; `--into-forecast EXPORTS` adds the plan to existing usage";
        notes.push(text.to_owned());
    }
    if !card.terms.commitments.is_empty() && plan.committed == Amount::ZERO {
        notes.push(
            "the offer has a discount for a spending commitment; the plan has no `committed` amount"
                .to_owned(),
        );
    }
    notes
}
