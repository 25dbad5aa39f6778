//! Planned usage of each day, with its prices: added to existing usage, whose tiers it shares.

use crate::{
    Plan, PlanLine, Result,
    estimate::days_of,
    lookup::{Found, find, too_large},
};
use billing::{BillingCycle, DayUse, Price, PriceCard, Unpriced, in_force};

/// Usage of a line of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedUsage<'c> {
    /// The line's name.
    pub name: String,
    /// Its prices.
    pub prices: Vec<&'c Price>,
    /// Low, likely and high usage of each day, in the unit of the prices.
    pub days: [Vec<DayUse>; 3],
}

/// The usage of a plan's lines in some cycles, or why a line has no price. Lines without dates are left out.
///
/// # Errors
/// [`crate::Error::Line`] for quantities that cannot be held.
pub fn planned_usage<'c>(
    plan: &Plan,
    card: &'c PriceCard,
    cycles: &[BillingCycle],
) -> Result<Vec<(String, std::result::Result<PlannedUsage<'c>, Unpriced>)>> {
    let dated = plan.lines.iter().filter(|line| line.span.is_some());
    dated.map(|line| Ok((line.name.clone(), of_line(line, plan, card, cycles)?))).collect()
}

fn of_line<'c>(
    line: &PlanLine,
    plan: &Plan,
    card: &'c PriceCard,
    cycles: &[BillingCycle],
) -> Result<std::result::Result<PlannedUsage<'c>, Unpriced>> {
    if !plan.currency.eq_ignore_ascii_case(card.currency.code()) {
        return Ok(Err(Unpriced::NoCurrency));
    }
    let Found { prices, month } = match find(line, card)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    let mut days: [Vec<DayUse>; 3] = Default::default();
    for cycle in cycles {
        for (days, month) in days.iter_mut().zip(month) {
            let own =
                days_of(line, *cycle, cycle.start(), month).map_err(|source| too_large(line, source))?;
            days.extend(own);
        }
    }
    for used in &days[2] {
        if let Err(why) = in_force(&prices, used.day) {
            return Ok(Err(why));
        }
    }
    Ok(Ok(PlannedUsage { name: line.name.clone(), prices, days }))
}
