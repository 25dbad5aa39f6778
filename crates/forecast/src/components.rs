//! The components of daily costs that are forecast in different ways, for many series.
//!
//! The daily level is learnt; recurring charges are carried forward on their day of the cycle; irregular
//! charges (one-time purchases, refunds, adjustments) count when seen and are never repeated. Each
//! component is a set of the same series. A day that is not covered whole is missing in them, and what is
//! known of it is in the set of partial days.

use crate::{Error, Result};
use billing::{CostSeries, SeriesSet};
use chrono::NaiveDate;

/// Daily costs of many series; every set holds the same series, with the same ids, starts and lengths.
///
/// Wrong when a kind is put into the wrong set: a reservation in the level is spread over the month,
/// usage among the recurring comes back only on its day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Components {
    level: SeriesSet,
    recurring: Option<SeriesSet>,
    irregular: Option<SeriesSet>,
    partial: Option<SeriesSet>,
}

/// The components of one series of [`Components`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesComponents<'a> {
    /// Costs with a daily level.
    pub level: CostSeries<'a>,
    /// Costs that come back each cycle on their day.
    pub recurring: Option<CostSeries<'a>>,
    /// Costs that count when seen and are not repeated.
    pub irregular: Option<CostSeries<'a>>,
    /// What is known of days that are missing in the level because they are not covered whole; other
    /// days of it are not read.
    pub partial: Option<CostSeries<'a>>,
}

impl Components {
    /// Components whose costs are all of one kind, with a daily level.
    #[must_use]
    pub fn level_only(level: SeriesSet) -> Self {
        Self { level, recurring: None, irregular: None, partial: None }
    }

    /// Components with the kinds apart.
    ///
    /// # Errors
    /// [`Error::UnequalSets`] when a set holds other series than the level.
    pub fn new(level: SeriesSet, recurring: Option<SeriesSet>, irregular: Option<SeriesSet>) -> Result<Self> {
        for (kind, set) in [("recurring", &recurring), ("irregular", &irregular)] {
            if let Some(set) = set {
                same_series(kind, &level, set)?;
            }
        }
        Ok(Self { level, recurring, irregular, partial: None })
    }

    /// The same with what is known of days that are not covered whole.
    ///
    /// # Errors
    /// [`Error::UnequalSets`] when the set holds other series than the level.
    pub fn with_partial_days(self, partial: SeriesSet) -> Result<Self> {
        same_series("partial", &self.level, &partial)?;
        Ok(Self { partial: Some(partial), ..self })
    }

    /// The same with other values of the level, of the same series.
    ///
    /// # Errors
    /// [`Error::UnequalSets`] when the set holds other series.
    pub fn with_level(self, level: SeriesSet) -> Result<Self> {
        same_series("level", &self.level, &level)?;
        Ok(Self { level, ..self })
    }

    /// Costs with a daily level.
    #[must_use]
    pub fn level(&self) -> &SeriesSet {
        &self.level
    }

    /// Costs that come back each cycle on their day.
    #[must_use]
    pub fn recurring(&self) -> Option<&SeriesSet> {
        self.recurring.as_ref()
    }

    /// Costs that count when seen and are not repeated.
    #[must_use]
    pub fn irregular(&self) -> Option<&SeriesSet> {
        self.irregular.as_ref()
    }

    /// What is known of days that are not covered whole.
    #[must_use]
    pub fn partial(&self) -> Option<&SeriesSet> {
        self.partial.as_ref()
    }

    /// How many series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.level.len()
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.level.is_empty()
    }

    /// Series `index`.
    ///
    /// # Panics
    /// When the index is out of range.
    #[must_use]
    pub fn get(&self, index: usize) -> SeriesComponents<'_> {
        SeriesComponents {
            level: self.level.get(index),
            recurring: self.recurring.as_ref().map(|set| set.get(index)),
            irregular: self.irregular.as_ref().map(|set| set.get(index)),
            partial: self.partial.as_ref().map(|set| set.get(index)),
        }
    }
}

impl<'a> SeriesComponents<'a> {
    /// The components there are, partial days aside.
    pub fn kinds(&self) -> impl Iterator<Item = CostSeries<'a>> {
        [Some(self.level), self.recurring, self.irregular].into_iter().flatten()
    }

    /// Everything charged on `day`; `None` where the day is missing or outside.
    #[must_use]
    pub fn charged_on(&self, day: NaiveDate) -> Option<f64> {
        let partial = self.known_part_of(day);
        let mut known = self.kinds().filter_map(|kind| kind.value_on(day)).chain(partial).peekable();
        known.peek()?;
        Some(known.sum())
    }

    /// What is known of a day that the level does not hold; `None` where nothing is, or the level has it.
    #[must_use]
    pub fn known_part_of(&self, day: NaiveDate) -> Option<f64> {
        self.partial?.value_on(day).filter(|_| self.level.value_on(day).is_none())
    }

    /// Whether a credit or refund occurs up to `last`, so that a rest below zero is possible.
    #[must_use]
    pub fn has_negative(&self, last: NaiveDate) -> bool {
        self.kinds().any(|kind| kind.up_to(last).values.iter().any(|&value| value < 0.0))
    }
}

fn same_series(kind: &'static str, level: &SeriesSet, set: &SeriesSet) -> Result<()> {
    let unequal = |what: String| Err(Error::UnequalSets { kind, what });
    if level.len() != set.len() {
        return unequal(format!("{} series instead of {}", set.len(), level.len()));
    }
    for (one, other) in level.iter().zip(set.iter()) {
        if one.id != other.id {
            return unequal(format!("`{}` stands in the place of `{}`", other.id, one.id));
        }
        if one.start != other.start || one.values.len() != other.values.len() {
            return unequal(format!("`{}` covers other days", one.id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};

    #[test]
    fn kinds_of_other_series_are_refused_with_the_difference() {
        let level = set_of(&[("a", "2026-01-01", &[1.0, 2.0])]);
        let renamed = set_of(&[("b", "2026-01-01", &[1.0, 2.0])]);
        let shorter = set_of(&[("a", "2026-01-01", &[1.0])]);
        let refused = Components::new(level.clone(), Some(renamed), None).unwrap_err();
        assert!(refused.to_string().contains("`b` stands in the place of `a`"), "{refused}");
        let refused = Components::new(level.clone(), None, Some(shorter)).unwrap_err();
        assert!(refused.to_string().contains("irregular"), "{refused}");
        assert!(Components::new(level.clone(), None, Some(SeriesSet::default())).is_err());
        assert!(Components::new(level.clone(), Some(level), None).is_ok());
    }

    #[test]
    fn a_day_sums_its_kinds_and_is_missing_only_when_all_are() {
        let level = set_of(&[("a", "2026-01-01", &[1.0, f64::NAN, f64::NAN])]);
        let once = set_of(&[("a", "2026-01-01", &[5.0, -2.0, f64::NAN])]);
        let bills = Components::new(level, None, Some(once)).unwrap();
        let bill = bills.get(0);
        assert_eq!(bill.charged_on(date("2026-01-01")), Some(6.0));
        assert_eq!(bill.charged_on(date("2026-01-02")), Some(-2.0));
        assert_eq!(bill.charged_on(date("2026-01-03")), None);
        assert!(bill.has_negative(date("2026-01-02")) && !bill.has_negative(date("2026-01-01")));
    }
}
