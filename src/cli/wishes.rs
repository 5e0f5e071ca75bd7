//! What is wanted of a plan besides what the manifest asks for, and who agrees to pay for it.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU16;

use super::selection::{self, Selectors};
use super::{Failure, args, ask, say};
use crate::plan::{Action, Consent, Plan, Planned, Wish};
use crate::price::Bill;
use crate::select::{Item, Selector};
use crate::shot::{Shot, ShotId, TakeName};
use crate::take::Event;

/// The flag.
pub(super) const REGENERATE: &str = "--regenerate";

/// What is wanted besides what the manifest asks for, without a mistake in it.
pub(super) struct Wishes {
    /// What the author has agreed to for all shots.
    pub consent: Consent,
    selectors: Selectors,
    choosy: bool,
    /// The takes whose shots are to be paid for again.
    again: Option<Selector>,
    /// How many further takes are wanted of every shot.
    more: u16,
}

/// What is to be paid for only because somebody wishes for it: at each run that is told so, once more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extra {
    takes: Vec<TakeName>,
    bill: Bill,
}

impl args::Wishes {
    /// Reads what they say. Prints what is wrong with it; `Err` means that it cannot be used.
    pub(super) fn read(&self) -> Result<Wishes, Failure> {
        let consent = Consent { retry_failed: self.retry_failed, regenerate: self.regenerate_changed() };
        let again = self.again().map(|text| selection::read(REGENERATE, text)).transpose()?;
        let more = self.takes.map_or(0, NonZeroU16::get);
        Ok(Wishes { consent, selectors: self.selection.read()?, choosy: self.selection.is_some(), again, more })
    }
}

impl Wishes {
    /// Whether what they say can turn out wrong when the takes are looked at.
    pub(super) fn may_be_refused(&self) -> bool {
        self.choosy || self.are_for_more()
    }

    /// Whether they are for takes over what the manifest asks for.
    pub(super) fn are_for_more(&self) -> bool {
        self.again.is_some() || self.more > 0
    }

    /// Which takes of a plan are meant, at least one; `None` where nothing was said, and so all are.
    pub(super) fn meant(&self, plan: &Plan) -> Result<Option<Vec<bool>>, Failure> {
        let items = || plan.takes.iter().map(Item::planned).collect::<Vec<_>>();
        self.choosy.then(|| self.selectors.meant(&items())).transpose()
    }

    /// What is wanted of each of the manifest's `shots` over what that asks for, where only these `takes` are meant.
    pub(super) fn of_shots(&self, shots: &[Shot], takes: Vec<&Planned>) -> Result<HashMap<ShotId, Wish>, Failure> {
        let shots: HashSet<_> = shots.iter().map(|shot| &shot.id).collect();
        let takes: Vec<_> = takes.into_iter().filter(|planned| shots.contains(&planned.name.shot)).collect();
        let items = || takes.iter().copied().map(Item::planned).collect::<Vec<_>>();
        let again = match &self.again {
            Some(again) => selection::select(REGENERATE, again, &items())?,
            None => vec![false; takes.len()],
        };
        let mut wishes: HashMap<ShotId, Wish> = HashMap::new();
        for (planned, again) in takes.into_iter().zip(again) {
            let wish = wishes.entry(planned.name.shot.clone()).or_default();
            *wish = Wish { again: wish.again || again, more: self.more };
        }
        Ok(wishes)
    }

    /// What `plan` is to pay for because of these wishes alone. A change that all are agreed to be paid for is not: that is over when
    /// it is paid for.
    pub(super) fn extra(&self, plan: &Plan) -> Extra {
        let agreed = !self.consent.regenerate;
        let is_extra = |planned: &Planned| planned.events.contains(&Event::Further) || planned.needs_consent && agreed;
        let submitted = plan.takes.iter().filter(|planned| planned.action == Action::Submit);
        let (takes, prices): (_, Vec<_>) =
            submitted.filter(|planned| is_extra(planned)).map(|planned| (planned.name.clone(), planned.price)).unzip();
        Extra { takes, bill: prices.into_iter().collect() }
    }
}

impl Extra {
    /// Holds that somebody agrees to pay for it.
    pub(super) fn agree(&self) -> Result<(), Failure> {
        if self.takes.is_empty() {
            return Ok(());
        }
        let takes = format!("{} ({})", say::count(self.takes.len() as u64, "further take"), self.bill);
        if !ask::is_anybody_here() {
            let alone = format!("{takes} would be paid for, more each time this is run, and nobody is here to agree");
            return Err(Failure::usage(alone).help("if that is what is wanted, add --yes; nothing was sent"));
        }
        let question = format!("{takes} will be paid for: {}. Go on?", say::names(&self.takes));
        if ask::says_yes(question)? { Ok(()) } else { Err(Failure::usage("nothing was sent")) }
    }
}
