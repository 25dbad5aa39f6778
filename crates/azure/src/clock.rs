//! Time as clients see it: the day and hour, and waits. Where waits are simulated nothing is waited
//! for; the clock moves on instead, so that a run of many minutes takes none.

use chrono::{DateTime, TimeDelta, Utc};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// A clock; clones share their time.
#[derive(Clone)]
pub struct Clock {
    utc: fn() -> DateTime<Utc>,
    /// Milliseconds that were waited for in simulation only.
    skipped: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// Waits are real; `utc` tells the time.
    #[must_use]
    pub fn real(utc: fn() -> DateTime<Utc>) -> Self {
        Self { utc, skipped: None }
    }

    /// Waits are simulated from `utc` on.
    #[must_use]
    pub fn simulated(utc: fn() -> DateTime<Utc>) -> Self {
        Self { utc, skipped: Some(Arc::default()) }
    }

    /// The time of day.
    #[must_use]
    pub fn utc(&self) -> DateTime<Utc> {
        (self.utc)() + TimeDelta::from_std(self.waited_in_simulation()).unwrap_or_default()
    }

    /// How long was waited in simulation.
    #[must_use]
    pub fn waited_in_simulation(&self) -> Duration {
        Duration::from_millis(self.skipped.as_ref().map_or(0, |skipped| skipped.load(Ordering::SeqCst)))
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.waited_in_simulation()
    }

    pub(crate) async fn sleep_until(&self, time: Instant) {
        let wait = time.saturating_duration_since(self.now());
        match &self.skipped {
            Some(skipped) => {
                let milliseconds = u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
                skipped.fetch_add(milliseconds, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            None => sleep(wait).await,
        }
    }

    pub(crate) async fn sleep(&self, wait: Duration) {
        self.sleep_until(self.now() + wait).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.skipped.is_some() { "Clock (simulated)" } else { "Clock" })
    }
}
