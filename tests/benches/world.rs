//! Rows as a server sends them: the demo's big world, listed over an in-memory connection and decoded as it streams.

use portolan::cluster::connection::Connection;
use portolan::cluster::listwatch::fetch::{ACCEPT_JSON, ACCEPT_TABLE, request, send};
use portolan::cluster::listwatch::splitter::{Element, Splitter};
use portolan::demo::{Demo, DemoOptions, Life};
use portolan::kinds::{Codec, Column, Kind, Row, Scratch, pod::POD};
use portolan::msg::{Delta, TableEvent};
use portolan::store::Table;
use portolan::text::Clean;
use std::sync::Arc;

/// The moment at which everything is looked at: a little after the world's start, in unix seconds.
pub const NOW: i64 = 1_795_208_400 + 600;

/// A big world that stands still.
pub fn demo(pods: u32) -> Demo {
    Demo::new(DemoOptions {
        pods: Some(pods),
        life: Life::Still,
        ..DemoOptions::default()
    })
}

/// Lists a path of the world and gives each chunk of the body to `on`.
pub fn list(demo: &Demo, path: &str, printed: bool, mut on: impl FnMut(&[u8])) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let served = demo.clone();
        let connection = Connection::in_memory(move || served.serve());
        let accept = if printed { ACCEPT_TABLE } else { ACCEPT_JSON };
        let mut answer = send(connection.bulk(), request(path, accept, false).unwrap(), "listing")
            .await
            .unwrap();
        while let Some(chunk) = answer.chunk("listing").await.unwrap() {
            on(&chunk);
        }
    });
}

/// The elements of a list, and the document around them as it stood before the first.
pub fn elements(demo: &Demo, path: &str, printed: bool) -> (Vec<Vec<u8>>, Vec<u8>, Vec<u8>) {
    let (mut elements, mut head, mut body) = (Vec::new(), Vec::new(), Vec::new());
    let mut splitter = Splitter::default();
    list(demo, path, printed, |chunk| {
        body.extend_from_slice(chunk);
        let taken = splitter.feed(chunk, &mut |around, element| {
            if head.is_empty() {
                head = around.document();
            }
            if let Element::Whole(bytes) = element {
                elements.push(bytes.to_vec());
            }
        });
        taken.unwrap();
    });
    (elements, head, body)
}

/// Decodes pods.
pub fn decode_pod(bytes: &[u8], scratch: &mut Scratch) -> Row {
    let Codec::Slim(decode) = POD.codec else {
        panic!("pods are read slim")
    };
    decode(bytes, scratch).unwrap()
}

/// All pods of a world as a table; the body is never held.
pub fn table(demo: &Demo) -> (Table, Scratch) {
    let mut table = Table::new(Clean::new("Pod"), columns(&POD), 1, 0);
    let mut scratch = Scratch::new();
    let mut deltas = Vec::new();
    let mut splitter = Splitter::default();
    table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
    list(demo, "/api/v1/pods", false, |chunk| {
        let taken = splitter.feed(chunk, &mut |_, element| {
            if let Element::Whole(bytes) = element {
                deltas.push(Delta::Upsert(decode_pod(bytes, &mut scratch)));
            }
        });
        taken.unwrap();
        if deltas.len() >= 256 {
            let deltas = std::mem::take(&mut deltas);
            table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
        }
    });
    table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
    table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
    (table, scratch)
}

/// The columns of a kind, shared.
pub fn columns(kind: &Kind) -> Arc<[Column]> {
    kind.columns.into()
}
