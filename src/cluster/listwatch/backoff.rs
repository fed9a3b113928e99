//! How long to wait after a failure: doubling, scattered, never longer than a few seconds unless the server asks for more,
//! and small again after two minutes without a failure.

use crate::msg::FailureKind;
use std::time::Duration;

/// The first wait after a failure.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
/// The longest wait after a failure that the server answered.
const BACKOFF_LONGEST: Duration = Duration::from_secs(5);
/// The longest wait while nobody answers: asking costs the server nothing, and it should be live 2 s after it is back.
const BACKOFF_UNREACHABLE: Duration = Duration::from_millis(1800);
/// The longest `Retry-After` that is honoured.
const RETRY_AFTER_LONGEST: Duration = Duration::from_secs(30);
/// After so long without a failure the waits start small again.
const HEALTHY_AFTER: Duration = Duration::from_secs(120);

/// Counts failures in a row and says how long to wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    attempt: u32,
    failed_at: Option<Duration>,
    jitter: u64,
}

impl Backoff {
    /// Without a failure so far. `seed` scatters the waits: those of many lists must not fall together.
    pub fn new(seed: u64) -> Backoff {
        Backoff {
            attempt: 0,
            failed_at: None,
            jitter: seed | 1,
        }
    }

    /// Failures in a row.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Starts small again.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    /// One more failure; how long to wait. `retry_after` is what the server asks for.
    pub fn fail(&mut self, kind: FailureKind, retry_after: Option<Duration>, now: Duration) -> Duration {
        if self
            .failed_at
            .is_none_or(|then| now.saturating_sub(then) >= HEALTHY_AFTER)
        {
            self.attempt = 0;
        }
        self.failed_at = Some(now);
        self.attempt = self.attempt.saturating_add(1);
        let longest = match kind {
            FailureKind::Unreachable => BACKOFF_UNREACHABLE,
            _ => BACKOFF_LONGEST,
        };
        let doubled = BACKOFF_FIRST
            .saturating_mul(1u32 << (self.attempt - 1).min(10))
            .min(longest);
        // xorshift
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let scattered = doubled.mul_f64(0.75 + (self.jitter % 1000) as f64 / 4000.0);
        retry_after.map_or(scattered, |asked| asked.min(RETRY_AFTER_LONGEST).max(scattered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_limit_and_start_small_again() {
        let mut backoff = Backoff::new(3);
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = backoff.fail(FailureKind::ServerError, None, now);
            now += wait;
            waits.push(wait.as_millis());
        }
        for (wait, full) in waits.iter().zip([200, 400, 800, 1600, 3200, 5000, 5000, 5000]) {
            assert!((full * 3 / 4..=full).contains(wait), "{waits:?}");
        }
        assert_eq!(backoff.attempt(), 8);
        assert!(backoff.fail(FailureKind::Unreachable, None, now).as_millis() <= 1800);
        now += HEALTHY_AFTER;
        assert!(backoff.fail(FailureKind::ServerError, None, now).as_millis() <= 200);
        assert_eq!(backoff.attempt(), 1);
    }

    #[test]
    fn what_the_server_asks_for_is_honoured_within_reason() {
        for (asked, waited) in [(0, 150..=200), (2, 2000..=2000), (3600, 30_000..=30_000)] {
            let mut backoff = Backoff::new(3);
            let wait = backoff.fail(FailureKind::Throttled, Some(Duration::from_secs(asked)), Duration::ZERO);
            assert!(waited.contains(&wait.as_millis()), "{asked}: {wait:?}");
        }
    }
}
