//! Themes for terminals that show fewer colours.

use ratatui::style::{Color, Modifier, Style};

use super::colour::{rgb, to_ansi, to_ansi_on, to_indexed};
use super::{Role, Theme};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// No colour at all (`NO_COLOR`): modifiers keep the cursor, marks and states visible.
    None,
    /// The sixteen colours that the user of the terminal has chosen.
    Ansi,
    /// 256 colours.
    Indexed,
    /// 16 million colours.
    True,
}

impl Theme {
    /// This theme as a terminal of `depth` can show it. What gets lost with a colour comes back as a modifier.
    pub fn reduced(&self, depth: Depth) -> Theme {
        let mut theme = self.clone();
        match depth {
            Depth::True => return theme,
            Depth::Indexed => theme.background = index(theme.background),
            Depth::Ansi => theme.background = ansi_ground(theme.background),
            Depth::None => theme.background = Color::Reset,
        }
        for role in Role::ALL.iter().copied() {
            let style = self.style(role);
            theme.styles[role as usize] = match depth {
                Depth::None => colourless(role, style),
                Depth::Ansi => ansi(role, style, theme.background),
                Depth::Indexed | Depth::True => Style {
                    fg: style.fg.map(index),
                    bg: style.bg.map(index),
                    ..style
                },
            };
        }
        theme
    }
}

/// A role that the theme tells by modifiers keeps them; one told by colour is marked in the way of the role.
fn colourless(role: Role, style: Style) -> Style {
    let coloured = style.fg.is_some() || style.bg.is_some();
    let own = if coloured {
        Modifier::empty()
    } else {
        style.add_modifier
    };
    Style::new().add_modifier(own | role.without_colour())
}

fn index(colour: Color) -> Color {
    match colour {
        Color::Rgb(red, green, blue) => to_indexed([red, green, blue]),
        other => other,
    }
}

fn ansi_ground(colour: Color) -> Color {
    if is_ansi(colour) {
        colour
    } else {
        rgb(colour).map_or(Color::Reset, to_ansi)
    }
}

/// Colours that are already among the sixteen stay: the author meant them. A band so quiet that it falls together with
/// the background goes, and the role is marked as where there are no colours; so does the ground of rows and popups,
/// because states of any colour are drawn on it. Text keeps readable on what is left.
fn ansi(role: Role, style: Style, background: Color) -> Style {
    let bg = style.bg.map(ansi_ground);
    let is_ground = matches!(role, Role::Popup | Role::Selection | Role::SelectionUnfocused);
    let made_up = style.bg.is_some_and(|bg| !is_ansi(bg));
    let lost = role != Role::Base && made_up && (is_ground || bg == Some(background));
    let ground = if lost { background } else { bg.unwrap_or(background) };
    let fg = style
        .fg
        .map(|colour| match (is_ansi(colour), rgb(colour), rgb(ground)) {
            (false, Some(colour), Some(ground)) => to_ansi_on(colour, ground),
            _ => colour,
        });
    let marks = if lost { role.without_colour() } else { Modifier::empty() };
    // A popup hides what is below it, so it keeps a ground: that of the screen.
    let bg = if !lost {
        bg
    } else {
        (role == Role::Popup).then_some(background)
    };
    Style { fg, bg, ..style }.add_modifier(marks)
}

fn is_ansi(colour: Color) -> bool {
    !matches!(colour, Color::Rgb(..) | Color::Indexed(16..))
}
