//! Whole-app flows: keys in, screen text out, on the simulated cluster and a paused clock.
//!
//! A row of the table opens the program with a line, presses keys and says what the screen must and must not hold then.
//! `LOOK='pods@jj<enter>;…' cargo test --test flows look -- --nocapture` prints screens for whoever writes a new row.
//! It is long because it is a table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/show.rs"]
mod show;

use portolan::demo::{Demo, DemoOptions, Life};
use portolan::effect::{Effect, Memory};
use portolan::runtime::hub::Source;
use serde_json::json;
use show::{Opening, Show, run, still};
use std::time::Duration;

/// Prints screens.
#[test]
fn look() {
    run(async {
        let lines = std::env::var("LOOK").unwrap_or_default();
        for flow in lines.split(';').filter(|flow| !flow.is_empty()) {
            let (line, keys) = flow.split_once('@').unwrap_or((flow, ""));
            let mut show = Show::open(line).await;
            show.keys(keys).await;
            println!("=== {flow}\n{}\n{:?}", show.text(), show.asked());
        }
    });
}

/// Name, line to open with, keys, what the screen holds then, what it must not hold.
type Flow = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const FLOWS: &[Flow] = &[
    // Opening and links.
    ("opens on the pods of the context's namespace", "", "", &["demo shop pods 42 ▲6", "▌ cart-c8c848986-7qmzg 2/2 Running", "live", "v1.34.1"], &["NAMESPACE", "all namespaces"]),
    ("deployment to replica sets", "deploy", "jj<enter>", &["deployment checkout › replicasets 2", "checkout-6c49f8cdfb 5 5 5", "checkout-768fdc4dd9 0 0 0"], &["storefront"]),
    ("replica set to pods", "deploy", "jj<enter><enter>", &["replicaset checkout-6c49f8cdfb › pods 5", "checkout-6c49f8cdfb-dl489 2/2 Running"], &["cart-"]),
    ("pod to containers", "deploy", "jj<enter><enter><enter>", &["pod checkout-6c49f8cdfb-dl489 › containers 2", "checkout main True Running", "envoy"], &["⏎ open"]),
    ("and back, step by step", "deploy", "jj<enter><enter><enter><esc><esc><esc>", &["shop deployments 10", "▌ checkout 5/5"], &["›"]),
    ("the cursor stands where it stood", "deploy", "jj<enter><enter>jj<enter><esc>", &["▌ checkout-6c49f8cdfb-pq72d"], &[]),
    ("service to its endpoints", "svc", "jj<enter>", &["service catalog › endpointslices 1", "catalog-nwskq IPv4"], &[]),
    ("service to its pods, by choice", "svc", "jjgl<down><enter>", &["service catalog › pods 4", "catalog-5876b687ff-62t5g"], &["cart-"]),
    ("node to its pods", "nodes", "<enter>", &["all namespaces node eu-a-control-1 › pods 9", "etcd-eu-a-control-1"], &["eu-a-worker-1"]),
    ("namespace to its kinds", "ns", "o", &["in namespace shop › kinds", "configmaps"], &["persistentvolumes "]),
    ("namespaces: use one", "", "gngg<down><enter>", &["data pods"], &["shop pods"]),
    ("cron job to jobs", "cj", "<enter>", &["cronjob cart-cleanup › jobs 3", "cart-cleanup-29920136 Complete 1/1"], &[]),
    ("job to pods", "cj", "<enter><enter>", &["job cart-cleanup-29920136 › pods 1", "cart-cleanup-29920136-6pwdx 0/1 Completed"], &[]),
    ("claim to volume", "pvc -n data", "<enter>", &["persistentvolumeclaim data-clickhouse-0 › persistentvolumes 1", "data/data-clickhouse-0"], &[]),
    ("pod to its owner", "pods", "jjJ", &["pod cart-c8c848986-pnrmz › replicasets 1", "▌ cart-c8c848986 4 4 4"], &[]),
    ("owner of the owner", "pods", "jjJJ", &["replicaset cart-c8c848986 › deployments 1", "▌ cart 4/4"], &[]),
    ("pod to its node", "pods", "o", &["nodes 6", "▌ eu-c-worker-1 Ready"], &[]),
    ("a pod without a node offers none", "pods -n payments", "/fraud<enter>", &["Pending"], &["o node"]),
    ("what leads nowhere does not promise to", "websites", "", &["/ filter"], &["⏎ open"]),
    // Filter.
    ("a word", "pods", "/wish<enter>", &["pods 2/42", "/ wish"], &["cart-"]),
    ("words are and-ed, case does not matter", "pods", "/CATALOG migrate<enter>", &["pods 1/42", "catalog-migrate-51-zmhkw"], &[]),
    ("not", "pods", "/!running !completed<enter>", &["CrashLoopBackOff", "ImagePullBackOff"], &["Running ", "Completed"]),
    ("fuzzy", "pods", "/~ctmgr<enter>", &["catalog-migrate-51-zmhkw"], &["storefront"]),
    ("regular expression", "pods", "//^sessions-[01]/<enter>", &["pods 2/42", "sessions-0", "sessions-1"], &["sessions-2"]),
    ("numbers", "pods", "/restarts>30<enter>", &["wishlist-5696595f9c-7hxcb", "wishlist-5696595f9c-sgvj2"], &["recommendations-7fcf5fb464-zrx9z"]),
    ("ages", "pods", "/age<lt>10m<enter>", &["cart-cleanup-29920140-6ch52"], &["sessions-0"]),
    ("columns by substring", "pods", "/node~eu-b<enter>", &["eu-b-worker-1"], &["eu-a-worker", "eu-c-worker"]),
    ("quantities", "pvc -n data", "/capacity>=150Gi<enter>", &["data-clickhouse-0", "data-kafka-0"], &["data-minio-0", "data-postgres-0"]),
    ("labels in the filter go to the server", "pods", "/-l app.kubernetes.io/name=cart<enter>", &["pods 4", "cart-c8c848986-7qmzg"], &["catalog"]),
    ("selector prompt", "pods", "Lapp.kubernetes.io/name in (cart,search)<enter>", &["pods 7", "search-5f8fbb4bf6-qzw54"], &["catalog"]),
    ("a selector that selects nothing is named", "pods", "Lapp=nothing<enter>", &["no pods with app=nothing in namespace shop", "\\ clears the selector"], &[]),
    ("unknown column says which there are", "pods", "/wibble>3", &["wibble", "no column"], &[]),
    ("wrong number", "pods", "/restarts>many", &["many"], &[]),
    ("wrong regular expression", "pods", "//(/", &["/ /(/"], &["panicked"]),
    ("a wrong filter cannot be kept", "pods", "/nosuch>3<enter>", &["/ nosuch>3", "⏎ keep"], &[]),
    ("wrong selector", "pods", "La in (<enter>", &["-l a in ("], &[]),
    ("nothing matches, and how to get back", "pods", "/zzz<enter>", &["none of 42 pods matches", "clears the filter"], &[]),
    ("esc takes the filter back", "pods", "/zzz<enter><esc>", &["pods 42", "cart-c8c848986-7qmzg"], &["/ zzz"]),
    ("backslash too", "pods", "/wish<enter>\\", &["pods 42"], &["/ wish"]),
    ("faults only", "pods", "!", &["pods 6/42", "▌ image-resizer", "▲ search"], &["sessions-0", "cart-"]),
    ("faults only, off again", "pods", "!!", &["pods 42", "sessions-0"], &[]),
    ("no faults is good news", "cm", "!", &["nothing is wrong with these", "! shows all"], &[]),
    // Columns.
    ("wide", "pods", "w", &["AGE IP NODE"], &[]),
    ("wide, scrolled", "pods", "w<right><right><right><right>", &["NAME", "NODE"], &["READY "]),
    ("labels", "pods", "T", &["LABELS", "app.kubernetes.io/name=cart"], &[]),
    ("a label as a column", "pods", "<ctrl-t><down><down><space><enter>", &["PART-OF", "▌ cart-c8c848986-7qmzg 2/2 Running 0 8d eu-c-worker-1 shop"], &[]),
    ("sort by name, backwards", "pods", "=", &["NAME ↓", "▌ cart-c8c848986-7qmzg"], &[]),
    // Several kinds, several namespaces.
    ("several kinds", "rs,svc,job", "", &["shop replicasets,services,jobs 37", "Service blog", "ReplicaSet cart-c8c848986", "Job cart-cleanup-29920136"], &[]),
    ("a category", "all", "", &["10 kinds", "KIND", "Deployment cart", "AGE", "live"], &["<invalid>"]),
    ("a category begins at its beginning", "all", "", &["▌ Service blog"], &[]),
    ("several kinds filter by state", "rs,svc,job", "/complete<enter>", &["Job cart-cleanup-29920136"], &["Service"]),
    ("several namespaces", "pods", ":ns shop,data<enter>", &["data,shop pods 67", "NAMESPACE", "data kafka-0", "shop cart-c8c848986-7qmzg"], &["payments"]),
    ("several namespaces, chosen", "svc", "n<down><space><enter>", &["data,shop services"], &["payments "]),
    ("all namespaces", "pods", "0", &["all namespaces pods 152", "NAMESPACE"], &[]),
    ("and the one before", "pods", "00", &["shop pods 42"], &["NAMESPACE"]),
    ("the namespace of a row", "pods -A", "u", &["data pods"], &["all namespaces"]),
    ("a namespace that is none", "pods", ":ns Shop_1<enter>", &["is no namespace"], &[]),
    ("an empty namespace says so", "pods", ":ns default<enter>", &["no pods in namespace default", "0 shows all namespaces"], &[]),
    // Marks.
    ("marks", "pods", "<space><space>", &["2 marked", "● cart-c8c848986-7qmzg", "● cart-c8c848986-84pwj"], &[]),
    ("a range", "pods", "<space>jjv", &["4 marked"], &[]),
    ("all that is shown", "pods", "/wish<enter>*", &["2 marked"], &[]),
    ("esc takes marks off before the filter", "pods", "/wish<enter>*<esc>", &["pods 2/42"], &["marked"]),
    // History.
    ("back", "deploy", ":svc<enter>[", &["deployments 10"], &["services"]),
    ("and forward", "deploy", ":svc<enter>[]", &["services 13"], &["deployments"]),
    ("between the last two", "deploy", ":svc<enter>--", &["services 13"], &[]),
    ("nothing further on is said", "deploy", "]", &["nothing further on"], &[]),
    ("esc at the first view stays", "pods", "<esc><esc><esc>", &["pods 42"], &["Quit"]),
    ("q at the first view asks", "pods", "q", &["Quit Portolan?", "Cancel"], &[]),
    ("q goes back where there is a back", "pods", ":svc<enter>q", &["pods 42"], &["Quit"]),
    // Palette, help, menu.
    ("palette: short names win", "", ":po<enter>", &["pods 42"], &[]),
    ("palette: a namespace with the kind", "", ":deploy data<enter>", &["data deployments", "etl-runner"], &["storefront"]),
    ("palette: a filter with the kind", "", ":pods /wish<enter>", &["pods 2/42"], &[]),
    ("palette: a selector with the kind", "", ":pods -l app.kubernetes.io/name=cart<enter>", &["pods 4"], &["catalog"]),
    ("palette: all namespaces", "", ":svc -A<enter>", &["all namespaces services"], &[]),
    ("palette: fuzzy", "", ":statef<enter>", &["statefulsets 1"], &[]),
    ("palette: a wrong word says what is near", "", ":podz -n shop<enter>", &["podz"], &[]),
    ("palette: a group's resource", "", ":deployments.apps<enter>", &["deployments 10"], &[]),
    ("palette: esc", "", ":po<esc>", &["pods 42"], &["> po"]),
    ("palette: a command", "", ":toggle_wide<enter>", &["AGE IP NODE"], &[]),
    ("help searches", "", "?wide", &["Help", "Show all columns"], &["Copy the name"]),
    ("help runs", "", "?toggle wide<enter>", &["AGE IP NODE"], &["Help"]),
    ("menu lists what can be done here", "", "m", &["What can be done here", "Filter what is shown as you type"], &[]),
    ("menu runs", "", "mall labels<enter>", &["LABELS"], &["What can be done"]),
    ("a pending chord shows how it goes on", "", "g", &["g …", "open contexts"], &[]),
    ("a pending chord is given up by esc", "", "g<esc>", &["⏎ open"], &["g …"]),
    // Places.
    ("contexts", "", "gc", &["contexts 1", "● demo live", "inside this program"], &[]),
    ("contexts: back", "", "gc<esc>", &["pods 42"], &["contexts"]),
    ("kinds", "", ":kinds<enter>", &["kinds", "deployments deploy apps/v1 yes Deployment", "read, write"], &[]),
    ("kinds: narrowed and opened", "", ":kinds<enter>/cronj<enter><enter>", &["cronjobs 1", "cart-cleanup"], &[]),
    ("info", "", "gi", &["info", "portolan 0.1.0", "pods demo shop 42"], &[]),
    ("messages", "", "!!gm", &["messages 2", "only what is faulty is shown"], &[]),
    // Custom resources.
    ("custom resources with their printer columns", "websites -A", "", &["websites 5 ▲2", "NAMESPACE NAME ↑ HOST REPLICAS READY AGE", "shop careers jobs.shop.example 2 False 9d"], &[]),
    ("custom resources, wide", "websites -A", "w", &["HOST"], &[]),
    ("custom resources by group", "", ":websites.example.portolan.dev<enter>", &["websites 3"], &[]),
    ("secrets never show data", "secrets", "w", &["storefront-tls", "kubernetes.io/tls"], &["PRIVATE", "CERTIFICATE"]),
    ("events: the newest first", "events -A", "", &["LAST SEEN", "BackOff"], &["<invalid>"]),
    // Typing.
    ("prompt: up brings back what was typed", "", "/wish<enter>\\/<up>", &["/ wish"], &[]),
    ("keys in a prompt are text", "", "/q", &["/ q"], &["Quit"]),
];

#[test]
fn flows() {
    let mut wrong = Vec::new();
    let only = std::env::var("FLOW").unwrap_or_default();
    // None of these flows changes the world, so all of them play in one.
    let world = still();
    for (name, line, keys, see, not) in FLOWS.iter().filter(|flow| flow.0.contains(&only)) {
        run(async {
            let mut show = Show::of(Source::Demo(world.clone()), &Opening::at(line)).await;
            show.keys(keys).await;
            let missing: Vec<&str> = see.iter().copied().filter(|text| !show.has(text)).collect();
            let there: Vec<&str> = not.iter().copied().filter(|text| show.has(text)).collect();
            if !missing.is_empty() || !there.is_empty() {
                wrong.push(format!(
                    "{name} ({line}@{keys}): misses {missing:?}, holds {there:?}\n{}",
                    show.text()
                ));
            }
        });
    }
    assert!(
        wrong.is_empty(),
        "{} of {} flows are wrong:\n{}",
        wrong.len(),
        FLOWS.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_column_of_pods_sorts_by_what_it_says() {
    run(async {
        let mut show = Show::of(
            Source::Demo(still()),
            &Opening {
                size: (300, 60),
                ..Opening::at("pods")
            },
        )
        .await;
        show.keys("w").await;
        let columns = [
            "READY", "NAME", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "QOS", "OWNER", "IMAGES",
        ];
        for column in columns {
            show.keys(&format!("S{}<enter>", column.to_lowercase())).await;
            let first = show.column(column);
            assert!(!first.is_empty(), "{column} is not on the screen:\n{}", show.text());
            // Restarts are told with an age, and young ages go on meanwhile.
            let cells = |column: &str, cells: Vec<String>| -> Vec<String> {
                let cell = |cell: String| match column {
                    "RESTARTS" => cell.split(' ').next().unwrap_or_default().to_owned(),
                    "AGE" if cell.contains(['s', 'm']) => "young".to_owned(),
                    _ => cell,
                };
                cells.into_iter().filter(|cell| !cell.is_empty()).map(cell).collect()
            };
            let up = cells(column, first);
            assert_eq!(up.len(), 42, "{column}: {up:?}");
            show.keys("=").await;
            let down = cells(column, show.column(column));
            let mut turned = down.clone();
            turned.reverse();
            assert_eq!(up, turned, "{column} backwards is not the other way round");
            let number = |cell: &String| cell.split(' ').next().and_then(|count| count.parse::<i64>().ok());
            match column {
                "RESTARTS" => {
                    let counts: Vec<i64> = up.iter().filter_map(number).collect();
                    assert_eq!(counts.len(), up.len(), "{up:?}");
                    assert!(counts.is_sorted(), "{counts:?}");
                }
                // Numbers within names count as numbers, so web-10 comes after web-9.
                "NAME" => assert!(up[0].starts_with("cart") && up[41].starts_with("wishlist"), "{up:?}"),
                "STATUS" | "NODE" | "QOS" | "OWNER" | "IMAGES" => assert!(up.is_sorted(), "{column}: {up:?}"),
                "AGE" => {
                    assert_eq!(up.first().map(String::as_str), Some("young"), "{up:?}");
                    assert!(up.last().is_some_and(|age| age.ends_with('d')), "{up:?}");
                }
                _ => {}
            }
        }
    });
}

#[test]
fn what_is_copied_and_exported_is_what_is_shown() {
    run(async {
        let mut show = Show::open("pods").await;
        show.asked();
        let copied = |asked: Vec<Effect>| -> Vec<(String, String)> {
            asked
                .into_iter()
                .filter_map(|effect| match effect {
                    Effect::Copy { text, what, .. } => Some((what.as_str().to_owned(), text)),
                    _ => None,
                })
                .collect()
        };
        show.keys("c").await;
        assert_eq!(copied(show.asked()), [("name".into(), "cart-c8c848986-7qmzg".into())]);
        show.keys("<space><space>c").await;
        let names = "cart-c8c848986-7qmzg\ncart-c8c848986-84pwj";
        assert_eq!(copied(show.asked()), [("2 names".into(), names.into())]);
        show.keys("Y").await;
        let rows = copied(show.asked());
        assert!(
            rows[0].1.starts_with("NAME") && rows[0].1.lines().count() == 3,
            "{rows:?}"
        );
        // The cursor stays with its object while the rows are sorted anew.
        show.keys("<esc>Sstatus<enter>C").await;
        assert_eq!(copied(show.asked()), [("status".into(), "Running".into())]);
        show.keys("N/sessions<enter>").await;
        let written = |asked: Vec<Effect>| {
            asked.into_iter().find_map(|effect| match effect {
                Effect::WriteFile {
                    path,
                    content,
                    overwrite,
                    ..
                } => Some((path.display().to_string(), content, overwrite)),
                _ => None,
            })
        };
        for (typed, path, overwrite, first, lines) in [
            ("", "pods.csv", false, "NAME,READY,STATUS,RESTARTS,AGE", 4),
            ("<ctrl-u>out.txt !header", "out.txt", false, "sessions-0", 3),
            ("<ctrl-u>!out.txt", "out.txt", true, "NAME", 4),
            ("<ctrl-u>out.json", "out.json", false, "[", 0),
        ] {
            show.asked();
            show.keys(&format!("<ctrl-s>{typed}<enter>")).await;
            let (to, content, over) = written(show.asked()).expect("a file was to be written");
            assert_eq!((to.as_str(), over), (path, overwrite));
            let content = String::from_utf8(content.concat()).unwrap();
            assert!(content.starts_with(first), "{content}");
            if lines > 0 {
                assert_eq!(content.lines().count(), lines, "{content}");
            } else {
                let rows: serde_json::Value = serde_json::from_str(&content).unwrap();
                assert_eq!(rows.as_array().map(Vec::len), Some(3));
                assert_eq!(rows[0]["NAME"], "sessions-0");
            }
        }
    });
}

#[test]
fn the_view_and_what_was_typed_are_remembered() {
    run(async {
        let mut show = Show::open("").await;
        show.keys(":svc data<enter>/kafka<enter>").await;
        let asked = show.asked();
        let view = Memory::View {
            context: "demo".into(),
            resource: "services".into(),
            namespaces: vec!["data".into()],
        };
        assert!(asked.contains(&Effect::Remember(view)), "{asked:?}");
        for (prompt, text) in [("palette", "svc data"), ("filter", "kafka")] {
            let line = Effect::Remember(Memory::Line {
                prompt,
                text: text.into(),
            });
            assert!(asked.contains(&line), "{asked:?}");
        }
        // A namespace that no list has shown was typed, and is remembered.
        show.keys(":ns hidden<enter>").await;
        let typed = Memory::Namespace {
            context: "demo".into(),
            namespace: "hidden".into(),
        };
        assert!(show.asked().contains(&Effect::Remember(typed)));
    });
}

#[test]
fn rows_come_linger_and_go() {
    run(async {
        let mut show = Show::open("cm").await;
        let maps = "/api/v1/namespaces/shop/configmaps";
        show.create(
            maps,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a-new-one"}, "data": {"a": "b"}}),
        )
        .await;
        show.seconds(1).await;
        assert!(show.has("+ a-new-one 1"), "{}", show.text());
        show.seconds(6).await;
        assert!(show.has("a-new-one") && !show.has("+ a-new-one"), "{}", show.text());
        show.delete(&format!("{maps}/a-new-one")).await;
        show.seconds(1).await;
        assert!(
            show.has("× a-new-one") || show.has("a-new-one"),
            "a deleted row lingers:\n{}",
            show.text()
        );
        show.seconds(5).await;
        assert!(!show.has("a-new-one"), "{}", show.text());
    });
}

#[test]
fn the_cursor_and_marks_follow_objects_while_rows_come_and_go() {
    run(async {
        let mut show = Show::open("cm").await;
        show.keys("<space>").await;
        let maps = "/api/v1/namespaces/shop/configmaps";
        let names = show.column("NAME");
        for name in ["aaa", "aab", "aac"] {
            show.create(
                maps,
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}),
            )
            .await;
        }
        show.seconds(10).await;
        assert!(show.has(&format!("● {}", names[0])), "{}", show.text());
        assert!(show.has(&format!("▌ {}", names[1])), "{}", show.text());
        show.delete(&format!("{maps}/{}", names[0])).await;
        show.seconds(10).await;
        assert!(!show.has("marked"), "a mark goes with its object:\n{}", show.text());
    });
}

#[test]
fn pause_holds_changes_back() {
    run(async {
        let mut show = Show::open("cm").await;
        show.keys("P").await;
        show.create(
            "/api/v1/namespaces/shop/configmaps",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unseen"}}),
        )
        .await;
        show.seconds(5).await;
        assert!(show.has("PAUSED") && !show.has("unseen"), "{}", show.text());
        assert!(show.has("held back"), "{}", show.text());
        show.keys("P").await;
        assert!(!show.has("PAUSED") && show.has("unseen"), "{}", show.text());
    });
}

fn definition() -> serde_json::Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "beacons.sea.example"},
        "spec": {"group": "sea.example", "scope": "Namespaced", "names": {"plural": "beacons", "singular": "beacon", "kind": "Beacon", "listKind": "BeaconList", "shortNames": ["bcn"]},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                "additionalPrinterColumns": [{"name": "Light", "type": "string", "jsonPath": ".spec.light"}]}]}})
}

#[test]
fn a_kind_comes_and_goes_at_run_time() {
    run(async {
        let mut show = Show::open("").await;
        show.keys(":beacons").await;
        assert!(!show.has("sea.example"), "{}", show.text());
        show.keys("<esc>").await;
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        show.create(definitions, definition()).await;
        show.seconds(5).await;
        let beacon = json!({"apiVersion": "sea.example/v1", "kind": "Beacon", "metadata": {"name": "north"}, "spec": {"light": "flashing"}});
        show.create("/apis/sea.example/v1/namespaces/shop/beacons", beacon)
            .await;
        show.keys(":bcn<enter>").await;
        assert!(
            show.has("shop beacons 1") && show.has("▌ north flashing"),
            "{}",
            show.text()
        );
        show.delete(&format!("{definitions}/beacons.sea.example")).await;
        show.seconds(5).await;
        assert!(
            show.has("not served") || show.has("removed"),
            "an open view says that its kind is gone:\n{}",
            show.text()
        );
        show.keys("<esc>:kinds<enter>/beacon").await;
        assert!(!show.has("sea.example"), "{}", show.text());
        show.keys("<esc>").await;
    });
}

#[test]
fn somebody_with_few_rights_sees_what_they_may_see() {
    run(async {
        let demo = still().as_viewer();
        let mut show = Show::of(Source::Demo(demo.clone()), &Opening::at("")).await;
        assert!(show.has("shop pods 42") && show.has("live"), "{}", show.text());
        show.keys("0").await;
        assert!(show.has("forbidden"), "{}", show.text());
        assert!(show.has("R tries again"), "{}", show.text());
        show.keys("0:secrets<enter>").await;
        assert!(show.has("secrets is forbidden"), "{}", show.text());
        show.keys(":nodes<enter>").await;
        assert!(show.has("nodes is forbidden"), "{}", show.text());
        // One forbidden namespace does not hide the other.
        show.keys(":pods shop,data<enter>").await;
        assert!(show.has("cart-c8c848986-7qmzg"), "{}", show.text());
        assert!(show.has("forbidden (1 of 2)"), "{}", show.text());
        // Nothing is asked again by itself.
        let before = demo.faults().asked();
        show.seconds(120).await;
        let after = demo.faults().asked();
        let path = ("GET".to_owned(), "/api/v1/namespaces/data/pods".to_owned());
        assert_eq!(before.get(&path), after.get(&path));
        // Namespaces may not be listed; typing one works.
        show.keys("gn").await;
        assert!(show.has("forbidden"), "{}", show.text());
        show.keys("<esc>:ns shop<enter>").await;
        assert!(show.has("pods 42"), "{}", show.text());
    });
}

#[test]
fn without_any_context_it_says_what_is_wrong_and_what_to_do() {
    use portolan::cluster::kubeconfig::{Invocation, Kubeconfig, Places};
    use std::sync::{Arc, Mutex};
    run(async {
        let invocation = Invocation {
            kubeconfig: Some("/nonexistent/kubeconfig".into()),
            ..Invocation::default()
        };
        let kubeconfig = Kubeconfig::new(invocation, Places::from_environment());
        let mut show = Show::begin(
            Source::Kubeconfig(Arc::new(Mutex::new(kubeconfig))),
            &Opening::default(),
        );
        assert!(show.has("contexts"), "{}", show.text());
        show.until("/nonexistent/kubeconfig", Duration::from_secs(5)).await;
        assert!(!show.has("Esc"), "{}", show.text());
        for keys in [
            ":pods<enter>",
            "<esc>",
            "?",
            "<esc>",
            "g",
            "n",
            "<esc>",
            "j",
            "<enter>",
            "m",
            "<esc>",
        ] {
            show.press(keys);
            assert!(!show.text().is_empty());
        }
        show.press("<ctrl-c>");
        assert!(show.asked().contains(&Effect::Quit));
    });
}

#[test]
fn contexts_are_changed_and_come_back_warm() {
    run(async {
        let small = Demo::new(DemoOptions {
            life: Life::Still,
            seed: 11,
            ..DemoOptions::default()
        });
        let second = small.clone();
        let source = Source::Demos(vec![("harbour".into(), still()), ("offing".into(), second)]);
        let mut show = Show::of(source, &Opening::default()).await;
        assert!(show.has("harbour shop pods 42"), "{}", show.text());
        show.keys("gc").await;
        assert!(
            show.has("contexts 2") && show.has("● harbour") && show.has("offing"),
            "{}",
            show.text()
        );
        show.keys("/offing<enter><enter>").await;
        assert!(
            show.has("offing shop pods 42") && !show.has("cart-c8c848986-7qmzg"),
            "{}",
            show.text()
        );
        let lists = small.faults().asked();
        show.keys(":ctx harbour<enter>").await;
        assert!(
            show.has("harbour shop pods 42") && show.has("cart-c8c848986-7qmzg"),
            "{}",
            show.text()
        );
        show.keys(":ctx offing<enter>").await;
        assert!(show.has("offing shop pods"), "{}", show.text());
        let path = ("GET".to_owned(), "/api/v1/namespaces/shop/pods".to_owned());
        assert_eq!(lists.get(&path), small.faults().asked().get(&path), "it was kept warm");
        show.keys(":ctx nowhere<enter>").await;
        assert!(show.has("There is no context `nowhere`."), "{}", show.text());
    });
}

#[test]
fn a_paste_is_text_in_a_prompt_and_nothing_elsewhere() {
    run(async {
        let mut show = Show::open("pods").await;
        show.paste("q\nQ:quit\n\x03");
        show.settle().await;
        assert!(show.asked().iter().all(|effect| *effect != Effect::Quit));
        assert!(show.has("paste was ignored") && show.has("pods 42"), "{}", show.text());
        show.keys("/").await;
        show.paste("wish\nlist");
        show.settle().await;
        assert!(show.has("/ wish"), "{}", show.text());
        show.paste(&"x".repeat(64 * 1024));
        show.settle().await;
        show.keys("<esc>").await;
        assert!(show.has("pods 42"), "{}", show.text());
    });
}

#[test]
fn the_living_world_stays_true() {
    run(async {
        let mut show = Show::open("pods").await;
        show.live(90).await;
        let mut shown: Vec<String> = show
            .column("NAME")
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect();
        shown.retain(|name| name.starts_with("cart-cleanup") || name.starts_with("wishlist"));
        let (_, list) = show.request("GET", "/api/v1/namespaces/shop/pods", None).await;
        let mut there: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned))
            .filter(|name| name.starts_with("cart-cleanup"))
            .collect();
        there.sort();
        shown.retain(|name| name.starts_with("cart-cleanup"));
        assert_eq!(shown, there);
        assert!(!show.has("<invalid>"), "{}", show.text());
    });
}
