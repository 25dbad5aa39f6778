//! Exact money: a decimal with 18 digits after the point, held as an integer.
//!
//! The scale is that of the charge frame (`Decimal(38, 18)`): cost exports carry up to 28 digits, of
//! which those beyond the 18th are rounded there and counted by the reader. There is one rounding rule (half
//! away from zero, as on an invoice line) and one named conversion each way to `f64`.
//!
//! An amount has no currency of its own: it is always a column beside a [`crate::Currency`], and the
//! types that add amounts up hold one currency each.

use crate::{Error, Result};
use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
    str::FromStr,
};

/// Digits after the decimal point of an [`Amount`].
pub const AMOUNT_SCALE: u32 = 18;
const ONE: i128 = 10_i128.pow(AMOUNT_SCALE);

/// A decimal amount, exact to 18 digits after the point; its magnitude stays below 1.7e20.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);
    /// One.
    pub const ONE: Amount = Amount(ONE);

    /// The amount that is `units` × 10⁻¹⁸, as a `Decimal(38, 18)` column stores it.
    #[must_use]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(number: u64) -> Self {
        Self(number as i128 * ONE)
    }

    /// The stored integer: the amount × 10¹⁸.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// The nearest `f64`, for arithmetic of forecasts, which is never exact.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // Whole and fraction apart: each fits into the 53 bits better than their joint integer.
        (self.0 / ONE) as f64 + (self.0 % ONE) as f64 / ONE as f64
    }

    /// The amount nearest to an estimate, cut at the sixth digit after the point.
    ///
    /// Digits of a float beyond that are noise; cutting them here makes forecasts print alike on
    /// every machine. Not a number and amounts beyond the range give `None`.
    #[must_use]
    pub fn from_estimate(value: f64) -> Option<Self> {
        let millionths = (value * 1e6).round();
        (millionths.is_finite() && millionths.abs() < 1e26)
            .then(|| Self(millionths as i128 * 10_i128.pow(AMOUNT_SCALE - 6)))
    }

    /// The amount that the shortest text of a float shows, for values that came as floats.
    ///
    /// Not a number and amounts beyond the range give `None`.
    #[must_use]
    pub fn from_shortest(value: f64) -> Option<Self> {
        value.to_string().parse().ok()
    }

    /// Rounded half away from zero to `digits` digits after the point.
    ///
    /// ```
    /// use billing::Amount;
    /// let amount: Amount = "-2.345".parse().unwrap();
    /// assert_eq!(amount.rounded(2).to_string(), "-2.35");
    /// ```
    #[must_use]
    pub fn rounded(self, digits: u32) -> Self {
        let unit = minor_unit(digits);
        let half = unit / 2;
        Self((self.0 + self.0.signum() * half) / unit * unit)
    }

    /// The sum, `None` where it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The product with a factor of as many digits, rounded half away from zero at the 18th digit after
    /// the point; `None` where it does not fit.
    ///
    /// ```
    /// use billing::Amount;
    /// let (quantity, price): (Amount, Amount) = ("1234567.5".parse().unwrap(), "0.000018".parse().unwrap());
    /// assert_eq!(quantity.times(price).unwrap().to_string(), "22.222215");
    /// ```
    #[must_use]
    pub fn times(self, factor: Self) -> Option<Self> {
        let (high, low) = wide_product(self.0.unsigned_abs(), factor.0.unsigned_abs());
        let units = i128::try_from(divided_by_one(high, low)?).ok()?;
        Some(Self(if (self.0 < 0) == (factor.0 < 0) { units } else { -units }))
    }

    /// A part of it, rounded half away from zero at the 18th digit after the point; 0 divides by 1.
    ///
    /// ```
    /// use billing::Amount;
    /// let hours: Amount = "730".parse().unwrap();
    /// assert_eq!(hours.divided_by(100).to_string(), "7.3");
    /// ```
    #[must_use]
    pub fn divided_by(self, parts: u64) -> Self {
        let parts = i128::from(parts.max(1));
        let half = self.0.signum() * (parts / 2);
        Self(self.0.checked_add(half).map_or(self.0 / parts, |units| units / parts))
    }

    /// Greater than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Plain digits with exactly `digits` of them after the point, rounded.
    #[must_use]
    pub fn to_fixed(self, digits: u32) -> String {
        let rounded = self.rounded(digits).0;
        let sign = if rounded < 0 { "-" } else { "" };
        let (whole, fraction) = (rounded.abs() / ONE, rounded.abs() % ONE);
        match digits {
            0 => format!("{sign}{whole}"),
            _ => {
                let all = format!("{fraction:018}");
                format!("{sign}{whole}.{}", &all[..digits.min(AMOUNT_SCALE) as usize])
            }
        }
    }
}

/// Shares an amount out by weights, exactly: the shares sum to it.
///
/// Each share is cut at the 18th digit after the point; what is left goes to those that lost most, the
/// heavier one where two lost the same. Weights of both signs, or none above zero, tell no shares: the
/// largest takes all.
///
/// ```
/// use billing::{Amount, share_out};
/// let amount = |text: &str| text.parse::<Amount>().unwrap();
/// assert_eq!(share_out(amount("2"), &[amount("1"), amount("3")]), [amount("0.5"), amount("1.5")]);
/// ```
#[must_use]
pub fn share_out(total: Amount, weights: &[Amount]) -> Vec<Amount> {
    // Most days of use have one row, and no long division then.
    if weights.len() == 1 {
        return vec![total];
    }
    let sum: Option<i128> = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(weight.0.abs()));
    let negative = weights.iter().filter(|weight| weight.is_negative()).count();
    let sum = sum
        .filter(|sum| *sum > 0 && (negative == 0 || negative == weights.iter().filter(|w| w.0 != 0).count()));
    let mut shares = vec![Amount::ZERO; weights.len()];
    let Some(sum) = sum else {
        if let Some(largest) =
            (0..weights.len()).max_by_key(|place| (weights[*place].0, std::cmp::Reverse(*place)))
        {
            shares[largest] = total;
        }
        return shares;
    };
    let (size, sign) = (total.0.unsigned_abs(), total.0.signum());
    let mut lost = Vec::with_capacity(weights.len());
    let mut left = size;
    for (place, weight) in weights.iter().enumerate() {
        let (share, rest) = divided(wide_product(size, weight.0.unsigned_abs()), sum.unsigned_abs());
        left -= share;
        shares[place] = Amount(share as i128 * sign);
        lost.push((std::cmp::Reverse(rest), std::cmp::Reverse(weight.0.abs()), place));
    }
    lost.sort_unstable();
    for (_, _, place) in lost.into_iter().take(left as usize) {
        shares[place].0 += sign;
    }
    shares
}

/// 256 bits divided by a number that makes the quotient fit: quotient and rest.
fn divided((high, low): (u128, u128), divisor: u128) -> (u128, u128) {
    let (mut rest, mut quotient) = (high, 0_u128);
    for bit in (0..u128::BITS).rev() {
        let carry = rest >> (u128::BITS - 1);
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    (quotient, rest)
}

/// The product of two numbers, as its upper and lower 128 bits.
fn wide_product(a: u128, b: u128) -> (u128, u128) {
    let halves = |value: u128| (value >> 64, value & u128::from(u64::MAX));
    let ((a1, a0), (b1, b0)) = (halves(a), halves(b));
    let (middle, carry) = (a1 * b0).overflowing_add(a0 * b1);
    let (low, more) = (a0 * b0).overflowing_add(middle << 64);
    (a1 * b1 + (middle >> 64) + (u128::from(carry) << 64) + u128::from(more), low)
}

/// 256 bits divided by 10¹⁸, rounded half up; `None` where the result needs more than 128 bits.
fn divided_by_one(high: u128, low: u128) -> Option<u128> {
    let one = ONE.unsigned_abs();
    let (mut rest, mut quotient) = (0, 0_u128);
    for (place, limb) in [high >> 64, high, low >> 64, low].into_iter().enumerate() {
        let value = (rest << 64) | (limb & u128::from(u64::MAX));
        if place < 2 && value / one != 0 {
            return None;
        }
        quotient = (quotient << 64) | (value / one);
        rest = value % one;
    }
    quotient.checked_add(u128::from(rest >= one / 2))
}

/// The stored integer of the last of `digits` digits after the point.
fn minor_unit(digits: u32) -> i128 {
    10_i128.pow(AMOUNT_SCALE - digits.min(AMOUNT_SCALE))
}

/// Rounds parts to `digits` digits so that they add up to `total`, by the largest remainder.
///
/// `total` is rounded first. Each part is cut towards minus infinity; the units left over go to the
/// parts that lost most, the earlier one where two lost the same. When `total` is not the sum of the
/// parts, whole rounds of units are spread first, so the result adds up all the same.
///
/// ```
/// use billing::{Amount, apportion};
/// let third: Amount = "0.333333".parse().unwrap();
/// let parts = apportion(&[third, third, third], "1".parse().unwrap(), 2);
/// let text: Vec<_> = parts.iter().map(|p| p.to_fixed(2)).collect();
/// assert_eq!(text, ["0.34", "0.33", "0.33"]);
/// ```
#[must_use]
pub fn apportion(parts: &[Amount], total: Amount, digits: u32) -> Vec<Amount> {
    if parts.is_empty() {
        return Vec::new();
    }
    let unit = minor_unit(digits);
    let mut cut: Vec<i128> = parts.iter().map(|part| part.0.div_euclid(unit)).collect();
    let missing = total.rounded(digits).0 / unit - cut.iter().sum::<i128>();
    let count = cut.len() as i128;
    let (rounds, left) = (missing.div_euclid(count), missing.rem_euclid(count));
    let mut order: Vec<usize> = (0..cut.len()).collect();
    order.sort_by_key(|&i| (-parts[i].0.rem_euclid(unit), i));
    cut.iter_mut().for_each(|value| *value += rounds);
    for &i in order.iter().take(left as usize) {
        cut[i] += 1;
    }
    cut.into_iter().map(|value| Amount(value * unit)).collect()
}

impl FromStr for Amount {
    type Err = Error;

    /// Reads plain or exponent form, blanks around it allowed; digits beyond the scale are rounded.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = || Error::NotAnAmount(text.to_owned());
        let trimmed = text.trim();
        let (mantissa, exponent) = match trimmed.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| refuse())?),
            None => (trimmed, 0),
        };
        let negative = mantissa.starts_with('-');
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.len() + fraction.len() == 0
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return Err(refuse());
        }
        // Where the last kept digit stands, counted from the start of all digits.
        let kept = whole.len() as i64 + i64::from(exponent) + i64::from(AMOUNT_SCALE);
        let mut units = 0_i128;
        let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat(b'0'));
        if kept > 0 {
            let written = (whole.len() + fraction.len()) as i64;
            for (i, digit) in digits.take(kept.min(written + 60) as usize).enumerate() {
                if units == 0 && i as i64 >= written {
                    break; // only zeros were written, however large the exponent
                }
                units = units
                    .checked_mul(10)
                    .and_then(|u| u.checked_add(i128::from(digit - b'0')))
                    .ok_or_else(refuse)?;
            }
            if units != 0 && kept > written + 60 {
                return Err(refuse());
            }
            let next = whole.bytes().chain(fraction.bytes()).nth(kept as usize);
            units += i128::from(next.is_some_and(|digit| digit >= b'5'));
        }
        Ok(Self(if negative { -units } else { units }))
    }
}

impl fmt::Display for Amount {
    /// Plain digits without trailing zeros, at least none after the point.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.to_fixed(AMOUNT_SCALE);
        f.pad(all.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect("a valid amount")
    }

    #[test]
    fn text_of_a_cost_file_is_read_to_the_eighteenth_digit() {
        assert_eq!(amount("0.0000047262835770146208772526").units(), 4_726_283_577_015);
        assert_eq!(amount("1.5E-05").to_string(), "0.000015");
        assert_eq!(amount(" 7E-06 ").to_string(), "0.000007");
        assert_eq!(amount("1.542000000000000299").to_string(), "1.542000000000000299");
        assert_eq!(amount("-0").to_string(), "0");
        assert_eq!(amount("24").to_string(), "24");
        assert_eq!(amount("0e999999").to_string(), "0");
    }

    #[test]
    fn text_that_is_no_amount_is_refused() {
        for text in ["", " ", "NaN", "inf", "1.234,56", "1e309", "1e", "--1", "1_000", ".", "0x10", "1e21"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn half_rounds_away_from_zero() {
        assert_eq!(amount("0.005").rounded(2), amount("0.01"));
        assert_eq!(amount("-0.005").rounded(2), amount("-0.01"));
        assert_eq!(amount("0.0049").rounded(2), Amount::ZERO);
        assert_eq!(amount("149.5").to_fixed(0), "150");
        assert_eq!(amount("-0.004").to_fixed(2), "0.00");
    }

    #[test]
    fn a_product_is_exact_until_it_is_rounded() {
        let product = |a: &str, b: &str| amount(a).times(amount(b)).map(|product| product.to_string());
        assert_eq!(product("0.000000001", "0.000000001").as_deref(), Some("0.000000000000000001"));
        assert_eq!(product("-0.0000000005", "0.000000001").as_deref(), Some("-0.000000000000000001"));
        assert_eq!(product("0.00000000049", "0.000000001").as_deref(), Some("0"));
        assert_eq!(product("100000000000000000000", "1").as_deref(), Some("100000000000000000000"));
        assert_eq!(product("100000000000000000000", "2"), None);
        assert_eq!(
            product("123456789.123456789", "-987654321.987654321").as_deref(),
            Some("-121932631356500531.347203169112635269")
        );
    }

    #[test]
    fn weights_that_tell_no_shares_leave_all_to_the_largest() {
        let shares = |total: &str, weights: &[&str]| {
            let weights: Vec<Amount> = weights.iter().map(|weight| amount(weight)).collect();
            share_out(amount(total), &weights).iter().map(Amount::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shares("1", &["0", "0"]), ["1", "0"]);
        assert_eq!(shares("1", &["-1", "2"]), ["0", "1"]);
        assert_eq!(shares("-3", &["-1", "-2"]), ["-1", "-2"]);
        assert_eq!(shares("0.000000000000000001", &["1", "2", "1"]), ["0", "0.000000000000000001", "0"]);
        assert!(share_out(amount("1"), &[]).is_empty());
    }

    #[test]
    fn an_estimate_that_is_no_number_gives_none() {
        assert_eq!(Amount::from_estimate(f64::NAN), None);
        assert_eq!(Amount::from_estimate(f64::INFINITY), None);
        assert_eq!(Amount::from_estimate(1.1), Some(amount("1.1")));
    }

    #[test]
    fn parts_that_do_not_add_up_are_still_brought_to_the_total() {
        let parts = apportion(&[amount("1"), amount("2")], amount("10"), 0);
        assert_eq!(parts.iter().copied().sum::<Amount>(), amount("10"));
    }

    proptest! {
        #[test]
        fn printing_and_reading_give_the_same_amount(units in -10_i128.pow(36)..10_i128.pow(36)) {
            let value = Amount::from_units(units);
            prop_assert_eq!(value.to_string().parse::<Amount>().unwrap(), value);
        }

        #[test]
        fn products_of_whole_numbers_are_those_of_integers(a in -10_i128.pow(9)..10_i128.pow(9), b in -10_i128.pow(9)..10_i128.pow(9)) {
            let whole = |value: i128| Amount::from_units(value * ONE);
            prop_assert_eq!(whole(a).times(whole(b)), Some(whole(a * b)));
        }

        #[test]
        fn shares_sum_to_what_is_shared_and_follow_the_weights(
            units in -10_i128.pow(30)..10_i128.pow(30), weights in prop::collection::vec(0_i128..10_i128.pow(25), 1..9),
        ) {
            let weights: Vec<Amount> = weights.into_iter().map(Amount::from_units).collect();
            let shares = share_out(Amount(units), &weights);
            prop_assert_eq!(shares.iter().copied().sum::<Amount>(), Amount(units));
            let sum: f64 = weights.iter().map(|weight| weight.to_f64()).sum();
            for (share, weight) in shares.iter().zip(&weights) {
                let expected = Amount(units).to_f64() * weight.to_f64() / sum.max(f64::MIN_POSITIVE);
                prop_assert!(sum == 0.0 || (share.to_f64() - expected).abs() <= 1e-9 * expected.abs().max(1e-6));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,40}") {
            let _ = text.parse::<Amount>();
        }

        #[test]
        fn apportioned_parts_add_up_and_stay_within_a_unit(
            parts in prop::collection::vec(-10_i128.pow(24)..10_i128.pow(24), 1..20), digits in 0_u32..4,
        ) {
            let parts: Vec<Amount> = parts.into_iter().map(Amount::from_units).collect();
            let total: Amount = parts.iter().copied().sum();
            let rounded = apportion(&parts, total, digits);
            prop_assert_eq!(rounded.iter().copied().sum::<Amount>(), total.rounded(digits));
            for (part, cut) in parts.iter().zip(&rounded) {
                prop_assert!((part.units() - cut.units()).abs() <= minor_unit(digits));
            }
        }
    }
}
