//! Resources that were deleted: a group that costs nothing any more, within days.

use super::made_files::{Row, all_with, csv, daily, ea, good, predict};
use crate::support::{folder, write};

/// Two resource groups at 10 a day since March, of which one was deleted on 3 June, known up to `last`.
fn deleted(last: &str) -> Vec<Row> {
    let with = |group: &str, meter: &str, last: &str| {
        let rows = all_with(daily(ea, "2026-03-01", last, "10"), "ResourceGroup", group);
        all_with(rows, "MeterId", meter)
    };
    [with("rg-a", "m1", last), with("rg-b", "m2", "2026-06-02")].concat()
}

#[test]
fn a_deleted_group_and_the_total_it_was_in_are_forecast_without_it() {
    for last in ["2026-06-07", "2026-06-11", "2026-06-24"] {
        let folder = folder();
        write(folder.path(), "costs.csv", csv(&deleted(last)));
        let predicted = predict(folder.path(), &["-g", "resource-group", "--totals"]);
        let column = |name: &str| -> Vec<f64> {
            predicted.column(name).iter().map(|value| value.parse().unwrap()).collect()
        };
        let (low, high, total) = (column("x_Lower80"), column("x_Upper80"), column("x_ForecastTotal"));
        // Rows: the total, rg-a, rg-b. It came to 320, 300 and 20.
        for (row, came) in [320.0, 300.0, 20.0].into_iter().enumerate() {
            assert!(low[row] - 0.02 <= came && came <= high[row] + 0.02, "{last} {row}: {low:?} {high:?}");
        }
        assert!((total[0] - 320.0).abs() < 5.0, "{last}: {total:?}");
        assert_eq!(predicted.column("x_Status")[2], "wide");
    }
}

#[test]
fn a_stop_is_named_with_its_probability() {
    let folder = folder();
    write(folder.path(), "costs.csv", csv(&deleted("2026-06-11")));
    let said = good(folder.path(), &["predict", ".", "-g", "resource-group"]).stdout;
    assert!(said.contains("may have stopped (probability): rg-b"), "{said}");
}
