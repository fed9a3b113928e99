//! Amounts: quantities added up and written as Kubernetes writes them, shares of a whole, and bars for them.
//! It refuses to round in favour of anybody: percentages are cut as kubectl cuts them.

use super::Phrase;
use crate::text::Quantity;
use crate::theme::Role;

/// How many cells a bar has.
const BAR: usize = 20;
/// From this share on a bar is near its limit, in percent.
const NEAR: i64 = 80;

/// A quantity that remembers whether it counts in powers of two, so that sums are written as the server writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    nanos: i128,
    binary: bool,
}

impl Amount {
    /// Reads a quantity; what is none is nothing.
    pub fn parse(text: &str) -> Amount {
        Amount {
            nanos: Quantity::parse(text).map_or(0, Quantity::nanos),
            binary: text.ends_with('i'),
        }
    }

    /// The sum; written as the first that is not zero.
    pub fn plus(self, other: Amount) -> Amount {
        Amount {
            nanos: self.nanos.saturating_add(other.nanos),
            binary: if self.nanos == 0 { other.binary } else { self.binary },
        }
    }

    /// The greater one; the first when they are equal.
    pub fn max(self, other: Amount) -> Amount {
        if other.nanos > self.nanos { other } else { self }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// In billionths of its unit.
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// In whole units, rounded up.
    pub fn value(self) -> i64 {
        Quantity::from_nanos(self.nanos).value()
    }

    /// In thousandths, rounded up.
    pub fn millis(self) -> i64 {
        Quantity::from_nanos(self.nanos).millis()
    }
}

/// As the API server writes it: the greatest suffix that loses nothing.
impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const ONE: i128 = 1_000_000_000;
        if self.binary && self.nanos.abs() >= 1024 * ONE {
            let suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
            let whole = i128::from(self.value());
            return scaled(f, whole, 1024, &suffixes);
        }
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        if self.nanos == 0 {
            return f.write_str("0");
        }
        scaled(f, self.nanos, 1000, &suffixes)
    }
}

fn scaled(f: &mut std::fmt::Formatter<'_>, mut number: i128, step: i128, suffixes: &[&str]) -> std::fmt::Result {
    let mut rest = suffixes.iter();
    let mut suffix = rest.next().copied().unwrap_or_default();
    while number != 0 && number % step == 0 {
        let Some(next) = rest.next() else { break };
        number /= step;
        suffix = next;
    }
    write!(f, "{number}{suffix}")
}

/// How many percent `part` is of `whole`, cut to whole numbers; 0 of nothing.
pub fn percent(part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    // The cast is kubectl's: it computes in floating point and cuts.
    (part as f64 / whole as f64 * 100.0) as i64
}

/// How full something is: `[||||      ]  38%`.
pub fn bar(used: Amount, hard: Amount) -> Phrase {
    let share = match (used.nanos, hard.nanos) {
        (0, _) => 0,
        (_, 0) => 100,
        (used, hard) => i64::try_from(used.saturating_mul(100) / hard).unwrap_or(i64::MAX),
    };
    let role = match share {
        100.. => Role::BarHigh,
        NEAR.. => Role::BarMid,
        _ => Role::BarLow,
    };
    let full = usize::try_from(share.clamp(0, 100)).unwrap_or(0) * BAR / 100;
    Phrase::of("[", Role::Muted)
        .and(&"|".repeat(full), role)
        .and(&" ".repeat(BAR - full), role)
        .and("] ", Role::Muted)
        .and(&format!("{share:>3}%"), role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_server_writes_them() {
        let table = [
            ("0", "0"),
            ("100m", "100m"),
            ("1500m", "1500m"),
            ("2000m", "2"),
            ("1000", "1k"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("24684084Ki", "24684084Ki"),
            ("267847642337", "267847642337"),
            ("0.5Gi", "512Mi"),
            ("1e3", "1k"),
            ("-5", "-5"),
            ("512", "512"),
            ("nonsense", "0"),
        ];
        for (text, written) in table {
            assert_eq!(Amount::parse(text).to_string(), written, "{text}");
        }
        let sum = Amount::default().plus(Amount::parse("64Mi")).plus(Amount::parse("64M"));
        assert_eq!(
            sum.to_string(),
            "128036Ki",
            "the first that counts says how it is written"
        );
        assert_eq!(Amount::parse("100m").plus(Amount::parse("0.9")).to_string(), "1");
    }

    #[test]
    fn shares_are_cut() {
        assert_eq!(percent(999, 1000), 99);
        assert_eq!(percent(1, 0), 0);
        assert_eq!(
            bar(Amount::parse("380m"), Amount::parse("1")).text(),
            "[|||||||             ]  38%"
        );
        assert_eq!(
            bar(Amount::parse("3"), Amount::parse("2")).text(),
            "[||||||||||||||||||||] 150%"
        );
        assert_eq!(
            bar(Amount::parse("1"), Amount::parse("0"))
                .0
                .last()
                .map(|span| span.role),
            Some(Role::BarHigh)
        );
    }
}
