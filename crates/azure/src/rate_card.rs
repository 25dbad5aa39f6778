//! The RateCard (2015-06-01-preview): prices of an offer's meters, and the offer's terms.
//!
//! Tiers are a map keyed by text and are sorted as numbers. `EffectiveDate` may be the year 1, which
//! means none. The card may come through a redirect to storage, without the token.
//! Source: the service's specification and a recorded card.

use crate::{Error, Request, Result, Scope, Transport, number::Decimal};
use billing::{Amount, Tiers};
use bytes::Bytes;
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateCardQuery {
    /// The offer's id, such as `MS-AZR-0003P`.
    pub offer: String,
    /// A currency of the offer.
    pub currency: String,
    /// The language of names.
    pub locale: String,
    /// Two letters of the country of purchase.
    pub region: String,
}

/// Offers whose prices are no rate card's.
const WITHOUT_CARD: [(&str, &str); 5] = [
    ("MS-AZR-0017P", "it is an Enterprise Agreement, whose prices are in its price sheet"),
    ("MS-AZR-0148P", "it is an Enterprise Agreement, whose prices are in its price sheet"),
    ("MS-AZR-USGOV-0017P", "it is an Enterprise Agreement, whose prices are in its price sheet"),
    ("MS-AZR-0145P", "it is sold by a partner, who sets its prices"),
    ("MS-AZR-0017G", "it belongs to a Customer Agreement, whose prices are in its price sheet"),
];

/// Prices and terms of an offer in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCard {
    /// The currency of every price.
    pub currency: String,
    /// Meters by their id, in lower case.
    pub meters: BTreeMap<String, Meter>,
    /// The offer's terms.
    pub terms: OfferTerms,
}

/// A meter and its prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// Its name, in the language asked for.
    pub name: String,
    /// The service.
    pub category: String,
    /// The kind within the service.
    pub subcategory: String,
    /// Its region; empty where it is one for all.
    pub region: String,
    /// What a quantity is counted in.
    pub unit: String,
    /// Prices by the quantity of a billing cycle.
    pub tiers: Tiers,
    /// From when on they hold, where that is told.
    pub effective: Option<DateTime<Utc>>,
    /// Whether it is bought from somebody else: discounts of the offer do not apply.
    pub is_third_party: bool,
}

/// What an offer grants or asks for in each cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfferTerms {
    /// A credit, and the meters (ids in lower case) that it does not pay for.
    pub credit: Option<(Amount, Vec<String>)>,
    /// Discounts by the amount committed to, and the meters they do not apply to.
    pub commitment: Option<(BTreeMap<Amount, Amount>, Vec<String>)>,
    /// A charge of every cycle.
    pub recurring: Option<Amount>,
}

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
}

impl RateCardQuery {
    /// The card of a subscription's offer.
    ///
    /// # Errors
    /// [`Error::Usage`] for names that are none, and for offers that have no card; what
    /// [`Transport::call`] may say; [`Error::BadReply`] with the meter.
    pub async fn fetch(&self, transport: &Transport, scope: &Scope) -> Result<RateCard> {
        let text = self.fetch_text(transport, scope).await?;
        RateCard::read(&text, "the rate card", &self.currency)
    }

    /// The same as the service writes it, to be kept and read later by [`RateCard::read`].
    ///
    /// # Errors
    /// As [`RateCardQuery::fetch`].
    pub async fn fetch_text(&self, transport: &Transport, scope: &Scope) -> Result<Bytes> {
        let subscription = scope.subscription().ok_or_else(|| {
            Error::Usage(format!("a rate card belongs to a subscription, not to `{scope}`"))
        })?;
        self.check()?;
        let filter = format!(
            "OfferDurableId eq '{}' and Currency eq '{}' and Locale eq '{}' and RegionInfo eq '{}'",
            self.offer, self.currency, self.locale, self.region
        );
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Commerce/RateCard?api-version=2015-06-01-preview&$filter={}",
            filter.replace(' ', "%20").replace('\'', "%27")
        );
        let request = Request::get(transport.endpoint().at(&path)?, scope.path());
        let reply = transport.call(&request).await.map_err(|error| self.explained(error))?;
        Ok(reply.body)
    }

    /// Refuses names that are none, and offers that are known to have no card.
    ///
    /// # Errors
    /// [`Error::Usage`] with what they look like, or with the way that works.
    pub fn check(&self) -> Result<()> {
        let plain = |text: &str, also: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        if !self.offer.starts_with("MS-AZR-") || !plain(&self.offer, "-") {
            return Err(Error::Usage(format!("`{}` is no offer; offers look like MS-AZR-0003P", self.offer)));
        }
        if let Some((_, why)) = WITHOUT_CARD.iter().find(|(offer, _)| self.offer.eq_ignore_ascii_case(offer))
        {
            return Err(Error::Usage(format!(
                "the offer {} has no rate card: {why}; read the costs themselves with `ingest azure cost-details` or `query`, or an export",
                self.offer
            )));
        }
        if plain(&self.currency, "") && plain(&self.locale, "-") && plain(&self.region, "") {
            return Ok(());
        }
        Err(Error::Usage(
            "currency, locale and region are short plain words, such as EUR, en-US and DE".to_owned(),
        ))
    }

    /// Partners' subscriptions have no card, which the service says in one word.
    fn explained(&self, error: Error) -> Error {
        match error {
            Error::Refused { fault, .. } if fault.code == "DisallowedProvider" => Error::Usage(format!(
                "the offer {} has no rate card ({fault}); subscriptions of a partner or an Enterprise Agreement are read from their cost exports, or with `ingest azure cost-details` or `query`",
                self.offer
            )),
            other => other,
        }
    }
}

impl RateCard {
    /// Reads a card as the service writes it. `what` names it in errors; `currency` is used where the
    /// card names none.
    ///
    /// # Errors
    /// [`Error::Usage`] for a card of another currency, which the offer lacks then; [`Error::BadReply`]
    /// with the meter.
    pub fn read(body: &[u8], what: &str, currency: &str) -> Result<Self> {
        let wire: WireCard =
            serde_json::from_slice(body).map_err(|error| Error::bad_reply(what, error.to_string()))?;
        if let Some(own) =
            wire.currency.as_deref().map(str::trim).filter(|own| !own.eq_ignore_ascii_case(currency))
        {
            return Err(Error::Usage(format!(
                "{what} has prices in {own}, not in {currency}: the offer lacks that currency; ask for `--currency {own}`"
            )));
        }
        let mut meters = BTreeMap::new();
        for meter in wire.meters {
            let id = meter.meter_id.to_lowercase();
            let bad = |why: String| Error::bad_reply(what, format!("meter {id}: {why}"));
            let number = |text: &str| text.parse::<Amount>().map_err(|error| bad(error.to_string()));
            let tiers: Vec<(Amount, Amount)> = meter
                .meter_rates
                .iter()
                .map(|(bound, price)| Ok((number(bound)?, price.0)))
                .collect::<Result<_>>()?;
            let included = meter.included_quantity.map_or(Amount::ZERO, |included| included.0);
            let tiers = Tiers::new(tiers, included).map_err(|error| bad(error.to_string()))?;
            let known = Meter {
                name: meter.meter_name.unwrap_or_default(),
                category: meter.meter_category.unwrap_or_default(),
                subcategory: meter.meter_sub_category.unwrap_or_default(),
                region: meter.meter_region.unwrap_or_default(),
                unit: meter.unit.unwrap_or_default(),
                tiers,
                effective: meter.effective_date.as_deref().and_then(moment),
                is_third_party: meter.meter_tags.iter().flatten().any(|tag| tag == "Third Party"),
            };
            if meters.insert(id.clone(), known).is_some() {
                return Err(bad("it is there twice".to_owned()));
            }
        }
        let terms = terms(wire.offer_terms, what)?;
        Ok(Self {
            currency: wire.currency.unwrap_or_else(|| currency.to_owned()).trim().to_owned(),
            meters,
            terms,
        })
    }
}

fn terms(wire: Vec<WireTerm>, what: &str) -> Result<OfferTerms> {
    let mut terms = OfferTerms::default();
    for term in wire {
        let excluded =
            term.excluded_meter_ids.unwrap_or_default().iter().map(|id| id.to_lowercase()).collect();
        match term.name.as_str() {
            "Monetary Credit" => terms.credit = term.credit.map(|credit| (credit.0, excluded)),
            "Monetary Commitment" => {
                let discounts =
                    term.tiered_discount.unwrap_or_default().into_iter().map(|(bound, discount)| {
                        let bound = bound
                            .parse()
                            .map_err(|_| Error::bad_reply(what, format!("`{bound}` is no amount")))?;
                        Ok((bound, discount.0))
                    });
                terms.commitment = Some((discounts.collect::<Result<_>>()?, excluded));
            }
            "Recurring Charge" => terms.recurring = term.recurring_charge.map(|charge| charge.0),
            unknown => tracing::warn!("the offer term `{unknown}` is not known here and is not applied"),
        }
    }
    Ok(terms)
}

/// A moment with or without a zone; the year 1 is none.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let with_zone = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
    let time = with_zone.or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc())).ok()?;
    (time.year() > 1).then_some(time)
}
