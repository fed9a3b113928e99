//! The clipboard: through the terminal where it is somebody else's machine, through the system's own tools where it is not.
//!
//! It is only ever written, never read. What is copied goes out encoded, so nothing in it reaches the terminal as it is.

use crate::config::{ClipboardChoice, Traits};
use crate::msg::{Failure, FailureKind, Outcome};
use crate::text::Clean;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The most encoded bytes that terminals take.
pub const LIMIT: usize = 74_994;

/// How long a tool may take.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// A tool with its arguments.
pub type Tool = (&'static str, &'static [&'static str]);

/// Where a copy goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the terminal, wrapped for what stands between.
    Terminal(Wrapping),
    /// To the first of these tools that there is, else to the terminal.
    Tools(Vec<Tool>, Wrapping),
    /// To a file of the user's.
    File,
    /// Nowhere, and why.
    Nowhere(&'static str),
}

/// What stands between this program and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// Nothing.
    Plain,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// Chooses the way. Over SSH the system's clipboard is that of another machine, so the terminal comes before any tool.
pub fn choose(choice: ClipboardChoice, traits: &Traits, env: &impl Fn(&str) -> Option<String>) -> Way {
    let wrapping = if traits.tmux {
        Wrapping::Tmux
    } else if traits.screen {
        Wrapping::Screen
    } else {
        Wrapping::Plain
    };
    let has = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let mut tools: Vec<Tool> = Vec::new();
    if cfg!(target_os = "macos") {
        tools.push(("pbcopy", &[]));
    }
    if has("WAYLAND_DISPLAY") {
        tools.push(("wl-copy", &[]));
    }
    if has("DISPLAY") {
        tools.push(("xclip", &["-selection", "clipboard", "-in"]));
        tools.push(("xsel", &["--clipboard", "--input"]));
    }
    match choice {
        ClipboardChoice::File => Way::File,
        ClipboardChoice::System if tools.is_empty() => {
            Way::Nowhere("there is no graphical session, so the system has no clipboard")
        }
        ClipboardChoice::Auto if !traits.ssh && !tools.is_empty() => Way::Tools(tools, wrapping),
        ClipboardChoice::System => Way::Tools(tools, wrapping),
        ClipboardChoice::Auto | ClipboardChoice::Osc52 if traits.dumb => {
            Way::Nowhere("this terminal says it can do nothing (TERM=dumb)")
        }
        ClipboardChoice::Auto | ClipboardChoice::Osc52 => Way::Terminal(wrapping),
    }
}

/// The sequence that puts this text on the terminal's clipboard; nothing when it is too long.
pub fn sequence(text: &str, wrapping: Wrapping) -> Option<Vec<u8>> {
    let encoded = STANDARD.encode(text);
    if encoded.len() > LIMIT {
        return None;
    }
    let plain = format!("\x1b]52;c;{encoded}\x07");
    Some(match wrapping {
        Wrapping::Plain => plain.into_bytes(),
        Wrapping::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
        Wrapping::Screen => {
            // Screen takes strings of 768 bytes; longer ones go in pieces, which it joins again.
            let mut wrapped = Vec::new();
            for piece in plain.as_bytes().chunks(760) {
                wrapped.extend_from_slice(b"\x1bP");
                wrapped.extend_from_slice(piece);
                wrapped.extend_from_slice(b"\x1b\\");
            }
            wrapped
        }
    })
}

/// What is said when the text went this way.
pub fn told(text: &str, what: &Clean, to_terminal: bool) -> Outcome {
    let mut said = if to_terminal {
        format!("{} sent to the terminal's clipboard", what.as_str())
    } else {
        format!("{} copied", what.as_str())
    };
    if text
        .chars()
        .any(|letter| letter.is_control() && letter != '\n' && letter != '\t')
    {
        said.push_str("; it holds control characters");
    }
    Outcome::Done(Clean::new(&said))
}

/// What is said when it is too long for the terminal.
pub fn too_long(what: &Clean) -> Outcome {
    refused(
        FailureKind::TooLarge,
        &format!(
            "{} is too long for the terminal's clipboard, which takes {} KB",
            what.as_str(),
            LIMIT / 4 * 3 / 1000
        ),
        "Write it to a file instead.",
    )
}

/// A failure of the clipboard.
pub fn refused(kind: FailureKind, message: &str, remedy: &str) -> Outcome {
    Outcome::Failed(Failure {
        kind,
        message: Clean::new(message),
        remedy: (!remedy.is_empty()).then(|| Clean::new(remedy)),
    })
}

/// Gives the text to the first of the tools that there is. Nothing when there is none; else why it failed, if it did.
pub async fn run_tools(tools: &[Tool], text: &str, deadline: Duration) -> Option<Result<(), String>> {
    for (name, arguments) in tools {
        let child = Command::new(name)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Some(Err(format!("{name} cannot be started ({error})"))),
        };
        let feeding = async {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(text.as_bytes()).await?;
            }
            child.wait().await
        };
        return Some(match tokio::time::timeout(deadline, feeding).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("{name} failed ({status})")),
            Ok(Err(error)) => Err(format!("{name} failed ({error})")),
            Err(_) => Err(format!("{name} did not end within {} ms", deadline.as_millis())),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::terminal_traits;

    fn way(choice: ClipboardChoice, variables: &[(&str, &str)]) -> Way {
        let env = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        choose(choice, &terminal_traits(&env), &env)
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn ways() {
        use ClipboardChoice::{Auto, File, Osc52, System};
        let wayland: Tool = ("wl-copy", &[]);
        for (choice, variables, wanted) in [
            (Auto, &[("TERM", "xterm-256color")][..], Way::Terminal(Wrapping::Plain)),
            (
                Auto,
                &[("WAYLAND_DISPLAY", "wayland-0")],
                Way::Tools(vec![wayland], Wrapping::Plain),
            ),
            // X forwarded over SSH: the tools would fill another machine's clipboard.
            (
                Auto,
                &[("DISPLAY", ":10"), ("SSH_CONNECTION", "a b")],
                Way::Terminal(Wrapping::Plain),
            ),
            (
                Auto,
                &[("DISPLAY", ":10"), ("SSH_TTY", "/dev/pts/1"), ("TMUX", "x")],
                Way::Terminal(Wrapping::Tmux),
            ),
            (
                Auto,
                &[("TERM", "screen-256color"), ("STY", "1.x")],
                Way::Terminal(Wrapping::Screen),
            ),
            (
                Osc52,
                &[("WAYLAND_DISPLAY", "wayland-0")],
                Way::Terminal(Wrapping::Plain),
            ),
            (File, &[], Way::File),
        ] {
            assert_eq!(way(choice, variables), wanted, "{choice:?} {variables:?}");
        }
        assert!(matches!(way(Auto, &[("TERM", "dumb")]), Way::Nowhere(_)));
        assert!(matches!(way(System, &[]), Way::Nowhere(_)));
    }

    #[test]
    fn sequences() {
        let said = |text: &str, wrapping| String::from_utf8(sequence(text, wrapping).unwrap()).unwrap();
        assert_eq!(said("hi\x1b[31m", Wrapping::Plain), "\x1b]52;c;aGkbWzMxbQ==\x07");
        assert_eq!(said("hi", Wrapping::Tmux), "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        assert_eq!(said("hi", Wrapping::Screen), "\x1bP\x1b]52;c;aGk=\x07\x1b\\");
        let long = said(&"x".repeat(3_000), Wrapping::Screen);
        assert!(long.split("\x1b\\").all(|piece| piece.len() <= 762));
        // The cap is on what is encoded.
        assert!(sequence(&"x".repeat(LIMIT / 4 * 3), Wrapping::Plain).is_some());
        assert!(sequence(&"x".repeat(LIMIT / 4 * 3 + 3), Wrapping::Plain).is_none());
    }

    #[test]
    fn what_is_said_tells_sent_from_copied() {
        let said = |text, terminal| match told(text, &Clean::new("name"), terminal) {
            Outcome::Done(text) => text.as_str().to_owned(),
            Outcome::Failed(_) => String::new(),
        };
        assert_eq!(said("x", true), "name sent to the terminal's clipboard");
        assert_eq!(said("x\n\ty", false), "name copied");
        assert_eq!(said("x\x1b[2J", false), "name copied; it holds control characters");
    }

    #[tokio::test]
    async fn tools_that_fail_or_hang_are_told_and_missing_ones_passed_over() {
        let missing: Tool = ("portolan-no-such-tool", &[]);
        let run = async |tools: &[Tool], deadline| run_tools(tools, "x", deadline).await;
        assert_eq!(run(&[missing], DEADLINE).await, None);
        assert_eq!(
            run(&[missing, ("sh", &["-c", "test \"$(cat)\" = x"])], DEADLINE).await,
            Some(Ok(()))
        );
        let failed = run(&[("sh", &["-c", "cat >/dev/null; exit 3"])], DEADLINE).await;
        assert!(failed.unwrap().unwrap_err().starts_with("sh failed"));
        let hung = run(&[("sleep", &["60"])], Duration::from_millis(20)).await;
        assert!(hung.unwrap().unwrap_err().contains("within 20 ms"));
    }
}
