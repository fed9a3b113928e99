//! The YAML tab: the object as it is written, byte for byte as kubectl prints it, or as JSON; its clean form; the answer
//! to a JSONPath query; one value; what has changed since it was applied; whose field a line is and what it is for.
//!
//! Secrets are masked before the text is made, so that neither search nor copy nor drawing can find what is not revealed.
//! What was revealed is masked again after half a minute without a key, and when the tab is left.

mod actions;
mod colours;
mod docs;
mod page;
mod secret;

use super::{Inside, Part};
use crate::describe::owners::owners;
use crate::describe::reuse::clean_form;
use crate::kinds::Whole;
use crate::screens::Ctx;
use crate::text::Clean;
use crate::text::yaml::{Document, Seen, Shown, Step};
use crate::theme::Role;
use crate::ui::{Lines, TextLine};
use crate::want::{SchemaWant, Want};
use page::{Page, Plain};
use secret::Reveal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So long a value of a secret is seen without a key being pressed, in milliseconds.
const SEEN_FOR: u64 = 30_000;

/// How the document is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Form {
    json: bool,
    managed_fields: bool,
    clean: bool,
    reveal: Reveal,
}

/// What is shown in place of the document until Esc.
#[derive(Debug)]
struct Over {
    said: String,
    lines: OverLines,
    /// The line of the document to come back to.
    back: usize,
    /// What a copy takes.
    text: String,
}

#[derive(Debug)]
enum OverLines {
    Page(Page),
    Plain(Plain),
}

/// The YAML tab.
#[derive(Debug, Default)]
pub struct Yaml {
    form: Form,
    page: Page,
    over: Option<Over>,
    /// What the document was made from.
    made: Option<(Arc<Whole>, Form)>,
    owners: bool,
    docs: bool,
    /// The last key of somebody who looks at what was revealed, in milliseconds since the start.
    touched: u64,
    queries: Vec<String>,
    jump: Option<usize>,
    another: bool,
}

/// Whether an object's values are secrets.
fn is_secret(inside: &Inside<'_>) -> bool {
    let name = &inside.object.name.resource;
    name.group.is_empty() && name.resource.as_str() == "secrets"
}

impl Yaml {
    /// Writes the object.
    fn write(&self, value: &Value, secret: bool) -> Document {
        let cleaned = self.form.clean.then(|| clean_form(value));
        let seen = |keys: &[&str], value: &Value| match keys {
            ["metadata", "managedFields"] if !self.form.managed_fields => Seen::Not,
            _ if secret => self.form.reveal.seen(keys, value),
            _ => Seen::All,
        };
        Document::write(
            cleaned.as_ref().unwrap_or(value),
            &Shown {
                json: self.form.json,
                seen: &seen,
            },
        )
    }

    fn value<'v>(&self, cursor: usize, whole: &'v Whole) -> Option<&'v Value> {
        crate::text::yaml::value_at(&whole.value, &self.page.document.steps(cursor))
    }

    /// Shows something in place of the document.
    fn show(&mut self, over: Over) {
        let back = self.over.as_ref().map_or(over.back, |before| before.back);
        self.over = Some(Over { back, ..over });
        (self.jump, self.another) = (Some(0), true);
    }

    fn close(&mut self) -> bool {
        let Some(over) = self.over.take() else { return false };
        (self.jump, self.another) = (Some(over.back), true);
        true
    }

    fn want(inside: &Inside<'_>) -> Option<SchemaWant> {
        let value = &inside.object.whole.as_ref()?.value;
        let version = value.get("apiVersion")?.as_str()?;
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        Some(SchemaWant {
            cluster: inside.object.name.cluster,
            group: Clean::new(group),
            version: Clean::new(version),
            kind: Clean::new(value.get("kind")?.as_str()?),
        })
    }

    /// `  kubectl Apply 3d ago`
    fn owner(&self, steps: &[Step<'_>], inside: &Inside<'_>) -> String {
        let Some(whole) = &inside.object.whole else {
            return String::new();
        };
        let owners = owners(&whole.value, steps);
        let now = inside.shared.now(inside.object.name.cluster);
        let told = owners.iter().take(2).map(|owner| {
            let through = if owner.subresource.is_empty() {
                String::new()
            } else {
                format!(" {}", owner.subresource)
            };
            let since = owner.since.map_or(String::new(), |at| {
                format!(" {} ago", crate::text::human_duration((now - at).max(0)))
            });
            format!("{} {}{through}{since}", owner.manager, owner.operation)
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            String::new()
        } else {
            format!("  by {}", told.join(", "))
        }
    }
}

impl Part for Yaml {
    fn wants(&self, inside: &Inside<'_>, wants: &mut BTreeSet<Want>) {
        if self.docs {
            wants.extend(Yaml::want(inside).map(Want::Schema));
        }
    }

    fn refresh(&mut self, inside: &Inside<'_>, _width: u16) -> bool {
        if self.form.reveal.any() && inside.shared.mono > self.touched + SEEN_FOR {
            self.leave();
        }
        let Some(whole) = &inside.object.whole else {
            return false;
        };
        let same = self
            .made
            .as_ref()
            .is_some_and(|(made, form)| Arc::ptr_eq(made, whole) && *form == self.form);
        if !same {
            self.page = Page::of(self.write(&whole.value, is_secret(inside)));
            self.made = Some((whole.clone(), self.form.clone()));
        }
        self.page.owned = self.owners.then(|| whole.clone());
        std::mem::take(&mut self.another) || (!same && self.over.is_none())
    }

    fn show(&mut self, seen: &[u32], inside: &Inside<'_>) {
        let whole = inside.object.whole.as_ref().map(|whole| &whole.value);
        match self.over.as_mut().map(|over| &mut over.lines) {
            None => self.page.show(seen, whole),
            Some(OverLines::Page(page)) => page.show(seen, None),
            Some(OverLines::Plain(plain)) => plain.show(seen),
        }
    }

    fn lines(&self) -> &dyn Lines {
        match &self.over {
            None => &self.page,
            Some(over) => match &over.lines {
                OverLines::Page(page) => page,
                OverLines::Plain(plain) => plain,
            },
        }
    }

    fn jump(&mut self) -> Option<usize> {
        self.jump.take()
    }

    fn leave(&mut self) {
        if self.form.reveal.any() || self.over.is_some() {
            self.form.reveal = Reveal::default();
            self.close();
        }
    }

    fn status(&self, cursor: usize, inside: &Inside<'_>) -> Option<(String, Role)> {
        if let Some(over) = &self.over {
            return Some((format!("{}   esc goes back", over.said), Role::Accent));
        }
        let steps = self.page.document.steps(cursor);
        let forms = [(self.form.clean, "clean form"), (self.form.reveal.any(), "revealed")];
        let forms: String = forms
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| format!("[{word}] "))
            .collect();
        let path = self.page.document.path(cursor);
        Some((format!("{forms}{path}{}", self.owner(&steps, inside)), Role::Muted))
    }

    fn enter(&mut self, _cursor: usize, _inside: &Inside<'_>, _ctx: &mut Ctx<'_>) -> bool {
        false
    }

    fn run(&mut self, name: &str, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
        self.touched = inside.shared.mono;
        actions::run(self, name, cursor, inside, ctx)
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
        actions::picked(self, purpose, answers, inside, ctx);
    }

    fn beside(&self, cursor: usize, inside: &Inside<'_>, width: u16) -> Vec<TextLine> {
        if !self.docs || self.over.is_some() {
            return Vec::new();
        }
        let Some(want) = Yaml::want(inside) else {
            return Vec::new();
        };
        docs::lines(
            inside.shared,
            &want,
            &self.page.document.steps(cursor),
            usize::from(width) * 2,
        )
    }

    /// What is revealed is hidden again by time alone, and a long text gets its colours bit by bit.
    fn next_change(&self, inside: &Inside<'_>) -> Option<i64> {
        let colours = match self.over.as_ref().map(|over| &over.lines) {
            None => &self.page.colours,
            Some(OverLines::Page(page)) => &page.colours,
            Some(OverLines::Plain(plain)) => &plain.colours,
        };
        if colours.pending {
            return Some(1);
        }
        let left = (self.touched + SEEN_FOR + 1000).saturating_sub(inside.shared.mono) / 1000;
        self.form.reveal.any().then(|| i64::try_from(left).unwrap_or(1).max(1))
    }
}

#[cfg(test)]
mod tests;
