//! Azure's billing APIs: what is asked, politely, and what the replies mean.
//!
//! One [`Transport`] carries every call: it waits as long as a service asks, retries what may pass and
//! nothing else, follows pages to their end and redirects without the token. The services on top of it
//! turn replies into plain records; amounts and quantities are exact decimals from the reply's text.
//!
//! A [`Sender`] does the actual sending, so that waits are tested in simulated time. Nothing here
//! prints a token, a signature or a key.

mod billing_accounts;
mod billing_periods;
#[cfg(feature = "blobs")]
mod blobs;
mod budgets;
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
mod priced;
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
pub use budgets::{
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
pub use priced::priced_charges;
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
