//! Recorded replies, played to the command: usage and rate card in, a forecast out.

use super::server::{Answer, Server, run_against};
use crate::support::{folder, run};
use serde_json::Value;

#[test]
fn recorded_usage_and_prices_become_a_forecast() {
    let Some(root) = testing::shared("azure/fixtures") else { return };
    let read = |name: &str| -> Value {
        let bytes = std::fs::read(root.join(name)).expect("a payload");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let usage = read("commerce-usageaggregates/daily_reported_2015-05-01_first73.json");
    let card = read("commerce-ratecard/ratecard_MS-AZR-0062P_USD_en-US_US_subset.json");
    let records = usage["value"].as_array().expect("records").clone();
    let server = Server::start(move |asked, _| {
        if asked.target.contains("RateCard") {
            return Answer::json(&card);
        }
        let last = asked.target.contains("continuationToken");
        let mut page = usage.clone();
        if last {
            page["value"] = Value::from(Vec::<Value>::new());
        }
        if let (true, Some(page)) = (last, page.as_object_mut()) {
            page.remove("nextLink");
        }
        Answer::json(&page)
    });
    let folder = folder();
    let scope = "/subscriptions/3af18309-a8c8-4865-90d3-56b135f1b1d6";
    let args = [
        "ingest",
        "azure",
        "usage",
        "--scope",
        scope,
        "--from",
        "2015-04-01",
        "--to",
        "2015-05-02",
        "--offer",
        "MS-AZR-0062P",
        "--out",
        "costs",
        "-o",
        "csv",
    ];
    let ingested = run_against(&server, folder.path(), &args);
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    // Every record lands once; those of meters that the card lacks have no cost.
    let counts = |place: usize| -> usize {
        ingested
            .stdout
            .lines()
            .skip(1)
            .map(|line| {
                line.split(',').nth(place).and_then(|text| text.parse::<usize>().ok()).expect("a count")
            })
            .sum()
    };
    assert_eq!(counts(8), records.len(), "{}", ingested.stdout);
    assert!(counts(9) > 0 && counts(9) < records.len());
    assert!(
        ingested.stderr.contains("terms (credit, commitment or recurring charge)"),
        "{}",
        ingested.stderr
    );
    let predicted = run(folder.path(), &["predict", "costs", "-o", "csv"]);
    assert_eq!(predicted.code, 0, "{}", predicted.stderr);
    assert!(
        predicted.stdout.contains("2015-05-01T00:00:00Z,2015-06-01T00:00:00Z,/subscriptions/3af18309"),
        "{}",
        predicted.stdout
    );
}
