//! Requests for certificates: who asks for what, read from the request itself, and where it stands.

use super::pod_findings::finding;
use super::words::{created, texts};
use super::{Around, Describer, Finding, Item, Phrase, Subject, items_at, number_at, text_at};
use crate::kinds::Health;
use crate::text::human_duration;
use base64::Engine as _;
use serde_json::Value;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Requests for certificates.
pub static CERTIFICATE_SIGNING_REQUEST: Describer = Describer {
    group: "certificates.k8s.io",
    kind: "CertificateSigningRequest",
    findings,
    items,
};

/// The names in a subject, by the end of their object identifier 2.5.4.x, in kubectl's order.
const NAMES: [(u8, &str); 9] = [
    (3, "Common Name"),
    (5, "Serial Number"),
    (10, "Organization"),
    (11, "Organizational Unit"),
    (6, "Country"),
    (7, "Locality"),
    (8, "Province"),
    (9, "StreetAddress"),
    (17, "PostalCode"),
];
/// Which of a request's attributes holds extensions: 1.2.840.113549.1.9.14.
const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
/// Which extension holds further names: 2.5.29.17.
const FURTHER_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let request = subject.object;
    let mut items = vec![
        created(request, around.now),
        Item::field("Requesting User", text_at(request, "spec/username")),
    ];
    if !text_at(request, "spec/signerName").is_empty() {
        items.push(Item::field("Signer", text_at(request, "spec/signerName")));
    }
    if let Some(seconds) = number_at(request, "spec/expirationSeconds") {
        items.push(Item::field("Requested Duration", human_duration(seconds)));
    }
    items.push(Item::field("Status", status(request)));
    items.push(Item::field("Usages", texts(request, "spec/usages").join(", ")));
    let groups = texts(request, "spec/groups").join(", ");
    if !groups.is_empty() {
        items.push(Item::field("Groups", groups));
    }
    match Asked::read(text_at(request, "spec/request")) {
        Some(asked) => items.extend(asked.items()),
        None => items.push(Item::field("Subject", "the request cannot be read")),
    }
    items
}

fn is(request: &Value, kind: &str) -> bool {
    items_at(request, "status/conditions")
        .iter()
        .any(|condition| text_at(condition, "type") == kind)
}

/// Where it stands, in kubectl's words and order.
fn status(request: &Value) -> String {
    let decided = match (is(request, "Denied"), is(request, "Approved")) {
        (true, _) => "Denied",
        (_, true) => "Approved",
        _ => "Pending",
    };
    let failed = if is(request, "Failed") { ",Failed" } else { "" };
    let issued = if text_at(request, "status/certificate").is_empty() {
        ""
    } else {
        ",Issued"
    };
    format!("{decided}{failed}{issued}")
}

fn findings(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    let request = subject.object;
    let why = |kind: &str| {
        let conditions = items_at(request, "status/conditions");
        let found = conditions.iter().find(|condition| text_at(condition, "type") == kind);
        found
            .map(|condition| text_at(condition, "message").to_owned())
            .unwrap_or_default()
    };
    let one = match status(request).as_str() {
        "Pending" => finding(
            Health::Progress,
            "It waits to be approved or denied",
            "Look at who asks for which names before you approve it",
        ),
        "Approved" => {
            let signer = text_at(request, "spec/signerName");
            let cause = format!("It is approved, but the signer {signer} has not issued the certificate yet");
            finding(
                Health::Progress,
                cause,
                "Only the controller of that signer issues it; see whether it runs",
            )
        }
        "Denied" => finding(Health::Warn, format!("It was denied: {}", why("Denied")), ""),
        status if status.contains("Failed") => finding(
            Health::Bad,
            format!("Its signer could not issue the certificate: {}", why("Failed")),
            "",
        ),
        _ => return Vec::new(),
    };
    vec![one]
}

/// What a request asks for.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    subject: Vec<(u8, String)>,
    hosts: Vec<String>,
    mails: Vec<String>,
    uris: Vec<String>,
    addresses: Vec<String>,
}

impl Asked {
    /// Reads `spec.request`: base64 over PEM over PKCS #10.
    fn read(coded: &str) -> Option<Asked> {
        let engine = base64::engine::general_purpose::STANDARD;
        let pem = String::from_utf8(engine.decode(coded).ok()?).ok()?;
        let body: String = pem
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .skip(1)
            .take_while(|line| !line.starts_with("-----END"))
            .map(str::trim)
            .collect();
        let bytes = engine.decode(body).ok()?;
        let whole = Der::first(&bytes)?;
        let info = Der::first(whole.inside)?;
        let mut asked = Asked::default();
        for part in Der::all(info.inside) {
            match part.tag {
                // The first sequence is the subject, the second the key; names are only found in the first.
                0x30 if asked.subject.is_empty() => asked.subject = names(part.inside),
                0xa0 => asked.take_attributes(part.inside),
                _ => {}
            }
        }
        Some(asked)
    }

    fn take_attributes(&mut self, attributes: &[u8]) {
        for attribute in Der::all(attributes) {
            let parts = Der::all(attribute.inside);
            let [kind, values, ..] = parts.as_slice() else { continue };
            if kind.inside != EXTENSIONS {
                continue;
            }
            let extensions = Der::all(values.inside)
                .into_iter()
                .flat_map(|list| Der::all(list.inside));
            for extension in extensions {
                let parts = Der::all(extension.inside);
                let named = parts.first().is_some_and(|kind| kind.inside == FURTHER_NAMES);
                if let (true, Some(value)) = (named, parts.last()) {
                    self.take_names(value.inside);
                }
            }
        }
    }

    fn take_names(&mut self, value: &[u8]) {
        let Some(list) = Der::first(value) else { return };
        for name in Der::all(list.inside) {
            let text = || String::from_utf8_lossy(name.inside).into_owned();
            match name.tag {
                0x81 => self.mails.push(text()),
                0x82 => self.hosts.push(text()),
                0x86 => self.uris.push(text()),
                0x87 => self.addresses.extend(address(name.inside)),
                _ => {}
            }
        }
    }

    fn items(&self) -> Vec<Item> {
        let listed = |name: &str, values: Vec<String>| {
            let values: Vec<Phrase> = values.into_iter().map(Phrase::from).collect();
            Item::fields(name, values)
        };
        let mut subject = Vec::new();
        for (end, name) in NAMES {
            let values = self.subject.iter().filter(|(kind, _)| *kind == end);
            let values: Vec<String> = values.map(|(_, value)| value.clone()).collect();
            match (values.is_empty(), end) {
                (false, _) => subject.push(listed(name, values)),
                // These two are printed even when they are empty.
                (true, 3 | 5) => subject.push(Item::field(name, "")),
                (true, _) => {}
            }
        }
        let mut items = vec![Item::section("Subject", subject)];
        let further = [
            ("DNS Names", &self.hosts),
            ("Email Addresses", &self.mails),
            ("URIs", &self.uris),
            ("IP Addresses", &self.addresses),
        ];
        let further = further.into_iter().filter(|(_, values)| !values.is_empty());
        let further: Vec<Item> = further.map(|(name, values)| listed(name, values.clone())).collect();
        if !further.is_empty() {
            items.push(Item::section("Subject Alternative Names", further));
        }
        items
    }
}

/// The names of a subject: sets of (2.5.4.x, text).
fn names(subject: &[u8]) -> Vec<(u8, String)> {
    let sets = Der::all(subject).into_iter().flat_map(|set| Der::all(set.inside));
    let name = |pair: Der<'_>| {
        let parts = Der::all(pair.inside);
        let [kind, value, ..] = parts.as_slice() else {
            return None;
        };
        let [0x55, 0x04, end] = kind.inside else { return None };
        Some((*end, String::from_utf8_lossy(value.inside).into_owned()))
    };
    sets.filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(sixteen).to_string())
}

/// One element of DER: its tag and what is inside.
#[derive(Clone, Copy)]
struct Der<'a> {
    tag: u8,
    inside: &'a [u8],
}

impl<'a> Der<'a> {
    fn split(bytes: &'a [u8]) -> Option<(Der<'a>, &'a [u8])> {
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            // More than four bytes of length do not fit into any request.
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let (digits, rest) = rest.split_at_checked(count)?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        };
        let (inside, rest) = rest.split_at_checked(length)?;
        Some((Der { tag, inside }, rest))
    }

    fn first(bytes: &'a [u8]) -> Option<Der<'a>> {
        Der::split(bytes).map(|(first, _)| first)
    }

    /// Its elements, as far as they can be read.
    fn all(mut bytes: &'a [u8]) -> Vec<Der<'a>> {
        let mut found = Vec::new();
        while let Some((element, rest)) = Der::split(bytes) {
            found.push(element);
            bytes = rest;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    /// Made by openssl: `/O=ops/O=dev/CN=jane/serialNumber=7/C=DE`, with a name of each sort.
    const REQUEST: &str = "\
        LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQlhUQ0NBUVFDQVFBd1JERU1NQW9HQTFVRUNnd0RiM0J6TVF3\
        d0NnWURWUVFLREFOa1pYWXhEVEFMQmdOVgpCQU1NQkdwaGJtVXhDakFJQmdOVkJBVVRBVGN4Q3pBSkJnTlZCQVlUQWtSRk1Ga3dF\
        d1lIS29aSXpqMENBUVlJCktvWkl6ajBEQVFjRFFnQUVPei9NaXR4M01WbUJTWE8wMkMyQWs5UU13Y3pKVU84VUtVaVBxaC9aQmla\
        WFdUOFoKYjh1RGQzLy9HeThXWDA2ajRLcHRYYkVSS3owTGhrdldGMHFkUUtCZU1Gd0dDU3FHU0liM0RRRUpEakZQTUUwdwpTd1lE\
        VlIwUkJFUXdRb0lOWVM1bGVHRnRjR3hsTG1OdmJZY0VDZ0FBQVljUS9RQUFBQUFBQUFBQUFBQUFBQUFBCkFZRU5lRUJsZUdGdGNH\
        eGxMbU52YllZS2MzQnBabVpsT2k4dmVEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQVgKNDBBOE5XQlNZN01GaExyQTJBRkVKd3M3\
        d2NDZVBQbmE5VHFQVDVtcXFnSWdZVHdCUlN1cmY4Tm9SUExlYzZabApFTTZ6a2c3ZlV2S0pNL0txN0NMSytSaz0KLS0tLS1FTkQg\
        Q0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==";

    fn request(conditions: Value) -> Value {
        json!({"metadata": {"name": "jane", "creationTimestamp": "2024-05-01T09:00:00Z"},
            "spec": {"request": REQUEST, "signerName": "example.com/x", "username": "admin", "usages": ["client auth"],
                "expirationSeconds": 3600},
            "status": {"conditions": conditions}})
    }

    #[test]
    fn it_prints_what_is_asked_for() {
        assert_says(
            &World::default().describe("certificates.k8s.io", "CertificateSigningRequest", &request(json!([]))),
            &[
                "Requesting User: admin",
                "Signer: example.com/x",
                "Requested Duration: 60m",
                "Status: Pending",
                "Common Name: jane",
                "Serial Number: 7",
                "Organization: ops",
                "dev",
                "Country: DE",
                "DNS Names: a.example.com",
                "Email Addresses: x@example.com",
                "URIs: spiffe://x",
                "IP Addresses: 10.0.0.1",
                "fd00::1",
            ],
        );
    }

    #[test]
    fn it_says_where_it_stands() {
        let table = [
            (json!([]), "Pending", "It waits to be approved"),
            (
                json!([{"type": "Approved"}]),
                "Approved",
                "It is approved, but the signer example.com/x",
            ),
            (
                json!([{"type": "Denied", "message": "no"}]),
                "Denied",
                "It was denied: no",
            ),
            (
                json!([{"type": "Approved"}, {"type": "Failed", "message": "x"}]),
                "Approved,Failed",
                "Its signer could not",
            ),
        ];
        for (conditions, state, worst) in table {
            let request = request(conditions);
            assert_eq!(status(&request), state);
            let said = World::default().worst("certificates.k8s.io", "CertificateSigningRequest", &request);
            assert!(said.starts_with(worst), "{said}");
        }
    }

    #[test]
    fn what_is_no_request_is_said() {
        let engine = base64::engine::general_purpose::STANDARD;
        for strange in ["", "%%%", "AAAA", &REQUEST[..400]] {
            assert_eq!(Asked::read(strange), None, "{strange}");
        }
        // Lengths that lie lead nowhere.
        for bytes in [
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00][..],
            &[0x30, 0x80],
            &[0x30],
            &[0x30, 0x02, 0x30],
        ] {
            let pem = format!("-----BEGIN X-----\n{}\n-----END X-----\n", engine.encode(bytes));
            assert_eq!(Asked::read(&engine.encode(pem)), None);
        }
    }
}
