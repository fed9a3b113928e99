//! The user's pager, with a text on its standard input and the terminal for itself. No file is made. Commands inside the
//! pager that reach beyond the text (a shell, an editor, files) are off, since the text comes from a cluster.

use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use std::io::{self, ErrorKind, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What is tried where `$PAGER` names nothing.
const PAGERS: [&str; 2] = ["less", "more"];

/// Shows the text and waits until the pager has ended. Blocks.
///
/// # Errors
/// When no pager can be run: which ones were tried, and what to do.
pub fn show(pager: Option<&str>, content: &[Arc<[u8]>]) -> Result<(), Failure> {
    let chosen = pager.map(str::trim).filter(|pager| !pager.is_empty());
    let tried = match chosen {
        // The variable holds a command line, as for everybody who reads it.
        Some(pager) => run(Command::new("/bin/sh").args(["-c", pager]), content),
        None => PAGERS
            .iter()
            .map(|pager| run(&mut Command::new(pager), content))
            .find(|tried| !matches!(tried, Err(error) if error.kind() == ErrorKind::NotFound))
            .unwrap_or(Err(ErrorKind::NotFound.into())),
    };
    let name = chosen.map_or_else(|| PAGERS.join(" or "), |pager| format!("the pager {pager}"));
    tried.map_err(|error| Failure {
        kind: FailureKind::Configuration,
        message: Clean::new(&format!("{name} could not be run: {error}")),
        remedy: Some(Clean::new(
            "Set PAGER to a program that reads its standard input, or write the text to a file.",
        )),
    })
}

fn run(command: &mut Command, content: &[Arc<[u8]>]) -> io::Result<()> {
    let mut child = command.env("LESSSECURE", "1").stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // Who has seen enough closes the pipe: that is no failure.
        let _ = content.iter().try_for_each(|piece| input.write_all(piece));
    }
    let status = child.wait()?;
    match status.code() {
        // What a shell says when there is no such program, or none that it may run.
        Some(code @ (126 | 127)) => Err(io::Error::other(format!("exit code {code}"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[&str]) -> Vec<Arc<[u8]>> {
        words.iter().map(|word| word.as_bytes().into()).collect()
    }

    #[test]
    fn the_pager_gets_the_text_and_may_not_reach_beyond_it() {
        let file = std::env::temp_dir().join(format!("portolan-page-{}", std::process::id()));
        let pager = format!("(echo $LESSSECURE; cat) >{}", file.display());
        show(Some(&pager), &text(&["one\n", "two\n"])).unwrap();
        let shown = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(shown, "1\none\ntwo\n");
    }

    #[test]
    fn a_pager_that_ends_early_is_fine_and_one_that_is_not_there_is_said() {
        let long = "x".repeat(1 << 20);
        assert_eq!(show(Some("true"), &text(&[&long, &long])), Ok(()));
        assert_eq!(show(Some("exit 3"), &text(&["x"])), Ok(()));
        let failure = show(Some("/nonsense/pager"), &text(&["x"])).unwrap_err();
        assert!(
            failure.message.as_str().contains("the pager /nonsense/pager"),
            "{failure:?}"
        );
    }
}
