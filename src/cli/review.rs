//! `rushes review`: the page in a browser, and what is picked there in the ledger at once.

use std::future;

use super::args::{Review, Talk};
use super::{Failure, pick, reports, say, target};
use crate::clock::Clock;
use crate::report::Exit;
use crate::screening;

/// Carries out `rushes review`: serves until it is told to stop.
pub(super) fn review(args: &Review, talk: Talk) -> Result<Exit, Failure> {
    talk.start(None);
    let root = pick::output(args.target.as_ref(), &args.place)?;
    super::runtime().map_err(Failure::machine)?.block_on(async {
        // The page may be open for days, and the machine may sleep.
        let now = || Clock::start().now();
        let screening = screening::serve(args.listen, &root, token()?, now).await.map_err(Failure::machine)?;
        let announced = async {
            if !talk.quiet {
                say::talk(format_args!("rushes: showing {} to this machine alone, until Ctrl-C:", target::typed(&root)));
            }
            say::line(screening.url());
            future::pending::<()>().await;
        };
        tokio::select! {
            // Asked first, so that it is listened for signals before anyone can know that there is someone to send them to.
            biased;
            ended = super::signal() => ended.map_err(Failure::machine)?,
            () = announced => {}
        }
        screening.shutdown().await;
        Ok::<_, Failure>(())
    })?;
    reports::refresh(&root, talk)?;
    Ok(Exit::Done)
}

/// 128 random bits.
fn token() -> Result<u128, Failure> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| Failure::machine(format!("there are no random bits: {error}")))?;
    Ok(u128::from_le_bytes(bits))
}
