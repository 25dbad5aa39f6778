//! Forecasts of charges, or of any daily series: the totals of cycles and the daily path.

mod notes;
mod request;
mod series_in_parts;

pub use request::{Forecasted, PredictRequest};

use crate::{
    DataAge, Error, Finding, Host, Result, SeriesTableRequest,
    bill::{RowsAre, bill_of},
    charges::{self, ReadBills},
    data_age::{check_age, hidden_runs},
    forecaster::Forecaster,
    series_table::{leaves_of, read_series},
};
use billing::{Agreement, BillingCycle, Metric, TotalKind};
use chrono::NaiveDate;
use forecast::{Bill, Components, GroupTotal, forecast_totals};
use ingest::{BillCosts, BillOutlook, DailyCosts, Dimension, Outlook, PurchaseName, RateEffect};
use notes::{failed, incomplete, may_have_stopped, without_any};
use report::{Control, Finding as Remark, ForecastReport};
use request::counted;
use std::collections::{BTreeMap, BTreeSet};

/// What is grouped by where nothing is asked for.
const DEFAULT_GROUP: &str = "subscription";

/// The column of invoice units, which stand in tables for people only.
const INVOICE_UNIT: &str = "x_InvoiceUnit";

/// Forecasts the charges or the series of a request.
///
/// # Errors
/// Unusable input; a request that contradicts it; nothing that can be forecast.
pub fn predict(request: &PredictRequest, host: &Host<'_>) -> Result<Forecasted> {
    match &request.series {
        Some(table) => predict_series(request, table),
        None => predict_charges(request, host),
    }
}

/// Forecasts charges, by subscription where no grouping is asked for.
fn predict_charges(request: &PredictRequest, host: &Host<'_>) -> Result<Forecasted> {
    let by_invoice = request.charges.is_by_invoice()?;
    let forecaster = Forecaster::named(request.model.as_deref())?;
    let mut asked = request.clone();
    let mut options = asked.charges.read_options()?;
    // Rows are folded after the forecast, so that `--top` changes no other row.
    options.top = None;
    let by_default = options.group_by.is_empty();
    if by_default {
        asked.charges.group_by.push(DEFAULT_GROUP.to_owned());
        options.group_by.push(Dimension::parse(DEFAULT_GROUP));
    }
    let is_unknown_group = |error: &Error| error.is_unknown_dimension();
    let ReadBills { costs, mut findings, inputs } = match charges::read_bills(&asked.charges, &options, host)
    {
        Err(error) if by_default && is_unknown_group(&error) => {
            asked.charges.group_by.clear();
            options.group_by.clear();
            charges::read_bills(&asked.charges, &options, host)?
        }
        other => other?,
    };
    let groups = Groups { by_default, by_invoice };
    let done = forecast_bills(&asked, &forecaster, &costs, groups, &mut findings);
    let mut done = done.map_err(|error| error.after(findings.clone()))?;
    let daily = &costs.shown;
    let hidden = hidden_runs(daily, &inputs, asked.charges.as_of);
    done.report.findings.extend(hidden.into_iter().map(|text| Remark::note("hidden_runs", text)));
    Ok(Forecasted { age: Some(DataAge::of(daily, &inputs)), findings, ..done })
}

/// What the groups of a forecast are besides their names.
#[derive(Clone, Copy)]
struct Groups {
    /// Whether they were not asked for.
    by_default: bool,
    /// Whether they are invoices.
    by_invoice: bool,
}

fn forecast_bills(
    request: &PredictRequest,
    forecaster: &Forecaster,
    costs: &BillCosts,
    Groups { by_default, by_invoice }: Groups,
    findings: &mut Vec<Finding>,
) -> Result<Forecasted> {
    let daily = &costs.shown;
    let outlook = costs.outlook(request.cycles.unwrap_or(1) as usize)?;
    check_age(daily, &outlook.units.outlook, request.charges.as_of)?;
    check_history(daily, &outlook.units.outlook)?;
    let by_unit =
        by_default && request.by_invoice_unit && daily.units().len() > 1 && noun(daily) != "subscription";
    let rows_are = match (by_invoice, by_unit) {
        (true, _) => RowsAre::Invoices,
        (false, true) => RowsAre::BelowInvoiceUnits,
        (false, false) => RowsAre::Groups,
    };
    let bill = bill_of(&outlook, rows_are)?;
    let ending = ending_purchases(&bill, &outlook);
    let run = Run {
        id: forecaster.run_id(&costs.digest(), &counted(request))?,
        top: request.charges.top.map(|most| most as usize),
        as_of: daily.as_of(),
        metric: daily.metric,
        exact: true,
        columns: by_unit
            .then(|| INVOICE_UNIT.to_owned())
            .into_iter()
            .chain(daily.group_columns.clone())
            .collect(),
    };
    let mut done = forecast_bill(forecaster, bill, run, findings)?;
    let cycles: BTreeSet<BillingCycle> = done.report.rows.iter().map(|row| row.cycle).collect();
    done.report.findings.extend(ending);
    done.report.findings.extend(remarks(daily, &cycles.into_iter().collect::<Vec<_>>()));
    done.report.control = control(daily);
    Ok(done)
}

/// Recurring purchases whose term ends in the asked cycles.
fn ending_purchases(bill: &Bill, outlook: &BillOutlook) -> Vec<Remark> {
    let note = |(unit, place, day): (usize, usize, NaiveDate)| {
        let charges = bill.units[unit].purchases[place].charges;
        let key = outlook.purchases.keys[charges].0.last().and_then(Option::as_deref).unwrap_or_default();
        let PurchaseName { name, payments } = PurchaseName::of(key);
        let text = format!(
            "the purchase `{name}` has its last of {} payments on {day}; none is expected after it, as if it were not renewed",
            payments.unwrap_or_default()
        );
        Remark::note("purchase_ends", text)
    };
    bill.last_payments().into_iter().map(note).collect()
}

/// What was read, in counts.
pub(crate) fn control(daily: &DailyCosts) -> Control {
    Control {
        files: daily.controls.files,
        rows: daily.controls.rows,
        malformed_rows: daily.controls.malformed_rows(),
    }
}

/// Refuses charges of which no day is final yet.
pub(crate) fn check_history(daily: &DailyCosts, outlook: &Outlook) -> Result<()> {
    if outlook.leaves.iter().any(|leaf| leaf.history_days > 0) {
        return Ok(());
    }
    let first = daily.coverages.iter().filter_map(ingest::Coverage::first).min();
    let covered = match (first, daily.last_covered()) {
        (Some(first), Some(last)) if first == last => format!("the data covers {first} only"),
        (Some(first), Some(last)) => format!("the data covers {first} to {last}"),
        _ => "the data covers no whole day".to_owned(),
    };
    Err(Error::not_enough(format!(
        "nothing can be forecast: {covered}, and none of it is final yet; give more days, or take the last days as \
         final with `--settle-days 0`"
    )))
}

/// Forecasts any daily series.
fn predict_series(request: &PredictRequest, table: &SeriesTableRequest) -> Result<Forecasted> {
    let forecaster = Forecaster::named(request.model.as_deref())?;
    if request.rows_only
        && let Some(done) = series_in_parts::predict_in_parts(request, table, &forecaster)?
    {
        return Ok(done);
    }
    let is_tree = table.tree;
    let table = read_series(table)?;
    let options = request.charges.read_options()?;
    let outlook = table.outlook(&options, request.cycles.unwrap_or(1) as usize)?;
    let leaves = leaves_of(&table, &outlook);
    let run = Run {
        id: forecaster.run_id(&table.digest, &counted(request))?,
        top: request.charges.top.map(|most| most as usize),
        as_of: options.as_of,
        metric: Metric::Billed,
        exact: false,
        columns: table.columns.ids.clone(),
    };
    let mut findings = Vec::new();
    let bill = match is_tree {
        true => Bill::of_tree(&outlook.level, &leaves)?,
        false => Bill::of_series(Components::level_only(outlook.level), leaves),
    };
    let done = forecast_bill(&forecaster, bill, run, &mut findings);
    let done = done.map_err(|error| error.after(findings.clone()))?;
    Ok(Forecasted { findings, ..done })
}

/// Series by kind, for the engine.
///
/// # Errors
/// Series that are not aligned.
pub(crate) fn components(outlook: Outlook) -> Result<Components> {
    Ok(Components::new(outlook.level, Some(outlook.recurring), Some(outlook.irregular))?)
}

/// What is known of a run before it is forecast.
struct Run {
    id: String,
    as_of: Option<NaiveDate>,
    metric: Metric,
    exact: bool,
    columns: Vec<String>,
    /// Rows of the last level that are shown inside each parent.
    top: Option<usize>,
}

fn forecast_bill(
    forecaster: &Forecaster,
    bill: Bill,
    run: Run,
    findings: &mut Vec<Finding>,
) -> Result<Forecasted> {
    let cutoffs: Vec<NaiveDate> = bill.units.iter().map(|unit| unit.facts.cutoff).collect();
    let totals = forecast_totals(&forecaster.engine, bill, run.columns.len(), run.top)?;
    if totals.iter().all(|total| total.total.is_none()) {
        return Err(without_any(totals.iter().find_map(|total| total.reason.clone())));
    }
    findings.extend(failed(&totals));
    findings.extend(members(&totals));
    let mut remarks = Vec::new();
    remarks.extend(
        without_forecast(&totals, "groups").into_iter().map(|text| Remark::note("without_forecast", text)),
    );
    remarks.extend(incomplete(&totals, &cutoffs));
    remarks.extend(may_have_stopped(&totals));
    let report = ForecastReport {
        metric: run.metric,
        total_kind: if run.exact { run.metric.total_kind() } else { TotalKind::Billed },
        exact: run.exact,
        as_of: run.as_of,
        run_id: run.id,
        group_columns: run.columns,
        rows: totals,
        sums: Vec::new(),
        findings: remarks,
        control: Control::default(),
        more_levels: Vec::new(),
    };
    Ok(Forecasted { report, rows: None, age: None, findings: Vec::new() })
}

/// What the totals hold too little of, because no forecast of these `parts` could be made.
pub(crate) fn without_forecast(totals: &[GroupTotal], parts: &str) -> Vec<String> {
    let lacking = totals.iter().filter(|total| total.level == 0 && total.without_forecast > 0);
    let text = |total: &GroupTotal| {
        format!(
            "{} {parts} of {} have no forecast; the total holds only what they cost so far",
            total.without_forecast, total.cycle
        )
    };
    lacking.map(text).collect()
}

/// What each forecast is made of: the members of its model and their weights.
fn members(totals: &[GroupTotal]) -> Vec<Finding> {
    let mut named = BTreeSet::new();
    let mut findings = Vec::new();
    for total in totals.iter().filter(|total| !total.members.is_empty()) {
        if named.insert((&total.currency, &total.keys)) {
            let percent = |(name, weight): &(String, f64)| format!("{name} {:.0} %", weight * 100.0);
            let members: Vec<String> = total.members.iter().map(percent).collect();
            let text = format!("the forecast of `{}` is made of {}", total.name, members.join(", "));
            findings.push(Finding::detail(text));
        }
    }
    findings
}

/// What must be known beside the totals of charges.
pub(crate) fn remarks(daily: &DailyCosts, cycles: &[BillingCycle]) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut note = |kind, text: String| found.push(Remark::note(kind, text));
    let units = daily.units();
    if units.len() > 1 {
        let text = format!(
            "the total is a sum over {} {}s, each with an invoice of its own",
            units.len(),
            noun(daily)
        );
        note("several_invoices", text);
    }
    if daily.agreements.contains(&Agreement::EnterpriseAgreement) && daily.metric == Metric::Billed {
        let text = "under an Enterprise Agreement the invoice asks for what exceeds the prepayment; these are the charges before it";
        note("before_prepayment", text.to_owned());
    }
    for finding in daily.controls.notes() {
        note("input", finding);
    }
    if let Some(first) = cycles.first() {
        for effect in daily.rate_effects(daily.cycle_before(*first)) {
            note("exchange_rate", rate_effect(&effect));
        }
    }
    let mut beside: BTreeMap<BillingCycle, Vec<String>> = BTreeMap::new();
    for line in daily.lines(cycles) {
        let digits = line.currency.minor_digits();
        let text = format!("{} {} {}", line.name, report::grouped(line.amount, digits), line.currency);
        beside.entry(line.cycle).or_default().push(text);
    }
    for (cycle, lines) in beside {
        note(
            "beside_total",
            format!("beside the total of {}: {}", report::cycle_name(cycle), lines.join(", ")),
        );
    }
    found.extend(daily.controls.warnings().into_iter().map(|warning| Remark::warning("input", warning)));
    found
}

/// What a rate has made of the last cycle's cost, and makes of it now.
fn rate_effect(effect: &RateEffect) -> String {
    let figure = |amount| report::grouped(amount, effect.currency.minor_digits());
    format!(
        "prices are in {pricing}, of which one was {then} {currency} in {cycle} and is {now} now: at that rate the {billed} {currency} \
         of then would be {restated}, so {moved} of the change are the rate's",
        pricing = effect.pricing,
        currency = effect.currency,
        then = effect.then,
        now = effect.now,
        cycle = report::cycle_name(effect.cycle),
        billed = figure(effect.billed),
        restated = figure(effect.restated),
        moved = figure(effect.restated - effect.billed),
    )
}

/// What the invoices are per, where all are per the same.
fn noun(daily: &DailyCosts) -> &'static str {
    let nouns: BTreeSet<&'static str> =
        daily.agreements.iter().map(|agreement| agreement.invoice_unit().noun()).collect();
    match nouns.first() {
        Some(only) if nouns.len() == 1 => only,
        _ => "invoice unit",
    }
}
