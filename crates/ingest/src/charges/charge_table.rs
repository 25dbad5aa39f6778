//! Charges in two tables: keys, which tell charges apart but for their day, and days, which hold a key's number, a
//! day and sums. There are far fewer keys than days, and all texts are in keys. It is the frame of this crate: files
//! are read into it, the selection filters it, and costs, usage, hours and landing rows are read from it.

use crate::Result;
use polars::prelude::*;

/// The values of a column of `days`: none of them is null.
pub(crate) fn values<T: PolarsNumericType>(column: &ChunkedArray<T>) -> impl Iterator<Item = T::Native> {
    column.downcast_iter().flat_map(|array| array.values().iter().copied())
}

/// Charges by key and day, the one frame of this crate.
///
/// The columns of `keys` that every selection has: `currency` (text), `period_start` and `period_end` (dates, half-open),
/// `unit` (what one invoice covers), `owner` (subscription, else billing account), `sub`, `sub_name`, `kind`,
/// `marketplace`, `run` (which run of the input) and `k0`, `k1`, … (the values of the dimensions asked for).
#[derive(Debug, Clone, Default)]
pub struct ChargeTable {
    /// A row for each combination of values in which charges differ.
    pub keys: DataFrame,
    /// `key` (a row of `keys`), `day` (date), `rows` (the number of charges), `cost` (`Decimal(38, 18)`, in the currency
    /// of the key) and, where usage was asked for, `quantity`.
    pub days: DataFrame,
}

impl ChargeTable {
    // A key may have no days until `pruned`.

    /// All of these one after the other. Their tables have the same columns.
    pub(crate) fn concat(parts: Vec<Self>) -> Result<Self> {
        let (mut keys, mut days) = (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
        let mut first = 0;
        for part in parts {
            days.push(part.days.lazy().with_column(col("key") + lit(first)));
            first += part.keys.height() as IdxSize;
            keys.push(part.keys.lazy());
        }
        let joined = |tables: Vec<LazyFrame>| concat(tables, UnionArgs::default())?.collect();
        Ok(Self { keys: joined(keys)?, days: joined(days)? })
    }

    /// Days with these columns of their keys beside them.
    pub(crate) fn with(&self, columns: &[&str]) -> Result<DataFrame> {
        let mut days = self.days.clone();
        let key = days.column("key")?.idx()?.clone();
        for column in columns {
            days.with_column(self.keys.column(column)?.take(&key)?)?;
        }
        Ok(days)
    }

    /// Only the days for which `keep` holds, a condition on days and on these columns of keys.
    pub(crate) fn filtered(self, columns: &[&str], keep: Expr) -> Result<Self> {
        let own = self.days.get_column_names().into_iter().cloned().map(col).collect::<Vec<_>>();
        let days = self.with(columns)?.lazy().filter(keep).select(own).collect()?;
        Ok(Self { keys: self.keys, days })
    }

    /// Without the keys that have no days.
    pub(crate) fn pruned(self) -> Result<Self> {
        let key = self.days.column("key")?.idx()?;
        let mut place: Vec<Option<IdxSize>> = vec![None; self.keys.height()];
        for key in key.iter().flatten() {
            place[key as usize] = Some(0);
        }
        if place.iter().all(Option::is_some) {
            return Ok(self);
        }
        let used: BooleanChunked = place.iter().map(|place| Some(place.is_some())).collect();
        for (next, place) in place.iter_mut().flatten().enumerate() {
            *place = next as IdxSize;
        }
        let key: IdxCa = key.iter().map(|key| key.and_then(|key| place[key as usize])).collect();
        let mut days = self.days.clone();
        days.with_column(key.with_name("key".into()).into_column())?;
        Ok(Self { keys: self.keys.filter(&used)?, days })
    }

    /// How many charges are in it.
    pub(crate) fn rows(&self) -> Result<u64> {
        Ok(self.days.column("rows")?.u64()?.sum().unwrap_or(0))
    }

    /// Whether no cost is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.days.height() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> ChargeTable {
        ChargeTable {
            keys: df!("k" => ["a", "b"]).unwrap(),
            days: df!("key" => [0 as IdxSize, 1, 1], "cost" => [1, 2, 3], "rows" => [1_u64, 1, 2]).unwrap(),
        }
    }

    #[test]
    fn keys_are_numbered_on_when_joined() {
        let both = ChargeTable::concat(vec![costs(), costs()]).unwrap();
        let beside = both.with(&["k"]).unwrap();
        assert_eq!(beside["k"].str().unwrap().iter().flatten().collect::<String>(), "abbabb");
        assert_eq!(both.rows().unwrap(), 8);
    }

    #[test]
    fn a_key_without_days_is_dropped() {
        let kept = costs().filtered(&["k"], col("k").eq(lit("b"))).unwrap().pruned().unwrap();
        assert_eq!((kept.keys.height(), kept.days.height()), (1, 2));
        assert_eq!(kept.with(&["k"]).unwrap()["k"].str().unwrap().iter().flatten().collect::<String>(), "bb");
    }
}
