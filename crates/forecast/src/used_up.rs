//! When a credit or commitment is used up.

use chrono::NaiveDate;

/// The day on which something is used up, with its 80 % range; `None` is not within the cycles asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedUp {
    /// When more is used than expected.
    pub earliest: Option<NaiveDate>,
    /// As expected.
    pub expected: Option<NaiveDate>,
    /// When less is used.
    pub latest: Option<NaiveDate>,
}

impl UsedUp {
    /// From the days at the lower end, the point and the upper end of use.
    pub(crate) fn of([low, point, high]: [Option<NaiveDate>; 3]) -> Self {
        Self { earliest: high, expected: point, latest: low }
    }
}
