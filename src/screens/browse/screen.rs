//! The table as a screen: keys and text in, wants, title and drawing out.

use super::layout::Layout;
use super::{Asking, Browse, commands, draw};
use crate::keys::Layer;
use crate::kinds::Field;
use crate::screens::{CommandRow, Ctx, ObjectName, Place, Screen, Shared, Title, dispatch, rows};
use crate::store::{Mark, View};
use crate::text::{Clean, next_age_change};
use crate::want::{ListWant, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

impl Screen for Browse {
    fn place(&self) -> Option<Place> {
        let mut place = self.place.clone();
        place.filter = self.filter_text.clone();
        Some(Place::List(place))
    }

    fn layers(&self) -> &'static [Layer] {
        if self.prompt.is_some() {
            &[Layer::Prompt]
        } else {
            &[Layer::Table]
        }
    }

    fn takes_text(&self) -> bool {
        self.prompt.is_some()
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(commands::COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if let Some((asking, line)) = &mut self.prompt {
            let asking = *asking;
            match name {
                "prompt_accept" => {
                    self.accept_prompt(ctx);
                    return true;
                }
                "prompt_cancel" => {
                    let was = self.prompt.take();
                    self.filter_error = None;
                    // Esc in the filter takes it back altogether: what is typed is what is seen.
                    if was.is_some_and(|(asking, _)| asking == Asking::Filter) {
                        self.set_filter("", ctx.shared);
                    }
                    return true;
                }
                "prompt_complete" => return true,
                _ => {}
            }
            let prompt = match asking {
                Asking::Filter => "filter",
                Asking::Selector | Asking::Logs => "selector",
                Asking::Export => "export",
            };
            let history = ctx.shared.lines.get(prompt);
            let lines = history.into_iter().flat_map(|lines| lines.iter().map(String::as_str));
            let lines: Vec<&str> = lines.collect();
            if let Some(changed) = line.run(name, lines.into_iter()) {
                if changed && asking == Asking::Filter {
                    let text = line.text().to_owned();
                    self.set_filter(&text, ctx.shared);
                }
                return true;
            }
            return false;
        }
        self.moved |= name.starts_with("move_") || name.contains("page_") || name.contains("mark");
        dispatch(commands::COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        let Some((asking, line)) = &mut self.prompt else { return };
        line.insert(character);
        if *asking == Asking::Filter {
            let text = line.text().to_owned();
            self.set_filter(&text, ctx.shared);
        }
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx<'_>) {
        let Some((asking, line)) = &mut self.prompt else { return };
        line.paste(text);
        if *asking == Asking::Filter {
            let text = line.text().to_owned();
            self.set_filter(&text, ctx.shared);
        }
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        self.take_answer(purpose, answers, ctx);
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.area = area;
        self.now = shared.now(self.place.cluster);
        let lists = self.lists_now(shared);
        if lists != self.lists {
            // Other sources: rows, marks and widths of the old ones mean nothing here.
            self.lists = lists;
            self.view = View::default();
            self.cursor = None;
            self.marks.clear();
            self.layout = Layout::default();
            self.columns_seen.clear();
        }
        let tables = self.tables(shared);
        if tables.len() < self.lists.len() {
            return;
        }
        let columns_seen: Vec<u64> = tables.iter().map(|table| table.columns_version()).collect();
        if columns_seen != self.columns_seen {
            self.columns_seen = columns_seen;
            self.choose_columns(shared);
            if !self.filter_text.is_empty() && self.prompt.is_none() && self.spec.filter.is_empty() {
                let text = self.filter_text.clone();
                self.set_filter(&text, shared);
            }
        }
        if self.spec.filter.depends_on_time() {
            self.view.invalidate();
        }
        let changed = self.view.sync(&tables, &self.spec, self.now);
        if changed {
            self.follow_cursor(shared);
            self.forget_lost_marks(&tables);
        } else {
            if self.cursor.is_none() && !self.view.rows().is_empty() {
                self.move_to(self.index, shared);
            }
            self.scroll_to_cursor();
        }
        self.measure(shared);
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.extend(self.lists_now(shared).into_iter().map(Want::List));
    }

    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        self.lists.clone()
    }

    fn subject(&self, shared: &Shared) -> Option<ObjectName> {
        self.object(shared)
    }

    fn title(&self, shared: &Shared) -> Title {
        // The mode must not be forgotten once its toast is gone.
        let name = if self.spec.faults_only {
            format!("faulty {}", self.what())
        } else {
            self.what()
        };
        let tables = self.tables(shared);
        let (total, faults) = if self.spec.owner.is_some() {
            (self.view.rows().len(), self.faults_in_view(&tables))
        } else {
            tables
                .iter()
                .map(|table| table.counts())
                .fold((0, 0), |sum, counts| (sum.0 + counts.rows, sum.1 + counts.faults))
        };
        let mut trail = self.place.trail.as_str().to_owned();
        for selector in [self.place.labels.as_str(), self.place.fields.as_str()] {
            if !selector.is_empty() && self.place.trail.is_empty() {
                trail.push_str(if trail.is_empty() { "" } else { " " });
                trail.push_str(selector);
            }
        }
        let shown = self.view.rows().len().min(total);
        Title {
            name: Clean::new(&name),
            trail: Clean::new(&trail),
            counts: (!tables.is_empty()).then_some((shown, total)),
            faults,
            marked: self.marks.len(),
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        let (_, line) = self.prompt.as_ref()?;
        let x = draw::PROMPT_INDENT + crate::text::width(line.before()) as u16;
        (area.height > 0).then(|| Position::new((area.x + x).min(area.right().saturating_sub(1)), area.bottom() - 1))
    }

    fn next_change(&self, shared: &Shared) -> Option<i64> {
        let tables = self.tables(shared);
        let mut soonest: Option<i64> = None;
        let mut consider = |seconds: i64| soonest = Some(soonest.map_or(seconds, |known| known.min(seconds)));
        for row in self.view.rows().iter().skip(self.offset).take(self.page()) {
            let Some(table) = tables.get(usize::from(row.table)) else {
                continue;
            };
            if table.mark(row.id) != Mark::None {
                consider(1);
            }
            for column in self.layout.visible() {
                // Cells that never age need no look at their value.
                let then = match &column.field {
                    Field::Age => table.row(row.id).and_then(|row| row.created),
                    Field::Cell(index) => table
                        .row(row.id)
                        .and_then(|row| row.cells.get(usize::from(*index)))
                        .and_then(|cell| cell.value.ages_from()),
                    _ => None,
                };
                if let Some(then) = then {
                    consider(next_age_change(self.now - then));
                }
            }
        }
        if self.spec.filter.depends_on_time() {
            consider(1);
        }
        soonest
    }
}
