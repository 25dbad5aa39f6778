//! Where prices come from: a file, or a service.

use crate::price_options::Rates;
use anyhow::{Context, Result};
use billing::PriceCard;
use std::fs;

/// What is to be priced, as far as a service must know it.
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
    match rates.rates.as_str() {
        "retail" | "azure" => from_service(rates, asked, currency),
        path => in_currency(from_file(path, currency)?, rates.currency.as_deref()),
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

#[cfg(feature = "azure")]
fn from_service(rates: &Rates, asked: &[Asked], currency: Option<&str>) -> Result<PriceCard> {
    if rates.rates == "azure" {
        return crate::azure::rates::rate_card(rates, currency.unwrap_or("USD"));
    }
    let fields = |asked: &Asked| -> Vec<(&'static str, String)> {
        [("meterId", &asked.meter), ("armSkuName", &asked.sku), ("armRegionName", &asked.region)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .chain(asked.service.map(|service| ("serviceName", service.to_owned())))
            .collect()
    };
    let mut queries: Vec<_> = asked.iter().map(fields).filter(|fields| !fields.is_empty()).collect();
    queries.sort_unstable();
    queries.dedup();
    if queries.is_empty() {
        let text = "the retail prices are too many to fetch them all; name a `--sku` or a `--region`";
        return Err(crate::failure::Failure::Usage(text.to_owned()).into());
    }
    crate::azure::rates::retail(rates, queries, currency)
}
