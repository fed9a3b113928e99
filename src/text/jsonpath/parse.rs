//! Reading a query.

use super::{Compare, Node, Operand, Path, Pick, Step};
use serde_json::Value;

/// Ranges inside ranges, and paths inside filters.
const DEEPEST: usize = 8;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// Reads a template, or a path without braces.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("a path is missing, such as {.metadata.name}".to_owned());
    }
    let whole = if trimmed.contains('{') {
        text.to_owned()
    } else if trimmed.starts_with(['.', '[', '$', '@']) {
        format!("{{{trimmed}}}")
    } else {
        format!("{{.{trimmed}}}")
    };
    let mut reader = Reader { text: &whole, at: 0 };
    let mut open: Vec<(Path, Vec<Node>)> = Vec::new();
    let mut nodes = Vec::new();
    while reader.at < reader.text.len() {
        let rest = reader.rest();
        let plain = rest.find('{').unwrap_or(rest.len());
        if plain > 0 {
            nodes.push(Node::Text(rest.get(..plain).unwrap_or("").to_owned()));
            reader.at += plain;
            continue;
        }
        reader.at += 1;
        loop {
            reader.spaces();
            if reader.take("}") {
                break;
            }
            if reader.rest().is_empty() {
                return Err("a closing } is missing".to_owned());
            }
            if reader.word("range") {
                reader.spaces();
                if open.len() >= DEEPEST {
                    return Err("ranges are nested too deep".to_owned());
                }
                open.push((reader.path(0)?, std::mem::take(&mut nodes)));
            } else if reader.word("end") {
                let Some((path, above)) = open.pop() else {
                    return Err("{end} without {range}".to_owned());
                };
                let body = std::mem::replace(&mut nodes, above);
                nodes.push(Node::Range(path, body));
            } else if reader.rest().starts_with(['"', '\'']) {
                nodes.push(Node::Text(reader.quoted()?));
            } else {
                nodes.push(Node::Path(reader.path(0)?));
            }
        }
    }
    if open.is_empty() {
        Ok(nodes)
    } else {
        Err("{end} is missing".to_owned())
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word);
        let ends = after.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '}', '.', '[', '\t']));
        self.at += if ends { word.len() } else { 0 };
        ends
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong<T>(&self, wanted: &str) -> Result<T, String> {
        let rest: String = self.rest().chars().take(12).collect();
        let found = if rest.is_empty() {
            "the end".to_owned()
        } else {
            format!("`{rest}`")
        };
        Err(format!("{wanted} is expected at column {}, not {found}", self.at + 1))
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut out = String::new();
        let mut characters = self.rest().char_indices();
        let quote = characters.next().map(|(_, quote)| quote);
        let mut escaped = false;
        for (index, character) in characters {
            if escaped {
                out.push(match character {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if Some(character) == quote {
                self.at += index + character.len_utf8();
                return Ok(out);
            } else {
                out.push(character);
            }
        }
        Err("a closing quote is missing".to_owned())
    }

    fn path(&mut self, depth: usize) -> Result<Path, String> {
        if depth > DEEPEST {
            return Err("filters are nested too deep".to_owned());
        }
        let root = self.take("$");
        let mut any = root || self.take("@");
        let mut steps = Vec::new();
        loop {
            if self.take("..") {
                steps.push(Step::Deep);
                if !self.rest().starts_with(['[', '*']) {
                    steps.push(Step::Field(self.name()?));
                } else if self.take("*") {
                    steps.push(Step::Every);
                }
            } else if self.take(".*") {
                steps.push(Step::Every);
            } else if self.take(".") {
                // A lone point is where one stands.
                let ends = self.rest().starts_with(['}', ' ', ')', '[']) || self.rest().is_empty();
                if !ends {
                    steps.push(Step::Field(self.name()?));
                }
            } else if self.take("[") {
                steps.push(self.brackets(depth)?);
            } else if any {
                return Ok(Path { root, steps });
            } else {
                return self.wrong("a path");
            }
            any = true;
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        let mut escaped = false;
        let mut end = self.rest().len();
        for (index, character) in self.rest().char_indices() {
            if escaped {
                name.push(character);
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if matches!(
                character,
                '.' | '[' | ']' | '{' | '}' | '(' | ')' | ' ' | '\t' | '\n' | '=' | '!' | '<' | '>'
            ) {
                end = index;
                break;
            } else {
                name.push(character);
            }
        }
        if name.is_empty() {
            return self.wrong("a name");
        }
        self.at += end;
        Ok(name)
    }

    fn brackets(&mut self, depth: usize) -> Result<Step, String> {
        self.spaces();
        if self.take("?(") {
            self.spaces();
            let left = self.operand(depth)?;
            self.spaces();
            let compares = [
                ("==", Compare::Equal),
                ("!=", Compare::Other),
                ("<=", Compare::LessEqual),
                (">=", Compare::MoreEqual),
                ("<", Compare::Less),
                (">", Compare::More),
            ];
            let compare = compares.into_iter().find(|(token, _)| self.take(token));
            let right = match compare {
                Some((_, compare)) => {
                    self.spaces();
                    Some((compare, self.operand(depth)?))
                }
                None => None,
            };
            self.spaces();
            if !self.take(")") {
                return self.wrong("`)` or a comparison");
            }
            self.spaces();
            return if self.take("]") {
                Ok(Step::Filter(left, right))
            } else {
                self.wrong("`]`")
            };
        }
        if self.take("*") {
            self.spaces();
            return if self.take("]") {
                Ok(Step::Every)
            } else {
                self.wrong("`]`")
            };
        }
        let mut picks = Vec::new();
        loop {
            self.spaces();
            if self.rest().starts_with(['"', '\'']) {
                picks.push(Pick::Field(self.quoted()?));
            } else {
                let start = self.integer()?;
                if self.take(":") {
                    let end = self.integer()?;
                    let step = if self.take(":") {
                        self.integer()?.unwrap_or(1)
                    } else {
                        1
                    };
                    picks.push(Pick::Slice(start, end, step));
                } else if let Some(at) = start {
                    picks.push(Pick::At(at));
                } else {
                    return self.wrong("a place, a name in quotes, `*` or `?(`");
                }
            }
            self.spaces();
            if self.take("]") {
                return Ok(Step::Pick(picks));
            }
            if !self.take(",") {
                return self.wrong("`]` or `,`");
            }
        }
    }

    fn integer(&mut self) -> Result<Option<i64>, String> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return if sign == 0 { Ok(None) } else { self.wrong("a number") };
        }
        let number = rest.get(..sign + digits).unwrap_or("").parse();
        self.at += sign + digits;
        number.map(Some).map_err(|_| "a number is too large".to_owned())
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, String> {
        let rest = self.rest();
        if rest.starts_with(['"', '\'']) {
            return self.quoted().map(|text| Operand::Value(Value::String(text)));
        }
        if rest.starts_with(['@', '$', '.']) {
            return self.path(depth + 1).map(Operand::Path);
        }
        let end = rest.find([' ', ')', '=', '!', '<', '>']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("");
        match serde_json::from_str::<Value>(word) {
            Ok(value) => {
                self.at += end;
                Ok(Operand::Value(value))
            }
            Err(_) => self.wrong("`@.field`, a text in quotes or a number"),
        }
    }
}
