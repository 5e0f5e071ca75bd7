//! What is left to do for a manifest: its takes in order, each with an action and the reason for it. Pure: compares the shots with
//! what the ledger says, and decides nothing else.

mod change;
mod further;
mod overview;
pub mod saved;
mod serving;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::{fmt, iter};

use jiff::Timestamp;
use url::Url;

pub use self::change::Change;
pub use self::further::Wish;
pub use self::overview::{Line, Overview};
use self::serving::Serving;
use crate::price::Money;
use crate::request::{Request, RequestKey};
use crate::shot::{Shot, ShotId, TakeName, TakeNo};
use crate::take::{Doubt, Event, State, Take};

/// The takes of a manifest in order, then those that only the ledger knows.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One entry a take.
    pub takes: Vec<Planned>,
}

/// What is to be done with one take.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which take.
    pub name: TakeName,
    /// What to do with it.
    pub action: Action,
    /// Whether the manifest does not ask for it, and its author does.
    pub further: bool,
    /// Why.
    pub reason: String,
    /// In what the shot is not what it was, where that is why.
    pub changes: Vec<Change>,
    /// What submitting it will cost, or would; of what is not to be submitted, what was reserved for it. `None` where nobody has
    /// stated it.
    pub price: Option<Money>,
    /// The take as the ledger has it, or as it is to be entered.
    pub take: Take,
    /// What is to be written down before anything is done.
    pub events: Vec<Event>,
    /// The shot's own callback address.
    pub callback_url: Option<Url>,
    /// Whether its shot was changed after it was paid for, so that it is only submitted when the author agrees, or has agreed.
    pub needs_consent: bool,
}

/// What to do with a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Pay for it.
    Submit,
    /// Ask the provider about it; it is paid for.
    Resume,
    /// Fetch its video; it is paid for.
    Fetch,
    /// Nothing: it is on disk.
    Keep,
    /// Nothing yet: the shot was changed after it was paid for, and nobody has agreed to pay again.
    Held,
    /// Nothing: a person has to settle whether it was paid for.
    Unresolved,
    /// Nothing: it was rejected, or it failed, and would again.
    GivenUp,
    /// Nothing: the manifest does not ask for it any more.
    Drop,
}

/// What the author has agreed to for this plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Consent {
    /// Rejected and failed takes may be submitted once more.
    pub retry_failed: bool,
    /// Changed shots may be paid for again, as further takes.
    pub regenerate: bool,
}

/// What a plan is made from besides shots and takes.
pub struct Basis<'a> {
    /// The provider's name, for request keys.
    pub provider: &'a str,
    /// What the author has agreed to.
    pub consent: Consent,
    /// What is wanted of a shot over what the manifest asks for.
    pub wish: &'a dyn Fn(&ShotId) -> Wish,
    /// The time of planning.
    pub now: Timestamp,
    /// What one submission of a request costs, where that is stated.
    pub price: &'a dyn Fn(&Request) -> Option<Money>,
    /// Whether the bytes of a stored take are still on disk.
    pub on_disk: &'a dyn Fn(&Take) -> bool,
}

impl Plan {
    /// What is left to do for `shots`, given the `takes` of the ledger.
    pub fn new(shots: &[Shot], takes: Vec<Take>, basis: &Basis<'_>) -> Self {
        let mut known: HashMap<ShotId, Vec<Take>> = HashMap::new();
        for take in takes {
            known.entry(take.name.shot.clone()).or_default().push(take);
        }
        let mut plan = Self::default();
        for shot in shots {
            plan.add(shot, known.remove(&shot.id).unwrap_or_default(), basis);
        }
        let mut left: Vec<Take> = known.into_values().flatten().collect();
        left.sort_by(|a, b| a.name.cmp(&b.name));
        for take in left {
            plan.add_left(take, basis);
        }
        plan
    }

    /// The takes that are meant, and the others, about which nothing is to be done; `meant` has a word for each take, in order.
    pub fn split(self, meant: &[bool]) -> (Self, Self) {
        let is_meant = |place: usize| meant.get(place).copied().unwrap_or_default();
        let (chosen, others): (Vec<_>, Vec<_>) = self.takes.into_iter().enumerate().partition(|(place, _)| is_meant(*place));
        let plan = |takes: Vec<(usize, Planned)>| Self { takes: takes.into_iter().map(|(_, take)| take).collect() };
        (plan(chosen), plan(others))
    }

    /// How many takes have this action.
    pub fn count(&self, action: Action) -> usize {
        self.takes.iter().filter(|take| take.action == action).count()
    }

    /// Plans one more shot, whose takes the ledger knows as `takes`.
    pub fn add(&mut self, shot: &Shot, mut takes: Vec<Take>, basis: &Basis<'_>) {
        takes.sort_by_key(|take| take.name.number);
        let mut last = takes.last().map(|take| take.name.number).max(shot.takes.listed().last().copied());
        let wish = (basis.wish)(&shot.id);
        let Serving { known, unknown, missing, outdated } = Serving::of(shot, &takes);
        let changed = Changed::of(shot, &takes, outdated);
        let in_the_way = changed.as_ref().filter(|_| !basis.consent.regenerate && !wish.again);
        let before = self.takes.len();
        for take in takes {
            if !known.contains(&take.name.number) {
                let is_further = take.record.further && take.request == shot.request;
                let left = if is_further { further::gone_on_with(shot, take, basis) } else { no_longer_asked_for(take, basis) };
                self.takes.push(left);
                continue;
            }
            let planned = match in_the_way {
                _ if take.request == shot.request => as_it_is(shot, take, basis),
                Some(changed) => changed.held(take),
                None => Planned { needs_consent: changed.is_some(), ..replan(shot, take, basis) },
            };
            self.takes.push(planned.priced(shot, basis));
        }
        for number in unknown.iter().copied().chain(after(last).take(missing)) {
            let new = fresh(shot, number, basis);
            let planned = match (&changed, in_the_way) {
                (Some(changed), Some(_)) => changed.held(new.take),
                (Some(changed), None) => changed.agreed(new),
                (None, _) => new,
            };
            self.takes.push(planned.priced(shot, basis));
            last = last.max(Some(number));
        }
        if !unknown.is_empty() {
            self.takes[before..].sort_by_key(|planned| planned.name.number);
        }
        let further = further::wanted(shot, wish, &mut self.takes[before..], last, basis);
        self.takes.extend(further);
        further::take_places(&mut self.takes[before..]);
    }

    /// Plans a take that the ledger knows and that belongs to no shot of the manifest.
    pub fn add_left(&mut self, take: Take, basis: &Basis<'_>) {
        self.takes.push(no_longer_asked_for(take, basis));
    }
}

impl Planned {
    /// Whether a run would do something about it: submit it, ask about it, fetch it, or write something down other than what is said
    /// about its shot, which costs nothing and changes no video.
    pub fn is_work(&self) -> bool {
        let is_said = |event: &Event| matches!(event, Event::Tagged { .. } | Event::Annotated(_));
        self.is_to_be_driven() || !self.events.iter().all(is_said)
    }

    /// Whether a run has to call the provider for it: what is to be submitted, asked about or fetched, what the last run left in the
    /// middle of a submission, and what the provider can be asked about by name.
    pub fn is_to_be_driven(&self) -> bool {
        let orphaned = self.take.state == State::Submitting;
        match self.action {
            Action::Submit | Action::Resume | Action::Fetch => true,
            Action::Unresolved => orphaned || self.take.is_named(),
            Action::Keep | Action::Held | Action::GivenUp | Action::Drop => orphaned,
        }
    }

    /// Whether it is paid for, or may be, and not on disk.
    pub fn is_under_way(&self) -> bool {
        matches!(self.action, Action::Resume | Action::Fetch) || self.take.state.in_flight()
    }

    fn new(take: Take, action: Action, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let (name, price) = (take.name.clone(), take.price());
        let (changes, events) = (Vec::new(), Vec::new());
        let (further, needs_consent) = (false, false);
        Self { name, action, further, reason, changes, price, take, events, callback_url: None, needs_consent }
    }

    fn after(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.events.extend(events);
        self
    }

    /// What is to be submitted costs what the shot costs now.
    fn priced(mut self, shot: &Shot, basis: &Basis<'_>) -> Self {
        if matches!(self.action, Action::Submit | Action::Held) {
            self.price = (basis.price)(&shot.request);
        }
        self
    }

    fn calling_back(mut self, shot: &Shot) -> Self {
        self.callback_url.clone_from(&shot.callback_url);
        self
    }
}

/// What has changed since something was last bought for a shot.
struct Changed {
    since: TakeNo,
    changes: Vec<Change>,
}

impl Changed {
    /// What has changed for this shot, whose takes are sorted by number, since the last one was bought; else since the one called
    /// `outdated` was. `None` where those are what it asks for.
    fn of(shot: &Shot, takes: &[Take], outdated: Option<TakeNo>) -> Option<Self> {
        let last = takes.iter().rfind(|take| is_paid_for(take)).filter(|take| take.request != shot.request);
        let bought = last.or_else(|| takes.iter().find(|take| Some(take.name.number) == outdated))?;
        Some(Self { since: bought.name.number, changes: Change::between(&bought.request, &shot.request) })
    }

    /// A take that nobody has agreed to pay for.
    fn held(&self, take: Take) -> Planned {
        let reason = format!("{self}; --regenerate buys it as a further take");
        self.on(Planned::new(take, Action::Held, reason))
    }

    /// A take that somebody has agreed to pay for.
    fn agreed(&self, planned: Planned) -> Planned {
        self.on(Planned { reason: self.to_string(), ..planned })
    }

    fn on(&self, planned: Planned) -> Planned {
        Planned { needs_consent: true, changes: self.changes.clone(), ..planned }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "changed since {} was paid for: {}", self.since, change::told(&self.changes))
    }
}

impl Action {
    /// Every action, in the order in which they are counted.
    pub const ALL: [Self; 8] =
        [Self::Submit, Self::Resume, Self::Fetch, Self::Keep, Self::Held, Self::Unresolved, Self::GivenUp, Self::Drop];

    /// The action in a table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Resume => "resume",
            Self::Fetch => "fetch",
            Self::Keep => "keep",
            Self::Held => "held",
            Self::Unresolved => "unresolved",
            Self::GivenUp => "given up",
            Self::Drop => "drop",
        }
    }
}

/// A take whose request is what the manifest asks for.
fn as_it_is(shot: &Shot, take: Take, basis: &Basis<'_>) -> Planned {
    let retagged = (take.tags != shot.tags).then(|| Event::Tagged { tags: shot.tags.clone() });
    let annotated = annotated(shot, &take);
    let news = news(shot, &take);
    let planned = going_on(take, basis).calling_back(shot);
    let reason = if news.is_empty() { planned.reason } else { format!("{}; new {}", planned.reason, news.join(", ")) };
    Planned { reason, ..planned }.after(retagged).after(annotated)
}

/// What the take's own state asks for.
fn going_on(take: Take, basis: &Basis<'_>) -> Planned {
    let retry = basis.consent.retry_failed;
    match &take.state {
        State::Planned { .. } => {
            let reason = take
                .record
                .deferred_because
                .as_ref()
                .map_or_else(|| "not submitted yet".to_owned(), |why| format!("put off: {why}"));
            Planned::new(take, Action::Submit, reason)
        }
        State::Submitting => {
            Planned::new(take, Action::Unresolved, "the last run ended before the answer to its submission came")
        }
        State::Unresolved(Doubt { why, .. }) => {
            let reason = format!("perhaps paid for: {why}");
            Planned::new(take, Action::Unresolved, reason)
        }
        State::Accepted { task, .. } => {
            let reason = format!("task {task} is at the provider");
            Planned::new(take, Action::Resume, reason)
        }
        State::Ready { .. } => Planned::new(take, Action::Fetch, "made, and not fetched yet"),
        State::Stored { .. } if !(basis.on_disk)(&take) => {
            Planned::new(take, Action::Fetch, "stored once, and no longer on disk").after([Event::Missing])
        }
        State::Stored { .. } => Planned::new(take, Action::Keep, "stored"),
        State::Rejected { .. } | State::Failed { .. } if retry => {
            let event = Event::Retried { not_before: basis.now };
            let reason = format!("once more, as agreed: {}", ended(&take));
            Planned::new(take, Action::Submit, reason).after([event])
        }
        State::Rejected { .. } | State::Failed { .. } => {
            let reason = ended(&take);
            Planned::new(take, Action::GivenUp, reason)
        }
    }
}

/// A take that was entered with another request, of which nothing was bought.
fn replan(shot: &Shot, take: Take, basis: &Basis<'_>) -> Planned {
    let since = match &take.state {
        State::Planned { .. } => "before it was submitted",
        State::Failed { .. } => "since it failed",
        _ => "since it was rejected",
    };
    let changes = Change::between(&take.request, &shot.request);
    let reason = format!("changed {since}: {}", change::told(&changes));
    let key = shot.request.key(basis.provider, take.name.number);
    let events = [Some(entered(shot, key)), annotated(shot, &take)];
    Planned { changes, ..Planned::new(take, Action::Submit, reason).calling_back(shot).after(events.into_iter().flatten()) }
}

/// A take that the ledger does not know.
fn fresh(shot: &Shot, number: TakeNo, basis: &Basis<'_>) -> Planned {
    let name = TakeName::new(shot.id.clone(), number);
    let key = shot.request.key(basis.provider, number);
    let take = Take::new(name, shot.request.clone(), key, shot.tags.clone());
    let events = [Some(entered(shot, key)), annotated(shot, &take)];
    let take = Take { about: shot.about.clone(), ..take };
    Planned::new(take, Action::Submit, "new").calling_back(shot).after(events.into_iter().flatten())
}

/// A take that the manifest does not ask for: what is paid for is seen to its end all the same.
fn no_longer_asked_for(take: Take, basis: &Basis<'_>) -> Planned {
    let planned = going_on(take, &Basis { consent: Consent::default(), on_disk: &|_| true, ..*basis });
    match planned.action {
        Action::Resume | Action::Fetch | Action::Unresolved => {
            let reason = format!("no longer asked for, but {}", planned.reason);
            Planned { reason, ..planned }
        }
        _ => {
            let reason = format!("no longer asked for; it stays as it is: {}", planned.take.state.name());
            Planned { action: Action::Drop, reason, ..planned }
        }
    }
}

fn entered(shot: &Shot, key: RequestKey) -> Event {
    Event::Planned { request: shot.request.clone(), key, tags: shot.tags.clone() }
}

/// What the manifest says about the shot besides its request, where the take does not know it.
fn annotated(shot: &Shot, take: &Take) -> Option<Event> {
    (take.about != shot.about).then(|| Event::Annotated(shot.about.clone()))
}

/// What else the manifest says of the shot than it said, and that is no part of the request.
fn news(shot: &Shot, take: &Take) -> Vec<&'static str> {
    let (new, old) = (&shot.about, &take.about);
    let differs = [
        ("tags", shot.tags != take.tags),
        ("scene", new.scene != old.scene),
        ("notes", new.notes != old.notes),
        ("x_ fields", new.metadata != old.metadata),
    ];
    differs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// The numbers behind `last`, while there are any.
fn after(last: Option<TakeNo>) -> impl Iterator<Item = TakeNo> {
    iter::successors(last.map_or(Some(TakeNo::FIRST), TakeNo::next), |number| number.next())
}

/// Whether there is, or may still be, something bought for the take's request.
fn is_paid_for(take: &Take) -> bool {
    !matches!(take.state, State::Planned { .. } | State::Rejected { .. } | State::Failed { .. })
}

fn ended(take: &Take) -> String {
    match &take.state {
        State::Rejected { class, why } => format!("rejected: {}", class.told(why)),
        State::Failed { class, why, .. } => format!("failed: {}", class.told(why)),
        state => state.name().to_owned(),
    }
}
