//! Ages and spans as kubectl says them, and durations as people type them.
//!
//! The thresholds are those of `HumanDuration` in apimachinery, so a cell here reads as it does in `kubectl get`.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How long a span of `seconds` is, in kubectl's words: `42s`, `2m5s`, `17m`, `3h20m`, `5d3h`, `400d`, `3y12d`.
///
/// More than a second in the future is `<invalid>`, kubectl's word for clocks that disagree.
pub fn human_duration(seconds: i64) -> String {
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => two(seconds, 's', 0, ' '),
        120..600 => two(seconds / MINUTE, 'm', seconds % MINUTE, 's'),
        600..10_800 => two(seconds / MINUTE, 'm', 0, ' '),
        10_800..28_800 => two(seconds / HOUR, 'h', seconds % HOUR / MINUTE, 'm'),
        28_800..172_800 => two(seconds / HOUR, 'h', 0, ' '),
        172_800..691_200 => two(seconds / DAY, 'd', seconds % DAY / HOUR, 'h'),
        691_200..63_072_000 => two(seconds / DAY, 'd', 0, ' '),
        63_072_000..252_288_000 => two(seconds / YEAR, 'y', seconds % YEAR / DAY, 'd'),
        _ => two(seconds / YEAR, 'y', 0, ' '),
    }
}

/// The age at `now` of what happened at `then` (both in unix seconds); `<unknown>` when that is not known.
pub fn age(now: i64, then: Option<i64>) -> String {
    then.map_or_else(
        || "<unknown>".to_owned(),
        |then| human_duration(now.saturating_sub(then)),
    )
}

/// In how many seconds the text of an age of `seconds` changes next; at least 1.
pub fn next_age_change(seconds: i64) -> i64 {
    let step = match seconds {
        ..-1 => return (-1i64).saturating_sub(seconds),
        -1..0 => return 1 - seconds,
        0..600 => 1,
        600..28_800 => MINUTE,
        28_800..691_200 => HOUR,
        691_200..252_288_000 => DAY,
        _ => YEAR,
    };
    step - seconds % step
}

/// Reads a duration as filters take it, in seconds: `90s`, `5m`, `1h30m`, `2d`, `3w`, `1y`.
///
/// Every number has a unit and units go from great to small, each once. A year has 365 days. `None` for anything else.
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0i64;
    let mut smallest = i64::MAX;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = match rest.as_bytes().get(digits)? {
            b's' => 1,
            b'm' => MINUTE,
            b'h' => HOUR,
            b'd' => DAY,
            b'w' => 7 * DAY,
            b'y' => YEAR,
            _ => return None,
        };
        if unit >= smallest {
            return None;
        }
        smallest = unit;
        let number: i64 = rest[..digits].parse().ok()?;
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    Some(total)
}

/// `1h` or `1h5m`: the second part only when it is not zero. Written by hand, as every visible row has such a cell.
fn two(great: i64, unit: char, small: i64, small_unit: char) -> String {
    let mut text = String::with_capacity(8);
    push_number(&mut text, great);
    text.push(unit);
    if small > 0 {
        push_number(&mut text, small);
        text.push(small_unit);
    }
    text
}

fn push_number(text: &mut String, number: i64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_kubectl_says_it() {
        let table = [
            (i64::MIN, "<invalid>"),
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (1, "1s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (599, "9m59s"),
            (600, "10m"),
            (659, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 60, "3h1m"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR, "8h"),
            (48 * HOUR - 1, "47h"),
            (48 * HOUR, "2d"),
            (49 * HOUR, "2d1h"),
            (8 * DAY - 1, "7d23h"),
            (8 * DAY, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR, "2y"),
            (2 * YEAR + DAY, "2y1d"),
            (8 * YEAR - 1, "7y364d"),
            (8 * YEAR, "8y"),
            (100 * YEAR, "100y"),
            (i64::MAX, "292471208677y"),
        ];
        for (seconds, text) in table {
            assert_eq!(human_duration(seconds), text, "{seconds}");
        }
        assert_eq!(age(1000, Some(958)), "42s");
        assert_eq!(age(1000, None), "<unknown>");
        assert_eq!(age(i64::MAX, Some(i64::MIN)), human_duration(i64::MAX));
    }

    #[test]
    fn the_change_comes_when_it_is_announced() {
        let edges = [
            0,
            120,
            600,
            3 * HOUR,
            8 * HOUR,
            48 * HOUR,
            8 * DAY,
            2 * YEAR,
            8 * YEAR,
            20 * YEAR,
        ];
        for seconds in edges.iter().flat_map(|edge| (edge - 130)..(edge + 130)) {
            let wait = next_age_change(seconds);
            assert!(wait >= 1, "{seconds}");
            assert_eq!(human_duration(seconds), human_duration(seconds + wait - 1), "{seconds}");
            assert_ne!(human_duration(seconds), human_duration(seconds + wait), "{seconds}");
        }
        assert!(next_age_change(i64::MIN) > 0 && next_age_change(i64::MAX) > 0);
    }

    #[test]
    fn durations_are_read() {
        let table = [
            ("90s", Some(90)),
            (" 5m ", Some(300)),
            ("1h30m", Some(5400)),
            ("2d", Some(2 * DAY)),
            ("3w", Some(21 * DAY)),
            ("1y2d", Some(YEAR + 2 * DAY)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("m", None),
            ("1m1h", None),
            ("1m1m", None),
            ("-5m", None),
            ("1.5h", None),
            ("5min", None),
            ("5é", None),
            ("999999999999999999y", None),
            ("99999999999999999999s", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse_duration(text), seconds, "{text:?}");
        }
        for seconds in [1, 119, 300, 4 * HOUR, 3 * DAY, 3 * YEAR] {
            assert_eq!(parse_duration(&human_duration(seconds)), Some(seconds));
        }
    }
}
