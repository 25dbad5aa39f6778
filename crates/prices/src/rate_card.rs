//! The RateCard (2015-06-01-preview) as the service writes it: prices of an offer's meters, and its terms.
//!
//! Tiers are a map keyed by text and are sorted as numbers. `EffectiveDate` may be the year 1, which means
//! none. What a machine runs on stands in brackets in its subcategory, `Standard_D2_v2 VM (Windows)`.
//! Source: the service's specification and a recorded card.

use crate::{Decimal, Error, Result};
use billing::{
    Amount, Commitment, Credit, Currency, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCard {
    #[serde(default)]
    offer_terms: Vec<WireTerm>,
    meters: Vec<WireMeter>,
    currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireMeter {
    meter_id: String,
    #[serde(default)]
    meter_name: Option<String>,
    #[serde(default)]
    meter_category: Option<String>,
    #[serde(default)]
    meter_sub_category: Option<String>,
    #[serde(default)]
    meter_region: Option<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    meter_tags: Option<Vec<String>>,
    meter_rates: BTreeMap<String, Decimal>,
    #[serde(default)]
    effective_date: Option<String>,
    #[serde(default)]
    included_quantity: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTerm {
    name: String,
    credit: Option<Decimal>,
    tiered_discount: Option<BTreeMap<String, Decimal>>,
    recurring_charge: Option<Decimal>,
    #[serde(default)]
    excluded_meter_ids: Option<Vec<String>>,
    #[serde(default)]
    effective_date: Option<String>,
}

/// Reads a card. `what` names it in errors; `currency` is used where the card names none.
///
/// # Errors
/// [`Error::Unreadable`] with the meter, [`Error::OtherCurrency`] for another currency than asked for.
pub fn read_rate_card(body: &[u8], what: &str, currency: Option<&str>) -> Result<PriceCard> {
    let wire: WireCard = serde_json::from_slice(body).map_err(|error| Error::unreadable(what, error))?;
    let own = wire.currency.as_deref().map(str::trim).filter(|own| !own.is_empty());
    if let (Some(own), Some(asked)) = (own, currency)
        && !own.eq_ignore_ascii_case(asked)
    {
        let (what, own, asked) = (what.to_owned(), own.to_owned(), asked.to_owned());
        return Err(Error::OtherCurrency { what, own, asked });
    }
    let named: Currency =
        own.or(currency).unwrap_or_default().parse().map_err(|error| Error::unreadable(what, error))?;
    let mut prices = Vec::with_capacity(wire.meters.len());
    let mut seen = BTreeSet::new();
    for meter in wire.meters {
        let price = price(meter, what)?;
        if !seen.insert(price.meter.clone()) {
            return Err(Error::unreadable(what, format!("meter {} is there twice", price.meter)));
        }
        prices.push(price);
    }
    Ok(PriceCard::new(named, terms(wire.offer_terms, what)?, prices))
}

fn price(meter: WireMeter, what: &str) -> Result<Price> {
    let id = meter.meter_id.to_lowercase();
    let bad = |why: String| Error::unreadable(what, format!("meter {id}: {why}"));
    let number = |text: &str| text.parse::<Amount>().map_err(|error| bad(error.to_string()));
    let tiers: Vec<(Amount, Amount)> = meter
        .meter_rates
        .iter()
        .map(|(bound, price)| Ok((number(bound)?, price.0)))
        .collect::<Result<_>>()?;
    let included = meter.included_quantity.map_or(Amount::ZERO, |included| included.0);
    let tiers = Tiers::new(tiers, included).map_err(|error| bad(error.to_string()))?;
    let unit: PricingUnit = meter
        .unit
        .as_deref()
        .unwrap_or_default()
        .parse()
        .map_err(|error: billing::Error| bad(error.to_string()))?;
    let kind_of = meter.meter_sub_category.unwrap_or_default();
    let text = format!("{kind_of} {}", meter.meter_name.as_deref().unwrap_or_default());
    let is_spot = text.contains("Low Priority") || text.contains("Spot");
    Ok(Price {
        name: meter.meter_name.unwrap_or_default(),
        // The sizes of old lists are subcategories: `Standard_D2_v2 VM (Windows)`.
        sku: kind_of.split_once(" VM").map_or("", |(size, _)| size).to_owned(),
        category: meter.meter_category.unwrap_or_default(),
        product: kind_of,
        region: meter.meter_region.unwrap_or_default(),
        kind: if is_spot { PriceKind::Spot } else { PriceKind::Consumption },
        // A quantity of the usage service is counted in the unit as it stands.
        unit,
        tiers,
        from: meter.effective_date.as_deref().and_then(day),
        until: None,
        is_third_party: meter.meter_tags.iter().flatten().any(|tag| tag == "Third Party"),
        meter: id,
    })
}

fn terms(wire: Vec<WireTerm>, what: &str) -> Result<OfferTerms> {
    let mut terms = OfferTerms::default();
    for term in wire {
        let excluded =
            term.excluded_meter_ids.unwrap_or_default().iter().map(|id| id.to_lowercase()).collect();
        match term.name.as_str() {
            "Monetary Credit" => {
                let from = term.effective_date.as_deref().and_then(day);
                terms.credit = term.credit.map(|credit| Credit { amount: credit.0, excluded, from });
            }
            "Monetary Commitment" => {
                let discounts =
                    term.tiered_discount.unwrap_or_default().into_iter().map(|(bound, discount)| {
                        let bound = bound
                            .parse()
                            .map_err(|_| Error::unreadable(what, format!("`{bound}` is no amount")))?;
                        Ok((bound, share_of(discount.0)))
                    });
                terms.commitment =
                    Some(Commitment { discounts: discounts.collect::<Result<_>>()?, excluded });
            }
            "Recurring Charge" => terms.recurring = term.recurring_charge.map(|charge| charge.0),
            unknown => tracing::warn!("the offer term `{unknown}` is not known here and is not applied"),
        }
    }
    Ok(terms)
}

/// A discount as a share: the service does not document whether it writes 0.05 or 5 for a twentieth, and
/// nobody is given all or more.
fn share_of(discount: Amount) -> Amount {
    if discount >= Amount::ONE { discount.divided_by(100) } else { discount }
}

/// A day, of a moment with or without a zone; the year 1 is none.
fn day(text: &str) -> Option<NaiveDate> {
    let with_zone = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
    let time = with_zone.or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc())).ok()?;
    (time.year() > 1).then(|| time.date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"{"Currency":"USD","OfferTerms":[
        {"Name":"Monetary Credit","Credit":100.0,"ExcludedMeterIds":["B"]},
        {"Name":"Monetary Commitment","TieredDiscount":{"500.0":0.05,"6000":7}},
        {"Name":"Recurring Charge","RecurringCharge":29}],"Meters":[
        {"MeterId":"A","MeterName":"Compute Hours","MeterCategory":"Virtual Machines",
         "MeterSubCategory":"Standard_D2_v2 VM (Windows)","MeterRegion":"US East","Unit":"Hours",
         "MeterRates":{"1024.0":0.1,"0":0.2,"99":0.15},"EffectiveDate":"0001-01-01T00:00:00","IncludedQuantity":5},
        {"MeterId":"b","MeterTags":["Third Party"],"MeterRates":{"0":0},"EffectiveDate":"2016-02-01T00:00:00Z"}]}"#;

    #[test]
    fn tiers_are_sorted_as_numbers_and_terms_are_kept() {
        let card = read_rate_card(CARD.as_bytes(), "the card", None).unwrap();
        let machine = card.of_meter("A").next().unwrap();
        let cost = |quantity: &str| machine.tiers.cost(quantity.parse().unwrap()).unwrap().to_string();
        // 5 free, 99 at 0.2, 925 at 0.15, 1 at 0.1.
        assert_eq!((cost("5"), cost("1030")), ("0".to_owned(), "158.65".to_owned()));
        assert_eq!(
            (machine.sku.as_str(), machine.region.as_str(), machine.from),
            ("Standard_D2_v2", "US East", None)
        );
        let other = card.of_meter("b").next().unwrap();
        assert!(other.is_third_party && other.from.unwrap().to_string() == "2016-02-01");
        let discounts = &card.terms.commitment.as_ref().unwrap().discounts;
        let of = |committed: &str| discounts[&committed.parse().unwrap()].to_string();
        assert_eq!((of("500"), of("6000")), ("0.05".to_owned(), "0.07".to_owned()));
        assert!(card.terms.credit.as_ref().unwrap().excluded.contains("b"));
        assert_eq!(card.terms.recurring.unwrap().to_string(), "29");
    }

    #[test]
    fn a_card_of_another_currency_and_broken_prices_are_refused_by_name() {
        let refused = |text: &str, currency| {
            read_rate_card(text.as_bytes(), "`card.json`", currency).unwrap_err().to_string()
        };
        assert!(refused(CARD, Some("EUR")).contains("the offer lacks that currency"));
        assert!(refused(&CARD.replace("\"b\"", "\"a\""), None).contains("meter a is there twice"));
        assert!(refused(&CARD.replace("\"0\":0.2,", ""), None).contains("meter a"));
        assert!(refused("[]", None).starts_with("`card.json` cannot be used"));
    }
}
