//! Sums of units and rows: the range of a sum comes from the past errors of that sum.
//!
//! Were the errors of its parts independent, the expected error of a sum would be the root of the sum of
//! their squares. By as much as the errors of this sum were larger or smaller in the cycles that are known,
//! shrunk to what is usual, its range is wider or narrower; the less so the more one part alone errs, so that a
//! sum of an uncertain and a certain part is as uncertain as the first.

use super::parts::Part;
use crate::{
    cycle_total::{CycleForecast, DayForecast, DayState, Status},
    model_file::Model,
    quantiles::{LAPLACE, Quantiles},
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// How much the errors of units go together, and those of the same group in several units: measured on made-up bills.
const OF_UNITS: f64 = 0.05;
const OF_ROWS: f64 = 0.6;
/// The same of units in a cycle after the open one: they grow together.
const OF_LATER_UNITS: f64 = 0.5;
/// A cycle counts where parts of this share of the expected error were forecast in it.
const KNOWN_SHARE: f64 = 0.5;

/// The sum of some parts in one cycle. `known` is what a part, by its place, cost on a day that is not expected of it.
pub(crate) fn sum(
    parts: &[&Part],
    model: &Model,
    known: impl Fn(usize, NaiveDate) -> f64,
) -> Option<CycleForecast> {
    if let [only] = parts {
        return Some(only.forecast.clone());
    }
    let first = parts.first()?;
    let total = |of: fn(&Part) -> f64| parts.iter().map(|part| of(part)).sum::<f64>();
    let level = total(|part| part.level);
    let recurring = total(|part| part.forecast.recurring);
    let squares = total(|part| part.scale * part.scale);
    let scale = squares.sqrt() * together(parts, model);
    let shape: [f64; 4] = std::array::from_fn(|place| {
        let weighted: f64 = parts.iter().map(|part| part.scale * part.scale * part.shape[place]).sum();
        if squares > 0.0 { weighted / squares } else { LAPLACE[place] }
    });
    let floor = parts.iter().all(|part| part.floor.is_some()).then_some(0.0);
    let remaining = Quantiles::around(level, shape.map(|bound| level + bound * scale), floor);
    Some(CycleForecast {
        cycle: first.forecast.cycle,
        status: status(parts),
        remaining: Some(remaining.moved_to(level + recurring)),
        recurring,
        missing: total(|part| part.forecast.missing),
        daily: days(parts, known),
        spread: None,
        errors: Vec::new(),
    })
}

/// How much larger the errors of the sum were than those of independent parts; 1 where a single part errs.
fn together(parts: &[&Part], model: &Model) -> f64 {
    let mut cycles: BTreeMap<NaiveDate, (f64, f64)> = BTreeMap::new();
    for error in parts.iter().flat_map(|part| &part.errors) {
        let (sum, squares) = cycles.entry(error.known_from).or_default();
        *sum += error.error;
        *squares += error.scale * error.scale;
    }
    let largest = cycles.values().map(|(_, squares)| *squares).fold(0.0, f64::max);
    let (mut decay, mut sum, mut weight) = (1.0, 0.0, 0.0);
    for (error, squares) in cycles.values().rev() {
        if *squares > KNOWN_SHARE * KNOWN_SHARE * largest && *squares > 0.0 {
            sum += decay * (error.abs() / squares.sqrt()).min(model.ranges.largest_error);
            weight += decay;
        }
        decay *= model.weights.fade_per_cycle;
    }
    let own = model.weights.cycle_weight;
    let together = (own * sum + model.ranges.pool_weight * expected_together(parts))
        / (own * weight + model.ranges.pool_weight);
    let squares: f64 = parts.iter().map(|part| part.scale.powi(2)).sum();
    let largest = parts.iter().map(|part| part.scale.powi(4)).sum::<f64>() / (squares * squares);
    if squares > 0.0 { largest + (1.0 - largest) * together } else { together }
}

/// The same as far as it is known without past errors of the sum.
fn expected_together(parts: &[&Part]) -> f64 {
    let all: f64 = parts.iter().map(|part| part.scale).sum();
    let squares: f64 = parts.iter().map(|part| part.scale * part.scale).sum();
    let is_later = |part: &&Part| part.forecast.spread.is_some_and(|spread| spread.is_later);
    let correlation = match parts.iter().all(|part| part.is_unit) {
        true if parts.iter().any(is_later) => OF_LATER_UNITS,
        true => OF_UNITS,
        false => OF_ROWS,
    };
    if squares > 0.0 { (1.0 + correlation * (all * all / squares - 1.0)).sqrt() } else { 1.0 }
}

/// A sum is wide where parts that make half of what is uncertain are.
fn status(parts: &[&Part]) -> Status {
    let is_all = |status: Status| parts.iter().all(|part| part.forecast.status == status);
    for one in [Status::Closed, Status::Stale, Status::Failed] {
        if is_all(one) {
            return one;
        }
    }
    let size = |part: &&&Part| part.scale;
    let wide: f64 =
        parts.iter().filter(|part| part.forecast.status == Status::Wide).map(|part| size(&part)).sum();
    let all: f64 = parts.iter().map(|part| size(&part)).sum();
    let is_wide = parts.iter().any(|part| part.forecast.status == Status::Wide) && 2.0 * wide >= all;
    if is_wide { Status::Wide } else { Status::Ok }
}

/// The expected days of a sum: of each the sum of its parts, their ranges as those of independent parts.
fn days(parts: &[&Part], known: impl Fn(usize, NaiveDate) -> f64) -> Vec<DayForecast> {
    let dates: BTreeSet<NaiveDate> =
        parts.iter().flat_map(|part| &part.forecast.daily).map(|day| day.date).collect();
    let day = |date: NaiveDate| {
        let (mut expected, mut states, mut squares) = (0.0, BTreeSet::new(), [0.0; 4]);
        let mut floor = Some(0.0);
        for (place, part) in parts.iter().enumerate() {
            match part.forecast.on(date) {
                Some(day) => {
                    expected += day.expected();
                    states.insert(day.state);
                    let point = day.expected();
                    let bounds = day.cost.bounds();
                    squares.iter_mut().zip(bounds).for_each(|(sum, bound)| *sum += (bound - point).powi(2));
                    floor = floor.and(day.cost.floor());
                }
                // What is final in one part may be expected in another.
                None => expected += known(place, date),
            }
        }
        let state = [DayState::Settling, DayState::ToCome].into_iter().find(|state| states.contains(state));
        let [low95, low80, high80, high95] = squares.map(f64::sqrt);
        let bounds = [expected - low95, expected - low80, expected + high80, expected + high95];
        let cost = Quantiles::around(expected, bounds, floor.map(|_| 0.0));
        DayForecast { date, state: state.unwrap_or(DayState::Missing), cost }
    };
    dates.into_iter().map(day).collect()
}
