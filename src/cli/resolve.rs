//! `rushes resolve`: a person says what became of a submission whose answer was lost.

use std::path::Path;
use std::str::FromStr;

use super::args::{Resolve, Talk};
use super::{Failure, ask, believed, reports, say, target, turn};
use crate::clock::Clock;
use crate::config;
use crate::ledger::{self, Entry, Holder, Ledger};
use crate::report::{Exit, evidence, known, wrapped};
use crate::shot::{BadShotId, ShotId, TakeName};
use crate::store::Store;
use crate::take::{Doubt, Event, Outcome, State, Take, TaskId};

/// Carries out `rushes resolve`.
pub(super) fn resolve(args: &Resolve, talk: Talk) -> Result<Exit, Failure> {
    let root = target::existing(&args.target)?;
    believed::takes(&root)?;
    let clock = Clock::start();
    let holder = Holder { pid: std::process::id(), host: config::host(), since: clock.now() };
    let runtime = super::runtime().map_err(Failure::machine)?;
    let open = || Ok(Ledger::open(&root, "resolve", &holder)?);
    // A person may think for as long as they like, and a run can begin meanwhile.
    let seen = find(&runtime.block_on(turn::taken(talk.quiet, open))?, args, &root)?;
    let verdict = verdict(&seen, args, &root)?;
    let ledger = runtime.block_on(turn::taken(talk.quiet, open))?;
    let take = find(&ledger, args, &root)?;
    if take.state != seen.state {
        let moved = format!("{} is {} by now, and it was {}", take.name, take.state.name(), seen.state.name());
        return Err(Failure::usage(moved).help("nothing was changed; say it again if it is still true"));
    }
    let mut events = Vec::new();
    if take.state == State::Submitting {
        events.push(Event::AnswerLost(Doubt::of("the process ended before the answer was written down")));
    }
    events.push(verdict);
    let entry = |event: Event| Entry { take: take.name.clone(), at: clock.now(), event, answer: None };
    runtime.block_on(ledger.append(events.into_iter().map(entry).collect::<Vec<_>>()))?;
    reports::write(&Store::open(&root)?, &ledger.takes()?)?;
    if !talk.quiet {
        let next = if args.task_id.is_some() { "asks the provider about it" } else { "submits it again" };
        say::line(format_args!("{} is settled; the next run {next}", take.name));
    }
    Ok(Exit::Done)
}

/// A take by its name, or by its shot's, where only one take of that is unresolved. A text may be both.
#[derive(Debug, Clone)]
pub(super) struct Named {
    said: String,
    take: Option<TakeName>,
    shot: Option<ShotId>,
}

impl Named {
    fn means(&self, take: &Take) -> bool {
        self.take.as_ref() == Some(&take.name) || self.shot.as_ref() == Some(&take.name.shot)
    }
}

impl FromStr for Named {
    type Err = BadShotId;

    fn from_str(said: &str) -> Result<Self, BadShotId> {
        let (take, shot) = (said.parse().ok(), said.parse());
        if take.is_none() {
            shot.clone()?;
        }
        Ok(Self { said: said.to_owned(), take, shot: shot.ok() })
    }
}

/// The take, if there is something to settle about it.
fn find(ledger: &Ledger, args: &Resolve, root: &Path) -> Result<Take, Failure> {
    let takes = ledger.takes()?;
    if let Some(task) = &args.task_id
        && let Some(other) = takes.iter().find(|take| take.state.task() == Some(task))
    {
        return Err(Failure::usage(format!("task {task} belongs to {} already", other.name)));
    }
    let (said, help) = (&args.take.said, format!("`rushes status {}` lists the takes", target::typed(root)));
    let meant: Vec<_> = takes.into_iter().filter(|take| args.take.means(take)).collect();
    let states = || list(meant.iter().map(|take| format!("{} is {}", take.name, take.state.name())));
    let mut unresolved: Vec<_> = meant.iter().filter(|take| take.outcome() == Outcome::Unresolved).collect();
    match (unresolved.pop(), unresolved.is_empty()) {
        (Some(take), true) => Ok(take.clone()),
        (Some(last), false) => {
            unresolved.push(last);
            let names = list(unresolved.iter().map(|take| take.name.to_string()));
            Err(Failure::usage(format!("more than one take of {said} is unresolved: {names}")).help("say which one is meant"))
        }
        (None, _) if meant.is_empty() => Err(Failure::usage(format!("the ledger knows no take or shot {said}")).help(help)),
        (None, _) => Err(Failure::usage(format!("{}: there is nothing to resolve", states())).help(help)),
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What the person says; to free a take for another payment is asked for twice.
fn verdict(take: &Take, args: &Resolve, root: &Path) -> Result<Event, Failure> {
    let named = match &take.state {
        State::Unresolved(doubt) => doubt.task.as_ref(),
        _ => None,
    };
    if let Some(task) = &args.task_id {
        if let Some(named) = named.filter(|named| *named != task) {
            say::talk(format_args!("rushes: the answer to {} named another task, {named}", take.name));
        }
        return Ok(Event::Adopted { task: task.clone() });
    }
    if let Some(task) = named {
        warn(take, task);
    }
    if args.yes || confirmed(take, root)? { Ok(Event::Freed) } else { Err(Failure::usage("nothing was changed")) }
}

/// What the provider has given a name to, it has most likely made.
fn warn(take: &Take, task: &TaskId) {
    say::talk(format_args!(
        "rushes: the answer to {} named the task {task}: the provider has most likely made it, and charged for it",
        take.name
    ));
    say::talk("  help: to fetch that one instead of paying again, say --task-id with it");
}

/// Whether someone says so who has seen all that is known.
fn confirmed(take: &Take, root: &Path) -> Result<bool, Failure> {
    let price = take.price().map(|price| format!(" ({price})")).unwrap_or_default();
    if !ask::is_anybody_here() {
        let help = "if you are sure that the provider never made it, add --yes";
        let alone = format!("--not-made lets {} be paid for again{price}, and nobody is here to confirm it", take.name);
        return Err(Failure::usage(alone).help(help));
    }
    say::aside(known(take, say::width()));
    for told in ledger::evidence(root)?.iter().filter(|run| run.takes.contains(&take.name)).filter_map(evidence) {
        say::aside(wrapped(&told, say::width()));
    }
    let name = &take.name;
    ask::says_yes(format_args!(
        "{name} will be submitted again, and paid for again{price}. Did the provider surely never make it?"
    ))
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn a_take_is_named_by_itself_or_by_its_shot() {
        let read = |text: &str| text.parse::<Named>().ok().map(|named| (named.take.is_some(), named.shot.is_some()));
        assert_eq!(read("SC010"), Some((false, true)));
        assert_eq!(read("SC010_T01"), Some((true, true)));
        assert_eq!(read(&format!("{}_T01", "x".repeat(100))), Some((true, false)));
        assert_eq!(read("../x"), None);
        assert_eq!(read(""), None);
    }
}
