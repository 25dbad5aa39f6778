//! Cost Management's exports: which there are, where they are delivered, how their runs went.
//!
//! Source: specification 2023-07-01-preview and 2023-11-01, recorded replies of 2019-11-01 on.

use crate::{
    Request, Result, Scope, Transport,
    wire::{encoded, items, one, some, some_day},
};
use chrono::NaiveDate;
use serde::Deserialize;

const VERSION: &str = "2023-07-01-preview";

/// An export that was set up.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is set to.
    pub properties: ExportSettings,
}

/// What an export is set to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportSettings {
    /// `Csv` or `Parquet`.
    #[serde(default, deserialize_with = "some")]
    pub format: Option<String>,
    /// Where it goes.
    pub delivery_info: Delivery,
    /// What it holds.
    pub definition: Definition,
    /// When it is made.
    pub schedule: Option<Schedule>,
}

/// Where an export goes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Delivery {
    /// The place.
    pub destination: Destination,
}

/// A place in storage.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// The storage account's resource id.
    #[serde(default, deserialize_with = "some")]
    pub resource_id: Option<String>,
    /// The container.
    pub container: String,
    /// The folder in it.
    #[serde(default, deserialize_with = "some")]
    pub root_folder_path: Option<String>,
}

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Definition {
    /// `ActualCost`, `AmortizedCost`, `FocusCost`, `Usage`, or something without costs.
    #[serde(rename = "type")]
    pub kind: String,
    /// The days of each run.
    #[serde(default, deserialize_with = "some")]
    pub timeframe: Option<String>,
}

/// When an export is made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Schedule {
    /// `Active` or not.
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
    /// `Daily`, `Weekly`, `Monthly`, ….
    #[serde(default, deserialize_with = "some")]
    pub recurrence: Option<String>,
}

/// A run of an export.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportRun {
    /// `Completed`, `Failed`, ….
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
    /// When it was submitted, as the service writes it.
    #[serde(default, deserialize_with = "some")]
    pub submitted_time: Option<String>,
    /// Its first day.
    #[serde(default, deserialize_with = "some_day")]
    pub start_date: Option<NaiveDate>,
    /// Its last day.
    #[serde(default, deserialize_with = "some_day")]
    pub end_date: Option<NaiveDate>,
    /// Its manifest, in the container.
    #[serde(default, deserialize_with = "some")]
    pub manifest_file: Option<String>,
    /// Its file, in the container.
    #[serde(default, deserialize_with = "some")]
    pub file_name: Option<String>,
}

impl Destination {
    /// The name of the storage account.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.resource_id.as_deref()?.rsplit('/').next()
    }
}

/// The exports of a scope.
///
/// # Errors
/// What [`Transport::call`] may say; [`crate::Error::BadReply`] with the place.
pub async fn exports(transport: &Transport, scope: &Scope) -> Result<Vec<Export>> {
    let path = format!("{}/providers/Microsoft.CostManagement/exports?api-version={VERSION}", scope.path());
    items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}

/// The runs of an export, as the service lists them.
///
/// # Errors
/// As [`exports`].
pub async fn export_runs(transport: &Transport, scope: &Scope, export: &str) -> Result<Vec<ExportRun>> {
    #[derive(Deserialize)]
    struct Item {
        properties: ExportRun,
    }
    let path = format!(
        "{}/providers/Microsoft.CostManagement/exports/{}/runHistory?api-version={VERSION}",
        scope.path(),
        encoded(export)
    );
    let runs: Vec<Item> =
        items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(runs.into_iter().map(|item| item.properties).collect())
}

/// An export by its name.
///
/// # Errors
/// As [`exports`].
pub async fn export(transport: &Transport, scope: &Scope, name: &str) -> Result<Export> {
    let path = format!(
        "{}/providers/Microsoft.CostManagement/exports/{}?api-version={VERSION}",
        scope.path(),
        encoded(name)
    );
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}
