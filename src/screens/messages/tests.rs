use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text};

fn world(count: i64) -> Shared {
    let mut shared = testing::shared();
    for number in 0..count {
        let tone = [Tone::Info, Tone::Warn, Tone::Error][(number % 3) as usize];
        let text = Clean::new(&format!(
            "message {number} of some length, so that it does not fit on a narrow screen"
        ));
        shared.notes.push_back(Note {
            at: 1_700_000_000 + number,
            mono: 0,
            tone,
            text,
        });
    }
    shared
}

#[test]
fn the_newest_stays_in_sight_until_one_scrolls() {
    let mut shared = world(50);
    let mut screen = Messages::new();
    assert!(drawn(&mut screen, &shared, 120, 10).contains("message 49"));
    let at = Note {
        at: 1_700_000_100,
        mono: 0,
        tone: Tone::Error,
        text: "the newest".into(),
    };
    shared.notes.push_back(at.clone());
    assert!(drawn(&mut screen, &shared, 120, 10).contains("✗ error  the newest"));
    run(&mut screen, &shared, "page_up");
    let before = drawn(&mut screen, &shared, 120, 10);
    shared.notes.push_back(at);
    assert_eq!(drawn(&mut screen, &shared, 120, 10), before);
    run(&mut screen, &shared, "move_bottom");
    assert!(drawn(&mut screen, &shared, 120, 10).contains("the newest"));
    assert_eq!(screen.title(&shared).faults, 18);
}

#[test]
fn it_is_searched() {
    let shared = world(50);
    let mut screen = Messages::new();
    screen.refresh(Rect::new(0, 0, 80, 24), &shared);
    run(&mut screen, &shared, "open_search");
    type_text(&mut screen, &shared, "message 7 ");
    run(&mut screen, &shared, "prompt_accept");
    assert!(drawn(&mut screen, &shared, 80, 24).contains("message 7 of"));
    run(&mut screen, &shared, "search_next");
    assert!(drawn(&mut screen, &shared, 80, 24).contains("message 7 of"));
}

#[test]
fn every_size_says_time_and_tone() {
    let mut shared = world(9);
    let mut screen = Messages::new();
    let text = every_size(&mut screen, &mut shared);
    for part in [
        "2023-11-14 UTC",
        "22:13:21  ! warn",
        "22:13:22  x error",
        "22:13:20    info",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let mut shared = testing::shared();
    assert!(every_size(&mut Messages::new(), &mut shared).contains("Nothing has been said yet."));
}
