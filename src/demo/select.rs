//! Label and field selectors, as the API server reads them.

use super::status::Status;

/// One requirement of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

/// Labels as sorted pairs.
pub(super) type Labels = [(String, String)];

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        let value = |key: &str| labels.iter().find(|(k, _)| k == key).map(|(_, v)| v);
        match self {
            Requirement::In(key, values) => value(key).is_some_and(|v| values.contains(v)),
            Requirement::NotIn(key, values) => value(key).is_none_or(|v| !values.contains(v)),
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Absent(key) => value(key).is_none(),
        }
    }
}

/// True when every requirement holds.
pub(super) fn labels_match(selector: &[Requirement], labels: &Labels) -> bool {
    selector.iter().all(|r| r.matches(labels))
}

/// Reads a label selector such as `app=cart,tier in (web, api),!canary`.
pub(super) fn parse_labels(text: &str) -> Result<Vec<Requirement>, Status> {
    let bad = |why: &str| Status::bad_request(format!("unable to parse requirement: {why}"));
    let mut requirements = Vec::new();
    for part in split_outside_parentheses(text) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let requirement = if let Some(key) = part.strip_prefix('!') {
            Requirement::Absent(key.trim().to_owned())
        } else if let Some((head, set)) = part.split_once('(') {
            let values = set
                .strip_suffix(')')
                .ok_or_else(|| bad("found '', expected: ',' or ')'"))?;
            let values = values.split(',').map(|v| v.trim().to_owned()).collect();
            let (key, operator) = head
                .trim()
                .rsplit_once(char::is_whitespace)
                .ok_or_else(|| bad("expected: in, notin"))?;
            match operator {
                "in" => Requirement::In(key.trim().to_owned(), values),
                "notin" => Requirement::NotIn(key.trim().to_owned(), values),
                other => return Err(bad(&format!("found '{other}', expected: in, notin, =, ==, !="))),
            }
        } else if let Some((key, value)) = part.split_once("!=") {
            Requirement::NotIn(key.trim().to_owned(), vec![value.trim().to_owned()])
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            Requirement::In(key.trim().to_owned(), vec![value.trim().to_owned()])
        } else if part.contains(char::is_whitespace) {
            return Err(bad(&format!("found '{part}', expected: in, notin, =, ==, !=")));
        } else {
            Requirement::Exists(part.to_owned())
        };
        let (Requirement::In(key, _)
        | Requirement::NotIn(key, _)
        | Requirement::Exists(key)
        | Requirement::Absent(key)) = &requirement;
        let name = key.rsplit('/').next().unwrap_or_default();
        let ends = [name.chars().next(), name.chars().next_back()];
        if !ends.iter().all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()))
            || !key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        {
            return Err(bad(&format!(
                "<nil>: Invalid value: \"{key}\": name part must consist of alphanumeric characters"
            )));
        }
        requirements.push(requirement);
    }
    Ok(requirements)
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// One term of a field selector: path, equal or not, value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldTerm {
    pub path: String,
    pub equal: bool,
    pub value: String,
}

/// The fields that each built-in resource can be selected by, besides the name and the namespace.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
    ),
    (
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("nodes", &["spec.unschedulable"]),
    ("namespaces", &["status.phase"]),
    ("secrets", &["type"]),
    ("services", &["spec.clusterIP", "spec.type"]),
    ("jobs", &["status.successful"]),
    ("replicasets", &["status.replicas"]),
    ("replicationcontrollers", &["status.replicas"]),
    ("certificatesigningrequests", &["spec.signerName"]),
];

/// Reads a field selector such as `spec.nodeName=a,status.phase!=Failed`; an unsupported field is an error.
pub(super) fn parse_fields(text: &str, plural: &str) -> Result<Vec<FieldTerm>, Status> {
    let mut terms = Vec::new();
    for part in text.split(',').filter(|p| !p.trim().is_empty()) {
        let (path, equal, value) = if let Some((path, value)) = part.split_once("!=") {
            (path, false, value)
        } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (path, true, value)
        } else {
            return Err(Status::bad_request(format!(
                "invalid selector: '{text}'; can't understand '{part}'"
            )));
        };
        let path = path.trim();
        let known = FIELDS
            .iter()
            .find(|(p, _)| *p == plural)
            .is_some_and(|(_, fields)| fields.contains(&path));
        if !known && path != "metadata.name" && path != "metadata.namespace" {
            return Err(Status::bad_request(format!("field label not supported: {path}")));
        }
        terms.push(FieldTerm {
            path: path.to_owned(),
            equal,
            value: value.trim().to_owned(),
        });
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors_follow_the_server() {
        let labels = vec![
            ("app".to_owned(), "cart".to_owned()),
            ("tier".to_owned(), "web".to_owned()),
        ];
        for (text, wanted) in [
            ("app=cart", true),
            ("app==cart", true),
            ("app!=cart", false),
            ("missing!=x", true),
            ("app in (cart, x),tier", true),
            ("app notin (x,y)", true),
            ("missing notin (x)", true),
            ("!missing", true),
            ("!app", false),
            ("missing", false),
            ("app in (x),tier=web", false),
            ("", true),
        ] {
            let selector = parse_labels(text).unwrap();
            assert_eq!(labels_match(&selector, &labels), wanted, "{text}");
        }
        for text in ["app in cart)", "a b", "app near (x)", "app in (x", "=x"] {
            assert_eq!(parse_labels(text).unwrap_err().code, 400, "{text}");
        }
    }

    #[test]
    fn field_selectors_refuse_unknown_fields() {
        let terms = parse_fields("spec.nodeName=a,status.phase!=Failed", "pods").unwrap();
        assert_eq!(terms.len(), 2);
        assert!(!terms[1].equal);
        assert_eq!(parse_fields("spec.nodeName=a", "configmaps").unwrap_err().code, 400);
        assert!(parse_fields("metadata.name=x", "websites").is_ok());
    }
}
