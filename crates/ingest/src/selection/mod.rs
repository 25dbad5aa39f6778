//! The only place that decides which charges count. [`decide`] asks the rules in this order:
//!
//! | rule | module |
//! |---|---|
//! | which metric a file holds | [`metric`] |
//! | which run of one export scope each day comes from | [`newest_run`] |
//! | which of two scopes that hold the same charges | [`scope_overlap`] |
//! | which of two files without manifests, or both | [`file_states`] |
//! | two billing accounts with one bill | [`agreements`] |
//! | which days are known | [`coverage_from_runs`] |
//!
//! Runs that are repeated whole, or later than an early date, are left out before they are read: `exports::runs`.

pub(crate) mod agreements;
pub(crate) mod coverage;
pub(crate) mod coverage_from_runs;
pub(crate) mod cycles;
pub(crate) mod day_set;
pub(crate) mod decide;
pub(crate) mod excluded_charges;
pub(crate) mod file_states;
pub(crate) mod metric;
pub(crate) mod newest_run;
pub(crate) mod read_runs;
pub(crate) mod run_charges;
pub(crate) mod scope_overlap;
pub(crate) mod selected_charges;
