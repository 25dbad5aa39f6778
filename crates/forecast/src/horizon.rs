//! The days that a forecast is asked for, by weekday.

use crate::{calendar::WEEK, profile::WeekdayProfile, series_cache::SeriesCache};

/// The days that are asked for: numbers from `first` up to, and without, `end`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Horizon {
    /// The first of them.
    pub first: usize,
    /// The day after the last of them.
    pub end: usize,
    /// How many of them fall on each weekday.
    weekdays: [f64; WEEK],
}

impl Horizon {
    /// These days of a track's timeline; at least one.
    #[must_use]
    pub fn new(track: &SeriesCache<'_>, first: usize, end: usize) -> Self {
        let mut weekdays = [0.0; WEEK];
        for day in first..end {
            weekdays[usize::from(track.place(day).weekday)] += 1.0;
        }
        Self { first, end, weekdays }
    }

    /// How many days.
    #[must_use]
    pub fn days(&self) -> usize {
        self.end - self.first
    }

    /// Mean factor of their weekdays.
    #[must_use]
    pub fn mean_factor(&self, profile: &WeekdayProfile) -> f64 {
        self.mean_by_weekday(|weekday| profile.factor(weekday))
    }

    /// Mean of a value that depends on the weekday only.
    #[must_use]
    pub fn mean_by_weekday(&self, value: impl Fn(usize) -> f64) -> f64 {
        let sum: f64 = self.weekdays.iter().enumerate().map(|(weekday, count)| count * value(weekday)).sum();
        sum / self.days() as f64
    }
}
