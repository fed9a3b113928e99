//! Schedules of cron jobs: five fields with names, ranges, lists and steps, `@hourly` and its like, `@every`. Times are
//! counted in UTC. It refuses what the cron controller refuses.

use crate::text::format_time;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A schedule that has no time within so many days has none at all: February 29 comes within eight years.
const HORIZON: i64 = 8 * 366 + 1;

/// When something is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// At these minutes of these hours of these days.
    Calendar(Calendar),
    /// Each so many seconds.
    Every(i64),
}

/// Which minutes, hours, days of the month, months and days of the week: a bit for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether days of the month were left open; then only the days of the week count, and the other way round.
    any_day: bool,
    any_weekday: bool,
}

impl Schedule {
    /// Reads a schedule and the time zone in front of it, if there is one.
    pub(super) fn parse(text: &str) -> Option<(Schedule, Option<String>)> {
        let text = text.trim();
        let zoned = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ="));
        let (zone, text) = match zoned {
            Some(rest) => {
                let (zone, rest) = rest.split_once(' ')?;
                (Some(zone.to_owned()), rest.trim())
            }
            None => (None, text),
        };
        if let Some(span) = text.strip_prefix("@every ") {
            return Some((Schedule::Every(span_of(span.trim())?), zone));
        }
        let fields = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        let calendar = Calendar {
            minutes: field(minutes, 0, 59, &[])?.0,
            hours: field(hours, 0, 23, &[])?.0,
            days: field(days, 1, 31, &[])?.0,
            months: field(months, 1, 12, &MONTHS)?.0,
            weekdays: field(weekdays, 0, 6, &WEEKDAYS)?.0,
            any_day: field(days, 1, 31, &[])?.1,
            any_weekday: field(weekdays, 0, 6, &WEEKDAYS)?.1,
        };
        Some((Schedule::Calendar(calendar), zone))
    }

    /// The first time after this one, in unix seconds; None when there is none.
    pub(super) fn after(&self, unix: i64) -> Option<i64> {
        match self {
            Schedule::Every(seconds) => unix.checked_add(*seconds),
            Schedule::Calendar(calendar) => calendar.after(unix),
        }
    }

    /// How many times lie between two, the later one included, up to `most`; and the last of those counted.
    pub(super) fn between(&self, from: i64, to: i64, most: usize) -> (usize, Option<i64>) {
        let (mut count, mut last, mut at) = (0, None, from);
        while count < most {
            match self.after(at) {
                Some(next) if next <= to => {
                    count += 1;
                    last = Some(next);
                    at = next;
                }
                _ => break,
            }
        }
        (count, last)
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The bits of a field, and whether it was left open.
fn field(text: &str, least: u64, most: u64, names: &[&str]) -> Option<(u64, bool)> {
    let mut bits = 0u64;
    let mut open = false;
    let number = |text: &str| -> Option<u64> {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            // Months count from 1, days of the week from 0: from the field's least number.
            Some(place) => Some(place as u64 + least),
            None => text.parse().ok(),
        }
    };
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u64>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = if matches!(range, "*" | "?") {
            open |= step.is_none_or(|step| step == 1);
            (least, most)
        } else if let Some((from, to)) = range.split_once('-') {
            (number(from)?, number(to)?)
        } else {
            let from = number(range)?;
            // A step without an end goes on to the field's end.
            (from, if step.is_some() { most } else { from })
        };
        if from < least || to > most || from > to {
            return None;
        }
        let mut value = from;
        while value <= to {
            bits |= 1 << value;
            value += step.unwrap_or(1);
        }
    }
    Some((bits, open))
}

/// `1h30m`, `90s`, as Go writes durations; whole seconds, at least one.
fn span_of(text: &str) -> Option<i64> {
    crate::text::parse_duration(text).filter(|seconds| *seconds >= 1)
}

impl Calendar {
    fn after(&self, unix: i64) -> Option<i64> {
        let from = unix.checked_add(MINUTE)?.div_euclid(MINUTE).checked_mul(MINUTE)?;
        let first = from.div_euclid(DAY);
        for day in first..first.checked_add(HORIZON)? {
            if !self.takes_day(day) {
                continue;
            }
            let begin = day.checked_mul(DAY)?;
            for hour in (0..24).filter(|hour| self.hours >> hour & 1 == 1) {
                for minute in (0..60).filter(|minute| self.minutes >> minute & 1 == 1) {
                    let at = begin + hour * HOUR + minute * MINUTE;
                    if at >= from {
                        return Some(at);
                    }
                }
            }
        }
        None
    }

    fn takes_day(&self, day: i64) -> bool {
        let text = format_time(day.saturating_mul(DAY));
        let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u64>().ok());
        let (Some(month), Some(date)) = (number(5, 7), number(8, 10)) else {
            return false;
        };
        // The first day of 1970 was a Thursday.
        let weekday = (day + 4).rem_euclid(7) as u64;
        let (by_date, by_weekday) = (self.days >> date & 1 == 1, self.weekdays >> weekday & 1 == 1);
        let takes = if self.any_day || self.any_weekday {
            by_date && by_weekday
        } else {
            by_date || by_weekday
        };
        self.months >> month & 1 == 1 && takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse_time;

    #[test]
    fn next_times() {
        let table = [
            ("*/5 * * * *", "2024-05-01T10:00:00Z", Some("2024-05-01T10:05:00Z")),
            ("*/5 * * * *", "2024-05-01T10:04:59Z", Some("2024-05-01T10:05:00Z")),
            (
                "0 9-17/4 * * MON-FRI",
                "2024-05-03T17:30:00Z",
                Some("2024-05-06T09:00:00Z"),
            ),
            ("30 4 1,15 * 5", "2024-05-01T10:00:00Z", Some("2024-05-03T04:30:00Z")),
            ("0 0 29 2 *", "2024-03-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
            ("0 0 30 2 *", "2024-03-01T00:00:00Z", None),
            ("@hourly", "2024-05-01T10:00:00Z", Some("2024-05-01T11:00:00Z")),
            ("@weekly", "2024-05-01T10:00:00Z", Some("2024-05-05T00:00:00Z")),
            ("@yearly", "2024-05-01T10:00:00Z", Some("2025-01-01T00:00:00Z")),
            ("@every 1h30m", "2024-05-01T10:00:00Z", Some("2024-05-01T11:30:00Z")),
            ("5/20 * ? jan *", "2024-05-01T10:00:00Z", Some("2025-01-01T00:05:00Z")),
            ("0 0 * * 1-5/2", "2024-05-01T10:00:00Z", Some("2024-05-03T00:00:00Z")),
        ];
        for (text, from, expected) in table {
            let (schedule, _) = Schedule::parse(text).unwrap();
            let next = schedule.after(parse_time(from).unwrap());
            assert_eq!(next.map(format_time).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_the_controller_refuses_is_refused() {
        let wrong = [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "@reboot",
            "@every 0s",
            "@every x",
            "* * * * * *",
            "-1 * * * *",
            "99999999999999999999 * * * *",
        ];
        for text in wrong {
            assert_eq!(Schedule::parse(text), None, "{text:?}");
        }
        assert_eq!(
            Schedule::parse("TZ=Asia/Tokyo 0 0 * * *").unwrap().1.as_deref(),
            Some("Asia/Tokyo")
        );
    }

    #[test]
    fn missed_times_are_counted_up_to_a_limit() {
        let (schedule, _) = Schedule::parse("*/5 * * * *").unwrap();
        let from = parse_time("2024-05-01T10:00:00Z").unwrap();
        assert_eq!(schedule.between(from, from + 900, 100), (3, Some(from + 900)));
        assert_eq!(schedule.between(from, from + 10, 100), (0, None));
        assert_eq!(schedule.between(from, from + DAY, 100).0, 100);
    }
}
