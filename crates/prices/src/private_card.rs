//! A price list of your own, in TOML or CSV: a data centre, an internal chargeback, another cloud.
//!
//! In TOML each `[[price]]` is a meter with its price or its tiers; in CSV each row is a tier, and rows of one meter,
//! region, SKU and span of days form a price. Numbers are exact. A price that cannot be used is listed with its place;
//! unknown keys and columns, and a file that is not TOML or CSV, are errors.

use crate::{
    Error, Result,
    csv_header::refuse_semicolons,
    file_values::{Date, Number},
    price_list::PriceList,
};
use billing::{
    Amount, Commitment, Credit, Currency, Dated, OfferTerms, Price, PriceCard, PriceKind, Tiers,
    UnusablePrice,
};
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
    /// The credit of each cycle.
    #[serde(default)]
    credit: Option<Number>,
    /// Meters that the credit does not pay for.
    #[serde(default)]
    credit_excludes: BTreeSet<String>,
    /// A charge of every cycle.
    #[serde(default)]
    recurring_charge: Option<Number>,
    /// Discounts for customers with a spending commitment.
    #[serde(default)]
    commitment: Vec<Discount>,
    /// The prices.
    price: Vec<FilePrice>,
}

/// A discount for customers with a spending commitment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Discount {
    /// Committed amount of a cycle from which it applies.
    from: Number,
    /// The discount as a share, from 0 to 1.
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
    /// The region; empty for a price of all regions.
    #[serde(default)]
    region: String,
    /// The unit of the price, such as `1 Hour` or `100 GB/Month`.
    unit: String,
    /// The price of a unit.
    #[serde(default)]
    price: Option<Number>,
    /// Prices by the quantity of a cycle, instead of one price.
    #[serde(default)]
    tiers: Vec<FileTier>,
    /// Units that are free in each cycle.
    #[serde(default)]
    included: Option<Number>,
    /// First day on which the price is in force.
    #[serde(default)]
    from: Option<Date>,
    /// Day after the last.
    #[serde(default)]
    until: Option<Date>,
}

/// A tier.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileTier {
    /// Its lower bound, in units; 0 for the first tier.
    from: Number,
    /// The price of a unit in the tier.
    price: Number,
}

/// The JSON Schema of a private card in TOML.
#[must_use]
pub fn card_schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(File)).unwrap_or_default() + "\n"
}

/// Reads a card in TOML. A price that cannot be used is listed ([`PriceCard::unusable`]).
///
/// # Errors
/// [`Error::Unreadable`] with the line of the file, for terms that cannot be applied, and where no price can be used.
pub fn read_private_toml(text: &str, what: &str) -> Result<PriceCard> {
    let file: File = toml::from_str(text).map_err(|error| Error::unreadable(what, error))?;
    let bad = |error: billing::Error| Error::unreadable(what, error);
    let currency: Currency = file.currency.parse().map_err(bad)?;
    let terms = terms(&file).map_err(|why| Error::unreadable(what, why))?;
    let mut list = PriceList::default();
    for (index, row) in file.price.into_iter().enumerate() {
        let (meter, sku) = (row.meter.to_lowercase(), row.sku.clone());
        let place = format!("price {} (`{}`)", index + 1, row.meter);
        match toml_price(row) {
            Ok(price) => list.add(price),
            Err(why) => {
                list.refuse(UnusablePrice { meter, sku, kind: None, reason: format!("{place}: {why}") });
            }
        }
    }
    list.card(currency, terms, what)
}

/// The terms of a card, which hold at all times.
///
/// # Errors
/// Why one of them cannot be applied.
fn terms(file: &File) -> std::result::Result<OfferTerms, String> {
    let number = |number: &Number| number.amount().map_err(|error| error.to_string());
    let amount = |name: &str, own: &Option<Number>| match own.as_ref().map(number).transpose()? {
        Some(amount) if amount.is_negative() => Err(format!("`{name}` is below 0: {amount}")),
        amount => Ok(amount),
    };
    let credit = amount("credit", &file.credit)?;
    let recurring = amount("recurring_charge", &file.recurring_charge)?;
    let excluded: BTreeSet<String> = file.credit_excludes.iter().map(|id| id.to_lowercase()).collect();
    let mut discounts: BTreeMap<Amount, Amount> = BTreeMap::new();
    for discount in &file.commitment {
        let (from, share) = (number(&discount.from)?, number(&discount.share)?);
        if share.is_negative() || share > Amount::ONE {
            return Err(format!("a commitment's share lies between 0 and 1, not at {share}"));
        }
        if discounts.insert(from, share).is_some_and(|other| other != share) {
            return Err(format!("two commitments start at {from}"));
        }
    }
    let commitment = (!discounts.is_empty()).then(|| Commitment { discounts, excluded: BTreeSet::new() });
    Ok(OfferTerms {
        credits: credit.map(|amount| Dated::always(Credit { amount, excluded })).into_iter().collect(),
        commitments: commitment.map(Dated::always).into_iter().collect(),
        recurring: recurring.map(Dated::always).into_iter().collect(),
    })
}

fn toml_price(row: FilePrice) -> std::result::Result<Price, String> {
    let number = |number: &Number| number.amount().map_err(|error| error.to_string());
    let tiers = match (&row.price, row.tiers.as_slice()) {
        (Some(price), []) => vec![(Amount::ZERO, number(price)?)],
        (None, tiers @ [_, ..]) => tiers
            .iter()
            .map(|tier| Ok((number(&tier.from)?, number(&tier.price)?)))
            .collect::<std::result::Result<_, String>>()?,
        _ => return Err("it needs either `price` or `tiers`".to_owned()),
    };
    let included = row.included.as_ref().map(number).transpose()?.unwrap_or_default();
    let day = |day: &Option<Date>| day.as_ref().map(Date::day).transpose();
    Ok(Price {
        unit: row.unit.parse().map_err(|error: billing::Error| error.to_string())?,
        tiers: Tiers::new(tiers, included).map_err(|error| error.to_string())?,
        from: day(&row.from)?,
        until: day(&row.until)?,
        meter: row.meter.to_lowercase(),
        name: row.name,
        category: row.category,
        product: row.product,
        sku: row.sku,
        region: row.region,
        kind: PriceKind::Consumption,
        is_third_party: false,
    })
}

/// A row of a card in CSV.
#[derive(PartialEq, Deserialize)]
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

/// A row and its line in the file.
type Placed = (u64, CsvRow);

/// Reads a card in CSV with the columns `currency`, `meter`, `unit`, `price`, and optionally `name`, `category`,
/// `product`, `sku`, `region`, `tier_from`, `included`, `from` and `until`. Equal rows count once. A price that cannot be
/// used is listed ([`PriceCard::unusable`]).
///
/// # Errors
/// [`Error::Unreadable`] with the line, for unknown columns and several currencies, and where no price can be used.
pub fn read_private_csv(text: &str, what: &str) -> Result<PriceCard> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut groups: BTreeMap<[String; 5], (usize, Vec<Placed>)> = BTreeMap::new();
    let mut currency: Option<Currency> = None;
    let headers = reader.headers().map_err(|error| Error::unreadable(what, error))?.clone();
    refuse_semicolons(&headers, what)?;
    for (index, record) in reader.records().enumerate() {
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
        let rows = &mut groups.entry(key).or_insert_with(|| (index, Vec::new())).1;
        if !rows.iter().any(|(_, known)| *known == row) {
            rows.push((line, row));
        }
    }
    let mut groups: Vec<(usize, Vec<Placed>)> = groups.into_values().collect();
    groups.sort_by_key(|(index, _)| *index);
    let mut list = PriceList::default();
    for (_, rows) in groups {
        match csv_price(&rows) {
            Ok(price) => list.add(price),
            Err(reason) => {
                let (_, first) = &rows[0];
                let (meter, sku) = (first.meter.to_lowercase(), first.sku.clone());
                list.refuse(UnusablePrice { meter, sku, kind: None, reason });
            }
        }
    }
    match currency {
        Some(currency) => list.card(currency, OfferTerms::default(), what),
        None => Err(list.error(what)),
    }
}

/// The price of some rows, or why it cannot be used.
fn csv_price(rows: &[Placed]) -> std::result::Result<Price, String> {
    let mut tiers = Vec::with_capacity(rows.len());
    let (line, first) = &rows[0];
    for (line, row) in rows {
        let at = |why: &str| format!("line {line}: {why}");
        if row.price.is_empty() {
            return Err(at("it has no `price`"));
        }
        let same = |one: &str, other: &str| one.is_empty() || one == other;
        if row.unit != first.unit
            || !same(&row.included, &first.included)
            || !same(&row.product, &first.product)
        {
            return Err(at(
                "it is a tier of the meter above with another unit, product or included quantity",
            ));
        }
        tiers.push((number(&row.tier_from, *line)?, number(&row.price, *line)?));
    }
    let at = |why: String| format!("line {line}: {why}");
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
        tiers: Tiers::new(tiers, number(&first.included, *line)?).map_err(|error| at(error.to_string()))?,
        from: day(&first.from)?,
        until: day(&first.until)?,
        is_third_party: false,
    })
}

/// The number of a cell; 0 for an empty cell.
fn number(text: &str, line: u64) -> std::result::Result<Amount, String> {
    if text.is_empty() {
        return Ok(Amount::ZERO);
    }
    text.parse().map_err(|error| format!("line {line}: {error}"))
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
        assert!(card.terms.credits[0].term.excluded.contains("dc-disk"));
        assert_eq!(card.terms.recurring[0].term.to_string(), "19.9");
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
    fn what_is_wrong_with_a_file_is_named_with_its_place() {
        let refused = |text: &str| read_private_toml(text, "`c.toml`").unwrap_err().to_string();
        assert!(refused(&TOML.replace("share = 0.05", "share = 5")).contains("between 0 and 1"));
        assert!(refused(&TOML.replace("credit = 50", "credit = -50")).contains("`credit` is below 0: -50"));
        assert!(refused(&TOML.replace("included", "includes")).contains("includes"));
        let twice = "[{ from = 1000, share = 0.05 }, { from = 1000, share = 0.1 }]";
        let twice = TOML.replace("[{ from = 1000, share = 0.05 }]", twice);
        assert!(refused(&twice).contains("two commitments start at 1000"));
        let refused = |text: &str| read_private_csv(text, "`c.csv`").unwrap_err().to_string();
        let head = "currency,meter,unit,price\n";
        assert!(refused(&format!("{head}EUR,a,1 Hour,x\n")).contains("line 2: not an amount: `x`"));
        assert!(refused(&format!("{head}EUR,a,1 Hour,1\nUSD,b,1 Hour,1\n")).contains("line 3: it is in USD"));
        assert!(refused(&format!("{head}EUR,a,1 Hour,\n")).contains("line 2: it has no `price`"));
        assert!(refused("currency,meter,unit,price,inculded\nEUR,a,1 GB,1,5\n").contains("inculded"));
        assert!(refused(head).contains("no price") && refused("a,b\n1,2\n").contains("currency"));
    }

    #[test]
    fn a_price_that_cannot_be_used_is_listed_and_the_others_count() {
        let odd = |from: &str, to: &str| {
            let card = read_private_toml(&TOML.replace(from, to), "`c.toml`").unwrap();
            assert_eq!((card.prices().len(), card.unusable().len()), (1, 1), "{to}");
            card.unusable()[0].reason.clone()
        };
        assert!(odd("price = 4", "").contains("price 2 (`dc-disk`): it needs either"));
        assert!(odd("price = 4", "price = -4").contains("below 0: -4"));
        assert!(odd("100 GB/Month", "0 GB").contains("price 2 (`dc-disk`): `0 GB`"));
        assert!(odd("2026-01-01", "\"soon\"").contains("price 1 (`DC-vCPU`): `soon` is not a date"));
        assert!(odd("from = 0, price = 0.02", "from = 1, price = 0.02").contains("starts at 1"));
        assert!(odd("included = 10", "included = -1").contains("-1"));
        let text = "currency,meter,unit,price,tier_from\nEUR,a,1 GB,1,\nEUR,a,1 GB,1,\nEUR,b,1 GB,-1,\n\
            EUR,c,1 GB,1,5\nEUR,d,1 GB,1,\nEUR,d,1 GB,2,\n";
        let card = read_private_csv(text, "`c.csv`").unwrap();
        assert_eq!((card.prices().len(), card.of_meter("a").count()), (1, 1));
        let reasons: Vec<&str> = card.unusable().iter().map(|price| price.reason.as_str()).collect();
        assert!(reasons[0].starts_with("line 4: ") && reasons[0].contains("below 0: -1"), "{reasons:?}");
        assert!(reasons[1].starts_with("line 5: ") && reasons[1].contains("starts at 5"), "{reasons:?}");
        assert!(
            reasons[2].starts_with("line 6: ") && reasons[2].contains("two tiers start at 0"),
            "{reasons:?}"
        );
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema: serde_json::Value = serde_json::from_str(&card_schema()).unwrap();
        assert!(schema["properties"]["price"].is_object() && schema["$defs"]["FilePrice"].is_object());
    }
}
