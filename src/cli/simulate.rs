//! `rushes simulate`: a rehearsal of the provider for whoever wants to call it.

use std::fs;
use std::path::Path;

use super::args::{Simulate, Talk};
use super::{Failure, say};
use crate::clock::Clock;
use crate::report::Exit;
use crate::simulator::{Changes, Script, server};

/// Carries out `rushes simulate`: serves until it is told to stop.
pub(super) fn simulate(args: Simulate, talk: Talk) -> Result<Exit, Failure> {
    talk.start(None);
    let script = script(args.script.as_deref(), args.changes)?;
    let speed = script.speed.map_or(1, std::num::NonZeroU32::get);
    let runtime = super::runtime().map_err(Failure::machine)?;
    runtime.block_on(async {
        let clock = Clock::starting_at(Clock::start().now(), speed);
        let server = server::serve(args.listen, script, clock, args.state.as_deref()).await.map_err(Failure::machine)?;
        say::line(format_args!("listening on {}", server.base_url()));
        super::signal().await.map_err(Failure::machine)?;
        server.shutdown().await;
        Ok(Exit::Done)
    })
}

/// What the file says, with what the flags say over it.
pub(super) fn script(file: Option<&Path>, flags: Changes) -> Result<Script, Failure> {
    let mut script = Script::default();
    if let Some(path) = file {
        let named = |error: String| Failure::usage(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        let changes = Changes::from_yaml(&text).map_err(|error| named(error.to_string()))?;
        script = script.with(changes).map_err(|error| named(error.to_string()))?;
    }
    script.with(flags).map_err(Failure::usage)
}
