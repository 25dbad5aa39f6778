//! The candidates: cheap models of a daily cost, each right for some bills.
//!
//! [`Candidate`] is the closed list of unfitted ones; [`Candidate::fit`] gives a [`FittedModel`],
//! which knows an expected cost for every day after its origin.

pub mod cycle;
pub mod level;
pub mod repeat;
pub mod ridge;
pub mod trend;
pub mod year;

use crate::{Error, Result, history::History};
use billing::{CostSeries, CycleDay};
use chrono::NaiveDate;
use cycle::{CycleDays, LastCycle, RestOfCycle};
use level::Level;
use repeat::Weekdays;
use ridge::{DailyRegression, RidgeParameters};
use std::{fmt, str::FromStr};
use trend::MovingLevel;
use year::LastYear;

/// A model that can be fitted to one series, by name; formulas stand with the fitted types.
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
    /// The same over 14 days.
    Mean14,
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
    /// Exponential mean, newest weight 0.07.
    Smooth7,
    /// Exponential mean, newest weight 0.15.
    Smooth15,
    /// Exponential mean, newest weight 0.30.
    Smooth30,
    /// Mean of four weeks, cut at the 95 % quantile of eight.
    CutMean,
    /// Run rate times how earlier cycles went on.
    CycleShape,
    /// Run rate plus how earlier cycles went on.
    CycleAddition,
    /// Level plus the extra cost of single days of the cycle.
    CycleDays,
    /// Exponential level and half of the trend.
    Trend,
    /// Back to the mean of 13 weeks.
    Reversion,
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
}

/// A fitted candidate: the expected cost of every day after its origin.
///
/// Wrong when the coming days follow another law than the candidate's.
#[derive(Clone, Debug, PartialEq)]
pub enum FittedModel {
    /// A level times a weekday profile.
    Level(Level),
    /// A cost for each weekday.
    Weekdays(Weekdays),
    /// One value for the rest of the cycle.
    RestOfCycle(RestOfCycle),
    /// The last cycle's days.
    LastCycle(LastCycle),
    /// A level and days of the cycle that cost more.
    CycleDays(CycleDays),
    /// A level that moves.
    MovingLevel(MovingLevel),
    /// A regression on named columns.
    Regression(DailyRegression),
    /// A level with last year's course.
    LastYear(LastYear),
}

impl Candidate {
    /// Every candidate, in the order in which they are listed.
    pub const ALL: [Candidate; 26] = [
        Self::RunRate,
        Self::SeasonalNaive,
        Self::FourWeeks,
        Self::LastCycle,
        Self::WeekdayLevel,
        Self::Mean7,
        Self::Mean14,
        Self::Mean56,
        Self::Mean182,
        Self::Median7,
        Self::Median14,
        Self::Median28,
        Self::Smooth7,
        Self::Smooth15,
        Self::Smooth30,
        Self::CutMean,
        Self::CycleShape,
        Self::CycleAddition,
        Self::CycleDays,
        Self::Trend,
        Self::Reversion,
        Self::Ridge,
        Self::Ridge7,
        Self::Ridge22,
        Self::Ridge90,
        Self::LastYear,
    ];

    /// The name on the command line and in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunRate => "run_rate",
            Self::SeasonalNaive => "seasonal_naive",
            Self::FourWeeks => "four_weeks",
            Self::LastCycle => "last_cycle",
            Self::WeekdayLevel => "weekday_level",
            Self::Mean7 => "mean_7",
            Self::Mean14 => "mean_14",
            Self::Mean56 => "mean_56",
            Self::Mean182 => "mean_182",
            Self::Median7 => "median_7",
            Self::Median14 => "median_14",
            Self::Median28 => "median_28",
            Self::Smooth7 => "smooth_7",
            Self::Smooth15 => "smooth_15",
            Self::Smooth30 => "smooth_30",
            Self::CutMean => "cut_mean",
            Self::CycleShape => "cycle_shape",
            Self::CycleAddition => "cycle_addition",
            Self::CycleDays => "cycle_days",
            Self::Trend => "trend",
            Self::Reversion => "reversion",
            Self::Ridge => "ridge",
            Self::Ridge7 => "ridge_7",
            Self::Ridge22 => "ridge_22",
            Self::Ridge90 => "ridge_90",
            Self::LastYear => "last_year",
        }
    }

    /// Fits to all values of the series; its last day is the origin.
    ///
    /// # Errors
    /// [`Error::NoValues`] when every day is missing; errors of the regression.
    pub fn fit(self, series: &CostSeries<'_>, rule: CycleDay) -> Result<FittedModel> {
        self.fit_to(&History::new(*series, rule)?)
    }

    /// Fits to a history that several candidates share.
    ///
    /// # Errors
    /// Errors of the regression.
    pub fn fit_to(self, history: &History<'_>) -> Result<FittedModel> {
        let (robust, mean) = (*history.robust_profile(), *history.mean_profile());
        Ok(match self {
            Self::RunRate => FittedModel::RestOfCycle(RestOfCycle::run_rate(history)),
            Self::SeasonalNaive => FittedModel::Weekdays(Weekdays::of_last(history, 1)),
            Self::FourWeeks => FittedModel::Weekdays(Weekdays::of_last(history, 4)),
            Self::LastCycle => FittedModel::LastCycle(LastCycle::fit(history)),
            Self::WeekdayLevel => FittedModel::Level(Level::of_mean(history, 28)),
            Self::Mean7 => FittedModel::Level(Level::of_mean(history, 7)),
            Self::Mean14 => FittedModel::Level(Level::of_mean(history, 14)),
            Self::Mean56 => FittedModel::Level(Level::of_mean(history, 56)),
            Self::Mean182 => FittedModel::Level(Level::of_mean(history, 182)),
            Self::Median7 => FittedModel::Level(Level::of_median(history, 7)),
            Self::Median14 => FittedModel::Level(Level::of_median(history, 14)),
            Self::Median28 => FittedModel::Level(Level::of_median(history, 28)),
            Self::Smooth7 => FittedModel::Level(Level::of_smoothing(history, robust, 0.07)),
            Self::Smooth15 => FittedModel::Level(Level::of_smoothing(history, mean, 0.15)),
            Self::Smooth30 => FittedModel::Level(Level::of_smoothing(history, mean, 0.30)),
            Self::CutMean => FittedModel::Level(Level::of_cut_values(history)),
            Self::CycleShape => FittedModel::RestOfCycle(RestOfCycle::shape(history)),
            Self::CycleAddition => FittedModel::RestOfCycle(RestOfCycle::addition(history)),
            Self::CycleDays => FittedModel::CycleDays(CycleDays::fit(history)),
            Self::Trend => FittedModel::MovingLevel(MovingLevel::trend(history)),
            Self::Reversion => FittedModel::MovingLevel(MovingLevel::reversion(history)),
            Self::Ridge | Self::Ridge7 | Self::Ridge22 | Self::Ridge90 => {
                FittedModel::Regression(DailyRegression::fit(history, &self.ridge_parameters())?)
            }
            Self::LastYear => FittedModel::LastYear(LastYear::fit(history)),
        })
    }

    fn ridge_parameters(self) -> RidgeParameters {
        let quick = |half_life_days| RidgeParameters { half_life_days, weekday: 0.3, trend: 6.0, cycle: 8.0 };
        match self {
            Self::Ridge7 => quick(7.0),
            Self::Ridge22 => quick(22.0),
            Self::Ridge90 => RidgeParameters { half_life_days: 90.0, weekday: 1.0, trend: 6.0, cycle: 2.0 },
            _ => quick(10.0),
        }
    }
}

impl FittedModel {
    /// The expected cost of a day after the origin.
    #[must_use]
    pub fn expected_on(&self, day: NaiveDate) -> f64 {
        match self {
            Self::Level(model) => model.expected_on(day),
            Self::Weekdays(model) => model.expected_on(day),
            Self::RestOfCycle(model) => model.expected_on(day),
            Self::LastCycle(model) => model.expected_on(day),
            Self::CycleDays(model) => model.expected_on(day),
            Self::MovingLevel(model) => model.expected_on(day),
            Self::Regression(model) => model.expected_on(day),
            Self::LastYear(model) => model.expected_on(day),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What to forecast with: one candidate, or the default mix of many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ModelSpec {
    /// The candidates of the shipped settings, weighted by their own past errors.
    #[default]
    Default,
    /// One candidate alone.
    Single(Candidate),
}

impl ModelSpec {
    /// The baseline that goes on like the cycle so far.
    pub const RUN_RATE: ModelSpec = Self::Single(Candidate::RunRate);
    /// The baseline that repeats last week.
    pub const SEASONAL_NAIVE: ModelSpec = Self::Single(Candidate::SeasonalNaive);

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Single(candidate) => candidate.name(),
        }
    }

    /// Every name that is understood, `default` first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once(Self::Default.name()).chain(Candidate::ALL.into_iter().map(Candidate::name))
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
        if text == Self::Default.name() {
            return Ok(Self::Default);
        }
        Candidate::ALL.into_iter().find(|candidate| candidate.name() == text).map(Self::Single).ok_or_else(
            || Error::UnknownModel {
                given: text.to_owned(),
                known: Self::names().collect::<Vec<_>>().join(", "),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, set_of};

    #[test]
    fn every_name_is_read_back_and_an_unknown_one_lists_them() {
        for name in ModelSpec::names() {
            assert_eq!(name.parse::<ModelSpec>().unwrap().to_string(), name);
        }
        let refused = "prophet".parse::<ModelSpec>().unwrap_err().to_string();
        assert!(refused.contains("default, run_rate, seasonal_naive"), "{refused}");
    }

    #[test]
    fn every_candidate_continues_a_constant_bill() {
        let set = set_of(&[("a", "2025-01-01", &[3.0; 450])]);
        for candidate in Candidate::ALL {
            let fitted = candidate.fit(&set.get(0), CycleDay::FIRST).unwrap();
            for day in ["2026-03-27", "2026-04-15"] {
                let expected = fitted.expected_on(date(day));
                assert!((expected - 3.0).abs() < 1e-6, "{candidate}: {expected}");
            }
        }
    }

    #[test]
    fn every_candidate_manages_with_one_day_and_refuses_none() {
        let set = set_of(&[("a", "2026-01-31", &[3.0]), ("none", "2026-01-31", &[])]);
        for candidate in Candidate::ALL {
            let fitted = candidate.fit(&set.get(0), CycleDay::FIRST).unwrap();
            assert!((fitted.expected_on(date("2026-02-03")) - 3.0).abs() < 1e-9, "{candidate}");
            assert!(matches!(candidate.fit(&set.get(1), CycleDay::FIRST), Err(Error::NoValues { .. })));
        }
    }
}
