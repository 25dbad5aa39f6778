//! The RateCard (2015-06-01-preview) as the service writes it: prices of an offer's meters, and its terms.
//!
//! Tiers are a map keyed by text and are sorted as numbers. `EffectiveDate` may be the year 1, which means none. Terms
//! and meters have dates: several entries of one kind are kept, and the date of the charge chooses among them. The size
//! of a machine and its operating system are in its subcategory, `Standard_D2_v2 VM (Windows)`. A meter or a term that
//! cannot be used is listed or named in a warning; the rest of the card is used.
//! Source: the service's specification and a recorded card.

use crate::{Decimal, Error, Result, price_list::PriceList};
use billing::{
    Amount, Commitment, Credit, Currency, Dated, OfferTerms, Price, PriceCard, PriceKind, PricingUnit, Tiers,
    UnusablePrice,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCard {
    #[serde(default)]
    offer_terms: Option<Vec<Box<RawValue>>>,
    meters: Vec<Box<RawValue>>,
    currency: Option<String>,
}

/// The id of a meter that cannot be read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MeterName {
    meter_id: serde_json::Value,
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
    #[serde(default)]
    meter_rates: Option<BTreeMap<String, Decimal>>,
    #[serde(default)]
    effective_date: Option<String>,
    #[serde(default)]
    included_quantity: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTerm {
    #[serde(default)]
    name: String,
    credit: Option<Decimal>,
    tiered_discount: Option<BTreeMap<String, Decimal>>,
    recurring_charge: Option<Decimal>,
    #[serde(default)]
    excluded_meter_ids: Option<Vec<String>>,
    #[serde(default)]
    effective_date: Option<String>,
}

/// Reads a card. `what` names it in errors; `currency` is used where the card names none. A meter that cannot be used is
/// listed ([`PriceCard::unusable`]).
///
/// # Errors
/// [`Error::Unreadable`] for what is not a card and for one without a usable price, [`Error::OtherCurrency`] for another
/// currency than asked for.
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
    let mut list = PriceList::default();
    for (index, raw) in wire.meters.iter().enumerate() {
        match serde_json::from_str::<WireMeter>(raw.get()) {
            Ok(meter) => add_meter(&mut list, meter),
            Err(error) => {
                let name: MeterName = serde_json::from_str(raw.get()).unwrap_or_default();
                let meter = name.meter_id.as_str().unwrap_or_default().to_lowercase();
                let reason = format!("meter {} ({meter}): {error}", index + 1);
                list.refuse(UnusablePrice { meter, sku: String::new(), kind: None, reason });
            }
        }
    }
    list.card(named, terms(&wire.offer_terms.unwrap_or_default(), what), what)
}

/// Adds the price of a meter, or lists why it cannot be used.
fn add_meter(list: &mut PriceList, meter: WireMeter) {
    let id = meter.meter_id.to_lowercase();
    match price(meter) {
        Ok(price) => list.add(price),
        Err(error) => {
            let reason = format!("meter {id}: {error}");
            list.refuse(UnusablePrice { meter: id, sku: String::new(), kind: None, reason });
        }
    }
}

fn price(meter: WireMeter) -> billing::Result<Price> {
    let rates = meter.meter_rates.unwrap_or_default();
    let tiers: Vec<(Amount, Amount)> =
        rates.iter().map(|(bound, price)| Ok((bound.parse()?, price.0))).collect::<billing::Result<_>>()?;
    let included = meter.included_quantity.map_or(Amount::ZERO, |included| included.0);
    let unit: PricingUnit = meter.unit.as_deref().unwrap_or_default().parse()?;
    let subcategory = meter.meter_sub_category.unwrap_or_default();
    let text = format!("{subcategory} {}", meter.meter_name.as_deref().unwrap_or_default());
    let is_spot = text.contains("Low Priority") || text.contains("Spot");
    Ok(Price {
        name: meter.meter_name.unwrap_or_default(),
        // The sizes of old lists are subcategories: `Standard_D2_v2 VM (Windows)`.
        sku: subcategory.split_once(" VM").map_or("", |(size, _)| size).to_owned(),
        category: meter.meter_category.unwrap_or_default(),
        product: subcategory,
        region: meter.meter_region.unwrap_or_default(),
        kind: if is_spot { PriceKind::Spot } else { PriceKind::Consumption },
        // The usage service counts quantities in this unit as it stands.
        unit,
        tiers: Tiers::new(tiers, included)?,
        from: meter.effective_date.as_deref().and_then(day),
        until: None,
        is_third_party: meter.meter_tags.iter().flatten().any(|tag| tag == "Third Party"),
        meter: meter.meter_id.to_lowercase(),
    })
}

/// The terms of the offer, each with its date. A term that cannot be used is named in a warning.
fn terms(wire: &[Box<RawValue>], what: &str) -> OfferTerms {
    let mut terms = OfferTerms::default();
    for (index, raw) in wire.iter().enumerate() {
        let added = serde_json::from_str::<WireTerm>(raw.get())
            .map_err(|error| error.to_string())
            .and_then(|term| add_term(&mut terms, term));
        if let Err(why) = added {
            tracing::warn!("{what}: offer term {} is not applied: {why}", index + 1);
        }
    }
    let from = |dates: Vec<Option<NaiveDate>>| {
        let mut dates = dates;
        dates.sort_unstable();
        dates.windows(2).any(|pair| pair[0] == pair[1])
    };
    let several = [
        ("credits", from(terms.credits.iter().map(|dated| dated.from).collect())),
        ("commitments", from(terms.commitments.iter().map(|dated| dated.from).collect())),
        ("recurring charges", from(terms.recurring.iter().map(|dated| dated.from).collect())),
    ];
    for (kind, _) in several.iter().filter(|(_, twice)| *twice) {
        tracing::warn!("{what}: two {kind} of the offer start on one day; the last in the list applies");
    }
    terms
}

/// Adds a term; a repetition is dropped.
///
/// # Errors
/// Why the term cannot be used.
fn add_term(terms: &mut OfferTerms, term: WireTerm) -> std::result::Result<(), String> {
    fn add<T: PartialEq>(list: &mut Vec<Dated<T>>, dated: Dated<T>) {
        if !list.contains(&dated) {
            list.push(dated);
        }
    }
    let from = term.effective_date.as_deref().and_then(day);
    let excluded = term.excluded_meter_ids.unwrap_or_default().iter().map(|id| id.to_lowercase()).collect();
    let amount = |amount: Option<Decimal>| match amount {
        Some(Decimal(amount)) if amount.is_negative() => Err(format!("`{}` is below 0: {amount}", term.name)),
        Some(Decimal(amount)) => Ok(amount),
        None => Err(format!("`{}` states no amount", term.name)),
    };
    match term.name.as_str() {
        "Monetary Credit" => {
            let credit = Credit { amount: amount(term.credit)?, excluded };
            add(&mut terms.credits, Dated { from, term: credit });
        }
        "Monetary Commitment" => {
            let discounts = term.tiered_discount.unwrap_or_default().into_iter().map(|(bound, discount)| {
                let bound = bound.parse().map_err(|_| format!("`{bound}` is not an amount"))?;
                Ok((bound, share_of(discount.0)?))
            });
            let discounts = discounts.collect::<std::result::Result<_, String>>()?;
            add(&mut terms.commitments, Dated { from, term: Commitment { discounts, excluded } });
        }
        "Recurring Charge" => {
            add(&mut terms.recurring, Dated { from, term: amount(term.recurring_charge)? });
        }
        unknown => return Err(format!("`{unknown}` is unknown")),
    }
    Ok(())
}

/// A discount as a share: the service does not document whether it writes 0.05 or 5 for a twentieth, and no discount is
/// 100 %.
///
/// # Errors
/// For a discount outside 0 to 100 %.
fn share_of(discount: Amount) -> std::result::Result<Amount, String> {
    let share = if discount >= Amount::ONE { discount.divided_by(100) } else { discount };
    if share.is_negative() || share > Amount::ONE {
        return Err(format!("a discount of {discount} is outside 0 to 100 %"));
    }
    Ok(share)
}

/// The day of a time with or without a zone; `None` for the year 1.
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
        let discounts = &card.terms.commitments[0].term.discounts;
        let of = |committed: &str| discounts[&committed.parse().unwrap()].to_string();
        assert_eq!((of("500"), of("6000")), ("0.05".to_owned(), "0.07".to_owned()));
        assert!(card.terms.credits[0].term.excluded.contains("b"));
        assert_eq!(card.terms.recurring[0].term.to_string(), "29");
    }

    #[test]
    fn a_card_of_another_currency_or_without_a_usable_price_is_refused_by_name() {
        let refused = |text: &str, currency| {
            read_rate_card(text.as_bytes(), "`card.json`", currency).unwrap_err().to_string()
        };
        assert!(refused(CARD, Some("EUR")).contains("the offer lacks that currency"));
        let none = CARD.replace("\"0\":0.2,", "").replace("{\"0\":0}", "{}");
        assert!(refused(&none, None).contains("meter a: ") && refused(&none, None).contains("meter b: "));
        assert!(refused("[]", None).starts_with("`card.json` cannot be used"));
    }

    /// Costs of 10 units by each price of the meter `a`, and the meters that cannot be used.
    fn priced(meters: &str) -> (Vec<String>, Vec<String>) {
        let text = format!(r#"{{"Currency":"USD","Meters":[{meters}]}}"#);
        let card = read_rate_card(text.as_bytes(), "the card", None).unwrap();
        let cost = |price: &Price| price.tiers.cost("10".parse().unwrap()).unwrap().to_string();
        let unusable = card.unusable().iter().map(|price| price.reason.clone());
        (card.of_meter("a").map(cost).collect(), unusable.collect())
    }

    #[test]
    fn an_odd_meter_is_listed_and_the_others_have_their_prices() {
        let good = r#"{"MeterId":"A","Unit":"Hours","MeterRates":{"0":0.5}}"#;
        let with = |odd: &str| {
            let (costs, unusable) = priced(&format!("{good},{odd},{good}"));
            assert_eq!((costs, unusable.len()), (vec!["5".to_owned()], 1), "{odd}");
            unusable[0].clone()
        };
        assert!(with(r#"{"MeterId":"z","MeterRates":{"100":1}}"#).contains("meter z: "));
        assert!(with(r#"{"MeterId":"z","MeterRates":{}}"#).contains("meter z: "));
        assert!(with(r#"{"MeterId":"z"}"#).contains("there is no price"));
        assert!(with(r#"{"MeterId":"z","MeterRates":{"x":1}}"#).contains("`x`"));
        assert!(with(r#"{"MeterId":"z","MeterRates":{"0":-1}}"#).contains("below 0: -1"));
        assert!(with(r#"{"MeterId":"z","MeterRates":{"0":1},"IncludedQuantity":-5}"#).contains("-5"));
        assert!(with(r#"{"MeterId":"z","Unit":"0 GB","MeterRates":{"0":1}}"#).contains("0 GB"));
        assert!(with(r#"{"MeterId":"z","MeterRates":{"0":"much"}}"#).contains("meter 2 (z): "));
        assert!(with(r#"{"MeterId":5,"MeterRates":{"0":1}}"#).contains("meter 2 (): "));
    }

    #[test]
    fn a_meter_with_two_dates_has_two_prices() {
        let dated = |price: &str, included: u32, from: &str| {
            format!(
                r#"{{"MeterId":"a","MeterRates":{{"0":{price}}},"IncludedQuantity":{included},"EffectiveDate":"{from}T00:00:00Z"}}"#
            )
        };
        let text = format!(
            r#"{{"Currency":"USD","Meters":[{},{}]}}"#,
            dated("2", 5, "2027-01-01"),
            dated("1", 0, "2014-01-01")
        );
        let card = read_rate_card(text.as_bytes(), "the card", None).unwrap();
        let prices: Vec<&Price> = card.of_meter("a").collect();
        let cost = |day: &str| {
            let price = billing::in_force(&prices, day.parse().unwrap()).unwrap();
            price.tiers.cost("10".parse().unwrap()).unwrap().to_string()
        };
        // 10 at 1; from the new year on 5 of 10 are free and the others cost 2.
        assert_eq!((cost("2026-12-31"), cost("2027-01-01")), ("10".to_owned(), "10".to_owned()));
        assert_eq!(prices.iter().map(|price| price.tiers.included().to_string()).collect::<String>(), "50");
    }

    #[test]
    fn every_term_keeps_its_date_and_an_odd_one_is_left_out() {
        let terms = r#"
            {"Name":"Monetary Credit","Credit":150,"EffectiveDate":"2027-01-01T00:00:00Z"},
            {"Name":"Monetary Credit","Credit":100,"EffectiveDate":"2014-01-01T00:00:00Z"},
            {"Name":"Monetary Credit","Credit":100,"EffectiveDate":"2014-01-01T00:00:00Z"},
            {"Name":"Monetary Credit","Credit":-7},
            {"Name":"Monetary Commitment","TieredDiscount":{"x":0.1}},
            {"Name":"Monetary Commitment","TieredDiscount":{"0":-0.1}},
            {"Name":"Monetary Commitment","TieredDiscount":{"1000":0.05},"EffectiveDate":"2027-01-01T00:00:00Z"},
            {"Name":"Recurring Charge","RecurringCharge":20,"EffectiveDate":"2027-02-01T00:00:00Z"},
            {"Name":"Recurring Charge","RecurringCharge":"x"},
            {"Name":"Something"}"#;
        let text = format!(
            r#"{{"Currency":"USD","OfferTerms":[{terms}],"Meters":[{{"MeterId":"a","MeterRates":{{"0":1}}}}]}}"#
        );
        let terms = read_rate_card(text.as_bytes(), "the card", None).unwrap().terms;
        assert_eq!((terms.credits.len(), terms.commitments.len(), terms.recurring.len()), (2, 1, 1));
        let of = |day: &str| {
            let cycle = billing::BillingCycle::containing(day.parse().unwrap(), billing::CycleDay::FIRST);
            let terms = terms.in_cycle(cycle);
            let credit = terms.credit.map(|credit| credit.amount.to_string());
            (credit, terms.commitment.is_some(), terms.recurring.map(|charge| charge.to_string()))
        };
        let text = |amount: &str| Some(amount.to_owned());
        assert_eq!(of("2026-12-31"), (text("100"), false, None));
        assert_eq!(of("2027-01-31"), (text("150"), true, None));
        assert_eq!(of("2027-02-01"), (text("150"), true, text("20")));
    }
}
