//! Documents: five megabytes of YAML written, looked at, folded and searched. The floor is serde_json writing the same.

use crate::harness::{Report, best, quantiles, timed, times};
use portolan::text::find_literal;
use portolan::text::yaml::Document;
use serde_json::{Value, json};
use std::hint::black_box;

/// How many lines are seen at a time.
const SEEN: usize = 50;

/// A list of pods of about five megabytes.
fn world() -> Value {
    let item = |number: usize| {
        json!({"metadata": {"name": format!("cart-{number}"), "namespace": "shop", "labels": {"app.kubernetes.io/name": "cart"},
                "annotations": {"note": "a long text that is broken at its blanks ".repeat(5)}},
            "spec": {"nodeName": "node-1", "restartPolicy": "Always", "containers": [{"name": "app",
                "image": "registry.example.com/shop/cart:1.2.3", "args": ["--port=8080", "0644", "one\ntwo\nthree\n"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "resources": {"limits": {"cpu": "100m", "memory": "128Mi"}}}]},
            "status": {"phase": "Running", "podIP": "10.1.2.3", "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    json!({"kind": "List", "items": (0..5000).map(item).collect::<Vec<Value>>()})
}

/// Writes, draws and searches.
pub fn measure(report: &mut Report) {
    let value = world();
    let floor = best(3, || black_box(value.to_string()));
    let written = best(3, || black_box(Document::yaml(&value)));
    let document = Document::yaml(&value);
    report.say("document, bytes", document.text().len().to_string());
    report.say("document, lines", document.len().to_string());
    report.compare(
        "document, write yaml",
        format!("{written:?}"),
        times(written, floor),
        12.0,
        "serde_json",
    );
    let mut top = 0;
    let mut look = || {
        top = (top + 7919) % (document.len() - SEEN);
        for line in top..top + SEEN {
            black_box((document.pieces(line), document.path(line)));
        }
    };
    let (median, p99) = quantiles((0..500).map(|_| timed(&mut look)).collect());
    report.say("document, fifty lines, p50 and p99", format!("{median:?} {p99:?}"));
    // What is not there is looked for in the whole text: nothing is slower.
    let searches = ["zzz-not-there", "image: none", "value: 2", "cart-4999"];
    let search = |next: usize| timed(|| find_literal(document.text(), searches[next % searches.len()], 0, false));
    let (median, p99) = quantiles((0..100).map(search).collect());
    report.say("document, search, p50", format!("{median:?}"));
    report.compare(
        "document, search, p99",
        format!("{p99:?}"),
        times(p99, floor),
        2.0,
        "serde_json",
    );
}
