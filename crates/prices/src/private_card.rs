//! A price list of your own, in TOML or CSV: a data centre, an internal chargeback, another cloud.
//!
//! In TOML each `[[price]]` is a meter with its price or its tiers; in CSV each row is a tier, and rows of one
//! meter, region and span of days belong together. Numbers are read as they are written.

use crate::{
    Error, Result,
    csv_header::refuse_semicolons,
    file_values::{Date, Number},
};
use billing::{Amount, Commitment, Credit, Currency, OfferTerms, Price, PriceCard, PriceKind, Tiers};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A private rate card of `forecast price`")]
struct File {
    /// The currency of every price, such as EUR.
    currency: String,
    /// Paid by somebody else in each cycle, up to this amount.
    #[serde(default)]
    credit: Option<Number>,
    /// Meters that the credit does not pay for.
    #[serde(default)]
    credit_excludes: BTreeSet<String>,
    /// A charge of every cycle.
    #[serde(default)]
    recurring_charge: Option<Number>,
    /// Shares that are taken off for those who committed to spend, from 0 to 1.
    #[serde(default)]
    commitment: Vec<Discount>,
    /// The prices.
    price: Vec<FilePrice>,
}

/// A discount for those who committed to spend.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Discount {
    /// From which amount a cycle on.
    from: Number,
    /// The share that is taken off, from 0 to 1.
    share: Number,
}

/// A meter and what it costs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FilePrice {
    /// The meter's id, any text.
    meter: String,
    /// Its name.
    #[serde(default)]
    name: String,
    /// The service.
    #[serde(default)]
    category: String,
    /// The product within it.
    #[serde(default)]
    product: String,
    /// The size as resources name it.
    #[serde(default)]
    sku: String,
    /// The region; none where it is one for all.
    #[serde(default)]
    region: String,
    /// What the price is for, such as `1 Hour` or `100 GB/Month`.
    unit: String,
    /// The price of a unit.
    #[serde(default)]
    price: Option<Number>,
    /// Prices by the quantity of a cycle, instead of one.
    #[serde(default)]
    tiers: Vec<FileTier>,
    /// Units that are free in each cycle.
    #[serde(default)]
    included: Option<Number>,
    /// First day on which the price holds.
    #[serde(default)]
    from: Option<Date>,
    /// Day after the last.
    #[serde(default)]
    until: Option<Date>,
}

/// From which quantity on a price applies.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileTier {
    /// The quantity, in units; 0 of the first tier.
    from: Number,
    /// The price of a unit above it.
    price: Number,
}

/// The JSON Schema of a private card in TOML.
#[must_use]
pub fn card_schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(File)).unwrap_or_default() + "\n"
}

/// Reads a card in TOML.
///
/// # Errors
/// [`Error::Unreadable`] with the line, or the price.
pub fn read_private_toml(text: &str, what: &str) -> Result<PriceCard> {
    let file: File = toml::from_str(text).map_err(|error| Error::unreadable(what, error))?;
    let bad = |error: billing::Error| Error::unreadable(what, error);
    let currency: Currency = file.currency.parse().map_err(bad)?;
    let optional = |number: &Option<Number>| number.as_ref().map(Number::amount).transpose().map_err(bad);
    let excluded = file.credit_excludes.iter().map(|id| id.to_lowercase()).collect();
    let discounts: BTreeMap<Amount, Amount> = file
        .commitment
        .iter()
        .map(|discount| Ok((discount.from.amount().map_err(bad)?, discount.share.amount().map_err(bad)?)))
        .collect::<Result<_>>()?;
    let negative = [&file.credit, &file.recurring_charge].into_iter().map(optional);
    if negative.collect::<Result<Vec<_>>>()?.iter().flatten().any(|amount| amount.is_negative()) {
        return Err(Error::unreadable(what, "a credit or a charge of the cycle is not below zero"));
    }
    if let Some(share) = discounts.values().find(|share| share.is_negative() || **share > Amount::ONE) {
        return Err(Error::unreadable(
            what,
            format!("a commitment's share lies between 0 and 1, not at {share}"),
        ));
    }
    let terms = OfferTerms {
        credit: optional(&file.credit)?.map(|amount| Credit { amount, excluded, from: None }),
        commitment: (!discounts.is_empty()).then(|| Commitment { discounts, excluded: BTreeSet::new() }),
        recurring: optional(&file.recurring_charge)?,
    };
    let mut prices = Vec::with_capacity(file.price.len());
    for (place, own) in file.price.into_iter().enumerate() {
        let bad =
            |why: String| Error::unreadable(what, format!("price {} (`{}`): {why}", place + 1, own.meter));
        let number = |number: &Number| number.amount().map_err(|error| bad(error.to_string()));
        let tiers = match (&own.price, own.tiers.as_slice()) {
            (Some(price), []) => vec![(Amount::ZERO, number(price)?)],
            (None, tiers @ [_, ..]) => tiers
                .iter()
                .map(|tier| Ok((number(&tier.from)?, number(&tier.price)?)))
                .collect::<Result<_>>()?,
            _ => return Err(bad("either `price` or `tiers` says what it costs".to_owned())),
        };
        let included = own.included.as_ref().map(number).transpose()?.unwrap_or_default();
        let day = |day: &Option<Date>| day.as_ref().map(Date::day).transpose().map_err(bad);
        prices.push(Price {
            unit: own.unit.parse().map_err(|error: billing::Error| bad(error.to_string()))?,
            tiers: Tiers::new(tiers, included).map_err(|error| bad(error.to_string()))?,
            from: day(&own.from)?,
            until: day(&own.until)?,
            meter: own.meter.to_lowercase(),
            name: own.name.clone(),
            category: own.category.clone(),
            product: own.product.clone(),
            sku: own.sku.clone(),
            region: own.region.clone(),
            kind: PriceKind::Consumption,
            is_third_party: false,
        });
    }
    Ok(PriceCard::new(currency, terms, prices))
}

/// A row of a card in CSV.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CsvRow {
    currency: String,
    meter: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    sku: String,
    #[serde(default)]
    region: String,
    unit: String,
    price: String,
    #[serde(default)]
    tier_from: String,
    #[serde(default)]
    included: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// A row and the line that it stands on.
type Placed = (u64, CsvRow);

/// Reads a card in CSV with the columns `currency`, `meter`, `unit`, `price`, and where wanted `name`,
/// `category`, `product`, `sku`, `region`, `tier_from`, `included`, `from` and `until`.
///
/// # Errors
/// [`Error::Unreadable`] with the line.
pub fn read_private_csv(text: &str, what: &str) -> Result<PriceCard> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut groups: BTreeMap<[String; 5], (usize, Vec<Placed>)> = BTreeMap::new();
    let mut currency: Option<Currency> = None;
    let headers = reader.headers().map_err(|error| Error::unreadable(what, error))?.clone();
    refuse_semicolons(&headers, what)?;
    for (place, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::unreadable(what, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let at = |why: String| Error::unreadable(what, format!("line {line}: {why}"));
        let row: CsvRow = record.deserialize(Some(&headers)).map_err(|error| at(error.to_string()))?;
        let own: Currency = row.currency.parse().map_err(|error: billing::Error| at(error.to_string()))?;
        match &currency {
            Some(first) if *first != own => return Err(at(format!("it is in {own}, the first in {first}"))),
            _ => currency = Some(own),
        }
        let key = [&row.meter, &row.region, &row.sku, &row.from, &row.until].map(|text| text.to_lowercase());
        groups.entry(key).or_insert_with(|| (place, Vec::new())).1.push((line, row));
    }
    let mut groups: Vec<(usize, Vec<Placed>)> = groups.into_values().collect();
    groups.sort_by_key(|(place, _)| *place);
    let prices = groups.into_iter().map(|(_, rows)| csv_price(&rows, what)).collect::<Result<_>>()?;
    let currency = currency.ok_or_else(|| Error::unreadable(what, "it holds no price"))?;
    Ok(PriceCard::new(currency, OfferTerms::default(), prices))
}

fn csv_price(rows: &[Placed], what: &str) -> Result<Price> {
    let mut tiers = Vec::with_capacity(rows.len());
    let (_, first) = &rows[0];
    for (line, row) in rows {
        let at = |why: &str| Error::unreadable(what, format!("line {line}: {why}"));
        if row.price.is_empty() {
            return Err(at("it has no `price`"));
        }
        let same = |one: &str, other: &str| one.is_empty() || one == other;
        if row.unit != first.unit
            || !same(&row.included, &first.included)
            || !same(&row.product, &first.product)
        {
            return Err(at(
                "it is a tier of the meter above, whose unit, product or included quantity is another",
            ));
        }
        tiers.push((number(&row.tier_from, *line, what)?, number(&row.price, *line, what)?));
    }
    let (line, first) = &rows[0];
    let at = |why: String| Error::unreadable(what, format!("line {line}: {why}"));
    let day =
        |text: &str| (!text.is_empty()).then(|| Date::Text(text.to_owned()).day().map_err(at)).transpose();
    Ok(Price {
        meter: first.meter.to_lowercase(),
        name: first.name.clone(),
        category: first.category.clone(),
        product: first.product.clone(),
        sku: first.sku.clone(),
        region: first.region.clone(),
        kind: PriceKind::Consumption,
        unit: first.unit.parse().map_err(|error: billing::Error| at(error.to_string()))?,
        tiers: Tiers::new(tiers, number(&first.included, *line, what)?)
            .map_err(|error| at(error.to_string()))?,
        from: day(&first.from)?,
        until: day(&first.until)?,
        is_third_party: false,
    })
}

/// The number of a cell; nothing where it is empty.
fn number(text: &str, line: u64, what: &str) -> Result<Amount> {
    if text.is_empty() {
        return Ok(Amount::ZERO);
    }
    text.parse().map_err(|error| Error::unreadable(what, format!("line {line}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        currency = "EUR"
        credit = 50
        credit_excludes = ["DC-Disk"]
        recurring_charge = "19.90"
        commitment = [{ from = 1000, share = 0.05 }]
        [[price]]
        meter = "DC-vCPU"
        region = "hall1"
        unit = "1 Hour"
        tiers = [{ from = 0, price = 0.02 }, { from = 1000, price = "0.015000000000000001" }]
        included = 10
        from = 2026-01-01
        until = "2027-01-01"
        [[price]]
        meter = "dc-disk"
        unit = "100 GB/Month"
        price = 4
    "#;

    #[test]
    fn a_card_in_toml_has_tiers_terms_and_days() {
        let card = read_private_toml(TOML, "the card").unwrap();
        let cpu = card.of_meter("dc-vcpu").next().unwrap();
        assert_eq!(cpu.tiers.cost("1110".parse().unwrap()).unwrap().to_string(), "21.5000000000000001");
        let span = (cpu.from.unwrap().to_string(), cpu.until.unwrap().to_string());
        assert_eq!(span, ("2026-01-01".to_owned(), "2027-01-01".to_owned()));
        assert!(card.terms.credit.as_ref().unwrap().excluded.contains("dc-disk"));
        assert_eq!(card.terms.recurring.unwrap().to_string(), "19.9");
    }

    #[test]
    fn a_card_in_csv_is_the_same_and_rows_of_a_meter_are_its_tiers() {
        let text = "currency,meter,region,unit,price,tier_from,included,from,until\n\
            EUR,DC-vCPU,hall1,1 Hour,0.02,,10,2026-01-01,2027-01-01\n\
            EUR,DC-vCPU,hall1,1 Hour,0.015000000000000001,1000,,2026-01-01,2027-01-01\n\
            EUR,dc-disk,,100 GB/Month,4,,,,\n";
        let (one, other) =
            (read_private_csv(text, "the card").unwrap(), read_private_toml(TOML, "the card").unwrap());
        assert_eq!(one.prices(), other.prices());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let refused = |text: &str| read_private_toml(text, "`c.toml`").unwrap_err().to_string();
        assert!(refused(&TOML.replace("price = 4", "")).contains("price 2 (`dc-disk`): either"));
        assert!(
            refused(&TOML.replace("2026-01-01", "\"soon\""))
                .contains("price 1 (`DC-vCPU`): `soon` is not a date")
        );
        assert!(refused(&TOML.replace("share = 0.05", "share = 5")).contains("between 0 and 1"));
        assert!(refused(&TOML.replace("included", "includes")).contains("includes"));
        let refused = |text: &str| read_private_csv(text, "`c.csv`").unwrap_err().to_string();
        let head = "currency,meter,unit,price\n";
        assert!(refused(&format!("{head}EUR,a,1 Hour,x\n")).contains("line 2: not an amount: `x`"));
        assert!(refused(&format!("{head}EUR,a,1 Hour,1\nUSD,b,1 Hour,1\n")).contains("line 3: it is in USD"));
        assert!(refused(&format!("{head}EUR,a,1 Hour,\n")).contains("line 2: it has no `price`"));
        assert!(refused("currency,meter,unit,price,inculded\nEUR,a,1 GB,1,5\n").contains("inculded"));
        assert!(refused(head).contains("no price") && refused("a,b\n1,2\n").contains("currency"));
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema: serde_json::Value = serde_json::from_str(&card_schema()).unwrap();
        assert!(schema["properties"]["price"].is_object() && schema["$defs"]["FilePrice"].is_object());
    }
}
