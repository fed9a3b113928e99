//! What the tab shows: the document, or what was asked of it (an answer, a value, a comparison), as lines that are made
//! when they are seen.

use super::colours::{Colours, role};
use crate::describe::owners::owners;
use crate::text::embedded::{Language, language, language_of_command};
use crate::text::yaml::{Document, Kind, Step, Token, beginning, value_at};
use crate::text::{DiffLine, changes_only, diff_lines, find_literal};
use crate::theme::Role;
use crate::ui::{Lines, TextLine};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// How wide the column of owners is.
const OWNERS: usize = 18;

/// No more of a line than this is drawn, in bytes.
const LONGEST: usize = 2048;

/// A document with its colours.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) document: Document,
    /// The object whose fields have owners, while their column is shown.
    pub(super) owned: Option<Arc<crate::kinds::Whole>>,
    /// Of the scripts and configuration files in it.
    pub(super) colours: Colours,
}

impl Page {
    /// A document of which nothing has been seen.
    pub(super) fn of(document: Document) -> Page {
        Page {
            document,
            ..Page::default()
        }
    }

    /// Colours what is embedded in the lines that are seen. `whole` is the object that is written, where it is one.
    pub(super) fn show(&mut self, seen: &[u32], whole: Option<&Value>) {
        let document = &self.document;
        let line = |first: usize, at: usize| {
            let line = first + at;
            (document.first_line(line) + 1 == first && !document.begins(line)).then(|| document.line(line))
        };
        self.colours.show(
            seen,
            &|line| Page::block(document, line),
            &|first| Page::language(document, first, whole),
            &line,
        );
    }

    /// The first line of the text in lines that this line is part of.
    fn block(document: &Document, line: usize) -> Option<usize> {
        if document.begins(line) || document.kind(line) != Some(Kind::Text) {
            return None;
        }
        let head = document.first_line(line);
        let literal = document.pieces(head).iter().any(|(_, token)| *token == Token::Header);
        literal.then_some(head + 1)
    }

    fn language(document: &Document, first: usize, whole: Option<&Value>) -> Option<Language> {
        let steps = document.steps(first);
        let beginning: Vec<&str> = (first..first + 40)
            .take_while(|line| !document.begins(*line))
            .map(|line| beginning(document.line(line), LONGEST))
            .collect();
        let beginning = beginning.join("\n");
        match steps.as_slice() {
            [container @ .., Step::Key("command" | "args"), Step::Index(_)] => language("", &beginning).or_else(|| {
                let container = value_at(whole?, container)?;
                let words = ["command", "args"]
                    .into_iter()
                    .filter_map(|field| container.get(field)?.as_array());
                language_of_command(
                    words
                        .flatten()
                        .filter_map(Value::as_str)
                        .filter(|word| !word.contains('\n')),
                )
            }),
            [.., Step::Key(name)] => language(name, &beginning),
            _ => language("", &beginning),
        }
    }

    fn roles(token: Token) -> Role {
        match token {
            Token::Sign => Role::Muted,
            Token::Key => Role::LabelKey,
            Token::Text => Role::LabelValue,
            Token::Number => Role::Number,
            Token::Header | Token::Hidden => Role::Comment,
        }
    }

    fn owner(&self, index: usize, object: &Value) -> String {
        let leaf = !matches!(self.document.kind(index), Some(Kind::Map | Kind::List));
        if !leaf || !self.document.begins(index) {
            return String::new();
        }
        let owners = owners(object, &self.document.steps(index));
        match owners.as_slice() {
            [] => String::new(),
            [one] => one.manager.as_str().to_owned(),
            [one, more @ ..] => format!("{} +{}", one.manager, more.len()),
        }
    }
}

impl Lines for Page {
    fn len(&self) -> usize {
        self.document.len()
    }

    fn line(&self, index: usize) -> TextLine {
        let mut line = TextLine::default();
        if let Some(whole) = &self.owned {
            let owner = crate::text::clean(&self.owner(index, &whole.value)).into_owned();
            let owner = crate::text::pad_right(&crate::text::cut_middle(&owner, OWNERS - 1), OWNERS).to_string();
            line = line
                .and(owner, Role::Faint)
                .and(" ".repeat(self.document.column(index)), Role::Text);
        }
        let text = self.document.line(index);
        let end = beginning(text, LONGEST).len();
        if let Some(parts) = self.colours.line(index) {
            for (range, part) in parts {
                line.spans
                    .push((text.get(range.clone()).unwrap_or("").to_owned(), role(*part)));
            }
            return line;
        }
        for (range, token) in self.document.pieces(index) {
            let range = range.start.min(end)..range.end.min(end);
            if let Some(piece) = text.get(range).filter(|piece| !piece.is_empty()) {
                line.spans.push((piece.to_owned(), Page::roles(token)));
            }
        }
        if end < text.len() {
            line = line.and(format!("… {} bytes more", text.len() - end), Role::Comment);
        }
        line
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.document.line(index))
    }

    fn indent(&self, index: usize) -> usize {
        self.document.depth(index)
    }

    fn column(&self, index: usize) -> usize {
        if self.owned.is_some() {
            0
        } else {
            self.document.column(index)
        }
    }

    fn name(&self, index: usize) -> String {
        format!("{:016x}", self.document.mark(index))
    }

    fn mark(&self, index: usize) -> u64 {
        self.document.mark(index)
    }

    fn find(&self, search: &str, from: usize, back: bool) -> Option<usize> {
        let range = self.document.range(from);
        let at = if back { range.end } else { range.start };
        find_literal(self.document.text(), search, at, back).map(|at| self.document.line_at(at))
    }
}

/// Plain lines with their roles.
#[derive(Debug, Default)]
pub(super) struct Plain {
    pub(super) lines: Vec<(String, Role)>,
    language: Option<Language>,
    pub(super) colours: Colours,
}

impl Plain {
    /// A text of several lines, raw.
    pub(super) fn of(text: &str) -> Plain {
        Plain {
            lines: text.lines().map(|line| (line.to_owned(), Role::Text)).collect(),
            ..Plain::default()
        }
    }

    /// A text of several lines in a language, raw.
    pub(super) fn written_in(language: Option<Language>, text: &str) -> Plain {
        Plain {
            language,
            ..Plain::of(text)
        }
    }

    /// Colours the lines that are seen.
    pub(super) fn show(&mut self, seen: &[u32]) {
        let (language, all) = (self.language, &self.lines);
        let line = |_: usize, at: usize| all.get(at).map(|(text, _)| text.as_str());
        self.colours.show(seen, &|_| language.map(|_| 0), &|_| language, &line);
    }

    /// What has changed from one document to another.
    pub(super) fn changes(old: &Document, new: &Document) -> Plain {
        let texts = |document: &Document| -> Vec<String> {
            (0..document.len())
                .map(|line| document.text().get(document.range(line)).unwrap_or("").to_owned())
                .collect()
        };
        let (before, after) = (texts(old), texts(new));
        let olds: Vec<&str> = before.iter().map(String::as_str).collect();
        let news: Vec<&str> = after.iter().map(String::as_str).collect();
        let text = |lines: &[&str], at: usize| lines.get(at).copied().unwrap_or("").to_owned();
        let mut lines = Vec::new();
        for line in changes_only(&diff_lines(&olds, &news), 3) {
            lines.push(match line {
                None => ("⋯".to_owned(), Role::Faint),
                Some(DiffLine::Same { new, .. }) => (format!("  {}", text(&news, new)), Role::Text),
                Some(DiffLine::Removed(at)) => (format!("- {}", text(&olds, at)), Role::Removed),
                Some(DiffLine::Added(at)) => (format!("+ {}", text(&news, at)), Role::Added),
            });
        }
        Plain {
            lines,
            ..Plain::default()
        }
    }
}

impl Lines for Plain {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, index: usize) -> TextLine {
        self.lines.get(index).map_or_else(TextLine::default, |(text, plain)| {
            if let Some(parts) = self.colours.line(index) {
                let mut line = TextLine::default();
                for (range, part) in parts {
                    let text = text.get(range.clone()).unwrap_or("").replace('\t', "    ");
                    line.spans.push((text, role(*part)));
                }
                return line;
            }
            let end = beginning(text, LONGEST).len();
            // A tab is a space in a cell; in a script it is an indentation.
            let line = TextLine::new(text.get(..end).unwrap_or("").replace('\t', "    "), *plain);
            if end < text.len() {
                line.and(format!("… {} bytes more", text.len() - end), Role::Comment)
            } else {
                line
            }
        })
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.lines.get(index).map_or("", |(text, _)| text))
    }

    fn indent(&self, _index: usize) -> usize {
        0
    }

    fn name(&self, index: usize) -> String {
        index.to_string()
    }
}
