//! The rows of a cost file as FOCUS has them: categories by their FOCUS names, moments in UTC, periods half-open,
//! amounts exact. Columns that FOCUS names and nothing here reads are kept as they are written.

use crate::{
    Result,
    charges::{
        file_charges::{FileCharges, RAW},
        query::QUANTITIES,
        text_meanings::{amount_type, focus_category, named},
    },
    files::data_file::DataFile,
};
use billing::{Agreement, Metric};
use polars::prelude::*;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The rows of a file for which the mask is true. `metric` is what a classic file's one cost column holds; of a FOCUS
/// file the columns of `metrics` are written.
pub(crate) fn focus_rows(
    file: &DataFile,
    sums: &FileCharges,
    mask: &[bool],
    metric: Metric,
    metrics: &[Metric],
) -> Result<DataFrame> {
    let mask: BooleanChunked = mask.iter().map(|keep| Some(*keep)).collect();
    let days = sums.table.days.filter(&mask)?;
    let key = days.column("key")?.idx()?.clone();
    let mut rows = days.clone();
    let as_written = file.other_columns();
    for column in sums.table.keys.columns() {
        let is_raw =
            column.name().strip_prefix(RAW).is_some_and(|name| !as_written.iter().any(|own| own == name));
        let column = if is_raw { mapped(column, named)? } else { column.clone() };
        rows.with_column(column.take(&key)?)?;
    }
    let categories = mapped(sums.table.keys.column("kind")?, |kind| focus_category(kind?.parse().ok()?))?;
    rows.with_column(categories.take(&key)?.with_name("x_Category".into()))?;
    let has = |name: &str| sums.table.keys.column(&format!("{RAW}{name}")).is_ok();
    let raw = |name: &str| {
        if has(name) { col(format!("{RAW}{name}")) } else { lit(NULL).cast(DataType::String) }
    };
    let mut out: Vec<Expr> = amounts(file, &days, metric, metrics);
    out.push(col("currency").alias("BillingCurrency"));
    out.extend(periods());
    out.push(coalesce(&[col("x_Category"), raw("ChargeCategory")]).alias("ChargeCategory"));
    let is_kind = |kind: &'static str| col("kind").eq(lit(kind));
    let class = when(is_kind("refund")).then(lit("Correction")).otherwise(raw("ChargeClass"));
    out.push(class.alias("ChargeClass"));
    let status = when(is_kind("unused")).then(lit("Unused")).otherwise(raw("CommitmentDiscountStatus"));
    out.push(status.alias("CommitmentDiscountStatus"));
    let commitment = coalesce(&[raw("CommitmentDiscountId"), raw("x_ReservationId")]);
    out.push(commitment.alias("CommitmentDiscountId"));
    out.push(col("sub").alias("SubAccountId"));
    let service = if file.layout.has("ServiceName") { raw("ServiceName") } else { raw("x_SkuMeterCategory") };
    out.push(service.alias("ServiceName"));
    let written = [
        "BillingCurrency",
        "ChargeCategory",
        "ChargeClass",
        "CommitmentDiscountStatus",
        "CommitmentDiscountId",
        "SubAccountId",
        "ServiceName",
        "x_ReservationId",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BillingPeriodStart",
        "BillingPeriodEnd",
        "x_Cost",
        "x_CostInPricingCurrency",
    ];
    let is_written = |name: &str| {
        written.contains(&name)
            || QUANTITIES.contains(&name)
            || Metric::ALL.into_iter().any(|metric| metric.column() == name)
    };
    for name in file.layout.columns().filter(|name| !is_written(name)) {
        // Two columns of ours may be one of the file's, which was read once.
        let source = same_place(file, sums, name);
        let text = col(format!("{RAW}{source}"));
        let value = if name.ends_with("Rate") { text.cast(amount_type()) } else { text };
        out.push(value.alias(focus_name(name)));
    }
    if file.family.agreement == Agreement::Focus {
        for name in as_written.iter().filter(|name| has(name)) {
            out.push(col(format!("{RAW}{name}")).alias(name.as_str()));
        }
    }
    Ok(rows.lazy().select(out).collect()?)
}

/// A column of what the texts of another mean.
fn mapped<'a>(texts: &'a Column, meaning: impl Fn(Option<&'a str>) -> Option<&'a str>) -> Result<Column> {
    let meanings: StringChunked = texts.str()?.iter().map(meaning).collect();
    Ok(meanings.with_name(texts.name().clone()).into_column())
}

/// The name under which Azure's FOCUS files have a column.
fn focus_name(name: &str) -> &str {
    match name {
        "x_PricingModel" => "CommitmentDiscountType",
        "x_PublisherType" => "x_PublisherCategory",
        name => name,
    }
}

/// The column that was read of those that stand in the same place of the file.
fn same_place<'a>(file: &'a DataFile, sums: &FileCharges, name: &'a str) -> &'a str {
    let is_read = |name: &str| sums.table.keys.column(&format!("{RAW}{name}")).is_ok();
    if is_read(name) {
        return name;
    }
    let place = file.layout.place(name);
    file.layout.columns().find(|other| file.layout.place(other) == place && is_read(other)).unwrap_or(name)
}

/// Costs and quantities. A classic file's one cost is that of its metric.
fn amounts(file: &DataFile, days: &DataFrame, metric: Metric, metrics: &[Metric]) -> Vec<Expr> {
    let has = |name: &str| days.column(name).is_ok();
    let mut out = Vec::new();
    if has("x_Cost") {
        out.push(col("x_Cost").alias(metric.column()));
    }
    for other in metrics.iter().filter(|own| has(own.column()) && !(has("x_Cost") && **own == metric)) {
        out.push(col(other.column()));
    }
    let others = QUANTITIES.into_iter().chain(["x_CostInPricingCurrency"]);
    out.extend(others.filter(|name| has(name) && file.layout.has(name)).map(col));
    out
}

/// Periods of charges and of billing, half-open, UTC. A charge without an end is one of its day.
fn periods() -> [Expr; 4] {
    let utc = |moment: Expr| {
        moment.cast(DataType::Datetime(TimeUnit::Milliseconds, None)).dt().replace_time_zone(
            Some(polars::prelude::TimeZone::UTC),
            lit("raise"),
            NonExistent::Raise,
        )
    };
    let of_minutes = |minutes: Expr| utc(minutes * lit(60_000_i64));
    let day_after = (col("begin") - col("begin") % lit(DAY)) + lit(DAY);
    let end = when(col("end").gt(col("begin"))).then(col("end")).otherwise(day_after);
    [
        of_minutes(col("begin")).alias("ChargePeriodStart"),
        of_minutes(end).alias("ChargePeriodEnd"),
        utc(col("period_start")).alias("BillingPeriodStart"),
        utc(col("period_end")).alias("BillingPeriodEnd"),
    ]
}
