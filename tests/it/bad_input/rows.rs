//! Rows that cannot be used are counted and named, and the rest is read; odd but right rows count.

use super::{DAYS, HEADER, assert_says, envelope, export, row, series};
use crate::support::{Run, folder, run, write};
use std::path::Path;

fn predict(folder: &Path, more: &[&str]) -> Run {
    run(folder, &[&["predict", "a.csv", "-o", "json"], more].concat())
}

/// The sum of the last column of a CSV output, in millionths.
fn sum(text: &str) -> i64 {
    let cost = |line: &str| line.rsplit(',').next().unwrap_or_default().parse::<f64>().unwrap_or_default();
    text.lines().skip(1).map(|line| (cost(line) * 1e6).round() as i64).sum()
}

#[test]
fn a_malformed_row_is_named_counted_and_left_out_and_fatal_when_strict() {
    let (amount, fields, day) = (
        "`Cost` is not an amount",
        "it has more fields than the header",
        "`Date` is not a day of the calendar",
    );
    let good = row(DAYS, "10.5");
    let dated = |text: &str| good.replacen("09/19/2026", text, 1);
    let cases = [
        (row(DAYS, "\"1.234,56\""), amount),
        (row(DAYS, "1.234,56"), fields),
        (row(DAYS, "10,5").trim_end().to_owned() + "x\n", fields),
        (row(DAYS, "1e309"), "`Cost` has more than 20 digits before the point"),
        (row(DAYS, "NaN"), amount),
        (row(DAYS, "Infinity"), amount),
        (row(DAYS, "$5"), amount),
        (row(DAYS, ""), amount),
        (dated("02/30/2026"), day),
        (dated("2026-13-01"), day),
        (dated("01/01/0001"), day),
        (dated("12/31/9999"), day),
        (dated("19.09.2026"), day),
        (dated(""), day),
        (good.replacen("EUR", "", 1), "it names no currency"),
    ];
    for (bad, what) in cases {
        let at = folder();
        write(at.path(), "a.csv", export() + &bad);
        let place = format!("a.csv` row {}: {what}", DAYS + 1);
        let json = run(at.path(), &["series", "a.csv", "-o", "json"]);
        assert_says(&bad, &json, 0, &["1 malformed row is left out", &place]);
        assert_eq!(envelope(&json)["malformed_rows"], 1, "{bad}");
        assert_eq!(sum(&series(at.path(), "a.csv").stdout), 10_500_000 * DAYS as i64, "{bad}");
        assert_says(
            &bad,
            &run(at.path(), &["series", "a.csv", "--strict"]),
            1,
            &[&place, "hint: without `--strict`"],
        );
    }
}

#[test]
fn amounts_that_are_written_oddly_count() {
    for (cost, millionths) in
        [("-0", 0), (" 5 ", 5_000_000), ("+5", 5_000_000), ("1.5E-05", 15), ("\"2\"", 2_000_000)]
    {
        let at = folder();
        write(at.path(), "a.csv", HEADER.to_owned() + &row(0, cost));
        let run = series(at.path(), "a.csv");
        assert_says(cost, &run, 0, &[]);
        assert_eq!(sum(&run.stdout), millionths, "{cost}");
    }
}

#[test]
fn only_malformed_rows_hold_no_costs_and_the_first_is_named() {
    let at = folder();
    write(at.path(), "a.csv", HEADER.to_owned() + &row(0, "x") + &row(1, "y"));
    assert_says("all", &series(at.path(), "a.csv"), 4, &["2 rows are malformed", "a.csv` row 1"]);
}

#[test]
fn malformed_rows_of_one_kind_are_told_once_with_their_number() {
    let at = folder();
    write(at.path(), "a.csv", export() + &row(DAYS, "x") + &row(DAYS, "y") + &row(DAYS, "z"));
    let run = predict(at.path(), &[]);
    assert_says("three", &run, 0, &["3 malformed rows are left out", "row 81", "and 2 more of this kind"]);
    assert_eq!(envelope(&run)["malformed_rows"], 3);
}

#[test]
fn negative_costs_and_zeros_are_forecast_as_such() {
    for (cost, total) in [("-10.5", -315.0), ("0", 0.0)] {
        let at = folder();
        let text = (0..DAYS).fold(HEADER.to_owned(), |text, place| text + &row(place, cost));
        write(at.path(), "a.csv", text);
        let run = predict(at.path(), &[]);
        assert_says(cost, &run, 0, &[]);
        let row = &envelope(&run)["rows"][0];
        // Thirty days of September, each like the last eighty.
        assert_eq!(row["x_ForecastTotal"], total, "{row}");
        assert!(row["x_Lower80"].as_f64() <= row["x_Upper80"].as_f64(), "{row}");
    }
}

#[test]
fn one_day_is_not_enough_until_it_is_called_final() {
    let at = folder();
    write(at.path(), "a.csv", HEADER.to_owned() + &row(0, "10.5"));
    assert_says("one day", &predict(at.path(), &[]), 4, &["nothing can be forecast"]);
    let run = predict(at.path(), &["--settle-days", "0"]);
    assert_says("final", &run, 0, &[]);
    assert_eq!(envelope(&run)["rows"][0]["x_Status"], "wide");
}

#[test]
fn currencies_are_never_added() {
    let at = folder();
    let dollars =
        export().replace("EUR", "usd ").replace("10.5", "20").split_once('\n').unwrap().1.to_owned();
    write(at.path(), "a.csv", export() + &dollars);
    let run = predict(at.path(), &["--totals"]);
    let rows = envelope(&run)["rows"].as_array().unwrap().clone();
    let totals: Vec<(u64, &str, f64)> = rows
        .iter()
        .map(|row| {
            let currency = row["BillingCurrency"].as_str().unwrap();
            (row["x_GroupLevel"].as_u64().unwrap(), currency, row["x_ForecastTotal"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(totals, [(0, "EUR", 315.0), (0, "USD", 600.0), (1, "EUR", 315.0), (1, "USD", 600.0)]);
}

#[test]
fn a_currency_can_be_given_where_no_file_names_one() {
    let at = folder();
    write(at.path(), "a.csv", export().replace(",BillingCurrency", "").replace(",EUR", ""));
    let run = predict(at.path(), &["--currency", "chf"]);
    assert_says("given", &run, 0, &[]);
    assert_eq!(envelope(&run)["rows"][0]["BillingCurrency"], "CHF");
}

#[test]
fn names_with_line_ends_and_escape_codes_cannot_steer_the_terminal() {
    let at = folder();
    write(at.path(), "a.csv", export().replace("Storage", "\"a\nb\u{1b}[31mc\u{202e}d\""));
    let run = run(at.path(), &["predict", "a.csv", "-g", "service"]);
    assert_says("names", &run, 0, &[]);
    assert!(run.stdout.contains("a b [31mcd "), "{}", run.stdout);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_row() {
    let open = |at: usize, text: &str| {
        let mut lines: Vec<String> = export().lines().map(str::to_owned).collect();
        lines[at].push_str(text);
        lines.join("\n") + "\n"
    };
    // The last column is the one that no short row betrays.
    for text in [open(5, "\"x"), open(5, "\"x") + &row(DAYS, "1").replace('\n', "\"y\"\n")] {
        let at = folder();
        write(at.path(), "a.csv", text);
        assert_says(
            "open",
            &series(at.path(), "a.csv"),
            1,
            &["a quote is opened and never closed", "line 6"],
        );
    }
    // A stray quote inside a field without line breaks, and a closed one with them, are text.
    for text in [open(5, "5\" disk"), open(5, "\"two\nlines\"")] {
        let at = folder();
        write(at.path(), "a.csv", text);
        assert_says("text", &series(at.path(), "a.csv"), 0, &[]);
    }
}

#[test]
fn empty_lines_are_counted_and_do_not_shift_the_number_of_a_row() {
    let at = folder();
    let mut lines: Vec<String> = export().lines().map(str::to_owned).collect();
    lines[1].push_str("\n\n");
    write(at.path(), "a.csv", lines.join("\n") + "\n" + &row(DAYS, "x"));
    let run = run(at.path(), &["series", "a.csv", "-v"]);
    assert_says(
        "place",
        &run,
        0,
        &[&format!("a.csv` row {}: `Cost` is not an amount", DAYS + 3), "2 blank lines"],
    );
}
