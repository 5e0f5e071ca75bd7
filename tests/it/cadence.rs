//! When to ask, learned: fewer polls and less delay than by a fixed schedule, and the second night better than the first.

#[path = "../../benches/measure/night.rs"]
mod night;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use night::{Durations, Night, THREE};
use rushes::cadence::Times;
use rushes::clock::Clock;
use rushes::engine::Limits;
use rushes::ledger;
use rushes::simulator::{Changes, Script, SimulatedProvider};
use rushes::take::{Policy, Take};

use crate::support::{Seen, enter, live, noon, take, wide};

const TABLES: [Option<Duration>; 2] = [None, Some(Duration::from_secs(15))];

/// Nothing is learned.
fn never() -> Policy {
    Policy { poll_learns: false, ..Policy::default() }
}

#[test]
fn a_second_night_has_fewer_polls_and_less_delay_than_a_fixed_schedule() {
    for (name, durations) in THREE {
        for (refresh, tells) in [(TABLES[0], true), (TABLES[0], false), (TABLES[1], true), (TABLES[1], false)] {
            let (mut learned, mut fixed) = ((0.0, 0.0), (0.0, 0.0));
            for seed in 0..4 {
                let night = |seed| Night { durations, refresh, tells, takes: 200, seed };
                let mut times = Times::default();
                night(seed).play(&mut times, &Policy::default());
                let second = night(seed + 100).play(&mut times, &Policy::default());
                let without = night(seed + 100).play(&mut Times::default(), &never());
                learned = (learned.0 + second.polls, learned.1 + second.delay());
                fixed = (fixed.0 + without.polls, fixed.1 + without.delay());
            }
            let told = format!("{name}, {refresh:?}, {tells}: {learned:?} and {fixed:?}");
            assert!(learned.0 < 0.95 * fixed.0, "polls: {told}");
            assert!(learned.1 < 0.97 * fixed.1, "delay: {told}");
        }
    }
}

#[test]
fn a_provider_that_is_five_times_as_fast_or_slow_the_next_night_is_followed() {
    let night =
        |mean, seed| Night { durations: Durations::Normal(mean, mean / 20.0), refresh: None, tells: false, takes: 200, seed };
    for (first, second) in [(300.0, 60.0), (60.0, 300.0)] {
        let fixed = night(second, 2).play(&mut Times::default(), &never());
        let mut times = Times::default();
        night(first, 1).play(&mut times, &Policy::default());
        let changed = night(second, 2).play(&mut times, &Policy::default());
        let settled = night(second, 3).play(&mut times, &Policy::default());
        assert!(changed.polls < fixed.polls, "{first} → {second}: {} and {} polls", changed.polls, fixed.polls);
        assert!(settled.polls < fixed.polls && settled.delay() < fixed.delay(), "{first} → {second}: {settled:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_night_of_one_ledger_is_better_than_the_first() {
    for script in ["seed: 3\ngenerate: 100s..130s\nqueue: 0..10s", "seed: 4\ngenerate: 100s..130s\nqueue: 0..10s\nrefresh: 0s"]
    {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(Script::default().with(Changes::from_yaml(script).unwrap()).unwrap(), clock);
        let first = night(root.path(), &provider, clock, 0..20).await;
        let second = night(root.path(), &provider, clock, 20..40).await;
        let third = night(root.path(), &provider, clock, 40..60).await;
        for (polls, delay) in [second, third] {
            assert!(polls < first.0 * 3 / 4, "{polls} polls after {}", first.0);
            assert!(delay < first.1, "{delay:?} after {:?}", first.1);
        }
    }
}

/// Makes these takes, all at once at the provider, so that a night learns nothing from itself. Returns how often the provider was asked,
/// and the time from the end of each until it was seen, all together.
async fn night(root: &Path, provider: &SimulatedProvider, clock: Clock, numbers: std::ops::Range<usize>) -> (usize, Duration) {
    let takes: Vec<Take> = numbers.map(take).collect();
    enter(root, &takes).await;
    let before = provider.polls().len();
    let limits = Limits { in_flight: NonZeroU32::new(20).unwrap(), ..wide() };
    live(root, provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let ended: Vec<Take> =
        ledger::read(root).unwrap().into_iter().filter(|take| takes.iter().any(|t| t.name == take.name)).collect();
    let delay = |take: &Take| {
        let task = take.state.task().unwrap();
        let over = provider.with_model(|model| model.task(task.as_str()).unwrap().ends());
        Duration::try_from(take.record.finished_at.unwrap().duration_since(over)).unwrap()
    };
    (provider.polls().len() - before, ended.iter().map(delay).sum())
}
