//! Commands that read from Azure. What they share: how it is reached.

pub mod doctor;
pub mod doors;
pub mod exports;
pub mod ingest;
pub mod invoice;
pub mod peer;
pub mod rates;
pub mod storage;

use crate::azure_options::{Auth, Reach};
use anyhow::{Context, Result};
use azure::{
    Clock, Cloud, Endpoint, HttpSender, Limit, Method, RateLimiter, ReadyToken, RetryPolicy, SignIn,
    TimeOuts, Token, TokenSource, Transport,
};
use chrono::{DateTime, Utc};
use std::{future::Future, sync::Arc, time::Duration};

/// Endpoints and a ready token, for tests and pipelines; plain http for loopback only.
const ARM_ENDPOINT: &str = "FORECAST_AZURE_ARM_ENDPOINT";
const RETAIL_ENDPOINT: &str = "FORECAST_AZURE_RETAIL_ENDPOINT";
const ACCESS_TOKEN: &str = "FORECAST_AZURE_ACCESS_TOKEN";
/// Longest silence of a service within a reply, in seconds.
const READ_TIMEOUT: &str = "FORECAST_AZURE_READ_TIMEOUT";
/// For tests: where this is set, waits are not waited for.
const SIMULATED_WAITS: &str = "FORECAST_AZURE_SIMULATED_WAITS";

/// Calls a minute that Cost Management takes, for a scope and for all of a tenant (documented 2026).
const COST_MANAGEMENT: (Limit, Limit) = (Limit::a_minute(4), Limit::a_minute(60));
/// Calls that the resource manager lets through to billing services: 100 in five minutes (measured).
const BILLING: (Limit, Limit) = {
    let limit = Limit { calls: 100, per: Duration::from_secs(300) };
    (limit, Limit { calls: 400, ..limit })
};

/// The ways to Azure's services.
pub struct Connection {
    /// To Cost Management, which is slow to be asked.
    pub costs: Transport,
    /// To all other services of the resource manager.
    pub billing: Transport,
    /// To retail prices, which nobody signs in for.
    pub retail: Transport,
    pub clock: Clock,
    /// Held while a rate card is asked for: the next scope finds it kept.
    pub rate_card: tokio::sync::Mutex<()>,
    pub sign_in: Option<Arc<SignIn>>,
}

pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl Connection {
    fn method(auth: Auth) -> Method {
        match auth {
            Auth::Auto => Method::Auto,
            Auth::Environment => Method::Environment,
            Auth::Workload => Method::Workload,
            Auth::Managed => Method::Managed,
            Auth::Cli => Method::Cli,
        }
    }

    pub fn open(reach: &Reach) -> Result<Self> {
        let cloud = Cloud::named(&reach.cloud)?;
        let base = variable(ARM_ENDPOINT);
        let endpoint = Endpoint::new(base.as_deref().unwrap_or(cloud.management()), cloud)
            .context(if base.is_some() { ARM_ENDPOINT } else { "the cloud" })?;
        let clock = clock();
        let (sign_in, tokens): (_, Arc<dyn TokenSource>) = match variable(ACCESS_TOKEN) {
            Some(token) => (None, Arc::new(ReadyToken(Token::new(token.trim())))),
            None => {
                let method = Self::method(reach.auth);
                let sign_in = Arc::new(SignIn::new(method, reach.tenant.clone(), cloud, variable));
                (Some(Arc::clone(&sign_in)), sign_in)
            }
        };
        let sender = Arc::new(HttpSender::new(time_outs()?)?);
        // Chance only keeps callers apart; nothing that is computed hangs on it.
        let seed = u64::from(Utc::now().timestamp_subsec_nanos()) ^ u64::from(std::process::id());
        let patience = RetryPolicy { total: Duration::from_secs(reach.max_wait), ..RetryPolicy::default() };
        let transport = |(scope, tenant), endpoint: &Endpoint, tokens: Option<Arc<dyn TokenSource>>| {
            let pace = Arc::new(RateLimiter::new(scope, tenant, clock.clone()));
            Transport::new(sender.clone(), tokens, endpoint.clone(), pace, clock.clone(), seed)
                .with_retry_policy(patience)
        };
        let signed = |limits| transport(limits, &endpoint, Some(Arc::clone(&tokens)));
        let retail = variable(RETAIL_ENDPOINT);
        let retail = Endpoint::new(retail.as_deref().unwrap_or(cloud.retail()), cloud)
            .context(if retail.is_some() { RETAIL_ENDPOINT } else { "the cloud" })?;
        Ok(Self {
            costs: signed(COST_MANAGEMENT),
            billing: signed(BILLING),
            retail: transport(BILLING, &retail, None),
            clock: clock.clone(),
            rate_card: tokio::sync::Mutex::default(),
            sign_in,
        })
    }
}

fn clock() -> Clock {
    let now: fn() -> DateTime<Utc> = Utc::now;
    if variable(SIMULATED_WAITS).is_some() { Clock::simulated(now) } else { Clock::real(now) }
}

fn time_outs() -> Result<TimeOuts> {
    let mut time_outs = TimeOuts::default();
    if let Some(text) = variable(READ_TIMEOUT) {
        let seconds: f64 = text
            .parse()
            .ok()
            .filter(|seconds: &f64| (0.01..=86_400.0).contains(seconds))
            .with_context(|| format!("{READ_TIMEOUT} is a number of seconds, not `{text}`"))?;
        time_outs.read = Duration::from_secs_f64(seconds);
    }
    Ok(time_outs)
}

/// Runs what waits for services.
pub fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
