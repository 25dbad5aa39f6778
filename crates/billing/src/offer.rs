//! What an offer makes of the sum of a cycle's charges: credit, discount of a commitment, recurring charge.
//!
//! In this order: the credit pays for what it may pay for; the discount of a commitment is taken off what is
//! left of the charges that it applies to; the charge of every cycle is added. Tax never is. What is left of
//! a credit is lost with the cycle. The service documents the terms and not their order when an offer has
//! several; offers that were recorded have one at most.
//! Source: the rate card's specification and a recorded card (credit of offer MS-AZR-0062P).

use crate::{Amount, BillingCycle, Error, Result};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What an offer grants or asks for in each cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferTerms {
    /// A credit of every cycle.
    pub credit: Option<Credit>,
    /// A discount for those who committed to spend.
    pub commitment: Option<Commitment>,
    /// A charge of every cycle.
    pub recurring: Option<Amount>,
}

/// A credit, and what it does not pay for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// How much it is.
    pub amount: Amount,
    /// The first day on which it is granted, where that is told.
    pub from: Option<NaiveDate>,
    /// Meters that it does not pay for, ids in lower case.
    pub excluded: BTreeSet<String>,
}

/// Discounts by the amount committed to, and what they do not apply to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// From which amount committed to on, which share is taken off, 0 to 1.
    pub discounts: BTreeMap<Amount, Amount>,
    /// Meters that are not discounted, ids in lower case.
    pub excluded: BTreeSet<String>,
}

/// What a meter's use of a cycle costs before the offer's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterCharge<'a> {
    /// The meter, in lower case.
    pub meter: &'a str,
    /// Its cost; may be below zero where a refund is larger.
    pub cost: Amount,
    /// Whether it is bought from somebody else: neither credit nor discount applies.
    pub is_third_party: bool,
}

/// What is asked for in the end: `net = gross − credit − discount + recurring`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Sum of the meters' charges.
    pub gross: Amount,
    /// What the credit paid, never more than what it may pay for.
    pub credit: Amount,
    /// What the commitment takes off.
    pub discount: Amount,
    /// The charge of the cycle.
    pub recurring: Amount,
}

impl OfferTerms {
    /// Whether the sum of charges is what is asked for.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.credit.is_none() && self.commitment.is_none() && self.recurring.is_none()
    }

    /// The terms in a cycle: a credit that is granted from a later day on is none of it.
    #[must_use]
    pub fn in_cycle(&self, cycle: BillingCycle) -> Self {
        let is_granted = |credit: &Credit| credit.from.is_none_or(|from| from < cycle.end());
        Self { credit: self.credit.clone().filter(is_granted), ..self.clone() }
    }

    /// Applies the terms to a cycle's charges, for somebody who committed to spend `committed`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when a sum cannot be held.
    ///
    /// ```
    /// use billing::{Amount, Credit, MeterCharge, OfferTerms};
    /// let amount = |text: &str| text.parse::<Amount>().unwrap();
    /// let terms = OfferTerms { credit: Some(Credit { amount: amount("100"), ..Credit::default() }), ..OfferTerms::default() };
    /// let month = [MeterCharge { meter: "m", cost: amount("130"), is_third_party: false }];
    /// assert_eq!(terms.settle(month, Amount::ZERO).unwrap().net(), amount("30"));
    /// ```
    pub fn settle<'a>(
        &self,
        charges: impl IntoIterator<Item = MeterCharge<'a>>,
        committed: Amount,
    ) -> Result<Settlement> {
        // Sums of what neither, only the credit, only the discount, and both apply to.
        let mut sums = [[Amount::ZERO; 2]; 2];
        for charge in charges {
            let is_free_of = |excluded: Option<&BTreeSet<String>>| {
                !charge.is_third_party && excluded.is_some_and(|excluded| !excluded.contains(charge.meter))
            };
            let takes_credit = is_free_of(self.credit.as_ref().map(|credit| &credit.excluded));
            let takes_discount = is_free_of(self.commitment.as_ref().map(|commitment| &commitment.excluded));
            let sum = &mut sums[usize::from(takes_credit)][usize::from(takes_discount)];
            *sum = sum.checked_add(charge.cost).ok_or(Error::TooLarge)?;
        }
        let add = |one: Amount, other: Amount| one.checked_add(other).ok_or(Error::TooLarge);
        let creditable = add(sums[1][0], sums[1][1])?;
        let granted = self.credit.as_ref().map_or(Amount::ZERO, |credit| credit.amount);
        let credit = granted.min(creditable).max(Amount::ZERO);
        // The credit pays first for what is not discounted, as a customer would want it.
        let on_discounted = (credit - sums[1][0].max(Amount::ZERO)).max(Amount::ZERO);
        let discountable = add(sums[0][1], sums[1][1] - on_discounted)?.max(Amount::ZERO);
        let share = self.commitment.as_ref().map_or(Amount::ZERO, |terms| terms.discount_for(committed));
        Ok(Settlement {
            gross: add(add(sums[0][0], sums[0][1])?, creditable)?,
            credit,
            discount: discountable.times(share).ok_or(Error::TooLarge)?,
            recurring: self.recurring.unwrap_or_default(),
        })
    }
}

impl Commitment {
    /// The share that is taken off for somebody who committed to spend so much; 0 below the least amount.
    #[must_use]
    pub fn discount_for(&self, committed: Amount) -> Amount {
        self.discounts.range(..=committed).next_back().map_or(Amount::ZERO, |(_, share)| *share)
    }
}

impl Settlement {
    /// What is asked for, before tax.
    #[must_use]
    pub fn net(&self) -> Amount {
        self.gross - self.credit - self.discount + self.recurring
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn charge<'a>(meter: &'a str, cost: &str) -> MeterCharge<'a> {
        MeterCharge { meter, cost: amount(cost), is_third_party: meter == "others" }
    }

    fn credit(of: &str, excluded: &[&str]) -> Option<Credit> {
        let excluded = excluded.iter().map(|id| (*id).to_owned()).collect();
        Some(Credit { amount: amount(of), excluded, from: None })
    }

    #[test]
    fn a_credit_larger_than_the_bill_pays_the_bill_and_no_more() {
        let terms = OfferTerms { credit: credit("100", &[]), ..OfferTerms::default() };
        let found = terms.settle([charge("a", "30"), charge("b", "40.5")], Amount::ZERO).unwrap();
        assert_eq!((found.credit, found.net()), (amount("70.5"), Amount::ZERO));
    }

    #[test]
    fn a_credit_begins_with_the_cycle_of_its_first_day() {
        let mut terms = OfferTerms { credit: credit("100", &[]), ..OfferTerms::default() };
        terms.credit.as_mut().unwrap().from = "2026-11-15".parse().ok();
        let has = |day: &str| {
            let cycle = BillingCycle::containing(day.parse().unwrap(), crate::CycleDay::FIRST);
            terms.in_cycle(cycle).credit.is_some()
        };
        assert!(!has("2026-10-31") && has("2026-11-01") && has("2027-01-01"));
    }

    #[test]
    fn a_credit_pays_neither_for_excluded_meters_nor_for_what_others_sell() {
        let terms = OfferTerms { credit: credit("100", &["b"]), ..OfferTerms::default() };
        let charges = [charge("a", "30"), charge("b", "40"), charge("others", "50")];
        let found = terms.settle(charges, Amount::ZERO).unwrap();
        assert_eq!((found.gross, found.credit, found.net()), (amount("120"), amount("30"), amount("90")));
    }

    #[test]
    fn a_refund_below_zero_takes_no_credit_and_stays_below_zero() {
        let terms = OfferTerms { credit: credit("100", &[]), ..OfferTerms::default() };
        let found = terms.settle([charge("a", "10"), charge("a", "-25")], Amount::ZERO).unwrap();
        assert_eq!((found.credit, found.net()), (Amount::ZERO, amount("-15")));
    }

    #[test]
    fn credit_then_discount_then_the_charge_of_the_cycle() {
        // 300 of use, of which 100 are not discounted; the credit of 150 pays these first and 50 of the others;
        // 10 % of the 150 that are left: 15; and 5 a cycle.
        let terms = OfferTerms {
            credit: credit("150", &[]),
            commitment: Some(Commitment {
                discounts: [(amount("500"), amount("0.05")), (amount("6000"), amount("0.1"))].into(),
                excluded: ["b".to_owned()].into(),
            }),
            recurring: Some(amount("5")),
        };
        let settle = |committed: &str| {
            terms.settle([charge("a", "200"), charge("b", "100")], amount(committed)).unwrap()
        };
        let found = settle("6000");
        assert_eq!((found.credit, found.discount, found.net()), (amount("150"), amount("15"), amount("140")));
        assert_eq!(settle("500").discount, amount("7.5"));
        assert_eq!(settle("499.99").discount, Amount::ZERO);
    }

    proptest! {
        #[test]
        fn net_grows_with_use_and_never_falls_below_it_without_credit(
            costs in proptest::collection::vec(0_u32..1_000, 1..6), more in 0_u32..1_000, granted in 0_u32..2_000,
        ) {
            let terms = OfferTerms { credit: credit(&granted.to_string(), &[]), ..OfferTerms::default() };
            let whole = |cost: u32| Amount::whole(u64::from(cost));
            let net = |costs: &[u32]| {
                let charges = costs.iter().map(|cost| MeterCharge { meter: "m", cost: whole(*cost), is_third_party: false });
                terms.settle(charges, Amount::ZERO).unwrap()
            };
            let before = net(&costs);
            prop_assert!(before.net() >= Amount::ZERO && before.credit <= before.gross);
            let after = net(&[costs.as_slice(), &[more]].concat());
            prop_assert!(after.net() >= before.net());
            prop_assert_eq!(after.gross - after.credit, after.net());
        }
    }
}
