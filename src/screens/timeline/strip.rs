//! The strip of counts over time: how much happened when, and where warnings are among it.

use crate::screens::event_lines::EventLine;
use crate::text::{human_duration, width};
use crate::theme::Role;
use crate::ui::{Look, put};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The server forgets events after an hour unless it is told otherwise; more than a day is no use on one line.
const LONGEST: i64 = 86_400;
/// A strip is at least so many seconds long.
const SHORTEST: i64 = 60;

/// Counts by time, the oldest first: all, and warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strip {
    seconds: i64,
    counts: Vec<(u64, u64)>,
}

impl Strip {
    /// The strip of these events up to now, `within` so many seconds, in so many columns. An event is counted at its
    /// first and its last sighting: what lay between, the server has not kept.
    pub(super) fn of<'a>(
        events: impl Iterator<Item = &'a EventLine>,
        now: i64,
        within: Option<i64>,
        columns: usize,
    ) -> Strip {
        let times: Vec<(i64, bool)> = events
            .flat_map(|event| event.sightings.iter().map(|at| (*at, event.warning)))
            .collect();
        let oldest = times.iter().map(|(at, _)| now.saturating_sub(*at)).max().unwrap_or(0);
        let seconds = within.unwrap_or(oldest).clamp(SHORTEST, LONGEST);
        let mut counts = vec![(0, 0); columns];
        for (at, warning) in times {
            let ago = now.saturating_sub(at).max(0);
            if ago > seconds || columns == 0 {
                continue;
            }
            // Up to a day times a few hundred columns: no overflow.
            let place = (seconds - ago) * (columns as i64 - 1) / seconds;
            if let Some(count) = usize::try_from(place).ok().and_then(|place| counts.get_mut(place)) {
                count.0 += 1;
                count.1 += u64::from(warning);
            }
        }
        Strip { seconds, counts }
    }

    /// Draws it between its two ends.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, look: Look<'_>) {
        if area.height == 0 || self.counts.iter().all(|(count, _)| *count == 0) {
            return;
        }
        let steps: &[&str] = if look.ascii {
            &[" ", ".", ":", "-", "=", "+", "*", "#", "@"]
        } else {
            &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        };
        let most = self.counts.iter().map(|(count, _)| *count).max().unwrap_or(1).max(1);
        let from = format!("{} ago ", human_duration(self.seconds));
        let end = area.right();
        let mut x = area.x + 1;
        x += put(buffer, x, area.y, end.saturating_sub(x), &from, look.style(Role::Muted));
        for (count, warnings) in &self.counts {
            let step = if *count == 0 {
                0
            } else {
                1 + (count - 1) * 7 / most.max(2).saturating_sub(1)
            };
            let sign = usize::try_from(step)
                .ok()
                .and_then(|step| steps.get(step))
                .copied()
                .unwrap_or("#");
            let role = if *warnings > 0 { Role::Warn } else { Role::Faint };
            x += put(buffer, x, area.y, end.saturating_sub(x), sign, look.style(role));
        }
        let last = format!(" now, at most {most}");
        if usize::from(end.saturating_sub(x)) > width(&last) {
            put(buffer, x, area.y, end.saturating_sub(x), &last, look.style(Role::Muted));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Reference;

    fn event(last: i64, warning: bool) -> EventLine {
        EventLine {
            warning,
            kind: "".into(),
            reason: "".into(),
            message: "".into(),
            object: Reference {
                group: "".into(),
                kind: "".into(),
                namespace: "".into(),
                name: "".into(),
            },
            part: "".into(),
            first: None,
            last: Some(last),
            count: 1,
            source: "".into(),
            sightings: vec![last],
        }
    }

    #[test]
    fn counts_by_time() {
        let events = [
            event(0, false),
            event(1_000, true),
            event(1_000, false),
            event(990, false),
        ];
        let strip = Strip::of(events.iter(), 1_000, None, 11);
        assert_eq!(
            (strip.seconds, strip.counts[0], strip.counts[10]),
            (1_000, (1, 0), (2, 1))
        );
        let strip = Strip::of(events.iter(), 1_000, Some(100), 11);
        assert_eq!(
            (strip.counts[0], strip.counts[9], strip.counts[10]),
            ((0, 0), (1, 0), (2, 1))
        );
    }

    #[test]
    fn times_that_cannot_be_make_no_trouble() {
        for at in [i64::MIN / 4, i64::MAX / 4, -5, 5_000] {
            for columns in [0, 1, 2, 300] {
                Strip::of([event(at, true)].iter(), 1_000, None, columns);
            }
        }
    }
}
