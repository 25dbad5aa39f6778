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
