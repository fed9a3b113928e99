//! What a typed line may mean, best first: exact names, then names that begin like it, then names that resemble it.

use super::source;
use crate::screens::Shared;
use crate::screens::common::{is_motion, key_label};
use crate::text::{Clean, check_dns_label, fuzzy, nearest};
use crate::theme::Role;
use crate::ui::Choice;
use std::collections::HashSet;

/// More candidates than this are not shown: nobody scrolls that far, one types a letter more.
const MOST: usize = 200;

/// Earlier lines offered while nothing is typed.
const MOST_RECENT: usize = 6;

/// Words of the line that are neither kinds nor commands, and what they do.
const WORDS: &[(&str, &str)] = &[
    ("ns", "the namespaces of this cluster; ns NAME uses one"),
    ("ctx", "the contexts of the kubeconfig; ctx NAME uses one"),
    ("kinds", "every kind that this cluster serves"),
    ("api-resources", "every kind that this cluster serves"),
    ("info", "what Portolan itself uses"),
    ("messages", "what was said"),
    ("log", "what was said"),
    ("help", "all keys and commands"),
    ("h", "all keys and commands"),
    ("q", "quit"),
    ("q!", "quit"),
    ("quit", "quit"),
    ("exit", "quit"),
];

/// What Enter does with a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Runs this line.
    Line(String),
    /// Runs the command, if it can be used now.
    Command(&'static str, bool),
}

/// Something the line may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How it is shown.
    pub choice: Choice,
    /// What it does.
    pub does: Does,
    /// The line that completion makes.
    pub line: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What the line may mean, best first.
    pub candidates: Vec<Candidate>,
    /// Whether the line is understood just as it is typed.
    pub whole: bool,
    /// What is wrong with it when nothing was found.
    pub problem: Option<String>,
}

/// How good a match is: tier (0 exact, 1 begins like it, 2 resembles it, 3 in its description), class, quality, length.
type Rank = (u8, u8, i64, usize);

/// What a line may mean.
pub fn find(text: &str, shared: &Shared) -> Found {
    let text = text.trim_start();
    let mut ranked: Vec<(Rank, Candidate)> = Vec::new();
    let whole;
    match text.split_once(char::is_whitespace) {
        Some((head, rest)) if is_namespace_word(head) => {
            whole = namespace_argument(head, rest.trim(), shared, &mut ranked);
        }
        Some((head, rest)) if matches!(head, "ctx" | "context" | "contexts") => {
            whole = context_argument(head, rest.trim(), shared, &mut ranked);
        }
        Some((head, rest)) if source::is_list(head, shared) => {
            whole = true;
            list_arguments(text, head, rest, shared, &mut ranked);
        }
        None if text.contains(',') => {
            whole = source::is_list(text, shared);
            several_kinds(text, whole, shared, &mut ranked);
        }
        _ => {
            whole = words(text.trim_end(), shared, &mut ranked);
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut seen = HashSet::new();
    let mut candidates: Vec<Candidate> = ranked.into_iter().map(|(_, candidate)| candidate).collect();
    candidates.retain(|candidate| seen.insert((candidate.choice.tag.clone(), candidate.line.clone())));
    candidates.truncate(MOST);
    let problem = (candidates.is_empty() && !text.is_empty()).then(|| unknown(text, shared));
    Found {
        candidates,
        whole,
        problem,
    }
}

fn is_namespace_word(word: &str) -> bool {
    matches!(word, "ns" | "namespace" | "namespaces")
}

/// How `typed` fits one of `names`; the places where it lies in `shown`.
fn fit(typed: &str, names: &[String], shown: &str) -> Option<(u8, i64, Vec<usize>)> {
    let lower = typed.to_lowercase();
    let begins = |name: &String| name.to_lowercase().starts_with(&lower);
    let places = || {
        if begins(&shown.to_owned()) {
            (0..typed.chars().count()).collect()
        } else {
            Vec::new()
        }
    };
    if names.iter().any(|name| name.to_lowercase() == lower) {
        return Some((0, 0, places()));
    }
    if names.iter().any(begins) {
        return Some((1, 0, places()));
    }
    // One letter is in almost every name.
    if lower.chars().count() < 2 {
        return None;
    }
    fuzzy(&lower, shown).map(|found| (2, -found.score, found.indices))
}

fn words(text: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) -> bool {
    let mut whole = false;
    for (order, kind) in source::kinds(shared).iter().enumerate() {
        let shown = shown_kind(kind, shared);
        let mut names = source::names(kind);
        names.push(shown.clone());
        if let Some((tier, score, matched)) = fit(text, &names, &shown) {
            whole |= tier == 0;
            // While nothing is typed the server's own order stands.
            let length = if text.is_empty() { order } else { shown.len() };
            ranked.push(((tier, 1, score, length), kind_candidate(kind, &shown, matched, "")));
        }
    }
    if let Some((_, cluster)) = shared.cluster() {
        for category in source::categories(&cluster.catalog) {
            let name = category.as_str().to_owned();
            if let Some((tier, score, matched)) = fit(text, std::slice::from_ref(&name), &name) {
                whole |= tier == 0;
                let detail = "every kind of this category in one list";
                ranked.push((
                    (tier, 2, score, name.len()),
                    line_candidate(&name, &name, matched, detail, "category"),
                ));
            }
        }
    }
    for (word, what) in WORDS {
        if text == *word {
            whole = true;
            ranked.push((
                (0, 0, 0, 0),
                line_candidate(word, word, (0..word.len()).collect(), what, "go"),
            ));
        }
    }
    if text.is_empty() {
        commands(text, shared, ranked);
        recent(text, shared, ranked);
        return false;
    }
    for name in source::namespaces(shared) {
        let shown = name.as_str().to_owned();
        if let Some((tier, score, matched)) = fit(text, std::slice::from_ref(&shown), &shown) {
            let line = format!("ns {shown}");
            let candidate = line_candidate(&shown, &line, matched, "use this namespace", "namespace");
            ranked.push(((tier, 3, score, shown.len()), candidate));
        }
    }
    for context in &shared.contexts {
        if let Some((tier, score, matched)) = fit(text, std::slice::from_ref(&context.name), &context.name) {
            let line = format!("ctx {}", context.name);
            let detail = format!("use this context; cluster {}", context.cluster);
            let candidate = line_candidate(&context.name, &line, matched, &detail, "context");
            ranked.push(((tier, 4, score, context.name.len()), candidate));
        }
    }
    commands(text, shared, ranked);
    recent(text, shared, ranked);
    whole
}

fn commands(text: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) {
    let typed = text.replace('_', " ");
    for (order, row) in shared.commands.iter().enumerate() {
        if is_motion(row.name) || row.name == "open_palette" {
            continue;
        }
        let shown = row.name.replace('_', " ");
        let in_doc = || {
            let long = typed.chars().count() >= 3;
            let found = long && row.doc.to_lowercase().contains(&typed.to_lowercase());
            found.then(|| (3, 0, Vec::new()))
        };
        // A word of a command's name is as good as its beginning: `wide` is `toggle wide`.
        let lower = typed.to_lowercase();
        let word = (!lower.is_empty()).then(|| shown.match_indices(&lower).find(|(at, _)| shown[..*at].ends_with(' ')));
        let word = word.flatten().map(|(at, _)| (1, 0, (at..at + lower.len()).collect()));
        let named = fit(&typed, std::slice::from_ref(&shown), &shown);
        let fitting = named
            .filter(|(tier, ..)| *tier < 2 || word.is_none())
            .or(word)
            .or_else(in_doc);
        let Some((tier, score, matched)) = fitting else {
            continue;
        };
        let choice = Choice {
            text: shown.clone(),
            matched,
            detail: row.doc.to_owned(),
            key: key_label(shared, row.name, 1),
            tag: "command".to_owned(),
            role: if row.enabled { Role::Text } else { Role::Faint },
            ..Choice::default()
        };
        let class = if row.enabled { 5 } else { 7 };
        let length = if text.is_empty() { order } else { shown.len() };
        let does = Does::Command(row.name, row.enabled);
        ranked.push((
            (tier, class, score, length),
            Candidate {
                choice,
                does,
                line: shown,
            },
        ));
    }
}

fn recent(text: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) {
    let lines = shared.lines.get("palette");
    let mut seen = HashSet::new();
    for (age, line) in lines
        .into_iter()
        .flatten()
        .rev()
        .filter(|line| seen.insert(line.as_str()))
        .enumerate()
    {
        if text.is_empty() {
            if age < MOST_RECENT {
                ranked.push(((0, 0, 0, age), line_candidate(line, line, Vec::new(), "", "recent")));
            }
        } else if line.as_str() != text && line.to_lowercase().starts_with(&text.to_lowercase()) {
            let matched = (0..text.chars().count()).collect();
            ranked.push(((1, 6, 0, age), line_candidate(line, line, matched, "", "recent")));
        }
    }
}

/// `ns NAME`; a name that is not known is offered as it is typed.
fn namespace_argument(head: &str, typed: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) -> bool {
    let names = source::namespaces(shared);
    for name in ["all"].into_iter().map(Clean::new).chain(names.iter().cloned()) {
        let shown = name.as_str().to_owned();
        if let Some((tier, score, matched)) = fit(typed, std::slice::from_ref(&shown), &shown) {
            let detail = if shown == "all" {
                "all namespaces"
            } else {
                "use this namespace"
            };
            let candidate = line_candidate(&shown, &format!("{head} {shown}"), matched, detail, "namespace");
            ranked.push(((tier, 0, score, shown.len()), candidate));
        }
    }
    // Several at once, or one that may not be listed: both are taken as they are typed.
    let valid = !typed.is_empty()
        && typed
            .split([',', ' '])
            .filter(|p| !p.is_empty())
            .all(|p| check_dns_label(p).is_ok());
    let known = typed == "all" || names.iter().any(|name| name.as_str() == typed);
    if valid && !known {
        let line = format!("{head} {typed}");
        let candidate = line_candidate(typed, &line, Vec::new(), "not listed; used as it is typed", "namespace");
        ranked.push(((4, 0, 0, 0), candidate));
    }
    known || typed.contains(',') && valid
}

fn context_argument(head: &str, typed: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) -> bool {
    for context in &shared.contexts {
        if let Some((tier, score, matched)) = fit(typed, std::slice::from_ref(&context.name), &context.name) {
            let line = format!("{head} {}", context.name);
            let detail = format!("cluster {}", context.cluster);
            let candidate = line_candidate(&context.name, &line, matched, &detail, "context");
            ranked.push(((tier, 0, score, context.name.len()), candidate));
        }
    }
    shared.contexts.iter().any(|context| context.name == typed)
}

/// `KIND …`: the line itself, and the namespaces its last word may become.
fn list_arguments(text: &str, head: &str, rest: &str, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) {
    let line = text.trim_end();
    let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or((text, ""));
    let detail = if rest.trim().is_empty() {
        "open the list"
    } else {
        "open the list with these arguments"
    };
    ranked.push(((0, 0, 0, 0), line_candidate(line, line, Vec::new(), detail, "kind")));
    // An option and its value are no namespace.
    let previous = before.split_whitespace().next_back().unwrap_or("");
    if last.starts_with(['-', '/']) || (previous.starts_with('-') && previous != "-n" && previous != head) {
        return;
    }
    for name in source::namespaces(shared) {
        let shown = name.as_str().to_owned();
        if let Some((tier, score, matched)) = fit(last, std::slice::from_ref(&shown), &shown) {
            let line = format!("{before} {shown}");
            if line != text {
                let candidate = line_candidate(
                    &shown,
                    &line,
                    matched,
                    &format!("{head} in this namespace"),
                    "namespace",
                );
                ranked.push(((tier + 1, 0, score, shown.len()), candidate));
            }
        }
    }
}

/// `rs,svc,…`: the whole, and what the last part may become.
fn several_kinds(text: &str, whole: bool, shared: &Shared, ranked: &mut Vec<(Rank, Candidate)>) {
    if whole {
        let candidate = line_candidate(text, text, Vec::new(), "several kinds in one list", "kinds");
        ranked.push(((0, 0, 0, 0), candidate));
    }
    let (before, last) = text.rsplit_once(',').unwrap_or(("", text));
    for kind in source::kinds(shared) {
        let shown = shown_kind(&kind, shared);
        if let Some((tier, score, matched)) = fit(last, &source::names(&kind), &shown) {
            let prefix = format!("{before},");
            ranked.push((
                (tier, 1, score, shown.len()),
                kind_candidate(&kind, &shown, matched, &prefix),
            ));
        }
    }
}

/// The plural, with its group where another kind has the same plural and comes first.
fn shown_kind(kind: &crate::kinds::Resource, shared: &Shared) -> String {
    let first = shared.cluster().and_then(|(_, cluster)| {
        cluster
            .catalog
            .resources
            .iter()
            .find(|other| other.name.resource == kind.name.resource)
    });
    if first.is_none_or(|first| first.name == kind.name) {
        kind.name.resource.as_str().to_owned()
    } else {
        kind.name.to_string()
    }
}

fn kind_candidate(kind: &crate::kinds::Resource, shown: &str, matched: Vec<usize>, prefix: &str) -> Candidate {
    let short: Vec<&str> = kind.short_names.iter().map(|name| name.as_str()).collect();
    let group = if kind.name.group.is_empty() {
        String::new()
    } else {
        format!("{}/", kind.name.group)
    };
    let line = format!("{prefix}{shown}");
    let mut candidate = line_candidate(
        shown,
        &line,
        matched,
        &format!("{}  {group}{}", kind.kind, kind.version),
        "kind",
    );
    candidate.choice.key = short.join(" ");
    candidate
}

fn line_candidate(shown: &str, line: &str, matched: Vec<usize>, detail: &str, tag: &str) -> Candidate {
    let choice = Choice {
        text: shown.to_owned(),
        matched,
        detail: detail.to_owned(),
        tag: tag.to_owned(),
        ..Choice::default()
    };
    Candidate {
        choice,
        does: Does::Line(line.to_owned()),
        line: line.to_owned(),
    }
}

/// Nothing has this name; what has one like it.
fn unknown(text: &str, shared: &Shared) -> String {
    if let Some((head, rest)) = text.trim().split_once(char::is_whitespace) {
        let argument = rest.trim();
        if is_namespace_word(head) {
            let wrong = argument
                .split([' ', ','])
                .find_map(|name| Some((name, crate::text::check_dns_label(name).err()?)));
            if let Some((name, wrong)) = wrong {
                return format!("`{name}` is no namespace: {wrong}");
            }
        }
        if matches!(head, "ctx" | "context" | "contexts") {
            let names = shared.contexts.iter().map(|context| context.name.as_str());
            let hint = nearest(argument, names).map(|name| format!(" Did you mean `{name}`?"));
            return format!("There is no context `{argument}`.{}", hint.unwrap_or_default());
        }
    }
    let word = text.split_whitespace().next().unwrap_or(text);
    // Of `rs,nonsense,job` the part that nobody knows is what matters.
    let word = word
        .split(',')
        .find(|part| !source::is_list(part, shared))
        .unwrap_or(word);
    let mut names: Vec<String> = source::kinds(shared)
        .iter()
        .flat_map(|kind| source::names(kind))
        .collect();
    names.extend(shared.commands.iter().map(|row| row.name.replace('_', " ")));
    names.extend(["ns", "ctx"].map(str::to_owned));
    let meant = nearest(word, names.iter().map(String::as_str));
    let hint = meant.map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default();
    format!("No kind, command, namespace or context is called `{word}`.{hint}")
}
