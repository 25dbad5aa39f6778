//! How much of each meter was used, day by day: what prices are applied to.
//!
//! Only charges for use count that no reservation or savings plan pays for, with the quantity that their price
//! is for. Where runs hold the same day of a subscription, the newest one counts, as with costs. Use that a later
//! cycle bills is no use of its day, but of that cycle: of it the newest run of the cycle counts, and the run of the
//! day itself stays.

use crate::{
    Error, ReadOptions, Result,
    data_file::DataFile,
    file_usage::{FileUsage, UseLine, UseLines, UseSums, add, numbered, sum_usage},
    reader::side_by_side,
    runs::{plan, superseded},
    source::find,
};
use billing::{Amount, UsedDay};
use chrono::NaiveDate;
use polars::prelude::PlHashMap;
use rayon::prelude::*;
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

/// Reads the use behind `inputs`.
///
/// # Errors
/// As [`crate::read`]; [`Error::NoCosts`] where no file tells a meter's quantity.
pub fn read_usage(inputs: &[String], options: &ReadOptions) -> Result<Usage> {
    let plan = plan(&find(inputs)?, options.family.map(|forced| forced.family), options.as_of)?;
    let repeated = superseded(&plan.runs, &BTreeSet::new());
    let runs = plan.runs.iter().enumerate().filter(|(place, _)| !repeated.contains_key(place));
    let files: Vec<(usize, &DataFile)> =
        runs.flat_map(|(place, run)| run.files.iter().map(move |(file, _)| (place, file))).collect();
    let read = side_by_side(&files, |(_, file)| sum_usage(file, options));
    let mut out = Usage::default();
    let mut all = RunsUsage::default();
    for ((run, _), file) in files.iter().zip(read) {
        let file = file?;
        out.unknown_rows += file.unknown_rows;
        out.covered_rows += file.covered_rows;
        all.add(*run, file)?;
    }
    out.days = all.days();
    if out.days.is_empty() {
        return Err(Error::NoCosts("no charge in the input tells a meter and its quantity".to_owned()));
    }
    Ok(out)
}

/// The use in the files of all runs.
#[derive(Default)]
struct RunsUsage {
    lines: UseLines,
    /// By the place of the run: they come oldest first.
    runs: BTreeMap<usize, UseSums>,
}

impl RunsUsage {
    /// Adds a file of a run.
    fn add(&mut self, run: usize, file: FileUsage) -> Result<()> {
        let mut numbers = vec![0; file.lines.len()];
        for (line, number) in file.lines {
            numbers[number as usize] = numbered(&mut self.lines, line);
        }
        let own = self.runs.entry(run).or_default();
        for ((line, day), amounts) in file.sums {
            add(own, (numbers[line as usize], day), amounts)?;
        }
        Ok(())
    }

    /// The use of each day, of the newest run that has this day of the subscription.
    fn days(self) -> Vec<UsedDay> {
        let mut places = vec![0; self.lines.len()];
        let mut lines = Vec::with_capacity(places.len());
        for (place, (line, number)) in self.lines.into_iter().enumerate() {
            places[number as usize] = place;
            lines.push(line);
        }
        let subscriptions = groups(&lines, |line| &line.subscription);
        // What a run claims of a subscription: days, and late use by the begin of the cycle that bills it.
        let claim = |place: usize, day: i32| -> (u32, i32, bool) {
            let billed = lines[place].billing_period.map(|period| period.start().to_epoch_days());
            let late = billed.filter(|billed| day < *billed);
            (subscriptions[place], late.unwrap_or(day), late.is_some())
        };
        let mut newest: PlHashMap<(u32, i32, bool), usize> = PlHashMap::default();
        for (run, sums) in &self.runs {
            for (line, day) in sums.keys() {
                let place = places[*line as usize];
                newest.insert(claim(place, *day), *run);
                // A newer run of the cycle without late use takes it back.
                if let Some(period) = lines[place].billing_period {
                    newest.insert((subscriptions[place], period.start().to_epoch_days(), true), *run);
                }
            }
        }
        // Days come after what tells use apart, and before the rest of the line.
        let series = groups(&lines, |line| (&line.subscription, &line.meter, &line.unit, &line.currency));
        let mut days: Vec<(u32, i32, usize, [Amount; 2])> = Vec::new();
        for (run, sums) in self.runs {
            let own = sums.into_iter().map(|((line, day), amounts)| (day, places[line as usize], amounts));
            let counts = own.filter(|(day, place, _)| newest.get(&claim(*place, *day)) == Some(&run));
            days.extend(counts.map(|(day, place, amounts)| (series[place], day, place, amounts)));
        }
        days.par_sort_unstable_by_key(|(series, day, place, _)| (*series, *day, *place));
        days.into_par_iter()
            .filter_map(|(_, day, place, [quantity, cost])| {
                let line = &lines[place];
                Some(UsedDay {
                    subscription: line.subscription.clone(),
                    meter: line.meter.clone(),
                    name: line.name.clone(),
                    unit: line.unit.clone(),
                    day: NaiveDate::from_epoch_days(day)?,
                    billing_period: line.billing_period,
                    quantity,
                    cost,
                    currency: line.currency.clone(),
                })
            })
            .collect()
    }
}

/// For each line the number of its group: lines that follow each other and have the same key.
fn groups<'a, K: PartialEq>(lines: &'a [UseLine], key: impl Fn(&'a UseLine) -> K) -> Vec<u32> {
    let mut group = 0;
    let next = |place: usize| {
        group += u32::from(place > 0 && key(&lines[place - 1]) != key(&lines[place]));
        group
    };
    (0..lines.len()).map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    const HEADER: &str = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,x_SkuMeterId,SkuMeter,\
        PricingQuantity,x_PricingUnitDescription,ConsumedQuantity,BillingPeriodStart,BillingPeriodEnd,CommitmentDiscountId\n";

    fn write(folder: &Path, name: &str, rows: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [HEADER, rows].concat()).unwrap();
    }

    fn usage(folder: &Path, as_of: Option<&str>) -> Usage {
        let as_of = as_of.map(|day| day.parse().unwrap());
        read_usage(&[folder.to_string_lossy().into_owned()], &ReadOptions { as_of, ..ReadOptions::default() })
            .unwrap()
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
        let rows = "1.5,EUR,2026-10-01T00:00:00Z,Usage,s,A,VM,1.5,10 Hours,15,,,\n\
            2,EUR,2026-10-01T05:00:00Z,Usage,s,a,VM,2,10 Hours,20,,,\n\
            9,EUR,2026-10-01T05:00:00Z,Purchase,s,a,VM,1,1,1,,,\n\
            4,EUR,2026-10-02,Usage,s,,Disk,4,1 GB,4,,,\n";
        write(folder.path(), "a.csv", rows);
        let found = usage(folder.path(), None);
        assert_eq!(shown(&found), ["2026-10-01 a 3.5 × 10 Hours for 3.5"]);
        assert_eq!(found.unknown_rows, 1);
    }

    #[test]
    fn what_tells_no_quantity_or_day_is_unknown_and_what_a_commitment_pays_for_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let rows = "1,EUR,2026-10-01,Usage,s,a,VM,1,Hours,1,2026-10-01,2026-11-01,\n\
            0,EUR,2026-10-01,Usage,s,a,VM,5,Hours,5,2026-10-01,2026-11-01,reserved\n\
            1,EUR,2026-10-01,Usage,s,a,VM,much,Hours,1,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-01,Usage,s,a,VM,,Hours,1,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-01,Usage,s,a,VM,1,500,Hours,1,2026-10-01,2026-11-01,\n\
            1,EUR,some day,Usage,s,a,VM,1,Hours,1,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-09,Usage,s,a,VM,1,Hours,1,2026-10-01,2026-11-01,\n";
        write(folder.path(), "a.csv", rows);
        let found = usage(folder.path(), Some("2026-10-09"));
        assert_eq!(shown(&found), ["2026-10-01 a 1 × Hours for 1"]);
        assert_eq!((found.unknown_rows, found.covered_rows), (4, 1));
    }

    #[test]
    fn the_newest_run_with_a_day_counts_for_all_meters_of_it_and_late_use_keeps_its_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let older = "1,EUR,2026-10-01,Usage,s,a,VM,1,Hours,1,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-02,Usage,s,a,VM,2,Hours,2,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-02,Usage,s,b,VM,3,Hours,3,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-02,Usage,other,b,VM,4,Hours,4,2026-10-01,2026-11-01,\n";
        let newer = "1,EUR,2026-10-02,Usage,s,a,VM,20,Hours,2,2026-10-01,2026-11-01,\n\
            1,EUR,2026-10-02,Usage,s,a,VM,30,Hours,2,2026-11-01,2026-12-01,\n";
        write(folder.path(), "20261001-20261031/202610030600/a.csv", older);
        write(folder.path(), "20261001-20261031/202610040600/a.csv", newer);
        let found = usage(folder.path(), None);
        let days: Vec<String> = found
            .days
            .iter()
            .map(|own| {
                let (sub, period) = (own.subscription.as_deref().unwrap(), own.billing_period.unwrap());
                format!("{sub} {} {} {} in {}", own.meter, own.day, own.quantity, period.start())
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

    #[test]
    fn the_billing_period_is_half_open_whether_the_file_includes_its_last_day_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let rows = "1,EUR,2026-10-12T00:00:00Z,Usage,s,a,VM,1,Hours,1,2026-10-10T00:00:00Z,2026-11-10T00:00:00Z,\n\
            1,EUR,2026-10-13T00:00:00Z,Usage,s,a,VM,1,Hours,1,2026-10-10T00:00:00Z,2026-10-10T00:00:00Z,\n\
            1,EUR,2026-10-14T00:00:00Z,Usage,s,a,VM,1,Hours,1,0001-01-01T00:00:00Z,2026-11-10T00:00:00Z,\n\
            1,EUR,2026-10-15T00:00:00Z,Usage,s,a,VM,1,Hours,1,,,\n";
        write(folder.path(), "focus/a.csv", rows);
        let classic = "BillingAccountId,BillingPeriodStartDate,BillingPeriodEndDate,SubscriptionId,Date,MeterId,MeterCategory,\
            MeterName,Quantity,EffectivePrice,CostInBillingCurrency,UnitPrice,BillingCurrencyCode,ResourceGroup,UnitOfMeasure,ChargeType\n\
            1,10/10/2026,11/09/2026,00000000-0000-0000-0000-00000000000a,10/12/2026,b,VM,D2,1,1,1,1,EUR,rg,1 Hour,Usage\n";
        fs::create_dir_all(folder.path().join("classic")).unwrap();
        fs::write(folder.path().join("classic/b.csv"), classic).unwrap();
        let shown: Vec<String> = usage(folder.path(), None)
            .days
            .iter()
            .map(|own| {
                let period = own.billing_period.map(|period| format!("{} {}", period.start(), period.end()));
                format!("{} {} {}", own.meter, own.day, period.as_deref().unwrap_or("none"))
            })
            .collect();
        let mut shown = shown;
        shown.sort();
        let expected = [
            "a 2026-10-12 2026-10-10 2026-11-10",
            "a 2026-10-13 none",
            "a 2026-10-14 none",
            "a 2026-10-15 none",
            "b 2026-10-12 2026-10-10 2026-11-10",
        ];
        assert_eq!(shown, expected);
    }
}
