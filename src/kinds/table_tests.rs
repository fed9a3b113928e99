//! Tables as servers print them, and what becomes of them.

use super::testing::{NOW, at, link};
use super::*;
use crate::theme::Role;

/// A reader for columns written as `Name:type:priority`, of which type and priority may be missing.
fn reader(kind: Option<&'static Kind>, columns: &str) -> TableReader {
    let definitions: Vec<ServerColumn> = columns
        .split('|')
        .map(|column| {
            let mut parts = column.split(':');
            let name = parts.next().unwrap_or_default();
            let json = serde_json::json!({
                "name": name,
                "type": parts.next().unwrap_or("string"),
                "format": if name == "Name" { "name" } else { "" },
                "priority": parts.next().map_or(0, |priority| priority.parse::<i32>().unwrap()),
                "description": parts.next().unwrap_or_default(),
            });
            serde_json::from_value(json).unwrap()
        })
        .collect();
    TableReader::new(kind, &definitions)
}

fn read(reader: &TableReader, cells: &str) -> Row {
    let json = format!(
        r#"{{"cells":{cells},"object":{{"kind":"PartialObjectMetadata","metadata":{{"name":"it","namespace":"shop",
        "uid":"0f0e0d0c-0b0a-4908-8706-050403020100","creationTimestamp":"{}","labels":{{"app":"it"}}}}}}}}"#,
        at(300)
    );
    reader.row(json.as_bytes(), &mut Scratch::new()).unwrap()
}

/// All columns as `HEADER=text`, those that are hidden in brackets.
fn shown(reader: &TableReader, row: &Row) -> String {
    let columns = reader.columns();
    let texts = columns.iter().map(|column| {
        let text = format!("{}={}", column.name, row.cell(&column.field).value.text(NOW));
        if column.shown { text } else { format!("[{text}]") }
    });
    texts.collect::<Vec<String>>().join(" ")
}

#[test]
fn kinds_read_from_tables() {
    use Health::*;
    let of = |group: &str, resource: &str| kind(group, resource).unwrap();
    let rbac = "rbac.authorization.k8s.io";
    let table = [
        (
            of("", "configmaps"),
            "Name|Data:string|Age",
            r#"["it",3,"5m"]"#,
            "NAME=it DATA=3 AGE=5m [OWNER=]",
            Good,
        ),
        (
            of("", "secrets"),
            "Name|Type|Data|Age",
            r#"["it","Opaque",1,"5m"]"#,
            "NAME=it TYPE=Opaque DATA=1 AGE=5m [OWNER=]",
            Good,
        ),
        (
            of("", "serviceaccounts"),
            "Name|Secrets|Age",
            r#"["it",0,"5m"]"#,
            "NAME=it SECRETS=0 AGE=5m [OWNER=]",
            Good,
        ),
        (
            of("networking.k8s.io", "networkpolicies"),
            "Name|Pod-Selector|Age",
            r#"["it","app=web","5m"]"#,
            "NAME=it POD-SELECTOR=app=web AGE=5m [OWNER=]",
            Good,
        ),
        (
            of("networking.k8s.io", "ingressclasses"),
            "Name|Controller|Parameters|Age",
            r#"["it","example.dev/lb","<none>","5m"]"#,
            "NAME=it CONTROLLER=example.dev/lb PARAMETERS=<none> AGE=5m",
            Good,
        ),
        (
            of(rbac, "roles"),
            "Name|Created At:date",
            r#"["it","2026-01-01T00:00:00Z"]"#,
            "NAME=it CREATED AT=2026-01-01T00:00:00Z AGE=5m [OWNER=]",
            Good,
        ),
        (
            of(rbac, "rolebindings"),
            "Name|Role|Age|Users:string:1|Groups:string:1|ServiceAccounts:string:1",
            r#"["it","Role/reader","5m","","devs","shop/ci, shop/cd"]"#,
            "NAME=it ROLE=Role/reader AGE=5m [USERS=] [GROUPS=devs] [SERVICEACCOUNTS=shop/ci, shop/cd] [OWNER=]",
            Good,
        ),
        (
            of("scheduling.k8s.io", "priorityclasses"),
            "Name|Value|Global-Default|Age|PreemptionPolicy",
            r#"["it",2000000000,false,"5m","PreemptLowerPriority"]"#,
            "NAME=it VALUE=2000000000 GLOBAL-DEFAULT=false AGE=5m PREEMPTIONPOLICY=PreemptLowerPriority",
            Good,
        ),
        (
            of("coordination.k8s.io", "leases"),
            "Name|Holder|Age",
            r#"["it","node-a","5m"]"#,
            "NAME=it HOLDER=node-a AGE=5m [OWNER=]",
            Good,
        ),
        (
            of("", "componentstatuses"),
            "Name|Status|Message|Error",
            r#"["it","Unhealthy","","refused\nsecond line"]"#,
            "NAME=it STATUS=Unhealthy MESSAGE= ERROR=refused...",
            Bad,
        ),
    ];
    for (kind, columns, cells, expected, health) in table {
        let reader = reader(Some(kind), columns);
        let row = read(&reader, cells);
        assert_eq!(shown(&reader, &row), expected, "{}", kind.kind);
        assert_eq!(row.health, health, "{}", kind.kind);
        // Counts are numbers even where the server calls them strings.
        let numbers = row
            .cells
            .iter()
            .filter(|cell| matches!(cell.value, Value::Int(_)))
            .count();
        let right = reader
            .columns()
            .iter()
            .filter(|c| c.align == Align::Right && c.field != Field::Age)
            .count();
        assert_eq!(numbers, right, "{}", kind.kind);
    }
}

#[test]
fn what_the_server_prints_decides_about_columns() {
    // A column that an old server does not print is left out, one that a newer one adds is shown before our extras.
    let classes = kind("scheduling.k8s.io", "priorityclasses");
    let reader = reader(classes, "Name|Value:integer|Age|Colour|Weight:number:1");
    let row = read(&reader, r#"["it",7,"5m","red",0.5]"#);
    let expected = "NAME=it VALUE=7 AGE=5m COLOUR=red [WEIGHT=0.5]";
    assert_eq!(shown(&reader, &row), expected);
    // A kind that is read as an object, in a version we do not know: its order and headers, health by words.
    let volumes = kind("", "persistentvolumes");
    let reader = self::reader(volumes, "Name|Status|Capacity|Age");
    let row = read(&reader, r#"["it","Failed","10Gi","5m"]"#);
    assert_eq!(shown(&reader, &row), "NAME=it CAPACITY=10Gi STATUS=Failed AGE=5m");
    assert_eq!(row.health, Health::Bad);
}

#[test]
fn custom_resources_by_their_printer_columns() {
    use Health::*;
    let table = [
        (
            "Name|Url|Replicas:integer|Ready|Weight:number|Secret Name:string:1|Age:date",
            r#"["it","http://a",3,"1/3",0.25,"s","9h"]"#,
            "NAME=it URL=http://a REPLICAS=3 READY=1/3 WEIGHT=0.25 [SECRET NAME=s] AGE=5m [OWNER=]",
            Warn,
        ),
        // No age is printed: it is added. What is missing is blank.
        ("Name|Phase", r#"["it",null]"#, "NAME=it PHASE= AGE=5m [OWNER=]", Good),
        // Surplus cells are ignored, missing ones are blank.
        (
            "Name|Phase|Url",
            r#"["it","Pending"]"#,
            "NAME=it PHASE=Pending URL= AGE=5m [OWNER=]",
            Progress,
        ),
        ("Name", r#"["it","more","and more"]"#, "NAME=it AGE=5m [OWNER=]", Good),
        // Something else that is called a name, behind the name itself.
        (
            "Name|NAME",
            r#"["it","other"]"#,
            "NAME=it NAME=other AGE=5m [OWNER=]",
            Good,
        ),
        // The table of a server that prints no name.
        ("Ready", r#"["False"]"#, "NAME=it READY=False AGE=5m [OWNER=]", Warn),
        (
            "Name|Ready|Status",
            r#"["it","False","Succeeded"]"#,
            "NAME=it READY=False STATUS=Succeeded AGE=5m [OWNER=]",
            Done,
        ),
    ];
    for (columns, cells, expected, health) in table {
        let reader = reader(None, columns);
        let row = read(&reader, cells);
        assert_eq!(shown(&reader, &row), expected, "{columns}");
        assert_eq!(row.health, health, "{columns}");
    }
}

#[test]
fn an_age_of_something_else_is_not_the_objects_age() {
    let definition = |path: &str| ServerColumn {
        name: "Age".to_owned(),
        kind: "date".to_owned(),
        description: format!("Custom resource definition column (in JSONPath format): {path}"),
        ..ServerColumn::default()
    };
    let reader = |path: &str| TableReader::new(None, &[definition(path)]);
    let own = reader(".metadata.creationTimestamp");
    assert_eq!(shown(&own, &read(&own, r#"["7d"]"#)), "NAME=it AGE=5m [OWNER=]");
    let other = reader(".status.startedAt");
    let row = read(&other, r#"["7d"]"#);
    assert!(
        shown(&other, &row).starts_with("NAME=it AGE=7d"),
        "{}",
        shown(&other, &row)
    );
}

#[test]
fn values_sort_as_what_they_are_and_words_are_coloured() {
    let reader = reader(None, "Name|Replicas:integer|Ready|Size|Status");
    let row = read(&reader, r#"["it",3,"1/3","10Gi","<none>"]"#);
    assert_eq!(row.cells[0].value, Value::Int(3));
    assert_eq!(row.cells[1].value, Value::Ratio(1, 3));
    assert_eq!(row.cells[1].role, Role::Warn);
    assert!(matches!(row.cells[2].value, Value::Quantity(_)));
    assert_eq!(row.cells[3].role, Role::Muted);
    let odd = read(&reader, r#"["it","many","01/3","big",{"a":[1]}]"#);
    assert_eq!(
        shown(&reader, &odd),
        "NAME=it REPLICAS=many READY=01/3 SIZE=big STATUS= AGE=5m [OWNER=]"
    );
    assert!(odd.cells[..3].iter().all(|cell| matches!(cell.value, Value::Text(_))));
    assert_eq!(odd.labels_text(), "app=it");
}

#[test]
fn links_of_kinds_read_from_tables() {
    let rbac = "rbac.authorization.k8s.io";
    let table = [
        (
            rbac,
            "rolebindings",
            "Role",
            r#"["Role/reader"]"#,
            "role",
            "roles.rbac.authorization.k8s.io [shop] [] [metadata.name=reader]",
        ),
        (
            rbac,
            "rolebindings",
            "Role",
            r#"["ClusterRole/system:admin"]"#,
            "role",
            "clusterroles.rbac.authorization.k8s.io [] [] [metadata.name=system:admin]",
        ),
        (
            rbac,
            "clusterrolebindings",
            "Role",
            r#"["ClusterRole/a"]"#,
            "role",
            "clusterroles.rbac.authorization.k8s.io [] [] [metadata.name=a]",
        ),
        (rbac, "rolebindings", "Role", r#"["Odd/a"]"#, "role", "none"),
        (
            "networking.k8s.io",
            "networkpolicies",
            "Pod-Selector",
            r#"["a in (b,c)"]"#,
            "pods",
            "pods [shop] [a in (b,c)] []",
        ),
        (
            "networking.k8s.io",
            "networkpolicies",
            "Pod-Selector",
            r#"["<none>"]"#,
            "pods",
            "pods [shop] [] []",
        ),
        (
            "networking.k8s.io",
            "networkpolicies",
            "Pod-Selector",
            r#"["<error>"]"#,
            "pods",
            "none",
        ),
        (
            "",
            "serviceaccounts",
            "Secrets",
            "[0]",
            "pods",
            "pods [shop] [] [spec.serviceAccountName=it]",
        ),
    ];
    for (group, resource, column, cells, name, expected) in table {
        let kind = kind(group, resource).unwrap();
        let row = read(&reader(Some(kind), column), cells);
        assert_eq!(link(kind, &row, name), expected, "{resource} {cells}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_more() {
    let many = ["Status"; 400].join("|");
    for columns in ["", "Name", "Status|Status", "Na\u{1b}[31mme|\u{202e}X", many.as_str()] {
        let reader = reader(None, columns);
        assert!(reader.columns().len() < 80);
        for column in reader.columns().iter() {
            assert!(!column.name.contains(['\u{1b}', '\u{202e}']), "{:?}", column.name);
        }
        for raw in [
            "",
            "{",
            "[]",
            "{}",
            "null",
            r#"{"cells":[1]}"#,
            r#"{"object":{"metadata":{"name":""}}}"#,
        ] {
            assert!(reader.row(raw.as_bytes(), &mut Scratch::new()).is_err(), "{raw}");
        }
        for cells in ["null", "{}", "7", "[]", r#"[[1],{"a":2},null,true,1e9,"\u001b[2J"]"#] {
            let row = read(&reader, cells);
            assert!(!shown(&reader, &row).contains('\u{1b}'), "{cells}");
        }
    }
}

#[test]
fn only_the_first_column_that_is_marked_as_a_name_is_the_objects_own() {
    let marked = |name: &str| ServerColumn {
        name: name.to_owned(),
        kind: "string".to_owned(),
        format: "name".to_owned(),
        ..ServerColumn::default()
    };
    let reader = TableReader::new(None, &[marked("Name"), marked("Attacher")]);
    let row = read(&reader, r#"["it","none.example.org"]"#);
    assert_eq!(
        shown(&reader, &row),
        "NAME=it ATTACHER=none.example.org AGE=5m [OWNER=]"
    );
}
