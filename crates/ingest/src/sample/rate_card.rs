//! The prices of the sample as the rate card service would answer: the very numbers that the bill
//! was made with.

use super::meters::{METERS, Product};
use super::pricing::Price;
use serde_json::{Map, Number, Value as Json, json};

/// The rate card as JSON text.
pub fn rate_card() -> String {
    let meters: Vec<Json> = METERS.iter().map(meter).collect();
    let card = json!({
        "OfferTerms": [],
        "Meters": meters,
        "Currency": "USD",
        "Locale": "en-US",
        "IsTaxIncluded": false,
    });
    format!("{card:#}\n")
}

fn meter(product: &Product) -> Json {
    let rates: Map<String, Json> =
        product.rates.tiers.iter().map(|tier| (tier.from.to_string(), price(tier.price))).collect();
    json!({
        "MeterId": product.meter_id,
        "MeterName": product.name,
        "MeterCategory": product.category,
        "MeterSubCategory": product.subcategory,
        "Unit": product.unit,
        "MeterTags": if product.is_marketplace() { vec!["Third Party"] } else { Vec::new() },
        "MeterRegion": product.region,
        "MeterRates": rates,
        "EffectiveDate": product.effective_date,
        "IncludedQuantity": product.rates.included as f64,
    })
}

/// A price as a number: the nearest float of so few digits prints them again.
fn price(price: Price) -> Json {
    Number::from_f64(price.to_amount().to_f64()).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::Amount;

    #[test]
    fn the_prices_read_back_are_those_of_the_bill() {
        let card: Json = serde_json::from_str(&rate_card()).unwrap();
        let meters = card["Meters"].as_array().unwrap();
        assert_eq!(meters.len(), METERS.len());
        for (meter, product) in meters.iter().zip(METERS) {
            let rates = meter["MeterRates"].as_object().unwrap();
            assert_eq!(rates.len(), product.rates.tiers.len());
            for ((bound, rate), tier) in rates.iter().zip(product.rates.tiers) {
                assert_eq!(bound.parse::<i64>().unwrap(), tier.from);
                assert_eq!(rate.to_string().parse::<Amount>().unwrap(), tier.price.to_amount());
            }
        }
    }
}
