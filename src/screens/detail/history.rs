//! The History tab.

use super::describe::Text;
use super::{Inside, Part};
use crate::ui::Lines;
use crate::want::Want;
use std::collections::BTreeSet;

/// The History tab.
#[derive(Debug, Default)]
pub struct History {
    text: Text,
}

impl Part for History {
    fn wants(&self, _inside: &Inside<'_>, _wants: &mut BTreeSet<Want>) {}

    fn refresh(&mut self, _inside: &Inside<'_>, _width: u16) -> bool {
        false
    }

    fn lines(&self) -> &dyn Lines {
        &self.text
    }
}
