//! Probes in one line, as kubectl's describe prints them.

use super::{at, items_at, number_at, say, text_at};
use serde_json::Value;

/// `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`
pub(super) fn line(probe: &Value) -> String {
    let number = |path: &str| number_at(probe, path).unwrap_or(0);
    let times = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    format!("{} {times}", handler(probe))
}

/// What a probe or a lifecycle hook does: `exec [cat /ready]`.
pub(super) fn handler(probe: &Value) -> String {
    let exec = at(probe, "exec");
    if exec.is_object() {
        let words: Vec<&str> = items_at(exec, "command").iter().filter_map(Value::as_str).collect();
        return format!("exec [{}]", words.join(" "));
    }
    let http = at(probe, "httpGet");
    if http.is_object() {
        let scheme = match text_at(http, "scheme") {
            "" => String::new(),
            scheme => format!("{}:", scheme.to_lowercase()),
        };
        let host = match text_at(http, "host") {
            host if host.contains(':') => format!("[{host}]"),
            host => host.to_owned(),
        };
        let path = match escaped(text_at(http, "path")) {
            path if path.is_empty() || path.starts_with('/') => path,
            path => format!("/{path}"),
        };
        return format!("http-get {scheme}//{host}:{}{path}", say::scalar(at(http, "port")));
    }
    let tcp = at(probe, "tcpSocket");
    if tcp.is_object() {
        return format!("tcp-socket {}:{}", text_at(tcp, "host"), say::scalar(at(tcp, "port")));
    }
    let grpc = at(probe, "grpc");
    if grpc.is_object() {
        return format!(
            "grpc <pod>:{} {}",
            say::scalar(at(grpc, "port")),
            text_at(grpc, "service")
        );
    }
    match number_at(probe, "sleep/seconds") {
        Some(seconds) => format!("sleep {seconds}s"),
        None => "unknown".to_owned(),
    }
}

/// A path as it stands in an address.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*".contains(&byte);
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn probes_are_kubectls_lines() {
        let times = "delay=5s timeout=1s period=10s #success=1 #failure=3";
        let table = [
            (
                json!({"exec": {"command": ["cat", "/tmp/ready"]}}),
                "exec [cat /tmp/ready]",
            ),
            (
                json!({"httpGet": {"path": "/health?deep=1", "port": 8080, "scheme": "HTTP"}}),
                "http-get http://:8080/health%3Fdeep=1",
            ),
            (
                json!({"httpGet": {"path": "/", "port": "web", "scheme": "HTTPS", "host": "::1"}}),
                "http-get https://[::1]:web/",
            ),
            (json!({"tcpSocket": {"port": 5432}}), "tcp-socket :5432"),
            (json!({"grpc": {"port": 9, "service": "a"}}), "grpc <pod>:9 a"),
            (json!({}), "unknown"),
        ];
        for (mut probe, expected) in table {
            let map = probe.as_object_mut().unwrap();
            map.insert("initialDelaySeconds".into(), json!(5));
            map.insert("timeoutSeconds".into(), json!(1));
            map.insert("periodSeconds".into(), json!(10));
            map.insert("successThreshold".into(), json!(1));
            map.insert("failureThreshold".into(), json!(3));
            assert_eq!(line(&probe), format!("{expected} {times}"));
        }
    }
}
