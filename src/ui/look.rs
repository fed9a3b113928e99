//! How drawing pieces look: the theme, and which of two marks the terminal can show.

use crate::theme::{Role, Theme};
use ratatui::style::Style;

/// The theme, and whether the terminal shows ASCII alone.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What each role looks like.
    pub theme: &'a Theme,
    /// ASCII instead of box drawing and marks.
    pub ascii: bool,
}

impl<'a> Look<'a> {
    /// A look.
    pub fn new(theme: &'a Theme, ascii: bool) -> Look<'a> {
        Look { theme, ascii }
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// One of two ways to write the same.
    pub fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }

    /// At the left edge of the row under the cursor.
    pub fn cursor(self) -> &'static str {
        self.pick("▌", ">")
    }

    /// Before what is in use.
    pub fn dot(self) -> &'static str {
        self.pick("●", "*")
    }

    /// Before what is marked.
    pub fn tick(self) -> &'static str {
        self.pick("✓", "+")
    }

    /// Before what is broken.
    pub fn cross(self) -> &'static str {
        self.pick("✗", "x")
    }

    /// Before what wants a look.
    pub fn caution(self) -> &'static str {
        self.pick("▲", "!")
    }

    /// Between two things on one line.
    pub fn between(self) -> &'static str {
        self.pick(" · ", " - ")
    }

    /// Where there is nothing to say.
    pub fn nothing(self) -> &'static str {
        self.pick("–", "-")
    }
}

/// A key as it is shown: `enter` as its sign, sequences as in the keymap.
pub fn key_text(keys: &str, ascii: bool) -> String {
    if ascii {
        return keys.to_owned();
    }
    let shown: Vec<&str> = keys
        .split(' ')
        .map(|key| match key {
            "enter" => "⏎",
            "up" => "↑",
            "down" => "↓",
            "left" => "←",
            "right" => "→",
            "pageup" => "pgup",
            "pagedown" => "pgdn",
            other => other,
        })
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_signs() {
        for (keys, unicode, ascii) in [
            ("enter", "⏎", "enter"),
            ("g g", "g g", "g g"),
            ("ctrl-d", "ctrl-d", "ctrl-d"),
            ("up", "↑", "up"),
        ] {
            assert_eq!(key_text(keys, false), unicode);
            assert_eq!(key_text(keys, true), ascii);
        }
    }
}
