//! Where prices come from: a file, or a service.

use crate::price_options::Rates;
use anyhow::{Context, Result};
use billing::PriceCard;
use std::fs;

/// What to price, as far as a service must know it.
#[derive(Default)]
pub struct Asked {
    /// A meter's id.
    pub meter: Option<String>,
    /// A size.
    pub sku: Option<String>,
    /// A region.
    pub region: Option<String>,
    /// A service.
    pub service: Option<&'static str>,
}

/// The prices of a file, or those of a service that `asked` needs.
///
/// # Errors
/// A file that cannot be read or holds no prices; what the service may say.
pub fn card(rates: &Rates, asked: &[Asked], currency: Option<&str>) -> Result<PriceCard> {
    let currency = rates.currency.as_deref().or(currency);
    let card = match rates.rates.as_str() {
        "retail" | "azure" => from_service(rates, asked, currency)?,
        path => in_currency(from_file(path, currency)?, rates.currency.as_deref())?,
    };
    warn_unusable(&card);
    Ok(card)
}

/// Warns of prices that cannot be used; `-v` shows each of them.
pub fn warn_unusable(card: &PriceCard) {
    const SHOWN: usize = 3;
    let unusable = card.unusable();
    if unusable.is_empty() {
        return;
    }
    let shown: Vec<&str> = unusable.iter().take(SHOWN).map(|price| price.reason.as_str()).collect();
    let more = if unusable.len() > SHOWN { "; …" } else { "" };
    let noun = if unusable.len() == 1 { "price" } else { "prices" };
    tracing::warn!("{} {noun} of the list cannot be used: {}{more}", unusable.len(), shown.join("; "));
    for price in unusable.iter().skip(SHOWN) {
        tracing::info!("this price cannot be used: {}", price.reason);
    }
}

/// The prices of a file.
///
/// # Errors
/// A file that cannot be read or holds no prices.
pub fn from_file(path: &str, currency: Option<&str>) -> Result<PriceCard> {
    let text = fs::read(path).with_context(|| format!("cannot read the prices `{path}`"))?;
    Ok(prices::read_card(&text, path, currency)?)
}

/// Refuses prices in another currency than was asked for by name.
fn in_currency(card: PriceCard, asked: Option<&str>) -> Result<PriceCard> {
    match asked.filter(|asked| !asked.eq_ignore_ascii_case(card.currency.code())) {
        Some(asked) => {
            let text = format!("the prices are in {}, not in {asked} as `--currency` asks", card.currency);
            Err(crate::failure::Failure::Usage(text).into())
        }
        None => Ok(card),
    }
}

#[cfg(not(feature = "azure"))]
fn from_service(rates: &Rates, asked: &[Asked], _: Option<&str>) -> Result<PriceCard> {
    let needed: Vec<&str> = asked
        .iter()
        .filter_map(|own| {
            own.meter.as_deref().or(own.sku.as_deref()).or(own.region.as_deref()).or(own.service)
        })
        .collect();
    let text = format!(
        "this build reads prices from files only, not from `{}`; name a file that prices {}",
        rates.rates,
        if needed.is_empty() { "what you look for".to_owned() } else { needed.join(", ") }
    );
    Err(crate::failure::Failure::Usage(text).into())
}

/// Whether it is a size without its prefix, such as `D2s_v5`.
#[cfg(feature = "azure")]
fn is_short_size(name: &str) -> bool {
    let version = name.rsplit_once('_').map(|(_, version)| version.to_lowercase());
    let is_version = version
        .as_deref()
        .and_then(|version| version.strip_prefix('v'))
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
    is_version && !name.to_lowercase().starts_with("standard_")
}

#[cfg(feature = "azure")]
fn from_service(rates: &Rates, asked: &[Asked], currency: Option<&str>) -> Result<PriceCard> {
    if rates.rates == "azure" {
        return crate::azure::rates::rate_card(rates, currency.unwrap_or("USD"));
    }
    let fields = |asked: &Asked, sku: Option<String>| -> Vec<(&'static str, String)> {
        let region = asked.region.as_deref().map(prices::region_name);
        [("meterId", asked.meter.clone()), ("armSkuName", sku), ("armRegionName", region)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(asked.service.map(|service| ("serviceName", service.to_owned())))
            .collect()
    };
    // The service compares sizes with their case: they are asked for as resources spell them, and as they are given.
    let both = |asked: &Asked| {
        let given = asked.sku.clone();
        let mut spelled = given.as_deref().map(prices::size_name);
        if let (Some(name), true) = (&mut spelled, given.as_deref().is_some_and(is_short_size)) {
            *name = prices::size_name(&format!("Standard_{name}"));
        }
        [fields(asked, spelled), fields(asked, given)]
    };
    let mut queries: Vec<_> = asked.iter().flat_map(both).filter(|fields| !fields.is_empty()).collect();
    queries.sort_unstable();
    queries.dedup();
    if queries.is_empty() {
        let text = "the retail prices are too many to fetch them all; name a `--sku` or a `--region`";
        return Err(crate::failure::Failure::Usage(text.to_owned()).into());
    }
    crate::azure::rates::retail(rates, queries, currency)
}
