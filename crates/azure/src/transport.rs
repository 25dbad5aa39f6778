//! The one way to a service: rate limited, retried where that helps, redirected where that is allowed.
//!
//! Retried are connection failures, 408, 429, 5xx and the one 404 that means "try again"; nothing else. Between two
//! tries lies the longest wait that the reply asks for or, without a hint, an exponential back-off with jitter; a
//! throttled call without a hint waits at least for the floor that was measured. The total wait is limited. An expired
//! token is renewed once.

use crate::{
    Clock, Endpoint, Error, LastFailure, RateLimiter, Reply, Request, Result, SendFault, Sender,
    ServiceError, Token, TokenSource, message::shown, retry_after::asked_wait,
};
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use url::Url;

/// How long and how often a request is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Most tries of one request.
    pub tries: u32,
    /// Wait before the second try where the reply asks for none; it doubles.
    pub first_wait: Duration,
    /// The same while a service says that data is not ready yet (202).
    pub not_ready_wait: Duration,
    /// The same for a refusal for throttling: measured to be 45 to 60 s for Cost Management.
    pub throttled_wait: Duration,
    /// Longest time that one request waits in all.
    pub total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            tries: 6,
            first_wait: seconds(1),
            not_ready_wait: seconds(15),
            throttled_wait: seconds(45),
            total: seconds(15 * 60),
        }
    }
}

/// How many redirects a request may take.
const REDIRECTS: usize = 3;
/// How many requests are under way at a time.
const AT_A_TIME: usize = 4;
/// Hints to wait are trusted so often for one request; then they have shown to be too short.
const TRUSTED_HINTS: u32 = 3;
/// How often a long-running operation is asked for where the service does not say.
const POLL: Duration = Duration::from_secs(10);

/// Carries requests to one endpoint. It is shared by all services of a tenant.
pub struct Transport {
    sender: Arc<dyn Sender>,
    tokens: Option<Arc<dyn TokenSource>>,
    endpoint: Endpoint,
    rate_limiter: Arc<RateLimiter>,
    retry_policy: RetryPolicy,
    clock: Clock,
    seed: u64,
    under_way: Semaphore,
}

/// What is done with the body of a reply.
enum Body<'a> {
    Given,
    Saved(&'a Path),
}

/// Why a request is retried.
enum RetryReason {
    /// HTTP 429: all callers back off.
    Throttled,
    /// HTTP 202: the data is not ready yet.
    NotReady,
    /// A failure of the service or of the connection.
    Failure,
}

impl Transport {
    /// To `endpoint`, signed in with `tokens` where the service wants that. `seed` decides the jitter.
    #[must_use]
    pub fn new(
        sender: Arc<dyn Sender>,
        tokens: Option<Arc<dyn TokenSource>>,
        endpoint: Endpoint,
        rate_limiter: Arc<RateLimiter>,
        clock: Clock,
        seed: u64,
    ) -> Self {
        let under_way = Semaphore::new(AT_A_TIME);
        Self {
            sender,
            tokens,
            endpoint,
            rate_limiter,
            retry_policy: RetryPolicy::default(),
            clock,
            seed,
            under_way,
        }
    }

    /// With another retry_policy.
    #[must_use]
    pub fn with_retry_policy(self, retry_policy: RetryPolicy) -> Self {
        Self { retry_policy, ..self }
    }

    /// Where requests go.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A good reply: 200 to 299. What a 202 means is the service's to say.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Unavailable`], [`Error::Refused`], or [`Error::BadReply`] for a
    /// redirect that leads where it must not.
    pub async fn call(&self, request: &Request) -> Result<Reply> {
        self.follow(request, &Body::Given).await
    }

    /// Saves what lies behind a link that a service gave, such as a file in storage. The token stays
    /// behind where the link leads away from the service.
    ///
    /// # Errors
    /// As [`Transport::call`]; a link to a host that is none of the service's is a [`Error::BadReply`].
    pub async fn save(&self, link: &str, scope: &str, path: &Path) -> Result<()> {
        let what = "a link to a file";
        let url = Url::parse(link).map_err(|error| Error::bad_reply(what, error.to_string()))?;
        if !self.endpoint.is_home(&url) && !self.endpoint.may_redirect_to(&url) {
            let host = url.host_str().unwrap_or("nowhere");
            return Err(Error::bad_reply(
                what,
                format!("it leads to {host}, which is not one of the service's hosts"),
            ));
        }
        let reply = self.follow(&Request::get(url, scope), &Body::Saved(path)).await?;
        if reply.status == 200 {
            return Ok(());
        }
        Err(Error::bad_reply(what, format!("the reply is {} instead of a file", reply.status)))
    }

    /// The end of a long-running operation: `first` is sent, then its `Azure-AsyncOperation` or
    /// `Location` is asked until there is more to say than "still running" (202, or such a `status`).
    /// Links that lead off the service's host are asked at the service's own host.
    ///
    /// # Errors
    /// As [`Transport::call`]; [`Error::Unavailable`] when the total wait is over.
    pub async fn finish(&self, first: Request) -> Result<Reply> {
        let what = first.what();
        let mut waited = Duration::ZERO;
        let mut request = first;
        let mut asked = 1;
        let mut result_at: Option<Url> = None;
        loop {
            let reply = self.call(&request).await?;
            let running = reply.status == 202 || is_running(&reply);
            if !running {
                // An operation that only tells its state leaves the result at the first location.
                return match result_at.take() {
                    Some(url) if url != request.url && tells_state_only(&reply) => {
                        self.call(&Request::get(url, &request.scope)).await
                    }
                    _ => Ok(reply),
                };
            }
            let place = |name: &str| reply.header(name).map(|link| self.own(&request, link)).transpose();
            let (operation, location) = (place("azure-asyncoperation")?, place("location")?);
            result_at = result_at.or_else(|| location.clone());
            let next = operation.or(location).unwrap_or_else(|| request.url.clone());
            let wait = asked_wait(&reply, self.clock.utc()).unwrap_or(POLL);
            waited += wait;
            if waited > self.retry_policy.total {
                let last = LastFailure::StillRunning;
                return Err(Error::Unavailable { what, tries: asked, waited, last });
            }
            tracing::debug!("{what} is still running; asked again in {wait:?}");
            self.clock.sleep(wait).await;
            asked += 1;
            request = Request::get(next, &request.scope);
        }
    }

    /// A link of a reply at the service's own host.
    fn own(&self, request: &Request, link: &str) -> Result<Url> {
        let bad =
            |error: String| Error::bad_reply(&request.what(), format!("its location is no address: {error}"));
        let url = request.url.join(&link.replace(' ', "%20")).map_err(|error| bad(error.to_string()))?;
        if self.endpoint.is_home(&url) {
            return Ok(url);
        }
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        self.endpoint.at(&path)
    }

    async fn follow(&self, request: &Request, body: &Body<'_>) -> Result<Reply> {
        let mut request = request.clone();
        for _ in 0..=REDIRECTS {
            let reply = self.send_with_retries(&request, body).await?;
            if !(300..400).contains(&reply.status) {
                return Ok(reply);
            }
            request.url = self.redirected(&request, &reply)?;
        }
        Err(Error::bad_reply(&request.what(), "it redirects again and again"))
    }

    fn redirected(&self, request: &Request, reply: &Reply) -> Result<Url> {
        let bad = |why: String| Error::bad_reply(&request.what(), why);
        let target =
            reply.header("location").ok_or_else(|| bad(format!("{} without a location", reply.status)))?;
        let url =
            request.url.join(target).map_err(|error| bad(format!("its location is no address: {error}")))?;
        if self.endpoint.is_home(&url) || self.endpoint.may_redirect_to(&url) {
            return Ok(url);
        }
        Err(bad(format!("it redirects to {}, which is not one of the service's hosts", shown(&url))))
    }

    /// Sends until there is a reply that a retry would not change.
    async fn send_with_retries(&self, request: &Request, body: &Body<'_>) -> Result<Reply> {
        let (mut renewed, mut renew) = (false, false);
        let (mut tries, mut waited) = (0, Duration::ZERO);
        let mut permit = self.rate_limiter.permit(&request.scope).await;
        loop {
            tries += 1;
            let sent = self.send(request, body, std::mem::take(&mut renew)).await?;
            let (last, asked, reason) = match sent {
                Ok(reply) if reply.status == 202 && request.waits_when_accepted => {
                    let fault = ServiceError::read(202, &reply.body);
                    (
                        LastFailure::NotReady(fault),
                        asked_wait(&reply, self.clock.utc()),
                        RetryReason::NotReady,
                    )
                }
                Ok(reply) if reply.status < 400 => {
                    permit.answered();
                    return Ok(reply);
                }
                Ok(reply) => {
                    let fault = ServiceError::read(reply.status, &reply.body);
                    if fault.is_expired_token() && !renewed {
                        (renewed, renew) = (true, true);
                        continue;
                    }
                    if !fault.may_pass() {
                        permit.answered();
                        return Err(self.refused(request, fault));
                    }
                    let reason =
                        if reply.status == 429 { RetryReason::Throttled } else { RetryReason::Failure };
                    (LastFailure::Service(fault), asked_wait(&reply, self.clock.utc()), reason)
                }
                Err(why) => (LastFailure::Connection(why), None, RetryReason::Failure),
            };
            let asked = asked.filter(|_| tries <= TRUSTED_HINTS || !matches!(reason, RetryReason::Throttled));
            let floor = match reason {
                RetryReason::Throttled => self.retry_policy.throttled_wait,
                RetryReason::NotReady => self.retry_policy.not_ready_wait,
                RetryReason::Failure => self.retry_policy.first_wait,
            };
            let jitter = chance(self.seed, u64::from(tries));
            let wait = asked.unwrap_or_else(|| backoff(floor, tries, jitter));
            tracing::debug!("{} ({last}); asked again in {wait:?}", request.what());
            if tries >= self.retry_policy.tries || waited + wait > self.retry_policy.total {
                permit.answered();
                return Err(Error::Unavailable { what: request.what(), tries, waited, last });
            }
            waited += wait;
            if let RetryReason::Throttled = reason {
                permit.refused(asked, floor, jitter).await;
            } else {
                self.clock.sleep(wait).await;
            }
        }
    }

    /// Sends once; the token goes to the service's own host only. The inner error may pass.
    async fn send(
        &self,
        request: &Request,
        body: &Body<'_>,
        renew: bool,
    ) -> Result<std::result::Result<Reply, String>> {
        let token = match &self.tokens {
            Some(tokens) if self.endpoint.is_home(&request.url) => {
                let token = tokens.token(renew).await.map_err(|why| Error::NotSignedIn { why })?;
                Some(token)
            }
            _ => None,
        };
        match self.sent(request, token.as_ref(), body).await {
            Ok(reply) => Ok(Ok(reply)),
            Err(SendFault::Connection(why)) => Ok(Err(why)),
            Err(SendFault::Final(why)) => Err(Error::bad_reply(&request.what(), why)),
        }
    }

    async fn sent(
        &self,
        request: &Request,
        token: Option<&Token>,
        body: &Body<'_>,
    ) -> std::result::Result<Reply, SendFault> {
        // Fails only when the semaphore is closed, which it never is.
        let _place = self.under_way.acquire().await;
        match body {
            Body::Given => self.sender.send(request, token).await,
            Body::Saved(path) => self.sender.save(request, token, path).await,
        }
    }

    fn refused(&self, request: &Request, fault: ServiceError) -> Error {
        let remedy = match fault.status {
            // A link holds its own right, for a while.
            401 | 403 if !self.endpoint.is_home(&request.url) => {
                "the link has run out or is not for this machine; ask for it again".to_owned()
            }
            401 => "sign in again, for example with `az login`".to_owned(),
            403 => format!("it needs the role {}", role_for(&request.url)),
            _ => return Error::Refused { what: request.what(), fault },
        };
        Error::NotAllowed { scope: request.scope.clone(), fault, remedy }
    }
}

/// Whether a reply tells of an operation that goes on.
fn is_running(reply: &Reply) -> bool {
    state(reply).is_some_and(|state| {
        ["running", "inprogress", "queued", "notstarted", "accepted"]
            .contains(&state.to_ascii_lowercase().as_str())
    })
}

fn tells_state_only(reply: &Reply) -> bool {
    state(reply).is_some_and(|state| state.eq_ignore_ascii_case("succeeded"))
}

fn state(reply: &Reply) -> Option<String> {
    let value: Value = serde_json::from_slice(&reply.body).ok()?;
    value.get("status").and_then(Value::as_str).map(str::to_owned)
}

/// Doubles with each try, and a quarter of it is left to chance so that callers do not meet again.
fn backoff(first: Duration, tries: u32, jitter: f64) -> Duration {
    first.saturating_mul(1 << tries.saturating_sub(1).min(10)).mul_f64(1.0 + 0.25 * jitter)
}

/// A number from 0 to 1 that a seed decides (SplitMix64).
fn chance(seed: u64, step: u64) -> f64 {
    let mut mixed = seed.wrapping_add(step.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
}

/// The role that reading an address needs.
fn role_for(url: &Url) -> &'static str {
    let path = url.path().to_ascii_lowercase();
    if path.contains("microsoft.commerce") {
        "Reader on the subscription"
    } else if path.contains("microsoft.billing/billingaccounts") {
        "Billing account reader or Billing profile reader"
    } else if path.contains("microsoft.billing") {
        "Billing Reader on the subscription, and the account administrator must have opted in to invoices"
    } else {
        "Cost Management Reader on the scope"
    }
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
