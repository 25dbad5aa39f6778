//! `series`: the daily cost series that a forecast sees.

use crate::{
    charges,
    config::Config,
    exit::Exit,
    options::{Charges, Global, Granularity, Series},
    output,
};
use anyhow::Result;
use chrono::TimeDelta;
use ingest::{DailyCosts, HourRow, Leaf, read_hourly};
use report::{Column, ColumnValues, Dataset, columns};
use std::sync::Arc;

pub fn run(global: &Global, config: &Config, options: &Series) -> Result<Exit> {
    charges::refuse_ledger(options.ledger.as_deref())?;
    let mut wanted = options.charges.clone();
    config.defaults.fill(&mut wanted)?;
    if options.granularity == Granularity::Hourly {
        return hourly(global, &wanted);
    }
    let daily = charges::read(global, &wanted, &wanted.read_options()?)?;
    let dataset = dataset(&daily)?;
    drop(daily);
    output::write_dataset(global, &dataset)?;
    Ok(Exit::Done)
}

/// The same by the hour: only hours with charges have rows.
fn hourly(global: &Global, wanted: &Charges) -> Result<Exit> {
    let options = wanted.read_options()?;
    let costs = read_hourly(&charges::whole_inputs(wanted)?, &options, &|_| ())?;
    charges::say(&costs.controls);
    if costs.has_estimates() {
        tracing::warn!("costs are estimates: usage priced by a rate card");
    }
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
    output::write_dataset(global, &Dataset::new("hourly_series", 1, all)?)?;
    Ok(Exit::Done)
}

/// The rows of the interface's "Daily series".
fn dataset(daily: &DailyCosts) -> Result<Dataset> {
    let count = daily.row_count();
    let mut group_of = Vec::with_capacity(count);
    let mut starts = Vec::with_capacity(count);
    let mut costs = Vec::with_capacity(count);
    for row in daily.rows() {
        group_of.push(row.group as u32);
        starts.push(Some(row.day));
        costs.push(row.cost);
    }
    let ends = starts.iter().map(|day| day.and_then(|day| day.succ_opt())).collect();
    let mut all = vec![
        Column::new(columns::CHARGE_PERIOD_START, ColumnValues::Timestamp(starts)),
        Column::new(columns::CHARGE_PERIOD_END, ColumnValues::Timestamp(ends)),
    ];
    let groups: Vec<&Leaf> = daily.groups().map(|leaves| &leaves[0]).collect();
    let group_of: Arc<[u32]> = group_of.into();
    let text = |get: &dyn Fn(&Leaf) -> Option<String>| ColumnValues::Repeated {
        values: groups.iter().map(|leaf| get(leaf)).collect(),
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
    Ok(Dataset::new(schema, version, all)?.with_meta(charges::meta("series", daily))?)
}
