//! What a forecast is asked for, and what comes of it.

use crate::{ChargesRequest, DataAge, Finding, SeriesTableRequest};
use report::{Dataset, ForecastReport};
use serde::{Deserialize, Serialize};

/// What to forecast, and how.
///
/// | field | unit, range | default |
/// |---|---|---|
/// | `cycles` | cycles, the open one included, 1 to 60 | 1 |
/// | `model` | a name of [`forecast::ModelSpec`], or the path of a model's file | `default` |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictRequest {
    /// Which charges. Of a series table only `as_of`, `settle_days` and `cycle_day` count.
    pub charges: ChargesRequest,
    /// A table of any daily series, instead of charges.
    pub series: Option<SeriesTableRequest>,
    /// The forecaster.
    pub model: Option<String>,
    /// How many cycles.
    pub cycles: Option<u32>,
    /// Whether subscriptions stand below their invoice unit, where nothing is grouped by and there are several:
    /// for tables that people read.
    pub by_invoice_unit: bool,
    /// Whether only the rows of the series are wanted, as a table of [`Forecasted::rows`]: then a long Parquet file of
    /// series is forecast part by part.
    pub rows_only: bool,
}

/// A finished forecast.
pub struct Forecasted {
    /// Its totals, for every renderer.
    pub report: ForecastReport,
    /// The rows of a file that was forecast part by part, which are not in the report.
    pub rows: Option<Dataset>,
    /// How old the data is; `None` for a series table.
    pub age: Option<DataAge>,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// What of a request counts for the id of its run: neither paths nor who reads the result.
pub(super) fn counted(request: &PredictRequest) -> PredictRequest {
    let series = request.series.clone().map(|table| SeriesTableRequest { path: Default::default(), ..table });
    let charges = request.charges.without_inputs();
    let cycles = Some(request.cycles.unwrap_or(1));
    PredictRequest { charges, series, cycles, model: None, by_invoice_unit: false, rows_only: false }
}
