//! Picks from the command line and from the page: into the ledger, beside runs, and to the next ones.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use rushes::ledger::{self, Holder};
use serde_json::{Value, json};

use super::{Desk, Ran};

/// A desk on which two takes of CAT, one of DOG and one of EEL are stored.
fn finished() -> Desk {
    let desk = Desk::new();
    desk.edit("output: out\n", "output: out\nprices: { currency: USD, per_take: 0.25 }\n");
    desk.rehearse("").ends(0);
    desk
}

/// What is said of each take, as `results.json` in the output directory has it.
fn said(desk: &Desk) -> Value {
    let results: Value = serde_json::from_str(&desk.read("out.simulated/results.json")).expect("JSON");
    let takes = results["takes"].as_array().expect("takes").clone();
    let name =
        |take: &Value| format!("{}_T{:02}", take["shot"].as_str().expect("an id"), take["take"].as_u64().expect("a number"));
    let reviewed = takes.iter().filter(|take| take["review"] != json!({}));
    reviewed.map(|take| (name(take), take["review"].clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn what_is_picked_and_rejected_is_in_the_ledger_and_in_the_files() {
    let desk = finished();
    desk.rushes("pick CAT T02 DOG out.simulated").ends(0).says(&["picked: CAT_T02, DOG_T01", "2 takes changed"]);
    desk.rushes("reject CAT_T01 shots.yaml --simulate --rating 2").ends(0).says(&["rejected: CAT_T01"]);
    desk.rushes("pick CAT T02 out.simulated --rating 5").ends(0).says(&["1 take changed"]);
    desk.rushes("pick CAT T02 out.simulated").ends(0).says(&["0 takes changed; of 1 take the same was said before"]);
    let mut command = desk.command("reject EEL out.simulated --note");
    Ran::from(command.arg("=1+1, <b>").output().expect("an executable")).ends(0);
    let expected = json!({
        "CAT_T01": { "verdict": "reject", "rating": 2 },
        "CAT_T02": { "verdict": "pick", "rating": 5 },
        "DOG_T01": { "verdict": "pick" },
        "EEL_T01": { "verdict": "reject", "note": "=1+1, <b>" },
    });
    assert_eq!(said(&desk), expected);
    let quiet = desk.rushes("pick EEL --clear --rating 3 -o out.simulated -q").ends(0);
    assert_eq!((quiet.out, quiet.err), (String::new(), String::new()));
    assert_eq!(said(&desk)["EEL_T01"], json!({ "rating": 3 }), "what is said beside it is all that is said");
    desk.rushes("pick EEL --clear out.simulated").ends(0);
    assert_eq!(said(&desk).get("EEL_T01"), None);
    let before = desk.read("out.simulated/results.json");
    desk.rehearse("").ends(0).says(&["4 reused; 0 submissions"]);
    assert_eq!(desk.read("out.simulated/results.json"), before, "a finished manifest stays a no-op");
    desk.rushes("verify out.simulated").ends(0).says(&["0 findings"]);
    assert_eq!(desk.json("report out.simulated --only review:picked")["takes"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.json("report out.simulated --only review:unreviewed")["takes"].as_array().map(Vec::len), Some(1));
}

#[test]
fn every_mistake_is_told_and_nothing_is_written() {
    let desk = finished();
    let before = fs::read(desk.path("out.simulated/ledger.db")).expect("a ledger");
    let told =
        ["CAT has several takes with a video: T01, T02; say which", "did you mean DOG?", "2 mistakes; nothing was written"];
    desk.rushes("pick DOG CAT DGO out.simulated").ends(2).says(&told);
    desk.rushes("pick DOG T02 out.simulated").ends(2).says(&["there is no take DOG_T02; that shot has T01"]);
    desk.rushes("pick").ends(2).says(&["<TAKE|MANIFEST|DIR>"]);
    desk.rushes("pick out.simulated").ends(2).says(&["which takes of out.simulated? it names none"]);
    desk.put("picks.json", "[1]");
    let told =
        ["these are no picks as the page saves them: invalid type: sequence, expected an object with `version` and `takes`"];
    desk.rushes("pick --from picks.json out.simulated").ends(2).says(&told).says(&["--from takes a picks.json"]);
    desk.rushes("reject DOG out.simulated --from picks.json").ends(2);
    desk.rushes("pick DOG out.simulated --rating 6").ends(2).says(&["a rating is a whole number from 1 to 5"]);
    desk.rushes("pick DOG nowhere").ends(2);
    desk.put("picks.json", r#"{"version":1,"takes":{"DOG_T01":{"verdict":"pick","stars":3},"COW_T01":{}}}"#);
    desk.rushes("pick --from picks.json out.simulated")
        .ends(2)
        .says(&["picks.json: takes.DOG_T01.stars: there is no such field"]);
    desk.put("picks.json", r#"{"version":1,"takes":{"DOG_T01":{"verdict":"pick"},"COW_T01":{},"CAT_T09":{}}}"#);
    let told =
        ["picks.json: there is no take COW_T01; did you mean CAT_T01?", "picks.json: there is no take CAT_T09", "2 mistakes"];
    desk.rushes("pick --from picks.json out.simulated").ends(2).says(&told);
    desk.rushes("pick --from picks.json DOG out.simulated").ends(2).says(&["say one or the other"]);
    desk.rushes("pick --from none.json out.simulated").ends(2).says(&["cannot read the picks none.json"]);
    desk.rushes("pick --from picks.json out.simulated --rating 3").ends(2).says(&["cannot be used with"]);
    desk.rushes("review --listen 0.0.0.0:0 out.simulated").ends(2).says(&["only this machine may listen"]);
    assert_eq!(fs::read(desk.path("out.simulated/ledger.db")).expect("a ledger"), before);
    assert_eq!(said(&desk), json!({}));
}

#[test]
fn of_very_many_mistakes_the_first_are_told() {
    let desk = finished();
    let takes: Vec<_> = (0..30_000).map(|number| format!(r#""COW{number}_T01":{{"verdict":"pick"}}"#)).collect();
    desk.put("picks.json", &format!(r#"{{"version":1,"takes":{{{}}}}}"#, takes.join(",")));
    let ran = desk.rushes("pick --from picks.json out.simulated").ends(2);
    assert_eq!(ran.err.matches("there is no take").count(), 20);
    ran.says(&["… and 29980 more", "30000 mistakes; nothing was written"]);
}

#[test]
fn what_the_page_has_saved_replaces_what_was_said_of_the_same_takes() {
    let desk = finished();
    desk.rushes("pick CAT T01 out.simulated --rating 3 --note old").ends(0);
    desk.rushes("reject EEL out.simulated").ends(0);
    let picks = r#"{"version":1,"takes":{"CAT_T01":{"verdict":"reject"},"CAT_T02":{"note":"soft"},"DOG_T01":{},"EEL_T01":{}}}"#;
    desk.put("picks.json", picks);
    let told = ["rejected: CAT_T01", "3 takes changed; of 1 take the same was said before"];
    desk.rushes("pick --from picks.json out.simulated").ends(0).says(&told);
    assert_eq!(said(&desk), json!({ "CAT_T01": { "verdict": "reject" }, "CAT_T02": { "note": "soft" } }));
    desk.with_input(picks, "pick --from - out.simulated").ends(0).says(&["0 takes changed; of 4 takes"]);
}

#[test]
fn where_there_is_one_output_directory_it_needs_no_name() {
    let desk = finished();
    desk.rushes("pick DOG").ends(2).says(&["this is no output directory, and there is none in out/"]);
    fs::create_dir(desk.path("out")).expect("a folder");
    fs::rename(desk.path("out.simulated"), desk.path("out/one.simulated")).expect("a folder");
    desk.rushes("pick DOG").ends(0).says(&["picked: DOG_T01"]);
    let mut inside = desk.command("reject DOG");
    Ran::from(inside.current_dir(desk.path("out/one.simulated")).output().expect("an executable"))
        .ends(0)
        .says(&["rejected: DOG_T01"]);
    for name in ["two", "three"] {
        fs::create_dir(desk.path(format!("out/{name}"))).expect("a folder");
        fs::copy(desk.path("out/one.simulated/ledger.db"), desk.path(format!("out/{name}/ledger.db"))).expect("a ledger");
    }
    desk.rushes("pick DOG").ends(2).says(&["there are several output directories: out/three, out/two", "as the last word"]);
    desk.rushes("pick DOG --simulate").ends(0).says(&["picked: DOG_T01"]);
    // What lies there by chance is no output directory.
    fs::create_dir(desk.path("DOG")).expect("a folder");
    fs::write(desk.path("T02"), "").expect("a file");
    desk.rushes("reject EEL DOG --simulate").ends(0).says(&["rejected: EEL_T01, DOG_T01"]);
    desk.rushes("pick CAT T02 --simulate").ends(0).says(&["picked: CAT_T02"]);
    fs::create_dir(desk.path("COW")).expect("a folder");
    desk.rushes("pick DOG COW --simulate").ends(2).says(&["there is no ledger.db in COW"]);
    fs::copy(desk.path("out/one.simulated/ledger.db"), desk.path("DOG/ledger.db")).expect("a ledger");
    desk.rushes("pick EEL DOG").ends(0).says(&["picked: EEL_T01", "1 take changed"]);
}

#[test]
fn beside_the_output_directory_a_manifest_is_no_take() {
    let desk = finished();
    desk.rushes("pick CAT T02 shots.yaml --output out.simulated").ends(0).says(&["picked: CAT_T02"]);
    fs::write(desk.path("DOG"), "").expect("a file");
    desk.rushes("pick CAT_T01 DOG --output out.simulated").ends(0).says(&["picked: CAT_T01, DOG_T01"]);
    desk.rushes("pick DOG nothing.yaml --output out.simulated")
        .ends(2)
        .says(&["there is no take or shot called `nothing.yaml`"]);
}

#[test]
fn more_takes_are_made_of_the_rejected_ones_and_picks_survive() {
    let desk = finished();
    let old = fs::read(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("a video");
    desk.rushes("pick CAT T02 EEL out.simulated").ends(0);
    desk.rushes("reject CAT T01 DOG out.simulated --note soft").ends(0);
    desk.rushes("plan --regenerate state:rejected shots.yaml --simulate").ends(0).says(&[
        "CAT_T03  submit      0.25 USD  a further take, as agreed",
        "DOG_T02  submit      0.25 USD  a further take, as agreed",
        "2 submit (0.50 USD), 4 keep",
    ]);
    desk.with_key("k", "run shots.yaml --regenerate state:rejected -o out.simulated").ends(2);
    desk.rehearse("--regenerate state:rejected").ends(0).says(&["6 takes: 2 stored, 4 reused; 2 submissions"]);
    let expected = json!({
        "CAT_T01": { "verdict": "reject", "note": "soft" },
        "CAT_T02": { "verdict": "pick" },
        "DOG_T01": { "verdict": "reject", "note": "soft" },
        "EEL_T01": { "verdict": "pick" },
    });
    assert_eq!(said(&desk), expected, "what was said stays, and nothing is said of the new ones");
    assert_eq!(fs::read(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("a video"), old);
    desk.rehearse("").ends(0).says(&["6 reused; 0 submissions"]);
    // It is wished for anew each time, as with any other selector.
    desk.rehearse("--regenerate=review:rejected --only DOG").ends(0).says(&["1 submission"]);
    desk.rushes("reject DOG_T01 out.simulated --clear").ends(0);
    desk.rushes("plan shots.yaml --simulate --regenerate review:rejected --only DOG")
        .ends(2)
        .says(&["selects none of 3 takes"]);
}

#[test]
fn a_refusal_of_the_provider_is_selected_as_well_by_its_state_and_not_as_a_review() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: rejected } }");
    desk.rehearse("--script script.yaml").ends(1);
    let rejected = desk.json("status shots.yaml --simulate")["takes"]
        .as_array()
        .expect("takes")
        .iter()
        .any(|take| take["outcome"] == "rejected");
    assert!(rejected, "a refusal");
    desk.rushes("reject EEL out.simulated").ends(0);
    let count = |only: &str| desk.json(&format!("report out.simulated --only {only}"))["takes"].as_array().map(Vec::len);
    assert_eq!((count("state:rejected"), count("review:rejected")), (Some(2), Some(1)));
    desk.rushes("pick DOG out.simulated").ends(2).says(&["no take of DOG has a video"]);
}

#[test]
fn a_plan_that_was_saved_is_not_moved_by_what_is_said_meanwhile() {
    let desk = Desk::new();
    desk.rehearse("--only CAT").ends(0);
    desk.rushes("plan shots.yaml --simulate -o plan.json").ends(0);
    desk.rushes("reject CAT T01 out.simulated").ends(0);
    desk.rushes("run --plan plan.json --simulate --speed 10000").ends(0).says(&["2 stored, 2 reused"]);
}

#[test]
fn while_a_run_is_on_it_is_picked_all_the_same_and_the_run_writes_the_page() {
    let desk = finished();
    desk.edit("a dog at sea", "a dog ashore");
    let mut run = desk.start("run shots.yaml --simulate --speed 1 --regenerate");
    run.until("accepted as task");
    desk.rushes("pick CAT T02 out.simulated").ends(0).says(&[
        "picked: CAT_T02",
        "somebody else holds out.simulated (process ",
        "a run writes the page and the results anew",
    ]);
    assert_eq!(said(&desk), json!({}));
    run.signal("TERM");
    run.end().ends(3);
    assert_eq!(said(&desk), json!({ "CAT_T02": { "verdict": "pick" } }));
}

#[test]
fn the_page_is_served_to_whoever_knows_its_address_and_what_it_says_outlives_it() {
    let desk = finished();
    for end in ["INT", "TERM", "HUP", "KILL"] {
        let mut room = Served::open(&desk, "review out.simulated");
        assert!(room.ask("GET", "", "").starts_with("HTTP/1.1 200"));
        assert!(room.ask("GET", "shots/DOG_T01.mp4", "").starts_with("HTTP/1.1 200"));
        let said_now = json!({ "take": "DOG_T01", "verdict": "pick", "note": end });
        assert!(room.ask("POST", "review", &said_now.to_string()).starts_with("HTTP/1.1 200"));
        if end == "KILL" {
            // A little later the files say so as well, while it is open.
            let written = (0..100_000).any(|_| {
                room.ask("GET", "reviews", "");
                said(&desk)["DOG_T01"]["note"] == "KILL"
            });
            assert!(written, "{}", said(&desk));
        }
        let err = room.end(end);
        assert!(!err.contains(&room.token), "{err}");
        let told = desk.json("report out.simulated --only DOG")["takes"][0]["review"].clone();
        assert_eq!(told, json!({ "verdict": "pick", "note": end }));
        assert_eq!(said(&desk)["DOG_T01"], told, "it has written the files");
    }
    // A room that is open keeps no run from its work, nor from its end.
    let mut room = Served::open(&desk, "review shots.yaml --simulate -vv");
    assert!(room.ask("GET", "reviews", "").contains("DOG_T01"));
    desk.rehearse("--takes +1 --only EEL").ends(0).says(&["1 submission"]);
    assert!(room.ask("GET", "", "").contains("EEL_T02"));
    let err = room.end("INT");
    assert!(!err.contains(&room.token), "{err}");
}

#[test]
fn who_does_not_want_to_wait_for_the_files_need_not() {
    let desk = finished();
    let mut room = Served::open(&desk, "review out.simulated");
    let holder = Holder { pid: 4711, host: "desk".into(), since: jiff::Timestamp::UNIX_EPOCH };
    let held = ledger::hold_for_a_moment(&desk.path("out.simulated"), &holder).expect("a free lock");
    room.signal("INT");
    let mut err = BufReader::new(room.child.stderr.take().expect("a pipe"));
    let mut heard = String::new();
    while !heard.contains("waiting for that to end") {
        assert!(err.read_line(&mut heard).expect("words") > 0, "{heard}");
    }
    room.signal("INT");
    err.read_to_string(&mut heard).expect("words");
    assert_eq!(room.child.wait().expect("a process of our own").code(), Some(3), "{heard}");
    assert!(heard.contains("interrupted before the page and the results were written anew"), "{heard}");
    drop(held);
}

/// A page that is served.
struct Served {
    child: Child,
    addr: String,
    token: String,
}

impl Served {
    fn open(desk: &Desk, words: &str) -> Self {
        let mut command = desk.command(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("an executable");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("words");
        let rest = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line}"));
        let (addr, token) = rest.split_once('/').expect("a secret");
        let token = token.strip_suffix('/').expect("an end");
        assert_eq!(token.len(), 32, "{token}");
        Self { addr: addr.to_owned(), token: token.to_owned(), child }
    }

    fn ask(&mut self, method: &str, rest: &str, body: &str) -> String {
        let (addr, token, length) = (&self.addr, &self.token, body.len());
        let mut stream = TcpStream::connect(addr).expect("somebody who listens");
        let own = format!("Host: {addr}\r\nOrigin: http://{addr}\r\nContent-Type: application/json\r\nConnection: close");
        write!(stream, "{method} /{token}/{rest} HTTP/1.1\r\n{own}\r\nContent-Length: {length}\r\n\r\n{body}")
            .expect("a reader");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn signal(&self, signal: &str) {
        let words = format!("kill -{signal} {}", self.child.id());
        assert!(std::process::Command::new("sh").args(["-c", &words]).status().expect("a shell").success());
    }

    /// Ends it by this signal. Returns what it has said.
    fn end(&mut self, signal: &str) -> String {
        self.signal(signal);
        let mut err = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("words");
        let code = self.child.wait().expect("a process of our own").code();
        assert_eq!(code, if signal == "KILL" { None } else { Some(0) }, "{err}");
        err
    }
}
