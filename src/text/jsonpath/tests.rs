use super::*;
use serde_json::json;

fn world() -> Value {
    json!({
        "kind": "List",
        "items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "spec": {"n": 1, "ready": true}},
            {"metadata": {"name": "b"}, "spec": {"n": 2, "ports": [80, 81, 82, 83]}},
            {"metadata": {"name": "c"}, "spec": {"n": 3}}
        ]
    })
}

#[test]
fn answers_as_kubectl_gives_them() {
    let rows = [
        ("{.kind}", "List"),
        (".kind", "List"),
        ("kind", "List"),
        ("{$.kind}", "List"),
        ("{.items[*].metadata.name}", "a b c"),
        ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "c"),
        ("{.items[0,2].metadata.name}", "a c"),
        ("{.items[1:].metadata.name}", "b c"),
        ("{.items[:2].metadata.name}", "a b"),
        ("{.items[0:3:2].metadata.name}", "a c"),
        ("{.items[1].spec.ports[-2:]}", "82 83"),
        (
            "{.items[0].metadata['name','labels']}",
            "a {\"app.kubernetes.io/name\":\"x\"}",
        ),
        ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
        ("{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", "x"),
        ("{..name}", "a b c"),
        ("{.items[?(@.spec.n>1)].metadata.name}", "b c"),
        ("{.items[?(@.spec.n>=2)].metadata.name}", "b c"),
        ("{.items[?(@.spec.n<2)].metadata.name}", "a"),
        ("{.items[?(@.metadata.name==\"b\")].spec.n}", "2"),
        ("{.items[?(@.metadata.name!='b')].spec.n}", "1 3"),
        ("{.items[?(@.spec.ports)].metadata.name}", "b"),
        ("{.items[?(@.spec.ready==true)].metadata.name}", "a"),
        ("{.items[*].missing}", ""),
        ("{.items[9].metadata.name}", ""),
        (
            "{range .items[*]}{.metadata.name}={.spec.n}{\"\\n\"}{end}",
            "a=1\nb=2\nc=3\n",
        ),
        (
            "{range .items[*]}[{.metadata.name}, {.spec.n}] {end}",
            "[a, 1] [b, 2] [c, 3] ",
        ),
        ("names: {.items[*]['metadata'].name}!", "names: a b c!"),
        ("{.items[*].spec['n']}", "1 2 3"),
        ("{@.kind}", "List"),
    ];
    for (query, expected) in rows {
        let answer = JsonPath::new(query)
            .unwrap_or_else(|error| panic!("{query}: {error}"))
            .ask(&world());
        assert_eq!(answer.text(), expected, "{query}");
        assert!(!answer.cut);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let rows = [
        ("", "a path is missing, such as {.metadata.name}"),
        ("{.a", "a closing } is missing"),
        ("{end}", "{end} without {range}"),
        ("{range .a}x", "{end} is missing"),
        (
            "{.a[}",
            "a place, a name in quotes, `*` or `?(` is expected at column 5, not `}`",
        ),
        (
            "{.a[?(@.b=~\"x\")]}",
            "`)` or a comparison is expected at column 10, not `=~\"x\")]}`",
        ),
        ("{.a['x}", "a closing quote is missing"),
        ("{.a[99999999999999999999]}", "a number is too large"),
    ];
    for (query, expected) in rows {
        assert_eq!(JsonPath::new(query), Err(expected.to_owned()), "{query}");
    }
}

#[test]
fn everything_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"a": [deep, 2]});
    }
    assert!(JsonPath::new("{..a}").unwrap().ask(&deep).cut);
    let wide = json!({"list": vec![json!({"x": 1}); 30_000]});
    let answer = JsonPath::new("{.list[*].x}").unwrap().ask(&wide);
    assert!(answer.cut && answer.values().count() <= MOST_STEPS);
    let nested = "{range .a}".repeat(50);
    assert!(JsonPath::new(&nested).is_err());
}

proptest::proptest! {
    #[test]
    fn no_query_breaks_it(query in "[{}.\\[\\]()?@$*:,'\"a-c0-9 =<>!\\\\-]{0,40}") {
        if let Ok(path) = JsonPath::new(&query) {
            path.ask(&world());
        }
    }
}
