//! Roles, their bindings, and service accounts: who may do what.

use super::pod_findings::finding;
use super::rules;
use super::words::{absent, count, exists, object};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::{Health, ResourceName, Target};
use crate::text::Clean;
use crate::theme::Role;
use serde_json::Value;

const RBAC: &str = "rbac.authorization.k8s.io";
/// The type of secrets that hold a service account's token.
const TOKEN: &str = "kubernetes.io/service-account-token";

/// Roles.
pub static ROLE: Describer = Describer {
    group: RBAC,
    kind: "Role",
    findings: |_, _| Vec::new(),
    items: |subject, _| vec![rules::table(subject.object)],
};

/// Cluster roles.
pub static CLUSTER_ROLE: Describer = Describer {
    group: RBAC,
    kind: "ClusterRole",
    findings: |_, _| Vec::new(),
    items: cluster_role,
};

/// Role bindings.
pub static ROLE_BINDING: Describer = Describer {
    group: RBAC,
    kind: "RoleBinding",
    findings: binding_findings,
    items: binding,
};

/// Cluster role bindings.
pub static CLUSTER_ROLE_BINDING: Describer = Describer {
    kind: "ClusterRoleBinding",
    ..ROLE_BINDING
};

/// Service accounts.
pub static SERVICE_ACCOUNT: Describer = Describer {
    group: "",
    kind: "ServiceAccount",
    findings: account_findings,
    items: account,
};

fn cluster_role(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let role = subject.object;
    let mut items = Vec::new();
    let selectors = items_at(role, "aggregationRule/clusterRoleSelectors");
    if !selectors.is_empty() {
        items.push(Item::section(
            "Aggregated From",
            selectors
                .iter()
                .map(|selector| sources(selector, role, around))
                .collect(),
        ));
    }
    let into = at(role, "metadata/labels")
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| {
            let target = key.strip_prefix("rbac.authorization.k8s.io/aggregate-to-")?;
            (value.as_str() == Some("true")).then(|| object(RBAC, "clusterroles", "", target))
        });
    let into: Vec<Phrase> = into.collect();
    if !into.is_empty() {
        items.push(Item::fields("Aggregated Into", into));
    }
    items.push(rules::table(role));
    items
}

/// The cluster roles whose rules a selector brings in.
fn sources(selector: &Value, role: &Value, around: &Around<'_>) -> Item {
    let labels = say::selector_text(selector);
    let companion = Companion::selected(RBAC, "clusterroles", "", &labels);
    let head = Phrase::link(
        &labels,
        Target::List {
            resource: ResourceName::new(RBAC, "clusterroles"),
            namespace: Clean::default(),
            labels: Clean::new(&labels),
            fields: Clean::default(),
            owner: None,
        },
    );
    let found = (around.find)(&companion);
    let mut items = Vec::new();
    match (absent(&found), found) {
        (Some(absent), _) => items.push(Item::line(absent)),
        (None, Listed::Objects(roles)) => {
            let roles = roles
                .iter()
                .map(|whole| &whole.value)
                .filter(|found| say::name(found) != say::name(role));
            items.extend(roles.map(|found| {
                let rules = count(items_at(found, "rules").len(), "rule");
                Item::line(
                    object(RBAC, "clusterroles", "", say::name(found)).and(&format!("  ({rules})"), Role::Comment),
                )
            }));
            if items.is_empty() {
                items.push(Item::line(Phrase::of("no cluster role has these labels", Role::Warn)));
            }
        }
        (None, _) => {}
    }
    Item::Section {
        name: "Labels".into(),
        note: head,
        items,
        folded: false,
    }
}

fn role_link(binding: &Value) -> Phrase {
    let name = text_at(binding, "roleRef/name");
    match text_at(binding, "roleRef/kind") {
        "ClusterRole" => object(RBAC, "clusterroles", "", name),
        _ => object(RBAC, "roles", say::namespace(binding), name),
    }
}

fn binding(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let binding = subject.object;
    let role = Item::section(
        "Role",
        vec![
            Item::field("Kind", text_at(binding, "roleRef/kind")),
            Item::field("Name", role_link(binding)),
        ],
    );
    let subjects = items_at(binding, "subjects").iter().map(|subject| {
        let (kind, name, namespace) = (
            text_at(subject, "kind"),
            text_at(subject, "name"),
            text_at(subject, "namespace"),
        );
        let link = if kind == "ServiceAccount" {
            object("", "serviceaccounts", namespace, name)
        } else {
            Phrase::new(name)
        };
        vec![Phrase::new(kind), link, Phrase::new(namespace)]
    });
    let table = Item::table(&["Kind", "Name", "Namespace"], subjects.collect());
    let everywhere = match (subject.kind, text_at(binding, "roleRef/kind")) {
        ("ClusterRoleBinding", _) => "in every namespace and for cluster-scoped resources",
        (_, "ClusterRole") => "in this namespace alone, although the role is a cluster role",
        _ => "in this namespace",
    };
    vec![
        role,
        Item::section("Subjects", vec![table]),
        Item::field("Grants", Phrase::of(everywhere, Role::Comment)),
    ]
}

fn binding_findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let binding = subject.object;
    let name = text_at(binding, "roleRef/name");
    let companion = match text_at(binding, "roleRef/kind") {
        "ClusterRole" => Companion::named(RBAC, "clusterroles", "", name),
        _ => Companion::named(RBAC, "roles", say::namespace(binding), name),
    };
    let mut found = Vec::new();
    if exists(around, &companion) == Some(false) {
        let cause = Phrase::new("It grants nothing: its role ")
            .then(role_link(binding))
            .and(" does not exist", Role::LabelValue);
        found.push(finding(
            Health::Bad,
            cause,
            "Create the role; a binding cannot be pointed at another one",
        ));
    }
    if items_at(binding, "subjects").is_empty() {
        found.push(finding(
            Health::Warn,
            "It grants its role to nobody: it has no subjects",
            "",
        ));
    }
    found
}

/// A secret that an account names, and whether it is there.
fn secret(account: &Value, name: &str, around: &Around<'_>) -> Phrase {
    let link = object("", "secrets", say::namespace(account), name);
    match exists(around, &Companion::named("", "secrets", say::namespace(account), name)) {
        Some(false) => link.and(" (not found)", Role::Warn),
        _ => link,
    }
}

fn names(account: &Value, path: &str) -> Vec<String> {
    items_at(account, path)
        .iter()
        .map(|entry| text_at(entry, "name").to_owned())
        .collect()
}

fn account(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let account = subject.object;
    let listed = |path: &str| -> Vec<Phrase> {
        names(account, path)
            .iter()
            .map(|name| secret(account, name, around))
            .collect()
    };
    let mut items = vec![
        Item::fields("Image pull secrets", listed("imagePullSecrets")),
        Item::fields("Mountable secrets", listed("secrets")),
    ];
    let companion = Companion {
        fields: Clean::new(&format!("type={TOKEN}")),
        ..Companion::selected("", "secrets", say::namespace(account), "")
    };
    let found = (around.find)(&companion);
    let tokens = match (absent(&found), found) {
        (Some(absent), _) => Item::field("Tokens", absent),
        (None, Listed::Objects(secrets)) => {
            let own = secrets
                .iter()
                .map(|whole| &whole.value)
                .filter(|secret| is_token_of(secret, account));
            Item::fields(
                "Tokens",
                own.map(|own| object("", "secrets", say::namespace(account), say::name(own)))
                    .collect(),
            )
        }
        (None, _) => Item::fields("Tokens", Vec::new()),
    };
    items.push(tokens);
    let mounted = at(account, "automountServiceAccountToken").as_bool().unwrap_or(true);
    let words = if mounted {
        "pods get a token unless they refuse it"
    } else {
        "pods get no token unless they ask for one"
    };
    items.push(Item::field(
        "Automount",
        Phrase::new(if mounted { "true" } else { "false" }).and(&format!("  ({words})"), Role::Comment),
    ));
    let user = format!(
        "system:serviceaccount:{}:{}",
        say::namespace(account),
        say::name(account)
    );
    items.push(Item::field("User Name", user));
    let pods = Target::List {
        resource: ResourceName::new("", "pods"),
        namespace: Clean::new(say::namespace(account)),
        labels: Clean::default(),
        fields: Clean::new(&format!("spec.serviceAccountName={}", say::name(account))),
        owner: None,
    };
    items.push(Item::field("Pods", Phrase::link("those that run as it", pods)));
    items
}

fn is_token_of(secret: &Value, account: &Value) -> bool {
    let annotation = |key: &str| {
        at(secret, "metadata/annotations")
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let uid = text_at(account, "metadata/uid");
    text_at(secret, "type") == TOKEN
        && annotation("kubernetes.io/service-account.name") == say::name(account)
        && (uid.is_empty() || annotation("kubernetes.io/service-account.uid") == uid)
}

fn account_findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let account = subject.object;
    let missing = |path: &str| -> Vec<String> {
        let gone = |name: &String| {
            exists(around, &Companion::named("", "secrets", say::namespace(account), name)) == Some(false)
        };
        names(account, path).into_iter().filter(gone).collect()
    };
    let pull = missing("imagePullSecrets");
    if pull.is_empty() {
        return Vec::new();
    }
    let cause = format!("The image pull secret {} does not exist", pull.join(", "));
    vec![finding(
        Health::Warn,
        cause,
        "Create it; until then its pods pull images without signing in",
    )]
}

#[cfg(test)]
mod tests {
    use super::RBAC;
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn aggregation_names_its_sources() {
        let part = json!({"metadata": {"name": "part", "labels": {"to": "all", "rbac.authorization.k8s.io/aggregate-to-admin": "true"}},
            "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]});
        let all = json!({"metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]},
            "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]});
        let world = World::default().with(RBAC, "clusterroles", part.clone());
        assert_says(
            &world.describe(RBAC, "ClusterRole", &all),
            &["Labels: to=all", "part (1 rule)", "nodes [] [] [get]"],
        );
        assert_says(&world.describe(RBAC, "ClusterRole", &part), &["Aggregated Into: admin"]);
    }

    #[test]
    fn a_binding_says_what_it_grants_and_to_whom() {
        let binding = json!({"metadata": {"name": "rb", "namespace": "shop"}, "roleRef": {"kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "ci"}, {"kind": "User", "name": "jane"}]});
        assert_says(
            &World::default().describe(RBAC, "RoleBinding", &binding),
            &[
                "Kind: ClusterRole",
                "Name: view",
                "Kind Name Namespace",
                "ServiceAccount robot ci",
                "User jane",
            ],
        );
        assert!(
            World::default()
                .worst(RBAC, "RoleBinding", &binding)
                .starts_with("It grants nothing: its role view does not exist")
        );
        let world = World::default().with(RBAC, "clusterroles", json!({"metadata": {"name": "view"}}));
        assert_eq!(world.worst(RBAC, "RoleBinding", &binding), "");
    }

    #[test]
    fn an_account_lists_its_secrets_and_says_what_is_missing() {
        let account = json!({"metadata": {"name": "sa", "namespace": "shop", "uid": "u"}, "imagePullSecrets": [{"name": "reg"}],
            "secrets": [{"name": "pw"}]});
        let token = json!({"metadata": {"name": "sa-token", "namespace": "shop", "annotations": {
                "kubernetes.io/service-account.name": "sa", "kubernetes.io/service-account.uid": "u"}},
            "type": "kubernetes.io/service-account-token", "data": {"token": "aHVudGVyMg=="}});
        let world = World::default().with("", "secrets", token).with(
            "",
            "secrets",
            json!({"metadata": {"name": "pw", "namespace": "shop"}}),
        );
        let text = world.describe("", "ServiceAccount", &account);
        assert_says(
            &text,
            &[
                "Image pull secrets: reg (not found)",
                "Mountable secrets: pw",
                "Tokens: sa-token",
                "User Name: system:serviceaccount:shop:sa",
            ],
        );
        assert!(!text.contains("aHVudGVyMg"), "{text}");
        assert!(
            world
                .worst("", "ServiceAccount", &account)
                .starts_with("The image pull secret reg does not exist")
        );
    }
}
