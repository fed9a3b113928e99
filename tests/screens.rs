//! Snapshots of every screen: text files under `tests/snapshots`, compared exactly; `PORTOLAN_UPDATE=1` writes them anew.
//!
//! Each is drawn at three sizes from the still world of the demo. A frame in a monochrome theme must hold the same text,
//! since colour never says anything alone; without Unicode it must hold none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/show.rs"]
mod show;

use portolan::cluster::kubeconfig::{Invocation, Kubeconfig, Places};
use portolan::demo::{Demo, Fault, Matcher};
use portolan::runtime::hub::Source;
use ratatui::style::Color;
use show::{Opening, Show, run, still, text_of};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The sizes: a laptop, a window, the smallest terminal that is promised.
const SIZES: &[(u16, u16)] = &[(160, 45), (100, 30), (80, 24)];

/// What is wrong with the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    /// Nothing.
    Fine,
    /// Few rights.
    Viewer,
    /// Lists never answer.
    Hangs,
    /// Lists answer 500.
    Fails,
    /// Nobody answers at all.
    Down,
    /// The server asks to wait.
    Throttles,
    /// Two contexts.
    Two,
    /// No kubeconfig.
    Nothing,
}

/// The time until the next try is drawn by lot: its figure is no part of a snapshot.
fn without_countdown(text: &str) -> String {
    let mut pieces = text.split("again in ");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit());
        out.push_str("again in ");
        out.push_str(&"N".repeat(piece.len() - rest.len()));
        out.push_str(rest);
    }
    out
}

/// Name, world, line, keys.
#[rustfmt::skip]
const SCREENS: &[(&str, World, &str, &str)] = &[
    ("pods", World::Fine, "pods", "jjj"),
    ("pods-all", World::Fine, "pods -A", ""),
    ("pods-wide", World::Fine, "pods -A", "w"),
    ("pods-scrolled", World::Fine, "pods -A", "w<right><right><right>"),
    ("pods-labels", World::Fine, "pods", "T"),
    ("pods-faults", World::Fine, "pods -A", "!"),
    ("pods-marked", World::Fine, "pods", "<space><space>jj<space>"),
    ("pods-filter", World::Fine, "pods", "/restarts>3 !wish"),
    ("pods-filter-wrong", World::Fine, "pods", "/wibble>3"),
    ("pods-filter-none", World::Fine, "pods", "/zzz<enter>"),
    ("pods-empty", World::Fine, "pods -n default", ""),
    ("pods-hanging", World::Hangs, "pods", ""),
    ("pods-failing", World::Fails, "pods", ""),
    ("pods-throttled", World::Throttles, "pods", ""),
    ("pods-forbidden", World::Viewer, "pods -n data", ""),
    ("pods-partly-forbidden", World::Viewer, "pods -n shop -n data", ""),
    ("unreachable", World::Down, "", ""),
    ("containers", World::Fine, "pods", "<enter>"),
    ("deployments", World::Fine, "deploy -A", ""),
    ("replicasets", World::Fine, "deploy", "jj<enter>"),
    ("statefulsets", World::Fine, "sts -A", ""),
    ("daemonsets", World::Fine, "ds -A", ""),
    ("jobs", World::Fine, "job -A", ""),
    ("cronjobs", World::Fine, "cj -A", ""),
    ("services", World::Fine, "svc -A", ""),
    ("ingresses", World::Fine, "ing -A", ""),
    ("endpointslices", World::Fine, "endpointslices", ""),
    ("nodes", World::Fine, "nodes", ""),
    ("claims", World::Fine, "pvc -A", ""),
    ("volumes", World::Fine, "pv", ""),
    ("autoscalers", World::Fine, "hpa -A", ""),
    ("budgets", World::Fine, "pdb -A", ""),
    ("events", World::Fine, "events -A", ""),
    ("secrets", World::Fine, "secrets -A", ""),
    ("configmaps", World::Fine, "cm", ""),
    ("quotas", World::Fine, "quota -A", ""),
    ("definitions", World::Fine, "crd", ""),
    ("websites", World::Fine, "websites -A", ""),
    ("several-kinds", World::Fine, "rs,svc,job", ""),
    ("category", World::Fine, "all", ""),
    ("describe-pod", World::Fine, "pods", "d"),
    ("describe-crash", World::Fine, "pods -n shop", "/recomm<enter>d"),
    ("describe-node", World::Fine, "nodes", "jjd"),
    ("describe-custom", World::Fine, "websites -A", "d"),
    ("describe-denied", World::Viewer, "pods -n shop", "d/Node:<enter><enter>"),
    ("yaml", World::Fine, "deploy", "y"),
    ("yaml-docs", World::Fine, "deploy", "yjjjjjjjK"),
    ("yaml-secret", World::Fine, "secrets -n shop", "y"),
    ("object-events", World::Fine, "pods -n shop", "/recomm<enter>E"),
    ("relations", World::Fine, "deploy", "O"),
    ("history-empty", World::Fine, "deploy", "H"),
    ("side-pane", World::Fine, "pods", "/wish<enter>i"),
    ("timeline", World::Fine, "", "ge"),
    ("timeline-empty", World::Fine, "pods -n default", "ge"),
    ("logs-crash", World::Fine, "pods -n shop", "/recomm<enter>l"),
    ("logs-filter", World::Fine, "pods", "l&zzz<enter>"),
    ("logs-workload", World::Fine, "deploy", "jjl"),
    ("contexts", World::Two, "", "gc"),
    ("contexts-none", World::Nothing, "", ""),
    ("namespaces", World::Fine, "", "gn"),
    ("namespaces-forbidden", World::Viewer, "", "gn"),
    ("kinds", World::Fine, "", ":kinds<enter>"),
    ("kinds-of-namespace", World::Fine, "", "gno"),
    ("info", World::Fine, "", "gi"),
    ("messages-empty", World::Fine, "", "gm"),
    ("messages", World::Fine, "", ":xqzt<enter><esc>!!0gm"),
    ("palette", World::Fine, "", ":"),
    ("palette-typed", World::Fine, "", ":dep"),
    ("palette-unknown", World::Fine, "", ":xqzt"),
    ("help", World::Fine, "", "?"),
    ("help-searched", World::Fine, "", "?name"),
    ("menu", World::Fine, "", "m"),
    ("picker-sort", World::Fine, "", "S"),
    ("picker-namespaces", World::Fine, "", "n"),
    ("picker-labels", World::Fine, "", "<ctrl-t>"),
    ("picker-links", World::Fine, "", "gl"),
    ("export", World::Fine, "", "<ctrl-s>"),
    ("selector", World::Fine, "", "L"),
    ("quit", World::Fine, "", "q"),
    ("pending", World::Fine, "", "g"),
    ("paused", World::Fine, "", "P"),
];

fn matcher(path: &str) -> Matcher {
    Matcher {
        path_prefix: path.into(),
        ..Matcher::default()
    }
}

fn source(world: World, demo: &Demo) -> Source {
    let pods = "/api/v1/namespaces/shop/pods";
    let refused = |fault: Fault| {
        let demo = still();
        demo.faults().add(matcher(pods), fault);
        Source::Demo(demo)
    };
    let status = |code: u16, retry_after: Option<&str>| Fault::Status {
        code,
        retry_after: retry_after.map(str::to_owned),
        message: None,
    };
    match world {
        World::Fine => Source::Demo(demo.clone()),
        World::Viewer => Source::Demo(demo.as_viewer()),
        World::Hangs => refused(Fault::Hang),
        World::Fails => refused(status(500, None)),
        World::Throttles => refused(status(429, Some("20"))),
        World::Down => {
            let demo = still();
            demo.set_down(true);
            Source::Demo(demo)
        }
        World::Two => Source::Demos(vec![
            ("harbour".into(), demo.clone()),
            ("offing".into(), demo.as_viewer()),
        ]),
        World::Nothing => {
            let invocation = Invocation {
                kubeconfig: Some("/nonexistent/kubeconfig".into()),
                ..Invocation::default()
            };
            let kubeconfig = Kubeconfig::new(invocation, Places::from_environment());
            Source::Kubeconfig(Arc::new(Mutex::new(kubeconfig)))
        }
    }
}

async fn played(world: World, demo: &Demo, opening: &Opening, keys: &str) -> Show {
    let mut show = Show::begin(source(world, demo), opening);
    match world {
        World::Fine | World::Viewer | World::Two => {
            show.settle().await;
            // What is said while the program starts is not what these frames are about.
            show.seconds(5).await;
        }
        _ => show.seconds(3).await,
    }
    show.keys(keys).await;
    show
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(format!("{name}.txt"))
}

#[test]
fn every_screen_looks_as_it_should() {
    let update = std::env::var_os("PORTOLAN_UPDATE").is_some();
    let only = std::env::var("SCREEN").unwrap_or_default();
    let mut wrong = Vec::new();
    for (name, state, line, keys) in SCREENS.iter().filter(|screen| screen.0.contains(&only)) {
        let mut pages = Vec::new();
        run(async {
            // A world for each screen: the clock of a world goes on from show to show.
            let world = still();
            for size in SIZES {
                let opening = Opening {
                    size: *size,
                    theme: "dark",
                    ..Opening::at(line)
                };
                let lines = text_of(&played(*state, &world, &opening, keys).await.frame());
                pages.push(format!("{}x{}\n{}\n", size.0, size.1, lines.join("\n")));
            }
        });
        let text = without_countdown(&pages.join("\n"));
        let file = file(name);
        if update {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
        } else if std::fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
            wrong.push(format!("=== {name}\n{text}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} screens are not as they were; PORTOLAN_UPDATE=1 takes them as they are:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_snapshot_has_its_screen() {
    for entry in std::fs::read_dir(file("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".txt");
        assert!(
            SCREENS.iter().any(|screen| screen.0 == name),
            "no screen makes tests/snapshots/{name}.txt"
        );
    }
}

/// The frames of a monochrome theme say the same as coloured ones, and have no colour.
#[test]
fn nothing_is_said_by_colour_alone() {
    for (name, state, line, keys) in SCREENS
        .iter()
        .filter(|screen| ["pods", "pods-faults", "pods-marked", "menu", "quit"].contains(&screen.0))
    {
        run(async {
            let mut frames = Vec::new();
            for theme in ["dark", "monochrome"] {
                let opening = Opening {
                    size: (120, 40),
                    theme,
                    ..Opening::at(line)
                };
                frames.push(played(*state, &still(), &opening, keys).await.frame());
            }
            assert_eq!(text_of(&frames[0]), text_of(&frames[1]), "{name}");
            let colours: BTreeSet<String> = frames[1]
                .content()
                .iter()
                .flat_map(|cell| [cell.fg, cell.bg])
                .filter(|colour| !matches!(colour, Color::Reset))
                .map(|colour| format!("{colour:?}"))
                .collect();
            assert!(
                colours.is_empty(),
                "{name} has colours in the monochrome theme: {colours:?}"
            );
            // The row under the cursor is told by more than its bar.
            assert!(
                frames[1].content().iter().any(|cell| !cell.modifier.is_empty()),
                "{name}"
            );
        });
    }
}

/// A terminal that can neither Unicode nor colours gets ASCII.
#[test]
fn plain_terminals_get_plain_text() {
    let world = still();
    let mut wrong = Vec::new();
    for (name, state, line, keys) in SCREENS {
        run(async {
            let opening = Opening {
                size: (100, 30),
                plain: true,
                ..Opening::at(line)
            };
            let mut show = played(*state, &world, &opening, keys).await;
            let text = show.text();
            let beyond: String = text.chars().filter(|letter| !letter.is_ascii()).collect();
            if !beyond.is_empty() {
                wrong.push(format!("{name}: {beyond}\n{text}"));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Any size, down to one cell, is drawn.
#[test]
fn every_screen_is_drawn_at_every_size() {
    let world = still();
    for (_, state, line, keys) in SCREENS {
        run(async {
            let opening = Opening {
                size: (100, 30),
                ..Opening::at(line)
            };
            let mut show = played(*state, &world, &opening, keys).await;
            for width in [1, 5, 20, 33, 60, 79, 200] {
                for height in [1, 3, 5, 7, 12, 60] {
                    assert_eq!(show.resize(width, height).area.width, width);
                }
            }
        });
    }
}
