//! Costs by the hour, where the source has hours: usage priced by the hour, and FOCUS files with hourly
//! charges. For watching the spend of a day as it grows; forecasts are made of days.
//!
//! Files are read whole, run by run. Where runs hold the same day of a subscription, the newest one
//! counts, and charges of the service before estimates.

use crate::{
    Dimension, Error, ReadOptions, Result,
    charges::{charges, text},
    data_file::DataFile,
    runs::{plan, superseded},
    source::find,
    tags::tag_value,
};
use billing::{Amount, Metric};
use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Costs of one hour and group.
#[derive(Clone, Debug, PartialEq)]
pub struct HourRow {
    /// Begin of the hour.
    pub start: DateTime<Utc>,
    /// One key for each dimension asked for; `None` where the data names none.
    pub keys: Vec<Option<String>>,
    /// The currency's code.
    pub currency: String,
    /// The sum.
    pub cost: Amount,
}

/// Costs by hour.
#[derive(Clone, Debug, PartialEq)]
pub struct HourlyCosts {
    /// The metric that is summed.
    pub metric: Metric,
    /// Names of the grouping columns.
    pub group_columns: Vec<String>,
    /// Rows, sorted by hour, keys and currency.
    pub rows: Vec<HourRow>,
    /// Rows of the files that had no usable hour, cost or currency.
    pub malformed_rows: u64,
    /// Whether costs are estimates of this program.
    pub has_estimates: bool,
}

/// What one hour of one run comes to.
type Sums = BTreeMap<(DateTime<Utc>, Vec<Option<String>>, String), Amount>;

/// Reads the hourly costs behind `inputs`.
///
/// # Errors
/// As [`crate::read`]; [`Error::NoHours`] for sources of whole days only.
pub fn read_hourly(inputs: &[String], options: &ReadOptions) -> Result<HourlyCosts> {
    let plan = plan(&find(inputs)?, options.family.map(|forced| forced.family), options.as_of)?;
    let repeated = superseded(&plan.runs, &BTreeSet::new());
    let metric = options.metric.unwrap_or(Metric::Billed);
    let mut out = HourlyCosts {
        metric,
        group_columns: options.group_by.iter().map(Dimension::column).collect(),
        rows: Vec::new(),
        malformed_rows: 0,
        has_estimates: false,
    };
    // By subscription and day, what the run that counts has; runs come oldest first.
    let mut days: BTreeMap<(Option<String>, NaiveDate), (bool, usize, Sums)> = BTreeMap::new();
    let mut has_hours = false;
    for (place, run) in plan.runs.iter().enumerate().filter(|(place, _)| !repeated.contains_key(place)) {
        let mut own: BTreeMap<(Option<String>, NaiveDate), Sums> = BTreeMap::new();
        for (file, _) in &run.files {
            has_hours |= add_file(file, options, metric, &mut own, &mut out.malformed_rows)?;
        }
        let is_billed = !run.is_estimate();
        out.has_estimates |= !is_billed;
        for (day, sums) in own {
            let counts =
                days.get(&day).is_none_or(|(billed, before, _)| (*billed, *before) <= (is_billed, place));
            if counts {
                days.insert(day, (is_billed, place, sums));
            }
        }
    }
    if days.is_empty() {
        return Err(Error::NoCosts("no cost rows in the input".to_owned()));
    }
    if !has_hours {
        return Err(Error::NoHours);
    }
    let mut sums: Sums = BTreeMap::new();
    for (_, _, own) in days.into_values() {
        for (key, cost) in own {
            let sum = sums.entry(key).or_default();
            *sum = sum
                .checked_add(cost)
                .ok_or_else(|| Error::Ambiguous("a sum is too large to be held".to_owned()))?;
        }
    }
    out.rows = sums
        .into_iter()
        .map(|((start, keys, currency), cost)| HourRow { start, keys, currency, cost })
        .collect();
    Ok(out)
}

/// Adds the sums of a file, and says whether it has hours.
fn add_file(
    file: &DataFile,
    options: &ReadOptions,
    metric: Metric,
    sums: &mut BTreeMap<(Option<String>, NaiveDate), Sums>,
    malformed: &mut u64,
) -> Result<bool> {
    let columns = ["ChargePeriodStart", "ChargePeriodEnd"];
    if columns.iter().any(|column| !file.layout.has(column)) {
        return Ok(false);
    }
    let fault = |error: PolarsError| file.fault(&error);
    let raw = |column: &str| text(col(column), &file.type_of(column).unwrap_or(DataType::String));
    let times = file
        .scan(&columns)?
        .select([hour(raw("ChargePeriodStart")).alias("start"), hour(raw("ChargePeriodEnd")).alias("end")])
        .collect()
        .map_err(fault)?;
    let frame = charges(file, metric)?.collect().map_err(fault)?;
    let has = |name: &str| frame.column(name).is_ok();
    if !has(metric.column()) {
        return Err(Error::NoSuchMetric { asked: metric, held: "none of the costs of this file".to_owned() });
    }
    let none = || lit(NULL).cast(DataType::String);
    let value = |dimension: &Dimension| match dimension {
        Dimension::Tag(key) if has("Tags") => Ok(tag_value(col("Tags"), key)),
        Dimension::Tag(_) => Ok(none()),
        Dimension::Column(name) if name == "ServiceName" && !has(name) && has("x_SkuMeterCategory") => {
            Ok(col("x_SkuMeterCategory"))
        }
        Dimension::Column(name) if has(name) => Ok(col(name.as_str()).cast(DataType::String)),
        Dimension::Column(name) => Err(Error::NoSuchDimension(name.clone())),
    };
    let mut keys = Vec::new();
    for (place, dimension) in options.group_by.iter().enumerate() {
        keys.push(value(dimension)?.alias(format!("k{place}")));
    }
    let mut keep = lit(true);
    for filter in &options.filters {
        let own = value(&filter.dimension)?.str().to_lowercase().fill_null(lit(""));
        keep = keep.and(own.eq(lit(filter.value.to_lowercase())));
    }
    let currency = match (has("BillingCurrency"), &options.currency) {
        (true, Some(given)) => col("BillingCurrency").fill_null(lit(given.code().to_owned())),
        (true, None) => col("BillingCurrency"),
        (false, Some(given)) => lit(given.code().to_owned()),
        (false, None) => return Err(Error::NoCurrency(file.path.clone())),
    };
    let sub = if has("SubAccountId") { col("SubAccountId") } else { none() };
    let names: Vec<Expr> = (0..keys.len()).map(|place| col(format!("k{place}"))).collect();
    let mut chosen = vec![
        col("start"),
        col("end"),
        sub.alias("sub"),
        currency.alias("currency"),
        col(metric.column()).alias("cost"),
    ];
    chosen.extend(keys);
    let usable = ["start", "currency", "cost"].map(|name| col(name).is_not_null());
    let usable = usable.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true));
    let whole = frame.hstack(times.columns()).map_err(fault)?;
    let kept = whole.lazy().filter(keep).select(chosen).collect().map_err(fault)?;
    let good = kept.clone().lazy().filter(usable).collect().map_err(fault)?;
    *malformed += (kept.height() - good.height()) as u64;
    let length = (col("end") - col("start")).dt().total_hours(false);
    let by = [&[col("start"), col("sub"), col("currency")], names.as_slice()].concat();
    let table = good
        .lazy()
        .group_by(by)
        .agg([col("cost").sum(), length.min().alias("hours")])
        .collect()
        .map_err(fault)?;
    let starts = table.column("start")?.datetime()?.clone();
    let text_of = |name: &str| -> Result<StringChunked> { Ok(table.column(name)?.str()?.clone()) };
    let (subs, currencies) = (text_of("sub")?, text_of("currency")?);
    let groups: Vec<StringChunked> =
        (0..options.group_by.len()).map(|place| text_of(&format!("k{place}"))).collect::<Result<_>>()?;
    let costs = table.column("cost")?.decimal()?.clone();
    let hours = table.column("hours")?.i64()?.clone();
    let mut has_hours = false;
    for row in 0..table.height() {
        let Some(start) = starts.physical().get(row).and_then(DateTime::from_timestamp_millis) else {
            continue;
        };
        let day = start.date_naive();
        if options.as_of.is_some_and(|as_of| day >= as_of) {
            continue;
        }
        has_hours |= hours.get(row) == Some(1);
        let keys = groups.iter().map(|column| column.get(row).map(str::to_owned)).collect();
        let own = sums.entry((subs.get(row).map(str::to_owned), day)).or_default();
        let sum = own.entry((start, keys, currencies.get(row).unwrap_or_default().to_owned())).or_default();
        let cost = Amount::from_units(costs.physical().get(row).unwrap_or_default());
        *sum = sum
            .checked_add(cost)
            .ok_or_else(|| Error::Ambiguous("a sum is too large to be held".to_owned()))?;
    }
    Ok(has_hours)
}

/// The hour of a moment in UTC, null where the text is none.
fn hour(value: Expr) -> Expr {
    let form = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| ?UTC|[+-]00:?00)?$";
    let text = value.str().strip_chars(lit(NULL));
    let whole = text.clone().str().slice(lit(0), lit(10))
        + lit("T")
        + text.clone().str().slice(lit(11), lit(2))
        + lit(":00:00");
    let known = when(text.str().contains(lit(form), true)).then(whole).otherwise(lit(NULL));
    known.str().to_datetime(
        Some(TimeUnit::Milliseconds),
        None,
        StrptimeOptions { format: Some("%Y-%m-%dT%H:%M:%S".into()), strict: false, exact: true, cache: true },
        lit("raise"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,SubAccountId,ServiceName\n";

    fn rows(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), format!("{HEADER}{text}")).unwrap();
        let options = ReadOptions { group_by: vec![Dimension::parse("service")], ..ReadOptions::default() };
        let costs = read_hourly(&[folder.path().to_string_lossy().into_owned()], &options)?;
        let shown = |row: HourRow| {
            format!(
                "{} {} {} {}",
                row.start.format("%d %H"),
                row.keys[0].as_deref().unwrap_or("-"),
                row.cost,
                row.currency
            )
        };
        Ok(costs.rows.into_iter().map(shown).collect())
    }

    #[test]
    fn hours_are_summed_by_group() {
        let text = "1.5,EUR,2026-10-01T05:00:00Z,2026-10-01T06:00:00Z,Usage,s,VM\n\
                    2,EUR,2026-10-01T05:00:00Z,2026-10-01T06:00:00Z,Usage,s,VM\n\
                    4,EUR,2026-10-01 06:00:00,2026-10-01 07:00:00,Usage,s,Disk\n";
        assert_eq!(rows(text).unwrap(), ["01 05 VM 3.5 EUR", "01 06 Disk 4 EUR"]);
    }

    #[test]
    fn a_source_of_whole_days_has_no_hours() {
        let text = "1.5,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,Usage,s,VM\n";
        assert!(matches!(rows(text), Err(Error::NoHours)));
    }
}
