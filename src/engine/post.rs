//! The post room of a run: which take a callback is for. What it means for the take is in `hear`.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde::Serialize;
use tokio::sync::Notify;

use super::inbox::{Arrival, Fate, Inbox};
use super::{Task, World};
use crate::ledger::{Addresses, LedgerError};
use crate::provider::Callback;
use crate::shot::TakeName;
use crate::take::{State, Take, TaskId, Token};

/// So many takes in a row make a rule: callbacks that do not come are not waited for, and those that come before the provider itself
/// knows are not believed at once.
const IN_A_ROW: u32 = 3;

/// How many callbacks came, and what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Callbacks {
    /// They told something new.
    pub used: u64,
    /// They told nothing new.
    pub stale: u64,
    /// They were about no take of this ledger.
    pub foreign: u64,
    /// They did not go with what is known.
    pub contradicting: u64,
}

/// Sorts callbacks into the letterboxes of takes.
pub(super) struct Post<'a> {
    inbox: Option<&'a dyn Inbox>,
    desk: RefCell<Desk>,
    counts: Cell<Callbacks>,
    /// How many takes in a row were found finished before a callback said so.
    missed: Cell<u32>,
    /// How many takes in a row were found unfinished although a callback had said that they are over.
    early: Cell<u32>,
}

/// What callbacks are sorted by.
#[derive(Default)]
struct Desk {
    addresses: Addresses,
    letterboxes: HashMap<TakeName, Rc<Letterbox>>,
    /// The takes with an attempt that nobody has an answer to, or not yet.
    open: HashMap<TakeName, Open>,
}

/// What an attempt without an answer can be known by, should its token be lost on the way.
struct Open {
    prompt: String,
    task: Option<TaskId>,
}

/// Where the callbacks for one take wait for it.
#[derive(Default)]
pub(super) struct Letterbox {
    letters: RefCell<VecDeque<Arrival>>,
    bell: Notify,
}

impl Callbacks {
    /// How many came in all.
    pub fn all(self) -> u64 {
        self.used + self.stale + self.foreign + self.contradicting
    }
}

impl<'a> Post<'a> {
    /// The post room for these tasks. Without an inbox it only knows whose a task is.
    pub(super) fn open(world: &World<'a>, tasks: &[Task]) -> Result<Self, LedgerError> {
        let mut desk = Desk::default();
        if world.inbox.is_some() || tasks.iter().any(|task| task.take.is_named()) {
            desk.addresses = world.ledger.addresses()?;
        }
        if world.inbox.is_some() {
            desk.letterboxes = tasks.iter().map(|task| (task.take.name.clone(), Rc::default())).collect();
            let open = tasks.iter().filter_map(|task| Some((task.take.name.clone(), Open::of(&task.take)?)));
            desk.open = open.collect();
        }
        Ok(Self {
            inbox: world.inbox,
            desk: RefCell::new(desk),
            counts: Cell::default(),
            missed: Cell::new(0),
            early: Cell::new(0),
        })
    }

    /// Sorts what has come already.
    pub(super) async fn sort_what_waits(&self) {
        let Some(inbox) = self.inbox else { return };
        for arrival in inbox.waiting().await {
            self.sort(arrival);
        }
    }

    /// Returns the name of a take when the next callback lies in its letterbox. Never without an inbox.
    pub(super) async fn delivered(&self) -> TakeName {
        let Some(inbox) = self.inbox else { return std::future::pending().await };
        loop {
            if let Some(take) = self.sort(inbox.next().await) {
                return take;
            }
        }
    }

    /// The letterbox of a take, if anybody listens.
    pub(super) fn letterbox(&self, take: &TakeName) -> Option<Rc<Letterbox>> {
        self.desk.borrow().letterboxes.get(take).cloned()
    }

    /// Whether callbacks are known to come.
    pub(super) fn is_live(&self) -> bool {
        self.missed.get() < IN_A_ROW && self.inbox.is_some_and(Inbox::is_live)
    }

    /// Whether a callback had said that a take is over when the provider was asked and it was.
    pub(super) fn was_told(&self, told: bool) {
        self.missed.set(if told { 0 } else { self.missed.get().saturating_add(1) });
    }

    /// Whether the provider still called a take unfinished when a callback had said that it is over.
    pub(super) fn was_early(&self, early: bool) {
        // Once it is a rule it is not tried any more.
        if !self.comes_early() {
            self.early.set(if early { self.early.get() + 1 } else { 0 });
        }
    }

    /// Whether the provider's answers have proven to be behind its callbacks, so that asking at once tells nothing.
    pub(super) fn comes_early(&self) -> bool {
        self.early.get() >= IN_A_ROW
    }

    /// An attempt of `take` has begun.
    pub(super) fn begun(&self, take: &Take, token: Token) {
        if self.inbox.is_none() {
            return;
        }
        let desk = &mut *self.desk.borrow_mut();
        desk.addresses.tokens.insert(token, take.name.clone());
        desk.open.insert(take.name.clone(), Open { prompt: take.request.prompt.clone(), task: None });
    }

    /// What became of the last attempt of `take` is known, or that nobody knows it.
    pub(super) fn answered(&self, take: &Take) {
        let desk = &mut *self.desk.borrow_mut();
        if let Some(task) = take.state.task() {
            desk.addresses.tasks.insert(task.clone(), take.name.clone());
        }
        if self.inbox.is_none() {
            return;
        }
        match Open::of(take) {
            Some(open) => desk.open.insert(take.name.clone(), open),
            None => desk.open.remove(&take.name),
        };
    }

    /// The take of which this task came, as far as that is known.
    pub(super) fn owner(&self, task: &TaskId) -> Option<TakeName> {
        self.desk.borrow().addresses.tasks.get(task).cloned()
    }

    /// `arrival` needs nobody's attention any more.
    pub(super) fn dealt_with(&self, arrival: Arrival, fate: Fate) {
        let mut counts = self.counts.get();
        match &fate {
            Fate::Used => counts.used += 1,
            Fate::Stale => counts.stale += 1,
            Fate::Foreign => counts.foreign += 1,
            Fate::Contradicts(why) => {
                tracing::warn!(callback = arrival.name, task = %arrival.callback.task, why, "a callback does not go with what is known");
                counts.contradicting += 1;
            }
        }
        self.counts.set(counts);
        if let Some(inbox) = self.inbox {
            inbox.dealt_with(arrival, fate);
        }
    }

    /// How many callbacks came; `None` where nobody listens.
    pub(super) fn counts(&self) -> Option<Callbacks> {
        self.inbox.map(|_| self.counts.get())
    }

    /// Puts a callback into the letterbox of the take that it is for, or deals with it if there is none.
    fn sort(&self, arrival: Arrival) -> Option<TakeName> {
        let found = self.desk.borrow().find(arrival.token, &arrival.callback);
        match found {
            Ok((take, letterbox)) => {
                letterbox.put(arrival);
                Some(take)
            }
            Err(fate) => {
                self.dealt_with(arrival, fate);
                None
            }
        }
    }
}

impl Desk {
    /// By token, else by task, else by prompt where only one open attempt fits.
    fn find(&self, token: Option<Token>, callback: &Callback) -> Result<(TakeName, Rc<Letterbox>), Fate> {
        let by_token = token.and_then(|token| self.addresses.tokens.get(&token));
        let by_task = self.addresses.tasks.get(&callback.task);
        let name = match (by_token, by_task) {
            (Some(take), Some(other)) if take != other => {
                return Err(Fate::Contradicts(format!("it came to {take}, and its task belongs to {other}")));
            }
            (Some(take), _) | (None, Some(take)) => take,
            (None, None) if token.is_some() => return Err(Fate::Foreign),
            (None, None) => self.only_open_one(callback).ok_or(Fate::Foreign)?,
        };
        match self.letterboxes.get(name) {
            Some(letterbox) => Ok((name.clone(), Rc::clone(letterbox))),
            None if by_task.is_some() => Err(Fate::Stale),
            // Of a take that this run has nothing to do with: another one may.
            None => Err(Fate::Foreign),
        }
    }

    fn only_open_one(&self, callback: &Callback) -> Option<&TakeName> {
        let named = self.open.iter().find(|(_, open)| open.task.as_ref() == Some(&callback.task));
        if let Some((take, _)) = named {
            return Some(take);
        }
        let prompt = callback.prompt.as_ref()?;
        let mut fitting = self.open.iter().filter(|(_, open)| open.prompt == *prompt);
        let (take, _) = fitting.next()?;
        fitting.next().is_none().then_some(take)
    }
}

impl Open {
    /// The take's open attempt, if it has one.
    fn of(take: &Take) -> Option<Self> {
        let task = match &take.state {
            State::Submitting => None,
            State::Unresolved(doubt) => doubt.task.clone(),
            _ => return None,
        };
        Some(Self { prompt: take.request.prompt.clone(), task })
    }
}

impl Letterbox {
    fn put(&self, arrival: Arrival) {
        self.letters.borrow_mut().push_back(arrival);
        self.bell.notify_one();
    }

    /// The oldest callback in it.
    pub(super) fn take_out(&self) -> Option<Arrival> {
        self.letters.borrow_mut().pop_front()
    }

    /// Returns when there is a callback in it.
    pub(super) async fn rung(&self) {
        while self.letters.borrow().is_empty() {
            self.bell.notified().await;
        }
    }
}
