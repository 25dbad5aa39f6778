//! Any daily series instead of charges: a long table with ids, days and values.

use crate::{Result, bill::leaf_of};
use forecast::Leaf;
use ingest::{LeafOutlook, Outlook, SeriesColumns, SeriesTable};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which table, and what its columns mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesTableRequest {
    /// The table: Parquet or CSV.
    pub path: PathBuf,
    /// Columns that name a series; `unique_id` by default.
    pub id_columns: Vec<String>,
    /// Whether the id columns are the levels of a tree, whose root is forecast and whose rows are drawn to it.
    pub tree: bool,
    /// Column of the day; `ds` by default.
    pub date_column: Option<String>,
    /// Column of the value; `y` by default.
    pub value_column: Option<String>,
    /// Whether a day without a row is zero; missing by default.
    pub fill_zero: bool,
}

/// The names of its columns.
pub(crate) fn columns_of(request: &SeriesTableRequest) -> SeriesColumns {
    let usual = SeriesColumns::default();
    SeriesColumns {
        ids: if request.id_columns.is_empty() { usual.ids } else { request.id_columns.clone() },
        date: request.date_column.clone().unwrap_or(usual.date),
        value: request.value_column.clone().unwrap_or(usual.value),
    }
}

/// Reads the table.
///
/// # Errors
/// Unusable input.
pub(crate) fn read_series(request: &SeriesTableRequest) -> Result<SeriesTable> {
    Ok(SeriesTable::read(&request.path, columns_of(request), request.fill_zero.then_some(0.0))?)
}

/// The series of a table as leaves.
pub(crate) fn leaves_of(table: &SeriesTable, outlook: &Outlook) -> Vec<Leaf> {
    let leaf = |(ids, facts): (&Vec<String>, &LeafOutlook)| Leaf {
        keys: ids.iter().cloned().map(Some).collect(),
        names: ids.clone(),
        currency: None,
        ..leaf_of(facts)
    };
    table.ids.iter().zip(&outlook.leaves).map(leaf).collect()
}
