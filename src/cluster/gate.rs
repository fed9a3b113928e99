//! The gate: the outermost layer of every client, so that no path avoids it. It denies by default and answers without
//! touching the wire: what this program may not do, it cannot send.

use http::{HeaderMap, Method, Request, header};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{BoxError, Service};

/// A request that the gate has refused; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What was asked: method and path.
    pub what: String,
    /// Why it was refused.
    pub why: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "read-only: {} was not sent, because {}", self.what, self.why)
    }
}

impl std::error::Error for Refused {}

/// Whether a request may leave this program. Paths are those of the API, before any prefix of the server's address.
///
/// # Errors
/// The reason why not.
pub fn admit(method: &Method, path: &str, headers: &HeaderMap) -> Result<(), &'static str> {
    if headers.contains_key(header::UPGRADE) {
        return Err("it would open a channel that the gate cannot see into");
    }
    if headers.keys().any(|name| name.as_str().contains("method-override")) {
        return Err("it names another method in a header");
    }
    let segments = segments(path)?;
    if *method == Method::GET || *method == Method::HEAD {
        return match segments.iter().any(|segment| segment == "..") {
            true => Err("its path climbs"),
            false if reaches_into(&segments) => Err("exec, attach, portforward and proxy act on what runs there"),
            false => Ok(()),
        };
    }
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method.as_str(), parts.as_slice()) {
        (
            "POST",
            [
                "apis",
                "authorization.k8s.io",
                _,
                "selfsubjectaccessreviews" | "selfsubjectrulesreviews",
            ],
        )
        | ("POST", ["apis", "authentication.k8s.io", _, "selfsubjectreviews"]) => Ok(()),
        _ => Err("it could change something"),
    }
}

/// The decoded segments of a path, without the empty one at its end.
fn segments(path: &str) -> Result<Vec<String>, &'static str> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner.split('/').map(decoded).collect()
}

/// A segment with its percent escapes resolved, until there are none: a server may do so more than once.
fn decoded(segment: &str) -> Result<String, &'static str> {
    const ODD: &str = "its path is not plain";
    let mut text = segment.to_owned();
    for _ in 0..3 {
        if !text.contains('%') {
            break;
        }
        text = decode_once(&text).ok_or(ODD)?;
    }
    let plain = !text.is_empty() && text != "." && text != ".." && !text.contains(['%', '/', '\\', '?', '#', ';']);
    match plain && !text.chars().any(char::is_control) {
        true => Ok(text),
        false => Err(ODD),
    }
}

fn decode_once(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Whether a path names a subresource that opens a way into what runs in the cluster, or the old proxy verb
/// (`/api/v1/proxy/…`). By the API's own rule for reading paths; a pod that is called `proxy` is none.
fn reaches_into(segments: &[String]) -> bool {
    const WAYS: [&str; 4] = ["exec", "attach", "portforward", "proxy"];
    let way = |segment: &String| WAYS.contains(&segment.to_ascii_lowercase().as_str());
    let rest = match segments.first().map(String::as_str) {
        Some("api") => segments.get(2..),
        Some("apis") => segments.get(3..),
        // Outside the API (/version, /healthz, /openapi): nothing runs there.
        _ => return false,
    };
    let Some(rest) = rest else { return false };
    let old_verb = rest.first().is_some_and(|first| way(first) || first == "redirect");
    let rest = match rest {
        [first, rest @ ..] if first == "watch" => rest,
        rest => rest,
    };
    // namespaces/NAME/RESOURCE/NAME/SUB…, else RESOURCE/NAME/SUB…
    let namespaced = rest.first().is_some_and(|first| first == "namespaces") && rest.len() > 3;
    let sub = if namespaced { rest.get(4..) } else { rest.get(2..) };
    old_verb || sub.is_some_and(|sub| sub.iter().any(way))
}

/// The layer: passes what [`admit`] admits, answers the rest with [`Refused`].
#[derive(Clone, Debug)]
pub struct Gate<S> {
    inner: S,
}

impl<S> Gate<S> {
    /// A gate before `inner`.
    pub fn new(inner: S) -> Gate<S> {
        Gate { inner }
    }
}

impl<S, B> Service<Request<B>> for Gate<S>
where
    S: Service<Request<B>, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match admit(request.method(), request.uri().path(), request.headers()) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(why) => {
                let what = format!("{} {}", request.method(), request.uri().path());
                Box::pin(async move { Err(Refused { what, why }.into()) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn passes(method: &str, path: &str) -> bool {
        admit(&method.parse().unwrap(), path, &HeaderMap::new()).is_ok()
    }

    #[test]
    fn reading_passes_and_the_rest_does_not() {
        let rows = [
            ("GET", "/version", true),
            ("GET", "/", true),
            ("HEAD", "/healthz", true),
            ("GET", "/api/v1/namespaces/shop/pods", true),
            ("GET", "/api/v1/namespaces/shop/pods/cart/log", true),
            ("GET", "/api/v1/namespaces/shop/pods/exec", true),
            ("GET", "/api/v1/namespaces/proxy", true),
            ("GET", "/api/v1/namespaces/proxy/status", true),
            ("GET", "/apis/apps/v1/namespaces/attach/deployments/proxy", true),
            ("GET", "/api/v1/namespaces/shop/pods/cart/exec", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/EXEC", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/%65xec", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/%2565xec", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/attach/", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/portforward", false),
            (
                "GET",
                "/api/v1/namespaces/shop/services/https:web:443/proxy/admin",
                false,
            ),
            ("GET", "/api/v1/nodes/one/proxy/run", false),
            ("GET", "/api/v1/proxy/nodes/one", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart/log/../exec", false),
            ("GET", "/api/v1/namespaces/shop/pods//cart/exec", false),
            ("GET", "/api/v1/namespaces/shop/pods/cart%2Fexec", false),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", true),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", true),
            ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", true),
            ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false),
            (
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x",
                false,
            ),
            ("POST", "/api/v1/namespaces/shop/pods", false),
            ("PUT", "/api/v1/namespaces/shop/pods/cart", false),
            ("PATCH", "/api/v1/namespaces/shop/pods/cart", false),
            ("DELETE", "/api/v1/namespaces/shop/pods/cart", false),
            ("OPTIONS", "/api/v1/pods", false),
            ("CONNECT", "/api/v1/pods", false),
            ("get", "/api/v1/pods", false),
        ];
        for (method, path, expected) in rows {
            assert_eq!(passes(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn an_upgrade_or_another_method_in_a_header_is_refused() {
        for (name, value) in [("upgrade", "websocket"), ("x-http-method-override", "DELETE")] {
            let mut headers = HeaderMap::new();
            headers.insert(http::HeaderName::from_static(name), HeaderValue::from_static(value));
            assert!(admit(&Method::GET, "/api/v1/pods", &headers).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_mutating_method_ever_passes(
            method in prop_oneof!["[A-Z]{1,9}", Just("POST".to_owned()), Just("DELETE".to_owned()), Just("PATCH".to_owned()), Just("PUT".to_owned())],
            path in "(/(api|apis|v1|apps|authorization\\.k8s\\.io|authentication\\.k8s\\.io|namespaces|pods|exec|selfsubjectaccessreviews|selfsubjectreviews|[a-z%.0-9]{0,8})){0,8}/?",
        ) {
            let admitted = passes(&method, &path);
            let reads = method == "GET" || method == "HEAD";
            let review = method == "POST"
                && ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"].iter().any(|kind| path.trim_end_matches('/').ends_with(kind))
                && (path.starts_with("/apis/authorization.k8s.io/") || path.starts_with("/apis/authentication.k8s.io/"));
            prop_assert!(!admitted || reads || review, "{} {}", method, path);
        }

        #[test]
        fn no_way_into_a_pod_passes(
            way in prop_oneof![Just("exec"), Just("attach"), Just("portforward"), Just("proxy")],
            escaped in any::<bool>(),
            method in prop_oneof![Just("GET"), Just("HEAD"), Just("POST")],
            tail in "(/[a-z]{1,5}){0,2}",
        ) {
            let way = if escaped { way.bytes().map(|byte| format!("%{byte:02x}")).collect() } else { way.to_owned() };
            let path = format!("/api/v1/namespaces/shop/pods/cart/{way}{tail}");
            prop_assert!(!passes(method, &path), "{} {}", method, path);
        }
    }
}
