//! Lines: charges of a file that differ in day and cost only.
//!
//! Columns of a cost file hold few texts, many times each, and few combinations of texts. Each text is
//! kept once, each combination is one line, and rows hold the number of their line: what a text means
//! is then found out once a line, and sums are taken over numbers.

use crate::Result;
use polars::prelude::*;
use std::str::Utf8Error;

/// The texts of one column, each once. Number 0 is "no text".
pub(crate) struct Texts {
    known: PlHashMap<Box<[u8]>, u32>,
    texts: Vec<Option<String>>,
    /// The text of the row before, which is often that of this row too.
    last: (Vec<u8>, u32),
}

impl Texts {
    pub(crate) fn new() -> Self {
        Self { known: PlHashMap::default(), texts: vec![None], last: (Vec::new(), 0) }
    }

    /// The number of a text; that of no text where it is empty.
    ///
    /// # Errors
    /// Bytes that are no UTF-8.
    #[inline]
    pub(crate) fn number(&mut self, text: &[u8]) -> std::result::Result<u32, Utf8Error> {
        if self.last.0 == text {
            return Ok(self.last.1);
        }
        let number = match self.known.get(text) {
            Some(number) => *number,
            None if text.is_empty() => 0,
            None => {
                let number = self.texts.len() as u32;
                self.texts.push(Some(std::str::from_utf8(text)?.to_owned()));
                self.known.insert(text.into(), number);
                number
            }
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(text);
        self.last.1 = number;
        Ok(number)
    }

    /// Every text in the order of numbers, the first being null.
    pub(crate) fn column(&self) -> StringChunked {
        self.texts.iter().map(Option::as_deref).collect()
    }
}

/// The lines of a file: combinations of the texts of some columns.
pub(crate) struct Lines {
    /// The texts of each column.
    pub texts: Vec<Texts>,
    known: PlHashMap<Box<[u32]>, u32>,
    /// The numbers of the texts of each line, one line after the other.
    keys: Vec<u32>,
}

impl Lines {
    /// No lines yet of so many columns.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            texts: (0..columns).map(|_| Texts::new()).collect(),
            known: PlHashMap::default(),
            keys: Vec::new(),
        }
    }

    /// The line of each of `rows` rows, whose texts are given as numbers, column by column.
    pub(crate) fn numbers(&mut self, columns: &[Vec<u32>], rows: usize) -> Vec<u32> {
        let mut key: Vec<u32> = columns.iter().map(|column| column.first().copied().unwrap_or(0)).collect();
        // Many columns have one text only in all rows.
        let varying: Vec<(usize, &[u32])> = columns
            .iter()
            .enumerate()
            .filter(|(place, column)| column.iter().any(|text| *text != key[*place]))
            .map(|(place, column)| (place, column.as_slice()))
            .collect();
        let mut numbers: Vec<u32> = Vec::with_capacity(rows);
        for row in 0..rows {
            if row > 0 && varying.iter().all(|(_, column)| column[row] == column[row - 1]) {
                numbers.push(numbers[row - 1]);
                continue;
            }
            for (place, column) in &varying {
                key[*place] = column[row];
            }
            let next = self.known.len() as u32;
            numbers.push(match self.known.get(key.as_slice()) {
                Some(number) => *number,
                None => {
                    self.known.insert(key.as_slice().into(), next);
                    self.keys.extend_from_slice(&key);
                    next
                }
            });
        }
        numbers
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// What follows from the texts of some columns, for each line: `exprs` over the columns at these
    /// places, under these names. Each combination of their texts is looked at once.
    pub(crate) fn derived(&self, columns: &[(&str, usize)], exprs: &[Expr]) -> Result<DataFrame> {
        let mut distinct = Self::new(columns.len());
        let width = self.texts.len();
        let numbers_of = |place: usize| self.keys.iter().skip(place).step_by(width).copied().collect();
        let numbers: Vec<Vec<u32>> = columns.iter().map(|(_, place)| numbers_of(*place)).collect();
        let combination = IdxCa::from_vec("line".into(), distinct.numbers(&numbers, self.len()));
        let mut texts = Vec::with_capacity(columns.len());
        for (at, (name, place)) in columns.iter().enumerate() {
            let numbers: Vec<IdxSize> =
                distinct.keys.iter().skip(at).step_by(columns.len()).copied().collect();
            let numbers = IdxCa::from_vec("text".into(), numbers);
            texts.push(self.texts[*place].column().take(&numbers)?.with_name((*name).into()).into_column());
        }
        // Of no columns there is one combination, which only a row number can show.
        let table = DataFrame::new(distinct.len(), texts)?.lazy().with_row_index("x_Row", None);
        let derived = table.with_columns(exprs).collect()?;
        Ok(DataFrame::new(derived.height(), derived.columns()[columns.len() + 1..].to_vec())?
            .take(&combination)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_equal_texts_are_one_line() {
        let mut lines = Lines::new(2);
        let rows = [["a", "x"], ["a", ""], ["a", "x"], ["b", "x"], ["b", "x"]];
        let columns: Vec<Vec<u32>> = (0..2)
            .map(|place| {
                rows.iter().map(|row| lines.texts[place].number(row[place].as_bytes()).unwrap()).collect()
            })
            .collect();
        assert_eq!(lines.numbers(&columns, rows.len()), [0, 1, 0, 2, 2]);
        let shown = |name: &str, place: usize| {
            let frame = lines.derived(&[(name, place)], &[col(name).alias("v")]).unwrap();
            frame["v"].str().unwrap().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(shown("one", 0), [Some("a".into()), Some("a".into()), Some("b".into())]);
        assert_eq!(shown("two", 1), [Some("x".into()), None, Some("x".into())]);
        let constant = lines.derived(&[], &[lit(1).alias("v")]).unwrap();
        assert_eq!(constant.shape(), (3, 1));
    }
}
