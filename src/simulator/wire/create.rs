//! The call that submits, on the wire: what it must hold, and how it is answered.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Headers, Response, bad_key, check_headers, coded, gateway_error, gateway_page, html_page, json_response, text};
use crate::address::is_loopback;
use crate::motion::Motion;
use crate::simulator::fault::CallFault;
use crate::simulator::model::Verdict;
use crate::simulator::script::Script;
use crate::simulator::shape::CreateShape;
use crate::simulator::task::{Ask, Task};

/// A well-formed create call. The fields that the simulator does not use are read to see that they are there.
#[derive(Deserialize)]
struct Create {
    prompt: String,
    ratio: String,
    #[serde(rename = "style")]
    _style: String,
    #[serde(rename = "model")]
    _model: String,
    options: Options,
}

#[derive(Deserialize)]
struct Options {
    seconds: u8,
    #[serde(rename = "motion_vector")]
    _motion: Motion,
}

/// Reads a create call, or says what is wrong with it in the wrapper's words.
pub fn read_create(script: &Script, headers: Headers<'_>, body: &str) -> Result<Ask, Response> {
    check_headers(script, headers)?;
    let value: Value = serde_json::from_str(body).map_err(|e| gateway_error(500, "invalid_request", &e.to_string()))?;
    let callback = value.get("callback_url").and_then(Value::as_str).unwrap_or_default();
    let callback = Url::parse(callback).map_err(|_| coded(400, "callback_url_empty"))?;
    let create: Create = serde_json::from_value(value).map_err(|e| gateway_error(400, "invalid_request", &e.to_string()))?;
    check_fields(&create)?;
    let parameter = |name| callback.query_pairs().find(|(key, _)| key == name).map(|(_, text)| text.into_owned());
    Ok(Ask {
        take: parameter("take"),
        token: parameter("token"),
        callback: is_loopback(&callback).then(|| callback.to_string()),
        prompt: create.prompt,
        ratio: create.ratio,
        seconds: create.options.seconds,
    })
}

/// The answer at `now` to a submission; `None`: the connection closes without one.
pub fn created(script: &Script, now: Timestamp, verdict: &Verdict) -> Option<Response> {
    match verdict {
        Verdict::Accepted(task) if task.troubles.call == Some(CallFault::TwoDocuments) => {
            let first = accepted(task);
            let body = format!("{}\n{}", first.body, json!({"code": 500, "msg": "a second thought", "data": null}));
            Some(Response { body, ..first })
        }
        Verdict::Accepted(task) => Some(accepted(task)),
        Verdict::Refused(fault) | Verdict::Unheard { fault, .. } => troubled(script, now, *fault),
    }
}

/// The answer to a submission that was taken on and could not be written down.
pub fn not_written(error: &std::io::Error) -> Response {
    gateway_error(500, "insert_task_failed", &error.to_string())
}

/// What comes instead of an accepting answer.
fn troubled(script: &Script, now: Timestamp, fault: CallFault) -> Option<Response> {
    let wait = script.retry_after_seconds();
    let seconds = wait.unwrap_or(5);
    let busy = || match wait {
        Some(seconds) => text(429, "").with("retry-after", seconds.to_string()),
        None => text(429, ""),
    };
    Some(match fault {
        CallFault::Busy => busy(),
        CallFault::BusyInWords => gateway_error(429, "rate_limit_exceeded", "too many requests"),
        CallFault::BusyForSeconds => text(429, "").with("retry-after", seconds.to_string()),
        CallFault::BusyUntil => {
            let until = now.saturating_add(Duration::from_secs(seconds)).unwrap_or(now);
            text(429, "").with("retry-after", DateTimePrinter::new().timestamp_to_rfc9110_string(&until).unwrap_or_default())
        }
        CallFault::RelayBusy => gateway_error(503, "system_busy", "the system is busy, try again later"),
        CallFault::Rejected => {
            json_response(200, &json!({"code": 422, "msg": "the wrapper does not accept this prompt", "data": null}))
        }
        CallFault::Malformed => gateway_error(500, "invalid_request", "the request cannot be read"),
        CallFault::Forbidden => gateway_error(403, "", "this key may not use this model"),
        CallFault::NoChannel => gateway_error(503, "model_not_found", "no available channel for this model"),
        CallFault::NoMoney => {
            json_response(403, &json!({"code": "quota_not_enough", "message": "the account has no quota left", "data": null}))
        }
        CallFault::BadKey => bad_key(),
        CallFault::Redirect => text(302, "").with("location", "https://api.example/".to_owned()),
        CallFault::HtmlPage => html_page(),
        CallFault::BadGateway => gateway_page(502),
        CallFault::GatewayDown => gateway_page(503),
        CallFault::UpstreamTimeout => gateway_page(504),
        CallFault::GatewayTimeout => gateway_page(524),
        CallFault::GatewayConfused => gateway_page(520),
        CallFault::GatewayUnreached => gateway_page(522),
        CallFault::RequestFailed => coded(500, "do_request_failed"),
        CallFault::InsertFailed => coded(500, "insert_task_failed"),
        CallFault::NoId => json_response(200, &json!({"code": 200, "msg": "success", "data": {"task_id": ""}})),
        CallFault::HalfAnswer => {
            Response { content_type: "application/json", ..text(200, r#"{"code":200,"msg":"success","data":{"ta"#) }
        }
        CallFault::LostAnswer | CallFault::Reset | CallFault::Slow | CallFault::TwoDocuments => return None,
    })
}

fn check_fields(create: &Create) -> Result<(), Response> {
    let told = match create {
        Create { prompt, .. } if prompt.trim().is_empty() => "prompt is empty",
        Create { options: Options { seconds: 5 | 10, .. }, .. } => return Ok(()),
        _ => "options.seconds must be 5 or 10",
    };
    Err(gateway_error(400, "invalid_request", told))
}

fn accepted(task: &Task) -> Response {
    let id = &task.id;
    let body = match task.create_shape {
        CreateShape::Timed => json!({"code": 200, "msg": "成功", "data": {"task_id": id}, "exec_time": 0.675_73}),
        CreateShape::Plain => json!({"code": 200, "message": "", "msg": "success", "data": {"task_id": id}}),
        CreateShape::Record => json!({"code": 200, "msg": "成功", "data": {
            "task_id": id, "state": "", "status": "0", "prompt": "", "prompt_en": null, "video_url": null,
            "raw_video_url": null, "poster": null, "last_frame": null, "msg": null, "create_time": "0", "update_time": "0",
        }, "exec_time": 0}),
    };
    json_response(200, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Model;
    use crate::simulator::fault::Outcome;
    use std::collections::HashSet;

    const GOOD: &str = concat!(
        r#"{"callback_url":"https://example.com/hook/00ff?take=SC010_T01&token=00ff","ratio":"16:9","prompt":"a cat","style":"cinematic","#,
        r#""model":"gen4","options":{"seconds":5,"motion_vector":{"x":0,"y":0.4,"z":0,"r":-6,"bg_x_pan":0,"bg_y_pan":0}}}"#
    );

    const HEADERS: Headers<'_> = Headers { authorization: Some("Bearer k"), version: Some("2024-11-06") };

    fn refused(headers: Headers<'_>, body: &str) -> (u16, String) {
        let script = Script { accept_key: Some("k".into()), ..Script::default() };
        let response = read_create(&script, headers, body).unwrap_err();
        (response.status, response.body)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_good_call_is_read() {
        let ask = read_create(&Script::default(), HEADERS, GOOD).unwrap();
        assert_eq!((ask.take.as_deref(), ask.token.as_deref()), (Some("SC010_T01"), Some("00ff")));
        assert_eq!((ask.prompt.as_str(), ask.ratio.as_str(), ask.seconds), ("a cat", "16:9", 5));
    }

    #[test]
    fn a_bad_call_is_refused_in_the_wrappers_words() {
        let check = |headers, body: &str, status, word: &str| {
            let (s, b) = refused(headers, body);
            assert!(s == status && b.contains(word), "{s} {b}");
        };
        check(Headers { authorization: Some("Bearer x"), ..HEADERS }, GOOD, 401, "comet_api_error");
        check(Headers { authorization: None, ..HEADERS }, GOOD, 401, "comet_api_error");
        check(Headers { version: None, ..HEADERS }, GOOD, 400, "X-Runway-Version");
        check(HEADERS, "{", 500, "invalid_request");
        check(HEADERS, "{}", 400, "callback_url_empty");
        check(HEADERS, &GOOD.replace("https://example.com", ""), 400, "callback_url_empty");
        for field in ["ratio", "prompt", "style", "model", "options", "seconds", "motion_vector", "bg_y_pan"] {
            check(HEADERS, &GOOD.replace(&format!("\"{field}\""), "\"other\""), 400, field);
        }
        check(HEADERS, &GOOD.replace(":5,", ":7,"), 400, "seconds");
        check(HEADERS, &GOOD.replace("a cat", " "), 400, "prompt");
    }

    #[test]
    fn answers_to_a_submission_come_in_three_shapes() {
        let mut model = Model::new(Script::default());
        let mut shapes = HashSet::new();
        for n in 0..40 {
            let ask = Ask {
                take: Some(format!("A{n}_T01")),
                token: None,
                callback: None,
                prompt: String::new(),
                ratio: String::new(),
                seconds: 5,
            };
            let verdict = model.submit(at(n), ask);
            let Verdict::Accepted(task) = &verdict else { panic!() };
            let response = created(model.script(), at(n), &verdict).unwrap();
            let body: Value = serde_json::from_str(&response.body).unwrap();
            assert_eq!((response.status, &body["code"], &body["data"]["task_id"]), (200, &json!(200), &json!(task.id)));
            shapes.insert((body["data"].as_object().unwrap().len(), body.get("message").is_some()));
        }
        assert_eq!(shapes.len(), 3);
    }

    #[test]
    fn every_fault_has_an_answer_unless_the_connection_closes() {
        for &fault in CallFault::ALL {
            let answer = troubled(&Script::default(), at(0), fault);
            let silent = matches!(fault, CallFault::LostAnswer | CallFault::Reset) || fault.outcome() == Outcome::Accepted;
            assert_eq!(answer.is_none(), silent, "{fault:?}");
            let named = answer.map(|answer| format!("HTTP {}", answer.status)).filter(|_| fault.about().contains("HTTP"));
            assert!(named.is_none_or(|status| fault.about().contains(&status)), "{fault:?}");
        }
    }

    #[test]
    fn a_refusal_for_now_says_when_to_come_back_if_the_script_does() {
        let said = |script: &Script, fault| created(script, at(0), &Verdict::Refused(fault)).unwrap().headers;
        let header = |value: &str| vec![("retry-after", value.to_owned())];
        let script = Script { retry_after: Some(Duration::from_secs(3)), ..Script::default() };
        assert_eq!(said(&Script::default(), CallFault::Busy), []);
        assert_eq!(said(&script, CallFault::Busy), header("3"));
        assert_eq!(said(&Script::default(), CallFault::BusyForSeconds), header("5"));
        assert_eq!(said(&script, CallFault::BusyUntil), header("Fri, 15 Jan 2027 08:00:03 GMT"));
        assert_eq!(said(&script, CallFault::BusyInWords), []);
    }
}
