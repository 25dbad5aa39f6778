//! Billing accounts and profiles: which agreement, which currency, on which day the invoice comes.
//!
//! The agreement decides on cycle, price currency and which services work, so it is read first.
//! Source: specification 2024-04-01, recorded replies.

use crate::{
    Request, Result, Scope, Transport,
    wire::{items, one, some, some_amount, some_day},
};
use billing::Amount;
use chrono::NaiveDate;
use serde::Deserialize;

const VERSION: &str = "2024-04-01";

/// A billing account.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BillingAccount {
    /// Its id.
    pub id: String,
    /// Its name: the number of an enrolment, or a GUID.
    pub name: String,
    /// What it is.
    pub properties: AccountFacts,
}

/// What a billing account is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountFacts {
    /// `MicrosoftCustomerAgreement`, `EnterpriseAgreement`, `MicrosoftOnlineServicesProgram`, ….
    #[serde(default, deserialize_with = "some")]
    pub agreement_type: Option<String>,
    /// `Individual`, `Enterprise`, ….
    #[serde(default, deserialize_with = "some")]
    pub account_type: Option<String>,
    /// What people call it.
    #[serde(default, deserialize_with = "some")]
    pub display_name: Option<String>,
}

/// A billing profile of a Customer Agreement: what one invoice is for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BillingProfile {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub properties: ProfileFacts,
}

/// What a billing profile is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileFacts {
    /// What people call it.
    #[serde(default, deserialize_with = "some")]
    pub display_name: Option<String>,
    /// The currency of its invoices.
    #[serde(default, deserialize_with = "some")]
    pub currency: Option<String>,
    /// The day of the month on which its invoice comes.
    pub invoice_day: Option<u32>,
    /// `On` or `Off`.
    #[serde(default, deserialize_with = "some")]
    pub spending_limit: Option<String>,
    /// Credits that limit spending.
    #[serde(default)]
    pub spending_limit_details: Vec<SpendingLimit>,
}

/// A credit that limits spending.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpendingLimit {
    /// How much.
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<Amount>,
    /// Its currency.
    #[serde(default, deserialize_with = "some")]
    pub currency: Option<String>,
    /// From when.
    #[serde(default, deserialize_with = "some_day")]
    pub start_date: Option<NaiveDate>,
    /// Until when.
    #[serde(default, deserialize_with = "some_day")]
    pub end_date: Option<NaiveDate>,
    /// `FreeAccount`, `MSDN`, ….
    #[serde(default, deserialize_with = "some", rename = "type")]
    pub kind: Option<String>,
    /// `Active`, `Expired`, ….
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
}

/// What a subscription's plan is, from the resource manager.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionPlan {
    /// What people call it.
    #[serde(default, deserialize_with = "some")]
    pub display_name: Option<String>,
    /// `Enabled`, ….
    #[serde(default, deserialize_with = "some")]
    pub state: Option<String>,
    /// Its policies.
    pub subscription_policies: Option<SubscriptionPolicies>,
}

/// The policies of a subscription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionPolicies {
    /// Tells the family of its offer, such as `PayAsYouGo_2014-09-01`.
    #[serde(default, deserialize_with = "some")]
    pub quota_id: Option<String>,
    /// `On`, `Off` or `CurrentPeriodOff`.
    #[serde(default, deserialize_with = "some")]
    pub spending_limit: Option<String>,
}

/// The billing accounts that can be seen.
///
/// # Errors
/// What [`Transport::call`] may say; [`crate::Error::BadReply`] with the place.
pub async fn billing_accounts(transport: &Transport) -> Result<Vec<BillingAccount>> {
    let path = format!("/providers/Microsoft.Billing/billingAccounts?api-version={VERSION}");
    items(transport, Request::get(transport.endpoint().at(&path)?, "billing accounts")).await
}

/// The profiles of a billing account.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_profiles(transport: &Transport, account: &Scope) -> Result<Vec<BillingProfile>> {
    let path = format!("{}/billingProfiles?api-version={VERSION}", account.path());
    items(transport, Request::get(transport.endpoint().at(&path)?, account.path())).await
}

/// The plan of a subscription.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn subscription_plan(transport: &Transport, scope: &Scope) -> Result<SubscriptionPlan> {
    let path = format!("{}?api-version=2022-12-01", scope.path());
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}
