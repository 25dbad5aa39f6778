//! Costs in two tables: lines, which tell charges apart but for their day, and days, which hold a
//! line's number, a day and sums. There are far fewer lines than days, and all texts are in lines.

use crate::Result;
use polars::prelude::*;

/// The values of a column of `days`: none of them is null.
pub(crate) fn values<T: PolarsNumericType>(column: &ChunkedArray<T>) -> impl Iterator<Item = T::Native> {
    column.downcast_iter().flat_map(|array| array.values().iter().copied())
}

/// Costs by line and day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Costs {
    /// What tells charges apart. A line without days may stand there until [`Costs::pruned`].
    pub lines: DataFrame,
    /// `line` (a row of `lines`), `day`, amounts and `rows`, the number of charges.
    pub days: DataFrame,
}

impl Costs {
    /// All of these one after the other. Their tables have the same columns.
    pub(crate) fn concat(parts: Vec<Self>) -> Result<Self> {
        let (mut lines, mut days) = (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
        let mut first = 0;
        for part in parts {
            days.push(part.days.lazy().with_column(col("line") + lit(first)));
            first += part.lines.height() as IdxSize;
            lines.push(part.lines.lazy());
        }
        let joined = |tables: Vec<LazyFrame>| concat(tables, UnionArgs::default())?.collect();
        Ok(Self { lines: joined(lines)?, days: joined(days)? })
    }

    /// Days with these columns of their lines beside them.
    pub(crate) fn with(&self, columns: &[&str]) -> Result<DataFrame> {
        let mut days = self.days.clone();
        let line = days.column("line")?.idx()?.clone();
        for column in columns {
            days.with_column(self.lines.column(column)?.take(&line)?)?;
        }
        Ok(days)
    }

    /// Only the days for which `keep` holds, a condition on days and on these columns of lines.
    pub(crate) fn filtered(self, columns: &[&str], keep: Expr) -> Result<Self> {
        let own = self.days.get_column_names().into_iter().cloned().map(col).collect::<Vec<_>>();
        let days = self.with(columns)?.lazy().filter(keep).select(own).collect()?;
        Ok(Self { lines: self.lines, days })
    }

    /// Without the lines that have no days.
    pub(crate) fn pruned(self) -> Result<Self> {
        let line = self.days.column("line")?.idx()?;
        let mut place: Vec<Option<IdxSize>> = vec![None; self.lines.height()];
        for line in line.iter().flatten() {
            place[line as usize] = Some(0);
        }
        if place.iter().all(Option::is_some) {
            return Ok(self);
        }
        let used: BooleanChunked = place.iter().map(|place| Some(place.is_some())).collect();
        for (next, place) in place.iter_mut().flatten().enumerate() {
            *place = next as IdxSize;
        }
        let line: IdxCa = line.iter().map(|line| line.and_then(|line| place[line as usize])).collect();
        let mut days = self.days.clone();
        days.with_column(line.with_name("line".into()).into_column())?;
        Ok(Self { lines: self.lines.filter(&used)?, days })
    }

    /// Lines with `first` and `last`, the first and last of their days inside the billing period. Late
    /// days are none of it; a line without days is left out.
    pub(crate) fn line_spans(&self) -> Result<DataFrame> {
        let days_of = |name: &str| -> Result<Vec<i32>> {
            let days = self.lines.column(name)?.date()?;
            Ok(days.physical().iter().map(|day| day.unwrap_or(i32::MAX)).collect())
        };
        let (starts, ends) = (days_of("period_start")?, days_of("period_end")?);
        let mut spans: Vec<Option<(i32, i32)>> = vec![None; self.lines.height()];
        let day = self.days.column("day")?.date()?;
        for (line, day) in values(self.days.column("line")?.idx()?).zip(values(day.physical())) {
            let line = line as usize;
            let (first, last) = spans[line].get_or_insert((i32::MAX, i32::MIN));
            if (starts[line]..ends[line]).contains(&day) {
                (*first, *last) = (day.min(*first), day.max(*last));
            }
        }
        let used: BooleanChunked = spans.iter().map(|span| Some(span.is_some())).collect();
        let mut lines = self.lines.filter(&used)?;
        let mut add = |name: &str, of: fn((i32, i32)) -> i32| -> Result<()> {
            let inside =
                spans.iter().flatten().map(|(first, last)| (first <= last).then(|| of((*first, *last))));
            let days = Int32Chunked::from_iter_options(name.into(), inside).into_date();
            lines.with_column(days.into_column())?;
            Ok(())
        };
        add("first", |(first, _)| first)?;
        add("last", |(_, last)| last)?;
        Ok(lines)
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

    fn costs() -> Costs {
        Costs {
            lines: df!("k" => ["a", "b"]).unwrap(),
            days: df!("line" => [0 as IdxSize, 1, 1], "cost" => [1, 2, 3], "rows" => [1_u64, 1, 2]).unwrap(),
        }
    }

    #[test]
    fn lines_are_numbered_on_when_joined() {
        let both = Costs::concat(vec![costs(), costs()]).unwrap();
        let beside = both.with(&["k"]).unwrap();
        assert_eq!(beside["k"].str().unwrap().iter().flatten().collect::<String>(), "abbabb");
        assert_eq!(both.rows().unwrap(), 8);
    }

    #[test]
    fn a_line_without_days_is_dropped() {
        let kept = costs().filtered(&["k"], col("k").eq(lit("b"))).unwrap().pruned().unwrap();
        assert_eq!((kept.lines.height(), kept.days.height()), (1, 2));
        assert_eq!(kept.with(&["k"]).unwrap()["k"].str().unwrap().iter().flatten().collect::<String>(), "bb");
    }
}
