use super::*;
use crate::screens::testing::{self, drawn, every_size, run, type_text, with_namespaces};
use crate::screens::{Request, Tone};
use std::collections::VecDeque;

fn opened(shared: &Shared, text: &str) -> Palette {
    let mut palette = Palette::new("");
    palette.refresh(Rect::new(0, 0, 80, 24), shared);
    type_text(&mut palette, shared, text);
    palette
}

fn world() -> Shared {
    let mut shared = testing::shared();
    with_namespaces(
        &mut shared,
        &["default", "kube-system", "shop"],
        crate::msg::Phase::Watching,
    );
    shared
}

fn line(text: &str) -> Vec<Request> {
    vec![Request::RunLine(text.to_owned())]
}

#[test]
fn enter_runs_what_the_line_means() {
    let shared = world();
    let rows = [
        ("pods", line("pods")),
        ("po", line("po")),
        ("Pod", line("Pod")),
        ("depl", line("deployments")),
        ("webs", line("websites")),
        ("websites.shop.example.dev", line("websites.shop.example.dev")),
        ("po kube-system", line("po kube-system")),
        ("po kube", line("po kube")),
        ("deploy -l app=x", line("deploy -l app=x")),
        ("po,svc,job", line("po,svc,job")),
        ("all", line("all")),
        ("ns kube", line("ns kube-system")),
        ("ns shop", line("ns shop")),
        ("ns team-a", line("ns team-a")),
        ("ctx stag", line("ctx staging")),
        ("ctx prod-eu", line("ctx prod-eu")),
        ("stagi", line("ctx staging")),
        ("kube-s", line("ns kube-system")),
        ("toggle wi", vec![Request::Run("toggle_wide")]),
        ("toggle_faults", vec![Request::Run("toggle_faults")]),
        ("broken", vec![Request::Run("toggle_faults")]),
        ("q", line("q")),
        ("ns", line("ns")),
        ("ctx", line("ctx")),
        ("messages", line("messages")),
        ("po,", line("po,")),
        ("", vec![Request::Close]),
        ("zzzzzz", vec![]),
    ];
    for (text, expected) in rows {
        let mut palette = opened(&shared, text);
        assert_eq!(run(&mut palette, &shared, "prompt_accept"), expected, "{text}");
    }
}

#[test]
fn an_exact_short_name_is_first() {
    let mut shared = world();
    // A namespace and an earlier line that look just like a short name do not come before it.
    with_namespaces(&mut shared, &["po", "poetry"], crate::msg::Phase::Watching);
    shared.lines.insert("palette", VecDeque::from(["po shop".to_owned()]));
    let palette = opened(&shared, "po");
    let first = &palette.found.candidates[0].choice;
    assert_eq!((first.text.as_str(), first.tag.as_str()), ("pods", "kind"));
    let tags: BTreeSet<&str> = palette.found.candidates.iter().map(|c| c.choice.tag.as_str()).collect();
    assert!(tags.contains("namespace") && tags.contains("recent"), "{tags:?}");
}

#[test]
fn arrows_choose_and_tab_completes() {
    let mut shared = world();
    shared.lines.insert(
        "palette",
        VecDeque::from(["svc".to_owned(), "po shop".to_owned(), "svc".to_owned()]),
    );
    let mut palette = opened(&shared, "");
    let recent: Vec<&str> = palette
        .found
        .candidates
        .iter()
        .take(2)
        .map(|c| c.choice.text.as_str())
        .collect();
    assert_eq!(recent, ["svc", "po shop"]);
    run(&mut palette, &shared, "prompt_next");
    assert_eq!(run(&mut palette, &shared, "prompt_accept"), line("po shop"));
    let mut palette = opened(&shared, "po kube");
    run(&mut palette, &shared, "prompt_next");
    run(&mut palette, &shared, "prompt_complete");
    assert_eq!(palette.line.text(), "po kube-system");
    let mut palette = opened(&shared, "po,ser");
    run(&mut palette, &shared, "prompt_complete");
    assert_eq!(palette.line.text(), "po,services");
    assert_eq!(run(&mut palette, &shared, "prompt_accept"), line("po,services"));
    assert_eq!(run(&mut palette, &shared, "prompt_cancel"), [Request::Close]);
}

#[test]
fn an_unknown_word_is_told_with_what_was_meant() {
    let mut shared = world();
    for (text, part) in [
        ("xqzt", "is called `xqzt`."),
        ("pods,xqzt", "`xqzt`"),
        ("depolyments x", "`deployments`?"),
    ] {
        let mut palette = opened(&shared, text);
        let text = drawn(&mut palette, &shared, 100, 30);
        assert!(text.contains(part), "{text}");
    }
    let mut palette = opened(&shared, "xqzt");
    every_size(&mut palette, &mut shared);
}

#[test]
fn what_cannot_be_used_now_says_so() {
    let shared = world();
    let mut palette = opened(&shared, "jump node");
    let asked = run(&mut palette, &shared, "prompt_accept");
    assert!(matches!(&asked[..], [Request::Toast(Tone::Warn, _)]), "{asked:?}");
}

#[test]
fn it_shows_names_keys_and_what_things_are() {
    let mut shared = world();
    let mut palette = opened(&shared, "w");
    let text = drawn(&mut palette, &shared, 160, 45);
    for part in [
        "websites",
        "Website  shop.example.dev/v1",
        "web",
        "toggle wide",
        "Show more columns",
        "command",
        "⏎ run",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = every_size(&mut palette, &mut shared);
    assert!(text.contains("websites") && text.contains("enter run"), "{text}");
    shared.current = None;
    shared.clusters.clear();
    shared.contexts.clear();
    every_size(&mut Palette::new("po"), &mut shared);
}

#[test]
fn many_kinds_are_found_while_one_types() {
    let mut shared = world();
    let cluster = shared.clusters.get_mut(&testing::PROD).unwrap();
    let mut catalog = (*cluster.catalog).clone();
    let like = (*catalog.resources[0]).clone();
    for number in 0..2000 {
        let mut resource = like.clone();
        resource.name = crate::kinds::ResourceName::new("many.example.dev", &format!("gizmo{number}s"));
        resource.short_names.clear();
        catalog.resources.push(Arc::new(resource));
    }
    cluster.catalog = Arc::new(catalog);
    let palette = opened(&shared, "gizmo1999");
    assert_eq!(palette.found.candidates[0].choice.text, "gizmo1999s");
    assert!(opened(&shared, "gizmo").found.candidates.len() <= 200);
}
