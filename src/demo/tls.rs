//! The demo server on a port: a certificate made at start, a token, and a kubeconfig that holds both.

use super::Demo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// Binds, writes the kubeconfig and accepts connections until the task is aborted.
pub(super) async fn listen(
    demo: &Demo,
    addr: SocketAddr,
    kubeconfig: &Path,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.push(addr.ip().to_string());
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names).map_err(other)?;
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(other)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let token = demo.inner.token.get_or_init(random_token).clone();
    write_private(kubeconfig, &kubeconfig_text(addr, &made.cert.pem(), &token))?;
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    demo.inner.clock.run();
    let demo = demo.clone();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else {
                        // Out of file handles: the next attempt waits for one to be given back.
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        continue;
                    };
                    let (acceptor, demo) = (acceptor.clone(), demo.clone());
                    connections.spawn(async move {
                        stream.set_nodelay(true).ok();
                        if let Ok(stream) = acceptor.accept(stream).await {
                            demo.converse(stream).await;
                        }
                    });
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    });
    Ok((addr, task))
}

/// 128 unguessable bits; the standard library's hash keys come from the system.
fn random_token() -> String {
    let word = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("demo.{:016x}{:016x}", word(), word())
}

fn kubeconfig_text(addr: SocketAddr, certificate: &str, token: &str) -> String {
    let ca = STANDARD.encode(certificate);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: demo\nclusters:\n- name: demo\n  cluster:\n    server: https://{addr}\n    \
         certificate-authority-data: {ca}\ncontexts:\n- name: demo\n  context:\n    cluster: demo\n    user: demo\n    namespace: shop\n\
         - name: demo-viewer\n  context:\n    cluster: demo\n    user: viewer\n    namespace: shop\nusers:\n- name: demo\n  user:\n    \
         token: {token}\n- name: viewer\n  user:\n    token: viewer\n"
    )
}

/// Writes a file that only its owner can read; a file that is already there is replaced.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
