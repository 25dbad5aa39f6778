//! Bills in another currency than their prices: use goes on, the rate of a month does not.

use super::made_files::{Row, csv, daily, mca, predict};
use crate::support::{folder, write};

/// Ten dollars a day, in one unit of a meter, billed in euro at a rate.
fn at(rate: &str, first: &str, last: &str, cost: &str) -> Vec<Row> {
    let columns = [
        ("costInPricingCurrency", "10"),
        ("exchangeRatePricingToBilling", rate),
        ("meterId", "METER-1"),
        ("quantity", "1"),
        ("unitOfMeasure", "1 Hour"),
    ];
    let rows = daily(mca, first, last, cost).into_iter();
    rows.map(|row| columns.iter().fold(row, |row, (column, value)| row.with(column, value))).collect()
}

/// Four months at 0.9, then five days at 0.8.
fn rows() -> Vec<Row> {
    [at("0.9", "2026-06-01", "2026-09-30", "9"), at("0.8", "2026-10-01", "2026-10-05", "8")].concat()
}

#[test]
fn the_level_is_that_of_the_pricing_currency_at_the_rate_of_the_cycle() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&rows()));
    let args = ["--settle-days", "0", "--as-of", "2026-10-06"];
    let result = predict(folder.path(), &args);
    assert_eq!(result.column("x_ActualToDate"), ["40.00"]);
    assert_eq!(result.column("x_ForecastTotal"), ["248.00"], "31 days of 8, not of 9");
    assert_eq!(result.column("x_PreviousTotal"), ["270.00"], "what was billed stays as it was billed");
    let said = result.said();
    let effect = "prices are in USD, of which one was 0.9 EUR in September 2026 and is 0.8 now: at that rate the 270.00 EUR \
                  of then would be 240.00, so -30.00 of the change are the rate's";
    assert!(said.contains(effect), "{said}");
}

#[test]
fn one_rate_throughout_is_no_news_and_changes_nothing() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&at("0.9", "2026-06-01", "2026-10-05", "9")));
    let result = predict(folder.path(), &["--settle-days", "0", "--as-of", "2026-10-06"]);
    assert_eq!(result.column("x_ForecastTotal"), ["279.00"]);
    assert!(!result.said().contains("prices are in"), "{}", result.said());
}

#[test]
fn prices_in_the_pricing_currency_are_taken_at_the_rate_of_the_cycle() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&rows()));
    let card =
        "currency = \"USD\"\ncredit = 100\n[[price]]\nmeter = \"meter-1\"\nunit = \"1 Hour\"\nprice = 10\n";
    write(folder.path(), "card.toml", card);
    let args = ["--settle-days", "0", "--as-of", "2026-10-06", "--pricing", "card.toml"];
    let result = predict(folder.path(), &args);
    assert_eq!(result.column("x_ForecastTotal"), ["248.00"]);
    assert_eq!(result.column("x_CreditUsed"), ["80.00"], "100 dollars at 0.8");
    assert_eq!(result.column("x_ForecastNet"), ["168.00"]);
    assert_eq!(result.column("x_CreditUsedUpOn"), ["2026-10-10"], "ten days of 8");
}
