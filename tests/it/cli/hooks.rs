//! Hooks: on which event which of them is run, what it is told, and that none of them can harm a run.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use super::{Desk, QUICK};

/// Writes down which event it is run on.
const NOTE: &str = "echo $RUSHES_EVENT $RUSHES_EXIT >>told";

/// Notes for every event, for the command line.
fn notes() -> Vec<String> {
    let events = ["start", "success", "partial", "failure", "unresolved", "locked"];
    events.iter().flat_map(|event| ["--on".to_owned(), format!("{event}={NOTE}")]).collect()
}

/// Runs `rushes` with notes for every event. Returns what they noted.
#[track_caller]
fn noted(desk: &Desk, words: &str, code: i32) -> String {
    let told = desk.path("told");
    fs::write(&told, "").expect("a file");
    let ran = super::Ran::from(desk.command(words).args(notes()).output().expect("an executable")).ends(code);
    assert!(!ran.err.contains("a hook came to nothing"), "{}", ran.err);
    desk.read("told").lines().collect::<Vec<_>>().join(", ")
}

/// What is asked of a server: the first line, and the body.
type Asked = (String, String);

/// A server on this machine that gives each of these answers to one call, and lets the others wait for ever.
fn server(answers: &'static [&'static str]) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, asked) = channel();
    thread::spawn(move || {
        let mut waiting = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a call");
            sender.send(read_call(&stream)).ok();
            match answers.get(number) {
                Some(answer) => {
                    write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("an answer");
                }
                None => waiting.push(stream),
            }
        }
    });
    (address, asked)
}

fn read_call(stream: &TcpStream) -> Asked {
    let mut lines = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    lines.read_line(&mut first).expect("a call");
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).expect("a header");
        let line = line.to_lowercase();
        assert!(!line.contains("authorization"), "{line}");
        if let Some(said) = line.strip_prefix("content-length:") {
            length = said.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).expect("a body");
    (first.trim().to_owned(), String::from_utf8(body).expect("text"))
}

#[test]
fn every_end_is_an_event() {
    let desk = Desk::new();
    let simulated = |script: &str| {
        desk.put("script.yaml", script);
        format!("run shots.yaml {QUICK} --script script.yaml")
    };
    assert_eq!(noted(&desk, &simulated("shots: { DOG: { fail: bad_gateway } }"), 4), "start, unresolved 4");
    desk.rushes("resolve DOG_T01 out.simulated --not-made --yes").ends(0);
    assert_eq!(noted(&desk, &simulated("shots: { DOG: { fail: moderated } }"), 1), "start, partial 1");
    assert_eq!(noted(&desk, &simulated("{}"), 1), "start, partial 1");
    assert_eq!(noted(&desk, &format!("{} --retry-failed", simulated("{}")), 0), "start, success 0");
    assert_eq!(noted(&desk, &format!("{} --only no-such-shot", simulated("{}")), 2), "failure 2");
    assert_eq!(noted(&desk, "run no-such-file.yaml", 2), "failure 2");
    assert_eq!(noted(&desk, "run shots.yaml", 7), "failure 7");
}

#[test]
fn who_finds_the_door_locked_says_so() {
    let desk = Desk::new();
    desk.edit("defaults:", "on: { locked: 'cat >locked.json' }\ndefaults:");
    let mut first = desk.start("run shots.yaml --simulate --speed 1 --in-flight 1");
    first.until("accepted as task");
    let process = format!("process {}", first.child.id());
    assert_eq!(noted(&desk, &format!("run shots.yaml {QUICK}"), 6), "locked 6");
    let told: Value = serde_json::from_str(&desk.read("locked.json")).expect("a document");
    let holds = format!("rushes: out.simulated: another run holds out.simulated: {process}");
    assert!(told["line"].as_str().is_some_and(|line| line.starts_with(&holds)), "{told}");
    assert_eq!((told["exit"].as_u64(), told["simulated"].as_bool()), (Some(6), Some(true)));
    first.kill();
}

#[test]
fn a_command_is_told_everything_but_the_keys() {
    let desk = Desk::new();
    desk.put("env.sh", "env | grep -E '^(RUSHES|COMETAPI|OURS)' | sort >$RUSHES_EVENT.env; cat >$RUSHES_EVENT.json\n");
    desk.edit("defaults:", "on: { start: [[sh, env.sh]], success: { run: [sh, env.sh], timeout: 1m } }\nprices: { currency: USD, per_take: 0.25 }\ndefaults:");
    let mut command = desk.command(&format!("run shots.yaml {QUICK}"));
    command.env("COMETAPI_KEY", "canary").env("COMETAPI_QUOTA_KEY", "canary").env("OURS", "stays").env("RUSHES_EXIT", "9");
    let ran = super::Ran::from(command.output().expect("an executable")).ends(0);
    let line = "rushes: out.simulated: all 4 stored, 1.00 USD";
    assert_eq!(ran.out, format!("{line}\n"));

    let root = desk.path("out.simulated").canonicalize().expect("a directory");
    let run = fs::read_dir(root.join("runs")).expect("runs").flatten().next().expect("a run").path();
    let (root, run) = (root.display(), run.display());
    let start = format!(
        "OURS=stays\nRUSHES_EVENT=start\nRUSHES_LINE=rushes: out.simulated: started, 4 of 4 to do\nRUSHES_OUTPUT={root}\nRUSHES_SIMULATED=1\n"
    );
    assert_eq!(desk.read("start.env"), start);
    let end = format!(
        "OURS=stays\nRUSHES_EVENT=success\nRUSHES_EXIT=0\nRUSHES_LINE={line}\nRUSHES_OUTPUT={root}\n\
         RUSHES_REPORT={root}/index.html\nRUSHES_SIMULATED=1\nRUSHES_SUMMARY={run}/summary.json\n"
    );
    assert_eq!(desk.read("success.env"), end);

    let start: Value = serde_json::from_str(&desk.read("start.json")).expect("a document");
    assert_eq!(
        (start["takes"].as_u64(), start["to_do"].as_u64(), start["simulated"].as_bool()),
        (Some(4), Some(4), Some(true))
    );
    let summary = fs::read_to_string(format!("{run}/summary.json")).expect("a summary");
    assert_eq!(desk.read("success.json"), summary.trim_end());
    let summary: Value = serde_json::from_str(&summary).expect("a document");
    assert_eq!((summary["line"].as_str(), summary["reserved"]["sums"][0].as_str()), (Some(line), Some("1.00 USD")));
    assert_eq!(summary["simulated"].as_bool(), Some(true));
}

#[test]
fn no_hook_harms_a_run() {
    let [quiet, loud] = [Desk::new(), Desk::new()];
    loud.edit(
        "defaults:",
        "on:
  start:
    - exit 3
    - { run: sleep 1000, timeout: 1s }
  success:
    - { run: sleep 1000, timeout: 1s }
    - { run: kill -STOP $$, timeout: 1s }
    - { run: 'sleep 1000 & wait', timeout: 1s }
    - yes | head -c 50000000; yes | head -c 50000000 >&2
    - sleep 5 & echo left behind
    - kill -9 $$
    - [./no-such-program]
    - exec <&- >&- 2>&-
    - rushes-is-not-a-shell-builtin
defaults:",
    );
    let (expected, ran) = (quiet.rehearse("").ends(0), loud.rehearse("").ends(0));
    assert_eq!(ran.out, expected.out);
    assert_eq!(loud.read("out.simulated/SHA256SUMS"), quiet.read("out.simulated/SHA256SUMS"));
    assert_eq!(ran.err.matches("a hook came to nothing").count(), 8, "{}", ran.err);
    let ran = ran.says(&["exit status: 3", "still on after 1s", "signal: 9", "cannot be started", "exit status: 127"]);
    assert!(!ran.err.contains("y\\ny"), "{}", ran.err);
    let run = fs::read_dir(loud.path("out.simulated/runs")).expect("runs").flatten().next().expect("a run").path();
    let log = fs::read_to_string(run.join("log.jsonl")).expect("a log");
    assert!(log.contains("left behind\\n") && log.contains("y\\ny\\ny"), "{}", &log[..2000]);
    assert!(log.len() < 100_000, "{} bytes of log", log.len());
    assert!(!loud.rehearse("--no-hooks").ends(0).err.contains("hook"));
    loud.rehearse("--no-hooks --on success=true").ends(2);
    loud.rehearse("--on sucess=true").ends(2).says(&["no such event"]);
}

#[test]
fn the_door_is_open_when_the_bell_rings() {
    let desk = Desk::new();
    let rushes = assert_cmd::cargo::cargo_bin!("rushes").display().to_string();
    desk.edit(
        "defaults:",
        &format!("on: {{ success: '\"{rushes}\" run shots.yaml {QUICK} --no-hooks >again 2>&1; echo $? >code' }}\ndefaults:"),
    );
    desk.rehearse("").ends(0);
    assert_eq!(desk.read("code"), "0\n", "{}", desk.read("again"));
}

#[test]
fn an_address_is_told_what_it_wants_to_hear() {
    let desk = Desk::new();
    let (address, asked) = server(&["200 OK", "200 OK", "200 OK"]);
    desk.edit(
        "defaults:",
        &format!("on: {{ start: {address}/secret/start, success: [{{ post: '{address}/secret/slack', format: slack }}, {{ post: '{address}/secret/ping?x=1', format: ping }}] }}\ndefaults:"),
    );
    let ran = desk.rehearse("-v").ends(0);
    assert!(!ran.err.contains("came to nothing") && !ran.err.contains("secret"), "{}", ran.err);
    let calls: Vec<_> = asked.iter().take(3).collect();
    assert_eq!(calls[0].0, "POST /secret/start HTTP/1.1");
    assert_eq!(serde_json::from_str::<Value>(&calls[0].1).expect("JSON")["to_do"], 4);
    let said = |path: &str| {
        let call = calls[1..].iter().find(|(first, _)| first.contains(path));
        call.unwrap_or_else(|| panic!("{path} is missing from {calls:?}")).1.clone()
    };
    let line = "rushes: out.simulated: all 4 stored";
    assert_eq!(said("/secret/slack "), format!("{{\"text\":\"{line}\"}}"));
    assert_eq!(said("/secret/ping?x=1 "), line);
}

#[test]
fn a_check_hears_of_beginnings_and_ends_in_order_and_is_asked_three_times() {
    let desk = Desk::new();
    let (address, asked) = server(&["200 OK", "500 Trouble", "302 Found\r\nLocation: /elsewhere", "200 OK"]);
    let check = format!("--on healthchecks={address}/uuid");
    let ran = desk.rehearse(&check).ends(0);
    assert!(!ran.err.contains("came to nothing"), "{}", ran.err);
    let calls: Vec<_> = asked.iter().take(4).map(|(first, _)| first).collect();
    let [start, end] = ["POST /uuid/start HTTP/1.1", "POST /uuid HTTP/1.1"];
    assert_eq!(calls, [start, end, end, end]);
    desk.edit("a dog at sea", "a dog ashore");
    let (address, asked) = server(&["200 OK", "200 OK"]);
    desk.rehearse(&format!("--on healthchecks={address}/uuid")).ends(3);
    let calls: Vec<_> = asked.iter().take(2).collect();
    assert_eq!(calls[1].0, "POST /uuid/fail HTTP/1.1");
    assert_eq!(calls[1].1, "rushes: out.simulated: 1 held, 3 of 4 stored");
}

#[test]
fn who_never_answers_is_not_waited_for() {
    let desk = Desk::new();
    let (address, asked) = server(&[]);
    desk.edit(
        "defaults:",
        &format!("on: {{ success: {{ post: '{address}/secret', timeout: 1s }}, failure: {address}/secret }}\ndefaults:"),
    );
    let ran = desk.rehearse("").ends(0).says(&["a hook came to nothing", "POST to 127.0.0.1"]);
    assert!(!ran.err.contains("secret"), "{}", ran.err);
    assert_eq!(ran.out, "rushes: out.simulated: all 4 stored\n");
    assert_eq!(asked.recv().expect("a call").0, "POST /secret HTTP/1.1");
}

/// A pipe in the desk with this name, as long as somebody has it open for writing.
fn pipe(desk: &Desk, name: &str) -> BufReader<File> {
    BufReader::new(File::open(desk.path(name)).expect("a pipe"))
}

#[test]
fn who_interrupts_hooks_leaves_none_behind() {
    let desk = Desk::new();
    let made = Command::new("mkfifo").args([desk.path("start"), desk.path("end")]).status().expect("mkfifo");
    assert!(made.success());
    // A pipe is at its end when nobody is left who has it.
    let hang = |name: &str| format!("exec 3>{name}; echo up >&3; sleep 1000 & sleep 1000");
    desk.edit("defaults:", &format!("on: {{ start: '{}', success: '{}' }}\ndefaults:", hang("start"), hang("end")));
    let mut line = String::new();

    desk.put("script.yaml", "latency: 100h");
    let mut run = desk.start("run shots.yaml --simulate --speed 1 --script script.yaml -vv");
    let mut start = pipe(&desk, "start");
    start.read_line(&mut line).expect("a line");
    run.until("event=\"intent\"").signal("INT");
    run.until("Ctrl-C again").signal("INT");
    run.end().ends(4).says(&["leaving at once"]);
    start.read_to_string(&mut line).expect("the end");

    desk.edit(&hang("start"), "true");
    let run = desk.start(&format!("run shots.yaml {QUICK} --output again"));
    let mut end = pipe(&desk, "end");
    end.read_line(&mut line).expect("a line");
    run.signal("INT");
    run.end().ends(0).says(&["interrupted: hooks that were still on are ended"]);
    end.read_to_string(&mut line).expect("the end");
    assert_eq!(line, "up\nup\n");
}
