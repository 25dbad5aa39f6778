//! Tables of any daily series that are broken.

use super::assert_says;
use crate::support::{Run, folder, run, write};

fn predict(text: &str, more: &[&str]) -> Run {
    let at = folder();
    write(at.path(), "s.csv", text);
    run(at.path(), &[&["predict", "--series", "s.csv", "-o", "json"], more].concat())
}

/// A series `a` of 200 days with this value.
fn days(value: &str) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let rows = first.iter_days().take(200).map(|day| format!("a,{day},{value}\n"));
    rows.fold("unique_id,ds,y\n".to_owned(), |text, row| text + &row)
}

#[test]
fn each_fault_is_named_with_its_place() {
    let head = "unique_id,ds,y\n";
    let cases: [(String, i32, &[&str]); 15] = [
        (String::new(), 1, &["`s.csv` is empty"]),
        (head.into(), 4, &["`s.csv` holds no rows"]),
        (
            format!("{head}a,2026-01-01,1\na,2026-01-01,2\n"),
            1,
            &["s.csv", "`a` has two values for 2026-01-01"],
        ),
        (format!("{head}a,2026-02-30,1\n"), 1, &["row 1: `2026-02-30` in column `ds`"]),
        (format!("{head}a,0001-01-01,1\n"), 1, &["row 1: `0001-01-01`", "1900 to 2199"]),
        (format!("{head}a,2026-01-01,1e309\n"), 1, &["series `a`, 2026-01-01: `1e309`", "is no number"]),
        (format!("{head}a,2026-01-01,1e300\n"), 1, &["series `a`, 2026-01-01: `1e300`", "is too large"]),
        (format!("{head}a,2026-01-01,\"1.234,56\"\n"), 1, &["`1.234,56` in column `y` is no number"]),
        (format!("{head}a,2026-01-01,1.234,56\n"), 1, &["line 2 has more fields", "decimal comma"]),
        (format!("{head}\"a,2026-01-01,1\n"), 1, &["a quote is opened and never closed"]),
        ("unique_id,ds,y,y\na,2026-01-01,1,2\n".into(), 1, &["has the column `y` twice"]),
        ("id,ds,y\na,2026-01-01,1\n".into(), 1, &["no column `unique_id`", "--id-column", "id, ds, y"]),
        ("unique_id;ds;y\na;2026-01-01;1\n".into(), 1, &["separated by ';'"]),
        (format!("{head}a,2026-01-01,1\na,2026-0"), 1, &["its last row, 2, has 2 fields of 3"]),
        (days("NaN"), 4, &["nothing can be forecast"]),
    ];
    for (text, code, says) in cases {
        assert_says(&text, &predict(&text, &[]), code, says);
    }
}

#[test]
fn zeros_negative_values_and_a_single_day_are_forecast() {
    assert_says("zeros", &predict(&days("0"), &[]), 0, &[]);
    assert_says("negative", &predict(&days("-1.5"), &[]), 0, &[]);
    assert_says("one day", &predict("unique_id,ds,y\na,2026-01-01,1\n", &[]), 0, &[]);
    assert_says("mark of byte order", &predict(&format!("\u{feff}{}", days("1")), &[]), 0, &[]);
}

#[test]
fn an_id_column_with_the_name_of_a_result_is_a_wrong_call() {
    let wrong = predict(&days("1"), &["--id-column", "unique_id", "--id-column", "unique_id"]);
    assert_says("twice", &wrong, 2, &["column `unique_id` would be there twice"]);
    let text = days("1").replace("unique_id", "x_Status");
    assert_says("a result's", &predict(&text, &["--id-column", "x_Status"]), 2, &["`x_Status`"]);
}

#[test]
fn a_backtest_without_a_complete_month_is_not_enough() {
    let at = folder();
    write(at.path(), "s.csv", "unique_id,ds,y\na,2026-01-01,1\n");
    let run = run(at.path(), &["backtest", "--series", "s.csv"]);
    assert_says("short", &run, 4, &["no series holds a complete cycle"]);
}
