//! The rules about runs, in the order in which [`decide`](super::decide) asks them. A new rule is a file here, and a
//! line there.
//!
//! | rule | module |
//! |---|---|
//! | which metric a file holds | [`metric`] |
//! | which run of one export scope each day comes from | [`newest_run`] |
//! | which of two scopes that hold the same charges | [`scope_overlap`] |
//! | which of two files without manifests, or both | [`overlapping_files`] |
//! | two billing accounts with one bill | [`two_accounts`] |

pub(crate) mod metric;
pub(crate) mod newest_run;
pub(crate) mod overlapping_files;
pub(crate) mod scope_overlap;
pub(crate) mod two_accounts;
