//! What a description is made of: fields, sections, tables, texts, as a tree. `render` turns the tree into lines with
//! aligned columns, each with its indentation, so that a reader can fold and search them and follow their links.
//! It refuses to know where the facts come from.

use crate::kinds::Target;
use crate::text::{Clean, clean_lines, pad_right, width};
use crate::theme::Role;
use std::sync::Arc;

/// How many columns one level goes to the right.
const STEP: usize = 2;
/// Between the columns of a table, and between a field's name and its value.
const GAP: usize = 2;
/// A name longer than this does not push the values of its whole block to the right.
const WIDEST_NAME: usize = 32;

/// A piece of a line in one look, that may lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it says.
    pub text: Clean,
    /// What it is.
    pub role: Role,
    /// Where Enter leads from here.
    pub link: Option<Arc<Target>>,
}

/// Words in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase(pub Vec<Span>);

impl Phrase {
    /// Ordinary words.
    pub fn new(text: &str) -> Phrase {
        Phrase::of(text, Role::LabelValue)
    }

    /// Words in a role.
    pub fn of(text: &str, role: Role) -> Phrase {
        let text = Clean::new(text);
        Phrase(vec![Span { text, role, link: None }])
    }

    /// Words that lead somewhere.
    pub fn link(text: &str, target: Target) -> Phrase {
        Phrase(vec![Span {
            text: Clean::new(text),
            role: Role::Link,
            link: Some(Arc::new(target)),
        }])
    }

    /// The same words and some more.
    pub fn and(mut self, text: &str, role: Role) -> Phrase {
        self.0.extend(Phrase::of(text, role).0);
        self
    }

    /// The same words and others.
    pub fn then(mut self, other: Phrase) -> Phrase {
        self.0.extend(other.0);
        self
    }

    /// Its words alone.
    pub fn text(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.text.is_empty())
    }
}

impl From<&str> for Phrase {
    fn from(text: &str) -> Phrase {
        Phrase::new(text)
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Phrase {
        Phrase::new(&text)
    }
}

/// A part of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `Name:  value`, further values below the first.
    Field(Clean, Vec<Phrase>),
    /// `Name:` and what belongs to it, indented.
    Section {
        /// Its heading.
        name: Clean,
        /// What stands behind the heading, often `<none>`.
        note: Phrase,
        /// What belongs to it.
        items: Vec<Item>,
        /// Whether it begins folded: what is long and rarely asked for.
        folded: bool,
    },
    /// Rows below headings, aligned.
    Table {
        /// The headings.
        heads: Vec<Clean>,
        /// The rows.
        rows: Vec<Vec<Phrase>>,
    },
    /// A line of words.
    Line(Phrase),
}

impl Item {
    /// A field with one value.
    pub fn field(name: &str, value: impl Into<Phrase>) -> Item {
        Item::Field(Clean::new(name), vec![value.into()])
    }

    /// A field with its values one below the other; `<none>` without any.
    pub fn fields(name: &str, values: Vec<Phrase>) -> Item {
        if values.is_empty() {
            return Item::field(name, "<none>");
        }
        Item::Field(Clean::new(name), values)
    }

    /// A section; `<none>` behind its name when it is empty.
    pub fn section(name: &str, items: Vec<Item>) -> Item {
        let note = Phrase::new(if items.is_empty() { "<none>" } else { "" });
        Item::Section {
            name: Clean::new(name),
            note,
            items,
            folded: false,
        }
    }

    /// A section that begins folded, with what its heading says of it.
    pub fn folded(name: &str, note: impl Into<Phrase>, items: Vec<Item>) -> Item {
        Item::Section {
            name: Clean::new(name),
            note: note.into(),
            items,
            folded: true,
        }
    }

    /// A table.
    pub fn table(heads: &[&str], rows: Vec<Vec<Phrase>>) -> Item {
        Item::Table {
            heads: heads.iter().copied().map(Clean::new).collect(),
            rows,
        }
    }

    /// A line of words.
    pub fn line(words: impl Into<Phrase>) -> Item {
        Item::Line(words.into())
    }

    /// Raw text, line by line: a script, a file, a termination message.
    pub fn block(text: &str, role: Role) -> Vec<Item> {
        let lines = clean_lines(text);
        lines
            .iter()
            .map(|line| Item::Line(Phrase::of(line.as_str(), role)))
            .collect()
    }
}

/// A line as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How many columns it stands to the right; lines below that stand further right belong to it.
    pub indent: u16,
    /// Its pieces.
    pub spans: Vec<Span>,
    /// Whether what belongs to it begins folded.
    pub folded: bool,
}

impl Line {
    /// Its words alone, without the indentation.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The lines of these items.
pub fn render(items: &[Item]) -> Vec<Line> {
    let mut lines = Vec::new();
    write(items, 0, &mut lines);
    lines
}

fn span(text: &str, role: Role) -> Span {
    Span {
        text: Clean::new(text),
        role,
        link: None,
    }
}

fn write(items: &[Item], indent: usize, lines: &mut Vec<Line>) {
    let names = items.iter().map(|item| match item {
        Item::Field(name, _) => Some(width(name.as_str()) + 1),
        Item::Section { name, note, .. } if !note.is_empty() => Some(width(name.as_str()) + 1),
        _ => None,
    });
    let fitting = names.flatten().filter(|name| *name <= WIDEST_NAME);
    let column = fitting.max().unwrap_or(0) + GAP;
    let at = |spans: Vec<Span>, folded: bool| Line {
        indent: u16::try_from(indent).unwrap_or(u16::MAX),
        spans,
        folded,
    };
    for item in items {
        match item {
            Item::Field(name, values) => {
                for (index, value) in values.iter().enumerate() {
                    let head = if index == 0 { format!("{name}:") } else { String::new() };
                    let mut spans = vec![span(&padded(&head, column), Role::LabelKey)];
                    spans.extend(value.0.iter().cloned());
                    lines.push(at(spans, false));
                }
            }
            Item::Section {
                name,
                note,
                items,
                folded,
            } => {
                let head = format!("{name}:");
                let mut spans = vec![];
                if note.is_empty() {
                    spans.push(span(&head, Role::Title));
                } else {
                    spans.push(span(&padded(&head, column), Role::Title));
                    spans.extend(note.0.iter().cloned());
                }
                lines.push(at(spans, *folded));
                write(items, indent + STEP, lines);
            }
            Item::Table { heads, rows } => write_table(heads, rows, &at, lines),
            Item::Line(words) => lines.push(at(words.0.clone(), false)),
        }
    }
}

/// A name brought to the column of the values; a long one keeps the gap.
fn padded(name: &str, column: usize) -> String {
    if width(name) + GAP > column {
        format!("{name}{}", " ".repeat(GAP))
    } else {
        pad_right(name, column).to_string()
    }
}

fn write_table(heads: &[Clean], rows: &[Vec<Phrase>], at: &dyn Fn(Vec<Span>, bool) -> Line, lines: &mut Vec<Line>) {
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let head = heads.get(column).map_or(0, |head| width(head.as_str()));
        cells.map(|cell| width(&cell.text())).max().unwrap_or(0).max(head)
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0).max(heads.len());
    let widths: Vec<usize> = (0..count).map(wide).collect();
    let room = |index: usize, taken: usize| {
        let last = index + 1 == count;
        let rest = widths.get(index).copied().unwrap_or(0).saturating_sub(taken);
        " ".repeat(if last { 0 } else { rest + GAP })
    };
    if !heads.is_empty() {
        let spans = heads.iter().enumerate();
        let spans = spans.map(|(index, head)| {
            let rest = room(index, width(head.as_str()));
            span(&format!("{head}{rest}"), Role::Column)
        });
        lines.push(at(spans.collect(), false));
    }
    for row in rows {
        let mut spans = Vec::new();
        for (index, cell) in row.iter().enumerate() {
            spans.extend(cell.0.iter().cloned());
            spans.push(span(&room(index, width(&cell.text())), Role::Text));
        }
        lines.push(at(spans, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(items: &[Item]) -> String {
        let lines: Vec<String> = render(items)
            .iter()
            .map(|line| {
                let indent = " ".repeat(usize::from(line.indent));
                format!("{indent}{}", line.text()).trim_end().to_owned()
            })
            .collect();
        lines.join("\n")
    }

    #[test]
    fn fields_sections_and_tables_are_aligned() {
        let items = [
            Item::field("Name", "cart"),
            Item::fields("Labels", vec!["app=cart".into(), "tier=web".into()]),
            Item::section("Mounts", vec![]),
            Item::section(
                "Conditions",
                vec![Item::table(
                    &["Type", "Status"],
                    vec![
                        vec!["Ready".into(), "True".into()],
                        vec!["PodScheduled".into(), "False".into()],
                    ],
                )],
            ),
            Item::field("A name so long that it would push all others", "away"),
        ];
        let expected = "\
Name:    cart
Labels:  app=cart
         tier=web
Mounts:  <none>
Conditions:
  Type          Status
  Ready         True
  PodScheduled  False
A name so long that it would push all others:  away";
        assert_eq!(text(&items), expected);
    }
}
