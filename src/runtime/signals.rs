//! What the operating system says, as words for the loop.

use super::run_loop::Signal;
use super::terminal;
use rustix::process::Signal as Number;
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Listens for the signals that matter and passes them on, from a task on the current runtime.
///
/// # Errors
/// When the system refuses to deliver one.
pub fn listen(to: mpsc::Sender<Signal>) -> io::Result<()> {
    for number in [Number::TERM, Number::INT, Number::HUP, Number::QUIT] {
        let number = number.as_raw();
        pass_on(number, &to, move || Signal::Leave(number))?;
    }
    pass_on(Number::TSTP.as_raw(), &to, || Signal::Stop)?;
    pass_on(Number::CONT.as_raw(), &to, || Signal::Continued)?;
    pass_on(Number::WINCH.as_raw(), &to, || {
        let (columns, rows) = terminal::size();
        Signal::Resized(columns, rows)
    })
}

fn pass_on(number: i32, to: &mpsc::Sender<Signal>, word: impl Fn() -> Signal + Send + 'static) -> io::Result<()> {
    let mut signals = signal(SignalKind::from_raw(number))?;
    let to = to.clone();
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            if to.send(word()).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}
