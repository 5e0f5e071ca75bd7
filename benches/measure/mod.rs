//! What the benches have in common: a stopwatch, shots to measure with, and a folder on a real disk. Asserts nothing about time.

use std::time::{Duration, Instant};

use rushes::motion::Motion;
use rushes::request::Request;
use rushes::shot::{About, Shot, TakeName, TakeNo};
use rushes::take::Take;

/// Does `work` on `count` things a few times and prints the best time.
pub(crate) fn best(what: &str, count: usize, mut work: impl FnMut()) {
    let time = (0..5).map(|_| timed(&mut work)).min().expect("five times");
    told(what, count, time);
}

/// How long `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "measures the machine")]
    let began = Instant::now();
    work();
    began.elapsed()
}

/// Prints what `count` things in so much time amount to.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(crate) fn told(what: &str, count: usize, time: Duration) {
    let each = time.as_secs_f64() / count as f64;
    println!("{what:<44} {:>9.3} s  {:>10.3} µs each  {:>11.0}/s", time.as_secs_f64(), each * 1e6, 1.0 / each);
}

/// So many different shots of one take.
pub(crate) fn shots(count: usize) -> Vec<Shot> {
    let shot = |number: usize| Shot {
        id: format!("SH{number:06}").parse().expect("an id"),
        request: Request {
            prompt: format!("shot number {number}: a lighthouse at dawn, fog rolling in from the sea"),
            ratio: "16:9".parse().expect("a ratio"),
            style: "cinematic".into(),
            model: "gen4_turbo".into(),
            seconds: 5.try_into().expect("a length"),
            motion: Motion::default(),
        },
        takes: TakeNo::FIRST.into(),
        tags: Vec::new(),
        callback_url: None,
        about: About::default(),
    };
    (0..count).map(shot).collect()
}

/// The first take of a shot, to which nothing has happened.
pub(crate) fn take(shot: &Shot) -> Take {
    let key = shot.request.key("cometapi", TakeNo::FIRST);
    Take::new(TakeName::new(shot.id.clone(), TakeNo::FIRST), shot.request.clone(), key, Vec::new())
}

/// An empty folder on the disk that the build is on.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder beside the build")
}
