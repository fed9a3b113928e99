//! The roles: what a piece of the screen is for. Code names a role, a theme gives it a look, and nothing else in the
//! house names a colour.

use ratatui::style::Modifier;

/// One row a role: variant, name in theme files, what it is for, the role it looks like where a theme does not say,
/// and what marks it where there are no colours.
macro_rules! roles {
    ($($role:ident $name:literal $doc:literal $parent:ident $plain:expr;)*) => {
        /// What a piece of the screen is for.
        #[repr(u8)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = $doc] $role,)*
        }

        impl Role {
            /// Every role, in the order of the documentation.
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            const ROWS: &'static [(&'static str, &'static str, Role, Modifier)] =
                &[$(($name, $doc, Role::$parent, $plain),)*];
        }
    };
}

const NONE: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const UNDERLINED: Modifier = Modifier::UNDERLINED;
const REVERSED: Modifier = Modifier::REVERSED;

roles! {
    Base "base" "The whole screen: its background, and text that has no other role." Base NONE;
    Text "text" "Ordinary text: cells, documents." Base NONE;
    Muted "muted" "Text of less importance: units, counts, secondary cells." Text NONE;
    Faint "faint" "Text that may be overlooked: fold marks, line numbers, placeholders." Muted DIM;
    Accent "accent" "What the eye should find first and is no state: the current word of a prompt, a counter." Text BOLD;
    Title "title" "The title of a pane, popup or section." Text BOLD;
    Border "border" "Lines around and between panes." Faint DIM;
    BorderFocus "border_focus" "The border of the pane that has the keys." Accent BOLD;
    Header "header" "The header line: scope, counts, connection, version." Text NONE;
    HeaderContext "header_context" "The context's name in the header." Header REVERSED;
    HeaderProduction "header_production" "The same for a context marked as production." HeaderContext REVERSED.union(BOLD);
    Column "column" "The headings of a table's columns." Muted BOLD;
    ColumnSorted "column_sorted" "The heading of the column that the table is sorted by." Accent BOLD.union(UNDERLINED);
    Selection "selection" "The row under the cursor, in the pane that has the keys." Text REVERSED;
    SelectionUnfocused "selection_unfocused" "The row under the cursor, in a pane without the keys." Selection UNDERLINED;
    CursorBar "cursor_bar" "The bar at the left edge of the row under the cursor." Accent BOLD;
    Marked "marked" "A row that the user has marked." Accent BOLD;
    Match "match" "The letters that a filter or search has found." Accent BOLD.union(UNDERLINED);
    Key "key" "A key in the hint line, in help and in menus." Accent BOLD;
    Hint "hint" "What a key does, in the hint line." Muted NONE;
    Prompt "prompt" "The line into which the user types." Text NONE;
    Ok "ok" "A state that is as it should be: Running, Ready, Bound." Text NONE;
    Progress "progress" "A state on its way to another: Pending, ContainerCreating, a rollout." Accent NONE;
    Warn "warn" "A state that wants looking at." Text BOLD;
    Error "error" "A state that is broken: CrashLoopBackOff, Failed, NotReady." Warn BOLD;
    Done "done" "A state that is over and fine: Completed, Succeeded." Muted DIM;
    Unknown "unknown" "A state that nobody knows, or that is being taken down: Unknown, Terminating." Muted NONE;
    NewRow "new_row" "A row that has just appeared." Ok BOLD;
    DeletedRow "deleted_row" "A row whose object is gone; it lingers for a moment." Faint DIM.union(Modifier::CROSSED_OUT);
    Stale "stale" "Data that is no longer live." Muted DIM;
    Link "link" "Something that can be followed: an owner, a node, an address." Accent UNDERLINED;
    LabelKey "label_key" "The key of a label, an annotation or a field of a document." Accent NONE;
    LabelValue "label_value" "The value of a label, an annotation or a field of a document." Text NONE;
    Number "number" "A number, boolean or null in a document." LabelValue NONE;
    Comment "comment" "A comment in a document, or text that the reader added." Faint DIM;
    Added "added" "A line that a change would add." Ok BOLD;
    Removed "removed" "A line that a change would remove." Error UNDERLINED;
    Scrollbar "scrollbar" "The thumb of a scrollbar." Border DIM;
    Popup "popup" "The ground of popups, menus and the palette." Base NONE;
    ToastInfo "toast_info" "A message that something was done." Popup NONE;
    ToastWarn "toast_warn" "A message that wants attention." ToastInfo BOLD;
    ToastError "toast_error" "A message that something failed." ToastWarn REVERSED;
    Danger "danger" "What destroys: the dangerous answer of a question, its key, insecure connections." Error REVERSED.union(BOLD);
    BarLow "bar_low" "A gauge that is far from its limit." Ok NONE;
    BarMid "bar_mid" "A gauge that comes near its limit." Warn BOLD;
    BarHigh "bar_high" "A gauge at or over its limit." Error BOLD;
}

/// [`Role::Text`]: what has no state and no rank is ordinary text.
impl Default for Role {
    fn default() -> Role {
        Role::Text
    }
}

impl Role {
    /// How many roles there are.
    pub const COUNT: usize = Role::ALL.len();

    /// The name in theme files.
    pub fn name(self) -> &'static str {
        Role::ROWS[self as usize].0
    }

    /// What the role is for, in a sentence.
    pub fn doc(self) -> &'static str {
        Role::ROWS[self as usize].1
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// The role that this one looks like where a theme does not say. [`Role::Base`] is its own parent.
    pub fn parent(self) -> Role {
        Role::ROWS[self as usize].2
    }

    /// What marks the role where no colour can: states, marks and the cursor must stay visible.
    pub fn without_colour(self) -> Modifier {
        Role::ROWS[self as usize].3
    }
}
