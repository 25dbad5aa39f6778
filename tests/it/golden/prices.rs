//! What plans cost by the sample's own rate card, and by private cards.

use super::snapshot;
use crate::support::{Run, TestContext};

const PLAN: &str = include_str!("../../../data/plan.toml");
const CARD: &str = include_str!("../../../data/sample/ratecard.json");

fn priced(args: &[&str]) -> Run {
    let folder = TestContext::new();
    folder.write("plan.toml", PLAN);
    folder.write("ratecard.json", CARD);
    folder.write("older.json", CARD.replace("0.146", "0.15"));
    folder.write("credit.json", card_with_credit(150));
    folder.run(args)
}

#[test]
fn a_plan_is_priced_line_by_line_and_what_has_no_price_is_said() {
    let found = priced(&["price", "estimate", "plan.toml", "--rates", "ratecard.json"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
    Estimate of December 2026 · USD

                         Quantity  Priced as                   Cost       Low – high
    ────────────────────────────────────────────────────────────────────────────────
    web servers  1,695.48 × Hours  Virtual Machines Stand…   247.54  169.55 – 252.29
    data out          900.00 × GB  Networking Data Transf…    77.87
    archive                  1.00                           no_rate
    ────────────────────────────────────────────────────────────────────────────────
    Total                                                    325.41  247.41 – 330.15

    Estimate of January 2027 · USD

                         Quantity  Priced as                   Cost       Low – high
    ────────────────────────────────────────────────────────────────────────────────
    web servers  2,190.00 × Hours  Virtual Machines Stand…   319.74  219.00 – 325.87
    data out          900.00 × GB  Networking Data Transf…    77.87
    archive                  1.00                           no_rate
    ────────────────────────────────────────────────────────────────────────────────
    Total                                                    397.61  296.87 – 403.74

    All 2 cycles together: 723.01 USD (544.28 – 733.89)

    2 lines have no price; the reason stands in the place of the cost, and no sum
    holds it
    Estimates before tax, of the planned usage
    ")
    });
    snapshot(
        &found.stderr,
        |text| insta::assert_snapshot!(text, @"warning: `archive` has no price: the prices have no such meter or size; `price card --search TEXT` shows what there is"),
    );
}

#[test]
fn a_credit_is_taken_off_in_each_cycle() {
    let found = priced(&["price", "estimate", "plan.toml", "--rates", "credit.json"]);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Estimate of December 2026 · USD

                             Quantity  Priced as                   Cost       Low – high
        ────────────────────────────────────────────────────────────────────────────────
        web servers  1,695.48 × Hours  Virtual Machines Stand…   247.54  169.55 – 252.29
        data out          900.00 × GB  Networking Data Transf…    77.87
        archive                  1.00                           no_rate
        ────────────────────────────────────────────────────────────────────────────────
        Total                                                    325.41  247.41 – 330.15
        Credit                                                  -150.00
        To pay                                                   175.41   97.41 – 180.15

        Estimate of January 2027 · USD

                             Quantity  Priced as                   Cost       Low – high
        ────────────────────────────────────────────────────────────────────────────────
        web servers  2,190.00 × Hours  Virtual Machines Stand…   319.74  219.00 – 325.87
        data out          900.00 × GB  Networking Data Transf…    77.87
        archive                  1.00                           no_rate
        ────────────────────────────────────────────────────────────────────────────────
        Total                                                    397.61  296.87 – 403.74
        Credit                                                  -150.00
        To pay                                                   247.61  146.87 – 253.74

        All 2 cycles together, to pay: 423.01 USD (244.28 – 433.89)

        2 lines have no price; the reason stands in the place of the cost, and no sum
        holds it
        Estimates before tax, of the planned usage
        As if nothing else used the credit and free amounts; `--into-forecast EXPORTS`
        adds the plan to existing usage
        ")
    });
}

#[test]
fn an_estimate_has_rows_for_machines() {
    let found = priced(&["price", "estimate", "plan.toml", "--rates", "ratecard.json", "-o", "csv", "-q"]);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
    x_LineId,BillingPeriodStart,BillingPeriodEnd,x_SkuMeterId,x_PricedAs,PricingQuantity,PricingUnit,ListUnitPrice,BilledCost,x_LowCost,x_HighCost,BillingCurrency,x_IsEstimate,x_PriceStatus
    web servers,2026-12-01T00:00:00Z,2027-01-01T00:00:00Z,14fc9a21-4919-4cb1-b495-5666966556bc,Virtual Machines Standard_D2_v2 VM Compute Hours,1695.483870967741935484,Hours,0.146,247.540645161290322581,169.548387096774193548,252.288,USD,true,priced
    data out,2026-12-01T00:00:00Z,2027-01-01T00:00:00Z,9995d93a-7d35-4d3f-9c69-7a7fea447ef4,Networking Data Transfer Out (GB),900,GB,,77.865,77.865,77.865,USD,true,priced
    archive,2026-12-01T00:00:00Z,2027-01-01T00:00:00Z,,,1,,,,,,USD,true,no_rate
    web servers,2027-01-01T00:00:00Z,2027-02-01T00:00:00Z,14fc9a21-4919-4cb1-b495-5666966556bc,Virtual Machines Standard_D2_v2 VM Compute Hours,2190,Hours,0.146,319.74,219.00,325.872,USD,true,priced
    data out,2027-01-01T00:00:00Z,2027-02-01T00:00:00Z,9995d93a-7d35-4d3f-9c69-7a7fea447ef4,Networking Data Transfer Out (GB),900,GB,,77.865,77.865,77.865,USD,true,priced
    archive,2027-01-01T00:00:00Z,2027-02-01T00:00:00Z,,,1,,,,,,USD,true,no_rate
    ")
    });
}

#[test]
fn alternatives_are_set_against_what_they_cover() {
    let found = priced(&[
        "price",
        "compare",
        "plan.toml",
        "--rates",
        "ratecard.json",
        "--size",
        "Standard_D3_v2",
        "--region",
        "westeurope",
        "--offer",
        "MS-AZR-0062P",
        "--commitment",
        "1y",
        "-q",
    ]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        The plan and 5 alternatives · USD

                                             As it is      Cost         Low – high  Difference   Covers
        ───────────────────────────────────────────────────────────────────────────────────────────────
        region westeurope                               unknown                                   0.0 %
        size Standard_D3_v2                    723.01  1,294.18  935.49 – 1,316.01     +79.0 %  100.0 %
        offer MS-AZR-0062P (MSDN Platforms)    723.01    523.01    344.28 – 533.89     -27.7 %  100.0 %
        reservation 1y                                  unknown                                   0.0 %
        savings plan 1y                                 unknown                                   0.0 %

        Each is set against the same lines as they are; `covers` is their share of the
        whole, of which an alternative without a price for a line leaves that line out
        on both sides
        Region westeurope leaves out `archive`: no_rate
        Region westeurope leaves out `data out`, `web servers`: no_region
        Offer MS-AZR-0062P (MSDN Platforms) leaves out `archive`: no_rate
        Offer MS-AZR-0062P (MSDN Platforms): both sides are what is to pay after credit
        and discount
        Offer MS-AZR-0062P (MSDN Platforms): these prices have none for development and
        test, so its own are not in it
        Reservation 1y leaves out `archive`, `data out`, `web servers`: no_rate
        Savings plan 1y leaves out `archive`, `data out`, `web servers`: no_rate
        ")
    });
}

#[test]
fn cards_are_searched_and_compared() {
    let found = priced(&["price", "card", "--rates", "ratecard.json", "--search", "d2_v2", "-o", "csv"]);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
    x_SkuMeterId,x_PricedAs,x_Sku,RegionId,x_PriceKind,PricingUnit,x_TierFrom,ListUnitPrice,x_IncludedQuantity,BillingCurrency,x_EffectiveFrom,x_EffectiveTo
    14fc9a21-4919-4cb1-b495-5666966556bc,Virtual Machines Standard_D2_v2 VM Compute Hours,Standard_D2_v2,US East,consumption,Hours,0,0.146,0,USD,2016-02-01,
    ")
    });
    let found = priced(&["price", "card", "--rates", "ratecard.json", "--diff", "older.json", "-o", "csv"]);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
    x_SkuMeterId,x_PricedAs,x_Sku,RegionId,x_PriceKind,PricingUnit,x_TierFrom,ListUnitPrice,x_IncludedQuantity,BillingCurrency,x_EffectiveFrom,x_EffectiveTo,x_Change,x_PreviousUnitPrice
    14fc9a21-4919-4cb1-b495-5666966556bc,Virtual Machines Standard_D2_v2 VM Compute Hours,Standard_D2_v2,US East,consumption,Hours,0,0.146,0,USD,2016-02-01,,changed,0.15
    ")
    });
}

#[test]
fn what_cannot_be_priced_at_all_ends_with_the_code_for_too_little() {
    let folder = TestContext::new();
    folder.write("card.toml", "currency = \"EUR\"\n[[price]]\nmeter = \"m\"\nunit = \"1 Hour\"\nprice = 1\n");
    folder.write("plan.yaml", "currency: USD\nline:\n- {name: a, meter: m, quantity: 1}\n");
    let found = folder.fails(2, &["price", "estimate", "plan.yaml", "--rates", "card.toml"]);
    assert!(found.stderr.contains("the plan is in USD, the prices are in EUR"), "{}", found.stderr);
    folder.write("other.yaml", "currency: EUR\nline:\n- {name: a, meter: other, quantity: 1}\n");
    let found = folder.fails(4, &["price", "estimate", "other.yaml", "--rates", "card.toml"]);
    assert!(found.stderr.contains("no line of the plan has a price"), "{}", found.stderr);
    folder.write("bad.toml", "currency = \"EUR\"\n[[line]]\nname = \"a\"\nquantity = 1\n");
    let found = folder.run(&["price", "estimate", "bad.toml", "--rates", "card.toml"]);
    assert!(
        found.code == 1 && found.stderr.contains("`bad.toml`") && found.stderr.contains("line 1 (`a`)"),
        "{}",
        found.stderr
    );
    let found = folder.run(&["price", "estimate", "plan.yaml", "--rates", "none.json"]);
    assert!(found.stderr.contains("`none.json`"), "{}", found.stderr);
}

#[test]
fn the_schemas_are_json_and_name_their_keys() {
    for (of, key) in [("plan", "ramp_up_days"), ("card", "credit_excludes")] {
        let found = TestContext::new().run(&["price", "schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
        assert!(schema.to_string().contains(key), "{of}");
    }
}

/// Two sizes in one region, made up.
const SIZES: &str = r#"
currency = "EUR"
[[price]]
meter = "d2"
category = "Virtual Machines"
sku = "Standard_D2s_v5"
region = "northeurope"
unit = "1 Hour"
price = 0.1
[[price]]
meter = "e2"
category = "Virtual Machines"
sku = "Standard_E2s_v5"
region = "northeurope"
unit = "1 Hour"
price = 0.13
"#;

#[test]
fn machines_of_another_cloud_are_matched_priced_and_written_as_a_plan() {
    let folder = TestContext::new();
    folder.write("sizes.toml", SIZES);
    folder.write("usage.csv",
        "name,instance_type,vcpu,memory_gib,hours,region\nweb,m5.large,,,730,eu-west-1\nold,,2,6,100,northeurope\n\
         gpu,p3.2xlarge,,,10,eu-west-1\n",
    );
    folder.write("settled.toml", "[[override]]\nof = \"old\"\nsku = \"Standard_E2s_v5\"\n");
    let args = ["price", "match", "usage.csv", "--rates", "sizes.toml", "--as-of", "2026-12-01"];
    let found = folder.good(&[&args[..], &["--plan-out", "plan.toml"]].concat());
    assert!(
        found.stderr.contains("`gpu` has no match: cores and memory of `p3.2xlarge`"),
        "{}",
        found.stderr
    );
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Matched to Azure · EUR

               Matched to       Runner-up            Fit   Hours      Cost
        ──────────────────────────────────────────────────────────────────
        web    Standard_D2s_v5  Standard_E2s_v5  100.0 %  730.00     73.00
        old    Standard_D2s_v5  Standard_E2s_v5   75.0 %  100.00     10.00
        gpu    none                                        10.00  no_match
        ──────────────────────────────────────────────────────────────────
        Total                                                        83.00

        web: 2 cores and 8 GiB needed, it has 2 and 8; the cheapest that will do, at 0.1
        an hour
        old: 2 cores and 6 GiB needed, it has 2 and 8; the cheapest that will do, at 0.1
        an hour
        gpu: cores and memory of `p3.2xlarge` are unknown; name them, or set the size by
        an override
        A match is a guess by cores and memory; `fit` is the share of the size that
        would be used; set one with `--overrides FILE`
        Hours as given, read as those of a month
        ")
    });
    let settled = folder.run(&[&args[..], &["--overrides", "settled.toml", "-o", "csv", "-q"]].concat());
    snapshot(&settled.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
        x_LineId,BillingPeriodStart,BillingPeriodEnd,x_SkuMeterId,x_PricedAs,PricingQuantity,PricingUnit,ListUnitPrice,BilledCost,x_LowCost,x_HighCost,BillingCurrency,x_IsEstimate,x_PriceStatus,x_MatchedSku,RegionId,x_MatchReason,x_RunnerUp,x_Confidence
        web,,,d2,Virtual Machines,730,1 Hour,0.1,73.00,73.00,73.00,EUR,true,priced,Standard_D2s_v5,northeurope,"2 cores and 8 GiB needed, it has 2 and 8; the cheapest that will do, at 0.1 an hour",Standard_E2s_v5,1
        old,,,e2,Virtual Machines,100,1 Hour,0.13,13.00,13.00,13.00,EUR,true,priced,Standard_E2s_v5,northeurope,set by an override,,1
        gpu,,,,,10,Hours,,,,,EUR,true,no_match,,eu-west-1,"cores and memory of `p3.2xlarge` are unknown; name them, or set the size by an override",,
        "#)
    });
    let plan =
        ["price", "estimate", "plan.toml", "--rates", "sizes.toml", "--as-of", "2026-12-01", "-o", "csv"];
    assert!(folder.run(&plan).stdout.contains("web,,,d2,"), "the plan that was written is priced");
}

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");

/// The sample's rate card with an offer that grants so much a cycle.
fn card_with_credit(credit: u32) -> String {
    let terms = format!(
        "\"OfferTerms\": [{{\"Name\": \"Monetary Credit\", \"Credit\": {credit}.0, \"ExcludedMeterIds\": []}}]"
    );
    CARD.replace("\"OfferTerms\": []", &terms)
}

/// The sample with a rate card whose offer grants a credit.
fn forecast_with_credit(args: &[&str]) -> Run {
    let folder = TestContext::new();
    folder.write("credit.json", card_with_credit(1000));
    folder.write("euro.toml", "currency = \"EUR\"\n[[price]]\nmeter = \"a\"\nunit = \"1 Hour\"\nprice = 1\n");
    let whole: Vec<&str> = ["predict", SAMPLE].into_iter().chain(args.iter().copied()).collect();
    folder.run(&whole)
}

#[test]
fn a_forecast_that_knows_prices_says_what_is_to_pay_and_when_the_credit_is_used_up() {
    let found = forecast_with_credit(&["--pricing", "credit.json", "--commitment-left", "2000"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                   vs last
                                  so far     total       80 % range    cycle  Daily
        ─────────────────────────────────────────────────────────────────────────────
        Production (sample)     1,027.59  1,892.02   1,739 –  2,067  +11.5 %  ▅▆▆▆▇▅▅
        Data Platform (sample)    718.15  1,410.54   1,343 –  1,484   +2.5 %  ▆▇▇▆▇▆▆
        Development (sample)      454.61    809.88  775.04 – 852.33   +2.5 %  ▄▅▅▇▅▄▅
        ─────────────────────────────────────────────────────────────────────────────
        Total                   2,200.34  4,112.44   3,875 –  4,383   +6.4 %  ▅▆▇▇▇▅▆

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,940.76  3,788.54
        Marketplace usage                      72.78    137.10
        Purchases (recurring)                  63.95     63.95
        Marketplace purchases                 123.00    123.00
        Refunds, adjustments, late charges     -0.15     -0.15

        To pay for October 2026 · before tax · USD

                             Charges     Credit    To pay     80 % range         Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (sampl…  1,892.02  -1,000.00    892.02    739 – 1,067  20 Oct (19–20)
        Data Platform (sa…  1,410.54  -1,000.00    410.54      343 – 484  25 Oct (24–26)
        Development (samp…    809.88    -691.24    118.64      117 – 121              no
        ────────────────────────────────────────────────────────────────────────────────
        Total               4,112.44  -2,691.24  1,421.20  1,225 – 1,644

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        The use of September 2026 cost 3,676.43 USD, by these prices 3,676.43
        273 charges for use are paid for by reservations or savings plans
        The commitment of which 2,000.00 USD were left is used up in none of these
          cycles
        Where a spending limit is on, a subscription stops on the day its credit is
          used up
        What is to pay beside a credit that lasts is what no credit pays for:
          purchases, what others sell, excluded meters, use without a price
        ")
    });
}

#[test]
fn files_hold_what_is_to_pay_beside_the_total_and_add_up() {
    let found = forecast_with_credit(&["--pricing", "credit.json", "--totals", "-o", "csv", "--cycles", "2"]);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        BillingPeriodStart,BillingPeriodEnd,SubAccountId,BillingCurrency,x_Metric,x_TotalKind,x_GroupLevel,x_RunId,x_AsOf,x_Cutoff,x_Status,x_Model,x_ActualToDate,x_ForecastRemaining,x_ForecastTotal,x_Lower80,x_Upper80,x_Lower95,x_Upper95,x_PreviousTotal,x_HistoryDays,x_MissingDays,x_CreditUsed,x_Discount,x_RecurringCharge,x_ForecastNet,x_NetLower80,x_NetUpper80,x_NetLower95,x_NetUpper95,x_CreditUsedUpEarliest,x_CreditUsedUpOn,x_CreditUsedUpLatest
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,USD,BilledCost,billed,0,[run],2026-10-18,2026-10-16,ok,default,2200.34,1912.10,4112.44,3874.16,4383.23,3687.62,4935.35,3863.38,169,0,2691.24,0.00,0.00,1421.20,1224.64,1644.58,1070.76,2100.04,,,
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,1027.59,864.43,1892.02,1738.47,2067.35,1612.49,2445.56,1697.17,169,0,1000.00,0.00,0.00,892.02,738.47,1067.35,612.49,1445.56,2026-10-19,2026-10-20,2026-10-20
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000002,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,718.15,692.39,1410.54,1343.07,1484.88,1293.79,1641.25,1376.10,169,0,1000.00,0.00,0.00,410.54,343.07,484.88,293.79,641.25,2026-10-24,2026-10-25,2026-10-26
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000003,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,454.61,355.27,809.88,775.03,852.31,748.57,936.11,790.10,169,0,691.24,0.00,0.00,118.64,116.62,121.10,115.09,125.94,,,
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,,USD,BilledCost,billed,0,[run],2026-10-18,2026-10-16,ok,default,0.00,3964.57,3964.57,3520.45,4617.15,3135.62,6304.77,,169,0,2665.74,0.00,0.00,1298.83,933.34,1835.87,616.64,3304.77,,,
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,1820.63,1820.63,1559.30,2204.62,1332.85,3197.64,,169,0,1000.00,0.00,0.00,820.63,559.30,1204.62,332.85,2197.64,2026-11-16,2026-11-19,2026-11-23
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000002,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,1361.00,1361.00,1229.51,1554.22,1115.57,2053.89,,169,0,1000.00,0.00,0.00,361.00,229.51,554.22,115.57,1053.89,2026-11-22,2026-11-25,2026-11-27
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000003,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,782.94,782.94,707.51,893.77,642.16,1180.39,,169,0,665.74,0.00,0.00,117.20,112.65,123.89,108.70,180.39,,,
        ")
    });
}

#[test]
fn prices_refuse_what_would_split_a_bill_and_another_currency() {
    let said = |args: &[&str]| {
        let found = forecast_with_credit(args);
        assert_eq!((found.code, found.stdout.as_str()), (2, ""), "{}", found.stderr);
        found.stderr
    };
    let all = [
        said(&["--pricing", "credit.json", "-g", "service"]),
        said(&["--pricing", "credit.json", "--filter", "region=eastus"]),
        said(&["--pricing", "credit.json", "-m", "effective"]),
        said(&["--pricing", "euro.toml"]),
    ];
    snapshot(&all.concat(), |text| {
        insta::assert_snapshot!(text, @"
        error: with `--pricing` rows are subscriptions: free amounts, tiers and credits are theirs
        error: with `--pricing` only `--filter subscription=…` is possible: a part of a subscription has no price of its own
        error: `--pricing` forecasts what is billed; leave `--metric` out
        error: the prices are in EUR, the charges in USD, and no rate between them is in the data; name prices in USD
        ")
    });
}

#[test]
fn a_plan_is_added_to_the_forecast_of_its_subscription() {
    let folder = TestContext::new();
    folder.write("credit.json", card_with_credit(1000));
    folder.write("plan.toml", PLAN.replace("2026-12-01", "2026-10-01").replace("2027-02-01", "2026-12-01"));
    let base = ["price", "estimate", "plan.toml", "--rates", "credit.json", "--into-forecast", SAMPLE];
    let refused = folder.fails(2, &base);
    assert!(refused.stderr.contains("say with `--subscription` on which of these"), "{}", refused.stderr);
    let found = folder.good(&[&base[..], &["--subscription", "Development (sample)"]].concat());
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                 vs last
                                  so far     total     80 % range    cycle  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,027.59  1,892.02  1,738 – 2,067  +11.5 %  ▅▆▆▆▇▅▅
        Data Platform (sample)    718.15  1,410.54  1,343 – 1,485   +2.5 %  ▆▇▇▆▇▆▆
        Development (sample)      454.61  1,002.48    919 – 1,048  +26.9 %  ▄▅▅▇▅▄▅
        ───────────────────────────────────────────────────────────────────────────
        Total                   2,200.34  4,305.04  4,018 – 4,579  +11.4 %  ▅▆▇▇▇▅▆

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,940.76  3,969.61
        Marketplace usage                      72.78    148.63
        Purchases (recurring)                  63.95     63.95
        Marketplace purchases                 123.00    123.00
        Refunds, adjustments, late charges     -0.15     -0.15

        To pay for October 2026 · before tax · USD

                             Charges     Credit    To pay     80 % range         Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (sampl…  1,892.02  -1,000.00    892.02    738 – 1,067  20 Oct (19–20)
        Data Platform (sa…  1,410.54  -1,000.00    410.54      343 – 485  25 Oct (24–26)
        Development (samp…  1,002.48    -883.84    118.64      117 – 121              no
        ────────────────────────────────────────────────────────────────────────────────
        Total               4,305.04  -2,883.84  1,421.20  1,225 – 1,645

        Forecast of November 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  1,820.63  1,559 – 2,205  ▄▄▅▅▃▇▇▃▇▅▄▄▅▄
        Data Platform (sample)    0.00  1,361.00  1,230 – 1,554  ▄▄▅▅▃▇▆▃▅▅▄▄▅▄
        Development (sample)      0.00  1,180.98  1,005 – 1,298  ▃▃▄▄▃▅▇▃▄▄▃▃▄▃
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  4,362.61  3,818 – 5,021  ▄▄▅▅▃▇▇▃▆▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  4,024.55
        Marketplace usage        0.00    151.11
        Purchases (recurring)    0.00     63.95
        Marketplace purchases    0.00    123.00

        To pay for November 2026 · before tax · USD

                            Charges     Credit    To pay   80 % range            Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (samp…  1,820.63  -1,000.00    820.63  559 – 1,205     19 Nov (16–23)
        Data Platform (s…  1,361.00  -1,000.00    361.00    230 – 554     25 Nov (22–27)
        Development (sam…  1,180.98  -1,000.00    180.98    113 – 298  29 Nov (27 Nov–?)
        ────────────────────────────────────────────────────────────────────────────────
        Total              4,362.61  -3,000.00  1,362.61  933 – 2,021

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        The plan adds 192.60 USD to the charges of October 2026 and 0.00 to what is to
          pay
        The plan adds 398.04 USD to the charges of November 2026 and 63.78 to what is
          to pay
        The use of September 2026 cost 3,676.43 USD, by these prices 3,676.43
        273 charges for use are paid for by reservations or savings plans
        Where a spending limit is on, a subscription stops on the day its credit is
          used up
        What is to pay beside a credit that lasts is what no credit pays for:
          purchases, what others sell, excluded meters, use without a price
        ")
    });
    snapshot(&found.stderr, |text| {
        insta::assert_snapshot!(text, @"
        warning: days of the plan up to 2026-10-16 are taken to be in the charges already
        warning: `archive` has no price and is not in the forecast: the prices have no such meter or size; `price card --search TEXT` shows what there is
        ")
    });
}

#[test]
fn use_is_compared_with_what_it_would_cost_elsewhere() {
    let folder = TestContext::new();
    folder.write("ratecard.json", CARD);
    let args = [
        "price",
        "compare",
        SAMPLE,
        "--rates",
        "ratecard.json",
        "--region",
        "EU West",
        "--offer",
        "MS-AZR-0063P",
    ];
    let found = folder.good(&args);
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
        The use of September 2026 that no commitment pays for, and 2 alternatives · USD

                                                       As it is      Cost  Low – high  Difference   Covers
        ──────────────────────────────────────────────────────────────────────────────────────────────────
        region EU West                                 1,255.76  1,255.76                   0.0 %   34.2 %
        offer MS-AZR-0063P (Visual Studio Enterprise)  3,676.43  3,226.43                 -12.2 %  100.0 %

        Each is set against the same lines as they are; `covers` is their share of the
        whole, of which an alternative without a price for a line leaves that line out
        on both sides
        Region EU West leaves out `…0001 Functions Standard Execution Time`, `…0001
        Functions Standard Total Executions`, `…0001 Networking Data Transfer Out (GB)`
        and 10 more: no_region
        Offer MS-AZR-0063P (Visual Studio Enterprise): both sides are what is to pay
        after credit and discount
        Offer MS-AZR-0063P (Visual Studio Enterprise): these prices have none for
        development and test, so its own are not in it
        ")
    });
}

#[test]
fn prices_older_than_the_use_are_said_to_explain_it_badly() {
    let folder = TestContext::new();
    // Every price was a tenth of what it is now.
    let mut card: serde_json::Value = serde_json::from_str(CARD).expect("the card");
    for meter in card["Meters"].as_array_mut().expect("meters") {
        for rate in meter["MeterRates"].as_object_mut().expect("rates").values_mut() {
            *rate = serde_json::json!(rate.as_f64().expect("a price") / 10.0);
        }
    }
    folder.write("older.json", card.to_string());
    let found = folder.good(&["predict", SAMPLE, "--pricing", "older.json"]);
    assert!(found.stderr.contains("these may not be the prices of this bill"), "{}", found.stderr);
    let found = folder.run(&["price", "estimate", SAMPLE, "--rates", "older.json"]);
    let words: Vec<&str> = found.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("a difference of -"), "{}", found.stdout);
}

#[test]
fn prices_that_are_zero_or_cannot_be_used_are_named() {
    let folder = TestContext::new();
    let card = "currency = \"EUR\"\n[[price]]\nmeter = \"free\"\nunit = \"1\"\nprice = 0\n\
        [[price]]\nmeter = \"paid\"\nunit = \"1\"\nprice = 2\n\
        [[price]]\nmeter = \"odd\"\nunit = \"1\"\nprice = -2\n";
    let line = |name: &str| format!("[[line]]\nname = \"{name} line\"\nmeter = \"{name}\"\nquantity = 5\n");
    let plan = ["currency = \"EUR\"\n".to_owned(), line("free"), line("paid"), line("odd")].concat();
    folder.write("card.toml", card);
    folder.write("plan.toml", plan);
    let found = folder.run(&["price", "estimate", "plan.toml", "--rates", "card.toml", "-o", "csv"]);
    let rows: Vec<&str> = found.stdout.lines().skip(1).collect();
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(rows[0].ends_with("0.00,0.00,0.00,EUR,true,priced"), "{rows:?}");
    assert!(rows[1].ends_with("10.00,10.00,10.00,EUR,true,priced"), "{rows:?}");
    assert!(rows[2].ends_with("EUR,true,unusable_rate"), "{rows:?}");
    let said = |text: &str| assert!(found.stderr.contains(text), "{text}: {}", found.stderr);
    said("`free line` costs 0: its price is zero in every tier");
    said("1 price of the list cannot be used: price 3 (`odd`): ");
    said("below 0: -2");
    assert!(!found.stderr.contains("`paid line`"), "{}", found.stderr);
}

#[test]
fn a_count_multiplies_a_match_and_what_is_not_read_is_named() {
    let folder = TestContext::new();
    let card = "currency = \"EUR\"\n[[price]]\nmeter = \"d4\"\nsku = \"Standard_D4s_v5\"\nregion = \"northeurope\"\n\
        unit = \"1 Hour\"\nprice = 0.2\n";
    let usage = "name,vcpu,memory_gib,hours,region,os,count,replicas\nweb,4,16,730,North Europe,linux,5,2\n\
        db,4,16,730,North Europe,RHEL 9,1,1\n";
    folder.write("card.toml", card);
    folder.write("machines.csv", usage);
    let args =
        ["price", "match", "machines.csv", "--rates", "card.toml", "--as-of", "2026-12-01", "-o", "csv"];
    let found = folder.run(&args);
    assert_eq!(found.code, 0, "{}", found.stderr);
    // 5 × 730 hours at 0.2.
    assert!(found.stdout.contains(",3650,1 Hour,0.2,730.00,"), "{}", found.stdout);
    let said = |text: &str| assert!(found.stderr.contains(text), "{text}: {}", found.stderr);
    said("`replicas`");
    said("`db` has no match: `RHEL 9` has no price of its own");
}
