//! Everything that can go wrong between here and Azure, in simulated time.

use super::server::{Answer, READ_USAGE, Server, good, run_against, usage};
use crate::support::{Run, folder};
use serde_json::{Value, json};
use std::time::Duration;

/// Reads usage from a server whose first answers are these, and which is well afterwards.
fn after(faults: Vec<Answer>) -> (Run, Server) {
    let server =
        Server::start(move |asked, before| faults.get(before).cloned().unwrap_or_else(|| good(asked)));
    let folder = folder();
    let run = run_against(&server, folder.path(), &[&READ_USAGE[..], &["-o", "csv"]].concat());
    (run, server)
}

fn throttled() -> Answer {
    Answer::status(429, &json!({ "error": { "code": "429", "message": "Too many requests. Please retry." } }))
}

#[track_caller]
fn recovers(faults: Vec<Answer>, waited: &str) {
    let tries = faults.len();
    let (run, server) = after(faults);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("USD,14.00,14.00,true,3,0,"), "{}", run.stdout);
    assert!(run.stderr.contains(waited), "{waited}: {}", run.stderr);
    assert_eq!(server.asked().len(), tries + 3);
}

#[track_caller]
fn fails(faults: Vec<Answer>, code: i32, words: &str) {
    let (run, _) = after(faults);
    assert_eq!(run.code, code, "{}", run.stderr);
    assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}

#[test]
fn every_header_that_asks_for_a_wait_is_honoured() {
    for header in [
        "retry-after",
        "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after",
        "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after",
        "x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after",
        "x-ms-ratelimit-microsoft.costmanagement-client-retry-after",
        "x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after",
        "x-ms-ratelimit-microsoft.consumption-retry-after",
    ] {
        recovers(vec![throttled().header(header, "37")], "asked again in 37s");
    }
    let several = throttled()
        .header("retry-after", "3")
        .header("x-ms-ratelimit-microsoft.consumption-retry-after", "41");
    recovers(vec![several], "asked again in 41s");
    // Clocks differ; a date that is past is no wait.
    recovers(vec![throttled().header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], "asked again in 0ns");
    // Without a hint there is a floor.
    recovers(vec![throttled()], "Please retry.); asked again in");
}

#[test]
fn faults_that_may_pass_are_asked_again() {
    recovers(vec![Answer::text(503, "down")], "asked again in 1");
    recovers(
        vec![Answer::text(502, "<html>Bad gateway</html>"), Answer::text(500, "")],
        "502: <html>Bad gateway",
    );
    recovers(vec![good_page().cut()], "asked again in 1");
    recovers(vec![good_page().stalled(Duration::from_secs(3))], "timed out");
    let transient = json!({ "error": { "code": "NotFound", "message":
        "GtmDimensionDataProvider.GetAzureSubscriptionsById returns null or empty list for id: x" } });
    recovers(vec![Answer::status(404, &transient)], "asked again in 1");
    let not_ready = json!({ "error": { "code": "ProcessingNotCompleted", "message": "not yet" } });
    recovers(vec![Answer::status(202, &not_ready)], "not ready yet");
    recovers(vec![Answer::status(202, &not_ready).header("retry-after", "90")], "asked again in 90s");
}

fn good_page() -> Answer {
    Answer::json(&json!({ "value": [usage("2026-10-01", "M", "4"), usage("2026-10-02", "M", "4")] }))
}

#[test]
fn patience_ends_with_the_exit_of_an_unavailable_service() {
    fails((0..20).map(|_| throttled()).collect(), 6, "not available after");
    fails((0..20).map(|_| Answer::text(503, "down")).collect(), 6, "503: down");
    let not_ready =
        || Answer::status(202, &json!({ "error": { "code": "ProcessingNotCompleted", "message": "wait" } }));
    fails((0..20).map(|_| not_ready()).collect(), 6, "the data is not ready yet");
    // A wait longer than the whole patience is not begun.
    fails(vec![throttled().header("retry-after", "86400")], 6, "not available after 1 tries");
}

#[test]
fn what_will_not_pass_is_told_at_once() {
    let expired = || {
        Answer::status(
            401,
            &json!({ "error": { "code": "ExpiredAuthenticationToken", "message": "expired" } }),
        )
    };
    fails(vec![expired()], 5, "get a new one");
    let forbidden = json!({ "error": { "code": "AuthorizationFailed", "message": "no" } });
    fails(vec![Answer::status(403, &forbidden)], 5, "Reader on the subscription");
    fails(
        vec![Answer::status(
            401,
            &json!({ "error": { "code": "InvalidAuthenticationToken", "message": "x" } }),
        )],
        5,
        "sign in again",
    );
    fails(
        vec![Answer::status(
            400,
            &json!({ "error": { "code": "BadRequest", "message": "The request is invalid." } }),
        )],
        1,
        "The request is invalid.",
    );
    fails(
        vec![Answer::status(400, &json!({ "Error": { "Code": "BadRequest", "Message": "capital" } }))],
        1,
        "capital",
    );
    fails(vec![Answer::status(404, &json!({ "code": "NotFound", "message": "unwrapped" }))], 1, "unwrapped");
    fails(
        vec![Answer::status(
            400,
            &json!({ "message": "The request is invalid.", "messageDetail": "detail" }),
        )],
        1,
        "detail",
    );
    fails(vec![Answer::text(200, "<html>a portal</html>")], 1, "cannot be used");
    fails(vec![Answer::text(200, "{\"value\": [")], 1, "cannot be used");
}

#[test]
fn a_token_that_expires_between_pages_fails_the_whole_read() {
    let server = Server::start(|asked, _| match asked.target.contains("page=2") {
        true => Answer::status(
            401,
            &json!({ "error": { "code": "ExpiredAuthenticationToken", "message": "expired" } }),
        ),
        false => good(asked),
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &READ_USAGE);
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(!folder.path().join("costs/azure-usage").exists(), "nothing half read is kept");
}

/// Pages of one record each, by the number in `page=`.
fn pages(next: impl Fn(usize) -> Option<String> + Send + Sync + 'static) -> Run {
    let server = Server::start(move |asked, _| {
        if !asked.target.contains("UsageAggregates") {
            return good(asked);
        }
        let page: usize = asked.target.split("page=").nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
        let mut body = json!({ "value": [usage("2026-10-01", "M", "4"), usage("2026-10-02", "M", "4")] });
        if page > 3 {
            body["value"] = json!([usage("2026-10-03", "M", "1")]);
        }
        if let Some(link) = next(page) {
            body["nextLink"] = Value::from(link);
        }
        if page == 2 {
            body["value"] = json!([]);
        }
        Answer::json(&body)
    });
    let folder = folder();
    run_against(&server, folder.path(), &[&READ_USAGE[..], &["-o", "csv"]].concat())
}

#[test]
fn pages_that_repeat_or_lead_away_are_errors_and_an_empty_one_is_not() {
    let link =
        |page: usize| format!("/subscriptions/s/providers/Microsoft.Commerce/UsageAggregates?page={page}");
    let circle = pages(move |_| Some(link(2)));
    assert_eq!(circle.code, 1, "{}", circle.stderr);
    assert!(circle.stderr.contains("was read before"), "{}", circle.stderr);
    let twice = pages(move |page| (page < 4).then(|| link(page + 1)));
    assert_eq!(twice.code, 1, "{}", twice.stderr);
    assert!(twice.stderr.contains("repeats an earlier one"), "{}", twice.stderr);
    let away = pages(|_| Some("https://evil.example/next?token=planted-link".to_owned()));
    assert_eq!(away.code, 1, "{}", away.stderr);
    assert!(away.stderr.contains("away from the service"), "{}", away.stderr);
    let empty = pages(move |page| match page {
        1 => Some(link(2)),
        2 => Some(link(4)),
        _ => None,
    });
    assert_eq!(empty.code, 0, "{}", empty.stderr);
    assert!(empty.stdout.contains("USD,8.00,8.00,true,3,0,"), "{}", empty.stdout);
}

#[test]
fn records_that_lack_something_are_named() {
    let broken = |change: fn(&mut Value)| {
        let mut record = usage("2026-10-01", "M", "4");
        change(&mut record["properties"]);
        Answer::json(&json!({ "value": [usage("2026-10-01", "M", "1"), record] }))
    };
    fails(vec![broken(|own| own["quantity"] = Value::Null)], 1, "record 2: it lacks `quantity`");
    fails(vec![broken(|own| own["quantity"] = json!("NaN"))], 1, "record 2");
    fails(vec![broken(|own| own["quantity"] = json!({ "x": 1 }))], 1, "record 2");
    fails(vec![broken(|own| own["usageStartTime"] = json!("20/08/2015"))], 1, "`usageStartTime` is no time");
    fails(
        vec![broken(|own| {
            own.as_object_mut().unwrap().remove("meterId");
        })],
        1,
        "it lacks `meterId`",
    );
    // Numbers as text are numbers, and unknown members are nothing to worry about.
    let server = Server::start(move |asked, _| match asked.target.contains("UsageAggregates") {
        true => {
            let mut record = usage("2026-10-01", "M", "7");
            record["properties"]["quantity"] = json!("7.0");
            record["properties"]["somethingNew"] = json!({ "a": [1] });
            Answer::json(&json!({ "value": [record] }))
        }
        false => good(asked),
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &[&READ_USAGE[..], &["-o", "csv"]].concat());
    assert!(run.stdout.contains("USD,4.00,4.00,true,1,0,"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn nothing_at_all_is_unknown_and_no_zero() {
    let server = Server::start(|asked, _| match asked.target.contains("UsageAggregates") {
        true => Answer::json(&json!({ "value": [] })),
        false => good(asked),
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &READ_USAGE);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stderr.contains("not known to mean a cost of 0"), "{}", run.stderr);
}

#[test]
fn without_a_sign_in_the_ways_are_listed() {
    let folder = folder();
    let run = super::server::run_with(
        &[
            ("FORECAST_AZURE_ARM_ENDPOINT", "http://127.0.0.1:1"),
            ("AZURE_CLIENT_SECRET", "planted-secret"),
            ("PATH", ""),
        ],
        folder.path(),
        &[&READ_USAGE[..], &["--auth", "environment"]].concat(),
    );
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stderr.contains("AZURE_TENANT_ID is not set"), "{}", run.stderr);
}
