//! Who may do what: a table of two roles, the server's words for a refusal, and the access reviews.

use super::Inner;
use super::http::{Reply, Target};
use super::status::Status;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum User {
    /// May do everything.
    Admin,
    /// May get, list and watch in the namespace `shop`, and nothing else.
    Viewer,
}

/// The namespace that the viewer may look at.
pub(super) const VIEWER_NAMESPACE: &str = "shop";

impl User {
    fn name(self) -> &'static str {
        match self {
            User::Admin => "kubernetes-admin",
            User::Viewer => "viewer",
        }
    }

    fn may(self, verb: &str, group: &str, resource: &str, namespace: Option<&str>) -> bool {
        match self {
            User::Admin => true,
            User::Viewer => {
                let review = verb == "create" && group == "authorization.k8s.io" && resource.starts_with("selfsubject");
                let own = namespace == Some(VIEWER_NAMESPACE);
                review || own && matches!(verb, "get" | "list" | "watch") && resource != "secrets"
            }
        }
    }
}

/// What is done to a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Action {
    /// The verb in rules and discovery.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Action::Get => "get",
            Action::List => "list",
            Action::Watch => "watch",
            Action::Create => "create",
            Action::Update => "update",
            Action::Patch => "patch",
            Action::Delete => "delete",
            Action::DeleteCollection => "deletecollection",
        }
    }
}

/// Finds out who asks. In memory everybody is the administrator unless they show the viewer's token;
/// on a port a token is needed.
pub(super) fn authenticate(inner: &Inner, headers: &HeaderMap) -> Result<User, Status> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let token = text(header::AUTHORIZATION.as_str()).and_then(|v| v.strip_prefix("Bearer "));
    let user = match (token, inner.token.get()) {
        (Some("viewer"), _) => User::Viewer,
        (_, None) => User::Admin,
        (Some(token), Some(wanted)) if token == wanted => User::Admin,
        _ => return Err(Status::new(401, "Unauthorized", "Unauthorized")),
    };
    Ok(if text("impersonate-user") == Some("viewer") {
        User::Viewer
    } else {
        user
    })
}

/// Refuses, in the server's words, what the user may not do.
pub(super) fn authorize(user: User, action: Action, target: &Target) -> Result<(), Status> {
    let resource = &target.resource;
    let namespace = match resource.plural.as_str() {
        "namespaces" if resource.group.is_empty() => target.name.as_deref(),
        _ => target.namespace.as_deref(),
    };
    if user.may(action.verb(), &resource.group, &resource.plural, namespace) {
        return Ok(());
    }
    let what = if resource.group.is_empty() {
        resource.plural.clone()
    } else {
        format!("{}.{}", resource.plural, resource.group)
    };
    let subject = match &target.name {
        Some(name) => format!("{what} \"{name}\""),
        None => what,
    };
    let scope = match namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let full = match &target.subresource {
        Some(sub) => format!("{}/{sub}", resource.plural),
        None => resource.plural.clone(),
    };
    let message = format!(
        "{subject} is forbidden: User \"{}\" cannot {} resource \"{full}\" in API group \"{}\" {scope}",
        user.name(),
        action.verb(),
        resource.group
    );
    let name = target.name.as_deref().unwrap_or_default();
    Err(Status::new(403, "Forbidden", message).about(&resource.group, &resource.plural, name))
}

/// Answers an access, rules or identity review; None when the resource is no review.
pub(super) fn review(user: User, target: &Target, mut body: Value) -> Option<Reply> {
    let status = match target.resource.plural.as_str() {
        "selfsubjectaccessreviews" | "subjectaccessreviews" | "localsubjectaccessreviews" => {
            let a = &body["spec"]["resourceAttributes"];
            let text = |key: &str| a[key].as_str().unwrap_or_default();
            let namespace = Some(text("namespace")).filter(|n| !n.is_empty());
            let asked = match body["spec"]["user"].as_str() {
                Some("viewer") => User::Viewer,
                Some(_) => User::Admin,
                None => user,
            };
            let allowed = match body["spec"].get("nonResourceAttributes") {
                Some(_) => asked == User::Admin,
                None => asked.may(text("verb"), text("group"), text("resource"), namespace),
            };
            if allowed {
                json!({"allowed": true, "reason": "RBAC: allowed by ClusterRoleBinding \"cluster-admin\""})
            } else {
                json!({"allowed": false})
            }
        }
        "selfsubjectrulesreviews" => {
            let own = body["spec"]["namespace"] == VIEWER_NAMESPACE;
            let rules = match user {
                User::Admin => json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]),
                User::Viewer if own => {
                    json!([{"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]}])
                }
                User::Viewer => json!([]),
            };
            json!({"resourceRules": rules, "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version"]}], "incomplete": false})
        }
        "selfsubjectreviews" => json!({"userInfo": {"username": user.name(), "groups": ["system:authenticated"]}}),
        _ => return None,
    };
    if !body.is_object() {
        body = json!({});
    }
    body["kind"] = target.resource.kind.clone().into();
    body["apiVersion"] = target.resource.api_version().into();
    body["status"] = status;
    Some(Reply::Whole(
        StatusCode::CREATED,
        "application/json",
        Bytes::from(format!("{body}\n")),
    ))
}
