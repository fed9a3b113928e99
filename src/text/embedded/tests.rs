//! Languages by name and beginning, pieces by table, and texts that are wrong, long or hostile.

use super::syntaxes::ALL;
use super::*;
use syntect::parsing::Regex;

/// The lines with what is not plain in brackets: `#` comment, `"` text, `k` word, `1` number, `$` variable.
fn marked(language: Language, text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let parts = Embedded::new(language).parts(0..lines.len(), &|at| lines.get(at).copied(), &mut { usize::MAX });
    assert_eq!(parts.len(), lines.len());
    let line = |(parts, line): (&Parts, &&str)| -> String {
        let piece = |(range, part): &(Range<usize>, Option<Part>)| {
            let text = &line[range.clone()];
            let sign = match part {
                None => return text.to_owned(),
                Some(Part::Comment) => '#',
                Some(Part::Text) => '"',
                Some(Part::Keyword) => 'k',
                Some(Part::Number) => '1',
                Some(Part::Variable) => '$',
            };
            format!("⟨{sign} {text}⟩")
        };
        parts.iter().map(piece).collect()
    };
    parts.iter().zip(&lines).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_pattern_is_one() {
    for (language, contexts) in ALL {
        assert!(contexts.iter().any(|(name, _, _)| *name == "start"), "{language:?}");
        for (pattern, scope, go) in contexts.iter().flat_map(|(_, _, rows)| rows.iter()) {
            let pattern = if syntaxes::names_what_opened(pattern) {
                &pattern.replace(r"\1", "EOF")
            } else {
                *pattern
            };
            let error = Regex::try_compile(pattern);
            assert!(error.is_none(), "{language:?} {pattern}: {error:?}");
            assert!(
                !Regex::new(pattern.to_owned()).is_match(""),
                "{language:?} {pattern} takes nothing"
            );
            let known = |scope: &str| {
                names()
                    .unwrap()
                    .iter()
                    .any(|(name, _)| *name == Scope::new(scope).unwrap())
            };
            assert!(scope.is_empty() || known(scope), "{scope}");
            if let syntaxes::Go::Into(into) = go {
                assert!(contexts.iter().any(|(name, _, _)| name == into), "{language:?} {into}");
            }
        }
    }
    assert_eq!(set().unwrap().syntaxes().len(), ALL.len());
}

#[test]
fn languages_by_name_and_beginning() {
    let rows = [
        ("run.sh", "echo", Some(Language::Shell)),
        ("app.PY", "x", Some(Language::Python)),
        ("a/settings.toml", "x = 1", Some(Language::Settings)),
        ("nginx.conf", "user nginx;\nhttp {", Some(Language::Blocks)),
        ("redis.conf", "maxmemory 2mb", None),
        ("my.conf", "[mysqld]\nport=1", Some(Language::Settings)),
        ("Dockerfile", "FROM a", Some(Language::Dockerfile)),
        ("values.yaml", "a: b", Some(Language::Yaml)),
        ("x", "\n  {\"a\": 1}", Some(Language::Json)),
        ("x", "<?xml version='1.0'?>", Some(Language::Markup)),
        ("x", "#!/bin/bash -e", Some(Language::Shell)),
        ("x", "#!/usr/bin/env python3.12", Some(Language::Python)),
        ("x", "#!/usr/bin/perl", None),
        ("x", "< 5", None),
        ("note.txt", "hello", None),
        ("run.sh", "", None),
        ("", "", None),
    ];
    for (name, text, wanted) in rows {
        assert_eq!(language(name, text), wanted, "{name} {text}");
    }
    assert_eq!(
        language_of_command(["/bin/sh", "-c"].into_iter()),
        Some(Language::Shell)
    );
    assert_eq!(
        language_of_command(["tini", "--", "python3", "-c"].into_iter()),
        Some(Language::Python)
    );
    assert_eq!(language_of_command(["/server", "shell"].into_iter()), None);
}

#[test]
fn pieces_by_language() {
    let rows = [
        (Language::Shell, "if x # y", "⟨k if⟩ x ⟨# # y⟩"),
        (
            Language::Shell,
            "A=5 echo \"a $B c\" '$D'",
            "⟨$ A=⟩⟨1 5⟩ ⟨k echo⟩ ⟨\" \"a ⟩⟨$ $B⟩⟨\"  c\"⟩ ⟨\" '$D'⟩",
        ),
        (Language::Shell, "echo 'a\nb' if", "⟨k echo⟩ ⟨\" 'a⟩\n⟨\" b'⟩ ⟨k if⟩"),
        (
            Language::Shell,
            "cat <<EOF\ndon't $A\nEOF\nfi",
            "cat ⟨k <<EOF⟩\n⟨\" don't ⟩⟨$ $A⟩\n⟨k EOF⟩\n⟨k fi⟩",
        ),
        (Language::Shell, "${A#b} a#b \\' x", "⟨$ ${A#b}⟩ a#b \\' x"),
        (
            Language::Python,
            "def f(): return 'a' # b",
            "⟨k def⟩ f(): ⟨k return⟩ ⟨\" 'a'⟩ ⟨# # b⟩",
        ),
        (
            Language::Python,
            "x = \"\"\"a\nif\"\"\" + None",
            "x = ⟨\" \"\"\"a⟩\n⟨\" if\"\"\"⟩ + ⟨1 None⟩",
        ),
        (
            Language::Json,
            "{\"a\": \"b\", \"c\": 1.5}",
            "{⟨$ \"a\"⟩: ⟨\" \"b\"⟩, ⟨$ \"c\"⟩: ⟨1 1.5⟩}",
        ),
        (
            Language::Settings,
            "[a]\nb.c = 5\n; no\nd=true",
            "⟨k [a]⟩\n⟨$ b.c⟩ = ⟨1 5⟩\n⟨# ; no⟩\n⟨$ d⟩=⟨1 true⟩",
        ),
        (
            Language::Yaml,
            "- a: 1 # x\nb: 'c'",
            "- ⟨$ a⟩: ⟨1 1⟩⟨#  # x⟩\n⟨$ b⟩: ⟨\" 'c'⟩",
        ),
        (
            Language::Markup,
            "<a b=\"c\">1</a><!-- x\ny -->z",
            "⟨k <a⟩ ⟨$ b⟩=⟨\" \"c\"⟩⟨k >⟩1⟨k </a>⟩⟨# <!-- x⟩\n⟨# y -->⟩z",
        ),
        (
            Language::Blocks,
            "listen 80; # x\nset $a on;",
            "⟨k listen⟩ ⟨1 80⟩; ⟨# # x⟩\n⟨k set⟩ ⟨$ $a⟩ on;",
        ),
        (
            Language::Dockerfile,
            "FROM a AS b\nENV X=$Y",
            "⟨k FROM⟩ a ⟨k AS⟩ b\n⟨k ENV⟩ X=⟨$ $Y⟩",
        ),
    ];
    for (language, text, wanted) in rows {
        assert_eq!(marked(language, text), wanted, "{language:?}");
    }
}

#[test]
fn pieces_cover_whatever_they_are_given() {
    let long = "\"".repeat(3000);
    let texts = [
        "\u{1b}]52;c;AAAA\u{7}\u{9b}31m\u{202e}x\n\u{1b}[2J\n\0\r\t",
        "\"never ends\nand 'goes on\n<<EOF\n<a b=\n<!--",
        "é\"ü$ö{\u{301}#\u{feff}ä'日本\n$",
        "<<A\n<<A\nA\nA",
        "((((((((((((((((((((((((\\",
        "",
        &long,
    ];
    for (language, _) in ALL {
        for text in texts {
            let lines: Vec<&str> = text.split('\n').collect();
            let parts = Embedded::new(*language).parts(0..99, &|at| lines.get(at).copied(), &mut { usize::MAX });
            assert_eq!(parts.len(), lines.len());
            for (parts, line) in parts.iter().zip(&lines) {
                let whole: String = parts
                    .iter()
                    .map(|(range, _)| line.get(range.clone()).unwrap())
                    .collect();
                assert_eq!(whole, if line.len() > LONGEST { "" } else { *line }, "{language:?}");
            }
        }
    }
    // A long line is left alone, and what follows is read as if it were not there.
    assert_eq!(marked(Language::Shell, &format!("{long}\nfi")), "\n⟨k fi⟩");
}

#[test]
fn it_reads_no_more_than_it_may_and_goes_on_from_there() {
    // What was opened in the first line is still open in the last.
    let lines: Vec<String> = (0..400)
        .map(|at| if at == 0 { "'".to_owned() } else { format!("if {at}") })
        .collect();
    let line = |at: usize| lines.get(at).map(String::as_str);
    let mut text = Embedded::new(Language::Shell);
    let mut turns = 0;
    let last = loop {
        turns += 1;
        let mut allowance = 5000;
        let parts = text.parts(398..400, &line, &mut allowance);
        assert!(turns < 10, "no progress");
        if parts.len() == 2 {
            break parts;
        }
    };
    assert!((5..=7).contains(&turns), "{turns}");
    assert_eq!(last, vec![vec![(0..6, Some(Part::Text))]; 2]);
    // Back to a place in the middle: from the nearest that is remembered, not from the beginning.
    let mut allowance = 5000;
    assert_eq!(text.parts(210..212, &line, &mut allowance).len(), 2);
    assert!(allowance > 5000 - 13 * (LINE_COST + 6), "{allowance}");
    assert!(text.places.len() <= 9, "{}", text.places.len());
}
