//! Price sheets of an Enterprise Agreement (Consumption API, 2018-01-31 and later).
//!
//! A price is that of a whole `unitOfMeasure`. One meter may stand there for several offers, of which
//! development and test is one; its id is often in upper case. The service documents no unit of the included
//! quantity; it is taken for one of `unitOfMeasure`, as the price is.
//! Source: recorded sheets of 2017 and 2018 and the specification's examples.

use crate::{Decimal, Error, Result};
use billing::{Amount, Currency, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers};
use serde::Deserialize;

#[derive(Deserialize)]
struct Sheet {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    pricesheets: Vec<Row>,
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    meter_name: Option<String>,
    meter_category: Option<String>,
    meter_sub_category: Option<String>,
    meter_location: Option<String>,
}

/// Reads a sheet as the service writes it; that it is one page of several is a warning.
///
/// # Errors
/// [`Error::Unreadable`] with the row, where there is none, and for prices in several currencies.
pub fn read_price_sheet(body: &[u8], what: &str) -> Result<PriceCard> {
    let sheet: Sheet = serde_json::from_slice(body).map_err(|error| Error::unreadable(what, error))?;
    let rows = sheet.properties.pricesheets;
    if sheet.properties.next_link.is_some_and(|link| !link.is_empty()) {
        tracing::warn!("{what} is one page of a price sheet; meters of the others have no price here");
    }
    let first = rows.first().ok_or_else(|| Error::unreadable(what, "it holds no price"))?;
    let currency: Currency = first.currency_code.parse().map_err(|error| Error::unreadable(what, error))?;
    let mut prices = Vec::with_capacity(rows.len());
    for (place, row) in rows.into_iter().enumerate() {
        let bad = |why: String| Error::unreadable(what, format!("price {}: {why}", place + 1));
        if !row.currency_code.eq_ignore_ascii_case(currency.code()) {
            return Err(bad(format!("it is in {}, the first in {currency}", row.currency_code)));
        }
        let details = row.meter_details.unwrap_or_default();
        let name = row.meter_name.or(details.meter_name).unwrap_or_default();
        let is_dev_test = name.contains("Dev/Test") || row.offer_id.as_deref() == Some("MS-AZR-0148P");
        let unit: PricingUnit = row
            .unit_of_measure
            .as_deref()
            .unwrap_or_default()
            .parse()
            .map_err(|error: billing::Error| bad(error.to_string()))?;
        let included = row.included_quantity.map_or(Amount::ZERO, |included| included.0);
        prices.push(Price {
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
            tiers: Tiers::new([(Amount::ZERO, row.unit_price.0)], included)
                .map_err(|error| bad(error.to_string()))?,
            from: None,
            until: None,
            is_third_party: false,
            name,
        });
    }
    Ok(PriceCard::new(currency, OfferTerms::default(), prices))
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
    fn a_second_currency_and_a_broken_unit_are_refused_by_row() {
        let refused = |text: String| read_price_sheet(text.as_bytes(), "`s.json`").unwrap_err().to_string();
        assert!(refused(SHEET.replacen("USD", "EUR", 1)).contains("price 2: it is in USD, the first in EUR"));
        assert!(refused(SHEET.replace("100 Hours", "0 Hours")).contains("price 1"));
    }
}
