//! Decimal numbers of any width as Parquet keeps them: two's complement, the highest byte first.

/// The number, where it fits into 128 bits.
pub(crate) fn units_of(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first().is_some_and(|first| first & 128 != 0) { 255 } else { 0 };
    let (head, tail) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut wide = [sign; 16];
    wide[16 - tail.len()..].copy_from_slice(tail);
    let fits = head.iter().all(|byte| *byte == sign) && (head.is_empty() || wide[0] & 128 == sign & 128);
    fits.then(|| i128::from_be_bytes(wide))
}

/// Writes the number, which has so many digits after the point, behind `text`.
pub(crate) fn push_wide(bytes: &[u8], scale: usize, text: &mut String) {
    let negative = bytes.first().is_some_and(|first| first & 128 != 0);
    let mut magnitude: Vec<u8> = bytes.iter().map(|byte| if negative { !byte } else { *byte }).collect();
    if negative {
        for byte in magnitude.iter_mut().rev() {
            let carried;
            (*byte, carried) = byte.overflowing_add(1);
            if !carried {
                break;
            }
        }
    }
    // Long division by ten, the last digit first.
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) {
        let mut rest = 0;
        for byte in &mut magnitude {
            let value = rest * 256 + u32::from(*byte);
            *byte = (value / 10) as u8;
            rest = value % 10;
        }
        digits.push(b'0' + rest as u8);
    }
    push_digits(negative, &digits, scale, text);
}

/// Writes a number of 128 bits behind `text`.
pub(crate) fn push_units(units: i128, scale: usize, text: &mut String) {
    let mut digits = units.unsigned_abs().to_string().into_bytes();
    digits.reverse();
    push_digits(units < 0, &digits, scale, text);
}

/// Writes digits, the last of which comes first, with a point before the last `scale` of them.
fn push_digits(negative: bool, digits: &[u8], scale: usize, text: &mut String) {
    if negative {
        text.push('-');
    }
    for place in (0..digits.len().max(scale + 1)).rev() {
        text.push(char::from(digits.get(place).copied().unwrap_or(b'0')));
        if place == scale && scale > 0 {
            text.push('.');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide(bytes: &[u8], scale: usize) -> String {
        let mut text = String::new();
        push_wide(bytes, scale, &mut text);
        text
    }

    #[test]
    fn numbers_beyond_128_bits_are_written_exactly() {
        let mut bytes = [0_u8; 32];
        bytes[15] = 1;
        assert_eq!(units_of(&bytes), None);
        assert_eq!(wide(&bytes, 0), "340282366920938463463374607431768211456");
        assert_eq!(wide(&bytes, 30), "340282366.920938463463374607431768211456");
        assert_eq!(wide(&[255; 32], 3), "-0.001");
        assert_eq!((wide(&[], 0), wide(&[0], 2)), ("0".into(), "0.00".into()));
    }

    proptest! {
        #[test]
        fn narrow_and_wide_numbers_are_the_same(units in any::<i128>(), more in 0_usize..20, scale in 0_usize..40) {
            let sign = if units < 0 { 255 } else { 0 };
            let bytes = [vec![sign; more], units.to_be_bytes().to_vec()].concat();
            prop_assert_eq!(units_of(&bytes), Some(units));
            let mut text = String::new();
            push_units(units, scale, &mut text);
            prop_assert_eq!(wide(&bytes, scale), text);
        }
    }
}
