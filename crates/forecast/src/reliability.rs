//! How reliable a forecast is: whether the series has stopped, and why a range is wide.

use crate::{series_view::SeriesView, settings::StatusSettings};
use billing::CostSeries;

/// Days in which missing ones are counted as an incomplete history.
const RECENT_DAYS: usize = 56;
/// A silence must be so much longer than every earlier one.
const SILENCE_FACTOR: f64 = 1.5;

/// Whether, and how, a series stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Silence {
    None,
    /// It costs nothing any more.
    Zero,
    /// It has no values any more.
    Missing,
}

/// Whether a series stopped, with `missing_at_end` days before the cutoff that lie after its end.
pub(crate) fn silence_of(series: &CostSeries<'_>, missing_at_end: usize, silent_days: usize) -> Silence {
    let values = series.values;
    let missing = missing_at_end + values.iter().rev().take_while(|value| value.is_nan()).count();
    if missing >= silent_days {
        return Silence::Missing;
    }
    let costs = |value: &f64| !value.is_nan() && *value != 0.0;
    let Some(last) = values.iter().rposition(costs) else { return Silence::None };
    let mut longest = 0;
    let mut gap = 0;
    for value in values[..last].iter().skip_while(|value| !costs(value)) {
        gap = if costs(value) { 0 } else { gap + 1 };
        longest = longest.max(gap);
    }
    let silent = values.len() - 1 - last;
    let is_new = silent as f64 > SILENCE_FACTOR * longest as f64;
    if silent >= silent_days && is_new { Silence::Zero } else { Silence::None }
}

/// Days without cost from which on a series may have stopped.
const FEWEST_SILENT: usize = 2;
/// Stops a day, of series that cost something each day.
const STOPS: f64 = 7.5e-5;
/// Pauses a day that last `r` days or longer: `PAUSES ÷ r`, as counted on series of the benchmark.
const PAUSES: f64 = 2.8e-4;
/// Days' worth of these pauses beside the pauses that a series shows itself.
const PAUSES_WEIGHT: f64 = 365.0;
/// A day below this share of a typical one costs nothing.
const NOTHING: f64 = 1e-3;

/// For how many days a series has cost nothing, and how probable it is that it has stopped: the rate of stops over
/// the rate of stops and of pauses as long as this silence. `typical` is the size of a day that costs something.
///
/// Wrong where a pause is longer than every one before it.
pub(crate) fn stop_probability(series: &CostSeries<'_>, typical: f64) -> (usize, f64) {
    let known = || series.values.iter().filter(|value| !value.is_nan());
    let is_silent = |value: &&f64| value.abs() <= NOTHING * typical;
    let silent = known().rev().take_while(is_silent).count();
    let days = known().count();
    if silent < FEWEST_SILENT || silent == days {
        return (silent, 0.0);
    }
    let (mut pauses, mut length) = (0.0, 0);
    for value in known().take(days - silent).skip_while(is_silent) {
        length = if is_silent(&value) { length + 1 } else { 0 };
        // Each pause is counted once, on the day on which it gets as long as this silence.
        pauses += f64::from(u8::from(length == silent));
    }
    let usual = PAUSES / silent as f64;
    let rate = (pauses + PAUSES_WEIGHT * usual) / (days as f64 + PAUSES_WEIGHT);
    (silent, STOPS / (STOPS + rate))
}

/// Why the range of a cycle's forecast is called wide; `None` where it is not.
pub(crate) fn why_wide(
    view: &SeriesView<'_>,
    rules: &StatusSettings,
    missing_in_cycle: usize,
    has_past_errors: bool,
    typical_size: f64,
) -> Option<String> {
    let known = view.believed.up_to(view.cutoff);
    let history_days = known.values.len() - known.missing_days();
    let recent = &known.values[known.values.len().saturating_sub(RECENT_DAYS)..];
    let missing = recent.iter().filter(|value| value.is_nan()).count();
    if history_days < rules.short_days {
        Some(format!("{history_days} days of history"))
    } else if missing_in_cycle > 0 {
        Some(format!("{missing_in_cycle} days of the cycle are missing"))
    } else if missing as f64 > rules.missing_share * recent.len() as f64 {
        Some(format!("{missing} of the last {} days are missing", recent.len()))
    } else if !has_past_errors && typical_size > 0.0 {
        Some("no complete cycle to learn errors from".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::set_of;

    fn probability(values: &[f64]) -> (usize, f64) {
        stop_probability(&set_of(&[("a", "2026-01-01", values)]).get(0), 10.0)
    }

    #[test]
    fn silence_is_a_stop_the_longer_it_lasts_unless_there_were_pauses_as_long() {
        let silent = |days: usize| probability(&[vec![10.0; 100], vec![0.0; days]].concat());
        assert_eq!((silent(0).1, silent(1).1), (0.0, 0.0));
        // Two days: 7.5e-5 against 365 · 2.8e-4 ÷ 2 ÷ (102 + 365).
        let usual = 365.0 * 2.8e-4 / 2.0 / 467.0;
        assert!((silent(2).1 - 7.5e-5 / (7.5e-5 + usual)).abs() < 1e-12);
        assert!(silent(2).1 < 0.5 && silent(5).1 > 0.5 && silent(20).1 > silent(5).1);
        // A pause of three days each month.
        let month = [vec![10.0; 27], vec![0.0; 3]].concat();
        let paused = [month.repeat(4), vec![10.0; 20], vec![0.0; 3]].concat();
        assert!(probability(&paused).1 < 0.02, "{:?}", probability(&paused));
    }
}
