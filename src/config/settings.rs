//! The resolved configuration: every setting with a value, in the types the program uses.

use super::{ColorDepth, Traits};
use crate::keys::Row;
use regex::Regex;

/// Everything that can be configured, resolved: defaults filled in, names checked, patterns compiled.
#[derive(Debug, Clone)]
pub struct Config {
    /// The theme's name.
    pub theme: String,
    /// The keymap's name.
    pub keymap: String,
    /// How many colours to use.
    pub color: ColorChoice,
    /// What lines and boxes are drawn with.
    pub borders: BorderChoice,
    /// At most this many frames a second.
    pub frames_per_second: u32,
    /// Where copied text goes.
    pub clipboard: ClipboardChoice,
    /// Whether programs that a kubeconfig names may run.
    pub exec_plugins: ExecPolicy,
    /// The view to open in a context without a last view.
    pub default_view: String,
    /// Contexts whose name matches one of these are production.
    pub production_pattern: Vec<Regex>,
    /// How lists are held.
    pub lists: ListSettings,
    /// How logs are held.
    pub logs: LogSettings,
    /// What differs in some contexts, in the order of the file.
    pub contexts: Vec<ContextRule>,
    /// The user's own keys, to be laid over the keymap.
    pub keys: Vec<Row>,
}

/// How lists are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListSettings {
    /// Seconds for which a deleted row stays visible.
    pub linger_seconds: u32,
    /// Seconds for which a new row stays marked as new.
    pub new_seconds: u32,
    /// Seconds for which a list is kept up to date after nobody shows it any more.
    pub warm_seconds: u64,
}

/// How logs are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSettings {
    /// What a view of logs holds at most, in MiB.
    pub ring_mib: u32,
}

/// A choice written as one of a few words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The words that may be written, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The choice with this word.
            pub fn named(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }

            /// The word for this choice.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
    };
}

choice!(
    /// How many colours to use.
    ColorChoice {
        /// What the terminal says of itself.
        Auto = "auto",
        /// 16 million colours.
        True = "true",
        /// The 256 indexed colours.
        Indexed = "256",
        /// The 16 colours of the terminal's own palette.
        Ansi = "16",
        /// No colours: bold, reverse and underline only.
        None = "none",
    }
);

choice!(
    /// What lines and boxes are drawn with.
    BorderChoice {
        /// Box-drawing characters where the locale is UTF-8.
        Auto = "auto",
        /// Box-drawing characters.
        Unicode = "unicode",
        /// `+`, `-` and `|`.
        Ascii = "ascii",
    }
);

choice!(
    /// Where copied text goes.
    ClipboardChoice {
        /// Through the terminal over SSH, else to the system's clipboard.
        Auto = "auto",
        /// Through the terminal (OSC 52).
        Osc52 = "osc52",
        /// To the system's clipboard.
        System = "system",
        /// To a file that only the user can read.
        File = "file",
    }
);

choice!(
    /// Whether programs that a kubeconfig names may run.
    ExecPolicy {
        /// After a question, once for each program.
        Ask = "ask",
        /// Without a question.
        Allow = "allow",
        /// Never.
        Deny = "deny",
    }
);

impl ColorChoice {
    /// How many colours to use in a terminal with these traits.
    pub fn depth(self, traits: &Traits) -> ColorDepth {
        match self {
            ColorChoice::Auto => traits.depth,
            ColorChoice::True => ColorDepth::True,
            ColorChoice::Indexed => ColorDepth::Indexed,
            ColorChoice::Ansi => ColorDepth::Ansi,
            ColorChoice::None => ColorDepth::None,
        }
    }
}

impl BorderChoice {
    /// Whether to draw with box-drawing characters in a terminal with these traits.
    pub fn unicode(self, traits: &Traits) -> bool {
        match self {
            BorderChoice::Auto => traits.unicode,
            BorderChoice::Unicode => true,
            BorderChoice::Ascii => false,
        }
    }
}

/// What differs in the contexts whose name matches a glob.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextRule {
    /// The name, where `*` stands for any characters and `?` for one.
    pub glob: String,
    /// Another theme.
    pub theme: Option<String>,
    /// The namespace to begin in, before what the kubeconfig says.
    pub namespace: Option<String>,
    /// The view to begin with.
    pub view: Option<String>,
    /// Whether this is production, whatever its name says.
    pub production: Option<bool>,
}

/// What holds in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSettings {
    /// The theme's name.
    pub theme: String,
    /// The namespace to begin in, if one is configured.
    pub namespace: Option<String>,
    /// The view to begin with, if one is configured for this context.
    pub view: Option<String>,
    /// Whether this is production.
    pub production: bool,
}

impl Config {
    /// What holds in the context of this name. Where several sections match, a later one wins, setting by setting.
    pub fn for_context(&self, name: &str) -> ContextSettings {
        let mut settings = ContextSettings {
            theme: self.theme.clone(),
            namespace: None,
            view: None,
            production: self.production_pattern.iter().any(|pattern| pattern.is_match(name)),
        };
        for rule in self.contexts.iter().filter(|rule| matches_glob(&rule.glob, name)) {
            if let Some(theme) = &rule.theme {
                settings.theme.clone_from(theme);
            }
            settings.namespace = rule.namespace.clone().or(settings.namespace);
            settings.view = rule.view.clone().or(settings.view);
            settings.production = rule.production.unwrap_or(settings.production);
        }
        settings
    }
}

/// Whether a name matches a glob in which `*` stands for any characters and `?` for one. Takes at most the product of the
/// lengths.
pub fn matches_glob(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut g, mut n) = (0, 0);
    // Where the last star stood, and how far the name was eaten when it was met.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, n));
                g += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => {
                g += 1;
                n += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    g = at + 1;
                    n = eaten + 1;
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|letter| *letter == '*')
}
