//! How far the remaining usage of a bill may lie off, as one factor on all its quantities.

use super::bill::{LEVELS, NO_REST};
use crate::cycle_total::CycleForecast;

/// By how much a rest lies off what is expected of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Off {
    /// By this share of its use.
    Share(f64),
    /// By this amount: used where the remaining usage is zero, since corrections may still come.
    Amount(f64),
}

impl Off {
    /// The part of one of several bills.
    pub(super) fn part(self, bills: usize) -> Self {
        match self {
            Self::Share(share) => Self::Share(share),
            Self::Amount(amount) => Self::Amount(amount / bills.max(1) as f64),
        }
    }

    /// How far a rest of which `level` is expected may lie off, at each level of a range.
    pub(super) fn of(forecast: Option<&CycleForecast>, level: f64) -> [Self; LEVELS] {
        let Some(remaining) = forecast.and_then(|forecast| forecast.remaining.as_ref()) else {
            return [Self::Share(0.0); LEVELS];
        };
        let point = remaining.point();
        let [lower95, lower80, upper80, upper95] = remaining.bounds().map(|bound| bound - point);
        [lower95, lower80, 0.0, upper80, upper95]
            .map(|off| if level > NO_REST { Self::Share(off / level) } else { Self::Amount(off) })
    }
}
