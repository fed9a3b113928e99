//! What should be running against what runs. Pure: a set in, a plan out.
//!
//! What is new is started under a new generation; what nobody has wanted for a while is stopped; nothing else is touched.

use crate::msg::Generation;
use crate::want::{Shape, Want};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long something runs on after nobody wants it any more, unless the configuration says otherwise.
pub const LINGER: Duration = Duration::from_secs(60);

/// How much sooner something ends that belongs to one object: whoever walks down a list with the side pane open would
/// otherwise leave a trail of watches.
const SOONER: u32 = 12;

/// How long this one runs on.
fn linger_of(want: &Want, linger: Duration) -> Duration {
    match want {
        Want::List(list) if matches!(list.shape, Shape::Whole | Shape::References) => linger / SOONER,
        // A view of logs that is opened anew begins with what was written before: a stream that still ran would not say it.
        Want::Log(_) => Duration::ZERO,
        Want::Cluster(_) | Want::List(_) | Want::Schema(_) => linger,
    }
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start this; all it sends carries the generation.
    Start(Want, Generation),
    /// Stop this.
    Stop(Want),
}

/// Knows what runs.
#[derive(Debug)]
pub struct Planner {
    running: BTreeMap<Want, Running>,
    last: Generation,
    linger: Duration,
}

#[derive(Debug)]
struct Running {
    generation: Generation,
    unwanted_since: Option<Duration>,
}

impl Planner {
    /// A planner for which nothing runs. What nobody wants runs on for `linger`.
    pub fn new(linger: Duration) -> Planner {
        Planner {
            running: BTreeMap::new(),
            last: Generation(0),
            linger,
        }
    }

    /// What to do so that `wanted` runs. Clusters start before their lists and stop after them.
    pub fn plan(&mut self, wanted: &BTreeSet<Want>, now: Duration) -> Vec<Step> {
        // A list needs its cluster, whether or not anybody said so.
        let clusters: BTreeSet<Want> = wanted.iter().map(|want| Want::Cluster(want.cluster())).collect();
        let is_wanted = |want: &Want| wanted.contains(want) || clusters.contains(want);
        let mut steps = Vec::new();
        for want in clusters.iter().chain(wanted) {
            if let Some(running) = self.running.get_mut(want) {
                running.unwanted_since = None;
                continue;
            }
            self.last.0 += 1;
            let running = Running {
                generation: self.last,
                unwanted_since: None,
            };
            self.running.insert(want.clone(), running);
            steps.push(Step::Start(want.clone(), self.last));
        }
        let mut over = Vec::new();
        for (want, running) in &mut self.running {
            if is_wanted(want) {
                continue;
            }
            let since = *running.unwanted_since.get_or_insert(now);
            if now >= since + linger_of(want, self.linger) {
                over.push(want.clone());
            }
        }
        // In the order of wants, clusters come before lists: backwards, lists stop first. A cluster is never due before its
        // lists, because a wanted list keeps it wanted.
        for want in over.into_iter().rev() {
            self.running.remove(&want);
            steps.push(Step::Stop(want));
        }
        steps
    }

    /// When to plan again although nothing was said: something unwanted will have lingered long enough.
    pub fn next_stop(&self) -> Option<Duration> {
        let over = |(want, running): (&Want, &Running)| Some(running.unwanted_since? + linger_of(want, self.linger));
        self.running.iter().filter_map(over).min()
    }

    /// The generation under which this runs, if it does.
    pub fn generation(&self, want: &Want) -> Option<Generation> {
        self.running.get(want).map(|running| running.generation)
    }

    /// How much runs.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether nothing runs.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ResourceName;
    use crate::text::Clean;
    use crate::want::{ClusterId, ListWant, Scope, Shape};

    fn cluster(id: u32) -> Want {
        Want::Cluster(ClusterId(id))
    }

    fn list(id: u32, resource: &str) -> Want {
        Want::List(ListWant {
            cluster: ClusterId(id),
            resource: ResourceName::new("", resource),
            scope: Scope::All,
            labels: Clean::default(),
            fields: Clean::default(),
            shape: Shape::Objects,
        })
    }

    fn name(want: &Want) -> String {
        match want {
            Want::Cluster(id) => id.0.to_string(),
            Want::List(list) => format!("{}/{}", list.cluster.0, list.resource),
            other => format!("{other:?}"),
        }
    }

    fn said(steps: &[Step]) -> String {
        let said: Vec<String> = steps
            .iter()
            .map(|step| match step {
                Step::Start(want, generation) => format!("+{}@{}", name(want), generation.0),
                Step::Stop(want) => format!("-{}", name(want)),
            })
            .collect();
        said.join(" ")
    }

    #[test]
    fn plans() {
        // Seconds, what is wanted then, and what is to be done.
        let table: &[(u64, &[Want], &str)] = &[
            (0, &[], ""),
            (1, &[cluster(0)], "+0@1"),
            (2, &[cluster(0), list(0, "pods")], "+0/pods@2"),
            // The same again: nothing is restarted.
            (3, &[cluster(0), list(0, "pods")], ""),
            (4, &[cluster(0), list(0, "nodes"), list(0, "pods")], "+0/nodes@3"),
            // Pods lingers …
            (5, &[cluster(0), list(0, "nodes")], ""),
            (64, &[cluster(0), list(0, "nodes")], ""),
            // … and is wanted again just in time.
            (64, &[cluster(0), list(0, "nodes"), list(0, "pods")], ""),
            (65, &[cluster(0), list(0, "nodes")], ""),
            (125, &[cluster(0), list(0, "nodes")], "-0/pods"),
            (126, &[cluster(0), list(0, "nodes"), list(0, "pods")], "+0/pods@4"),
            // A list brings its cluster with it, first.
            (127, &[list(1, "pods")], "+1@5 +1/pods@6"),
            // The old context stays warm for a while, then goes whole, lists first.
            (186, &[list(1, "pods")], ""),
            (187, &[list(1, "pods")], "-0/pods -0/nodes -0"),
            (188, &[], ""),
            (248, &[], "-1/pods -1"),
            (249, &[list(1, "pods")], "+1@7 +1/pods@8"),
        ];
        let mut planner = Planner::new(LINGER);
        for (seconds, wanted, steps) in table {
            let wanted = wanted.iter().cloned().collect();
            assert_eq!(
                said(&planner.plan(&wanted, Duration::from_secs(*seconds))),
                *steps,
                "at {seconds} s"
            );
        }
    }

    #[test]
    fn a_cluster_outlives_a_list_that_still_lingers() {
        let mut planner = Planner::new(LINGER);
        let at = Duration::from_secs;
        planner.plan(&[cluster(0), list(0, "pods")].into(), at(0));
        planner.plan(&[].into(), at(1));
        assert_eq!(planner.next_stop(), Some(at(61)));
        planner.plan(&[list(0, "pods")].into(), at(2));
        assert_eq!(planner.next_stop(), None);
        planner.plan(&[].into(), at(3));
        assert_eq!(said(&planner.plan(&[].into(), at(62))), "");
        assert_eq!(said(&planner.plan(&[].into(), at(63))), "-0/pods -0");
        assert!(planner.is_empty());
    }

    #[test]
    fn what_belongs_to_one_object_ends_sooner() {
        let Want::List(one) = list(0, "pods") else {
            unreachable!()
        };
        let one = Want::List(ListWant {
            shape: Shape::Whole,
            ..one
        });
        let mut planner = Planner::new(LINGER);
        let at = Duration::from_secs;
        planner.plan(&[one, list(0, "pods")].into(), at(0));
        planner.plan(&[list(0, "pods")].into(), at(1));
        assert_eq!(planner.next_stop(), Some(at(6)));
        assert_eq!(said(&planner.plan(&[list(0, "pods")].into(), at(5))), "");
        assert_eq!(said(&planner.plan(&[list(0, "pods")].into(), at(6))), "-0/pods");
    }

    #[test]
    fn generations_are_never_used_twice() {
        let mut planner = Planner::new(Duration::ZERO);
        planner.plan(&[cluster(0)].into(), Duration::ZERO);
        assert_eq!(planner.generation(&cluster(0)), Some(Generation(1)));
        planner.plan(&[].into(), Duration::ZERO);
        assert_eq!(planner.generation(&cluster(0)), None);
        planner.plan(&[cluster(0)].into(), Duration::ZERO);
        assert_eq!(
            (planner.generation(&cluster(0)), planner.len()),
            (Some(Generation(2)), 1)
        );
    }
}
