//! Missing days of a cycle: days before the cutoff that no file covers, or not whole.
//!
//! The invoice will hold them, so a total expects each like a day to come of its weekday. Days before the
//! first known one are not missing: the series begins there.

use crate::components::SeriesComponents;
use billing::{BillingCycle, CostSeries};
use chrono::{Days, NaiveDate};

/// The missing days of a cycle, with what is known of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissingDays {
    /// The days in order, each with the cost that is already in the data: 0 for a day of which nothing is.
    pub days: Vec<(NaiveDate, f64)>,
}

impl MissingDays {
    /// The days of `cycle` from the first known one up to `cutoff` that have no value in `level`.
    #[must_use]
    pub fn of(
        components: &SeriesComponents<'_>,
        level: CostSeries<'_>,
        cycle: BillingCycle,
        cutoff: NaiveDate,
    ) -> Self {
        let Some(first) = level.values.iter().position(|value| !value.is_nan()) else {
            return Self::default();
        };
        let first = level.start + Days::new(first as u64);
        let days = cycle
            .days()
            .skip_while(|day| *day < first)
            .take_while(|day| *day <= cutoff)
            .filter(|day| level.value_on(*day).is_none())
            .map(|day| (day, components.known_part_of(day).unwrap_or(0.0)));
        Self { days: days.collect() }
    }

    /// Whether the cycle is covered whole.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// After how many known days as much of the cycle would be left as is left now: the day whose past
    /// errors are those of the rest with the missing days. `left` are days after the cutoff.
    #[must_use]
    pub fn equivalent_day(&self, cycle: BillingCycle, left: usize) -> usize {
        cycle.len_days().saturating_sub(left + self.days.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::Components,
        test_series::{date, month, set_of},
    };

    #[test]
    fn days_inside_the_series_and_up_to_the_cutoff_are_missing() {
        let nan = f64::NAN;
        let level = set_of(&[("a", "2026-05-30", &[nan, 1.0, nan, 1.0, nan])]);
        let partial = set_of(&[("a", "2026-05-30", &[0.0, 0.0, 0.5, 0.0, 0.0])]);
        let components = Components::level_only(level).with_partial_days(partial).unwrap();
        let one = components.get(0);
        let of = |cycle: &str, cutoff: &str| {
            let missing = MissingDays::of(&one, one.level, month(cycle), date(cutoff));
            missing.days.iter().map(|(day, known)| (day.to_string(), *known)).collect::<Vec<_>>()
        };
        // 30 May is before the first value; 4 and 5 June are after the last and before the cutoff.
        assert_eq!(of("2026-05-01", "2026-06-05"), []);
        let june = [("2026-06-01".to_owned(), 0.5), ("2026-06-03".to_owned(), 0.0)];
        assert_eq!(of("2026-06-01", "2026-06-03"), june);
        assert_eq!(of("2026-06-01", "2026-06-05").len(), 4);
        let missing = MissingDays::of(&one, one.level, month("2026-06-01"), date("2026-06-03"));
        assert_eq!(missing.equivalent_day(month("2026-06-01"), 27), 1);
    }
}
