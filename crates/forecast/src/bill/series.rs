//! The series behind a unit: which of them are forecast, each once, and what they say.

use super::{
    Bill, Partition,
    known::{Known, View},
    parts::{UnitForecast, UnitView},
};
use crate::{
    calendar::day_after,
    candidates::ModelSpec,
    components::{Components, SeriesComponents},
    engine::{Engine, error_days},
    ensemble::Past,
    series_view::SeriesView,
    totals::summed,
};
use billing::{BillingCycle, CostSeries, SeriesSetBuilder};
use chrono::NaiveDate;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Days whose cost shows which parts are the largest.
const SIZE_DAYS: usize = 91;
/// The largest parts are those that make this share of it.
const LARGEST_SHARE: f64 = 0.97;
/// The most parts that are forecast alone.
const MOST: usize = 200;

/// Where the past of a series comes from.
pub(crate) trait SeriesPasts: Sync {
    /// The past of a series of the bill, or of the sum of several.
    fn past(&self, members: &[usize], level: CostSeries<'_>) -> Arc<Past>;
}

/// The parts of a partition that are forecast: those alone, and those that are summed.
struct Parts {
    alone: Vec<usize>,
    together: Vec<usize>,
}

impl Parts {
    /// By what is known on the cutoff.
    fn of(bill: &Bill, partition: &Partition, cutoff: NaiveDate) -> Self {
        let all = Self { alone: partition.series.clone(), together: Vec::new() };
        if !partition.only_largest {
            return all;
        }
        let size = |series: &usize| -> f64 {
            let known = bill.series.level().get(*series).up_to(cutoff);
            let first = known.values.len().saturating_sub(SIZE_DAYS);
            known.values[first..].iter().filter(|value| !value.is_nan()).map(|value| value.abs()).sum()
        };
        let mut sizes: Vec<(f64, usize)> = partition.series.iter().map(|own| (size(own), *own)).collect();
        sizes.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let needed = LARGEST_SHARE * sizes.iter().map(|(size, _)| size).sum::<f64>();
        let (mut sum, mut count) = (0.0, 0);
        while count < sizes.len().min(MOST) && (sum < needed || count == 0) {
            sum += sizes[count].0;
            count += 1;
        }
        if sizes.len() - count < 2 {
            return all;
        }
        let mut parts = sizes.split_off(count).into_iter().map(|(_, own)| own).collect::<Vec<_>>();
        parts.sort_unstable();
        let mut alone: Vec<usize> = sizes.into_iter().map(|(_, own)| own).collect();
        alone.sort_unstable();
        Self { alone, together: parts }
    }
}

/// The forecast of one unit and its rows, seen on a day.
pub(crate) fn unit_forecast(
    engine: &Engine,
    bill: &Bill,
    unit: usize,
    view: View,
    cycles: &[BillingCycle],
    pasts: &dyn SeriesPasts,
) -> UnitForecast {
    let own = &bill.units[unit];
    let rows = bill.rows_of(unit);
    // A single candidate that is asked for by name is what it is, and no mix.
    let partitions: &[Partition] = match engine.spec() {
        ModelSpec::Single(_) => &[],
        _ => &own.partitions,
    };
    let parts: Vec<Parts> =
        partitions.iter().map(|partition| Parts::of(bill, partition, view.cutoff)).collect();
    let sums: Vec<Option<Components>> = parts.iter().map(|parts| sum_of(bill, &parts.together)).collect();
    let of_rows = || bill.rows[rows.clone()].iter().map(|row| row.series);
    let alone = parts.iter().flat_map(|parts| parts.alone.iter().copied());
    // Series that are the same are forecast once: the only service of a unit is the unit.
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let mut distinct: Vec<usize> = Vec::new();
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for series in std::iter::once(own.series).chain(alone).chain(of_rows()) {
        if places.contains_key(&series) {
            continue;
        }
        let components = bill.series.get(series);
        let equal = by_hash.entry(hash_of(&components)).or_default();
        let known = equal.iter().find(|place| is_equal(&bill.series.get(distinct[**place]), &components));
        let place = known.copied().unwrap_or_else(|| {
            equal.push(distinct.len());
            distinct.push(series);
            distinct.len() - 1
        });
        places.insert(series, place);
    }
    let of = |components: SeriesComponents<'_>, members: &[usize]| {
        let past = pasts.past(members, components.level);
        Known::of(engine, view.of(components), &view, cycles, &past)
    };
    let known: Vec<Known> =
        distinct.par_iter().map(|series| of(bill.series.get(*series), &[*series])).collect();
    let of_sums: Vec<Option<Known>> = sums
        .par_iter()
        .zip(&parts)
        .map(|(sum, parts)| sum.as_ref().map(|sum| of(sum.get(0), &parts.together)))
        .collect();
    let partitions = partitions.iter().zip(&parts).zip(sums.iter().zip(&of_sums)).map(
        |((partition, parts), (sum, of_sum))| {
            let level = |series: &usize| bill.series.level().get(*series);
            let mut all: Vec<(&Known, CostSeries<'_>)> =
                parts.alone.iter().map(|series| (&known[places[series]], level(series))).collect();
            all.extend(of_sum.iter().zip(sum).map(|(known, sum)| (known, sum.level().get(0))));
            (partition.name.as_str(), all)
        },
    );
    let view = UnitView {
        bill,
        unit: own,
        model: engine.model(),
        view,
        cycles,
        own: &known[places[&own.series]],
        partitions: partitions.collect(),
        first_row: rows.start,
        rows: of_rows().map(|series| &known[places[&series]]).collect(),
    };
    view.forecast()
}

/// The sum of some series; `None` of none.
fn sum_of(bill: &Bill, series: &[usize]) -> Option<Components> {
    if series.is_empty() {
        return None;
    }
    let level = bill.series.level();
    let (start, values) = summed(level, Some(level), series);
    let mut builder = SeriesSetBuilder::new();
    builder.push("others", start, &values).ok()?;
    Some(Components::level_only(builder.build()))
}

fn kinds<'a>(components: &SeriesComponents<'a>) -> [Option<CostSeries<'a>>; 3] {
    [Some(components.level), components.irregular, components.partial]
}

/// A number that equal series share.
fn hash_of(components: &SeriesComponents<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for kind in kinds(components).into_iter().flatten() {
        kind.start.hash(&mut hasher);
        kind.values.len().hash(&mut hasher);
        kind.values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
    }
    hasher.finish()
}

fn is_equal(one: &SeriesComponents<'_>, other: &SeriesComponents<'_>) -> bool {
    let bits = |series: CostSeries<'_>| series.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    kinds(one).into_iter().zip(kinds(other)).all(|(one, other)| match (one, other) {
        (Some(one), Some(other)) => one.start == other.start && bits(one) == bits(other),
        (None, None) => true,
        _ => false,
    })
}

/// The pasts that a forecast of the open cycle needs, made when they are asked for.
pub(crate) struct PastsUntil<'a> {
    pub engine: &'a Engine,
    pub view: View,
    pub days: Vec<usize>,
}

impl<'a> PastsUntil<'a> {
    /// For a unit that is forecast in these cycles.
    pub(crate) fn of(
        engine: &'a Engine,
        bill: &Bill,
        unit: usize,
        view: View,
        cycles: &[BillingCycle],
    ) -> Self {
        let components = view.of(bill.series.get(bill.units[unit].series));
        let believed = components.level;
        let seen = SeriesView { components, believed, cutoff: view.cutoff, rule: view.rule };
        let days = cycles.iter().flat_map(|cycle| error_days(&seen, *cycle)).collect();
        Self { engine, view, days }
    }
}

impl SeriesPasts for PastsUntil<'_> {
    fn past(&self, _: &[usize], level: CostSeries<'_>) -> Arc<Past> {
        let View { cutoff, rule, .. } = self.view;
        Arc::new(self.engine.past(level.up_to(cutoff), rule, day_after(cutoff), 0, &self.days))
    }
}
