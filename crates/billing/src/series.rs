//! Daily series, many at once: ids, start days, offsets and values, as Arrow lays lists out.
//!
//! A day inside a series has a value or is *missing* (`NaN`); a missing day is never a zero. This is
//! the one shape in which costs go from the readers to the forecasts.

use crate::{Error, Result};
use chrono::{Days, NaiveDate};

/// Many daily series in columns. Series `i` starts on `starts[i]` and holds
/// `values[offsets[i]..offsets[i + 1]]`, a value a day, `NaN` where the day is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSet {
    ids: Vec<String>,
    starts: Vec<NaiveDate>,
    offsets: Vec<usize>,
    values: Vec<f64>,
}

impl Default for SeriesSet {
    fn default() -> Self {
        SeriesSetBuilder::new().build()
    }
}

/// One series of a [`SeriesSet`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostSeries<'a> {
    /// Its name in messages and rows.
    pub id: &'a str,
    /// The day of the first value.
    pub start: NaiveDate,
    /// A value a day; `NaN` is a missing day.
    pub values: &'a [f64],
}

impl SeriesSet {
    /// How many series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Series `index`.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn get(&self, index: usize) -> CostSeries<'_> {
        CostSeries {
            id: &self.ids[index],
            start: self.starts[index],
            values: &self.values[self.offsets[index]..self.offsets[index + 1]],
        }
    }

    /// All series, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = CostSeries<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl<'a> CostSeries<'a> {
    /// Day after the last value.
    #[must_use]
    pub fn end(&self) -> NaiveDate {
        self.start + Days::new(self.values.len() as u64)
    }

    /// The place of `day` in the values, or `None` outside the series.
    #[must_use]
    pub fn index_of(&self, day: NaiveDate) -> Option<usize> {
        usize::try_from((day - self.start).num_days()).ok().filter(|&index| index < self.values.len())
    }

    /// The value of `day`; `None` where it is missing or outside the series.
    #[must_use]
    pub fn value_on(&self, day: NaiveDate) -> Option<f64> {
        self.index_of(day).map(|index| self.values[index]).filter(|value| !value.is_nan())
    }

    /// The part of the series up to and with `last`, empty when it starts later.
    #[must_use]
    pub fn up_to(&self, last: NaiveDate) -> CostSeries<'a> {
        let days = ((last - self.start).num_days() + 1).clamp(0, self.values.len() as i64) as usize;
        CostSeries { values: &self.values[..days], ..*self }
    }

    /// How many days of the series have no value.
    #[must_use]
    pub fn missing_days(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }
}

/// Builds a [`SeriesSet`] series by series, refusing what is no daily series.
#[derive(Debug)]
pub struct SeriesSetBuilder {
    set: SeriesSet,
}

impl Default for SeriesSetBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl SeriesSetBuilder {
    /// A builder without series.
    #[must_use]
    pub fn new() -> Self {
        Self { set: SeriesSet { offsets: vec![0], ids: Vec::new(), starts: Vec::new(), values: Vec::new() } }
    }

    /// Adds a series of consecutive days; `NaN` marks a missing one.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for an infinite value.
    pub fn push(&mut self, id: impl Into<String>, start: NaiveDate, values: &[f64]) -> Result<()> {
        let id = id.into();
        if let Some(index) = values.iter().position(|value| value.is_infinite()) {
            return Err(Error::NotFinite { id, date: start + Days::new(index as u64) });
        }
        self.set.ids.push(id);
        self.set.starts.push(start);
        self.set.values.extend_from_slice(values);
        self.set.offsets.push(self.set.values.len());
        Ok(())
    }

    /// Adds a series of dated values in ascending order; days between them are missing, or `gap`
    /// where that is given.
    ///
    /// # Errors
    /// [`Error::DuplicateDay`], [`Error::Unordered`], [`Error::NotFinite`].
    pub fn push_dated(
        &mut self,
        id: impl Into<String>,
        dated: impl IntoIterator<Item = (NaiveDate, f64)>,
        gap: Option<f64>,
    ) -> Result<()> {
        let id = id.into();
        let mut start = None;
        let mut values: Vec<f64> = Vec::new();
        for (date, value) in dated {
            let first = *start.get_or_insert(date);
            let place = (date - first).num_days();
            if place < values.len() as i64 {
                let last_day = first + Days::new((values.len() - 1) as u64);
                return Err(if date == last_day {
                    Error::DuplicateDay { id, date }
                } else {
                    Error::Unordered { id, date }
                });
            }
            values.resize(place as usize, gap.unwrap_or(f64::NAN));
            values.push(value);
        }
        match start {
            Some(start) => self.push(id, start, &values),
            None => Ok(()),
        }
    }

    /// The finished set.
    #[must_use]
    pub fn build(self) -> SeriesSet {
        self.set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn two_series() -> SeriesSet {
        let mut builder = SeriesSetBuilder::new();
        builder.push("a", date("2026-01-01"), &[1.0, 2.0]).unwrap();
        builder.push_dated("b", [(date("2026-02-27"), 3.0), (date("2026-03-01"), 4.0)], None).unwrap();
        builder.build()
    }

    #[test]
    fn a_day_between_two_values_is_missing_and_no_zero() {
        let set = two_series();
        let b = set.get(1);
        assert_eq!((b.values.len(), b.missing_days(), b.end()), (3, 1, date("2026-03-02")));
        assert_eq!(b.value_on(date("2026-02-28")), None);
        assert_eq!(b.value_on(date("2026-03-01")), Some(4.0));
    }

    #[test]
    fn a_series_is_cut_at_a_day() {
        let set = two_series();
        assert_eq!(set.get(0).up_to(date("2026-01-01")).values, [1.0]);
        assert_eq!(set.get(0).up_to(date("2025-12-31")).values, [0.0; 0]);
        assert_eq!(set.get(0).up_to(date("2027-01-01")).values, [1.0, 2.0]);
    }

    #[test]
    fn two_values_for_one_day_are_refused_by_name() {
        let mut builder = SeriesSetBuilder::new();
        let day = date("2026-01-05");
        let refused = builder.push_dated("web", [(day, 1.0), (day, 2.0)], None).unwrap_err();
        assert_eq!(refused.to_string(), "series `web` has two values for 2026-01-05");
        let early = builder.push_dated("web", [(day, 1.0), (date("2026-01-07"), 1.0), (day, 2.0)], None);
        assert!(matches!(early, Err(Error::Unordered { .. })));
        assert!(builder.push("web", day, &[f64::INFINITY]).is_err());
        assert!(builder.build().is_empty());
    }
}
