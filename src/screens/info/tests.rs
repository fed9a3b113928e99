use super::*;
use crate::effect::Effect;
use crate::msg::{Failure, FailureKind, Phase};
use crate::screens::testing::{self, drawn, every_size, run, type_text, with_namespaces};
use crate::screens::{Link, Request, Tone};

#[test]
fn it_says_what_is_used() {
    let mut shared = testing::shared();
    with_namespaces(&mut shared, &["default", "shop"], Phase::Watching);
    shared.settings.facts.push(("notes kept".to_owned(), "500".to_owned()));
    let prod = shared.clusters.get_mut(&testing::PROD).unwrap();
    prod.offset = -3;
    let failure = Failure {
        kind: FailureKind::Tls,
        message: "expired".into(),
        remedy: None,
    };
    shared.clusters.get_mut(&testing::STAGING).unwrap().link = Link::Down {
        failure,
        retry_at: None,
    };
    let mut info = Info::new();
    let text = drawn(&mut info, &shared, 160, 45);
    for part in [
        "portolan 0",
        "v1.34.1",
        "HTTP/2",
        "12 ms",
        "3 s behind",
        "down: certificate",
        "namespaces",
        "live",
        "notes kept",
        "500",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    every_size(&mut info, &mut shared);
}

#[test]
fn it_is_searched_and_copied() {
    let shared = testing::shared();
    let mut info = Info::new();
    info.refresh(Rect::new(0, 0, 80, 8), &shared);
    run(&mut info, &shared, "open_search");
    type_text(&mut info, &shared, "staging");
    assert!(drawn(&mut info, &shared, 80, 8).contains(" / staging"));
    assert_eq!(run(&mut info, &shared, "prompt_accept"), []);
    assert_eq!(info.layers(), [Layer::Document]);
    let at = info.reader.pager.found;
    assert!(info.reader.lines[at.unwrap()].text().contains("staging"));
    run(&mut info, &shared, "open_search");
    type_text(&mut info, &shared, "nowhere");
    let asked = run(&mut info, &shared, "prompt_accept");
    assert!(matches!(&asked[..], [Request::Toast(Tone::Info, _)]), "{asked:?}");
    assert!(info.run("go_back_step", &mut Ctx::new(&shared)));
    assert!(
        !info.run("go_back_step", &mut Ctx::new(&shared)),
        "the app takes the next step back"
    );
    let asked = run(&mut info, &shared, "copy_document");
    assert!(
        matches!(&asked[..], [Request::Effect(Effect::Copy { text, .. })] if text.contains("prod-eu")),
        "{asked:?}"
    );
}
