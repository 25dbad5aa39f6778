//! Cycles after the open one: today's forecast, mixed with what came a year before.
//!
//! What is mixed are means of a cycle's day: today's forecast, the same cycle a year before (as it was, and times
//! the root of the growth since), and the means of twelve months and of eight weeks. Weights are prior ones by how
//! many cycles lie ahead, times `((n · E + a) ÷ (n + a))^−power`, where `E` is the error that each would have had
//! in the last twelve cycles, as far ahead as now, over the mean of all, and `n` counts these cycles. What repeats
//! by the year must show that it does: its weights are multiplied by `n ÷ (n + 6)`, and by the square of the
//! level's error over its own where it is larger.
//!
//! Ranges come from the same past errors, shrunk to `0.6 · √(mean day · spread of twelve months)`.
//!
//! Wrong where this year is unlike the last in its course, and no more than today's forecast without a year.

use crate::{
    cycle_total::PartError,
    history::History,
    settings::{LaterSettings, MEANS},
};
use chrono::{Days, NaiveDate};

/// Cycles of a year.
const YEAR: i64 = 12;
/// Days of a year, so that weekdays fall on weekdays.
const YEAR_DAYS: i64 = 364;
const TWELVE_MONTHS: i64 = 365;
const EIGHT_WEEKS: i64 = 56;
const FOUR_WEEKS: i64 = 28;
/// Growth in a year counts within these.
const GROWTH: (f64, f64) = (1.0 / 3.0, 3.0);
/// Cycles in which errors are looked for.
const CYCLES: i64 = 12;
/// Pseudo-cycles that doubt a yearly course.
const YEARLY_DOUBT: f64 = 6.0;
/// Weight of an error of the level alone, beside one of the mix.
const LEVEL_WEIGHT: f64 = 0.5;
/// Pseudo-cycles of the expected scale of errors, and its factor.
const SCALE_DOUBT: f64 = 4.0;
const SCALE_FACTOR: f64 = 0.6;
/// Days of a month whose means show the spread of a year.
const MONTH_DAYS: i64 = 30;

/// The forecast of a cycle that lies ahead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LaterCycle {
    /// Expected cost of a mean day.
    pub mean: f64,
    /// Expected error of a mean day.
    pub scale: f64,
    /// The bounds in expected errors, lowest first.
    pub shape: [f64; 4],
    /// Errors of the sum of the cycle that the mix would have had, in the order of time.
    pub errors: Vec<PartError>,
}

/// What each way would say of a cycle, a mean of its day: today's level, a year before, a year before with
/// growth, twelve months, eight weeks.
#[derive(Clone, Copy, Debug)]
struct Means([Option<f64>; MEANS]);

impl Means {
    /// What the days before number `origin` say of the cycle of this place.
    fn at(history: &History<'_>, origin: i64, cycle: i64) -> Self {
        let mean = |first: i64, end: i64| {
            (first >= 0 && end <= origin).then(|| history.mean_between(first, end)).flatten()
        };
        let years = (1..=YEAR)
            .find(|years| span(history, cycle - years * YEAR).is_some_and(|(_, end)| end <= origin));
        let before = years.and_then(|years| span(history, cycle - years * YEAR));
        let before = before.and_then(|(first, end)| mean(first, end));
        let level = mean(origin - EIGHT_WEEKS, origin);
        let then = mean(origin - YEAR_DAYS - EIGHT_WEEKS, origin - YEAR_DAYS);
        let growth = level.zip(then).filter(|(now, then)| *now > 0.0 && *then > 0.0);
        let growth = growth.map(|(now, then)| (now / then).clamp(GROWTH.0, GROWTH.1).sqrt());
        Self([
            mean(origin - FOUR_WEEKS, origin),
            before,
            before.zip(growth).map(|(before, growth)| before * growth),
            mean(origin - TWELVE_MONTHS, origin),
            level,
        ])
    }

    /// A way that cannot be judged there is judged like the one next to it: growth like the year, twelve months
    /// like eight weeks.
    fn judged(&self, way: usize) -> Option<f64> {
        let [level, before, with_growth, year, weeks] = self.0;
        [level, before, with_growth.or(before), year.or(weeks), weeks][way]
    }
}

/// Number of the first day of a cycle, and of the day after its last; `None` of one that began before the history.
fn span(history: &History<'_>, cycle: i64) -> Option<(i64, i64)> {
    let cycle = usize::try_from(cycle).ok()?;
    let timeline = history.track().timeline();
    (cycle < timeline.cycles()).then(|| timeline.cycle(cycle)).filter(|(first, _)| *first >= 0)
}

/// The cycle whose first day has this number, which `today` is forecast of; `None` without a year before it.
pub(crate) fn later_cycle(
    history: &History<'_>,
    first: usize,
    today: f64,
    settings: &LaterSettings,
) -> Option<LaterCycle> {
    let origin = history.end() as i64;
    let open = i64::from(history.place(history.end()).cycle);
    let cycle = i64::from(history.place(first).cycle);
    let ahead = cycle - open;
    let of_distance = settings.at(usize::try_from(ahead).ok().filter(|ahead| *ahead > 0)?)?;
    let now = Means::at(history, origin, cycle);
    now.0[1]?;
    let mut now = now.0;
    now[0] = Some(today);
    let into = origin - history.open_cycle().0;
    let mut judged: Vec<(i64, Means, f64)> = Vec::new();
    for past in (open - CYCLES).max(0)..open {
        let made_in = past - ahead;
        let Some(((made_first, made_end), (start, end))) = span(history, made_in).zip(span(history, past))
        else {
            continue;
        };
        let made_on = (made_first + into).min(made_end);
        let means = Means::at(history, made_on, past);
        if let (Some(_), Some(actual)) = (means.0[0], history.mean_between(start, end)) {
            judged.push((past, means, actual));
        }
    }
    let with_year: Vec<&(i64, Means, f64)> =
        judged.iter().filter(|(_, means, _)| means.0[1].is_some()).collect();
    let weights = weights(&now, &with_year, settings, &of_distance.weights);
    let mix = |value: &dyn Fn(usize) -> Option<f64>| -> f64 {
        (0..MEANS).filter_map(|way| Some(weights[way] * value(way)?)).sum()
    };
    let mean = mix(&|way| now[way]);
    let timeline = history.track().timeline();
    let (mut size, mut count, mut errors) = (0.0, 0.0, Vec::with_capacity(with_year.len()));
    for (past, means, actual) in &judged {
        let of_level = means.0[0].map_or(0.0, |level| (level - actual).abs());
        size += LEVEL_WEIGHT * of_level;
        count += LEVEL_WEIGHT;
        if means.0[1].is_none() {
            continue;
        }
        let error = actual - mix(&|way| now[way].and_then(|_| means.judged(way)));
        size += error.abs();
        count += 1.0;
        let (start, end) = timeline.cycle(usize::try_from(*past).unwrap_or_default());
        let known_from = timeline.start() + Days::new(end as u64);
        errors.push((known_from, error, (end - start) as f64));
    }
    let scale = (size + SCALE_DOUBT * usual_scale(history)) / (count + SCALE_DOUBT);
    let of_cycle = |&(known_from, error, days): &(NaiveDate, f64, f64)| PartError {
        known_from,
        error: error * days,
        scale: scale * days,
    };
    Some(LaterCycle {
        mean,
        scale,
        shape: of_distance.quantiles,
        errors: errors.iter().map(of_cycle).collect(),
    })
}

/// The weights of the ways that have a mean, which add up to 1; the others weigh nothing.
fn weights(
    now: &[Option<f64>; MEANS],
    judged: &[&(i64, Means, f64)],
    settings: &LaterSettings,
    prior: &[f64; MEANS],
) -> [f64; MEANS] {
    let is_known = |way: &usize| now[*way].is_some();
    let count = judged.len() as f64;
    let error = |way: usize| -> f64 {
        let errors = judged.iter().filter_map(|(_, means, actual)| Some((means.judged(way)? - actual).abs()));
        errors.sum::<f64>() / count.max(1.0)
    };
    let errors: [f64; MEANS] = std::array::from_fn(|way| if is_known(&way) { error(way) } else { 0.0 });
    let known: Vec<usize> = (0..MEANS).filter(is_known).collect();
    let usual = known.iter().map(|way| errors[*way]).sum::<f64>() / known.len().max(1) as f64;
    let (level, yearly) = (errors[0], errors[1]);
    let shown = count / (count + YEARLY_DOUBT) * if yearly > level { (level / yearly).powi(2) } else { 1.0 };
    let mut weights = [0.0; MEANS];
    for way in known {
        let relative = if usual > 0.0 { errors[way] / usual } else { 1.0 };
        let alike = settings.alike_cycles;
        let own = ((count * relative + alike) / (count + alike)).max(f64::MIN_POSITIVE);
        weights[way] =
            prior[way] * own.powf(-settings.power) * if way == 1 || way == 2 { shown } else { 1.0 };
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| if sum > 0.0 && sum.is_finite() { weight / sum } else { 0.0 })
}

/// The usual error of a mean day: by the size of days, and how far means of months lie apart in a year.
fn usual_scale(history: &History<'_>) -> f64 {
    let end = history.end() as i64;
    let months = (0..YEAR).filter_map(|month| {
        let last = end - month * MONTH_DAYS;
        (last > 0).then(|| history.mean_between(last - MONTH_DAYS, last)).flatten()
    });
    let months: Vec<f64> = months.collect();
    let mean = months.iter().sum::<f64>() / months.len().max(1) as f64;
    let squares: f64 = months.iter().map(|month| (month - mean).powi(2)).sum();
    let spread = (squares / months.len().max(1) as f64).sqrt();
    let days = history.last(TWELVE_MONTHS as usize);
    let size = crate::history::mean_of_sizes(days).unwrap_or(0.0);
    SCALE_FACTOR * (size * spread).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model_file::Model, test_series::tracked};

    /// Days from 2024-01-01 on, by their month from 0.
    fn months(count: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
        use chrono::{Datelike, NaiveDate};
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let month = |day: &NaiveDate| ((day.year() - 2024) * 12) as usize + day.month0() as usize;
        start.iter_days().take_while(|day| month(day) < count).map(|day| value(month(&day))).collect()
    }

    #[test]
    fn a_month_that_costs_double_each_year_is_expected_to_do_so_again() {
        // 10 a day, 20 in each December; seen from the end of October 2026, December is cycle 2 after November.
        let values = months(34, |month| if month % 12 == 11 { 20.0 } else { 10.0 });
        let track = tracked("2024-01-01", &values);
        let history = History::at(&track, 0);
        let settings = Model::shipped().later.clone();
        let of = |first: usize| later_cycle(&history, first, 10.0, &settings).unwrap();
        let (december, january) = (of(values.len() + 30), of(values.len() + 61));
        assert!(december.mean > 18.0 && december.mean <= 20.0, "{december:?}");
        assert!((january.mean - 10.0).abs() < 1.0, "{january:?}");
        assert_eq!(december.errors.len(), 12);
    }

    #[test]
    fn without_a_year_before_it_nothing_is_said() {
        let values = months(10, |_| 10.0);
        let track = tracked("2024-01-01", &values);
        let history = History::at(&track, 0);
        assert_eq!(later_cycle(&history, values.len() + 35, 10.0, &Model::shipped().later), None);
    }

    #[test]
    fn a_steady_series_stays_where_it_is_and_is_certain() {
        let values = months(30, |_| 10.0);
        let track = tracked("2024-01-01", &values);
        let history = History::at(&track, 0);
        let found = later_cycle(&history, values.len() + 35, 10.0, &Model::shipped().later).unwrap();
        assert!((found.mean - 10.0).abs() < 1e-9 && found.scale < 1e-9, "{found:?}");
    }
}
