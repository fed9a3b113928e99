//! Tables of the model: made for what is wanted, fed by events, dropped with their wants.

use super::{HELD_EVENTS, Model, Tone};
use crate::kinds::{Column, Field, kind};
use crate::msg::{Generation, TableEvent};
use crate::store::Table;
use crate::text::Clean;
use crate::want::{ListWant, Scope, Shape, Want};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How long a table stays after nobody wants it, in milliseconds. Longer than the runtime keeps its list running, so that
/// a list that still runs never finds its table gone.
const KEPT_MILLIS: u64 = 150_000;

/// Takes an event into its table. Says whether anything that may be visible changed.
pub(super) fn take(model: &mut Model, list: &ListWant, generation: Generation, event: TableEvent) -> bool {
    // Either nobody wants it any more, or it comes from an earlier start.
    if !model
        .shared
        .tables
        .get_mut(list)
        .is_some_and(|table| table.follows(generation))
    {
        return false;
    }
    if model.shared.paused && !matches!(event, TableEvent::Phase { .. }) {
        model.held.push((list.clone(), event));
        if model.held.len() > HELD_EVENTS {
            release_held(model);
            model.say(
                Tone::Warn,
                Clean::new("too much has happened to stay paused: changes are shown again"),
            );
            return true;
        }
        return false;
    }
    apply(model, list, event);
    model.pane.is_some()
        || model.screen.lists(&model.shared).contains(list)
        || !model.popups.is_empty()
        || model.screen.place() == Some(super::Place::Namespaces)
        || is_wanted(model, list)
}

/// Whether the screen in front wants this list, though it is not what it shows: what stands around an open object, the
/// pods whose logs are read.
fn is_wanted(model: &Model, list: &ListWant) -> bool {
    let mut wants = BTreeSet::new();
    model.screen.wants(&model.shared, &mut wants);
    wants.contains(&Want::List(list.clone()))
}

/// Ends the pause: everything that was held back is taken in.
pub(super) fn release_held(model: &mut Model) {
    model.shared.paused = false;
    for (list, event) in std::mem::take(&mut model.held) {
        apply(model, &list, event);
    }
}

fn apply(model: &mut Model, list: &ListWant, event: TableEvent) {
    let mono = model.shared.mono;
    if let Some(table) = model.shared.tables.get_mut(list) {
        table.apply(event, mono);
    }
}

/// Makes a table for each wanted list that has none, and drops those that nobody has wanted for as long as the runtime
/// keeps their list running.
pub(super) fn keep_wanted(model: &mut Model) {
    let wanted: BTreeSet<Want> = super::wants(model);
    let mono = model.shared.mono;
    for want in &wanted {
        let Want::List(list) = want else { continue };
        match model.shared.tables.get_mut(list) {
            Some(table) => table.wanted_at = mono,
            None => {
                let table = new_table(model, list);
                model.shared.tables.insert(list.clone(), table);
            }
        }
    }
    model
        .shared
        .tables
        .retain(|list, table| table.wanted_at + KEPT_MILLIS > mono || wanted.contains(&Want::List(list.clone())));
}

fn new_table(model: &Model, list: &ListWant) -> Table {
    let known = kind(list.resource.group.as_str(), list.resource.resource.as_str());
    let state = model.shared.clusters.get(&list.cluster);
    let served = state.and_then(|state| state.catalog.find(&list.resource));
    let name = match (known, served) {
        _ if list.shape == Shape::Containers => Clean::new("Container"),
        (Some(known), _) => Clean::new(known.kind),
        (None, Some(served)) => served.kind.clone(),
        (None, None) => list.resource.resource.clone(),
    };
    let columns: Arc<[Column]> = match known {
        _ if list.shape == Shape::Containers => crate::kinds::container::COLUMNS.into(),
        Some(known) => known.columns.into(),
        None => Arc::new([Column::get("NAME", Field::Name, 0), Column::get("AGE", Field::Age, 1)]),
    };
    let sources = match &list.scope {
        Scope::All => 1,
        Scope::Namespaces(names) => names.len(),
    };
    let mut table = Table::new(name, columns, sources, model.shared.mono);
    table.wanted_at = model.shared.mono;
    table
}
