//! The HTTP side: one request in, one answer out; routes, negotiation, faults, compression.
//!
//! It refuses what the demo does not model with the same `Status` bodies as a real server: 404, 405, 406, 415, 501.

mod answer;
mod ask;

use super::access::{self, Action};
use super::faults::Fault;
use super::resource::Profile;
use super::status::Status;
use super::{Inner, discovery, logs, read, watch, write};
use answer::finish;
pub(super) use ask::{Accept, Ask, Target};
use ask::{decode, parse_query};
use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// The body of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
/// The pieces of a body that comes over time.
pub(super) type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// An answer before it becomes HTTP.
pub(super) enum Reply {
    /// A whole JSON (or other) document.
    Whole(StatusCode, &'static str, Bytes),
    /// A list, rendered piece by piece as the client takes it.
    Pieces(Box<dyn Iterator<Item = Bytes> + Send>),
    /// A watch.
    Watch(Chunks),
    /// Plain text that comes over time.
    Text(Chunks),
}

impl Reply {
    /// A JSON document.
    pub(super) fn json(value: &Value) -> Reply {
        Reply::Whole(StatusCode::OK, JSON, Bytes::from(format!("{value}\n")))
    }
}

/// Request bodies above this are refused.
const REQUEST_LIMIT: usize = 3 << 20;

const JSON: &str = "application/json";

/// Serves one request; never fails, whatever is asked.
pub(super) async fn serve(inner: Arc<Inner>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let query: Vec<(String, String)> = parts.uri.query().map(parse_query).unwrap_or_default();
    let path = decode(parts.uri.path());
    let is_watch = query.iter().any(|(k, v)| k == "watch" && (v == "true" || v == "1"));
    let faults = inner.faults.meet(parts.method.as_str(), &path, is_watch);
    let mut failure = None;
    for fault in &faults {
        match fault {
            Fault::Latency(by) => tokio::time::sleep(*by).await,
            Fault::Hang => std::future::pending::<()>().await,
            Fault::Garbage => {
                let bytes = Bytes::from_static(b"\x00\x1b[2J{\"kind\":\"PodList\",\"items\":[{{{\xff\xfe not json");
                return Ok(finish(
                    &inner,
                    Reply::Whole(StatusCode::OK, JSON, bytes),
                    &parts.headers,
                    &faults,
                ));
            }
            Fault::Status {
                code,
                retry_after,
                message,
            } => {
                let (reason, usual) = usual_words(*code);
                let mut status = Status::new(*code, reason, message.clone().unwrap_or_else(|| usual.to_owned()));
                status.retry_after = retry_after.clone();
                failure = Some(status);
            }
            Fault::Forbidden => {
                let what = path.rsplit('/').next().unwrap_or_default();
                failure = Some(Status::new(
                    403,
                    "Forbidden",
                    format!(
                        "{what} is forbidden: User \"demo\" cannot list resource \"{what}\" in API group \"\" at the cluster scope"
                    ),
                ));
            }
            Fault::Unauthorized => failure = Some(Status::new(401, "Unauthorized", "Unauthorized")),
            _ => {}
        }
    }
    let reply = match failure {
        Some(status) => Err(status),
        None => match Limited::new(body, REQUEST_LIMIT).collect().await {
            Ok(body) => answer(
                &inner,
                &parts.method,
                &parts.headers,
                path,
                query,
                body.to_bytes(),
                &faults,
            ),
            Err(_) => Err(Status::new(
                413,
                "RequestEntityTooLarge",
                "Request entity too large: limit is 3145728",
            )),
        },
    };
    Ok(match reply {
        Ok(reply) => finish(&inner, reply, &parts.headers, &faults),
        Err(status) => {
            let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = finish(
                &inner,
                Reply::Whole(code, JSON, Bytes::from(status.body())),
                &parts.headers,
                &faults,
            );
            if let Some(value) = status.retry_after.as_deref().and_then(|v| v.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
    })
}

fn usual_words(code: u16) -> (&'static str, &'static str) {
    match code {
        400 => ("BadRequest", "the server rejected our request"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => (
            "Conflict",
            "the object has been modified; please apply your changes to the latest version and try again",
        ),
        410 => ("Expired", "The resourceVersion for the provided list is too old."),
        422 => (
            "Invalid",
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
        ),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => (
            "Timeout",
            "Timeout: request did not complete within the allotted timeout",
        ),
        _ => (
            "InternalError",
            "Internal error occurred: etcdserver: request timed out",
        ),
    }
}

fn answer(
    inner: &Arc<Inner>,
    method: &Method,
    headers: &HeaderMap,
    path: String,
    query: Vec<(String, String)>,
    body: Bytes,
    faults: &[Fault],
) -> Result<Reply, Status> {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let user = access::authenticate(inner, headers)?;
    let discovery = matches!(path.trim_end_matches('/'), "/api" | "/apis");
    let accept = Accept::parse(&text(header::ACCEPT), inner.options.profile, discovery);
    let ask = Ask {
        user,
        path,
        query,
        accept,
        content_type: text(header::CONTENT_TYPE),
        body,
    };
    let segments: Vec<&str> = ask.path.split('/').filter(|s| !s.is_empty()).collect();
    if let Some(reply) = general(inner, method, &ask, &segments) {
        return reply;
    }
    let Some(target) = resolve(inner, &segments) else {
        return Ok(Reply::Whole(
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            Bytes::from_static(b"404 page not found\n"),
        ));
    };
    let wants_watch = ask.flag("watch");
    let action = match (method.as_str(), &target.name) {
        ("GET" | "HEAD", _) if wants_watch => Action::Watch,
        ("GET" | "HEAD", Some(_)) => Action::Get,
        ("GET" | "HEAD", None) => Action::List,
        ("POST", _) => Action::Create,
        ("PATCH", Some(_)) => Action::Patch,
        ("PUT", Some(_)) => Action::Update,
        ("DELETE", Some(_)) => Action::Delete,
        ("DELETE", None) => Action::DeleteCollection,
        _ => return Err(Status::method_not_allowed()),
    };
    access::authorize(ask.user, action, &target)?;
    if !target.resource.allows(action.verb()) && target.subresource.is_none() {
        return Err(Status::method_not_allowed());
    }
    let is_log = target.resource.plural == "pods" && target.subresource.as_deref() == Some("log");
    if is_log && action == Action::Get {
        return logs::serve(inner, &ask, &target);
    }
    if ask.accept == Accept::Nothing {
        return Err(Status::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        ));
    }
    match action {
        Action::Get => read::get(inner, &ask, &target),
        Action::List => read::list(inner, &ask, &target),
        Action::Watch => watch::start(inner, &ask, target, faults.contains(&Fault::Gone410InStream)),
        Action::Create => write::create(inner, &ask, &target),
        Action::Patch => write::patch(inner, &ask, &target),
        Action::Update => write::update(inner, &ask, &target),
        Action::Delete => write::delete(inner, &ask, &target),
        Action::DeleteCollection => write::delete_collection(inner, &ask, &target),
    }
}

/// Discovery, versions and health: paths that name no resource.
fn general(inner: &Inner, method: &Method, ask: &Ask, segments: &[&str]) -> Option<Result<Reply, Status>> {
    let profile = inner.options.profile;
    let aggregated = |core: bool, beta: bool| {
        let document = discovery::aggregated(&inner.read().registry, core, if beta { "v2beta1" } else { "v2" });
        let kind = match beta {
            true => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
            false => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        };
        Reply::Whole(StatusCode::OK, kind, Bytes::from(document.to_string()))
    };
    let found = match segments {
        ["version"] => Some(discovery::version(profile)),
        ["api"] => match ask.accept {
            Accept::Discovery(beta) => return Some(Ok(aggregated(true, beta))),
            _ => Some(discovery::api_versions()),
        },
        ["apis"] => match ask.accept {
            Accept::Discovery(beta) => return Some(Ok(aggregated(false, beta))),
            _ => Some(discovery::groups(&inner.read().registry)),
        },
        ["api", version] => discovery::resources(&inner.read().registry, "", version),
        ["apis", group] => discovery::one_group(&inner.read().registry, group),
        ["apis", group, version] => discovery::resources(&inner.read().registry, group, version),
        ["healthz" | "livez" | "readyz", ..] => {
            let name = segments[0];
            let text = match ask.query.iter().any(|(k, _)| k == "verbose") {
                true => format!(
                    "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]informer-sync ok\n[+]shutdown ok\n{name} check passed\n"
                ),
                false => "ok".to_owned(),
            };
            return Some(Ok(Reply::Whole(
                StatusCode::OK,
                "text/plain; charset=utf-8",
                Bytes::from(text),
            )));
        }
        ["openapi", "v3"] if profile == Profile::Modern => {
            let store = inner.read();
            let mut paths = serde_json::Map::new();
            for group in store.registry.groups() {
                for version in store.registry.versions(&group) {
                    let at = if group.is_empty() {
                        "api/v1".to_owned()
                    } else {
                        format!("apis/{group}/{version}")
                    };
                    let url = format!("/openapi/v3/{at}?hash={:016X}", super::rng::hash(&at));
                    paths.insert(at, serde_json::json!({"serverRelativeURL": url}));
                }
            }
            Some(serde_json::json!({"paths": paths}))
        }
        // kubectl asks for protobuf, which the demo does not speak, and does without.
        ["openapi", "v2"] if ask.accept == Accept::Object => Some(discovery::open_api_v2(&inner.read().registry)),
        ["openapi", "v3", ..] if profile == Profile::Old => None,
        ["openapi", "v3", "api", version] => discovery::open_api(&inner.read().registry, "", version),
        ["openapi", "v3", "apis", group, version] => discovery::open_api(&inner.read().registry, group, version),
        _ => return None,
    };
    if method != Method::GET && method != Method::HEAD {
        return Some(Err(Status::method_not_allowed()));
    }
    Some(match found {
        Some(value) => Ok(Reply::json(&value)),
        None => Err(Status::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )),
    })
}

/// Which resource, namespace, name and subresource a path names.
fn resolve(inner: &Inner, segments: &[&str]) -> Option<Target> {
    let (group, version, rest) = match segments {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let store = inner.read();
    let find = |plural: &str| {
        let resource = store.registry.find(group, plural)?;
        (resource.version == version).then(|| resource.clone())
    };
    let owned = |s: &&str| Some((*s).to_owned());
    let (resource, namespace, name, subresource) = match rest {
        ["namespaces", namespace, plural, tail @ ..]
            if !matches!(*plural, "status" | "finalize") || !group.is_empty() =>
        {
            let resource = find(plural)?;
            if !resource.namespaced {
                return None;
            }
            (
                resource,
                owned(namespace),
                tail.first().and_then(owned),
                tail.get(1).and_then(owned),
            )
        }
        [plural, tail @ ..] => {
            let resource = find(plural)?;
            if resource.namespaced && !tail.is_empty() {
                return None;
            }
            (
                resource,
                None,
                tail.first().and_then(owned),
                tail.get(1).and_then(owned),
            )
        }
        [] => return None,
    };
    Some(Target {
        resource,
        namespace,
        name,
        subresource,
    })
}
