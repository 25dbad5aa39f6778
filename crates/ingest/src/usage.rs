//! How much of each meter was used, day by day: what prices are applied to.
//!
//! Only charges for use count that no reservation or savings plan pays for, with the quantity that their price
//! is for. Where runs hold the same day of a
//! subscription, the newest one counts, as with costs.

use crate::{
    Error, ReadOptions, Result,
    charges::charges,
    data_file::DataFile,
    runs::{plan, superseded},
    source::find,
};
use billing::{Amount, Metric, UsedDay};
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Use by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Sorted by subscription, meter, unit, currency and day.
    pub days: Vec<UsedDay>,
    /// Charges for use without a meter or a quantity, which nothing can be said of.
    pub unknown_rows: u64,
    /// Charges for use that a reservation or savings plan pays for.
    pub covered_rows: u64,
}

/// Subscription, meter, name, unit, currency, and begin of the cycle that bills it.
type Key = (Option<String>, String, Option<String>, String, Option<String>, Option<NaiveDate>);
/// Quantity and cost by key.
type Sums = BTreeMap<Key, (Amount, Amount)>;

/// Reads the use behind `inputs`.
///
/// # Errors
/// As [`crate::read`]; [`Error::NoCosts`] where no file tells a meter's quantity.
pub fn read_usage(inputs: &[String], options: &ReadOptions) -> Result<Usage> {
    let plan = plan(&find(inputs)?, options.family.map(|forced| forced.family), options.as_of)?;
    let repeated = superseded(&plan.runs, &BTreeSet::new());
    let mut days: BTreeMap<(Option<String>, NaiveDate), Sums> = BTreeMap::new();
    let mut out = Usage::default();
    // Runs come oldest first.
    for (_, run) in plan.runs.iter().enumerate().filter(|(place, _)| !repeated.contains_key(place)) {
        let mut own: BTreeMap<(Option<String>, NaiveDate), Sums> = BTreeMap::new();
        for (file, _) in &run.files {
            let (unknown, covered) = add_file(file, options, &mut own)?;
            out.unknown_rows += unknown;
            out.covered_rows += covered;
        }
        days.extend(own);
    }
    if days.is_empty() {
        return Err(Error::NoCosts("no charge in the input tells a meter and its quantity".to_owned()));
    }
    for ((_, day), sums) in days {
        out.days.extend(sums.into_iter().map(
            |((subscription, meter, name, unit, currency, billed_from), (quantity, cost))| UsedDay {
                subscription,
                meter,
                name,
                unit,
                day,
                billed_from,
                quantity,
                cost,
                currency,
            },
        ));
    }
    let key = |own: &UsedDay| {
        (own.subscription.clone(), own.meter.clone(), own.unit.clone(), own.currency.clone(), own.day)
    };
    out.days.sort_by_cached_key(key);
    Ok(out)
}

/// Adds the use of a file; how many of its rows cannot be told, and how many a commitment pays for.
fn add_file(
    file: &DataFile,
    options: &ReadOptions,
    days: &mut BTreeMap<(Option<String>, NaiveDate), Sums>,
) -> Result<(u64, u64)> {
    let fault = |error: PolarsError| file.fault(&error);
    let quantity = ["PricingQuantity", "ConsumedQuantity"].into_iter().find(|name| file.layout.has(name));
    let (Some(quantity), true) = (quantity, file.layout.has("x_SkuMeterId")) else { return Ok((0, 0)) };
    let unit = ["x_PricingUnitDescription", "ConsumedUnit"].into_iter().find(|name| file.layout.has(name));
    let none = || lit(NULL).cast(DataType::String);
    let text = |name: &str| if file.layout.has(name) { col(name).cast(DataType::String) } else { none() };
    let mut frame = charges(file, Metric::Billed)?;
    let has_cost = frame.collect_schema().map_err(fault)?.contains(Metric::Billed.column());
    let cost = if has_cost { col(Metric::Billed.column()) } else { lit(0).cast(crate::amount_type()) };
    let known = ["day", "meter", "quantity"].map(|name| col(name).is_not_null());
    let known = known.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true));
    let by = ["sub", "day", "billed", "meter", "name", "unit", "currency", "known", "covered"].map(col);
    let billed = if file.layout.has("BillingPeriodStart") {
        col("BillingPeriodStart")
    } else {
        lit(NULL).cast(DataType::Date)
    };
    let table = frame
        .filter(col("x_ChargeKind").eq(lit("usage")))
        .select([
            text("SubAccountId").alias("sub"),
            col("ChargePeriodStart").alias("day"),
            text("x_SkuMeterId").str().to_lowercase().alias("meter"),
            text("SkuMeter").alias("name"),
            unit.map_or_else(none, text).alias("unit"),
            billed.alias("billed"),
            text("CommitmentDiscountId").is_not_null().alias("covered"),
            text("BillingCurrency").alias("currency"),
            col(quantity).alias("quantity"),
            cost.alias("cost"),
        ])
        .with_column(known.alias("known"))
        .group_by(by)
        .agg([col("quantity").sum(), col("cost").sum(), len().alias("rows")])
        .collect()
        .map_err(fault)?;
    let text_of = |name: &str| -> Result<StringChunked> { Ok(table.column(name)?.str()?.clone()) };
    let (subs, meters, names) = (text_of("sub")?, text_of("meter")?, text_of("name")?);
    let (units, currencies) = (text_of("unit")?, text_of("currency")?);
    let dates = table.column("day")?.date()?.clone();
    let rows = table.column("rows")?.cast(&DataType::UInt64)?;
    let rows = rows.u64()?;
    let amounts = |name: &str| -> Result<Vec<Amount>> {
        let column = table.column(name)?.decimal()?.clone();
        Ok(column.physical().iter().map(|units| Amount::from_units(units.unwrap_or_default())).collect())
    };
    let (quantities, costs) = (amounts("quantity")?, amounts("cost")?);
    let too_large = || Error::Ambiguous("a sum is too large to be held".to_owned());
    let billed = table.column("billed")?.date()?.clone();
    let billed: Vec<Option<NaiveDate>> = billed.as_date_iter().collect();
    let covered = table.column("covered")?.bool()?.clone();
    let (mut unknown, mut paid_for) = (0, 0);
    for (row, day) in dates.as_date_iter().enumerate() {
        let (Some(day), Some(meter)) = (day, meters.get(row)) else {
            unknown += rows.get(row).unwrap_or_default();
            continue;
        };
        if options.as_of.is_some_and(|as_of| day >= as_of) {
            continue;
        }
        if covered.get(row) == Some(true) {
            paid_for += rows.get(row).unwrap_or_default();
            continue;
        }
        let owned = |column: &StringChunked| column.get(row).map(str::to_owned);
        let key = (
            owned(&subs),
            meter.to_owned(),
            owned(&names),
            owned(&units).unwrap_or_default(),
            owned(&currencies).or_else(|| options.currency.as_ref().map(|own| own.code().to_owned())),
            billed[row],
        );
        let sums = days.entry((owned(&subs), day)).or_default().entry(key).or_default();
        let added = sums.0.checked_add(quantities[row]).zip(sums.1.checked_add(costs[row]));
        *sums = added.ok_or_else(too_large)?;
    }
    Ok((unknown, paid_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_is_summed_by_meter_and_day_and_purchases_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let text = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,x_SkuMeterId,SkuMeter,PricingQuantity,x_PricingUnitDescription,ConsumedQuantity\n\
            1.5,EUR,2026-10-01T00:00:00Z,Usage,s,A,VM,1.5,10 Hours,15\n\
            2,EUR,2026-10-01T05:00:00Z,Usage,s,a,VM,2,10 Hours,20\n\
            9,EUR,2026-10-01T05:00:00Z,Purchase,s,a,VM,1,1,1\n\
            4,EUR,2026-10-02,Usage,s,,Disk,4,1 GB,4\n";
        std::fs::write(folder.path().join("a.csv"), text).unwrap();
        let found =
            read_usage(&[folder.path().to_string_lossy().into_owned()], &ReadOptions::default()).unwrap();
        let shown: Vec<String> = found
            .days
            .iter()
            .map(|own| format!("{} {} {} × {} for {}", own.day, own.meter, own.quantity, own.unit, own.cost))
            .collect();
        assert_eq!(shown, ["2026-10-01 a 3.5 × 10 Hours for 3.5"]);
        assert_eq!(found.unknown_rows, 1);
    }
}
