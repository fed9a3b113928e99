//! Reading theme files.
//!
//! A theme is a TOML file: `inherits` names another theme, `background` is the colour it is made for, `[palette]` names
//! colours, `[roles]` gives looks. A theme that inherits may change the palette alone and recolour all of its parent.
//! Whatever is wrong becomes a [`Warning`] and the rest still counts: a theme never keeps Portolan from starting.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Role, Theme, bundled, colour};
use crate::text;

/// The longest theme file that is read, in bytes.
const FILE_LIMIT: usize = 256 * 1024;

/// How many themes may inherit one from the other.
const CHAIN_LIMIT: usize = 8;

/// How many warnings one theme gives at most.
const WARNING_LIMIT: usize = 50;

/// How many names a remedy lists.
const KNOWN_LIMIT: usize = 12;

/// The theme that stands in where none can be read.
const DEFAULT: &str = "dark";

const FILE_KEYS: [&str; 4] = ["inherits", "background", "palette", "roles"];

const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

/// Something in a theme file that was not understood and is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The theme in whose file it stands, which may be one inherited from.
    pub theme: String,
    /// The line, counted from 1; 0 when it concerns the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Warning {
            theme,
            line,
            text,
            remedy,
        } = self;
        match line {
            0 => write!(f, "theme {theme}: {text}; {remedy}"),
            _ => write!(f, "theme {theme}, line {line}: {text}; {remedy}"),
        }
    }
}

/// Reads the theme `name` and what it inherits from. `source` gives the text of a theme of the user's; where it has
/// none, the bundled themes are asked, so that a user's `dark` may inherit the bundled `dark`.
pub fn load(name: &str, source: &dyn Fn(&str) -> Option<String>) -> (Theme, Vec<Warning>) {
    let mut loader = Loader::default();
    loader.read_chain(name, source);
    let theme = loader.theme(name);
    (theme, loader.warnings)
}

#[derive(Default)]
struct Loader {
    warnings: Vec<Warning>,
    background: Option<Entry>,
    palette: BTreeMap<String, Entry>,
    roles: BTreeMap<Role, Entry>,
}

/// A value as it stands in a file, to be understood when the whole palette is known.
struct Entry {
    place: Place,
    value: DeValue<'static>,
}

/// Where something stands.
#[derive(Clone)]
struct Place {
    theme: String,
    line: usize,
}

impl Loader {
    /// Reads from the theme down to its first ancestor; what stands nearer to the theme wins.
    fn read_chain(&mut self, name: &str, source: &dyn Fn(&str) -> Option<String>) {
        let mut wanted = name.to_owned();
        let mut place = Place {
            theme: shown(name),
            line: 0,
        };
        let mut seen: Vec<(String, bool)> = Vec::new();
        loop {
            let own = if seen.contains(&(wanted.clone(), true)) {
                None
            } else {
                source(&wanted)
            };
            let is_own = own.is_some();
            let builtin = || {
                bundled()
                    .iter()
                    .find(|(name, _)| *name == wanted)
                    .map(|(_, text)| (*text).to_owned())
            };
            let Some(file) = own.or_else(builtin) else {
                let known = bundled().iter().map(|(name, _)| *name);
                let remedy = suggest(&wanted, known.clone())
                    .unwrap_or_else(|| format!("the bundled themes are {}", known.collect::<Vec<_>>().join(", ")));
                // A cycle among the user's own themes ends here too: each is read once.
                let text = match seen.iter().any(|(name, _)| *name == wanted) {
                    true => format!("\"{}\" inherits from itself", shown(&wanted)),
                    false => format!("there is no theme \"{}\"", shown(&wanted)),
                };
                self.warn(&place, text, remedy);
                if seen.is_empty() && wanted != DEFAULT {
                    DEFAULT.clone_into(&mut wanted);
                    continue;
                }
                return;
            };
            if seen.contains(&(wanted.clone(), is_own)) || seen.len() >= CHAIN_LIMIT {
                let text = format!(
                    "\"{}\" is inherited in a circle or through too many themes",
                    shown(&wanted)
                );
                self.warn(&place, text, "take the inherits line out of one of them".to_owned());
                return;
            }
            seen.push((wanted.clone(), is_own));
            match self.read_file(&wanted, &file) {
                Some((parent, at)) => (wanted, place) = (parent, at),
                None => return,
            }
        }
    }

    /// Takes in one file; answers what it inherits from.
    fn read_file(&mut self, name: &str, file: &str) -> Option<(String, Place)> {
        let place = |span: Range<usize>| Place {
            theme: shown(name),
            line: line_at(file, span.start),
        };
        if file.len() > FILE_LIMIT {
            let text = format!("the file is longer than {} KiB", FILE_LIMIT / 1024);
            self.warn(
                &Place {
                    theme: shown(name),
                    line: 0,
                },
                text,
                "a theme needs about 3 KiB".to_owned(),
            );
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(file);
        for error in errors {
            let at = error.span().map_or(
                Place {
                    theme: shown(name),
                    line: 0,
                },
                place,
            );
            self.warn(&at, shown(error.message()), "write it as TOML has it".to_owned());
        }
        let mut parent = None;
        for (key, value) in table.into_inner() {
            let at = place(key.span());
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("inherits", DeValue::String(name)) => parent = Some((name.to_string(), at)),
                ("background", DeValue::String(_)) => {
                    self.background.get_or_insert_with(|| entry(at, value));
                }
                ("palette", DeValue::Table(colours)) => {
                    for (key, value) in colours {
                        let entry = entry(place(key.span()), value.clone());
                        self.palette.entry(key.get_ref().to_string()).or_insert(entry);
                    }
                }
                ("roles", DeValue::Table(roles)) => {
                    for (key, value) in roles {
                        let at = place(key.span());
                        match Role::named(key.get_ref()) {
                            Some(role) => {
                                self.roles.entry(role).or_insert_with(|| entry(at, value.clone()));
                            }
                            None => {
                                let names = Role::ALL.iter().map(|role| role.name());
                                self.warn_unknown(&at, "role", key.get_ref(), names);
                            }
                        }
                    }
                }
                (known, _) if FILE_KEYS.contains(&known) => {
                    let kind = if matches!(known, "palette" | "roles") {
                        "table"
                    } else {
                        "text in quotes"
                    };
                    self.warn(
                        &at,
                        format!("{known} must be a {kind}"),
                        "see the bundled dark theme".to_owned(),
                    );
                }
                (unknown, _) => self.warn_unknown(&at, "key", unknown, FILE_KEYS.into_iter()),
            }
        }
        parent
    }

    /// Makes the theme of what was read.
    fn theme(&mut self, name: &str) -> Theme {
        let mut palette = BTreeMap::new();
        for (name, Entry { place, value }) in std::mem::take(&mut self.palette) {
            match literal(&value) {
                Some(colour) => {
                    palette.insert(name, colour);
                }
                None => {
                    let text = format!("the colour {} is not understood", shown(&name));
                    self.warn(
                        &place,
                        text,
                        "write \"#rrggbb\", a number from 0 to 255, or a name such as \"light-blue\"".to_owned(),
                    );
                }
            }
        }
        let mut styles = [Style::new(); Role::COUNT];
        let roles = std::mem::take(&mut self.roles);
        // Parents stand before their children in `Role::ALL`, so a parent's look is always there already.
        for role in Role::ALL.iter().copied() {
            let inherited = styles[role.parent() as usize];
            styles[role as usize] = match roles.get(&role) {
                Some(Entry { place, value }) => self.style(place, value, &palette).unwrap_or(inherited),
                // The ground is the screen's: it is painted once, not by every role that looks like it.
                None if role.parent() == Role::Base && role != Role::Popup => Style { bg: None, ..inherited },
                None => inherited,
            };
        }
        let declared = self.background.take();
        let background = declared.and_then(|Entry { place, value }| self.colour(&place, &value, &palette));
        let background = background.or(styles[Role::Base as usize].bg).unwrap_or(Color::Black);
        Theme {
            name: shown(name),
            background,
            styles,
        }
    }

    fn style(&mut self, place: &Place, value: &DeValue<'_>, palette: &BTreeMap<String, Color>) -> Option<Style> {
        let DeValue::Table(table) = value else {
            return Some(Style {
                fg: self.colour(place, value, palette),
                ..Style::new()
            });
        };
        let mut style = Style::new();
        for (key, value) in table {
            let modifier = MODIFIERS.iter().find(|(name, _)| *name == key.get_ref().as_ref());
            match (key.get_ref().as_ref(), modifier, value.get_ref()) {
                ("fg", ..) => style.fg = self.colour(place, value.get_ref(), palette),
                ("bg", ..) => style.bg = self.colour(place, value.get_ref(), palette),
                (_, Some((_, modifier)), DeValue::Boolean(on)) => {
                    style.add_modifier.set(*modifier, *on);
                }
                (name, Some(_), _) => {
                    self.warn(
                        place,
                        format!("{name} must be true or false"),
                        format!("write {name} = true"),
                    );
                }
                (unknown, None, _) => {
                    let known = ["fg", "bg"].into_iter().chain(MODIFIERS.iter().map(|(name, _)| *name));
                    self.warn_unknown(place, "attribute", unknown, known);
                }
            }
        }
        Some(style)
    }

    fn colour(&mut self, place: &Place, value: &DeValue<'_>, palette: &BTreeMap<String, Color>) -> Option<Color> {
        let named = value.as_str().and_then(|name| palette.get(name).copied());
        let found = named.or_else(|| literal(value));
        if found.is_none() {
            match value.as_str() {
                Some(name) => {
                    let known = palette.keys().map(String::as_str).chain(colour::names());
                    self.warn_unknown(place, "colour", name, known);
                }
                None => self.warn(
                    place,
                    "this is not a colour".to_owned(),
                    "write \"#rrggbb\" or the name of a colour in [palette]".to_owned(),
                ),
            }
        }
        found
    }

    fn warn_unknown<'a>(
        &mut self,
        place: &Place,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) {
        let remedy = suggest(name, known.clone()).unwrap_or_else(|| {
            let some: Vec<String> = known.clone().take(KNOWN_LIMIT).map(shown).collect();
            let more = if known.count() > KNOWN_LIMIT { ", …" } else { "" };
            format!("known are {}{more}", some.join(", "))
        });
        self.warn(place, format!("unknown {what} \"{}\"", shown(name)), remedy);
    }

    fn warn(&mut self, place: &Place, text: String, remedy: String) {
        if self.warnings.len() < WARNING_LIMIT {
            let Place { theme, line } = place.clone();
            self.warnings.push(Warning {
                theme,
                line,
                text,
                remedy,
            });
        }
    }
}

fn entry(place: Place, value: Spanned<DeValue<'_>>) -> Entry {
    let mut value = value.into_inner();
    value.make_owned();
    Entry {
        place,
        value: owned(value),
    }
}

/// The same value without a borrow from the file.
fn owned(value: DeValue<'_>) -> DeValue<'static> {
    match value {
        DeValue::String(text) => DeValue::String(text.into_owned().into()),
        DeValue::Boolean(on) => DeValue::Boolean(on),
        DeValue::Integer(number) => DeValue::String(number.as_str().to_owned().into()),
        DeValue::Table(table) => {
            let pairs = table.into_iter().map(|(key, value)| {
                let key = Spanned::new(key.span(), key.into_inner().into_owned().into());
                let span = value.span();
                (key, Spanned::new(span, owned(value.into_inner())))
            });
            DeValue::Table(pairs.collect())
        }
        // Nothing in a theme is a float, a date or a list: any value that is no colour makes the same warning.
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) => DeValue::Array(Default::default()),
    }
}

fn literal(value: &DeValue<'_>) -> Option<Color> {
    colour::parse(value.as_str()?)
}

fn suggest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    text::nearest(name, known).map(|near| format!("did you mean \"{}\"?", shown(near)))
}

fn line_at(file: &str, offset: usize) -> usize {
    file.as_bytes()
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// What a user wrote, as it may be shown.
fn shown(raw: &str) -> String {
    text::cut(&text::clean(raw), 80).into_owned()
}
