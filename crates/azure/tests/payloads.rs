//! Every official, recorded and observed payload of Azure's services: played by a server to the client
//! that reads it, with what was asked held against what the service wants. They are not part of this
//! project; without them this test is skipped. The table in `docs/azure-payloads.md` is written
//! from here (`FORECAST_UPDATE_DOCS=1 cargo test -p azure --test payloads`).

#![expect(clippy::unwrap_used, reason = "tests: a failure is to be seen where it happens")]

use azure::{
    Between, Clock, Cloud, CostQuery, Endpoint, Error, HttpSender, Invoice, Limit, RateCardQuery,
    RateLimiter, ReadyToken, Request, RetailQuery, Scope, TimeOuts, Token, Transport, UsageDetailsQuery,
    UsageQuery, consumption,
};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};
use wiremock::{Mock, MockServer, Request as Asked, ResponseTemplate, matchers::any};

type Counted<'a> = Pin<Box<dyn Future<Output = Result<usize, Error>> + 'a>>;

/// How payloads are read: those whose path holds `part`.
struct Reader {
    part: &'static str,
    /// Which client function reads them, for the table.
    by: &'static str,
    /// What the request must look like: its method, and a part of its path.
    method: &'static str,
    path: &'static str,
    read: fn(&Transport) -> Counted<'_>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn subscription() -> Scope {
    scope("/subscriptions/3af18309-a8c8-4865-90d3-56b135f1b1d6")
}

fn account() -> Scope {
    scope("/providers/Microsoft.Billing/billingAccounts/1234:5678")
}

fn profile() -> Scope {
    scope("/providers/Microsoft.Billing/billingAccounts/1234:5678/billingProfiles/P")
}

fn always() -> Between {
    Between { from: day("2000-01-01"), last: day("2100-01-01") }
}

fn own_invoice() -> Invoice {
    let id = "/providers/Microsoft.Billing/billingAccounts/1/invoices/G1".to_owned();
    Invoice { name: "G1".into(), id, documents: vec!["12345678".into()], ..Invoice::default() }
}

/// A reader: where, by which name, how it asks, and the call, which counts what it read.
macro_rules! reader {
    ($part:literal, $by:literal, $method:literal $path:literal, |$transport:ident| $count:expr) => {
        Reader {
            part: $part,
            by: $by,
            method: $method,
            path: $path,
            read: |$transport| Box::pin(async move { Ok($count) }),
        }
    };
}

/// Every reader; the first whose part fits a payload's path reads it.
fn readers() -> Vec<Reader> {
    vec![
        reader!("commerce-usageaggregates/", "UsageQuery::fetch", "GET" "/Microsoft.Commerce/UsageAggregates", |t| {
            let time = |text: &str| text.parse().unwrap();
            let query = UsageQuery {
                reported_from: time("2015-05-01T00:00:00Z"),
                reported_to: time("2015-05-02T00:00:00Z"),
                granularity: azure::Granularity::Daily,
                details: true,
            };
            query.fetch(t, &subscription()).await?.len()
        }),
        reader!("commerce-ratecard/", "RateCardQuery::fetch", "GET" "/Microsoft.Commerce/RateCard", |t| {
            let query = RateCardQuery {
                offer: "MS-AZR-0003P".into(),
                currency: "USD".into(),
                locale: "en-US".into(),
                region: "US".into(),
            };
            query.fetch(t, &subscription()).await?.meters()
        }),
        reader!("billing-invoices-legacy/get_by_name", "classic_invoice", "GET" "/Microsoft.Billing/invoices/", |t| {
            usize::from(azure::classic_invoice(t, &subscription(), "201705-217089190378988").await?.link.is_some())
        }),
        reader!("billing-invoices-legacy/latest", "classic_invoice", "GET" "/invoices/latest", |t| {
            usize::from(azure::classic_invoice(t, &subscription(), "latest").await?.last_day.is_some())
        }),
        reader!("InvoicesGet", "classic_invoice", "GET" "/Microsoft.Billing/invoices/", |t| {
            usize::from(azure::classic_invoice(t, &subscription(), "latest").await?.last_day.is_some())
        }),
        reader!("billing-invoices-legacy/", "classic_invoices", "GET" "/Microsoft.Billing/invoices", |t| {
            azure::classic_invoices(t, &subscription(), always()).await?.len()
        }),
        reader!("billing-legacy-invoices/", "classic_invoices", "GET" "/Microsoft.Billing/invoices", |t| {
            azure::classic_invoices(t, &subscription(), always()).await?.len()
        }),
        reader!("billing-periods-legacy/get_by_name", "billing_period", "GET" "/billingPeriods/", |t| {
            usize::from(azure::billing_period(t, &subscription(), "201706-1").await?.first_day > day("2010-01-01"))
        }),
        reader!("BillingPeriodsGet", "billing_period", "GET" "/billingPeriods/", |t| {
            usize::from(azure::billing_period(t, &subscription(), "201702-1").await?.first_day > day("2010-01-01"))
        }),
        reader!("billing-periods", "billing_periods", "GET" "/Microsoft.Billing/billingPeriods", |t| {
            azure::billing_periods(t, &subscription()).await?.len()
        }),
        reader!("availableBalance", "available_balance", "GET" "/availableBalance/default", |t| {
            usize::from(azure::available_balance(t, &account()).await?.is_some())
        }),
        reader!("available_balance", "available_balance", "GET" "/availableBalance/default", |t| {
            usize::from(azure::available_balance(t, &account()).await?.is_some())
        }),
        reader!("billingAccountsGetEA", "billing_account", "GET" "/billingAccounts/", |t| {
            usize::from(azure::billing_account(t, &account()).await?.properties.agreement_type.is_some())
        }),
        reader!("billing_account_expand_profiles", "billing_account", "GET" "/billingAccounts/", |t| {
            azure::billing_account(t, &account()).await?.properties.billing_profiles.len()
        }),
        reader!("billingAccountsList", "billing_accounts", "GET" "/Microsoft.Billing/billingAccounts", |t| {
            azure::billing_accounts(t).await?.len()
        }),
        reader!("billing_accounts_list", "billing_accounts", "GET" "/Microsoft.Billing/billingAccounts", |t| {
            azure::billing_accounts(t).await?.len()
        }),
        reader!("billingProfilesGet", "billing_profile", "GET" "/billingProfiles/", |t| {
            usize::from(azure::billing_profile(t, &profile()).await?.properties.invoice_day.is_some())
        }),
        reader!("billing_profiles_list", "billing_profiles", "GET" "/billingProfiles", |t| {
            azure::billing_profiles(t, &account()).await?.len()
        }),
        reader!("billingSubscriptionsList", "billing_subscriptions", "GET" "/billingSubscriptions", |t| {
            azure::billing_subscriptions(t, &account()).await?.len()
        }),
        reader!("billingSubscriptionsGet", "billing_subscription", "GET" "/billingSubscriptions/", |t| {
            usize::from(azure::billing_subscription(t, &account(), "9").await?.status.is_some())
        }),
        reader!("billingProperty", "billing_property", "GET" "/billingProperty/default", |t| {
            usize::from(azure::billing_property(t, &subscription()).await?.billing_account_id.is_some())
        }),
        reader!("enrollment_accounts", "enrollment_accounts", "GET" "/enrollmentAccounts", |t| {
            azure::enrollment_accounts(t).await?.iter().map(|own| own.offer_types.len()).sum()
        }),
        reader!("invoicesDownloadDocuments", "documents_link", "POST" "/downloadDocuments", |t| {
            let at = "/providers/Microsoft.Billing/billingAccounts/default/billingSubscriptions/s";
            azure::documents_link(t, at, "downloadDocuments", &json!([])).await.map(|_| 1)?
        }),
        reader!("MultipleBillingSubscriptionInvoiceDownload", "documents_link", "POST" "/downloadDocuments", |t| {
            let at = "/providers/Microsoft.Billing/billingAccounts/default/billingSubscriptions/s";
            azure::documents_link(t, at, "downloadDocuments", &json!([])).await.map(|_| 1)?
        }),
        reader!("invoicesDownloadSummary", "documents_link", "POST" "/downloadSummary", |t| {
            azure::documents_link(t, &own_invoice().id, "downloadSummary", &json!({})).await.map(|_| 1)?
        }),
        reader!("Download", "invoice_link", "POST" "/download", |t| {
            azure::invoice_link(t, &account(), &own_invoice()).await.map(|_| 1)?
        }),
        reader!("invoicesGet", "invoice", "GET" "/billingAccounts/default/invoices/", |t| {
            usize::from(azure::invoice(t, "E123456789").await?.billed_amount.is_some())
        }),
        reader!("_BillingSubscriptionInvoice.json", "invoice", "GET" "/billingAccounts/default/invoices/", |t| {
            usize::from(azure::invoice(t, "1383724").await?.billed_amount.is_some())
        }),
        reader!("transactionSummary", "transaction_summary", "GET" "/transactionSummary", |t| {
            usize::from(azure::transaction_summary(t, &account(), &own_invoice()).await?.total.is_some())
        }),
        reader!("transactionsListByBillingProfile", "unbilled_transactions", "GET" "/billingProfiles/P/transactions", |t| {
            azure::unbilled_transactions(t, &profile(), always()).await?.len()
        }),
        reader!("ransactionsListByInvoice", "invoice_transactions", "GET" "/invoices/G1/transactions", |t| {
            azure::invoice_transactions(t, &account(), &own_invoice()).await?.len()
        }),
        reader!("transactions_by_billing_account", "invoice_transactions", "GET" "/invoices/G1/transactions", |t| {
            azure::invoice_transactions(t, &account(), &own_invoice()).await?.len()
        }),
        reader!("billing-invoices-modern/", "invoices", "GET" "/invoices", |t| {
            azure::invoices(t, &account(), always()).await?.len()
        }),
        reader!("invoices_list_mca_2025", "invoices", "GET" "/invoices", |t| {
            azure::invoices(t, &profile(), always()).await?.len()
        }),
        reader!("Balances", "consumption::balance", "GET" "/Microsoft.Consumption/balances", |t| {
            usize::from(consumption::balance(t, &account(), None).await?.total_usage.is_some())
        }),
        reader!("/official_2023-11-01_Charges", "consumption::charge_summaries", "GET" "/Microsoft.Consumption/charges", |t| {
            consumption::charge_summaries(t, &account(), "").await?.iter().filter(|own| own.azure.is_some()).count()
        }),
        reader!("CreditSummary", "consumption::credit_summary", "GET" "/credits/balanceSummary", |t| {
            usize::from(consumption::credit_summary(t, &profile()).await?.is_some())
        }),
        reader!("Events", "consumption::credit_events", "GET" "/Microsoft.Consumption/events", |t| {
            consumption::credit_events(t, &account(), "startDate=2019-01-01&endDate=2019-12-31").await?.len()
        }),
        reader!("Lots", "consumption::lots", "GET" "/Microsoft.Consumption/lots", |t| {
            consumption::lots(t, &account(), "").await?.len()
        }),
        reader!("consumption-budgets/official_2023-11-01_BudgetsList", "budgets", "GET" "/budgets", |t| {
            azure::budgets(t, &subscription()).await?.len()
        }),
        reader!("consumption-budgets/recorded_list", "budgets", "GET" "/budgets", |t| {
            azure::budgets(t, &subscription()).await?.len()
        }),
        reader!("consumption-budgets/", "budget", "GET" "/budgets/", |t| {
            usize::from(azure::budget(t, &subscription(), "b").await?.properties.amount.is_some())
        }),
        reader!("ReservationTransactions", "consumption::reservation_transactions", "GET" "/reservationTransactions", |t| {
            consumption::reservation_transactions(t, &profile(), "").await?.len()
        }),
        reader!("reservation_details", "consumption::reservation_details", "GET" "/reservationDetails", |t| {
            consumption::reservation_details(t, &account(), "").await?.len()
        }),
        reader!("reservation_summaries", "consumption::reservation_summaries", "GET" "/reservationSummaries", |t| {
            consumption::reservation_summaries(t, &account(), "grain=monthly").await?.len()
        }),
        reader!("arketplaces", "consumption::marketplace_charges", "GET" "/Microsoft.Consumption/marketplaces", |t| {
            consumption::marketplace_charges(t, &subscription(), "").await?.len()
        }),
        reader!("EAPriceSheetForBillingPeriod", "consumption::price_sheet_download", "GET" "/pricesheets/download", |t| {
            consumption::price_sheet_download(t, &account(), Some("202305")).await.map(|_| 1)?
        }),
        reader!("costmanagement-pricesheet/", "consumption::price_sheet_download", "POST" "/pricesheets/default/download", |t| {
            consumption::price_sheet_download(t, &profile(), None).await.map(|_| 1)?
        }),
        reader!("consumption-pricesheet/", "consumption::price_sheet", "GET" "/pricesheets/default", |t| {
            consumption::price_sheet(t, &subscription(), None).await?.len()
        }),
        reader!("consumption-usage", "UsageDetailsQuery::fetch", "GET" "/Microsoft.Consumption/usageDetails", |t| {
            let query =
                UsageDetailsQuery { from: day("2010-01-01"), last: day("2030-01-01"), metric: "actualcost" };
            query.fetch(t, &subscription()).await?.charges.len()
        }),
        reader!("scheduledActions_", "scheduled_action", "GET" "/scheduledActions/", |t| {
            usize::from(azure::scheduled_action(t, &subscription(), "a").await?.kind.is_some())
        }),
        reader!("costmanagement-alerts/official_2023-11-01_DismissSubscriptionAlerts", "alert", "GET" "/alerts/", |t| {
            usize::from(azure::alert(t, &subscription(), "a").await?.properties.details.is_some())
        }),
        reader!("SingleSubscriptionAlert", "alert", "GET" "/alerts/", |t| {
            usize::from(azure::alert(t, &subscription(), "a").await?.properties.details.is_some())
        }),
        reader!("costmanagement-alerts/", "alerts", "GET" "/Microsoft.CostManagement/alerts", |t| {
            azure::alerts(t, &subscription()).await?.len()
        }),
        reader!("costmanagement-costdetails/", "cost_details", "POST" "/generateCostDetailsReport", |t| {
            let (scope, days) = (subscription(), (day("2020-03-01"), day("2020-03-15")));
            azure::cost_details(t, &scope, "ActualCost", days.0, days.1).await?.files.len()
        }),
        reader!("RunHistory", "export_runs", "GET" "/runHistory", |t| {
            azure::export_runs(t, &subscription(), "TestExport").await?.len()
        }),
        reader!("_2_GET_200", "exports", "GET" "/Microsoft.CostManagement/exports", |t| {
            azure::exports(t, &subscription()).await?.len()
        }),
        reader!("ExportsGet", "exports", "GET" "/Microsoft.CostManagement/exports", |t| {
            azure::exports(t, &subscription()).await?.len()
        }),
        reader!("costmanagement-exports/", "export", "GET" "/exports/", |t| {
            usize::from(!azure::export(t, &subscription(), "e").await?.properties.definition.kind.is_empty())
        }),
        reader!("costmanagement-forecast/", "own_forecast", "POST" "/Microsoft.CostManagement/forecast", |t| {
            azure::own_forecast(t, &subscription(), day("2020-01-01"), day("2020-12-31")).await?.len()
        }),
        reader!("DimensionsList", "dimensions", "GET" "/Microsoft.CostManagement/dimensions", |t| {
            azure::dimensions(t, &subscription()).await?.iter().map(|own| own.data.len()).sum()
        }),
        reader!("costmanagement-query/", "CostQuery::fetch", "POST" "/Microsoft.CostManagement/query", |t| {
            let query = CostQuery {
                kind: "ActualCost",
                from: day("2010-01-01"),
                last: day("2030-01-01"),
                daily: true,
                groups: Vec::new(),
            };
            query.fetch(t, &subscription()).await?.len()
        }),
        reader!("retail-prices/", "RetailQuery::fetch", "GET" "/api/retail/prices", |t| {
            let query = RetailQuery { currency: Some("USD".into()), ..RetailQuery::default() };
            query.fetch(t).await?.items.len()
        }),
        reader!("errors/", "ServiceError::read", "GET" "/x", |t| {
            let request = Request::get(t.endpoint().at("/x")?, "x");
            t.call(&request).await.map(|_| 1)?
        }),
    ]
}

/// A reply: status, headers and body.
type OneReply = (u16, Vec<(String, String)>, Value);

/// What is played for a payload: replies in turn, the last of them for ever.
struct Played {
    replies: Vec<OneReply>,
    /// The link to a next page that the payload holds.
    next: Option<String>,
}

/// What became of a payload.
enum Outcome {
    Read(usize),
    Refused(String),
    /// There is nothing in it to be read, and why.
    Nothing(&'static str),
}

/// Payloads of services, by their path below the two collections.
fn payloads(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for (name, folder) in [("", "fixtures"), ("supplement/", "supplement/fixtures")] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let service = entry.unwrap().path();
            let service_name = service.file_name().unwrap().to_string_lossy().into_owned();
            // Files of exports and tables of reference are read elsewhere: they are no replies.
            if !service.is_dir() || ["export-files", "reference-data"].contains(&service_name.as_str()) {
                continue;
            }
            for file in std::fs::read_dir(&service).unwrap() {
                let path = file.unwrap().path();
                let file_name = path.file_name().unwrap().to_string_lossy().into_owned();
                if file_name != "INDEX.json" && file_name != "SOURCES.txt" {
                    found.insert(format!("{name}{service_name}/{file_name}"), path);
                }
            }
        }
    }
    found
}

fn json_of(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
        return serde_json::from_str(&text).unwrap();
    }
    serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).unwrap()
}

/// Raw text of a body, so that no digit is lost on the way: examples are read with exact numbers.
fn played(name: &str, whole: &Value) -> Result<Played, &'static str> {
    let mut replies = Vec::new();
    if let Some(responses) = whole.get("responses") {
        let reply = |status: &str| {
            let response = responses.get(status)?;
            let headers = response.get("headers").and_then(Value::as_object).into_iter().flatten();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let headers = headers.map(|(name, value)| (name.clone(), text(value))).collect();
            Some((status.parse().unwrap(), headers, response.get("body").cloned().unwrap_or(Value::Null)))
        };
        let done = reply("200").or_else(|| reply("201"));
        let done = done.ok_or("no reply of success")?;
        if done.2.is_null() {
            return Err("it changes something, and its reply has no body");
        }
        // A download or report is not ready at first.
        if name.to_lowercase().contains("download")
            || name.contains("costdetails/")
            || name.contains("PriceSheetForBillingPeriod")
        {
            replies.extend(reply("202"));
        }
        replies.push(done);
    } else {
        let digits = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let told = name.split(['_', '.']).filter(|part| digits(part)).find_map(|part| part.parse().ok());
        let none = name.contains("404") || name.contains("no_result");
        let status = told.filter(|status| *status >= 200).unwrap_or(if none { 404 } else { 200 });
        let status = if name.contains("billing_404") || name.contains("export_404") { 404 } else { status };
        replies.push((status, Vec::new(), whole.clone()));
    }
    let body = &replies.last().unwrap().2;
    let link = |value: &Value| value.as_str().filter(|link| !link.is_empty()).map(str::to_owned);
    let next = ["nextLink", "NextPageLink"]
        .iter()
        .filter_map(|key| body.get(key).or_else(|| body.get("properties")?.get(key)))
        .find_map(link);
    Ok(Played { replies, next })
}

/// A page with nothing on it, of the same kind as `body`.
fn last_page(body: &Value) -> Value {
    let mut page = body.clone();
    let places = [&["value"][..], &["Items"], &["properties", "rows"], &["properties", "pricesheets"]];
    for place in places {
        let pointer = format!("/{}", place.join("/"));
        if let Some(rows) = page.pointer_mut(&pointer) {
            *rows = json!([]);
        }
    }
    for key in ["/nextLink", "/NextPageLink", "/properties/nextLink"] {
        if let Some(link) = page.pointer_mut(key) {
            *link = Value::Null;
        }
    }
    page
}

async fn play(reader: &Reader, played: &Played) -> Result<Outcome, String> {
    let server = MockServer::start().await;
    let mut all: Vec<OneReply> = played.replies.clone();
    if played.next.is_some() {
        let last = last_page(&all.last().unwrap().2);
        all.push((200, Vec::new(), last));
    }
    let count = all.len();
    for (place, (status, headers, body)) in all.into_iter().enumerate() {
        let mut reply = ResponseTemplate::new(status);
        for (name, value) in headers {
            reply = reply.insert_header(name.as_str(), value.as_str());
        }
        if !body.is_null() {
            reply = reply.set_body_raw(body.to_string(), "application/json");
        }
        let mock = Mock::given(any()).respond_with(reply).with_priority(u8::try_from(place + 1).unwrap());
        let mock = if place + 1 < count { mock.up_to_n_times(1) } else { mock };
        mock.mount(&server).await;
    }
    let now: fn() -> chrono::DateTime<chrono::Utc> = || "2026-11-25T12:00:00Z".parse().unwrap();
    let clock = Clock::simulated(now);
    let endpoint = Endpoint::new(&server.uri(), Cloud::Public).unwrap();
    let limit = Limit::a_minute(1000);
    let pace = Arc::new(RateLimiter::new(limit, limit, clock.clone()));
    let sender = Arc::new(HttpSender::new(TimeOuts::default()).unwrap());
    let token = Arc::new(ReadyToken(Token::new("planted-token")));
    let transport = Transport::new(sender, Some(token), endpoint, pace, clock, 1);
    let result = (reader.read)(&transport).await;
    let asked: Vec<Asked> = server.received_requests().await.unwrap();
    let first = asked.first().ok_or("nothing was asked")?;
    let target = format!("{}?{}", first.url.path(), first.url.query().unwrap_or_default());
    if first.method.as_str() != reader.method || !target.to_lowercase().contains(&reader.path.to_lowercase())
    {
        return Err(format!("asked was {} {target}, not {} {}", first.method, reader.method, reader.path));
    }
    let must_have = if reader.by == "ServiceError::read" { "" } else { "api-version=" };
    if !target.contains(must_have) {
        return Err(format!("{target} names no version"));
    }
    if first.headers.get("authorization").and_then(|value| value.to_str().ok())
        != Some("Bearer planted-token")
    {
        return Err("the request is not signed in".to_owned());
    }
    if reader.method == "POST"
        && first.headers.get("content-type").and_then(|value| value.to_str().ok()) != Some("application/json")
    {
        return Err("a POST needs its content type".to_owned());
    }
    match result {
        Ok(count) => {
            if let Some(next) = &played.next {
                // The link is followed as it is, blanks encoded, whatever host it names.
                let path = next.splitn(4, '/').nth(3).unwrap_or_default();
                let relative = next.starts_with('/');
                let wanted = if relative { next.clone() } else { format!("/{path}") }.replace(' ', "%20");
                let second = asked.get(1).ok_or("its next link was not followed")?;
                let got = format!("{}?{}", second.url.path(), second.url.query().unwrap_or_default());
                let plain = |text: &str| text.replace("%27", "'").replace("%24", "$").to_lowercase();
                if plain(&got) != plain(&wanted) {
                    return Err(format!("followed was {got}, not {wanted}"));
                }
                if second.method != first.method || second.body != first.body {
                    return Err("the next page was asked for in another way".to_owned());
                }
            }
            Ok(Outcome::Read(count))
        }
        Err(error) => Ok(Outcome::Refused(error.to_string())),
    }
}

/// Payloads that are refused, each for a reason that the collection gives.
fn refusal(name: &str) -> Option<(&'static str, &'static str)> {
    let reasons = [
        (
            "no_aggregation",
            "there is no cost among its columns",
            "without an aggregation no cost column comes back (contract 6.1)",
        ),
        (
            "preview_ps_list",
            "away from the service",
            "its next link names a host of the preview of 2017; only the service's own are followed (contract 1.6)",
        ),
        ("errors/", "", "an error: read and reported"),
        ("error_400", "400 BadRequest", "an error: read and reported"),
        ("404", "404", "an error: read and reported"),
    ];
    let reason = reasons.iter().find(|(part, ..)| name.contains(part))?;
    Some((reason.1, reason.2))
}

#[tokio::test]
async fn every_payload_is_read_or_refused_for_a_reason_and_the_table_lists_it() {
    let Some(root) = testing::shared("azure") else { return };
    let readers = readers();
    let mut faults = Vec::new();
    let mut table = String::from(
        "# What Azure's services reply, and what reads it\n\n\
         Every payload of the collection of contracts: official examples, recordings and observed replies.\n\
         Written and checked by `FORECAST_UPDATE_DOCS=1 cargo test -p azure --test payloads`, which plays each one\n\
         to its client and holds the request against what the service wants. Files of exports are read by\n\
         `tests/it/contract.rs`.\n\n\
         | Payload | Read by | Outcome |\n|---|---|---|\n",
    );
    for (name, path) in payloads(&root) {
        if name.ends_with(".http.json") || name.ends_with(".openapi.json") {
            let what = if name.ends_with("openapi.json") {
                "the specification itself"
            } else {
                "the request beside a reply"
            };
            table.push_str(&format!("| `{name}` | – | {what} |\n"));
            continue;
        }
        let whole = json_of(&path);
        let Some(reader) = readers.iter().find(|reader| name.contains(reader.part)) else {
            faults.push(format!("{name}: nothing reads it"));
            continue;
        };
        let outcome = match played(&name, &whole) {
            Ok(played) => play(reader, &played).await,
            Err(why) => Ok(Outcome::Nothing(why)),
        };
        let told = match outcome {
            Ok(Outcome::Read(0)) if name.contains("empty") || name.contains("no_result") => {
                "read: there is nothing".to_owned()
            }
            Ok(Outcome::Read(0)) => {
                faults.push(format!("{name}: read, but nothing found in it"));
                continue;
            }
            Ok(Outcome::Read(count)) => format!("read: {count}"),
            Ok(Outcome::Nothing(why)) => why.to_owned(),
            Ok(Outcome::Refused(text)) => match refusal(&name) {
                Some((part, reason)) if text.contains(part) => format!("refused: {reason}"),
                _ => {
                    faults.push(format!("{name}: {text}"));
                    continue;
                }
            },
            Err(fault) => {
                faults.push(format!("{name}: {fault}"));
                continue;
            }
        };
        table.push_str(&format!("| `{name}` | `{}` | {told} |\n", reader.by));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let doc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/azure-payloads.md");
    if std::env::var_os("FORECAST_UPDATE_DOCS").is_some() {
        std::fs::write(&doc, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&doc).unwrap(), table, "write the table anew: FORECAST_UPDATE_DOCS=1");
}
