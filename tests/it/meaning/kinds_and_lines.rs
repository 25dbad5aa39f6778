//! What is in `billed`: each kind of charge under its name, credit and tax beside the total.

use super::made_files::{Row, autumn, csv, ea, focus, good, lines, mca, predict, series};
use crate::support::{folder, write};

/// The kind that `forecast series -g charge-kind` gives to a row.
fn kind_of(row: Row) -> String {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&[row]));
    let args = ["series", "costs.csv", "-g", "charge-kind", "-o", "csv"];
    let lines = lines(&good(folder.path(), &args).stdout);
    lines[0].split(' ').nth(2).unwrap_or_default().to_owned()
}

#[test]
fn each_charge_type_of_a_classic_file_has_its_kind() {
    let typed = |kind: &str| ea("2026-10-01", "1").with("ChargeType", kind);
    let table = [
        (typed("Usage"), "usage"),
        (typed("UnusedReservation"), "unused"),
        (typed("UnusedSavingsPlan"), "unused"),
        (typed("Purchase").with("Frequency", "Recurring"), "purchase_recurring"),
        (typed("Purchase").with("Frequency", "OneTime"), "purchase_once"),
        (typed("Refund"), "refund"),
        (typed("Adjustment"), "adjustment"),
        (typed("RoundingAdjustment"), "adjustment"),
        (typed("Purchase").with("MeterCategory", "Azure Support"), "support"),
        (typed("Credit"), "credit"),
        (typed("Tax"), "tax"),
        (typed("Gift"), "other"),
    ];
    for (row, kind) in table {
        assert_eq!(kind_of(row), kind);
    }
    assert_eq!(
        kind_of(mca("2026-10-01", "1").with("chargeType", "refund")),
        "refund",
        "in any spelling of case"
    );
}

#[test]
fn each_category_and_class_of_a_focus_file_has_its_kind() {
    let of = |category: &str| focus("2026-10-01", "1").with("ChargeCategory", category);
    let table = [
        (of("Usage"), "usage"),
        (of("Usage").with("CommitmentDiscountStatus", "Unused"), "unused"),
        (of("Purchase").with("ChargeFrequency", "Recurring"), "purchase_recurring"),
        (of("Purchase").with("ChargeFrequency", "One-Time"), "purchase_once"),
        (of("Purchase").with("ChargeClass", "Correction"), "refund"),
        (of("Adjustment"), "adjustment"),
        (of("Credit"), "credit"),
        (of("Tax"), "tax"),
    ];
    for (row, kind) in table {
        assert_eq!(kind_of(row), kind);
    }
}

#[test]
fn credit_and_tax_stand_beside_the_total_and_lie_in_the_series() {
    let folder = folder();
    let row = |kind: &str, cost: &str| ea("2026-10-05", cost).with("ChargeType", kind);
    autumn(folder.path(), ea, "1", &[row("Credit", "-5"), row("Tax", "3")]);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_ActualToDate"), ["17.00"]);
    assert!(
        result.said().contains("beside the total of October 2026: credit -5.00 EUR, tax 3.00 EUR"),
        "{}",
        result.said()
    );
    assert!(series(folder.path(), &[]).contains(&"2026-10-05 EUR -1".to_owned()), "1 - 5 + 3");
}

#[test]
fn purchases_refunds_adjustments_and_support_are_in_the_total_with_their_lines() {
    let folder = folder();
    let row = |kind: &str, cost: &str| ea("2026-10-05", cost).with("ChargeType", kind);
    let more = [
        row("Purchase", "100").with("Frequency", "OneTime"),
        row("Refund", "-40"),
        row("Adjustment", "0.25"),
        row("RoundingAdjustment", "-0.25"),
        row("Purchase", "20").with("Frequency", "Recurring").with("MeterCategory", "Support"),
    ];
    autumn(folder.path(), ea, "1", &more);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_ActualToDate"), ["97.00"], "17 + 100 - 40 + 0 + 20");
    // Every charge is in one line, so the lines add up to the total.
    assert_eq!(
        result.lines(),
        [
            "usage 17.00",
            "purchases (one-time) 100.00",
            "support plans 20.00",
            "refunds, adjustments, late charges -40.00"
        ]
    );
}

#[test]
fn what_others_publish_is_in_the_total_with_a_line_of_its_own() {
    let folder = folder();
    let sold = ea("2026-10-05", "10").with("PublisherType", "Marketplace").with("PublisherName", "Contoso");
    autumn(folder.path(), ea, "1", &[sold]);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_ActualToDate"), ["27.00"]);
    assert_eq!(result.lines(), ["usage 17.00", "marketplace usage 10.00"]);
    let folder = crate::support::folder();
    autumn(folder.path(), focus, "1", &[focus("2026-10-05", "10").with("PublisherName", "Contoso")]);
    assert_eq!(predict(folder.path(), &[]).lines(), ["usage 17.00", "marketplace usage 10.00"]);
}

#[test]
fn rows_that_cancel_each_other_both_count() {
    let folder = folder();
    let allocated = [
        ea("2026-10-01", "8").with("ResourceGroup", "from"),
        ea("2026-10-01", "-8").with("ResourceGroup", "to"),
    ];
    write(folder.path(), "costs.csv", csv(&allocated));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 0"]);
    assert_eq!(
        series(folder.path(), &["-g", "resource-group"]),
        ["2026-10-01 from EUR 8", "2026-10-01 to EUR -8"]
    );
}

#[test]
fn an_unknown_kind_counts_and_is_named_once() {
    let folder = folder();
    let gift = |cost| ea("2026-10-05", cost).with("ChargeType", "Gift");
    autumn(folder.path(), ea, "1", &[gift("4"), gift("5")]);
    let done = good(folder.path(), &["predict", "."]);
    let warning = "warning: the charge type `Gift` is not known here; its charges count";
    assert_eq!(done.stderr.matches(warning).count(), 1, "{}", done.stderr);
    assert_eq!(predict(folder.path(), &[]).column("x_ActualToDate"), ["26.00"]);
}

#[test]
fn a_commitment_purchase_with_effective_cost_is_left_out_of_effective_and_its_amount_named() {
    let folder = folder();
    let purchase = focus("2026-10-01", "90")
        .with("ChargeCategory", "Purchase")
        .with("CommitmentDiscountId", "/reservation/1");
    let plain = focus("2026-10-01", "4").with("ChargeCategory", "Purchase");
    write(folder.path(), "costs.csv", csv(&[focus("2026-10-01", "1"), purchase, plain]));
    let done = good(folder.path(), &["series", ".", "-o", "csv", "-m", "effective"]);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 5"]);
    assert!(
        done.stderr.contains("purchases of commitments carry 90 EUR of effective cost"),
        "{}",
        done.stderr
    );
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 95"], "billed holds it");
}

#[test]
fn purchases_that_are_no_commitment_count_in_effective_cost() {
    let folder = folder();
    let saas = ea("2026-10-01", "100").with("ChargeType", "Purchase").with("PublisherType", "Marketplace");
    let unused = ea("2026-10-01", "3").with("ChargeType", "UnusedReservation");
    write(folder.path(), "classic/amortized.csv", csv(&[ea("2026-10-01", "14"), saas, unused]));
    assert_eq!(series(folder.path(), &["-m", "effective"]), ["2026-10-01 EUR 117"]);
    // A FOCUS file without the column that names commitments tells of none.
    let purchase =
        focus("2026-10-02", "100").with("ChargeCategory", "Purchase").without("CommitmentDiscountId");
    let usage = focus("2026-10-02", "2").without("CommitmentDiscountId");
    write(folder.path(), "focus/costs.csv", csv(&[usage, purchase]));
    let both = series(folder.path(), &["-m", "effective"]);
    assert_eq!(both.last().map(String::as_str), Some("2026-10-02 EUR 102"));
}

#[test]
fn series_of_estimates_are_named_as_such_by_day_and_by_hour() {
    let folder = folder();
    let estimate = focus("2026-10-01", "2")
        .with("ChargePeriodStart", "2026-10-01T05:00:00Z")
        .with("ChargePeriodEnd", "2026-10-01T06:00:00Z")
        .with("x_IsEstimate", "true");
    write(folder.path(), "used.csv", csv(&[estimate]));
    for granularity in ["daily", "hourly"] {
        let args = ["series", "used.csv", "--granularity", granularity, "-o", "csv"];
        let done = good(folder.path(), &args);
        assert!(done.stderr.contains("costs are estimates"), "{granularity}: {}", done.stderr);
        assert!(done.stdout.contains(",2\n"), "{granularity}: {}", done.stdout);
    }
}
