//! `ingest azure …`: for each scope and month what a door gives, landed as FOCUS-shaped Parquet.
//!
//! A month that has landed is not asked for again when an interrupted run is begun anew on the same
//! day. A scope that fails is told, and the others land all the same.

use super::{Connection, doors, wait_for};
use crate::{
    azure_options::{Door, DoorOptions},
    exit::{self, Exit},
    failure::Failure,
    options::Global,
    output, talk,
};
use anyhow::{Context, Result};
use azure::{Clock, CostQuery, Error, Scope};
use billing::{Amount, BillingCycle, CycleDay, Metric};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
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
/// Records of use were seen to be reported up to eight days later.
pub const LATE_DAYS: u64 = 10;

/// Scopes that are read side by side; calls are paced and bounded for all of them together.
const SCOPES_AT_A_TIME: usize = 4;

/// What a door is asked for: some days of one scope.
#[derive(Clone, Debug)]
pub struct Portion {
    pub scope: Scope,
    /// First day.
    pub first: NaiveDate,
    /// Last day, in it.
    pub last: NaiveDate,
    /// The cycle that the days lie in.
    pub cycle: BillingCycle,
    /// The day that is taken for today.
    pub today: NaiveDate,
    /// As known at this moment.
    pub known_at: DateTime<Utc>,
}

/// What became of a portion.
struct Outcome {
    portion: Portion,
    landed: Option<Landed>,
    /// What Cost Management says the sum is, by currency, where it was asked.
    own_totals: BTreeMap<String, Amount>,
}

pub fn run(global: &Global, door: &Door) -> Result<Exit> {
    let options = common(door);
    let out = options.out.clone().ok_or_else(|| {
        Failure::Usage("there is no ledger yet; say with `--out DIR` where the charges shall go".to_owned())
    })?;
    let scopes = distinct(&options.scope)?;
    refuse_parts(&scopes, &out)?;
    let connection = Connection::open(&options.reach)?;
    let today = options.as_of.unwrap_or_else(|| connection.clock.utc().date_naive());
    let cycle_day = cycle_day(door)?;
    let mut by_scope: Vec<(Scope, Vec<Portion>)> = Vec::new();
    for scope in &scopes {
        let (first, last) = days(options, door, scope, &out, today)?;
        let mut portions = cut(scope, first, last, cycle_day, today, &connection.clock);
        if matches!(door, Door::Export(_)) {
            // An export's runs are what they are; cut at months, one would land twice.
            portions.truncate(1);
            portions.iter_mut().for_each(|portion| portion.last = last);
        }
        by_scope.push((scope.clone(), portions));
    }
    for (_, portions) in &by_scope {
        doors::check(door, portions)?;
    }
    let mut progress = Progress::open(&out, door, today);
    let bar = talk::counting_bar(global, by_scope.iter().map(|(_, portions)| portions.len()).sum());
    let (outcomes, failures) = {
        let shared = Mutex::new(&mut progress);
        let work = by_scope.into_iter().enumerate().map(|(place, (scope, portions))| {
            let (connection, shared, bar, out) = (&connection, &shared, &bar, out.as_path());
            async move {
                let mut outcomes: Vec<Outcome> = Vec::new();
                let mut failure = None;
                for portion in &portions {
                    bar.set_message(scope.to_string());
                    if !locked(shared).has(portion) {
                        match one(connection, door, out, portion, options.check).await {
                            Ok(outcome) => {
                                locked(shared).done(portion);
                                outcomes.push(outcome);
                            }
                            Err(error) => {
                                // What follows of this scope would fail in the same way.
                                failure = Some(error);
                                break;
                            }
                        }
                    }
                    bar.inc(1);
                }
                (place, scope, outcomes, failure)
            }
        });
        let mut done: Vec<_> =
            wait_for(async { Ok(stream::iter(work).buffer_unordered(SCOPES_AT_A_TIME).collect().await) })?;
        done.sort_by_key(|(place, ..)| *place);
        let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
        for (_, scope, own, failure) in done {
            outcomes.extend(own);
            failures.extend(failure.map(|error| (scope, error)));
        }
        (outcomes, failures)
    };
    bar.finish_and_clear();
    for (scope, error) in &failures {
        tracing::error!("{scope}: {error:#}");
    }
    let landed = outcomes.iter().any(|outcome| outcome.landed.is_some()) || progress.skipped > 0;
    if progress.skipped > 0 {
        tracing::warn!(
            "{} portions had landed before this run was interrupted, and were not asked for again",
            progress.skipped
        );
    }
    if failures.is_empty() {
        progress.finish();
    }
    for outcome in &outcomes {
        say(outcome);
    }
    match failures.into_iter().next() {
        // The error was told above; what it was decides how the run ends.
        Some((_, error)) if !landed => return Ok(exit::of(&error)),
        Some(_) => {
            output::write_dataset(global, &summary(door, &outcomes)?)?;
            return Ok(Exit::Partly);
        }
        None => {}
    }
    if !landed {
        return Err(Failure::NotEnough(format!(
            "no charges came for {}; that is not known to mean a cost of 0",
            scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ))
        .into());
    }
    output::write_dataset(global, &summary(door, &outcomes)?)?;
    Ok(Exit::Done)
}

fn common(door: &Door) -> &DoorOptions {
    match door {
        Door::Usage(usage) => &usage.door,
        Door::CostDetails(plain) | Door::UsageDetails(plain) => &plain.door,
        Door::Query(query) => &query.plain.door,
        Door::Export(export) => &export.plain.door,
    }
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
fn refuse_parts(scopes: &[Scope], out: &Path) -> Result<()> {
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
            return Err(Failure::Usage(format!(
                "`{scope}` and `{other}` are parts of one subscription; a day of a subscription is taken from one of them, so give each a folder of its own with `--out`"
            ))
            .into());
        }
    }
    Ok(())
}

fn is_group(scope: &Scope) -> bool {
    scope.path().to_ascii_lowercase().contains("/resourcegroups/")
}

/// The name of a door, under which its charges land.
fn source(door: &Door) -> &'static str {
    match door {
        Door::Usage(_) => "azure-usage",
        Door::CostDetails(plain) if plain.metric == Metric::Effective => "azure-cost-details-amortized",
        Door::CostDetails(_) => "azure-cost-details",
        Door::Query(query) if query.plain.metric == Metric::Effective => "azure-query-amortized",
        Door::Query(_) => "azure-query",
        Door::UsageDetails(plain) if plain.metric == Metric::Effective => "azure-usage-details-amortized",
        Door::UsageDetails(_) => "azure-usage-details",
        Door::Export(_) => "azure-export",
    }
}

fn cycle_day(door: &Door) -> Result<CycleDay> {
    match door {
        Door::Usage(usage) => match usage.cycle_day {
            Some(day) => Ok(CycleDay::new(day)?),
            None => {
                tracing::warn!(
                    "billing cycles are taken to begin on the 1st; free amounts and tiers count from there, so say with `--cycle-day N` if they begin on another day"
                );
                Ok(CycleDay::FIRST)
            }
        },
        _ => Ok(CycleDay::FIRST),
    }
}

/// The days that are asked for, both ends in them.
fn days(
    options: &DoorOptions,
    door: &Door,
    scope: &Scope,
    out: &Path,
    today: NaiveDate,
) -> Result<(NaiveDate, NaiveDate)> {
    let refuse = |text: String| Err(Failure::Usage(text).into());
    let end = options.to.unwrap_or(today);
    let usual = first_of_month(today)
        .checked_sub_months(Months::new(1))
        .filter(|first| *first < end)
        .unwrap_or_else(|| first_of_month(end - Days::new(1)));
    let first = match (&options.from, options.since.as_deref()) {
        (Some(from), _) => *from,
        (None, None) => usual,
        (None, Some("last")) => newest_landed(out, source(door), scope)
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

/// The days cut at the borders of cycles.
fn cut(
    scope: &Scope,
    first: NaiveDate,
    last: NaiveDate,
    cycle_day: CycleDay,
    today: NaiveDate,
    clock: &Clock,
) -> Vec<Portion> {
    let mut portions = Vec::new();
    let mut from = first;
    while from <= last {
        let cycle = BillingCycle::containing(from, cycle_day);
        let to = last.min(cycle.last_day());
        // What a service says of days long gone is what it said when they were final.
        let settled = (to + Days::new(LATE_DAYS + 1)).and_time(NaiveTime::MIN).and_utc();
        let now = clock.utc().min(today.and_hms_opt(23, 59, 0).map_or(clock.utc(), |time| time.and_utc()));
        portions.push(Portion {
            scope: scope.clone(),
            first: from,
            last: to,
            cycle,
            today,
            known_at: settled.min(now),
        });
        from = to + Days::new(1);
    }
    portions
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
    door: &Door,
    out: &Path,
    portion: &Portion,
    check: bool,
) -> Result<Outcome> {
    let landing = Landing {
        out: out.to_owned(),
        source: source(door).to_owned(),
        scope: portion.scope.to_string(),
        first: portion.first,
        last: portion.last,
        known_at: portion.known_at,
        read_at: connection.clock.utc(),
    };
    let landed = doors::fetch(connection, door, portion, &landing).await?;
    let mut own_totals = BTreeMap::new();
    if check && landed.is_some() {
        let query = CostQuery {
            kind: "ActualCost",
            from: portion.first,
            last: portion.last,
            daily: false,
            groups: Vec::new(),
        };
        let rows = query.fetch(&connection.costs, &portion.scope).await.context("the check of totals")?;
        for row in rows {
            *own_totals.entry(row.currency).or_insert(Amount::ZERO) += row.cost;
        }
    }
    Ok(Outcome { portion: portion.clone(), landed, own_totals })
}

fn say(outcome: &Outcome) {
    let Portion { scope, first, last, .. } = &outcome.portion;
    let Some(landed) = &outcome.landed else {
        tracing::warn!("{scope}: no charges came for {first} to {last}; that is not known to mean 0");
        return;
    };
    if landed.without_cost > 0 {
        tracing::warn!(
            "{scope}: {} of {} rows from {first} to {last} have no price and are in no sum",
            landed.without_cost,
            landed.rows
        );
    }
    for ((currency, column), total) in &landed.totals {
        tracing::info!("{scope}: {first} to {last}: {column} {total} {currency} in {} rows", landed.rows);
    }
    for (currency, own) in &outcome.own_totals {
        let ours = landed.totals.get(&(currency.clone(), Metric::Billed.column())).copied();
        match ours {
            Some(ours) => tracing::warn!(
                "{scope}: {first} to {last}: Cost Management says {own} {currency}, this run has {ours}: a difference of {}",
                ours - *own
            ),
            None => tracing::warn!(
                "{scope}: {first} to {last}: Cost Management says {own} {currency}, of which this run has nothing"
            ),
        }
    }
}

/// One row a portion and currency.
fn summary(door: &Door, outcomes: &[Outcome]) -> Result<Dataset> {
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
    let start = rows.iter().map(|(outcome, ..)| Some(outcome.portion.first)).collect();
    let end = rows.iter().map(|(outcome, ..)| outcome.portion.last.succ_opt()).collect();
    let is_estimate = matches!(door, Door::Usage(_)).to_string();
    let columns = vec![
        Column::new("x_Scope", text(&|(outcome, ..)| Some(outcome.portion.scope.to_string()))),
        Column::new("x_Source", text(&|_| Some(source(door).to_owned()))),
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

fn locked<'a, 'b>(progress: &'a Mutex<&'b mut Progress>) -> MutexGuard<'a, &'b mut Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which portions of an interrupted run have landed.
struct Progress {
    path: PathBuf,
    done: BTreeSet<String>,
    skipped: usize,
}

impl Progress {
    /// That of the same call on the same day, if it was interrupted.
    fn open(out: &Path, door: &Door, today: NaiveDate) -> Self {
        let digest = blake3::hash(format!("{door:?} {today}").as_bytes()).to_hex();
        let path = out.join(format!(".progress-{}.json", &digest[..16]));
        let done = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { path, done: done.unwrap_or_default(), skipped: 0 }
    }

    fn has(&mut self, portion: &Portion) -> bool {
        let has = self.done.contains(&Self::key(portion));
        self.skipped += usize::from(has);
        has
    }

    /// Notes a portion. Where that fails it is only asked for once more.
    fn done(&mut self, portion: &Portion) {
        self.done.insert(Self::key(portion));
        let text = serde_json::to_vec(&self.done).unwrap_or_default();
        let _ = output::write_file(&self.path, |file| Ok(file.write_all(&text)?));
    }

    fn finish(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn key(portion: &Portion) -> String {
        format!("{} {} {}", portion.scope, portion.first, portion.last)
    }
}

/// The exit of an error of Azure's services.
pub fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Usage(_) => Exit::Usage,
        Error::NotSignedIn { .. } | Error::NotAllowed { .. } => Exit::NotAllowed,
        Error::Unavailable { .. } => Exit::Unavailable,
        _ => Exit::Failed,
    }
}
