//! Bills of plain series: each by itself, or as the leaves of a tree whose root is the unit.

use super::{Bill, Partition, Purchase, Row, Unit};
use crate::{components::Components, error::Result, totals::Leaf};
use billing::{Amount, CycleFacts, SeriesSet, SeriesSetBuilder};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// A series whose last day lies this many days before that of the newest has ended.
const ENDED_DAYS: u64 = 7;

impl Bill {
    /// Independent series: each is a unit, and its rows bear its keys.
    #[must_use]
    pub fn of_series(series: Components, leaves: Vec<Leaf>) -> Self {
        let recurring = series.recurring().cloned();
        let mut units = Vec::with_capacity(leaves.len());
        let mut rows: Vec<Row> = Vec::with_capacity(leaves.len());
        for (place, leaf) in leaves.into_iter().enumerate() {
            for level in 1..=leaf.keys.len() {
                let facts = Leaf {
                    keys: leaf.keys[..level].to_vec(),
                    names: leaf.names[..level].to_vec(),
                    ..leaf.clone()
                };
                let parent = (level > 1).then(|| rows.len() - 1);
                rows.push(Row { facts, unit: place, parent, series: place, is_shown: true });
            }
            // What recurs in a series is taken for one purchase.
            let last: Vec<(usize, usize)> =
                leaf.keys.iter().map(|_| (rows.len() - 1, place)).take(1).collect();
            let purchase = || Purchase { charges: place, payments: None, rows: last.clone() };
            let purchases = recurring.iter().map(|_| purchase()).collect();
            units.push(Unit { facts: leaf, series: place, partitions: Vec::new(), purchases });
        }
        Self { series, purchases: recurring.unwrap_or_default(), units, rows, hidden: 0 }
    }

    /// A tree: its root is the unit, which is also forecast as the sum over each level of keys, and rows are drawn to
    /// it. `levels` are the daily values of the leaves.
    ///
    /// # Errors
    /// Sums that cannot stand in a series.
    pub fn of_tree(levels: &SeriesSet, leaves: &[Leaf]) -> Result<Self> {
        let depth = leaves.iter().map(|leaf| leaf.keys.len()).max().unwrap_or(0);
        let mut nodes: BTreeMap<&[Option<String>], Vec<usize>> = BTreeMap::new();
        for (place, leaf) in leaves.iter().enumerate() {
            for level in 0..=leaf.keys.len() {
                nodes.entry(&leaf.keys[..level]).or_default().push(place);
            }
        }
        let newest = leaves.iter().map(|leaf| leaf.cutoff).max().unwrap_or_default();
        let is_live = |place: &usize| leaves[*place].cutoff + Days::new(ENDED_DAYS) >= newest;
        let cutoff =
            leaves.iter().enumerate().filter(|(place, _)| is_live(place)).map(|(_, leaf)| leaf.cutoff).min();
        let cutoff = cutoff.unwrap_or(newest);
        let mut sums = SeriesSetBuilder::new();
        let mut places: BTreeMap<&[Option<String>], usize> = BTreeMap::new();
        let mut rows = Vec::new();
        let mut partitions: Vec<Partition> = (1..=depth)
            .map(|level| Partition {
                name: format!("level {level}"),
                series: Vec::new(),
                only_largest: false,
            })
            .collect();
        let mut root = None;
        for (series, (keys, members)) in nodes.iter().enumerate() {
            let (start, values) = summed_parts(levels, members);
            sums.push(keys.iter().flatten().cloned().collect::<Vec<_>>().join(" / "), start, &values)?;
            let first = &leaves[members[0]];
            let facts = Leaf {
                keys: keys.to_vec(),
                names: first.names[..keys.len()].to_vec(),
                cutoff,
                cycles: joined(members.iter().map(|member| &leaves[*member])),
                history_days: members.iter().map(|member| leaves[*member].history_days).max().unwrap_or(0),
                missing_days: members.iter().map(|member| leaves[*member].missing_days).max().unwrap_or(0),
                covered_from: members.iter().filter_map(|member| leaves[*member].covered_from).min(),
                stopped: !members.iter().any(is_live),
                ..first.clone()
            };
            let Some((_, above)) = keys.split_last() else {
                root = Some(Unit { facts, series, partitions: Vec::new(), purchases: Vec::new() });
                continue;
            };
            partitions[above.len()].series.push(series);
            places.insert(keys, rows.len());
            rows.push(Row { facts, unit: 0, parent: places.get(above).copied(), series, is_shown: true });
        }
        let series = Components::level_only(sums.build());
        let units = root.into_iter().map(|unit| Unit { partitions: partitions.clone(), ..unit }).collect();
        Ok(Self { series, purchases: SeriesSet::default(), units, rows, hidden: 0 })
    }
}

/// The facts of several leaves together, cycle by cycle.
fn joined<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> Vec<CycleFacts> {
    let mut all: Vec<CycleFacts> = Vec::new();
    for own in leaves.flat_map(|leaf| &leaf.cycles) {
        match all.iter_mut().find(|known| known.cycle == own.cycle) {
            None => all.push(*own),
            Some(known) => {
                let sum = |one: Amount, other: Amount| one + other;
                known.actual += own.actual;
                known.previous = known.previous.zip(own.previous).map(|(one, other)| sum(one, other));
                known.closed &= own.closed;
            }
        }
    }
    all.sort_by_key(|facts| facts.cycle);
    all
}

/// The daily sums of some series: a part costs nothing before it began and after it ended; a day that is missing
/// inside a part is missing.
pub(crate) fn summed_parts(set: &SeriesSet, members: &[usize]) -> (NaiveDate, Vec<f64>) {
    let series = || members.iter().map(|member| set.get(*member));
    let start = series().map(|own| own.start).min().unwrap_or_default();
    let end = series().map(|own| own.end()).max().unwrap_or(start);
    let mut values = vec![0.0; (end - start).num_days().max(0) as usize];
    for own in series() {
        let first = (own.start - start).num_days() as usize;
        values[first..].iter_mut().zip(own.values).for_each(|(sum, value)| *sum += value);
    }
    (start, values)
}
