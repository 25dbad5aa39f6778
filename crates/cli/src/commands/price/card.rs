//! `price card`: rate cards and retail prices, shown, searched and compared.

use super::rates::{self, Asked};
use crate::{exit::Exit, failure::Failure, options::Global, output, price_options::Card};
use anyhow::Result;
use billing::{Amount, Price, PriceCard};
use prices::same_region;
use report::{Column, ColumnValues, Dataset, columns};
use std::collections::BTreeMap;

pub fn run(global: &Global, options: &Card) -> Result<Exit> {
    let none = || vec![None];
    let some = |texts: &[String]| -> Vec<Option<String>> {
        if texts.is_empty() { none() } else { texts.iter().cloned().map(Some).collect() }
    };
    let asked: Vec<Asked> = some(&options.sku)
        .into_iter()
        .flat_map(|sku| some(&options.region).into_iter().map(move |region| (sku.clone(), region)))
        .map(|(sku, region)| Asked { sku, region, ..Asked::default() })
        .collect();
    let card = rates::card(&options.rates, &asked, None)?;
    let currency = options.rates.currency.as_deref();
    let older = options.diff.as_deref().map(|path| rates::from_file(path, currency)).transpose()?;
    if let Some(older) = older.as_ref().filter(|older| older.currency != card.currency) {
        let text = format!("the older prices are in {}, the others in {}", older.currency, card.currency);
        return Err(Failure::Usage(text).into());
    }
    let rows = match &older {
        None => tiers(&card, options).map(|tier| Row { change: None, before: None, tier }).collect(),
        Some(older) => differences(older, &card, options),
    };
    if rows.is_empty() && options.diff.is_none() {
        return Err(Failure::NotEnough("no price is like that".to_owned()).into());
    }
    if rows.is_empty() {
        tracing::info!("no price differs");
    }
    output::write_dataset(global, &dataset(&card, &rows, options.diff.is_some())?)?;
    Ok(Exit::Done)
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
fn tiers<'a>(card: &'a PriceCard, options: &Card) -> impl Iterator<Item = Tier<'a>> {
    let search = options.search.as_deref().unwrap_or_default().to_lowercase();
    let (regions, skus) = (options.region.clone(), options.sku.clone());
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
fn differences<'a>(older: &'a PriceCard, newer: &'a PriceCard, options: &Card) -> Vec<Row<'a>> {
    let key = |tier: &Tier<'a>| {
        let price = tier.price;
        (&price.meter, &price.product, &price.sku, &price.region, price.kind, tier.from)
    };
    // Of several prices of one meter the one that began last is the one that counts.
    let newest = |card: &'a PriceCard| {
        let mut all: BTreeMap<_, Tier<'a>> = BTreeMap::new();
        for tier in tiers(card, options) {
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
