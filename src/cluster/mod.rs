//! The room cluster: the only one that knows kube's client. It finds and reads kubeconfigs, makes connections that notice
//! when they die, signs in, and refuses at the HTTP layer whatever is not allowed. It never decides what is shown.

pub mod auth;
pub mod connection;
pub mod connector;
pub mod discovery;
pub mod exec;
pub mod failure;
pub mod gate;
pub mod kubeconfig;
pub mod listwatch;
pub mod logs;
pub mod proxy;
pub mod schema;
pub mod session;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod warnings;
