//! The one way to a service: paced, retried where that helps, redirected where that is allowed.
//!
//! Asked again are connection faults, 408, 429, 5xx and the one 404 that means "try again"; nothing
//! else. Between two tries lies the longest wait that the reply asks for or, where it asks for none,
//! one that doubles, with jitter; refusals for throttling without a hint wait for the floor that was
//! found to be needed. All of it has a total limit. An expired token is renewed once.

use crate::{
    Clock, Endpoint, Error, Fault, Pace, Reply, Request, Result, SendFault, Sender, Token, TokenSource,
    message::shown, wait::asked_wait,
};
use serde_json::Value;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use url::Url;

/// How long and how often to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
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

impl Default for Patience {
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
    pace: Arc<Pace>,
    patience: Patience,
    clock: Clock,
    seed: u64,
    under_way: Semaphore,
}

/// What is done with the body of a reply.
enum Body<'a> {
    Given,
    Saved(&'a Path),
}

/// Why a request is sent again.
enum Again {
    /// Refused for haste: everybody waits.
    Throttled,
    /// Not ready yet.
    NotReady,
    /// A fault of the service or on the way.
    Fault,
}

impl Transport {
    /// To `endpoint`, signed in with `tokens` where the service wants that. `seed` decides the jitter.
    #[must_use]
    pub fn new(
        sender: Arc<dyn Sender>,
        tokens: Option<Arc<dyn TokenSource>>,
        endpoint: Endpoint,
        pace: Arc<Pace>,
        clock: Clock,
        seed: u64,
    ) -> Self {
        let under_way = Semaphore::new(AT_A_TIME);
        Self { sender, tokens, endpoint, pace, patience: Patience::default(), clock, seed, under_way }
    }

    /// With another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
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
            if waited > self.patience.total {
                let last = "it is still running".to_owned();
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
            let reply = self.persist(&request, body).await?;
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

    /// Asks until there is a reply that waiting does not change.
    async fn persist(&self, request: &Request, body: &Body<'_>) -> Result<Reply> {
        let (mut renewed, mut renew) = (false, false);
        let (mut tries, mut waited) = (0, Duration::ZERO);
        let mut turn = self.pace.turn(&request.scope).await;
        loop {
            tries += 1;
            let sent = self.send(request, body, std::mem::take(&mut renew)).await?;
            let (last, asked, again) = match sent {
                Ok(reply) if reply.status == 202 && request.waits_when_accepted => {
                    let fault = Fault::read(202, &reply.body);
                    let last = format!("the data is not ready yet ({fault})");
                    (last, asked_wait(&reply, self.clock.utc()), Again::NotReady)
                }
                Ok(reply) if reply.status < 400 => {
                    turn.answered();
                    return Ok(reply);
                }
                Ok(reply) => {
                    let fault = Fault::read(reply.status, &reply.body);
                    if fault.is_expired_token() && !renewed {
                        (renewed, renew) = (true, true);
                        continue;
                    }
                    if !fault.may_pass() {
                        turn.answered();
                        return Err(self.refused(request, fault));
                    }
                    let again = if reply.status == 429 { Again::Throttled } else { Again::Fault };
                    (fault.to_string(), asked_wait(&reply, self.clock.utc()), again)
                }
                Err(fault) => (fault, None, Again::Fault),
            };
            let asked = asked.filter(|_| tries <= TRUSTED_HINTS || !matches!(again, Again::Throttled));
            let floor = match again {
                Again::Throttled => self.patience.throttled_wait,
                Again::NotReady => self.patience.not_ready_wait,
                Again::Fault => self.patience.first_wait,
            };
            let jitter = chance(self.seed, u64::from(tries));
            let wait = asked.unwrap_or_else(|| backoff(floor, tries, jitter));
            tracing::debug!("{} ({last}); asked again in {wait:?}", request.what());
            if tries >= self.patience.tries || waited + wait > self.patience.total {
                turn.answered();
                return Err(Error::Unavailable { what: request.what(), tries, waited, last });
            }
            waited += wait;
            if let Again::Throttled = again {
                turn.refused(asked, floor, jitter).await;
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

    fn refused(&self, request: &Request, fault: Fault) -> Error {
        let remedy = match fault.status {
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
mod tests {
    use super::*;
    use crate::{Cloud, Limit, Sending};
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName};
    use std::{collections::VecDeque, sync::Mutex};
    use tokio::time::Instant;

    /// Gives one prepared reply after the other and keeps what was asked, when and with which token.
    struct Script {
        replies: Mutex<VecDeque<std::result::Result<Reply, SendFault>>>,
        asked: Mutex<Vec<(String, Option<String>, Duration)>>,
        begin: Instant,
    }

    impl Sender for Script {
        fn send<'a>(
            &'a self,
            request: &'a Request,
            token: Option<&'a Token>,
        ) -> Sending<'a, std::result::Result<Reply, SendFault>> {
            Box::pin(async move {
                let token = token.map(|token| token.secret().to_owned());
                self.asked.lock().unwrap().push((request.url.to_string(), token, self.begin.elapsed()));
                self.replies.lock().unwrap().pop_front().expect("a reply is prepared")
            })
        }
    }

    struct Tokens;

    impl TokenSource for Tokens {
        fn token(&self, renew: bool) -> Sending<'_, std::result::Result<Token, String>> {
            Box::pin(async move { Ok(Token::new(if renew { "planted-new" } else { "planted-old" })) })
        }
    }

    fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> std::result::Result<Reply, SendFault> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        Ok(Reply { status, headers: map, body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    async fn run(
        replies: Vec<std::result::Result<Reply, SendFault>>,
    ) -> (Result<Reply>, Vec<(String, Option<String>, u64)>) {
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into()),
            asked: Mutex::default(),
            begin: Instant::now(),
        });
        let endpoint = Endpoint::new(Cloud::Public.management(), Cloud::Public).unwrap();
        let url = endpoint
            .at("/subscriptions/s/providers/Microsoft.CostManagement/query?sig=planted-signature")
            .unwrap();
        let clock = Clock::real(|| "2026-11-25T12:00:00Z".parse().unwrap());
        let pace = Arc::new(Pace::new(Limit::a_minute(1000), Limit::a_minute(1000), clock.clone()));
        let transport =
            Transport::new(Arc::clone(&script) as _, Some(Arc::new(Tokens)), endpoint, pace, clock, 7);
        let result = transport.call(&Request::get(url, "/subscriptions/s")).await;
        let asked = script.asked.lock().unwrap().clone();
        (result, asked.into_iter().map(|(url, token, at)| (url, token, at.as_secs())).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_wait_is_honoured_and_a_floor_where_there_is_no_hint() {
        let (result, asked) = run(vec![
            reply(
                429,
                &[("retry-after", "3"), ("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "20")],
                "",
            ),
            reply(503, &[], ""),
            reply(429, &[], ""),
            reply(200, &[], "{}"),
        ])
        .await;
        assert_eq!(result.unwrap().status, 200);
        assert_eq!(asked[1].2, 20);
        // The wait after the second try has doubled; a refusal without a hint waits for the floor.
        assert!((22..24).contains(&asked[2].2), "{asked:?}");
        assert!((45..48).contains(&(asked[3].2 - asked[2].2)), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn hints_that_are_too_short_are_trusted_three_times() {
        let hinted = || reply(429, &[("retry-after", "1")], "");
        let (result, asked) = run(vec![hinted(), hinted(), hinted(), hinted(), reply(200, &[], "{}")]).await;
        assert!(result.is_ok());
        assert!(asked[3].2 <= 4 && asked[4].2 - asked[3].2 >= 45, "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_will_not_pass_is_asked_once() {
        for status in [400, 403, 404, 409, 415] {
            let (result, asked) = run(vec![reply(status, &[], "{}")]).await;
            assert!(result.is_err());
            assert_eq!(asked.len(), 1, "{status}");
        }
        let (result, asked) = run(vec![Err(SendFault::Final("no trust".into()))]).await;
        assert!(matches!(result, Err(Error::BadReply { .. })) && asked.len() == 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_right_names_the_role_and_the_scope() {
        let body = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
        let (result, _) = run(vec![reply(403, &[], body)]).await;
        let text = result.unwrap_err().to_string();
        assert!(text.contains("/subscriptions/s") && text.contains("Cost Management Reader"), "{text}");
        assert!(!text.contains("planted"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_expired_token_is_renewed_once() {
        let expired =
            || reply(401, &[], r#"{"error":{"code":"ExpiredAuthenticationToken","message":"old"}}"#);
        let (result, asked) = run(vec![expired(), reply(200, &[], "{}")]).await;
        assert!(result.is_ok());
        let tokens: Vec<_> = asked.iter().map(|(_, token, _)| token.as_deref()).collect();
        assert_eq!(tokens, [Some("planted-old"), Some("planted-new")]);
        let (result, asked) = run(vec![expired(), expired()]).await;
        assert!(matches!(result, Err(Error::NotAllowed { .. })));
        assert_eq!(asked.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_and_the_error_tells_the_story() {
        let down = || Err(SendFault::Connection("connection reset".into()));
        let (result, asked) = run((0..6).map(|_| down()).collect()).await;
        let text = result.unwrap_err().to_string();
        assert!(text.contains("after 6 tries") && text.contains("connection reset"), "{text}");
        assert!(!text.contains("planted"), "{text}");
        assert_eq!(asked.len(), 6);
        // A wait beyond the total limit is not begun.
        let (result, asked) = run(vec![reply(429, &[("retry-after", "3600")], "")]).await;
        assert!(matches!(result, Err(Error::Unavailable { .. })) && asked.len() == 1 && asked[0].2 == 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_redirect_to_storage_goes_without_the_token_and_to_nowhere_else() {
        let blob = "https://ratecard.blob.core.windows.net/ratecards/1?sig=planted-signature";
        let (result, asked) = run(vec![reply(302, &[("location", blob)], ""), reply(200, &[], "{}")]).await;
        assert!(result.is_ok());
        assert_eq!((asked[1].0.as_str(), &asked[1].1), (blob, &None));
        let (result, asked) =
            run(vec![reply(302, &[("location", "https://evil.example/?sig=planted-x")], "")]).await;
        let text = result.unwrap_err().to_string();
        assert!(text.contains("evil.example") && !text.contains("planted"), "{text}");
        assert_eq!(asked.len(), 1);
        let around = || reply(302, &[("location", "/subscriptions/again")], "");
        assert!(run((0..4).map(|_| around()).collect()).await.0.is_err());
    }
}
