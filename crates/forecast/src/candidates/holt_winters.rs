//! The weekly Holt-Winters model ([`HoltWinters`](crate::weekly_smoothing::HoltWinters)), asked for a mean of
//! days. Wrong for a while after the level jumps, since it follows slowly.

use crate::{history::History, horizon::Horizon};

/// Mean of the asked days after what was known at the origin.
pub fn holt_winters(history: &History<'_>, horizon: &Horizon) -> f64 {
    let model = &history.state().holt_winters;
    model.level() + horizon.mean_by_weekday(|weekday| model.season(weekday))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_series::tracked;

    #[test]
    fn weekends_are_learnt() {
        let office: Vec<f64> = (0..210).map(|day| if day % 7 < 5 { 10.0 } else { 3.0 }).collect();
        let track = tracked("2026-01-05", &office);
        let history = History::at(&track, 0);
        let weekend = holt_winters(&history, &Horizon::new(&track, 215, 217));
        assert!((weekend - 3.0).abs() < 1.0, "{weekend}");
    }
}
