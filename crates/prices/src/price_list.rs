//! A price list while it is read: equal prices count once, and a price that cannot be used is listed with its reason
//! instead of failing the whole list.

use crate::{Error, Result};
use billing::{Currency, OfferTerms, Price, PriceCard, UnusablePrice};
use std::collections::{BTreeMap, BTreeSet};

/// Reasons that an error shows at most.
const SHOWN: usize = 3;

/// Prices as they are read.
#[derive(Default)]
pub(crate) struct PriceList {
    prices: Vec<Price>,
    /// Indexes of the prices of a meter.
    by_meter: BTreeMap<String, Vec<usize>>,
    unusable: Vec<UnusablePrice>,
    /// The same, to find repetitions.
    refused: BTreeSet<UnusablePrice>,
}

impl PriceList {
    /// Adds a price; one that equals an earlier one is dropped.
    pub fn add(&mut self, price: Price) {
        let known = self.by_meter.entry(price.meter.clone()).or_default();
        if !known.iter().any(|index| self.prices[*index] == price) {
            known.push(self.prices.len());
            self.prices.push(price);
        }
    }

    /// Lists a price that cannot be used.
    pub fn refuse(&mut self, price: UnusablePrice) {
        if self.refused.insert(price.clone()) {
            self.unusable.push(price);
        }
    }

    /// The card. `what` names the list in errors.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when no price can be used.
    pub fn card(self, currency: Currency, terms: OfferTerms, what: &str) -> Result<PriceCard> {
        let card = PriceCard::new(currency, terms, self.prices).with_unusable(self.unusable);
        if card.prices().is_empty() { Err(no_price(card.unusable(), what)) } else { Ok(card) }
    }

    /// That the list holds no price that can be used.
    pub fn error(&self, what: &str) -> Error {
        no_price(&self.unusable, what)
    }
}

/// That none of the prices can be used, with the first reasons.
fn no_price(unusable: &[UnusablePrice], what: &str) -> Error {
    let reasons: Vec<&str> = unusable.iter().take(SHOWN).map(|price| price.reason.as_str()).collect();
    let why = if reasons.is_empty() {
        "it holds no price".to_owned()
    } else {
        format!("it holds no usable price: {}", reasons.join("; "))
    };
    Error::unreadable(what, why)
}
