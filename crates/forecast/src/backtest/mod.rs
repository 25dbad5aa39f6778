//! Backtests: past cycles forecast as if each cut day had been today.
//!
//! At cut day `d` of a tested cycle only days up to `d` are seen, late ones as they were known then.
//! Past errors are those of cycles that were over then. Where the history starts inside a tested cycle,
//! the actual total is that of the days from the start on. Days that the data never holds are in neither
//! the actual total nor the forecasts of it: nobody knows what they cost. Wrong as a promise: it shows how
//! the method did, on these series, then.

mod bills;
mod series;

pub use bills::{BillGroup, backtest_bill};
pub use series::{BacktestOptions, BacktestRow, Task, backtest, backtest_watched};
