//! Stored videos that nobody has looked at yet, as it is with those of an older rushes.

use super::super::{Failure, Signals, say};
use super::House;
use crate::engine::Reason;
use crate::ledger::Entry;
use crate::take::{Event, State, Take};

/// So many at once are written down, so that not all is for nothing where this is stopped.
const AT_ONCE: usize = 100;

/// Looks at those among `takes`, until somebody wants the process to end, and returns all of them as they are then.
pub(super) async fn look_at(
    house: &House<'_>,
    mut takes: Vec<Take>,
    signals: &mut Option<Signals>,
) -> Result<Vec<Take>, Failure> {
    let is_unseen = |take: &&mut Take| take.record.media.is_none() && matches!(take.state, State::Stored { .. });
    let unseen: Vec<_> = takes.iter_mut().filter(is_unseen).collect();
    if unseen.is_empty() || house.stop.is_interrupted() {
        return Ok(takes);
    }
    if unseen.len() > AT_ONCE {
        let videos = say::count(unseen.len() as u64, "video");
        say::talk(format_args!("looking at {videos} that an older rushes has stored; Ctrl-C leaves them to the next run"));
    }
    let signals = Signals::heard(signals).map_err(Failure::machine)?;
    let mut entries = Vec::new();
    for take in unseen {
        tokio::select! {
            biased;
            ended = signals.next() => {
                ended.map_err(Failure::machine)?;
                house.stop.because(Reason::Interrupted);
                break;
            }
            entry = look(house, take) => entries.extend(entry?),
        }
        if entries.len() >= AT_ONCE {
            house.ledger.append(std::mem::take(&mut entries)).await?;
        }
    }
    if !entries.is_empty() {
        house.ledger.append(entries).await?;
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
