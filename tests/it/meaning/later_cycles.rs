//! Cycles after the open one: what is known of them enters on its day.

use super::made_files::{Row, csv, ea, good};
use crate::support::{folder, write};
use chrono::{Datelike, NaiveDate};

/// Days of 2 each from November 2025 to 20 October 2026, with a payment of 100 on the 5th of each month from `first` on.
fn with_payments(first: &str, term: &str) -> Vec<Row> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let days = day("2025-11-01").iter_days().take_while(|own| *own <= day("2026-10-20"));
    days.flat_map(|own| {
        let usage = ea(&own.to_string(), "2").with("Term", "").with("ProductName", "");
        let paid = ea(&own.to_string(), "100")
            .with("ChargeType", "Purchase")
            .with("Frequency", "Recurring")
            .with("Term", term)
            .with("ProductName", "Reserved VM");
        let is_paid = own.day() == 5 && own >= day(first);
        std::iter::once(usage).chain(is_paid.then_some(paid))
    })
    .collect()
}

/// The totals of five cycles, and what is written to stderr and notes.
fn totals(rows: &[Row]) -> (Vec<f64>, String) {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(rows));
    let run = good(folder.path(), &["predict", "costs.csv", "--cycles", "5", "--totals", "-o", "json"]);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let rows = told["rows"].as_array().expect("rows").iter().filter(|row| row["x_GroupLevel"] == 0);
    let total = |row: &serde_json::Value| {
        row["x_ForecastTotal"].to_string().trim_matches('"').parse().expect("a number")
    };
    (rows.map(total).collect(), told["notes"].to_string())
}

#[test]
fn a_reservation_that_is_paid_by_month_ends_with_its_term() {
    // Twelve payments from January on: the last one comes on 5 December. October has 31 days of 2, November 30.
    let (found, notes) = totals(&with_payments("2026-01-05", "12"));
    for (found, expected) in found.iter().zip([162.0, 160.0, 162.0, 62.0, 56.0]) {
        assert!((found - expected).abs() < 0.5, "{found} {expected}");
    }
    assert!(notes.contains("`reserved vm` has its last of 12 payments on 2026-12-05"), "{notes}");
    // Of three years, without a term, and from before the data: nobody knows of an end.
    for (first, term) in [("2026-01-05", "36"), ("2026-01-05", ""), ("2025-11-05", "12")] {
        let (found, notes) = totals(&with_payments(first, term));
        assert!((found[4] - 156.0).abs() < 0.5, "{found:?}");
        assert!(!notes.contains("payments"), "{notes}");
    }
}
