//! The daily path of a rest: level, weekday and the extra cost of single days of the cycle, drawn to the
//! mean that was forecast. Wrong to read as a forecast of single days: only its sum was forecast.

use crate::{candidates::cycle::ExtraDays, history::History, horizon::Horizon};

/// Days whose median is the level of a path.
const PATH_DAYS: usize = 28;
/// Means that differ by less than this share are equal.
const NO_SHAPE: f64 = 1e-9;

/// What days of the cycle are expected to cost, known to be consistent with a mean of the days to come.
pub(crate) struct DailyPath<'a> {
    history: &'a History<'a>,
    level: f64,
    extra: ExtraDays,
    floor: f64,
    draw: Draw,
}

/// How the shape of the days is drawn to their mean.
#[derive(Clone, Copy)]
enum Draw {
    /// In proportion.
    Times(f64),
    /// By the same amount a day, where credits leave a proportion without meaning.
    Plus(f64),
    /// Every day is the mean: the days have no shape.
    Flat(f64),
}

impl<'a> DailyPath<'a> {
    /// The path whose mean over the horizon is `mean`.
    pub(crate) fn new(history: &'a History<'a>, horizon: &Horizon, mean: f64) -> Self {
        // A day costs nothing at least, where none ever cost less.
        let floor = if history.track().has_negative(history.end()) { f64::NEG_INFINITY } else { 0.0 };
        let (level, extra) = (history.median_level(PATH_DAYS), ExtraDays::find(history));
        let mut path = Self { history, level, extra, floor, draw: Draw::Times(1.0) };
        let shape: Vec<f64> = (horizon.first..horizon.end).map(|day| path.shape(day)).collect();
        let own_mean = shape.iter().sum::<f64>() / shape.len().max(1) as f64;
        let has_shape = own_mean > NO_SHAPE * mean.abs().max(f64::MIN_POSITIVE / f64::EPSILON);
        path.draw = if has_shape && mean >= 0.0 && shape.iter().all(|day| *day >= 0.0) {
            Draw::Times(mean / own_mean)
        } else if floor < 0.0 {
            Draw::Plus(mean - own_mean)
        } else {
            Draw::Flat(mean)
        };
        path
    }

    /// The days of the horizon, whose mean is `mean` to the last digit.
    pub(crate) fn of_horizon(&self, horizon: &Horizon, mean: f64) -> Vec<f64> {
        let mut path: Vec<f64> = (horizon.first..horizon.end).map(|day| self.drawn(day)).collect();
        // Rounding in the proportion must not cost a cent of a large sum.
        let off = mean - path.iter().sum::<f64>() / path.len().max(1) as f64;
        path.iter_mut().for_each(|day| *day = (*day + off).max(self.floor));
        path
    }

    /// A day before the horizon that is missing: like a day to come of its weekday.
    pub(crate) fn of_missing(&self, day: usize) -> f64 {
        self.drawn(day).max(self.floor)
    }

    fn drawn(&self, day: usize) -> f64 {
        match self.draw {
            Draw::Times(factor) => self.shape(day) * factor,
            Draw::Plus(amount) => self.shape(day) + amount,
            Draw::Flat(mean) => mean,
        }
    }

    fn shape(&self, day: usize) -> f64 {
        let factor = self.history.robust_profile().factor(self.history.weekday(day));
        (self.level * factor + self.extra.on(self.history, day)).max(self.floor)
    }
}
