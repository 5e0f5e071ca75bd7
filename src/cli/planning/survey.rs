//! A plan that is made shot by shot, and of which only what it says is kept: for manifests and ledgers that do not fit into memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::mpsc;
use std::{mem, thread};

use jiff::Timestamp;

use super::{on_disk, spelt_otherwise};
use crate::cli::Failure;
use crate::cli::believed::{Listed, not_behind, not_bereft};
use crate::cli::target::Given;
use crate::config;
use crate::ledger::Lookup;
use crate::plan::{Basis, Consent, Overview, Plan, Wish};
use crate::price::Prices;
use crate::request::Request;
use crate::shot::{Shot, ShotId};
use crate::take::Take;

/// So many shots go from the reader to the planner at once, and so many times as many may wait there.
const BATCH: usize = 256;
const WAITING: usize = 8;

/// What is left to do in an output directory, as far as shots have been added.
pub(in crate::cli) struct Survey {
    root: PathBuf,
    ledger: Option<Lookup>,
    listed: Listed,
    consent: Consent,
    now: Timestamp,
    prices: Prices,
    overview: Overview,
    spellings: Spellings,
}

/// Shots that were never submitted under their names, to be found in whatever case they are written.
#[derive(Default)]
struct Spellings {
    hasher: RandomState,
    /// The place in the overview of a take of each, by the hash of its folded name.
    places: HashMap<u64, usize>,
}

impl Survey {
    /// Looks into the output directory `root`. Refuses where the ledger cannot be the one that goes with the videos.
    pub(in crate::cli) fn open(root: PathBuf, prices: Prices, consent: Consent, now: Timestamp) -> Result<Self, Failure> {
        let listed = Listed::read(&root);
        let ledger = Lookup::open(&root)?;
        not_bereft(&root, ledger.as_ref().is_none_or(Lookup::is_empty))?;
        Ok(Self { root, ledger, listed, consent, now, prices, overview: Overview::default(), spellings: Spellings::default() })
    }

    /// What is left to do for manifests in which there was no mistake. One thread reads while another looks into the ledger.
    pub(in crate::cli) fn of(mut self, given: &Given) -> Result<Overview, Failure> {
        let (sender, shots) = mpsc::sync_channel::<Vec<Shot>>(WAITING);
        let (planned, reading) = thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut batch = Vec::with_capacity(BATCH);
                let reading = given.read_each(&mut |shot| {
                    batch.push(shot);
                    if batch.len() == BATCH {
                        sender.send(mem::replace(&mut batch, Vec::with_capacity(BATCH))).ok();
                    }
                });
                sender.send(batch).ok();
                reading
            });
            let planned = shots.into_iter().flatten().try_for_each(|shot| self.add(&shot));
            (planned, reader.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        if reading.manifest.is_err() {
            // What they include has changed just now.
            given.used(reading)?;
        }
        planned?;
        self.end()
    }

    /// Plans one more shot.
    fn add(&mut self, shot: &Shot) -> Result<(), Failure> {
        let takes = self.ledger.as_mut().map(|ledger| ledger.takes(&shot.id)).transpose()?.unwrap_or_default();
        if self.ledger.is_some() && takes.iter().all(|take| take.record.attempts == 0) {
            self.spellings.add(&shot.id, self.overview.len());
        }
        self.plan(|plan, basis| plan.add(shot, takes, basis))
    }

    /// Plans what only the ledger knows. Refuses where a shot was paid for in another spelling.
    fn end(mut self) -> Result<Overview, Failure> {
        let Some(ledger) = self.ledger.take() else {
            self.listed.believe()?;
            return Ok(self.overview);
        };
        ledger.others(|take| {
            if take.record.attempts > 0
                && let Some(id) = self.spellings.of(&take.name.shot, &self.overview)
            {
                return Err(spelt_otherwise(id, &take.name.shot));
            }
            self.plan(|plan, basis| plan.add_left(take, basis))
        })?;
        self.listed.believe()?;
        Ok(self.overview)
    }

    fn plan(&mut self, add: impl FnOnce(&mut Plan, &Basis<'_>)) -> Result<(), Failure> {
        let Self { root, prices, .. } = self;
        let (on_disk, price) = (|take: &Take| on_disk(root, take), |request: &Request| prices.of(request));
        let provider = config::default_provider().name;
        let Self { consent, now, .. } = *self;
        let basis = Basis { provider, consent, wish: &|_| Wish::default(), now, price: &price, on_disk: &on_disk };
        let mut plan = Plan::default();
        add(&mut plan, &basis);
        for planned in &plan.takes {
            not_behind(&self.root, planned)?;
            self.listed.found(&planned.take);
            self.overview.add(planned);
        }
        Ok(())
    }
}

impl Spellings {
    fn add(&mut self, id: &ShotId, place: usize) {
        self.places.insert(self.hasher.hash_one(id.folded()), place);
    }

    /// How `id` is spelt otherwise, if it is.
    fn of<'a>(&self, id: &ShotId, overview: &'a Overview) -> Option<&'a str> {
        let place = self.places.get(&self.hasher.hash_one(id.folded()))?;
        let found = overview.line(*place)?.shot;
        found.eq_ignore_ascii_case(id.as_str()).then_some(found)
    }
}
