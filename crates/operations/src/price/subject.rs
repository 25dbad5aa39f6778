//! What is priced, and by which prices.

use super::price_source::PriceSource;
use crate::{Result, amount_text};
use billing::{Amount, CycleDay};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What is priced: a plan, or the use in cost exports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subject {
    /// A plan's file, or cost exports.
    pub inputs: Vec<String>,
    /// Where prices come from.
    pub source: PriceSource,
    /// Use of this day or later is not seen; a plan's month without a date has the prices of this day.
    pub as_of: Option<NaiveDate>,
    /// Today, where `as_of` is not given.
    pub today: NaiveDate,
    /// The amount committed to, where the offer discounts it; that of the plan by default.
    #[serde(with = "amount_text")]
    pub committed: Option<Amount>,
    /// Day on which cycles begin, 1 to 31; 1 by default.
    pub cycle_day: Option<u32>,
}

impl Subject {
    pub(super) fn prices_of(&self) -> NaiveDate {
        self.as_of.unwrap_or(self.today)
    }

    pub(super) fn cycle_rule(&self) -> Result<CycleDay> {
        Ok(CycleDay::new(self.cycle_day.unwrap_or(1))?)
    }
}
