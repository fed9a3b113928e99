//! The Describe tab, and the head of every tab: what is wrong and what to do about it.

use super::object::list_of;
use super::{Inside, Object, Part};
use crate::describe::{Companion, Finding, Line, describe, findings, render};
use crate::kinds::{Health, Target};
use crate::screens::common::look;
use crate::screens::{Ctx, Request, Shared};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{Lines, TextLine, draw_line};
use crate::want::{Shape, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// At most so many lines say what is wrong.
const MOST_HEAD: u16 = 5;

/// The text about an object of more bytes than this takes longer than a key may: it is made when it is looked at and
/// something but the time has changed.
const BIG: usize = 256 << 10;

/// The Describe tab.
#[derive(Debug, Default)]
pub struct Describe {
    text: Text,
    head: Vec<Line>,
    asked: BTreeSet<Companion>,
    stamp: Option<Stamp>,
    /// What the text was made from; it may be older than the head.
    made: Option<Stamp>,
    /// Whether this tab is in front.
    pub(super) shown: bool,
}

/// What a description was made from: object, tables and second.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    version: u64,
    tables: Vec<u64>,
    now: i64,
}

/// The lines of a description.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Text {
    pub(super) lines: Vec<Line>,
}

impl Lines for Text {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, index: usize) -> TextLine {
        let spans = self.lines.get(index).map_or(&[][..], |line| &line.spans);
        TextLine {
            spans: spans
                .iter()
                .map(|span| (span.text.as_str().to_owned(), span.role))
                .collect(),
        }
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        self.lines
            .get(index)
            .map_or(Cow::Borrowed(""), |line| Cow::Owned(line.text()))
    }

    fn indent(&self, index: usize) -> usize {
        self.lines.get(index).map_or(0, |line| usize::from(line.indent))
    }

    fn name(&self, index: usize) -> String {
        let Some(line) = self.lines.get(index) else {
            return String::new();
        };
        let head = line.spans.first().map_or("", |span| span.text.as_str());
        format!("{} {}", line.indent, head.trim_end())
    }

    fn begins_folded(&self, index: usize) -> bool {
        self.lines.get(index).is_some_and(|line| line.folded)
    }
}

impl Text {
    /// Where the first link of a line leads.
    pub(super) fn link(&self, index: usize) -> Option<Target> {
        let line = self.lines.get(index)?;
        let link = line.spans.iter().find_map(|span| span.link.as_ref())?;
        Some((**link).clone())
    }
}

/// Follows a target from an object.
pub(super) fn follow(inside: &Inside<'_>, target: Target, ctx: &mut Ctx<'_>) {
    let (_, kind, _) = inside.object.kind(inside.shared);
    let trail = format!("{} {}", kind.as_str().to_lowercase(), inside.object.name.name);
    ctx.ask(Request::Follow {
        cluster: inside.object.name.cluster,
        target,
        trail: Clean::new(&trail),
    });
}

impl Describe {
    /// How many lines of the head there are room for.
    pub(super) fn head_height(&self, height: u16) -> u16 {
        (self.head.len() as u16).min(MOST_HEAD).min(height / 3)
    }

    pub(super) fn draw_head(&self, buffer: &mut Buffer, area: Rect, shared: &Shared, _object: &Object) {
        let look = look(shared);
        for (line, y) in self.head.iter().zip(area.top()..area.bottom()) {
            let spans = line.spans.iter().map(|span| (span.text.as_str().to_owned(), span.role));
            let line = TextLine { spans: spans.collect() };
            draw_line(buffer, area.x + 1, y, area.width.saturating_sub(2), look, &line, 0, "");
        }
    }

    fn stamp(&self, inside: &Inside<'_>) -> Stamp {
        let events = inside.object.events_list();
        let lists = self
            .asked
            .iter()
            .map(|companion| list_of(&inside.object.name, companion, Shape::Whole));
        let tables = lists.chain([events]).map(|list| {
            let table = inside.shared.tables.get(&list);
            // A phase that changes is no new version of the table, but "denied" is news for a description.
            table.map_or(0, |table| {
                let phases = table.sources().iter().map(|source| source.since).sum::<u64>();
                table.version().wrapping_mul(31).wrapping_add(phases + 1)
            })
        });
        Stamp {
            version: inside.object.version,
            tables: tables.collect(),
            now: inside.shared.now(inside.object.name.cluster),
        }
    }
}

/// The head: each cause with its sign, its next step below it, broken into lines of this width.
fn head_lines(findings: &[Finding], width: usize, ascii: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for finding in findings.iter().take(3) {
        let sign = match (finding.health, ascii) {
            (Health::Bad, false) => "✗ ",
            (Health::Bad, true) => "x ",
            (Health::Warn | Health::Unknown, false) => "▲ ",
            (Health::Warn | Health::Unknown, true) => "! ",
            (Health::Progress, false) => "… ",
            (Health::Progress, true) => "~ ",
            (_, _) => "  ",
        };
        let role = finding.health.role();
        let mut say = |text: &str, sign: &str, role: Role| {
            for (index, piece) in crate::ui::wrap(text, width.saturating_sub(4).max(10))
                .iter()
                .enumerate()
            {
                let begin = if index == 0 { sign } else { "  " };
                let phrase = crate::describe::Phrase::of(begin, role).and(piece, role);
                lines.push(Line {
                    indent: 0,
                    spans: phrase.0,
                    folded: false,
                });
            }
        };
        say(&finding.cause.text(), sign, role);
        if !finding.next.is_empty() {
            say(&finding.next.text(), if ascii { "> " } else { "→ " }, Role::Text);
        }
    }
    lines
}

impl Part for Describe {
    fn wants(&self, inside: &Inside<'_>, wants: &mut BTreeSet<Want>) {
        let lists = self
            .asked
            .iter()
            .map(|companion| list_of(&inside.object.name, companion, Shape::Whole));
        wants.extend(lists.map(Want::List));
    }

    fn refresh(&mut self, inside: &Inside<'_>, width: u16) -> bool {
        let stamp = self.stamp(inside);
        let is_big = inside.object.whole.as_ref().is_some_and(|whole| whole.bytes > BIG);
        let is_old = |made: &Stamp| (made.version, &made.tables) != (stamp.version, &stamp.tables);
        let text_is_due = is_big && self.shown && self.made.as_ref().is_none_or(is_old);
        if self.stamp.as_ref() == Some(&stamp) && !text_is_due {
            return false;
        }
        let asked = RefCell::new(BTreeSet::new());
        if is_big && !text_is_due {
            let found = inside.object.describe(inside.shared, &asked, findings);
            self.asked.extend(asked.into_inner());
            self.head = head_lines(
                &found.unwrap_or_default(),
                usize::from(width),
                inside.shared.settings.ascii,
            );
            self.stamp = Some(stamp);
            return false;
        }
        let made = inside.object.describe(inside.shared, &asked, |subject, around| {
            (render(&describe(subject, around)), findings(subject, around))
        });
        let Some((lines, found)) = made else {
            return false;
        };
        self.asked = asked.into_inner();
        self.head = head_lines(&found, usize::from(width), inside.shared.settings.ascii);
        self.stamp = Some(self.stamp(inside));
        self.made.clone_from(&self.stamp);
        let text = Text { lines };
        let another = text != self.text;
        self.text = text;
        another
    }

    fn lines(&self) -> &dyn Lines {
        &self.text
    }

    fn enter(&mut self, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
        let Some(target) = self.text.link(cursor) else {
            return false;
        };
        follow(inside, target, ctx);
        true
    }

    /// Ages and countdowns turn by the second.
    fn next_change(&self, _inside: &Inside<'_>) -> Option<i64> {
        Some(1)
    }
}
