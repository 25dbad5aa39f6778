//! The costs of one run: its files joined, each by the column that holds the metric.
//!
//! Files of a folder without manifest may be of different kinds and metrics, so which column counts
//! is said file by file. Files that repeat each other there are refused, never summed.

use crate::{
    Error, Result,
    data_file::DataFile,
    file_sums::{FileSums, KEYS},
    runs::Run,
};
use billing::Agreement;
use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// The costs of one run: a row a group, the metric in `cost`.
pub(crate) struct RunCosts {
    pub name: String,
    /// [`KEYS`], the dimensions `k…`, `cost`, `rows`, `unit`, `calendar`, `owner`, `part`.
    pub frame: DataFrame,
    /// Which export made it, where that is known.
    pub export: Option<String>,
    /// When it was made.
    pub time: DateTime<Utc>,
    /// The same, where a manifest or the folder states it.
    pub stated: Option<DateTime<Utc>>,
    /// First and last day, as the manifest states them.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// The days of it that are known for good, where the manifest tells.
    pub covered: Option<(NaiveDate, NaiveDate)>,
    /// The agreements whose charges are in it.
    pub agreements: BTreeSet<Agreement>,
}

impl RunCosts {
    /// Joins the files of a run; `columns` says for each which of its columns counts, if any.
    ///
    /// # Errors
    /// Files without a manifest that repeat each other's days: which of them counts cannot be told.
    pub(crate) fn new(run: &Run, files: &[FileSums], columns: &[Option<String>]) -> Result<Self> {
        let mut parts: Vec<(usize, DataFrame)> = Vec::with_capacity(files.len());
        for (place, ((sums, column), (file, _))) in files.iter().zip(columns).zip(&run.files).enumerate() {
            let Some(column) = column else { continue };
            let mut chosen: Vec<Expr> = KEYS.iter().map(|key| col(*key)).collect();
            chosen.extend(
                (0..)
                    .map(|place| format!("k{place}"))
                    .take_while(|name| sums.frame.get_column_index(name).is_some())
                    .map(col),
            );
            chosen.extend([
                col(column.as_str()).alias("cost"),
                col("rows"),
                invoice_unit(file).alias("unit"),
                lit(file.family.agreement.bills_by_calendar_month()).alias("calendar"),
                owner().alias("owner"),
                lit(run.part_of(place) as u32).cast(DataType::UInt32).alias("part"),
            ]);
            parts.push((place, sums.frame.clone().lazy().select(chosen).collect()?));
        }
        if !run.has_manifest {
            refuse_repeats(run, &parts)?;
        }
        let frames: Vec<LazyFrame> = parts.iter().map(|(_, part)| part.clone().lazy()).collect();
        Ok(Self {
            name: run.name.clone(),
            frame: concat(frames, UnionArgs::default())?.collect()?,
            export: run.export.clone(),
            time: run.time,
            stated: run.stated,
            range: run.range,
            covered: run.covered(),
            agreements: parts.iter().map(|(place, _)| run.files[*place].0.family.agreement).collect(),
        })
    }

    /// Whether no cost is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.frame.height() == 0
    }
}

/// Whose charges are among these, by [`owner`].
pub(crate) fn owners(frame: &DataFrame) -> Result<BTreeSet<String>> {
    let column = frame.clone().lazy().select([owner().unique().alias("owner")]).collect()?;
    Ok(column["owner"].str()?.iter().map(|owner| owner.unwrap_or_default().to_owned()).collect())
}

/// Whose a charge is when runs are compared: its subscription or, where it has none, its billing
/// account, with the billing profile where that is another. Of these ids the last part counts,
/// since FOCUS files write whole paths.
fn owner() -> Expr {
    let tail = |column: &str| col(column).str().to_lowercase().str().extract(lit(r"([^/]+)/*$"), 1);
    let (account, profile) = (tail("account"), tail("profile"));
    let other = when(profile.clone().eq(account.clone())).then(lit(NULL)).otherwise(profile);
    let join = concat_str([account, other], " ", true);
    coalesce(&[col("sub"), join])
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
fn refuse_repeats(run: &Run, parts: &[(usize, DataFrame)]) -> Result<()> {
    if parts.len() < 2 {
        return Ok(());
    }
    type DaySums = HashMap<(Option<String>, Option<i32>), (i128, u64)>;
    let mut seen: Vec<DaySums> = Vec::with_capacity(parts.len());
    for (_, part) in parts {
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
            let all = equal == sums.len() && equal == other.len();
            if all || equal >= 3 && equal * 2 > shared.len() {
                let name = |place: usize| run.files[parts[place].0].0.path.display().to_string();
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
