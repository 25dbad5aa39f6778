//! Costs by the hour, where the source has hours: usage priced by the hour, and FOCUS files with hourly charges. For
//! watching the spend of a day as it grows; forecasts are made of days. Read from the same charges as daily costs.

use crate::{
    Controls, Dimension, Error, Result, charges::charge_table::values, daily::daily_costs::keep_top,
    selection::selected_charges::SelectedCharges,
};
use billing::{Amount, Metric};
use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Minutes of an hour.
const HOUR: i64 = 60;
/// Minutes of a day.
const DAY: i64 = 24 * HOUR;

/// Costs of one hour and group.
#[derive(Clone, Debug, PartialEq)]
pub struct HourRow {
    /// Begin of the hour (UTC).
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
    /// What was read and decided.
    pub controls: Controls,
}

impl HourlyCosts {
    /// The hours of the charges that count, which were selected for [`Needs::Hours`](crate::Needs::Hours).
    ///
    /// # Errors
    /// [`Error::NoHours`] for sources of whole days only.
    pub fn of(selected: SelectedCharges) -> Result<Self> {
        let SelectedCharges { mut table, metric, controls, options, .. } = selected;
        let names: Vec<String> = (0..options.group_by.len()).map(|place| format!("k{place}")).collect();
        if let Some(most) = options.top {
            table.keys = keep_top(&table, &names, most)?;
        }
        let text = |name: &str| -> Result<StringChunked> { Ok(table.keys.column(name)?.str()?.clone()) };
        let groups: Vec<StringChunked> = names.iter().map(|name| text(name)).collect::<Result<_>>()?;
        let currencies = text("currency")?;
        let days = &table.days;
        let (key, cost) = (days.column("key")?.idx()?, days.column("cost")?.decimal()?);
        let (begin, end) = (days.column("begin")?.i64()?, days.column("end")?.i64()?);
        let mut has_hours = false;
        let mut sums: BTreeMap<(i64, u32), Amount> = BTreeMap::new();
        // Keys that differ in nothing that is shown are one group.
        let mut numbers: BTreeMap<(Vec<Option<String>>, String), u32> = BTreeMap::new();
        let group_of: Vec<u32> = (0..table.keys.height())
            .map(|row| {
                let values = groups.iter().map(|column| column.get(row).map(str::to_owned)).collect();
                let next = numbers.len() as u32;
                *numbers.entry((values, currencies.get(row).unwrap_or_default().to_owned())).or_insert(next)
            })
            .collect();
        for (((key, begin), end), cost) in
            values(key).zip(values(begin)).zip(end.iter()).zip(values(cost.physical()))
        {
            has_hours |= begin.rem_euclid(DAY) != 0 || end.is_some_and(|end| end - begin == HOUR);
            let sum = sums.entry((begin.div_euclid(HOUR), group_of[key as usize])).or_default();
            *sum = sum.checked_add(Amount::from_units(cost)).ok_or(Error::SumTooLarge)?;
        }
        if !has_hours {
            return Err(Error::NoHours);
        }
        let mut shown: Vec<(Vec<Option<String>>, String)> = vec![Default::default(); numbers.len()];
        for (group, number) in numbers {
            shown[number as usize] = group;
        }
        let mut rows: Vec<HourRow> = sums
            .into_iter()
            .filter_map(|((hour, group), cost)| {
                let (keys, currency) = shown[group as usize].clone();
                let start = DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::hours(hour))?;
                Some(HourRow { start, keys, currency, cost })
            })
            .collect();
        rows.sort_by(|a, b| (a.start, &a.keys, &a.currency).cmp(&(b.start, &b.keys, &b.currency)));
        let group_columns = options.group_by.iter().map(Dimension::column).collect();
        Ok(Self { metric, group_columns, rows, controls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Needs, ReadOptions, select_charges};

    const HEADER: &str = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,SubAccountId,ServiceName\n";

    fn rows(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), format!("{HEADER}{text}")).unwrap();
        let options = ReadOptions { group_by: vec![Dimension::parse("service")], ..ReadOptions::default() };
        let inputs = [folder.path().to_string_lossy().into_owned()];
        let costs = HourlyCosts::of(select_charges(&inputs, &options, Needs::Hours, &|_| ())?)?;
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
