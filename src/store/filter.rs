//! The filter: words AND-ed. `word` is a substring, `~word` fuzzy, `!word` not, `/re/` a regular expression,
//! `column>value` compares numbers, quantities and ages (`restarts>5 cpu>500m age<1h node~eu status!=Running`), and
//! `-l selector` is the one part that the server applies. A wrong filter says what is wrong and where.

use super::compare::compare_cells;
use super::filter_reading::{split_words, term, whole};
use super::table::{RowId, Table};
use crate::kinds::{Column, Field, Row, Value};
use crate::text::{Clean, Quantity, Selector, fuzzy_score};
use std::cmp::Ordering;
use std::fmt;

/// A filter, parsed against the columns it may name.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
    /// The part that the server applies, in its canonical text; empty is none.
    pub labels: String,
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// Where, in bytes from its beginning.
    pub at: usize,
    /// What, with the remedy.
    pub message: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FilterError {}

#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) not: bool,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Lower-case needle.
    Contains(String),
    Fuzzy(String),
    Regex(regex::Regex),
    Column {
        field: Field,
        operator: Comparison,
        value: Operand,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    GreaterEqual,
    Greater,
    Contains,
}

#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) text: String,
    pub(super) number: Option<Quantity>,
    pub(super) seconds: Option<i64>,
}

/// Compiled size of a regular expression: a pattern from a prompt needs no more.
pub(super) const REGEX_LIMIT: usize = 1 << 20;

impl Filter {
    /// Parses a filter against the columns that are there.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Filter, FilterError> {
        let mut filter = Filter {
            text: text.trim().to_owned(),
            terms: Vec::new(),
            labels: String::new(),
        };
        let mut words = split_words(text)?.into_iter();
        while let Some((at, word)) = words.next() {
            if word == "-l" {
                let Some((at, selector)) = words.next() else {
                    return Err(FilterError {
                        at,
                        message: "-l needs a label selector, such as -l app=web".to_owned(),
                    });
                };
                let parsed = Selector::parse(&selector).map_err(|error| FilterError {
                    at,
                    message: error.to_string(),
                })?;
                if !filter.labels.is_empty() {
                    filter.labels.push(',');
                }
                filter.labels.push_str(&parsed.to_string());
                continue;
            }
            filter.terms.push(term(at, &word, columns)?);
        }
        Ok(filter)
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything pass on this side.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether what passes changes with time alone.
    pub fn depends_on_time(&self) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(&term.test, Test::Column { value, .. } if value.seconds.is_some()))
    }

    /// Whether everything that passes this filter passes `wider` as well, so that only its rows need a look.
    pub fn narrows(&self, wider: &Filter) -> bool {
        if wider.labels != self.labels || wider.terms.len() > self.terms.len() {
            return false;
        }
        wider
            .terms
            .iter()
            .zip(&self.terms)
            .all(|(wide, narrow)| match (&wide.test, &narrow.test) {
                (Test::Contains(wide_text), Test::Contains(text)) => {
                    !wide.not && !narrow.not && text.contains(wide_text.as_str())
                        || wide.not == narrow.not && wide_text == text
                }
                _ => false,
            })
    }

    /// The plain words to highlight in cells.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms
            .iter()
            .filter(|term| !term.not)
            .filter_map(|term| match &term.test {
                Test::Contains(word) => Some(word.as_str()),
                _ => None,
            })
    }

    /// The filter at work on the rows of a table, at the moment `now` (unix seconds).
    pub fn scan<'a>(&'a self, table: &'a Table, now: i64) -> Scan<'a> {
        Scan {
            terms: self.terms.iter().map(|term| (term, Found::default())).collect(),
            table,
            now,
        }
    }
}

/// A filter at work on the rows of one table. Rows share most of their texts (image, node, status, owner), so what was found
/// in a text is remembered by where it lies: most cells cost no look at their letters.
pub struct Scan<'a> {
    terms: Vec<(&'a Term, Found<'a>)>,
    table: &'a Table,
    now: i64,
}

impl std::fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan")
            .field("terms", &self.terms.len())
            .finish_non_exhaustive()
    }
}

/// What a test found before.
#[derive(Default)]
struct Found<'a> {
    /// In shared texts: where a text lies and what was found in it. A text takes the seat that its address names.
    texts: Vec<(usize, bool)>,
    /// In the value of the row before, by its place in the row.
    values: Vec<Option<(&'a Value, bool)>>,
}

/// How many shared texts are remembered: more than a cluster has nodes and images, few enough to be quick.
const SEATS: usize = 2048;

impl<'a> Found<'a> {
    fn in_text(&mut self, text: &Clean, test: impl Fn(&str) -> bool) -> bool {
        let address = text.as_str().as_ptr().addr();
        // Texts lie at least sixteen bytes apart.
        let seat = (address >> 4 ^ address >> 15) % SEATS;
        match self.texts.get(seat) {
            Some((known, says)) if *known == address => *says,
            _ => {
                let says = test(text.as_str());
                // What only one row has is not met again.
                if text.references() > 1 {
                    if self.texts.is_empty() {
                        self.texts.resize(SEATS, (0, false));
                    }
                    self.texts[seat] = (address, says);
                }
                says
            }
        }
    }

    fn in_value(&mut self, place: usize, value: &'a Value, test: impl FnOnce() -> bool) -> bool {
        if self.values.len() <= place {
            self.values.resize(place + 1, None);
        }
        match &self.values[place] {
            Some((before, says)) if *before == value => *says,
            _ => {
                let says = test();
                self.values[place] = Some((value, says));
                says
            }
        }
    }
}

impl Scan<'_> {
    /// Whether a row passes.
    pub fn passes(&mut self, id: RowId) -> bool {
        let Some(row) = self.table.row(id) else { return false };
        let (table, now) = (self.table, self.now);
        self.terms
            .iter_mut()
            .all(|(term, found)| term.test.passes(table, id, row, now, found) != term.not)
    }
}

impl Test {
    fn passes<'a>(&self, table: &Table, id: RowId, row: &'a Row, now: i64, found: &mut Found<'a>) -> bool {
        match self {
            Test::Contains(needle) => any_text(row, now, found, |text| contains_ignoring_case(text, needle)),
            Test::Fuzzy(pattern) => any_text(row, now, found, |text| matches_fuzzily(pattern, text)),
            Test::Regex(regex) => any_text(row, now, found, |text| regex.is_match(text)),
            Test::Column { field, operator, value } => match field {
                // Cells that lie in the row need no copy.
                Field::Cell(index) => match row.cells.get(usize::from(*index)).map(|cell| &cell.value) {
                    Some(Value::Text(text)) if *operator == Comparison::Contains => {
                        found.in_text(text, |text| contains_ignoring_case(text, &value.text))
                    }
                    Some(cell) => found.in_value(0, cell, || compare(cell, *operator, value, now)),
                    None => compare(&Value::None, *operator, value, now),
                },
                other => compare(&table.cell(id, other).value, *operator, value, now),
            },
        }
    }
}

/// Whether any of the row's texts satisfies `test`. Names first: they are what is typed most.
fn any_text<'a>(row: &'a Row, now: i64, found: &mut Found<'a>, test: impl Fn(&str) -> bool) -> bool {
    if test(row.name.as_str()) || found.in_text(&row.namespace, &test) {
        return true;
    }
    row.cells.iter().enumerate().any(|(place, cell)| match &cell.value {
        Value::None | Value::Time(_) => false,
        Value::Text(text) | Value::Quantity(text) => found.in_text(text, &test),
        other => found.in_value(place, other, || test(&other.text(now))),
    })
}

/// Whether the letters of the pattern stand in the text in their order: all that the scorer asks before it scores.
fn matches_fuzzily(pattern: &str, text: &str) -> bool {
    if !pattern.is_ascii() || !text.is_ascii() || pattern.is_empty() || pattern.len() > 64 {
        return fuzzy_score(pattern, text).is_some();
    }
    let matters = pattern.bytes().any(|letter| letter.is_ascii_uppercase());
    let mut letters = text.bytes();
    pattern
        .bytes()
        .all(|wanted| letters.any(|letter| letter == wanted || !matters && letter.eq_ignore_ascii_case(&wanted)))
}

fn contains_ignoring_case(text: &str, needle: &str) -> bool {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some((first, rest)) = needle.split_first() else {
        return true;
    };
    if text.len() < needle.len() {
        return false;
    }
    let upper = first.to_ascii_uppercase();
    memchr::memchr2_iter(*first, upper, text).any(|at| {
        text.get(at + 1..at + needle.len())
            .is_some_and(|window| window.eq_ignore_ascii_case(rest))
    })
}

fn compare(cell: &Value, operator: Comparison, operand: &Operand, now: i64) -> bool {
    if operator == Comparison::Contains {
        return contains_ignoring_case(&cell.text(now), &operand.text);
    }
    let order = match (cell, operand.number, operand.seconds) {
        (Value::None, ..) => None,
        (Value::Int(number), Some(wanted), _) => Some(whole(*number).cmp(&wanted)),
        (Value::Percent(number), Some(wanted), _) => Some(whole(i64::from(*number)).cmp(&wanted)),
        (Value::Ago(count, _), Some(wanted), _) => Some(whole(i64::from(*count)).cmp(&wanted)),
        (Value::Ratio(part, _), Some(wanted), _) => Some(whole(i64::from(*part)).cmp(&wanted)),
        (Value::Quantity(text), Some(wanted), _) => {
            Quantity::parse(text.as_str()).map(|quantity| quantity.cmp(&wanted))
        }
        (Value::Time(Some(then)), _, Some(wanted)) => Some((now - then).cmp(&wanted)),
        (Value::Ago(_, Some(then)), None, Some(wanted)) => Some((now - then).cmp(&wanted)),
        (Value::Span { from, lasted }, _, Some(wanted)) => {
            Some(lasted.map_or(now.saturating_sub(*from), i64::from).cmp(&wanted))
        }
        (Value::Text(text), Some(wanted), _) if Quantity::parse(text.as_str()).is_some() => {
            Quantity::parse(text.as_str()).map(|quantity| quantity.cmp(&wanted))
        }
        (other, ..) => {
            let text = other.text(now);
            if matches!(operator, Comparison::Equal | Comparison::NotEqual) && text.eq_ignore_ascii_case(&operand.text)
            {
                Some(Ordering::Equal)
            } else {
                let wanted = Value::Text(Clean::new(&operand.text));
                Some(compare_cells(&Value::Text(Clean::new(&text)), &wanted, now)).map(|order| match order {
                    Ordering::Equal => Ordering::Equal,
                    other => other,
                })
            }
        }
    };
    match (operator, order) {
        // What is missing is different from anything, and neither less nor more.
        (Comparison::NotEqual, None) => true,
        (_, None) => false,
        (Comparison::Less, Some(order)) => order.is_lt(),
        (Comparison::LessEqual, Some(order)) => order.is_le(),
        (Comparison::Equal, Some(order)) => order.is_eq(),
        (Comparison::NotEqual, Some(order)) => order.is_ne(),
        (Comparison::GreaterEqual, Some(order)) => order.is_ge(),
        (Comparison::Greater, Some(order)) => order.is_gt(),
        (Comparison::Contains, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Whether a pattern matches is what the scorer says, found without scoring.
        #[test]
        fn matching_is_what_the_scorer_says(pattern in "[a-cA-C0-1-]{0,4}", text in "[a-cA-C0-1-]{0,12}") {
            proptest::prop_assert_eq!(matches_fuzzily(&pattern, &text), fuzzy_score(&pattern, &text).is_some());
        }
    }
}
