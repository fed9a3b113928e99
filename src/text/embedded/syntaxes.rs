//! What the languages look like that people keep in Kubernetes objects: comments, strings, words, numbers and variables,
//! no more. A row of a context is tried in order at every place of a line; what no row takes is plain.

use super::Language;
use syntect::parsing::syntax_definition::{
    Context, ContextReference, MatchOperation, MatchPattern, Pattern, SyntaxDefinition,
};
use syntect::parsing::{Scope, SyntaxSet, SyntaxSetBuilder};

/// Where a match leads.
#[derive(Clone, Copy)]
pub(super) enum Go {
    Stay,
    Into(&'static str),
    Out,
}

/// A pattern, the scope of what it takes, and where it leads.
pub(super) type Row = (&'static str, &'static str, Go);

/// A context: its name, the scope of all within it, its rows. The one that a text begins in is called `start`.
pub(super) type Rows = (&'static str, &'static str, &'static [Row]);

use Go::{Into, Out, Stay};

const NUMBER: Row = (
    r"\b0[xX][0-9a-fA-F]+\b|\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b",
    "constant.numeric",
    Stay,
);
const HASH: Row = (r"#.*", "comment", Stay);
/// A string of one line; one that does not end ends with its line.
const DOUBLE: Row = (r#""(?:[^"\\]|\\.)*"?"#, "string", Stay);
const SINGLE: Row = (r"'(?:[^'\\]|\\.)*'?", "string", Stay);
const SHELL_VARIABLE: Row = (r"\$(?:\{[^}]*\}?|\w+|[@#?*!$-])", "variable", Stay);

const SHELL: &[Rows] = &[
    (
        "start",
        "",
        &[
            (r"\\.", "", Stay),
            (r"\$#|\$\{[^}]*\}?", "variable", Stay),
            // A # within a word begins no comment.
            (r"[\w./:@%+-]#[^\s]*", "", Stay),
            HASH,
            (r#"<<-?\s*["'\\]?(\w{1,40})["']?"#, "keyword", Into("here")),
            (r#"""#, "string", Into("double")),
            (r"'", "string", Into("single")),
            (r"[A-Za-z_]\w*\+?=", "variable", Stay),
            SHELL_VARIABLE,
            (r"(?:--?)[A-Za-z][\w-]*", "", Stay),
            (
                r"\b(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|in|function|select|return|exit|break|continue|export|local|readonly|declare|set|unset|shift|source|eval|exec|trap|echo|printf|cd|test|read|wait)\b(?![-./=])",
                "keyword",
                Stay,
            ),
            (r"[A-Za-z_][\w.-]*", "", Stay),
            NUMBER,
        ],
    ),
    (
        "double",
        "string",
        &[(r"\\.", "string", Stay), (r#"""#, "string", Out), SHELL_VARIABLE],
    ),
    ("single", "string", &[(r"'", "string", Out)]),
    ("here", "string", &[(r"^\s*\1\s*$", "keyword", Out), SHELL_VARIABLE]),
];

const PYTHON: &[Rows] = &[
    (
        "start",
        "",
        &[
            HASH,
            (r#"\b[rRbBuUfF]{0,2}""""#, "string", Into("double")),
            (r#"""""#, "string", Into("double")),
            (r"\b[rRbBuUfF]{0,2}'''", "string", Into("single")),
            (r"'''", "string", Into("single")),
            DOUBLE,
            SINGLE,
            (r"^\s*@[\w.]+", "variable", Stay),
            (
                r"\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b",
                "keyword",
                Stay,
            ),
            (r"\b(?:True|False|None)\b", "constant.numeric", Stay),
            (r"\b(?:self|cls)\b", "variable", Stay),
            NUMBER,
        ],
    ),
    (
        "double",
        "string",
        &[(r"\\.", "string", Stay), (r#"""""#, "string", Out)],
    ),
    ("single", "string", &[(r"\\.", "string", Stay), (r"'''", "string", Out)]),
];

const JSON: &[Rows] = &[(
    "start",
    "",
    &[
        (r#""(?:[^"\\]|\\.)*"(?=\s*:)"#, "variable", Stay),
        DOUBLE,
        (r"\b(?:true|false|null)\b", "constant.numeric", Stay),
        (r"//.*", "comment", Stay),
        NUMBER,
    ],
)];

const SETTINGS: &[Rows] = &[(
    "start",
    "",
    &[
        (r"^\s*[#;!].*", "comment", Stay),
        (r"^\s*\[.*\]\s*$", "keyword", Stay),
        (r"^\s*[^=:\s]+(?:\s[^=:\s]+)*(?=\s*[=:])", "variable", Stay),
        DOUBLE,
        (r"\s#.*", "comment", Stay),
        (r"\$\{[^}]*\}?", "variable", Stay),
        (r"\b(?:true|false|yes|no|on|off|null)\b", "constant.numeric", Stay),
        (r"[A-Za-z_][\w.-]*", "", Stay),
        NUMBER,
    ],
)];

const YAML: &[Rows] = &[(
    "start",
    "",
    &[
        (r"^\s*#.*|\s#.*", "comment", Stay),
        (r"^(?:---|\.\.\.)", "keyword", Stay),
        (r#"[\w./$][^:#"'{}\[\],]*(?=:(?:\s|$))"#, "variable", Stay),
        (r#"(?:"[^"]*"|'[^']*')(?=:(?:\s|$))"#, "variable", Stay),
        DOUBLE,
        SINGLE,
        (r"[&*][\w-]+", "keyword", Stay),
        (r"\b(?:true|false|null|yes|no)\b", "constant.numeric", Stay),
        (r"[A-Za-z_][\w./-]*", "", Stay),
        NUMBER,
    ],
)];

const MARKUP: &[Rows] = &[
    (
        "start",
        "",
        &[
            (r"<!--", "comment", Into("comment")),
            (r"</?[A-Za-z][\w:.-]*|<[!?][A-Za-z][\w-]*", "keyword", Into("tag")),
            (r"&(?:#?\w+);", "constant.numeric", Stay),
        ],
    ),
    ("comment", "comment", &[(r"-->", "comment", Out)]),
    (
        "tag",
        "",
        &[
            (r"[/?]?>", "keyword", Out),
            (r#""[^"]*"?"#, "string", Stay),
            (r"'[^']*'?", "string", Stay),
            (r"[A-Za-z_:][\w:.-]*", "variable", Stay),
        ],
    ),
];

/// nginx, and what is written like it: a word, its arguments, `;` or a block in braces.
const BLOCKS: &[Rows] = &[(
    "start",
    "",
    &[
        HASH,
        (r"(?:^|(?<=[;{}]))\s*[A-Za-z_][\w.-]*", "keyword", Stay),
        DOUBLE,
        SINGLE,
        SHELL_VARIABLE,
        (r"[A-Za-z_][\w.-]*", "", Stay),
        (r"\b\d+(?:\.\d+)*[kKmMgGsdhw]*\b", "constant.numeric", Stay),
    ],
)];

const DOCKERFILE: &[Rows] = &[(
    "start",
    "",
    &[
        (r"^\s*#.*", "comment", Stay),
        (
            r"^\s*(?i:from|run|cmd|label|expose|env|add|copy|entrypoint|volume|user|workdir|arg|onbuild|stopsignal|healthcheck|shell)\b",
            "keyword",
            Stay,
        ),
        (r"\b(?:AS|as)\b", "keyword", Stay),
        DOUBLE,
        SINGLE,
        SHELL_VARIABLE,
        (r"[A-Za-z_][\w.-]*", "", Stay),
        NUMBER,
    ],
)];

/// Every language with its contexts.
pub(super) const ALL: &[(Language, &[Rows])] = &[
    (Language::Shell, SHELL),
    (Language::Python, PYTHON),
    (Language::Json, JSON),
    (Language::Settings, SETTINGS),
    (Language::Yaml, YAML),
    (Language::Markup, MARKUP),
    (Language::Blocks, BLOCKS),
    (Language::Dockerfile, DOCKERFILE),
];

/// What a language is called in the set.
pub(super) fn name(language: Language) -> &'static str {
    match language {
        Language::Shell => "shell",
        Language::Python => "python",
        Language::Json => "json",
        Language::Settings => "settings",
        Language::Yaml => "yaml",
        Language::Markup => "markup",
        Language::Blocks => "blocks",
        Language::Dockerfile => "dockerfile",
    }
}

/// All of them, ready to read with; None when a row is wrong, which a test excludes.
pub(super) fn set() -> Option<SyntaxSet> {
    let mut builder = SyntaxSetBuilder::new();
    for (language, contexts) in ALL {
        let contexts = contexts.iter().map(|(name, scope, rows)| {
            let mut context = Context::new(false);
            context.meta_content_scope = scopes(scope)?;
            context.uses_backrefs = rows.iter().any(|(pattern, _, _)| names_what_opened(pattern));
            context.patterns = rows.iter().map(pattern).collect::<Option<_>>()?;
            Some((own(name).to_owned(), context))
        });
        builder.add(SyntaxDefinition {
            name: name(*language).to_owned(),
            file_extensions: Vec::new(),
            scope: Scope::new("source").ok()?,
            first_line_match: None,
            hidden: false,
            variables: Default::default(),
            contexts: contexts.collect::<Option<_>>()?,
        });
    }
    Some(builder.build())
}

/// A text begins in the context that has this name.
fn own(name: &str) -> &str {
    if name == "start" { "__start" } else { name }
}

/// Whether a pattern names a group of the one that has led to its context; it is no pattern by itself then.
pub(super) fn names_what_opened(pattern: &str) -> bool {
    pattern.contains(r"\1")
}

fn scopes(scope: &str) -> Option<Vec<Scope>> {
    if scope.is_empty() {
        Some(Vec::new())
    } else {
        Some(vec![Scope::new(scope).ok()?])
    }
}

fn pattern((pattern, scope, go): &Row) -> Option<Pattern> {
    let operation = match go {
        Stay => MatchOperation::None,
        Out => MatchOperation::Pop,
        // A reference by name can be read but not made.
        Into(context) => {
            let reference: ContextReference =
                serde_json::from_value(serde_json::json!({"Named": own(context)})).ok()?;
            MatchOperation::Push(vec![reference])
        }
    };
    let matches = MatchPattern::new(
        names_what_opened(pattern),
        (*pattern).to_owned(),
        scopes(scope)?,
        None,
        operation,
        None,
    );
    Some(Pattern::Match(matches))
}
