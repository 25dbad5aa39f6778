//! A plan of use: read from its file, with what a service is asked for to price it.

use super::load_card::Needed;
use crate::{Error, Result, ResultExt};
use billing::{Amount, PriceCard, Unpriced};
use prices::{EstimateLine, Plan, PlanFormat, PlanLine, What, read_plan};
use report::EstimateRow;
use std::fs;

/// Whether a plan is meant, and no usage. A plan goes alone.
///
/// # Errors
/// A plan with something beside it.
pub(crate) fn is_plan(inputs: &[String]) -> Result<bool> {
    match inputs {
        [first, _, ..] if PlanFormat::of(first).is_some() && !first.ends_with(".json") => {
            let text = format!("the plan `{first}` goes alone; `--into-forecast` names exports to add it to");
            Err(Error::usage(text))
        }
        [only] => Ok(PlanFormat::of(only).is_some()),
        _ => Ok(false),
    }
}

/// Reads the plan of a file; `committed` replaces the amount that it names.
///
/// # Errors
/// A file that cannot be read or is no plan.
pub(crate) fn plan(path: &str, committed: Option<Amount>) -> Result<Plan> {
    let format = PlanFormat::of(path).ok_or_else(|| {
        Error::usage(format!("`{path}` is no plan: plans end in .toml, .yaml, .yml or .json"))
    })?;
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the plan `{path}`"))?;
    let plan = read_plan(&text, format, &format!("`{path}`"))?;
    Ok(Plan { committed: committed.unwrap_or(plan.committed), ..plan })
}

/// What a service must be asked for to price a plan.
pub(crate) fn needed_by(plan: &Plan) -> Vec<Needed> {
    let of_line = |line: &PlanLine| {
        let (meter, sku) = match &line.what {
            What::Meter(meter) => (Some(meter.clone()), None),
            What::Sku(sku) => (None, Some(sku.clone())),
        };
        Needed {
            meter,
            sku,
            region: Some(line.region.clone()).filter(|region| !region.is_empty()),
            service: None,
        }
    };
    plan.lines.iter().map(of_line).collect()
}

/// Refuses a plan in another currency than its prices.
///
/// # Errors
/// When it is.
pub(super) fn check_currency(plan: &Plan, card: &PriceCard) -> Result<()> {
    if plan.currency.eq_ignore_ascii_case(card.currency.code()) {
        return Ok(());
    }
    let text = format!(
        "the plan is in {}, the prices are in {}: write the plan in {1}",
        plan.currency, card.currency
    );
    Err(Error::usage(text))
}

/// A line as it is shown.
pub(super) fn line_row(line: &EstimateLine) -> EstimateRow {
    EstimateRow {
        line: line.name.clone(),
        label: None,
        cycle: line.cycle,
        meter: line.meter.clone(),
        priced_as: line.priced_as.clone(),
        quantity: line.quantities[1],
        unit: line.unit.clone(),
        unit_price: line.unit_price,
        cost: line.cost.ok(),
        status: line.cost.map_or_else(Unpriced::name, |_| "priced").to_owned(),
    }
}

/// Why a line has no price, and what to do about it.
pub(crate) fn reason(why: Unpriced) -> &'static str {
    match why {
        Unpriced::NoRate => {
            "the prices have no such meter or size; `price card --search TEXT` shows what there is"
        }
        Unpriced::UnusableRate => "the prices hold one that cannot be used, which a warning names",
        Unpriced::NoRegion => "it has prices, but none of that region",
        Unpriced::NotInForce => "it has prices, but none that holds on every day of the line",
        Unpriced::UnknownUnit => "its unit is another than that of the price",
        Unpriced::Ambiguous => {
            "several prices could be meant; say which with `os`, `region`, `product` or `meter`"
        }
        Unpriced::NoCurrency => "the prices are in another currency",
        Unpriced::TakenBack => "more of it was taken back in the cycle than was used",
    }
}
