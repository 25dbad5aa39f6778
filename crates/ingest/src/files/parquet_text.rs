//! A value of a Parquet column as text; nested ones as JSON text.
//!
//! Maps and lists of key/value pairs become objects; a key without a value is `true` there. A field of a
//! structure without a value is left out, since every row has all fields.

use crate::{
    files::parquet_types::{Meaning, Shape},
    files::wide_decimal::{push_units, push_wide, units_of},
};
use chrono::{DateTime, NaiveDate, NaiveTime};
use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, StructArray,
    Utf8ViewArray,
};
use std::fmt::Write as _;

/// Writes the value in `row` behind `text` and says whether there is one; `None` where its bytes are not
/// text.
pub(crate) fn push_text(array: &dyn Array, meaning: Meaning, row: usize, text: &mut String) -> Option<bool> {
    if array.is_null(row) {
        return Some(false);
    }
    // Writing into a text does not fail.
    let _ = match meaning {
        Meaning::Text => {
            let value = match array.as_any().downcast_ref::<Utf8ViewArray>() {
                Some(array) => array.value(row),
                None => std::str::from_utf8(wide_bytes(array, row)?).ok()?,
            };
            text.write_str(value)
        }
        Meaning::Guid => {
            let id = u128::from_be_bytes(wide_bytes(array, row)?.try_into().ok()?);
            let hex = format!("{id:032x}");
            write!(text, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }
        Meaning::Flag => write!(text, "{}", array.as_any().downcast_ref::<BooleanArray>()?.value(row)),
        Meaning::Float => match array.as_any().downcast_ref::<PrimitiveArray<f32>>() {
            Some(array) => write!(text, "{}", array.value(row)),
            None => write!(text, "{}", array.as_any().downcast_ref::<PrimitiveArray<f64>>()?.value(row)),
        },
        Meaning::Half => {
            let bytes = wide_bytes(array, row)?.try_into().ok()?;
            write!(text, "{}", half(u16::from_le_bytes(bytes)))
        }
        Meaning::Decimal(scale) => {
            match whole(array, row).or_else(|| units_of(wide_bytes(array, row)?)) {
                Some(units) => push_units(units, scale, text),
                None => push_wide(wide_bytes(array, row)?, scale, text),
            }
            Ok(())
        }
        Meaning::Whole => write!(text, "{}", whole(array, row)?),
        Meaning::Day => match i32::try_from(whole(array, row)?).ok().and_then(NaiveDate::from_epoch_days) {
            Some(day) => write!(text, "{day}"),
            None => write!(text, "day {}", whole(array, row)?),
        },
        Meaning::Moment(parts) => {
            let value = i64::try_from(whole(array, row)?).ok()?;
            match DateTime::from_timestamp(value.div_euclid(parts), 0) {
                Some(moment) => write!(text, "{}", moment.format("%Y-%m-%dT%H:%M:%S")),
                None => write!(text, "moment {value}"),
            }
        }
        Meaning::Clock(parts) => {
            let value = i64::try_from(whole(array, row)?).ok()?;
            let nanoseconds = value.rem_euclid(parts) * (1_000_000_000 / parts);
            let time = u32::try_from(value.div_euclid(parts)).ok().and_then(|seconds| {
                NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds as u32)
            });
            match time {
                Some(time) => write!(text, "{time}"),
                None => write!(text, "time {value}"),
            }
        }
    };
    Some(true)
}

/// Writes the value in `row` as JSON text behind `text`, as [`push_text`] does for one that is not nested.
pub(crate) fn push_json(array: &dyn Array, shape: &Shape, row: usize, text: &mut String) -> Option<bool> {
    if array.is_null(row) {
        text.push_str("null");
        return Some(false);
    }
    match shape {
        Shape::Leaf(meaning) => {
            let mut value = String::new();
            push_text(array, *meaning, row, &mut value)?;
            match meaning {
                Meaning::Whole | Meaning::Flag | Meaning::Decimal(_) => text.push_str(&value),
                Meaning::Float | Meaning::Half if value.bytes().all(|byte| !byte.is_ascii_alphabetic()) => {
                    text.push_str(&value);
                }
                _ => quote(&value, text),
            }
        }
        Shape::List(item) => {
            let (items, range) = items(array, row)?;
            text.push('[');
            for (place, row) in range.enumerate() {
                separate(place, text);
                push_json(items, item, row, text)?;
            }
            text.push(']');
        }
        Shape::Map(key, value) => {
            let (pairs, range) = items(array, row)?;
            let pairs = pairs.as_any().downcast_ref::<StructArray>()?;
            let [keys, values] = pairs.values() else { return None };
            text.push('{');
            for (place, row) in range.filter(|row| !pairs.is_null(*row) && !keys.is_null(*row)).enumerate() {
                separate(place, text);
                push_key(keys.as_ref(), key, row, text)?;
                if values.is_null(row) {
                    text.push_str("true");
                } else {
                    push_json(values.as_ref(), value, row, text)?;
                }
            }
            text.push('}');
        }
        Shape::Struct(fields) => {
            let columns = array.as_any().downcast_ref::<StructArray>()?.values();
            let present = fields.iter().zip(columns).filter(|(_, column)| !column.is_null(row));
            text.push('{');
            for (place, ((name, shape), column)) in present.enumerate() {
                separate(place, text);
                quote(name, text);
                text.push(':');
                push_json(column.as_ref(), shape, row, text)?;
            }
            text.push('}');
        }
    }
    Some(true)
}

/// The bytes of a value that is kept as bytes; `None` where the array keeps none.
pub(crate) fn wide_bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    if row >= array.len() {
        return None;
    }
    match array.as_any().downcast_ref::<FixedSizeBinaryArray>() {
        Some(array) => Some(array.value(row)),
        None => Some(array.as_any().downcast_ref::<BinaryViewArray>()?.value(row)),
    }
}

fn push_key(keys: &dyn Array, shape: &Shape, row: usize, text: &mut String) -> Option<()> {
    let mut key = String::new();
    match shape {
        Shape::Leaf(meaning) => push_text(keys, *meaning, row, &mut key)?,
        nested => push_json(keys, nested, row, &mut key)?,
    };
    quote(&key, text);
    text.push(':');
    Some(())
}

/// The values of a list, and which of them are those in `row`.
fn items(array: &dyn Array, row: usize) -> Option<(&dyn Array, std::ops::Range<usize>)> {
    let array = array.as_any().downcast_ref::<ListArray<i64>>()?;
    let (first, end) = array.offsets().start_end(row);
    Some((array.values().as_ref(), first..end))
}

fn whole(array: &dyn Array, row: usize) -> Option<i128> {
    let array = array.as_any();
    if let Some(array) = array.downcast_ref::<PrimitiveArray<i64>>() {
        return Some(array.value(row).into());
    }
    if let Some(array) = array.downcast_ref::<PrimitiveArray<i32>>() {
        return Some(array.value(row).into());
    }
    if let Some(array) = array.downcast_ref::<PrimitiveArray<u64>>() {
        return Some(array.value(row).into());
    }
    array.downcast_ref::<PrimitiveArray<u32>>().map(|array| array.value(row).into())
}

/// A floating-point number of two bytes (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * mantissa * 2_f32.powi(-24),
        31 if mantissa == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + mantissa / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

fn separate(place: usize, text: &mut String) {
    if place > 0 {
        text.push(',');
    }
}

fn quote(value: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(value).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_by_their_bits() {
        assert_eq!([0x3c00, 0xc100, 0x0001, 0x7c00].map(half), [1.0, -2.5, 5.960_464_5e-8, f32::INFINITY]);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn moments_of_every_unit_are_utc_seconds_and_impossible_ones_are_no_dates() {
        let text = |value: i64, parts: i64| {
            let array = PrimitiveArray::<i64>::from_vec(vec![value]);
            let mut text = String::new();
            push_text(&array, Meaning::Moment(parts), 0, &mut text).unwrap();
            text
        };
        assert_eq!(text(1_780_272_000_999, 1_000), "2026-06-01T00:00:00");
        assert_eq!(text(-1, 1_000_000_000), "1969-12-31T23:59:59");
        assert_eq!(text(i64::MIN, 1_000), format!("moment {}", i64::MIN));
    }
}
