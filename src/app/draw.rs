//! How the model looks. Draws what is there and changes nothing.
//!
//! ```text
//! header   context · namespaces · kind, counts, faults          phase · round trip · version
//! body     the screen in front
//! footer   the keys that matter here, or how a chord goes on; toasts above it; popups over all
//! ```

use super::{Model, layers, pane};
use crate::keys::{Layer, Resolved};
use crate::msg::{FailureKind, Phase};
use crate::screens::common::look;
use crate::screens::{Link, Screen, Title, Tone};
use crate::store::Source;
use crate::text::{Clean, cut, human_duration, width};
use crate::theme::Role;
use crate::ui::{self, Toast, fill, key_text, put};
use crate::want::Scope;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Below this nothing can be shown but a word.
const SMALLEST: (u16, u16) = (20, 5);

/// So many hints at the end of the bar are kept: menu, palette and help.
const ALWAYS: usize = 3;

/// The regions of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) header: Rect,
    pub(super) body: Rect,
    pub(super) footer: Rect,
}

/// Where everything stands. Shared by update and draw, so that nothing flows back from drawing.
pub(super) fn regions(area: Rect) -> Regions {
    let header = Rect {
        height: area.height.min(1),
        ..area
    };
    let footer = Rect {
        y: area.bottom().saturating_sub(1).max(area.y),
        height: u16::from(area.height > 2),
        ..area
    };
    let height = area.height.saturating_sub(header.height + footer.height);
    Regions {
        header,
        body: Rect {
            y: area.y + header.height,
            height,
            ..area
        },
        footer,
    }
}

/// Draws the model.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let cursor = paint(model, frame.buffer_mut(), area);
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

fn paint(model: &Model, buffer: &mut Buffer, area: Rect) -> Option<ratatui::layout::Position> {
    let shared = &model.shared;
    fill(buffer, area, shared.theme.style(Role::Base));
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        put(
            buffer,
            area.x,
            area.y,
            area.width,
            "too small",
            shared.theme.style(Role::Warn),
        );
        return None;
    }
    let regions = regions(area);
    header(model, buffer, regions.header);
    let (screen, beside) = model.parts();
    model.screen.draw(buffer, screen, shared);
    if let Some(beside) = beside {
        pane::draw(model, buffer, beside);
    }
    footer(model, buffer, regions.footer);
    for popup in &model.popups {
        popup.draw(buffer, regions.body, shared);
    }
    toasts(model, buffer, regions.body);
    if shared.settings.ascii {
        for cell in &mut buffer.content {
            match cell.symbol() {
                "…" => cell.set_symbol("~"),
                // What is masked.
                "•" => cell.set_symbol("*"),
                _ => cell,
            };
        }
    }
    match model.popups.last() {
        Some(popup) => popup.cursor(regions.body, shared),
        None => match (&model.pane, beside) {
            (Some(pane), Some(beside)) if pane.focused => pane.screen.cursor(pane::inner(beside), shared),
            _ => model.screen.cursor(screen, shared),
        },
    }
}

/// A piece of the header and what gives way first: the higher, the sooner.
struct Piece {
    text: String,
    role: Role,
    give_way: u8,
}

fn header(model: &Model, buffer: &mut Buffer, area: Rect) {
    let shared = &model.shared;
    let theme = &shared.theme;
    fill(buffer, area, theme.style(Role::Header));
    let mut left = left_pieces(model);
    let mut right = right_pieces(model);
    loop {
        let total: usize = left.iter().chain(&right).map(|piece| width(&piece.text) + 2).sum();
        if total <= usize::from(area.width) {
            break;
        }
        let worst = left.iter().chain(&right).map(|piece| piece.give_way).max().unwrap_or(0);
        if worst == 0 {
            break;
        }
        if let Some(at) = right.iter().position(|piece| piece.give_way == worst) {
            right.remove(at);
        } else if let Some(at) = left.iter().rposition(|piece| piece.give_way == worst) {
            left.remove(at);
        }
    }
    let mut x = area.x;
    for piece in &left {
        let band = matches!(piece.role, Role::HeaderContext | Role::HeaderProduction | Role::Danger);
        let text = if band {
            format!(" {} ", piece.text)
        } else {
            piece.text.clone()
        };
        x += put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &text,
            patched(model, piece.role),
        );
        x += if band { 1 } else { 2 };
    }
    let taken: u16 = right.iter().map(|piece| width(&piece.text) as u16 + 2).sum();
    let mut x = area.right().saturating_sub(taken).max(x) + 1;
    for piece in &right {
        x += put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &piece.text,
            patched(model, piece.role),
        ) + 2;
    }
}

/// A role on the header's ground.
fn patched(model: &Model, role: Role) -> ratatui::style::Style {
    let theme = &model.shared.theme;
    match role {
        Role::HeaderContext | Role::HeaderProduction | Role::Danger => theme.style(role),
        _ => {
            let ground = theme.style(Role::Header);
            let style = theme.style(role);
            let style = match ground.bg {
                Some(background) => style.bg(background),
                None => style,
            };
            ground.patch(style)
        }
    }
}

fn left_pieces(model: &Model) -> Vec<Piece> {
    let shared = &model.shared;
    let mut pieces = Vec::new();
    let piece = |text: String, role: Role, give_way: u8| Piece { text, role, give_way };
    match shared.current.and_then(|id| shared.context(id)) {
        Some(context) => {
            let production = context.production;
            let role = if production {
                Role::HeaderProduction
            } else {
                Role::HeaderContext
            };
            let name = cut(&crate::text::clean(&context.name), 40).into_owned();
            // Colour never says it alone.
            let name = if production { format!("{name} PROD") } else { name };
            pieces.push(piece(name, role, 0));
            if context.insecure {
                pieces.push(piece("INSECURE TLS".to_owned(), Role::Danger, 0));
            }
            if let Some(user) = &context.acting_as {
                pieces.push(piece(format!("as {user}"), Role::Warn, 0));
            }
        }
        None => pieces.push(piece("portolan".to_owned(), Role::HeaderContext, 0)),
    }
    if let (Some(scope), true) = (
        scope(model),
        matches!(model.screen.place(), Some(crate::screens::Place::List(_))),
    ) {
        pieces.push(piece(scope, Role::Accent, 1));
    }
    let Title {
        name,
        trail,
        counts,
        faults,
        marked,
    } = model.screen.title(shared);
    if !trail.is_empty() {
        pieces.push(piece(
            format!("{} {}", trail, if shared.settings.ascii { ">" } else { "›" }),
            Role::Muted,
            3,
        ));
    }
    pieces.push(piece(name.as_str().to_owned(), Role::Title, 0));
    if let Some((shown, total)) = counts {
        let text = if shown == total {
            thousands(total)
        } else {
            format!("{}/{}", thousands(shown), thousands(total))
        };
        pieces.push(piece(text, Role::Header, 1));
    }
    if faults > 0 {
        let sign = if shared.settings.ascii { "!" } else { "▲" };
        pieces.push(piece(format!("{sign}{}", thousands(faults)), Role::Warn, 1));
    }
    if marked > 0 {
        pieces.push(piece(format!("{} marked", thousands(marked)), Role::Marked, 1));
    }
    pieces
}

fn scope(model: &Model) -> Option<String> {
    let shared = &model.shared;
    let (_, state) = shared.cluster()?;
    let lists = model.screen.lists(shared);
    let scope = lists
        .iter()
        .map(|list| &list.scope)
        .find(|scope| **scope != Scope::All)
        .or_else(|| lists.first().map(|list| &list.scope));
    Some(match scope.unwrap_or(&state.scope) {
        Scope::All => {
            let namespaced = lists.iter().any(|list| {
                let resource = state.catalog.find(&list.resource);
                resource.is_none_or(|resource| resource.namespaced)
            });
            if !namespaced {
                return None;
            }
            "all namespaces".to_owned()
        }
        Scope::Namespaces(names) if names.len() > 3 => format!("{} namespaces", names.len()),
        Scope::Namespaces(names) => names.iter().map(Clean::as_str).collect::<Vec<_>>().join(","),
    })
}

fn right_pieces(model: &Model) -> Vec<Piece> {
    let shared = &model.shared;
    let mut pieces = Vec::new();
    let piece = |text: String, role: Role, give_way: u8| Piece { text, role, give_way };
    if shared.paused {
        let held = model.held.len();
        pieces.push(piece(
            if held > 0 {
                format!("PAUSED, {held} held back")
            } else {
                "PAUSED".to_owned()
            },
            Role::Warn,
            0,
        ));
    }
    let Some((_, state)) = shared.cluster() else {
        return pieces;
    };
    match &state.link {
        Link::Down { failure, retry_at } => {
            let word = match failure.kind {
                FailureKind::Unauthenticated => "not signed in",
                _ => "no connection",
            };
            let text = match retry_at {
                Some(at) => match at.saturating_sub(shared.mono).div_ceil(1000) {
                    0 => format!("{word}, trying"),
                    seconds => format!("{word}, again in {seconds}s"),
                },
                None => word.to_owned(),
            };
            pieces.push(piece(text, Role::Error, 0));
        }
        Link::Connecting | Link::Idle => pieces.push(piece("connecting".to_owned(), Role::Progress, 0)),
        Link::Up => {}
    }
    if let Some((text, role)) = phase(model) {
        pieces.push(piece(text, role, 1));
    }
    if let (Some(time), Link::Up) = (state.round_trip, &state.link) {
        pieces.push(piece(format!("{} ms", time.as_millis()), Role::Muted, 5));
    }
    if let Some(server) = &state.server {
        pieces.push(piece(server.version.as_str().to_owned(), Role::Muted, 4));
    }
    pieces
}

/// What the lists on the screen are doing, in the worst case among them.
fn phase(model: &Model) -> Option<(String, Role)> {
    let shared = &model.shared;
    let lists = model.screen.lists(shared);
    let sources: Vec<&Source> = lists
        .iter()
        .filter_map(|list| shared.tables.get(list))
        .flat_map(|table| table.sources())
        .collect();
    if sources.is_empty() {
        return None;
    }
    let total = sources.len();
    let worst = sources.iter().max_by_key(|source| rank(&source.phase))?;
    let since = || human_duration((shared.mono.saturating_sub(worst.since) / 1000) as i64);
    let of_several = |text: String| {
        let same = sources
            .iter()
            .filter(|source| rank(&source.phase) == rank(&worst.phase))
            .count();
        if total > 1 && same < total {
            format!("{text} ({same} of {total})")
        } else {
            text
        }
    };
    Some(match &worst.phase {
        Phase::Watching => ("live".to_owned(), Role::Ok),
        // Rows that were complete before the connection went are as old as the waiting.
        Phase::Waiting if worst.complete => (of_several(format!("stale for {}", since())), Role::Error),
        Phase::Waiting => (of_several("waiting".to_owned()), Role::Muted),
        Phase::Listing { seen, total } => {
            let text = match total {
                Some(total) => format!("listing {}/{}", thousands(*seen as usize), thousands(*total as usize)),
                None => format!("listing {}", thousands(*seen as usize)),
            };
            (of_several(text), Role::Progress)
        }
        Phase::Relisting { .. } => (of_several("relisting".to_owned()), Role::Progress),
        Phase::Polling { every, .. } => (of_several(format!("polled every {}s", every.as_secs())), Role::Warn),
        Phase::Backoff { failure, retry_in, .. } => {
            let waited = u128::from(shared.mono.saturating_sub(worst.said));
            let left = retry_in.as_millis().saturating_sub(waited).div_ceil(1000);
            // What was never there cannot be stale.
            let word = if worst.complete { "stale" } else { "failing" };
            let text = format!("{word} for {}: {}, again in {left}s", since(), short(failure.kind));
            (of_several(text), Role::Error)
        }
        Phase::Stopped(failure) => (of_several(short(failure.kind).to_owned()), Role::Error),
    })
}

fn rank(phase: &Phase) -> u8 {
    match phase {
        Phase::Watching => 0,
        Phase::Polling { .. } => 1,
        Phase::Relisting { .. } => 2,
        Phase::Listing { .. } => 3,
        Phase::Waiting => 4,
        Phase::Stopped(_) => 5,
        Phase::Backoff { .. } => 6,
    }
}

fn short(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unreachable => "unreachable",
        FailureKind::Tls => "TLS failed",
        FailureKind::Unauthenticated => "not signed in",
        FailureKind::Forbidden => "forbidden",
        FailureKind::NotFound => "not served",
        FailureKind::Expired => "too old",
        FailureKind::Throttled => "throttled",
        FailureKind::ServerError => "server error",
        FailureKind::Garbled => "garbled answer",
        FailureKind::TooLarge => "too large",
        FailureKind::Configuration => "misconfigured",
        FailureKind::Cancelled => "cancelled",
    }
}

/// `1,204`
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn footer(model: &Model, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let shared = &model.shared;
    fill(buffer, area, shared.theme.style(Role::Hint));
    let layers = layers(model);
    let hints = if model.pending.is_empty() {
        hints(model, &layers)
    } else {
        continuations(model, &layers)
    };
    let cells = |hint: &(String, String)| width(&hint.0) + 1 + width(&hint.1) + 3;
    let mut hints = hints;
    // What does not fit gives way from the end, but the keys that lead to all the others stay.
    let trims = model.pending.is_empty();
    while trims && hints.len() > ALWAYS + 1 && hints.iter().map(cells).sum::<usize>() > usize::from(area.width) + 2 {
        hints.remove(hints.len() - 1 - ALWAYS);
    }
    let line = Rect {
        x: area.x + 1,
        width: area.width - 1,
        ..area
    };
    ui::hints(buffer, line, look(shared), &hints);
}

/// The keys that matter here: the screen's own first, then what works everywhere.
fn hints(model: &Model, layers: &[Layer]) -> Vec<(String, String)> {
    let rows = match model.popups.last() {
        Some(popup) => popup.commands(&model.shared),
        None if model.in_front().takes_text() => Vec::new(),
        None => super::command_rows(model),
    };
    let ascii = model.shared.settings.ascii;
    let hint = |name: &str, word: &str| {
        let key = model.shared.keymap.keys_of(layers, name).into_iter().next()?;
        Some((key_text(&key, ascii), word.to_owned()))
    };
    if rows.is_empty() {
        let prompt = [
            ("prompt_accept", "keep"),
            ("prompt_cancel", "clear"),
            ("prompt_previous", "before"),
        ];
        return prompt.iter().filter_map(|(name, word)| hint(name, word)).collect();
    }
    rows.iter()
        .filter(|row| row.enabled && !row.hint.is_empty())
        .filter_map(|row| hint(row.name, row.hint))
        .collect()
}

/// How the chord that has begun can go on.
fn continuations(model: &Model, layers: &[Layer]) -> Vec<(String, String)> {
    let Resolved::Pending(hints) = model.shared.keymap.resolve(layers, &model.pending) else {
        return Vec::new();
    };
    let so_far: Vec<String> = model.pending.iter().map(ToString::to_string).collect();
    let mut shown = vec![(format!("{} …", so_far.join(" ")), String::new())];
    for hint in hints {
        let word = hint.command.map_or(hint.label.clone(), |name| name.replace('_', " "));
        shown.push((key_text(&hint.chord.to_string(), model.shared.settings.ascii), word));
    }
    shown
}

/// What was said lately. The first rows of the body stay free.
fn toasts(model: &Model, buffer: &mut Buffer, body: Rect) {
    let said: Vec<Toast<'_>> = model
        .toasts
        .iter()
        .map(|note| Toast {
            role: match note.tone {
                Tone::Info => Role::ToastInfo,
                Tone::Warn => Role::ToastWarn,
                Tone::Error => Role::ToastError,
            },
            text: note.text.as_str(),
        })
        .collect();
    let free = body.height.min(2);
    let area = Rect {
        y: body.y + free,
        height: body.height - free,
        ..body
    };
    ui::toasts(buffer, area, look(&model.shared), &said);
}
