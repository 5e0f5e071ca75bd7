//! How calls and answers look on the wire: JSON in, JSON out, in every shape that has been seen. No sockets, no time but what is
//! handed in, and nothing is decided here but whether a call is well formed.

mod create;
mod video;

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{BadPoll, EndingFault, FeedFault};
use super::model::{NoVideo, View};
use super::random::Random;
use super::script::Script;
use super::shape::FeedShape;
use super::task::{Ending, Phase};
use crate::take::{Finish, Refund};

/// What one video uses of the account, in points.
pub(super) const POINTS: u32 = 320;

pub use create::{created, not_written, read_create};
pub use video::{Reel, Then, Wants, show};

/// An answer, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// The headers of a call that matter here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `X-Runway-Version`.
    pub version: Option<&'a str>,
}

/// Reads the id out of a feed call.
pub fn read_feed(script: &Script, headers: Headers<'_>, body: &str) -> Result<String, Response> {
    #[derive(Deserialize)]
    struct Feed {
        task_id: String,
    }
    check_headers(script, headers)?;
    let feed: Feed = serde_json::from_str(body).map_err(|e| gateway_error(400, "invalid_request", &e.to_string()))?;
    Ok(feed.task_id)
}

/// The answer to a question about a task; `None`: the connection closes without one. `base` is where the videos are to be fetched,
/// without a slash at the end.
pub fn fed(view: Option<View<'_>>, base: &str) -> Option<Response> {
    match view {
        None => Some(coded(400, "task_not_exist")),
        Some(View { spoilt: Some(bad), .. }) => spoilt(bad),
        Some(view) => Some(told(view, base)),
    }
}

/// What the provider says when it calls back: the record of shape C, without its word for the state.
pub fn called_back(view: View<'_>, base: &str) -> String {
    let mut record = wrapper_record(view, base);
    if let Some(fields) = record.as_object_mut() {
        fields.remove("state");
    }
    record.to_string()
}

fn spoilt(bad: BadPoll) -> Option<Response> {
    Some(match bad {
        BadPoll::Status(500) => gateway_error(500, "", "the table cannot be read"),
        BadPoll::Status(429) => text(429, ""),
        BadPoll::Status(status) => gateway_page(status),
        BadPoll::Garbage => text(200, "\u{fffd}\u{1}PK{{{"),
        BadPoll::Cut => return None,
    })
}

fn told(view: View<'_>, base: &str) -> Response {
    let body = match view.task.feed_shape {
        FeedShape::Relay => json!({"code": "success", "message": "", "data": relay_record(view, base)}),
        FeedShape::Bare => bare_record(view, base),
        FeedShape::Wrapper => json!({"code": 200, "msg": "成功", "data": wrapper_record(view, base), "exec_time": 0}),
    };
    json_response(200, &body)
}

/// The answer to a link that leads to no video.
pub fn no_video(why: NoVideo) -> Response {
    match why {
        NoVideo::Unknown => Response { content_type: "text/html", ..text(404, "<h1>404 Not Found</h1>") },
        NoVideo::Expired => Response { content_type: "text/html", ..text(410, "<h1>410 Gone</h1>") },
        NoVideo::Unavailable => gateway_page(503),
    }
}

/// The provider's word for the state of a task: any of those that mean the same, but always the same one for one task.
pub fn word(view: View<'_>) -> &'static str {
    const QUEUED: [&str; 7] = ["NOT_START", "SUBMITTED", "QUEUED", "PENDING", "UNKNOWN", "CREATED", "preparing"];
    const RUNNING: [&str; 4] = ["IN_PROGRESS", "RUNNING", "processing", "GENERATING"];
    const SUCCEEDED: [&str; 4] = ["SUCCESS", "SUCCEEDED", "succeed", "COMPLETED"];
    const FAILED: [&str; 4] = ["FAILURE", "FAILED", "fail", "ERROR"];
    let mut random = Random::of(view.task.seed, "word", 0);
    let odd = view.task.troubles.feed == Some(FeedFault::OddWord);
    let ended = view.task.troubles.ending.and_then(EndingFault::word);
    match (view.phase, &view.task.ending, view.task.feed_shape) {
        (Phase::Running { .. }, ..) if odd => "WARMING_UP",
        (Phase::Ended, Ending::Failed { .. }, _) if ended.is_some() => ended.unwrap_or_default(),
        (Phase::Queued, ..) if view.task.throttled => "THROTTLED",
        (Phase::Queued, _, FeedShape::Wrapper) => "",
        (Phase::Running { .. }, _, FeedShape::Wrapper) => "processing",
        (Phase::Ended, Ending::Succeeded, FeedShape::Wrapper) => "succeeded",
        (Phase::Ended, Ending::Failed { .. }, FeedShape::Wrapper) => "failed",
        (Phase::Queued, ..) => random.pick(&QUEUED),
        (Phase::Running { .. }, ..) => random.pick(&RUNNING),
        (Phase::Ended, Ending::Succeeded, _) => random.pick(&SUCCEEDED),
        (Phase::Ended, Ending::Failed { .. }, _) => random.pick(&FAILED),
    }
}

/// Where the video of a finished task is to be fetched.
pub fn link(view: View<'_>, base: &str) -> Option<String> {
    let mark = view.issued.map(|at| format!("?issued={}", at.as_millisecond())).unwrap_or_default();
    view.task.has_link(view.as_of).then(|| format!("{base}/videos/{}.mp4{mark}", view.task.id))
}

/// The task's id and the mark out of what [`link`] wrote behind its base.
pub fn read_link(path_and_query: &str) -> Option<(String, Option<Timestamp>)> {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let id = path.strip_prefix("/videos/")?.strip_suffix(".mp4")?;
    let issued = query.strip_prefix("issued=").and_then(|ms| ms.parse().ok());
    Some((id.to_owned(), issued.and_then(|ms| Timestamp::from_millisecond(ms).ok())))
}

fn check_headers(script: &Script, headers: Headers<'_>) -> Result<(), Response> {
    let key = headers.authorization.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    let known = script.accept_key.as_ref().map_or(!key.is_empty(), |expected| key == expected);
    match (known, headers.version) {
        (false, _) => Err(bad_key()),
        (true, None) => Err(gateway_error(400, "invalid_request", "the X-Runway-Version header is missing")),
        (true, Some(_)) => Ok(()),
    }
}

/// Shape A without its envelope. The link is in one of the places where relays have been seen to put it.
fn relay_record(view: View<'_>, base: &str) -> Value {
    let task = view.task;
    let created = task.accepted.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let mut record = common_record(view);
    record["data"] = json!({"id": task.id, "status": nested_word(view), "createdAt": created});
    if let Some(link) = link(view, base) {
        match Random::of(task.seed, "link", 0).below(4) {
            0 => record["data"]["output"] = json!([link]),
            1 => record["data"]["video_url"] = json!(link),
            2 => record["fail_reason"] = json!(link),
            _ => record["result_url"] = json!(link),
        }
    }
    record
}

/// Shape B.
fn bare_record(view: View<'_>, base: &str) -> Value {
    let mut record = common_record(view);
    record["result_url"] = json!(link(view, base).unwrap_or_default());
    record["data"] = json!({"id": view.task.id, "status": nested_word(view)});
    record
}

/// What shapes A and B have in common.
fn common_record(view: View<'_>) -> Value {
    let task = view.task;
    let finished = if view.phase == Phase::Ended { task.ends().as_second() } else { 0 };
    json!({
        "task_id": task.id, "action": "TEXT_TO_VIDEO", "status": word(view), "fail_reason": reason(view).unwrap_or_default(),
        "submit_time": task.accepted.as_second(), "start_time": task.begun(view.as_of).map_or(0, Timestamp::as_second),
        "finish_time": finished, "progress": format!("{}%", percent(view)),
    })
}

/// Shape C without its envelope.
fn wrapper_record(view: View<'_>, base: &str) -> Value {
    let task = view.task;
    let link = link(view, base);
    let status = match (view.phase, &task.ending) {
        (Phase::Queued, _) => "0",
        (Phase::Running { .. }, _) => "1",
        (Phase::Ended, Ending::Failed { .. }) => "2",
        (Phase::Ended, Ending::Succeeded) => "3",
    };
    json!({
        "task_id": task.id, "state": word(view), "status": status, "prompt": task.ask.prompt, "prompt_en": task.ask.prompt,
        "video_url": link, "poster": null, "last_frame": null, "msg": reason(view), "point": POINTS.to_string(),
        "refund": if has_failed(view) { "1" } else { "0" },
        "create_time": task.accepted.as_second().to_string(), "update_time": view.as_of.as_second().to_string(),
    })
}

/// What each shape says of a task that is over: all how long it took, and the wrapper's own what it costs.
pub(super) fn finish(view: View<'_>) -> Finish {
    let taken = |until: Timestamp| u32::try_from(until.as_second() - view.task.accepted.as_second()).ok();
    match view.task.feed_shape {
        FeedShape::Wrapper => Finish {
            points: Some(POINTS.into()),
            refund: Some(Refund::Stated(has_failed(view))),
            made_in: taken(view.as_of).filter(|seconds| *seconds > 0),
            unfinished_at: None,
        },
        FeedShape::Relay | FeedShape::Bare => {
            Finish { made_in: taken(view.task.ends()).filter(|seconds| *seconds > 0), ..Finish::default() }
        }
    }
}

fn has_failed(view: View<'_>) -> bool {
    matches!((view.phase, &view.task.ending), (Phase::Ended, Ending::Failed { .. }))
}

/// The official service's word, which the relay passes on inside its own record.
fn nested_word(view: View<'_>) -> &'static str {
    match (view.phase, &view.task.ending) {
        (Phase::Queued, _) => "PENDING",
        (Phase::Running { .. }, _) => "RUNNING",
        (Phase::Ended, Ending::Succeeded) => "SUCCEEDED",
        (Phase::Ended, Ending::Failed { .. }) => "FAILED",
    }
}

fn percent(view: View<'_>) -> u8 {
    match view.phase {
        Phase::Queued => 0,
        Phase::Running { percent } => percent,
        Phase::Ended => 100,
    }
}

fn reason(view: View<'_>) -> Option<&str> {
    match &view.task.ending {
        Ending::Failed { reason, .. } if view.phase == Phase::Ended => Some(reason),
        Ending::Failed { .. } | Ending::Succeeded => None,
    }
}

pub(super) fn bad_key() -> Response {
    gateway_error(401, "", "invalid token")
}

fn coded(status: u16, code: &str) -> Response {
    json_response(status, &json!({"code": code, "message": code, "data": null}))
}

fn gateway_error(status: u16, code: &str, message: &str) -> Response {
    let message = format!("{message} (request id: simulated)");
    json_response(status, &json!({"error": {"code": code, "message": message, "type": "comet_api_error"}}))
}

fn html_page() -> Response {
    Response { content_type: "text/html", ..text(200, "<!doctype html><title>Welcome</title><h1>It works!</h1>") }
}

fn gateway_page(status: u16) -> Response {
    let page = format!("<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>");
    Response { content_type: "text/html", ..text(status, &page) }
}

pub(super) fn json_response(status: u16, body: &Value) -> Response {
    Response { content_type: "application/json", ..text(status, &body.to_string()) }
}

fn text(status: u16, body: &str) -> Response {
    Response { status, content_type: "text/plain", headers: Vec::new(), body: body.to_owned() }
}

impl Response {
    /// The same answer with one more header.
    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Ask, Changes, Model, Verdict};
    use std::fmt::Write as _;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn every_shape_of_a_life_is_as_the_contract_has_it() {
        let mut told = String::new();
        for shape in FeedShape::ALL {
            let yaml =
                "hidden: 1s\nqueue: 10s\ngenerate: 10s\nrefresh: 1s\ncreate_shape: plain\nshots: { B: { fail: moderated } }";
            let script = Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap();
            let mut model = Model::new(Script { feed_shape: Some(shape), ..script });
            for (take, moments) in [("A_T01", &[0, 5, 15, 20][..]), ("B_T01", &[20])] {
                let ask = Ask {
                    take: Some(take.into()),
                    token: None,
                    callback: None,
                    prompt: "a cat".into(),
                    ratio: "1:1".into(),
                    seconds: 5,
                };
                let Verdict::Accepted(task) = model.submit(at(0), ask) else { panic!() };
                for moment in moments {
                    let body = fed(model.look(at(*moment), &task.id), "http://127.0.0.1:1").unwrap().body;
                    writeln!(told, "{moment:>2} s  {}", body.replace(&task.id, "<id>")).unwrap();
                }
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_link_reads_back() {
        let mut model = Model::new(Script::default().with(Changes::from_yaml("link_life: 1m").unwrap()).unwrap());
        let ask = Ask { take: None, token: None, callback: None, prompt: "a cat".into(), ratio: "1:1".into(), seconds: 5 };
        let Verdict::Accepted(task) = model.submit(at(0), ask) else { panic!() };
        let link = link(model.look(at(900), &task.id).unwrap(), "http://127.0.0.1:1").unwrap();
        let rest = link.strip_prefix("http://127.0.0.1:1").unwrap();
        assert_eq!(read_link(rest), Some((task.id, Some(at(900)))));
        assert_eq!(read_link("/videos/../x"), None);
    }
}
