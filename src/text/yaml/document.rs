//! A document: its text, and for each line where it begins, how far it stands to the right, and which field it belongs to.
//! The index takes 16 bytes a line and 24 a field; nothing of a line is made before it is seen.

use std::collections::HashMap;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fields by name.
    Map,
    /// Values in their order.
    List,
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// Nothing.
    Null,
    /// Something that is not shown.
    Hidden,
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into the field of this name.
    Key(&'a str),
    /// Into the value at this place of a list.
    Index(usize),
}

/// No field.
const NONE: u32 = u32::MAX;

/// Marks the step of a field that is a place in a list.
const PLACE: u32 = 1 << 31;

#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: u32,
    /// The innermost field that begins on this line, or the one it continues.
    pub(super) node: u32,
    pub(super) column: u16,
    pub(super) depth: u16,
    /// Whether a field begins here.
    pub(super) own: bool,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    parent: u32,
    step: u32,
    line: u32,
    depth: u16,
    kind: Kind,
    /// Of the path, for folds and for finding a line again.
    hash: u64,
}

/// A written document with its index.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
    nodes: Vec<Node>,
    keys: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    /// Whether it is written as JSON.
    pub(super) json: bool,
}

impl Document {
    /// The whole text, raw.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where a line begins and ends in the text, its indentation included, its end of line left out.
    pub fn range(&self, line: usize) -> std::ops::Range<usize> {
        let start = self.lines.get(line).map_or(self.text.len(), |line| line.start as usize);
        let end = self
            .lines
            .get(line + 1)
            .map_or(self.text.len(), |line| line.start as usize);
        let ends_in_break = end > start && self.text.as_bytes().get(end - 1) == Some(&b'\n');
        start..end - usize::from(ends_in_break)
    }

    /// A line without its indentation, raw.
    pub fn line(&self, line: usize) -> &str {
        let range = self.range(line);
        let start = (range.start + self.column(line)).min(range.end);
        self.text.get(start..range.end).unwrap_or("")
    }

    /// The line in which a byte of the text stands.
    pub fn line_at(&self, offset: usize) -> usize {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.lines
            .partition_point(|line| line.start <= offset)
            .saturating_sub(1)
    }

    /// How many columns a line is indented.
    pub fn column(&self, line: usize) -> usize {
        self.lines.get(line).map_or(0, |line| usize::from(line.column))
    }

    /// How deep in the document a line stands. What follows and is deeper belongs to it; a list's items are deeper than
    /// its key although they are written flush with it.
    pub fn depth(&self, line: usize) -> usize {
        self.lines.get(line).map_or(0, |line| usize::from(line.depth))
    }

    /// What the field of a line holds; None where no field is.
    pub fn kind(&self, line: usize) -> Option<Kind> {
        self.node_of(line).map(|node| node.kind)
    }

    /// Whether a field begins on a line; else the line continues the field before.
    pub fn begins(&self, line: usize) -> bool {
        self.lines.get(line).is_some_and(|line| line.own)
    }

    /// The line on which the field of this line begins.
    pub fn first_line(&self, line: usize) -> usize {
        self.node_of(line).map_or(line, |node| node.line as usize)
    }

    /// A number that stays with a line when the document is written anew: of its path, and of which of its lines it is.
    pub fn mark(&self, line: usize) -> u64 {
        self.node_of(line).map_or(line as u64, |node| {
            node.hash.wrapping_add((line as u64).wrapping_sub(u64::from(node.line)))
        })
    }

    /// The way from the root to the field of a line.
    pub fn steps(&self, line: usize) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let mut at = self.lines.get(line).map_or(NONE, |line| line.node);
        while let Some(node) = self.nodes.get(at as usize) {
            steps.push(if node.step & PLACE != 0 {
                Step::Index((node.step & !PLACE) as usize)
            } else {
                Step::Key(self.keys.get(node.step as usize).map_or("", |key| key))
            });
            at = node.parent;
        }
        steps.reverse();
        steps
    }

    /// `spec.template.spec.containers[0].image`: where a line stands.
    pub fn path(&self, line: usize) -> String {
        path(&self.steps(line))
    }

    fn node_of(&self, line: usize) -> Option<&Node> {
        self.nodes.get(self.lines.get(line)?.node as usize)
    }

    /// Begins a line at the end of the text; until a field begins on it, it continues `node`.
    pub(super) fn begin_line(&mut self, node: Option<u32>, column: usize) {
        let depth = node
            .and_then(|node| self.nodes.get(node as usize))
            .map_or(0, |node| node.depth + 1);
        self.lines.push(Line {
            start: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            node: node.unwrap_or(NONE),
            column: u16::try_from(column).unwrap_or(u16::MAX),
            depth,
            own: false,
        });
    }

    /// Begins a field on the last line.
    pub(super) fn begin_node(&mut self, parent: Option<u32>, step: Step<'_>, kind: Kind) -> u32 {
        let number = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let step = match step {
            Step::Key(key) => self.key(key),
            Step::Index(place) => PLACE | (u32::try_from(place).unwrap_or(0) & !PLACE),
        };
        let above = parent.and_then(|parent| self.nodes.get(parent as usize));
        let depth = above.map_or(0, |above| above.depth.saturating_add(1));
        let seed = above.map_or(0xcbf2_9ce4_8422_2325, |above| above.hash);
        // The number of a key depends on the order of the keys, so the key itself is hashed.
        let own = if step & PLACE == 0 {
            self.keys.get(step as usize).map_or(0, |key| hash(key))
        } else {
            u64::from(step)
        };
        let line = u32::try_from(self.lines.len().saturating_sub(1)).unwrap_or(0);
        self.nodes.push(Node {
            parent: parent.unwrap_or(NONE),
            step,
            line,
            depth,
            kind,
            hash: (seed.rotate_left(7) ^ own).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        });
        if let Some(last) = self.lines.last_mut() {
            if !last.own {
                (last.own, last.depth) = (true, depth);
            }
            last.node = number;
        }
        number
    }

    fn key(&mut self, key: &str) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(0) & !PLACE;
        self.keys.push(key.into());
        self.numbers.insert(key.into(), number);
        number
    }

    /// The depth of the last line is that of this field itself: a bracket that closes it.
    pub(super) fn closes(&mut self, node: Option<u32>) {
        let depth = node
            .and_then(|node| self.nodes.get(node as usize))
            .map_or(0, |node| node.depth);
        if let Some(last) = self.lines.last_mut() {
            last.depth = depth;
        }
    }

    /// An empty one that is written as JSON.
    pub(super) fn of_json() -> Document {
        Document {
            json: true,
            ..Document::default()
        }
    }

    /// What was needed for writing only.
    pub(super) fn finish(mut self) -> Document {
        self.numbers = HashMap::new();
        self.text.shrink_to_fit();
        self
    }
}

fn hash(text: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, fold)
}

/// Whether a key can stand in a path as it is.
fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// `spec.containers[0].image`, keys that are no plain names in brackets and quotes.
pub fn path(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(place) => path.push_str(&format!("[{place}]")),
            Step::Key(key) if is_name(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Step::Key(key) => path.push_str(&format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))),
        }
    }
    path
}

/// The same as kubectl's `-o jsonpath=` takes it: `{.metadata.labels.app\.kubernetes\.io/name}`.
pub fn json_path(steps: &[Step<'_>]) -> String {
    let mut path = String::from("{");
    if steps.is_empty() {
        path.push('@');
    }
    for step in steps {
        match step {
            Step::Index(place) => path.push_str(&format!("[{place}]")),
            Step::Key(key) => {
                let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
                if !key.is_empty() && key.bytes().all(simple) {
                    path.push('.');
                    path.push_str(&key.replace('.', "\\."));
                } else {
                    path.push_str(&format!(
                        "['{}']",
                        key.replace('\\', "\\\\").replace('\'', "\\'").replace('.', "\\.")
                    ));
                }
            }
        }
    }
    path.push('}');
    path
}

/// The value at the end of a way.
pub fn value_at<'v>(root: &'v serde_json::Value, steps: &[Step<'_>]) -> Option<&'v serde_json::Value> {
    steps.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get(*key),
        Step::Index(place) => value.get(*place),
    })
}
