//! The key goes to the provider and nowhere else: not into a file, not onto a terminal, not to a download host, not even when the
//! provider itself repeats it.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::exits::{World, json, stub};
use super::{AT_ONCE, Desk, Ran, files};

const CANARY: &str = "secret-canary";
const LOUD: &str = "-vv --log-format json";

#[test]
fn the_key_is_nowhere_after_a_run() {
    let desk = Desk::new();
    let world = World::new("accept_key: secret-canary\nshots: { DOG: { fail: moderated }, EEL: { fail: lost_answer } }\n");
    let ran = desk.with_key(CANARY, &format!("{} {LOUD}", world.run())).ends(4);
    quiet_about(&desk, &[ran]);
}

#[test]
fn a_key_from_a_file_is_nowhere_after_a_run() {
    let desk = Desk::new();
    let world = World::new("accept_key: secret-canary\n");
    desk.put("key", "secret-canary\n");
    let ran = desk.rushes(&format!("{} {LOUD} --key-file key", world.run())).ends(0);
    fs::remove_file(desk.path("key")).expect("a file");
    quiet_about(&desk, &[ran]);
}

#[test]
fn the_key_to_the_providers_count_is_nowhere_either() {
    let said = |desk: &Desk, words: &str, key: Option<&str>| {
        let mut command = desk.command(&format!("{words} {LOUD}"));
        command.env("COMETAPI_KEY", "another-key");
        key.map(|key| command.env("COMETAPI_QUOTA_KEY", key));
        Ran::from(command.output().expect("an executable"))
    };
    let world = World::new("accept_key: another-key\n");
    // It is heard, and answered with itself; it is refused; it cannot be used; nobody is there.
    for (status, key) in [("200 OK", CANARY), ("403 No", CANARY), ("200 OK", "secret-canary and more")] {
        let desk = Desk::new();
        let body = json!({ "remaining_quota": CANARY, "message": format!("no such key: /user/quota?key={CANARY}") });
        let answer = json(status, &body);
        let books = stub(move |call| {
            assert!(call.starts_with("GET /user/quota?key=secret-canary HTTP/1.1\r\n"), "{call}");
            assert!(!call.to_lowercase().contains("authorization"), "{call}");
            answer.clone()
        });
        let ran = said(&desk, &format!("{} --quota-url {books}", world.run()), Some(key)).ends(0);
        quiet_about(&desk, &[ran.says(&["count", "WARN"])]);
    }
    let desk = Desk::new();
    desk.put("key", "secret-canary\n");
    let ran = said(&desk, &format!("{} --quota-url http://127.0.0.1:9 --quota-key-file key", world.run()), None).ends(0);
    fs::remove_file(desk.path("key")).expect("a file");
    quiet_about(&desk, &[ran.says(&["WARN", "going on without"])]);
    said(&desk, &format!("{} --quota-url http://films.example", world.run()), Some(CANARY))
        .ends(2)
        .says(&["HTTPS is required"]);
}

#[test]
fn a_key_that_cannot_be_used_is_not_repeated() {
    let desk = Desk::new();
    let ran = desk.with_key("secret-canary and more", &format!("run shots.yaml {LOUD}")).ends(7);
    let other =
        desk.with_key(CANARY, &format!("run shots.yaml --base-url https://127.0.0.1:9 --refusal-patience 0s {LOUD}")).ends(3);
    quiet_about(&desk, &[ran, other]);
}

#[test]
fn a_provider_that_repeats_the_key_is_not_quoted() {
    for (status, code) in
        [("200 OK", 500), ("400 Bad Request", 400), ("401 Unauthorized", 401), ("403 Forbidden", 403), ("429 No", 1)]
    {
        let desk = Desk::new();
        let body = json!({ "code": code, "message": "no good: Bearer secret-canary", "error": { "message": "secret-canary" } });
        let answer = json(status, &body);
        let base = stub(move |_| answer.clone());
        let words = format!("run shots.yaml --base-url {base} --refusal-patience 0s {AT_ONCE} {LOUD}");
        quiet_about(&desk, &[desk.with_key(CANARY, &words)]);
    }
}

#[test]
fn the_download_host_never_sees_the_key_even_when_the_link_has_it() {
    let desk = Desk::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&seen);
    let films = stub(move |call| {
        heard.lock().expect("a list").push(call.to_owned());
        let film = format!("\0\0\0\x10ftypisom\0\0\x02\0{}", " ".repeat(2000));
        let length = film.len();
        format!("HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{film}")
    });
    let base = stub(move |call| {
        assert!(call.contains("authorization: Bearer secret-canary"), "{call}");
        json(
            "200 OK",
            &match call.split_whitespace().nth(1) {
                Some("/runway/pro/generate") => json!({ "code": 200, "data": { "task_id": format!("t-{}", call.len()) } }),
                _ => json!({ "code": 200, "data": {
                    "state": "succeeded", "status": "3", "msg": "secret-canary", "video_url": format!("{films}/v.mp4?key=secret-canary"),
                }}),
            },
        )
    });
    desk.edit(", takes: 2", "");
    let words = format!("run shots.yaml --base-url {base} {AT_ONCE} {LOUD}");
    quiet_about(&desk, &[desk.with_key(CANARY, &words).ends(0)]);
    let seen = seen.lock().expect("a list");
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|call| !call.contains(CANARY) && !call.to_lowercase().contains("authorization")), "{seen:?}");
}

/// Holds that the key is in no file of the desk, the ledger's and the logs' among them, and was never said.
#[track_caller]
fn quiet_about(desk: &Desk, runs: &[Ran]) {
    for ran in runs {
        assert!(!ran.out.contains(CANARY) && !ran.err.contains(CANARY), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
    }
    let mut all = files(&desk.path(""));
    for run in fs::read_dir(desk.path("out/runs")).into_iter().flatten().flatten() {
        all.extend(files(&run.path()));
    }
    assert!(all.keys().any(|name| name.ends_with("ledger.db")) && all.contains_key("log.jsonl"), "{all:?}");
    for (name, path) in all {
        let bytes = fs::read(path).expect("a file");
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()), "the key is in {name}");
    }
}
