//! Config maps and secrets: what is in them and how big it is. The values of a secret are never printed, its service
//! account token included.

use super::amount::percent;
use super::pod_findings::finding;
use super::{Around, Describer, Finding, Item, Phrase, Subject, at, bool_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// What a config map or a secret may hold at most, in bytes.
const MOST: i64 = 1024 * 1024;
/// From this share on it is near its limit, in percent.
const NEAR: i64 = 90;

/// Config maps.
pub static CONFIG_MAP: Describer = Describer {
    group: "",
    kind: "ConfigMap",
    findings,
    items: config_map,
};

/// Secrets.
pub static SECRET: Describer = Describer {
    group: "",
    kind: "Secret",
    findings,
    items: secret,
};

/// How many bytes a base64 text stands for.
fn decoded(text: &str) -> i64 {
    let digits = text
        .bytes()
        .filter(|byte| !matches!(byte, b'=' | b'\n' | b'\r'))
        .count();
    i64::try_from(digits * 3 / 4).unwrap_or(i64::MAX)
}

fn plain_sizes<'a>(object: &'a Value, path: &str) -> Vec<(&'a String, i64)> {
    let map = at(object, path).as_object().into_iter().flatten();
    map.map(|(key, value)| {
        (
            key,
            i64::try_from(value.as_str().unwrap_or_default().len()).unwrap_or(i64::MAX),
        )
    })
    .collect()
}

fn coded_sizes<'a>(object: &'a Value, path: &str) -> Vec<(&'a String, i64)> {
    let map = at(object, path).as_object().into_iter().flatten();
    map.map(|(key, value)| (key, decoded(value.as_str().unwrap_or_default())))
        .collect()
}

/// Keys and values in bytes, as the API server counts them against the limit.
fn size(object: &Value, kind: &str) -> i64 {
    let values = |sizes: Vec<(&String, i64)>| sizes.into_iter().map(|(_, bytes)| bytes).sum::<i64>();
    if kind == "Secret" {
        return values(coded_sizes(object, "data"));
    }
    let plain = plain_sizes(object, "data");
    let coded = coded_sizes(object, "binaryData");
    values(plain) + values(coded)
}

fn size_field(object: &Value, kind: &str) -> Item {
    let bytes = size(object, kind);
    let share = percent(bytes, MOST);
    let role = if share >= NEAR { Role::Warn } else { Role::LabelValue };
    Item::field(
        "Size",
        Phrase::of(&format!("{bytes} bytes, {share}% of the limit of 1 MiB"), role),
    )
}

fn immutable(object: &Value) -> Option<Item> {
    let words = Phrase::new("true").and("  (it can only be replaced, never changed)", Role::Comment);
    bool_at(object, "immutable").then(|| Item::field("Immutable", words))
}

fn config_map(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let object = subject.object;
    let mut items = vec![size_field(object, "ConfigMap")];
    items.extend(immutable(object));
    let data = at(object, "data").as_object().into_iter().flatten();
    let data = data.map(|(key, value)| {
        let text = value.as_str().unwrap_or_default();
        let lines = Item::block(text, Role::LabelValue);
        let many = lines.len() > 40;
        let note = if many {
            format!("{} lines", lines.len())
        } else {
            String::new()
        };
        Item::Section {
            name: key.as_str().into(),
            note: Phrase::of(&note, Role::Comment),
            items: lines,
            folded: many,
        }
    });
    items.push(Item::section("Data", data.collect()));
    let binary = coded_sizes(object, "binaryData");
    let binary = binary
        .into_iter()
        .map(|(key, bytes)| Item::field(key, format!("{bytes} bytes")));
    items.push(Item::section("BinaryData", binary.collect()));
    items
}

fn secret(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let object = subject.object;
    let kind = text_at(object, "type");
    let mut words = Phrase::new(kind);
    if let Some(meaning) = meaning(kind) {
        words = words.and(&format!("  ({meaning})"), Role::Comment);
    }
    let mut items = vec![Item::field("Type", words), size_field(object, "Secret")];
    items.extend(immutable(object));
    let account = at(object, "metadata/annotations")
        .get("kubernetes.io/service-account.name")
        .and_then(Value::as_str);
    if let Some(account) = account {
        let link = say::link(account, "", "serviceaccounts", say::namespace(object), account);
        items.push(Item::field("Service Account", link));
    }
    let data = coded_sizes(object, "data");
    let data = data
        .into_iter()
        .map(|(key, bytes)| Item::field(key, format!("{bytes} bytes")));
    items.push(Item::section("Data", data.collect()));
    items
}

fn meaning(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Opaque" => "anything",
        "kubernetes.io/service-account-token" => "a token of a service account that never expires",
        "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg" => "signs in to image registries",
        "kubernetes.io/tls" => "a certificate and its key",
        "kubernetes.io/basic-auth" => "a user name and a password",
        "kubernetes.io/ssh-auth" => "an SSH key",
        "bootstrap.kubernetes.io/token" => "lets nodes join the cluster",
        "helm.sh/release.v1" => "a release of Helm",
        _ => return None,
    })
}

fn findings(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    let share = percent(size(subject.object, subject.kind), MOST);
    if share < NEAR {
        return Vec::new();
    }
    let cause = format!("Its data takes {share}% of the 1 MiB that it may hold");
    vec![finding(
        Health::Warn,
        cause,
        "Split it, or keep what is big in a volume or an image",
    )]
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn values_are_printed_and_counted() {
        let object = json!({"metadata": {"name": "conf", "namespace": "shop"}, "data": {"a": "1", "run.sh": "#!/bin/sh\necho\n"},
            "binaryData": {"blob": "AAECAwQ="}, "immutable": true});
        let text = World::default().describe("", "ConfigMap", &object);
        assert_says(
            &text,
            &[
                "Size:         21 bytes, 0% of the limit of 1 MiB",
                "  run.sh:",
                "    #!/bin/sh",
                "  blob:  5 bytes",
            ],
        );
        assert!(World::default().findings("", "ConfigMap", &object).is_empty());
        let full = json!({"metadata": {"name": "conf"}, "data": {"a": "x".repeat(1_000_000)}});
        assert!(
            World::default()
                .worst("", "ConfigMap", &full)
                .starts_with("Its data takes 95%")
        );
    }

    #[test]
    fn a_secret_keeps_its_values() {
        let object = json!({"metadata": {"name": "t", "namespace": "shop",
            "annotations": {"kubernetes.io/service-account.name": "robot"}},
            "type": "kubernetes.io/service-account-token", "data": {"token": "aHVudGVyMg==", "ca.crt": "YQ=="}});
        let text = World::default().describe("", "Secret", &object);
        assert!(
            text.contains("token:   7 bytes") && text.contains("ca.crt:  1 bytes"),
            "{text}"
        );
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
        assert!(text.contains("Service Account:  robot"), "{text}");
    }
}
