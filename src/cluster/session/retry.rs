//! When a cluster is tried again, and how this machine's sleep is noticed.

use crate::msg::FailureKind;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Both clocks at one moment.
pub(super) struct Clocks {
    wall: SystemTime,
    mono: Instant,
}

impl Clocks {
    pub(super) fn now(clock: fn() -> SystemTime) -> Clocks {
        Clocks {
            wall: clock(),
            mono: Instant::now(),
        }
    }

    /// Whether this machine slept since the last look, which was to be `glance` ago: the wall clock went on without the
    /// other, or the look comes much too late.
    pub(super) fn slept(&mut self, clock: fn() -> SystemTime, glance: Duration) -> bool {
        let now = Clocks::now(clock);
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        let mono = now.mono.duration_since(self.mono);
        let many = Duration::from_secs(10);
        *self = now;
        wall.saturating_sub(mono) > many || mono.saturating_sub(glance) > many
    }
}

/// What is worth another try without the user.
pub(super) fn tries_again(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Unreachable
        | FailureKind::Tls
        | FailureKind::Throttled
        | FailureKind::ServerError
        | FailureKind::Garbled => true,
        FailureKind::Unauthenticated
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Expired
        | FailureKind::TooLarge
        | FailureKind::Configuration
        | FailureKind::Cancelled => false,
    }
}

/// How long to wait before the next try by itself; None when there is none.
pub(super) fn pause(kind: FailureKind, attempt: u32) -> Option<Duration> {
    let patient = matches!(kind, FailureKind::Tls | FailureKind::Garbled);
    let wait = backoff(attempt, jitter());
    // A wrong certificate or a wrong server is seldom put right within seconds.
    tries_again(kind).then(|| if patient { Duration::from_secs(5) } else { wait })
}

/// 0.2 s, doubling to 2 s: so that it is live within 2 s after the server is back. `jitter` is between 0 and 1.
pub(super) fn backoff(attempt: u32, jitter: f64) -> Duration {
    let base = 200_u64.saturating_mul(1 << attempt.min(10)).min(2000);
    Duration::from_millis(base).mul_f64(0.8 + 0.2 * jitter)
}

fn jitter() -> f64 {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .subsec_nanos();
    f64::from(nanos % 1000) / 1000.0
}
