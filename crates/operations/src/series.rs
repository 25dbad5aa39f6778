//! The daily cost series that a forecast sees, or the hourly ones where the source has hours.

use crate::{
    ChargesRequest, Finding, Host, Result,
    charges::{self, ReadCharges},
};
use chrono::TimeDelta;
use ingest::{Controls, DailyColumns, DailyCosts, HourRow, HourlyCosts, Leaf};
use rayon::prelude::*;
use report::{Column, ColumnValues, Dataset, columns};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Days or hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// By UTC day.
    #[default]
    Daily,
    /// By hour: only hours with charges have rows.
    Hourly,
}

/// Which series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesRequest {
    /// Which charges.
    pub charges: ChargesRequest,
    /// Days or hours.
    pub granularity: Granularity,
}

/// Series as rows.
pub struct SeriesRows {
    /// One row a group, currency and day, or hour.
    pub dataset: Dataset,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Reads the series of a request.
///
/// # Errors
/// Unusable input; a request that contradicts it.
pub fn series(request: &SeriesRequest, host: &Host<'_>) -> Result<SeriesRows> {
    let options = request.charges.read_options()?;
    match request.granularity {
        Granularity::Daily => {
            let ReadCharges { daily, mut findings, .. } = charges::read(&request.charges, &options, host)?;
            findings.extend(estimates(&daily.controls));
            Ok(SeriesRows { dataset: daily_dataset(&daily)?, findings })
        }
        Granularity::Hourly => {
            let (costs, mut findings) = charges::read_hourly(&request.charges, &options, host)?;
            findings.extend(estimates(&costs.controls));
            Ok(SeriesRows { dataset: hourly_dataset(&costs)?, findings })
        }
    }
}

/// A series has no place for notes; that its costs are estimates is a warning here.
fn estimates(controls: &Controls) -> Option<Finding> {
    let found = controls.findings.iter().find(|finding| matches!(finding, ingest::Finding::Estimates))?;
    Some(Finding::warning(found.to_string()))
}

fn hourly_dataset(costs: &HourlyCosts) -> Result<Dataset> {
    let start = |row: &HourRow| Some(row.start);
    let end = |row: &HourRow| row.start.checked_add_signed(TimeDelta::hours(1));
    let text =
        |get: &dyn Fn(&HourRow) -> Option<String>| ColumnValues::Text(costs.rows.iter().map(get).collect());
    let mut all = vec![
        Column::new(
            columns::CHARGE_PERIOD_START,
            ColumnValues::Moment(costs.rows.iter().map(start).collect()),
        ),
        Column::new(columns::CHARGE_PERIOD_END, ColumnValues::Moment(costs.rows.iter().map(end).collect())),
    ];
    for (place, name) in costs.group_columns.iter().enumerate() {
        all.push(Column::new(name.as_str(), text(&|row| row.keys[place].clone())));
    }
    all.push(Column::new(columns::BILLING_CURRENCY, text(&|row| Some(row.currency.clone()))));
    let values = costs.rows.iter().map(|row| Some(row.cost)).collect();
    all.push(Column::new(costs.metric.column(), ColumnValues::Amount { values, least_digits: 0 }));
    let (schema, version) = columns::HOURLY_SERIES;
    let meta = charges::meta("series", costs.metric, &costs.controls);
    Ok(Dataset::new(schema, version, all)?.with_meta(meta)?)
}

/// The rows of the interface's "Daily series".
fn daily_dataset(daily: &DailyCosts) -> Result<Dataset> {
    let groups: Vec<&[Leaf]> = daily.groups().collect();
    let DailyColumns { groups: group_of, days, costs } = daily.columns();
    let ends = days.par_iter().map(|day| day.succ_opt()).collect();
    let starts = days.into_par_iter().map(Some).collect();
    let mut all = vec![
        Column::new(columns::CHARGE_PERIOD_START, ColumnValues::Timestamp(starts)),
        Column::new(columns::CHARGE_PERIOD_END, ColumnValues::Timestamp(ends)),
    ];
    let group_of: Arc<[u32]> = group_of.into();
    let text = |get: &dyn Fn(&Leaf) -> Option<String>| ColumnValues::Repeated {
        values: groups.iter().map(|leaves| get(&leaves[0])).collect(),
        rows: Arc::clone(&group_of),
    };
    // `x_ChargeKind` has its place behind the currency.
    let (kinds, others): (Vec<_>, Vec<_>) =
        daily.group_columns.iter().enumerate().partition(|(_, name)| *name == columns::CHARGE_KIND);
    let group =
        |(place, name): (usize, &String)| Column::new(name.as_str(), text(&|leaf| leaf.keys[place].clone()));
    all.extend(others.into_iter().map(group));
    all.push(Column::new(columns::BILLING_CURRENCY, text(&|leaf| Some(leaf.currency.code().to_owned()))));
    all.extend(kinds.into_iter().map(group));
    let cost = ColumnValues::Amount { values: costs, least_digits: 0 };
    all.push(Column::new(daily.metric.column(), cost));
    let (schema, version) = columns::DAILY_SERIES;
    Ok(Dataset::new(schema, version, all)?.with_meta(charges::meta(
        "series",
        daily.metric,
        &daily.controls,
    ))?)
}
