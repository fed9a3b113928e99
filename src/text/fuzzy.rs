//! Fuzzy matching: the letters of the pattern in order, with preference for word beginnings and runs.

use std::sync::LazyLock;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

/// Above this product of lengths the matcher takes its linear path: a keystroke must not wait for one long cell.
const ELEMENT_LIMIT: usize = 16 * 1024;

/// The longest pattern, in bytes, that is looked at; nobody types more, and a paste must not cost time.
const PATTERN_LIMIT: usize = 256;

/// A match: how good it is and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fuzzy {
    /// Greater is better; comparable between texts for the same pattern.
    pub score: i64,
    /// Which characters (not bytes) of the text matched, ascending.
    pub indices: Vec<usize>,
}

static MATCHER: LazyLock<SkimMatcherV2> = LazyLock::new(|| {
    SkimMatcherV2::default()
        .smart_case()
        .element_limit(ELEMENT_LIMIT)
        .use_cache(true)
});

/// Matches `pattern` in `text`. Lower case matches either case; one upper-case letter makes case count. The empty
/// pattern matches everything with score 0.
pub fn fuzzy(pattern: &str, text: &str) -> Option<Fuzzy> {
    if pattern.is_empty() {
        return Some(Fuzzy {
            score: 0,
            indices: Vec::new(),
        });
    }
    if pattern.len() > PATTERN_LIMIT {
        return None;
    }
    MATCHER
        .fuzzy_indices(text, pattern)
        .map(|(score, indices)| Fuzzy { score, indices })
}

/// As [`fuzzy`], for filtering and sorting, where the places are not needed.
pub fn fuzzy_score(pattern: &str, text: &str) -> Option<i64> {
    match pattern.len() {
        0 => Some(0),
        1..=PATTERN_LIMIT => MATCHER.fuzzy_match(text, pattern),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_matches() {
        let table = [
            ("", "anything", true),
            ("pymt", "payment-api", true),
            ("PAY", "payment", false),
            ("Pay", "Payment", true),
            ("pay", "PAYMENT", true),
            ("tnemyap", "payment", false),
            ("größe", "die größe", true),
            ("x", "", false),
        ];
        for (pattern, text, matches) in table {
            assert_eq!(fuzzy(pattern, text).is_some(), matches, "{pattern} in {text}");
            assert_eq!(fuzzy_score(pattern, text).is_some(), matches, "{pattern} in {text}");
        }
        assert_eq!(fuzzy("ß", "größe").map(|found| found.indices), Some(vec![3]));
        assert_eq!(fuzzy(&"a".repeat(PATTERN_LIMIT + 1), &"a".repeat(1000)), None);
    }

    #[test]
    fn the_better_place_wins() {
        assert!(fuzzy_score("api", "payment-api") > fuzzy_score("api", "snappier pins"));
        assert!(fuzzy_score("dep", "deployments") > fuzzy_score("dep", "indexpaper"));
    }

    proptest! {
        #[test]
        fn indices_lie_in_the_text(pattern in "\\PC{0,6}", text in "\\PC{0,60}") {
            if let Some(found) = fuzzy(&pattern, &text) {
                prop_assert!(found.indices.iter().all(|index| *index < text.chars().count()));
                prop_assert!(found.indices.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }

        #[test]
        fn long_texts_too(pattern in "[ab]{1,40}", text in "[abc]{1000,4096}") {
            prop_assert_eq!(fuzzy(&pattern, &text).is_some(), fuzzy_score(&pattern, &text).is_some());
        }
    }
}
