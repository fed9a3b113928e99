//! JSONPath as kubectl understands it: `{.items[*].metadata.name}`, slices, unions, filters `[?(@.type=="Ready")]`, every
//! depth with `..`, and loops `{range .items[*]}{.metadata.name}{"\n"}{end}`. Without braces a path stands alone.
//!
//! It is bounded: [`MOST_STEPS`] values are looked at, [`DEEPEST`] levels for `..`. Fields that are missing give nothing,
//! as with kubectl. It refuses `&&`, `||` and regular expressions, as kubectl does.

mod parse;
#[cfg(test)]
mod tests;

use serde_json::Value;

/// So many values a query looks at.
pub const MOST_STEPS: usize = 10_000;

/// How deep `..` goes.
pub const DEEPEST: usize = 32;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Text as it stands.
    Text(String),
    /// The values of a path.
    Path(Path),
    /// For each value of a path, these pieces.
    Range(Path, Vec<Node>),
}

/// A path, from the root or from where one stands.
#[derive(Clone, Debug, PartialEq)]
struct Path {
    root: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Every,
    Deep,
    Pick(Vec<Pick>),
    Filter(Operand, Option<(Compare, Operand)>),
}

/// One of the alternatives in brackets.
#[derive(Clone, Debug, PartialEq)]
enum Pick {
    Field(String),
    Slice(Option<i64>, Option<i64>, i64),
    At(i64),
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Path),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equal,
    Other,
    Less,
    LessEqual,
    More,
    MoreEqual,
}

/// A query that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath(Vec<Node>);

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text of the template.
    Text(String),
    /// A value of the object.
    Value(Value),
}

/// What a query says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// In the order of the template.
    pub pieces: Vec<Piece>,
    /// Whether a bound was hit, so that the answer is not all.
    pub cut: bool,
}

impl Answer {
    /// The values alone.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(value) => Some(value),
            Piece::Text(_) => None,
        })
    }

    /// As kubectl prints it: text as it is, all else as JSON on one line.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) | Piece::Value(Value::String(text)) => out.push_str(text),
                Piece::Value(Value::Null) => {}
                Piece::Value(value) => out.push_str(&value.to_string()),
            }
        }
        out
    }
}

impl JsonPath {
    /// Reads a query.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn new(text: &str) -> Result<JsonPath, String> {
        parse::parse(text).map(JsonPath)
    }

    /// Whether it is a path and nothing else, so that its values stand for themselves.
    pub fn is_plain(&self) -> bool {
        matches!(self.0.as_slice(), [Node::Path(_)])
    }

    /// Asks an object.
    pub fn ask(&self, root: &Value) -> Answer {
        let mut asking = Asking {
            root,
            steps: 0,
            answer: Answer::default(),
        };
        asking.nodes(&self.0, root);
        asking.answer
    }
}

struct Asking<'v> {
    root: &'v Value,
    steps: usize,
    answer: Answer,
}

impl<'v> Asking<'v> {
    /// Counts a value that is looked at. Says whether there may be more.
    fn may(&mut self) -> bool {
        self.steps += 1;
        self.answer.cut |= self.steps > MOST_STEPS;
        !self.answer.cut
    }

    /// Templates nest as deep as the parser lets them.
    fn nodes(&mut self, nodes: &[Node], here: &'v Value) {
        for node in nodes {
            match node {
                Node::Text(text) => self.answer.pieces.push(Piece::Text(text.clone())),
                Node::Path(path) => {
                    for (index, value) in self.path(path, here).into_iter().enumerate() {
                        if index > 0 {
                            self.answer.pieces.push(Piece::Text(" ".to_owned()));
                        }
                        self.answer.pieces.push(Piece::Value(value.clone()));
                    }
                }
                Node::Range(path, body) => {
                    for value in self.path(path, here) {
                        if !self.may() {
                            return;
                        }
                        self.nodes(body, value);
                    }
                }
            }
        }
    }

    fn path(&mut self, path: &Path, here: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![if path.root { self.root } else { here }];
        for step in &path.steps {
            let mut next = Vec::new();
            for value in found {
                if !self.may() {
                    return next;
                }
                self.step(step, value, &mut next);
            }
            found = next;
        }
        found
    }

    fn step(&mut self, step: &Step, value: &'v Value, next: &mut Vec<&'v Value>) {
        match step {
            Step::Field(name) => next.extend(value.get(name)),
            Step::Every => next.extend(children(value)),
            Step::Deep => self.deep(value, next),
            Step::Pick(picks) => {
                for pick in picks {
                    self.pick(pick, value, next);
                }
            }
            Step::Filter(left, right) => {
                for item in children(value) {
                    if !self.may() {
                        return;
                    }
                    if self.holds(left, right.as_ref(), item) {
                        next.push(item);
                    }
                }
            }
        }
    }

    /// The value and everything below it, without recursion.
    fn deep(&mut self, value: &'v Value, next: &mut Vec<&'v Value>) {
        let mut waiting = vec![(value, 0)];
        while let Some((value, depth)) = waiting.pop() {
            if !self.may() {
                return;
            }
            next.push(value);
            if depth < DEEPEST {
                let mut below: Vec<&Value> = children(value).collect();
                below.reverse();
                waiting.extend(below.into_iter().map(|value| (value, depth + 1)));
            } else {
                self.answer.cut |= children(value).next().is_some();
            }
        }
    }

    fn pick(&mut self, pick: &Pick, value: &'v Value, next: &mut Vec<&'v Value>) {
        let list = value.as_array().map_or(&[][..], Vec::as_slice);
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let from_end = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
        match pick {
            Pick::Field(name) => next.extend(value.get(name)),
            Pick::At(at) => next.extend(usize::try_from(from_end(*at)).ok().and_then(|at| list.get(at))),
            Pick::Slice(start, end, step) => {
                let start = from_end(start.unwrap_or(0)).clamp(0, length);
                let end = from_end(end.unwrap_or(length)).clamp(start, length);
                let part = list.get(start as usize..end as usize).unwrap_or(&[]);
                next.extend(part.iter().step_by(usize::try_from(*step).unwrap_or(1).max(1)));
            }
        }
    }

    fn holds(&mut self, left: &Operand, right: Option<&(Compare, Operand)>, item: &'v Value) -> bool {
        let Some(left) = self.operand(left, item) else {
            return false;
        };
        let Some((compare, right)) = right else { return true };
        let Some(right) = self.operand(right, item) else {
            return false;
        };
        let order = match (&left, &right) {
            (Value::Number(one), Value::Number(other)) => one
                .as_f64()
                .zip(other.as_f64())
                .and_then(|(one, other)| one.partial_cmp(&other)),
            (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
            _ => None,
        };
        match (compare, order) {
            (Compare::Equal, None) => left == right,
            (Compare::Other, None) => left != right,
            (_, None) => false,
            (Compare::Equal, Some(order)) => order.is_eq(),
            (Compare::Other, Some(order)) => order.is_ne(),
            (Compare::Less, Some(order)) => order.is_lt(),
            (Compare::LessEqual, Some(order)) => order.is_le(),
            (Compare::More, Some(order)) => order.is_gt(),
            (Compare::MoreEqual, Some(order)) => order.is_ge(),
        }
    }

    fn operand(&mut self, operand: &Operand, item: &'v Value) -> Option<Value> {
        match operand {
            Operand::Value(value) => Some(value.clone()),
            Operand::Path(path) => self.path(path, item).into_iter().next().cloned(),
        }
    }
}

/// What is directly in a value.
fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => Box::new(std::iter::empty()),
    }
}
