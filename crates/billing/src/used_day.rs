//! How much of a meter was used on a day: the quantities that prices are applied to.

use crate::{Amount, BillingCycle};
use chrono::NaiveDate;

/// Usage of one meter on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedDay {
    /// The subscription; `None` where the data names none.
    pub subscription: Option<String>,
    /// The meter's id, in lower case.
    pub meter: String,
    /// The meter's name.
    pub name: Option<String>,
    /// The unit of the quantity, such as `1 Hour` or `10K`.
    pub unit: String,
    /// The day of usage.
    pub day: NaiveDate,
    /// The billing period that the data states for the charge; `None` where it states none. Tiers, free amounts and
    /// credits are counted in it. Late usage has a period after its day.
    pub billing_period: Option<BillingCycle>,
    /// The quantity, in `unit`.
    pub quantity: Amount,
    /// The cost that the data states, in `currency`.
    pub cost: Amount,
    /// The currency of that cost.
    pub currency: Option<String>,
    /// What one invoice covers, in words with its id; empty where that is unknown.
    pub invoice_unit: String,
}

impl UsedDay {
    /// Whether a later billing period bills it: it was reported late or corrected.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.billing_period.is_some_and(|period| self.day < period.start())
    }
}
