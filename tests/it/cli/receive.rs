//! The callback receiver as a process of its own, and as a part of a run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use rushes::seal::Seal;
use rushes::take::Token;
use serde_json::Value;

use super::{Desk, Ran, Running, files};

/// A callback as it is documented.
const BODY: &str = r#"{"task_id":"d51c94db","status":"3","prompt":"a cat","video_url":"https://cdn.example/8af2.mp4"}"#;

#[test]
fn what_it_has_said_yes_to_outlives_it_however_it_ends() {
    for end in ["TERM", "INT", "KILL"] {
        let desk = Desk::new();
        let (mut receiver, addr) = start(&desk);
        let sealed = seal(&desk, "spool").write(Token::new(7));
        assert!(post(&addr, &format!("/{sealed}"), BODY).starts_with("HTTP/1.1 200"));
        let forged = format!("/{}{}", &sealed[..64], u8::from(sealed.ends_with('0')));
        assert!(post(&addr, &forged, BODY).starts_with("HTTP/1.1 404"), "{sealed}");
        let kept = files(&desk.path("spool/new"));
        assert_eq!(kept.len(), 1);
        if end == "KILL" {
            receiver.kill();
        } else {
            receiver.signal(end);
            receiver.until("1 callback kept, 0 known already, 0 odd, 1 refused");
            let ran = receiver.end().ends(0);
            assert!(!ran.err.contains(&sealed[33..]) && !ran.err.contains(desk.read("spool/secret").trim()), "{ran:?}");
        }
        assert_eq!(files(&desk.path("spool/new")), kept);
        let letter: Value = serde_json::from_str(&desk.read(kept.values().next().expect("a file"))).expect("JSON");
        assert_eq!((letter["token"].as_str(), letter["body"].as_str()), (Some(&sealed[..32]), Some(BODY)));
        // The next one knows it, and what it was addressed with.
        let (again, addr) = start(&desk);
        assert!(post(&addr, &format!("/?token={sealed}"), BODY).starts_with("HTTP/1.1 200"));
        assert_eq!(files(&desk.path("spool/new")), kept);
        again.kill();
    }
}

#[test]
fn what_cannot_be_meant_costs_nothing() {
    let desk = Desk::new();
    desk.rushes("receive").ends(2).says(&["--spool"]);
    desk.rushes("receive --listen here --spool s").ends(2);
    desk.rushes("run shots.yaml --inbox s --receive 127.0.0.1:0").ends(2);
    desk.rushes("run shots.yaml --public-url https://me.example").ends(2).says(&["--receive"]);
    desk.rushes("run shots.yaml --receive 127.0.0.1:0 --callback-url https://me.example").ends(2);
    let alone = desk.rushes("run shots.yaml --receive 127.0.0.1:0").ends(2);
    alone.says(&["--receive 127.0.0.1:0 alone does not tell the provider where to call back", "--public-url URL"]);
    desk.rushes("run shots.yaml --simulate --receive 0.0.0.0:0").ends(2).says(&["--public-url URL"]);
    assert_eq!(files(&desk.path("")).into_keys().collect::<Vec<_>>(), ["shots.yaml"]);
}

#[test]
fn a_spool_that_cannot_be_used_is_named() {
    let desk = Desk::new();
    desk.put("file", "");
    desk.rushes("receive --spool file").ends(7).says(&["file"]);
    fs::create_dir(desk.path("spool")).expect("a folder");
    desk.put("spool/secret", "not a secret");
    let spoilt = desk.rushes("receive --spool spool").ends(7).says(&["spool/secret", "64 hexadecimal digits"]);
    assert!(!spoilt.err.contains("not a secret"), "{spoilt:?}");
    let (receiver, addr) = start(&Desk::new());
    desk.rushes(&format!("receive --spool other --listen {addr}")).ends(7).says(&["cannot listen on", &addr]);
    receiver.kill();
}

#[test]
fn a_run_that_listens_hands_out_addresses_that_lead_to_it() {
    let desk = Desk::new();
    rehearse(&desk, "--receive 127.0.0.1:0 -v").ends(0).says(&["4 stored", "receiving callbacks"]);
    let seal = seal(&desk, "out.simulated/inbox");
    let tokens = handed_out(&desk);
    assert_eq!(tokens.len(), 4);
    assert!(tokens.iter().all(|token| seal.read(token).is_some()), "{tokens:?}");
    desk.rushes("verify out.simulated").ends(0).says(&["0 findings"]);
    let before = contents(&desk);
    rehearse(&desk, "--receive 127.0.0.1:0").ends(0).says(&["4 reused"]);
    assert_eq!(contents(&desk), before, "with nothing to do nobody listens, and nothing changes");
}

#[test]
fn a_run_with_an_inbox_seals_with_its_secret_and_warns_where_nothing_can_come() {
    let desk = Desk::new();
    rehearse(&desk, "--inbox spool").ends(0).says(&["the provider is not told where to call back", "--callback-url URL"]);
    let seal = seal(&desk, "spool");
    assert!(handed_out(&desk).iter().all(|token| seal.read(token).is_some()));
    assert!(!desk.path("out.simulated/inbox").exists());
    let desk = Desk::new();
    let new = rehearse(&desk, "--inbox spool --callback-url https://me.example").ends(0);
    assert!(new.says(&["spool is new", "spool/secret"]).err.lines().count() > 4);
    desk.edit("a dog at sea", "a dog ashore");
    let told = rehearse(&desk, "--inbox spool --callback-url https://me.example --regenerate").ends(0);
    assert!(!told.err.contains("warning"), "{told:?}");
}

#[test]
fn without_an_inbox_addresses_are_as_short_as_they_were() {
    let desk = Desk::new();
    rehearse(&desk, "").ends(0);
    assert!(handed_out(&desk).iter().all(|token| token.len() == 32 && !token.contains('-')));
    assert!(!desk.path("out.simulated/inbox").exists());
}

/// Rehearses at a speed at which a slow disk is no slow network yet.
fn rehearse(desk: &Desk, more: &str) -> Ran {
    desk.rushes(&format!("run shots.yaml --simulate --speed 1000 {more}"))
}

/// Starts a receiver with `spool` on any port. Returns where it listens.
fn start(desk: &Desk) -> (Running, String) {
    let mut receiver = desk.start("receive --listen 127.0.0.1:0 --spool spool");
    let line = receiver.line().expect("a word");
    let addr = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{line}"));
    (receiver, addr.to_owned())
}

fn seal(desk: &Desk, spool: &str) -> Seal {
    let secret = desk.read(format!("{spool}/secret"));
    let byte = |at: usize| u8::from_str_radix(&secret[at..at + 2], 16).expect("digits");
    Seal::new(&std::array::from_fn(|n| byte(2 * n)))
}

fn post(addr: &str, target: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).expect("somebody who listens");
    write!(stream, "POST {target} HTTP/1.1\r\nHost: me\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("a reader");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The tokens that stood in the callback addresses which the simulator was given.
fn handed_out(desk: &Desk) -> Vec<String> {
    let journal = desk.read("out.simulated/simulator.jsonl");
    let token = |line: &str| {
        let task: Value = serde_json::from_str(line).expect("JSON");
        task["token"].as_str().expect("a token").to_owned()
    };
    journal.lines().map(token).collect()
}

/// Everything in the output directory but the runs' logs.
fn contents(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    let read = |(name, path): (String, PathBuf)| (name, fs::read(path).expect("a file"));
    files(&desk.path("out.simulated")).into_iter().map(read).collect()
}
