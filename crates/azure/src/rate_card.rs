//! The RateCard (2015-06-01-preview): prices of an offer's meters, and the offer's terms.
//!
//! The card may come through a redirect to storage, without the token.
//! Source: the service's specification and a recorded card.

use crate::{Error, Request, Result, Scope, Transport};
use billing::PriceCard;
use bytes::Bytes;
use prices::read_rate_card;

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

impl RateCardQuery {
    /// The card of a subscription's offer.
    ///
    /// # Errors
    /// [`Error::Usage`] for names that are none, and for offers that have no card; what
    /// [`Transport::call`] may say; [`Error::BadReply`] with the meter.
    pub async fn fetch(&self, transport: &Transport, scope: &Scope) -> Result<PriceCard> {
        let text = self.fetch_text(transport, scope).await?;
        self.read(&text, "the rate card")
    }

    /// The same as the service writes it, to be kept and read later by [`RateCardQuery::read`].
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

    /// Reads what [`RateCardQuery::fetch_text`] gave; `what` names it in errors.
    ///
    /// # Errors
    /// [`Error::Usage`] for a card of another currency, which the offer lacks then; [`Error::BadReply`] with the
    /// meter.
    pub fn read(&self, text: &[u8], what: &str) -> Result<PriceCard> {
        Ok(read_rate_card(text, what, Some(&self.currency))?)
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
