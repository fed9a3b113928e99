//! From names in the configuration to the theme and the keymap themselves, the user's own files first.

use super::{ColorDepth, Config, Paths};
use crate::keys::{self, Keymap, Warning};
use crate::theme::{self, Depth, Theme};

/// The theme of this name, in all its colours. What is wrong in its files is told and passed over.
pub fn load_theme(name: &str, paths: &Paths) -> (Theme, Vec<Warning>) {
    let (theme, warnings) = theme::load(name, &paths.theme_source());
    let warnings = warnings
        .into_iter()
        .map(|warning| Warning {
            file: format!("themes/{}.toml", warning.theme),
            line: (warning.line > 0).then_some(warning.line),
            text: warning.text,
            remedy: warning.remedy,
        })
        .collect();
    (theme, warnings)
}

/// The configured keymap with the user's own keys on top. `known` are the names of the commands there are. What is wrong is told
/// and passed over.
pub fn load_keymap(config: &Config, paths: &Paths, known: &[&str]) -> (Keymap, Vec<Warning>) {
    keys::load(&config.keymap, &paths.keymap_source(), &config.keys, known)
}

impl From<ColorDepth> for Depth {
    fn from(depth: ColorDepth) -> Depth {
        match depth {
            ColorDepth::None => Depth::None,
            ColorDepth::Ansi => Depth::Ansi,
            ColorDepth::Indexed => Depth::Indexed,
            ColorDepth::True => Depth::True,
        }
    }
}
