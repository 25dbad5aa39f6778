//! Which cost a file holds: billed or effective is never guessed where it can be known, never added.

use super::made_files::{BETA, Export, all_with, ea, focus, good, lines, mca, payg, predict, series, whole};
use crate::{
    meaning::made_files::{autumn, csv, daily},
    support::{folder, run, write},
};

const RUN: (&str, &str, &str) = ("2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z");

fn export(name: &'static str, kind: &'static str) -> Export {
    Export::actual(name, RUN.0, RUN.1, RUN.2).of_kind(kind)
}

#[test]
fn actual_beside_amortized_is_billed_unless_effective_is_asked_for_and_never_added() {
    let folder = folder();
    export("actual", "ActualCost").write(folder.path(), &daily(ea, "2026-10-01", "2026-10-03", "10"));
    export("amortized", "AmortizedCost").write(folder.path(), &daily(ea, "2026-10-01", "2026-10-03", "7"));
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert!(done.stdout.starts_with("ChargePeriodStart,ChargePeriodEnd,BillingCurrency,BilledCost\n"));
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 10", "2026-10-02 EUR 10", "2026-10-03 EUR 10"]);
    let effective = series(folder.path(), &["-m", "effective"]);
    assert_eq!(effective, ["2026-10-01 EUR 7", "2026-10-02 EUR 7", "2026-10-03 EUR 7"]);
}

#[test]
fn actual_beside_amortized_in_one_folder_without_manifests_is_told_file_by_file() {
    let folder = folder();
    let unused = ea("2026-10-02", "3").with("ChargeType", "UnusedReservation");
    let purchase = ea("2026-10-01", "90").with("ChargeType", "Purchase").with("PricingModel", "Reservation");
    write(folder.path(), "actual.csv", csv(&[ea("2026-10-01", "10"), ea("2026-10-02", "10"), purchase]));
    write(folder.path(), "amortized.csv", csv(&[ea("2026-10-01", "12"), ea("2026-10-02", "12"), unused]));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 100", "2026-10-02 EUR 10"]);
    assert_eq!(series(folder.path(), &["-m", "effective"]), ["2026-10-01 EUR 12", "2026-10-02 EUR 15"]);
}

#[test]
fn the_manifest_decides_before_anything_in_the_file() {
    let folder = folder();
    let unused = ea("2026-10-02", "3").with("ChargeType", "UnusedReservation");
    export("odd", "ActualCost").write(folder.path(), &[ea("2026-10-01", "10"), unused]);
    assert_eq!(
        good(folder.path(), &["series", ".", "-o", "json"]).stdout.matches("BilledCost\":").count(),
        3
    );
    let refused = run(folder.path(), &["series", ".", "-m", "effective"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("no file holds the metric `effective`; the files hold: billed"),
        "{}",
        refused.stderr
    );
}

/// The name of the cost column that `forecast series` gives for one file of these rows.
fn metric_of(rows: &[super::made_files::Row], args: &[&str]) -> String {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(rows));
    let mut all = vec!["series", "costs.csv", "-o", "csv"];
    all.extend(args);
    let done = good(folder.path(), &all);
    let header = done.stdout.lines().next().unwrap_or_default();
    header.rsplit(',').next().unwrap_or_default().to_owned()
}

#[test]
fn what_only_one_kind_of_file_can_hold_decides_before_the_family_given() {
    let usage = ea("2026-10-01", "10");
    let unused = usage.clone().with("ChargeType", "UnusedSavingsPlan");
    let covered = usage.clone().with("PricingModel", "SavingsPlan");
    let free = covered.clone().with("Cost", "0");
    let bought = usage.clone().with("ChargeType", "Purchase").with("PricingModel", "Reservation");
    assert_eq!(metric_of(&[usage.clone(), unused], &["--family", "ea-actual"]), "EffectiveCost");
    assert_eq!(metric_of(&[usage.clone(), covered], &[]), "EffectiveCost");
    assert_eq!(metric_of(&[usage.clone(), bought], &["--family", "ea-amortized"]), "BilledCost");
    assert_eq!(metric_of(&[usage.clone(), free.clone()], &["--family", "ea-amortized"]), "EffectiveCost");
    assert_eq!(metric_of(&[usage, free], &[]), "BilledCost");
}

#[test]
fn actual_is_assumed_where_nothing_tells_and_verbose_says_so() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&[mca("2026-10-01", "10")]));
    let done = good(folder.path(), &["series", ".", "-v"]);
    assert!(
        done.stderr.contains("does not state whether its cost is actual or amortized; actual is assumed"),
        "{}",
        done.stderr
    );
    assert!(!good(folder.path(), &["series", "."]).stderr.contains("assumed"));
}

#[test]
fn an_assumed_file_beside_an_amortized_one_is_a_warning() {
    let folder = folder();
    let unused = ea("2026-10-02", "3").with("ChargeType", "UnusedReservation");
    write(folder.path(), "a.csv", csv(&[ea("2026-10-01", "10")]));
    write(folder.path(), "b.csv", csv(&[ea("2026-10-01", "12"), unused]));
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert!(done.stderr.contains("an amortized file lies beside it; actual is assumed"), "{}", done.stderr);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 10"]);
}

#[test]
fn a_focus_file_beside_a_classic_one_in_one_folder_is_not_lost() {
    let folder = folder();
    write(folder.path(), "focus.csv", csv(&[focus("2026-10-01", "5")]));
    let other = ea("2026-10-01", "10").with("SubscriptionId", BETA);
    write(folder.path(), "ea.csv", csv(&[other]));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 15"]);
}

#[test]
fn focus_holds_all_four_costs_and_billed_is_the_default() {
    let folder = folder();
    let row =
        focus("2026-10-01", "1").with("EffectiveCost", "2").with("ContractedCost", "3").with("ListCost", "4");
    write(folder.path(), "costs.csv", csv(&[row]));
    for (metric, cost) in [("billed", "1"), ("effective", "2"), ("contracted", "3"), ("list", "4")] {
        assert_eq!(series(folder.path(), &["-m", metric]), [format!("2026-10-01 EUR {cost}")]);
    }
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 1"]);
}

#[test]
fn rows_that_cost_something_and_have_no_list_price_are_a_warning_where_they_are_many() {
    let folder = folder();
    let mut rows = daily(focus, "2026-10-01", "2026-10-20", "1");
    rows[0] = rows[0].clone().with("ListCost", "0");
    write(folder.path(), "costs.csv", csv(&rows));
    assert_eq!(good(folder.path(), &["series", ".", "-m", "list"]).stderr, "");
    rows[1] = rows[1].clone().with("ListCost", "0");
    write(folder.path(), "costs.csv", csv(&rows));
    let done = good(folder.path(), &["series", ".", "-m", "list"]);
    assert!(done.stderr.contains("2 of 20 rows cost something and have 0 as ListCost"), "{}", done.stderr);
}

#[test]
fn pay_as_you_go_totals_say_that_purchases_are_not_in_them() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&daily(payg, "2026-08-01", "2026-10-17", "1")));
    assert!(
        predict(folder.path(), &[])
            .said()
            .contains("usage only: purchases and refunds are not in this total")
    );
}

#[test]
fn effective_cost_is_never_called_an_invoice() {
    let folder = folder();
    autumn(folder.path(), focus, "1", &[]);
    let result = predict(folder.path(), &["-m", "effective"]).envelope();
    assert_eq!((&result["x_TotalKind"], &result["x_Metric"]), (&"effective".into(), &"EffectiveCost".into()));
    assert!(result["total"].as_str().is_some_and(|total| total.ends_with("not an invoice")));
}

#[test]
fn a_subscription_that_only_a_file_of_another_metric_has_is_said_to_lack_in_the_total() {
    let folder = folder();
    export("actual", "ActualCost").write(folder.path(), &daily(ea, "2026-10-01", "2026-10-03", "10"));
    let beta = all_with(daily(ea, "2026-10-01", "2026-10-03", "7"), "SubscriptionId", BETA);
    export("amortized", "AmortizedCost").write(folder.path(), &beta);
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert_eq!(whole(&lines(&done.stdout)), 30);
    let lacks =
        format!("does not hold billed cost: 1 of its subscriptions, such as `{BETA}`, are in no other file");
    assert!(done.stderr.contains(&lacks), "{}", done.stderr);
}

#[test]
fn a_focus_file_without_the_metric_is_no_fault_and_what_it_lacks_is_said() {
    let folder = folder();
    let bare = |day: &str| focus(day, "5").without("ContractedCost").without("EffectiveCost");
    write(folder.path(), "a/costs.csv", csv(&[bare("2026-10-01")]));
    for metric in ["contracted", "effective"] {
        let refused = run(folder.path(), &["series", ".", "-m", metric]);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains("the files hold: billed"), "{}", refused.stderr);
    }
    write(folder.path(), "b/costs.csv", csv(&[focus("2026-10-02", "7")]));
    let beside = good(folder.path(), &["series", ".", "-m", "effective", "-o", "csv", "-v"]);
    assert_eq!(lines(&beside.stdout), ["2026-10-02 EUR 7"]);
    assert!(beside.stderr.contains("it does not hold the metric effective"), "{}", beside.stderr);
}

#[test]
fn a_row_that_lacks_one_metric_lands_with_the_other_and_what_lacks_is_named() {
    let folder = folder();
    let rows = [
        focus("2026-10-01", "10"),
        focus("2026-10-02", "5").with("BilledCost", ""),
        focus("2026-10-03", "3").with("EffectiveCost", "abc"),
        focus("2026-10-04", "7").with("ChargePeriodStart", "soon"),
    ];
    write(folder.path(), "in/costs.csv", csv(&rows));
    let ingest = good(folder.path(), &["ingest", "in", "--out", "landed"]);
    for bad in ["row 2: `BilledCost` is not an amount", "row 3: `EffectiveCost` is not an amount"] {
        assert!(ingest.stderr.contains(bad), "{bad}: {}", ingest.stderr);
    }
    assert!(ingest.stderr.contains("3 malformed rows"), "{}", ingest.stderr);
    for (metric, days) in [("billed", [10, 3]), ("effective", [10, 5])] {
        let of = |input: &str| {
            let done = good(folder.path(), &["series", input, "-m", metric, "-o", "csv"]);
            lines(&done.stdout)
        };
        assert_eq!(of("landed"), of("in"), "{metric}");
        assert_eq!(whole(&of("landed")), days.iter().sum::<i64>(), "{metric}");
    }
    // A row that nothing is paid for is not a charge, whatever its list price.
    let unpaid = focus("2026-10-05", "8").with("BilledCost", "").with("EffectiveCost", "");
    write(folder.path(), "unpaid/costs.csv", csv(&[focus("2026-10-01", "10"), unpaid]));
    let ingest = good(folder.path(), &["ingest", "unpaid", "--out", "landed-unpaid", "-o", "csv"]);
    assert!(ingest.stderr.contains("1 malformed row"), "{}", ingest.stderr);
    assert!(ingest.stdout.trim_end().ends_with(",1"), "one row lands: {}", ingest.stdout);
    let strict = run(folder.path(), &["ingest", "in", "--out", "strict", "--strict"]);
    assert_eq!(strict.code, 1);
    assert!(!folder.path().join("strict").exists());
}

#[test]
fn sums_beyond_twenty_digits_are_refused_however_they_are_spread() {
    let folder = folder();
    let most = "90000000000000000000";
    write(folder.path(), "a.csv", csv(&[ea("2026-10-01", most)]));
    assert_eq!(series(folder.path(), &[]), [format!("2026-10-01 EUR {most}")]);
    write(folder.path(), "b.csv", csv(&[ea("2026-10-02", most)]));
    for args in
        [&["series", "."][..], &["series", ".", "--granularity", "hourly"], &["ingest", ".", "--out", "to"]]
    {
        let refused = run(folder.path(), args);
        assert_ne!(refused.code, 0, "{args:?}");
        assert!(!refused.stderr.contains("internal"), "{}", refused.stderr);
    }
    let refused = run(folder.path(), &["predict", ".", "-o", "csv"]);
    assert!(refused.stderr.contains("more than 20 digits"), "{}", refused.stderr);
}
