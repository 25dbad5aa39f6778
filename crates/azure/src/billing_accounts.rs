//! Billing accounts and profiles: which agreement, which currency, on which day the invoice comes.
//!
//! The agreement decides on cycle, price currency and which services work, so it is read first.
//! Source: specification 2024-04-01, recorded replies.

use crate::{
    Request, Result, Scope, Transport,
    wire::{Money, encoded, items, one, some, some_amount, some_day},
};
use billing::Amount;
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

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
    /// Its profiles, where the reply brings them.
    #[serde(default, deserialize_with = "profiles")]
    pub billing_profiles: Vec<BillingProfile>,
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

/// A subscription or product that an account is billed for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingSubscription {
    /// What people call it.
    #[serde(default, deserialize_with = "some")]
    pub display_name: Option<String>,
    /// The profile that pays for it.
    #[serde(default, deserialize_with = "some")]
    pub billing_profile_id: Option<String>,
    /// The section of the invoice that it is on.
    #[serde(default, deserialize_with = "some")]
    pub invoice_section_id: Option<String>,
    /// `Active`, ….
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
}

/// The agreement that a subscription is billed under.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingProperty {
    /// `MicrosoftOnlineServicesProgram`, ….
    #[serde(default, deserialize_with = "some")]
    pub billing_account_agreement_type: Option<String>,
    /// The account.
    #[serde(default, deserialize_with = "some")]
    pub billing_account_id: Option<String>,
    /// `Free`, ….
    #[serde(default, deserialize_with = "some")]
    pub subscription_billing_type: Option<String>,
}

/// An account that subscriptions can be made in, and for which offers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrollmentAccount {
    /// Ids of offers.
    #[serde(default)]
    pub offer_types: Vec<String>,
}

/// Profiles inside an account: a list, or an object that holds one.
fn profiles<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<BillingProfile>, D::Error> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        value: Vec<BillingProfile>,
    }
    let raw = <Box<RawValue>>::deserialize(deserializer)?;
    serde_json::from_str(raw.get())
        .or_else(|_| serde_json::from_str::<Page>(raw.get()).map(|page| page.value))
        .map_err(D::Error::custom)
}

/// Something in an envelope.
#[derive(Deserialize)]
struct Own<T> {
    properties: T,
}

/// A billing account by its path; with its profiles where they are asked for and told.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_account(transport: &Transport, account: &Scope) -> Result<BillingAccount> {
    let path = format!("{}?api-version={VERSION}", account.path());
    one(transport, Request::get(transport.endpoint().at(&path)?, account.path())).await
}

/// A billing profile by its path.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_profile(transport: &Transport, profile: &Scope) -> Result<BillingProfile> {
    let path = format!("{}?api-version={VERSION}", profile.path());
    one(transport, Request::get(transport.endpoint().at(&path)?, profile.path())).await
}

/// What a billing account or profile is billed for.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_subscriptions(transport: &Transport, scope: &Scope) -> Result<Vec<BillingSubscription>> {
    let path = format!("{}/billingSubscriptions?api-version={VERSION}", scope.path());
    let list: Vec<Own<BillingSubscription>> =
        items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(list.into_iter().map(|own| own.properties).collect())
}

/// A subscription or product that an account is billed for, by its name.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_subscription(
    transport: &Transport,
    scope: &Scope,
    name: &str,
) -> Result<BillingSubscription> {
    let path = format!("{}/billingSubscriptions/{}?api-version={VERSION}", scope.path(), encoded(name));
    let own: Own<BillingSubscription> =
        one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(own.properties)
}

/// What a subscription is billed under.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn billing_property(transport: &Transport, scope: &Scope) -> Result<BillingProperty> {
    let path =
        format!("{}/providers/Microsoft.Billing/billingProperty/default?api-version={VERSION}", scope.path());
    let own: Own<BillingProperty> =
        one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(own.properties)
}

/// What is left to be used of payments; `None` where the reply does not tell, which is not zero.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn available_balance(transport: &Transport, scope: &Scope) -> Result<Option<Money>> {
    #[derive(Deserialize)]
    struct Wire {
        amount: Option<Money>,
    }
    let path = format!("{}/availableBalance/default?api-version={VERSION}", scope.path());
    let own: Own<Wire> = one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(own.properties.amount)
}

/// Accounts that subscriptions can be made in.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn enrollment_accounts(transport: &Transport) -> Result<Vec<EnrollmentAccount>> {
    let path = "/providers/Microsoft.Billing/enrollmentAccounts?api-version=2018-03-01-preview";
    let list: Vec<Own<EnrollmentAccount>> =
        items(transport, Request::get(transport.endpoint().at(path)?, "enrollment accounts")).await?;
    Ok(list.into_iter().map(|own| own.properties).collect())
}

/// The plan of a subscription.
///
/// # Errors
/// As [`billing_accounts`].
pub async fn subscription_plan(transport: &Transport, scope: &Scope) -> Result<SubscriptionPlan> {
    let path = format!("{}?api-version=2022-12-01", scope.path());
    one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await
}
