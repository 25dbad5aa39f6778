//! How much of each meter was used, day by day: what prices are applied to. Read from the same charges as costs.
//!
//! Only charges for usage count that no reservation or savings plan pays for, with the quantity that their price
//! is for. Late usage belongs to the billing period that bills it.

use crate::{
    Error, Result,
    charges::{charge_table::values, query::QUANTITY},
    selection::selected_charges::SelectedCharges,
};
use billing::{Amount, BillingCycle, UsedDay};
use chrono::NaiveDate;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Usage by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Sorted by subscription, meter, unit, currency and day.
    pub days: Vec<UsedDay>,
    /// Charges for usage without a meter or a quantity, which cannot be priced.
    pub unknown_rows: u64,
    /// Charges for usage that a reservation or savings plan pays for.
    pub covered_rows: u64,
}

/// What tells usage apart but for its day, in the order in which it is listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MeterKey {
    subscription: Option<String>,
    meter: String,
    unit: String,
    currency: Option<String>,
    name: Option<String>,
    /// The billing period, where the data states it.
    billing_period: Option<BillingCycle>,
    invoice_unit: String,
}

/// What a key says of usage.
enum UsageKind {
    /// Something other than usage was charged.
    None,
    /// Usage of a meter that is not named.
    NoMeter,
    /// Usage that a commitment pays for.
    Covered,
    /// Usage of the meter key with this number.
    Of(u32),
}

impl Usage {
    /// The usage in the charges that count, which were selected with usage.
    ///
    /// # Errors
    /// A quantity that cannot be held.
    pub fn of(selected: &SelectedCharges) -> Result<Self> {
        let (kinds, meters) = usage_kinds(&selected.table.keys)?;
        let days = &selected.table.days;
        let (key, day) = (days.column("key")?.idx()?, days.column("day")?.date()?);
        let (rows, cost) = (days.column("rows")?.u64()?, days.column("cost")?.decimal()?);
        let quantity = days.column(QUANTITY)?.decimal()?;
        let mut out = Self::default();
        let mut sums: PlHashMap<(u32, i32), [Amount; 2]> = PlHashMap::default();
        let amounts = quantity.physical().iter().zip(values(cost.physical()));
        let entries = values(key).zip(values(day.physical())).zip(values(rows));
        for (((key, day), rows), (quantity, cost)) in entries.zip(amounts) {
            match (&kinds[key as usize], quantity) {
                (UsageKind::None, _) => {}
                (UsageKind::Covered, _) => out.covered_rows += rows,
                (UsageKind::NoMeter, _) | (_, None) => out.unknown_rows += rows,
                (UsageKind::Of(meter), Some(quantity)) => {
                    let sum = sums.entry((*meter, day)).or_default();
                    let added = [(sum[0], quantity), (sum[1], cost)]
                        .map(|(sum, units)| sum.checked_add(Amount::from_units(units)));
                    let [Some(quantity), Some(cost)] = added else { return Err(Error::SumTooLarge) };
                    *sum = [quantity, cost];
                }
            }
        }
        let mut found: Vec<((u32, i32), [Amount; 2])> = sums.into_iter().collect();
        found.par_sort_unstable_by_key(|(key, _)| *key);
        // Days come after what tells usage apart, and before name and billing period.
        let same = |a: &MeterKey, b: &MeterKey| {
            (&a.subscription, &a.meter, &a.unit, &a.currency)
                == (&b.subscription, &b.meter, &b.unit, &b.currency)
        };
        let mut series = vec![0_u32; meters.len()];
        for place in 1..meters.len() {
            series[place] = series[place - 1] + u32::from(!same(&meters[place - 1], &meters[place]));
        }
        found.par_sort_by_key(|((meter, day), _)| (series[*meter as usize], *day, *meter));
        out.days = found
            .into_par_iter()
            .filter_map(|((meter, day), [quantity, cost])| {
                let key = &meters[meter as usize];
                Some(UsedDay {
                    subscription: key.subscription.clone(),
                    meter: key.meter.clone(),
                    name: key.name.clone(),
                    unit: key.unit.clone(),
                    day: NaiveDate::from_epoch_days(day)?,
                    billing_period: key.billing_period,
                    invoice_unit: key.invoice_unit.clone(),
                    quantity,
                    cost,
                    currency: key.currency.clone(),
                })
            })
            .collect();
        Ok(out)
    }
}

/// What each key says of usage, and the meters, sorted.
fn usage_kinds(keys: &DataFrame) -> Result<(Vec<UsageKind>, Vec<MeterKey>)> {
    let text = |name: &str| -> Result<&StringChunked> { Ok(keys.column(name)?.str()?) };
    let flag = |name: &str| -> Result<&BooleanChunked> { Ok(keys.column(name)?.bool()?) };
    let (kinds, meters, names) = (text("kind")?, text("meter")?, text("meter_name")?);
    let (units, currencies, subscriptions) = (text("meter_unit")?, text("currency")?, text("sub")?);
    let (covered, stated) = (flag("covered")?, flag("stated")?);
    let days = |name: &str| -> Result<Vec<Option<NaiveDate>>> {
        Ok(keys.column(name)?.date()?.as_date_iter().collect())
    };
    let (starts, ends, invoice_units) = (days("period_start")?, days("period_end")?, text("unit")?);
    let period = |row: usize| -> Result<Option<BillingCycle>> {
        let period = starts[row].zip(ends[row]).map(|(start, end)| BillingCycle::new(start, end));
        Ok(period.transpose()?)
    };
    let owned = |column: &StringChunked, row: usize| column.get(row).map(str::to_owned);
    let mut numbers: BTreeMap<MeterKey, Vec<usize>> = BTreeMap::new();
    let mut out = Vec::with_capacity(keys.height());
    for row in 0..keys.height() {
        out.push(match meters.get(row) {
            _ if kinds.get(row) != Some("usage") => UsageKind::None,
            _ if covered.get(row) == Some(true) => UsageKind::Covered,
            None => UsageKind::NoMeter,
            Some(meter) => {
                let key = MeterKey {
                    subscription: owned(subscriptions, row),
                    meter: meter.to_owned(),
                    unit: owned(units, row).unwrap_or_default(),
                    currency: owned(currencies, row),
                    name: owned(names, row),
                    billing_period: period(row)?.filter(|_| stated.get(row) == Some(true)),
                    invoice_unit: invoice_units.get(row).unwrap_or_default().to_owned(),
                };
                numbers.entry(key).or_default().push(row);
                UsageKind::Of(0)
            }
        });
    }
    let mut all = Vec::with_capacity(numbers.len());
    for (number, (key, rows)) in (0..).zip(numbers) {
        for row in rows {
            out[row] = UsageKind::Of(number);
        }
        all.push(key);
    }
    Ok((out, all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Needs, ReadOptions, select_charges};
    use std::{fs, path::Path};

    const HEADER: &str = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,x_SkuMeterId,SkuMeter,\
        PricingQuantity,x_PricingUnitDescription,ConsumedQuantity,BillingPeriodStart,CommitmentDiscountId\n";

    fn write(folder: &Path, name: &str, rows: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [HEADER, rows].concat()).unwrap();
    }

    fn usage(folder: &Path, as_of: Option<&str>) -> Usage {
        let as_of = as_of.map(|day| day.parse().unwrap());
        let options = ReadOptions { as_of, ..ReadOptions::default() };
        let inputs = [folder.to_string_lossy().into_owned()];
        Usage::of(&select_charges(&inputs, &options, Needs::Usage, &|_| ()).unwrap()).unwrap()
    }

    fn shown(usage: &Usage) -> Vec<String> {
        let text = |own: &UsedDay| {
            format!("{} {} {} × {} for {}", own.day, own.meter, own.quantity, own.unit, own.cost)
        };
        usage.days.iter().map(text).collect()
    }

    #[test]
    fn use_is_summed_by_meter_and_day_and_purchases_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let rows = "1.5,EUR,2026-10-01T00:00:00Z,Usage,s,A,VM,1.5,10 Hours,15,,\n\
            2,EUR,2026-10-01T05:00:00Z,Usage,s,a,VM,2,10 Hours,20,,\n\
            9,EUR,2026-10-01T05:00:00Z,Purchase,s,a,VM,1,1,1,,\n\
            4,EUR,2026-10-02,Usage,s,,Disk,4,1 GB,4,,\n";
        write(folder.path(), "a.csv", rows);
        let found = usage(folder.path(), None);
        assert_eq!(shown(&found), ["2026-10-01 a 3.5 × 10 Hours for 3.5"]);
        assert_eq!(found.unknown_rows, 1);
    }

    #[test]
    fn what_tells_no_quantity_or_day_is_unknown_and_what_a_commitment_pays_for_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let rows = "1,EUR,2026-10-01,Usage,s,a,VM,1,Hours,1,2026-10-01,\n\
            0,EUR,2026-10-01,Usage,s,a,VM,5,Hours,5,2026-10-01,reserved\n\
            1,EUR,2026-10-01,Usage,s,a,VM,much,Hours,1,2026-10-01,\n\
            1,EUR,2026-10-01,Usage,s,a,VM,,Hours,1,2026-10-01,\n\
            1,EUR,2026-10-01,Usage,s,a,VM,1,500,Hours,1,2026-10-01,\n\
            1,EUR,some day,Usage,s,a,VM,1,Hours,1,2026-10-01,\n\
            1,EUR,2026-10-09,Usage,s,a,VM,1,Hours,1,2026-10-01,\n";
        write(folder.path(), "a.csv", rows);
        let found = usage(folder.path(), Some("2026-10-09"));
        assert_eq!(shown(&found), ["2026-10-01 a 1 × Hours for 1"]);
        // A row with too many fields and one without a day are malformed: no reading counts them.
        assert_eq!((found.unknown_rows, found.covered_rows), (2, 1));
    }

    #[test]
    fn the_newest_run_with_a_day_counts_for_all_meters_of_it_and_late_use_keeps_its_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let older = "1,EUR,2026-10-01,Usage,s,a,VM,1,Hours,1,2026-10-01,\n\
            1,EUR,2026-10-02,Usage,s,a,VM,2,Hours,2,2026-10-01,\n\
            1,EUR,2026-10-02,Usage,s,b,VM,3,Hours,3,2026-10-01,\n\
            1,EUR,2026-10-02,Usage,other,b,VM,4,Hours,4,2026-10-01,\n";
        let newer = "1,EUR,2026-10-02,Usage,s,a,VM,20,Hours,2,2026-10-01,\n\
            1,EUR,2026-10-02,Usage,s,a,VM,30,Hours,2,2026-11-01,\n";
        write(folder.path(), "20261001-20261031/202610030600/a.csv", older);
        write(folder.path(), "20261001-20261031/202610040600/a.csv", newer);
        let found = usage(folder.path(), None);
        let days: Vec<String> = found
            .days
            .iter()
            .map(|own| {
                let (sub, from) = (own.subscription.as_deref().unwrap(), own.billing_period.unwrap().start());
                format!("{sub} {} {} {} in {from}", own.meter, own.day, own.quantity)
            })
            .collect();
        let expected = [
            "other b 2026-10-02 4 in 2026-10-01",
            "s a 2026-10-01 1 in 2026-10-01",
            "s a 2026-10-02 20 in 2026-10-01",
            "s a 2026-10-02 30 in 2026-11-01",
        ];
        assert_eq!(days, expected);
    }
}
