//! The tree of groups that are shown: each sums units, or rows of several units.

use super::{
    group_total::{ExpectedMissing, GroupTotal, Leaf, LineTotal, OTHERS, TREND_DAYS},
    lines::{LeafLines, line_totals},
    rounding::{Exact, digits, estimate, rounded},
    sums::recent,
};
use crate::{
    bill::{Bill, Part, UnitForecast, sum},
    cycle_total::{CycleForecast, DayForecast, DayState, SeriesForecast, Status},
    model_file::Model,
};
use billing::{Amount, BillingCycle, Currency, CycleFacts};
use chrono::NaiveDate;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Currency, cycle and shown keys down to the group's level.
type GroupKey = (Option<Currency>, BillingCycle, Vec<Option<String>>);

/// Currency and keys of a parent.
type ParentKey = (Option<Currency>, Vec<Option<String>>);

/// A unit, or a row below one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Unit(usize),
    Row(usize),
}

/// What is shown, with what is known of it.
pub(crate) struct Tree<'a> {
    bill: &'a Bill,
    forecasts: &'a [UnitForecast],
    model: &'a Model,
    depth: usize,
    /// Whether days, recent costs and members are shown.
    in_full: bool,
    groups: BTreeMap<GroupKey, Vec<Place>>,
    /// Rounded totals of units and rows in a cycle.
    totals: BTreeMap<(BillingCycle, Place), Amount>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(bill: &'a Bill, forecasts: &'a [UnitForecast], model: &'a Model, depth: usize) -> Self {
        let mut groups: BTreeMap<GroupKey, Vec<Place>> = BTreeMap::new();
        let mut add = |place: Place, facts: &Leaf, keys: &[Option<String>]| {
            for cycle in &facts.cycles {
                let key = (facts.currency.clone(), cycle.cycle, keys.to_vec());
                groups.entry(key).or_default().push(place);
            }
        };
        if bill.hidden == 0 {
            for (place, unit) in bill.units.iter().enumerate() {
                add(Place::Unit(place), &unit.facts, &[]);
            }
        }
        for (place, row) in bill.rows.iter().enumerate().filter(|(_, row)| row.is_shown) {
            let shown = row.facts.keys.get(bill.hidden..).unwrap_or_default();
            let is_level = row.level() >= bill.hidden.max(1) && shown.len() <= depth;
            if is_level && (bill.hidden > 0 || !shown.is_empty()) {
                add(Place::Row(place), &row.facts, shown);
            }
        }
        let mut tree = Self { bill, forecasts, model, depth, in_full: true, groups, totals: BTreeMap::new() };
        tree.round();
        tree
    }

    /// The last level alone, without days, recent costs and members.
    pub(super) fn of_rows(
        bill: &'a Bill,
        forecasts: &'a [UnitForecast],
        model: &'a Model,
        depth: usize,
    ) -> Self {
        let mut tree = Self::new(bill, forecasts, model, depth);
        tree.groups.retain(|(.., keys), _| keys.len() == depth);
        Self { in_full: false, ..tree }
    }

    /// Rounds the total of every unit, and shares it out to its rows.
    fn round(&mut self) {
        let cycles: BTreeSet<BillingCycle> =
            self.bill.units.iter().flat_map(|unit| &unit.facts.cycles).map(|facts| facts.cycle).collect();
        for cycle in cycles {
            let (mut nodes, mut places) = (Vec::new(), Vec::new());
            let mut at: BTreeMap<Place, usize> = BTreeMap::new();
            let units = (0..self.bill.units.len()).map(Place::Unit);
            for place in units.chain((0..self.bill.rows.len()).map(Place::Row)) {
                let Some(facts) = self.facts(place, cycle) else { continue };
                let part = self.part(place, cycle).filter(|_| !facts.closed);
                let parent = match place {
                    Place::Unit(_) => None,
                    Place::Row(row) => {
                        let row = &self.bill.rows[row];
                        at.get(&row.parent.map_or(Place::Unit(row.unit), Place::Row)).copied()
                    }
                };
                at.insert(place, nodes.len());
                places.push(place);
                nodes.push(Exact {
                    actual: facts.actual,
                    remaining: part.map_or(Amount::ZERO, |part| estimate(expected(part))),
                    is_forecast: part.is_some(),
                    currency: self.leaf(place).currency.as_ref(),
                    parent,
                });
            }
            let totals = rounded(&nodes).into_iter().map(|(_, total)| total);
            self.totals.extend(places.into_iter().map(|place| (cycle, place)).zip(totals));
        }
    }

    /// Joins all but the `top` groups of the last level inside each parent.
    pub(super) fn fold(&mut self, top: usize) {
        if self.depth == 0 {
            return;
        }
        let last = self.depth;
        let mut siblings: BTreeMap<ParentKey, Vec<GroupKey>> = BTreeMap::new();
        for key in self.groups.keys().filter(|key| key.2.len() == last) {
            siblings.entry((key.0.clone(), key.2[..last - 1].to_vec())).or_default().push(key.clone());
        }
        for ((currency, above), keys) in siblings {
            let first = keys.iter().map(|key| key.1).min();
            let mut totals: BTreeMap<Option<String>, Amount> = BTreeMap::new();
            for key in &keys {
                let total =
                    if Some(key.1) == first { self.total_of(key.1, &self.groups[key]) } else { Amount::ZERO };
                *totals.entry(key.2[last - 1].clone()).or_default() += total;
            }
            let mut order: Vec<(Reverse<Amount>, Option<String>)> = totals
                .into_iter()
                .filter(|(key, _)| key.as_deref() != Some(OTHERS))
                .map(|(key, total)| (Reverse(total), key))
                .collect();
            order.sort();
            let kept: BTreeSet<Option<String>> = order.into_iter().take(top).map(|(_, key)| key).collect();
            for key in keys.into_iter().filter(|key| !kept.contains(&key.2[last - 1])) {
                let places = self.groups.remove(&key).unwrap_or_default();
                let others = above.iter().cloned().chain([Some(OTHERS.to_owned())]).collect();
                self.groups.entry((currency.clone(), key.1, others)).or_default().extend(places);
            }
        }
        self.groups.values_mut().for_each(|places| places.sort_unstable());
    }

    /// The groups, in the order of their keys.
    pub(crate) fn totals(&self) -> Vec<GroupTotal> {
        self.groups.iter().map(|(key, places)| self.group(key, places)).collect()
    }

    fn leaf(&self, place: Place) -> &'a Leaf {
        match place {
            Place::Unit(unit) => &self.bill.units[unit].facts,
            Place::Row(row) => &self.bill.rows[row].facts,
        }
    }

    fn unit_of(&self, place: Place) -> usize {
        match place {
            Place::Unit(unit) => unit,
            Place::Row(row) => self.bill.rows[row].unit,
        }
    }

    fn series(&self, place: Place) -> usize {
        match place {
            Place::Unit(unit) => self.bill.units[unit].series,
            Place::Row(row) => self.bill.rows[row].series,
        }
    }

    fn facts(&self, place: Place, cycle: BillingCycle) -> Option<&'a CycleFacts> {
        self.leaf(place).cycles.iter().find(|facts| facts.cycle == cycle)
    }

    /// What its own series says.
    fn own(&self, place: Place) -> &'a SeriesForecast {
        match place {
            Place::Unit(unit) => &self.forecasts[unit].own,
            Place::Row(row) => {
                let unit = self.bill.rows[row].unit;
                &self.forecasts[unit].rows[row - self.bill.rows_of(unit).start].0
            }
        }
    }

    /// Its forecast in a cycle; `None` without one.
    fn part(&self, place: Place, cycle: BillingCycle) -> Option<&'a Part> {
        let unit = self.unit_of(place);
        let at = self.bill.units[unit].facts.cycles.iter().position(|facts| facts.cycle == cycle)?;
        let forecast = &self.forecasts[unit];
        match place {
            Place::Unit(_) => forecast.cycles.get(at)?.as_ref(),
            Place::Row(row) => forecast.rows[row - self.bill.rows_of(unit).start].1.get(at)?.as_ref(),
        }
    }

    fn is_closed(&self, place: Place, cycle: BillingCycle) -> bool {
        self.facts(place, cycle).is_some_and(|facts| facts.closed)
    }

    /// The rounded total of some parts of a cycle: closed ones are rounded from their exact sum.
    fn total_of(&self, cycle: BillingCycle, places: &[Place]) -> Amount {
        let (mut open, mut closed) = (Amount::ZERO, Amount::ZERO);
        for place in places {
            match self.facts(*place, cycle) {
                Some(facts) if facts.closed => closed += facts.actual,
                _ => open += self.totals.get(&(cycle, *place)).copied().unwrap_or_default(),
            }
        }
        let currency = places.first().and_then(|place| self.leaf(*place).currency.as_ref());
        open + closed.rounded(digits(currency))
    }

    fn group(&self, (currency, cycle, keys): &GroupKey, places: &[Place]) -> GroupTotal {
        let (level, digits, cycle) = (keys.len(), digits(currency.as_ref()), *cycle);
        let leaves = || places.iter().map(|place| self.leaf(*place));
        let cutoff = leaves().map(|leaf| leaf.cutoff).min().unwrap_or_default();
        let is_closed = places.iter().all(|place| self.is_closed(*place, cycle));
        let open: Vec<Place> =
            places.iter().copied().filter(|place| !self.is_closed(*place, cycle)).collect();
        let forecast = self.forecast(cycle, places, &open, is_closed);
        let remaining = forecast.as_ref().and_then(|forecast| forecast.remaining.as_ref());
        let exact: Amount =
            places.iter().filter_map(|place| self.facts(*place, cycle)).map(|own| own.actual).sum();
        let (actual, total) = (exact.rounded(digits), self.total_of(cycle, places));
        let without_forecast = open.iter().filter(|place| self.part(**place, cycle).is_none()).count();
        let alone = if let [only] = places { Some(*only) } else { None };
        let model = &self.own(places[0]).model;
        let is_one_model = places.iter().all(|place| self.own(*place).model == *model);
        let expected_days = forecast.as_ref().filter(|_| self.in_full);
        let expected_days = expected_days.map(|forecast| forecast.daily.clone()).unwrap_or_default();
        let missing_of_parts: BTreeSet<NaiveDate> = open
            .iter()
            .filter_map(|place| self.part(*place, cycle))
            .flat_map(|part| &part.forecast.daily)
            .filter(|day| day.state == DayState::Missing)
            .map(|day| day.date)
            .collect();
        let mut padded = keys.clone();
        padded.resize(self.depth, None);
        let mut units: Vec<usize> = places.iter().map(|place| self.unit_of(*place)).collect();
        units.dedup();
        GroupTotal {
            level,
            keys: padded,
            name: self.name(keys, places),
            cycle,
            cycles: 1,
            cutoff,
            status: self.status(
                cycle,
                places,
                forecast.as_ref(),
                without_forecast,
                !missing_of_parts.is_empty(),
            ),
            reason: alone.and_then(|place| self.own(place).reason.clone()),
            stop_probability: alone
                .and_then(|place| self.part(place, cycle)?.forecast.spread)
                .map_or(0.0, |spread| spread.stopped),
            model: if is_one_model { model.clone() } else { "mixed".to_owned() },
            members: alone.filter(|_| self.in_full).map(|place| self.members(place)).unwrap_or_default(),
            actual,
            total: remaining.map(|remaining| {
                let amount = |value: f64| exact + estimate(value);
                remaining.map(amount).rounded(digits).with_point(total)
            }),
            recurring: estimate(forecast.as_ref().map_or(0.0, |forecast| forecast.recurring)),
            missing: ExpectedMissing {
                days: missing_of_parts.len() as u64,
                expected: estimate(forecast.as_ref().map_or(0.0, |forecast| forecast.missing))
                    .rounded(digits),
            },
            previous: places
                .iter()
                .map(|place| self.facts(*place, cycle).and_then(|facts| facts.previous))
                .sum::<Option<Amount>>()
                .map(|sum| sum.rounded(digits)),
            history_days: leaves().map(|leaf| leaf.history_days).max().unwrap_or(0),
            missing_days: leaves().map(|leaf| leaf.missing_days).max().unwrap_or(0),
            covered_from: leaves().filter_map(|leaf| leaf.covered_from).min(),
            without_forecast,
            trend: if self.in_full {
                let series: Vec<usize> = places.iter().map(|place| self.series(*place)).collect();
                recent(&self.bill.series, &series, TREND_DAYS)
            } else {
                Vec::new()
            },
            known_days: match self.in_full {
                true => self.known_days(cycle, places, cutoff, &expected_days),
                false => Vec::new(),
            },
            expected_days,
            lines: if level == 0 && remaining.is_some() {
                self.lines(cycle, places, (actual, total), digits)
            } else {
                Vec::new()
            },
            units,
            net: None,
            currency: currency.clone(),
        }
    }

    /// What is still expected of a group, with its days.
    fn forecast(
        &self,
        cycle: BillingCycle,
        places: &[Place],
        open: &[Place],
        is_closed: bool,
    ) -> Option<CycleForecast> {
        if is_closed {
            return Some(CycleForecast::closed(cycle));
        }
        let parts: Vec<&Part> = open.iter().filter_map(|place| self.part(*place, cycle)).collect();
        let with_forecast: Vec<Place> =
            open.iter().copied().filter(|place| self.part(*place, cycle).is_some()).collect();
        let known = |place: usize, date: NaiveDate| self.charged_on(with_forecast[place], date);
        let mut forecast = sum(&parts, self.model, known)?;
        // Days of parts without a forecast, or closed, are known where they are.
        for day in &mut forecast.daily {
            let others = places.iter().filter(|place| !with_forecast.contains(place));
            let more: f64 = others.map(|place| self.charged_on(*place, day.date)).sum();
            if more != 0.0 {
                day.cost = day.cost.moved_to(day.expected() + more);
            }
        }
        Some(forecast)
    }

    /// What a part cost on a day that is final for it.
    fn charged_on(&self, place: Place, date: NaiveDate) -> f64 {
        if date > self.leaf(place).cutoff {
            return 0.0;
        }
        self.bill.series.get(self.series(place)).charged_on(date).unwrap_or(0.0)
    }

    fn name(&self, keys: &[Option<String>], places: &[Place]) -> String {
        let is_rest =
            keys.len() == self.depth && keys.last().is_some_and(|key| key.as_deref() == Some(OTHERS));
        if is_rest {
            return OTHERS.to_owned();
        }
        if keys.is_empty() {
            return "Total".to_owned();
        }
        let names = &self.leaf(places[0]).names;
        names.last().cloned().unwrap_or_default()
    }

    /// The ways that a unit was forecast in, or the members of its model, with their weights.
    fn members(&self, place: Place) -> Vec<(String, f64)> {
        let unit = self.unit_of(place);
        let ways = &self.forecasts[unit].ways;
        let is_unit = match place {
            Place::Unit(_) => true,
            Place::Row(row) => {
                let siblings = &self.bill.rows[self.bill.rows_of(unit)];
                let row = &self.bill.rows[row];
                siblings.iter().filter(|own| own.level() == row.level()).count() == 1
            }
        };
        if is_unit && !ways.is_empty() {
            return ways.iter().map(|(name, weight)| (name.clone(), *weight)).collect();
        }
        self.own(place).members.clone()
    }

    fn lines(
        &self,
        cycle: BillingCycle,
        places: &[Place],
        amounts: (Amount, Amount),
        digits: u32,
    ) -> Vec<LineTotal> {
        let of_place = |place: &Place| {
            let part = self.part(*place, cycle).filter(|_| !self.is_closed(*place, cycle));
            LeafLines {
                sums: &self.leaf(*place).lines,
                level: part.map_or(0.0, |part| part.level),
                recurring: part.map_or(0.0, |part| part.forecast.recurring),
            }
        };
        let leaves: Vec<LeafLines<'_>> = places.iter().map(of_place).collect();
        line_totals(cycle, &leaves, amounts, digits)
    }

    fn status(
        &self,
        cycle: BillingCycle,
        places: &[Place],
        forecast: Option<&CycleForecast>,
        without_forecast: usize,
        is_missing: bool,
    ) -> Status {
        let has_stopped = |place: &Place| self.leaf(*place).stopped;
        let is_incomplete = without_forecast > 0 || places.iter().any(has_stopped);
        let is_closed = places.iter().all(|place| self.is_closed(*place, cycle));
        match forecast.map(|forecast| forecast.status) {
            None => Status::Insufficient,
            Some(Status::Ok | Status::Wide) if places.len() == 1 && has_stopped(&places[0]) => Status::Stale,
            Some(Status::Ok) if is_incomplete => Status::Wide,
            // All its days are final, but the cycle may still be charged: it is not closed.
            Some(Status::Closed) if !is_closed => Status::Wide,
            // A group that expects missing days of a part is as uncertain as that part.
            Some(Status::Ok) if is_missing => Status::Wide,
            Some(status) => status,
        }
    }

    fn known_days(
        &self,
        cycle: BillingCycle,
        places: &[Place],
        cutoff: NaiveDate,
        expected: &[DayForecast],
    ) -> Vec<(NaiveDate, Option<f64>)> {
        let is_expected = |date: NaiveDate| expected.binary_search_by_key(&date, |day| day.date).is_ok();
        let cost = |date: NaiveDate| {
            let series = places.iter().map(|place| self.series(*place));
            let costs: Vec<f64> =
                series.filter_map(|series| self.bill.series.get(series).charged_on(date)).collect();
            (!costs.is_empty()).then(|| costs.iter().sum())
        };
        let days = cycle.days().take_while(|day| *day <= cutoff).filter(|day| !is_expected(*day));
        days.map(|day| (day, cost(day))).collect()
    }
}

/// What a part is still expected to cost.
fn expected(part: &Part) -> f64 {
    part.level + part.forecast.recurring
}
