//! Rolling origins: estimates of each candidate in earlier cycles, and the actual mean.
//!
//! An earlier cycle is cut after some of its days; every candidate is asked on what lay before the
//! cut, and its mean rest is compared with the actual one. An estimate knows
//! nothing after its cut, so one table of a series serves every later question about it. Wrong where
//! late days were not final at the time: earlier cuts are taken as if they had been.

use crate::{
    calendar::Timeline,
    candidates::{Candidate, Estimates},
    history::{History, mean_of},
    horizon::Horizon,
    level_step::LevelStep,
    origin_features::{ORIGIN_FEATURES, origin_features, scale},
    series_cache::SeriesCache,
    settings::OriginSettings,
};
use billing::{CostSeries, CycleDay};
use chrono::{Days, NaiveDate};

/// What is known at one origin about some days ahead.
///
/// Wrong when late days were not final then.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The day after the last that is known, on which the estimates could have been made.
    pub made_on: NaiveDate,
    /// After which day of its cycle it lies.
    pub day: usize,
    /// Size of a typical day, the unit of errors.
    pub unit: f64,
    /// The unit of the pooled model; 0 where every day is 0.
    pub scale: f64,
    /// The unit of ranges.
    pub range_unit: f64,
    /// Each candidate's mean of the days asked for, and the median of the base ones.
    pub estimates: Estimates,
    /// What the origin is like.
    pub features: [f32; ORIGIN_FEATURES.len()],
    /// A clean step of the level before it.
    pub(crate) step: Option<LevelStep>,
    /// No mean lies below: 0, or minus infinity where the history has negative days.
    pub floor: f64,
}

impl Origin {
    /// Asks the candidates at an origin.
    #[must_use]
    pub fn at(history: &History<'_>, horizon: &Horizon, candidates: &[Candidate]) -> Self {
        let scale = scale(history);
        let timeline = history.track().timeline();
        Self {
            made_on: timeline.start() + Days::new(history.end() as u64),
            day: history.days_into_cycle(),
            unit: history.typical_size(),
            scale,
            range_unit: history.range_unit(),
            estimates: Estimates::at(history, horizon, candidates),
            features: if scale > 0.0 {
                origin_features(history, horizon, scale)
            } else {
                [0.0; ORIGIN_FEATURES.len()]
            },
            step: LevelStep::at(history, horizon),
            floor: if history.track().has_negative(history.end()) { f64::NEG_INFINITY } else { 0.0 },
        }
    }
}

/// One cut of an earlier cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct PastOrigin {
    /// What was known at the cut about the rest of the cycle.
    pub origin: Origin,
    /// Day after the cycle's last: from here on the truth was known.
    pub known_from: NaiveDate,
    /// True mean of the rest.
    pub actual: f64,
}

impl PastOrigin {
    /// Days of the rest.
    pub(crate) fn days(&self) -> f64 {
        (self.known_from - self.origin.made_on).num_days() as f64
    }
}

/// The cuts of a series' earlier cycles, oldest cycle first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OriginTable {
    cycles: Vec<Vec<PastOrigin>>,
}

impl OriginTable {
    /// Cuts the last `cycles` complete cycles that end on or before `end`, after those days of the
    /// cycle that `wanted` holds for.
    #[must_use]
    pub fn build(
        series: CostSeries<'_>,
        rule: CycleDay,
        end: NaiveDate,
        candidates: &[Candidate],
        settings: &OriginSettings,
        cycles: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let known = series.up_to(crate::calendar::days_before(end, 1));
        let cuts = |timeline: &Timeline, days: usize| cuts(timeline, days, settings, cycles, &wanted);
        let Some(track) = SeriesCache::new(known, rule, 0, |timeline, days| {
            cuts(timeline, days).into_iter().map(|(_, cut)| cut - 1).collect()
        }) else {
            return Self::default();
        };
        let mut table: Vec<Vec<PastOrigin>> = Vec::new();
        let mut last_cycle = None;
        for (place, (cycle, cut)) in cuts(track.timeline(), track.values().len()).into_iter().enumerate() {
            let cycle_end = track.timeline().cycle(cycle).1 as usize;
            let rest = &track.values()[cut..cycle_end];
            if 2 * track.known(cut, cycle_end) < rest.len() {
                continue;
            }
            let history = History::at(&track, place);
            let Some(actual) = mean_of(rest).filter(|_| history.typical_size() > 0.0) else { continue };
            let past = PastOrigin {
                origin: Origin::at(&history, &Horizon::new(&track, cut, cycle_end), candidates),
                known_from: track.timeline().start() + Days::new(cycle_end as u64),
                actual,
            };
            if last_cycle == Some(cycle)
                && let Some(last) = table.last_mut()
            {
                last.push(past);
            } else {
                table.push(vec![past]);
                last_cycle = Some(cycle);
            }
        }
        Self { cycles: table }
    }

    /// The cuts of cycles whose truth was known on `day`, newest cycle first.
    pub fn known_on(&self, day: NaiveDate) -> impl Iterator<Item = &[PastOrigin]> {
        self.cycles
            .iter()
            .rev()
            .filter(move |cycle| cycle.first().is_some_and(|origin| origin.known_from <= day))
            .map(Vec::as_slice)
    }

    /// Every cut, oldest cycle first.
    pub fn iter(&self) -> impl Iterator<Item = &PastOrigin> {
        self.cycles.iter().flatten()
    }
}

/// The cuts, as cycle and number of the first day after the cut, in order. Many days of the rest must
/// be known and some before the cut; the first day of the cycle may be a cut too.
fn cuts(
    timeline: &Timeline,
    days: usize,
    settings: &OriginSettings,
    cycles: usize,
    wanted: &impl Fn(usize) -> bool,
) -> Vec<(usize, usize)> {
    let complete = (0..timeline.cycles()).take_while(|cycle| timeline.cycle(*cycle).1 <= days as i64).count();
    let mut found = Vec::new();
    for cycle in complete.saturating_sub(cycles)..complete {
        let (first, end) = timeline.cycle(cycle);
        for &day in settings.days_of_cycle.iter().filter(|day| wanted(**day)) {
            let cut = first + day as i64;
            if cut < end && cut >= settings.history_days as i64 {
                found.push((cycle, cut as usize));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model_file::Model,
        test_series::{date, set_of},
    };

    fn table_of(values: &[f64], candidates: &[Candidate]) -> OriginTable {
        let set = set_of(&[("a", "2026-01-01", values)]);
        let end = set.get(0).end();
        let settings = Model::shipped().origins.clone();
        OriginTable::build(set.get(0), CycleDay::FIRST, end, candidates, &settings, 9, |day| day == 10)
    }

    #[test]
    fn an_estimate_is_compared_with_the_mean_of_the_rest() {
        // March: ten days at 1, the other 21 at 3. The run rate says 1.
        let values: Vec<f64> = [1.0; 69].into_iter().chain([3.0; 21]).collect();
        let table = table_of(&values, &[Candidate::RunRate]);
        let march = table.iter().last().unwrap();
        assert_eq!((march.known_from, march.origin.day), (date("2026-04-01"), 10));
        assert_eq!((march.actual, march.origin.estimates.means[0], march.origin.unit), (3.0, 1.0, 1.0));
        // January's cut has ten days before it, too few; April is not complete.
        assert_eq!(table.iter().count(), 2);
        assert_eq!(table.known_on(date("2026-03-31")).count(), 1);
    }

    #[test]
    fn later_values_do_not_change_an_earlier_estimate() {
        let long: Vec<f64> = (0..120).map(|day| f64::from(day % 11)).collect();
        let mut changed = long.clone();
        changed[70..].fill(99.0);
        let before = table_of(&long, &Candidate::ALL);
        let after = table_of(&changed, &Candidate::ALL);
        let (one, other) = (before.iter().next().unwrap(), after.iter().next().unwrap());
        assert_eq!((one.known_from, one), (date("2026-03-01"), other));
    }
}
