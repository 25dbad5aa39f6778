//! Hours of machines: the unit, the hours of a month, and what an hour costs.

use billing::{Amount, Price, PricingUnit};

/// The unit of quantities of machines.
pub(crate) const HOURS: &str = "Hours";
/// Hours of a month, as prices count them: 8,760 a year.
pub(crate) const MONTH_HOURS: u64 = 730;

/// The cost of an hour of usage around the clock, for any blocks and tiers of the price; `None` of prices that are not by
/// the hour.
pub(crate) fn cost_of_hour(price: &Price) -> Option<Amount> {
    let hours: PricingUnit = HOURS.parse().ok()?;
    let is_by_hour = price.unit.counts_like(&hours) && !price.unit.name().is_empty();
    let month = price.unit.in_blocks(Amount::whole(MONTH_HOURS));
    let cost = price.tiers.cost(month).ok().filter(|_| is_by_hour)?;
    Some(cost.divided_by(MONTH_HOURS))
}
