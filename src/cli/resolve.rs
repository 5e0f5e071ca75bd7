//! `rushes resolve`: a person says what became of a submission whose answer was lost.

use std::io::{self, BufRead, IsTerminal};

use super::args::{Resolve, Talk};
use super::{Failure, reports, say, target};
use crate::clock::Clock;
use crate::ledger::{Entry, Holder, Ledger};
use crate::report::Exit;
use crate::store::Store;
use crate::take::{Doubt, Event, State, Take};

/// Carries out `rushes resolve`.
pub(super) fn resolve(args: &Resolve, talk: Talk) -> Result<Exit, Failure> {
    let root = target::existing(&args.target)?;
    let clock = Clock::start();
    let holder = Holder { pid: std::process::id(), since: clock.now() };
    let ledger = Ledger::open(&root, "resolve", &holder)?;
    let take = find(&ledger, args)?;
    let mut events = Vec::new();
    if take.state == State::Submitting {
        events.push(Event::AnswerLost(Doubt::of("the process ended before the answer was written down")));
    }
    events.push(verdict(args)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(Failure::machine)?;
    let entry = |event: Event| Entry { take: take.name.clone(), at: clock.now(), event, answer: None };
    runtime.block_on(ledger.append(events.into_iter().map(entry).collect::<Vec<_>>()))?;
    reports::write(&Store::open(&root)?, &ledger.takes()?)?;
    if !talk.quiet {
        let next = if args.task_id.is_some() { "asks the provider about it" } else { "submits it again" };
        say::line(format_args!("{} is settled; the next run {next}", args.take));
    }
    Ok(Exit::Done)
}

/// The take, if there is something to settle about it.
fn find(ledger: &Ledger, args: &Resolve) -> Result<Take, Failure> {
    let mut takes = ledger.takes()?;
    if let Some(task) = &args.task_id
        && let Some(other) = takes.iter().find(|take| take.state.task() == Some(task))
    {
        return Err(Failure::usage(format!("task {task} belongs to {} already", other.name)));
    }
    let Some(at) = takes.iter().position(|take| take.name == args.take) else {
        let help = "`rushes status` lists the takes";
        return Err(Failure::usage(format!("the ledger knows no take {}", args.take)).help(help));
    };
    let take = takes.swap_remove(at);
    match take.state {
        State::Unresolved(_) | State::Submitting => Ok(take),
        _ => Err(Failure::usage(format!("{} is {}: there is nothing to resolve", take.name, take.state.name()))),
    }
}

/// What the person says; to free a take for another payment is asked for twice.
fn verdict(args: &Resolve) -> Result<Event, Failure> {
    if let Some(task) = &args.task_id {
        return Ok(Event::Adopted { task: task.clone() });
    }
    if args.yes || confirmed(args)? { Ok(Event::Freed) } else { Err(Failure::usage("nothing was changed")) }
}

fn confirmed(args: &Resolve) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let help = "if you are sure that the provider never made it, add --yes";
        return Err(Failure::usage("--not-made lets the take be paid for again, and nobody is here to confirm it").help(help));
    }
    say::aside(format_args!(
        "{} will be submitted again, and paid for again. Did the provider surely never make it? [y/N] ",
        args.take
    ));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::machine)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
