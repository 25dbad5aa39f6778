//! The range of a unit of which parts may have stopped.
//!
//! A part that costs nothing for some days has stopped with a known probability. The unit then lies as much
//! lower, so its distribution is that of every combination of parts that have stopped and parts that return.

use crate::quantiles::{Quantiles, SHARES};

/// A part below this probability of a stop is taken to return, and so is one below this share of the unit.
const LEAST: f64 = 0.05;
/// Parts of which every combination is looked at: the costliest.
const MOST: usize = 6;
/// Halvings by which a quantile is found.
const STEPS: usize = 60;

/// A part that may have stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    /// How probable it is.
    pub probability: f64,
    /// What the part costs when it returns.
    pub usual: f64,
    /// What it is expected to cost.
    pub expected: f64,
}

/// The quantiles of a unit around its level, wider by what parts that may have stopped are worth.
pub(super) fn with_stops(around: &Quantiles, mut stops: Vec<Stop>) -> Quantiles {
    let level = around.point();
    let counts =
        |stop: &Stop| (LEAST..=1.0 - LEAST).contains(&stop.probability) && stop.usual > LEAST * level.abs();
    stops.retain(counts);
    stops.sort_by(|one, other| other.usual.total_cmp(&one.usual));
    stops.truncate(MOST);
    if stops.is_empty() {
        return around.clone();
    }
    // What is expected of them is in the level already.
    let mut cases = vec![(1.0, stops.iter().map(|stop| stop.usual - stop.expected).sum::<f64>())];
    for stop in &stops {
        let with = |(weight, shift): &(f64, f64)| {
            [(weight * stop.probability, shift - stop.usual), (weight * (1.0 - stop.probability), *shift)]
        };
        cases = cases.iter().flat_map(with).collect();
    }
    let below = |x: f64| cases.iter().map(|(weight, shift)| weight * around.cdf(x - shift)).sum::<f64>();
    let (least, most) = (SHARES[0] / 10.0, 1.0 - SHARES[0] / 10.0);
    let shifts = || cases.iter().map(|(_, shift)| *shift);
    let lowest = around.quantile(least) + shifts().fold(f64::INFINITY, f64::min);
    let highest = around.quantile(most) + shifts().fold(f64::NEG_INFINITY, f64::max);
    let bounds = SHARES.map(|share| {
        let (mut low, mut high) = (lowest, highest);
        for _ in 0..STEPS {
            let middle = f64::midpoint(low, high);
            if below(middle) < share { low = middle } else { high = middle }
        }
        high
    });
    Quantiles::around(level, bounds, around.floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_stops_with_even_odds_makes_the_range_as_wide_as_it_is_large() {
        let around = Quantiles::around(100.0, [96.0, 98.0, 102.0, 104.0], Some(0.0));
        let stop = Stop { probability: 0.5, usual: 50.0, expected: 50.0 };
        let [_, low, high, _] = with_stops(&around, vec![stop]).bounds();
        // A fifth of the cases of each half lies outside: 98 less 50 and more, and 102 and less.
        assert!((48.0..50.0).contains(&low) && (100.0..102.0).contains(&high), "{low} {high}");
        let sure = Stop { probability: 0.99, expected: 0.0, ..stop };
        assert_eq!(with_stops(&around, vec![sure]), around);
        assert_eq!(with_stops(&around, Vec::new()), around);
    }
}
