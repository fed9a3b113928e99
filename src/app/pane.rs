//! The side pane: the detail of the object under the cursor, beside the screen it follows.

use super::Model;
use crate::screens::common::look;
use crate::screens::{ObjectName, Screen, Tab, Tone, detail};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Below this width the pane stands under the screen, below this height as well there is no room for it.
const BESIDE: u16 = 110;
/// The least height of a body that is parted.
const LOWEST: u16 = 12;
/// The cursor rests so long on an object before the pane fetches it: scrolling through a list opens nothing.
const REST_MILLIS: u64 = 150;

/// The pane and what it is about to show.
pub(super) struct Pane {
    pub(super) screen: detail::Detail,
    /// Whether it has the keys.
    pub(super) focused: bool,
    /// What the cursor has come to, and when.
    next: Option<(Option<ObjectName>, u64)>,
}

/// Where screen and pane stand in the body.
pub(super) fn part(body: Rect) -> Option<(Rect, Rect)> {
    if body.height < LOWEST {
        return None;
    }
    if body.width >= BESIDE {
        let width = body.width / 2;
        let left = Rect {
            width: body.width - width,
            ..body
        };
        let right = Rect {
            x: body.x + left.width,
            width,
            ..body
        };
        return Some((left, right));
    }
    let height = body.height / 2;
    let above = Rect {
        height: body.height - height,
        ..body
    };
    let below = Rect {
        y: body.y + above.height,
        height,
        ..body
    };
    Some((above, below))
}

/// The pane without the line that parts it from the screen.
pub(super) fn inner(pane: Rect) -> Rect {
    if pane.x > 0 {
        Rect {
            x: pane.x + 1,
            width: pane.width.saturating_sub(1),
            ..pane
        }
    } else {
        Rect {
            y: pane.y + 1,
            height: pane.height.saturating_sub(1),
            ..pane
        }
    }
}

/// Draws the pane and the line that parts it from the screen.
pub(super) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let Some(pane) = &model.pane else { return };
    let shared = &model.shared;
    let look = look(shared);
    let role = if pane.focused { Role::BorderFocus } else { Role::Border };
    if area.x > 0 {
        for y in area.top()..area.bottom() {
            put(buffer, area.x, y, 1, look.pick("│", "|"), look.style(role));
        }
    } else {
        let line = look.pick("─", "-").repeat(usize::from(area.width));
        put(buffer, area.x, area.y, area.width, &line, look.style(role));
    }
    pane.screen.draw(buffer, inner(area), shared);
}

/// Opens the pane on a tab, or closes it when it shows that one.
pub(super) fn toggle(model: &mut Model, tab: Tab) {
    if model.screen.subject(&model.shared).is_none() && model.pane.is_none() {
        model.say(
            Tone::Info,
            Clean::new("there is no object here that the side pane could show"),
        );
        return;
    }
    match &mut model.pane {
        Some(pane) if pane.screen.tab() == tab => model.pane = None,
        Some(pane) => pane.screen.choose(tab),
        None => {
            if part(model.whole_body()).is_none() {
                model.say(Tone::Warn, Clean::new("there is no room for a side pane here"));
                return;
            }
            let subject = model.screen.subject(&model.shared);
            let Some(object) = subject else { return };
            let screen = detail::Detail::new(object, tab);
            model.pane = Some(Pane {
                screen,
                focused: false,
                next: None,
            });
        }
    }
}

/// Gives the keys to the pane, or back.
pub(super) fn focus(model: &mut Model) {
    if model.pane.is_none() {
        toggle(model, Tab::default());
    }
    if let Some(pane) = &mut model.pane {
        pane.focused = !pane.focused;
    }
}

/// Takes the keys from the pane. Says whether it had them.
pub(super) fn unfocus(model: &mut Model) -> bool {
    match &mut model.pane {
        Some(pane) if pane.focused => {
            pane.focused = false;
            true
        }
        _ => false,
    }
}

/// Lets the pane follow the cursor. Says nothing while the cursor moves on.
pub(super) fn follow(model: &mut Model) {
    let now = model.shared.mono;
    let subject = model.screen.subject(&model.shared);
    let Some(pane) = &mut model.pane else { return };
    let elsewhere = model.shared.current != Some(pane.screen.object().cluster);
    let Some(subject) = subject else {
        pane.next = None;
        // The header names the cluster of all that is seen.
        if elsewhere {
            model.pane = None;
        }
        return;
    };
    if elsewhere {
        pane.next = None;
        pane.screen.show(Some(subject), &model.shared);
        return;
    }
    if pane.screen.object() == &subject {
        pane.next = None;
        return;
    }
    let since = match &pane.next {
        Some((next, since)) if next.as_ref() == Some(&subject) => *since,
        _ => {
            pane.next = Some((Some(subject.clone()), now));
            now
        }
    };
    if now >= since + REST_MILLIS {
        pane.next = None;
        pane.screen.show(Some(subject), &model.shared);
    }
}

/// In how many milliseconds the pane shows what the cursor rests on.
pub(super) fn due(model: &Model) -> Option<u64> {
    let (_, since) = model.pane.as_ref()?.next.as_ref()?;
    Some((since + REST_MILLIS).saturating_sub(model.shared.mono).max(1))
}
