use super::*;
use crate::{
    Components, Leaf, ModelSpec, PriceDifference, Row, Status, Unit,
    bill::Partition,
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

/// A bill of subscriptions; each with what is known of it, and the daily costs of its meters.
fn whole(bills: &[(Leaf, Vec<&[f64]>)]) -> Bill {
    let mut series: Vec<(String, Vec<f64>)> = Vec::new();
    let (mut units, mut rows): (Vec<Unit>, Vec<Row>) = Default::default();
    for (facts, meters) in bills {
        let days = meters[0].len();
        let sum = (0..days).map(|day| meters.iter().map(|own| own[day]).sum()).collect();
        series.push((facts.names[0].clone(), sum));
        let (unit, own) = (units.len(), series.len() - 1);
        let parent = rows.len();
        rows.push(Row { facts: facts.clone(), unit, parent: None, series: own, is_shown: true });
        for (place, costs) in meters.iter().enumerate() {
            series.push((format!("m{place}"), costs.to_vec()));
            let keys = vec![facts.keys[0].clone(), Some(format!("m{place}"))];
            let facts =
                Leaf { names: vec![facts.names[0].clone(), format!("m{place}")], keys, ..facts.clone() };
            rows.push(Row { facts, unit, parent: Some(parent), series: series.len() - 1, is_shown: true });
        }
        let meters = Partition {
            name: "meters".to_owned(),
            series: (own + 1..series.len()).collect(),
            only_largest: true,
        };
        units.push(Unit {
            facts: facts.clone(),
            series: own,
            partitions: vec![meters],
            purchases: Vec::new(),
        });
    }
    let set: Vec<(&str, &str, &[f64])> =
        series.iter().map(|(name, values)| (name.as_str(), FIRST, values.as_slice())).collect();
    Bill { series: Components::level_only(set_of(&set)), units, rows, ..Bill::default() }
}

fn forecast(
    bills: &[(Leaf, Vec<&[f64]>)],
    priced: &[PricedBill<'_>],
    terms: Terms<'_>,
) -> Result<PricedTotals> {
    forecast_priced(&Engine::new(ModelSpec::Default), whole(bills), priced, terms)
}

fn priced<'a>(name: &str, meters: Vec<PricedMeter<'a>>) -> PricedBill<'a> {
    PricedBill { key: Some(name.to_owned()), name: name.to_owned(), meters }
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

    /// `row` is the row of its costs.
    fn meter(&self, row: usize) -> PricedMeter<'_> {
        let charged = self.used.iter().zip(&self.costs);
        PricedMeter {
            meter: "m".into(),
            row: Some(row),
            planned: Default::default(),
            is_third_party: false,
            prices: self.prices.iter().collect(),
            used: self.used.clone(),
            charged: charged.map(|(own, cost)| (own.day, Amount::from_estimate(*cost).unwrap())).collect(),
        }
    }

    fn forecast(&self, terms: &OfferTerms, balance: Option<Amount>) -> PricedTotals {
        let actual: f64 = self.costs[self.costs.len() - 9..].iter().sum();
        let terms = Terms { offer: terms, committed: Amount::ZERO, balance };
        let bill = (facts("a", CUTOFF, &actual.to_string()), vec![self.costs.as_slice()]);
        forecast(&[bill], &[priced("a", vec![self.meter(1)])], terms).unwrap()
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
    let bill = (facts("a", CUTOFF, "180"), vec![year.costs.as_slice(), &year.costs]);
    let own = priced("a", vec![year.meter(1)]);
    let offer = credit("10000");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let found = forecast(&[bill], &[own], terms).unwrap();
    let row = &found.rows[1];
    assert_eq!((row.actual, gross(row)[2], due(row)[2]), (amount("180"), amount("600"), amount("300")));
}

#[test]
fn bills_add_up_to_their_total_and_late_charges_are_not_lost() {
    let year = Year::new(&[("0", "0.0333333")]);
    // A charge of 5 that lies on no day of the cycle.
    let bill = |name: &str| (facts(name, CUTOFF, "7.999997"), vec![year.costs.as_slice()]);
    let offer = credit("1");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let own = [priced("a", vec![year.meter(1)]), priced("b", vec![year.meter(3)])];
    let found = forecast(&[bill("a"), bill("b")], &own, terms).unwrap();
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
    let planned = |quantity: &str| -> Vec<DayUse> {
        let days = date("2026-11-21").iter_days().take(10);
        days.map(|day| DayUse { day, quantity: amount(quantity) }).collect()
    };
    let mut meter = year.meter(1);
    meter.planned = ["0", "10", "20"].map(planned);
    // A day that is final holds the plan already.
    meter.planned[1].push(DayUse { day: date("2026-11-05"), quantity: amount("1000") });
    let only_planned = PricedMeter {
        meter: "new".into(),
        row: None,
        used: Vec::new(),
        charged: BTreeMap::new(),
        planned: ["1", "1", "1"].map(planned),
        ..year.meter(0)
    };
    let own = priced("a", vec![meter, only_planned]);
    let bill = (facts("a", CUTOFF, "0"), vec![year.costs.as_slice()]);
    let offer = credit("50");
    let terms = Terms { offer: &offer, committed: Amount::ZERO, balance: None };
    let found = forecast(&[bill], &[own], terms).unwrap();
    let row = &found.rows[0];
    // The new meter has a free amount of its own and stays within it.
    assert_eq!((gross(row)[2], due(row)[2]), (amount("300"), amount("250")));
    assert!(gross(row)[1] <= amount("200") && gross(row)[3] >= amount("400"), "{row:?}");
}

#[test]
fn a_price_that_does_not_hold_is_an_error_and_not_nothing() {
    let mut year = Year::new(&[("0", "1")]);
    year.prices[0].until = Some(date("2026-11-20"));
    let bill = (facts("a", CUTOFF, "90"), vec![year.costs.as_slice()]);
    let own = priced("a", vec![year.meter(1)]);
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let refused = forecast(&[bill], &[own], terms).unwrap_err();
    assert!(refused.to_string().contains("not_in_force"), "{refused}");
}

#[test]
fn a_total_differs_from_the_forecast_of_costs_only_by_named_amounts() {
    // One price, as charged: no difference.
    let flat = Year::new(&[("0", "1")]).forecast(&OfferTerms::default(), None);
    let net = flat.rows[0].net.as_ref().unwrap();
    assert_eq!((net.by_costs, net.differences.as_slice()), (amount("300"), [].as_slice()));
    assert_eq!(flat.rows[0].total.as_ref().unwrap().point(), net.by_costs);
    // A free amount: nothing is charged yet, and 200 will be.
    let tiers = Year::new(&[("0", "0"), ("100", "1")]).forecast(&OfferTerms::default(), None);
    for row in &tiers.rows {
        let net = row.net.as_ref().unwrap();
        assert_eq!(net.differences, [(PriceDifference::Tiers, amount("200") - net.by_costs)]);
    }
    // Charged at 1, priced at 1.1: 210 to come cost 21 more.
    let mut year = Year::new(&[("0", "1")]);
    year.prices = vec![price(&[("0", "1.1")])];
    let other = year.forecast(&OfferTerms::default(), None);
    assert_eq!(gross(&other.rows[0])[2], amount("321"));
    let net = other.rows[0].net.as_ref().unwrap();
    assert_eq!(net.differences, [(PriceDifference::OtherPrices, amount("21"))]);
    // 1 until the 20th, then 2: ten days of ten units cost 100 more.
    let mut year = Year::new(&[("0", "1")]);
    year.prices = vec![price(&[("0", "1")]), price(&[("0", "2")])];
    (year.prices[0].until, year.prices[1].from) = (Some(date("2026-11-21")), Some(date("2026-11-21")));
    let change = year.forecast(&OfferTerms::default(), None);
    let net = change.rows[0].net.as_ref().unwrap();
    let expected = [(PriceDifference::PriceChange(date("2026-11-21")), amount("100"))];
    assert_eq!((gross(&change.rows[0])[2], net.differences.as_slice()), (amount("400"), expected.as_slice()));
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
fn bills_that_all_stopped_have_a_range_still() {
    let year = Year::new(&[("0", "1")]);
    let bill =
        |name: &str| (Leaf { stopped: true, ..facts(name, CUTOFF, "90") }, vec![year.costs.as_slice()]);
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let own = [priced("a", vec![year.meter(1)]), priced("b", vec![year.meter(3)])];
    let found = forecast(&[bill("a"), bill("b")], &own, terms).unwrap();
    let statuses: Vec<Status> = found.rows.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [Status::Wide, Status::Stale, Status::Stale]);
    assert!(found.rows.iter().all(|row| gross(row)[1] < gross(row)[3]), "{:?}", found.rows);
    assert_eq!(gross(&found.rows[0])[2], amount("600"));
}

#[test]
fn a_cap_that_is_reached_leaves_the_next_cycle_its_range() {
    // 90 of 100 paid units are used after nine days: most of November's rest costs nothing, December begins anew.
    let mut year = Year::new(&[("0", "1"), ("100", "0")]);
    for (place, own) in year.used.iter_mut().enumerate() {
        own.quantity = Amount::whole(5 + (place as u64 * 7) % 11);
    }
    let mut bill = (facts("a", CUTOFF, "90"), vec![year.costs.as_slice()]);
    let december = CycleFacts { cycle: month("2026-12-01"), actual: Amount::ZERO, ..bill.0.cycles[0] };
    bill.0.cycles.push(december);
    let mut own = priced("a", vec![year.meter(1)]);
    // A daily quantity that stays below the cap when the month is short of use.
    for used in &mut own.meters[0].used {
        used.quantity = used.quantity.divided_by(4);
    }
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let found = forecast(&[bill], &[own], terms).unwrap();
    let december = &found.rows[2];
    assert_eq!(december.cycle, month("2026-12-01"));
    assert!(gross(december)[1] < gross(december)[3], "{december:?}");
}

#[test]
fn an_ended_cycle_of_several_bills_is_as_uncertain_as_their_sum_and_no_more() {
    let year = Year::new(&[("0", "1")]);
    let october =
        CycleFacts { cycle: month("2026-10-01"), actual: amount("310"), previous: None, closed: false };
    let bill = |name: &str| {
        (Leaf { cycles: vec![october], ..facts(name, CUTOFF, "90") }, vec![year.costs.as_slice()])
    };
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let own = [priced("a", vec![year.meter(1)]), priced("b", vec![year.meter(3)])];
    let found = forecast(&[bill("a"), bill("b")], &own, terms).unwrap();
    // Half a day's cost of each bill: 5, and together as the root of the sum of squares, for errors that hardly go together.
    assert_eq!(gross(&found.rows[1])[2..4], [amount("310"), amount("315")]);
    let all = gross(&found.rows[0]);
    assert_eq!(all[2], amount("620"));
    assert!(all[3] > amount("627") && all[3] < amount("627.5"), "{all:?}");
}

#[test]
fn missing_days_are_used_and_priced_like_days_to_come() {
    // Days 4 to 6 of November are in no file: 60 of 90 are charged. The month uses 300, of which 100 are free.
    let mut year = Year::new(&[("0", "0"), ("100", "1")]);
    let first = year.costs.len() - 6;
    year.costs[first..first + 3].fill(f64::NAN);
    year.used.drain(first..first + 3);
    let charged: BTreeMap<NaiveDate, Amount> =
        year.used.iter().map(|used| (used.day, Amount::ZERO)).collect();
    let meter = PricedMeter {
        charged,
        used: year.used.clone(),
        prices: year.prices.iter().collect(),
        meter: "m".into(),
        row: Some(1),
        planned: Default::default(),
        is_third_party: false,
    };
    let bill = (facts("a", CUTOFF, "0"), vec![year.costs.as_slice()]);
    let own = priced("a", vec![meter]);
    let terms = Terms { offer: &OfferTerms::default(), committed: Amount::ZERO, balance: None };
    let found = forecast(&[bill], &[own], terms).unwrap();
    let row = &found.rows[0];
    assert!((gross(row)[2].to_f64() - 200.0).abs() < 0.05, "{row:?}");
    assert_eq!((row.status, row.missing.days), (Status::Wide, 3));
}
