//! Covered days and final days: a day without a row is zero where a run covers it, missing elsewhere.

use super::made_files::{
    BETA, Export, all_with, autumn, csv, daily, ea, good, lines, predict, series, whole,
};
use crate::support::{folder, write};

#[test]
fn a_run_of_the_fourth_in_a_folder_named_to_the_month_s_end_covers_three_days() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    std::fs::remove_dir_all(folder.path().join("monthly/20261001-20261031")).unwrap();
    let run = Export::actual("monthly", "2026-10-01", "2026-10-31", "2026-10-04T06:00:00Z");
    assert_eq!(run.folder(), "monthly/20261001-20261031/202610040600");
    run.write(folder.path(), &daily(ea, "2026-10-01", "2026-10-02", "10"));
    let days = series(folder.path(), &[]);
    assert_eq!(
        days[61..],
        ["2026-10-01 EUR 10", "2026-10-02 EUR 10", "2026-10-03 EUR 0"],
        "the 3rd is covered, the 4th is not"
    );
    let cutoff = predict(folder.path(), &[]).column("x_Cutoff");
    assert_eq!(cutoff, ["2026-10-02"], "the run of September made on 6 October says nothing of the 3rd");
}

#[test]
fn a_covered_day_without_a_row_is_zero() {
    let folder = folder();
    Export::actual("daily", "2026-10-01", "2026-10-03", "2026-10-05T06:00:00Z")
        .write(folder.path(), &[ea("2026-10-02", "10")]);
    assert_eq!(series(folder.path(), &[]), ["2026-10-01 EUR 0", "2026-10-02 EUR 10", "2026-10-03 EUR 0"]);
}

#[test]
fn days_between_two_runs_are_missing_and_no_zero() {
    let folder = folder();
    let runs = [
        ("2026-10-01", "2026-10-02", "2026-10-09T06:00:00Z"),
        ("2026-10-05", "2026-10-06", "2026-10-09T07:00:00Z"),
    ];
    for (first, last, submitted) in runs {
        Export::actual("daily", first, last, submitted).write(folder.path(), &daily(ea, first, last, "1"));
    }
    let days = series(folder.path(), &[]);
    assert_eq!(days[1..5], ["2026-10-02 EUR 1", "2026-10-03 EUR -", "2026-10-04 EUR -", "2026-10-05 EUR 1"]);
}

#[test]
fn a_scope_whose_export_stopped_is_missing_there_and_the_total_says_so() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    let beta = all_with(daily(ea, "2026-08-01", "2026-09-30", "1"), "SubscriptionId", BETA);
    let beta = all_with(beta, "SubscriptionName", "beta");
    Export::actual("other", "2026-08-01", "2026-09-30", "2026-10-06T07:00:00Z").write(folder.path(), &beta);
    let days = series(folder.path(), &["-g", "subscription"]);
    let of_beta: Vec<&String> = days.iter().filter(|line| line.contains(BETA)).collect();
    assert_eq!((of_beta.len(), whole(&days)), (61, 78 + 61), "no zeros after 30 September");
    let done = good(folder.path(), &["predict", "."]);
    assert!(done.stderr.contains(&format!("the data of `{BETA}` ends on 2026-09-30")), "{}", done.stderr);
    assert!(
        done.stdout.contains("Missing: 17 days have no data, which does not count as zero: beta 17"),
        "{}",
        done.stdout
    );
}

#[test]
fn without_manifests_a_month_that_was_not_given_is_missing() {
    let folder = folder();
    write(folder.path(), "08.csv", csv(&daily(ea, "2026-08-01", "2026-08-31", "1")));
    write(folder.path(), "10.csv", csv(&daily(ea, "2026-10-01", "2026-10-17", "1")));
    let days = series(folder.path(), &[]);
    assert_eq!(days.iter().filter(|line| line.ends_with(" -")).count(), 30);
    assert_eq!(days[31], "2026-09-01 EUR -");
}

#[test]
fn without_manifests_a_file_does_not_cover_days_of_another_subscription_s_file() {
    let folder = folder();
    write(folder.path(), "alpha.csv", csv(&daily(ea, "2026-10-01", "2026-10-05", "1")));
    let beta = all_with(daily(ea, "2026-10-01", "2026-10-02", "1"), "SubscriptionId", BETA);
    write(folder.path(), "beta.csv", csv(&beta));
    let days = series(folder.path(), &["-g", "subscription"]);
    assert_eq!(days.iter().filter(|line| line.contains(BETA)).count(), 2, "{days:?}");
}

#[test]
fn without_manifests_days_without_a_row_inside_a_file_are_zero() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&[ea("2026-10-01", "1"), ea("2026-10-03", "1")]));
    assert_eq!(series(folder.path(), &[])[1], "2026-10-02 EUR 0");
}

#[test]
fn the_cutoff_lies_two_days_before_the_run_or_as_many_as_asked_for() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    assert_eq!(predict(folder.path(), &[]).column("x_Cutoff"), ["2026-10-16"]);
    assert_eq!(predict(folder.path(), &["--settle-days", "4"]).column("x_Cutoff"), ["2026-10-14"]);
    assert_eq!(
        predict(folder.path(), &["--settle-days", "0"]).column("x_Cutoff"),
        ["2026-10-17"],
        "never after the last covered day"
    );
}

#[test]
fn without_a_run_time_the_cutoff_lies_two_days_before_the_last_covered_day() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&daily(ea, "2026-08-01", "2026-10-17", "1")));
    assert_eq!(predict(folder.path(), &[]).column("x_Cutoff"), ["2026-10-15"]);
}

#[test]
fn unsettled_days_are_in_what_is_charged_so_far() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_ActualToDate"), ["17.00"], "the 17th too, although the 16th is the cutoff");
    assert_eq!(result.column("x_ForecastTotal"), ["31.00"]);
}

#[test]
fn a_settled_flat_series_says_nothing_is_missing() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_MissingDays"), ["0"]);
    assert!(!result.said().contains("missing"));
    let done = good(folder.path(), &["series", ".", "-o", "csv"]);
    assert_eq!((lines(&done.stdout).len(), done.stderr.as_str()), (78, ""));
}

#[test]
fn the_older_form_of_manifest_covers_the_days_of_its_rows_up_to_the_day_before_the_run() {
    let folder = folder();
    let run = "daily/20261001-20261031/202610040600";
    let text = csv(&daily(ea, "2026-10-01", "2026-10-04", "1"));
    write(folder.path(), &format!("{run}/part.csv"), text);
    let manifest = r#"{"manifestVersion":"2021-01-01","blobs":[{"blobName":"part.csv"}]}"#;
    write(folder.path(), &format!("{run}/_manifest.json"), manifest);
    let covered = series(folder.path(), &["-g", "service"]);
    assert_eq!(covered.len(), 4, "the 4th has charges, though more will come");
    let cutoff = good(folder.path(), &["predict", ".", "-o", "csv", "--model", "run_rate"]);
    assert!(cutoff.stdout.contains(",2026-10-02,"), "{}", cutoff.stdout);
}

#[test]
fn a_range_without_a_moment_does_not_make_the_rest_of_the_month_zero() {
    let folder = folder();
    let text = csv(&daily(ea, "2026-10-01", "2026-10-04", "1"));
    write(folder.path(), "export/part.csv", text);
    let manifest =
        r#"{"runInfo":{"startDate":"2026-10-01","endDate":"2026-10-31"},"blobs":[{"blobName":"part.csv"}]}"#;
    write(folder.path(), "export/manifest.json", manifest);
    assert_eq!(series(folder.path(), &[]).len(), 4);
}
