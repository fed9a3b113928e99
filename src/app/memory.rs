//! What is remembered: lines that were typed, the last view of each context, and what a context begins with.

use super::{LINES, Model};
use crate::effect::{Effect, Memory};
use crate::screens::{ClusterState, Place};
use crate::text::Clean;
use crate::want::{ClusterId, Scope};
use std::collections::BTreeSet;

/// What the state file remembers of a context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The last view, as typed in the palette.
    pub view: Option<String>,
    /// The namespaces of that view; None when no view is remembered, empty is all.
    pub namespaces: Option<Vec<String>>,
    /// Namespaces that were typed.
    pub typed: Vec<String>,
}

pub(super) fn remember_line(model: &mut Model, prompt: &'static str, text: &str) {
    let lines = model.shared.lines.entry(prompt).or_default();
    lines.retain(|line| line != text);
    lines.push_back(text.to_owned());
    while lines.len() > LINES {
        lines.pop_front();
    }
}

pub(super) fn remember_view(model: &mut Model) {
    let Some(Place::List(place)) = model.screen.place() else {
        return;
    };
    let Some(context) = model.shared.context(place.cluster).map(|context| context.name.clone()) else {
        return;
    };
    // Only whole lists are views to come back to; what was reached by a link is not.
    if !place.trail.is_empty() || place.owner.is_some() {
        return;
    }
    let resource: Vec<String> = place.resources.iter().map(ToString::to_string).collect();
    let scope = place.scope.or_else(|| {
        model
            .shared
            .clusters
            .get(&place.cluster)
            .map(|state| state.scope.clone())
    });
    let namespaces = match scope {
        Some(Scope::Namespaces(names)) => names.iter().map(|name| name.as_str().to_owned()).collect(),
        _ => Vec::new(),
    };
    let memory = Memory::View {
        context,
        resource: resource.join(","),
        namespaces,
    };
    model.effects.push(Effect::Remember(memory));
}

/// A new cluster's state, with the namespaces this run starts with.
pub(super) fn new_cluster(model: &Model, id: ClusterId) -> ClusterState {
    let context = model.shared.context(id);
    let remembered = context.and_then(|context| model.remembered.get(&context.name));
    let own = context.map_or_else(|| Clean::new("default"), |context| context.namespace.clone());
    let scope = if model.all_namespaces {
        Scope::All
    } else if !model.start_namespaces.is_empty() {
        Scope::Namespaces(
            model
                .start_namespaces
                .iter()
                .map(|name| Clean::new(name))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        )
    } else {
        match remembered.and_then(|remembered| remembered.namespaces.as_ref()) {
            Some(names) if names.is_empty() => Scope::All,
            Some(names) => Scope::Namespaces(names.iter().map(|name| Clean::new(name)).collect()),
            None => Scope::Namespaces(vec![own]),
        }
    };
    let mut state = ClusterState::new(scope);
    if let Some(remembered) = remembered {
        state.typed_namespaces = remembered.typed.iter().map(|name| Clean::new(name)).collect();
    }
    state
}
