//! The other doors to charges, invoices, and `doctor`.

use super::server::{Answer, SUBSCRIPTION, Server, run_against};
use crate::support::{folder, run, write};
use serde_json::{Value, json};

/// Reads October's first days through a door.
fn through<'a>(door: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let days = ["--from", "2026-10-01", "--to", "2026-10-04", "--out", "costs", "-o", "csv"];
    [&["ingest", "azure", door, "--scope", SUBSCRIPTION], &days[..], more].concat()
}

/// A reply of the query with these columns and rows.
fn table(columns: &[&str], rows: &Value, next: Option<&str>) -> Answer {
    let columns: Vec<Value> = columns.iter().map(|name| json!({ "name": name, "type": "x" })).collect();
    Answer::json(&json!({ "properties": { "nextLink": next, "columns": columns, "rows": rows } }))
}

#[test]
fn the_query_is_read_by_its_columns_page_by_page_with_the_same_body() {
    let server = Server::start(|asked, _| {
        let next = format!(
            "https://management.azure.com{SUBSCRIPTION}/providers/Microsoft.CostManagement/query?$skiptoken=a"
        );
        if asked.target.contains("skiptoken") {
            let rows = json!([["Tax", 20_261_003, "EUR", 0.5, "Virtual Machines"]]);
            return table(&["ChargeType", "UsageDate", "Currency", "Cost", "ServiceName"], &rows, None);
        }
        let rows = json!([
            [1.542, 20_261_001, "Virtual Machines", "Usage", "EUR"],
            [3_123.642_05, 20_261_002, "Storage", "Purchase", "EUR"],
            [99, 20_261_009, "Storage", "Usage", "EUR"],
        ]);
        table(&["PreTaxCost", "UsageDate", "ServiceName", "ChargeType", "Currency"], &rows, Some(&next))
    });
    let folder = folder();
    let ingested = run_against(&server, folder.path(), &through("query", &[]));
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    assert!(ingested.stdout.contains("EUR,3125.68405,,false,3,0,"), "{}", ingested.stdout);
    assert!(ingested.stderr.contains("1 rows of other days"), "{}", ingested.stderr);
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].method.as_str()), (2, "POST"));
    assert_eq!(asked[0].body, asked[1].body);
    let body: Value = serde_json::from_str(&asked[0].body).expect("JSON");
    assert_eq!(body["timePeriod"], json!({ "from": "2026-10-01T00:00:00Z", "to": "2026-10-03T23:59:59Z" }));
    let series = run(folder.path(), &["series", "costs", "-g", "charge-kind", "-o", "csv"]);
    assert!(
        series.stdout.contains("2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,EUR,purchase_once,3123.64205"),
        "{}",
        series.stdout
    );
}

#[test]
fn no_rows_or_no_content_are_unknown() {
    for empty in
        [Answer::status(204, &Value::Null), table(&["Cost", "UsageDate", "Currency"], &json!([]), None)]
    {
        let server = Server::start(move |_, _| empty.clone());
        let folder = folder();
        let run = run_against(&server, folder.path(), &through("query", &[]));
        assert_eq!(run.code, 4, "{}", run.stderr);
    }
}

const DETAILS: &str = "AccountName,SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode,ChargeType,MeterCategory\n\
    a,00000000-0000-0000-0000-00000000000a,10/01/2026,0.0000000000000012,EUR,Usage,Storage\n\
    a,00000000-0000-0000-0000-00000000000a,10/02/2026,2.5,EUR,Usage,Storage\n";

#[test]
fn cost_details_are_waited_for_and_their_files_read_without_the_token() {
    let storage = Server::start(|_, _| Answer::text(200, DETAILS));
    let link = format!("{}/report/part.csv?sig=planted-signature", storage.url);
    let bytes = DETAILS.len();
    let server = Server::start(move |asked, before| {
        let results = format!(
            "https://management.azure.com{SUBSCRIPTION}/providers/Microsoft.CostManagement/costDetailsOperationResults/1?api-version=2023-11-01"
        );
        match before {
            0 => {
                assert_eq!(asked.method, "POST");
                Answer::status(202, &Value::Null).header("location", &results).header("retry-after", "60")
            }
            1 => Answer::status(202, &Value::Null).header("location", &results).header("retry-after", "60"),
            _ => Answer::json(&json!({
                "status": "Completed",
                "manifest": { "blobCount": 1, "byteCount": bytes, "blobs": [{ "blobLink": link, "byteCount": bytes }] },
            })),
        }
    });
    let folder = folder();
    let ingested = run_against(&server, folder.path(), &through("cost-details", &["--as-of", "2026-11-20"]));
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    assert!(ingested.stdout.contains("EUR,2.5000000000000012,,false,2,0,"), "{}", ingested.stdout);
    assert!(storage.asked().iter().all(|asked| !asked.signed_in), "the token stays with Azure");
    assert_eq!(server.asked().len(), 3);
    let file = write(folder.path(), "file/ea.csv", DETAILS);
    let of_file = run(folder.path(), &["series", file.to_str().expect("text"), "-o", "csv"]);
    let of_door = run(folder.path(), &["series", "costs", "-o", "csv"]);
    let days =
        |text: &str| text.lines().filter(|line| !line.ends_with(',')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(days(&of_file.stdout)[..3], days(&of_door.stdout)[..3], "both doors agree to the digit");
}

#[test]
fn a_report_that_fails_is_told_and_one_without_data_is_unknown() {
    for (status, code) in [("Failed", 1), ("NoDataFound", 4)] {
        let server = Server::start(move |_, _| Answer::json(&json!({ "status": status })));
        let folder = folder();
        let run = run_against(&server, folder.path(), &through("cost-details", &["--as-of", "2026-11-20"]));
        assert_eq!(run.code, code, "{status}: {}", run.stderr);
    }
}

#[test]
fn a_file_of_a_report_that_is_shorter_than_told_is_not_used() {
    let storage = Server::start(|_, _| Answer::text(200, DETAILS));
    let link = format!("{}/x?sig=planted-signature", storage.url);
    let server = Server::start(move |_, _| {
        let blobs = json!([{ "blobLink": link, "byteCount": 99_999 }]);
        Answer::json(&json!({ "status": "Completed", "manifest": { "blobs": blobs } }))
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &through("cost-details", &["--as-of", "2026-11-20"]));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("bytes, the service says 99999"), "{}", run.stderr);
}

fn detail(day: &str, cost: &str, more: &Value) -> Value {
    let mut row = json!({ "kind": "legacy", "id": "/same", "name": "same", "tags": { "env": "x" }, "properties": {
        "date": format!("{day}T00:00:00.0000000Z"), "cost": serde_json::from_str::<Value>(cost).expect("a number"),
        "billingCurrency": "CAD", "chargeType": "Usage", "meterId": "M", "meterDetails": null,
        "subscriptionId": "00000000-0000-0000-0000-00000000000a", "resourceGroup": "g",
    } });
    for (key, value) in more.as_object().into_iter().flatten() {
        row["properties"][key] = value.clone();
    }
    row
}

#[test]
fn usage_details_of_both_kinds_are_read_equal_rows_count_and_pages_may_overlap() {
    let server = Server::start(|asked, _| {
        if asked.target.contains("token=2") {
            let again = [
                detail("2026-10-03", "-1", &json!({ "chargeType": "Refund" })),
                detail("2026-10-03", "-1", &json!({ "chargeType": "Refund" })),
            ];
            let modern = json!({ "kind": "modern", "tags": null, "properties": {
                "date": "2026-10-02T00:00:00Z", "costInBillingCurrency": 2, "billingCurrencyCode": "CAD",
                "instanceName": "/subscriptions/x/resourceGroups/g/providers/p/t/n", "chargeType": "Purchase",
            } });
            let rows: Vec<Value> = again.into_iter().chain([modern]).collect();
            return Answer::json(&json!({ "value": rows }));
        }
        let outside = detail("2026-09-30", "77", &json!({}));
        let refund = || detail("2026-10-03", "-1", &json!({ "chargeType": "Refund" }));
        let rows = [detail("2026-10-01", "1.5E-05", &json!({})), outside, refund(), refund()];
        Answer::json(
            &json!({ "value": rows, "nextLink": format!("{SUBSCRIPTION}/providers/Microsoft.Consumption/usageDetails?token=2") }),
        )
    });
    let folder = folder();
    let ingested = run_against(&server, folder.path(), &through("usage-details", &[]));
    assert_eq!(ingested.code, 0, "{}", ingested.stderr);
    assert!(ingested.stdout.contains("CAD,0.000015,,false,4,0,"), "{}", ingested.stdout);
    assert!(ingested.stderr.contains("2 rows stood on two pages"), "{}", ingested.stderr);
    assert!(ingested.stderr.contains("1 rows of other days"), "{}", ingested.stderr);
}

#[test]
fn a_check_sets_the_service_s_own_total_beside_ours() {
    let server = Server::start(|asked, _| match asked.target.contains("/query") {
        true => table(&["Cost", "Currency"], &json!([[15.25, "USD"]]), None),
        false => super::server::good(asked),
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &[&super::server::READ_USAGE[..], &["--check"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("Cost Management says 15.25 USD, this run has 14: a difference of -1.25"),
        "{}",
        run.stderr
    );
}

fn invoice(name: &str, last: &str) -> Value {
    json!({ "id": format!("/providers/Microsoft.Billing/billingAccounts/1/invoices/{name}"), "name": name, "properties": {
        "invoicePeriodStartDate": "2026-09-01T00:00:00.0000000Z", "invoicePeriodEndDate": format!("{last}T23:59:59.9999999Z"),
        "billedAmount": { "currency": "EUR", "value": 475 }, "creditAmount": { "currency": "EUR", "value": -475.0 },
        "subTotal": { "currency": "EUR", "value": 0 }, "totalAmount": { "currency": "EUR", "value": 0.0 },
        "documents": [{ "kind": "Invoice", "name": "12345678" }], "documentType": "Invoice", "status": "Paid", "isMonthlyInvoice": true,
    } })
}

#[test]
fn invoices_are_listed_with_their_amounts_and_half_open_periods() {
    let server = Server::start(|_, _| {
        Answer::json(
            &json!({ "value": [invoice("G1", "2026-09-30"), invoice("G0", "2024-01-31")], "nextLink": null, "totalCount": 2 }),
        )
    });
    let folder = folder();
    let args = [
        "invoice",
        "list",
        "--scope",
        SUBSCRIPTION,
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-01",
        "-o",
        "csv",
    ];
    let listed = run_against(&server, folder.path(), &args);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("G1,/subscriptions"), "{}", listed.stdout);
    assert!(listed.stdout.contains("2026-09-01T00:00:00Z,2026-10-01T00:00:00Z"), "{}", listed.stdout);
    assert!(listed.stdout.contains("EUR,475.00,-475.00,0.00,,,,0.00,"), "{}", listed.stdout);
    assert!(!listed.stdout.contains("G0"), "a filter that the service passed over: {}", listed.stdout);
    assert!(server.asked()[0].target.contains("periodStartDate=2026-01-01&periodEndDate=2026-11-30"));
}

#[test]
fn an_invoice_is_downloaded_through_a_link_that_is_waited_for() {
    let storage = Server::start(|_, _| Answer::text(200, "%PDF-1.4 invoice"));
    let link = format!("{}/i.pdf?sig=planted-signature", storage.url);
    let server = Server::start(move |asked, before| match before {
        0 => Answer::json(&json!({ "value": [invoice("G1", "2026-09-30")] })),
        1 => {
            assert_eq!(
                (asked.method.as_str(), asked.target.contains("documentName=12345678")),
                ("POST", true)
            );
            let results = "/providers/Microsoft.Billing/billingAccounts/1/operationResults/invoiceDownload_1";
            Answer::status(202, &Value::Null).header("location", results).header("retry-after", "10")
        }
        _ => Answer::json(&json!({ "url": link })),
    });
    let folder = folder();
    let args = ["invoice", "download", "--scope", SUBSCRIPTION, "--from", "2026-01-01", "--out", "pdf"];
    let saved = run_against(&server, folder.path(), &args);
    assert_eq!((saved.code, saved.stdout.trim()), (0, "pdf/G1.pdf"), "{}", saved.stderr);
    assert_eq!(std::fs::read(folder.path().join("pdf/G1.pdf")).expect("a file"), b"%PDF-1.4 invoice");
    assert!(storage.asked().iter().all(|asked| !asked.signed_in));
}

#[test]
fn classic_invoices_that_are_not_there_are_none_and_a_link_that_ran_out_is_asked_for_again() {
    let none = json!({ "error": { "code": "ResourceNotFound", "message": "No invoices" } });
    let server = Server::start(move |_, _| Answer::status(404, &none));
    let folder = folder();
    let args = ["invoice", "list", "--classic", "--scope", SUBSCRIPTION, "-o", "csv"];
    let listed = run_against(&server, folder.path(), &args);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stderr.contains("no invoices of these days"), "{}", listed.stderr);
    assert!(server.asked()[0].target.contains("$expand=downloadUrl"));
}

#[test]
fn where_today_s_service_refuses_a_subscription_the_classic_one_is_asked() {
    let server = Server::start(|asked, _| {
        if !asked.target.contains("/subscriptions/") || asked.target.contains("billingSubscriptions") {
            return Answer::status(
                403,
                &json!({ "error": { "code": "AuthorizationFailed", "message": "no" } }),
            );
        }
        Answer::json(&json!({ "value": [{ "id": "/i", "name": "201705-1", "properties": {
            "invoicePeriodStartDate": "2026-08-27", "invoicePeriodEndDate": "2026-09-26",
            "downloadUrl": { "expiryTime": "2026-10-01T00:00:00Z", "url": "https://x.blob.core.windows.net/?sig=planted-signature" },
        } }] }))
    });
    let folder = folder();
    let args = ["invoice", "list", "--scope", SUBSCRIPTION, "--from", "2026-01-01", "-o", "csv"];
    let listed = run_against(&server, folder.path(), &args);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(listed.stdout.contains("2026-08-27T00:00:00Z,2026-09-27T00:00:00Z"), "{}", listed.stdout);
    assert!(listed.stderr.contains("the classic service was asked instead"), "{}", listed.stderr);
}

#[test]
fn doctor_says_what_works_and_what_to_do() {
    let server = Server::start(|asked, _| {
        if asked.target.starts_with("/subscriptions?") {
            return Answer::json(&json!({ "value": [] })).header("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        }
        Answer::status(403, &json!({ "error": { "code": "AuthorizationFailed", "message": "no" } }))
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &["doctor", "-o", "csv"]);
    assert_eq!(run.code, 1, "{} {}", run.stdout, run.stderr);
    assert!(run.stdout.contains("sign-in,ok,a ready token"), "{}", run.stdout);
    assert!(run.stdout.contains("clock,failed,\"this machine's clock is"), "{}", run.stdout);
    let checked = run_against(&server, folder.path(), &["doctor", "--scope", SUBSCRIPTION, "-o", "csv"]);
    assert_eq!(checked.code, 5, "{} {}", checked.stdout, checked.stderr);
    assert!(checked.stdout.contains("Cost Management Reader"), "{}", checked.stdout);
}

#[test]
fn azure_s_own_forecast_stands_beside_ours() {
    let server = Server::start(|asked, _| {
        if !asked.target.contains("/forecast") {
            return super::server::good(asked);
        }
        let rows = json!([
            [100.0, 20_261_001, "Actual", "USD"],
            [50.5, 20_261_020, "Forecast", "USD"],
            [7, 20_261_021, "Forecast", "EUR"],
        ]);
        table(&["Cost", "UsageDate", "CostStatus", "Currency"], &rows, None)
    });
    let folder = folder();
    assert_eq!(run_against(&server, folder.path(), &super::server::READ_USAGE).code, 0);
    let predicted =
        run_against(&server, folder.path(), &["predict", "costs", "--compare", "azure", "-o", "json"]);
    assert_eq!(predicted.code, 0, "{}", predicted.stderr);
    assert!(
        predicted.stdout.contains("150.50 USD, 100.00 of it spent, without a range; ours is"),
        "{}",
        predicted.stdout
    );
    let body: Value = serde_json::from_str(&server.asked_for("/forecast")[0].body).expect("JSON");
    assert_eq!(body["timePeriod"], json!({ "from": "2026-10-01T00:00:00Z", "to": "2026-10-31T23:59:59Z" }));
    assert_eq!((&body["timeframe"], &body["includeActualCost"]), (&json!("Custom"), &json!(true)));
    let none =
        run_against(&server, folder.path(), &["predict", "costs", "-g", "service", "--compare", "azure"]);
    assert_eq!(none.code, 2, "{}", none.stderr);
}

#[test]
fn files_land_as_focus_and_are_read_to_the_same_digit() {
    let folder = folder();
    let sample = [
        "sample",
        "--out",
        "export",
        "--seed",
        "5",
        "--months",
        "3",
        "--subscriptions",
        "2",
        "--rows-per-day",
        "60",
    ];
    for family in ["ea-actual", "mca-amortized", "focus-1.2", "payg"] {
        let _ = std::fs::remove_dir_all(folder.path().join("export"));
        let _ = std::fs::remove_dir_all(folder.path().join("focus"));
        assert_eq!(run(folder.path(), &[&sample[..], &["--family", family]].concat()).code, 0);
        let landed = run(folder.path(), &["ingest", "export", "--out", "focus"]);
        assert_eq!(landed.code, 0, "{family}: {}", landed.stderr);
        let metric = if family.contains("amortized") { "effective" } else { "billed" };
        let series = |input: &str| {
            run(
                folder.path(),
                &[
                    "series",
                    input,
                    "-m",
                    metric,
                    "-g",
                    "subscription",
                    "-g",
                    "service",
                    "-g",
                    "charge-kind",
                    "-o",
                    "csv",
                ],
            )
            .stdout
        };
        assert_eq!(series("focus"), series("export"), "{family}");
    }
}

#[test]
fn doctor_finds_a_healthy_set_up_healthy() {
    let server = Server::start(|asked, _| {
        let now = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let is = |part: &str| asked.target.contains(part);
        if is("/billingAccounts") {
            let account = json!({ "id": "/a", "name": "1234", "properties": { "agreementType": "EnterpriseAgreement" } });
            return Answer::json(&json!({ "value": [account] }));
        }
        if is("/billingPeriods") {
            return Answer::status(
                404,
                &json!({ "error": { "code": "ResourceNotFound", "message": "none" } }),
            );
        }
        if is("/query") {
            return table(&["Cost", "Currency"], &json!([[12.5, "EUR"]]), None);
        }
        if is("/exports") {
            let settings = json!({ "deliveryInfo": { "destination": { "container": "c" } }, "definition": { "type": "ActualCost" } });
            return Answer::json(&json!({ "value": [{ "name": "daily", "properties": settings }] }));
        }
        let plan = json!({ "subscriptionPolicies": { "quotaId": "PayAsYouGo_2014-09-01" }, "value": [] });
        Answer::json(&plan).header("date", &now)
    });
    let folder = folder();
    let run = run_against(&server, folder.path(), &["doctor", "--scope", SUBSCRIPTION, "-o", "csv"]);
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
    for told in [
        "reach,ok",
        "clock,ok",
        "1234 (EnterpriseAgreement)",
        "PayAsYouGo_2014-09-01",
        "12.5 EUR",
        "daily (ActualCost)",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
}
