//! Forecasts of use that is priced, instead of its costs: charges, credit, and what is due, with a plan on top
//! where one is given.

mod bills;
mod notes;
mod plan;
mod pricing;

use crate::{
    ChargesRequest, DataAge, Error, Finding, Forecasted, Host, PriceSource, Result,
    bill::{RowsAre, bill_of},
    charges::{self, ReadBills},
    data_age::{check_age, hidden_runs},
    forecaster::Forecaster,
    predict,
    price::{Needed, load_card, needed_by, unusable_prices},
};
use billing::{Amount, BillingCycle, Metric, PriceCard, TotalKind};
use forecast::{Status, Terms, forecast_priced};
use ingest::{DailyCosts, Dimension, Needs, Usage};
use prices::Plan;
use report::{Finding as Remark, ForecastReport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub use pricing::{Added, Pricing};

/// The column of subscriptions, and of meters below them.
const SUBSCRIPTION: &str = "SubAccountId";
const METER: &str = "x_SkuMeterId";

/// Which charges, and the prices of their use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PricedRequest {
    /// Which charges: whole subscriptions.
    pub charges: ChargesRequest,
    /// The forecaster; `default` where none is named.
    pub model: Option<String>,
    /// How many cycles, the open one included.
    pub cycles: Option<u32>,
    /// Prices and terms.
    pub pricing: Pricing,
}

/// Forecasts what subscriptions use, with what is planned beside it, and prices it.
///
/// # Errors
/// Unusable input or prices; prices in another currency; nothing that can be forecast.
pub fn predict_priced(
    request: &PricedRequest,
    added: Option<Added<'_>>,
    host: &Host<'_>,
) -> Result<Forecasted> {
    let mut findings = Vec::new();
    let done = forecast(request, added, host, &mut findings);
    match done {
        Ok(done) => Ok(Forecasted { findings, ..done }),
        Err(error) => Err(error.after(findings)),
    }
}

fn forecast(
    request: &PricedRequest,
    added: Option<Added<'_>>,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Forecasted> {
    let forecaster = Forecaster::named(request.model.as_deref())?;
    let (engine, pricing) = (&forecaster.engine, &request.pricing);
    request.charges.check_no_invoices()?;
    let mut options = request.charges.read_options()?;
    check_whole_bills(&options)?;
    options.group_by = [SUBSCRIPTION, METER].map(|name| Dimension::Column(name.to_owned())).to_vec();
    let wanted = &request.charges;
    let selected = charges::select(wanted, &options, Needs::PricedBills, host)?;
    let mut usage = Usage::of(&selected.charges)?;
    let ReadBills { costs, findings: read, inputs } = charges::bills(wanted, &options, selected)?;
    let daily = &costs.shown;
    findings.extend(read);
    if daily.metric != Metric::Billed {
        let text = "`--pricing` forecasts what is billed, and these files hold amortized cost; name exports of actual cost";
        return Err(Error::usage(text));
    }
    let kept: BTreeSet<String> =
        daily.leaves.iter().map(|leaf| bills::lower(leaf.keys[0].as_deref())).collect();
    usage.days.retain(|used| kept.contains(&bills::lower(used.subscription.as_deref())));
    let given = card(request, daily, &usage, added.map(|added| added.plan), host)?;
    findings.extend(unusable_prices(&given));
    let card = in_currency_of_charges(&given, daily)?;
    let until_end =
        added.map_or(1, |added| plan::cycles_until_its_end(added.plan, daily, options.cycle_day, findings));
    let cycles = (request.cycles.unwrap_or(1) as usize).max(until_end);
    let outlook = costs.outlook(cycles)?;
    check_age(daily, &outlook.units.outlook, request.charges.as_of)?;
    predict::check_history(daily, &outlook.units.outlook)?;

    let bill = bill_of(&outlook, RowsAre::Groups)?;
    let (mut priced, unpriced) = bills::priced_bills(&bill, &outlook, &usage, &card)?;
    if priced.iter().all(|bill| bill.meters.is_empty()) {
        let text = format!("no meter of the usage has a price: {}", notes::in_words(&unpriced));
        return Err(Error::not_enough(text));
    }
    let terms = Terms {
        offer: &card.terms,
        committed: pricing.committed.unwrap_or_default(),
        balance: pricing.commitment_left,
    };
    let mut noted = Vec::new();
    let totals = match added {
        None => forecast_priced(engine, bill, &priced, terms)?,
        Some(added) => {
            let without = forecast_priced(engine, bill.clone(), &priced, terms)?;
            plan::add(&mut priced, &bill, added, &given.currency, &card, findings)?;
            let with = forecast_priced(engine, bill, &priced, terms)?;
            noted.extend(plan::difference_notes(&without, &with, &card.currency));
            with
        }
    };

    if totals.rows.iter().all(|row| row.status == Status::Insufficient) {
        let why = totals.rows.iter().find_map(|row| row.reason.clone());
        let why = why.unwrap_or_else(|| "there is too little history".to_owned());
        return Err(Error::not_enough(format!("nothing can be forecast: {why}")));
    }
    let all: BTreeSet<BillingCycle> = totals.rows.iter().map(|row| row.cycle).collect();
    let all: Vec<BillingCycle> = all.into_iter().collect();
    if let Some(first) = all.first() {
        noted.extend(notes::price_notes(daily, &usage, &card, &unpriced, *first, findings)?);
    }
    noted.extend(notes::terms_notes(&totals, &card, pricing));
    noted.extend(hidden_runs(daily, &inputs, request.charges.as_of));
    let mut remarks: Vec<Remark> = noted.into_iter().map(|text| Remark::note("prices", text)).collect();
    remarks.extend(predict::remarks(daily, &all));
    let report = ForecastReport {
        metric: Metric::Billed,
        total_kind: TotalKind::Billed,
        exact: true,
        as_of: daily.as_of(),
        run_id: forecaster
            .run_id(&inputs_digest(&costs.digest(), &given, added), &counted(request, cycles))?,
        group_columns: vec![SUBSCRIPTION.to_owned()],
        rows: totals.rows,
        sums: Vec::new(),
        findings: remarks,
        control: predict::control(daily),
        more_levels: Vec::new(),
    };
    let age = Some(DataAge::of(daily, &inputs));
    Ok(Forecasted { report, rows: None, age, findings: Vec::new() })
}

/// The digest of all that was read: charges, prices, and the plan.
fn inputs_digest(charges: &str, card: &PriceCard, added: Option<Added<'_>>) -> String {
    // Prices and plans come from files in many forms; what was read of them is what counts.
    let read = format!("{card:?} {:?}", added.map(|added| (added.plan, added.subscription)));
    format!("{charges} {}", blake3::hash(read.as_bytes()).to_hex())
}

/// What of a request counts for the id of its run.
fn counted(request: &PricedRequest, cycles: usize) -> PricedRequest {
    PricedRequest {
        charges: request.charges.without_inputs(),
        model: None,
        cycles: u32::try_from(cycles).ok(),
        pricing: Pricing { source: PriceSource::default(), ..request.pricing.clone() },
    }
}

/// Free amounts, tiers and credits are those of a subscription's whole use.
fn check_whole_bills(options: &ingest::ReadOptions) -> Result<()> {
    let is_subscription = |own: &Dimension| own.column() == SUBSCRIPTION;
    let refuse = |text: &str| Err(Error::usage(text));
    if !options.group_by.iter().all(is_subscription) {
        return refuse("with `--pricing` rows are subscriptions: free amounts, tiers and credits are theirs");
    }
    if !options.filters.iter().all(|own| is_subscription(&own.dimension)) {
        return refuse(
            "with `--pricing` only `--filter subscription=…` is possible: a part of a subscription has no price of its own",
        );
    }
    if options.top.is_some() {
        return refuse("`--top` and `--pricing` exclude each other");
    }
    if options.metric.is_some_and(|metric| metric != Metric::Billed) {
        return refuse("`--pricing` forecasts what is billed; leave `--metric` out");
    }
    Ok(())
}

/// The prices that are asked for, in the currency of the charges.
fn card(
    request: &PricedRequest,
    daily: &DailyCosts,
    usage: &Usage,
    plan: Option<&Plan>,
    host: &Host<'_>,
) -> Result<PriceCard> {
    let currencies: BTreeSet<&str> = daily.leaves.iter().map(|leaf| leaf.currency.code()).collect();
    let only = match currencies.iter().collect::<Vec<_>>().as_slice() {
        [only] => **only,
        several => {
            let text = format!(
                "charges are in {several:?}; prices are in one currency: keep the subscriptions of one with `--filter subscription=…`"
            );
            return Err(Error::usage(text));
        }
    };
    let meters: BTreeSet<&str> = usage.days.iter().map(|used| used.meter.as_str()).collect();
    let of_meter = |meter: &&str| Needed { meter: Some((*meter).to_owned()), ..Needed::default() };
    let of_plan = plan.map(needed_by).unwrap_or_default();
    let needed: Vec<Needed> = meters.iter().map(of_meter).chain(of_plan).collect();
    let given = &request.pricing.source;
    let source = PriceSource {
        currency: given.currency.clone().or_else(|| request.charges.currency.clone()),
        scope: given.scope.clone().or_else(|| daily.leaves.iter().find_map(|leaf| leaf.keys[0].clone())),
        ..given.clone()
    };
    load_card(&source, &needed, Some(only), host)
}

/// The prices in the currency of the charges: a bill in another currency than its prices tells the rate between them.
fn in_currency_of_charges(card: &PriceCard, daily: &DailyCosts) -> Result<PriceCard> {
    let Some(only) = daily.leaves.first().map(|leaf| leaf.currency.clone()) else { return Ok(card.clone()) };
    if card.currency == only {
        return Ok(card.clone());
    }
    match daily.newest_rate(&card.currency, &only).and_then(Amount::from_shortest) {
        Some(rate) => Ok(card.exchanged(only, rate)?),
        None => {
            let text = format!(
                "the prices are in {}, the charges in {only}, and no rate between them is in the data; name prices in {only}",
                card.currency
            );
            Err(Error::usage(text))
        }
    }
}
