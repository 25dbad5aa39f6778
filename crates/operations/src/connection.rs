//! The ways to Azure's services: endpoints, sign-in, and how fast each may be called.

use crate::{AzureAccess, Error, Host, Result, ResultExt, SignInMethod};
use azure::{
    Clock, Cloud, Endpoint, HttpSender, Limit, Method, RateLimiter, ReadyToken, RetryPolicy, SignIn,
    TimeOuts, Token, TokenSource, Transport,
};
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
pub(crate) struct Connection {
    /// To Cost Management, which is slow to be asked.
    pub costs: Transport,
    /// To all other services of the resource manager.
    pub billing: Transport,
    /// To retail prices, which nobody signs in for.
    pub retail: Transport,
    /// The clock of tokens and waits.
    pub clock: Clock,
    /// Held while a rate card is asked for: the next scope finds it kept.
    pub rate_card: tokio::sync::Mutex<()>,
    /// The sign-in; `None` with a ready token.
    pub sign_in: Option<Arc<SignIn>>,
}

impl Connection {
    /// The way to sign in, as the client names it.
    pub fn method(auth: SignInMethod) -> Method {
        match auth {
            SignInMethod::Auto => Method::Auto,
            SignInMethod::Environment => Method::Environment,
            SignInMethod::Workload => Method::Workload,
            SignInMethod::Managed => Method::Managed,
            SignInMethod::Cli => Method::Cli,
        }
    }

    /// Opens the ways to Azure's services. Nothing is asked yet.
    ///
    /// # Errors
    /// An unknown cloud; an endpoint or a time-out of the environment that cannot be used.
    pub fn open(access: &AzureAccess, host: &Host<'_>) -> Result<Self> {
        let variable = host.variable;
        let cloud = Cloud::named(&access.cloud)?;
        let base = variable(ARM_ENDPOINT);
        let endpoint = Endpoint::new(base.as_deref().unwrap_or(cloud.management()), cloud)
            .context(if base.is_some() { ARM_ENDPOINT } else { "the cloud" })?;
        let clock = clock(host);
        let (sign_in, tokens): (_, Arc<dyn TokenSource>) = match variable(ACCESS_TOKEN) {
            Some(token) => (None, Arc::new(ReadyToken(Token::new(token.trim())))),
            None => {
                let method = Self::method(access.auth);
                let sign_in = Arc::new(SignIn::new(method, access.tenant.clone(), cloud, variable));
                (Some(Arc::clone(&sign_in)), sign_in)
            }
        };
        let sender = Arc::new(HttpSender::new(time_outs(host)?)?);
        // Chance only keeps callers apart; nothing that is computed hangs on it.
        let seed = u64::from((host.now)().timestamp_subsec_nanos()) ^ u64::from(std::process::id());
        let patience =
            RetryPolicy { total: Duration::from_secs(access.max_wait_seconds), ..RetryPolicy::default() };
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

fn clock(host: &Host<'_>) -> Clock {
    match (host.variable)(SIMULATED_WAITS) {
        Some(_) => Clock::simulated(host.now),
        None => Clock::real(host.now),
    }
}

fn time_outs(host: &Host<'_>) -> Result<TimeOuts> {
    let mut time_outs = TimeOuts::default();
    if let Some(text) = (host.variable)(READ_TIMEOUT) {
        let seconds: f64 =
            text.parse().ok().filter(|seconds: &f64| (0.01..=86_400.0).contains(seconds)).ok_or_else(
                || Error::failed(format!("{READ_TIMEOUT} is a number of seconds, not `{text}`")),
            )?;
        time_outs.read = Duration::from_secs_f64(seconds);
    }
    Ok(time_outs)
}

/// Runs what waits for services.
pub(crate) fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
