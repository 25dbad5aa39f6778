//! The order of rows in a table for people: each below the row that it is a part of, the costliest
//! first. (Files are sorted by keys instead, so that two runs can be compared line by line.)

use billing::Amount;
use forecast::{GroupTotal, OTHERS};
use std::{cmp::Reverse, collections::HashMap};

/// Rows below the row of the level above, siblings by their totals, the rest of `--top` last; each with
/// its depth below the first level that is there. No row is left out, whatever levels are missing.
pub(crate) fn as_tree(rows: Vec<&GroupTotal>) -> Vec<(usize, &GroupTotal)> {
    let first_level = rows.iter().map(|row| row.level).min().unwrap_or(0);
    let totals: HashMap<&[Option<String>], Option<Amount>> =
        rows.iter().map(|row| (path_of(row), row.point())).collect();
    let place = |row: &GroupTotal| -> Vec<_> {
        let path = path_of(row);
        (0..path.len())
            .map(|level| {
                let total = totals.get(&path[..=level]).copied().flatten();
                (path[level].as_deref() == Some(OTHERS), Reverse(total), path[level].clone())
            })
            .collect()
    };
    let mut placed: Vec<(usize, &GroupTotal)> =
        rows.into_iter().map(|row| (row.level - first_level, row)).collect();
    placed.sort_by_cached_key(|(_, row)| place(row));
    placed
}

/// Whether a row is the whole of the rest above it once more.
pub(crate) fn repeats_the_rest(row: &GroupTotal) -> bool {
    let is_rest = |key: &Option<String>| key.as_deref() == Some(OTHERS);
    matches!(path_of(row), [.., above, own] if is_rest(above) && is_rest(own))
}

/// The keys of a row, down to its level.
fn path_of(row: &GroupTotal) -> &[Option<String>] {
    &row.keys[..row.keys.len().min(row.level)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast_report::tests::row;

    fn names(rows: &[GroupTotal]) -> Vec<String> {
        let placed = as_tree(rows.iter().collect());
        placed.iter().map(|(depth, row)| format!("{}{}", "-".repeat(*depth), row.name)).collect()
    }

    #[test]
    fn parts_stand_below_their_whole_the_costliest_first_and_others_last() {
        let rows = [
            row(2, &[Some("b"), Some("vm")], "b.vm", "3"),
            row(1, &[Some("a"), None], "a", "5"),
            row(1, &[Some("Others"), None], "others", "100"),
            row(2, &[Some("b"), None], "b.none", "17"),
            row(1, &[Some("b"), None], "b", "20"),
            row(2, &[Some("a"), Some("vm")], "a.vm", "5"),
            row(2, &[Some("Others"), Some("vm")], "others.vm", "100"),
        ];
        assert_eq!(names(&rows), ["b", "-b.none", "-b.vm", "a", "-a.vm", "others", "-others.vm"]);
    }

    #[test]
    fn the_rest_of_the_rest_is_the_rest() {
        assert!(repeats_the_rest(&row(2, &[Some("Others"), Some("Others")], "Others", "1")));
        assert!(!repeats_the_rest(&row(2, &[Some("a"), Some("Others")], "Others", "1")));
        assert!(!repeats_the_rest(&row(1, &[Some("Others"), None], "Others", "1")));
    }

    #[test]
    fn rows_without_a_row_above_and_without_a_total_are_kept() {
        let mut unknown = row(2, &[Some("a"), Some("x")], "a.x", "1");
        unknown.total = None;
        let rows =
            [unknown, row(2, &[Some("a"), Some("y")], "a.y", "-1"), row(2, &[Some("b"), None], "b", "2")];
        assert_eq!(names(&rows), ["a.y", "a.x", "b"]);
    }

    #[test]
    fn equal_totals_are_sorted_by_key_whatever_order_they_come_in() {
        let rows = ["c", "a", "b"].map(|key| row(1, &[Some(key)], key, "1"));
        assert_eq!(names(&rows), ["a", "b", "c"]);
    }
}
