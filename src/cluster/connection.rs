//! How to make requests of one cluster: two clients over the same address, credentials and gate. Nothing here compresses
//! or inflates: who asks for gzip in `Accept-Encoding` inflates what comes.

use super::connector::Dialer;
use super::gate::Gate;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::Body;
use std::sync::Arc;
use tokio::io::DuplexStream;
use tower::BoxError;

/// Where the tasks of a cluster find their connection: None while there is none.
pub type Line = tokio::sync::watch::Receiver<Option<Connection>>;

/// How to make requests of one cluster. Cheap to clone. Every client inside has the gate as its outermost layer.
#[derive(Clone)]
pub struct Connection {
    shared: kube::Client,
    bulk: kube::Client,
    loopback: bool,
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

    /// Plain HTTP over streams inside the process; each dial takes a fresh one from `serve`.
    pub fn in_memory(serve: impl Fn() -> DuplexStream + Send + Sync + 'static) -> Connection {
        let dialer = Dialer::in_memory(Arc::new(serve));
        let client = |dialer: Dialer| {
            let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .build::<_, Body>(dialer);
            let send = tower::service_fn(move |mut request: Request<Body>| {
                let http = http.clone();
                async move {
                    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                    let uri = format!("http://demo{path}").parse();
                    *request.uri_mut() = uri.map_err(|error: http::uri::InvalidUri| BoxError::from(error))?;
                    let answer: Result<Response<Incoming>, BoxError> = http.request(request).await.map_err(BoxError::from);
                    answer
                }
            });
            kube::Client::new(Gate::new(send), "default")
        };
        Connection { shared: client(dialer.clone()), bulk: client(dialer), loopback: true }
    }
}
