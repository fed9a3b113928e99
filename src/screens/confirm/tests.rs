use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text};

fn question(mono: u64) -> ConfirmPopup {
    let confirm = Confirm {
        question: "Leave Portolan?".into(),
        command: "quit_now",
        yes: "Leave",
    };
    ConfirmPopup::new(confirm, mono)
}

#[test]
fn enter_alone_never_says_yes() {
    let shared = testing::shared();
    let mut popup = question(0);
    assert_eq!(run(&mut popup, &shared, "popup_accept"), [Request::Close]);
    run(&mut popup, &shared, "move_down");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), [Request::Run("quit_now")]);
    type_text(&mut popup, &shared, "n");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), [Request::Close]);
    type_text(&mut popup, &shared, "yx");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), [Request::Run("quit_now")]);
    assert_eq!(run(&mut popup, &shared, "popup_cancel"), [Request::Close]);
}

#[test]
fn what_was_typed_before_it_was_seen_is_no_answer() {
    let mut shared = testing::shared();
    let mut popup = question(shared.mono);
    shared.mono += 249;
    run(&mut popup, &shared, "move_down");
    type_text(&mut popup, &shared, "y");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), []);
    shared.mono += 1;
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        [Request::Close],
        "and it has not moved"
    );
}

#[test]
fn question_and_buttons_are_seen() {
    let mut shared = testing::shared();
    let mut popup = question(0);
    let text = every_size(&mut popup, &mut shared);
    assert!(
        text.contains("Leave Portolan?") && text.contains("[ Cancel ]    Leave"),
        "{text}"
    );
    run(&mut popup, &shared, "move_down");
    assert!(drawn(&mut popup, &shared, 20, 5).contains("[ Leave ]"));
    let long = Confirm {
        question: "word ".repeat(400).as_str().into(),
        command: "quit_now",
        yes: "Do it",
    };
    let mut popup = ConfirmPopup::new(long, 0);
    assert!(drawn(&mut popup, &shared, 40, 10).contains("[ Cancel ]"));
    assert!(popup.place(Rect::new(0, 0, 40, 10)).height <= 10);
}
