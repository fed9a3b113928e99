//! The keymap: a trie of chords for each layer, asked from the innermost layer outwards.

use super::{Chord, print_sequence};
use std::collections::BTreeMap;

/// A mode that gives keys their meaning. A screen names the layers it uses, the innermost first; a keymap file has a section
/// for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Works on every screen where nothing is being typed.
    Global,
    /// A list of rows.
    Table,
    /// Text to be read: help, messages, the sign-in pane.
    Document,
    /// Logs: on top of what works in a document.
    Logs,
    /// A line being typed: filter, palette, file name. Characters without a binding are typed.
    Prompt,
    /// A small list or question over the screen: menu, picker, confirmation. Characters without a binding search it.
    Popup,
}

impl Layer {
    /// Every layer, in the order in which help shows them.
    pub const ALL: [Layer; 6] = [
        Layer::Global,
        Layer::Table,
        Layer::Document,
        Layer::Logs,
        Layer::Prompt,
        Layer::Popup,
    ];

    /// The layer's section in a keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Global => "global",
            Layer::Table => "table",
            Layer::Document => "document",
            Layer::Logs => "logs",
            Layer::Prompt => "prompt",
            Layer::Popup => "popup",
        }
    }

    /// The layer with this name.
    pub fn named(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

/// What keys do, layer by layer. The empty keymap binds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    layers: BTreeMap<Layer, Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// Set on leaves alone: a loaded keymap has no sequence that begins another.
    command: Option<String>,
    next: BTreeMap<Chord, Node>,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// They are this command.
    Command(&'a str),
    /// They begin something; these keys may follow.
    Pending(Vec<Hint<'a>>),
    /// They mean nothing.
    Nothing,
}

/// A key that may follow, for the box of continuations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint<'a> {
    /// The key.
    pub chord: Chord,
    /// What it does, in words: the command's name spaced out, or `…` when more keys follow.
    pub label: String,
    /// The command, when this key completes one.
    pub command: Option<&'a str>,
}

/// One row of a keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<'a> {
    /// Where it applies.
    pub layer: Layer,
    /// The chords in order; never empty.
    pub chords: Vec<Chord>,
    /// The command's name.
    pub command: &'a str,
}

impl Keymap {
    /// What `pending`, all keys pressed since the last command, means in these layers (innermost first). The innermost layer
    /// that knows the keys decides; where it knows only their beginning, the continuations that outer layers know are offered
    /// as well.
    pub fn resolve<'a>(&'a self, layers: &[Layer], pending: &[Chord]) -> Resolved<'a> {
        let mut hints: BTreeMap<Chord, Hint<'a>> = BTreeMap::new();
        if pending.is_empty() {
            return Resolved::Nothing;
        }
        for layer in layers {
            let Some(node) = self.layers.get(layer).and_then(|root| root.descend(pending)) else {
                continue;
            };
            match &node.command {
                Some(command) if hints.is_empty() => return Resolved::Command(command),
                _ => {}
            }
            for (chord, next) in &node.next {
                hints.entry(*chord).or_insert_with(|| Hint {
                    chord: *chord,
                    label: next
                        .command
                        .as_deref()
                        .map_or_else(|| "…".to_owned(), |name| name.replace('_', " ")),
                    command: next.command.as_deref(),
                });
            }
        }
        if hints.is_empty() {
            Resolved::Nothing
        } else {
            Resolved::Pending(hints.into_values().collect())
        }
    }

    /// The keys that run `command` in these layers, as text, innermost layer first and short sequences before long ones.
    /// Keys that an inner layer takes for something else are left out.
    pub fn keys_of(&self, layers: &[Layer], command: &str) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for layer in layers {
            let mut of_layer: Vec<Vec<Chord>> = Vec::new();
            if let Some(root) = self.layers.get(layer) {
                root.visit(&mut Vec::new(), &mut |chords, name| {
                    if name == command && self.resolve(layers, chords) == Resolved::Command(command) {
                        of_layer.push(chords.to_vec());
                    }
                });
            }
            // A stable sort: characters come before named keys, which is what a hint has room for.
            of_layer.sort_by_key(Vec::len);
            for text in of_layer.iter().map(|chords| print_sequence(chords)) {
                if !keys.contains(&text) {
                    keys.push(text);
                }
            }
        }
        keys
    }

    /// Every row, layer by layer, in the order of the keys.
    pub fn bindings(&self) -> impl Iterator<Item = Binding<'_>> {
        let mut rows = Vec::new();
        for (layer, root) in &self.layers {
            root.visit(&mut Vec::new(), &mut |chords, command| {
                rows.push(Binding {
                    layer: *layer,
                    chords: chords.to_vec(),
                    command,
                });
            });
        }
        rows.into_iter()
    }

    /// The whole keymap as a keymap file that stands alone, rows of one command together.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# Every key in use. A row with \"\" unbinds its key.\ninherits = \"\"\n");
        for layer in Layer::ALL {
            let mut rows: Vec<(&str, usize, String)> = Vec::new();
            if let Some(root) = self.layers.get(&layer) {
                root.visit(&mut Vec::new(), &mut |chords, command| {
                    rows.push((command, chords.len(), print_sequence(chords)));
                });
            }
            rows.sort();
            if !rows.is_empty() {
                text.push_str(&format!("\n[{}]\n", layer.name()));
            }
            for (command, _, keys) in rows {
                let quoted = keys.replace('\\', "\\\\").replace('"', "\\\"");
                text.push_str(&format!("\"{quoted}\" = \"{command}\"\n"));
            }
        }
        text
    }

    /// Binds a sequence; the caller has made sure that it neither begins another nor is begun by one.
    pub(super) fn bind(&mut self, layer: Layer, chords: &[Chord], command: &str) {
        let mut node = self.layers.entry(layer).or_default();
        for chord in chords {
            node = node.next.entry(*chord).or_default();
        }
        node.command = Some(command.to_owned());
    }
}

impl Node {
    /// The node at the end of these chords.
    fn descend(&self, chords: &[Chord]) -> Option<&Node> {
        chords.iter().try_fold(self, |node, chord| node.next.get(chord))
    }

    /// Calls `each` with every sequence that ends in a command. Depth is bounded by the longest sequence a file may bind.
    fn visit<'a>(&'a self, path: &mut Vec<Chord>, each: &mut impl FnMut(&[Chord], &'a str)) {
        if let Some(command) = &self.command {
            each(path, command);
        }
        for (chord, next) in &self.next {
            path.push(*chord);
            next.visit(path, each);
            path.pop();
        }
    }
}
