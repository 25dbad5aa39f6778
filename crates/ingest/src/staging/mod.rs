//! Charges written as FOCUS-shaped Parquet runs, which every command reads like an export.

pub(crate) mod focus_rows;
pub(crate) mod land_exports;
pub(crate) mod service_charges;
pub(crate) mod staged_run;
