//! Recurring purchases of a unit, each carried by itself.
//!
//! A sum of purchases would hide one behind another that comes near its day. What is expected of a purchase
//! stands in the rows in which its last charges stand.

use super::{Bill, Unit, known::View};
use crate::recurring::expected_charges;
use billing::{BillingCycle, CostSeries};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Expected charges by day.
pub(super) type Charges = BTreeMap<NaiveDate, f64>;

/// Charges that are expected in one cycle.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Carried {
    /// Of the unit.
    pub unit: Charges,
    /// Of its rows that have no parts, by their place among the bill's rows.
    pub rows: BTreeMap<usize, Charges>,
}

/// What is expected of the purchases of a unit in a cycle.
pub(super) fn carried(bill: &Bill, unit: &Unit, cycle: BillingCycle, view: &View) -> Carried {
    let mut all = Carried::default();
    let series = |place: usize| view.seen(bill.purchases.get(place));
    for purchase in &unit.purchases {
        let expected = expected_charges(&series(purchase.charges), cycle, view.cutoff, view.rule);
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
