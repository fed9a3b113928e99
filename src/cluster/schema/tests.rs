use super::*;
use crate::want::ClusterId;
use serde_json::json;

fn want(group: &str, version: &str, kind: &str) -> SchemaWant {
    SchemaWant {
        cluster: ClusterId(0),
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
    }
}

#[test]
fn what_a_kind_reaches_is_picked() {
    let pod = json!({"type": "object", "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/PodSpec"}]}},
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}]});
    let schemas = json!({"io.k8s.api.core.v1.Pod": pod,
        "PodSpec": {"properties": {"containers": {"items": {"$ref": "#/components/schemas/Container"}}, "again": {"$ref": "#/components/schemas/PodSpec"}}},
        "Container": {"type": "object"}, "Other": {"type": "object"},
        "DeleteOptions": {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "DeleteOptions"}]}});
    for (source, document) in [
        ("v3", json!({"components": {"schemas": schemas}})),
        ("v2", json!({"definitions": schemas})),
    ] {
        let body = document.to_string();
        let schema = pick::pick(body.as_bytes(), &want("", "v1", "Pod"), source)
            .unwrap()
            .unwrap();
        assert_eq!(schema.root, "io.k8s.api.core.v1.Pod");
        assert_eq!(
            schema.definitions.keys().collect::<Vec<_>>(),
            ["Container", "PodSpec", "io.k8s.api.core.v1.Pod"]
        );
        assert_eq!(pick::pick(body.as_bytes(), &want("", "v1", "None"), source), Ok(None));
        assert_eq!(pick::pick(body.as_bytes(), &want("x", "v1", "Pod"), source), Ok(None));
    }
    assert!(pick::pick(b"<html>", &want("", "v1", "Pod"), "v3").is_err());
    assert_eq!(pick::pick(b"{}", &want("", "v1", "Pod"), "v3"), Ok(None));
}

#[tokio::test]
async fn the_demo_explains_its_kinds() {
    use crate::describe::explain::explain;
    use crate::text::yaml::Step::Key;
    let demo = crate::demo::Demo::new(crate::demo::DemoOptions::default());
    let connection = Connection::in_memory(move || demo.serve());
    let rows = [
        ("", "v1", "Pod", vec![Key("spec"), Key("containers")]),
        ("apps", "v1", "Deployment", vec![Key("spec"), Key("replicas")]),
        ("", "v1", "Service", vec![Key("spec"), Key("ports")]),
        ("", "v1", "ConfigMap", vec![Key("data")]),
        ("batch", "v1", "Job", vec![Key("metadata"), Key("labels")]),
        ("", "v1", "Node", vec![Key("status")]),
    ];
    for (group, version, kind, steps) in rows {
        let schema = fetch(&connection, &want(group, version, kind)).await.unwrap();
        let told = explain(&schema, &steps).unwrap_or_else(|| panic!("{kind} {steps:?}"));
        assert!(!told.description.is_empty(), "{kind} {steps:?}");
    }
    let old = crate::demo::Demo::new(crate::demo::DemoOptions {
        profile: crate::demo::Profile::Old,
        ..Default::default()
    });
    let old = Connection::in_memory(move || old.serve());
    let schema = fetch(&old, &want("", "v1", "Pod")).await.unwrap();
    assert_eq!(schema.source, "v2");
    let told = explain(&schema, &[Key("spec"), Key("restartPolicy")]).unwrap();
    assert_eq!(told.choices.len(), 3);
    let missing = fetch(&connection, &want("", "v1", "Nothing")).await.unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound);
}
