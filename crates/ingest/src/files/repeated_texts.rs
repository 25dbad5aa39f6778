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
    /// Bytes that are not UTF-8.
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

    /// Every text in the order of numbers, the first being none.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        self.texts.iter().map(Option::as_deref)
    }

    /// Every text in the order of numbers, the first being null.
    pub(crate) fn column(&self) -> StringChunked {
        self.iter().collect()
    }
}

/// The lines of a file: combinations of the texts of some columns.
pub(crate) struct Lines {
    /// The texts of each column.
    pub texts: Vec<Texts>,
    known: PlHashMap<Box<[u32]>, u32>,
    /// The lines of the rows that are numbered now; kept for its room.
    packed: PlHashMap<u64, u32>,
    /// The numbers of the texts of each line, one line after the other.
    keys: Vec<u32>,
    /// The number of columns in which lines differ: the first ones.
    width: usize,
}

impl Lines {
    /// No lines yet, of `columns` columns; lines differ in the first `width`.
    pub(crate) fn new(columns: usize, width: usize) -> Self {
        Self {
            texts: (0..columns).map(|_| Texts::new()).collect(),
            known: PlHashMap::default(),
            packed: PlHashMap::default(),
            keys: Vec::new(),
            width,
        }
    }

    /// The line of each of `rows` rows, whose texts are given as numbers, column by column.
    pub(crate) fn numbers(&mut self, columns: &[Vec<u32>], rows: usize) -> Vec<u32> {
        let packed = packed(columns, rows);
        let mut here = std::mem::take(&mut self.packed);
        here.clear();
        let mut numbers: Vec<u32> = Vec::with_capacity(rows);
        for row in 0..rows {
            let number = match numbers.last() {
                Some(number) if packed[row] == packed[row - 1] => *number,
                _ => *here.entry(packed[row]).or_insert_with(|| self.number(columns, row)),
            };
            numbers.push(number);
        }
        self.packed = here;
        numbers
    }

    fn number(&mut self, columns: &[Vec<u32>], row: usize) -> u32 {
        let key: Vec<u32> = columns.iter().map(|column| column[row]).collect();
        let next = self.known.len() as u32;
        match self.known.get(key.as_slice()) {
            Some(number) => *number,
            None => {
                self.keys.extend_from_slice(&key);
                self.known.insert(key.into(), next);
                next
            }
        }
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The texts of a column, one a line.
    pub(crate) fn column(&self, place: usize) -> Result<StringChunked> {
        let numbers: Vec<IdxSize> = self.keys.iter().skip(place).step_by(self.width).copied().collect();
        Ok(self.texts[place].column().take(&IdxCa::from_vec("text".into(), numbers))?)
    }

    /// The combinations of the texts of the columns at these places, each once.
    pub(crate) fn combinations(&self, places: &[usize]) -> Combinations<'_> {
        let mut distinct = Self::new(places.len(), places.len());
        let numbers_of = |place: usize| self.keys.iter().skip(place).step_by(self.width).copied().collect();
        let numbers: Vec<Vec<u32>> = places.iter().map(|place| numbers_of(*place)).collect();
        let of_line = IdxCa::from_vec("line".into(), distinct.numbers(&numbers, self.len()));
        let text = |(number, place): (&u32, &usize)| self.texts[*place].texts[*number as usize].as_deref();
        let texts = distinct.keys.iter().zip(places.iter().cycle()).map(text).collect();
        Combinations { texts, width: places.len(), count: distinct.len(), of_line }
    }
}

/// Combinations of the texts of some columns, and which of them each line has.
pub(crate) struct Combinations<'a> {
    /// The texts of each combination, one combination after the other.
    texts: Vec<Option<&'a str>>,
    width: usize,
    count: usize,
    of_line: IdxCa,
}

impl<'a> Combinations<'a> {
    /// The texts of each combination. Of no columns there is one combination, without texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Option<&'a str>]> {
        (0..self.count).map(|place| &self.texts[place * self.width..(place + 1) * self.width])
    }

    /// A column of lines from one of combinations.
    pub(crate) fn of_lines(&self, column: &Column) -> Result<Column> {
        Ok(column.take(&self.of_line)?)
    }
}

/// One number for the texts of each row: rows have the same if they have the same in all columns.
fn packed(columns: &[Vec<u32>], rows: usize) -> Vec<u64> {
    let mut packed = vec![0; rows];
    let mut used = 0;
    for column in columns {
        let largest = column.iter().copied().max().unwrap_or(0);
        if column.iter().all(|text| *text == largest) {
            // Many columns have one text only in all rows.
            continue;
        }
        let bits = u32::BITS - largest.leading_zeros();
        if used + bits > u64::BITS {
            used = renumber(&mut packed);
        }
        for (packed, text) in packed.iter_mut().zip(column) {
            *packed = *packed << bits | u64::from(*text);
        }
        used += bits;
    }
    packed
}

/// Numbers the distinct values from 0 on, and says how many bits that takes.
fn renumber(values: &mut [u64]) -> u32 {
    let mut known: PlHashMap<u64, u64> = PlHashMap::default();
    for value in values {
        let next = known.len() as u64;
        *value = *known.entry(*value).or_insert(next);
    }
    u64::BITS - (known.len() as u64).leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_more_bits_than_a_number_has_are_told_apart() {
        let columns: Vec<Vec<u32>> = (0..5).map(|column| vec![u32::MAX, column, u32::MAX, 7, 7]).collect();
        let packed = packed(&columns, 5);
        assert_eq!(packed[0], packed[2]);
        assert_eq!(packed[3], packed[4]);
        assert_eq!(packed.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn rows_of_equal_texts_are_one_line() {
        let mut lines = Lines::new(2, 2);
        let rows = [["a", "x"], ["a", ""], ["a", "x"], ["b", "x"], ["b", "x"]];
        let columns: Vec<Vec<u32>> = (0..2)
            .map(|place| {
                rows.iter().map(|row| lines.texts[place].number(row[place].as_bytes()).unwrap()).collect()
            })
            .collect();
        assert_eq!(lines.numbers(&columns, rows.len()), [0, 1, 0, 2, 2]);
        let shown = |places: &[usize]| {
            let own = lines.combinations(places);
            let joined = |texts: &[Option<&str>]| texts.iter().copied().flatten().collect::<String>();
            let column = own.iter().map(joined).collect::<StringChunked>().into_column();
            let of_lines = own.of_lines(&column).unwrap();
            let texts = of_lines.str().unwrap().iter().flatten().map(str::to_owned).collect::<Vec<_>>();
            (own.iter().count(), texts.join(","))
        };
        assert_eq!(shown(&[0]), (2, "a,a,b".to_owned()));
        assert_eq!(shown(&[1]), (2, "x,,x".to_owned()));
        assert_eq!(shown(&[1, 0]), (3, "xa,a,xb".to_owned()));
        assert_eq!(shown(&[]), (1, ",,".to_owned()));
    }
}
