//! A task's record, in each of the shapes in which the feed, the create answer and the callback give it. What its words mean is in
//! `classes`. Pure.

use serde_json::Value;

use super::answer::one_line;
use super::classes::{Standing, class_of_task, standing};
use crate::provider::Callback;
use crate::take::{BadTaskId, Finish, Refund, Sighting, TaskId};

/// Where the link to the video may sit, in the order to try.
const LINKS: &[&str] = &[
    "/result_url",
    "/video_url",
    "/data/output/0",
    "/output/0",
    "/data/video_url",
    "/data/data/video_url",
    "/url",
    "/raw_video_url",
];

/// No task takes longer: the relay calls it failed before. A longer time is in another unit, or of another task.
const A_DAY: i64 = 24 * 3600;

/// The task id of a create answer; `None` when it names none.
pub(super) fn task_id(json: &Value) -> Option<Result<TaskId, BadTaskId>> {
    let text = json.pointer("/data/task_id")?.as_str()?;
    (!text.is_empty()).then(|| text.parse())
}

/// How the task of this record stands; `None` when it is no record.
pub(super) fn sighting(json: &Value) -> Option<Sighting> {
    let record = record(json)?;
    let word = word(record)?;
    Some(match standing(&word, is_the_wrappers_own(record)) {
        Standing::Unfinished => Sighting::Unfinished { word },
        Standing::Succeeded => Sighting::Succeeded { link: link(record, json), finish: finish(record) },
        Standing::Failed => failed(record, &word),
    })
}

/// What a callback says; `None` when it is no record that names its task.
pub(super) fn callback(json: &Value) -> Option<Callback> {
    let record = record(json)?;
    let task = ["task_id", "id"].iter().find_map(|name| record.get(*name)?.as_str()).filter(|id| !id.is_empty())?;
    let prompt = record.get("prompt").and_then(Value::as_str).filter(|prompt| !prompt.is_empty()).map(str::to_owned);
    Some(Callback { task: task.parse().ok()?, prompt, sighting: sighting(json)? })
}

/// The record itself: inside an envelope, or bare. A bare one names its task; otherwise it could be any service's error.
fn record(json: &Value) -> Option<&Value> {
    let has_state = |value: &Value| ["status", "state"].iter().any(|name| value.get(*name).is_some());
    let has_id = |value: &Value| ["task_id", "id"].iter().any(|name| value.get(*name).is_some_and(Value::is_string));
    let inside = json.get("data").filter(|data| has_state(data));
    let bare = Some(json).filter(|json| has_state(json) && has_id(json));
    if json.get("code").is_some() { inside.or(bare) } else { bare.or(inside) }
}

/// The state in the provider's word; the outer record wins over the one nested in it.
fn word(record: &Value) -> Option<String> {
    let nested = record.get("data");
    let of = |record: &Value| {
        let said = ["state", "status"].iter().filter_map(|name| text(record.get(*name)?));
        said.fold(None, |first: Option<String>, next| first.filter(|word| !word.is_empty()).or(Some(next)))
    };
    of(record).or_else(|| of(nested?))
}

/// Whether the record has the fields that only the wrapper's own shape has.
fn is_the_wrappers_own(record: &Value) -> bool {
    ["state", "video_url", "raw_video_url", "prompt_en", "create_time", "update_time"]
        .iter()
        .any(|name| record.get(*name).is_some())
}

/// The link to the video. Older relays put it into `fail_reason`, so a text there is no failure by itself.
fn link(record: &Value, json: &Value) -> Option<String> {
    let listed = LINKS.iter().flat_map(|path| [record.pointer(path), json.pointer(path)]);
    let in_text = record.get("fail_reason");
    let mut found = listed.chain([in_text]).flatten().filter_map(Value::as_str).map(str::trim);
    found.find(|link| is_http(link)).map(str::to_owned)
}

fn is_http(link: &str) -> bool {
    let scheme = link.split("://").next().unwrap_or_default();
    link.contains("://") && ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn failed(record: &Value, word: &str) -> Sighting {
    const REASONS: &[&str] = &["fail_reason", "failure", "failureCode", "failure_code", "msg", "message", "error"];
    let nested = record.get("data");
    let places = REASONS.iter().flat_map(|name| [record.get(*name), nested.and_then(|data| data.get(*name))]);
    let mut said: Vec<String> = Vec::new();
    for reason in places.flatten().filter_map(Value::as_str).map(one_line).filter(|reason| !reason.is_empty()) {
        if !said.contains(&reason) {
            said.push(reason);
        }
    }
    let why = if said.is_empty() { format!("the provider ended it without a reason: {word}") } else { said.join("; ") };
    Sighting::Failed { class: class_of_task(&why), why, finish: finish(record) }
}

/// What is said of a task that is over, besides how it ended: the wrapper's own accounting, and its times.
fn finish(record: &Value) -> Finish {
    let said = |name: &str| record.get(name).and_then(text);
    let points = said("point").and_then(|text| text.parse().ok()).filter(|points: &f64| points.is_finite());
    let refund = match said("refund").as_deref() {
        Some("1") => Some(Refund::Stated(true)),
        Some("0") => Some(Refund::Stated(false)),
        _ => None,
    };
    Finish { points, refund, made_in: made_in(record), unfinished_at: None }
}

/// How many seconds the task took from its submission to its end, by the record's own times: whole unix seconds, as numbers or as texts,
/// and 0 where there is none yet. The wrapper's are those of its record, so the last is when it learned of the end.
fn made_in(record: &Value) -> Option<u32> {
    const TIMES: [(&str, &str); 2] = [("submit_time", "finish_time"), ("create_time", "update_time")];
    let time = |name: &str| text(record.get(name)?)?.parse::<i64>().ok().filter(|time| *time > 0);
    let mut spans = TIMES.iter().filter_map(|(from, to)| time(to)?.checked_sub(time(from)?));
    spans.find(|seconds| (1..A_DAY).contains(seconds)).and_then(|seconds| u32::try_from(seconds).ok())
}

/// A word or number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
