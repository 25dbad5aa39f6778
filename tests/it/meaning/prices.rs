//! Prices and charges: which use is priced, and which charges a credit pays for.

use super::made_files::{ALPHA, BETA, Export, Row, all_with, csv, daily, good, mca, predict};
use crate::support::{folder, run, write};
use std::path::Path;

/// Ten hours a day at a price of 1.
fn hours(first: &str, last: &str) -> Vec<Row> {
    let columns = [("meterId", "METER-1"), ("quantity", "10"), ("unitOfMeasure", "1 Hour")];
    let rows = daily(mca, first, last, "10").into_iter();
    rows.map(|row| columns.iter().fold(row, |row, (column, value)| row.with(column, value))).collect()
}

/// One charge of the meter, of a day and billed in a month.
fn once(day: &str, month: [&str; 2], quantity: &str, kind: &str) -> Row {
    let row = hours(day, day).remove(0).with("quantity", quantity).with("costInBillingCurrency", quantity);
    row.with("billingPeriodStartDate", month[0])
        .with("billingPeriodEndDate", month[1])
        .with("chargeType", kind)
}

const OCTOBER: [&str; 2] = ["10/01/2026", "10/31/2026"];

fn card(folder: &Path, credit: &str) {
    let price = "[[price]]\nmeter = \"meter-1\"\nunit = \"1 Hour\"\nprice = 1\n";
    write(folder, "card.toml", format!("currency = \"EUR\"\ncredit = {credit}\n{price}"));
}

/// September and October up to the 17th in two runs; `more` is in the second.
fn runs(folder: &Path, more: &[Row]) {
    let export = |first, last, submitted| Export::actual("monthly", first, last, submitted);
    export("2026-08-01", "2026-08-31", "2026-09-06T06:00:00Z")
        .write(folder, &hours("2026-08-01", "2026-08-31"));
    export("2026-09-01", "2026-09-30", "2026-10-06T06:00:00Z")
        .write(folder, &hours("2026-09-01", "2026-09-30"));
    let october = [hours("2026-10-01", "2026-10-17"), more.to_vec()].concat();
    export("2026-10-01", "2026-10-18", "2026-10-18T06:00:00Z").write(folder, &october);
}

const PRICED: [&str; 2] = ["--pricing", "card.toml"];

#[test]
fn late_use_is_of_the_cycle_that_bills_it_and_leaves_its_day_as_it_was() {
    let folder = folder();
    card(folder.path(), "0");
    runs(folder.path(), &[once("2026-09-29", OCTOBER, "3", "Usage")]);
    let args = ["price", "estimate", ".", "--rates", "card.toml", "-o", "csv"];
    let text = good(folder.path(), &args).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let place = |name: &str, header: &csv::StringRecord| header.iter().position(|own| own == name).unwrap();
    let header = reader.headers().unwrap().clone();
    let (quantity, cycle) = (place("PricingQuantity", &header), place("BillingPeriodStart", &header));
    let found: Vec<String> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| format!("{} {}", &row[cycle][..7], &row[quantity]))
        .collect();
    assert_eq!(found, ["2026-08 310", "2026-09 300", "2026-10 173"]);
    let said = predict(folder.path(), &PRICED).said();
    assert!(said.contains("the use of September 2026 cost 300.00 EUR, by these prices 300.00"), "{said}");
}

#[test]
fn a_credit_pays_for_late_use_and_is_paid_back_with_refunds() {
    for (quantity, kind, day) in [("100", "Usage", "2026-09-29"), ("-50", "Refund", "2026-10-03")] {
        let folder = folder();
        card(folder.path(), "100000");
        runs(folder.path(), &[once(day, OCTOBER, quantity, kind)]);
        let result = predict(folder.path(), &PRICED);
        assert_eq!(result.column("x_ForecastNet"), ["0.00"], "{kind}");
        assert_eq!(result.column("x_CreditUsed"), result.column("x_ForecastTotal"), "{kind}");
    }
}

#[test]
fn a_credit_does_not_pay_for_what_others_sell() {
    let folder = folder();
    card(folder.path(), "100000");
    write(
        folder.path(),
        "costs.csv",
        csv(&all_with(hours("2026-06-01", "2026-10-17"), "publisherType", "Marketplace")),
    );
    let result = predict(folder.path(), &PRICED);
    assert_eq!(result.column("x_ForecastNet"), ["310.00"]);
}

#[test]
fn a_subscription_that_changed_its_profile_keeps_its_prices_and_has_one_credit() {
    let folder = folder();
    card(folder.path(), "100");
    let both =
        |first, last| [hours(first, last), all_with(hours(first, last), "meterId", "METER-2")].concat();
    let before = all_with(both("2026-07-01", "2026-07-31"), "billingProfileId", "profile-0");
    let export = |name, first, last, made| Export::actual(name, first, last, made);
    export("old", "2026-07-01", "2026-07-31", "2026-08-06T06:00:00Z").write(folder.path(), &before);
    for (first, last, made) in [
        ("2026-08-01", "2026-08-31", "2026-09-06T06:00:00Z"),
        ("2026-09-01", "2026-09-30", "2026-10-06T06:00:00Z"),
        ("2026-10-01", "2026-10-17", "2026-10-18T06:00:00Z"),
    ] {
        export("new", first, last, made).write(folder.path(), &both(first, last));
    }
    let result = predict(folder.path(), &PRICED);
    let figure = |name: &str| result.column(name)[0].parse::<f64>().expect("an amount");
    // 310 of the meter with a price, and about as much of the one without, whose last months are all that is learnt.
    assert!((figure("x_ForecastTotal") - 620.0).abs() < 2.0, "{}", figure("x_ForecastTotal"));
    assert_eq!(
        (result.column("x_CreditUsed"), result.column("x_ForecastNet").len()),
        (vec!["100.00".to_owned()], 1)
    );
}

#[test]
fn a_priced_total_is_that_of_predict_and_amounts_that_are_named() {
    let folder = folder();
    let other = all_with(hours("2026-06-01", "2026-10-17"), "meterId", "METER-2");
    let other = all_with(other, "costInBillingCurrency", "7.31");
    let whole = [hours("2026-06-01", "2026-10-17"), other].concat();
    let beta = all_with(hours("2026-07-09", "2026-10-17"), "subscriptionId", BETA);
    write(folder.path(), "costs.csv", csv(&[whole, beta].concat()));
    let figures = |args: &[&str], name: &str| -> Vec<f64> {
        let args = [args, &["--totals"]].concat();
        let column = predict(folder.path(), &args).column(name);
        column.iter().map(|text| text.parse().expect("an amount")).collect()
    };
    let expected = figures(&["--cycles", "3"], "x_ForecastTotal");
    assert!(expected.len() > 8, "three cycles of two subscriptions and their total: {expected:?}");
    let card = |price: &str| {
        write(
            folder.path(),
            "card.toml",
            format!("currency = \"EUR\"\n[[price]]\nmeter = \"meter-1\"\nunit = \"1 Hour\"\n{price}\n"),
        );
    };
    let args = ["--cycles", "3", "--pricing", "card.toml"];
    // One price, as charged: the same to the cent.
    card("price = 1");
    assert_eq!(figures(&args, "x_ForecastTotal"), expected);
    assert_eq!(figures(&args, "x_CostForecast"), expected);
    // A free amount and another price: named amounts, which add up.
    for price in ["tiers = [{ from = 0, price = 0 }, { from = 100, price = 1 }]", "price = 1.5"] {
        card(price);
        assert_eq!(figures(&args, "x_CostForecast"), expected, "{price}");
        let names =
            ["x_CostForecast", "x_TierDifference", "x_PriceChangeDifference", "x_OtherPricesDifference"];
        let parts = names.map(|name| figures(&args, name));
        for (row, total) in figures(&args, "x_ForecastTotal").into_iter().enumerate() {
            let sum: f64 = parts.iter().map(|part| part[row]).sum();
            assert!((sum - total).abs() < 0.001, "{price}: {sum} is not {total}");
        }
        let moved = parts[1].iter().chain(&parts[3]).filter(|amount| amount.abs() > 1.0).count();
        assert!(moved > 5, "{price}: {parts:?}");
    }
}

#[test]
fn a_filter_keeps_the_use_of_others_out_of_what_is_said() {
    let folder = folder();
    card(folder.path(), "0");
    let others = all_with(hours("2026-06-01", "2026-10-17"), "subscriptionId", BETA);
    let others = all_with(all_with(others, "billingCurrency", "JPY"), "subscriptionName", "beta");
    write(folder.path(), "costs.csv", csv(&[hours("2026-06-01", "2026-10-17"), others].concat()));
    let filter = format!("subscription=/subscriptions/{ALPHA}");
    let said = predict(folder.path(), &[&PRICED[..], &["--filter", &filter]].concat()).said();
    assert!(said.contains("the use of September 2026 cost 300.00 EUR, by these prices 300.00"), "{said}");
}

#[test]
fn amortized_cost_is_not_forecast_as_billed() {
    let folder = folder();
    card(folder.path(), "0");
    write(folder.path(), "costs.csv", csv(&hours("2026-06-01", "2026-10-17")));
    let refused = run(folder.path(), &[&["predict", ".", "--family", "mca-amortized"], &PRICED[..]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("hold amortized cost"), "{}", refused.stderr);
}
