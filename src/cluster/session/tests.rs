//! A session against servers, proxies and plugins made for each test: what is said, how often is asked, when it is live.
//! One file, because the small servers are shared by all of it and mean little apart.

use super::retry::{backoff, tries_again};
use super::*;
use crate::cluster::failure::failure;
use crate::cluster::kubeconfig::{Interactive, Material, Plugin, Secret, User};
use crate::cluster::testing::{
    Answer, Authority, Folder, Relay, Server, endless, private_key, speak, status, target, text, version,
};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;

/// Far longer than anything here takes: only a failure waits for it.
const LONG: Duration = Duration::from_secs(30);

fn settings() -> Settings {
    Settings {
        variables: ProxyVariables::default(),
        ..Settings::default()
    }
}

fn open(target: Target, settings: Settings) -> (Session, Receiver<Msg>) {
    open_with(Arc::new(move || Ok(target.clone())), settings)
}

fn open_with(read: ReadTarget, settings: Settings) -> (Session, Receiver<Msg>) {
    let (outbox, inbox) = mpsc::channel(1000);
    (Session::open(ClusterId(7), Way::Context(read), settings, outbox), inbox)
}

async fn next(inbox: &mut Receiver<Msg>) -> ClusterEvent {
    match tokio::time::timeout(LONG, inbox.recv())
        .await
        .expect("nothing was said")
    {
        Some(Msg::Cluster(ClusterId(7), event)) => event,
        other => panic!("{other:?}"),
    }
}

async fn connected(inbox: &mut Receiver<Msg>) -> ServerInfo {
    loop {
        match next(inbox).await {
            ClusterEvent::Connected(server) => return server,
            ClusterEvent::Failed {
                failure,
                retry_in: None,
            } => panic!("{failure:?}"),
            _ => {}
        }
    }
}

async fn failed_with(inbox: &mut Receiver<Msg>) -> (Failure, Option<Duration>) {
    loop {
        match next(inbox).await {
            ClusterEvent::Failed { failure, retry_in } => return (failure, retry_in),
            ClusterEvent::Connected(server) => panic!("connected to {server:?}"),
            _ => {}
        }
    }
}

async fn get(connection: &Connection, path: &str) -> Result<StatusCode, kube::Error> {
    let request = Request::get(path).body(Body::empty()).unwrap();
    connection.shared().send(request).await.map(|answer| answer.status())
}

fn holds(line: &Line) -> Option<Connection> {
    line.borrow().clone()
}

fn always_version() -> Answer {
    Arc::new(|_| version())
}

#[tokio::test]
async fn tls_is_verified_and_failures_are_explained() {
    let (authority, rebuilt, other) = (Authority::new(), Authority::new(), Authority::named("other"));
    let now = (2000, 4000);
    let both = &["h2", "http/1.1"];
    let good = Server::tls(authority.server(&["127.0.0.1"], now, both), always_version()).await;
    let old = Server::tls(authority.server(&["127.0.0.1"], (2000, 2001), both), always_version()).await;
    let early = Server::tls(authority.server(&["127.0.0.1"], (3000, 4000), both), always_version()).await;
    let named = Server::tls(
        authority.server(&["kubernetes", "api.shop"], now, both),
        always_version(),
    )
    .await;
    let plain = Server::plain(always_version()).await;
    let at = |server: &Server, authority: &Authority| target(&format!("https://{}", server.address), Some(authority));

    let rows = [
        (at(&good, &authority), Ok(true)),
        (
            at(&good, &rebuilt),
            Err("the server's certificate is signed by another authority of the same name"),
        ),
        (
            at(&good, &other),
            Err("the server's certificate is signed by an unknown authority"),
        ),
        (
            at(&old, &authority),
            Err("the server's certificate expired at 2001-01-01T00:00:00Z"),
        ),
        (
            at(&early, &authority),
            Err("the server's certificate is not valid before 3000-01-01T00:00:00Z"),
        ),
        (
            at(&named, &authority),
            Err("the server's certificate is valid for kubernetes, api.shop, not for 127.0.0.1"),
        ),
        (
            Target {
                server_name: Some("api.shop".into()),
                ..at(&named, &authority)
            },
            Ok(true),
        ),
        (
            Target {
                insecure: true,
                authority: None,
                ..at(&old, &other)
            },
            Ok(true),
        ),
        (at(&plain, &authority), Err("what answers does not speak TLS")),
        (target(&format!("http://{}", plain.address), None), Ok(false)),
    ];
    for (target, expected) in rows {
        let address = target.server.to_string();
        let (_session, mut inbox) = open(target, settings());
        match expected {
            Ok(http2) => assert_eq!(connected(&mut inbox).await.http2, http2),
            Err(words) => {
                let (failure, retry_in) = failed_with(&mut inbox).await;
                let expected = format!("connecting to {}: {words}", address.trim_end_matches('/'));
                assert_eq!(
                    (failure.message.as_str(), failure.kind),
                    (expected.as_str(), FailureKind::Tls)
                );
                assert!(retry_in.is_some() && failure.remedy.is_some());
            }
        }
    }
}

#[tokio::test]
async fn watches_share_a_connection_and_lists_have_their_own() {
    let authority = Authority::new();
    let seen: Arc<Mutex<Vec<http::Version>>> = Arc::default();
    let log = Arc::clone(&seen);
    let answer: Answer = Arc::new(move |request| {
        log.lock().unwrap().push(request.version());
        if request.uri().path() == "/watch" {
            endless("line\n")
        } else {
            version()
        }
    });
    let server = Server::tls(
        authority.server(&["127.0.0.1"], (2000, 4000), &["h2", "http/1.1"]),
        answer,
    )
    .await;
    let (session, mut inbox) = open(
        target(&format!("https://{}", server.address), Some(&authority)),
        settings(),
    );
    connected(&mut inbox).await;
    let connection = holds(&session.line()).unwrap();
    assert!(connection.is_loopback() && !connection.wants_gzip());
    let watch = || Request::get("/watch").body(Body::empty()).unwrap();
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(connection.shared().send(watch()).await.unwrap());
    }
    assert_eq!(server.accepted.load(Ordering::SeqCst), 1);
    for _ in 0..3 {
        held.push(connection.bulk().send(watch()).await.unwrap());
    }
    assert_eq!(server.accepted.load(Ordering::SeqCst), 4);
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen.iter()
            .filter(|version| **version == http::Version::HTTP_11)
            .count(),
        3
    );
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign(&["127.0.0.1"], (2000, 4000));
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(crate::cluster::testing::certificates(&authority.pem)[0].clone())
        .unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots))
        .build()
        .unwrap();
    let config = rustls::ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(crate::cluster::testing::certificates(&certificate), private_key(&key))
        .unwrap();
    let server = Server::tls(Arc::new(config), always_version()).await;
    let base = target(&format!("https://{}", server.address), Some(&authority));

    let (_session, mut inbox) = open(base.clone(), settings());
    assert_eq!(failed_with(&mut inbox).await.0.kind, FailureKind::Tls);

    let (mine, my_key) = authority.sign(&["ann"], (2000, 4000));
    let pair = (
        Material::Inline(mine.into_bytes()),
        Material::Inline(my_key.into_bytes()),
    );
    let user = User {
        certificate: Some(pair.clone()),
        ..User::default()
    };
    let (_session, mut inbox) = open(Target { user, ..base.clone() }, settings());
    connected(&mut inbox).await;

    let (_, another) = authority.sign(&["ann"], (2000, 4000));
    let user = User {
        certificate: Some((pair.0, Material::Inline(another.into_bytes()))),
        ..User::default()
    };
    let (_session, mut inbox) = open(Target { user, ..base }, settings());
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!(
        failure.message.as_str(),
        "the user entry of the kubeconfig: the client key belongs to another certificate"
    );
    assert_eq!((failure.kind, retry_in), (FailureKind::Configuration, None));
}

#[tokio::test]
async fn what_answers_decides_what_is_said() {
    type Row = (
        fn() -> http::Response<crate::cluster::testing::Content>,
        FailureKind,
        &'static str,
    );
    let rows: [Row; 5] = [
        (
            || text(200, "<html>Sign in</html>"),
            FailureKind::Garbled,
            "the server answered 200 with a web page: this is not a Kubernetes API",
        ),
        (
            || text(200, "{}"),
            FailureKind::Garbled,
            "what answers does not tell a Kubernetes version: this is not a Kubernetes API",
        ),
        (
            || status(401, "Unauthorized"),
            FailureKind::Unauthenticated,
            "Unauthorized",
        ),
        (
            || text(302, ""),
            FailureKind::Configuration,
            "the server answered 302 (Found)",
        ),
        (
            || status(503, "starting"),
            FailureKind::ServerError,
            "the server answered 503: starting",
        ),
    ];
    for (answer, kind, words) in rows {
        let server = Server::plain(Arc::new(move |_| answer())).await;
        let address = format!("http://{}", server.address);
        let (_session, mut inbox) = open(target(&address, None), settings());
        let (failure, retry_in) = failed_with(&mut inbox).await;
        assert_eq!(failure.message.as_str(), format!("connecting to {address}: {words}"));
        assert_eq!((failure.kind, retry_in.is_some()), (kind, tries_again(kind)));
    }
    // Forbidden to tell its version, it is connected all the same.
    let server = Server::plain(Arc::new(|_| status(403, "no"))).await;
    let (_session, mut inbox) = open(target(&format!("http://{}", server.address), None), settings());
    assert_eq!(connected(&mut inbox).await.version.as_str(), "unknown");
}

#[tokio::test]
async fn what_is_not_reached_is_said_within_a_second() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let rows = [
        (format!("https://{free}"), "connection refused".to_owned()),
        (
            "https://no-such-host.invalid".to_owned(),
            "the name no-such-host.invalid cannot be resolved".to_owned(),
        ),
    ];
    for (address, words) in rows {
        let begun = Instant::now();
        let (session, mut inbox) = open(target(&address, None), settings());
        let (failure, retry_in) = failed_with(&mut inbox).await;
        assert!(
            begun.elapsed() < Duration::from_secs(1) || words.contains("resolved"),
            "{address}"
        );
        assert!(
            failure
                .message
                .as_str()
                .starts_with(&format!("connecting to {address}: {words}")),
            "{failure:?}"
        );
        assert!(retry_in.is_some() && holds(&session.line()).is_none());
    }
}

/// A server that takes one token, and what it saw.
async fn guarded(token: &'static str) -> (Server, Arc<AtomicU64>) {
    let refused = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&refused);
    let answer: Answer = Arc::new(move |request| {
        let said = request
            .headers()
            .get(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned());
        if said == Some(format!("Bearer {token}")) {
            return version();
        }
        count.fetch_add(1, Ordering::SeqCst);
        status(401, "Unauthorized")
    });
    (Server::plain(answer).await, refused)
}

fn with_token(address: std::net::SocketAddr, token: &str) -> Target {
    let user = User {
        token: Some(Secret::new(token.into())),
        ..User::default()
    };
    Target {
        user,
        ..target(&format!("http://{address}"), None)
    }
}

#[tokio::test]
async fn a_401_reads_the_user_entry_again_once() {
    let (server, refused) = guarded("new").await;
    let reads = Arc::new(AtomicU64::new(0));
    let (count, address) = (Arc::clone(&reads), server.address);
    let read: ReadTarget = Arc::new(move || {
        let token = if count.fetch_add(1, Ordering::SeqCst) == 0 {
            "old"
        } else {
            "new"
        };
        Ok(with_token(address, token))
    });
    let (_session, mut inbox) = open_with(read, settings());
    connected(&mut inbox).await;
    assert_eq!((reads.load(Ordering::SeqCst), refused.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn a_401_that_stays_is_a_sign_in_and_no_storm() {
    let (server, refused) = guarded("right").await;
    let reads = Arc::new(AtomicU64::new(0));
    let (count, address) = (Arc::clone(&reads), server.address);
    let right = Arc::new(AtomicBool::new(false));
    let is_right = Arc::clone(&right);
    let read: ReadTarget = Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(with_token(
            address,
            if is_right.load(Ordering::SeqCst) {
                "right"
            } else {
                "wrong"
            },
        ))
    });
    let (session, mut inbox) = open_with(read, settings());
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!((failure.kind, retry_in), (FailureKind::Unauthenticated, None));
    assert_eq!((reads.load(Ordering::SeqCst), refused.load(Ordering::SeqCst)), (2, 1));
    // The user has signed in elsewhere and tries again.
    right.store(true, Ordering::SeqCst);
    session.reconnect();
    connected(&mut inbox).await;
}

#[tokio::test]
async fn an_end_of_rights_in_the_middle_is_a_sign_in() {
    let valid = Arc::new(AtomicBool::new(true));
    let is_valid = Arc::clone(&valid);
    let server = Server::plain(Arc::new(move |_| {
        if is_valid.load(Ordering::SeqCst) {
            version()
        } else {
            status(401, "Unauthorized")
        }
    }))
    .await;
    let (session, mut inbox) = open(with_token(server.address, "t"), settings());
    connected(&mut inbox).await;
    let connection = holds(&session.line()).unwrap();
    valid.store(false, Ordering::SeqCst);
    // A list meets the 401 first; the session looks at once and does not wait for its own next question.
    assert_eq!(
        get(&connection, "/api/v1/pods").await.unwrap(),
        StatusCode::UNAUTHORIZED
    );
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!((failure.kind, retry_in), (FailureKind::Unauthenticated, None));
    assert!(holds(&session.line()).is_none());
}

fn plugin_user(command: &Path) -> User {
    let plugin = Plugin {
        api_version: "client.authentication.k8s.io/v1".into(),
        command: command.display().to_string(),
        args: Vec::new(),
        env: Vec::new(),
        install_hint: None,
        provide_cluster_info: false,
        interactive: Interactive::Never,
    };
    User {
        plugin: Some(plugin),
        ..User::default()
    }
}

/// A plugin that counts its runs and gives `token-<run>`.
fn counting_plugin(folder: &Folder, expires: &str) -> (std::path::PathBuf, impl Fn() -> usize) {
    let runs = folder.path().join("runs");
    let body = format!(
        "echo run >> {runs}; n=$(wc -l < {runs})\n\
         printf '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"token-%d\"{expires}}}}}' $n",
        runs = runs.display()
    );
    let script = folder.script("plugin", &body);
    (script, move || {
        std::fs::read_to_string(&runs).unwrap_or_default().lines().count()
    })
}

#[tokio::test]
async fn a_plugin_runs_once_for_all_and_once_more_for_a_401() {
    let folder = Folder::new();
    let (script, runs) = counting_plugin(&folder, "");
    // token-1 is good for the first three requests, then token-2 is.
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let answer: Answer = Arc::new(move |request| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let good = if number < 3 { "Bearer token-1" } else { "Bearer token-2" };
        if request.headers()[header::AUTHORIZATION] == good {
            version()
        } else {
            status(401, "Unauthorized")
        }
    });
    let server = Server::plain(answer).await;
    let base = target(&format!("http://{}", server.address), None);
    let (outbox, _inbox) = mpsc::channel(1000);
    let desk = Desk::new(ClusterId(7), outbox, PluginPolicy::Allow, PluginPatience::default());
    let pulse = Pulse::new();
    let user = plugin_user(&script);
    let again = user.clone();
    let credentials = Credentials::new(
        user,
        base.cluster_info.clone(),
        desk,
        Arc::clone(&pulse),
        Arc::new(move || Ok(again.clone())),
    );
    let connection = Connection::to(
        &base,
        credentials,
        &ProxyVariables::default(),
        Patience::default(),
        pulse,
        None,
    )
    .unwrap();
    for round in 1..=2 {
        let (a, b, c) = tokio::join!(get(&connection, "/a"), get(&connection, "/b"), get(&connection, "/c"));
        assert_eq!([a.unwrap(), b.unwrap(), c.unwrap()], [StatusCode::OK; 3]);
        assert_eq!(runs(), round);
    }
}

#[tokio::test]
async fn a_plugin_whose_token_is_refused_runs_twice_and_stops() {
    let folder = Folder::new();
    let (script, runs) = counting_plugin(&folder, "");
    let (server, refused) = guarded("never").await;
    let base = target(&format!("http://{}", server.address), None);
    let (_session, mut inbox) = open(
        Target {
            user: plugin_user(&script),
            ..base
        },
        settings(),
    );
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!((failure.kind, retry_in), (FailureKind::Unauthenticated, None));
    assert_eq!((runs(), refused.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn a_plugin_that_fails_is_told_and_waits_for_the_user() {
    let folder = Folder::new();
    let script = folder.script("plugin", "echo 'please log in' >&2; exit 1");
    let base = target("http://127.0.0.1:9", None);
    let (session, mut inbox) = open(
        Target {
            user: plugin_user(&script),
            ..base
        },
        settings(),
    );
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!(
        failure.message.as_str(),
        "the credential plugin plugin ended with exit code 1: please log in"
    );
    assert_eq!(retry_in, None);
    session.reconnect();
    assert_eq!(failed_with(&mut inbox).await.0, failure);
}

#[tokio::test]
async fn a_plugin_that_hangs_can_be_given_up() {
    let folder = Folder::new();
    let script = folder.script("plugin", "echo waiting >&2; sleep 600");
    let (session, mut inbox) = open(
        Target {
            user: plugin_user(&script),
            ..target("http://127.0.0.1:9", None)
        },
        settings(),
    );
    while !matches!(next(&mut inbox).await, ClusterEvent::PluginSays(_)) {}
    session.cancel();
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!((failure.kind, retry_in), (FailureKind::Cancelled, None));
}

#[tokio::test]
async fn an_old_auth_provider_says_what_to_do() {
    let user = User {
        auth_provider: Some("gcp".into()),
        ..User::default()
    };
    let (_session, mut inbox) = open(
        Target {
            user,
            ..target("https://127.0.0.1:9", None)
        },
        settings(),
    );
    let (failure, retry_in) = failed_with(&mut inbox).await;
    assert_eq!((failure.kind, retry_in), (FailureKind::Configuration, None));
    assert!(failure.remedy.unwrap().as_str().contains("gke-gcloud-auth-plugin"));
}

#[tokio::test]
async fn a_token_file_is_read_again_on_401() {
    let folder = Folder::new();
    let file = folder.write("token", "old\n");
    let (server, refused) = guarded("new").await;
    let user = User {
        token_file: Some(file),
        ..User::default()
    };
    let base = target(&format!("http://{}", server.address), None);
    let (session, mut inbox) = open(Target { user, ..base }, settings());
    assert_eq!(failed_with(&mut inbox).await.0.kind, FailureKind::Unauthenticated);
    folder.write("token", "new\n");
    session.reconnect();
    connected(&mut inbox).await;
    assert_eq!(refused.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_that_writes_reaches_the_server() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let server = Server::plain(Arc::new(move |request| {
        if request.uri().path() != "/version" {
            count.fetch_add(1, Ordering::SeqCst);
        }
        version()
    }))
    .await;
    let (session, mut inbox) = open(target(&format!("http://{}", server.address), None), settings());
    connected(&mut inbox).await;
    let connection = holds(&session.line()).unwrap();
    for client in [connection.shared(), connection.bulk()] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let request = Request::builder()
                .method(method)
                .uri("/api/v1/namespaces/shop/pods/a")
                .body(Body::empty())
                .unwrap();
            let told = failure("deleting", &client.send(request).await.unwrap_err());
            assert_eq!(told.kind, FailureKind::Configuration, "{told:?}");
        }
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(get(&connection, "/api/v1/pods").await.unwrap(), StatusCode::OK);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// An HTTP proxy that checks a password when there is one to check; what it was asked goes into the log.
async fn http_proxy(
    password: Option<&'static str>,
    refusal: Option<&'static str>,
) -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let place = head.split(' ').nth(1).unwrap().to_owned();
                log.lock().unwrap().push(head.lines().next().unwrap().to_owned());
                let signed_in = password
                    .is_none_or(|password| head.contains(&format!("Proxy-Authorization: Basic {password}\r\n")));
                let answer = match (signed_in, refusal) {
                    (false, _) => "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
                    (true, Some(refusal)) => refusal,
                    (true, None) => "HTTP/1.1 200 OK\r\nVia: test\r\n\r\n",
                };
                client.write_all(answer.as_bytes()).await.unwrap();
                if answer.contains(" 200 ") {
                    let mut server = tokio::net::TcpStream::connect(place).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn an_http_proxy_is_gone_through() {
    let authority = Authority::new();
    let server = Server::tls(
        authority.server(&["127.0.0.1"], (2000, 4000), &["h2"]),
        always_version(),
    )
    .await;
    let base = target(&format!("https://{}", server.address), Some(&authority));
    // ann:secret
    let (proxy, asked) = http_proxy(Some("YW5uOnNlY3JldA=="), None).await;
    let (session, mut inbox) = open(
        Target {
            proxy: Some(format!("http://ann:secret@{proxy}")),
            ..base.clone()
        },
        settings(),
    );
    assert!(connected(&mut inbox).await.http2);
    assert_eq!(*asked.lock().unwrap(), [format!("CONNECT {} HTTP/1.1", server.address)]);
    assert!(!holds(&session.line()).unwrap().is_loopback());

    let (_session, mut inbox) = open(
        Target {
            proxy: Some(format!("http://{proxy}")),
            ..base.clone()
        },
        settings(),
    );
    let (failure, _) = failed_with(&mut inbox).await;
    assert!(
        failure
            .message
            .as_str()
            .ends_with(&format!("the proxy {proxy} wants a name and a password (407)")),
        "{failure:?}"
    );

    let (refuses, _) = http_proxy(None, Some("HTTP/1.1 403 Not for you\r\n\r\n")).await;
    let (_session, mut inbox) = open(
        Target {
            proxy: Some(format!("http://{refuses}")),
            ..base.clone()
        },
        settings(),
    );
    let (failure, _) = failed_with(&mut inbox).await;
    assert!(
        failure
            .message
            .as_str()
            .ends_with("does not connect us: HTTP/1.1 403 Not for you"),
        "{failure:?}"
    );

    let (_session, mut inbox) = open(
        Target {
            proxy: Some("http://127.0.0.1:9".into()),
            ..base
        },
        settings(),
    );
    let (failure, _) = failed_with(&mut inbox).await;
    assert!(
        failure
            .message
            .as_str()
            .ends_with("the proxy 127.0.0.1:9: connection refused"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_socks_proxy_is_gone_through() {
    let server = Server::plain(always_version()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let behind = server.address;
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut hello = [0; 2];
        client.read_exact(&mut hello).await.unwrap();
        let mut methods = vec![0; usize::from(hello[1])];
        client.read_exact(&mut methods).await.unwrap();
        client.write_all(&[5, 0]).await.unwrap();
        let mut ask = [0; 5];
        client.read_exact(&mut ask).await.unwrap();
        // A name, which the proxy resolves.
        assert_eq!(ask[..4], [5, 1, 0, 3]);
        let mut rest = vec![0; usize::from(ask[4]) + 2];
        client.read_exact(&mut rest).await.unwrap();
        assert!(rest.starts_with(b"only-the-proxy-knows.invalid"));
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await.unwrap();
        let mut server = tokio::net::TcpStream::connect(behind).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    let base = target("http://only-the-proxy-knows.invalid:8080", None);
    let (_session, mut inbox) = open(
        Target {
            proxy: Some(format!("socks5h://{proxy}")),
            ..base
        },
        settings(),
    );
    connected(&mut inbox).await;
}

#[tokio::test]
async fn a_dead_link_is_noticed_and_replaced() {
    let short = Patience {
        ping: Duration::from_millis(400),
        answer: Duration::from_millis(400),
        probe: Duration::from_millis(500),
        ..Patience::default()
    };
    let authority = Authority::new();
    for protocols in [&["h2"][..], &["http/1.1"][..]] {
        let answer: Answer = Arc::new(|request| {
            if request.uri().path() == "/watch" {
                endless("line\n")
            } else {
                version()
            }
        });
        let server = Server::tls(authority.server(&["127.0.0.1"], (2000, 4000), protocols), answer).await;
        let relay = Relay::before(server.address).await;
        let (session, mut inbox) = open(
            target(&format!("https://{}", relay.address), Some(&authority)),
            Settings {
                patience: short,
                ..settings()
            },
        );
        assert_eq!(connected(&mut inbox).await.http2, protocols[0] == "h2");
        let mut line = session.line();
        let connection = line.borrow_and_update().clone().unwrap();
        let watch = connection
            .shared()
            .send(Request::get("/watch").body(Body::empty()).unwrap())
            .await
            .unwrap();
        let mut body = watch.into_body();
        assert!(body.frame().await.unwrap().is_ok());
        let (before, killed) = (relay.dialed.load(Ordering::SeqCst), Instant::now());
        relay.kill();
        // The watch ends with an error, the line is empty, and it is said.
        let ended = tokio::time::timeout(LONG, body.frame())
            .await
            .expect("the watch hangs on a dead link");
        assert!(ended.unwrap().is_err());
        let (failure, retry_in) = loop {
            match next(&mut inbox).await {
                ClusterEvent::Failed { failure, retry_in } => break (failure, retry_in),
                ClusterEvent::Connected(_) => panic!("connected through a dead link"),
                _ => {}
            }
        };
        assert!(
            (failure.kind, retry_in.is_some()) == (FailureKind::Unreachable, true),
            "{failure:?}"
        );
        assert!(
            killed.elapsed() < Duration::from_secs(5),
            "noticed after {:?}",
            killed.elapsed()
        );
        line.wait_for(Option::is_none).await.unwrap();
        relay.revive();
        connected(&mut inbox).await;
        assert!(line.wait_for(Option::is_some).await.is_ok());
        assert!(
            relay.dialed.load(Ordering::SeqCst) > before,
            "the old socket was used again"
        );
    }
}

#[tokio::test]
async fn a_server_that_stops_is_seen_at_once_and_is_back_soon() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let answer: Answer = Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        version()
    });
    let server = Server::plain(Arc::clone(&answer)).await;
    let address = server.address;
    let (session, mut inbox) = open(target(&format!("http://{address}"), None), settings());
    connected(&mut inbox).await;
    let stopped = Instant::now();
    drop(server);
    let (failure, retry_in) = loop {
        if let ClusterEvent::Failed { failure, retry_in } = next(&mut inbox).await {
            break (failure, retry_in);
        }
    };
    assert!(
        stopped.elapsed() < Duration::from_secs(1),
        "seen after {:?}",
        stopped.elapsed()
    );
    assert_eq!(
        failure.message.as_str(),
        format!("reaching http://{address}: connection refused")
    );
    assert!(retry_in.unwrap() <= Duration::from_millis(200));
    assert!(holds(&session.line()).is_none());
    // A few more tries fail, and then it is back.
    for _ in 0..3 {
        failed_with(&mut inbox).await;
    }
    let listener = tokio::net::TcpSocket::new_v4().unwrap();
    listener.set_reuseaddr(true).unwrap();
    listener.bind(address).unwrap();
    let back = Instant::now();
    let _server = Server::serve(listener.listen(64).unwrap(), None, answer);
    connected(&mut inbox).await;
    assert!(
        back.elapsed() < Duration::from_millis(2500),
        "back after {:?}",
        back.elapsed()
    );
    assert!(holds(&session.line()).is_some());
}

#[tokio::test]
async fn shaking_drops_the_sockets_and_keeps_the_cluster() {
    let server = Server::plain(Arc::new(|request| {
        if request.uri().path() == "/watch" {
            endless("line\n")
        } else {
            version()
        }
    }))
    .await;
    let (session, mut inbox) = open(target(&format!("http://{}", server.address), None), settings());
    connected(&mut inbox).await;
    let connection = holds(&session.line()).unwrap();
    let mut body = connection
        .shared()
        .send(Request::get("/watch").body(Body::empty()).unwrap())
        .await
        .unwrap()
        .into_body();
    body.frame().await.unwrap().unwrap();
    while !matches!(next(&mut inbox).await, ClusterEvent::RoundTrip(_)) {}
    session.shake();
    assert!(body.frame().await.unwrap().is_err());
    loop {
        match next(&mut inbox).await {
            ClusterEvent::RoundTrip(_) => break,
            ClusterEvent::Failed { failure, .. } => panic!("{failure:?}"),
            _ => {}
        }
    }
    assert_eq!(get(&connection, "/api").await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn warnings_and_the_clock_are_told() {
    let answer: Answer = Arc::new(|_| {
        let mut answer = version();
        answer
            .headers_mut()
            .insert(header::WARNING, "299 - \"old \\\"api\\\"\"".parse().unwrap());
        answer
            .headers_mut()
            .insert(header::DATE, "Tue, 14 Nov 2023 22:13:20 GMT".parse().unwrap());
        answer
    });
    let server = Server::plain(answer).await;
    let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - 3600);
    let patience = Patience {
        probe: Duration::from_millis(20),
        ..Patience::default()
    };
    let (_session, mut inbox) = open(
        target(&format!("http://{}", server.address), None),
        Settings {
            clock,
            patience,
            ..settings()
        },
    );
    let (mut warnings, mut offsets, mut trips) = (Vec::new(), Vec::new(), 0);
    while trips < 3 {
        match next(&mut inbox).await {
            ClusterEvent::Warning(text) => warnings.push(text.as_str().to_owned()),
            ClusterEvent::ClockOffset(seconds) => offsets.push(seconds),
            ClusterEvent::RoundTrip(_) => trips += 1,
            _ => {}
        }
    }
    assert_eq!((warnings, offsets.len()), (vec!["old \"api\"".to_owned()], 1));
    assert!((3600..=3601).contains(&offsets[0]), "{offsets:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_in_this_process_is_a_cluster_like_any_other() {
    let serve = || {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(speak(theirs, always_version()));
        ours
    };
    let (outbox, mut inbox) = mpsc::channel(1000);
    let session = Session::open(ClusterId(7), Way::InMemory(Arc::new(serve)), settings(), outbox);
    let server = connected(&mut inbox).await;
    assert_eq!((server.version.as_str(), server.http2), ("v1.34.1", false));
    let connection = holds(&session.line()).unwrap();
    assert_eq!(get(&connection, "/api").await.unwrap(), StatusCode::OK);
    let mut trips = 0;
    while trips < 5 {
        match next(&mut inbox).await {
            ClusterEvent::RoundTrip(_) => trips += 1,
            ClusterEvent::Failed { failure, .. } => panic!("{failure:?}"),
            _ => {}
        }
    }
    assert_eq!(
        get(&Connection::in_memory(serve), "/api").await.unwrap(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_session_that_is_dropped_leaves_nothing() {
    let folder = Folder::new();
    let (server, _) = guarded("t").await;
    let (session, mut inbox) = open(with_token(server.address, "t"), settings());
    connected(&mut inbox).await;
    let mut line = session.line();
    line.borrow_and_update();
    drop(session);
    // The line ends, and with it whoever sends.
    assert!(line.changed().await.is_err());
    drop(line);
    tokio::time::timeout(LONG, async { while inbox.recv().await.is_some() {} })
        .await
        .expect("something still sends");

    let script = folder.script("plugin", "echo waiting >&2; sleep 600");
    let (session, mut inbox) = open(
        Target {
            user: plugin_user(&script),
            ..target("http://127.0.0.1:9", None)
        },
        settings(),
    );
    while !matches!(next(&mut inbox).await, ClusterEvent::PluginSays(_)) {}
    drop(session);
    tokio::time::timeout(LONG, async { while inbox.recv().await.is_some() {} })
        .await
        .expect("the plugin lives on");
}

#[test]
fn waiting_doubles_up_to_two_seconds() {
    let waits: Vec<u128> = (0..6).map(|attempt| backoff(attempt, 1.0).as_millis()).collect();
    assert_eq!(waits, [200, 400, 800, 1600, 2000, 2000]);
    assert_eq!(pause(FailureKind::Tls, 0), Some(Duration::from_secs(5)));
    assert!(pause(FailureKind::Unreachable, 0).unwrap() <= Duration::from_millis(200));
    assert_eq!(pause(FailureKind::Unauthenticated, 0), None);
    assert_eq!(backoff(u32::MAX, 0.0), Duration::from_millis(1600));
}

#[tokio::test(start_paused = true)]
async fn a_sleep_of_this_machine_is_noticed() {
    static WALL: AtomicU64 = AtomicU64::new(1000);
    let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(WALL.load(Ordering::SeqCst));
    let glance = Duration::from_secs(2);
    // (the wall clock goes on by, the monotonic one by, slept)
    for (wall, mono, slept) in [
        (2, 2, false),
        (12, 2, false),
        (13, 2, true),
        (3600, 2, true),
        (0, 2, false),
        (30, 30, true),
        (2, 2, false),
    ] {
        let mut clocks = Clocks::now(clock);
        WALL.fetch_add(wall, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(mono)).await;
        assert_eq!(clocks.slept(clock, glance), slept, "{wall} {mono}");
        assert!(!clocks.slept(clock, glance));
    }
}
