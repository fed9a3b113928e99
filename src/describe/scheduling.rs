//! What the scheduler says of a pod that fits nowhere, as counts per reason in plain words.

use super::say;

/// What one reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Not enough of a resource.
    Resource,
    /// A taint that is not tolerated.
    Taint,
    /// A node selector or node affinity that nothing fulfils.
    Selector,
    /// Affinity to other pods, or spread.
    Pods,
    /// A claim that is not bound.
    Claim,
    /// A volume that can only be reached from elsewhere, or too many of them.
    Volume,
    /// Nodes that take no new pods.
    Cordoned,
    /// A port of the node that is taken.
    Port,
    /// Anything else.
    Other,
}

/// Why some nodes do not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// How many nodes; 0 when it holds for all and is not counted.
    pub(super) nodes: u64,
    /// In words that follow the count: `with too little free CPU`.
    pub(super) words: String,
    /// What it is about.
    pub(super) about: About,
    /// The resource or the taint it names.
    pub(super) name: String,
}

/// What the scheduler said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// How many nodes there are, when it says so.
    pub(super) nodes: Option<u64>,
    /// Why, the most frequent first.
    pub(super) reasons: Vec<Reason>,
}

/// Reads `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {a: b}. preemption: …`.
pub(super) fn read(message: &str) -> Verdict {
    let message = say::one_line(message);
    let (head, rest) = match message.split_once(" nodes are available: ") {
        Some((head, rest)) => (head, rest),
        None => ("", message.as_str()),
    };
    let nodes = head.rsplit_once('/').and_then(|(_, nodes)| nodes.parse().ok());
    let rest = rest.split(" preemption: ").next().unwrap_or_default();
    let rest = rest.trim().trim_end_matches('.');
    let mut reasons: Vec<Reason> = pieces(rest).into_iter().map(reason).collect();
    reasons.retain(|reason| !reason.words.is_empty());
    // The sort is stable: those of one count stay in the scheduler's order.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.nodes));
    Verdict { nodes, reasons }
}

/// The parts between commas that are followed by a count; a taint has commas of its own.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for (place, _) in text.match_indices(", ") {
        let after = text.get(place + 2..).unwrap_or_default();
        if after.starts_with(|letter: char| letter.is_ascii_digit()) {
            pieces.push(text.get(begin..place).unwrap_or_default());
            begin = place + 2;
        }
    }
    pieces.push(text.get(begin..).unwrap_or_default());
    pieces
}

fn reason(piece: &str) -> Reason {
    let digits = piece
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(piece.len());
    let (count, text) = piece.split_at(digits);
    let nodes = count.parse().unwrap_or(0);
    let text = text.trim().trim_end_matches('.');
    let text = text.strip_prefix("node(s) ").unwrap_or(text);
    let lower = text.to_lowercase();
    let of = |about: About, words: &str, name: &str| Reason {
        nodes,
        words: words.to_owned(),
        about,
        name: name.to_owned(),
    };
    if let Some(resource) = text.strip_prefix("Insufficient ") {
        let words = match resource {
            "cpu" => "with too little free CPU".to_owned(),
            other => format!("with too little free {other}"),
        };
        return of(About::Resource, &words, resource);
    }
    if lower.starts_with("too many pods") {
        return of(About::Resource, "with no room for one more pod", "pods");
    }
    if lower.contains("taint") {
        let inner = text
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once('}'))
            .map_or("", |(inner, _)| inner);
        let taint = match inner.split_once(": ") {
            Some((key, "")) => key.to_owned(),
            Some((key, value)) => format!("{key}={value}"),
            None => inner.trim_end_matches(": ").trim_end_matches(':').to_owned(),
        };
        let words = match taint.as_str() {
            "" => "with a taint that the pod does not tolerate".to_owned(),
            "node.kubernetes.io/not-ready" => "not ready".to_owned(),
            "node.kubernetes.io/unreachable" => "not reachable".to_owned(),
            "node.kubernetes.io/unschedulable" => "closed for new pods (cordoned)".to_owned(),
            "node.kubernetes.io/disk-pressure" => "short of disk".to_owned(),
            "node.kubernetes.io/memory-pressure" => "short of memory".to_owned(),
            taint => format!("with the taint {taint}, which the pod does not tolerate"),
        };
        return of(About::Taint, &words, &taint);
    }
    if lower.contains("unbound immediate persistentvolumeclaims") {
        return of(About::Claim, "because a claim of the pod is not bound", "");
    }
    if lower.contains("persistentvolumeclaim") {
        return of(About::Claim, text, "");
    }
    if lower.contains("volume node affinity conflict") {
        return of(
            About::Volume,
            "that cannot reach the pod's volume (it is bound to other nodes or another zone)",
            "",
        );
    }
    if lower.contains("find available persistent volumes to bind") {
        return of(About::Claim, "with no free volume that fits the claim", "");
    }
    if lower.contains("max volume count") {
        return of(About::Volume, "with as many volumes attached as they can have", "");
    }
    if lower.contains("topology spread") {
        return of(About::Pods, "where the pod would break its topology spread", "");
    }
    if lower.contains("anti-affinity") && !lower.contains("affinity/anti") {
        return of(About::Pods, "with a pod that this one must keep away from", "");
    }
    if lower.contains("pod affinity") {
        return of(About::Pods, "where its affinity to other pods is not fulfilled", "");
    }
    if lower.contains("node selector") || lower.contains("node affinity") {
        return of(
            About::Selector,
            "without the labels that the pod asks for (node selector or affinity)",
            "",
        );
    }
    if lower.contains("unschedulable") {
        return of(About::Cordoned, "closed for new pods (cordoned)", "");
    }
    if lower.contains("free ports") {
        return of(About::Port, "where the host port is taken", "");
    }
    of(About::Other, text, "")
}

impl Verdict {
    /// `2 of 3 nodes with too little free CPU, 1 with the taint a=b, which …`
    pub(super) fn words(&self) -> String {
        let said: Vec<String> = self
            .reasons
            .iter()
            .enumerate()
            .map(|(index, reason)| match (reason.nodes, self.nodes, index) {
                (0, ..) => reason.words.clone(),
                (_, _, _) if reason.about == About::Claim && reason.words.starts_with("because") => {
                    reason.words.clone()
                }
                (nodes, Some(all), 0) => format!(
                    "{nodes} of {} {}",
                    say::count(all as i64, "node", "nodes"),
                    reason.words
                ),
                (nodes, ..) => format!("{nodes} {}", reason.words),
            })
            .collect();
        said.join("; ")
    }

    /// The reason that one can most likely do something about.
    pub(super) fn first(&self, about: About) -> Option<&Reason> {
        self.reasons.iter().find(|reason| reason.about == about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_counts_in_words() {
        let table = [
            (
                "0/1 nodes are available: 1 Insufficient cpu.",
                "1 of 1 node with too little free CPU",
            ),
            (
                "0/6 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate, 2 Insufficient memory, 3 node(s) didn't match node selector.",
                "3 of 6 nodes without the labels that the pod asks for (node selector or affinity); 2 with too little free memory; 1 with the taint dedicated=gpu, which the pod does not tolerate",
            ),
            (
                "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "2 of 3 nodes without the labels that the pod asks for (node selector or affinity); 1 with the taint node-role.kubernetes.io/control-plane, which the pod does not tolerate",
            ),
            (
                "0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.",
                "because a claim of the pod is not bound",
            ),
            (
                "persistentvolumeclaim \"data\" not found",
                "persistentvolumeclaim \"data\" not found",
            ),
            (
                "no nodes available to schedule pods",
                "no nodes available to schedule pods",
            ),
            ("", ""),
        ];
        for (message, expected) in table {
            assert_eq!(read(message).words(), expected);
        }
        let verdict = read("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.");
        assert_eq!(verdict.first(About::Resource).unwrap().name, "nvidia.com/gpu");
    }
}
