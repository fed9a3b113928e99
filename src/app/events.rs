//! What kubeconfig and clusters have to tell, taken in.

use super::{Model, PLUGIN_LINES, TREMBLE, Tone, failure_text, places};
use crate::kinds::{Catalog, Resource};
use crate::msg::{ClusterEvent, ContextsEvent, FailureKind};
use crate::screens::{Link, Popup};
use crate::text::Clean;
use crate::want::ClusterId;
use std::sync::Arc;

pub(super) fn contexts(model: &mut Model, event: ContextsEvent) {
    match event {
        ContextsEvent::Loaded {
            contexts,
            current,
            warnings,
        } => {
            model.shared.contexts = contexts;
            model.shared.no_contexts = None;
            for warning in warnings {
                model.say(Tone::Warn, warning);
            }
            match current {
                Some(id) if model.shared.current.is_none() => places::use_context(model, id, true),
                None if model.shared.current.is_none() => {
                    let text = "no current context is set: choose one with Enter, or start with --context";
                    model.say(Tone::Info, Clean::new(text));
                }
                _ => {}
            }
        }
        ContextsEvent::Nothing(failure) => model.shared.no_contexts = Some(failure),
        ContextsEvent::Changed { file } => {
            let text = format!("{file} has changed on disk; it is not followed: g c, then ctrl-r reads it again");
            model.say(Tone::Info, Clean::new(&text));
        }
    }
}

pub(super) fn cluster(model: &mut Model, id: ClusterId, event: ClusterEvent) {
    let mono = model.shared.mono;
    let is_current = model.shared.current == Some(id);
    let Some(state) = model.shared.clusters.get_mut(&id) else {
        return;
    };
    match event {
        ClusterEvent::Connecting => state.link = Link::Connecting,
        ClusterEvent::PluginAsks { command, hint } => {
            state.plugin = Some((command, hint, false));
            open_sign_in(model, id);
        }
        ClusterEvent::PluginNeedsTerminal { command } => {
            state.plugin = Some((command, None, true));
            open_sign_in(model, id);
        }
        ClusterEvent::PluginSays(line) => {
            state.sign_in.push_back(line);
            while state.sign_in.len() > PLUGIN_LINES {
                state.sign_in.pop_front();
            }
            open_sign_in(model, id);
        }
        ClusterEvent::PluginDone => {
            state.plugin = None;
            state.sign_in.clear();
            model.popups.retain(|popup| !popup.is_sign_in(id));
        }
        ClusterEvent::Connected(server) => {
            let was_down = matches!(state.link, Link::Down { .. });
            state.link = Link::Up;
            state.server = Some(server);
            if was_down && is_current {
                model.say(Tone::Info, Clean::new("connected again"));
            }
            if is_current {
                places::leave_failure_screen(model);
            }
        }
        ClusterEvent::Failed { failure, retry_in } => {
            let first = !matches!(state.link, Link::Down { .. });
            let never_up = state.server.is_none();
            let retry_at = retry_in.map(|wait| mono + wait.as_millis() as u64);
            let text = failure_text(&failure);
            let tone = if failure.kind == FailureKind::Cancelled {
                Tone::Warn
            } else {
                Tone::Error
            };
            state.link = Link::Down { failure, retry_at };
            if first && is_current {
                model.say(tone, text);
                if never_up {
                    // The screen that opens says the same.
                    model.toasts.pop_back();
                    places::show_failure_screen(model);
                }
            }
        }
        ClusterEvent::Catalog(catalog) => {
            let first = !state.discovered;
            let failed: Vec<Clean> = catalog.failed.iter().map(|(group, _)| group.clone()).collect();
            let news: Vec<Clean> = failed
                .into_iter()
                .filter(|group| first || !state.catalog.failed.iter().any(|(known, _)| known == group))
                .collect();
            state.catalog = with_known(catalog, &state.catalog);
            state.discovered = true;
            if is_current && !news.is_empty() {
                let names: Vec<&str> = news.iter().map(Clean::as_str).collect();
                let text = format!(
                    "{} cannot be discovered now; the other kinds are not affected",
                    names.join(", ")
                );
                model.say(Tone::Warn, Clean::new(&text));
            }
            places::discovered(model, id, first);
        }
        ClusterEvent::RoundTrip(time) => {
            // A figure that trembles says nothing and would draw a header every few seconds: it moves when it has moved.
            let steady = state
                .round_trip
                .is_some_and(|shown| time.abs_diff(shown) <= (shown / 2).max(TREMBLE));
            if !steady {
                state.round_trip = Some(time);
            }
        }
        ClusterEvent::ClockOffset(seconds) => {
            let news = (state.offset - seconds).abs() > 60 || state.offset == 0;
            state.offset = seconds;
            if news && seconds.abs() > 60 && is_current {
                let text = format!(
                    "this machine's clock is {} s off the server's; ages follow the server",
                    seconds.abs()
                );
                model.say(Tone::Warn, Clean::new(&text));
            }
        }
        ClusterEvent::Warning(text) => model.say(Tone::Warn, Clean::new(&format!("the server warns: {text}"))),
    }
}

/// What a group served before it failed, or what every server serves of it, is still there by name: its lists say themselves
/// what is wrong, and come back when it does.
fn with_known(catalog: Arc<Catalog>, before: &Catalog) -> Arc<Catalog> {
    let fails = |resource: &Resource| {
        catalog.failed.iter().any(|(failed, _)| {
            let (group, version) = failed.as_str().split_once('/').unwrap_or((failed.as_str(), ""));
            resource.name.group == group && (version.is_empty() || resource.version == version)
        })
    };
    let lost: Vec<Arc<Resource>> = before
        .resources
        .iter()
        .filter(|resource| fails(resource) && catalog.find(&resource.name).is_none())
        .cloned()
        .collect();
    if lost.is_empty() {
        return catalog;
    }
    let mut catalog = (*catalog).clone();
    catalog.resources.extend(lost);
    Arc::new(catalog)
}

fn open_sign_in(model: &mut Model, id: ClusterId) {
    if model.shared.current == Some(id) && !model.popups.iter().any(|popup| popup.is_sign_in(id)) {
        places::open_popup(model, Popup::SignIn(id));
    }
}
