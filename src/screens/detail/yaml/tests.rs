//! The tab as it is used: forms, folds, secrets, queries, and hostile values at every size.

use super::*;
use crate::effect::Effect;
use crate::kinds::{Health, ResourceName, Row, Uid};
use crate::msg::{Delta, Phase, Schema, TableEvent};
use crate::screens::detail::{Detail, Object};
use crate::screens::testing::{PROD, drawn, every_size, run, shared};
use crate::screens::{ObjectName, Request, Screen, Shared, Tab};
use crate::store::Table;
use serde_json::json;

/// A detail on its YAML tab, over an object that is there.
fn opened(resource: &str, value: Value) -> (Detail, Shared) {
    let name = ObjectName {
        cluster: PROD,
        resource: ResourceName::new("", resource),
        namespace: "shop".into(),
        name: "cart".into(),
        uid: None,
    };
    let mut shared = shared();
    let mut table = Table::new("Pod".into(), Vec::new().into(), 1, 0);
    let row = Row {
        uid: Uid::Text("u1".into()),
        namespace: "shop".into(),
        name: "cart".into(),
        version: 1,
        created: None,
        deleting: None,
        labels: Vec::new().into(),
        owner: None,
        health: Health::Good,
        cells: Vec::new().into(),
        facts: Vec::new().into(),
        whole: Some(Arc::new(Whole { value, bytes: 300 })),
    };
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    table.apply(
        TableEvent::Deltas {
            source: 0,
            deltas: vec![Delta::Upsert(row)],
        },
        0,
    );
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    table.apply(
        TableEvent::Phase {
            source: 0,
            phase: Phase::Watching,
        },
        0,
    );
    shared.tables.insert(Object::new(name.clone()).list(), table);
    let mut detail = Detail::new(name, Tab::Yaml);
    drawn(&mut detail, &shared, 100, 40);
    (detail, shared)
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "cart", "namespace": "shop", "uid": "u1", "resourceVersion": "1", "managedFields": [
            {"manager": "kubectl", "operation": "Apply", "time": "2023-11-14T22:00:00Z",
                "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {"f:image": {}}}}}}]},
        "spec": {"containers": [{"name": "app", "image": "web:1"}]}, "status": {"phase": "Running"}})
}

fn secret() -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cart", "namespace": "shop", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}"}},
        "data": {"password": "aHVudGVyMg==", "picture": "iVBORw==", "script": "IyEvYmluL3NoCgllY2hvIGhp"}})
}

fn text(detail: &mut Detail, shared: &Shared) -> String {
    drawn(detail, shared, 100, 40)
}

/// Puts the cursor on the first line with this text.
fn go(detail: &mut Detail, shared: &Shared, wanted: &str) {
    run(detail, shared, "move_top");
    for _ in 0..200 {
        let text = text(detail, shared);
        if text.lines().any(|line| line.contains('▌') && line.contains(wanted)) {
            return;
        }
        run(detail, shared, "move_down");
    }
    panic!("{wanted} is nowhere: {}", text(detail, shared));
}

fn copied(requests: &[Request]) -> Option<&str> {
    requests.iter().find_map(|request| match request {
        Request::Effect(Effect::Copy { text, .. }) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn forms_are_toggled() {
    let (mut detail, shared) = opened("pods", pod());
    let plain = text(&mut detail, &shared);
    assert!(
        plain.contains("- image: web:1") && plain.contains("phase: Running"),
        "{plain}"
    );
    assert!(!plain.contains("managedFields"));
    run(&mut detail, &shared, "toggle_managed_fields");
    assert!(text(&mut detail, &shared).contains("managedFields"));
    run(&mut detail, &shared, "toggle_clean_form");
    let clean = text(&mut detail, &shared);
    assert!(
        clean.contains("web:1") && !clean.contains("status") && !clean.contains("resourceVersion"),
        "{clean}"
    );
    run(&mut detail, &shared, "toggle_json");
    assert!(text(&mut detail, &shared).contains("\"image\": \"web:1\","));
}

#[test]
fn a_list_folds_under_its_key() {
    let (mut detail, shared) = opened("pods", pod());
    go(&mut detail, &shared, "containers:");
    run(&mut detail, &shared, "toggle_fold");
    let folded = text(&mut detail, &shared);
    assert!(
        folded.contains("containers: ⋯") && !folded.contains("web:1") && folded.contains("phase"),
        "{folded}"
    );
}

#[test]
fn path_and_owner_of_a_line() {
    let (mut detail, shared) = opened("pods", pod());
    go(&mut detail, &shared, "image:");
    let said = text(&mut detail, &shared);
    assert!(
        said.contains("spec.containers[0].image  by kubectl Apply 13m ago"),
        "{said}"
    );
    assert_eq!(
        copied(&run(&mut detail, &shared, "copy_path")),
        Some("spec.containers[0].image")
    );
    assert_eq!(
        copied(&run(&mut detail, &shared, "copy_jsonpath")),
        Some("{.spec.containers[0].image}")
    );
    assert_eq!(copied(&run(&mut detail, &shared, "copy_value")), Some("web:1"));
    run(&mut detail, &shared, "toggle_owners");
    let owned = text(&mut detail, &shared);
    assert!(
        owned
            .lines()
            .any(|line| line.contains("kubectl") && line.contains("image")),
        "{owned}"
    );
}

#[test]
fn secrets_are_masked_until_revealed() {
    let (mut detail, mut shared) = opened("secrets", secret());
    let masked = text(&mut detail, &shared);
    assert!(
        masked.contains("password: ••• 7 bytes") && !masked.contains("aHVudGVyMg"),
        "{masked}"
    );
    go(&mut detail, &shared, "password:");
    for command in ["copy_value", "copy_document"] {
        assert_eq!(copied(&run(&mut detail, &shared, command)), None, "{command}");
    }
    assert!(
        !run(&mut detail, &shared, "save_document")
            .iter()
            .any(|request| matches!(request, Request::Popup(_)))
    );
    run(&mut detail, &shared, "reveal_value");
    let revealed = text(&mut detail, &shared);
    assert!(
        revealed.contains("password: aHVudGVyMg==") && revealed.contains("picture: •••"),
        "{revealed}"
    );
    assert_eq!(copied(&run(&mut detail, &shared, "copy_value")), Some("aHVudGVyMg=="));
    // Half a minute without a key.
    shared.mono += SEEN_FOR + 1;
    assert!(!text(&mut detail, &shared).contains("aHVudGVyMg"));
    run(&mut detail, &shared, "reveal_all");
    assert!(text(&mut detail, &shared).contains("iVBORw=="));
    run(&mut detail, &shared, "next_tab");
    run(&mut detail, &shared, "previous_tab");
    assert!(!text(&mut detail, &shared).contains("iVBORw=="));
}

#[test]
fn values_are_decoded_in_place() {
    let (mut detail, shared) = opened("secrets", secret());
    go(&mut detail, &shared, "script:");
    run(&mut detail, &shared, "decode_value");
    let script = text(&mut detail, &shared);
    assert!(
        script.contains("#!/bin/sh") && script.contains("    echo hi") && script.contains("esc goes back"),
        "{script}"
    );
    run(&mut detail, &shared, "go_back_step");
    let back = text(&mut detail, &shared);
    assert!(
        back.lines()
            .any(|line| line.contains('▌') && line.contains("script: •••")),
        "{back}"
    );
    go(&mut detail, &shared, "picture:");
    run(&mut detail, &shared, "decode_value");
    assert!(text(&mut detail, &shared).contains("4 bytes of binary data, a PNG picture"));
}

#[test]
fn queries_are_answered_in_place() {
    let (mut detail, shared) = opened("pods", pod());
    let asked = run(&mut detail, &shared, "query_document");
    assert!(matches!(asked.as_slice(), [Request::Popup(_)]), "{asked:?}");
    let mut ctx = Ctx::new(&shared);
    detail.picked("yaml_query", &["{.spec.containers[*].image}".to_owned()], &mut ctx);
    let answer = text(&mut detail, &shared);
    assert!(answer.contains("web:1") && answer.contains("1 value"), "{answer}");
    run(&mut detail, &shared, "go_back_step");
    assert!(text(&mut detail, &shared).contains("apiVersion"));
    let mut ctx = Ctx::new(&shared);
    detail.picked("yaml_query", &["{.spec[".to_owned()], &mut ctx);
    assert!(matches!(ctx.requests.as_slice(), [Request::Toast(..)]));
    // A query cannot see what is hidden.
    let (mut detail, shared) = opened("secrets", secret());
    let mut ctx = Ctx::new(&shared);
    detail.picked(
        "yaml_query",
        &["{.data.password}{.metadata.annotations}".to_owned()],
        &mut ctx,
    );
    let answer = text(&mut detail, &shared);
    assert!(
        answer.contains("••• 7 bytes") && !answer.contains("aHVudGVyMg"),
        "{answer}"
    );
}

#[test]
fn what_was_applied_beside_what_is_live() {
    let mut value = pod();
    let applied = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"containers": [{"name": "app", "image": "web:0"}]}});
    value["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": applied.to_string()});
    let (mut detail, shared) = opened("pods", value);
    run(&mut detail, &shared, "show_applied");
    let shown = text(&mut detail, &shared);
    assert!(
        shown.contains("-   - image: web:0") && shown.contains("+   - image: web:1"),
        "{shown}"
    );
    let (mut detail, shared) = opened("secrets", secret());
    run(&mut detail, &shared, "show_applied");
    assert!(!text(&mut detail, &shared).contains("aHVudGVyMg"));
}

#[test]
fn fields_are_documented() {
    let (mut detail, mut shared) = opened("pods", pod());
    run(&mut detail, &shared, "toggle_docs");
    let mut wants = BTreeSet::new();
    detail.wants(&shared, &mut wants);
    let want = wants.into_iter().find_map(|want| match want {
        Want::Schema(want) => Some(want),
        _ => None,
    });
    let want = want.unwrap();
    assert_eq!((want.version.as_str(), want.kind.as_str()), ("v1", "Pod"));
    assert!(text(&mut detail, &shared).contains("asking the server"));
    let definitions = json!({"Pod": {"type": "object", "properties": {"kind": {"type": "string",
        "description": "Kind is what it is.", "enum": ["Pod"]}, "apiVersion": {"type": "string", "description": "Version."}}}});
    let schema = Schema {
        definitions: definitions.as_object().unwrap().clone().into_iter().collect(),
        root: "Pod".to_owned(),
        source: "v3",
    };
    shared.schemas.insert(want, Ok(Arc::new(schema)));
    go(&mut detail, &shared, "kind: Pod");
    let told = text(&mut detail, &shared);
    assert!(
        told.contains("kind  <string>") && told.contains("Kind is what it is.") && told.contains("one of: Pod"),
        "{told}"
    );
}

#[test]
fn the_search_finds_below_and_above() {
    let (mut detail, shared) = opened("pods", pod());
    run(&mut detail, &shared, "open_search");
    crate::screens::testing::type_text(&mut detail, &shared, "NAME: ");
    run(&mut detail, &shared, "prompt_cancel");
    run(&mut detail, &shared, "open_search");
    crate::screens::testing::type_text(&mut detail, &shared, "name");
    run(&mut detail, &shared, "prompt_accept");
    let at = |detail: &mut Detail, shared: &Shared| -> String {
        let text = text(detail, shared);
        text.lines()
            .find(|line| line.contains('▌'))
            .unwrap_or_default()
            .trim_matches(['▌', ' ', '█', '│'])
            .to_owned()
    };
    assert_eq!(at(&mut detail, &shared), "name: cart");
    run(&mut detail, &shared, "search_next");
    assert_eq!(at(&mut detail, &shared), "namespace: shop");
    run(&mut detail, &shared, "search_next");
    assert_eq!(at(&mut detail, &shared), "name: app");
    run(&mut detail, &shared, "search_next");
    assert_eq!(at(&mut detail, &shared), "name: cart");
    run(&mut detail, &shared, "search_previous");
    assert_eq!(at(&mut detail, &shared), "name: app");
}

#[test]
fn it_is_drawn_at_every_size() {
    let (mut detail, mut shared) = opened("pods", pod());
    assert!(every_size(&mut detail, &mut shared).contains("- image: web:1"));
    for command in ["toggle_owners", "toggle_docs", "show_applied"] {
        run(&mut detail, &shared, command);
        every_size(&mut detail, &mut shared);
    }
}

#[test]
fn hostile_values_reach_no_cell_raw() {
    let texts: Value = serde_json::from_str(include_str!("../../../../tests/data/yaml/hostile.json")).unwrap();
    let mut value = pod();
    value["spec"]["hostile"] = texts["list"].clone();
    value["spec"]["keys"] = texts["keys"].clone();
    value["spec"]["escape"] = json!("\u{1b}]52;c;AAAA\u{7}\u{9b}31m\u{202e}x\n\u{1b}[2J\nplain");
    let (mut detail, shared) = opened("pods", value);
    let area = ratatui::layout::Rect::new(0, 0, 100, 40);
    for command in ["toggle_owners", "toggle_json", "toggle_json"] {
        run(&mut detail, &shared, command);
        run(&mut detail, &shared, "move_top");
        for _ in 0..30 {
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            detail.refresh(area, &shared);
            detail.draw(&mut buffer, area, &shared);
            for cell in &buffer.content {
                let bad = |character: char| character.is_control() || matches!(character, '\u{202e}' | '\u{feff}');
                assert!(!cell.symbol().chars().any(bad), "{:?}", cell.symbol());
            }
            run(&mut detail, &shared, "page_down");
        }
    }
    go(&mut detail, &shared, "escape:");
    run(&mut detail, &shared, "decode_value");
    let decoded = text(&mut detail, &shared);
    assert!(
        !decoded
            .chars()
            .any(|character| character.is_control() && character != '\n'),
        "{decoded:?}"
    );
}

/// The colour of the first cell of a text on the screen.
fn colour_of(detail: &mut Detail, shared: &Shared, wanted: &str) -> Option<ratatui::style::Color> {
    let area = ratatui::layout::Rect::new(0, 0, 100, 40);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    detail.refresh(area, shared);
    detail.draw(&mut buffer, area, shared);
    for y in 0..area.height {
        let line: Vec<&str> = (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        if let Some(at) = (0..line.len()).find(|at| line[*at..].concat().starts_with(wanted)) {
            return buffer[(at as u16, y)].style().fg;
        }
    }
    panic!("{wanted} is nowhere");
}

#[test]
fn what_is_embedded_is_coloured() {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cart", "namespace": "shop"},
        "data": {"run.sh": "# says\nif true; then\n  echo \"$WHO is\"\nfi\n", "words": "if this\nthen that\n",
            "long.sh": format!("fi\n{}\n", "if ".repeat(2000).trim_end())}});
    let (mut detail, shared) = opened("configmaps", value);
    let role = |role: Role| shared.theme.style(role).fg;
    for (text, wanted) in [
        ("# says", Role::Comment),
        ("if true", Role::Accent),
        ("true; then", Role::Text),
        ("$WHO", Role::LabelKey),
        ("is\"", Role::LabelValue),
        ("if this", Role::LabelValue),
        ("if if", Role::LabelValue),
    ] {
        assert_eq!(colour_of(&mut detail, &shared, text), role(wanted), "{text}");
    }
    assert_ne!(role(Role::Accent), role(Role::LabelValue));
    // A script that a container runs is in the language of its command, also when that comes after it.
    let mut value = pod();
    value["spec"]["containers"][0]["args"] = json!(["while x\ndo y\ndone\n"]);
    value["spec"]["containers"][0]["command"] = json!(["/bin/sh", "-c"]);
    let (mut detail, shared) = opened("pods", value);
    assert_eq!(colour_of(&mut detail, &shared, "done"), role(Role::Accent));
    // A secret's value when it is decoded.
    let (mut detail, shared) = opened("secrets", secret());
    go(&mut detail, &shared, "script:");
    run(&mut detail, &shared, "decode_value");
    run(&mut detail, &shared, "move_bottom");
    assert_eq!(colour_of(&mut detail, &shared, "#!/bin/sh"), role(Role::Comment));
}

#[test]
fn the_end_of_a_long_script_gets_its_colours_bit_by_bit() {
    let script = format!("'\n{}'\nfi last\n", "if within\n".repeat(2000));
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cart", "namespace": "shop"},
        "data": {"run.sh": script}});
    let (mut detail, shared) = opened("configmaps", value);
    let keyword = shared.theme.style(Role::Accent).fg;
    run(&mut detail, &shared, "move_bottom");
    assert_ne!(colour_of(&mut detail, &shared, "fi last"), keyword);
    let next = |detail: &Detail| {
        detail.part().next_change(&Inside {
            shared: &shared,
            object: &detail.object,
        })
    };
    assert_eq!(next(&detail), Some(1));
    for _ in 0..10 {
        text(&mut detail, &shared);
    }
    assert_eq!(colour_of(&mut detail, &shared, "fi last"), keyword);
    assert_eq!(next(&detail), None);
}
