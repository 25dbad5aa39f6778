//! `series`: the daily cost series that a forecast sees.

use crate::{
    charges,
    config::Config,
    exit::Exit,
    options::{Global, Series},
    output,
};
use anyhow::Result;
use ingest::{DailyCosts, Leaf};
use report::{Column, ColumnValues, Dataset, columns};
use std::sync::Arc;

pub fn run(global: &Global, config: &Config, options: &Series) -> Result<Exit> {
    charges::refuse_ledger(options.ledger.as_deref())?;
    let mut wanted = options.charges.clone();
    config.defaults.fill(&mut wanted)?;
    let daily = charges::read(global, &wanted, &wanted.read_options()?)?;
    let dataset = dataset(&daily)?;
    drop(daily);
    output::write_dataset(global, &dataset)?;
    Ok(Exit::Done)
}

/// The rows of the interface's "Daily series".
fn dataset(daily: &DailyCosts) -> Result<Dataset> {
    let (mut group_of, mut starts, mut costs) = (Vec::new(), Vec::new(), Vec::new());
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
