//! Places: opening them, going back and forth between them, and doing what screens ask for.

use super::memory::{self, remember_line, remember_view};
use super::{HISTORY, Model, Tone, line, pane, run, tables, with_front};
use crate::effect::{Effect, Memory};
use crate::kinds::{Resource, ResourceName, Target};
use crate::screens::{Confirm, ListPlace, ObjectName, Place, Popup, Request, Screen, Shared, Tab, Travel};
use crate::screens::{
    browse, confirm, contexts, detail, help, info, kinds, logs, menu, messages, namespaces, palette, picker, signin,
    timeline,
};
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, Scope, Shape};
use std::sync::Arc;

/// The screen of a place.
pub(super) fn screen(place: &Place) -> Box<dyn Screen> {
    match place {
        Place::List(list) => Box::new(browse::Browse::new(list.clone())),
        Place::Object(object, tab) => Box::new(detail::Detail::new(object.clone(), *tab)),
        Place::Logs(logs) => Box::new(logs::Logs::new(logs.clone())),
        Place::Timeline(cluster, scope) => Box::new(timeline::Timeline::new(*cluster, scope.clone())),
        Place::Contexts => Box::new(contexts::Contexts::new()),
        Place::Namespaces => Box::new(namespaces::Namespaces::new()),
        Place::Kinds(namespace) => Box::new(kinds::Kinds::new(namespace.clone())),
        Place::Info => Box::new(info::Info::new()),
        Place::Messages => Box::new(messages::Messages::new()),
    }
}

fn popup(popup: Popup, mono: u64) -> Box<dyn Screen> {
    match popup {
        Popup::Palette(text) => Box::new(palette::Palette::new(&text)),
        Popup::Help => Box::new(help::Help::new()),
        Popup::Menu => Box::new(menu::Menu::new()),
        Popup::Picker(question) => Box::new(picker::PickerPopup::new(question)),
        Popup::Confirm(question) => Box::new(confirm::ConfirmPopup::new(question, mono)),
        Popup::SignIn(cluster) => Box::new(signin::SignIn::new(cluster, mono)),
    }
}

/// The namespaces of the cluster in use, as a want.
pub(super) fn namespaces_want(shared: &Shared) -> Option<ListWant> {
    Some(ListWant {
        cluster: shared.current?,
        resource: ResourceName::new("", "namespaces"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    })
}

pub(super) fn open_popup(model: &mut Model, question: Popup) {
    model.shared.commands = super::command_rows(model);
    let popup = popup(question, model.shared.mono);
    model.popups.push(popup);
}

/// Opens a place; the one in front goes into the history with its cursor, filter and scroll position.
pub(super) fn open(model: &mut Model, place: &Place) {
    model.popups.clear();
    if model.screen.place().as_ref() == Some(place) {
        return;
    }
    let old = std::mem::replace(&mut model.screen, screen(place));
    model.back.push_back(old);
    while model.back.len() > HISTORY {
        model.back.pop_front();
    }
    model.forward.clear();
    remember_view(model);
}

fn travel(model: &mut Model, step: Travel) {
    let next = match step {
        Travel::Back | Travel::Last => model.back.pop_back(),
        Travel::Forward => model.forward.pop(),
    };
    let Some(next) = next else {
        if step == Travel::Forward {
            model.say(Tone::Info, Clean::new("there is nothing further on"));
        }
        return;
    };
    // What belongs to a cluster brings it back with it: the header must never name another one.
    if let Some(cluster) = next.place().and_then(|place| place.cluster()) {
        enter(model, cluster);
    }
    let old = std::mem::replace(&mut model.screen, next);
    match step {
        Travel::Back => model.forward.push(old),
        // The last view and this one change places, so that the same key comes back.
        Travel::Last => model.back.push_back(old),
        Travel::Forward => model.back.push_back(old),
    }
}

/// Does what a screen has asked for.
pub(super) fn fulfil(model: &mut Model, request: Request) {
    match request {
        Request::Effect(effect) => {
            if let Effect::Remember(Memory::Line { prompt, text }) = &effect {
                let (prompt, text) = (*prompt, text.clone());
                remember_line(model, prompt, &text);
            }
            model.effects.push(effect);
        }
        Request::Open(place) => open(model, &place),
        Request::Follow { cluster, target, trail } => follow(model, cluster, target, &trail),
        Request::Popup(question) => open_popup(model, question),
        Request::Close => {
            if model.popups.pop().is_none() && !pane::unfocus(model) {
                travel(model, Travel::Back);
            }
        }
        Request::CloseView => {
            if model.popups.is_empty() && pane::unfocus(model) {
                model.pane = None;
            } else if model.popups.pop().is_none() && model.back.is_empty() {
                let question = Confirm {
                    question: Clean::new("Quit Portolan?"),
                    command: "quit_now",
                    yes: "quit",
                };
                open_popup(model, Popup::Confirm(question));
            } else if model.popups.is_empty() {
                travel(model, Travel::Back);
            }
        }
        Request::Picked { purpose, answers } => {
            model.popups.pop();
            with_front(model, |screen, ctx| screen.picked(purpose, &answers, ctx));
        }
        Request::Run(name) => {
            model.popups.pop();
            run(model, name);
        }
        Request::RunLine(text) => {
            model.popups.clear();
            line::run(model, &text);
        }
        Request::History(step) => travel(model, step),
        Request::UseContext(id) => use_context(model, id, false),
        Request::UseNamespaces(id, scope) => use_namespaces(model, id, scope),
        Request::Toast(tone, text) => model.say(tone, text),
        Request::TogglePane(tab) => pane::toggle(model, tab),
        Request::FocusPane => pane::focus(model),
        Request::TogglePause => {
            if model.shared.paused {
                tables::release_held(model);
            } else {
                model.shared.paused = true;
            }
        }
    }
}

fn use_namespaces(model: &mut Model, id: ClusterId, scope: Scope) {
    let known: Vec<Clean> = match namespaces_want(&model.shared).and_then(|want| model.shared.tables.get(&want)) {
        Some(table) => table
            .ids()
            .filter_map(|id| table.row(id))
            .map(|row| row.name.clone())
            .collect(),
        None => Vec::new(),
    };
    let context = model.shared.context(id).map(|context| context.name.clone());
    let Some(state) = model.shared.clusters.get_mut(&id) else {
        return;
    };
    if state.scope != scope {
        state.last_scope = Some(std::mem::replace(&mut state.scope, scope.clone()));
    }
    if let Scope::Namespaces(names) = &scope {
        for name in names {
            // What no list has shown was typed: it is remembered, since it may never be listed.
            if !known.contains(name) && !state.typed_namespaces.contains(name) {
                state.typed_namespaces.push(name.clone());
                if let Some(context) = &context {
                    let memory = Memory::Namespace {
                        context: context.clone(),
                        namespace: name.as_str().to_owned(),
                    };
                    model.effects.push(Effect::Remember(memory));
                }
            }
        }
    }
    remember_view(model);
}

/// The resource of this name, or of the kind of this name, that the cluster serves.
fn served(model: &Model, cluster: ClusterId, name: &ResourceName) -> Option<Arc<Resource>> {
    let catalog = &model.shared.clusters.get(&cluster)?.catalog;
    let by_kind = || catalog.by_kind(name.group.as_str(), name.resource.as_str());
    catalog.find(name).or_else(by_kind).cloned()
}

/// Follows a link: finds out which resource it means in this cluster, and opens it.
fn follow(model: &mut Model, cluster: ClusterId, target: Target, trail: &Clean) {
    match target {
        Target::Kinds { namespace } => open(model, &Place::Kinds(Some(namespace))),
        Target::Object {
            resource,
            namespace,
            name,
        } => {
            let Some(found) = served(model, cluster, &resource) else {
                model.say(
                    Tone::Warn,
                    Clean::new(&format!("this cluster does not serve {resource}")),
                );
                return;
            };
            let object = ObjectName {
                cluster,
                resource: found.name.clone(),
                namespace: if found.namespaced { namespace } else { Clean::default() },
                name,
                uid: None,
            };
            open(model, &Place::Object(object, Tab::default()));
        }
        Target::Containers { namespace, pod } => {
            let mut place = ListPlace::of(cluster, ResourceName::new("", "pods"));
            place.scope = Some(Scope::Namespaces(vec![namespace]));
            place.fields = Clean::new(&format!("metadata.name={pod}"));
            place.shape = Shape::Containers;
            place.trail = trail.clone();
            open(model, &Place::List(place));
        }
        Target::List {
            resource,
            namespace,
            labels,
            fields,
            owner,
        } => {
            let Some(found) = served(model, cluster, &resource) else {
                model.say(
                    Tone::Warn,
                    Clean::new(&format!("this cluster does not serve {resource}")),
                );
                return;
            };
            let mut place = ListPlace::of(cluster, found.name.clone());
            place.scope = Some(match (found.namespaced, namespace.is_empty()) {
                (true, false) => Scope::Namespaces(vec![namespace]),
                _ => Scope::All,
            });
            place.labels = labels;
            place.fields = fields;
            place.owner = owner;
            place.trail = trail.clone();
            open(model, &Place::List(place));
        }
    }
}

/// Makes this the context in use: header, palette, namespaces and colours follow it.
fn enter(model: &mut Model, id: ClusterId) {
    if model.shared.current == Some(id) {
        return;
    }
    model.shared.current = Some(id);
    let own = model
        .shared
        .context(id)
        .and_then(|context| model.themes.get(&context.name));
    model.shared.theme = own.unwrap_or(&model.theme).clone();
}

/// Uses another context: its last view, or pods in its namespace. `start` is the first one of the run.
pub(super) fn use_context(model: &mut Model, id: ClusterId, start: bool) {
    let Some(context) = model.shared.context(id).cloned() else {
        return;
    };
    if let Some(problem) = &context.problem {
        let text = format!("context {} cannot be used: {problem}", Clean::new(&context.name));
        model.say(Tone::Error, Clean::new(&text));
        return;
    }
    model.popups.clear();
    let again = model.shared.current == Some(id);
    enter(model, id);
    if !model.shared.clusters.contains_key(&id) {
        let state = memory::new_cluster(model, id);
        model.shared.clusters.insert(id, state);
    }
    if again && !start {
        if model.screen.place() != Some(Place::Contexts) {
            return;
        }
        let before = model.back.back().and_then(|screen| screen.place());
        let elsewhere = before
            .as_ref()
            .and_then(Place::cluster)
            .is_some_and(|cluster| cluster != id);
        if before.is_some() && !elsewhere {
            travel(model, Travel::Back);
            return;
        }
    }
    let remembered = model
        .remembered
        .get(&context.name)
        .and_then(|remembered| remembered.view.clone());
    let view = remembered.unwrap_or_else(|| model.shared.settings.default_view.clone());
    let first = if start { model.first.take() } else { None };
    let opened = first.is_some_and(|first| line::run(model, &first)) || line::open_view(model, id, &view);
    if !opened {
        open(model, &Place::List(ListPlace::of(id, ResourceName::new("", "pods"))));
    }
    if start {
        // The contexts screen was only a place to wait in.
        model.back.clear();
    }
}

/// Nothing answers: the contexts screen says so, and what to do.
pub(super) fn show_failure_screen(model: &mut Model) {
    if model.screen.place() != Some(Place::Contexts) {
        open(model, &Place::Contexts);
    }
}

/// The cluster answers after all: back to where one wanted to be, unless one has gone elsewhere since.
pub(super) fn leave_failure_screen(model: &mut Model) {
    let waiting = model.back.back().is_some_and(|screen| {
        screen
            .place()
            .and_then(|place| place.cluster())
            .is_some_and(|id| Some(id) == model.shared.current)
    });
    let server_is_new = model.shared.cluster().is_some_and(|(_, state)| !state.discovered);
    if model.screen.place() == Some(Place::Contexts) && waiting && server_is_new && model.popups.is_empty() {
        travel(model, Travel::Back);
        model.forward.clear();
    }
}

/// Discovery has answered: a first line that named a kind only the server knows can be run now.
pub(super) fn discovered(model: &mut Model, id: ClusterId, first: bool) {
    if first
        && model.shared.current == Some(id)
        && let Some(waiting) = model.first.take()
    {
        line::run(model, &waiting);
        model.back.clear();
    }
}
