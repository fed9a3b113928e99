//! Signing in to a cluster: what the credential plugin wants to run and what it says, with its addresses and codes to copy.
//! A program of this machine is never run by a key that was meant for something else: the cursor starts on "no", and
//! nothing is taken before it can have been read.

mod actions;
mod draw;
#[cfg(test)]
mod tests;

pub use actions::COMMANDS;

use crate::keys::Layer;
use crate::screens::common::Moves;
use crate::screens::{CommandRow, Ctx, Screen, Shared, Title, dispatch, rows};
use crate::text::Clean;
use crate::ui::ListState;
use crate::want::{ClusterId, Want};
use actions::Action;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// The sign-in popup.
#[derive(Debug)]
pub struct SignIn {
    cluster: ClusterId,
    actions: Vec<Action>,
    list: ListState,
    /// When what is asked last changed, in milliseconds since the start.
    since: u64,
    /// Whether the user has moved: then the cursor stays on its action.
    moved: bool,
}

impl SignIn {
    /// The popup for a cluster, opened at this moment (milliseconds since the start).
    pub fn new(cluster: ClusterId, mono: u64) -> SignIn {
        SignIn {
            cluster,
            actions: Vec::new(),
            list: ListState::default(),
            since: mono,
            moved: false,
        }
    }

    fn update_actions(&mut self, shared: &Shared) {
        let actions = actions::actions(self.cluster, shared);
        if actions == self.actions {
            return;
        }
        let on = self.actions.get(self.list.cursor).cloned();
        let asks = |actions: &[Action]| actions.iter().find(|action| action.runs_something()).cloned();
        let other_question = asks(&actions) != asks(&self.actions);
        if other_question {
            self.since = shared.mono;
            self.moved = false;
        }
        let kept = on
            .filter(|_| self.moved)
            .and_then(|on| actions.iter().position(|action| *action == on));
        self.list.cursor = kept.unwrap_or_else(|| actions::start(&actions));
        self.actions = actions;
    }
}

impl Moves for SignIn {
    fn moves(&mut self, command: &str) {
        self.moved = true;
        self.list.run(command, self.actions.len());
    }
}

impl Screen for SignIn {
    fn layers(&self) -> &'static [Layer] {
        &[Layer::Popup]
    }

    /// Letters do nothing to the screen below.
    fn takes_text(&self) -> bool {
        true
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        self.update_actions(ctx.shared);
        dispatch(COMMANDS, self, name, ctx) || name.starts_with("prompt_")
    }

    fn refresh(&mut self, _area: Rect, shared: &Shared) {
        self.update_actions(shared);
        self.list.fit(self.actions.len(), self.actions.len());
    }

    fn wants(&self, _shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.insert(Want::Cluster(self.cluster));
    }

    fn title(&self, shared: &Shared) -> Title {
        let name = shared.context(self.cluster).map_or("", |context| &context.name);
        Title {
            name: Clean::new("sign in"),
            trail: Clean::new(name),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }
}
