use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text};

fn opened(shared: &Shared) -> Menu {
    let mut menu = Menu::new();
    menu.refresh(Rect::new(0, 0, 80, 24), shared);
    menu
}

#[test]
fn enter_does_what_is_under_the_cursor() {
    let shared = testing::shared();
    let mut menu = opened(&shared);
    assert_eq!(run(&mut menu, &shared, "popup_accept"), [Request::Run("open_row")]);
    type_text(&mut menu, &shared, "marks");
    assert_eq!(run(&mut menu, &shared, "popup_accept"), [Request::Run("clear_marks")]);
    run(&mut menu, &shared, "prompt_clear");
    run(&mut menu, &shared, "move_bottom");
    let asked = run(&mut menu, &shared, "popup_accept");
    assert!(
        matches!(&asked[..], [Request::Toast(Tone::Warn, _)]),
        "what cannot be done stands last: {asked:?}"
    );
    type_text(&mut menu, &shared, "xyz");
    assert_eq!(run(&mut menu, &shared, "popup_accept"), []);
    assert_eq!(run(&mut menu, &shared, "popup_cancel"), [Request::Close]);
}

#[test]
fn ways_of_moving_are_no_things_to_do() {
    let mut shared = testing::shared();
    let mut menu = opened(&shared);
    let text = drawn(&mut menu, &shared, 80, 24);
    assert!(
        text.contains("Show only what is broken") && text.contains("changes") && text.contains("not now"),
        "{text}"
    );
    assert!(!text.contains("Move down"), "{text}");
    let ascii = every_size(&mut menu, &mut shared);
    assert!(ascii.contains("What can be done here"), "{ascii}");
}
