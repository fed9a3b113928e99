//! Reading the rows of a keymap out of TOML, each with its line. Knows nothing of inheritance or of commands.

use super::{Chord, Layer, Warning, line_at, nearest, parse_sequence};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// More rows than this in one file are not read: nobody has so many keys.
const MOST_ROWS: usize = 1000;

/// One row of a keymap file: a sequence of keys and what it is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The file, as the user would name it.
    pub file: String,
    /// The line of the key, counted from one.
    pub line: usize,
    /// The section it stands in.
    pub layer: Layer,
    /// The keys; never empty.
    pub chords: Vec<Chord>,
    /// The command's name as written, or none to unbind the keys.
    pub command: Option<String>,
}

/// The entries of a table in the order in which they stand in the file.
pub(super) fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Reads the sections of layers in `table`, a part of `text`, which is the content of `file`. Entries named in `others` are
/// somebody else's. Wrong rows are skipped with a warning.
pub fn read_layers(file: &str, text: &str, table: &DeTable<'_>, others: &[&str]) -> (Vec<Row>, Vec<Warning>) {
    let mut rows = Vec::new();
    let mut warnings = Vec::new();
    let mut warn = |offset: usize, text_of: String, remedy: String| {
        warnings.push(Warning {
            file: file.to_owned(),
            line: Some(line_at(text, offset)),
            text: text_of,
            remedy,
        });
    };
    for (name, value) in in_order(table) {
        let section: &str = name.get_ref();
        if others.contains(&section) {
            continue;
        }
        let names = || Layer::ALL.map(Layer::name).join(", ");
        let Some(layer) = Layer::named(section) else {
            let remedy = match nearest(section, Layer::ALL.map(Layer::name)) {
                Some(known) => format!("write `[{known}]`"),
                None if value.get_ref().is_table() => format!("the sections are {}", names()),
                None => format!("put keys in a section; the sections are {}", names()),
            };
            warn(name.span().start, format!("there is no section `{section}`"), remedy);
            continue;
        };
        let Some(entries) = value.get_ref().as_table() else {
            warn(
                name.span().start,
                format!("`{section}` is not a section"),
                format!("write `[{section}]` above its keys"),
            );
            continue;
        };
        for (keys, command) in in_order(entries) {
            let offset = keys.span().start;
            if rows.len() == MOST_ROWS {
                warn(
                    offset,
                    format!("there are more than {MOST_ROWS} keys"),
                    "remove some; the rest is not read".into(),
                );
                return (rows, warnings);
            }
            let command = match command.get_ref() {
                DeValue::String(name) if name.is_empty() => None,
                DeValue::Boolean(false) => None,
                DeValue::String(name) => Some(name.to_string()),
                other => {
                    let text = format!("`{}` has a value of type {}", keys.get_ref(), other.type_str());
                    warn(
                        offset,
                        text,
                        "write the name of a command, or \"\" to unbind the key".into(),
                    );
                    continue;
                }
            };
            match parse_sequence(keys.get_ref()) {
                Ok(chords) => {
                    rows.push(Row {
                        file: file.to_owned(),
                        line: line_at(text, offset),
                        layer,
                        chords,
                        command,
                    });
                }
                Err(error) => warn(offset, error.text, error.remedy),
            }
        }
    }
    (rows, warnings)
}
