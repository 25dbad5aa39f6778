//! Prices from the services themselves: retail prices without signing in, and the rate card of a subscription.

use super::server::{Answer, SUBSCRIPTION, Server, good, run_against, run_with};
use crate::support::{folder, write};
use serde_json::{Value, json};

const PLAN: &str = "currency = \"EUR\"\n[[line]]\nname = \"web\"\nsku = \"Standard_D2\"\nregion = \"westeurope\"\nos = \"linux\"\nquantity = 730\n";

fn item(region: &str, price: f64, tier: u32) -> Value {
    json!({
        "currencyCode": "EUR", "tierMinimumUnits": tier, "retailPrice": price, "armRegionName": region, "meterId": region,
        "meterName": "D2", "productName": "Virtual Machines D Series", "skuName": "D2", "skuId": "s",
        "serviceName": "Virtual Machines", "unitOfMeasure": "1 Hour", "type": "Consumption", "armSkuName": "Standard_D2",
        "effectiveStartDate": "2024-01-01T00:00:00Z",
    })
}

#[test]
fn retail_prices_are_asked_for_what_the_plan_needs_without_a_token() {
    let server = Server::start(|asked, _| {
        let region = if asked.target.contains("northeurope") { "northeurope" } else { "westeurope" };
        let price = if region == "northeurope" { 0.2 } else { 0.1 };
        match asked.target.contains("page=2") {
            true => Answer::json(&json!({ "Items": [item(region, price / 2.0, 100)], "NextPageLink": null })),
            false => Answer::json(&json!({
                "Items": [item(region, price, 0)],
                "NextPageLink": format!("https://prices.azure.com:443/api/retail/prices?page=2&region={region}"),
            })),
        }
    });
    let folder = folder();
    write(folder.path(), "plan.toml", PLAN);
    let run = |args: &[&str]| {
        run_with(&[("FORECAST_AZURE_RETAIL_ENDPOINT", server.url.as_str())], folder.path(), args)
    };
    let found = run(&["price", "estimate", "plan.toml", "--rates", "retail", "-o", "csv"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    // 100 hours at 0.1 and 630 at 0.05.
    assert!(found.stdout.contains(",730,1 Hour,,41.50,"), "{}", found.stdout);
    let asked = server.asked();
    assert!(asked.iter().all(|asked| !asked.signed_in), "{asked:?}");
    assert!(asked[0].target.contains("currencyCode=%27EUR%27"), "{}", asked[0].target);
    assert!(
        asked[0].target.contains("armSkuName") && asked[0].target.contains("westeurope"),
        "{}",
        asked[0].target
    );

    let compared = ["price", "compare", "plan.toml", "--rates", "retail", "--region", "northeurope"];
    let found = run(&compared);
    assert!(found.stdout.contains("+100.0 %"), "{}{}", found.stdout, found.stderr);
}

#[test]
fn a_rate_card_is_asked_for_with_the_offer_of_the_subscription() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    let card =
        ["price", "card", "--rates", "azure", "--scope", SUBSCRIPTION, "--currency", "USD", "-o", "csv"];
    let found = run_against(&server, folder.path(), &card);
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(found.stdout.contains("m,Virtual Machines Hours of things,"), "{}", found.stdout);
    let without = run_against(&server, folder.path(), &["price", "card", "--rates", "azure"]);
    assert!(without.code == 2 && without.stderr.contains("--scope"), "{}", without.stderr);
    let all = run_against(&server, folder.path(), &["price", "card", "--rates", "retail"]);
    assert!(all.code == 2 && all.stderr.contains("--sku"), "{}", all.stderr);
}

#[test]
fn a_forecast_is_priced_by_the_rate_card_of_its_subscription() {
    let (folder, server) = (folder(), Server::start(|asked, _| good(asked)));
    let day = "2026-06-01".parse::<chrono::NaiveDate>().expect("a day");
    let last = "2026-10-18".parse().expect("a day");
    let rows = day
        .iter_days()
        .take_while(|day| *day < last)
        .map(|day| format!("20,USD,{day},Usage,{SUBSCRIPTION},m,10,1 Hour\n"));
    let head = "BilledCost,BillingCurrency,ChargePeriodStart,ChargeCategory,SubAccountId,x_SkuMeterId,PricingQuantity,x_PricingUnitDescription\n";
    write(folder.path(), "costs.csv", head.to_owned() + &rows.collect::<String>());
    let args = ["predict", "costs.csv", "--pricing", "azure", "-o", "csv", "--settle-days", "0"];
    let found = run_against(&server, folder.path(), &args);
    assert_eq!(found.code, 0, "{}", found.stderr);
    // 17 days of 20 were charged; fourteen days of ten hours at 2 are to come.
    assert!(found.stdout.contains(",340.00,280.00,620.00,"), "{}", found.stdout);
    // The card's tiers make the whole months 10 less than what was charged: 1.6 %.
    assert!(found.stderr.contains("these may not be the prices of this bill"), "{}", found.stderr);
}
