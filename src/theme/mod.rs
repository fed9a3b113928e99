//! Themes: what each role looks like.
//!
//! A theme gives a [`Style`] to every [`Role`]; screens name roles and never colours. Themes are data (`themes/*.toml`),
//! the bundled ones compiled in. This room reads texts, not files: the user's themes are handed in.

pub mod colour;
mod load;
mod reduce;
mod role;
#[cfg(test)]
mod tests;

use ratatui::style::{Color, Style};

pub use load::{Warning, load};
pub use reduce::Depth;
pub use role::Role;

/// What each role looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    /// What the theme is made for: painted by [`Role::Base`] or assumed of the terminal.
    background: Color,
    styles: [Style; Role::COUNT],
}

impl Theme {
    /// The look of a role. Styles without a background are meant to be drawn over another: [`Role::Base`],
    /// [`Role::Popup`], [`Role::Selection`].
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The name it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The background the theme is made for, whether it paints it or not.
    pub fn background(&self) -> Color {
        self.background
    }

    /// Whether it is made for a light background.
    pub fn is_light(&self) -> bool {
        colour::rgb(self.background)
            .is_some_and(|background| colour::contrast(background, [0; 3]) > colour::contrast(background, [255; 3]))
    }
}

/// The bundled `dark` theme.
impl Default for Theme {
    fn default() -> Theme {
        load("dark", &|_| None).0
    }
}

/// The themes that are compiled in: name and text, the default first.
pub fn bundled() -> &'static [(&'static str, &'static str)] {
    &[
        ("dark", include_str!("../../themes/dark.toml")),
        ("light", include_str!("../../themes/light.toml")),
        ("high-contrast", include_str!("../../themes/high-contrast.toml")),
        ("color-vision-safe", include_str!("../../themes/color-vision-safe.toml")),
        ("ansi16", include_str!("../../themes/ansi16.toml")),
        ("monochrome", include_str!("../../themes/monochrome.toml")),
        ("fjord", include_str!("../../themes/fjord.toml")),
        ("parchment", include_str!("../../themes/parchment.toml")),
    ]
}
