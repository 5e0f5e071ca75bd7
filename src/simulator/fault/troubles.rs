//! All that goes wrong with one submission and with the task that it makes: at most one fault of each kind.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::random::Random;
use super::{CallFault, CallbackFault, EndingFault, Fault, FeedFault, Kind, VideoFault};

/// What goes wrong with one submission and its task. In a script, a name or a list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Troubles {
    /// With the call that submits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallFault>,
    /// With the generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<EndingFault>,
    /// With the questions about the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedFault>,
    /// With the download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoFault>,
    /// With the callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackFault>,
}

/// Two faults of one kind for one submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` and `{1}` both hit {about}, which can go wrong in one way only", about = .0.kind().about())]
pub struct TwoOfAKind(Fault, Fault);

impl Troubles {
    /// What hits the submission with this number of the take with this name: each kind draws for itself, so that more odds of one
    /// kind change nothing about the others.
    pub(in crate::simulator) fn draw(odds: &BTreeMap<Fault, f64>, seed: u64, name: &str, number: u64) -> Self {
        let mut troubles = Self::default();
        let mut last = None;
        let mut dice = 0.0;
        // The odds are in the order of their kinds.
        for (&fault, share) in odds {
            if last != Some(fault.kind()) {
                last = Some(fault.kind());
                dice = dice_of(fault.kind(), seed, name, number);
            }
            let hit = (0.0..*share).contains(&dice);
            dice -= share;
            if hit {
                troubles.set(fault);
            }
        }
        troubles
    }

    /// Whether nothing goes wrong.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Those that hit the call, if `call`, and those that hit what comes after it, if `rest`.
    pub(in crate::simulator) fn limited(self, call: bool, rest: bool) -> Self {
        let call = self.call.filter(|_| call);
        if rest { Self { call, ..self } } else { Self { call, ..Self::default() } }
    }

    /// All of these; no two of one kind.
    pub fn of(faults: impl IntoIterator<Item = Fault>) -> Result<Self, TwoOfAKind> {
        let mut troubles = Self::default();
        for fault in faults {
            if let Some(other) = troubles.set(fault) {
                return Err(TwoOfAKind(other, fault));
            }
        }
        Ok(troubles)
    }

    /// This one too, in place of the one of its kind, which is given back.
    fn set(&mut self, fault: Fault) -> Option<Fault> {
        match fault {
            Fault::Call(fault) => self.call.replace(fault).map(Fault::Call),
            Fault::Ending(fault) => self.ending.replace(fault).map(Fault::Ending),
            Fault::Feed(fault) => self.feed.replace(fault).map(Fault::Feed),
            Fault::Video(fault) => self.video.replace(fault).map(Fault::Video),
            Fault::Callback(fault) => self.callback.replace(fault).map(Fault::Callback),
        }
    }
}

fn dice_of(kind: Kind, seed: u64, name: &str, number: u64) -> f64 {
    let seed = Random::of(seed, kind.about(), 0).bits();
    Random::of(seed, name, number).unit()
}

/// Reads a name, or a list of names.
pub(in crate::simulator) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Troubles>, D::Error> {
    deserializer.deserialize_any(Names).map(Some)
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Troubles;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a fault, or a list of them")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Troubles, E> {
        let fault = name.parse().map_err(E::custom)?;
        Troubles::of([fault]).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Troubles, A::Error> {
        let mut faults: Vec<Fault> = Vec::new();
        while let Some(fault) = names.next_element()? {
            faults.push(fault);
        }
        Troubles::of(faults).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn hits(odds: &[(&str, f64)], seed: u64) -> Vec<Troubles> {
        let odds = odds.iter().map(|(name, share)| (name.parse().unwrap(), *share)).collect();
        (0..4000).map(|n| Troubles::draw(&odds, seed, &format!("S{n}_T01"), 1)).collect()
    }

    #[test]
    fn the_odds_of_every_fault_come_true() {
        for fault in Fault::all() {
            let hit = hits(&[(fault.name(), 0.25)], 3);
            let count = hit.iter().filter(|troubles| !troubles.is_none()).count();
            assert!((850..1150).contains(&count), "{fault}: {count}");
            assert!(hit.iter().all(|troubles| troubles.is_none() || Ok(*troubles) == Troubles::of([fault])));
        }
    }

    #[test]
    fn faults_of_one_kind_share_a_draw_and_kinds_do_not() {
        let hit = hits(&[("busy", 0.5), ("lost_answer", 0.5), ("moderated", 0.5), ("truncated", 0.5)], 1);
        let mut seen: HashMap<_, usize> = HashMap::new();
        for troubles in &hit {
            assert!(troubles.call.is_some(), "the shares add up to one");
            *seen.entry((troubles.call, troubles.ending, troubles.video)).or_default() += 1;
        }
        assert_eq!(seen.len(), 8);
        assert!(seen.values().all(|count| (400..600).contains(count)), "{seen:?}");
    }

    #[test]
    fn more_odds_of_one_kind_change_nothing_about_the_others() {
        let (few, many) = (hits(&[("moderated", 0.3)], 9), hits(&[("moderated", 0.3), ("busy", 0.4), ("stalled", 1.0)], 9));
        assert!(few.iter().zip(&many).all(|(few, many)| few.ending == many.ending));
        assert_ne!(few, hits(&[("moderated", 0.3)], 8));
    }

    #[test]
    fn two_of_a_kind_are_a_mistake() {
        let faults = |names: &str| names.split(' ').map(|name| name.parse::<Fault>().unwrap()).collect::<Vec<_>>();
        assert!(Troubles::of(faults("lost_answer moderated garbage stalled callback_twice")).is_ok());
        let told = Troubles::of(faults("busy moderated lost_answer")).unwrap_err().to_string();
        assert!(told.contains("`busy` and `lost_answer` both hit the call that submits"), "{told}");
    }
}
