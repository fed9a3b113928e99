//! The rows of help, in sections.

use crate::keys::Layer;
use crate::screens::common::{CHOOSING, TYPING, key_label, keys_of, passes};
use crate::screens::{CommandRow, Shared};
use crate::theme::Role;
use crate::ui::{Choice, key_text};

/// How many keys of a command are shown.
const MOST_KEYS: usize = 3;

/// A row's command, and whether it can be used now; none for headings and for what only keys can do.
type Runs = Option<(&'static str, bool)>;

/// The rows that what was typed lets through, and the command behind each.
pub fn rows(typed: &str, shared: &Shared) -> (Vec<Choice>, Vec<Runs>) {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut items = Vec::new();
    let mut runs = Vec::new();
    let everywhere = |row: &CommandRow| !shared.keymap.keys_of(&[Layer::Global], row.name).is_empty();
    // Who types a key asks what it does.
    let asked: Vec<&CommandRow> = shared
        .commands
        .iter()
        .filter(|row| keys_of(shared, row.name).iter().any(|key| key == typed.trim()))
        .collect();
    let (global, here): (Vec<&CommandRow>, Vec<&CommandRow>) = shared.commands.iter().partition(|row| everywhere(row));
    for (heading, rows) in [("This key", asked), ("Here", here), ("Everywhere", global)] {
        let rows = rows.into_iter().map(|row| {
            let keys = key_label(shared, row.name, MOST_KEYS);
            (keys, row.name, row.doc, Some((row.name, row.enabled)))
        });
        let words: &[String] = if heading == "This key" { &[] } else { &words };
        section(&mut items, &mut runs, words, heading, rows);
    }
    for (heading, layer, commands) in [
        ("While a line is typed", Layer::Prompt, TYPING),
        ("In a list over the screen", Layer::Popup, CHOOSING),
    ] {
        let rows = commands
            .iter()
            .map(|(name, doc)| (keys_in(shared, layer, name), *name, *doc, None));
        section(&mut items, &mut runs, &words, heading, rows);
    }
    (items, runs)
}

fn section<'a>(
    items: &mut Vec<Choice>,
    runs: &mut Vec<Runs>,
    words: &[String],
    heading: &str,
    rows: impl Iterator<Item = (String, &'a str, &'a str, Runs)>,
) {
    let mut first = true;
    for (keys, name, doc, runs_it) in rows {
        let shown = name.replace('_', " ");
        if !passes(words, &[&shown, doc, &keys, name]) {
            continue;
        }
        if first {
            items.push(Choice {
                text: heading.to_owned(),
                heading: true,
                ..Choice::default()
            });
            runs.push(None);
            first = false;
        }
        let usable = runs_it.is_none_or(|(_, enabled)| enabled);
        items.push(Choice {
            text: keys,
            detail: doc.to_owned(),
            tag: if usable { shown } else { format!("{shown}, not now") },
            role: if usable { Role::Key } else { Role::Faint },
            ..Choice::default()
        });
        runs.push(runs_it);
    }
}

fn keys_in(shared: &Shared, layer: Layer, command: &str) -> String {
    let keys = shared.keymap.keys_of(&[layer], command);
    let shown: Vec<String> = keys
        .iter()
        .take(MOST_KEYS)
        .map(|key| key_text(key, shared.settings.ascii))
        .collect();
    shown.join("  ")
}
