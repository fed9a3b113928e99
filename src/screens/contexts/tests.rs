use super::*;
use crate::effect::Effect;
use crate::msg::{Failure, FailureKind};
use crate::screens::testing::{self, PROD, STAGING, drawn, every_size, run, type_text};
use crate::screens::{Link, Popup, Request, Tone};
use crate::want::Scope;

fn opened(shared: &Shared) -> Contexts {
    let mut screen = Contexts::new();
    screen.refresh(Rect::new(0, 0, 80, 24), shared);
    screen
}

fn refused() -> Failure {
    Failure {
        kind: FailureKind::Unreachable,
        message: "connection to 10.0.0.1:6443 refused".into(),
        remedy: Some("Is the VPN up?".into()),
    }
}

#[test]
fn enter_uses_the_context_under_the_cursor() {
    let shared = testing::shared();
    let mut screen = opened(&shared);
    assert_eq!(run(&mut screen, &shared, "open_row"), [Request::UseContext(PROD)]);
    run(&mut screen, &shared, "move_down");
    assert_eq!(run(&mut screen, &shared, "open_row"), [Request::UseContext(STAGING)]);
}

#[test]
fn typing_narrows_and_escape_widens() {
    let shared = testing::shared();
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "open_filter");
    assert_eq!(screen.layers(), [Layer::Prompt]);
    type_text(&mut screen, &shared, "stag");
    run(&mut screen, &shared, "prompt_accept");
    assert_eq!(screen.title(&shared).counts, Some((1, 2)));
    assert_eq!(run(&mut screen, &shared, "open_row"), [Request::UseContext(STAGING)]);
    run(&mut screen, &shared, "go_back_step");
    assert_eq!(screen.title(&shared).counts, Some((2, 2)));
    assert!(
        !screen.run("go_back_step", &mut Ctx::new(&shared)),
        "the app takes the next step back"
    );
}

#[test]
fn what_cannot_be_used_says_why() {
    let mut shared = testing::shared();
    shared.contexts[0].problem = Some("there is no cluster entry `x`".into());
    let mut screen = opened(&shared);
    let asked = run(&mut screen, &shared, "open_row");
    assert!(matches!(&asked[..], [Request::Toast(Tone::Error, text)] if text.as_str().contains("no cluster entry")));
    let text = drawn(&mut screen, &shared, 120, 20);
    assert!(
        text.contains("✗ unusable") && text.contains("/home/me/.kube/config"),
        "{text}"
    );
}

#[test]
fn a_failure_is_shown_with_remedy_and_countdown() {
    let mut shared = testing::shared();
    let cluster = shared.clusters.get_mut(&PROD).unwrap();
    cluster.link = Link::Down {
        failure: refused(),
        retry_at: Some(17_500),
    };
    shared.contexts[0].production = true;
    shared.contexts[1].insecure = true;
    shared.contexts[1].acting_as = Some("system:anonymous".into());
    let mut screen = opened(&shared);
    let text = drawn(&mut screen, &shared, 160, 20);
    for part in [
        "✗ unreachable",
        "10.0.0.1:6443 refused",
        "Is the VPN up?",
        "Tries again in 8 s. R tries now.",
        "production",
        "TLS not verified, as system:anonymous",
        "● prod-eu",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(screen.next_change(&shared), Some(1));
    assert_eq!(
        run(&mut screen, &shared, "retry"),
        [Request::Effect(Effect::Reconnect(PROD))]
    );
    assert_eq!(
        run(&mut screen, &shared, "refresh"),
        [Request::Effect(Effect::ReloadContexts)]
    );
    let small = every_size(&mut screen, &mut shared);
    assert!(small.contains("x unreachable") && small.contains("VPN"), "{small}");
}

#[test]
fn a_plugin_that_waits_is_shown_on_enter() {
    let mut shared = testing::shared();
    let cluster = shared.clusters.get_mut(&PROD).unwrap();
    cluster.link = Link::Connecting;
    cluster.plugin = Some(("/usr/bin/login".into(), None, false));
    let mut screen = opened(&shared);
    let asked = run(&mut screen, &shared, "open_row");
    assert_eq!(asked, [Request::UseContext(PROD), Request::Popup(Popup::SignIn(PROD))]);
    assert!(drawn(&mut screen, &shared, 80, 24).contains("waits for sign-in"));
}

#[test]
fn without_contexts_it_says_what_to_do() {
    let mut shared = testing::shared();
    shared.contexts.clear();
    shared.current = None;
    shared.no_contexts = Some(Failure {
        kind: FailureKind::Configuration,
        message: "There is no kubeconfig: /home/me/.kube/config does not exist.".into(),
        remedy: Some("Ask whoever runs the cluster for one.".into()),
    });
    let mut screen = opened(&shared);
    let text = every_size(&mut screen, &mut shared);
    for part in [
        "No cluster to open",
        "portolan --demo",
        "KUBECONFIG=FILE portolan",
        "does not exist",
        "ctrl-r read it again",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(
        run(&mut screen, &shared, "retry"),
        [Request::Effect(Effect::ReloadContexts)]
    );
    assert_eq!(run(&mut screen, &shared, "open_row"), []);
}

#[test]
fn the_cursor_follows_its_context() {
    let mut shared = testing::shared();
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "move_down");
    let id = ClusterId(2);
    shared.contexts.insert(0, testing::context(id, "another"));
    shared
        .clusters
        .insert(id, crate::screens::ClusterState::new(Scope::All));
    screen.refresh(Rect::new(0, 0, 80, 24), &shared);
    assert_eq!(run(&mut screen, &shared, "open_row"), [Request::UseContext(STAGING)]);
}
