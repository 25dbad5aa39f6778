//! A clean step of the level: every day since it is below, or above, every day before it.
//!
//! Means over weeks follow a halved cost for weeks; this follows it within days. It says nothing of a level that
//! scatters as much as it has moved. Wrong where the old level comes back as suddenly.

use crate::{history::History, horizon::Horizon};

/// The fewest and the most days since a step.
const DAYS: (usize, usize) = (7, 28);
/// Days before it that show the old level, and how many of them must be known.
const BEFORE: usize = 28;
const FEWEST_BEFORE: usize = 21;
/// Days since the step are at least this far from the old ones, as a share.
const GAP: f64 = 0.25;
/// They differ among each other by less than this share of their median.
const LARGEST_SPREAD: f64 = 0.5;
/// Days' worth of doubt.
const DOUBT: f64 = 2.0;

/// What a step says of some days ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LevelStep {
    /// Their mean at the new level.
    pub mean: f64,
    /// Its weight in the forecast, 0 to 1.
    pub weight: f64,
}

impl LevelStep {
    /// The step that the days before an origin show; `None` without one.
    pub(crate) fn at(history: &History<'_>, horizon: &Horizon) -> Option<Self> {
        // Days without their weekday, newest first.
        let levels = history.robust_levels();
        let ends = |values: &[f64]| {
            let fold = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), fold)
        };
        let days = (DAYS.0..=DAYS.1.min(levels.len())).find(|days| {
            let (since, before) = levels.split_at(*days);
            let before = &before[..BEFORE.min(before.len())];
            let ((low, high), (old_low, old_high)) = (ends(since), ends(before));
            let is_apart = high < (1.0 - GAP) * old_low || (1.0 - GAP) * low > old_high;
            before.len() >= FEWEST_BEFORE
                && low > 0.0
                && old_low > 0.0
                && is_apart
                && high - low < LARGEST_SPREAD * low
        })?;
        let mut since = levels[..days].to_vec();
        since.sort_by(f64::total_cmp);
        let mean = since[days / 2] * horizon.mean_factor(history.robust_profile());
        Some(Self { mean, weight: days as f64 / (days as f64 + DOUBT) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{series_cache::SeriesCache, test_series::set_of};
    use billing::CycleDay;

    fn step_of(values: &[f64]) -> Option<LevelStep> {
        let set = set_of(&[("a", "2026-01-01", values)]);
        let cache = SeriesCache::new(set.get(0), CycleDay::FIRST, 30, |_, days| vec![days - 1]).unwrap();
        let history = History::at(&cache, 0);
        LevelStep::at(&history, &Horizon::new(&cache, values.len(), values.len() + 7))
    }

    #[test]
    fn a_halved_cost_is_followed_after_a_week_and_a_smaller_change_is_not() {
        let of = |days: usize, level: f64| {
            let after = (0..days).map(|day| level + (day % 2) as f64 / 10.0);
            step_of(&(0..90).map(|day| 10.0 + (day % 2) as f64 / 10.0).chain(after).collect::<Vec<_>>())
        };
        let found = of(10, 5.0).unwrap();
        assert!((4.8..5.3).contains(&found.mean) && (found.weight - 10.0 / 12.0).abs() < 1e-12, "{found:?}");
        assert_eq!(of(4, 5.0), None);
        assert_eq!(of(10, 8.5), None);
        assert_eq!(of(0, 0.0), None);
    }
}
