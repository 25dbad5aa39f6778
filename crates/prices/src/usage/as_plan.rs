//! Usage of a cycle as plans, one a subscription, so that recorded usage can be compared as planned usage can.

use crate::{
    HowMuch, Plan, PlanLine, UsedMeter,
    lookup::{find, identity, os_of, usage_prices},
    plan::What,
};
use billing::{Amount, BillingCycle, Price, PriceCard, PriceKind};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A plan for each subscription of the usage in a cycle, on the days `from` to `to` (the day after the last), which are
/// those that the data covers. The plans keep the cycle, which counts their tiers. Machines become sizes, where the prices
/// name them, so that they can change size and be committed to; other usage stays a meter.
#[must_use]
pub fn usage_as_plans(
    used: &[UsedMeter],
    card: &PriceCard,
    cycle: BillingCycle,
    (from, to): (NaiveDate, NaiveDate),
) -> Vec<Plan> {
    let days = (to - from).num_days().max(1).unsigned_abs();
    let mut plans: BTreeMap<&str, Plan> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for own in used.iter().filter(|own| own.cycle == cycle && own.quantity.is_positive()) {
        let plan = plans.entry(&own.subscription).or_insert_with(|| Plan {
            currency: card.currency.code().to_owned(),
            committed: Amount::ZERO,
            billing_period: Some(cycle),
            lines: Vec::new(),
        });
        // The subscription's id distinguishes lines of one meter; its end is enough for a reader.
        let end = own.subscription.rsplit('/').next().unwrap_or_default();
        let title = card.of_meter(&own.meter).next().map_or_else(|| own.name.clone(), Price::full_name);
        let short = format!("…{} {title}", end.get(end.len().saturating_sub(4)..).unwrap_or(end));
        let name = if names.insert(short.clone()) { short } else { format!("{end} {title} {}", own.meter) };
        let line = PlanLine {
            name,
            what: What::Meter(own.meter.clone()),
            region: String::new(),
            product: String::new(),
            os: None,
            kind: usage_prices(card, &own.meter).map_or(PriceKind::Consumption, |prices| prices[0].kind),
            count: Amount::ONE,
            quantity: {
                // A plan's quantity is that of the whole cycle, of which its days are a part.
                let whole = own.quantity.times(Amount::whole(cycle.len_days() as u64));
                let month = whole.map_or(own.quantity, |whole| whole.divided_by(days));
                HowMuch { low: month, likely: month, high: month }
            },
            unit: own.unit.parse().ok(),
            span: Some((from, to)),
            ramp_up_days: 0,
        };
        plan.lines.push(as_machine(&line, card).unwrap_or(line));
    }
    plans.into_values().collect()
}

/// The same line by its size, where that has the very same price.
fn as_machine(line: &PlanLine, card: &PriceCard) -> Option<PlanLine> {
    let What::Meter(meter) = &line.what else { return None };
    let is_machine = |price: &&Price| price.kind == line.kind && !price.sku.is_empty();
    let price = card.of_meter(meter).find(is_machine)?;
    let machine = PlanLine {
        what: What::Sku(price.sku.clone()),
        region: price.region.clone(),
        os: Some(os_of(price)),
        ..line.clone()
    };
    let found = find(&machine, card).ok()?.ok()?;
    (identity(found.prices[0]) == identity(price)).then_some(machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Comparison, compare, price_usage, read_private_toml};
    use billing::{CycleDay, UsedDay};

    const CARD: &str = r#"
        currency = "EUR"
        [[price]]
        meter = "west"
        sku = "D2"
        product = "Virtual Machines D"
        region = "westeurope"
        unit = "1 Hour"
        price = 0.1
        [[price]]
        meter = "east"
        sku = "D2"
        product = "Virtual Machines D"
        region = "eastus"
        unit = "1 Hour"
        price = 0.08
        [[price]]
        meter = "egress"
        unit = "1 GB"
        tiers = [{ from = 0, price = 0 }, { from = 10, price = 1 }]
    "#;

    fn used(subscription: &str, meter: &str, quantity: &str, unit: &str) -> UsedDay {
        UsedDay {
            subscription: Some(subscription.to_owned()),
            meter: meter.to_owned(),
            name: None,
            unit: unit.to_owned(),
            day: "2026-11-05".parse().unwrap(),
            billing_period: None,
            quantity: quantity.parse().unwrap(),
            cost: Amount::ONE,
            currency: None,
            invoice_unit: String::new(),
        }
    }

    #[test]
    fn use_of_two_subscriptions_costs_elsewhere_what_each_costs_there() {
        let card = read_private_toml(CARD, "the card").unwrap();
        let rows = [
            used("a", "west", "1000", "1 Hour"),
            used("a", "egress", "15", "1 GB"),
            used("b", "west", "500", "1 Hour"),
            // Ten are free to each subscription.
            used("b", "egress", "15", "1 GB"),
            used("b", "unknown", "1", "1 GB"),
        ];
        let found = price_usage(&rows, &card, CycleDay::FIRST).unwrap();
        let cycle = found[0].cycle;
        let plans = usage_as_plans(&found, &card, cycle, (cycle.start(), cycle.end()));
        assert_eq!(plans.iter().map(|plan| plan.lines.len()).collect::<Vec<_>>(), [2, 3]);
        let compared = plans.iter().map(|plan| {
            compare(plan, &card, &[Change::Region("eastus".to_owned())], cycle.start(), CycleDay::FIRST)
                .unwrap()
        });
        let all = Comparison::joined(compared).unwrap();
        let own = &all.alternatives[0];
        // 1,500 hours at 0.1 and 0.08, and twice 5 GB at 1 whose meter is of no region.
        assert_eq!((own.as_planned[1].to_string(), own.cost[1].to_string()), ("160".into(), "130".into()));
        assert_eq!((own.covered, all.planned.lines.len()), (Some(1.0), 5));
        // Of half a month the same is used in half of its days.
        let half = usage_as_plans(&found, &card, cycle, (cycle.start(), "2026-11-16".parse().unwrap()));
        assert_eq!(half[0].lines[0].quantity.likely.to_string(), "30");
        let estimate = crate::estimate(&half[0], &card, cycle.start(), CycleDay::FIRST).unwrap();
        assert_eq!(estimate.lines[0].cost.unwrap()[1].to_string(), "5", "15 GB, of which 10 are free");
    }

    #[test]
    fn a_cycle_that_the_data_states_is_one_cycle_of_the_plan() {
        // 10 April to 9 May: 15 GB, of which 10 are free, though the cycle has days in two months.
        let card = read_private_toml(CARD, "the card").unwrap();
        let period = BillingCycle::new("2026-04-10".parse().unwrap(), "2026-05-10".parse().unwrap()).unwrap();
        let rows = ["2026-04-15", "2026-05-05"].map(|day| UsedDay {
            day: day.parse().unwrap(),
            billing_period: Some(period),
            ..used("a", "egress", "7.5", "1 GB")
        });
        let found = price_usage(&rows, &card, CycleDay::FIRST).unwrap();
        assert_eq!((found.len(), found[0].cycle), (1, period));
        let plans = usage_as_plans(&found, &card, period, (period.start(), period.end()));
        let estimate = crate::estimate(&plans[0], &card, period.start(), CycleDay::FIRST).unwrap();
        assert_eq!((estimate.lines.len(), estimate.lines[0].cycle), (1, Some(period)));
        assert_eq!(estimate.lines[0].cost.unwrap()[1].to_string(), "5");
        let change = [Change::Region("eastus".to_owned())];
        let compared = compare(&plans[0], &card, &change, period.start(), CycleDay::FIRST).unwrap();
        assert_eq!(compared.alternatives[0].cost[1].to_string(), "5");
    }
}
