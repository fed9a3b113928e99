//! What the tests of the kinds share: objects as JSON in, cells by header out.

use super::cell::{Cell, Field, Value};
use super::decode::Scratch;
use super::kind::{Codec, Kind, Target};
use super::row::{Health, Row};
use crate::text::format_time;

/// The moment the tests take place, in unix seconds.
pub(super) const NOW: i64 = 1_700_000_000;

/// The RFC 3339 text of the moment this many seconds ago.
pub(super) fn at(seconds_ago: i64) -> String {
    format_time(NOW - seconds_ago)
}

/// Decodes. `@N` in quotes stands for the moment N seconds ago; a missing name is added.
pub(super) fn row(kind: &Kind, json: &str) -> Row {
    let mut text = String::new();
    let mut rest = json;
    while let Some((before, after)) = rest.split_once("\"@") {
        let (seconds, tail) = after.split_once('"').unwrap();
        text.push_str(before);
        text.push_str(&format!("\"{}\"", at(seconds.parse().unwrap())));
        rest = tail;
    }
    text.push_str(rest);
    if !text.contains("\"metadata\"") {
        text = text
            .replacen('{', r#"{"metadata":{"name":"it","namespace":"shop"},"#, 1)
            .replace(",}", "}");
    }
    let Codec::Slim(decode) = kind.codec else {
        panic!("{} is not slim", kind.kind)
    };
    decode(text.as_bytes(), &mut Scratch::new()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text of the cell under a header.
pub(super) fn cell(kind: &Kind, row: &Row, header: &str) -> Cell {
    let column = kind.columns.iter().find(|column| column.name == header);
    row.cell(
        &column
            .unwrap_or_else(|| panic!("{} has no column {header}", kind.kind))
            .field,
    )
}

/// Checks `HEADER=text` pairs, separated by `; `, and health. Checks the shape of the kind on the way.
pub(super) fn check(kind: &Kind, json: &str, cells: &str, health: Health) {
    let row = row(kind, json);
    for pair in cells.split("; ").filter(|pair| !pair.is_empty()) {
        let (header, expected) = pair.split_once('=').unwrap();
        assert_eq!(cell(kind, &row, header).value.text(NOW), expected, "{header} of {json}");
    }
    assert_eq!(row.health, health, "{json}");
    let mut used: Vec<usize> = kind
        .columns
        .iter()
        .filter_map(|column| match column.field {
            Field::Cell(index) => Some(usize::from(index)),
            _ => None,
        })
        .collect();
    used.sort_unstable();
    assert_eq!(
        used,
        (0..row.cells.len()).collect::<Vec<_>>(),
        "{}: a column for every cell",
        kind.kind
    );
    for cell in &row.cells {
        if let Value::Text(text) = &cell.value {
            assert!(!text.as_str().contains(['\n', '\u{1b}']), "{text:?}");
        }
    }
}

/// A link's target in one line: `resource.group namespace labels fields owned`.
pub(super) fn link(kind: &Kind, row: &Row, name: &str) -> String {
    let link = kind.links.iter().find(|link| link.name == name);
    match (link
        .unwrap_or_else(|| panic!("{} has no link {name}", kind.kind))
        .target)(row)
    {
        Some(Target::Object {
            resource,
            namespace,
            name,
        }) => format!("{resource} {namespace}/{name}"),
        None => "none".to_owned(),
        Some(Target::Containers { namespace, pod }) => format!("containers {} {}", namespace.as_str(), pod.as_str()),
        Some(Target::Kinds { namespace }) => format!("kinds {}", namespace.as_str()),
        Some(Target::List {
            resource,
            namespace,
            labels,
            fields,
            owner,
        }) => format!(
            "{resource} [{}] [{}] [{}]{}",
            namespace.as_str(),
            labels.as_str(),
            fields.as_str(),
            owner.map_or(String::new(), |uid| format!(" owned by {uid}"))
        ),
    }
}

/// Every field of every object may be null or of a wrong type: the row must come all the same.
pub(super) fn survives_wrong_types(kind: &Kind, json: &str) {
    let whole: serde_json::Value = serde_json::from_str(json).unwrap();
    let Codec::Slim(decode) = kind.codec else {
        panic!("{} is not slim", kind.kind)
    };
    for path in paths(&whole, String::new()) {
        if path.starts_with("/metadata/name") || path == "/metadata" {
            continue;
        }
        for odd in [
            serde_json::Value::Null,
            serde_json::json!(-7),
            serde_json::json!(99_999_999_999_999_i64),
            serde_json::json!("\u{1b}[31mred\n"),
            serde_json::json!(true),
            serde_json::json!([null, 7, {"x": 1}]),
            serde_json::json!({"x": [1]}),
        ] {
            let mut broken = whole.clone();
            *broken.pointer_mut(&path).unwrap() = odd;
            let bytes = serde_json::to_vec(&broken).unwrap();
            let row = decode(&bytes, &mut Scratch::new()).unwrap_or_else(|error| panic!("{path}: {error}"));
            for column in kind.columns {
                row.cell(&column.field).value.text(NOW);
            }
            for link in kind.links {
                (link.target)(&row);
            }
        }
    }
}

fn paths(value: &serde_json::Value, here: String) -> Vec<String> {
    let mut all = Vec::new();
    let mut go = |key: &str, child: &serde_json::Value| {
        let path = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
        all.push(path.clone());
        all.extend(paths(child, path));
    };
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, child)| go(key, child)),
        serde_json::Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(place, child)| go(&place.to_string(), child));
        }
        _ => {}
    }
    all
}
