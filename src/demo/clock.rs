//! Times as Kubernetes writes them, and the world's clock.
//!
//! The clock is the start the world was given plus what has passed on tokio's clock; it never asks the system for the date.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

/// The world's clock, in unix seconds.
#[derive(Debug)]
pub(super) struct Clock {
    start: i64,
    began: OnceLock<tokio::time::Instant>,
    /// Milliseconds by which the world was stepped by hand.
    stepped: AtomicI64,
}

impl Clock {
    /// A clock that shows `start` until it is first read inside a runtime.
    pub(super) fn new(start: i64) -> Clock {
        Clock {
            start,
            began: OnceLock::new(),
            stepped: AtomicI64::new(0),
        }
    }

    /// Starts counting, if it does not already.
    pub(super) fn run(&self) {
        self.began.get_or_init(tokio::time::Instant::now);
    }

    /// Moves the clock on by hand.
    pub(super) fn step(&self, milliseconds: i64) {
        self.stepped.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Unix seconds in the world.
    pub(super) fn now(&self) -> i64 {
        let elapsed = self.began.get().map_or(0, |began| began.elapsed().as_millis() as i64);
        self.start + (elapsed + self.stepped.load(Ordering::Relaxed)) / 1000
    }
}

/// Year, month, day, hour, minute, second, weekday (0 = Thursday) of unix seconds.
fn civil(seconds: i64) -> (i64, i64, i64, i64, i64, i64, i64) {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 0000-03-01, in eras of 400 years.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (
        year,
        month,
        doy - (153 * mp + 2) / 5 + 1,
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
        days.rem_euclid(7),
    )
}

/// `2026-11-20T21:03:57Z`.
pub(super) fn rfc3339(seconds: i64) -> String {
    let (y, mo, d, h, mi, s, _) = civil(seconds);
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
}

/// `2026-11-20T21:03:57.000000Z`.
pub(super) fn rfc3339_micro(seconds: i64) -> String {
    rfc3339(seconds).replace('Z', ".000000Z")
}

/// `Fri, 20 Nov 2026 21:03:57 GMT`.
pub(super) fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (y, mo, d, h, mi, s, weekday) = civil(seconds);
    format!(
        "{}, {d:02} {} {y} {h:02}:{mi:02}:{s:02} GMT",
        DAYS[weekday as usize],
        MONTHS[(mo - 1) as usize]
    )
}

/// Unix seconds of an RFC 3339 time in UTC (fractions ignored).
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (y, mo, d) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (h, mi, s) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let (y, m) = if mo <= 2 { (y - 1, mo + 9) } else { (y, mo - 3) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + d - 1 - 719_468;
    Some(days * 86_400 + h * 3600 + mi * 60 + s)
}

/// A span as kubectl prints ages (HumanDuration).
pub(super) fn human_duration(seconds: i64) -> String {
    let s = seconds;
    let two = |a: i64, unit: &str, b: i64, small: &str| {
        if b == 0 {
            format!("{a}{unit}")
        } else {
            format!("{a}{unit}{b}{small}")
        }
    };
    match s {
        i64::MIN..=-2 => "<invalid>".into(),
        -1..0 => "0s".into(),
        0..120 => format!("{s}s"),
        120..600 => two(s / 60, "m", s % 60, "s"),
        600..10_800 => format!("{}m", s / 60),
        10_800..28_800 => two(s / 3600, "h", s / 60 % 60, "m"),
        28_800..172_800 => format!("{}h", s / 3600),
        172_800..691_200 => two(s / 86_400, "d", s / 3600 % 24, "h"),
        691_200..63_072_000 => format!("{}d", s / 86_400),
        63_072_000..252_288_000 => two(s / 31_536_000, "y", s / 86_400 % 365, "d"),
        _ => format!("{}y", s / 31_536_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip() {
        for seconds in [0, 951_782_400, 1_763_672_637, 1_795_208_637, 4_102_444_799] {
            assert_eq!(parse_time(&rfc3339(seconds)), Some(seconds));
        }
        assert_eq!(rfc3339(1_795_208_637), "2026-11-20T21:03:57Z");
        assert_eq!(http_date(1_795_208_637), "Fri, 20 Nov 2026 21:03:57 GMT");
        assert_eq!(parse_time("nonsense"), None);
    }

    #[test]
    fn ages_follow_kubectl() {
        for (seconds, wanted) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (599, "9m59s"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (47 * 3600, "47h"),
            (48 * 3600, "2d"),
            (50 * 3600, "2d2h"),
            (9 * 86_400, "9d"),
            (800 * 86_400, "2y70d"),
            (9 * 31_536_000, "9y"),
        ] {
            assert_eq!(human_duration(seconds), wanted);
        }
    }
}
