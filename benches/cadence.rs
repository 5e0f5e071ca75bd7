//! When to ask: the fixed schedule against the one that is learned, on three distributions of generation times, in simulated time. The
//! first night begins knowing nothing; the second knows the first from the ledger. What is printed is no time of this machine, but what a
//! night comes to, averaged over some.

#[path = "measure/night.rs"]
mod night;

use std::time::Duration;

use night::{Night, Score, THREE};
use rushes::cadence::Times;
use rushes::take::Policy;

/// So many nights each, with seeds of their own.
const NIGHTS: u64 = 20;
/// So many takes a night.
const TAKES: usize = 200;

fn main() {
    println!("{:<38} {:<8} {:<13} {:>6} {:>8} {:>8}", "generation takes", "table", "schedule", "polls", "delay", "95 %");
    let fixed = Policy { poll_learns: false, ..Policy::default() };
    let learned = Policy::default();
    for (name, durations) in THREE {
        for refresh in [Some(Duration::from_secs(15)), None] {
            let night = |seed| Night { durations, refresh, tells: true, takes: TAKES, seed };
            let two_nights = |policy: &Policy| {
                let play = |seed| {
                    let mut times = Times::default();
                    let first = night(seed).play(&mut times, policy);
                    (first, night(seed + NIGHTS).play(&mut times, policy))
                };
                (0..NIGHTS).map(play).unzip::<_, _, Vec<_>, Vec<_>>()
            };
            let table = if refresh.is_some() { "15 s" } else { "at once" };
            let tell = |how: &str, nights: &[Score]| {
                let average = |of: fn(&Score) -> f64| mean(nights.iter().map(of));
                let (polls, delay, p95) = (average(|night| night.polls), average(Score::delay), average(p95));
                println!("{name:<38} {table:<8} {how:<13} {polls:>6.1} {delay:>6.1} s {p95:>6.1} s");
            };
            tell("fixed", &two_nights(&fixed).1);
            let (first, second) = two_nights(&learned);
            tell("first night", &first);
            tell("second night", &second);
        }
    }
}

/// The delay that 95 of 100 takes do not exceed, in seconds.
fn p95(night: &Score) -> f64 {
    night.delays[night.delays.len() * 95 / 100]
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = f64::from(u32::try_from(numbers.len()).expect("a few"));
    numbers.sum::<f64>() / count
}
