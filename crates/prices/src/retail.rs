//! Retail prices, as the service writes them.
//!
//! Tiers are separate items of one meter. The price of a reservation is that of its whole term, though its unit says an
//! hour. A meter's id is not a key: Linux, Windows, spot and reservations share it at times. Future prices appear, a
//! closed price may end before it starts, and an end is written as midnight or as the second before it. Items repeat
//! across pages, and a meter's tiers may be cut off by the end of a reply: equal items count once, and a meter with
//! incomplete tiers is listed as unusable.
//! Source: observed replies of 2021-10-01-preview to 2023-01-01-preview.

use crate::{Error, Result, decimal, price_list::PriceList};
use billing::{Amount, Currency, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers, UnusablePrice};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The prices of one reply or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetailReply {
    /// Prices in the order of the reply.
    pub items: Vec<RetailPrice>,
    /// Items that are not prices, with their places.
    pub unusable: Vec<UnusablePrice>,
}

/// An item of a reply.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetailPrice {
    /// The currency.
    pub currency_code: String,
    /// Lower bound of the tier, in units of `unit_of_measure`.
    #[serde(deserialize_with = "decimal")]
    pub tier_minimum_units: Amount,
    /// The price; of a reservation that of its whole term.
    #[serde(deserialize_with = "decimal")]
    pub retail_price: Amount,
    /// The region, as resources name it.
    #[serde(default, deserialize_with = "some")]
    pub arm_region_name: Option<String>,
    /// Start.
    #[serde(default, deserialize_with = "some")]
    effective_start_date: Option<String>,
    /// End, exclusive.
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
    /// Start of the time in which it is in force.
    #[must_use]
    pub fn effective_from(&self) -> Option<DateTime<Utc>> {
        self.effective_start_date.as_deref().and_then(moment)
    }

    /// End of that time, exclusive, where the item states it.
    #[must_use]
    pub fn effective_until(&self) -> Option<DateTime<Utc>> {
        self.effective_end_date.as_deref().and_then(moment)
    }

    /// First day on which it is in force.
    fn first_day(&self) -> Option<NaiveDate> {
        self.effective_from().map(|time| time.date_naive())
    }

    /// Day after the last: an end within a day, such as 23:59:59, is the end of that day.
    fn end_day(&self) -> Option<NaiveDate> {
        let end = self.effective_until()?;
        let day = end.date_naive();
        if end.time() == NaiveTime::MIN { Some(day) } else { day.checked_add_days(Days::new(1)) }
    }

    /// Whether it is in force on no day.
    fn is_never_in_force(&self) -> bool {
        self.first_day().zip(self.end_day()).is_some_and(|(first, end)| end <= first)
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

/// The fields by which an item that cannot be read is listed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ItemNames {
    meter_id: serde_json::Value,
    arm_sku_name: serde_json::Value,
}

impl RetailReply {
    /// Adds the prices of another reply.
    pub fn append(&mut self, other: Self) {
        self.items.extend(other.items);
        self.unusable.extend(other.unusable);
    }
}

/// Reads the prices of a reply.
///
/// # Errors
/// [`Error::Unreadable`] for a body that is not such a reply.
pub fn read_retail(body: &[u8], what: &str) -> Result<RetailReply> {
    let page: Page = serde_json::from_slice(body).map_err(|error| Error::unreadable(what, error))?;
    let mut reply = RetailReply::default();
    for (index, raw) in page.items.iter().enumerate() {
        match serde_json::from_str(raw.get()) {
            Ok(item) => reply.items.push(item),
            Err(error) => {
                let names: ItemNames = serde_json::from_str(raw.get()).unwrap_or_default();
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                reply.unusable.push(UnusablePrice {
                    meter: text(&names.meter_id).to_lowercase(),
                    sku: text(&names.arm_sku_name),
                    kind: None,
                    reason: format!("price {}: {error}", index + 1),
                });
            }
        }
    }
    Ok(reply)
}

/// What makes items the tiers of one price: meter, SKU, region, kind, first day and day after the last.
type Key<'a> = (String, &'a str, &'a str, PriceKind, Option<NaiveDate>, Option<NaiveDate>);

/// A card of retail prices. The tiers of a price are joined; a price that cannot be used is listed
/// ([`PriceCard::unusable`]).
///
/// # Errors
/// [`Error::Unreadable`] where no price can be used, and for prices in several currencies.
pub fn retail_card(reply: &RetailReply, what: &str) -> Result<PriceCard> {
    let mut list = PriceList::default();
    reply.unusable.iter().cloned().for_each(|price| list.refuse(price));
    let Some(first) = reply.items.first() else { return Err(list.error(what)) };
    let currency: Currency = first.currency_code.parse().map_err(|error| Error::unreadable(what, error))?;
    let is_other = |item: &&RetailPrice| !item.currency_code.eq_ignore_ascii_case(&first.currency_code);
    if let Some(other) = reply.items.iter().find(is_other) {
        let both = format!("it holds prices in {} and in {}", first.currency_code, other.currency_code);
        return Err(Error::unreadable(what, both));
    }
    let mut indexes: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let mut groups: Vec<(PriceKind, Vec<&RetailPrice>)> = Vec::new();
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &reply.items {
        let Some(kind) = item.price_kind() else {
            *unknown.entry(&item.kind).or_default() += 1;
            continue;
        };
        let region = item.arm_region_name.as_deref().unwrap_or_default();
        let sku = item.sku_id.as_deref().unwrap_or(&item.sku_name);
        let key = (item.meter_id.to_lowercase(), sku, region, kind, item.first_day(), item.end_day());
        let index = *indexes.entry(key).or_insert_with(|| {
            groups.push((kind, Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(item);
    }
    for (kind, items) in unknown {
        tracing::warn!("{what}: {items} prices of the kind `{kind}` are not used: the kind is unknown");
    }
    for (kind, tiers) in &groups {
        let bounds = tiers.iter().map(|item| (item.tier_minimum_units, item.retail_price));
        add_price(&mut list, tiers[0], *kind, bounds.collect());
        for plan in &tiers[0].savings_plan {
            if let Some(years) = years(&plan.term) {
                let kind = PriceKind::SavingsPlan { years };
                add_price(&mut list, tiers[0], kind, vec![(Amount::ZERO, plan.retail_price)]);
            }
        }
    }
    list.card(currency, OfferTerms::default(), what)
}

/// Adds the price that an item and its tiers state, or lists why it cannot be used.
fn add_price(list: &mut PriceList, item: &RetailPrice, kind: PriceKind, mut tiers: Vec<(Amount, Amount)>) {
    tiers.sort_unstable();
    tiers.dedup();
    match price(item, kind, tiers) {
        Ok(price) => list.add(price),
        // A price that is never in force prices nothing, and may not spoil the others of its meter.
        Err(_) if item.is_never_in_force() => {}
        Err(error) => list.refuse(UnusablePrice {
            meter: item.meter_id.to_lowercase(),
            sku: item.arm_sku_name.clone().unwrap_or_default(),
            kind: Some(kind),
            reason: format!("meter {} ({}): {error}", item.meter_id.to_lowercase(), item.meter_name),
        }),
    }
}

fn price(item: &RetailPrice, kind: PriceKind, tiers: Vec<(Amount, Amount)>) -> billing::Result<Price> {
    // The unit of a reservation says an hour; the price is for the term.
    let unit: PricingUnit = match kind {
        PriceKind::Reservation { years } => format!("{years} Years"),
        _ => item.unit_of_measure.clone(),
    }
    .parse()?;
    Ok(Price {
        name: item.meter_name.clone(),
        category: item.service_name.clone(),
        product: item.product_name.clone(),
        sku: item.arm_sku_name.clone().unwrap_or_default(),
        region: item.arm_region_name.clone().unwrap_or_default(),
        kind,
        unit,
        tiers: Tiers::new(tiers, Amount::ZERO)?,
        from: item.first_day(),
        until: item.end_day(),
        is_third_party: false,
        meter: item.meter_id.to_lowercase(),
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
        let cut = item("").replace("Units\":0.0", "Units\":5");
        assert!(
            refused(&[cut])
                .contains("meter m (D2): these are not graduated tiers: the first tier starts at 5")
        );
        assert!(refused(&[]).contains("no price"));
        assert!(refused(&[item("").replace("0.08", "\"x\"")]).contains("price 1"));
    }

    /// The cost of 101 units by each price, and the meters that cannot be used.
    fn costs(items: &[String]) -> (Vec<String>, Vec<String>) {
        let found = card(items).unwrap();
        let cost = |price: &Price| price.tiers.cost("101".parse().unwrap()).unwrap().to_string();
        (
            found.prices().iter().map(cost).collect(),
            found.unusable().iter().map(|price| format!("{}: {}", price.meter, price.reason)).collect(),
        )
    }

    fn other(changes: &[(&str, &str)]) -> String {
        let start = item("").replace("\"M\"", "\"Z\"").replace("S/1", "S/9");
        changes.iter().fold(start, |text, (from, to)| text.replace(from, to))
    }

    #[test]
    fn an_item_on_two_pages_counts_once() {
        assert_eq!(costs(&[item(""), item("")]), (vec!["8.08".to_owned()], vec![]));
        // The same tier twice, and another tier beside it: 100 at 0.08 and 1 at 0.01.
        let second = item("").replace("Units\":0.0", "Units\":100").replace("0.08", "0.01");
        assert_eq!(costs(&[item(""), second, item("")]).0, ["8.01"]);
    }

    #[test]
    fn an_odd_meter_is_listed_and_the_others_have_their_prices() {
        let good = || vec!["8.08".to_owned()];
        let odd = |items: &[String]| {
            let all: Vec<String> = [&[item("")], items].concat();
            let (prices, unusable) = costs(&all);
            assert_eq!(prices, good(), "{items:?}");
            unusable.join("; ")
        };
        // The tiers before 100 lie on a page that is not there.
        assert!(odd(&[other(&[("Units\":0.0", "Units\":100")])]).contains("starts at 100"));
        // One price from 0 on, another from the same bound on.
        assert!(odd(&[other(&[]), other(&[("0.08", "0.09")])]).contains("two tiers start at 0"));
        // A tier that was added later is a part of a price: none of the meter's prices counts.
        let later = other(&[("Units\":0.0", "Units\":10"), ("2025-11-01", "2025-12-01")]);
        assert!(odd(&[other(&[]), later]).contains("starts at 10"));
        assert!(odd(&[other(&[("0.08", "\"x\"")])]).contains("z: price 2: "));
        assert!(odd(&[other(&[("0.08", "-0.08")])]).contains("the price from 0 on is below 0: -0.08"));
        assert!(odd(&[other(&[("1 Hour", "0 Hours")])]).contains("0 Hours"));
    }

    #[test]
    fn a_price_that_is_never_in_force_spoils_no_other() {
        let closed =
            item(r#""effectiveEndDate":"2025-10-01T00:00:00Z","#).replace("Units\":0.0", "Units\":5");
        assert_eq!(costs(&[item(""), closed]), (vec!["8.08".to_owned()], vec![]));
    }

    #[test]
    fn an_end_a_second_before_midnight_is_the_end_of_the_day() {
        let until = |end: &str| {
            let found = card(&[item(&format!(r#""effectiveEndDate":"{end}","#))]).unwrap();
            found.prices()[0].until.unwrap().to_string()
        };
        assert_eq!(until("2026-11-30T23:59:59Z"), "2026-12-01");
        assert_eq!(until("2026-11-30T23:59:59.9999999Z"), "2026-12-01");
        assert_eq!(until("2026-12-01T00:00:00Z"), "2026-12-01");
        // One second before midnight in another zone.
        assert_eq!(until("2026-12-01T00:59:59+01:00"), "2026-12-01");
    }
}
