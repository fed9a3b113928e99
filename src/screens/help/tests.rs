use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text};

fn opened(shared: &Shared) -> Help {
    let mut help = Help::new();
    help.refresh(Rect::new(0, 0, 80, 24), shared);
    help
}

#[test]
fn what_is_found_can_be_run() {
    let shared = testing::shared();
    for (typed, expected) in [
        ("wide", "toggle_wide"),
        ("broken", "toggle_faults"),
        ("f1", "open_help"),
        ("g c", "open_contexts"),
    ] {
        let mut help = opened(&shared);
        type_text(&mut help, &shared, typed);
        assert_eq!(
            run(&mut help, &shared, "popup_accept"),
            [Request::Run(expected)],
            "{typed}"
        );
    }
    let mut help = opened(&shared);
    type_text(&mut help, &shared, "delete before cursor");
    assert_eq!(
        run(&mut help, &shared, "popup_accept"),
        [],
        "what only a key can do is not run"
    );
    type_text(&mut help, &shared, "xyz");
    assert!(drawn(&mut help, &shared, 80, 24).contains("No command and no key"));
    assert_eq!(run(&mut help, &shared, "popup_accept"), []);
    assert_eq!(run(&mut help, &shared, "popup_cancel"), [Request::Close]);
}

#[test]
fn the_cursor_never_stands_on_a_heading() {
    let shared = testing::shared();
    let mut help = opened(&shared);
    for command in [
        "move_top",
        "move_up",
        "move_down",
        "page_down",
        "page_up",
        "move_bottom",
        "page_down",
        "move_up",
    ] {
        run(&mut help, &shared, command);
        assert!(!help.choosing.items[help.choosing.list.cursor].heading, "{command}");
    }
    for _ in 0..60 {
        run(&mut help, &shared, "move_up");
        assert!(!help.choosing.items[help.choosing.list.cursor].heading);
    }
    assert_eq!((help.choosing.list.cursor, help.choosing.list.top), (1, 0));
}

#[test]
fn it_shows_sections_keys_and_docs() {
    let mut shared = testing::shared();
    let mut help = opened(&shared);
    let text = drawn(&mut help, &shared, 160, 45);
    for part in [
        "Here",
        "Everywhere",
        "While a line is typed",
        "?  f1",
        "Show all keys",
        "open help",
        "not now",
        "ctrl-u",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    every_size(&mut help, &mut shared);
}
