//! Old data: results come from the data alone, the clock only warns, and a nightly job of old data fails.

#![expect(clippy::unwrap_used, reason = "what a test needs and does not find is its failure")]

use crate::support::{Run, folder, forecast, run, write};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::{fs, path::Path};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// 10.5 euro on each day from `first` to `last`.
fn export(first: &str, last: &str) -> String {
    let header = "SubscriptionId,SubscriptionName,Date,Cost,BillingCurrency,AccountName,\
                  BillingPeriodStartDate,BillingPeriodEndDate,MeterCategory,ChargeType,Tags\n";
    let days = day(first).iter_days().take_while(|one| *one <= day(last));
    days.fold(header.to_owned(), |text, one| {
        let start = one.with_day(1).unwrap();
        let end = start + Months::new(1) - Days::new(1);
        let [one, start, end] = [one, start, end].map(|day| day.format("%m/%d/%Y").to_string());
        text + &format!(
            "11111111-1111-1111-1111-111111111111,Shop,{one},10.5,EUR,a,{start},{end},Storage,Usage,\n"
        )
    })
}

/// Runs the command as if it were that day.
fn on(today: &str, at: &Path, args: &[&str]) -> Run {
    let output = forecast().env("FORECAST_TODAY", today).current_dir(at).args(args).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_clock_changes_neither_rows_nor_title_nor_exit_code_and_warns_after_three_days() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    let same_day = on("2026-09-18", at.path(), &["predict", "a.csv"]);
    assert_eq!((same_day.code, same_day.stderr.as_str()), (0, ""));
    assert!(same_day.stdout.starts_with("Forecast of September 2026"), "{}", same_day.stdout);
    for (today, warns) in
        [("2026-09-01", false), ("2026-09-21", false), ("2026-09-22", true), ("2027-11-30", true)]
    {
        let later = on(today, at.path(), &["predict", "a.csv"]);
        assert_eq!((later.code, &later.stdout), (0, &same_day.stdout), "{today}");
        assert_eq!(
            later.stderr.contains("warning: the data ends on 2026-09-18"),
            warns,
            "{today}: {}",
            later.stderr
        );
        let rows = |args: &[&str]| {
            on(today, at.path(), &[&["predict", "a.csv", "-o", "json"], args].concat()).stdout
        };
        assert_eq!(rows(&[]), rows(&["-q"]), "{today}");
        assert_eq!(on(today, at.path(), &["predict", "a.csv", "-q"]).stderr, "", "{today}");
    }
}

#[test]
fn whoever_names_the_day_is_not_warned() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    let named = on("2027-11-30", at.path(), &["predict", "a.csv", "--as-of", "2026-09-19"]);
    assert_eq!((named.code, named.stderr.as_str()), (0, ""));
}

#[test]
fn made_up_samples_never_grow_old() {
    let at = folder();
    for family in ["ea-actual", "mca-amortized", "payg", "focus-1.2"] {
        let made = run(
            at.path(),
            &["sample", "--out", family, "--family", family, "--months", "3", "--rows-per-day", "20"],
        );
        assert_eq!(made.code, 0, "{}", made.stderr);
        let run = on("2027-11-30", at.path(), &["predict", family, "-o", "csv"]);
        assert_eq!(run.code, 0, "{family}: {}", run.stderr);
        assert!(!run.stderr.contains("the data ends on"), "{family}: {}", run.stderr);
    }
    // Real charges beside a sample are real.
    write(at.path(), "both/a.csv", export("2026-07-01", "2026-09-18"));
    let mixed = on("2027-11-30", at.path(), &["predict", "both/a.csv", "-o", "csv"]);
    assert!(mixed.stderr.contains("the data ends on 2026-09-18"), "{}", mixed.stderr);
}

#[test]
fn data_is_too_old_when_neither_the_cycle_of_the_day_nor_the_one_before_has_a_covered_day() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    for (as_of, code) in
        [("2026-09-19", 0), ("2026-10-01", 0), ("2026-10-31", 0), ("2026-11-01", 4), ("2027-03-31", 4)]
    {
        let run = run(at.path(), &["predict", "a.csv", "-o", "csv", "--as-of", as_of]);
        assert_eq!(run.code, code, "{as_of}: {}", run.stderr);
        if code == 4 {
            let text = format!("the data ends on 2026-09-18 and is too old for a forecast as of {as_of}");
            assert!(run.stderr.contains(&text), "{}", run.stderr);
        }
    }
    // One day of the cycle before is enough, however long ago: 1 September is 60 days before 31 October.
    write(at.path(), "b.csv", export("2026-06-01", "2026-09-01"));
    let run = run(at.path(), &["predict", "b.csv", "-o", "csv", "--as-of", "2026-10-31"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_variable_that_is_not_a_day_is_refused() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    let run = on("yesterday", at.path(), &["predict", "a.csv"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("FORECAST_TODAY is a day such as 2026-10-18"), "{}", run.stderr);
}

/// Runs the nightly run on a day and gives what its summary holds of the first job.
fn night(today: &str, at: &Path, config: &str) -> (Run, serde_json::Value) {
    write(at, "forecast.toml", config);
    let run = on(today, at, &["batch"]);
    let summary = fs::read(at.join("forecasts").join(today).join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    (run, summary["jobs"][0].clone())
}

#[test]
fn a_nightly_job_of_old_data_is_written_and_counts_as_failed() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    write(at.path(), "new.csv", export("2026-07-01", "2026-09-23"));
    let old = "[[job]]\nname = \"old\"\ninputs = [\"a.csv\"]\n";
    let (run, job) = night("2026-09-23", at.path(), old);
    assert_eq!((run.code, &job["status"]), (0, &"done".into()), "{}", run.stderr);
    // The sixth day is one too many; all of a run that failed is a failure.
    let (run, job) = night("2026-09-24", at.path(), old);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        (&job["status"], &job["reason"], &job["exit_code"]),
        (&"failed".into(), &"stale".into(), &4.into())
    );
    assert!(job["error"].as_str().unwrap().contains("the data ends on 2026-09-18, 6 days before 2026-09-24"));
    assert_eq!(job["files"], serde_json::json!(["old.parquet"]));
    assert!(job["totals"][0]["forecast_total"].is_string(), "{job}");
    assert!(at.path().join("forecasts/2026-09-24/old.parquet").is_file());
    assert!(run.stderr.contains("job `old` failed: the data ends on 2026-09-18"), "{}", run.stderr);
    // Beside a job of new data it is a failure in part.
    let both = format!("{old}[[job]]\nname = \"new\"\ninputs = [\"new.csv\"]\n");
    assert_eq!(night("2026-09-24", at.path(), &both).0.code, 7);
}

#[test]
fn the_age_that_a_night_allows_can_be_set_and_taken_away() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-07-01", "2026-09-18"));
    let job = "[[job]]\nname = \"old\"\ninputs = [\"a.csv\"]\n";
    for (config, code) in [
        (format!("[batch]\nmax-age-days = 0\n{job}"), 0),
        (format!("[batch]\nmax-age-days = 500\n{job}"), 0),
        (format!("[batch]\nmax-age-days = 10\n{job}"), 1),
        (format!("[batch]\nmax-age-days = 10\n{job}max-age-days = 0\n"), 0),
    ] {
        let (run, _) = night("2027-11-30", at.path(), &config);
        assert_eq!(run.code, code, "{config}: {}", run.stderr);
    }
    // A date that is named is the day that age counts from.
    write(at.path(), "forecast.toml", job);
    assert_eq!(on("2027-11-30", at.path(), &["batch", "--as-of", "2026-09-20"]).code, 0);
}

#[test]
fn an_export_of_one_day_says_that_nothing_of_it_is_final() {
    let at = folder();
    write(at.path(), "a.csv", export("2026-09-18", "2026-09-18"));
    let run = run(at.path(), &["predict", "a.csv"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(
        run.stderr.contains("the data covers 2026-09-18 only, and none of it is final yet"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("1969"), "{}", run.stderr);
}

#[test]
fn a_day_before_the_run_that_has_it_is_explained() {
    let at = folder();
    let size = ["--months", "4", "--subscriptions", "1", "--rows-per-day", "20", "--through", "2026-10-17"];
    assert_eq!(run(at.path(), &[&["sample", "--out", "s", "--seed", "7"], &size[..]].concat()).code, 0);
    // The export of September was written in October.
    let september = run(at.path(), &["predict", "s", "--as-of", "2026-09-20"]);
    assert_eq!(september.code, 0, "{}", september.stderr);
    let text = september.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("The export of 2026-09-01 to 2026-09-30 was written on 2026-10-05"), "{text}");
    assert!(text.contains("no run of it is older than 2026-09-20"), "{text}");
    // Before the first run of an export that run is seen, with the days before the date.
    let early = run(at.path(), &["predict", "s", "--as-of", "2026-07-20", "-o", "json"]);
    assert_eq!(early.code, 0, "{}", early.stderr);
    assert!(early.stdout.contains("history loaded on 2026-08-05"), "{}", early.stdout);
    assert!(
        early.stdout.contains("\"x_Cutoff\": \"2026-07-18\"")
            || early.stdout.contains("\"x_Cutoff\":\"2026-07-18\""),
        "{}",
        early.stdout
    );
}
