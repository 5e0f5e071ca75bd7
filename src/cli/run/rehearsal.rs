//! The simulator inside a run: the same HTTP as in earnest, on an ephemeral port of this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::super::Failure;
use super::super::args::Run;
use super::super::simulate::script;
use crate::clock::Clock;
use crate::ledger;
use crate::provider::{BaseUrl, Key};
use crate::simulator::server::{self, Server};

/// What the simulator remembers from one rehearsal to the next, beside the ledger.
const JOURNAL: &str = "simulator.jsonl";

/// A simulator that serves one run.
pub(super) struct Rehearsal {
    server: Server,
    base_url: BaseUrl,
}

/// The clock of a rehearsal: faster than the world, and never behind what an earlier rehearsal wrote down.
pub(super) fn clock(root: &Path, args: &Run) -> Result<Clock, Failure> {
    let now = Clock::start().now();
    let last = ledger::last_event(root)?;
    let begin = match args.begin_at {
        None => now,
        Some(begin) => begin.after(last.unwrap_or(now), &args.money.caps.zone.time_zone()),
    };
    if let Some(last) = last.filter(|last| begin < *last && args.begin_at.is_some()) {
        let past = format!("--begin-at is a time before the end of the last rehearsal, {last}");
        return Err(Failure::usage(past).help(format!("say a later one; to rehearse anew, remove {}", root.display())));
    }
    Ok(Clock::starting_at(last.map_or(begin, |last| begin.max(last)), args.speed))
}

impl Rehearsal {
    /// Starts it, with the memory that the last one left in `root`.
    pub(super) async fn start(args: &Run, root: &Path, clock: Clock) -> Result<Self, Failure> {
        let script = script(args.script.as_deref(), args.changes())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let serving = server::serve(address, script, clock, Some(&root.join(JOURNAL))).await;
        let anew = format!("to rehearse anew, remove {}: it cost nothing", root.display());
        let server = serving.map_err(|error| Failure::machine(error).help(anew))?;
        let base_url = server.base_url().parse().map_err(Failure::machine)?;
        Ok(Self { server, base_url })
    }

    /// Where it is.
    pub(super) fn base_url(&self) -> BaseUrl {
        self.base_url.clone()
    }

    /// A key that it takes, and that is worth nothing.
    pub(super) fn key() -> Key {
        Key::new("rehearsal").expect("a word is a key")
    }

    /// Ends it in order.
    pub(super) async fn end(self) {
        self.server.shutdown().await;
    }
}
