//! What can be done while signing in.

use super::SignIn;
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::common::{UNSEEN_MS, popup_commands};
use crate::screens::{Command, Ctx, Link, Request, Shared};
use crate::text::Clean;
use crate::want::ClusterId;

/// Not more addresses and codes than this are offered; the newest count.
const MOST_COPIES: usize = 4;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the plugin, which is the command that was shown.
    Allow(Clean),
    /// Do not run it.
    Deny,
    /// Give it the terminal.
    Terminal(Clean),
    /// Copy an address (true) or a code.
    Copy(String, bool),
    /// Stop signing in.
    Stop,
    /// Close the popup and let it go on.
    Hide,
}

impl Action {
    /// What the row says.
    pub fn text(&self) -> String {
        match self {
            Action::Allow(_) => "Run it, until Portolan ends".to_owned(),
            Action::Deny => "Do not run it".to_owned(),
            Action::Terminal(_) => "Give it the terminal".to_owned(),
            Action::Copy(text, true) => format!("Copy {text}"),
            Action::Copy(text, false) => format!("Copy the code {text}"),
            Action::Stop => "Stop signing in".to_owned(),
            Action::Hide => "Close, and let it go on".to_owned(),
        }
    }

    /// Whether it starts a program.
    pub fn runs_something(&self) -> bool {
        matches!(self, Action::Allow(_) | Action::Terminal(_))
    }
}

/// The commands of the sign-in popup.
pub const COMMANDS: &[Command<SignIn>] = popup_commands!(accept, cancel);

/// What can be done now.
pub fn actions(cluster: ClusterId, shared: &Shared) -> Vec<Action> {
    let Some(state) = shared.clusters.get(&cluster) else {
        return vec![Action::Hide];
    };
    let mut actions = Vec::new();
    match &state.plugin {
        Some((command, _, true)) => actions.push(Action::Terminal(command.clone())),
        Some((command, _, false)) => actions.extend([Action::Deny, Action::Allow(command.clone())]),
        None => {}
    }
    let mut copies = Vec::new();
    for line in state.sign_in.iter().rev() {
        let addresses = addresses(line.as_str())
            .into_iter()
            .map(|text| Action::Copy(text.to_owned(), true));
        let code = code(line.as_str()).map(|text| Action::Copy(text.to_owned(), false));
        for copy in addresses.chain(code) {
            if !copies.contains(&copy) && copies.len() < MOST_COPIES {
                copies.push(copy);
            }
        }
    }
    actions.extend(copies);
    if state.link == Link::Connecting && !actions.contains(&Action::Deny) {
        actions.push(Action::Stop);
    }
    actions.push(Action::Hide);
    actions
}

/// The action on which the cursor starts. Where a program would be run it is the one that does not.
pub fn start(actions: &[Action]) -> usize {
    actions
        .iter()
        .position(|action| matches!(action, Action::Deny))
        .unwrap_or(0)
}

/// The addresses in a line.
pub fn addresses(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("https://").into_iter().chain(rest.find("http://")).min() {
        let from = &rest[at..];
        let end = from
            .find(|c: char| c.is_whitespace() || "\"'<>`|".contains(c))
            .unwrap_or(from.len());
        let address = from[..end].trim_end_matches(['.', ',', ';', ':', ')', ']', '!']);
        if address.len() > "https://".len() {
            found.push(address);
        }
        rest = &from[end.max(1)..];
    }
    found
}

/// The code that a line tells one to enter: after the word `code`, capitals and digits.
pub fn code(line: &str) -> Option<&str> {
    let mut words = line
        .split(|c: char| c.is_whitespace() || ":\"'`".contains(c))
        .filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case("code"))?;
    let candidate = words.next()?.trim_end_matches(['.', ',', ';', '!', ')']);
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (candidate.len() >= 6 && candidate.len() <= 32 && candidate.chars().all(fits)).then_some(candidate)
}

fn accept(state: &mut SignIn, ctx: &mut Ctx<'_>) {
    let shared = ctx.shared;
    let Some(action) = state.actions.get(state.list.cursor) else {
        return;
    };
    if shared.mono.saturating_sub(state.since) < UNSEEN_MS {
        return;
    }
    let effect = |effect| Request::Effect(effect);
    match action {
        Action::Allow(_) => ctx.ask(effect(Effect::AllowPlugin(state.cluster, true))),
        Action::Deny => {
            ctx.ask(effect(Effect::AllowPlugin(state.cluster, false)));
            ctx.ask(Request::Close);
        }
        Action::Terminal(_) => ctx.ask(effect(Effect::RunPluginInTerminal(state.cluster))),
        Action::Copy(text, address) => ctx.ask(effect(Effect::Copy {
            ticket: Ticket(0),
            text: text.clone(),
            what: Clean::new(if *address { "address" } else { "code" }),
        })),
        Action::Stop => cancel(state, ctx),
        Action::Hide => ctx.ask(Request::Close),
    }
}

/// Escape stops what is still under way: what one no longer sees must not go on asking.
fn cancel(state: &mut SignIn, ctx: &mut Ctx<'_>) {
    if shared_link(state, ctx.shared) == Some(&Link::Connecting) {
        ctx.ask(Request::Effect(Effect::CancelConnect(state.cluster)));
    }
    ctx.ask(Request::Close);
}

fn shared_link<'a>(state: &SignIn, shared: &'a Shared) -> Option<&'a Link> {
    shared.clusters.get(&state.cluster).map(|cluster| &cluster.link)
}
