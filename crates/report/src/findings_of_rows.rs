//! Findings that the rows of a report show themselves: missing days in its totals, and where data begins.

use crate::{
    finding::Finding,
    number_format::{counted, cycle_name, grouped, listed, printable},
};
use billing::{Amount, BillingCycle, Currency};
use chrono::NaiveDate;
use forecast::{GroupTotal, Status};
use std::collections::BTreeMap;

/// Digits of plain numbers in words.
const PLAIN_DIGITS: u32 = 2;

/// The findings of rows down to the level `deepest`, in the order of cycles.
pub(crate) fn findings(rows: &[GroupTotal], deepest: usize) -> Vec<Finding> {
    expected_missing(rows).chain(covered_from(rows, deepest)).collect()
}

/// How much of each total is expected for days without data.
fn expected_missing(rows: &[GroupTotal]) -> impl Iterator<Item = Finding> {
    let totals = rows.iter().filter(|row| row.level == 0 && row.missing.days > 0);
    totals.filter_map(|row| {
        let total = row.point()?;
        let digits = row.currency.as_ref().map_or(PLAIN_DIGITS, Currency::minor_digits);
        let unit = row.currency.as_ref().map(|currency| format!(" {currency}")).unwrap_or_default();
        let share = match total == Amount::ZERO {
            true => String::new(),
            false => format!(" ({:.0} % of it)", row.missing.expected.to_f64() / total.to_f64() * 100.0),
        };
        let have = if row.missing.days == 1 { "has" } else { "have" };
        Some(Finding::note(
            "missing_days",
            format!(
                "{} of {} {have} no data; the total expects {}{unit} for them{share}",
                counted(row.missing.days, "day"),
                cycle_name(row.cycle),
                grouped(row.missing.expected, digits),
            ),
        ))
    })
}

/// Rows whose data begins inside a cycle: earlier days are not in its total.
fn covered_from(rows: &[GroupTotal], deepest: usize) -> Vec<Finding> {
    let mut by_day: BTreeMap<(BillingCycle, NaiveDate), Vec<&GroupTotal>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.level == deepest && row.status != Status::Closed) {
        if let Some(first) =
            row.covered_from.filter(|first| *first > row.cycle.start() && row.cycle.contains(*first))
        {
            by_day.entry((row.cycle, first)).or_default().push(row);
        }
    }
    let finding = |((cycle, first), rows): ((BillingCycle, NaiveDate), Vec<&GroupTotal>)| {
        let names = rows.iter().map(|row| printable(&row.name));
        let whose = if deepest == 0 { String::new() } else { format!(" of {}", listed(names)) };
        let text = format!(
            "data{whose} begins on {first}: earlier days of {} are not in the total",
            cycle_name(cycle)
        );
        Finding::note("data_begins", text)
    };
    by_day.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::row;
    use forecast::ExpectedMissing;

    #[test]
    fn the_part_of_a_total_that_is_expected_for_missing_days_is_named() {
        let mut total = row(0, &[None], "Total", "300");
        total.missing = ExpectedMissing { days: 3, expected: Amount::whole(30) };
        let found = findings(&[total], 1);
        let text = "3 days of October 2026 have no data; the total expects 30.00 EUR for them (10 % of it)";
        assert_eq!(found, [Finding::note("missing_days", text)]);
    }

    #[test]
    fn data_that_begins_inside_the_cycle_is_named_with_its_day() {
        let mut rows: Vec<GroupTotal> = ["a", "b", "c", "d"].map(|key| row(1, &[Some(key)], key, "1")).into();
        for row in &mut rows {
            row.covered_from = "2026-10-10".parse().ok();
        }
        rows.push(row(1, &[Some("e")], "e", "1"));
        rows[4].covered_from = "2026-09-10".parse().ok();
        let found = findings(&rows, 1);
        let text = "data of a, b, c and 1 more begins on 2026-10-10: earlier days of October 2026 are not in the total";
        assert_eq!(found, [Finding::note("data_begins", text)]);
    }
}
