//! `update` rows: messages in, effects, wants and screens out.
//! One file: they share a model that is connected, and each row is short.

use super::*;
use crate::effect::Memory;
use crate::keys::{self, parse_keys};
use crate::kinds::{Cell, Health, Owner, ResourceName, Row, Uid, Value};
use crate::msg::{ClusterEvent, ContextInfo, ContextsEvent, Delta, FailureKind, Generation, Phase, ServerInfo};
use crate::screens::{ObjectName, Request, Tab};
use crate::want::{ClusterId, Scope, Shape};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;

const ONE: ClusterId = ClusterId(0);
const TWO: ClusterId = ClusterId(1);

fn context(id: ClusterId, name: &str) -> ContextInfo {
    ContextInfo {
        id,
        name: name.to_owned(),
        cluster: Clean::new("cluster"),
        user: Clean::new("user"),
        namespace: Clean::new("shop"),
        server: Clean::new("https://127.0.0.1:6443"),
        file: Clean::new("/config"),
        insecure: false,
        auth: Clean::new("token"),
        problem: None,
        acting_as: None,
        production: false,
    }
}

fn load_theme(name: &str) -> Theme {
    crate::theme::load(name, &|_| None).0
}

fn setup() -> Setup {
    let (keymap, warnings) = keys::load("default", &|_| None, &[], &command_names());
    assert!(warnings.is_empty(), "{warnings:?}");
    Setup {
        keymap,
        size: (100, 30),
        wall: 1_000_000_000,
        ..Setup::default()
    }
}

/// A model that is connected to the first of two contexts and shows its pods.
fn connected() -> Model {
    let mut model = Model::new(setup());
    load(&mut model);
    connect(&mut model, ONE);
    model
}

fn load(model: &mut Model) {
    let contexts = vec![context(ONE, "one"), context(TWO, "two")];
    update(
        model,
        Msg::Contexts(ContextsEvent::Loaded {
            contexts,
            current: Some(ONE),
            warnings: vec![],
        }),
    );
}

fn connect(model: &mut Model, id: ClusterId) {
    let server = ServerInfo {
        version: Clean::new("v1.34.1"),
        address: Clean::new("https://one"),
        http2: true,
    };
    update(model, Msg::Cluster(id, ClusterEvent::Connected(server)));
    update(
        model,
        Msg::Cluster(id, ClusterEvent::Catalog(Arc::new(crate::kinds::Catalog::known()))),
    );
}

fn press(model: &mut Model, text: &str) -> Vec<Effect> {
    let chords = parse_keys(text).unwrap();
    chords
        .into_iter()
        .flat_map(|chord| update(model, Msg::Key(chord)))
        .collect()
}

fn list(resource: &str, namespaces: &[&str]) -> ListWant {
    let group = crate::kinds::Catalog::known().resolve(resource).unwrap()[0]
        .name
        .clone();
    ListWant {
        cluster: ONE,
        resource: group,
        scope: if namespaces.is_empty() {
            Scope::All
        } else {
            Scope::Namespaces(namespaces.iter().map(|name| Clean::new(name)).collect())
        },
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

fn row(namespace: &str, name: &str, health: Health) -> Row {
    let state = if health == Health::Bad {
        "CrashLoopBackOff"
    } else {
        "Running"
    };
    Row {
        uid: Uid::Text(format!("{namespace}/{name}").into()),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
        version: 1,
        created: Some(900_000),
        deleting: None,
        labels: Arc::new([(Clean::new("app"), Clean::new("web"))]),
        owner: Some(Arc::new(Owner {
            group: Clean::new("apps"),
            kind: Clean::new("ReplicaSet"),
            name: Clean::new("web"),
            uid: Uid::Text("rs".into()),
        })),
        health,
        cells: Box::new([Cell::new(Value::Ratio(1, 2)), Cell::text(Clean::new(state))]),
        facts: Box::new([]),
        whole: None,
    }
}

fn feed(model: &mut Model, want: &ListWant, rows: Vec<Row>) {
    let send = |model: &mut Model, event| {
        update(model, Msg::Table(Box::new(want.clone()), Generation(1), event));
    };
    send(model, TableEvent::Begin { source: 0, epoch: 1 });
    send(
        model,
        TableEvent::Deltas {
            source: 0,
            deltas: rows.into_iter().map(Delta::Upsert).collect(),
        },
    );
    send(model, TableEvent::End { source: 0, epoch: 1 });
    send(
        model,
        TableEvent::Phase {
            source: 0,
            phase: Phase::Watching,
        },
    );
}

fn pods(model: &mut Model) -> ListWant {
    let want = list("pods", &["shop"]);
    let rows = (0..40).map(|n| {
        row(
            "shop",
            &format!("web-{n}"),
            if n == 7 { Health::Bad } else { Health::Good },
        )
    });
    feed(model, &want, rows.collect());
    want
}

fn screen(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0.max(1), model.size.1.max(1))).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..buffer.area.height)
        .map(|y| line(y).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn shows(model: &Model, text: &str) -> bool {
    screen(model).contains(text)
}

fn place(model: &Model) -> Option<Place> {
    model.screen.place()
}

fn place_of(model: &Model) -> crate::screens::ListPlace {
    match place(model) {
        Some(Place::List(place)) => place,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_opens_on_pods_in_the_contexts_namespace() {
    let mut model = Model::new(setup());
    assert!(wants(&model).is_empty());
    load(&mut model);
    assert!(wants(&model).contains(&Want::Cluster(ONE)));
    assert!(
        wants(&model).contains(&Want::List(list("pods", &["shop"]))),
        "before the connection is there"
    );
    connect(&mut model, ONE);
    pods(&mut model);
    assert!(shows(&model, "web-39") || shows(&model, "web-0"), "{}", screen(&model));
    assert!(
        shows(&model, "one") && shows(&model, "shop") && shows(&model, "v1.34.1") && shows(&model, "live"),
        "{}",
        screen(&model)
    );
    assert!(model.back.is_empty(), "the contexts screen was only a place to wait in");
}

#[test]
fn arguments_and_memory_choose_the_first_view() {
    struct Case {
        first: Option<&'static str>,
        namespaces: &'static [&'static str],
        all: bool,
        view: Option<&'static str>,
        remembered: Option<&'static [&'static str]>,
        expected: ListWant,
    }
    let case = |first, namespaces, all, view, remembered, expected| Case {
        first,
        namespaces,
        all,
        view,
        remembered,
        expected,
    };
    let cases = [
        case(None, &[][..], false, None, None, list("pods", &["shop"])),
        case(None, &["b", "a"][..], false, None, None, list("pods", &["a", "b"])),
        case(None, &[][..], true, None, None, list("pods", &[])),
        case(
            Some("deploy"),
            &[][..],
            false,
            None,
            None,
            list("deployments", &["shop"]),
        ),
        case(
            None,
            &[][..],
            false,
            Some("services"),
            Some(&["data"][..]),
            list("services", &["data"]),
        ),
        case(
            None,
            &["x"][..],
            false,
            Some("services"),
            Some(&["data"][..]),
            list("services", &["x"]),
        ),
        case(
            None,
            &[][..],
            false,
            Some("services"),
            Some(&[][..]),
            list("services", &[]),
        ),
        case(
            Some("nodes"),
            &[][..],
            false,
            Some("services"),
            None,
            list("nodes", &[]),
        ),
    ];
    for case in cases {
        let mut setup = setup();
        setup.first = case.first.map(str::to_owned);
        setup.namespaces = case.namespaces.iter().map(|name| (*name).to_owned()).collect();
        setup.all_namespaces = case.all;
        let remembered = Remembered {
            view: case.view.map(str::to_owned),
            namespaces: case
                .remembered
                .map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            typed: vec![],
        };
        setup.remembered.insert("one".to_owned(), remembered);
        let mut model = Model::new(setup);
        load(&mut model);
        assert!(
            wants(&model).contains(&Want::List(case.expected.clone())),
            "{:?} in {:?}",
            case.expected,
            wants(&model)
        );
    }
}

#[test]
fn a_kind_that_only_discovery_knows_is_opened_once_it_has_answered() {
    let mut setup = setup();
    setup.first = Some("websites".to_owned());
    let mut model = Model::new(setup);
    load(&mut model);
    assert!(wants(&model).contains(&Want::List(list("pods", &["shop"]))));
    let server = ServerInfo {
        version: Clean::new("v1"),
        address: Clean::new("x"),
        http2: true,
    };
    update(&mut model, Msg::Cluster(ONE, ClusterEvent::Connected(server)));
    let mut catalog = crate::kinds::Catalog::known();
    let mut website = (*catalog.resources[0]).clone();
    website.name = ResourceName::new("example.dev", "websites");
    website.kind = Clean::new("Website");
    website.singular = Clean::new("website");
    website.short_names = vec![];
    catalog.resources.push(Arc::new(website));
    update(&mut model, Msg::Cluster(ONE, ClusterEvent::Catalog(Arc::new(catalog))));
    assert_eq!(
        place_of(&model).resources,
        [ResourceName::new("example.dev", "websites")]
    );
}

#[test]
fn the_filter_works_as_it_is_typed_and_esc_goes_back_step_by_step() {
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "/web-1");
    assert!(shows(&model, "11/40"), "{}", screen(&model));
    press(&mut model, "<enter><space>");
    assert!(shows(&model, "1 marked"));
    press(&mut model, "<esc>");
    assert!(!shows(&model, "marked") && shows(&model, "11/40"));
    press(&mut model, "<esc>");
    assert!(!shows(&model, "11/40"), "{}", screen(&model));
    press(&mut model, "/cpu>>");
    assert!(shows(&model, "there is no column"), "{}", screen(&model));
    assert!(
        press(&mut model, "<esc><esc><esc><esc>")
            .iter()
            .all(|effect| *effect != Effect::Quit),
        "Esc never quits"
    );
}

#[test]
fn faults_are_one_key_away() {
    let mut model = connected();
    pods(&mut model);
    assert!(shows(&model, "▲1"));
    press(&mut model, "!");
    assert!(
        shows(&model, "web-7") && shows(&model, "1/40") && !shows(&model, "web-8"),
        "{}",
        screen(&model)
    );
    press(&mut model, "<esc>");
    assert!(shows(&model, "web-8"));
}

#[test]
fn the_cursor_follows_its_object() {
    let mut model = connected();
    let want = pods(&mut model);
    press(&mut model, "jjj");
    press(&mut model, "<space>");
    let before = screen(&model);
    let marked = before.lines().find(|line| line.starts_with('●')).unwrap().to_owned();
    let fresh: Vec<Delta> = (0..5)
        .map(|n| Delta::Upsert(row("shop", &format!("aaa-{n}"), Health::Good)))
        .collect();
    update(
        &mut model,
        Msg::Table(
            Box::new(want),
            Generation(1),
            TableEvent::Deltas {
                source: 0,
                deltas: fresh,
            },
        ),
    );
    let after = screen(&model);
    let now = after.lines().find(|line| line.starts_with('●')).unwrap();
    assert_eq!(
        marked.split_whitespace().nth(1),
        now.split_whitespace().nth(1),
        "{after}"
    );
}

#[test]
fn a_broken_watch_keeps_its_rows_and_says_so() {
    let mut model = connected();
    let want = pods(&mut model);
    let failure = Failure {
        kind: FailureKind::Unreachable,
        message: Clean::new("connection refused"),
        remedy: None,
    };
    let phase = Phase::Backoff {
        failure,
        retry_in: Duration::from_secs(2),
        attempt: 3,
    };
    update(
        &mut model,
        Msg::Table(Box::new(want), Generation(1), TableEvent::Phase { source: 0, phase }),
    );
    assert!(
        shows(&model, "web-7") && shows(&model, "stale for") && shows(&model, "unreachable"),
        "{}",
        screen(&model)
    );
}

#[test]
fn rows_whose_connection_is_gone_are_stale_too() {
    let mut model = connected();
    let want = pods(&mut model);
    update(
        &mut model,
        Msg::Tick {
            wall: 1_000_000_000,
            mono: 60_000,
        },
    );
    let phase = TableEvent::Phase {
        source: 0,
        phase: Phase::Waiting,
    };
    update(&mut model, Msg::Table(Box::new(want), Generation(1), phase));
    update(
        &mut model,
        Msg::Tick {
            wall: 1_000_007_000,
            mono: 67_000,
        },
    );
    assert!(
        shows(&model, "web-7") && shows(&model, "stale for 7s"),
        "{}",
        screen(&model)
    );
}

#[test]
fn an_earlier_start_of_a_list_is_not_listened_to() {
    let mut model = connected();
    let want = pods(&mut model);
    let deltas = vec![Delta::Upsert(row("shop", "ghost", Health::Good))];
    let event = TableEvent::Deltas { source: 0, deltas };
    update(
        &mut model,
        Msg::Table(Box::new(want.clone()), Generation(0), event.clone()),
    );
    assert_eq!(model.shared.tables[&want].counts().rows, 40);
    update(&mut model, Msg::Table(Box::new(want.clone()), Generation(2), event));
    assert_eq!(
        model.shared.tables[&want].counts().rows,
        41,
        "a later start keeps the rows until its list has swept them"
    );
    update(
        &mut model,
        Msg::Table(
            Box::new(want.clone()),
            Generation(2),
            TableEvent::Begin { source: 0, epoch: 1 },
        ),
    );
    update(
        &mut model,
        Msg::Table(
            Box::new(want.clone()),
            Generation(2),
            TableEvent::End { source: 0, epoch: 1 },
        ),
    );
    assert_eq!(model.shared.tables[&want].counts().rows, 0);
}

#[test]
fn history_keeps_cursor_and_filter() {
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "/web-1<enter>jj");
    press(&mut model, ":deploy<enter>");
    assert_eq!(place_of(&model).resources, [ResourceName::new("apps", "deployments")]);
    press(&mut model, "[");
    assert!(shows(&model, "11/40"), "{}", screen(&model));
    press(&mut model, "]");
    assert_eq!(place_of(&model).resources, [ResourceName::new("apps", "deployments")]);
    press(&mut model, "--");
    assert_eq!(place_of(&model).resources, [ResourceName::new("apps", "deployments")]);
}

#[test]
fn the_same_place_again_is_no_new_step_of_history() {
    let mut model = connected();
    pods(&mut model);
    assert_eq!(model.back.len(), 0);
    for (line, steps) in [
        ("pods", 0),
        ("po", 0),
        ("deploy", 1),
        ("deployments.apps", 1),
        // Namespaces are of the context: only what asks for other rows of it is another place.
        ("deploy -n data", 1),
        ("deploy -l app=web", 2),
        ("deploy -l app=web", 2),
        ("info", 3),
        ("info", 3),
        ("ctx one", 3),
        ("ns", 4),
        ("ns", 4),
    ] {
        line::run(&mut model, line);
        assert_eq!(model.back.len(), steps, "{line}");
    }
    // A context that is chosen where contexts are chosen leads back to where one was.
    line::run(&mut model, "ctx");
    assert_eq!((place(&model), model.back.len()), (Some(Place::Contexts), 5));
    line::run(&mut model, "ctx one");
    assert_eq!((place(&model), model.back.len()), (Some(Place::Namespaces), 4));
}

#[test]
fn links_are_followed_and_remembered_as_a_trail() {
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "J");
    let place = place_of(&model);
    assert_eq!(place.resources, [ResourceName::new("apps", "replicasets")]);
    assert_eq!(place.fields.as_str(), "metadata.name=web");
    assert!(place.trail.as_str().starts_with("pod web-"), "{:?}", place.trail);
    press(&mut model, "<esc>");
    assert_eq!(place_of(&model).resources, [ResourceName::new("", "pods")]);
    press(&mut model, "<enter>");
    assert_eq!(place_of(&model).shape, Shape::Containers);
}

#[test]
fn namespaces_are_changed_for_this_run_alone() {
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "0");
    assert!(wants(&model).contains(&Want::List(list("pods", &[]))));
    assert!(shows(&model, "all namespaces"));
    press(&mut model, "0");
    assert!(wants(&model).contains(&Want::List(list("pods", &["shop"]))));
    let effects = press(&mut model, ":ns data,platform<enter>");
    assert!(wants(&model).contains(&Want::List(list("pods", &["data", "platform"]))));
    assert!(
        effects.iter().any(
            |effect| matches!(effect, Effect::Remember(Memory::Namespace { namespace, .. }) if namespace == "data")
        )
    );
}

#[test]
fn lines_of_the_palette_mean_what_they_say() {
    let rows: [(&str, &str); 10] = [
        ("po kube-system", "pods kube-system"),
        ("deployments.apps -A", "deployments "),
        ("rs,svc -n a,b", "replicasets,services a,b"),
        ("pods -l app=web", "pods shop"),
        ("pods -l \"tier in (a, b)\" -n shop", "pods shop"),
        ("Pod", "pods shop"),
        ("nodes", "nodes "),
        ("nonsense", "is neither a kind nor a command"),
        ("pods -n", "-n needs a namespace"),
        ("ctx three", "there is no context three"),
    ];
    for (line, expected) in rows {
        let mut model = connected();
        line::run(&mut model, line);
        model.settle();
        match expected
            .split_once(' ')
            .filter(|_| !expected.contains("is n") && !expected.contains("needs"))
        {
            Some((resources, namespaces)) => {
                let Some(Want::List(want)) = wants(&model).into_iter().find(
                    |want| matches!(want, Want::List(list) if resources.starts_with(list.resource.resource.as_str())),
                ) else {
                    panic!("{line}: {:?}", wants(&model))
                };
                let names = match want.scope {
                    Scope::All => String::new(),
                    Scope::Namespaces(names) => names
                        .iter()
                        .map(|n| n.as_str().to_owned())
                        .collect::<Vec<_>>()
                        .join(","),
                };
                assert_eq!(names, namespaces, "{line}");
            }
            None => assert!(shows(&model, expected), "{line}: {}", screen(&model)),
        }
    }
}

#[test]
fn a_cluster_that_does_not_answer_shows_the_contexts() {
    let mut model = Model::new(setup());
    load(&mut model);
    let failure = Failure {
        kind: FailureKind::Unreachable,
        message: Clean::new("nobody answers at https://127.0.0.1:6443"),
        remedy: Some(Clean::new("is the VPN up?")),
    };
    let failed = || ClusterEvent::Failed {
        failure: failure.clone(),
        retry_in: Some(Duration::from_secs(5)),
    };
    update(&mut model, Msg::Cluster(ONE, failed()));
    assert_eq!(place(&model), Some(Place::Contexts));
    assert!(shows(&model, "nobody answers"), "{}", screen(&model));
    connect(&mut model, ONE);
    assert_eq!(place_of(&model).resources, [ResourceName::new("", "pods")]);
    // Once it has been there, a loss keeps the view.
    update(&mut model, Msg::Cluster(ONE, failed()));
    assert_eq!(place_of(&model).resources, [ResourceName::new("", "pods")]);
    assert!(shows(&model, "no connection"), "{}", screen(&model));
}

#[test]
fn nothing_to_open_says_what_to_do() {
    let mut model = Model::new(setup());
    let failure = Failure {
        kind: FailureKind::Configuration,
        message: Clean::new("there is no kubeconfig"),
        remedy: Some(Clean::new("start with --demo")),
    };
    update(&mut model, Msg::Contexts(ContextsEvent::Nothing(failure)));
    assert!(
        shows(&model, "there is no kubeconfig") && shows(&model, "--demo"),
        "{}",
        screen(&model)
    );
}

#[test]
fn pause_holds_changes_back_and_gives_them_all() {
    let mut model = connected();
    let want = pods(&mut model);
    press(&mut model, "P");
    let deltas = vec![Delta::Upsert(row("shop", "late", Health::Good))];
    update(
        &mut model,
        Msg::Table(
            Box::new(want.clone()),
            Generation(1),
            TableEvent::Deltas { source: 0, deltas },
        ),
    );
    assert_eq!(model.shared.tables[&want].counts().rows, 40);
    assert!(shows(&model, "PAUSED"));
    press(&mut model, "P");
    assert_eq!(model.shared.tables[&want].counts().rows, 41);
    assert!(!shows(&model, "PAUSED"));
}

#[test]
fn a_paste_runs_nothing() {
    let mut model = connected();
    pods(&mut model);
    let text = "q\n:quit\n!".repeat(1000);
    let effects = update(
        &mut model,
        Msg::Paste {
            text: text.clone(),
            cut: true,
        },
    );
    assert!(effects.is_empty() && shows(&model, "ignored"));
    press(&mut model, "/");
    update(
        &mut model,
        Msg::Paste {
            text: "web-3\nq".to_owned(),
            cut: false,
        },
    );
    assert!(shows(&model, "11/40"), "{}", screen(&model));
}

#[test]
fn quitting_asks_at_the_first_view() {
    let mut model = connected();
    pods(&mut model);
    assert!(press(&mut model, "q").is_empty());
    assert!(shows(&model, "Quit Portolan?"), "{}", screen(&model));
    // The first quarter of a second belongs to what was typed before the question was there.
    assert!(!press(&mut model, "<down><enter>").contains(&Effect::Quit));
    assert_eq!(press(&mut model, "<ctrl-c>"), [Effect::Quit]);
}

#[test]
fn it_survives_every_size() {
    for (width, height) in [(0, 0), (1, 1), (5, 2), (20, 5), (40, 10), (80, 24), (500, 2), (200, 60)] {
        let mut model = connected();
        pods(&mut model);
        update(&mut model, Msg::Resize(width, height));
        for keys in [
            "j", "G", "/web", "<enter>", ":", "<esc>", "?", "<esc>", "m", "<esc>", "w", "gc", "g",
        ] {
            press(&mut model, keys);
            screen(&model);
        }
    }
}

#[test]
fn time_is_asked_for_only_while_something_visible_changes() {
    let mut model = connected();
    update(
        &mut model,
        Msg::Tick {
            wall: 1_000_000_000,
            mono: 60_000,
        },
    );
    assert!(model.toasts.is_empty());
    // Pods that are a day old turn once an hour.
    pods(&mut model);
    let next = model.next_change().unwrap();
    assert!(next > Duration::from_secs(60), "{next:?}");
}

#[test]
fn each_context_brings_its_own_colours_and_takes_them_along() {
    let mut setup = setup();
    let (dark, light) = (load_theme("dark"), load_theme("light"));
    setup.theme = dark;
    setup.themes.insert("two".to_owned(), light);
    let mut model = Model::new(setup);
    load(&mut model);
    connect(&mut model, ONE);
    let used = |model: &Model| (model.shared.current, model.shared.theme.name().to_owned());
    assert_eq!(used(&model), (Some(ONE), "dark".to_owned()));
    line::run(&mut model, "ctx two");
    connect(&mut model, TWO);
    assert_eq!(used(&model), (Some(TWO), "light".to_owned()));
    // The way back leads to the other cluster, so the header and the colours are that one's again.
    press(&mut model, "[");
    assert_eq!(place_of(&model).cluster, ONE);
    assert_eq!(used(&model), (Some(ONE), "dark".to_owned()));
    press(&mut model, "]");
    assert_eq!(place_of(&model).cluster, TWO);
    assert_eq!(used(&model), (Some(TWO), "light".to_owned()));
}

#[test]
fn every_command_of_the_bundled_keymaps_exists() {
    for (name, _) in keys::bundled() {
        let (_, warnings) = keys::load(name, &|_| None, &[], &command_names());
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
    }
}

fn object(resource: &str, namespace: &str, name: &str) -> ObjectName {
    let resource = list(resource, &[]).resource;
    ObjectName {
        cluster: ONE,
        resource,
        namespace: Clean::new(namespace),
        name: Clean::new(name),
        uid: None,
    }
}

/// The object of the side pane.
fn beside(model: &Model) -> Option<&str> {
    model.pane.as_ref().map(|pane| pane.screen.object().name.as_str())
}

fn pass(model: &mut Model, millis: u64) {
    let mono = model.shared.mono + millis;
    update(
        model,
        Msg::Tick {
            wall: 1_000_000_000 + mono as i64,
            mono,
        },
    );
}

#[test]
fn a_link_to_an_object_opens_its_detail_and_leads_back() {
    use crate::kinds::Target;
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "jj");
    let before = screen(&model);
    let trail = Clean::new("pod web-1");
    let target = |resource: &str| Target::Object {
        resource: list(resource, &[]).resource,
        namespace: Clean::new("shop"),
        name: Clean::new("x"),
    };
    for (resource, namespace) in [("deployments", "shop"), ("nodes", "")] {
        let request = Request::Follow {
            cluster: ONE,
            target: target(resource),
            trail: trail.clone(),
        };
        places::fulfil(&mut model, request);
        model.settle();
        let Some(Place::Object(found, tab)) = place(&model) else {
            panic!("{:?}", place(&model))
        };
        // A target's namespace means nothing for what belongs to the cluster.
        assert_eq!((found.clone(), tab), (object(resource, namespace, "x"), Tab::Describe));
        assert!(
            wants(&model)
                .iter()
                .any(|want| matches!(want, Want::List(list) if list.shape == Shape::Whole))
        );
        press(&mut model, "<esc>");
        assert_eq!(screen(&model), before, "back to where one was");
    }
    // What the cluster does not serve is said and opens nothing.
    let target = Target::Object {
        resource: ResourceName::new("nowhere.dev", "things"),
        namespace: Clean::default(),
        name: Clean::new("x"),
    };
    places::fulfil(
        &mut model,
        Request::Follow {
            cluster: ONE,
            target,
            trail,
        },
    );
    assert!(matches!(place(&model), Some(Place::List(_))));
    assert!(
        model
            .shared
            .notes
            .back()
            .is_some_and(|note| note.text.as_str().contains("does not serve"))
    );
}

#[test]
fn a_detail_is_a_step_of_history_and_brings_its_context_back() {
    let mut model = connected();
    pods(&mut model);
    press(&mut model, "d");
    let Some(Place::Object(first, _)) = place(&model) else {
        panic!("{:?}", place(&model))
    };
    press(&mut model, "y");
    assert_eq!(
        place(&model),
        Some(Place::Object(first.clone(), Tab::Yaml)),
        "a tab is no step"
    );
    press(&mut model, "[");
    assert!(matches!(place(&model), Some(Place::List(_))));
    press(&mut model, "]");
    assert_eq!(
        place(&model),
        Some(Place::Object(first.clone(), Tab::Yaml)),
        "and keeps its tab"
    );
    // The other context, and back to the object: the header must name the object's own.
    line::run(&mut model, "ctx two");
    connect(&mut model, TWO);
    assert_eq!(model.shared.current, Some(TWO));
    while !matches!(place(&model), Some(Place::Object(..))) {
        assert!(!model.back.is_empty());
        press(&mut model, "[");
    }
    assert_eq!(model.shared.current, Some(ONE));
}

#[test]
fn the_pane_opens_what_the_cursor_rests_on() {
    let mut model = connected();
    update(&mut model, Msg::Resize(160, 40));
    pods(&mut model);
    let first = {
        press(&mut model, "i");
        beside(&model).unwrap().to_owned()
    };
    let shown = |model: &Model| {
        let wanted = wants(model).into_iter().filter_map(|want| match want {
            Want::List(list) if list.shape == Shape::Whole => Some(list.fields.as_str().to_owned()),
            _ => None,
        });
        wanted.collect::<Vec<_>>()
    };
    // While it moves nothing is opened.
    for _ in 0..10 {
        press(&mut model, "j");
        pass(&mut model, 140);
        assert_eq!(beside(&model), Some(first.as_str()));
        assert_eq!(shown(&model), [format!("metadata.name={first}")]);
    }
    assert!(
        model.next_change().unwrap() <= Duration::from_millis(10),
        "it wakes up by itself"
    );
    pass(&mut model, 10);
    let rested = beside(&model).unwrap().to_owned();
    assert_ne!(rested, first);
    assert_eq!(
        shown(&model),
        [format!("metadata.name={rested}")],
        "the latest wins, and it alone"
    );
    // There and back within the time: nothing happens.
    press(&mut model, "j");
    pass(&mut model, 100);
    press(&mut model, "k");
    pass(&mut model, 500);
    assert_eq!(beside(&model), Some(rested.as_str()));
    // Nothing under the cursor: it stays and nobody is woken for it.
    press(&mut model, "j/zzz<enter>");
    pass(&mut model, 500);
    assert_eq!(beside(&model), Some(rested.as_str()));
    assert!(pane::due(&model).is_none());
}

#[test]
fn the_pane_takes_the_keys_and_gives_them_back() {
    let mut model = connected();
    update(&mut model, Msg::Resize(160, 40));
    pods(&mut model);
    press(&mut model, "i");
    assert!(
        !model.pane.as_ref().unwrap().focused,
        "it opens beside the list and leaves it the keys"
    );
    press(&mut model, "<tab>");
    assert!(model.pane.as_ref().unwrap().focused);
    press(&mut model, "y");
    assert_eq!(model.pane.as_ref().unwrap().screen.tab(), Tab::Yaml, "its own commands");
    press(&mut model, "<esc>");
    assert!(
        model.pane.is_some() && !model.pane.as_ref().unwrap().focused,
        "one step back"
    );
    assert!(matches!(place(&model), Some(Place::List(_))), "not two");
    press(&mut model, "<tab>q");
    assert!(
        model.pane.is_none() && model.popups.is_empty(),
        "q closes it and nothing else"
    );
    press(&mut model, "i");
    press(&mut model, "i");
    assert!(model.pane.is_none());
    // A popup stands above it and takes the keys first.
    press(&mut model, "i<tab>?");
    assert_eq!(model.popups.len(), 1);
    press(&mut model, "<esc>");
    assert!(model.popups.is_empty() && model.pane.as_ref().unwrap().focused);
}

#[test]
fn a_pane_without_room_gives_the_keys_back() {
    let mut model = connected();
    update(&mut model, Msg::Resize(160, 40));
    pods(&mut model);
    press(&mut model, "i<tab>");
    update(&mut model, Msg::Resize(80, 10));
    assert!(!model.pane.as_ref().unwrap().focused, "what is not seen takes no keys");
    press(&mut model, "j");
    assert!(matches!(place(&model), Some(Place::List(_))));
    update(&mut model, Msg::Resize(160, 40));
    assert!(screen(&model).contains("[Describe]"), "it comes back with the room");
    press(&mut model, "q<esc>");
    update(&mut model, Msg::Resize(80, 10));
    let mut small = connected();
    update(&mut small, Msg::Resize(80, 10));
    pods(&mut small);
    press(&mut small, "i");
    assert!(
        small.pane.is_none() && screen(&small).contains("no room"),
        "{}",
        screen(&small)
    );
}

#[test]
fn the_pane_never_shows_another_context() {
    let mut model = connected();
    update(&mut model, Msg::Resize(160, 40));
    pods(&mut model);
    press(&mut model, "i");
    pass(&mut model, 200);
    assert!(beside(&model).is_some());
    line::run(&mut model, "ctx two");
    update(&mut model, Msg::Resize(160, 40));
    assert!(
        model
            .pane
            .as_ref()
            .is_none_or(|pane| pane.screen.object().cluster == TWO)
    );
    assert!(!screen(&model).contains("web-0"), "{}", screen(&model));
}

#[test]
fn every_size_with_a_pane() {
    let mut model = connected();
    update(&mut model, Msg::Resize(160, 40));
    pods(&mut model);
    press(&mut model, "i<tab>");
    for width in [0, 1, 2, 5, 12, 20, 40, 79, 80, 109, 110, 200] {
        for height in [0, 1, 2, 3, 5, 8, 12, 13, 14, 15, 16, 24, 60] {
            update(&mut model, Msg::Resize(width, height));
            screen(&model);
        }
    }
}
