//! The one clock of the program. Nothing else asks for the date; the model learns the time from `Msg::Tick` alone.

use crate::msg::Msg;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What tells the time.
pub trait Clock {
    /// Time since the start. Never goes back; stands still while the machine sleeps, on systems where it does.
    fn mono(&self) -> Duration;
    /// Unix milliseconds by this machine's clock.
    fn wall(&self) -> i64;

    /// The time as the model is told it.
    fn tick(&self) -> Msg {
        Msg::Tick {
            wall: self.wall(),
            mono: u64::try_from(self.mono().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> SystemClock {
        SystemClock { began: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn mono(&self) -> Duration {
        self.began.elapsed()
    }

    fn wall(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that begins at a given date and runs on tokio's clock: the same pictures whenever they are made.
#[derive(Clone, Copy, Debug)]
pub struct StageClock {
    began: Instant,
    start: i64,
}

impl StageClock {
    /// A clock that shows this date, in unix milliseconds, now.
    pub fn start_at(start: i64) -> StageClock {
        StageClock {
            began: Instant::now(),
            start,
        }
    }
}

impl Clock for StageClock {
    fn mono(&self) -> Duration {
        self.began.elapsed()
    }

    fn wall(&self) -> i64 {
        self.start + i64::try_from(self.mono().as_millis()).unwrap_or(0)
    }
}

/// Tells that the machine has slept, or that somebody has set its date, from the two clocks drifting apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct SleepWatch {
    /// Wall minus monotonic time when last looked, in milliseconds.
    offset: Option<i64>,
}

impl SleepWatch {
    /// How far the date jumped ahead of the time that passed since the last look, when that is more than five seconds.
    pub fn look(&mut self, clock: &impl Clock) -> Option<Duration> {
        let offset = clock.wall() - i64::try_from(clock.mono().as_millis()).unwrap_or(0);
        let before = self.offset.replace(offset)?;
        let jump = u64::try_from(offset - before).ok().filter(|jump| *jump > 5_000)?;
        Some(Duration::from_millis(jump))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[derive(Default)]
    struct Hands {
        mono: Cell<u64>,
        wall: Cell<i64>,
    }

    impl Clock for Hands {
        fn mono(&self) -> Duration {
            Duration::from_millis(self.mono.get())
        }
        fn wall(&self) -> i64 {
            self.wall.get()
        }
    }

    #[test]
    fn sleep_is_a_date_that_ran_ahead() {
        let hands = Hands::default();
        let mut watch = SleepWatch::default();
        for (mono, wall, slept) in [
            (0, 1_000_000, None),
            (60_000, 1_060_000, None),
            (60_010, 4_660_010, Some(3_600)),
            (60_020, 4_660_020, None),
            // A date set back is no sleep, and small corrections are none.
            (60_030, 1_000, None),
            (60_040, 3_000, None),
        ] {
            hands.mono.set(mono);
            hands.wall.set(wall);
            assert_eq!(watch.look(&hands).map(|jump| jump.as_secs()), slept, "at {mono}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_stage_clock_runs_on_the_given_date() {
        let clock = StageClock::start_at(1_800_000_000_000);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        let Msg::Tick { wall, mono } = clock.tick() else {
            panic!()
        };
        assert_eq!((wall, mono), (1_800_000_001_500, 1_500));
    }
}
