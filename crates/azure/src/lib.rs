//! Clients of Azure's billing APIs: polite calls, and replies as plain records with exact decimal amounts.
//!
//! 1. **Sign in.** `SignIn` (feature `sign-in`) is a [`TokenSource`]: service principal, workload, machine or `az login`.
//! 2. **Call.** One [`Transport`] carries every call to an [`Endpoint`]. It keeps the [`Limit`]s of its [`RateLimiter`],
//!    waits as long as the service asks, retries what may pass by its [`RetryPolicy`], follows pages to their end, and
//!    redirects without the token. A [`Sender`] sends single requests, so tests run in simulated time.
//! 3. **Read.** Each service has a query or a function: usage and rate cards ([`UsageQuery`], [`RateCardQuery`]), retail
//!    prices ([`RetailQuery`]), costs ([`CostQuery`], [`cost_details`], [`UsageDetailsQuery`]), exports ([`exports()`]),
//!    invoices ([`invoices()`]), files in storage (`Blobs`, feature `blobs`).
//! 4. **Failures.** [`Error`] has a variant for each reaction of a caller. No text holds a token, a signature or a key.
//!
//! ```
//! use azure::{
//!     Clock, Cloud, Endpoint, Limit, RateLimiter, Reply, Request, RetailQuery, SendFault, Sender, Sending, Token, Transport,
//! };
//! use std::sync::Arc;
//!
//! /// Plays the service: one page with one price.
//! struct Service;
//!
//! impl Sender for Service {
//!     fn send<'a>(&'a self, _: &'a Request, _: Option<&'a Token>) -> Sending<'a, Result<Reply, SendFault>> {
//!         let body = r#"{"Items":[{"currencyCode":"EUR","tierMinimumUnits":0.0,"retailPrice":0.1093,"meterId":"m",
//!             "unitOfMeasure":"1 Hour","type":"Consumption","armSkuName":"Standard_D2s_v5"}],"NextPageLink":null}"#;
//!         Box::pin(async move { Ok(Reply { status: 200, headers: http::HeaderMap::new(), body: body.into() }) })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let clock = Clock::simulated(|| "2026-11-25T12:00:00Z".parse().unwrap());
//! let limiter = Arc::new(RateLimiter::new(Limit::a_minute(4), Limit::a_minute(60), clock.clone()));
//! let endpoint = Endpoint::new(Cloud::Public.retail(), Cloud::Public)?;
//! // Retail prices need no sign-in; the seed decides the jitter of waits.
//! let transport = Transport::new(Arc::new(Service), None, endpoint, limiter, clock, 7);
//! let fields = vec![("armSkuName", "Standard_D2s_v5".to_owned())];
//! let query = RetailQuery { currency: Some("EUR".to_owned()), fields, primary_only: false };
//! let reply = query.fetch(&transport).await?;
//! assert_eq!(reply.items[0].retail_price.to_string(), "0.1093");
//! # Ok::<(), azure::Error>(())
//! # }).unwrap();
//! ```

mod billing_accounts;
mod billing_periods;
#[cfg(feature = "blobs")]
mod blobs;
mod budgets_and_alerts;
#[cfg(feature = "sign-in")]
mod certificate;
mod clock;
mod cloud;
pub mod consumption;
mod cost_details;
mod cost_query;
mod error;
mod exports;
#[cfg(feature = "sign-in")]
mod http_sender;
mod invoices;
mod message;
mod paging;
mod rate_card;
mod rate_limit;
mod retail;
mod retry_after;
mod scope;
mod service_error;
#[cfg(feature = "sign-in")]
mod sign_in;
mod sizes;
mod transactions;
mod transport;
mod usage;
mod usage_details;
mod wire;

pub use billing_accounts::{
    AccountFacts, BillingAccount, BillingProfile, BillingProperty, BillingSubscription, EnrollmentAccount,
    ProfileFacts, SpendingLimit, SubscriptionPlan, SubscriptionPolicies, available_balance, billing_account,
    billing_accounts, billing_profile, billing_profiles, billing_property, billing_subscription,
    billing_subscriptions, enrollment_accounts, subscription_plan,
};
pub use billing_periods::{BillingPeriod, billing_period, billing_periods};
#[cfg(feature = "blobs")]
pub use blobs::{Blob, BlobAddress, Blobs};
pub use budgets_and_alerts::{
    Alert, AlertDetails, AlertState, Budget, BudgetPeriod, BudgetState, ScheduledAction, Spend, alert,
    alerts, budget, budgets, scheduled_action,
};
pub use clock::Clock;
pub use cloud::{Cloud, Endpoint};
pub use cost_details::{CostDetails, DetailsFile, cost_details};
pub use cost_query::{CostQuery, DimensionValues, QueryGroup, QueryRow, dimensions, own_forecast};
pub use error::{Error, LastFailure, Result};
pub use exports::{
    Definition, Delivery, Destination, Export, ExportRun, ExportSettings, Schedule, export, export_runs,
    exports,
};
#[cfg(feature = "sign-in")]
pub use http_sender::{HttpSender, TimeOuts};
pub use invoices::{
    Between, Invoice, Link, classic_invoice, classic_invoices, documents_link, invoice, invoice_link,
    invoices, save_link,
};
pub use message::{Reply, Request, SendFault, Sender, Sending, Token, TokenSource};
pub use rate_card::RateCardQuery;
pub use rate_limit::{Limit, RateLimiter};
pub use retail::RetailQuery;
pub use scope::Scope;
pub use service_error::ServiceError;
#[cfg(feature = "sign-in")]
pub use sign_in::{Method, ReadyToken, SignIn};
pub use sizes::{Size, sizes};
pub use transactions::{
    Transaction, TransactionSummary, invoice_transactions, transaction_summary, unbilled_transactions,
};
pub use transport::{RetryPolicy, Transport};
pub use usage::{Granularity, UsageQuery, UsageRecord, UsageResource};
pub use usage_details::{UsageDetails, UsageDetailsQuery};
pub use wire::Money;
