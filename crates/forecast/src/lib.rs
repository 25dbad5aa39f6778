//! Forecasts of what a billing cycle will have cost when it is over, from daily costs of many series.
//!
//! Costs with a daily level are learnt by two dozen cheap candidates, mixed by their own past errors
//! at this day of earlier cycles; recurring purchases come again on their day; the rest counts when
//! seen. Ranges come from the errors of past totals. Series teach each other what few cycles of one
//! cannot tell. Numbers only: no file, no clock, no random source, and the same answer on any number
//! of threads.
//!
//! ```
//! use billing::{BillingCycle, CycleDay, SeriesSetBuilder};
//! use forecast::{Bills, Engine, ModelSpec, Question, Status};
//!
//! // A year of 10 a day up to 2026-11-20; the 21st is still filling up.
//! let mut series = SeriesSetBuilder::new();
//! let mut days = vec![10.0; 365];
//! days.push(4.0);
//! series.push("web", "2025-11-21".parse().unwrap(), &days).unwrap();
//! let bills = Bills::bare(series.build());
//!
//! let cutoff = "2026-11-20".parse().unwrap();
//! let november = BillingCycle::containing(cutoff, CycleDay::FIRST);
//! let (cutoffs, cycles) = ([cutoff], [vec![november]]);
//! let question = Question::new(&bills, &cutoffs, &cycles).unwrap();
//! let forecast = &Engine::new(ModelSpec::Default).forecast(&question)[0];
//!
//! // Nine days of 10, and what the 21st still lacks.
//! assert_eq!(forecast.status, Status::Ok);
//! assert!((forecast.cycles[0].remaining.unwrap() - 96.0).abs() < 0.01);
//! ```

mod backtest;
mod bills;
mod booster;
mod calendar;
mod candidates;
mod combine;
mod cycle_total;
mod engine;
mod error;
mod features;
mod history;
mod layers;
mod linear;
mod made_up;
mod model;
mod origins;
mod priced;
mod profile;
mod ranges;
mod recurring;
mod score;
mod settling;
#[cfg(test)]
mod test_series;
mod totals;
mod track;
mod train;
mod traits;
mod unfinished;

pub use backtest::{BacktestOptions, BacktestRow, Task, backtest, backtest_watched};
pub use bills::{Bill, Bills};
pub use candidates::{Candidate, ModelSpec};
pub use cycle_total::{CycleForecast, DayForecast, SeriesForecast, Status};
pub use engine::{Engine, Question};
pub use error::{Error, Result};
pub use linear::{Design, FittedRidge};
pub use model::{Model, Prior, Provenance};
pub use priced::{PricedBill, PricedMeter, PricedTotal, PricedTotals, Terms, UsedUp, forecast_priced};
pub use ranges::Ranges;
pub use score::{Comparison, ScoreLine, compare, summarize};
pub use settling::Seen;
pub use totals::{GroupTotal, Leaf, TotalRange, forecast_totals, recent};
pub use train::{TrainOptions, train};

/// The program in the guide is compiled and run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-model.md")]
mod add_a_model {}
