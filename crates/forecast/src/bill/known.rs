//! What one series says: its forecast now, and what would have been forecast in earlier cycles.

use crate::{
    components::SeriesComponents, cycle_total::SeriesForecast, engine::Engine, ensemble::Past,
    series_view::SeriesView,
};
use billing::{BillingCycle, CostSeries, CycleDay};
use chrono::NaiveDate;

/// Days whose mean stands for the forecast of a series that was too young for one.
const YOUNG_DAYS: usize = 7;

/// Until when a bill is known, and by which rule its cycles begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// The last day that is final.
    pub cutoff: NaiveDate,
    /// The last day of which anything is seen; `None` shows all.
    pub last_seen: Option<NaiveDate>,
    /// On which day cycles begin.
    pub rule: CycleDay,
}

impl View {
    /// What is seen of some costs.
    pub(crate) fn of<'a>(&self, components: SeriesComponents<'a>) -> SeriesComponents<'a> {
        let seen = |kind: CostSeries<'a>| self.seen(kind);
        SeriesComponents {
            level: seen(components.level),
            recurring: components.recurring.map(seen),
            irregular: components.irregular.map(seen),
            partial: components.partial.map(seen),
        }
    }

    pub(super) fn seen<'a>(&self, series: CostSeries<'a>) -> CostSeries<'a> {
        self.last_seen.map_or(series, |last| series.up_to(last))
    }
}

/// A forecast that could have been made in an earlier cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PastMean {
    /// After which day of its cycle.
    pub day: usize,
    /// On which day.
    pub made_on: NaiveDate,
    /// When the truth was known: the day after the cycle's last.
    pub known_from: NaiveDate,
    /// Forecast mean of the rest of the cycle.
    pub mean: f64,
    /// The true mean.
    pub actual: f64,
    /// Size of a typical day.
    pub unit: f64,
    /// The unit of ranges.
    pub range_unit: f64,
}

impl PastMean {
    /// Days of the rest.
    pub(super) fn days(&self) -> f64 {
        (self.known_from - self.made_on).num_days() as f64
    }
}

/// What one series says.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its forecast, of level only.
    pub forecast: SeriesForecast,
    /// Forecasts of earlier cycles, in the order of time.
    pub past: Vec<PastMean>,
}

impl Known {
    /// A series, as seen, with its past.
    pub(super) fn of(
        engine: &Engine,
        components: SeriesComponents<'_>,
        view: &View,
        cycles: &[BillingCycle],
        past: &Past,
    ) -> Self {
        // Purchases are carried one by one. They still show whether amounts below zero are possible.
        let seen = SeriesView {
            components: SeriesComponents { recurring: None, ..components },
            believed: components.level,
            cutoff: view.cutoff,
            rule: view.rule,
        };
        let forecast = engine.forecast_one(&seen, cycles, past);
        let mean = |(cut, made): (&crate::origins::PastOrigin, &crate::ensemble::PastForecast)| PastMean {
            day: cut.origin.day,
            made_on: cut.origin.made_on,
            known_from: cut.known_from,
            mean: made.layered.mean,
            actual: cut.actual,
            unit: cut.origin.unit,
            range_unit: cut.origin.range_unit,
        };
        Self { forecast, past: past.table.iter().zip(past.forecasts()).map(mean).collect() }
    }

    /// Forecast and true mean of a rest that some other series was cut for too. A series that was too young
    /// continues like its last days, and one that had not begun is forecast as nothing.
    pub(super) fn at(&self, level: CostSeries<'_>, cut: &PastMean) -> (f64, f64) {
        let place = self.past.binary_search_by_key(&cut.made_on, |own| own.made_on);
        if let Ok(place) = place {
            return (self.past[place].mean, self.past[place].actual);
        }
        let number =
            |day: NaiveDate| ((day - level.start).num_days().max(0) as usize).min(level.values.len());
        let (cut_at, end) = (number(cut.made_on), number(cut.known_from));
        let mean = |values: &[f64], days: f64| {
            let known: f64 = values.iter().filter(|value| !value.is_nan()).sum();
            if days > 0.0 { known / days } else { 0.0 }
        };
        let counted = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).count() as f64;
        let before = &level.values[cut_at.saturating_sub(YOUNG_DAYS)..cut_at];
        let rest = &level.values[cut_at..end];
        // Days before it began cost nothing.
        let unborn = (level.start - cut.made_on).num_days().clamp(0, cut.days() as i64) as f64;
        (mean(before, counted(before)), mean(rest, counted(rest) + unborn))
    }
}
