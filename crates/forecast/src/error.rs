//! What can be wrong with a question, a design or a model's settings.

use chrono::NaiveDate;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A request that was refused, with what was given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that cannot stand in a series.
    #[error(transparent)]
    Value(#[from] billing::Error),
    /// A model or candidate that is none of the closed list.
    #[error("unknown model: `{given}`; one of {known}")]
    UnknownModel {
        /// What was given.
        given: String,
        /// The names that are known.
        known: String,
    },
    /// A sum of cycles that is none of the closed list.
    #[error("unknown sum `{given}`; one of {known}")]
    UnknownSpan {
        /// What was given.
        given: String,
        /// The names that are known.
        known: String,
    },
    /// Sets of one bill that do not hold the same series.
    #[error("the {kind} costs do not hold the same series as the level: {what}")]
    UnequalSets {
        /// Which set.
        kind: &'static str,
        /// What differs.
        what: String,
    },
    /// A question whose columns are not of one length.
    #[error(
        "a question needs one cutoff and one list of cycles a series: {series} series, {cutoffs} cutoffs, {cycles} lists"
    )]
    UnequalQuestion {
        /// Series in the bills.
        series: usize,
        /// Cutoffs given.
        cutoffs: usize,
        /// Lists of cycles given.
        cycles: usize,
    },
    /// A series without a single value up to the cutoff.
    #[error("no final value up to {cutoff}; later days are not settled yet")]
    NoValues {
        /// The last day that may be used.
        cutoff: NaiveDate,
    },
    /// A meter whose price does not hold on a day of the cycle.
    #[error("meter {meter} has no price on every day of the cycle: {why}")]
    Unpriced {
        /// The meter.
        meter: String,
        /// Why, in the word of files.
        why: &'static str,
    },
    /// A design whose parts differ in length.
    #[error("{what}: {needed} needed, {got} given")]
    Shape {
        /// Which part.
        what: &'static str,
        /// How many there should be.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// Numbers that must ascend and do not.
    #[error("{what} do not ascend")]
    NotAscending {
        /// Which numbers.
        what: &'static str,
    },
    /// Fewer rows than columns where no penalty makes up for them.
    #[error("{rows} rows cannot determine {columns} columns without a penalty")]
    TooFewRows {
        /// Rows of the design.
        rows: usize,
        /// Columns of the design.
        columns: usize,
    },
    /// A column that is a sum of others where no penalty decides between them.
    #[error("column `{column}` is a sum of the columns before it, and nothing decides between them")]
    Collinear {
        /// Which column.
        column: String,
    },
    /// An input of a fit that is not finite.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// Which input.
        what: &'static str,
    },
    /// A penalty that is negative.
    #[error("the penalty of column `{column}` is negative: {penalty}")]
    NegativePenalty {
        /// Which column.
        column: String,
        /// What was given.
        penalty: f64,
    },
    /// A fit whose coefficients are not finite, or absurdly large for the design.
    #[error("the fit is unstable: coefficient of `{column}` is {coefficient}")]
    Unstable {
        /// Which column.
        column: String,
        /// What came out.
        coefficient: f64,
    },
    /// The solver refused.
    #[error("the linear solver failed: {0}")]
    Solver(String),
    /// Too few past cuts to train on.
    #[error(
        "the series hold {found} past cuts to learn from; {needed} are needed, which a few series of a year have"
    )]
    TooFewCuts {
        /// Cuts that were found.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A model file that cannot be used.
    #[error("the model is not usable: {0}")]
    Model(String),
}
