//! The documentation of a field, as `kubectl explain` gives it, from the schema that the server publishes.

use crate::msg::Schema;
use crate::text::Clean;
use crate::text::yaml::Step;
use serde_json::Value;

/// References to references are followed so far.
const MOST_REFERENCES: usize = 16;

/// What a schema says of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The field's name; of a list's item that of the list.
    pub name: Clean,
    /// Its type as kubectl writes it: `string`, `[]Container`, `map[string]string`.
    pub kind: Clean,
    /// Whether it has to be given.
    pub required: bool,
    /// What it may be, where that is a closed set.
    pub choices: Vec<Clean>,
    /// What it is when it is not given.
    pub default: Option<Clean>,
    /// Further rules: format, bounds, pattern.
    pub rules: Vec<Clean>,
    /// What it is for, then what its type is for; a paragraph each.
    pub description: Vec<Clean>,
    /// The fields in it: name, type, whether required.
    pub fields: Vec<(Clean, Clean, bool)>,
}

/// The documentation of the field at the end of these steps; None where the schema knows no such field.
pub fn explain(schema: &Schema, steps: &[Step<'_>]) -> Option<Explanation> {
    let root = schema.definitions.get(&schema.root)?;
    let mut field = root;
    let mut name = schema.root.rsplit('.').next().unwrap_or_default();
    let mut required = false;
    for step in steps {
        let (resolved, _) = resolve(schema, field);
        match step {
            Step::Index(_) => field = resolved.get("items")?,
            Step::Key(key) => {
                let property = resolved.get("properties").and_then(|properties| properties.get(*key));
                required = is_required(resolved, key);
                name = key;
                field = match property {
                    Some(property) => property,
                    None => resolved.get("additionalProperties").filter(|any| any.is_object())?,
                };
            }
        }
    }
    let (resolved, _) = resolve(schema, field);
    let mut description = Vec::new();
    for text in [field.get("description"), resolved.get("description")]
        .into_iter()
        .flatten()
    {
        for paragraph in text.as_str().unwrap_or_default().split('\n').map(str::trim) {
            let paragraph = Clean::new(paragraph);
            if !paragraph.is_empty() && !description.contains(&paragraph) {
                description.push(paragraph);
            }
        }
    }
    let either = |key: &str| field.get(key).or_else(|| resolved.get(key));
    let rules = [
        "format",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    ];
    let rule = |key: &&str| either(key).map(|value| Clean::new(&format!("{key} {}", plain(value))));
    let properties = resolved.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, field)| {
        (
            Clean::new(name),
            Clean::new(&type_of(schema, field)),
            is_required(resolved, name),
        )
    });
    Some(Explanation {
        name: Clean::new(name),
        kind: Clean::new(&type_of(schema, field)),
        required,
        choices: either("enum")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|value| Clean::new(&plain(value)))
            .collect(),
        default: either("default").map(|value| Clean::new(&plain(value))),
        rules: rules.iter().filter_map(rule).collect(),
        description,
        fields: fields.collect(),
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_required(parent: &Value, key: &str) -> bool {
    let required = parent.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|name| name.as_str() == Some(key)))
}

/// The name of the schema that one refers to.
pub fn reference(schema: &Value) -> Option<&str> {
    let all = schema
        .get("allOf")
        .and_then(Value::as_array)
        .and_then(|all| match all.as_slice() {
            [one] => Some(one),
            _ => None,
        });
    let link = schema.get("$ref").or_else(|| all?.get("$ref"))?.as_str()?;
    link.rsplit('/').next()
}

/// The schema behind references, and the name of the last one.
fn resolve<'s>(schema: &'s Schema, mut field: &'s Value) -> (&'s Value, Option<&'s str>) {
    let mut name = None;
    for _ in 0..MOST_REFERENCES {
        let Some((next, found)) = reference(field).and_then(|next| Some((next, schema.definitions.get(next)?))) else {
            break;
        };
        (field, name) = (found, Some(next));
    }
    (field, name)
}

fn type_of(schema: &Schema, field: &Value) -> String {
    let mut prefix = String::new();
    let mut field = field;
    for _ in 0..MOST_REFERENCES {
        let (resolved, name) = resolve(schema, field);
        let kind = resolved.get("type").and_then(Value::as_str).unwrap_or_default();
        let any = resolved.get("additionalProperties").filter(|any| any.is_object());
        match (kind, resolved.get("items"), any) {
            ("array", Some(items), _) => {
                prefix.push_str("[]");
                field = items;
            }
            ("object", _, Some(any)) if resolved.get("properties").is_none() => {
                prefix.push_str("map[string]");
                field = any;
            }
            _ => {
                let short = name.and_then(|name| name.rsplit('.').next());
                let is_object = kind.is_empty() || kind == "object";
                let int_or_text = resolved.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true))
                    || resolved.get("format").and_then(Value::as_str) == Some("int-or-string");
                return prefix
                    + match (short, is_object) {
                        _ if int_or_text => "IntOrString",
                        (Some(short), true) => short,
                        (Some(short @ ("Quantity" | "IntOrString" | "Time" | "MicroTime")), _) => short,
                        (_, _) if kind.is_empty() => "Object",
                        (None, true) => "Object",
                        _ => kind,
                    };
            }
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        let definitions = json!({
            "io.k8s.api.core.v1.Pod": {"type": "object", "description": "Pod is a collection.", "properties": {
                "spec": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}], "default": {},
                    "description": "Specification of the pod."},
                "labels": {"type": "object", "additionalProperties": {"type": "string", "default": ""}}}},
            "io.k8s.api.core.v1.PodSpec": {"type": "object", "description": "PodSpec describes.", "required": ["containers"],
                "properties": {"containers": {"type": "array", "description": "List of containers.",
                    "items": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}]}},
                    "loop": {"$ref": "#/definitions/loop"}}},
            "io.k8s.api.core.v1.Container": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "description": "Name.\nUnique \u{1b}[31mhere."},
                "imagePullPolicy": {"type": "string", "enum": ["Always", "Never"], "default": "Always"},
                "port": {"type": "integer", "format": "int32"}}},
            "loop": {"$ref": "#/definitions/loop"}
        });
        Schema {
            definitions: definitions.as_object().unwrap().clone().into_iter().collect(),
            root: "io.k8s.api.core.v1.Pod".to_owned(),
            source: "v3",
        }
    }

    #[test]
    fn fields_are_explained() {
        use Step::{Index, Key};
        let schema = schema();
        let of = |steps: &[Step<'_>]| explain(&schema, steps).unwrap();
        let spec = of(&[Key("spec")]);
        assert_eq!(spec.kind, *"PodSpec");
        assert_eq!(
            spec.description,
            [
                Clean::new("Specification of the pod."),
                Clean::new("PodSpec describes.")
            ]
        );
        assert_eq!(
            spec.fields,
            [
                ("containers".into(), "[]Container".into(), true),
                ("loop".into(), "loop".into(), false)
            ]
        );
        let containers = of(&[Key("spec"), Key("containers")]);
        assert_eq!((containers.kind.as_str(), containers.required), ("[]Container", true));
        assert_eq!(of(&[Key("spec"), Key("containers"), Index(3)]).kind, *"Container");
        let name = of(&[Key("spec"), Key("containers"), Index(0), Key("name")]);
        assert!(name.required && name.kind == *"string");
        assert_eq!(name.description.len(), 2);
        assert!(!name.description[1].as_str().contains('\u{1b}'));
        let policy = of(&[Key("spec"), Key("containers"), Index(0), Key("imagePullPolicy")]);
        assert_eq!(policy.choices, [Clean::new("Always"), Clean::new("Never")]);
        assert_eq!(policy.default, Some(Clean::new("Always")));
        assert_eq!(
            of(&[Key("spec"), Key("containers"), Index(0), Key("port")]).rules,
            [Clean::new("format int32")]
        );
        assert_eq!(of(&[Key("labels")]).kind, *"map[string]string");
        assert_eq!(of(&[Key("labels"), Key("app")]).kind, *"string");
        assert_eq!(of(&[]).name, *"Pod");
        assert_eq!(explain(&schema, &[Key("none")]), None);
        assert_eq!(explain(&schema, &[Key("spec"), Key("loop"), Key("x")]), None);
    }
}
