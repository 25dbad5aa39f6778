//! Forecasts of the total of a billing cycle, from daily costs of many series.
//!
//! [`Candidate`]s, cheap models of the daily level, are mixed by their own past errors at this day of
//! earlier cycles and by a prior that was trained on many series. Recurring charges are carried forward on
//! their day; irregular ones count when seen. [`Quantiles`] come from past errors of totals. A series is
//! forecast from its own past and the prior alone: no other series at hand, and no number of threads,
//! changes an answer. Numbers only: no file, no clock, no random source.
//!
//! | Term | Meaning | Unit |
//! |---|---|---|
//! | cutoff | last day whose cost is used as final | day |
//! | origin | a day after which a forecast is, or could have been, made; `day` counts the days of the cycle up to it | day |
//! | horizon | the days that are forecast: from the day after the cutoff to the end of the cycle | days |
//! | mean rest | mean daily cost over the horizon; what candidates, layers and trees estimate | cost a day |
//! | typical day (`unit`) | mean absolute cost of the last 28 days | cost a day |
//! | scale `s` | the larger of the typical day and 0.3 times the mean of the open cycle; features and trees are in it | cost a day |
//! | range unit `r` | geometric mean of the typical day and of its deviation from the weekday's level over 56 days | cost a day |
//! | own scale `u` | a series' mean absolute past error of the mean rest at this day of the cycle, shrunk to the prior's | range units |
//! | quantile of the total | actual + expected remaining cost + (bound of scaled errors) · `u` · `r` · days | cost |
//! | missing day | a day before the cutoff that no file covers; a total expects it like a day to come | day |
//!
//! ```
//! use billing::{BillingCycle, CycleDay, SeriesSetBuilder};
//! use forecast::{Components, Engine, ModelSpec, Question, Status};
//!
//! // A year of 10 a day up to 2026-11-20; the 21st is still filling up.
//! let mut series = SeriesSetBuilder::new();
//! let mut days = vec![10.0; 365];
//! days.push(4.0);
//! series.push("web", "2025-11-21".parse().unwrap(), &days).unwrap();
//! let components = Components::level_only(series.build());
//!
//! let cutoff = "2026-11-20".parse().unwrap();
//! let november = BillingCycle::containing(cutoff, CycleDay::FIRST);
//! let (cutoffs, cycles) = ([cutoff], [vec![november]]);
//! let question = Question::new(&components, &cutoffs, &cycles).unwrap();
//! let forecast = &Engine::new(ModelSpec::Default).forecast(&question)[0];
//!
//! // Nine days of 10, and what the 21st still lacks.
//! assert_eq!(forecast.status, Status::Ok);
//! assert!((forecast.cycles[0].point().unwrap() - 96.0).abs() < 0.01);
//! ```

mod backtest;
mod bill;
mod booster;
mod calendar;
mod candidates;
mod components;
mod cycle_forecast;
mod cycle_total;
mod daily_path;
mod day_ranges;
mod engine;
mod ensemble;
mod error;
mod features;
mod history;
mod horizon;
mod incomplete_days;
mod later_cycles;
mod layer_names;
mod level_bank;
mod level_step;
mod linear;
mod missing_days;
mod model_file;
mod origin_features;
mod origins;
mod own_bias;
mod price_difference;
mod priced;
mod profile;
mod quantiles;
mod ranges;
mod recurring;
mod reliability;
mod score;
mod series_cache;
mod series_view;
mod settings;
mod settling;
mod synthetic;
#[cfg(test)]
mod test_series;
mod totals;
mod train;
mod used_up;
mod weekly_smoothing;
mod weights;

pub use backtest::{
    BacktestOptions, BacktestRow, BillGroup, Task, backtest, backtest_bill, backtest_watched,
};
pub use bill::{Bill, Partition, Purchase, Row, Unit};
pub use candidates::{Candidate, ModelSpec};
pub use components::{Components, SeriesComponents};
pub use cycle_total::{CycleForecast, DayForecast, DayState, SeriesForecast, Status};
pub use engine::{Engine, Question};
pub use error::{Error, Result};
pub use linear::{Design, FittedRidge};
pub use model_file::{Model, Prior, Provenance};
pub use price_difference::PriceDifference;
pub use priced::{PricedBill, PricedMeter, PricedTotals, Terms, forecast_priced};
pub use quantiles::{LEVELS, QuantileValue, Quantiles};
pub use score::{Comparison, ScoreLine, compare, summarize};
pub use settling::Seen;
pub use totals::{
    CycleSums, ExpectedMissing, GroupTotal, Leaf, LineTotal, NetTotal, OTHERS, SumSpan, forecast_rows,
    forecast_totals, recent,
};
pub use train::{TrainOptions, train};
pub use used_up::UsedUp;

/// The program in the guide is compiled and run as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/add-a-model.md")]
mod add_a_model {}
