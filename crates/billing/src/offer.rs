//! What an offer makes of the sum of a cycle's charges: credit, discount of a commitment, recurring charge.
//!
//! An offer's terms have dates: [`OfferTerms`] keeps all of them, and [`OfferTerms::in_cycle`] chooses those of a
//! billing cycle. They apply in this order: the credit pays for eligible charges; the commitment's discount reduces
//! the remaining charges that it applies to; the recurring charge is added. Tax is never part of the sum. Unused
//! credit expires with the cycle. The service documents the terms and not their order when an offer has several;
//! recorded offers have one at most. Nor does it document what a term that starts within a cycle does: it counts for
//! the whole cycle that contains its first day.
//! Source: the rate card's specification and a recorded card (credit of offer MS-AZR-0062P).

use crate::{Amount, BillingCycle, Error, Result};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that an offer grants or charges, over all time. Each kind of term is a list in any order, of which one
/// holds in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferTerms {
    /// The credit of every cycle.
    pub credits: Vec<Dated<Credit>>,
    /// Discounts for customers with a spending commitment.
    pub commitments: Vec<Dated<Commitment>>,
    /// The charge of every cycle.
    pub recurring: Vec<Dated<Amount>>,
}

/// A term and the day from which it holds, until a later term of the same kind replaces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dated<T> {
    /// First day; `None` where the offer states none: the term has always held.
    pub from: Option<NaiveDate>,
    /// The term.
    pub term: T,
}

/// The terms of one billing cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CycleTerms {
    /// The credit of the cycle.
    pub credit: Option<Credit>,
    /// The discount for customers with a spending commitment.
    pub commitment: Option<Commitment>,
    /// The charge of the cycle.
    pub recurring: Option<Amount>,
}

/// A credit, and what it does not pay for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// The amount granted in each cycle.
    pub amount: Amount,
    /// Meters that it does not pay for, ids in lower case.
    pub excluded: BTreeSet<String>,
}

/// Discounts by committed amount, and what they do not apply to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commitment {
    /// Committed amount of a cycle and the discount from there on, as a share from 0 to 1.
    pub discounts: BTreeMap<Amount, Amount>,
    /// Meters that are not discounted, ids in lower case.
    pub excluded: BTreeSet<String>,
}

/// Cost of a meter's usage in a cycle, before the offer's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterCharge<'a> {
    /// The meter, in lower case.
    pub meter: &'a str,
    /// Its cost; may be below zero where a refund is larger.
    pub cost: Amount,
    /// Whether a third party sells it: neither credit nor discount applies.
    pub is_third_party: bool,
}

/// The amount due of a cycle: `net = gross − credit − discount + recurring`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Sum of the meters' charges.
    pub gross: Amount,
    /// The part that the credit pays, at most the eligible charges.
    pub credit: Amount,
    /// The commitment's discount.
    pub discount: Amount,
    /// The charge of the cycle.
    pub recurring: Amount,
}

impl<T> Dated<T> {
    /// A term without a date.
    pub const fn always(term: T) -> Self {
        Self { from: None, term }
    }
}

/// The newest term that starts before the end of a cycle; of several from one day the last in the list.
fn term_in<T>(terms: &[Dated<T>], cycle: BillingCycle) -> Option<&T> {
    let started = terms.iter().filter(|dated| dated.from.is_none_or(|from| from < cycle.end()));
    started.max_by_key(|dated| dated.from).map(|dated| &dated.term)
}

impl OfferTerms {
    /// Terms that grant one credit at all times.
    #[must_use]
    pub fn with_credit(credit: Credit) -> Self {
        Self { credits: vec![Dated::always(credit)], ..Self::default() }
    }

    /// Whether the offer has no terms: the amount due is the sum of charges.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.credits.is_empty() && self.commitments.is_empty() && self.recurring.is_empty()
    }

    /// The terms of a cycle: of each kind the newest that starts before the cycle's end.
    ///
    /// ```
    /// use billing::{Amount, BillingCycle, Credit, CycleDay, Dated, OfferTerms};
    /// let credit = |amount: &str, from: &str| Dated {
    ///     from: from.parse().ok(),
    ///     term: Credit { amount: amount.parse().unwrap(), ..Credit::default() },
    /// };
    /// // The credit rises with the new year; the list may be in any order.
    /// let terms = OfferTerms { credits: vec![credit("150", "2027-01-01"), credit("100", "2014-01-01")], ..OfferTerms::default() };
    /// let in_cycle = |day: &str| {
    ///     let cycle = BillingCycle::containing(day.parse().unwrap(), CycleDay::FIRST);
    ///     terms.in_cycle(cycle).credit.map(|credit| credit.amount.to_string())
    /// };
    /// assert_eq!(in_cycle("2026-12-31").as_deref(), Some("100"));
    /// assert_eq!(in_cycle("2027-01-31").as_deref(), Some("150"));
    /// assert_eq!(in_cycle("2013-12-31"), None);
    /// ```
    #[must_use]
    pub fn in_cycle(&self, cycle: BillingCycle) -> CycleTerms {
        CycleTerms {
            credit: term_in(&self.credits, cycle).cloned(),
            commitment: term_in(&self.commitments, cycle).cloned(),
            recurring: term_in(&self.recurring, cycle).copied(),
        }
    }

    /// The same terms with each amount in another currency, of which a unit of this one is `rate`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when an amount cannot be held.
    pub fn exchanged(&self, rate: Amount) -> Result<Self> {
        let exchange = |amount: Amount| amount.times(rate).ok_or(Error::TooLarge);
        let mut terms = self.clone();
        for credit in &mut terms.credits {
            credit.term.amount = exchange(credit.term.amount)?;
        }
        for commitment in &mut terms.commitments {
            let discounts = &commitment.term.discounts;
            let exchanged = discounts.iter().map(|(from, share)| Ok((exchange(*from)?, *share)));
            commitment.term.discounts = exchanged.collect::<Result<_>>()?;
        }
        for recurring in &mut terms.recurring {
            recurring.term = exchange(recurring.term)?;
        }
        Ok(terms)
    }
}

impl CycleTerms {
    /// Applies the terms to the cycle's charges of a customer who committed to spend `committed`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when a sum cannot be held.
    ///
    /// ```
    /// use billing::{Amount, Credit, CycleTerms, MeterCharge};
    /// let amount = |text: &str| text.parse::<Amount>().unwrap();
    /// let terms = CycleTerms { credit: Some(Credit { amount: amount("100"), ..Credit::default() }), ..CycleTerms::default() };
    /// let month = [MeterCharge { meter: "m", cost: amount("130"), is_third_party: false }];
    /// assert_eq!(terms.settle(month, Amount::ZERO).unwrap().net(), amount("30"));
    /// ```
    pub fn settle<'a>(
        &self,
        charges: impl IntoIterator<Item = MeterCharge<'a>>,
        committed: Amount,
    ) -> Result<Settlement> {
        // Sums by whether the credit and whether the discount applies.
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
        // The credit pays first for charges without a discount, which is best for the customer.
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
    /// The discount, as a share, of a customer who committed to spend this amount; 0 below the smallest commitment.
    #[must_use]
    pub fn discount_for(&self, committed: Amount) -> Amount {
        self.discounts.range(..=committed).next_back().map_or(Amount::ZERO, |(_, share)| *share)
    }
}

impl Settlement {
    /// The amount due, before tax.
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
        Some(Credit { amount: amount(of), excluded })
    }

    fn dated<T>(from: &str, term: T) -> Dated<T> {
        Dated { from: from.parse().ok(), term }
    }

    fn month(day: &str) -> BillingCycle {
        BillingCycle::containing(day.parse().unwrap(), crate::CycleDay::FIRST)
    }

    #[test]
    fn a_credit_larger_than_the_bill_pays_the_bill_and_no_more() {
        let terms = CycleTerms { credit: credit("100", &[]), ..CycleTerms::default() };
        let found = terms.settle([charge("a", "30"), charge("b", "40.5")], Amount::ZERO).unwrap();
        assert_eq!((found.credit, found.net()), (amount("70.5"), Amount::ZERO));
    }

    #[test]
    fn a_credit_starts_with_the_cycle_of_its_first_day() {
        let terms =
            OfferTerms { credits: vec![dated("2026-11-15", Credit::default())], ..OfferTerms::default() };
        let has = |day: &str| terms.in_cycle(month(day)).credit.is_some();
        assert!(!has("2026-10-31") && has("2026-11-01") && has("2027-01-01"));
    }

    #[test]
    fn each_kind_of_term_is_chosen_by_its_own_date_in_any_order() {
        let discount = |share: &str| Commitment {
            discounts: [(amount("1000"), amount(share))].into(),
            excluded: BTreeSet::new(),
        };
        let terms = OfferTerms {
            credits: vec![
                dated("2027-01-01", credit("150", &[]).unwrap()),
                Dated::always(credit("100", &["b"]).unwrap()),
            ],
            commitments: vec![dated("2026-12-01", discount("0.05")), dated("2027-02-01", discount("0.1"))],
            recurring: vec![dated("2027-02-01", amount("30")), dated("2027-01-01", amount("20"))],
        };
        let net = |day: &str| {
            let charges = [charge("a", "1000"), charge("b", "200")];
            terms.in_cycle(month(day)).settle(charges, amount("1000")).unwrap().net().to_string()
        };
        // 1,200 − 100.
        assert_eq!(net("2026-11-30"), "1100");
        // The credit pays for 100 of `a`: 5 % of the other 1,100.
        assert_eq!(net("2026-12-01"), "1045");
        // 1,200 − 150, less 5 % of 1,050, and 20.
        assert_eq!(net("2027-01-01"), "1017.5");
        // 1,200 − 150, less 10 %, and 30.
        assert_eq!(net("2027-02-28"), "975");
    }

    #[test]
    fn of_two_terms_from_one_day_the_last_counts() {
        let terms = OfferTerms {
            recurring: vec![dated("2026-01-01", amount("1")), dated("2026-01-01", amount("2"))],
            ..OfferTerms::default()
        };
        assert_eq!(terms.in_cycle(month("2026-01-05")).recurring, Some(amount("2")));
    }

    #[test]
    fn every_dated_amount_is_exchanged() {
        let mut terms = OfferTerms::with_credit(credit("100", &[]).unwrap());
        terms.credits.push(dated("2027-01-01", credit("150", &[]).unwrap()));
        terms.recurring = vec![dated("2027-01-01", amount("20"))];
        let found = terms.exchanged(amount("0.5")).unwrap();
        let credits: Vec<String> = found.credits.iter().map(|own| own.term.amount.to_string()).collect();
        assert_eq!((credits, found.recurring[0].term), (vec!["50".into(), "75".into()], amount("10")));
    }

    #[test]
    fn a_credit_pays_neither_for_excluded_meters_nor_for_what_others_sell() {
        let terms = CycleTerms { credit: credit("100", &["b"]), ..CycleTerms::default() };
        let charges = [charge("a", "30"), charge("b", "40"), charge("others", "50")];
        let found = terms.settle(charges, Amount::ZERO).unwrap();
        assert_eq!((found.gross, found.credit, found.net()), (amount("120"), amount("30"), amount("90")));
    }

    #[test]
    fn a_refund_below_zero_takes_no_credit_and_stays_below_zero() {
        let terms = CycleTerms { credit: credit("100", &[]), ..CycleTerms::default() };
        let found = terms.settle([charge("a", "10"), charge("a", "-25")], Amount::ZERO).unwrap();
        assert_eq!((found.credit, found.net()), (Amount::ZERO, amount("-15")));
    }

    #[test]
    fn credit_then_discount_then_the_charge_of_the_cycle() {
        // 300 of use, of which 100 are not discounted; the credit of 150 pays these first and 50 of the others;
        // 10 % of the 150 that are left: 15; and 5 a cycle.
        let terms = CycleTerms {
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
            let terms = CycleTerms { credit: credit(&granted.to_string(), &[]), ..CycleTerms::default() };
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
