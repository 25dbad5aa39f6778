//! What the rows of a forecast show of their series, in words.

use crate::{Error, Finding};
use chrono::NaiveDate;
use forecast::{GroupTotal, Status};
use report::Finding as Remark;
use std::collections::BTreeSet;

/// Which series end with days that look incomplete, so that they are forecast and not used as final.
pub(super) fn incomplete(totals: &[GroupTotal], cutoffs: &[NaiveDate]) -> Option<Remark> {
    let moved: BTreeSet<&str> = totals
        .iter()
        .filter(|total| matches!(total.units[..], [unit] if total.cutoff < cutoffs[unit]))
        .map(|total| total.name.as_str())
        .collect();
    (!moved.is_empty()).then(|| {
        let names = report::listed(moved.into_iter().map(report::printable));
        let text = format!("last days look incomplete and are not used as final (`x_Cutoff`): {names}");
        Remark::note("incomplete_days", text)
    })
}

/// A stop that is this probable is named.
const LIKELY: f64 = 0.3;

/// Which groups have likely stopped.
pub(super) fn may_have_stopped(totals: &[GroupTotal]) -> Option<Remark> {
    let first = totals.iter().map(|total| total.cycle).min();
    let stops = totals.iter().filter(|total| Some(total.cycle) == first && total.stop_probability >= LIKELY);
    let named: BTreeSet<String> = stops
        .map(|total| format!("{} ({:.0} %)", report::printable(&total.name), 100.0 * total.stop_probability))
        .collect();
    (!named.is_empty()).then(|| {
        let names = report::listed(named);
        let text = format!("no cost on the last days, so it may have stopped (probability): {names}");
        Remark::note("may_have_stopped", text)
    })
}

/// Which groups no model could be fitted to.
pub(super) fn failed(totals: &[GroupTotal]) -> Vec<Finding> {
    let text = |total: &GroupTotal| {
        let why = total.reason.clone().unwrap_or_default();
        Finding::warning(format!("`{}`: no model could be fitted: {why}", total.name))
    };
    totals.iter().filter(|total| total.status == Status::Failed).map(text).collect()
}

/// The error of a run in which no group has a forecast.
pub(super) fn without_any(why: Option<String>) -> Error {
    let why = why.unwrap_or_else(|| "there is too little history".to_owned());
    Error::not_enough(format!("nothing can be forecast: {why}"))
}
