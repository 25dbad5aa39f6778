//! Official and recorded payloads: what is asked for, and what the replies mean. They are not part of
//! this project; without them these tests are skipped.

#![expect(clippy::unwrap_used, reason = "tests: a failure is to be seen where it happens")]

use azure::{
    Clock, Cloud, Endpoint, Error, Granularity, Limit, RateCardQuery, RateLimiter, Reply, Request, Scope,
    SendFault, Sender, Sending, ServiceError, Token, Transport, UsageQuery,
};
use billing::{Amount, Credit};
use chrono::{DateTime, NaiveDate, Utc};
use http::HeaderMap;
use prices::read_rate_card;
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// A payload; without it the test is skipped.
fn fixture(path: &str) -> Option<Vec<u8>> {
    testing::shared(&format!("azure/fixtures/{path}")).map(|path| std::fs::read(path).unwrap())
}

/// The reply of a specification's example.
fn example(bytes: &[u8], status: u16) -> Reply {
    let whole: Value = serde_json::from_slice(bytes).unwrap();
    let body = whole["responses"][status.to_string()]["body"].to_string();
    Reply { status, headers: HeaderMap::new(), body: body.into() }
}

fn recorded(bytes: Vec<u8>) -> Reply {
    Reply { status: 200, headers: HeaderMap::new(), body: bytes.into() }
}

/// Plays replies and keeps the addresses that were asked.
#[derive(Default)]
struct Player {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<String>>,
}

impl Sender for Player {
    fn send<'a>(
        &'a self,
        request: &'a Request,
        _: Option<&'a Token>,
    ) -> Sending<'a, Result<Reply, SendFault>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(request.url.to_string());
            self.replies
                .lock()
                .unwrap()
                .pop_front()
                .ok_or(SendFault::Final("nothing more is prepared".into()))
        })
    }
}

fn play(replies: Vec<Reply>) -> (Transport, Arc<Player>) {
    let player = Arc::new(Player { replies: Mutex::new(replies.into()), ..Player::default() });
    let endpoint = Endpoint::new(Cloud::Public.management(), Cloud::Public).unwrap();
    let clock = Clock::real(|| "2026-11-25T12:00:00Z".parse().unwrap());
    let pace = Arc::new(RateLimiter::new(Limit::a_minute(1000), Limit::a_minute(1000), clock.clone()));
    (Transport::new(Arc::clone(&player) as _, None, endpoint, pace, clock, 1), player)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn query() -> UsageQuery {
    UsageQuery {
        reported_from: time("2015-05-01T00:00:00Z"),
        reported_to: time("2015-05-02T00:00:00Z"),
        granularity: Granularity::Daily,
        details: true,
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_usage_is_read_record_by_record_in_utc() {
    let Some(bytes) = fixture("commerce-usageaggregates/daily_reported_2015-05-01_first73.json") else {
        return;
    };
    let raw: Value = serde_json::from_slice(&bytes).unwrap();
    let mut reply: Value = raw.clone();
    reply.as_object_mut().unwrap().remove("nextLink");
    let (transport, player) = play(vec![recorded(reply.to_string().into())]);
    let scope = Scope::parse("/subscriptions/3af18309-a8c8-4865-90d3-56b135f1b1d6").unwrap();
    let records = query().fetch(&transport, &scope).await.unwrap();
    assert_eq!(records.len(), raw["value"].as_array().unwrap().len());
    assert_eq!(records[0].start, time("2015-04-28T00:00:00Z"));
    assert_eq!((records[0].quantity, records[0].unit.as_str()), (amount("0.41667"), "Days"));
    // The sum of all quantities, from the text of the file.
    let text = String::from_utf8(bytes).unwrap();
    let sum: Amount =
        text.split("\"quantity\": ").skip(1).map(|rest| amount(rest.split(['}', ',']).next().unwrap())).sum();
    assert_eq!(records.iter().map(|record| record.quantity).sum::<Amount>(), sum);
    let asked = player.asked.lock().unwrap().join(" ");
    assert_eq!(
        asked,
        "https://management.azure.com/subscriptions/3af18309-a8c8-4865-90d3-56b135f1b1d6/providers/Microsoft.Commerce/UsageAggregates\
         ?api-version=2015-06-01-preview&reportedStartTime=2015-05-01T00%3A00%3A00%2B00%3A00\
         &reportedEndTime=2015-05-02T00%3A00%3A00%2B00%3A00&aggregationGranularity=Daily&showDetails=true"
    );
}

#[tokio::test(start_paused = true)]
async fn the_documented_usage_names_its_resource_and_tags() {
    let Some(bytes) = fixture("commerce-usageaggregates/documented_item_with_instanceData_and_tags.json")
    else {
        return;
    };
    let item: Value = serde_json::from_slice(&bytes).unwrap();
    let items = if item["value"].is_array() { item } else { serde_json::json!({ "value": [item] }) };
    let subscription = items["value"][0]["properties"]["subscriptionId"].as_str().unwrap().to_owned();
    let (transport, _) = play(vec![recorded(items.to_string().into())]);
    let scope = Scope::parse(&format!("/subscriptions/{subscription}")).unwrap();
    let records = query().fetch(&transport, &scope).await.unwrap();
    let resource = records[0].resource.as_ref().unwrap();
    assert!(resource.uri.contains("/resource"), "{resource:?}");
    assert!(!resource.tags.is_empty(), "{resource:?}");
}

#[tokio::test(start_paused = true)]
async fn usage_that_is_not_ready_is_no_empty_page() {
    let Some(bytes) = fixture("commerce-usageaggregates/GetUsageAggregatesList.json") else { return };
    let scope = Scope::parse("/subscriptions/f68815e6-3c41-45ef-bbd8-5f83303c396b").unwrap();
    let (transport, _) = play(vec![example(&bytes, 200)]);
    assert_eq!(query().fetch(&transport, &scope).await.unwrap()[0].quantity, amount("0.057865"));
    let (transport, _) = play((0..40).map(|_| example(&bytes, 202)).collect());
    let error = query().fetch(&transport, &scope).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_recorded_card_is_read_whole_and_priced() {
    let Some(bytes) = fixture("commerce-ratecard/ratecard_MS-AZR-0062P_USD_en-US_US_subset.json") else {
        return;
    };
    let raw: Value = serde_json::from_slice(&bytes).unwrap();
    let query = RateCardQuery {
        offer: "MS-AZR-0062P".into(),
        currency: "USD".into(),
        locale: "en-US".into(),
        region: "US".into(),
    };
    let (transport, player) = play(vec![recorded(bytes)]);
    let card = query.fetch(&transport, &Scope::parse("/subscriptions/s").unwrap()).await.unwrap();
    assert_eq!(card.meters(), raw["Meters"].as_array().unwrap().len());
    let Credit { amount: credit, excluded } = card.terms.credits[0].term.clone();
    assert_eq!((credit, excluded.len()), (amount("100"), 139));
    assert!(card.terms.commitments.is_empty() && card.terms.recurring.is_empty());
    // A meter with rising tiers: from its own numbers, sorted as numbers.
    let many = raw["Meters"]
        .as_array()
        .unwrap()
        .iter()
        .max_by_key(|meter| meter["MeterRates"].as_object().unwrap().len())
        .unwrap();
    let meter = card.of_meter(many["MeterId"].as_str().unwrap()).next().unwrap();
    let first = many["MeterRates"]["0"].to_string();
    assert_eq!(meter.tiers.cost(amount("1")).unwrap(), amount(&first));
    assert_eq!(
        player.asked.lock().unwrap()[0],
        "https://management.azure.com/subscriptions/s/providers/Microsoft.Commerce/RateCard?api-version=2015-06-01-preview\
         &$filter=OfferDurableId%20eq%20%27MS-AZR-0062P%27%20and%20Currency%20eq%20%27USD%27%20and%20Locale%20eq%20%27en-US%27%20and%20RegionInfo%20eq%20%27US%27"
    );
}

#[test]
fn the_documented_card_has_a_third_party_meter_with_two_tiers() {
    let Some(bytes) = fixture("commerce-ratecard/GetRateCard.json") else { return };
    let card = read_rate_card(&example(&bytes, 200).body, "the example", Some("USD")).unwrap();
    let meter = card.of_meter("1d7518e5-bc2f-4a93-9057-1b3047856645").next().unwrap();
    assert!(meter.is_third_party);
    assert_eq!(meter.from, NaiveDate::from_ymd_opt(2017, 9, 1));
    assert_eq!(meter.tiers.cost(amount("101")).unwrap(), amount("199.99"));
}

#[test]
fn every_recorded_error_is_read_for_what_it_is() {
    let read =
        |file: &str, status| fixture(&format!("errors/{file}")).map(|body| ServiceError::read(status, &body));
    let Some(expired) = read("recorded_ARM_401_ExpiredAuthenticationToken.json", 401) else { return };
    assert!(expired.is_expired_token() && !expired.may_pass());
    let refused = read("recorded_ARM_403_AuthorizationFailed.json", 403).unwrap();
    assert_eq!(refused.code, "AuthorizationFailed");
    assert!(read("observed_costmanagement_404_transient.json", 404).unwrap().may_pass());
    assert_eq!(
        read("observed_costmanagement_429.json", 429).unwrap().to_string(),
        "429: Too many requests. Please retry."
    );
    let other = read("recorded_operationResults_400_non_ARM_body.json", 400).unwrap();
    assert!(other.message.starts_with("The request is invalid.") && !other.may_pass());
}

/// A page of as many records of one GB each, and the link to the next.
fn page(records: usize, next: Option<&str>) -> Reply {
    let record = serde_json::json!({ "properties": {
        "subscriptionId": "S", "meterId": "M", "usageStartTime": "2015-05-01T00:00:00+00:00",
        "usageEndTime": "2015-05-02T00:00:00+00:00", "quantity": 1, "unit": "GB",
    } });
    let mut body = serde_json::json!({ "value": vec![record; records] });
    if let Some(next) = next {
        body["nextLink"] = next.into();
    }
    recorded(body.to_string().into())
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_end_whatever_their_links_look_like() {
    let (transport, player) = play(vec![
        page(
            2,
            Some(
                "https://management.azure.com/subscriptions/s/x?$filter=usageEnd eq 2017-10-26T23:59:59Z&t=1",
            ),
        ),
        page(0, Some("/subscriptions/s/y?t=2")),
        page(3, None),
    ]);
    let records = query().fetch(&transport, &Scope::parse("/subscriptions/s").unwrap()).await.unwrap();
    assert_eq!(records.len(), 5);
    assert_eq!((records[0].subscription.as_str(), records[0].meter_id.as_str()), ("s", "m"));
    let asked = player.asked.lock().unwrap().clone();
    assert_eq!(
        asked[1],
        "https://management.azure.com/subscriptions/s/x?$filter=usageEnd%20eq%202017-10-26T23:59:59Z&t=1"
    );
    assert_eq!(asked[2], "https://management.azure.com/subscriptions/s/y?t=2");
}

#[tokio::test(start_paused = true)]
async fn a_link_in_circles_or_away_fails_the_whole_list() {
    let scope = Scope::parse("/subscriptions/s").unwrap();
    let (transport, _) = play((0..3).map(|_| page(1, Some("/subscriptions/s/y?t=2"))).collect());
    let error = query().fetch(&transport, &scope).await.unwrap_err();
    assert!(error.to_string().contains("was read before"), "{error}");
    let (transport, player) = play(vec![page(1, Some("https://evil.example/next?token=planted"))]);
    let error = query().fetch(&transport, &scope).await.unwrap_err().to_string();
    assert!(error.contains("away from the service") && !error.contains("planted"), "{error}");
    assert_eq!(player.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_lacks_something_is_named_by_page_and_place() {
    let (transport, _) = play(vec![
        page(2, Some("/subscriptions/s/y")),
        recorded(r#"{"value":[{"properties":{"subscriptionId":"s","meterId":"m"}}]}"#.into()),
    ]);
    let error =
        query().fetch(&transport, &Scope::parse("/subscriptions/s").unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("record 3") && error.contains("usageStartTime"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    #[test]
    fn order_and_size_of_pages_change_no_result(
        quantities in proptest::collection::vec(0_u32..1000, 1..40),
        cuts in proptest::collection::vec(0_usize..8, 1..20),
        seed in proptest::prelude::any::<u64>(),
    ) {
        let record = |place: usize, quantity: u32| {
            serde_json::json!({ "properties": {
                "subscriptionId": "s", "meterId": format!("m{}", place % 3), "unit": "GB",
                "usageStartTime": format!("2015-05-{:02}T00:00:00+00:00", 1 + place % 28),
                "usageEndTime": format!("2015-05-{:02}T00:00:00+00:00", 2 + place % 28),
                // Quantities that differ, so that no two records are alike by chance.
                "quantity": f64::from(quantity) + place as f64 / 64.0,
            } })
        };
        let mut records: Vec<Value> =
            quantities.iter().enumerate().map(|(place, quantity)| record(place, *quantity)).collect();
        let read = |replies: Vec<Reply>| {
            let (transport, _) = play(replies);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let scope = Scope::parse("/subscriptions/s").unwrap();
            let mut found = runtime.block_on(query().fetch(&transport, &scope)).unwrap();
            found.sort_by(|a, b| (a.start, &a.meter_id, a.quantity).cmp(&(b.start, &b.meter_id, b.quantity)));
            found
        };
        let whole = read(vec![recorded(serde_json::json!({ "value": records }).to_string().into())]);
        // The same records in another order, on pages of any size.
        records.sort_by_key(|record| record.to_string().bytes().fold(seed | 1, |mix, byte| mix.wrapping_mul(31).wrapping_add(byte.into())));
        let mut pages = Vec::new();
        let mut rest = records.as_slice();
        for size in cuts.iter().cycle() {
            let (page, more) = rest.split_at((*size).min(rest.len()));
            rest = more;
            pages.push(page.to_vec());
            if rest.is_empty() || pages.len() > 100 {
                break;
            }
        }
        pages.push(rest.to_vec());
        let last = pages.len() - 1;
        let replies = pages.into_iter().enumerate().map(|(number, page)| {
            let mut body = serde_json::json!({ "value": page });
            if number < last {
                body["nextLink"] = format!("/subscriptions/s/x?t={number}").into();
            }
            recorded(body.to_string().into())
        });
        proptest::prop_assert_eq!(read(replies.collect()), whole);
    }
}
