//! Bills in another currency than their prices, which move with a rate that is set for each month.
//!
//! A forecast continues use at its prices, not the amounts that a rate once made of them. So costs that a model learns
//! from are restated: what each would be at the newest rate in the data. What is charged stays as it is charged.
//! Wrong for the months to come by as much as the rate will move, which nothing here foretells.

use crate::{
    DailyCosts,
    daily::daily_costs::{Cell, Leaf},
};
use billing::{Amount, BillingCycle, Currency};
use std::collections::BTreeMap;

/// What the rate made of the cost of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct RateEffect {
    /// The currency of prices.
    pub pricing: String,
    /// The currency of the bill.
    pub currency: Currency,
    /// The cycle.
    pub cycle: BillingCycle,
    /// The rate that it was billed at, of a unit of the pricing currency.
    pub then: f64,
    /// The newest rate.
    pub now: f64,
    /// What was billed at that rate.
    pub billed: Amount,
    /// What it would have been at the newest one.
    pub restated: Amount,
}

/// The newest rate of each pair of currencies.
pub(crate) type Rates = BTreeMap<(Currency, String), f64>;

impl DailyCosts {
    /// The rates of the latest days.
    pub(crate) fn newest_rates(&self) -> Rates {
        let mut newest: BTreeMap<(Currency, String), (&Cell, f64)> = BTreeMap::new();
        for (leaf, cell) in
            self.leaves.iter().flat_map(|leaf| leaf.cells.iter().map(move |cell| (leaf, cell)))
        {
            let Some(exchange) = cell.exchange.map(|place| &self.exchanges[place as usize]) else { continue };
            let kept = newest
                .entry((leaf.currency.clone(), exchange.pricing.clone()))
                .or_insert((cell, exchange.rate));
            if (cell.cycle, cell.day) > (kept.0.cycle, kept.0.day) {
                *kept = (cell, exchange.rate);
            }
        }
        newest.into_iter().map(|(key, (_, rate))| (key, rate)).collect()
    }

    /// The newest rate of a unit of one currency in another, where the data bills by it.
    #[must_use]
    pub fn newest_rate(&self, pricing: &Currency, currency: &Currency) -> Option<f64> {
        self.newest_rates().get(&(currency.clone(), pricing.code().to_owned())).copied()
    }

    /// What a cost would be at the newest rate.
    pub(crate) fn restated(&self, leaf: &Leaf, cell: &Cell, rates: &Rates) -> Amount {
        let Some(exchange) = cell.exchange.map(|place| &self.exchanges[place as usize]) else {
            return cell.cost;
        };
        match rates.get(&(leaf.currency.clone(), exchange.pricing.clone())) {
            Some(now) if *now != exchange.rate => {
                Amount::from_estimate(cell.cost.to_f64() * now / exchange.rate).unwrap_or(cell.cost)
            }
            _ => cell.cost,
        }
    }

    /// What the rate makes of the cost of a cycle, for pairs of currencies whose rate has moved since.
    #[must_use]
    pub fn rate_effects(&self, cycle: BillingCycle) -> Vec<RateEffect> {
        let rates = self.newest_rates();
        let mut effects: BTreeMap<(Currency, &str), RateEffect> = BTreeMap::new();
        for leaf in &self.leaves {
            for cell in leaf.cells.iter().filter(|cell| cell.cycle == cycle && cell.kind.is_billed()) {
                let Some(exchange) = cell.exchange.map(|place| &self.exchanges[place as usize]) else {
                    continue;
                };
                let key = (leaf.currency.clone(), exchange.pricing.as_str());
                let now = rates.get(&(leaf.currency.clone(), exchange.pricing.clone())).copied();
                let effect = effects.entry(key).or_insert_with(|| RateEffect {
                    pricing: exchange.pricing.clone(),
                    currency: leaf.currency.clone(),
                    cycle,
                    then: exchange.rate,
                    now: now.unwrap_or(exchange.rate),
                    billed: Amount::ZERO,
                    restated: Amount::ZERO,
                });
                effect.billed += cell.cost;
                effect.restated += self.restated(leaf, cell, &rates);
            }
        }
        effects.into_values().filter(|effect| effect.then != effect.now).collect()
    }
}
