//! The rows of a cycle: those of the forecast of costs, with the charges by price and the amount due.

use super::{
    bill::{LEVELS, LOWER_80, POINT, Terms, UPPER_80},
    cycle::{Outcome, credit_used_up},
};
use crate::{
    price_difference::PriceDifference,
    quantiles::Quantiles,
    totals::{GroupTotal, LineTotal, NetTotal, digits},
};
use billing::{Amount, Settlement, TotalLine, apportion};
use std::collections::BTreeMap;

/// One bill in a cycle.
pub(super) struct OfBill<'a> {
    /// Its row in the forecast of costs.
    pub by_costs: &'a GroupTotal,
    /// What comes of it inside its own range.
    pub outcomes: [Outcome; LEVELS],
    /// Why its charges differ from the forecast of costs.
    pub differences: Vec<(PriceDifference, Amount)>,
}

/// The row of the total, where it is asked for, then those of its bills. `joint` are the outcomes inside the range of the total.
pub(super) fn priced_rows(
    total: Option<&GroupTotal>,
    bills: &[OfBill<'_>],
    joint: &[[Outcome; LEVELS]],
    terms: Terms<'_>,
) -> Vec<GroupTotal> {
    let Some(any) = bills.first() else { return Vec::new() };
    let digits = digits(any.by_costs.currency.as_ref());
    let shared = |get: fn(&Settlement) -> Amount| {
        let exact: Vec<Amount> = bills.iter().map(|bill| get(&bill.outcomes[POINT].end())).collect();
        let all = exact.iter().copied().sum::<Amount>().rounded(digits);
        (apportion(&exact, all, digits), all)
    };
    let [credit, discount, recurring] =
        [shared(|own| own.credit), shared(|own| own.discount), shared(|own| own.recurring)];
    let mut rows = Vec::with_capacity(bills.len() + 1);
    if let Some(total) = total {
        let mut why: BTreeMap<PriceDifference, Amount> = BTreeMap::new();
        for (own, amount) in bills.iter().flat_map(|bill| &bill.differences) {
            *why.entry(*own).or_default() += *amount;
        }
        let settled = |gross: Amount| Settlement {
            gross,
            credit: credit.1,
            discount: discount.1,
            recurring: recurring.1,
        };
        let outcomes: Vec<&[Outcome; LEVELS]> = joint.iter().collect();
        let mut row = row(total, &outcomes, why.into_iter().collect(), settled, digits);
        if let ([only], Some(net)) = (bills, row.net.as_mut()) {
            net.credit_used_up = credit_used_up(&only.outcomes, total.cycle, terms);
        }
        rows.push(row);
    }
    for (place, bill) in bills.iter().enumerate() {
        let settled = |gross: Amount| Settlement {
            gross,
            credit: credit.0[place],
            discount: discount.0[place],
            recurring: recurring.0[place],
        };
        let mut row = row(bill.by_costs, &[&bill.outcomes], bill.differences.clone(), settled, digits);
        if let Some(net) = row.net.as_mut() {
            net.credit_used_up = credit_used_up(&bill.outcomes, row.cycle, terms);
        }
        rows.push(row);
    }
    rows
}

/// A row of the forecast of costs with its charges by price; as it is where it has no forecast.
fn row(
    by_costs: &GroupTotal,
    outcomes: &[&[Outcome; LEVELS]],
    differences: Vec<(PriceDifference, Amount)>,
    settled: impl Fn(Amount) -> Settlement,
    digits: u32,
) -> GroupTotal {
    let mut row = GroupTotal { known_days: Vec::new(), expected_days: Vec::new(), ..by_costs.clone() };
    let Some(costs) = row.total.clone() else { return row };
    let quantiles = |point: Amount, get: fn(&Settlement) -> Amount| {
        let bound = |level: usize| {
            outcomes.iter().map(|bill| get(&bill[level].end())).sum::<Amount>().rounded(digits)
        };
        Quantiles::around(point, [bound(0), bound(LOWER_80), bound(UPPER_80), bound(LEVELS - 1)], None)
    };
    let more: Amount = differences.iter().map(|(_, amount)| *amount).sum();
    let gross = costs.point() + more;
    if !differences.is_empty() {
        row.total = Some(quantiles(gross, |own| own.gross));
        add_to_usage(&mut row.lines, more);
    }
    let settled = settled(gross);
    row.net = Some(NetTotal {
        settled,
        by_costs: costs.point(),
        differences,
        due: quantiles(settled.net(), Settlement::net),
        credit_used_up: None,
    });
    row
}

/// What prices change is a change of usage.
fn add_to_usage(lines: &mut Vec<LineTotal>, more: Amount) {
    if lines.is_empty() {
        return;
    }
    match lines.iter_mut().find(|line| line.line == TotalLine::Usage) {
        Some(line) => line.total += more,
        None => lines.insert(0, LineTotal { line: TotalLine::Usage, actual: Amount::ZERO, total: more }),
    }
}
