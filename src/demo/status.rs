//! Failures as the API server words them: a `Status` with code, reason, message and details.

use serde_json::{Value, json};

/// A failed answer.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Option<Box<Value>>,
    pub retry_after: Option<String>,
    /// A token to go on with after an expired one.
    pub go_on: Option<String>,
}

impl Status {
    /// A failure with this code.
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Status {
        Status {
            code,
            reason,
            message: message.into(),
            details: None,
            retry_after: None,
            go_on: None,
        }
    }

    /// 400.
    pub(super) fn bad_request(message: impl Into<String>) -> Status {
        Status::new(400, "BadRequest", message)
    }

    /// 404 of a named object.
    pub(super) fn not_found(group: &str, plural: &str, name: &str) -> Status {
        let what = if group.is_empty() {
            plural.to_owned()
        } else {
            format!("{plural}.{group}")
        };
        Status::new(404, "NotFound", format!("{what} \"{name}\" not found")).about(group, plural, name)
    }

    /// 410 of a watch or a list at an old version.
    pub(super) fn expired(message: impl Into<String>) -> Status {
        Status::new(410, "Expired", message)
    }

    /// 405.
    pub(super) fn method_not_allowed() -> Status {
        let mut status = Status::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        status.details = Some(Box::new(json!({})));
        status
    }

    /// 422 of a field.
    pub(super) fn invalid(kind: &str, name: &str, field: &str, why: &str) -> Status {
        let mut status = Status::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {field}: {why}"));
        status.details = Some(Box::new(json!({"name": name, "kind": kind,
            "causes": [{"reason": "FieldValueInvalid", "message": why, "field": field}]})));
        status
    }

    /// Names the object that the failure is about.
    pub(super) fn about(mut self, group: &str, plural: &str, name: &str) -> Status {
        let mut details = serde_json::Map::new();
        for (key, value) in [("name", name), ("group", group), ("kind", plural)] {
            if !value.is_empty() {
                details.insert(key.into(), value.into());
            }
        }
        self.details = Some(Box::new(details.into()));
        self
    }

    /// The body, in the server's field order.
    pub(super) fn body(&self) -> String {
        let text = |s: &str| Value::from(s).to_string();
        let metadata = match &self.go_on {
            Some(token) => format!("{{\"continue\":{}}}", text(token)),
            None => "{}".into(),
        };
        let details = self
            .details
            .as_ref()
            .map(|d| format!("\"details\":{d},"))
            .unwrap_or_default();
        format!(
            "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{metadata},\"status\":\"Failure\",\"message\":{},\
             \"reason\":\"{}\",{details}\"code\":{}}}\n",
            text(&self.message),
            self.reason,
            self.code
        )
    }
}
