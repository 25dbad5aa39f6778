//! Usage and its prices: the cost of recorded usage and of a service's records, usage as a plan, and planned usage.

pub(crate) mod as_plan;
pub(crate) mod meter;
pub(crate) mod planned;
pub(crate) mod price;
pub(crate) mod service_charges;
