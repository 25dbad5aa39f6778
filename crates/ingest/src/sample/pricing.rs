//! Prices with tiers, exact: quantities and unit prices count millionths, so a cost has at most
//! twelve digits after the point and nothing is ever rounded.
//!
//! The price of a quantity is that of Azure's rate card: the included quantity is taken off first,
//! then each tier's price applies to the part that lies in it. The quantity is cumulative over a
//! billing cycle, so what a day costs is the difference of two totals.

use billing::{Amount, apportion};
use std::ops::{Add, AddAssign, Neg, Sub};

/// Millionths in one.
const ONE: i64 = 1_000_000;
/// Digits after the point that a cost can have.
pub const COST_DIGITS: u32 = 12;
/// A quantity times a price counts 10⁻¹², an [`Amount`] counts 10⁻¹⁸.
const AMOUNT_UNITS: i128 = 1_000_000;

/// A quantity of use, in millionths of the meter's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i64);

/// A price of one unit, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub i64);

/// From which quantity on a price applies, in whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Lower bound, in whole units.
    pub from: i64,
    /// The price of a unit above it.
    pub price: Price,
}

/// The tiers of a meter and the quantity that is free before the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Whole units that are taken off before the tiers count.
    pub included: i64,
    /// Ascending, the first from 0.
    pub tiers: &'static [Tier],
}

impl Quantity {
    /// None.
    pub const ZERO: Self = Self(0);

    /// A number of whole units.
    pub const fn whole(units: i64) -> Self {
        Self(units * ONE)
    }

    /// The nearest millionth of an estimate.
    pub fn from_estimate(units: f64) -> Self {
        Self((units * ONE as f64).round() as i64)
    }

    /// The same number as a decimal.
    pub const fn to_amount(self) -> Amount {
        Amount::from_units(self.0 as i128 * AMOUNT_UNITS * AMOUNT_UNITS)
    }
}

impl Price {
    /// The same number as a decimal.
    pub const fn to_amount(self) -> Amount {
        Quantity(self.0).to_amount()
    }

    /// What a quantity costs.
    pub const fn of(self, quantity: Quantity) -> Amount {
        Amount::from_units(self.0 as i128 * quantity.0 as i128 * AMOUNT_UNITS)
    }
}

impl Rates {
    /// The price of a cycle's total quantity.
    pub fn cost_of(self, total: Quantity) -> Amount {
        let charged = total - Quantity::whole(self.included);
        let uppers = self.tiers.iter().skip(1).map(|tier| Quantity::whole(tier.from));
        let uppers = uppers.chain([Quantity(i64::MAX)]);
        self.tiers
            .iter()
            .zip(uppers)
            .map(|(tier, upper)| (tier.price, Quantity::whole(tier.from), upper.min(charged)))
            .filter(|&(_, lower, upper)| upper > lower)
            .map(|(price, lower, upper)| price.of(upper - lower))
            .sum()
    }

    /// The one price that applies from the total `before` to the total `after`, or `None` where a
    /// bound lies between them.
    pub fn single_price(self, before: Quantity, after: Quantity) -> Option<Price> {
        if self.is_flat() {
            return Some(self.first_price());
        }
        let place = |total: Quantity, inside: fn(Quantity, Quantity) -> bool| {
            let charged = total - Quantity::whole(self.included);
            self.tiers.iter().filter(|tier| inside(Quantity::whole(tier.from), charged)).count()
        };
        // A total that stands on a bound belongs to the tier below it when it ends there, and to
        // the one above when it starts there.
        let (from, to) =
            (place(before, |bound, total| bound <= total), place(after, |bound, total| bound < total));
        match (from == to, from) {
            (false, _) => None,
            (true, 0) => Some(Price(0)),
            (true, tiers) => Some(self.tiers[tiers - 1].price),
        }
    }

    /// Whether there is one price whatever the quantity.
    pub const fn is_flat(self) -> bool {
        self.included == 0 && self.tiers.len() == 1
    }

    /// The price of the first tier.
    pub const fn first_price(self) -> Price {
        self.tiers[0].price
    }
}

/// Splits a cost by quantity, to the last digit that a cost can have, by the largest remainder.
pub fn split(cost: Amount, quantities: &[Quantity]) -> Vec<Amount> {
    let total: i128 = quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    if total == 0 {
        return vec![Amount::ZERO; quantities.len()];
    }
    // In units of the last digit first, so that the products stay far inside 128 bits.
    let last_digits = cost.units() / AMOUNT_UNITS;
    let parts: Vec<Amount> = quantities
        .iter()
        .map(|quantity| last_digits * i128::from(quantity.0))
        .map(|product| product / total * AMOUNT_UNITS + product % total * AMOUNT_UNITS / total)
        .map(Amount::from_units)
        .collect();
    apportion(&parts, cost, COST_DIGITS)
}

/// The price of a unit that makes `quantity` cost `cost`, cut at the last digit of a cost.
pub fn price_per_unit(cost: Amount, quantity: Quantity) -> Amount {
    match quantity.0 {
        0 => Amount::ZERO,
        millionths => {
            let last_digits = cost.units() / AMOUNT_UNITS * i128::from(ONE) / i128::from(millionths);
            Amount::from_units(last_digits * AMOUNT_UNITS)
        }
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: Rates = Rates {
        included: 5,
        tiers: &[
            Tier { from: 0, price: Price(20_000_000) },
            Tier { from: 100, price: Price(15_000_000) },
            Tier { from: 200, price: Price(10_000_000) },
        ],
    };

    fn amount(text: &str) -> Amount {
        text.parse().expect("a valid amount")
    }

    #[test]
    fn each_tier_prices_the_part_that_lies_in_it() {
        // 5 free, then 100 × 20 + 75 × 15.
        assert_eq!(STEPS.cost_of(Quantity::whole(180)), amount("3125"));
        assert_eq!(STEPS.cost_of(Quantity::whole(205)), amount("3500"));
        assert_eq!(STEPS.cost_of(Quantity::whole(206)), amount("3510"));
        assert_eq!(STEPS.cost_of(Quantity::whole(5)), Amount::ZERO);
        assert_eq!(STEPS.cost_of(Quantity::ZERO), Amount::ZERO);
    }

    #[test]
    fn a_bound_crossed_within_a_day_leaves_no_single_price() {
        let price = |before, after| STEPS.single_price(Quantity::whole(before), Quantity::whole(after));
        assert_eq!(price(0, 5), Some(Price(0)));
        assert_eq!(price(0, 6), None);
        assert_eq!(price(5, 105), Some(Price(20_000_000)));
        assert_eq!(price(105, 106), Some(Price(15_000_000)));
        assert_eq!(price(104, 106), None);
        assert_eq!(price(300, 400), Some(Price(10_000_000)));
    }

    #[test]
    fn differences_of_the_cumulative_price_add_up_to_the_price_of_the_cycle() {
        let days = [3_500_000, 90_250_001, 0, 120_000_007, 41];
        let mut so_far = Quantity::ZERO;
        let mut sum = Amount::ZERO;
        for day in days {
            let after = so_far + Quantity(day);
            let cost = STEPS.cost_of(after) - STEPS.cost_of(so_far);
            if let Some(price) = STEPS.single_price(so_far, after) {
                assert_eq!(price.of(Quantity(day)), cost);
            }
            sum += cost;
            so_far = after;
        }
        assert_eq!(sum, STEPS.cost_of(so_far));
    }

    #[test]
    fn a_split_cost_adds_up_to_its_last_digit() {
        let parts = split(amount("0.000000000002"), &[Quantity(1), Quantity(1), Quantity(1)]);
        assert_eq!(
            parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["0.000000000001", "0.000000000001", "0"]
        );
        assert_eq!(split(amount("3"), &[Quantity(1), Quantity(2)]), [amount("1"), amount("2")]);
        assert_eq!(price_per_unit(amount("3"), Quantity::whole(2)), amount("1.5"));
    }
}
