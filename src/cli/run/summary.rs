//! What a run came to: the last thing it says, and what it leaves beside its log.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;

use super::super::args::{Format, LogFormat, Strict, Talk};
use super::super::{Failure, remedy, say};
use super::kept::KeptBack;
use super::{House, line};
use crate::engine::{Callbacks, Calls, Reason};
use crate::layout;
use crate::plan::{Action, Planned};
use crate::price::Bill;
use crate::report::{Exit, Totals, Unresolved, known, quoted, settling, wrapped};
use crate::shot::TakeName;
use crate::store::Store;
use crate::take::{Outcome, State, Take};

/// What a run came to.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    run: String,
    output: String,
    /// Whether it was a rehearsal.
    simulated: bool,
    exit: u8,
    /// The last thing that is said.
    pub(super) line: String,
    takes: Totals,
    calls: Calls,
    /// What was reserved by submissions of this run, and not given back.
    #[serde(skip_serializing_if = "is_unknown")]
    reserved: Bill,
    /// How often the provider called back, where anybody listened.
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<Callbacks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unresolved: Vec<Doubtful<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held: Vec<Held>,
    /// What caps and time have kept back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept_back: Vec<KeptBack>,
    /// Whether the content policy has stopped the run.
    #[serde(skip)]
    moderated: bool,
    #[serde(skip)]
    verdict: Exit,
}

/// What was planned for a take, once the take itself is on its way.
pub(super) struct Promised {
    name: TakeName,
    action: Action,
    reason: String,
}

/// A take of which nobody knows whether it was paid for, and what is known of it.
#[derive(Debug, Serialize)]
struct Doubtful<'a> {
    #[serde(flatten)]
    name: &'a TakeName,
    submitted_at: Option<Timestamp>,
    #[serde(flatten)]
    known: Unresolved<'a>,
    #[serde(skip)]
    take: &'a Take,
}

/// A take that waits for the author's word.
#[derive(Debug, Serialize)]
struct Held {
    #[serde(flatten)]
    take: TakeName,
    reason: String,
}

impl Promised {
    pub(super) fn of(planned: &Planned) -> Self {
        Self { name: planned.name.clone(), action: planned.action, reason: planned.reason.clone() }
    }
}

impl<'a> Doubtful<'a> {
    fn of(take: &'a Take) -> Option<Self> {
        let known = Unresolved::of(take)?;
        Some(Self { name: &take.name, submitted_at: take.record.submitted_at, known, take })
    }
}

impl<'a> Summary<'a> {
    pub(super) fn new(
        house: &House,
        promised: &[Promised],
        takes: &'a [Take],
        calls: Calls,
        stopped: Option<&Reason>,
        strict: Strict,
    ) -> Self {
        let held: Vec<_> = promised.iter().filter(|promised| promised.action == Action::Held).collect();
        let of_interest = of_interest(promised, takes);
        let names: HashSet<_> = promised.iter().map(|promised| &promised.name).collect();
        let looked_at = takes.iter().filter(|take| names.contains(&take.name));
        let outcomes = of_interest.iter().map(|(take, action)| match action {
            Action::Keep => take.outcome().left_alone(),
            _ => take.outcome(),
        });
        // What only keeps further submissions back has stopped nothing where there were none.
        let kept_back = of_interest.iter().any(|(take, _)| matches!(take.state, State::Planned { .. }));
        let stopped = stopped.filter(|reason| kept_back || !matches!(reason, Reason::Moderation { .. } | Reason::Account(_)));
        let states = Exit::of(of_interest.iter().map(|(take, _)| &take.state));
        // Nor has stopped anything what came when everything was over.
        let is_over = matches!(states, Exit::Done | Exit::SomeFailed);
        let stopped = stopped.filter(|reason| !is_over || !matches!(reason, Reason::Interrupted | Reason::TimeOver));
        let changed = if held.is_empty() { Exit::Done } else { Exit::Stopped };
        let totals = outcomes.chain(held.iter().map(|_| Outcome::Held)).collect();
        let reserved = reserved(promised, takes, house.began);
        let off_spec = strict.exit(of_interest.iter().map(|(take, _)| *take));
        let verdict = states.max(changed).max(stopped.map_or(Exit::Done, exit_of)).max(off_spec);
        Self {
            run: house.run.clone(),
            output: house.root.display().to_string(),
            simulated: false,
            exit: verdict.code(),
            line: line::end(&line::name(&house.root), &totals, stopped, &reserved),
            takes: totals,
            calls,
            reserved,
            callbacks: None,
            stopped: stopped.map(told),
            unresolved: looked_at.filter_map(Doubtful::of).collect(),
            evidence: None,
            held: held.iter().map(|held| Held { take: held.name.clone(), reason: held.reason.clone() }).collect(),
            kept_back: Vec::new(),
            moderated: matches!(stopped, Some(Reason::Moderation { .. })),
            verdict,
        }
    }

    /// With what the provider said of its own accord, and what its books tell about takes that are still unresolved.
    pub(super) fn with(self, callbacks: Option<Callbacks>, evidence: Option<String>) -> Self {
        let evidence = evidence.filter(|_| !self.unresolved.is_empty());
        Self { callbacks, evidence, ..self }
    }

    /// With what caps and time have kept back.
    pub(super) fn kept(self, kept_back: Vec<KeptBack>) -> Self {
        Self { kept_back, ..self }
    }

    /// Of a rehearsal, or in earnest.
    pub(super) fn simulated(self, simulated: bool) -> Self {
        Self { simulated, ..self }
    }

    /// How the takes of the manifest stand.
    pub(super) fn totals(&self) -> Totals {
        self.takes
    }

    pub(super) fn exit(&self) -> Exit {
        self.verdict
    }

    /// Leaves the summary beside the run's log.
    pub(super) fn write(&self, store: &Store) -> Result<(), Failure> {
        let name = format!("{}/{}/{}", layout::RUNS, self.run, layout::SUMMARY);
        Ok(store.write(&name, &(self.json() + "\n"))?)
    }

    /// Talk to standard error, one last line to standard output. `go_on` is what to do where something is left.
    pub(super) fn print(&self, format: Format, talk: Talk, go_on: &str) {
        if format == Format::Json {
            say::line(self.json());
            return;
        }
        match talk.log_format {
            // Whoever reads the log as data is not given talk between its lines.
            LogFormat::Json => tracing::info!(event = "ended", exit = self.exit, stopped = self.stopped, line = self.line),
            LogFormat::Text => {
                if let Some(why) = &self.stopped {
                    say::talk(format_args!("rushes: stopped early: {why}"));
                }
                if !talk.quiet {
                    self.count();
                    self.explain(go_on);
                }
            }
        }
        if talk.quiet && self.verdict == Exit::Done {
            return;
        }
        say::line(&self.line);
    }

    /// How many of everything.
    fn count(&self) {
        let calls = &self.calls;
        let callbacks = self.callbacks.map(|callbacks| format!(", {}", say::count(callbacks.all(), "callback")));
        say::talk(format_args!(
            "{}; {}, {}, {}{}; {}",
            self.takes,
            say::count(calls.submissions, "submission"),
            say::count(calls.polls, "poll"),
            say::count(calls.fetches, "download"),
            callbacks.unwrap_or_default(),
            self.output
        ));
    }

    fn explain(&self, go_on: &str) {
        const LISTED: usize = 10;
        for held in self.held.iter().take(LISTED) {
            say::talk(format_args!("{} is held: {}", held.take, held.reason));
        }
        more(self.held.len(), LISTED);
        self.kept_back.iter().for_each(|kept| kept.tell(go_on));
        for Doubtful { name, take, .. } in self.unresolved.iter().take(LISTED) {
            say::talk(format_args!("{name} is unresolved: it may have been paid for, and is not sent again by itself"));
            say::aside(known(take, say::width()));
            say::aside(settling(take, &quoted(&self.output)));
        }
        more(self.unresolved.len(), LISTED);
        if let Some(evidence) = &self.evidence {
            say::aside(wrapped(evidence, say::width()));
        }
        if !self.unresolved.is_empty() {
            let output = quoted(&self.output);
            say::talk(format_args!(
                "  help: look for what is unresolved at the provider; `rushes status {output}` lists it again"
            ));
        }
        if let Some(Callbacks { contradicting: odd @ 1.., .. }) = self.callbacks {
            let odd = say::count(odd, "callback");
            say::talk(format_args!("{odd} did not go with what is known: kept in the inbox under odd/, each with the reason"));
        }
        if self.takes.count(Outcome::Rejected) + self.takes.count(Outcome::Failed) > 0 {
            let output = quoted(&self.output);
            say::talk(format_args!("  help: `rushes report {output}` says what to do about each; then edit the shots,"));
            say::talk("        or run with --retry-failed");
        }
        if self.takes.count(Outcome::OffSpec) > 0 {
            let output = quoted(&self.output);
            say::talk(format_args!("  help: `rushes report {output}` says what about each off-spec video is not as asked for"));
        }
        match self.verdict {
            Exit::Stopped if self.moderated => {
                say::talk(format_args!(
                    "  help: then {go_on}: it submits what was not submitted, and of those that were ended"
                ));
                say::talk("        only the edited");
            }
            Exit::Stopped if self.held.is_empty() && self.kept_back.is_empty() => {
                say::talk(format_args!("  help: {go_on} to go on"));
            }
            Exit::NotOnDisk => say::talk(format_args!("  help: {go_on} soon: links expire within a day or two")),
            _ => {}
        }
    }

    /// The whole of it.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("a summary is strings and numbers")
    }
}

/// What this run has paid for, or may have: every attempt begun `since`, but for those whose money surely has come back.
fn reserved(promised: &[Promised], takes: &[Take], since: Timestamp) -> Bill {
    let names: HashSet<_> = promised.iter().map(|promised| &promised.name).collect();
    let charges = takes.iter().filter(|take| names.contains(&take.name)).flat_map(Take::charges);
    charges.filter(|charge| charge.at >= since && charge.standing.counts()).map(|charge| charge.price).collect()
}

fn is_unknown(bill: &Bill) -> bool {
    !bill.is_known()
}

/// The takes that decide how the run went: what the manifest asks for, and what was paid for besides. What is held is counted by
/// itself, whether the ledger knows it or not.
fn of_interest<'a>(promised: &[Promised], takes: &'a [Take]) -> Vec<(&'a Take, Action)> {
    let actions: HashMap<_, _> = promised.iter().map(|promised| (&promised.name, promised.action)).collect();
    let known = takes.iter().filter_map(|take| actions.get(&take.name).map(|action| (take, *action)));
    known.filter(|(take, action)| !matches!(action, Action::Drop | Action::Held) || take.state == State::Submitting).collect()
}

/// What a run that stopped for this reason has to say to its scheduler.
fn exit_of(reason: &Reason) -> Exit {
    match reason {
        Reason::BadKey(_) | Reason::WrongAddress(_) | Reason::Disk(_) => Exit::CouldNotRun,
        Reason::Interrupted
        | Reason::NoMoney(_)
        | Reason::Account(_)
        | Reason::Moderation { .. }
        | Reason::TimeOver
        | Reason::Refusing(_)
        | Reason::Full => Exit::Stopped,
    }
}

fn told(reason: &Reason) -> String {
    match reason {
        Reason::Interrupted => "interrupted".to_owned(),
        Reason::BadKey(why) => format!("the provider does not accept the key ({why}); check COMETAPI_KEY or --key-file"),
        Reason::NoMoney(why) => format!("the account is out of money ({why}); top it up, then run again"),
        Reason::WrongAddress(why) => {
            format!("whoever answers does not look like the provider ({why}); check the base URL, and a proxy on the way")
        }
        Reason::Refusing(why) => format!("the provider has refused every submission for a while ({why}); run again later"),
        Reason::Full => {
            "as many takes as may be at the provider at once have outlasted --patience; run again later, or raise --in-flight"
                .to_owned()
        }
        Reason::Account(why) => {
            format!("the provider ended a task because of the account ({why}); see to its money and its rights, then run again")
        }
        Reason::Moderation { takes, judged } => {
            let (count, names) = (takes.len(), say::names(takes));
            let many = judged.map_or(format!("{count} takes in a row"), |judged| format!("{count} of {judged} takes"));
            format!(
                "the content policy has ended {many} ({names}), which are charged, and many of them get an account suspended; \
                 edit their prompts, or see --moderated-in-a-row and --moderated-share"
            )
        }
        Reason::TimeOver => "the time that the run has is over; what is at the provider is left to the next run".to_owned(),
        Reason::Disk(error) => format!("{error}: {}; {}", error.source, remedy(error.source.kind())),
    }
}

fn more(count: usize, listed: usize) {
    if count > listed {
        say::talk(format_args!("… and {} more", count - listed));
    }
}
