//! The one definition of every setting: where it stands, what it may be, its default, and what it does.

use super::settings::{
    BorderChoice, ClipboardChoice, ColorChoice, Config, ContextRule, ExecPolicy, ListSettings, LogSettings,
};
use regex::{Regex, RegexBuilder};
use toml::de::DeValue;

/// What may be written for a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds, both included.
    Whole(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a file without its ending: a theme, a keymap.
    Name,
    /// Any text of one line.
    Text,
    /// Regular expressions: one, or a list.
    Patterns,
}

/// One setting of `T`, which is the whole configuration or the section of a context.
pub struct Field<T> {
    /// The section it stands in; empty for the beginning of the file.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What may be written.
    pub kind: Kind,
    /// Its default as it is written in the file; for a context, an example.
    pub default: &'static str,
    /// What it does, in sentences of one line each.
    pub doc: &'static [&'static str],
    set: fn(&mut T, Value),
}

/// A checked value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Flag(bool),
    Whole(u64),
    Text(String),
    Patterns(Vec<Regex>),
}

/// Why a value is not what a setting may be: the text and the remedy.
pub(super) struct Refused {
    pub(super) text: String,
    pub(super) remedy: String,
}

/// A pattern that compiles to more than this is refused.
const LARGEST_PATTERN: usize = 1 << 20;

/// The longest text a setting may have, in bytes.
const LONGEST_TEXT: usize = 1024;

impl Value {
    fn flag(self) -> bool {
        matches!(self, Value::Flag(true))
    }

    fn whole(self) -> u64 {
        if let Value::Whole(number) = self { number } else { 0 }
    }

    /// Bounded by the field's kind, so nothing is cut in practice.
    fn small(self) -> u32 {
        u32::try_from(self.whole()).unwrap_or(u32::MAX)
    }

    fn text(self) -> String {
        if let Value::Text(text) = self {
            text
        } else {
            String::new()
        }
    }

    fn patterns(self) -> Vec<Regex> {
        if let Value::Patterns(patterns) = self {
            patterns
        } else {
            Vec::new()
        }
    }
}

/// Every setting of the file, in the order in which the documented file shows them.
pub const FIELDS: &[Field<Config>] = &[
    Field {
        section: "",
        name: "theme",
        kind: Kind::Name,
        default: "\"dark\"",
        doc: &["The theme: one that comes with Portolan, or themes/NAME.toml in this folder."],
        set: |config, value| config.theme = value.text(),
    },
    Field {
        section: "",
        name: "keymap",
        kind: Kind::Name,
        default: "\"default\"",
        doc: &[
            "The keymap: default, vim, k9s, or keymaps/NAME.toml in this folder. Single keys: see [keys.table] below.",
        ],
        set: |config, value| config.keymap = value.text(),
    },
    Field {
        section: "",
        name: "color",
        kind: Kind::Choice(ColorChoice::WORDS),
        default: "\"auto\"",
        doc: &["How many colours to use. auto is what the terminal says of itself; NO_COLOR is obeyed."],
        set: |config, value| config.color = ColorChoice::named(&value.text()).unwrap_or(config.color),
    },
    Field {
        section: "",
        name: "borders",
        kind: Kind::Choice(BorderChoice::WORDS),
        default: "\"auto\"",
        doc: &["What lines are drawn with. auto is Unicode where the locale is UTF-8."],
        set: |config, value| config.borders = BorderChoice::named(&value.text()).unwrap_or(config.borders),
    },
    Field {
        section: "",
        name: "frames_per_second",
        kind: Kind::Whole(1, 30),
        default: "30",
        doc: &["At most this many frames a second. Nothing is drawn while nothing changes; keys are answered at once."],
        set: |config, value| config.frames_per_second = value.small(),
    },
    Field {
        section: "",
        name: "clipboard",
        kind: Kind::Choice(ClipboardChoice::WORDS),
        default: "\"auto\"",
        doc: &[
            "Where copied text goes. auto sends it through the terminal (OSC 52) over SSH, else to the system's clipboard.",
        ],
        set: |config, value| config.clipboard = ClipboardChoice::named(&value.text()).unwrap_or(config.clipboard),
    },
    Field {
        section: "",
        name: "exec_plugins",
        kind: Kind::Choice(ExecPolicy::WORDS),
        default: "\"allow\"",
        doc: &[
            "Whether programs that a kubeconfig names for signing in may run. allow runs them as kubectl does; ask asks in each",
            "run of Portolan; deny runs none.",
        ],
        set: |config, value| config.exec_plugins = ExecPolicy::named(&value.text()).unwrap_or(config.exec_plugins),
    },
    Field {
        section: "",
        name: "default_view",
        kind: Kind::Text,
        default: "\"pods\"",
        doc: &["What to open in a context that was not visited before: a kind, a short name, or several with commas."],
        set: |config, value| config.default_view = value.text(),
    },
    Field {
        section: "",
        name: "production_pattern",
        kind: Kind::Patterns,
        default: r"['(?i)(^|[-_.:/@])(prod|production|prd|live)([-_.:/@]|$)']",
        doc: &[
            "Contexts whose name matches one of these regular expressions are production: a colour band of their own, and the word.",
            "An empty list means none. Single contexts: see [contexts] below.",
        ],
        set: |config, value| config.production_pattern = value.patterns(),
    },
    Field {
        section: "lists",
        name: "linger_seconds",
        kind: Kind::Whole(0, 60),
        default: "3",
        doc: &["Seconds for which a deleted row stays visible, marked as deleted."],
        set: |config, value| config.lists.linger_seconds = value.small(),
    },
    Field {
        section: "lists",
        name: "new_seconds",
        kind: Kind::Whole(0, 60),
        default: "5",
        doc: &["Seconds for which a new row stays marked as new."],
        set: |config, value| config.lists.new_seconds = value.small(),
    },
    Field {
        section: "lists",
        name: "warm_seconds",
        kind: Kind::Whole(0, 3600),
        default: "60",
        doc: &["Seconds for which a list is kept up to date after you left it, so that coming back costs nothing."],
        set: |config, value| config.lists.warm_seconds = value.whole(),
    },
    Field {
        section: "logs",
        name: "ring_mib",
        kind: Kind::Whole(1, 4096),
        default: "64",
        doc: &["What a view of logs holds at most, in MiB; then the oldest lines go. A million lines need some 160."],
        set: |config, value| config.logs.ring_mib = value.small(),
    },
];

/// What may stand in `[contexts."NAME"]`.
pub const CONTEXT_FIELDS: &[Field<ContextRule>] = &[
    Field {
        section: "contexts",
        name: "theme",
        kind: Kind::Name,
        default: "\"light\"",
        doc: &["Another theme."],
        set: |rule, value| rule.theme = Some(value.text()),
    },
    Field {
        section: "contexts",
        name: "namespace",
        kind: Kind::Text,
        default: "\"shop\"",
        doc: &["The namespace to begin in, before what the kubeconfig says."],
        set: |rule, value| rule.namespace = Some(value.text()),
    },
    Field {
        section: "contexts",
        name: "view",
        kind: Kind::Text,
        default: "\"deployments\"",
        doc: &["What to open first."],
        set: |rule, value| rule.view = Some(value.text()),
    },
    Field {
        section: "contexts",
        name: "production",
        kind: Kind::Flag,
        default: "true",
        doc: &["Whether this is production, whatever its name says."],
        set: |rule, value| rule.production = Some(value.flag()),
    },
];

impl<T> Field<T> {
    /// Checks a value from the file and sets it.
    pub(super) fn apply(&self, target: &mut T, value: &DeValue<'_>) -> Result<(), Refused> {
        let checked = self.check(value)?;
        (self.set)(target, checked);
        Ok(())
    }

    fn check(&self, value: &DeValue<'_>) -> Result<Value, Refused> {
        let wrong_type = |wanted: &str| Refused {
            text: format!("`{}` has a value of type {}", self.name, value.type_str()),
            remedy: format!("write {wanted}, as in `{} = {}`", self.name, self.default),
        };
        match (self.kind, value) {
            (Kind::Flag, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
            (Kind::Flag, _) => Err(wrong_type("true or false")),
            (Kind::Whole(least, most), DeValue::Integer(number)) => {
                let digits = number.as_str().replace('_', "");
                let parsed = u64::from_str_radix(digits.trim_start_matches('+'), number.radix()).ok();
                match parsed.filter(|number| (least..=most).contains(number)) {
                    Some(number) => Ok(Value::Whole(number)),
                    None => Err(Refused {
                        text: format!("`{}` is out of bounds", self.name),
                        remedy: format!("write a whole number from {least} to {most}"),
                    }),
                }
            }
            (Kind::Whole(..), _) => Err(wrong_type("a whole number")),
            (Kind::Choice(words), DeValue::String(word)) => {
                if words.contains(&word.as_ref()) {
                    return Ok(Value::Text(word.to_string()));
                }
                Err(Refused {
                    text: format!("`{}` cannot be \"{}\"", self.name, short(word)),
                    remedy: match crate::keys::nearest(word, words.iter().copied()).filter(|_| word.len() > 2) {
                        Some(known) => format!("write \"{known}\""),
                        None => format!("write one of \"{}\"", words.join("\", \"")),
                    },
                })
            }
            (Kind::Choice(words), _) => Err(wrong_type(&format!("one of \"{}\"", words.join("\", \"")))),
            (Kind::Name, DeValue::String(name)) if crate::keys::is_plain_name(name) => {
                Ok(Value::Text(name.to_string()))
            }
            (Kind::Name, DeValue::String(name)) => Err(Refused {
                text: format!("`{}` cannot be \"{}\"", self.name, short(name)),
                remedy: "write the name alone, without folder and ending".into(),
            }),
            (Kind::Text, DeValue::String(text)) => {
                if text.len() > LONGEST_TEXT || text.is_empty() || text.chars().any(char::is_control) {
                    return Err(Refused {
                        text: format!(
                            "`{}` is empty, longer than {LONGEST_TEXT} bytes or not one line",
                            self.name
                        ),
                        remedy: "write a short text, or remove the row".into(),
                    });
                }
                Ok(Value::Text(text.to_string()))
            }
            (Kind::Name | Kind::Text, _) => Err(wrong_type("a text in quotes")),
            (Kind::Patterns, DeValue::String(pattern)) => Ok(Value::Patterns(vec![self.pattern(pattern)?])),
            (Kind::Patterns, DeValue::Array(items)) => {
                let mut patterns = Vec::new();
                for item in items.iter() {
                    let pattern = item.get_ref().as_str().ok_or_else(|| Refused {
                        text: format!("`{}` holds a value of type {}", self.name, item.get_ref().type_str()),
                        remedy: "write regular expressions in quotes only".into(),
                    })?;
                    patterns.push(self.pattern(pattern)?);
                }
                Ok(Value::Patterns(patterns))
            }
            (Kind::Patterns, _) => Err(wrong_type("a list of texts")),
        }
    }

    fn pattern(&self, text: &str) -> Result<Regex, Refused> {
        RegexBuilder::new(text)
            .size_limit(LARGEST_PATTERN)
            .build()
            .map_err(|error| {
                // The last line of the explanation is the reason; those before it draw the place with arrows.
                let reason = error.to_string();
                let reason = reason
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned();
                Refused {
                    text: format!(
                        "`{}` has a wrong regular expression `{}`: {reason}",
                        self.name,
                        short(text)
                    ),
                    remedy: "correct it; a backslash goes into single quotes, as in '\\d+'".into(),
                }
            })
    }
}

/// The beginning of a text, for a warning of one line.
fn short(text: &str) -> String {
    let mut cut: String = text
        .chars()
        .take(40)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

impl Config {
    /// A configuration without the defaults, which the field rows bring.
    fn blank() -> Config {
        Config {
            theme: String::new(),
            keymap: String::new(),
            color: ColorChoice::Auto,
            borders: BorderChoice::Auto,
            frames_per_second: 1,
            clipboard: ClipboardChoice::Auto,
            exec_plugins: ExecPolicy::Allow,
            default_view: String::new(),
            production_pattern: Vec::new(),
            lists: ListSettings::default(),
            logs: LogSettings::default(),
            contexts: Vec::new(),
            keys: Vec::new(),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        let mut config = Config::blank();
        for field in FIELDS {
            // A test proves that every default is accepted.
            if let Ok(value) = DeValue::parse(field.default) {
                let _ = field.apply(&mut config, value.get_ref());
            }
        }
        config
    }
}
