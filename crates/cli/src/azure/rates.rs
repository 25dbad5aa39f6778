//! Prices from Azure's own services: the rate card of a subscription, and retail prices.

use super::{Connection, wait_for};
use crate::{failure::Failure, price_options::Rates};
use anyhow::Result;
use azure::{RateCardQuery, RetailQuery, Scope};
use billing::PriceCard;

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
    let found = wait_for(async {
        let mut found = Vec::new();
        for fields in queries {
            let query =
                RetailQuery { currency: currency.map(str::to_uppercase), fields, primary_only: false };
            found.extend(query.fetch(&connection.retail).await?);
        }
        Ok(found)
    })?;
    Ok(prices::retail_card(&found, "the retail prices")?)
}
