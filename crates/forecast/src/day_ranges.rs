//! Ranges of single days: from how far the days of this series lie off their weekday.
//!
//! The unit is the mean distance of the last twelve weeks' days from the mean of the four same weekdays before
//! each, times the root of the day's size in the path. Bounds in that unit are quantiles by days ahead, as
//! counted on series of the benchmark. Wrong where a day's errors have nothing to do with those of its weekday.

use crate::calendar::WEEK;

/// Days whose distances count.
const DAYS: usize = 84;
/// Same weekdays that a day is compared with.
const SAME_WEEKDAYS: usize = 4;
/// The fewest distances that show a unit.
const FEWEST: usize = 14;
/// Days that show the size of a usual day.
const RECENT: usize = 28;
/// A day counts at least this share of a usual one.
const LEAST_SHARE: f64 = 0.05;

/// The bounds of the 95 % and the 80 % range, lowest first, each up to a number of days ahead.
const BOUNDS: [(usize, [f64; 4]); 7] = [
    (1, [-2.2, -1.35, 1.7, 4.2]),
    (3, [-3.0, -1.2, 1.5, 3.8]),
    (7, [-2.5, -1.25, 1.85, 4.6]),
    (14, [-2.5, -1.25, 1.7, 5.0]),
    (21, [-2.0, -1.05, 2.0, 6.5]),
    (28, [-2.1, -1.15, 2.1, 7.5]),
    (usize::MAX, [-2.5, -1.2, 2.6, 12.0]),
];

/// What a series shows of its single days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DayRanges {
    /// Mean distance of a day from its weekday.
    distance: f64,
    /// Size of a usual day.
    usual: f64,
}

impl DayRanges {
    /// From the known days, `NaN` where missing; `None` where there are too few.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let first = values.len().saturating_sub(DAYS).max(SAME_WEEKDAYS * WEEK);
        let distance = |place: usize| {
            let same = (1..=SAME_WEEKDAYS).map(|back| values[place - back * WEEK]).sum::<f64>();
            Some((values[place] - same / SAME_WEEKDAYS as f64).abs()).filter(|distance| !distance.is_nan())
        };
        let distances: Vec<f64> = (first..values.len()).filter_map(distance).collect();
        let recent = &values[values.len().saturating_sub(RECENT)..];
        let sizes: Vec<f64> =
            recent.iter().filter(|value| !value.is_nan()).map(|value| value.abs()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let usual = if sizes.is_empty() { 0.0 } else { mean(&sizes) };
        (distances.len() >= FEWEST && usual > 0.0).then(|| Self { distance: mean(&distances), usual })
    }

    /// The bounds of a day, as distances from what is expected of it.
    pub(crate) fn bounds(&self, ahead: usize, expected: f64) -> [f64; 4] {
        let share = (expected.abs() / self.usual).max(LEAST_SHARE);
        let unit = self.distance * share.sqrt();
        let bounds =
            BOUNDS.iter().find(|(last, _)| ahead <= *last).map_or(BOUNDS[0].1, |(_, bounds)| *bounds);
        bounds.map(|bound| bound * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_distance_from_the_weekday_and_grows_like_the_root_of_the_day() {
        // Every week is like the one before, but for one day in seven that is 7 higher than before and after.
        let values: Vec<f64> = (0..84).map(|day| if day == 77 { 17.0 } else { 10.0 }).collect();
        let found = DayRanges::of(&values).unwrap();
        // One of 56 distances is 7; the usual day of the last four weeks is 10.25.
        assert!((found.distance - 7.0 / 56.0).abs() < 1e-12 && (found.usual - 10.25).abs() < 1e-12);
        let one = found.bounds(1, 10.25);
        assert!((one[2] - 1.7 / 8.0).abs() < 1e-12);
        assert!((found.bounds(1, 4.0 * 10.25)[2] - 2.0 * one[2]).abs() < 1e-12);
        assert!(found.bounds(40, 10.25)[3] > one[3]);
        assert_eq!(DayRanges::of(&values[..35]), None);
    }
}
