//! Scripts and configuration files that objects carry as text: which language one is in, and what its pieces are.
//!
//! It reads a text from its beginning, line by line, as what a line means depends on those before it; it remembers where
//! it was every few lines, reads no more at once than it is allowed, and leaves long lines alone. Nothing is prepared
//! before the first text is seen. It says what a piece is; the text stays raw and is cleaned where it is drawn.

mod syntaxes;

use std::ops::Range;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// Lines longer than this are not coloured, in bytes.
const LONGEST: usize = 2048;

/// Where it was is remembered every so many lines.
const REMEMBERED: usize = 50;

/// Reading a line costs this on top of its bytes.
const LINE_COST: usize = 64;

/// A language that can be coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// sh, bash and their kin.
    Shell,
    /// Python.
    Python,
    /// JSON.
    Json,
    /// Names and values: ini, TOML, properties, environment files.
    Settings,
    /// YAML.
    Yaml,
    /// XML and HTML.
    Markup,
    /// nginx, and what is written like it.
    Blocks,
    /// Dockerfile.
    Dockerfile,
}

/// What a piece of a text is. What is none of these is plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A comment.
    Comment,
    /// Text in quotes.
    Text,
    /// A word of the language.
    Keyword,
    /// A number, truth value or nothing.
    Number,
    /// A variable, or the name of a value.
    Variable,
}

/// The pieces of a line: where each is, in bytes, and what it is. None is plain. They lie side by side and cover the
/// line; a line that is too long has none.
pub type Parts = Vec<(Range<usize>, Option<Part>)>;

/// The language of a text, by the name it has (`run.sh`, `nginx.conf`, `Dockerfile`), else by its beginning.
pub fn language(name: &str, text: &str) -> Option<Language> {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let by_name = match ending {
        "sh" | "bash" | "zsh" | "ksh" => Some(Language::Shell),
        "py" => Some(Language::Python),
        "json" => Some(Language::Json),
        "ini" | "toml" | "properties" | "env" | "cfg" | "cnf" => Some(Language::Settings),
        "yaml" | "yml" => Some(Language::Yaml),
        "xml" | "html" | "htm" | "xhtml" | "svg" => Some(Language::Markup),
        "nginx" => Some(Language::Blocks),
        "dockerfile" | "containerfile" => Some(Language::Dockerfile),
        _ if file.starts_with("dockerfile") || file.starts_with("containerfile") => Some(Language::Dockerfile),
        _ => None,
    };
    let first = text.lines().take(20).map(str::trim).find(|line| !line.is_empty())?;
    if by_name.is_some() {
        return by_name;
    }
    if let Some(program) = first.strip_prefix("#!") {
        return language_of_command(program.split_whitespace());
    }
    if ending == "conf" {
        let beginnings = text
            .lines()
            .take(40)
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let in_blocks = beginnings
            .clone()
            .any(|line| line.ends_with('{') || line.ends_with(';'));
        let named = first.starts_with('[') || beginnings.clone().any(|line| line.contains('='));
        return if in_blocks {
            Some(Language::Blocks)
        } else {
            named.then_some(Language::Settings)
        };
    }
    match first.as_bytes() {
        [b'{', ..] | [b'[', b'{' | b'"', ..] | [b'['] => Some(Language::Json),
        [b'<', b'!' | b'?' | b'/' | b'a'..=b'z' | b'A'..=b'Z', ..] => Some(Language::Markup),
        _ => None,
    }
}

/// The language of a script by the command that runs it: `/bin/sh -c`, `/usr/bin/env python3`.
pub fn language_of_command<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<Language> {
    words.find_map(|word| {
        let program = word.rsplit('/').next().unwrap_or(word);
        match program.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.') {
            "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" => Some(Language::Shell),
            "python" => Some(Language::Python),
            _ => None,
        }
    })
}

/// How far a text has been read: what is open at the beginning of a line.
#[derive(Clone, Debug)]
struct Place {
    line: usize,
    state: ParseState,
    scopes: ScopeStack,
}

/// A text in a language, as far as it has been read.
#[derive(Clone, Debug)]
pub struct Embedded {
    language: Language,
    /// In order; what was reached when no more was allowed is the last.
    places: Vec<Place>,
}

impl Embedded {
    /// One of which nothing has been read.
    pub fn new(language: Language) -> Embedded {
        Embedded {
            language,
            places: Vec::new(),
        }
    }

    /// The pieces of some of its lines. `line` gives the lines without their ends, `None` behind the last. What is read
    /// (also before the range, where that has not been read before) is taken off `allowance`, in bytes and a little for
    /// each line; when that is used up, the lines that remain are missing.
    pub fn parts<'t>(
        &mut self,
        range: Range<usize>,
        line: &dyn Fn(usize) -> Option<&'t str>,
        allowance: &mut usize,
    ) -> Vec<Parts> {
        let mut found = Vec::new();
        let Some(set) = set() else { return found };
        let Some(mut place) = self.nearest(range.start, set) else {
            return found;
        };
        while place.line < range.end {
            let Some(text) = line(place.line) else { break };
            let read = text.len() <= LONGEST;
            let cost = LINE_COST + if read { text.len() } else { 0 };
            if cost > *allowance {
                self.remember(place);
                break;
            }
            *allowance -= cost;
            let parts = if read { place.read(text, set) } else { Parts::new() };
            if place.line >= range.start {
                found.push(parts);
            }
            place.line += 1;
            if place.line.is_multiple_of(REMEMBERED) {
                self.remember(place.clone());
            }
        }
        found
    }

    /// The last place that is remembered at or before a line.
    fn nearest(&self, line: usize, set: &SyntaxSet) -> Option<Place> {
        let after = self.places.partition_point(|place| place.line <= line);
        if let Some(place) = after.checked_sub(1).and_then(|at| self.places.get(at)) {
            return Some(place.clone());
        }
        Some(Place {
            line: 0,
            state: ParseState::new(set.find_syntax_by_name(syntaxes::name(self.language))?),
            scopes: ScopeStack::new(),
        })
    }

    fn remember(&mut self, place: Place) {
        if self.places.last().is_some_and(|last| last.line >= place.line) {
            return;
        }
        // Where it had to stop is of no use once it is further.
        self.places.pop_if(|last| !last.line.is_multiple_of(REMEMBERED));
        self.places.push(place);
    }
}

impl Place {
    fn read(&mut self, text: &str, set: &SyntaxSet) -> Parts {
        let mut parts: Parts = Vec::new();
        let mut put = |range: Range<usize>, part: Option<Part>| {
            if range.is_empty() {
                return;
            }
            match parts.last_mut() {
                Some((last, same)) if *same == part => last.end = range.end,
                _ => parts.push((range, part)),
            }
        };
        let mut at = 0;
        for (offset, change) in self.state.parse_line(text, set).unwrap_or_default() {
            let offset = offset.clamp(at, text.len());
            put(at..offset, part_of(&self.scopes));
            at = offset;
            // A change that does not fit changes nothing: the colour is wrong, the text is right.
            let _ = self.scopes.apply(&change);
        }
        put(at..text.len(), part_of(&self.scopes));
        parts
    }
}

/// What is innermost.
fn part_of(scopes: &ScopeStack) -> Option<Part> {
    let names = names()?;
    let part = |scope: &Scope| {
        names
            .iter()
            .find(|(name, _)| name.is_prefix_of(*scope))
            .map(|(_, part)| *part)
    };
    scopes.as_slice().iter().rev().find_map(part)
}

fn names() -> Option<&'static Vec<(Scope, Part)>> {
    static NAMES: OnceLock<Option<Vec<(Scope, Part)>>> = OnceLock::new();
    let rows = [
        ("comment", Part::Comment),
        ("string", Part::Text),
        ("keyword", Part::Keyword),
        ("constant.numeric", Part::Number),
        ("variable", Part::Variable),
    ];
    NAMES
        .get_or_init(|| {
            rows.into_iter()
                .map(|(name, part)| Some((Scope::new(name).ok()?, part)))
                .collect()
        })
        .as_ref()
}

/// The languages, made ready when the first text is seen.
fn set() -> Option<&'static SyntaxSet> {
    static SET: OnceLock<Option<SyntaxSet>> = OnceLock::new();
    SET.get_or_init(syntaxes::set).as_ref()
}

#[cfg(test)]
mod tests;
