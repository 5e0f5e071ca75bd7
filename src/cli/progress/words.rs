//! What is told of an event: to a person, and to the log.

use jiff::Timestamp;

use crate::engine::about;
use crate::report::{off_spec, visible};
use crate::take::{Doubt, Event, Take};

/// What a person is told of an event, on one line whose characters stay where they are; nothing of the small steps.
pub(super) fn told(take: &Take, event: &Event, now: Timestamp) -> Option<String> {
    said(take, event, now).map(|line| visible(&line))
}

fn said(take: &Take, event: &Event, now: Timestamp) -> Option<String> {
    Some(match event {
        Event::Accepted { task } => format!("accepted as task {task}"),
        Event::Adopted { task } => format!("settled: it is task {task}"),
        Event::Deferred { why, until } => match until.duration_since(now).as_secs() {
            ..=0 => format!("not taken on: {why}"),
            seconds => format!("not taken on, again in {seconds} s: {why}"),
        },
        Event::Rejected { class, why } => format!("rejected: {}", class.told(why)),
        Event::AnswerLost(doubt) => format!("unresolved, perhaps paid for: {}", doubt.why),
        Event::Failed { class, why, .. } => format!("failed: {}", class.told(why)),
        Event::Retried { .. } => "to be submitted once more".to_owned(),
        Event::Stored { asset } => format!("stored, {} bytes, {}", asset.bytes, crate::layout::video(&take.name)),
        Event::Probed(_) => format!("off-spec: {}", off_spec(take)?),
        Event::Planned { .. }
        | Event::Further
        | Event::Intent { .. }
        | Event::Freed
        | Event::Seen { .. }
        | Event::Succeeded { .. }
        | Event::Missing
        | Event::Tagged { .. }
        | Event::Annotated(_)
        | Event::Reviewed(_) => return None,
    })
}

/// Every step, for the log; the small ones, which the ledger has anyway, only where they are asked for.
pub(super) fn log(take: &Take, event: &Event) {
    let (kind, task) = (event.kind(), take.state.task());
    match event {
        Event::Deferred { why, .. } | Event::AnswerLost(Doubt { why, .. }) => about!(info, take, task, event = kind, why),
        Event::Rejected { class, why } | Event::Failed { class, why, .. } => {
            about!(info, take, task, event = kind, class = class.as_str(), why);
        }
        Event::Stored { asset } => {
            about!(info, take, task, event = kind, digest = %asset.digest, bytes = asset.bytes);
        }
        Event::Probed(_) => {
            if let Some(why) = off_spec(take) {
                about!(info, take, task, event = kind, why);
            } else {
                about!(debug, take, task, event = kind);
            }
        }
        Event::Seen { word } => about!(debug, take, task, event = kind, word),
        Event::Intent { token, .. } => about!(debug, take, task, event = kind, token = %token),
        Event::Accepted { .. } | Event::Succeeded { .. } => about!(debug, take, task, event = kind),
        _ => about!(info, take, task, event = kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use crate::shot::TakeNo;

    #[test]
    fn what_a_provider_says_moves_nothing_on_a_terminal() {
        let request = Request::sample("a cat");
        let key = request.key("cometapi", TakeNo::FIRST);
        let take = Take::new("CAT_T01".parse().unwrap(), request, key, Vec::new());
        let event = Event::Deferred { why: "busy\u{202e}\u{1b}[2J\nnow".into(), until: Timestamp::UNIX_EPOCH };
        let told = told(&take, &event, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(told, "not taken on: busy\u{fffd}\u{fffd}[2J now");
    }
}
