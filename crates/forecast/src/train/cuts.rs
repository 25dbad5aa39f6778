//! The cuts that are learnt from: every complete cycle of every series, cut after many of its days.

use super::options::TrainOptions;
use crate::{
    calendar::{cycles_before, days_before},
    history::{History, mean_of_sizes},
    horizon::Horizon,
    model_file::Model,
    origins::{Origin, OriginTable, PastOrigin},
    series_cache::SeriesCache,
};
use billing::{CostSeries, SeriesSet};
use chrono::NaiveDate;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Share of origins that are used again with a shortened history, of this many days.
const SHORT_SHARE: f64 = 0.12;
const SHORT_DAYS: std::ops::Range<usize> = 10..41;
/// What a made-up bill counts where series are averaged.
const MADE_UP_WEIGHT: f64 = 0.5;

/// A series with its cuts.
pub struct Taught {
    /// Which group it belongs to; `None` for a made-up bill.
    pub group: Option<usize>,
    /// Which fold it belongs to.
    pub fold: usize,
    /// Its cuts.
    pub table: OriginTable,
    /// Mean size of a day.
    pub size: f64,
    /// From when on nothing is looked at.
    pub end: NaiveDate,
    /// Cuts with a shortened history.
    pub short: Vec<Short>,
}

/// A cut with a history that was shortened, and the truth.
pub struct Short {
    pub origin: Origin,
    pub actual: f64,
    pub days: f64,
}

impl Taught {
    /// What it counts where series are averaged.
    pub fn weight(&self) -> f64 {
        if self.group.is_some() { 1.0 } else { MADE_UP_WEIGHT }
    }

    /// How many cuts its table holds.
    pub fn cuts(&self) -> usize {
        self.table.iter().count()
    }
}

/// Asks the candidates at all cuts of all series.
pub fn cuts(
    given: &SeriesSet,
    made_up: &SeriesSet,
    groups: &[String],
    model: &Model,
    options: &TrainOptions,
) -> Vec<Taught> {
    let mut names: Vec<&String> = groups.iter().collect();
    names.sort();
    names.dedup();
    let all: Vec<(CostSeries<'_>, Option<usize>, usize)> = given
        .iter()
        .zip(groups)
        .map(|(series, group)| (series, names.binary_search(&group).ok(), options.held_out_cycles))
        .chain(made_up.iter().map(|series| (series, None, 0)))
        .collect();
    let mut taught: Vec<Taught> = all
        .into_par_iter()
        .enumerate()
        .filter_map(|(number, (series, group, held_out))| {
            let (last, first, rule) = (series.end(), series.start, options.cycle_day);
            let end = match held_out {
                0 => last,
                _ => cycles_before(last, first, rule, held_out).last().map_or(first, |cycle| cycle.start()),
            };
            let known = series.up_to(days_before(end, 1));
            let size = mean_of_sizes(known.values).filter(|size| *size > 0.0)?;
            let rules = &model.origins;
            let table = OriginTable::build(
                known,
                options.cycle_day,
                end,
                model.candidates(),
                rules,
                usize::MAX,
                |_| true,
            );
            table.iter().next()?;
            let mut random = ChaCha8Rng::seed_from_u64(options.seed.wrapping_add(number as u64));
            let short = table
                .iter()
                .filter_map(|cut| {
                    let is_drawn = random.random::<f64>() < SHORT_SHARE;
                    let days = random.random_range(SHORT_DAYS);
                    is_drawn.then(|| shortened(known, cut, days, model, options)).flatten()
                })
                .collect();
            Some(Taught { group, fold: 0, table, size, end, short })
        })
        .collect();
    assign_folds(&mut taught, options);
    taught
}

/// The same cut with only the last days of its history.
fn shortened(
    series: CostSeries<'_>,
    cut: &PastOrigin,
    days: usize,
    model: &Model,
    options: &TrainOptions,
) -> Option<Short> {
    let made_on = (cut.origin.made_on - series.start).num_days() as usize;
    let first = made_on.checked_sub(days)?;
    let short = CostSeries {
        start: series.start + chrono::Days::new(first as u64),
        values: &series.values[first..made_on],
        ..series
    };
    let left = (cut.known_from - cut.origin.made_on).num_days() as usize;
    let track = SeriesCache::new(short, options.cycle_day, left, |_, days| vec![days - 1])?;
    let history = History::at(&track, 0);
    if history.typical_size() <= 0.0 {
        return None;
    }
    let rest = Horizon::new(&track, history.end(), history.end() + left);
    let origin = Origin::at(&history, &rest, model.candidates());
    Some(Short { origin, actual: cut.actual, days: left as f64 })
}

/// Deals the series out to the folds, each group by itself.
fn assign_folds(taught: &mut [Taught], options: &TrainOptions) {
    let mut by_group: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, series) in taught.iter().enumerate() {
        by_group.entry(series.group).or_default().push(index);
    }
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    for members in by_group.values_mut() {
        members.shuffle(&mut random);
        for (place, index) in members.iter().enumerate() {
            taught[*index].fold = place % options.folds.max(2);
        }
    }
}
