//! Label selectors as kubectl's `-l` takes them, and a check of field selectors.
//!
//! `app=cart,tier!=db,env in (prod, stage),zone notin (a),canary,!legacy`: all must hold. `>` and `<`, which the API
//! knows only inside node affinity, are refused.

use std::fmt;

use super::names::{check_label_value, check_qualified_name};

/// The longest selector that is read, in bytes; it travels in a URL.
const SELECTOR_LIMIT: usize = 8 * 1024;

/// A label selector: requirements that must all hold. The empty one selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Sorted by key, so that equal selectors are written alike.
    requirements: Vec<Requirement>,
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What must hold for it.
    pub operator: Operator,
}

/// What a requirement asks of its label. Values are sorted and each there once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// The label is there and has this value.
    Equal(String),
    /// The label is missing or has another value.
    NotEqual(String),
    /// The label is there and has one of these values.
    In(Vec<String>),
    /// The label is missing or has none of these values.
    NotIn(Vec<String>),
    /// The label is there.
    Exists,
    /// The label is missing.
    NotExists,
}

/// Why a selector could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    /// The character of the input where it went wrong, counted from 0.
    pub position: usize,
    /// What is wrong and what to write.
    pub message: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}", self.position + 1, self.message)
    }
}

impl std::error::Error for SelectorError {}

impl Selector {
    /// Reads a selector; blank text is the empty selector.
    pub fn parse(text: &str) -> Result<Selector, SelectorError> {
        let mut reader = Reader { text, at: 0 };
        if text.len() > SELECTOR_LIMIT {
            return Err(reader.error(format!("the selector is longer than {SELECTOR_LIMIT} bytes")));
        }
        let mut requirements = Vec::new();
        reader.skip_blanks();
        while reader.peek().is_some() {
            requirements.push(reader.requirement()?);
            if reader.peek().is_none() {
                break;
            }
            reader.expect(',', "',' and another condition, or the end")?;
            if reader.peek().is_none() {
                return Err(reader.error("a condition is missing after the last ','".to_owned()));
            }
        }
        requirements.sort();
        Ok(Selector { requirements })
    }

    /// Whether an object with these labels is selected.
    pub fn matches<K: AsRef<str>, V: AsRef<str>>(&self, labels: &[(K, V)]) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels
                .iter()
                .find(|(key, _)| key.as_ref() == requirement.key)
                .map(|(_, value)| value.as_ref());
            match &requirement.operator {
                Operator::Equal(wanted) => value == Some(wanted),
                Operator::NotEqual(unwanted) => value != Some(unwanted),
                Operator::In(wanted) => value.is_some_and(|value| wanted.iter().any(|one| one == value)),
                Operator::NotIn(unwanted) => value.is_none_or(|value| unwanted.iter().all(|one| one != value)),
                Operator::Exists => value.is_some(),
                Operator::NotExists => value.is_none(),
            }
        })
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirements, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

/// The canonical form, which the API server reads: sorted, `=` for `==`, one blank around `in`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            write!(f, "{separator}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.operator {
            Operator::Equal(value) => write!(f, "{key}={value}"),
            Operator::NotEqual(value) => write!(f, "{key}!={value}"),
            Operator::In(values) => write!(f, "{key} in ({})", values.join(",")),
            Operator::NotIn(values) => write!(f, "{key} notin ({})", values.join(",")),
            Operator::Exists => write!(f, "{key}"),
            Operator::NotExists => write!(f, "!{key}"),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    /// In bytes; always at a character that is not blank, or at the end.
    at: usize,
}

impl<'a> Reader<'a> {
    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        if self.take("!") {
            let key = self.key()?;
            return Ok(Requirement {
                key,
                operator: Operator::NotExists,
            });
        }
        let key = self.key()?;
        let operator = match self.peek() {
            None | Some(',') => Operator::Exists,
            Some('!') if self.take("!=") => Operator::NotEqual(self.value()?),
            Some('=') => {
                let _ = self.take("==") || self.take("=");
                Operator::Equal(self.value()?)
            }
            Some('<' | '>') => {
                return Err(self.error("'<' and '>' are not for label selectors; use = != in notin".to_owned()));
            }
            Some(_) => {
                let start = self.at;
                match self.word() {
                    "in" => Operator::In(self.values()?),
                    "notin" => Operator::NotIn(self.values()?),
                    _ => {
                        self.at = start;
                        return Err(self.error("expected one of = == != in notin, or ','".to_owned()));
                    }
                }
            }
        };
        Ok(Requirement { key, operator })
    }

    fn key(&mut self) -> Result<String, SelectorError> {
        let start = self.at;
        let key = self.word();
        if key.is_empty() {
            return Err(self.error("a label key is expected here".to_owned()));
        }
        self.checked(key, start, check_qualified_name)
    }

    fn value(&mut self) -> Result<String, SelectorError> {
        let start = self.at;
        let value = self.word();
        self.checked(value, start, check_label_value)
    }

    fn values(&mut self) -> Result<Vec<String>, SelectorError> {
        self.expect('(', "'(' and values, as in (a, b)")?;
        if self.peek() == Some(')') {
            return Err(self.error("at least one value is needed between the parentheses".to_owned()));
        }
        let mut values = vec![self.value()?];
        while self.take(",") {
            values.push(self.value()?);
        }
        self.expect(')', "',' and another value, or ')'")?;
        values.sort();
        values.dedup();
        Ok(values)
    }

    /// Up to the next blank or special character.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "=!,()<>".contains(c))
            .unwrap_or(rest.len());
        self.at += end;
        self.skip_blanks();
        &rest[..end]
    }

    fn checked(
        &mut self,
        word: &str,
        start: usize,
        check: fn(&str) -> Result<(), String>,
    ) -> Result<String, SelectorError> {
        check(word).map(|()| word.to_owned()).map_err(|message| {
            self.at = start;
            self.error(message)
        })
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
            self.skip_blanks();
        }
        found
    }

    fn expect(&mut self, token: char, expected: &str) -> Result<(), SelectorError> {
        if self.take(token.encode_utf8(&mut [0; 4])) {
            return Ok(());
        }
        let found = self.peek().map_or_else(
            || "the end".to_owned(),
            |c| format!("'{}'", super::clean(&c.to_string())),
        );
        Err(self.error(format!("expected {expected}, found {found}")))
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, message: String) -> SelectorError {
        SelectorError {
            position: self.text[..self.at].chars().count(),
            message,
        }
    }
}

/// Checks a field selector (`status.phase=Running,spec.nodeName!=node-a`): `=`, `==` or `!=`, joined by commas; `\`
/// escapes `\`, `,` and `=` in values. Which fields there are is for the server to say.
pub fn field_selector_check(text: &str) -> Result<(), String> {
    if text.len() > SELECTOR_LIMIT {
        return Err(format!("The field selector is longer than {SELECTOR_LIMIT} bytes."));
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    split_unescaped(text).into_iter().try_for_each(check_term)
}

fn check_term(term: &str) -> Result<(), String> {
    let shown = super::cut(&super::clean(term), 40).into_owned();
    let (key, value) = ["!=", "==", "="]
        .iter()
        .filter_map(|operator| term.find(operator).map(|at| (at, *operator)))
        .min_by_key(|(at, _)| *at)
        .map(|(at, operator)| (&term[..at], &term[at + operator.len()..]))
        .ok_or_else(|| format!("\"{shown}\" has no operator: write field=value or field!=value."))?;
    let key_character = |c: char| c.is_ascii_alphanumeric() || "._-/[]'\"@()".contains(c);
    if key.trim().is_empty() || !key.trim().chars().all(key_character) {
        return Err(format!("\"{shown}\" does not begin with a field such as status.phase."));
    }
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if !matches!(characters.next(), Some('\\' | ',' | '=')) => {
                return Err(format!(
                    "In \"{shown}\" a '\\' stands alone: write \\\\, \\, or \\= instead."
                ));
            }
            '=' => return Err(format!("In \"{shown}\" the value holds '=': write \\= instead.")),
            _ => {}
        }
    }
    Ok(())
}

/// Splits at commas that no backslash stands before.
fn split_unescaped(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_read() {
        let table = [
            ("", ""),
            ("  ", ""),
            ("app=cart", "app=cart"),
            ("app == cart", "app=cart"),
            ("app!=cart", "app!=cart"),
            ("app=", "app="),
            ("tier , app", "app,tier"),
            ("! legacy", "!legacy"),
            ("env in ( b,a , b )", "env in (a,b)"),
            ("env notin(a)", "env notin (a)"),
            ("env in (,a)", "env in (,a)"),
            ("in in (in)", "in in (in)"),
            ("notin", "notin"),
            ("b=2,a=1", "a=1,b=2"),
            ("app.kubernetes.io/name=cart", "app.kubernetes.io/name=cart"),
        ];
        for (text, canonical) in table {
            let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(selector.to_string(), canonical, "{text:?}");
            assert_eq!(Selector::parse(canonical), Ok(selector), "{text:?}");
        }
        assert!(Selector::parse(" ").is_ok_and(|selector| selector.is_empty()));
    }

    #[test]
    fn what_is_refused_and_where() {
        let table = [
            ("=a", 0),
            (",", 0),
            ("a,", 2),
            ("a,,b", 2),
            ("a b", 2),
            ("a>3", 1),
            ("a in b", 5),
            ("a in ()", 6),
            ("a in (b", 7),
            ("a in (b c)", 8),
            ("a=b=c", 3),
            ("a=-x", 2),
            ("!a=b", 2),
            ("!", 1),
            ("é=1", 0),
            ("ok,Bad.com/x=1", 3),
            ("(a)", 0),
        ];
        for (text, position) in table {
            match Selector::parse(text) {
                Ok(selector) => panic!("{text:?} was read as {selector}"),
                Err(error) => assert_eq!(error.position, position, "{text:?}: {error}"),
            }
        }
        let error = Selector::parse("a>3").unwrap_err();
        assert_eq!(
            error.to_string(),
            "character 2: '<' and '>' are not for label selectors; use = != in notin"
        );
        assert!(Selector::parse(&"a,".repeat(SELECTOR_LIMIT)).is_err());
    }

    #[test]
    fn what_matches() {
        let labels = [("app", "cart"), ("tier", "web"), ("empty", "")];
        let table = [
            ("", true),
            ("app=cart", true),
            ("app=shop", false),
            ("missing=x", false),
            ("app!=shop", true),
            ("app!=cart", false),
            ("missing!=x", true),
            ("app in (shop,cart)", true),
            ("app in (shop)", false),
            ("missing in (x)", false),
            ("app notin (shop)", true),
            ("app notin (cart)", false),
            ("missing notin (x)", true),
            ("app", true),
            ("missing", false),
            ("!missing", true),
            ("!app", false),
            ("empty=", true),
            ("missing=", false),
            ("app=cart,tier=db", false),
            ("app=cart,tier=web", true),
        ];
        for (text, selected) in table {
            assert_eq!(Selector::parse(text).unwrap().matches(&labels), selected, "{text}");
        }
    }

    #[test]
    fn field_selectors() {
        let table = [
            ("", true),
            ("status.phase=Running", true),
            ("status.phase==Running,spec.nodeName!=node-a", true),
            ("metadata.name=a\\,b\\=c\\\\", true),
            ("spec.x=", true),
            ("status.phase", false),
            ("=x", false),
            ("a=b=c", false),
            ("a=b\\x", false),
            ("a=b,,c=d", false),
            ("a in (b)", false),
            ("a b=c", false),
        ];
        for (text, good) in table {
            let answer = field_selector_check(text);
            assert_eq!(answer.is_ok(), good, "{text:?}: {answer:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_canonical_form_is_stable(
            text in "\\PC{0,30}",
            near in "(!?[a-c/.]{1,4}( ?(=|==|!=|in|notin|>|) ?)[(]?[a-c, ]{0,5}[)]?,?){0,4}",
        ) {
            for text in [&text, &near] {
                let _ = field_selector_check(text);
                if let Ok(selector) = Selector::parse(text) {
                    let canonical = selector.to_string();
                    prop_assert_eq!(Selector::parse(&canonical), Ok(selector));
                }
            }
        }
    }
}
