//! A bill whose usage has prices, and the terms of its offer.

use crate::error::Error;
use billing::{Amount, DayUse, OfferTerms, Price};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The use of a subscription that has prices.
#[derive(Clone, Debug)]
pub struct PricedBill<'a> {
    /// Its key among the rows of the first shown level.
    pub key: Option<String>,
    /// What people call it.
    pub name: String,
    /// The use that has prices.
    pub meters: Vec<PricedMeter<'a>>,
}

/// The use of a meter, with its prices.
#[derive(Clone, Debug)]
pub struct PricedMeter<'a> {
    /// The meter's id, in lower case.
    pub meter: String,
    /// Which row of the bill holds the costs of this use. `None` for a meter that is planned only.
    pub row: Option<usize>,
    /// Its prices, as `billing::price_rows` takes them; one must hold on every day of every cycle asked for.
    pub prices: Vec<&'a Price>,
    /// What was used on each day, in the unit of the prices, in the order of days.
    pub used: Vec<DayUse>,
    /// What the data charged for that, by day of use; late and corrected charges stand on the first day of their cycle.
    pub charged: BTreeMap<NaiveDate, Amount>,
    /// Whether it is bought from somebody else: neither credit nor discount applies.
    pub is_third_party: bool,
    /// Planned beside the usage that continues: low, likely and high use by day. Days that are final hold it already.
    pub planned: [Vec<DayUse>; 3],
}

/// What an offer takes off and adds, and what was promised.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The offer's terms, which are those of each subscription.
    pub offer: &'a OfferTerms,
    /// The amount committed to, for the discounts of the offer.
    pub committed: Amount,
    /// What is left of a prepayment or commitment when the first cycle begins, for all bills together.
    pub balance: Option<Amount>,
}

/// The bounds of a range and the point between them, lowest first.
pub(super) const LEVELS: usize = 5;
/// The place of the point among them, and those of the 80 % range.
pub(super) const POINT: usize = 2;
pub(super) const LOWER_80: usize = 1;
pub(super) const UPPER_80: usize = 3;

/// A rest of less than that is none.
pub(super) const NO_REST: f64 = 1e-6;

/// Refuses a price that does not hold, which whoever asks has to look after.
pub(super) fn unpriced(meter: &str, why: billing::Unpriced) -> Error {
    Error::Unpriced { meter: meter.to_owned(), why: why.name() }
}
