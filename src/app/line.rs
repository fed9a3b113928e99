//! The palette's line: `pods`, `deploy kube-system`, `rs,svc,job -A`, `pods -l app=web /crash`, `ns shop`, `ctx prod`.

use super::{Model, Tone, places, run as run_command};
use crate::effect::{Effect, Memory};
use crate::kinds::ResourceName;
use crate::screens::{ListPlace, Place};
use crate::text::{Clean, Selector, nearest};
use crate::want::{ClusterId, Scope};

/// Runs a line. Says whether it meant something; what is wrong with it is said.
pub(super) fn run(model: &mut Model, text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    match understand(model, text) {
        Ok(()) => {
            super::memory::remember_line(model, "palette", text);
            let memory = Memory::Line {
                prompt: "palette",
                text: text.to_owned(),
            };
            model.effects.push(Effect::Remember(memory));
            true
        }
        Err(Refusal::Waits) => {
            model.first = Some(text.to_owned());
            false
        }
        Err(Refusal::Wrong(message)) => {
            model.say(Tone::Error, Clean::new(&message));
            false
        }
    }
}

/// Opens a remembered view quietly: what is not served any more is no error then.
pub(super) fn open_view(model: &mut Model, id: ClusterId, view: &str) -> bool {
    let Some(state) = model.shared.clusters.get(&id) else {
        return false;
    };
    match state.catalog.resolve_list(view) {
        Ok(found) => {
            let mut place = ListPlace::of(id, ResourceName::new("", "pods"));
            place.resources = found.iter().map(|resource| resource.name.clone()).collect();
            places::open(model, &Place::List(place));
            true
        }
        Err(_) => {
            if !state.discovered {
                // A custom resource, perhaps: it is opened once discovery has answered.
                model.first = Some(view.to_owned());
            }
            false
        }
    }
}

enum Refusal {
    /// Discovery may know the word later.
    Waits,
    Wrong(String),
}

fn understand(model: &mut Model, text: &str) -> Result<(), Refusal> {
    let words = split_words(text);
    let mut words = words.iter().map(String::as_str);
    let head = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    match (head, rest.as_slice()) {
        ("ctx" | "context" | "contexts", []) => {
            places::open(model, &Place::Contexts);
            return Ok(());
        }
        ("ctx" | "context" | "contexts", [name]) => return use_context(model, name),
        // Without a name these are the screen that uses namespaces; with one, that namespace is used.
        ("ns" | "namespace" | "namespaces", []) => {
            places::open(model, &Place::Namespaces);
            return Ok(());
        }
        ("ns" | "namespace" | "namespaces", names) if !names[0].starts_with(['-', '/']) => {
            return use_namespaces(model, names);
        }
        ("q" | "q!" | "quit" | "exit", []) => {
            model.effects.push(Effect::Quit);
            return Ok(());
        }
        ("help" | "h", []) => {
            run_command(model, "open_help");
            return Ok(());
        }
        ("kinds" | "api-resources", []) => {
            places::open(model, &Place::Kinds(None));
            return Ok(());
        }
        ("info", []) => {
            places::open(model, &Place::Info);
            return Ok(());
        }
        ("messages" | "log", []) => {
            places::open(model, &Place::Messages);
            return Ok(());
        }
        (name, []) if super::command_names().contains(&name) => {
            run_command(model, name);
            return Ok(());
        }
        _ => {}
    }
    list(model, head, &rest)
}

/// Words, with quotes keeping blanks together: `-l "tier in (a, b)"`.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in text.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => word.get_or_insert_default().push(character),
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn list(model: &mut Model, head: &str, rest: &[&str]) -> Result<(), Refusal> {
    let Some((id, state)) = model.shared.cluster() else {
        return Err(Refusal::Wrong(
            "no context is in use: choose one first (g c)".to_owned(),
        ));
    };
    let found = match state.catalog.resolve_list(head) {
        Ok(found) => found,
        Err(_) if !state.discovered => return Err(Refusal::Waits),
        Err(unresolved) => {
            let near = unresolved.nearest.map(|near| near.as_str().to_owned()).or_else(|| {
                let names = super::command_names();
                nearest(head, names.iter().copied()).map(str::to_owned)
            });
            let hint = near.map_or_else(
                || "kinds lists what there is".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            return Err(Refusal::Wrong(format!(
                "{} is neither a kind nor a command: {hint}",
                unresolved.word
            )));
        }
    };
    let mut place = ListPlace::of(id, ResourceName::new("", ""));
    place.resources = found.iter().map(|resource| resource.name.clone()).collect();
    let mut words = rest.iter();
    let mut namespaces: Vec<Clean> = Vec::new();
    let mut all = false;
    while let Some(word) = words.next() {
        match *word {
            "-A" | "--all-namespaces" => all = true,
            "-n" | "--namespace" => match words.next() {
                Some(name) => namespaces.extend(name.split(',').map(Clean::new)),
                None => return Err(Refusal::Wrong("-n needs a namespace".to_owned())),
            },
            "--name" => match words.next() {
                Some(name) => place.focus = Some((Clean::default(), Clean::new(name))),
                None => return Err(Refusal::Wrong("--name needs a name".to_owned())),
            },
            "-l" | "--selector" => match words.next().map(|selector| Selector::parse(selector)) {
                Some(Ok(selector)) => place.labels = Clean::new(&selector.to_string()),
                Some(Err(error)) => return Err(Refusal::Wrong(error.to_string())),
                None => return Err(Refusal::Wrong("-l needs a label selector".to_owned())),
            },
            filter if filter.starts_with('/') => {
                let rest: Vec<&str> = std::iter::once(&filter[1..]).chain(words.by_ref().copied()).collect();
                place.filter = rest.join(" ");
            }
            name if name.starts_with('-') => {
                return Err(Refusal::Wrong(format!(
                    "{name} is not known here: -n -A -l /filter are"
                )));
            }
            name => namespaces.extend(name.split(',').map(Clean::new)),
        }
    }
    if all {
        set_scope(model, id, Scope::All);
    } else if !namespaces.is_empty() {
        namespaces.sort();
        namespaces.dedup();
        set_scope(model, id, Scope::Namespaces(namespaces));
    }
    places::open(model, &Place::List(place));
    Ok(())
}

fn set_scope(model: &mut Model, id: ClusterId, scope: Scope) {
    places::fulfil(model, crate::screens::Request::UseNamespaces(id, scope));
}

fn use_namespaces(model: &mut Model, names: &[&str]) -> Result<(), Refusal> {
    let Some(id) = model.shared.current else {
        return Err(Refusal::Wrong(
            "no context is in use: choose one first (g c)".to_owned(),
        ));
    };
    if let ["all" | "-A" | "*"] = names {
        set_scope(model, id, Scope::All);
        return Ok(());
    }
    let mut list: Vec<Clean> = Vec::new();
    for name in names
        .iter()
        .flat_map(|name| name.split(','))
        .filter(|name| !name.is_empty())
    {
        crate::text::check_dns_label(name)
            .map_err(|wrong| Refusal::Wrong(format!("{name} is no namespace: {wrong}")))?;
        list.push(Clean::new(name));
    }
    list.sort();
    list.dedup();
    set_scope(model, id, Scope::Namespaces(list));
    Ok(())
}

fn use_context(model: &mut Model, name: &str) -> Result<(), Refusal> {
    let found = model
        .shared
        .contexts
        .iter()
        .find(|context| context.name == name)
        .map(|context| context.id);
    match found {
        Some(id) => {
            places::use_context(model, id, false);
            Ok(())
        }
        None => {
            let near = nearest(name, model.shared.contexts.iter().map(|context| context.name.as_str()));
            let hint = near.map_or_else(|| "g c lists them".to_owned(), |near| format!("did you mean {near}?"));
            Err(Refusal::Wrong(format!("there is no context {name}: {hint}")))
        }
    }
}
