//! What a forecast needs of daily costs: series by law, the cutoff, the cycles, and what is charged.
//!
//! Per leaf there are three aligned series: the *level* (usage, which continues day by day), what
//! *recurs* (purchases that come back on their day), and what is *irregular* (one-time purchases,
//! refunds, adjustments). Late and corrected charges are irregular on the day of their cycle that is nearest to
//! that of their use. What continues and what recurs are restated at the newest rate where prices are in another currency.

use crate::selection::selected_charges::STOPPED_DAYS;
use crate::{
    DailyCosts, ReadOptions, Result, SeriesTable,
    daily::{
        daily_costs::{Cell, Leaf},
        rate_effects::Rates,
    },
    selection::coverage::Coverage,
};
use billing::{
    Amount, BillingCycle, ChargeKind, Currency, CycleDay, CycleFacts, LineSums, SeriesSet, SeriesSetBuilder,
    TotalLine,
};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Days after its end until a cycle counts as closed.
const CLOSING_DAYS: u64 = 5;
/// Days before the newest run that are not final by default: yesterday is incomplete in the morning.
const SETTLE_DAYS: u32 = 2;
/// Days whose charges show how a daily level is shared out to the lines of a total.
const LEVEL_DAYS: u64 = 28;
/// Days that hold each recurring charge once.
const RECURRING_DAYS: u64 = 31;

/// Series and facts of every leaf, in the order of [`DailyCosts::leaves`].
#[derive(Debug)]
pub struct Outlook {
    /// Usage, day by day.
    pub level: SeriesSet,
    /// Purchases that come back, on the day they were made.
    pub recurring: SeriesSet,
    /// One-time purchases, refunds and adjustments of their cycle.
    pub irregular: SeriesSet,
    /// What is known of each leaf besides.
    pub leaves: Vec<LeafOutlook>,
}

/// What is known of a leaf besides its series.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafOutlook {
    /// The last day whose cost is used as final.
    pub cutoff: NaiveDate,
    /// The cycles to forecast: an earlier one that is not closed yet, the open one, the next.
    pub cycles: Vec<CycleFacts>,
    /// Days with a known cost up to the cutoff.
    pub history_days: u64,
    /// The first day that a file covers.
    pub covered_from: NaiveDate,
    /// Days from the first covered one to the newest of all inputs for which no file has costs.
    pub missing_days: u64,
    /// Whether its coverage ended long before that of the rest.
    pub stopped: bool,
}

/// A line beside a total (credit or tax), and what it sums to in a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is.
    pub name: &'static str,
    /// The cycle.
    pub cycle: BillingCycle,
    /// The currency.
    pub currency: Currency,
    /// What it sums to so far.
    pub amount: Amount,
}

impl DailyCosts {
    /// Series and facts for forecasting this cycle and the `cycles` − 1 that follow it.
    ///
    /// # Errors
    /// A value that cannot stand in a series.
    pub fn outlook(&self, cycles: usize) -> Result<Outlook> {
        let unfinished = self.unfinished_cycles();
        self.outlook_by(&self.newest_rates(), |leaf, start, known| {
            self.leaf_outlook(leaf, (&self.coverages[leaf.coverage], &unfinished), start, known, cycles)
        })
    }

    /// Series of every leaf, restated at `rates`, with facts from elsewhere: of a leaf, its first day, and which of
    /// its days are known.
    pub(crate) fn outlook_by(
        &self,
        rates: &Rates,
        facts: impl Fn(&Leaf, NaiveDate, &[bool]) -> Result<LeafOutlook>,
    ) -> Result<Outlook> {
        let (mut level, mut recurring, mut irregular) =
            (SeriesSetBuilder::new(), SeriesSetBuilder::new(), SeriesSetBuilder::new());
        let mut leaves = Vec::with_capacity(self.leaves.len());
        for leaf in &self.leaves {
            let scope = &self.coverages[leaf.coverage];
            let cells = &leaf.cells;
            let (start, days) = span(scope, cells);
            let mut sums = [vec![Amount::ZERO; days], vec![Amount::ZERO; days], vec![Amount::ZERO; days]];
            let mut seen = vec![false; days];
            for cell in cells.iter().filter(|cell| cell.kind.is_billed()) {
                let Some(place) = place_of(cell, start, days) else { continue };
                let law = if cell.late { IRREGULAR } else { law(cell.kind) };
                sums[law][place] +=
                    if law == IRREGULAR { cell.cost } else { self.restated(leaf, cell, rates) };
                seen[place] |= !cell.late;
            }
            let known: Vec<bool> =
                (0..days).map(|place| seen[place] || scope.covers(start + Days::new(place as u64))).collect();
            for (builder, sums) in [&mut level, &mut recurring, &mut irregular].into_iter().zip(&sums) {
                let values: Vec<f64> = sums
                    .iter()
                    .zip(&known)
                    .map(|(sum, known)| if *known { sum.to_f64() } else { f64::NAN })
                    .collect();
                builder.push(leaf.names.join(" / "), start, &values)?;
            }
            leaves.push(facts(leaf, start, &known)?);
        }
        Ok(Outlook {
            level: level.build(),
            recurring: recurring.build(),
            irregular: irregular.build(),
            leaves,
        })
    }

    fn leaf_outlook(
        &self,
        leaf: &Leaf,
        (scope, unfinished): (&Coverage, &BTreeSet<BillingCycle>),
        start: NaiveDate,
        known: &[bool],
        cycles: usize,
    ) -> Result<LeafOutlook> {
        // Seen as of a later day, what is not covered until then is missing too.
        let eyes = self.options.as_of.map_or(NaiveDate::MIN, |as_of| as_of - Days::new(1));
        let newest = self.last_covered().unwrap_or(start).max(eyes);
        let last = scope.last().unwrap_or(start);
        let settle = Days::new(u64::from(self.options.settle_days.unwrap_or(SETTLE_DAYS)));
        let mut cutoff = (scope.last_run.unwrap_or(last) - settle).min(last);
        let now = self.today_of(scope);
        let open = self.open_cycle(leaf);
        let rule = self.rule(&leaf.unit);
        let mut wanted = Vec::new();
        let before = self.cycle_of(&leaf.unit, open.start() - Days::new(1));
        if unfinished.contains(&before) && leaf.has_charges(before) {
            wanted.push(before);
        }
        if self.is_unfinished(leaf, before) {
            // Its last days are as old as the newest run that lists them, not as the newest run of all.
            if let Some(made) = scope.run_of(before.last_day()) {
                cutoff = cutoff.min(made - settle);
            }
        }
        wanted.push(open);
        for _ in 1..cycles {
            let last = wanted[wanted.len() - 1];
            wanted.push(last.next(rule));
        }
        let facts = wanted.into_iter().map(|cycle| {
            let closed =
                scope.moved || cutoff >= cycle.last_day() && now >= cycle.end() + Days::new(CLOSING_DAYS);
            self.cycle_facts(leaf, cycle, closed)
        });
        let until_cutoff = ((cutoff - start).num_days() + 1).clamp(0, known.len() as i64) as usize;
        let first = scope.first().unwrap_or(start);
        Ok(LeafOutlook {
            cutoff,
            covered_from: first,
            cycles: facts.collect(),
            history_days: known[..until_cutoff].iter().filter(|known| **known).count() as u64,
            missing_days: first
                .iter_days()
                .take_while(|day| *day <= newest)
                .filter(|day| !scope.covers(*day))
                .count() as u64,
            stopped: last + Days::new(STOPPED_DAYS) < newest,
        })
    }

    /// What is charged of a leaf in a cycle.
    pub(crate) fn cycle_facts(&self, leaf: &Leaf, cycle: BillingCycle, closed: bool) -> CycleFacts {
        let total = |cycle: BillingCycle| -> Amount {
            let own = leaf.cells.iter().filter(|cell| cell.cycle == cycle && cell.kind.is_billed());
            own.map(|cell| cell.cost).sum()
        };
        let previous = self.cycle_of(&leaf.unit, cycle.start() - Days::new(1));
        let whole = self.coverages[leaf.coverage].covers_all(previous.start(), previous.end());
        CycleFacts { cycle, actual: total(cycle), previous: whole.then(|| total(previous)), closed }
    }

    /// The cycles before the open ones that are not closed for all that is charged in them. A part that is closed
    /// already belongs to their totals.
    fn unfinished_cycles(&self) -> BTreeSet<BillingCycle> {
        let before = |leaf: &Leaf| self.cycle_of(&leaf.unit, self.open_cycle(leaf).start() - Days::new(1));
        let leaves = self.leaves.iter().map(|leaf| (leaf, before(leaf)));
        leaves.filter(|(leaf, cycle)| self.is_unfinished(leaf, *cycle)).map(|(_, cycle)| cycle).collect()
    }

    fn is_unfinished(&self, leaf: &Leaf, cycle: BillingCycle) -> bool {
        let today = self.today_of(&self.coverages[leaf.coverage]);
        today < cycle.end() + Days::new(CLOSING_DAYS) && leaf.has_charges(cycle)
    }

    /// The cycle of a leaf that contains the day that is asked about.
    fn open_cycle(&self, leaf: &Leaf) -> BillingCycle {
        let start = || span(&self.coverages[leaf.coverage], &leaf.cells).0;
        let after_last = || self.last_covered().unwrap_or_else(start) + Days::new(1);
        self.cycle_of(&leaf.unit, self.options.as_of.unwrap_or_else(after_last))
    }

    /// The day that is today for what a scope covers: that of its newest run, or the one that is asked about.
    fn today_of(&self, scope: &Coverage) -> NaiveDate {
        let after_last = || scope.last().map(|last| last + Days::new(1));
        let made = scope.newest_run.or(self.options.as_of).or_else(after_last).unwrap_or(NaiveDate::MIN);
        made.max(self.options.as_of.unwrap_or(NaiveDate::MIN))
    }

    /// Whether what a leaf is charged for is sold by others.
    #[must_use]
    pub fn is_marketplace(&self, leaf: &Leaf) -> bool {
        leaf.cells.iter().any(|cell| cell.marketplace && cell.kind.is_billed())
    }

    /// The cycle before another, by the rule of the invoice unit whose cycle that is.
    #[must_use]
    pub fn cycle_before(&self, cycle: BillingCycle) -> BillingCycle {
        let is_its = |unit: &&String| self.cycle_of(unit, cycle.start()) == cycle;
        let unit = self.known_cycles.keys().find(is_its).or_else(|| self.known_cycles.keys().next());
        let day_before = cycle.start() - Days::new(1);
        unit.map_or_else(
            || BillingCycle::containing(day_before, self.options.cycle_day),
            |unit| self.cycle_of(unit, day_before),
        )
    }

    /// The cycle of an invoice unit that contains `day`: the files' own period where they have one.
    fn cycle_of(&self, unit: &str, day: NaiveDate) -> BillingCycle {
        let known = self.known_cycles.get(unit);
        let own = known
            .and_then(|known| known.range(..=day).next_back())
            .and_then(|(start, end)| BillingCycle::new(*start, *end).ok())
            .filter(|cycle| cycle.contains(day));
        own.unwrap_or_else(|| BillingCycle::containing(day, self.rule(unit)))
    }

    /// The day on which the cycles of an invoice unit begin: as in its files' last period, otherwise
    /// as asked for.
    fn rule(&self, unit: &str) -> CycleDay {
        self.known_cycles
            .get(unit)
            .and_then(|known| known.keys().next_back())
            .filter(|start| start.day() != self.options.cycle_day.get().min(28))
            .and_then(|start| CycleDay::new(start.day()).ok())
            .filter(|day| !self.options.cycle_day.is_assumed() || day.get() < 28)
            .unwrap_or(self.options.cycle_day)
    }

    /// Credit and tax, which stand beside the totals.
    #[must_use]
    pub fn lines(&self, cycles: &[BillingCycle]) -> Vec<Line> {
        let mut sums: BTreeMap<(BillingCycle, Currency, &'static str), Amount> = BTreeMap::new();
        for leaf in &self.leaves {
            for cell in leaf.cells.iter().filter(|cell| cycles.contains(&cell.cycle)) {
                let name = match cell.kind {
                    ChargeKind::Credit => "credit",
                    ChargeKind::Tax => "tax",
                    _ => continue,
                };
                *sums.entry((cell.cycle, leaf.currency.clone(), name)).or_default() += cell.cost;
            }
        }
        let line = |((cycle, currency, name), amount)| Line { name, cycle, currency, amount };
        sums.into_iter().map(line).collect()
    }

    /// What each leaf is charged by line of a total: so far in each cycle, and recently, which is what the
    /// expected charges are shared out by.
    #[must_use]
    pub fn line_sums(&self) -> Vec<LineSums> {
        self.leaves.iter().map(|leaf| self.line_sums_of(leaf)).collect()
    }

    fn line_sums_of(&self, leaf: &Leaf) -> LineSums {
        let mut sums = LineSums::default();
        let line = |cell: &Cell| TotalLine::of(cell.kind, cell.marketplace, cell.late);
        for (cell, line) in leaf.cells.iter().filter_map(|cell| Some((cell, line(cell)?))) {
            *sums.so_far.entry((cell.cycle, line)).or_default() += cell.cost;
        }
        let last_days = |has_part: fn(ChargeKind) -> bool, days: u64| {
            let mut recent: BTreeMap<TotalLine, Amount> = BTreeMap::new();
            let own = || leaf.cells.iter().filter(|cell| has_part(cell.kind) && !cell.late);
            let first = own().map(|cell| cell.day).max().map(|last| last - Days::new(days - 1));
            for cell in own().filter(|cell| Some(cell.day) >= first) {
                if let Some(line) = line(cell) {
                    *recent.entry(line).or_default() += cell.cost;
                }
            }
            recent
        };
        sums.level = last_days(ChargeKind::has_level, LEVEL_DAYS);
        sums.recurring = last_days(ChargeKind::recurs, RECURRING_DAYS);
        sums
    }

    /// The invoice units in the data, in words.
    #[must_use]
    pub fn units(&self) -> Vec<&str> {
        self.known_cycles.keys().map(String::as_str).collect()
    }
}

impl SeriesTable {
    /// Series and facts for forecasting this cycle and the `cycles` − 1 that follow it. All values are
    /// level; a day is final when it is there, unless `settle_days` says otherwise.
    ///
    /// # Errors
    /// A value that cannot stand in a series.
    pub fn outlook(&self, options: &ReadOptions, cycles: usize) -> Result<Outlook> {
        let mut level = SeriesSetBuilder::new();
        let mut leaves = Vec::with_capacity(self.series.len());
        for whole in self.series.iter() {
            let seen = options.as_of.map_or(whole, |as_of| whole.up_to(as_of - Days::new(1)));
            level.push(seen.id, seen.start, seen.values)?;
            // Before the first day nothing is known: the cutoff lies where the eyes end.
            let eyes = options.as_of.map_or(NaiveDate::MAX, |as_of| as_of - Days::new(1));
            let last = (seen.end() - Days::new(1)).min(eyes);
            let days = |cycle: BillingCycle| {
                let place = |day: NaiveDate| {
                    usize::try_from((day - seen.start).num_days()).unwrap_or(0).min(seen.values.len())
                };
                &seen.values[place(cycle.start())..place(cycle.end())]
            };
            let sum = |cycle: BillingCycle| {
                let known = days(cycle).iter().filter(|value| !value.is_nan());
                known.map(|value| Amount::from_shortest(*value).unwrap_or_default()).sum()
            };
            let mut facts = Vec::with_capacity(cycles);
            let mut cycle = BillingCycle::containing(options.as_of.unwrap_or(seen.end()), options.cycle_day);
            for _ in 0..cycles {
                let previous = cycle.previous(options.cycle_day);
                let whole =
                    days(previous).iter().filter(|value| !value.is_nan()).count() == previous.len_days();
                facts.push(CycleFacts {
                    cycle,
                    actual: sum(cycle),
                    previous: whole.then(|| sum(previous)),
                    closed: false,
                });
                cycle = cycle.next(options.cycle_day);
            }
            leaves.push(LeafOutlook {
                covered_from: seen.start,
                cutoff: last - Days::new(u64::from(options.settle_days.unwrap_or(0))),
                cycles: facts,
                history_days: (seen.values.len() - seen.missing_days()) as u64,
                missing_days: seen.missing_days() as u64,
                stopped: false,
            });
        }
        let level = level.build();
        let nothing = |set: &SeriesSet| -> Result<SeriesSet> {
            let mut zeros = SeriesSetBuilder::new();
            for series in set.iter() {
                zeros.push(
                    series.id,
                    series.start,
                    &series.values.iter().map(|value| value * 0.0).collect::<Vec<_>>(),
                )?;
            }
            Ok(zeros.build())
        };
        Ok(Outlook { recurring: nothing(&level)?, irregular: nothing(&level)?, level, leaves })
    }
}

/// The series of what is not repeated.
const IRREGULAR: usize = 2;

/// Which of the three series a kind belongs to.
fn law(kind: ChargeKind) -> usize {
    match kind {
        kind if kind.has_level() => 0,
        kind if kind.recurs() => 1,
        _ => IRREGULAR,
    }
}

/// The place of a cell's day in a series of `days` days from `start` on; a late charge stands in its cycle.
fn place_of(cell: &Cell, start: NaiveDate, days: usize) -> Option<usize> {
    let day = match cell.late {
        true => cell.day.clamp(cell.cycle.start(), cell.cycle.last_day()).max(start),
        false => cell.day,
    };
    let place = (day - start).num_days() as usize;
    (place < days && (!cell.late || cell.cycle.contains(day))).then_some(place)
}

/// First day and length of a leaf's series: from its first charge to the last covered or charged day.
fn span(scope: &Coverage, cells: &[Cell]) -> (NaiveDate, usize) {
    let days = || cells.iter().filter(|cell| cell.kind.is_billed() && !cell.late).map(|cell| cell.day);
    let start = days().min().or(scope.first()).unwrap_or_default();
    let last = days().max().max(scope.last()).unwrap_or(start);
    (start, ((last - start).num_days() + 1).max(0) as usize)
}
