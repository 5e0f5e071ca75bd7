//! Every answer that the contract names, and what each is taken for. A row that is wrong here is money.

use proptest::prelude::*;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::*;
use crate::provider::RetryAfter;
use crate::take::{Finish, Refund};

const ID: &str = "0ab3bfe2-be23-4635-8c35-890fb2c1732d";
const PAGE: &str = "<!DOCTYPE html><html><body>Bad gateway</body></html>";

#[test]
fn a_submission_is_accepted_only_with_status_code_and_task_id() {
    let relay_id = format!("task_{}", "a".repeat(32));
    let longest = "x".repeat(191);
    let accepted = |body: &str, id: &str| check(Call::Create, 200, body, &format!("accepted {id}"));
    accepted(r#"{"code":200,"msg":"成功","data":{"task_id":"ID"},"exec_time":0.67573}"#, ID);
    accepted(r#"{"code":200,"message":"","msg":"success","data":{"task_id":"ID"}}"#, ID);
    accepted(
        r#"{"code":200,"msg":"成功","data":{"task_id":"ID","state":"","status":"0","prompt":"","prompt_en":null,"video_url":null,
            "raw_video_url":null,"poster":null,"last_frame":null,"msg":null,"create_time":"0","update_time":"0"},"exec_time":0}"#,
        ID,
    );
    accepted(r#"{"code":"200","data":{"task_id":"ID"}}"#, ID);
    accepted(r#"{"code":"success","data":{"task_id":"ID"}}"#, ID);
    accepted(r#"{"code":"SUCCESS","msg":"error: failed","data":{"task_id":"ID"}}"#, ID);
    accepted(&format!(r#"{{"code":200,"data":{{"task_id":"{relay_id}"}}}}"#), &relay_id);
    accepted(&format!(r#"{{"code":200,"data":{{"task_id":"{longest}"}}}}"#), &longest);
    accepted("{\"code\":200,\"data\":{\"task_id\":\"ID\"}}\n{\"code\":500,\"msg\":\"second\"}", ID);
    accepted("{\"code\":200,\"data\":{\"task_id\":\"ID\"}}<html>", ID);
    accepted("\u{feff} {\"code\":200,\"data\":{\"task_id\":\"ID\"}}", ID);
    check(Call::Create, 201, r#"{"code":200,"data":{"task_id":"ID"}}"#, &format!("accepted {ID}"));
    check(Call::Create, 200, r#"html {"code":200,"data":{"task_id":"ID"}}"#, &format!("accepted {ID}"));
}

#[test]
fn an_answer_that_tells_nothing_certain_leaves_a_submission_unclear() {
    let too_long = format!(r#"{{"code":200,"data":{{"task_id":"{}"}}}}"#, "x".repeat(192));
    for (status, body) in [
        // Accepted, but by no name that can be asked about.
        (200, r#"{"code":200,"data":{"task_id":""}}"#),
        (200, r#"{"code":200,"data":{"task_id":null}}"#),
        (200, r#"{"code":200,"data":{"task_id":7}}"#),
        (200, r#"{"code":200,"data":{"task_id":"two words"}}"#),
        (200, r#"{"code":200,"data":null}"#),
        (200, r#"{"code":200}"#),
        (200, &too_long),
        // Refused, but with the name of a task.
        (200, r#"{"code":0,"data":{"task_id":"ID"}}"#),
        (200, r#"{"code":200.0,"data":{"task_id":"ID"}}"#),
        (200, r#"{"code":"ok","data":{"task_id":"ID"}}"#),
        (200, r#"{"code":"quota_not_enough","task_id":"ID"}"#),
        (400, r#"{"code":"invalid_request","data":{"task_id":"ID"}}"#),
        (429, r#"{"code":200,"data":{"task_id":"ID"}}"#),
        (503, r#"{"code":"busy","data":{"task_id":"ID"}}"#),
        // No code.
        (200, r#"{"data":{"task_id":"ID"}}"#),
        (200, r#"{"task_id":"ID"}"#),
        (200, r#"{"code":null,"data":{"task_id":"ID"}}"#),
        (200, r#"{"code":null}"#),
        (200, r#"{"code":"","error":{"code":"","message":"something","type":"comet_api_error"}}"#),
        // Nothing that can be read.
        (200, ""),
        (204, ""),
        (200, "OK"),
        (200, "null"),
        (200, "[]"),
        (200, r#"{"code":200,"data":{"task_id":"0ab3"#),
        (200, r#"{"code":408,"msg":"timeout","data":null}"#),
        (200, r#"{"code":"do_request_failed","data":null}"#),
        (400, r#"{"code":"insert_task_failed","data":null}"#),
        (408, ""),
        (499, PAGE),
        (500, ""),
        (500, r#"{"code":"do_request_failed","message":"EOF","data":null}"#),
        (500, r#"{"code":"insert_task_failed","message":"","data":null}"#),
        (500, r#"{"error":{"code":"","message":"oops (request id: 1)","type":"comet_api_error"}}"#),
        (500, "no available channel"),
        (502, PAGE),
        (504, ""),
        (520, PAGE),
        (521, PAGE),
        (522, PAGE),
        (523, PAGE),
        (524, PAGE),
        // Only the relay's own error says that the call went no further.
        (503, ""),
        (503, PAGE),
        (503, "Service Unavailable"),
        (503, r#"{"message":"Service Unavailable"}"#),
        (503, r#"{"code":200,"msg":"success"}"#),
        (503, r#"{"code":0}"#),
        (503, r#"{"code":503,"message":"Service Unavailable"}"#),
        (503, r#"{"code":"do_request_failed","message":"upstream"}"#),
        (503, r#"{"code":"fail_to_fetch_task","message":"upstream"}"#),
        (599, r#"{"code":"anything"}"#),
        (100, ""),
    ] {
        check(Call::Create, status, body, "unclear");
    }
}

#[test]
fn what_an_unclear_answer_knows_all_the_same_is_kept() {
    let doubt = |status, body: &str| {
        let headers = HeaderMap::from_iter([(HeaderName::from_static("cf-ray"), HeaderValue::from_static("8f0-FRA"))]);
        match read(Call::Create, status, &headers, body.as_bytes()) {
            Answer::Unclear(doubt) | Answer::Stranger(doubt) => doubt,
            other => panic!("{other:?}"),
        }
    };
    let named = format!(r#"{{"code":"insert_task_failed","message":"oops (request id: 7)","data":{{"task_id":"{ID}"}}}}"#);
    assert_eq!(
        doubt(500, &named),
        Doubt {
            why: "HTTP 500: insert_task_failed: oops (request id: 7)".into(),
            task: ID.parse().ok(),
            request_id: Some("7".into()),
            last_bytes: Some(named.clone()),
        }
    );
    let page = doubt(524, PAGE);
    assert_eq!((page.task, page.request_id.as_deref(), page.last_bytes.as_deref()), (None, Some("8f0-FRA"), Some(PAGE)));
    assert_eq!(doubt(200, PAGE).last_bytes.as_deref(), Some(PAGE));
    // An id that cannot be asked about is seen in what came, and nowhere else.
    assert_eq!(doubt(400, r#"{"code":"x","data":{"task_id":"two words"},"task_id":""}"#).task, None);
    assert_eq!(doubt(400, &format!(r#"{{"data":{{"task_id":"two words"}},"task_id":"{ID}"}}"#)).task, ID.parse().ok());
    assert_eq!(doubt(500, "").last_bytes, None);
}

#[test]
fn a_page_is_the_wrong_address_and_may_still_have_cost_money() {
    check(Call::Create, 200, PAGE, "stranger");
    check(Call::Create, 200, "html Welcome", "stranger");
    check(Call::Create, 200, "  <p>Welcome", "stranger");
    check(Call::Create, 303, "", "stranger");
    for status in [301, 302, 307, 308] {
        check(Call::Create, status, PAGE, "halt WrongAddress");
        check(Call::Feed, status, "", "halt WrongAddress");
    }
    for status in [400, 403, 404, 405] {
        check(Call::Create, status, PAGE, "halt WrongAddress");
        check(Call::Feed, status, PAGE, "halt WrongAddress");
    }
    check(Call::Create, 404, r#"{"error":{"message":"Invalid URL (POST /runway/pro/generate)"}}"#, "halt WrongAddress");
    check(Call::Create, 405, "", "halt WrongAddress");
    check(Call::Feed, 200, PAGE, "stranger");
}

#[test]
fn a_refusal_in_an_envelope_is_one_whatever_its_code() {
    for code in ["500", r#""504""#, "503", "0", "201", r#""fail""#] {
        let body = format!(r#"{{"code":{code},"msg":"timeout","data":null}}"#);
        check(Call::Create, 200, &body, "never Unknown");
    }
}

#[test]
fn a_refusal_says_whether_it_is_for_now_for_good_or_for_all() {
    let refused = |status: u16, body: &str, expected: &str| {
        check(Call::Create, status, body, expected);
        check(Call::Feed, status, body, expected);
    };
    refused(200, r#"{"code":422,"msg":"the prompt is too long","data":null}"#, "never Input");
    refused(200, r#"{"code":10001,"msg":"no","data":null}"#, "never Unknown");
    refused(200, r#"{"code":"fail","message":"no","data":null}"#, "never Unknown");
    refused(200, r#"{"code":404,"msg":"no such style","data":null}"#, "never Unknown");
    refused(200, r#"{"code":403,"msg":"no","data":null}"#, "never Account");
    refused(200, r#"{"code":401,"msg":"invalid token","data":null}"#, "halt BadKey");
    refused(200, r#"{"code":429,"msg":"slow down","data":null}"#, "not now");
    refused(200, r#"{"code":"callback_url_empty","message":"callback_url_empty","data":null}"#, "never Input");
    refused(400, r#"{"code":"callback_url_empty","message":"callback_url_empty","data":null}"#, "never Input");
    refused(400, r#"{"error":{"code":"","message":"bad ratio (request id: 1)","type":"comet_api_error"}}"#, "never Input");
    refused(400, r#"{"code":"fail_to_fetch_task","message":"prompt too long","data":null}"#, "never Input");
    refused(400, "", "never Input");
    refused(413, "", "never Input");
    refused(
        500,
        r#"{"error":{"code":"invalid_request","message":"no (request id: 1)","type":"comet_api_error"}}"#,
        "never Input",
    );
    refused(401, r#"{"error":{"code":"","message":"invalid token","type":"comet_api_error"}}"#, "halt BadKey");
    refused(401, "", "halt BadKey");
    refused(401, PAGE, "halt BadKey");
    refused(403, r#"{"error":{"code":"","message":"this key may not","type":"comet_api_error"}}"#, "never Account");
    refused(403, "", "never Account");
    for code in ["quota_not_enough", "insufficient_user_quota", "pre_consume_token_quota_failed"] {
        for status in [200, 400, 403, 404, 429, 500] {
            refused(status, &format!(r#"{{"code":"{code}","message":"no money","data":null}}"#), "halt NoMoney");
            check(Call::Create, status, &format!(r#"{{"error":{{"code":"{code}","message":"no"}}}}"#), "halt NoMoney");
        }
    }
    refused(402, "", "halt NoMoney");
    for status in [200, 400, 404, 503] {
        refused(status, r#"{"code":"model_not_found","message":"gen9"}"#, "never Account");
        check(Call::Create, status, r#"{"error":{"message":"No available channel for model gen9"}}"#, "never Account");
    }
    refused(503, r#"{"error":{"code":"","message":"overloaded (request id: 1)","type":"comet_api_error"}}"#, "not now");
    refused(503, r#"{"code":"system_busy","message":"busy","data":null}"#, "not now");
    refused(429, "", "not now");
    refused(429, PAGE, "not now");
    refused(429, r#"{"error":{"code":"rate_limit","message":"slow down"}}"#, "not now");
}

#[test]
fn moderation_is_told_from_every_other_refusal_and_failure() {
    for (reason, class) in [
        ("SAFETY.INPUT.TEXT", "Moderated"),
        ("SAFETY", "Moderated"),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", "Moderated"),
        ("INTERNAL error: SAFETY.OUTPUT.VIDEO", "Moderated"),
        ("your prompt was flagged by our moderation", "Moderated"),
        ("sensitive_words_detected", "Moderated"),
        ("ASSET.INVALID", "Input"),
        ("INPUT_PREPROCESSING.BAD_TEXT", "Input"),
        ("INTERNAL.BAD_OUTPUT.CODE01", "Internal"),
        ("INTERNAL", "Internal"),
        ("INPUT_PREPROCESSING.INTERNAL", "Internal"),
        ("task failed: THIRD_PARTY.UNAVAILABLE", "Internal"),
        ("nothing known", "Unknown"),
    ] {
        let refusal = format!(r#"{{"code":9,"msg":"{reason}","data":null}}"#);
        check(Call::Create, 200, &refusal, &format!("never {class}"));
        let failure = format!(r#"{{"code":"success","data":{{"status":"FAILURE","fail_reason":"{reason}"}}}}"#);
        check(Call::Feed, 200, &failure, &format!("failed {class}"));
        let official = format!(r#"{{"id":"ID","status":"FAILED","failure":"no","failureCode":"{reason}"}}"#);
        check(Call::Feed, 200, &official, &format!("failed {class}"));
        let wrapper = format!(r#"{{"code":200,"data":{{"task_id":"ID","status":"2","msg":"{reason}","create_time":"1"}}}}"#);
        check(Call::Feed, 200, &wrapper, &format!("failed {class}"));
    }
    check(Call::Create, 403, r#"{"code":"x","message":"SAFETY.INPUT.TEXT"}"#, "never Moderated");
    check(Call::Create, 400, r#"{"code":"fail_to_fetch_task","message":"content policy"}"#, "never Moderated");
}

#[test]
fn every_state_word_is_known_in_every_shape_and_case() {
    let unfinished = [
        "NOT_START",
        "SUBMITTED",
        "QUEUED",
        "PENDING",
        "THROTTLED",
        "CREATED",
        "PREPARING",
        "UNKNOWN",
        "0",
        "",
        "IN_PROGRESS",
        "RUNNING",
        "PROCESSING",
        "GENERATING",
        "1",
    ];
    for word in unfinished {
        assert!(classes::is_state(word) && classes::is_state(&word.to_lowercase()), "{word}");
        states(word, &format!("unfinished {word}"), &format!("unfinished {}", word.to_lowercase()));
    }
    for word in ["SUCCESS", "SUCCEEDED", "SUCCEED", "COMPLETED"] {
        states(word, "succeeded -", "succeeded -");
    }
    for word in ["FAILURE", "FAILED", "FAIL", "ERROR", "CANCELLED", "CANCELED", "EXPIRED"] {
        states(word, "failed Unknown", "failed Unknown");
    }
    assert!(!classes::is_state("REVIEWING"));
    states("REVIEWING", "unfinished REVIEWING", "unfinished reviewing");
}

/// Checks a state word, as it is and in lower case, in all shapes, enveloped and bare.
fn states(word: &str, expected: &str, expected_of_lower_case: &str) {
    for (word, expected) in [(word.to_owned(), expected), (word.to_lowercase(), expected_of_lower_case)] {
        let relay = format!(r#"{{"task_id":"ID","status":"{word}","fail_reason":"","progress":"0%","data":{{"id":"ID"}}}}"#);
        let wrapper = format!(r#"{{"task_id":"ID","state":"{word}","status":"","create_time":"1"}}"#);
        for record in [relay, wrapper] {
            check(Call::Feed, 200, &record, expected);
            check(Call::Feed, 200, &format!(r#"{{"code":"success","message":"","data":{record}}}"#), expected);
            check(Call::Feed, 200, &format!(r#"{{"code":200,"msg":"成功","data":{record}}}"#), expected);
            check(Call::Feed, 200, &format!(r#"{{"data":{record}}}"#), expected);
        }
    }
}

#[test]
fn digits_are_states_only_in_the_wrappers_own_shape() {
    let link = "https://cdn.example/53aa.mp4";
    for (digit, expected) in [("0", "unfinished 0"), ("1", "unfinished 1"), ("2", "failed Unknown")] {
        check(
            Call::Feed,
            200,
            &format!(r#"{{"code":200,"data":{{"task_id":"ID","status":"{digit}","prompt_en":""}}}}"#),
            expected,
        );
        check(Call::Feed, 200, &format!(r#"{{"task_id":"ID","status":"{digit}","create_time":"1"}}"#), expected);
    }
    let made = format!(r#"{{"task_id":"ID","status":"3","prompt":"a cat","video_url":"{link}","point":"320","refund":"0"}}"#);
    check(Call::Feed, 200, &made, &format!("succeeded {link}"));
    check(Call::Feed, 200, r#"{"code":200,"data":{"state":"succeeded","status":"3","video_url":null}}"#, "succeeded -");
    check(Call::Feed, 200, r#"{"code":200,"data":{"state":"processing","status":"3"}}"#, "unfinished processing");
    for digit in ["2", "3"] {
        let relay = format!(r#"{{"task_id":"ID","action":"X","status":"{digit}","fail_reason":"","progress":"9%"}}"#);
        check(Call::Feed, 200, &relay, &format!("unfinished {digit}"));
        check(Call::Feed, 200, &format!(r#"{{"code":"success","data":{relay}}}"#), &format!("unfinished {digit}"));
    }
}

#[test]
fn the_outer_record_wins_over_the_one_nested_in_it() {
    let nested = |outer: &str, inner: &str| {
        format!(r#"{{"code":"success","data":{{"task_id":"ID",{outer}"data":{{"id":"ID","status":"{inner}"}}}}}}"#)
    };
    check(Call::Feed, 200, &nested(r#""status":"QUEUED","#, "SUCCEEDED"), "unfinished QUEUED");
    check(Call::Feed, 200, &nested(r#""status":"FAILURE","#, "RUNNING"), "failed Unknown");
    check(Call::Feed, 200, &nested(r#""status":"SUCCESS","#, "PENDING"), "succeeded -");
    check(Call::Feed, 200, &nested(r#""status":null,"#, "RUNNING"), "unfinished RUNNING");
}

#[test]
fn how_long_a_task_took_is_read_where_it_can_be_true() {
    let (first, day) = (1_734_078_348_i64, 24 * 3600);
    let made_in = |times: serde_json::Value| {
        let mut record = serde_json::json!({"task_id": ID, "status": "SUCCESS", "result_url": "https://v/1"});
        record.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        match read(Call::Feed, 200, &HeaderMap::new(), record.to_string().as_bytes()) {
            Answer::Seen(Sighting::Succeeded { finish, .. }) => finish.made_in,
            other => panic!("{other:?}"),
        }
    };
    let relay = |from, to| made_in(serde_json::json!({"submit_time": from, "start_time": 0, "finish_time": to}));
    assert_eq!(relay(first, first + 104), Some(104));
    assert_eq!(made_in(serde_json::json!({"create_time": "1734078348", "update_time": "1734078452"})), Some(104));
    assert_eq!(made_in(serde_json::json!({"submit_time": 0, "finish_time": 0, "create_time": 5, "update_time": 9})), Some(4));
    for (from, to) in [(0, first), (first, 0), (first, first), (first, first - 1), (first, first + day), (i64::MIN, i64::MAX)] {
        assert_eq!(relay(from, to), None, "{from} {to}");
    }
    for odd in [serde_json::json!({}), serde_json::json!({"submit_time": [], "finish_time": "soon", "create_time": "1.5"})] {
        assert_eq!(made_in(odd), None);
    }
}

#[test]
fn links_are_looked_for_in_the_documented_order() {
    // Each record has one link fewer than the one before.
    let places: [fn(&mut serde_json::Value); 9] = [
        |record| record["result_url"] = "https://v/1".into(),
        |record| record["video_url"] = "https://v/2".into(),
        |record| record["data"]["output"] = serde_json::json!(["https://v/3"]),
        |record| record["output"] = serde_json::json!(["https://v/4"]),
        |record| record["data"]["video_url"] = "https://v/5".into(),
        |record| record["data"]["data"]["video_url"] = "https://v/6".into(),
        |record| record["url"] = "https://v/7".into(),
        |record| record["raw_video_url"] = "https://v/8".into(),
        |record| record["fail_reason"] = "https://v/9".into(),
    ];
    for first in 0..places.len() {
        let mut record = serde_json::json!({"task_id": ID, "status": "SUCCESS", "result_url": "", "video_url": null});
        places[first..].iter().for_each(|put| put(&mut record));
        let expected = format!("succeeded https://v/{}", first + 1);
        check(Call::Feed, 200, &record.to_string(), &expected);
        check(Call::Feed, 200, &serde_json::json!({"code": "success", "data": record}).to_string(), &expected);
    }
}

#[test]
fn only_a_link_is_a_link_and_only_success_has_one() {
    let with = |state: &str, reason: &str| {
        let record = serde_json::json!({"task_id": ID, "status": state, "fail_reason": reason, "data": null});
        serde_json::json!({"code": "success", "message": "", "data": record}).to_string()
    };
    check(Call::Feed, 200, &with("SUCCESS", " HTTP://v/1.mp4 "), "succeeded HTTP://v/1.mp4");
    for reason in ["", "none", "ftp://v/1", "httpx", "see https://v/1"] {
        check(Call::Feed, 200, &with("SUCCESS", reason), "succeeded -");
    }
    check(Call::Feed, 200, &with("IN_PROGRESS", "https://v/1"), "unfinished IN_PROGRESS");
    check(Call::Feed, 200, &with("FAILURE", "https://v/1"), "failed Unknown");
}

#[test]
fn a_question_about_a_task_is_answered_by_its_record_or_not_at_all() {
    check(Call::Feed, 400, r#"{"code":"task_not_exist","message":"task_not_exist","data":null}"#, "not exist");
    check(Call::Feed, 200, r#"{"code":400,"msg":"task_not_exist","data":null}"#, "not exist");
    check(Call::Create, 400, r#"{"code":"task_not_exist","message":"task_not_exist","data":null}"#, "never Input");
    for body in [
        "",
        "null",
        "[]",
        r#"{"code":200,"data":null}"#,
        r#"{"code":200,"data":{"task_id":"ID"}}"#,
        r#"{"code":"success","data":{"task_id":"ID","status":null}}"#,
        // Another service's words for its own trouble.
        r#"{"status":"error","message":"database is down"}"#,
        r#"{"status":"fail","data":null}"#,
    ] {
        check(Call::Feed, 200, body, "unclear");
    }
    for status in [500, 502, 504, 520, 524] {
        check(Call::Feed, status, PAGE, "unclear");
        check(Call::Feed, status, r#"{"code":"do_request_failed"}"#, "unclear");
    }
    check(Call::Feed, 404, r#"{"error":{"message":"not found"}}"#, "never Input");
}

#[test]
fn a_pause_is_asked_for_in_seconds_or_as_a_date() {
    let date = RetryAfter::At("1994-11-06T08:49:37Z".parse().unwrap());
    for (text, expected) in [
        ("120", Some(RetryAfter::Seconds(120))),
        (" 0 ", Some(RetryAfter::Seconds(0))),
        // The three forms of RFC 9110, section 5.6.7.
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(date)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(date)),
        ("Sun Nov  6 08:49:37 1994", Some(date)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("99999999999999999999999", None),
    ] {
        for (status, body) in [(429, ""), (503, r#"{"code":"busy"}"#), (200, r#"{"code":429}"#)] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
            let answer = read(Call::Create, status, &headers, body.as_bytes());
            let Answer::NotNow { retry_after, .. } = answer else { panic!("{answer:?}") };
            assert_eq!(retry_after, expected, "{text:?}");
        }
    }
}

#[test]
fn the_reason_is_told_in_the_providers_words_on_one_short_line() {
    let told = |status, body: &str| match read(Call::Create, status, &HeaderMap::new(), body.as_bytes()) {
        Answer::Never { why, .. } | Answer::NotNow { why, .. } | Answer::Halt { why, .. } => why,
        Answer::Unclear(doubt) => doubt.why,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(200, r#"{"code":422,"msg":"no\n\tcats","data":null}"#), "HTTP 200: 422: no cats");
    assert_eq!(told(500, r#"{"error":{"code":"invalid_request","message":"bad"}}"#), "HTTP 500: invalid_request: bad");
    assert_eq!(told(429, ""), "HTTP 429 without a body");
    assert_eq!(told(502, PAGE), "HTTP 502: an HTML page");
    assert!(told(400, &"x".repeat(9999)).len() < 400);
}

proptest! {
    #[test]
    fn no_bytes_are_ever_taken_for_acceptance(status in 100..1000_u16, body in any::<Vec<u8>>()) {
        for call in [Call::Create, Call::Feed] {
            let answer = read(call, status, &HeaderMap::new(), &body);
            prop_assert!(!matches!(answer, Answer::Accepted(_)), "{answer:?}");
        }
    }

    #[test]
    fn acceptance_needs_all_three_and_trouble_is_never_a_refusal(status in 100..600_u16, body in some_body()) {
        let text = body.to_string();
        let answer = read(Call::Create, status, &HeaderMap::new(), text.as_bytes());
        let good = [serde_json::json!(200), "200".into(), "success".into()].contains(&body["code"]);
        let named = body["data"]["task_id"].as_str().is_some_and(|id| id.parse::<TaskId>().is_ok());
        prop_assert_eq!(matches!(answer, Answer::Accepted(_)), (200..300).contains(&status) && good && named, "{:?}", answer);
        prop_assert!(!matches!(answer, Answer::Seen(_)), "{:?}", answer);
        let surely_not_paid = matches!(answer, Answer::NotNow { .. } | Answer::Never { .. } | Answer::Halt { .. });
        let known = ["quota_not_enough", "invalid_request", "model_not_found"].iter().any(|code| text.contains(code));
        let relays_own = status == 503 && (text.contains("busy") || text.contains("error"));
        prop_assert!(!surely_not_paid || status < 500 || known || relays_own, "{:?}", answer);
        prop_assert!(!surely_not_paid || !named, "{:?}", answer);
    }

    #[test]
    fn a_question_is_never_taken_for_a_submission(status in 100..600_u16, body in some_body()) {
        let answer = read(Call::Feed, status, &HeaderMap::new(), body.to_string().as_bytes());
        prop_assert!(!matches!(answer, Answer::Accepted(_)), "{:?}", answer);
        prop_assert!((200..300).contains(&status) || !matches!(answer, Answer::Seen(_)), "{:?}", answer);
    }
}

/// A body with some of the fields that matter, and some of the values that they have or might have.
fn some_body() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let codes = [
        json!(200),
        json!("200"),
        json!("success"),
        json!(0),
        json!(422),
        json!(500),
        json!(503),
        json!(""),
        Value::Null,
        json!("busy"),
        json!("quota_not_enough"),
        json!("invalid_request"),
        json!("do_request_failed"),
        json!("model_not_found"),
        json!("fail_to_fetch_task"),
        json!([]),
    ];
    let data = [
        Value::Null,
        json!({}),
        json!({"task_id": ID}),
        json!({"task_id": ""}),
        json!({"task_id": 7}),
        json!("text"),
        json!({"task_id": ID, "status": "SUCCESS"}),
        json!({"task_id": ID, "status": "3", "state": ""}),
    ];
    let errors = [Value::Null, json!("error"), json!({"message": "error"}), json!({"code": "invalid_request"})];
    let some = |values: Vec<Value>| proptest::option::of(proptest::sample::select(values));
    (some(codes.into()), some(data.into()), some(errors.into())).prop_map(|(code, data, error)| {
        let fields = [("code", code), ("data", data), ("error", error)];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<serde_json::Map<_, _>>().into()
    })
}

/// Reads `body`, in which `ID` stands for a task id, and holds the answer against `expected` in the words of [`told`]. A body
/// after the word `html` is announced as a page.
fn check(call: Call, status: u16, body: &str, expected: &str) {
    let mut headers = HeaderMap::new();
    let (kind, body) = body.strip_prefix("html ").map_or(("application/json", body), |body| ("text/html; charset=utf-8", body));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let body = body.replace("\"ID\"", &format!("\"{ID}\""));
    let answer = read(call, status, &headers, body.as_bytes());
    assert_eq!(told(&answer), expected, "{call:?} {status} {body}: {answer:?}");
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Accepted(task) => format!("accepted {task}"),
        Answer::Seen(Sighting::NotExist) => "not exist".into(),
        Answer::Seen(Sighting::Unfinished { word }) => format!("unfinished {word}"),
        Answer::Seen(Sighting::Succeeded { link, .. }) => format!("succeeded {}", link.as_deref().unwrap_or("-")),
        Answer::Seen(Sighting::Failed { class, .. }) => format!("failed {class:?}"),
        Answer::NotNow { .. } => "not now".into(),
        Answer::Unreached { .. } => "unreached".into(),
        Answer::Never { class, .. } => format!("never {class:?}"),
        Answer::Unclear(_) => "unclear".into(),
        Answer::Halt { cause, .. } => format!("halt {cause:?}"),
        Answer::Stranger(_) => "stranger".into(),
    }
}

#[test]
fn a_callback_is_a_record_that_names_its_task() {
    let read = |body: &str| super::callback(body.as_bytes());
    let documented = concat!(
        r#"{"task_id":"d51c94db","status":"3","prompt":"a cat","prompt_en":"a little kitten.","video_url":"https://cdn.example/8af2.mp4","#,
        r#""poster":"https://cdn.example/6771.png","msg":null,"point":"320","refund":"0","create_time":"1728622596"}"#
    );
    let link = Some("https://cdn.example/8af2.mp4".to_owned());
    let task: TaskId = "d51c94db".parse().unwrap();
    let finish = Finish { points: Some(320.0), refund: Some(Refund::Stated(false)), ..Finish::default() };
    let expected =
        Callback { task: task.clone(), prompt: Some("a cat".into()), sighting: Sighting::Succeeded { link, finish } };
    assert_eq!(read(documented), Some(expected.clone()));
    assert_eq!(read(&format!(r#"{{"code":200,"data":{documented}}}"#)), Some(expected));
    let running = r#"{"task_id":"d51c94db","status":"1","prompt":"","video_url":null}"#;
    let sighting = Sighting::Unfinished { word: "1".into() };
    assert_eq!(read(running), Some(Callback { task, prompt: None, sighting }));
    for other in [
        "",
        "null",
        "[]",
        "{}",
        "\"3\"",
        r#"{"status":"3"}"#,
        r#"{"task_id":"","status":"3"}"#,
        r#"{"task_id":"a b","status":"3"}"#,
    ] {
        assert_eq!(read(other), None, "{other}");
    }
}
