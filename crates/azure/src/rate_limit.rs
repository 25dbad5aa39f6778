//! Rate limits: a call starts when both its scope and the tenant are below their limits, so that most calls are never
//! throttled.
//!
//! A limit is a number of calls in a sliding window. Waiting calls start in the order in which they were requested.
//! After a throttled call (HTTP 429) calls run one at a time: all of them wait as long as the service asks. Without
//! such a hint a spacing between calls is kept, which grows when it proves too short and is halved on trial after
//! some successful calls. One call per 45 s was measured to be necessary at times, whatever the documented limits.

use crate::Clock;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::Instant,
};

/// A number of calls in a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Largest number of calls.
    pub calls: usize,
    /// Length of the window.
    pub per: Duration,
}

impl Limit {
    /// A number of calls a minute.
    #[must_use]
    pub const fn a_minute(calls: usize) -> Self {
        Self { calls, per: Duration::from_secs(60) }
    }
}

/// Decides when calls of one tenant may start.
#[derive(Debug)]
pub struct RateLimiter {
    scope: Limit,
    tenant: Limit,
    clock: Clock,
    started: Mutex<Started>,
    state: Arc<Mutex<ThrottleState>>,
}

#[derive(Debug, Default)]
struct Started {
    by_scope: BTreeMap<String, VecDeque<Instant>>,
    all: VecDeque<Instant>,
}

/// What throttled calls have shown.
#[derive(Debug, Default)]
struct ThrottleState {
    /// No call before this.
    next: Option<Instant>,
    /// Least time between two calls; zero while no refusal without a hint was seen.
    spacing: Duration,
    /// Successful calls since the spacing was changed.
    good: u32,
    /// Number of them before the next trial of a smaller spacing.
    trial_after: u32,
    /// Whether the spacing is on trial.
    on_trial: bool,
}

/// The longest spacing.
const LONGEST: Duration = Duration::from_secs(300);
/// Smaller spacings count as zero.
const SHORTEST: Duration = Duration::from_secs(1);
/// Successful calls before the first trial of a smaller spacing.
const FIRST_TRIAL: u32 = 4;

/// The permission to call now. Where calls run one at a time it is exclusive until it is dropped.
pub(crate) struct Permit {
    state: Arc<Mutex<ThrottleState>>,
    clock: Clock,
    alone: Option<OwnedMutexGuard<ThrottleState>>,
}

impl RateLimiter {
    /// Limits for each scope and for all calls together, measured by `clock`.
    #[must_use]
    pub fn new(scope: Limit, tenant: Limit, clock: Clock) -> Self {
        Self { scope, tenant, clock, started: Mutex::default(), state: Arc::default() }
    }

    /// Waits until a call to `scope` may start, and counts it as started.
    pub(crate) async fn permit(&self, scope: &str) -> Permit {
        let start = {
            let mut started = self.started.lock().await;
            let now = self.clock.now();
            let own = started.by_scope.get(scope).and_then(|calls| free_at(calls, self.scope));
            let start = own.into_iter().chain(free_at(&started.all, self.tenant)).fold(now, Instant::max);
            // Permits are issued in advance; the windows stay sorted, since a later permit may start
            // before one that waits for its scope.
            insert(&mut started.all, start, self.tenant);
            insert(started.by_scope.entry(scope.to_owned()).or_default(), start, self.scope);
            start
        };
        self.clock.sleep_until(start).await;
        let state = Arc::clone(&self.state).lock_owned().await;
        let closed = state.next.filter(|next| *next > self.clock.now());
        let alone = (closed.is_some() || !state.spacing.is_zero()).then_some(state);
        if let Some(next) = closed {
            self.clock.sleep_until(next).await;
        }
        Permit { state: Arc::clone(&self.state), clock: self.clock.clone(), alone }
    }
}

impl Permit {
    /// The call was answered with anything but 429.
    pub(crate) fn answered(&mut self) {
        let now = self.clock.now();
        let Some(mut state) = self.alone.take() else { return };
        state.next = Some(now + state.spacing);
        state.good += 1;
        if state.good >= state.trial_after.max(FIRST_TRIAL) && !state.spacing.is_zero() {
            let half = state.spacing / 2;
            state.spacing = if half < SHORTEST { Duration::ZERO } else { half };
            state.next = Some(now + state.spacing);
            (state.good, state.on_trial) = (0, true);
        }
    }

    /// The call was throttled (429): all callers back off. Every call waits for the time the service asked for; where it
    /// asked for none, for a spacing of at least `floor`, stretched by `jitter` (0 to 1).
    pub(crate) async fn refused(&mut self, asked: Option<Duration>, floor: Duration, jitter: f64) {
        let first = self.alone.is_none();
        let mut state = match self.alone.take() {
            Some(state) => state,
            None => Arc::clone(&self.state).lock_owned().await,
        };
        let wait = match asked {
            Some(asked) => asked,
            // Calls in flight when the first was throttled add no information.
            None if first && !state.spacing.is_zero() => state.spacing,
            None => {
                if state.on_trial {
                    state.spacing = (state.spacing * 2).max(floor);
                    state.trial_after = state.trial_after.max(FIRST_TRIAL).saturating_mul(2);
                } else if state.spacing < floor {
                    state.spacing = floor;
                } else {
                    state.spacing = (state.spacing * 3 / 2).min(LONGEST);
                }
                (state.good, state.on_trial) = (0, false);
                state.spacing
            }
        };
        let wait = wait.mul_f64(1.0 + 0.05 * jitter);
        let next = (self.clock.now() + wait).max(state.next.unwrap_or_else(|| self.clock.now()));
        state.next = Some(next);
        self.clock.sleep_until(next).await;
        self.alone = Some(state);
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

    fn clock() -> Clock {
        Clock::real(|| "2026-11-25T12:00:00Z".parse().unwrap())
    }

    /// Runs `calls` calls to each of `scopes` scopes, each asked of `service`, which says whether it
    /// takes a call now. Gives the times of the calls that were taken, by scope.
    async fn run(
        limiter: RateLimiter,
        scopes: usize,
        calls: usize,
        service: impl Fn(Instant) -> bool + Send + Sync + 'static,
    ) -> Vec<Vec<Instant>> {
        let (limiter, service) = (Arc::new(limiter), Arc::new(service));
        let mut tasks = Vec::new();
        for scope in 0..scopes {
            let (limiter, service) = (Arc::clone(&limiter), Arc::clone(&service));
            tasks.push(tokio::spawn(async move {
                let mut starts = Vec::new();
                for _ in 0..calls {
                    let mut permit = limiter.permit(&format!("/subscriptions/{scope}")).await;
                    while !service(Instant::now()) {
                        permit.refused(None, Duration::from_secs(45), 0.5).await;
                    }
                    starts.push(Instant::now());
                    permit.answered();
                }
                starts
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn many_scopes_finish_as_soon_as_the_limits_allow_and_no_call_comes_early() {
        let begin = Instant::now();
        let limiter = RateLimiter::new(Limit::a_minute(4), Limit::a_minute(60), clock());
        let by_scope = run(limiter, 50, 12, |_| true).await;
        for starts in &by_scope {
            for window in starts.windows(5) {
                assert!(window[4] - window[0] >= Duration::from_secs(60));
            }
        }
        let mut all: Vec<Instant> = by_scope.into_iter().flatten().collect();
        all.sort();
        for window in all.windows(61) {
            assert!(window[60] - window[0] >= Duration::from_secs(60));
        }
        assert_eq!(all.len(), 600);
        assert!(all[599] - begin <= Duration::from_secs(12 * 60), "{:?}", all[599] - begin);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shared_bucket_without_hints_is_found_and_kept_to() {
        let begin = Instant::now();
        let limiter = RateLimiter::new(Limit::a_minute(4), Limit::a_minute(60), clock());
        let last = std::sync::Mutex::new(None::<Instant>);
        let bucket = move |now: Instant| {
            let mut last = last.lock().unwrap();
            let free = last.is_none_or(|last| now - last >= Duration::from_secs(45));
            if free {
                *last = Some(now);
            }
            free
        };
        let taken: Vec<Instant> = run(limiter, 50, 12, bucket).await.into_iter().flatten().collect();
        let took = *taken.iter().max().unwrap() - begin;
        let least = Duration::from_secs(45 * 599);
        assert_eq!(taken.len(), 600);
        assert!(took <= least.mul_f64(1.2), "{took:?} for at least {least:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_scope_waits_for_its_own_share_only() {
        let limiter = RateLimiter::new(Limit::a_minute(1), Limit::a_minute(60), clock());
        let begin = Instant::now();
        limiter.permit("a").await;
        limiter.permit("b").await;
        assert_eq!(Instant::now(), begin);
        limiter.permit("a").await;
        assert_eq!(Instant::now() - begin, Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_spacing_that_is_no_longer_needed_goes_away() {
        let begin = Instant::now();
        let limiter = RateLimiter::new(Limit::a_minute(600), Limit::a_minute(600), clock());
        let first = std::sync::atomic::AtomicBool::new(true);
        let once = move |_| !first.swap(false, std::sync::atomic::Ordering::SeqCst);
        run(limiter, 1, 100, once).await;
        assert!(Instant::now() - begin < Duration::from_secs(10 * 60), "{:?}", Instant::now() - begin);
    }
}
