//! Weekday profiles: how a weekday's cost compares with the week's mean, which is 1.
//!
//! Robust: per weekday the median of `day ÷ centred 7-day mean` over 84 days, one pseudo-observation
//! of 1. Mean: per weekday `mean ÷ mean of all` over a window, with pseudo-observations of 1. Both are
//! then drawn to 1 as far as noise explains them. Wrong when the week changed inside the window, and flat
//! where costs of both signs cancel.

use crate::calendar::WEEK;

/// A factor for each weekday, Monday first, with mean 1.
///
/// Wrong when costs follow the day of the month and not the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeekdayProfile([f64; WEEK]);

/// A weekday whose factor is smaller is divided by this instead, so that no day's cost explodes.
const LEAST_DIVISOR: f64 = 0.15;
/// Weeks that a profile of medians can hold, one pseudo-observation among them.
const MOST_WEEKS: usize = 16;
/// A single ratio counts at most this much.
const LARGEST_RATIO: f64 = WEEK as f64;
/// The mean must be at least this share of the mean size, or signs cancel and the profile is flat.
const LEAST_SIGN_SHARE: f64 = 0.1;

/// Share of the noise that a profile is drawn to 1 by.
const DRAWN: f64 = 4.0 / 6.0;

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
    /// pseudo-observation of 1. Given are these ratios on consecutive days, `NaN` where unknown.
    #[must_use]
    pub fn of_ratios(ratios: &[f64], first_weekday: usize) -> Self {
        let mut sorted = [[1.0; MOST_WEEKS]; WEEK];
        let mut counts = [1; WEEK];
        for (place, &ratio) in ratios.iter().enumerate() {
            let weekday = (first_weekday + place) % WEEK;
            let count = counts[weekday];
            if ratio.is_nan() || count == MOST_WEEKS {
                continue;
            }
            // Insertion: a dozen values a weekday.
            let own = &mut sorted[weekday];
            let at = own[..count].partition_point(|known| *known < ratio);
            own.copy_within(at..count, at + 1);
            own[at] = ratio;
            counts[weekday] += 1;
        }
        Self::with_mean_one(std::array::from_fn(|weekday| {
            let (own, count) = (&sorted[weekday], counts[weekday]);
            (own[(count - 1) / 2] + own[count / 2]) / 2.0
        }))
    }

    /// The profile drawn to 1 as far as noise alone would make it differ from 1: by the share of its
    /// variance that is not noise (James and Stein, with four of six degrees of freedom).
    ///
    /// `days` are the weekday, the value and the mean of the week around of the days that it was made
    /// from. Unchanged where only a week of them is known.
    #[must_use]
    pub fn without_noise(self, days: impl Iterator<Item = (usize, f64, f64)>) -> Self {
        let (mut sum, mut size, mut squares, mut count) = (0.0, 0.0, 0.0, 0.0);
        for (weekday, value, week) in days.filter(|(_, value, week)| !value.is_nan() && !week.is_nan()) {
            sum += value;
            size += value.abs();
            squares += (value - week * self.factor(weekday)).powi(2);
            count += 1.0;
        }
        let spread = self.0.iter().map(|factor| (factor - 1.0).powi(2)).sum::<f64>() / (WEEK - 1) as f64;
        if count <= WEEK as f64 || spread <= 0.0 || sum.abs() <= LEAST_SIGN_SHARE * size {
            return self;
        }
        let mean = sum / count;
        let noise = squares / mean / mean / (count - WEEK as f64) / (count / WEEK as f64);
        let real = (1.0 - DRAWN * noise / spread).clamp(0.0, 1.0);
        Self(self.0.map(|factor| 1.0 + real * (factor - 1.0)))
    }

    fn with_mean_one(factors: [f64; WEEK]) -> Self {
        let mean = factors.iter().sum::<f64>() / WEEK as f64;
        if mean.is_finite() && mean > 0.0 { Self(factors.map(|factor| factor / mean)) } else { Self::FLAT }
    }
}

/// The median, `None` of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile by linear interpolation between order statistics, `None` of nothing.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    if values.len() > FEW {
        let mut many: Vec<i64> = values.iter().map(|value| ordered(value.to_bits() as i64)).collect();
        return quantile_of(&mut many, share);
    }
    let mut few = [0; FEW];
    few.iter_mut().zip(values.iter()).for_each(|(own, value)| *own = ordered(value.to_bits() as i64));
    quantile_of(&mut few[..values.len()], share)
}

/// Values that are put in order without memory of their own.
const FEW: usize = 64;

/// The bits of a number as an integer in the order of [`f64::total_cmp`], which is compared faster; twice, the bits.
fn ordered(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn quantile_of(values: &mut [i64], share: f64) -> Option<f64> {
    let number = |value: i64| f64::from_bits(ordered(value) as u64);
    let last = values.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let (_, &mut lower, above) = values.select_nth_unstable(low);
    let lower = number(lower);
    if part == 0.0 {
        return Some(lower);
    }
    let upper = number(*above.iter().min()?);
    Some(lower + (upper - lower) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four weeks of 1 from Monday to Friday and 0 at weekends.
    fn office() -> Vec<f64> {
        (0..28).map(|day| f64::from(day % 7 < 5)).collect()
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
        // Four weeks in which a workday is 1.4 times its week, but for one Wednesday.
        let mut ratios: Vec<f64> = office().iter().map(|value| value * 1.4).collect();
        ratios[9] = 7.0;
        let profile = WeekdayProfile::of_ratios(&ratios, 0);
        assert!((profile.factor(2) - profile.factor(1)).abs() < 1e-12);
        assert!(profile.factor(1) > 1.3 && profile.factor(5) < 0.1);
    }

    #[test]
    fn cancelling_signs_and_nothing_are_flat() {
        assert_eq!(WeekdayProfile::of_means(&[1.0, -1.0, 1.0, -1.0], 0, 1.0), WeekdayProfile::FLAT);
        assert_eq!(WeekdayProfile::of_means(&[], 0, 1.0), WeekdayProfile::FLAT);
        assert_eq!(WeekdayProfile::of_ratios(&[f64::NAN; 30], 3), WeekdayProfile::FLAT);
    }

    #[test]
    fn quantiles_lie_between_order_statistics() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.75), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
