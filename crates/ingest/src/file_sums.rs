//! Reading one file: its costs summed by everything that tells charges apart.
//!
//! Rows are grouped by their *raw text* first, in one pass over the few columns needed;
//! days, kinds and names are made of the groups afterwards. Malformed rows are counted with the
//! number of their first, digits beyond the scale are counted, blank lines are told from both.

use crate::{
    Dimension, Result,
    charges::{self, CLASSIC_COST, HAS_COMMITMENT},
    csv_rows::{TOO_SHORT, group_rows},
    data_file::{DataFile, OVERLONG, ROW},
    dimension::{tag_value, unescape_json},
    source::Encoding,
};
use billing::{Agreement, Metric};
use polars::prelude::*;
use std::{collections::BTreeMap, path::PathBuf};

/// What is asked of every file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Dimensions of groups and filters, each once; they become the columns `k0`, `k1`, ….
    pub dimensions: Vec<Dimension>,
    /// Metrics of FOCUS files to sum.
    pub metrics: Vec<Metric>,
    /// The currency of files that name none.
    pub currency: Option<String>,
    /// Whether `service` is the meter category in FOCUS files too, since classic ones are read beside.
    pub service_is_meter_category: bool,
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadRow {
    /// The file.
    pub file: PathBuf,
    /// Its number, counted from 1 after the header.
    pub row: u64,
    /// What is wrong with it, and in which column.
    pub what: String,
    /// How many rows of the file are malformed in this way and alike otherwise.
    pub rows: u64,
}

/// The sums of one file.
#[derive(Debug)]
pub(crate) struct FileSums {
    /// One row a group: [`KEYS`], the dimensions `k…`, sums of the file's metrics, `rows`.
    pub frame: DataFrame,
    /// The metrics that are summed; a classic file's is [`CLASSIC_COST`] until settled.
    pub metrics: Vec<String>,
    /// All rows of the file, malformed ones included and blank lines not.
    pub rows: u64,
    /// Lines with nothing in them.
    pub blank: u64,
    /// Rows that could not be used.
    pub bad: Vec<BadRow>,
    /// Amounts with more digits than are kept.
    pub cut_amounts: u64,
    /// Rows that cost something and are 0 in the asked-for metric (list and contracted cost only).
    pub unpriced_rows: u64,
    /// Whether only an amortized file can hold what this one holds.
    pub looks_amortized: bool,
    /// Whether only an actual file can hold what this one holds.
    pub looks_actual: bool,
    /// Kinds of charge that this version does not know, as written.
    pub unknown_kinds: Vec<String>,
    /// Whether every amount lacked a currency.
    pub names_no_currency: bool,
}

/// The columns by which every file's costs are told apart, before the dimensions.
pub(crate) const KEYS: [&str; 12] = [
    "currency",
    "account",
    "profile",
    "sub",
    "sub_name",
    "day",
    "period_start",
    "period_end",
    "kind",
    "marketplace",
    "corrected",
    "committed",
];

/// A charge of this size or larger is a fault of its file: no bill has one, and its sums would not fit.
const LARGEST_COST: i64 = 1_000_000_000_000_000;

/// Raw columns that the keys are made of.
const RAW: [&str; 17] = [
    "ChargePeriodStart",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BillingCurrency",
    "BillingAccountId",
    "x_BillingProfileId",
    "SubAccountId",
    "SubAccountName",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountStatus",
    "x_PricingModel",
    "x_PublisherType",
    "PublisherName",
    "ServiceName",
    "x_SkuMeterCategory",
];

/// Sums the costs of `file`.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn sum_file(file: &DataFile, wanted: &Wanted) -> Result<FileSums> {
    let grouped = group_raw(file, wanted)?;
    let metrics = cost_columns(file, wanted);
    typed(file, wanted, grouped, metrics)
}

/// The cost columns of a file that are summed.
fn cost_columns(file: &DataFile, wanted: &Wanted) -> Vec<String> {
    if file.layout.has(CLASSIC_COST) {
        let list = wanted.metrics.contains(&Metric::List) && file.layout.has("ListCost");
        return [Some(CLASSIC_COST), list.then_some("ListCost")]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect();
    }
    wanted.metrics.iter().filter(|m| file.layout.has(m.column())).map(|m| m.column().to_owned()).collect()
}

/// The file's column in which a dimension is found.
fn source_column<'a>(dimension: &'a Dimension, file: &DataFile, wanted: &Wanted) -> &'a str {
    match dimension {
        Dimension::Tag(_) => "Tags",
        Dimension::Column(name) if name == "ServiceName" => {
            let by_meter = wanted.service_is_meter_category
                || !file.layout.has("ServiceName")
                || file.family.agreement != Agreement::Focus;
            if by_meter && file.layout.has("x_SkuMeterCategory") {
                "x_SkuMeterCategory"
            } else {
                "ServiceName"
            }
        }
        Dimension::Column(name) => name,
    }
}

/// FOCUS files, and those without a pricing model, tell a commitment by its id.
fn uses_commitment_id(file: &DataFile) -> bool {
    let told = file.family.agreement != Agreement::Focus && file.layout.has("x_PricingModel");
    file.layout.has("CommitmentDiscountId") && !told
}

/// The column that tells whether a row costs something, where list or contracted cost is asked for:
/// the service leaves these at 0 in some rows.
fn price_check<'a>(file: &'a DataFile, costs: &[String]) -> Option<(&'a str, String)> {
    let asked = costs.last().filter(|name| matches!(name.as_str(), "ListCost" | "ContractedCost"))?;
    let paid =
        [CLASSIC_COST, "EffectiveCost", "BilledCost"].into_iter().find(|name| file.layout.has(name))?;
    Some((paid, asked.clone()))
}

/// One pass over the file: groups of equal raw text with their sums.
fn group_raw(file: &DataFile, wanted: &Wanted) -> Result<DataFrame> {
    let costs = cost_columns(file, wanted);
    let check = price_check(file, &costs);
    let mut amounts: Vec<&str> = costs.iter().map(String::as_str).collect();
    amounts.extend(check.iter().map(|(paid, _)| *paid).filter(|paid| !costs.iter().any(|cost| cost == paid)));
    let mut texts: Vec<&str> = RAW.to_vec();
    if uses_commitment_id(file) {
        texts.push("CommitmentDiscountId");
    }
    texts
        .extend(wanted.dimensions.iter().filter(|d| !d.is_derived()).map(|d| source_column(d, file, wanted)));
    texts.sort_unstable();
    texts.dedup();
    texts.retain(|column| file.layout.has(column) && !amounts.contains(column));

    let sums = Sums { file, costs: &costs, check };
    let grouped = if file.encoding == Encoding::Parquet {
        let needed: Vec<&str> = texts.iter().chain(&amounts).copied().collect();
        let rows = file.scan(&needed)?.with_column(lit(false).alias(TOO_SHORT));
        let frame = sums.of_rows(rows, &texts).collect_with_engine(Engine::Streaming);
        frame.map_err(|error| file.fault(&error))?.unwrap_single()
    } else {
        group_rows(file, &texts, &amounts, &|rows| sums.of_rows(rows, &texts), &|groups| {
            sums.of_groups(groups, &texts)
        })?
    };
    let raw = |column: &str| {
        charges::text(col(column), grouped.column(column).map_or(&DataType::String, Column::dtype))
    };
    let mut chosen: Vec<Expr> =
        RAW.iter().filter(|column| texts.contains(column)).map(|column| raw(column)).collect();
    if uses_commitment_id(file) {
        chosen.push(charges::named(raw("CommitmentDiscountId")).is_not_null().alias(HAS_COMMITMENT));
    }
    for (place, dimension) in wanted.dimensions.iter().enumerate() {
        let column = source_column(dimension, file, wanted);
        if dimension.is_derived() || !file.layout.has(column) {
            continue;
        }
        let value = match dimension {
            Dimension::Tag(key) => tag_value(raw(column), key),
            Dimension::Column(_) => raw(column),
        };
        chosen.push(value.alias(format!("k{place}")));
    }
    chosen.extend(["x_Bad", "x_NoText", "rows", "first_row", "excess", "unpriced", "nonzero"].map(col));
    chosen.extend(costs.iter().map(|cost| col(cost.as_str())));
    Ok(grouped.lazy().select(chosen).collect()?)
}

/// How the rows of a file become sums of groups.
struct Sums<'a> {
    file: &'a DataFile,
    costs: &'a [String],
    check: Option<(&'a str, String)>,
}

impl Sums<'_> {
    /// Sums of rows by the columns `texts`. A row is bad when it has too many or too few fields or its
    /// (first) cost is no amount; the reason is a key, so that good and bad rows of a group stay apart.
    fn of_rows(&self, rows: LazyFrame, texts: &[&str]) -> LazyFrame {
        let dtype = |column: &str| self.file.type_of(column).unwrap_or(DataType::String);
        let amount = |column: &str| charges::amount(col(column), &dtype(column));
        let unpriced = match &self.check {
            Some((paid, asked)) => {
                let value = |name: &str| amount(name).fill_null(lit(0));
                value(asked).eq(lit(0)).and(value(paid).neq(lit(0)))
            }
            None => lit(false),
        };
        let first_cost = self.costs[0].as_str();
        let mut exprs: Vec<Expr> = texts.iter().map(|name| col(*name)).collect();
        exprs.extend(self.costs.iter().map(|cost| amount(cost).alias(cost.as_str())));
        exprs.extend([
            charges::has_excess_digits(col(first_cost), &dtype(first_cost)).alias("x_Excess"),
            col(first_cost).is_null().alias("x_NoText"),
            unpriced.alias("x_Unpriced"),
            col(ROW),
            col(OVERLONG),
            col(TOO_SHORT),
        ]);
        let limit = lit(LARGEST_COST).cast(charges::amount_type());
        let too_large = col(first_cost).gt_eq(limit.clone()).or(col(first_cost).lt_eq(lit(0) - limit));
        let bad = when(col(OVERLONG))
            .then(lit(2_i32))
            .when(col(TOO_SHORT))
            .then(lit(5_i32))
            .when(col(first_cost).is_null().or(too_large))
            .then(lit(1_i32))
            .otherwise(lit(0_i32))
            .alias("x_Bad");
        let mut sums: Vec<Expr> = self.costs.iter().map(|cost| col(cost.as_str()).sum()).collect();
        sums.extend([
            len().cast(DataType::UInt64).alias("rows"),
            col(ROW).min().cast(DataType::UInt64).alias("first_row"),
            col("x_Excess").sum().cast(DataType::UInt64).alias("excess"),
            col("x_Unpriced").sum().cast(DataType::UInt64).alias("unpriced"),
            col(first_cost).neq(lit(0)).any(true).alias("nonzero"),
        ]);
        rows.select(exprs).with_columns([bad]).group_by(group_keys(texts)).agg(sums)
    }

    /// Sums of sums.
    fn of_groups(&self, groups: LazyFrame, texts: &[&str]) -> LazyFrame {
        let mut sums: Vec<Expr> = self.costs.iter().map(|cost| col(cost.as_str()).sum()).collect();
        sums.extend(["rows", "excess", "unpriced"].map(|name| col(name).sum()));
        sums.extend([col("first_row").min(), col("nonzero").any(true)]);
        groups.group_by(group_keys(texts)).agg(sums)
    }
}

fn group_keys(texts: &[&str]) -> Vec<Expr> {
    texts.iter().copied().chain(["x_Bad", "x_NoText"]).map(col).collect()
}

/// Days, kinds and names of the groups; malformed groups are taken out and counted.
fn typed(file: &DataFile, wanted: &Wanted, grouped: DataFrame, metrics: Vec<String>) -> Result<FileSums> {
    let family = file.family;
    let present: Vec<String> = grouped.get_column_names().into_iter().map(ToString::to_string).collect();
    let have = |column: &str| {
        if present.iter().any(|name| name == column) {
            col(column).cast(DataType::String)
        } else {
            lit(NULL).cast(DataType::String)
        }
    };
    let inclusive_end = family.agreement != Agreement::Focus;
    let end = charges::day(have("BillingPeriodEnd"));
    let end = if inclusive_end { end + lit(chrono::Duration::days(1)) } else { end };
    let start = charges::day(have("BillingPeriodStart"));
    let usable = start.clone().dt().year().gt(lit(1970)).and(end.clone().gt(start.clone()));
    let given =
        wanted.currency.as_deref().map_or(lit(NULL).cast(DataType::String), |code| lit(code.to_owned()));
    let mut exprs = vec![
        coalesce(&[charges::currency(have("BillingCurrency")), given]).alias("currency"),
        charges::named(have("BillingAccountId")).alias("account"),
        charges::named(have("x_BillingProfileId")).alias("profile"),
        charges::sub_account(have("SubAccountId")).alias("sub"),
        charges::named(have("SubAccountName")).alias("sub_name"),
        charges::day(have("ChargePeriodStart")).alias("day"),
        when(usable.clone()).then(start).otherwise(lit(NULL)).alias("period_start"),
        when(usable).then(end).otherwise(lit(NULL)).alias("period_end"),
        charges::kind(family, &have).alias("kind"),
        charges::is_marketplace(&have).alias("marketplace"),
        charges::is_correction(&have).alias("corrected"),
        charges::is_committed(&have).alias("committed"),
        have("ChargeCategory").alias("category"),
        col("x_Bad"),
        col("x_NoText"),
        col("rows"),
        col("first_row"),
        col("excess"),
        col("unpriced"),
        col("nonzero"),
        have("ChargePeriodStart")
            .is_null()
            .and(have("BillingCurrency").is_null())
            .and(have("SubAccountId").is_null())
            .alias("blank"),
    ];
    for (place, dimension) in wanted.dimensions.iter().enumerate() {
        let name = format!("k{place}");
        let value = match dimension {
            Dimension::Column(column) if column == "SubAccountId" => charges::sub_account(have(&name)),
            Dimension::Column(column) if column == "x_ChargeKind" => charges::kind(family, &have),
            Dimension::Column(column) if column == "ChargeCategory" => {
                charges::focus_category(charges::kind(family, &have))
            }
            _ => charges::named(have(&name)),
        };
        exprs.push(value.alias(name));
    }
    exprs.extend(metrics.iter().map(|metric| col(metric.as_str())));
    let bad = col("x_Bad");
    let year = col("day").dt().year();
    let implausible = col("day").is_null().or(year.clone().lt(lit(1990))).or(year.gt(lit(2199)));
    let reason = when(bad.clone().eq(lit(1)).and(col("x_NoText")).and(col("blank")))
        .then(lit(9))
        .when(bad.clone().neq(lit(0)))
        .then(bad)
        .when(implausible)
        .then(lit(3))
        .when(col("currency").is_null())
        .then(lit(4))
        .otherwise(lit(0));
    let mut frame = grouped.lazy().select(exprs).with_columns([reason.alias("x_Bad")]).collect()?;
    for (place, dimension) in wanted.dimensions.iter().enumerate() {
        if matches!(dimension, Dimension::Tag(_)) {
            frame.apply(&format!("k{place}"), |column| {
                unescape_json(column).ok().flatten().unwrap_or_else(|| column.clone())
            })?;
        }
    }
    collect_sums(file, wanted, frame, metrics)
}

/// Counts what was left out and sums what remains by the typed keys.
fn collect_sums(
    file: &DataFile,
    wanted: &Wanted,
    frame: DataFrame,
    metrics: Vec<String>,
) -> Result<FileSums> {
    let reasons = frame.column("x_Bad")?.i32()?.clone();
    let rows = frame.column("rows")?.u64()?.clone();
    let first = frame.column("first_row")?.u64()?.clone();
    let mut bad: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
    for ((reason, count), row) in reasons.iter().zip(rows.iter()).zip(first.iter()) {
        let (Some(reason), Some(count), Some(row)) = (reason, count, row) else { continue };
        let entry = bad.entry(reason).or_insert((0, u64::MAX));
        *entry = (entry.0 + count, entry.1.min(row));
    }
    let blank = bad.get(&9).map_or(0, |(count, _)| *count);
    let total: u64 = bad.values().map(|(count, _)| count).sum::<u64>() - blank;
    let names_no_currency = total > 0 && bad.get(&4).is_some_and(|(count, _)| *count == total);
    let described: Vec<BadRow> = bad
        .iter()
        .filter_map(|(reason, (count, row))| {
            let column = |name: &str| file.header_of(name).unwrap_or(name).to_owned();
            let what = match reason {
                1 => format!("`{}` is no amount", column(&metrics[0])),
                2 => "it has more fields than the header".to_owned(),
                5 => "it has fewer fields than the header".to_owned(),
                3 => format!("`{}` is not a day of the calendar", column("ChargePeriodStart")),
                4 => "it names no currency".to_owned(),
                _ => return None,
            };
            Some(BadRow { file: file.path.clone(), row: *row, what, rows: *count })
        })
        .collect();

    let good = frame.lazy().filter(col("x_Bad").eq(lit(0)));
    let told = good
        .clone()
        .select([
            col("excess").sum().alias("excess"),
            col("unpriced").sum().alias("unpriced"),
            charges::amortized_only().any(true).alias("amortized"),
            charges::actual_only().any(true).alias("actual"),
            col("category")
                .filter(col("kind").eq(lit("other")))
                .unique()
                .sort(SortOptions::default())
                .implode(true)
                .alias("unknown"),
        ])
        .collect()?;
    let unknown_kinds = match told["unknown"].get(0)? {
        AnyValue::List(names) => names.str()?.iter().flatten().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let flag = |name: &str| -> Result<bool> { Ok(told.column(name)?.bool()?.get(0).unwrap_or(false)) };
    let mut by: Vec<Expr> = KEYS.iter().filter(|key| **key != "sub_name").map(|key| col(*key)).collect();
    by.extend((0..wanted.dimensions.len()).map(|place| col(format!("k{place}"))));
    let mut sums: Vec<Expr> = metrics.iter().map(|metric| col(metric.as_str()).sum()).collect();
    sums.extend([col("sub_name").max(), col("rows").sum()]);
    let summed = good.group_by(by).agg(sums).collect()?;
    Ok(FileSums {
        metrics,
        rows: total,
        blank,
        bad: described,
        cut_amounts: told.column("excess")?.u64()?.get(0).unwrap_or(0),
        unpriced_rows: told.column("unpriced")?.u64()?.get(0).unwrap_or(0),
        looks_amortized: flag("amortized")?,
        looks_actual: flag("actual")?,
        unknown_kinds,
        names_no_currency,
        frame: summed,
    })
}
