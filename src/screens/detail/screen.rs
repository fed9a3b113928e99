//! The detail as a screen: keys and text in, wants, title and drawing out.

use super::*;

impl Screen for Detail {
    fn place(&self) -> Option<Place> {
        Some(Place::Object(self.object.name.clone(), self.tab))
    }

    fn layers(&self) -> &'static [Layer] {
        if self.typing {
            &[Layer::Prompt]
        } else {
            &[Layer::Document]
        }
    }

    fn takes_text(&self) -> bool {
        self.typing
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if self.typing {
            match name {
                "prompt_accept" => {
                    self.typing = false;
                    if !self.reading().search.is_empty() {
                        let (index, found) = (self.index(), self.line.text().to_owned());
                        let lines = match index {
                            0 => self.describe.lines(),
                            other => self.parts[other - 1].lines(),
                        };
                        if !self.readings[index].find(lines, false, true) {
                            ctx.toast(Tone::Info, &format!("`{found}` is not in this text."));
                        }
                    }
                }
                "prompt_cancel" => {
                    self.typing = false;
                    self.reading_mut().search.clear();
                }
                "prompt_complete" => {}
                _ => match self.line.run(name, std::iter::empty()) {
                    Some(true) => self.search_typed(),
                    Some(false) => {}
                    None => return false,
                },
            }
            return true;
        }
        if self.with_part(ctx, |part, cursor, inside, ctx| part.run(name, cursor, inside, ctx)) {
            return true;
        }
        if name == "go_back_step" {
            if self.reading().search.is_empty() {
                ctx.ask(Request::Close);
            } else {
                self.reading_mut().search.clear();
            }
            return true;
        }
        dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        self.line.insert(character);
        self.search_typed();
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        self.line.paste(text);
        self.search_typed();
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        self.with_part(ctx, |part, _, inside, ctx| part.picked(purpose, answers, inside, ctx));
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.object.refresh(shared);
        (self.width, self.height) = (area.width, area.height);
        let index = self.index();
        let inside = Inside {
            shared,
            object: &self.object,
        };
        // The description is made on every tab: the head says what is wrong wherever one is.
        let name = |part: &dyn Part, reading: &Reading| {
            let lines = part.lines();
            (reading.cursor < lines.len()).then(|| lines.name(reading.cursor))
        };
        let mut old = name(&self.describe, &self.readings[0]);
        self.describe.shown = index == 0;
        let mut another = self.describe.refresh(&inside, area.width);
        if index > 0 {
            let part = &mut self.parts[index - 1];
            old = name(part.as_ref(), &self.readings[index]);
            another = part.refresh(&inside, area.width);
        }
        let (_, _, text, _) = self.regions(area, shared);
        let lines = match index {
            0 => self.describe.lines(),
            other => self.parts[other - 1].lines(),
        };
        // What stands beside the text takes its room: the cursor must not go behind it.
        let cursor = self.readings[index].cursor;
        let beside = index > 0 && !self.parts[index - 1].beside(cursor, &inside, text.width / 2).is_empty();
        let page = usize::from(parted(text, beside).0.height);
        if another || self.readings[index].page() != page {
            self.readings[index].set(lines, old.as_deref(), page);
        }
        if let Some(line) = index
            .checked_sub(1)
            .and_then(|index| self.parts.get_mut(index))
            .and_then(|part| part.jump())
        {
            let lines = self.parts[index - 1].lines();
            self.readings[index].go_to(lines, line);
        }
        if let Some(part) = index.checked_sub(1).and_then(|index| self.parts.get_mut(index)) {
            part.show(self.readings[index].seen(), &inside);
        }
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.insert(Want::List(self.object.list()));
        if self.object.whole.is_none() {
            return;
        }
        wants.insert(Want::List(self.object.events_list()));
        let inside = Inside {
            shared,
            object: &self.object,
        };
        self.describe.wants(&inside, wants);
        if self.index() > 0 {
            self.part().wants(&inside, wants);
        }
    }

    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        vec![self.object.list()]
    }

    fn subject(&self, _shared: &Shared) -> Option<ObjectName> {
        Some(self.object.name.clone())
    }

    fn show(&mut self, object: Option<ObjectName>, _shared: &Shared) {
        if let Some(object) = object
            && object != self.object.name
        {
            let tab = self.tab;
            let focused = self.focused;
            // What was searched for stays; places in the text belong to the object.
            let search = self.reading().search.clone();
            *self = Detail::new(object, tab);
            self.focused = focused;
            self.reading_mut().search = search;
        }
    }

    fn title(&self, shared: &Shared) -> Title {
        let (_, kind, _) = self.object.kind(shared);
        Title {
            name: Clean::new(&format!("{} {}", kind.as_str().to_lowercase(), self.object.name.name)),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let look = look(shared);
        let (title, head, text, below) = self.regions(area, shared);
        self.draw_title(buffer, title, shared);
        let under = Rect {
            y: title.bottom(),
            height: area.height - title.height,
            ..area
        };
        say_news(buffer, under, head, shared, self.object.news(shared));
        self.describe.draw_head(buffer, head, shared, &self.object);
        let inside = Inside {
            shared,
            object: &self.object,
        };
        let beside = self.part().beside(self.reading().cursor, &inside, text.width / 2);
        let (own, other) = parted(text, !beside.is_empty());
        if self.object.whole.is_none() {
            say_empty(buffer, own, shared, &self.object.nothing(shared));
        } else if self.part().lines().is_empty() {
            say_empty(buffer, own, shared, "There is nothing to show here.");
        } else {
            self.reading()
                .draw(buffer, own, look, self.part().lines(), self.focused);
        }
        if other.height > 0 {
            let line = look.pick("─", "-").repeat(usize::from(other.width));
            put(buffer, other.x, other.y, other.width, &line, look.style(Role::Border));
            for (line, y) in beside.iter().zip(other.y + 1..other.bottom()) {
                crate::ui::draw_line(buffer, other.x + 1, y, other.width.saturating_sub(2), look, line, 0, "");
            }
        }
        if below.height == 0 {
            return;
        }
        if self.typing || !self.reading().search.is_empty() {
            fill(buffer, below, look.style(Role::Base));
            prompt(buffer, below, look, " / ", &self.line, "search");
        } else if below.height > 0
            && let Some((said, role)) = self.part().status(self.reading().cursor, &inside)
        {
            put(
                buffer,
                below.x + 1,
                below.y,
                below.width.saturating_sub(2),
                &said,
                look.style(role),
            );
        }
    }

    fn cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        let (_, _, _, below) = self.regions(area, shared);
        if self.typing && below.height > 0 {
            prompt_cursor(below, " / ", &self.line)
        } else {
            None
        }
    }

    fn next_change(&self, shared: &Shared) -> Option<i64> {
        let inside = Inside {
            shared,
            object: &self.object,
        };
        let own = self.part().next_change(&inside);
        [own, self.describe.next_change(&inside)].into_iter().flatten().min()
    }
}

impl Detail {
    /// `pod cart-…  deleted 5s ago            Describe  YAML  Events  Relations  History`
    fn draw_title(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = look(shared);
        let mut x = area.x + 1;
        let all: usize = TABS.iter().map(|(_, title)| title.len() + 2).sum();
        // Where there is no room for every tab the one in front stands alone, with its place among them.
        let alone = format!(
            "[{}] {}/{}",
            TABS.get(self.index()).map_or("", |(_, title)| title),
            self.index() + 1,
            TABS.len()
        );
        let few = usize::from(area.width) < all + 20;
        let wide = if few { alone.len() } else { all };
        let room = usize::from(area.width).saturating_sub(wide + 3);
        let (said, role) = self.object.said(shared);
        let name = self.object.called(shared);
        let left = room.saturating_sub(if said.is_empty() { 0 } else { said.len() + 2 });
        if left > 8 {
            let name = crate::text::cut_middle(&name, left);
            x += put(buffer, x, area.y, left as u16, &name, look.style(Role::Title)) + 2;
        }
        put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &said,
            look.style(role),
        );
        let mut x = area.right().saturating_sub(wide as u16).max(area.x);
        if few {
            put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x),
                &alone,
                look.style(Role::Accent),
            );
            return;
        }
        for (tab, title) in TABS {
            let role = if tab == self.tab { Role::Accent } else { Role::Muted };
            let title = if tab == self.tab {
                format!("[{title}]")
            } else {
                format!(" {title} ")
            };
            x += put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x),
                &title,
                look.style(role),
            );
        }
    }
}
