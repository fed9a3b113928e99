//! Reading a filter: words, comparisons and the columns they name, with errors that say where and what to do.

use super::filter::{Comparison, FilterError, Operand, REGEX_LIMIT, Term, Test};
use crate::kinds::{Column, Field};
use crate::text::{Clean, Quantity, nearest, parse_duration};

/// Words with their places; quotes and `/…/` keep spaces together.
pub(super) fn split_words(text: &str) -> Result<Vec<(usize, String)>, FilterError> {
    let mut words = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some(&(start, first)) = characters.peek() {
        if first.is_whitespace() {
            characters.next();
            continue;
        }
        let mut word = String::new();
        let mut quote: Option<char> = None;
        let slash = text[start..]
            .strip_prefix('!')
            .unwrap_or(&text[start..])
            .starts_with('/');
        let mut slashes = 0;
        while let Some(&(_, character)) = characters.peek() {
            match quote {
                Some(open) if character == open => quote = None,
                Some(_) => word.push(character),
                None if character == '"' || character == '\'' => quote = Some(character),
                None if character.is_whitespace() && !(slash && slashes < 2) => break,
                None => {
                    slashes += usize::from(slash && character == '/' && !word.ends_with('\\'));
                    word.push(character);
                }
            }
            characters.next();
        }
        if let Some(open) = quote {
            return Err(FilterError {
                at: start,
                message: format!("the quote {open} is not closed"),
            });
        }
        words.push((start, word));
    }
    Ok(words)
}

pub(super) fn term(at: usize, word: &str, columns: &[Column]) -> Result<Term, FilterError> {
    let error = |message: String| Err(FilterError { at, message });
    if let Some((name, operator, value)) = split_comparison(word) {
        let field = match column_field(name, columns) {
            Some(field) => field,
            None => {
                let known: Vec<String> = columns.iter().map(|column| plain(&column.name)).collect();
                let hint = nearest(&plain(name), known.iter().map(String::as_str)).map_or_else(
                    || format!("columns are {}", known.join(" ")),
                    |near| format!("did you mean {near}?"),
                );
                return error(format!("there is no column {name}: {hint}"));
            }
        };
        if value.is_empty() {
            return error(format!("{name} is compared with nothing: write a value after the sign"));
        }
        let operand = Operand {
            text: if operator == Comparison::Contains {
                value.to_lowercase()
            } else {
                value.to_owned()
            },
            number: Quantity::parse(value.strip_suffix('%').unwrap_or(value)),
            seconds: parse_duration(value),
        };
        let is_age = columns
            .iter()
            .any(|column| column.field == field && column.name == "AGE")
            || field == Field::Age;
        if is_age && operand.seconds.is_none() && operator != Comparison::Contains {
            return error(format!("{value} is no age: write 90s, 10m, 2h30m, 3d or 1y"));
        }
        // `5m` is five minutes for an age and five thousandths for a number: the cell decides.
        return Ok(Term {
            not: false,
            test: Test::Column {
                field,
                operator,
                value: operand,
            },
        });
    }
    let (not, word) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    if word.is_empty() {
        return error("! needs a word after it".to_owned());
    }
    if let Some(pattern) = word.strip_prefix('/') {
        // While the closing slash is not typed yet, what is there counts.
        let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
        let built = regex::RegexBuilder::new(pattern)
            .case_insensitive(!pattern.chars().any(char::is_uppercase))
            .size_limit(REGEX_LIMIT)
            .dfa_size_limit(REGEX_LIMIT)
            .build();
        return match built {
            Ok(regex) => Ok(Term {
                not,
                test: Test::Regex(regex),
            }),
            Err(wrong) => {
                let message = wrong.to_string();
                error(
                    message
                        .lines()
                        .last()
                        .unwrap_or("the regular expression is wrong")
                        .trim()
                        .to_owned(),
                )
            }
        };
    }
    if let Some(pattern) = word.strip_prefix('~') {
        if pattern.is_empty() {
            return error("~ needs a word after it".to_owned());
        }
        return Ok(Term {
            not,
            test: Test::Fuzzy(pattern.to_owned()),
        });
    }
    Ok(Term {
        not,
        test: Test::Contains(word.to_lowercase()),
    })
}

fn split_comparison(word: &str) -> Option<(&str, Comparison, &str)> {
    let at = word.find(['<', '>', '=', '~', '!']).filter(|at| *at > 0)?;
    if !word[..at]
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '%' | '/' | '.' | '(' | ')'))
    {
        return None;
    }
    let (name, rest) = word.split_at(at);
    let signs = [
        ("<=", Comparison::LessEqual),
        (">=", Comparison::GreaterEqual),
        ("!=", Comparison::NotEqual),
        ("==", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
        ("=", Comparison::Equal),
        ("~", Comparison::Contains),
    ];
    signs
        .iter()
        .find_map(|(sign, comparison)| rest.strip_prefix(sign).map(|value| (name, *comparison, value)))
}

/// A column's name as it is typed: lower case, without spaces and dashes.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_' | '(' | ')'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn column_field(name: &str, columns: &[Column]) -> Option<Field> {
    let wanted = plain(name);
    let exact = columns.iter().find(|column| plain(&column.name) == wanted);
    let found = exact.or_else(|| {
        let mut starting = columns
            .iter()
            .filter(|column| wanted.len() >= 2 && plain(&column.name).starts_with(&wanted));
        starting.next().filter(|_| starting.next().is_none())
    });
    match (found, wanted.as_str()) {
        (Some(column), _) => Some(column.field.clone()),
        (None, "namespace" | "ns") => Some(Field::Namespace),
        (None, "name") => Some(Field::Name),
        (None, "age") => Some(Field::Age),
        (None, "owner") => Some(Field::Owner),
        (None, "labels") => Some(Field::Labels),
        (None, _) => name.strip_prefix("label/").map(|key| Field::Label(Clean::new(key))),
    }
}

pub(super) fn whole(number: i64) -> Quantity {
    Quantity::from_nanos(i128::from(number) * 1_000_000_000)
}
