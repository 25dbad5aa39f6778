//! Retail prices: what anybody pays, as the service writes it.
//!
//! Tiers are separate items of one meter. The price of a reservation is that of its whole term, though
//! its unit says an hour. A meter's id is no key: Linux, Windows, spot and reservations share it at
//! times. Future prices appear, and a closed price may end before it begins.
//! Source: observed replies of 2021-10-01-preview to 2023-01-01-preview.

use crate::{Error, Result, decimal};
use billing::{Amount, Currency, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A price.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetailPrice {
    /// The currency.
    pub currency_code: String,
    /// From which quantity on, in units of `unit_of_measure`.
    #[serde(deserialize_with = "decimal")]
    pub tier_minimum_units: Amount,
    /// The price; of a reservation that of its whole term.
    #[serde(deserialize_with = "decimal")]
    pub retail_price: Amount,
    /// The region, as resources name it.
    #[serde(default, deserialize_with = "some")]
    pub arm_region_name: Option<String>,
    /// From when on.
    #[serde(default, deserialize_with = "some")]
    effective_start_date: Option<String>,
    /// Until when.
    #[serde(default, deserialize_with = "some")]
    effective_end_date: Option<String>,
    /// `1 Year`, `3 Years`; of reservations only.
    #[serde(default, deserialize_with = "some")]
    pub reservation_term: Option<String>,
    /// The meter.
    pub meter_id: String,
    /// Its name.
    #[serde(default)]
    pub meter_name: String,
    /// The product.
    #[serde(default)]
    pub product_name: String,
    /// The size or kind, as people call it.
    #[serde(default)]
    pub sku_name: String,
    /// Its id.
    #[serde(default, deserialize_with = "some")]
    pub sku_id: Option<String>,
    /// The service.
    #[serde(default)]
    pub service_name: String,
    /// What the price is for, such as `1 Hour` or a bare `10`.
    #[serde(default)]
    pub unit_of_measure: String,
    /// `Consumption`, `Reservation`, `DevTestConsumption`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is the meter's primary region.
    #[serde(default)]
    pub is_primary_meter_region: bool,
    /// The size, as resources name it.
    #[serde(default, deserialize_with = "some")]
    pub arm_sku_name: Option<String>,
    /// Prices under a savings plan, in any order.
    #[serde(default)]
    pub savings_plan: Vec<SavingsPlanPrice>,
}

/// A price under a savings plan.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavingsPlanPrice {
    /// The price.
    #[serde(deserialize_with = "decimal")]
    pub retail_price: Amount,
    /// `1 Year` or `3 Years`.
    pub term: String,
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

impl RetailPrice {
    /// From when on it holds.
    #[must_use]
    pub fn effective_from(&self) -> Option<DateTime<Utc>> {
        self.effective_start_date.as_deref().and_then(moment)
    }

    /// Until when it holds, where that is told.
    #[must_use]
    pub fn effective_until(&self) -> Option<DateTime<Utc>> {
        self.effective_end_date.as_deref().and_then(moment)
    }

    /// Whether it holds at a moment. A price whose end lies before its begin never holds.
    #[must_use]
    pub fn holds_at(&self, time: DateTime<Utc>) -> bool {
        self.effective_from().is_none_or(|from| from <= time)
            && self.effective_until().is_none_or(|until| time < until)
    }

    fn price_kind(&self) -> Option<PriceKind> {
        let text = format!("{} {}", self.sku_name, self.meter_name);
        match self.kind.as_str() {
            "Reservation" => {
                Some(PriceKind::Reservation { years: years(self.reservation_term.as_deref()?)? })
            }
            "DevTestConsumption" => Some(PriceKind::DevTest),
            "Consumption" if text.contains("Spot") || text.contains("Low Priority") => Some(PriceKind::Spot),
            "Consumption" => Some(PriceKind::Consumption),
            _ => None,
        }
    }
}

/// `1 Year`, `3 Years`.
fn years(term: &str) -> Option<u32> {
    term.split_whitespace().next()?.parse().ok().filter(|_| term.contains("Year"))
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    items: Vec<Box<RawValue>>,
}

/// Reads the prices of a reply.
///
/// # Errors
/// [`Error::Unreadable`] with the place.
pub fn read_retail(body: &[u8], what: &str) -> Result<Vec<RetailPrice>> {
    let page: Page = serde_json::from_slice(body).map_err(|error| Error::unreadable(what, error))?;
    let item = |(place, raw): (usize, &RawValue)| {
        serde_json::from_str(raw.get())
            .map_err(|error| Error::unreadable(what, format!("price {}: {error}", place + 1)))
    };
    page.items.iter().map(AsRef::as_ref).enumerate().map(item).collect()
}

/// A card of retail prices, whose tiers are put together.
///
/// # Errors
/// [`Error::Unreadable`] where there is none, for prices in several currencies, and with the meter whose tiers
/// are none.
pub fn retail_card(items: &[RetailPrice], what: &str) -> Result<PriceCard> {
    let first = items.first().ok_or_else(|| Error::unreadable(what, "it holds no price"))?;
    let currency: Currency = first.currency_code.parse().map_err(|error| Error::unreadable(what, error))?;
    if let Some(other) =
        items.iter().find(|item| !item.currency_code.eq_ignore_ascii_case(&first.currency_code))
    {
        let both = format!("it holds prices in {} and in {}", first.currency_code, other.currency_code);
        return Err(Error::unreadable(what, both));
    }
    // One price is all tiers of a meter, sku, kind and span of days.
    type Key<'a> = (&'a str, &'a str, &'a str, PriceKind, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let mut places: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut groups: Vec<(PriceKind, Vec<&RetailPrice>)> = Vec::new();
    for item in items {
        let Some(kind) = item.price_kind() else {
            tracing::warn!("{what}: prices of the kind `{}` are not known here", item.kind);
            continue;
        };
        let region = item.arm_region_name.as_deref().unwrap_or_default();
        let sku = item.sku_id.as_deref().unwrap_or(&item.sku_name);
        let key = (item.meter_id.as_str(), sku, region, kind, item.effective_from(), item.effective_until());
        let place = *places.entry(key).or_insert_with(|| {
            groups.push((kind, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(item);
    }
    let mut prices = Vec::with_capacity(groups.len());
    for (kind, tiers) in &groups {
        let bounds = tiers.iter().map(|item| (item.tier_minimum_units, item.retail_price));
        prices.push(price(tiers[0], *kind, bounds, what)?);
        for plan in &tiers[0].savings_plan {
            if let Some(years) = years(&plan.term) {
                let kind = PriceKind::SavingsPlan { years };
                prices.push(price(tiers[0], kind, [(Amount::ZERO, plan.retail_price)], what)?);
            }
        }
    }
    Ok(PriceCard::new(currency, OfferTerms::default(), prices))
}

fn price(
    item: &RetailPrice,
    kind: PriceKind,
    tiers: impl IntoIterator<Item = (Amount, Amount)>,
    what: &str,
) -> Result<Price> {
    let meter = item.meter_id.to_lowercase();
    let bad = |error: billing::Error| Error::unreadable(what, format!("meter {meter}: {error}"));
    // The unit of a reservation says an hour; the price is for the term.
    let unit: PricingUnit = match kind {
        PriceKind::Reservation { years } => format!("{years} Years"),
        _ => item.unit_of_measure.clone(),
    }
    .parse()
    .map_err(bad)?;
    Ok(Price {
        name: item.meter_name.clone(),
        category: item.service_name.clone(),
        product: item.product_name.clone(),
        sku: item.arm_sku_name.clone().unwrap_or_default(),
        region: item.arm_region_name.clone().unwrap_or_default(),
        kind,
        unit,
        tiers: Tiers::new(tiers, Amount::ZERO).map_err(bad)?,
        from: item.effective_from().map(|time| time.date_naive()),
        until: item.effective_until().map(|time| time.date_naive()),
        is_third_party: false,
        meter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(more: &str) -> String {
        format!(
            r#"{{"currencyCode":"USD","tierMinimumUnits":0.0,"retailPrice":0.08,"armRegionName":"eastus","meterId":"M",
            "meterName":"D2","productName":"Virtual Machines D Series","skuName":"D2","skuId":"S/1",
            "unitOfMeasure":"1 Hour","type":"Consumption","armSkuName":"Standard_D2",{more}"effectiveStartDate":"2025-11-01T00:00:00Z"}}"#
        )
    }

    fn card(items: &[String]) -> Result<PriceCard> {
        let body = format!(r#"{{"Items":[{}]}}"#, items.join(","));
        retail_card(&read_retail(body.as_bytes(), "the reply")?, "the reply")
    }

    #[test]
    fn a_reservation_is_priced_by_its_term_and_a_savings_plan_beside_the_use() {
        let plan = r#""savingsPlan":[{"unitPrice":0.05,"retailPrice":0.05,"term":"1 Year"}],"#;
        let term = item("").replace("0.08", "416.0").replace("\"Consumption\"", "\"Reservation\"");
        let term = term.replace("\"meterId\"", "\"reservationTerm\":\"3 Years\",\"meterId\"");
        let found = card(&[item(plan), term]).unwrap();
        let prices: Vec<String> = found
            .prices()
            .iter()
            .map(|price| format!("{} {} {}", price.kind, price.unit, price.tiers.cost(Amount::ONE).unwrap()))
            .collect();
        assert_eq!(
            prices,
            ["consumption 1 Hour 0.08", "savings plan 1y 1 Hour 0.05", "reservation 3y 3 Years 416"]
        );
    }

    #[test]
    fn tiers_of_one_meter_are_one_price_and_skus_of_one_meter_are_two() {
        let second =
            item("").replace("\"tierMinimumUnits\":0.0", "\"tierMinimumUnits\":100").replace("0.08", "0.01");
        let windows =
            item("").replace("S/1", "S/2").replace("D Series", "D Series Windows").replace("0.08", "0.2");
        let found = card(&[second, item(""), windows]).unwrap();
        let costs: Vec<String> = found
            .prices()
            .iter()
            .map(|price| price.tiers.cost("101".parse().unwrap()).unwrap().to_string())
            .collect();
        assert_eq!((costs, found.meters()), (vec!["8.01".to_owned(), "20.2".to_owned()], 1));
    }

    #[test]
    fn several_currencies_a_missing_first_tier_and_no_price_are_refused() {
        let refused = |items: &[String]| card(items).unwrap_err().to_string();
        assert!(refused(&[item(""), item("").replace("USD", "EUR")]).contains("USD and in EUR"));
        assert!(refused(&[item("").replace("Units\":0.0", "Units\":5")]).contains("meter m"));
        assert!(refused(&[]).contains("no price"));
        assert!(refused(&[item("").replace("0.08", "\"x\"")]).contains("price 1"));
    }
}
