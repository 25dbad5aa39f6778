//! What a quantity of a meter costs over a billing cycle: an included quantity, then graduated tiers.
//!
//! `cost = Σ rateᵢ · (min(q, boundᵢ₊₁) − boundᵢ)` over the tiers with `boundᵢ < q`, where
//! `q = max(0, quantity − included)`. The quantity is that of the whole cycle so far, so a day costs the
//! difference of two cumulative prices. Bounds are continuous (no unit falls between two tiers) and are
//! counted after the included quantity is taken off: Azure documents neither; see the tests.

use crate::{Amount, Error, Result};

/// Graduated prices of a meter. A quantity is in the meter's own unit, to 18 digits after the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers {
    /// Lower bound of each tier and its price a unit, ascending; the first bound is 0.
    tiers: Vec<(Amount, Amount)>,
    included: Amount,
}

impl Tiers {
    /// Prices by the lower bounds of their tiers, in any order, and the free quantity of each cycle.
    ///
    /// # Errors
    /// [`Error::Tiers`] when none starts at 0, two start at the same bound, or a bound, a price or the included
    /// quantity is negative: a negative price would be a discount that no list documents.
    pub fn new(tiers: impl IntoIterator<Item = (Amount, Amount)>, included: Amount) -> Result<Self> {
        let mut tiers: Vec<(Amount, Amount)> = tiers.into_iter().collect();
        tiers.sort_by_key(|(bound, _)| *bound);
        match tiers.first() {
            Some((bound, _)) if *bound == Amount::ZERO => {}
            Some((bound, _)) => {
                return Err(Error::Tiers(format!("the first tier starts at {bound}, not at 0")));
            }
            None => return Err(Error::Tiers("there is no price".to_owned())),
        }
        if let Some(twice) = tiers.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::Tiers(format!("two tiers start at {}", twice[0].0)));
        }
        if let Some((bound, price)) = tiers.iter().find(|(_, price)| price.is_negative()) {
            return Err(Error::Tiers(format!("the price from {bound} on is below 0: {price}")));
        }
        if included.is_negative() {
            return Err(Error::Tiers(format!("the included quantity is {included}")));
        }
        Ok(Self { tiers, included })
    }

    /// Each price times a factor.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when a price does not fit into an amount.
    pub fn times(&self, factor: Amount) -> Result<Self> {
        let scaled =
            |(bound, price): &(Amount, Amount)| Ok((*bound, price.times(factor).ok_or(Error::TooLarge)?));
        Ok(Self { tiers: self.tiers.iter().map(scaled).collect::<Result<_>>()?, included: self.included })
    }

    /// The lower bound of each tier, ascending, in units that are paid for.
    pub fn bounds(&self) -> impl Iterator<Item = Amount> {
        self.tiers.iter().map(|(bound, _)| *bound)
    }

    /// The price of a unit in each tier, in their order.
    pub fn prices(&self) -> impl Iterator<Item = Amount> {
        self.tiers.iter().map(|(_, price)| *price)
    }

    /// The free quantity of each cycle.
    #[must_use]
    pub fn included(&self) -> Amount {
        self.included
    }

    /// The one price of a unit between two quantities of a cycle; `None` where a bound lies between them.
    #[must_use]
    pub fn one_price(&self, one: Amount, other: Amount) -> Option<Amount> {
        let (low, high) = (one.min(other) - self.included, one.max(other) - self.included);
        if low.is_negative() {
            return (!high.is_positive()).then_some(Amount::ZERO);
        }
        let tier = self.tiers.iter().rposition(|(bound, _)| *bound <= low)?;
        let ends_after = self.tiers.get(tier + 1).is_none_or(|(bound, _)| high <= *bound);
        ends_after.then(|| self.tiers[tier].1)
    }

    /// The cost of `quantity`, the whole usage of a cycle so far; 0 for a quantity below 0.
    ///
    /// ```
    /// use billing::{Amount, Tiers};
    /// let amount = |text: &str| text.parse::<Amount>().unwrap();
    /// let tiers = [("0", "20"), ("100", "15"), ("200", "10")].map(|(bound, price)| (amount(bound), amount(price)));
    /// let tiers = Tiers::new(tiers, Amount::ZERO).unwrap();
    /// assert_eq!(tiers.cost(amount("175")).unwrap(), amount("3125"));
    /// ```
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the cost does not fit into an amount.
    pub fn cost(&self, quantity: Amount) -> Result<Amount> {
        if quantity <= self.included {
            return Ok(Amount::ZERO);
        }
        let paid = quantity - self.included;
        let ends = self.tiers.iter().skip(1).map(|(bound, _)| Some(*bound)).chain([None]);
        let mut cost = Amount::ZERO;
        for ((bound, price), end) in self.tiers.iter().zip(ends).filter(|((bound, _), _)| *bound < paid) {
            let within = end.map_or(paid, |end| end.min(paid)) - *bound;
            let part = within.times(*price).ok_or(Error::TooLarge)?;
            cost = cost.checked_add(part).ok_or(Error::TooLarge)?;
        }
        Ok(cost)
    }

    /// The cost of each of these quantities, one after the other in one cycle: differences of the
    /// cumulative price, which add up to the price of their sum.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when a cost does not fit into an amount.
    pub fn costs(&self, quantities: &[Amount]) -> Result<Vec<Amount>> {
        let (mut so_far, mut paid) = (Amount::ZERO, Amount::ZERO);
        let mut costs = Vec::with_capacity(quantities.len());
        for quantity in quantities {
            so_far = so_far.checked_add(*quantity).ok_or(Error::TooLarge)?;
            let cost = self.cost(so_far)?;
            costs.push(cost - paid);
            paid = cost;
        }
        Ok(costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn tiers(tiers: &[(&str, &str)], included: &str) -> Tiers {
        let tiers = tiers.iter().map(|(bound, price)| (amount(bound), amount(price)));
        Tiers::new(tiers, amount(included)).unwrap()
    }

    #[test]
    fn a_quantity_on_a_bound_is_priced_by_the_tiers_below_it() {
        // A recorded card: the price rises with volume.
        let rising = tiers(&[("0", "6"), ("5", "8"), ("95", "4"), ("995", "2")], "0");
        for (quantity, cost) in
            [("0", "0"), ("5", "30"), ("6", "38"), ("95", "750"), ("995", "4350"), ("996", "4352")]
        {
            assert_eq!(rising.cost(amount(quantity)).unwrap(), amount(cost), "{quantity}");
        }
        assert_eq!(rising.cost(amount("-3")).unwrap(), Amount::ZERO);
    }

    #[test]
    fn included_units_come_off_before_the_tiers_are_counted() {
        // 700 used, 200 included: 500 are paid, 101 at 20, 399 at 15.
        let tiers = tiers(&[("0", "20"), ("101", "15"), ("501", "10")], "200");
        assert_eq!(tiers.cost(amount("700")).unwrap(), amount("8005"));
        assert_eq!(tiers.cost(amount("200")).unwrap(), Amount::ZERO);
    }

    #[test]
    fn one_price_holds_where_no_bound_lies_between() {
        let tiers = tiers(&[("0", "2"), ("10", "1")], "5");
        let price = |one: &str, other: &str| {
            tiers.one_price(amount(one), amount(other)).map(|price| price.to_string())
        };
        assert_eq!(price("0", "5"), Some("0".to_owned()));
        assert_eq!(price("5", "15"), Some("2".to_owned()));
        assert_eq!(price("99", "15"), Some("1".to_owned()));
        assert_eq!((price("0", "6"), price("14", "16")), (None, None));
    }

    #[test]
    fn a_card_without_a_tier_at_zero_or_with_one_twice_is_refused() {
        let of = |bounds: &[&str]| {
            Tiers::new(bounds.iter().map(|bound| (amount(bound), amount("1"))), Amount::ZERO)
        };
        assert!(of(&[]).is_err() && of(&["1"]).is_err() && of(&["-1", "0"]).is_err());
        assert!(of(&["0", "1024.0", "1024"]).unwrap_err().to_string().contains("1024"));
        assert!(of(&["2487.5", "0"]).is_ok());
        let below = Tiers::new([(Amount::ZERO, amount("1")), (amount("5"), amount("-0.1"))], Amount::ZERO);
        assert!(below.unwrap_err().to_string().contains("the price from 5 on is below 0: -0.1"));
    }

    #[test]
    fn a_cost_that_does_not_fit_is_an_error() {
        let dear = tiers(&[("0", "100000000000")], "0");
        assert_eq!(dear.cost(amount("100000000000")), Err(Error::TooLarge));
    }

    /// Unit by unit, as a brute-force pricer would.
    fn unit_by_unit(card: &[(u32, u32)], included: u32, quantity: u32) -> u64 {
        let price =
            |unit: u32| card.iter().rev().find(|(bound, _)| *bound <= unit).map_or(0, |(_, price)| *price);
        (0..quantity.saturating_sub(included)).map(|unit| u64::from(price(unit))).sum()
    }

    proptest! {
        #[test]
        fn whole_units_cost_what_each_costs(
            bounds in proptest::collection::btree_map(1_u32..60, 0_u32..9, 0..5),
            first in 0_u32..9, included in 0_u32..20, days in proptest::collection::vec(0_u32..30, 1..8),
        ) {
            let card: Vec<(u32, u32)> = [(0, first)].into_iter().chain(bounds).collect();
            let whole = |value: u32| amount(&value.to_string());
            let tiers = Tiers::new(card.iter().map(|(bound, price)| (whole(*bound), whole(*price))), whole(included)).unwrap();
            let quantity: u32 = days.iter().sum();
            let expected = amount(&unit_by_unit(&card, included, quantity).to_string());
            prop_assert_eq!(tiers.cost(whole(quantity)).unwrap(), expected);
            // Splitting the use of a cycle by day changes no total.
            let split = tiers.costs(&days.iter().map(|day| whole(*day)).collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(split.into_iter().sum::<Amount>(), expected);
        }
    }
}
