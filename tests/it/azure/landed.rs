//! What lands, and what stays when something else lands beside it: nothing twice, nothing lost.

use super::server::{Answer, SUBSCRIPTION, Server, rate_card, run_against, usage};
use crate::support::{Run, TestContext, folder, run};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};

const HEADER: &str = "AccountName,SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode,ChargeType,MeterCategory,BillingPeriodStartDate,BillingPeriodEndDate\n";

/// A row of an enterprise's report for February 2024.
fn row(day: u32, cost: &str) -> String {
    format!(
        "a,00000000-0000-0000-0000-00000000000a,02/{day:02}/2024,{cost},USD,Usage,Storage,02/01/2024,02/29/2024\n"
    )
}

/// A month of cost details at one price a day.
fn month(cost: &str) -> String {
    (1..=29).map(|day| row(day, cost)).fold(HEADER.to_owned(), |text, row| text + &row)
}

/// A server that plays a cost details report, which can be changed, and usage of 24 hours a day.
struct Azure {
    server: Server,
    report: Arc<Mutex<String>>,
    _storage: Server,
}

impl Azure {
    fn start() -> Self {
        let report = Arc::new(Mutex::new(month("1")));
        let kept = Arc::clone(&report);
        let storage = Server::start(move |_, _| Answer::text(200, &kept.lock().expect("no panic")));
        let link = format!("{}/part.csv?sig=planted-signature", storage.url);
        let server = Server::start(move |asked, _| {
            if asked.target.contains("RateCard") {
                return Answer::json(&rate_card());
            }
            if asked.target.contains("UsageAggregates") {
                let day = |day: u32| usage(&format!("2024-02-{day:02}"), "M", "24");
                return Answer::json(&json!({ "value": (1..=29).map(day).collect::<Vec<_>>() }));
            }
            Answer::json(&json!({ "status": "Completed", "manifest": { "blobs": [{ "blobLink": link }] } }))
        });
        Self { server, report, _storage: storage }
    }

    fn answer(&self, report: String) {
        *self.report.lock().expect("no panic") = report;
    }

    fn ingest(&self, folder: &Path, door: &str, days: [&str; 2], today: &str) -> Run {
        let args = [
            "ingest",
            "azure",
            door,
            "--scope",
            SUBSCRIPTION,
            "--from",
            days[0],
            "--to",
            days[1],
            "--as-of",
            today,
        ];
        run_against(&self.server, folder, &[&args[..], &["--out", "costs"]].concat())
    }
}

const FEBRUARY: [&str; 2] = ["2024-02-01", "2024-03-01"];

/// Costs by day of what landed, and their sum.
fn total(folder: &Path) -> (f64, String) {
    let series = run(folder, &["series", "costs", "-o", "csv"]);
    assert_eq!(series.code, 0, "{}", series.stderr);
    let costs = series.stdout.lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse::<f64>().ok());
    (costs.sum(), series.stderr)
}

#[test]
fn an_estimate_takes_no_day_of_a_month_that_is_billed() {
    let (azure, folder) = (Azure::start(), folder());
    assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-10").code, 0);
    assert_eq!(azure.ingest(folder.path(), "usage", FEBRUARY, "2024-03-11").code, 0);
    assert!((total(folder.path()).0 - 29.0).abs() < 1e-9, "29 days at 1 dollar, the 29th too");
}

#[test]
fn an_empty_or_broken_report_replaces_nothing() {
    let (azure, folder) = (Azure::start(), folder());
    assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-10").code, 0);
    azure.answer(HEADER.to_owned());
    let empty = azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-11");
    assert_eq!(empty.code, 4, "{}", empty.stderr);
    for bad in ["abc", "", "\"1,234.5\""] {
        azure.answer(month("1") + &row(3, bad));
        let broken = azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-12");
        assert_eq!(broken.code, 1, "{bad}: {}", broken.stderr);
        assert!(
            broken.stderr.contains("1 malformed rows") && broken.stderr.contains("row 30"),
            "{}",
            broken.stderr
        );
    }
    azure.answer(month("1") + &row(3, "1").replace("02/03/2024", "13/13/2024"));
    assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-12").code, 1);
    assert!((total(folder.path()).0 - 29.0).abs() < 1e-9);
}

#[test]
fn what_is_read_later_counts_day_by_day() {
    let (azure, folder) = (Azure::start(), folder());
    assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-20").code, 0);
    // The first twenty days, restated a month later.
    azure.answer((1..=20).map(|day| row(day, "100")).fold(HEADER.to_owned(), |text, row| text + &row));
    let restated = azure.ingest(folder.path(), "cost-details", ["2024-02-01", "2024-02-21"], "2024-04-21");
    assert_eq!(restated.code, 0, "{}", restated.stderr);
    assert!((total(folder.path()).0 - 2009.0).abs() < 1e-9, "{:?}", total(folder.path()));
}

#[test]
fn parts_of_a_subscription_do_not_share_a_folder() {
    let (azure, folder) = (Azure::start(), folder());
    let group = format!("{SUBSCRIPTION}/resourceGroups/web");
    let both =
        ["ingest", "azure", "cost-details", "--scope", SUBSCRIPTION, "--scope", &group, "--out", "costs"];
    let refused = run_against(&azure.server, folder.path(), &both);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("a folder of its own"), "{}", refused.stderr);
    assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-10").code, 0);
    let later =
        ["ingest", "azure", "cost-details", "--scope", &group, "--out", "costs", "--as-of", "2024-03-10"];
    assert_eq!(run_against(&azure.server, folder.path(), &later).code, 2);
    // The same scope twice, in another spelling, is one.
    let upper = SUBSCRIPTION.to_uppercase();
    let twice = [
        "ingest",
        "azure",
        "cost-details",
        "--scope",
        SUBSCRIPTION,
        "--scope",
        &upper,
        "--out",
        "costs",
        "--as-of",
        "2024-03-10",
        "--from",
        "2024-02-01",
        "--to",
        "2024-03-01",
    ];
    let once = run_against(&azure.server, folder.path(), &twice);
    assert_eq!(once.code, 0, "{}", once.stderr);
}

#[test]
fn a_report_that_lacks_what_it_says_it_has_is_not_used() {
    for manifest in [
        json!({ "blobCount": 3, "blobs": [{ "blobLink": "x" }] }),
        json!({ "byteCount": 9, "blobs": [{ "blobLink": "x", "byteCount": 8 }] }),
    ] {
        let server =
            Server::start(move |_, _| Answer::json(&json!({ "status": "Completed", "manifest": manifest })));
        let folder = folder();
        let args = ["ingest", "azure", "cost-details", "--scope", SUBSCRIPTION, "--out", "costs"];
        let run = run_against(&server, folder.path(), &args);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains("files"), "{}", run.stderr);
    }
}

#[test]
fn landed_files_are_forecast_as_the_files_are() {
    for family in ["ea-actual", "mca-actual", "ea-amortized"] {
        let context = TestContext::new();
        let size = "--seed 3 --months 3 --subscriptions 3 --rows-per-day 40 --family";
        context.sample("export", &format!("{size} {family}"));
        context.good(&["ingest", "export", "--out", "focus"]);
        let rows = |input: &str| -> Vec<String> {
            let predicted = context.good(&["predict", input, "-o", "jsonl"]);
            let without_run = |line: &str| {
                let mut row: Value = serde_json::from_str(line).expect("JSON");
                row.as_object_mut().expect("a row").remove("x_RunId");
                row.to_string()
            };
            predicted.stdout.lines().map(without_run).collect()
        };
        assert_eq!(rows("focus"), rows("export"), "{family}");
    }
}

#[test]
fn secrets_that_a_service_repeats_are_not_said() {
    let body = json!({ "error": { "code": "Bad", "message": "Authorization: Bearer planted-token for /x?sig=planted-signature&se=1" } });
    let server = Server::start(move |_, _| Answer::status(400, &body));
    let folder = folder();
    let args = ["ingest", "azure", "usage", "--scope", SUBSCRIPTION, "--out", "costs"];
    let refused = run_against(&server, folder.path(), &args);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("sig=…"), "{}", refused.stderr);
}

#[test]
fn our_forecast_stands_where_azure_has_none() {
    for (status, code) in [(424, "FailedDependency"), (403, "AuthorizationFailed")] {
        let (azure, folder) = (Azure::start(), folder());
        assert_eq!(azure.ingest(folder.path(), "cost-details", FEBRUARY, "2024-03-02").code, 0);
        let server = Server::start(move |_, _| {
            Answer::status(status, &json!({ "error": { "code": code, "message": "no" } }))
        });
        let predicted =
            run_against(&server, folder.path(), &["predict", "costs", "--compare", "azure", "-o", "csv"]);
        assert_eq!(predicted.code, 0, "{}", predicted.stderr);
        assert!(predicted.stdout.contains("/subscriptions/"), "{}", predicted.stdout);
        assert!(predicted.stderr.contains("is not to be had"), "{}", predicted.stderr);
    }
}

#[test]
fn a_page_instead_of_an_invoice_is_not_kept() {
    let storage = Server::start(|_, _| Answer::text(200, "<html>sign in</html>"));
    let link = format!("{}/x?sig=planted-signature", storage.url);
    let server = Server::start(move |asked, _| match asked.method.as_str() {
        "POST" => Answer::json(&json!({ "url": link })),
        _ => Answer::json(
            &json!({ "value": [{ "id": "/i/E1", "name": "E1", "properties": { "invoicePeriodEndDate": "2026-09-30" } }] }),
        ),
    });
    let folder = folder();
    let args = ["invoice", "download", "--scope", SUBSCRIPTION, "--from", "2026-01-01", "--out", "pdf"];
    let refused = run_against(&server, folder.path(), &args);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert_eq!(std::fs::read_dir(folder.path().join("pdf")).expect("a folder").count(), 0);
}
