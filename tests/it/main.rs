//! Whole runs of the `forecast` command: what users and their scripts see.

mod bad_input;
mod contract;
mod docs;
mod golden;
mod meaning;
mod support;
