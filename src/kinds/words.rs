//! What well-known words in the printed columns of an unknown kind say about an object's health. Conservative: only
//! columns that are about state are read, only whole words count, and what is not known says nothing.

use super::row::Health;

/// Tells the health by a cell's text, or that it says nothing.
pub type Judge = fn(&str) -> Option<Health>;

/// How cells under this header (upper case) are judged, if they are about the object's state at all.
pub fn judge(header: &str) -> Option<Judge> {
    match header {
        "READY" | "AVAILABLE" | "HEALTHY" | "SYNCED" | "ESTABLISHED" | "ACCEPTED" | "PROGRAMMED" | "RESOLVED" => {
            Some(of_condition)
        }
        "STATUS" | "STATE" | "PHASE" | "HEALTH" | "HEALTH STATUS" | "SYNC STATUS" | "CONDITION" => Some(of_word),
        _ => None,
    }
}

/// The judgement of several cells about one object: the worst counts, but what has finished well need not be ready.
pub fn together(judged: impl Iterator<Item = Health>) -> Health {
    let worst = |health: &Health| match health {
        Health::Good => 0,
        Health::Progress => 1,
        Health::Warn => 2,
        Health::Done => 3,
        Health::Unknown => 4,
        Health::Bad => 5,
    };
    judged.max_by_key(worst).unwrap_or_default()
}

/// A condition's status, or how many of how many are ready.
fn of_condition(text: &str) -> Option<Health> {
    if let Some((part, whole)) = text.split_once('/') {
        let (part, whole): (u32, u32) = (part.parse().ok()?, whole.parse().ok()?);
        return Some(if part < whole { Health::Warn } else { Health::Good });
    }
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(Health::Good),
        "false" => Some(Health::Warn),
        // A condition nobody has decided yet.
        "unknown" => Some(Health::Progress),
        _ => of_word(text),
    }
}

fn of_word(text: &str) -> Option<Health> {
    if text.len() > 40 {
        return None;
    }
    let word: String = text
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '-' | '_'))
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    Some(match word.as_str() {
        "failed" | "failure" | "error" | "errored" | "invalid" | "rejected" | "lost" | "unhealthy" | "crashed"
        | "fatal" => Health::Bad,
        _ if word.ends_with("backoff") => Health::Bad,
        "degraded" | "notready" | "unavailable" | "unready" | "stalled" | "expired" | "outofsync" | "missing"
        | "warning" | "blocked" => Health::Warn,
        "unknown" => Health::Unknown,
        "pending" | "creating" | "provisioning" | "progressing" | "initializing" | "waiting" | "inprogress"
        | "updating" | "upgrading" | "scaling" | "reconciling" | "starting" | "stopping" | "deleting"
        | "terminating" | "restoring" | "queued" | "scheduling" | "issuing" => Health::Progress,
        "succeeded" | "success" | "successful" | "completed" | "complete" | "finished" | "done" => Health::Done,
        "ready" | "running" | "active" | "healthy" | "available" | "bound" | "synced" | "ok" | "up" | "online"
        | "established" | "valid" | "deployed" | "installed" => Health::Good,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_in_columns_about_state_count() {
        let table = [
            ("READY", "True", Some(Health::Good)),
            ("READY", "False", Some(Health::Warn)),
            ("READY", "Unknown", Some(Health::Progress)),
            ("READY", "2/3", Some(Health::Warn)),
            ("READY", "3/3", Some(Health::Good)),
            ("READY", "3", None),
            ("STATUS", "Failed", Some(Health::Bad)),
            ("STATUS", "ImagePullBackOff", Some(Health::Bad)),
            ("STATUS", "Not Ready", Some(Health::Warn)),
            ("PHASE", "in-progress", Some(Health::Progress)),
            ("PHASE", "Unknown", Some(Health::Unknown)),
            ("STATE", "Succeeded", Some(Health::Done)),
            ("STATUS", "False", None),
            ("STATUS", "the last error is gone", None),
            ("STATUS", "", None),
        ];
        for (header, text, expected) in table {
            assert_eq!(judge(header).unwrap()(text), expected, "{header} {text}");
        }
        for header in ["REASON", "MESSAGE", "URL", "SUSPENDED", "PAUSED", "FAILED"] {
            assert!(judge(header).is_none(), "{header}");
        }
    }

    #[test]
    fn the_worst_counts_but_finished_need_not_be_ready() {
        use Health::*;
        let table: [(&[Health], Health); 6] = [
            (&[], Good),
            (&[Good, Progress], Progress),
            (&[Warn, Progress], Warn),
            (&[Done, Warn], Done),
            (&[Done, Bad], Bad),
            (&[Unknown, Bad], Bad),
        ];
        for (all, expected) in table {
            assert_eq!(together(all.iter().copied()), expected, "{all:?}");
        }
    }
}
