//! A bank of local levels with an autoregressive part, averaged by how well each explains the past.
//!
//! `z = l + a + e`, `l` a random walk, `a ← φ a + u`, for 45 settings of the two variances (against
//! that of `e`) and of φ, each run with its steady Kalman gains (Durbin and Koopman, *Time Series
//! Analysis by State Space Methods*, 2012). `z` is a day without its weekday, over at most 150 days.
//! Weights are the square root of the likelihood; a surprise beyond four deviations counts as four. Wrong after a jump, until its evidence outweighs the settings that followed slowly.

use crate::{
    history::{History, Rest},
    profile::WeekdayProfile,
};
use std::sync::LazyLock;

/// Variances of the level's and of the autoregressive part's steps, and memories of the latter.
const LEVEL_STEPS: [f64; 5] = [1e-4, 1e-3, 5e-3, 2e-2, 1e-1];
const SHORT_STEPS: [f64; 3] = [0.05, 0.3, 1.0];
const MEMORIES: [f64; 3] = [0.5, 0.8, 0.95];
const SETTINGS: usize = LEVEL_STEPS.len() * SHORT_STEPS.len() * MEMORIES.len();
/// A surprise counts at most so many of the deviations known after some days.
const LARGEST_SURPRISE: f64 = 4.0;
const SURE_DAYS: f64 = 14.0;
/// What evidence is worth after each further day.
const FADING: f64 = 1.0 - 1.0 / 120.0;

/// Steady gains of each setting, and its memory.
struct Gains {
    level: [f64; SETTINGS],
    short: [f64; SETTINGS],
    memory: [f64; SETTINGS],
}

static GAINS: LazyLock<Gains> = LazyLock::new(|| {
    let mut gains = Gains { level: [0.0; SETTINGS], short: [0.0; SETTINGS], memory: [0.0; SETTINGS] };
    for setting in 0..SETTINGS {
        let step = LEVEL_STEPS[setting / (SHORT_STEPS.len() * MEMORIES.len())];
        let short_step = SHORT_STEPS[setting / MEMORIES.len() % SHORT_STEPS.len()];
        let memory = MEMORIES[setting % MEMORIES.len()];
        (gains.level[setting], gains.short[setting], _) = steady_gains(step, short_step, memory);
        gains.memory[setting] = memory;
    }
    gains
});

/// Gains of the level and of the short part, and the variance of a surprise, where the noise has
/// variance 1: the Riccati recursion, run until it stands still.
fn steady_gains(level_step: f64, short_step: f64, memory: f64) -> (f64, f64, f64) {
    let (mut p11, mut p12, mut p22) = (1.0, 0.0, 1.0);
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
    level: [f64; SETTINGS],
    /// The short part, as expected for the next day.
    short: [f64; SETTINGS],
    /// Sums of squared surprises.
    squares: [f64; SETTINGS],
    /// How many there were, as far as they still count, and how many days.
    count: f64,
    days: f64,
}

impl Default for LevelBank {
    fn default() -> Self {
        let zeros = [0.0; SETTINGS];
        Self { level: zeros, short: zeros, squares: zeros, count: 0.0, days: 0.0 }
    }
}

impl LevelBank {
    /// Goes through levels, newest first.
    #[must_use]
    pub fn of(levels: &[f64]) -> Self {
        let mut bank = Self::default();
        levels.iter().rev().for_each(|level| bank.learn(*level));
        bank
    }

    /// Learns the level of one more day; a missing one only lets the short part fade.
    pub fn learn(&mut self, value: f64) {
        let gains = &*GAINS;
        if value.is_nan() {
            self.short.iter_mut().zip(gains.memory).for_each(|(short, memory)| *short *= memory);
            return;
        }
        // A mean of the first days before the steady gain takes over, and no surprise in the first.
        self.days += 1.0;
        let first = 1.0 / self.days;
        let follows = if self.days > 1.0 { 1.0 } else { 0.0 };
        let is_sure = self.days > SURE_DAYS;
        let most = LARGEST_SURPRISE.powi(2) / self.count.max(1.0);
        self.count = FADING * self.count + follows;
        for setting in 0..SETTINGS {
            let surprise = value - self.level[setting] - self.short[setting];
            let cut = (most * self.squares[setting]).sqrt();
            let surprise = if is_sure { surprise.clamp(-cut, cut) } else { surprise };
            self.level[setting] += surprise * gains.level[setting].max(first);
            let short = self.short[setting] + surprise * gains.short[setting] * follows;
            self.short[setting] = gains.memory[setting] * short;
            self.squares[setting] = FADING * self.squares[setting] + surprise * surprise * follows;
        }
    }

    /// Weights of the settings, summing to 1.
    fn weights(&self) -> [f64; SETTINGS] {
        // With the variance concentrated out and steady gains the log of the likelihood is −½ n ln Σν²;
        // halved for the square root.
        let least = f64::MIN_POSITIVE;
        let all: [f64; SETTINGS] = self.squares.map(|squares| -0.25 * self.count * squares.max(least).ln());
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
        let faded = MEMORIES.map(|memory: f64| {
            let sum = (1.0 - memory.powi(days as i32)) / (1.0 - memory);
            memory.powi(skipped as i32) * sum / days as f64
        });
        let value =
            |setting: usize| self.level[setting] + self.short[setting] * faded[setting % MEMORIES.len()];
        let mean: f64 = (0..SETTINGS).map(|setting| weights[setting] * value(setting)).sum();
        let spread: f64 =
            (0..SETTINGS).map(|setting| weights[setting] * (value(setting) - mean).powi(2)).sum();
        (mean, spread.sqrt())
    }

    /// Weighted mean of the level's gain: how fast the series is followed.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.weights().iter().zip(GAINS.level).map(|(weight, gain)| weight * gain).sum()
    }
}

/// Mean of the asked days, from levels without this profile.
pub fn estimate(history: &History<'_>, rest: &Rest, bank: &LevelBank, profile: &WeekdayProfile) -> f64 {
    bank.mean_ahead(rest.first - history.end(), rest.days()).0 * rest.mean_factor(profile)
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
