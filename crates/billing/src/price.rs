//! A price list: prices of meters in one currency, each with the days on which it is in force.
//!
//! Rate cards, retail prices, price sheets and private cards become this one type. A meter's id alone names
//! no price: Linux, Windows, spot and reservations share it at times, so a price bears its [`PriceKind`].

use crate::{Amount, BillingCycle, Currency, Error, OfferTerms, PricingUnit, Result, Tiers, share_out};
use chrono::NaiveDate;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Prices and an offer's terms in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceCard {
    /// The currency of every price.
    pub currency: Currency,
    /// The offer's terms.
    pub terms: OfferTerms,
    prices: Vec<Price>,
    by_meter: BTreeMap<String, Vec<usize>>,
    unusable: Vec<UnusablePrice>,
}

/// A price of the list that cannot be used, such as one whose tiers are incomplete. What it would price has no price
/// ([`Unpriced::UnusableRate`]); the rest of the list is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusablePrice {
    /// The meter's id, in lower case; empty where the list does not name it.
    pub meter: String,
    /// The size as resources name it; empty where there is none.
    pub sku: String,
    /// What the price is for, where the list states it.
    pub kind: Option<PriceKind>,
    /// Why it cannot be used, with its place in the list.
    pub reason: String,
}

/// What a meter costs, from one day to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// The meter's id, in lower case.
    pub meter: String,
    /// Its name.
    pub name: String,
    /// The service, such as `Virtual Machines`.
    pub category: String,
    /// The product within it: a series of machines, a subcategory.
    pub product: String,
    /// The size as resources name it, `Standard_D2s_v5`; empty where there is none.
    pub sku: String,
    /// The region; empty where it is one for all.
    pub region: String,
    /// What the price is for.
    pub kind: PriceKind,
    /// What it is a price of.
    pub unit: PricingUnit,
    /// Prices by the quantity of a cycle, both in that unit.
    pub tiers: Tiers,
    /// First day on which it is in force, where the list states it.
    pub from: Option<NaiveDate>,
    /// Day after the last, where the list states it.
    pub until: Option<NaiveDate>,
    /// Whether a third party sells it: credits and discounts do not apply.
    pub is_third_party: bool,
}

/// What a price is for, beside the meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// Usage without commitment.
    #[default]
    Consumption,
    /// Usage in subscriptions for development and test.
    DevTest,
    /// Spot and low-priority machines, which the service may evict.
    Spot,
    /// The whole term of a reservation; its unit is a machine for that term.
    Reservation {
        /// 1 or 3.
        years: u32,
    },
    /// Usage under a savings plan.
    SavingsPlan {
        /// 1 or 3.
        years: u32,
    },
}

impl fmt::Display for PriceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consumption => formatter.pad("consumption"),
            Self::DevTest => formatter.pad("dev/test"),
            Self::Spot => formatter.pad("spot"),
            Self::Reservation { years } => formatter.pad(&format!("reservation {years}y")),
            Self::SavingsPlan { years } => formatter.pad(&format!("savings plan {years}y")),
        }
    }
}

/// Why usage has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unpriced {
    /// The card has no such meter, size or kind.
    NoRate,
    /// The card has such a price, and it cannot be used: see [`PriceCard::unusable`].
    UnusableRate,
    /// It has, but not in this region.
    NoRegion,
    /// It has, but no price in force on that day.
    NotInForce,
    /// The quantity has another unit than the price.
    UnknownUnit,
    /// Several prices match.
    Ambiguous,
    /// The card's prices are in another currency.
    NoCurrency,
    /// The cycle's corrections exceed its usage.
    TakenBack,
}

impl Unpriced {
    /// The name in output files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRate => "no_rate",
            Self::UnusableRate => "unusable_rate",
            Self::NoRegion => "no_region",
            Self::NotInForce => "not_in_force",
            Self::UnknownUnit => "unknown_unit",
            Self::Ambiguous => "ambiguous",
            Self::NoCurrency => "no_currency",
            Self::TakenBack => "taken_back",
        }
    }
}

impl PriceCard {
    /// A card of these prices.
    #[must_use]
    pub fn new(currency: Currency, terms: OfferTerms, prices: Vec<Price>) -> Self {
        let mut by_meter: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, price) in prices.iter().enumerate() {
            by_meter.entry(price.meter.clone()).or_default().push(place);
        }
        Self { currency, terms, prices, by_meter, unusable: Vec::new() }
    }

    /// The card with a list of the prices that cannot be used. Other prices of the same meter and kind are removed: they
    /// are a part of a price and would be wrong alone.
    #[must_use]
    pub fn with_unusable(self, unusable: Vec<UnusablePrice>) -> Self {
        let mut odd: BTreeMap<&str, BTreeSet<Option<PriceKind>>> = BTreeMap::new();
        for price in &unusable {
            odd.entry(&price.meter).or_default().insert(price.kind);
        }
        let is_part = |price: &Price| {
            let kinds = odd.get(price.meter.as_str());
            kinds.is_some_and(|kinds| kinds.contains(&None) || kinds.contains(&Some(price.kind)))
        };
        let prices = self.prices.into_iter().filter(|price| !is_part(price)).collect();
        Self { unusable, ..Self::new(self.currency, self.terms, prices) }
    }

    /// The prices that cannot be used, with reasons, in the order of the list.
    #[must_use]
    pub fn unusable(&self) -> &[UnusablePrice] {
        &self.unusable
    }

    /// Why a meter has no price: whether the card has one that cannot be used.
    #[must_use]
    pub fn why_unpriced(&self, meter: &str) -> Unpriced {
        if self.unusable.iter().any(|odd| odd.meter.eq_ignore_ascii_case(meter)) {
            Unpriced::UnusableRate
        } else {
            Unpriced::NoRate
        }
    }

    /// The same prices and terms in another currency; `rate` is the value of one unit of this currency in it.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when a price does not fit into an amount.
    pub fn exchanged(&self, currency: Currency, rate: Amount) -> Result<Self> {
        let price = |price: &Price| Ok(Price { tiers: price.tiers.times(rate)?, ..price.clone() });
        let prices = self.prices.iter().map(price).collect::<Result<_>>()?;
        Ok(Self {
            unusable: self.unusable.clone(),
            ..Self::new(currency, self.terms.exchanged(rate)?, prices)
        })
    }

    /// All prices, in the order of the card.
    #[must_use]
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// How many meters have a price.
    #[must_use]
    pub fn meters(&self) -> usize {
        self.by_meter.len()
    }

    /// The prices of a meter, in the order of the card.
    pub fn of_meter(&self, meter: &str) -> impl Iterator<Item = &Price> {
        let places = self.by_meter.get(&meter.to_lowercase()).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.prices[*place])
    }
}

impl Price {
    /// Whether usage costs nothing whatever its quantity: every tier has a price of 0. Price lists hold such prices of
    /// free meters, and as placeholders of meters whose price they lack.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.tiers.prices().all(|price| price == Amount::ZERO)
    }

    /// Service, product and name in one text, without repetition.
    #[must_use]
    pub fn full_name(&self) -> String {
        let mut whole = self.category.clone();
        for part in [&self.product, &self.name] {
            if part.starts_with(&whole) {
                whole.clone_from(part);
            } else if !part.is_empty() && !whole.ends_with(part.as_str()) {
                whole = [whole.as_str(), part].join(" ");
            }
        }
        whole
    }

    /// Whether it is in force on a day. A price that ends before it starts never is.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// Usage of a day, in units of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayUse {
    /// The day.
    pub day: NaiveDate,
    /// The quantity.
    pub quantity: Amount,
}

/// The cost of each row of a meter's usage, over one cycle and one subscription, in the order of the rows.
///
/// `prices` are those of one meter and kind; on each day the newest price in force applies. Tiers count the quantity of the whole cycle so far, whatever its price then was; the cost
/// of a day is the difference of two cumulative prices, shared among its rows by quantity, so that the order of
/// rows changes nothing. Usage from the middle of a cycle on is priced by the lowest tiers.
///
/// # Errors
/// [`Error::TooLarge`] when a cost cannot be held.
pub fn price_rows(
    prices: &[&Price],
    cycle: BillingCycle,
    rows: &[DayUse],
) -> Result<Vec<std::result::Result<Amount, Unpriced>>> {
    let mut by_day: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| cycle.contains(row.day)) {
        by_day.entry(row.day).or_default().push(place);
    }
    let mut costs = vec![Err(Unpriced::NoRate); rows.len()];
    let mut before = Amount::ZERO;
    for (day, places) in by_day {
        let quantities: Vec<Amount> = places.iter().map(|place| rows[*place].quantity).collect();
        let used = quantities
            .iter()
            .try_fold(Amount::ZERO, |sum, quantity| sum.checked_add(*quantity))
            .ok_or(Error::TooLarge)?;
        let after = before.checked_add(used).ok_or(Error::TooLarge)?;
        match in_force(prices, day) {
            Ok(price) => {
                let cost = price.tiers.cost(after)? - price.tiers.cost(before)?;
                for (place, share) in places.iter().zip(shares(cost, &quantities, price, before)?) {
                    costs[*place] = Ok(share);
                }
            }
            Err(why) => places.iter().for_each(|place| costs[*place] = Err(why)),
        }
        before = after;
    }
    Ok(costs)
}

/// The cost of a day, shared by quantity. Where some rows are corrections below zero, shares of a sum are meaningless:
/// then each row costs its own quantity, if one price applies from the day's start to its end.
fn shares(cost: Amount, quantities: &[Amount], price: &Price, before: Amount) -> Result<Vec<Amount>> {
    let is_mixed =
        quantities.iter().any(|own| own.is_negative()) && quantities.iter().any(|own| own.is_positive());
    if !is_mixed {
        return Ok(share_out(cost, quantities));
    }
    let after = before + quantities.iter().copied().sum::<Amount>();
    let Some(each) = price.tiers.one_price(before, after) else { return Ok(share_out(cost, quantities)) };
    let own = |quantity: &Amount| quantity.times(each).ok_or(Error::TooLarge);
    let mut costs: Vec<Amount> = quantities.iter().map(own).collect::<Result<_>>()?;
    // What was lost to the last digit goes to the largest row.
    let lost = cost - costs.iter().copied().sum::<Amount>();
    let largest = (0..costs.len()).max_by_key(|place| quantities[*place].units().unsigned_abs());
    if let Some(largest) = largest {
        costs[largest] += lost;
    }
    Ok(costs)
}

/// The price in force on a day, the newest where several are.
///
/// # Errors
/// Why there is none, or that two of them start on one day.
pub fn in_force<'a>(prices: &[&'a Price], day: NaiveDate) -> std::result::Result<&'a Price, Unpriced> {
    let holding = || prices.iter().filter(|price| price.holds_on(day));
    let newest = holding().max_by_key(|price| price.from).ok_or(if prices.is_empty() {
        Unpriced::NoRate
    } else {
        Unpriced::NotInForce
    })?;
    let rivals = holding().filter(|price| price.from == newest.from && price.tiers != newest.tiers).count();
    if rivals > 0 { Err(Unpriced::Ambiguous) } else { Ok(newest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CycleDay;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn price(tiers: &[(&str, &str)], from: Option<&str>, until: Option<&str>) -> Price {
        let tiers = tiers.iter().map(|(bound, price)| (amount(bound), amount(price)));
        Price {
            meter: "m".into(),
            name: String::new(),
            category: String::new(),
            product: String::new(),
            sku: String::new(),
            region: String::new(),
            kind: PriceKind::Consumption,
            unit: "1 GB".parse().unwrap(),
            tiers: Tiers::new(tiers, Amount::ZERO).unwrap(),
            from: from.map(date),
            until: until.map(date),
            is_third_party: false,
        }
    }

    fn used(day: &str, quantity: &str) -> DayUse {
        DayUse { day: date(day), quantity: amount(quantity) }
    }

    fn october() -> BillingCycle {
        BillingCycle::containing(date("2026-10-01"), CycleDay::FIRST)
    }

    fn costs(prices: &[Price], rows: &[DayUse]) -> Vec<std::result::Result<Amount, Unpriced>> {
        price_rows(&prices.iter().collect::<Vec<_>>(), october(), rows).unwrap()
    }

    #[test]
    fn a_price_that_changes_within_the_cycle_counts_from_its_day_on_and_tiers_go_on() {
        // 5 free in each cycle; 2 a unit until the 10th, 3 from then on.
        let prices = [
            price(&[("0", "0"), ("5", "2")], None, Some("2026-10-10")),
            price(&[("0", "0"), ("5", "3")], Some("2026-10-10"), None),
        ];
        let rows = [used("2026-10-09", "4"), used("2026-10-10", "4"), used("2026-10-11", "1")];
        assert_eq!(costs(&prices, &rows), [Ok(amount("0")), Ok(amount("9")), Ok(amount("3"))]);
    }

    #[test]
    fn of_two_prices_that_hold_the_newer_counts_and_two_of_one_day_are_not_guessed_between() {
        let older = price(&[("0", "2")], Some("2026-01-01"), None);
        let newer = price(&[("0", "3")], Some("2026-10-01"), None);
        let rows = [used("2026-10-09", "4")];
        assert_eq!(costs(&[newer.clone(), older], &rows), [Ok(amount("12"))]);
        let rival = price(&[("0", "9")], Some("2026-10-01"), None);
        assert_eq!(costs(&[newer.clone(), rival], &rows), [Err(Unpriced::Ambiguous)]);
        assert_eq!(costs(&[newer.clone(), newer], &rows), [Ok(amount("12"))]);
    }

    #[test]
    fn use_before_a_price_or_of_no_meter_is_not_priced_and_not_nothing() {
        let later = price(&[("0", "2")], Some("2026-10-10"), None);
        let rows = [used("2026-10-09", "4"), used("2026-10-10", "1")];
        assert_eq!(costs(&[later], &rows), [Err(Unpriced::NotInForce), Ok(amount("2"))]);
        assert_eq!(costs(&[], &rows[..1]), [Err(Unpriced::NoRate)]);
        let backwards = price(&[("0", "2")], Some("2026-10-10"), Some("2026-10-01"));
        assert_eq!(costs(&[backwards], &rows[1..]), [Err(Unpriced::NotInForce)]);
    }

    #[test]
    fn a_price_of_nothing_is_a_price() {
        assert_eq!(
            costs(&[price(&[("0", "0")], None, None)], &[used("2026-10-09", "4")]),
            [Ok(Amount::ZERO)]
        );
    }

    #[test]
    fn use_and_what_is_taken_back_on_one_day_cost_their_own() {
        let rows = [used("2026-10-01", "5"), used("2026-10-01", "-1"), used("2026-10-01", "2")];
        let cost = |text: &str| Ok(amount(text));
        assert_eq!(costs(&[price(&[("0", "3")], None, None)], &rows), [cost("15"), cost("-3"), cost("6")]);
    }

    #[test]
    fn a_day_that_takes_back_use_is_paid_back_at_the_price_of_its_tier() {
        let card = [price(&[("0", "1"), ("10", "2")], None, None)];
        let rows = [used("2026-10-01", "12"), used("2026-10-02", "-3")];
        assert_eq!(costs(&card, &rows), [Ok(amount("14")), Ok(amount("-5"))]);
    }

    #[test]
    fn an_unusable_price_removes_the_other_parts_of_it_and_only_these() {
        let card = PriceCard::new(
            "EUR".parse().unwrap(),
            OfferTerms::default(),
            vec![
                price(&[("0", "1")], None, None),
                Price { kind: PriceKind::Spot, ..price(&[("0", "2")], None, None) },
                Price { meter: "n".to_owned(), ..price(&[("0", "3")], None, None) },
            ],
        );
        let odd = |meter: &str, kind| UnusablePrice {
            meter: meter.to_owned(),
            sku: String::new(),
            kind,
            reason: "the first tier starts at 5".to_owned(),
        };
        let card = card.with_unusable(vec![odd("m", Some(PriceKind::Consumption)), odd("z", None)]);
        let kinds: Vec<PriceKind> = card.of_meter("m").map(|price| price.kind).collect();
        assert_eq!((kinds, card.of_meter("n").count()), (vec![PriceKind::Spot], 1));
        let why = |meter: &str| card.why_unpriced(meter);
        assert_eq!((why("Z"), why("q")), (Unpriced::UnusableRate, Unpriced::NoRate));
        let exchanged = card.exchanged("USD".parse().unwrap(), amount("2")).unwrap();
        assert_eq!(exchanged.unusable(), card.unusable());
    }

    #[test]
    fn a_price_is_zero_only_when_every_tier_is() {
        assert!(price(&[("0", "0"), ("5", "0")], None, None).is_zero());
        assert!(!price(&[("0", "0"), ("5", "1")], None, None).is_zero());
    }

    proptest! {
        #[test]
        fn rows_add_up_to_the_price_of_the_cycle_in_any_order(
            bounds in proptest::collection::btree_map(1_u32..60, 0_u32..9, 0..5),
            rows in proptest::collection::vec((1_u32..31, 0_u32..30), 1..20), rotation in 0_usize..20,
        ) {
            let bounds: Vec<(String, String)> = [(0, 3)].into_iter().chain(bounds)
                .map(|(bound, price)| (bound.to_string(), price.to_string())).collect();
            let tiers: Vec<(&str, &str)> = bounds.iter().map(|(bound, price)| (bound.as_str(), price.as_str())).collect();
            let card = [price(&tiers, None, None)];
            let rows: Vec<DayUse> = rows.iter().enumerate()
                // Quantities that differ, so that no two shares are alike by chance.
                .map(|(place, (day, quantity))| used(&format!("2026-10-{day:02}"), &format!("{quantity}.{:03}", place + 1))).collect();
            let found = costs(&card, &rows);
            let total: Amount = rows.iter().map(|row| row.quantity).sum();
            let sum: Amount = found.iter().map(|cost| cost.unwrap()).sum();
            prop_assert_eq!(sum, card[0].tiers.cost(total).unwrap());
            let mut turned: Vec<usize> = (0..rows.len()).collect();
            turned.rotate_left(rotation % rows.len());
            let again = costs(&card, &turned.iter().map(|place| rows[*place]).collect::<Vec<_>>());
            for (cost, place) in again.iter().zip(turned) {
                prop_assert_eq!(cost, &found[place]);
            }
        }
    }
}
