//! Local levels: what the bank of them ([`LevelBank`](crate::level_bank::LevelBank)) expects, times the
//! weekday. Wrong on the first day of a jump.

use crate::{candidates::year::smooth_ratio, history::History, horizon::Horizon};

/// Mean of the asked days.
pub fn local_level(history: &History<'_>, horizon: &Horizon) -> f64 {
    history.bank().mean_ahead(horizon.first - history.end(), horizon.days()).0
        * horizon.mean_factor(history.long_profile())
}

/// The same with half of the course that the years before took from their levels.
pub fn yearly(history: &History<'_>, horizon: &Horizon) -> f64 {
    local_level(history, horizon) * smooth_ratio(history, horizon).map_or(1.0, f64::sqrt)
}
