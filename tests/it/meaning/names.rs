//! Keys and names: one thing under one name, whichever file wrote it and in whatever case.

use super::made_files::{ALPHA, BETA, Export, csv, daily, ea, focus, good, lines, predict, series, whole};
use crate::support::{folder, write};

fn group(text: &str, dimension: &str) -> Vec<String> {
    let folder = folder();
    write(folder.path(), "costs.csv", text);
    series(folder.path(), &["-g", dimension])
}

#[test]
fn a_subscription_has_one_id_in_focus_and_classic_files() {
    let folder = folder();
    write(
        folder.path(),
        "a/costs.csv",
        csv(&[ea("2026-10-01", "1").with("SubscriptionId", &ALPHA.to_uppercase())]),
    );
    write(folder.path(), "b/costs.csv", csv(&[focus("2026-10-02", "2")]));
    assert_eq!(
        series(folder.path(), &["-g", "subscription"]),
        [
            format!("2026-10-01 /subscriptions/{ALPHA} EUR 1"),
            format!("2026-10-02 /subscriptions/{ALPHA} EUR 2")
        ]
    );
}

#[test]
fn ids_are_compared_without_case_and_shown_in_their_latest_spelling() {
    let folder = folder();
    for (day, submitted, name) in
        [("2026-10-01", "2026-10-02T06:00:00Z", "RG-Web"), ("2026-10-02", "2026-10-03T06:00:00Z", "rg-web")]
    {
        Export::actual("daily", day, day, submitted)
            .write(folder.path(), &[ea(day, "1").with("ResourceGroup", name)]);
    }
    assert_eq!(
        series(folder.path(), &["-g", "resource-group"]),
        ["2026-10-01 rg-web EUR 1", "2026-10-02 rg-web EUR 1"]
    );
    let kept = series(folder.path(), &["--filter", "resource-group=RG-WEB"]);
    assert_eq!(whole(&kept), 2);
}

#[test]
fn words_for_nothing_are_no_group() {
    for nothing in ["", "Unassigned", "00000000-0000-0000-0000-000000000000", "Others"] {
        let text = csv(&[ea("2026-10-01", "1").with("ResourceGroup", nothing)]);
        assert_eq!(group(&text, "resource-group"), ["2026-10-01 - EUR 1"]);
    }
}

#[test]
fn tags_are_read_with_and_without_outer_braces() {
    let bare = ea("2026-10-01", "1").with("Tags", r#""Env": "prod","team": "a""#);
    let braced = ea("2026-10-01", "2").with("Tags", r#"{"env": "prod"}"#);
    assert_eq!(group(&csv(&[bare, braced]), "tag:ENV"), ["2026-10-01 prod EUR 3"]);
}

#[test]
fn of_a_tag_key_written_twice_in_one_cell_the_last_value_counts() {
    let twice = focus("2026-10-01", "1").with("Tags", r#"{"App":"old","app":"new"}"#);
    assert_eq!(group(&csv(&[twice]), "tag:app"), ["2026-10-01 new EUR 1"]);
}

#[test]
fn service_is_the_service_name_in_focus_and_the_meter_category_in_classic_files() {
    assert_eq!(group(&csv(&[focus("2026-10-01", "1")]), "service"), ["2026-10-01 Storage Accounts EUR 1"]);
    assert_eq!(group(&csv(&[ea("2026-10-01", "1")]), "service"), ["2026-10-01 Storage EUR 1"]);
}

#[test]
fn service_is_the_meter_category_throughout_where_both_are_read_together_and_that_is_said() {
    let folder = folder();
    write(folder.path(), "focus.csv", csv(&daily(focus, "2026-08-01", "2026-10-17", "2")));
    let beta =
        daily(ea, "2026-08-01", "2026-10-17", "1").into_iter().map(|row| row.with("SubscriptionId", BETA));
    write(folder.path(), "ea.csv", csv(&beta.collect::<Vec<_>>()));
    assert_eq!(series(folder.path(), &["-g", "service"])[0], "2026-08-01 Storage EUR 3");
    assert!(
        predict(folder.path(), &["-g", "service"])
            .said()
            .contains("service is the meter category throughout")
    );
}

#[test]
fn charges_without_a_service_are_a_group_of_their_own() {
    let rounding = focus("2026-10-01", "-0.5").with("ChargeCategory", "Adjustment").with("ServiceName", "");
    let text = csv(&[focus("2026-10-01", "1"), rounding]);
    assert_eq!(group(&text, "service"), ["2026-10-01 - EUR -0.5", "2026-10-01 Storage Accounts EUR 1"]);
}

#[test]
fn an_empty_filter_value_keeps_what_has_no_value() {
    let folder = folder();
    write(
        folder.path(),
        "costs.csv",
        csv(&[ea("2026-10-01", "1"), ea("2026-10-01", "2").with("ResourceGroup", "")]),
    );
    let done = good(folder.path(), &["series", ".", "-o", "csv", "--filter", "resource-group=", "-v"]);
    assert_eq!(lines(&done.stdout), ["2026-10-01 EUR 2"]);
    assert!(done.stderr.contains("rows not counted: 1: outside the filter"), "{}", done.stderr);
}
