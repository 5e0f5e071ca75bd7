//! Which ids are taken, and what has been asked for before: about a hundred bytes a shot, because there may be millions.

use std::hash::{BuildHasher, Hasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::oddities;
use crate::request::Request;
use crate::shot::{Shot, ShotId, TakeNo};

/// The shots so far, as far as later ones must not be the same.
#[derive(Default)]
pub(super) struct Claims {
    /// Their ids, one behind the other.
    ids: String,
    shots: Vec<Claim>,
    /// The positions of the shots: by their ids, whatever the case, and by their requests.
    by_id: HashTable<u32>,
    by_request: HashTable<u32>,
    hashers: [RandomState; 2],
    /// Where the last shot was that asked for what another one asks for.
    last_twin: Option<Place>,
}

/// A shot whose id is taken.
struct Claim {
    /// Where its id ends.
    end: usize,
    at: Place,
    /// What it asks for, as far as it is known: two requests that are not equal have the same print as often as two files the same
    /// digest.
    print: Option<[u64; 2]>,
    takes: TakeNo,
}

/// A shot as others are told of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Claimed<'a> {
    /// What it is called.
    pub(super) id: &'a str,
    /// Where that is said.
    pub(super) at: Place,
    /// How many takes it has.
    pub(super) takes: TakeNo,
}

impl Claims {
    /// Whether there are none.
    pub(super) fn are_empty(&self) -> bool {
        self.shots.is_empty()
    }

    /// Takes `id`, which stands at this place. `Err` is whoever has it, or one that differs from it in case only.
    pub(super) fn take(&mut self, id: &ShotId, at: Place) -> Result<(), Claimed<'_>> {
        let Self { ids, shots, by_id, hashers: [hasher, _], .. } = self;
        let hash = folded(hasher, id.as_str());
        let is_it = |place: &u32| text(ids, shots, *place).eq_ignore_ascii_case(id.as_str());
        match by_id.entry(hash, is_it, |place| folded(hasher, text(ids, shots, *place))) {
            Entry::Occupied(taken) => {
                let place = *taken.get();
                Err(self.claimed(place))
            }
            Entry::Vacant(free) => {
                free.insert(u32::try_from(shots.len()).expect("there is no memory for so many shots"));
                ids.push_str(id.as_str());
                shots.push(Claim { end: ids.len(), at, print: None, takes: TakeNo::FIRST });
                Ok(())
            }
        }
    }

    /// Takes note of what a shot asks for whose id is taken. Answers with a warning where another one asks for exactly that; of those
    /// that stand at one place, which a matrix made, for the first alone.
    pub(super) fn ask(&mut self, shot: &Shot) -> Option<Diagnostic> {
        let Self { ids, shots, by_id, by_request, hashers: [hasher, other], .. } = self;
        let is_it = |place: &u32| text(ids, shots, *place) == shot.id.as_str();
        let own = *by_id.find(folded(hasher, shot.id.as_str()), is_it)?;
        let print = [hash(hasher, &shot.request), hash(other, &shot.request)];
        let claim = shots.get_mut(own as usize)?;
        (claim.print, claim.takes) = (Some(print), shot.takes.count());
        let of = |place: &u32| shots[*place as usize].print;
        let entry = by_request.entry(print[0], |place| of(place) == Some(print), |place| of(place).map_or(0, |print| print[0]));
        match entry {
            Entry::Vacant(free) => {
                free.insert(own);
                None
            }
            Entry::Occupied(taken) => {
                let first = *taken.get();
                let at = shots[own as usize].at;
                let is_new = self.last_twin.replace(at) != Some(at);
                is_new.then(|| oddities::twin(self.claimed(own), self.claimed(first)))
            }
        }
    }

    fn claimed(&self, place: u32) -> Claimed<'_> {
        let Claim { at, takes, .. } = self.shots[place as usize];
        Claimed { id: text(&self.ids, &self.shots, place), at, takes }
    }
}

/// The id of the claim at this position.
fn text<'a>(ids: &'a str, shots: &[Claim], place: u32) -> &'a str {
    let place = place as usize;
    let start = place.checked_sub(1).map_or(0, |before| shots[before].end);
    &ids[start..shots[place].end]
}

/// The same for two ids that differ in case only.
fn folded(hasher: &RandomState, id: &str) -> u64 {
    let mut hasher = hasher.build_hasher();
    id.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

/// The same for two requests that are equal.
fn hash(hasher: &RandomState, request: &Request) -> u64 {
    let Request { prompt, ratio, style, model, seconds, motion } = request;
    // Adding zero makes the two zeros one, as they are equal.
    hasher.hash_one((prompt, ratio.sides(), style, model, seconds.get(), motion.axes().map(|axis| (axis + 0.0).to_bits())))
}
