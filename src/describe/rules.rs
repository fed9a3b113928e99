//! The rules of roles: taken apart into single rights and put together again by resource, as kubectl does, so that what
//! one may do with a resource stands in one line.

use super::words::texts;
use super::{Item, Phrase, items_at};
use serde_json::Value;
use std::collections::BTreeMap;

/// A right, or several verbs on the same thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rule {
    verbs: Vec<String>,
    group: Option<String>,
    resource: Option<String>,
    name: Option<String>,
    path: Option<String>,
}

/// So many single rights are told apart at most; a role with more is printed as it is written.
const MOST: usize = 20_000;

/// The table of rules, as kubectl prints it.
pub fn table(role: &Value) -> Item {
    let rows = compact(items_at(role, "rules")).into_iter().map(|rule| {
        let list = |item: &Option<String>| format!("[{}]", item.as_deref().unwrap_or_default());
        let resource = match (&rule.resource, &rule.group) {
            (None, _) => String::new(),
            (Some(resource), group) => with_group(resource, group.as_deref().unwrap_or_default()),
        };
        vec![
            Phrase::from(resource),
            Phrase::from(list(&rule.path)),
            Phrase::from(list(&rule.name)),
            Phrase::from(format!("[{}]", rule.verbs.join(" "))),
        ]
    });
    let heads = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];
    Item::section("PolicyRule", vec![Item::table(&heads, rows.collect())])
}

/// `pods/log` in the group `x.io` is `pods.x.io/log`.
fn with_group(resource: &str, group: &str) -> String {
    let (base, sub) = resource
        .split_once('/')
        .map_or((resource, None), |(base, sub)| (base, Some(sub)));
    let base = if group.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{group}")
    };
    sub.map_or(base.clone(), |sub| format!("{base}/{sub}"))
}

fn compact(rules: &[Value]) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut by_thing: BTreeMap<(String, String, Option<String>), usize> = BTreeMap::new();
    for rule in rules {
        let owned = |path: &str| texts(rule, path).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let names = owned("resourceNames");
        let names: Vec<Option<String>> = if names.is_empty() {
            vec![None]
        } else {
            names.into_iter().map(Some).collect()
        };
        for group in owned("apiGroups") {
            for resource in owned("resources") {
                for name in &names {
                    if found.len() >= MOST {
                        return sorted(found);
                    }
                    let key = (group.clone(), resource.clone(), name.clone());
                    let place = *by_thing.entry(key).or_insert_with(|| {
                        found.push(Rule {
                            group: Some(group.clone()),
                            resource: Some(resource.clone()),
                            name: name.clone(),
                            ..Rule::default()
                        });
                        found.len() - 1
                    });
                    if let Some(same) = found.get_mut(place) {
                        add_verbs(same, texts(rule, "verbs"));
                    }
                }
            }
        }
        for path in owned("nonResourceURLs") {
            for verb in owned("verbs") {
                if found.len() < MOST {
                    found.push(Rule {
                        verbs: vec![verb],
                        path: Some(path.clone()),
                        ..Rule::default()
                    });
                }
            }
        }
    }
    sorted(found)
}

fn add_verbs(rule: &mut Rule, verbs: Vec<&str>) {
    for verb in verbs {
        if !rule.verbs.iter().any(|has| has == verb) {
            rule.verbs.push(verb.to_owned());
        }
    }
}

/// kubectl sorts rules by their Go text, which begins with the verbs.
fn sorted(mut rules: Vec<Rule>) -> Vec<Rule> {
    let key = |rule: &Rule| {
        let list = |item: &Option<String>| item.clone().unwrap_or_default();
        format!(
            "Verbs:[{}],APIGroups:[{}],Resources:[{}],ResourceNames:[{}],NonResourceURLs:[{}],",
            rule.verbs.join(" "),
            list(&rule.group),
            list(&rule.resource),
            list(&rule.name),
            list(&rule.path)
        )
    };
    rules.sort_by_cached_key(key);
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::text;
    use serde_json::json;

    #[test]
    fn rules_are_put_together_as_kubectl_does() {
        let role = json!({"rules": [
            {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["watch", "get"]},
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"], "verbs": ["*"]},
            {"apiGroups": ["x.io"], "resources": ["boats/scale"], "verbs": ["update"]},
            {"nonResourceURLs": ["/healthz"], "verbs": ["get", "head"]}]});
        let expected = "\
PolicyRule:
  Resources         Non-Resource URLs  Resource Names  Verbs
  configmaps        []                 [a]             [*]
  configmaps        []                 [b]             [*]
  pods              []                 []              [get list watch]
  deployments       []                 []              [get list]
  deployments.apps  []                 []              [get list]
  pods.apps         []                 []              [get list]
                    [/healthz]         []              [get]
                    [/healthz]         []              [head]
  boats.x.io/scale  []                 []              [update]";
        assert_eq!(text(&[table(&role)]), expected);
    }
}
