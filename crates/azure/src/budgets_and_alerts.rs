//! Budgets and the alerts that they raised.
//!
//! A budget's amount is in the billing currency, whatever its author meant. Its current spend is the
//! last that was evaluated, absent before that. Azure's own forecast of the period stands there only
//! where an alert on it was set up. Source: specification 2023-11-01, recorded replies.

use crate::{
    Request, Result, Scope, Transport,
    wire::{encoded, items, one, some, some_amount, some_day},
};
use billing::Amount;
use chrono::NaiveDate;
use serde::Deserialize;

/// A budget.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Budget {
    /// Its name.
    pub name: String,
    /// What it is set to, and how it stands.
    pub properties: BudgetState,
}

/// What a budget is set to, and how it stands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetState {
    /// `Cost`, or another thing that is watched.
    #[serde(default, deserialize_with = "some")]
    pub category: Option<String>,
    /// The amount, in the billing currency; nothing for budgets of something else.
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<Amount>,
    /// `Monthly`, `Quarterly`, `Annually`, or the same by billing period (`BillingMonth`, …).
    #[serde(default, deserialize_with = "some")]
    pub time_grain: Option<String>,
    /// The days that it holds for.
    pub time_period: Option<BudgetPeriod>,
    /// What is spent, when it was last evaluated.
    pub current_spend: Option<Spend>,
    /// Azure's own forecast of the period.
    pub forecast_spend: Option<Spend>,
}

/// The days of a budget, both in it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetPeriod {
    /// The first.
    #[serde(default, deserialize_with = "some_day")]
    pub start_date: Option<NaiveDate>,
    /// The last.
    #[serde(default, deserialize_with = "some_day")]
    pub end_date: Option<NaiveDate>,
}

/// An amount and its currency.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Spend {
    /// How much.
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<Amount>,
    /// The currency.
    #[serde(default, deserialize_with = "some")]
    pub unit: Option<String>,
}

/// An alert that was raised.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// What it says.
    pub properties: AlertState,
}

/// What an alert says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertState {
    /// `Active`, `Dismissed`, ….
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
    /// The budget or other thing that it is about.
    #[serde(default, deserialize_with = "some")]
    pub cost_entity_id: Option<String>,
    /// The amounts behind it.
    pub details: Option<AlertDetails>,
}

/// The amounts behind an alert.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertDetails {
    /// The share of the amount at which it is raised (0.8 is 80 %).
    #[serde(default, deserialize_with = "some_amount")]
    pub threshold: Option<Amount>,
    /// The budget's amount.
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<Amount>,
    /// Its currency.
    #[serde(default, deserialize_with = "some")]
    pub unit: Option<String>,
    /// What was spent.
    #[serde(default, deserialize_with = "some_amount")]
    pub current_spend: Option<Amount>,
}

/// The budgets of a scope.
///
/// # Errors
/// What [`Transport::call`] may say; [`crate::Error::BadReply`] with the place.
pub async fn budgets(transport: &Transport, scope: &Scope) -> Result<Vec<Budget>> {
    let path = format!("{}/providers/Microsoft.Consumption/budgets?api-version=2023-11-01", scope.path());
    items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}

/// The alerts of a scope.
///
/// # Errors
/// As [`budgets`].
pub async fn alerts(transport: &Transport, scope: &Scope) -> Result<Vec<Alert>> {
    let path = format!("{}/providers/Microsoft.CostManagement/alerts?api-version=2023-11-01", scope.path());
    items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}

/// A budget by its name.
///
/// # Errors
/// As [`budgets`].
pub async fn budget(transport: &Transport, scope: &Scope, name: &str) -> Result<Budget> {
    let path = format!(
        "{}/providers/Microsoft.Consumption/budgets/{}?api-version=2023-11-01",
        scope.path(),
        encoded(name)
    );
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}

/// An alert by its name.
///
/// # Errors
/// As [`budgets`].
pub async fn alert(transport: &Transport, scope: &Scope, name: &str) -> Result<Alert> {
    let path = format!(
        "{}/providers/Microsoft.CostManagement/alerts/{}?api-version=2023-11-01",
        scope.path(),
        encoded(name)
    );
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}

/// What Cost Management does by itself: sends a view, or looks for anomalies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ScheduledAction {
    /// Its name.
    pub name: String,
    /// `Email` or `InsightAlert`.
    #[serde(default, deserialize_with = "some")]
    pub kind: Option<String>,
}

/// A scheduled action by its name.
///
/// # Errors
/// As [`budgets`].
pub async fn scheduled_action(transport: &Transport, scope: &Scope, name: &str) -> Result<ScheduledAction> {
    let path = format!(
        "{}/providers/Microsoft.CostManagement/scheduledActions/{}?api-version=2023-11-01",
        scope.path(),
        encoded(name)
    );
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}
