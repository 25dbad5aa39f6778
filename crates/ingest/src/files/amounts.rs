//! Amounts of rows, exact from what a file holds: units of 10⁻¹⁸ and what is the matter with each.
//!
//! A text such as `12.5` or `1.5E-05` is read digit by digit; digits beyond the 18th after the point round
//! half away from zero and are counted. An amount that a column cannot hold is told apart from a text that
//! is not an amount at all.

use billing::{AMOUNT_SCALE, Amount};

/// The amount is not one, or missing.
pub(crate) const NOT_AMOUNT: u8 = 4;
/// There is none.
pub(crate) const EMPTY: u8 = 8;
/// It has digits after the point beyond those kept.
pub(crate) const EXCESS: u8 = 16;
/// It has more digits before the point than a column can hold.
pub(crate) const TOO_LARGE: u8 = 32;

/// From this size on an amount, in units, does not fit into a column of 38 digits.
pub(crate) const TOO_LARGE_UNITS: i128 = 10_i128.pow(38);

/// Digits after the point that are kept.
const KEPT: usize = AMOUNT_SCALE as usize;
const ONE: i128 = 10_i128.pow(AMOUNT_SCALE);

/// The amounts of some rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// In units of the last digit kept; 0 where there is none.
    pub units: Vec<i128>,
    /// What is the matter with each.
    pub flags: Vec<u8>,
}

impl Amounts {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { units: Vec::with_capacity(rows), flags: Vec::with_capacity(rows) }
    }

    /// Adds the amount that a text shows.
    #[inline]
    pub(crate) fn push_text(&mut self, text: &[u8]) {
        let (units, flags) = parsed(text);
        self.units.push(units);
        self.flags.push(flags);
    }

    /// Adds a number with so many digits after the point.
    #[inline]
    pub(crate) fn push_scaled(&mut self, value: Option<i128>, scale: usize) {
        let (units, flags) = value.map_or((0, EMPTY | NOT_AMOUNT), |value| scaled(value, scale));
        self.units.push(units);
        self.flags.push(flags);
    }

    /// Adds the amount that the shortest text of a number shows.
    pub(crate) fn push_float<F: zmij::Float>(&mut self, value: Option<F>) {
        let Some(value) = value else { return self.push_scaled(None, 0) };
        self.push_text(zmij::Buffer::new().format(value).as_bytes());
        // Digits of a floating-point number beyond those kept are noise.
        if let Some(flags) = self.flags.last_mut() {
            *flags &= !EXCESS;
        }
    }
}

/// The amount that a text shows, in units, and what is the matter with it.
pub(crate) fn parsed(text: &[u8]) -> (i128, u8) {
    plain(text).unwrap_or_else(|| written_otherwise(text))
}

/// Digits with or without a point and a minus, up to 19 of them before the point.
#[inline]
fn plain(text: &[u8]) -> Option<(i128, u8)> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (mut whole, mut place) = (0_u64, 0);
    while let Some(digit) = digit(digits, place) {
        whole = whole.checked_mul(10)?.checked_add(digit)?;
        place += 1;
    }
    let mut fraction = 0_u64;
    let (mut kept, mut up, mut flags) = (0, false, 0);
    if digits.get(place) == Some(&b'.') {
        place += 1;
        let first = place;
        while let Some(digit) = digit(digits, place) {
            match place - first {
                at if at < KEPT => {
                    fraction = fraction * 10 + digit;
                    kept = at + 1;
                }
                at => {
                    up |= at == KEPT && digit >= 5;
                    flags |= if digit == 0 { 0 } else { EXCESS };
                }
            }
            place += 1;
        }
        // A point alone is not an amount.
        if place == first && first == 1 {
            return None;
        }
    }
    if place == 0 || place < digits.len() {
        return None;
    }
    let fraction = i128::from(fraction) * 10_i128.pow((KEPT - kept) as u32);
    let units = i128::from(whole) * ONE + fraction + i128::from(up);
    Some((if negative { -units } else { units }, flags))
}

#[inline]
fn digit(text: &[u8], place: usize) -> Option<u64> {
    let digit = text.get(place)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// Everything else: exponents, blanks, marks, long numbers, and what is not an amount.
#[cold]
fn written_otherwise(text: &[u8]) -> (i128, u8) {
    if text.is_empty() {
        return (0, EMPTY | NOT_AMOUNT);
    }
    let Ok(text) = std::str::from_utf8(text) else { return (0, NOT_AMOUNT) };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && are_digits(digits)
    };
    let is_number = whole.len() + fraction.len() > 0
        && are_digits(whole)
        && are_digits(fraction)
        && exponent.is_none_or(is_exponent);
    if !is_number {
        return (0, NOT_AMOUNT);
    }
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
    if is_zero {
        return (0, 0);
    }
    let Ok(power) = exponent.unwrap_or("0").parse::<i32>() else {
        // An exponent of more digits than this makes nothing, or too much, of any number.
        let is_small = exponent.is_some_and(|exponent| exponent.starts_with('-'));
        return (0, if is_small { EXCESS } else { NOT_AMOUNT | TOO_LARGE });
    };
    let zeros = fraction.bytes().rev().chain(whole.bytes().rev()).take_while(|digit| *digit == b'0').count();
    let excess = fraction.len() as i64 - zeros as i64 - i64::from(power) > KEPT as i64;
    match text.parse::<Amount>().map(Amount::units) {
        Ok(units) if units.abs() < TOO_LARGE_UNITS => (units, if excess { EXCESS } else { 0 }),
        _ => (0, NOT_AMOUNT | TOO_LARGE),
    }
}

/// A number with so many digits after the point, in units.
fn scaled(value: i128, scale: usize) -> (i128, u8) {
    let too_large = (0, NOT_AMOUNT | TOO_LARGE);
    if scale <= KEPT {
        return match value.checked_mul(10_i128.pow((KEPT - scale) as u32)) {
            Some(units) if units.abs() < TOO_LARGE_UNITS => (units, 0),
            _ => too_large,
        };
    }
    // A number of 128 bits has fewer than 39 digits.
    let Some(divisor) = 10_i128.checked_pow((scale - KEPT) as u32) else {
        return (0, if value == 0 { 0 } else { EXCESS });
    };
    let (units, rest) = (value / divisor, value % divisor);
    let up = if rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2) { value.signum() } else { 0 };
    match units + up {
        units if units.abs() < TOO_LARGE_UNITS => (units, if rest == 0 { 0 } else { EXCESS }),
        _ => too_large,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> (i128, u8) {
        parsed(text.as_bytes())
    }

    #[test]
    fn texts_are_read_digit_by_digit() {
        assert_eq!(of("1.5"), (1_500_000_000_000_000_000, 0));
        assert_eq!(of(" 1.5E-05 "), (15_000_000_000_000, 0));
        assert_eq!(of("\u{feff}7.25"), (7_250_000_000_000_000_000, 0));
        assert_eq!(
            (of("-0"), of("+2"), of("5."), of(".5")),
            ((0, 0), (2 * ONE, 0), (5 * ONE, 0), (ONE / 2, 0))
        );
        assert_eq!(of("0.1234567890123456785"), (123_456_789_012_345_679, EXCESS));
        assert_eq!(of("-0.1234567890123456785"), (-123_456_789_012_345_679, EXCESS));
        assert_eq!(of("1.25E-17"), (13, EXCESS));
        assert_eq!((of("1.50000000000000000000"), of("100e-20")), ((ONE + ONE / 2, 0), (1, 0)));
        assert_eq!(
            of("9999999999999999.999999999999999999").0,
            9_999_999_999_999_999_999_999_999_999_999_999
        );
    }

    #[test]
    fn what_is_not_an_amount_is_told_apart_from_what_does_not_fit() {
        for text in
            ["NaN", "inf", "1.234,56", "1 000", "0x10", "--1", "1e", "e5", ".", "-", "1.2.3", "\u{660}"]
        {
            assert_eq!(of(text), (0, NOT_AMOUNT), "{text}");
        }
        assert_eq!(of(""), (0, EMPTY | NOT_AMOUNT));
        for text in ["100000000000000000000", "1e20", "-1e309", "1e2147483647", "1e99999999999"] {
            assert_eq!(of(text), (0, NOT_AMOUNT | TOO_LARGE), "{text}");
        }
        assert_eq!(of("1e-99999999999"), (0, EXCESS));
        assert_eq!(of("0e99999999999"), (0, 0));
    }

    #[test]
    fn twenty_digits_before_the_point_fit() {
        assert_eq!(of("12345678901234567890.5"), (12_345_678_901_234_567_890_500_000_000_000_000_000, 0));
        let mut amounts = Amounts::default();
        amounts.push_float(Some(1e15));
        amounts.push_float(Some(1e19_f64));
        amounts.push_float(Some(f64::NAN));
        amounts.push_float(Some(0.1_f32));
        assert_eq!(amounts.units, [10_i128.pow(33), 10_i128.pow(37), 0, ONE / 10]);
        assert_eq!(amounts.flags, [0, 0, NOT_AMOUNT, 0]);
    }

    #[test]
    fn decimals_of_other_scales_are_rounded_and_counted() {
        assert_eq!(scaled(125, 2), (1_250_000_000_000_000_000, 0));
        assert_eq!(scaled(15, 19), (2, EXCESS));
        assert_eq!(scaled(-15, 19), (-2, EXCESS));
        assert_eq!(scaled(14, 19), (1, EXCESS));
        assert_eq!(scaled(10, 19), (1, 0));
        assert_eq!(scaled(i128::MAX, 18), (0, NOT_AMOUNT | TOO_LARGE));
        assert_eq!(scaled(i128::MAX, 76), (0, EXCESS));
        assert_eq!(scaled(i128::MAX, 0), (0, NOT_AMOUNT | TOO_LARGE));
    }

    proptest! {
        #[test]
        fn both_ways_of_reading_agree(text in "-?[0-9]{1,19}(\\.[0-9]{0,30})?") {
            let exact: Amount = text.parse().unwrap();
            prop_assert_eq!(of(&text).0, exact.units());
        }

        #[test]
        fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let (units, flags) = parsed(&bytes);
            prop_assert!(flags & NOT_AMOUNT == 0 || units == 0);
        }
    }
}
