//! Whole runs of the `forecast` command: what users and their scripts see.

#[cfg(feature = "azure")]
mod azure;
mod bad_input;
mod contract;
mod docs;
mod doors;
mod golden;
mod meaning;
mod options;
mod priced_usage;
mod sample_digests;
mod stale;
mod support;
