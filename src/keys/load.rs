//! Putting a keymap together: the named file, what it inherits, and the user's rows on top.
//!
//! Files are levels, the most general first. Within one level the order of rows means nothing: unbinding happens before
//! binding, and of two rows that cannot both work the first stays. A later level always wins over an earlier one.

use super::{Chord, Keymap, Layer, Row, Warning, line_at, nearest, print_sequence, read_layers, syntax_errors};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

/// The keymaps that come with the program: name and text. The first is the default.
pub fn bundled() -> &'static [(&'static str, &'static str)] {
    &[
        ("default", include_str!("../../keymaps/default.toml")),
        ("k9s", include_str!("../../keymaps/k9s.toml")),
        ("vim", include_str!("../../keymaps/vim.toml")),
    ]
}

/// What a keymap builds on when it does not say.
const DEFAULT: &str = "default";

/// A longer chain of files is taken for a mistake.
const DEEPEST: usize = 8;

/// Warnings beyond this many are counted, not listed.
const MOST_WARNINGS: usize = 50;

/// Whether a name can be the name of a file in one folder: letters, digits, `-`, `_` and inner dots. Nothing else is looked up.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Loads the keymap `name`. `source` gives the text of a keymap file of the user's by name (it is asked before the bundled
/// ones, so a user's `vim` that inherits `vim` extends the bundled one); `overlay` are rows on top of all; `known` are the names
/// of the commands there are. What is wrong is skipped and told; the result always works.
pub fn load(
    name: &str,
    source: &dyn Fn(&str) -> Option<String>,
    overlay: &[Row],
    known: &[&str],
) -> (Keymap, Vec<Warning>) {
    let mut warnings = Vec::new();
    let mut levels = levels_of(name, source, &mut warnings);
    if !overlay.is_empty() {
        levels.push(overlay.to_vec());
    }
    let mut bound = Bound::default();
    for (depth, level) in levels.into_iter().enumerate() {
        apply(depth, level, known, &mut bound, &mut warnings);
    }
    let mut keymap = Keymap::default();
    for ((layer, chords), row) in &bound {
        keymap.bind(*layer, chords, &row.command);
    }
    if warnings.len() > MOST_WARNINGS {
        let more = warnings.len() - MOST_WARNINGS;
        warnings.truncate(MOST_WARNINGS);
        if let Some(file) = warnings.last().map(|warning| warning.file.clone()) {
            let text = format!("{more} more rows are wrong");
            warnings.push(Warning {
                file,
                line: None,
                text,
                remedy: "mend the first ones and start again".into(),
            });
        }
    }
    (keymap, warnings)
}

/// The rows of the named keymap and of all that it inherits, the most general first.
fn levels_of(name: &str, source: &dyn Fn(&str) -> Option<String>, warnings: &mut Vec<Warning>) -> Vec<Vec<Row>> {
    let mut levels = Vec::new();
    let mut read: BTreeSet<(String, bool)> = BTreeSet::new();
    let mut asked_by = ("the setting `keymap`".to_owned(), None);
    let mut next = Some(name.to_owned());
    while let Some(name) = next.take() {
        let warn_here = |text: String, remedy: String| Warning {
            file: asked_by.0.clone(),
            line: asked_by.1,
            text,
            remedy,
        };
        let users = if is_plain_name(&name) && !read.contains(&(name.clone(), true)) {
            source(&name)
        } else {
            None
        };
        let is_users = users.is_some();
        let ours = bundled()
            .iter()
            .find(|(known, _)| *known == name && !read.contains(&(name.clone(), false)));
        let Some(text) = users.or_else(|| ours.map(|(_, text)| (*text).to_owned())) else {
            let is_cycle = read.iter().any(|(seen, _)| *seen == name);
            let names = bundled().iter().map(|(known, _)| *known);
            if is_cycle {
                let text = format!("the keymap `{name}` inherits itself");
                warnings.push(warn_here(text, "remove one `inherits`".into()));
            } else {
                let remedy = match nearest(&name, names.clone()) {
                    Some(known) => format!("write `{known}`"),
                    None => format!(
                        "use {}, or put {name}.toml in the folder keymaps",
                        names.collect::<Vec<_>>().join(", ")
                    ),
                };
                warnings.push(warn_here(format!("there is no keymap `{name}`"), remedy));
            }
            if !read.iter().any(|(seen, _)| seen == DEFAULT) && name != DEFAULT {
                next = Some(DEFAULT.to_owned());
            }
            continue;
        };
        read.insert((name.clone(), is_users));
        let file = format!("keymaps/{name}.toml");
        let (document, errors) = DeTable::parse_recoverable(&text);
        for (line, told) in syntax_errors(&text, &errors) {
            let remedy = "correct the line; a row is `\"key\" = \"command\"`".to_owned();
            warnings.push(Warning {
                file: file.clone(),
                line,
                text: told,
                remedy,
            });
        }
        let (rows, wrong) = read_layers(&file, &text, document.get_ref(), &["inherits"]);
        warnings.extend(wrong);
        levels.push(rows);

        // Without a word every keymap builds on the default one, so that a file of three rows is a file of three changes.
        let silent = (name != DEFAULT || is_users).then(|| DEFAULT.to_owned());
        let (mut parent, line) = match document.get_ref().get("inherits") {
            None => (silent.filter(|_| !read.contains(&(DEFAULT.to_owned(), false))), None),
            Some(value) => {
                let line = Some(line_at(&text, value.span().start));
                match value.get_ref() {
                    DeValue::String(parent) if parent.is_empty() => (None, line),
                    DeValue::String(parent) => (Some(parent.to_string()), line),
                    other => {
                        let text = format!("`inherits` has a value of type {}", other.type_str());
                        let remedy = "write the name of a keymap, or \"\" to begin with nothing".to_owned();
                        warnings.push(Warning {
                            file: file.clone(),
                            line,
                            text,
                            remedy,
                        });
                        (silent, line)
                    }
                }
            }
        };
        if parent.as_deref().is_some_and(|name| name != DEFAULT) && levels.len() >= DEEPEST {
            let text = format!("the chain of `inherits` is longer than {DEEPEST} files");
            let remedy = "put some of them together".to_owned();
            warnings.push(Warning {
                file: file.clone(),
                line,
                text,
                remedy,
            });
            parent = (!read.contains(&(DEFAULT.to_owned(), false))).then(|| DEFAULT.to_owned());
        }
        asked_by = (file, line);
        next = parent;
    }
    levels.reverse();
    levels
}

/// What is bound so far.
type Bound = BTreeMap<(Layer, Vec<Chord>), BoundRow>;

struct BoundRow {
    command: String,
    depth: usize,
    place: String,
}

/// Lays one level over what is bound so far.
fn apply(depth: usize, level: Vec<Row>, known: &[&str], bound: &mut Bound, warnings: &mut Vec<Warning>) {
    let (unbound, rows): (Vec<Row>, Vec<Row>) = level.into_iter().partition(|row| row.command.is_none());
    for row in unbound {
        bound.remove(&(row.layer, row.chords));
    }
    for row in rows {
        let keys = print_sequence(&row.chords);
        let mut warn = |text: String, remedy: String| {
            warnings.push(Warning {
                file: row.file.clone(),
                line: Some(row.line),
                text,
                remedy,
            });
        };
        let Some(command) = row.command else { continue };
        if !known.contains(&command.as_str()) {
            let remedy = match nearest(&command, known.iter().copied()) {
                Some(name) => format!("write `{name}`"),
                None => "`portolan --print-keys` lists the commands in use".to_owned(),
            };
            warn(format!("there is no command `{command}`"), remedy);
            continue;
        }
        let clashes: Vec<(Layer, Vec<Chord>)> = bound
            .iter()
            .filter(|((layer, chords), old)| {
                let same = *chords == row.chords;
                *layer == row.layer
                    && (chords.starts_with(&row.chords) || row.chords.starts_with(chords))
                    && !(same && old.depth < depth)
            })
            .map(|(key, _)| key.clone())
            .collect();
        let mut refused = false;
        for clash in clashes {
            let Some(old) = bound.get(&clash) else { continue };
            let other = print_sequence(&clash.1);
            if clash.1 == row.chords {
                warn(
                    format!("`{keys}` is already bound to {} in {}", old.command, old.place),
                    "remove one of the rows".into(),
                );
                refused = true;
                continue;
            }
            let shorter_first = clash.1.len() < row.chords.len();
            let (short, long) = if shorter_first {
                (&other, &keys)
            } else {
                (&keys, &other)
            };
            if old.depth == depth {
                let text = format!(
                    "`{short}` would act before `{long}` is complete ({} in {})",
                    old.command, old.place
                );
                warn(text, format!("change one of them; `{other}` is kept"));
                refused = true;
            } else {
                let text = format!(
                    "`{short}` would act before `{long}` is complete ({} in {})",
                    old.command, old.place
                );
                warn(
                    text,
                    format!("add the row \"{other}\" = \"\" if you mean it; `{keys}` is kept"),
                );
                bound.remove(&clash);
            }
        }
        if !refused {
            let place = format!("{}:{}", row.file, row.line);
            bound.insert((row.layer, row.chords), BoundRow { command, depth, place });
        }
    }
}
