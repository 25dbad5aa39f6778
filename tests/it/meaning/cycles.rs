//! Which cycle a charge belongs to: the one that bills it, whatever the day of use.

use super::made_files::{
    ALPHA, BETA, Export, MakeRow, Row, all_with, autumn, csv, daily, ea, focus, good, mca, payg, predict,
    series,
};
use crate::support::{folder, write};

/// A charge for use in September that October bills: each kind of row, and its column of the day.
fn late_charges() -> [(MakeRow, Row); 3] {
    let moved = |row: MakeRow, column: &str, day: &str| (row, row("2026-10-01", "100").with(column, day));
    [
        moved(ea, "Date", "2026-09-28"),
        moved(mca, "date", "09/28/2026"),
        moved(focus, "ChargePeriodStart", "2026-09-28T00:00:00Z"),
    ]
}

#[test]
fn a_late_charge_counts_in_the_cycle_that_bills_it_and_not_in_that_of_its_use() {
    for (row, late) in late_charges() {
        let folder = folder();
        autumn(folder.path(), row, "1", &[late]);
        let result = predict(folder.path(), &[]);
        assert_eq!(result.column("x_ActualToDate"), ["117.00"]);
        assert_eq!(result.column("x_PreviousTotal"), ["30.00"]);
        assert_eq!(result.column("x_ForecastRemaining"), ["14.00"], "it is no part of the daily level");
        assert!(
            result.lines().contains(&"refunds, adjustments, late charges 100.00".to_owned()),
            "{:?}",
            result.lines()
        );
        let days = series(folder.path(), &[]);
        assert!(days.contains(&"2026-09-28 EUR 101".to_owned()), "in the daily series it lies on its day");
    }
}

#[test]
fn a_corrected_charge_is_a_line_of_its_own() {
    let folder = folder();
    let corrected = focus("2026-10-05", "-3").with("ChargeClass", "Correction");
    autumn(folder.path(), focus, "1", &[corrected]);
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("x_ActualToDate"), ["14.00"]);
    assert_eq!(result.column("x_ForecastRemaining"), ["14.00"]);
    assert!(result.lines().contains(&"refunds, adjustments, late charges -3.00".to_owned()));
}

#[test]
fn inclusive_and_exclusive_period_ends_become_the_same_half_open_cycle() {
    for row in [ea as MakeRow, mca, focus] {
        let folder = folder();
        autumn(folder.path(), row, "1", &[]);
        let result = predict(folder.path(), &[]);
        assert_eq!(result.column("BillingPeriodStart"), ["2026-10-01T00:00:00Z"]);
        assert_eq!(result.column("BillingPeriodEnd"), ["2026-11-01T00:00:00Z"]);
        assert_eq!(result.column("x_PreviousTotal"), ["30.00"], "the 30th is a day of September");
    }
}

#[test]
fn a_period_in_the_year_one_is_none_and_the_day_decides() {
    let folder = folder();
    let rows = daily(mca, "2026-08-01", "2026-10-17", "1");
    let rows = all_with(
        all_with(rows, "billingPeriodStartDate", "01/01/0001"),
        "billingPeriodEndDate",
        "01/01/0001",
    );
    write(folder.path(), "costs.csv", csv(&rows));
    let result = predict(folder.path(), &[]);
    assert_eq!(
        result.column("BillingPeriodStart"),
        ["2026-10-01T00:00:00Z"],
        "a customer agreement bills by month"
    );
    assert_eq!(result.column("x_ActualToDate"), ["17.00"]);
}

#[test]
fn pay_as_you_go_has_cycles_of_its_own() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&daily(payg, "2026-08-10", "2026-10-17", "1")));
    let result = predict(folder.path(), &["--cycle-day", "10"]);
    assert_eq!(result.column("BillingPeriodStart"), ["2026-10-10T00:00:00Z"]);
    assert_eq!(result.column("BillingPeriodEnd"), ["2026-11-10T00:00:00Z"]);
    assert_eq!(result.column("x_ActualToDate"), ["8.00"], "the 10th to the 17th");
    assert_eq!(result.column("x_PreviousTotal"), ["30.00"], "10 September to 9 October");
}

#[test]
fn a_cycle_that_begins_on_the_31st_is_said_to_be_an_assumption_in_february() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&daily(payg, "2026-11-30", "2027-02-20", "1")));
    let done = good(folder.path(), &["predict", ".", "--cycle-day", "31"]);
    let result = predict(folder.path(), &["--cycle-day", "31"]);
    assert_eq!(result.column("BillingPeriodStart"), ["2027-01-31T00:00:00Z"]);
    assert_eq!(result.column("BillingPeriodEnd"), ["2027-02-28T00:00:00Z"]);
    assert!(done.stderr.contains("taken to begin on the last day of shorter months"), "{}", done.stderr);
}

#[test]
fn an_earlier_cycle_that_is_not_closed_is_shown_too() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    Export::actual("monthly", "2026-10-01", "2026-10-31", "2026-11-03T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-31", "1"));
    Export::actual("monthly", "2026-11-01", "2026-11-03", "2026-11-03T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-11-01", "2026-11-02", "1"));
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("BillingPeriodStart"), ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"]);
    assert_eq!(result.column("x_ActualToDate"), ["31.00", "2.00"]);
}

#[test]
fn five_days_after_its_end_a_cycle_is_closed_and_no_longer_shown() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    Export::actual("monthly", "2026-10-01", "2026-10-31", "2026-11-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-31", "1"));
    let result = predict(folder.path(), &[]);
    assert_eq!(result.column("BillingPeriodStart"), ["2026-11-01T00:00:00Z"]);
    assert_eq!(result.column("x_PreviousTotal"), ["31.00"]);
}

#[test]
fn what_is_closed_stays_in_the_total_of_a_cycle_that_others_keep_open() {
    let folder = folder();
    autumn(folder.path(), ea, "1", &[]);
    Export::actual("monthly", "2026-10-01", "2026-10-31", "2026-11-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-31", "1"));
    Export::actual("monthly", "2026-11-01", "2026-11-06", "2026-11-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-11-01", "2026-11-05", "1"));
    let beta = all_with(daily(ea, "2026-08-01", "2026-10-31", "2"), "SubscriptionId", BETA);
    Export::actual("other", "2026-08-01", "2026-10-31", "2026-11-03T07:00:00Z").write(folder.path(), &beta);
    let result = predict(folder.path(), &["-g", "subscription", "--totals"]);
    let columns =
        ["BillingPeriodStart", "x_GroupLevel", "x_ActualToDate", "x_Status"].map(|name| result.column(name));
    let mut october: Vec<[&str; 3]> = (0..columns[0].len())
        .filter(|row| columns[0][*row].starts_with("2026-10"))
        .map(|row| [1, 2, 3].map(|column| &*columns[column][row]))
        .collect();
    october.sort_unstable();
    assert_eq!(october, [["0", "93.00", "wide"], ["1", "31.00", "closed"], ["1", "62.00", "wide"]]);
}

#[test]
fn the_previous_total_is_null_unless_that_cycle_is_covered_whole() {
    let folder = folder();
    Export::actual("monthly", "2026-09-02", "2026-09-30", "2026-10-06T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-09-02", "2026-09-30", "1"));
    Export::actual("monthly", "2026-10-01", "2026-10-18", "2026-10-18T06:00:00Z")
        .write(folder.path(), &daily(ea, "2026-10-01", "2026-10-17", "1"));
    assert_eq!(predict(folder.path(), &[]).column("x_PreviousTotal"), ["-"]);
}

#[test]
fn a_sum_over_several_invoice_units_is_called_a_sum() {
    let folder = folder();
    let other = all_with(daily(payg, "2026-08-01", "2026-10-17", "2"), "SubscriptionGuid", BETA);
    write(folder.path(), "costs.csv", csv(&[daily(payg, "2026-08-01", "2026-10-17", "1"), other].concat()));
    let sum = "the total is a sum over 2 subscriptions, each with an invoice of its own";
    assert!(predict(folder.path(), &[]).said().contains(sum));
    let only = format!("subscription={ALPHA}");
    assert!(!predict(folder.path(), &["--filter", &only]).said().contains("a sum over"));
}

#[test]
fn billing_profiles_are_invoice_units_of_a_customer_agreement() {
    let folder = folder();
    let other = all_with(daily(mca, "2026-08-01", "2026-10-17", "2"), "billingProfileId", "profile-2");
    let other = all_with(other, "subscriptionId", BETA);
    write(folder.path(), "costs.csv", csv(&[daily(mca, "2026-08-01", "2026-10-17", "1"), other].concat()));
    assert!(predict(folder.path(), &[]).said().contains("a sum over 2 billing profiles"));
}

#[test]
fn an_enrollment_is_one_invoice_unit_in_whatever_case_it_is_written() {
    let folder = folder();
    let rows = all_with(daily(ea, "2026-08-01", "2026-10-17", "1"), "BillingAccountId", "Acc");
    let other = all_with(all_with(rows.clone(), "BillingAccountId", "acc"), "SubscriptionId", BETA);
    write(folder.path(), "costs.csv", csv(&[rows, other].concat()));
    let result = predict(folder.path(), &[]);
    assert!(!result.said().contains("a sum over"), "{}", result.said());
    assert!(result.said().contains("the invoice asks for what exceeds the prepayment"));
}
