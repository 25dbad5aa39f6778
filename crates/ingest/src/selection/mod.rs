//! The only place that decides which charges count: runs, scopes, days, metric.

pub(crate) mod agreements;
pub(crate) mod claims;
pub(crate) mod contests;
pub(crate) mod coverage;
pub(crate) mod covered_days;
pub(crate) mod cycles;
pub(crate) mod day_set;
pub(crate) mod decide;
pub(crate) mod decisions;
pub(crate) mod file_states;
pub(crate) mod metric;
pub(crate) mod read_runs;
pub(crate) mod run_charges;
pub(crate) mod select;
