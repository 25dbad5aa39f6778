//! The totals of a cycle from its outcomes: the total of all bills, then each bill, rounded.

use super::{
    bill::{LEVELS, LOWER_80, POINT, PricedBill, Terms, UPPER_80},
    cycle::{Outcome, credit_used_up},
    factors::Factor,
    rest::Rest,
};
use crate::{
    components::Components,
    cycle_total::Status,
    quantiles::Quantiles,
    totals::{
        Exact, ExpectedMissing, GroupTotal, Leaf, LeafLines, LineTotal, NetTotal, TREND_DAYS, digits,
        line_totals, recent, rounded,
    },
};
use billing::{Amount, BillingCycle, CycleFacts, Settlement, apportion};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of all bills.
pub(super) struct Found<'a> {
    /// The name of the model.
    pub name: &'a str,
    /// Costs of everything.
    pub components: &'a Components,
    /// The bills.
    pub priced: &'a [PricedBill<'a>],
    /// Their facts, with cutoffs before days that look incomplete.
    pub facts: &'a [Leaf],
    /// What they are expected to use.
    pub rests: &'a [Rest],
    /// Of each bill, and last of all together.
    pub factors: &'a [BTreeMap<BillingCycle, Factor>],
    /// The terms of the offer.
    pub terms: Terms<'a>,
}

/// An amount, rounded, and its parts, which add up to it.
struct Shared {
    total: Amount,
    parts: Vec<Amount>,
}

/// The amounts of a cycle: rounded, of the total and of each bill.
struct Amounts {
    /// Actual amounts and charges, of the total first.
    charges: Vec<(Amount, Amount)>,
    credit: Shared,
    discount: Shared,
    recurring: Shared,
}

impl Amounts {
    /// The parts of a bill, or of the total.
    fn settled(&self, bill: Option<usize>) -> Settlement {
        let pick = |shared: &Shared| bill.map_or(shared.total, |at| shared.parts[at]);
        Settlement {
            gross: self.charges[bill.map_or(0, |at| at + 1)].1,
            credit: pick(&self.credit),
            discount: pick(&self.discount),
            recurring: pick(&self.recurring),
        }
    }
}

impl Found<'_> {
    /// The total of a cycle, then its bills. `own` are the outcomes of the bills `asked` inside their own
    /// quantiles, `joint` inside those of the total.
    pub(super) fn rows(
        &self,
        cycle: BillingCycle,
        asked: &[usize],
        own: &[[Outcome; LEVELS]],
        joint: &[[Outcome; LEVELS]],
    ) -> Vec<GroupTotal> {
        let amounts = self.amounts(cycle, asked, own);
        let bills = std::iter::once(None).chain((0..asked.len()).map(Some));
        bills.map(|bill| self.row(cycle, asked, own, joint, &amounts, bill)).collect()
    }

    fn amounts(&self, cycle: BillingCycle, asked: &[usize], own: &[[Outcome; LEVELS]]) -> Amounts {
        let currency = self.facts.first().and_then(|leaf| leaf.currency.as_ref());
        let digits = digits(currency);
        let end = |at: usize| own[at][POINT].end();
        let shared = |get: &dyn Fn(usize) -> Amount| {
            let parts: Vec<Amount> = (0..asked.len()).map(get).collect();
            let total = parts.iter().copied().sum::<Amount>().rounded(digits);
            Shared { parts: apportion(&parts, total, digits), total }
        };
        let of_bill = |at: usize| {
            let facts = facts(&self.facts[asked[at]], cycle);
            let actual = facts.map_or(Amount::ZERO, |facts| facts.actual);
            Exact {
                actual,
                remaining: end(at).gross - actual,
                is_forecast: !facts.is_some_and(|facts| facts.closed),
                currency,
                parent: Some(0),
            }
        };
        let parts: Vec<Exact<'_>> = (0..asked.len()).map(of_bill).collect();
        let total = Exact {
            actual: parts.iter().map(|part| part.actual).sum(),
            remaining: parts.iter().map(|part| part.remaining).sum(),
            is_forecast: parts.iter().any(|part| part.is_forecast),
            currency,
            parent: None,
        };
        let nodes: Vec<Exact<'_>> = std::iter::once(total).chain(parts).collect();
        Amounts {
            charges: rounded(&nodes),
            credit: shared(&|at| end(at).credit),
            discount: shared(&|at| end(at).discount),
            recurring: shared(&|at| end(at).recurring),
        }
    }

    fn row(
        &self,
        cycle: BillingCycle,
        asked: &[usize],
        own: &[[Outcome; LEVELS]],
        joint: &[[Outcome; LEVELS]],
        amounts: &Amounts,
        bill: Option<usize>,
    ) -> GroupTotal {
        let members: Vec<usize> = bill.map_or_else(|| asked.to_vec(), |at| vec![asked[at]]);
        let leaves = || members.iter().map(|place| &self.facts[*place]);
        let facts = || leaves().filter_map(|leaf| facts(leaf, cycle));
        let currency = leaves().next().and_then(|leaf| leaf.currency.clone());
        let digits = digits(currency.as_ref());
        let settled = amounts.settled(bill);
        let quantiles = |point: Amount, get: fn(&Settlement) -> Amount| {
            let bound = |level: usize| match bill {
                Some(at) => get(&own[at][level].end()).rounded(digits),
                None => joint.iter().map(|bill| get(&bill[level].end())).sum::<Amount>().rounded(digits),
            };
            Quantiles::around(point, [bound(0), bound(LOWER_80), bound(UPPER_80), bound(LEVELS - 1)], None)
        };
        let factor = self.factors[bill.map_or(self.facts.len(), |at| asked[at])].get(&cycle);
        let without_forecast = members.iter().map(|place| self.rests[*place].without_forecast(cycle)).sum();
        let is_closed = facts().all(|facts| facts.closed);
        let status = status(factor, is_closed, without_forecast, leaves().any(|leaf| leaf.stopped));
        // What is not known is not what was charged so far.
        let is_known = !matches!(status, Status::Insufficient | Status::Failed);
        let only = bill.or((own.len() == 1).then_some(0));
        let (mut missing_days, mut missing, mut recurring) = (BTreeSet::<NaiveDate>::new(), 0.0, 0.0);
        for place in &members {
            let (days, value) = self.rests[*place].before(cycle, self.facts[*place].cutoff);
            missing_days.extend(days);
            missing += value;
            recurring += self.rests[*place].of_purchases(cycle);
        }
        let costs: Vec<usize> =
            members.iter().flat_map(|place| self.priced[*place].leaves.iter().copied()).collect();
        GroupTotal {
            level: usize::from(bill.is_some()),
            keys: bill.map_or_else(|| vec![None], |at| self.facts[asked[at]].keys.clone()),
            name: bill.map_or_else(|| "Total".to_owned(), |at| self.facts[asked[at]].names.join(" / ")),
            cycle,
            cycles: 1,
            cutoff: leaves().map(|leaf| leaf.cutoff).min().unwrap_or_default(),
            status,
            reason: factor.and_then(|factor| factor.reason.clone()),
            stop_probability: 0.0,
            model: self.name.to_owned(),
            members: Vec::new(),
            actual: amounts.charges[bill.map_or(0, |at| at + 1)].0,
            total: is_known.then(|| quantiles(settled.gross, |settled| settled.gross)),
            recurring: Amount::from_estimate(recurring).unwrap_or_default(),
            missing: ExpectedMissing {
                days: missing_days.len() as u64,
                expected: Amount::from_estimate(missing).unwrap_or_default().rounded(digits),
            },
            previous: facts()
                .map(|facts| facts.previous)
                .sum::<Option<Amount>>()
                .map(|sum| sum.rounded(digits)),
            history_days: leaves().map(|leaf| leaf.history_days).max().unwrap_or(0),
            missing_days: leaves().map(|leaf| leaf.missing_days).max().unwrap_or(0),
            covered_from: leaves().filter_map(|leaf| leaf.covered_from).min(),
            without_forecast,
            trend: recent(self.components, &costs, TREND_DAYS),
            lines: match bill {
                None if is_known => self.lines(cycle, asked, own, amounts, digits),
                _ => Vec::new(),
            },
            known_days: Vec::new(),
            expected_days: Vec::new(),
            units: members.to_vec(),
            net: is_known.then(|| NetTotal {
                settled,
                due: quantiles(settled.net(), Settlement::net),
                credit_used_up: only.and_then(|at| credit_used_up(&own[at], cycle, self.terms)),
            }),
            currency,
        }
    }
}

impl Found<'_> {
    /// The lines of the total: what the bills' charges go beyond the actual ones is shared out to them.
    fn lines(
        &self,
        cycle: BillingCycle,
        asked: &[usize],
        own: &[[Outcome; LEVELS]],
        amounts: &Amounts,
        digits: u32,
    ) -> Vec<LineTotal> {
        let of_bill = |(at, place): (usize, &usize)| {
            let leaf = &self.facts[*place];
            let actual = facts(leaf, cycle).map_or(Amount::ZERO, |facts| facts.actual);
            let recurring = self.rests[*place].of_purchases(cycle);
            let level = (own[at][POINT].end().gross - actual).to_f64() - recurring;
            LeafLines { sums: &leaf.lines, level, recurring }
        };
        let leaves: Vec<LeafLines<'_>> = asked.iter().enumerate().map(of_bill).collect();
        line_totals(cycle, &leaves, amounts.charges[0], digits)
    }
}

fn facts(leaf: &Leaf, cycle: BillingCycle) -> Option<&CycleFacts> {
    leaf.cycles.iter().find(|facts| facts.cycle == cycle)
}

fn status(factor: Option<&Factor>, is_closed: bool, without_forecast: usize, has_stopped: bool) -> Status {
    match factor.map(|factor| factor.status) {
        _ if is_closed => Status::Closed,
        Some(Status::Ok) if without_forecast > 0 || has_stopped => Status::Wide,
        // All its days are final, but the cycle may still be charged.
        Some(Status::Closed) => Status::Wide,
        Some(status) => status,
        None => Status::Insufficient,
    }
}
