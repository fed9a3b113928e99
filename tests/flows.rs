//! Whole-app flows: keys in, screen text out, on the simulated cluster and a paused clock.

#[path = "support/show.rs"]
mod show;

use show::{Show, run};

#[test]
fn look() {
    run(async {
        let lines = std::env::var("LOOK").unwrap_or_default();
        for flow in lines.split(';').filter(|flow| !flow.is_empty()) {
            let (line, keys) = flow.split_once('@').unwrap_or((flow, ""));
            let mut show = Show::open(line).await;
            show.keys(keys).await;
            println!("=== {flow}\n{}\n{:?}", show.text(), show.asked());
        }
    });
}
