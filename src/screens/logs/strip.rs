//! The strip over the text: how many lines were written when, and where the errors are. One can jump along it.

use super::{Logs, shape};
use crate::screens::Shared;
use crate::screens::common::look;
use crate::store::logs::Rate;
use crate::text::width;
use crate::theme::Role;
use crate::ui::put;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The strip is measured anew at most so often, in milliseconds: it counts all lines.
const MEASURE_MILLIS: u64 = 500;
/// From this height on there is room for it.
pub(super) const HEIGHT: u16 = 2;

/// The strip.
#[derive(Clone, Debug, Default)]
pub(super) struct Strip {
    /// Switched on or off by the user; otherwise it is there when there is room.
    pub(super) on: Option<bool>,
    rates: Vec<Rate>,
    /// What it was measured for: lines and span of time.
    basis: Option<(usize, i64, i64)>,
    from: i64,
    to: i64,
    measured: u64,
    /// Something has come since.
    behind: bool,
}

impl Strip {
    /// Whether it waits to be measured again.
    pub(super) fn waits(&self) -> bool {
        self.behind
    }

    /// Its numbers are those of another filter.
    pub(super) fn forget(&mut self) {
        self.basis = None;
        self.measured = 0;
    }

    /// The bucket that a time falls into.
    fn bucket_of(&self, time: i64) -> Option<usize> {
        let span = self.to.checked_sub(self.from).filter(|span| *span > 0)?;
        let into = time.checked_sub(self.from)?.clamp(0, span - 1);
        usize::try_from(i128::from(into) * self.rates.len() as i128 / i128::from(span)).ok()
    }
}

impl Logs {
    /// Counts lines and errors over time when that has changed and some time has passed.
    pub(super) fn measure_strip(&mut self, shared: &Shared) {
        let area = super::draw::Regions::of(self, self.area).strip;
        if area.height == 0 {
            self.strip.behind = false;
            return;
        }
        let Some((from, last)) = self.book.span() else {
            self.strip.rates.clear();
            return;
        };
        let buckets = usize::from(area.width.saturating_sub(2)).max(1);
        let basis = (self.count(), from, last);
        let same = self.strip.basis == Some(basis) && self.strip.rates.len() == buckets;
        let recent = shared.mono < self.strip.measured + MEASURE_MILLIS && self.strip.measured > 0;
        self.strip.behind = !same && recent;
        if same || (recent && self.strip.rates.len() == buckets) {
            return;
        }
        let to = last.saturating_add(1);
        self.strip.rates = self.view.rate(&self.book, buckets, from, to);
        (self.strip.from, self.strip.to) = (from, to);
        self.strip.basis = Some(basis);
        self.strip.measured = shared.mono.max(1);
        self.strip.behind = false;
    }

    /// Goes to the lines of the next part of the strip that has some, or of the one before.
    pub(super) fn jump_strip(&mut self, forward: bool) {
        self.locate();
        let time = self
            .view
            .line_at(&self.book, self.cursor_at)
            .map_or(0, |line| line.time);
        let Some(here) = self.strip.bucket_of(time) else { return };
        let has_lines = |at: &usize| self.strip.rates.get(*at).is_some_and(|rate| rate.lines > 0);
        let next = if forward {
            (here + 1..self.strip.rates.len()).find(has_lines)
        } else {
            (0..here).rev().find(has_lines)
        };
        let length = (self.strip.to - self.strip.from) as i128;
        let Some(at) = next else { return };
        let begin = i128::from(self.strip.from) + length * at as i128 / self.strip.rates.len().max(1) as i128;
        // By time, not by the place that was counted: lines have come and gone since.
        let place = self
            .view
            .position_at(&self.book, i64::try_from(begin).unwrap_or(i64::MAX));
        self.let_go();
        self.jump(place);
    }
}

/// Draws the strip: a row of bars, and a row that marks errors, where one is, and the times at both ends.
pub(super) fn draw(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let look = look(shared);
    let strip = &logs.strip;
    if area.height == 0 || area.width < 4 || strip.rates.is_empty() {
        return;
    }
    let most = strip.rates.iter().map(|rate| rate.lines).max().unwrap_or(0).max(1);
    let bars: [&str; 8] = if shared.settings.ascii {
        [".", ".", ":", ":", "-", "=", "#", "#"]
    } else {
        ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    };
    let time = logs
        .view
        .line_at(&logs.book, logs.cursor_at)
        .map_or(0, |line| line.time);
    let here = strip.bucket_of(time);
    let below = area.y + 1;
    if area.height > 1 {
        legend(
            logs,
            buffer,
            Rect {
                y: below,
                height: 1,
                ..area
            },
            most,
            shared,
        );
    }
    for (index, rate) in strip
        .rates
        .iter()
        .enumerate()
        .take(usize::from(area.width.saturating_sub(2)))
    {
        let x = area.x + 1 + index as u16;
        let level = (rate.lines * 8).div_ceil(most).clamp(1, 8) - 1;
        let role = if rate.errors > 0 { Role::Error } else { Role::Muted };
        let sign = match (rate.lines, bars.get(level)) {
            (1.., Some(bar)) => bar,
            _ => " ",
        };
        put(buffer, x, area.y, 1, sign, look.style(role));
        if area.height > 1 {
            if here == Some(index) {
                put(buffer, x, below, 1, look.pick("▲", "^"), look.style(Role::Accent));
            } else if rate.errors > 0 {
                put(buffer, x, below, 1, "!", look.style(Role::Error));
            }
        }
    }
}

/// The row below the bars: times at both ends and the measure in the middle, each where no error is marked.
fn legend(logs: &Logs, buffer: &mut Buffer, area: Rect, most: usize, shared: &Shared) {
    let strip = &logs.strip;
    let faint = look(shared).style(Role::Faint);
    let offset = logs.offset(shared);
    let time = |time| shape::clock(time, offset).get(..8).unwrap_or_default().to_owned();
    let room = usize::from(area.width.saturating_sub(2));
    let is_free = |from: usize, wide: usize| {
        let part = strip.rates.iter().skip(from.saturating_sub(1)).take(wide + 2);
        part.into_iter().all(|rate| rate.errors == 0)
    };
    let span = (strip.to - strip.from) as f64 / 1e9 / strip.rates.len().max(1) as f64;
    let span = match span {
        span if span < 10.0 => format!("{span:.1} s"),
        span => crate::text::human_duration(span as i64),
    };
    let measure = format!("at most {} in {span}", super::draw::grouped(most));
    let middle = (room / 2).saturating_sub(width(&measure) / 2);
    let begin = time(strip.from);
    let end = time(strip.to);
    let texts = [
        (0, begin, 0),
        (middle, measure, 60),
        (room.saturating_sub(end.len()), end, 24),
    ];
    for (at, text, least) in texts {
        if room >= least && is_free(at, width(&text)) {
            put(buffer, area.x + 1 + at as u16, area.y, (room - at) as u16, &text, faint);
        }
    }
}
