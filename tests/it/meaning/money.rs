//! Money: decimal from the file's text, summed exactly, rounded once, never mixed.

use super::made_files::{MakeRow, all_with, autumn, csv, daily, ea, focus, good, lines, predict, series};
use crate::support::{folder, run, write};

fn costs(row: MakeRow, costs: &[&str]) -> Vec<String> {
    let folder = folder();
    write(
        folder.path(),
        "costs.csv",
        csv(&costs.iter().map(|cost| row("2026-10-01", cost)).collect::<Vec<_>>()),
    );
    series(folder.path(), &[])
}

#[test]
fn amounts_are_summed_exactly() {
    assert_eq!(costs(ea, &["0.1", "0.2"]), ["2026-10-01 EUR 0.3"]);
    assert_eq!(costs(focus, &["1.000000000000000001", "-1"]), ["2026-10-01 EUR 0.000000000000000001"]);
    assert_eq!(costs(ea, &["0.1"; 1000]), ["2026-10-01 EUR 100"]);
    assert_eq!(
        costs(ea, &["123456789012345.123456789012345678", "1"]),
        ["2026-10-01 EUR 123456789012346.123456789012345678"]
    );
}

#[test]
fn exponents_and_blanks_are_read() {
    assert_eq!(costs(ea, &["1.5E-05", " 7e-06 ", "1E+2"]), ["2026-10-01 EUR 100.000022"]);
}

#[test]
fn digits_beyond_the_eighteenth_are_rounded_there_and_counted_under_verbose() {
    let folder = folder();
    let rows = ["0.0000000000000000016", "4.27E-17", "0.5"].map(|cost| ea("2026-10-01", cost));
    write(folder.path(), "costs.csv", csv(&rows));
    let done = good(folder.path(), &["series", ".", "-o", "csv", "-v"]);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 0.500000000000000045"], "2 and 43 units");
    assert!(done.stderr.contains("amounts rounded at the 18th digit: 2"), "{}", done.stderr);
}

#[test]
fn groups_add_up_to_their_parent_by_largest_remainder() {
    let folder = folder();
    let mut rows = Vec::new();
    for service in ["A", "B", "C"] {
        rows.extend(all_with(daily(ea, "2026-08-01", "2026-10-17", "0.333"), "MeterCategory", service));
    }
    write(folder.path(), "costs.csv", csv(&rows));
    let result = predict(folder.path(), &["-g", "service", "--totals"]);
    let cents = |name: &str| -> Vec<i64> {
        result.column(name).iter().map(|text| text.replace('.', "").parse().unwrap()).collect()
    };
    for name in ["x_ActualToDate", "x_ForecastTotal", "x_ForecastRemaining"] {
        let values = cents(name);
        assert_eq!(values[0], values[1..].iter().sum::<i64>(), "{name}");
    }
    assert_eq!(cents("x_ActualToDate"), [1698, 566, 566, 566], "17 × 0.999 = 16.983; 17 × 0.333 = 5.661");
}

#[test]
fn yen_have_no_digits_after_the_point() {
    let folder = folder();
    write(
        folder.path(),
        "costs.csv",
        csv(&all_with(daily(ea, "2026-08-01", "2026-10-17", "10.1"), "BillingCurrency", "jpy ")),
    );
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("BillingCurrency"), ["JPY"]);
    assert_eq!(result.column("x_ActualToDate"), ["172"], "171.7");
}

#[test]
fn a_file_that_names_no_currency_is_refused_unless_one_is_given() {
    for row in
        [ea("2026-10-01", "1").without("BillingCurrency"), ea("2026-10-01", "1").with("BillingCurrency", " ")]
    {
        let folder = folder();
        write(folder.path(), "costs.csv", csv(&[row]));
        let refused = run(folder.path(), &["series", "."]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("names no currency; say which one it is in with `--currency CODE`"));
        assert_eq!(series(folder.path(), &["--currency", "chf"]), ["2026-10-01 CHF 1"]);
    }
}

#[test]
fn different_currencies_are_never_added() {
    let folder = folder();
    let dollars = all_with(daily(ea, "2026-08-01", "2026-10-17", "2"), "BillingCurrency", "USD");
    write(folder.path(), "costs.csv", csv(&[daily(ea, "2026-08-01", "2026-10-17", "1"), dollars].concat()));
    let days = series(folder.path(), &[]);
    assert_eq!((&days[0], days.len()), (&"2026-08-01 EUR 1".to_owned(), 2 * 78));
    let result = predict(folder.path(), &["--totals"]);
    let amounts = result.column("BillingCurrency").into_iter().zip(result.column("x_ActualToDate"));
    let mut amounts: Vec<(String, String)> = amounts.collect();
    amounts.sort();
    let expected = [("EUR", "17.00"), ("EUR", "17.00"), ("USD", "34.00"), ("USD", "34.00")];
    assert_eq!(amounts, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn the_daily_series_is_not_rounded() {
    let folder = folder();
    autumn(folder.path(), ea, "0.123456789", &[]);
    assert_eq!(series(folder.path(), &[])[0], "2026-08-01 EUR 0.123456789");
}
