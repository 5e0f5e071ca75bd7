//! `rushes receive`: takes callbacks in for runs on this machine or another one.

use std::future;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::args::{Receive, Talk};
use super::{Failure, say};
use crate::clock::Clock;
use crate::provider::PROVIDERS;
use crate::receiver::{self, Receiver, Settings};
use crate::report::Exit;
use crate::spool::{Limits, Spool, SpoolError};

/// Carries out `rushes receive`: receives until it is told to stop.
pub(super) fn receive(args: &Receive, talk: Talk) -> Result<Exit, Failure> {
    talk.start(None);
    super::runtime().map_err(Failure::machine)?.block_on(async {
        let spool = open(&args.spool)?;
        // Months may pass, and the machine may sleep: every callback gets the time of the machine, not that of a run.
        let now = || Clock::start().now();
        let settings = settings(args.accept_without_token, now);
        let receiver = start(args.listen, &spool, settings, now()).await?;
        let announced = async {
            if !talk.quiet {
                announce(&receiver, &spool);
            }
            future::pending::<()>().await;
        };
        tokio::select! {
            // Asked first, so that it is listened for signals before anyone can know that there is someone to send them to.
            biased;
            ended = super::signal() => ended.map_err(Failure::machine)?,
            () = announced => {}
        }
        let tally = receiver.shutdown().await;
        if !talk.quiet {
            say::talk(format_args!("rushes: {tally}"));
        }
        Ok(Exit::Done)
    })
}

/// The spool in `folder`.
pub(super) fn open(folder: &Path) -> Result<Arc<Spool>, Failure> {
    Ok(Arc::new(Spool::open(folder, Limits::default())?))
}

/// Starts to receive into a spool, from which what an earlier receiver has left half-written is removed.
pub(super) async fn start(
    listen: std::net::SocketAddr,
    spool: &Arc<Spool>,
    settings: Settings,
    now: Timestamp,
) -> Result<Receiver, Failure> {
    spool.clean(now)?;
    receiver::serve(listen, Arc::clone(spool), settings).await.map_err(Failure::machine)
}

/// What is received: whatever any of the providers sends.
pub(super) fn settings(accept_without_token: bool, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Settings {
    let is_callback = |body: &[u8]| PROVIDERS.iter().any(|provider| (provider.callback)(body).is_some());
    Settings { accept_without_token, ..Settings::new(is_callback, now) }
}

fn announce(receiver: &Receiver, spool: &Spool) {
    let (addr, folder, seal) = (receiver.addr(), spool.folder().display(), spool.seal().fingerprint());
    say::talk(format_args!("rushes: receiving callbacks at http://{addr} into {folder}, sealed with secret {seal}…"));
    say::talk(
        "  help: put a proxy that speaks TLS in front, and say `rushes run … --callback-url https://YOUR-HOST/ --inbox DIR`,",
    );
    say::talk("  where DIR is this folder, or a copy of it on another machine; only addresses with its secret are taken in");
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        let help = match error {
            SpoolError::Io { .. } => "callbacks need a folder that can be written; nothing was sent",
            SpoolError::Secret { .. } | SpoolError::Full { .. } | SpoolError::Talkative { .. } => return Self::machine(error),
        };
        Self::machine(error).help(help)
    }
}
