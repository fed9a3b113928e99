//! Wants: what should be running. After each update the runtime compares the set of wants with what runs, starts what is
//! new and stops what nobody has wanted for a while. Nobody starts or stops a watch by hand.

use crate::kinds::ResourceName;
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
}

impl Want {
    /// The cluster it belongs to.
    pub fn cluster(&self) -> ClusterId {
        match self {
            Want::Cluster(cluster) => *cluster,
            Want::List(list) => list.cluster,
        }
    }
}
