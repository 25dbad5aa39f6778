//! Prices from Azure's own services: the rate card of a subscription, and retail prices.

use super::{Connection, wait_for};
use crate::{failure::Failure, price_options::Rates};
use anyhow::Result;
use azure::{RateCardQuery, RetailQuery, Scope};
use billing::PriceCard;
use prices::RetailReply;

/// The rate card of the offer of a subscription.
///
/// # Errors
/// Without a subscription; what the service may say.
pub fn rate_card(rates: &Rates, currency: &str) -> Result<PriceCard> {
    let scope = rates.scope.as_deref().ok_or_else(|| {
        Failure::Usage("a rate card belongs to a subscription: name it with `--scope ID`".to_owned())
    })?;
    let scope = Scope::parse(scope)?;
    let query = RateCardQuery {
        offer: rates.rate_offer.clone(),
        currency: currency.to_uppercase(),
        locale: rates.locale.clone(),
        region: rates.rate_region.clone(),
    };
    let connection = Connection::open(&rates.reach)?;
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
/// What the service may say; that it has none of them.
pub fn retail(
    rates: &Rates,
    queries: Vec<Vec<(&'static str, String)>>,
    currency: Option<&str>,
) -> Result<PriceCard> {
    let connection = Connection::open(&rates.reach)?;
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
        anyhow::bail!("the service has no retail price of {asked}; it compares names with their case");
    }
    Ok(prices::retail_card(&found, "the retail prices")?)
}
