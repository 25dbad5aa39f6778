//! Calls that ask for what cannot be, or for the edge of what can.

use super::{assert_says, export};
use crate::support::{folder, run, write};

#[test]
fn a_wrong_call_ends_with_two_and_says_what_would_be_right() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let cases: [(&[&str], &[&str]); 21] = [
        (&["-g", "nothing"], &["no file holds the dimension `nothing`", "tag:KEY"]),
        (&["-g", "x_Metric"], &["cannot group by `x_Metric`", "a column that every result has"]),
        (&["-g", "x_ForecastTotal"], &["a column that every result has"]),
        (&["-g", "BillingPeriodStart"], &["a column that every result has"]),
        (&["-g", "BillingCurrency"], &["each currency has rows of its own"]),
        (&["-g", "service", "-g", "ServiceName"], &["cannot group by `ServiceName`: it is named twice"]),
        (&["-g", "tag:"], &["a tag is written `tag:KEY`"]),
        (&["-g", ""], &["no file holds the dimension"]),
        (&["--filter", "service"], &["`DIM=VALUE`"]),
        (&["--filter", "nothing=1"], &["no file holds the dimension `nothing`"]),
        (&["--top", "0"], &["--top"]),
        (&["--cycles", "0"], &["--cycles"]),
        (&["--cycles", "61"], &["1..=60"]),
        (&["--cycle-day", "32"], &["1..=31"]),
        (&["--settle-days", "61"], &["0..=60"]),
        (&["--threads", "0"], &["--threads"]),
        (&["--as-of", "2026-02-30"], &["a day is written 2026-10-18"]),
        (&["--as-of", "9999-12-31"], &["between 1990 and 2199"]),
        (&["--model", "crystal_ball"], &["unknown model: `crystal_ball`", "run_rate"]),
        (&["--family", "telegram"], &["unknown family: `telegram`"]),
        (&["-o", "xlsx"], &["unknown output format: `xlsx`"]),
    ];
    for (args, says) in cases {
        let run = run(at.path(), &[&["predict", "a.csv"], args].concat());
        assert_says(&format!("{args:?}"), &run, 2, says);
        assert_eq!(run.stdout, "", "{args:?}");
    }
    assert_says("no input", &run(at.path(), &["predict"]), 2, &["name the cost exports to read"]);
}

#[test]
fn the_edge_of_what_can_be_asked_for_is_answered() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let cases: [(&[&str], i32); 15] = [
        (&["--as-of", "1990-01-01"], 4),
        (&["--as-of", "2026-07-02"], 4),
        (&["--as-of", "2026-10-31"], 0),
        (&["--as-of", "2027-03-31"], 4),
        (&["--settle-days", "60"], 0),
        (&["--settle-days", "0"], 0),
        (&["--top", "1", "-g", "service"], 0),
        (&["--top", "4294967295"], 0),
        (&["--cycles", "60"], 0),
        (&["--cycle-day", "31"], 2),
        (&["--cycle-day", "1", "--cycles", "12"], 0),
        (&["-g", "tag:we\"ird (\\ key"], 0),
        (&["-g", "service", "-g", "subscription", "-g", "charge-kind", "--totals"], 0),
        (&["--filter", "service=storage"], 0),
        (&["--filter", "service=Nothing"], 4),
    ];
    for (args, code) in cases {
        let run = run(at.path(), &[&["predict", "a.csv", "-o", "csv"], args].concat());
        assert_says(&format!("{args:?}"), &run, code, &[]);
    }
}

#[test]
fn data_too_old_for_a_forecast_is_refused_and_said() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let run = run(at.path(), &["predict", "a.csv", "--as-of", "2027-03-31"]);
    assert_says("age", &run, 4, &["the data ends on 2026-09-18", "too old", "2027-03-31"]);
}

#[test]
fn a_metric_that_no_file_holds_is_told_with_those_there_are() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let run = run(at.path(), &["predict", "a.csv", "-m", "effective"]);
    assert_says("metric", &run, 1, &["no file holds the metric `effective`; the files hold: billed"]);
}
