//! How much of a meter was used on a day: what prices are applied to.

use crate::Amount;
use chrono::NaiveDate;

/// Use of one meter on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedDay {
    /// The subscription; `None` where the data names none.
    pub subscription: Option<String>,
    /// The meter's id, in lower case.
    pub meter: String,
    /// The meter's name.
    pub name: Option<String>,
    /// What the quantity is counted in, such as `1 Hour` or `10K`.
    pub unit: String,
    /// The day.
    pub day: NaiveDate,
    /// Begin of the cycle that bills it, where the data tells: use that comes late is billed in a later one.
    pub billed_from: Option<NaiveDate>,
    /// How much.
    pub quantity: Amount,
    /// What it cost by the data, in `currency`.
    pub cost: Amount,
    /// The currency of that cost.
    pub currency: Option<String>,
}
