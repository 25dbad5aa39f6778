//! The values of a Parquet column for some rows, as what is asked of them: numbers of texts, texts,
//! amounts, numbers or days.
//!
//! Days are written as `2026-10-01`, moments as `2026-10-01T05:00:00` (UTC), GUIDs with hyphens; values that
//! are nested as JSON text.

use crate::{
    Error, Result,
    files::amounts::Amounts,
    files::parquet_text::{push_json, push_text, wide_bytes},
    files::parquet_types::{Meaning, Shape},
    files::repeated_texts::Texts,
    files::wide_decimal::units_of,
};
use polars::prelude::*;
use polars_arrow::{
    array::{Array, BinaryViewArray, DictionaryArray, PrimitiveArray, Utf8ViewArray, View},
    bitmap::Bitmap,
    types::NativeType,
};
use std::path::{Path, PathBuf};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The values of a column.
#[derive(Debug)]
pub(crate) struct Values {
    path: PathBuf,
    column: String,
    shape: Shape,
    arrays: Vec<Box<dyn Array>>,
    rows: usize,
}

impl Values {
    pub(crate) fn new(
        path: &Path,
        column: &str,
        shape: Shape,
        arrays: Vec<Box<dyn Array>>,
        rows: usize,
    ) -> Self {
        Self { path: path.to_owned(), column: column.to_owned(), shape, arrays, rows }
    }

    /// The values as numbers of texts; each text that repeats is looked up once.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub(crate) fn numbers(&self, texts: &mut Texts) -> Result<Vec<u32>> {
        let mut numbers = Vec::with_capacity(self.rows);
        for array in &self.arrays {
            let array = array.as_ref();
            if array.null_count() == array.len() {
                numbers.resize(numbers.len() + array.len(), 0);
            } else if let Some(array) = array.as_any().downcast_ref::<DictionaryArray<u32>>() {
                self.read_dictionary(array, texts, &mut numbers)?;
            } else if let Some(array) = array.as_any().downcast_ref::<Utf8ViewArray>() {
                let value = |row: usize| array.value(row).as_bytes();
                self.read_views(array.views(), array.validity(), value, texts, &mut numbers)?;
            } else if let Some(array) = text_bytes(array, self.meaning()) {
                let value = |row: usize| array.value(row);
                self.read_views(array.views(), array.validity(), value, texts, &mut numbers)?;
            } else if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i32>>() {
                self.read_whole(array, texts, &mut numbers)?;
            } else if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() {
                self.read_whole(array, texts, &mut numbers)?;
            } else {
                self.read_others(array, texts, &mut numbers)?;
            }
        }
        Ok(numbers)
    }

    /// The values as texts; null where there is none.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub(crate) fn texts(&self) -> Result<StringChunked> {
        let mut texts = Texts::new();
        let numbers = self.numbers(&mut texts)?;
        Ok(texts.column().take(&IdxCa::from_vec("text".into(), numbers))?)
    }

    /// The values as amounts, added to `amounts`.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub(crate) fn add_amounts(&self, amounts: &mut Amounts) -> Result<()> {
        for array in &self.arrays {
            let array = array.as_ref();
            match self.meaning() {
                Some(Meaning::Whole) if push_whole::<i32>(array, 0, amounts) => {}
                Some(Meaning::Whole) if push_whole::<i64>(array, 0, amounts) => {}
                Some(Meaning::Whole) if push_whole::<u32>(array, 0, amounts) => {}
                Some(Meaning::Whole) if push_whole::<u64>(array, 0, amounts) => {}
                Some(Meaning::Decimal(scale)) if push_whole::<i32>(array, scale, amounts) => {}
                Some(Meaning::Decimal(scale)) if push_whole::<i64>(array, scale, amounts) => {}
                Some(Meaning::Decimal(scale)) if push_wide(array, scale, amounts) => {}
                Some(Meaning::Float) if push_floats(array, amounts) => {}
                _ => self.push_texts(array, amounts)?,
            }
        }
        Ok(())
    }

    /// The values as numbers, where the column is one of numbers.
    ///
    /// # Errors
    /// Bytes that are no text.
    pub(crate) fn floats(&self) -> Result<Option<Float64Chunked>> {
        let is_number = matches!(
            self.meaning(),
            Some(Meaning::Whole | Meaning::Float | Meaning::Half | Meaning::Decimal(_))
        );
        if !is_number {
            return Ok(None);
        }
        let mut floats: Vec<Option<f64>> = Vec::with_capacity(self.rows);
        let mut text = String::new();
        for array in &self.arrays {
            if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<f64>>() {
                floats.extend(array.iter().map(|value| value.copied()));
                continue;
            }
            for row in 0..array.len() {
                text.clear();
                self.push(array.as_ref(), row, &mut text)?;
                floats.push(text.parse().ok());
            }
        }
        Ok(Some(floats.into_iter().collect()))
    }

    /// The values as days since 1970-01-01, where the column is one of days or moments.
    pub(crate) fn days(&self) -> Option<Vec<Option<i32>>> {
        let parts = match self.meaning()? {
            Meaning::Day => 1,
            Meaning::Moment(parts) => parts * DAY,
            _ => return None,
        };
        let day = |value: i64| i32::try_from(value.div_euclid(parts)).ok();
        let mut days = Vec::with_capacity(self.rows);
        for array in &self.arrays {
            if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i32>>() {
                days.extend(array.iter().map(|value| day(i64::from(*value?))));
            } else if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() {
                days.extend(array.iter().map(|value| day(*value?)));
            } else {
                return None;
            }
        }
        Some(days)
    }

    fn meaning(&self) -> Option<Meaning> {
        match self.shape {
            Shape::Leaf(meaning) => Some(meaning),
            _ => None,
        }
    }

    /// Writes a value behind `text`; nothing where there is none.
    fn push(&self, array: &dyn Array, row: usize, text: &mut String) -> Result<()> {
        let written = match &self.shape {
            Shape::Leaf(meaning) => push_text(array, *meaning, row, text),
            _ if array.is_null(row) => Some(false),
            nested => push_json(array, nested, row, text),
        };
        written.map(drop).ok_or_else(|| self.not_text())
    }

    fn number(&self, texts: &mut Texts, text: &[u8]) -> Result<u32> {
        texts.number(text).map_err(|_| self.not_text())
    }

    fn not_text(&self) -> Error {
        Error::UnreadableColumn {
            path: self.path.clone(),
            column: self.column.clone(),
            what: "holds bytes that are not UTF-8 text; write it as text".to_owned(),
        }
    }

    /// Values in a dictionary: each that is used is looked up once.
    fn read_dictionary(
        &self,
        array: &DictionaryArray<u32>,
        texts: &mut Texts,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        let values =
            array.values().as_any().downcast_ref::<Utf8ViewArray>().ok_or_else(|| self.not_text())?;
        let mut known: Vec<Option<u32>> = vec![None; values.len()];
        let keys = array.keys();
        let mut number = |key: u32| -> Result<u32> {
            if let Some(number) = known[key as usize] {
                return Ok(number);
            }
            let number = self.number(texts, values.value(key as usize).as_bytes())?;
            known[key as usize] = Some(number);
            Ok(number)
        };
        match keys.validity() {
            None => {
                for key in keys.values().iter() {
                    numbers.push(number(*key)?);
                }
            }
            Some(_) => {
                for key in keys {
                    numbers.push(key.map_or(Ok(0), |key| number(*key))?);
                }
            }
        }
        Ok(())
    }

    /// Values that are kept as views: a text that stands in a page's dictionary is the same view wherever
    /// it occurs in the array.
    fn read_views<'a>(
        &self,
        views: &[View],
        validity: Option<&Bitmap>,
        value: impl Fn(usize) -> &'a [u8],
        texts: &mut Texts,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        let mut known: PlHashMap<u128, u32> = PlHashMap::default();
        // A view of zeros is that of an empty text.
        let mut last = (0, 0);
        for (row, view) in views.iter().enumerate() {
            if validity.is_some_and(|validity| !validity.get_bit(row)) {
                numbers.push(0);
                continue;
            }
            let view = view.as_u128();
            if view != last.0 {
                let number = match known.get(&view) {
                    Some(number) => *number,
                    None => {
                        let number = self.number(texts, value(row))?;
                        known.insert(view, number);
                        number
                    }
                };
                last = (view, number);
            }
            numbers.push(last.1);
        }
        Ok(())
    }

    /// Values that are whole numbers inside: each is written as text once.
    fn read_whole<T: NativeType + Into<i64>>(
        &self,
        array: &PrimitiveArray<T>,
        texts: &mut Texts,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        let mut known: PlHashMap<i64, u32> = PlHashMap::default();
        let mut last: Option<(i64, u32)> = None;
        let mut text = String::new();
        for (row, value) in array.iter().enumerate() {
            let Some(value) = value else {
                numbers.push(0);
                continue;
            };
            let value: i64 = (*value).into();
            let number = match last.filter(|(before, _)| *before == value) {
                Some((_, number)) => number,
                None => match known.get(&value) {
                    Some(number) => *number,
                    None => {
                        text.clear();
                        self.push(array, row, &mut text)?;
                        let number = self.number(texts, text.as_bytes())?;
                        known.insert(value, number);
                        number
                    }
                },
            };
            last = Some((value, number));
            numbers.push(number);
        }
        Ok(())
    }

    /// Values of other types; those that are kept as bytes, such as wide decimals, are each written as text once.
    fn read_others(&self, array: &dyn Array, texts: &mut Texts, numbers: &mut Vec<u32>) -> Result<()> {
        let is_leaf = self.meaning().is_some();
        let mut known: PlHashMap<&[u8], u32> = PlHashMap::default();
        let mut last: Option<(&[u8], u32)> = None;
        let mut text = String::new();
        for row in 0..array.len() {
            let bytes = if is_leaf && !array.is_null(row) { wide_bytes(array, row) } else { None };
            let before = bytes.and_then(|bytes| match last {
                Some((same, number)) if same == bytes => Some(number),
                _ => known.get(bytes).copied(),
            });
            let number = match before {
                Some(number) => number,
                None => {
                    text.clear();
                    self.push(array, row, &mut text)?;
                    let number = self.number(texts, text.as_bytes())?;
                    if let Some(bytes) = bytes {
                        known.insert(bytes, number);
                    }
                    number
                }
            };
            last = bytes.map(|bytes| (bytes, number));
            numbers.push(number);
        }
        Ok(())
    }

    fn push_texts(&self, array: &dyn Array, amounts: &mut Amounts) -> Result<()> {
        let mut text = String::new();
        for row in 0..array.len() {
            text.clear();
            self.push(array, row, &mut text)?;
            amounts.push_text(text.as_bytes());
        }
        Ok(())
    }
}

fn text_bytes(array: &dyn Array, meaning: Option<Meaning>) -> Option<&BinaryViewArray> {
    array.as_any().downcast_ref::<BinaryViewArray>().filter(|_| meaning == Some(Meaning::Text))
}

/// Adds whole numbers that are amounts with so many digits after the point; `false` where the array is of
/// others.
fn push_whole<T: NativeType + Into<i128>>(array: &dyn Array, scale: usize, amounts: &mut Amounts) -> bool {
    let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<T>>() else { return false };
    for value in array.iter() {
        amounts.push_scaled(value.map(|value| (*value).into()), scale);
    }
    true
}

/// Adds decimal numbers that are kept as bytes; `false` where the array holds none.
fn push_wide(array: &dyn Array, scale: usize, amounts: &mut Amounts) -> bool {
    if wide_bytes(array, 0).is_none() && !array.is_empty() {
        return false;
    }
    let mut text = String::new();
    for row in 0..array.len() {
        let bytes = wide_bytes(array, row).filter(|_| !array.is_null(row));
        match bytes.map(|bytes| (bytes, units_of(bytes))) {
            None => amounts.push_scaled(None, scale),
            Some((_, Some(units))) => amounts.push_scaled(Some(units), scale),
            Some((bytes, None)) => {
                text.clear();
                crate::files::wide_decimal::push_wide(bytes, scale, &mut text);
                amounts.push_text(text.as_bytes());
            }
        }
    }
    true
}

/// Adds floating-point numbers by their shortest texts, which are what their writer meant; `false` where the
/// array holds none.
fn push_floats(array: &dyn Array, amounts: &mut Amounts) -> bool {
    if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<f64>>() {
        array.iter().for_each(|value| amounts.push_float(value.copied()));
    } else if let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<f32>>() {
        array.iter().for_each(|value| amounts.push_float(value.copied()));
    } else {
        return false;
    }
    true
}
