use super::*;
use crate::{
    ModelSpec, Status,
    test_series::{date, month, set_of},
};
use billing::{Credit, CycleFacts, DayUse, LineSums, OfferTerms, Price, PriceKind, Tiers};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// Lowest to highest: the 95 % interval, the 80 % interval around the point.
fn gross(row: &GroupTotal) -> Vec<Amount> {
    row.total.as_ref().unwrap().values().to_vec()
}

fn due(row: &GroupTotal) -> Vec<Amount> {
    row.net.as_ref().unwrap().due.values().to_vec()
}

fn settled(row: &GroupTotal) -> billing::Settlement {
    row.net.as_ref().unwrap().settled
}

fn used_up(row: &GroupTotal) -> Option<UsedUp> {
    row.net.as_ref().unwrap().credit_used_up
}

fn price(tiers: &[(&str, &str)]) -> Price {
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
        from: None,
        until: None,
        is_third_party: false,
    }
}

fn facts(name: &str, cutoff: &str, actual: &str) -> Leaf {
    Leaf {
        keys: vec![Some(name.to_owned())],
        names: vec![name.to_owned()],
        currency: "EUR".parse().ok(),
        cutoff: date(cutoff),
        cycles: vec![CycleFacts {
            cycle: month(cutoff),
            actual: amount(actual),
            previous: None,
            closed: false,
        }],
        history_days: 300,
        missing_days: 0,
        covered_from: None,
        stopped: false,
        lines: LineSums::default(),
    }
}

/// A year of ten units a day up to 2026-11-09. A hundred a month are free, the others cost 1.
struct Year {
    prices: Vec<Price>,
    costs: Vec<f64>,
    used: Vec<DayUse>,
}

const FIRST: &str = "2025-12-01";
const CUTOFF: &str = "2026-11-09";

impl Year {
    fn new(tiers: &[(&str, &str)]) -> Self {
        let days: Vec<NaiveDate> = date(FIRST).iter_days().take_while(|day| *day <= date(CUTOFF)).collect();
        let prices = vec![price(tiers)];
        let used: Vec<DayUse> = days.iter().map(|day| DayUse { day: *day, quantity: amount("10") }).collect();
        let mut costs = Vec::new();
        for same in used.chunk_by(|one, other| month(&one.day.to_string()) == month(&other.day.to_string())) {
            let quantities: Vec<Amount> = same.iter().map(|own| own.quantity).collect();
            costs.extend(prices[0].tiers.costs(&quantities).unwrap().iter().map(|cost| cost.to_f64()));
        }
        Self { prices, costs, used }
    }

    fn meter(&self, leaf: usize) -> PricedMeter<'_> {
        let charged = self.used.iter().zip(&self.costs);
        PricedMeter {
            meter: "m".into(),
            leaf: Some(leaf),
            planned: Default::default(),
            is_third_party: false,
            prices: self.prices.iter().collect(),
            used: self.used.clone(),
            charged: charged.map(|(own, cost)| (own.day, Amount::from_estimate(*cost).unwrap())).collect(),
        }
    }

    fn forecast(&self, terms: &OfferTerms, balance: Option<Amount>) -> PricedTotals {
        let bills = Components::level_only(set_of(&[("a", FIRST, &self.costs)]));
        let actual: f64 = self.costs[self.costs.len() - 9..].iter().sum();
        let own = PricedBill {
            facts: facts("a", CUTOFF, &actual.to_string()),
            leaves: vec![0],
            meters: vec![self.meter(0)],
        };
        let terms = Terms { offer: terms, committed: Amount::ZERO, balance };
        forecast_priced(&Engine::new(ModelSpec::Default), &bills, &[own], terms).unwrap()
    }
}

fn credit(of: &str) -> OfferTerms {
    OfferTerms::with_credit(Credit { amount: amount(of), ..Credit::default() })
}

#[test]
fn use_goes_on_where_costs_have_not_begun_and_the_credit_pays_first() {
    // Nothing was charged in nine days of ten free units. 300 in the month: 200 are paid, 50 of them by the credit,
    // which begins on the 11th and is used up on the 15th.
    let found = Year::new(&[("0", "0"), ("100", "1")]).forecast(&credit("50"), None);
    for row in &found.rows {
        assert_eq!((row.actual, gross(row)[2]), (Amount::ZERO, amount("200")));
        assert_eq!((settled(row).credit, due(row)[2]), (amount("50"), amount("150")));
        assert_eq!(used_up(row).unwrap().expected, Some(date("2026-11-15")));
        assert!(due(row)[1] <= due(row)[2] && due(row)[2] <= due(row)[3]);
    }
    assert_eq!(found.rows.len(), 2);
}

#[test]
fn a_credit_larger_than_the_bill_leaves_nothing_to_pay_for_certain() {
    let found = Year::new(&[("0", "1")]).forecast(&credit("10000"), None);
    let row = &found.rows[0];
    assert_eq!((gross(row)[2], settled(row).credit), (amount("300"), amount("300")));
    assert_eq!((due(row)[0], due(row)[2], due(row)[4]), (Amount::ZERO, Amount::ZERO, Amount::ZERO));
    assert_eq!(used_up(row), Some(UsedUp::default()));
}

#[test]
fn what_is_left_of_a_commitment_is_used_up_by_what_is_to_pay() {
    // 10 a day, 90 so far; 250 are reached on the 25th.
    let found = Year::new(&[("0", "1")]).forecast(&OfferTerms::default(), Some(amount("250")));
    assert_eq!(found.balance_used_up.unwrap().expected, Some(date("2026-11-25")));
    assert_eq!(used_up(&found.rows[0]), None);
}

#[test]
fn what_has_no_price_goes_on_as_it_cost_and_takes_no_credit() {
    let year = Year::new(&[("0", "1")]);
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs), ("b", FIRST, &year.costs)]));
    let own =
        PricedBill { facts: facts("a", CUTOFF, "180"), leaves: vec![0, 1], meters: vec![year.meter(0)] };
    let offer = credit("10000");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &[own], terms).unwrap();
    let row = &found.rows[1];
    assert_eq!((row.actual, gross(row)[2], due(row)[2]), (amount("180"), amount("600"), amount("300")));
}

#[test]
fn bills_add_up_to_their_total_and_late_charges_are_not_lost() {
    let year = Year::new(&[("0", "0.0333333")]);
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs), ("b", FIRST, &year.costs)]));
    let bill = |name: &str, leaf: usize| PricedBill {
        // A charge of 5 that lies on no day of the cycle.
        facts: facts(name, CUTOFF, "7.999997"),
        leaves: vec![leaf],
        meters: vec![year.meter(leaf)],
    };
    let offer = credit("1");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let own = [bill("a", 0), bill("b", 1)];
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &own, terms).unwrap();
    let [total, one, other] = found.rows.as_slice() else { panic!("{:?}", found.rows) };
    assert_eq!(gross(one)[2] + gross(other)[2], gross(total)[2]);
    assert_eq!(due(one)[2] + due(other)[2], due(total)[2]);
    assert_eq!(one.actual + other.actual, total.actual);
    // 300 × 0.0333333 and 5, each; less a credit of 1 each.
    assert_eq!((gross(total)[2], due(total)[2]), (amount("30"), amount("28")));
}

#[test]
fn a_plan_shares_the_tiers_and_the_credit_of_what_goes_on() {
    // 300 go on, 100 are free: 200. The plan uses 10 a day more from the 21st on, 100 in all, and likely up to 200.
    let year = Year::new(&[("0", "0"), ("100", "1")]);
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs)]));
    let planned = |quantity: &str| -> Vec<DayUse> {
        let days = date("2026-11-21").iter_days().take(10);
        days.map(|day| DayUse { day, quantity: amount(quantity) }).collect()
    };
    let mut meter = year.meter(0);
    meter.planned = ["0", "10", "20"].map(planned);
    // A day that is final holds the plan already.
    meter.planned[1].push(DayUse { day: date("2026-11-05"), quantity: amount("1000") });
    let only_planned = PricedMeter {
        meter: "new".into(),
        leaf: None,
        used: Vec::new(),
        charged: BTreeMap::new(),
        planned: ["1", "1", "1"].map(planned),
        ..year.meter(0)
    };
    let own =
        PricedBill { facts: facts("a", CUTOFF, "0"), leaves: vec![0], meters: vec![meter, only_planned] };
    let offer = credit("50");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &[own], terms).unwrap();
    let row = &found.rows[0];
    // The new meter has a free amount of its own and stays within it.
    assert_eq!((gross(row)[2], due(row)[2]), (amount("300"), amount("250")));
    assert!(gross(row)[1] <= amount("200") && gross(row)[3] >= amount("400"), "{row:?}");
}

#[test]
fn a_price_that_does_not_hold_is_an_error_and_not_nothing() {
    let mut year = Year::new(&[("0", "1")]);
    year.prices[0].until = Some(date("2026-11-20"));
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs)]));
    let own = PricedBill { facts: facts("a", CUTOFF, "90"), leaves: vec![0], meters: vec![year.meter(0)] };
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let refused = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &[own], terms).unwrap_err();
    assert!(refused.to_string().contains("not_in_force"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn ranges_hold_their_points_and_more_credit_never_costs_more(
        free in 0_u32..400, step in 1_u32..400, granted in 0_u32..400,
    ) {
        let bounds = [free.to_string(), (free + step).to_string()];
        let tiers: Vec<(&str, &str)> = match free {
            0 => vec![("0", "1"), (&bounds[1], "0.5")],
            _ => vec![("0", "0"), (&bounds[0], "1"), (&bounds[1], "0.5")],
        };
        let year = Year::new(&tiers);
        let [less, more] = [granted, granted + 10].map(|own| year.forecast(&credit(&own.to_string()), None).rows[0].clone());
        for row in [&less, &more] {
            prop_assert!(due(row).is_sorted());
            prop_assert_eq!(settled(row).net(), due(row)[2]);
        }
        prop_assert!(due(&more)[2] <= due(&less)[2] && due(&more)[4] <= due(&less)[4]);
        prop_assert_eq!(&less.total, &more.total);
    }
}

#[test]
fn bills_that_all_stopped_have_a_range_still_and_are_wide() {
    let year = Year::new(&[("0", "1")]);
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs), ("b", FIRST, &year.costs)]));
    let bill = |name: &str, leaf: usize| PricedBill {
        facts: Leaf { stopped: true, ..facts(name, CUTOFF, "90") },
        leaves: vec![leaf],
        meters: vec![year.meter(leaf)],
    };
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let own = [bill("a", 0), bill("b", 1)];
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &own, terms).unwrap();
    assert!(found.rows.iter().all(|row| row.status == Status::Wide), "{:?}", found.rows);
    assert_eq!(gross(&found.rows[0])[2], amount("600"));
}

#[test]
fn a_cap_that_is_reached_leaves_the_next_cycle_its_range() {
    // 90 of 100 paid units are used after nine days: most of November's rest costs nothing, December begins anew.
    let mut year = Year::new(&[("0", "1"), ("100", "0")]);
    for (place, own) in year.used.iter_mut().enumerate() {
        own.quantity = Amount::whole(5 + (place as u64 * 7) % 11);
    }
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs)]));
    let mut own =
        PricedBill { facts: facts("a", CUTOFF, "90"), leaves: vec![0], meters: vec![year.meter(0)] };
    let december = CycleFacts { cycle: month("2026-12-01"), actual: Amount::ZERO, ..own.facts.cycles[0] };
    own.facts.cycles.push(december);
    // A daily quantity that stays below the cap when the month is short of use.
    for used in &mut own.meters[0].used {
        used.quantity = used.quantity.divided_by(4);
    }
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &[own], terms).unwrap();
    let december = &found.rows[2];
    assert_eq!(december.cycle, month("2026-12-01"));
    assert!(gross(december)[1] < gross(december)[3], "{december:?}");
}

#[test]
fn an_ended_cycle_of_several_bills_is_as_uncertain_as_their_sum_and_no_more() {
    let year = Year::new(&[("0", "1")]);
    let bills = Components::level_only(set_of(&[("a", FIRST, &year.costs), ("b", FIRST, &year.costs)]));
    let bill = |name: &str, leaf: usize| PricedBill {
        facts: Leaf {
            cycles: vec![CycleFacts {
                cycle: month("2026-10-01"),
                actual: amount("310"),
                previous: None,
                closed: false,
            }],
            ..facts(name, CUTOFF, "90")
        },
        leaves: vec![leaf],
        meters: vec![year.meter(leaf)],
    };
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let own = [bill("a", 0), bill("b", 1)];
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &bills, &own, terms).unwrap();
    // Half a day's cost of each bill, 10: 5 and 5.
    assert_eq!((gross(&found.rows[0])[2], gross(&found.rows[0])[3]), (amount("620"), amount("630")));
    assert_eq!(gross(&found.rows[1])[3], amount("315"));
}

#[test]
fn missing_days_are_used_and_priced_like_days_to_come() {
    // Days 4 to 6 of November are in no file: 60 of 90 are charged. The month uses 300, of which 100 are free.
    let mut year = Year::new(&[("0", "0"), ("100", "1")]);
    let first = year.costs.len() - 6;
    year.costs[first..first + 3].fill(f64::NAN);
    year.used.drain(first..first + 3);
    let components = Components::level_only(set_of(&[("a", FIRST, &year.costs)]));
    let charged: BTreeMap<NaiveDate, Amount> =
        year.used.iter().map(|used| (used.day, Amount::ZERO)).collect();
    let meter = PricedMeter {
        charged,
        used: year.used.clone(),
        prices: year.prices.iter().collect(),
        meter: "m".into(),
        leaf: Some(0),
        planned: Default::default(),
        is_third_party: false,
    };
    let own = PricedBill { facts: facts("a", CUTOFF, "0"), leaves: vec![0], meters: vec![meter] };
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let found = forecast_priced(&Engine::new(ModelSpec::Default), &components, &[own], terms).unwrap();
    let row = &found.rows[0];
    assert!((gross(row)[2].to_f64() - 200.0).abs() < 0.05, "{row:?}");
    assert_eq!((row.status, row.missing.days), (Status::Wide, 3));
}
