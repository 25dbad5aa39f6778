//! Which run each day is taken from, so that nothing is counted twice.
//!
//! Runs are compared per subscription and billing period: a day is taken from the newest run whose
//! days contain it; rows outside their run's own days (late, corrected) go with the newest run of
//! their billing period.

use crate::{
    Controls, Dimension, Error, ReadOptions, Result,
    coverage::{CoverageBuilder, Scope},
    data_file::DataFile,
    file_sums::{FileSums, KEYS, Wanted},
    runs::Run,
};
use billing::{Agreement, Amount, BillingCycle, CycleDay, Metric};
use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The costs of one run: a row a group, the metric in `cost`.
pub(crate) struct RunCosts {
    name: String,
    frame: DataFrame,
    export: Option<String>,
    time: DateTime<Utc>,
    stated: Option<DateTime<Utc>>,
    range: Option<(NaiveDate, NaiveDate)>,
    covered: Option<(NaiveDate, NaiveDate)>,
    agreements: BTreeSet<Agreement>,
}

/// The costs that count.
pub(crate) struct Selected {
    /// `KEYS`, `k…`, `unit`, `scope`, `late`, `cost`, `rows`.
    pub frame: DataFrame,
    /// Covered days by scope number.
    pub scopes: Vec<Scope>,
    /// The agreements whose charges are in the frame.
    pub agreements: BTreeSet<Agreement>,
}

impl RunCosts {
    /// Joins the files of a run. Files that repeat each other's days without a manifest to explain it
    /// are refused: which of them counts cannot be told.
    pub(crate) fn new(run: &Run, files: &[FileSums], column: &str) -> Result<Self> {
        let mut parts = Vec::with_capacity(files.len());
        for ((file, _), sums) in run.files.iter().zip(files) {
            let unit = invoice_unit(file);
            let cost = if sums.metrics.iter().any(|name| name == column) { col(column) } else { continue };
            let mut chosen: Vec<Expr> = KEYS.iter().map(|key| col(*key)).collect();
            chosen.extend(
                (0..)
                    .map(|place| format!("k{place}"))
                    .take_while(|name| sums.frame.get_column_index(name).is_some())
                    .map(col),
            );
            chosen.extend([
                cost.alias("cost"),
                col("rows"),
                unit.alias("unit"),
                lit(file.family.agreement.bills_by_calendar_month()).alias("calendar"),
            ]);
            parts.push(sums.frame.clone().lazy().select(chosen).collect()?);
        }
        if !run.has_manifest {
            refuse_repeats(run, &parts)?;
        }
        let frame = concat(parts.into_iter().map(IntoLazy::lazy).collect::<Vec<_>>(), UnionArgs::default())?
            .collect()?;
        Ok(Self {
            name: run.name.clone(),
            frame,
            export: run.export.clone(),
            time: run.time,
            stated: run.stated,
            range: run.range,
            covered: run.covered(),
            agreements: run.files.iter().map(|(file, _)| file.family.agreement).collect(),
        })
    }
}

impl RunCosts {
    /// Whether no cost is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.frame.height() == 0
    }
}

/// What one invoice covers, in words with its id.
fn invoice_unit(file: &DataFile) -> Expr {
    let named = |noun: &str, column: &str| lit(format!("{noun} ")) + col(column);
    match file.family.agreement {
        Agreement::EnterpriseAgreement => {
            coalesce(&[named("billing account", "account"), named("subscription", "sub")])
        }
        Agreement::CustomerAgreement => coalesce(&[
            named("billing profile", "profile"),
            named("billing account", "account"),
            named("subscription", "sub"),
        ]),
        Agreement::PayAsYouGo => named("subscription", "sub"),
        Agreement::Focus => coalesce(&[
            named("billing profile", "profile"),
            named("billing account", "account"),
            named("subscription", "sub"),
        ]),
    }
}

/// Refuses files of one folder, without manifest, that hold the same sums for the same days.
fn refuse_repeats(run: &Run, parts: &[DataFrame]) -> Result<()> {
    if parts.len() < 2 {
        return Ok(());
    }
    type DaySums = HashMap<(Option<String>, Option<i32>), (i128, u64)>;
    let mut seen: Vec<DaySums> = Vec::with_capacity(parts.len());
    for part in parts {
        let daily = part
            .clone()
            .lazy()
            .group_by([col("sub"), col("day")])
            .agg([col("cost").sum(), col("rows").sum()])
            .collect()?;
        let (subs, days) = (daily["sub"].str()?, daily["day"].date()?);
        let (costs, rows) = (daily["cost"].decimal()?, daily["rows"].u64()?);
        let sums: DaySums = subs
            .iter()
            .zip(days.physical().iter())
            .zip(costs.physical().iter().zip(rows.iter()))
            .map(|((sub, day), (cost, rows))| {
                ((sub.map(str::to_owned), day), (cost.unwrap_or(0), rows.unwrap_or(0)))
            })
            .collect();
        for (earlier, other) in seen.iter().enumerate() {
            let shared: Vec<_> =
                sums.iter().filter_map(|(key, own)| other.get(key).map(|theirs| (own, theirs))).collect();
            let equal = shared.iter().filter(|(own, theirs)| own == theirs && own.0 != 0).count();
            if equal >= 3 && equal * 2 > shared.len() {
                let name = |place: usize| run.files[place].0.path.display().to_string();
                return Err(Error::Ambiguous(format!(
                    "`{}` and `{}` repeat the same days with the same costs, as two runs of one export do; which of them counts \
                     cannot be told without their manifests: give only the newest file, or put each run into a folder of its own",
                    name(earlier),
                    name(seen.len())
                )));
            }
        }
        seen.push(sums);
    }
    Ok(())
}

/// Takes each day of a subscription from one run and finds out which days are covered.
pub(crate) fn select(
    runs: &[RunCosts],
    wanted: &Wanted,
    options: &ReadOptions,
    metric: Metric,
    controls: &mut Controls,
) -> Result<Selected> {
    let mut parts = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        parts.push(
            run.frame.clone().lazy().with_column(lit(number as u32).cast(DataType::UInt32).alias("run")),
        );
    }
    let mut frame = concat(parts, UnionArgs::default())?.collect()?;
    frame = with_cycles(frame, options.cycle_day)?;
    if let Some(as_of) = options.as_of {
        let before = rows_of(&frame)?;
        frame = frame.lazy().filter(col("day").lt(lit(as_of))).collect()?;
        drop_count(controls, before, rows_of(&frame)?, format!("charged on {as_of} or later"));
    }
    let spans = Spans::of(&frame, runs)?;
    frame = spans.take_each_day_once(frame, runs, controls)?;
    if metric == Metric::Effective {
        frame = without_commitment_purchases(frame, controls)?;
    }
    let (scopes, scope_of) = coverage(&frame, &spans, runs, options)?;
    frame = with_scope(frame, &scope_of)?;
    frame = one_spelling(frame, wanted)?;
    let before = rows_of(&frame)?;
    frame = filtered(frame, wanted, options)?;
    drop_count(controls, before, rows_of(&frame)?, "outside the filter".to_owned());
    let late =
        col("day").lt(col("period_start")).or(col("day").gt_eq(col("period_end"))).or(col("corrected"));
    let frame = frame.lazy().with_column(late.alias("late")).collect()?;
    Ok(Selected {
        frame,
        scopes,
        agreements: runs.iter().flat_map(|run| run.agreements.iter().copied()).collect(),
    })
}

fn rows_of(frame: &DataFrame) -> Result<u64> {
    Ok(frame.column("rows")?.u64()?.sum().unwrap_or(0))
}

fn drop_count(controls: &mut Controls, before: u64, after: u64, why: String) {
    if before > after {
        controls.dropped.push((why, before - after));
    }
}

/// Fills in the billing period by the cycle's rule where a file has no usable one.
fn with_cycles(frame: DataFrame, cycle_day: CycleDay) -> Result<DataFrame> {
    let days = frame.column("day")?.date()?;
    let calendar = frame.column("calendar")?.bool()?;
    let mut starts = Vec::with_capacity(frame.height());
    let mut ends = Vec::with_capacity(frame.height());
    let periods = frame
        .column("period_start")?
        .date()?
        .as_date_iter()
        .zip(frame.column("period_end")?.date()?.as_date_iter());
    for ((day, calendar), (start, end)) in days.as_date_iter().zip(calendar.iter()).zip(periods) {
        let rule = if calendar == Some(true) { CycleDay::FIRST } else { cycle_day };
        let cycle = match (start, end, day) {
            (Some(start), Some(end), _) => Some((start, end)),
            (_, _, Some(day)) => {
                let cycle = BillingCycle::containing(day, rule);
                Some((cycle.start(), cycle.end()))
            }
            _ => None,
        };
        starts.push(cycle.map(|(start, _)| start));
        ends.push(cycle.map(|(_, end)| end));
    }
    let column = |name: &str, days: Vec<Option<NaiveDate>>| {
        DateChunked::from_naive_date_options(name.into(), days).into_column()
    };
    let mut frame = frame;
    frame.with_column(column("period_start", starts))?;
    frame.with_column(column("period_end", ends))?;
    Ok(frame)
}

/// Subscription and billing period: what runs are compared within.
type Contest = (Option<String>, NaiveDate);

/// The days that each run has of each subscription and billing period.
struct Spans(BTreeMap<Contest, Vec<(usize, NaiveDate, NaiveDate)>>);

impl Spans {
    fn of(frame: &DataFrame, runs: &[RunCosts]) -> Result<Self> {
        let inside = col("day").gt_eq(col("period_start")).and(col("day").lt(col("period_end")));
        let table = frame
            .clone()
            .lazy()
            .group_by([col("sub"), col("period_start"), col("run")])
            .agg([
                col("day").filter(inside.clone()).min().alias("first"),
                col("day").filter(inside).max().alias("last"),
                col("period_end").max(),
            ])
            .collect()?;
        let dates = |name: &str| -> Result<Vec<Option<NaiveDate>>> {
            Ok(table.column(name)?.date()?.as_date_iter().collect())
        };
        let (starts, ends, firsts, lasts) =
            (dates("period_start")?, dates("period_end")?, dates("first")?, dates("last")?);
        let (subs, numbers) = (table.column("sub")?.str()?, table.column("run")?.u32()?);
        let mut spans: BTreeMap<Contest, Vec<(usize, NaiveDate, NaiveDate)>> = BTreeMap::new();
        for row in 0..table.height() {
            let (Some(start), Some(end), Some(run)) = (starts[row], ends[row], numbers.get(row)) else {
                continue;
            };
            let run = run as usize;
            let last_inside = end - chrono::Days::new(1);
            let (first, last) = match runs[run].range {
                Some((first, last)) => (first.max(start), last.min(last_inside)),
                // A run with late rows of the period only: an empty span.
                None => (firsts[row].unwrap_or(end), lasts[row].unwrap_or(last_inside)),
            };
            spans.entry((subs.get(row).map(str::to_owned), start)).or_default().push((run, first, last));
        }
        for list in spans.values_mut() {
            list.sort_by_key(|(run, ..)| (runs[*run].time, *run));
        }
        Ok(Self(spans))
    }

    /// Keeps, of each contested subscription and period, one run a day.
    fn take_each_day_once(
        &self,
        frame: DataFrame,
        runs: &[RunCosts],
        controls: &mut Controls,
    ) -> Result<DataFrame> {
        let contested: Vec<(&Contest, &Vec<(usize, NaiveDate, NaiveDate)>)> =
            self.0.iter().filter(|(_, list)| list.len() > 1).collect();
        if contested.is_empty() {
            return Ok(frame);
        }
        let (mut subs, mut starts, mut days, mut winners, mut newests) =
            (vec![], vec![], vec![], vec![], vec![]);
        let mut overlaps: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for ((sub, start), list) in contested {
            let newest = list[list.len() - 1].0;
            refuse_equal_times(&frame, runs, sub.as_deref(), *start, list)?;
            let first = list.iter().map(|(_, first, _)| *first).min().unwrap_or(*start);
            let last = list.iter().map(|(_, _, last)| *last).max().unwrap_or(*start);
            for day in first.iter_days().take_while(|day| *day <= last) {
                let mut containing =
                    list.iter().rev().filter(|(_, first, last)| (*first..=*last).contains(&day));
                let Some((winner, ..)) = containing.next() else { continue };
                if let Some((loser, ..)) = containing.next() {
                    *overlaps.entry((*winner, *loser)).or_default() += 1;
                }
                subs.push(sub.clone());
                starts.push(*start);
                days.push(day);
                winners.push(*winner as u32);
                newests.push(newest as u32);
            }
        }
        for ((winner, loser), days) in overlaps {
            let overlap = format!(
                "days of subscriptions also in `{}`: {days}; they are taken from the newer `{}`",
                runs[loser].name, runs[winner].name
            );
            if runs[winner].export == runs[loser].export {
                controls.notes.push(overlap);
            } else {
                controls.warnings.push(format!("two exports overlap: {overlap}"));
            }
        }
        let table = df!("sub" => &subs, "period_start" => &starts, "day" => &days, "winner" => &winners)?;
        let newest = df!("sub" => subs, "period_start" => starts, "newest" => newests)?
            .lazy()
            .unique(None, UniqueKeepStrategy::Any);
        let before = rows_of(&frame)?;
        let options = || JoinArgs { how: JoinType::Left, nulls_equal: true, ..Default::default() };
        let on = [col("sub"), col("period_start")];
        let by_day = [col("sub"), col("period_start"), col("day")];
        let keep = when(col("newest").is_null())
            .then(lit(true))
            .when(col("winner").is_null())
            .then(col("run").eq(col("newest")))
            .otherwise(col("run").eq(col("winner")));
        let kept = frame
            .lazy()
            .join(table.lazy(), by_day.clone(), by_day, options())
            .join(newest, on.clone(), on, options())
            .filter(keep)
            .drop(cols(["winner", "newest"]))
            .collect()?;
        drop_count(controls, before, rows_of(&kept)?, "repeated by a newer run or another export".to_owned());
        Ok(kept)
    }
}

/// Two runs of the same moment that hold different costs for the same days cannot be told apart.
fn refuse_equal_times(
    frame: &DataFrame,
    runs: &[RunCosts],
    sub: Option<&str>,
    start: NaiveDate,
    list: &[(usize, NaiveDate, NaiveDate)],
) -> Result<()> {
    for pair in list.windows(2) {
        let ((a, a_first, a_last), (b, b_first, b_last)) = (pair[0], pair[1]);
        let overlap = a_first <= b_last && b_first <= a_last;
        if !overlap || runs[a].time != runs[b].time {
            continue;
        }
        let same_sub = match sub {
            Some(sub) => col("sub").eq(lit(sub.to_owned())),
            None => col("sub").is_null(),
        };
        let sums = frame
            .clone()
            .lazy()
            .filter(same_sub.and(col("period_start").eq(lit(start))))
            .group_by([col("run")])
            .agg([col("cost").sum(), col("rows").sum()])
            .collect()?;
        let numbers = sums.column("run")?.u32()?;
        let place = |run: usize| numbers.iter().position(|number| number == Some(run as u32));
        let (Some(a_row), Some(b_row)) = (place(a), place(b)) else { continue };
        let costs = sums.column("cost")?.decimal()?;
        if costs.physical().get(a_row) != costs.physical().get(b_row) {
            return Err(Error::Ambiguous(format!(
                "`{}` and `{}` hold different costs for the same days of {} and were made at the same moment; which of them \
                 counts cannot be told: give only one of them",
                runs[a].name,
                runs[b].name,
                sub.unwrap_or("charges without subscription")
            )));
        }
    }
    Ok(())
}

/// In amortized cost the purchase of a commitment that carries a cost would count twice.
fn without_commitment_purchases(frame: DataFrame, controls: &mut Controls) -> Result<DataFrame> {
    let twice =
        col("committed").and(col("kind").str().starts_with(lit("purchase"))).and(col("cost").neq(lit(0)));
    let left_out = frame
        .clone()
        .lazy()
        .filter(twice.clone())
        .group_by([col("currency")])
        .agg([col("cost").sum(), col("rows").sum()])
        .collect()?;
    for (currency, cost) in
        left_out["currency"].str()?.iter().zip(left_out["cost"].decimal()?.physical().iter())
    {
        let amount = Amount::from_units(cost.unwrap_or(0));
        controls.warnings.push(format!(
            "purchases of commitments carry {amount} {} of effective cost, which their usage carries too; they are left out",
            currency.unwrap_or("")
        ));
    }
    let before = rows_of(&frame)?;
    let kept = frame.lazy().filter(twice.not()).collect()?;
    drop_count(controls, before, rows_of(&kept)?, "purchases of commitments in amortized cost".to_owned());
    Ok(kept)
}

/// The covered days of each subscription: those of every run that knows it. A run knows the
/// subscriptions that it lists and those that another run of the same export lists.
fn coverage(
    frame: &DataFrame,
    spans: &Spans,
    runs: &[RunCosts],
    options: &ReadOptions,
) -> Result<(Vec<Scope>, BTreeMap<String, u32>)> {
    let days = frame.column("day")?.date()?;
    let numbers = frame.column("run")?.u32()?;
    let inside = frame.column("period_start")?.date()?;
    let mut data: Vec<Option<(NaiveDate, NaiveDate)>> = vec![None; runs.len()];
    let mut late_only = data.clone();
    for ((day, run), start) in days.as_date_iter().zip(numbers.iter()).zip(inside.as_date_iter()) {
        let (Some(day), Some(run), Some(start)) = (day, run, start) else { continue };
        let spans = if day >= start { &mut data } else { &mut late_only };
        let span = &mut spans[run as usize];
        *span = Some(span.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
    }
    let mut known: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for ((sub, _), list) in &spans.0 {
        for (run, ..) in list {
            known.entry(*run).or_default().insert(sub.clone().unwrap_or_default());
        }
    }
    let mut by_export: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (run, subs) in &known {
        if let Some(export) = &runs[*run].export {
            by_export.entry(export).or_default().extend(subs.iter().cloned());
        }
    }
    let mut builder = CoverageBuilder::default();
    for (number, run) in runs.iter().enumerate() {
        let Some((first, last)) = run.covered.or(data[number]).or(late_only[number]) else { continue };
        let shared = run.export.as_deref().and_then(|export| by_export.get(export));
        for sub in shared.into_iter().flatten().chain(known.get(&number).into_iter().flatten()) {
            builder.add(sub, first, last, run.stated.map(|time| time.date_naive()));
        }
    }
    Ok(builder.build(options.as_of.map(|day| day - chrono::Days::new(1))))
}

fn with_scope(frame: DataFrame, scope_of: &BTreeMap<String, u32>) -> Result<DataFrame> {
    let scopes: UInt32Chunked = frame
        .column("sub")?
        .str()?
        .iter()
        .map(|sub| scope_of.get(sub.unwrap_or_default()).copied())
        .collect();
    let mut frame = frame;
    frame.with_column(scopes.with_name("scope".into()).into_column())?;
    Ok(frame)
}

/// Shows values that differ in case only under their latest spelling.
fn one_spelling(frame: DataFrame, wanted: &Wanted) -> Result<DataFrame> {
    let mut frame = frame;
    for (place, dimension) in wanted.dimensions.iter().enumerate() {
        if !dimension.ignores_case() {
            continue;
        }
        let name = format!("k{place}");
        let mut latest: HashMap<String, String> = HashMap::new();
        let column = frame.column(&name)?.str()?;
        // Runs stand oldest first; within one run the spelling that sorts last is taken.
        let runs = frame.column("run")?.u32()?;
        let mut spellings: Vec<(u32, &str)> =
            column.iter().zip(runs.iter()).filter_map(|(value, run)| Some((run?, value?))).collect();
        spellings.sort_unstable();
        spellings.dedup();
        for (_, value) in spellings {
            latest.insert(value.to_lowercase(), value.to_owned());
        }
        let shown: StringChunked =
            column.iter().map(|value| value.map(|text| latest[&text.to_lowercase()].clone())).collect();
        frame.with_column(shown.with_name(name.as_str().into()).into_column())?;
    }
    Ok(frame)
}

fn filtered(frame: DataFrame, wanted: &Wanted, options: &ReadOptions) -> Result<DataFrame> {
    let mut by_dimension: Vec<(&Dimension, Expr)> = Vec::new();
    for filter in &options.filters {
        let place =
            wanted.dimensions.iter().position(|dimension| *dimension == filter.dimension).unwrap_or_default();
        let value = col(format!("k{place}")).fill_null(lit("")).str().to_lowercase();
        let lower = filter.value.to_lowercase();
        let mut same = value.clone().eq(lit(lower.clone()));
        if filter.dimension.column() == "SubAccountId" {
            same = same.or(value.eq(lit(format!("/subscriptions/{lower}")))).or(col("sub_name")
                .fill_null(lit(""))
                .str()
                .to_lowercase()
                .eq(lit(lower)));
        }
        match by_dimension.iter_mut().find(|(dimension, _)| *dimension == &filter.dimension) {
            Some((_, expr)) => *expr = expr.clone().or(same),
            None => by_dimension.push((&filter.dimension, same)),
        }
    }
    match by_dimension.into_iter().map(|(_, expr)| expr).reduce(Expr::and) {
        Some(keep) => Ok(frame.lazy().filter(keep).collect()?),
        None => Ok(frame),
    }
}
