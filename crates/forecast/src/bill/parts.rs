//! The forecast of one unit and of its rows.

use super::{
    Bill, Row, Unit,
    draw::{Child, drawn, shares},
    known::{Known, PastMean, View},
    mix::{PastMix, mixed, weights},
    purchases::{Carried, Charges, carried},
    stops::{Stop, with_stops},
};
use crate::{
    calendar::day_after,
    components::SeriesComponents,
    cycle_total::{CycleForecast, DayForecast, DayState, PartError, SeriesForecast, Spread},
    model_file::Model,
    quantiles::LAPLACE,
    ranges::{OwnScale, PastError},
};
use billing::BillingCycle;
use chrono::NaiveDate;

/// Prior error of a mix, as a multiple of the prior error of a single series: for trees of series, and for bills. The services
/// and meters of a bill behave in different ways, so that their mix errs less.
const TREE_SIZE: f64 = 0.8;
const BILL_SIZE: f64 = 0.5;
/// Parts that may have lost a quarter of their cost leave no weight to forecasts that do not see them apart.
const LOST_TIMES: f64 = 4.0;

/// A unit or a row in one cycle.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The forecast, recurring purchases included.
    pub forecast: CycleForecast,
    /// The expected level beyond what is seen.
    pub level: f64,
    /// The expected absolute error of the level.
    pub scale: f64,
    /// Bounds of errors in scales, lowest first.
    pub shape: [f64; 4],
    /// Below which the level cannot fall.
    pub floor: Option<f64>,
    /// Past errors at this day of earlier cycles, one a cycle, oldest first.
    pub errors: Vec<PartError>,
    /// Whether it is a whole unit.
    pub is_unit: bool,
}

/// What a unit and its rows come to.
#[derive(Clone, Debug)]
pub(crate) struct UnitForecast {
    /// Its own series, with status and reason.
    pub own: SeriesForecast,
    /// The ways that it was forecast in, with their weights for the first cycle; none where there is one way only.
    pub ways: Vec<(String, f64)>,
    /// Its forecast, a cycle after the other.
    pub cycles: Vec<Option<Part>>,
    /// Its rows in the order of the bill's: their own series, and their forecasts.
    pub rows: Vec<(SeriesForecast, Vec<Option<Part>>)>,
}

/// A unit at hand, with what its series say.
pub(super) struct UnitView<'a> {
    pub bill: &'a Bill,
    pub unit: &'a Unit,
    pub model: &'a Model,
    pub view: View,
    pub cycles: &'a [BillingCycle],
    /// Its own series.
    pub own: &'a Known,
    /// The parts of each partition, with their levels.
    pub partitions: Vec<(&'a str, Vec<(&'a Known, billing::CostSeries<'a>)>)>,
    /// The first of its rows, and what each of them says.
    pub first_row: usize,
    pub rows: Vec<&'a Known>,
}

/// A parent to which its parts are drawn.
struct Parent<'p> {
    part: &'p Part,
    /// What it would have been forecast as at earlier cuts.
    means: &'p [f64],
}

impl UnitView<'_> {
    /// The forecast of every cycle.
    pub(super) fn forecast(&self) -> UnitForecast {
        let mut out = UnitForecast {
            own: self.own.forecast.clone(),
            ways: Vec::new(),
            cycles: Vec::with_capacity(self.cycles.len()),
            rows: self.rows.iter().map(|known| (known.forecast.clone(), Vec::new())).collect(),
        };
        for (place, &cycle) in self.cycles.iter().enumerate() {
            let carried = carried(self.bill, self.unit, cycle, &self.view);
            let mut rows: Vec<Option<Part>> = vec![None; self.rows.len()];
            let unit = self.own.forecast.cycles.get(place).and_then(|own| {
                let (part, cuts, ways) = self.mixed_unit(own, place, &carried.unit)?;
                if out.ways.is_empty() && !self.partitions.is_empty() {
                    let parts = self.partitions.iter().map(|(name, _)| (*name).to_owned());
                    let names = std::iter::once("own".to_owned()).chain(parts);
                    out.ways = names.zip(ways).collect();
                }
                let means: Vec<f64> = cuts.iter().map(|cut| cut.mixed).collect();
                self.draw_below(
                    None,
                    &Parent { part: &part, means: &means },
                    &cuts,
                    (place, &carried),
                    &mut rows,
                );
                Some(part)
            });
            out.cycles.push(unit);
            for ((_, own), part) in out.rows.iter_mut().zip(rows) {
                own.push(part);
            }
        }
        out
    }

    /// The unit's own forecast mixed with the sums of its partitions, with the cuts and the weights.
    fn mixed_unit(
        &self,
        own: &CycleForecast,
        place: usize,
        charges: &Charges,
    ) -> Option<(Part, Vec<PastMix>, Vec<f64>)> {
        let level = own.point()?;
        let cuts = self.past_mixes(own.spread);
        let ways = 1 + self.partitions.len();
        let weights = weights(&self.nearest(&cuts, own.spread), ways);
        let mut points = vec![level];
        for (_, parts) in &self.partitions {
            let point = |known: &Known| known.forecast.cycles.get(place).and_then(CycleForecast::point);
            points.push(parts.iter().filter_map(|(known, _)| point(known)).sum());
        }
        let stops = self.stops(place);
        let weights = self.weights_with_stops(weights, points[ways - 1], &stops);
        let floor = own.spread.and_then(|spread| spread.floor);
        let mut mean = if ways > 1 { mixed(&points, &weights) } else { level };
        if let Some(floor) = floor {
            mean = mean.max(floor);
        }
        let components = self.seen(self.unit.series);
        let means: Vec<f64> = cuts.iter().map(|cut| cut.mixed).collect();
        let is_bill = self.unit.partitions.iter().any(|partition| partition.only_largest);
        let mixed_size = if is_bill { BILL_SIZE } else { TREE_SIZE };
        let part = match ways {
            1 => self.part(own, level, &cuts, &means, None, charges, components),
            _ => self.part(own, mean, &cuts, &means, Some(mixed_size), charges, components),
        };
        let mut part = Part { is_unit: true, ..part };
        Self::widen_by_stops(&mut part, stops);
        Some((part, cuts, weights))
    }

    /// The parts of the finest partition that may have stopped.
    fn stops(&self, place: usize) -> Vec<Stop> {
        let parts = self.partitions.last().into_iter().flat_map(|(_, parts)| parts);
        let stop = |own: &CycleForecast| {
            let spread = own.spread.filter(|spread| spread.stopped > 0.0)?;
            Some(Stop { probability: spread.stopped, usual: spread.usual, expected: own.point()? })
        };
        parts.filter_map(|(known, _)| known.forecast.cycles.get(place).and_then(stop)).collect()
    }

    /// Weights by what parts have lost that may have stopped: a stop shows in the parts first.
    fn weights_with_stops(&self, mut weights: Vec<f64>, parts: f64, stops: &[Stop]) -> Vec<f64> {
        let lost: f64 = stops.iter().map(|stop| (stop.usual - stop.expected).max(0.0)).sum();
        if lost > 0.0 && weights.len() > 1 {
            let left = (1.0 - LOST_TIMES * lost / (parts.max(0.0) + lost)).max(0.0);
            let last = weights.len() - 1;
            weights[..last].iter_mut().for_each(|weight| *weight *= left);
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        weights
    }

    /// Widens the range of the unit where parts of it may have stopped.
    fn widen_by_stops(part: &mut Part, stops: Vec<Stop>) {
        let (Some(spread), false) = (part.forecast.spread, stops.is_empty()) else { return };
        if spread.stopped > 0.0 {
            return;
        }
        let level = with_stops(&spread.around(part.level), stops);
        (part.shape, part.scale) = laplace_scale(&level);
        part.forecast.remaining = Some(level.moved_to(part.level + part.forecast.recurring));
    }

    /// Forecasts of earlier cycles in every way, near the day that a range needs, in the order of time.
    fn past_mixes(&self, spread: Option<Spread>) -> Vec<PastMix> {
        let Some(spread) = spread else { return Vec::new() };
        let next = day_after(self.view.cutoff);
        let near = |cut: &&PastMean| {
            cut.known_from <= next && cut.day.abs_diff(spread.day) <= self.model.origins.near_days
        };
        let mut mixes: Vec<PastMix> = Vec::new();
        for cut in self.own.past.iter().filter(near) {
            let mut ways = vec![cut.mean];
            for (_, parts) in &self.partitions {
                ways.push(parts.iter().map(|(known, level)| known.at(*level, cut).0).sum());
            }
            let mixed = if let [only] = ways[..] {
                only
            } else {
                let known = mixes.iter().filter(|one| one.cut.known_from <= cut.made_on);
                let known: Vec<PastMix> = known.cloned().collect();
                mixed(&ways, &weights(&self.nearest(&known, Some(spread)), ways.len()))
            };
            mixes.push(PastMix { cut: *cut, ways, mixed });
        }
        mixes
    }

    /// One cut a cycle: the one nearest to the day.
    fn nearest(&self, cuts: &[PastMix], spread: Option<Spread>) -> Vec<PastMix> {
        let day = spread.map_or(0, |spread| spread.day);
        let cycles = cuts.chunk_by(|one, next| one.cut.known_from == next.cut.known_from);
        cycles.filter_map(|cycle| cycle.iter().min_by_key(|one| one.cut.day.abs_diff(day)).cloned()).collect()
    }

    /// Draws the parts of a row, or of the unit, to it; then theirs to them.
    fn draw_below(
        &self,
        parent: Option<usize>,
        above: &Parent<'_>,
        cuts: &[PastMix],
        of_cycle: (usize, &Carried),
        out: &mut [Option<Part>],
    ) {
        let (place, carried) = of_cycle;
        let cycle = self.cycles[place];
        // Of a cycle that is over only rows with charges in it are shown; on an earlier day nobody knows which. Closed
        // rows stay what they are.
        let is_of_cycle = |row: &Row| {
            let own = row.facts.cycles.iter().find(|facts| facts.cycle == cycle);
            self.view.last_seen.is_some() || own.is_some_and(|facts| !facts.closed || self.is_closed(cycle))
        };
        let is_child = |row: &Row| row.parent == parent && is_of_cycle(row);
        let rows = self.bill.rows[self.first_row..].iter().take(self.rows.len()).enumerate();
        let of_row = |row: usize| self.rows[row].forecast.cycles.get(place);
        let children: Vec<usize> = rows
            .filter(|(row, own)| is_child(own) && of_row(*row).is_some_and(|own| own.remaining.is_some()))
            .map(|(row, _)| row)
            .collect();
        if let [only] = children[..] {
            // It is its parent.
            out[only] = Some(above.part.clone());
            self.draw_below(Some(self.first_row + only), above, cuts, of_cycle, out);
            return;
        }
        let said: Vec<Child> = children
            .iter()
            .map(|row| {
                let own = of_row(*row);
                let spread = own.and_then(|own| own.spread);
                Child {
                    point: own.and_then(CycleForecast::point).unwrap_or(0.0),
                    // What has likely stopped takes no part of the gap.
                    size: spread.map_or(0.0, |spread| (1.0 - spread.stopped) * spread.size * spread.unit),
                    floor: spread.and_then(|spread| spread.floor),
                }
            })
            .collect();
        let (levels, shares) = (drawn(&said, above.part.level), shares(&said));
        let mut means: Vec<Vec<f64>> = Vec::with_capacity(children.len());
        let mut actuals: Vec<Vec<f64>> = Vec::with_capacity(children.len());
        for row in &children {
            let level = self.level(self.bill.rows[self.first_row + row].series);
            let (mean, actual) = cuts.iter().map(|one| self.rows[*row].at(level, &one.cut)).unzip();
            means.push(mean);
            actuals.push(actual);
        }
        for (at, parent) in above.means.iter().enumerate() {
            let gap = parent - means.iter().map(|own| own[at]).sum::<f64>();
            means.iter_mut().zip(&shares).for_each(|(own, share)| own[at] += gap * share);
        }
        for (at, row) in children.iter().enumerate() {
            let Some(own) = of_row(*row) else { continue };
            let of_cuts: Vec<PastMix> = cuts
                .iter()
                .zip(&actuals[at])
                .map(|(one, actual)| PastMix { cut: self.cut_of(*row, &one.cut, *actual), ..one.clone() })
                .collect();
            let place_in_bill = self.first_row + row;
            let charges = self.charges_of(place_in_bill, carried);
            let components = self.seen(self.bill.rows[place_in_bill].series);
            let part = self.part(own, levels[at], &of_cuts, &means[at], Some(1.0), &charges, components);
            let below = Parent { part: &part, means: &means[at] };
            self.draw_below(Some(place_in_bill), &below, cuts, of_cycle, out);
            out[*row] = Some(part);
        }
    }

    /// A cut of the unit as one of a row, in the row's own units.
    fn cut_of(&self, row: usize, cut: &PastMean, actual: f64) -> PastMean {
        let known = self.rows[row];
        match known.past.binary_search_by_key(&cut.made_on, |own| own.made_on) {
            Ok(place) => known.past[place],
            // Too young then: a cut without a unit says nothing of errors.
            Err(_) => PastMean { actual, unit: 0.0, range_unit: 0.0, ..*cut },
        }
    }

    /// The charges of a row: its own, or those of all rows below it.
    fn charges_of(&self, row: usize, carried: &Carried) -> Charges {
        let mut all = carried.rows.get(&row).cloned().unwrap_or_default();
        for (place, own) in
            self.bill.rows.iter().enumerate().skip(row + 1).take(self.first_row + self.rows.len())
        {
            if own.unit != self.bill.rows[row].unit {
                break;
            }
            if own.parent == Some(row) {
                for (day, amount) in self.charges_of(place, carried) {
                    *all.entry(day).or_default() += amount;
                }
            }
        }
        all
    }

    /// A part whose level is `level`, with a range from the errors of `means` at the cuts.
    ///
    /// `pooled` is the size of errors beside those of a single series where nothing is known of them; without it the
    /// range is that of the series itself.
    #[expect(clippy::too_many_arguments, reason = "all of them differ between a unit and a row")]
    fn part(
        &self,
        own: &CycleForecast,
        level: f64,
        cuts: &[PastMix],
        means: &[f64],
        pooled: Option<f64>,
        charges: &Charges,
        components: SeriesComponents<'_>,
    ) -> Part {
        let errors = cuts.iter().zip(means).filter(|(one, _)| one.cut.range_unit > 0.0);
        let of_errors: Vec<PastError> =
            errors.clone().map(|(one, mean)| past_error(&one.cut, *mean, self.model)).collect();
        let mut spread = own.spread;
        if let (Some(spread), Some(times)) = (spread.as_mut().filter(|spread| !spread.is_later), pooled) {
            let known = OwnScale::of(&of_errors, spread.day, day_after(self.view.cutoff), self.model);
            let prior = self.model.prior.as_ref().map(|prior| times * prior.on(spread.day).error_size);
            spread.size = OwnScale::shrunk(known, prior, self.model);
        }
        let recurring: f64 = charges.values().sum();
        let is_over = own.cycle.end() <= day_after(self.view.cutoff);
        let remaining = match (&spread, is_over) {
            (Some(spread), false) => spread.around(level).moved_to(level + recurring),
            _ => {
                let own = own.remaining.clone().unwrap_or_else(|| crate::Quantiles::exactly(level));
                own.moved_to(level + recurring)
            }
        };
        let (shape, scale) = match &spread {
            Some(spread) if !is_over => (spread.shape, spread.scale()),
            _ => laplace_scale(&remaining),
        };
        let size = spread.map_or(0.0, |spread| spread.size);
        let day = spread.map_or(0, |spread| spread.day);
        let nearest = self.nearest(cuts, spread);
        let errors_now = cuts.iter().zip(means).filter(|(one, _)| {
            nearest.iter().any(|near| near.cut.made_on == one.cut.made_on) && one.cut.day.abs_diff(day) < 32
        });
        let of_cuts = errors_now.map(|(one, mean)| PartError {
            known_from: one.cut.known_from,
            error: (one.cut.actual - mean) * one.cut.days(),
            scale: size * one.cut.range_unit * one.cut.days(),
        });
        let is_later = spread.is_some_and(|spread| spread.is_later);
        let errors = if is_later { own.errors.clone() } else { of_cuts.collect() };
        let daily = days(own, level, charges, components);
        let missing = daily.iter().filter(|day| day.state == DayState::Missing);
        let known = |date: NaiveDate| components.known_part_of(date).unwrap_or(0.0);
        let missing = missing.map(|day| day.expected() - known(day.date)).sum();
        let status = own.status;
        let forecast = CycleForecast {
            cycle: own.cycle,
            status,
            remaining: Some(remaining),
            recurring,
            missing,
            daily,
            spread,
            errors: Vec::new(),
        };
        let floor = spread.and_then(|spread| spread.floor);
        Part { forecast, level, scale, shape, floor, errors, is_unit: false }
    }

    /// Whether the unit itself is closed in a cycle.
    fn is_closed(&self, cycle: BillingCycle) -> bool {
        self.unit.facts.cycles.iter().any(|facts| facts.cycle == cycle && facts.closed)
    }

    fn seen(&self, series: usize) -> SeriesComponents<'_> {
        self.view.of(self.bill.series.get(series))
    }

    fn level(&self, series: usize) -> billing::CostSeries<'_> {
        self.bill.series.level().get(series)
    }
}

/// The error of a mean at a cut, in range units.
fn past_error(cut: &PastMean, mean: f64, model: &Model) -> PastError {
    let error = cut.actual - mean;
    PastError {
        day: cut.day,
        made_on: cut.made_on,
        known_from: cut.known_from,
        error: error / cut.range_unit,
        uncorrected: error / cut.range_unit,
        size: error.abs().min(model.ranges.largest_error * cut.unit) / cut.range_unit,
    }
}

/// The bounds of quantiles as those of a Laplace law: its scale, and the bounds in it.
fn laplace_scale(quantiles: &crate::Quantiles) -> ([f64; 4], f64) {
    let bounds = quantiles.bounds();
    let scale = (bounds[2] - bounds[1]) / (LAPLACE[2] - LAPLACE[1]);
    let point = quantiles.point();
    (if scale > 0.0 { bounds.map(|bound| (bound - point) / scale) } else { LAPLACE }, scale)
}

/// The expected days of a forecast whose level is now `level`: the difference is shared out like what each day is
/// still to cost, and purchases are added on theirs.
fn days(
    own: &CycleForecast,
    level: f64,
    charges: &Charges,
    components: SeriesComponents<'_>,
) -> Vec<DayForecast> {
    let seen = |date: NaiveDate| {
        components.level.value_on(date).or_else(|| components.known_part_of(date)).unwrap_or(0.0)
    };
    let rests: Vec<f64> = own.daily.iter().map(|day| (day.expected() - seen(day.date)).max(0.0)).collect();
    let sum: f64 = rests.iter().sum();
    let gap = level - own.point().unwrap_or(level);
    let share = |rest: f64| if sum > 0.0 { rest / sum } else { 1.0 / rests.len() as f64 };
    own.daily
        .iter()
        .zip(&rests)
        .map(|(day, rest)| {
            let charged = charges.get(&day.date).copied().unwrap_or(0.0);
            let moved = if gap == 0.0 { 0.0 } else { gap * share(*rest) };
            let cost = match moved + charged {
                0.0 => day.cost.clone(),
                by => day.cost.moved_to(day.expected() + by),
            };
            DayForecast { cost, ..*day }
        })
        .collect()
}
