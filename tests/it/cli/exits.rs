//! The exit codes, each produced for real, and the way out of each.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use rushes::clock::Clock;
use rushes::config;
use rushes::simulator::server::LOOPBACK;
use rushes::simulator::{Changes, Script, Server, serve};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{AT_ONCE, Desk, INSTANT, QUICK, Ran};

#[test]
fn one_bad_shot_is_data_and_not_the_end() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: moderated }, EEL: { fail: rejected } }");
    let ran = desk.rehearse("--script script.yaml").ends(1);
    let ran = ran.says(&["4 takes: 2 stored, 1 rejected, 1 failed", "DOG_T01: failed", "EEL_T01: rejected"]);
    ran.says(&["help: ", "rushes report out.simulated", "--retry-failed"]);
    desk.rushes("status shots.yaml --simulate").ends(1).says(&["DOG_T01", "content policy"]);

    desk.rehearse("").ends(1).says(&["0 submissions"]);
    desk.rehearse("--retry-failed").ends(0).says(&["2 submissions"]);
    assert_eq!(desk.accepted().len(), 5, "what was rejected was never made, and what was moderated was made twice");
    desk.rehearse("--retry-failed").ends(0).says(&["0 submissions"]);
}

#[test]
fn a_corrected_shot_needs_no_flag() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: moderated, times: 1 } }");
    desk.rehearse("--script script.yaml").ends(1);
    desk.edit("a dog at sea", "a dog in a boat");
    desk.rehearse("").ends(0).says(&["1 submission"]);
}

#[test]
fn odds_and_a_seed_give_the_same_misfortunes_again() {
    let misfortunes = || {
        let desk = Desk::new();
        desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 9");
        desk.put("script.yaml", "odds: { moderated: 0.3, rejected: 0.3 }");
        desk.rehearse("--script script.yaml --seed 3").ends(1);
        let takes = desk.json("status out.simulated")["takes"].clone();
        takes.as_array().expect("takes").iter().map(|take| take["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(misfortunes(), misfortunes());
}

#[test]
fn a_mistake_costs_nothing_and_leaves_nothing() {
    let desk = Desk::new();
    desk.edit("\"1:1\"", "\"1:2\"");
    desk.edit("{ id: DOG,", "{ id: CAT,");
    desk.rehearse("").ends(2).says(&["shots.yaml:3:", "shots.yaml:6:", "2 mistakes", "nothing was sent"]);
    for verb in ["check", "plan", "run", "status", "verify"] {
        desk.rushes(&format!("{verb} shots.yaml")).ends(2);
        desk.rushes(&format!("{verb} nowhere.yaml")).ends(2).says(&["nowhere.yaml", "No such file"]);
    }
    for words in ["", "runn shots.yaml", "run", "run shots.yaml --pace fast", "run shots.yaml --speed 9", "status"] {
        desk.rushes(words).ends(2);
    }
    for words in ["run shots.yaml --simulate --in-flight 0", "run shots.yaml --simulate --speed 0", "resolve DOG_T01 ."] {
        desk.rushes(words).ends(2);
    }
    assert_eq!(fs::read_dir(desk.path("")).expect("a desk").count(), 1, "only the manifest");
}

#[cfg(unix)]
#[test]
fn a_polite_signal_lets_go_in_order_and_the_next_run_goes_on() {
    for signal in ["INT", "TERM"] {
        let desk = Desk::new();
        let mut run = desk.start("run shots.yaml --simulate --speed 20 --in-flight 2");
        run.until("accepted as task").until("accepted as task");
        run.signal(signal);
        run.end().ends(3).says(&["stopped early: interrupted", "nothing more is submitted", "run the same command again"]);
        assert_eq!(desk.accepted().len(), 2);
        desk.rushes("status shots.yaml --simulate").ends(3).says(&["2 waiting"]);
        desk.rehearse("").ends(0).says(&["2 submissions", "4 downloads"]);
        assert_eq!(desk.accepted().len(), 4);
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_run_at_once_and_loses_nothing() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { generate: 100h } }\nlatency: 100h");
    let mut run = desk.start("run shots.yaml --simulate --speed 1 --script script.yaml -vv");
    run.until("event=\"intent\"");
    run.signal("INT");
    run.until("Ctrl-C again leaves at once").signal("INT");
    run.end().ends(4).says(&["leaving at once", "rushes status"]);
    let ran = desk.rehearse("").ends(4).says(&["CAT_T01 is unresolved", "3 stored, 1 unresolved; 3 submissions"]);
    ran.says(&["rushes resolve CAT_T01"]);
}

#[test]
fn a_lost_answer_is_never_sent_again_until_a_person_has_found_it() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: lost_answer, times: 1 } }");
    let ran = desk.rehearse("--script script.yaml").ends(4).says(&["DOG_T01 is unresolved", "3 stored, 1 unresolved"]);
    ran.says(&["rushes resolve DOG_T01 out.simulated --task-id ID"]);
    desk.rehearse("").ends(4).says(&["0 submissions, 0 polls, 0 downloads"]);
    desk.rehearse("--retry-failed --regenerate").ends(4).says(&["0 submissions"]);
    desk.rushes("status out.simulated").ends(4);

    let task = desk.accepted().into_iter().find(|(take, _)| take == "DOG_T01").expect("it was made").1;
    let taken = desk.accepted().into_iter().find(|(take, _)| take == "EEL_T01").expect("it was made").1;
    let resolve = |words: &str| desk.rushes(&format!("resolve DOG_T01 shots.yaml --simulate {words}"));
    resolve(&format!("--task-id {taken}")).ends(2).says(&["belongs to EEL_T01 already"]);
    resolve(&format!("--task-id {task}")).ends(0).says(&["DOG_T01 is settled"]);
    resolve(&format!("--task-id {task}")).ends(2);
    desk.rehearse("").ends(0).says(&["1 stored, 3 reused; 0 submissions", "1 download"]);
    assert_eq!(desk.accepted().len(), 4);
}

#[test]
fn what_was_never_made_is_submitted_again_when_a_person_says_so() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: bad_gateway } }");
    desk.rehearse("--script script.yaml").ends(4).says(&["perhaps paid for", "HTTP 502"]);
    let resolve = |words: &str| desk.rushes(&format!("resolve {words}"));
    resolve("DOG_T01 out.simulated --not-made").ends(2).says(&["nobody is here to confirm it", "--yes"]);
    desk.rehearse("").ends(4).says(&["0 submissions"]);
    resolve("DOG_T01 out.simulated --not-made --yes").ends(0).says(&["submits it again"]);
    resolve("DOG_T01 out.simulated --not-made --yes").ends(2).says(&["there is nothing to resolve"]);
    resolve("CAT_T01 out.simulated --not-made --yes").ends(2).says(&["CAT_T01 is stored"]);
    resolve("COW_T01 out.simulated --not-made --yes").ends(2).says(&["COW_T01", "rushes status"]);
    resolve("DOG_T01 shots.yaml --not-made --yes").ends(2).says(&["no output directory out", "--simulate"]);
    desk.rehearse("").ends(0).says(&["1 submission"]);
    assert_eq!(desk.accepted().len(), 4);
}

#[test]
fn what_cannot_be_fetched_is_fetched_by_a_later_run() {
    let desk = Desk::new();
    desk.put("script.yaml", "link_life: 0");
    desk.rehearse("--script script.yaml").ends(5).says(&["4 waiting", "links expire", "run the same command again soon"]);
    desk.rushes("status shots.yaml --simulate").ends(5).says(&["not on disk yet"]);
    desk.rehearse("").ends(0).says(&["0 submissions", "4 downloads"]);
}

#[cfg(unix)]
#[test]
fn one_run_at_a_time() {
    let desk = Desk::new();
    let mut first = desk.start("run shots.yaml --simulate --speed 1 --in-flight 1");
    first.until("accepted as task");
    let process = format!("process {}", first.child.id());
    let since = format!("{process} on {}, since 20", config::host());
    desk.rehearse("").ends(6).says(&["another run holds out.simulated: ", &since, "help: "]);
    desk.rushes("resolve CAT_T01 out.simulated --not-made --yes").ends(6);
    desk.rushes("status out.simulated").ends(3).says(&["CAT_T01", "waiting"]);
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["resume"]);
    first.signal("TERM");
    first.end().ends(3);
    desk.rehearse("").ends(0);
    assert_eq!(desk.accepted().len(), 4);
}

#[test]
fn a_text_in_the_lock_file_locks_nobody_out() {
    let desk = Desk::new();
    fs::create_dir(desk.path("out.simulated")).expect("a folder");
    desk.put("out.simulated/ledger.lock", "process 1, since for ever");
    desk.rehearse("").ends(0);
}

#[test]
fn without_a_usable_key_nothing_is_sent() {
    let desk = Desk::new();
    desk.put("empty", "\n");
    desk.put("long", "two words\n");
    let run = |words: &str| desk.rushes(&format!("run shots.yaml --base-url http://127.0.0.1:9 {words}")).ends(7);
    run("").says(&["COMETAPI_KEY", "--key-file", "--simulate", "nothing was sent"]);
    run("--key-file nowhere").says(&["cannot read the key file nowhere", "No such file"]);
    run("--key-file empty").says(&["what empty holds is not a key"]);
    run("--key-file long").says(&["what long holds is not a key"]);
    desk.with_key(" ", "run shots.yaml --base-url http://127.0.0.1:9").ends(7).says(&["there is no key"]);
}

#[test]
fn a_key_that_is_not_accepted_stops_the_run() {
    let desk = Desk::new();
    let world = World::new("accept_key: right\n");
    let ran = desk.with_key("wrong", &format!("{} --in-flight 1", world.run())).ends(7);
    ran.says(&["the provider does not accept the key", "HTTP 401", "COMETAPI_KEY", "1 submission"]);
    desk.with_key("right", &world.run()).ends(0).says(&["4 stored; 4 submissions"]);
}

#[test]
fn an_empty_account_stops_submitting() {
    let desk = Desk::new();
    let world = World::new("shots: { DOG: { fail: no_money, times: 1 } }\n");
    let ran = desk.with_key("k", &format!("{} --in-flight 1", world.run())).ends(3);
    ran.says(&["the account is out of money", "2 stored", "top it up"]);
    desk.with_key("k", &world.run()).ends(0).says(&["2 stored, 2 reused; 2 submissions"]);
}

#[test]
fn the_key_goes_over_https_or_nowhere() {
    let desk = Desk::new();
    let ran = desk.with_key("k", "run shots.yaml --base-url http://films.example").ends(2);
    ran.says(&["films.example", "HTTPS is required"]);
    desk.with_key("k", "run shots.yaml --base-url https://me:secret@films.example").ends(2).says(&["user name"]);
    desk.edit("output: out\n", "output: out\nprovider: { base_url: \"http://films.example\" }\n");
    desk.with_key("k", "run shots.yaml").ends(2).says(&["shots.yaml:3:23", "films.example", "must be https"]);
}

#[test]
fn whoever_answers_with_a_page_is_not_paid() {
    let desk = Desk::new();
    let page = "HTTP/1.1 302 Found\r\nLocation: http://films.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let base = stub(move |_| page.to_owned());
    let ran = desk.with_key("k", &format!("run shots.yaml --base-url {base} {AT_ONCE}")).ends(7);
    ran.says(&["does not look like the provider", "HTTP 302", "check the base URL"]);
}

#[test]
fn nobody_at_the_address_is_a_reason_to_come_back() {
    let desk = Desk::new();
    let gone = TcpListener::bind(LOOPBACK).expect("a free port").local_addr().expect("an address");
    let words = format!("run shots.yaml --base-url http://{gone} --refusal-patience 0s {AT_ONCE}");
    desk.with_key("k", &words).ends(3).says(&["refused", "run again later", "4 held"]);
}

#[test]
fn a_file_in_the_way_is_named() {
    let desk = Desk::new();
    desk.put("out.simulated", "a file");
    desk.rehearse("").ends(7).says(&["cannot make the output directory out.simulated", "File exists"]);
    desk.rushes("status shots.yaml --simulate").ends(2);

    let desk = Desk::new();
    fs::create_dir(desk.path("out.simulated")).expect("a folder");
    desk.put("out.simulated/objects", "a file");
    desk.rehearse("").ends(7).says(&["out.simulated/objects"]);
    assert!(desk.accepted().is_empty());

    let desk = Desk::new();
    fs::create_dir_all(desk.path("out.simulated/results.json")).expect("a folder");
    desk.rehearse("").ends(7).says(&["cannot write out.simulated/results.json", "4 stored", "then run again"]);
    assert!(desk.read("out.simulated/SHA256SUMS").contains("EEL_T01"), "the other reports are written");
    fs::remove_dir(desk.path("out.simulated/results.json")).expect("a folder");
    desk.rehearse("").ends(0).says(&["0 submissions"]);
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::create_dir(desk.path("locked")).expect("a folder");
    fs::set_permissions(desk.path("locked"), fs::Permissions::from_mode(0o555)).expect("a folder of our own");
    // Root writes wherever it likes.
    if fs::write(desk.path("locked/probe"), "").is_err() {
        desk.rehearse("--output locked/out").ends(7).says(&["locked/out", "Permission denied"]);
    }
}

#[test]
fn a_spoilt_ledger_stops_everything_before_a_penny_is_spent() {
    for spoil in [b"garbage".repeat(1000), b"SQLite format 3\0".to_vec()] {
        let desk = Desk::new();
        desk.rehearse("").ends(0);
        fs::write(desk.path("out.simulated/ledger.db"), &spoil).expect("a file");
        for words in ["run shots.yaml --simulate", "plan shots.yaml --simulate", "status out.simulated", "verify out.simulated"]
        {
            desk.rushes(words).ends(7).says(&["out.simulated/ledger.db", "help: "]);
        }
        assert_eq!(fs::read(desk.path("out.simulated/ledger.db")).expect("a file"), spoil, "evidence is left alone");
        assert_eq!(desk.accepted().len(), 4);
    }
}

#[test]
fn videos_without_their_ledger_are_not_paid_for_again() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let ledger = fs::read(desk.path("out.simulated/ledger.db")).expect("a ledger");
    fs::remove_file(desk.path("out.simulated/ledger.db")).expect("a file");
    let told = ["out.simulated holds videos", "ledger", "help: ", "another output directory"];
    desk.rehearse("").ends(7).says(&told);
    desk.rehearse("").ends(7).says(&told);
    desk.rushes("plan shots.yaml --simulate").ends(7).says(&told);
    fs::write(desk.path("out.simulated/ledger.db"), "").expect("a file");
    desk.rehearse("").ends(7).says(&told);
    assert_eq!(desk.accepted().len(), 4);
    fs::write(desk.path("out.simulated/ledger.db"), ledger).expect("a file");
    desk.rehearse("").ends(0).says(&["4 reused; 0 submissions"]);
}

#[test]
fn a_ledger_older_than_its_directory_pays_for_nothing_again() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let old = fs::read(desk.path("out.simulated/ledger.db")).expect("a ledger");
    desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 3");
    desk.rehearse("").ends(0);
    fs::write(desk.path("out.simulated/ledger.db"), old).expect("a file");
    let told = ["out.simulated holds a video of CAT_T03", "older than the directory?", "nothing was sent"];
    desk.rehearse("").ends(7).says(&told);
    desk.rushes("plan shots.yaml --simulate").ends(7).says(&told);
    assert_eq!(desk.accepted().len(), 5);
}

#[test]
fn a_ledger_that_knows_less_than_the_reports_takes_nothing_from_them() {
    let desk = Desk::new();
    desk.rehearse("--only CAT").ends(0);
    let old = fs::read(desk.path("out.simulated/ledger.db")).expect("a ledger");
    desk.rehearse("").ends(0);
    let names = ["SHA256SUMS", "results.json", "results.csv", "junit.xml", "index.html"];
    let reports = || names.map(|name| desk.read(format!("out.simulated/{name}")));
    let before = reports();
    assert!(before[0].contains("shots/EEL_T01.mp4"));
    for (ledger, told) in [(Some(old), "holds a video of DOG_T01"), (Some(Vec::new()), "holds videos"), (None, "holds videos")]
    {
        let is_there = ledger.is_some();
        match ledger {
            Some(ledger) => fs::write(desk.path("out.simulated/ledger.db"), ledger).expect("a file"),
            None => fs::remove_file(desk.path("out.simulated/ledger.db")).expect("a file"),
        }
        for words in [
            "run shots.yaml --simulate --only CAT",
            "plan shots.yaml --simulate",
            "status out.simulated",
            "cost out.simulated",
            "cost out.simulated --only CAT",
            "report out.simulated --format json",
            "export out.simulated",
            "review out.simulated",
            "pick CAT_T01 out.simulated",
            "resolve CAT_T01 out.simulated --not-made",
        ] {
            desk.rushes(words).ends(7).says(&[told, "restore ledger.db from a backup", "nothing was written"]);
            assert_eq!(desk.path("out.simulated/ledger.db").exists(), is_there, "{words}");
        }
        assert!(reports() == before, "{told}");
    }
    assert_eq!(desk.accepted().len(), 4);
}

#[test]
fn what_lies_in_the_place_of_the_sums_speaks_against_no_ledger() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let sums = desk.path("out.simulated/SHA256SUMS");
    let before = desk.read("out.simulated/SHA256SUMS");
    let odd: [&dyn Fn(); 4] = [
        &|| {},
        &|| fs::write(&sums, before.replace('\n', "\r\n")).expect("a file"),
        &|| fs::write(&sums, [0xff, b' ', b' ', b'x']).expect("a file"),
        &|| fs::create_dir(&sums).expect("a folder"),
    ];
    for put in odd {
        fs::remove_file(&sums).expect("a file");
        put();
        desk.rushes("status out.simulated").ends(0);
        if sums.is_dir() {
            fs::remove_dir(&sums).expect("a folder");
        }
        desk.rehearse("").ends(0);
        assert_eq!(desk.read("out.simulated/SHA256SUMS"), before);
    }
    #[cfg(unix)]
    {
        fs::remove_file(&sums).expect("a file");
        assert!(std::process::Command::new("mkfifo").arg(&sums).status().expect("mkfifo").success());
        desk.rushes("status out.simulated").ends(0);
    }
}

#[test]
fn what_is_under_way_without_its_ledger_is_not_paid_for_again() {
    let desk = Desk::new();
    desk.put("script.yaml", "generate: 1000h");
    desk.rushes("run shots.yaml --simulate --speed 10000 --script script.yaml --patience 1m").ends(3).says(&["4 waiting"]);
    fs::remove_file(desk.path("out.simulated/ledger.db")).expect("a file");
    for words in ["run shots.yaml --simulate", "plan shots.yaml --simulate"] {
        desk.rushes(words).ends(7).says(&["out.simulated holds the logs of earlier runs", "ledger", "nothing was sent"]);
    }
    assert_eq!(desk.accepted().len(), 4);
}

#[test]
fn paid_work_never_goes_where_rehearsals_go() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    for words in ["run shots.yaml --output out.simulated", "plan shots.yaml --output out.simulated/"] {
        desk.with_key("k", words).ends(2).says(&["out.simulated", "where rehearsals go", "--simulate"]);
    }
    desk.rushes("status --output out.simulated").ends(0);
}

#[test]
fn a_rehearsal_stays_on_this_machine_whatever_proxy_there_is() {
    let desk = Desk::new();
    let mut command = desk.command(&format!("run shots.yaml {QUICK}"));
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    Ran::from(command.output().expect("an executable")).ends(0).says(&["4 stored"]);
}

/// A provider that answers at once, until it is dropped.
pub(super) struct World {
    server: Option<Server>,
    runtime: Runtime,
}

impl World {
    /// Plays `yaml` on top of [`INSTANT`].
    pub(super) fn new(yaml: &str) -> Self {
        let changes = Changes::from_yaml(&format!("{INSTANT}{yaml}")).expect("a script");
        let script = Script::default().with(changes).expect("a script");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let server = runtime.block_on(async { serve(LOOPBACK, script, Clock::start(), None).await }).expect("a free port");
        Self { server: Some(server), runtime }
    }

    /// How many submissions it has accepted.
    pub(super) fn accepted(&self) -> u64 {
        self.server.as_ref().expect("a server").stats().accepted
    }

    /// How to run the manifest against it.
    pub(super) fn run(&self) -> String {
        let base = self.server.as_ref().expect("a server").base_url();
        format!("run shots.yaml --base-url {base} {AT_ONCE}")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// Answers every call with what `answer` makes of it, for as long as the tests run. Returns its base URL.
pub(super) fn stub(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind(LOOPBACK).expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut call = Vec::new();
            let mut piece = [0; 4096];
            while !is_whole(&call) {
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => call.extend_from_slice(&piece[..count]),
                    _ => break,
                }
            }
            // Whoever has gone away needs no answer.
            stream.write_all(answer(&String::from_utf8_lossy(&call)).as_bytes()).ok();
        }
    });
    base
}

/// An answer with a JSON body.
pub(super) fn json(status: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Whether head and body of a call are there.
fn is_whole(call: &[u8]) -> bool {
    let text = String::from_utf8_lossy(call).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.trim().parse().expect("a length")) <= body.len()
}
