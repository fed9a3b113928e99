//! RFC 3339 times to unix seconds and back. The clock itself lives elsewhere.

use jiff::Timestamp;

const DAY: i64 = 86_400;

/// The first second of the year 0 and the last of the year 9999: what four digits can say.
const FORMATTED: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Reads an RFC 3339 time, with or without a fraction, in any offset, as unix seconds rounded down.
pub fn parse_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if let ([.., b'Z'], 20) = (bytes, bytes.len()) {
        return parse_plain(bytes);
    }
    // The parser behind is more liberal than the standard: it takes a date alone, other separators, zone names.
    if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) || text.contains('[') {
        return None;
    }
    let time: Timestamp = text.parse().ok()?;
    Some(time.as_nanosecond().div_euclid(1_000_000_000) as i64)
}

/// Writes unix seconds as `2024-05-01T10:00:00Z`. Beyond the years 0 to 9999 the nearest of these is written.
pub fn format_time(unix: i64) -> String {
    let unix = unix.clamp(*FORMATTED.start(), *FORMATTED.end());
    let (year, month, day) = date_of(unix.div_euclid(DAY));
    let second = unix.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// `YYYY-MM-DDTHH:MM:SSZ`, the form in which an API server writes almost every time.
fn parse_plain(text: &[u8]) -> Option<i64> {
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators
        .iter()
        .any(|&(at, separator)| text.get(at) != Some(&separator))
    {
        return None;
    }
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days_of(year, month, day);
    let valid =
        (1..=12).contains(&month) && date_of(days) == (year, month, day) && hour < 24 && minute < 60 && second < 61;
    // A leap second counts as the last second of its minute.
    valid.then(|| days * DAY + hour * 3600 + minute * 60 + second.min(59))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-05-01T10:00:00Z", Some(1_714_557_600)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199)),
            ("2023-02-29T00:00:00Z", None),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("2024-05-01T10:00:00.123456Z", Some(1_714_557_600)),
            ("2024-05-01T12:00:00+02:00", Some(1_714_557_600)),
            ("2024-05-01T12:00:00.9-05:30", Some(1_714_584_600)),
            ("1969-12-31T23:59:59.5Z", Some(-1)),
            ("2024-05-01t10:00:00z", Some(1_714_557_600)),
            ("2024-05-01", None),
            ("2024-05-01T10:00:00", None),
            ("2024-13-01T10:00:00Z", None),
            ("2024-00-01T10:00:00Z", None),
            ("2024-05-01T24:00:00Z", None),
            ("2024-05-01T1é:00:00Z", None),
            ("", None),
            ("<unknown>", None),
        ];
        for (text, unix) in table {
            assert_eq!(parse_time(text), unix, "{text:?}");
        }
    }

    #[test]
    fn times_are_written() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_714_557_600, "2024-05-01T10:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ];
        for (unix, text) in table {
            assert_eq!(format_time(unix), text, "{unix}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(unix in FORMATTED) {
            prop_assert_eq!(parse_time(&format_time(unix)), Some(unix));
            // The general reader is an independent second opinion on the calendar.
            prop_assert_eq!(format_time(unix).parse::<Timestamp>().unwrap().as_second(), unix);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:]{8}[.0-9]{0,12}[Z+-]?[0-9:]{0,6}") {
            parse_time(&text);
            parse_time(&near);
        }
    }
}
