//! The only place that decides which charges count: [`decide`] asks the [`rules`] in turn. Which days are then known
//! follows from them in [`coverage_from_runs`].
//!
//! Runs that are repeated whole, or later than an early date, are left out before they are read: `exports::runs`.

pub(crate) mod coverage;
pub(crate) mod coverage_from_runs;
pub(crate) mod cycles;
pub(crate) mod day_set;
pub(crate) mod decide;
pub(crate) mod excluded_charges;
pub(crate) mod read_runs;
pub(crate) mod rules;
pub(crate) mod run_charges;
pub(crate) mod selected_charges;
