//! Stub.
use super::*;
/// Stub.
#[derive(Debug)]
pub struct Stub(pub Option<Place>);
impl Screen for Stub {
    fn place(&self) -> Option<Place> {
        self.0.clone()
    }
    fn layers(&self) -> &'static [Layer] {
        &[Layer::Table]
    }
    fn commands(&self, _: &Shared) -> Vec<CommandRow> {
        Vec::new()
    }
    fn run(&mut self, _: &str, _: &mut Ctx<'_>) -> bool {
        false
    }
    fn refresh(&mut self, _: Rect, _: &Shared) {}
    fn wants(&self, _: &Shared, _: &mut BTreeSet<Want>) {}
    fn title(&self, _: &Shared) -> Title {
        Title::default()
    }
    fn draw(&self, _: &mut Buffer, _: Rect, _: &Shared) {}
}
