//! Quantiles of an uncertain amount: bounds at any levels, one type from the engine to the renderers.
//!
//! Between two stored levels the value is linear in normal scores (the quantiles of a normal law). Above the
//! highest level the share falls like `1 ÷ (1 + z ÷ 3)`, below the lowest by half with each `z` of a half, where
//! `z` is the distance in gaps between the two outermost levels: as counted on past errors of many series.
//! `cdf` is the inverse of `quantile`. Wrong to add over days or series: the quantiles of a total come
//! from past errors of that total (see [`Quantiles::add_comonotone`]).

use crate::{Error, Result};
use billing::Amount;
use statrs::function::erf::{erfc, erfc_inv};
use std::{
    borrow::Cow,
    ops::{Add, Sub},
};

/// The levels of the engine's own quantiles: the ends of the 95 % and 80 % intervals, and the point.
pub const LEVELS: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

/// The shares of cases below the four bounds, lowest first.
pub const SHARES: [f64; 4] = [0.025, 0.1, 0.9, 0.975];

/// Quantiles of a Laplace law with mean absolute value 1 at [`SHARES`]: `± ln(2 · tail)`.
pub const LAPLACE: [f64; 4] =
    [-2.995_732_273_553_991, -1.609_437_912_434_100_3, 1.609_437_912_434_100_3, 2.995_732_273_553_991];

/// A number that can have quantiles: a float in the engine, an exact amount in a result.
pub trait QuantileValue: Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> {
    /// This value times a factor.
    #[must_use]
    fn scaled(self, factor: f64) -> Self;
    /// The nearest float.
    #[must_use]
    fn as_f64(self) -> f64;
}

impl QuantileValue for f64 {
    fn scaled(self, factor: f64) -> Self {
        self * factor
    }
    fn as_f64(self) -> f64 {
        self
    }
}

impl QuantileValue for Amount {
    fn scaled(self, factor: f64) -> Self {
        Amount::from_estimate(self.to_f64() * factor).unwrap_or(self)
    }
    fn as_f64(self) -> f64 {
        self.to_f64()
    }
}

/// Quantiles of an amount; `quantile(0.5)` is the point forecast.
///
/// | part | meaning | range |
/// |---|---|---|
/// | levels | probabilities of an amount at or below the value | ascending, inside 0 to 1 |
/// | values | the quantiles, in the unit of the amount | never descending |
/// | floor | no amount lies below | at most the lowest value, or none |
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles<T = f64> {
    levels: Cow<'static, [f64]>,
    values: Vec<T>,
    floor: Option<T>,
}

impl<T: QuantileValue> Quantiles<T> {
    /// Quantiles at any levels.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one value for each level, or none at all;
    /// [`Error::NotAscending`] when levels are not ascending inside 0 to 1, or values descend.
    ///
    /// ```
    /// use forecast::Quantiles;
    /// let total = Quantiles::new(vec![0.25, 0.5, 0.75], vec![90.0, 100.0, 120.0]).unwrap();
    /// assert!((total.quantile(0.625) - 109.4).abs() < 0.1);
    /// assert!((total.cdf(95.0) - 0.368).abs() < 0.001);
    /// // A quarter of the cases is above 120, and half of these above 180: three gaps of 20 further.
    /// assert!((total.quantile(0.875) - 180.0).abs() < 1e-9);
    /// ```
    pub fn new(levels: Vec<f64>, values: Vec<T>) -> Result<Self> {
        if values.len() != levels.len() || values.is_empty() {
            let needed = levels.len().max(1);
            return Err(Error::Shape { what: "values of quantiles", needed, got: values.len() });
        }
        let inside = levels.iter().all(|level| *level > 0.0 && *level < 1.0);
        if !inside || !levels.is_sorted_by(|one, next| one < next) {
            return Err(Error::NotAscending { what: "levels of quantiles" });
        }
        if !values.is_sorted_by(|one, next| one <= next) || values.iter().any(|v| v.as_f64().is_nan()) {
            return Err(Error::NotAscending { what: "values of quantiles" });
        }
        Ok(Self { levels: Cow::Owned(levels), values, floor: None })
    }

    /// A point with the bounds of its 95 % and 80 % intervals, lowest first, at [`LEVELS`]. Bounds are
    /// brought into order around the point, and raised to the floor (or to the point, if that is lower).
    #[must_use]
    pub fn around(point: T, [lower95, lower80, upper80, upper95]: [T; 4], floor: Option<T>) -> Self {
        let floor = floor.map(|floor| smallest(floor, point));
        let raised = |bound: T| floor.map_or(bound, |floor| largest(bound, floor));
        let lower80 = smallest(raised(lower80), point);
        let upper80 = largest(raised(upper80), point);
        let lower95 = smallest(raised(lower95), lower80);
        let upper95 = largest(raised(upper95), upper80);
        Self {
            levels: Cow::Borrowed(&LEVELS),
            values: vec![lower95, lower80, point, upper80, upper95],
            floor,
        }
    }

    /// An amount that is certain: every quantile is the value.
    #[must_use]
    pub fn exactly(value: T) -> Self {
        Self { levels: Cow::Borrowed(&LEVELS), values: vec![value; LEVELS.len()], floor: Some(value) }
    }

    /// The levels, ascending.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The value at each level, never descending.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The value that no amount lies below; `None` where credits make any possible.
    #[must_use]
    pub fn floor(&self) -> Option<T> {
        self.floor
    }

    /// The point forecast: the quantile at one half.
    #[must_use]
    pub fn point(&self) -> T {
        self.quantile(0.5)
    }

    /// The ends of the central interval that holds this share of the cases, such as 0.8.
    #[must_use]
    pub fn interval(&self, share: f64) -> [T; 2] {
        let tail = (1.0 - share) / 2.0;
        [self.near(tail), self.near(1.0 - tail)]
    }

    /// The bounds of the 95 % and the 80 % interval, lowest first.
    #[must_use]
    pub fn bounds(&self) -> [T; 4] {
        let ([low95, high95], [low80, high80]) = (self.interval(0.95), self.interval(0.8));
        [low95, low80, high80, high95]
    }

    /// Whether nothing is uncertain.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.values.first() == self.values.last()
    }

    /// The smallest value that an amount lies at or below with probability `p`, a number inside 0 to 1
    /// (outside it the outermost float inside is taken).
    #[must_use]
    pub fn quantile(&self, p: f64) -> T {
        let p = p.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
        let next = self.levels.partition_point(|level| *level < p);
        let last = self.levels.len() - 1;
        let value = if next > last {
            let gaps = UPPER_GAPS * ((1.0 - self.levels[last]) / (1.0 - p) - 1.0);
            self.values[last] + self.upper_gap().scaled(gaps)
        } else if self.levels[next] == p {
            return self.values[next];
        } else if next == 0 {
            self.values[0] - self.lower_gap().scaled(LOWER_GAPS * (self.levels[0] / p).log2())
        } else {
            let (low, high) = (self.values[next - 1], self.values[next]);
            let [from, to] = [next - 1, next].map(|place| score(self.levels[place]));
            let share = (score(p) - from) / (to - from);
            smallest(low + (high - low).scaled(share), high)
        };
        self.floor.map_or(value, |floor| largest(value, floor))
    }

    /// The probability that the amount is at or below `x`; 0 below the floor, never descending in `x`.
    #[must_use]
    pub fn cdf(&self, x: T) -> f64 {
        if self.floor.is_some_and(|floor| x < floor) {
            return 0.0;
        }
        let above = self.values.partition_point(|value| *value <= x);
        let last = self.values.len() - 1;
        let (x, at) = (x.as_f64(), |index: usize| self.values[index].as_f64());
        if above > last {
            let gap = self.upper_gap().as_f64();
            let tail = if gap > 0.0 { 1.0 / (1.0 + (x - at(last)) / gap / UPPER_GAPS) } else { 0.0 };
            return 1.0 - (1.0 - self.levels[last]) * tail;
        }
        if above == 0 {
            let gap = self.lower_gap().as_f64();
            let halvings = (at(0) - x) / gap / LOWER_GAPS;
            return if gap > 0.0 { self.levels[0] * (-halvings).exp2() } else { 0.0 };
        }
        let (low, high) = (at(above - 1), at(above));
        let share = if high > low { ((x - low) / (high - low)).clamp(0.0, 1.0) } else { 1.0 };
        let [from, to] = [above - 1, above].map(|place| score(self.levels[place]));
        share_below(from + share * (to - from)).clamp(self.levels[above - 1], self.levels[above])
    }

    /// The same distribution moved by an amount, its floor with it.
    #[must_use]
    pub fn shift(&self, by: T) -> Self {
        self.map(|value| value + by)
    }

    /// The same distances around another point. The floor stays, so that values that would fall below it
    /// are raised.
    #[must_use]
    pub fn moved_to(&self, point: T) -> Self {
        let by = point - self.point();
        let floor = self.floor.map(|floor| smallest(floor, point));
        let moved = |value: &T| floor.map_or(*value + by, |floor| largest(*value + by, floor));
        let mut values: Vec<T> = self.values.iter().map(moved).collect();
        if let Some(middle) = self.levels.iter().position(|level| *level == 0.5) {
            values[middle] = point;
        }
        Self { levels: self.levels.clone(), values, floor }
    }

    /// Distances from the point times a factor that is not negative; no value falls below the floor.
    #[must_use]
    pub fn widen(&self, factor: f64) -> Self {
        let point = self.point();
        let raised = |value: T| self.floor.map_or(value, |floor| largest(value, floor));
        let widened = |value: &T| raised(point + (*value - point).scaled(factor.max(0.0)));
        let values = self.values.iter().map(widened).collect();
        Self { levels: self.levels.clone(), values, floor: self.floor }
    }

    /// The sum of two amounts that are large together and small together: quantiles add level by level.
    ///
    /// This is the widest sum there is. For errors of one cause (a day's missing part and later
    /// corrections of it) it is right; for parts of a bill, whose errors cancel, it is too wide.
    ///
    /// ```
    /// use forecast::Quantiles;
    /// let day = Quantiles::around(10.0, [6.0, 8.0, 12.0, 14.0], Some(0.0));
    /// assert_eq!(day.add_comonotone(&day).bounds(), [12.0, 16.0, 24.0, 28.0]);
    /// ```
    #[must_use]
    pub fn add_comonotone(&self, other: &Self) -> Self {
        let levels = if self.levels == other.levels {
            self.levels.clone()
        } else {
            let mut all: Vec<f64> = self.levels.iter().chain(other.levels.iter()).copied().collect();
            all.sort_by(f64::total_cmp);
            all.dedup();
            Cow::Owned(all)
        };
        let values = levels.iter().map(|level| self.quantile(*level) + other.quantile(*level)).collect();
        let floor = self.floor.zip(other.floor).map(|(one, other)| one + other);
        Self { levels, values, floor }
    }

    /// The same levels of another unit. `change` must not turn the order round.
    #[must_use]
    pub fn map<U: QuantileValue>(&self, change: impl Fn(T) -> U) -> Quantiles<U> {
        Quantiles {
            levels: self.levels.clone(),
            values: self.values.iter().map(|value| change(*value)).collect(),
            floor: self.floor.map(change),
        }
    }

    /// The quantile at a stored level that differs from `p` by rounding only, else that of `p`.
    fn near(&self, p: f64) -> T {
        let stored = self.levels.iter().position(|level| (level - p).abs() < 1e-12);
        stored.map_or_else(|| self.quantile(p), |index| self.values[index])
    }

    /// The distance of the two highest levels.
    fn upper_gap(&self) -> T {
        let last = self.levels.len() - 1;
        self.values[last] - self.values[last.saturating_sub(1)]
    }

    /// The distance of the two lowest levels.
    fn lower_gap(&self) -> T {
        self.values[1.min(self.levels.len() - 1)] - self.values[0]
    }
}

/// Gaps above the highest level within which the share above halves; it falls ever more slowly.
const UPPER_GAPS: f64 = 3.0;
/// Below the lowest level the share below halves with each of these parts of a gap.
const LOWER_GAPS: f64 = 0.5;

/// The normal score of a probability: its quantile of a normal law.
fn score(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// The probability of a normal score.
fn share_below(score: f64) -> f64 {
    0.5 * erfc(-score / std::f64::consts::SQRT_2)
}

impl Quantiles<Amount> {
    /// Every value rounded to this many digits after the point.
    #[must_use]
    pub fn rounded(&self, digits: u32) -> Self {
        self.map(|value| value.rounded(digits))
    }

    /// The same bounds around a point that was rounded elsewhere, in order around it.
    #[must_use]
    pub fn with_point(&self, point: Amount) -> Self {
        Self::around(point, self.bounds(), self.floor)
    }
}

fn smallest<T: PartialOrd>(one: T, other: T) -> T {
    if other < one { other } else { one }
}

fn largest<T: PartialOrd>(one: T, other: T) -> T {
    if other > one { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_are_brought_into_order_around_the_point() {
        let quantiles = Quantiles::around(10.0, [-5.0, 11.0, 9.0, 8.0], Some(0.0));
        assert_eq!(quantiles.values(), [0.0, 10.0, 10.0, 10.0, 10.0]);
        assert_eq!(Quantiles::exactly(2.0).bounds(), [2.0; 4]);
        assert!(Quantiles::exactly(2.0).is_certain());
    }

    #[test]
    fn levels_and_values_out_of_order_are_refused() {
        let new = |levels: &[f64], values: &[f64]| Quantiles::new(levels.to_vec(), values.to_vec());
        assert!(matches!(new(&[0.1, 0.5], &[1.0]), Err(Error::Shape { needed: 2, got: 1, .. })));
        assert!(matches!(new(&[], &[]), Err(Error::Shape { .. })));
        for levels in [[0.5, 0.5], [0.0, 0.5], [0.5, 1.0]] {
            assert!(matches!(new(&levels, &[1.0, 2.0]), Err(Error::NotAscending { .. })), "{levels:?}");
        }
        assert!(matches!(new(&[0.1, 0.5], &[2.0, 1.0]), Err(Error::NotAscending { .. })));
        assert!(matches!(new(&[0.1, 0.5], &[f64::NAN, 1.0]), Err(Error::NotAscending { .. })));
    }

    #[test]
    fn a_stored_level_gives_its_value_and_between_two_it_is_a_line_in_normal_scores() {
        let total = Quantiles::around(100.0, [80.0, 90.0, 120.0, 140.0], None);
        assert_eq!(total.quantile(0.1), 90.0);
        // 0.5 and 0.9 have the scores 0 and 1.2816; half of the way lies 0.6408, the score of 0.7392.
        assert!((total.quantile(0.739_18) - 110.0).abs() < 1e-3);
        assert!((total.cdf(110.0) - 0.739_18).abs() < 1e-4);
        assert_eq!((total.interval(0.8), total.interval(0.95)), ([90.0, 120.0], [80.0, 140.0]));
    }

    #[test]
    fn tails_are_as_heavy_as_past_errors_were() {
        // Three gaps of 20 above 140 half of the 2.5 % are left; 5 below 80, half a gap of 10, half of them.
        let total = Quantiles::around(100.0, [80.0, 90.0, 120.0, 140.0], None);
        assert!((total.cdf(200.0) - (1.0 - 0.0125)).abs() < 1e-12);
        assert!((total.quantile(1.0 - 0.0125) - 200.0).abs() < 1e-9);
        assert!((total.cdf(75.0) - 0.0125).abs() < 1e-12);
        assert!((total.quantile(0.0125) - 75.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_lies_below_the_floor_and_a_certain_amount_is_a_step() {
        let total = Quantiles::around(100.0, [60.0, 90.0, 120.0, 140.0], Some(80.0));
        assert_eq!(total.quantile(1e-9), 80.0);
        assert_eq!((total.cdf(79.99), total.cdf(80.0)), (0.0, 0.025));
        let certain = Quantiles::exactly(amount("7"));
        assert_eq!((certain.cdf(amount("6.99")), certain.cdf(amount("7"))), (0.0, 1.0));
        assert_eq!(certain.quantile(0.3), amount("7"));
    }

    #[test]
    fn amounts_keep_their_digits_and_are_rounded_once() {
        let bounds = ["1.005", "2.004", "4.005", "5"].map(amount);
        let rounded = Quantiles::around(amount("3.004"), bounds, None).rounded(2);
        assert_eq!(rounded.bounds(), ["1.01", "2", "4.01", "5"].map(amount));
        assert_eq!(rounded.point(), amount("3"));
        // A point that was rounded with its siblings may lie outside: the bounds make room.
        assert_eq!(rounded.with_point(amount("4.02")).bounds(), ["1.01", "2", "4.02", "5"].map(amount));
    }

    #[test]
    fn a_shift_moves_the_floor_and_widening_stops_there() {
        let rest = Quantiles::around(10.0, [2.0, 8.0, 13.0, 20.0], Some(0.0));
        assert_eq!(rest.shift(5.0).bounds(), [7.0, 13.0, 18.0, 25.0]);
        assert_eq!(rest.shift(5.0).floor(), Some(5.0));
        assert_eq!(rest.widen(2.0).bounds(), [0.0, 6.0, 16.0, 30.0]);
        assert_eq!(rest.widen(0.0).bounds(), [10.0; 4]);
    }

    #[test]
    fn a_distribution_that_is_moved_to_a_point_stays_above_the_floor() {
        let rest = Quantiles::around(10.0, [2.0, 8.0, 13.0, 20.0], Some(0.0));
        assert_eq!(rest.moved_to(5.0).values(), [0.0, 3.0, 5.0, 8.0, 15.0]);
        // A point below the floor takes the floor with it.
        assert_eq!(Quantiles::exactly(0.0).moved_to(-3.0).values(), [-3.0; 5]);
    }

    #[test]
    fn sums_of_other_levels_hold_the_levels_of_both() {
        let three = Quantiles::new(vec![0.25, 0.5, 0.75], vec![1.0, 2.0, 3.0]).unwrap();
        let sum = three.add_comonotone(&Quantiles::exactly(1.0));
        assert_eq!(sum.levels().len(), LEVELS.len() + 2);
        assert_eq!((sum.quantile(0.25), sum.point(), sum.quantile(0.75)), (2.0, 3.0, 4.0));
    }

    fn any() -> impl Strategy<Value = Quantiles> {
        let floor = prop::option::of(Just(-50.0));
        (-100.0..100.0_f64, prop::array::uniform4(-200.0..200.0_f64), floor).prop_map(
            |(point, mut bounds, floor)| {
                bounds.sort_by(f64::total_cmp);
                Quantiles::around(point, bounds, floor)
            },
        )
    }

    proptest! {
        #[test]
        fn quantiles_and_probabilities_never_descend(
            one in any(), mut p in prop::array::uniform2(0.0..1.0_f64), mut x in prop::array::uniform2(-300.0..300.0_f64),
        ) {
            p.sort_by(f64::total_cmp);
            x.sort_by(f64::total_cmp);
            prop_assert!(one.quantile(p[0]) <= one.quantile(p[1]));
            prop_assert!(one.cdf(x[0]) <= one.cdf(x[1]) + 1e-15);
            prop_assert!((0.0..=1.0).contains(&one.cdf(x[0])));
            prop_assert!(one.quantile(p[0]).is_finite());
        }

        #[test]
        fn a_probability_is_found_again(one in any(), p in 0.0001..0.9999_f64) {
            // At a step the probability jumps over p.
            prop_assert!(one.cdf(one.quantile(p) + 1e-9) >= p - 1e-9);
            prop_assert!(one.cdf(one.quantile(p) - 1e-6) <= p + 1e-9);
        }

        #[test]
        fn sums_of_quantiles_are_quantiles_of_a_comonotone_sum(one in any(), other in any(), p in 0.001..0.999_f64) {
            let sum = one.add_comonotone(&other);
            let parts = one.quantile(p) + other.quantile(p);
            // Below its floor a part adds the floor, which the sum knows only where both have one.
            let exact = one.floor().is_none() && other.floor().is_none();
            prop_assert!(sum.quantile(p) <= parts + 60.0 * 1e-9);
            prop_assert!(!exact || (sum.quantile(p) - parts).abs() < 60.0 * 1e-9);
            prop_assert!(sum.values().is_sorted());
        }
    }
}
