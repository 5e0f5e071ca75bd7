//! Stored videos that nobody has looked at yet, as it is with those of an older rushes.

use super::super::{Failure, say};
use super::House;
use crate::ledger::Entry;
use crate::take::{Event, State, Take};

/// So many at once are written down, so that not all is for nothing where this is stopped.
const AT_ONCE: usize = 100;

/// Looks at those among `takes`, and returns all of them as they are then.
pub(super) async fn look_at(house: &House<'_>, mut takes: Vec<Take>) -> Result<Vec<Take>, Failure> {
    let is_unseen = |take: &&mut Take| take.record.media.is_none() && matches!(take.state, State::Stored { .. });
    let mut unseen: Vec<_> = takes.iter_mut().filter(is_unseen).collect();
    if unseen.len() > AT_ONCE {
        say::talk(format_args!("looking at {} that an older rushes has stored", say::count(unseen.len() as u64, "video")));
    }
    for some in unseen.chunks_mut(AT_ONCE) {
        let mut entries = Vec::new();
        for take in some {
            entries.extend(look(house, take).await?);
        }
        if !entries.is_empty() {
            house.ledger.append(entries).await?;
        }
    }
    Ok(takes)
}

/// What the bytes of a take say, if they can be read.
async fn look(house: &House<'_>, take: &mut Take) -> Result<Option<Entry>, Failure> {
    let State::Stored { asset, .. } = take.state else { return Ok(None) };
    let Some(media) = house.store.probe(&asset).await else { return Ok(None) };
    let (at, event) = (house.clock.now(), Event::Probed(media));
    take.apply(at, &event).map_err(Failure::machine)?;
    Ok(Some(Entry { take: take.name.clone(), at, event, answer: None }))
}
