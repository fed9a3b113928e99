//! The text of the info screen.

use crate::kinds::{Row, Value};
use crate::msg::Phase;
use crate::screens::common::{failure_word, look};
use crate::screens::{ClusterState, Link, Shared};
use crate::store::Table;
use crate::text::{pad_left, pad_right, width};
use crate::theme::Role;
use crate::ui::TextLine;
use crate::want::{ListWant, Scope, Shape};

/// So many rows of a table are looked at to say how big it is.
const SAMPLE: usize = 64;

/// A parsed object takes about so many times its bytes on the wire: a field of a JSON tree costs some hundred bytes beside
/// its text.
const PARSED: usize = 6;

/// A cell: text, role, and whether it stands at the right.
type Cell = (String, Role, bool);

/// All lines.
pub fn lines(shared: &Shared) -> Vec<TextLine> {
    let settings = &shared.settings;
    let mut lines = vec![TextLine::new(settings.version.clone(), Role::Title)];
    let uptime = crate::text::human_duration(i64::try_from(shared.mono / 1000).unwrap_or(i64::MAX));
    let notes = shared.notes.len();
    section(
        &mut lines,
        "This run",
        &[],
        vec![
            pair("running for", uptime),
            pair("theme", shared.theme.name().to_owned()),
            pair("messages kept", notes.to_string()),
            pair(
                "paused",
                if shared.paused {
                    "yes: changes are held back"
                } else {
                    "no"
                }
                .to_owned(),
            ),
        ],
    );
    let clusters = shared.clusters.iter().map(|(id, state)| {
        let name = shared
            .context(*id)
            .map_or_else(|| format!("#{}", id.0), |context| context.name.clone());
        cluster_row(name, state, shared)
    });
    let heads = [
        "CONTEXT",
        "LINK",
        "SERVER",
        "PROTOCOL",
        "ROUND TRIP",
        "CLOCK",
        "KINDS",
        "ADDRESS",
    ];
    section(&mut lines, "Clusters", &heads, clusters.collect());
    let mut tables: Vec<(&ListWant, &Table)> = shared.tables.iter().collect();
    tables.sort_by_key(|(want, _)| *want);
    let rows = tables
        .iter()
        .map(|(want, table)| table_row(want, table, shared))
        .collect();
    section(
        &mut lines,
        "Lists",
        &["LIST", "CONTEXT", "NAMESPACES", "ROWS", "FAULTS", "ABOUT", "PHASE"],
        rows,
    );
    let facts = settings
        .facts
        .iter()
        .map(|(what, value)| pair(what, value.clone()))
        .collect();
    section(&mut lines, "Limits and paths", &[], facts);
    lines
}

fn text(text: impl Into<String>) -> Cell {
    (text.into(), Role::Text, false)
}

fn number(text: impl Into<String>) -> Cell {
    (text.into(), Role::Number, true)
}

fn pair(what: &str, value: String) -> Vec<Cell> {
    vec![(what.to_owned(), Role::LabelKey, false), text(value)]
}

/// A heading, column headings where there are some, and the rows with their columns aligned. Nothing without rows.
fn section(lines: &mut Vec<TextLine>, heading: &str, columns: &[&str], rows: Vec<Vec<Cell>>) {
    if rows.is_empty() {
        return;
    }
    lines.push(TextLine::default());
    lines.push(TextLine::new(heading, Role::Title));
    let head: Vec<Cell> = columns
        .iter()
        .map(|name| ((*name).to_owned(), Role::Column, false))
        .collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|(text, _, _)| width(text)).max().unwrap_or(0)
        })
        .collect();
    let heads = if head.is_empty() { Vec::new() } else { vec![head] };
    for row in heads.into_iter().chain(rows) {
        let mut line = TextLine::new("  ", Role::Text);
        for ((text, role, right), wide) in row.iter().zip(&widths) {
            let padded = if *right {
                pad_left(text, *wide)
            } else {
                pad_right(text, *wide)
            };
            line = line.and(format!("{padded}  "), *role);
        }
        lines.push(line);
    }
}

fn cluster_row(name: String, state: &ClusterState, shared: &Shared) -> Vec<Cell> {
    let nothing = look(shared).nothing();
    let link = match &state.link {
        Link::Idle => (nothing.to_owned(), Role::Faint, false),
        Link::Connecting => ("connecting".to_owned(), Role::Progress, false),
        Link::Up => ("live".to_owned(), Role::Ok, false),
        Link::Down { failure, .. } => (format!("down: {}", failure_word(failure.kind)), Role::Error, false),
    };
    let server = state.server.as_ref();
    let of_server = |pick: fn(&crate::msg::ServerInfo) -> String| text(server.map_or(nothing.to_owned(), pick));
    let clock = match state.offset {
        0 => "agrees".to_owned(),
        ahead @ 1.. => format!("{ahead} s ahead"),
        behind => format!("{} s behind", behind.unsigned_abs()),
    };
    let kinds = state.catalog.resources.len();
    let failed = state.catalog.failed.len();
    let kinds = if failed > 0 {
        format!("{kinds}, {failed} groups failed")
    } else {
        kinds.to_string()
    };
    vec![
        text(name),
        link,
        of_server(|server| server.version.as_str().to_owned()),
        of_server(|server| if server.http2 { "HTTP/2" } else { "HTTP/1.1" }.to_owned()),
        number(
            state
                .round_trip
                .map_or(nothing.to_owned(), |trip| format!("{} ms", trip.as_millis())),
        ),
        text(clock),
        number(kinds),
        of_server(|server| server.address.as_str().to_owned()),
    ]
}

fn table_row(want: &ListWant, table: &Table, shared: &Shared) -> Vec<Cell> {
    let mut name = want.resource.to_string();
    for selector in [&want.labels, &want.fields]
        .into_iter()
        .filter(|selector| !selector.is_empty())
    {
        name = format!("{name} [{selector}]");
    }
    // What is held whole is few, and large.
    if want.shape == Shape::Whole {
        name.push_str(" (whole)");
    }
    let scope = match &want.scope {
        Scope::All => "all".to_owned(),
        Scope::Namespaces(names) if names.len() > 3 => format!("{} of them", names.len()),
        Scope::Namespaces(names) => names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(","),
    };
    let counts = table.counts();
    // Of several sources the one that is worst off speaks.
    let phase = table
        .sources()
        .iter()
        .map(|source| phase(&source.phase))
        .max_by_key(|(rank, ..)| *rank);
    let (_, phase, role) = phase.unwrap_or((0, String::new(), Role::Text));
    vec![
        text(name),
        text(shared.context(want.cluster).map_or("", |context| &context.name)),
        text(scope),
        number(counts.rows.to_string()),
        number(counts.faults.to_string()),
        number(bytes_text(estimate(table))),
        (phase, role, false),
    ]
}

fn phase(phase: &Phase) -> (u8, String, Role) {
    match phase {
        Phase::Watching => (0, "live".to_owned(), Role::Ok),
        Phase::Polling { reason, every } => (1, format!("every {} s: {reason}", every.as_secs()), Role::Progress),
        Phase::Waiting => (2, "waiting".to_owned(), Role::Muted),
        Phase::Listing { seen, total: None } => (3, format!("listing, {seen} so far"), Role::Progress),
        Phase::Listing {
            seen,
            total: Some(total),
        } => (3, format!("listing, {seen} of {total}"), Role::Progress),
        Phase::Relisting { reason, seen } => (4, format!("listing again, {seen} so far: {reason}"), Role::Progress),
        Phase::Backoff { failure, attempt, .. } => {
            (5, format!("try {attempt} failed: {}", failure.message), Role::Error)
        }
        Phase::Stopped(failure) => (6, format!("stopped: {}", failure.message), Role::Error),
    }
}

/// About how many bytes the rows of a table take: what some of them take, times how many there are.
fn estimate(table: &Table) -> usize {
    let sizes: Vec<usize> = table
        .ids()
        .take(SAMPLE)
        .filter_map(|id| table.row(id))
        .map(row_bytes)
        .collect();
    let rows = table.counts().rows;
    sizes.iter().sum::<usize>() * rows / sizes.len().max(1)
}

/// About how many bytes a row takes. Labels and owners are shared between rows and not counted.
fn row_bytes(row: &Row) -> usize {
    let cells: usize = row
        .cells
        .iter()
        .map(|cell| {
            size_of_val(cell)
                + if let Value::Text(text) = &cell.value {
                    text.len()
                } else {
                    0
                }
        })
        .sum();
    let whole = row.whole.as_ref().map_or(0, |whole| whole.bytes * PARSED);
    size_of::<Row>() + row.name.len() + 16 + cells + size_of_val(&*row.facts) + whole
}

/// Bytes for people.
fn bytes_text(bytes: usize) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a tree takes: its nodes in the maps and lists, two thirds of a map's room being used, and its texts.
    fn tree_bytes(value: &serde_json::Value) -> usize {
        use serde_json::Value;
        let text = |text: &String| text.len().next_multiple_of(16) + 16;
        match value {
            Value::String(word) => text(word),
            Value::Array(items) => items.iter().map(|item| size_of::<Value>() + tree_bytes(item)).sum(),
            Value::Object(fields) => {
                let node = (size_of::<String>() + size_of::<Value>()) * 3 / 2;
                fields
                    .iter()
                    .map(|(name, field)| node + text(name) + tree_bytes(field))
                    .sum()
            }
            _ => 0,
        }
    }

    #[test]
    fn whole_objects_are_counted_about_as_large_as_they_are() {
        let container = |name: &str| {
            serde_json::json!({"name": name, "image": "registry.example.dev/shop/web:1.2.3", "ports": [{"containerPort": 80,
                "protocol": "TCP"}], "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}}, "volumeMounts":
                [{"name": "kube-api-access", "mountPath": "/var/run/secrets", "readOnly": true}], "terminationMessagePath":
                "/dev/termination-log", "livenessProbe": {"httpGet": {"path": "/health", "port": 80, "scheme": "HTTP"},
                "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}})
        };
        let pod = serde_json::json!({"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers":
            [container("a"), container("b"), container("c")]}});
        let said = pod.to_string().len() * PARSED;
        let is = tree_bytes(&pod);
        assert!(said > is / 2 && said < is * 2, "{said} is said, {is} it is");
    }

    #[test]
    fn bytes_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (10_239, "10239 B"),
            (10_240, "10 KiB"),
            (20_971_520, "20 MiB"),
        ] {
            assert_eq!(bytes_text(bytes), text);
        }
    }
}
