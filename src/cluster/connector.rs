//! How a socket to a cluster is made: resolve, connect, through a proxy where there is one, TLS. Every step has a
//! deadline, every socket notices when the other end is gone, and all sockets of a cluster can be cut at once.

mod stream;

pub use stream::{Pulse, Stream};

use super::kubeconfig::Secret;
use super::proxy::{Proxy, ProxyKind};
use base64::Engine as _;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use stream::Io;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tower::{BoxError, Service, ServiceExt};

/// How long things may take, and how often a silent connection is looked after.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Resolving a name.
    pub resolve: Duration,
    /// Connecting to an address.
    pub connect: Duration,
    /// A TLS handshake, or a proxy's consent.
    pub handshake: Duration,
    /// Silence after which HTTP/2 sends a ping.
    pub ping: Duration,
    /// How long the answer to a ping, or to a probe, may take.
    pub answer: Duration,
    /// How often a small request measures the round trip.
    pub probe: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        let seconds = Duration::from_secs;
        // A link that dies just after a probe is noticed at 10 s + 4 s.
        Patience {
            resolve: seconds(5),
            connect: seconds(5),
            handshake: seconds(10),
            ping: seconds(8),
            answer: seconds(4),
            probe: seconds(10),
        }
    }
}

/// What goes wrong between here and the first byte of HTTP.
#[derive(Debug)]
pub enum Trouble {
    /// The name has no address.
    Resolve {
        /// Which name.
        host: String,
        /// Why, in words.
        why: String,
    },
    /// A step took too long.
    Slow {
        /// Who did not answer.
        what: String,
        /// How long we waited.
        after: Duration,
    },
    /// 407 of a proxy.
    ProxySignIn {
        /// Which proxy.
        proxy: String,
    },
    /// Any other refusal of a proxy.
    ProxyRefused {
        /// Which proxy.
        proxy: String,
        /// What it said.
        said: String,
    },
    /// The proxy itself is not reached.
    Proxy {
        /// Which proxy.
        proxy: String,
        /// Why.
        error: BoxError,
    },
    /// We have cut this socket ourselves.
    Cut,
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Resolve { host, why } => write!(out, "{host} cannot be resolved: {why}"),
            Trouble::Slow { what, .. } => write!(out, "{what} does not answer"),
            Trouble::ProxySignIn { proxy } => write!(out, "the proxy {proxy} wants a password"),
            Trouble::ProxyRefused { proxy, said } => write!(out, "the proxy {proxy} refuses: {said}"),
            Trouble::Proxy { proxy, error } => write!(out, "the proxy {proxy} is not reached: {error}"),
            Trouble::Cut => out.write_str("the connection was cut"),
        }
    }
}

impl std::error::Error for Trouble {}

/// Gives a stream inside this process for each dial.
pub type Serve = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

/// Makes streams to one cluster.
#[derive(Clone)]
pub struct Dialer {
    way: Way,
    pulse: Arc<Pulse>,
}

#[derive(Clone)]
enum Way {
    InMemory(Serve),
    Network(Arc<Network>),
}

/// What a dialer for the network needs.
pub struct Network {
    /// Proxy to go through.
    pub proxy: Option<Proxy>,
    /// TLS settings with the protocols to offer; None for a plain server.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// TLS settings for a proxy that wants TLS.
    pub proxy_tls: Option<Arc<rustls::ClientConfig>>,
    /// Name to expect instead of the address's.
    pub server_name: Option<ServerName<'static>>,
    /// Deadlines.
    pub patience: Patience,
}

impl Dialer {
    /// Streams inside this process.
    pub fn in_memory(serve: Serve, pulse: Arc<Pulse>) -> Dialer {
        Dialer {
            way: Way::InMemory(serve),
            pulse,
        }
    }

    /// Sockets.
    pub fn network(network: Network, pulse: Arc<Pulse>) -> Dialer {
        Dialer {
            way: Way::Network(Arc::new(network)),
            pulse,
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Stream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let pulse = Arc::clone(&self.pulse);
        match &self.way {
            Way::InMemory(serve) => {
                let stream = Stream::new(Box::new(serve()), false, pulse);
                Box::pin(async move { Ok(TokioIo::new(stream)) })
            }
            Way::Network(network) => {
                let network = Arc::clone(network);
                Box::pin(async move { network.dial(&server, pulse).await.map(TokioIo::new) })
            }
        }
    }
}

impl Network {
    async fn dial(&self, server: &Uri, pulse: Arc<Pulse>) -> Result<Stream, BoxError> {
        let host = server.host().ok_or("the address has no host")?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let port = server.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let io: Box<dyn Io> = match &self.proxy {
            None => Box::new(self.tcp(bare, port).await?),
            Some(proxy) => self.through(proxy, bare, port).await?,
        };
        let Some(tls) = &self.tls else {
            return Ok(Stream::new(io, false, pulse));
        };
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => ServerName::try_from(bare.to_owned())?,
        };
        let (io, http2) = self
            .handshake(tls, name, io, &format!("the server at {bare}:{port}"))
            .await?;
        Ok(Stream::new(io, http2, pulse))
    }

    async fn handshake(
        &self,
        tls: &Arc<rustls::ClientConfig>,
        name: ServerName<'static>,
        io: Box<dyn Io>,
        who: &str,
    ) -> Result<(Box<dyn Io>, bool), BoxError> {
        let connecting = tokio_rustls::TlsConnector::from(Arc::clone(tls)).connect(name, io);
        let stream = in_time(self.patience.handshake, &format!("{who} (TLS handshake)"), connecting).await??;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice());
        Ok((Box::new(stream), http2))
    }

    fn connector(&self) -> HttpConnector<Resolver> {
        let mut connector = HttpConnector::new_with_resolver(Resolver {
            deadline: self.patience.resolve,
        });
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(self.patience.connect));
        // The kernel's own look at a silent link, and its limit for bytes that nobody acknowledges.
        connector.set_keepalive(Some(Duration::from_secs(10)));
        connector.set_keepalive_interval(Some(Duration::from_secs(2)));
        connector.set_keepalive_retries(Some(2));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(Duration::from_secs(15)));
        connector
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<tokio::net::TcpStream, BoxError> {
        let uri = place(host, port)?;
        // The connector's own limit is for each address; this one is for all of them.
        let limit = self.patience.resolve + self.patience.connect;
        let stream = in_time(limit, &format!("{host}:{port}"), self.connector().oneshot(uri)).await??;
        Ok(stream.into_inner())
    }

    async fn through(&self, proxy: &Proxy, host: &str, port: u16) -> Result<Box<dyn Io>, BoxError> {
        let words = proxy.words();
        let unreached = |error: BoxError| -> BoxError {
            Box::new(Trouble::Proxy {
                proxy: proxy.words(),
                error,
            })
        };
        if proxy.kind == ProxyKind::Socks5 {
            let mut socks = SocksV5::new(place(&proxy.host, proxy.port)?, self.connector());
            if let Some((name, password)) = &proxy.sign_in {
                socks = socks.with_auth(name.clone(), password.expose().to_owned());
            }
            let who = format!("the proxy {words}");
            let stream = in_time(self.patience.handshake, &who, socks.oneshot(place(host, port)?)).await?;
            return Ok(Box::new(stream.map_err(|error| unreached(error.into()))?.into_inner()));
        }
        let mut io: Box<dyn Io> = Box::new(self.tcp(&proxy.host, proxy.port).await.map_err(unreached)?);
        if proxy.kind == ProxyKind::Https {
            let tls = self
                .proxy_tls
                .as_ref()
                .ok_or("there are no TLS settings for the proxy")?;
            let name = ServerName::try_from(proxy.host.clone())?;
            io = self
                .handshake(tls, name, io, &format!("the proxy {words}"))
                .await
                .map_err(unreached)?
                .0;
        }
        in_time(
            self.patience.handshake,
            &format!("the proxy {words}"),
            connect(&mut io, &words, proxy.sign_in.as_ref(), host, port),
        )
        .await??;
        Ok(io)
    }
}

fn place(host: &str, port: u16) -> Result<Uri, http::uri::InvalidUri> {
    if host.contains(':') {
        format!("http://[{host}]:{port}/").parse()
    } else {
        format!("http://{host}:{port}/").parse()
    }
}

async fn in_time<T>(limit: Duration, what: &str, doing: impl Future<Output = T>) -> Result<T, Trouble> {
    tokio::time::timeout(limit, doing).await.map_err(|_| Trouble::Slow {
        what: what.to_owned(),
        after: limit,
    })
}

/// Asks an HTTP proxy for a tunnel.
async fn connect(
    io: &mut Box<dyn Io>,
    proxy: &str,
    sign_in: Option<&(String, Secret)>,
    host: &str,
    port: u16,
) -> Result<(), BoxError> {
    let place = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    let mut ask = format!(
        "CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: {}\r\n",
        super::connection::USER_AGENT
    );
    if let Some((name, password)) = sign_in {
        let packed = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{}", password.expose()));
        ask.push_str(&format!("Proxy-Authorization: Basic {packed}\r\n"));
    }
    ask.push_str("\r\n");
    io.write_all(ask.as_bytes()).await?;
    io.flush().await?;
    // A byte at a time, so that nothing of what follows is swallowed.
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= 8192 {
            return Err(Trouble::ProxyRefused {
                proxy: proxy.to_owned(),
                said: "its answer has no end".to_owned(),
            }
            .into());
        }
        head.push(io.read_u8().await.map_err(|_| Trouble::ProxyRefused {
            proxy: proxy.to_owned(),
            said: "it closed the connection".to_owned(),
        })?);
    }
    let head = String::from_utf8_lossy(&head);
    let line = head.lines().next().unwrap_or_default();
    match line.split_whitespace().nth(1).and_then(|code| code.parse::<u16>().ok()) {
        Some(code) if (200..300).contains(&code) && line.starts_with("HTTP/1.") => Ok(()),
        Some(407) => Err(Trouble::ProxySignIn {
            proxy: proxy.to_owned(),
        }
        .into()),
        _ => Err(Trouble::ProxyRefused {
            proxy: proxy.to_owned(),
            said: line.chars().take(200).collect(),
        }
        .into()),
    }
}

/// The system's resolver with a deadline; it is asked anew for each dial.
#[derive(Clone)]
struct Resolver {
    deadline: Duration,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Trouble>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let deadline = self.deadline;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            match tokio::time::timeout(deadline, GaiResolver::new().oneshot(name)).await {
                Ok(Ok(found)) => Ok(found.collect::<Vec<_>>().into_iter()),
                Ok(Err(error)) => Err(Trouble::Resolve {
                    host,
                    why: error.to_string(),
                }),
                Err(_) => Err(Trouble::Resolve {
                    host,
                    why: format!("no answer within {} s", deadline.as_secs()),
                }),
            }
        })
    }
}
