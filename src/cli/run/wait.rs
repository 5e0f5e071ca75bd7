//! `--wait-lock`: a run that waits until another one lets go of the output directory; and, without a word of that, until somebody has
//! written the page. It can be interrupted meanwhile.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{sleep, timeout};

use super::super::{Failure, Signals, say, turn};
use super::House;
use crate::report::Exit;

/// How long to leave the lock alone before it is tried again, in the time of the world, also in rehearsals.
const PAUSE: Duration = Duration::from_secs(1);

/// Opens the house, as soon as nobody else is in it: at once or, where that was asked for, within `patience`. `open` begins anew each
/// time, so that nothing it has seen before is older than the lock that it comes to hold. Whoever had to wait is told who listened for
/// signals meanwhile: from then on they end nothing by themselves, and one that comes later must find somebody listening too.
pub(super) async fn open<'a>(
    root: &Path,
    patience: Option<Duration>,
    quiet: bool,
    open: impl Fn() -> Result<House<'a>, Failure>,
) -> Result<(House<'a>, Option<Signals>), Failure> {
    // Who need not wait does not listen either: until something is sent, a signal may end the process at once.
    match open() {
        Err(taken) if taken.exit == Exit::Locked => {}
        opened => return opened.map(|house| (house, None)),
    }
    let mut signals = Signals::listen().map_err(Failure::machine)?;
    let patience = patience.filter(|patience| !patience.is_zero());
    let freed = async {
        match (turn::taken(quiet, &open).await, patience) {
            (Err(taken), Some(patience)) if taken.exit == Exit::Locked => again(patience, quiet, &taken, &open).await,
            (opened, _) => opened,
        }
    };
    let house = tokio::select! {
        // Whoever reads that it waits may interrupt it.
        biased;
        interrupted = signals.next() => return Err(match interrupted {
            Ok(()) => Failure::new(Exit::Stopped, format!("interrupted while somebody else held {}", root.display()))
                .help("nothing was sent; run the same command again"),
            Err(error) => Failure::machine(error),
        }),
        freed = timeout(patience.unwrap_or(Duration::MAX), freed) => match freed {
            Ok(opened) => opened?,
            // Once more, to name whoever holds it now.
            Err(_) => open()?,
        },
    };
    Ok((house, Some(signals)))
}

/// Opens it as soon as nobody holds it, and tells once who does, and for how long it is waited at most.
async fn again<T>(
    patience: Duration,
    quiet: bool,
    taken: &Failure,
    open: impl Fn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    if !quiet {
        let at_most = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        say::talk(format_args!("rushes: waiting {at_most:#} at most: {}", taken.error));
    }
    loop {
        sleep(PAUSE).await;
        match open() {
            Err(taken) if taken.exit == Exit::Locked => {}
            opened => return opened,
        }
    }
}
