//! The rules about runs, in the order in which [`decide`](super::decide) asks them. A new rule is a file here, and a
//! line there.
//!
//! | rule | module |
//! |---|---|
//! | which metric a file holds | [`metric`] |
//! | which run of one export scope each day comes from | [`newest_run`] |
//! | which of two scopes that hold the same charges | [`scope_overlap`] |
//! | which of two files without manifests, or both | [`overlapping_files`] |
//! | two billing accounts with one bill, which is named or refused | [`two_accounts`] |
//! | estimates beside charges | [`estimates`] |
//!
//! What does not count is kept in [`excluded_charges`](super::excluded_charges), with its cause. Runs that are repeated
//! whole, incomplete or later than an early date are left out before they are read: `exports::runs`.

pub(crate) mod estimates;
pub(crate) mod metric;
pub(crate) mod newest_run;
pub(crate) mod overlapping_files;
pub(crate) mod scope_overlap;
pub(crate) mod two_accounts;
