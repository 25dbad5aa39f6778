//! Totals of a tree of groups: every level adds up to the one above it, to the minor unit.
//!
//! The point of a group is the sum of its leaves' points (bottom-up). Its range is its own: it comes
//! from the errors of the *summed* series, moved to that point; ranges of parts never add up to the
//! range of a whole. Amounts are rounded once, at the top, and shared out by largest remainder.
//! Wrong where leaves move together in a way that their sum never showed before.

use crate::{
    Bills, CycleForecast, DayForecast, Engine, Question, Result, SeriesForecast, Status,
    unfinished::evident_cutoff,
};
use billing::{Amount, BillingCycle, Currency, CycleFacts, SeriesSet, SeriesSetBuilder, apportion};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// A bill at the bottom of the tree, with the facts that its series do not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Its value at each level of the tree.
    pub keys: Vec<Option<String>>,
    /// What people call it, one name a level.
    pub names: Vec<String>,
    /// Currency of its amounts; `None` for plain numbers. Leaves of different currencies never add up.
    pub currency: Option<Currency>,
    /// The last day whose cost is final.
    pub cutoff: NaiveDate,
    /// What is charged in each cycle that is asked for.
    pub cycles: Vec<CycleFacts>,
    /// Days of history up to the cutoff.
    pub history_days: u64,
    /// Days for which the data has no costs although it should.
    pub missing_days: u64,
    /// Whether its data ended long before that of the other leaves.
    pub stopped: bool,
}

/// The total of one group in one cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTotal {
    /// Depth in the tree; 0 is the total of a currency.
    pub level: usize,
    /// Values of the levels down to this one.
    pub keys: Vec<Option<String>>,
    /// What people call it.
    pub name: String,
    /// Currency of its amounts.
    pub currency: Option<Currency>,
    /// The cycle.
    pub cycle: BillingCycle,
    /// The earliest cutoff of its leaves.
    pub cutoff: NaiveDate,
    /// How far it is to be trusted.
    pub status: Status,
    /// Why not fully.
    pub reason: Option<String>,
    /// The model, and its members with their weights.
    pub model: String,
    /// Members of the model with their weights.
    pub members: Vec<(String, f64)>,
    /// Charged so far, rounded.
    pub actual: Amount,
    /// The forecast of the total with its ranges, rounded; `None` where there is none.
    pub forecast: Option<TotalRange>,
    /// The total of the cycle before, where it is known whole.
    pub previous: Option<Amount>,
    /// Days of history of the longest leaf.
    pub history_days: u64,
    /// Missing days of the leaf that misses most.
    pub missing_days: u64,
    /// Leaves in it that have no forecast, so that the total holds only what they cost so far.
    pub without_forecast: usize,
    /// Expected costs of the days after the cutoff.
    pub daily: Vec<DayForecast>,
    /// Which leaves it sums.
    pub leaves: Vec<usize>,
}

/// A total with its ranges, in ascending order: `lower95 ≤ lower80 ≤ total ≤ upper80 ≤ upper95`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TotalRange {
    /// Expected total.
    pub total: Amount,
    /// Lower end of the 80 % range.
    pub lower80: Amount,
    /// Upper end of the 80 % range.
    pub upper80: Amount,
    /// Lower end of the 95 % range.
    pub lower95: Amount,
    /// Upper end of the 95 % range.
    pub upper95: Amount,
}

impl TotalRange {
    /// Bounds around `total`, lowest first, brought into order.
    #[must_use]
    pub(crate) fn around(total: Amount, [lower95, lower80, upper80, upper95]: [Amount; 4]) -> Self {
        Self {
            total,
            lower80: lower80.min(total),
            upper80: upper80.max(total),
            lower95: lower95.min(lower80).min(total),
            upper95: upper95.max(upper80).max(total),
        }
    }
}

/// What some bills cost together on each of the last `days` days of their series; `None` is a day
/// on which one of them has no value.
#[must_use]
pub fn recent(bills: &Bills, members: &[usize], days: usize) -> Vec<Option<f64>> {
    let sets = [Some(bills.level()), bills.recurring(), bills.irregular()];
    let mut sums: Vec<f64> = Vec::new();
    for set in sets.into_iter().flatten() {
        let (_, values) = summed(bills.level(), Some(set), members);
        sums.resize(values.len(), 0.0);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let first = sums.len().saturating_sub(days);
    sums[first..].iter().map(|sum| Some(*sum).filter(|sum| !sum.is_nan())).collect()
}

/// A node of the tree before it is rounded.
struct Node {
    level: usize,
    keys: Vec<Option<String>>,
    currency: Option<Currency>,
    cycle: BillingCycle,
    leaves: Vec<usize>,
    actual: Amount,
    remaining: f64,
    forecast: Option<CycleForecast>,
}

/// Forecasts every leaf and every group above it, by `depth` levels of keys.
///
/// Rows are sorted by currency, cycle and keys, a group before its parts.
///
/// # Errors
/// When bills and leaves are not equally many.
pub fn forecast_totals(
    engine: &Engine,
    bills: &Bills,
    leaves: &[Leaf],
    depth: usize,
) -> Result<Vec<GroupTotal>> {
    let leaves = &with_evident_cutoffs(engine, bills, leaves);
    let groups = groups(leaves, depth);
    let mut everything = Everything::of_leaves(bills, leaves)?;
    let mut summed: BTreeMap<&Vec<usize>, usize> = BTreeMap::new();
    for ((_, cycle, _), members) in groups.iter().filter(|(_, members)| members.len() > 1) {
        match summed.get(members) {
            Some(place) => everything.ask(*place, *cycle),
            None => {
                summed.insert(members, everything.add_sum(bills, leaves, members, *cycle)?);
            }
        }
    }
    // Leaves and sums are asked for together, so that the errors of each teach the ranges of all.
    let mut own = everything.forecast(engine)?;
    let sums = own.split_off(leaves.len());
    let nodes: Vec<Node> = groups
        .iter()
        .map(|(key, members)| {
            let sum = summed.get(members).map(|place| &sums[place - leaves.len()]);
            node(bills, leaves, &own, sum, key.clone(), members)
        })
        .collect();
    let rounded = round_down_the_tree(&nodes);
    Ok(nodes.into_iter().zip(rounded).map(|(node, amounts)| finish(leaves, &own, node, amounts)).collect())
}

/// The leaves, with cutoffs before last days that look unfinished.
fn with_evident_cutoffs(engine: &Engine, bills: &Bills, leaves: &[Leaf]) -> Vec<Leaf> {
    let settings = &engine.model().settling;
    let cutoff = |(place, leaf): (usize, &Leaf)| Leaf {
        cutoff: evident_cutoff(bills.level().get(place), leaf.cutoff, settings),
        ..leaf.clone()
    };
    leaves.iter().enumerate().map(cutoff).collect()
}

type GroupKey = (Option<Currency>, BillingCycle, Vec<Option<String>>);
/// The same, borrowed.
type GroupRef<'a> = (&'a Option<Currency>, BillingCycle, &'a [Option<String>]);

/// Leaves of every group of every level, by currency, cycle and keys.
fn groups(leaves: &[Leaf], depth: usize) -> BTreeMap<GroupKey, Vec<usize>> {
    let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
    for (index, leaf) in leaves.iter().enumerate() {
        for charged in &leaf.cycles {
            for level in 0..=depth.min(leaf.keys.len()) {
                let key = (leaf.currency.clone(), charged.cycle, leaf.keys[..level].to_vec());
                groups.entry(key).or_default().push(index);
            }
        }
    }
    groups
}

/// The series of leaves and of groups of them, with what is asked of each.
struct Everything {
    sets: [SeriesSetBuilder; 3],
    cutoffs: Vec<NaiveDate>,
    cycles: Vec<Vec<BillingCycle>>,
}

impl Everything {
    fn of_leaves(bills: &Bills, leaves: &[Leaf]) -> Result<Self> {
        let mut all = Self { sets: Default::default(), cutoffs: Vec::new(), cycles: Vec::new() };
        for (place, leaf) in leaves.iter().enumerate() {
            let cycles = leaf.cycles.iter().map(|charged| charged.cycle).collect();
            all.push(bills, &[place], bills.level().get(place).id, leaf.cutoff, cycles)?;
        }
        Ok(all)
    }

    /// Adds the sum of some leaves and gives its place. Leaves whose data stopped are left out of the
    /// sum: their silence is no zero.
    fn add_sum(
        &mut self,
        bills: &Bills,
        leaves: &[Leaf],
        members: &[usize],
        cycle: BillingCycle,
    ) -> Result<usize> {
        let live: Vec<usize> = members.iter().copied().filter(|leaf| !leaves[*leaf].stopped).collect();
        let live = if live.is_empty() { members.to_vec() } else { live };
        let cutoff = live.iter().map(|leaf| leaves[*leaf].cutoff).min().unwrap_or_default();
        self.push(bills, &live, "sum", cutoff, vec![cycle])?;
        Ok(self.cutoffs.len() - 1)
    }

    fn push(
        &mut self,
        bills: &Bills,
        members: &[usize],
        id: &str,
        cutoff: NaiveDate,
        cycles: Vec<BillingCycle>,
    ) -> Result<()> {
        let kinds = [Some(bills.level()), bills.recurring(), bills.irregular()];
        for (builder, set) in self.sets.iter_mut().zip(kinds) {
            let (start, values) = summed(bills.level(), set, members);
            builder.push(id, start, &values)?;
        }
        self.cutoffs.push(cutoff);
        self.cycles.push(cycles);
        Ok(())
    }

    fn ask(&mut self, place: usize, cycle: BillingCycle) {
        if !self.cycles[place].contains(&cycle) {
            self.cycles[place].push(cycle);
            self.cycles[place].sort_unstable();
        }
    }

    fn forecast(self, engine: &Engine) -> Result<Vec<SeriesForecast>> {
        let [level, recurring, irregular] = self.sets.map(SeriesSetBuilder::build);
        let bills = Bills::new(level, Some(recurring), Some(irregular))?;
        Ok(engine.forecast(&Question::new(&bills, &self.cutoffs, &self.cycles)?))
    }
}

/// The sum of some series of `set` over the days of the same series of `frame`: a day before a series
/// began counts as zero, a missing day inside it makes the sum missing.
pub(crate) fn summed(frame: &SeriesSet, set: Option<&SeriesSet>, members: &[usize]) -> (NaiveDate, Vec<f64>) {
    let spans = || members.iter().map(|leaf| frame.get(*leaf));
    let start = spans().map(|series| series.start).min().unwrap_or_default();
    let end = spans().map(|series| series.end()).max().unwrap_or(start);
    let days = (end - start).num_days().max(0) as usize;
    let mut sums = vec![0.0; days];
    for leaf in members {
        let own = frame.get(*leaf);
        let values = set.map(|set| set.get(*leaf));
        for (place, sum) in sums.iter_mut().enumerate() {
            let day = start + Days::new(place as u64);
            *sum += match own.index_of(day) {
                Some(index) => values.map_or(0.0, |series| series.values[index]),
                None if day < own.start => 0.0,
                None => f64::NAN,
            };
        }
    }
    (start, sums)
}

fn node(
    bills: &Bills,
    leaves: &[Leaf],
    own: &[SeriesForecast],
    sum: Option<&SeriesForecast>,
    (currency, cycle, keys): GroupKey,
    members: &[usize],
) -> Node {
    let charged = |leaf: usize| leaves[leaf].cycles.iter().find(|charged| charged.cycle == cycle);
    let forecast_of = |leaf: usize| own[leaf].cycles.iter().find(|forecast| forecast.cycle == cycle);
    let actual = members.iter().filter_map(|leaf| charged(*leaf)).map(|charged| charged.actual).sum();
    let remaining: Vec<f64> = members
        .iter()
        .filter(|leaf| !charged(**leaf).is_some_and(|charged| charged.closed))
        .filter_map(|leaf| forecast_of(*leaf)?.remaining)
        .collect();
    let closed = members.iter().all(|leaf| charged(*leaf).is_some_and(|charged| charged.closed));
    let point: f64 = remaining.iter().sum();
    let forecast = if closed {
        Some(CycleForecast::closed(cycle))
    } else if remaining.is_empty() {
        None
    } else if let [only] = members {
        forecast_of(*only).cloned()
    } else {
        let whole = sum
            .and_then(|sum| sum.cycles.iter().find(|forecast| forecast.cycle == cycle))
            .filter(|f| f.remaining.is_some());
        // Without a forecast of the sum its widest part tells at least where the total can move.
        let widest = || {
            members
                .iter()
                .filter_map(|leaf| forecast_of(*leaf))
                .filter(|f| f.ranges.is_some())
                .max_by(|a, b| width(a).total_cmp(&width(b)))
        };
        whole.or_else(widest).map(|forecast| {
            let expected_on = |day: NaiveDate| {
                let parts = members.iter().map(|leaf| (*leaf, forecast_of(*leaf)));
                parts.fold((0.0, false), |(sum, settling), (leaf, part)| {
                    let expected = part.and_then(|part| day_of(part, day));
                    // What is final in one part may be expected in another.
                    let known = || bills.get(leaf).charged_on(day).unwrap_or(0.0);
                    match expected {
                        Some(own) => (sum + own.expected, settling || own.is_settling),
                        None if day <= leaves[leaf].cutoff => (sum + known(), settling),
                        None => (sum, settling),
                    }
                })
            };
            with_days(forecast.recentred(point), expected_on)
        })
    };
    Node {
        level: keys.len(),
        keys,
        currency,
        cycle,
        leaves: members.to_vec(),
        actual,
        remaining: point,
        forecast,
    }
}

fn width(forecast: &CycleForecast) -> f64 {
    forecast.ranges.map_or(0.0, |ranges| ranges.upper95 - ranges.lower95)
}

/// A day of a forecast, whose days follow each other.
fn day_of(forecast: &CycleForecast, day: NaiveDate) -> Option<&DayForecast> {
    let place = (day - forecast.daily.first()?.date).num_days();
    forecast.daily.get(usize::try_from(place).ok()?)
}

/// Days whose expected costs are the sums of the parts', inside ranges of their own.
fn with_days(mut forecast: CycleForecast, expected_on: impl Fn(NaiveDate) -> (f64, bool)) -> CycleForecast {
    let floor = forecast.floor;
    for day in &mut forecast.daily {
        let (sum, settling) = expected_on(day.date);
        let shift = sum - day.expected;
        day.ranges = crate::Ranges::around(sum, day.ranges.ascending().map(|bound| bound + shift), floor);
        (day.expected, day.is_settling) = (sum, settling);
    }
    forecast
}

/// What is charged and what remains of every node, rounded so that parts add up to their parent. Each
/// is shared out by itself, so that where nothing remains no cent does.
fn round_down_the_tree(nodes: &[Node]) -> Vec<(Amount, Amount)> {
    let places: BTreeMap<GroupRef<'_>, usize> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| ((&node.currency, node.cycle, node.keys.as_slice()), place))
        .collect();
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut rounded: Vec<(Amount, Amount)> = Vec::with_capacity(nodes.len());
    for (place, node) in nodes.iter().enumerate() {
        let digits = digits(node.currency.as_ref());
        let actual = node.actual.rounded(digits);
        let total = (node.actual + estimate(node.remaining)).rounded(digits);
        rounded.push((actual, total - actual));
        if let Some((_, parent)) = node.keys.split_last()
            && let Some(above) = places.get(&(&node.currency, node.cycle, parent))
        {
            children.entry(*above).or_default().push(place);
        }
    }
    // Parents stand before their parts, so each is final when its turn comes.
    for (parent, parts) in children {
        let digits = digits(nodes[parent].currency.as_ref());
        let share = |exact: &dyn Fn(&Node) -> Amount, of: Amount| {
            let parts: Vec<Amount> = parts.iter().map(|part| exact(&nodes[*part])).collect();
            apportion(&parts, of, digits)
        };
        let actuals = share(&|node| node.actual, rounded[parent].0);
        let remainders = share(&|node| estimate(node.remaining), rounded[parent].1);
        for ((part, actual), remaining) in parts.iter().zip(actuals).zip(remainders) {
            rounded[*part] = (actual, remaining);
        }
    }
    rounded
}

fn estimate(value: f64) -> Amount {
    Amount::from_estimate(value).unwrap_or_default()
}

/// Digits that are kept: of the currency's minor unit; plain numbers keep six.
pub(crate) fn digits(currency: Option<&Currency>) -> u32 {
    currency.map_or(6, Currency::minor_digits)
}

fn finish(
    leaves: &[Leaf],
    own: &[SeriesForecast],
    node: Node,
    (actual, remaining): (Amount, Amount),
) -> GroupTotal {
    let total = actual + remaining;
    let members = || node.leaves.iter().map(|leaf| &leaves[*leaf]);
    let charged = |leaf: &Leaf| leaf.cycles.iter().find(|charged| charged.cycle == node.cycle).copied();
    let digits = digits(node.currency.as_ref());
    let forecast = node.forecast.as_ref().filter(|forecast| forecast.remaining.is_some()).map(|forecast| {
        let bounds = forecast.ranges.map_or([node.remaining; 4], |ranges| ranges.ascending());
        TotalRange::around(total, bounds.map(|bound| (node.actual + estimate(bound)).rounded(digits)))
    });
    let first = &own[node.leaves[0]];
    let without_forecast = node
        .leaves
        .iter()
        .filter(|leaf| {
            !own[**leaf]
                .cycles
                .iter()
                .any(|forecast| forecast.cycle == node.cycle && forecast.remaining.is_some())
        })
        .filter(|leaf| !charged(&leaves[**leaf]).is_some_and(|charged| charged.closed))
        .count();
    let all_closed = members().all(|leaf| charged(leaf).is_some_and(|charged| charged.closed));
    let broken = without_forecast > 0 || members().any(|leaf| leaf.stopped);
    let status = match &node.forecast {
        None => Status::Insufficient,
        Some(forecast) => match forecast.status {
            Status::Ok if broken => Status::Wide,
            // All its days are final, but the cycle may still be charged: it is not closed.
            Status::Closed if !all_closed => Status::Wide,
            Status::Ok | Status::Wide if node.leaves.len() == 1 && leaves[node.leaves[0]].stopped => {
                Status::Stale
            }
            status => status,
        },
    };
    let alone = node.leaves.len() == 1;
    let models: Vec<&str> = node.leaves.iter().map(|leaf| own[*leaf].model.as_str()).collect();
    GroupTotal {
        level: node.level,
        name: members()
            .next()
            .map(|leaf| leaf.names[..node.level].last().cloned().unwrap_or_else(|| "Total".to_owned()))
            .unwrap_or_default(),
        cutoff: members().map(|leaf| leaf.cutoff).min().unwrap_or_default(),
        status,
        reason: if alone { first.reason.clone() } else { None },
        model: if models.iter().all(|model| *model == models[0]) {
            first.model.clone()
        } else {
            "mixed".to_owned()
        },
        members: if alone { first.members.clone() } else { Vec::new() },
        actual,
        previous: members()
            .map(|leaf| charged(leaf).and_then(|charged| charged.previous))
            .sum::<Option<Amount>>()
            .map(|sum| sum.rounded(digits)),
        history_days: members().map(|leaf| leaf.history_days).max().unwrap_or(0),
        missing_days: members().map(|leaf| leaf.missing_days).max().unwrap_or(0),
        without_forecast,
        daily: node.forecast.map(|forecast| forecast.daily).unwrap_or_default(),
        keys: node.keys,
        currency: node.currency,
        cycle: node.cycle,
        leaves: node.leaves,
        forecast,
    }
}

#[cfg(test)]
#[path = "totals_tests.rs"]
mod tests;
