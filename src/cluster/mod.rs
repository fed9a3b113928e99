//! The room cluster: the only one that knows kube's client. It finds and reads kubeconfigs, makes connections that notice
//! when they die, signs in, and refuses at the HTTP layer whatever is not allowed. It never decides what is shown.

pub mod connection;
pub mod connector;
pub mod failure;
pub mod gate;
pub mod listwatch;
