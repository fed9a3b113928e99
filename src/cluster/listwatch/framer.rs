//! The framer: a watch body comes in as bytes at any chunk boundary, its lines go out one by one. A line that is longer
//! than the cap is skipped and said, so that a server that never ends its line cannot fill the memory.

use super::splitter::ITEM_CAP;
use memchr::memchr;

/// One line of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes, without the newline; never blank.
    Whole(&'a [u8]),
    /// It was longer than the cap and is skipped.
    TooLarge,
}

/// Cuts a watch body into lines.
#[derive(Debug)]
pub struct Framer {
    part: Vec<u8>,
    skipping: bool,
    cap: usize,
}

impl Default for Framer {
    fn default() -> Framer {
        Framer::with_cap(ITEM_CAP)
    }
}

impl Framer {
    /// A framer that skips lines longer than `cap` bytes.
    pub fn with_cap(cap: usize) -> Framer {
        Framer {
            part: Vec::new(),
            skipping: false,
            cap,
        }
    }

    /// Takes the next bytes and hands out each line that they complete. `on` answers whether to go on: after a false
    /// the rest of the bytes is dropped.
    pub fn feed(&mut self, mut chunk: &[u8], on: &mut dyn FnMut(Line<'_>) -> bool) {
        while let Some(end) = memchr(b'\n', chunk) {
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            chunk = rest;
            let go_on = if std::mem::take(&mut self.skipping) {
                true
            } else if self.part.len() + line.len() > self.cap {
                self.part = Vec::new();
                on(Line::TooLarge)
            } else if self.part.is_empty() {
                line.trim_ascii().is_empty() || on(Line::Whole(line.trim_ascii()))
            } else {
                self.part.extend_from_slice(line);
                let go_on = self.part.trim_ascii().is_empty() || on(Line::Whole(self.part.trim_ascii()));
                self.part.clear();
                self.part.shrink_to(1 << 20);
                go_on
            };
            if !go_on {
                return;
            }
        }
        if self.skipping {
            return;
        }
        if self.part.len() + chunk.len() > self.cap {
            self.part = Vec::new();
            self.skipping = true;
            on(Line::TooLarge);
            return;
        }
        self.part.extend_from_slice(chunk);
    }

    /// Whether the body ended in the middle of a line.
    pub fn ends_in_a_line(&self) -> bool {
        self.skipping || !self.part.trim_ascii().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(body: &[u8], cuts: &[usize], cap: usize) -> (Vec<String>, bool) {
        let mut framer = Framer::with_cap(cap);
        let mut lines = Vec::new();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            framer.feed(&body[pair[0]..pair[1]], &mut |line| {
                lines.push(match line {
                    Line::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Line::TooLarge => "too large".to_owned(),
                });
                true
            });
        }
        (lines, framer.ends_in_a_line())
    }

    #[test]
    fn lines_at_every_cut() {
        let body = b"one\r\n\n two \nthis one is much too long\nthree\nfo";
        for cut in 0..body.len() {
            let (lines, partial) = frame(body, &[cut], 10);
            assert_eq!(lines, ["one", "two", "too large", "three"]);
            assert!(partial);
        }
        assert_eq!(frame(b"one\n", &[], 10), (vec!["one".to_owned()], false));
    }

    #[test]
    fn a_line_without_end_holds_no_memory() {
        let mut framer = Framer::with_cap(1000);
        let mut said = 0;
        for _ in 0..10_000 {
            framer.feed(&[b'x'; 100], &mut |_| {
                said += 1;
                true
            });
            assert!(framer.part.capacity() <= 2048);
        }
        assert_eq!(said, 1);
        assert!(framer.ends_in_a_line());
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_lines(body in "[ab \\n]{0,60}", cuts in prop::collection::vec(any::<usize>(), 0..10)) {
            prop_assert_eq!(frame(body.as_bytes(), &cuts, 7), frame(body.as_bytes(), &[], 7));
            let plain: Vec<String> = body.split_inclusive('\n').filter(|l| l.ends_with('\n'))
                .map(|l| if l.len() > 8 { "too large".to_owned() } else { l.trim().to_owned() })
                .filter(|l| !l.is_empty()).collect();
            let (mut lines, _) = frame(body.as_bytes(), &cuts, 7);
            if body.rsplit('\n').next().is_some_and(|tail| tail.len() > 7) { lines.pop(); }
            prop_assert_eq!(lines, plain);
        }
    }
}
