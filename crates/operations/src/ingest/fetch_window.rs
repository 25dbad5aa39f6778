//! The days of one scope that are read at once: at most one billing cycle.

use azure::{Clock, Scope};
use billing::{BillingCycle, CycleDay};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// Records of use were seen to be reported up to eight days later.
pub(super) const LATE_DAYS: u64 = 10;

/// Some days of one scope.
#[derive(Clone, Debug)]
pub(super) struct FetchWindow {
    /// Whose charges.
    pub scope: Scope,
    /// First day.
    pub first: NaiveDate,
    /// Last day, in it.
    pub last: NaiveDate,
    /// The cycle that the days lie in.
    pub cycle: BillingCycle,
    /// Today's date.
    pub today: NaiveDate,
    /// As known at this moment.
    pub known_at: DateTime<Utc>,
}

/// The days cut at the borders of cycles.
pub(super) fn cut(
    scope: &Scope,
    first: NaiveDate,
    last: NaiveDate,
    cycle_day: CycleDay,
    today: NaiveDate,
    clock: &Clock,
) -> Vec<FetchWindow> {
    let mut windows = Vec::new();
    let mut from = first;
    while from <= last {
        let cycle = BillingCycle::containing(from, cycle_day);
        let to = last.min(cycle.last_day());
        // What a service says of days long gone is what it said when they were final.
        let settled = (to + Days::new(LATE_DAYS + 1)).and_time(NaiveTime::MIN).and_utc();
        let now = clock.utc().min(today.and_hms_opt(23, 59, 0).map_or(clock.utc(), |time| time.and_utc()));
        windows.push(FetchWindow {
            scope: scope.clone(),
            first: from,
            last: to,
            cycle,
            today,
            known_at: settled.min(now),
        });
        from = to + Days::new(1);
    }
    windows
}
