//! The README says what the program does: its table of keys is made from the commands and the default keymap.
//! `PORTOLAN_UPDATE=1 cargo test --test readme` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use portolan::keys::{self, Layer};
use portolan::{app, screens};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- keys: begin -->\n";
const END: &str = "<!-- keys: end -->";

fn key_table() -> String {
    let (keymap, warnings) = keys::load("default", &|_| None, &[], &app::command_names());
    assert!(warnings.is_empty(), "{warnings:?}");
    let mut table = String::from("| keys | what they do |\n|---|---|\n");
    let layers = [Layer::Table, Layer::Global];
    for row in screens::every_command().into_iter().chain(app::everywhere()) {
        let keys = keymap.keys_of(&layers, row.name);
        // Moving about needs no row here, and what only works in prompts and popups is said in help.
        if keys.is_empty()
            || row.name.starts_with("move_")
            || row.name.contains("page_")
            || table.contains(&format!("| {} |", row.doc))
        {
            continue;
        }
        let keys: Vec<String> = keys
            .iter()
            .map(|key| format!("`{}`", key.replace('|', "\\|")))
            .collect();
        let _ = writeln!(table, "| {} | {} |", keys.join(" "), row.doc);
    }
    table
}

#[test]
fn the_readmes_keys_are_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find(BEGIN).expect("the README has a table of keys") + BEGIN.len();
    let end = text.find(END).expect("the table of keys ends");
    let table = key_table();
    if std::env::var_os("PORTOLAN_UPDATE").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &text[..start], &text[end..])).unwrap();
        return;
    }
    assert_eq!(
        text[start..end],
        table,
        "run PORTOLAN_UPDATE=1 cargo test --test readme"
    );
}

#[test]
fn what_the_readme_points_at_exists() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(top.join("README.md")).unwrap();
    let mut seen = 0;
    for part in text.split("](").skip(1) {
        let target = part.split(')').next().unwrap_or_default();
        if !target.contains("://") && !target.starts_with('#') {
            assert!(top.join(target).exists(), "{target}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}
