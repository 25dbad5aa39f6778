//! What is known at an origin: the values up to a day, and what all candidates ask of them.
//!
//! Weekday profiles, levels and typical sizes are computed once an origin and shared. Nothing after
//! the origin can be reached from here, which is what keeps rolling origins free of leakage.

use crate::{
    calendar::{Place, WEEK},
    level_bank::LevelBank,
    profile::{WeekdayProfile, median},
    series_cache::{SeriesCache, State},
};

/// Windows, in days, of the profiles and of the recent level.
const ROBUST_WINDOW: usize = 84;
const MEAN_WINDOW: usize = 56;
const LONG_WINDOW: usize = 210;
const LEVEL_WINDOW: usize = 28;
/// Observations of 1 a weekday in profiles of means.
const PSEUDO: f64 = 1.0;
/// Days whose levels are kept; older ones have no weight left at a rate of 0.07.
const SMOOTHING_WINDOW: usize = 180;
/// A size below this counts as zero: quotients of such numbers mean nothing.
const NOTHING: f64 = 1e-100;
/// Least deviation as a share of a typical day.
const LEAST_DEVIATION: f64 = 0.01;
/// With fewer days than this the robust profile is replaced by the mean one.
const ROBUST_NEEDS: usize = 21;

/// Values of a series up to an origin, its last day. Days are numbered from the first known one.
///
/// Wrong when the last days are not settled: the origin must lie before them.
#[derive(Clone, Debug)]
pub struct History<'a> {
    track: &'a SeriesCache<'a>,
    state: &'a State,
    /// The day after the origin, which is also the number of days.
    end: usize,
    robust: WeekdayProfile,
    mean: WeekdayProfile,
    long: WeekdayProfile,
    recent_mean: f64,
    typical_size: f64,
    /// Values without the robust and the mean weekday, newest first, missing days left out.
    robust_levels: Vec<f64>,
    mean_levels: Vec<f64>,
    /// The same without the long weekday.
    long_levels: Vec<f64>,
    /// What the bank of local levels makes of the long ones.
    bank: LevelBank,
}

impl<'a> History<'a> {
    /// The history that ends with the origin whose state stands at `place` in the track.
    #[must_use]
    pub fn at(track: &'a SeriesCache<'a>, place: usize) -> Self {
        let state = &track.states[place];
        let end = state.origin + 1;
        let values = &track.values()[..end];
        let without_noise = |profile: WeekdayProfile, window: usize| {
            // The week around a day reaches three days further, which must not lie after the origin.
            let days = end.saturating_sub(window)..end.saturating_sub(WEEK / 2);
            profile.without_noise(
                days.map(|day| (usize::from(track.place(day).weekday), values[day], track.week(day))),
            )
        };
        let of_means = |window: usize| {
            let first = end.saturating_sub(window);
            let weekday = usize::from(track.place(first).weekday);
            without_noise(WeekdayProfile::of_means(&values[first..], weekday, PSEUDO), window)
        };
        let mean = of_means(MEAN_WINDOW);
        let robust =
            if end < ROBUST_NEEDS { mean } else { without_noise(robust_profile(track, end), ROBUST_WINDOW) };
        let last = &values[end.saturating_sub(LEVEL_WINDOW)..];
        let recent_mean = mean_of(last).or_else(|| mean_of(values)).unwrap_or(0.0);
        let size = |values: &[f64]| mean_of_sizes(values).filter(|&size| size > NOTHING);
        let typical_size = size(last).or_else(|| size(values)).unwrap_or(0.0);
        let without = |profile: &WeekdayProfile| -> Vec<f64> {
            let inverse: [f64; WEEK] = std::array::from_fn(|weekday| 1.0 / profile.divisor(weekday));
            (end.saturating_sub(SMOOTHING_WINDOW)..end)
                .rev()
                .filter(|&day| !values[day].is_nan())
                .map(|day| values[day] * inverse[usize::from(track.place(day).weekday)])
                .collect()
        };
        let long = of_means(LONG_WINDOW);
        let (robust_levels, mean_levels, long_levels) = (without(&robust), without(&mean), without(&long));
        let bank = LevelBank::of(&long_levels);
        Self {
            track,
            state,
            end,
            robust,
            mean,
            long,
            recent_mean,
            typical_size,
            robust_levels,
            mean_levels,
            long_levels,
            bank,
        }
    }

    /// The series that it is a part of; only days before [`History::end`] may be looked at.
    #[must_use]
    pub fn track(&self) -> &'a SeriesCache<'a> {
        self.track
    }

    /// What the model that goes day by day knows.
    #[must_use]
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// The day after the origin, the number of days there are.
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }

    /// All values, `NaN` where missing.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        &self.track.values()[..self.end]
    }

    /// The last `days` values, or what there is of them.
    #[must_use]
    pub fn last(&self, days: usize) -> &'a [f64] {
        &self.values()[self.end.saturating_sub(days)..]
    }

    /// Where a day lies, known or ahead.
    #[must_use]
    pub fn place(&self, day: usize) -> Place {
        self.track.place(day)
    }

    /// The weekday of a day.
    #[must_use]
    pub fn weekday(&self, day: usize) -> usize {
        usize::from(self.track.place(day).weekday)
    }

    /// Mean of the known values of these days, which may begin before the first and end after the last.
    #[must_use]
    pub fn mean_between(&self, first: i64, end: i64) -> Option<f64> {
        let clip = |day: i64| day.clamp(0, self.end as i64) as usize;
        mean_of(&self.values()[clip(first)..clip(end).max(clip(first))])
    }

    /// First day and day after the last of the cycle that the day after the origin lies in.
    #[must_use]
    pub fn open_cycle(&self) -> (i64, i64) {
        self.track.timeline().cycle(usize::from(self.place(self.end).cycle))
    }

    /// First day and day after the last of the complete cycles before the open one, newest first, at
    /// most `count`; the oldest may begin before the first day.
    pub fn earlier_cycles(&self, count: usize) -> impl Iterator<Item = (i64, i64)> + use<'a> {
        let (open, timeline) = (usize::from(self.place(self.end).cycle), self.track.timeline());
        (0..open).rev().take(count).map(|index| timeline.cycle(index))
    }

    /// Days of the open cycle that lie before the day after the origin, 0 when the origin ends a cycle.
    #[must_use]
    pub fn days_into_cycle(&self) -> usize {
        usize::from(self.place(self.end).day) - 1
    }

    /// The robust weekday profile (of means while there are fewer than three weeks).
    #[must_use]
    pub fn robust_profile(&self) -> &WeekdayProfile {
        &self.robust
    }

    /// The weekday profile of means over eight weeks.
    #[must_use]
    pub fn mean_profile(&self) -> &WeekdayProfile {
        &self.mean
    }

    /// The weekday profile of means over thirty weeks.
    #[must_use]
    pub fn long_profile(&self) -> &WeekdayProfile {
        &self.long
    }

    /// Mean of the last four weeks, or of everything when they are missing.
    #[must_use]
    pub fn recent_mean(&self) -> f64 {
        self.recent_mean
    }

    /// Mean size of a day in the last four weeks that cost something; the unit of errors. 0 only
    /// where every value is 0.
    #[must_use]
    pub fn typical_size(&self) -> f64 {
        self.typical_size
    }

    /// Known values without their robust weekday, newest first, of at most the last 180 days.
    #[must_use]
    pub fn robust_levels(&self) -> &[f64] {
        &self.robust_levels
    }

    /// The same without their mean weekday.
    #[must_use]
    pub fn mean_levels(&self) -> &[f64] {
        &self.mean_levels
    }

    /// The same without their long weekday.
    #[must_use]
    pub fn long_levels(&self) -> &[f64] {
        &self.long_levels
    }

    /// What the bank of local levels makes of the long levels.
    #[must_use]
    pub fn bank(&self) -> &LevelBank {
        &self.bank
    }

    /// The unit of ranges: the geometric mean of a typical day and of a day's deviation from its
    /// weekday's level over eight weeks, which is at least a hundredth of a typical day, and at least
    /// half of one over the number of days, since a few equal days prove little.
    ///
    /// Errors of a rest come from noise and from moves of the level; the first go with the deviation,
    /// the second with the size, so that either alone fits half of all bills.
    #[must_use]
    pub fn range_unit(&self) -> f64 {
        let count = self.track.known(self.end.saturating_sub(MEAN_WINDOW), self.end);
        let mut levels = self.robust_levels[..count.min(self.robust_levels.len())].to_vec();
        let middle = median(&levels).unwrap_or(0.0);
        levels.iter_mut().for_each(|level| *level = (*level - middle).abs());
        let least = LEAST_DEVIATION.max(0.5 / levels.len().max(1) as f64);
        let deviation = mean_of(&levels).unwrap_or(0.0).max(least * self.typical_size);
        deviation.sqrt() * self.typical_size.sqrt()
    }

    /// Mean of the last `days` values over the mean factor of their robust weekdays.
    #[must_use]
    pub fn mean_level(&self, days: usize) -> f64 {
        let (mut sum, mut factors) = (0.0, 0.0);
        for (day, value) in self.values().iter().enumerate().skip(self.end.saturating_sub(days)) {
            if !value.is_nan() {
                sum += value;
                factors += self.robust.factor(self.weekday(day));
            }
        }
        if factors > 0.0 { sum / factors } else { self.recent_mean }
    }

    /// Median of the newest `days` known values without their robust weekday.
    #[must_use]
    pub fn median_level(&self, days: usize) -> f64 {
        let count = self.track.known(self.end.saturating_sub(days), self.end);
        median(&self.robust_levels[..count.min(self.robust_levels.len())]).unwrap_or(self.recent_mean)
    }
}

fn robust_profile(track: &SeriesCache<'_>, end: usize) -> WeekdayProfile {
    // A ratio reaches three days beyond its own, which must not lie after the origin.
    let (first, last) = (end.saturating_sub(ROBUST_WINDOW), end.saturating_sub(WEEK / 2));
    let first = (first + WEEK / 2).min(last);
    WeekdayProfile::of_ratios(track.ratios(first, last), usize::from(track.place(first).weekday))
}

/// Exponential mean of values, newest first, where the newest has weight `newest`; `None` of none.
pub(crate) fn exponential_mean(levels: &[f64], newest: f64) -> Option<f64> {
    let (mut weight, mut sum, mut total) = (1.0, 0.0, 0.0);
    for level in levels {
        sum += weight * level;
        total += weight;
        weight *= 1.0 - newest;
    }
    (total > 0.0).then(|| sum / total)
}

/// Mean of the values that are not missing.
pub(crate) fn mean_of(values: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values.iter().filter(|value| !value.is_nan()) {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

pub(crate) fn mean_of_sizes(values: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values.iter().filter(|value| !value.is_nan()) {
        sum += value.abs();
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    #[test]
    fn missing_days_are_left_out_and_never_zero() {
        let nan = f64::NAN;
        let values = [nan, 4.0, nan, 8.0];
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        assert_eq!((history.end(), history.place(0).day, history.days_into_cycle()), (3, 2, 4));
        assert_eq!((history.recent_mean(), history.typical_size()), (6.0, 6.0));
        assert!((history.median_level(3) - 6.0).abs() < 0.5);
        assert_eq!(history.mean_between(-40, 2), Some(4.0));
        assert_eq!(history.mean_between(1, 2), None);
    }

    #[test]
    fn the_unit_of_errors_survives_a_month_of_nothing() {
        let mut values = vec![10.0; 28];
        values.extend([0.0; 28]);
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        assert_eq!((history.recent_mean(), history.typical_size()), (0.0, 5.0));
    }

    #[test]
    fn a_few_equal_days_are_not_taken_for_certainty() {
        let unit = |days: usize| {
            let values = vec![2.0; days];
            let track = tracked("2026-01-01", &values);
            History::at(&track, 0).range_unit()
        };
        // Geometric means of 2 and of half of it, and of 2 and of a hundredth of it.
        assert!((unit(1) - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!((unit(60) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn an_exponential_mean_weighs_the_newest_day_most() {
        // Weights 1 and ½: (6 + ½ · 3) / 1½ = 5.
        assert!((exponential_mean(&[6.0, 3.0], 0.5).unwrap() - 5.0).abs() < 1e-12);
        assert_eq!(exponential_mean(&[], 0.5), None);
    }

    #[test]
    fn exponential_means_are_the_levels_of_another_implementation() {
        // Numbers of statsforecast 2.0.2 (`tests/reference/levels.py`), whose level begins at the first value;
        // ours takes the weights of what is there, so that value's share is added.
        let values: Vec<f64> =
            (0..120).map(|day| 20.0 + f64::from(7 * day % 11) + f64::from(day) / 10.0).collect();
        let newest_first: Vec<f64> = values.iter().rev().copied().collect();
        for (newest, level) in [(0.07_f64, 35.699_863), (0.15, 36.579_918), (0.3, 37.073_283)] {
            let first = (1.0 - newest).powi(120);
            let found = exponential_mean(&newest_first, newest).unwrap() * (1.0 - first) + first * values[0];
            assert!((found - level).abs() < 2e-6, "{newest}: {found}");
        }
    }

    #[test]
    fn cycles_are_found_from_the_day_after_the_origin() {
        // 2026-01-11 on 80 days ends with the last of March.
        let track = tracked("2026-01-11", &[1.0; 80]);
        let history = History::at(&track, 0);
        assert_eq!(history.open_cycle(), (80, 110));
        assert_eq!(history.earlier_cycles(9).collect::<Vec<_>>(), [(49, 80), (21, 49), (-10, 21)]);
    }
}
