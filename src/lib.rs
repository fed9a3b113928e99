//! Portolan: a terminal explorer for Kubernetes clusters.
//!
//! This page is the map of the house. It names the rooms in the order in which to read them.

pub mod app;
pub mod cluster;
pub mod config;
pub mod demo;
pub mod effect;
pub mod keys;
pub mod kinds;
pub mod msg;
pub mod runtime;
pub mod screens;
pub mod store;
pub mod text;
pub mod theme;
pub mod ui;
pub mod want;
