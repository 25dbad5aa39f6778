//! The costs of one run: its files joined, each by the column that holds the metric.
//!
//! Files of a folder without manifest may be of different kinds and metrics, so which column counts
//! is said file by file. Files that repeat each other there are refused, never summed.

use crate::{Error, Result, costs::Costs, file_sums::FileSums, runs::Run};
use billing::Agreement;
use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// The costs of one run, the metric in `cost`.
pub(crate) struct RunCosts {
    pub name: String,
    /// Lines as in [`FileSums::costs`], with `calendar` and `part`; days with `cost`.
    pub costs: Costs,
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
    /// Whether its costs are estimates of this program: usage priced by a rate card.
    pub is_estimate: bool,
    /// The agreements whose charges are in it.
    pub agreements: BTreeSet<Agreement>,
}

impl RunCosts {
    /// Joins the files of a run; `columns` says for each which of its columns counts, if any.
    ///
    /// # Errors
    /// Files without a manifest that repeat each other's days: which of them counts cannot be told.
    pub(crate) fn new(run: &Run, files: &[FileSums], columns: &[Option<String>]) -> Result<Self> {
        let mut parts: Vec<(usize, Costs)> = Vec::with_capacity(files.len());
        for (place, ((sums, column), (file, _))) in files.iter().zip(columns).zip(&run.files).enumerate() {
            let Some(column) = column else { continue };
            let lines = sums.costs.lines.clone().lazy().with_columns([
                lit(file.family.agreement.bills_by_calendar_month()).alias("calendar"),
                lit(run.part_of(place) as u32).cast(DataType::UInt32).alias("part"),
            ]);
            let cost = col(column.as_str()).alias("cost");
            let days = sums.costs.days.clone().lazy().select([col("line"), col("day"), cost, col("rows")]);
            parts.push((place, Costs { lines: lines.collect()?, days: days.collect()? }));
        }
        if !run.has_manifest {
            refuse_repeats(run, &parts)?;
        }
        let agreements = parts.iter().map(|(place, _)| run.files[*place].0.family.agreement).collect();
        Ok(Self {
            name: run.name.clone(),
            costs: Costs::concat(parts.into_iter().map(|(_, part)| part).collect())?,
            export: run.export.clone(),
            time: run.time,
            stated: run.stated,
            range: run.range,
            covered: run.covered(),
            is_estimate: run.is_estimate(),
            agreements,
        })
    }
}

/// Whose charges are among these lines, by [`charges::owner`](crate::charges::owner).
pub(crate) fn owners(lines: &DataFrame) -> Result<BTreeSet<String>> {
    let column = lines.clone().lazy().select([col("owner").unique()]).collect()?;
    Ok(column["owner"].str()?.iter().map(|owner| owner.unwrap_or_default().to_owned()).collect())
}

/// Refuses files of one folder, without manifest, that hold the same sums for the same days.
fn refuse_repeats(run: &Run, parts: &[(usize, Costs)]) -> Result<()> {
    if parts.len() < 2 {
        return Ok(());
    }
    type DaySums = HashMap<(Option<String>, Option<i32>), (i128, u64)>;
    let mut seen: Vec<DaySums> = Vec::with_capacity(parts.len());
    for (_, part) in parts {
        let daily = part
            .with(&["sub"])?
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
