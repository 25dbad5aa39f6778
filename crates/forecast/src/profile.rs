//! Weekday profiles: how a weekday's cost compares with the week's mean, which is 1.
//!
//! Robust: per weekday the median of `day ÷ centred 7-day mean` over 84 days, one pseudo-observation
//! of 1. Mean: per weekday `mean ÷ mean of all` over a window, with pseudo-observations of 1. Wrong
//! when the week changed inside the window, and flat where costs of both signs cancel.

use crate::calendar::WEEK;

/// A factor for each weekday, Monday first, with mean 1.
///
/// Wrong when costs follow the day of the month and not the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeekdayProfile([f64; WEEK]);

/// A weekday whose factor is smaller is divided by this instead, so that no day's cost explodes.
const LEAST_DIVISOR: f64 = 0.15;
/// A single ratio counts at most this much.
const LARGEST_RATIO: f64 = WEEK as f64;
/// The mean must be at least this share of the mean size, or signs cancel and the profile is flat.
const LEAST_SIGN_SHARE: f64 = 0.1;

impl WeekdayProfile {
    /// Every weekday alike.
    pub const FLAT: WeekdayProfile = WeekdayProfile([1.0; WEEK]);

    /// The factor of a weekday, Monday 0.
    #[must_use]
    pub fn factor(&self, weekday: usize) -> f64 {
        self.0[weekday % WEEK]
    }

    /// The factor to divide a cost of that weekday by.
    #[must_use]
    pub fn divisor(&self, weekday: usize) -> f64 {
        self.factor(weekday).max(LEAST_DIVISOR)
    }

    /// Mean per weekday over the mean of all values, each weekday with `pseudo` observations of 1.
    ///
    /// `values` are consecutive days, `NaN` where missing; `first_weekday` is that of the first.
    #[must_use]
    pub fn of_means(values: &[f64], first_weekday: usize, pseudo: f64) -> Self {
        let (mut sum, mut size, mut count) = (0.0, 0.0, 0.0);
        let (mut sums, mut counts) = ([0.0; WEEK], [0.0; WEEK]);
        for (index, &value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let weekday = (first_weekday + index) % WEEK;
            sums[weekday] += value;
            counts[weekday] += 1.0;
            sum += value;
            size += value.abs();
            count += 1.0;
        }
        if sum.abs() <= LEAST_SIGN_SHARE * size || size == 0.0 {
            return Self::FLAT;
        }
        let mean = sum / count;
        let mut factors = [1.0; WEEK];
        for weekday in 0..WEEK {
            let seen = (sums[weekday] / mean).clamp(0.0, LARGEST_RATIO * counts[weekday]);
            factors[weekday] = (seen + pseudo) / (counts[weekday] + pseudo).max(f64::MIN_POSITIVE);
        }
        Self::with_mean_one(factors)
    }

    /// Median per weekday of each day over the mean of the seven days around it, one
    /// pseudo-observation of 1; flat where no week is complete.
    #[must_use]
    pub fn of_medians(values: &[f64], first_weekday: usize) -> Self {
        let mut ratios: [Vec<f64>; WEEK] = std::array::from_fn(|_| vec![1.0]);
        for (index, week) in values.windows(WEEK).enumerate() {
            let mean = week.iter().sum::<f64>() / WEEK as f64;
            let size = week.iter().map(|value| value.abs()).sum::<f64>() / WEEK as f64;
            // False for a week with a missing day too.
            if mean.abs() > LEAST_SIGN_SHARE * size {
                let middle = index + WEEK / 2;
                ratios[(first_weekday + middle) % WEEK]
                    .push((values[middle] / mean).clamp(0.0, LARGEST_RATIO));
            }
        }
        Self::with_mean_one(std::array::from_fn(|weekday| median(&mut ratios[weekday]).unwrap_or(1.0)))
    }

    fn with_mean_one(factors: [f64; WEEK]) -> Self {
        let mean = factors.iter().sum::<f64>() / WEEK as f64;
        if mean.is_finite() && mean > 0.0 { Self(factors.map(|factor| factor / mean)) } else { Self::FLAT }
    }
}

/// The same days with a series' own weekday shape and the same sum: candidates that know no weekdays
/// flatten a mix of them, which hardly matters to its sum and much to its days.
pub(crate) fn shaped_by_weekday(usual: &[f64], first_weekday: usize, own: &WeekdayProfile) -> Vec<f64> {
    let sum: f64 = usual.iter().sum();
    if usual.iter().any(|&value| value < 0.0) || sum <= 0.0 {
        return usual.to_vec();
    }
    let mixed = WeekdayProfile::of_means(usual, first_weekday, 0.0);
    let factor = |day: usize| {
        let weekday = (first_weekday + day) % WEEK;
        own.factor(weekday) / mixed.divisor(weekday)
    };
    let shaped: Vec<f64> = usual.iter().enumerate().map(|(day, value)| value * factor(day)).collect();
    let total: f64 = shaped.iter().sum();
    if total > 0.0 { shaped.iter().map(|value| value * sum / total).collect() } else { usual.to_vec() }
}

/// The median, `None` of nothing; reorders the values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile by linear interpolation between order statistics, `None` of nothing; sorts.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(values[low] + (values[high] - values[low]) * (place - low as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four weeks of 1 from Monday to Friday and 0 at weekends.
    fn office() -> Vec<f64> {
        (0..28).map(|day| f64::from(day % 7 < 5)).collect()
    }

    #[test]
    fn a_flat_path_takes_the_shape_of_the_week_and_keeps_its_sum() {
        let own = WeekdayProfile::of_means(&office(), 0, 0.0);
        // Wednesday to Tuesday: five workdays and a weekend share 7.
        let shaped = shaped_by_weekday(&[1.0; 7], 2, &own);
        assert!((shaped.iter().sum::<f64>() - 7.0).abs() < 1e-12);
        assert!(shaped[3].abs() < 1e-12 && shaped[4].abs() < 1e-12 && (shaped[0] - 1.4).abs() < 1e-12);
        // A path that has the shape already, or that is partly negative, stays as it is.
        assert_eq!(shaped_by_weekday(&[-1.0, 2.0], 0, &own), [-1.0, 2.0]);
        let again = shaped_by_weekday(&shaped, 2, &own);
        assert!(again.iter().zip(&shaped).all(|(again, once)| (again - once).abs() < 1e-9));
    }

    #[test]
    fn means_are_shares_of_the_mean_and_are_pulled_to_one() {
        // The mean is 5/7: a workday is 7/5 of it, a day of the weekend 0.
        let plain = WeekdayProfile::of_means(&office(), 0, 0.0);
        assert!((plain.factor(0) - 1.4).abs() < 1e-12 && plain.factor(6).abs() < 1e-12);
        // Four seen and four assumed: (4 · 1.4 + 4) / 8 and 4 / 8, whose mean is 1 already.
        let pulled = WeekdayProfile::of_means(&office(), 0, 4.0);
        assert!((pulled.factor(0) - 1.2).abs() < 1e-12 && (pulled.factor(6) - 0.5).abs() < 1e-12);
        assert_eq!(plain.divisor(6), LEAST_DIVISOR);
    }

    #[test]
    fn one_spike_does_not_move_the_medians() {
        let mut values = office();
        values[9] = 50.0;
        let profile = WeekdayProfile::of_medians(&values, 0);
        assert!((profile.factor(0) - profile.factor(1)).abs() < 0.01);
    }

    #[test]
    fn cancelling_signs_and_nothing_are_flat() {
        assert_eq!(WeekdayProfile::of_means(&[1.0, -1.0, 1.0, -1.0], 0, 1.0), WeekdayProfile::FLAT);
        assert_eq!(WeekdayProfile::of_means(&[], 0, 1.0), WeekdayProfile::FLAT);
        assert_eq!(WeekdayProfile::of_medians(&[f64::NAN; 30], 3), WeekdayProfile::FLAT);
    }

    #[test]
    fn quantiles_lie_between_order_statistics() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.75), Some(2.5));
        assert_eq!(median(&mut []), None);
    }
}
