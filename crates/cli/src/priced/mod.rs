//! `predict --pricing` and `price estimate --into-forecast`: use is forecast and priced, instead of its costs.

mod bills;
mod notes;
mod plan;

use crate::{
    charges,
    commands::price::{
        estimate::asked as asked_for,
        rates::{self, Asked},
    },
    failure::Failure,
    forecasting::{self, Forecasted, TREND_DAYS, Wanted, engine, refuse_old, run_id},
    options::{Charges, Global},
    price_options::Pricing,
};
use anyhow::Result;
use billing::{Amount, BillingCycle, Metric, PriceCard, TotalKind};
use forecast::{Bills, Engine, PricedBill, PricedTotal, Status, Terms, forecast_priced, recent};
use ingest::{DailyCosts, Dimension, Usage};
use prices::Plan;
use report::{Control, ForecastReport, ToPay, TotalRow};
use std::collections::BTreeSet;

/// The column of subscriptions, and of meters below them.
const SUBSCRIPTION: &str = "SubAccountId";
const METER: &str = "x_SkuMeterId";

/// A plan that is added to what goes on.
#[derive(Clone, Copy)]
pub struct Added<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The subscription that it is used on; the only one of the data where none is named.
    pub subscription: Option<&'a str>,
}

/// Forecasts what subscriptions use, with what is planned beside it, and prices it: charges, credit, what is to pay.
///
/// # Errors
/// Unusable input or prices; prices in another currency; nothing that can be forecast.
pub fn forecast(
    global: &Global,
    wanted: &Charges,
    pricing: &Pricing,
    what: &Wanted<'_>,
    added: Option<Added<'_>>,
) -> Result<Forecasted> {
    let engine = engine(what.model)?;
    let mut options = wanted.read_options()?;
    refuse_what_splits_a_bill(&options)?;
    options.group_by = [SUBSCRIPTION, METER].map(|name| Dimension::Column(name.to_owned())).to_vec();
    let selected = charges::select(global, charges::whole_inputs(wanted)?, &options, true)?;
    let mut usage = Usage::of(&selected)?;
    let daily = DailyCosts::of(selected)?;
    refuse_old(&daily)?;
    if daily.metric != Metric::Billed {
        let text = "`--pricing` forecasts what is billed, and these files hold amortized cost; name exports of actual cost";
        return Err(Failure::Usage(text.to_owned()).into());
    }
    let asked: BTreeSet<String> =
        daily.leaves.iter().map(|leaf| bills::lower(leaf.keys[0].as_deref())).collect();
    usage.days.retain(|own| asked.contains(&bills::lower(own.subscription.as_deref())));
    let given = card(pricing, wanted.currency.as_deref(), &daily, &usage, added.map(|added| added.plan))?;
    let card = in_currency_of_charges(&given, &daily)?;
    let until_end =
        added.map_or(1, |added| plan::cycles_until_its_end(added.plan, &daily, options.cycle_day));
    let cycles = (what.cycles.unwrap_or(1) as usize).max(until_end);
    let outlook = daily.outlook(cycles)?;

    let (mut priced, unpriced) = bills::priced_bills(&daily, &outlook, &usage, &card)?;
    if priced.iter().all(|bill| bill.meters.is_empty()) {
        let text = format!("no meter of the usage has a price: {}", notes::in_words(&unpriced));
        return Err(Failure::NotEnough(text).into());
    }
    let terms = Terms {
        offer: &card.terms,
        committed: pricing.committed.unwrap_or_default(),
        balance: pricing.commitment_left,
    };
    let bills = forecasting::bills(outlook)?;
    let mut said = Vec::new();
    let totals = match added {
        None => forecast_priced(&engine, &bills, &priced, terms)?,
        Some(added) => {
            let without = forecast_priced(&engine, &bills, &priced, terms)?;
            plan::add(&mut priced, added, &given.currency, &card)?;
            let with = forecast_priced(&engine, &bills, &priced, terms)?;
            said.extend(plan::said_of_difference(&without, &with, &card.currency));
            with
        }
    };

    if totals.rows.iter().all(|row| row.status == Status::Insufficient) {
        let why = totals.rows.iter().find_map(|row| row.reason.clone());
        let why = why.unwrap_or_else(|| "there is too little history".to_owned());
        return Err(Failure::NotEnough(format!("nothing can be forecast: {why}")).into());
    }
    let all: BTreeSet<BillingCycle> = totals.rows.iter().map(|row| row.cycle).collect();
    let all: Vec<BillingCycle> = all.into_iter().collect();
    if let Some(first) = all.first() {
        said.extend(notes::said_of_prices(&daily, &usage, &card, &unpriced, *first)?);
    }
    said.extend(notes::said_of_terms(&totals, &card, pricing));
    said.extend(forecasting::notes(&daily, &all));
    let settings = format!("{options:?} {pricing:?} {card:?} {:?}", added.map(|added| added.plan));
    let report = ForecastReport {
        metric: Metric::Billed,
        total_kind: TotalKind::Billed,
        exact: true,
        as_of: daily.as_of(),
        run_id: run_id(&daily.digest(), &settings, &engine, cycles),
        group_columns: vec![SUBSCRIPTION.to_owned()],
        rows: totals.rows.iter().map(|total| row(&engine, &bills, &priced, total)).collect(),
        notes: said,
        warnings: daily.controls.warnings(),
        control: Control {
            files: daily.controls.files,
            rows: daily.controls.rows,
            malformed_rows: daily.controls.malformed_rows(),
        },
    };
    Ok(Forecasted { report, paths: Vec::new() })
}

/// Free amounts, tiers and credits are those of a subscription's whole use.
fn refuse_what_splits_a_bill(options: &ingest::ReadOptions) -> Result<()> {
    let is_subscription = |own: &Dimension| own.column() == SUBSCRIPTION;
    let refuse = |text: &str| Err(Failure::Usage(text.to_owned()).into());
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
    pricing: &Pricing,
    currency: Option<&str>,
    daily: &DailyCosts,
    usage: &Usage,
    plan: Option<&Plan>,
) -> Result<PriceCard> {
    let currencies: BTreeSet<&str> = daily.leaves.iter().map(|leaf| leaf.currency.code()).collect();
    let only = match currencies.iter().collect::<Vec<_>>().as_slice() {
        [only] => **only,
        several => {
            let text = format!(
                "charges are in {several:?}; prices are in one currency: keep the subscriptions of one with `--filter subscription=…`"
            );
            return Err(Failure::Usage(text).into());
        }
    };
    let meters: BTreeSet<&str> = usage.days.iter().map(|own| own.meter.as_str()).collect();
    let of_meter = |meter: &&str| Asked { meter: Some((*meter).to_owned()), ..Asked::default() };
    let of_plan = plan.map(asked_for).unwrap_or_default();
    let asked: Vec<Asked> = meters.iter().map(of_meter).chain(of_plan).collect();
    let subscription = daily.leaves.iter().find_map(|leaf| leaf.keys[0].clone());
    rates::card(&pricing.rates(currency, subscription)?, &asked, Some(only))
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
            Err(Failure::Usage(text).into())
        }
    }
}

fn row(engine: &Engine, bills: &Bills, priced: &[PricedBill<'_>], total: &PricedTotal) -> TotalRow {
    let members: Vec<&PricedBill<'_>> = match total.bill {
        Some(place) => vec![&priced[place]],
        None => priced.iter().collect(),
    };
    let facts = || members.iter().map(|bill| &bill.facts);
    let leaves: Vec<usize> = members.iter().flat_map(|bill| bill.leaves.iter().copied()).collect();
    let previous = facts().flat_map(|own| own.cycles.iter().find(|own| own.cycle == total.cycle));
    let net = total.net;
    // What is not known is not what was charged so far.
    let is_known = !matches!(total.status, Status::Insufficient | Status::Failed);
    let known = |amount: Amount| is_known.then_some(amount);
    let currency = members.first().and_then(|bill| bill.facts.currency.clone());
    let digits = currency.as_ref().map_or(0, billing::Currency::minor_digits);
    TotalRow {
        level: u32::from(total.bill.is_some()),
        keys: total.bill.map_or_else(|| vec![None], |place| priced[place].facts.keys.clone()),
        label: total.bill.map_or_else(|| "Total".to_owned(), |place| priced[place].facts.names.join(" / ")),
        currency,
        cycle: total.cycle,
        cutoff: Some(total.cutoff),
        status: total.status.to_string(),
        model: engine.name().to_owned(),
        actual_to_date: known(total.actual),
        remaining: known(total.gross.total - total.actual),
        total: known(total.gross.total),
        lower80: known(total.gross.lower80),
        upper80: known(total.gross.upper80),
        lower95: known(total.gross.lower95),
        upper95: known(total.gross.upper95),
        previous_total: previous
            .map(|own| own.previous)
            .sum::<Option<Amount>>()
            .map(|sum| sum.rounded(digits)),
        history_days: facts().map(|own| own.history_days).max().unwrap_or(0),
        missing_days: facts().map(|own| own.missing_days).max().unwrap_or(0),
        trend: recent(bills, &leaves, TREND_DAYS),
        members: Vec::new(),
        to_pay: is_known.then(|| ToPay {
            credit: total.settled.credit,
            discount: total.settled.discount,
            recurring: total.settled.recurring,
            net: net.total,
            lower80: net.lower80,
            upper80: net.upper80,
            lower95: net.lower95,
            upper95: net.upper95,
            credit_used_up: total.credit_used_up.map(|own| [own.earliest, own.expected, own.latest]),
        }),
    }
}
