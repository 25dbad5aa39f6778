//! Invoices: the classic service by subscription, and today's by account, profile or subscription.
//!
//! The classic one answers 404 where there is nothing, and knows no amounts. Of today's, `amountDue` is
//! what is left to pay, not the bill. First and last days are both in the period. A link to a PDF works for an hour or less and holds a signature.
//! Source: specifications 2017-04-24-preview and 2024-04-01, recorded replies of both.

use crate::{
    Error, LastFailure, Reply, Request, Result, Scope, Transport,
    wire::{Money, encoded, items, moment, one, some, some_day},
};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

pub(crate) const CLASSIC: &str = "2017-04-24-preview";
pub(crate) const TODAY: &str = "2024-04-01";

/// An invoice. Amounts are absent from the classic service and, some, from pay-as-you-go accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invoice {
    /// Its number.
    pub name: String,
    /// Its resource id, which downloads are asked by.
    pub id: String,
    /// First day of its period.
    pub first_day: Option<NaiveDate>,
    /// Last day of its period, in it.
    pub last_day: Option<NaiveDate>,
    /// The day it was issued, which may lie before the end of its period.
    pub invoice_date: Option<NaiveDate>,
    /// The day it is due.
    pub due_date: Option<NaiveDate>,
    /// `Due`, `Paid`, …; it says nothing about whether the period is final.
    pub status: Option<String>,
    /// `AzureServices`, `AzureMarketplace`, `AzureSupport`, where told.
    pub invoice_type: Option<String>,
    /// `Invoice`, `CreditNote`, …, where told.
    pub document_type: Option<String>,
    /// Whether it is the regular one of a month, where told.
    pub is_monthly: Option<bool>,
    /// Charges of the period, before credit and tax.
    pub billed_amount: Option<Money>,
    /// After credit, before tax.
    pub sub_total: Option<Money>,
    /// The tax.
    pub tax_amount: Option<Money>,
    /// Credit notes and refunds that were applied.
    pub credit_amount: Option<Money>,
    /// Prepayment that was used.
    pub prepayment_applied: Option<Money>,
    /// Free credit that was used.
    pub free_credit_applied: Option<Money>,
    /// What it asks for.
    pub total_amount: Option<Money>,
    /// What is left to pay now.
    pub amount_due: Option<Money>,
    /// The profile it belongs to.
    pub billing_profile_id: Option<String>,
    /// The subscription it belongs to.
    pub subscription_id: Option<String>,
    /// Names of its documents.
    pub documents: Vec<String>,
    /// The invoice that replaces it after a correction.
    pub replaced_by: Option<String>,
    /// The link to its PDF, where the reply brings one.
    pub link: Option<Link>,
}

/// A link to a file, which holds a signature and never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    url: String,
    /// Until when it works, as the service writes it.
    pub expires: Option<String>,
}

impl Link {
    /// Whether it worked until before `now`.
    #[must_use]
    pub fn has_expired(&self, now: chrono::DateTime<chrono::Utc>) -> bool {
        self.expires.as_deref().and_then(moment).is_some_and(|until| until <= now)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("expires", &self.expires).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct WireInvoice {
    #[serde(default, deserialize_with = "some")]
    id: Option<String>,
    name: String,
    properties: WireProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    #[serde(default, deserialize_with = "some_day")]
    invoice_period_start_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some_day")]
    invoice_period_end_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some_day")]
    invoice_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some_day")]
    due_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "some")]
    status: Option<String>,
    #[serde(default, deserialize_with = "some")]
    invoice_type: Option<String>,
    #[serde(default, deserialize_with = "some")]
    document_type: Option<String>,
    is_monthly_invoice: Option<bool>,
    billed_amount: Option<Money>,
    sub_total: Option<Money>,
    tax_amount: Option<Money>,
    credit_amount: Option<Money>,
    azure_prepayment_applied: Option<Money>,
    free_azure_credit_applied: Option<Money>,
    total_amount: Option<Money>,
    amount_due: Option<Money>,
    #[serde(default, deserialize_with = "some")]
    billing_profile_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    subscription_id: Option<String>,
    documents: Option<Vec<WireDocument>>,
    rebill_details: Option<Value>,
    download_url: Option<WireLink>,
}

#[derive(Deserialize)]
struct WireDocument {
    #[serde(default, deserialize_with = "some")]
    name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "some")]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLink {
    url: Option<String>,
    #[serde(default, deserialize_with = "some")]
    expiry_time: Option<String>,
}

impl From<WireLink> for Option<Link> {
    fn from(wire: WireLink) -> Self {
        Some(Link { url: wire.url?, expires: wire.expiry_time })
    }
}

impl From<WireInvoice> for Invoice {
    fn from(wire: WireInvoice) -> Self {
        let own = wire.properties;
        let documents = own.documents.unwrap_or_default();
        let inline = documents
            .iter()
            .filter(|document| document.kind.as_deref() == Some("Invoice"))
            .find_map(|document| document.url.clone())
            .map(|url| Link { url, expires: None });
        let id = wire.id.unwrap_or_default();
        Self {
            // Ids were seen without their first slash.
            id: if id.is_empty() { id } else { format!("/{}", id.trim_start_matches('/')) },
            name: wire.name,
            first_day: own.invoice_period_start_date,
            last_day: own.invoice_period_end_date,
            invoice_date: own.invoice_date,
            due_date: own.due_date,
            status: own.status,
            invoice_type: own.invoice_type,
            document_type: own.document_type,
            is_monthly: own.is_monthly_invoice,
            billed_amount: own.billed_amount,
            sub_total: own.sub_total,
            tax_amount: own.tax_amount,
            credit_amount: own.credit_amount,
            prepayment_applied: own.azure_prepayment_applied,
            free_credit_applied: own.free_azure_credit_applied,
            total_amount: own.total_amount,
            amount_due: own.amount_due,
            billing_profile_id: own.billing_profile_id,
            subscription_id: own.subscription_id,
            documents: documents.into_iter().filter_map(|document| document.name).collect(),
            replaced_by: newest(own.rebill_details.as_ref()),
            link: own.download_url.and_then(Option::<Link>::from).or(inline),
        }
    }
}

/// The newest invoice of a chain of corrections.
fn newest(details: Option<&Value>) -> Option<String> {
    let details = details?;
    newest(details.get("rebillDetails"))
        .or_else(|| details.get("invoiceDocumentId")?.as_str().map(str::to_owned))
}

/// Which days' invoices are wanted: those of periods that end in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, in it.
    pub last: NaiveDate,
}

/// The invoices of a scope, the newest first: of a billing account or profile, or of a subscription.
///
/// # Errors
/// [`Error::Usage`] for other scopes; what [`Transport::call`] may say; [`Error::BadReply`].
pub async fn invoices(transport: &Transport, scope: &Scope, between: Between) -> Result<Vec<Invoice>> {
    let home = match scope.subscription() {
        Some(id) if is_subscription(scope) => {
            format!("/providers/Microsoft.Billing/billingAccounts/default/billingSubscriptions/{id}")
        }
        None if scope.path().contains("/billingAccounts/") => scope.path().to_owned(),
        _ => {
            return Err(Error::Usage(format!(
                "invoices belong to a billing account, a billing profile or a subscription, not to `{scope}`"
            )));
        }
    };
    let path = format!(
        "{home}/invoices?api-version={TODAY}&periodStartDate={}&periodEndDate={}",
        between.from, between.last
    );
    let wires: Vec<WireInvoice> =
        items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(sorted(wires, between))
}

/// The invoices of a pay-as-you-go subscription by the classic service, the newest first.
///
/// # Errors
/// As [`invoices`]; that there are none is no error.
pub async fn classic_invoices(
    transport: &Transport,
    scope: &Scope,
    between: Between,
) -> Result<Vec<Invoice>> {
    let filter =
        format!("invoicePeriodEndDate ge {} and invoicePeriodEndDate le {}", between.from, between.last);
    let path = format!(
        "{}/providers/Microsoft.Billing/invoices?api-version={CLASSIC}&$filter={}&$expand=downloadUrl",
        subscription_only(scope, "classic invoices")?,
        encoded(&filter)
    );
    let first = Request::get(transport.endpoint().at(&path)?, scope.path());
    Ok(sorted(none_is_404(items(transport, first).await)?, between))
}

/// An invoice by its number alone.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`].
pub async fn invoice(transport: &Transport, number: &str) -> Result<Invoice> {
    let path = format!(
        "/providers/Microsoft.Billing/billingAccounts/default/invoices/{}?api-version={TODAY}",
        encoded(number)
    );
    let wire: WireInvoice = one(transport, Request::get(transport.endpoint().at(&path)?, number)).await?;
    Ok(wire.into())
}

/// An invoice of the classic service by its name, or `latest`. It brings the link to its PDF.
///
/// # Errors
/// As [`classic_invoices`], and that there is none.
pub async fn classic_invoice(transport: &Transport, scope: &Scope, name: &str) -> Result<Invoice> {
    let path = format!(
        "{}/providers/Microsoft.Billing/invoices/{}?api-version={CLASSIC}",
        subscription_only(scope, "classic invoices")?,
        encoded(name)
    );
    let wire: WireInvoice =
        one(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(wire.into())
}

/// The link to the PDF of an invoice: the one it brought, or one that is asked for.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`] for a reply without a link.
pub async fn invoice_link(transport: &Transport, scope: &Scope, invoice: &Invoice) -> Result<Link> {
    if let Some(link) = &invoice.link {
        let url = url::Url::parse(&link.url)
            .map_err(|error| Error::bad_reply("the invoice's link", error.to_string()))?;
        if !transport.endpoint().is_home(&url) && !transport.endpoint().plays(&url) {
            return Ok(link.clone());
        }
        // At the service itself the link begins a download, as one would ask for it.
        let at = transport.endpoint().at(&url[url::Position::BeforePath..])?;
        let request = Request::post(at, scope.path(), None);
        let what = request.what();
        return link_of(&transport.finish(request).await?, &what);
    }
    let document = invoice.documents.first();
    let name = document.map(|name| format!("&documentName={}", encoded(name))).unwrap_or_default();
    let path = format!("{}/download?api-version={TODAY}{name}", invoice.id);
    let request = Request::post(transport.endpoint().at(&path)?, scope.path(), None);
    let what = request.what();
    link_of(&transport.finish(request).await?, &what)
}

/// The link to several documents, or to a summary of an invoice, packed by the service: `action` is
/// `downloadDocuments` at a scope or `downloadSummary` at an invoice, `body` what it is asked with.
///
/// # Errors
/// As [`invoice_link`].
pub async fn documents_link(transport: &Transport, at: &str, action: &str, body: &Value) -> Result<Link> {
    let path = format!("{at}/{action}?api-version={TODAY}");
    let request = Request::post(transport.endpoint().at(&path)?, at, Some(body));
    let what = request.what();
    link_of(&transport.finish(request).await?, &what)
}

/// The link in a reply: `{url, expiryTime}`, the latter missing at times.
pub(crate) fn link_of(reply: &Reply, what: &str) -> Result<Link> {
    let wire: Value = reply.json(what)?;
    let text = |name: &str| wire.get(name).and_then(Value::as_str).map(str::to_owned);
    let url = text("url")
        .or_else(|| text("downloadUrl"))
        .ok_or_else(|| Error::bad_reply(what, "it holds no link"))?;
    Ok(Link { url, expires: text("expiryTime") })
}

/// Saves what lies behind a link.
///
/// # Errors
/// As [`Transport::save`]; [`Error::Unavailable`] for a link that has expired.
pub async fn save_link(
    transport: &Transport,
    scope: &Scope,
    link: &Link,
    path: &std::path::Path,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    if link.has_expired(now) {
        return Err(Error::Unavailable {
            what: "the invoice's file".to_owned(),
            tries: 0,
            waited: std::time::Duration::ZERO,
            last: LastFailure::LinkExpired(link.expires.clone().unwrap_or_default()),
        });
    }
    transport.save(&link.url, scope.path(), path).await
}

fn sorted(wires: Vec<WireInvoice>, between: Between) -> Vec<Invoice> {
    let mut invoices: Vec<Invoice> = wires.into_iter().map(Invoice::from).collect();
    // Filters that a service does not know are passed over by it in silence.
    invoices
        .retain(|invoice| invoice.last_day.is_none_or(|day| (between.from..=between.last).contains(&day)));
    invoices.sort_by(|a, b| (b.last_day, &b.name).cmp(&(a.last_day, &a.name)));
    invoices
}

/// The classic services answer 404 where a list would be empty.
pub(crate) fn none_is_404<T>(result: Result<Vec<T>>) -> Result<Vec<T>> {
    match result {
        Err(Error::Refused { fault, .. }) if fault.status == 404 && fault.code == "ResourceNotFound" => {
            Ok(Vec::new())
        }
        other => other,
    }
}

fn is_subscription(scope: &Scope) -> bool {
    scope.subscription().is_some_and(|id| scope.path().len() == "/subscriptions/".len() + id.len())
}

pub(crate) fn subscription_only<'a>(scope: &'a Scope, what: &str) -> Result<&'a str> {
    if is_subscription(scope) {
        return Ok(scope.path());
    }
    Err(Error::Usage(format!("{what} belong to a subscription, not to `{scope}`")))
}
