//! What happens in the world, second by second: pods start, crash and end, deployments roll, cron jobs run, nodes report.
//!
//! The engine looks at the world as controllers do: at what has changed and at what time it is. So what a user changes
//! has its consequences as well. Everything follows from the seed and the number of seconds that have passed.

mod pods;
mod workloads;

use super::DemoOptions;
use super::clock::{parse_time, rfc3339, rfc3339_micro};
use super::control;
use super::object::{Body, BulkState, Key};
use super::rng::Rng;
use super::store::Store;
use super::world::{About, NODES, crons, scalers, tell};
use super::write::{empty_namespace, remove};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Deployments that are rolled now and then, in turn.
const ROLLING: &[(&str, &str)] = &[
    ("shop", "checkout"),
    ("payments", "payments-api"),
    ("shop", "storefront"),
    ("platform", "argocd-server"),
    ("shop", "cart"),
    ("shop", "catalog"),
];
/// Seconds between two rollouts, and before the first.
const ROLL_EVERY: i64 = 110;
const FIRST_ROLL: i64 = 25;
/// Seconds between two restarts of a healthy pod.
const RESTART_EVERY: i64 = 67;
/// Seconds after which an event is forgotten.
const EVENTS_LAST: i64 = 3600;
/// The kinds whose changes make the controllers look at a namespace again.
const WATCHED: &[(&str, &str)] = &[
    ("", "pods"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("", "services"),
    ("policy", "poddisruptionbudgets"),
];

/// The engine of the world's life.
pub(super) struct Engine {
    now: i64,
    start: i64,
    rng: Rng,
    /// The version up to which changes have been looked at.
    seen: u64,
    /// Pods that are not yet, or no longer, in a steady state.
    restless: BTreeSet<Key>,
    churn: f64,
    /// Changes of the big world that are due, in fractions.
    due: f64,
    bulk: Vec<Key>,
}

impl Engine {
    /// An engine for a fresh world.
    pub(super) fn new(options: &DemoOptions, store: &Store) -> Engine {
        let pods = store.all("", "pods");
        let steady = |o: &super::object::Object| matches!(o.body, Body::Bulk(_)) || pods::is_steady(&o.value());
        Engine {
            now: options.start,
            start: options.start,
            rng: Rng::new(options.seed ^ 0x11fe),
            seen: store.version(),
            restless: pods.iter().filter(|o| !steady(o)).map(|o| o.key()).collect(),
            churn: options.churn.unwrap_or(0.0),
            due: 0.0,
            bulk: if options.churn.is_some() {
                pods.iter()
                    .filter(|o| matches!(o.body, Body::Bulk(_)))
                    .map(|o| o.key())
                    .collect()
            } else {
                Vec::new()
            },
        }
    }

    /// One second of life.
    pub(super) fn second(&mut self, store: &mut Store) {
        self.now += 1;
        let age = self.now - self.start;
        self.heartbeats(store);
        self.churn(store);
        for cron in crons() {
            if !cron.suspended && self.now.rem_euclid(cron.every) == 0 {
                workloads::run_cron(store, cron, self.now);
            }
        }
        if age >= FIRST_ROLL && (age - FIRST_ROLL) % ROLL_EVERY == 0 {
            let (namespace, name) = ROLLING[((age - FIRST_ROLL) / ROLL_EVERY) as usize % ROLLING.len()];
            workloads::new_version(store, namespace, name, self.now);
        }
        if age % RESTART_EVERY == 0 {
            self.restart_one(store);
        }
        if age % 15 == 0 {
            for scaler in scalers() {
                workloads::scale(store, scaler, &mut self.rng, self.now);
            }
        }
        if age % 10 == 0 {
            self.end_namespaces(store);
        }
        if age % 60 == 0 {
            self.forget_events(store);
        }
        let restless: Vec<Key> = self.restless.iter().cloned().collect();
        for (namespace, name) in restless {
            if pods::advance(store, &namespace, &name, self.now) {
                self.restless.remove(&(namespace, name));
            }
        }
        self.consequences(store);
    }

    /// Lets the controllers look at what has changed since the last second.
    fn consequences(&mut self, store: &mut Store) {
        // What the controllers do may need looking at again, but not for ever.
        for _ in 0..4 {
            let mut namespaces: BTreeSet<Arc<str>> = BTreeSet::new();
            let seen = std::mem::replace(&mut self.seen, store.version());
            for (group, plural) in WATCHED {
                let Some(resource) = store.resource(group, plural) else {
                    continue;
                };
                let touched = store.touched_after(seen, resource.id);
                for (namespace, name) in touched.unwrap_or_default() {
                    let Some(object) = store.get(resource.id, &namespace, &name) else {
                        namespaces.insert(namespace);
                        continue;
                    };
                    if matches!(object.body, Body::Bulk(_)) {
                        continue;
                    }
                    namespaces.insert(namespace.clone());
                    if *plural == "pods" && !pods::is_steady(&object.value()) {
                        self.restless.insert((namespace, name));
                    }
                }
            }
            // The big world's own controllers rest.
            namespaces.retain(|n| !n.starts_with("load-"));
            if namespaces.is_empty() {
                return;
            }
            for namespace in namespaces {
                workloads::reconcile(store, &namespace, self.now, &mut self.rng);
                control::roll_namespace(store, &namespace, self.now);
            }
        }
    }

    /// Leases every ten seconds, node conditions every five minutes; the lost node is silent.
    fn heartbeats(&mut self, store: &mut Store) {
        let (Some(leases), Some(nodes)) = (
            store.resource("coordination.k8s.io", "leases"),
            store.resource("", "nodes"),
        ) else {
            return;
        };
        let now = self.now;
        for (at, (name, ..)) in NODES.iter().enumerate().filter(|(_, n)| n.0 != "eu-b-worker-2") {
            if (now + at as i64 * 2) % 10 == 0 {
                store.change(leases.id, "kube-node-lease", name, now, |v| {
                    v["spec"]["renewTime"] = rfc3339_micro(now).into()
                });
            }
            if (now + at as i64 * 50) % 300 == 0 {
                store.change(nodes.id, "", name, now, |v| {
                    for condition in v["status"]["conditions"].as_array_mut().into_iter().flatten().skip(1) {
                        condition["lastHeartbeatTime"] = rfc3339(now).into();
                    }
                });
            }
        }
        if now % 5 == 0 {
            for (namespace, name) in [
                ("kube-system", "kube-scheduler"),
                ("kube-system", "kube-controller-manager"),
                ("platform", "website-controller"),
            ] {
                store.change(leases.id, namespace, name, now, |v| {
                    v["spec"]["renewTime"] = rfc3339_micro(now).into()
                });
            }
        }
    }

    /// Status changes in the big world, so many per second.
    fn churn(&mut self, store: &mut Store) {
        self.due += self.churn;
        let Some(pods) = store.resource("", "pods") else { return };
        while self.due >= 1.0 && !self.bulk.is_empty() {
            self.due -= 1.0;
            let (namespace, name) = self.bulk[self.rng.below(self.bulk.len() as u64) as usize].clone();
            let Some(object) = store.get(pods.id, &namespace, &name) else {
                continue;
            };
            if let Body::Bulk(bulk) = &object.body {
                let mut bulk = bulk.clone();
                (bulk.state, bulk.restarts) = match bulk.state {
                    BulkState::Running => (BulkState::Crashing, bulk.restarts + 1),
                    _ => (BulkState::Running, bulk.restarts),
                };
                bulk.changed = self.now;
                store.put_bulk(pods.id, namespace, name, object.uid, bulk);
            }
        }
    }

    /// A container of a healthy pod fails its liveness probe.
    fn restart_one(&mut self, store: &mut Store) {
        let Some(pods) = store.resource("", "pods") else { return };
        let healthy: Vec<_> = store
            .within(pods.id, "payments")
            .chain(store.within(pods.id, "shop"))
            .filter(|o| !self.restless.contains(&o.key()))
            .filter(|o| control::is_ready(&o.value()))
            .cloned()
            .collect();
        if healthy.is_empty() {
            return;
        }
        let chosen = &healthy[self.rng.below(healthy.len() as u64) as usize];
        pods::restart(store, &chosen.namespace, &chosen.name, self.now);
    }

    /// Terminating namespaces are emptied, and go when nothing holds them.
    fn end_namespaces(&mut self, store: &mut Store) {
        let Some(namespaces) = store.resource("", "namespaces") else {
            return;
        };
        for namespace in store.all("", "namespaces") {
            if namespace.value()["status"]["phase"] == "Terminating"
                && empty_namespace(store, &namespace.name, self.now)
            {
                store.remove(namespaces.id, "", &namespace.name);
            }
        }
    }

    fn forget_events(&mut self, store: &mut Store) {
        let Some(events) = store.resource("", "events") else {
            return;
        };
        for event in store.all("", "events") {
            let last = event.value()["lastTimestamp"].as_str().and_then(parse_time);
            if last.is_some_and(|last| self.now - last > EVENTS_LAST) {
                store.remove(events.id, &event.namespace, &event.name);
            }
        }
    }
}

/// Tells something about a pod.
fn tell_pod(store: &mut Store, pod: &Value, reason: &str, message: &str, now: i64) {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let m = &pod["metadata"];
    let (namespace, name, uid) = (text(&m["namespace"]), text(&m["name"]), text(&m["uid"]));
    let (source, host) = match reason {
        "Scheduled" | "FailedScheduling" => ("default-scheduler", String::new()),
        _ => ("kubelet", text(&pod["spec"]["nodeName"])),
    };
    let field = match reason {
        "Scheduled" | "FailedScheduling" => String::new(),
        _ => format!("spec.containers{{{}}}", text(&pod["spec"]["containers"][0]["name"])),
    };
    let about = About {
        kind: "Pod",
        api: "v1",
        namespace: &namespace,
        name: &name,
        uid: &uid,
        field: &field,
    };
    tell(store, &about, reason, message, source, &host, now, now, 1);
}

/// Deletes a pod as its controller does.
fn delete_pod(store: &mut Store, namespace: &str, name: &str, now: i64) {
    let Some(pods) = store.resource("", "pods") else { return };
    if let Some(object) = store.get(pods.id, namespace, name) {
        remove(store, pods.id, &object, None, true, false, now);
    }
}
