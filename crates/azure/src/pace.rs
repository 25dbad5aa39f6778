//! Pacing: a call starts when neither its scope nor the tenant has had its share of calls lately, so
//! that throttling is avoided and not only survived.
//!
//! A limit is a number of calls in any stretch of a length (a sliding window). Waiting calls start in
//! the order in which they asked. Time is tokio's, so that tests simulate it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// So many calls in any stretch of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many calls.
    pub calls: usize,
    /// In any stretch of this length.
    pub per: Duration,
}

impl Limit {
    /// So many calls a minute.
    #[must_use]
    pub const fn a_minute(calls: usize) -> Self {
        Self { calls, per: Duration::from_secs(60) }
    }
}

/// When calls of one tenant may start.
#[derive(Debug)]
pub struct Pace {
    scope: Limit,
    tenant: Limit,
    started: Mutex<Started>,
}

#[derive(Debug, Default)]
struct Started {
    by_scope: BTreeMap<String, VecDeque<Instant>>,
    all: VecDeque<Instant>,
}

impl Pace {
    /// With these limits for each scope and for all calls together.
    #[must_use]
    pub fn new(scope: Limit, tenant: Limit) -> Self {
        Self { scope, tenant, started: Mutex::default() }
    }

    /// Waits until a call to `scope` may start, and counts it as started.
    pub async fn turn(&self, scope: &str) {
        let start = {
            let mut started = self.started.lock().await;
            let now = Instant::now();
            let own = started.by_scope.get(scope).and_then(|calls| free_at(calls, self.scope));
            let start = own.into_iter().chain(free_at(&started.all, self.tenant)).fold(now, Instant::max);
            // Turns are given out in advance; the windows stay sorted, since a later turn may start
            // before one that waits for its scope.
            insert(&mut started.all, start, self.tenant);
            insert(started.by_scope.entry(scope.to_owned()).or_default(), start, self.scope);
            start
        };
        sleep_until(start).await;
    }
}

/// When the next call may start after these, by the window's rule; `None` means at once.
fn free_at(calls: &VecDeque<Instant>, limit: Limit) -> Option<Instant> {
    let oldest = calls.len().checked_sub(limit.calls)?;
    Some(calls[oldest] + limit.per)
}

fn insert(calls: &mut VecDeque<Instant>, start: Instant, limit: Limit) {
    let place = calls.partition_point(|other| *other <= start);
    calls.insert(place, start);
    while calls.len() > limit.calls {
        calls.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn many_scopes_finish_as_soon_as_the_limits_allow_and_no_call_comes_early() {
        let pace = Arc::new(Pace::new(Limit::a_minute(4), Limit::a_minute(60)));
        let begin = Instant::now();
        let mut tasks = Vec::new();
        for scope in 0..50 {
            let pace = Arc::clone(&pace);
            tasks.push(tokio::spawn(async move {
                let mut starts = Vec::new();
                for _ in 0..12 {
                    pace.turn(&format!("/subscriptions/{scope}")).await;
                    starts.push(Instant::now());
                }
                starts
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            let starts = task.await.unwrap();
            for window in starts.windows(5) {
                assert!(window[4] - window[0] >= Duration::from_secs(60));
            }
            all.extend(starts);
        }
        all.sort();
        for window in all.windows(61) {
            assert!(window[60] - window[0] >= Duration::from_secs(60));
        }
        assert_eq!(all.len(), 600);
        assert!(all[599] - begin <= Duration::from_secs(12 * 60), "{:?}", all[599] - begin);
    }

    #[tokio::test(start_paused = true)]
    async fn one_scope_waits_for_its_own_share_only() {
        let pace = Pace::new(Limit::a_minute(1), Limit::a_minute(60));
        let begin = Instant::now();
        pace.turn("a").await;
        pace.turn("b").await;
        assert_eq!(Instant::now(), begin);
        pace.turn("a").await;
        assert_eq!(Instant::now() - begin, Duration::from_secs(60));
    }
}
