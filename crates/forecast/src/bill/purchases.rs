//! Recurring purchases of a unit, each carried by itself.
//!
//! A sum of purchases would hide one behind another that comes near its day. What is expected of a purchase
//! stands in the rows in which its last charges stand.

use super::{Bill, Unit, known::View};
use crate::{
    calendar::rule_of,
    recurring::{expected_charges, last_payment},
};
use billing::{BillingCycle, CostSeries};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Expected charges by day.
pub(crate) type Charges = BTreeMap<NaiveDate, f64>;

/// Charges that are expected in one cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Carried {
    /// Of the unit.
    pub unit: Charges,
    /// Of its rows that have no parts, by their place among the bill's rows.
    pub rows: BTreeMap<usize, Charges>,
}

/// What is expected of the purchases of a unit in a cycle.
pub(crate) fn carried(bill: &Bill, unit: &Unit, cycle: BillingCycle, view: &View) -> Carried {
    let mut all = Carried::default();
    let series = |place: usize| view.seen(bill.purchases.get(place));
    for purchase in &unit.purchases {
        let charges = series(purchase.charges);
        let mut expected = expected_charges(&charges, cycle, view.cutoff, view.rule);
        if let Some(payments) = purchase.payments {
            let is_in_term = |day: NaiveDate| {
                let from = covered_from(bill, unit);
                last_payment(&charges, from, day, payments, view.rule).is_none_or(|last| day <= last)
            };
            expected.retain(|(day, _)| is_in_term(*day));
        }
        if expected.is_empty() {
            continue;
        }
        let from = cycle.previous(view.rule).start();
        let shares = shares(purchase.rows.iter().map(|(row, charges)| (*row, series(*charges))), from);
        for (day, amount) in expected {
            *all.unit.entry(day).or_default() += amount;
            for (row, share) in &shares {
                *all.rows.entry(*row).or_default().entry(day).or_default() += amount * share;
            }
        }
    }
    all
}

/// The first day of which the data has costs of a unit.
fn covered_from(bill: &Bill, unit: &Unit) -> NaiveDate {
    unit.facts.covered_from.unwrap_or(bill.series.get(unit.series).level.start)
}

impl Bill {
    /// Purchases whose last payment falls into the asked cycles, with its day: unit, place among its purchases, day.
    #[must_use]
    pub fn last_payments(&self) -> Vec<(usize, usize, NaiveDate)> {
        let mut found = Vec::new();
        for (place, unit) in self.units.iter().enumerate() {
            let (Some(first), Some(last)) = (unit.facts.cycles.first(), unit.facts.cycles.last()) else {
                continue;
            };
            let from = covered_from(self, unit);
            let (asked, rule) = (first.cycle.start()..last.cycle.end(), rule_of(first.cycle));
            for (own, purchase) in unit.purchases.iter().enumerate() {
                let charges = self.purchases.get(purchase.charges);
                let newest =
                    first.cycle.previous(rule).start().iter_days().take_while(|day| *day < charges.end());
                let paid = newest.filter(|day| charges.value_on(*day).is_some_and(|amount| amount != 0.0));
                let ends = paid.filter_map(|day| last_payment(&charges, from, day, purchase.payments?, rule));
                let mut ends: Vec<NaiveDate> = ends.filter(|day| asked.contains(day)).collect();
                ends.dedup();
                found.extend(ends.into_iter().map(|day| (place, own, day)));
            }
        }
        found
    }
}

/// How charges are shared out to rows: like those since `from`, or like all where there are none since then.
fn shares<'a>(
    rows: impl Iterator<Item = (usize, CostSeries<'a>)> + Clone,
    from: NaiveDate,
) -> Vec<(usize, f64)> {
    let since = |first: NaiveDate| -> Vec<(usize, f64)> {
        let sum = |series: CostSeries<'_>| {
            let skipped = (first - series.start).num_days().max(0) as usize;
            let values = series.values.get(skipped..).unwrap_or_default();
            values.iter().filter(|value| !value.is_nan()).sum::<f64>().abs()
        };
        rows.clone().map(|(row, series)| (row, sum(series))).collect()
    };
    let total = |sums: &[(usize, f64)]| sums.iter().map(|(_, sum)| sum).sum::<f64>();
    let mut sums = since(from);
    if total(&sums) <= 0.0 {
        sums = since(NaiveDate::MIN);
    }
    let (all, count) = (total(&sums), sums.len());
    sums.iter_mut().for_each(|(_, sum)| *sum = if all > 0.0 { *sum / all } else { 1.0 / count as f64 });
    sums
}
