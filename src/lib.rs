//! Portolan: a terminal explorer for Kubernetes clusters.
//!
//! This page is the map of the house. It names the rooms in the order in which to read them.

pub mod text;
pub mod theme;
pub mod keys;
pub mod kinds;
pub mod store;
pub mod msg;
pub mod effect;
pub mod want;
pub mod ui;
pub mod screens;
pub mod app;
pub mod cluster;
pub mod demo;
pub mod config;
pub mod runtime;
