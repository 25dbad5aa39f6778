//! Whole runs of the `forecast` command: what users and their scripts see.

mod bad_input;
mod contract;
mod golden;
mod meaning;
mod support;
