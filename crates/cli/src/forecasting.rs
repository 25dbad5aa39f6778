//! From what is read to a report: the steps that `predict` and `batch` share.

use crate::{
    charges,
    failure::Failure,
    options::{AnySeries, Charges, Fill, Global},
};
use anyhow::{Context, Result};
use billing::{Agreement, Amount, BillingCycle, Metric, TotalKind};
use chrono::NaiveDate;
use forecast::{
    Bills, DayForecast, Engine, GroupTotal, Leaf, Model, ModelSpec, Status, forecast_totals, recent,
};
use ingest::{DailyCosts, Outlook, RateEffect, SeriesColumns, SeriesTable};
use report::{Control, ForecastReport, TotalRow};
use std::collections::{BTreeMap, BTreeSet};

/// Days in the sparkline of a row.
pub const TREND_DAYS: usize = 30;

/// With fewer days than this behind the data it is not too old: a month of which nothing is known yet.
const OLD_DAYS: i64 = 45;

/// A finished forecast.
pub struct Forecasted {
    /// Its totals, for every renderer.
    pub report: ForecastReport,
    /// The expected days of each row of the grouping asked for.
    pub paths: Vec<DailyPath>,
}

/// Known and expected days of one group and cycle.
pub struct DailyPath {
    pub keys: Vec<Option<String>>,
    pub currency: Option<billing::Currency>,
    /// Days up to the cutoff, with their cost.
    pub actual: Vec<(NaiveDate, Option<f64>)>,
    /// Days after it.
    pub expected: Vec<DayForecast>,
}

/// What is asked for, apart from which charges.
pub struct Wanted<'a> {
    pub model: Option<&'a str>,
    pub cycles: Option<u32>,
    /// Whether people read it: then subscriptions stand below their invoice unit, where there are several.
    pub for_people: bool,
}

/// The column of invoice units, which stand in tables for people only.
const INVOICE_UNIT: &str = "x_InvoiceUnit";

/// Forecasts charges, by subscription where no grouping is asked for.
///
/// # Errors
/// Unusable input; nothing that can be forecast.
pub fn forecast_charges(global: &Global, wanted: &Charges, what: &Wanted<'_>) -> Result<Forecasted> {
    let engine = engine(what.model)?;
    let mut options = wanted.read_options()?;
    let by_default = options.group_by.is_empty();
    if by_default {
        options.group_by.push(ingest::Dimension::parse("subscription"));
    }
    let daily = match charges::read(global, wanted, &options) {
        Err(error)
            if by_default && matches!(error.downcast_ref(), Some(ingest::Error::NoSuchDimension(_))) =>
        {
            options.group_by.clear();
            charges::read(global, wanted, &options)?
        }
        other => other?,
    };
    let cycles = what.cycles.unwrap_or(1) as usize;
    let outlook = daily.outlook(cycles)?;
    refuse_old(&daily)?;
    let by_unit = by_default && what.for_people && daily.units().len() > 1 && noun(&daily) != "subscription";
    let leaves: Vec<Leaf> = daily
        .leaves
        .iter()
        .zip(&outlook.leaves)
        .map(|(leaf, facts)| Leaf {
            keys: by_unit.then(|| Some(leaf.unit.clone())).into_iter().chain(leaf.keys.clone()).collect(),
            names: by_unit.then(|| leaf.unit.clone()).into_iter().chain(leaf.names.clone()).collect(),
            currency: Some(leaf.currency.clone()),
            ..leaf_of(facts)
        })
        .collect();
    let run = Run {
        id: run_id(&daily.digest(), &format!("{options:?}"), &engine, cycles),
        as_of: daily.as_of(),
        metric: daily.metric,
        exact: true,
        columns: by_unit
            .then(|| INVOICE_UNIT.to_owned())
            .into_iter()
            .chain(daily.group_columns.clone())
            .collect(),
    };
    let mut done = forecast_leaves(&engine, outlook, &leaves, run)?;
    let cycles: BTreeSet<BillingCycle> = done.report.rows.iter().map(|row| row.cycle).collect();
    done.report.notes.extend(notes(&daily, &cycles.into_iter().collect::<Vec<_>>()));
    done.report.warnings = daily.controls.warnings();
    done.report.control = Control {
        files: daily.controls.files,
        rows: daily.controls.rows,
        malformed_rows: daily.controls.malformed_rows(),
    };
    Ok(done)
}

/// Forecasts any daily series.
///
/// # Errors
/// Unusable input; nothing that can be forecast.
pub fn forecast_series(any: &AnySeries, charges: &Charges, what: &Wanted<'_>) -> Result<Forecasted> {
    let engine = engine(what.model)?;
    let table = read_series(any)?;
    let options = charges.read_options()?;
    let cycles = what.cycles.unwrap_or(1) as usize;
    let outlook = table.outlook(&options, cycles)?;
    let leaves: Vec<Leaf> = table
        .ids
        .iter()
        .zip(&outlook.leaves)
        .map(|(ids, facts)| Leaf {
            keys: ids.iter().cloned().map(Some).collect(),
            names: ids.clone(),
            currency: None,
            ..leaf_of(facts)
        })
        .collect();
    let run = Run {
        id: run_id(&table.digest, &format!("{options:?} {any:?}"), &engine, cycles),
        as_of: options.as_of,
        metric: Metric::Billed,
        exact: false,
        columns: table.columns.ids.clone(),
    };
    forecast_leaves(&engine, outlook, &leaves, run)
}

/// Reads the table of `--series`.
///
/// # Errors
/// Unusable input.
pub fn read_series(any: &AnySeries) -> Result<SeriesTable> {
    let usual = SeriesColumns::default();
    let columns = SeriesColumns {
        ids: if any.id_column.is_empty() { usual.ids } else { any.id_column.clone() },
        date: any.date_column.clone().unwrap_or(usual.date),
        value: any.value_column.clone().unwrap_or(usual.value),
    };
    let gap = any.fill.map(|Fill::Zero| 0.0);
    let path = any.series.clone().unwrap_or_default();
    Ok(SeriesTable::read(&path, columns, gap)?)
}

/// The engine of a model's name, or of a model's file (see `models/README.md`).
///
/// # Errors
/// An unknown name, which lists the known ones; a file that is no model.
pub fn engine(model: Option<&str>) -> Result<Engine> {
    let name = model.unwrap_or("default");
    if name.ends_with(".json") {
        let text =
            std::fs::read_to_string(name).with_context(|| format!("cannot read the model `{name}`"))?;
        let model = Model::from_json(&text).with_context(|| format!("`{name}` is no model"))?;
        return Ok(Engine::with_model(ModelSpec::Default, model));
    }
    let spec: ModelSpec = name.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    Ok(Engine::new(spec))
}

/// Names that a note lists before it only counts them.
const MOST_NAMES: usize = 3;

/// Series by kind, for the engine.
///
/// # Errors
/// Series that are not aligned.
pub fn bills(outlook: Outlook) -> Result<Bills> {
    Ok(Bills::new(outlook.level, Some(outlook.recurring), Some(outlook.irregular))?)
}

/// What is known of a run before it is forecast.
struct Run {
    id: String,
    as_of: Option<NaiveDate>,
    metric: Metric,
    exact: bool,
    columns: Vec<String>,
}

/// What the forecaster must know of a leaf besides its series.
pub fn leaf_of(facts: &ingest::LeafOutlook) -> Leaf {
    Leaf {
        keys: Vec::new(),
        names: Vec::new(),
        currency: None,
        cutoff: facts.cutoff,
        cycles: facts.cycles.clone(),
        history_days: facts.history_days,
        missing_days: facts.missing_days,
        stopped: facts.stopped,
    }
}

fn forecast_leaves(engine: &Engine, outlook: Outlook, leaves: &[Leaf], run: Run) -> Result<Forecasted> {
    let bills = bills(outlook)?;
    let depth = run.columns.len();
    let totals = forecast_totals(engine, &bills, leaves, depth)?;
    if totals.iter().all(|total| total.forecast.is_none()) {
        let why = totals
            .iter()
            .find_map(|total| total.reason.clone())
            .unwrap_or_else(|| "there is too little history".to_owned());
        return Err(Failure::NotEnough(format!("nothing can be forecast: {why}")).into());
    }
    for total in totals.iter().filter(|total| total.status == Status::Failed) {
        tracing::warn!(
            "`{}`: no model could be fitted: {}",
            total.name,
            total.reason.clone().unwrap_or_default()
        );
    }
    if tracing::enabled!(tracing::Level::INFO) {
        explain(&totals);
    }
    let mut notes = Vec::new();
    for total in totals.iter().filter(|total| total.level == 0 && total.without_forecast > 0) {
        notes.push(format!(
            "{} groups of {} have no forecast; the total holds only what they cost so far",
            total.without_forecast, total.cycle
        ));
    }
    notes.extend(unfinished(&totals, leaves));
    let paths = totals.iter().filter(|total| total.level == depth).map(|total| path(&bills, total)).collect();
    let rows = totals.iter().map(|total| row(&bills, total, depth)).collect();
    let report = ForecastReport {
        metric: run.metric,
        total_kind: if run.exact { run.metric.total_kind() } else { TotalKind::Billed },
        exact: run.exact,
        as_of: run.as_of,
        run_id: run.id,
        group_columns: run.columns,
        rows,
        notes,
        warnings: Vec::new(),
        control: Control::default(),
    };
    Ok(Forecasted { report, paths })
}

/// Says what each forecast is made of: the members of its model and their weights.
fn explain(totals: &[GroupTotal]) {
    let mut said = BTreeSet::new();
    for total in totals.iter().filter(|total| !total.members.is_empty()) {
        if said.insert(&total.leaves) {
            let percent = |(name, weight): &(String, f64)| format!("{name} {:.0} %", weight * 100.0);
            let members: Vec<String> = total.members.iter().map(percent).collect();
            tracing::info!("the forecast of `{}` is made of {}", total.name, members.join(", "));
        }
    }
}

/// Which series end with days that look unfinished, so that they are expected and not taken as final.
fn unfinished(totals: &[GroupTotal], leaves: &[Leaf]) -> Option<String> {
    let moved: BTreeSet<&str> = totals
        .iter()
        .filter(|total| matches!(total.leaves[..], [leaf] if total.cutoff < leaves[leaf].cutoff))
        .map(|total| total.name.as_str())
        .collect();
    let some: Vec<&str> = moved.iter().copied().take(MOST_NAMES).collect();
    let more = moved.len().checked_sub(MOST_NAMES).filter(|more| *more > 0);
    let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
    (!moved.is_empty()).then(|| {
        format!(
            "last days look unfinished and are not taken as final (`x_Cutoff`): {}{more}",
            some.join(", ")
        )
    })
}

fn row(bills: &Bills, total: &GroupTotal, depth: usize) -> TotalRow {
    let bound = |get: fn(&forecast::TotalRange) -> Amount| total.forecast.as_ref().map(get);
    let mut keys = total.keys.clone();
    keys.resize(depth, None);
    TotalRow {
        level: total.level as u32,
        keys,
        label: total.name.clone(),
        currency: total.currency.clone(),
        cycle: total.cycle,
        cutoff: Some(total.cutoff),
        status: total.status.to_string(),
        model: total.model.clone(),
        actual_to_date: total.forecast.map(|_| total.actual),
        remaining: total.forecast.map(|forecast| forecast.total - total.actual),
        total: bound(|forecast| forecast.total),
        lower80: bound(|forecast| forecast.lower80),
        upper80: bound(|forecast| forecast.upper80),
        lower95: bound(|forecast| forecast.lower95),
        upper95: bound(|forecast| forecast.upper95),
        previous_total: total.previous,
        history_days: total.history_days,
        missing_days: total.missing_days,
        trend: recent(bills, &total.leaves, TREND_DAYS),
        members: total.members.clone(),
        to_pay: None,
    }
}

fn path(bills: &Bills, total: &GroupTotal) -> DailyPath {
    let days = total.cycle.days().take_while(|day| *day <= total.cutoff);
    let actual = days.map(|day| (day, charged_on(bills, &total.leaves, day))).collect();
    DailyPath {
        keys: total.keys.clone(),
        currency: total.currency.clone(),
        actual,
        expected: total.daily.clone(),
    }
}

fn charged_on(bills: &Bills, leaves: &[usize], day: NaiveDate) -> Option<f64> {
    let costs: Vec<f64> = leaves.iter().filter_map(|leaf| bills.get(*leaf).charged_on(day)).collect();
    (!costs.is_empty()).then(|| costs.iter().sum())
}

/// The same inputs, options, model and version have the same id.
pub fn run_id(digest: &str, options: &str, engine: &Engine, cycles: usize) -> String {
    let text = format!(
        "{digest}\n{options}\n{}\n{}\n{cycles}\n{}",
        engine.spec(),
        engine.model().to_json().unwrap_or_default(),
        env!("CARGO_PKG_VERSION")
    );
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// Refuses data that ends long before the day that it is looked at.
///
/// # Errors
/// When it does.
pub fn refuse_old(daily: &DailyCosts) -> Result<()> {
    let (last, seen) = (daily.last_covered(), daily.as_of());
    match last.zip(seen) {
        Some((last, seen)) if (seen - last).num_days() > OLD_DAYS => {
            Err(Failure::NotEnough(too_old(daily)).into())
        }
        _ => Ok(()),
    }
}

/// What is said where the data ends long before the day that it is looked at.
fn too_old(daily: &DailyCosts) -> String {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "an unknown day".to_owned(), |day| day.to_string());
    format!(
        "the data ends on {} and is too old for a forecast as of {}; is the export still running?",
        day(daily.last_covered()),
        day(daily.as_of())
    )
}

/// What must be said beside the totals of charges.
pub fn notes(daily: &DailyCosts, cycles: &[BillingCycle]) -> Vec<String> {
    let mut notes = Vec::new();
    let units = daily.units();
    if units.len() > 1 {
        notes.push(format!(
            "the total is a sum over {} {}s, each with an invoice of its own",
            units.len(),
            noun(daily)
        ));
    }
    if daily.agreements.contains(&Agreement::EnterpriseAgreement) && daily.metric == Metric::Billed {
        notes.push("under an Enterprise Agreement the invoice asks for what exceeds the prepayment; these are the charges before it".to_owned());
    }
    notes.extend(daily.controls.notes());
    if let Some(first) = cycles.first() {
        notes.extend(daily.rate_effects(daily.cycle_before(*first)).iter().map(rate_effect));
    }
    let mut by_cycle: BTreeMap<(BillingCycle, bool), Vec<String>> = BTreeMap::new();
    for line in daily.lines(cycles) {
        let digits = line.currency.minor_digits();
        let text = format!("{} {} {}", line.name, report::grouped(line.amount, digits), line.currency);
        by_cycle.entry((line.cycle, line.inside)).or_default().push(text);
    }
    for ((cycle, inside), lines) in by_cycle {
        let place = if inside { "in the total" } else { "beside the total" };
        notes.push(format!("{place} of {}: {}", report::cycle_name(cycle), lines.join(", ")));
    }
    notes
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
