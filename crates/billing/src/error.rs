//! What can be wrong with a value of this crate.

use chrono::NaiveDate;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A value that was refused, with the text or number that was given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no decimal number, or one that does not fit into [`crate::Amount`].
    #[error("not an amount: `{0}`")]
    NotAnAmount(String),
    /// An amount beyond what can be held.
    #[error("an amount is too large to be held")]
    TooLarge,
    /// Prices by quantity that are not graduated tiers.
    #[error("these are not graduated tiers: {0}")]
    Tiers(String),
    /// Text that names no block of anything.
    #[error("`{0}` is no unit that a price can be for, such as `10 Hours`")]
    PricingUnit(String),
    /// Empty text where a currency code was expected.
    #[error("a currency must be named, the text is empty")]
    NoCurrency,
    /// A day of the month outside 1 to 31.
    #[error("a billing cycle begins on a day from 1 to 31, not on day {0}")]
    CycleDay(u32),
    /// A cycle whose end does not lie after its start.
    #[error("a billing cycle must end after it starts: [{start}, {end})")]
    EmptyCycle {
        /// First day.
        start: NaiveDate,
        /// Day after the last.
        end: NaiveDate,
    },
    /// A name that is none of a closed list.
    #[error("unknown {what}: `{given}`; one of {known}")]
    UnknownName {
        /// What was named, such as `metric`.
        what: &'static str,
        /// What was given.
        given: String,
        /// The names that are known.
        known: String,
    },
    /// Two values for one day of a series.
    #[error("series `{id}` has two values for {date}")]
    DuplicateDay {
        /// The series.
        id: String,
        /// The day that occurs twice.
        date: NaiveDate,
    },
    /// Days of a series that do not ascend.
    #[error("days of series `{id}` are not in order: {date} comes too late")]
    Unordered {
        /// The series.
        id: String,
        /// The day that came after a later one.
        date: NaiveDate,
    },
    /// A value of a series that is infinite.
    #[error("series `{id}` holds a value that is not finite on {date}")]
    NotFinite {
        /// The series.
        id: String,
        /// The day of that value.
        date: NaiveDate,
    },
}
