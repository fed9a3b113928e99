//! Runs a credential plugin without a terminal: in a process group of its own, its words passed on, ended when it is silent
//! or takes too long.

use super::{Call, Desk, LONGEST, PluginPatience};
use crate::cluster::failure::failed;
use crate::msg::{ClusterEvent, Failure, FailureKind};
use crate::text::Clean;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;
use tokio::time::Instant;

/// So many lines of stderr are passed on for one run.
pub(super) const MOST_LINES: usize = 1000;

/// A line is cut here.
const LONGEST_LINE: usize = 4096;

/// Ends a plugin and all that it has started, also when nobody waits for it any more.
struct Leash(Option<rustix::process::Pid>);

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

pub(super) async fn in_background(call: &Call, desk: &Desk) -> Result<Vec<u8>, Failure> {
    let mut command = tokio::process::Command::new(&call.program);
    command
        .args(&call.args)
        .envs(call.env.iter().map(|(name, value)| (name, value.expose())));
    // A process group of its own: it cannot read our terminal, and can be ended with everything that it starts.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| call.not_started(&error))?;
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(rustix::process::Pid::from_raw);
    let mut leash = Leash(pid);
    let heard = watch::Sender::new(Instant::now());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let talk = async {
        let ended = async {
            let status = child.wait().await;
            // What it has started may hold the pipes open for ever.
            tokio::time::sleep(Duration::from_millis(500)).await;
            status
        };
        let pipes = async { tokio::join!(collect(stdout), listen(stderr, desk, &heard)) };
        tokio::pin!(ended, pipes);
        tokio::select! {
            biased;
            (out, last) = &mut pipes => (None, Some((out, last))),
            status = &mut ended => (Some(status), None),
        }
    };
    let (status, piped) = tokio::select! {
        done = talk => done,
        () = too_long(&heard, desk.patience) => {
            return Err(failed(
                FailureKind::Unauthenticated,
                &format!("the credential plugin {} did not end in time and was stopped", call.name),
                "Run its sign-in command, then try again.",
            ));
        }
    };
    let Some((out, last)) = piped else {
        let message = format!(
            "the credential plugin {} ended, but something it started still holds its output",
            call.name
        );
        return Err(failed(
            FailureKind::Unauthenticated,
            &message,
            "Run its sign-in command, then try again.",
        ));
    };
    let status = match status {
        Some(status) => status,
        None => tokio::time::timeout(desk.patience.silent, child.wait())
            .await
            .unwrap_or_else(|late| Err(late.into())),
    };
    leash.0 = None;
    call.ended(status.map_err(|error| call.not_started(&error))?, out, last.as_deref())
}

async fn too_long(heard: &watch::Sender<Instant>, patience: PluginPatience) {
    let end = Instant::now() + patience.whole;
    loop {
        let due = (*heard.borrow() + patience.silent).min(end);
        if Instant::now() >= due {
            return;
        }
        tokio::time::sleep_until(due).await;
    }
}

/// All of stdout up to the cap; what is beyond is read and dropped, so that the plugin does not hang.
async fn collect(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(mut pipe) = pipe else { return out };
    let mut block = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut block).await {
        if out.len() as u64 <= LONGEST {
            out.extend_from_slice(block.get(..count).unwrap_or_default());
        }
    }
    out
}

/// Passes stderr on line by line, a prompt without a line end too, and gives the last line that says something.
async fn listen(pipe: Option<impl AsyncRead + Unpin>, desk: &Desk, heard: &watch::Sender<Instant>) -> Option<String> {
    let mut pipe = pipe?;
    let mut line: Vec<u8> = Vec::new();
    let mut last: Option<String> = None;
    let mut said = 0;
    let mut block = vec![0; 4096];
    loop {
        let read = tokio::time::timeout(Duration::from_millis(300), pipe.read(&mut block)).await;
        let (came, over) = match read {
            Ok(Ok(count @ 1..)) => (block.get(..count).unwrap_or_default(), false),
            Ok(_) => (&[][..], true),
            Err(_) => (&[][..], false),
        };
        if !came.is_empty() {
            heard.send_replace(Instant::now());
        }
        let mut lines = Vec::new();
        for byte in came {
            match byte {
                b'\n' => lines.push(std::mem::take(&mut line)),
                byte if line.len() < LONGEST_LINE => line.push(*byte),
                _ => {}
            }
        }
        if came.is_empty() && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for raw in lines {
            let text = String::from_utf8_lossy(&raw);
            let text = Clean::new(crate::text::without_escapes(text.trim_end_matches('\r')).trim_end());
            if text.is_empty() {
                continue;
            }
            last = Some(text.as_str().to_owned());
            said += 1;
            if said <= MOST_LINES {
                desk.say(ClusterEvent::PluginSays(text)).await;
            }
        }
        if over {
            return last;
        }
    }
}
