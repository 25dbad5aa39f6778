//! The lines of a total: what is charged by line, and how the expected charges are shared out to them.
//!
//! The expected level of a leaf is shared out like its charges of the last 28 days, its recurring charges
//! like the last ones. Wrong where a marketplace product begins or ends.

use super::group_total::LineTotal;
use billing::{Amount, BillingCycle, LineSums, TotalLine, apportion};
use std::collections::BTreeMap;

/// What a leaf adds to the lines of a total.
pub(crate) struct LeafLines<'a> {
    /// Its charges by line.
    pub sums: &'a LineSums,
    /// Its expected level.
    pub level: f64,
    /// Its expected recurring charges.
    pub recurring: f64,
}

/// The lines of a cycle's total, which add up to `actual` and to `total`; none where no leaf has any.
pub(crate) fn line_totals(
    cycle: BillingCycle,
    leaves: &[LeafLines<'_>],
    (actual, total): (Amount, Amount),
    digits: u32,
) -> Vec<LineTotal> {
    let mut exact: BTreeMap<TotalLine, (Amount, f64)> = BTreeMap::new();
    for leaf in leaves {
        for ((_, line), amount) in leaf.sums.so_far.iter().filter(|((of, _), _)| *of == cycle) {
            exact.entry(*line).or_default().0 += *amount;
        }
        let shared = [
            (leaf.level, &leaf.sums.level, TotalLine::Usage),
            (leaf.recurring, &leaf.sums.recurring, TotalLine::RecurringPurchases),
        ];
        for (expected, shares, otherwise) in shared.into_iter().filter(|(expected, ..)| *expected != 0.0) {
            let sum: f64 = shares.values().map(|amount| amount.to_f64().max(0.0)).sum();
            if sum > 0.0 {
                for (line, amount) in shares {
                    exact.entry(*line).or_default().1 += expected * amount.to_f64().max(0.0) / sum;
                }
            } else {
                exact.entry(otherwise).or_default().1 += expected;
            }
        }
    }
    if leaves.iter().all(|leaf| leaf.sums.so_far.is_empty()) {
        return Vec::new();
    }
    let so_far: Vec<Amount> = exact.values().map(|(so_far, _)| *so_far).collect();
    let expected =
        |(so_far, rest): &(Amount, f64)| *so_far + Amount::from_estimate(*rest).unwrap_or_default();
    let totals: Vec<Amount> = exact.values().map(expected).collect();
    let amounts = apportion(&so_far, actual, digits).into_iter().zip(apportion(&totals, total, digits));
    let line = |(line, (actual, total))| LineTotal { line, actual, total };
    let is_nothing = |line: &LineTotal| line.actual == Amount::ZERO && line.total == Amount::ZERO;
    exact.into_keys().zip(amounts).map(line).filter(|line| !is_nothing(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::month;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn lines_are_exclusive_and_add_up_to_actual_and_total() {
        let cycle = month("2026-10-01");
        let mut sums = LineSums::default();
        for (line, so_far) in [
            (TotalLine::Usage, "60"),
            (TotalLine::MarketplaceUsage, "20"),
            (TotalLine::MarketplacePurchases, "12.5"),
            (TotalLine::Corrections, "-0.15"),
        ] {
            sums.so_far.insert((cycle, line), amount(so_far));
        }
        sums.level = [(TotalLine::Usage, amount("75")), (TotalLine::MarketplaceUsage, amount("25"))].into();
        sums.recurring = [(TotalLine::SupportPlans, amount("29"))].into();
        let leaves = [LeafLines { sums: &sums, level: 40.0, recurring: 29.0 }];
        let found = line_totals(cycle, &leaves, (amount("92.35"), amount("161.35")), 2);
        let shown: Vec<_> =
            found.iter().map(|line| (line.line, line.actual.to_fixed(2), line.total.to_fixed(2))).collect();
        let of = |line, actual: &str, total: &str| (line, actual.to_owned(), total.to_owned());
        assert_eq!(
            shown,
            [
                of(TotalLine::Usage, "60.00", "90.00"),
                of(TotalLine::MarketplaceUsage, "20.00", "30.00"),
                of(TotalLine::MarketplacePurchases, "12.50", "12.50"),
                of(TotalLine::SupportPlans, "0.00", "29.00"),
                of(TotalLine::Corrections, "-0.15", "-0.15"),
            ]
        );
        assert_eq!(found.iter().map(|line| line.actual).sum::<Amount>(), amount("92.35"));
        assert_eq!(found.iter().map(|line| line.total).sum::<Amount>(), amount("161.35"));
        assert!(line_totals(cycle, &[], (amount("1"), amount("2")), 2).is_empty());
    }
}
