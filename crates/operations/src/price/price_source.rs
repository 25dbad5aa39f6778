//! A source of prices: a file, or a service.

use crate::AzureAccess;
use serde::{Deserialize, Serialize};

/// The offer whose rate card is read by default.
pub const RATE_OFFER: &str = "MS-AZR-0003P";
/// The language of a rate card's names by default.
pub const RATE_LOCALE: &str = "en-US";
/// The country of purchase by default.
pub const RATE_REGION: &str = "US";

/// A source of prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceSource {
    /// The path of a file; or `retail`, or `azure` for the rate card of a subscription.
    pub rates: String,
    /// The currency of its prices, where it leaves it open.
    pub currency: Option<String>,
    /// The subscription of a rate card.
    pub scope: Option<String>,
    /// The offer of a rate card.
    pub offer: String,
    /// The language of a rate card's names.
    pub locale: String,
    /// The country of purchase, two letters.
    pub region: String,
    /// How Azure is reached; as the environment's variables name it by default.
    pub access: Option<AzureAccess>,
}

impl Default for PriceSource {
    fn default() -> Self {
        Self {
            rates: String::new(),
            currency: None,
            scope: None,
            offer: RATE_OFFER.to_owned(),
            locale: RATE_LOCALE.to_owned(),
            region: RATE_REGION.to_owned(),
            access: None,
        }
    }
}

impl PriceSource {
    /// The prices of a file, or of `retail` or `azure`.
    #[must_use]
    pub fn named(rates: impl Into<String>) -> Self {
        Self { rates: rates.into(), ..Self::default() }
    }

    /// Whether a service is asked.
    #[must_use]
    pub fn is_service(&self) -> bool {
        matches!(self.rates.as_str(), "retail" | "azure")
    }
}
