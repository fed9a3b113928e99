//! What the tests against whole servers share: the worlds they run in, a driver without a screen, and the cells of a
//! second client to compare with. Helpers of a test are all used, but not all of them by each test.
#![allow(dead_code, unused_imports)]

pub mod driver;
pub mod second;
pub mod sheet;
pub mod world;

pub use driver::Driver;
pub use second::Ask;
pub use world::World;
