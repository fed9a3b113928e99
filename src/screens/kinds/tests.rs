use super::*;
use crate::screens::testing::{self, PROD, drawn, every_size, run, type_text};
use crate::screens::{ListPlace, Request, Tone};
use crate::want::Scope;

fn opened(shared: &Shared, namespace: Option<&str>) -> Kinds {
    let mut screen = Kinds::new(namespace.map(Clean::new));
    screen.refresh(Rect::new(0, 0, 80, 24), shared);
    screen
}

fn find(screen: &mut Kinds, shared: &Shared, text: &str) {
    run(screen, shared, "open_filter");
    type_text(screen, shared, text);
    run(screen, shared, "prompt_accept");
}

#[test]
fn enter_opens_the_list() {
    let shared = testing::shared();
    let mut screen = opened(&shared, None);
    find(&mut screen, &shared, "websites");
    let name = ResourceName::new("shop.example.dev", "websites");
    let place = ListPlace::of(PROD, name);
    assert_eq!(
        run(&mut screen, &shared, "open_row"),
        [Request::Open(Place::List(place))]
    );
}

#[test]
fn in_a_namespace_only_what_lives_there() {
    let shared = testing::shared();
    let all = opened(&shared, None);
    let mut screen = opened(&shared, Some("shop"));
    assert!(screen.rows.iter().all(|resource| resource.namespaced));
    assert!(screen.rows.len() < all.rows.len());
    find(&mut screen, &shared, "web");
    let asked = run(&mut screen, &shared, "open_row");
    let [Request::Open(Place::List(place))] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(place.scope, Some(Scope::Namespaces(vec!["shop".into()])));
    assert_eq!(screen.place(), Some(Place::Kinds(Some("shop".into()))));
}

#[test]
fn what_cannot_be_listed_says_so() {
    let mut shared = testing::shared();
    let cluster = shared.clusters.get_mut(&PROD).unwrap();
    let mut catalog = (*cluster.catalog).clone();
    let mut resource = (*catalog.resources[0]).clone();
    resource.name = ResourceName::new("", "bindings");
    resource.verbs = crate::kinds::Verbs {
        create: true,
        ..Default::default()
    };
    catalog.resources.push(Arc::new(resource));
    catalog.failed.push(("metrics.k8s.io/v1beta1".into(), "503".into()));
    cluster.catalog = Arc::new(catalog);
    let mut screen = opened(&shared, None);
    let text = drawn(&mut screen, &shared, 160, 45);
    assert!(text.contains("▲ Not answered: metrics.k8s.io/v1beta1 (503)"), "{text}");
    assert!(text.contains("read, write"), "{text}");
    find(&mut screen, &shared, "bindings");
    run(&mut screen, &shared, "move_bottom");
    let at = screen
        .rows
        .iter()
        .position(|resource| resource.name.resource == *"bindings")
        .unwrap();
    screen.list.cursor = at;
    let asked = run(&mut screen, &shared, "open_row");
    assert!(matches!(&asked[..], [Request::Toast(Tone::Warn, _)]), "{asked:?}");
}

#[test]
fn a_filter_finds_short_names_and_says_when_there_is_nothing() {
    let mut shared = testing::shared();
    let mut screen = opened(&shared, None);
    find(&mut screen, &shared, "svc");
    assert_eq!(screen.rows.len(), 1);
    find(&mut screen, &shared, "xyz");
    let text = every_size(&mut screen, &mut shared);
    assert!(text.contains("No kind has that in its name"), "{text}");
    shared.current = None;
    assert!(every_size(&mut Kinds::new(None), &mut shared).contains("choose one first"));
}

#[test]
fn every_size_shows_names() {
    let mut shared = testing::shared();
    let mut screen = opened(&shared, None);
    let text = every_size(&mut screen, &mut shared);
    assert!(text.contains("NAME") && text.contains("pods"), "{text}");
    assert!(drawn(&mut screen, &shared, 40, 10).contains("pods"));
}
