//! Portolan: a terminal explorer for Kubernetes clusters. This page is the map of the house and its architecture document.
//!
//! Pure inside, imperative outside. `app::update(&mut Model, Msg) -> Vec<Effect>` changes what is true, `app::draw(&Model,
//! &mut Frame)` shows it and changes nothing, and there are two ways out of the pure part:
//!
//! - **Effects** are one-shot acts (copy, write a file, try again). Each is returned by `update` and answered once.
//! - **Wants** are what should be running: connections and live lists. `app::wants(&Model)` says which; after each update
//!   the runtime compares the set with what runs, starts what is new and stops what nobody has wanted for a minute. Nobody
//!   starts or stops a watch by hand, and screens that want the same list share its table.
//!
//! # Rooms, in reading order
//!
//! A room may use the rooms above it, never those below; `tests/rooms.rs` fails on any other edge.
//!
//! | room | what it is |
//! |---|---|
//! | [`text`] | sanitising, ages, quantities, widths, selectors, fuzzy matching |
//! | [`theme`] | named roles and the theme files that give them a look |
//! | [`keys`] | chords, keymap files in layers, and what pressed keys mean |
//! | [`kinds`] | a file per resource: names, versions, columns, health, links; bytes in, rows out |
//! | [`want`], [`msg`], [`effect`] | the closed enums between the rooms |
//! | [`describe`] | what one object says of itself: sections, causes, next steps, references |
//! | [`store`] | tables of rows, fed by events; views over them: filtered, sorted, kept up to date |
//! | [`ui`] | drawing pieces |
//! | [`screens`] | a folder per screen: state, commands, drawing |
//! | [`app`] | the model: update, wants, draw |
//! | [`cluster`] | the only room that knows kube's client: kubeconfig, sign-in, connections, gate, discovery, list-watch |
//! | [`demo`] | a simulated API server; no room of the client knows it |
//! | [`config`] | what the user wrote, resolved; places of files; remembered state, kept apart |
//! | [`runtime`] | the loop, tasks, terminal, clock, command line |
//!
//! # From the server to the screen
//!
//! ```text
//! API server ─ body, chunk by chunk ─► splitter/framer ─ one element ─► kind's codec ─► Row
//!   (cluster/listwatch: one task per source; protocol.rs decides what comes next)        │
//!                                                  batches of ≤ 256 deltas, bounded line ▼
//! loop ─ Msg::Table ─► app::update ─► store::Table (marks and sweeps) ─► store::View ─► visible rows ─► diff ─► terminal
//! ```
//!
//! What is open goes the same way whole: a list of one (`Shape::Whole`) and of what stands around it feed `describe`, which
//! makes a document of sections, causes and links; `Shape::References` lists keep what objects refer to and let them go.
//! Logs are wants too: `cluster/logs` follows one container per want (`protocol.rs` decides about restarts, rotations and
//! breaks), and `store::logs` keeps the lines of a view in a bounded ring, in the order of time.
//!
//! # From the keyboard to the server
//!
//! ```text
//! bytes ─► runtime/input ─ Chord ─► keys::Keymap ─ command name ─► the screen's slice ─ Request ─► app
//!        ─► Effect ─► runtime/effects ─► cluster (through the gate) ─ Msg::Done ─► app
//! ```
//!
//! # Invariants, each of them a test
//!
//! 1. Nothing waits in the loop. It takes messages for at most 4 ms a turn and looks at the keyboard between batches.
//! 2. Drawing changes nothing, builds visible rows only, happens at once after a key and at most 30 times a second
//!    otherwise, and not at all while nothing visible changes.
//! 3. Cluster text is hostile: it is `text::Clean` before a message carries it, and reaches the screen through `ui::put`.
//! 4. One gate, the outermost layer of every client, denies by default. Today it admits reading and access reviews only.
//! 5. Identity is (cluster, resource, uid). The cursor follows it. Every start of a want has a generation; what an earlier
//!    start still sends is dropped.
//! 6. The last good data stays, dimmed, when a watch breaks. A relist marks and sweeps: a table never blanks, and never
//!    shows a row twice.
//! 7. Watch, do not poll, wherever the server can watch; what is polled says so.
//! 8. Everything is bounded, and the info screen shows each bound.
//! 9. Secrets and config maps are listed through the Table API: their data never crosses the wire until one is opened, and
//!    a secret's values stay masked until they are revealed.
//! 10. It works with few rights: what is forbidden is said, the rest works. 403 and 404 are final until the user retries.
//!
//! # Where this differs from the first design, and why
//!
//! - `store` stands after `msg`: a table takes `TableEvent`s as they are, so that lists, watches and tests use one door.
//! - There is no `phase` in the wants and no dialogue between runtime and model about stopping: a table outlives its list
//!   by a while, and a new generation marks its rows, so that coming back after minutes shows the old rows until the first
//!   new list has swept them.
//! - Keys are read by a thread of ours and decoded by `runtime/decode.rs`; crossterm sets terminal modes. Its event stream
//!   blocks in the middle of a sequence, spins once the terminal is gone, and loses keys after a paste without an end.
//! - Frames go through a backend of ours that writes the least bytes, to a thread that may be slow without holding the loop.
//! - Streaming lists are asked for on this machine, or from servers that compress them (1.37 on): before that, a compressed
//!   list of 10,000 pods is 28 times smaller on the wire.
//! - A reconnect waits at most two seconds, not five: only that keeps "live within two seconds after it is back".
//! - Descriptions have a room of their own instead of a place in each kind's file: they read whole objects, the kinds rows.
//! - The side pane is the detail screen beside another one, kept by the app: no screen knows that it is there.
//! - Custom resource definitions are read as slim JSON rather than as a table: whether one is established is in no table.

pub mod app;
pub mod cluster;
pub mod config;
pub mod demo;
pub mod describe;
pub mod effect;
pub mod keys;
pub mod kinds;
pub mod msg;
pub mod runtime;
pub mod screens;
pub mod store;
pub mod text;
pub mod theme;
pub mod ui;
pub mod want;
