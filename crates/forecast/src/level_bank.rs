//! A bank of local levels with an autoregressive part, averaged by how well each explains the past.
//!
//! `z = l + a + e`, `l` a random walk, `a ← φ a + u`, for 16 settings of the two variances (against
//! that of `e`) and of φ, each run with its steady Kalman gains (Durbin and Koopman, *Time Series
//! Analysis by State Space Methods*, 2012). `z` is a day without its long weekday, over at most 180
//! days. Weights are the likelihood, of which a day's part fades within a month. A surprise beyond
//! three usual deviations is cut to these unless the day before was surprising in the same way: a spike
//! passes, a jump is followed from its second day on. Wrong on the first day of a jump.

use std::sync::LazyLock;

/// Variances of the level's and of the autoregressive part's steps, and the memory of the latter: all
/// of three, two and two, levels alone, and one that hardly moves.
const SETTINGS: [(f64, f64, f64); 16] = [
    (1e-3, 0.1, 0.6),
    (1e-3, 0.1, 0.9),
    (1e-3, 0.6, 0.6),
    (1e-3, 0.6, 0.9),
    (1e-2, 0.1, 0.6),
    (1e-2, 0.1, 0.9),
    (1e-2, 0.6, 0.6),
    (1e-2, 0.6, 0.9),
    (1e-1, 0.1, 0.6),
    (1e-1, 0.1, 0.9),
    (1e-1, 0.6, 0.6),
    (1e-1, 0.6, 0.9),
    (1e-2, 0.0, 0.0),
    (1e-1, 0.0, 0.0),
    (0.5, 0.0, 0.0),
    (1e-4, 0.3, 0.8),
];
const COUNT: usize = SETTINGS.len();
/// Surprises are limited to this many usual deviations, which are known after some days.
const LARGEST_SURPRISE: f64 = 3.0;
const SURE_DAYS: f64 = 14.0;
/// What evidence is worth after each further day.
const FADING: f64 = 1.0 - 1.0 / 30.0;

/// Steady gains of each setting, and its memory.
struct Gains {
    level: [f64; COUNT],
    short: [f64; COUNT],
    memory: [f64; COUNT],
}

static GAINS: LazyLock<Gains> = LazyLock::new(|| {
    let mut gains = Gains { level: [0.0; COUNT], short: [0.0; COUNT], memory: [0.0; COUNT] };
    for (place, (level_step, short_step, memory)) in SETTINGS.into_iter().enumerate() {
        (gains.level[place], gains.short[place], _) = steady_gains(level_step, short_step, memory);
        gains.memory[place] = memory;
    }
    gains
});

/// Gains of the level and of the short part, and the variance of a surprise, where the noise has
/// variance 1: the Riccati recursion, run until it stands still.
fn steady_gains(level_step: f64, short_step: f64, memory: f64) -> (f64, f64, f64) {
    let (mut p11, mut p12, mut p22) = (1.0, 0.0, short_step);
    let mut found = (0.0, 0.0, 0.0);
    for _ in 0..2000 {
        let variance = p11 + 2.0 * p12 + p22 + 1.0;
        let (level, short) = ((p11 + p12) / variance, (p12 + p22) / variance);
        found = (level, short, variance);
        let (q11, q12, q22) =
            (p11 - level * (p11 + p12), p12 - level * (p12 + p22), p22 - short * (p12 + p22));
        (p11, p12, p22) = (q11 + level_step, memory * q12, memory * memory * q22 + short_step);
    }
    found
}

/// What the bank knows after the last of some days.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelBank {
    level: [f64; COUNT],
    /// The short part, as expected for the next day.
    short: [f64; COUNT],
    /// Sums of squared surprises, which fade.
    squares: [f64; COUNT],
    /// Whether the last surprise was beyond all usual ones: its sign, or 0.
    beyond: [f64; COUNT],
    /// How many there were, as far as they still count, and how many days.
    count: f64,
    days: f64,
}

impl LevelBank {
    /// Goes through levels, newest first.
    #[must_use]
    pub fn of(levels: &[f64]) -> Self {
        let zeros = [0.0; COUNT];
        let mut bank =
            Self { level: zeros, short: zeros, squares: zeros, beyond: zeros, count: 0.0, days: 0.0 };
        levels.iter().rev().for_each(|level| bank.learn(*level));
        bank
    }

    /// Learns the level of one more day.
    fn learn(&mut self, value: f64) {
        let gains = &*GAINS;
        // A mean of the first days before the steady gain takes over, and no surprise in the first.
        self.days += 1.0;
        let first = 1.0 / self.days;
        let follows = if self.days > 1.0 { 1.0 } else { 0.0 };
        let is_sure = self.days > SURE_DAYS;
        let most = LARGEST_SURPRISE.powi(2) / self.count.max(1.0);
        self.count = FADING * self.count + follows;
        let mut surprises: [f64; COUNT] =
            std::array::from_fn(|place| value - self.level[place] - self.short[place]);
        let is_beyond = |(surprise, squares): (&f64, &f64)| surprise * surprise > most * squares;
        if is_sure && surprises.iter().zip(&self.squares).any(is_beyond) {
            self.cut(&mut surprises, most);
        } else {
            self.beyond = [0.0; COUNT];
        }
        for (place, surprise) in surprises.into_iter().enumerate() {
            self.level[place] += surprise * gains.level[place].max(first);
            let short = self.short[place] + surprise * gains.short[place] * follows;
            self.short[place] = gains.memory[place] * short;
            self.squares[place] = FADING * self.squares[place] + surprise * surprise * follows;
        }
    }

    /// Cuts the surprises that are beyond the usual ones, unless the last one was so too.
    fn cut(&mut self, surprises: &mut [f64; COUNT], most: f64) {
        for (place, surprise) in surprises.iter_mut().enumerate() {
            let cut = (most * self.squares[place]).sqrt();
            let beyond = if surprise.abs() > cut { surprise.signum() } else { 0.0 };
            if beyond != self.beyond[place] {
                *surprise = surprise.clamp(-cut, cut);
            }
            self.beyond[place] = beyond;
        }
    }

    /// Weights of the settings, summing to 1.
    fn weights(&self) -> [f64; COUNT] {
        // With the variance concentrated out and steady gains the log of the likelihood is −½ n ln Σν².
        let least = f64::MIN_POSITIVE;
        let all: [f64; COUNT] = self.squares.map(|squares| -0.5 * self.count * squares.max(least).ln());
        let best = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut weights = all.map(|one| (one - best).exp());
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        weights
    }

    /// The level and the mean short part over the days `skipped` to `skipped + days` after the origin;
    /// beside it how far the settings are apart.
    #[must_use]
    pub fn mean_ahead(&self, skipped: usize, days: usize) -> (f64, f64) {
        let weights = self.weights();
        let value = |place: usize| {
            let memory = GAINS.memory[place];
            let sum = (1.0 - memory.powi(days as i32)) / (1.0 - memory);
            self.level[place] + self.short[place] * memory.powi(skipped as i32) * sum / days as f64
        };
        let values: [f64; COUNT] = std::array::from_fn(value);
        let mean: f64 = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
        let spread: f64 =
            weights.iter().zip(values).map(|(weight, value)| weight * (value - mean).powi(2)).sum();
        (mean, spread.sqrt())
    }

    /// Weighted mean of the level's gain: how fast the series is followed.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.weights().iter().zip(GAINS.level).map(|(weight, gain)| weight * gain).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_gains_solve_the_riccati_equation() {
        // Next to no short part: a local level with q = 0.02, whose gain is (−q + √(q² + 4q)) / 2.
        let (level, short, variance) = steady_gains(0.02, 1e-12, 0.5);
        let known = (-0.02 + (0.02_f64 * 0.02 + 0.08).sqrt()) / 2.0;
        assert!((level - known).abs() < 1e-6 && short < 1e-9, "{level} {known}");
        assert!((variance - 1.0 / (1.0 - known)).abs() < 1e-6);
    }

    #[test]
    fn a_flat_series_stays_and_a_jump_is_followed() {
        let flat = LevelBank::of(&[5.0; 100]);
        assert!((flat.mean_ahead(0, 10).0 - 5.0).abs() < 1e-9);
        // Newest first: sixty days around 9, after ninety around 5.
        let noisy = |level: f64, days: i32| (0..days).map(move |day| level + f64::from(day % 3) * 0.1);
        let bank = LevelBank::of(&noisy(9.0, 60).chain(noisy(5.0, 90)).collect::<Vec<_>>());
        assert!((bank.mean_ahead(0, 10).0 - 9.1).abs() < 0.5, "{:?}", bank.mean_ahead(0, 10));
        assert!(bank.speed() > 0.0);
    }

    #[test]
    fn one_day_is_its_own_level() {
        assert!((LevelBank::of(&[3.0]).mean_ahead(4, 30).0 - 3.0).abs() < 1e-12);
    }
}
