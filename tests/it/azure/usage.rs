//! `ingest azure usage`, end to end: usage and rate card in, a forecast out.

use super::server::{Answer, READ_USAGE, SUBSCRIPTION, Server, good, rate_card, run_against, usage};
use crate::support::{folder, run};
use serde_json::json;

#[test]
fn usage_is_priced_over_the_cycle_and_predicted() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    let ingested =
        run_against(&server, folder.path(), &[&READ_USAGE[..], &["-o", "csv", "--cycle-day", "1"]].concat());
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    // 12 hours, of which 5 are free: 7 at 2 dollars.
    assert!(ingested.stdout.contains("USD,14.00,14.00,true,3,0,"), "{}", ingested.stdout);
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.method == "GET" && asked.signed_in), "{asked:?}");
    // Records of October's first days are reported until ten days later; tiers count from the 1st.
    assert!(asked[0].target.contains(
        "reportedStartTime=2026-10-01T00%3A00%3A00%2B00%3A00&reportedEndTime=2026-10-14T00%3A00%3A00%2B00%3A00"
    ));
    assert!(asked[1].target.ends_with("?page=2&x=a%20b"), "{}", asked[1].target);
    let series =
        run(folder.path(), &["series", "costs", "-g", "resource-group", "-g", "tag:team", "-o", "csv"]);
    assert_eq!(
        series.stdout.replace("T00:00:00Z", ""),
        "ChargePeriodStart,ChargePeriodEnd,x_ResourceGroupName,x_Tag_team,BillingCurrency,BilledCost\n\
         2026-10-01,2026-10-02,web,shop,USD,0\n\
         2026-10-02,2026-10-03,web,shop,USD,6\n\
         2026-10-03,2026-10-04,web,shop,USD,8\n"
    );
    let predicted = run(folder.path(), &["predict", "costs"]);
    assert_eq!(predicted.code, 0, "{}", predicted.stderr);
    assert!(predicted.stdout.contains("estimates"), "{}", predicted.stdout);
}

#[test]
fn a_part_of_a_cycle_is_priced_from_its_begin() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    let part = [
        "ingest",
        "azure",
        "usage",
        "--scope",
        SUBSCRIPTION,
        "--from",
        "2026-10-03",
        "--to",
        "2026-10-04",
        "--out",
        "costs",
        "-o",
        "csv",
    ];
    let ingested = run_against(&server, folder.path(), &part);
    // The free hours were used up on the 2nd.
    assert!(ingested.stdout.contains("USD,8.00,8.00,true,1,0,"), "{}\n{}", ingested.stdout, ingested.stderr);
    assert!(ingested.stderr.contains("cycles are taken to begin on the 1st"), "{}", ingested.stderr);
}

#[test]
fn late_use_of_other_days_is_left_out_and_a_meter_without_a_price_is_no_zero() {
    let server = Server::start(|asked, _| {
        if asked.target.contains("UsageAggregates") {
            let records = [
                usage("2026-09-30", "M", "100"),
                usage("2026-10-01", "M", "7"),
                usage("2026-10-02", "unknown", "3"),
                usage("2026-10-09", "M", "100"),
            ];
            return Answer::json(&json!({ "value": records }));
        }
        good(asked)
    });
    let folder = folder();
    let ingested = run_against(&server, folder.path(), &[&READ_USAGE[..], &["-o", "csv"]].concat());
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    assert!(ingested.stdout.contains("USD,4.00,4.00,true,2,1,"), "{}", ingested.stdout);
    assert!(ingested.stderr.contains("no price for 1 meters (unknown)"), "{}", ingested.stderr);
}

#[test]
fn the_rate_card_of_the_day_is_kept_and_asked_for_again_on_demand() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    for _ in 0..2 {
        run_against(&server, folder.path(), &READ_USAGE);
    }
    assert_eq!(server.asked_for("RateCard").len(), 1);
    run_against(&server, folder.path(), &[&READ_USAGE[..], &["--refresh"]].concat());
    assert_eq!(server.asked_for("RateCard").len(), 2);
}

#[test]
fn a_rate_card_comes_through_a_redirect_without_the_token() {
    let storage = Server::start(|_, _| Answer::json(&rate_card()));
    let link = format!("{}/ratecards/1?sig=planted-signature", storage.url);
    let server = Server::start(move |asked, _| match asked.target.contains("RateCard") {
        true => Answer::status(302, &serde_json::Value::Null).header("location", &link),
        false => good(asked),
    });
    let folder = folder();
    let ingested = run_against(&server, folder.path(), &READ_USAGE);
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    assert!(storage.asked().iter().all(|asked| !asked.signed_in));
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    // The second subscription fails at first.
    let other = "/subscriptions/00000000-0000-0000-0000-00000000000b";
    let fails = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let failing = std::sync::Arc::clone(&fails);
    let server = Server::start(move |asked, _| {
        if asked.target.contains(other) && failing.load(std::sync::atomic::Ordering::SeqCst) {
            return Answer::status(
                403,
                &json!({ "error": { "code": "AuthorizationFailed", "message": "no" } }),
            );
        }
        good(asked)
    });
    let folder = folder();
    let both = [&READ_USAGE[..], &["--scope", other, "--as-of", "2026-10-20"]].concat();
    let first = run_against(&server, folder.path(), &both);
    assert_eq!(first.code, 7, "{}", first.stderr);
    assert!(first.stderr.contains("needs the role Reader on the subscription"), "{}", first.stderr);
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    let before = server.asked_for(SUBSCRIPTION).len();
    let second = run_against(&server, folder.path(), &both);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert_eq!(server.asked_for(SUBSCRIPTION).len(), before, "what had landed is not asked for again");
    // A whole run leaves nothing behind, so the next one asks for everything.
    run_against(&server, folder.path(), &both);
    assert!(server.asked_for(SUBSCRIPTION).len() > before);
}

#[test]
fn wrong_calls_are_refused_before_anything_is_asked() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    let with = |more: &[&str]| {
        let args = [&["ingest", "azure"], more, &["--out", "costs"]].concat();
        let run = run_against(&server, folder.path(), &args);
        assert_eq!(run.code, 2, "{more:?}: {}", run.stderr);
        run.stderr
    };
    assert!(with(&["usage", "--scope", "abc"]).contains("is no scope"));
    let group = "/providers/Microsoft.Management/managementGroups/m";
    assert!(with(&["usage", "--scope", group]).contains("by subscription"));
    assert!(with(&["usage", "--scope", SUBSCRIPTION, "--to", "2999-01-01"]).contains("lies in the future"));
    assert!(
        with(&["usage", "--scope", SUBSCRIPTION, "--from", "2010-01-01"])
            .contains("older than the service keeps")
    );
    let days = ["--from", "2026-10-05", "--to", "2026-10-05"];
    assert!(with(&[&["usage", "--scope", SUBSCRIPTION], &days[..]].concat()).contains("no days"));
    assert!(with(&["usage", "--scope", SUBSCRIPTION, "--cloud", "mars"]).contains("unknown cloud"));
    assert!(with(&["cost-details", "--scope", SUBSCRIPTION, "--from", "2024-01-01"]).contains("13 months"));
    assert!(server.asked().is_empty());
    let offer = run_against(&server, folder.path(), &[&READ_USAGE[..], &["--offer", "EA"]].concat());
    assert_eq!(offer.code, 2, "{}", offer.stderr);
    assert!(offer.stderr.contains("offers look like MS-AZR-0003P"), "{}", offer.stderr);
    let plain = super::server::run_with(
        &[
            ("FORECAST_AZURE_ARM_ENDPOINT", "http://example.com"),
            ("FORECAST_AZURE_ACCESS_TOKEN", "planted-token"),
        ],
        folder.path(),
        &READ_USAGE,
    );
    assert_eq!(plain.code, 2, "{}", plain.stderr);
    assert!(plain.stderr.contains("loopback"), "{}", plain.stderr);
}

#[test]
fn an_offer_without_a_card_is_refused_with_the_way_that_works() {
    let server = Server::start(|asked, _| match asked.target.contains("RateCard") {
        true => Answer::status(400, &json!({ "code": "DisallowedProvider", "message": "not for partners" })),
        false => good(asked),
    });
    let folder = folder();
    let refused = run_against(&server, folder.path(), &READ_USAGE);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("cost exports"), "{}", refused.stderr);
}

#[test]
fn hours_are_read_where_they_are_asked_for() {
    let server = Server::start(|asked, _| {
        if !asked.target.contains("UsageAggregates") {
            return good(asked);
        }
        let mut records = vec![usage("2026-10-01", "M", "6"), usage("2026-10-01", "M", "2")];
        for (record, hour) in records.iter_mut().zip([7, 8]) {
            record["properties"]["usageStartTime"] = json!(format!("2026-10-01T{hour:02}:00:00+00:00"));
            record["properties"]["usageEndTime"] = json!(format!("2026-10-01T{:02}:00:00+00:00", hour + 1));
        }
        Answer::json(&json!({ "value": records }))
    });
    let folder = folder();
    let hourly = [&READ_USAGE[..], &["--granularity", "hourly"]].concat();
    assert_eq!(run_against(&server, folder.path(), &hourly).code, 0);
    assert!(server.asked()[0].target.contains("aggregationGranularity=Hourly"));
    let series = run(folder.path(), &["series", "costs", "--granularity", "hourly", "-o", "csv"]);
    // Eight hours of which five are free: 6 dollars, shared by quantity.
    assert_eq!(
        series.stdout,
        "ChargePeriodStart,ChargePeriodEnd,BillingCurrency,BilledCost\n\
         2026-10-01T07:00:00Z,2026-10-01T08:00:00Z,USD,4.5\n\
         2026-10-01T08:00:00Z,2026-10-01T09:00:00Z,USD,1.5\n",
        "{}",
        series.stderr
    );
    let days = run(folder.path(), &["series", "costs", "-o", "csv"]);
    assert!(days.stdout.contains("2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,USD,6\n"), "{}", days.stdout);
}
