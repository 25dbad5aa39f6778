//! One file a command.

pub mod backtest;
pub mod batch;
pub mod config;
#[cfg(feature = "azure")]
pub mod ingest;
pub mod predict;
pub mod price;
pub mod sample;
pub mod series;
pub mod setup;
pub mod train;
