//! What plans cost by the sample's own rate card, and by private cards.

use super::snapshot;
use crate::support::{Run, folder, run, write};

const PLAN: &str = include_str!("../../../data/plan.toml");
const CARD: &str = include_str!("../../../data/sample/ratecard.json");

fn priced(args: &[&str]) -> Run {
    let folder = folder();
    write(folder.path(), "plan.toml", PLAN);
    write(folder.path(), "ratecard.json", CARD);
    write(folder.path(), "older.json", CARD.replace("0.146", "0.15"));
    write(
        folder.path(),
        "credit.json",
        CARD.replace(
            "\"OfferTerms\": []",
            "\"OfferTerms\": [{\"Name\": \"Monetary Credit\", \"Credit\": 150.0, \"ExcludedMeterIds\": []}]",
        ),
    );
    run(folder.path(), args)
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
    Estimates before tax, of what the plan says
    ")
    });
    snapshot(&found.stderr, |text| {
        insta::assert_snapshot!(text, @"
    warning: `archive` in December 2026 has no price: the prices have no such meter or size; `price card --search TEXT` shows what there is
    warning: `archive` in January 2027 has no price: the prices have no such meter or size; `price card --search TEXT` shows what there is
    ")
    });
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

    All 2 cycles together: 423.01 USD (244.28 – 433.89)

    2 lines have no price; the reason stands in the place of the cost, and no sum
    holds it
    Estimates before tax, of what the plan says
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

                                             As planned      Cost         Low – high  Difference   Covers
        ─────────────────────────────────────────────────────────────────────────────────────────────────
        region westeurope                                 unknown                                   0.0 %
        size Standard_D3_v2                      723.01  1,294.18  935.49 – 1,316.01     +79.0 %  100.0 %
        offer MS-AZR-0062P (MSDN Platforms)      723.01    523.01    344.28 – 533.89     -27.7 %  100.0 %
        reservation 1y                                    unknown                                   0.0 %
        savings plan 1y                                   unknown                                   0.0 %

        Each is set against the same lines as planned; `covers` is their share of the
        plan, of which an alternative without a price for a line leaves that line out on
        both sides
        region westeurope leaves out `archive`: no_rate
        region westeurope leaves out `data out`, `web servers`: no_region
        offer MS-AZR-0062P (MSDN Platforms) leaves out `archive`: no_rate
        reservation 1y leaves out `archive`, `data out`, `web servers`: no_rate
        savings plan 1y leaves out `archive`, `data out`, `web servers`: no_rate
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
    let folder = folder();
    write(
        folder.path(),
        "card.toml",
        "currency = \"EUR\"\n[[price]]\nmeter = \"m\"\nunit = \"1 Hour\"\nprice = 1\n",
    );
    write(folder.path(), "plan.yaml", "currency: USD\nline:\n- {name: a, meter: m, quantity: 1}\n");
    let found = run(folder.path(), &["price", "estimate", "plan.yaml", "--rates", "card.toml"]);
    assert_eq!(found.code, 4, "{}", found.stderr);
    assert!(found.stderr.contains("another currency"), "{}", found.stderr);
    write(folder.path(), "bad.toml", "currency = \"EUR\"\n[[line]]\nname = \"a\"\nquantity = 1\n");
    let found = run(folder.path(), &["price", "estimate", "bad.toml", "--rates", "card.toml"]);
    assert!(
        found.code == 1 && found.stderr.contains("`bad.toml`") && found.stderr.contains("line 1 (`a`)"),
        "{}",
        found.stderr
    );
    let found = run(folder.path(), &["price", "estimate", "plan.yaml", "--rates", "none.json"]);
    assert!(found.stderr.contains("`none.json`"), "{}", found.stderr);
}

#[test]
fn the_schemas_are_json_and_name_their_keys() {
    for (of, key) in [("plan", "ramp_up_days"), ("card", "credit_excludes")] {
        let found = run(folder().path(), &["price", "schema", of]);
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
    let folder = folder();
    write(folder.path(), "sizes.toml", SIZES);
    write(
        folder.path(),
        "usage.csv",
        "name,instance_type,vcpu,memory_gib,hours,region\nweb,m5.large,,,730,eu-west-1\nold,,2,6,100,northeurope\n\
         gpu,p3.2xlarge,,,10,eu-west-1\n",
    );
    write(folder.path(), "settled.toml", "[[override]]\nof = \"old\"\nsku = \"Standard_E2s_v5\"\n");
    let args = ["price", "match", "usage.csv", "--rates", "sizes.toml", "--as-of", "2026-12-01"];
    let found = run(folder.path(), &[&args[..], &["--plan-out", "plan.toml"]].concat());
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(
        found.stderr.contains("`gpu` has no match: cores and memory of `p3.2xlarge`"),
        "{}",
        found.stderr
    );
    snapshot(&found.stdout, |text| {
        insta::assert_snapshot!(text, @"
    Matched to Azure · EUR

           Matched to       Runner-up           Sure   Hours      Cost
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
    gpu: cores and memory of `p3.2xlarge` are not known; name them, or settle it by
    an override
    A match is a guess by cores and memory; settle one with `--overrides FILE`
    ")
    });
    let settled =
        run(folder.path(), &[&args[..], &["--overrides", "settled.toml", "-o", "csv", "-q"]].concat());
    snapshot(&settled.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
        x_LineId,BillingPeriodStart,BillingPeriodEnd,x_SkuMeterId,x_PricedAs,PricingQuantity,PricingUnit,ListUnitPrice,BilledCost,x_LowCost,x_HighCost,BillingCurrency,x_IsEstimate,x_PriceStatus,x_MatchedSku,RegionId,x_MatchReason,x_RunnerUp,x_Confidence
        web,,,d2,Virtual Machines,730,1 Hour,0.1,73.00,73.00,73.00,EUR,true,priced,Standard_D2s_v5,northeurope,"2 cores and 8 GiB needed, it has 2 and 8; the cheapest that will do, at 0.1 an hour",Standard_E2s_v5,1
        old,,,e2,Virtual Machines,100,1 Hour,0.13,13.00,13.00,13.00,EUR,true,priced,Standard_E2s_v5,northeurope,settled by an override,,1
        gpu,,,,,10,Hours,,,,,EUR,true,no_match,,eu-west-1,"cores and memory of `p3.2xlarge` are not known; name them, or settle it by an override",,
        "#)
    });
    let plan =
        ["price", "estimate", "plan.toml", "--rates", "sizes.toml", "--as-of", "2026-12-01", "-o", "csv"];
    assert!(run(folder.path(), &plan).stdout.contains("web,,,d2,"), "the plan that was written is priced");
}
