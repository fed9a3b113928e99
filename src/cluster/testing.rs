//! What the tests of this room share: small servers in this process, certificates, a relay that can go dead, folders.

use super::kubeconfig::{ActingAs, Material, Target, User};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::PrivateKeyDer;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) type Content = UnsyncBoxBody<Bytes, std::convert::Infallible>;
pub(super) type Answer = Arc<dyn Fn(&Request<Incoming>) -> Response<Content> + Send + Sync>;

pub(super) fn text(code: u16, body: &str) -> Response<Content> {
    Response::builder()
        .status(code)
        .body(Full::new(Bytes::from(body.to_owned())).boxed_unsync())
        .unwrap()
}

pub(super) fn version() -> Response<Content> {
    text(200, r#"{"gitVersion":"v1.34.1"}"#)
}

/// One piece, and then a body that stays open in silence.
pub(super) fn endless(first: &str) -> Response<Content> {
    use futures::StreamExt;
    let piece = Ok(http_body::Frame::data(Bytes::from(first.to_owned())));
    let body = futures::stream::once(std::future::ready(piece)).chain(futures::stream::pending());
    Response::new(StreamBody::new(body).boxed_unsync())
}

pub(super) fn status(code: u16, message: &str) -> Response<Content> {
    text(
        code,
        &format!(r#"{{"kind":"Status","apiVersion":"v1","message":"{message}","code":{code}}}"#),
    )
}

/// A server that lives until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) accepted: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn plain(answer: Answer) -> Server {
        Server::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), None, answer)
    }

    pub(super) async fn tls(config: Arc<rustls::ServerConfig>, answer: Answer) -> Server {
        Server::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), Some(config), answer)
    }

    pub(super) fn serve(listener: TcpListener, config: Option<Arc<rustls::ServerConfig>>, answer: Answer) -> Server {
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    return;
                };
                count.fetch_add(1, Ordering::SeqCst);
                let (answer, config) = (Arc::clone(&answer), config.clone());
                connections.spawn(async move {
                    match config {
                        None => speak(socket, answer).await,
                        Some(config) => {
                            if let Ok(stream) = tokio_rustls::TlsAcceptor::from(config).accept(socket).await {
                                speak(stream, answer).await;
                            }
                        }
                    }
                });
            }
        });
        Server {
            address,
            accepted,
            task,
        }
    }
}

/// Serves HTTP/1.1 or 2, whichever the client speaks, over any stream.
pub(super) async fn speak(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, answer: Answer) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let answer = answer(&request);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(io), service)
        .await;
}

/// An authority and what it has signed.
pub(super) struct Authority {
    key: rcgen::KeyPair,
    params: rcgen::CertificateParams,
    pub(super) pem: String,
}

impl Authority {
    pub(super) fn new() -> Authority {
        Authority::named("test authority")
    }

    pub(super) fn named(name: &str) -> Authority {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { key, params, pem }
    }

    /// Certificate and key, PEM, for some names, valid in these years.
    pub(super) fn sign(&self, names: &[&str], years: (i32, i32)) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let issuer = rcgen::Issuer::from_params(&self.params, &self.key);
        let pem = params.signed_by(&key, &issuer).unwrap().pem();
        (pem, key.serialize_pem())
    }

    pub(super) fn server(&self, names: &[&str], years: (i32, i32), protocols: &[&str]) -> Arc<rustls::ServerConfig> {
        let (certificate, key) = self.sign(names, years);
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates(&certificate), private_key(&key))
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

pub(super) fn certificates(pem: &str) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|der| der.unwrap())
        .collect()
}

pub(super) fn private_key(pem: &str) -> PrivateKeyDer<'static> {
    use rustls::pki_types::pem::PemObject;
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

pub(super) fn target(server: &str, authority: Option<&Authority>) -> Target {
    Target {
        context: "test".into(),
        server: server.parse().unwrap(),
        authority: authority.map(|authority| Material::Inline(authority.pem.clone().into_bytes())),
        insecure: false,
        server_name: None,
        proxy: None,
        uncompressed: false,
        user: User::default(),
        acting_as: ActingAs::default(),
        user_file: None,
        user_name: String::new(),
        cluster_info: serde_json::json!({ "server": server }),
    }
}

/// A relay before a server. While it is dead its kernel still acknowledges, but nothing passes.
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    pub(super) dialed: Arc<AtomicU64>,
    dead: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Relay {
    pub(super) async fn before(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (dead, dialed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (is_dead, count) = (Arc::clone(&dead), Arc::clone(&dialed));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let is_dead = Arc::clone(&is_dead);
                connections.spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else {
                        return;
                    };
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::join!(
                        pass(from_client, to_server, &is_dead),
                        pass(from_server, to_client, &is_dead)
                    );
                });
            }
        });
        Relay {
            address,
            dialed,
            dead,
            task,
        }
    }

    pub(super) fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(super) fn revive(&self) {
        self.dead.store(false, Ordering::SeqCst);
    }
}

/// Passes bytes on; what comes while the relay is dead is swallowed, and the connection stays open and silent for good.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, dead: &AtomicBool) {
    let mut block = vec![0; 16 * 1024];
    let mut swallows = false;
    while let Ok(count @ 1..) = from.read(&mut block).await {
        swallows |= dead.load(Ordering::SeqCst);
        if !swallows && to.write_all(&block[..count]).await.is_err() {
            return;
        }
    }
}

/// A folder that is removed when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "portolan-test-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A shell script, executable.
    pub(super) fn script(&self, name: &str, body: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, &format!("#!/bin/sh\n{body}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
