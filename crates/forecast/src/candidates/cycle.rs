//! What earlier cycles say about the rest of this one.
//!
//! - run rate: mean of the open cycle so far;
//! - last cycle: the same days of the cycle before;
//! - shape: run rate × geometric mean over six cycles of (mean rest ÷ mean so far), each in 0.2 to 5;
//! - addition: run rate + median over six cycles of (mean rest − mean so far);
//! - cycle days: level × weekday, plus what single days of the cycle cost beyond it;
//! - cycle part: level × weekday × (1 + mean excess of this part of six cycles over their whole).
//!
//! Wrong in a cycle unlike the earlier ones, and the first days of a cycle make a poor "so far".

use crate::{
    candidates::level,
    history::{History, mean_of},
    horizon::Horizon,
    profile::median,
};

/// How many earlier cycles are compared.
const CYCLES: usize = 6;
/// Bounds of a ratio between the rest and the part so far.
const RATIO_BOUNDS: (f64, f64) = (0.2, 5.0);
/// Days of the longest cycle, and those that are counted from its end.
const LONGEST: usize = 31;
const LAST_DAYS: usize = 3;

/// The value for days of the open cycle; for those of later cycles a plain level, which knows no "so far".
fn in_open_cycle(history: &History<'_>, horizon: &Horizon, value: impl Fn() -> f64) -> f64 {
    if (horizon.first as i64) < history.open_cycle().1 {
        value()
    } else {
        level::of_mean(history, horizon, 28)
    }
}

fn so_far(history: &History<'_>) -> Option<f64> {
    mean_of(history.last(history.days_into_cycle()))
}

/// Mean of the open cycle so far; of the last four weeks on its first day.
pub fn run_rate(history: &History<'_>, horizon: &Horizon) -> f64 {
    in_open_cycle(history, horizon, || so_far(history).unwrap_or(history.recent_mean()))
}

/// The run rate times how earlier cycles went on after this day.
pub fn shape(history: &History<'_>, horizon: &Horizon) -> f64 {
    in_open_cycle(history, horizon, || {
        let Some(run_rate) = so_far(history) else { return level::of_mean(history, horizon, 28) };
        let logs: Vec<f64> = earlier_parts(history)
            .filter(|(so_far, rest)| so_far * rest > 0.0)
            .map(|(so_far, rest)| (rest / so_far).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1).ln())
            .collect();
        run_rate * mean_of(&logs).unwrap_or(0.0).exp()
    })
}

/// The run rate plus how much more earlier cycles cost a day after this day.
pub fn addition(history: &History<'_>, horizon: &Horizon) -> f64 {
    in_open_cycle(history, horizon, || {
        let Some(run_rate) = so_far(history) else { return level::of_mean(history, horizon, 28) };
        let more: Vec<f64> = earlier_parts(history).map(|(so_far, rest)| rest - so_far).collect();
        run_rate + median(&more).unwrap_or(0.0)
    })
}

/// The days of the last complete cycle by their place; a level where there is none.
pub fn last_cycle(history: &History<'_>, horizon: &Horizon) -> f64 {
    let level = level::of_mean(history, horizon, 28);
    let Some((first, end)) = history.earlier_cycles(1).next() else { return level };
    let of_day = |day: usize| {
        let place = (i64::from(history.place(day).day) - 1).min(end - first - 1);
        let value = usize::try_from(first + place).ok().map_or(f64::NAN, |day| history.values()[day]);
        if value.is_nan() { level } else { value }
    };
    (horizon.first..horizon.end).map(of_day).sum::<f64>() / horizon.days() as f64
}

/// An extra cost must be this many times the usual deviation.
const EXTRA_FACTOR: f64 = 4.0;
/// And it must be known from this many cycles.
const EXTRA_CYCLES: usize = 3;

/// What each place of a cycle costs beyond level and weekday: the median over six cycles of
/// `cost − level · profile`, kept where it is more than four times the usual deviation and known from
/// three cycles. Places count from the start, the last three from the end, from [`LONGEST`] on.
///
/// Wrong when a charge moves to another day.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraDays([f64; LONGEST + LAST_DAYS]);

impl ExtraDays {
    /// Finds the days that cost more, or less, than their weekday.
    #[must_use]
    pub fn find(history: &History<'_>) -> Self {
        const PLACES: usize = LONGEST + LAST_DAYS;
        let profile = history.robust_profile();
        let mut deviations = [[f64::NAN; CYCLES]; PLACES];
        let mut sizes: Vec<f64> = Vec::with_capacity(CYCLES * LONGEST);
        for (cycle, (first, end)) in history.earlier_cycles(CYCLES).enumerate() {
            let days = first.max(0) as usize..end as usize;
            let known =
                || days.clone().map(|day| (day, history.values()[day])).filter(|(_, value)| !value.is_nan());
            let levels: Vec<f64> =
                known().map(|(day, value)| value / profile.divisor(history.weekday(day))).collect();
            let Some(level) = median(&levels) else { continue };
            for (day, value) in known() {
                let deviation = value - level * profile.factor(history.weekday(day));
                deviations[Self::place(history, day)][cycle] = deviation;
                sizes.push(deviation.abs());
            }
        }
        let usual = median(&sizes).unwrap_or(0.0).max(1e-9 * history.typical_size());
        Self(std::array::from_fn(|place| {
            let known: Vec<f64> = deviations[place].iter().copied().filter(|value| !value.is_nan()).collect();
            if known.len() < EXTRA_CYCLES {
                return 0.0;
            }
            median(&known).filter(|extra| extra.abs() > EXTRA_FACTOR * usual).unwrap_or(0.0)
        }))
    }

    /// What a day costs beyond its level.
    #[must_use]
    pub fn on(&self, history: &History<'_>, day: usize) -> f64 {
        self.0[Self::place(history, day)]
    }

    fn place(history: &History<'_>, day: usize) -> usize {
        let place = history.place(day);
        if usize::from(place.to_end) < LAST_DAYS {
            LONGEST + usize::from(place.to_end)
        } else {
            usize::from(place.day) - 1
        }
    }
}

/// A level with weekdays, plus the extra cost of single days of the cycle.
pub fn extra_days(history: &History<'_>, horizon: &Horizon) -> f64 {
    let extra = ExtraDays::find(history);
    let sum: f64 = (horizon.first..horizon.end).map(|day| extra.on(history, day)).sum();
    level::of_median(history, horizon, 28) + sum / horizon.days() as f64
}

/// Cycles' worth of evidence against an excess of a part of the cycle.
const PART_EVIDENCE: f64 = 3.0;

/// A level with weekdays, times how much the days after this one cost beyond their cycle.
pub fn part(history: &History<'_>, horizon: &Horizon) -> f64 {
    let (base, profile) = (level::of_mean(history, horizon, 28), history.robust_profile());
    let skipped = i64::from(history.place(horizon.first).day) - 1;
    let level_of = |first: i64, end: i64| {
        let (mut sum, mut factors) = (0.0, 0.0);
        for day in first.max(0) as usize..end.max(0) as usize {
            let value = history.values()[day];
            if !value.is_nan() {
                sum += value;
                factors += profile.factor(history.weekday(day));
            }
        }
        (factors > 0.0).then(|| sum / factors)
    };
    let (mut excess, mut count) = (0.0, 0.0);
    for (first, end) in history.earlier_cycles(CYCLES).filter(|(first, _)| *first >= 0) {
        if let (Some(rest), Some(whole)) =
            (level_of((first + skipped).min(end - 1), end), level_of(first, end))
            && rest * whole > 0.0
        {
            excess += (rest / whole).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1) - 1.0;
            count += 1.0;
        }
    }
    base * (1.0 + excess / (count + PART_EVIDENCE))
}

/// Means of the part so far and of the rest in earlier cycles, cut at the same day of the cycle.
fn earlier_parts(history: &History<'_>) -> impl Iterator<Item = (f64, f64)> {
    let days = history.days_into_cycle() as i64;
    history.earlier_cycles(CYCLES).filter_map(move |(first, end)| {
        let cut = (first + days).min(end - 1);
        Some((history.mean_between(first, cut)?, history.mean_between(cut, end)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::{date, month, tracked};

    /// January to March 2026, 1 a day in the first ten days of a month and 3 after, then ten days of
    /// April at 2.
    fn uneven() -> Vec<f64> {
        let month = |days: usize| (1..=days).map(|day| if day <= 10 { 1.0 } else { 3.0 });
        month(31).chain(month(28)).chain(month(31)).chain([2.0; 10]).collect()
    }

    #[test]
    fn the_rest_follows_the_shape_of_earlier_cycles() {
        let values = uneven();
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        let rest = Horizon::new(&track, 100, 120);
        assert_eq!(run_rate(&history, &rest), 2.0);
        assert!((shape(&history, &rest) - 6.0).abs() < 1e-9);
        assert!((addition(&history, &rest) - 4.0).abs() < 1e-9);
        assert_eq!(last_cycle(&history, &rest), 3.0);
        // May begins with the first ten days of March.
        assert_eq!(last_cycle(&history, &Horizon::new(&track, 120, 130)), 1.0);
        assert!(part(&history, &rest) > level::of_mean(&history, &rest, 28));
    }

    #[test]
    fn without_a_day_of_the_open_cycle_the_last_weeks_speak() {
        let track = tracked("2026-03-01", &[5.0; 31]);
        let history = History::at(&track, 0);
        let rest = Horizon::new(&track, 31, 61);
        for estimate in [run_rate, shape, addition, part] {
            assert!((estimate(&history, &rest) - 5.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_charge_on_a_day_of_the_cycle_comes_again_on_it() {
        // January to April 2026, 10 a day and 100 more on the 5th and on each last day.
        let values: Vec<f64> = date("2026-01-01")
            .iter_days()
            .take(120)
            .map(|day| {
                let cycle = month(&day.to_string());
                let special = day == cycle.last_day() || (day - cycle.start()).num_days() == 4;
                if special { 110.0 } else { 10.0 }
            })
            .collect();
        let track = tracked("2026-01-01", &values);
        let history = History::at(&track, 0);
        let extra = ExtraDays::find(&history);
        // Numbers of 5, 31 and 20 May.
        for (day, expected) in [(124, 100.0), (150, 100.0), (139, 0.0)] {
            assert!((extra.on(&history, day) - expected).abs() < 1.0, "{day}");
        }
        let may = extra_days(&history, &Horizon::new(&track, 120, 151));
        assert!((may - (10.0 + 200.0 / 31.0)).abs() < 0.5, "{may}");
    }
}
