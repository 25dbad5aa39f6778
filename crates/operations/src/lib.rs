//! What the engine can do, one module an operation: a plain request in, a typed result out.
//!
//! Requests are values that serde reads and writes; `as_of` and today are part of them. Nothing here prints,
//! exits, or reads the clock for a cost. What an operation has to say is in its result as [`Finding`]s; how far
//! it is, it tells the [`Host`]. Every failure is an [`Error`], whose [`ErrorKind`] maps to an exit code in one
//! table.
//!
//! | to | call | result |
//! |---|---|---|
//! | forecast cycles of charges, or of any daily series | [`predict`] | [`Forecasted`] |
//! | forecast use and price it | [`predict_priced`] | [`Forecasted`] |
//! | see the daily or hourly series | [`series`] | [`SeriesRows`] |
//! | score past forecasts | [`backtest`] | [`Backtested`] |
//! | learn a model from many series | [`train`] | [`Trained`] |
//! | price a plan or past use | [`estimate`], [`estimate_into_forecast`] | [`Estimated`], [`Forecasted`] |
//! | compare regions, sizes, offers, commitments | [`compare`] | [`Compared`] |
//! | match other machines to Azure's sizes | [`match_sizes`] | [`Matched`] |
//! | show and compare price lists | [`price_card`] | [`PriceRows`] |
//! | normalise files to Parquet | [`ingest_files`] | [`Ingested`] |
//! | run many forecasts at night | [`batch`] | [`BatchSummary`] |
//!
//! With the feature `azure` also `ingest_azure`, `list_invoices`, `download_invoices`, `doctor` and
//! `azure_forecast`; with `storage` inputs may be addresses of Blob Storage.
//!
//! ```
//! use operations::{ChargesRequest, Host, PredictRequest, predict};
//!
//! // The made-up bill of this repository, up to the middle of October.
//! let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");
//! let charges = ChargesRequest { inputs: vec![sample.to_owned()], ..ChargesRequest::default() };
//! let request = PredictRequest { charges, ..PredictRequest::default() };
//! let done = predict(&request, &Host::default())?;
//!
//! let total = done.report.rows.iter().find(|row| row.level == 0).unwrap();
//! assert_eq!(total.cycle.to_string(), "2026-10-01 to 2026-10-31");
//! // What is charged so far and what is still expected are the total.
//! let range = total.total.as_ref().unwrap();
//! assert_eq!(total.actual + total.remaining().unwrap(), range.point());
//! let [lower80, upper80] = range.interval(0.8);
//! assert!(lower80 < range.point() && range.point() < upper80);
//! // The data is made up, so it never grows old.
//! assert!(done.age.unwrap().is_made_up);
//! # Ok::<(), operations::Error>(())
//! ```

mod amount_text;
mod azure_access;
#[cfg(feature = "azure")]
mod azure_forecast;
mod backtest;
mod batch;
mod bill;
mod charges;
#[cfg(feature = "azure")]
mod connection;
mod data_age;
mod digest;
#[cfg(feature = "azure")]
mod doctor;
mod error;
mod estimate_into_forecast;
mod finding;
mod forecaster;
mod host;
mod ingest;
mod inputs;
#[cfg(feature = "azure")]
mod invoice;
mod never_overwrite_input;
mod predict;
mod predict_priced;
mod price;
mod series;
mod series_table;
mod train;
mod write_file;

#[cfg(feature = "azure")]
pub use self::ingest::{AzureIngestRequest, AzureIngested, AzureSource, UsageSource, ingest_azure};
pub use self::ingest::{IngestRequest, Ingested, ingest_files};
pub use azure_access::{AzureAccess, SignInMethod};
#[cfg(feature = "azure")]
pub use azure_forecast::azure_forecast;
pub use backtest::{BacktestRequest, Backtested, backtest};
pub use batch::{BatchRequest, BatchSummary, JobRequest, JobSummary, TotalSummary, batch};
pub use charges::ChargesRequest;
pub use data_age::DataAge;
#[cfg(feature = "azure")]
pub use doctor::{Diagnosis, DoctorRequest, doctor};
pub use error::{Error, ErrorKind, Result, ResultExt};
pub use estimate_into_forecast::{IntoForecastRequest, estimate_into_forecast};
pub use finding::{Finding, Severity};
pub use forecast::{CycleSums, SumSpan};
pub use forecaster::is_model_file;
pub use host::{Host, Progress};
#[cfg(feature = "azure")]
pub use invoice::{
    DownloadRequest, DownloadedInvoices, InvoiceRows, InvoicesRequest, download_invoices, list_invoices,
};
pub use never_overwrite_input::check_not_an_input;
pub use predict::{Forecasted, PredictRequest, predict};
pub use predict_priced::{Added, PricedRequest, Pricing, predict_priced};
pub use price::{
    CardRequest, CompareRequest, Compared, Estimated, MatchRequest, Matched, PriceRows, PriceSource,
    RATE_LOCALE, RATE_OFFER, RATE_REGION, Subject, compare, estimate, match_sizes, price_card,
};
pub use series::{Granularity, SeriesRequest, SeriesRows, series};
pub use series_table::SeriesTableRequest;
pub use train::{TrainRequest, Trained, train};
pub use write_file::write_file;
