//! What the provider says of its own accord about a task, and when: the record of shape C, bare and unsigned. Pure: all of it is settled
//! when the task is made. Who carries it where is not known here.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::fault::{CallbackFault, Troubles};
use super::model::View;
use super::random::Random;
use super::script::Script;
use super::shape::Occasion;
use super::task::{Ending, Task};
use super::wire;
use crate::take::Class;

/// One callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// When it is made.
    pub(super) at: Timestamp,
    /// What of the address comes back whole.
    pub(super) address: Address,
    /// The body.
    pub(super) body: String,
}

/// What becomes of the address that the submission gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    path: bool,
    query: bool,
    forged: Option<String>,
}

/// How late callbacks come that come late.
const LATE: Duration = Duration::from_secs(600);

/// How long after the end what came before it is told, when the order is wrong.
const AFTERWARDS: Duration = Duration::from_secs(30);

/// From a callback to the same once more, and from a submission to a forgery.
const MOMENT: Duration = Duration::from_secs(1);

/// Every callback about `task`. `other` is the id of another task; `base` is where the videos are to be fetched.
pub(super) fn calls(script: &Script, task: &Task, other: Option<&str>, base: &str) -> Vec<Call> {
    let fault = task.troubles.callback;
    if !task.is_real() || fault == Some(CallbackFault::Lost) {
        return Vec::new();
    }
    let address = Address {
        path: !matches!(fault, Some(CallbackFault::NoPath | CallbackFault::Bare)),
        query: !matches!(fault, Some(CallbackFault::NoQuery | CallbackFault::Bare)),
        forged: None,
    };
    let begins = task.begins();
    let out_of_order = fault == Some(CallbackFault::OutOfOrder);
    let tells_begin = begins < task.ends() && (script.callbacks == Occasion::Change || out_of_order);
    let late = if fault == Some(CallbackFault::Late) { LATE } else { Duration::ZERO };
    let life = script.link_life_of(task);
    let says = |time, at| {
        let view = View { issued: life.map(|_| at), ..View::at(task, time) };
        Call { at, address: address.clone(), body: wire::called_back(view, base) }
    };
    let begin = if out_of_order { after(task.ends(), AFTERWARDS) } else { after(begins, late) };
    let end = says(task.ends(), after(task.ends(), late));
    let mut calls: Vec<Call> = forgery(task, other, base).into_iter().collect();
    calls.extend(tells_begin.then(|| says(begins, begin)));
    calls.push(end);
    if fault == Some(CallbackFault::Twice) {
        let again: Vec<_> = calls.iter().map(|call| Call { at: after(call.at, MOMENT), ..call.clone() }).collect();
        calls.extend(again);
    }
    calls
}

/// What somebody else sends, or the provider in error.
fn forgery(task: &Task, other: Option<&str>, base: &str) -> Option<Call> {
    let mut random = Random::of(task.seed, "forgery", 0);
    let whole = Address { path: true, query: true, forged: None };
    let about = |id: &str, ending: Ending| {
        let forged = Task { id: id.to_owned(), ending, troubles: Troubles::default(), ..task.clone() };
        wire::called_back(View::at(&forged, forged.ends()), base)
    };
    let nobody = format!("{:016x}-{:016x}", random.bits(), random.bits());
    let (address, body) = match task.troubles.callback? {
        CallbackFault::WrongToken => {
            let token = format!("{:016x}{:016x}", random.bits(), random.bits());
            let ending = Ending::Failed { class: Class::Moderated, reason: "SAFETY.INPUT.TEXT".to_owned() };
            (Address { forged: Some(token), ..whole }, about(&task.id, ending))
        }
        CallbackFault::OtherTask => (whole, about(other.unwrap_or(&nobody), Ending::Succeeded)),
        CallbackFault::UnknownTask => (whole, about(&nobody, Ending::Succeeded)),
        CallbackFault::Nonsense => (whole, "you have won a prize".to_owned()),
        _ => return None,
    };
    Some(Call { at: after(task.accepted, MOMENT), address, body })
}

impl Address {
    /// The address that is called instead of `url`, which carries `token`.
    pub(super) fn of(&self, url: &Url, token: Option<&str>) -> Url {
        let mut url = match (token, &self.forged) {
            (Some(token), Some(forged)) => url.as_str().replace(token, forged).parse().unwrap_or_else(|_| url.clone()),
            _ => url.clone(),
        };
        if !self.path {
            url.set_path("/");
        }
        if !self.query {
            url.set_query(None);
        }
        url
    }

    /// The token that arrives, where `token` was sent.
    pub(super) fn token(&self, token: Option<&str>) -> Option<String> {
        let arrives = self.path || self.query;
        token.filter(|_| arrives).map(|token| self.forged.clone().unwrap_or_else(|| token.to_owned()))
    }
}

fn after(time: Timestamp, wait: Duration) -> Timestamp {
    time.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Ask, Changes, Fault, FeedFault, Model, Script, Verdict};
    use serde_json::Value;

    const URL: &str = "https://example.com/hook/00ff?take=A_T01&token=00ff";

    fn task(troubles: Troubles) -> Task {
        let ask = Ask {
            take: Some("A_T01".into()),
            token: Some("00ff".into()),
            callback: None,
            prompt: "a cat".into(),
            ratio: "1:1".into(),
            seconds: 5,
        };
        let changes = Changes::from_yaml("queue: 10s\ngenerate: 90s").unwrap();
        let verdict = Model::new(Script::default().with(changes).unwrap()).submit(Timestamp::UNIX_EPOCH, ask);
        let Verdict::Accepted(task) = verdict else { panic!("{verdict:?}") };
        Task { troubles, ..task }
    }

    /// Each callback in the order in which it comes: when, to where, and what it says about whom.
    fn story(task: &Task, occasion: Occasion) -> String {
        let script = Script { callbacks: occasion, ..Script::default() };
        let mut calls = calls(&script, task, Some("another"), "http://127.0.0.1:1");
        calls.sort_by_key(|call| call.at);
        let url = URL.parse().unwrap();
        let told = calls.iter().map(|call| {
            let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
            let who = match body["task_id"].as_str() {
                Some(id) if id == task.id => "itself",
                Some("another") => "another",
                Some(_) => "nobody",
                None => "nothing",
            };
            let address = call.address.of(&url, Some("00ff"));
            let rest = format!("{}?{}", address.path(), address.query().unwrap_or("-"));
            let rest = rest.replace("/hook/00ff?take=A_T01&token=00ff", "right");
            let token = call.address.token(Some("00ff"));
            let rest = token.filter(|token| token != "00ff").map_or(rest, |_| "forged".to_owned());
            format!("{} s {rest} {who} {}", call.at.as_second(), body["status"].as_str().unwrap_or("-"))
        });
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_fault_does_what_it_says() {
        for &fault in CallbackFault::ALL {
            let expected = match fault {
                CallbackFault::Twice => "10 s right itself 1; 11 s right itself 1; 100 s right itself 3; 101 s right itself 3",
                CallbackFault::Late => "610 s right itself 1; 700 s right itself 3",
                CallbackFault::OutOfOrder => "100 s right itself 3; 130 s right itself 1",
                CallbackFault::Lost => "",
                CallbackFault::WrongToken => "1 s forged itself 2; 10 s right itself 1; 100 s right itself 3",
                CallbackFault::OtherTask => "1 s right another 3; 10 s right itself 1; 100 s right itself 3",
                CallbackFault::UnknownTask => "1 s right nobody 3; 10 s right itself 1; 100 s right itself 3",
                CallbackFault::Nonsense => "1 s right nothing -; 10 s right itself 1; 100 s right itself 3",
                CallbackFault::NoQuery => "10 s /hook/00ff?- itself 1; 100 s /hook/00ff?- itself 3",
                CallbackFault::NoPath => "10 s /?take=A_T01&token=00ff itself 1; 100 s /?take=A_T01&token=00ff itself 3",
                CallbackFault::Bare => "10 s /?- itself 1; 100 s /?- itself 3",
            };
            let task = task(Troubles::of([Fault::Callback(fault)]).unwrap());
            assert_eq!(story(&task, Occasion::Change), expected, "{fault:?}");
        }
    }

    #[test]
    fn what_goes_well_is_told_at_each_change_or_at_the_end() {
        let task = task(Troubles::default());
        assert_eq!(story(&task, Occasion::Change), "10 s right itself 1; 100 s right itself 3");
        assert_eq!(story(&task, Occasion::End), "100 s right itself 3");
    }

    #[test]
    fn a_ghost_never_calls() {
        let task = task(Troubles { feed: Some(FeedFault::Ghost), ..Troubles::default() });
        assert_eq!(story(&task, Occasion::Change), "");
    }

    #[test]
    fn the_token_is_lost_only_where_path_and_query_are() {
        let token =
            |path, query, forged: Option<&str>| Address { path, query, forged: forged.map(str::to_owned) }.token(Some("00ff"));
        assert_eq!(token(true, false, None).as_deref(), Some("00ff"));
        assert_eq!(token(false, true, None).as_deref(), Some("00ff"));
        assert_eq!(token(true, true, Some("ee")).as_deref(), Some("ee"));
        assert_eq!(token(false, false, None), None);
    }
}
