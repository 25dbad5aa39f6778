//! Price sheets of an Enterprise Agreement (Consumption API, 2018-01-31 and later).
//!
//! A price is that of a whole `unitOfMeasure`. One meter may stand there for several offers, of which
//! development and test is one; its id is often in upper case. The service documents no unit of the included
//! quantity; it is read as a quantity of `unitOfMeasure`, as the price is. Equal rows count once, and a row that cannot be
//! used is listed.
//! Source: recorded sheets of 2017 and 2018 and the specification's examples.

use crate::{Decimal, Error, Result, price_list::PriceList};
use billing::{Amount, Currency, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers, UnusablePrice};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Sheet {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    pricesheets: Vec<Box<RawValue>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    meter_id: String,
    meter_name: Option<String>,
    meter_details: Option<Details>,
    unit_of_measure: Option<String>,
    included_quantity: Option<Decimal>,
    unit_price: Decimal,
    currency_code: String,
    offer_id: Option<String>,
}

/// The id of a row that cannot be read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RowName {
    meter_id: serde_json::Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    meter_name: Option<String>,
    meter_category: Option<String>,
    meter_sub_category: Option<String>,
    meter_location: Option<String>,
}

/// Reads a sheet as the service writes it. That it is one page of several is a warning; a row that cannot be used is
/// listed ([`PriceCard::unusable`]).
///
/// # Errors
/// [`Error::Unreadable`] for what is not a sheet, where no row can be used, and for prices in several currencies.
pub fn read_price_sheet(body: &[u8], what: &str) -> Result<PriceCard> {
    let sheet: Sheet = serde_json::from_slice(body).map_err(|error| Error::unreadable(what, error))?;
    if sheet.properties.next_link.is_some_and(|link| !link.is_empty()) {
        tracing::warn!("{what} is one page of a price sheet; meters of the others have no price here");
    }
    let mut list = PriceList::default();
    let mut currency: Option<Currency> = None;
    for (index, raw) in sheet.properties.pricesheets.iter().enumerate() {
        let refused = |meter: &str, why: String| UnusablePrice {
            meter: meter.to_lowercase(),
            sku: String::new(),
            kind: None,
            reason: format!("price {} (meter {}): {why}", index + 1, meter.to_lowercase()),
        };
        let row: Row = match serde_json::from_str(raw.get()) {
            Ok(row) => row,
            Err(error) => {
                let name: RowName = serde_json::from_str(raw.get()).unwrap_or_default();
                list.refuse(refused(name.meter_id.as_str().unwrap_or_default(), error.to_string()));
                continue;
            }
        };
        let own: Currency = row.currency_code.parse().map_err(|error| Error::unreadable(what, error))?;
        match &currency {
            Some(first) if *first != own => {
                let why = format!("price {}: it is in {own}, the first in {first}", index + 1);
                return Err(Error::unreadable(what, why));
            }
            _ => currency = Some(own),
        }
        let meter = row.meter_id.clone();
        match price(row) {
            Ok(price) => list.add(price),
            Err(error) => list.refuse(refused(&meter, error.to_string())),
        }
    }
    match currency {
        Some(currency) => list.card(currency, OfferTerms::default(), what),
        None => Err(list.error(what)),
    }
}

fn price(row: Row) -> billing::Result<Price> {
    let details = row.meter_details.unwrap_or_default();
    let name = row.meter_name.or(details.meter_name).unwrap_or_default();
    let is_dev_test = name.contains("Dev/Test") || row.offer_id.as_deref() == Some("MS-AZR-0148P");
    let unit: PricingUnit = row.unit_of_measure.as_deref().unwrap_or_default().parse()?;
    let included = row.included_quantity.map_or(Amount::ZERO, |included| included.0);
    Ok(Price {
        meter: row.meter_id.to_lowercase(),
        category: details.meter_category.unwrap_or_default(),
        product: details.meter_sub_category.unwrap_or_default(),
        sku: name.split_once(" VM").map_or("", |(size, _)| size).to_owned(),
        // Recorded sheets have the region at the end of the name: `… - US East 2`.
        region: details
            .meter_location
            .or_else(|| Some(name.rsplit_once(" - ")?.1.to_owned()))
            .unwrap_or_default(),
        kind: if is_dev_test { PriceKind::DevTest } else { PriceKind::Consumption },
        unit,
        tiers: Tiers::new([(Amount::ZERO, row.unit_price.0)], included)?,
        from: None,
        until: None,
        is_third_party: false,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = r#"{"properties":{"nextLink":null,"pricesheets":[
        {"meterId":"ABC","meterName":"Standard_D2 VM Dev/Test - US East 2","unitOfMeasure":"100 Hours",
         "includedQuantity":0.0,"unitPrice":5,"currencyCode":"USD"},
        {"meterId":"abc","unitOfMeasure":"10 GB","includedQuantity":1,"unitPrice":0.25,"currencyCode":"USD",
         "meterDetails":{"meterName":"Data","meterCategory":"Networking","meterLocation":"Zone 1"}}]}}"#;

    #[test]
    fn a_price_is_that_of_the_whole_unit() {
        let card = read_price_sheet(SHEET.as_bytes(), "the sheet").unwrap();
        let prices: Vec<_> = card.of_meter("Abc").collect();
        assert_eq!((prices[0].kind, prices[0].region.as_str()), (PriceKind::DevTest, "US East 2"));
        let hours = prices[0].unit.in_blocks("730".parse().unwrap());
        assert_eq!(prices[0].tiers.cost(hours).unwrap().to_string(), "36.5");
        assert_eq!(prices[1].tiers.cost("3".parse().unwrap()).unwrap().to_string(), "0.5");
    }

    #[test]
    fn a_second_currency_is_refused_by_row() {
        let text = SHEET.replacen("USD", "EUR", 1);
        let refused = read_price_sheet(text.as_bytes(), "`s.json`").unwrap_err().to_string();
        assert!(refused.contains("price 2: it is in USD, the first in EUR"), "{refused}");
    }

    #[test]
    fn a_row_that_cannot_be_used_is_listed_and_equal_rows_count_once() {
        let row = |meter: &str, unit: &str, price: &str| {
            format!(
                r#"{{"meterId":"{meter}","unitOfMeasure":"{unit}","unitPrice":{price},"currencyCode":"USD"}}"#
            )
        };
        let rows = [
            row("A", "1 GB", "2"),
            row("a", "1 GB", "2"),
            row("B", "0 GB", "2"),
            row("c", "1 GB", "-2"),
            row("D", "1 GB", "\"x\""),
        ];
        let text = format!(r#"{{"properties":{{"pricesheets":[{}]}}}}"#, rows.join(","));
        let card = read_price_sheet(text.as_bytes(), "the sheet").unwrap();
        assert_eq!((card.prices().len(), card.of_meter("a").count()), (1, 1));
        let reasons: Vec<&str> = card.unusable().iter().map(|price| price.reason.as_str()).collect();
        assert!(reasons[0].starts_with("price 3 (meter b): ") && reasons[0].contains("0 GB"), "{reasons:?}");
        assert!(
            reasons[1].contains("price 4 (meter c)") && reasons[1].contains("below 0: -2"),
            "{reasons:?}"
        );
        assert!(reasons[2].starts_with("price 5 (meter d): "), "{reasons:?}");
    }
}
