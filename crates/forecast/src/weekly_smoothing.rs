//! Holt-Winters with a weekly season, additive, without a trend, after fixed rates.
//!
//! `l ← l + 0.1 (y − l − s)`, `s_weekday ← s + 0.05 (y − l − s)`; rates as in many public uses of the
//! method (Winters 1960). The first two weeks only set the level. Wrong for a while after the level
//! jumps, since it follows slowly.

use crate::calendar::WEEK;

const LEVEL_RATE: f64 = 0.1;
const SEASON_RATE: f64 = 0.05;

/// A level and what each weekday adds to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HoltWinters {
    level: f64,
    season: [f64; WEEK],
    known: usize,
}

impl HoltWinters {
    /// Learns one more day; a missing one teaches nothing.
    pub fn learn(&mut self, weekday: usize, value: f64) {
        if value.is_nan() {
            return;
        }
        let error = value - self.level - self.season[weekday];
        self.known += 1;
        // A mean of the first days before the rates take over.
        self.level += error * LEVEL_RATE.max(1.0 / self.known as f64);
        if self.known > 1 {
            self.season[weekday] += error * SEASON_RATE.max((1.0 / self.known as f64).min(0.2));
        }
    }

    /// The level after the last day.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// What a weekday adds to the level.
    #[must_use]
    pub fn season(&self, weekday: usize) -> f64 {
        self.season[weekday]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_is_the_textbooks() {
        let mut model = HoltWinters { level: 10.0, season: [0.0; WEEK], known: 100 };
        model.learn(2, 14.0);
        assert!((model.level - 10.4).abs() < 1e-12 && (model.season[2] - 0.2).abs() < 1e-12);
        model.learn(3, f64::NAN);
        assert_eq!(model.known, 101);
    }
}
