//! Parts that several kinds have in common: conditions, selectors, pod templates, and the ways from a row to others.
//! Texts are those of kubectl's printers, character for character.

use super::cell::{Cell, Value};
use super::decode::{List, Map, Part, Parts, Scratch, Text};
use super::kind::Target;
use super::resource::ResourceName;
use super::row::{Fact, Health, Reference, Row, Uid};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// An entry of status.conditions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition<'a> {
    /// type
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// `True`, `False` or `Unknown`.
    pub status: Text<'a>,
    /// One word why.
    pub reason: Text<'a>,
}

/// status.conditions
pub type Conditions<'a> = Parts<Condition<'a>>;

impl<'a> Conditions<'a> {
    /// The condition of this type.
    pub fn of_type(&self, kind: &str) -> Option<&Condition<'a>> {
        self.iter()
            .map(|part| &part.0)
            .find(|condition| &*condition.kind == kind)
    }

    /// Whether the condition of this type is `True`.
    pub fn is_true(&self, kind: &str) -> bool {
        self.of_type(kind).is_some_and(|condition| &*condition.status == "True")
    }

    /// Whether the condition of this type is `False`.
    pub fn is_false(&self, kind: &str) -> bool {
        self.of_type(kind)
            .is_some_and(|condition| &*condition.status == "False")
    }

    /// The reason of the condition of this type, empty when there is none.
    pub fn reason(&self, kind: &str) -> &str {
        self.of_type(kind).map_or("", |condition| &condition.reason)
    }
}

/// A LabelSelector.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector<'a> {
    /// Pairs that must stand there.
    #[serde(borrow)]
    pub match_labels: Map<'a>,
    /// Further requirements.
    pub match_expressions: Parts<Requirement<'a>>,
}

/// An entry of matchExpressions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Requirement<'a> {
    /// Label key.
    #[serde(borrow)]
    pub key: Text<'a>,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Text<'a>,
    /// Values of In and NotIn.
    pub values: List<Text<'a>>,
}

impl LabelSelector<'_> {
    /// The canonical text of the selector, as kubectl prints it and as the server reads it: requirements sorted by key.
    /// Empty when there are none; None when an operator is unknown (kubectl prints `<error>`).
    pub fn text(&self) -> Option<String> {
        let mut requirements: Vec<(&str, String)> = self
            .match_labels
            .iter()
            .map(|(key, value)| (&**key, format!("{}={}", &**key, &**value)))
            .collect();
        for requirement in &self.match_expressions {
            let key = &*requirement.key;
            let mut values: Vec<&str> = requirement.values.iter().map(|value| &**value).collect();
            values.sort_unstable();
            let values = values.join(",");
            requirements.push((
                key,
                match &*requirement.operator {
                    "In" => format!("{key} in ({values})"),
                    "NotIn" => format!("{key} notin ({values})"),
                    "Exists" => key.to_owned(),
                    "DoesNotExist" => format!("!{key}"),
                    _ => return None,
                },
            ));
        }
        requirements.sort_by(|a, b| a.0.cmp(b.0));
        let texts: Vec<String> = requirements.into_iter().map(|(_, text)| text).collect();
        Some(texts.join(","))
    }
}

/// A selector that is a plain map, as kubectl prints it: sorted pairs, empty when there are none.
pub fn map_text(map: &Map<'_>) -> String {
    let mut pairs: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{}={}", &**key, &**value))
        .collect();
    pairs.sort_unstable();
    pairs.join(",")
}

/// The SELECTOR cell and the fact that links read. A selector without requirements selects nothing here.
pub fn selector_cell(text: Option<String>, scratch: &mut Scratch) -> (Cell, Vec<Fact>) {
    match text {
        None => (scratch.shared("<error>").with(Role::Warn), Vec::new()),
        Some(text) if text.is_empty() => (scratch.none(), Vec::new()),
        Some(text) => {
            let text = scratch.interner.clean(&text);
            (Cell::text(text.clone()), vec![Fact::Selector(text)])
        }
    }
}

/// A pod template, as far as tables show it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodTemplate<'a> {
    /// The pods' spec.
    #[serde(borrow)]
    pub spec: Part<TemplateSpec<'a>>,
}

/// The spec in a pod template.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TemplateSpec<'a> {
    /// Containers, without init containers.
    #[serde(borrow)]
    pub containers: Parts<TemplateContainer<'a>>,
    /// Node labels that pods ask for.
    pub node_selector: Map<'a>,
}

/// A container in a pod template.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TemplateContainer<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Image.
    pub image: Text<'a>,
}

impl PodTemplate<'_> {
    /// The CONTAINERS and IMAGES cells.
    pub fn cells(&self, scratch: &mut Scratch) -> [Cell; 2] {
        let containers = &self.spec.containers;
        [
            scratch.shared(&join(containers.iter().map(|container| &*container.name), ",")),
            scratch.shared(&join(containers.iter().map(|container| &*container.image), ",")),
        ]
    }
}

/// Joins texts.
pub fn join<'a>(texts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let mut out = String::new();
    for (place, text) in texts.enumerate() {
        if place > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    out
}

/// kubectl's short lists: the first `max` texts, then ` + N more...`.
pub fn join_with_more(texts: impl Iterator<Item = String>, max: usize, separator: &str) -> String {
    let mut shown: Vec<String> = Vec::with_capacity(max);
    let mut count = 0usize;
    for text in texts {
        if shown.len() < max {
            shown.push(text);
        }
        count += 1;
    }
    let mut out = shown.join(separator);
    if count > max {
        out.push_str(&format!(" + {} more...", count - max));
    }
    out
}

/// A `ready/desired` cell: plain when nothing is missing.
pub fn ratio_cell(ready: u32, desired: u32, health: Health) -> Cell {
    let cell = Cell::new(Value::Ratio(ready, desired));
    if ready >= desired {
        cell
    } else {
        cell.with(missing_role(health))
    }
}

/// A count that should reach `desired`.
pub fn count_cell(count: u32, desired: u32, health: Health) -> Cell {
    let cell = Cell::int(count);
    if count >= desired {
        cell
    } else {
        cell.with(missing_role(health))
    }
}

/// How a number that falls short is coloured: no worse than its object fares.
fn missing_role(health: Health) -> Role {
    match health {
        Health::Good | Health::Warn => Role::Warn,
        other => other.role(),
    }
}

/// The text of a row's cell, unless it is kubectl's way of saying that there is none.
pub fn cell_text(row: &Row, index: usize) -> Option<&Clean> {
    match row.cells.get(index).map(|cell| &cell.value) {
        Some(Value::Text(text)) if !text.is_empty() && text.as_str() != "<none>" && text.as_str() != "<unset>" => {
            Some(text)
        }
        _ => None,
    }
}

/// The row's selector, if it selects anything.
pub fn selector(row: &Row) -> Option<&Clean> {
    row.fact(|fact| match fact {
        Fact::Selector(text) if !text.is_empty() => Some(text),
        _ => None,
    })
}

/// What the row names in this role.
pub fn names<'a>(row: &'a Row, role: &str) -> Option<&'a Reference> {
    row.fact(|fact| match fact {
        Fact::Names(name, reference) if *name == role => Some(reference),
        _ => None,
    })
}

/// The objects of a resource in the row's namespace that its selector selects; only those it controls if `owned`.
pub fn selected(row: &Row, group: &str, resource: &str, owned: bool) -> Option<Target> {
    Some(Target::List {
        resource: ResourceName::new(group, resource),
        namespace: row.namespace.clone(),
        labels: selector(row)?.clone(),
        fields: Clean::default(),
        owner: owned.then(|| row.uid.clone()),
    })
}

/// The pods that the row's selector selects and that it controls.
pub fn owned_pods(row: &Row) -> Option<Target> {
    selected(row, "", "pods", true)
}

/// The objects of a resource in the row's namespace that it controls.
pub fn controlled(row: &Row, group: &str, resource: &str) -> Option<Target> {
    Some(Target::List {
        resource: ResourceName::new(group, resource),
        namespace: row.namespace.clone(),
        labels: Clean::default(),
        fields: Clean::default(),
        owner: Some(row.uid.clone()),
    })
}

/// One object by name.
pub fn named(group: &str, resource: &str, namespace: &Clean, name: &str) -> Option<Target> {
    if name.is_empty() {
        return None;
    }
    Some(Target::List {
        resource: ResourceName::new(group, resource),
        namespace: namespace.clone(),
        labels: Clean::default(),
        fields: field_equals("metadata.name", name),
        owner: None,
    })
}

/// The object that the row names in this role.
pub fn referred(row: &Row, role: &str) -> Option<Target> {
    let reference = names(row, role)?;
    named(
        reference.group.as_str(),
        reference.kind.as_str(),
        &reference.namespace,
        reference.name.as_str(),
    )
}

/// A field selector with one requirement. Commas, equal signs and backslashes in the value are escaped as the API asks.
pub fn field_equals(field: &str, value: &str) -> Clean {
    let mut text = format!("{field}=");
    for character in value.chars() {
        if matches!(character, '\\' | ',' | '=') {
            text.push('\\');
        }
        text.push(character);
    }
    Clean::new(&text)
}

/// The owner of a row's parts: what a row is to the rows made of its parts.
pub fn uid_of_part(whole: &Uid, part: &str) -> Uid {
    Uid::Text(format!("{whole}/{}", Clean::new(part).as_str()).into())
}

#[cfg(test)]
mod tests {
    use super::super::decode::parse;
    use super::*;

    #[test]
    fn selectors_print_canonically() {
        let table = [
            (r#"{}"#, Some("")),
            (r#"{"matchLabels":{"b":"2","a":"1"}}"#, Some("a=1,b=2")),
            (
                r#"{"matchLabels":{"m":"1"},"matchExpressions":[{"key":"z","operator":"In","values":["b","a"]},
                {"key":"c","operator":"NotIn","values":["x"]},{"key":"d","operator":"Exists"},{"key":"a","operator":"DoesNotExist"}]}"#,
                Some("!a,c notin (x),d,m=1,z in (a,b)"),
            ),
            (
                r#"{"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]}"#,
                None,
            ),
        ];
        for (json, expected) in table {
            let selector: LabelSelector<'_> = parse(json.as_bytes()).unwrap();
            assert_eq!(selector.text().as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn short_lists_say_how_many_more() {
        let texts = |count: usize| (0..count).map(|number| number.to_string());
        assert_eq!(join_with_more(texts(0), 2, ","), "");
        assert_eq!(join_with_more(texts(2), 2, ","), "0,1");
        assert_eq!(join_with_more(texts(5), 2, ", "), "0, 1 + 3 more...");
    }

    #[test]
    fn field_selectors_escape() {
        assert_eq!(
            field_equals("metadata.name", r"a,b=c\d").as_str(),
            r"metadata.name=a\,b\=c\\d"
        );
    }
}
