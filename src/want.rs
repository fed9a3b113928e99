//! Wants: what should be running. After each update the runtime compares the set of wants with what runs, starts what is
//! new and stops what nobody has wanted for a while. Nobody starts or stops a watch by hand.

use crate::kinds::{ResourceName, Uid};
use crate::text::Clean;

/// A cluster: a context of this run, not a URL. Several are open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub u32);

/// Which namespaces a list spans.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All namespaces, or a cluster-scoped resource.
    All,
    /// These, sorted and without doubles; each is a source of its own behind one table.
    Namespaces(Vec<Clean>),
}

/// What the rows of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// One row an object.
    Objects,
    /// One row a container of the selected pods.
    Containers,
    /// One row an object, with the whole object in [`crate::kinds::Row::whole`]. For what is open, never for a long list.
    Whole,
    /// One row an object with what it refers to as facts (`describe::references`), and no cells. For relations.
    References,
}

/// From where on a container's log is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogStart {
    /// From its beginning.
    All,
    /// So many lines from its end, and everything since.
    Tail(u32),
    /// What was written since then, in unix seconds.
    Since(i64),
}

/// A container's log that should be followed. It goes on across restarts of the container, rotations of its file and
/// broken connections, until the pod is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogWant {
    /// In which cluster.
    pub cluster: ClusterId,
    /// Of a pod in which namespace.
    pub namespace: Clean,
    /// Of which pod.
    pub pod: Clean,
    /// The pod's identity: a pod of the same name that comes later is another source.
    pub uid: Uid,
    /// Of which of its containers.
    pub container: Clean,
    /// From where on.
    pub start: LogStart,
    /// Begin with the instance before this one, where there is one.
    pub previous: bool,
}

/// The schema of a kind, as the server publishes it (OpenAPI v3, or v2 where that is all there is).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaWant {
    /// In which cluster.
    pub cluster: ClusterId,
    /// API group, empty for core.
    pub group: Clean,
    /// API version.
    pub version: Clean,
    /// Kind in CamelCase.
    pub kind: Clean,
}

/// A list that should be live.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListWant {
    /// In which cluster.
    pub cluster: ClusterId,
    /// Of which resource.
    pub resource: ResourceName,
    /// Over which namespaces.
    pub scope: Scope,
    /// Label selector, applied by the server; empty is none.
    pub labels: Clean,
    /// Field selector, applied by the server; empty is none.
    pub fields: Clean,
    /// What its rows are.
    pub shape: Shape,
}

/// Something that should be running.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Want {
    /// A connection with its discovery.
    Cluster(ClusterId),
    /// A live list.
    List(ListWant),
    /// A container's log.
    Log(LogWant),
    /// A kind's schema, fetched once and kept while it is wanted.
    Schema(SchemaWant),
}

impl Want {
    /// The cluster it belongs to.
    pub fn cluster(&self) -> ClusterId {
        match self {
            Want::Cluster(cluster) => *cluster,
            Want::List(list) => list.cluster,
            Want::Log(log) => log.cluster,
            Want::Schema(schema) => schema.cluster,
        }
    }
}
