//! The Relations tab: owners up, what it owns down, what it refers to and who refers to it, as a tree that unfolds.
//! Only what is unfolded is asked for. The first line says whether anything needs the object: the answer one wants
//! before deleting it.

mod lookup;
mod owned;
mod tree;

use super::describe::follow;
use super::{Inside, Part};
use crate::screens::Ctx;
use crate::theme::Role;
use crate::ui::{Lines, TextLine};
use crate::want::{ListWant, Want};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use tree::{Leads, Root, Tree, TreeLine};

/// The Relations tab.
#[derive(Debug, Default)]
pub struct Relations {
    text: Text,
    /// What the user has folded or unfolded, by the line's place in the tree.
    folds: BTreeMap<String, bool>,
    /// Rises when a fold changes.
    turns: u64,
    asked: BTreeSet<ListWant>,
    stamp: Option<Vec<u64>>,
}

#[derive(Debug, Default, PartialEq)]
struct Text {
    lines: Vec<TreeLine>,
}

impl Lines for Text {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn line(&self, index: usize) -> TextLine {
        TextLine {
            spans: self.lines.get(index).map_or_else(Vec::new, |line| line.spans.clone()),
        }
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        let Some(line) = self.lines.get(index) else {
            return Cow::Borrowed("");
        };
        Cow::Owned(line.spans.iter().map(|(text, _)| text.as_str()).collect())
    }

    /// The tree folds by itself, because what is folded is not even asked for.
    fn indent(&self, _index: usize) -> usize {
        0
    }

    fn name(&self, index: usize) -> String {
        self.lines.get(index).map_or_else(String::new, |line| line.path.clone())
    }
}

impl Relations {
    /// What the text was made from.
    fn stamp(&self, inside: &Inside<'_>) -> Vec<u64> {
        let shared = inside.shared;
        let discovered = shared.clusters.get(&inside.object.name.cluster).map_or(0, |state| {
            state.catalog.resources.len() as u64 * 2 + u64::from(state.discovered)
        });
        let tables = self.asked.iter().map(|list| {
            let table = shared.tables.get(list);
            table.map_or(0, |table| {
                let states = table
                    .sources()
                    .iter()
                    .map(|source| source.since + u64::from(source.complete));
                table.version().wrapping_mul(31).wrapping_add(states.sum::<u64>() + 1)
            })
        });
        let own = [
            inside.object.version,
            self.turns,
            discovered,
            u64::from(shared.settings.ascii),
        ];
        own.into_iter().chain(tables).collect()
    }

    fn fold(&mut self, index: usize, open: Option<bool>) -> bool {
        let Some(line) = self.text.lines.get(index) else {
            return false;
        };
        let Some(now) = line.open else { return false };
        self.folds.insert(line.path.clone(), open.unwrap_or(!now));
        self.turns += 1;
        true
    }

    fn fold_all(&mut self, open: bool) {
        let foldable = self.text.lines.iter().filter(|line| line.open.is_some());
        let folds: Vec<String> = foldable.map(|line| line.path.clone()).collect();
        self.folds.extend(folds.into_iter().map(|path| (path, open)));
        self.turns += 1;
    }
}

impl Part for Relations {
    fn wants(&self, _inside: &Inside<'_>, wants: &mut BTreeSet<Want>) {
        wants.extend(self.asked.iter().cloned().map(Want::List));
    }

    fn refresh(&mut self, inside: &Inside<'_>, _width: u16) -> bool {
        let stamp = self.stamp(inside);
        if self.stamp.as_ref() == Some(&stamp) {
            return false;
        }
        let Some(whole) = &inside.object.whole else {
            return false;
        };
        let (group, kind, _) = inside.object.kind(inside.shared);
        let root = Root {
            name: &inside.object.name,
            group: group.as_str(),
            kind: kind.as_str(),
            value: &whole.value,
        };
        let (lines, asked) = Tree::new(inside.shared, &root, &self.folds).make(&root);
        self.asked = asked;
        self.stamp = Some(self.stamp(inside));
        let text = Text { lines };
        let another = text != self.text;
        self.text = text;
        another
    }

    fn lines(&self) -> &dyn Lines {
        &self.text
    }

    fn status(&self, cursor: usize, _inside: &Inside<'_>) -> Option<(String, Role)> {
        let line = self.text.lines.get(cursor)?;
        let said = match (line.open, &line.leads) {
            (Some(false), Leads::To(_)) => "enter opens it, right unfolds it",
            (Some(true), Leads::To(_)) => "enter opens it, left folds it",
            (_, Leads::Fold) => "enter folds and unfolds",
            (None, Leads::To(_)) => "enter opens it",
            (_, Leads::Nowhere) => return None,
        };
        Some((said.to_owned(), Role::Faint))
    }

    fn enter(&mut self, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
        match self.text.lines.get(cursor).map(|line| line.leads.clone()) {
            Some(Leads::To(target)) => follow(inside, target, ctx),
            Some(Leads::Fold) => {
                self.fold(cursor, None);
            }
            Some(Leads::Nowhere) | None => {}
        }
        true
    }

    fn run(&mut self, name: &str, cursor: usize, _inside: &Inside<'_>, _ctx: &mut Ctx<'_>) -> bool {
        let open = self.text.lines.get(cursor).and_then(|line| line.open);
        match (name, open) {
            ("toggle_fold", _) => self.fold(cursor, None),
            ("scroll_right", Some(false)) => self.fold(cursor, Some(true)),
            ("scroll_left", Some(true)) => self.fold(cursor, Some(false)),
            ("fold_all", _) => {
                self.fold_all(false);
                true
            }
            ("unfold_all", _) => {
                self.fold_all(true);
                true
            }
            _ => return false,
        };
        true
    }
}

#[cfg(test)]
mod tests;
