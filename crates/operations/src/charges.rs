//! Which charges an operation reads: the request, its check, and the reading itself.

use crate::{Error, Finding, Host, Progress, Result, data_age::all_hidden, inputs::localised};
use billing::{BillingCycle, Currency, CycleDay, Metric};
use chrono::NaiveDate;
use ingest::{
    BillCosts, Controls, DailyCosts, Dimension, Filter, ForcedFamily, HourlyCosts, Needs, ReadOptions,
    SelectedCharges,
};
use report::columns;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, fmt::Display};

/// The column of invoices.
const INVOICE: &str = "InvoiceId";

/// Which charges, and how they are read.
///
/// | field | unit, range | default |
/// |---|---|---|
/// | `top` | groups, ≥ 1 | all |
/// | `settle_days` | days, 0 to 60 | 2 |
/// | `cycle_day` | day of the month, 1 to 31 | that of the files, else 1 |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChargesRequest {
    /// Files, folders, patterns, addresses of storage.
    pub inputs: Vec<String>,
    /// Dimensions to group by, in order; see [`ingest::SHORT_NAMES`].
    pub group_by: Vec<String>,
    /// `DIM=VALUE`; values of one dimension are alternatives.
    pub filters: Vec<String>,
    /// The metric; by default `billed` where a file has it.
    pub metric: Option<Metric>,
    /// Groups to keep; the others become one.
    pub top: Option<u32>,
    /// Charges of this day or later, and runs submitted then, are not seen.
    pub as_of: Option<NaiveDate>,
    /// Days before the newest run that are not final.
    pub settle_days: Option<u32>,
    /// Day on which cycles begin, where the files do not state it.
    pub cycle_day: Option<u32>,
    /// Currency of files that name none.
    pub currency: Option<String>,
    /// The kind of file, where the header is not to decide.
    pub family: Option<String>,
    /// Whether a malformed row is an error.
    pub strict: bool,
}

impl ChargesRequest {
    /// The options of the reader.
    ///
    /// # Errors
    /// Names and values that are not known, and groups that no result can have.
    pub fn read_options(&self) -> Result<ReadOptions> {
        let group_by: Vec<Dimension> = self.group_by.iter().map(|name| Dimension::parse(name)).collect();
        for (index, dimension) in group_by.iter().enumerate() {
            if let Some(why) = why_no_group(dimension, &group_by[..index]) {
                return Err(Error::usage(format!("cannot group by `{}`: {why}", self.group_by[index])));
            }
        }
        let filters =
            self.filters.iter().map(|text| Filter::parse(text)).collect::<ingest::Result<Vec<_>>>()?;
        let cycle_day = self.cycle_day.map(CycleDay::new).transpose().map_err(|error| usage(&error))?;
        Ok(ReadOptions {
            group_by,
            filters,
            metric: self.metric,
            top: self.top.map(|most| most as usize),
            as_of: self.as_of,
            settle_days: self.settle_days,
            cycle_day: cycle_day.unwrap_or_default(),
            currency: self.currency()?,
            family: self
                .family
                .as_deref()
                .map(ForcedFamily::named)
                .transpose()
                .map_err(|error| usage(&error))?,
            strict: self.strict,
        })
    }

    /// The currency of files that name none.
    fn currency(&self) -> Result<Option<Currency>> {
        let Some(code) = self.currency.as_deref() else { return Ok(None) };
        let currency: Currency = code.parse().map_err(|error: billing::Error| usage(&error))?;
        if currency.is_iso() {
            return Ok(Some(currency));
        }
        Err(Error::usage(format!("unknown currency: `{code}`; currencies have ISO 4217 codes such as EUR")))
    }

    /// Refuses to forecast by invoice: an issued invoice does not grow.
    ///
    /// # Errors
    /// When charges are grouped by invoice.
    pub(crate) fn check_no_invoices(&self) -> Result<()> {
        match self.group_by.iter().find(|name| names_invoices(name)) {
            Some(name) => Err(Error::usage(format!(
                "cannot forecast by `{name}`: an issued invoice does not grow; group by `billing-profile`, \
                 `billing-account` or `subscription`, or list invoices with `series -g {name}`"
            ))),
            None => Ok(()),
        }
    }

    /// Whether rows are invoices. They stand alone: what is not yet invoiced has no parts, and no part of an invoice grows.
    ///
    /// # Errors
    /// Invoices beside other groups, or of a filter.
    pub(crate) fn is_by_invoice(&self) -> Result<bool> {
        match self.group_by.iter().any(|name| names_invoices(name)) {
            true if self.group_by.len() > 1 || !self.filters.is_empty() => Err(Error::usage(
                "a forecast by `invoice` takes no other group and no filter: issued invoices are closed, and the rest is one row",
            )),
            found => Ok(found),
        }
    }

    /// The request without its paths, which do not matter to a result: what is read has a digest of its own.
    pub(crate) fn without_inputs(&self) -> Self {
        Self { inputs: Vec::new(), ..self.clone() }
    }
}

fn names_invoices(name: &str) -> bool {
    Dimension::parse(name).column() == INVOICE
}

fn usage(error: &dyn Display) -> Error {
    Error::usage(error.to_string())
}

/// How a tag is named.
const TAG_FORM: &str = "a tag is written `tag:KEY`";

fn is_tag_without_key(dimension: &Dimension) -> bool {
    matches!(dimension, Dimension::Tag(key) if key.is_empty())
}

/// Why a result cannot be grouped by `dimension` beside the `earlier` ones.
fn why_no_group(dimension: &Dimension, earlier: &[Dimension]) -> Option<String> {
    let column = dimension.column();
    let alike = |other: &str| other.eq_ignore_ascii_case(&column);
    if earlier.iter().any(|other| alike(&other.column())) {
        return Some("it is named twice".to_owned());
    }
    if is_tag_without_key(dimension) {
        return Some(TAG_FORM.to_owned());
    }
    let own = columns::OF_RESULTS.into_iter().chain(Metric::ALL.map(Metric::column));
    own.into_iter().any(alike).then(|| {
        let more =
            if alike(columns::BILLING_CURRENCY) { "; each currency has rows of its own anyway" } else { "" };
        format!("`{column}` is a column that every result has{more}")
    })
}

/// What was read, with what was found on the way.
pub(crate) struct ReadCharges {
    pub daily: DailyCosts,
    pub findings: Vec<Finding>,
}

/// Bills, with what was found on the way.
pub(crate) struct ReadBills {
    pub costs: BillCosts,
    pub findings: Vec<Finding>,
    /// The inputs as paths of this machine.
    pub inputs: Vec<String>,
}

/// The charges that count, with what was found on the way.
pub(crate) struct Selected {
    pub charges: SelectedCharges,
    pub findings: Vec<Finding>,
    /// The inputs as paths of this machine.
    pub inputs: Vec<String>,
}

/// Selects the charges of a request that count.
///
/// # Errors
/// Unusable input, or none.
pub(crate) fn select(
    request: &ChargesRequest,
    options: &ReadOptions,
    needs: Needs,
    host: &Host<'_>,
) -> Result<Selected> {
    // Quantities and moments are in columns that costs alone do not need: files in storage are copied whole.
    let needed = match needs {
        Needs::Costs => Some(Cow::Borrowed(options)),
        Needs::Bills => Some(Cow::Owned(options.clone().with_bills())),
        Needs::Usage | Needs::PricedBills | Needs::Hours => None,
    };
    let (mut inputs, mut findings) = localised(&request.inputs, needed.as_deref(), host)?;
    let read = |inputs: &[String]| {
        ingest::select_charges(inputs, options, needs, &|bytes| (host.progress)(Progress::Read(bytes)))
    };
    (host.progress)(Progress::Reading(&inputs));
    let mut charges = read(&inputs);
    let is_copied = needed.is_some() && inputs != request.inputs;
    if is_copied && matches!(charges, Err(ingest::Error::ColumnsNotCopied(_))) {
        // To decide which charges count takes more columns than the question alone.
        let (whole, more) = localised(&request.inputs, None, host)?;
        findings.extend(more);
        inputs = whole;
        charges = read(&inputs);
    }
    (host.progress)(Progress::Finished);
    let charges = charges.map_err(|error| {
        let hidden = request.as_of.filter(|_| error.has_no_costs()).and_then(|day| all_hidden(&inputs, day));
        let error = Error::from(error).after(findings.clone());
        match hidden {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })?;
    findings.extend(Finding::of_controls(&charges.controls));
    Ok(Selected { charges, findings, inputs })
}

/// Reads the daily costs of a request.
///
/// # Errors
/// Unusable input, or none; a currency or cycle day that contradicts the files.
pub(crate) fn read(request: &ChargesRequest, options: &ReadOptions, host: &Host<'_>) -> Result<ReadCharges> {
    daily_costs(request, options, select(request, options, Needs::Costs, host)?)
}

/// Reads the bills behind a request.
///
/// # Errors
/// Unusable input, or none; a currency or cycle day that contradicts the files.
pub(crate) fn read_bills(
    request: &ChargesRequest,
    options: &ReadOptions,
    host: &Host<'_>,
) -> Result<ReadBills> {
    bills(request, options, select(request, options, Needs::Bills, host)?)
}

/// The bills of selected charges.
///
/// # Errors
/// A currency or cycle day that contradicts the files.
pub(crate) fn bills(
    request: &ChargesRequest,
    options: &ReadOptions,
    selected: Selected,
) -> Result<ReadBills> {
    check_agreement(request, &selected)?;
    let Selected { charges, mut findings, inputs } = selected;
    let costs = BillCosts::of(charges)?;
    findings.extend(findings_of(&costs.shown, options));
    Ok(ReadBills { costs, findings, inputs })
}

/// The daily costs of selected charges.
///
/// # Errors
/// A currency or cycle day that contradicts the files.
pub(crate) fn daily_costs(
    request: &ChargesRequest,
    options: &ReadOptions,
    selected: Selected,
) -> Result<ReadCharges> {
    check_agreement(request, &selected)?;
    let Selected { charges, mut findings, .. } = selected;
    let daily = DailyCosts::of(charges)?;
    findings.extend(findings_of(&daily, options));
    Ok(ReadCharges { daily, findings })
}

/// Findings about daily costs, whatever they are for.
fn findings_of(daily: &DailyCosts, options: &ReadOptions) -> Vec<Finding> {
    let mut findings: Vec<Finding> = daily.controls.sum_lines().into_iter().map(Finding::detail).collect();
    if options.cycle_day.is_assumed() {
        findings.push(Finding::warning(format!(
            "cycles that begin on day {} are taken to begin on the last day of shorter months; Azure does not document it",
            options.cycle_day.get()
        )));
    }
    findings
}

/// Reads the hourly costs of a request.
///
/// # Errors
/// Unusable input, or none, or one of whole days; a currency or cycle day that contradicts the files.
pub(crate) fn read_hourly(
    request: &ChargesRequest,
    options: &ReadOptions,
    host: &Host<'_>,
) -> Result<(HourlyCosts, Vec<Finding>)> {
    let selected = select(request, options, Needs::Hours, host)?;
    check_agreement(request, &selected)?;
    Ok((HourlyCosts::of(selected.charges)?, selected.findings))
}

/// Refuses a currency or a cycle day that the files make needless and contradict.
fn check_agreement(request: &ChargesRequest, selected: &Selected) -> Result<()> {
    if let Some(asked) = request.currency()? {
        let held = selected.charges.currencies()?;
        if !held.contains(asked.code()) {
            let held: Vec<&str> = held.iter().map(String::as_str).collect();
            let text = format!(
                "`--currency {asked}` contradicts the files, which are in {}; leave it out",
                held.join(", ")
            );
            return Err(Error::usage(text).after(selected.findings.clone()));
        }
    }
    check_cycle_day(request.cycle_day, selected)
}

/// Refuses a cycle day that the files make needless and contradict.
///
/// # Errors
/// When no billing period of the files begins on it.
pub(crate) fn check_cycle_day(asked: Option<u32>, selected: &Selected) -> Result<()> {
    let Some(day) = asked else { return Ok(()) };
    let rule = CycleDay::new(day)?;
    let held = selected.charges.billing_periods()?;
    let agrees = |cycle: &BillingCycle| BillingCycle::containing(cycle.start(), rule) == *cycle;
    match held.iter().next_back() {
        Some(stated) if !held.iter().any(agrees) => {
            let text = format!(
                "`--cycle-day {day}` contradicts the files, whose billing periods are such as {} to {}; leave it out",
                stated.start(),
                stated.last_day()
            );
            Err(Error::usage(text).after(selected.findings.clone()))
        }
        _ => Ok(()),
    }
}

/// What the JSON envelope of a command holds about the charges that were read.
pub(crate) fn meta(command: &str, metric: Metric, controls: &Controls) -> Map<String, Value> {
    let pairs = [
        ("command", json!(command)),
        (columns::METRIC, json!(metric.column())),
        ("files", json!(controls.files)),
        ("rows_read", json!(controls.rows)),
        ("malformed_rows", json!(controls.malformed_rows())),
        ("notes", json!(controls.notes())),
        ("warnings", json!(controls.warnings())),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(group_by: &[&str], filters: &[&str]) -> std::result::Result<(), String> {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let request =
            ChargesRequest { group_by: texts(group_by), filters: texts(filters), ..Default::default() };
        request.read_options().map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_group_that_is_named_twice_or_is_a_column_of_every_result_is_refused() {
        assert!(why(&["service", "subscription", "x_ChargeKind", "tag:Env"], &[]).is_ok());
        assert!(why(&["service", "ServiceName"], &[]).unwrap_err().contains("named twice"));
        assert!(why(&["tag:env", "tag:Env"], &[]).unwrap_err().contains("named twice"));
        assert!(why(&["BillingCurrency"], &[]).unwrap_err().contains("rows of its own"));
        assert!(why(&["x_metric"], &[]).unwrap_err().contains("every result has"));
        assert!(why(&["BilledCost"], &[]).is_err());
    }

    #[test]
    fn a_tag_without_a_key_is_refused_as_group_and_as_filter() {
        for refused in [why(&["tag:"], &[]), why(&[], &["tag:=7"]), why(&[], &["TAG: =7"])] {
            assert!(refused.unwrap_err().contains("a tag is written `tag:KEY`"));
        }
        assert!(why(&[], &["tag:env="]).is_ok());
    }

    #[test]
    fn an_unknown_currency_is_refused_and_a_known_one_is_read_without_case() {
        let currency = |code: &str| {
            ChargesRequest { currency: Some(code.to_owned()), ..Default::default() }.read_options()
        };
        assert!(currency("euro").unwrap_err().to_string().contains("unknown currency: `euro`"));
        assert_eq!(currency("eur").unwrap().currency.unwrap().code(), "EUR");
    }

    #[test]
    fn invoices_are_listed_and_not_forecast() {
        for name in ["invoice", "InvoiceId", "invoiceid"] {
            let request = ChargesRequest { group_by: vec![name.to_owned()], ..Default::default() };
            assert!(request.read_options().is_ok());
            let refused = request.check_no_invoices().unwrap_err();
            assert!(refused.to_string().contains("`billing-profile`"), "{refused}");
        }
    }

    #[test]
    fn a_request_is_read_back_from_its_json_and_an_unknown_field_is_refused() {
        let request = ChargesRequest { top: Some(3), metric: Some(Metric::Effective), ..Default::default() };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ChargesRequest>(&text).unwrap(), request);
        assert!(serde_json::from_str::<ChargesRequest>(r#"{"topp": 3}"#).is_err());
    }
}
