use super::*;
use crate::effect::Effect;
use crate::msg::{Failure, FailureKind, Ticket};
use crate::screens::testing::{self, PROD, drawn, every_size, run};
use crate::screens::{ClusterState, Link, Request};

fn connecting(shared: &mut Shared) -> &mut ClusterState {
    let cluster = shared.clusters.get_mut(&PROD).unwrap();
    cluster.link = Link::Connecting;
    cluster
}

fn opened(shared: &Shared) -> SignIn {
    let mut popup = SignIn::new(PROD, 0);
    popup.refresh(Rect::new(0, 0, 80, 24), shared);
    popup.since = 0;
    popup
}

fn effect(effect: Effect) -> Request {
    Request::Effect(effect)
}

#[test]
fn a_program_is_run_only_when_one_says_so() {
    let mut shared = testing::shared();
    connecting(&mut shared).plugin = Some(("/usr/bin/login --now".into(), Some("Install login.".into()), false));
    let mut popup = opened(&shared);
    let text = every_size(&mut popup, &mut shared);
    for part in [
        "Sign in to prod-eu",
        "/usr/bin/login --now",
        "Install login.",
        "/home/me/.kube/config",
        "> Do not run it",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let deny = [effect(Effect::AllowPlugin(PROD, false)), Request::Close];
    assert_eq!(run(&mut popup, &shared, "popup_accept"), deny);
    run(&mut popup, &shared, "move_down");
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        [effect(Effect::AllowPlugin(PROD, true))]
    );
}

#[test]
fn a_question_that_has_just_come_takes_no_answer() {
    let mut shared = testing::shared();
    connecting(&mut shared);
    let mut popup = opened(&shared);
    connecting(&mut shared).plugin = Some(("/usr/bin/login".into(), None, true));
    popup.refresh(Rect::new(0, 0, 80, 24), &shared);
    assert_eq!(run(&mut popup, &shared, "popup_accept"), []);
    shared.mono += 250;
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        [effect(Effect::RunPluginInTerminal(PROD))]
    );
}

#[test]
fn addresses_and_codes_can_be_copied() {
    let rows = [
        (
            "open https://login.example.dev/device, then",
            vec!["https://login.example.dev/device"],
        ),
        (
            "(see <http://a.b/c?d=e>) or https://x.y.",
            vec!["http://a.b/c?d=e", "https://x.y"],
        ),
        ("https://", vec![]),
        ("none", vec![]),
    ];
    for (line, expected) in rows {
        assert_eq!(actions::addresses(line), expected, "{line}");
    }
    let rows = [
        ("and enter the code ABCD-1234 to sign in", Some("ABCD-1234")),
        ("Code: XYZ98765.", Some("XYZ98765")),
        ("the code is short", None),
        ("nothing", None),
    ];
    for (line, expected) in rows {
        assert_eq!(actions::code(line), expected, "{line}");
    }
    let mut shared = testing::shared();
    connecting(&mut shared)
        .sign_in
        .push_back("Open https://login.example.dev and enter the code ABCD1234.".into());
    let mut popup = opened(&shared);
    let copy = |text: &str, what: &str| Effect::Copy {
        ticket: Ticket(0),
        text: text.to_owned(),
        what: what.into(),
    };
    let asked = run(&mut popup, &shared, "popup_accept");
    assert_eq!(asked, [effect(copy("https://login.example.dev", "address"))]);
    run(&mut popup, &shared, "move_down");
    assert_eq!(
        run(&mut popup, &shared, "popup_accept"),
        [effect(copy("ABCD1234", "code"))]
    );
    assert!(drawn(&mut popup, &shared, 80, 24).contains("Copy the code ABCD1234"));
}

#[test]
fn escape_stops_what_is_under_way_and_nothing_else() {
    let mut shared = testing::shared();
    let mut popup = opened(&shared);
    assert_eq!(run(&mut popup, &shared, "popup_cancel"), [Request::Close]);
    assert!(drawn(&mut popup, &shared, 80, 24).contains("Signed in."));
    connecting(&mut shared);
    assert_eq!(
        run(&mut popup, &shared, "popup_cancel"),
        [effect(Effect::CancelConnect(PROD)), Request::Close]
    );
    let failure = Failure {
        kind: FailureKind::Unauthenticated,
        message: "no such user".into(),
        remedy: Some("Ask.".into()),
    };
    shared.clusters.get_mut(&PROD).unwrap().link = Link::Down {
        failure,
        retry_at: None,
    };
    let text = drawn(&mut popup, &shared, 80, 24);
    assert!(
        text.contains("not signed in: no such user") && text.contains("Ask."),
        "{text}"
    );
}
