//! The tree of groups: points from the leaves, quantiles from the sums, and what `top` folds.

use super::{
    group_total::{ExpectedMissing, GroupTotal, Leaf, LineTotal, OTHERS, TREND_DAYS},
    groups::{GroupKey, Groups},
    lines::{LeafLines, line_totals},
    rounding::{Exact, digits, estimate, rounded},
    sums::{SumForecasts, recent},
};
use crate::{
    components::Components,
    cycle_total::{CycleForecast, DayForecast, DayState, SeriesForecast, Status},
    quantiles::Quantiles,
};
use billing::{Amount, BillingCycle, Currency, CycleFacts};
use chrono::NaiveDate;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Currency and keys of a parent.
type ParentKey = (Option<Currency>, Vec<Option<String>>);

/// The groups with what their leaves say.
pub(super) struct Tree<'a> {
    components: &'a Components,
    leaves: &'a [Leaf],
    forecasts: &'a [SeriesForecast],
    depth: usize,
    nodes: Vec<Node>,
    /// Rounded actual amounts and totals, one a node.
    amounts: Vec<(Amount, Amount)>,
}

/// A group, its sums not rounded.
#[derive(Clone, Debug)]
struct Node {
    key: GroupKey,
    leaves: Vec<usize>,
    actual: Amount,
    /// Expected by the open leaves that have a forecast; 0 where none has.
    remaining: f64,
    recurring: f64,
    missing: f64,
    missing_days: BTreeSet<NaiveDate>,
    is_closed: bool,
    has_forecast: bool,
    /// Whether it stands in the rest of `top`.
    is_folded: bool,
}

/// The groups of one parent and cycle that `top` folds into one row.
pub(super) struct Rest {
    node: Node,
    /// Rounded; the total is the sum of the folded rows.
    amounts: (Amount, Amount),
}

impl Rest {
    pub(super) fn group(&self) -> (BillingCycle, &[usize]) {
        (self.node.key.1, &self.node.leaves)
    }
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        components: &'a Components,
        leaves: &'a [Leaf],
        forecasts: &'a [SeriesForecast],
        depth: usize,
        groups: Groups,
    ) -> Self {
        let node = |(key, members)| Node::new(leaves, forecasts, key, members);
        let nodes: Vec<Node> = groups.0.into_iter().map(node).collect();
        let places: BTreeMap<&GroupKey, usize> =
            nodes.iter().enumerate().map(|(place, node)| (&node.key, place)).collect();
        let exact: Vec<Exact<'_>> = nodes
            .iter()
            .map(|node| {
                let (currency, cycle, keys) = &node.key;
                let parent = keys.split_last().map(|(_, above)| (currency.clone(), *cycle, above.to_vec()));
                Exact {
                    actual: node.actual,
                    remaining: estimate(node.remaining),
                    is_forecast: node.has_forecast && !node.is_closed,
                    currency: currency.as_ref(),
                    parent: parent.and_then(|key| places.get(&key).copied()),
                }
            })
            .collect();
        let amounts = rounded(&exact);
        drop(exact);
        drop(places);
        Self { components, leaves, forecasts, depth, nodes, amounts }
    }

    /// Folds all but the `top` groups of the last level inside each parent.
    pub(super) fn fold(&mut self, top: usize) -> Vec<Rest> {
        if self.depth == 0 {
            return Vec::new();
        }
        let last = self.depth;
        let mut siblings: BTreeMap<ParentKey, Vec<usize>> = BTreeMap::new();
        for (place, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.level() == last) {
            let parent = (node.key.0.clone(), node.key.2[..last - 1].to_vec());
            siblings.entry(parent).or_default().push(place);
        }
        let mut folded = Vec::new();
        for ((currency, above), places) in siblings {
            let keys: Vec<Option<String>> =
                places.iter().map(|place| self.nodes[*place].key.2[last - 1].clone()).collect();
            let first = places.iter().map(|place| self.nodes[*place].key.1).min();
            let mut totals: BTreeMap<Option<String>, Amount> = BTreeMap::new();
            for (&place, key) in places.iter().zip(&keys) {
                let node = &self.nodes[place];
                let total = if Some(node.key.1) == first { node.total() } else { Amount::ZERO };
                *totals.entry(key.clone()).or_default() += total;
            }
            let mut order: Vec<(Reverse<Amount>, Option<String>)> = totals
                .into_iter()
                .filter(|(key, _)| key.as_deref() != Some(OTHERS))
                .map(|(key, total)| (Reverse(total), key))
                .collect();
            order.sort();
            let kept: BTreeSet<Option<String>> = order.into_iter().take(top).map(|(_, key)| key).collect();
            let mut rests: BTreeMap<BillingCycle, Rest> = BTreeMap::new();
            for (place, _) in places.into_iter().zip(keys).filter(|(_, key)| !kept.contains(key)) {
                self.nodes[place].is_folded = true;
                let (node, (_, total)) = (&self.nodes[place], self.amounts[place]);
                let cycle = node.key.1;
                let keys = above.iter().cloned().chain([Some(OTHERS.to_owned())]).collect();
                let rest = rests.entry(cycle).or_insert_with(|| Rest {
                    node: Node::empty((currency.clone(), cycle, keys)),
                    amounts: Default::default(),
                });
                rest.node.add(node);
                rest.amounts.1 += total;
            }
            folded.extend(rests.into_values().map(|mut rest| {
                let digits = digits(currency.as_ref());
                rest.amounts.0 = rest.node.actual.rounded(digits);
                if rest.node.is_closed {
                    rest.amounts.1 = rest.amounts.0;
                }
                rest
            }));
        }
        folded
    }

    /// The groups that are shown, as cycle and leaves.
    pub(super) fn shown(&self) -> impl Iterator<Item = (BillingCycle, &[usize])> {
        self.nodes.iter().filter(|node| !node.is_folded).map(|node| (node.key.1, node.leaves.as_slice()))
    }

    /// The rows, in the order of their keys.
    pub(super) fn totals(&self, rest: &[Rest], sums: &SumForecasts<'_>) -> Vec<GroupTotal> {
        let own = self.nodes.iter().zip(&self.amounts).filter(|(node, _)| !node.is_folded);
        let mut all: Vec<(&Node, (Amount, Amount))> = own
            .map(|(node, amounts)| (node, *amounts))
            .chain(rest.iter().map(|rest| (&rest.node, rest.amounts)))
            .collect();
        all.sort_by(|(one, _), (other, _)| one.key.cmp(&other.key));
        all.into_iter().map(|(node, amounts)| self.finish(node, amounts, sums)).collect()
    }

    fn facts(&self, leaf: usize, cycle: BillingCycle) -> Option<&CycleFacts> {
        facts(&self.leaves[leaf], cycle)
    }

    fn forecast_of(&self, leaf: usize, cycle: BillingCycle) -> Option<&CycleForecast> {
        forecast_of(&self.forecasts[leaf], cycle)
    }

    /// The forecast of a node's remaining cost, with its days.
    fn forecast(&self, node: &Node, sums: &SumForecasts<'_>) -> Option<CycleForecast> {
        let cycle = node.key.1;
        if node.is_closed {
            return Some(CycleForecast::closed(cycle));
        }
        if !node.has_forecast {
            return None;
        }
        if let [only] = node.leaves[..] {
            return self.forecast_of(only, cycle).cloned();
        }
        let whole = sums.get(&node.leaves, cycle).filter(|forecast| forecast.remaining.is_some());
        // Without a forecast of the sum its widest part shows at least where the total can move.
        let widest = || {
            let parts = node.leaves.iter().filter_map(|leaf| self.forecast_of(*leaf, cycle));
            parts.filter(|part| part.remaining.is_some()).max_by(|a, b| width(a).total_cmp(&width(b)))
        };
        let mut forecast = whole.or_else(widest)?.clone();
        forecast.remaining = forecast.remaining.map(|remaining| remaining.moved_to(node.remaining));
        forecast.daily = self.days_of(node, &forecast);
        Some(forecast)
    }

    /// The expected days of a sum: of each the sum of its parts, inside quantiles of its own.
    fn days_of(&self, node: &Node, sum: &CycleForecast) -> Vec<DayForecast> {
        let cycle = node.key.1;
        let parts: Vec<(usize, Option<&CycleForecast>)> =
            node.leaves.iter().map(|leaf| (*leaf, self.forecast_of(*leaf, cycle))).collect();
        let dates: BTreeSet<NaiveDate> = parts
            .iter()
            .filter_map(|(_, part)| *part)
            .flat_map(|part| &part.daily)
            .map(|day| day.date)
            .collect();
        let day = |date: NaiveDate| {
            let (mut expected, mut states) = (0.0, BTreeSet::new());
            for (leaf, part) in &parts {
                match part.and_then(|part| part.on(date)) {
                    Some(day) => {
                        expected += day.expected();
                        states.insert(day.state);
                    }
                    // What is final in one part may be expected in another.
                    None if date <= self.leaves[*leaf].cutoff => {
                        expected += self.components.get(*leaf).charged_on(date).unwrap_or(0.0);
                    }
                    None => {}
                }
            }
            let state =
                [DayState::Settling, DayState::ToCome].into_iter().find(|state| states.contains(state));
            let cost = match sum.on(date) {
                Some(day) => day.cost.moved_to(expected),
                None => Quantiles::exactly(expected),
            };
            DayForecast { date, state: state.unwrap_or(DayState::Missing), cost }
        };
        dates.into_iter().map(day).collect()
    }

    fn finish(&self, node: &Node, (actual, total): (Amount, Amount), sums: &SumForecasts<'_>) -> GroupTotal {
        let (currency, cycle, keys) = node.key.clone();
        let (level, digits) = (keys.len(), digits(currency.as_ref()));
        let forecast = self.forecast(node, sums);
        let remaining = forecast.as_ref().and_then(|forecast| forecast.remaining.as_ref());
        let members = || node.leaves.iter().map(|leaf| &self.leaves[*leaf]);
        let alone = node.leaves.len() == 1;
        let first = &self.forecasts[node.leaves[0]];
        let models = || node.leaves.iter().map(|leaf| &self.forecasts[*leaf].model);
        let is_rest = level == self.depth && keys.last().is_some_and(|key| key.as_deref() == Some(OTHERS));
        let name = match (is_rest, members().next()) {
            (true, _) => OTHERS.to_owned(),
            (false, Some(leaf)) => leaf.names[..level].last().cloned().unwrap_or_else(|| "Total".to_owned()),
            (false, None) => String::new(),
        };
        let cutoff = members().map(|leaf| leaf.cutoff).min().unwrap_or_default();
        let without_forecast = self.without_forecast(node);
        let expected_days = forecast.as_ref().map(|forecast| forecast.daily.clone()).unwrap_or_default();
        let mut padded = keys;
        padded.resize(self.depth, None);
        GroupTotal {
            level,
            keys: padded,
            name,
            cycle,
            cutoff,
            status: self.status(node, forecast.as_ref(), without_forecast),
            reason: if alone { first.reason.clone() } else { None },
            model: if models().all(|model| *model == first.model) {
                first.model.clone()
            } else {
                "mixed".to_owned()
            },
            members: if alone { first.members.clone() } else { Vec::new() },
            actual,
            total: remaining.map(|remaining| {
                let amount = |value: f64| node.actual + estimate(value);
                remaining.map(amount).rounded(digits).with_point(total)
            }),
            recurring: estimate(node.recurring),
            missing: ExpectedMissing {
                days: node.missing_days.len() as u64,
                expected: estimate(node.missing).rounded(digits),
            },
            previous: members()
                .map(|leaf| facts(leaf, cycle).and_then(|facts| facts.previous))
                .sum::<Option<Amount>>()
                .map(|sum| sum.rounded(digits)),
            history_days: members().map(|leaf| leaf.history_days).max().unwrap_or(0),
            missing_days: members().map(|leaf| leaf.missing_days).max().unwrap_or(0),
            covered_from: members().filter_map(|leaf| leaf.covered_from).min(),
            without_forecast,
            trend: recent(self.components, &node.leaves, TREND_DAYS),
            known_days: self.known_days(node, cutoff, &expected_days),
            expected_days,
            lines: if level == 0 && remaining.is_some() {
                self.lines(node, (actual, total), digits)
            } else {
                Vec::new()
            },
            leaves: node.leaves.clone(),
            net: None,
            currency,
        }
    }

    fn lines(&self, node: &Node, amounts: (Amount, Amount), digits: u32) -> Vec<LineTotal> {
        let cycle = node.key.1;
        let of_leaf = |leaf: &usize| {
            let is_closed = self.facts(*leaf, cycle).is_some_and(|facts| facts.closed);
            let forecast = self.forecast_of(*leaf, cycle).filter(|_| !is_closed);
            let recurring = forecast.map_or(0.0, |forecast| forecast.recurring);
            LeafLines {
                sums: &self.leaves[*leaf].lines,
                level: forecast.and_then(CycleForecast::point).unwrap_or(0.0) - recurring,
                recurring,
            }
        };
        let leaves: Vec<LeafLines<'_>> = node.leaves.iter().map(of_leaf).collect();
        line_totals(cycle, &leaves, amounts, digits)
    }

    fn without_forecast(&self, node: &Node) -> usize {
        let cycle = node.key.1;
        let has_forecast =
            |leaf: usize| self.forecast_of(leaf, cycle).is_some_and(|forecast| forecast.remaining.is_some());
        let is_closed = |leaf: usize| self.facts(leaf, cycle).is_some_and(|facts| facts.closed);
        node.leaves.iter().filter(|leaf| !has_forecast(**leaf) && !is_closed(**leaf)).count()
    }

    fn status(&self, node: &Node, forecast: Option<&CycleForecast>, without_forecast: usize) -> Status {
        let has_stopped = |leaf: &usize| self.leaves[*leaf].stopped;
        let is_incomplete = without_forecast > 0 || node.leaves.iter().any(has_stopped);
        match forecast.map(|forecast| forecast.status) {
            None => Status::Insufficient,
            Some(Status::Ok) if is_incomplete => Status::Wide,
            // All its days are final, but the cycle may still be charged: it is not closed.
            Some(Status::Closed) if !node.is_closed => Status::Wide,
            Some(Status::Ok | Status::Wide) if node.leaves.len() == 1 && has_stopped(&node.leaves[0]) => {
                Status::Stale
            }
            // A group that expects missing days of a part is as uncertain as that part.
            Some(Status::Ok) if !node.missing_days.is_empty() => Status::Wide,
            Some(status) => status,
        }
    }

    fn known_days(
        &self,
        node: &Node,
        cutoff: NaiveDate,
        expected: &[DayForecast],
    ) -> Vec<(NaiveDate, Option<f64>)> {
        let is_expected = |date: NaiveDate| expected.binary_search_by_key(&date, |day| day.date).is_ok();
        let cost = |date: NaiveDate| {
            let costs: Vec<f64> =
                node.leaves.iter().filter_map(|leaf| self.components.get(*leaf).charged_on(date)).collect();
            (!costs.is_empty()).then(|| costs.iter().sum())
        };
        let days = node.key.1.days().take_while(|day| *day <= cutoff).filter(|day| !is_expected(*day));
        days.map(|day| (day, cost(day))).collect()
    }
}

impl Node {
    fn empty(key: GroupKey) -> Self {
        Self {
            key,
            leaves: Vec::new(),
            actual: Amount::ZERO,
            remaining: 0.0,
            recurring: 0.0,
            missing: 0.0,
            missing_days: BTreeSet::new(),
            is_closed: true,
            has_forecast: false,
            is_folded: false,
        }
    }

    fn new(leaves: &[Leaf], forecasts: &[SeriesForecast], key: GroupKey, members: Vec<usize>) -> Self {
        let cycle = key.1;
        let mut node = Self::empty(key);
        for &leaf in &members {
            let own = facts(&leaves[leaf], cycle);
            node.actual += own.map_or(Amount::ZERO, |facts| facts.actual);
            if own.is_some_and(|facts| facts.closed) {
                continue;
            }
            node.is_closed = false;
            let Some(forecast) = forecast_of(&forecasts[leaf], cycle) else { continue };
            if let Some(point) = forecast.point() {
                node.has_forecast = true;
                node.remaining += point;
                node.recurring += forecast.recurring;
                node.missing += forecast.missing;
                let missing = forecast.daily.iter().filter(|day| day.state == DayState::Missing);
                node.missing_days.extend(missing.map(|day| day.date));
            }
        }
        node.leaves = members;
        node
    }

    /// Joins a sibling.
    fn add(&mut self, other: &Node) {
        self.leaves.extend(&other.leaves);
        self.leaves.sort_unstable();
        self.actual += other.actual;
        self.remaining += other.remaining;
        self.recurring += other.recurring;
        self.missing += other.missing;
        self.missing_days.extend(&other.missing_days);
        self.is_closed &= other.is_closed;
        self.has_forecast |= other.has_forecast;
    }

    fn level(&self) -> usize {
        self.key.2.len()
    }

    fn total(&self) -> Amount {
        self.actual + estimate(self.remaining)
    }
}

fn facts(leaf: &Leaf, cycle: BillingCycle) -> Option<&CycleFacts> {
    leaf.cycles.iter().find(|facts| facts.cycle == cycle)
}

fn forecast_of(forecast: &SeriesForecast, cycle: BillingCycle) -> Option<&CycleForecast> {
    forecast.cycles.iter().find(|forecast| forecast.cycle == cycle)
}

fn width(forecast: &CycleForecast) -> f64 {
    forecast.remaining.as_ref().map_or(0.0, |remaining| {
        let [low, high] = remaining.interval(0.95);
        high - low
    })
}
