//! Retail prices, without signing in.
//!
//! The currency is a parameter of its own; inside the filter it finds nothing.
//! Source: observed replies of 2021-10-01-preview to 2023-01-01-preview.

use crate::{
    Reply, Request, Result, Transport,
    paging::{Rows, pages},
    wire::encoded,
};
use prices::{RetailReply, read_retail};
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
    /// What [`Transport::call`] may say; [`crate::Error::BadReply`] with the place.
    pub async fn fetch(&self, transport: &Transport) -> Result<RetailReply> {
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
        let mut prices = RetailReply::default();
        for reply in &replies {
            prices.append(read_retail(&reply.body, &what)?);
        }
        Ok(prices)
    }
}

fn page(reply: &Reply, what: &str) -> Result<Page> {
    reply.json(what)
}
