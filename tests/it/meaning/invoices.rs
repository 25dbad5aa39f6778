//! A forecast by invoice: issued invoices are closed, and what is still to come is one row.

use super::made_files::{Row, csv, good, mca};
use crate::support::{folder, run, write};
use chrono::{Datelike, NaiveDate};

/// Days of 2 each from June to 20 October 2026, invoiced up to September; 30 on 3 October are invoiced at once.
fn charges(rest: bool) -> Vec<Row> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let days = day("2026-06-01").iter_days().take_while(|own| *own <= day("2026-10-20"));
    let usage = days.map(|own| {
        let invoice = if own.month() < 10 { format!("I-{}", own.month()) } else { String::new() };
        mca(&own.to_string(), "2").with("invoiceId", if rest { &invoice } else { "I-all" })
    });
    let at_once = mca("2026-10-03", "30").with("chargeType", "Purchase").with("frequency", "OneTime");
    usage.chain([at_once.with("invoiceId", "I-10")]).collect()
}

/// Invoice, status, actual and total of each row below the total, and the total itself.
fn rows(rows: &[Row], more: &[&str]) -> (Vec<[String; 4]>, String) {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(rows));
    let args = [&["predict", "costs.csv", "-g", "invoice", "--totals", "-o", "csv", "-q"][..], more].concat();
    let text = good(folder.path(), &args).stdout;
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let place = |name: &str| header.iter().position(|own| own == name).expect("a column");
    let of = |row: &Vec<String>| {
        ["InvoiceId", "x_Status", "x_ActualToDate", "x_ForecastTotal"].map(|name| row[place(name)].clone())
    };
    let (totals, below): (Vec<_>, Vec<_>) = lines.partition(|row| row[place("x_GroupLevel")] == "0");
    (below.iter().map(of).collect(), of(&totals[0])[3].clone())
}

#[test]
fn issued_invoices_are_closed_and_the_rest_is_one_row() {
    let (found, total) = rows(&charges(true), &[]);
    let expected = [["", "ok", "40.00", "62.00"], ["I-10", "closed", "30.00", "30.00"]];
    assert_eq!(found, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(total, "92.00");
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&charges(true)));
    let told = good(folder.path(), &["predict", "costs.csv", "-g", "invoice"]).stdout;
    assert!(told.contains("not yet invoiced") && told.contains("I-10"), "{told}");
    assert!(!told.contains("new"), "it is compared with nothing: {told}");
    // The total is that of any other question, ranges included.
    let asked = |group: &str| {
        let args = ["predict", "costs.csv", "-g", group, "--totals", "-o", "csv", "-q"];
        let text = good(folder.path(), &args).stdout;
        text.lines().nth(1).expect("a total").rsplit(',').take(9).collect::<Vec<_>>().join(",")
    };
    assert_eq!(asked("invoice"), asked("subscription"));
    for more in [["-g", "service"], ["--filter", "service=Storage"]] {
        let refused = run(folder.path(), &[&["predict", "costs.csv", "-g", "invoice"][..], &more].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
    }
}

#[test]
fn what_comes_has_a_row_of_its_own_where_everything_is_invoiced() {
    let (found, total) = rows(&charges(false), &[]);
    let expected = [
        ["", "ok", "0.00", "22.00"],
        ["I-10", "closed", "30.00", "30.00"],
        ["I-all", "closed", "40.00", "40.00"],
    ];
    assert_eq!(found, expected.map(|row| row.map(str::to_owned)));
    assert_eq!(total, "92.00");
}
