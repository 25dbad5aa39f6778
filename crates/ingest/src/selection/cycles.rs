//! The billing period of each charge: its own where the file states a usable one, otherwise the cycle of its day.

use crate::{Result, charges::charge_table::ChargeTable};
use billing::{BillingCycle, CycleDay};
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Gives each key one billing period: a key without a usable one of its own is split by the cycles,
/// after the cycle's rule, that its days lie in. The new column `stated` says which had one.
pub(crate) fn with_cycles(table: ChargeTable, cycle_day: CycleDay) -> Result<ChargeTable> {
    let mut table = table;
    let starts = table.keys.column("period_start")?;
    let stated = starts.is_not_null().with_name("stated".into());
    let is_whole = starts.null_count() == 0 && table.keys.column("period_end")?.null_count() == 0;
    table.keys.with_column(stated.into_column())?;
    if is_whole {
        return Ok(table);
    }
    let beside = table.with(&["period_start", "period_end", "calendar"])?;
    let height = beside.height();
    let (lines, days) = (beside.column("key")?.idx()?, beside.column("day")?.date()?);
    let calendar = beside.column("calendar")?.bool()?;
    let own = beside
        .column("period_start")?
        .date()?
        .as_date_iter()
        .zip(beside.column("period_end")?.date()?.as_date_iter());
    let mut numbers: BTreeMap<(IdxSize, NaiveDate, NaiveDate), IdxSize> = BTreeMap::new();
    let mut keys = Vec::with_capacity(height);
    for (((line, day), calendar), own) in lines.iter().zip(days.as_date_iter()).zip(calendar.iter()).zip(own)
    {
        let rule = if calendar == Some(true) { CycleDay::FIRST } else { cycle_day };
        let (start, end) = match own {
            (Some(start), Some(end)) => (start, end),
            (Some(start), None) => {
                let cycle = BillingCycle::containing(start, CycleDay::new(start.day())?);
                (start, cycle.end())
            }
            _ => {
                // Sums without a day are not kept by any file.
                let cycle = BillingCycle::containing(day.unwrap_or_default(), rule);
                (cycle.start(), cycle.end())
            }
        };
        let key = (line.unwrap_or_default(), start, end);
        numbers.insert(key, 0);
        keys.push(key);
    }
    for (next, number) in numbers.values_mut().enumerate() {
        *number = next as IdxSize;
    }
    let origin = IdxCa::from_vec("key".into(), numbers.keys().map(|(line, ..)| *line).collect());
    let mut split = table.keys.take(&origin)?;
    let dates = |name: &str, of: &dyn Fn(&(IdxSize, NaiveDate, NaiveDate)) -> NaiveDate| {
        DateChunked::from_naive_date(name.into(), numbers.keys().map(of)).into_column()
    };
    split.with_column(dates("period_start", &|(_, start, _)| *start))?;
    split.with_column(dates("period_end", &|(.., end)| *end))?;
    let line = IdxCa::from_vec("key".into(), keys.iter().map(|key| numbers[key]).collect());
    let mut days = table.days;
    days.with_column(line.into_column())?;
    Ok(ChargeTable { keys: split, days })
}
