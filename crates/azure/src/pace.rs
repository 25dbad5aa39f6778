//! Pacing: a call starts when neither its scope nor the tenant has had its share of calls lately, so
//! that throttling is avoided and not only survived.
//!
//! A limit is a number of calls in any stretch of a length (a sliding window). Waiting calls start in
//! the order in which they asked. When a service refuses all the same, calls go one by one: a hint is
//! waited for by all of them, and where refusals carry none a spacing is kept that grows when it was
//! too short and is halved, on trial, after some calls that went well. One call per 45 s was measured
//! to be needed at times, whatever the documented limits say.

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
    clock: Clock,
    started: Mutex<Started>,
    gate: Arc<Mutex<Gate>>,
}

#[derive(Debug, Default)]
struct Started {
    by_scope: BTreeMap<String, VecDeque<Instant>>,
    all: VecDeque<Instant>,
}

/// What refusals taught.
#[derive(Debug, Default)]
struct Gate {
    /// No call before this.
    next: Option<Instant>,
    /// Least time between two calls; zero while no refusal without a hint was seen.
    spacing: Duration,
    /// Calls that went well since the spacing was changed.
    good: u32,
    /// After how many of them a smaller spacing is tried, once trials began.
    patience: u32,
    /// Whether the spacing is on trial.
    on_trial: bool,
}

/// The longest spacing.
const LONGEST: Duration = Duration::from_secs(300);
/// Spacings below this are none.
const SHORTEST: Duration = Duration::from_secs(1);
/// Good calls before the first trial of a smaller spacing.
const FIRST_TRIAL: u32 = 4;

/// The right to call now. Others wait for its end where calls go one by one.
pub(crate) struct Turn {
    gate: Arc<Mutex<Gate>>,
    clock: Clock,
    alone: Option<OwnedMutexGuard<Gate>>,
}

impl Pace {
    /// With these limits for each scope and for all calls together, by this clock.
    #[must_use]
    pub fn new(scope: Limit, tenant: Limit, clock: Clock) -> Self {
        Self { scope, tenant, clock, started: Mutex::default(), gate: Arc::default() }
    }

    /// Waits until a call to `scope` may start, and counts it as started.
    pub(crate) async fn turn(&self, scope: &str) -> Turn {
        let start = {
            let mut started = self.started.lock().await;
            let now = self.clock.now();
            let own = started.by_scope.get(scope).and_then(|calls| free_at(calls, self.scope));
            let start = own.into_iter().chain(free_at(&started.all, self.tenant)).fold(now, Instant::max);
            // Turns are given out in advance; the windows stay sorted, since a later turn may start
            // before one that waits for its scope.
            insert(&mut started.all, start, self.tenant);
            insert(started.by_scope.entry(scope.to_owned()).or_default(), start, self.scope);
            start
        };
        self.clock.sleep_until(start).await;
        let gate = Arc::clone(&self.gate).lock_owned().await;
        let closed = gate.next.filter(|next| *next > self.clock.now());
        let alone = (closed.is_some() || !gate.spacing.is_zero()).then_some(gate);
        if let Some(next) = closed {
            self.clock.sleep_until(next).await;
        }
        Turn { gate: Arc::clone(&self.gate), clock: self.clock.clone(), alone }
    }
}

impl Turn {
    /// The call was answered, well or not: only not refused for haste.
    pub(crate) fn answered(&mut self) {
        let now = self.clock.now();
        let Some(mut gate) = self.alone.take() else { return };
        gate.next = Some(now + gate.spacing);
        gate.good += 1;
        if gate.good >= gate.patience.max(FIRST_TRIAL) && !gate.spacing.is_zero() {
            let half = gate.spacing / 2;
            gate.spacing = if half < SHORTEST { Duration::ZERO } else { half };
            gate.next = Some(now + gate.spacing);
            (gate.good, gate.on_trial) = (0, true);
        }
    }

    /// The call was refused for haste. Every call waits for the time the service asked for; where it
    /// asked for none, for a spacing of at least `floor`, stretched by `jitter` (0 to 1).
    pub(crate) async fn refused(&mut self, asked: Option<Duration>, floor: Duration, jitter: f64) {
        let first = self.alone.is_none();
        let mut gate = match self.alone.take() {
            Some(gate) => gate,
            None => Arc::clone(&self.gate).lock_owned().await,
        };
        let wait = match asked {
            Some(asked) => asked,
            // Calls that were under way when the first was refused teach nothing new.
            None if first && !gate.spacing.is_zero() => gate.spacing,
            None => {
                if gate.on_trial {
                    gate.spacing = (gate.spacing * 2).max(floor);
                    gate.patience = gate.patience.max(FIRST_TRIAL).saturating_mul(2);
                } else if gate.spacing < floor {
                    gate.spacing = floor;
                } else {
                    gate.spacing = (gate.spacing * 3 / 2).min(LONGEST);
                }
                (gate.good, gate.on_trial) = (0, false);
                gate.spacing
            }
        };
        let wait = wait.mul_f64(1.0 + 0.05 * jitter);
        let next = (self.clock.now() + wait).max(gate.next.unwrap_or_else(|| self.clock.now()));
        gate.next = Some(next);
        self.clock.sleep_until(next).await;
        self.alone = Some(gate);
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
        pace: Pace,
        scopes: usize,
        calls: usize,
        service: impl Fn(Instant) -> bool + Send + Sync + 'static,
    ) -> Vec<Vec<Instant>> {
        let (pace, service) = (Arc::new(pace), Arc::new(service));
        let mut tasks = Vec::new();
        for scope in 0..scopes {
            let (pace, service) = (Arc::clone(&pace), Arc::clone(&service));
            tasks.push(tokio::spawn(async move {
                let mut starts = Vec::new();
                for _ in 0..calls {
                    let mut turn = pace.turn(&format!("/subscriptions/{scope}")).await;
                    while !service(Instant::now()) {
                        turn.refused(None, Duration::from_secs(45), 0.5).await;
                    }
                    starts.push(Instant::now());
                    turn.answered();
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
        let pace = Pace::new(Limit::a_minute(4), Limit::a_minute(60), clock());
        let by_scope = run(pace, 50, 12, |_| true).await;
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
        let pace = Pace::new(Limit::a_minute(4), Limit::a_minute(60), clock());
        let last = std::sync::Mutex::new(None::<Instant>);
        let bucket = move |now: Instant| {
            let mut last = last.lock().unwrap();
            let free = last.is_none_or(|last| now - last >= Duration::from_secs(45));
            if free {
                *last = Some(now);
            }
            free
        };
        let taken: Vec<Instant> = run(pace, 50, 12, bucket).await.into_iter().flatten().collect();
        let took = *taken.iter().max().unwrap() - begin;
        let least = Duration::from_secs(45 * 599);
        assert_eq!(taken.len(), 600);
        assert!(took <= least.mul_f64(1.2), "{took:?} for at least {least:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_scope_waits_for_its_own_share_only() {
        let pace = Pace::new(Limit::a_minute(1), Limit::a_minute(60), clock());
        let begin = Instant::now();
        pace.turn("a").await;
        pace.turn("b").await;
        assert_eq!(Instant::now(), begin);
        pace.turn("a").await;
        assert_eq!(Instant::now() - begin, Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_spacing_that_is_no_longer_needed_goes_away() {
        let begin = Instant::now();
        let pace = Pace::new(Limit::a_minute(600), Limit::a_minute(600), clock());
        let first = std::sync::atomic::AtomicBool::new(true);
        let once = move |_| !first.swap(false, std::sync::atomic::Ordering::SeqCst);
        run(pace, 1, 100, once).await;
        assert!(Instant::now() - begin < Duration::from_secs(10 * 60), "{:?}", Instant::now() - begin);
    }
}
