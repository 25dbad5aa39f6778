//! Prices and terms of a forecast, and the plan on top of it.

use crate::{PriceSource, amount_text};
use billing::Amount;
use prices::Plan;
use serde::{Deserialize, Serialize};

/// Prices and terms of a forecast.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pricing {
    /// Where prices come from. Its currency and scope are those of the charges where it names none.
    pub source: PriceSource,
    /// The amount committed to, where the offer discounts it.
    #[serde(with = "amount_text")]
    pub committed: Option<Amount>,
    /// What is left of a prepayment or commitment when the first cycle begins.
    #[serde(with = "amount_text")]
    pub commitment_left: Option<Amount>,
}

/// A plan that is added to what goes on.
#[derive(Clone, Copy)]
pub struct Added<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The subscription that it is used on; the only one of the data where none is named.
    pub subscription: Option<&'a str>,
}
