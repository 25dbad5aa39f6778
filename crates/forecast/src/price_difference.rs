//! Why a priced total differs from the forecast of costs.

use billing::{Amount, apportion};
use chrono::NaiveDate;
use std::{collections::BTreeMap, fmt};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceDifference {
    /// Tiers and free amounts: use continues although costs begin late, or become cheaper.
    Tiers,
    /// Prices that change on a day.
    PriceChange(NaiveDate),
    /// Prices that are not those that the data was charged at.
    OtherPrices,
    /// A plan beside the use that continues.
    Plan,
}

impl fmt::Display for PriceDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tiers => f.write_str("tiers and free amounts"),
            Self::PriceChange(day) => write!(f, "change of prices on {day}"),
            Self::OtherPrices => f.write_str("prices that are not those charged so far"),
            Self::Plan => f.write_str("plan"),
        }
    }
}

/// Amounts by reason.
pub(crate) type Differences = BTreeMap<PriceDifference, Amount>;

/// The difference as rounded amounts that add up to `all`, without those that are nothing. What no reason explains
/// belongs to quantities that are forecast in the place of costs.
pub(crate) fn rounded_differences(
    mut why: Differences,
    all: Amount,
    digits: u32,
) -> Vec<(PriceDifference, Amount)> {
    let known: Amount = why.values().copied().sum();
    let quantities = [PriceDifference::Tiers]
        .into_iter()
        .chain(why.keys().copied().filter(|own| matches!(own, PriceDifference::PriceChange(_))))
        .find(|own| why.contains_key(own));
    if let Some(own) = quantities {
        *why.entry(own).or_default() += all - known;
    }
    let exact: Vec<Amount> = why.values().copied().collect();
    let sum = exact.iter().copied().sum::<Amount>().rounded(digits);
    let amounts = why.into_keys().zip(apportion(&exact, sum, digits));
    amounts.filter(|(_, amount)| *amount != Amount::ZERO).collect()
}
