//! Prices from Azure's own services: the rate card of a subscription, and retail prices.

use super::PriceSource;
use crate::{
    AzureAccess, Error, Host, Result,
    connection::{Connection, wait_for},
};
use azure::{RateCardQuery, RetailQuery, Scope};
use billing::PriceCard;
use prices::RetailReply;

fn open(source: &PriceSource, host: &Host<'_>) -> Result<Connection> {
    match &source.access {
        Some(access) => Connection::open(access, host),
        None => Connection::open(&AzureAccess::from_variables(host)?, host),
    }
}

/// The rate card of the offer of a subscription.
///
/// # Errors
/// Without a subscription; what the service answers.
pub(super) fn rate_card(source: &PriceSource, currency: &str, host: &Host<'_>) -> Result<PriceCard> {
    let scope = source
        .scope
        .as_deref()
        .ok_or_else(|| Error::usage("a rate card belongs to a subscription: name it with `--scope ID`"))?;
    let scope = Scope::parse(scope)?;
    let query = RateCardQuery {
        offer: source.offer.clone(),
        currency: currency.to_uppercase(),
        locale: source.locale.clone(),
        region: source.region.clone(),
    };
    let connection = open(source, host)?;
    wait_for(async { Ok(query.fetch(&connection.billing, &scope).await?) })
}

/// The first queries in words.
fn names_of(queries: &[Vec<(&'static str, String)>]) -> String {
    const SHOWN: usize = 3;
    let one = |fields: &Vec<(&str, String)>| {
        fields.iter().map(|(_, value)| format!("`{value}`")).collect::<Vec<_>>().join(" in ")
    };
    let shown: Vec<String> = queries.iter().take(SHOWN).map(one).collect();
    shown.join(", ") + if queries.len() > SHOWN { ", …" } else { "" }
}

/// Retail prices that meet one of the queries.
///
/// # Errors
/// What the service answers; that it has none of them.
pub(super) fn retail(
    source: &PriceSource,
    queries: Vec<Vec<(&'static str, String)>>,
    currency: Option<&str>,
    host: &Host<'_>,
) -> Result<PriceCard> {
    let connection = open(source, host)?;
    let asked = names_of(&queries);
    let found = wait_for(async {
        let mut found = RetailReply::default();
        for fields in queries {
            let query =
                RetailQuery { currency: currency.map(str::to_uppercase), fields, primary_only: false };
            found.append(query.fetch(&connection.retail).await?);
        }
        Ok(found)
    })?;
    if found == RetailReply::default() {
        return Err(Error::failed(format!(
            "the service has no retail price of {asked}; it compares names with their case"
        )));
    }
    Ok(prices::retail_card(&found, "the retail prices")?)
}
