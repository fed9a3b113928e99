//! What the protocol asks for and says, event by event.

use crate::cluster::listwatch::status::Status;
use crate::cluster::listwatch::step::Trouble;
use crate::cluster::logs::pod::{Ending, Facts, Instance};
use crate::cluster::logs::protocol::{From, Protocol, Read, Step, Verdict};
use crate::msg::{Failure, FailureKind, LogMark};
use crate::text::Clean;
use crate::want::LogStart;
use std::time::Duration;

/// A protocol with what it last asked for.
struct Bench {
    protocol: Protocol,
    now: Duration,
    taken: Vec<i64>,
}

/// `3` is running, `3!1` has ended with code 1, `3!1,2` also knows how the one before ended; `-` is none.
fn facts(words: &[&str]) -> Facts {
    let ending = |code: &str| Ending {
        code: code.parse().unwrap(),
        reason: Clean::default(),
    };
    let (instance, earlier) = words[0].split_once(',').unwrap_or((words[0], ""));
    let (number, code) = instance.split_once('!').unwrap_or((instance, ""));
    Facts {
        instance: (instance != "-").then(|| Instance {
            number: number.parse().unwrap(),
            id: format!("c{number}"),
            ending: (!code.is_empty()).then(|| ending(code)),
        }),
        earlier: (!earlier.is_empty()).then(|| ending(earlier)),
        waiting: Clean::new(words.get(1).filter(|word| **word != "last").unwrap_or(&"")),
        last: words.contains(&"last").then(|| Clean::new("over")),
    }
}

impl Bench {
    /// Does one event, in words, and tells marks and the next step.
    fn does(&mut self, event: &str) -> String {
        let words: Vec<&str> = event.split(' ').collect();
        let read = match self.protocol.step() {
            Step::Read(read) => Some(read),
            _ => None,
        };
        self.now += Duration::from_secs(1);
        let status = |code: u16| Trouble::Status(Status::from_answer(code, None, b""));
        let cut = || {
            Trouble::Transport(Failure {
                kind: FailureKind::Unreachable,
                message: Clean::new("cut"),
                remedy: None,
            })
        };
        match words[0] {
            "look" => self.protocol.looked(facts(&words[1..])),
            "gone" => self.protocol.gone("gone"),
            "blind" => self.protocol.blind(),
            "waited" => self.protocol.waited(),
            "retry" => self.protocol.retry(),
            "interrupted" => self.protocol.interrupted(),
            // Lines with these stamps, in thousandths of a second, and how the read ends.
            "read" => {
                self.protocol.reading(self.now);
                for word in &words[1..words.len() - 1] {
                    let stamp = word.parse::<i64>().ok().map(|stamp| stamp * 1_000_000);
                    if let Verdict::Take(0) = self.protocol.line(stamp, word.replace('_', " ").as_bytes()) {
                        self.protocol.took(stamp, 1, false);
                        self.taken.push(stamp.unwrap_or(0) / 1_000_000);
                    }
                }
                let end = match *words.last().unwrap() {
                    "end" => Ok(()),
                    "cut" => Err(cut()),
                    code => Err(status(code.parse().unwrap())),
                };
                self.protocol.ended(read.expect("a read was asked for"), end, self.now);
            }
            other => panic!("{other}"),
        }
        let mut told = String::new();
        while let Some(mark) = self.protocol.mark() {
            told.push_str(&match mark {
                LogMark::Restarted(words) => format!("restarted({words}) "),
                LogMark::Reconnected => "reconnected ".to_owned(),
                LogMark::Gap(_) => "gap ".to_owned(),
            });
        }
        told + &match self.protocol.step() {
            Step::Look => "look".to_owned(),
            Step::Read(Read { previous, follow, from }) => {
                let which = if previous { "previous" } else { "current" };
                let how = if follow { "follow" } else { "once" };
                let from = match from {
                    From::All => "all".to_owned(),
                    From::Tail(lines) => format!("tail {lines}"),
                    From::Since(second) => format!("since {second}"),
                };
                format!("{which} {how} {from}")
            }
            Step::Wait { reason, .. } => format!("wait {reason}"),
            Step::Pause(_) => "pause".to_owned(),
            Step::Backoff { .. } => "backoff".to_owned(),
            Step::End(_) => "end".to_owned(),
            Step::Stop(_) => "stop".to_owned(),
        }
    }
}

/// Runs a table of events and what they lead to; answers the stamps of the lines that were taken.
fn runs(start: LogStart, previous: bool, table: &[(&str, &str)]) -> Vec<i64> {
    let mut bench = Bench {
        protocol: Protocol::new(start, previous, 1),
        now: Duration::ZERO,
        taken: Vec::new(),
    };
    assert_eq!(bench.protocol.step(), Step::Look);
    for (row, (event, wanted)) in table.iter().enumerate() {
        assert_eq!(bench.does(event), *wanted, "row {row}: {event}");
    }
    bench.taken
}

#[test]
fn from_before_the_start_to_the_end() {
    let taken = runs(
        LogStart::Tail(10),
        false,
        &[
            ("look - ContainerCreating", "wait ContainerCreating"),
            ("waited", "look"),
            ("look 0", "current follow tail 10"),
            ("read 400", "wait the server answered 400 Bad Request"),
            ("waited", "look"),
            ("look 0", "current follow tail 10"),
            ("read 5100 5200 end", "look"),
            // It has ended: the rest is read, without following.
            ("look 0!0 x last", "current once since 5"),
            ("read 5100 5200 5300 end", "look"),
            ("look 0!0 x last", "end"),
            ("retry", "look"),
        ],
    );
    assert_eq!(taken, [5100, 5200, 5300]);
}

#[test]
fn broken_streams_go_on_without_doubles() {
    let taken = runs(
        LogStart::All,
        false,
        &[
            ("look 0", "current follow all"),
            ("read 5100 5200 5200 cut", "backoff"),
            ("waited", "look"),
            ("look 0", "current follow since 5"),
            // The overlap is whole.
            ("read 5100 5200 5200 5200 6050 cut", "reconnected backoff"),
            ("waited", "look"),
            ("look 0", "current follow since 5"),
            // Cut again before the overlap was over: nothing new, and not yet good.
            ("read 5100 5200 cut", "backoff"),
            ("waited", "look"),
            ("look 0", "current follow since 5"),
            ("read 5100 5200 5200 5200 6050 end", "reconnected pause"),
            // A rotation is silent …
            ("waited", "look"),
            ("look 0", "current follow since 5"),
            ("read 6050 6100 end", "look"),
            // … unless it took the overlap with it.
            ("look 0", "current follow since 6"),
            ("read 9000 end", "gap look"),
            ("interrupted", "look"),
            ("look 0", "current follow since 8"),
            ("interrupted", "look"),
            ("look 0", "current follow since 8"),
            ("read 9000 9001 500", "reconnected backoff"),
        ],
    );
    assert_eq!(taken, [5100, 5200, 5200, 5200, 6050, 6100, 9000, 9001]);
}

#[test]
fn restarts() {
    let taken = runs(
        LogStart::Tail(2),
        false,
        &[
            ("look 0", "current follow tail 2"),
            ("read 5100 5200 end", "look"),
            // The state is a little behind: it still runs.
            ("look 0", "current follow since 5"),
            ("read 5100 5200 end", "pause"),
            ("waited", "look"),
            // The next one runs already: the end of this one is the previous log.
            ("look 1,3", "previous once since 5"),
            ("read 5100 5200 5300 end", "look"),
            ("look 1,3", "restarted(exit code 3) current follow all"),
            ("read 7100 end", "look"),
            // It ends and waits: its log is still the current one.
            ("look 1!4 CrashLoopBackOff", "current once since 7"),
            ("read 7100 7200 end", "look"),
            ("look 1!4 CrashLoopBackOff", "wait CrashLoopBackOff"),
            ("waited", "look"),
            ("look 2,4", "restarted(exit code 4) current follow all"),
            ("read 9000 cut", "backoff"),
            ("waited", "look"),
            // Two came and went: one of them can still be read.
            ("look 4,6", "gap restarted() previous once all"),
            ("read 11000 end", "look"),
            ("look 4,6", "restarted(exit code 6) current follow all"),
            ("read 12500 cut", "backoff"),
            ("waited", "look"),
            // Many.
            ("look 9,6", "gap restarted() gap previous once all"),
            ("read 400", "gap look"),
            ("look 9,6", "restarted(exit code 6) current follow all"),
        ],
    );
    assert_eq!(taken, [5100, 5200, 5300, 7100, 7200, 9000, 11000, 12500]);
}

#[test]
fn the_instance_before_first() {
    let table = [
        ("look 2,1", "previous once tail 5"),
        ("read 5000 5100 end", "look"),
        ("look 2,1", "restarted(exit code 1) current follow all"),
    ];
    runs(LogStart::Tail(5), true, &table);
    let table = [
        ("look 2,1", "previous once all"),
        ("read 400", "gap look"),
        ("look 2,1", "restarted(exit code 1) current follow all"),
    ];
    runs(LogStart::All, true, &table);
    // There is none, or it is the newest one, which waits.
    runs(LogStart::All, true, &[("look 0", "current follow all")]);
    runs(
        LogStart::All,
        true,
        &[("look 3!1 CrashLoopBackOff", "current once all")],
    );
}

#[test]
fn pods_that_go() {
    runs(LogStart::All, false, &[("gone", "stop"), ("retry", "look")]);
    // The stream came to its end: that is all there was.
    let table = [
        ("look 0", "current follow all"),
        ("read 5100 end", "look"),
        ("gone", "end"),
    ];
    runs(LogStart::All, false, &table);
    // The pod was a little behind: it says that the container runs, but it has been removed already.
    let table = [
        ("look 0", "current follow all"),
        ("read 5100 end", "look"),
        ("look 0", "current follow since 5"),
        ("read 400", "wait the server answered 400 Bad Request"),
        ("waited", "look"),
        ("look 0!0 x last", "current once since 5"),
        ("read 400", "look"),
        ("look 0!0 x last", "end"),
    ];
    runs(LogStart::All, false, &table);
    // It was broken off: who knows.
    let table = [
        ("look 0", "current follow all"),
        ("read 5100 cut", "backoff"),
        ("waited", "look"),
        ("gone", "gap end"),
    ];
    runs(LogStart::All, false, &table);
    // The container has been removed after a stream that came to its end.
    for (last, wanted) in [("end", "look"), ("cut", "gap look")] {
        let stream = format!("read 5100 {last}");
        let after = if last == "end" { "look" } else { "backoff" };
        let table = [
            ("look 0", "current follow all"),
            (stream.as_str(), after),
            ("look 0!0 x last", "current once since 5"),
            ("read unable_to_retrieve_container_logs_for_x end", wanted),
            ("look 0!0 x last", "end"),
        ];
        runs(LogStart::All, false, &table);
    }
}

#[test]
fn refusals() {
    let table = [
        ("look 0", "current follow all"),
        ("read 403", "stop"),
        ("retry", "look"),
    ];
    runs(LogStart::All, false, &table);
    for code in ["404", "429", "500", "503", "cut"] {
        let read = format!("read {code}");
        let table = [
            ("look 0", "current follow all"),
            (read.as_str(), "backoff"),
            ("waited", "look"),
        ];
        runs(LogStart::Since(7), false, &[("look 0", "current follow since 7")]);
        runs(LogStart::All, false, &table);
    }
    // Who may not look at pods reads all the same.
    let taken = runs(
        LogStart::All,
        false,
        &[
            ("blind", "current follow all"),
            ("read 5100 end", "look"),
            ("blind", "current follow since 5"),
            ("read 5100 5200 end", "look"),
        ],
    );
    assert_eq!(taken, [5100, 5200]);
}

#[test]
fn what_was_read_may_be_of_the_next_instance_already() {
    let taken = runs(
        LogStart::All,
        false,
        &[
            // The pod says 0, but by the time of the read 1 writes.
            ("look 0", "current follow all"),
            ("read 8100 8200 cut", "backoff"),
            ("waited", "look"),
            ("look 1,3", "previous once since 8"),
            // Nothing of what was read is in the log of 0.
            ("read end", "look"),
            ("look 1,3", "current follow since 8"),
            ("read 8100 8200 8300 end", "reconnected look"),
        ],
    );
    assert_eq!(taken, [8100, 8200, 8300]);
}

#[test]
fn servers_that_do_not_stamp() {
    let taken = runs(
        LogStart::All,
        false,
        &[("look 0", "current follow all"), ("read a b end", "look")],
    );
    assert_eq!(taken, [0, 0]);
    // Among stamped lines such a line is the server's own.
    let taken = runs(
        LogStart::All,
        false,
        &[("look 0", "current follow all"), ("read 5100 rpc_error end", "look")],
    );
    assert_eq!(taken, [5100]);
}
