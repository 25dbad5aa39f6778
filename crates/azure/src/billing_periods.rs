//! Billing periods of pay-as-you-go subscriptions, by the classic service.
//!
//! First and last days are both in a period; there are gaps between periods, short ones and ones without
//! an invoice. Names tell nothing; only their days do.
//! Source: specification 2017-04-24-preview, recorded replies.

use crate::{
    Error, Request, Result, Scope, Transport,
    invoices::{CLASSIC, none_is_404, subscription_only},
    wire::{encoded, items, one, some_day},
};
use chrono::NaiveDate;
use serde::Deserialize;

/// A billing period of a pay-as-you-go subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct BillingPeriod {
    /// Its name, which tells nothing.
    pub name: String,
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day, in it.
    pub last_day: NaiveDate,
    /// Its invoices; none while it is open, and often for offers with credit.
    pub invoices: Vec<String>,
}

#[derive(Deserialize)]
struct WirePeriod {
    name: String,
    properties: WirePeriodDays,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePeriodDays {
    #[serde(default, deserialize_with = "some_day")]
    billing_period_start_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some_day")]
    billing_period_end_date: Option<NaiveDate>,
    invoice_ids: Option<Vec<String>>,
}

impl WirePeriod {
    fn read(self, what: &str) -> Result<BillingPeriod> {
        let days = self.properties.billing_period_start_date.zip(self.properties.billing_period_end_date);
        let (first_day, last_day) =
            days.ok_or_else(|| Error::bad_reply(what, format!("`{}` has no days", self.name)))?;
        let name = |id: String| id.rsplit('/').next().unwrap_or_default().to_owned();
        let invoices = self.properties.invoice_ids.unwrap_or_default().into_iter().map(name).collect();
        Ok(BillingPeriod { name: self.name, first_day, last_day, invoices })
    }
}

/// The billing periods of a pay-as-you-go subscription, the newest first.
///
/// # Errors
/// As [`classic_invoices`](crate::classic_invoices).
pub async fn billing_periods(transport: &Transport, scope: &Scope) -> Result<Vec<BillingPeriod>> {
    let path = format!(
        "{}/providers/Microsoft.Billing/billingPeriods?api-version={CLASSIC}",
        subscription_only(scope, "billing periods")?
    );
    let first = Request::get(transport.endpoint().at(&path)?, scope.path());
    let what = first.what();
    let periods: Vec<WirePeriod> = none_is_404(items(transport, first).await)?;
    periods.into_iter().map(|period| period.read(&what)).collect()
}

/// A billing period by its name.
///
/// # Errors
/// As [`classic_invoices`](crate::classic_invoices), and that there is none.
pub async fn billing_period(transport: &Transport, scope: &Scope, name: &str) -> Result<BillingPeriod> {
    let path = format!(
        "{}/providers/Microsoft.Billing/billingPeriods/{}?api-version={CLASSIC}",
        subscription_only(scope, "billing periods")?,
        encoded(name)
    );
    let request = Request::get(transport.endpoint().at(&path)?, scope.path());
    let what = request.what();
    let period: WirePeriod = one(transport, request).await?;
    period.read(&what)
}
