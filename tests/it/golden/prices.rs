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
        Production (sample)     1,027.59  1,879.96   1,759 –  2,019  +10.8 %  ▅▆▆▆▇▅▅
        Data Platform (sample)    718.15  1,400.99   1,356 –  1,450   +1.8 %  ▆▇▇▆▇▆▆
        Development (sample)      454.61    807.13  783.40 – 836.02   +2.2 %  ▄▅▅▇▅▄▅
        ─────────────────────────────────────────────────────────────────────────────
        Total                   2,200.34  4,088.08   3,945 –  4,251   +5.8 %  ▅▆▇▇▇▅▆

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,940.76  3,764.66
        Marketplace usage                      72.78    136.62
        Purchases (recurring)                  63.95     63.95
        Marketplace purchases                 123.00    123.00
        Refunds, adjustments, late charges     -0.15     -0.15

        To pay for October 2026 · before tax · USD

                             Charges     Credit    To pay     80 % range         Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (sampl…  1,879.96  -1,000.00    879.96    759 – 1,019  20 Oct (19–20)
        Data Platform (sa…  1,400.99  -1,000.00    400.99      356 – 450  25 Oct (24–26)
        Development (samp…    807.13    -688.53    118.60      117 – 120              no
        ────────────────────────────────────────────────────────────────────────────────
        Total               4,088.08  -2,688.53  1,399.55  1,282 – 1,534

        4,097.64  forecast from costs
           -9.56  tiers and free amounts
        4,088.08  charges

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
        BillingPeriodStart,BillingPeriodEnd,SubAccountId,BillingCurrency,x_Metric,x_TotalKind,x_GroupLevel,x_RunId,x_AsOf,x_Cutoff,x_Status,x_Model,x_ActualToDate,x_ForecastRemaining,x_ForecastTotal,x_Lower80,x_Upper80,x_Lower95,x_Upper95,x_PreviousTotal,x_HistoryDays,x_MissingDays,x_CreditUsed,x_Discount,x_RecurringCharge,x_ForecastNet,x_NetLower80,x_NetUpper80,x_NetLower95,x_NetUpper95,x_CreditUsedUpEarliest,x_CreditUsedUpOn,x_CreditUsedUpLatest,x_CostForecast,x_TierDifference,x_PriceChangeDifference,x_OtherPricesDifference,x_PlanDifference
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,,USD,BilledCost,billed,0,[run],2026-10-18,2026-10-16,ok,default,2200.34,1887.74,4088.08,3945.12,4251.04,3829.57,4600.55,3863.38,169,0,2688.53,0.00,0.00,1399.55,1281.74,1533.85,1186.51,1821.87,,,,4097.64,-9.56,0.00,0.00,0.00
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,1027.59,852.37,1879.96,1758.56,2018.58,1658.95,2317.60,1697.17,169,0,1000.00,0.00,0.00,879.96,758.56,1018.58,658.95,1317.60,2026-10-19,2026-10-20,2026-10-20,1884.04,-4.08,0.00,0.00,0.00
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000002,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,718.15,682.84,1400.99,1356.48,1450.04,1323.97,1553.21,1376.10,169,0,1000.00,0.00,0.00,400.99,356.48,450.04,323.97,553.21,2026-10-24,2026-10-25,2026-10-26,1406.17,-5.18,0.00,0.00,0.00
        2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000003,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,454.61,352.52,807.13,783.40,836.02,765.38,893.08,790.10,169,0,688.53,0.00,0.00,118.60,117.22,120.28,116.17,123.60,,,,807.43,-0.30,0.00,0.00,0.00
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,,USD,BilledCost,billed,0,[run],2026-10-18,2026-10-16,ok,default,0.00,3890.88,3890.88,3595.65,4324.67,3339.84,5446.49,,169,0,2662.40,0.00,0.00,1228.48,986.29,1584.33,776.44,2504.60,,,,3902.18,-11.30,0.00,0.00,0.00
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000001,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,1770.32,1770.32,1536.08,2114.50,1333.11,3004.59,,169,0,1000.00,0.00,0.00,770.32,536.08,1114.50,333.11,2004.59,2026-11-17,2026-11-20,2026-11-24,1781.03,-10.71,0.00,0.00,0.00
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000002,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,1341.01,1341.01,1229.06,1505.51,1132.06,1930.92,,169,0,1000.00,0.00,0.00,341.01,229.06,505.51,132.06,930.92,2026-11-23,2026-11-25,2026-11-27,1339.18,1.83,0.00,0.00,0.00
        2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,/subscriptions/5a3b1e00-0000-4000-8000-000000000003,USD,BilledCost,billed,1,[run],2026-10-18,2026-10-16,ok,default,0.00,779.55,779.55,713.08,877.21,655.49,1129.77,,169,0,662.40,0.00,0.00,117.15,113.12,123.06,109.63,138.36,,,,781.97,-2.42,0.00,0.00,0.00
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
        Production (sample)     1,027.59  1,879.96  1,759 – 2,019  +10.8 %  ▅▆▆▆▇▅▅
        Data Platform (sample)    718.15  1,400.99  1,356 – 1,450   +1.8 %  ▆▇▇▆▇▆▆
        Development (sample)      454.61    999.73    927 – 1,032  +26.5 %  ▄▅▅▇▅▄▅
        ───────────────────────────────────────────────────────────────────────────
        Total                   2,200.34  4,280.68  4,089 – 4,447  +10.8 %  ▅▆▇▇▇▅▆

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,940.76  3,957.26
        Marketplace usage                      72.78    136.62
        Purchases (recurring)                  63.95     63.95
        Marketplace purchases                 123.00    123.00
        Refunds, adjustments, late charges     -0.15     -0.15

        To pay for October 2026 · before tax · USD

                             Charges     Credit    To pay     80 % range         Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (sampl…  1,879.96  -1,000.00    879.96    759 – 1,019  20 Oct (19–20)
        Data Platform (sa…  1,400.99  -1,000.00    400.99      356 – 450  25 Oct (24–26)
        Development (samp…    999.73    -881.13    118.60      117 – 120              no
        ────────────────────────────────────────────────────────────────────────────────
        Total               4,280.68  -2,881.13  1,399.55  1,282 – 1,534

        4,097.64  forecast from costs
           -9.56  tiers and free amounts
         +192.60  plan
        4,280.68  charges

        Forecast of November 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  1,770.32  1,536 – 2,115  ▄▄▅▅▃▇▇▃▇▅▄▄▅▄
        Data Platform (sample)    0.00  1,341.01  1,229 – 1,506  ▄▄▅▅▃▇▆▃▅▅▄▄▅▄
        Development (sample)      0.00  1,177.59  1,010 – 1,281  ▃▃▄▄▃▅▇▃▄▄▃▃▄▃
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  4,288.92  3,893 – 4,729  ▄▄▅▅▃▇▇▃▆▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  3,976.41
        Marketplace usage        0.00    125.56
        Purchases (recurring)    0.00     81.66
        Marketplace purchases    0.00    105.29

        To pay for November 2026 · before tax · USD

                            Charges     Credit    To pay   80 % range            Used up
        ────────────────────────────────────────────────────────────────────────────────
        Production (samp…  1,770.32  -1,000.00    770.32  536 – 1,115     20 Nov (17–24)
        Data Platform (s…  1,341.01  -1,000.00    341.01    229 – 506     25 Nov (23–27)
        Development (sam…  1,177.59  -1,000.00    177.59    113 – 281  29 Nov (27 Nov–?)
        ────────────────────────────────────────────────────────────────────────────────
        Total              4,288.92  -3,000.00  1,288.92  986 – 1,729

        3,902.18  forecast from costs
          -11.30  tiers and free amounts
         +398.04  plan
        4,288.92  charges

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        The plan adds 192.60 USD to the charges of October 2026 and 0.00 to what is to
          pay
        The plan adds 398.04 USD to the charges of November 2026 and 60.44 to what is
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
