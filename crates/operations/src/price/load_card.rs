//! Where prices come from: a file, or a service.

use super::price_source::PriceSource;
use crate::{Error, Finding, Host, Result, ResultExt};
use billing::PriceCard;
use std::fs;

/// What is to be priced, as far as a service must know it.
#[derive(Clone, Default)]
pub(crate) struct Needed {
    /// A meter's id.
    pub meter: Option<String>,
    /// A size.
    pub sku: Option<String>,
    /// A region.
    pub region: Option<String>,
    /// A service.
    pub service: Option<&'static str>,
}

/// The prices of a file, or those of a service that are `needed`.
///
/// # Errors
/// A file that cannot be read or holds no prices; what the service answers.
pub(crate) fn load_card(
    source: &PriceSource,
    needed: &[Needed],
    currency: Option<&str>,
    host: &Host<'_>,
) -> Result<PriceCard> {
    let fallback = source.currency.as_deref().or(currency);
    match source.is_service() {
        true => from_service(source, needed, fallback, host),
        false => in_currency(from_file(&source.rates, fallback)?, source.currency.as_deref()),
    }
}

/// The prices that cannot be used; of many, the first ones, and the others as details.
pub(crate) fn unusable_prices(card: &PriceCard) -> Vec<Finding> {
    const SHOWN: usize = 3;
    let unusable = card.unusable();
    if unusable.is_empty() {
        return Vec::new();
    }
    let shown: Vec<&str> = unusable.iter().take(SHOWN).map(|price| price.reason.as_str()).collect();
    let more = if unusable.len() > SHOWN { "; …" } else { "" };
    let noun = if unusable.len() == 1 { "price" } else { "prices" };
    let text = format!("{} {noun} of the list cannot be used: {}{more}", unusable.len(), shown.join("; "));
    let others = unusable.iter().skip(SHOWN);
    let detail = |price: &billing::UnusablePrice| {
        Finding::detail(format!("this price cannot be used: {}", price.reason))
    };
    std::iter::once(Finding::warning(text)).chain(others.map(detail)).collect()
}

/// The prices of a file.
///
/// # Errors
/// A file that cannot be read or holds no prices.
pub(crate) fn from_file(path: &str, currency: Option<&str>) -> Result<PriceCard> {
    let text = fs::read(path).with_context(|| format!("cannot read the prices `{path}`"))?;
    Ok(prices::read_card(&text, path, currency)?)
}

/// Refuses prices in another currency than was asked for by name.
fn in_currency(card: PriceCard, asked: Option<&str>) -> Result<PriceCard> {
    match asked.filter(|asked| !asked.eq_ignore_ascii_case(card.currency.code())) {
        Some(asked) => {
            let text = format!("the prices are in {}, not in {asked} as `--currency` asks", card.currency);
            Err(Error::usage(text))
        }
        None => Ok(card),
    }
}

#[cfg(not(feature = "azure"))]
fn from_service(source: &PriceSource, needed: &[Needed], _: Option<&str>, _: &Host<'_>) -> Result<PriceCard> {
    let named: Vec<&str> = needed
        .iter()
        .filter_map(|one| {
            one.meter.as_deref().or(one.sku.as_deref()).or(one.region.as_deref()).or(one.service)
        })
        .collect();
    Err(Error::usage(format!(
        "this build reads prices from files only, not from `{}`; name a file that prices {}",
        source.rates,
        if named.is_empty() { "what you look for".to_owned() } else { named.join(", ") }
    )))
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
fn from_service(
    source: &PriceSource,
    needed: &[Needed],
    currency: Option<&str>,
    host: &Host<'_>,
) -> Result<PriceCard> {
    use super::azure_rates::{rate_card, retail};
    if source.rates == "azure" {
        return rate_card(source, currency.unwrap_or("USD"), host);
    }
    let fields = |needed: &Needed, sku: Option<String>| -> Vec<(&'static str, String)> {
        let region = needed.region.as_deref().map(prices::region_name);
        [("meterId", needed.meter.clone()), ("armSkuName", sku), ("armRegionName", region)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(needed.service.map(|service| ("serviceName", service.to_owned())))
            .collect()
    };
    // The service compares sizes with their case: they are asked for as resources spell them, and as they are given.
    let both = |needed: &Needed| {
        let given = needed.sku.clone();
        let mut spelled = given.as_deref().map(prices::size_name);
        if let (Some(name), true) = (&mut spelled, given.as_deref().is_some_and(is_short_size)) {
            *name = prices::size_name(&format!("Standard_{name}"));
        }
        [fields(needed, spelled), fields(needed, given)]
    };
    let mut queries: Vec<_> = needed.iter().flat_map(both).filter(|fields| !fields.is_empty()).collect();
    queries.sort_unstable();
    queries.dedup();
    if queries.is_empty() {
        let text = "the retail prices are too many to fetch them all; name a `--sku` or a `--region`";
        return Err(Error::usage(text));
    }
    retail(source, queries, currency, host)
}
