//! What one line of a log is: who wrote it, when, how grave it is, and how it stands to the line before.

use crate::text::Clean;

/// One source of a book: a container of a pod. Numbers are given in the order of adding and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// Names one line for as long as its book lives: numbers grow in the order of arrival and survive dropping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub u64);

/// Whose lines a source holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SourceInfo {
    /// The pod's namespace.
    pub namespace: Clean,
    /// The pod.
    pub pod: Clean,
    /// The container.
    pub container: Clean,
}

/// How grave a line says it is. Ordered: `level >= Level::Warn` is what an operator looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It does not say.
    #[default]
    None,
    /// Step by step.
    Trace,
    /// For developers.
    Debug,
    /// As it should be.
    Info,
    /// Something may become wrong.
    Warn,
    /// Something is wrong.
    Error,
    /// The end: a panic, a fatal error.
    Fatal,
}

impl Level {
    /// All, gravest last.
    pub const ALL: [Level; 7] = [
        Level::None,
        Level::Trace,
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
        Level::Fatal,
    ];

    /// `error`; empty for none.
    pub fn name(self) -> &'static str {
        match self {
            Level::None => "",
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }

    pub(super) fn from_number(number: u8) -> Level {
        Level::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// What a line of the book is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Written by the container.
    Line,
    /// A mark of ours: another instance of the container begins here.
    Restarted,
    /// A mark of ours: anything else that is worth a line: a source joined, ended, was connected to again.
    Note,
    /// A mark of ours: lines may be missing here.
    Gap,
}

impl LineKind {
    /// Whether it is a mark of ours and no line that a container wrote.
    pub fn is_mark(self) -> bool {
        self != LineKind::Line
    }
}

/// One line, borrowed from its book. The bytes are raw: they reach a screen through `text::log_spans` or `text::clean`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLineRef<'a> {
    /// Its number.
    pub id: LineId,
    /// Who wrote it.
    pub source: SourceId,
    /// When the container runtime took it, in unix nanoseconds; zero when that is not known.
    pub time: i64,
    /// What was written, without the line end; the words of the mark for a mark.
    pub bytes: &'a [u8],
    /// Its level; that of its head for a continuation.
    pub level: Level,
    /// Line or mark.
    pub kind: LineKind,
    /// It goes on with what the line before it of the same source began: a stack trace, an indented block, the rest of
    /// a line that was too long.
    pub continuation: bool,
    /// It was longer than the cap: the next line of this source is its rest.
    pub cut: bool,
}
