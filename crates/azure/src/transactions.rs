//! Lines of invoices, and of what will come on the next one (Microsoft.Billing, 2024-04-01).

use crate::{
    Error, Invoice, Request, Result, Scope, Transport,
    invoices::{Between, TODAY},
    wire::{Money, items, one, some, some_amount, some_day},
};
use billing::Amount;
use chrono::NaiveDate;
use serde::Deserialize;

/// A line of an invoice, or of what will come on the next one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its day.
    #[serde(default, deserialize_with = "some_day")]
    pub date: Option<NaiveDate>,
    /// `Purchase`, `Usage`, ….
    #[serde(default, deserialize_with = "some")]
    pub transaction_type: Option<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "some")]
    pub product_description: Option<String>,
    /// What it comes to.
    pub transaction_amount: Option<Money>,
    /// Before tax.
    pub sub_total: Option<Money>,
    /// The tax.
    pub tax: Option<Money>,
    /// Credit that was used.
    pub azure_credit_applied: Option<Money>,
    /// The invoice, or `Pending`.
    #[serde(default, deserialize_with = "some")]
    pub invoice: Option<String>,
    /// The section it belongs to.
    #[serde(default, deserialize_with = "some")]
    pub invoice_section_id: Option<String>,
}

/// The lines of an invoice.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`] with the place.
pub async fn invoice_transactions(
    transport: &Transport,
    scope: &Scope,
    invoice: &Invoice,
) -> Result<Vec<Transaction>> {
    transactions(transport, scope, &format!("{}/transactions?api-version={TODAY}", invoice.id)).await
}

/// What will come on the next invoice of a billing profile (Customer Agreement).
///
/// # Errors
/// As [`invoice_transactions`]; [`Error::Usage`] for other scopes.
pub async fn unbilled_transactions(
    transport: &Transport,
    scope: &Scope,
    between: Between,
) -> Result<Vec<Transaction>> {
    if !scope.path().contains("/billingProfiles/") {
        return Err(Error::Usage(format!(
            "unbilled transactions belong to a billing profile, not to `{scope}`"
        )));
    }
    let path = format!(
        "{}/transactions?api-version={TODAY}&periodStartDate={}&periodEndDate={}&type=Unbilled",
        scope.path(),
        between.from,
        between.last
    );
    transactions(transport, scope, &path).await
}

async fn transactions(transport: &Transport, scope: &Scope, path: &str) -> Result<Vec<Transaction>> {
    #[derive(Deserialize)]
    struct Item {
        properties: Transaction,
    }
    let list: Vec<Item> =
        items(transport, Request::get(transport.endpoint().at(path)?, scope.path())).await?;
    Ok(list.into_iter().map(|item| item.properties).collect())
}

/// The sums of an invoice's lines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionSummary {
    /// The currency of every amount.
    #[serde(default, deserialize_with = "some")]
    pub billing_currency: Option<String>,
    /// Before tax.
    #[serde(default, deserialize_with = "some_amount")]
    pub sub_total: Option<Amount>,
    /// The tax.
    #[serde(default, deserialize_with = "some_amount")]
    pub tax: Option<Amount>,
    /// All of it.
    #[serde(default, deserialize_with = "some_amount")]
    pub total: Option<Amount>,
    /// Credit that was used.
    #[serde(default, deserialize_with = "some_amount")]
    pub azure_credit_applied: Option<Amount>,
}

/// The sums of the lines of an invoice.
///
/// # Errors
/// What [`Transport::call`] may say.
pub async fn transaction_summary(
    transport: &Transport,
    scope: &Scope,
    invoice: &Invoice,
) -> Result<TransactionSummary> {
    let path = format!("{}/transactionSummary?api-version={TODAY}", invoice.id);
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}
