//! Retail prices: what anybody pays, without signing in.
//!
//! Tiers are separate items of one meter. The price of a reservation is that of its whole term, though
//! its unit says an hour. A meter's id is no key: Linux, Windows, Spot and reservations share it at
//! times. The currency is a parameter of its own; inside the filter it finds nothing.
//! Source: observed replies of 2021-10-01-preview to 2023-01-01-preview.

use crate::{
    Error, Reply, Request, Result, Transport,
    paging::{Rows, pages},
    wire::{amount, encoded, moment, some},
};
use billing::Amount;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What to ask for: fields and their values, all of which must be met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetailQuery {
    /// The currency; US dollars where none is given.
    pub currency: Option<String>,
    /// Names of the service's fields and values, such as `armRegionName` and `westeurope`.
    pub fields: Vec<(&'static str, String)>,
    /// Only the primary region of each meter.
    pub primary_only: bool,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetailPrice {
    /// The currency.
    pub currency_code: String,
    /// From which quantity on, in units of `unit_of_measure`.
    #[serde(deserialize_with = "amount")]
    pub tier_minimum_units: Amount,
    /// The price; of a reservation that of its whole term.
    #[serde(deserialize_with = "amount")]
    pub retail_price: Amount,
    /// The region, as resources name it.
    #[serde(default, deserialize_with = "some")]
    pub arm_region_name: Option<String>,
    /// From when on.
    #[serde(default, deserialize_with = "some")]
    effective_start_date: Option<String>,
    /// Until when.
    #[serde(default, deserialize_with = "some")]
    effective_end_date: Option<String>,
    /// `1 Year`, `3 Years`; of reservations only.
    #[serde(default, deserialize_with = "some")]
    pub reservation_term: Option<String>,
    /// The meter.
    pub meter_id: String,
    /// Its name.
    #[serde(default)]
    pub meter_name: String,
    /// The product.
    #[serde(default)]
    pub product_name: String,
    /// The size or kind, as people call it.
    #[serde(default)]
    pub sku_name: String,
    /// Its id.
    #[serde(default, deserialize_with = "some")]
    pub sku_id: Option<String>,
    /// The service.
    #[serde(default)]
    pub service_name: String,
    /// What the price is for, such as `1 Hour` or a bare `10`.
    #[serde(default)]
    pub unit_of_measure: String,
    /// `Consumption`, `Reservation`, `DevTestConsumption`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is the meter's primary region.
    #[serde(default)]
    pub is_primary_meter_region: bool,
    /// The size, as resources name it.
    #[serde(default, deserialize_with = "some")]
    pub arm_sku_name: Option<String>,
    /// Prices under a savings plan, in any order.
    #[serde(default)]
    pub savings_plan: Vec<SavingsPlanPrice>,
}

/// A price under a savings plan.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavingsPlanPrice {
    /// The price.
    #[serde(deserialize_with = "amount")]
    pub retail_price: Amount,
    /// `1 Year` or `3 Years`.
    pub term: String,
}

impl RetailPrice {
    /// From when on it holds.
    #[must_use]
    pub fn effective_from(&self) -> Option<DateTime<Utc>> {
        self.effective_start_date.as_deref().and_then(moment)
    }

    /// Until when it holds, where that is told.
    #[must_use]
    pub fn effective_until(&self) -> Option<DateTime<Utc>> {
        self.effective_end_date.as_deref().and_then(moment)
    }

    /// Whether it holds at a moment. A price whose end lies before its begin never holds.
    #[must_use]
    pub fn holds_at(&self, time: DateTime<Utc>) -> bool {
        self.effective_from().is_none_or(|from| from <= time)
            && self.effective_until().is_none_or(|until| time < until)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    items: Vec<Box<RawValue>>,
    next_page_link: Option<String>,
}

impl RetailQuery {
    /// Every price that meets the query.
    ///
    /// # Errors
    /// What [`Transport::call`] may say; [`Error::BadReply`] with the place.
    pub async fn fetch(&self, transport: &Transport) -> Result<Vec<RetailPrice>> {
        let terms: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name} eq '{}'", value.replace('\'', "''")))
            .collect();
        let mut path = "/api/retail/prices?api-version=2023-01-01-preview".to_owned();
        if let Some(currency) = &self.currency {
            path.push_str(&format!("&currencyCode={}", encoded(&format!("'{currency}'"))));
        }
        if self.primary_only {
            path.push_str("&meterRegion=%27primary%27");
        }
        if !terms.is_empty() {
            path.push_str(&format!("&$filter={}", encoded(&terms.join(" and "))));
        }
        let first = Request::get(transport.endpoint().at(&path)?, "retail prices");
        let what = first.what();
        let replies = pages(transport, first, |reply| {
            let page = page(reply, &what)?;
            Ok((page.next_page_link, Rows::of(page.items.iter().map(|row| row.get()))))
        })
        .await?;
        let mut prices = Vec::new();
        for reply in &replies {
            prices.extend(read_prices(&reply.body, &what)?);
        }
        Ok(prices)
    }
}

fn page(reply: &Reply, what: &str) -> Result<Page> {
    reply.json(what)
}

/// Reads the prices of a reply as the service writes it.
///
/// # Errors
/// [`Error::BadReply`] with the place.
pub fn read_prices(body: &[u8], what: &str) -> Result<Vec<RetailPrice>> {
    let page: Page =
        serde_json::from_slice(body).map_err(|error| Error::bad_reply(what, error.to_string()))?;
    page.items
        .iter()
        .enumerate()
        .map(|(place, raw)| {
            serde_json::from_str(raw.get())
                .map_err(|error| Error::bad_reply(what, format!("price {}: {error}", place + 1)))
        })
        .collect()
}
