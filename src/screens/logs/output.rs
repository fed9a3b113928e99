//! What leaves the screen: copies, files, the pager, and the kubectl command that would show the same.

use super::{Asking, Logs, Names, subjects};
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::{Ctx, LogsPlace, Request, Shared, Tone};
use crate::store::logs::Saving;
use crate::text::{Clean, log_spans};
use crate::ui::LineEdit;
use crate::want::{LogStart, Scope};
use std::path::PathBuf;
use std::sync::Arc;

/// Answers of copies and files only make a toast, so they share a ticket.
const OUTPUT: Ticket = Ticket(0);
/// A clipboard gets so many lines at most.
const COPIED: usize = 10_000;
/// A pager gets so many: each is made clean first.
const PAGED: usize = 100_000;
/// Of one line a pager gets so many bytes.
const PAGED_LINE: usize = 64 << 10;

/// Puts a text on the clipboard.
pub(super) fn copy(ctx: &mut Ctx<'_>, text: String, what: &str) {
    ctx.ask(Request::Effect(Effect::Copy {
        ticket: OUTPUT,
        text,
        what: Clean::new(what),
    }));
}

impl Logs {
    /// What stands before saved and copied lines: what the screen shows.
    fn saving(&self) -> Saving {
        Saving {
            source: self.names() != Names::Off,
            time: self.stamps != super::Stamps::Off,
        }
    }

    fn pieces(&self, range: std::ops::Range<usize>, saving: Saving) -> Vec<Arc<[u8]>> {
        self.view.save(&self.book, range, saving).collect()
    }

    /// Copies the selected lines, or the one under the cursor, as they were written.
    pub(super) fn copy_lines(&mut self, ctx: &mut Ctx<'_>) {
        self.locate();
        let range = self.selected();
        let range = range.start..range.end.min(range.start + COPIED);
        let several = range.len() > 1;
        let saving = if several { self.saving() } else { Saving::default() };
        self.copy_range(range, saving, ctx);
        self.anchor = None;
    }

    /// Copies the lines that are seen.
    pub(super) fn copy_seen(&mut self, ctx: &mut Ctx<'_>) {
        self.locate();
        let end = (self.top_at + self.seen).min(self.count());
        self.copy_range(self.top_at..end, self.saving(), ctx);
    }

    fn copy_range(&self, range: std::ops::Range<usize>, saving: Saving, ctx: &mut Ctx<'_>) {
        let lines = range.len();
        let bytes = self.pieces(range, saving).concat();
        if bytes.is_empty() {
            ctx.toast(Tone::Warn, "there is nothing to copy");
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let what = if lines == 1 {
            "line".to_owned()
        } else {
            format!("{lines} lines")
        };
        let text = if lines == 1 {
            text.trim_end_matches('\n').to_owned()
        } else {
            text
        };
        copy(ctx, text, &what);
    }

    /// Asks for a file to save to.
    pub(super) fn ask_file(&mut self, shared: &Shared) {
        let subject = subjects::title_of(&self.place, shared);
        let name: String = subject
            .rsplit(' ')
            .next()
            .unwrap_or("logs")
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() || "-.".contains(character) {
                    character
                } else {
                    '-'
                }
            })
            .collect();
        let time = crate::text::format_time(shared.now(self.place.cluster)).replace([':', '-'], "");
        let name = format!("{}-{time}.log", name.trim_matches(['-', '.']));
        self.asking = Some((Asking::Save, LineEdit::new(&name)));
        self.error = None;
    }

    /// Saves the selection, or all that passes the filter, raw.
    pub(super) fn save(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        self.locate();
        let (path, overwrite) = match line.strip_prefix('!') {
            Some(path) => (path.trim(), true),
            None => (line, false),
        };
        if path.is_empty() {
            return;
        }
        let range = if self.anchor.is_some() {
            self.selected()
        } else {
            0..self.count()
        };
        let content = self.pieces(range, self.saving());
        if content.is_empty() {
            ctx.toast(Tone::Warn, "there are no lines to save");
            return;
        }
        self.anchor = None;
        ctx.ask(Request::Effect(Effect::WriteFile {
            ticket: OUTPUT,
            path: PathBuf::from(path),
            content,
            overwrite,
        }));
    }

    /// Hands the selection, or what passes the filter, to the pager: clean, since a pager is a terminal program.
    pub(super) fn page(&mut self, ctx: &mut Ctx<'_>) {
        self.locate();
        let range = if self.anchor.is_some() {
            self.selected()
        } else {
            0..self.count()
        };
        let cut = range.len() > PAGED;
        let range = range.end.saturating_sub(PAGED).max(range.start)..range.end;
        let mut text = String::new();
        let saving = self.saving();
        for piece in self.view.save(&self.book, range, saving) {
            let lines = piece.strip_suffix(b"\n").unwrap_or(&piece);
            for line in lines.split(|byte| *byte == b'\n') {
                text.push_str(&log_spans(line, PAGED_LINE).text);
                text.push('\n');
            }
        }
        if text.is_empty() {
            ctx.toast(Tone::Warn, "there are no lines to page through");
            return;
        }
        if cut {
            ctx.toast(
                Tone::Info,
                &format!("the pager gets the last {PAGED} lines; a file gets all"),
            );
        }
        ctx.ask(Request::Effect(Effect::Page {
            ticket: OUTPUT,
            content: vec![text.into_bytes().into()],
        }));
    }

    /// Shows and copies the kubectl command that shows the same.
    pub(super) fn show_kubectl(&mut self, ctx: &mut Ctx<'_>) {
        let context = ctx
            .shared
            .context(self.place.cluster)
            .map(|context| context.name.clone());
        let command = self.kubectl(context.as_deref().unwrap_or_default(), ctx.shared);
        let Some(command) = command else {
            ctx.toast(Tone::Info, "kubectl cannot read these logs in one command");
            return;
        };
        ctx.toast(Tone::Info, &command);
        copy(ctx, command, "command");
    }

    fn kubectl(&self, context: &str, shared: &Shared) -> Option<String> {
        let LogsPlace { of, selector, .. } = &self.place;
        let mut words = vec!["kubectl".to_owned()];
        if !context.is_empty() {
            words.push(format!("--context={}", quoted(context)));
        }
        let sources: Vec<_> = self.sources.read().map(|(_, source)| source).collect();
        let containers: std::collections::BTreeSet<&str> =
            sources.iter().map(|source| source.container.as_str()).collect();
        let many = match (of.as_slice(), selector) {
            ([one], None) => {
                words.push(format!("--namespace={}", quoted(one.namespace.as_str())));
                words.push("logs".to_owned());
                let is_pod = one.resource.resource.as_str() == "pods";
                let catalog = shared.clusters.get(&one.cluster).map(|state| &state.catalog);
                let singular =
                    catalog.and_then(|catalog| catalog.find(&one.resource).map(|found| found.singular.to_string()));
                let singular = singular.unwrap_or_else(|| one.resource.to_string());
                words.push(quoted(&format!("{singular}/{}", one.name)));
                if !is_pod && self.sources.pods() > 1 {
                    words.push("--all-pods=true".to_owned());
                }
                !is_pod
            }
            // kubectl takes one namespace with a selector.
            ([], Some((Scope::Namespaces(names), labels))) if names.len() == 1 => {
                words.push(format!(
                    "--namespace={}",
                    quoted(names.first().map_or("", |name| name.as_str()))
                ));
                words.push("logs".to_owned());
                words.push(format!("--selector={}", quoted(labels.as_str())));
                true
            }
            _ => return None,
        };
        match containers.iter().copied().collect::<Vec<_>>().as_slice() {
            [one] => words.push(format!("--container={}", quoted(one))),
            [] => {}
            _ => words.push("--all-containers".to_owned()),
        }
        match sources
            .iter()
            .find_map(|source| source.want.as_ref())
            .map(|want| want.start)
        {
            Some(LogStart::Tail(lines)) => words.push(format!("--tail={lines}")),
            Some(LogStart::Since(since)) => {
                words.push(format!("--since-time={}", crate::text::format_time(since)));
                words.push("--tail=-1".to_owned());
            }
            Some(LogStart::All) | None => words.push("--tail=-1".to_owned()),
        }
        if many || containers.len() > 1 {
            words.push("--prefix".to_owned());
        }
        if sources.len() > 5 {
            words.push(format!("--max-log-requests={}", sources.len()));
        }
        if self.stamps != super::Stamps::Off {
            words.push("--timestamps".to_owned());
        }
        words.push(
            if self.sources.previous {
                "--previous"
            } else {
                "--follow"
            }
            .to_owned(),
        );
        Some(words.join(" "))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./=,:@%+".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, wanted) in [
            ("cart", "cart"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$x", "'$x'"),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
