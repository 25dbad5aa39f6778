//! A named, versioned table in columns: what every machine-readable format writes.
//!
//! A value may be null and a null stays one. Each renderer asks [`ColumnValues::text`] for the same
//! digits, so that CSV, JSON and Markdown cannot differ; Parquet takes the values themselves.

use crate::{Error, Result, columns};
use billing::Amount;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The key under which the JSON envelope holds the rows.
pub(crate) const ROWS: &str = "rows";

/// A table with a schema name and version; all columns are of one length and have names of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    schema: &'static str,
    version: u32,
    columns: Vec<Column>,
    meta: Map<String, Value>,
}

/// A column of a [`Dataset`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name in every format.
    pub name: String,
    /// Its values, one a row.
    pub values: ColumnValues,
}

/// Values of one type, any of which may be null.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Text.
    Text(Vec<Option<String>>),
    /// Text of which each value stands in many rows.
    Repeated {
        /// The values.
        values: Vec<Option<String>>,
        /// The place among the values of each row's own.
        rows: Arc<[u32]>,
    },
    /// Days.
    Date(Vec<Option<NaiveDate>>),
    /// Midnights in UTC: bounds of periods.
    Timestamp(Vec<Option<NaiveDate>>),
    /// Moments in UTC, to the second.
    Moment(Vec<Option<DateTime<Utc>>>),
    /// Exact amounts.
    Amount {
        /// The amounts.
        values: Vec<Option<Amount>>,
        /// Digits after the point that are written even where they are zero (2 gives `1.50`).
        least_digits: u32,
    },
    /// Numbers that are not exact; finite.
    Float(Vec<Option<f64>>),
    /// Counts.
    Integer(Vec<Option<i64>>),
}

impl Dataset {
    /// Puts a table together.
    ///
    /// # Errors
    /// [`Error::ColumnLength`], [`Error::DuplicateColumn`], [`Error::NotFinite`].
    pub fn new(schema: &'static str, version: u32, columns: Vec<Column>) -> Result<Self> {
        let expected = columns.first().map_or(0, |column| column.values.len());
        let mut names = HashSet::new();
        for Column { name, values } in &columns {
            if !names.insert(name.as_str()) {
                return Err(Error::DuplicateColumn(name.clone()));
            }
            if values.len() != expected {
                return Err(Error::ColumnLength { column: name.clone(), got: values.len(), expected });
            }
            if let Some(row) = values.first_not_finite() {
                return Err(Error::NotFinite { column: name.clone(), row });
            }
        }
        Ok(Self { schema, version, columns, meta: Map::new() })
    }

    /// Adds what the JSON envelope says beside the rows: command, notes, warnings, counts.
    ///
    /// # Errors
    /// [`Error::ReservedKey`] for the keys that every envelope has.
    pub fn with_meta(mut self, meta: Map<String, Value>) -> Result<Self> {
        if let Some(key) =
            [columns::SCHEMA, columns::SCHEMA_VERSION, ROWS].into_iter().find(|key| meta.contains_key(*key))
        {
            return Err(Error::ReservedKey(key.to_owned()));
        }
        self.meta.extend(meta);
        Ok(self)
    }

    /// Adds the rows of another table of the same columns.
    ///
    /// # Errors
    /// [`Error::ColumnLength`] where it has others.
    pub fn append(&mut self, other: Self) -> Result<()> {
        let got = other.columns.len();
        if got != self.columns.len() {
            let column = "columns of a table".to_owned();
            return Err(Error::ColumnLength { column, got, expected: self.columns.len() });
        }
        for (own, more) in self.columns.iter_mut().zip(other.columns) {
            if !own.values.append(more.values) || own.name != more.name {
                return Err(Error::ColumnLength {
                    column: own.name.clone(),
                    got: 0,
                    expected: own.values.len(),
                });
            }
        }
        Ok(())
    }

    /// Sorts rows by these columns, in their order; a null comes first. Equal rows keep their order.
    #[must_use]
    pub fn sorted_by(mut self, names: &[&str]) -> Self {
        let keys: Vec<&ColumnValues> = names
            .iter()
            .filter_map(|name| self.columns.iter().find(|column| column.name == *name))
            .map(|column| &column.values)
            .collect();
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        let compared = |one: &u32, other: &u32| {
            let mut pairs = keys.iter().map(|key| key.compared(*one as usize, *other as usize));
            pairs.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        if order.is_sorted_by(|one, next| compared(one, next).is_le()) {
            return self;
        }
        order.par_sort_by(compared);
        self.columns.iter_mut().for_each(|column| column.values.reorder(&order));
        self
    }

    /// The name of the schema, such as `cycle_totals`.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        self.schema
    }

    /// The version of the schema.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What the JSON envelope says beside the rows.
    #[must_use]
    pub fn meta(&self) -> &Map<String, Value> {
        &self.meta
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// Whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Column {
    /// A column.
    #[must_use]
    pub fn new(name: impl Into<String>, values: ColumnValues) -> Self {
        Self { name: name.into(), values }
    }
}

impl ColumnValues {
    /// Floats in which not-a-number marks a missing value, as in a daily series.
    #[must_use]
    pub fn floats(values: &[f64]) -> Self {
        Self::Float(values.iter().map(|&value| (!value.is_nan()).then_some(value)).collect())
    }

    /// Texts of which each may stand in many rows.
    #[must_use]
    pub fn repeated(texts: impl Iterator<Item = Option<String>>) -> Self {
        let mut values: Vec<Option<String>> = Vec::new();
        let mut places: HashMap<Option<String>, u32> = HashMap::new();
        let rows = texts
            .map(|text| {
                *places.entry(text).or_insert_with_key(|text| {
                    values.push(text.clone());
                    values.len() as u32 - 1
                })
            })
            .collect();
        Self::Repeated { values, rows }
    }

    /// Adds values of the same type; false where it is another.
    fn append(&mut self, other: Self) -> bool {
        match (self, other) {
            (Self::Text(own), Self::Text(more)) => own.extend(more),
            (Self::Repeated { values, rows }, Self::Repeated { values: more, rows: more_rows }) => {
                let place = |text: Option<String>| match values.iter().position(|own| *own == text) {
                    Some(place) => place as u32,
                    None => {
                        values.push(text);
                        values.len() as u32 - 1
                    }
                };
                let places: Vec<u32> = more.into_iter().map(place).collect();
                *rows =
                    rows.iter().copied().chain(more_rows.iter().map(|row| places[*row as usize])).collect();
            }
            (Self::Date(own), Self::Date(more)) | (Self::Timestamp(own), Self::Timestamp(more)) => {
                own.extend(more);
            }
            (Self::Moment(own), Self::Moment(more)) => own.extend(more),
            (Self::Amount { values, .. }, Self::Amount { values: more, .. }) => values.extend(more),
            (Self::Float(own), Self::Float(more)) => own.extend(more),
            (Self::Integer(own), Self::Integer(more)) => own.extend(more),
            _ => return false,
        }
        true
    }

    /// The order of two values; a null comes first.
    fn compared(&self, one: usize, other: usize) -> Ordering {
        match self {
            Self::Date(values) | Self::Timestamp(values) => values[one].cmp(&values[other]),
            Self::Integer(values) => values[one].cmp(&values[other]),
            Self::Text(values) => values[one].cmp(&values[other]),
            _ => self.text(one).cmp(&self.text(other)),
        }
    }

    /// Puts the values in another order, by their places.
    fn reorder(&mut self, order: &[u32]) {
        fn reordered<T: Clone + Default>(values: &mut [T], order: &[u32]) -> Vec<T> {
            order.iter().map(|place| std::mem::take(&mut values[*place as usize])).collect()
        }
        match self {
            Self::Text(values) => *values = reordered(values, order),
            Self::Repeated { rows, .. } => *rows = order.iter().map(|place| rows[*place as usize]).collect(),
            Self::Date(values) | Self::Timestamp(values) => *values = reordered(values, order),
            Self::Moment(values) => *values = reordered(values, order),
            Self::Amount { values, .. } => *values = reordered(values, order),
            Self::Float(values) => *values = reordered(values, order),
            Self::Integer(values) => *values = reordered(values, order),
        }
    }

    /// How many values, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Repeated { rows, .. } => rows.len(),
            Self::Date(values) | Self::Timestamp(values) => values.len(),
            Self::Moment(values) => values.len(),
            Self::Amount { values, .. } => values.len(),
            Self::Float(values) => values.len(),
            Self::Integer(values) => values.len(),
        }
    }

    /// Whether the column is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the values are numbers, written without quotes and aligned to the right.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Amount { .. } | Self::Float(_) | Self::Integer(_))
    }

    /// The value of a row in plain digits, ISO dates and `2026-10-01T00:00:00Z`; `None` is a null.
    ///
    /// # Panics
    /// When the row is out of range.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(values) => values[row].as_deref().map(Cow::Borrowed),
            Self::Repeated { values, rows } => values[rows[row] as usize].as_deref().map(Cow::Borrowed),
            Self::Date(values) => values[row].map(|day| day.to_string().into()),
            Self::Timestamp(values) => values[row].map(|day| format!("{day}T00:00:00Z").into()),
            Self::Moment(values) => {
                values[row].map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true).into())
            }
            Self::Amount { values, least_digits } => {
                values[row].map(|amount| plain_digits(amount, *least_digits).into())
            }
            Self::Float(values) => values[row].map(|value| value.to_string().into()),
            Self::Integer(values) => values[row].map(|value| value.to_string().into()),
        }
    }

    fn first_not_finite(&self) -> Option<usize> {
        match self {
            Self::Float(values) => values.iter().position(|v| v.is_some_and(|value| !value.is_finite())),
            _ => None,
        }
    }
}

/// Every digit that the amount has, and zeros up to `least_digits` after the point.
fn plain_digits(amount: Amount, least_digits: u32) -> String {
    let padded = amount.rounded(least_digits);
    if padded == amount { amount.to_fixed(least_digits) } else { amount.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(name: &str, values: &[i64]) -> Column {
        Column::new(name, ColumnValues::Integer(values.iter().copied().map(Some).collect()))
    }

    #[test]
    fn columns_of_unequal_length_are_refused_by_name() {
        let refused = Dataset::new("t", 1, vec![integers("a", &[1, 2]), integers("b", &[1])]).unwrap_err();
        assert_eq!(refused.to_string(), "column `b` has 1 values, the first column has 2");
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let refused = Dataset::new("t", 1, vec![integers("a", &[1]), integers("a", &[1])]).unwrap_err();
        assert_eq!(refused.to_string(), "column `a` would be there twice");
    }

    #[test]
    fn not_a_number_becomes_a_null_and_infinity_is_refused() {
        assert_eq!(ColumnValues::floats(&[1.5, f64::NAN]), ColumnValues::Float(vec![Some(1.5), None]));
        let infinite = Column::new("y", ColumnValues::floats(&[0.0, f64::INFINITY]));
        assert!(matches!(Dataset::new("t", 1, vec![infinite]), Err(Error::NotFinite { row: 1, .. })));
    }

    #[test]
    fn keys_of_the_envelope_are_refused_as_meta() {
        let meta = Map::from_iter([("rows".to_owned(), Value::from(3))]);
        assert!(matches!(Dataset::new("t", 1, vec![]).unwrap().with_meta(meta), Err(Error::ReservedKey(_))));
    }

    #[test]
    fn amounts_keep_their_digits_and_get_at_least_those_of_the_currency() {
        let digits = |text: &str, least| plain_digits(text.parse().unwrap(), least);
        assert_eq!(digits("1234.5", 2), "1234.50");
        assert_eq!(digits("0.000001", 2), "0.000001");
        assert_eq!(digits("-7", 0), "-7");
        assert_eq!(digits("12345678901234567.12", 2), "12345678901234567.12");
    }

    #[test]
    fn floats_are_written_in_plain_digits() {
        let values = ColumnValues::Float(vec![Some(1e-7), Some(1e21), None]);
        assert_eq!(values.text(0).unwrap(), "0.0000001");
        assert_eq!(values.text(1).unwrap(), "1000000000000000000000");
        assert_eq!(values.text(2), None);
    }
}
