//! The Yaml tab.

use super::describe::Text;
use super::{Inside, Part};
use crate::ui::Lines;
use crate::want::Want;
use std::collections::BTreeSet;

/// The Yaml tab.
#[derive(Debug, Default)]
pub struct Yaml {
    text: Text,
}

impl Part for Yaml {
    fn wants(&self, _inside: &Inside<'_>, _wants: &mut BTreeSet<Want>) {}

    fn refresh(&mut self, _inside: &Inside<'_>, _width: u16) -> bool {
        false
    }

    fn lines(&self) -> &dyn Lines {
        &self.text
    }
}
