//! Usage and its prices: what recorded usage costs, usage as a plan, and planned usage.

pub(crate) mod as_plan;
pub(crate) mod meter;
pub(crate) mod planned;
pub(crate) mod price;
