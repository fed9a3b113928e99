//! What tests of screens are built from: a small world, keys pressed, and the screen as text.

use super::{ClusterState, CommandRow, Ctx, Danger, Link, Request, Screen, Shared};
use crate::keys;
use crate::kinds::{Catalog, Cell, Column, Field, Health, Resource, ResourceName, Row, Uid, Verbs};
use crate::msg::{ContextInfo, Delta, Phase, ServerInfo, TableEvent};
use crate::store::Table;
use crate::text::Clean;
use crate::theme;
use crate::want::{ClusterId, ListWant, Scope, Shape};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The sizes every screen must look right at, or at least survive.
pub const SIZES: [(u16, u16); 8] = [(160, 45), (80, 24), (40, 10), (20, 5), (12, 4), (5, 2), (1, 1), (0, 0)];

/// The contexts of the small world.
pub const PROD: ClusterId = ClusterId(0);
/// The other one.
pub const STAGING: ClusterId = ClusterId(1);

/// Two contexts, the first connected and in use; a catalog with a custom resource; dark theme, default keymap.
pub fn shared() -> Shared {
    let mut prod = ClusterState::new(Scope::Namespaces(vec![Clean::new("shop")]));
    prod.link = Link::Up;
    prod.server = Some(ServerInfo {
        version: "v1.34.1".into(),
        address: "https://prod:6443".into(),
        http2: true,
    });
    prod.catalog = Arc::new(catalog());
    prod.discovered = true;
    prod.round_trip = Some(Duration::from_millis(12));
    let staging = ClusterState::new(Scope::Namespaces(vec![Clean::new("default")]));
    Shared {
        settings: Default::default(),
        theme: theme::load("dark", &|_| None).0,
        keymap: keys::load("default", &|_| None, &[], &known()).0,
        wall: 1_700_000_000,
        mono: 10_000,
        contexts: vec![context(PROD, "prod-eu"), context(STAGING, "staging")],
        no_contexts: None,
        current: Some(PROD),
        clusters: BTreeMap::from([(PROD, prod), (STAGING, staging)]),
        tables: HashMap::new(),
        schemas: HashMap::new(),
        paused: false,
        notes: VecDeque::new(),
        lines: BTreeMap::new(),
        commands: vec![
            row("open_row", "Open what the row leads to", "open", Danger::None, true),
            row("move_down", "Move down a row", "", Danger::None, true),
            row("toggle_wide", "Show more columns", "wide", Danger::None, true),
            row(
                "toggle_faults",
                "Show only what is broken",
                "faults",
                Danger::None,
                true,
            ),
            row("jump_node", "Go to the node of the pod", "node", Danger::None, false),
            row("clear_marks", "Take all marks away", "", Danger::Change, true),
            row("open_help", "Show all keys", "help", Danger::None, true),
            row("open_contexts", "Show the contexts", "", Danger::None, true),
            row("quit_now", "Leave at once", "", Danger::None, true),
        ],
    }
}

fn row(name: &'static str, doc: &'static str, hint: &'static str, danger: Danger, enabled: bool) -> CommandRow {
    CommandRow {
        name,
        doc,
        hint,
        danger,
        enabled,
    }
}

/// Every command that the default keymap names: which there are is not what these tests are about.
fn known() -> Vec<&'static str> {
    keys::bundled()
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.split_once(" = \"")?.1.split('"').next())
        .collect()
}

/// A context with everything in it.
pub fn context(id: ClusterId, name: &str) -> ContextInfo {
    ContextInfo {
        id,
        name: name.to_owned(),
        cluster: Clean::new(&format!("{name}-cluster")),
        user: "admin".into(),
        namespace: "default".into(),
        server: Clean::new(&format!("https://{name}.example.dev:6443")),
        file: "/home/me/.kube/config".into(),
        insecure: false,
        auth: "client certificate".into(),
        problem: None,
        acting_as: None,
        production: false,
    }
}

/// What every server serves, and a custom resource.
fn catalog() -> Catalog {
    let mut catalog = Catalog::known();
    let rows: [(&str, &str, &str, &[&str], bool); 7] = [
        ("", "pods", "Pod", &["po"], true),
        ("", "services", "Service", &["svc"], true),
        ("", "nodes", "Node", &["no"], false),
        ("", "namespaces", "Namespace", &["ns"], false),
        ("apps", "deployments", "Deployment", &["deploy"], true),
        ("batch", "jobs", "Job", &[], true),
        ("shop.example.dev", "websites", "Website", &["web"], true),
    ];
    for (group, plural, kind, short, namespaced) in rows {
        let name = ResourceName::new(group, plural);
        if catalog.resources.iter().all(|resource| resource.name != name) {
            catalog
                .resources
                .push(Arc::new(resource(name, kind, short, namespaced)));
        }
    }
    catalog
}

fn resource(name: ResourceName, kind: &str, short: &[&str], namespaced: bool) -> Resource {
    let verbs = Verbs {
        get: true,
        list: true,
        watch: true,
        create: true,
        update: true,
        patch: true,
        delete: true,
    };
    Resource {
        name,
        version: "v1".into(),
        served: vec!["v1".into()],
        kind: kind.into(),
        singular: kind.to_lowercase().into(),
        short_names: short.iter().map(|name| Clean::new(name)).collect(),
        categories: if kind == "Pod" || kind == "Deployment" {
            vec!["all".into()]
        } else {
            Vec::new()
        },
        namespaced,
        verbs,
        subresources: Vec::new(),
    }
}

/// Puts a list of namespaces into the current cluster.
pub fn with_namespaces(shared: &mut Shared, names: &[&str], phase: Phase) {
    let columns: Arc<[Column]> = vec![
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 1),
        Column::get("AGE", Field::Age, 2),
    ]
    .into();
    let mut table = Table::new("Namespace".into(), columns, 1, 0);
    let deltas = names.iter().map(|name| Delta::Upsert(namespace(name))).collect();
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    table.apply(TableEvent::Phase { source: 0, phase }, 0);
    shared.tables.insert(namespaces_want(), table);
}

/// The want of the list of namespaces.
pub fn namespaces_want() -> ListWant {
    ListWant {
        cluster: PROD,
        resource: ResourceName::new("", "namespaces"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

fn namespace(name: &str) -> Row {
    Row {
        whole: None,
        uid: Uid::Text(name.into()),
        namespace: Clean::default(),
        name: name.into(),
        version: 1,
        created: Some(1_700_000_000 - 3 * 86_400),
        deleting: None,
        labels: Vec::new().into(),
        owner: None,
        health: Health::Good,
        cells: vec![Cell::text("Active".into())].into(),
        facts: Vec::new().into(),
    }
}

/// Runs a command and answers what is asked for.
pub fn run(screen: &mut dyn Screen, shared: &Shared, command: &str) -> Vec<Request> {
    let mut ctx = Ctx::new(shared);
    assert!(screen.run(command, &mut ctx), "{command} is not known here");
    let requests = ctx.requests;
    screen.refresh(Rect::new(0, 0, 80, 24), shared);
    requests
}

/// Types a text and answers what is asked for.
pub fn type_text(screen: &mut dyn Screen, shared: &Shared, text: &str) -> Vec<Request> {
    let mut ctx = Ctx::new(shared);
    for character in text.chars() {
        assert!(screen.takes_text(), "nothing takes {character:?}");
        screen.typed(character, &mut ctx);
    }
    let requests = ctx.requests;
    screen.refresh(Rect::new(0, 0, 80, 24), shared);
    requests
}

/// The screen as text, one line a row, blanks at the end cut.
pub fn drawn(screen: &mut dyn Screen, shared: &Shared, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    screen.refresh(area, shared);
    screen.draw(&mut buffer, area, shared);
    if let Some(cursor) = screen.cursor(area, shared) {
        assert!(area.contains(cursor), "the cursor {cursor} lies outside of {area}");
    }
    let lines: Vec<String> = (0..height)
        .map(|y| {
            let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            line.trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// Draws at every size, in colour, without, and in ASCII; also into a part of a greater buffer. Answers the 80×24 one in ASCII.
pub fn every_size(screen: &mut dyn Screen, shared: &mut Shared) -> String {
    let mut result = String::new();
    for theme in ["dark", "monochrome"] {
        shared.theme = theme::load(theme, &|_| None).0;
        for ascii in [false, true] {
            shared.settings.ascii = ascii;
            for (width, height) in SIZES {
                let text = drawn(screen, shared, width, height);
                if (width, height) == (80, 24) {
                    result = text;
                }
                let whole = Rect::new(0, 0, width + 4, height + 4);
                let part = Rect::new(2, 2, width, height);
                let mut buffer = Buffer::empty(whole);
                screen.refresh(part, shared);
                screen.draw(&mut buffer, part, shared);
                for (x, y) in (0..whole.width).flat_map(|x| [(x, 0), (x, 1), (x, height + 2), (x, height + 3)]) {
                    assert_eq!(
                        buffer[(x, y)].symbol(),
                        " ",
                        "drawn outside at {x},{y} of {width}x{height}"
                    );
                }
                for (x, y) in (0..whole.height).flat_map(|y| [(0, y), (1, y), (width + 2, y), (width + 3, y)]) {
                    assert_eq!(
                        buffer[(x, y)].symbol(),
                        " ",
                        "drawn outside at {x},{y} of {width}x{height}"
                    );
                }
            }
        }
    }
    let own = result.chars().all(|c| c.is_ascii() || c == '…');
    assert!(own, "not ASCII: {result}");
    result
}
