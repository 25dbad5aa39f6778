//! Components whose use has prices: quantities are forecast, then priced over the cycle.
//!
//! A free amount, a tier or a credit makes early-cycle cost a poor predictor of the total, while *usage*
//! continues as before. So the quantity of each meter is forecast, added to the usage of the cycle so far, and
//! priced as a whole; credit and other terms apply to the sum. What has no price is forecast from its costs.
//!
//! One factor scales all remaining quantities. Its quantiles come from past errors of the bill's whole usage,
//! each meter valued at what its coming units cost. So charges and amount due have quantiles of their own
//! shapes: an amount due below the credit is certain.
//! Wrong where one meter runs away while others stay, and that meter alone has costly tiers.

mod bill;
mod cycle;
mod factors;
mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use bill::{PricedBill, PricedMeter, Terms};

use crate::{
    components::Components,
    engine::Engine,
    error::Result,
    incomplete_days::evident_cutoff,
    totals::{GroupTotal, Leaf, summed},
    used_up::UsedUp,
};
use bill::{LEVELS, LOWER_80, POINT, UPPER_80};
use billing::{Amount, BillingCycle, SeriesSetBuilder};
use chrono::NaiveDate;
use cycle::{Outcome, PricedCycle};
use factors::{Off, factors};
use rayon::prelude::*;
use rest::rests;
use rows::Found;
use std::collections::BTreeSet;

/// The totals of [`forecast_priced`].
#[derive(Clone, Debug, PartialEq)]
pub struct PricedTotals {
    /// Of each cycle first the total (level 0), then the bills (level 1) in their order; each with its net.
    pub rows: Vec<GroupTotal>,
    /// When what is left of a commitment is used up, where there is one.
    pub balance_used_up: Option<UsedUp>,
}

/// Forecasts what bills will cost by their prices, in every cycle that their facts ask for.
///
/// `bills` hold the costs of everything; the level of a meter with prices is not learnt from.
///
/// # Errors
/// A price that does not hold on a day; what cannot be held.
pub fn forecast_priced(
    engine: &Engine,
    bills: &Components,
    priced: &[PricedBill<'_>],
    terms: Terms<'_>,
) -> Result<PricedTotals> {
    let facts: Vec<Leaf> = priced.iter().map(|bill| with_evident_cutoff(engine, bills, bill)).collect();
    let rests = rests(engine, bills, priced, &facts)?;
    let cycles: BTreeSet<BillingCycle> =
        facts.iter().flat_map(|own| &own.cycles).map(|own| own.cycle).collect();
    let factors = factors(engine, bills, priced, &facts, &rests)?;

    let found = Found {
        name: engine.name(),
        components: bills,
        priced,
        facts: &facts,
        rests: &rests,
        factors: &factors,
        terms,
    };
    let mut rows = Vec::new();
    let mut spent: [Vec<(NaiveDate, Amount)>; 3] = Default::default();
    for cycle in cycles {
        let asked: Vec<usize> = (0..priced.len())
            .filter(|place| facts[*place].cycles.iter().any(|own| own.cycle == cycle))
            .collect();
        let outcomes = |of_all: bool| -> Result<Vec<[Outcome; LEVELS]>> {
            asked
                .par_iter()
                .map(|&place| {
                    let own = PricedCycle::new(&priced[place], &facts[place], bills, &rests[place], cycle)?;
                    let by = factors[if of_all { priced.len() } else { place }].get(&cycle);
                    let bills = if of_all { asked.len() } else { 1 };
                    let off = by.map_or([Off::Share(0.0); LEVELS], |by| by.off.map(|off| off.part(bills)));
                    own.outcomes(off, terms)
                })
                .collect()
        };
        let (own, joint) = (outcomes(false)?, outcomes(true)?);
        for (place, level) in [LOWER_80, POINT, UPPER_80].into_iter().enumerate() {
            let days = joint.iter().flat_map(|bill| bill[level].spent());
            spent[place].extend(days);
        }
        rows.extend(found.rows(cycle, &asked, &own, &joint));
    }
    let balance_used_up =
        terms.balance.map(|balance| UsedUp::of(spent.map(|days| cycle::day_when(days, balance))));
    Ok(PricedTotals { rows, balance_used_up })
}

fn with_evident_cutoff(engine: &Engine, bills: &Components, bill: &PricedBill<'_>) -> Leaf {
    let mut level = SeriesSetBuilder::new();
    let (start, sum) = summed(bills.level(), Some(bills.level()), &bill.leaves);
    // A sum with values that are not finite has no cutoff of its own.
    let cutoff = match level.push("", start, &sum) {
        Ok(()) => evident_cutoff(level.build().get(0), bill.facts.cutoff, &engine.model().settling),
        Err(_) => bill.facts.cutoff,
    };
    Leaf { cutoff, ..bill.facts.clone() }
}
