//! The real model in the loop.

use super::run_loop::App;
use crate::app::{self, Model};
use crate::effect::Effect;
use crate::msg::Msg;
use crate::want::Want;
use ratatui::Frame;
use std::collections::BTreeSet;
use std::time::Duration;

impl App for Model {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        app::update(self, msg)
    }

    fn wants(&self) -> BTreeSet<Want> {
        app::wants(self)
    }

    fn draw(&self, frame: &mut Frame) {
        app::draw(self, frame);
    }

    fn revision(&self) -> u64 {
        Model::revision(self)
    }

    fn next_change(&self) -> Option<Duration> {
        Model::next_change(self)
    }
}
