//! Discovery against scripted servers on a paused clock.

use super::*;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;

/// Documents by path: code, tag, body. A path that is not there answers 404.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Documents>>);

#[derive(Default)]
struct Documents {
    by_path: BTreeMap<String, (u16, Option<&'static str>, String)>,
    asked: Vec<String>,
    unchanged: usize,
}

impl Server {
    fn set(&self, path: &str, code: u16, tag: Option<&'static str>, body: Value) {
        self.0
            .lock()
            .unwrap()
            .by_path
            .insert(path.to_owned(), (code, tag, body.to_string()));
    }

    fn asked(&self, path: &str) -> usize {
        self.0
            .lock()
            .unwrap()
            .asked
            .iter()
            .filter(|asked| asked.split('?').next() == Some(path))
            .count()
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let mut documents = self.0.lock().unwrap();
        documents.asked.push(request.uri().to_string());
        let Some((code, tag, body)) = documents.by_path.get(request.uri().path()).cloned() else {
            return Response::builder().status(404).body(Full::default()).unwrap();
        };
        let same = request
            .headers()
            .get("if-none-match")
            .map(|value| value.to_str().unwrap().to_owned());
        let mut response = Response::builder().status(code);
        if let Some(tag) = tag {
            response = response.header("etag", tag);
            if same.as_deref() == Some(tag) {
                documents.unchanged += 1;
                return response.status(304).body(Full::default()).unwrap();
            }
        }
        response.body(Full::new(Bytes::from(body))).unwrap()
    }

    fn connection(&self) -> Connection {
        let server = self.clone();
        Connection::in_memory(move || {
            let (client, end) = tokio::io::duplex(64 << 10);
            let server = server.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let server = server.clone();
                    async move { Ok::<_, Infallible>(server.answer(&request)) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(end), service)
                    .await;
            });
            client
        })
    }
}

fn resource(plural: &str, kind: &str) -> Value {
    json!({"name": plural, "singularName": "", "namespaced": true, "kind": kind, "verbs": ["list", "watch", "get"]})
}

fn resources(list: &[Value]) -> Value {
    json!({"kind": "APIResourceList", "resources": list})
}

fn group(name: &str, version: &str) -> Value {
    json!({"name": name, "versions": [{"groupVersion": format!("{name}/{version}"), "version": version}], "preferredVersion": {"version": version}})
}

fn legacy() -> Server {
    let server = Server::default();
    server.set("/api", 200, None, json!({"kind": "APIVersions", "versions": ["v1"]}));
    server.set("/api/v1", 200, None, resources(&[resource("pods", "Pod")]));
    server.set(
        "/apis",
        200,
        None,
        json!({"kind": "APIGroupList", "groups": [group("apps", "v1"), group("metrics.k8s.io", "v1beta1")]}),
    );
    server.set(
        "/apis/apps/v1",
        200,
        None,
        resources(&[resource("deployments", "Deployment")]),
    );
    server.set(
        "/apis/metrics.k8s.io/v1beta1",
        503,
        None,
        json!({"kind": "Status", "code": 503, "message": "the server is currently unable"}),
    );
    server
}

struct Bench {
    task: JoinHandle<()>,
    known: watch::Receiver<Arc<Catalog>>,
    messages: mpsc::Receiver<Msg>,
    line: watch::Sender<Option<Connection>>,
}

impl Bench {
    fn new(server: &Server) -> Bench {
        let (outbox, messages) = mpsc::channel(64);
        let (line, taken) = watch::channel(Some(server.connection()));
        let (task, known) = start(ClusterId(0), taken, outbox);
        Bench {
            task,
            known,
            messages,
            line,
        }
    }

    async fn after(&mut self, time: Duration) -> (Vec<String>, Vec<String>) {
        tokio::time::sleep(time).await;
        let catalog = self.known.borrow().clone();
        (
            catalog
                .resources
                .iter()
                .map(|resource| resource.name.to_string())
                .collect(),
            catalog
                .failed
                .iter()
                .map(|(what, _)| what.as_str().to_owned())
                .collect(),
        )
    }

    fn said(&mut self) -> usize {
        std::iter::from_fn(|| self.messages.try_recv().ok()).count()
    }
}

fn paused<F: Future<Output = ()>>(run: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(run);
}

#[test]
fn f19_a_failing_group_hides_nobody_and_comes_back() {
    paused(async {
        let server = legacy();
        let mut bench = Bench::new(&server);
        let (kinds, failed) = bench.after(Duration::from_secs(1)).await;
        assert_eq!(kinds, ["pods", "deployments.apps"]);
        assert_eq!(failed, ["metrics.k8s.io/v1beta1"]);
        assert_eq!(bench.said(), 1);
        server.set(
            "/apis/metrics.k8s.io/v1beta1",
            200,
            None,
            resources(&[resource("pods", "PodMetrics")]),
        );
        let (kinds, failed) = bench.after(Duration::from_secs(31)).await;
        assert_eq!(kinds, ["pods", "deployments.apps", "pods.metrics.k8s.io"]);
        assert!(failed.is_empty());
        assert_eq!(bench.said(), 1);
        // A group that fails later keeps what was known of it.
        server.set("/apis/apps/v1", 503, None, json!({}));
        bench.line.send_replace(Some(server.connection()));
        let (kinds, failed) = bench.after(Duration::from_secs(1)).await;
        assert_eq!(kinds, ["pods", "deployments.apps", "pods.metrics.k8s.io"]);
        assert_eq!(failed, ["apps/v1"]);
        bench.task.abort();
    });
}

#[test]
fn f21_where_definitions_cannot_be_watched_the_roots_are_polled() {
    paused(async {
        let server = legacy();
        let both =
            json!({"kind": "APIGroupList", "groups": [group("apps", "v1"), group("apiextensions.k8s.io", "v1")]});
        server.set("/apis", 200, None, both);
        server.set(
            "/apis/apiextensions.k8s.io/v1",
            200,
            None,
            resources(&[resource("customresourcedefinitions", "CustomResourceDefinition")]),
        );
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        server.set(
            definitions,
            403,
            None,
            json!({"kind": "Status", "code": 403, "reason": "Forbidden"}),
        );
        let mut bench = Bench::new(&server);
        bench.after(Duration::from_secs(1)).await;
        assert_eq!(server.asked(definitions), 1);
        let more = json!({"kind": "APIGroupList", "groups": [group("apps", "v1"), group("apiextensions.k8s.io", "v1"), group("example.dev", "v1")]});
        server.set("/apis", 200, None, more);
        server.set(
            "/apis/example.dev/v1",
            200,
            None,
            resources(&[resource("websites", "Website")]),
        );
        let (kinds, _) = bench.after(Duration::from_secs(5)).await;
        assert!(kinds.contains(&"websites.example.dev".to_owned()), "{kinds:?}");
        let asked = server.asked("/apis/apps/v1");
        bench.after(Duration::from_secs(20)).await;
        assert_eq!(
            server.asked("/apis/apps/v1"),
            asked,
            "what is known is not asked each time"
        );
        // A new resource in a group that was there: within the thorough round.
        server.set(
            "/apis/example.dev/v1",
            200,
            None,
            resources(&[resource("websites", "Website"), resource("shops", "Shop")]),
        );
        let (kinds, _) = bench.after(Duration::from_secs(36)).await;
        assert!(kinds.contains(&"shops.example.dev".to_owned()), "{kinds:?}");
    });
}

#[test]
fn aggregated_discovery_is_asked_with_its_tag() {
    paused(async {
        let list = |resources: Value| json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "apiextensions.k8s.io"}, "versions": [{"version": "v1", "freshness": "Current", "resources": resources}]}]});
        let definitions = json!({"resource": "customresourcedefinitions", "scope": "Cluster", "responseKind": {"kind": "CustomResourceDefinition"}, "verbs": ["list"]});
        let server = Server::default();
        server.set(
            "/api",
            200,
            Some("\"a\""),
            json!({"kind": "APIGroupDiscoveryList", "items": []}),
        );
        server.set("/apis", 200, Some("\"b\""), list(json!([definitions])));
        server.set(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            403,
            None,
            json!({}),
        );
        let mut bench = Bench::new(&server);
        let (kinds, _) = bench.after(Duration::from_secs(13)).await;
        assert_eq!(kinds, ["customresourcedefinitions.apiextensions.k8s.io"]);
        assert_eq!(server.0.lock().unwrap().unchanged, 4, "two polls of two roots");
        let more = json!({"resource": "websites", "scope": "Namespaced", "responseKind": {"kind": "Website"}, "verbs": ["list"]});
        server.set("/apis", 200, Some("\"c\""), list(json!([definitions, more])));
        let (kinds, _) = bench.after(Duration::from_secs(5)).await;
        assert_eq!(kinds.len(), 2);
        assert_eq!(bench.said(), 2, "only changes are said");
    });
}

#[test]
fn nobody_answers_then_somebody_does() {
    paused(async {
        let server = Server::default();
        let mut bench = Bench::new(&server);
        let (kinds, failed) = bench.after(Duration::from_secs(10)).await;
        assert_eq!((kinds.len(), failed.len()), (0, 2));
        for (path, document) in legacy().0.lock().unwrap().by_path.clone() {
            server.0.lock().unwrap().by_path.insert(path, document);
        }
        let (kinds, failed) = bench.after(Duration::from_secs(3)).await;
        assert_eq!((kinds.len(), failed.len()), (2, 1));
    });
}
