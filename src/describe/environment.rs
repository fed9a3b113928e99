//! The environment that a container really gets: what its sources hold, what overrides what, and what the services of
//! its namespace add. It refuses to read secrets: their keys are named by where they come from, their values are masked.

use super::{Around, Companion, Item, Listed, Phrase, at, bool_at, container, items_at, say, text_at};
use crate::theme::Role;
use serde_json::Value;

/// At most so many config maps are read for one pod.
const MOST_MAPS: usize = 16;
/// A value longer than this is cut.
const LONGEST_VALUE: usize = 200;

struct Variable {
    name: String,
    value: Phrase,
    /// The value as it is, for `$(NAME)`; None when it is masked.
    plain: Option<String>,
    from: Phrase,
}

/// The environment of each container of a pod, folded.
pub(super) fn section(pod: &Value, home: container::Home<'_>, services: &Listed, around: &Around<'_>) -> Option<Item> {
    let containers = items_at(home.spec, "containers")
        .iter()
        .chain(items_at(home.spec, "initContainers"));
    let mut sections = Vec::new();
    let mut total = 0;
    for container in containers {
        let variables = effective(container, pod, home, around);
        total += variables.len();
        let rows = variables
            .into_iter()
            .map(|variable| vec![variable.name.into(), variable.value, variable.from]);
        let table = Item::table(&["Name", "Value", "From"], rows.collect());
        sections.push(Item::section(text_at(container, "name"), vec![table]));
    }
    let (links, note) = service_links(pod, home, services);
    if links.is_some() {
        sections.extend(links);
    }
    let words = format!("{}{note}", say::count(total as i64, "variable", "variables"));
    (total > 0 || sections.len() > items_at(home.spec, "containers").len())
        .then(|| Item::folded("Environment In Effect", Phrase::of(&words, Role::Muted), sections))
}

fn put(variables: &mut Vec<Variable>, variable: Variable) {
    match variables.iter_mut().find(|other| other.name == variable.name) {
        Some(other) => {
            let over = format!("{}over {}", say::BEYOND, other.from.text());
            *other = variable;
            other.from = std::mem::take(&mut other.from).and(&over, Role::Muted);
        }
        None => variables.push(variable),
    }
}

fn effective(container: &Value, pod: &Value, home: container::Home<'_>, around: &Around<'_>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for source in items_at(container, "envFrom").iter().take(MOST_MAPS) {
        let prefix = text_at(source, "prefix");
        let secret = text_at(source, "secretRef/name");
        if !secret.is_empty() {
            variables.push(Variable {
                name: format!("{prefix}…"),
                value: Phrase::of("every key", Role::Muted),
                plain: None,
                from: say::link(&format!("secret {secret}"), "", "secrets", home.namespace, secret),
            });
        }
        let map = text_at(source, "configMapRef/name");
        if map.is_empty() {
            continue;
        }
        let from = say::link(&format!("config map {map}"), "", "configmaps", home.namespace, map);
        match config_map(map, home.namespace, around) {
            Ok(data) => {
                for (key, value) in say::pairs(&data) {
                    let variable = Variable {
                        name: format!("{prefix}{key}"),
                        value: shown(&value),
                        plain: Some(value),
                        from: from.clone(),
                    };
                    put(&mut variables, variable);
                }
            }
            Err(why) => variables.push(Variable {
                name: format!("{prefix}…"),
                value: why,
                plain: None,
                from,
            }),
        }
    }
    for variable in items_at(container, "env") {
        let variable = own(variable, &variables, container, pod, home, around);
        put(&mut variables, variable);
    }
    variables
}

fn own(
    variable: &Value,
    before: &[Variable],
    container: &Value,
    pod: &Value,
    home: container::Home<'_>,
    around: &Around<'_>,
) -> Variable {
    let name = text_at(variable, "name").to_owned();
    let from = at(variable, "valueFrom");
    let known = |value: String, from: Phrase| Variable {
        name: name.clone(),
        value: shown(&value),
        plain: Some(value),
        from,
    };
    if !from.is_object() {
        return known(
            expanded(text_at(variable, "value"), before),
            Phrase::of("the pod itself", Role::Muted),
        );
    }
    let field = text_at(from, "fieldRef/fieldPath");
    if !field.is_empty() {
        return known(
            container::field_of(pod, field),
            Phrase::of(&format!("field {field}"), Role::Muted),
        );
    }
    let resource = at(from, "resourceFieldRef");
    if resource.is_object() {
        let words = format!("resource {}", text_at(resource, "resource"));
        return known(
            container::resource_of(container, home.spec, resource),
            Phrase::of(&words, Role::Muted),
        );
    }
    let (secret, map) = (
        text_at(from, "secretKeyRef/name"),
        text_at(from, "configMapKeyRef/name"),
    );
    if map.is_empty() {
        let words = format!("secret {secret}, key {}", text_at(from, "secretKeyRef/key"));
        return Variable {
            name,
            value: Phrase::of("••••••", Role::Muted),
            plain: None,
            from: say::link(&words, "", "secrets", home.namespace, secret),
        };
    }
    let key = text_at(from, "configMapKeyRef/key");
    let words = format!("config map {map}, key {key}");
    let link = say::link(&words, "", "configmaps", home.namespace, map);
    let optional = bool_at(from, "configMapKeyRef/optional");
    match config_map(map, home.namespace, around) {
        Ok(data) => match data.get(key) {
            Some(value) => known(say::scalar(value), link),
            None => Variable {
                name,
                value: missing("not set: there is no such key", optional),
                plain: None,
                from: link,
            },
        },
        Err(why) => Variable {
            name,
            value: why,
            plain: None,
            from: link,
        },
    }
}

fn missing(words: &str, optional: bool) -> Phrase {
    Phrase::of(words, if optional { Role::Muted } else { Role::Error })
}

/// The data of a config map, or why it is not there.
fn config_map(name: &str, namespace: &str, around: &Around<'_>) -> Result<Value, Phrase> {
    match (around.find)(&Companion::named("", "configmaps", namespace, name)) {
        Listed::Loading => Err(Phrase::of("loading", Role::Muted)),
        Listed::Denied(_) => Err(Phrase::of("the config map may not be read", Role::Muted)),
        Listed::Objects(maps) => match maps.first() {
            Some(map) => Ok(at(&map.value, "data").clone()),
            None => Err(Phrase::of("there is no such config map", Role::Error)),
        },
    }
}

fn shown(value: &str) -> Phrase {
    let lines = value.trim_end_matches('\n').matches('\n').count();
    if lines > 0 {
        let first = value.lines().next().unwrap_or_default();
        return Phrase::new(&say::brief(first, LONGEST_VALUE))
            .and(&format!("{}{lines} more lines", say::BEYOND), Role::Muted);
    }
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => Phrase::new(value.get(..end).unwrap_or_default())
            .and(&format!("…{}{} bytes", say::BEYOND, value.len()), Role::Muted),
        None => Phrase::new(value),
    }
}

/// A value with `$(NAME)` replaced by what was defined before it; `$$` is a dollar. What is not known stays as it is.
fn expanded(value: &str, before: &[Variable]) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(place) = rest.find('$') {
        let (plain, from) = rest.split_at(place);
        text.push_str(plain);
        if let Some(after) = from.strip_prefix("$$") {
            text.push('$');
            rest = after;
            continue;
        }
        let named = from.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        let known = named.and_then(|(name, after)| {
            let variable = before.iter().find(|variable| variable.name == name)?;
            Some((variable.plain.clone()?, after))
        });
        match known {
            Some((value, after)) => {
                text.push_str(&value);
                rest = after;
            }
            None => {
                text.push('$');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    text
}

/// What the services of the namespace add: their addresses, as far as they were there before the pod started.
fn service_links(pod: &Value, home: container::Home<'_>, services: &Listed) -> (Option<Item>, String) {
    if at(home.spec, "enableServiceLinks").as_bool() == Some(false) {
        return (None, ", none from services (enableServiceLinks is false)".to_owned());
    }
    let Listed::Objects(services) = services else {
        return (None, String::new());
    };
    let started = crate::text::parse_time(text_at(pod, "status/startTime"));
    let mut rows = Vec::new();
    for service in services.iter().map(|service| &service.value) {
        let address = text_at(service, "spec/clusterIP");
        let created = crate::text::parse_time(text_at(service, "metadata/creationTimestamp"));
        if address.is_empty() || address == "None" || started.is_some_and(|started| created > Some(started)) {
            continue;
        }
        let name = say::name(service);
        let stem = name.to_uppercase().replace('-', "_");
        let from = || say::link(&format!("service {name}"), "", "services", home.namespace, name);
        rows.push(vec![format!("{stem}_SERVICE_HOST").into(), address.into(), from()]);
        for (index, port) in items_at(service, "spec/ports").iter().enumerate() {
            let number = say::scalar(at(port, "port"));
            if index == 0 {
                rows.push(vec![
                    format!("{stem}_SERVICE_PORT").into(),
                    number.as_str().into(),
                    from(),
                ]);
            }
            let port_name = text_at(port, "name").to_uppercase().replace('-', "_");
            if !port_name.is_empty() {
                rows.push(vec![
                    format!("{stem}_SERVICE_PORT_{port_name}").into(),
                    number.into(),
                    from(),
                ]);
            }
        }
    }
    let note = format!(", {} from services", rows.len());
    let item = (!rows.is_empty()).then(|| {
        let table = Item::table(&["Name", "Value", "From"], rows);
        Item::folded(
            "in every container, from services that were there before the pod",
            Phrase::default(),
            vec![table],
        )
    });
    (item, note)
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn the_environment_in_effect_names_its_sources() {
        let pod = json!({"metadata": {"name": "cart-1", "namespace": "shop"},
            "spec": {"containers": [{"name": "app", "resources": {"limits": {"memory": "64Mi"}},
                "envFrom": [{"configMapRef": {"name": "conf"}}, {"prefix": "P_", "secretRef": {"name": "sec"}},
                    {"configMapRef": {"name": "gone"}}],
                "env": [{"name": "LOG", "value": "info"}, {"name": "URL", "value": "http://$(HOST)/$$x/$(NOPE)"},
                    {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
                    {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "sec", "key": "pw"}}},
                    {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "none"}}}]}]},
            "status": {"startTime": "2024-05-01T09:00:00Z"}});
        let world = World::default()
            .with("", "configmaps", json!({"metadata": {"name": "conf", "namespace": "shop"},
                "data": {"LOG": "debug", "HOST": "db"}}))
            .with("", "services", json!({"metadata": {"name": "my-db", "namespace": "shop",
                "creationTimestamp": "2024-05-01T08:00:00Z"}, "spec": {"clusterIP": "10.0.0.7", "ports": [{"port": 5432, "name": "pg"}]}}));
        let text = world.describe("", "Pod", &pod);
        let lines: Vec<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "Environment In Effect: 9 variables, 3 from services",
            "HOST db config map conf",
            "LOG info the pod itself over config map conf",
            "P_… every key secret sec",
            "… there is no such config map config map gone",
            "URL http://db/$x/$(NOPE) the pod itself",
            "POD cart-1 field metadata.name",
            "MEM 64 resource limits.memory",
            "PW •••••• secret sec, key pw",
            "K not set: there is no such key config map conf, key none",
            "MY_DB_SERVICE_HOST 10.0.0.7 service my-db",
            "MY_DB_SERVICE_PORT_PG 5432 service my-db",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
        assert!(
            world
                .asked()
                .iter()
                .all(|companion| companion.resource.resource != "secrets")
        );
    }
}
