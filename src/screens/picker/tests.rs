use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text};

fn picker(several: bool, free: bool, chosen: &[&str]) -> PickerPopup {
    let item = |name: &str| {
        (
            name.into(),
            format!("the {name} column").as_str().into(),
            chosen.contains(&name),
        )
    };
    let items = ["name", "ready", "age", "nodename"].into_iter().map(item).collect();
    let mut popup = PickerPopup::new(Picker {
        title: "Columns".into(),
        purpose: "columns",
        items,
        several,
        free,
    });
    popup.refresh(Rect::new(0, 0, 80, 24), &testing::shared());
    popup
}

fn picked(answers: &[&str]) -> Vec<Request> {
    vec![Request::Picked {
        purpose: "columns",
        answers: answers.iter().map(|text| (*text).to_owned()).collect(),
    }]
}

#[test]
fn one_of_them() {
    let shared = testing::shared();
    let mut popup = picker(false, false, &["age"]);
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        picked(&["age"]),
        "the cursor starts on what is chosen"
    );
    type_text(&mut popup, &shared, "na");
    run(&mut popup, &shared, "move_down");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), picked(&["nodename"]));
    type_text(&mut popup, &shared, "xyz");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), []);
    assert_eq!(run(&mut popup, &shared, "popup_cancel"), [Request::Close]);
}

#[test]
fn several_of_them() {
    let shared = testing::shared();
    let mut popup = picker(true, false, &[]);
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        picked(&["name"]),
        "nothing marked means the row"
    );
    type_text(&mut popup, &shared, " ");
    type_text(&mut popup, &shared, " ");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), picked(&["name", "ready"]));
    let mut popup = picker(true, false, &["name"]);
    type_text(&mut popup, &shared, " ");
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        picked(&[]),
        "marks that were taken away mean none"
    );
}

#[test]
fn something_else() {
    let shared = testing::shared();
    let mut popup = picker(false, true, &[]);
    type_text(&mut popup, &shared, "node");
    run(&mut popup, &shared, "move_bottom");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), picked(&["node"]));
    run(&mut popup, &shared, "prompt_clear");
    type_text(&mut popup, &shared, "other");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), picked(&["other"]));
    run(&mut popup, &shared, "prompt_clear");
    type_text(&mut popup, &shared, "name");
    assert_eq!(run(&mut popup, &shared, "popup_accept"), picked(&["name"]));
}

#[test]
fn every_size_shows_choices() {
    let mut shared = testing::shared();
    let mut popup = picker(true, true, &["age"]);
    assert!(drawn(&mut popup, &shared, 80, 24).contains("■ age"));
    let text = every_size(&mut popup, &mut shared);
    for part in ["Columns", "[x] age", "[ ] name", "the name column", "space mark"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let empty = Picker {
        title: "None".into(),
        purpose: "none",
        items: Vec::new(),
        several: false,
        free: false,
    };
    assert!(every_size(&mut PickerPopup::new(empty), &mut shared).contains("nothing to choose"));
}
