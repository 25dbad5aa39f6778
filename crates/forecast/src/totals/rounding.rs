//! Rounding of a tree to the minor unit.
//!
//! Actual amounts are rounded each by itself from the exact sum: they are facts, and no cent of them is
//! moved. The total of an open group is rounded from its exact sum, and shared out to its open parts by
//! largest remainder, so that only forecasts absorb a cent. What remains is total less actual. The total
//! of a closed group is its actual amount.

use billing::{Amount, Currency, apportion};

/// What is rounded of one node of the tree.
pub(crate) struct Exact<'a> {
    /// Charged so far.
    pub(crate) actual: Amount,
    /// Still expected.
    pub(crate) remaining: Amount,
    /// Whether the total is a forecast: it is open, and has one.
    pub(crate) is_forecast: bool,
    /// Its currency.
    pub(crate) currency: Option<&'a Currency>,
    /// Its parent's place among the nodes, which is before its own.
    pub(crate) parent: Option<usize>,
}

/// The rounded actual amount and total of every node.
pub(crate) fn rounded(nodes: &[Exact<'_>]) -> Vec<(Amount, Amount)> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut amounts: Vec<(Amount, Amount)> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let digits = digits(node.currency);
        let actual = node.actual.rounded(digits);
        let total = if node.is_forecast { (node.actual + node.remaining).rounded(digits) } else { actual };
        amounts.push((actual, total));
        if let Some(parent) = node.parent {
            children[parent].push(index);
        }
    }
    // Parents stand before their parts, so each is final when its turn comes.
    for (parent, parts) in children.iter().enumerate().filter(|(parent, _)| nodes[*parent].is_forecast) {
        let (open, fixed): (Vec<usize>, Vec<usize>) =
            parts.iter().copied().partition(|part| nodes[*part].is_forecast);
        let known: Amount = fixed.iter().map(|part| amounts[*part].1).sum();
        let exact: Vec<Amount> =
            open.iter().map(|part| nodes[*part].actual + nodes[*part].remaining).collect();
        let shares = apportion(&exact, amounts[parent].1 - known, digits(nodes[parent].currency));
        for (part, share) in open.into_iter().zip(shares) {
            amounts[part].1 = share;
        }
    }
    amounts
}

/// An estimate as an amount; 0 where it is too large to be one.
pub(super) fn estimate(value: f64) -> Amount {
    Amount::from_estimate(value).unwrap_or_default()
}

/// Digits that are kept: of the currency's minor unit; plain numbers keep six.
pub(crate) fn digits(currency: Option<&Currency>) -> u32 {
    currency.map_or(6, Currency::minor_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node<'a>(actual: &str, remaining: &str, parent: Option<usize>, currency: &'a Currency) -> Exact<'a> {
        let [actual, remaining] = [actual, remaining].map(|text| text.parse().unwrap());
        Exact { actual, remaining, is_forecast: true, currency: Some(currency), parent }
    }

    #[test]
    fn actual_amounts_are_never_moved_and_only_forecasts_absorb_a_cent() {
        let euro = "EUR".parse().unwrap();
        let mut nodes = vec![node("30.012", "1", None, &euro)];
        nodes.extend((0..3).map(|_| node("10.004", "0.333333", Some(0), &euro)));
        let text: Vec<_> =
            rounded(&nodes).iter().map(|(actual, total)| (actual.to_fixed(2), total.to_fixed(2))).collect();
        // 30.012 is 30.01, three times 10.004 is 10.00; 31.01 is shared out as 10.34, 10.34 and 10.33.
        let of = |actual: &str, total: &str| (actual.to_owned(), total.to_owned());
        assert_eq!(
            text,
            [of("30.01", "31.01"), of("10.00", "10.34"), of("10.00", "10.34"), of("10.00", "10.33")]
        );
    }

    #[test]
    fn closed_rows_are_their_actual_amounts_and_need_not_add_up() {
        let euro = "EUR".parse().unwrap();
        let mut nodes = vec![node("0.012", "0", None, &euro)];
        nodes.extend((0..3).map(|_| node("0.004", "0", Some(0), &euro)));
        nodes.iter_mut().for_each(|node| node.is_forecast = false);
        let totals: Vec<String> = rounded(&nodes).iter().map(|(_, total)| total.to_fixed(2)).collect();
        assert_eq!(totals, ["0.01", "0.00", "0.00", "0.00"]);
        // Beside closed parts the open one is what is left of the total.
        nodes[0] = node("0.012", "0.5", None, &euro);
        nodes[3] = node("0.004", "0.5", Some(0), &euro);
        let totals: Vec<String> = rounded(&nodes).iter().map(|(_, total)| total.to_fixed(2)).collect();
        assert_eq!(totals, ["0.51", "0.00", "0.00", "0.51"]);
    }
}
