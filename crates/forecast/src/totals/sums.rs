//! Series of groups: the daily sums of their leaves, and the forecasts of these.

use super::group_total::Leaf;
use crate::{
    components::Components,
    cycle_total::{CycleForecast, SeriesForecast},
    engine::{Engine, Question},
    error::Result,
};
use billing::{BillingCycle, SeriesSet, SeriesSetBuilder};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// Sums of leaves that are to be forecast, each once whatever the number of its groups.
pub(super) struct Sums<'a> {
    components: &'a Components,
    leaves: &'a [Leaf],
    cycles: BTreeMap<&'a [usize], Vec<BillingCycle>>,
}

/// The forecasts of sums, by the leaves they sum.
pub(super) struct SumForecasts<'a> {
    by_members: BTreeMap<&'a [usize], SeriesForecast>,
}

impl<'a> Sums<'a> {
    /// The sums of those groups that have more than one leaf.
    pub(super) fn of(
        components: &'a Components,
        leaves: &'a [Leaf],
        groups: impl Iterator<Item = (BillingCycle, &'a [usize])>,
    ) -> Self {
        let mut cycles: BTreeMap<&[usize], Vec<BillingCycle>> = BTreeMap::new();
        for (cycle, members) in groups.filter(|(_, members)| members.len() > 1) {
            let asked = cycles.entry(members).or_default();
            if !asked.contains(&cycle) {
                asked.push(cycle);
                asked.sort_unstable();
            }
        }
        Self { components, leaves, cycles }
    }

    pub(super) fn forecast(self, engine: &Engine) -> Result<SumForecasts<'a>> {
        let mut sets: [SeriesSetBuilder; 4] = Default::default();
        let (mut cutoffs, mut asked) = (Vec::new(), Vec::new());
        for (members, cycles) in &self.cycles {
            // Leaves whose data stopped are left out of the sum: their silence is not a zero.
            let live: Vec<usize> =
                members.iter().copied().filter(|leaf| !self.leaves[*leaf].stopped).collect();
            let live = if live.is_empty() { members.to_vec() } else { live };
            let components = self.components;
            let kinds = [Some(components.level()), components.recurring(), components.irregular()];
            for (builder, set) in sets.iter_mut().zip(kinds) {
                let (start, values) = summed(components.level(), set, &live);
                builder.push("sum", start, &values)?;
            }
            let (start, values) = known_parts(components, &live);
            sets[3].push("sum", start, &values)?;
            cutoffs.push(live.iter().map(|leaf| self.leaves[*leaf].cutoff).min().unwrap_or_default());
            asked.push(cycles.clone());
        }
        let [level, recurring, irregular, partial] = sets.map(SeriesSetBuilder::build);
        let sums = Components::new(level, Some(recurring), Some(irregular))?.with_partial_days(partial)?;
        let forecasts = engine.forecast(&Question::new(&sums, &cutoffs, &asked)?);
        Ok(SumForecasts { by_members: self.cycles.into_keys().zip(forecasts).collect() })
    }
}

impl SumForecasts<'_> {
    /// The forecast of a sum of leaves in a cycle.
    pub(super) fn get(&self, members: &[usize], cycle: BillingCycle) -> Option<&CycleForecast> {
        self.by_members.get(members)?.cycles.iter().find(|forecast| forecast.cycle == cycle)
    }
}

/// The sum of some series of `set` over the days of the same series of `frame`: a day before a series
/// began counts as zero, a missing day inside it makes the sum missing.
pub(crate) fn summed(frame: &SeriesSet, set: Option<&SeriesSet>, members: &[usize]) -> (NaiveDate, Vec<f64>) {
    let (start, days) = span(frame, members);
    let mut sums = vec![0.0; days];
    for leaf in members {
        let series = frame.get(*leaf);
        let values = set.map(|set| set.get(*leaf));
        for (place, sum) in sums.iter_mut().enumerate() {
            let day = start + Days::new(place as u64);
            *sum += match series.index_of(day) {
                Some(index) => values.map_or(0.0, |series| series.values[index]),
                None if day < series.start => 0.0,
                None => f64::NAN,
            };
        }
    }
    (start, sums)
}

/// What is known of each day of a sum's level: all of it, or of a missing day what its other parts cost.
pub(crate) fn known_parts(components: &Components, members: &[usize]) -> (NaiveDate, Vec<f64>) {
    let (start, days) = span(components.level(), members);
    let mut sums = vec![0.0; days];
    for leaf in members {
        let one = components.get(*leaf);
        for (place, sum) in sums.iter_mut().enumerate() {
            let day = start + Days::new(place as u64);
            *sum += one.level.value_on(day).or_else(|| one.known_part_of(day)).unwrap_or(0.0);
        }
    }
    (start, sums)
}

/// What some series cost together on each of the last `days` days of the data; `None` is a day on which
/// one of them has no value.
#[must_use]
pub fn recent(components: &Components, members: &[usize], days: usize) -> Vec<Option<f64>> {
    let sets = [Some(components.level()), components.recurring(), components.irregular()];
    let mut sums: Vec<f64> = Vec::new();
    for set in sets.into_iter().flatten() {
        let (_, values) = summed(components.level(), Some(set), members);
        sums.resize(values.len(), 0.0);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let first = sums.len().saturating_sub(days);
    sums[first..].iter().map(|sum| Some(*sum).filter(|sum| !sum.is_nan())).collect()
}

/// First day and number of days of a sum.
fn span(frame: &SeriesSet, members: &[usize]) -> (NaiveDate, usize) {
    let series = || members.iter().map(|leaf| frame.get(*leaf));
    let start = series().map(|series| series.start).min().unwrap_or_default();
    let end = series().map(|series| series.end()).max().unwrap_or(start);
    (start, (end - start).num_days().max(0) as usize)
}
