//! A list's cursor and what is seen of it.

/// Which row the cursor is on and which is the first that is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row that is seen.
    pub top: usize,
    /// How many rows are seen.
    page: usize,
}

impl ListState {
    /// Brings cursor and window to where they belong in a list of `count` rows of which `page` are seen.
    pub fn fit(&mut self, count: usize, page: usize) {
        self.page = page;
        self.cursor = self.cursor.min(count.saturating_sub(1));
        let page = page.max(1);
        self.top = self.top.min(count.saturating_sub(page)).min(self.cursor);
        if self.cursor >= self.top + page {
            self.top = self.cursor + 1 - page;
        }
    }

    /// Back to the first row.
    pub fn reset(&mut self) {
        self.cursor = 0;
        self.top = 0;
    }

    /// Runs a command that moves in a list of `count` rows; says whether it was one.
    pub fn run(&mut self, command: &str, count: usize) -> bool {
        let page = self.page.max(1);
        let last = count.saturating_sub(1);
        let to = match command {
            "move_down" => self.cursor.saturating_add(1),
            "move_up" => self.cursor.saturating_sub(1),
            "page_down" => self.cursor.saturating_add(page),
            "page_up" => self.cursor.saturating_sub(page),
            "half_page_down" => self.cursor.saturating_add(page.div_ceil(2)),
            "half_page_up" => self.cursor.saturating_sub(page.div_ceil(2)),
            "move_top" => 0,
            "move_bottom" => last,
            _ => return false,
        };
        self.cursor = to.min(last);
        self.fit(count, self.page);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving() {
        let rows = [
            ("move_down", 0, 1, 0),
            ("move_up", 0, 0, 0),
            ("page_down", 0, 5, 1),
            ("half_page_down", 8, 9, 5),
            ("move_bottom", 0, 9, 5),
            ("move_top", 9, 0, 0),
        ];
        for (command, from, cursor, top) in rows {
            let mut list = ListState {
                cursor: from,
                top: 0,
                page: 5,
            };
            list.fit(10, 5);
            assert!(list.run(command, 10));
            assert_eq!((list.cursor, list.top), (cursor, top), "{command} from {from}");
        }
        assert!(!ListState::default().run("open_row", 3));
    }

    #[test]
    fn nothing_is_survived() {
        let mut list = ListState {
            cursor: 7,
            top: 7,
            page: 0,
        };
        list.fit(0, 0);
        assert_eq!(list, ListState::default());
        list.run("page_down", 0);
        list.run("move_bottom", 0);
        assert_eq!(list.cursor, 0);
    }
}
