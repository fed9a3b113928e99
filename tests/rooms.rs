//! The house rules, as tests: rooms import one way, screens do not name each other, pure rooms stay pure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, bottom of the house first. A room may use those before it, never those after it.
/// `msg`, `effect` and `want` are one floor: closed enums that name each other's data.
const ORDER: &[&[&str]] = &[
    &["text"],
    &["theme"],
    &["keys"],
    &["kinds"],
    &["want", "msg", "effect"],
    &["describe"],
    &["store"],
    &["ui"],
    &["screens"],
    &["app"],
    &["cluster"],
    &["demo"],
    &["config"],
    &["runtime"],
];

/// Rooms in which nothing waits, reads, prints or asks the time.
const PURE: &[&str] = &[
    "text", "theme", "keys", "kinds", "want", "msg", "effect", "describe", "store", "ui", "screens", "app",
];

/// What a pure room must not name.
const IMPURE: &[&str] = &[
    "tokio::",
    "kube::",
    "hyper::",
    "std::fs",
    // An address is a value; a socket is not.
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::thread",
    "std::env",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "println!",
    "eprintln!",
    "print!",
    "stdout()",
    "stdin()",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A file's code without its tests and comments.
fn code_of(path: &Path) -> String {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if name == "tests"
        || name == "testing"
        || name.ends_with("_tests")
        || path.components().any(|part| part.as_os_str() == "tests")
    {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|next| next.trim_start().starts_with("mod ") && next.ends_with('{'))
        {
            break;
        }
        let line = line.split("//").next().unwrap_or_default();
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// The room of a file: the folder or file right under `src`.
fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(source()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(room: &str) -> Option<usize> {
    ORDER.iter().position(|rooms| rooms.contains(&room))
}

/// The names that follow `crate::` in code, `use crate::{a, b}` included.
fn crate_names(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro is the same edge.
        let rest = &code[at + "crate::".len()..];
        if let Some(inner) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut word = String::new();
            let mut fresh = true;
            for character in inner.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if character.is_alphanumeric() || character == '_' {
                    if fresh {
                        word.push(character);
                    }
                } else {
                    if depth == 1 && !word.is_empty() {
                        names.push(std::mem::take(&mut word));
                    }
                    word.clear();
                    fresh = depth == 1 && (character == ',' || character.is_whitespace() || character == '{');
                }
            }
            if !word.is_empty() {
                names.push(word);
            }
        } else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

#[test]
fn rooms_import_one_way() {
    let mut wrong = Vec::new();
    for path in rust_files(&source()) {
        let room = room_of(&path);
        if room == "main" || room == "lib" {
            continue;
        }
        let Some(own) = floor(&room) else {
            wrong.push(format!(
                "{}: the room {room} is not in the order of the house",
                path.display()
            ));
            continue;
        };
        for name in crate_names(&code_of(&path)) {
            if let Some(other) = floor(&name)
                && (other > own || (other == own && name != room && ORDER[own].len() == 1))
            {
                wrong.push(format!("{}: {room} may not use {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_demo_is_known_to_the_runtime_alone_and_knows_text_alone() {
    let mut wrong = Vec::new();
    for path in rust_files(&source()) {
        let room = room_of(&path);
        let names = crate_names(&code_of(&path));
        if room == "demo" {
            wrong.extend(
                names
                    .iter()
                    .filter(|name| !["text", "demo"].contains(&name.as_str()))
                    .map(|name| format!("{}: {name}", path.display())),
            );
        } else if !["runtime", "main", "lib"].contains(&room.as_str()) && names.iter().any(|name| name == "demo") {
            wrong.push(format!("{}: demo", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn screens_do_not_name_each_other() {
    let screens = source().join("screens");
    let folders: Vec<String> = fs::read_dir(&screens)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(folders.len() >= 8, "{folders:?}");
    let mut wrong = Vec::new();
    for own in &folders {
        for path in rust_files(&screens.join(own)) {
            let code = code_of(&path);
            for other in folders.iter().filter(|other| *other != own) {
                for form in [
                    format!("screens::{other}::"),
                    format!("super::{other}::"),
                    format!("super::super::{other}"),
                ] {
                    if code.contains(&form) {
                        wrong.push(format!("{}: names {other}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_are_pure() {
    let mut wrong = Vec::new();
    for path in rust_files(&source()) {
        if !PURE.contains(&room_of(&path).as_str()) {
            continue;
        }
        let code = code_of(&path);
        wrong.extend(
            IMPURE
                .iter()
                .filter(|word| code.contains(**word))
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_cluster_room_knows_kubes_client() {
    let mut wrong = Vec::new();
    for path in rust_files(&source()) {
        if room_of(&path) != "cluster" && code_of(&path).contains("kube::") {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_level_is_the_cards() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "themes",
        "keymaps",
        "tests",
        "screenshots",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
    ];
    let strangers: Vec<String> = fs::read_dir(top)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(
        crate_names("use crate::{text::Clean, kinds::{a, b}, msg};"),
        ["text", "kinds", "msg"]
    );
    assert_eq!(crate_names("crate::store::Table $crate::app"), ["store", "app"]);
    assert!(floor("runtime") > floor("app") && floor("cluster") < floor("runtime"));
}
