//! Which run counts: exports repeat themselves, overlap, get cut; every charge counts once.

use super::made_files::{
    ALPHA, BETA, Export, Row, all_with, autumn, csv, daily, ea, focus, good, lines, mca, payg, predict,
    series, whole,
};
use crate::support::{folder, run, write};
use std::fs;

/// The run of the 4th and the one of the 5th October of one export, the newer with a dearer first day.
fn two_runs(folder: &std::path::Path) -> (Export, Vec<Row>) {
    let older = Export::actual("daily", "2026-10-01", "2026-10-04", "2026-10-04T06:00:00Z");
    older.write(folder, &daily(ea, "2026-10-01", "2026-10-03", "10"));
    let newer = Export::actual("daily", "2026-10-01", "2026-10-05", "2026-10-05T06:00:00Z");
    let mut rows = daily(ea, "2026-10-01", "2026-10-04", "10");
    rows[0] = ea("2026-10-01", "11");
    (newer, rows)
}

#[test]
fn the_newer_of_two_cumulative_runs_counts() {
    let folder = folder();
    let (newer, rows) = two_runs(folder.path());
    newer.write(folder.path(), &rows);
    assert_eq!(
        series(folder.path(), &[]),
        ["2026-10-01 EUR 11", "2026-10-02 EUR 10", "2026-10-03 EUR 10", "2026-10-04 EUR 10"]
    );
}

#[test]
fn a_newer_run_over_fewer_days_does_not_erase_the_others() {
    let folder = folder();
    Export::actual("daily", "2026-10-01", "2026-10-05", "2026-10-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-05", "10"));
    Export::actual("daily", "2026-10-02", "2026-10-03", "2026-10-09T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-02", "2026-10-03", "12"));
    assert_eq!(
        series(folder.path(), &[]),
        [
            "2026-10-01 EUR 10",
            "2026-10-02 EUR 12",
            "2026-10-03 EUR 12",
            "2026-10-04 EUR 10",
            "2026-10-05 EUR 10"
        ]
    );
}

#[test]
fn a_charge_that_a_newer_run_over_those_days_no_longer_lists_is_gone() {
    let folder = folder();
    let beta = all_with(daily(ea, "2026-10-01", "2026-10-03", "5"), "SubscriptionId", BETA);
    let older = [daily(ea, "2026-10-01", "2026-10-03", "10"), beta].concat();
    Export::actual("daily", "2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z").write(folder.path(), &older);
    Export::actual("daily", "2026-10-02", "2026-10-03", "2026-10-09T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-02", "2026-10-03", "10"));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 15", "2026-10-02 EUR 10", "2026-10-03 EUR 10"]);
}

/// What the older run says alone, and how the broken newer one is reported.
fn falls_back(folder: &std::path::Path, why: &str) {
    let done = good(folder, &["series", ".", "-o", "csv"]);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 10", "2026-10-02 EUR 10", "2026-10-03 EUR 10"]);
    let expected = "warning: the run `daily/20261001-20261031/202610050600` is incomplete and does not count";
    assert!(done.stderr.contains(expected) && done.stderr.contains(why), "{}", done.stderr);
}

#[test]
fn a_run_whose_file_is_missing_never_counts_and_the_older_one_does() {
    let folder = folder();
    let (newer, rows) = two_runs(folder.path());
    newer.write(folder.path(), &rows);
    let blob = format!("{}/part_0_0001.csv", newer.folder());
    fs::remove_file(folder.path().join(&blob)).unwrap();
    falls_back(folder.path(), "is missing");
}

#[test]
fn a_run_whose_file_was_cut_never_counts_and_the_older_one_does() {
    let folder = folder();
    let (newer, rows) = two_runs(folder.path());
    let text = csv(&rows);
    newer.write_text(folder.path(), &text[..text.len() - 20], text.len(), rows.len());
    falls_back(folder.path(), &format!("`part_0_0001.csv` has {} bytes of {}", text.len() - 20, text.len()));
}

#[test]
fn a_run_with_fewer_rows_than_its_manifest_says_never_counts_and_the_older_one_does() {
    let folder = folder();
    let (newer, rows) = two_runs(folder.path());
    let text = csv(&rows);
    newer.write_text(folder.path(), &text, text.len(), 9);
    falls_back(folder.path(), "`part_0_0001.csv` has 4 rows of 9");
}

#[test]
fn an_incomplete_run_alone_is_a_failure() {
    let folder = folder();
    let (newer, _) = two_runs(folder.path());
    let alone = crate::support::folder();
    newer.write_manifest(alone.path(), "nowhere/part_0_0001.csv", 10, 1);
    let refused = run(alone.path(), &["series", "."]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("no export run is complete"), "{}", refused.stderr);
}

#[test]
fn files_that_the_manifest_does_not_name_do_not_count() {
    let folder = folder();
    let (newer, rows) = two_runs(folder.path());
    newer.write(folder.path(), &rows);
    write(
        folder.path(),
        &format!("{}/copy.csv", newer.folder()),
        csv(&daily(ea, "2026-10-01", "2026-10-04", "9")),
    );
    let done = good(folder.path(), &["series", ".", "-o", "csv", "-v"]);
    assert_eq!(whole(&lines(&done.stdout)), 41);
    assert!(done.stderr.contains("the manifest beside it does not name it"), "{}", done.stderr);
}

#[test]
fn two_exports_of_overlapping_scope_count_once_and_the_overlap_is_named() {
    let folder = folder();
    let beta = all_with(daily(ea, "2026-10-01", "2026-10-03", "5"), "SubscriptionId", BETA);
    let both = [daily(ea, "2026-10-01", "2026-10-03", "10"), beta].concat();
    Export::actual("management-group", "2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z")
        .write(folder.path(), &both);
    Export::actual("subscription", "2026-10-01", "2026-10-03", "2026-10-04T07:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-03", "10"));
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 15", "2026-10-02 EUR 15", "2026-10-03 EUR 15"]);
    let named = "warning: two exports overlap: 3 days of subscriptions that \
                 `management-group/20261001-20261031/202610040600` also holds are taken from \
                 `subscription/20261001-20261031/202610040700`";
    assert!(done.stderr.contains(named), "{}", done.stderr);
}

#[test]
fn overlapping_folders_without_manifests_count_once_and_the_overlap_is_named() {
    let folder = folder();
    let rows = daily(ea, "2026-10-01", "2026-10-03", "10");
    write(folder.path(), "202610040600/costs.csv", csv(&rows));
    write(folder.path(), "202610050600/costs.csv", csv(&rows[..2]));
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert_eq!(whole(&lines(&done.stdout)), 30);
    assert!(done.stderr.contains("hold the same charges in two states"), "{}", done.stderr);
}

#[test]
fn one_subscription_in_a_focus_and_a_classic_export_counts_once() {
    let folder = folder();
    Export::actual("classic", "2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z").write(
        folder.path(),
        &all_with(daily(ea, "2026-10-01", "2026-10-03", "10"), "SubscriptionId", &ALPHA.to_uppercase()),
    );
    Export::actual("focus", "2026-10-01", "2026-10-03", "2026-10-04T07:00:00Z")
        .of_kind("FocusCost")
        .write(folder.path(), &daily(focus, "2026-10-01", "2026-10-03", "10"));
    assert_eq!(whole(&series(folder.path(), &[])), 30);
}

#[test]
fn purchases_without_subscription_of_two_billing_accounts_both_count() {
    let folder = folder();
    let bought = |account: &str| {
        let row = ea("2026-10-02", "100").with("SubscriptionId", "").with("ChargeType", "Purchase");
        row.with("BillingAccountId", account)
    };
    Export::actual("one", "2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z")
        .write(folder.path(), &[bought("1111")]);
    Export::actual("two", "2026-10-01", "2026-10-03", "2026-10-04T07:00:00Z")
        .write(folder.path(), &[bought("2222")]);
    assert_eq!(whole(&series(folder.path(), &[])), 200);
}

#[test]
fn a_purchase_without_subscription_in_two_exports_of_one_account_counts_once() {
    let folder = folder();
    let none = |row: Row, column: &str| row.with(column, "");
    let classic = none(ea("2026-10-02", "100").with("ChargeType", "Purchase"), "SubscriptionId");
    let account = "/providers/Microsoft.Billing/billingAccounts/1234";
    Export::actual("one", "2026-10-01", "2026-10-03", "2026-10-04T06:00:00Z")
        .of_scope(account)
        .write(folder.path(), &[classic]);
    let other = none(focus("2026-10-02", "100").with("ChargeCategory", "Purchase"), "SubAccountId");
    Export::actual("two", "2026-10-01", "2026-10-03", "2026-10-04T07:00:00Z")
        .of_kind("FocusCost")
        .of_scope(account)
        .write(folder.path(), &[other]);
    assert_eq!(whole(&series(folder.path(), &[])), 100);
}

#[test]
fn equal_rows_inside_one_run_all_count() {
    let folder = folder();
    Export::actual("daily", "2026-10-01", "2026-10-01", "2026-10-02T06:00:00Z")
        .write(folder.path(), &vec![ea("2026-10-01", "10"); 3]);
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 30"]);
}

#[test]
fn the_same_file_given_twice_counts_once() {
    let folder = folder();
    let text = csv(&daily(ea, "2026-10-01", "2026-10-02", "10"));
    for name in ["costs.csv", "costs (1).csv", "elsewhere/costs.csv"] {
        write(folder.path(), name, &text);
    }
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 10", "2026-10-02 EUR 10"]);
    let twice = good(folder.path(), &["series", "costs.csv", "./costs.csv", "-o", "csv"]);
    assert_eq!(whole(&lines(&twice.stdout)), 20);
}

#[test]
fn a_file_written_again_in_another_form_counts_once() {
    let folder = folder();
    let rows = daily(ea, "2026-10-01", "2026-10-02", "10");
    write(folder.path(), "costs.csv", csv(&rows));
    write(folder.path(), "again.csv", csv(&rows).replace('"', ""));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 10", "2026-10-02 EUR 10"]);
}

#[test]
fn files_of_several_agreements_in_one_directory_are_read_together() {
    let folder = folder();
    let id = |number: u32| format!("aaaaaaaa-0000-4000-8000-{number:012}");
    write(folder.path(), "ea.csv", csv(&[ea("2026-10-01", "1").with("SubscriptionId", &id(1))]));
    write(folder.path(), "mca.csv", csv(&[mca("2026-10-01", "20").with("subscriptionId", &id(2))]));
    let row = focus("2026-10-01", "300").with("SubAccountId", &format!("/subscriptions/{}", id(3)));
    write(folder.path(), "focus.csv", csv(&[row]));
    write(folder.path(), "payg.csv", csv(&[payg("2026-10-01", "4000").with("SubscriptionGuid", &id(4))]));
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 4321"]);
}

#[test]
fn a_price_sheet_is_skipped_by_its_manifest_and_counted_under_verbose() {
    let folder = folder();
    two_runs(folder.path());
    let prices =
        Export::actual("prices", "2026-10-01", "2026-10-31", "2026-10-05T07:00:00Z").of_kind("PriceSheet");
    prices.write_text(folder.path(), "MeterId,UnitPrice\nm,1\n", 24, 1);
    write(folder.path(), "notes.txt", "not data");
    let done = good(folder.path(), &["series", ".", "-o", "csv", "-v"]);
    assert_eq!(whole(&lines(&done.stdout)), 30);
    assert!(done.stderr.contains("its manifest says that it holds PriceSheet, not costs"), "{}", done.stderr);
    assert!(done.stderr.contains("files: 1 read, 1 not data"), "{}", done.stderr);
}

#[test]
fn a_file_of_unknown_columns_is_skipped_in_a_folder_and_refused_by_name() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&daily(ea, "2026-10-01", "2026-10-02", "10")));
    write(folder.path(), "prices.csv", "MeterId,UnitPrice\nm,1\n");
    let beside = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert_eq!(whole(&lines(&beside.stdout)), 20);
    assert!(beside.stderr.contains("prices.csv`"), "{}", beside.stderr);
    let refused = run(folder.path(), &["series", "costs.csv", "prices.csv"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("prices.csv`"), "{}", refused.stderr);
}

#[test]
fn different_costs_of_one_moment_are_refused() {
    let folder = folder();
    for (name, cost) in [("a", "10"), ("b", "11")] {
        Export::actual(name, "2026-10-01", "2026-10-02", "2026-10-04T06:00:00Z")
            .of_scope("/providers/Microsoft.Billing/billingAccounts/1234")
            .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-02", cost));
    }
    let refused = run(folder.path(), &["series", "."]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("which of them counts is unknown"), "{}", refused.stderr);
}

#[test]
fn as_of_hides_later_runs_and_later_days() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    Export::actual("monthly", "2026-10-01", "2026-10-09", "2026-10-09T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-08", "2"));
    let result = predict(folder.path(), &["--as-of", "2026-10-10"]);
    assert_eq!(result.column("x_ActualToDate"), ["16.00"], "eight days at 2, not seventeen at 1");
    assert_eq!(result.column("x_Cutoff"), ["2026-10-07"]);
    let days = series(folder.path(), &["--as-of", "2026-10-06"]);
    assert_eq!(days.last().unwrap(), "2026-08-31 EUR 1", "the run of 6 October itself is not seen");
}

#[test]
fn a_newer_run_over_fewer_days_does_not_erase_late_charges() {
    let folder = folder();
    let late = ea("2026-10-01", "100").with("Date", "2026-09-28");
    Export::actual("daily", "2026-10-01", "2026-10-05", "2026-10-06T06:00:00Z")
        .write(folder.path(), &[daily(ea, "2026-10-01", "2026-10-05", "10"), vec![late]].concat());
    Export::actual("daily", "2026-10-02", "2026-10-03", "2026-10-09T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-02", "2026-10-03", "12"));
    assert_eq!(whole(&series(folder.path(), &[])), 100 + 10 + 2 * 12 + 2 * 10);
}

#[test]
fn a_late_charge_is_taken_from_the_newer_of_two_cumulative_runs() {
    let folder = folder();
    let late = |cost| ea("2026-10-01", cost).with("Date", "2026-09-28");
    for (stamp, cost, last) in [("202610040600", "100", "2026-10-03"), ("202610050600", "70", "2026-10-04")] {
        let rows = [daily(ea, "2026-10-01", last, "10"), vec![late(cost)]].concat();
        write(folder.path(), &format!("daily/20261001-20261031/{stamp}/costs.csv"), csv(&rows));
    }
    assert_eq!(whole(&series(folder.path(), &[])), 70 + 4 * 10);
}

#[test]
fn a_row_outside_its_own_run_s_days_is_that_of_the_run_that_reaches_farthest() {
    let folder = folder();
    Export::actual("daily", "2026-10-01", "2026-10-05", "2026-10-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-05", "1"));
    let more = [daily(ea, "2026-10-06", "2026-10-09", "1"), vec![ea("2026-10-04", "50")]].concat();
    Export::actual("daily", "2026-10-06", "2026-10-09", "2026-10-10T06:00:00Z").write(folder.path(), &more);
    // The first run begins with the period and states 4 October; the second one does neither.
    assert_eq!(whole(&series(folder.path(), &[])), 9);
}

#[test]
fn a_subscription_that_a_newer_run_spells_otherwise_is_still_the_same() {
    let folder = folder();
    for (submitted, id) in [("2026-10-04T06:00:00Z", "proj-a"), ("2026-10-05T06:00:00Z", "Proj-A")] {
        let rows = all_with(daily(ea, "2026-10-01", "2026-10-03", "10"), "SubscriptionId", id);
        Export::actual("daily", "2026-10-01", "2026-10-03", submitted).write(folder.path(), &rows);
    }
    assert_eq!(whole(&series(folder.path(), &[])), 30);
}

#[test]
fn runs_of_one_moment_are_compared_with_each_other_and_not_only_with_their_neighbour() {
    let folder = folder();
    let submitted = "2026-11-01T06:00:00Z";
    let account = "/providers/Microsoft.Billing/billingAccounts/1234";
    for (name, first, last, cost) in [
        ("a", "2026-09-01", "2026-09-30", "10"),
        ("b", "2026-10-01", "2026-10-31", "10"),
        ("c", "2026-09-01", "2026-09-30", "11"),
    ] {
        Export::actual(name, first, last, submitted)
            .of_scope(account)
            .write(folder.path(), &daily(ea, first, last, cost));
    }
    let refused = run(folder.path(), &["series", "."]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("which of them counts is unknown"), "{}", refused.stderr);
}

#[test]
fn a_history_that_was_loaded_in_several_runs_answers_an_early_date_whole() {
    let folder = folder();
    for (first, last, submitted) in [
        ("2026-08-01", "2026-09-30", "2026-12-01T06:00:00Z"),
        ("2026-10-01", "2026-10-31", "2026-12-01T06:01:00Z"),
    ] {
        Export::actual("loaded", first, last, submitted)
            .of_scope("/providers/Microsoft.Billing/billingAccounts/1234")
            .write(folder.path(), &daily(ea, first, last, "1"));
    }
    let days = series(folder.path(), &["--as-of", "2026-10-10"]);
    assert_eq!(whole(&days), 31 + 30 + 9);
}

#[test]
fn files_of_one_name_in_folders_elsewhere_land_beside_each_other() {
    let folder = folder();
    for (tenant, id, cost) in [("one", ALPHA, "1"), ("two", BETA, "20")] {
        let rows = all_with(daily(ea, "2026-10-01", "2026-10-02", cost), "SubscriptionId", id);
        write(folder.path(), &format!("{tenant}/x/y/z/costs.csv"), csv(&rows));
        good(folder.path(), &["ingest", &format!("{tenant}/x"), "--out", "landed"]);
    }
    let landed = good(folder.path(), &["series", "landed", "-o", "csv"]);
    assert_eq!(whole(&lines(&landed.stdout)), 2 + 40);
}

#[test]
fn a_list_cost_that_is_not_an_amount_is_a_malformed_row() {
    let folder = folder();
    let rows = all_with(daily(ea, "2026-10-01", "2026-10-02", "1"), "ListCost", "3");
    let bad = ea("2026-10-02", "1").with("ListCost", "1.234,56");
    write(folder.path(), "costs.csv", csv(&[rows, vec![bad]].concat()));
    let done = good(folder.path(), &["series", ".", "-m", "list", "-o", "csv"]);
    assert_eq!(whole(&lines(&done.stdout)), 6);
    assert!(done.stderr.contains("`ListCost` is not an amount"), "{}", done.stderr);
}
