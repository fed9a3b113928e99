//! Reading the configuration: text to settings, with a warning for everything that is not understood.

use super::fields::{CONTEXT_FIELDS, FIELDS, Field};
use super::settings::{Config, ContextRule};
use crate::keys::{Warning, line_at, nearest, read_layers, syntax_errors};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A configuration larger than this is not one. Bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Warnings beyond this many are counted, not listed.
const MOST_WARNINGS: usize = 50;

/// Sections beside those of the fields.
const CONTEXTS: &str = "contexts";
const KEYS: &str = "keys";

/// Reads the file at `path`; one that is missing means the defaults. Never fails: what is wrong is told.
pub fn load(path: &Path) -> (Config, Vec<Warning>) {
    let file = path.display().to_string();
    let whole = |text: String, remedy: &str| {
        let warning = Warning {
            file: file.clone(),
            line: None,
            text,
            remedy: remedy.to_owned(),
        };
        (Config::default(), vec![warning])
    };
    let mut bytes = Vec::new();
    let result = File::open(path).and_then(|opened| opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => return (Config::default(), Vec::new()),
        Err(error) => {
            return whole(
                format!("it cannot be read ({error})"),
                "check what it is and who may read it",
            );
        }
        Ok(_) => {}
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return whole(
            "it is larger than 1 MiB".into(),
            "is it the right file? `portolan --print-config` shows one",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => read(&file, &text),
        Err(_) => whole("it is not UTF-8 text".into(), "save it as UTF-8"),
    }
}

/// Reads the configuration `text`, the content of `file`. Each wrong part keeps its default and is told.
pub fn read(file: &str, text: &str) -> (Config, Vec<Warning>) {
    let mut reader = Reader {
        file,
        text,
        warnings: Vec::new(),
    };
    let mut config = Config::default();
    let (document, errors) = DeTable::parse_recoverable(text);
    for (line, told) in syntax_errors(text, &errors) {
        let remedy = "correct the line; a setting is `name = value`, a text stands in quotes".to_owned();
        reader.warnings.push(Warning {
            file: file.to_owned(),
            line,
            text: told,
            remedy,
        });
    }
    reader.root(&mut config, document.get_ref());
    let mut warnings = reader.warnings;
    warnings.sort_by_key(|warning| warning.line);
    if warnings.len() > MOST_WARNINGS {
        let more = warnings.len() - MOST_WARNINGS;
        warnings.truncate(MOST_WARNINGS);
        let remedy = "mend the first ones and start again".to_owned();
        warnings.push(Warning {
            file: file.into(),
            line: None,
            text: format!("{more} more rows are wrong"),
            remedy,
        });
    }
    (config, warnings)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn warn(&mut self, offset: Option<usize>, text: String, remedy: String) {
        let line = offset.map(|offset| line_at(self.text, offset));
        self.warnings.push(Warning {
            file: self.file.to_owned(),
            line,
            text,
            remedy,
        });
    }

    /// The beginning of the file and its sections.
    fn root(&mut self, config: &mut Config, table: &DeTable<'_>) {
        for (name, value) in table {
            let at = name.span().start;
            let written: &str = name.get_ref();
            let is_section =
                written == CONTEXTS || written == KEYS || FIELDS.iter().any(|field| field.section == written);
            match value.get_ref() {
                DeValue::Table(section) if written == CONTEXTS => self.contexts(config, section),
                DeValue::Table(section) if written == KEYS => {
                    let (rows, warnings) = read_layers(self.file, self.text, section, &[]);
                    config.keys = rows;
                    self.warnings.extend(warnings);
                }
                DeValue::Table(section) if is_section => {
                    for (name, value) in section {
                        self.setting(FIELDS, written, config, name, value);
                    }
                }
                _ if is_section => {
                    let text = format!("`{written}` is a section");
                    self.warn(Some(at), text, format!("write `[{written}]` above its settings"));
                }
                DeValue::Table(_)
                    if !FIELDS
                        .iter()
                        .any(|field| field.section.is_empty() && field.name == written) =>
                {
                    let sections = ["lists", "logs", CONTEXTS, KEYS];
                    let remedy = match nearest(written, sections) {
                        Some(known) => format!("write `[{known}]`"),
                        None => format!("the sections are {}", sections.join(", ")),
                    };
                    self.warn(Some(at), format!("there is no section `{written}`"), remedy);
                }
                _ => self.setting(FIELDS, "", config, name, value),
            }
        }
    }

    /// The sections of contexts, in the order of the file, since a later one wins.
    fn contexts(&mut self, config: &mut Config, table: &DeTable<'_>) {
        let mut sections: Vec<_> = table.iter().collect();
        sections.sort_by_key(|(glob, _)| glob.span().start);
        for (glob, value) in sections {
            let Some(section) = value.get_ref().as_table() else {
                let text = format!("`{}` is not the section of a context", glob.get_ref());
                self.warn(
                    Some(glob.span().start),
                    text,
                    "write `[contexts.\"NAME\"]` above its settings".into(),
                );
                continue;
            };
            let mut rule = ContextRule {
                glob: glob.get_ref().to_string(),
                ..ContextRule::default()
            };
            for (name, value) in section {
                self.setting(CONTEXT_FIELDS, CONTEXTS, &mut rule, name, value);
            }
            config.contexts.push(rule);
        }
    }

    /// One `name = value`.
    fn setting<T>(
        &mut self,
        fields: &[Field<T>],
        section: &str,
        target: &mut T,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let written: &str = name.get_ref();
        let Some(field) = fields
            .iter()
            .find(|field| field.section == section && field.name == written)
        else {
            let here = || {
                fields
                    .iter()
                    .filter(|field| field.section == section)
                    .map(|field| field.name)
            };
            let elsewhere = fields
                .iter()
                .find(|field| field.name == written)
                .map(|field| match field.section {
                    "" => "move it to the beginning of the file, above the first section".to_owned(),
                    other => format!("move it to the section `[{other}]`"),
                });
            let remedy = elsewhere
                .or_else(|| nearest(written, here()).map(|known| format!("write `{known}`")))
                .unwrap_or_else(|| "remove it; `portolan --print-config` lists all settings".into());
            self.warn(
                Some(name.span().start),
                format!("there is no setting `{written}` here"),
                remedy,
            );
            return;
        };
        if let Err(refused) = field.apply(target, value.get_ref()) {
            self.warn(Some(value.span().start), refused.text, refused.remedy);
        }
    }
}
