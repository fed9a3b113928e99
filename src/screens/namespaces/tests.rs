use super::*;
use crate::msg::{Failure, FailureKind, Phase};
use crate::screens::testing::{self, PROD, drawn, every_size, run, type_text, with_namespaces};
use crate::screens::{Request, Travel};

fn opened(shared: &Shared) -> Namespaces {
    let mut screen = Namespaces::new();
    screen.refresh(Rect::new(0, 0, 80, 24), shared);
    screen
}

fn world() -> Shared {
    let mut shared = testing::shared();
    with_namespaces(
        &mut shared,
        &["default", "kube-system", "shop", "monitoring"],
        Phase::Watching,
    );
    shared
}

fn uses(scope: Scope) -> Vec<Request> {
    vec![Request::UseNamespaces(PROD, scope), Request::History(Travel::Back)]
}

fn names(names: &[&str]) -> Scope {
    Scope::Namespaces(names.iter().map(|name| Clean::new(name)).collect())
}

#[test]
fn it_wants_the_list_and_starts_on_what_is_in_use() {
    let shared = world();
    let mut screen = opened(&shared);
    let mut wants = BTreeSet::new();
    screen.wants(&shared, &mut wants);
    assert!(wants.contains(&Want::List(testing::namespaces_want())));
    assert_eq!(run(&mut screen, &shared, "open_row"), uses(names(&["shop"])));
    let text = drawn(&mut screen, &shared, 80, 24);
    assert!(
        text.contains("Active") && text.contains("3d") && text.contains("● shop"),
        "{text}"
    );
    assert_eq!(screen.title(&shared).counts, Some((4, 4)));
}

#[test]
fn all_and_several() {
    let shared = world();
    let mut screen = opened(&shared);
    assert_eq!(run(&mut screen, &shared, "show_all_namespaces"), uses(Scope::All));
    run(&mut screen, &shared, "move_top");
    assert_eq!(run(&mut screen, &shared, "use_namespace"), uses(Scope::All));
    run(&mut screen, &shared, "move_bottom");
    run(&mut screen, &shared, "toggle_mark");
    run(&mut screen, &shared, "move_top");
    run(&mut screen, &shared, "move_down");
    run(&mut screen, &shared, "toggle_mark");
    assert_eq!(screen.title(&shared).marked, 2);
    assert_eq!(run(&mut screen, &shared, "open_row"), uses(names(&["default", "shop"])));
}

#[test]
fn what_is_in_one() {
    let shared = world();
    let mut screen = opened(&shared);
    assert_eq!(
        run(&mut screen, &shared, "jump_node"),
        [Request::Open(Place::Kinds(Some("shop".into())))]
    );
}

#[test]
fn a_name_that_is_not_listed_can_be_used() {
    let mut shared = testing::shared();
    let failure = Failure {
        kind: FailureKind::Forbidden,
        message: "forbidden".into(),
        remedy: None,
    };
    with_namespaces(&mut shared, &[], Phase::Stopped(failure));
    let mut screen = opened(&shared);
    let text = drawn(&mut screen, &shared, 100, 24);
    assert!(text.contains("may not list namespaces. Press /"), "{text}");
    assert!(text.contains("default"), "the context's own namespace is there: {text}");
    run(&mut screen, &shared, "open_filter");
    type_text(&mut screen, &shared, "team-a");
    assert!(drawn(&mut screen, &shared, 100, 24).contains("⏎ uses it anyway"));
    run(&mut screen, &shared, "prompt_accept");
    assert_eq!(run(&mut screen, &shared, "open_row"), uses(names(&["team-a"])));
    every_size(&mut screen, &mut shared);
}

#[test]
fn a_name_that_cannot_be_one_is_refused_in_words() {
    let shared = world();
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "open_filter");
    type_text(&mut screen, &shared, "Team A");
    let text = drawn(&mut screen, &shared, 100, 24);
    assert!(text.contains("lower-case letters"), "{text}");
    run(&mut screen, &shared, "prompt_cancel");
    assert_eq!(screen.title(&shared).counts, Some((4, 4)));
}

#[test]
fn an_exact_name_comes_first() {
    let mut shared = testing::shared();
    with_namespaces(&mut shared, &["a-shop", "shop", "shop-b"], Phase::Watching);
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "open_filter");
    type_text(&mut screen, &shared, "shop");
    run(&mut screen, &shared, "prompt_accept");
    assert_eq!(run(&mut screen, &shared, "open_row"), uses(names(&["shop"])));
}

#[test]
fn escape_takes_marks_then_filter() {
    let shared = world();
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "open_filter");
    type_text(&mut screen, &shared, "o");
    run(&mut screen, &shared, "prompt_accept");
    run(&mut screen, &shared, "toggle_mark");
    assert_eq!(screen.title(&shared).marked, 1);
    run(&mut screen, &shared, "go_back_step");
    assert_eq!((screen.title(&shared).marked, screen.filter.is_active()), (0, true));
    run(&mut screen, &shared, "go_back_step");
    assert!(!screen.filter.is_active());
    assert!(!screen.run("go_back_step", &mut Ctx::new(&shared)));
}

#[test]
fn every_size_and_no_cluster() {
    let mut shared = world();
    let mut screen = opened(&shared);
    run(&mut screen, &shared, "toggle_mark");
    let text = every_size(&mut screen, &mut shared);
    assert!(text.contains("all namespaces") && text.contains("+ shop"), "{text}");
    shared.current = None;
    let mut screen = Namespaces::new();
    assert!(every_size(&mut screen, &mut shared).contains("choose one first"));
}
