//! The whole server over an in-memory stream, as a client sees it.

use super::*;
use ::http::{Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use serde_json::{Value, json};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

fn still() -> Demo {
    Demo::new(DemoOptions {
        life: Life::Still,
        ..DemoOptions::default()
    })
}

struct Client(SendRequest<Full<Bytes>>);

impl Client {
    async fn new(demo: &Demo) -> Client {
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(demo.serve()))
            .await
            .unwrap();
        tokio::spawn(connection);
        Client(sender)
    }

    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path).header("host", "demo");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.0.ready().await.unwrap();
        self.0
            .send_request(request.body(Full::new(Bytes::from(body))).unwrap())
            .await
            .unwrap()
    }

    async fn get(&mut self, path: &str, accept: &str) -> (u16, Value) {
        let response = self.send("GET", path, &[("accept", accept)], &Value::Null).await;
        read(response).await
    }
}

async fn read(response: Response<Incoming>) -> (u16, Value) {
    let code = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (
        code,
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))),
    )
}

/// The lines of a watch, one by one.
struct Events(Incoming, Vec<u8>);

impl Events {
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.1.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.1.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.1.extend_from_slice(&self.0.frame().await?.ok()?.into_data().ok()?);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn discovery_says_the_same_in_both_forms() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let (code, legacy) = client.get("/apis/apps/v1", "application/json").await;
    assert_eq!(code, 200);
    let names: Vec<&str> = legacy["resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["name"].as_str())
        .filter(|n| !n.contains('/'))
        .collect();
    let (_, all) = client
        .get(
            "/apis",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        )
        .await;
    let apps = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["metadata"]["name"] == "apps")
        .unwrap();
    let aggregated: Vec<&str> = apps["versions"][0]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["resource"].as_str())
        .collect();
    assert_eq!(names, aggregated);
    assert_eq!(client.get("/version", "*/*").await.1["minor"], "34");
}

#[tokio::test(start_paused = true)]
async fn every_listed_kind_prints_as_many_cells_as_columns() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let paths: Vec<(String, String)> = {
        let store = demo.inner.read();
        let listed = store.registry.served().filter(|r| r.allows("list"));
        listed
            .map(|r| {
                (
                    if r.group.is_empty() {
                        "/api/v1".into()
                    } else {
                        format!("/apis/{}/{}", r.group, r.version)
                    },
                    r.plural.clone(),
                )
            })
            .collect()
    };
    assert!(paths.len() > 40);
    for (base, plural) in paths {
        let (code, table) = client.get(&format!("{base}/{plural}"), TABLE).await;
        assert_eq!((code, &table["kind"]), (200, &json!("Table")), "{plural}");
        let columns = table["columnDefinitions"].as_array().unwrap().len();
        for row in table["rows"].as_array().unwrap() {
            assert_eq!(row["cells"].as_array().unwrap().len(), columns, "{plural} {row}");
            assert!(row["object"]["metadata"]["uid"].is_string(), "{plural}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_shop_has_the_troubles_of_a_shop() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let (_, table) = client.get("/api/v1/pods", TABLE).await;
    let rows = table["rows"].as_array().unwrap();
    assert!((130..220).contains(&rows.len()), "{}", rows.len());
    let states: std::collections::BTreeSet<&str> = rows.iter().filter_map(|r| r["cells"][2].as_str()).collect();
    for wanted in [
        "Running",
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "Pending",
        "Init:0/1",
        "Completed",
        "Error",
        "Terminating",
    ] {
        assert!(states.contains(wanted), "{wanted} is missing in {states:?}");
    }
    assert!(
        rows.iter()
            .any(|r| r["cells"][1] == "1/2" && r["cells"][2] == "Running")
    );
}

#[tokio::test(start_paused = true)]
async fn pages_join_to_the_whole_list() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let (_, whole) = client.get("/api/v1/pods", "application/json").await;
    let (mut names, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let (code, page) = client
            .get(&format!("/api/v1/pods?limit=50&continue={token}"), "application/json")
            .await;
        assert_eq!(code, 200);
        assert_eq!(
            page["metadata"]["resourceVersion"],
            whole["metadata"]["resourceVersion"]
        );
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["metadata"]["uid"].clone()),
        );
        pages += 1;
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    let all: Vec<Value> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["metadata"]["uid"].clone())
        .collect();
    assert_eq!(names, all);
    assert!(pages >= 3);
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_of_entering_and_leaving_the_selection() {
    let demo = still();
    let (mut client, mut watcher) = (Client::new(&demo).await, Client::new(&demo).await);
    let (_, list) = client
        .get("/api/v1/namespaces/shop/configmaps", "application/json")
        .await;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/shop/configmaps?watch=1&labelSelector=team%3Da&resourceVersion={version}");
    let mut events = Events(
        watcher.send("GET", &path, &[], &Value::Null).await.into_body(),
        Vec::new(),
    );
    let new = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
    assert_eq!(
        read(
            client
                .send("POST", "/api/v1/namespaces/shop/configmaps", &[], &new)
                .await
        )
        .await
        .0,
        201
    );
    let merge = [("content-type", "application/merge-patch+json")];
    for team in [json!("a"), json!("b")] {
        let patch = json!({"metadata": {"labels": {"team": team}}});
        assert_eq!(
            read(
                client
                    .send("PATCH", "/api/v1/namespaces/shop/configmaps/x", &merge, &patch)
                    .await
            )
            .await
            .0,
            200
        );
    }
    let (first, second) = (events.next().await.unwrap(), events.next().await.unwrap());
    assert_eq!((&first["type"], &second["type"]), (&json!("ADDED"), &json!("DELETED")));
    let version = |e: &Value| {
        e["object"]["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert!(version(&second) > version(&first));
    assert_eq!(second["object"]["metadata"]["labels"]["team"], "a");
}

#[tokio::test(start_paused = true)]
async fn an_old_version_expires_in_the_stream_and_in_a_list() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let path = "/api/v1/pods?watch=1&resourceVersion=5";
    let mut events = Events(
        client.send("GET", path, &[], &Value::Null).await.into_body(),
        Vec::new(),
    );
    let event = events.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["code"], &event["object"]["reason"]),
        (&json!("ERROR"), &json!(410), &json!("Expired"))
    );
    assert!(events.next().await.is_none());
    let mut client = Client::new(&demo).await;
    let (code, status) = client
        .get("/api/v1/pods?resourceVersion=5&resourceVersionMatch=Exact", "*/*")
        .await;
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_ends_with_its_bookmark_and_bookmarks_go_on() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let path = "/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=25";
    let mut events = Events(
        client
            .send("GET", path, &[("accept", TABLE)], &Value::Null)
            .await
            .into_body(),
        Vec::new(),
    );
    for n in 0..6 {
        let event = events.next().await.unwrap();
        assert_eq!(event["type"], "ADDED");
        assert_eq!(
            event["object"]["columnDefinitions"].is_array(),
            n == 0,
            "only the first table has columns"
        );
    }
    let end = events.next().await.unwrap();
    assert_eq!(
        end["object"]["rows"][0]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    assert_eq!(events.next().await.unwrap()["type"], "BOOKMARK");
    assert_eq!(events.next().await.unwrap()["type"], "BOOKMARK");
    assert!(events.next().await.is_none(), "timeoutSeconds ends the watch");
}

#[tokio::test(start_paused = true)]
async fn the_viewer_is_refused_in_the_servers_words() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let viewer = [("authorization", "Bearer viewer")];
    let (code, status) = read(client.send("GET", "/api/v1/namespaces", &viewer, &Value::Null).await).await;
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "namespaces is forbidden: User \"viewer\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"
    );
    let (code, _) = read(
        client
            .send("GET", "/api/v1/namespaces/shop/pods", &viewer, &Value::Null)
            .await,
    )
    .await;
    assert_eq!(code, 200);
    let review = json!({"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods", "namespace": "shop"}}});
    let (_, answer) = read(
        client
            .send(
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                &viewer,
                &review,
            )
            .await,
    )
    .await;
    assert_eq!(answer["status"]["allowed"], false);
}

#[tokio::test(start_paused = true)]
async fn deletion_honours_preconditions_and_finalizers() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let path = "/api/v1/namespaces/shop/configmaps/held";
    let new = json!({"metadata": {"name": "held", "finalizers": ["example.portolan.dev/x"]}});
    client
        .send("POST", "/api/v1/namespaces/shop/configmaps", &[], &new)
        .await
        .into_body()
        .collect()
        .await
        .unwrap();
    let wrong = json!({"preconditions": {"uid": "00000000-0000-4000-8000-000000000000"}});
    assert_eq!(read(client.send("DELETE", path, &[], &wrong).await).await.0, 409);
    let (code, object) = read(client.send("DELETE", path, &[], &Value::Null).await).await;
    assert_eq!(code, 200);
    assert!(object["metadata"]["deletionTimestamp"].is_string());
    let patch = json!({"metadata": {"finalizers": null}});
    client
        .send(
            "PATCH",
            path,
            &[("content-type", "application/merge-patch+json")],
            &patch,
        )
        .await
        .into_body()
        .collect()
        .await
        .unwrap();
    let (code, status) = client.get(path, "*/*").await;
    assert_eq!(
        (code, &status["message"]),
        (404, &json!("configmaps \"held\" not found"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_scaled_deployment_gets_its_pods_as_life_goes_on() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let merge = [("content-type", "application/merge-patch+json")];
    let scale = "/apis/apps/v1/namespaces/shop/deployments/reviews/scale";
    let (code, scale) = read(
        client
            .send("PATCH", scale, &merge, &json!({"spec": {"replicas": 4}}))
            .await,
    )
    .await;
    assert_eq!((code, &scale["spec"]["replicas"]), (200, &json!(4)));
    demo.step(Duration::from_secs(20));
    let (_, deployment) = client
        .get("/apis/apps/v1/namespaces/shop/deployments/reviews", "*/*")
        .await;
    assert_eq!(deployment["status"]["readyReplicas"], 4);
}

#[tokio::test(start_paused = true)]
async fn custom_kinds_come_and_go_with_their_definition() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let definition = json!({"metadata": {"name": "boats.sea.example"}, "spec": {"group": "sea.example", "scope": "Namespaced",
        "names": {"plural": "boats", "singular": "boat", "kind": "Boat"}, "versions": [{"name": "v1", "served": true, "storage": true}]}});
    let base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(read(client.send("POST", base, &[], &definition).await).await.0, 201);
    assert_eq!(client.get("/apis/sea.example/v1/boats", "*/*").await.0, 200);
    assert_eq!(
        read(
            client
                .send("DELETE", &format!("{base}/boats.sea.example"), &[], &Value::Null)
                .await
        )
        .await
        .0,
        200
    );
    assert_eq!(client.get("/apis/sea.example/v1/boats", "*/*").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn faults_can_be_set_and_lifted() {
    let demo = still();
    let matcher = Matcher {
        path_prefix: "/api/v1/pods".into(),
        times: Some(1),
        ..Matcher::default()
    };
    demo.faults().add(
        matcher.clone(),
        Fault::Status {
            code: 429,
            retry_after: Some("3".into()),
            message: None,
        },
    );
    let mut client = Client::new(&demo).await;
    let response = client.send("GET", "/api/v1/pods", &[], &Value::Null).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"3".parse().unwrap())
    );
    response.into_body().collect().await.unwrap();
    assert_eq!(client.get("/api/v1/pods", "*/*").await.0, 200);
    demo.faults().add(matcher, Fault::CutAfter { bytes: 1000 });
    let response = client.send("GET", "/api/v1/pods", &[], &Value::Null).await;
    assert!(response.into_body().collect().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn long_answers_are_compressed_when_asked() {
    let demo = still();
    let mut client = Client::new(&demo).await;
    let response = client
        .send("GET", "/api/v1/pods", &[("accept-encoding", "gzip")], &Value::Null)
        .await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["kind"], "PodList");
}

/// Every object of the world, as text.
fn everything(demo: &Demo) -> String {
    let store = demo.inner.read();
    let mut out = Vec::new();
    for resource in store.registry.served() {
        for object in store.objects(resource.id) {
            object.write(&mut out, Some(resource));
            out.push(b'\n');
        }
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn one_seed_gives_one_world() {
    let (a, b) = (still(), still());
    assert!(everything(&a) == everything(&b));
    for demo in [&a, &b] {
        demo.step(Duration::from_secs(70));
    }
    assert!(everything(&a) == everything(&b));
    let other = Demo::new(DemoOptions {
        seed: 8,
        life: Life::Still,
        ..DemoOptions::default()
    });
    assert!(everything(&other) != everything(&still()));
}

#[test]
fn something_visible_happens_every_few_seconds() {
    let demo = still();
    let mut quiet = 0;
    for _ in 0..150 {
        let before = demo.inner.read().version();
        demo.step(Duration::from_secs(1));
        quiet = if demo.inner.read().version() == before {
            quiet + 1
        } else {
            0
        };
        assert!(quiet < 10);
    }
    let pods = demo.inner.read().all("", "pods").len();
    assert!(
        (120..230).contains(&pods),
        "the world neither dies out nor grows for ever: {pods}"
    );
}

#[tokio::test(start_paused = true)]
async fn bulk_pods_are_whole_objects() {
    let demo = Demo::new(DemoOptions {
        pods: Some(250),
        life: Life::Still,
        churn: Some(20.0),
        ..DemoOptions::default()
    });
    let mut client = Client::new(&demo).await;
    let (_, list) = client
        .get(
            "/api/v1/namespaces/load-000/pods?labelSelector=app%3Dservice-0001",
            "application/json",
        )
        .await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 100);
    for item in items {
        assert!(
            item.to_string().len() > 7_000 && !item.to_string().contains("@@"),
            "{item}"
        );
    }
    let (_, table) = client.get("/api/v1/namespaces/load-000/pods", TABLE).await;
    // The quick cells say what the printer says of the whole object.
    for row in table["rows"].as_array().unwrap() {
        let name = row["cells"][0].as_str().unwrap();
        let object = demo.inner.read().value("", "pods", "load-000", name).unwrap();
        let printer = super::table::Printer::of(demo.inner.read().registry.find("", "pods").unwrap());
        let plain = super::object::Object::plain(object);
        assert_eq!(
            row["cells"].as_array().unwrap(),
            &printer.cells(&plain, None, demo.now()),
            "{name}"
        );
    }
    let before = demo.inner.read().version();
    demo.step(Duration::from_secs(5));
    assert!(demo.inner.read().version() >= before + 100);
}
