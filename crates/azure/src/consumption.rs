//! Microsoft.Consumption beside usage details: price sheets, balances, credits, sums of charges,
//! marketplace charges and reservations.
//!
//! The invoice of an Enterprise Agreement is its overage and what is billed apart, not `totalUsage`,
//! as long as prepayment lasts. Of two kinds of sums, `legacy` has plain numbers and `modern` objects
//! with a currency. Source: specification 2023-11-01, recorded replies.

use crate::{
    Error, Reply, Request, Result, Scope, Transport,
    paging::{Rows, pages},
    wire::{Money, items, one, some, some_amount, some_day},
};
use billing::Amount;
use chrono::NaiveDate;
use prices::Decimal;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

const VERSION: &str = "2023-11-01";

/// A price of an enterprise's sheet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetPrice {
    /// The meter, in lower case.
    #[serde(deserialize_with = "lower")]
    pub meter_id: String,
    /// Its name, where told.
    #[serde(default, deserialize_with = "some")]
    pub meter_name: Option<String>,
    /// What the price is for, such as `100 Hours`: a block of units.
    pub unit_of_measure: String,
    /// Units that cost nothing.
    #[serde(default, deserialize_with = "some_amount")]
    pub included_quantity: Option<Amount>,
    /// The part number.
    #[serde(default, deserialize_with = "some")]
    pub part_number: Option<String>,
    /// The price of a block.
    #[serde(deserialize_with = "crate::wire::amount")]
    pub unit_price: Amount,
    /// Its currency.
    pub currency_code: String,
}

/// The price sheet of a subscription's enterprise, by billing period or the running one.
///
/// # Errors
/// What [`Transport::call`] may say; [`Error::BadReply`] with the place.
pub async fn price_sheet(
    transport: &Transport,
    scope: &Scope,
    period: Option<&str>,
) -> Result<Vec<SheetPrice>> {
    let within =
        period.map(|name| format!("/providers/Microsoft.Billing/billingPeriods/{name}")).unwrap_or_default();
    let path = format!(
        "{}{within}/providers/Microsoft.Consumption/pricesheets/default?api-version={VERSION}",
        scope.path()
    );
    let first = Request::get(transport.endpoint().at(&path)?, scope.path());
    let what = first.what();
    let replies = pages(transport, first, |reply| {
        let sheet = sheet(reply, &what)?;
        Ok((sheet.next_link, Rows::of(sheet.pricesheets.iter().map(|row| row.get()))))
    })
    .await?;
    let mut prices = Vec::new();
    for (number, reply) in replies.iter().enumerate() {
        for (place, raw) in sheet(reply, &what)?.pricesheets.iter().enumerate() {
            prices.push(serde_json::from_str(raw.get()).map_err(|error| {
                Error::bad_reply(&what, format!("page {}, price {}: {error}", number + 1, place + 1))
            })?);
        }
    }
    Ok(prices)
}

#[derive(Deserialize)]
struct Sheet {
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
    #[serde(default)]
    pricesheets: Vec<Box<RawValue>>,
}

fn sheet(reply: &Reply, what: &str) -> Result<Sheet> {
    #[derive(Deserialize)]
    struct Whole {
        properties: Sheet,
    }
    if reply.status == 204 || reply.body.is_empty() {
        return Ok(Sheet { next_link: None, pricesheets: Vec::new() });
    }
    Ok(reply.json::<Whole>(what)?.properties)
}

/// Where a price sheet, too large for a reply, can be read: an enterprise's for a billing period, or a
/// billing profile's. It is made while one waits.
///
/// # Errors
/// What [`Transport::finish`] may say; [`Error::BadReply`] for a reply without a link.
pub async fn price_sheet_download(
    transport: &Transport,
    scope: &Scope,
    period: Option<&str>,
) -> Result<crate::invoices::Link> {
    let path = match period {
        Some(name) => format!(
            "{}/providers/Microsoft.Billing/billingPeriods/{name}/providers/Microsoft.Consumption/pricesheets/download?api-version={VERSION}",
            scope.path()
        ),
        None => format!(
            "{}/providers/Microsoft.CostManagement/pricesheets/default/download?api-version={VERSION}",
            scope.path()
        ),
    };
    let url = transport.endpoint().at(&path)?;
    let request = if period.is_some() {
        Request::get(url, scope.path())
    } else {
        Request::post(url, scope.path(), None)
    };
    let what = request.what();
    let reply = transport.finish(request).await?;
    let value: serde_json::Value = reply.json(&what)?;
    let inner = value.get("properties").unwrap_or(&value);
    let inside = Reply { body: inner.to_string().into(), ..reply };
    crate::invoices::link_of(&inside, &what)
}

/// An enterprise's prepayment over a billing period.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The currency of every amount, without the blanks that the service puts behind it.
    #[serde(default, deserialize_with = "some")]
    pub currency: Option<String>,
    /// Left at its begin.
    #[serde(default, deserialize_with = "some_amount")]
    pub beginning_balance: Option<Amount>,
    /// Bought in it.
    #[serde(default, deserialize_with = "some_amount")]
    pub new_purchases: Option<Amount>,
    /// Corrected in it.
    #[serde(default, deserialize_with = "some_amount")]
    pub adjustments: Option<Amount>,
    /// Used in it.
    #[serde(default, deserialize_with = "some_amount")]
    pub utilized: Option<Amount>,
    /// Left at its end.
    #[serde(default, deserialize_with = "some_amount")]
    pub ending_balance: Option<Amount>,
    /// Use beyond the prepayment.
    #[serde(default, deserialize_with = "some_amount")]
    pub service_overage: Option<Amount>,
    /// What the prepayment does not pay for.
    #[serde(default, deserialize_with = "some_amount")]
    pub charges_billed_separately: Option<Amount>,
    /// What is invoiced for use.
    #[serde(default, deserialize_with = "some_amount")]
    pub total_overage: Option<Amount>,
    /// All use, paid for or not.
    #[serde(default, deserialize_with = "some_amount")]
    pub total_usage: Option<Amount>,
    /// Bought from others.
    #[serde(default, deserialize_with = "some_amount")]
    pub azure_marketplace_service_charges: Option<Amount>,
}

/// The balance of an enterprise (`/providers/Microsoft.Billing/billingAccounts/{enrolment}`) in a period
/// such as `202610`, or the running one.
///
/// # Errors
/// What [`Transport::call`] may say.
pub async fn balance(transport: &Transport, account: &Scope, period: Option<&str>) -> Result<Balance> {
    #[derive(Deserialize)]
    struct Item {
        properties: Balance,
    }
    let within = period.map(|name| format!("/billingPeriods/{name}")).unwrap_or_default();
    let path =
        format!("{}{within}/providers/Microsoft.Consumption/balances?api-version={VERSION}", account.path());
    let item: Item = one(transport, Request::get(transport.endpoint().at(&path)?, account.path())).await?;
    Ok(item.properties)
}

/// The credits of a billing profile. What is not told is unknown, not zero.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditSummary {
    /// Balances now, and after what is pending.
    pub balance_summary: Option<CreditBalances>,
    /// Corrections under way.
    pub pending_credit_adjustments: Option<Money>,
    /// Lost.
    pub expired_credit: Option<Money>,
    /// Charges that credit will pay for.
    pub pending_eligible_charges: Option<Money>,
    /// Whether the balance is an estimate.
    pub is_estimated_balance: Option<bool>,
}

/// Balances of credit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditBalances {
    /// After what is pending.
    pub estimated_balance: Option<Money>,
    /// Now.
    pub current_balance: Option<Money>,
}

/// The credits of a billing profile; `None` where it has none.
///
/// # Errors
/// What [`Transport::call`] may say.
pub async fn credit_summary(transport: &Transport, profile: &Scope) -> Result<Option<CreditSummary>> {
    #[derive(Deserialize)]
    struct Item {
        properties: CreditSummary,
    }
    let path = format!(
        "{}/providers/Microsoft.Consumption/credits/balanceSummary?api-version={VERSION}",
        profile.path()
    );
    let request = Request::get(transport.endpoint().at(&path)?, profile.path());
    let reply = transport.call(&request).await?;
    if reply.status == 204 || reply.body.is_empty() {
        return Ok(None);
    }
    Ok(Some(reply.json::<Item>(&request.what())?.properties))
}

/// A credit or commitment that was bought or given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lot {
    /// `PurchasedCredit`, `PromotionalCredit`, `ConsumptionCommitment`.
    #[serde(default, deserialize_with = "some")]
    pub source: Option<String>,
    /// `Active`, `Expired`, ….
    #[serde(default, deserialize_with = "some")]
    pub status: Option<String>,
    /// What it was at first.
    pub original_amount: Option<Money>,
    /// What is left of it, as of the last invoice.
    pub closed_balance: Option<Money>,
    /// Its first day.
    #[serde(default, deserialize_with = "some_day")]
    pub start_date: Option<NaiveDate>,
    /// Its last day.
    #[serde(default, deserialize_with = "some_day")]
    pub expiration_date: Option<NaiveDate>,
}

/// Something that happened to a credit or commitment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditEvent {
    /// `NewCredit`, `SettledCharges`, ….
    #[serde(default, deserialize_with = "some")]
    pub event_type: Option<String>,
    /// The day.
    #[serde(default, deserialize_with = "some_day")]
    pub transaction_date: Option<NaiveDate>,
    /// What it says.
    #[serde(default, deserialize_with = "some")]
    pub description: Option<String>,
    /// Charges that were paid for.
    pub charges: Option<Money>,
    /// Credit that came.
    pub new_credit: Option<Money>,
    /// What is left after it.
    pub closed_balance: Option<Money>,
}

/// A sum of charges of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct ChargeSummary {
    /// First day.
    pub first_day: Option<NaiveDate>,
    /// Last day, in it.
    pub last_day: Option<NaiveDate>,
    /// Azure's own services.
    pub azure: Option<Money>,
    /// What is billed apart.
    pub billed_separately: Option<Money>,
    /// Bought from others.
    pub marketplace: Option<Money>,
    /// Whether it is on an invoice, where told.
    pub is_invoiced: Option<bool>,
}

impl<'de> Deserialize<'de> for ChargeSummary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default, deserialize_with = "some_day")]
            usage_start: Option<NaiveDate>,
            #[serde(default, deserialize_with = "some_day")]
            usage_end: Option<NaiveDate>,
            azure_charges: Option<Box<RawValue>>,
            charges_billed_separately: Option<Box<RawValue>>,
            #[serde(alias = "azureMarketplaceCharges")]
            marketplace_charges: Option<Box<RawValue>>,
            #[serde(default, deserialize_with = "some")]
            currency: Option<String>,
            is_invoiced: Option<bool>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let money = |raw: Option<Box<RawValue>>| -> std::result::Result<Option<Money>, D::Error> {
            let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(None) };
            if let Ok(modern) = serde_json::from_str::<Money>(raw.get()) {
                return Ok(Some(modern));
            }
            let value = serde_json::from_str::<Decimal>(raw.get()).map_err(D::Error::custom)?.0;
            Ok(Some(Money { currency: wire.currency.clone().unwrap_or_default(), value }))
        };
        Ok(Self {
            first_day: wire.usage_start,
            last_day: wire.usage_end,
            azure: money(wire.azure_charges)?,
            billed_separately: money(wire.charges_billed_separately)?,
            marketplace: money(wire.marketplace_charges)?,
            is_invoiced: wire.is_invoiced,
        })
    }
}

/// A charge for something bought from others.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketplaceCharge {
    /// The day.
    #[serde(default, deserialize_with = "some_day")]
    pub usage_start: Option<NaiveDate>,
    /// What it costs before tax.
    #[serde(deserialize_with = "crate::wire::amount")]
    pub pretax_cost: Amount,
    /// Its currency.
    pub currency: String,
    /// How much was used.
    #[serde(default, deserialize_with = "some_amount")]
    pub consumed_quantity: Option<Amount>,
    /// Who sells it.
    #[serde(default, deserialize_with = "some")]
    pub publisher_name: Option<String>,
    /// The offer.
    #[serde(default, deserialize_with = "some")]
    pub offer_name: Option<String>,
    /// The plan.
    #[serde(default, deserialize_with = "some")]
    pub plan_name: Option<String>,
    /// The subscription.
    #[serde(default, deserialize_with = "some")]
    pub subscription_guid: Option<String>,
    /// The resource.
    #[serde(default, deserialize_with = "some")]
    pub instance_id: Option<String>,
    /// Whether it may change.
    pub is_estimated: Option<bool>,
}

/// How a reservation was used on a day or in a month.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationUse {
    /// The order.
    pub reservation_order_id: String,
    /// The reservation.
    pub reservation_id: String,
    /// The day, or the first of the month.
    #[serde(default, deserialize_with = "some_day")]
    pub usage_date: Option<NaiveDate>,
    /// The size.
    #[serde(default, deserialize_with = "some")]
    pub sku_name: Option<String>,
    /// Hours that were reserved.
    #[serde(default, deserialize_with = "some_amount")]
    pub reserved_hours: Option<Amount>,
    /// Hours that were used.
    #[serde(default, deserialize_with = "some_amount")]
    pub used_hours: Option<Amount>,
    /// The resource that used them; in details only.
    #[serde(default, deserialize_with = "some")]
    pub instance_id: Option<String>,
    /// The mean share that was used, in percent; in summaries only.
    #[serde(default, deserialize_with = "some_amount")]
    pub avg_utilization_percentage: Option<Amount>,
}

/// A purchase, refund or exchange of a reservation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationTransaction {
    /// The day.
    #[serde(default, deserialize_with = "some_day")]
    pub event_date: Option<NaiveDate>,
    /// `Purchase`, `Refund`, `Exchange`, ….
    #[serde(default, deserialize_with = "some")]
    pub event_type: Option<String>,
    /// The order.
    #[serde(default, deserialize_with = "some")]
    pub reservation_order_id: Option<String>,
    /// How many.
    #[serde(default, deserialize_with = "some_amount")]
    pub quantity: Option<Amount>,
    /// What it costs; negative for refunds.
    #[serde(deserialize_with = "crate::wire::amount")]
    pub amount: Amount,
    /// Its currency.
    pub currency: String,
    /// The size.
    #[serde(default, deserialize_with = "some")]
    pub arm_sku_name: Option<String>,
    /// `P1Y`, `P3Y`.
    #[serde(default, deserialize_with = "some")]
    pub term: Option<String>,
    /// The region.
    #[serde(default, deserialize_with = "some")]
    pub region: Option<String>,
    /// `Recurring` or `OneTime`.
    #[serde(default, deserialize_with = "some")]
    pub billing_frequency: Option<String>,
}

/// Lists of this service that are read alike.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $item:ty, $resource:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// What [`Transport::call`] may say; [`Error::BadReply`] with the place.
        pub async fn $name(transport: &Transport, scope: &Scope, parameters: &str) -> Result<Vec<$item>> {
            properties(transport, scope, $resource, parameters).await
        }
    };
}

list!(
    /// Credits and commitments of a billing account, profile or customer.
    lots, Lot, "lots"
);
list!(
    /// What happened to credits; `parameters` are `startDate=…&endDate=…`.
    credit_events, CreditEvent, "events"
);
list!(
    /// Sums of charges.
    charge_summaries, ChargeSummary, "charges"
);
list!(
    /// Charges for what was bought from others.
    marketplace_charges, MarketplaceCharge, "marketplaces"
);
list!(
    /// How reservations were used, resource by resource; `parameters` are a filter on days.
    reservation_details, ReservationUse, "reservationDetails"
);
list!(
    /// How reservations were used; `parameters` are `grain=daily` or `grain=monthly`.
    reservation_summaries, ReservationUse, "reservationSummaries"
);
list!(
    /// Purchases and refunds of reservations.
    reservation_transactions, ReservationTransaction, "reservationTransactions"
);

async fn properties<T: for<'de> Deserialize<'de>>(
    transport: &Transport,
    scope: &Scope,
    resource: &str,
    parameters: &str,
) -> Result<Vec<T>> {
    #[derive(Deserialize)]
    struct Item<T> {
        properties: T,
    }
    let more = if parameters.is_empty() { String::new() } else { format!("&{parameters}") };
    let path =
        format!("{}/providers/Microsoft.Consumption/{resource}?api-version={VERSION}{more}", scope.path());
    let list: Vec<Item<T>> =
        items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(list.into_iter().map(|item| item.properties).collect())
}

fn lower<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Ok(String::deserialize(deserializer)?.to_lowercase())
}
