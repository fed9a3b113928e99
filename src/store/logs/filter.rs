//! The filter of a log: words AND-ed.
//!
//! What stands together is judged together: a line and the lines that continue it are shown or hidden as one. A word or
//! an expression may be in any of them; everything else (`!word`, fields, level, source) is asked of the first.

use super::level::by_name;
use super::needle::{Needle, expression};
use super::structure::{Structured, structure};
use super::{Level, LogLineRef, SourceId, SourceInfo};
use crate::store::FilterError;
use crate::text::nearest;
use regex::bytes::Regex;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

/// The most words of one filter.
const TERMS: usize = 32;

/// The most lines of context around a find.
const CONTEXT: usize = 100;

/// A filter: `word`, `"two words"`, `!word`, `/regex/`, `!/regex/`, `field=value`, `field!=value`, `field>number`,
/// `level>=warn`, `level:error`, `source:word`, `!source:word`, `-C n`.
///
/// Words are substrings in upper or lower case; a regular expression is strict about case when it holds upper case.
/// Fields are those of structured lines, nested ones by their path (`http.status>=500`); a line without the field passes
/// `!=` and fails everything else.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    text: String,
    terms: Vec<Term>,
    context: usize,
    /// Sources whose lines are left out, whatever they say.
    hidden: BTreeSet<SourceId>,
}

#[derive(Clone, Debug)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Word(Needle),
    Regex(Regex),
    Field {
        path: String,
        /// What a line that has the field holds in any case; None when it may be without.
        name: Option<Needle>,
        operator: Operator,
        value: String,
        number: Option<f64>,
    },
    Level(Operator, Level),
    /// In small letters.
    Source(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    GreaterEqual,
    Greater,
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Operator::Less => order.is_lt(),
            Operator::LessEqual => order.is_le(),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::Greater => order.is_gt(),
        }
    }
}

impl LogFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Says which word is wrong, where it is, and what to write instead.
    pub fn parse(text: &str) -> Result<LogFilter, FilterError> {
        let mut filter = LogFilter {
            text: text.trim().to_owned(),
            ..LogFilter::default()
        };
        let mut words = split(text)?.into_iter();
        while let Some(word) = words.next() {
            if let Some(count) = word.text.strip_prefix("-C").filter(|_| !word.quoted) {
                let count = if count.is_empty() {
                    words.next().map(|word| word.text).unwrap_or_default()
                } else {
                    count.to_owned()
                };
                filter.context = count
                    .parse()
                    .ok()
                    .filter(|count| *count <= CONTEXT)
                    .ok_or(FilterError {
                        at: word.at,
                        message: format!("-C needs a number of lines up to {CONTEXT} after it, such as -C 3"),
                    })?;
                continue;
            }
            filter.terms.push(word.term()?);
            if filter.terms.len() > TERMS {
                return Err(FilterError {
                    at: word.at,
                    message: format!("a filter has {TERMS} words at most; a regular expression may hold many: /a|b|c/"),
                });
            }
        }
        Ok(filter)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same filter that also leaves out all lines of these sources.
    pub fn hiding(mut self, sources: BTreeSet<SourceId>) -> LogFilter {
        self.hidden = sources;
        self
    }

    /// The sources whose lines are left out.
    pub fn hidden(&self) -> &BTreeSet<SourceId> {
        &self.hidden
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.hidden.is_empty()
    }

    /// How many lines around each find it keeps.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Where its words and expressions are found in a line, in order, not overlapping, to be lit up.
    pub fn finds(&self, line: &[u8]) -> Vec<Range<usize>> {
        let mut finds = Vec::new();
        for term in self.terms.iter().filter(|term| !term.not) {
            match &term.test {
                Test::Word(needle) => {
                    let mut at = 0;
                    while let Some((start, end)) = needle.find(line, at) {
                        finds.push(start..end);
                        at = end.max(start + 1);
                    }
                }
                Test::Regex(regex) => finds.extend(regex.find_iter(line).map(|found| found.range())),
                _ => {}
            }
        }
        tidy(finds)
    }

    /// The bits of all terms that may be met by any line of what stands together.
    pub(super) fn wanted(&self) -> u64 {
        self.bits(|term| !term.not && matches!(term.test, Test::Word(_) | Test::Regex(_)))
    }

    fn bits(&self, which: impl Fn(&Term) -> bool) -> u64 {
        let bits = self.terms.iter().enumerate();
        bits.fold(0, |bits, (at, term)| bits | u64::from(which(term)) << at)
    }

    /// The needles with their bits.
    pub(super) fn needles(&self) -> impl Iterator<Item = (u64, &Needle)> {
        self.terms.iter().enumerate().filter_map(|(at, term)| match &term.test {
            Test::Word(needle) => Some((1 << at, needle)),
            _ => None,
        })
    }

    /// The bits of the wanted expressions that this line meets.
    pub(super) fn expressions(&self, line: &[u8]) -> u64 {
        self.bits(|term| !term.not && matches!(&term.test, Test::Regex(regex) if regex.is_match(line)))
    }

    pub(super) fn has_expressions(&self) -> bool {
        self.terms
            .iter()
            .any(|term| !term.not && matches!(term.test, Test::Regex(_)))
    }

    /// What is asked of the first line: everything but wanted words and expressions. `words` are the bits of the words
    /// that the line holds.
    pub(super) fn admits(&self, line: &LogLineRef<'_>, words: u64, source: Option<&SourceInfo>) -> bool {
        if self.hidden.contains(&line.source) {
            return false;
        }
        let mut structured: Option<Option<Structured>> = None;
        self.terms.iter().enumerate().all(|(at, term)| {
            let holds = match &term.test {
                // Marks are ours: only the source decides about them.
                test if line.kind.is_mark() && !matches!(test, Test::Source(_)) => return true,
                Test::Word(_) | Test::Regex(_) if !term.not => return true,
                Test::Word(_) => words & (1 << at) != 0,
                Test::Regex(regex) => regex.is_match(line.bytes),
                Test::Level(operator, level) => operator.holds(line.level.cmp(level)),
                Test::Source(word) => source.is_some_and(|source| {
                    format!("{}/{}/{}", source.namespace, source.pod, source.container)
                        .to_lowercase()
                        .contains(word)
                }),
                Test::Field {
                    path,
                    name,
                    operator,
                    value,
                    number,
                } => {
                    let found = name.as_ref().is_none_or(|name| name.is_in(line.bytes)).then(|| {
                        let structured = structured.get_or_insert_with(|| structure(line.bytes));
                        structured.as_ref().and_then(|structured| structured.field(path))
                    });
                    match found.flatten() {
                        None => *operator == Operator::NotEqual,
                        Some(text) => compare(&text, *operator, value, *number),
                    }
                }
            };
            holds != term.not
        })
    }
}

fn compare(text: &str, operator: Operator, value: &str, number: Option<f64>) -> bool {
    match (number, measure(text)) {
        (Some(wanted), Some(found)) => found.partial_cmp(&wanted).is_some_and(|order| operator.holds(order)),
        _ => match operator {
            Operator::Equal => text.eq_ignore_ascii_case(value),
            Operator::NotEqual => !text.eq_ignore_ascii_case(value),
            _ => number.is_none() && operator.holds(text.cmp(value)),
        },
    }
}

/// A number, or a duration in seconds: `12.5`, `1e3`, `250ms`, `2m`.
fn measure(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text
        .rfind(|c: char| c.is_ascii_digit() || c == '.')
        .map_or(0, |last| last + 1);
    let (number, unit) = text.split_at_checked(end)?;
    let factor = match unit {
        "" | "s" => 1.0,
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    // The parser would also take "inf" and "nan"; those have no digit at their end.
    number.parse::<f64>().ok().map(|number| number * factor)
}

/// In order and without overlaps.
pub(super) fn tidy(mut finds: Vec<Range<usize>>) -> Vec<Range<usize>> {
    finds.retain(|find| !find.is_empty());
    finds.sort_unstable_by_key(|find| (find.start, find.end));
    let mut tidy: Vec<Range<usize>> = Vec::with_capacity(finds.len());
    for find in finds {
        match tidy.last_mut() {
            Some(last) if find.start < last.end => last.end = last.end.max(find.end),
            _ => tidy.push(find),
        }
    }
    tidy
}

/// A word of the filter as it was typed.
struct Word {
    at: usize,
    not: bool,
    quoted: bool,
    expression: bool,
    text: String,
}

fn split(text: &str) -> Result<Vec<Word>, FilterError> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let trimmed = rest.trim_start();
        let start = at + (rest.len() - trimmed.len());
        if trimmed.is_empty() {
            break;
        }
        let (not, body) = match trimmed.strip_prefix('!') {
            Some(body) => (true, body),
            None => (false, trimmed),
        };
        let begins = start + usize::from(not);
        let mut word = Word {
            at: start,
            not,
            quoted: false,
            expression: false,
            text: String::new(),
        };
        if let Some(pattern) = body.strip_prefix('/') {
            // It ends at a slash before a space or the end; while that is not typed yet, what is there counts.
            let closing = pattern.match_indices('/').map(|(at, _)| at).find(|at| {
                let escaped = pattern.get(..*at).unwrap_or_default().ends_with('\\');
                let after = pattern.get(at + 1..).unwrap_or_default();
                !escaped && after.chars().next().is_none_or(char::is_whitespace)
            });
            let length = closing.unwrap_or(pattern.len());
            word.expression = true;
            word.text = pattern.get(..length).unwrap_or_default().to_owned();
            at = begins + 1 + length + usize::from(closing.is_some());
        } else {
            word.quoted = body.starts_with(['"', '\'']);
            let mut quote = None;
            let mut length = body.len();
            for (offset, c) in body.char_indices() {
                match quote {
                    Some(open) if c == open => quote = None,
                    Some(_) => word.text.push(c),
                    None if c == '"' || c == '\'' => quote = Some(c),
                    None if c.is_whitespace() => {
                        length = offset;
                        break;
                    }
                    None => word.text.push(c),
                }
            }
            if let Some(open) = quote {
                return Err(FilterError {
                    at: start,
                    message: format!("the quote {open} is not closed: write another {open} at the end of the text"),
                });
            }
            at = begins + length;
        }
        words.push(word);
    }
    Ok(words)
}

impl Word {
    fn term(&self) -> Result<Term, FilterError> {
        let error = |message: String| FilterError { at: self.at, message };
        let not = self.not;
        if self.text.is_empty() {
            let example = if self.expression { "//" } else { "!" };
            return Err(error(format!(
                "{example} needs something to look for, such as !debug or /time.?out/"
            )));
        }
        if self.expression {
            return expression(&self.text, self.at).map(|regex| Term {
                not,
                test: Test::Regex(regex),
            });
        }
        if !self.quoted
            && let Some(test) = self.comparison()?
        {
            return Ok(Term { not, test });
        }
        let needle =
            Needle::new(&self.text, true).ok_or_else(|| error("this word is too long to look for".to_owned()))?;
        Ok(Term {
            not,
            test: Test::Word(needle),
        })
    }

    /// `field=value` and its kin; None when it is a plain word.
    fn comparison(&self) -> Result<Option<Test>, FilterError> {
        let error = |message: String| FilterError { at: self.at, message };
        let Some(at) = self.text.find(['=', '<', '>', '!', ':']) else {
            return Ok(None);
        };
        let (name, rest) = self.text.split_at(at);
        let signs = [
            ("<=", Operator::LessEqual),
            (">=", Operator::GreaterEqual),
            ("!=", Operator::NotEqual),
            ("==", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
            ("=", Operator::Equal),
            (":", Operator::Equal),
        ];
        let found = signs
            .iter()
            .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|value| (*sign, *operator, value)));
        let Some((sign, operator, value)) = found else {
            return Ok(None);
        };
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@'))
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/'));
        if !is_name || (sign == ":" && !matches!(name, "level" | "source")) {
            return Ok(None);
        }
        if value.is_empty() {
            return Err(error(format!(
                "{name}{sign} needs a value after it; to look for the text itself, quote it: \"{name}{sign}\""
            )));
        }
        if name == "source" {
            let plain = matches!(operator, Operator::Equal);
            return if plain {
                Ok(Some(Test::Source(value.to_lowercase())))
            } else {
                Err(error(
                    "write source:word or !source:word, with a part of the pod's or container's name".to_owned(),
                ))
            };
        }
        if name == "level" {
            let level = by_name(value.as_bytes());
            if level == Level::None {
                let names = Level::ALL.map(Level::name);
                let hint = nearest(value, names.into_iter().skip(1)).map_or_else(
                    || format!("levels are{}", names.join(" ")),
                    |near| format!("did you mean {near}?"),
                );
                return Err(error(format!("there is no level {value}: {hint}")));
            }
            return Ok(Some(Test::Level(operator, level)));
        }
        let number = measure(value);
        if number.is_none() && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(error(format!(
                "{name}{sign} compares numbers and durations: write 500, 0.5, 250ms or 2m, not {value}"
            )));
        }
        let first = name.split('.').next().unwrap_or(name);
        // What klog writes without a name has one here.
        let unnamed = matches!(first, "file" | "thread" | "msg");
        Ok(Some(Test::Field {
            path: name.to_owned(),
            name: Needle::new(first, true).filter(|_| !unnamed),
            operator,
            value: value.to_owned(),
            number,
        }))
    }
}
