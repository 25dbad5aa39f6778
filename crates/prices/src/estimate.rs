//! The cost of a plan, cycle by cycle: an estimate, before tax.
//!
//! Lines of one meter share its tiers and free amounts, as they would on one subscription's bill, and the cost
//! of a day is shared among them by quantity. A line without a price has a reason and no cost, and sums leave it out.
//! The ends of a range are those of all lines together: all low, or all high.

use crate::{
    Error, Plan, PlanLine, Result,
    lookup::{Found, Identity, find, identity, one_price},
};
use billing::{
    Amount, BillingCycle, CycleDay, CycleTerms, DayUse, MeterCharge, Price, PriceCard, PriceKind, Settlement,
    Unpriced, price_rows, share_out,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The cost of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Each line in each cycle that it has days in, by cycle and in the order of the plan.
    pub lines: Vec<EstimateLine>,
    /// The amount due in each cycle after the offer's terms, of the lines that have a price.
    pub bills: Vec<CycleBill>,
}

/// A line of a plan in one cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateLine {
    /// The line's name.
    pub name: String,
    /// The cycle; `None` for a month without a date.
    pub cycle: Option<BillingCycle>,
    /// The meter that prices it, where one does.
    pub meter: Option<String>,
    /// The price: product, name and kind.
    pub priced_as: Option<String>,
    /// Low, likely and high quantity, in the unit of the price.
    pub quantities: [Amount; 3],
    /// That unit.
    pub unit: Option<String>,
    /// The price of a unit, where one price applies to every quantity and day.
    pub unit_price: Option<Amount>,
    /// Low, likely and high cost, or why there is none.
    pub cost: std::result::Result<[Amount; 3], Unpriced>,
    /// Whether a third party sells it: credits and discounts do not apply.
    pub is_third_party: bool,
    /// Whether every tier of its prices in the cycle is 0: it is free, or the price list lacks its price.
    pub is_zero_price: bool,
}

/// The amount due in a cycle: low, likely and high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CycleBill {
    /// The cycle; `None` for a month without a date.
    pub cycle: Option<BillingCycle>,
    /// Charges with the offer's terms applied.
    pub settled: [Settlement; 3],
}

/// Prices a plan. `as_of` is the day whose prices a month without a date has; cycles start on `cycle_day`.
///
/// # Errors
/// [`Error::Line`] for quantities and costs that cannot be held.
pub fn estimate(plan: &Plan, card: &PriceCard, as_of: NaiveDate, cycle_day: CycleDay) -> Result<Estimate> {
    let same_currency = plan.currency.eq_ignore_ascii_case(card.currency.code());
    let mut found: Vec<std::result::Result<Found<'_>, Unpriced>> = Vec::with_capacity(plan.lines.len());
    for line in &plan.lines {
        found.push(if same_currency { find(line, card)? } else { Err(Unpriced::NoCurrency) });
    }
    // Per cycle: the lines with days in it.
    let mut cycles: BTreeMap<Option<BillingCycle>, Vec<usize>> = BTreeMap::new();
    for (place, line) in plan.lines.iter().enumerate() {
        for cycle in cycles_of(line, plan.billing_period, cycle_day) {
            cycles.entry(cycle).or_default().push(place);
        }
    }
    let mut out = Estimate { lines: Vec::new(), bills: Vec::new() };
    for (cycle, members) in cycles {
        let days = cycle.unwrap_or_else(|| BillingCycle::containing(as_of, cycle_day));
        let lines = price_cycle(plan, &found, cycle, days, as_of, &members)?;
        let terms = card.terms.in_cycle(days);
        out.bills.push(CycleBill { cycle, settled: settle(&terms, plan.committed, &lines)? });
        out.lines.extend(lines);
    }
    Ok(out)
}

/// An offer's terms applied to the lines of one cycle: low, likely and high.
pub(crate) fn settle<'a>(
    terms: &CycleTerms,
    committed: Amount,
    lines: impl IntoIterator<Item = &'a EstimateLine> + Clone,
) -> Result<[Settlement; 3]> {
    let mut settled = [Settlement::default(); 3];
    for (end, settlement) in settled.iter_mut().enumerate() {
        let charges = lines.clone().into_iter().filter_map(|line| {
            let (meter, cost) = (line.meter.as_deref()?, line.cost.ok()?[end]);
            Some(MeterCharge { meter, cost, is_third_party: line.is_third_party })
        });
        *settlement = terms
            .settle(charges, committed)
            .map_err(|source| Error::Line { line: "the sum of a cycle".to_owned(), source })?;
    }
    Ok(settled)
}

/// The cycles that a line has days in; a month without a date is one.
fn cycles_of(
    line: &PlanLine,
    billing_period: Option<BillingCycle>,
    cycle_day: CycleDay,
) -> Vec<Option<BillingCycle>> {
    let Some((from, to)) = line.span else { return vec![None] };
    if billing_period.is_some() {
        return vec![billing_period];
    }
    let mut cycles = vec![BillingCycle::containing(from, cycle_day)];
    while let Some(last) = cycles.last().filter(|last| last.end() < to) {
        cycles.push(last.next(cycle_day));
    }
    cycles.into_iter().map(Some).collect()
}

/// The cost of the lines with days in a cycle.
fn price_cycle(
    plan: &Plan,
    found: &[std::result::Result<Found<'_>, Unpriced>],
    cycle: Option<BillingCycle>,
    days: BillingCycle,
    as_of: NaiveDate,
    members: &[usize],
) -> Result<Vec<EstimateLine>> {
    // Lines that are priced by the same prices share their tiers.
    let mut by_price: BTreeMap<Identity<'_>, Vec<usize>> = BTreeMap::new();
    for &place in members {
        if let Ok(Found { prices, .. }) = &found[place] {
            let first = prices[0];
            by_price.entry(identity(first)).or_default().push(place);
        }
    }
    let mut costs: BTreeMap<usize, std::result::Result<[Amount; 3], Unpriced>> = BTreeMap::new();
    let mut quantities: BTreeMap<usize, [Amount; 3]> = BTreeMap::new();
    for places in by_price.into_values() {
        let first = places[0];
        let Ok(Found { prices, .. }) = &found[first] else { continue };
        let fault = |source| Error::Line { line: plan.lines[first].name.clone(), source };
        let mut sums = vec![Ok([Amount::ZERO; 3]); places.len()];
        for end in 0..3 {
            let mut rows = Vec::new();
            for (own, &place) in places.iter().enumerate() {
                let Ok(Found { month, .. }) = &found[place] else { continue };
                let used = days_of(&plan.lines[place], days, as_of, month[end]).map_err(fault)?;
                quantities.entry(place).or_default()[end] = used.iter().map(|row| row.quantity).sum();
                rows.extend(used.into_iter().map(|row| (own, row)));
            }
            let used: Vec<DayUse> = rows.iter().map(|(_, row)| *row).collect();
            for ((own, _), cost) in rows.iter().zip(price_rows(prices, days, &used).map_err(fault)?) {
                match (&mut sums[*own], cost) {
                    (Ok(sum), Ok(cost)) => {
                        sum[end] =
                            sum[end].checked_add(cost).ok_or_else(|| fault(billing::Error::TooLarge))?;
                    }
                    (sum @ Ok(_), Err(why)) => *sum = Err(why),
                    (Err(_), _) => {}
                }
            }
        }
        costs.extend(places.into_iter().zip(sums));
    }
    let line = |&place: &usize| {
        let own = &plan.lines[place];
        let price = found[place].as_ref().ok().map(|found| found.prices[0]);
        let priced_as = |price: &Price| {
            price.full_name()
                + &if price.kind == PriceKind::Consumption {
                    String::new()
                } else {
                    format!(", {}", price.kind)
                }
        };
        let asked = [own.quantity.low, own.quantity.likely, own.quantity.high]
            .map(|quantity| quantity.times(own.count).unwrap_or_default());
        EstimateLine {
            name: own.name.clone(),
            cycle,
            meter: price.map(|price| price.meter.clone()),
            priced_as: price.map(priced_as),
            quantities: quantities.get(&place).copied().unwrap_or(asked),
            unit_price: found[place].as_ref().ok().and_then(|found| one_price(&found.prices)),
            unit: price
                .map(|price| price.unit.to_string())
                .or_else(|| own.unit.as_ref().map(ToString::to_string)),
            cost: match &found[place] {
                Ok(_) => costs.get(&place).copied().unwrap_or(Err(Unpriced::NoRate)),
                Err(why) => Err(*why),
            },
            is_third_party: price.is_some_and(|price| price.is_third_party),
            is_zero_price: found[place].as_ref().is_ok_and(|found| are_zero(&found.prices, cycle, as_of)),
        }
    };
    Ok(members.iter().map(line).collect())
}

/// Whether every tier of the prices in force in a cycle is 0; of a month without a date those of `as_of`.
fn are_zero(prices: &[&Price], cycle: Option<BillingCycle>, as_of: NaiveDate) -> bool {
    let is_in_force = |price: &&&Price| match cycle {
        Some(cycle) => cycle.days().any(|day| price.holds_on(day)),
        None => price.holds_on(as_of),
    };
    let mut in_force = prices.iter().filter(is_in_force).peekable();
    in_force.peek().is_some() && in_force.all(|price| price.is_zero())
}

/// How much of a month's quantity a line uses on each day of a cycle; the days add up exactly to its part.
pub(crate) fn days_of(
    line: &PlanLine,
    cycle: BillingCycle,
    as_of: NaiveDate,
    month: Amount,
) -> billing::Result<Vec<DayUse>> {
    let Some((from, to)) = line.span else { return Ok(vec![DayUse { day: as_of, quantity: month }]) };
    let ramp = u64::from(line.ramp_up_days);
    // Weights in halves of a day's step: on day `n` of the ramp usage has grown to (n + ½) ÷ ramp.
    let weight = |day: NaiveDate| -> u64 {
        let place = (day - from).num_days().unsigned_abs();
        if place < ramp { 2 * place + 1 } else { 2 * ramp.max(1) }
    };
    let active: Vec<NaiveDate> = cycle.days().filter(|day| from <= *day && *day < to).collect();
    let weights: Vec<Amount> = active.iter().map(|day| Amount::whole(weight(*day))).collect();
    let steps: u64 = active.iter().map(|day| weight(*day)).sum();
    let all = month.times(Amount::whole(steps)).ok_or(billing::Error::TooLarge)?;
    let total = all.divided_by(2 * ramp.max(1) * cycle.len_days() as u64);
    let shares = share_out(total, &weights);
    Ok(active.into_iter().zip(shares).map(|(day, quantity)| DayUse { day, quantity }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlanFormat, read_plan, read_private_toml};

    const CARD: &str = r#"
        currency = "EUR"
        credit = 20
        [[price]]
        meter = "vm"
        sku = "D2"
        product = "Virtual Machines D"
        region = "westeurope"
        unit = "1 Hour"
        price = 0.1
        [[price]]
        meter = "vm-win"
        sku = "D2"
        product = "Virtual Machines D Windows"
        region = "westeurope"
        unit = "1 Hour"
        price = 0.3
        [[price]]
        meter = "egress"
        unit = "10 GB"
        tiers = [{ from = 0, price = 0 }, { from = 10, price = 1 }]
        until = 2026-12-11
        [[price]]
        meter = "egress"
        unit = "10 GB"
        tiers = [{ from = 0, price = 0 }, { from = 10, price = 2 }]
        from = 2026-12-11
    "#;

    fn run(lines: &str) -> Estimate {
        let card = read_private_toml(CARD, "the card").unwrap();
        let plan = read_plan(&format!("currency = \"EUR\"\n{lines}"), PlanFormat::Toml, "the plan").unwrap();
        estimate(&plan, &card, "2026-12-20".parse().unwrap(), CycleDay::FIRST).unwrap()
    }

    fn costs(estimate: &Estimate) -> Vec<String> {
        let text = |line: &EstimateLine| match &line.cost {
            Ok([_, likely, _]) => likely.to_string(),
            Err(why) => why.name().to_owned(),
        };
        estimate.lines.iter().map(text).collect()
    }

    #[test]
    fn a_month_is_priced_whole_and_a_span_by_its_days() {
        let found = run("[[line]]\nname = \"a\"\nsku = \"d2\"\nos = \"linux\"\ncount = 2\nquantity = 730");
        assert_eq!((costs(&found), found.lines[0].cycle), (vec!["146".to_owned()], None));
        // 16 of 31 days of December, all of January, ten of 28 of February.
        let found = run(
            "[[line]]\nname = \"a\"\nsku = \"D2\"\nos = \"linux\"\nregion = \"West Europe\"\nquantity = 310\n\
            from = 2026-12-16\nto = 2027-02-11",
        );
        assert_eq!(costs(&found), ["16", "31", "11.071428571428571429"]);
    }

    #[test]
    fn a_ramp_grows_evenly_to_all_of_it() {
        // Ten days from nothing to 31 a day, half of it on average, and 21 whole days.
        let found = run("[[line]]\nname = \"a\"\nsku = \"D2\"\nos = \"linux\"\nquantity = 310\n\
            from = 2026-12-01\nto = 2027-01-01\nramp_up_days = 10");
        assert_eq!(costs(&found), ["26"]);
    }

    #[test]
    fn lines_of_one_meter_share_its_free_amount_and_the_order_does_not_matter() {
        let line = |name: &str, quantity: u32| {
            format!("[[line]]\nname = \"{name}\"\nmeter = \"egress\"\nunit = \"GB\"\nquantity = {quantity}\n")
        };
        // Together 40 units of 10 GB, 10 of them free: 30 × 2, shared 1 to 3.
        let found = run(&(line("a", 100) + &line("b", 300)));
        assert_eq!(costs(&found), ["15", "45"]);
        assert_eq!(costs(&run(&(line("b", 300) + &line("a", 100)))), ["45", "15"]);
    }

    #[test]
    fn a_price_that_changes_within_the_month_counts_from_its_day_on() {
        // 31 units in 31 days; the first 10 are free; the price is 1 for none and 2 from the 11th on.
        let found = run(
            "[[line]]\nname = \"a\"\nmeter = \"egress\"\nquantity = 31\nfrom = 2026-12-01\nto = 2027-01-01",
        );
        assert_eq!(costs(&found), ["42"]);
    }

    #[test]
    fn what_has_no_price_is_said_and_is_in_no_sum() {
        let found = run("[[line]]\nname = \"a\"\nmeter = \"none\"\nquantity = 1\n\
            [[line]]\nname = \"b\"\nsku = \"D2\"\nos = \"linux\"\nregion = \"eastus\"\nquantity = 1\n\
            [[line]]\nname = \"c\"\nsku = \"D2\"\nquantity = 1\n\
            [[line]]\nname = \"d\"\nsku = \"D2\"\nos = \"windows\"\nunit = \"GB\"\nquantity = 1\n\
            [[line]]\nname = \"e\"\nsku = \"D2\"\nos = \"windows\"\nquantity = 100");
        assert_eq!(costs(&found), ["no_rate", "no_region", "ambiguous", "unknown_unit", "30"]);
        let bill = found.bills[0].settled[1];
        assert_eq!((bill.gross.to_string(), bill.net().to_string()), ("30".to_owned(), "10".to_owned()));
    }

    #[test]
    fn a_range_of_quantities_becomes_one_of_costs_and_a_currency_without_prices_none() {
        let line = "[[line]]\nname = \"a\"\nsku = \"D2\"\nos = \"linux\"\nquantity = { low = 10, likely = 20, high = 40 }";
        let cost = run(line).lines[0].cost.unwrap().map(|cost| cost.to_string());
        assert_eq!(cost, ["1", "2", "4"]);
        let card = read_private_toml(&CARD.replace("\"EUR\"", "\"USD\""), "the card").unwrap();
        let plan = read_plan(&format!("currency = \"EUR\"\n{line}"), PlanFormat::Toml, "the plan").unwrap();
        let found = estimate(&plan, &card, "2026-12-20".parse().unwrap(), CycleDay::FIRST).unwrap();
        assert_eq!(costs(&found), ["no_currency"]);
    }

    #[test]
    fn terms_are_those_of_the_cycle() {
        // 1,500 a month at 1: 16 of 30 days of November are 800, 14 of 31 of December 677.42 (21,000 ÷ 31).
        let card = |terms: &str| {
            let text = format!(
                r#"{{"Currency":"USD","OfferTerms":[{terms}],"Meters":[{{"MeterId":"m","MeterRates":{{"0":1}}}}]}}"#
            );
            crate::read_rate_card(text.as_bytes(), "the card", None).unwrap()
        };
        let net = |terms: &str, committed: &str| {
            let plan = format!(
                "currency = \"USD\"\ncommitted = {committed}\n[[line]]\nname = \"a\"\nmeter = \"m\"\nquantity = 1500\nfrom = 2026-11-15\nto = 2026-12-15"
            );
            let plan = read_plan(&plan, PlanFormat::Toml, "the plan").unwrap();
            let found =
                estimate(&plan, &card(terms), "2026-11-10".parse().unwrap(), CycleDay::FIRST).unwrap();
            let net = found.bills.iter().map(|bill| bill.settled[1].net().rounded(2).to_string());
            net.collect::<Vec<_>>().join(" ")
        };
        let credit = |amount: u32, from: &str| {
            format!(r#"{{"Name":"Monetary Credit","Credit":{amount},"EffectiveDate":"{from}T00:00:00Z"}}"#)
        };
        let raised = [credit(100, "2014-01-01"), credit(150, "2027-01-01")].join(",");
        assert_eq!(net(&raised, "0"), "700 577.42");
        let newest_first = [credit(150, "2026-01-01"), credit(100, "2014-01-01")].join(",");
        assert_eq!(net(&newest_first, "0"), "650 527.42");
        let recurring =
            r#"{"Name":"Recurring Charge","RecurringCharge":20,"EffectiveDate":"2027-01-01T00:00:00Z"}"#;
        assert_eq!(net(recurring, "0"), "800 677.42");
        assert_eq!(net(&recurring.replace("2027-01", "2026-12"), "0"), "800 697.42");
        let discount = r#"{"Name":"Monetary Commitment","TieredDiscount":{"0":0,"1000":0.05},"EffectiveDate":"2027-01-01T00:00:00Z"}"#;
        assert_eq!(net(discount, "1000"), "800 677.42");
        assert_eq!(net(&discount.replace("2027-01", "2026-12"), "1000"), "800 643.55");
    }

    #[test]
    fn a_price_of_zero_in_every_tier_is_marked() {
        let card = format!(
            "{CARD}[[price]]\nmeter = \"free\"\nunit = \"1\"\ntiers = [{{ from = 0, price = 0 }}, {{ from = 9, price = 0 }}]\n"
        );
        let card = read_private_toml(&card, "the card").unwrap();
        let plan = "currency = \"EUR\"\n[[line]]\nname = \"a\"\nmeter = \"free\"\nquantity = 99\n\
            [[line]]\nname = \"b\"\nmeter = \"egress\"\nquantity = 1";
        let plan = read_plan(plan, PlanFormat::Toml, "the plan").unwrap();
        let found = estimate(&plan, &card, "2026-12-20".parse().unwrap(), CycleDay::FIRST).unwrap();
        let marks: Vec<bool> = found.lines.iter().map(|line| line.is_zero_price).collect();
        // The second costs nothing either, since its first 10 units are free.
        assert_eq!((marks, costs(&found)), (vec![true, false], vec!["0".to_owned(), "0".to_owned()]));
    }
}
