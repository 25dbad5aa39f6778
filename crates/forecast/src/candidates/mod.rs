//! The candidates: cheap models of a daily cost, each right for some bills.
//!
//! [`Candidate`] is the closed list. Each says what the *mean of the days asked for* will be, from
//! what is known at an origin; the formulas stand with the laws. [`Estimates`] are those of all
//! candidates at one origin, drawn together where one of them is wild.

pub mod cycle;
pub mod direct;
pub mod holt_winters;
pub mod level;
pub mod local_level;
pub mod repeat;
pub mod ridge;
pub mod trend;
pub mod year;

use crate::{Error, Result, history::History, horizon::Horizon, profile::median, series_cache::SeriesCache};
use billing::{CostSeries, CycleDay};
use chrono::NaiveDate;
use ridge::{RidgeParameters, Rows};
use std::{cell::OnceCell, fmt, str::FromStr};

/// A model of one series, by name; formulas stand with the laws.
///
/// Wrong alone for most bills: that is why they are mixed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Candidate {
    /// Mean of the open cycle so far.
    RunRate,
    /// Last week again.
    SeasonalNaive,
    /// Mean of the last four weeks, weekday by weekday.
    FourWeeks,
    /// The same days of the last cycle.
    LastCycle,
    /// Mean of four weeks times the weekday.
    WeekdayLevel,
    /// The same over 7 days.
    Mean7,
    /// The same over 56 days.
    Mean56,
    /// The same over 182 days.
    Mean182,
    /// Median of 7 days without their weekday.
    Median7,
    /// The same over 14 days.
    Median14,
    /// The same over 28 days.
    Median28,
    /// Exponential mean, newest weight 0.15.
    Smooth15,
    /// Exponential mean, newest weight 0.30.
    Smooth30,
    /// Exponential mean on the weekdays of thirty weeks, newest weight 0.15.
    SmoothLong,
    /// Mean of four weeks, cut at the 95 % quantile of eight.
    CutMean,
    /// Run rate times how earlier cycles went on.
    CycleShape,
    /// Run rate plus how earlier cycles went on.
    CycleAddition,
    /// Level plus the extra cost of single days of the cycle.
    CycleDays,
    /// Level times how much this part of earlier cycles cost beyond the whole.
    CyclePart,
    /// Exponential level and half of the trend.
    Trend,
    /// Back to the mean of 13 weeks.
    Reversion,
    /// Weekly Holt-Winters.
    HoltWinters,
    /// A bank of local levels, averaged by likelihood.
    LocalLevel,
    /// The same with half of the course of the years before.
    YearlyLocalLevel,
    /// The exponential level that predicted sums of as many days best.
    Direct,
    /// Ridge on named columns, half-life 10 days.
    Ridge,
    /// The same with half-life 7 days.
    Ridge7,
    /// The same with half-life 22 days.
    Ridge22,
    /// The same with half-life 90 days.
    Ridge90,
    /// Level times last year's course.
    LastYear,
    /// Exponential level times half of the course of the years before.
    YearlyLevel,
    /// Exponential level times the whole of that course.
    YearlyCourse,
}

impl Candidate {
    /// Every candidate, in the order in which they are listed.
    pub const ALL: [Candidate; 32] = [
        Self::RunRate,
        Self::SeasonalNaive,
        Self::FourWeeks,
        Self::LastCycle,
        Self::WeekdayLevel,
        Self::Mean7,
        Self::Mean56,
        Self::Mean182,
        Self::Median7,
        Self::Median14,
        Self::Median28,
        Self::Smooth15,
        Self::Smooth30,
        Self::SmoothLong,
        Self::CutMean,
        Self::CycleShape,
        Self::CycleAddition,
        Self::CycleDays,
        Self::CyclePart,
        Self::Trend,
        Self::Reversion,
        Self::HoltWinters,
        Self::LocalLevel,
        Self::YearlyLocalLevel,
        Self::Direct,
        Self::Ridge,
        Self::Ridge7,
        Self::Ridge22,
        Self::Ridge90,
        Self::LastYear,
        Self::YearlyLevel,
        Self::YearlyCourse,
    ];

    /// Robust all-rounders: at their median the base of the pooled model begins.
    pub const BASE: [Candidate; 8] = [
        Self::SeasonalNaive,
        Self::Median7,
        Self::Median14,
        Self::Median28,
        Self::Smooth15,
        Self::CutMean,
        Self::Ridge7,
        Self::Ridge22,
    ];

    /// The name on the command line and in model files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunRate => "run_rate",
            Self::SeasonalNaive => "seasonal_naive",
            Self::FourWeeks => "four_weeks",
            Self::LastCycle => "last_cycle",
            Self::WeekdayLevel => "weekday_level",
            Self::Mean7 => "mean_7",
            Self::Mean56 => "mean_56",
            Self::Mean182 => "mean_182",
            Self::Median7 => "median_7",
            Self::Median14 => "median_14",
            Self::Median28 => "median_28",
            Self::Smooth15 => "smooth_15",
            Self::Smooth30 => "smooth_30",
            Self::SmoothLong => "smooth_long",
            Self::CutMean => "cut_mean",
            Self::CycleShape => "cycle_shape",
            Self::CycleAddition => "cycle_addition",
            Self::CycleDays => "cycle_days",
            Self::CyclePart => "cycle_part",
            Self::Trend => "trend",
            Self::Reversion => "reversion",
            Self::HoltWinters => "holt_winters",
            Self::LocalLevel => "local_level",
            Self::YearlyLocalLevel => "yearly_local_level",
            Self::Direct => "direct",
            Self::Ridge => "ridge",
            Self::Ridge7 => "ridge_7",
            Self::Ridge22 => "ridge_22",
            Self::Ridge90 => "ridge_90",
            Self::LastYear => "last_year",
            Self::YearlyLevel => "yearly_level",
            Self::YearlyCourse => "yearly_course",
        }
    }

    /// The candidate of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.name() == name)
    }

    /// The mean cost of the days from `first` to `last`, which follow the last of the series.
    ///
    /// # Errors
    /// [`Error::NoValues`] when every day is missing; errors of the regression.
    pub fn estimate(
        self,
        series: &CostSeries<'_>,
        rule: CycleDay,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<f64> {
        let none = Error::NoValues { cutoff: crate::calendar::days_before(series.end(), 1) };
        let ahead = (last - series.end()).num_days().max(0) as usize + 1;
        let track = SeriesCache::new(*series, rule, ahead, |_, days| vec![days - 1]).ok_or(none)?;
        let number = |day: NaiveDate| (day - track.timeline().start()).num_days().max(0) as usize;
        let first = number(first).max(track.values().len());
        let rest = Horizon::new(&track, first, (number(last) + 1).max(first + 1));
        Asked::new(&History::at(&track, 0), &rest).estimate(self)
    }

    const fn ridge_parameters(self) -> RidgeParameters {
        match self {
            Self::Ridge7 => RidgeParameters::quick(7.0),
            Self::Ridge22 => RidgeParameters::quick(22.0),
            Self::Ridge90 => RidgeParameters::SLOW,
            _ => RidgeParameters::quick(10.0),
        }
    }
}

/// What is asked of the candidates at one origin, with what several of them share.
struct Asked<'a> {
    history: &'a History<'a>,
    horizon: &'a Horizon,
    rows: OnceCell<Rows>,
}

impl<'a> Asked<'a> {
    fn new(history: &'a History<'a>, horizon: &'a Horizon) -> Self {
        Self { history, horizon, rows: OnceCell::new() }
    }

    fn estimate(&self, candidate: Candidate) -> Result<f64> {
        let (history, horizon) = (self.history, self.horizon);
        let smoothing =
            |levels: &[f64], profile, newest| level::of_smoothing(history, horizon, levels, profile, newest);
        Ok(match candidate {
            Candidate::RunRate => cycle::run_rate(history, horizon),
            Candidate::SeasonalNaive => repeat::of_last(history, horizon, 1),
            Candidate::FourWeeks => repeat::of_last(history, horizon, 4),
            Candidate::LastCycle => cycle::last_cycle(history, horizon),
            Candidate::WeekdayLevel => level::of_mean(history, horizon, 28),
            Candidate::Mean7 => level::of_mean(history, horizon, 7),
            Candidate::Mean56 => level::of_mean(history, horizon, 56),
            Candidate::Mean182 => level::of_mean(history, horizon, 182),
            Candidate::Median7 => level::of_median(history, horizon, 7),
            Candidate::Median14 => level::of_median(history, horizon, 14),
            Candidate::Median28 => level::of_median(history, horizon, 28),
            Candidate::Smooth15 => smoothing(history.mean_levels(), history.mean_profile(), 0.15),
            Candidate::Smooth30 => smoothing(history.mean_levels(), history.mean_profile(), 0.30),
            Candidate::CutMean => level::of_cut_values(history, horizon),
            Candidate::CycleShape => cycle::shape(history, horizon),
            Candidate::CycleAddition => cycle::addition(history, horizon),
            Candidate::CycleDays => cycle::extra_days(history, horizon),
            Candidate::CyclePart => cycle::part(history, horizon),
            Candidate::Trend => trend::trend(history, horizon),
            Candidate::Reversion => trend::reversion(history, horizon),
            Candidate::HoltWinters => holt_winters::holt_winters(history, horizon),
            Candidate::LocalLevel => local_level::local_level(history, horizon),
            Candidate::YearlyLocalLevel => local_level::yearly(history, horizon),
            Candidate::SmoothLong => smoothing(history.long_levels(), history.long_profile(), 0.15),
            Candidate::Direct => direct::direct(history, horizon),
            Candidate::Ridge | Candidate::Ridge7 | Candidate::Ridge22 | Candidate::Ridge90 => {
                let rows = self.rows.get_or_init(|| Rows::new(history));
                rows.fit(&candidate.ridge_parameters())?.estimate(history, horizon)
            }
            Candidate::LastYear => year::last_year(history, horizon),
            Candidate::YearlyCourse => year::yearly_course(history, horizon),
            Candidate::YearlyLevel => year::yearly_level(history, horizon),
        })
    }
}

/// An estimate further from the candidates' median than this many typical days is drawn to there.
const LARGEST_DISTANCE: f64 = 3.0;

/// What the candidates say at one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimates {
    /// Mean of the asked days each, `NaN` where the fit failed.
    pub means: Vec<f64>,
    /// Median of those of [`Candidate::BASE`] that are asked for; of all where none is.
    pub base: f64,
}

impl Estimates {
    /// Asks the candidates for the mean of some days.
    ///
    /// An estimate is never below zero where the history is not, and one far from all others is drawn
    /// to within three typical days of their median.
    #[must_use]
    pub fn at(history: &History<'_>, horizon: &Horizon, candidates: &[Candidate]) -> Self {
        let asked = Asked::new(history, horizon);
        let floor = if history.track().has_negative(history.end()) { f64::NEG_INFINITY } else { 0.0 };
        let mut means: Vec<f64> = candidates
            .iter()
            .map(|candidate| asked.estimate(*candidate).map_or(f64::NAN, |mean| mean.max(floor)))
            .map(|mean| if mean.is_finite() { mean } else { f64::NAN })
            .collect();
        let known: Vec<f64> = means.iter().copied().filter(|mean| mean.is_finite()).collect();
        let Some(middle) = median(&known) else { return Self { means, base: f64::NAN } };
        let reach = LARGEST_DISTANCE * history.typical_size();
        means.iter_mut().for_each(|mean| *mean = mean.clamp(middle - reach, middle + reach));
        let base: Vec<f64> = candidates
            .iter()
            .zip(&means)
            .filter(|(candidate, mean)| Candidate::BASE.contains(candidate) && mean.is_finite())
            .map(|(_, mean)| *mean)
            .collect();
        let base = median(&base).unwrap_or(middle);
        Self { means, base }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What to forecast with: one candidate, or a layer of the default model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ModelSpec {
    /// A mix of the layers below it, weighted by their own past errors.
    #[default]
    Default,
    /// The pooled model alone: what many series taught about errors of the candidates' median.
    Pooled,
    /// The candidates, weighted by their own past errors.
    Weights,
    /// One candidate alone.
    Single(Candidate),
}

impl ModelSpec {
    /// The baseline that continues the mean of the cycle so far.
    pub const RUN_RATE: ModelSpec = Self::Single(Candidate::RunRate);
    /// The baseline that repeats last week.
    pub const SEASONAL_NAIVE: ModelSpec = Self::Single(Candidate::SeasonalNaive);
    /// The layers, the whole first.
    pub const LAYERS: [ModelSpec; 3] = [Self::Default, Self::Pooled, Self::Weights];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Pooled => "pooled",
            Self::Weights => "weights",
            Self::Single(candidate) => candidate.name(),
        }
    }

    /// Every name that is understood, `default` first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::LAYERS.map(Self::name).into_iter().chain(Candidate::ALL.into_iter().map(Candidate::name))
    }
}

impl From<Candidate> for ModelSpec {
    fn from(candidate: Candidate) -> Self {
        Self::Single(candidate)
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ModelSpec {
    type Err = Error;

    /// Reads a name; the error lists those there are.
    fn from_str(text: &str) -> Result<Self> {
        let layer = Self::LAYERS.into_iter().find(|layer| layer.name() == text);
        layer.or_else(|| Candidate::named(text).map(Self::Single)).ok_or_else(|| Error::UnknownModel {
            given: text.to_owned(),
            known: Self::names().collect::<Vec<_>>().join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of, tracked};

    #[test]
    fn every_name_is_read_back_and_an_unknown_one_lists_them() {
        for name in ModelSpec::names() {
            assert_eq!(name.parse::<ModelSpec>().unwrap().to_string(), name);
        }
        let refused = "prophet".parse::<ModelSpec>().unwrap_err().to_string();
        assert!(refused.contains("default, pooled, weights, run_rate, seasonal_naive"), "{refused}");
    }

    #[test]
    fn every_candidate_continues_a_constant_bill() {
        let set = set_of(&[("a", "2025-01-01", &[3.0; 450])]);
        for candidate in Candidate::ALL {
            for (first, last) in [("2026-03-27", "2026-03-31"), ("2026-04-01", "2026-04-30")] {
                let expected =
                    candidate.estimate(&set.get(0), CycleDay::FIRST, date(first), date(last)).unwrap();
                assert!((expected - 3.0).abs() < 1e-6, "{candidate}: {expected}");
            }
        }
    }

    #[test]
    fn every_candidate_manages_with_one_day_and_refuses_none() {
        let set = set_of(&[("a", "2026-01-31", &[3.0]), ("none", "2026-01-31", &[])]);
        let (first, last) = (date("2026-02-01"), date("2026-02-28"));
        for candidate in Candidate::ALL {
            let of = |index| candidate.estimate(&set.get(index), CycleDay::FIRST, first, last);
            assert!((of(0).unwrap() - 3.0).abs() < 1e-9, "{candidate}");
            assert!(matches!(of(1), Err(Error::NoValues { .. })));
        }
    }

    #[test]
    fn a_wild_estimate_is_drawn_to_the_others() {
        // Seven days at 1, then one of 100: no candidate can leave three typical days around the median.
        let track = tracked("2026-01-01", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 100.0]);
        let history = History::at(&track, 0);
        let found = Estimates::at(&history, &Horizon::new(&track, 8, 31), &Candidate::ALL);
        let middle = median(&found.means.clone()).unwrap();
        let reach = LARGEST_DISTANCE * history.typical_size() + 1e-9;
        assert!(found.means.iter().all(|mean| (mean - middle).abs() <= reach));
        assert!((found.base - middle).abs() <= reach);
    }
}
