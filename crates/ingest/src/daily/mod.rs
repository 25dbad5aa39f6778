//! Readings of the selected charges: daily costs, series to forecast, usage by meter, hours.

pub(crate) mod bill;
pub(crate) mod daily_costs;
pub(crate) mod exchange;
pub(crate) mod hourly;
pub(crate) mod outlook;
pub(crate) mod rate_effects;
pub(crate) mod usage;
