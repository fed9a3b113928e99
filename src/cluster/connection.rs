//! How to make requests of one cluster: two clients over the same address, credentials and gate. Nothing here compresses
//! or inflates: who asks for gzip in `Accept-Encoding` inflates what comes.

use super::auth::Credentials;
use super::connector::{Dialer, Network, Patience, Pulse, Serve};
use super::failure::{Carried, configuration, failure};
use super::gate::Gate;
use super::kubeconfig::{ActingAs, Target};
use super::proxy::{self, ProxyVariables};
use super::tls;
use super::warnings::Warnings;
use crate::msg::Failure;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::Body;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tower::BoxError;

/// How we call ourselves, so that the server's audit log can find us.
pub const USER_AGENT: &str = concat!("portolan/", env!("CARGO_PKG_VERSION"));

/// Where the tasks of a cluster find their connection: None while there is none.
pub type Line = tokio::sync::watch::Receiver<Option<Connection>>;

type Http = hyper_util::client::legacy::Client<Dialer, Body>;

/// How to make requests of one cluster. Cheap to clone. Every client inside has the gate as its outermost layer.
#[derive(Clone)]
pub struct Connection {
    shared: kube::Client,
    bulk: kube::Client,
    loopback: bool,
    uncompressed: bool,
    address: String,
    pulse: Arc<Pulse>,
    version: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Connection to {}", self.address)
    }
}

/// What every request of a connection gets and goes through.
struct Common {
    server: Uri,
    headers: HeaderMap,
    credentials: Option<Arc<Credentials>>,
    warnings: Option<Arc<Warnings>>,
    pulse: Arc<Pulse>,
}

impl Connection {
    /// For watches and small requests: one HTTP/2 connection where the server offers it, else HTTP/1.1 with keepalive.
    pub fn shared(&self) -> &kube::Client {
        &self.shared
    }

    /// For first lists and logs: HTTP/1.1, a connection each, so that no long body stands before a small one.
    pub fn bulk(&self) -> &kube::Client {
        &self.bulk
    }

    /// Whether the server is on this machine (or in this process): compression costs more than it saves then.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether to ask for gzip: not over loopback, nor where the cluster entry says `disable-compression`.
    pub fn wants_gzip(&self) -> bool {
        !self.loopback && !self.uncompressed
    }

    /// Address of the server, as in the kubeconfig.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The server's version, once it has answered; empty before.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The same connection, to a server of this version.
    pub(super) fn of_version(mut self, version: &str) -> Connection {
        version.clone_into(&mut self.version);
        self
    }

    /// What its sockets have in common.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Plain HTTP over streams inside the process; each dial takes a fresh one from `serve`.
    pub fn in_memory(serve: impl Fn() -> DuplexStream + Send + Sync + 'static) -> Connection {
        Connection::over_streams(Arc::new(serve), Pulse::new(), None)
    }

    /// As [`Connection::in_memory`], with what a session shares over its connections.
    pub(super) fn over_streams(serve: Serve, pulse: Arc<Pulse>, warnings: Option<Arc<Warnings>>) -> Connection {
        let dialer = Dialer::in_memory(serve, Arc::clone(&pulse));
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let common = Arc::new(Common {
            server: Uri::from_static("http://demo"),
            headers,
            credentials: None,
            warnings,
            pulse: Arc::clone(&pulse),
        });
        Connection {
            shared: client(plain_pool(dialer.clone(), 16), Arc::clone(&common)),
            bulk: client(plain_pool(dialer, 0), common),
            loopback: true,
            uncompressed: true,
            address: "in this process".to_owned(),
            version: String::new(),
            pulse,
        }
    }

    /// A connection to what a context comes to. Nothing is dialed yet; files (authority) are read now.
    ///
    /// # Errors
    /// A configuration failure that names what to correct.
    pub(super) fn to(
        target: &Target,
        credentials: Arc<Credentials>,
        variables: &ProxyVariables,
        patience: Patience,
        pulse: Arc<Pulse>,
        warnings: Option<Arc<Warnings>>,
    ) -> Result<Connection, Failure> {
        let proxy = proxy::route(&target.server, target.proxy.as_deref(), variables)
            .map_err(|why| configuration(&why, "Correct it, or remove it to connect directly."))?;
        let secure = target.server.scheme_str() == Some("https");
        let server_name = target
            .server_name
            .clone()
            .map(ServerName::try_from)
            .transpose()
            .map_err(|_| configuration("tls-server-name is not a host name", "Correct it in the cluster entry."))?;
        let settings = if secure {
            Some(tls::settings(target, credentials.identity())?)
        } else {
            None
        };
        let proxy_tls = match &proxy {
            Some(proxy) if proxy.kind == proxy::ProxyKind::Https => Some(Arc::new(tls::public_settings()?)),
            _ => None,
        };
        let dialer = |protocols: &[&[u8]]| {
            let settings = settings.clone().map(|mut settings| {
                settings.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
                Arc::new(settings)
            });
            let network = Network {
                proxy: proxy.clone(),
                tls: settings,
                proxy_tls: proxy_tls.clone(),
                server_name: server_name.clone(),
                patience,
            };
            Dialer::network(network, Arc::clone(&pulse))
        };
        let common = Arc::new(Common {
            server: target.server.clone(),
            headers: headers(&target.acting_as)?,
            credentials: Some(credentials),
            warnings,
            pulse: Arc::clone(&pulse),
        });
        let host = target
            .server
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let loopback = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        Ok(Connection {
            shared: client(
                shared_pool(dialer(&[b"h2", b"http/1.1"]), patience),
                Arc::clone(&common),
            ),
            bulk: client(plain_pool(dialer(&[b"http/1.1"]), 4), common),
            loopback: loopback && proxy.is_none(),
            uncompressed: target.uncompressed,
            address: target.server.to_string().trim_end_matches('/').to_owned(),
            pulse,
            version: String::new(),
        })
    }
}

fn shared_pool(dialer: Dialer, patience: Patience) -> Http {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(90))
        .pool_max_idle_per_host(8)
        .http2_keep_alive_interval(patience.ping)
        .http2_keep_alive_timeout(patience.answer)
        .http2_keep_alive_while_idle(true)
        // Watches are read all the time; the windows need only cover the way there and back.
        .http2_initial_stream_window_size(1024 * 1024)
        .http2_initial_connection_window_size(8 * 1024 * 1024)
        .build(dialer)
}

fn plain_pool(dialer: Dialer, idle: usize) -> Http {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(idle)
        .build(dialer)
}

fn client(http: Http, common: Arc<Common>) -> kube::Client {
    let send = tower::service_fn(move |request: Request<Body>| send(http.clone(), Arc::clone(&common), request));
    kube::Client::new(Gate::new(send), "default")
}

/// One request on its way: address, headers and credentials are added, and a 401 is met once with fresh credentials.
async fn send(http: Http, common: Arc<Common>, request: Request<Body>) -> Result<Response<Incoming>, BoxError> {
    let (mut parts, body) = request.into_parts();
    parts.uri = joined(&common.server, &parts.uri)?;
    for (name, value) in &common.headers {
        parts.headers.append(name, value.clone());
    }
    let spare = body.try_clone();
    let Some(credentials) = &common.credentials else {
        let answer = http.request(Request::from_parts(parts, body)).await?;
        common.note(answer.headers());
        return Ok(answer);
    };
    let mut presented = credentials.present().await.map_err(Carried)?;
    let answer = http.request(signed(&parts, &presented.header, body)).await?;
    common.note(answer.headers());
    if answer.status() != StatusCode::UNAUTHORIZED {
        credentials.accepted(presented.generation);
        return Ok(answer);
    }
    let fresh = match spare {
        Some(_) => credentials.rejected(presented.generation).await,
        None => Ok(false),
    };
    let (Ok(true), Some(body)) = (&fresh, spare) else {
        common.pulse.stir();
        return match fresh {
            Err(failure) => Err(Carried(failure).into()),
            Ok(_) => Ok(answer),
        };
    };
    drop(answer);
    presented = credentials.present().await.map_err(Carried)?;
    let answer = http.request(signed(&parts, &presented.header, body)).await?;
    common.note(answer.headers());
    if answer.status() == StatusCode::UNAUTHORIZED {
        common.pulse.stir();
    } else {
        credentials.accepted(presented.generation);
    }
    Ok(answer)
}

impl Common {
    fn note(&self, headers: &HeaderMap) {
        if let Some(warnings) = &self.warnings {
            warnings.note(headers);
        }
    }
}

fn signed(parts: &http::request::Parts, authorization: &Option<HeaderValue>, body: Body) -> Request<Body> {
    let mut request = Request::from_parts(parts.clone(), body);
    if let Some(value) = authorization {
        request.headers_mut().insert(header::AUTHORIZATION, value.clone());
    }
    request
}

/// The path of a request under the server's address, which may have a path of its own.
fn joined(server: &Uri, asked: &Uri) -> Result<Uri, http::Error> {
    let asked = asked.path_and_query().map_or("/", |path| path.as_str());
    let prefix = server.path().trim_end_matches('/');
    let mut parts = server.clone().into_parts();
    parts.path_and_query = Some(format!("{prefix}{asked}").parse()?);
    Ok(Uri::from_parts(parts)?)
}

fn headers(acting_as: &ActingAs) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let mut add = |name: &str, value: &str| {
        let wrong = |error: BoxError| failure(&format!("acting as another ({name})"), error.as_ref());
        let name: HeaderName = name.parse().map_err(|error| wrong(BoxError::from(error)))?;
        let value: HeaderValue = value.parse().map_err(|error| wrong(BoxError::from(error)))?;
        headers.append(name, value);
        Ok(())
    };
    if let Some(user) = &acting_as.user {
        add("impersonate-user", user)?;
    }
    if let Some(uid) = &acting_as.uid {
        add("impersonate-uid", uid)?;
    }
    for group in &acting_as.groups {
        add("impersonate-group", group)?;
    }
    for (key, values) in &acting_as.extra {
        for value in values {
            add(&format!("impersonate-extra-{}", header_key(key)), value)?;
        }
    }
    if acting_as.user.is_none() && (!acting_as.groups.is_empty() || acting_as.uid.is_some()) {
        return Err(configuration(
            "a group is acted as, but no user",
            "Give --as with --as-group: a group is never impersonated alone.",
        ));
    }
    Ok(headers)
}

/// A key of extra user fields as part of a header's name: what may not stand there is percent-escaped, and `%` too.
fn header_key(key: &str) -> String {
    key.bytes().fold(String::new(), |mut out, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte);
        match plain {
            true => out.push(char::from(byte).to_ascii_lowercase()),
            false => out.push_str(&format!("%{byte:02x}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_under_the_server_address() {
        let rows = [
            (
                "https://a:6443",
                "/api/v1/pods?limit=5",
                "https://a:6443/api/v1/pods?limit=5",
            ),
            ("https://a:6443/", "/version", "https://a:6443/version"),
            (
                "https://a/k8s/clusters/c-1/",
                "/version",
                "https://a/k8s/clusters/c-1/version",
            ),
            ("https://a/k8s", "/", "https://a/k8s/"),
        ];
        for (server, asked, expected) in rows {
            assert_eq!(
                joined(&server.parse().unwrap(), &asked.parse().unwrap())
                    .unwrap()
                    .to_string(),
                expected
            );
        }
    }

    #[test]
    fn acting_as_becomes_headers() {
        let acting_as = ActingAs {
            user: Some("ann".into()),
            uid: None,
            groups: vec!["dev".into(), "ops".into()],
            extra: vec![("Acme.com/Team%".into(), vec!["shop".into()])],
        };
        let headers = headers(&acting_as).unwrap();
        assert_eq!(headers["impersonate-user"], "ann");
        let groups: Vec<_> = headers.get_all("impersonate-group").iter().collect();
        assert_eq!(groups, ["dev", "ops"]);
        assert_eq!(headers["impersonate-extra-acme.com%2fteam%25"], "shop");
        assert!(
            super::headers(&ActingAs {
                groups: vec!["dev".into()],
                ..ActingAs::default()
            })
            .is_err()
        );
        assert!(
            super::headers(&ActingAs {
                user: Some("a\r\nb".into()),
                ..ActingAs::default()
            })
            .is_err()
        );
    }
}
