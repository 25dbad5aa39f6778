//! From the rows of a file to sums by line and day, batch by batch: memory holds sums, never rows.
//!
//! A row is bad when it has too many or too few fields or its (first) cost is no amount. The reason is
//! a key of the sums, so that good and bad rows of a line stay apart. Amounts are made of their texts
//! a column at a time; what is left to do for a row are two look-ups of numbers and an addition.

use crate::{
    Error, Result, charges,
    data_file::{DataFile, OVERLONG, ROW},
    lines::{Lines, Texts},
};
use billing::AMOUNT_SCALE;
use polars::prelude::*;

/// Name of the flag of rows that have fewer fields than the header.
pub(crate) const TOO_SHORT: &str = "x_TooShort";
/// Name of the reason why a row cannot be used, a [`Fault`] as number; 0 where it can.
pub(crate) const BAD: &str = "x_Bad";
/// Name of the flag of rows whose cost is empty.
pub(crate) const NO_TEXT: &str = "x_NoText";

/// A charge of this size or larger is a fault of its file: no bill has one, and its sums would not fit.
const LARGEST_COST: i64 = 1_000_000_000_000_000;

/// Why a row cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its cost is no amount.
    NoAmount = 1,
    /// It has more fields than the header.
    TooLong = 2,
    /// Its day is none.
    NoDay = 3,
    /// It names no currency.
    NoCurrency = 4,
    /// It has fewer fields than the header.
    TooShort = 5,
    /// There is nothing in it: no fault, but no charge either.
    Blank = 9,
}

impl Fault {
    pub(crate) fn number(self) -> Expr {
        lit(self as i32)
    }
}

/// Rows of a file.
pub(crate) struct Rows {
    /// The texts by which lines are told apart, as numbers, column by column.
    pub texts: Vec<Vec<u32>>,
    /// The texts of days, as numbers.
    pub days: Vec<u32>,
    /// Amounts, [`ROW`], [`OVERLONG`] and [`TOO_SHORT`].
    pub frame: DataFrame,
}

/// The sums of the rows read so far.
pub(crate) struct RowSums<'a> {
    /// The columns by which lines are told apart.
    pub texts: Vec<&'a str>,
    /// The column of days.
    pub day: &'a str,
    /// The columns of amounts: costs, and what tells whether a row costs something.
    pub amounts: Vec<&'a str>,
    /// The lines.
    pub lines: Lines,
    /// The texts of days.
    pub days: Texts,
    file: &'a DataFile,
    costs: &'a [String],
    /// The column that tells whether a row costs something, and the one that should then not be 0.
    check: Option<(&'a str, &'a str)>,
    places: PlHashMap<Key, usize>,
    sums: Vec<Sum>,
    /// The costs of each sum, as many as there are cost columns, one sum after the other.
    cost_sums: Vec<i128>,
}

/// What sums are kept apart by: line, text of the day, and the part of the state below [`EXCESS`].
type Key = (u32, u32, u32);

/// The state of a row as one number: a [`Fault`] or 0, plus these.
const EMPTY_COST: u32 = 16;
const EXCESS: u32 = 32;
const UNPRICED: u32 = 64;
const NONZERO: u32 = 128;

/// What is counted beside costs.
#[derive(Clone, Copy)]
struct Sum {
    key: Key,
    rows: u64,
    first_row: u64,
    excess: u64,
    unpriced: u64,
    nonzero: bool,
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
            lines: Lines::new(texts.len()),
            days: Texts::new(),
            texts,
            day,
            amounts,
            file,
            costs,
            check,
            places: PlHashMap::default(),
            sums: Vec::new(),
            cost_sums: Vec::new(),
        }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Costs that sum to more than an amount can hold.
    pub(crate) fn add(&mut self, rows: Rows) -> Result<()> {
        let line = self.lines.numbers(&rows.texts, rows.days.len());
        let mut typed = rows.frame.lazy().select(self.amounts_and_state()).collect()?;
        typed.rechunk_mut();
        let state = typed.column("state")?.u32()?;
        let number = typed.column(ROW)?.idx()?;
        let costs: Vec<&Int128Chunked> = self
            .costs
            .iter()
            .map(|cost| Ok(typed.column(cost)?.decimal()?.physical()))
            .collect::<PolarsResult<_>>()?;
        let costs: Vec<&[i128]> = costs.iter().map(|cost| cost.cont_slice()).collect::<PolarsResult<_>>()?;
        let rows = line.iter().zip(&rows.days).zip(state.cont_slice()?.iter().zip(number.cont_slice()?));
        for (row, ((line, day), (state, number))) in rows.enumerate() {
            let key = (*line, *day, state % EXCESS);
            let place = *self.places.entry(key).or_insert(self.sums.len());
            if place == self.sums.len() {
                let (rows, first_row) = (0, u64::from(*number));
                self.sums.push(Sum { key, rows, first_row, excess: 0, unpriced: 0, nonzero: false });
                self.cost_sums.resize(self.cost_sums.len() + costs.len(), 0);
            }
            let sum = &mut self.sums[place];
            sum.rows += 1;
            sum.excess += u64::from(state & EXCESS != 0);
            sum.unpriced += u64::from(state & UNPRICED != 0);
            sum.nonzero |= state & NONZERO != 0;
            for (sum, cost) in self.cost_sums[place * costs.len()..].iter_mut().zip(&costs) {
                *sum = sum.checked_add(cost[row]).ok_or_else(|| {
                    Error::damaged(&self.file.path, "its costs sum to more than any bill".to_owned())
                })?;
            }
        }
        Ok(())
    }

    /// The sums: `line`, `day` (numbers), [`BAD`], [`NO_TEXT`], the costs, `rows`, `first_row`, `excess`,
    /// `unpriced` and `nonzero`.
    pub(crate) fn finish(self) -> Result<DataFrame> {
        let sums = &self.sums;
        let numbers = |name: &str, of: &dyn Fn(&Sum) -> u32| {
            IdxCa::from_vec(name.into(), sums.iter().map(of).collect()).into_column()
        };
        let counts = |name: &str, of: &dyn Fn(&Sum) -> u64| {
            UInt64Chunked::from_vec(name.into(), sums.iter().map(of).collect()).into_column()
        };
        let flags = |name: &str, of: &dyn Fn(&Sum) -> bool| {
            Column::new(name.into(), sums.iter().map(of).collect::<Vec<bool>>())
        };
        let faults: Vec<i32> = sums.iter().map(|sum| (sum.key.2 % EMPTY_COST) as i32).collect();
        let mut columns = vec![
            numbers("line", &|sum| sum.key.0),
            numbers("day", &|sum| sum.key.1),
            Column::new(BAD.into(), faults),
            flags(NO_TEXT, &|sum| sum.key.2 & EMPTY_COST != 0),
            counts("rows", &|sum| sum.rows),
            counts("first_row", &|sum| sum.first_row),
            counts("excess", &|sum| sum.excess),
            counts("unpriced", &|sum| sum.unpriced),
            flags("nonzero", &|sum| sum.nonzero),
        ];
        for (place, name) in self.costs.iter().enumerate() {
            let own = self.cost_sums.iter().skip(place).step_by(self.costs.len()).copied().collect();
            let sums = Int128Chunked::from_vec(name.as_str().into(), own);
            columns.push(sums.into_decimal_unchecked(38, AMOUNT_SCALE as usize).into_column());
        }
        Ok(DataFrame::new(sums.len(), columns)?)
    }

    /// The costs, 0 where they are none, `state` and [`ROW`].
    fn amounts_and_state(&self) -> Vec<Expr> {
        let dtype = |column: &str| self.file.type_of(column).unwrap_or(DataType::String);
        let amount = |column: &str| charges::amount(col(column), &dtype(column));
        let or_zero = |value: Expr| value.fill_null(lit(0).cast(charges::amount_type()));
        let first_cost = self.costs[0].as_str();
        let first = amount(first_cost);
        let limit = lit(LARGEST_COST).cast(charges::amount_type());
        let too_large = first.clone().gt_eq(limit.clone()).or(first.clone().lt_eq(lit(0) - limit));
        let fault = when(col(OVERLONG))
            .then(Fault::TooLong.number())
            .when(col(TOO_SHORT))
            .then(Fault::TooShort.number())
            .when(first.clone().is_null().or(too_large))
            .then(Fault::NoAmount.number())
            .otherwise(lit(0_i32));
        let flag = |flag: Expr, number: u32| flag.fill_null(lit(false)).cast(DataType::UInt32) * lit(number);
        let mut state = fault.clone().cast(DataType::UInt32)
            + flag(col(first_cost).is_null(), EMPTY_COST)
            + flag(charges::has_excess_digits(col(first_cost), &dtype(first_cost)), EXCESS)
            + flag(or_zero(first).neq(lit(0)), NONZERO);
        if let Some((paid, asked)) = self.check {
            let unpriced = or_zero(amount(asked)).eq(lit(0)).and(or_zero(amount(paid)).neq(lit(0)));
            state = state + flag(unpriced, UNPRICED);
        }
        let good = fault.eq(lit(0));
        let usable = |cost: &String| {
            let zero = lit(0).cast(charges::amount_type());
            when(good.clone()).then(or_zero(amount(cost))).otherwise(zero).alias(cost.as_str())
        };
        let mut exprs: Vec<Expr> = self.costs.iter().map(usable).collect();
        exprs.extend([state.alias("state"), col(ROW)]);
        exprs
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
            let mut next: IdxSize = 1;
            for batch in batches {
                let number = |text: &str| sums.lines.texts[0].number(text.as_bytes()).unwrap();
                let texts = vec![batch.iter().map(|(text, _)| *text).map(number).collect()];
                let rows: Vec<IdxSize> = batch.iter().zip(next..).map(|(_, row)| row).collect();
                next += batch.len() as IdxSize;
                let amounts: Vec<&str> = batch.iter().map(|(_, cost)| *cost).collect();
                let no = vec![false; batch.len()];
                let frame =
                    df!("x_Cost" => amounts, ROW => rows, OVERLONG => no.clone(), TOO_SHORT => no).unwrap();
                sums.add(Rows { texts, days: vec![0; batch.len()], frame }).unwrap();
            }
            sums.finish().unwrap()
        };
        let rows = [("a", "1.5"), ("b", "2"), ("a", "x"), ("a", "0.25"), ("b", "-2"), ("a", "1e-19")];
        let whole = sums(&[&rows]);
        let parts: Vec<&[(&str, &str)]> = rows.chunks(1).collect();
        assert!(whole.equals(&sums(&parts)));
        let units: Vec<i128> = whole["x_Cost"].decimal().unwrap().physical().iter().flatten().collect();
        assert_eq!(units, [1_750_000_000_000_000_000, 0, 0]);
        let counts: Vec<u64> = whole["rows"].u64().unwrap().iter().flatten().collect();
        assert_eq!(counts, [3, 2, 1]);
        assert_eq!(whole[BAD].i32().unwrap().iter().flatten().collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(whole["excess"].u64().unwrap().sum(), Some(1));
    }
}
