//! Charges into FOCUS-shaped Parquet: from files, from Azure's services, from storage.

mod files;

#[cfg(feature = "storage")]
mod azure_export;
#[cfg(feature = "azure")]
mod azure_request;
#[cfg(feature = "azure")]
mod azure_source;
#[cfg(feature = "storage")]
pub(crate) mod blob_cache;
#[cfg(feature = "azure")]
mod fetch_window;
#[cfg(feature = "azure")]
mod from_azure;

#[cfg(feature = "azure")]
pub use azure_request::{AzureIngestRequest, AzureSource, UsageSource};
pub use files::{IngestRequest, Ingested, ingest_files};
#[cfg(feature = "azure")]
pub use from_azure::{AzureIngested, ingest_azure};
