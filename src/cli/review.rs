//! `rushes review`: the page in a browser, and what is picked there in the ledger at once, and soon in the files.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::args::{Review, Talk};
use super::{Failure, Signals, believed, pick, reports, run, say, target};
use crate::clock::Clock;
use crate::ledger::Reviews;
use crate::report::Exit;
use crate::screening::{self, Screening};

/// When nobody has said anything for so long, the files are made to say what was said.
const LULL: Duration = Duration::from_secs(2);

/// Carries out `rushes review`: serves until it is told to stop.
pub(super) fn review(args: &Review, talk: Talk) -> Result<Exit, Failure> {
    talk.start(None);
    let root = pick::output(args.target.as_ref(), &args.place)?;
    believed::takes(&root)?;
    let runtime = super::runtime().map_err(Failure::machine)?;
    let served = runtime.block_on(serve(args, &root, talk));
    // Whoever does not want to wait for the files does not wait for the thread that writes them either: each appears whole or not at all.
    runtime.shutdown_background();
    served.map(|()| Exit::Done)
}

/// Serves the page of the output directory `root` until a signal, and writes the files once more after it; a second signal leaves at once.
async fn serve(args: &Review, root: &Path, talk: Talk) -> Result<(), Failure> {
    // It is listened for signals before anyone can know that there is someone to send them to.
    let mut signals = Signals::listen().and_then(Signals::and_hangup).map_err(Failure::machine)?;
    // The page may be open for days, and the machine may sleep.
    let now = || Clock::start().now();
    let screening = screening::serve(args.listen, root, run::random(), now).await.map_err(Failure::machine)?;
    if !talk.quiet {
        say::talk(format_args!("rushes: showing {} to this machine alone, until Ctrl-C:", target::typed(root)));
    }
    if let Some(Err(why)) = Reviews::open(root).transpose().map(|reviews| reviews?.try_out()) {
        say::talk("rushes: takes can be looked at here, and nothing can be said of them:");
        Failure::from(why).tell();
    }
    say::line(screening.url());
    let ended = CancellationToken::new();
    let twice = async {
        signals.next().await?;
        ended.cancel();
        signals.next().await
    };
    tokio::select! {
        biased;
        () = keep_up(&screening, root, talk, &ended) => {}
        again = twice => return Err(again.map_or_else(Failure::machine, |()| unwritten())),
    }
    screening.shutdown().await;
    tokio::select! {
        biased;
        written = reports::refresh(root, talk) => written,
        again = signals.next() => Err(again.map_or_else(Failure::machine, |()| unwritten())),
    }
}

/// Makes the files say what is said, a little later, for as long as the page is open. While a run is on that is left to it. What is being
/// written when the page is closed is written to its end.
async fn keep_up(screening: &Screening, root: &Path, talk: Talk, ended: &CancellationToken) {
    while ended.run_until_cancelled(screening.said()).await.is_some() {
        let lull = async { while timeout(LULL, screening.said()).await.is_ok() {} };
        if ended.run_until_cancelled(lull).await.is_none() {
            return;
        }
        if let Err(failure) = reports::refresh(root, Talk { quiet: true, ..talk }).await {
            failure.tell();
        }
    }
}

/// The end of who does not want to wait for the files.
fn unwritten() -> Failure {
    Failure::new(Exit::Stopped, "interrupted before the page and the results were written anew")
        .help("what was said is in the ledger; the next run, or the next `rushes review`, writes them")
}
