//! Turns whatever goes wrong on the way to a cluster into words for a person. It never repeats a secret: plugin output
//! and headers are not among what it is given.

use super::connector::Trouble;
use super::gate::Refused;
use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

/// A failure that is in words already, on its way through layers that only know errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried(pub Failure);

impl fmt::Display for Carried {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.message.as_str())
    }
}

impl Error for Carried {}

/// A failure from its parts.
pub fn failed(kind: FailureKind, message: &str, remedy: &str) -> Failure {
    let remedy = Some(remedy).filter(|remedy| !remedy.is_empty()).map(Clean::new);
    Failure {
        kind,
        message: Clean::new(message),
        remedy,
    }
}

/// Something is wrong on this side, and the user can put it right.
pub fn configuration(message: &str, remedy: &str) -> Failure {
    failed(FailureKind::Configuration, message, remedy)
}

/// What went wrong while `doing` something (`listing pods`), from any error of the HTTP stack.
pub fn failure(doing: &str, error: &(dyn Error + 'static)) -> Failure {
    for cause in Causes(Some(error)) {
        if let Some(carried) = cause.downcast_ref::<Carried>() {
            return carried.0.clone();
        }
        let known = (cause.downcast_ref::<Refused>().map(refused))
            .or_else(|| cause.downcast_ref::<Trouble>().map(trouble))
            .or_else(|| cause.downcast_ref::<rustls::Error>().map(tls))
            .or_else(|| cause.downcast_ref::<kube::Error>().and_then(answered))
            .or_else(|| cause.downcast_ref::<io::Error>().and_then(network))
            .or_else(|| cause.downcast_ref::<hyper::Error>().and_then(broken))
            .or_else(|| cause.downcast_ref::<serde_json::Error>().map(garbled));
        if let Some(known) = known {
            let message = format!("{doing}: {}", known.message.as_str());
            return Failure {
                message: Clean::new(&message),
                ..known
            };
        }
    }
    let mut words: Vec<String> = Vec::new();
    for cause in Causes(Some(error)) {
        let said = cause.to_string();
        if !words.iter().any(|word| word.contains(&said)) {
            words.push(said);
        }
    }
    failed(FailureKind::Unreachable, &format!("{doing}: {}", words.join(": ")), "")
}

/// What an answer that is not a success means: HTTP status, the beginning of its body (a Kubernetes Status, or a page of
/// something else), and what `Retry-After` said.
pub fn status_failure(code: u16, body: &[u8], retry_after: Option<Duration>) -> Failure {
    #[derive(serde::Deserialize)]
    struct Status {
        #[serde(default)]
        message: String,
    }
    let head = body.get(..body.len().min(64 * 1024)).unwrap_or_default();
    let said = match serde_json::from_slice::<Status>(head) {
        Ok(status) => status.message,
        Err(_) if is_page(head) => {
            let message = format!("the server answered {code} with a web page: this is not a Kubernetes API");
            return failed(
                kind_of(code).unwrap_or(FailureKind::Garbled),
                &message,
                "Check the server address and the proxy; a sign-in page may stand in between.",
            );
        }
        Err(_) => String::from_utf8_lossy(head)
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect(),
    };
    let said = said.trim();
    let kind = kind_of(code).unwrap_or(FailureKind::Configuration);
    let message = match said {
        "" => format!("the server answered {code}{}", reason(code)),
        said if kind == FailureKind::Configuration || kind == FailureKind::ServerError => {
            format!("the server answered {code}: {said}")
        }
        said => said.to_owned(),
    };
    let waits = retry_after
        .map(|wait| format!("The server asks to wait {} s.", wait.as_secs()))
        .unwrap_or_default();
    let remedy = match kind {
        FailureKind::Unauthenticated => "Sign in again, then try again: the user entry of the kubeconfig is read anew.",
        FailureKind::Forbidden => {
            "Ask who runs the cluster for this right, or try a namespace that you have rights in."
        }
        FailureKind::Throttled | FailureKind::ServerError => &waits,
        FailureKind::Configuration if (300..400).contains(&code) => {
            "The address leads elsewhere. Check it, and whether a sign-in page stands in between."
        }
        _ => "",
    };
    failed(kind, &message, remedy)
}

fn kind_of(code: u16) -> Option<FailureKind> {
    match code {
        401 => Some(FailureKind::Unauthenticated),
        403 => Some(FailureKind::Forbidden),
        404 => Some(FailureKind::NotFound),
        410 => Some(FailureKind::Expired),
        429 => Some(FailureKind::Throttled),
        500.. => Some(FailureKind::ServerError),
        _ => None,
    }
}

fn reason(code: u16) -> String {
    let reason = http::StatusCode::from_u16(code)
        .ok()
        .and_then(|code| code.canonical_reason());
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// Whether this is HTML.
pub(super) fn is_page(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(body.get(..body.len().min(512)).unwrap_or_default())
        .trim_start()
        .to_ascii_lowercase();
    start.starts_with("<!doctype")
        || start.starts_with("<html")
        || start.starts_with("<?xml")
        || start.starts_with("<head")
}

/// An error and what it comes from. An io::Error hides the error that it wraps from `source`; here it does not.
struct Causes<'a>(Option<&'a (dyn Error + 'static)>);

impl<'a> Iterator for Causes<'a> {
    type Item = &'a (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let error = self.0?;
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        self.0 = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
        Some(error)
    }
}

fn refused(refused: &Refused) -> Failure {
    failed(FailureKind::Configuration, &refused.to_string(), "")
}

fn garbled(error: &serde_json::Error) -> Failure {
    let message = format!(
        "the answer could not be understood (line {}, column {})",
        error.line(),
        error.column()
    );
    failed(FailureKind::Garbled, &message, "")
}

fn answered(error: &kube::Error) -> Option<Failure> {
    match error {
        kube::Error::Api(status) => {
            let body = serde_json::json!({ "message": status.message }).to_string();
            Some(status_failure(status.code, body.as_bytes(), None))
        }
        kube::Error::SerdeError(error) => Some(garbled(error)),
        _ => None,
    }
}

fn trouble(trouble: &Trouble) -> Failure {
    use FailureKind::{Configuration, Unreachable};
    match trouble {
        Trouble::Resolve { host, why } => failed(
            Unreachable,
            &format!("the name {host} cannot be resolved ({why})"),
            "Check the server address, the network and the VPN.",
        ),
        Trouble::Slow { what, after } => failed(
            Unreachable,
            &format!("{what} did not answer within {} s", after.as_secs_f32().ceil()),
            "Check the network, the VPN and the firewall.",
        ),
        Trouble::ProxySignIn { proxy } => failed(
            Configuration,
            &format!("the proxy {proxy} wants a name and a password (407)"),
            "Write them into the proxy's address: http://NAME:PASSWORD@HOST:PORT.",
        ),
        Trouble::ProxyRefused { proxy, said } => failed(
            Unreachable,
            &format!("the proxy {proxy} does not connect us: {said}"),
            "Check the proxy, or name the cluster's address in NO_PROXY.",
        ),
        Trouble::Proxy { proxy, error } => {
            let inner = failure(&format!("the proxy {proxy}"), error.as_ref());
            Failure {
                remedy: Some(Clean::new(
                    "Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY.",
                )),
                ..inner
            }
        }
        Trouble::Cut => failed(
            Unreachable,
            "the connection was given up, because nothing came over it",
            "",
        ),
    }
}

fn network(error: &io::Error) -> Option<Failure> {
    use io::ErrorKind;
    if error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>() || inner.is::<Trouble>())
    {
        return None;
    }
    let (message, remedy) = match error.kind() {
        ErrorKind::ConnectionRefused => (
            "connection refused",
            "Is the API server running, and is the address right?",
        ),
        ErrorKind::ConnectionReset => ("the connection was reset", ""),
        ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            ("the connection was closed", "")
        }
        ErrorKind::TimedOut => (
            "nothing answers (timed out)",
            "Check the network, the VPN and the firewall.",
        ),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            ("there is no route to the server", "Check the network and the VPN.")
        }
        ErrorKind::PermissionDenied => ("the connection is not permitted", "Check the firewall of this machine."),
        _ if error.raw_os_error() == Some(24) => {
            ("this process has too many files open", "Raise the limit (ulimit -n).")
        }
        _ => return None,
    };
    Some(failed(FailureKind::Unreachable, message, remedy))
}

fn broken(error: &hyper::Error) -> Option<Failure> {
    let message = if error.is_parse() {
        return Some(failed(
            FailureKind::Garbled,
            "the answer is not HTTP",
            "Check the server address: an API server that wants TLS needs https://.",
        ));
    } else if error.is_incomplete_message() || error.is_closed() {
        "the connection was closed before the answer was complete"
    } else if error.is_timeout() {
        "nothing came over the connection any more"
    } else {
        return None;
    };
    Some(failed(FailureKind::Unreachable, message, ""))
}

fn tls(error: &rustls::Error) -> Failure {
    const AUTHORITY: &str =
        "Check certificate-authority in the kubeconfig; get the kubeconfig anew when the cluster was rebuilt.";
    let (message, remedy) = match error {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::Expired => (
                "the server's certificate has expired".to_owned(),
                "Have it renewed, and check the clock of this machine.",
            ),
            CertificateError::ExpiredContext { not_after, .. } => (
                format!("the server's certificate expired at {}", time(not_after)),
                "Have it renewed, and check the clock of this machine.",
            ),
            CertificateError::NotValidYet => (
                "the server's certificate is not valid yet".to_owned(),
                "Check the clock of this machine.",
            ),
            CertificateError::NotValidYetContext { not_before, .. } => (
                format!("the server's certificate is not valid before {}", time(not_before)),
                "Check the clock of this machine.",
            ),
            CertificateError::UnknownIssuer => (
                "the server's certificate is signed by an unknown authority".to_owned(),
                AUTHORITY,
            ),
            CertificateError::BadSignature => (
                "the server's certificate is signed by another authority of the same name".to_owned(),
                AUTHORITY,
            ),
            CertificateError::NotValidForNameContext { expected, presented } => {
                let names: Vec<String> = presented.iter().map(|name| bare(name)).collect();
                let valid = if names.is_empty() {
                    "no name".to_owned()
                } else {
                    names.join(", ")
                };
                (
                    format!(
                        "the server's certificate is valid for {valid}, not for {}",
                        expected.to_str()
                    ),
                    "Correct the server address, or set tls-server-name in the cluster entry.",
                )
            }
            CertificateError::NotValidForName => (
                "the server's certificate is valid for another name".to_owned(),
                "Correct the server address, or set tls-server-name in the cluster entry.",
            ),
            CertificateError::Revoked => ("the server's certificate was revoked".to_owned(), "Have it renewed."),
            other => (format!("the server's certificate is not accepted: {other}"), AUTHORITY),
        },
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => (
            format!("the server does not accept our client certificate ({error})"),
            "Get a new one, then try again: the user entry of the kubeconfig is read anew.",
        ),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => (
            format!("the server speaks no TLS that we do ({error})"),
            "It needs TLS 1.2 or newer.",
        ),
        rustls::Error::InvalidMessage(_) => (
            "what answers does not speak TLS".to_owned(),
            "Check the port, or use http:// in the server address when it is meant to be plain.",
        ),
        other => (format!("TLS failed: {other}"), ""),
    };
    failed(FailureKind::Tls, &message, remedy)
}

/// `DnsName("a.example")` and the like, as the TLS library prints them, without the wrapping.
fn bare(name: &str) -> String {
    let inside = name
        .split_once('(')
        .map_or(name, |(_, inside)| inside)
        .trim_end_matches(')');
    inside.trim_matches('"').to_owned()
}

fn time(at: &rustls::pki_types::UnixTime) -> String {
    crate::text::format_time(i64::try_from(at.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_put_into_words() {
        let status = |message: &str| format!(r#"{{"kind":"Status","message":"{message}"}}"#);
        let rows = [
            (
                401,
                status("Unauthorized"),
                FailureKind::Unauthenticated,
                "Unauthorized",
            ),
            (
                403,
                status("pods is forbidden: no"),
                FailureKind::Forbidden,
                "pods is forbidden: no",
            ),
            (
                404,
                status("pods \\\"a\\\" not found"),
                FailureKind::NotFound,
                "pods \"a\" not found",
            ),
            (410, status("too old"), FailureKind::Expired, "too old"),
            (
                429,
                String::new(),
                FailureKind::Throttled,
                "the server answered 429 (Too Many Requests)",
            ),
            (
                503,
                "no healthy upstream".into(),
                FailureKind::ServerError,
                "the server answered 503: no healthy upstream",
            ),
            (
                400,
                status("bad selector"),
                FailureKind::Configuration,
                "the server answered 400: bad selector",
            ),
            (
                200,
                "<!DOCTYPE html><html>Sign in".into(),
                FailureKind::Garbled,
                "the server answered 200 with a web page: this is not a Kubernetes API",
            ),
            (
                502,
                "\n <html><body>Bad gateway".into(),
                FailureKind::ServerError,
                "the server answered 502 with a web page: this is not a Kubernetes API",
            ),
        ];
        for (code, body, kind, message) in rows {
            let failure = status_failure(code, body.as_bytes(), None);
            assert_eq!(
                (failure.kind, failure.message.as_str()),
                (kind, message),
                "{code} {body}"
            );
        }
    }

    #[test]
    fn the_wait_that_the_server_asks_for_is_said() {
        let failure = status_failure(429, b"", Some(Duration::from_secs(7)));
        assert_eq!(failure.remedy.unwrap().as_str(), "The server asks to wait 7 s.");
    }

    #[test]
    fn a_cause_deep_inside_is_found() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "x");
        let wrapped = kube::Error::Service(Box::new(io::Error::other(refused)));
        let failure = failure("listing pods", &wrapped);
        assert_eq!(failure.message.as_str(), "listing pods: connection refused");
        assert_eq!(failure.kind, FailureKind::Unreachable);
    }

    #[test]
    fn certificates_are_explained() {
        let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap().to_owned();
        let wrong = CertificateError::NotValidForNameContext {
            expected: name,
            presented: vec!["DnsName(\"kubernetes\")".into()],
        };
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(wrong));
        let failure = failure("connecting", &wrapped);
        assert_eq!(failure.kind, FailureKind::Tls);
        assert_eq!(
            failure.message.as_str(),
            "connecting: the server's certificate is valid for kubernetes, not for 127.0.0.1"
        );
    }

    #[test]
    fn a_failure_in_words_passes_as_it_is() {
        let inner = configuration("no plugin", "install it");
        let wrapped = kube::Error::Service(Box::new(Carried(inner.clone())));
        assert_eq!(failure("listing pods", &wrapped), inner);
    }
}
