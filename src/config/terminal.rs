//! What the terminal says of itself in the environment. Asks nothing of the terminal: a question may be answered late, into
//! the prompt.

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// No colours at all, or none wanted: bold, reverse and underline remain.
    None,
    /// The 16 colours of the terminal's own palette.
    Ansi,
    /// 256 indexed colours.
    Indexed,
    /// 16 million colours.
    True,
}

/// What is known of the terminal before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// How many colours to use.
    pub depth: ColorDepth,
    /// Whether the locale is UTF-8.
    pub unicode: bool,
    /// Whether the terminal is at the other end of SSH, so that this machine's clipboard is not the user's.
    pub ssh: bool,
    /// Whether tmux stands between, which wants its own wrapping of clipboard sequences.
    pub tmux: bool,
    /// Whether GNU screen stands between.
    pub screen: bool,
    /// Whether the terminal cannot move its cursor, so that nothing can be drawn.
    pub dumb: bool,
    /// Whether this is the kernel's own console: 16 colours and a font of 512 glyphs.
    pub linux_console: bool,
}

/// Terminals known to show 16 million colours that say so only in `TERM`, which is all that SSH passes on.
const TRUE_COLOR_TERMS: &[&str] = &[
    "xterm-kitty",
    "xterm-ghostty",
    "alacritty",
    "wezterm",
    "foot",
    "contour",
    "rio",
];

/// Terminals from before colour.
const MONOCHROME_TERMS: &[&str] = &["vt100", "vt102", "vt220", "vt320", "xterm-mono"];

/// Reads the traits out of the environment. Empty variables count as unset, as no-color.org and POSIX locales want it.
pub fn terminal_traits(env: &impl Fn(&str) -> Option<String>) -> Traits {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let term = set("TERM").unwrap_or_default();
    let tmux = set("TMUX").is_some() || term.starts_with("tmux");
    let screen = set("STY").is_some() || (term.starts_with("screen") && !tmux);
    let dumb = term == "dumb";
    let linux_console = term == "linux" || term.starts_with("linux-");
    let windows_terminal = set("WT_SESSION").is_some();

    let unwanted = set("NO_COLOR").is_some() || env("CLICOLOR").is_some_and(|value| value == "0");
    let says_true = matches!(set("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
    let is_true = says_true
        || windows_terminal
        || term.ends_with("-direct")
        || TRUE_COLOR_TERMS
            .iter()
            .any(|known| term == *known || term.starts_with(&format!("{known}-")));
    let depth = if unwanted || dumb || MONOCHROME_TERMS.contains(&term.as_str()) {
        ColorDepth::None
    } else if linux_console {
        ColorDepth::Ansi
    } else if screen {
        // GNU screen passes COLORTERM on and cannot show what it promises.
        if term.contains("256color") {
            ColorDepth::Indexed
        } else {
            ColorDepth::Ansi
        }
    } else if is_true {
        ColorDepth::True
    } else if term.contains("256color") {
        ColorDepth::Indexed
    } else {
        ColorDepth::Ansi
    };

    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(set)
        .unwrap_or_default()
        .to_ascii_lowercase();
    Traits {
        depth,
        unicode: !dumb && (windows_terminal || locale.contains("utf-8") || locale.contains("utf8")),
        ssh: ["SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT"]
            .into_iter()
            .any(|name| set(name).is_some()),
        tmux,
        screen,
        dumb,
        linux_console,
    }
}
