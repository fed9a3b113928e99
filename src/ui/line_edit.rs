//! A line being typed: text and cursor, with the editing keys a shell has taught everyone, and a history to walk.

use unicode_segmentation::UnicodeSegmentation;

/// Longer lines are not typed.
const LIMIT: usize = 4096;

/// A line of text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    /// In bytes, always at a grapheme's edge.
    cursor: usize,
    /// Where in the history one stands, counted from the newest; None is the line itself.
    place: Option<usize>,
    /// The line as it was before one walked into the history.
    own: String,
}

impl LineEdit {
    /// A line with this text, the cursor at its end.
    pub fn new(text: &str) -> LineEdit {
        LineEdit {
            text: text.to_owned(),
            cursor: text.len(),
            place: None,
            own: String::new(),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Replaces all of it.
    pub fn set(&mut self, text: &str) {
        self.text = text.to_owned();
        self.cursor = text.len();
    }

    /// Types a character.
    pub fn insert(&mut self, character: char) {
        if !character.is_control() && self.text.len() < LIMIT {
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
    }

    /// Takes pasted text: its first line, without control characters.
    pub fn paste(&mut self, text: &str) {
        for character in text.lines().next().unwrap_or("").chars() {
            self.insert(if character == '\t' { ' ' } else { character });
        }
    }

    /// Runs an editing command of the prompt layer; says whether the text changed, or None if it is no such command.
    /// `history` is what was typed before, newest last.
    pub fn run<'a>(&mut self, command: &str, history: impl DoubleEndedIterator<Item = &'a str>) -> Option<bool> {
        let before = self.text.clone();
        match command {
            "prompt_left" => self.cursor = self.previous(),
            "prompt_right" => self.cursor = self.next(),
            "prompt_word_left" => self.cursor = self.word_left(),
            "prompt_word_right" => self.cursor = self.word_right(),
            "prompt_home" => self.cursor = 0,
            "prompt_end" => self.cursor = self.text.len(),
            "prompt_delete" => self.cut(self.previous(), self.cursor),
            "prompt_delete_forward" => self.cut(self.cursor, self.next()),
            "prompt_delete_word" => self.cut(self.word_left(), self.cursor),
            "prompt_clear" => self.cut(0, self.cursor),
            "prompt_previous" => self.walk(history, true),
            "prompt_next" => self.walk(history, false),
            _ => return None,
        }
        Some(before != self.text)
    }

    fn walk<'a>(&mut self, history: impl DoubleEndedIterator<Item = &'a str>, older: bool) {
        let lines: Vec<&str> = history.rev().collect();
        let place = match (self.place, older) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(place), true) => Some(place + 1),
            (Some(place), false) => place.checked_sub(1),
        };
        match place {
            Some(number) => {
                let Some(line) = lines.get(number) else { return };
                if self.place.is_none() {
                    self.own = std::mem::take(&mut self.text);
                }
                self.set(line);
            }
            None if self.place.is_some() => {
                let own = std::mem::take(&mut self.own);
                self.set(&own);
            }
            None => {}
        }
        self.place = place;
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn previous(&self) -> usize {
        self.text[..self.cursor]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |grapheme| self.cursor + grapheme.len())
    }

    fn word_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let word = rest.len() - rest.trim_start().len();
        rest[word..]
            .find(char::is_whitespace)
            .map_or(self.text.len(), |at| self.cursor + word + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keys() {
        let rows = [
            ("web app", vec!["prompt_delete_word"], "web ", 4),
            ("web app", vec!["prompt_word_left", "prompt_clear"], "app", 0),
            ("añ", vec!["prompt_delete"], "a", 1),
            ("e\u{301}x", vec!["prompt_home", "prompt_delete_forward"], "x", 0),
            (
                "abc",
                vec!["prompt_left", "prompt_left", "prompt_delete_forward"],
                "ac",
                1,
            ),
            (
                "",
                vec!["prompt_delete", "prompt_left", "prompt_right", "prompt_delete_word"],
                "",
                0,
            ),
            ("a b", vec!["prompt_home", "prompt_word_right"], "a b", 1),
        ];
        for (text, commands, expected, cursor) in rows {
            let mut line = LineEdit::new(text);
            for command in &commands {
                assert!(line.run(command, std::iter::empty()).is_some());
            }
            assert_eq!((line.text(), line.cursor), (expected, cursor), "{text} {commands:?}");
        }
        assert_eq!(LineEdit::default().run("move_down", std::iter::empty()), None);
    }

    #[test]
    fn history_gives_the_own_line_back() {
        let history = ["one", "two"];
        let mut line = LineEdit::new("own");
        let walk = |line: &mut LineEdit, command| line.run(command, history.iter().copied());
        walk(&mut line, "prompt_previous");
        assert_eq!(line.text(), "two");
        walk(&mut line, "prompt_previous");
        walk(&mut line, "prompt_previous");
        assert_eq!(line.text(), "one");
        walk(&mut line, "prompt_next");
        walk(&mut line, "prompt_next");
        assert_eq!(line.text(), "own");
    }

    #[test]
    fn control_characters_are_not_typed() {
        let mut line = LineEdit::default();
        line.paste("a\u{1b}[31mb\tc\nsecond");
        assert_eq!(line.text(), "a[31mb c");
    }
}
