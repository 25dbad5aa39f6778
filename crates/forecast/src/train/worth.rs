//! What an error counts where series are averaged: in days of its series, against the errors that the
//! run rate makes in its group at this day of the cycle.

use super::cuts::Taught;
use crate::{candidates::Candidate, model_file::Model, origin_features::HISTORY_DAYS, origins::Origin};
use std::collections::BTreeMap;

/// Days that must lie before a cut that teaches.
const LEAST_HISTORY: f64 = 45.0;
/// No run rate errs less.
const LEAST_ERROR: f64 = 1e-9;

/// Whether enough days lie before an origin.
pub fn has_history(origin: &Origin) -> bool {
    origin.scale > 0.0 && f64::from(origin.features[HISTORY_DAYS]) >= LEAST_HISTORY.ln()
}

/// Sums of the run rate's errors, and how many there were, by group and day of the cycle.
pub struct Worth {
    usual: BTreeMap<(Option<usize>, usize), (f64, f64)>,
}

impl Worth {
    /// From all cuts with enough history.
    pub fn new(taught: &[Taught], model: &Model) -> Self {
        let run_rate = model.candidates().iter().position(|candidate| *candidate == Candidate::RunRate);
        let mut usual: BTreeMap<_, (f64, f64)> = BTreeMap::new();
        for series in taught {
            for cut in series.table.iter().filter(|cut| has_history(&cut.origin)) {
                let estimates = &cut.origin.estimates;
                let said = run_rate.map_or(estimates.base, |place| estimates.means[place]);
                let error = (said - cut.actual).abs() * cut.days() / series.size;
                if error.is_finite() {
                    let sum = usual.entry((series.group, cut.origin.day)).or_default();
                    *sum = (sum.0 + error, sum.1 + 1.0);
                }
            }
        }
        Self { usual }
    }

    /// Of an error of one scale at each of `days` days: in usual errors.
    pub fn of(&self, series: &Taught, origin: &Origin, days: f64) -> f64 {
        let (sum, count) = self.usual.get(&(series.group, origin.day)).copied().unwrap_or((1.0, 1.0));
        origin.scale * days / series.size / (sum / count).max(LEAST_ERROR)
    }

    /// The same as a share of its group's and day's, so that these count alike.
    pub fn share(&self, series: &Taught, origin: &Origin, days: f64) -> f64 {
        let count = self.usual.get(&(series.group, origin.day)).map_or(1.0, |(_, count)| *count);
        self.of(series, origin, days) / count
    }
}
