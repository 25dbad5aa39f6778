//! How Azure's services are reached. Plain values: builds without Azure carry them too.

use crate::{Error, Host, Result};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How Azure is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureAccess {
    /// Tenant to sign in to; that of the environment or of the signed-in user by default.
    pub tenant: Option<String>,
    /// Which Azure: public, usgov or china.
    pub cloud: String,
    /// How to sign in.
    pub auth: SignInMethod,
    /// Longest time to wait for a service that throttles or is not ready, in seconds.
    pub max_wait_seconds: u64,
}

impl Default for AzureAccess {
    fn default() -> Self {
        Self {
            tenant: None,
            cloud: "public".to_owned(),
            auth: SignInMethod::default(),
            max_wait_seconds: 900,
        }
    }
}

/// How to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInMethod {
    /// Environment, workload, managed, cli: the first that works.
    #[default]
    Auto,
    /// A secret or certificate named by `AZURE_…` variables.
    Environment,
    /// The identity of a workload.
    Workload,
    /// The identity of this machine.
    Managed,
    /// The user of `az login`.
    Cli,
}

impl FromStr for SignInMethod {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "environment" => Ok(Self::Environment),
            "workload" => Ok(Self::Workload),
            "managed" => Ok(Self::Managed),
            "cli" => Ok(Self::Cli),
            _ => Err(Error::failed(format!(
                "unknown way to sign in: `{text}`; one of auto, environment, workload, managed, cli"
            ))),
        }
    }
}

impl AzureAccess {
    /// What the variables of the environment name, for operations that reach Azure only where an input lies
    /// there: `FORECAST_TENANT`, `FORECAST_CLOUD`, `FORECAST_AUTH`.
    ///
    /// # Errors
    /// An unknown way to sign in.
    pub fn from_variables(host: &Host<'_>) -> Result<Self> {
        let usual = Self::default();
        let auth = match (host.variable)("FORECAST_AUTH") {
            Some(text) => text.parse().map_err(|error: Error| error.context("FORECAST_AUTH"))?,
            None => usual.auth,
        };
        Ok(Self {
            tenant: (host.variable)("FORECAST_TENANT"),
            cloud: (host.variable)("FORECAST_CLOUD").unwrap_or(usual.cloud),
            auth,
            max_wait_seconds: usual.max_wait_seconds,
        })
    }
}
