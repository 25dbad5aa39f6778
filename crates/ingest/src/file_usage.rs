//! The use in one file: quantities and costs by line of use and day, read as costs are.
//!
//! Rows are summed by their raw texts, which memory holds once each; what these mean is found out once for
//! each combination. A row that is malformed tells no quantity.

use crate::{
    Error, ReadOptions, Result,
    charges::{self, CLASSIC_COST},
    data_file::DataFile,
    file_sums::{DAY, read_rows, typed_days},
    row_sums::RowSums,
    typed_lines::{Meaning, derived},
};
use billing::{Agreement, Amount, BillingCycle, ChargeKind, Metric};
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use std::collections::BTreeMap;

/// What tells use apart but for its day, in the order in which use is listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UseLine {
    /// The subscription.
    pub subscription: Option<String>,
    /// The meter's id, in lower case.
    pub meter: String,
    /// What its quantity is counted in; empty where the file does not tell.
    pub unit: String,
    /// The currency of its cost.
    pub currency: Option<String>,
    /// The meter's name.
    pub name: Option<String>,
    /// The billing period that the file states.
    pub billing_period: Option<BillingCycle>,
}

/// Lines and their numbers.
pub(crate) type UseLines = BTreeMap<UseLine, u32>;

/// Quantity and cost by the number of a line and a day, counted from the epoch.
pub(crate) type UseSums = PlHashMap<(u32, i32), [Amount; 2]>;

/// The use in one file.
#[derive(Debug, Default)]
pub(crate) struct FileUsage {
    /// Its lines, numbered as they come.
    pub lines: UseLines,
    /// What was used of them, day by day.
    pub sums: UseSums,
    /// Charges for use that tell no meter, day or quantity.
    pub unknown_rows: u64,
    /// Charges for use that a commitment pays for.
    pub covered_rows: u64,
}

/// The number of a line, which is the next one where it is new.
pub(crate) fn numbered(lines: &mut UseLines, line: UseLine) -> u32 {
    let next = lines.len() as u32;
    *lines.entry(line).or_insert(next)
}

/// Adds a quantity and its cost.
pub(crate) fn add(sums: &mut UseSums, key: (u32, i32), [quantity, cost]: [Amount; 2]) -> Result<()> {
    let sum = sums.entry(key).or_default();
    let added = sum[0].checked_add(quantity).zip(sum[1].checked_add(cost));
    let (quantity, cost) =
        added.ok_or_else(|| Error::Ambiguous("a sum is too large to be held".to_owned()))?;
    *sum = [quantity, cost];
    Ok(())
}

/// What a combination of texts says.
enum Told {
    /// Something other than use was charged for.
    NoUse,
    /// Use of a meter that is not named.
    NoMeter,
    /// Use that a commitment pays for.
    Covered,
    /// Use of the line with this number.
    Used(u32),
}

/// The columns that tell a meter's use from other charges and from other use.
const TEXTS: [&str; 9] = [
    // Of the columns that tell kinds these two tell use from all else.
    "ChargeCategory",
    "CommitmentDiscountStatus",
    "CommitmentDiscountId",
    "SubAccountId",
    METER,
    "SkuMeter",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
];
const METER: &str = "x_SkuMeterId";

/// Sums the use in `file`; nothing where it tells no meters or no quantities.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn sum_usage(file: &DataFile, options: &ReadOptions) -> Result<FileUsage> {
    let first = |names: [&'static str; 2]| names.into_iter().find(|name| file.layout.has(name));
    let mut out = FileUsage::default();
    // The quantity that the price is for comes before the one that was consumed, and so do their units.
    let quantity = first(["PricingQuantity", "ConsumedQuantity"]).filter(|_| file.layout.has(METER));
    let Some(quantity) = quantity else { return Ok(out) };
    let unit = first(["x_PricingUnitDescription", "ConsumedUnit"]);
    let cost = first([CLASSIC_COST, Metric::Billed.column()]);
    let amounts: Vec<String> = [Some(quantity), cost].into_iter().flatten().map(str::to_owned).collect();
    let texts = TEXTS.into_iter().chain(unit).filter(|column| file.layout.has(column)).collect();
    let mut rows = RowSums::new(file, texts, DAY, &amounts, None);
    read_rows(file, &mut rows)?;
    let given = options.currency.as_ref().map(|currency| currency.code());
    let told = told(&rows, unit.unwrap_or_default(), given, &mut out.lines)?;
    let days = typed_days(&rows.days)?;
    let end = options.as_of.map_or(i32::MAX, |as_of| as_of.to_epoch_days());
    for (sum, amounts) in rows.sums() {
        match (&told[sum.line as usize], days[sum.day as usize]) {
            (Told::NoUse, _) => {}
            (Told::NoMeter, _) | (_, None) => out.unknown_rows += sum.rows,
            (_, Some(day)) if day >= end => {}
            _ if sum.fault.is_some() => out.unknown_rows += sum.rows,
            (Told::Covered, _) => out.covered_rows += sum.rows,
            (Told::Used(line), Some(day)) => {
                let amount = |place: usize| Amount::from_units(amounts.get(place).copied().unwrap_or(0));
                add(&mut out.sums, (*line, day), [amount(0), amount(1)])?;
            }
        }
    }
    Ok(out)
}

/// What each combination of texts says; `lines` are numbered on by the use among it.
fn told(rows: &RowSums<'_>, unit: &str, given: Option<&str>, lines: &mut UseLines) -> Result<Vec<Told>> {
    let mut table = DataFrame::empty_with_height(rows.lines.len());
    let mut meaning = |columns: &[&str], meaning: Meaning<'_>| -> Result<()> {
        table = table.hstack(derived(rows, columns, meaning)?.columns())?;
        Ok(())
    };
    meaning(&["ChargeCategory", "CommitmentDiscountStatus"], &|have| {
        vec![charges::kind(rows.file.family, have).eq(lit(ChargeKind::Usage.name())).alias("used")]
    })?;
    meaning(&["CommitmentDiscountId"], &|have| {
        vec![charges::named(have("CommitmentDiscountId")).is_not_null().alias("covered")]
    })?;
    meaning(&["SubAccountId"], &|have| {
        vec![charges::sub_account(have("SubAccountId")).alias("subscription")]
    })?;
    meaning(&[METER], &|have| vec![charges::named(have(METER)).str().to_lowercase().alias("meter")])?;
    meaning(&["SkuMeter"], &|have| vec![charges::named(have("SkuMeter")).alias("name")])?;
    meaning(&[unit], &|have| vec![charges::named(have(unit)).alias("unit")])?;
    meaning(&["BillingCurrency"], &|have| {
        vec![charges::currency(have("BillingCurrency")).alias("currency")]
    })?;
    meaning(&["BillingPeriodStart", "BillingPeriodEnd"], &|have| {
        // Classic files state the period's last day, FOCUS files the day after it.
        let inclusive = i64::from(rows.file.family.agreement != Agreement::Focus);
        vec![
            charges::day(have("BillingPeriodStart")).alias("period_start"),
            (charges::day(have("BillingPeriodEnd")) + lit(chrono::Duration::days(inclusive)))
                .alias("period_end"),
        ]
    })?;
    let flag = |name: &str| -> Result<&BooleanChunked> { Ok(table.column(name)?.bool()?) };
    let text = |name: &str| -> Result<&StringChunked> { Ok(table.column(name)?.str()?) };
    let (used, covered) = (flag("used")?, flag("covered")?);
    let (subscriptions, meters, names) = (text("subscription")?, text("meter")?, text("name")?);
    let (units, currencies) = (text("unit")?, text("currency")?);
    let days = |name: &str| -> Result<Vec<Option<NaiveDate>>> {
        Ok(table.column(name)?.date()?.as_date_iter().collect())
    };
    let (starts, ends) = (days("period_start")?, days("period_end")?);
    let period = |row: usize| {
        let start = starts[row].filter(|start| start.year() > 1970)?;
        BillingCycle::new(start, ends[row]?).ok()
    };
    let owned = |column: &StringChunked, row: usize| column.get(row).map(str::to_owned);
    let told = (0..table.height()).map(|row| match meters.get(row) {
        _ if used.get(row) != Some(true) => Told::NoUse,
        None => Told::NoMeter,
        Some(_) if covered.get(row) == Some(true) => Told::Covered,
        Some(meter) => {
            let line = UseLine {
                subscription: owned(subscriptions, row),
                meter: meter.to_owned(),
                unit: owned(units, row).unwrap_or_default(),
                currency: owned(currencies, row).or_else(|| given.map(str::to_owned)),
                name: owned(names, row),
                billing_period: period(row),
            };
            Told::Used(numbered(lines, line))
        }
    });
    Ok(told.collect())
}
