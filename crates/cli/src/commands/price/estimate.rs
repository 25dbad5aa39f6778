//! `price estimate`: what a plan will cost.

use super::rates::{self, Asked};
use crate::{
    exit::Exit,
    failure::Failure,
    forecasting::Wanted,
    options::{Charges, Global},
    output,
    price_options::{Estimate, Pricing, Subject},
    priced::{self, Added},
};
use anyhow::{Context, Result};
use billing::{Amount, CycleDay, PriceCard, PricingUnit, Settlement, Unpriced};
use chrono::Utc;
use prices::{EstimateLine, Plan, PlanFormat, PlanLine, What, read_plan};
use report::{EstimateBill, EstimateReport, EstimateRow, predict_table};
use std::{collections::BTreeSet, fs};

pub fn run(global: &Global, options: &Estimate) -> Result<Exit> {
    if !is_plan(&options.what.inputs)? {
        if !options.into_forecast.is_empty() {
            let text = "`--into-forecast` adds a plan to a forecast; the first argument is no plan";
            return Err(Failure::Usage(text.to_owned()).into());
        }
        return super::usage::run(global, &options.what);
    }
    let plan = plan(&options.what)?;
    if !options.into_forecast.is_empty() {
        return into_forecast(global, options, &plan);
    }
    let card = rates::card(&options.what.rates, &asked(&plan), Some(&plan.currency))?;
    refuse_other_currency(&plan, &card)?;
    let as_of = options.what.as_of.unwrap_or_else(|| Utc::now().date_naive());
    let found = prices::estimate(&plan, &card, as_of, CycleDay::new(options.what.cycle_day)?)?;
    let report = EstimateReport {
        currency: plan.currency.parse()?,
        rows: found.lines.iter().map(row).collect(),
        bills: found.bills.iter().map(|bill| to_pay(bill.cycle, &bill.settled)).collect(),
        notes: notes(&card, &plan),
    };
    let unpriced: BTreeSet<(&str, Unpriced)> =
        found.lines.iter().filter_map(|line| Some((line.name.as_str(), line.cost.err()?))).collect();
    for (name, why) in unpriced {
        tracing::warn!("`{name}` has no price: {}", reason(why));
    }
    warn_zero_prices(&found.lines);
    say_blocks(&plan, &found.lines);
    if found.lines.iter().all(|line| line.cost.is_err()) {
        return Err(Failure::NotEnough("no line of the plan has a price".to_owned()).into());
    }
    output::write_result(global, |style| report.table(style), || report.dataset())?;
    Ok(Exit::Done)
}

/// The forecast of what goes on with the plan added to it.
fn into_forecast(global: &Global, options: &Estimate, plan: &Plan) -> Result<Exit> {
    let wanted = Charges {
        inputs: options.into_forecast.clone(),
        as_of: options.what.as_of,
        cycle_day: Some(options.what.cycle_day),
        currency: options.what.rates.currency.clone(),
        ..Charges::default()
    };
    let pricing = Pricing::of(&options.what.rates, Some(plan.committed).filter(|own| *own != Amount::ZERO));
    let added = Added { plan, subscription: options.subscription.as_deref() };
    let what = Wanted { model: None, cycles: None, for_people: true };
    let done = priced::forecast(global, &wanted, &pricing, &what, Some(added))?;
    output::write_result(global, |style| predict_table(&done.report, style), || done.report.dataset(true))?;
    Ok(Exit::Done)
}

/// What a service must be asked for to price a plan.
pub fn asked(plan: &Plan) -> Vec<Asked> {
    let of_line = |line: &PlanLine| {
        let (meter, sku) = match &line.what {
            What::Meter(meter) => (Some(meter.clone()), None),
            What::Sku(sku) => (None, Some(sku.clone())),
        };
        Asked {
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
pub fn refuse_other_currency(plan: &Plan, card: &PriceCard) -> Result<()> {
    if plan.currency.eq_ignore_ascii_case(card.currency.code()) {
        return Ok(());
    }
    let text = format!(
        "the plan is in {}, the prices are in {}: write the plan in {1}",
        plan.currency, card.currency
    );
    Err(Failure::Usage(text).into())
}

/// Whether a plan is meant, and no usage. A plan goes alone.
///
/// # Errors
/// A plan with something beside it.
pub fn is_plan(inputs: &[String]) -> Result<bool> {
    match inputs {
        [first, _, ..] if PlanFormat::of(first).is_some() && !first.ends_with(".json") => {
            let text = format!("the plan `{first}` goes alone; `--into-forecast` names exports to add it to");
            Err(Failure::Usage(text).into())
        }
        [only] => Ok(PlanFormat::of(only).is_some()),
        _ => Ok(false),
    }
}

/// Reads the plan that is named.
///
/// # Errors
/// A file that cannot be read or is no plan.
pub fn plan(options: &Subject) -> Result<Plan> {
    let path = &options.inputs[0];
    let format = PlanFormat::of(path).ok_or_else(|| {
        Failure::Usage(format!("`{path}` is no plan: plans end in .toml, .yaml, .yml or .json"))
    })?;
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the plan `{path}`"))?;
    let plan = read_plan(&text, format, &format!("`{path}`"))?;
    Ok(Plan { committed: options.committed.unwrap_or(plan.committed), ..plan })
}

/// A line as it is shown.
pub fn row(line: &EstimateLine) -> EstimateRow {
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

/// Warns of lines that cost nothing because every tier of their price is 0.
pub fn warn_zero_prices(lines: &[EstimateLine]) {
    let names: BTreeSet<&str> =
        lines.iter().filter(|line| line.is_zero_price).map(|line| line.name.as_str()).collect();
    for name in names {
        tracing::warn!(
            "`{name}` costs 0: its price is zero in every tier, as lists write it of free meters and of prices that they lack"
        );
    }
}

/// Why a line has no price, and what to do about it.
pub fn reason(why: Unpriced) -> &'static str {
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

/// Lines without a unit count the blocks that their price is for, which may not be meant.
fn say_blocks(plan: &Plan, lines: &[EstimateLine]) {
    for line in plan.lines.iter().filter(|line| line.unit.is_none()) {
        let found = lines.iter().find(|own| own.name == line.name && own.cost.is_ok());
        let Some(unit) = found.and_then(|own| own.unit.as_deref()) else { continue };
        if unit.parse::<PricingUnit>().is_ok_and(|unit| unit.block() != Amount::ONE) {
            tracing::warn!(
                "`{}` names no unit: its quantity counts times `{unit}`, as its price does",
                line.name
            );
        }
    }
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
