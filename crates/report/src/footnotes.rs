//! The lines below the forecast table: what the total is, what is not final, what is missing, and
//! what each status means. A reader of the table alone must not take a number for more than it is.

use crate::{
    ForecastReport,
    number_format::{as_sentence, counted, listed, printable},
};
use chrono::NaiveDate;
use forecast::{GroupTotal, Status};
use std::collections::{BTreeMap, BTreeSet};

/// The lines, unbroken.
pub(crate) fn footnotes(report: &ForecastReport) -> Vec<String> {
    let total = (report.exact && !report.rows.is_empty())
        .then(|| format!("The total: {}", report.total_kind.sentence()));
    total
        .into_iter()
        .chain(not_final(report))
        .chain(missing(report))
        .chain(statuses(report))
        .chain(notes(report))
        .collect()
}

/// What was found, warnings aside, which stand on stderr already.
fn notes(report: &ForecastReport) -> Vec<String> {
    let findings = report.all_findings();
    let notes = findings.iter().filter(|finding| !finding.is_warning());
    notes.map(|note| as_sentence(&printable(&note.text))).collect()
}

/// Which days may still change.
fn not_final(report: &ForecastReport) -> Option<String> {
    let open = report.rows.iter().filter(|row| row.total.is_some() && row.status != Status::Closed);
    let cutoffs: BTreeSet<NaiveDate> = open.map(|row| row.cutoff).collect();
    let (first, last) = (cutoffs.first()?, cutoffs.last()?);
    let since = if first == last { first.to_string() } else { format!("{first} to {last}, by row,") };
    Some(format!("Not final: days after {since} are part of the expectation"))
}

/// Which series lack days. A series is counted once, however many cycles it is forecast for.
fn missing(report: &ForecastReport) -> Option<String> {
    let mut by_series: BTreeMap<_, &GroupTotal> = BTreeMap::new();
    for row in rows_of_the_deepest_level(report).filter(|row| row.missing_days > 0) {
        let kept = by_series.entry((&row.keys, &row.currency)).or_insert(row);
        if row.missing_days > kept.missing_days {
            *kept = row;
        }
    }
    let mut rows: Vec<&GroupTotal> = by_series.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.missing_days));
    let days: u64 = rows.iter().map(|row| row.missing_days).sum();
    let names = rows.iter().map(|row| format!("{} {}", printable(&row.name), row.missing_days));
    let list = listed(names);
    let have = if days == 1 { "has" } else { "have" };
    (days > 0).then(|| {
        format!("Missing: {} {have} no data, which does not count as zero: {list}", counted(days, "day"))
    })
}

/// What each status but `ok` means, with the rows that have it.
fn statuses(report: &ForecastReport) -> Vec<String> {
    const MEANINGS: [(Status, &str); 5] = [
        (Status::Wide, "low confidence, because history is short, incomplete or not settled"),
        (Status::Closed, "the cycle is over and settled; the total is what was charged"),
        (Status::Insufficient, "no forecast; there is too little history"),
        (Status::Stale, "no recent data or cost; the series has stopped"),
        (Status::Failed, "no forecast; the log has the reason"),
    ];
    let with = |status: Status| -> Vec<&GroupTotal> {
        rows_of_the_deepest_level(report).filter(|row| row.status == status).collect()
    };
    MEANINGS
        .into_iter()
        .filter(|(status, _)| report.rows.iter().any(|row| row.status == *status))
        .map(|(status, meaning)| {
            let count = with(status).len();
            let times = if count > 1 { format!(" ({count} rows)") } else { String::new() };
            format!("Status `{status}`{times}: {meaning}")
        })
        .collect()
}

fn rows_of_the_deepest_level(report: &ForecastReport) -> impl Iterator<Item = &GroupTotal> {
    report.rows.iter().filter(|row| row.level == report.deepest_level() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::{report, row};

    fn missing_days(key: &str, days: u64) -> GroupTotal {
        GroupTotal { missing_days: days, ..row(1, &[Some(key)], key, "1") }
    }

    #[test]
    fn the_longest_gaps_are_named_and_a_series_counts_once() {
        let mut next_cycle = missing_days("b", 2);
        next_cycle.cycle = next_cycle.cycle.next(billing::CycleDay::FIRST);
        let rows = vec![
            missing_days("a", 1),
            missing_days("b", 2),
            next_cycle,
            missing_days("c", 4),
            missing_days("d", 3),
            missing_days("e", 0),
        ];
        let line = missing(&report(&["ServiceName"], rows)).unwrap();
        let expected =
            "Missing: 10 days have no data, which does not count as zero: c 4, d 3, b 2 and 1 more";
        assert_eq!(line, expected);
        assert_eq!(missing(&report(&["ServiceName"], vec![missing_days("e", 0)])), None);
    }

    #[test]
    fn days_that_are_not_final_are_named_unless_the_cycle_is_closed() {
        let mut earlier = row(0, &[], "Total", "1");
        earlier.cutoff = "2026-10-13".parse().unwrap();
        let line = |rows| not_final(&report(&[], rows));
        assert_eq!(
            line(vec![earlier.clone()]).unwrap(),
            "Not final: days after 2026-10-13 are part of the expectation"
        );
        assert_eq!(
            line(vec![earlier.clone(), row(0, &[], "Total", "1")]).unwrap(),
            "Not final: days after 2026-10-13 to 2026-10-15, by row, are part of the expectation"
        );
        earlier.status = Status::Closed;
        assert_eq!(line(vec![earlier]), None);
    }

    #[test]
    fn each_status_is_explained_once() {
        let mut rows = vec![missing_days("a", 0), missing_days("b", 0), missing_days("c", 0)];
        rows[0].status = Status::Wide;
        rows[1].status = Status::Wide;
        let lines = statuses(&report(&["ServiceName"], rows));
        assert_eq!(
            lines,
            ["Status `wide` (2 rows): low confidence, because history is short, incomplete or not settled"]
        );
    }

    #[test]
    fn a_generic_series_is_not_called_a_bill() {
        let mut found = report(&[], vec![row(0, &[], "a", "1")]);
        found.findings.push(crate::Finding::note("test", "a note"));
        assert_eq!(footnotes(&found)[0], "The total: charges of the cycle as billed, before credit and tax");
        found.exact = false;
        assert!(footnotes(&found)[0].starts_with("Not final"));
        assert_eq!(footnotes(&found).last().unwrap(), "A note");
    }
}
