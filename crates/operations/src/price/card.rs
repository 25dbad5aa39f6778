//! Rate cards and retail prices: shown, searched and compared.

use super::{
    load_card::{Needed, from_file, load_card, unusable_prices},
    price_source::PriceSource,
};
use crate::{Error, Finding, Host, Result};
use billing::{Amount, Price, PriceCard};
use prices::same_region;
use report::{Column, ColumnValues, Dataset, columns};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which prices to show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardRequest {
    /// Where prices come from.
    pub source: PriceSource,
    /// Only prices whose meter, size, product or region holds this text.
    pub search: Option<String>,
    /// Only prices of these regions.
    pub regions: Vec<String>,
    /// Only prices of these sizes.
    pub sizes: Vec<String>,
    /// An older file of prices: then only what differs from it.
    pub older: Option<String>,
}

/// Prices, or what differs between two cards: one row a tier.
pub struct PriceRows {
    /// The rows.
    pub dataset: Dataset,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Shows prices.
///
/// # Errors
/// Unusable prices; no price that is asked for.
pub fn price_card(request: &CardRequest, host: &Host<'_>) -> Result<PriceRows> {
    let any = |texts: &[String]| -> Vec<Option<String>> {
        if texts.is_empty() { vec![None] } else { texts.iter().cloned().map(Some).collect() }
    };
    let needed: Vec<Needed> = any(&request.sizes)
        .into_iter()
        .flat_map(|sku| any(&request.regions).into_iter().map(move |region| (sku.clone(), region)))
        .map(|(sku, region)| Needed { sku, region, ..Needed::default() })
        .collect();
    let card = load_card(&request.source, &needed, None, host)?;
    let currency = request.source.currency.as_deref();
    let older = request.older.as_deref().map(|path| from_file(path, currency)).transpose()?;
    if let Some(older) = older.as_ref().filter(|older| older.currency != card.currency) {
        let text = format!("the older prices are in {}, the others in {}", older.currency, card.currency);
        return Err(Error::usage(text));
    }
    let rows = match &older {
        None => tiers(&card, request).map(|tier| Row { change: None, before: None, tier }).collect(),
        Some(older) => differences(older, &card, request),
    };
    let mut findings = unusable_prices(&card);
    findings.extend(match (rows.is_empty(), &older) {
        (true, None) => return Err(Error::not_enough("no price is like that")),
        (true, Some(_)) => vec![Finding::detail("no price differs")],
        (false, _) => Vec::new(),
    });
    Ok(PriceRows { dataset: dataset(&card, &rows, older.is_some())?, findings })
}

/// A tier of a price.
#[derive(Clone, Copy)]
struct Tier<'a> {
    price: &'a Price,
    from: Amount,
    each: Amount,
}

struct Row<'a> {
    tier: Tier<'a>,
    /// What became of it since the older file.
    change: Option<&'static str>,
    /// Its price there.
    before: Option<Amount>,
}

/// The tiers of the prices that are asked for, in the order of the card.
fn tiers<'a>(card: &'a PriceCard, request: &CardRequest) -> impl Iterator<Item = Tier<'a>> {
    let search = request.search.as_deref().unwrap_or_default().to_lowercase();
    let (regions, skus) = (request.regions.clone(), request.sizes.clone());
    let is_meant = move |price: &&Price| {
        let text =
            format!("{} {} {} {}", price.meter, price.sku, price.full_name(), price.region).to_lowercase();
        let of_region = regions.is_empty() || regions.iter().any(|region| same_region(region, &price.region));
        let of_sku = skus.is_empty() || skus.iter().any(|sku| sku.eq_ignore_ascii_case(&price.sku));
        text.contains(&search) && of_region && of_sku
    };
    card.prices().iter().filter(is_meant).flat_map(|price| {
        price.tiers.bounds().zip(price.tiers.prices()).map(move |(from, each)| Tier { price, from, each })
    })
}

/// Tiers that are new, gone or priced otherwise.
fn differences<'a>(older: &'a PriceCard, newer: &'a PriceCard, request: &CardRequest) -> Vec<Row<'a>> {
    let key = |tier: &Tier<'a>| {
        let price = tier.price;
        (&price.meter, &price.product, &price.sku, &price.region, price.kind, tier.from)
    };
    // Of several prices of one meter the one that began last is the one that counts.
    let newest = |card: &'a PriceCard| {
        let mut all: BTreeMap<_, Tier<'a>> = BTreeMap::new();
        for tier in tiers(card, request) {
            let kept = all.entry(key(&tier)).or_insert(tier);
            if tier.price.from > kept.price.from {
                *kept = tier;
            }
        }
        all
    };
    let (before, after) = (newest(older), newest(newer));
    let mut rows = Vec::new();
    for (key, tier) in &after {
        match before.get(key) {
            None => rows.push(Row { tier: *tier, change: Some("added"), before: None }),
            Some(old) if old.each != tier.each => {
                rows.push(Row { tier: *tier, change: Some("changed"), before: Some(old.each) });
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
    rows.extend(gone.map(|(_, tier)| Row { tier: *tier, change: Some("removed"), before: Some(tier.each) }));
    rows
}

fn dataset(card: &PriceCard, rows: &[Row<'_>], is_diff: bool) -> Result<Dataset> {
    let text = |get: &dyn Fn(&Price) -> String| {
        let some = |row: &Row<'_>| Some(get(row.tier.price)).filter(|text| !text.is_empty());
        ColumnValues::Text(rows.iter().map(some).collect())
    };
    let amount = |get: &dyn Fn(&Row<'_>) -> Option<Amount>| ColumnValues::Amount {
        values: rows.iter().map(get).collect(),
        least_digits: 0,
    };
    let mut all = vec![
        Column::new("x_SkuMeterId", text(&|price| price.meter.clone())),
        Column::new("x_PricedAs", text(&Price::full_name)),
        Column::new("x_Sku", text(&|price| price.sku.clone())),
        Column::new("RegionId", text(&|price| price.region.clone())),
        Column::new("x_PriceKind", text(&|price| price.kind.to_string())),
        Column::new("PricingUnit", text(&|price| price.unit.to_string())),
        Column::new("x_TierFrom", amount(&|row| Some(row.tier.from))),
        Column::new("ListUnitPrice", amount(&|row| (row.change != Some("removed")).then_some(row.tier.each))),
        Column::new("x_IncludedQuantity", amount(&|row| Some(row.tier.price.tiers.included()))),
        Column::new(columns::BILLING_CURRENCY, text(&|_| card.currency.code().to_owned())),
        Column::new(
            "x_EffectiveFrom",
            ColumnValues::Date(rows.iter().map(|row| row.tier.price.from).collect()),
        ),
        Column::new(
            "x_EffectiveTo",
            ColumnValues::Date(rows.iter().map(|row| row.tier.price.until).collect()),
        ),
    ];
    if is_diff {
        let change = |row: &Row<'_>| row.change.map(str::to_owned);
        all.push(Column::new("x_Change", ColumnValues::Text(rows.iter().map(change).collect())));
        all.push(Column::new("x_PreviousUnitPrice", amount(&|row| row.before)));
    }
    let (schema, version) = columns::PRICE_CARD;
    Ok(Dataset::new(schema, version, all)?)
}
