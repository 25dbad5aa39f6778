//! How days settle: what a day shows soon after it, as a share of its final value.
//!
//! The share at each lag (days between the day and the cutoff) is the median over earlier cutoffs of
//! `seen ÷ final`. Where it is known well and steady, a late day is believed at `seen ÷ share`; where
//! not, the cutoff moves before it. Wrong when the delay of the data changes.

use crate::{profile::median, settings::SettlingSettings};
use billing::{BillingCycle, CostSeries};
use chrono::{Days, NaiveDate};

/// A day's value as it was known at an earlier cutoff.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Index of the series.
    pub series: usize,
    /// The cycle of the cutoff.
    pub cycle: BillingCycle,
    /// After which day of the cycle it was cut.
    pub cut_day: u32,
    /// The day.
    pub date: NaiveDate,
    /// Its value as known then.
    pub value: f64,
}

impl Seen {
    /// The last day that was seen at all.
    #[must_use]
    pub fn as_of(&self) -> NaiveDate {
        last_seen(self.cycle, self.cut_day)
    }

    fn lag(&self) -> i64 {
        (self.as_of() - self.date).num_days()
    }
}

/// The last day that is seen after `cut_day` days of a cycle.
#[must_use]
pub fn last_seen(cycle: BillingCycle, cut_day: u32) -> NaiveDate {
    crate::calendar::days_before(cycle.start() + Days::new(u64::from(cut_day)), 1)
}

/// A level as it was seen at a cutoff, and what is believed of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AsKnown {
    /// Values up to the cutoff, late ones as seen.
    pub seen: Vec<f64>,
    /// The same with late days made whole where that is possible.
    pub believed: Vec<f64>,
    /// The last day that can be used as final.
    pub cutoff: NaiveDate,
}

/// What was known of `level` at the cutoff of `late`, given the rows of all its cutoffs.
pub(crate) fn as_known(
    level: CostSeries<'_>,
    as_of: NaiveDate,
    late: &[Seen],
    all: &[Seen],
    settings: &SettlingSettings,
) -> AsKnown {
    let known = level.up_to(as_of);
    let (mut seen, mut believed, mut cutoff) = (known.values.to_vec(), known.values.to_vec(), as_of);
    let longest = all.iter().map(Seen::lag).max().unwrap_or(0);
    for row in late {
        let Some(index) = known.index_of(row.date) else { continue };
        seen[index] = row.value;
        // Days whose final value was not yet known at this cutoff teach nothing.
        let settled_before = crate::calendar::days_before(as_of, longest.max(0) as usize);
        let mut shares: Vec<f64> = all
            .iter()
            .filter(|earlier| earlier.as_of() < as_of && earlier.date < settled_before)
            .filter(|earlier| earlier.lag() == row.lag())
            .filter_map(|earlier| Some(earlier.value / level.value_on(earlier.date)?))
            .filter(|share| share.is_finite())
            .collect();
        match completeness(&mut shares, settings) {
            Some(share) => believed[index] = row.value / share,
            None => cutoff = cutoff.min(crate::calendar::days_before(row.date, 1)),
        }
    }
    AsKnown { seen, believed, cutoff }
}

/// The usual share, `None` where it is not known well enough to divide by.
fn completeness(shares: &mut [f64], settings: &SettlingSettings) -> Option<f64> {
    if shares.len() < settings.fewest_observations {
        return None;
    }
    let middle = median(shares)?;
    if middle >= settings.complete_share {
        return Some(1.0);
    }
    let spread = shares.iter().map(|share| (share - middle).abs()).sum::<f64>() / shares.len() as f64;
    (middle > 0.0 && spread <= settings.largest_spread * middle).then_some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model_file::Model,
        test_series::{date, month, set_of},
    };

    /// Cut at day 10 of January to July 2026; the last day shows that share of its 8.
    fn rows(share: impl Fn(u32) -> f64) -> Vec<Seen> {
        (1..=7)
            .map(|of_year| {
                let day = format!("2026-{of_year:02}-10");
                let cycle = month(&day);
                Seen { series: 0, cycle, cut_day: 10, date: date(&day), value: 8.0 * share(of_year) }
            })
            .collect()
    }

    #[test]
    fn a_steady_share_makes_a_late_day_whole() {
        let set = set_of(&[("a", "2026-01-01", &[8.0; 200])]);
        let rows = rows(|_| 0.5);
        let settings = Model::shipped().settling.clone();
        let as_of = date("2026-07-10");
        let known = as_known(set.get(0), as_of, &rows[6..], &rows, &settings);
        assert_eq!((known.seen.last(), known.believed.last()), (Some(&4.0), Some(&8.0)));
        assert_eq!(known.cutoff, as_of);
    }

    #[test]
    fn a_share_that_jumps_or_is_hardly_known_moves_the_cutoff() {
        let set = set_of(&[("a", "2026-01-01", &[8.0; 200])]);
        let settings = Model::shipped().settling.clone();
        let jumpy = rows(|of_year| if of_year % 2 == 0 { 0.2 } else { 0.9 });
        let known = as_known(set.get(0), date("2026-07-10"), &jumpy[6..], &jumpy, &settings);
        assert_eq!(known.cutoff, date("2026-07-09"));
        let few = rows(|_| 0.5);
        let known = as_known(set.get(0), date("2026-03-10"), &few[2..3], &few, &settings);
        assert_eq!(known.cutoff, date("2026-03-09"));
    }
}
