//! From the rows of a file to sums by line and day, batch by batch: memory holds sums, never rows.
//!
//! A row is bad when it has too many or too few fields or none of its costs is an amount. The reason is
//! a key of the sums, so that good and bad rows of a line stay apart. Texts become numbers and amounts
//! a column at a time; what is left to do for a row are two look-ups of numbers and an addition.

use crate::{
    Error, Result,
    files::amounts::{Amounts, EMPTY, EXCESS, NOT_AMOUNT, TOO_LARGE, TOO_LARGE_UNITS},
    files::data_file::DataFile,
    files::repeated_texts::{Lines, Texts},
};
use polars::prelude::*;

/// The most rows that room is made for before they are read: a footer may state any number.
const MOST_RESERVED: usize = 1 << 24;

/// Why a row cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// Its cost is not an amount.
    NoAmount,
    /// Its cost has more digits before the point than can be held.
    TooLarge,
    /// It has more fields than the header.
    TooLong,
    /// Its day is none.
    NoDay,
    /// It names no currency.
    NoCurrency,
    /// It has fewer fields than the header.
    TooShort,
    /// There is nothing in it: no fault, but no charge either.
    Blank,
}

/// Rows of a file.
pub(crate) struct Rows {
    /// The texts that distinguish lines, as numbers, column by column.
    pub texts: Vec<Vec<u32>>,
    /// The texts of days, as numbers.
    pub days: Vec<u32>,
    /// The number of each row, counted from 1 after the header.
    pub numbers: Vec<u64>,
    /// Amounts in units of the last digit kept, column by column; 0 where there is none.
    pub amounts: Vec<Vec<i128>>,
    /// What is the matter with each row: [`LONG`], [`SHORT`], and the flags of its cost: [`EMPTY`],
    /// [`EXCESS`], [`NOT_AMOUNT`], [`TOO_LARGE`]. Of several costs one that is an amount is enough.
    pub flags: Vec<u8>,
    /// Which of the amounts each row has, a bit a column; empty where there is one column only.
    pub filled: Vec<u8>,
    /// Which of its costs hold text other than an amount, a bit a column; empty where there is one cost only.
    pub refused: Vec<u8>,
}

/// The row has more fields than the header.
pub(crate) const LONG: u8 = 1;
/// The row has fewer fields than the header.
pub(crate) const SHORT: u8 = 2;

/// What a row is worth by its amounts: [`Rows`] without texts, days and numbers.
#[derive(Default)]
pub(crate) struct AmountColumns {
    pub amounts: Vec<Vec<i128>>,
    pub flags: Vec<u8>,
    pub filled: Vec<u8>,
    pub refused: Vec<u8>,
}

/// The amounts of some columns, of which the first `costs` are costs of the rows.
pub(crate) fn amount_columns(columns: Vec<Amounts>, costs: usize) -> AmountColumns {
    let rows = columns.first().map_or(0, |first| first.flags.len());
    let mut out = AmountColumns::default();
    if columns.len() > 1 {
        out.filled = vec![0; rows];
        for (place, column) in columns.iter().enumerate() {
            for (filled, flags) in out.filled.iter_mut().zip(&column.flags) {
                *filled |= u8::from(flags & NOT_AMOUNT == 0) << place;
            }
        }
    }
    out.flags = columns.first().map_or_else(Vec::new, |first| first.flags.clone());
    if costs > 1 {
        let is_cost = (1 << costs) - 1;
        out.refused = vec![0; rows];
        for (place, column) in columns[..costs].iter().enumerate() {
            for (refused, flags) in out.refused.iter_mut().zip(&column.flags) {
                *refused |= u8::from(flags & (NOT_AMOUNT | EMPTY) == NOT_AMOUNT) << place;
            }
        }
        for (row, flags) in
            out.flags.iter_mut().enumerate().filter(|(row, _)| out.filled[*row] & is_cost != 0)
        {
            *flags = columns[..costs].iter().fold(0, |all, column| all | column.flags[row] & EXCESS);
        }
    }
    out.amounts = columns.into_iter().map(|column| column.units).collect();
    out
}

/// The sums of the rows read so far.
pub(crate) struct RowSums<'a> {
    /// The columns that distinguish lines.
    pub texts: Vec<&'a str>,
    /// The column of days.
    pub day: &'a str,
    /// The columns of amounts: costs, and what tells whether a row costs something.
    pub amounts: Vec<&'a str>,
    /// The file that they are rows of.
    pub file: &'a DataFile,
    /// The lines.
    pub lines: Lines,
    /// The texts of days.
    pub days: Texts,
    costs: &'a [String],
    /// How many of the first amounts are costs, of which one is enough.
    pub alternatives: usize,
    /// For each of several costs, how many usable rows hold text other than an amount, and the first of them.
    pub refused: Vec<(u64, u64)>,
    /// The column that tells whether a row costs something, and the one that should then not be 0.
    check: Option<(&'a str, &'a str)>,
    /// Lines with nothing at all in them, which are no rows.
    pub empty_lines: u64,
    places: Places,
    /// Amounts with more digits than are kept, and rows without a price, where a sum has any.
    marked: PlHashMap<u32, Marks>,
    /// Whether rows are summed, or each kept.
    kept_apart: bool,
    /// Whether the last text column is the end of a charge's period: with the day it tells rows apart.
    has_ends: bool,
    pairs: PlHashMap<(u32, u32), u32>,
    /// The texts of begin and end of each period, by the number that sums have as their day.
    pub periods: Vec<(u32, u32)>,
    sums: Vec<Sum>,
    /// The costs of each sum, as many as there are cost columns, one sum after the other.
    cost_sums: Vec<i128>,
}

/// A sum of rows, but for its costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sum {
    /// The number of their line.
    pub line: u32,
    /// The number of the text of their day, or of their period among [`RowSums::periods`].
    pub day: u32,
    /// How many they are.
    pub rows: u32,
    /// Which of the amounts they have, a bit a column.
    pub filled: u8,
    /// Why they cannot be used, as far as fields and amounts tell.
    pub fault: Option<Fault>,
    /// Whether their cost is empty.
    pub is_empty: bool,
    /// Whether any costs something.
    pub nonzero: bool,
    /// The number of the first of them, counted from 1.
    pub first_row: u64,
}

/// What few sums have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    /// How many rows have more digits than are kept.
    pub excess: u64,
    /// How many rows cost something and are 0 where they should not be.
    pub unpriced: u64,
}

/// What sums of one line and day are kept apart by.
type State = (Option<Fault>, bool, u8);

/// Where the sum of each line, day and state is. Rows mostly follow each other by day, so each day has a small
/// table of its own.
#[derive(Default)]
struct Places {
    states: Vec<(State, Vec<PlHashMap<u32, u32>>)>,
    last: usize,
}

impl Places {
    /// The place of a sum, which is `next` where it is new.
    fn place(&mut self, state: State, day: u32, line: u32, next: u32) -> u32 {
        if self.states.get(self.last).is_none_or(|(own, _)| *own != state) {
            self.last = self.states.iter().position(|(own, _)| *own == state).unwrap_or_else(|| {
                self.states.push((state, Vec::new()));
                self.states.len() - 1
            });
        }
        let days = &mut self.states[self.last].1;
        if days.len() <= day as usize {
            days.resize_with(day as usize + 1, PlHashMap::default);
        }
        *days[day as usize].entry(line).or_insert(next)
    }
}

impl<'a> RowSums<'a> {
    pub(crate) fn new(
        file: &'a DataFile,
        texts: Vec<&'a str>,
        day: &'a str,
        costs: &'a [String],
        check: Option<(&'a str, &'a str)>,
    ) -> Self {
        let mut amounts: Vec<&str> = costs.iter().map(String::as_str).collect();
        amounts.extend(check.map(|(paid, _)| paid).filter(|paid| !costs.iter().any(|cost| cost == paid)));
        Self {
            kept_apart: false,
            has_ends: false,
            pairs: PlHashMap::default(),
            periods: Vec::new(),
            lines: Lines::new(texts.len(), texts.len()),
            days: Texts::new(),
            texts,
            day,
            amounts,
            file,
            costs,
            alternatives: 1,
            refused: Vec::new(),
            check,
            empty_lines: 0,
            places: Places::default(),
            marked: PlHashMap::default(),
            sums: Vec::new(),
            cost_sums: Vec::new(),
        }
    }

    /// Keeps the periods of charges apart, whose ends are in the last text column.
    pub(crate) fn by_period(mut self) -> Self {
        self.lines = Lines::new(self.texts.len(), self.texts.len() - 1);
        self.has_ends = true;
        self
    }

    /// Keeps each row alone, with all its periods; the first `costs` amounts are its costs.
    pub(crate) fn by_row(self, costs: usize) -> Self {
        let refused = vec![(0, u64::MAX); costs];
        Self { kept_apart: true, alternatives: costs, refused, ..self.by_period() }
    }

    fn period(&mut self, day: u32, end: u32) -> u32 {
        let next = self.periods.len() as u32;
        let number = *self.pairs.entry((day, end)).or_insert(next);
        if number == next {
            self.periods.push((day, end));
        }
        number
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Costs that sum to more than an amount can hold.
    pub(crate) fn add(&mut self, mut rows: Rows) -> Result<()> {
        let ends = if self.has_ends { rows.texts.pop() } else { None };
        if let Some(ends) = ends {
            for (day, end) in rows.days.iter_mut().zip(ends) {
                *day = self.period(*day, end);
            }
        }
        let line = self.lines.numbers(&rows.texts, rows.days.len());
        let costs = &rows.amounts[..self.costs.len()];
        let named =
            |name: &str| self.amounts.iter().position(|amount| *amount == name).map(|at| &rows.amounts[at]);
        let check = self.check.and_then(|(paid, asked)| named(paid).zip(named(asked)));
        for (row, ((line, day), flags)) in line.into_iter().zip(rows.days).zip(rows.flags).enumerate() {
            let fault = match flags {
                flags if flags & LONG != 0 => Some(Fault::TooLong),
                flags if flags & SHORT != 0 => Some(Fault::TooShort),
                flags if flags & TOO_LARGE != 0 => Some(Fault::TooLarge),
                flags if flags & NOT_AMOUNT != 0 => Some(Fault::NoAmount),
                _ => None,
            };
            let is_empty = flags & EMPTY != 0;
            let filled = rows.filled.get(row).copied().unwrap_or(1);
            let next = u32::try_from(self.sums.len()).map_err(|_| {
                Error::damaged(&self.file.path, "it has more than 4 billion charges that differ; split it")
            })?;
            let place = match self.kept_apart {
                true => next,
                false => self.places.place((fault, is_empty, filled), day, line, next),
            };
            if place == next {
                let (first_row, rows, nonzero) = (rows.numbers[row], 0, false);
                self.sums.push(Sum { line, day, rows, filled, fault, is_empty, nonzero, first_row });
                self.cost_sums.resize(self.cost_sums.len() + costs.len(), 0);
            }
            let is_unpriced = check.is_some_and(|(paid, asked)| asked[row] == 0 && paid[row] != 0);
            if is_unpriced || flags & EXCESS != 0 {
                let marks = self.marked.entry(place).or_default();
                marks.excess += u64::from(flags & EXCESS != 0);
                marks.unpriced += u64::from(is_unpriced);
            }
            let place = place as usize;
            let sum = &mut self.sums[place];
            sum.rows = sum.rows.checked_add(1).ok_or_else(|| {
                Error::damaged(&self.file.path, "it has more than 4 billion charges of one day; split it")
            })?;
            if fault.is_some() {
                continue;
            }
            let refused = rows.refused.get(row).copied().unwrap_or(0);
            for (place, (count, first)) in self.refused.iter_mut().enumerate() {
                if refused >> place & 1 == 1 {
                    (*count, *first) = (*count + 1, rows.numbers[row].min(*first));
                }
            }
            sum.nonzero |= costs[0][row] != 0;
            for (sum, cost) in self.cost_sums[place * costs.len()..].iter_mut().zip(costs) {
                let added = sum.checked_add(cost[row]).filter(|sum| sum.abs() < TOO_LARGE_UNITS);
                *sum = added.ok_or_else(|| {
                    Error::damaged(&self.file.path, "its costs sum to more than 20 digits before the point")
                })?;
            }
        }
        Ok(())
    }

    /// Whether the rows of a sum have no day at all, not even a text that is none.
    pub(crate) fn is_without_day(&self, sum: &Sum) -> bool {
        match self.has_ends {
            true => self.periods.get(sum.day as usize).is_none_or(|(day, _)| *day == 0),
            false => sum.day == 0,
        }
    }

    /// The sums, each with its costs and marks.
    pub(crate) fn sums(&self) -> impl Iterator<Item = (&Sum, &[i128], Marks)> {
        let marks = |place: usize| match self.marked.is_empty() {
            true => Marks::default(),
            false => self.marked.get(&(place as u32)).copied().unwrap_or_default(),
        };
        let sums = self.sums.iter().zip(self.cost_sums.chunks_exact(self.costs.len())).enumerate();
        sums.map(move |(place, (sum, costs))| (sum, costs, marks(place)))
    }

    /// Makes room for the sums of a file of `rows` rows. What is not needed is never touched.
    pub(crate) fn reserve(&mut self, rows: usize) {
        let rows = rows.min(MOST_RESERVED);
        // Without room the tables grow as they are filled.
        let _ = self.sums.try_reserve(rows);
        let _ = self.cost_sums.try_reserve(rows * self.costs.len());
    }

    /// How many sums there are.
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Frees what only adding needs.
    pub(crate) fn finish(&mut self) {
        (self.places, self.pairs) = (Places::default(), PlHashMap::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;

    #[test]
    fn sums_do_not_depend_on_how_rows_come_in_batches() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "SubscriptionId,Date,Cost,BillingCurrency\n").unwrap();
        let file = DataFile::open(&path, Family::named("ea").ok()).unwrap();
        let costs = ["x_Cost".to_owned()];
        let sums = |batches: &[&[(&str, &str)]]| {
            let mut sums = RowSums::new(&file, vec!["SubAccountId"], "ChargePeriodStart", &costs, None);
            let mut next = 1;
            for batch in batches {
                let number = |text: &str| sums.lines.texts[0].number(text.as_bytes()).unwrap();
                let texts = vec![batch.iter().map(|(text, _)| *text).map(number).collect()];
                let mut shown = Amounts::default();
                batch.iter().for_each(|(_, cost)| shown.push_text(cost.as_bytes()));
                let AmountColumns { amounts, flags, filled, refused } = amount_columns(vec![shown], 1);
                let numbers = (next..next + batch.len() as u64).collect();
                next += batch.len() as u64;
                let days = vec![0; batch.len()];
                sums.add(Rows { texts, days, numbers, amounts, flags, filled, refused }).unwrap();
            }
            sums.sums().map(|(sum, costs, marks)| (*sum, costs.to_vec(), marks.excess)).collect::<Vec<_>>()
        };
        let rows = [("a", "1.5"), ("b", "2"), ("a", "x"), ("a", "0.25"), ("b", "-2"), ("a", "1e-19")];
        let whole = sums(&[&rows]);
        let parts: Vec<&[(&str, &str)]> = rows.chunks(1).collect();
        assert_eq!(whole, sums(&parts));
        let costs: Vec<i128> = whole.iter().map(|(_, costs, _)| costs[0]).collect();
        assert_eq!(costs, [1_750_000_000_000_000_000, 0, 0]);
        let shown = |place: usize| {
            let (sum, _, excess) = &whole[place];
            (sum.fault, sum.is_empty, sum.rows, sum.first_row, *excess)
        };
        assert_eq!(shown(0), (None, false, 3, 1, 1));
        assert_eq!(shown(2), (Some(Fault::NoAmount), false, 1, 3, 0));
    }
}
