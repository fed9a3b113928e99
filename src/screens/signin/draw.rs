//! The sign-in popup: what is asked, what was said, what can be done.

use super::SignIn;
use super::actions::addresses;
use crate::keys::Layer;
use crate::screens::common::{self, failure_word, look};
use crate::screens::{Link, Shared};
use crate::theme::Role;
use crate::ui::{Anchor, TextLine, draw_line, fill, inside, popup, popup_area, put, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The widest the popup is.
const WIDEST: u16 = 92;

/// So many of the last lines the plugin said are shown at most.
const MOST_SAID: usize = 12;

/// Draws the popup.
pub fn draw(state: &SignIn, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    let look = look(shared);
    let cells = usize::from(
        inside(popup_area(area, WIDEST, 8, Anchor::Middle))
            .width
            .saturating_sub(3),
    );
    let lines = lines(state, shared, cells);
    let rows = u16::try_from(state.actions.len()).unwrap_or(u16::MAX);
    let wanted = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(rows)
        .saturating_add(4);
    let name = shared.context(state.cluster).map_or("", |context| &context.name);
    let foot = common::foot(
        shared,
        Layer::Popup,
        &[("popup_accept", "do"), ("popup_cancel", "cancel")],
    );
    let room = popup(
        buffer,
        popup_area(area, WIDEST, wanted, Anchor::Middle),
        look,
        &format!("Sign in to {name}"),
        &foot,
    );
    // The actions always have their place; of the text the end stays, which is what was said last.
    let actions_high = rows.min(room.height);
    let text_high = room.height - actions_high;
    let skipped = lines.len().saturating_sub(usize::from(text_high.saturating_sub(1)));
    for (line, y) in lines.iter().skip(skipped).zip(room.top()..room.top() + text_high) {
        draw_line(buffer, room.x + 1, y, room.width.saturating_sub(2), look, line, 0, "");
    }
    let first = state
        .list
        .cursor
        .saturating_sub(usize::from(actions_high.saturating_sub(1)));
    for (index, y) in (first..state.actions.len()).zip(room.bottom() - actions_high..room.bottom()) {
        let Some(action) = state.actions.get(index) else {
            continue;
        };
        if index == state.list.cursor {
            let whole = Rect { y, height: 1, ..room };
            fill(
                buffer,
                whole,
                look.style(Role::Popup).patch(look.style(Role::Selection)),
            );
            put(buffer, room.x, y, 1, look.cursor(), look.style(Role::CursorBar));
        }
        let role = if action.runs_something() {
            Role::Warn
        } else {
            Role::Text
        };
        put(
            buffer,
            room.x + 2,
            y,
            room.width.saturating_sub(3),
            &action.text(),
            look.style(role),
        );
    }
}

fn lines(state: &SignIn, shared: &Shared, cells: usize) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let mut say = |text: &str, role: Role| {
        lines.extend(wrap(text, cells).into_iter().map(|line| TextLine::new(line, role)));
    };
    let Some(cluster) = shared.clusters.get(&state.cluster) else {
        say("This context is not open.", Role::Muted);
        return lines;
    };
    if let Some((command, hint, needs_terminal)) = &cluster.plugin {
        if *needs_terminal {
            say(
                "The sign-in program wants a terminal of its own. The screen comes back when it has ended.",
                Role::Text,
            );
        } else {
            say("To sign in, this context runs a program of this machine:", Role::Text);
        }
        say("", Role::Text);
        say(command.as_str(), Role::Accent);
        say("", Role::Text);
        if let Some(hint) = hint {
            say(hint.as_str(), Role::Muted);
        }
        if let Some(context) = shared.context(state.cluster).filter(|_| !needs_terminal) {
            say(
                &format!("It is named by {}. Run it if you trust that file.", context.file),
                Role::Muted,
            );
        }
    }
    match &cluster.link {
        Link::Connecting if cluster.plugin.is_none() && cluster.sign_in.is_empty() => say("Signing in", Role::Progress),
        Link::Up => say("Signed in.", Role::Ok),
        Link::Down { failure, .. } => {
            say(
                &format!(
                    "{} {}: {}",
                    look(shared).cross(),
                    failure_word(failure.kind),
                    failure.message
                ),
                Role::Error,
            );
            if let Some(remedy) = &failure.remedy {
                say(remedy.as_str(), Role::Text);
            }
        }
        _ => {}
    }
    if !cluster.sign_in.is_empty() && !lines.is_empty() {
        lines.push(TextLine::default());
    }
    let skipped = cluster.sign_in.len().saturating_sub(MOST_SAID);
    for said in cluster.sign_in.iter().skip(skipped) {
        lines.extend(wrap(said.as_str(), cells).iter().map(|line| with_addresses(line)));
    }
    lines
}

/// A line in which addresses stand out.
fn with_addresses(line: &str) -> TextLine {
    let mut spans = TextLine::default();
    let mut rest = line;
    for address in addresses(line) {
        let Some((before, after)) = rest.split_once(address) else {
            break;
        };
        spans = spans.and(before, Role::Text).and(address, Role::Link);
        rest = after;
    }
    spans.and(rest, Role::Text)
}
