//! What is known about one series on a day.

use crate::components::SeriesComponents;
use billing::{CostSeries, CycleDay};
use chrono::NaiveDate;

/// What is known about one series on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesView<'a> {
    /// The components as they were seen.
    pub components: SeriesComponents<'a>,
    /// The level that is learnt from; differs from the seen one where late days were completed.
    pub believed: CostSeries<'a>,
    /// The last day that is used as final.
    pub cutoff: NaiveDate,
    /// On which day cycles begin.
    pub rule: CycleDay,
}

impl SeriesView<'_> {
    /// Whether a credit or refund up to the cutoff makes amounts below zero possible.
    pub(crate) fn has_negative(&self) -> bool {
        self.has_negative_level() || self.components.has_negative(self.cutoff)
    }

    /// Whether a day of the level is negative, unsettled days included.
    pub(crate) fn has_negative_level(&self) -> bool {
        self.components.level.values.iter().any(|&value| value < 0.0)
    }
}
