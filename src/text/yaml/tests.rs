//! Against what kubectl itself has written (`tests/data/yaml/`), and against the reader.

use super::*;
use proptest::prelude::*;

const HOSTILE: &str = include_str!("../../../tests/data/yaml/hostile.json");

fn hostile() -> Value {
    let mut value: Value = serde_json::from_str(HOSTILE).unwrap();
    // kubectl had to be given something to do to print it: it took a label away that was not there.
    value["metadata"]["labels"] = serde_json::json!({});
    value
}

fn json(value: &Value) -> Document {
    Document::write(
        value,
        &Shown {
            json: true,
            seen: &|_, _| Seen::All,
        },
    )
}

fn assert_same_lines(own: &str, theirs: &str) {
    for (index, (own, theirs)) in own.split('\n').zip(theirs.split('\n')).enumerate() {
        assert_eq!(own, theirs, "line {}", index + 1);
    }
    assert_eq!(own.len(), theirs.len());
}

#[test]
fn what_is_written_is_what_kubectl_writes() {
    assert_same_lines(
        Document::yaml(&hostile()).text(),
        include_str!("../../../tests/data/yaml/hostile.yaml"),
    );
}

#[test]
fn json_is_what_kubectl_writes() {
    assert_same_lines(
        json(&hostile()).text(),
        include_str!("../../../tests/data/yaml/hostile-pretty.json"),
    );
}

fn read(text: &str) -> Value {
    let options = serde_yaml::options! { legacy_octal_numbers: true, budget: None };
    serde_yaml::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn keys_whose_order_goes_round_do_no_harm() {
    // a01 before a10 before a1b before a01: kubectl's order is none, and whatever comes first is as good.
    let keys = (0..500).map(|number| {
        format!(
            "a{}",
            ["01", "10", "1b", "0", "b1", "9"][number % 6].repeat(number % 5 + 1)
        )
    });
    let map: serde_json::Map<String, Value> = keys.map(|key| (key, Value::Null)).collect();
    let count = map.len();
    assert_eq!(Document::yaml(&Value::Object(map)).len(), count);
}

#[test]
fn hostile_texts_read_back_as_they_were() {
    let texts: Vec<Value> = hostile()["list"].as_array().unwrap().clone();
    assert!(texts.len() >= 150);
    for text in texts {
        if text.as_str().is_some_and(is_odd_word) {
            continue;
        }
        let value = serde_json::json!({"above": [{"key": text}], "next": 1});
        assert_eq!(read(Document::yaml(&value).text()), value, "{text:?}");
    }
}

#[test]
fn paths_and_values() {
    let value = serde_json::json!({
        "metadata": {"labels": {"app.kubernetes.io/name": "cart", "it's": "x"}},
        "spec": {"containers": [{"image": "a", "name": "b"}, {"args": ["one", "two\nlines"]}], "tail": [[1, 2]]},
    });
    let document = Document::yaml(&value);
    let rows: Vec<(String, String)> = (0..document.len())
        .map(|line| (document.line(line).to_owned(), document.path(line)))
        .collect();
    let expected = [
        ("metadata:", "metadata"),
        ("labels:", "metadata.labels"),
        (
            "app.kubernetes.io/name: cart",
            "metadata.labels['app.kubernetes.io/name']",
        ),
        ("it's: x", "metadata.labels['it\\'s']"),
        ("spec:", "spec"),
        ("containers:", "spec.containers"),
        ("- image: a", "spec.containers[0].image"),
        ("name: b", "spec.containers[0].name"),
        ("- args:", "spec.containers[1].args"),
        ("- one", "spec.containers[1].args[0]"),
        ("- |-", "spec.containers[1].args[1]"),
        ("two", "spec.containers[1].args[1]"),
        ("lines", "spec.containers[1].args[1]"),
        ("tail:", "spec.tail"),
        ("- - 1", "spec.tail[0][0]"),
        ("- 2", "spec.tail[0][1]"),
    ];
    for (own, expected) in rows.iter().zip(expected) {
        assert_eq!((own.0.as_str(), own.1.as_str()), expected);
    }
    assert_eq!(rows.len(), expected.len());
    assert_eq!(
        value_at(&value, &document.steps(10)),
        Some(&serde_json::json!("two\nlines"))
    );
    assert_eq!(
        json_path(&document.steps(2)),
        "{.metadata.labels.app\\.kubernetes\\.io/name}"
    );
    assert_eq!(json_path(&document.steps(3)), "{.metadata.labels['it\\'s']}");
    let depths: Vec<usize> = (0..document.len()).map(|line| document.depth(line)).collect();
    assert_eq!(depths, [0, 1, 2, 2, 0, 1, 2, 3, 2, 4, 4, 5, 5, 1, 2, 3]);
}

#[test]
fn pieces_cover_the_line() {
    for document in [Document::yaml(&hostile()), json(&hostile())] {
        for line in 0..document.len() {
            let text = document.line(line);
            let mut at = 0;
            for (range, _) in document.pieces(line) {
                assert_eq!(range.start, at, "{text}");
                at = range.end;
            }
            assert_eq!(at, text.len(), "{text}");
        }
    }
    let document = Document::yaml(&serde_json::json!({"a": [{"b: c": 1}], "t": "x: y", "n": null, "l": "a\nb"}));
    let told = |line: usize| -> Vec<(&str, Token)> {
        document
            .pieces(line)
            .into_iter()
            .map(|(range, token)| (&document.line(line)[range], token))
            .collect()
    };
    assert_eq!(
        told(1),
        [
            ("- ", Token::Sign),
            ("'b: c'", Token::Key),
            (": ", Token::Sign),
            ("1", Token::Number)
        ]
    );
    assert_eq!(told(2), [("l", Token::Key), (": ", Token::Sign), ("|-", Token::Header)]);
    assert_eq!(told(3), [("a", Token::Text)]);
    assert_eq!(
        told(6),
        [("t", Token::Key), (": ", Token::Sign), ("'x: y'", Token::Text)]
    );
}

#[test]
fn fields_are_hidden_and_masked() {
    let value = serde_json::json!({"data": {"a": "c2VjcmV0"}, "metadata": {"managedFields": [1], "name": "x"}});
    let seen = |keys: &[&str], _: &Value| match keys {
        ["metadata", "managedFields"] => Seen::Not,
        ["data", _] => Seen::Instead("••• 6 bytes".to_owned()),
        _ => Seen::All,
    };
    let yaml = Document::write(
        &value,
        &Shown {
            json: false,
            seen: &seen,
        },
    );
    assert_eq!(yaml.text(), "data:\n  a: ••• 6 bytes\nmetadata:\n  name: x\n");
    let json = Document::write(
        &value,
        &Shown {
            json: true,
            seen: &seen,
        },
    );
    assert!(
        !json.text().contains("c2Vj") && !json.text().contains("managed"),
        "{}",
        json.text()
    );
    assert_eq!(
        serde_json::from_str::<Value>(json.text()).unwrap()["metadata"],
        serde_json::json!({"name": "x"})
    );
}

#[test]
fn a_text_that_ends_open_is_ended() {
    // As kubectl writes it: the mark says that the empty lines before it belong to the text.
    let document = Document::yaml(&serde_json::json!({"a": "b\n\n"}));
    assert_eq!(read(document.text()), serde_json::json!({"a": "b\n\n"}));
}

/// Words that are text for kubectl, and so written plain, while the reader takes them for truth values or nothing.
fn is_odd_word(text: &str) -> bool {
    let lower = text.to_lowercase();
    let special = [
        "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", "+.inf", "-.inf",
    ];
    // Line and paragraph separators: kubectl indents after them, which other readers take for a part of the text.
    (lower != text && special.contains(&lower.as_str())) || text.contains(['\u{2028}', '\u{2029}'])
}

/// Whole numbers and floats of the same value are the same number to kubectl.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => close(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| alike(one, other)))
        }
        _ => one == other,
    }
}

/// Equal but for the last place, which serde_json loses when it reads.
fn close(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
    (one - other).abs() <= one.abs() * 1e-15
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9 :#'\"\\-\\[\\]{}|>&*!%@`,?~._\n\t]{0,40}",
        "(word |x: |- |# |\n| ){0,40}",
        "\\PC{0,20}",
        any::<String>(),
    ]
    .prop_filter("read otherwise", |text| !is_odd_word(text))
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(any_text(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn what_is_written_reads_back(value in any_value()) {
        let value = serde_json::json!({"root": value});
        let document = Document::yaml(&value);
        let lines: Vec<&str> = (0..document.len()).map(|line| &document.text()[document.range(line)]).collect();
        prop_assert_eq!(lines.join("\n") + "\n", document.text());
        let json = json(&value);
        prop_assert!(alike(&serde_json::from_str::<Value>(json.text()).unwrap(), &value));
        let back = read(document.text());
        prop_assert!(alike(&back, &value), "{}\n{back}\n{value}", document.text());
    }
}
