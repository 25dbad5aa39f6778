//! What the transport does with every kind of reply, in simulated time.

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
    let pace = Arc::new(RateLimiter::new(Limit::a_minute(1000), Limit::a_minute(1000), clock.clone()));
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
    let expired = || reply(401, &[], r#"{"error":{"code":"ExpiredAuthenticationToken","message":"old"}}"#);
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
