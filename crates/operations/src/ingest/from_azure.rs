//! Charges of Azure's services: for each scope and month what a service gives, as FOCUS-shaped Parquet.
//!
//! When an interrupted run is started again on the same day, months that have landed are skipped. A scope
//! that fails does not stop the others.

use super::{
    azure_request::{AzureIngestRequest, AzureSource},
    azure_source,
    fetch_window::{FetchWindow, LATE_DAYS, cut},
};
use crate::{
    Error, Finding, Host, Progress, Result, ResultExt,
    connection::{Connection, wait_for},
    digest::digest,
    write_file,
};
use azure::{CostQuery, Scope};
use billing::{Amount, CycleDay, Metric};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate};
use futures_util::{StreamExt, stream};
use ingest::{Landed, Landing, Manifest};
use report::{Column, ColumnValues, Dataset};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Services keep nothing that is older.
const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(2014, 5, 1).expect("a day");

/// Scopes that are read side by side; calls are paced and bounded for all of them together.
const SCOPES_AT_A_TIME: usize = 4;

/// What landed of Azure's services.
pub struct AzureIngested {
    /// One row a scope, range of days and currency.
    pub dataset: Dataset,
    /// Whether some scopes failed; the findings name them.
    pub is_partial: bool,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// What became of a window.
struct Outcome {
    window: FetchWindow,
    landed: Option<Landed>,
    /// What Cost Management says the sum is, by currency, where it was asked.
    own_totals: BTreeMap<String, Amount>,
}

/// What became of a scope.
struct ScopeOutcome {
    index: usize,
    scope: Scope,
    outcomes: Vec<Outcome>,
    failure: Option<Error>,
    findings: Vec<Finding>,
}

/// Reads charges from a service and writes them.
///
/// # Errors
/// A request that the service cannot answer; what it answers for every scope; no charges at all.
pub fn ingest_azure(request: &AzureIngestRequest, host: &Host<'_>) -> Result<AzureIngested> {
    let mut findings = Vec::new();
    match ingest(request, host, &mut findings) {
        Ok((dataset, is_partial)) => Ok(AzureIngested { dataset, is_partial, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn ingest(
    request: &AzureIngestRequest,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(Dataset, bool)> {
    let scopes = distinct(&request.scopes)?;
    check_parts(&scopes, &request.out)?;
    let connection = Connection::open(&request.access, host)?;
    let by_scope = windows(request, &scopes, &connection, findings)?;
    let landings = Mutex::new(Landings::open(request)?);
    (host.progress)(Progress::Steps(by_scope.iter().map(|(_, windows)| windows.len()).sum()));
    let work = by_scope.into_iter().enumerate().map(|(index, (scope, windows))| {
        read_scope(index, scope, windows, request, &connection, &landings, host)
    });
    let mut done: Vec<ScopeOutcome> =
        wait_for(async { Ok(stream::iter(work).buffer_unordered(SCOPES_AT_A_TIME).collect().await) })?;
    done.sort_by_key(|outcome| outcome.index);
    (host.progress)(Progress::Finished);
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    for outcome in done {
        findings.extend(outcome.findings);
        outcomes.extend(outcome.outcomes);
        failures.extend(outcome.failure.map(|error| (outcome.scope, error)));
    }
    let landings = landings.into_inner().unwrap_or_else(PoisonError::into_inner);
    let has_landed = outcomes.iter().any(|outcome| outcome.landed.is_some()) || landings.skipped > 0;
    if landings.skipped > 0 {
        findings.push(Finding::warning(format!(
            "{} portions had landed before this run was interrupted, and were not asked for again",
            landings.skipped
        )));
    }
    if failures.is_empty() {
        landings.finish();
    }
    let is_partial = !failures.is_empty() && has_landed;
    // The first failure decides how a run ends that has nothing; the others are findings.
    let first = if is_partial || failures.is_empty() { None } else { Some(failures.remove(0)) };
    for (scope, error) in &failures {
        findings.push(Finding::error(format!("{scope}: {}", error.one_line())));
    }
    outcomes.iter().for_each(|outcome| findings.extend(outcome_findings(outcome)));
    if let Some((scope, error)) = first {
        return Err(error.context(scope.to_string()));
    }
    if !has_landed {
        return Err(Error::not_enough(format!(
            "no charges came for {}; that is not known to mean a cost of 0",
            scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        )));
    }
    Ok((summary(&request.source, &outcomes)?, is_partial))
}

/// The windows of each scope, which the service can answer.
fn windows(
    request: &AzureIngestRequest,
    scopes: &[Scope],
    connection: &Connection,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(Scope, Vec<FetchWindow>)>> {
    let cycle_day = cycle_day(&request.source, findings)?;
    let mut by_scope: Vec<(Scope, Vec<FetchWindow>)> = Vec::new();
    for scope in scopes {
        let (first, last) = days(request, scope)?;
        let mut windows = cut(scope, first, last, cycle_day, request.today, &connection.clock);
        if matches!(request.source, AzureSource::Export { .. }) {
            // An export's runs are what they are; cut at months, one would land twice.
            windows.truncate(1);
            windows.iter_mut().for_each(|window| window.last = last);
        }
        by_scope.push((scope.clone(), windows));
    }
    for (_, windows) in &by_scope {
        azure_source::check(&request.source, windows)?;
    }
    Ok(by_scope)
}

async fn read_scope(
    index: usize,
    scope: Scope,
    windows: Vec<FetchWindow>,
    request: &AzureIngestRequest,
    connection: &Connection,
    landings: &Mutex<Landings>,
    host: &Host<'_>,
) -> ScopeOutcome {
    let mut of_scope =
        ScopeOutcome { index, scope, outcomes: Vec::new(), failure: None, findings: Vec::new() };
    for window in &windows {
        (host.progress)(Progress::Doing(&of_scope.scope.to_string()));
        if !locked(landings).has(window) {
            match one(connection, request, window, host, &mut of_scope.findings).await {
                Ok(outcome) => {
                    locked(landings).done(window);
                    of_scope.outcomes.push(outcome);
                }
                Err(error) => {
                    // What follows of this scope would fail in the same way.
                    of_scope.failure = Some(error);
                    break;
                }
            }
        }
        (host.progress)(Progress::Step);
    }
    of_scope
}

/// The scopes that are asked for, each once.
fn distinct(texts: &[String]) -> Result<Vec<Scope>> {
    let mut scopes: Vec<Scope> = Vec::new();
    for text in texts {
        let scope = Scope::parse(text)?;
        if !scopes.iter().any(|other| other.path().eq_ignore_ascii_case(scope.path())) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

/// Refuses a resource group beside another part of its subscription, or the whole: a day of a subscription
/// is taken from one run, so that one of them would be lost.
fn check_parts(scopes: &[Scope], out: &Path) -> Result<()> {
    let there = ingest::find(&[out.to_string_lossy().into_owned()]).unwrap_or_default();
    let landed = there.manifests.iter().filter_map(|path| {
        let export = Manifest::read(path).ok()?.export?;
        Scope::parse(export.rsplit_once('/')?.0).ok()
    });
    let all: Vec<Scope> = landed.chain(scopes.iter().cloned()).collect();
    for scope in scopes {
        let other = all.iter().find(|other| {
            let same_subscription = scope
                .subscription()
                .zip(other.subscription())
                .is_some_and(|(own, other)| own.eq_ignore_ascii_case(other));
            same_subscription
                && !scope.path().eq_ignore_ascii_case(other.path())
                && (is_group(scope) || is_group(other))
        });
        if let Some(other) = other {
            return Err(Error::usage(format!(
                "`{scope}` and `{other}` are parts of one subscription; a day of a subscription is taken from one of them, so give each a folder of its own with `--out`"
            )));
        }
    }
    Ok(())
}

fn is_group(scope: &Scope) -> bool {
    scope.path().to_ascii_lowercase().contains("/resourcegroups/")
}

fn cycle_day(source: &AzureSource, findings: &mut Vec<Finding>) -> Result<CycleDay> {
    let AzureSource::Usage(usage) = source else { return Ok(CycleDay::FIRST) };
    match usage.cycle_day {
        Some(day) => Ok(CycleDay::new(day)?),
        None => {
            findings.push(Finding::warning(
                "billing cycles are taken to begin on the 1st; free amounts and tiers count from there, so say with `--cycle-day N` if they begin on another day",
            ));
            Ok(CycleDay::FIRST)
        }
    }
}

/// The days that are asked for, both ends in them.
fn days(request: &AzureIngestRequest, scope: &Scope) -> Result<(NaiveDate, NaiveDate)> {
    let refuse = |text: String| Err(Error::usage(text));
    let today = request.today;
    let end = request.to.unwrap_or(today);
    let usual = first_of_month(today)
        .checked_sub_months(Months::new(1))
        .filter(|first| *first < end)
        .unwrap_or_else(|| first_of_month(end - Days::new(1)));
    let first = match (&request.from, request.since.as_deref()) {
        (Some(from), _) => *from,
        (None, None) => usual,
        (None, Some("last")) => newest_landed(&request.out, request.source.name(), scope)
            .map_or(usual, |last| last + Days::new(1) - Days::new(LATE_DAYS)),
        (None, Some(text)) => match text.parse() {
            Ok(day) => day,
            Err(_) => {
                return refuse(format!("`--since` is a day such as 2026-10-18, or `last`, not `{text}`"));
            }
        },
    };
    if end > today {
        return refuse(format!("`--to {end}` lies in the future; today is {today}"));
    }
    if first >= end {
        return refuse(format!("there are no days from {first} to {end} (the end is not in it)"));
    }
    if first < EARLIEST {
        return refuse(format!("`{first}` is older than the service keeps: it begins at {EARLIEST}"));
    }
    Ok((first, end - Days::new(1)))
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The last day that a source landed of a scope.
fn newest_landed(out: &Path, source: &str, scope: &Scope) -> Option<NaiveDate> {
    let any = NaiveDate::default();
    let probe = Landing {
        out: out.to_owned(),
        source: source.to_owned(),
        scope: scope.to_string(),
        first: any,
        last: any,
        known_at: DateTime::UNIX_EPOCH,
        read_at: DateTime::UNIX_EPOCH,
    };
    let found = ingest::find(&[probe.home().to_string_lossy().into_owned()]).ok()?;
    found.manifests.iter().filter_map(|path| Manifest::read(path).ok()?.range.map(|(_, last)| last)).max()
}

async fn one(
    connection: &Connection,
    request: &AzureIngestRequest,
    window: &FetchWindow,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Outcome> {
    let landing = Landing {
        out: request.out.clone(),
        source: request.source.name().to_owned(),
        scope: window.scope.to_string(),
        first: window.first,
        last: window.last,
        known_at: window.known_at,
        read_at: connection.clock.utc(),
    };
    let (source, access) = (&request.source, &request.access);
    let landed = azure_source::fetch(connection, source, window, &landing, access, host, findings).await?;
    let mut own_totals = BTreeMap::new();
    if request.check && landed.is_some() {
        let query = CostQuery {
            kind: "ActualCost",
            from: window.first,
            last: window.last,
            daily: false,
            groups: Vec::new(),
        };
        let rows = query.fetch(&connection.costs, &window.scope).await.context("the check of totals")?;
        for row in rows {
            *own_totals.entry(row.currency).or_insert(Amount::ZERO) += row.cost;
        }
    }
    Ok(Outcome { window: window.clone(), landed, own_totals })
}

/// What came of a window, and how it compares with Cost Management's own total.
fn outcome_findings(outcome: &Outcome) -> Vec<Finding> {
    let FetchWindow { scope, first, last, .. } = &outcome.window;
    let Some(landed) = &outcome.landed else {
        let text = format!("{scope}: no charges came for {first} to {last}; that is not known to mean 0");
        return vec![Finding::warning(text)];
    };
    let mut findings = Vec::new();
    if landed.without_cost > 0 {
        findings.push(Finding::warning(format!(
            "{scope}: {} of {} rows from {first} to {last} have no price and are in no sum",
            landed.without_cost, landed.rows
        )));
    }
    for ((currency, column), total) in &landed.totals {
        findings.push(Finding::detail(format!(
            "{scope}: {first} to {last}: {column} {total} {currency} in {} rows",
            landed.rows
        )));
    }
    for (currency, own) in &outcome.own_totals {
        let ours = landed.totals.get(&(currency.clone(), Metric::Billed.column())).copied();
        let text = match ours {
            Some(ours) => format!(
                "{scope}: {first} to {last}: Cost Management says {own} {currency}, this run has {ours}: a difference of {}",
                ours - *own
            ),
            None => format!(
                "{scope}: {first} to {last}: Cost Management says {own} {currency}, of which this run has nothing"
            ),
        };
        findings.push(Finding::warning(text));
    }
    findings
}

/// One row a window and currency.
fn summary(source: &AzureSource, outcomes: &[Outcome]) -> Result<Dataset> {
    let mut rows = Vec::new();
    for outcome in outcomes {
        let Some(landed) = &outcome.landed else { continue };
        let currencies: BTreeSet<&str> =
            landed.totals.keys().map(|(currency, _)| currency.as_str()).collect();
        if currencies.is_empty() {
            rows.push((outcome, landed, None));
        }
        rows.extend(currencies.into_iter().map(|currency| (outcome, landed, Some(currency))));
    }
    type Row<'a> = (&'a Outcome, &'a Landed, Option<&'a str>);
    let text = |get: &dyn Fn(&Row<'_>) -> Option<String>| ColumnValues::Text(rows.iter().map(get).collect());
    let count = |get: &dyn Fn(&Row<'_>) -> u64| {
        ColumnValues::Integer(rows.iter().map(|row| i64::try_from(get(row)).ok()).collect())
    };
    let cost = |metric: Metric| ColumnValues::Amount {
        values: rows
            .iter()
            .map(|(_, landed, currency)| {
                landed.totals.get(&((*currency)?.to_owned(), metric.column())).copied()
            })
            .collect(),
        least_digits: 2,
    };
    let start = rows.iter().map(|(outcome, ..)| Some(outcome.window.first)).collect();
    let end = rows.iter().map(|(outcome, ..)| outcome.window.last.succ_opt()).collect();
    let is_estimate = matches!(source, AzureSource::Usage(_)).to_string();
    let columns = vec![
        Column::new("x_Scope", text(&|(outcome, ..)| Some(outcome.window.scope.to_string()))),
        Column::new("x_Source", text(&|_| Some(source.name().to_owned()))),
        Column::new("ChargePeriodStart", ColumnValues::Timestamp(start)),
        Column::new("ChargePeriodEnd", ColumnValues::Timestamp(end)),
        Column::new("BillingCurrency", text(&|(.., currency)| currency.map(str::to_owned))),
        Column::new("BilledCost", cost(Metric::Billed)),
        Column::new("EffectiveCost", cost(Metric::Effective)),
        Column::new("x_IsEstimate", text(&|_| Some(is_estimate.clone()))),
        Column::new("x_Rows", count(&|(_, landed, _)| landed.rows)),
        Column::new("x_RowsWithoutCost", count(&|(_, landed, _)| landed.without_cost)),
        Column::new("x_Folder", text(&|(_, landed, _)| Some(landed.folder.display().to_string()))),
    ];
    Ok(Dataset::new("ingest_summary", 1, columns)?)
}

fn locked(progress: &Mutex<Landings>) -> MutexGuard<'_, Landings> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which windows of an interrupted run have landed.
struct Landings {
    path: PathBuf,
    done: BTreeSet<String>,
    skipped: usize,
}

impl Landings {
    /// That of the same call on the same day, if it was interrupted.
    fn open(request: &AzureIngestRequest) -> Result<Self> {
        let path = request.out.join(format!(".progress-{}.json", &digest(request)?[..16]));
        let done = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Self { path, done: done.unwrap_or_default(), skipped: 0 })
    }

    fn has(&mut self, window: &FetchWindow) -> bool {
        let has = self.done.contains(&Self::key(window));
        self.skipped += usize::from(has);
        has
    }

    /// Notes a window. Where that fails it is only asked for once more.
    fn done(&mut self, window: &FetchWindow) {
        self.done.insert(Self::key(window));
        let text = serde_json::to_vec(&self.done).unwrap_or_default();
        let _ = write_file(&self.path, |file| Ok(file.write_all(&text)?));
    }

    fn finish(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn key(window: &FetchWindow) -> String {
        format!("{} {} {}", window.scope, window.first, window.last)
    }
}
