//! Which way to a cluster: through a proxy or not. The rules are those of kubectl's HTTP library: `proxy-url` of the
//! cluster entry counts always; else `HTTPS_PROXY` (or `HTTP_PROXY` for a plain address) unless `NO_PROXY` names the
//! cluster's host or it is this machine. `ALL_PROXY` counts when neither is set.

use super::kubeconfig::Secret;
use http::Uri;
use std::net::IpAddr;

/// The variables about proxies; upper case counts before lower case.
#[derive(Clone, Debug, Default)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`
    pub https: Option<String>,
    /// `HTTP_PROXY`
    pub http: Option<String>,
    /// `ALL_PROXY`
    pub all: Option<String>,
    /// `NO_PROXY`
    pub none: Option<String>,
}

impl ProxyVariables {
    /// As the environment of this process has them.
    pub fn from_environment() -> ProxyVariables {
        let either = |upper: &str| {
            let filled = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            filled(upper).or_else(|| filled(&upper.to_ascii_lowercase()))
        };
        ProxyVariables {
            https: either("HTTPS_PROXY"),
            http: either("HTTP_PROXY"),
            all: either("ALL_PROXY"),
            none: either("NO_PROXY"),
        }
    }
}

/// A proxy to go through.
#[derive(Clone, Debug, PartialEq)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// Host, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Name and password.
    pub sign_in: Option<(String, Secret)>,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// CONNECT over plain TCP.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS version 5. The proxy resolves names, as with kubectl, whether it is written socks5 or socks5h.
    Socks5,
}

impl Proxy {
    /// Host and port, without any secret.
    pub fn words(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The proxy for a server; None means the direct way.
///
/// # Errors
/// Which proxy address is wrong, and where it was found.
pub fn route(server: &Uri, proxy_url: Option<&str>, variables: &ProxyVariables) -> Result<Option<Proxy>, String> {
    if let Some(written) = proxy_url {
        return parse(written)
            .map(Some)
            .map_err(|why| format!("proxy-url in the kubeconfig {why}"));
    }
    let plain = server.scheme_str() == Some("http");
    let (name, value) = if plain {
        ("HTTP_PROXY", &variables.http)
    } else {
        ("HTTPS_PROXY", &variables.https)
    };
    let Some((name, value)) = value
        .as_ref()
        .map(|value| (name, value))
        .or(variables.all.as_ref().map(|value| ("ALL_PROXY", value)))
    else {
        return Ok(None);
    };
    let host = server
        .host()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let port = server.port_u16().unwrap_or(if plain { 80 } else { 443 });
    if goes_direct(host, port, variables.none.as_deref().unwrap_or_default()) {
        return Ok(None);
    }
    parse(value)
        .map(Some)
        .map_err(|why| format!("the variable {name} {why}"))
}

/// Whether a host is this machine or is named in a `NO_PROXY` list.
fn goes_direct(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',')
        .map(|entry| entry.trim().to_ascii_lowercase())
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            if entry == "*" {
                return true;
            }
            if let Some(inside) = in_range(address, &entry) {
                return inside;
            }
            let (name, its_port) = split_port(&entry);
            if its_port.is_some_and(|its_port| its_port != port) {
                return false;
            }
            let name = name.trim_start_matches('[').trim_end_matches(']');
            if let Ok(named) = name.parse::<IpAddr>() {
                return address == Some(named);
            }
            let name = name.strip_prefix('*').unwrap_or(name);
            match name.strip_prefix('.') {
                Some(_) => host.ends_with(name),
                None => host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.')),
            }
        })
}

/// For an entry like `10.0.0.0/8`: whether the address is in it.
fn in_range(address: Option<IpAddr>, entry: &str) -> Option<bool> {
    let (network, length) = entry.split_once('/')?;
    let network: IpAddr = network.parse().ok()?;
    let length: u32 = length.parse().ok()?;
    let bits = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)), 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    };
    let (network, width) = bits(network);
    let Some((address, of)) = address.map(bits) else {
        return Some(false);
    };
    if of != width || length > width {
        return Some(false);
    }
    let host_bits = width - length;
    Some(host_bits >= 128 || (address >> host_bits) == (network >> host_bits))
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if name.ends_with(']') || !name.contains(':') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn parse(written: &str) -> Result<Proxy, String> {
    let (scheme, rest) = written.split_once("://").unwrap_or(("http", written));
    let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (ProxyKind::Http, 80),
        "https" => (ProxyKind::Https, 443),
        "socks5" | "socks5h" => (ProxyKind::Socks5, 1080),
        other => {
            return Err(format!(
                "begins with {other}://; it has to be http://, https:// or socks5://"
            ));
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (sign_in, place) = match authority.rsplit_once('@') {
        Some((who, place)) => {
            let (name, password) = who.split_once(':').unwrap_or((who, ""));
            (Some((unescaped(name), Secret::new(unescaped(password)))), place)
        }
        None => (None, authority),
    };
    let (host, port) = split_port(place);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // The written address is not repeated: it may hold a password.
    if host.is_empty() || host.contains([' ', '\r', '\n', '\t']) {
        return Err("names no host".to_owned());
    }
    if port.is_none() && place.rsplit_once(':').is_some_and(|(before, _)| !before.contains(':')) {
        return Err("has a port that is not a number".to_owned());
    }
    Ok(Proxy {
        kind,
        host: host.to_owned(),
        port: port.unwrap_or(default_port),
        sign_in,
    })
}

/// Percent escapes resolved; what is none stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = match (first, tail) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match hex.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(server: &str, proxy_url: Option<&str>, variables: &ProxyVariables) -> String {
        match route(&server.parse().unwrap(), proxy_url, variables) {
            Ok(None) => "direct".to_owned(),
            Ok(Some(proxy)) => {
                let sign_in = proxy
                    .sign_in
                    .as_ref()
                    .map(|(name, password)| format!(" as {name}/{}", password.expose()));
                format!("{:?} {}{}", proxy.kind, proxy.words(), sign_in.unwrap_or_default())
            }
            Err(why) => why,
        }
    }

    #[test]
    fn the_way_is_found() {
        let set = |value: &str| Some(value.to_owned());
        let none = ProxyVariables::default();
        let https = ProxyVariables {
            https: set("http://p:3128"),
            ..none.clone()
        };
        let both = ProxyVariables {
            http: set("plain:8080"),
            ..https.clone()
        };
        let all = ProxyVariables {
            all: set("socks5h://s"),
            ..none.clone()
        };
        let rows = [
            ("https://a.example", None, &none, "direct"),
            ("https://a.example", None, &https, "Http p:3128"),
            ("http://a.example", None, &https, "direct"),
            ("http://a.example", None, &both, "Http plain:8080"),
            ("https://a.example", None, &all, "Socks5 s:1080"),
            ("https://127.0.0.1:6443", None, &https, "direct"),
            ("https://[::1]:6443", None, &https, "direct"),
            ("https://localhost", None, &https, "direct"),
            ("https://localhost", Some("http://p2"), &https, "Http p2:80"),
            (
                "https://a.example",
                Some("https://ann:s%40fe@p3:99/x"),
                &none,
                "Https p3:99 as ann/s@fe",
            ),
            (
                "https://a.example",
                Some("socks5://[fd00::1]:1081"),
                &none,
                "Socks5 fd00::1:1081",
            ),
            (
                "https://a.example",
                Some("ftp://p"),
                &none,
                "proxy-url in the kubeconfig begins with ftp://; it has to be http://, https:// or socks5://",
            ),
            (
                "https://a.example",
                Some("http://:80"),
                &none,
                "proxy-url in the kubeconfig names no host",
            ),
            (
                "https://a.example",
                Some("http://u:secret@p:port"),
                &none,
                "proxy-url in the kubeconfig has a port that is not a number",
            ),
        ];
        for (server, proxy_url, variables, expected) in rows {
            assert_eq!(way(server, proxy_url, variables), expected, "{server} {proxy_url:?}");
        }
    }

    #[test]
    fn no_proxy_is_obeyed_for_the_cluster_host() {
        let rows = [
            ("api.corp.example", "", false),
            ("api.corp.example", "*", true),
            ("api.corp.example", "corp.example", true),
            ("corp.example", "corp.example", true),
            ("api.corp.example", ".corp.example", true),
            ("corp.example", ".corp.example", false),
            ("api.corp.example", "*.corp.example", true),
            ("apicorp.example", "corp.example", false),
            ("API.Corp.Example.", "corp.EXAMPLE", true),
            ("api.corp.example", "other, ,corp.example,", true),
            ("api.corp.example", "corp.example:6443", true),
            ("api.corp.example", "corp.example:443", false),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.3:6443", true),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("fd00::7", "fd00::/8", true),
            ("fd00::7", "::/0", true),
            ("fd00::7", "[fd00::7]:6443", true),
            ("fd00::7", "10.0.0.0/8", false),
            ("10.1.2.3", "10.0.0.0/99", false),
        ];
        for (host, list, expected) in rows {
            assert_eq!(goes_direct(host, 6443, list), expected, "{host} in {list:?}");
        }
    }
}
