//! A choice from a list: one, or several, or something that is not in it. The answer goes to the screen below.

#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, popup_commands};
use crate::screens::type_ahead::{TypeAhead, Words};
use crate::screens::{Command, CommandRow, Ctx, Picker, Request, Screen, Shared, Title, dispatch, rows};
use crate::theme::Role;
use crate::ui::{Anchor, Choice, ChoiceWidths, popup_area};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// The commands of a picker.
pub const COMMANDS: &[Command<PickerPopup>] = popup_commands!(accept, |_, ctx| ctx.ask(Request::Close));

/// The popup of a [`Picker`].
#[derive(Debug)]
pub struct PickerPopup {
    picker: Picker,
    choosing: TypeAhead,
    /// Which items are chosen, by their place in the picker.
    chosen: BTreeSet<usize>,
    /// The items that are shown: a place in the picker, or None for what was typed.
    shown: Vec<Option<usize>>,
    /// A picker of one: the cursor starts on what is chosen.
    fresh: bool,
}

impl PickerPopup {
    /// The popup of a picker.
    pub fn new(picker: Picker) -> PickerPopup {
        let chosen = picker
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.2)
            .map(|(at, _)| at)
            .collect();
        let mut popup = PickerPopup {
            picker,
            choosing: TypeAhead::default(),
            chosen,
            shown: Vec::new(),
            fresh: true,
        };
        popup.rebuild();
        popup.choosing.widths = ChoiceWidths::of(&popup.choosing.items);
        if let Some(first) = popup.chosen.first().filter(|_| !popup.picker.several) {
            popup.choosing.list.cursor = *first;
        }
        popup
    }

    fn rebuild(&mut self) {
        let typed = self.choosing.line.text().trim();
        let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
        let items = &self.picker.items;
        let passing = (0..items.len()).filter(|at| {
            items
                .get(*at)
                .is_some_and(|(text, detail, _)| common::passes(&words, &[text.as_str(), detail.as_str()]))
        });
        self.shown = passing.map(Some).collect();
        // What is typed whole stands first.
        let is_exact = |at: &Option<usize>| at.and_then(|at| items.get(at)).is_some_and(|item| item.0 == *typed);
        let exact = self.shown.iter().position(is_exact);
        if let Some(exact) = exact {
            self.shown[..=exact].rotate_right(1);
        }
        if self.picker.free && !typed.is_empty() && exact.is_none() {
            self.shown.push(None);
        }
        let choice = |at: &Option<usize>| match at.and_then(|at| Some((at, items.get(at)?))) {
            Some((at, (text, detail, _))) => Choice {
                text: text.as_str().to_owned(),
                detail: detail.as_str().to_owned(),
                marked: self.picker.several.then(|| self.chosen.contains(&at)),
                role: if self.chosen.contains(&at) {
                    Role::Marked
                } else {
                    Role::Text
                },
                ..Choice::default()
            },
            None => Choice {
                text: typed.to_owned(),
                detail: "take it as it is typed".to_owned(),
                role: Role::Accent,
                ..Choice::default()
            },
        };
        self.choosing.items = self.shown.iter().map(choice).collect();
    }

    fn edited(&mut self) {
        self.choosing.list.reset();
        self.fresh = false;
        self.rebuild();
    }

    fn place(&self, area: Rect) -> Rect {
        let height = u16::try_from(self.picker.items.len().clamp(4, 24) + 4).unwrap_or(28);
        let title = u16::try_from(crate::text::width(self.picker.title.as_str()))
            .unwrap_or(u16::MAX)
            .saturating_add(8);
        let wide = self.choosing.widths.total().max(title).saturating_add(4).clamp(40, 96);
        popup_area(area, wide, height, Anchor::Middle)
    }
}

fn accept(state: &mut PickerPopup, ctx: &mut Ctx<'_>) {
    let text = |at: &usize| state.picker.items.get(*at).map(|item| item.0.as_str().to_owned());
    let under = state.shown.get(state.choosing.list.cursor);
    let answers: Vec<String> = match under {
        Some(None) => {
            let typed = state.choosing.line.text().trim().to_owned();
            let chosen = if state.picker.several {
                state.chosen.iter().filter_map(text).collect()
            } else {
                Vec::new()
            };
            chosen.into_iter().chain([typed]).collect()
        }
        // With nothing marked, the row under the cursor is meant; but who took the marks away means none.
        _ if state.picker.several && (!state.chosen.is_empty() || !state.fresh || had_marks(&state.picker)) => {
            if state.chosen.is_empty() && !had_marks(&state.picker) {
                under.into_iter().flatten().filter_map(text).collect()
            } else {
                state.chosen.iter().filter_map(text).collect()
            }
        }
        Some(Some(at)) => text(at).into_iter().collect(),
        None => return,
    };
    ctx.ask(Request::Picked {
        purpose: state.picker.purpose,
        answers,
    });
}

fn had_marks(picker: &Picker) -> bool {
    picker.items.iter().any(|item| item.2)
}

impl Moves for PickerPopup {
    fn moves(&mut self, command: &str) {
        self.choosing.moves(command);
    }
}

impl Screen for PickerPopup {
    fn layers(&self) -> &'static [Layer] {
        &[Layer::Popup]
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if dispatch(COMMANDS, self, name, ctx) {
            return true;
        }
        let changed = self.choosing.run(name);
        if changed == Some(true) {
            self.edited();
        }
        changed.is_some()
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        if character == ' ' && self.picker.several {
            if let Some(Some(at)) = self.shown.get(self.choosing.list.cursor).copied() {
                if !self.chosen.remove(&at) {
                    self.chosen.insert(at);
                }
                self.fresh = false;
                self.rebuild();
                self.choosing.moves("move_down");
            }
            return;
        }
        self.choosing.line.insert(character);
        self.edited();
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        self.choosing.line.paste(text);
        self.edited();
    }

    fn refresh(&mut self, area: Rect, _shared: &Shared) {
        self.choosing.fit(self.place(area));
    }

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: self.picker.title.clone(),
            marked: self.chosen.len(),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let mut foot = common::foot(
            shared,
            Layer::Popup,
            &[("popup_accept", "take"), ("popup_cancel", "close")],
        );
        if self.picker.several {
            foot = format!("space mark  {foot}");
        }
        let words = Words {
            title: self.picker.title.as_str(),
            foot: &foot,
            placeholder: if self.picker.free {
                "type to search, or something else"
            } else {
                "type to search"
            },
            empty: if self.picker.items.is_empty() {
                "There is nothing to choose."
            } else {
                "Nothing here is called that."
            },
        };
        self.choosing.draw(buffer, self.place(area), shared, words);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.choosing.cursor(self.place(area))
    }
}
