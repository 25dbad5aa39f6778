//! One file a command.

pub mod backtest;
pub mod batch;
pub mod config;
pub mod predict;
pub mod sample;
pub mod series;
pub mod setup;
