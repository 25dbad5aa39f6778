//! One pass over a series for all its origins: what later days cannot change is worked out once.
//!
//! Places of days, means of the week around a day, and the model that is updated day by day (a weekly
//! Holt-Winters). The state after day `t` depends on
//! days up to `t` only, so that every origin of a backtest can read it. Wrong where late days were not final at the time.

use crate::{
    calendar::{Place, Timeline, WEEK},
    weekly_smoothing::HoltWinters,
};
use billing::{CostSeries, CycleDay};

/// A series with all that its origins share.
#[derive(Clone, Debug)]
pub struct SeriesCache<'a> {
    values: &'a [f64],
    timeline: Timeline,
    /// How many values before a day are known; one longer than the values.
    known: Vec<u32>,
    /// Whether any up to a day is negative.
    negative_from: usize,
    /// The mean of the seven days around a day, and the day over it; `NaN` where that is not known.
    weeks: Vec<f64>,
    ratios: Vec<f64>,
    /// What was known after the last day of each origin, by the place of the origin.
    pub(crate) states: Vec<State>,
}

/// What the day-by-day model knows after a day.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The last day that is known.
    pub origin: usize,
    /// Weekly Holt-Winters.
    pub holt_winters: HoltWinters,
}

/// A ratio of a day to its week counts at most this much.
const LARGEST_RATIO: f64 = WEEK as f64;
/// Signs cancel, and a ratio means nothing, below this share of the mean size.
const LEAST_SIGN_SHARE: f64 = 0.1;

impl<'a> SeriesCache<'a> {
    /// The track of a series, with the states after each of the `origins` (numbers of days counted
    /// from its first known one, ascending) and places of days up to `ahead` days after its end.
    ///
    /// `None` when no day is known.
    #[must_use]
    pub fn new(
        series: CostSeries<'a>,
        rule: CycleDay,
        ahead: usize,
        origins: impl Fn(&Timeline, usize) -> Vec<usize>,
    ) -> Option<Self> {
        // Leading missing days teach nothing and would count as history.
        let first = series.values.iter().position(|value| !value.is_nan())?;
        let values = &series.values[first..];
        let start = series.start + chrono::Days::new(first as u64);
        let timeline = Timeline::new(start, values.len() + ahead, rule);
        let count = values.len();
        let mut known = vec![0; count + 1];
        let mut negative_from = usize::MAX;
        for (day, &value) in values.iter().enumerate() {
            known[day + 1] = known[day] + u32::from(!value.is_nan());
            if value < 0.0 && negative_from == usize::MAX {
                negative_from = day;
            }
        }
        let mut track = Self {
            values,
            known,
            negative_from,
            weeks: vec![f64::NAN; count],
            ratios: vec![f64::NAN; count],
            states: Vec::new(),
            timeline,
        };
        track.find_ratios();
        let origins = origins(&track.timeline, count);
        track.follow(&origins);
        Some(track)
    }

    fn find_ratios(&mut self) {
        for middle in WEEK / 2..self.values.len().saturating_sub(WEEK / 2) {
            let (from, end) = (middle - WEEK / 2, middle + WEEK / 2 + 1);
            if self.known[end] - self.known[from] < WEEK as u32 {
                continue;
            }
            let week = &self.values[from..end];
            let mean = week.iter().sum::<f64>() / WEEK as f64;
            let size = week.iter().map(|value| value.abs()).sum::<f64>() / WEEK as f64;
            self.weeks[middle] = mean;
            if mean.abs() > LEAST_SIGN_SHARE * size {
                self.ratios[middle] = (self.values[middle] / mean).clamp(0.0, LARGEST_RATIO);
            }
        }
    }

    /// Goes through the days and keeps the states after the origins.
    fn follow(&mut self, origins: &[usize]) {
        let mut holt_winters = HoltWinters::default();
        let mut next = origins.iter().copied().peekable();
        for (day, &value) in self.values.iter().enumerate() {
            let weekday = usize::from(self.timeline.at(day).weekday);
            holt_winters.learn(weekday, value);
            while next.next_if_eq(&day).is_some() {
                self.states.push(State { origin: day, holt_winters: holt_winters.clone() });
            }
        }
    }

    /// All values, `NaN` where missing; the first is known.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The places of its days and of those ahead.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Where a day lies.
    #[must_use]
    pub fn place(&self, day: usize) -> Place {
        self.timeline.at(day)
    }

    /// The mean of the seven days around a day, which reaches three days further; `NaN` where unknown.
    #[must_use]
    pub fn week(&self, day: usize) -> f64 {
        self.weeks[day]
    }

    /// The ratios of these days to the week around each, which reaches three days further.
    #[must_use]
    pub fn ratios(&self, first: usize, end: usize) -> &[f64] {
        &self.ratios[first..end]
    }

    /// How many of the days from `first` up to, and without, `end` are known.
    #[must_use]
    pub fn known(&self, first: usize, end: usize) -> usize {
        (self.known[end.max(first)] - self.known[first]) as usize
    }

    /// Whether any of the days before `end` is negative.
    #[must_use]
    pub fn has_negative(&self, end: usize) -> bool {
        self.negative_from < end
    }
}
